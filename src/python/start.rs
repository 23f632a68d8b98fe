//! The phases of a start, by server.

mod entry;
pub(super) mod lifespan;
mod path;
mod serve;

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Fault, Project, Server, Simulation, Start, StartOutcome, StartPhase, Startup};

use super::SimOptions;
use super::builtins::Builtins;
use super::finder::{Finder, Found};
use super::interp::{DoubtLimit, Frame, FrameKind, Interp};
use super::names::Names;
use super::raise::{R, Stop};
use super::source::Store;
use super::value::{
    FileId, Heap, Interner, Kind, ModuleInfo, ModuleKind, ModuleState, Obj, Owner, Value,
};

pub use path::initial_path;

/// Runs the start that the project describes.
pub fn run<'a>(
    store: &'a Store<'a>,
    finder: &'a Finder<'a>,
    project: &'a Project,
    options: &'a SimOptions,
) -> Simulation {
    let mut interp = new_interp(store, finder, project, options);
    let Some(start) = &project.start else {
        return Simulation::default();
    };
    let ended = interp.start(start);
    let simulation = finish(&mut interp, ended);
    if options.leave_memory {
        std::mem::forget(interp);
    }
    simulation
}

/// The initial `sys.path` as texts.
fn path_items(finder: &Finder<'_>) -> Vec<Value> {
    let base = finder.base().iter();
    base.map(|d| Value::str(d.to_string_lossy().into_owned()))
        .collect()
}

fn new_interp<'a>(
    store: &'a Store<'a>,
    finder: &'a Finder<'a>,
    project: &'a Project,
    options: &'a SimOptions,
) -> Interp<'a> {
    let mut interner = Interner::default();
    let names = Names::new(&mut interner);
    let mut heap = Heap::default();
    let builtins = Builtins::new(&mut heap, &mut interner, project.python.version.1);
    let modules = heap.alloc(Kind::Dict(super::value::Table::default()));
    let sys_path = heap.alloc(Kind::List(path_items(finder)));
    let root = PathBuf::from(&project.root);
    let cwd = match &project.start {
        Some(start) => path::normalised(&root.join(&start.workdir)),
        None => root.clone(),
    };
    let info = ModuleInfo {
        name: "__main__".into(),
        file: None,
        path: None,
        dirs: None,
        kind: ModuleKind::Source,
        owner: Owner::ThirdParty,
    };
    let launcher = heap.alloc(Kind::Module {
        info: info.into(),
        state: ModuleState::Done,
    });
    let watch = options.watch.iter();
    let watched = watch.map(|name| (name.clone(), name.clone())).collect();
    Interp {
        interner,
        names,
        heap,
        store,
        finder,
        project,
        root,
        cwd,
        version: project.python.version,
        files: Vec::new(),
        file_ids: rustc_hash::FxHashMap::default(),
        builtins,
        modules,
        sys_path,
        frames: vec![bottom(launcher)],
        handlers: Vec::new(),
        caught: rustc_hash::FxHashMap::default(),
        finals: 0,
        handling: Vec::new(),
        doubt: 0,
        opaque: 0,
        failed_ways: 0,
        forgiven: 0,
        steps: 0,
        step_limit: options.max_steps,
        in_doubt: DoubtLimit::NONE,
        spent_in_doubt: 0,
        max_steps: options.max_steps,
        module_steps: 0,
        deadline: std::time::Instant::now() + Duration::from_secs_f64(options.max_seconds),
        out_of_time: false,
        guard: super::guard::Guard::default(),
        hooks: super::models::hooks(),
        scopes: rustc_hash::FxHashMap::default(),
        loop_running: false,
        phase: StartPhase::Locate,
        seen: Simulation::default(),
        memo: rustc_hash::FxHashMap::default(),
        span_hint: None,
        alias_span: None,
        future_annotations: rustc_hash::FxHashSet::default(),
        compiled_sources: rustc_hash::FxHashSet::default(),
        pending_binding: None,
        pending_result: None,
        class_cells: Vec::new(),
        open_path: false,
        unclear: None,
        mapped: rustc_hash::FxHashMap::default(),
        module_dicts: Vec::new(),
        import_index: rustc_hash::FxHashMap::default(),
        watched,
        hooked: Vec::new(),
        patterns: rustc_hash::FxHashMap::default(),
        enum_bodies: rustc_hash::FxHashSet::default(),
        births: super::wiring::Births::default(),
        sinks: Vec::new(),
    }
}

/// The activation of the launcher, below everything that runs.
fn bottom(launcher: Obj) -> Frame {
    Frame {
        kind: FrameKind::Module,
        module: launcher,
        file: FileId(u32::MAX),
        owner: Owner::ThirdParty,
        names: launcher,
        info: None,
        parent: None,
        name: "<module>".into(),
        offset: 0,
        class_cell: None,
        first_arg: None,
        handlers_below: 0,
        doubt: 0,
    }
}

