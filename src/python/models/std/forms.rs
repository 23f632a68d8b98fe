//! Questions that libraries put to annotations: `get_origin`, `get_args`, and the checks that
//! `typing_inspection` compiles.
//!
//! Sources: `Lib/typing.py` (3.9 to 3.14), `typing_inspection/typing_objects.py` (0.4).

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("typing", "get_origin", get_origin),
    ("typing", "get_args", get_args),
    ("typing_extensions", "get_origin", get_origin),
    ("typing_extensions", "get_args", get_args),
    (
        "typing_inspection.typing_objects",
        "_compile_isinstance_check_function",
        instance_check,
    ),
    (
        "typing_inspection.typing_objects",
        "_compile_identity_check_function",
        identity_check,
    ),
];

/// `get_origin(tp)`
fn get_origin(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(obj)) = args.pos.first().cloned() else {
        return Ok(match args.pos.first() {
            Some(Value::Unknown) | None => Value::Unknown,
            Some(_) => Value::None,
        });
    };
    let (name, origin, given) = match &interp.heap.get(obj).kind {
        Kind::Form { name, origin, args } => (*name, origin.clone(), args.len()),
        Kind::Class(data) if data.blurred => return Ok(Value::Unknown),
        Kind::Instance { .. } => return Ok(Value::Unknown),
        _ => return Ok(Value::None),
    };
    let found = match name {
        "alias" => Some(origin),
        _ if given == 0 => Some(Value::None),
        "Tuple" => Some(Value::Obj(interp.builtins.class("tuple"))),
        "Type" => Some(Value::Obj(interp.builtins.type_class)),
        "Callable" => interp.loaded_attribute("collections.abc", "Callable"),
        other => interp.loaded_attribute("typing", other),
    };
    Ok(found.unwrap_or(Value::Unknown))
}

/// `get_args(tp)`
fn get_args(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(obj)) = args.pos.first().cloned() else {
        return Ok(match args.pos.first() {
            Some(Value::Unknown) | None => Value::Unknown,
            Some(_) => Value::tuple(Vec::new()),
        });
    };
    Ok(match &interp.heap.get(obj).kind {
        Kind::Form { name, args, .. } => {
            let (name, args) = (*name, args.to_vec());
            match name {
                "Callable" | "Concatenate" => Value::Unknown,
                _ => Value::tuple(interp.form_arguments(name, &args)),
            }
        }
        Kind::Instance { .. } => Value::Unknown,
        _ => Value::tuple(Vec::new()),
    })
}

impl<'a> Interp<'a> {
    /// The error of calling a form of `typing` that only stands in annotations.
    pub(in crate::python) fn no_instances_of(
        &mut self,
        form: &Value,
        name: &str,
        origin: &Value,
    ) -> Option<Stop> {
        let written = self.own(form, "_name");
        let written = written.as_ref().and_then(Value::as_str);
        let (message, owner) = match (name, written) {
            ("alias", Some(written @ ("List" | "Dict" | "Set" | "FrozenSet"))) => {
                let class = self.class_short_name(origin.as_obj()?);
                let use_instead = format!("use {class}() instead");
                (
                    format!("Type {written} cannot be instantiated; {use_instead}"),
                    "_BaseGenericAlias.__call__",
                )
            }
            ("Tuple" | "Type", _) => {
                let class = name.to_lowercase();
                (
                    format!("Type {name} cannot be instantiated; use {class}() instead"),
                    "_BaseGenericAlias.__call__",
                )
            }
            ("Union", _) if self.version >= (3, 14) || matches!(origin, Value::Ellipsis) => {
                return None;
            }
            (
                "Optional" | "Union" | "Literal" | "ClassVar" | "Final" | "Any" | "NoReturn"
                | "Never" | "Self" | "LiteralString" | "TypeAlias" | "Required" | "NotRequired",
                _,
            ) => {
                let shown = if name == "Optional" && !self.is_bare(form) {
                    "Union"
                } else {
                    name
                };
                (
                    format!("Cannot instantiate typing.{shown}"),
                    "_SpecialForm.__call__",
                )
            }
            _ => return None,
        };
        let stop = self.error("TypeError", &message);
        Some(self.seen_in(stop, "typing", owner, "raise TypeError"))
    }

