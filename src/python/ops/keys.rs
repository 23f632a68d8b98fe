//! Keys of dicts and members of sets: what hashes by its value, and what by identity.

use crate::python::interp::Interp;
use crate::python::value::{Key, Kind, Obj, Owner, Payload, Value};

impl Interp<'_> {
    /// The key of a value. Instances of subclasses of `str`, `int` and the like stand for what
    /// they hold; all other objects stand for themselves, see [`Interp::hashes_by_value`].
    pub(in crate::python) fn hash_key(&self, value: &Value) -> Option<Key> {
        match value {
            Value::Obj(obj) => match self.held(*obj) {
                Some(inner) => Key::of(&inner),
                None => Key::of(value),
            },
            Value::Tuple(items) if items.iter().any(|i| matches!(i, Value::Obj(_))) => {
                let keys = items.iter().map(|item| match item {
                    Value::Tuple(_) => Key::of(item),
                    other => self.hash_key(other),
                });
                Some(Key::Tuple(keys.collect::<Option<_>>()?))
            }
            _ => Key::of(value),
        }
    }

    /// The plain value that an instance of a subclass holds and hashes like.
    fn held(&self, obj: Obj) -> Option<Value> {
        let Kind::Instance { class, payload } = &self.heap.get(obj).kind else {
            return None;
        };
        match payload {
            Payload::Value(Value::Obj(_)) | Payload::None | Payload::Base(_) => None,
            Payload::Value(_) if self.is_path(obj) || self.has_own_eq(*class) => None,
            Payload::Value(inner) => Some(inner.clone()),
        }
    }

    /// May another object be the same key? A date, a path, a frozen dataclass, `list[int]`.
    pub(in crate::python) fn hashes_by_value(&self, value: &Value) -> bool {
        match value {
            Value::Tuple(items) => items.iter().any(|item| match item {
                Value::Tuple(parts) => parts.iter().any(|p| matches!(p, Value::Obj(_))),
                other => self.hashes_by_value(other),
            }),
            Value::Obj(obj) => self.object_hashes_by_value(*obj),
            _ => false,
        }
    }

    fn object_hashes_by_value(&self, obj: Obj) -> bool {
        let class = match &self.heap.get(obj).kind {
            Kind::Instance { class, .. } => *class,
            Kind::Class(_) | Kind::Function(_) | Kind::Module { .. } | Kind::Native(_) => {
                return false;
            }
            // `typing.List`, not subscripted: there is one of each.
            Kind::Form { args, .. } if args.is_empty() => return false,
            // Frozen sets, bound methods, subscripted forms of `typing`.
            _ => return true,
        };
        if self.held(obj).is_some() {
            return false;
        }
        if self.is_path(obj) {
            return true;
        }
        // Compiled classes (dates, decimals) do not tell their methods; enumerations are mixed
        // from Python code.
        if let Kind::Class(data) = &self.heap.get(class).kind {
            let compiled = |c: &Obj| {
                *c != self.builtins.object_class
                    && matches!(&self.heap.get(*c).kind, Kind::Class(d) if d.builtin)
            };
            if data.owner == Owner::Stdlib || data.mro.iter().any(compiled) {
                return true;
            }
        }
        match self.class_lookup(class, self.names.eq) {
            Some((owner, _, _)) if owner == self.builtins.object_class => false,
            Some((owner, _, _)) => match &self.heap.get(owner).kind {
                // Columns and the like hash by identity whatever `==` makes.
                Kind::Class(data) => data.builtin || data.owner != Owner::ThirdParty,
                _ => true,
            },
            None => false,
        }
    }
}
