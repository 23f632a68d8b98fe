//! Names: binding, looking up, unbinding; and assignment to other targets.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::interp::{FrameKind, Interp};
use super::raise::{Flow, R, Stop};
use super::value::{Kind, ModuleKind, Obj, Owner, Slot, Sym, Value};

/// What a look-up found.
enum Found {
    Bound(Value),
    Maybe,
    Missing,
}

impl<'a> Interp<'a> {
    /// Number of an attribute name as written in the running code: inside a class `__x` means
    /// `_Class__x` (language reference, section 6.2.1).
    pub(super) fn private_sym(&mut self, name: &ast::Identifier) -> Sym {
        let text = name.as_str();
        if !text.starts_with("__") || text.ends_with("__") {
            return self.sym_at(&name.node_index, text);
        }
        self.mangled_sym(text)
    }

    /// The same of a text.
    fn mangled_sym(&mut self, text: &str) -> Sym {
        if !text.starts_with("__") || text.ends_with("__") {
            return self.sym(text);
        }
        let frame = self.frame();
        let class = match (frame.kind, frame.class_cell) {
            (FrameKind::Class, _) => Some(frame.name.to_string()),
            (_, Some(class)) if self.is_class(class) => Some(self.class_short_name(class)),
            _ => None,
        };
        match class {
            Some(class) => {
                let mangled = format!("_{}{text}", class.trim_start_matches('_'));
                self.sym(&mangled)
            }
            None => self.sym(text),
        }
    }

    /// The same for a name that a class body binds or reads.
    fn in_class_body(&mut self, name: Sym) -> Sym {
        if self.frame().kind != FrameKind::Class {
            return name;
        }
        let text = self.interner.name(name);
        self.mangled_sym(&text)
    }

    fn look(&self, names: Obj, name: Sym) -> Found {
        let cell = self.heap.get(names);
        match cell.attrs.get(&name) {
            Some(slot) if slot.sure => Found::Bound(slot.value.clone()),
            Some(_) => Found::Maybe,
            None if cell.open => Found::Maybe,
            None => Found::Missing,
        }
    }

    /// The value of a name as the running code sees it.
    ///
    /// # Errors
    /// `NameError`, `UnboundLocalError`.
    pub fn load(&mut self, name: Sym) -> R<Value> {
        let name = self.in_class_body(name);
        let frame = self.frame();
        let (kind, names, module, parent) = (frame.kind, frame.names, frame.module, frame.parent);
        let info = frame.info.clone();
        match (kind, info) {
            (FrameKind::Module, _) | (_, None) => {}
            (FrameKind::Class, Some(info)) => {
                if !info.globals.contains(&name) {
                    match self.look(names, name) {
                        Found::Bound(value) => return Ok(value),
                        Found::Maybe => return Ok(self.unknown()),
                        Found::Missing => {}
                    }
                    if let Some(found) = self.enclosing(parent, name) {
                        return found;
                    }
                }
            }
            (FrameKind::Function | FrameKind::Comprehension, Some(info)) => {
                if info.locals.contains(&name) {
                    return match self.look(names, name) {
                        Found::Bound(value) => Ok(value),
                        Found::Maybe => Ok(self.unknown()),
                        Found::Missing => Err(self.unbound_local(name)),
                    };
                }
                if !info.globals.contains(&name)
                    && let Some(found) = self.enclosing(parent, name)
                {
                    return found;
                }
            }
        }
        match self.look(module, name) {
            Found::Bound(value) => return Ok(value),
            Found::Maybe if self.stands_fast(module, name) => {}
            Found::Maybe => return Ok(self.unknown()),
            Found::Missing => {}
        }
        match self.look(self.builtins.module, name) {
            Found::Bound(value) => Ok(value),
            Found::Maybe => Ok(self.unknown()),
            Found::Missing if self.may_be_installed(name) => Ok(self.unknown()),
            Found::Missing => Err(self.name_error(name)),
        }
    }

    /// Names of `builtins` that nobody binds anew by `exec` or a star import.
    fn stands_fast(&self, module: Obj, name: Sym) -> bool {
        if self.heap.get(module).attrs.contains_key(&name) {
            return false;
        }
        let text = self.interner.name(name);
        STEADFAST.contains(&&*text)
            || (text.ends_with("Error") || text.ends_with("Warning") || text.ends_with("Exception"))
                && self
                    .heap
                    .get(self.builtins.module)
                    .attrs
                    .contains_key(&name)
    }

