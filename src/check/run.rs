//! Runs the checks over the facts.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::catalog::Catalog;
use super::cook::{Cooked, Fnv, Kitchen};
use super::schema::Check;
use super::select::Selection;
use super::suppress::{self, Suppressions};
use crate::detect::{self, Applies, Context, Detector, HIGHEST_RANK, Params, Verdict};
use crate::model::{CheckOutcome, Facts, Finding, Outcome, Severity, Undecided};

/// What became of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Findings in reveal order, then by severity and place; `report_id` is still empty.
    pub findings: Vec<Finding>,
    /// One outcome for each check of the catalogue.
    pub outcomes: Vec<CheckOutcome>,
    /// What the checks could not decide; not what the simulation could not follow, which is in
    /// `facts.simulation.undecided`.
    pub undecided: Vec<Undecided>,
}

/// Runs every selected check. A check that fails itself becomes `Broken`; the others go on.
pub fn run(
    catalog: &Catalog,
    selection: &Selection,
    facts: &Facts,
    suppressions: &Suppressions,
) -> Outcomes {
    let mut verdicts = judge(catalog, facts);
    let fired: BTreeSet<String> = verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Judged::Verdict(Verdict::Hits(_))))
        .map(|(id, _)| id.clone())
        .collect();
    let kitchen = Kitchen::new(facts);
    let mut result = Outcomes::default();
    let mut cooked = Vec::new();
    for check in catalog.checks() {
        let judged = verdicts.remove(&check.id);
        let outcome = if !selection.contains(&check.id) {
            Outcome::Skipped {
                because: "not selected".to_owned(),
            }
        } else if let Some(by) = check.requires.iter().find(|id| fired.contains(*id)) {
            Outcome::Blocked { by: by.clone() }
        } else {
            settle(check, judged, &kitchen, &mut cooked, &mut result.undecided)
        };
        result.outcomes.push(CheckOutcome {
            rule: check.id.clone(),
            phase: check.phase,
            outcome,
        });
    }
    result.findings = in_order(cooked);
    suppress::apply(
        catalog,
        selection,
        facts,
        suppressions,
        &kitchen,
        &mut result,
    );
    distinguish(&mut result.findings);
    result
}

enum Judged {
    Verdict(Verdict),
    Broken(String),
}

/// Every check is asked, selected or not: a fault that a deselected check explains must not come
/// back under the name of a general one.
fn judge(catalog: &Catalog, facts: &Facts) -> BTreeMap<String, Judged> {
    let mut claimed = BTreeSet::new();
    let mut verdicts = BTreeMap::new();
    for rank in (0..=HIGHEST_RANK).rev() {
        let mut claims = Vec::new();
        for check in catalog.checks() {
            let params = Params::new(&check.detect);
            let Some(detector) = detect::detector(check.kind()) else {
                continue;
            };
            if detector.rank(&params) != rank {
                continue;
            }
            let judged = ask(check, detector, &params, facts, &claimed);
            if let Judged::Verdict(Verdict::Hits(hits)) = &judged {
                claims.extend(hits.iter().filter_map(|h| h.fault));
                claims.extend(detector.claims(&params, facts));
            }
            verdicts.insert(check.id.clone(), judged);
        }
        claimed.extend(claims);
    }
    verdicts
}

fn ask(
    check: &Check,
    detector: &dyn Detector,
    params: &Params<'_>,
    facts: &Facts,
    claimed: &BTreeSet<usize>,
) -> Judged {
    let context = Context { facts, claimed };
    let answer = catch_unwind(AssertUnwindSafe(|| {
        match detect::applies(&check.applies, facts) {
            Applies::No(because) => Verdict::NotApplicable { because },
            Applies::Yes => detector.detect(params, &context),
        }
    }));
    match answer {
        Ok(verdict) => Judged::Verdict(verdict),
        Err(panic) => Judged::Broken(panic_text(panic.as_ref())),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the detector panicked".to_owned())
}

fn settle(
    check: &Check,
    judged: Option<Judged>,
    kitchen: &Kitchen<'_>,
    cooked: &mut Vec<Cooked>,
    undecided: &mut Vec<Undecided>,
) -> Outcome {
    match judged {
        None => Outcome::Broken {
            error: format!("no detector `{}`", check.kind()),
        },
        Some(Judged::Broken(error)) => Outcome::Broken { error },
        Some(Judged::Verdict(Verdict::Clear)) => Outcome::Pass,
        Some(Judged::Verdict(Verdict::NotApplicable { because })) => {
            Outcome::NotApplicable { because }
        }
        Some(Judged::Verdict(Verdict::Unknown { why })) => {
            // One unfollowed start makes many checks undecided for one and the same reason.
            if !undecided.iter().any(|u| u.why == why) {
                undecided.push(Undecided {
                    subject: check.id.clone(),
                    place: None,
                    why: why.clone(),
                });
            }
            Outcome::Unknown { why }
        }
        Some(Judged::Verdict(Verdict::Hits(hits))) => {
            let findings = hits.len();
            cooked.extend(hits.into_iter().map(|hit| kitchen.cook(check, hit)));
            Outcome::Fail { findings }
        }
    }
}

/// Numbers the findings as a person would meet them, one start after the other.
fn in_order(mut cooked: Vec<Cooked>) -> Vec<Finding> {
    cooked.sort_by(|a, b| {
        (a.order.is_none(), a.order)
            .cmp(&(b.order.is_none(), b.order))
            .then(b.finding.severity.cmp(&a.finding.severity))
            .then_with(|| a.finding.location.cmp(&b.finding.location))
            .then_with(|| a.finding.rule.cmp(&b.finding.rule))
    });
    let mut earlier: Vec<String> = Vec::new();
    let mut number = 0;
    cooked
        .into_iter()
        .map(|Cooked { mut finding, order }| {
            if order.is_some() && finding.severity == Severity::Critical {
                number += 1;
                finding.reveal_order = Some(number);
                finding.hidden_by.clone_from(&earlier);
                if !earlier.contains(&finding.rule) {
                    earlier.push(finding.rule.clone());
                }
            }
            finding
        })
        .collect()
}

/// Two findings with one fingerprint (the same line twice in a file) are numbered.
fn distinguish(findings: &mut [Finding]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            let mut hash = Fnv::default();
            hash.add(&finding.fingerprint);
            hash.add(&count.to_string());
            finding.fingerprint = format!("v1:{:016x}", hash.0);
        }
    }
}
