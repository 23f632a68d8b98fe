//! Starlette routing: what a path template means and refuses; the inclusions of newer FastAPI.
//!
//! Sources: `starlette/routing.py` `compile_path` (0.27 to 1.10), `fastapi/routing.py`
//! `_IncludedRouter` (0.137 to 0.165).

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("starlette.routing", "compile_path", compile_path),
    ("starlette.routing", "get_name", get_name),
    (
        "fastapi.routing",
        "_IncludedRouter.effective_route_contexts",
        effective_route_contexts,
    ),
];

/// Deepest nesting of inclusions.
const MAX_DEPTH: u32 = 24;

/// One parameter of a template: where it stands, its name and convertor.
struct Parameter<'p> {
    start: usize,
    end: usize,
    name: &'p str,
    kind: &'p str,
}

/// `{([a-zA-Z_][a-zA-Z0-9_]*)(:[a-zA-Z_][a-zA-Z0-9_]*)?}`
fn parameters(path: &str) -> Vec<Parameter<'_>> {
    let word = |w: &str| {
        let mut chars = w.chars();
        chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = path[at..].find('{').map(|i| at + i) {
        let Some(close) = path[open..].find('}').map(|i| open + i) else {
            break;
        };
        // The last opening brace counts: `{{x}`.
        let start = path[open..close].rfind('{').map_or(open, |i| open + i);
        let inner = &path[start + 1..close];
        let (name, kind) = inner.split_once(':').unwrap_or((inner, "str"));
        if word(name) && word(kind) {
            found.push(Parameter {
                start,
                end: close + 1,
                name,
                kind,
            });
        }
        at = close + 1;
    }
    found
}

fn compile_path(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = interp.sym("path");
    let path = args.get(0, path).cloned().unwrap_or(Value::Unknown);
    let Some(text) = path.as_str().map(ToOwned::to_owned) else {
        interp.blur();
        return Ok(Value::tuple(vec![Value::Unknown; 3]));
    };
    let known = interp
        .loaded_attribute("starlette.convertors", "CONVERTOR_TYPES")
        .and_then(|types| interp.table_of(&types));
    let mut format = String::new();
    let mut at = 0;
    let mut convertors: Vec<(String, Value)> = Vec::new();
    let mut twice: Vec<&str> = Vec::new();
    for parameter in parameters(&text) {
        let there = known.as_ref().is_none_or(|(table, open)| {
            *open
                || table
                    .values()
                    .any(|(key, _)| key.as_str() == Some(parameter.kind))
        });
        if !there {
            let message = format!("Unknown path convertor '{}'", parameter.kind);
            return Err(interp.error("AssertionError", &message));
        }
        format.push_str(&text[at..parameter.start]);
        format.push('{');
        format.push_str(parameter.name);
        format.push('}');
        if convertors.iter().any(|(name, _)| name == parameter.name) {
            twice.push(parameter.name);
        }
        convertors.push((parameter.name.to_owned(), Value::Unknown));
        at = parameter.end;
    }
    if !twice.is_empty() {
        twice.sort_unstable();
        twice.dedup();
        let ending = if twice.len() > 1 { "s" } else { "" };
        let message = format!(
            "Duplicated param name{ending} {} at path {text}",
            twice.join(", ")
        );
        return Err(interp.error("ValueError", &message));
    }
    format.push_str(&text[at..]);
    let convertors = interp.dict_of(convertors);
    Ok(Value::tuple(vec![
        Value::Unknown,
        Value::str(format),
        convertors,
    ]))
}

fn get_name(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let endpoint = args.pos.first().cloned().unwrap_or(Value::Unknown);
    Ok(match interp.endpoint_name(&endpoint) {
        Some(name) => Value::str(name),
        None => interp.unknown(),
    })
}

/// The routes of an inclusion, as far as the next inclusion looks at them.
fn effective_route_contexts(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let this = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let mut found = Vec::new();
    if interp.effective(&this, "", 0, &mut found).is_none() {
        return Ok(interp.unknown());
    }
    Ok(interp.list(found))
}

impl<'a> Interp<'a> {
    /// `get_name(endpoint)`: the name of a function or class, else of the class of an instance.
    pub(super) fn endpoint_name(&mut self, endpoint: &Value) -> Option<String> {
        let obj = endpoint.as_obj()?;
        match &self.heap.get(obj).kind {
            Kind::Function(_) | Kind::Class(_) | Kind::Method { .. } => {
                let name = self.get(endpoint, "__name__")?;
                name.as_str().map(ToOwned::to_owned)
            }
            Kind::Partial { .. } => Some("partial".to_owned()),
            Kind::Instance { class, .. } => Some(self.class_short_name(*class)),
            _ => None,
        }
    }

    fn effective(
        &mut self,
        included: &Value,
        before: &str,
        depth: u32,
        found: &mut Vec<Value>,
    ) -> Option<()> {
        let context = self.own(included, "include_context")?;
        let prefix = self.own(&context, "prefix")?;
        let prefix = format!("{before}{}", prefix.as_str()?);
        let router = self.own(included, "original_router")?;
        let routes = self.own(&router, "routes")?;
        let items = match &self.heap.get(routes.as_obj()?).kind {
            Kind::List(items) if !self.heap.get(routes.as_obj()?).open => items.clone(),
            _ => return None,
        };
        for item in items {
            if self.own(&item, "original_router").is_some() {
                if depth > MAX_DEPTH {
                    return None;
                }
                self.effective(&item, &prefix, depth + 1, found)?;
                continue;
            }
            let path = self.own(&item, "path");
            let path = path
                .as_ref()
                .and_then(Value::as_str)
                .map_or(Value::Unknown, |path| Value::str(format!("{prefix}{path}")));
            let name = self.own(&item, "name").unwrap_or(Value::Unknown);
            let effective = self.library_object("fastapi.routing", "_EffectiveRouteContext");
            self.store(&effective, "original_route", item);
            self.store(&effective, "starlette_route", Value::None);
            self.store(&effective, "path", path);
            self.store(&effective, "name", name);
            found.push(effective);
        }
        Some(())
    }
}
