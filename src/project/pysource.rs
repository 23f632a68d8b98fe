//! Literals of Python files, for files that are configuration in Python's clothes: `setup.py`,
//! `gunicorn.conf.py`, `main.py` with its `uvicorn.run(...)`.
//!
//! Knows syntax only. Nothing is evaluated beyond literals, `int("...")` and the defaults of
//! `os.getenv`; what a module does when it runs is the simulator's business.

use std::collections::BTreeMap;

use ruff_python_ast::{Arguments, ExceptHandler, Expr, Number, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::nesting;
use crate::model::Span;

/// No start-up file is larger.
const MAX_BYTES: usize = 2 << 20;

/// What could be read of an expression without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// A string and its whole literal.
    Str(String, Span),
    Int(i64),
    Bool(bool),
    List(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
    /// A plain name.
    Name(String),
    None,
    Other,
}

impl Literal {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Str(text, _) => Some(text),
            _ => None,
        }
    }

    /// Strings and numbers as a command line would spell them.
    pub fn spelled(&self) -> Option<String> {
        match self {
            Self::Str(text, _) => Some(text.clone()),
            Self::Int(n) => Some(n.to_string()),
            _ => None,
        }
    }
}

/// How an application object came to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AppKind {
    /// `app = FastAPI(...)`
    Constructed,
    /// `app = create_app()`
    FromFactory,
    /// `def create_app(): ... FastAPI(...)`
    Factory,
}

/// A name that holds (or a function that makes) an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct App {
    pub name: String,
    pub kind: AppKind,
}

/// A call of `uvicorn.run` or `uvicorn.Config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerRun {
    /// The application argument.
    pub app: Literal,
    pub keywords: BTreeMap<String, Literal>,
    /// Byte offset of the call.
    pub at: usize,
}

/// What was read of one module.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub apps: Vec<App>,
    pub runs: Vec<ServerRun>,
    /// Module-level names and their literals, the last assignment wins.
    pub names: BTreeMap<String, Literal>,
    /// `name = callee(...)` at module level.
    pub calls: Vec<(String, String)>,
    /// Keyword arguments of `setup(...)`.
    pub setup: Option<BTreeMap<String, Literal>>,
}

/// Reads a module; `None` when it is too large or too deep. Text after a syntax error is read as
/// far as the parser recovers.
pub(super) fn read(text: &str) -> Option<Facts> {
    if text.len() > MAX_BYTES || nesting::too_deep(text) {
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let module = parsed.syntax().as_module()?;
    let mut facts = Facts::default();
    collect_factories(&module.body, &mut facts);
    for statement in &module.body {
        top_level(statement, &mut facts, 0);
    }
    Some(facts)
}

/// A module-level import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// Dotted module, empty for `from . import x`.
    pub module: String,
    /// Leading dots.
    pub level: u32,
}

/// The module-level imports of a text.
pub(super) fn imports(text: &str) -> Vec<Import> {
    if text.len() > MAX_BYTES || nesting::too_deep(text) {
        return Vec::new();
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let mut out = Vec::new();
    if let Some(module) = parsed.syntax().as_module() {
        module.body.iter().for_each(|s| imports_of(s, &mut out, 0));
    }
    out
}

fn imports_of(statement: &Stmt, out: &mut Vec<Import>, depth: u32) {
    match statement {
        Stmt::Import(s) => out.extend(s.names.iter().map(|alias| Import {
            module: alias.name.to_string(),
            level: 0,
        })),
        Stmt::ImportFrom(s) => out.push(Import {
            module: s
                .module
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            level: s.level,
        }),
        _ => {}
    }
    if depth < 16 {
        for block in blocks(statement) {
            block.iter().for_each(|s| imports_of(s, out, depth + 1));
        }
    }
}

fn collect_factories(body: &[Stmt], facts: &mut Facts) {
    for statement in body {
        if let Stmt::FunctionDef(function) = statement
            && makes_app(&function.body, 0)
        {
            facts.apps.push(App {
                name: function.name.to_string(),
                kind: AppKind::Factory,
            });
        }
    }
}

/// Does a function body construct an application?
fn makes_app(body: &[Stmt], depth: u32) -> bool {
    body.iter().any(|statement| {
        let value = match statement {
            Stmt::Assign(s) => Some(&*s.value),
            Stmt::AnnAssign(s) => s.value.as_deref(),
            Stmt::Return(s) => s.value.as_deref(),
            _ => None,
        };
        value.is_some_and(is_app_call)
            || (depth < 8 && blocks(statement).iter().any(|b| makes_app(b, depth + 1)))
    })
}

/// Bodies that run when the statement runs: not those of functions and classes.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::If(s) => std::iter::once(&*s.body)
            .chain(s.elif_else_clauses.iter().map(|c| &*c.body))
            .collect(),
        Stmt::Try(s) => {
            let handlers = s.handlers.iter().map(|h| {
                let ExceptHandler::ExceptHandler(handler) = h;
                &*handler.body
            });
            [&*s.body, &*s.orelse, &*s.finalbody]
                .into_iter()
                .chain(handlers)
                .collect()
        }
        Stmt::With(s) => vec![&*s.body],
        Stmt::For(s) => vec![&*s.body, &*s.orelse],
        Stmt::While(s) => vec![&*s.body, &*s.orelse],
        _ => Vec::new(),
    }
}