impl<'a> Interp<'a> {
    fn start(&mut self, start: &'a Start) -> R<()> {
        self.preload()?;
        match start.server {
            Server::Import => {
                self.insert_path(0, "");
                self.phase = StartPhase::Import;
                self.import_name(&start.module)?;
                Ok(())
            }
            Server::Python | Server::PythonModule => match self.start_script(start) {
                Err(Stop::Raise(raised)) if self.ends_well(&raised) => Ok(()),
                ended => ended,
            },
            _ => self.start_server(start),
        }
    }

    /// What the interpreter itself has imported before any code of the user's runs.
    fn preload(&mut self) -> R<()> {
        let main = self.frame().module;
        self.heap.get_mut(main).open = true;
        self.register("__main__", main);
        for name in ["sys", "builtins"] {
            let module = if name == "builtins" {
                self.builtins.module
            } else {
                self.builtin_module(name)
            };
            self.register(name, module);
        }
        if self.project.python.stdlib.is_some() {
            for name in [
                "abc",
                "io",
                "os",
                "site",
                "codecs",
                "stat",
                "genericpath",
                "posixpath",
                "_collections_abc",
                "encodings.utf_8",
            ] {
                self.tolerate(name)?;
            }
        }
        self.run_pth_files()
    }

    /// Imports something whose failure would not end the start.
    pub(super) fn tolerate(&mut self, name: &str) -> R<()> {
        match self.catching(&["BaseException"], |i| i.import_name(name)) {
            Ok(_) | Err(Stop::Raise(_)) => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    fn start_script(&mut self, start: &'a Start) -> R<()> {
        self.phase = StartPhase::Import;
        let file = self.cwd.join(&start.module);
        if start.server == Server::PythonModule {
            let dir = self.cwd.to_string_lossy().into_owned();
            self.insert_path(0, &dir);
            return self.start_module(&start.module);
        }
        if let Some(dir) = file.parent() {
            let dir = dir.to_string_lossy().into_owned();
            self.insert_path(0, &dir);
        }
        self.execute_file("__main__", path::normalised(&file), None)?;
        Ok(())
    }

    /// `python -m name`: the packages around the module are imported, then its file (or the
    /// `__main__.py` of a package) runs as `__main__` (`Lib/runpy.py`).
    fn start_module(&mut self, name: &str) -> R<()> {
        if let Some((parent, _)) = name.rsplit_once('.') {
            self.import_name(parent)?;
        }
        let (file, package) = match self.found(name) {
            Some(Found::Source(file)) => (file, name.rsplit_once('.').map_or("", |(p, _)| p)),
            Some(Found::Package { .. } | Found::Namespace { .. }) => {
                self.import_name(name)?;
                let main = format!("{name}.__main__");
                match self.found(&main) {
                    Some(Found::Source(file)) => (file, name),
                    _ => return self.import_name(&main).map(drop),
                }
            }
            _ => return self.import_name(name).map(drop),
        };
        self.execute_in_package("__main__", path::normalised(&file), None, Some(package))?;
        Ok(())
    }

    /// Puts a directory on `sys.path`.
    pub(super) fn insert_path(&mut self, at: usize, dir: &str) {
        let list = self.sys_path;
        if let Kind::List(items) = &mut self.heap.get_mut(list).kind {
            items.insert(at.min(items.len()), Value::str(dir));
        }
    }
}

/// Why a start that meets no certain fault may fail all the same; `None` for a fault that the
/// server would tolerate.
fn possible_end(fault: &Fault) -> Option<String> {
    let place = fault.place.as_ref()?;
    (!fault.slots.contains_key(lifespan::TOLERATED)).then(|| {
        format!(
            "whether {} ends it at {}:{} depends on a condition that is not known before the start",
            fault.exception.kind, place.path, place.line
        )
    })
}

/// From the end of the run to the verdict.
fn finish(interp: &mut Interp<'_>, ended: R<()>) -> Simulation {
    let mut why = interp.unclear.take();
    let whole = match &ended {
        Err(Stop::Complete) => true,
        Ok(()) => !interp.births.starting,
        Err(_) => false,
    };
    match ended {
        Ok(()) | Err(Stop::Complete) => {}
        Err(Stop::Budget(reason)) => why = Some(format!("the simulation was given up: {reason}")),
        Err(Stop::Raise(raised)) => match interp.fault_from(&raised) {
            Some(_) => interp.report(&raised),
            None => why = Some("an exception of unknown type ends the start".to_owned()),
        },
    }
    interp.read_wiring(whole);
    let mut simulation = std::mem::take(&mut interp.seen);
    simulation.steps = interp.steps;
    let first = simulation.faults.iter().find(|f| f.certain);
    let why = why.or_else(|| simulation.faults.iter().find_map(possible_end));
    simulation.startup = Some(match (first, why) {
        (Some(fault), _) => Startup {
            outcome: StartOutcome::Error,
            phase: Some(fault.phase),
            exception: Some(fault.exception.clone()),
            file: fault.place.as_ref().map(|p| p.path.clone()),
            line: fault.frames.last().map(|f| f.line),
            frames: fault.frames.clone(),
            why: None,
        },
        (None, Some(why)) => Startup::unknown(why),
        (None, None) => Startup::ok(),
    });
    simulation
}
