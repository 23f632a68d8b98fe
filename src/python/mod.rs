//! The start-up simulator: what CPython would do, told without running it.
//!
//! Knows Python's import system and semantics and the start rules of the libraries it models.
//! Knows nothing of checks, texts or fixes: it reports [`crate::model::Simulation`] facts.

use crate::host::Host;
use crate::model::{Project, Simulation};

/// What the simulation is asked to record and how far it may go.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Resolved names of callables whose calls are recorded as `CallFact`.
    pub watch: Vec<String>,
    /// Interpreter steps before the answer becomes Unknown.
    pub max_steps: u64,
    /// Wall-clock seconds before the answer becomes Unknown.
    pub max_seconds: f64,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            watch: Vec::new(),
            max_steps: 50_000_000,
            max_seconds: 60.0,
        }
    }
}

/// Simulates the start of `project` as `project.start` describes it.
pub fn simulate(_host: &dyn Host, _project: &Project, _options: &SimOptions) -> Simulation {
    Simulation::default()
}
