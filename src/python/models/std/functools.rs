//! `functools`, `contextlib`, `abc`: decorators that keep what they decorate callable.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::compiled::native_def;
use crate::python::models::std::sys::{first, none, unknown_number};
use crate::python::models::std::{Over, Overlay};
use crate::python::native::Native;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Owner, Payload, Slot, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("functools", "wraps", wraps),
    ("functools", "update_wrapper", update_wrapper),
    ("functools", "lru_cache", lru_cache),
    ("functools", "cache", cache),
    ("functools", "singledispatch", singledispatch),
    ("functools", "cached_property.__get__", cached_property_get),
    ("_functools", "partial.__new__", partial_new),
    ("abc", "abstractmethod", abstractmethod),
    ("abc", "ABCMeta.__new__", abc_new),
    ("abc", "ABCMeta.register", abc_register),
    ("abc", "update_abstractmethods", first),
    ("contextlib", "AsyncExitStack.__aenter__", first),
    (
        "contextlib",
        "AbstractAsyncContextManager.__aenter__",
        first,
    ),
    ("contextlib", "nullcontext.__init__", keep_first),
    ("contextlib", "nullcontext.__enter__", kept),
    ("contextlib", "nullcontext.__exit__", none),
    ("contextlib", "closing.__init__", keep_first),
    ("contextlib", "closing.__enter__", kept),
    ("contextlib", "closing.__exit__", none),
    ("contextlib", "AbstractContextManager.__enter__", first),
    ("contextlib", "AbstractContextManager.__exit__", none),
    ("contextlib", "ExitStack.__enter__", first),
    ("contextlib", "_BaseExitStack.enter_context", enter_context),
    ("contextlib", "_BaseExitStack.push", stack_push),
    (
        "contextlib",
        "AsyncExitStack.enter_async_context",
        enter_async_context,
    ),
    ("contextlib", "AsyncExitStack.push_async_exit", stack_push),
    ("contextlib", "_BaseExitStack.callback", second),
    ("re._constants", "_makecodes", bind_names),
    ("sre_constants", "_makecodes", bind_names),
    ("selectors", "_can_use", can_use),
    ("warnings", "warn", none),
    ("warnings", "filterwarnings", none),
    ("warnings", "simplefilter", none),
    ("_warnings", "warn", none),
    ("secrets", "token_hex", unknown_number),
    ("secrets", "token_urlsafe", unknown_number),
    ("secrets", "token_bytes", unknown_number),
];

/// What stands for other names.
pub const OVERLAYS: &[Overlay] = &[
    ("contextlib", "suppress.__new__", Over::Static(suppress_new)),
    ("contextlib", "suppress.__init__", Over::Function(none)),
];

/// The second argument itself.
pub fn second(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.get(1) {
        Some(value) => value.clone(),
        None => interp.unknown(),
    })
}

/// `stack.enter_context(manager)`: what the stack swallows now depends on the manager.
fn enter_context(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    enter_on_stack(interp, &args, false)
}

fn enter_async_context(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    enter_on_stack(interp, &args, true)
}

fn enter_on_stack(interp: &mut Interp<'_>, args: &Args, is_async: bool) -> R<Value> {
    let cm = interp.sym("cm");
    let manager = args.get(1, cm).cloned().unwrap_or(Value::Unknown);
    let entered = interp.enter_only(&manager, is_async)?;
    if let Some(stack) = args.pos.first() {
        let stack = stack.clone();
        interp.store(&stack, crate::python::flow::STACK_ENTERED, Value::None);
    }
    Ok(entered)
}

fn stack_push(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(stack) = args.pos.first() {
        let stack = stack.clone();
        interp.store(&stack, crate::python::flow::STACK_ENTERED, Value::None);
    }
    second(interp, args)
}

/// `ABCMeta.register(cls, subclass)`: which classes others register is not followed up.
fn abc_register(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(class), registered] = args.pos.as_slice() {
        // What the standard library registers with itself is in tables.
        let known = |value: &Value| {
            value.as_obj().is_some_and(|o| {
                matches!(&interp.heap.get(o).kind, Kind::Class(d) if d.builtin || d.owner == Owner::Stdlib)
            })
        };
        if !(known(registered) && known(&Value::Obj(*class))) {
            let class = Value::Obj(*class);
            interp.store(&class, crate::python::support::REGISTERED, Value::None);
        }
    }
    second(interp, args)
}

impl<'a> Interp<'a> {
    /// A native function as a value.
    pub(in crate::python) fn native_value(&mut self, name: &'static str, run: Native) -> Value {
        Value::Obj(self.heap.alloc(Kind::Native(native_def(name, run))))
    }

    /// `functools.partial(native, **kwargs)`
    pub(in crate::python) fn native_with(
        &mut self,
        name: &'static str,
        run: Native,
        kwargs: Vec<(&str, Value)>,
    ) -> Value {
        let func = self.native_value(name, run);
        let kwargs = kwargs.into_iter().map(|(n, v)| (self.sym(n), v)).collect();
        Value::Obj(self.heap.alloc(Kind::Partial {
            func,
            args: Vec::new(),
            kwargs,
        }))
    }

