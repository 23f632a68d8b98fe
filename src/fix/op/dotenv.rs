//! Assignments in dotenv files, as python-dotenv 1.x reads them.

use std::ops::Range;

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_end, next_line};
use crate::fix::splice::Splice;

/// One assignment.
#[derive(Debug, PartialEq, Eq)]
struct Binding {
    name: Range<usize>,
    /// The value as written, quotes included; `None` for a bare name.
    value: Option<Range<usize>>,
}

fn bindings(text: &str) -> Vec<Binding> {
    let mut out = Vec::new();
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    while at < text.len() {
        let rest = &text[at..];
        let lead = rest.len() - rest.trim_start().len();
        at += lead;
        if at >= text.len() {
            break;
        }
        if text[at..].starts_with('#') {
            at = next_line(text, at);
            continue;
        }
        let end = line_end(text, at);
        if let Some(rest) = text[at..end].strip_prefix("export")
            && rest.starts_with([' ', '\t'])
        {
            at = end - rest.trim_start().len();
        }
        let (binding, next) = binding(text, at, end);
        out.extend(binding);
        at = next;
    }
    out
}

fn binding(text: &str, at: usize, end: usize) -> (Option<Binding>, usize) {
    let (name, mut cursor) = match text[at..end].strip_prefix('\'') {
        Some(rest) => match rest.find('\'') {
            Some(n) => (at + 1..at + 1 + n, at + n + 2),
            None => return (None, next_line(text, at)),
        },
        None => {
            let len = text[at..end]
                .find(|c: char| c == '=' || c == '#' || c.is_whitespace())
                .unwrap_or(end - at);
            (at..at + len, at + len)
        }
    };
    cursor += blanks(&text[cursor..end]);
    if !text[cursor..end].starts_with('=') {
        return (Some(Binding { name, value: None }), next_line(text, cursor));
    }
    cursor += 1;
    cursor += blanks(&text[cursor..end]);
    let value = match text[cursor..].chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(text, cursor, quote),
        _ => None,
    };
    let value = value.unwrap_or_else(|| {
        let line = &text[cursor..end];
        let comment = line
            .char_indices()
            .find(|(n, c)| *c == '#' && (*n == 0 || line[..*n].ends_with(char::is_whitespace)))
            .map_or(line.len(), |(n, _)| n);
        cursor..cursor + line[..comment].trim_end().len()
    });
    let next = next_line(text, value.end);
    (
        Some(Binding {
            name,
            value: Some(value),
        }),
        next,
    )
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// A quoted value; it may run over several lines. `None` when it is not closed.
fn quoted(text: &str, at: usize, quote: char) -> Option<Range<usize>> {
    let mut escaped = false;
    for (n, c) in text[at + 1..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at..at + 1 + n + 1),
            _ => {}
        }
    }
    None
}

/// Appends an assignment with a comment above; nothing when the name is assigned already.
pub fn add(doc: &Doc<'_>, name: &str, value: &str, comment: &str) -> Result<Vec<Splice>, FixError> {
    check_name(name)?;
    if bindings(doc.text)
        .iter()
        .any(|b| &doc.text[b.name.clone()] == name)
    {
        return Ok(Vec::new());
    }
    let newline = doc.newline();
    let mut lines = String::new();
    if !doc.text.is_empty() && !doc.text.ends_with('\n') {
        lines.push_str(newline);
    }
    for line in comment.lines().filter(|l| !l.trim().is_empty()) {
        lines.push_str(&format!(
            "# {}{newline}",
            line.trim().trim_start_matches("# ")
        ));
    }
    lines.push_str(&format!("{name}={}", written(value)?));
    if doc.text.is_empty() || doc.text.ends_with('\n') {
        lines.push_str(newline);
    }
    Ok(vec![Splice::insert(doc.text.len(), lines)])
}

/// Sets the value of the assignment that counts, which is the last one of its name.
pub fn set(doc: &Doc<'_>, name: &str, value: &str) -> Result<Vec<Splice>, FixError> {
    check_name(name)?;
    let all = bindings(doc.text);
    let found = all
        .iter()
        .rfind(|b| &doc.text[b.name.clone()] == name)
        .ok_or_else(|| FixError::refused(format!("`{}` does not set `{name}`", doc.path)))?;
    let Some(old) = found.value.clone() else {
        let end = found.name.end;
        return Ok(vec![Splice::insert(end, format!("={}", written(value)?))]);
    };
    let inner = match doc.text[old.clone()].chars().next() {
        Some(quote @ ('\'' | '"')) if old.len() >= 2 && fits(value, quote) => {
            Splice::replace(old.start + 1..old.end - 1, value)
        }
        _ => Splice::replace(old, written(value)?),
    };
    Ok(match doc.text[inner.at.clone()] == inner.insert {
        true => Vec::new(),
        false => vec![inner],
    })
}

fn fits(value: &str, quote: char) -> bool {
    let expanded = quote == '"' && value.contains('$');
    !expanded && !value.contains([quote, '\\', '\n', '\r'])
}

/// A value as it has to be written so that python-dotenv and a shell read the same.
fn written(value: &str) -> Result<String, FixError> {
    let plain = value
        .chars()
        .all(|c| c.is_alphanumeric() || "_-./:@%+,=?&[]{}".contains(c));
    if plain {
        return Ok(value.to_owned());
    }
    match fits(value, '\'') {
        true => Ok(format!("'{value}'")),
        false if fits(value, '"') => Ok(format!("\"{value}\"")),
        false => Err(FixError::refused(
            "the value cannot be written in a dotenv file",
        )),
    }
}

fn check_name(name: &str) -> Result<(), FixError> {
    let good = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    match good {
        true => Ok(()),
        false => Err(FixError::refused(format!("`{name}` is no variable name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_found_as_python_dotenv_does() {
        let text = "\u{feff}# c=1\r\nexport A=1\r\n  B = 'x # y' # z\nC=a b # c\nD\nE=\"l1\nl2=3\"\nF='it\\'s'\nG=\n";
        let found: Vec<(&str, Option<&str>)> = bindings(text)
            .into_iter()
            .map(|b| (&text[b.name], b.value.map(|v| &text[v])))
            .collect();
        assert_eq!(
            found,
            [
                ("A", Some("1")),
                ("B", Some("'x # y'")),
                ("C", Some("a b")),
                ("D", None),
                ("E", Some("\"l1\nl2=3\"")),
                ("F", Some("'it\\'s'")),
                ("G", Some("")),
            ]
        );
    }
}
