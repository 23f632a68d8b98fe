//! How findings are excused: with a reason, visibly, and never by silence.

use crate::model::Origin;

/// What the configuration and the command line excuse. Comments in Python files are read from
/// the sources themselves.
#[derive(Debug, Clone, Default)]
pub struct Suppressions {
    /// `[[ignore]]`
    pub ignores: Vec<Ignore>,
    /// `[[downgrade]]` and `--downgrade ID[@GLOB]`
    pub downgrades: Vec<Downgrade>,
    /// Today as `YYYY-MM-DD`, for expiry.
    pub today: String,
}

/// An excuse that removes findings from the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// Check id.
    pub id: String,
    /// Glob over paths relative to the root; `None` = everywhere.
    pub path: Option<String>,
    /// Why. Required.
    pub reason: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// An excuse that lowers findings to a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downgrade {
    /// Check id.
    pub id: String,
    /// Glob over paths relative to the root; `None` = everywhere.
    pub path: Option<String>,
    /// Why, when given.
    pub reason: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}
