//! String and bytes literals: do their escapes decode?
//!
//! Knows prefixes and escapes; knows nothing of what stands in a replacement field.

use super::grammar::ExprKind;
use super::lexer::{Kind, Token};

/// What is wrong with a literal, as CPython says it.
pub type Check = fn(&str, &[Token]) -> Option<String>;

fn text_of<'t>(text: &'t str, token: &Token) -> &'t str {
    text.get(token.start..token.end).unwrap_or_default()
}

/// Prefix, in lower case, and content of a literal.
pub fn split(literal: &str) -> (String, &str) {
    let at = literal.find(['"', '\'']).unwrap_or(literal.len());
    let (prefix, rest) = literal.split_at(at);
    let size = if is_triple(rest) { 3 } else { 1 };
    let content = rest
        .get(size..rest.len().saturating_sub(size))
        .unwrap_or_default();
    (prefix.to_ascii_lowercase(), content)
}

/// Does a literal, without its prefix, have three quotes on each side?
pub fn is_triple(literal: &str) -> bool {
    literal.len() >= 6 && (literal.starts_with("\"\"\"") || literal.starts_with("'''"))
}

/// What a literal is.
pub fn kind_of(text: &str, token: &Token) -> ExprKind {
    if matches!(token.kind, Kind::FstringStart) {
        return ExprKind::JoinedStr;
    }
    let (prefix, _) = split(text_of(text, token));
    if prefix.contains('b') {
        ExprKind::Bytes
    } else if prefix.contains('f') {
        ExprKind::JoinedStr
    } else {
        ExprKind::Literal
    }
}

/// The literals of a row, without what stands inside of f-strings.
pub fn outer(list: &[Token]) -> impl Iterator<Item = &Token> + Clone {
    let mut depth = 0_usize;
    list.iter().filter(move |token| match token.kind {
        Kind::FstringStart | Kind::TstringStart => {
            depth += 1;
            depth == 1
        }
        Kind::FstringEnd => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    })
}

/// A plain literal.
pub fn string(text: &str, tokens: &[Token]) -> Option<String> {
    let (prefix, content) = split(text_of(text, tokens.first()?));
    if prefix.contains('b') {
        if !content.is_ascii() {
            return Some("bytes can only contain ASCII literal characters".to_owned());
        }
        return if prefix.contains('r') {
            None
        } else {
            bytes_escapes(content)
        };
    }
    if prefix.contains('r') || prefix.contains('f') {
        return None;
    }
    escapes(content)
}

/// The text parts of an f-string (3.12).
pub fn fstring(text: &str, tokens: &[Token]) -> Option<String> {
    let (prefix, _) = split(text_of(text, tokens.first()?));
    if prefix.contains('r') {
        return None;
    }
    let mut depth = 0_usize;
    tokens.iter().find_map(|token| {
        match token.kind {
            Kind::FstringStart | Kind::TstringStart => depth += 1,
            Kind::FstringEnd => depth = depth.saturating_sub(1),
            Kind::FstringMiddle if depth == 1 => return escapes(text_of(text, token)),
            _ => {}
        }
        None
    })
}

/// `\x` escapes of bytes (`_PyBytes_DecodeEscape`).
fn bytes_escapes(content: &str) -> Option<String> {
    let bytes = content.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        if bytes.get(at + 1) == Some(&b'x') {
            let digits = bytes[at + 2..]
                .iter()
                .take(2)
                .take_while(|b| b.is_ascii_hexdigit());
            if digits.count() < 2 {
                return Some(format!("(value error) invalid \\x escape at position {at}"));
            }
            at += 2;
        }
        at += 2;
    }
    None
}

/// Escapes of text. Positions count what `decode_unicode_with_escapes` hands to the codec: every
/// character beyond ASCII as ten characters.
pub fn escapes(content: &str) -> Option<String> {
    let chars: Vec<char> = content.chars().collect();
    let (mut at, mut position) = (0, 0);
    while at < chars.len() {
        let c = chars[at];
        if c != '\\' {
            at += 1;
            position += if c.is_ascii() { 1 } else { 10 };
            continue;
        }
        let Some(next) = chars.get(at + 1) else {
            return Some(undecodable(position, position + 1, "\\ at end of string"));
        };
        let (wanted, what) = match next {
            'x' => (2, "truncated \\xXX escape"),
            'u' => (4, "truncated \\uXXXX escape"),
            'U' => (8, "truncated \\UXXXXXXXX escape"),
            'N' => match named(&chars[at + 2..]) {
                Ok(length) => {
                    at += 2 + length;
                    position += 2 + length;
                    continue;
                }
                Err(length) => {
                    let end = position + 2 + length;
                    return Some(undecodable(position, end, "malformed \\N character escape"));
                }
            },
            _ => {
                at += 2;
                position += if next.is_ascii() { 2 } else { 11 };
                continue;
            }
        };
        let digits: String = chars[at + 2..]
            .iter()
            .take(wanted)
            .take_while(|c| c.is_ascii_hexdigit())
            .collect();
        let end = position + 2 + digits.len();
        if digits.len() < wanted {
            return Some(undecodable(position, end, what));
        }
        if u32::from_str_radix(&digits, 16).is_ok_and(|n| n > 0x0010_ffff) {
            return Some(undecodable(position, end, "illegal Unicode character"));
        }
        at += 2 + wanted;
        position = end;
    }
    None
}

/// Length of `{NAME}` after `\N`; the name itself is taken for known.
fn named(rest: &[char]) -> Result<usize, usize> {
    if rest.first() != Some(&'{') {
        return Err(0);
    }
    match rest.iter().position(|c| *c == '}') {
        Some(end) if end > 1 => Ok(end + 1),
        Some(end) => Err(end),
        None => Err(rest.len()),
    }
}

fn undecodable(start: usize, end: usize, reason: &str) -> String {
    let place = if end == start + 1 {
        format!("byte 0x5c in position {start}")
    } else {
        format!("bytes in position {start}-{}", end - 1)
    };
    format!("(unicode error) 'unicodeescape' codec can't decode {place}: {reason}")
}
