//! Descriptors: binding what was found on a class.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Sym, Value};

impl<'a> Interp<'a> {
    pub(super) fn is_data_descriptor(&mut self, value: &Value) -> bool {
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
        // Instances of these have attributes that are not modelled; their classes are known whole.
        let whole = [
            "sqlalchemy.orm.session.Session",
            "sqlalchemy.ext.asyncio.session.AsyncSession",
        ]
        .iter()
        .any(|class| self.is_a(manager, class))
            && self
                .class_of_instance(manager)
                .is_some_and(|class| !self.is_blurred_class(class));
        if found.is_some() || declared || manager.is_unknown() || !whole && self.is_blurred(manager)
        {
            return Ok(found);
        }
        let kind = self.type_name(manager);
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

    /// A function whose behaviour is known: Python code or a model.
    pub(in crate::python) fn is_modelled(&self, obj: Obj) -> bool {
        match &self.heap.get(obj).kind {
            Kind::Function(_) => true,
            Kind::Native(def) => {
                !std::ptr::eq(*def, &raw const crate::python::builtins::UNMODELLED)
            }
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
}
