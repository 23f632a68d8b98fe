//! Names of modules: `from m import n`, star imports, attributes, and the errors of all three.

use ruff_text_size::Ranged;

use crate::python::interp::{FrameKind, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{FileId, Kind, Obj, Slot, Sym, Value};

impl<'a> Interp<'a> {
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
    pub(super) fn find_attribute_for_import(
        &mut self,
        module: &Value,
        name: Sym,
    ) -> R<Option<Value>> {
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

    pub(super) fn cannot_import(&mut self, module: Obj, module_name: &str, name: &str) -> Stop {
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
    pub(super) fn cycle_to(&self, module: Obj) -> Vec<String> {
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
    pub(super) fn cycle_lines(&mut self, module: Obj, name: &str) -> Option<(String, String)> {
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
            crate::python::scope::ScopeInfo::class(&mut self.interner, std::slice::from_ref(*stmt))
                .locals
                .contains(&wanted)
        });
        let bound = bound
            .map(|s| source.line(s.start().to_u32()).to_string())
            .unwrap_or_default();
        Some((bound, reached))
    }

    /// `from package import name`: the submodule is imported when the package has no such name.
    pub(super) fn ensure_submodule(&mut self, module: &Value, name: &str) -> R<()> {
        let Some(obj) = module.as_obj() else {
            return Ok(());
        };
        if !self.heap.get(obj).attrs.contains_key(&self.names.path) {
            return Ok(());
        }
        let sym = self.sym(name);
        let known = self.heap.get(obj).attrs.contains_key(&sym);
        if known {
            return Ok(());
        }
        let attribute = self.find_attribute_for_import(module, sym)?;
        if attribute.as_ref().is_some_and(|v| !v.is_unknown()) {
            return Ok(());
        }
        let Some(package) = self.package_name(obj) else {
            self.blur();
            return Ok(());
        };
        let full = format!("{package}.{name}");
        // The package may have the name already; only a file says that it is a submodule.
        let maybe_bound = attribute.is_some() || self.heap.get(obj).open;
        if maybe_bound && self.can_find(&full) != Some(true) {
            self.blur();
            return Ok(());
        }
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

    /// `__name__` of what a program put into `sys.modules`: a module, or an object in its place.
    fn package_name(&self, module: Obj) -> Option<String> {
        let cell = self.heap.get(module);
        if let Kind::Module { info, .. } = &cell.kind {
            return Some(info.name.to_string());
        }
        match cell.attrs.get(&self.names.name) {
            Some(slot) if slot.sure => slot.value.as_str().map(ToOwned::to_owned),
            _ => None,
        }
    }

    /// `from module import *`
    pub(super) fn star_import(&mut self, module: &Value) -> R<()> {
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
                        None => {
                            let stop = self.no_module_attribute(obj, name);
                            return Err(Self::as_star_import(stop));
                        }
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

    /// A name of `__all__` that is not there, unless the reason is a cycle.
    fn as_star_import(stop: Stop) -> Stop {
        match &stop {
            Stop::Raise(raised) if raised.kind == "attribute-error" => {
                Self::rekind(stop, "star-import", &[])
            }
            _ => stop,
        }
    }

    pub(super) fn star_public(&mut self, module: Obj) {
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
    pub(in crate::python) fn module_attribute(
        &mut self,
        module: Obj,
        name: Sym,
    ) -> R<Option<Value>> {
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
            let args = crate::python::call::Args::positional(vec![text]);
            if !open {
                return self.call(&method, args).map(Some);
            }
            // The name may be bound after all: then `__getattr__` is never asked.
            return match self.catching(&["AttributeError"], |i| i.call(&method, args)) {
                Err(Stop::Raise(_)) => Ok(Some(self.unknown())),
                other => other.map(Some),
            };
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
    pub(in crate::python) fn no_module_attribute(&mut self, module: Obj, name: Sym) -> Stop {
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
}
