//! Secrets by their place in a text: dotenv lines, PEM blocks, `name: value` of any configuration.

use std::ops::Range;

use super::names::{is_secret_name, is_secret_value};
use crate::knowledge::dotenv;

pub(super) fn dotenv_secrets(text: &str) -> Vec<Range<usize>> {
    dotenv::parse(text)
        .bindings
        .into_iter()
        .filter(|b| is_secret_name(&b.name))
        .filter(|b| b.value.as_deref().is_some_and(is_secret_value))
        .map(|b| b.value_span.range())
        .collect()
}

/// PEM blocks: from the line after BEGIN to the one before END.
pub(super) fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (at, _) in text.match_indices("PRIVATE KEY-----") {
        if !text[..at].ends_with([' ', '-'])
            || text[..at]
                .rfind("-----BEGIN")
                .is_none_or(|n| text[n..at].contains('\n'))
        {
            continue;
        }
        let start = at + "PRIVATE KEY-----".len();
        let end = text[start..]
            .find("-----END")
            .map_or(text.len(), |n| start + n);
        spans.push(start..end);
    }
    spans
}

/// Literal values of secret names in YAML, TOML, INI, Dockerfiles, unit files and shell scripts:
/// `NAME=value`, `NAME: value`, `ENV NAME value`, `--name value`, quoted or not.
pub(in crate::project) fn named_values(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(is_name_char) {
        let start = at + found;
        let length = text[start..]
            .find(|c| !is_name_char(c))
            .unwrap_or(text.len() - start);
        let end = start + length;
        at = end;
        let name = &text[start..end];
        // Queries of URLs have their own rule.
        if text[..start].ends_with(['?', '&']) || !is_secret_name(name.trim_matches('-')) {
            continue;
        }
        if let Some(span) = value_after(text, start, end) {
            let value = &text[span.clone()];
            if is_secret_value(value) && !is_version(value) {
                at = span.end.max(end);
                spans.push(span);
            } else if let Some(default) = default_of(text, &span) {
                spans.push(default);
            }
        }
    }
    spans
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The value that a name at `start..end` is given on the same line.
fn value_after(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let line_end = text[end..]
        .find(['\n', '\r'])
        .map_or(text.len(), |n| end + n);
    let rest = &text[end..line_end];
    let closing = rest.starts_with(['"', '\'']);
    let mut skipped = usize::from(closing);
    let blanks = rest[skipped..].len() - rest[skipped..].trim_start().len();
    let sign = rest[skipped + blanks..].chars().next()?;
    let line_start = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let before = text[line_start..start].trim_start();
    let assigned = match sign {
        '=' => !rest[skipped + blanks + 1..].starts_with('='),
        ':' => rest[skipped + blanks + 1..].starts_with([' ', '\t', '"', '\'']) || closing,
        _ => false,
    };
    let spaced =
        blanks > 0 && (before.eq_ignore_ascii_case("env ") || text[start..end].starts_with("--"));
    if assigned {
        skipped += blanks + 1;
    } else if spaced {
        skipped += blanks;
    } else {
        return None;
    }
    let gap = rest[skipped..].len() - rest[skipped..].trim_start().len();
    let from = end + skipped + gap;
    // `NAME = value` of INI files has blanks on both sides; `NAME= value` of a shell has no value.
    literal(
        text,
        from,
        line_end,
        text[..start].ends_with(['"', '\'']),
        sign == ':',
    )
}

/// A literal that starts at `from`: quoted, or up to a blank (up to the line end in YAML).
fn literal(
    text: &str,
    from: usize,
    line_end: usize,
    inside_quotes: bool,
    yaml: bool,
) -> Option<Range<usize>> {
    let first = text[from..line_end].chars().next()?;
    if matches!(first, '"' | '\'') {
        let body = from + 1;
        let mut escaped = false;
        for (offset, c) in text[body..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == first => return Some(body..body + offset),
                _ => {}
            }
        }
        return Some(body..line_end);
    }
    let stop = |c: char| match c {
        '"' | '\'' => true,
        c if c.is_whitespace() => !yaml && !inside_quotes,
        ',' | ';' | ')' | ']' | '}' => inside_quotes,
        _ => false,
    };
    let end = text[from..line_end]
        .find(stop)
        .map_or(line_end, |n| from + n);
    let end = text[from..end].find(" #").map_or(end, |n| from + n);
    let length = text[from..end].trim_end().len();
    (length > 0).then_some(from..from + length)
}

/// `${NAME:-default}`: the default is a literal.
fn default_of(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let value = &text[span.clone()];
    let at = value.strip_prefix("${")?.find('-')? + 3;
    let end = value[at..].find('}').map_or(value.len(), |n| at + n);
    (at < end).then(|| span.start + at..span.start + end)
}

/// Version texts of dependency tables: `^1.2`, `>=3`, `1.4.0`.
fn is_version(value: &str) -> bool {
    let operator = value.starts_with(['^', '~', '>', '=', '!', '*'])
        || (value.starts_with('<') && value.contains(|c: char| c.is_ascii_digit()));
    let dotted = value.contains('.') && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    operator || dotted
}
