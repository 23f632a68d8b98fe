//! The start-up simulator: what CPython would do, told without running it.
//!
//! Knows Python's import system and semantics and the start rules of the libraries it models.
//! Knows nothing of checks, texts or fixes: it reports [`crate::model::Simulation`] facts.
//!
//! ```text
//! start      phases: locate, import, attr, lifespan, bind
//! exec flow  statements          eval bind  expressions and names
//! call class attr ops iter text  what values do
//! import finder source syntax    modules, search path, files
//! branch report                  doubt, and from exceptions to faults
//! builtins models                natives of Python and of libraries
//! wiring                         applications, routers and routes at the end of the start
//! ```

mod attr;
mod bind;
mod branch;
mod builtins;
mod call;
mod class;
mod eval;
mod exec;
mod finder;
mod flow;
mod function;
mod gaps;
mod guard;
mod import;
mod interp;
mod iter;
mod models;
mod names;
mod native;
mod ops;
mod raise;
mod report;
mod scope;
mod source;
mod start;
mod suggest;
mod support;
mod syntax;
mod text;
mod value;
mod wiring;

use std::path::PathBuf;

use ruff_python_ast::PythonVersion;

use crate::host::Host;
use crate::model::{Project, Simulation, Startup};

use finder::Finder;
use source::Store;
pub use syntax::SyntaxProblem;

/// What CPython of this version says when it compiles a source file; `None` when it compiles it.
///
/// Works on a thread of its own: syntax nests deeper than a caller's stack may be.
pub fn syntax_error(bytes: &[u8], version: (u8, u8)) -> Option<SyntaxProblem> {
    let (major, minor) = version;
    let work = || {
        syntax::compile(bytes, PythonVersion { major, minor }, true)
            .1
            .err()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
        match thread.spawn_scoped(scope, work).map(|t| t.join()) {
            Ok(Ok(problem)) => problem,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => None,
        }
    })
}

/// What the simulation is asked to record and how far it may go.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Resolved names of callables whose calls are recorded as `CallFact`.
    pub watch: Vec<String>,
    /// Interpreter steps before the answer becomes Unknown.
    pub max_steps: u64,
    /// Wall-clock seconds before the answer becomes Unknown.
    pub max_seconds: f64,
    /// The process ends soon after: what the run took is left to the system, which takes it back at
    /// once, and is not freed piece by piece.
    pub leave_memory: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            watch: Vec::new(),
            max_steps: 50_000_000,
            max_seconds: 60.0,
            leave_memory: false,
        }
    }
}

/// Stack of the interpreting thread: Python code nests deeper than Rust's default allows.
const STACK_BYTES: usize = 1 << 30;

/// Stack of a parsing thread.
const PARSER_STACK_BYTES: usize = 256 << 20;

/// Simulates the start of `project` as `project.start` describes it.
pub fn simulate(host: &dyn Host, project: &Project, options: &SimOptions) -> Simulation {
    if project.start.is_none() {
        return Simulation::default();
    }
    let (major, minor) = project.python.version;
    let version = PythonVersion { major, minor };
    let path = start::initial_path(project, host);
    let finder = Finder::new(host, project.python.version, path)
        .with_sites(&project.python.site_dirs, &project.hidden_modules);
    let store = Store::new(host, version);
    let root = PathBuf::from(&project.root);
    let owner_of = |path: &std::path::Path| interp::owner_of(project, &root, path);
    let simulation = run(&store, &finder, project, options, &owner_of);
    if options.leave_memory {
        std::mem::forget(store);
    }
    simulation
}

/// Runs the start, with threads that parse ahead.
fn run(
    store: &Store,
    finder: &Finder,
    project: &Project,
    options: &SimOptions,
    owner_of: &(dyn Fn(&std::path::Path) -> value::Owner + Sync),
) -> Simulation {
    let parsers =
        std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1).clamp(1, 4));
    std::thread::scope(|scope| {
        for _ in 0..parsers {
            let worker = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
            // Without a parser thread the interpreter parses for itself.
            let _ = worker.spawn_scoped(scope, || store.work(finder, owner_of));
        }
        let runner = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || {
                let simulation = start::run(store, finder, project, options);
                store.close();
                simulation
            });
        let simulation = match runner {
            Ok(handle) => match handle.join() {
                Ok(simulation) => simulation,
                Err(panic) => {
                    store.close();
                    std::panic::resume_unwind(panic)
                }
            },
            Err(error) => Simulation {
                startup: Some(Startup::unknown(format!(
                    "no thread for the simulation: {error}"
                ))),
                ..Simulation::default()
            },
        };
        store.close();
        simulation
    })
}
