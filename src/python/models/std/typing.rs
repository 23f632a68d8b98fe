//! `typing` and `typing_extensions`: special forms, and functions that only mark.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::functools::second;
use crate::python::models::std::sys::first;
use crate::python::models::std::{Over, Overlay, unknown};
use crate::python::raise::R;
use crate::python::value::{Kind, Owner, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("typing", "cast", second),
    ("typing", "overload", first),
    ("typing", "final", first),
    ("typing", "no_type_check", first),
    ("typing", "runtime_checkable", first),
    ("typing", "override", first),
    ("typing", "assert_type", first),
    ("typing", "reveal_type", first),
    ("typing", "dataclass_transform", marks),
    ("typing", "get_type_hints", unknown),
    ("typing_extensions", "overload", first),
    ("typing_extensions", "final", first),
    ("typing_extensions", "runtime_checkable", first),
    ("typing_extensions", "override", first),
    ("typing_extensions", "deprecated", marks),
    ("typing_extensions", "deprecated.__call__", second),
    ("warnings", "deprecated.__call__", second),
    ("typing_extensions", "dataclass_transform", marks),
    ("typing", "NewType.__call__", second),
    ("typing", "NewType.__init__", new_type_init),
    ("typing", "TypeVar.__init__", type_var_init),
    ("typing", "Any.__new__", any_new),
    ("typing", "Generic.__init_subclass__", generic_subclass),
    ("typing", "Protocol.__init_subclass__", generic_subclass),
];

macro_rules! forms {
    ($($module:literal: $($name:literal)*;)*) => {
        &[$($(($module, $name, Over::Form($name)),)*)*]
    };
}

/// Special forms.
pub const FORMS: &[Overlay] = forms! {
    "typing": "Optional" "Union" "Literal" "ClassVar" "Final" "Annotated" "Callable" "Concatenate" "TypeGuard"
        "TypeIs" "Required" "NotRequired" "ReadOnly" "Unpack" "NoReturn" "Never" "Self" "LiteralString" "TypeAlias" "Type"
        "Tuple";
};

/// Generic aliases of the standard containers.
pub const ALIASES: &[Overlay] = &[
    ("typing", "List", Over::Value(|i| alias(i, "List", "list"))),
    ("typing", "Dict", Over::Value(|i| alias(i, "Dict", "dict"))),
    ("typing", "Set", Over::Value(|i| alias(i, "Set", "set"))),
    (
        "typing",
        "FrozenSet",
        Over::Value(|i| alias(i, "FrozenSet", "frozenset")),
    ),
    ("typing", "Any", Over::Value(any)),
];

/// A generic alias of a built-in class; the name is the one under which `typing` has it.
fn alias(interp: &mut Interp<'_>, name: &str, class: &str) -> Value {
    let origin = Value::Obj(interp.builtins.class(class));
    named_alias(interp, name, origin)
}

/// A generic alias of a class of `collections` or `collections.abc`.
fn library_alias(interp: &mut Interp<'_>, name: &str, module: &str, class: &str) -> Value {
    match interp.loaded_or_current(module, class) {
        Some(origin) => named_alias(interp, name, Value::Obj(origin)),
        None => Value::Unknown,
    }
}

fn named_alias(interp: &mut Interp<'_>, name: &str, origin: Value) -> Value {
    let form = Value::Obj(interp.heap.alloc(Kind::Form {
        name: "alias",
        origin,
        args: std::rc::Rc::from([]),
    }));
    interp.store(&form, "_name", Value::str(name));
    form
}

macro_rules! aliases {
    ($($name:literal: $module:literal $class:literal;)*) => {
        &[$(("typing", $name, Over::Value(|i| library_alias(i, $name, $module, $class))),)*]
    };
}