    /// `gettext` installs its functions into `builtins` (`gettext.install`).
    fn may_be_installed(&mut self, name: Sym) -> bool {
        let text = self.interner.name(name);
        matches!(
            &*text,
            "_" | "gettext" | "ngettext" | "pgettext" | "npgettext"
        ) && self.loaded("gettext").is_some()
    }

    /// Looks through enclosing function scopes; `None` when no one declares the name.
    fn enclosing(&mut self, mut scope: Option<Obj>, name: Sym) -> Option<R<Value>> {
        while let Some(env) = scope {
            let Kind::Env { info, parent } = &self.heap.get(env).kind else {
                return None;
            };
            let (declares, parent) = (info.locals.contains(&name), *parent);
            let given = self.heap.get(env).attrs.contains_key(&name);
            if declares || given {
                return Some(match self.look(env, name) {
                    Found::Bound(value) => Ok(value),
                    Found::Maybe => Ok(self.unknown()),
                    Found::Missing => Err(self.free_variable(name)),
                });
            }
            scope = parent;
        }
        None
    }

    fn unbound_local(&mut self, name: Sym) -> Stop {
        let text = self.interner.name(name);
        let message = if self.version >= (3, 11) {
            format!("cannot access local variable '{text}' where it is not associated with a value")
        } else {
            format!("local variable '{text}' referenced before assignment")
        };
        self.fault(
            "UnboundLocalError",
            &message,
            "name-error",
            &[("name", &text)],
        )
    }

    fn free_variable(&mut self, name: Sym) -> Stop {
        let text = self.interner.name(name);
        let message = if self.version >= (3, 11) {
            format!(
                "cannot access free variable '{text}' where it is not associated with a value in enclosing scope"
            )
        } else {
            format!("free variable '{text}' referenced before assignment in enclosing scope")
        };
        self.fault("NameError", &message, "name-error", &[("name", &text)])
    }

