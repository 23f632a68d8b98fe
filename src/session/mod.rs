//! One audit, one fix, one undo: everything a front end asks for.
//!
//! Knows the order of work: collect, check, number, judge, and for a fix plan, verify, write,
//! verify again, put back. Knows nothing of arguments, colours or formats.

mod audit;
mod baseline;
mod criteria;
mod date;
mod defect;
mod diagnose;
mod examples;
mod launch;
mod live;
mod number;
mod observe;
mod phases;
mod repair;
mod request;
mod since;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::collect::{self, Request};
use crate::host::Host;
use crate::model::{Facts, Report};

pub use crate::collect::{ReadError, TargetOptions};
pub use crate::fix::{BackupMode, Undone};
pub use crate::probe::{HttpOptions, LadderOptions, SourceRoute, Via, climb, reach};
pub use baseline::{BaselineAction, BaselineChange};
pub use diagnose::{Diagnosis, diagnose};
pub use examples::test_checks;
pub use live::tripped;
pub use observe::{Event, Observer, Silent, Step};
pub use repair::{Chosen, FixPlan, Fixed, Left};
pub use request::{AuditRequest, FixRequest, LiveOptions, SessionError};

/// What an audit found.
#[derive(Debug)]
pub struct Audit {
    /// For renderers; everything in it is masked.
    pub report: Report,
    /// What the report is made of.
    pub facts: Facts,
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
    let checks = audit::Checks::of(host, request)?;
    audit::run(host, request, &checks, observer)
}

/// What the auditor believes about a target, without any check.
///
/// # Errors
/// As [`audit`].
pub fn facts(host: &dyn Host, request: &AuditRequest) -> Result<Facts, SessionError> {
    let checks = audit::Checks::of(host, request)?;
    Ok(collect::collect(
        host,
        &Request {
            target: request.target.clone(),
            watch: checks.catalog.watch(),
            time_limit: Some(request.time_limit),
            last: request.last,
        },
    )?)
}

/// Works out a fix and verifies it in memory. Never touches the network.
///
/// # Errors
/// As [`audit`]; [`SessionError::Usage`] when an earlier run was cut off.
pub fn plan_fix(
    host: &dyn Host,
    request: &AuditRequest,
    fix: &FixRequest,
    observer: &dyn Observer,
) -> Result<FixPlan, SessionError> {
    repair::plan(host, request, fix, observer)
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
    repair::apply(host, request, plan, backup, observer)
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
    repair::undo(host, request, run)
}

/// A fresh audit that also tells what the last fix run of this target did, if there was one and
/// its files are as it left them.
///
/// # Errors
/// As [`audit`].
pub fn report(
    host: &dyn Host,
    request: &AuditRequest,
    observer: &dyn Observer,
) -> Result<Audit, SessionError> {
    repair::report(host, request, observer)
}

/// Audits without a baseline and changes the baseline file by what is found.
///
/// # Errors
/// As [`audit`]; a file that is no baseline, or cannot be written.
pub fn change_baseline(
    host: &dyn Host,
    request: &AuditRequest,
    path: &Path,
    action: BaselineAction,
    observer: &dyn Observer,
) -> Result<BaselineChange, SessionError> {
    let request = AuditRequest {
        baseline: None,
        since: None,
        ..request.clone()
    };
    let audit = self::audit(host, &request, observer)?;
    baseline::change(host, path, action, &audit.report.findings)
}
