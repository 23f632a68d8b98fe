//! Revision files of Alembic, read as text: the literals `revision`, `down_revision`,
//! `branch_labels`. Nothing is executed.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::model::Span;

/// One revision file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id.
    pub id: String,
    /// Bytes of the id's literal.
    pub span: Span,
    /// What it follows; more than one for a merge.
    pub down: Vec<String>,
    /// Something about it is not literal, or it carries labels: the graph is not fully known, or
    /// several heads are intended.
    pub open: bool,
}

/// Reads a file; `None` when it is no revision file or its id is not literal.
pub fn read(text: &str) -> Option<Revision> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let mut revision = None;
    let mut down = None;
    let mut open = false;
    for statement in parsed.suite() {
        let (name, value) = match statement {
            Stmt::Assign(assign) => (assign.targets.first()?, Some(&*assign.value)),
            Stmt::AnnAssign(assign) => (&*assign.target, assign.value.as_deref()),
            _ => continue,
        };
        let (Expr::Name(name), Some(value)) = (name, value) else {
            continue;
        };
        match name.id.as_str() {
            "revision" => match strings(value).as_deref() {
                Some([id]) => revision = Some((id.clone(), value.range())),
                _ => open = true,
            },
            "down_revision" => match strings(value) {
                Some(ids) => down = Some(ids),
                None => open = true,
            },
            "branch_labels" if !value.is_none_literal_expr() => open = true,
            _ => {}
        }
    }
    let (id, range) = revision?;
    Some(Revision {
        id,
        span: Span::new(range.start().to_usize(), range.end().to_usize()),
        down: down.unwrap_or_default(),
        open,
    })
}

/// Revisions that no other one follows, in the order given.
pub fn heads<'a>(revisions: &[&'a Revision]) -> Vec<&'a Revision> {
    let followed: BTreeSet<&str> = revisions
        .iter()
        .flat_map(|r| r.down.iter().map(String::as_str))
        .collect();
    revisions
        .iter()
        .copied()
        .filter(|r| !followed.contains(r.id.as_str()))
        .collect()
}

/// `"a"`, `None`, `("a", "b")` or `["a", "b"]`.
fn strings(value: &Expr) -> Option<Vec<String>> {
    match value {
        Expr::NoneLiteral(_) => Some(Vec::new()),
        Expr::StringLiteral(text) => Some(vec![text.value.to_str().to_owned()]),
        Expr::Tuple(tuple) => tuple.elts.iter().map(one).collect(),
        Expr::List(list) => list.elts.iter().map(one).collect(),
        _ => None,
    }
}

fn one(value: &Expr) -> Option<String> {
    match value {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_make_the_graph() {
        let files = [
            "revision = 'a'\ndown_revision = None\n",
            "revision: str = 'b'\ndown_revision: str | None = 'a'\n",
            "revision = 'c'\ndown_revision = ('b', 'x')\nbranch_labels = None\n",
            "revision = 'x'\ndown_revision = 'a'\n",
        ];
        let read: Vec<Revision> = files.iter().map(|f| super::read(f).unwrap()).collect();
        let heads: Vec<&str> = super::heads(&read.iter().collect::<Vec<_>>())
            .iter()
            .map(|r| r.id.as_str())
            .collect();
        assert_eq!(heads, ["c"]);
        assert_eq!(&files[0][read[0].span.range()], "'a'");
        assert!(super::read("x = 1\n").is_none());
        assert!(super::read("revision = make()\n").is_none());
        assert!(
            super::read("revision = 'a'\ndown_revision = f()\n")
                .unwrap()
                .open
        );
        assert!(super::read("def (").is_none());
    }
}
