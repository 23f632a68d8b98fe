//! The only input of every renderer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CheckOutcome, Finding, FixRun, HttpProbe, ImportFact, Ladder, Startup, Undecided};

/// One success criterion, never ticked without proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// `SC-001` ... `SC-008`.
    pub id: String,
    /// What is claimed.
    pub claim: String,
    /// Met, not met, or not examined.
    pub state: CriterionState,
    /// Proof, or the reason why it was not examined; one line each.
    pub proof: Vec<String>,
    /// The command with which a reader repeats the proof, or gets one.
    pub repeat: String,
}

/// The route table as the source registers it, without any server being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteTable {
    /// `module:name` of the application; empty when it has no name at module level.
    pub app: String,
    /// Is it the whole table? `false` when something that may register routes was not followed.
    pub complete: bool,
    /// In the order in which the application tries them, without those of the framework.
    pub routes: Vec<SourceRow>,
}

/// One route of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// Upper-case methods; `WEBSOCKET`, `MOUNT`, `ANY` for what is none.
    pub methods: Vec<String>,
    /// Full path template.
    pub path: String,
    /// `file:line` of the registration.
    pub source: Option<String>,
    /// Something on the way asks who calls.
    pub auth: bool,
}

/// State of a success criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CriterionState {
    /// Proven.
    Met,
    /// Disproven.
    NotMet,
    /// Not examined in this run.
    NotExamined,
}

/// Line of the phase overview.
#[derive(Debug, Clone, Serialize)]
pub struct PhaseSummary {
    /// Phase.
    pub phase: super::CheckPhase,
    /// `ok`, `critical`, `error`, `warning`, `note`, `unknown`, `not-run`, `not-reached`.
    pub state: String,
    /// `34 packages, 0 conflicts`
    pub detail: String,
}

/// A captured piece of evidence: a start-up log, a health check.
#[derive(Debug, Clone, Serialize)]
pub struct Transcript {
    /// Headline, `Server Startup Test`.
    pub title: String,
    /// Command that a reader can repeat.
    pub command: Option<String>,
    /// Output lines, masked.
    pub lines: Vec<String>,
}

/// Counts by severity, new findings only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Number of critical findings.
    pub critical: usize,
    /// Number of errors.
    pub error: usize,
    /// Number of warnings.
    pub warning: usize,
    /// Number of notes.
    pub note: usize,
}

/// Everything that one run learned, masked, in display order.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Schema version of the JSON form.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Target path as typed.
    pub target: String,
    /// `src.main:app`
    pub app: Option<String>,
    /// `Python 3.11.7 (.venv)`
    pub python: String,
    /// Versions of the distributions that matter, `name version`.
    pub packages: Vec<String>,
    /// `2026-11-23`, from SOURCE_DATE_EPOCH where set.
    pub date: String,
    /// The verdict.
    pub startup: Startup,
    /// Findings in reveal order, then by severity and place.
    pub findings: Vec<Finding>,
    /// Overview by phase.
    pub phases: Vec<PhaseSummary>,
    /// Each check's outcome.
    pub outcomes: Vec<CheckOutcome>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// Everything that the gate needs was decided.
    pub complete: bool,
    /// Counts.
    pub totals: Totals,
    /// Success criteria.
    pub criteria: Vec<Criterion>,
    /// Live database ladder, when probed.
    pub ladder: Option<Ladder>,
    /// Routes in the source, when an application was found in it.
    pub router: Option<RouteTable>,
    /// What the live HTTP server answered, when it was asked.
    pub http: Option<HttpProbe>,
    /// Captured evidence.
    pub transcripts: Vec<Transcript>,
    /// What a fix run did, for the fix report.
    pub applied: Option<FixRun>,
    /// Findings that the fix run repaired, as they were before.
    pub repaired: Vec<Finding>,
    /// Modules in import order.
    #[serde(skip)]
    pub imports: Vec<ImportFact>,
    /// Number of checks run.
    pub checks_run: usize,
    /// Durations in milliseconds by step; shown with `-vv` and in the last line.
    #[serde(skip)]
    pub timings: BTreeMap<String, f64>,
}