/// Generic aliases of the classes of `collections` and `collections.abc`.
pub const LIBRARY_ALIASES: &[Overlay] = aliases! {
    "Hashable": "collections.abc" "Hashable";
    "Awaitable": "collections.abc" "Awaitable";
    "Coroutine": "collections.abc" "Coroutine";
    "AsyncIterable": "collections.abc" "AsyncIterable";
    "AsyncIterator": "collections.abc" "AsyncIterator";
    "AsyncGenerator": "collections.abc" "AsyncGenerator";
    "Iterable": "collections.abc" "Iterable";
    "Iterator": "collections.abc" "Iterator";
    "Generator": "collections.abc" "Generator";
    "Reversible": "collections.abc" "Reversible";
    "Sized": "collections.abc" "Sized";
    "Container": "collections.abc" "Container";
    "Collection": "collections.abc" "Collection";
    "AbstractSet": "collections.abc" "Set";
    "MutableSet": "collections.abc" "MutableSet";
    "Mapping": "collections.abc" "Mapping";
    "MutableMapping": "collections.abc" "MutableMapping";
    "Sequence": "collections.abc" "Sequence";
    "MutableSequence": "collections.abc" "MutableSequence";
    "MappingView": "collections.abc" "MappingView";
    "KeysView": "collections.abc" "KeysView";
    "ItemsView": "collections.abc" "ItemsView";
    "ValuesView": "collections.abc" "ValuesView";
    "Deque": "collections" "deque";
    "DefaultDict": "collections" "defaultdict";
    "OrderedDict": "collections" "OrderedDict";
    "Counter": "collections" "Counter";
    "ChainMap": "collections" "ChainMap";
};

/// `Any` is a class from 3.11 on, and may be a base.
fn any(interp: &mut Interp<'_>) -> Value {
    match interp.loaded_or_current("typing", "Any") {
        Some(class) => Value::Obj(class),
        None => Value::Obj(interp.heap.alloc(Kind::Form {
            name: "Any",
            origin: Value::None,
            args: std::rc::Rc::from([]),
        })),
    }
}

/// A decorator factory whose decorators give back what they get.
fn marks(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(interp.native_value("decorator", first))
}

/// `TypeVar(name, *constraints, bound=None)`, up to 3.11: what it holds is not followed up.
fn type_var_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let constraints = args.pos.len().saturating_sub(2);
    let bound = interp.sym("bound");
    let bound = args.keyword(bound).cloned();
    let bounded = bound.is_some_and(|b| !matches!(b, Value::None | Value::Unknown));
    if args.open || constraints == 0 || !bounded && constraints > 1 {
        return Ok(Value::Unknown);
    }
    let (text, code) = if bounded {
        (
            "Constraints cannot be combined with bound=...",
            "raise TypeError(\"Constraints",
        )
    } else {
        (
            "A single constraint is not allowed",
            "raise TypeError(\"A single",
        )
    };
    let stop = interp.error("TypeError", text);
    Err(interp.seen_in(stop, "typing", "TypeVar.__init__", code))
}

/// `NewType(name, tp)` looks for a dot in the name.
fn new_type_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let refused = match args.pos.get(1) {
        Some(Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_)) => true,
        Some(Value::Obj(obj)) => {
            matches!(&interp.heap.get(*obj).kind, Kind::Class(d) if d.meta.is_none() && !d.blurred)
        }
        _ => false,
    };
    if !refused {
        return Ok(Value::Unknown);
    }
    let kind = interp.type_name(&args.pos[1]);
    let what = if interp.version >= (3, 14) {
        "a container or iterable"
    } else {
        "iterable"
    };
    let stop = interp.error(
        "TypeError",
        &format!("argument of type '{kind}' is not {what}"),
    );
    Err(interp.seen_in(stop, "typing", "NewType.__init__", "if '.' in name"))
}

/// `Any` is a class from 3.11 on, of which only subclasses have instances.
fn any_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first() else {
        return Ok(interp.unknown());
    };
    if interp.loaded_or_current("typing", "Any") == Some(*class) {
        let stop = interp.error("TypeError", "Any cannot be instantiated");
        return Err(interp.seen_in(stop, "typing", "Any.__new__", "raise TypeError"));
    }
    let made = interp.instance(*class);
    interp.heap.get_mut(made).open = true;
    Ok(Value::Obj(made))
}

