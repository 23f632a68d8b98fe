//! FastAPI routes: what a path operation decorator refuses when it is applied.
//!
//! Sources: `fastapi/routing.py` `APIRoute.__init__`, `fastapi/dependencies/utils.py`
//! (0.95 to 0.165). Everything around it (routers, prefixes, includes) is followed in the library.

use super::pydantic::shapes::Shape;
use crate::python::call::Args;
use crate::python::function::FunctionData;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{Key, Kind, Obj, Owner, Payload, Value};

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    ("fastapi.routing", "APIRoute.__init__", api_route_init),
    (
        "fastapi.routing",
        "APIWebSocketRoute.__init__",
        websocket_route_init,
    ),
    ("fastapi.openapi.utils", "get_openapi", openapi),
    (
        "fastapi._compat",
        "copy_field_info",
        super::parameters::copy_field_info,
    ),
    (
        "fastapi._compat.v2",
        "copy_field_info",
        super::parameters::copy_field_info,
    ),
];

/// The OpenAPI document: made from schemas of which nothing is kept here.
fn openapi(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.bound(&args)?;
    Ok(interp.unknown())
}

/// Parameters of these classes are given by the framework.
const GIVEN: &[&str] = &[
    "starlette.requests.Request",
    "starlette.requests.HTTPConnection",
    "starlette.websockets.WebSocket",
    "starlette.responses.Response",
    "starlette.background.BackgroundTasks",
    "fastapi.background.BackgroundTasks",
    "fastapi.security.oauth2.SecurityScopes",
];

/// Deepest nesting of dependencies that is followed.
const MAX_DEPTH: u32 = 12;

/// Steps that one look at the types of a route may take.
const TYPE_STEPS: u64 = 100_000;

/// One parameter of a callable.
struct Parameter {
    name: String,
    annotation: Value,
    default: Option<Value>,
}

fn api_route_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    for name in [
        "path",
        "endpoint",
        "methods",
        "name",
        "tags",
        "status_code",
        "dependencies",
        "responses",
        "response_class",
        "include_in_schema",
        "summary",
        "description",
        "deprecated",
        "operation_id",
        "callbacks",
        "openapi_extra",
        "response_model_include",
        "response_model_exclude",
        "response_model_by_alias",
        "generate_unique_id_function",
        "response_model_exclude_unset",
        "response_model_exclude_defaults",
        "response_model_exclude_none",
        "response_description",
        "dependency_overrides_provider",
    ] {
        let value = interp.parameter(&bound, name);
        interp.store(&this, name, value);
    }
    interp.open_instance(&this);
    let path = interp.parameter(&bound, "path");
    let endpoint = interp.parameter(&bound, "endpoint");
    let model = interp.response_model(&bound, &endpoint);
    interp.store(&this, "response_model", model.clone());
    interp.name_route(&this, &endpoint, &path)?;
    interp.identify_route(&this)?;
    let route = path.as_str().unwrap_or_default().to_owned();
    // The route is registered even where its types are too much to follow.
    interp.within(TYPE_STEPS, |i| {
        i.check_response(&model, &bound, &endpoint, &route)
    })?;
    interp.within(TYPE_STEPS, |i| i.check_responses(&bound, &route))?;
    if let Some(items) = interp.known_items(&bound, "dependencies") {
        for item in items {
            interp.within(TYPE_STEPS, |i| i.check_bare_depends(&item, &route))?;
        }
    }
    interp.within(TYPE_STEPS, |i| i.check_callable(&endpoint, &route, 0))?;
    Ok(Value::None)
}

