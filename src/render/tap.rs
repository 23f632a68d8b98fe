//! Test Anything Protocol 13: one test point per check, failures with a YAML block.

use super::{Options, escape};
use crate::model::{Finding, Outcome, Report};

/// One test point per check that the catalogue holds.
pub fn render(report: &Report, options: &Options) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", report.outcomes.len());
    for (n, outcome) in report.outcomes.iter().enumerate() {
        let number = n + 1;
        let rule = description(&outcome.rule);
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|f| f.rule == outcome.rule)
            .collect();
        let failing = findings.iter().any(|f| options.fails(f));
        match &outcome.outcome {
            Outcome::Pass => out.push_str(&format!("ok {number} - {rule}\n")),
            Outcome::Fail { .. } => {
                let word = if failing { "not ok" } else { "ok" };
                out.push_str(&format!("{word} {number} - {rule}\n"));
                for finding in findings {
                    block(&mut out, finding);
                }
            }
            Outcome::Unknown { why } => {
                out.push_str(&format!(
                    "not ok {number} - {rule} # TODO undecided: {}\n",
                    description(why)
                ));
            }
            Outcome::Skipped { because } | Outcome::NotApplicable { because } => {
                out.push_str(&format!(
                    "ok {number} - {rule} # SKIP {}\n",
                    description(because)
                ));
            }
            Outcome::Blocked { by } => {
                out.push_str(&format!(
                    "ok {number} - {rule} # SKIP blocked by {}\n",
                    description(by)
                ));
            }
            Outcome::Broken { error } => {
                out.push_str(&format!(
                    "not ok {number} - {rule}\n# broken: {}\n",
                    description(error)
                ));
            }
        }
    }
    out
}

fn description(text: &str) -> String {
    escape::terminal(text).replace('#', "\\#")
}

fn block(out: &mut String, finding: &Finding) {
    let place = super::words::location(finding);
    let quoted = |s: &str| serde_json::Value::from(escape::terminal(s)).to_string();
    out.push_str(&format!(
        "  ---\n  id: {}\n  severity: {}\n  at: {}\n  message: {}\n  ...\n",
        quoted(&finding.report_id),
        finding.severity.name(),
        quoted(&place),
        quoted(&finding.message),
    ));
}
