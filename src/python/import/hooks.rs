//! `sys.meta_path`: finders that the program itself puts there are asked as CPython asks them.
//!
//! Knows the protocol of finders and loaders, not where files are. Source: language reference
//! section 5.3, `Lib/importlib/_bootstrap.py` (`_find_spec`, `_load_unlocked`).

use crate::model::Undecided;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{FileId, Kind, Obj, Owner, Slot, Value};

/// What the program's own finders say to a name that no file answers.
pub(super) enum Hooked {
    /// None of them knows it, or there are none.
    No,
    /// One of them may know it.
    Unknown,
    /// The module that one of them gave.
    Module(Value),
}

/// The three that CPython starts with.
const STANDARD: [&str; 3] = ["BuiltinImporter", "FrozenImporter", "PathFinder"];

const MEMO: &str = "sys.meta_path";

impl<'a> Interp<'a> {
    /// The list `sys.meta_path`, made when first asked for.
    pub(in crate::python) fn meta_path(&mut self) -> Obj {
        if let Some(Value::Obj(list)) = self.memo.get(MEMO) {
            return *list;
        }
        let object = self.builtins.object_class;
        let finders = STANDARD
            .iter()
            .map(|name| {
                let class = self.synthetic_class("_frozen_importlib", name, object);
                self.heap.get_mut(class).open = true;
                Value::Obj(class)
            })
            .collect();
        let list = self.heap.alloc(Kind::List(finders));
        self.memo.insert(MEMO.to_owned(), Value::Obj(list));
        list
    }

    /// Asks the program's own finders for a module.
    ///
    /// # Errors
    /// What a finder or its loader raises.
    pub(super) fn find_by_hook(&mut self, full: &str, package: Option<Obj>) -> R<Hooked> {
        let Some(Value::Obj(list)) = self.memo.get(MEMO).cloned() else {
            return Ok(Hooked::No);
        };
        let cell = self.heap.get(list);
        let Kind::List(finders) = &cell.kind else {
            return Ok(Hooked::Unknown);
        };
        let mut answer = if cell.open {
            Hooked::Unknown
        } else {
            Hooked::No
        };
        for finder in finders.clone() {
            if self.is_standard_finder(&finder) {
                continue;
            }

            match self.ask_finder(&finder, full, package)? {
                Hooked::No => {}
                Hooked::Unknown => answer = Hooked::Unknown,
                Hooked::Module(module) => return Ok(Hooked::Module(module)),
            }
        }
        Ok(answer)
    }

    fn is_standard_finder(&self, finder: &Value) -> bool {
        STANDARD.iter().any(|name| {
            let memo = format!("class _frozen_importlib.{name}");
            match (self.memo.get(&memo), finder) {
                (Some(Value::Obj(class)), Value::Obj(obj)) => class == obj,
                _ => false,
            }
        })
    }

    fn ask_finder(&mut self, finder: &Value, full: &str, package: Option<Obj>) -> R<Hooked> {
        let path = match package {
            Some(package) => {
                let name = self.names.path;
                self.attribute(&Value::Obj(package), name)?
            }
            None => Value::None,
        };
        let find_spec = self.sym("find_spec");
        if self.find_attribute(finder, find_spec)?.is_none() {
            return Ok(Hooked::No);
        }
        let args = [Value::str(full), path, Value::None];
        let spec = match self.call_named(finder, "find_spec", &args)? {
            Value::None => return Ok(Hooked::No),
            spec @ Value::Obj(_) => spec,
            _ => return Ok(Hooked::Unknown),
        };
        let loader = self.sym("loader");
        let loader = self.attribute(&spec, loader)?;
        if !matches!(loader, Value::Obj(_)) {
            return Ok(Hooked::Unknown);
        }
        let made = self.call_named(&loader, "create_module", std::slice::from_ref(&spec))?;
        let module = match made {
            Value::Obj(module) => module,
            // What `importlib.util.module_from_spec` makes for a loader that makes none itself.
            Value::None => self.open_module(full, Owner::ThirdParty),
            // It exists, and nothing more is known of it.
            _ => return Ok(Hooked::Module(Value::Unknown)),
        };
        self.register(full, module);
        self.call_named(&loader, "exec_module", &[Value::Obj(module)])?;
        Ok(Hooked::Module(
            self.loaded(full).unwrap_or(Value::Obj(module)),
        ))
    }

    fn call_named(&mut self, owner: &Value, name: &str, args: &[Value]) -> R<Value> {
        let name = self.sym(name);
        let method = self.attribute(owner, name)?;
        let args = Args {
            pos: args.to_vec(),
            ..Args::default()
        };
        self.call(&method, args)
    }

    /// A module may be there or not, depending on a hook of unknown effect: the verdict is open
    /// unless a handler takes both answers.
    pub(super) fn undecided_module(&mut self, full: &str) {
        let why = format!(
            "whether module '{full}' exists depends on an import hook whose effect is not known"
        );
        let error = self.builtins.exception("ModuleNotFoundError");
        let handled = {
            let exc = Value::Obj(self.instance(error));
            self.is_handled(&exc)
        };
        if self.doubt == 0 && !handled && self.unclear.is_none() {
            self.unclear = Some(why.clone());
        }
        let frame = self
            .frames
            .iter()
            .rev()
            .find(|f| f.file != FileId(u32::MAX));
        let place = frame.map(|f| {
            let span = self.alias_span.unwrap_or((f.offset, f.offset));
            self.place_of(f.file, span.0, span.1)
        });
        let entry = Undecided {
            subject: "startup".to_owned(),
            place,
            why,
        };
        if !self.seen.undecided.contains(&entry) {
            self.seen.undecided.push(entry);
        }
    }

    /// `__path__` of an object that stands for a package in `sys.modules`.
    pub(super) fn path_of_stand_in(&mut self, package: Obj) -> R<Option<Slot>> {
        let name = self.names.path;
        let found = self.find_attribute_for_import(&Value::Obj(package), name)?;
        Ok(found.map(Slot::sure))
    }
}
