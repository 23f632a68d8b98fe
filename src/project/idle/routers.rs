//! `name = APIRouter(...)` at the top level of a file, and the routes that are put on it there.

use ruff_python_ast::{Expr, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::model::{IdleRouter, Source, Span};
use crate::project::nesting;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

/// Methods of a router that register a handler.
const REGISTER: [&str; 14] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "head",
    "trace",
    "route",
    "api_route",
    "websocket",
    "websocket_route",
    "add_api_route",
    "add_api_websocket_route",
];

/// The routers of a file that have at least one route.
pub(super) fn of(path: &str, text: &str) -> Vec<IdleRouter> {
    if nesting::too_deep(text) {
        return Vec::new();
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let Some(module) = parsed.syntax().as_module() else {
        return Vec::new();
    };
    let source = Source::new(path, text.to_owned());
    let mut found: Vec<IdleRouter> = Vec::new();
    for statement in &module.body {
        if let Some((name, call)) = router_made_by(statement) {
            found.push(IdleRouter {
                module: super::module_name(path),
                attr: name.to_owned(),
                place: source.place(span(call.range())),
                prefix: text_argument(call, "prefix").unwrap_or_default(),
                route_count: 0,
                first: String::new(),
                dynamic: None,
            });
        }
        for registration in registrations(statement) {
            let Some((name, method)) = registered_on(registration) else {
                continue;
            };
            let Some(router) = found.iter_mut().find(|r| r.attr == name) else {
                continue;
            };
            if router.route_count == 0 {
                let given = registration.arguments.args.first();
                let path = given
                    .and_then(Expr::as_string_literal_expr)
                    .map(|s| s.value.to_str().to_owned())
                    .or_else(|| text_argument(registration, "path"));
                let verb = match method {
                    "websocket" | "websocket_route" | "add_api_websocket_route" => "WEBSOCKET ",
                    "route" | "api_route" | "add_api_route" => "",
                    other => &format!("{} ", other.to_ascii_uppercase()),
                };
                router.first =
                    path.map_or_else(String::new, |path| format!("{verb}{}{path}", router.prefix));
            }
            router.route_count += 1;
        }
    }
    found.retain(|router| router.route_count > 0);
    found
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_usize(), range.end().to_usize())
}

fn router_made_by(statement: &Stmt) -> Option<(&str, &ExprCall)> {
    let (target, value) = match statement {
        Stmt::Assign(s) => (s.targets.first()?, &*s.value),
        Stmt::AnnAssign(s) => (&*s.target, s.value.as_deref()?),
        _ => return None,
    };
    let call = value.as_call_expr()?;
    let callee = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    (callee == "APIRouter").then_some(())?;
    Some((target.as_name_expr()?.id.as_str(), call))
}

/// Decorators of a function or class, or a plain call.
fn registrations(statement: &Stmt) -> Vec<&ExprCall> {
    let decorators = match statement {
        Stmt::FunctionDef(function) => &function.decorator_list,
        Stmt::ClassDef(class) => &class.decorator_list,
        Stmt::Expr(s) => return s.value.as_call_expr().into_iter().collect(),
        _ => return Vec::new(),
    };
    let calls = decorators.iter().map(|d| d.expression.as_call_expr());
    calls.flatten().collect()
}

/// Name of the router and of its method.
fn registered_on(call: &ExprCall) -> Option<(&str, &str)> {
    let attribute = call.func.as_attribute_expr()?;
    let name = attribute.value.as_name_expr()?.id.as_str();
    let method = attribute.attr.as_str();
    REGISTER.contains(&method).then_some((name, method))
}

fn text_argument(call: &ExprCall, name: &str) -> Option<String> {
    let keyword = call.arguments.find_keyword(name)?;
    let text = keyword.value.as_string_literal_expr()?;
    Some(text.value.to_str().to_owned())
}
