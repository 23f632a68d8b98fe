//! Models of the standard library: what its functions and classes do where the simulator does not
//! follow their bodies.
//!
//! Two ways to say it: an [`Entry`](super::Entry) runs in place of a function's body (its
//! signature still counts); an [`Overlay`] replaces what a module has bound once it is loaded.

mod asyncio;
mod copying;
mod dataclasses;
mod datetime;
mod files;
mod forms;
mod functools;
mod generated;
mod importlib;
mod itertools;
mod json;
mod logconfig;
mod logging;
mod os;
mod pathlib;
mod paths;
pub mod pattern;
mod process;
mod reading;
mod records;
mod sys;
pub mod tasks;
mod typing;

use super::Entry;
use super::compiled::native_def;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::Native;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Slot, Value};

/// What stands for a name of a loaded module.
pub enum Over {
    /// A function or method.
    Function(Native),
    /// A property.
    Getter(Native),
    /// A class method.
    ClassMethod(Native),
    /// `__new__` or another static method.
    Static(Native),
    /// A special form of `typing`.
    Form(&'static str),
    /// A value.
    Value(fn(&mut Interp<'_>) -> Value),
}

/// One line of an overlay table: module, name or `Class.name`, what stands for it.
pub type Overlay = (&'static str, &'static str, Over);

/// Tables of models that run in place of bodies.
pub const ENTRIES: &[&[Entry]] = &[
    asyncio::ENTRIES,
    copying::ENTRIES,
    dataclasses::ENTRIES,
    datetime::ENTRIES,
    files::ENTRIES,
    forms::ENTRIES,
    functools::ENTRIES,
    importlib::ENTRIES,
    itertools::ENTRIES,
    json::ENTRIES,
    logconfig::ENTRIES,
    logging::ENTRIES,
    os::ENTRIES,
    pattern::ENTRIES,
    process::ENTRIES,
    reading::ENTRIES,
    records::ENTRIES,
    sys::ENTRIES,
    tasks::ENTRIES,
    typing::ENTRIES,
];

const OVERLAYS: &[&[Overlay]] = &[
    functools::OVERLAYS,
    importlib::OVERLAYS,
    os::OVERLAYS,
    pathlib::OVERLAYS,
    paths::OVERLAYS,
    pattern::OVERLAYS,
    typing::FORMS,
    typing::ALIASES,
    typing::LIBRARY_ALIASES,
    super::enums::OVERLAYS,
];

pub use asyncio::run_inside_loop;
pub use files::{file_text, open as open_file};

/// Nobody knows the result; the call may raise.
pub fn unknown(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.escape(&args);
    Ok(interp.unknown())
}

impl<'a> Interp<'a> {
    /// Replaces what a module has bound by the models for it.
    pub(in crate::python) fn overlay(&mut self, full: &str, module: Obj) {
        for table in OVERLAYS {
            for (_, path, over) in table.iter().filter(|(m, _, _)| *m == full) {
                let (owner, name) = match path.split_once('.') {
                    None => (Some(module), *path),
                    Some((class, name)) => {
                        let class = self.sym(class);
                        let slot = self.heap.get(module).attrs.get(&class);
                        (slot.and_then(|s| s.value.as_obj()), name)
                    }
                };
                let Some(owner) = owner else { continue };
                // What a version does not have does not come into being.
                let key = self.sym(name);
                let inherited = name.starts_with("__") || path.contains('.');
                if !inherited && !self.heap.get(owner).attrs.contains_key(&key) {
                    continue;
                }
                let value = self.over(name, over);
                let name = self.sym(name);
                self.heap
                    .get_mut(owner)
                    .attrs
                    .insert(name, Slot::sure(value));
            }
        }
    }

    fn over(&mut self, name: &str, over: &Over) -> Value {
        let native = |i: &mut Self, run: Native| {
            Value::Obj(i.heap.alloc(Kind::Native(native_def(name, run))))
        };
        let kind = match over {
            Over::Function(run) => return native(self, *run),
            Over::Getter(run) => Kind::Property {
                get: native(self, *run),
                set: Value::None,
            },
            Over::ClassMethod(run) => Kind::ClassMethod(native(self, *run)),
            Over::Static(run) => Kind::StaticMethod(native(self, *run)),
            Over::Form(name) => Kind::Form {
                name,
                origin: Value::None,
                args: std::rc::Rc::from([]),
            },
            Over::Value(make) => return make(self),
        };
        Value::Obj(self.heap.alloc(kind))
    }
}
