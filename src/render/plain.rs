//! For shell scripts: `severity id path line column message`, separated by tabs.

use super::{Options, counted, escape};
use crate::model::Report;

/// One line per finding; nothing at all when there is none.
pub fn render(report: &Report, _options: &Options) -> String {
    let mut out = String::new();
    for finding in counted(report) {
        let (path, line, column) = match &finding.location {
            Some(p) => (p.path.as_str(), p.line, p.column),
            None => ("-", 0, 0),
        };
        let fields = [
            finding.severity.name().to_owned(),
            escape::field(&finding.rule),
            escape::field(path),
            line.to_string(),
            column.to_string(),
            escape::field(&finding.message),
        ];
        out.push_str(&fields.join("\t"));
        out.push('\n');
    }
    out
}
