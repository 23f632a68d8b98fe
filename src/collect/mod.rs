//! Runs the readers, the simulator and, when allowed, the probes; gathers what they saw.
//!
//! Knows in which order they run and which files their observations mention. Knows nothing of
//! checks, texts or fixes.

mod elsewhere;
mod launch;
mod live;
mod mentioned;
mod routes;

use std::path::Path;
use std::time::Duration;

use crate::host::Host;
use crate::model::{Facts, IdleRouter, Source, Span};
use crate::project;
use crate::python::{self, SimOptions};

pub use crate::project::{Options as TargetOptions, ReadError};
pub use launch::start_command;
pub use live::{Database, climb, database, given_database, written_database};
pub use routes::{application, base_url, published, source_routes};

/// What to look at, and how far to go.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The target.
    pub target: TargetOptions,
    /// Resolved names of callables whose calls are wanted.
    pub watch: Vec<String>,
    /// Wall-clock limit of the static part.
    pub time_limit: Option<Duration>,
    /// Nothing but showing the result comes after: memory may be left to the end of the process.
    pub last: bool,
}

/// Observes the target without executing it and without touching the network.
///
/// # Errors
/// When an option names something that does not exist; everything else is a fact.
pub fn collect(host: &dyn Host, request: &Request) -> Result<Facts, ReadError> {
    let reading = project::read(host, &request.target)?;
    let mut options = SimOptions {
        watch: request.watch.clone(),
        leave_memory: request.last,
        ..SimOptions::default()
    };
    if let Some(limit) = request.time_limit {
        options.max_seconds = limit.as_secs_f64();
    }
    let simulation = python::simulate(host, &reading.project, &options);
    let mut facts = Facts {
        project: reading.project,
        simulation,
        sources: reading.sources,
        redactor: reading.redactor,
        ..Facts::default()
    };
    elsewhere::mark(host, &mut facts);
    facts.idle_routers = idle_routers(host, &facts);
    for path in mentioned::paths(&facts) {
        add_source(host, &mut facts, &path);
    }
    mask_known_secrets(&mut facts);
    Ok(facts)
}

/// Routers that the start never meets; none without an application that they could be missing on.
fn idle_routers(host: &dyn Host, facts: &Facts) -> Vec<IdleRouter> {
    let imports = &facts.simulation.imports;
    let executed = imports.iter().map(|i| i.file.as_str()).collect();
    match facts.simulation.app {
        Some(_) => project::idle_routers(host, &facts.project, &executed, &facts.sources),
        None => Vec::new(),
    }
}

/// Adds a file that findings may quote or fixes may change; `false` when it cannot be read as
/// text or lies outside of the project.
pub fn add_source(host: &dyn Host, facts: &mut Facts, path: &str) -> bool {
    if facts.sources.contains_key(path) {
        return true;
    }
    if path.is_empty() || path.starts_with('/') || path.contains(':') {
        return false;
    }
    let root = Path::new(&facts.project.root);
    let Some(mut source) = project::source(host, root, path) else {
        return false;
    };
    mask(&mut source, facts);
    facts.sources.insert(path.to_owned(), source);
    true
}

/// A secret of one file may stand in another one as well.
fn mask_known_secrets(facts: &mut Facts) {
    let mut sources = std::mem::take(&mut facts.sources);
    for source in sources.values_mut() {
        mask(source, facts);
    }
    facts.sources = sources;
}

fn mask(source: &mut Source, facts: &Facts) {
    let spans = facts.redactor.spans(source.text());
    for range in spans {
        let span = Span::new(range.start, range.end);
        if !source.masks().iter().any(|m| m.overlaps(span)) {
            source.mask(span);
        }
    }
}
