//! Plain text: a span that is replaced, lines that are inserted.

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_end};
use crate::fix::splice::Splice;
use crate::model::Span;

/// Replaces a span when it still holds what is expected.
pub fn replace(
    doc: &Doc<'_>,
    at: Span,
    expect: &str,
    insert: &str,
) -> Result<Vec<Splice>, FixError> {
    let at = doc.current(at)?;
    if &doc.text[at.clone()] != expect {
        return Err(FixError::Overlap);
    }
    Ok(match expect == insert {
        true => Vec::new(),
        false => vec![Splice::replace(at, with_newlines(insert, doc.newline()))],
    })
}

/// Inserts whole lines after a line; line 0 is the start of the file.
pub fn insert_after(doc: &Doc<'_>, line: u32, text: &str) -> Result<Vec<Splice>, FixError> {
    let newline = doc.newline();
    let lines = with_newlines(text.trim_end_matches(['\n', '\r']), newline);
    if line == 0 {
        let bom = doc.text.len() - doc.text.trim_start_matches('\u{feff}').len();
        return Ok(vec![Splice::insert(bom, format!("{lines}{newline}"))]);
    }
    let start = doc
        .line_start(line)
        .ok_or_else(|| FixError::refused(format!("`{}` has no line {line}", doc.path)))?;
    let end = line_end(doc.text, start);
    Ok(vec![Splice::insert(end, format!("{newline}{lines}"))])
}

fn with_newlines(text: &str, newline: &str) -> String {
    let unix = text.replace("\r\n", "\n");
    match newline {
        "\n" => unix,
        other => unix.replace('\n', other),
    }
}
