//! Everything in a file that may name a module.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtImportFrom};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use crate::project::{nesting, paths};

/// What one file names.
#[derive(Debug, Clone, Default)]
pub(super) struct Mentions {
    /// Dotted names.
    pub absolute: BTreeSet<String>,
    /// Paths of modules without their ending, from relative imports.
    pub relative: BTreeSet<String>,
    /// Line of an import whose name is only known when it runs.
    pub dynamic: Option<u32>,
}

/// Functions that import, or look for, what they are given by name.
const IMPORTERS: [&str; 10] = [
    "import_module",
    "__import__",
    "walk_packages",
    "iter_modules",
    "spec_from_file_location",
    "run_path",
    "run_module",
    "load_module",
    "exec_module",
    "import_string",
];

/// Reads a file; one that cannot be parsed may import anything.
pub(super) fn of(path: &str, text: &str) -> Mentions {
    if nesting::too_deep(text) {
        return Mentions {
            dynamic: Some(1),
            ..Mentions::default()
        };
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let mut reader = Reader {
        path,
        text,
        mentions: Mentions::default(),
    };
    if let Some(module) = parsed.syntax().as_module() {
        reader.visit_body(&module.body);
    }
    reader.mentions
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    mentions: Mentions,
}

impl Reader<'_> {
    fn import_from(&mut self, import: &StmtImportFrom) {
        let module = import.module.as_ref().map_or("", |m| m.as_str());
        let names = import.names.iter().map(|alias| alias.name.as_str());
        if import.level == 0 {
            self.mentions.absolute.insert(module.to_owned());
            for name in names.filter(|n| *n != "*") {
                self.mentions.absolute.insert(format!("{module}.{name}"));
            }
            return;
        }
        let mut dir = paths::parent(self.path);
        for _ in 1..import.level {
            dir = paths::parent(dir);
        }
        let base = match module {
            "" => dir.to_owned(),
            module => paths::join(dir, &module.replace('.', "/")),
        };
        for name in names.filter(|n| *n != "*") {
            self.mentions.relative.insert(paths::join(&base, name));
        }
        self.mentions.relative.insert(base);
    }

    fn call(&mut self, call: &ExprCall) {
        let name = match &*call.func {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return,
        };
        let literal = call.arguments.args.first().is_some_and(|a| {
            a.as_string_literal_expr()
                .is_some_and(|s| !s.value.to_str().starts_with('.'))
        });
        if IMPORTERS.contains(&name) && !literal && self.mentions.dynamic.is_none() {
            let before = &self.text[..call.range().start().to_usize()];
            let line = before.matches('\n').count() + 1;
            self.mentions.dynamic = u32::try_from(line).ok();
        }
    }
}

impl<'a> Visitor<'a> for Reader<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                let names = import.names.iter().map(|alias| alias.name.to_string());
                self.mentions.absolute.extend(names);
            }
            Stmt::ImportFrom(import) => self.import_from(import),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::StringLiteral(text) => {
                if let Some(name) = module_in(text.value.to_str()) {
                    self.mentions.absolute.insert(name.to_owned());
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

/// The dotted name of `"src.api.tasks"` and `"src.api.tasks:router"`.
fn module_in(text: &str) -> Option<&str> {
    let name = text.split(':').next().unwrap_or(text);
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (name.contains('.') && name.split('.').all(word)).then_some(name)
}
