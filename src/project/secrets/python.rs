//! Secret literals in Python source: `SECRET_KEY: str = "..."`, `password="..."`,
//! `os.getenv("TOKEN", "...")`, `{"password": "..."}`.
//!
//! Works on the token level, so that a file with a syntax error is masked as well.

use std::ops::Range;

use super::names::{is_secret_name, is_secret_value};

/// One string literal.
struct Literal {
    /// Start of the prefix or quote.
    start: usize,
    /// Bytes between the quotes.
    body: Range<usize>,
}

/// Byte ranges of the secret literals of a text.
pub(in crate::project) fn secrets(text: &str) -> Vec<Range<usize>> {
    let literals = literals(text);
    let mut spans = Vec::new();
    let mut secret_before = false;
    for (n, literal) in literals.iter().enumerate() {
        let previous = n.checked_sub(1).map(|p| &literals[p]);
        // `KEY = ("a" "b")`: pieces of one literal share their fate.
        let joined = secret_before
            && previous.is_some_and(|p| {
                let gap = &text[p.body.end..literal.start];
                gap.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'')
                    .is_empty()
            });
        secret_before = is_secret_value(&text[literal.body.clone()])
            && (joined || named_secret(text, literal, previous));
        if secret_before {
            spans.push(literal.body.clone());
        }
    }
    spans
}

/// Is the thing that this literal is given to called like a secret?
fn named_secret(text: &str, literal: &Literal, previous: Option<&Literal>) -> bool {
    let before = text[..literal.start].trim_end();
    // `"password": "x"`, `getenv("TOKEN", "x")`, `get("TOKEN") or "x"`, and strings side by side.
    if let Some(previous) = previous {
        let gap = text[previous.body.end..literal.start]
            .trim_matches(['"', '\''])
            .trim();
        let name = &text[previous.body.clone()];
        let paired = matches!(gap, ":" | "," | "] =" | "]=" | ") or")
            || (gap.starts_with(',') && gap.replace(' ', "").ends_with("default="));
        if paired && !gap.contains('\n') && is_identifier(name) && is_secret_name(name) {
            return true;
        }
        if gap.is_empty() && previous.body.end > previous.start {
            return false;
        }
    }
    let (before, wrapper) = without_wrapper(before);
    if wrapper.ends_with("SecretStr") {
        return true;
    }
    let before = before.strip_suffix("default=").map_or(before, |inner| {
        inner.trim_end().trim_end_matches("Field(").trim_end()
    });
    let Some(before) = before.strip_suffix('=') else {
        return false;
    };
    if before.ends_with(['=', '!', '<', '>']) {
        return false;
    }
    let line = before.rfind('\n').map_or(0, |n| n + 1);
    assigned_name(&before[line..]).is_some_and(is_secret_name)
}

/// Takes a callee that only wraps its literal off the end: `SecretStr(`, `Field(`, `str(`.
fn without_wrapper(before: &str) -> (&str, &str) {
    let Some(inner) = before.strip_suffix('(') else {
        return (before, "");
    };
    let inner = inner.trim_end();
    let start = inner.rfind(|c: char| !is_dotted(c)).map_or(0, |n| n + 1);
    let callee = &inner[start..];
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let wraps = last.starts_with(char::is_uppercase)
        || matches!(last, "str" | "bytes" | "quote" | "quote_plus" | "b64decode");
    if wraps {
        (inner[..start].trim_end(), callee)
    } else {
        (before, "")
    }
}

/// The name before `=`: the last one of a keyword argument, the first one of `name: type =`.
fn assigned_name(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let last = line.rfind(|c: char| !is_word(c)).map_or(0, |n| n + 1);
    let annotated = line.trim_start();
    let first_end = annotated
        .find(|c: char| !is_dotted(c))
        .unwrap_or(annotated.len());
    if annotated[first_end..].trim_start().starts_with(':') {
        return annotated[..first_end].rsplit('.').next();
    }
    Some(&line[last..]).filter(|n| !n.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_dotted(c: char) -> bool {
    is_word(c) || c == '.'
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| is_word(c) || c == '-')
}

/// All string literals, comments skipped.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'"' | b'\'' => {
                let start = at - prefix_length(&text[..at]);
                let (body, next) = string_body(bytes, at);
                out.push(Literal { start, body });
                at = next;
            }
            _ => at += 1,
        }
    }
    out
}

/// Length of `r`, `b`, `f`, `rb`... directly before a quote.
fn prefix_length(before: &str) -> usize {
    let letters = before
        .bytes()
        .rev()
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let prefix = &before[before.len() - letters..];
    let known = letters <= 2 && prefix.bytes().all(|b| b"rRbBfFuUtT".contains(&b));
    if known { letters } else { 0 }
}

/// Where the string whose opening quote is at `at` ends.
pub(in crate::project) fn string_end(bytes: &[u8], at: usize) -> usize {
    string_body(bytes, at).1
}

/// Body and end of the literal whose opening quote is at `at`. An unclosed one ends at its line.
fn string_body(bytes: &[u8], at: usize) -> (Range<usize>, usize) {
    let quote = bytes[at];
    let triple = bytes[at..].starts_with(&[quote; 3]);
    let start = at + if triple { 3 } else { 1 };
    let mut n = start;
    while n < bytes.len() {
        match bytes[n] {
            b'\\' => n += 1,
            b'\n' if !triple => return (start..n, n),
            b if b == quote && !triple => return (start..n, n + 1),
            b if b == quote && bytes[n..].starts_with(&[quote; 3]) => return (start..n, n + 3),
            _ => {}
        }
        n += 1;
    }
    (start.min(bytes.len())..bytes.len(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_given_to_secret_names_are_found() {
        for text in [
            "SECRET_KEY: str = 'canary'",
            "SECRET_KEY = \"canary\"  # c",
            "    jwt_secret: str | None = \"canary\"",
            "connect(host='h', password='canary')",
            "os.getenv('API_KEY', 'canary')",
            "os.environ['API_KEY'] = 'canary'",
            "x = {'password': 'canary', 'a': 'b'}",
            "secret_key: SecretStr = SecretStr('canary')",
            "token: str = Field('canary')",
            "token: str = Field(default='canary')",
            "x = SecretStr('canary')",
            "self.password = b'canary'",
            "API_KEY = os.environ.get('API_KEY') or 'canary'",
            "def f(a, password='canary'): pass",
            "PASSWORD = '''canary'''",
        ] {
            let found: Vec<&str> = secrets(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(found, ["canary"], "{text}");
        }
    }

    #[test]
    fn other_literals_are_left_alone() {
        for text in [
            "x: int = Field(foreign_key='user.id')",
            "OAuth2PasswordBearer(tokenUrl='auth/token')",
            "if password == 'canary': pass",
            "token_type: str = 'bearer'",
            "raise ValueError('password wrong')",
            "# SECRET_KEY = 'x'",
            "name = 'a' 'b'",
            "SECRET_KEY = ''",
        ] {
            let found: Vec<&str> = secrets(text).into_iter().map(|r| &text[r]).collect();
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}
