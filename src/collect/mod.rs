//! Runs the readers, the simulator and, when allowed, the probes; gathers what they saw.
//!
//! Knows in which order they run and which files their observations mention. Knows nothing of
//! checks, texts or fixes.

use std::time::Duration;

use crate::host::Host;
use crate::model::Facts;
use crate::project;
use crate::python::{self, SimOptions};

pub use crate::project::{Options as TargetOptions, ReadError};

/// What to look at, and how far to go.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The target.
    pub target: TargetOptions,
    /// Resolved names of callables whose calls are wanted.
    pub watch: Vec<String>,
    /// Wall-clock limit of the static part.
    pub time_limit: Option<Duration>,
}

/// Observes the target.
///
/// # Errors
/// When an option names something that does not exist; everything else is a fact.
pub fn collect(host: &dyn Host, request: &Request) -> Result<Facts, ReadError> {
    let reading = project::read(host, &request.target)?;
    let options = SimOptions {
        watch: request.watch.clone(),
        ..SimOptions::default()
    };
    let simulation = python::simulate(host, &reading.project, &options);
    Ok(Facts {
        project: reading.project,
        simulation,
        sources: reading.sources,
        redactor: reading.redactor,
        ..Facts::default()
    })
}
