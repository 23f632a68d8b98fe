//! Decorators of models: they leave a proxy in the class body that tells which fields they
//! concern and whether they may change what is validated.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

static WRAP: NativeDef = NativeDef {
    name: "dec",
    run: wrap,
};
static IDENTITY: NativeDef = NativeDef {
    name: "dec",
    run: identity,
};

/// Answers the decorator that leaves a proxy of this kind.
fn decorator(
    interp: &mut Interp<'_>,
    kind: &str,
    mode: Value,
    fields: Vec<Value>,
    check: Value,
) -> Value {
    let native = Value::Obj(interp.heap.alloc(Kind::Native(&WRAP)));
    let args = vec![Value::str(kind), mode, Value::tuple(fields), check];
    Value::Obj(interp.heap.alloc(Kind::Partial {
        func: native,
        args,
        kwargs: Vec::new(),
    }))
}

fn wrap(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [kind, mode, fields, check, func] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let proxy = interp.library_object("pydantic._internal._decorators", "PydanticDescriptorProxy");
    interp.store(&proxy, "<kind>", kind.clone());
    interp.store(&proxy, "<mode>", mode.clone());
    interp.store(&proxy, "<fields>", fields.clone());
    interp.store(&proxy, "<check>", check.clone());
    interp.store(&proxy, "wrapped", func.clone());
    if !args.kw.is_empty() {
        interp.store(&proxy, "<old>", Value::Bool(true));
        let always = interp.sym("always");
        if let Some(always) = args.keyword(always).cloned() {
            interp.store(&proxy, "<always>", always);
        }
        let reuse = interp.sym("reuse");
        if matches!(args.keyword(reuse), Some(Value::Bool(false))) {
            interp.refuse_second_validator(func)?;
        }
    }
    Ok(proxy)
}

/// `@field_validator("a", "b", mode="after", check_fields=None)`
pub fn field_validator(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let fields = fields_of(interp, &args, "field_validator")?;
    let mode = interp.parameter(&bound, "mode");
    let check = interp.parameter(&bound, "check_fields");
    Ok(decorator(interp, "field", mode, fields, check))
}

fn fields_of(interp: &mut Interp<'_>, args: &Args, name: &str) -> R<Vec<Value>> {
    if let Some(Value::Obj(first)) = args.pos.first()
        && matches!(interp.heap.get(*first).kind, Kind::Function(_))
    {
        let message = format!(
            "`@{name}` should be used with fields and keyword arguments, not bare. E.g. usage should be `@validator('<field_name>', ...)`"
        );
        if interp.pydantic_major() >= 2 {
            return Err(interp.pydantic_error(
                "PydanticUserError",
                &message,
                "validator-no-fields",
                &[],
            ));
        }
    }
    let wrong = args
        .pos
        .iter()
        .any(|f| !matches!(f, Value::Str(_) | Value::Unknown));
    if wrong && interp.pydantic_major() >= 2 {
        let message = format!(
            "`@{name}` fields should be passed as separate string args. E.g. usage should be `@validator('<field_name_1>', '<field_name_2>', ...)`"
        );
        return Err(interp.pydantic_error(
            "PydanticUserError",
            &message,
            "validator-invalid-fields",
            &[],
        ));
    }
    Ok(args.pos.clone())
}

/// `@model_validator(mode="before" | "after" | "wrap")`
pub fn model_validator(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let mode = interp.parameter(&bound, "mode");
    Ok(decorator(interp, "model", mode, Vec::new(), Value::None))
}

/// `@validator("a", pre=False, ...)`
pub fn old_validator(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let fields = fields_of(interp, &args, "validator")?;
    let always = interp.parameter(&bound, "always");
    let pre = interp.parameter(&bound, "pre");
    let each = interp.parameter(&bound, "each_item");
    let reuse = interp.parameter(&bound, "allow_reuse");
    let mode = match (pre, &always, each) {
        (Value::Bool(false), Value::Bool(_), Value::Bool(false)) => Value::str("after"),
        (Value::Bool(true), Value::Bool(_), Value::Bool(false)) => Value::str("before"),
        _ => Value::str("not known"),
    };
    let check = interp.parameter(&bound, "check_fields");
    let dec = decorator(interp, "field", mode, fields, check);
    if let Value::Obj(obj) = &dec
        && let Kind::Partial { kwargs, .. } = &mut interp.heap.get_mut(*obj).kind
    {
        let old = interp.interner.intern("old");
        kwargs.push((old, Value::Bool(true)));
        kwargs.push((interp.interner.intern("always"), always));
        kwargs.push((interp.interner.intern("reuse"), reuse));
    }
    Ok(dec)
}

/// `@root_validator(pre=False, skip_on_failure=False)`, also without parentheses.
pub fn old_root_validator(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bare = args.pos.first().cloned();
    let pre = args
        .keyword(interp.sym("pre"))
        .cloned()
        .unwrap_or(Value::Bool(false));
    let skip = args
        .keyword(interp.sym("skip_on_failure"))
        .cloned()
        .unwrap_or(Value::Bool(false));
    if interp.pydantic_major() >= 2
        && matches!((&pre, &skip), (Value::Bool(false), Value::Bool(false)))
        && !args.open
    {
        let message = "If you use `@root_validator` with pre=False (the default) you MUST specify `skip_on_failure=True`. \
                       Note that `@root_validator` is deprecated and should be replaced with `@model_validator`.";
        return Err(interp.pydantic_error(
            "PydanticUserError",
            message,
            "root-validator-pre-skip",
            &[],
        ));
    }
    let mode = match pre {
        Value::Bool(false) => Value::str("after"),
        _ => Value::str("before"),
    };
    let dec = decorator(interp, "model", mode, Vec::new(), Value::None);
    if let Value::Obj(obj) = &dec
        && let Kind::Partial { kwargs, .. } = &mut interp.heap.get_mut(*obj).kind
    {
        kwargs.push((interp.interner.intern("old"), Value::Bool(true)));
    }
    match bare {
        Some(func) => interp.call(&dec, Args::positional(vec![func])),
        None => Ok(dec),
    }
}