/// `Generic.__init_subclass__` hands keywords on, in practice to `object`; and a class does not
/// derive from `Generic` itself.
fn generic_subclass(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    const BODY: &str = "Generic.__init_subclass__";
    let Some(generic) = interp.loaded_or_current("typing", "Generic") else {
        return Ok(interp.unknown());
    };
    let name = interp.names.init_subclass;
    if !args.kw.is_empty()
        && !args.open
        && !interp.is_blurred_class(class)
        && let Some((owner, _)) = interp.lookup_after(class, generic, name)
        && owner == interp.builtins.object_class
    {
        let short = interp.class_qualname_of(class);
        let message = format!("{short}.__init_subclass__() takes no keyword arguments");
        let stop = interp.refusal("TypeError", &message);
        return Err(interp.seen_in(stop, "typing", BODY, "super().__init_subclass__"));
    }
    let orig = interp.names.orig_bases;
    let Kind::Class(data) = &interp.heap.get(class).kind else {
        return Ok(Value::Unknown);
    };
    if interp.heap.get(class).open || data.unknown_names || data.blurred {
        return Ok(Value::None);
    }
    let plain = match interp.heap.get(class).attrs.get(&orig).map(|s| &s.value) {
        Some(Value::Tuple(bases)) => bases.iter().any(|b| b.same(&Value::Obj(generic))),
        Some(_) => false,
        None => {
            &*data.name != "Protocol" && data.bases.iter().any(|b| b.same(&Value::Obj(generic)))
        }
    };
    if plain && data.owner != Owner::Stdlib {
        let stop = interp.error("TypeError", "Cannot inherit from plain Generic");
        return Err(interp.seen_in(
            stop,
            "typing",
            BODY,
            "raise TypeError(\"Cannot inherit from plain",
        ));
    }
    // Generic's own ends with `super().__init_subclass__(*args, **kwargs)`.
    if let Some((owner, method)) = interp.lookup_after(class, generic, name)
        && owner != interp.builtins.object_class
    {
        let inner = match method.as_obj().map(|o| &interp.heap.get(o).kind) {
            Some(Kind::ClassMethod(inner)) => inner.clone(),
            _ => method,
        };
        let args = Args {
            pos: vec![Value::Obj(class)],
            kw: args.kw.clone(),
            open: args.open,
            ..Args::default()
        };
        interp.call(&inner, args)?;
    }
    Ok(Value::None)
}

/// How many types an alias of `typing` takes.
const ARITIES: &[(&str, usize)] = &[
    ("List", 1),
    ("Set", 1),
    ("FrozenSet", 1),
    ("Dict", 2),
    ("Awaitable", 1),
    ("AsyncIterable", 1),
    ("AsyncIterator", 1),
    ("Iterable", 1),
    ("Iterator", 1),
    ("Collection", 1),
    ("Container", 1),
    ("AbstractSet", 1),
    ("MutableSet", 1),
    ("Mapping", 2),
    ("MutableMapping", 2),
    ("Sequence", 1),
    ("MutableSequence", 1),
    ("Deque", 1),
    ("DefaultDict", 2),
    ("OrderedDict", 2),
    ("Counter", 1),
    ("ChainMap", 2),
];

impl<'a> Interp<'a> {
    /// `Form[index]` that `typing` refuses.
    ///
    /// # Errors
    /// `TypeError`
    pub(in crate::python) fn check_subscript(
        &mut self,
        form: &Value,
        name: &str,
        index: &Value,
    ) -> R<()> {
        let given = match index {
            Value::Tuple(items) => items.len(),
            Value::Unknown => return Ok(()),
            _ => 1,
        };
        let fresh = form.as_obj().is_some_and(
            |obj| matches!(&self.heap.get(obj).kind, Kind::Form { args, .. } if args.is_empty()),
        );
        if !fresh {
            return Ok(());
        }
        let message = match name {
            "Optional" if given != 1 => match self.repr_of(index) {
                Some(shown) => {
                    let shown: String = shown.chars().take(100).collect();
                    format!("typing.Optional requires a single type. Got {shown}.")
                }
                None => return Ok(()),
            },
            "Annotated" if given < 2 => {
                "Annotated[...] should be used with at least two arguments (a type and an annotation)."
                    .to_owned()
            }
            "alias" => {
                let typing = self.own(form, "_name");
                let known = typing
                    .as_ref()
                    .and_then(Value::as_str)
                    .and_then(|typing| ARITIES.iter().find(|(name, _)| *name == typing));
                match known {
                    Some((typing, wanted)) if given != *wanted => {
                        let much = if given > *wanted { "many" } else { "few" };
                        let what = if self.version < (3, 10) {
                            "parameters"
                        } else {
                            "arguments"
                        };
                        format!(
                            "Too {much} {what} for typing.{typing}; actual {given}, expected {wanted}"
                        )
                    }
                    _ => return Ok(()),
                }
            }
            _ => return Ok(()),
        };
        Err(self.error("TypeError", &message))
    }
}
