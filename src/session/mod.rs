//! One audit, one fix, one undo: everything a front end asks for.
//!
//! Knows the order of work: collect, check, number, judge, and for a fix plan, verify, write,
//! verify again, put back. Knows nothing of arguments, colours or formats.

mod observe;
mod request;

use crate::host::Host;
use crate::model::{Facts, FixRun, Report};

pub use crate::collect::{ReadError, TargetOptions};
pub use crate::fix::BackupMode;
pub use observe::{Event, Observer, Silent, Step};
pub use request::{AuditRequest, FixRequest, LiveOptions, SessionError};

/// What an audit found.
#[derive(Debug)]
pub struct Audit {
    /// For renderers; everything in it is masked.
    pub report: Report,
    /// What the report is made of.
    pub facts: Facts,
}

/// What `fix` would do, already verified on a copy in memory. Nothing has been written.
#[derive(Debug)]
pub struct FixPlan {
    /// The audit before.
    pub before: Audit,
    /// The audit of the tree as it would be; `None` when no fix applies.
    pub after: Option<Audit>,
    /// Files that would change, in path order, relative to the root.
    pub files: Vec<String>,
    /// Unified diff, masked, relative paths. Empty when nothing would change.
    pub diff: String,
    /// Report ids and rules of the findings that would be repaired.
    pub chosen: Vec<Chosen>,
    /// Findings that stay, each with the reason.
    pub left: Vec<Left>,
    /// Commands that the user has to run afterwards.
    pub next: Vec<String>,
    /// Why the result is worse than before and must not be written; empty when it is not.
    pub worse: Vec<String>,
}

/// A finding that a plan repairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// `CRITICAL-001`
    pub report_id: String,
    /// Check id.
    pub rule: String,
    /// Title of the fix.
    pub title: String,
    /// Level of the fix.
    pub applicability: crate::model::Applicability,
}

/// A finding that a plan does not repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// `CRITICAL-001`
    pub report_id: String,
    /// Check id.
    pub rule: String,
    /// Why, one sentence.
    pub why: String,
}

/// What a written fix came to.
#[derive(Debug)]
pub struct Fixed {
    /// The audit afterwards, with `report.applied` and `report.repaired`.
    pub audit: Audit,
    /// The run, for `audit undo`.
    pub run: FixRun,
}

/// What `undo` put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Id of the run.
    pub id: String,
    /// Files restored, relative to the root.
    pub restored: Vec<String>,
    /// Files removed because the run had created them.
    pub removed: Vec<String>,
}

/// Audits a target.
///
/// # Errors
/// When nothing could be audited: wrong options, bad check files. A target full of faults is no
/// error.
pub fn audit(
    host: &dyn Host,
    request: &AuditRequest,
    observer: &dyn Observer,
) -> Result<Audit, SessionError> {
    let _ = (host, request, observer);
    Err(SessionError::NotBuilt("audit"))
}

/// What the auditor believes about a target, without any check.
///
/// # Errors
/// As [`audit`].
pub fn facts(host: &dyn Host, request: &AuditRequest) -> Result<Facts, SessionError> {
    let _ = (host, request);
    Err(SessionError::NotBuilt("facts"))
}

/// Works out a fix and verifies it in memory.
///
/// # Errors
/// As [`audit`].
pub fn plan_fix(
    host: &dyn Host,
    request: &AuditRequest,
    fix: &FixRequest,
    observer: &dyn Observer,
) -> Result<FixPlan, SessionError> {
    let _ = (host, request, fix, observer);
    Err(SessionError::NotBuilt("fix"))
}

/// Writes a plan as one transaction, audits again and puts everything back when that is worse.
///
/// # Errors
/// [`SessionError::FixUndone`] when nothing remains written (exit code 5).
pub fn apply_fix(
    host: &dyn Host,
    request: &AuditRequest,
    plan: FixPlan,
    backup: BackupMode,
    observer: &dyn Observer,
) -> Result<Fixed, SessionError> {
    let _ = (host, request, plan, backup, observer);
    Err(SessionError::NotBuilt("fix"))
}

/// Puts back the files of a run (the last one of this target when `run` is `None`).
///
/// # Errors
/// When there is no such run, or a file changed since; then nothing is touched.
pub fn undo(
    host: &dyn Host,
    request: &AuditRequest,
    run: Option<&str>,
) -> Result<Undone, SessionError> {
    let _ = (host, request, run);
    Err(SessionError::NotBuilt("undo"))
}

/// A fresh audit that also tells what the last fix run of this target did, if there was one.
///
/// # Errors
/// As [`audit`].
pub fn report(
    host: &dyn Host,
    request: &AuditRequest,
    observer: &dyn Observer,
) -> Result<Audit, SessionError> {
    let _ = (host, request, observer);
    Err(SessionError::NotBuilt("report"))
}
