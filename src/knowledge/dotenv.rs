//! The grammar of dotenv files as python-dotenv 1.2.4 reads them, with byte spans.
//!
//! Knows one text at a time: no files, no process. Older releases of python-dotenv differ in two
//! corners: they keep a byte order mark in the first name, and they read `KEY= # c` as a value.

use std::collections::BTreeMap;

use crate::model::Span;

/// One `NAME=value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Name as written, without `export` and quotes.
    pub name: String,
    /// Value without quotes and escapes, before interpolation; `None` for a bare name.
    pub value: Option<String>,
    /// 1-based line of the name.
    pub line: u32,
    /// Bytes of the name.
    pub name_span: Span,
    /// Bytes of the value between the quotes; empty for a bare name.
    pub value_span: Span,
}

/// A dotenv text, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dotenv {
    /// Bindings in order.
    pub bindings: Vec<Binding>,
    /// 1-based lines that python-dotenv skips with a warning.
    pub malformed: Vec<u32>,
}

/// Reads a dotenv text. Nothing is an error: malformed lines are listed and skipped.
pub fn parse(text: &str) -> Dotenv {
    let mut reader = Reader {
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        line: 1,
        counted: 0,
    };
    let mut out = Dotenv::default();
    loop {
        reader.take(is_space);
        if reader.at >= text.len() {
            return out;
        }
        let line = reader.line();
        match binding(&mut reader) {
            Some(Some(binding)) => out.bindings.push(binding),
            Some(None) => {}
            None => {
                out.malformed.push(line);
                reader.take(not_line_end);
                reader.line_end();
            }
        }
    }
}

/// Values after `${NAME}` and `${NAME:-default}`, as `dotenv_values()` computes them: names of
/// the file win over `environment`. (`load_dotenv()` lets the environment win.)
pub fn interpolate(
    bindings: &[Binding],
    environment: impl Fn(&str) -> Option<String>,
) -> Vec<Option<String>> {
    let mut known: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut out = Vec::with_capacity(bindings.len());
    for binding in bindings {
        let value = binding.value.as_ref().map(|value| {
            expand(value, |name| match known.get(name) {
                Some(own) => Some(own.clone().unwrap_or_default()),
                None => environment(name),
            })
        });
        known.insert(&binding.name, value.clone());
        out.push(value);
    }
    out
}

/// Replaces `${NAME}` and `${NAME:-default}`; anything else stays as it is.
fn expand(value: &str, look_up: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let body_at = start + 2;
        let body_end = rest[body_at..].find('}').map(|n| body_at + n);
        let parts = body_end.and_then(|end| {
            let body = &rest[body_at..end];
            match body.split_once(':') {
                None => Some((body, "", end)),
                Some((name, default)) => default.strip_prefix('-').map(|d| (name, d, end)),
            }
        });
        let Some((name, default, end)) = parts else {
            out.push_str(&rest[..body_at]);
            rest = &rest[body_at..];
            continue;
        };
        out.push_str(&rest[..start]);
        out.push_str(&look_up(name).unwrap_or_else(|| default.to_owned()));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Python's `\s`: Unicode blanks and the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_blank(c: char) -> bool {
    is_space(c) && not_line_end(c)
}

fn not_line_end(c: char) -> bool {
    c != '\n' && c != '\r'
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    counted: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> std::ops::Range<usize> {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        start..self.at
    }

    /// Consumes one line end, if there is one.
    fn line_end(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let length = if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with(['\n', '\r']))
        };
        self.at += length;
        length > 0
    }

    /// 1-based line of the current position. Positions only grow.
    fn line(&mut self) -> u32 {
        let new = self.text[self.counted..self.at].matches('\n').count();
        self.counted = self.at;
        self.line = self
            .line
            .saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        self.line
    }

    /// The body of a quoted value; a backslash hides the next character.
    fn quoted(&mut self, quote: char) -> Option<std::ops::Range<usize>> {
        let start = self.at + 1;
        let mut chars = self.text[start..].char_indices();
        while let Some((offset, c)) = chars.next() {
            if c == '\\' {
                chars.next()?;
            } else if c == quote {
                self.at = start + offset + 1;
                return Some(start..start + offset);
            }
        }
        None
    }
}

/// `None`: malformed; `Some(None)`: a comment.
fn binding(reader: &mut Reader) -> Option<Option<Binding>> {
    if reader.text[reader.at..].starts_with("export") {
        let start = reader.at;
        reader.at += "export".len();
        if reader.take(is_blank).is_empty() {
            reader.at = start;
        }
    }
    let line = reader.line();
    let mut found = None;
    if reader.peek() != Some('#') {
        let name = name(reader)?;
        reader.take(is_blank);
        let (mut value, mut span) = (None, reader.at..reader.at);
        if reader.peek() == Some('=') {
            reader.at += 1;
            let gap = !reader.take(is_blank).is_empty();
            let (text, at) = value_after_equals(reader, gap)?;
            value = Some(text);
            span = at;
        }
        found = Some(Binding {
            name: universal(&reader.text[name.clone()]),
            value,
            line,
            name_span: Span::new(name.start, name.end),
            value_span: Span::new(span.start, span.end),
        });
    }
    reader.take(is_blank);
    if reader.peek() == Some('#') {
        reader.take(not_line_end);
    }
    reader.take(is_blank);
    (reader.line_end() || reader.at >= reader.text.len()).then_some(found)
}

