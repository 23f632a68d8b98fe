//! GitHub workflow commands: annotations, worst first. A step shows ten errors and ten warnings;
//! what is beyond is announced in one notice, so that nothing disappears in silence.

use super::{Options, committed, counted, escape, words};
use crate::model::{Finding, Place, Report, Severity};

const MOST_PER_KIND: usize = 10;

/// One command per annotation.
pub fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    let mut left_out = 0;
    let mut shown = [0usize; 3];
    for severity in words::SEVERITIES {
        for finding in counted(report).filter(|f| f.severity == severity) {
            let (kind, slot) = kind(severity);
            if shown[slot] == MOST_PER_KIND {
                left_out += 1;
                continue;
            }
            shown[slot] += 1;
            out.push_str(&command(kind, finding, options));
        }
    }
    for item in report.undecided.iter().take(1) {
        if !report.complete {
            let n = report.undecided.len();
            let text = format!(
                "{}; the first: {}: {}",
                words::count(
                    n,
                    "question could not be answered",
                    "questions could not be answered"
                ),
                item.subject,
                item.why
            );
            out.push_str(&format!(
                "::warning title=audit is incomplete::{}\n",
                escape::command_message(&text)
            ));
        }
    }
    if left_out > 0 {
        out.push_str(&format!(
            "::notice title=audit::{left_out} more, see the job's log or a report in another format\n"
        ));
    }
    out
}

fn kind(severity: Severity) -> (&'static str, usize) {
    match severity {
        Severity::Critical | Severity::Error => ("error", 0),
        Severity::Warning => ("warning", 1),
        Severity::Note => ("notice", 2),
    }
}

fn command(kind: &str, finding: &Finding, options: &Options) -> String {
    let mut properties = Vec::new();
    if let Some(place) = committed(finding) {
        position(&mut properties, place, options);
    }
    properties.push(format!(
        "title={}",
        escape::command_property(&format!("{} {}", finding.rule, finding.name))
    ));
    let mut message = finding.message.clone();
    if let Some(predicted) = &finding.predicted {
        message.push('\n');
        message.push_str(&words::raised(&predicted.kind, &predicted.message));
    }
    if finding.anchor.is_some() && finding.anchor != finding.location {
        message.push_str(&format!("\n(at {})", words::location(finding)));
    }
    format!(
        "::{kind} {}::{}\n",
        properties.join(","),
        escape::command_message(&message)
    )
}

/// Columns only where the range is one line: others are refused.
fn position(properties: &mut Vec<String>, place: &Place, options: &Options) {
    properties.push(format!(
        "file={}",
        escape::command_property(&options.path(&place.path))
    ));
    properties.push(format!("line={}", place.line));
    properties.push(format!("endLine={}", place.end_line.max(place.line)));
    if place.line == place.end_line && place.end_column > place.column {
        properties.push(format!("col={}", place.column));
        properties.push(format!("endColumn={}", place.end_column));
    }
}
