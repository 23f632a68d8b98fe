//! Is a target better after a fix?
//!
//! Worse is: an error that was predicted and should be gone is still there; a finding that was
//! not there before and that the changed files cause; a start that was fine and no longer is.
//! Not worse is a fault that lay behind a repaired one and is visible only now, and a
//! distribution that is declared now but not installed yet.

use std::collections::BTreeSet;

use crate::fix::Change;
use crate::model::{CheckPhase, EditOp, Facts, Finding, FindingState, StartOutcome};

use super::super::Audit;
use super::super::number::{counts, totals};
use super::Pick;
use super::attempt::same;

/// Something that is worse.
pub struct Problem {
    /// One sentence.
    pub why: String,
    /// Fingerprint of the repaired finding that is to blame, when one is.
    pub culprit: Option<String>,
}

/// Compares two audits. Findings that only await an installation are marked in `after`.
pub fn verify(
    before: &Audit,
    after: &mut Audit,
    picks: &[Pick],
    changes: &[Change],
) -> Vec<Problem> {
    mark_pending(before, after, picks);
    let mut problems = Vec::new();
    for pick in picks {
        let left = after.report.findings.iter().find(|f| {
            // Another finding of the same words that was there before is not this one.
            let other = |b: &Finding| same(b, f) && !same(b, &pick.finding);
            counts(f)
                && is_same_fault(f, &pick.finding)
                && !before.report.findings.iter().any(other)
        });
        if let Some(left) = left {
            problems.push(Problem {
                why: format!(
                    "{} ({}) is still there: {}",
                    pick.finding.report_id, left.rule, left.message
                ),
                culprit: Some(pick.finding.fingerprint.clone()),
            });
        }
    }
    let changed: BTreeSet<&str> = changes.iter().map(|c| c.path.as_str()).collect();
    let was_fine = before.report.startup.outcome == StartOutcome::Ok;
    for finding in after.report.findings.iter().filter(|f| counts(f)) {
        let known = before
            .report
            .findings
            .iter()
            .any(|f| is_same_fault(f, finding));
        let picked = picks.iter().any(|p| is_same_fault(finding, &p.finding));
        let here = finding
            .location
            .as_ref()
            .is_some_and(|p| changed.contains(p.path.as_str()));
        let cyclic = !finding.cycle.is_empty();
        if !known && !picked && (here || was_fine || cyclic) {
            problems.push(Problem {
                why: format!("new: {} {}", finding.rule, finding.message),
                culprit: None,
            });
        }
    }
    if was_fine && after.report.startup.outcome != StartOutcome::Ok {
        problems.push(Problem {
            why: "the start was fine before and is not any more".to_owned(),
            culprit: None,
        });
    }
    problems
}

/// The same fault, although the lines around it may have changed.
fn is_same_fault(a: &Finding, b: &Finding) -> bool {
    let path = |f: &Finding| f.location.as_ref().map(|p| p.path.clone());
    same(a, b) || (a.rule == b.rule && path(a) == path(b) && a.message == b.message)
}

/// Marks what is left of a finding whose fix declared a distribution that is not installed yet.
pub fn mark_pending(before: &Audit, after: &mut Audit, picks: &[Pick]) {
    let pending = awaited(&before.facts, &after.facts);
    if pending.is_empty() {
        return;
    }
    let rules: BTreeSet<&str> = picks
        .iter()
        .filter(|p| p.fix().is_some_and(|f| f.ops.iter().any(declares)))
        .map(|p| p.finding.rule.as_str())
        .collect();
    for finding in &mut after.report.findings {
        if counts(finding)
            && (speaks_of(finding, &pending) || rules.contains(finding.rule.as_str()))
        {
            finding.state = FindingState::Pending;
        }
    }
    after.report.totals = totals(&after.report.findings);
}

fn declares(op: &EditOp) -> bool {
    matches!(
        op,
        EditOp::RequirementAdd { .. } | EditOp::RequirementReplace { .. }
    )
}

/// Distributions that are declared after and were not before, and that are not installed.
pub fn awaited(before: &Facts, after: &Facts) -> BTreeSet<String> {
    let declared = |facts: &Facts| -> BTreeSet<String> {
        let main = facts.project.requirements.iter();
        main.filter(|r| !r.constraint && r.applies != Some(false))
            .map(|r| r.name.clone())
            .collect()
    };
    let old = declared(before);
    declared(after)
        .into_iter()
        .filter(|name| !old.contains(name) && !after.project.distributions.contains_key(name))
        .collect()
}

/// Everything that is declared is there, and nothing is found in the dependencies.
pub fn is_installed(audit: &Audit) -> bool {
    let project = &audit.facts.project;
    let there = project
        .requirements
        .iter()
        .filter(|r| !r.constraint && r.applies != Some(false))
        .all(|r| project.distributions.contains_key(&r.name));
    let found = |f: &Finding| counts(f) && f.phase == CheckPhase::Deps;
    there && !audit.report.findings.iter().any(found)
}

/// Does a finding name one of these distributions, or a module of the same name?
fn speaks_of(finding: &Finding, names: &BTreeSet<String>) -> bool {
    let normal = |text: &str| text.trim().to_lowercase().replace(['_', '.'], "-");
    let slot = finding.slots.values().any(|v| names.contains(&normal(v)));
    let predicted = finding.predicted.as_ref().is_some_and(|p| {
        p.message
            .split(['\'', '"', '`'])
            .skip(1)
            .step_by(2)
            .any(|quoted| names.contains(&normal(quoted)))
    });
    slot || predicted
}
