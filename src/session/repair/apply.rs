//! Writing a verified plan, taking a run back, telling about a run later.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fix::{self, BackupMode, Change, Journal, Run, RunState, Undone, WriteError, Writing};
use crate::host::Host;
use crate::host::write::Disk;
use crate::model::{Facts, Source};

use super::super::Audit;
use super::super::audit::{self, Checks};
use super::super::criteria::ByteProof;
use super::super::number;
use super::super::observe::{Event, Observer, Step};
use super::super::phases::many;
use super::super::request::{AuditRequest, SessionError};
use super::{FixPlan, Fixed, Pick, canonical, journal, verify};

/// Writes a plan as one transaction, audits again and puts everything back when that is worse.
pub fn apply(
    host: &dyn Host,
    request: &AuditRequest,
    plan: FixPlan,
    backup: BackupMode,
    observer: &dyn Observer,
) -> Result<Fixed, SessionError> {
    if !plan.worse.is_empty() || plan.changes.is_empty() {
        let why = match plan.worse.is_empty() {
            true => "no fix applies".to_owned(),
            false => format!("the result would be worse: {}", plan.worse.join("; ")),
        };
        return Err(SessionError::FixUndone(format!(
            "nothing was written: {why}"
        )));
    }
    let request = AuditRequest {
        live: None,
        launch: false,
        ..request.clone()
    };
    let checks = Checks::of(host, &request)?;
    let journal = journal(host, &request.target.root);
    let root = Path::new(&plan.before.facts.project.root);
    let others = untouched(host, &plan.before.facts, &plan.changes);
    observer.event(&Event::Begin(Step::Write));
    let run = fix::write(Writing {
        host,
        writer: &Disk,
        root,
        changes: &plan.changes,
        backup,
        journal: &journal,
        applied: plan.picks.iter().map(Pick::applied).collect(),
        next: plan.next.clone(),
        repaired: plan.picks.iter().map(Pick::repaired).collect(),
    })
    .map_err(|e| write_error(&e))?;
    observer.event(&Event::End(Step::Write, 0.0));
    observer.event(&Event::Begin(Step::Verify));
    let checked = audit::run(host, &request, &checks, observer);
    observer.event(&Event::End(Step::Verify, 0.0));
    let mut after = match checked {
        Ok(after) => after,
        Err(error) => return Err(take_back(host, &journal, &run.id, &[error.to_string()])),
    };
    let problems = verify::verify(&plan.before, &mut after, &plan.picks, &plan.changes);
    if !problems.is_empty() {
        let reasons: Vec<String> = problems.into_iter().map(|p| p.why).collect();
        return Err(take_back(host, &journal, &run.id, &reasons));
    }
    let bytes = compare(host, root, &plan.changes, &others);
    after.report.repaired = plan.picks.iter().map(Pick::repaired).collect();
    number::sort(&mut after.report.findings);
    let taken = after.report.repaired.clone();
    number::number(&mut after.report.findings, &taken);
    after.report.applied = Some(run.clone());
    audit::judge(&mut after, Some(&bytes));
    Ok(Fixed { audit: after, run })
}

fn write_error(error: &WriteError) -> SessionError {
    match error {
        WriteError::NotClean => SessionError::Usage(error.to_string()),
        _ => SessionError::FixUndone(error.to_string()),
    }
}

/// Undoes a run whose result is worse.
fn take_back(host: &dyn Host, journal: &Journal, id: &str, reasons: &[String]) -> SessionError {
    let why = reasons.join("; ");
    let undone = journal
        .load(host, id)
        .map(|run| fix::undo(host, &Disk, journal, &run));
    SessionError::FixUndone(match undone {
        Some(Ok(_)) => {
            format!("checked again after writing, it is worse, so everything was put back: {why}")
        }
        Some(Err(error)) => format!(
            "checked again after writing, it is worse ({why}), and putting it back failed: {error}; try `audit undo {id}`"
        ),
        None => format!(
            "checked again after writing, it is worse ({why}); `audit undo {id}` puts everything back"
        ),
    })
}

/// Puts back the files of a run.
pub fn undo(
    host: &dyn Host,
    request: &AuditRequest,
    id: Option<&str>,
) -> Result<Undone, SessionError> {
    let target = canonical(host, &request.target.root);
    let journal = journal(host, &request.target.root);
    let runs = journal.runs(host, &target);
    let run = match id {
        None => runs.into_iter().next().ok_or_else(|| {
            SessionError::Usage(format!(
                "no fix run of `{}` is recorded",
                request.target.root.display()
            ))
        })?,
        Some(id) => journal
            .load(host, id)
            .ok_or_else(|| unknown_run(id, &runs))?,
    };
    fix::undo(host, &Disk, &journal, &run).map_err(|e| SessionError::FixUndone(e.to_string()))
}