fn websocket_route_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    for name in ["path", "endpoint", "name", "dependencies"] {
        let value = interp.parameter(&bound, name);
        interp.store(&this, name, value);
    }
    interp.open_instance(&this);
    let path = interp.parameter(&bound, "path");
    let endpoint = interp.parameter(&bound, "endpoint");
    interp.name_route(&this, &endpoint, &path)?;
    let route = path.as_str().unwrap_or_default().to_owned();
    interp.within(TYPE_STEPS, |i| i.check_callable(&endpoint, &route, 0))?;
    if let Some(items) = interp.known_items(&bound, "dependencies") {
        for item in items {
            interp.check_bare_depends(&item, &route)?;
        }
    }
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    /// Name, compiled path, and the lists that stand for `None`.
    fn name_route(&mut self, this: &Value, endpoint: &Value, path: &Value) -> R<()> {
        if let Some(Value::None) = self.own(this, "name") {
            let name = match self.endpoint_name(endpoint) {
                Some(name) => Value::str(name),
                None => self.unknown(),
            };
            self.store(this, "name", name);
        }
        for name in ["tags", "dependencies"] {
            match self.own(this, name) {
                Some(Value::None) => {
                    let empty = self.list(Vec::new());
                    self.store(this, name, empty);
                }
                // `list(dependencies or [])`
                Some(Value::Tuple(items)) if name == "dependencies" => {
                    let list = self.list(items.to_vec());
                    self.store(this, name, list);
                }
                _ => {}
            }
        }
        let compiled = match self.loaded_attribute("starlette.routing", "compile_path") {
            Some(compile) => self.call(&compile, Args::positional(vec![path.clone()]))?,
            None => Value::Unknown,
        };
        if let Value::Tuple(parts) = &compiled {
            let names = ["path_regex", "path_format", "param_convertors"];
            for (name, part) in names.iter().zip(parts.iter()) {
                self.store(this, name, part.clone());
            }
        }
        Ok(())
    }

    /// Methods, and the identifier of the operation: the project's own function makes it while
    /// the route is registered.
    fn identify_route(&mut self, this: &Value) -> R<()> {
        let methods = match self.own(this, "methods") {
            Some(Value::None) => Some(vec!["GET".to_owned()]),
            Some(Value::Unknown) | None => None,
            Some(given) => match self.items_of(&given)? {
                Some(items) => items
                    .iter()
                    .map(|item| self.plain_text(item).map(|m| m.to_ascii_uppercase()))
                    .collect(),
                None => None,
            },
        };
        let methods = match methods {
            Some(names) => {
                let table = names
                    .into_iter()
                    .filter_map(|name| {
                        let name = Value::str(name);
                        Some((Key::of(&name)?, (name, Value::None)))
                    })
                    .collect();
                Value::Obj(self.heap.alloc(Kind::Set(table)))
            }
            None => Value::Unknown,
        };
        self.store(this, "methods", methods);
        let makes = self.own(this, "generate_unique_id_function");
        let given = self.own(this, "operation_id");
        let unset = match given {
            Some(Value::None) => true,
            Some(Value::Str(text)) => text.text.is_empty(),
            _ => false,
        };
        let (Some(makes), true) = (makes, unset) else {
            return Ok(());
        };
        let own = makes.as_obj().is_some_and(|obj| {
            matches!(&self.heap.get(obj).kind, Kind::Function(f) if f.owner == Owner::Project)
        });
        if own {
            let made = self.call(&makes, Args::positional(vec![this.clone()]))?;
            self.store(this, "unique_id", made);
        }
        Ok(())
    }

    fn known_items(&mut self, bound: &super::kit::Bound, name: &str) -> Option<Vec<Value>> {
        let value = self.parameter(bound, name);
        match &value {
            Value::Tuple(items) => Some(items.to_vec()),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::List(items) => Some(items.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// `response_model=`, or the return annotation when it is left out.
    fn response_model(&mut self, bound: &super::kit::Bound, endpoint: &Value) -> Value {
        let given = self.parameter(bound, "response_model");
        let placeholder = self
            .class_of_instance(&given)
            .is_some_and(|c| self.class_short_name(c) == "DefaultPlaceholder");
        if !placeholder {
            return given;
        }
        let Some(func) = self.function_of(&self.unwrapped(endpoint)) else {
            return Value::None;
        };
        let returns = self.names.return_;
        let Some((_, annotation)) = func.annotations.iter().find(|(n, _)| *n == returns) else {
            return Value::None;
        };
        let written = annotation.clone();
        let annotation = self.resolve_annotation(&written, func.module);
        match &annotation {
            // `-> None` as a text, which older releases take for a model of `None`.
            Value::None if written.as_str().is_some() && !self.knows_none_as_text() => {
                Value::Obj(self.builtins.class("NoneType"))
            }
            Value::Obj(class)
                if self.is_class(*class)
                    && self.descends_from(*class, "starlette.responses.Response") =>
            {
                Value::None
            }
            _ => annotation,
        }
    }

    /// Does the installed release see `None` in an annotation that is a text? Its code tells.
    fn knows_none_as_text(&mut self) -> bool {
        let utils = "fastapi.dependencies.utils";
        let Some(func) = self.loaded_attribute(utils, "get_typed_annotation") else {
            return true;
        };
        let Some(data) = self.function_of(&func) else {
            return true;
        };
        let crate::python::function::Def::Function(def) = data.def else {
            return true;
        };
        let text = &self.source(data.file).text;
        text.get(def.range.to_std_range())
            .is_none_or(|body| body.contains("type(None)"))
    }

    /// The Python function behind an endpoint or dependency.
    fn function_of(&self, callable: &Value) -> Option<std::rc::Rc<FunctionData<'a>>> {
        match &self.heap.get(callable.as_obj()?).kind {
            Kind::Function(data) => Some(data.clone()),
            Kind::Method { func, .. } => self.function_of(&func.clone()),
            _ => None,
        }
    }

    fn check_response(
        &mut self,
        model: &Value,
        bound: &super::kit::Bound,
        endpoint: &Value,
        route: &str,
    ) -> R<()> {
        if matches!(model, Value::None | Value::Unknown) {
            return Ok(());
        }
        let status = self.parameter(bound, "status_code");
        self.check_body_allowed(&status, route)?;
        if self.response_field(model, route)?.is_some() {
            return Ok(());
        }
        let module = self.function_of(endpoint).map(|f| f.module);
        self.check_field_type(model, module, route)
    }

    /// May a response of this status have a body? The question is put to the library itself.
    fn check_body_allowed(&mut self, status: &Value, route: &str) -> R<()> {
        let module = "fastapi.utils";
        let Some(allowed) = self.loaded_attribute(module, "is_body_allowed_for_status_code") else {
            return Ok(());
        };
        let plain = match status {
            // `http.HTTPStatus.NO_CONTENT`
            Value::Obj(obj) => match self.payload(*obj) {
                Payload::Value(inner @ Value::Int(_)) => inner,
                _ => return Ok(()),
            },
            other => other.clone(),
        };
        let answer = self.call(&allowed, Args::positional(vec![plain.clone()]))?;
        if !matches!(answer, Value::Bool(false)) {
            return Ok(());
        }
        let shown = self.text_of(&plain).unwrap_or_default();
        let message = format!("Status code {shown} must not have a response body");
        Err(self.fault("AssertionError", &message, "raised", &[("route", route)]))
    }

    /// `responses={404: {"model": Message}}`
    fn check_responses(&mut self, bound: &super::kit::Bound, route: &str) -> R<()> {
        let responses = self.parameter(bound, "responses");
        let Some((table, false)) = self.table_of(&responses) else {
            return Ok(());
        };
        for (status, response) in table.values() {
            let Some((response, false)) = self.table_of(response) else {
                if response.is_unknown() || response.as_obj().is_some() {
                    continue;
                }
                let message = "An additional response must be a dict";
                return Err(self.fault("AssertionError", message, "raised", &[("route", route)]));
            };
            let model = response
                .values()
                .find(|(key, _)| key.as_str() == Some("model"))
                .map(|(_, model)| model.clone());
            if let Some(model) = model.filter(|m| !matches!(m, Value::None | Value::Unknown)) {
                self.check_body_allowed(status, route)?;
                self.response_field(&model, route)?;
            }
        }
        Ok(())
    }

    /// A type that pydantic certainly has no schema for.
    fn check_field_type(&mut self, annotation: &Value, module: Option<Obj>, route: &str) -> R<()> {
        let understood = self.annotation_of(annotation, module);
        if !understood.resolved || !understood.metadata.is_empty() {
            return Ok(());
        }
        let mut classes = Vec::new();
        Self::classes_in(&understood.shape, &mut classes);
        let Some(refused) = classes.into_iter().find(|c| self.is_no_field_type(*c)) else {
            return Ok(());
        };
        let name = self.class_name(refused);
        let shown = match &understood.shape {
            Shape::Class(_) => format!("<class '{name}'>"),
            _ => self.repr_of(annotation).unwrap_or(name.clone()),
        };
        let message = format!(
            "Invalid args for response field! Hint: check that {shown} is a valid Pydantic field type. If you are using a return type annotation that is not a valid Pydantic field (e.g. Union[Response, dict, None]) you can disable generating the response model from the type annotation with the path operation decorator parameter response_model=None. Read more: https://fastapi.tiangolo.com/tutorial/response-model/"
        );
        let slots = [("route", route), ("annotation", name.as_str())];
        Err(self.library_fault(
            "fastapi.exceptions",
            "FastAPIError",
            "RuntimeError",
            &message,
            "response-model",
            &slots,
        ))
    }

    /// `inspect.unwrap`: the function that decorators with `@wraps` stand in front of.
    fn unwrapped(&self, callable: &Value) -> Value {
        let mut callable = callable.clone();
        for _ in 0..MAX_DEPTH {
            let inner = callable.as_obj().and_then(|obj| {
                let cell = self.heap.get(obj);
                let function = matches!(cell.kind, Kind::Function(_));
                let slot = cell.attrs.get(&self.names.wrapped);
                slot.filter(|s| function && s.sure).map(|s| s.value.clone())
            });
            match inner {
                Some(inner) => callable = inner,
                None => break,
            }
        }
        callable
    }

    /// Parameters of a dependency or endpoint; `None` when the signature is not known.
    fn parameters_of_callable(&mut self, callable: &Value) -> Option<(Vec<Parameter>, Obj)> {
        let callable = &self.unwrapped(callable);
        let (func, skip) = match &self.heap.get(callable.as_obj()?).kind {
            Kind::Function(data) => (data.clone(), 0),
            Kind::Method { func, .. } => (self.function_of(&func.clone())?, 1),
            Kind::Class(data) if !data.blurred && !data.builtin => {
                let init = self.names.init;
                let (_, method, true) = self.class_lookup(callable.as_obj()?, init)? else {
                    return None;
                };
                (self.function_of(&method)?, 1)
            }
            Kind::Instance { .. } => {
                let call = self.names.call;
                let method = self.type_attribute(callable, call).ok().flatten()?;
                let Kind::Method { func, .. } = &self.heap.get(method.as_obj()?).kind else {
                    return None;
                };
                (self.function_of(&func.clone())?, 1)
            }
            _ => return None,
        };
        if func.hook.is_some() {
            return None;
        }
        let syntax = func.def.parameters()?;
        let positional: Vec<_> = syntax.posonlyargs.iter().chain(&syntax.args).collect();
        let first_default = positional.len().saturating_sub(func.defaults.len());
        let mut found = Vec::new();
        for (at, parameter) in positional.iter().enumerate().skip(skip) {
            let default = at
                .checked_sub(first_default)
                .and_then(|d| func.defaults.get(d))
                .cloned();
            found.push((parameter.parameter.name.to_string(), default));
        }
        for parameter in &syntax.kwonlyargs {
            let name = self.sym(&parameter.parameter.name);
            let default = func
                .kw_defaults
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.clone());
            found.push((parameter.parameter.name.to_string(), default));
        }
        let parameters = found
            .into_iter()
            .map(|(name, default)| {
                let sym = self.sym(&name);
                let annotation = func
                    .annotations
                    .iter()
                    .find(|(n, _)| *n == sym)
                    .map(|(_, v)| v.clone());
                Parameter {
                    name,
                    annotation: annotation.unwrap_or(Value::None),
                    default,
                }
            })
            .collect();
        Some((parameters, func.module))
    }

    fn check_callable(&mut self, callable: &Value, route: &str, depth: u32) -> R<()> {
        if depth > MAX_DEPTH {
            return Ok(());
        }
        if self.is_no_callable(callable) {
            let shown = self.repr_or_address(callable);
            let message = format!("{shown} is not a callable object");
            return Err(self.fault("TypeError", &message, "raised", &[("route", route)]));
        }
        let Some((parameters, module)) = self.parameters_of_callable(callable) else {
            return Ok(());
        };
        for parameter in parameters {
            self.tick()?;
            self.check_parameter(&parameter, module, route, depth)?;
        }
        Ok(())
    }

    fn is_depends(&self, value: &Value) -> bool {
        self.is_a(value, "fastapi.params.Depends")
    }

    /// The callable of a `Depends`; without argument that of the annotation.
    pub(in crate::python) fn dependency_of(
        &mut self,
        depends: &Value,
        annotation: &Value,
    ) -> Option<Value> {
        if !self.is_depends(depends) {
            return None;
        }
        match self.get(depends, "dependency") {
            Some(Value::None) | None => match annotation {
                Value::None => None,
                Value::Obj(obj) => match &self.heap.get(*obj).kind {
                    Kind::Form {
                        name: "Annotated",
                        args,
                        ..
                    } => args.first().cloned(),
                    _ => Some(annotation.clone()),
                },
                other => Some(other.clone()),
            },
            Some(dependency) => Some(dependency),
        }
    }

    /// Callables that the parameters of an endpoint or dependency ask for.
    pub(in crate::python) fn dependencies_of(&mut self, callable: &Value) -> Vec<Value> {
        let Some((parameters, module)) = self.parameters_of_callable(callable) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for parameter in parameters {
            let annotation = self.resolve_annotation(&parameter.annotation, module);
            let understood = self.annotation_of(&annotation, Some(module));
            let marks = understood.metadata.iter().chain(&parameter.default);
            for mark in marks.cloned().collect::<Vec<_>>() {
                found.extend(self.dependency_of(&mark, &annotation));
            }
        }
        found
    }

    /// An entry of `dependencies=[...]`.
    fn check_bare_depends(&mut self, depends: &Value, route: &str) -> R<()> {
        if !self.is_depends(depends) {
            let name = self.sym("dependency");
            return self.attribute(depends, name).map(|_| ());
        }
        if let Some(dependency) = self.get(depends, "dependency")
            && self.is_no_callable(&dependency)
        {
            let message = "A parameter-less dependency must have a callable dependency";
            return Err(self.fault("AssertionError", message, "raised", &[("route", route)]));
        }
        self.check_depends(depends, route, 0)
    }

    fn check_depends(&mut self, depends: &Value, route: &str, depth: u32) -> R<()> {
        if !self.is_depends(depends) {
            return Ok(());
        }
        match self.get(depends, "dependency") {
            Some(Value::None) | None => Ok(()),
            Some(dependency) => self.check_callable(&dependency, route, depth + 1),
        }
    }

    fn check_parameter(
        &mut self,
        parameter: &Parameter,
        module: Obj,
        route: &str,
        depth: u32,
    ) -> R<()> {
        let annotation = self.resolve_annotation(&parameter.annotation, module);
        // FastAPI completes a copy of a `Depends()` without argument: what it stands for is known
        // here, and the copy would not be.
        let annotated = matches!(
            annotation.as_obj().map(|o| &self.heap.get(o).kind),
            Some(Kind::Form { .. })
        );
        if let Some(default) = parameter.default.as_ref().filter(|_| !annotated)
            && self.is_depends(default)
            && matches!(self.get(default, "dependency"), Some(Value::None))
            && let Some(dependency) = self.dependency_of(default, &annotation)
        {
            return self.check_callable(&dependency, route, depth + 1);
        }
        let given = (!matches!(parameter.annotation, Value::None)).then_some(&annotation);
        let analyzed =
            self.analyze_parameter(&parameter.name, given, parameter.default.as_ref(), route)?;
        if let Some(super::parameters::Analyzed {
            depends: Some(depends),
        }) = &analyzed
        {
            // `Depends()` without argument uses the annotation.
            return match self.dependency_of(depends, &annotation) {
                Some(dependency) => self.check_callable(&dependency, route, depth + 1),
                None => Ok(()),
            };
        }
        let understood = self.annotation_of(&annotation, Some(module));
        let default = parameter.default.clone();
        for mark in &understood.metadata {
            if self.is_depends(mark) {
                // Any other default is ignored.
                if default.as_ref().is_some_and(|d| self.is_depends(d)) {
                    let message = format!(
                        "Cannot specify `Depends` in `Annotated` and default value together for {}",
                        str_repr(&parameter.name)
                    );
                    return Err(self.fault(
                        "AssertionError",
                        &message,
                        "raised",
                        &[("route", route)],
                    ));
                }
                return self.check_depends(mark, route, depth);
            }
            if self.needs_form(mark) {
                return self.check_multipart(route);
            }
        }
        if let Some(default) = &default {
            if self.is_depends(default) {
                return match self.get(default, "dependency") {
                    // `Depends()` without argument uses the annotation.
                    Some(Value::None) => self.check_callable(&annotation, route, depth + 1),
                    _ => self.check_depends(default, route, depth),
                };
            }
            if self.needs_form(default) {
                return self.check_multipart(route);
            }
            if default.is_unknown() {
                return Ok(());
            }
        }
        if matches!(parameter.annotation, Value::None) || annotation.is_unknown() {
            return Ok(());
        }
        if let Value::Obj(class) = &annotation
            && self.is_class(*class)
        {
            if GIVEN.iter().any(|name| self.descends_from(*class, name)) {
                return Ok(());
            }
            if self.descends_from(*class, "starlette.datastructures.UploadFile") {
                return self.check_multipart(route);
            }
        }
        if analyzed.is_some() {
            return Ok(());
        }
        self.check_field_type(&annotation, Some(module), route)
    }

    /// `Form(...)` and `File(...)`
    fn needs_form(&self, value: &Value) -> bool {
        self.is_a(value, "fastapi.params.Form")
    }

    /// Is python-multipart there? The question is put to the library itself.
    fn check_multipart(&mut self, route: &str) -> R<()> {
        let module = "fastapi.dependencies.utils";
        let Some(ensure) = self.loaded_attribute(module, "ensure_multipart_is_installed") else {
            return self.old_multipart(route);
        };
        match self.call(&ensure, Args::none()) {
            Ok(_) => Ok(()),
            Err(stop) => Err(Self::rekind(stop, "multipart-missing", &[("route", route)])),
        }
    }

    /// `check_file_field` of older releases.
    fn old_multipart(&mut self, route: &str) -> R<()> {
        let module = "fastapi.dependencies.utils";
        let text = self
            .loaded_attribute(module, "multipart_not_installed_error")
            .and_then(|v| v.as_str().map(ToOwned::to_owned));
        let Some(text) = text else { return Ok(()) };
        let class = self.builtins.exception("ModuleNotFoundError");
        let depth = self.handlers.len();
        self.handlers.push(crate::python::interp::HandlerScope {
            classes: Some(vec![class]),
        });
        let found = self.import_name("multipart");
        self.handlers.truncate(depth);
        match found {
            Ok(_) => self.other_multipart(module, route),
            Err(Stop::Raise(_)) => Err(self.fault(
                "RuntimeError",
                &text,
                "multipart-missing",
                &[("route", route)],
            )),
            Err(stop) => Err(stop),
        }
    }

    /// The distribution `multipart` has a module of that name, but none in it.
    fn other_multipart(&mut self, module: &str, route: &str) -> R<()> {
        let text = self
            .loaded_attribute(module, "multipart_incorrect_install_error")
            .and_then(|v| v.as_str().map(ToOwned::to_owned));
        let Some(text) = text else { return Ok(()) };
        if self.can_find("multipart.multipart") == Some(false) {
            let slots = [("route", route)];
            return Err(self.fault("RuntimeError", &text, "multipart-missing", &slots));
        }
        Ok(())
    }
}
