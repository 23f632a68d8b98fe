//! Imports: statements, `sys.modules`, execution of module bodies, CPython's exact texts.
//!
//! Source: language reference section 5, `Lib/importlib/_bootstrap.py`, `Python/ceval.c`
//! (`import_from`), `Objects/moduleobject.c` (attribute errors of modules).

use std::path::PathBuf;
use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use crate::model::{ChainLink, ImportFact};

use super::finder::Found;
use super::interp::{Frame, FrameKind, Interp};
use super::raise::{Flow, R, Stop};
use super::value::{
    FileId, Key, Kind, ModuleInfo, ModuleKind, ModuleState, Obj, Owner, Slot, Sym, Value,
};

impl<'a> Interp<'a> {
    /// `import a.b.c [as d]`
    pub(super) fn import_statement(&mut self, s: &'a ast::StmtImport) -> R<Flow> {
        for alias in &s.names {
            self.at(s.start());
            self.import_alias_span(alias);
            let full = alias.name.as_str();
            let imported = self.import_name(full);
            self.alias_span = None;
            let leaf = imported?;
            match &alias.asname {
                None => {
                    let top = full.split('.').next().unwrap_or(full);
                    let module = self.loaded(top).unwrap_or(Value::Unknown);
                    let name = self.sym(top);
                    self.bind(name, module)?;
                }
                Some(asname) => {
                    let value = self.import_as(full, leaf)?;
                    let name = self.sym(asname);
                    self.bind(name, value)?;
                }
            }
        }
        Ok(Flow::Next)
    }

    /// `import a.b as c` reads `b` from `a`, with `sys.modules` as a fallback (3.7+).
    fn import_as(&mut self, full: &str, leaf: Value) -> R<Value> {
        let mut parts = full.split('.');
        let top = parts.next().unwrap_or(full);
        let mut value = if top == full {
            leaf
        } else {
            self.loaded(top).unwrap_or(Value::Unknown)
        };
        for part in parts {
            let name = self.sym(part);
            value = self.import_from(&value, name)?;
        }
        Ok(value)
    }

    fn import_alias_span(&mut self, alias: &'a ast::Alias) {
        self.alias_span = Some((alias.name.start().to_u32(), alias.name.end().to_u32()));
    }

    /// `from a import b`
    pub(super) fn import_from_statement(&mut self, s: &'a ast::StmtImportFrom) -> R<Flow> {
        self.at(s.start());
        let module = s.module.as_ref().map_or("", |m| m.as_str());
        let future = s.level == 0 && module == "__future__";
        if future && s.names.iter().any(|a| a.name.as_str() == "annotations") {
            let file = self.frame().file;
            self.future_annotations.insert(file);
        }
        if let Some(name) = &s.module {
            self.alias_span = Some((name.start().to_u32(), name.end().to_u32()));
        }
        let imported = self.import_target(module, s.level);
        self.alias_span = None;
        let module = imported?;
        if s.names.len() == 1 && s.names[0].name.as_str() == "*" {
            self.star_import(&module)?;
            return Ok(Flow::Next);
        }
        for alias in &s.names {
            self.at(s.start());
            self.import_alias_span(alias);
            let ensured = self.ensure_submodule(&module, &alias.name);
            self.alias_span = None;
            ensured?;
        }
        for (at, alias) in s.names.iter().enumerate() {
            self.at(s.start());
            self.import_alias_span(alias);
            let name = self.sym(&alias.name);
            let found = self.import_from(&module, name);
            self.alias_span = None;
            let value = match found {
                Ok(value) => value,
                Err(stop) => {
                    self.bind_the_rest(&module, &s.names[at + 1..]);
                    return Err(stop);
                }
            };
            let target = self.sym(alias.asname.as_ref().unwrap_or(&alias.name));
            self.bind(target, value)?;
        }
        Ok(Flow::Next)
    }

    /// After a failed name: the others that exist are bound, so that the walk can go on. In
    /// CPython the statement has failed, and nobody sees the difference unless it was handled.
    fn bind_the_rest(&mut self, module: &Value, rest: &'a [ast::Alias]) {
        if self.doubt > 0 || !self.handlers.is_empty() {
            return;
        }
        for alias in rest {
            let name = self.sym(&alias.name);
            if let Ok(Some(value)) = self.find_attribute(module, name) {
                let target = self.sym(alias.asname.as_ref().unwrap_or(&alias.name));
                let _ = self.bind(target, value);
            }
        }
    }