fn top_level(statement: &Stmt, facts: &mut Facts, depth: u32) {
    if depth > 16 {
        return;
    }
    match statement {
        Stmt::Assign(s) => {
            for target in &s.targets {
                if let Expr::Name(name) = target {
                    assigned(name.id.as_str(), &s.value, facts);
                }
            }
            server_run(&s.value, facts);
        }
        Stmt::AnnAssign(s) => {
            if let (Expr::Name(name), Some(value)) = (&*s.target, &s.value) {
                assigned(name.id.as_str(), value, facts);
                server_run(value, facts);
            }
        }
        Stmt::Expr(s) => {
            server_run(&s.value, facts);
            setup_call(&s.value, facts);
        }
        Stmt::FunctionDef(function) => runs_in(&function.body, facts, depth + 1),
        _ => {}
    }
    for block in blocks(statement) {
        for inner in block {
            top_level(inner, facts, depth + 1);
        }
    }
}

/// `def main(): uvicorn.run(...)`
fn runs_in(body: &[Stmt], facts: &mut Facts, depth: u32) {
    for statement in body {
        match statement {
            Stmt::Expr(s) => server_run(&s.value, facts),
            Stmt::Assign(s) => server_run(&s.value, facts),
            Stmt::Return(s) => s.value.iter().for_each(|v| server_run(v, facts)),
            _ => {}
        }
        if depth < 16 {
            for block in blocks(statement) {
                runs_in(block, facts, depth + 1);
            }
        }
    }
}

fn assigned(name: &str, value: &Expr, facts: &mut Facts) {
    if is_app_call(value) {
        push_app(name, AppKind::Constructed, facts);
    } else if let Some(callee) = called_name(value) {
        facts.calls.push((name.to_owned(), callee.to_owned()));
        let local = facts
            .apps
            .iter()
            .any(|a| a.kind == AppKind::Factory && a.name == callee);
        if local || is_factory_name(callee) {
            push_app(name, AppKind::FromFactory, facts);
        }
    }
    facts.names.insert(name.to_owned(), literal(value));
}

fn push_app(name: &str, kind: AppKind, facts: &mut Facts) {
    if !facts.apps.iter().any(|a| a.name == name) {
        facts.apps.push(App {
            name: name.to_owned(),
            kind,
        });
    }
}

fn is_factory_name(name: &str) -> bool {
    let verb = ["create_", "make_", "build_", "get_", "init_"];
    verb.iter().any(|v| {
        name.strip_prefix(v).is_some_and(|rest| {
            matches!(
                rest,
                "app" | "application" | "api" | "asgi_application" | "asgi_app"
            )
        })
    })
}

fn is_app_call(value: &Expr) -> bool {
    called_name(value)
        .is_some_and(|name| matches!(name, "FastAPI" | "Starlette" | "ProtocolTypeRouter"))
}

