//! What the interpreter needs besides: types of values, forms of `typing`, module dictionaries.

use std::rc::Rc;

use ruff_python_ast as ast;

use super::call::Args;
use super::function::FunctionData;
use super::interp::{FrameKind, Interp};
use super::raise::R;
use super::scope::ScopeInfo;
use super::value::{FileId, Kind, Obj, Owner, Payload, Slot, Value};

impl<'a> Interp<'a> {
    /// `type(value)`
    pub fn type_of(&mut self, value: &Value) -> Value {
        match value {
            Value::Unknown => self.unknown(),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => Value::Obj(*class),
                Kind::Class(_) => Value::Obj(self.meta_of(*obj)),
                // Written as `int | str`: up to 3.13 of a class of its own.
                Kind::Form {
                    name: "Union",
                    origin: Value::Ellipsis,
                    ..
                } if self.version < (3, 14) => Value::Obj(self.builtins.class("UnionType")),
                Kind::Env { .. } | Kind::Partial { .. } | Kind::Form { .. } => self.unknown(),
                other => Value::Obj(self.builtins.class_of_kind(other)),
            },
            other => Value::Obj(self.builtins.class_of(other)),
        }
    }

    /// `isinstance(value, class)`; `None` when it is not known.
    pub fn is_instance(&mut self, value: &Value, class: &Value) -> Option<bool> {
        if let Value::Tuple(items) = class {
            let mut unsure = false;
            for item in items.iter() {
                match self.is_instance(value, item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unsure = true,
                }
            }
            return if unsure { None } else { Some(false) };
        }
        let Value::Obj(class) = class else {
            return None;
        };
        if !self.is_class(*class) {
            return match self.heap.get(*class).kind.clone() {
                Kind::Form {
                    name: "Union",
                    args,
                    ..
                } => self.is_instance(value, &Value::tuple(args.to_vec())),
                // `typing.Mapping`
                Kind::Form {
                    name: "alias",
                    origin,
                    args,
                } if args.is_empty() => self.is_instance(value, &origin),
                _ => None,
            };
        }
        if *class == self.builtins.object_class {
            return Some(true);
        }
        if value.is_unknown() {
            return None;
        }
        if let Some(answer) = self.form_is_instance(value, *class) {
            return answer;
        }
        if self.has_instance_check(*class) && !self.is_exact(value, *class) {
            return match self.type_of(value) {
                Value::Obj(own) if !self.is_blurred(value) => self.is_virtual_subclass(own, *class),
                _ => None,
            };
        }
        let own = match self.type_of(value) {
            Value::Obj(own) => own,
            _ => return None,
        };
        self.is_subclass(own, *class)
    }

    /// The class behind `typing.Mapping` and `typing.Tuple`.
    pub(super) fn class_of_alias(&self, value: Value) -> Value {
        let form = value.as_obj().map(|obj| &self.heap.get(obj).kind);
        match form {
            Some(Kind::Form { name, origin, args }) if args.is_empty() => match *name {
                "alias" => origin.clone(),
                "Tuple" => Value::Obj(self.builtins.class("tuple")),
                _ => value,
            },
            _ => value,
        }
    }

    /// Forms of `typing` are instances of classes of `typing` and `types` only.
    fn form_is_instance(&self, value: &Value, class: Obj) -> Option<Option<bool>> {
        let Kind::Form { name, .. } = &self.heap.get(value.as_obj()?).kind else {
            return None;
        };
        // Up to 3.10 `list[int]` said that it was a class.
        if class == self.builtins.type_class && (self.version >= (3, 11) || *name != "alias") {
            return Some(Some(false));
        }
        let foreign = matches!(
            &self.heap.get(class).kind,
            Kind::Class(d) if !d.blurred && !d.builtin && d.owner != Owner::Stdlib
        );
        Some((foreign && !self.has_instance_check(class)).then_some(false))
    }

    /// `issubclass` where the metaclass has a say: abstract base classes know their registered
    /// classes, and some ask a hook.
    pub fn is_virtual_subclass(&mut self, class: Obj, of: Obj) -> Option<bool> {
        if self.is_subclass(class, of)? {
            return Some(true);
        }
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let mro = data.mro.clone();
        let registered = self.sym(REGISTERED);
        if self.heap.get(of).attrs.contains_key(&registered) {
            return None;
        }
        let name = self.class_name(of);
        if let Some((_, builtin)) = ABSTRACT.iter().find(|(abstract_class, _)| {
            name.strip_prefix("collections.abc.") == Some(abstract_class)
        }) {
            let mut names = mro.iter().map(|c| self.class_name(*c));
            return Some(names.any(|n| builtin.contains(&n.as_str())));
        }
        let meta = self.meta_of(of);
        let nominal = NOMINAL.contains(&self.class_name(meta).as_str());
        let hook = self.sym("__subclasshook__");
        // The hooks of the standard library answer for their own class only.
        let plain = self.class_lookup(of, hook).is_none_or(|(owner, _, _)| {
            owner == self.builtins.object_class
                || owner != of
                    && matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.owner == Owner::Stdlib)
        });
        (nominal && plain).then_some(false)
    }

    fn is_exact(&mut self, value: &Value, class: Obj) -> bool {
        matches!(self.type_of(value), Value::Obj(own) if self.is_subclass(own, class) == Some(true))
    }

    /// May a metaclass (an ABC, say) answer `isinstance` its own way?
    pub fn has_instance_check(&self, class: Obj) -> bool {
        let meta = self.meta_of(class);
        if meta == self.builtins.type_class {
            return self.is_blurred_class(class);
        }
        match self.class_lookup(meta, self.names.instancecheck) {
            Some((owner, _, _)) => owner != self.builtins.type_class,
            None => self.is_blurred_class(meta),
        }
    }

    /// `Class[index]`
    pub(super) fn subscript_class(&mut self, class: Obj, index: &Value) -> R<Value> {
        let getitem = self.names.getitem;
        let meta = self.meta_of(class);
        if let Some(members) = self.enum_member(class, index) {
            return Ok(members);
        }
        if let Some((owner, method, _)) = self.class_lookup(meta, getitem)
            && owner != self.builtins.type_class
        {
            return self.call(
                &method,
                Args::positional(vec![Value::Obj(class), index.clone()]),
            );
        }
        let name = self.names.class_getitem;
        if let Some((owner, method, sure)) = self.class_lookup(class, name)
            && sure
        {
            let native = matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.builtin || d.owner == Owner::Stdlib);
            if !native {
                let function = match &method {
                    Value::Obj(o) => match &self.heap.get(*o).kind {
                        Kind::ClassMethod(inner) => inner.clone(),
                        _ => method.clone(),
                    },
                    _ => method.clone(),
                };
                let result = self.call(
                    &function,
                    Args::positional(vec![Value::Obj(class), index.clone()]),
                )?;
                if !result.is_unknown() {
                    return Ok(result);
                }
            }
            return Ok(self.alias(class, index));
        }
        let known = !self.is_blurred_class(class)
            && meta == self.builtins.type_class
            && !self.heap.get(class).open;
        if known && !self.is_generic(class) {
            let short = self.class_short_name(class);
            let message = format!("type '{short}' is not subscriptable");
            return Err(self.error("TypeError", &message));
        }
        Ok(self.alias(class, index))
    }

    fn is_generic(&mut self, class: Obj) -> bool {
        let type_params = self.sym("__type_params__");
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return true;
        };
        data.mro.iter().any(|c| match &self.heap.get(*c).kind {
            Kind::Class(d) => {
                let cell = self.heap.get(*c);
                matches!(&*d.name, "Generic" | "Protocol")
                    || cell.open
                    || cell.attrs.contains_key(&type_params)
            }
            _ => true,
        }) || matches!(
            &*data.name,
            "tuple" | "list" | "dict" | "set" | "frozenset" | "type"
        )
    }

    fn alias(&mut self, class: Obj, index: &Value) -> Value {
        let args = match index {
            Value::Tuple(items) => items.clone(),
            other => Rc::from([other.clone()]),
        };
        Value::Obj(self.heap.alloc(Kind::Form {
            name: "alias",
            origin: Value::Obj(class),
            args,
        }))
    }

    /// `Form[index]`: `Optional[int]`, `Annotated[int, x]`, `list[T][int]`.
    pub(super) fn subscript_form(&mut self, form: &Value, index: &Value) -> R<Value> {
        let Some(Kind::Form { name, origin, .. }) =
            form.as_obj().map(|obj| self.heap.get(obj).kind.clone())
        else {
            return Ok(self.unknown());
        };
        let given: Vec<Value> = match index {
            Value::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        self.check_subscript(form, name, index)?;
        let (name, args): (&'static str, Vec<Value>) = match name {
            // The union of `None` with itself is no union.
            "Optional" if matches!(given.first(), Some(Value::None)) => {
                return Ok(Value::Obj(self.builtins.class("NoneType")));
            }
            "Optional" => (
                "Union",
                vec![
                    given.first().cloned().unwrap_or(Value::Unknown),
                    Value::None,
                ],
            ),
            other => (other, given),
        };
        let made = Value::Obj(self.heap.alloc(Kind::Form {
            name,
            origin,
            args: args.into(),
        }));
        // The name under which `typing` has the alias.
        if let Some(typing) = self.own(form, "_name") {
            self.store(&made, "_name", typing);
        }
        Ok(made)
    }

    /// The class `typing.Generic` or `typing.Protocol`.
    pub(super) fn typing_class(&mut self, name: &str) -> Value {
        self.loaded_attribute("typing", name)
            .filter(|v| v.as_obj().is_some_and(|o| self.is_class(o)))
            .unwrap_or(Value::Unknown)
    }

    /// Binds PEP 695 type parameters in a scope of their own.
    pub(super) fn enter_type_params(&mut self, params: Option<&'a ast::TypeParams>) -> Option<Obj> {
        let params = params?;
        let parent = self.visible_scope();
        let info = Rc::new(ScopeInfo::empty());
        let env = self.heap.alloc(Kind::Env { info, parent });
        for param in params.iter() {
            let name = match param {
                ast::TypeParam::TypeVar(p) => &p.name,
                ast::TypeParam::ParamSpec(p) => &p.name,
                ast::TypeParam::TypeVarTuple(p) => &p.name,
            };
            let name = self.sym(name);
            self.heap
                .get_mut(env)
                .attrs
                .insert(name, Slot::sure(Value::Unknown));
        }
        let mut frame = self.frame().clone();
        frame.kind = FrameKind::Function;
        frame.parent = parent;
        frame.names = env;
        frame.info = Some(Rc::new(ScopeInfo::empty()));
        frame.parent = Some(env);
        self.frames.push(frame);
        Some(env)
    }

    /// Ends what [`Interp::enter_type_params`] began.
    pub(super) fn leave_type_params(&mut self, entered: Option<Obj>) {
        if entered.is_some() {
            self.frames.pop();
        }
    }

    /// The model for a function that is being defined.
    pub(super) fn hook_for(&self, module: Obj, qualname: &str) -> Option<super::native::Native> {
        let by_name = self.hooks.get(&*self.module_name(module))?;
        by_name.get(qualname).copied()
    }

    /// Is the body of a standard-library function followed?
    pub(super) fn runs_stdlib(&self, func: &FunctionData<'a>) -> bool {
        let module = self.module_name(func.module);
        super::models::FOLLOWED_STDLIB.contains(&&*module)
            || super::models::FOLLOWED_WITH_CARE.contains(&&*module)
            || super::models::FOLLOWED_FUNCTIONS
                .iter()
                .any(|(home, names)| *home == &*module && names.contains(&&*func.qualname))
    }

    /// Is only part of what a function raises believed?
    pub(super) fn follows_with_care(&self, func: &FunctionData<'a>) -> bool {
        func.owner == Owner::Stdlib
            && self.frame().owner != Owner::Stdlib
            && super::models::FOLLOWED_WITH_CARE.contains(&&*self.module_name(func.module))
    }

    /// May this exception of a function that is followed with care be a gap of the simulator?
    pub(super) fn is_doubtful(&self, raised: &super::raise::Raised) -> bool {
        const CERTAIN: &[&str] = &["ValueError", "OSError", "OverflowError"];
        let class = self.class_of_exception(&raised.exc);
        let certain = class.is_some_and(|class| {
            CERTAIN
                .iter()
                .any(|name| self.is_subclass(class, self.builtins.exception(name)) == Some(true))
        });
        let inside = raised
            .frames
            .last()
            .is_some_and(|frame| self.source(frame.file).owner == Owner::Stdlib);
        inside && !raised.explicit && !certain
    }

    /// Records a call of a watched callable.
    pub(super) fn watch_call(&mut self, callee: Obj, args: &Args) {
        if self.watched.is_empty() {
            return;
        }
        let name = match &self.heap.get(callee).kind {
            Kind::Function(f) => format!("{}.{}", self.module_name(f.module), f.qualname),
            Kind::Class(d) => format!("{}.{}", d.module, d.qualname),
            _ => return,
        };
        // `sqlalchemy.orm.sessionmaker` is defined in `sqlalchemy.orm.session`.
        let (module, short) = name.rsplit_once('.').unwrap_or(("", &name));
        let shown = self.watched.keys().find(|watched| {
            let (home, public) = watched.rsplit_once('.').unwrap_or(("", watched));
            let inside = module
                .strip_prefix(home)
                .is_some_and(|rest| rest.starts_with('.'));
            **watched == name || (public == short && inside)
        });
        if let Some(shown) = shown.cloned() {
            self.record_call(&shown, callee, args);
        }
    }

    /// Fills what texts need and the raise did not say.
    pub(super) fn complete_slots(
        &mut self,
        slots: &mut std::collections::BTreeMap<String, String>,
    ) {
        let Some(module) = slots.get("module").or_else(|| slots.get("name")) else {
            return;
        };
        let top = module.split('.').next().unwrap_or(module).to_owned();
        let found = self
            .project
            .distributions
            .values()
            .find(|d| d.modules.contains(&top) || d.name.replace('-', "_") == top)
            .map(|d| (d.name.clone(), d.version.clone()));
        if let Some((name, version)) = found {
            slots.entry("dist".to_owned()).or_insert(name);
            slots.entry("dist.version".to_owned()).or_insert(version);
        }
    }

    /// The dictionary of a module. Writing through it is seen; see [`Interp::module_dict_changed`].
    pub fn module_dict(&mut self, module: Obj) -> Value {
        // The dict is a snapshot with a way back: its owner is remembered in `memo`.
        let mut table: super::value::Table = self
            .heap
            .get(module)
            .attrs
            .iter()
            .map(|(name, slot)| {
                let (key, value) = super::builtins::text_key(&self.interner.name(*name));
                (
                    key,
                    (
                        value,
                        if slot.sure {
                            slot.value.clone()
                        } else {
                            Value::Unknown
                        },
                    ),
                )
            })
            .collect();
        let mut open = self.heap.get(module).open;
        if let Kind::Class(data) = &self.heap.get(module).kind {
            // Not all members of built-in classes are listed; classes of Python code have these.
            open |= data.builtin;
            for name in ["__dict__", "__weakref__"] {
                let (key, name) = super::builtins::text_key(name);
                table.entry(key).or_insert((name, Value::Unknown));
            }
        }
        let dict = self.heap.alloc(Kind::Dict(table));
        self.heap.get_mut(dict).open = open;
        self.module_dicts.push((dict, module));
        Value::Obj(dict)
    }

    /// A dict changed: when it is a module's, the module has the new names too.
    pub fn module_dict_changed(&mut self, dict: Obj) {
        let Some((_, module)) = self.module_dicts.iter().find(|(d, _)| *d == dict).copied() else {
            return;
        };
        let Kind::Dict(table) = &self.heap.get(dict).kind else {
            return;
        };
        let entries: Vec<(Value, Value)> = table.values().cloned().collect();
        let open = self.heap.get(dict).open;
        for (key, value) in entries {
            if let Some(text) = key.as_str()
                && !matches!(text, "__dict__" | "__weakref__")
            {
                let name = self.interner.intern(text);
                self.heap
                    .get_mut(module)
                    .attrs
                    .insert(name, Slot::sure(value));
            }
        }
        if open {
            self.heap.get_mut(module).open = true;
        }
    }

    /// A dict that stands for a namespace may have got any name.
    pub fn open_namespace(&mut self, value: &Value) {
        if let Value::Obj(obj) = value {
            self.heap.get_mut(*obj).open = true;
            self.module_dict_changed(*obj);
        }
    }

    /// Parses ahead what a module imports.
    pub(super) fn prefetch_imports(&mut self, _body: &'a [ast::Stmt], file: FileId) {
        let source = self.source(file);
        self.store
            .look_ahead(self.finder, source, &|path| self.owner_of(path));
    }

    /// A module's body is done.
    pub(super) fn module_finished(&mut self, module: Obj) {
        if FILLED_BY_COMPILED.contains(&&*self.module_name(module)) {
            self.heap.get_mut(module).open = true;
        }
        if self.module_owner(module) == Owner::Stdlib {
            let name = self.module_name(module);
            // Modules that make names at run time.
            if matches!(&*name, "crypt" | "turtle") {
                self.heap.get_mut(module).open = true;
            }
            self.overlay(&name, module);
            if &*name == "types" {
                // `type(type.__dict__)`, and dicts stand for those here.
                let view = Value::Obj(self.builtins.class("mappingproxy"));
                let name = self.sym("MappingProxyType");
                let attrs = &mut self.heap.get_mut(module).attrs;
                attrs.insert(name, Slot::sure(view));
            }
        }
    }

    /// Is an instance a `pathlib` path?
    pub(super) fn is_path(&self, obj: Obj) -> bool {
        match &self.heap.get(obj).kind {
            Kind::Instance {
                class,
                payload: Payload::Value(Value::Str(_)),
            } => {
                matches!(&self.heap.get(*class).kind, Kind::Class(d) if d.module.starts_with("pathlib"))
            }
            _ => false,
        }
    }
}