    /// Another function object with the same code, which a decorator gives back.
    fn twin(&mut self, func: &Value) -> Value {
        let Value::Obj(obj) = func else {
            return func.clone();
        };
        let Kind::Function(data) = self.heap.get(*obj).kind.clone() else {
            return func.clone();
        };
        let attrs = self.heap.get(*obj).attrs.clone();
        let twin = self.heap.alloc(Kind::Function(data));
        self.heap.get_mut(twin).attrs = attrs;
        let wrapped = self.names.wrapped;
        self.heap
            .get_mut(twin)
            .attrs
            .insert(wrapped, Slot::sure(func.clone()));
        Value::Obj(twin)
    }
}

/// `@wraps(wrapped)`
fn wraps(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let wrapped = interp.sym("wrapped");
    let wrapped = args.get(0, wrapped).cloned().unwrap_or(Value::Unknown);
    Ok(interp.native_with("update_wrapper", update_wrapper, vec![("wrapped", wrapped)]))
}

/// Names that `update_wrapper` copies.
const COPIED: &[&str] = &["__module__", "__name__", "__qualname__", "__doc__"];

fn update_wrapper(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (wrapper_name, wrapped_name) = (interp.sym("wrapper"), interp.sym("wrapped"));
    let wrapper = args.get(0, wrapper_name).cloned().unwrap_or(Value::Unknown);
    let wrapped = args.get(1, wrapped_name).cloned().unwrap_or(Value::Unknown);
    let Value::Obj(target) = &wrapper else {
        return Ok(wrapper);
    };
    for name in COPIED {
        let name = interp.sym(name);
        if let Ok(Some(value)) = interp.find_attribute(&wrapped, name) {
            interp
                .heap
                .get_mut(*target)
                .attrs
                .insert(name, Slot::sure(value));
        }
    }
    match &wrapped {
        Value::Obj(source) => {
            let cell = interp.heap.get(*source);
            let plain = matches!(
                cell.kind,
                Kind::Function(_) | Kind::Partial { .. } | Kind::Instance { .. }
            );
            let (attrs, open) = (cell.attrs.clone(), cell.open);
            if plain {
                let target = interp.heap.get_mut(*target);
                target.open |= open;
                for (name, slot) in attrs {
                    target.attrs.insert(name, slot);
                }
            }
        }
        _ => interp.heap.get_mut(*target).open = true,
    }
    let name = interp.names.wrapped;
    interp
        .heap
        .get_mut(*target)
        .attrs
        .insert(name, Slot::sure(wrapped));
    Ok(wrapper)
}

/// `@lru_cache` and `@lru_cache(maxsize=...)`
fn lru_cache(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let maxsize = interp.sym("maxsize");
    match args.get(0, maxsize) {
        Some(value @ Value::Obj(_)) => {
            let func = value.clone();
            Ok(cached(interp, &func))
        }
        Some(Value::Unknown) => Ok(interp.unknown()),
        Some(Value::None | Value::Int(_) | Value::Bool(_)) | None => {
            Ok(interp.native_value("decorating_function", cache))
        }
        Some(_) => Err(interp.error(
            "TypeError",
            "Expected first argument to be an integer, a callable, or None",
        )),
    }
}

fn cache(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let func = args.pos.first().cloned().unwrap_or(Value::Unknown);
    Ok(cached(interp, &func))
}

fn cached(interp: &mut Interp<'_>, func: &Value) -> Value {
    let twin = interp.twin(func);
    if let Value::Obj(obj) = &twin {
        let obj = *obj;
        for name in ["cache_info", "cache_clear", "cache_parameters"] {
            let native = interp.native_value("cache_method", none_or_unknown);
            interp.put(obj, name, native);
        }
    }
    twin
}

fn none_or_unknown(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::Unknown)
}

/// `@singledispatch`: the default implementation, with a way to register others.
fn singledispatch(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let func = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let twin = interp.twin(&func);
    if let Value::Obj(obj) = &twin {
        let obj = *obj;
        let register = interp.native_value("register", dispatch_register);
        interp.put(obj, "register", register);
        for name in ["dispatch", "registry", "_clear_cache"] {
            interp.put(obj, name, Value::Unknown);
        }
        // Which implementation runs depends on the argument's class.
        if let Kind::Function(data) = interp.heap.get(obj).kind.clone() {
            let data = crate::python::function::FunctionData {
                hook: Some(unmodelled),
                ..copy_of(&data)
            };
            interp.heap.get_mut(obj).kind = Kind::Function(std::rc::Rc::new(data));
        }
    }
    Ok(twin)
}

fn unmodelled(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.escape(&args);
    Ok(interp.unknown())
}

/// A field-by-field copy: function data is shared, never cloned, elsewhere.
pub fn copy_of<'a>(
    data: &crate::python::function::FunctionData<'a>,
) -> crate::python::function::FunctionData<'a> {
    crate::python::function::FunctionData {
        name: data.name.clone(),
        qualname: data.qualname.clone(),
        module: data.module,
        file: data.file,
        owner: data.owner,
        def: data.def,
        closure: data.closure,
        defaults: data.defaults.clone(),
        kw_defaults: data.kw_defaults.clone(),
        annotations: data.annotations.clone(),
        is_async: data.is_async,
        hook: data.hook,
    }
}

