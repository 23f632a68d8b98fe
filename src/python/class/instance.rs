//! Instances: how calling a class makes one.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Owner, Payload, Sym, Value};

impl<'a> Interp<'a> {
    /// Calls a class: metaclass `__call__`, `__new__`, `__init__`.
    ///
    /// # Errors
    /// What they raise.
    pub fn instantiate(&mut self, class: Obj, args: Args) -> R<Value> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Ok(self.unknown());
        };
        let (builtin, blurred, meta) = (data.builtin, data.blurred, data.meta);
        if let Some(meta) = meta {
            let call = self.names.call;
            if let Some((owner, method, _)) = self.class_lookup(meta, call)
                && owner != self.builtins.type_class
            {
                return self.call(&method, args.with_first(Value::Obj(class)));
            }
        }
        let new = self.names.new;
        if let Some((owner, method, _)) = self.class_lookup(class, new)
            && owner != self.builtins.object_class
        {
            let native = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin);
            let method = self.constructor(&method, Value::Obj(class));
            let made = self.call(&method, args.clone().with_first(Value::Obj(class)))?;
            let fills_later = owner != class && self.has_modelled_init(class);
            if builtin && native && !fills_later {
                return Ok(made);
            }
            return self.initialise(class, made, args);
        }
        let opaque = builtin && self.builtins.is_opaque(class) && !self.has_modelled_init(class);
        if opaque || blurred && self.hides_constructor(class) {
            self.escape(&args);
            let obj = self.instance(class);
            self.note_birth(class, obj, args.site);
            self.heap.get_mut(obj).open = true;
            self.blur();
            return Ok(Value::Obj(obj));
        }
        if let Some(stop) = self.abstract_error(class) {
            return Err(stop);
        }
        let obj = self.instance(class);
        self.initialise(class, Value::Obj(obj), args)
    }

    pub(super) fn has_modelled_init(&self, class: Obj) -> bool {
        match self.class_lookup(class, self.names.init) {
            Some((owner, Value::Obj(init), true)) => {
                owner != self.builtins.object_class && self.is_modelled(init)
            }
            _ => false,
        }
    }

    /// May an unknown ancestor define the constructor?
    pub(super) fn hides_constructor(&self, class: Obj) -> bool {
        let init = self.names.init;
        match self.class_lookup(class, init) {
            Some((owner, _, _)) => owner == self.builtins.object_class,
            None => true,
        }
    }

    pub(super) fn initialise(&mut self, class: Obj, made: Value, args: Args) -> R<Value> {
        let Value::Obj(obj) = &made else {
            return Ok(made);
        };
        match &self.heap.get(*obj).kind {
            Kind::Instance {
                class: made_class, ..
            } if self.is_subclass(*made_class, class) != Some(false) => {}
            Kind::Class(data) => {
                let own = data
                    .meta
                    .is_some_and(|meta| self.is_subclass(meta, class) == Some(true));
                return if own {
                    self.initialise_class(class, made, args)
                } else {
                    Ok(made)
                };
            }
            _ => return Ok(made),
        }
        self.note_birth(class, *obj, args.site);
        let init = self.names.init;
        match self.class_lookup(class, init) {
            Some((owner, method, sure)) if owner != self.builtins.object_class => {
                if !sure || method.is_unknown() {
                    self.escape(&args);
                    self.heap.get_mut(*obj).open = true;
                    self.blur();
                    return Ok(made);
                }
                let stdlib = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.owner == Owner::Stdlib && !d.builtin)
                    && !self.is_followed(&method);
                let returned = self.call(&method, args.with_first(made.clone()))?;
                if stdlib || returned.is_unknown() {
                    self.heap.get_mut(*obj).open = true;
                }
            }
            _ if self.is_blurred_class(class) || self.chain_is_open(class) => {
                self.escape(&args);
                self.heap.get_mut(*obj).open = true;
                self.blur();
            }
            _ => {
                let new = self.names.new;
                let own_new = self
                    .class_lookup(class, new)
                    .is_some_and(|(o, _, _)| o != self.builtins.object_class);
                if !own_new && !args.open && (!args.pos.is_empty() || !args.kw.is_empty()) {
                    let name = self.class_short_name(class);
                    return Err(self.error("TypeError", &format!("{name}() takes no arguments")));
                }
            }
        }
        Ok(made)
    }

    /// A metaclass was called: its own `__init__` runs on the class that it made.
    fn initialise_class(&mut self, meta: Obj, made: Value, args: Args) -> R<Value> {
        if let Some((owner, method, true)) = self.class_lookup(meta, self.names.init)
            && matches!(&self.heap.get(owner).kind, Kind::Class(d) if !d.builtin && d.owner != Owner::Stdlib)
        {
            self.call(&method, args.with_first(made.clone()))?;
        }
        Ok(made)
    }

    /// Is what a function does known, by a model or because its body is run?
    pub(super) fn is_followed(&self, method: &Value) -> bool {
        let Value::Obj(obj) = method else {
            return false;
        };
        match &self.heap.get(*obj).kind {
            Kind::Native(_) => true,
            Kind::Function(data) => {
                data.hook.is_some() || data.owner != Owner::Stdlib || self.runs_stdlib(data)
            }
            _ => false,
        }
    }

    /// Finds the function behind a `staticmethod` object.
    pub fn unwrap_static(&self, value: &Value) -> Value {
        match value {
            Value::Obj(o) => match &self.heap.get(*o).kind {
                Kind::StaticMethod(inner) => inner.clone(),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// What `Class.__new__` gives: a class method made of it by hand is bound, and so gets the
    /// class a second time from who makes an instance.
    pub fn constructor(&mut self, found: &Value, class: Value) -> Value {
        if let Value::Obj(o) = found
            && let Kind::ClassMethod(inner) = &self.heap.get(*o).kind
        {
            let inner = inner.clone();
            return self.method(inner, class);
        }
        self.unwrap_static(found)
    }

    /// The error of instantiating a class with abstract methods, when that is certain.
    pub(super) fn abstract_error(&mut self, class: Obj) -> Option<Stop> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        if data.blurred || data.builtin {
            return None;
        }
        let meta = data.meta?;
        if self.class_short_name(meta) != "ABCMeta" {
            return None;
        }
        let mro = data.mro.clone();
        let mut missing: Vec<String> = Vec::new();
        for ancestor in mro.iter() {
            let names: Vec<Sym> = self.heap.get(*ancestor).attrs.keys().copied().collect();
            for name in names {
                let Some((_, value, sure)) = self.class_lookup(class, name) else {
                    continue;
                };
                if sure && self.is_abstract(&value) {
                    let text = self.interner.name(name).to_string();
                    if !missing.contains(&text) {
                        missing.push(text);
                    }
                }
            }
        }
        if missing.is_empty() {
            return None;
        }
        missing.sort();
        let name = self.class_short_name(class);
        let plural = if missing.len() == 1 { "" } else { "s" };
        let message = if self.version >= (3, 12) {
            let listed: Vec<String> = missing.iter().map(|m| format!("'{m}'")).collect();
            format!(
                "Can't instantiate abstract class {name} without an implementation for abstract method{plural} {}",
                listed.join(", ")
            )
        } else {
            format!(
                "Can't instantiate abstract class {name} with abstract method{plural} {}",
                missing.join(", ")
            )
        };
        Some(self.error("TypeError", &message))
    }

    pub(super) fn is_abstract(&self, value: &Value) -> bool {
        let Value::Obj(obj) = value else { return false };
        let cell = self.heap.get(*obj);
        if let Some(slot) = cell.attrs.get(&self.names.abstract_) {
            return matches!(slot.value, Value::Bool(true));
        }
        match &cell.kind {
            Kind::Property { get, .. } => self.is_abstract(get),
            Kind::StaticMethod(inner) | Kind::ClassMethod(inner) => self.is_abstract(inner),
            _ => false,
        }
    }

    /// Wraps the payload of an instance of a subclass of a built-in container.
    pub fn payload(&self, obj: Obj) -> Payload {
        match &self.heap.get(obj).kind {
            Kind::Instance { payload, .. } => payload.clone(),
            _ => Payload::None,
        }
    }
}