fn name(reader: &mut Reader) -> Option<std::ops::Range<usize>> {
    if reader.peek() != Some('\'') {
        let name = reader.take(|c| c != '=' && c != '#' && !is_space(c));
        return (!name.is_empty()).then_some(name);
    }
    reader.at += 1;
    let name = reader.take(|c| c != '\'');
    if name.is_empty() || reader.peek() != Some('\'') {
        reader.at = name.start - 1;
        return None;
    }
    reader.at += 1;
    Some(name)
}

fn value_after_equals(reader: &mut Reader, gap: bool) -> Option<(String, std::ops::Range<usize>)> {
    let here = reader.at;
    match reader.peek() {
        Some('#') if gap => Some((String::new(), here..here)),
        None | Some('\n' | '\r') => Some((String::new(), here..here)),
        Some('\'') => {
            let body = reader.quoted('\'')?;
            Some((unescape(&reader.text[body.clone()], "\\'"), body))
        }
        Some('"') => {
            let body = reader.quoted('"')?;
            Some((unescape(&reader.text[body.clone()], "\\'\"abfnrtv"), body))
        }
        Some(_) => {
            let all = reader.take(not_line_end);
            let line = &reader.text[all.clone()];
            let cut = line
                .char_indices()
                .find(|(n, c)| *c == '#' && line[..*n].ends_with(is_space))
                .map_or(line.len(), |(n, _)| n);
            let value = line[..cut].trim_end_matches(is_space);
            Some((value.to_owned(), all.start..all.start + value.len()))
        }
    }
}

/// Python opens the file with universal newlines: line ends inside quotes become `\n`.
fn universal(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn unescape(text: &str, known: &str) -> String {
    let text = universal(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars
            .peek()
            .copied()
            .filter(|n| c == '\\' && known.contains(*n));
        let Some(escaped) = escaped else {
            out.push(c);
            continue;
        };
        chars.next();
        out.push(match escaped {
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            other => other,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, Option<String>)> {
        let read = parse(text);
        let values = interpolate(&read.bindings, |name| {
            (name == "HOST").then(|| "from-process".to_owned())
        });
        read.bindings
            .iter()
            .map(|b| b.name.clone())
            .zip(values)
            .collect()
    }

    /// Each row was answered by python-dotenv 1.2.4 (`dotenv_values`, HOST=from-process).
    #[test]
    fn answers_are_those_of_python_dotenv() {
        type Row = (
            &'static str,
            &'static [(&'static str, Option<&'static str>)],
        );
        let rows: &[Row] = &[
            ("A=1\nB = 2\n", &[("A", Some("1")), ("B", Some("2"))]),
            (
                "export A='x y' # c\r\nB\r\n",
                &[("A", Some("x y")), ("B", None)],
            ),
            (
                "A=a#b\nB=a #b\nC= # c\nD=#d",
                &[
                    ("A", Some("a#b")),
                    ("B", Some("a")),
                    ("C", Some("")),
                    ("D", Some("#d")),
                ],
            ),
            ("\u{feff}A=1", &[("A", Some("1"))]),
            (
                "A=\"l1\nl2\\n\\x\"\nB=2",
                &[("A", Some("l1\nl2\n\\x")), ("B", Some("2"))],
            ),
            (
                "A='it\\'s'\nB='a\\\\'",
                &[("A", Some("it's")), ("B", Some("a\\"))],
            ),
            ("A=\"open\nB=2", &[("B", Some("2"))]),
            ("=x\nA=1", &[("A", Some("1"))]),
            ("'q k'=v", &[("q k", Some("v"))]),
            (
                "A=${HOST}/${NOPE:-d}/${NOPE}/$HOST",
                &[("A", Some("from-process/d//$HOST"))],
            ),
            (
                "HOST=own\nA='${HOST}'",
                &[("HOST", Some("own")), ("A", Some("own"))],
            ),
            ("A=${B:b}x", &[("A", Some("${B:b}x"))]),
            ("A='a' b\nC=1", &[("C", Some("1"))]),
        ];
        for (text, expected) in rows {
            let expected: Vec<_> = expected
                .iter()
                .map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned)))
                .collect();
            assert_eq!(values(text), expected, "input: {text:?}");
        }
    }

    #[test]
    fn value_spans_lie_between_the_quotes() {
        for (text, inner) in [
            ("A='x y' # c", "x y"),
            ("A=\"x\\n\"", "x\\n"),
            ("export A = plain # c", "plain"),
            ("A=", ""),
            ("A", ""),
        ] {
            let read = parse(text);
            assert_eq!(&text[read.bindings[0].value_span.range()], inner, "{text}");
            assert_eq!(&text[read.bindings[0].name_span.range()], "A", "{text}");
        }
    }

    #[test]
    fn malformed_lines_are_named() {
        let read = parse("A=1\n=2\nB='x\nC=3\n");
        assert_eq!(read.malformed, [2, 3]);
        assert_eq!(read.bindings.len(), 2);
    }
}
