//! Where a module uses a name: only later, inside functions, or already while it is executed.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

/// Is every use of `name` inside function bodies, so that its import may move there? `None` when
/// the text cannot be parsed.
pub fn only_inside_functions(text: &str, name: &str) -> Option<bool> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let mut eager = Eager { name, found: false };
    eager.visit_body(parsed.suite());
    Some(!eager.found)
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
