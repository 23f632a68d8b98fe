//! Expressions in texts: `relationship(primaryjoin="User.id == Post.user_id")`.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprContext};

/// Names that the class registry adds to those of the `sqlalchemy` package.
pub fn is_helper(name: &str) -> bool {
    matches!(
        name,
        "foreign" | "remote" | "asc" | "desc" | "and_" | "or_" | "not_" | "func" | "text" | "cast"
    )
}

/// Every name that is read, with the attribute that is read from it, in the order of evaluation;
/// empty when the text is no expression.
pub fn names_in(text: &str) -> Vec<(String, Option<String>)> {
    let Ok(parsed) = ruff_python_parser::parse_expression(text.trim()) else {
        return Vec::new();
    };
    let mut names = Names::default();
    names.visit_expr(parsed.expr());
    if names.binds { Vec::new() } else { names.found }
}

#[derive(Default)]
struct Names {
    found: Vec<(String, Option<String>)>,
    /// A lambda or comprehension: names may be its own.
    binds: bool,
}

impl<'e> Visitor<'e> for Names {
    fn visit_expr(&mut self, expr: &'e Expr) {
        match expr {
            Expr::Attribute(a) => {
                if let Expr::Name(name) = &*a.value {
                    self.found
                        .push((name.id.to_string(), Some(a.attr.to_string())));
                    return;
                }
            }
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                self.found.push((name.id.to_string(), None));
            }
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Named(_) => self.binds = true,
            _ => {}
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_come_in_the_order_of_evaluation() {
        let found = names_in("and_(User.id == foreign(Post.user_id), x)");
        let shown: Vec<String> = found
            .into_iter()
            .map(|(root, attribute)| match attribute {
                Some(attribute) => format!("{root}.{attribute}"),
                None => root,
            })
            .collect();
        assert_eq!(shown, ["and_", "User.id", "foreign", "Post.user_id", "x"]);
        assert!(names_in("lambda: User.id").is_empty());
        assert!(names_in("not an expression").is_empty());
    }
}
