//! Reviewdog diagnostics. Its columns count UTF-8 bytes: they are given only where the quoted
//! line tells how many bytes stand before them (no mask, no tab).

use serde_json::{Map, Value, json};

use super::{Options, committed, counted, escape};
use crate::model::{Excerpt, Finding, Place, Report, Severity};

/// One `DiagnosticResult` object.
pub fn render(report: &Report, options: &Options) -> String {
    let diagnostics: Vec<Value> = counted(report)
        .filter_map(|f| Some(diagnostic(f, committed(f)?, options)))
        .collect();
    let value = json!({
        "source": { "name": "audit" },
        "diagnostics": diagnostics,
    });
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string());
    text.push('\n');
    text
}

fn diagnostic(finding: &Finding, place: &Place, options: &Options) -> Value {
    let same = finding.location.as_ref().is_some_and(|l| l == place);
    let excerpt = finding.excerpt.as_ref().filter(|_| same);
    let mut start = Map::new();
    start.insert("line".to_owned(), place.line.into());
    let mut end = Map::new();
    end.insert("line".to_owned(), place.end_line.max(place.line).into());
    if let (Some(from), Some(to)) = (
        byte_column(excerpt, place.line, place.column),
        byte_column(excerpt, place.end_line, place.end_column),
    ) {
        start.insert("column".to_owned(), from.into());
        end.insert("column".to_owned(), to.into());
    }
    let mut code = json!({ "value": finding.rule });
    if let (Some(reference), Value::Object(map)) = (finding.references.first(), &mut code) {
        map.insert("url".to_owned(), reference.url.clone().into());
    }
    json!({
        "message": escape::terminal(&finding.message),
        "location": {
            "path": options.path(&place.path),
            "range": { "start": start, "end": end },
        },
        "severity": match finding.severity {
            Severity::Critical | Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        "code": code,
    })
}

/// Column in bytes from 1, when the excerpt shows the line up to it unchanged.
fn byte_column(excerpt: Option<&Excerpt>, line: u32, column: u32) -> Option<usize> {
    let excerpt = excerpt?;
    if excerpt.shown_column(line, column)? != column {
        return None;
    }
    let text = excerpt.lines.get((line - excerpt.first_line) as usize)?;
    let before: usize = text
        .chars()
        .take(column.saturating_sub(1) as usize)
        .map(char::len_utf8)
        .sum();
    Some(before + 1)
}
