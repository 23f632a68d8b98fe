//! One parameter of an endpoint or dependency, as FastAPI's own `analyze_param` judges it.
//!
//! The library's function is followed, so that each release refuses what it refuses, in its own
//! words. What it cannot answer here is left to the coarser rules of the caller.
//!
//! Sources: `fastapi/dependencies/utils.py` (0.95 to 0.165).

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, SuspendedKind, Value};

/// What the library makes of a parameter.
pub(super) struct Analyzed {
    /// The `Depends` behind it, its callable filled in.
    pub depends: Option<Value>,
}

/// `copy_field_info(*, field_info, annotation)`: the copy has the annotated type, and what else the
/// annotation carries as metadata.
pub(super) fn copy_field_info(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (info, annotation) = (interp.sym("field_info"), interp.sym("annotation"));
    let (Some(info), Some(annotation)) = (
        args.keyword(info).cloned(),
        args.keyword(annotation).cloned(),
    ) else {
        return Ok(interp.unknown());
    };
    let copy = interp.copy_object(&info);
    if interp.pydantic_major() < 2 {
        return Ok(copy);
    }
    let parts = match &annotation {
        Value::Obj(obj) => match &interp.heap.get(*obj).kind {
            Kind::Form {
                name: "Annotated",
                args,
                ..
            } => args.to_vec(),
            _ => vec![annotation.clone()],
        },
        other => vec![other.clone()],
    };
    let parts = interp.form_arguments("Annotated", &parts);
    let Some((first, rest)) = parts.split_first() else {
        return Ok(copy);
    };
    let mut metadata = Vec::new();
    for item in rest {
        match interp.own(item, "metadata").map(|m| interp.items_of(&m)) {
            Some(Ok(Some(items))) if interp.is_field_info(item) => metadata.extend(items),
            _ if interp.is_field_info(item) => metadata.push(Value::Unknown),
            _ => metadata.push(item.clone()),
        }
    }
    let metadata = interp.list(metadata);
    interp.store(&copy, "metadata", metadata);
    interp.store(&copy, "annotation", first.clone());
    Ok(copy)
}

/// Names between braces, as `get_path_param_names` finds them in the path format.
fn path_names(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((_, tail)) = rest.split_once('{') {
        let Some((inside, tail)) = tail.split_once('}') else {
            break;
        };
        let name = inside.split_once(':').map_or(inside, |(name, _)| name);
        found.push(name.to_owned());
        rest = tail;
    }
    found
}

impl<'a> Interp<'a> {
    /// Asks the library about a parameter of a route; `None` when its answer is not known.
    ///
    /// # Errors
    /// What it refuses the parameter for.
    pub(super) fn analyze_parameter(
        &mut self,
        name: &str,
        annotation: Option<&Value>,
        default: Option<&Value>,
        path: &str,
    ) -> R<Option<Analyzed>> {
        let utils = "fastapi.dependencies.utils";
        let Some(analyze) = self.loaded_attribute(utils, "analyze_param") else {
            return Ok(None);
        };
        let Some(empty) = self.loaded_attribute("inspect", "_empty") else {
            return Ok(None);
        };
        if annotation.is_some_and(Value::is_unknown) || default.is_some_and(Value::is_unknown) {
            return Ok(None);
        }
        let names = path_names(path);
        let (key, value) = if self.takes_keyword(&analyze, "path_param_names") {
            let table = names
                .iter()
                .filter_map(|name| {
                    let name = Value::str(name.as_str());
                    Some((Key::of(&name)?, (name, Value::None)))
                })
                .collect();
            let set = Value::Obj(self.heap.alloc(Kind::Set(table)));
            ("path_param_names", set)
        } else if self.takes_keyword(&analyze, "is_path_param") {
            let is_path = names.iter().any(|n| n == name);
            ("is_path_param", Value::Bool(is_path))
        } else {
            return Ok(None);
        };
        let kw = [
            ("param_name", Value::str(name)),
            ("annotation", annotation.unwrap_or(&empty).clone()),
            ("value", default.unwrap_or(&empty).clone()),
            (key, value),
        ];
        let kw = kw.map(|(name, value)| (self.sym(name), value)).to_vec();
        let answer = self.call(
            &analyze,
            Args {
                kw,
                ..Args::default()
            },
        );
        let answer = answer.map_err(|stop| self.parameter_fault(stop, path))?;
        let depends = match &answer {
            Value::Tuple(parts) => parts.get(1).cloned(),
            other => self.own(other, "depends"),
        };
        Ok(match depends {
            None | Some(Value::Unknown) => None,
            Some(Value::None) => Some(Analyzed { depends: None }),
            depends => Some(Analyzed { depends }),
        })
    }

