//! Modules: making them, running their bodies, and what they are remembered by.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use ruff_python_ast as ast;

use crate::model::{ChainLink, ImportFact};
use crate::python::interp::{DoubtLimit, Frame, FrameKind, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{
    FileId, Key, Kind, ModuleInfo, ModuleKind, ModuleState, Obj, Owner, Slot, Value,
};

/// What git writes around the sides of a conflict.
const CONFLICT_MARKERS: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];

impl<'a> Interp<'a> {
    /// Puts a module into `sys.modules`.
    pub fn register(&mut self, full: &str, module: Obj) {
        let modules = self.modules;
        if let Kind::Dict(table) = &mut self.heap.get_mut(modules).kind {
            table.insert(
                Key::Str(full.into()),
                (Value::str(full), Value::Obj(module)),
            );
        }
    }

    /// A module that cannot be found but may exist all the same: unknown import hooks, an
    /// unreadable `__path__`, a missing environment.
    pub(super) fn substitute(&mut self, full: &str, path_unknown: bool) -> Option<Obj> {
        let top = full.split('.').next().unwrap_or(full);
        let stdlib = self.is_stdlib_name(top);
        let no_stdlib = self.project.python.stdlib.is_none();
        let no_environment = self.project.python.site_dirs.is_empty();
        let accept =
            path_unknown || self.open_path || (stdlib && no_stdlib) || (!stdlib && no_environment);
        if !accept {
            return None;
        }
        self.blur();
        let owner = if stdlib {
            Owner::Stdlib
        } else {
            Owner::ThirdParty
        };
        let module = self.open_module(full, owner);
        self.register(full, module);
        Some(module)
    }

