//! The interpreter: state of one simulated process.
//!
//! Knows frames, budgets and doubt; what statements and expressions mean is told in `exec`,
//! `eval`, `call`, `class`, `attr` and `import`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use ruff_python_ast::{AtomicNodeIndex, NodeIndex};
use rustc_hash::FxHashMap;

use crate::model::{Project, Simulation};

use super::builtins::Builtins;
use super::finder::Finder;
use super::names::Names;
use super::raise::{R, Raised, Stop, TraceFrame};
use super::scope::ScopeInfo;
use super::source::{SourceFile, Store};
use super::value::{FileId, Heap, Interner, Kind, Obj, Owner, Sym, Value};

/// Kind of the code that a frame runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// Module body.
    Module,
    /// Class body.
    Class,
    /// Function body.
    Function,
    /// Comprehension.
    Comprehension,
}

/// One activation.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Kind.
    pub kind: FrameKind,
    /// Module whose globals it sees.
    pub module: Obj,
    /// File of its code.
    pub file: FileId,
    /// Whose code.
    pub owner: Owner,
    /// Its names: the module itself, an `Env`, or an `Env` whose attributes become a class.
    pub names: Obj,
    /// Symbol table, except for modules.
    pub info: Option<Rc<ScopeInfo>>,
    /// Enclosing function scope.
    pub parent: Option<Obj>,
    /// Name in tracebacks.
    pub name: Rc<str>,
    /// Where it is.
    pub offset: u32,
    /// Class whose method runs, for `super()` without arguments.
    pub class_cell: Option<Obj>,
    /// First argument, for `super()` without arguments.
    pub first_arg: Option<Value>,
    /// Number of handlers that were active when it was entered.
    pub handlers_below: usize,
    /// Doubt when it was entered.
    pub doubt: u32,
}

/// `except` clauses that are active around the code that runs.
#[derive(Debug, Clone)]
pub struct HandlerScope {
    /// Classes that are caught; `None` when anything may be.
    pub classes: Option<Vec<Obj>>,
}

/// How much of a call may be walked in branches that may not be taken: a parser whose input is not
/// known goes every way, and learns nothing on any of them.
#[derive(Debug, Clone, Copy)]
pub struct DoubtLimit {
    /// Doubt around the call: what is deeper counts.
    pub above: u32,
    /// Steps left.
    pub left: u64,
}

impl DoubtLimit {
    /// Nothing counts.
    pub const NONE: Self = Self {
        above: u32::MAX,
        left: u64::MAX,
    };

    /// The limit of a call inside this one, entered at a depth of doubt.
    #[must_use]
    pub fn within(self, doubt: u32, steps: u64) -> Self {
        Self {
            above: self.above.min(doubt),
            left: self.left.min(steps),
        }
    }

    /// This limit after a call inside was given `inner` and left `rest` of it.
    #[must_use]
    pub fn after(self, inner: Self, rest: Self) -> Self {
        if self.above == u32::MAX {
            return self;
        }
        Self {
            left: self
                .left
                .saturating_sub(inner.left.saturating_sub(rest.left)),
            ..self
        }
    }
}

