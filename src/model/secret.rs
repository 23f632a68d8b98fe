//! Values that are usable but never shown, and the redactor that hides them in text.

use std::fmt;

/// What stands where a secret was, whatever its length.
pub const MASK: &str = "***";

/// Usable, never shown: no `Display`, no `Serialize`; `Debug` prints `[redacted]`.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a value so that it cannot be printed by accident.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Only readers, probes and launchers may ask (held by `tests/layers.rs`).
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Replaces every known secret value, and every password inside a URL, by [`MASK`].
///
/// Values shorter than four characters are only masked inside URLs: replacing `a` everywhere
/// would destroy the text without hiding anything.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Redacted<String>>,
}

impl Redactor {
    /// Remembers a secret value; longer values are replaced first.
    pub fn add(&mut self, secret: &str) {
        let trimmed = secret.trim();
        if trimmed.chars().count() < 4 || trimmed == MASK {
            return;
        }
        let value = Redacted::new(trimmed.to_owned());
        if !self.secrets.contains(&value) {
            self.secrets.push(value);
            self.secrets.sort_by_key(|s| std::cmp::Reverse(s.0.len()));
        }
    }

    /// All values of another redactor as well.
    pub fn extend(&mut self, other: &Redactor) {
        for secret in &other.secrets {
            self.add(&secret.0);
        }
    }

    /// `text` with every secret replaced.
    pub fn apply(&self, text: &str) -> String {
        let mut out = mask_url_passwords(text);
        for secret in &self.secrets {
            let found: Vec<usize> = occurrences(&out, &secret.0).collect();
            for at in found.into_iter().rev() {
                out.replace_range(at..at + secret.0.len(), MASK);
            }
        }
        out
    }

    /// Byte ranges of secrets in a whole file. Short values and plain words are left out: there
    /// they are rather names, and an edit may not touch what is masked.
    pub fn spans(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        let mut out: Vec<std::ops::Range<usize>> = Vec::new();
        for secret in &self.secrets {
            let least = if is_plain_word(&secret.0) { 10 } else { 6 };
            if secret.0.len() < least {
                continue;
            }
            for at in occurrences(text, &secret.0) {
                let range = at..at + secret.0.len();
                if !out
                    .iter()
                    .any(|r| r.start < range.end && range.start < r.end)
                {
                    out.push(range);
                }
            }
        }
        out
    }
}

fn is_plain_word(secret: &str) -> bool {
    secret.bytes().all(|b| b.is_ascii_lowercase())
}

/// Where a secret occurs. One that is a plain word (`postgres`) does not occur inside of longer
/// words (`postgresql`).
fn occurrences<'t>(text: &'t str, secret: &'t str) -> impl Iterator<Item = usize> + 't {
    let whole = is_plain_word(secret);
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(secret)
        .map(|(at, _)| at)
        .filter(move |at| {
            let before = text[..*at].chars().next_back();
            let after = text[at + secret.len()..].chars().next();
            !whole || !(before.is_some_and(part) || after.is_some_and(part))
        })
}

/// Byte ranges of the passwords of all `scheme://user:password@host` in `text`.
///
/// The password reaches to the last `@` before a blank, a quote or the end of the authority,
/// because passwords with a raw `@` or `/` occur in real files and must be hidden whole.
pub fn url_password_spans(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("://") {
        let start = from + found + 3;
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
            .map_or(text.len(), |n| start + n);
        from = start;
        let authority = &text[start..end];
        let Some(at) = authority.rfind('@') else {
            continue;
        };
        let Some(colon) = authority[..at].find(':') else {
            continue;
        };
        if authority[..colon].contains('/') {
            continue;
        }
        let range = start + colon + 1..start + at;
        if !range.is_empty() && &bytes[range.clone()] != MASK.as_bytes() {
            from = range.end;
            spans.push(range);
        }
    }
    spans
}

fn mask_url_passwords(text: &str) -> String {
    let spans = url_password_spans(text);
    if spans.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for span in spans {
        out.push_str(&text[last..span.start]);
        out.push_str(MASK);
        last = span.end;
    }
    out.push_str(&text[last..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_passwords_are_hidden_whole() {
        let redactor = Redactor::default();
        let cases = [
            ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
            (
                "x='postgresql+asyncpg://app:a@b/c#d@host:5432/d?ssl=require'",
                "x='postgresql+asyncpg://app:***@host:5432/d?ssl=require'",
            ),
            ("https://example.com/a:b@c", "https://example.com/a:b@c"),
            ("postgresql://u@h/d", "postgresql://u@h/d"),
            (
                "redis://:pw@h postgres://a:b@c",
                "redis://:***@h postgres://a:***@c",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(redactor.apply(input), expected, "input: {input}");
        }
    }

    #[test]
    fn known_values_are_replaced_longest_first() {
        let mut redactor = Redactor::default();
        redactor.add("hunter22");
        redactor.add("hunter22-long");
        assert_eq!(redactor.apply("a hunter22-long b hunter22"), "a *** b ***");
    }

    #[test]
    fn a_plain_word_is_a_secret_only_where_it_stands_alone() {
        let mut redactor = Redactor::default();
        redactor.add("postgres");
        redactor.add("k3y-material");
        assert_eq!(
            redactor.apply("postgresql postgres. xk3y-materialx"),
            "postgresql ***. x***x"
        );
        assert_eq!(redactor.spans("postgres k3y-material"), vec![9..21; 1]);
    }

    #[test]
    fn debug_never_shows_the_value() {
        assert_eq!(format!("{:?}", Redacted::new("canary")), "[redacted]");
    }
}
