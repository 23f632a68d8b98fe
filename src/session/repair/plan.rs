//! Which fixes can be made together so that the result is better.

use std::collections::BTreeSet;

use crate::fix::{RunState, unified};
use crate::host::Host;
use crate::model::{Applicability, Finding};

use super::super::Audit;
use super::super::audit::{self, Checks};
use super::super::number::counts;
use super::super::observe::{Event, Observer, Step};
use super::super::request::{AuditRequest, FixRequest, SessionError};
use super::attempt::{Allowed, Attempt, Bench, same};
use super::verify::{self, Problem};
use super::{FixPlan, Left, Pick, canonical, journal};

/// Works out a fix and verifies it in memory.
pub fn plan(
    host: &dyn Host,
    request: &AuditRequest,
    fix: &FixRequest,
    observer: &dyn Observer,
) -> Result<FixPlan, SessionError> {
    refuse_unfinished(host, request)?;
    let request = AuditRequest {
        live: None,
        launch: false,
        ..request.clone()
    };
    let checks = Checks::of(host, &request)?;
    let before = audit::run(host, &request, &checks, observer)?;
    observer.event(&Event::Begin(Step::Plan));
    let begin = std::time::Instant::now();
    let bench = Bench {
        host,
        request: &request,
        checks: &checks,
        fix,
        before: &before,
        observer,
    };
    let (attempt, worse, refused) = best(&bench)?;
    let ms = begin.elapsed().as_secs_f64() * 1000.0;
    observer.event(&Event::End(Step::Plan, ms));
    let left = left(&before, &attempt, &refused, fix);
    let next = next(&before, attempt.after.as_ref(), &attempt.picks);
    Ok(FixPlan {
        files: attempt.changes.iter().map(|c| c.path.clone()).collect(),
        diff: unified(&attempt.changes),
        chosen: attempt.picks.iter().map(Pick::chosen).collect(),
        after: attempt.after,
        changes: attempt.changes,
        picks: attempt.picks,
        left,
        next,
        worse,
        before,
    })
}

/// A run that was cut off has to be taken back first.
fn refuse_unfinished(host: &dyn Host, request: &AuditRequest) -> Result<(), SessionError> {
    let target = &request.target.root;
    let runs = journal(host, target).runs(host, &canonical(host, target));
    match runs.iter().find(|r| r.state == RunState::Writing) {
        None => Ok(()),
        Some(run) => Err(SessionError::Usage(format!(
            "the fix run {id} was interrupted while it wrote files; `audit undo {id}` puts them back",
            id = run.run.id
        ))),
    }
}

/// Reasons for fixes that were given up, by fingerprint of the finding.
type Refused = Vec<(String, String)>;

/// All fixes together; without those that do not help; one by one when together they do harm.
fn best(bench: &Bench<'_>) -> Result<(Attempt, Vec<String>, Refused), SessionError> {
    let mut refused: Refused = Vec::new();
    for _ in 0..3 {
        let except = refused.iter().map(|(f, _)| f.clone()).collect();
        let mut attempt = bench.attempt(&Allowed::Except(&except))?;
        let problems = problems(bench, &mut attempt);
        if problems.is_empty() {
            return Ok((attempt, Vec::new(), refused));
        }
        let blamed: Vec<Problem> = problems
            .into_iter()
            .filter(|p| p.culprit.is_some())
            .collect();
        if blamed.is_empty() {
            break;
        }
        for problem in blamed {
            if let Some(culprit) = problem.culprit {
                refused.push((culprit, problem.why));
            }
        }
    }
    one_by_one(bench, refused)
}

