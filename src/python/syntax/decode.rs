//! Bytes of a source file to text: byte order mark, encoding cookie (PEP 263), line ends.
//!
//! CPython decodes UTF-8 where a token needs it: what is not UTF-8 may stand in a comment.

use super::SyntaxProblem;
use super::lexer::{Kind, Token, tokens};
use super::literals;

/// Text of a source file: UTF-8, or what a cookie in one of its first two lines says.
///
/// # Errors
/// What CPython says of bytes that it cannot decode.
pub fn decode(bytes: &[u8], minor: u8) -> Result<String, SyntaxProblem> {
    let (bytes, marked) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let name = declared(bytes).unwrap_or_default();
    let normal = name.to_lowercase().replace('_', "-");
    let utf8 = matches!(normal.as_str(), "" | "utf-8" | "utf8" | "utf-8-sig")
        || normal.starts_with("utf-8-");
    let latin = ["latin-1", "iso-8859-1", "iso-latin-1"]
        .iter()
        .any(|l| normal == *l || normal.starts_with(&format!("{l}-")));
    if marked && !utf8 {
        let name = if latin { "iso-8859-1" } else { name.as_str() };
        return Err(SyntaxProblem::new(
            format!("encoding problem: {name} with BOM"),
            None,
        ));
    }
    if utf8 {
        return utf8_text(bytes, minor);
    }
    if latin
        || matches!(
            normal.as_str(),
            "latin1" | "iso8859-1" | "l1" | "cp819" | "8859"
        )
    {
        return Ok(bytes.iter().map(|b| char::from(*b)).collect());
    }
    if matches!(normal.as_str(), "ascii" | "us-ascii" | "646") {
        return match bytes.iter().position(|b| !b.is_ascii()) {
            None => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Some(at) => Err(SyntaxProblem::new(
                format!(
                    "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                    bytes[at]
                ),
                None,
            )),
        };
    }
    // Encodings that Python has and this program does not: only ASCII is read exactly.
    if PYTHON_ENCODINGS.iter().any(|e| normal.starts_with(e)) {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    Err(SyntaxProblem::new(
        format!("unknown encoding: {name}"),
        None,
    ))
}

fn utf8_text(bytes: &[u8], minor: u8) -> Result<String, SyntaxProblem> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    // Every byte that is not UTF-8 becomes one letter, so that offsets stay.
    let mut text = String::with_capacity(bytes.len());
    let mut wrong = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            wrong.push(text.len());
            text.push('x');
        }
    }
    let covers = |t: &&Token| {
        matches!(t.kind, Kind::Name | Kind::String | Kind::FstringMiddle)
            && wrong.iter().any(|w| (t.start..t.end).contains(w))
    };
    let source = if text.contains('\r') {
        None
    } else {
        Some(lines(&text, minor))
    };
    let Some(source) = source else {
        return first_wrong(bytes).map_or(Ok(text), Err);
    };
    let found = tokens(&source, minor);
    match found.list.iter().find(covers) {
        None => Ok(text),
        Some(token) => {
            let raw = bytes
                .get(token.start..token.end.min(bytes.len()))
                .unwrap_or_default();
            Err(wrong_token(raw, token))
        }
    }
}

/// What CPython says of a token that is not UTF-8.
fn wrong_token(raw: &[u8], token: &Token) -> SyntaxProblem {
    let mut content = raw;
    if token.kind == Kind::String {
        let at = raw
            .iter()
            .position(|b| matches!(b, b'"' | b'\''))
            .unwrap_or(0);
        let prefix = raw[..at].to_ascii_lowercase();
        if prefix.contains(&b'b') {
            let text = "bytes can only contain ASCII literal characters";
            return SyntaxProblem::new(text, Some(token.line));
        }
        let literal = String::from_utf8_lossy(&raw[at..]).into_owned();
        let quotes = if literals::is_triple(&literal) { 3 } else { 1 };
        content = raw
            .get(at + quotes..raw.len().saturating_sub(quotes))
            .unwrap_or_default();
        // With escapes in it, each run of bytes beyond ASCII is decoded for itself.
        if content.contains(&b'\\')
            && !prefix.contains(&b'r')
            && let Some(run) = content
                .split(u8::is_ascii)
                .find(|run| !run.is_empty() && std::str::from_utf8(run).is_err())
        {
            content = run;
        }
    }
    first_wrong(content).map_or_else(
        || SyntaxProblem::new("invalid syntax", Some(token.line)),
        |mut problem| {
            problem.line = Some(token.line);
            problem
        },
    )
}

/// The first bytes that are not UTF-8, in the words of Python's codec.
fn first_wrong(bytes: &[u8]) -> Option<SyntaxProblem> {
    let error = std::str::from_utf8(bytes).err()?;
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let length = error.error_len().unwrap_or(bytes.len() - at);
    let reason = match error.error_len() {
        None => "unexpected end of data",
        Some(_) if (0xc2..=0xf4).contains(&byte) => "invalid continuation byte",
        Some(_) => "invalid start byte",
    };
    let place = if length == 1 {
        format!("byte 0x{byte:02x} in position {at}")
    } else {
        format!("bytes in position {at}-{}", at + length - 1)
    };
    let line = bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
    Some(SyntaxProblem::new(
        format!("(unicode error) 'utf-8' codec can't decode {place}: {reason}"),
        u32::try_from(line).ok(),
    ))
}

/// The text with `\n` line ends only, the last line ended (`translate_newlines`). Up to 3.11 a
/// last `\r\n` is followed by an empty line.
pub fn lines(text: &str, minor: u8) -> String {
    let mut lines = text.replace("\r\n", "\n").replace('\r', "\n");
    if !lines.ends_with('\n') || (minor <= 11 && text.ends_with("\r\n")) {
        lines.push('\n');
    }
    lines
}

/// Beginnings of the names of Python's other text encodings.
const PYTHON_ENCODINGS: &[&str] = &[
    "iso-8859",
    "iso8859",
    "latin",
    "cp",
    "windows-",
    "koi8",
    "mac",
    "gb",
    "big5",
    "euc",
    "shift",
    "utf-16",
    "utf-32",
    "utf-7",
    "johab",
    "hz",
    "ptcp",
    "tis-620",
    "kz1048",
    "hp-roman8",
    "iso2022",
    "iso-2022",
    "unicode-escape",
    "raw-unicode-escape",
    "idna",
    "punycode",
    "mbcs",
    "oem",
];

/// The encoding that a file declares: in its first line, or in the second below a comment or an
/// empty line.
fn declared(bytes: &[u8]) -> Option<String> {
    let mut lines = bytes.split(|b| *b == b'\n');
    let first = lines.next()?;
    if let Some(name) = cookie(first) {
        return Some(name);
    }
    let blank = first
        .iter()
        .find(|b| !matches!(b, b' ' | b'\t' | b'\x0c' | b'\r'))
        .is_none_or(|b| *b == b'#');
    blank.then(|| lines.next().and_then(cookie)).flatten()
}

/// The encoding that a line names: `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`.
fn cookie(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let comment = line
        .trim_start_matches([' ', '\t', '\u{c}'])
        .strip_prefix('#')?;
    let rest = comment
        .split("coding")
        .skip(1)
        .find_map(|r| r.strip_prefix([':', '=']))?;
    let name: String = rest
        .trim_start_matches([' ', '\t'])
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    (!name.is_empty()).then_some(name)
}
