//! Applying fixes in memory, round after round: a repaired fault may reveal the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::fix::{Change, Workspace};
use crate::host::{Host, Overlay};
use crate::model::{Applicability, Finding, Source};

use super::super::Audit;
use super::super::audit::{self, Checks};
use super::super::number::{self, counts};
use super::super::observe::{Observer, Silent};
use super::super::request::{AuditRequest, FixRequest, SessionError};
use super::{Left, Pick};

/// The simulator goes on after an error, so one round is usual; more of them are bounded.
const ROUNDS: usize = 5;

/// What all attempts of one plan share.
pub struct Bench<'a> {
    /// The target as it is.
    pub host: &'a dyn Host,
    /// What is audited, without anything that touches the network.
    pub request: &'a AuditRequest,
    /// Loaded checks.
    pub checks: &'a Checks,
    /// What may be repaired.
    pub fix: &'a FixRequest,
    /// The audit of the target as it is.
    pub before: &'a Audit,
    /// Asked whether to stop.
    pub observer: &'a dyn Observer,
}

/// What came of applying some fixes.
pub struct Attempt {
    /// The audit afterwards; `None` when nothing was applied.
    pub after: Option<Audit>,
    /// Findings that were repaired.
    pub picks: Vec<Pick>,
    /// Files that differ.
    pub changes: Vec<Change>,
    /// Findings whose fix could not be made, with the reason.
    pub left: Vec<Left>,
}

/// Which findings may be repaired in an attempt, by fingerprint.
pub enum Allowed<'s> {
    /// All but these.
    Except(&'s BTreeSet<String>),
    /// Only these.
    Only(&'s BTreeSet<String>),
}

impl Allowed<'_> {
    fn has(&self, finding: &Finding) -> bool {
        match self {
            Self::Except(set) => !set.contains(&finding.fingerprint),
            Self::Only(set) => set.contains(&finding.fingerprint),
        }
    }
}

impl Bench<'_> {
    /// Applies all allowed fixes in memory and audits the result.
    pub fn attempt(&self, allowed: &Allowed<'_>) -> Result<Attempt, SessionError> {
        let mut overlay = Overlay::new(self.host);
        let root = Path::new(&self.before.facts.project.root);
        let mut texts: BTreeMap<String, (Option<Source>, Source)> = BTreeMap::new();
        let mut attempt = Attempt {
            after: None,
            picks: Vec::new(),
            changes: Vec::new(),
            left: Vec::new(),
        };
        for round in 0..ROUNDS {
            if self.observer.interrupted() {
                return Err(SessionError::Interrupted);
            }
            let changes = self.round(&mut attempt, allowed, round);
            if changes.is_empty() {
                break;
            }
            for change in changes {
                overlay.put(&root.join(&change.path), change.after.text());
                texts
                    .entry(change.path)
                    .and_modify(|(_, after)| after.clone_from(&change.after))
                    .or_insert((change.before, change.after));
            }
            attempt.after = Some(audit::run(&overlay, self.request, self.checks, &Silent)?);
        }
        attempt.changes = texts
            .into_values()
            .map(|(before, after)| Change::between(before, after))
            .filter(|c| c.before.is_none() || !c.edits.is_empty())
            .collect();
        Ok(attempt)
    }

    /// Applies what the latest audit offers.
    fn round(&self, attempt: &mut Attempt, allowed: &Allowed<'_>, round: usize) -> Vec<Change> {
        let audit = attempt.after.as_ref().unwrap_or(self.before);
        let mut offered: Vec<Finding> = audit
            .report
            .findings
            .iter()
            .filter(|f| counts(f) && allowed.has(f) && self.wanted(f, round))
            .filter(|f| !attempt.picks.iter().any(|p| same(&p.finding, f)))
            .cloned()
            .collect();
        if round > 0 {
            // New in this round: numbers go on after those of the first report.
            number::number(&mut offered, &self.before.report.findings);
        }
        let mut workspace = Workspace::new(&audit.facts.sources);
        let mut picks = Vec::new();
        let mut left = Vec::new();
        for finding in offered {
            let Some(fix) = pick(&finding, self.fix.level) else {
                continue;
            };
            match workspace.apply(&finding.fixes[fix]) {
                Ok(_) => picks.push(Pick { finding, fix }),
                Err(error) => left.push(Left {
                    report_id: finding.report_id,
                    rule: finding.rule,
                    why: audit.facts.redactor.apply(&error.to_string()),
                }),
            }
        }
        let changes = workspace.changes();
        attempt.picks.extend(picks);
        attempt.left.extend(left);
        changes
    }

    /// Was it asked for? Report ids are those of the first report.
    fn wanted(&self, finding: &Finding, round: usize) -> bool {
        self.fix.only.as_ref().is_none_or(|only| {
            only.iter().any(|word| {
                word.eq_ignore_ascii_case(&finding.rule)
                    || (round == 0 && word.eq_ignore_ascii_case(&finding.report_id))
            })
        })
    }
}

/// Are they the same finding in two audits?
pub fn same(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule && a.fingerprint == b.fingerprint
}

/// The safest fix that can be made and is allowed.
fn pick(finding: &Finding, level: Applicability) -> Option<usize> {
    // `Manual` is never applied, whatever is asked for.
    let level = level.max(Applicability::Review);
    let allowed = |f: &crate::model::Fix| f.applicability >= level && !f.edits.is_empty();
    finding.fixes.iter().position(allowed)
}