/// State of one simulated process.
pub struct Interp<'a> {
    /// Names.
    pub interner: Interner,
    /// Well-known names.
    pub names: Names,
    /// Objects.
    pub heap: Heap<'a>,
    /// Source files.
    pub store: &'a Store<'a>,
    /// Module finder.
    pub finder: &'a Finder<'a>,
    /// What was read about the target.
    pub project: &'a Project,
    /// Absolute root of the project.
    pub root: PathBuf,
    /// Absolute working directory.
    pub cwd: PathBuf,
    /// Version of the simulated Python.
    pub version: (u8, u8),
    /// Files in the order of their first use.
    pub files: Vec<&'a SourceFile>,
    /// Their numbers.
    pub file_ids: FxHashMap<PathBuf, FileId>,
    /// Built-in classes and functions.
    pub builtins: Builtins,
    /// `sys.modules`: a dict object.
    pub modules: Obj,
    /// `sys.path`: a list object.
    pub sys_path: Obj,
    /// Activations, outermost first.
    pub frames: Vec<Frame>,
    /// Active `except` clauses.
    pub handlers: Vec<HandlerScope>,
    /// Tracebacks of exceptions that a handler has bound to a name, from its frame on: raised
    /// again, an exception keeps them.
    pub caught: FxHashMap<Obj, Vec<TraceFrame>>,
    /// `try` statements around the running code whose `finally` is still to come: it may raise
    /// something else, or end the function.
    pub finals: usize,
    /// Exceptions being handled, innermost last.
    pub handling: Vec<Rc<Raised>>,
    /// Depth of branches that may not be taken.
    pub doubt: u32,
    /// Counts operations that could raise but whose outcome is not known.
    pub opaque: u64,
    /// Counts ways of a branch that ended in an exception.
    pub failed_ways: u64,
    /// Counts exceptions that were forgiven.
    pub forgiven: u64,
    /// Steps spent.
    pub steps: u64,
    /// Steps after which the innermost bounded call gives up.
    pub step_limit: u64,
    /// Steps in doubt after which it gives up.
    pub in_doubt: DoubtLimit,
    /// Steps that library calls took in doubt.
    pub spent_in_doubt: u64,
    /// Steps that a whole start may take.
    pub max_steps: u64,
    /// Steps that module bodies took, the calls in them included.
    pub module_steps: u64,
    /// When the run gives up, whatever it has found by then.
    pub deadline: std::time::Instant,
    /// The time is up: everything ends as soon as it can.
    pub out_of_time: bool,
    /// Bounds what is shown and compared.
    pub guard: super::guard::Guard,
    /// Models by qualified name.
    pub hooks: super::models::Hooks,
    /// Symbol tables by file and offset.
    pub scopes: FxHashMap<(FileId, u32), Rc<ScopeInfo>>,
    /// An event loop is running.
    pub loop_running: bool,
    /// Where in the start the run is.
    pub phase: crate::model::StartPhase,
    /// Observations.
    pub seen: Simulation,
    /// Hidden state of models, by name.
    pub memo: FxHashMap<String, Value>,
    /// Bytes of the attribute that is being read, for the place of an error.
    pub span_hint: Option<(u32, u32)>,
    /// Bytes of the name that is being imported.
    pub alias_span: Option<(u32, u32)>,
    /// Files with `from __future__ import annotations`.
    pub future_annotations: rustc_hash::FxHashSet<FileId>,
    /// Sources beside an extension module that is loaded in their stead.
    pub compiled_sources: rustc_hash::FxHashSet<FileId>,
    /// What a failed definition binds when the walk goes on.
    pub pending_binding: Option<(Sym, Value)>,
    /// What a call that failed will give once it is repaired.
    pub pending_result: Option<(super::call::Site, Value)>,
    /// Namespace dicts handed to metaclasses, with the scope that their methods close over.
    pub class_cells: Vec<(Obj, Obj)>,
    /// An import hook of unknown effect is installed: what is not found may exist.
    pub open_path: bool,
    /// Why the verdict is unknown unless a fault is certain.
    pub unclear: Option<String>,
    /// Modules that editable finders supply.
    pub mapped: FxHashMap<String, PathBuf>,
    /// Dictionaries that stand for module namespaces.
    pub module_dicts: Vec<(Obj, Obj)>,
    /// Index of a module in the list of imports.
    pub import_index: FxHashMap<Rc<str>, usize>,
    /// Patterns of `re` that were read.
    pub patterns: super::models::Patterns,
    /// Bodies of enumerations that run: a member cannot be defined twice.
    pub enum_bodies: rustc_hash::FxHashSet<Obj>,
    /// Callables whose calls are recorded.
    pub watched: FxHashMap<String, String>,
    /// Functions whose models run, innermost last.
    pub hooked: Vec<Rc<super::function::FunctionData<'a>>>,
    /// Applications, routers and routes that were made.
    pub births: super::wiring::Births,
    /// Consumers of running generators, innermost last.
    pub(super) sinks: Vec<SinkEntry<'a>>,
}

/// Takes each value that a generator yields; answers what `yield` evaluates to.
pub type Sink<'a> = Box<dyn FnMut(&mut Interp<'a>, Value) -> R<Value> + 'a>;

/// The consumer of one running generator.
pub(super) struct SinkEntry<'a> {
    /// What to do with a value.
    pub run: Sink<'a>,
    /// Number of activations below the generator's.
    pub depth: usize,
}

impl<'a> Interp<'a> {
    /// The number of a name.
    pub fn sym(&mut self, name: &str) -> Sym {
        self.interner.intern(name)
    }

    /// The number of an identifier of a syntax tree, looked up once: the tree remembers it. Trees
    /// belong to one run, and no other part of it numbers their nodes.
    pub fn sym_at(&mut self, node: &AtomicNodeIndex, name: &str) -> Sym {
        if let Some(known) = node.load().as_u32() {
            return Sym(known);
        }
        let sym = self.interner.intern(name);
        if sym.0 < MAX_NODE_INDEX {
            node.set(NodeIndex::from(sym.0));
        }
        sym
    }