    fn name_error(&mut self, name: Sym) -> Stop {
        let text = self.interner.name(name);
        let stop = self.fault(
            "NameError",
            &format!("name '{text}' is not defined"),
            "name-error",
            &[("name", &text)],
        );
        let offset = self.frame().offset;
        let len = u32::try_from(text.len()).unwrap_or(0);
        match stop {
            Stop::Raise(mut raised) => {
                raised.span = Some((offset, offset + len));
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// The value of a plain name or attribute chain, without side effects; `None` otherwise.
    pub fn peek(&mut self, expr: &'a Expr) -> Option<Value> {
        match expr {
            Expr::Name(name) => {
                let opaque = self.opaque;
                let sym = self.sym_at(&name.node_index, &name.id);
                let value = self.load(sym).ok();
                self.opaque = opaque;
                value.filter(|v| !v.is_unknown())
            }
            Expr::Attribute(a) => {
                let value = self.peek(&a.value)?;
                let name = self.private_sym(&a.attr);
                let obj = value.as_obj()?;
                match self.look(obj, name) {
                    Found::Bound(value) => Some(value),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Where the running code binds a name.
    fn binding_scope(&self, name: Sym) -> Obj {
        let frame = self.frame();
        let Some(info) = &frame.info else {
            return frame.module;
        };
        if info.globals.contains(&name) {
            return frame.module;
        }
        if info.nonlocals.contains(&name) {
            let mut scope = frame.parent;
            while let Some(env) = scope {
                let Kind::Env { info, parent } = &self.heap.get(env).kind else {
                    break;
                };
                if info.locals.contains(&name) {
                    return env;
                }
                scope = *parent;
            }
        }
        frame.names
    }

    /// Binds a name where the running code binds it.
    ///
    /// # Errors
    /// `TypeError` when an enumeration defines a member twice.
    pub fn bind(&mut self, name: Sym, value: Value) -> R<()> {
        let name = self.in_class_body(name);
        let scope = self.binding_scope(name);
        if !self.enum_bodies.is_empty() && self.enum_bodies.contains(&scope) {
            self.refuse_second_member(scope, name)?;
        }
        self.heap
            .get_mut(scope)
            .attrs
            .insert(name, Slot::sure(value));
        Ok(())
    }

    /// Is the name bound in the scope that would bind it?
    pub fn is_bound_here(&self, name: Sym) -> bool {
        let scope = self.binding_scope(name);
        self.heap.get(scope).attrs.contains_key(&name)
    }

    /// Removes a name.
    pub fn unbind(&mut self, name: Sym) {
        let name = self.in_class_body(name);
        let scope = self.binding_scope(name);
        self.heap.get_mut(scope).attrs.shift_remove(&name);
    }

    /// Assigns to any target.
    ///
    /// # Errors
    /// What unpacking or setting raises.
    pub fn assign(&mut self, target: &'a Expr, value: Value) -> R<()> {
        match target {
            Expr::Name(name) => {
                let name = self.sym_at(&name.node_index, &name.id);
                self.bind(name, value)
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.unpack(elts, &value, target)
            }
            Expr::Starred(s) => self.assign(&s.value, value),
            Expr::Attribute(a) => {
                let object = self.eval(&a.value)?;
                self.at(target.start());
                let name = self.private_sym(&a.attr);
                self.set_attribute(&object, name, value)
            }
            Expr::Subscript(s) => {
                let object = self.eval(&s.value)?;
                let index = self.eval(&s.slice)?;
                self.at(target.start());
                self.set_item(&object, &index, value)
            }
            _ => Ok(()),
        }
    }

    /// The target of `:=`: inside a comprehension it binds in the enclosing scope (PEP 572).
    pub(super) fn assign_walrus(&mut self, target: &'a Expr, value: Value) -> R<()> {
        let Expr::Name(name) = target else {
            return self.assign(target, value);
        };
        let name = self.sym(&name.id);
        let mut at = self.frames.len();
        while at > 1 && self.frames[at - 1].kind == FrameKind::Comprehension {
            at -= 1;
        }
        let frame = &self.frames[at - 1];
        let scope = match &frame.info {
            Some(info) if info.globals.contains(&name) => frame.module,
            _ => frame.names,
        };
        self.heap
            .get_mut(scope)
            .attrs
            .insert(name, Slot::sure(value));
        Ok(())
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value, whole: &'a Expr) -> R<()> {
        let star = targets.iter().position(|t| matches!(t, Expr::Starred(_)));
        if self.is_no_iterable(value) {
            self.at(whole.start());
            let kind = self.type_name(value);
            let message = format!("cannot unpack non-iterable {kind} object");
            return Err(self.error("TypeError", &message));
        }
        let items = self.items_of(value)?;
        self.at(whole.start());
        let Some(items) = items else {
            self.blur();
            for target in targets {
                self.assign(target, Value::Unknown)?;
            }
            return Ok(());
        };
        let wanted = targets.len() - usize::from(star.is_some());
        match star {
            None if items.len() > wanted => {
                return Err(self.error(
                    "ValueError",
                    &format!("too many values to unpack (expected {wanted})"),
                ));
            }
            None if items.len() < wanted => {
                let message = format!(
                    "not enough values to unpack (expected {wanted}, got {})",
                    items.len()
                );
                return Err(self.error("ValueError", &message));
            }
            Some(_) if items.len() < wanted => {
                let message = format!(
                    "not enough values to unpack (expected at least {wanted}, got {})",
                    items.len()
                );
                return Err(self.error("ValueError", &message));
            }
            _ => {}
        }
        let extra = items.len() - wanted;
        let mut items = items.into_iter();
        for (at, target) in targets.iter().enumerate() {
            if Some(at) == star {
                let taken: Vec<Value> = items.by_ref().take(extra).collect();
                let list = self.list(taken);
                self.assign(target, list)?;
            } else {
                let item = items.next().unwrap_or(Value::Unknown);
                self.assign(target, item)?;
            }
        }
        Ok(())
    }

    pub(super) fn augmented_assignment(&mut self, s: &'a ast::StmtAugAssign) -> R<Flow> {
        let (old, place) = match s.target.as_ref() {
            Expr::Name(_) => (self.eval(&s.target)?, None),
            Expr::Attribute(a) => {
                let object = self.eval(&a.value)?;
                let name = self.private_sym(&a.attr);
                (self.attribute(&object, name)?, Some((object, Ok(name))))
            }
            Expr::Subscript(sub) => {
                let object = self.eval(&sub.value)?;
                let index = self.eval(&sub.slice)?;
                (self.subscript(&object, &index)?, Some((object, Err(index))))
            }
            _ => (Value::Unknown, None),
        };
        let right = self.eval(&s.value)?;
        self.at(s.start());
        let new = self.in_place(s.op, &old, &right)?;
        match place {
            None => self.assign(&s.target, new)?,
            Some((object, Ok(name))) => self.set_attribute(&object, name, new)?,
            Some((object, Err(index))) => self.set_item(&object, &index, new)?,
        }
        Ok(Flow::Next)
    }

    /// `del target`
    pub(super) fn delete(&mut self, target: &'a Expr) -> R<()> {
        match target {
            Expr::Name(n) => {
                self.at(target.start());
                let name = self.sym(&n.id);
                let name = self.in_class_body(name);
                let scope = self.binding_scope(name);
                if self.heap.get_mut(scope).attrs.shift_remove(&name).is_some()
                    || self.heap.get(scope).open
                {
                    return Ok(());
                }
                Err(match self.frame().kind {
                    FrameKind::Function => self.unbound_local(name),
                    _ => self.name_error(name),
                })
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for elt in elts {
                    self.delete(elt)?;
                }
                Ok(())
            }
            Expr::Attribute(a) => {
                let object = self.eval(&a.value)?;
                let name = self.private_sym(&a.attr);
                if let Some(obj) = object.as_obj()
                    && self.heap.get_mut(obj).attrs.shift_remove(&name).is_some()
                {
                    return Ok(());
                }
                self.blur();
                Ok(())
            }
            Expr::Subscript(s) => {
                let object = self.eval(&s.value)?;
                let index = self.eval(&s.slice)?;
                self.at(target.start());
                self.delete_item(&object, &index)
            }
            _ => Ok(()),
        }
    }

    /// Are annotations of the running code evaluated when they are met?
    pub fn evaluates_annotations(&self) -> bool {
        self.version < (3, 14) && !self.postponed_annotations()
    }

    /// `from __future__ import annotations` in the running module.
    pub fn postponed_annotations(&self) -> bool {
        self.future_annotations.contains(&self.frame().file)
    }

    /// The value of an annotation as `__annotations__` holds it.
    ///
    /// # Errors
    /// What evaluating it raises.
    pub fn annotation(&mut self, expr: &'a Expr) -> R<Value> {
        if self.postponed_annotations() {
            let file = self.frame().file;
            let text = &self.source(file).text[expr.start().to_usize()..expr.end().to_usize()];
            return Ok(Value::str(text));
        }
        if self.version >= (3, 14) {
            // PEP 649: evaluated when somebody asks. Exceptions then belong to whoever asks, and
            // libraries ask for forward references (PEP 749), which never raise.
            let mut value = Value::Unknown;
            self.maybe(&mut |i: &mut Self| {
                match i.catching(&["BaseException"], |i| i.eval(expr)) {
                    Ok(found) => value = found,
                    Err(Stop::Raise(_)) => {}
                    Err(stop) => return Err(stop),
                }
                Ok(Flow::Next)
            })?;
            return Ok(value);
        }
        self.eval(expr)
    }

    /// Puts an annotation into `__annotations__` of the running class or module body.
    pub(super) fn record_annotation(&mut self, name: Sym, annotation: Value) {
        let scope = self.frame().names;
        let key = self.names.annotations;
        let table = match self
            .heap
            .get(scope)
            .attrs
            .get(&key)
            .map(|s| s.value.clone())
        {
            Some(Value::Obj(obj)) => obj,
            _ => {
                let obj = self.heap.alloc(Kind::Dict(super::value::Table::default()));
                self.heap
                    .get_mut(scope)
                    .attrs
                    .insert(key, Slot::sure(Value::Obj(obj)));
                obj
            }
        };
        // A private name is kept as the class body binds it.
        let name = self.in_class_body(name);
        let text = Value::str(&*self.interner.name(name));
        let Some(key) = super::value::Key::of(&text) else {
            return;
        };
        if let Kind::Dict(table) = &mut self.heap.get_mut(table).kind {
            table.insert(key, (text, annotation));
        }
    }

    /// Name of a module object.
    pub fn module_name(&self, module: Obj) -> std::rc::Rc<str> {
        match &self.heap.get(module).kind {
            Kind::Module { info, .. } => info.name.clone(),
            _ => "?".into(),
        }
    }

    /// Owner of a module object.
    pub fn module_owner(&self, module: Obj) -> Owner {
        match &self.heap.get(module).kind {
            Kind::Module { info, .. } if info.kind != ModuleKind::Builtin => info.owner,
            _ => Owner::Stdlib,
        }
    }
}

/// See [`Interp::stands_fast`].
const STEADFAST: &[&str] = &[
    "bool",
    "bytes",
    "callable",
    "classmethod",
    "delattr",
    "dict",
    "enumerate",
    "float",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "list",
    "locals",
    "object",
    "property",
    "repr",
    "set",
    "setattr",
    "staticmethod",
    "str",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];