/// Last part of the callee of a call.
fn called_name(value: &Expr) -> Option<&str> {
    match &*value.as_call_expr()?.func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

fn server_run(value: &Expr, facts: &mut Facts) {
    let value = match value {
        Expr::Await(awaited) => &*awaited.value,
        other => other,
    };
    let Some(call) = value.as_call_expr() else {
        return;
    };
    let is_run = match &*call.func {
        Expr::Attribute(attribute) => {
            let owner = attribute.value.as_name_expr().map(|n| n.id.as_str());
            owner == Some("uvicorn") && matches!(attribute.attr.as_str(), "run" | "Config")
        }
        _ => false,
    };
    if is_run {
        let mut keywords = keywords(&call.arguments);
        let app = call
            .arguments
            .args
            .first()
            .map(literal)
            .or_else(|| keywords.remove("app"))
            .unwrap_or(Literal::Other);
        facts.runs.push(ServerRun {
            app,
            keywords,
            at: value.range().start().to_usize(),
        });
        return;
    }
    // `asyncio.run(serve(uvicorn.Config(...)))`
    for argument in &call.arguments.args {
        server_run(argument, facts);
    }
}

fn setup_call(value: &Expr, facts: &mut Facts) {
    if called_name(value) == Some("setup")
        && let Some(call) = value.as_call_expr()
    {
        facts.setup = Some(keywords(&call.arguments));
    }
}

fn keywords(arguments: &Arguments) -> BTreeMap<String, Literal> {
    arguments
        .keywords
        .iter()
        .filter_map(|k| Some((k.arg.as_ref()?.to_string(), literal(&k.value))))
        .collect()
}

/// The literal behind an expression.
pub(super) fn literal(value: &Expr) -> Literal {
    match value {
        Expr::StringLiteral(s) => {
            let range = s.range();
            let span = Span::new(range.start().to_usize(), range.end().to_usize());
            Literal::Str(s.value.to_str().to_owned(), span)
        }
        Expr::NumberLiteral(n) => match &n.value {
            Number::Int(int) => int.as_i64().map_or(Literal::Other, Literal::Int),
            _ => Literal::Other,
        },
        Expr::BooleanLiteral(b) => Literal::Bool(b.value),
        Expr::NoneLiteral(_) => Literal::None,
        Expr::List(list) => Literal::List(list.elts.iter().map(literal).collect()),
        Expr::Tuple(tuple) => Literal::List(tuple.elts.iter().map(literal).collect()),
        Expr::Dict(dict) => Literal::Dict(
            dict.items
                .iter()
                .filter_map(|item| Some((literal(item.key.as_ref()?), literal(&item.value))))
                .collect(),
        ),
        Expr::Name(name) => Literal::Name(name.id.to_string()),
        Expr::Call(call) => called(value, &call.arguments),
        _ => Literal::Other,
    }
}

/// `int(x)`, `str(x)`, and the defaults of `os.getenv` and `os.environ.get`.
fn called(value: &Expr, arguments: &Arguments) -> Literal {
    match (called_name(value), &*arguments.args) {
        (Some("int"), [inner]) => match literal(inner) {
            Literal::Str(text, _) => text.parse().map_or(Literal::Other, Literal::Int),
            other => other,
        },
        (Some("str" | "bool"), [inner]) => literal(inner),
        (Some("getenv" | "get"), [_, default]) => literal(default),
        _ => Literal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps(text: &str) -> Vec<(String, AppKind)> {
        let facts = read(text).unwrap_or_default();
        facts.apps.into_iter().map(|a| (a.name, a.kind)).collect()
    }

    #[test]
    fn applications_are_found() {
        for (text, expected) in [
            ("app = FastAPI()", vec![("app", AppKind::Constructed)]),
            (
                "api: FastAPI = fastapi.FastAPI(title='x')",
                vec![("api", AppKind::Constructed)],
            ),
            (
                "try:\n  app = Starlette()\nexcept E: pass",
                vec![("app", AppKind::Constructed)],
            ),
            (
                "def create_app():\n  app = FastAPI()\n  return app\napp = create_app()",
                vec![
                    ("create_app", AppKind::Factory),
                    ("app", AppKind::FromFactory),
                ],
            ),
            (
                "from x import create_app\napp = create_app()",
                vec![("app", AppKind::FromFactory)],
            ),
            ("def f():\n  client = TestClient(x)", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(n, k)| (n.to_owned(), k))
                .collect();
            assert_eq!(apps(text), expected, "{text}");
        }
    }

    #[test]
    fn server_runs_are_found() {
        let text = "if __name__ == '__main__':\n    uvicorn.run('app.main:app', host='h', port=int(os.getenv('PORT', '80')), reload=True)\n";
        let facts = read(text).unwrap_or_default();
        let run = &facts.runs[0];
        assert_eq!(run.app.text(), Some("app.main:app"));
        assert_eq!(run.keywords["port"], Literal::Int(80));
        assert_eq!(run.keywords["reload"], Literal::Bool(true));
        for text in [
            "def main():\n    uvicorn.run(app)\n",
            "async def main():\n  server = uvicorn.Server(uvicorn.Config(app, port=1))\n",
        ] {
            let facts = read(text).unwrap_or_default();
            assert_eq!(facts.runs[0].app, Literal::Name("app".into()), "{text}");
        }
    }

    #[test]
    fn hostile_nesting_is_refused() {
        assert!(read(&"(".repeat(100_000)).is_none());
        assert!(read(&"-".repeat(100_000)).is_none());
        assert!(read("x = [1, 2]\n").is_some());
    }
}
