//! What a front end asks for, and why it may get nothing.

use std::path::PathBuf;
use std::time::Duration;

use crate::collect::{ReadError, TargetOptions};
use crate::model::{Applicability, Downgrade, Ignore, Redacted, Rung, Severity};

/// One audit.
#[derive(Debug, Clone)]
pub struct AuditRequest {
    /// What is audited.
    pub target: TargetOptions,
    /// Checks to run: ids, prefixes, phases, tags; all when empty.
    pub only: Vec<String>,
    /// Checks not to run.
    pub skip: Vec<String>,
    /// Further check files or directories.
    pub checks: Vec<PathBuf>,
    /// Accepted findings of the configuration.
    pub ignores: Vec<Ignore>,
    /// Lowered findings.
    pub downgrades: Vec<Downgrade>,
    /// Baseline file; `None` = no baseline.
    pub baseline: Option<PathBuf>,
    /// Git ref: findings untouched since then do not count.
    pub since: Option<String>,
    /// Severity from which findings fail the run; decides what must be decided for `complete`.
    /// `None` = nothing fails.
    pub gate: Option<Severity>,
    /// Wall-clock limit of the static part.
    pub time_limit: Duration,
    /// Touch the network?
    pub live: Option<LiveOptions>,
    /// Start the backend?
    pub launch: bool,
    /// The process ends with this audit: memory need not be freed before.
    pub last: bool,
}

impl Default for AuditRequest {
    fn default() -> Self {
        Self {
            target: TargetOptions::default(),
            only: Vec::new(),
            skip: Vec::new(),
            checks: Vec::new(),
            ignores: Vec::new(),
            downgrades: Vec::new(),
            baseline: None,
            since: None,
            gate: Some(Severity::Error),
            time_limit: Duration::from_secs(60),
            live: None,
            launch: false,
            last: false,
        }
    }
}

/// How to probe.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// HTTP server to ask; from the start command when `None`.
    pub base_url: Option<String>,
    /// Limit of one rung.
    pub timeout: Duration,
    /// Keep trying transient outcomes for so long.
    pub wait: Option<Duration>,
    /// First pause between two tries.
    pub interval: Duration,
    /// Stop after this rung.
    pub stop_after: Option<Rung>,
    /// `Header-Name` and the environment variable that holds its value.
    pub headers: Vec<(String, String)>,
    /// Health route; by its name in the source when `None`.
    pub health: Option<String>,
    /// Send requests that run handlers.
    pub active: bool,
    /// Database URL instead of the one that the start uses, and where it comes from.
    pub database_url: Option<(Redacted<String>, String)>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            base_url: None,
            timeout: Duration::from_secs(5),
            wait: None,
            interval: Duration::from_millis(500),
            stop_after: None,
            headers: Vec::new(),
            health: None,
            active: false,
            database_url: None,
        }
    }
}

/// Which repairs to make.
#[derive(Debug, Clone)]
pub struct FixRequest {
    /// The lowest level that is applied; `Manual` is never applied.
    pub level: Applicability,
    /// Report ids (`CRITICAL-001`) or check ids to repair; all when `None`.
    pub only: Option<Vec<String>>,
}

impl Default for FixRequest {
    fn default() -> Self {
        Self {
            level: Applicability::Safe,
            only: None,
        }
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The target cannot be read at all (exit code 2).
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A fix was tried and everything was put back (exit code 5).
    #[error("{0}")]
    FixUndone(String),
    /// Wrong usage: a selection, a baseline file, a Git ref, a run (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// The front end asked to stop; nothing was changed.
    #[error("interrupted; nothing was changed")]
    Interrupted,
    /// Not there yet.
    #[error("`{0}` is not built yet")]
    NotBuilt(&'static str),
}
