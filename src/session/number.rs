//! Order and numbers of findings in a report.

use crate::model::{Finding, FindingState, Severity, Totals};

/// Does the finding count for the gate?
pub fn counts(finding: &Finding) -> bool {
    matches!(finding.state, FindingState::New | FindingState::Downgraded)
}

/// Sorts: in the order in which a person would meet them, then by severity and place; what does
/// not count comes last.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            let place = f.location.as_ref();
            (
                !counts(f),
                f.reveal_order.unwrap_or(u32::MAX),
                std::cmp::Reverse(f.severity),
                place.map_or("", |p| p.path.as_str()).to_owned(),
                place.map_or(0, |p| p.line),
                f.rule.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
}

/// Gives each finding its number: `CRITICAL-001`, ... per severity, in order, after the numbers
/// that `taken` has already.
pub fn number(findings: &mut [Finding], taken: &[Finding]) {
    let mut next = [0u32; 4];
    for finding in taken {
        next[finding.severity as usize] += 1;
    }
    for finding in findings {
        let number = &mut next[finding.severity as usize];
        *number += 1;
        let name = finding.severity.name().to_uppercase();
        finding.report_id = format!("{name}-{number:03}");
    }
}

/// Counts what counts.
pub fn totals(findings: &[Finding]) -> Totals {
    let mut totals = Totals::default();
    for finding in findings.iter().filter(|f| counts(f)) {
        match finding.severity {
            Severity::Critical => totals.critical += 1,
            Severity::Error => totals.error += 1,
            Severity::Warning => totals.warning += 1,
            Severity::Note => totals.note += 1,
        }
    }
    totals
}