/// A decorator with or without arguments that gives back what it decorates.
pub fn identity(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(Value::Obj(obj))
            if !matches!(interp.heap.get(*obj).kind, Kind::List(_) | Kind::Dict(_)) =>
        {
            Ok(Value::Obj(*obj))
        }
        _ => Ok(Value::Obj(interp.heap.alloc(Kind::Native(&IDENTITY)))),
    }
}

/// A decorator that always has arguments.
pub fn identity_factory(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    Ok(Value::Obj(interp.heap.alloc(Kind::Native(&IDENTITY))))
}

/// As [`identity`], for a class whose constructor is replaced by one that is not modelled.
pub fn identity_open(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    static OPEN: NativeDef = NativeDef {
        name: "create_dataclass",
        run: identity_open,
    };
    match args.pos.first() {
        Some(Value::Obj(obj)) if interp.is_class(*obj) => {
            let obj = *obj;
            if let Kind::Class(data) = &mut interp.heap.get_mut(obj).kind {
                data.blurred = true;
            }
            Ok(Value::Obj(obj))
        }
        _ => Ok(Value::Obj(interp.heap.alloc(Kind::Native(&OPEN)))),
    }
}

/// `@computed_field`, also with arguments: what it decorates is a property afterwards.
pub fn computed_field(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    static COMPUTED: NativeDef = NativeDef {
        name: "dec",
        run: computed_field,
    };
    match args.pos.first() {
        Some(Value::Obj(obj)) => match &interp.heap.get(*obj).kind {
            Kind::Function(_) => {
                let get = Value::Obj(*obj);
                Ok(Value::Obj(interp.heap.alloc(Kind::Property {
                    get,
                    set: Value::None,
                })))
            }
            _ => Ok(Value::Obj(*obj)),
        },
        _ => Ok(Value::Obj(interp.heap.alloc(Kind::Native(&COMPUTED)))),
    }
}

/// What the decorators of a class body may do to validation.
#[derive(Debug, Clone, Default)]
pub struct Influence {
    /// Something sees the input before the fields do.
    pub before_model: bool,
    /// Fields that are looked at before their own type.
    pub before_field: Vec<String>,
    /// Something checks the finished model.
    pub after: bool,
}

impl Influence {
    /// Does something see this field's value before its own type does?
    pub fn concerns(&self, field: &str) -> bool {
        self.before_field.iter().any(|n| n == field || n == "*")
    }
}

impl<'a> Interp<'a> {
    /// `_prepare_validator` of the first generation: a validator of a name that there is already.
    fn refuse_second_validator(&mut self, func: &Value) -> R<()> {
        let inner = match func.as_obj().map(|o| &self.heap.get(o).kind) {
            Some(Kind::ClassMethod(inner)) => inner.clone(),
            _ => func.clone(),
        };
        if self.pydantic_major() >= 2 || self.doubt > 0 {
            return Ok(());
        }
        let (Some(module), Some(name)) = (
            self.get(&inner, "__module__")
                .and_then(|v| self.plain_text(&v)),
            self.get(&inner, "__qualname__")
                .and_then(|v| self.plain_text(&v)),
        ) else {
            return Ok(());
        };
        let key = format!("pydantic validator {module}.{name}");
        if self.memo.insert(key, Value::None).is_none() {
            return Ok(());
        }
        let message = format!(
            "duplicate validator function \"{module}.{name}\"; if this is intended, set `allow_reuse=True`"
        );
        let short = name.split('.').next().unwrap_or_default();
        let slots = [("class", short), ("field", name.as_str())];
        let (place, class) = ("pydantic.errors", "ConfigError");
        Err(self.library_fault(
            place,
            class,
            "RuntimeError",
            &message,
            "pydantic-class",
            &slots,
        ))
    }

    /// Is a value a proxy left by a decorator of this file?
    pub fn is_decorator_proxy(&self, value: &Value) -> bool {
        self.class_of_instance(value)
            .is_some_and(|c| self.class_short_name(c) == "PydanticDescriptorProxy")
    }

    /// Adds what one name of a class body does to validation.
    pub fn add_influence(&mut self, value: &Value, influence: &mut Influence) {
        if !self.is_decorator_proxy(value) {
            return;
        }
        let kind = self.own(value, "<kind>");
        let mode = self
            .own(value, "<mode>")
            .and_then(|m| m.as_str().map(ToOwned::to_owned));
        let early = mode.as_deref() != Some("after");
        match kind.as_ref().and_then(Value::as_str) {
            Some("field") => {
                influence.after = true;
                let fields = self.own(value, "<fields>");
                let names = match &fields {
                    Some(Value::Tuple(items)) => items.clone(),
                    _ => std::rc::Rc::from([]),
                };
                if early {
                    for name in names.iter() {
                        influence
                            .before_field
                            .push(name.as_str().unwrap_or("*").to_owned());
                    }
                }
            }
            Some("model") => {
                influence.after = true;
                influence.before_model |= early;
            }
            _ => influence.before_model = true,
        }
    }
}
