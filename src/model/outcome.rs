//! What became of each check: no check is silent.

use serde::Serialize;

use super::Place;

/// State of one check after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// Looked at, nothing wrong.
    Pass,
    /// Has findings (listed in the report).
    Fail { findings: usize },
    /// Could not be decided.
    Unknown { why: String },
    /// Not run, with the reason.
    Skipped { because: String },
    /// A check it requires has fired.
    Blocked { by: String },
    /// Does not apply: the fact that is missing.
    NotApplicable { because: String },
    /// The check itself failed.
    Broken { error: String },
}

/// Outcome of one check, by id.
#[derive(Debug, Clone, Serialize)]
pub struct CheckOutcome {
    /// Check id.
    pub rule: String,
    /// Phase, for the overview table.
    pub phase: super::CheckPhase,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Something that could not be decided, with its place and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// Check id or `startup`.
    pub subject: String,
    /// Where.
    pub place: Option<Place>,
    /// Why.
    pub why: String,
}