impl<'a> Interp<'a> {
    /// Is a name a module of the standard library of the simulated version?
    pub fn is_stdlib_name(&self, top: &str) -> bool {
        ruff_python_stdlib::sys::is_known_standard_library(self.version.1, top)
    }

    /// Modules that are compiled into the interpreter, so that nothing can shadow them.
    pub(super) fn is_builtin_module(&self, full: &str) -> bool {
        if matches!(
            full,
            "sys" | "builtins" | "_frozen_importlib" | "_frozen_importlib_external"
        ) {
            return true;
        }
        let minor = self.version.1;
        let listed = ruff_python_stdlib::sys::is_builtin_module(minor, full);
        let compiled = super::models::compiled::is_compiled(full, minor)
            && !super::models::compiled::is_optional(full);
        // Some builds compile in what others ship as extension modules.
        (listed || compiled)
            && match &self.project.python.stdlib {
                None => listed,
                Some(stdlib) => {
                    let stdlib = std::path::PathBuf::from(stdlib);
                    let dirs = [stdlib.join("lib-dynload"), stdlib];
                    self.finder.find_in(&dirs, full).is_none()
                }
            }
    }

    /// A built-in module with the names that it is known to have.
    pub(super) fn builtin_module(&mut self, full: &str) -> Obj {
        let info = super::value::ModuleInfo {
            name: full.into(),
            file: None,
            path: None,
            dirs: None,
            kind: super::value::ModuleKind::Builtin,
            owner: Owner::Stdlib,
        };
        let module = self.new_module(info);
        self.fill_compiled_once(full, module);
        module
    }
}