    /// The innermost activation.
    ///
    /// # Panics
    /// Never in practice: the bottom frame of the launcher is pushed before anything runs.
    pub fn frame(&self) -> &Frame {
        self.frames
            .last()
            .expect("the launcher's frame is always there")
    }

    /// The innermost activation, for change.
    ///
    /// # Panics
    /// As [`Interp::frame`].
    pub fn frame_mut(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("the launcher's frame is always there")
    }

    /// Marks where the running code is.
    pub fn at(&mut self, offset: impl Into<u32>) {
        self.frame_mut().offset = offset.into();
    }

    /// Spends one step.
    pub fn tick(&mut self) -> R<()> {
        self.steps += 1;
        if self.steps > self.step_limit {
            return Err(Stop::Budget("too many steps"));
        }
        if self.doubt > self.in_doubt.above {
            match self.in_doubt.left.checked_sub(1) {
                Some(left) => self.in_doubt.left = left,
                None => return Err(Stop::Budget("too many steps in doubt")),
            }
        }
        if self.heap.is_full() {
            return Err(Stop::Budget("too many objects"));
        }
        if self.steps.is_multiple_of(1 << 12) && std::time::Instant::now() > self.deadline {
            self.out_of_time = true;
        }
        if self.frames.len() > MAX_FRAMES {
            return Err(Stop::Budget("calls nested too deeply"));
        }
        if self.out_of_time {
            return Err(Stop::Budget("too much time"));
        }
        Ok(())
    }

    /// Something whose outcome is not known happened: it may have raised.
    pub fn blur(&mut self) {
        self.opaque += 1;
    }

    /// `Unknown`, from an operation that may also have raised.
    pub fn unknown(&mut self) -> Value {
        self.blur();
        Value::Unknown
    }

    /// Number of a file; the file is loaded on its first use.
    pub fn file(&mut self, path: &Path, owner: Owner) -> Option<FileId> {
        if let Some(id) = self.file_ids.get(path) {
            return Some(*id);
        }
        let file = self.store.load(path, owner)?;
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        self.file_ids.insert(path.to_path_buf(), id);
        Some(id)
    }

    /// A file by number.
    pub fn source(&self, id: FileId) -> &'a SourceFile {
        self.files[id.0 as usize]
    }

    /// Path as shown in places: relative to the project root with forward slashes, else absolute.
    pub fn shown(&self, id: FileId) -> String {
        let path = &self.source(id).path;
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/")
    }

    /// Whose code a path is.
    pub fn owner_of(&self, path: &Path) -> Owner {
        owner_of(self.project, &self.root, path)
    }

    /// Traceback of the running code, outermost first.
    pub fn trace(&self) -> Vec<TraceFrame> {
        self.frames
            .iter()
            .filter(|f| f.kind != FrameKind::Comprehension || self.version < (3, 12))
            .filter(|f| f.file != FileId(u32::MAX))
            .map(|f| TraceFrame {
                file: f.file,
                offset: f.offset,
                name: f.name.clone(),
                line: None,
            })
            .collect()
    }

    /// Allocates an instance of a class.
    pub fn instance(&mut self, class: Obj) -> Obj {
        self.heap.alloc(Kind::Instance {
            class,
            payload: super::value::Payload::None,
        })
    }

    /// A list object.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        Value::Obj(self.heap.alloc(Kind::List(items)))
    }
}

/// What a node of a syntax tree can remember.
const MAX_NODE_INDEX: u32 = 1 << 30;

/// Deepest nesting of activations: CPython's own default limit.
const MAX_FRAMES: usize = 1000;

/// Whose code a path is: site directories inside the project (a `.venv`) are third-party.
pub fn owner_of(project: &Project, root: &Path, path: &Path) -> Owner {
    let under = |dir: &str| !dir.is_empty() && path.starts_with(dir);
    let installed = |path: &Path| {
        path.components().any(|c| {
            matches!(
                c.as_os_str().to_str(),
                Some("site-packages" | "dist-packages")
            )
        })
    };
    if path.starts_with(root) {
        let site = project
            .python
            .site_dirs
            .iter()
            .any(|d| under(d) && !root.starts_with(d));
        let inner = path.strip_prefix(root).is_ok_and(installed);
        return if site || inner {
            Owner::ThirdParty
        } else {
            Owner::Project
        };
    }
    if project.python.site_dirs.iter().any(|d| under(d)) || installed(path) {
        return Owner::ThirdParty;
    }
    match project.python.stdlib.as_deref() {
        Some(stdlib) if under(stdlib) => Owner::Stdlib,
        _ => Owner::ThirdParty,
    }
}
