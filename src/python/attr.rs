//! Attributes: reading and writing, descriptors, methods.

use std::rc::Rc;

use super::call::Args;
use super::interp::Interp;
use super::raise::{R, Stop};
use super::value::{Kind, ModuleState, Obj, Payload, Slot, Sym, Value};

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
        let value = Value::Obj(obj);
        if name == self.names.class {
            return Ok(Some(Value::Obj(class)));
        }
        if name == self.names.dict {
            return Ok(Some(self.module_dict(obj)));
        }
        let getattribute = self.names.getattribute;
        if let Some((owner, _, _)) = self.class_lookup(class, getattribute)
            && !matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin)
        {
            return Ok(Some(self.unknown()));
        }
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

    fn chain_is_open(&self, class: Obj) -> bool {
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
        if let Some((_, found, sure)) = self.class_lookup(class, name) {
            if !sure {
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
        Ok(None)
    }

    /// The metaclass of a class.
    pub fn meta_of(&self, class: Obj) -> Obj {
        match &self.heap.get(class).kind {
            Kind::Class(data) => data.meta.unwrap_or(self.builtins.type_class),
            _ => self.builtins.type_class,
        }
    }

    fn class_special(&mut self, class: Obj, name: Sym) -> Option<Value> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let data = data.clone();
        let names = self.names;
        if name == names.name {
            return Some(Value::str(&*data.name));
        }
        if name == names.qualname {
            return Some(Value::str(&*data.qualname));
        }
        if name == names.mro {
            return Some(if data.blurred {
                Value::Unknown
            } else {
                Value::tuple(data.mro.iter().map(|c| Value::Obj(*c)).collect())
            });
        }
        if name == names.bases {
            return Some(if data.blurred {
                Value::Unknown
            } else {
                Value::Tuple(data.bases.clone())
            });
        }
        if name == names.class {
            return Some(Value::Obj(self.meta_of(class)));
        }
        if name == names.dict {
            return Some(self.module_dict(class));
        }
        if name == names.subclasses {
            self.blur();
            return Some(Value::Unknown);
        }
        if name == names.annotations {
            return Some(match self.heap.get(class).attrs.get(&name) {
                Some(slot) => slot.value.clone(),
                None => Value::Obj(self.heap.alloc(Kind::Dict(super::value::Table::default()))),
            });
        }
        None
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
            return Ok(Some(self.unwrap_static(&found)));
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

    fn function_attribute(
        &mut self,
        obj: Obj,
        data: &Rc<super::function::FunctionData<'a>>,
        name: Sym,
    ) -> R<Option<Value>> {
        if let Some(slot) = self.heap.get(obj).attrs.get(&name) {
            let value = slot.value.clone();
            return Ok(Some(value));
        }
        let names = self.names;
        if name == names.name {
            return Ok(Some(Value::str(&*data.name)));
        }
        if name == names.qualname {
            return Ok(Some(Value::str(&*data.qualname)));
        }
        if name == names.module {
            return Ok(Some(Value::str(&*self.module_name(data.module))));
        }
        if name == names.doc {
            return Ok(Some(self.function_doc(data)));
        }
        if name == names.annotations {
            let table = data
                .annotations
                .iter()
                .filter_map(|(n, v)| {
                    let key = Value::str(&*self.interner.name(*n));
                    Some((super::value::Key::of(&key)?, (key, v.clone())))
                })
                .collect();
            return Ok(Some(Value::Obj(self.heap.alloc(Kind::Dict(table)))));
        }
        if name == names.dict
            || name == names.globals
            || name == names.code
            || name == names.defaults
            || name == names.kwdefaults
        {
            return Ok(Some(Value::Unknown));
        }
        if self.heap.get(obj).open {
            return Ok(Some(self.unknown()));
        }
        let class = self.builtins.function_class;
        self.instance_attribute(&Value::Obj(obj), class, name)
    }

    fn function_doc(&self, data: &super::function::FunctionData<'a>) -> Value {
        use ruff_python_ast::{Expr, Stmt};
        match Self::body_of(data).and_then(|b| b.first()) {
            Some(Stmt::Expr(e)) => match e.value.as_ref() {
                Expr::StringLiteral(s) => Value::str(s.value.to_str()),
                _ => Value::None,
            },
            _ => Value::None,
        }
    }

    /// Attributes that objects of the simulator's own kinds have besides those of their class.
    fn special_attribute(&mut self, obj: Obj, name: Sym) -> Option<Value> {
        let names = self.names;
        match &self.heap.get(obj).kind {
            Kind::Method { func, this } => {
                if name == self.interner.intern("__func__") {
                    return Some(func.clone());
                }
                if name == self.interner.intern("__self__") {
                    return Some(this.clone());
                }
                let func = func.clone();
                let plain = [
                    names.name,
                    names.qualname,
                    names.module,
                    names.doc,
                    names.annotations,
                    names.wrapped,
                ];
                if plain.contains(&name) {
                    return self.find_attribute(&func, name).ok().flatten();
                }
                // A bound method hands attributes that it lacks to its function.
                let class = self.builtins.class("method");
                match (self.class_lookup(class, name), &func) {
                    (None, Value::Obj(_)) => self.find_attribute(&func, name).ok().flatten(),
                    _ => None,
                }
            }
            Kind::Native(native) => {
                if name == names.name || name == names.qualname {
                    return Some(Value::str(native.name));
                }
                (name == names.module || name == names.doc).then_some(Value::Unknown)
            }
            Kind::Property { get, .. } => (name == names.fget).then(|| get.clone()),
            Kind::StaticMethod(inner) | Kind::ClassMethod(inner) => {
                (name == self.interner.intern("__func__")).then(|| inner.clone())
            }
            Kind::Partial { func, args, .. } => {
                if name == names.func {
                    return Some(func.clone());
                }
                let plain = [
                    names.name,
                    names.qualname,
                    names.module,
                    names.doc,
                    names.annotations,
                    names.wrapped,
                ];
                if !plain.contains(&name) {
                    return None;
                }
                // A decorated function looks like the function; of other partials nothing is said.
                let first = args.first().cloned();
                let found = first.and_then(|f| self.find_attribute(&f, name).ok().flatten());
                Some(found.unwrap_or(Value::Unknown))
            }
            _ => None,
        }
    }

    fn is_data_descriptor(&mut self, value: &Value) -> bool {
        let Value::Obj(obj) = value else { return false };
        match &self.heap.get(*obj).kind {
            Kind::Property { .. } => true,
            Kind::Instance { class, .. } => {
                let class = *class;
                let set = self.names.set;
                self.class_lookup(class, set).is_some()
            }
            _ => false,
        }
    }

    /// What reading a class attribute through an instance (or the class) gives.
    ///
    /// # Errors
    /// What a getter raises.
    pub fn bind_descriptor(
        &mut self,
        found: &Value,
        instance: Option<&Value>,
        class: Obj,
    ) -> R<Value> {
        let Value::Obj(obj) = found else {
            return Ok(found.clone());
        };
        match (&self.heap.get(*obj).kind, instance) {
            (Kind::Function(_) | Kind::Native(_), Some(this)) => {
                let this = this.clone();
                Ok(self.method(found.clone(), this))
            }
            (Kind::ClassMethod(inner), instance) => {
                let inner = inner.clone();
                let class = match instance {
                    Some(Value::Obj(o)) if self.is_class(*o) => *o,
                    _ => class,
                };
                Ok(self.method(inner, Value::Obj(class)))
            }
            (Kind::StaticMethod(inner), _) => Ok(inner.clone()),
            (Kind::Property { get, .. }, Some(this)) => {
                let (get, this) = (get.clone(), this.clone());
                if get.is_unknown() {
                    return Ok(self.unknown());
                }
                self.call(&get, Args::positional(vec![this]))
            }
            (Kind::Instance { class: own, .. }, instance) => {
                let own = *own;
                let get = self.names.get;
                match self.class_lookup(own, get) {
                    Some((_, method, true)) => {
                        let this = instance.cloned().unwrap_or(Value::None);
                        self.call(
                            &method,
                            Args::positional(vec![found.clone(), this, Value::Obj(class)]),
                        )
                    }
                    Some(_) => Ok(self.unknown()),
                    None if self.is_blurred_class(own) => Ok(self.unknown()),
                    None => Ok(found.clone()),
                }
            }
            _ => Ok(found.clone()),
        }
    }

    /// A bound method.
    pub fn method(&mut self, func: Value, this: Value) -> Value {
        Value::Obj(self.heap.alloc(Kind::Method { func, this }))
    }

    /// A special method looked up on the type, bound; `None` when there is none or nothing is known.
    ///
    /// # Errors
    /// What binding raises.
    pub fn type_attribute(&mut self, value: &Value, name: Sym) -> R<Option<Value>> {
        let class = match value {
            Value::Unknown => return Ok(None),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => *class,
                Kind::Class(_) => self.meta_of(*obj),
                Kind::Super { .. } => return self.find_attribute(value, name),
                other => self.builtins.class_of_kind(other),
            },
            other => self.builtins.class_of(other),
        };
        match self.class_lookup(class, name) {
            Some((_, found, true)) if !found.is_unknown() => {
                self.bind_descriptor(&found, Some(value), class).map(Some)
            }
            // It exists, and nothing is known of it.
            Some(_) => Ok(Some(Value::Unknown)),
            None => Ok(None),
        }
    }

    /// As [`Interp::type_attribute`], with the error for `with` over something that is certainly
    /// no context manager.
    ///
    /// # Errors
    /// `TypeError` (3.11) or `AttributeError` (before).
    pub fn type_attribute_strict(
        &mut self,
        manager: &Value,
        name: Sym,
        is_async: bool,
    ) -> R<Option<Value>> {
        let found = self.type_attribute(manager, name)?;
        let declared = match self.type_of(manager) {
            Value::Obj(class) => self.class_lookup(class, name).is_some(),
            _ => true,
        };
        if found.is_some() || declared || manager.is_unknown() || self.is_blurred(manager) {
            return Ok(found);
        }
        let kind = self.qualified_type_name(manager);
        let protocol = if is_async {
            "asynchronous context manager"
        } else {
            "context manager"
        };
        if self.version >= (3, 11) {
            return Err(self.error(
                "TypeError",
                &format!("'{kind}' object does not support the {protocol} protocol"),
            ));
        }
        let text = self.interner.name(name);
        Err(self.error("AttributeError", &text))
    }

    /// A method that the value's class defines in Python (not built in), bound.
    pub fn python_method(&mut self, value: &Value, name: Sym) -> Option<Value> {
        let Kind::Instance { class, .. } = &self.heap.get(value.as_obj()?).kind else {
            return None;
        };
        let (_, found, sure) = self.class_lookup(*class, name)?;
        match &found {
            Value::Obj(o) if sure && self.is_modelled(*o) => {
                Some(self.method(found, value.clone()))
            }
            _ => None,
        }
    }

    /// A function whose behaviour is known: Python code or a model.
    pub(super) fn is_modelled(&self, obj: Obj) -> bool {
        match &self.heap.get(obj).kind {
            Kind::Function(_) => true,
            Kind::Native(def) => !std::ptr::eq(*def, &raw const super::builtins::UNMODELLED),
            _ => false,
        }
    }

    /// May a value have attributes that are not known?
    pub fn is_blurred(&self, value: &Value) -> bool {
        match value {
            Value::Unknown => true,
            Value::Obj(obj) => {
                let cell = self.heap.get(*obj);
                match &cell.kind {
                    Kind::Instance { class, .. } => {
                        cell.open || self.is_blurred_class(*class) || self.chain_is_open(*class)
                    }
                    Kind::Super { .. } | Kind::Form { .. } => true,
                    Kind::Class(d) => cell.open || d.blurred || d.meta.is_some(),
                    _ => cell.open,
                }
            }
            _ => false,
        }
    }

    /// `AttributeError` with CPython's text.
    fn no_attribute(&mut self, value: &Value, name: Sym) -> Stop {
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

    fn attribute_error(&mut self, message: &str, object: &str, name: &str) -> Stop {
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

    /// The error of an attribute for which `__slots__` leave no room, when that is certain.
    fn refused_by_slots(&mut self, class: Obj, name: Sym) -> Option<Stop> {
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
    fn rename_class(&mut self, obj: Obj, name: Sym, new: &Value) {
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

    fn call_setter(&mut self, set: &Value, this: &Value, name: Sym, new: Value) -> R<()> {
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