    /// Does a function have a keyword-only parameter of this name?
    fn takes_keyword(&mut self, func: &Value, name: &str) -> bool {
        let Some(Kind::Function(data)) = func.as_obj().map(|o| &self.heap.get(o).kind) else {
            return false;
        };
        data.def
            .parameters()
            .is_some_and(|p| p.kwonlyargs.iter().any(|k| &*k.parameter.name == name))
    }

    /// Says which route a refusal is about.
    pub(super) fn parameter_fault(&mut self, stop: Stop, route: &str) -> Stop {
        let Stop::Raise(raised) = &stop else {
            return stop;
        };
        let text = self.exception_text(&raised.exc).unwrap_or_default();
        let class = self.class_of_exception(&raised.exc);
        let class = class.map_or_else(String::new, |c| self.class_short_name(c));
        if class == "FastAPIError" {
            let shown = text
                .split_once("check that ")
                .and_then(|(_, rest)| rest.split_once(" is a valid Pydantic"))
                .map(|(shown, _)| shown.to_owned())
                .unwrap_or_default();
            let shown = shown
                .strip_prefix("<class '")
                .and_then(|s| s.strip_suffix("'>"))
                .unwrap_or(&shown)
                .to_owned();
            let slots = [("route", route), ("annotation", shown.as_str())];
            return Self::rekind(stop, "response-model", &slots);
        }
        if class == "RuntimeError" && text.starts_with("Form data requires") {
            return Self::rekind(stop, "multipart-missing", &[("route", route)]);
        }
        Self::rekind(stop, "raised", &[("route", route)])
    }

    /// Asks the library to make the field of a response; `None` when it has no such function.
    ///
    /// # Errors
    /// What it refuses the type for.
    pub(super) fn response_field(&mut self, model: &Value, route: &str) -> R<Option<()>> {
        if self.pydantic_major() < 2 {
            return Ok(None);
        }
        let Some(make) = ["create_model_field", "create_response_field"]
            .iter()
            .find_map(|name| self.loaded_attribute("fastapi.utils", name))
        else {
            return Ok(None);
        };
        let kw = [
            ("name", Value::str("Response")),
            ("type_", model.clone()),
            ("mode", Value::str("serialization")),
        ];
        let kw = kw.map(|(name, value)| (self.sym(name), value)).to_vec();
        let made = self.call(
            &make,
            Args {
                kw,
                ..Args::default()
            },
        );
        let made = made.map_err(|stop| self.parameter_fault(stop, route))?;
        Ok((!made.is_unknown()).then_some(()))
    }

    /// Certainly nothing that can be called.
    pub(in crate::python) fn is_no_callable(&mut self, value: &Value) -> bool {
        let Value::Obj(obj) = value else {
            return !value.is_unknown();
        };
        match &self.heap.get(*obj).kind {
            Kind::List(_)
            | Kind::Dict(_)
            | Kind::Set(_)
            | Kind::FrozenSet(_)
            | Kind::Module { .. }
            | Kind::Suspended { .. } => true,
            Kind::Instance { .. } => {
                let call = self.names.call;
                !self.is_blurred(value) && matches!(self.type_attribute(value, call), Ok(None))
            }
            _ => false,
        }
    }

    /// `repr(value)`, with dots for the address that only a run knows.
    pub(in crate::python) fn repr_or_address(&mut self, value: &Value) -> String {
        if let Some(text) = self.repr_of(value) {
            return text;
        }
        let kind = match value {
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Suspended { func, kind, .. } => {
                    let kind = match kind {
                        SuspendedKind::Generator => "generator",
                        SuspendedKind::Coroutine => "coroutine",
                        SuspendedKind::AsyncGenerator => "async_generator",
                    };
                    format!("{kind} object {}", func.qualname)
                }
                Kind::Function(func) => format!("function {}", func.qualname),
                _ => format!("{} object", self.qualified_type_name(value)),
            },
            _ => return "...".to_owned(),
        };
        format!("<{kind} at 0x...>")
    }
}
