//! Everything one run observed: the only input of detectors.

use std::collections::BTreeMap;

use super::{HttpProbe, IdleRouter, Ladder, Launch, Project, Redactor, Simulation, Source};

/// Observations of one run.
#[derive(Debug, Default)]
pub struct Facts {
    /// What was read.
    pub project: Project,
    /// What was simulated.
    pub simulation: Simulation,
    /// Routers with routes in modules that no import leads to.
    pub idle_routers: Vec<IdleRouter>,
    /// What the live database answered.
    pub ladder: Option<Ladder>,
    /// What the live server answered.
    pub http: Option<HttpProbe>,
    /// What became of a start that really happened.
    pub launch: Option<Launch>,
    /// Files that findings quote or fixes change, by path relative to the root.
    pub sources: BTreeMap<String, Source>,
    /// Hides every secret met so far.
    pub redactor: Redactor,
}