    fn is_bare(&self, form: &Value) -> bool {
        form.as_obj().is_some_and(
            |o| matches!(&self.heap.get(o).kind, Kind::Form { args, .. } if args.is_empty()),
        )
    }

    /// Arguments of a form as `typing` keeps them: unions and `Annotated` flattened, `None` as
    /// its class.
    pub(in crate::python) fn form_arguments(&mut self, name: &str, args: &[Value]) -> Vec<Value> {
        let none = Value::Obj(self.builtins.class("NoneType"));
        let inner = |i: &Self, value: &Value, wanted: &str| match value {
            Value::Obj(obj) => match &i.heap.get(*obj).kind {
                Kind::Form { name, args, .. } if *name == wanted => Some(args.to_vec()),
                _ => None,
            },
            _ => None,
        };
        let mut found: Vec<Value> = Vec::new();
        match name {
            "Union" => {
                for arg in args {
                    let parts = match inner(self, arg, "Union") {
                        Some(nested) => self.form_arguments("Union", &nested),
                        None if matches!(arg, Value::None) => vec![none.clone()],
                        None => vec![arg.clone()],
                    };
                    for part in parts {
                        if part.is_unknown() || !found.iter().any(|f| f.same(&part)) {
                            found.push(part);
                        }
                    }
                }
            }
            "Annotated" => {
                let Some((first, rest)) = args.split_first() else {
                    return found;
                };
                match inner(self, first, "Annotated") {
                    Some(nested) => found = self.form_arguments("Annotated", &nested),
                    None => found.push(first.clone()),
                }
                found.extend(rest.iter().cloned());
            }
            "Literal" => found.extend(args.iter().cloned()),
            _ => found.extend(args.iter().map(|arg| match arg {
                Value::None => none.clone(),
                other => other.clone(),
            })),
        }
        found
    }
}

fn member(args: &Args) -> Value {
    args.pos.first().cloned().unwrap_or(Value::Unknown)
}

/// A function that answers `isinstance(obj, typing.<member>)`.
fn instance_check(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(interp.native_with("check", is_instance_of, vec![("member", member(&args))]))
}

fn is_instance_of(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let wanted = interp.sym("member");
    let wanted = args.keyword(wanted).cloned();
    let (Some(value), Some(wanted)) = (args.pos.first(), wanted.as_ref().and_then(Value::as_str))
    else {
        return Ok(Value::Unknown);
    };
    Ok(match value {
        Value::Unknown => Value::Unknown,
        Value::Obj(obj) => match &interp.heap.get(*obj).kind {
            Kind::Instance { class, .. } if interp.is_blurred_class(*class) => Value::Unknown,
            Kind::Instance { class, .. } => Value::Bool(interp.class_short_name(*class) == wanted),
            Kind::Partial { .. } => Value::Unknown,
            _ => Value::Bool(false),
        },
        _ => Value::Bool(false),
    })
}

/// A function that answers `obj is typing.<member>`.
fn identity_check(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(interp.native_with("check", is_member, vec![("member", member(&args))]))
}

fn is_member(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let wanted = interp.sym("member");
    let wanted = args
        .keyword(wanted)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let (Some(value), Some(wanted)) = (args.pos.first().cloned(), wanted) else {
        return Ok(Value::Unknown);
    };
    if value.is_unknown() {
        return Ok(Value::Unknown);
    }
    for module in ["typing", "typing_extensions"] {
        match interp.loaded_attribute(module, &wanted) {
            Some(Value::Unknown) => return Ok(Value::Unknown),
            Some(found) if found.same(&value) => return Ok(Value::Bool(true)),
            _ => {}
        }
    }
    Ok(Value::Bool(false))
}
