//! Imports: statements, `sys.modules`, execution of module bodies, CPython's exact texts.
//!
//! Source: language reference section 5, `Lib/importlib/_bootstrap.py`, `Python/ceval.c`
//! (`import_from`), `Objects/moduleobject.c` (attribute errors of modules).

mod hooks;
mod module;
mod names;

use std::path::PathBuf;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use self::hooks::Hooked;
use super::finder::Found;
use super::interp::Interp;
use super::raise::{Flow, R, Stop};
use super::value::{Key, Kind, ModuleKind, Obj, Slot, Value};

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
    pub fn loaded(&self, full: &str) -> Option<Value> {
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
        let dirs = if matches!(self.heap.get(package_obj).kind, Kind::Instance { .. }) {
            match self.path_of_stand_in(package_obj)? {
                Some(slot) => self.listed_dirs(&slot),
                None => Dirs::NoPackage,
            }
        } else {
            self.package_dirs(package_obj)
        };
        match dirs {
            Dirs::Known(dirs) => self.load_module(full, child, Some(dirs), Some(package_obj)),
            Dirs::Unknown => self.load_module(full, child, None, Some(package_obj)),
            Dirs::NoPackage if self.open_path => {
                self.load_module(full, child, None, Some(package_obj))
            }
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

    /// Where a module whose parents are loaded is found; `None` when that is not known, or
    /// nowhere.
    pub(super) fn found(&mut self, full: &str) -> Option<Found> {
        let (dirs, simple) = match full.rsplit_once('.') {
            None => (self.search_path(), full),
            Some((parent, simple)) => {
                let package = self.loaded(parent)?.as_obj()?;
                match self.package_dirs(package) {
                    Dirs::Known(dirs) => (dirs, simple),
                    _ => return None,
                }
            }
        };
        self.finder.find_in(&dirs, simple)
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
        match cell.attrs.get(&self.names.path) {
            Some(slot) => self.listed_dirs(slot),
            None => match &cell.kind {
                Kind::Module { info, .. } => {
                    let hidden = matches!(info.kind, ModuleKind::Extension)
                        || info.kind == ModuleKind::Builtin && info.dirs.is_some();
                    if cell.open || hidden {
                        Dirs::Unknown
                    } else {
                        Dirs::NoPackage
                    }
                }
                _ => Dirs::Unknown,
            },
        }
    }

    fn listed_dirs(&self, path: &Slot) -> Dirs {
        let Value::Obj(list) = &path.value else {
            return Dirs::Unknown;
        };
        match &self.heap.get(*list).kind {
            Kind::List(items) if path.sure && !self.heap.get(*list).open => {
                let dirs: Option<Vec<PathBuf>> = items
                    .iter()
                    .map(|v| v.as_str().map(|s| self.cwd.join(s)))
                    .collect();
                dirs.map_or(Dirs::Unknown, Dirs::Known)
            }
            _ => Dirs::Unknown,
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
                None => self.last_resort(full, dirs.is_none(), package)?,
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

    /// A module that is nowhere on the search path: import hooks may supply it, or what is known
    /// of the target may be incomplete.
    fn last_resort(&mut self, full: &str, path_unknown: bool, package: Option<Obj>) -> R<Obj> {
        let hooked = self.find_by_hook(full, package)?;
        if let Hooked::Module(Value::Obj(module)) = hooked {
            return Ok(module);
        }
        // The hook may have imported it under this very name.
        if let Some(Value::Obj(module)) = self.loaded(full) {
            return Ok(module);
        }
        let supplied = !matches!(hooked, Hooked::No);
        if matches!(hooked, Hooked::Unknown) || !supplied && self.open_path {
            self.undecided_module(full);
        }
        match self.substitute(full, path_unknown || supplied) {
            Some(module) => Ok(module),
            None => Err(self.not_found(&format!("No module named '{full}'"), full)),
        }
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
}

/// Where the submodules of a package are looked for.
enum Dirs {
    Known(Vec<PathBuf>),
    Unknown,
    NoPackage,
}