    /// A module of which nothing but its name is known; not yet in `sys.modules`.
    pub(super) fn open_module(&mut self, full: &str, owner: Owner) -> Obj {
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: None,
            path: None,
            dirs: None,
            kind: ModuleKind::Extension,
            owner,
        });
        self.heap.get_mut(module).open = true;
        module
    }

    /// `__spec__`: the names that code reads from it; anything else is not known.
    pub(super) fn module_spec(&mut self, info: &ModuleInfo, package: &str) -> Value {
        let object = self.builtins.object_class;
        let class = self.synthetic_class("_frozen_importlib", "ModuleSpec", object);
        let spec = Value::Obj(self.instance(class));
        self.store(&spec, "name", Value::str(&*info.name));
        self.store(&spec, "parent", Value::str(package));
        let origin = info.path.as_deref().map_or(Value::None, Value::str);
        self.store(&spec, "origin", origin);
        self.open_instance(&spec);
        spec
    }

    /// A module object with its standard attributes.
    pub fn new_module(&mut self, info: ModuleInfo) -> Obj {
        let names = self.names;
        let is_package = info.dirs.is_some();
        let package = if is_package {
            info.name.to_string()
        } else {
            info.name
                .rsplit_once('.')
                .map(|(p, _)| p.to_owned())
                .unwrap_or_default()
        };
        let spec = self.module_spec(&info, &package);
        let mut attrs = crate::python::value::Namespace::default();
        attrs.insert(names.name, Slot::sure(Value::str(&*info.name)));
        attrs.insert(names.doc, Slot::sure(Value::None));
        attrs.insert(names.package, Slot::sure(Value::str(package)));
        attrs.insert(names.loader, Slot::sure(Value::Unknown));
        attrs.insert(names.spec, Slot::sure(spec));
        if info.kind == ModuleKind::Source {
            let cached = self.interner.intern("__cached__");
            attrs.insert(cached, Slot::sure(Value::Unknown));
        }
        if let Some(path) = &info.path {
            attrs.insert(names.file, Slot::sure(Value::str(path.as_str())));
        }
        if let Some(dirs) = &info.dirs {
            let items = dirs
                .iter()
                .map(|d| Value::str(d.to_string_lossy().into_owned()))
                .collect();
            let list = self.list(items);
            attrs.insert(names.path, Slot::sure(list));
        }
        attrs.insert(names.builtins, Slot::sure(Value::Unknown));
        let state = if info.kind == ModuleKind::Source {
            ModuleState::Running
        } else {
            ModuleState::Done
        };
        let open = info.kind == ModuleKind::Extension;
        self.heap.alloc_cell(crate::python::value::Cell {
            kind: Kind::Module {
                info: Rc::new(info),
                state,
            },
            attrs,
            open,
        })
    }

    pub(super) fn compiled_module(
        &mut self,
        full: &str,
        path: &std::path::Path,
        dirs: Option<Vec<PathBuf>>,
    ) -> Obj {
        let owner = self.owner_of(path);
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: None,
            path: Some(path.to_string_lossy().into_owned()),
            dirs,
            kind: if owner == Owner::Stdlib {
                ModuleKind::Builtin
            } else {
                ModuleKind::Extension
            },
            owner,
        });
        self.register(full, module);
        self.note_import(full, &path.to_string_lossy(), owner);
        self.fill_compiled_once(full, module);
        if full == "pydantic_core._pydantic_core" {
            self.fill_pydantic_core(module);
        }
        module
    }

    pub(super) fn namespace_module(&mut self, full: &str, dirs: Vec<PathBuf>) -> Obj {
        let owner = dirs.first().map_or(Owner::ThirdParty, |d| self.owner_of(d));
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: None,
            path: None,
            dirs: Some(dirs),
            kind: ModuleKind::Namespace,
            owner,
        });
        self.register(full, module);
        module
    }

    /// Executes a source file as a module.
    ///
    /// # Errors
    /// What its body raises; the module is then gone from `sys.modules`.
    pub fn execute_file(
        &mut self,
        full: &str,
        path: PathBuf,
        dirs: Option<Vec<PathBuf>>,
    ) -> R<Obj> {
        self.execute_in_package(full, path, dirs, None)
    }

    /// The same with a `__package__` that does not follow from the name (`python -m`).
    ///
    /// # Errors
    /// As above.
    pub fn execute_in_package(
        &mut self,
        full: &str,
        path: PathBuf,
        dirs: Option<Vec<PathBuf>>,
        package: Option<&str>,
    ) -> R<Obj> {
        let owner = self.owner_of(&path);
        let Some(file) = self.file(&path, owner) else {
            if self.store.is_too_large(&path) {
                return Ok(self.unread_module(full, &path, owner));
            }
            let message = format!("[Errno 13] Permission denied: '{}'", path.display());
            return Err(self.error("PermissionError", &message));
        };
        let compiled = full != "__main__" && self.finder.is_compiled(&path);
        if compiled {
            if self.source(file).tree.is_err() {
                return Ok(self.compiled_module(full, &path, dirs));
            }
            self.compiled_sources.insert(file);
        }
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: Some(file),
            path: Some(path.to_string_lossy().into_owned()),
            dirs,
            kind: ModuleKind::Source,
            owner,
        });
        if let Some(package) = package {
            let name = self.names.package;
            let slot = Slot::sure(Value::str(package));
            self.heap.get_mut(module).attrs.insert(name, slot);
        }
        self.register(full, module);
        self.note_import(full, &self.shown(file), owner);
        let result = self.run_module(module, file, owner);
        if let Err(stop) = result {
            let modules = self.modules;
            if !matches!(stop, Stop::Complete)
                && let Kind::Dict(table) = &mut self.heap.get_mut(modules).kind
            {
                table.shift_remove(&Key::Str(full.into()));
            }
            return Err(stop);
        }
        self.heap.get_mut(module).open |= compiled;
        Ok(module)
    }

    /// A module whose file is larger than what is read: CPython runs it, whatever it does.
    fn unread_module(&mut self, full: &str, path: &Path, owner: Owner) -> Obj {
        let shown = path.strip_prefix(&self.root).unwrap_or(path).display();
        let why = format!("{shown} is larger than what is read of one file");
        self.unclear.get_or_insert(why);
        self.blur();
        let module = self.open_module(full, owner);
        self.register(full, module);
        module
    }

    /// Runs a module body.
    ///
    /// # Errors
    /// What it raises.
    pub fn run_module(&mut self, module: Obj, file: FileId, owner: Owner) -> R<()> {
        let source = self.source(file);
        let tree = match &source.tree {
            Ok(tree) => tree,
            Err(problem) => return Err(self.syntax_error(file, &problem.clone())),
        };
        self.prefetch_imports(&tree.body, file);
        let depth = self.frames.len();
        self.frames.push(Frame {
            kind: FrameKind::Module,
            module,
            file,
            owner,
            names: module,
            info: None,
            parent: None,
            name: "<module>".into(),
            offset: 0,
            class_cell: None,
            first_arg: None,
            handlers_below: self.handlers.len(),
            doubt: self.doubt,
        });
        if let Some(ast::Stmt::Expr(first)) = tree.body.first()
            && let ast::Expr::StringLiteral(doc) = first.value.as_ref()
        {
            let name = self.names.doc;
            self.heap
                .get_mut(module)
                .attrs
                .insert(name, Slot::sure(Value::str(doc.value.to_str())));
        }
        // A module that a call of a library imports has a budget of its own: it is imported once,
        // whoever is the first to want it.
        let (limit, steps, modules) = (self.step_limit, self.steps, self.module_steps);
        self.step_limit = self.max_steps;
        let in_doubt = std::mem::replace(&mut self.in_doubt, DoubtLimit::NONE);
        let (opaque, failed) = (self.opaque, self.failed_ways + self.forgiven);
        let result = self.block(&tree.body);
        // What is not known of an installed module's own work is no reason to think that its
        // import fails; a way through it that raises is.
        if owner != Owner::Project && self.failed_ways + self.forgiven == failed {
            self.opaque = opaque;
        }
        self.in_doubt = in_doubt;
        let spent = self.steps - steps;
        self.module_steps = modules + spent;
        self.step_limit = limit.saturating_add(spent).min(self.max_steps);
        self.frames.truncate(depth);
        result?;
        if let Kind::Module { state, .. } = &mut self.heap.get_mut(module).kind {
            *state = ModuleState::Done;
        }
        let complete = DYNAMIC_BUT_KNOWN.contains(&&*self.module_name(module));
        if owner == Owner::Stdlib
            && !complete
            && crate::python::scope::binds_dynamically(&tree.body)
        {
            self.heap.get_mut(module).open = true;
        }
        self.module_finished(module);
        Ok(())
    }

    pub(super) fn syntax_error(
        &mut self,
        file: FileId,
        problem: &crate::python::syntax::SyntaxProblem,
    ) -> Stop {
        // As a traceback prints it: place and text stand on lines of their own.
        let message = problem.message.clone();
        let line = problem
            .line
            .map_or(0, |line| line.saturating_sub(1) as usize);
        let line = self.source(file).text.lines().nth(line).unwrap_or_default();
        // The line itself may hold a secret; the markers of a merge do not.
        let text = CONFLICT_MARKERS
            .into_iter()
            .find(|marker| line.starts_with(marker))
            .unwrap_or(&problem.message);
        match self.fault(problem.kind, &message, "syntax-error", &[("text", text)]) {
            Stop::Raise(mut raised) => {
                if let Some(line) = problem.line {
                    raised.frames.push(crate::python::raise::TraceFrame {
                        file,
                        offset: 0,
                        name: "<syntax>".into(),
                        line: Some(line),
                    });
                }
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// Remembers that a module was entered, for `facts --imports`.
    pub(super) fn note_import(&mut self, full: &str, file: &str, owner: Owner) {
        let importer = self
            .frames
            .iter()
            .rev()
            .find(|f| f.file != FileId(u32::MAX))
            .map(|f| ChainLink {
                module: self.module_name(f.module).to_string(),
                path: self.shown(f.file),
                line: self.source(f.file).line(f.offset),
            });
        let depth = self
            .frames
            .iter()
            .filter(|f| f.kind == FrameKind::Module)
            .count();
        self.import_index
            .insert(full.into(), self.seen.imports.len());
        self.seen.imports.push(ImportFact {
            module: full.to_owned(),
            file: file.to_owned(),
            importer,
            depth: u32::try_from(depth.saturating_sub(1)).unwrap_or(u32::MAX),
            times: 1,
            project: owner == Owner::Project,
        });
    }

    pub(super) fn count_import(&mut self, full: &str) {
        if let Some(at) = self.import_index.get(full)
            && let Some(fact) = self.seen.imports.get_mut(*at)
        {
            fact.times += 1;
        }
    }

    /// Name of the module that a file was executed as.
    pub fn module_of_file(&self, file: FileId) -> String {
        let named =
            match &self.heap.get(self.modules).kind {
                Kind::Dict(table) => table.values().find_map(|(_, module)| {
                    match &self.heap.get(module.as_obj()?).kind {
                        Kind::Module { info, .. } if info.file == Some(file) => {
                            Some(info.name.to_string())
                        }
                        _ => None,
                    }
                }),
                _ => None,
            };
        named.unwrap_or_else(|| {
            let shown = self.shown(file);
            shown
                .trim_end_matches(".py")
                .trim_end_matches("/__init__")
                .replace('/', ".")
        })
    }
}

/// Modules of the standard library that bind names through `globals()` or the like, all of which
/// the models account for: every name of `dir()` was held against 3.9, 3.11, 3.12 and 3.13.
const DYNAMIC_BUT_KNOWN: &[&str] = &[
    "argparse",
    "ast",
    "configparser",
    "contextlib",
    "copy",
    "dataclasses",
    "difflib",
    "enum",
    "functools",
    "getpass",
    "gettext",
    "hashlib",
    "inspect",
    "locale",
    "os",
    "pickle",
    "pkgutil",
    "plistlib",
    "re",
    "runpy",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "tarfile",
    "tempfile",
    "timeit",
    "token",
    "trace",
    "types",
    "typing",
    "warnings",
];
