//! GitLab code quality: a JSON array of issues; `[]` when there is none.

use serde_json::{Value, json};

use super::{Options, committed, counted, escape};
use crate::model::{Report, Severity};

/// The array, without a byte order mark.
pub fn render(report: &Report, options: &Options) -> String {
    let mut seen: Vec<String> = Vec::new();
    let issues: Vec<Value> = counted(report)
        .filter_map(|finding| {
            let place = committed(finding)?;
            Some(json!({
                "description": escape::terminal(&finding.message),
                "check_name": finding.rule,
                "fingerprint": unique(&mut seen, &finding.fingerprint),
                "severity": severity(finding.severity),
                "location": {
                    "path": options.path(&place.path),
                    "lines": { "begin": place.line },
                },
            }))
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_else(|_| "[]".to_owned());
    text.push('\n');
    text
}

/// Equal fingerprints would be shown as one issue.
fn unique(seen: &mut Vec<String>, fingerprint: &str) -> String {
    let mut candidate = fingerprint.to_owned();
    let mut n = 2;
    while seen.contains(&candidate) {
        candidate = format!("{fingerprint}#{n}");
        n += 1;
    }
    seen.push(candidate.clone());
    candidate
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}
