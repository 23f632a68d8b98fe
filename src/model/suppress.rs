//! What a configuration excuses: findings that are ignored or lowered, each with its reason.

use serde::Serialize;

use super::Origin;

/// A finding that is accepted, from `[[ignore]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ignore {
    /// Check id.
    pub id: String,
    /// Glob over paths relative to the root; `None` = everywhere.
    pub path: Option<String>,
    /// Why; never empty.
    pub reason: String,
    /// Last day on which it holds, `2027-03-31`.
    pub expires: Option<String>,
    /// Where it is written.
    pub origin: Origin,
}

/// A check whose findings become notes, from `--downgrade ID[@GLOB]` or `[[downgrade]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Downgrade {
    /// Check id.
    pub id: String,
    /// Glob over paths relative to the root; `None` = everywhere.
    pub path: Option<String>,
    /// Why; may be empty on the command line.
    pub reason: String,
    /// Where it is written.
    pub origin: Origin,
}