    /// The module that a from-import reads.
    fn import_target(&mut self, module: &str, level: u32) -> R<Value> {
        if level == 0 {
            return self.import_name(module);
        }
        let full = self.resolve_relative(module, level)?;
        self.import_name(&full)
    }

    /// Absolute name of a relative import.
    ///
    /// # Errors
    /// `ImportError` when there is no package to be relative to.
    pub fn resolve_relative(&mut self, module: &str, level: u32) -> R<String> {
        let package = self.current_package();
        let Some(package) = package.filter(|p| !p.is_empty()) else {
            return Err(self.fault(
                "ImportError",
                "attempted relative import with no known parent package",
                "relative-import",
                &[("module", module)],
            ));
        };
        let parts: Vec<&str> = package.split('.').collect();
        let up = level as usize - 1;
        if up >= parts.len() {
            return Err(self.fault(
                "ImportError",
                "attempted relative import beyond top-level package",
                "relative-import",
                &[("module", module)],
            ));
        }
        let base = parts[..parts.len() - up].join(".");
        Ok(if module.is_empty() {
            base
        } else {
            format!("{base}.{module}")
        })
    }

    fn current_package(&self) -> Option<String> {
        let module = self.frame().module;
        let cell = self.heap.get(module);
        match cell.attrs.get(&self.names.package).map(|s| &s.value) {
            Some(Value::Str(s)) => Some(s.text.to_string()),
            _ => None,
        }
    }

    /// A module in `sys.modules`.
    pub fn loaded(&mut self, full: &str) -> Option<Value> {
        let Kind::Dict(table) = &self.heap.get(self.modules).kind else {
            return None;
        };
        table
            .get(&Key::Str(full.into()))
            .map(|(_, module)| module.clone())
    }

    /// An attribute of a loaded module, without side effects.
    pub fn loaded_attribute(&mut self, module: &str, name: &str) -> Option<Value> {
        let module = self.loaded(module)?.as_obj()?;
        let name = self.sym(name);
        self.heap
            .get(module)
            .attrs
            .get(&name)
            .map(|s| s.value.clone())
    }

    /// Imports a module by its full name and returns it (not its top-level package).
    ///
    /// # Errors
    /// `ModuleNotFoundError`, or what executing it raises.
    pub fn import_name(&mut self, full: &str) -> R<Value> {
        self.tick()?;
        if let Some(module) = self.loaded(full) {
            self.count_import(full);
            if matches!(module, Value::None) {
                let message = format!("import of {full} halted; None in sys.modules");
                return Err(self.fault(
                    "ModuleNotFoundError",
                    &message,
                    "module-not-found",
                    &[("name", full)],
                ));
            }
            return Ok(module);
        }
        let Some((parent, child)) = full.rsplit_once('.') else {
            let dirs = self.search_path();
            return self.load_module(full, full, Some(dirs), None);
        };
        let package = self.import_name(parent)?;
        if let Some(module) = self.loaded(full) {
            return Ok(module);
        }
        let Some(package_obj) = package.as_obj() else {
            return Ok(self.unknown());
        };
        match self.package_dirs(package_obj) {
            Dirs::Known(dirs) => self.load_module(full, child, Some(dirs), Some(package_obj)),
            Dirs::Unknown => self.load_module(full, child, None, Some(package_obj)),
            Dirs::NoPackage => {
                let message = format!("No module named '{full}'; '{parent}' is not a package");
                Err(self.not_found(&message, full))
            }
        }
    }

