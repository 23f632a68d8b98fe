//! Tools that models share: reading arguments, versions, awaitable results, calling the body
//! that a model stands for.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, Obj, Payload, Slot, Table, Value};

impl<'a> Interp<'a> {
    /// Arguments of the running model by parameter name, defaults filled in.
    ///
    /// # Errors
    /// The `TypeError` of a call that does not fit the signature.
    pub fn bound(&mut self, args: &Args) -> R<Bound> {
        let Some(func) = self.hooked.last().cloned() else {
            return Ok(Bound::default());
        };
        let env = self.bind_arguments(&func, args.clone())?;
        Ok(Bound {
            env: Some(env),
            open: args.open,
        })
    }

    /// A parameter of a bound call; `Unknown` when it has no such parameter.
    pub fn parameter(&mut self, bound: &Bound, name: &str) -> Value {
        let name = self.sym(name);
        bound
            .env
            .and_then(|env| self.heap.get(env).attrs.get(&name).map(|s| s.value.clone()))
            .unwrap_or(Value::Unknown)
    }

    /// The `**keywords` of a bound call by the name of that parameter: name and value, and
    /// whether there may be more.
    pub fn keywords(&mut self, bound: &Bound, name: &str) -> (Vec<(String, Value)>, bool) {
        let value = self.parameter(bound, name);
        match self.table_of(&value) {
            Some((table, open)) => (
                table
                    .values()
                    .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
                    .collect(),
                open || bound.open,
            ),
            None => (Vec::new(), true),
        }
    }

    /// Version of an installed distribution (normalised name).
    pub fn dist_version(&self, name: &str) -> Option<&'a str> {
        self.project
            .distributions
            .get(name)
            .map(|d| d.version.as_str())
    }

    /// A module was imported whose name is not known.
    pub fn note_blind_import(&mut self) {
        self.memo.insert(BLIND_IMPORT.to_owned(), Value::Bool(true));
    }

    /// Were modules imported whose names are not known? They may define anything.
    pub fn blind(&self) -> bool {
        self.memo.contains_key(BLIND_IMPORT)
    }

    /// First three numbers of the version of a distribution; zeros when it is not known.
    pub fn dist_release(&self, name: &str) -> (u32, u32, u32) {
        self.dist_version(name).map_or((0, 0, 0), release)
    }

    /// Something that can be awaited and gives `value`.
    pub fn ready(&mut self, value: Value) -> Value {
        let class = match self.memo.get("class ready") {
            Some(Value::Obj(obj)) => *obj,
            _ => {
                let object = Value::Obj(self.builtins.object_class);
                let class = self.make_class("coroutine", "builtins", vec![object]);
                self.memo
                    .insert("class ready".to_owned(), Value::Obj(class));
                class
            }
        };
        let obj = self.instance(class);
        let name = self.sym(READY);
        self.heap.get_mut(obj).attrs.insert(name, Slot::sure(value));
        Value::Obj(obj)
    }

    /// What [`Interp::ready`] wrapped.
    pub fn ready_value(&mut self, obj: Obj) -> Option<Value> {
        let name = self.sym(READY);
        self.heap.get(obj).attrs.get(&name).map(|s| s.value.clone())
    }

    /// An attribute as it is stored on the object itself.
    pub fn own(&mut self, value: &Value, name: &str) -> Option<Value> {
        let obj = value.as_obj()?;
        let name = self.sym(name);
        self.heap.get(obj).attrs.get(&name).map(|s| {
            if s.sure {
                s.value.clone()
            } else {
                Value::Unknown
            }
        })
    }

    /// Stores an attribute on the object itself.
    pub fn store(&mut self, value: &Value, name: &str, new: Value) {
        if let Value::Obj(obj) = value {
            let name = self.sym(name);
            self.heap.get_mut(*obj).attrs.insert(name, Slot::sure(new));
        }
    }

    /// `getattr(value, name)`; `None` when it does not exist or reading it raises.
    pub fn get(&mut self, value: &Value, name: &str) -> Option<Value> {
        let name = self.sym(name);
        self.find_attribute(value, name).ok().flatten()
    }

    /// A dict with text keys.
    pub fn dict_of(&mut self, items: Vec<(String, Value)>) -> Value {
        let table: Table = items
            .into_iter()
            .filter_map(|(name, value)| {
                let key = Value::str(name);
                Some((Key::of(&key)?, (key, value)))
            })
            .collect();
        Value::Obj(self.heap.alloc(Kind::Dict(table)))
    }

    /// Is a class, or one of its ancestors, called `name` in `module`? Both as in a traceback.
    pub fn descends_from(&self, class: Obj, name: &str) -> bool {
        match &self.heap.get(class).kind {
            Kind::Class(data) => data.mro.iter().any(|c| self.class_name(*c) == name),
            _ => false,
        }
    }

    /// Class of an instance.
    pub fn class_of_instance(&self, value: &Value) -> Option<Obj> {
        match &self.heap.get(value.as_obj()?).kind {
            Kind::Instance { class, .. } => Some(*class),
            _ => None,
        }
    }

    /// Is a value an instance of the class with this qualified name, or of a subclass?
    pub fn is_a(&self, value: &Value, name: &str) -> bool {
        self.class_of_instance(value)
            .is_some_and(|class| self.descends_from(class, name))
    }

    /// Text behind a `str`, a subclass of `str` or a secret wrapper's plain value.
    pub fn plain_text(&self, value: &Value) -> Option<String> {
        match value {
            Value::Str(s) => Some(s.text.to_string()),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance {
                    payload: Payload::Value(Value::Str(s)),
                    ..
                } => Some(s.text.to_string()),
                _ => None,
            },
            _ => None,
        }
    }

    /// An instance of a class that is loaded, or a made-up one of that name; open, because its
    /// real attributes are not all modelled.
    pub fn library_object(&mut self, module: &str, class: &str) -> Value {
        let class = match self.loaded_attribute(module, class) {
            Some(Value::Obj(obj)) if self.is_class(obj) => obj,
            _ => {
                let object = self.builtins.object_class;
                self.synthetic_class(module, class, object)
            }
        };
        let obj = self.instance(class);
        self.heap.get_mut(obj).open = true;
        Value::Obj(obj)
    }

    /// The same exception with another kind and further slots.
    pub fn rekind(stop: Stop, kind: &'static str, slots: &[(&str, &str)]) -> Stop {
        match stop {
            Stop::Raise(mut raised) => {
                raised.kind = kind;
                for (name, value) in slots {
                    raised.slots.insert((*name).to_owned(), (*value).to_owned());
                }
                Stop::Raise(raised)
            }
            other => other,
        }
    }
}

/// Arguments of a call by parameter name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bound {
    env: Option<Obj>,
    /// Unknown keywords may have been given too.
    pub open: bool,
}

const READY: &str = "<ready>";
const BLIND_IMPORT: &str = "blind import";

/// First three numbers of a version.
pub fn release(version: &str) -> (u32, u32, u32) {
    let number = |part: &str| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    };
    let mut parts = version.split('.').map(number);
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
