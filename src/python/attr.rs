//! Attributes: reading and writing, descriptors, methods.

mod descriptor;
mod special;
mod write;

use super::call::Args;
use super::interp::Interp;
use super::raise::{R, Stop};
use super::value::{Kind, Obj, Payload, Sym, Value};

impl<'a> Interp<'a> {
    /// `value.name`
    ///
    /// # Errors
    /// `AttributeError`, or what a property or `__getattr__` raises.
    pub fn attribute(&mut self, value: &Value, name: Sym) -> R<Value> {
        match self.find_attribute(value, name)? {
            Some(found) => Ok(found),
            None => Err(self.no_attribute(value, name)),
        }
    }

    /// `getattr(value, name)` without the error: `None` when it certainly does not exist.
    ///
    /// # Errors
    /// What a property or `__getattr__` raises, other than `AttributeError`.
    pub fn find_attribute(&mut self, value: &Value, name: Sym) -> R<Option<Value>> {
        let Value::Obj(obj) = value else {
            if value.is_unknown() {
                if name == self.names.f_globals {
                    self.open_callers_module();
                }
                return Ok(Some(self.unknown()));
            }
            let class = self.builtins.class_of(value);
            return self.instance_attribute(value, class, name);
        };
        let obj = *obj;
        match &self.heap.get(obj).kind {
            Kind::Module { .. } => self.module_attribute(obj, name),
            Kind::Class(_) => self.class_attribute(obj, name),
            Kind::Instance { class, .. } => {
                let class = *class;
                self.object_attribute(obj, class, name)
            }
            Kind::Super { class, this } => {
                let (class, this) = (*class, this.clone());
                self.super_attribute(class, &this, name)
            }
            Kind::Function(data) => {
                let data = data.clone();
                self.function_attribute(obj, &data, name)
            }
            Kind::Env { .. } => Ok(Some(Value::Unknown)),
            Kind::Form { .. } => Ok(Some(self.unknown())),
            _ => {
                if let Some(slot) = self.heap.get(obj).attrs.get(&name) {
                    return Ok(Some(slot.value.clone()));
                }
                let class = self.builtins.class_of_kind(&self.heap.get(obj).kind);
                if let Some(found) = self.special_attribute(obj, name) {
                    return Ok(Some(found));
                }
                // A native stands for functions, slot wrappers and method descriptors alike,
                // whose special attributes differ.
                if matches!(self.heap.get(obj).kind, Kind::Native(_))
                    && self.interner.name(name).starts_with("__")
                {
                    return Ok(Some(match self.instance_attribute(value, class, name)? {
                        Some(found) => found,
                        None => self.unknown(),
                    }));
                }
                self.instance_attribute(value, class, name)
            }
        }
    }

    /// Somebody holds the globals of a frame (`sys._getframe(1).f_globals`), in practice the
    /// caller's: its module may get any name.
    fn open_callers_module(&mut self) {
        let Some(caller) = self.frames.iter().rev().nth(1).map(|f| f.module) else {
            return;
        };
        self.heap.get_mut(caller).open = true;
    }

