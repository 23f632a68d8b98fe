//! Writing attributes, and the errors of missing ones.

use std::rc::Rc;

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, ModuleState, Obj, Slot, Sym, Value};

impl<'a> Interp<'a> {
    /// `AttributeError` with CPython's text.
    pub(in crate::python) fn no_attribute(&mut self, value: &Value, name: Sym) -> Stop {
        let text = self.interner.name(name);
        if let Value::Obj(obj) = value {
            if matches!(self.heap.get(*obj).kind, Kind::Module { .. }) {
                return self.no_module_attribute(*obj, name);
            }
            if self.is_class(*obj) {
                let class = self.class_short_name(*obj);
                return self.attribute_error(
                    &format!("type object '{class}' has no attribute '{text}'"),
                    &class,
                    &text,
                );
            }
            if let Kind::Super { .. } = self.heap.get(*obj).kind {
                return self.attribute_error(
                    &format!("'super' object has no attribute '{text}'"),
                    "super",
                    &text,
                );
            }
        }
        let kind = self.type_name(value);
        self.attribute_error(
            &format!("'{kind}' object has no attribute '{text}'"),
            &kind,
            &text,
        )
    }

    pub(super) fn attribute_error(&mut self, message: &str, object: &str, name: &str) -> Stop {
        let span = self.span_hint.take();
        match self.fault(
            "AttributeError",
            message,
            "attribute-error",
            &[("object", object), ("name", name)],
        ) {
            Stop::Raise(mut raised) => {
                raised.span = span;
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// `value.__dict__ = new`: what the dict is given later is an attribute too, so more may follow.
    fn replace_attributes(&mut self, obj: Obj, new: &Value) {
        let items: Vec<(String, Value)> = self.table_of(new).map_or(Vec::new(), |(table, _)| {
            table
                .values()
                .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
                .collect()
        });
        for (name, value) in items {
            let name = self.sym(&name);
            self.heap.get_mut(obj).attrs.insert(name, Slot::sure(value));
        }
        self.heap.get_mut(obj).open = true;
    }

    /// `value.name = new`
    ///
    /// # Errors
    /// `AttributeError`, or what a setter raises.
    pub fn set_attribute(&mut self, value: &Value, name: Sym, new: Value) -> R<()> {
        let Value::Obj(obj) = value else {
            if value.is_unknown() {
                self.blur();
                return Ok(());
            }
            return Err(self.no_attribute(value, name));
        };
        match &self.heap.get(*obj).kind {
            Kind::Instance { .. } if name == self.names.class => {
                self.change_class(*obj, &new);
                Ok(())
            }
            Kind::Instance { .. } if name == self.names.dict => {
                self.replace_attributes(*obj, &new);
                Ok(())
            }
            Kind::Instance { class, .. } => {
                let class = *class;
                if let Some((_, found, true)) = self.class_lookup(class, name)
                    && let Value::Obj(d) = &found
                {
                    match &self.heap.get(*d).kind {
                        Kind::Property { set, .. } => {
                            let set = set.clone();
                            return self.call_setter(&set, value, name, new);
                        }
                        Kind::Instance { class: own, .. } => {
                            let own = *own;
                            let set = self.names.set;
                            if let Some((_, method, true)) = self.class_lookup(own, set) {
                                self.call(
                                    &method,
                                    Args::positional(vec![found.clone(), value.clone(), new]),
                                )?;
                                return Ok(());
                            }
                        }
                        _ => {}
                    }
                }
                let setattr = self.names.setattr;
                if let Some((owner, method, true)) = self.class_lookup(class, setattr)
                    && !matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin)
                {
                    let text = Value::str(&*self.interner.name(name));
                    let result = self.call(
                        &method,
                        Args::positional(vec![value.clone(), text, new.clone()]),
                    )?;
                    if result.is_unknown() {
                        self.heap.get_mut(*obj).attrs.insert(name, Slot::sure(new));
                    }
                    return Ok(());
                }
                if let Some(stop) = self.refused_by_slots(class, name) {
                    return Err(stop);
                }
                self.heap.get_mut(*obj).attrs.insert(name, Slot::sure(new));
                Ok(())
            }
            Kind::Class(_)
            | Kind::Module { .. }
            | Kind::Function(_)
            | Kind::Native(_)
            | Kind::Partial { .. } => {
                self.rename_class(*obj, name, &new);
                self.heap.get_mut(*obj).attrs.insert(name, Slot::sure(new));
                Ok(())
            }
            _ => {
                self.heap.get_mut(*obj).attrs.insert(name, Slot::sure(new));
                self.blur();
                Ok(())
            }
        }
    }

    /// `value.__class__ = new`
    fn change_class(&mut self, obj: Obj, new: &Value) {
        let known = new.as_obj().filter(|class| self.is_class(*class));
        let cell = self.heap.get_mut(obj);
        match (&mut cell.kind, known) {
            (Kind::Instance { class, .. }, Some(new)) => *class = new,
            _ => cell.open = true,
        }
    }

    /// The error of an attribute for which `__slots__` leave no room, when that is certain.
    pub(super) fn refused_by_slots(&mut self, class: Obj, name: Sym) -> Option<Stop> {
        let slots = self.names.slots;
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        if data.blurred || !self.heap.get(class).attrs.contains_key(&slots) {
            return None;
        }
        let text = self.interner.name(name);
        for ancestor in data
            .mro
            .iter()
            .filter(|c| **c != self.builtins.object_class)
        {
            let cell = self.heap.get(*ancestor);
            let Kind::Class(data) = &cell.kind else {
                return None;
            };
            let slot = cell.attrs.get(&slots).filter(|s| s.sure && !data.builtin)?;
            let names = match &slot.value {
                Value::Str(one) => vec![Value::Str(one.clone())],
                Value::Tuple(items) => items.to_vec(),
                Value::Obj(list) => match &self.heap.get(*list).kind {
                    Kind::List(items) if !self.heap.get(*list).open => items.clone(),
                    _ => return None,
                },
                _ => return None,
            };
            let leaves_room = names.iter().any(|n| {
                n.as_str()
                    .is_none_or(|n| n == &*text || n == "__dict__" || n.starts_with("__"))
            });
            if leaves_room || cell.open {
                return None;
            }
        }
        let kind = self.class_short_name(class);
        let message = if self.class_lookup(class, name).is_some() {
            format!("'{kind}' object attribute '{text}' is read-only")
        } else if self.version >= (3, 13) {
            format!(
                "'{kind}' object has no attribute '{text}' and no __dict__ for setting new attributes"
            )
        } else {
            format!("'{kind}' object has no attribute '{text}'")
        };
        Some(self.attribute_error(&message, &kind, &text))
    }

    /// Assigning `__name__` or `__qualname__` of a class renames it.
    pub(super) fn rename_class(&mut self, obj: Obj, name: Sym, new: &Value) {
        let (short, long, module) = (self.names.name, self.names.qualname, self.names.module);
        let Some(text) = new.as_str().map(Rc::<str>::from) else {
            return;
        };
        if ![short, long, module].contains(&name) || !self.is_class(obj) {
            return;
        }
        if let Kind::Class(data) = &mut self.heap.get_mut(obj).kind {
            if name == short {
                data.name = text;
            } else if name == long {
                data.qualname = text;
            } else {
                data.module = text;
            }
        }
    }

    pub(super) fn call_setter(
        &mut self,
        set: &Value,
        this: &Value,
        name: Sym,
        new: Value,
    ) -> R<()> {
        match set {
            Value::Unknown => {
                self.blur();
                Ok(())
            }
            Value::None => {
                let text = self.interner.name(name);
                let kind = self.type_name(this);
                let message = if self.version >= (3, 11) {
                    format!("property '{text}' of '{kind}' object has no setter")
                } else {
                    "can't set attribute".to_owned()
                };
                Err(self.attribute_error(&message, &kind, &text))
            }
            set => {
                let set = set.clone();
                self.call(&set, Args::positional(vec![this.clone(), new]))?;
                Ok(())
            }
        }
    }

    /// Is a module still being executed?
    pub fn is_running(&self, module: Obj) -> bool {
        matches!(
            self.heap.get(module).kind,
            Kind::Module {
                state: ModuleState::Running,
                ..
            }
        )
    }
}