    /// Would an import find a module (whose parent is loaded)? `None` when that is not known.
    pub(super) fn can_find(&mut self, full: &str) -> Option<bool> {
        if self.loaded(full).is_some() || self.mapped.contains_key(full) {
            return Some(true);
        }
        let (dirs, simple) = match full.rsplit_once('.') {
            None => (Dirs::Known(self.search_path()), full),
            Some((parent, simple)) => match self.loaded(parent).and_then(|p| p.as_obj()) {
                Some(package) => (self.package_dirs(package), simple),
                None => return None,
            },
        };
        match dirs {
            Dirs::Unknown => None,
            Dirs::NoPackage => Some(false),
            Dirs::Known(_) if !full.contains('.') && self.is_builtin_module(full) => Some(true),
            Dirs::Known(dirs) if self.finder.find_in(&dirs, simple).is_some() => Some(true),
            Dirs::Known(_) => {
                let partial = self.project.python.stdlib.is_none()
                    || self.project.python.site_dirs.is_empty();
                if self.open_path || partial {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }

    /// `sys.path` as directories.
    fn search_path(&mut self) -> Vec<PathBuf> {
        let Kind::List(items) = &self.heap.get(self.sys_path).kind else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(Value::as_str)
            .map(|s| {
                if s.is_empty() {
                    self.cwd.clone()
                } else {
                    self.cwd.join(s)
                }
            })
            .collect()
    }

    fn package_dirs(&self, package: Obj) -> Dirs {
        let cell = self.heap.get(package);
        let Kind::Module { info, .. } = &cell.kind else {
            return Dirs::Unknown;
        };
        match cell.attrs.get(&self.names.path) {
            Some(slot) if slot.sure => match &slot.value {
                Value::Obj(list) => match &self.heap.get(*list).kind {
                    Kind::List(items) if !self.heap.get(*list).open => {
                        let dirs: Option<Vec<PathBuf>> = items
                            .iter()
                            .map(|v| v.as_str().map(|s| self.cwd.join(s)))
                            .collect();
                        dirs.map_or(Dirs::Unknown, Dirs::Known)
                    }
                    _ => Dirs::Unknown,
                },
                _ => Dirs::Unknown,
            },
            Some(_) => Dirs::Unknown,
            None if cell.open || matches!(info.kind, ModuleKind::Extension) => Dirs::Unknown,
            None if info.kind == ModuleKind::Builtin && info.dirs.is_some() => Dirs::Unknown,
            None => Dirs::NoPackage,
        }
    }

    fn not_found(&mut self, message: &str, full: &str) -> Stop {
        let importer = self.module_name(self.frame().module);
        let slots = [("name", full), ("importer", &*importer)];
        let span = self.alias_span;
        match self.fault("ModuleNotFoundError", message, "module-not-found", &slots) {
            Stop::Raise(mut raised) => {
                raised.span = span;
                let (name, text) = (self.names.name_attr, Value::str(full));
                if let Some(obj) = raised.exc.as_obj() {
                    self.heap.get_mut(obj).attrs.insert(name, Slot::sure(text));
                }
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// Finds and executes a module that is not loaded.
    fn load_module(
        &mut self,
        full: &str,
        simple: &str,
        dirs: Option<Vec<PathBuf>>,
        package: Option<Obj>,
    ) -> R<Value> {
        let found = match (&dirs, package) {
            (_, None) if self.is_builtin_module(full) => {
                let module = self.builtin_module(full);
                self.finish_import(full, package, module);
                return Ok(Value::Obj(module));
            }
            (Some(dirs), _) => self.finder.find_in(dirs, simple),
            (None, _) => None,
        };
        let module = match found {
            Some(Found::Source(file)) => self.execute_file(full, file, None)?,
            Some(Found::Package {
                file: Some(file),
                dir,
            }) => self.execute_file(full, file, Some(vec![dir]))?,
            Some(Found::Package { file: None, dir }) => {
                self.compiled_module(full, &dir.clone(), Some(vec![dir]))
            }
            Some(Found::Extension(file)) => self.compiled_module(full, &file, None),
            Some(Found::Namespace { dirs }) => self.namespace_module(full, dirs),
            None => match self.mapped_module(full)? {
                Some(module) => module,
                None => match self.substitute(full, dirs.is_none()) {
                    Some(module) => module,
                    None => return Err(self.not_found(&format!("No module named '{full}'"), full)),
                },
            },
        };
        // A body may replace itself in sys.modules; what is there is what the import gives.
        let value = self.loaded(full).unwrap_or(Value::Obj(module));
        if let Some(package) = package {
            let name = self.sym(simple);
            self.heap
                .get_mut(package)
                .attrs
                .insert(name, Slot::sure(value.clone()));
        }
        Ok(value)
    }

    fn finish_import(&mut self, full: &str, package: Option<Obj>, module: Obj) {
        self.register(full, module);
        if let (Some(package), Some((_, simple))) = (package, full.rsplit_once('.')) {
            let name = self.sym(simple);
            self.heap
                .get_mut(package)
                .attrs
                .insert(name, Slot::sure(Value::Obj(module)));
        }
    }

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
    fn substitute(&mut self, full: &str, path_unknown: bool) -> Option<Obj> {
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
        let info = ModuleInfo {
            name: full.into(),
            file: None,
            path: None,
            dirs: None,
            kind: ModuleKind::Extension,
            owner: if stdlib {
                Owner::Stdlib
            } else {
                Owner::ThirdParty
            },
        };
        let module = self.new_module(info);
        self.heap.get_mut(module).open = true;
        self.register(full, module);
        Some(module)
    }

    /// `__spec__`: the names that code reads from it; anything else is not known.
    fn module_spec(&mut self, info: &ModuleInfo, package: &str) -> Value {
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
        let mut attrs = super::value::Namespace::default();
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
        self.heap.alloc_cell(super::value::Cell {
            kind: Kind::Module {
                info: Rc::new(info),
                state,
            },
            attrs,
            open,
        })
    }

    fn compiled_module(
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

    fn namespace_module(&mut self, full: &str, dirs: Vec<PathBuf>) -> Obj {
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
        let owner = self.owner_of(&path);
        let Some(file) = self.file(&path, owner) else {
            let message = format!("[Errno 13] Permission denied: '{}'", path.display());
            return Err(self.error("PermissionError", &message));
        };
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: Some(file),
            path: Some(path.to_string_lossy().into_owned()),
            dirs,
            kind: ModuleKind::Source,
            owner,
        });
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
        Ok(module)
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
        let result = self.block(&tree.body);
        self.frames.truncate(depth);
        result?;
        if let Kind::Module { state, .. } = &mut self.heap.get_mut(module).kind {
            *state = ModuleState::Done;
        }
        let complete = DYNAMIC_BUT_KNOWN.contains(&&*self.module_name(module));
        if owner == Owner::Stdlib && !complete && super::scope::binds_dynamically(&tree.body) {
            self.heap.get_mut(module).open = true;
        }
        self.module_finished(module);
        Ok(())
    }

    fn syntax_error(&mut self, file: FileId, problem: &super::syntax::SyntaxProblem) -> Stop {
        // As a traceback prints it: place and text stand on lines of their own.
        let message = problem.message.clone();
        match self.fault(
            problem.kind,
            &message,
            "syntax-error",
            &[("text", &problem.message)],
        ) {
            Stop::Raise(mut raised) => {
                if let Some(line) = problem.line {
                    raised.frames.push(super::raise::TraceFrame {
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

    /// The name behind `from module import name`.
    ///
    /// # Errors
    /// `ImportError` with CPython's text.
    pub fn import_from(&mut self, module: &Value, name: Sym) -> R<Value> {
        if let Some(found) = self.find_attribute_for_import(module, name)? {
            return Ok(found);
        }
        let text = self.interner.name(name);
        let Some(obj) = module.as_obj() else {
            return Ok(self.unknown());
        };
        let module_name = match self
            .heap
            .get(obj)
            .attrs
            .get(&self.names.name)
            .map(|s| &s.value)
        {
            Some(Value::Str(s)) => s.text.to_string(),
            _ => return Ok(self.unknown()),
        };
        if let Some(loaded) = self.loaded(&format!("{module_name}.{text}")) {
            return Ok(loaded);
        }
        Err(self.cannot_import(obj, &module_name, &text))
    }

    /// As `getattr`, where an `AttributeError` from a module `__getattr__` counts as absence.
    fn find_attribute_for_import(&mut self, module: &Value, name: Sym) -> R<Option<Value>> {
        match self.catching(&["AttributeError"], |i| i.find_attribute(module, name)) {
            Err(Stop::Raise(raised)) => {
                let class = self.builtins.exception("AttributeError");
                match self.exception_matches(&raised.exc, &Value::Obj(class)) {
                    Some(true) => Ok(None),
                    Some(false) => Err(Stop::Raise(raised)),
                    None => Ok(Some(self.unknown())),
                }
            }
            other => other,
        }
    }

    fn cannot_import(&mut self, module: Obj, module_name: &str, name: &str) -> Stop {
        let path = match self
            .heap
            .get(module)
            .attrs
            .get(&self.names.file)
            .map(|s| &s.value)
        {
            Some(Value::Str(s)) => Some(s.text.to_string()),
            _ => None,
        };
        let location = path
            .clone()
            .unwrap_or_else(|| "unknown location".to_owned());
        let running = self.is_running(module);
        let message = if running {
            format!(
                "cannot import name '{name}' from partially initialized module '{module_name}' (most likely due to a circular import) ({location})"
            )
        } else {
            format!("cannot import name '{name}' from '{module_name}' ({location})")
        };
        let kind = if running {
            "circular-import"
        } else {
            "import-name"
        };
        let mut slots = vec![
            ("name", name),
            ("module", module_name),
            ("module.file", location.as_str()),
        ];
        let lines = running.then(|| self.cycle_lines(module, name)).flatten();
        let (bound, reached) = lines.unwrap_or_default();
        if running {
            slots.push(("bound_line", &bound));
            slots.push(("reached_line", &reached));
        }
        let span = self.alias_span;
        let cycle = if running {
            self.cycle_to(module)
        } else {
            Vec::new()
        };
        match self.fault("ImportError", &message, kind, &slots) {
            Stop::Raise(mut raised) => {
                raised.span = span;
                raised.cycle = cycle;
                let (name_key, value) = (self.names.name_attr, Value::str(module_name));
                if let Some(obj) = raised.exc.as_obj() {
                    self.heap
                        .get_mut(obj)
                        .attrs
                        .insert(name_key, Slot::sure(value));
                }
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// Modules from a running one to the code that runs, and back to it.
    fn cycle_to(&self, module: Obj) -> Vec<String> {
        let modules: Vec<Obj> = self
            .frames
            .iter()
            .filter(|f| f.kind == FrameKind::Module && f.file != FileId(u32::MAX))
            .map(|f| f.module)
            .collect();
        let Some(at) = modules.iter().position(|m| *m == module) else {
            return Vec::new();
        };
        let mut cycle: Vec<String> = modules[at..]
            .iter()
            .map(|m| self.module_name(*m).to_string())
            .collect();
        cycle.dedup();
        cycle.push(self.module_name(module).to_string());
        cycle
    }

    /// Where a running module would bind a name, and how far it has come.
    fn cycle_lines(&mut self, module: Obj, name: &str) -> Option<(String, String)> {
        let frame = self
            .frames
            .iter()
            .find(|f| f.kind == FrameKind::Module && f.module == module)?;
        let (file, offset) = (frame.file, frame.offset);
        let source = self.source(file);
        let reached = source.line(offset).to_string();
        let tree = source.tree.as_ref().ok()?;
        let wanted = self.sym(name);
        let bound = tree.body.iter().find(|stmt| {
            super::scope::ScopeInfo::class(&mut self.interner, std::slice::from_ref(*stmt))
                .locals
                .contains(&wanted)
        });
        let bound = bound
            .map(|s| source.line(s.start().to_u32()).to_string())
            .unwrap_or_default();
        Some((bound, reached))
    }

    /// `from package import name`: the submodule is imported when the package has no such name.
    fn ensure_submodule(&mut self, module: &Value, name: &str) -> R<()> {
        let Some(obj) = module.as_obj() else {
            return Ok(());
        };
        if !self.heap.get(obj).attrs.contains_key(&self.names.path) {
            return Ok(());
        }
        let sym = self.sym(name);
        let known = self.heap.get(obj).attrs.contains_key(&sym);
        if known
            || self
                .find_attribute_for_import(module, sym)?
                .is_some_and(|v| !v.is_unknown())
        {
            return Ok(());
        }
        let full = format!("{}.{name}", self.module_name(obj));
        match self.import_name(&full) {
            Ok(_) => Ok(()),
            Err(Stop::Raise(raised))
                if raised.slots.get("name") == Some(&full) && raised.kind == "module-not-found" =>
            {
                Ok(())
            }
            Err(stop) => Err(stop),
        }
    }

    /// `from module import *`
    fn star_import(&mut self, module: &Value) -> R<()> {
        let target = self.frame().names;
        let Some(obj) = module.as_obj() else {
            self.blur();
            self.heap.get_mut(target).open = true;
            return Ok(());
        };
        let all = self.names.all;
        let listed = self.heap.get(obj).attrs.get(&all).cloned();
        match listed {
            Some(slot) => {
                let names = if slot.sure {
                    self.items_of(&slot.value)?
                } else {
                    None
                };
                let Some(names) = names else {
                    self.blur();
                    self.heap.get_mut(target).open = true;
                    self.star_public(obj);
                    return Ok(());
                };
                for name in names {
                    let Some(text) = name.as_str() else { continue };
                    self.ensure_submodule(module, text)?;
                    let name = self.sym(text);
                    let value = match self.find_attribute(module, name)? {
                        Some(value) => value,
                        None => return Err(self.no_module_attribute(obj, name)),
                    };
                    self.bind(name, value)?;
                }
            }
            None => {
                if self.heap.get(obj).open {
                    self.blur();
                    self.heap.get_mut(target).open = true;
                }
                self.star_public(obj);
            }
        }
        Ok(())
    }

    fn star_public(&mut self, module: Obj) {
        let target = self.frame().names;
        let public: Vec<(Sym, Slot)> = self
            .heap
            .get(module)
            .attrs
            .iter()
            .filter(|(name, _)| !self.interner.name(**name).starts_with('_'))
            .map(|(n, s)| (*n, s.clone()))
            .collect();
        let cell = self.heap.get_mut(target);
        for (name, slot) in public {
            cell.attrs.insert(name, slot);
        }
    }

    /// Attribute of a module; `None` when it certainly has none.
    ///
    /// # Errors
    /// What a module `__getattr__` raises.
    pub(super) fn module_attribute(&mut self, module: Obj, name: Sym) -> R<Option<Value>> {
        let cell = self.heap.get(module);
        if let Some(slot) = cell.attrs.get(&name) {
            let slot = slot.clone();
            return Ok(Some(if slot.sure {
                slot.value
            } else {
                self.unknown()
            }));
        }
        if name == self.names.dict {
            return Ok(Some(self.module_dict(module)));
        }
        if name == self.names.class {
            return Ok(Some(Value::Obj(self.builtins.module_class)));
        }
        let open = cell.open;
        if let Some(slot) = cell.attrs.get(&self.names.getattr) {
            let method = slot.value.clone();
            let text = Value::str(&*self.interner.name(name));
            return self
                .call(&method, super::call::Args::positional(vec![text]))
                .map(Some);
        }
        if open {
            return Ok(Some(self.unknown()));
        }
        let class = self.builtins.module_class;
        if let Some((_, found, true)) = self.class_lookup(class, name) {
            return self
                .bind_descriptor(&found, Some(&Value::Obj(module)), class)
                .map(Some);
        }
        Ok(None)
    }

    /// `AttributeError` of a module, with the text of the simulated version.
    pub(super) fn no_module_attribute(&mut self, module: Obj, name: Sym) -> Stop {
        let text = self.interner.name(name);
        let module_name = self.module_name(module);
        let submodule_runs = match self.loaded(&format!("{module_name}.{text}")) {
            Some(Value::Obj(obj)) => self.is_running(obj).then_some(obj),
            _ => None,
        };
        let running = self.is_running(module);
        let (message, kind, cycle) = if running {
            (
                format!(
                    "partially initialized module '{module_name}' has no attribute '{text}' (most likely due to a circular import)"
                ),
                "circular-attribute",
                self.cycle_to(module),
            )
        } else if let Some(submodule) = submodule_runs.filter(|_| self.version >= (3, 11)) {
            (
                format!(
                    "cannot access submodule '{text}' of module '{module_name}' (most likely due to a circular import)"
                ),
                "circular-attribute",
                self.cycle_to(submodule),
            )
        } else {
            (
                format!("module '{module_name}' has no attribute '{text}'"),
                "attribute-error",
                Vec::new(),
            )
        };
        let span = self.span_hint.take().or(self.alias_span);
        let slots = [
            ("name", &*text),
            ("object", &*module_name),
            ("module", &*module_name),
        ];
        match self.fault("AttributeError", &message, kind, &slots) {
            Stop::Raise(mut raised) => {
                raised.span = span;
                raised.cycle = cycle;
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// Remembers that a module was entered, for `facts --imports`.
    fn note_import(&mut self, full: &str, file: &str, owner: Owner) {
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

    fn count_import(&mut self, full: &str) {
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

/// Where the submodules of a package are looked for.
enum Dirs {
    Known(Vec<PathBuf>),
    Unknown,
    NoPackage,
}

/// Modules of the standard library that bind names through `globals()`, all of which the models
/// of `os._exists` and `enum._convert_` account for (held against `dir()` by the tests).
const DYNAMIC_BUT_KNOWN: &[&str] = &["os", "socket", "signal", "ssl"];