fn one_by_one(
    bench: &Bench<'_>,
    mut refused: Refused,
) -> Result<(Attempt, Vec<String>, Refused), SessionError> {
    let known: BTreeSet<String> = refused.iter().map(|(f, _)| f.clone()).collect();
    let candidates = bench.before.report.findings.iter().filter(|f| counts(f));
    let candidates: Vec<&Finding> = candidates
        .filter(|f| !known.contains(&f.fingerprint))
        .collect();
    let mut good: BTreeSet<String> = BTreeSet::new();
    let mut best: Option<Attempt> = None;
    let mut worse = Vec::new();
    for finding in candidates {
        let mut allowed = good.clone();
        allowed.insert(finding.fingerprint.clone());
        let mut attempt = bench.attempt(&Allowed::Only(&allowed))?;
        let gained = attempt.picks.len() > best.as_ref().map_or(0, |b| b.picks.len());
        let problems = problems(bench, &mut attempt);
        if problems.is_empty() && gained {
            good = allowed;
            best = Some(attempt);
        } else if let Some(problem) = problems.first() {
            refused.push((finding.fingerprint.clone(), problem.why.clone()));
            worse.push(problem.why.clone());
        }
    }
    match best {
        Some(best) => Ok((best, Vec::new(), refused)),
        None => {
            let nothing = bench.attempt(&Allowed::Only(&BTreeSet::new()))?;
            let reasons = refused.iter().map(|(_, why)| why.clone()).chain(worse);
            let unique: BTreeSet<String> = reasons.collect();
            Ok((nothing, unique.into_iter().collect(), refused))
        }
    }
}

fn problems(bench: &Bench<'_>, attempt: &mut Attempt) -> Vec<Problem> {
    let Attempt {
        after,
        picks,
        changes,
        ..
    } = attempt;
    match after {
        Some(after) => verify::verify(bench.before, after, picks, changes),
        None => Vec::new(),
    }
}

/// Every finding that stays, with the reason.
fn left(before: &Audit, attempt: &Attempt, refused: &Refused, fix: &FixRequest) -> Vec<Left> {
    let mut out = Vec::new();
    let after = attempt.after.as_ref().map_or(&before.report, |a| &a.report);
    for finding in after.findings.iter().filter(|f| counts(f)) {
        let known = before.report.findings.iter().find(|f| same(f, finding));
        let id = known.map_or_else(String::new, |f| f.report_id.clone());
        let failed = attempt
            .left
            .iter()
            .find(|l| l.rule == finding.rule && l.report_id == id)
            .map(|l| l.why.clone());
        let given_up = refused
            .iter()
            .find(|(fingerprint, _)| *fingerprint == finding.fingerprint)
            .map(|(_, why)| format!("checked again, the repair does not help: {why}"));
        out.push(Left {
            report_id: id,
            rule: finding.rule.clone(),
            why: failed.or(given_up).unwrap_or_else(|| reason(finding, fix)),
        });
    }
    out
}

fn reason(finding: &Finding, request: &FixRequest) -> String {
    let best = finding.fixes.iter().find(|f| !f.edits.is_empty());
    match (best, finding.fixes.first()) {
        (None, None) => "no repair is known; the explanation says what to do".to_owned(),
        (None, Some(fix)) => match fix.notes.last() {
            Some(note) => format!("for a person: {} ({note})", fix.title),
            None => format!("for a person: {}", fix.title),
        },
        (Some(fix), _) if fix.applicability == Applicability::Manual => {
            format!("for a person: {}", fix.title)
        }
        (Some(fix), _) if fix.applicability < request.level => {
            format!("needs a look: `--level review` applies \"{}\"", fix.title)
        }
        _ => "not chosen".to_owned(),
    }
}

/// Commands of the fixes, and the installation of what is declared now.
fn next(before: &Audit, after: Option<&Audit>, picks: &[Pick]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let shown = picks.iter().filter_map(Pick::fix).flat_map(|f| &f.show);
    for command in shown {
        if !out.contains(command) {
            out.push(command.clone());
        }
    }
    let Some(after) = after else { return out };
    let awaited = verify::awaited(&before.facts, &after.facts);
    let files: BTreeSet<&str> = after
        .facts
        .project
        .requirements
        .iter()
        .filter(|r| awaited.contains(&r.name))
        .map(|r| r.path.as_str())
        .collect();
    for file in files {
        if out
            .iter()
            .any(|c| c.contains(file) || c.contains("install"))
        {
            continue;
        }
        out.push(match file.ends_with(".toml") || file.ends_with("Pipfile") {
            true => format!("install the dependencies of {file} again"),
            false => format!("pip install -r {file}"),
        });
    }
    out
}
