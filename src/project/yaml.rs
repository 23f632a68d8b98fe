//! YAML documents with lines, for compose files and manifests: merge keys resolved, scalars as text.
//!
//! Knows nothing of compose. Behind this module stands `saphyr-parser`.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// A node with the 1-based line on which it starts.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub line: u32,
    pub data: Data,
}

#[derive(Debug, Clone)]
pub(super) enum Data {
    /// A scalar as written (`8000`, `true` and `x` alike); `None` for null.
    Scalar(Option<String>),
    List(Vec<Node>),
    /// Entries in order, merge keys spread.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// A value of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v)
    }

    pub fn entries(&self) -> &[(String, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    fn size(&self) -> usize {
        let below: usize = match &self.data {
            Data::Scalar(_) => 0,
            Data::List(items) => items.iter().map(Node::size).sum(),
            Data::Map(entries) => entries.iter().map(|(_, v)| v.size()).sum(),
        };
        below + 1
    }

    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text) => text.as_deref(),
            _ => None,
        }
    }
}

/// Aliases may not blow a small file up beyond this many nodes.
const MAX_NODES: usize = 100_000;

/// Reads the first document of a text.
///
/// # Errors
/// Line and reason.
pub(super) fn parse(text: &str) -> Result<Option<Node>, (u32, String)> {
    read(text, 1).map(|documents| documents.into_iter().next())
}

/// Reads all documents of a text.
///
/// # Errors
/// Line and reason.
pub(super) fn parse_all(text: &str) -> Result<Vec<Node>, (u32, String)> {
    read(text, usize::MAX)
}

fn read(text: &str, most: usize) -> Result<Vec<Node>, (u32, String)> {
    let mut documents = Vec::new();
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, span) = event.map_err(|error| {
            let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
            (line.max(1), error.info().to_owned())
        })?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        if matches!(event, Event::DocumentEnd) {
            documents.extend(builder.done.take());
            // Anchors belong to their document.
            builder.anchors.clear();
            if documents.len() >= most {
                break;
            }
        }
        builder.event(event, line);
        if builder.nodes > MAX_NODES || builder.open.len() > 64 {
            return Err((line, "the document is too large or too deep".into()));
        }
    }
    Ok(documents)
}

/// A collection that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// Key that waits for its value.
    key: Option<Option<String>>,
    merged: Vec<Node>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    done: Option<Node>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event, line: u32) {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let data = Data::Scalar((!null).then(|| text.into_owned()));
                self.finish(Node { line, data }, anchor);
            }
            Event::SequenceStart(anchor, _) => self.start(Data::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.start(Data::Map(Vec::new()), anchor, line),
            Event::Alias(anchor) => {
                let data = Data::Scalar(None);
                let node = self.anchors.get(&anchor).cloned();
                let node = node.unwrap_or(Node { line, data });
                self.nodes += node.size();
                self.finish(node, 0);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    if let Data::Map(entries) = &mut open.node.data {
                        merge(entries, open.merged);
                    }
                    self.finish(open.node, open.anchor);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, data: Data, anchor: usize, line: u32) {
        self.open.push(Open {
            node: Node { line, data },
            anchor,
            key: None,
            merged: Vec::new(),
        });
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) {
        self.nodes += 1;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.done.get_or_insert(node);
            return;
        };
        match (&mut open.node.data, open.key.take()) {
            (Data::List(items), _) => items.push(node),
            (Data::Map(_), None) => open.key = Some(node.text().map(str::to_owned)),
            (Data::Map(_), Some(Some(key))) if key == "<<" => open.merged.push(node),
            (Data::Map(entries), Some(Some(key))) => entries.push((key, node)),
            _ => {}
        }
    }
}

/// `<<: *base` and `<<: [*a, *b]`: own keys win, earlier maps win over later ones.
fn merge(entries: &mut Vec<(String, Node)>, merged: Vec<Node>) {
    for value in merged {
        let maps = match value.data {
            Data::List(items) => items,
            _ => vec![value],
        };
        for map in maps {
            for (key, value) in map.entries() {
                if !entries.iter().any(|(k, _)| k == key) {
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_with_lines_and_merges() {
        let text = "x: &b\n  a: 1\n  b: two\ny:\n  <<: *b\n  b: own\n  c: [p, 'q']\n  d:\n";
        let document = parse(text).ok().flatten().unwrap();
        let y = document.get("y").unwrap();
        assert_eq!(y.get("a").unwrap().text(), Some("1"));
        assert_eq!(y.get("b").unwrap().text(), Some("own"));
        assert_eq!(y.get("b").unwrap().line, 6);
        assert_eq!(y.get("c").unwrap().items().len(), 2);
        assert_eq!(y.get("d").unwrap().text(), None);
    }

    #[test]
    fn several_documents_are_read() {
        let documents = parse_all("a: 1\n---\n---\nb: 2\n...\n").unwrap();
        let values: Vec<Option<&str>> = documents
            .iter()
            .map(|d| d.get("a").or(d.get("b")).and_then(Node::text))
            .collect();
        assert_eq!(values, [Some("1"), None, Some("2")]);
        assert_eq!(documents[2].get("b").unwrap().line, 4);
    }

    #[test]
    fn a_broken_document_names_its_line() {
        let (line, why) = parse("a: 1\nb: [1, 2\nc: 3\n").err().unwrap();
        assert!(line >= 2, "{line} {why}");
    }
}
