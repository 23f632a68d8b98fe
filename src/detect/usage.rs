//! Where a module binds a name, and where it uses it: only later, inside functions, or already
//! while it is executed.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::model::Span;

/// Is every use of `name` inside function bodies, so that its import may move there? `None` when
/// the text cannot be parsed.
pub fn only_inside_functions(text: &str, name: &str) -> Option<bool> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let mut eager = Eager { name, found: false };
    eager.visit_body(parsed.suite());
    Some(!eager.found)
}

/// Bytes of the last statement at the top of a module that assigns to `name`.
pub fn last_assignment(text: &str, name: &str) -> Option<Span> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let is_name = |target: &Expr| matches!(target, Expr::Name(n) if n.id.as_str() == name);
    let last = parsed
        .suite()
        .iter()
        .rev()
        .find(|statement| match statement {
            Stmt::Assign(assign) => assign.targets.iter().any(is_name),
            Stmt::AnnAssign(assign) => is_name(&assign.target),
            _ => false,
        })?;
    let range = last.range();
    Some(Span::new(range.start().to_usize(), range.end().to_usize()))
}

struct Eager<'a> {
    name: &'a str,
    found: bool,
}

impl<'a> Visitor<'a> for Eager<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // The body runs later; decorators, defaults and annotations run now.
            Stmt::FunctionDef(function) => {
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&function.parameters);
                for parameter in &*function.parameters {
                    if let Some(annotation) = parameter.annotation() {
                        self.visit_expr(annotation);
                    }
                }
                if let Some(returns) = &function.returns {
                    self.visit_expr(returns);
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(used) if used.id.as_str() == self.name => self.found = true,
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eager_and_late_uses() {
        for (text, expected) in [
            ("from a import B\ndef f():\n    return B()\n", Some(true)),
            ("from a import B\nclass C(B): pass\n", Some(false)),
            ("from a import B\ndef f(x: B): pass\n", Some(false)),
            ("from a import B\ndef f(x=B): pass\n", Some(false)),
            ("from a import B\n@B\ndef f(): pass\n", Some(false)),
            ("from a import B\nf = lambda: B\n", Some(true)),
            ("from a import B\nx = B\n", Some(false)),
            ("from a import (\n", None),
        ] {
            assert_eq!(only_inside_functions(text, "B"), expected, "{text}");
        }
    }
}