fn unknown_run(id: &str, runs: &[Run]) -> SessionError {
    let known: Vec<&str> = runs.iter().map(|r| r.run.id.as_str()).collect();
    SessionError::Usage(match known.is_empty() {
        true => format!("there is no fix run `{id}`"),
        false => format!(
            "there is no fix run `{id}`; known here: {}",
            known.join(", ")
        ),
    })
}

/// A fresh audit that also tells what the last fix run did, when its files are still as it left
/// them.
pub fn report(
    host: &dyn Host,
    request: &AuditRequest,
    observer: &dyn Observer,
) -> Result<Audit, SessionError> {
    let checks = Checks::of(host, request)?;
    let mut audit = audit::run(host, request, &checks, observer)?;
    let target = canonical(host, &request.target.root);
    let last = journal(host, &request.target.root)
        .runs(host, &target)
        .into_iter()
        .find(|r| {
            r.state == RunState::Written
                && Path::new(&r.root) == Path::new(&audit.facts.project.root)
        });
    let Some(run) = last else { return Ok(audit) };
    let root = Path::new(&run.root);
    let Some(changes) = standing(host, root, &run) else {
        return Ok(audit);
    };
    let others = untouched(host, &audit.facts, &changes);
    let mut bytes = compare(host, root, &changes, &others);
    // Whether other files were the same before that run cannot be told any more.
    bytes.untouched = 0;
    audit.report.repaired.clone_from(&run.repaired);
    number::sort(&mut audit.report.findings);
    number::number(&mut audit.report.findings, &run.repaired);
    let mut shown = run.run.clone();
    if verify::is_installed(&audit) {
        shown.next.retain(|command| !command.contains("install"));
    }
    audit.report.applied = Some(shown);
    let proof = run
        .files
        .iter()
        .all(|f| f.before.is_none() || f.copy.is_some());
    audit::judge(&mut audit, proof.then_some(&bytes));
    Ok(audit)
}

/// The changes of a run, when every file is still what the run left.
fn standing(host: &dyn Host, root: &Path, run: &Run) -> Option<Vec<Change>> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    run.files
        .iter()
        .map(|file| {
            let now = host.read(&root.join(&file.path)).ok()?;
            if fix::hash(&now) != file.after {
                return None;
            }
            let old = match &file.copy {
                Some(copy) => host.read(copy).ok().and_then(text),
                None => None,
            };
            let before = old.map(|old| Source::new(file.path.clone(), old));
            Some(Change::between(
                before,
                Source::new(file.path.clone(), text(now)?),
            ))
        })
        .collect()
}

/// Files that are compared at most: a proof must not cost more than the fix.
const COMPARED: usize = 5_000;

/// Hashes of all known files of the project that a plan does not change.
fn untouched(host: &dyn Host, facts: &Facts, changes: &[Change]) -> BTreeMap<String, String> {
    let root = Path::new(&facts.project.root);
    let paths = facts.sources.keys().chain(&facts.project.python_files);
    paths
        .take(COMPARED)
        .filter(|path| !changes.iter().any(|c| c.path == **path))
        .filter_map(|path| {
            let content = host.read(&root.join(path)).ok()?;
            Some((path.clone(), fix::hash(&content)))
        })
        .collect()
}

/// Compares what is on the disk with what should be there, byte by byte.
fn compare(
    host: &dyn Host,
    root: &Path,
    changes: &[Change],
    others: &BTreeMap<String, String>,
) -> ByteProof {
    let mut proof = ByteProof::default();
    for change in changes {
        let now = host.read(&root.join(&change.path)).unwrap_or_default();
        if now != change.after.text().as_bytes() || !change.is_sum_of_edits() {
            proof
                .differences
                .push(format!("{} is not what the fix wrote", change.path));
            continue;
        }
        let out: usize = change.edits.iter().map(|e| e.at.range().len()).sum();
        let into: usize = change.edits.iter().map(|e| e.insert.len()).sum();
        let places = many(change.edits.len(), "place");
        let (out, into) = (many(out, "byte"), many(into, "byte"));
        proof.changed.push(match change.before {
            Some(_) => format!("{}: {places}, {out} out, {into} in", change.path),
            None => format!("{}: new file, {into}", change.path),
        });
    }
    for (path, hash) in others {
        match host.read(&root.join(path)) {
            Ok(now) if fix::hash(&now) == *hash => proof.untouched += 1,
            _ => proof.differences.push(format!("{path} has changed")),
        }
    }
    proof
}
