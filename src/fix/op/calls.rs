//! Calls: another callee, another keyword argument.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall};
use ruff_python_parser::parse_expression;
use ruff_text_size::Ranged;

use crate::fix::FixError;
use crate::fix::doc::Doc;
use crate::fix::splice::Splice;
use crate::model::Span;

use super::imports::add_in;
use super::list::List;
use super::python::{Python, bound, range};

/// Calls `to_module.to_name` instead of what stands at `callee`.
pub fn rename(
    doc: &Doc<'_>,
    callee: Span,
    to_module: &str,
    to_name: &str,
) -> Result<Vec<Splice>, FixError> {
    let at = doc.current(callee)?;
    let python = Python::parse(doc)?;
    // An import under another name is used as it is.
    let known = python.imports().iter().find_map(|site| {
        let names = site.names().iter();
        let mut fitting = names.filter(|a| {
            site.top && python.imports_from(site, to_module) && a.name.as_str() == to_name
        });
        Some(bound(fitting.next()?).to_owned())
    });
    let mut splices = match &known {
        Some(_) => Vec::new(),
        None => add_in(&python, to_module, to_name, None)?,
    };
    let new = known.as_deref().unwrap_or(to_name);
    if doc.text.get(at.clone()) != Some(new) {
        splices.push(Splice::replace(at, new));
    }
    Ok(splices)
}

/// Sets a keyword argument.
pub fn set_argument(
    doc: &Doc<'_>,
    call: Span,
    name: &str,
    value: &str,
) -> Result<Vec<Splice>, FixError> {
    if parse_expression(value).is_err() {
        return Err(FixError::refused(format!(
            "`{value}` is no Python expression"
        )));
    }
    let at = doc.current(call)?;
    let python = Python::parse(doc)?;
    let call = Finder::find(&python, &at)?;
    let keyword = call.arguments.keywords.iter().find(|k| names(k, name));
    if let Some(keyword) = keyword {
        let old = range(keyword.value.range());
        return Ok(match &doc.text[old.clone()] == value {
            true => Vec::new(),
            false => vec![Splice::replace(old, value)],
        });
    }
    if call.arguments.args.iter().any(Expr::is_generator_expr) {
        return Err(FixError::refused(
            "the call has a bare generator as its argument",
        ));
    }
    Ok(arguments(doc.text, call).add(&format!("{name}={value}"), doc.newline()))
}

/// Removes a keyword argument.
pub fn remove_argument(doc: &Doc<'_>, call: Span, name: &str) -> Result<Vec<Splice>, FixError> {
    let at = doc.current(call)?;
    let python = Python::parse(doc)?;
    let call = Finder::find(&python, &at)?;
    let Some(keyword) = call.arguments.keywords.iter().find(|k| names(k, name)) else {
        return Ok(Vec::new());
    };
    let list = arguments(doc.text, call);
    let wanted = range(keyword.range());
    let index = list.items.iter().position(|item| *item == wanted);
    Ok(index
        .and_then(|index| list.remove(index))
        .into_iter()
        .collect())
}

fn names(keyword: &ruff_python_ast::Keyword, name: &str) -> bool {
    keyword.arg.as_ref().is_some_and(|a| a.as_str() == name)
}

fn arguments<'a>(text: &'a str, call: &ExprCall) -> List<'a> {
    let all = range(call.arguments.range());
    let args = call
        .arguments
        .args
        .iter()
        .map(|a| widen(text, range(a.range()), &all));
    let keywords = call.arguments.keywords.iter().map(|k| range(k.range()));
    let mut items: Vec<_> = args.chain(keywords).collect();
    items.sort_by_key(|i| i.start);
    List {
        text,
        items,
        inside: Some(all.start + 1..all.end.saturating_sub(1)),
    }
}

/// An argument in parentheses of its own: the tree leaves them out of its range.
fn widen(
    text: &str,
    item: std::ops::Range<usize>,
    all: &std::ops::Range<usize>,
) -> std::ops::Range<usize> {
    let before = text[all.start + 1..item.start].trim_end();
    let after = &text[item.end..all.end.saturating_sub(1)];
    let closing = after.len() - after.trim_start().len();
    if before.ends_with('(') && after.trim_start().starts_with(')') {
        let start = all.start + 1 + before.len() - 1;
        return widen(text, start..item.end + closing + 1, all);
    }
    item
}

/// The call at a range; the innermost one that covers it when there is no exact one.
struct Finder<'t> {
    wanted: std::ops::Range<usize>,
    found: Option<&'t ExprCall>,
}

impl<'t> Finder<'t> {
    fn find(
        python: &'t Python<'_>,
        wanted: &std::ops::Range<usize>,
    ) -> Result<&'t ExprCall, FixError> {
        let mut finder = Finder {
            wanted: wanted.clone(),
            found: None,
        };
        finder.visit_body(python.body());
        finder
            .found
            .ok_or_else(|| FixError::refused("there is no call at that place any more"))
    }
}

impl<'t> Visitor<'t> for Finder<'t> {
    fn visit_expr(&mut self, expr: &'t Expr) {
        if let Expr::Call(call) = expr {
            let at = range(call.range());
            if at == self.wanted {
                self.found = Some(call);
                return;
            }
            if at.start <= self.wanted.start && self.wanted.end <= at.end {
                self.found = Some(call);
            }
        }
        visitor::walk_expr(self, expr);
    }
}