/// Attribute of an abstract class with which code outside the standard library registered.
pub const REGISTERED: &str = "<registered>";

/// Abstract classes of `collections.abc` that go by registration alone, with the built-in classes
/// that are registered with them.
const ABSTRACT: &[(&str, &[&str])] = &[
    ("Mapping", &["dict", "mappingproxy"]),
    ("MutableMapping", &["dict"]),
    (
        "Sequence",
        &[
            "tuple",
            "str",
            "range",
            "memoryview",
            "bytes",
            "list",
            "bytearray",
            "collections.deque",
            "array.array",
        ],
    ),
    (
        "MutableSequence",
        &["list", "bytearray", "collections.deque", "array.array"],
    ),
    ("Set", &["set", "frozenset", "dict_keys", "dict_items"]),
    ("MutableSet", &["set"]),
];

/// Metaclasses whose classes have no other subclasses than declared and registered ones.
const NOMINAL: &[&str] = &[
    "abc.ABCMeta",
    "pydantic._internal._model_construction.ModelMetaclass",
    "pydantic.main.ModelMetaclass",
    "pydantic.v1.main.ModelMetaclass",
    "sqlmodel.main.SQLModelMetaclass",
];

/// Modules of Python source into which a compiled module of the same distribution puts names.
const FILLED_BY_COMPILED: &[&str] = &["numpy.dtypes"];
