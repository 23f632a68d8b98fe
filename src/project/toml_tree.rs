//! TOML documents as an owned tree with byte spans; malformed parts are reported and skipped.

use toml::de::{DeTable, DeValue};

use super::files::Files;
use crate::model::Span;

/// A value and the bytes it takes (quotes included).
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub span: Span0,
    pub value: Value,
}

/// Byte range; a local name so that `Default` holds.
pub(super) type Span0 = std::ops::Range<usize>;

#[derive(Debug, Clone, Default)]
pub(super) enum Value {
    Str(String),
    Bool(bool),
    Array(Vec<Node>),
    /// Key, its span, value; in order.
    Table(Vec<(String, Span0, Node)>),
    /// Numbers and dates: nobody asks for them.
    #[default]
    Other,
}

impl Node {
    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        let mut node = self;
        for key in path {
            node = node
                .entries()
                .iter()
                .find(|(k, _, _)| k == key)
                .map(|(_, _, v)| v)?;
        }
        Some(node)
    }

    pub fn entries(&self) -> &[(String, Span0, Node)] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A string under a path of keys.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.text()
    }

    pub fn is_true(&self) -> bool {
        matches!(self.value, Value::Bool(true))
    }

    /// Bytes between the quotes of a single-line string.
    pub fn inner(&self) -> Span {
        let (start, end) = (self.span.start, self.span.end);
        if matches!(self.value, Value::Str(_)) && end >= start + 2 {
            Span::new(start + 1, end - 1)
        } else {
            Span::new(start, end)
        }
    }
}

/// Reads a TOML file; what is wrong with it becomes problems.
pub(super) fn read(files: &mut Files, path: &str) -> Option<Node> {
    let text = files.text(path)?;
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors.iter().take(5) {
        let line = error.span().map(|span| files.line(path, span.start));
        let why = format!("malformed TOML: {}", error.message());
        files.problem(path, line, &why);
    }
    let span = table.span();
    Some(Node {
        span: span.clone(),
        value: tree_of_table(table.get_ref(), 0),
    })
}

fn tree_of_table(table: &DeTable, depth: u32) -> Value {
    if depth > 64 {
        return Value::Other;
    }
    let mut entries: Vec<(String, Span0, Node)> = table
        .iter()
        .map(|(key, value)| {
            let node = Node {
                span: value.span(),
                value: tree(value.get_ref(), depth + 1),
            };
            (key.get_ref().to_string(), key.span(), node)
        })
        .collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    Value::Table(entries)
}

fn tree(value: &DeValue, depth: u32) -> Value {
    if depth > 64 {
        return Value::Other;
    }
    match value {
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Boolean(b) => Value::Bool(*b),
        DeValue::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| Node {
                    span: item.span(),
                    value: tree(item.get_ref(), depth + 1),
                })
                .collect(),
        ),
        DeValue::Table(table) => tree_of_table(table, depth + 1),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn spans_are_exact_and_broken_lines_are_named() {
        let text = "[project]\nname = 'x'\ndependencies = [\n  \"a>=1\",\n  'b',\n]\nbad = = 1\n[tool.x]\ny = 1\n";
        let host = MemoryHost::new().file("/p/pyproject.toml", text);
        let mut files = Files::new(&host, "/p".into());
        let tree = read(&mut files, "pyproject.toml").unwrap();
        let first = &tree.at(&["project", "dependencies"]).unwrap().items()[0];
        assert_eq!(&text[first.span.clone()], "\"a>=1\"");
        assert_eq!(&text[first.inner().range()], "a>=1");
        assert!(tree.at(&["tool", "x", "y"]).is_some());
        assert_eq!(files.problems[0].place.as_ref().unwrap().line, 7);
    }
}