/// `f.register(cls)` as a decorator, `f.register(cls, func)`, or `@f.register` by annotation.
fn dispatch_register(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match (args.pos.first(), args.pos.get(1)) {
        (_, Some(func)) => Ok(func.clone()),
        (Some(Value::Obj(obj)), None)
            if matches!(interp.heap.get(*obj).kind, Kind::Function(_)) =>
        {
            Ok(Value::Obj(*obj))
        }
        _ => Ok(interp.native_value("register", first)),
    }
}

/// Computes the value once and puts it into the instance, as `cached_property` does.
fn cached_property_get(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [this, instance, ..] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Value::Obj(object) = instance else {
        return Ok(if matches!(instance, Value::None) {
            this.clone()
        } else {
            interp.unknown()
        });
    };
    let func_name = interp.names.func;
    let func = interp.attribute(this, func_name)?;
    let value = interp.call(&func, Args::positional(vec![instance.clone()]))?;
    let name = interp.names.name;
    if let Ok(Some(Value::Str(text))) = interp.find_attribute(&func, name) {
        let name = interp.interner.intern(&text.text);
        interp
            .heap
            .get_mut(*object)
            .attrs
            .insert(name, Slot::sure(value.clone()));
    }
    Ok(value)
}

fn partial_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    if args.pos.len() < 2 {
        return Err(interp.error("TypeError", "type 'partial' takes at least one argument"));
    }
    let class = args.pos.remove(0);
    let func = args.pos.remove(0);
    let exact = matches!(&class, Value::Obj(c) if interp.class_short_name(*c).ends_with("functools.partial"));
    if args.open || !exact {
        interp.escape(&args);
        return Ok(interp.unknown());
    }
    if matches!(
        func,
        Value::None
            | Value::Str(_)
            | Value::Int(_)
            | Value::Bool(_)
            | Value::Float(_)
            | Value::Tuple(_)
    ) {
        return Err(interp.error("TypeError", "the first argument must be callable"));
    }
    Ok(Value::Obj(interp.heap.alloc(Kind::Partial {
        func,
        args: args.pos,
        kwargs: args.kw,
    })))
}

fn abstractmethod(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let func = args.pos.first().cloned().unwrap_or(Value::Unknown);
    if let Value::Obj(obj) = &func {
        let name = interp.names.abstract_;
        interp
            .heap
            .get_mut(*obj)
            .attrs
            .insert(name, Slot::sure(Value::Bool(true)));
    }
    Ok(func)
}

/// `ABCMeta.__new__` makes the class as `type` does; which methods are abstract is read off it.
fn abc_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let made = interp.plain_type_new(args);
    made.map_err(|stop| interp.seen_in(stop, "abc", "ABCMeta.__new__", "super().__new__("))
}

impl<'a> Interp<'a> {
    /// `type.__new__(meta, name, bases, namespace, **keywords)`
    pub(in crate::python) fn plain_type_new(&mut self, args: Args) -> R<Value> {
        let (type_class, new) = (self.builtins.type_class, self.names.new);
        let Some((_, method, _)) = self.class_lookup(type_class, new) else {
            return Ok(self.unknown());
        };
        let method = self.unwrap_static(&method);
        self.call(&method, args)
    }
}

/// `_makecodes("A", "B")` binds its arguments as names of the module.
fn bind_names(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let module = interp.frame().module;
    let names: Vec<String> = args
        .pos
        .iter()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect();
    for name in names {
        interp.put(module, &name, Value::Unknown);
    }
    Ok(Value::Unknown)
}

/// Does `select` have this kind of polling?
fn can_use(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    else {
        return Ok(interp.unknown());
    };
    Ok(Value::Bool(
        interp.loaded_attribute("select", &name).is_some(),
    ))
}

/// Remembers the first argument in the receiver.
fn keep_first(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(this)) = args.pos.first() {
        let value = args
            .pos
            .get(1)
            .or_else(|| args.kw.first().map(|(_, v)| v))
            .cloned()
            .unwrap_or(Value::None);
        let this = *this;
        interp.put(this, "enter_result", value.clone());
        interp.put(this, "thing", value);
    }
    Ok(Value::None)
}

fn kept(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let this: Option<Obj> = args.pos.first().and_then(Value::as_obj);
    let name = interp.sym("enter_result");
    let slot = this.and_then(|o| interp.heap.get(o).attrs.get(&name).cloned());
    Ok(match slot {
        Some(slot) => slot.value,
        None => interp.unknown(),
    })
}

fn suppress_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    interp.builtins.suppress = Some(class);
    let known = !args.open
        && args.pos[1..]
            .iter()
            .all(|v| matches!(v, Value::Obj(o) if interp.is_class(*o)));
    if !known {
        return Ok(interp.unknown());
    }
    let payload = Payload::Value(Value::tuple(args.pos[1..].to_vec()));
    Ok(Value::Obj(
        interp.heap.alloc(Kind::Instance { class, payload }),
    ))
}
