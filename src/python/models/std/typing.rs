//! `typing` and `typing_extensions`: special forms, and functions that only mark.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::functools::second;
use crate::python::models::std::sys::first;
use crate::python::models::std::{Over, Overlay, unknown};
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

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