    fn object_attribute(&mut self, obj: Obj, class: Obj, name: Sym) -> R<Option<Value>> {
        if name == self.names.class {
            return Ok(Some(Value::Obj(class)));
        }
        if name == self.names.dict {
            return Ok(Some(self.module_dict(obj)));
        }
        let getattribute = self.names.getattribute;
        if let Some((owner, method, sure)) = self.class_lookup(class, getattribute)
            && !matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin)
        {
            if !sure || !method.as_obj().is_some_and(|m| self.is_modelled(m)) {
                return Ok(Some(self.unknown()));
            }
            return self.asked_attribute(&method, obj, class, name);
        }
        match self.stored_attribute(obj, class, name)? {
            Some(found) => Ok(Some(found)),
            None => self.fallback_attribute(obj, class, name),
        }
    }

    /// Through a `__getattribute__` written in Python, then `__getattr__`.
    fn asked_attribute(
        &mut self,
        method: &Value,
        obj: Obj,
        class: Obj,
        name: Sym,
    ) -> R<Option<Value>> {
        let text = Value::str(&*self.interner.name(name));
        let args = Args::positional(vec![Value::Obj(obj), text]);
        let error = Value::Obj(self.builtins.exception("AttributeError"));
        let asked = self.catching(&["AttributeError"], |i| i.call(method, args));
        match asked {
            Ok(found) => Ok(Some(found)),
            Err(Stop::Raise(raised)) => {
                match self.exception_matches(&raised.exc, &error) {
                    Some(true) => {}
                    Some(false) => return Err(Stop::Raise(raised)),
                    None => return Ok(Some(self.unknown())),
                }
                let getattr = self.names.getattr;
                if self.class_lookup(class, getattr).is_none() {
                    return Err(Stop::Raise(raised));
                }
                self.fallback_attribute(obj, class, name)
            }
            Err(stop) => Err(stop),
        }
    }

    /// What `object.__getattribute__` finds: descriptors of the class, the instance's own
    /// attributes, other attributes of the class.
    ///
    /// # Errors
    /// What a descriptor raises.
    pub fn stored_attribute(&mut self, obj: Obj, class: Obj, name: Sym) -> R<Option<Value>> {
        let value = Value::Obj(obj);
        let on_class = self.class_lookup(class, name);
        if let Some((_, found, sure)) = &on_class
            && self.is_data_descriptor(found)
        {
            if !*sure {
                return Ok(Some(self.unknown()));
            }
            let found = found.clone();
            return self.bind_descriptor(&found, Some(&value), class).map(Some);
        }
        if let Some(slot) = self.heap.get(obj).attrs.get(&name) {
            let slot = slot.clone();
            return Ok(Some(if slot.sure {
                slot.value
            } else {
                self.unknown()
            }));
        }
        if let Some((_, found, sure)) = on_class {
            if !sure {
                return Ok(Some(self.unknown()));
            }
            return self.bind_descriptor(&found, Some(&value), class).map(Some);
        }
        Ok(None)
    }

    /// `__getattr__`, and what is not known of an object.
    fn fallback_attribute(&mut self, obj: Obj, class: Obj, name: Sym) -> R<Option<Value>> {
        let value = Value::Obj(obj);
        let getattr = self.names.getattr;
        if self.heap.get(obj).open {
            return Ok(Some(self.unknown()));
        }
        if let Some((_, method, _)) = self.class_lookup(class, getattr) {
            let text = Value::str(&*self.interner.name(name));
            return self.dynamic_attribute(&method, Args::positional(vec![value, text]));
        }
        if self.heap.get(obj).open || self.is_blurred_class(class) || self.chain_is_open(class) {
            return Ok(Some(self.unknown()));
        }
        if let Payload::Value(inner) = self.payload(obj) {
            return self.find_attribute(&inner, name);
        }
        // `None`, or the weak reference that was made; classes with `__slots__` may lack it.
        let written = matches!(&self.heap.get(class).kind, Kind::Class(d) if !d.builtin);
        if written && &*self.interner.name(name) == "__weakref__" {
            return Ok(Some(self.unknown()));
        }
        Ok(None)
    }

    /// Calls a `__getattr__`; an `AttributeError` from it means that there is no such attribute.
    fn dynamic_attribute(&mut self, method: &Value, args: Args) -> R<Option<Value>> {
        match self.call(method, args) {
            Ok(found) => Ok(Some(found)),
            Err(Stop::Raise(raised)) => {
                let class = self.builtins.exception("AttributeError");
                match self.exception_matches(&raised.exc, &Value::Obj(class)) {
                    Some(false) => Err(Stop::Raise(raised)),
                    // Its text is the library's own, so the exception itself goes on.
                    _ => Err(Stop::Raise(raised)),
                }
            }
            Err(stop) => Err(stop),
        }
    }

    /// May a class of the resolution order have names that are not known?
    pub(in crate::python) fn chain_is_open(&self, class: Obj) -> bool {
        match &self.heap.get(class).kind {
            Kind::Class(data) => data.mro.iter().any(|c| self.heap.get(*c).open),
            _ => true,
        }
    }

    /// Attribute of a value whose attributes all come from its class.
    fn instance_attribute(&mut self, value: &Value, class: Obj, name: Sym) -> R<Option<Value>> {
        if name == self.names.class {
            return Ok(Some(Value::Obj(class)));
        }
        match self.class_lookup(class, name) {
            Some((_, found, true)) => self.bind_descriptor(&found, Some(value), class).map(Some),
            Some(_) => Ok(Some(self.unknown())),
            None if self.chain_is_open(class) || self.is_blurred_class(class) => {
                Ok(Some(self.unknown()))
            }
            None => Ok(None),
        }
    }

    fn class_attribute(&mut self, class: Obj, name: Sym) -> R<Option<Value>> {
        if let Some(found) = self.class_special(class, name) {
            return Ok(Some(found));
        }
        let meta = self.meta_of(class);
        let on_meta = self.class_lookup(meta, name);
        if let Some((_, found, true)) = &on_meta
            && self.is_data_descriptor(found)
        {
            let found = found.clone();
            return self
                .bind_descriptor(&found, Some(&Value::Obj(class)), meta)
                .map(Some);
        }
        if let Some((owner, found, sure)) = self.class_lookup(class, name) {
            // Where a base is not known, its metaclass may have made something else of a plain
            // value: the member of an enumeration.
            let made_over = found.as_obj().is_none() && self.is_blurred_class(owner);
            if !sure || made_over {
                return Ok(Some(self.unknown()));
            }
            return self.bind_descriptor(&found, None, class).map(Some);
        }
        if self.chain_is_open(class) || self.is_blurred_class(class) {
            return Ok(Some(self.unknown()));
        }
        if let Some((_, found, sure)) = on_meta {
            if !sure {
                return Ok(Some(self.unknown()));
            }
            return self
                .bind_descriptor(&found, Some(&Value::Obj(class)), meta)
                .map(Some);
        }
        let getattr = self.names.getattr;
        if let Some((owner, method, _)) = self.class_lookup(meta, getattr)
            && owner != self.builtins.object_class
        {
            let text = Value::str(&*self.interner.name(name));
            return self
                .dynamic_attribute(&method, Args::positional(vec![Value::Obj(class), text]));
        }
        if self.chain_is_open(meta) || self.is_blurred_class(meta) {
            return Ok(Some(self.unknown()));
        }
        let text = self.interner.name(name);
        if self.awaits_backref(class, &text) {
            return Ok(Some(self.unknown()));
        }
        Ok(None)
    }

    /// The metaclass of a class.
    pub fn meta_of(&self, class: Obj) -> Obj {
        match &self.heap.get(class).kind {
            Kind::Class(data) => data.meta.unwrap_or(self.builtins.type_class),
            _ => self.builtins.type_class,
        }
    }

    fn super_attribute(&mut self, class: Obj, this: &Value, name: Sym) -> R<Option<Value>> {
        let start = match this {
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => *class,
                Kind::Class(_) if self.is_subclass(*obj, class) == Some(true) => *obj,
                Kind::Class(_) => self.meta_of(*obj),
                other => self.builtins.class_of_kind(other),
            },
            _ => return Ok(Some(self.unknown())),
        };
        let Some((owner, found)) = self.lookup_after(start, class, name) else {
            if self.is_blurred_class(start) || self.chain_is_open(start) {
                return Ok(Some(self.unknown()));
            }
            return Ok(None);
        };
        // An unknown base may stand before the class that was found.
        if self.is_blurred_class(class) || self.hides_before(start, class, owner) {
            return Ok(Some(self.unknown()));
        }
        if name == self.names.new {
            let this = if matches!(this, Value::Obj(o) if *o == start) {
                this.clone()
            } else {
                Value::Obj(start)
            };
            return Ok(Some(self.constructor(&found, this)));
        }
        let on_class = matches!(this, Value::Obj(o) if *o == start);
        let instance = if on_class { None } else { Some(this) };
        if on_class
            && let Value::Obj(o) = &found
            && let Kind::ClassMethod(inner) = &self.heap.get(*o).kind
        {
            let inner = inner.clone();
            return Ok(Some(self.method(inner, this.clone())));
        }
        self.bind_descriptor(&found, instance, start).map(Some)
    }

    /// Is there a blurred class between two in the resolution order?
    fn hides_before(&self, start: Obj, after: Obj, owner: Obj) -> bool {
        let Kind::Class(data) = &self.heap.get(start).kind else {
            return true;
        };
        data.mro
            .iter()
            .skip_while(|c| **c != after)
            .skip(1)
            .take_while(|c| **c != owner)
            .any(|c| self.is_blurred_class(*c))
    }
}
