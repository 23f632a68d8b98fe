//! Moving a module-level import into the functions that use the name: the usual cure of a cycle.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use crate::fix::FixError;
use crate::fix::doc::{Doc, indent, line_begin, next_line};
use crate::fix::splice::Splice;

use super::imports::{matches_import, remove_name};
use super::python::{Context, Python, Site, bound};
use super::uses::{Uses, When};

/// Moves `from module import name` into every function whose body uses the name.
pub fn into_functions(doc: &Doc<'_>, module: &str, name: &str) -> Result<Vec<Splice>, FixError> {
    let python = Python::parse(doc)?;
    let sites = python.imports();
    let found = sites
        .iter()
        .filter(|s| s.context == Context::Import)
        .find_map(|site| {
            let index = site
                .names()
                .iter()
                .position(|a| matches_import(&python, site, module, name, a.name.as_str()))?;
            Some((site, index))
        });
    let Some((site, index)) = found else {
        return Ok(Vec::new());
    };
    let binds = bound(&site.names()[index]);
    let uses = Uses::find(python.body(), binds);
    refuse_early_use(&uses, binds)?;
    let line = import_line(site, index);
    let mut splices = vec![remove_name(&python, site, index)?];
    for (number, function) in uses.functions.iter().enumerate() {
        if uses.uses.iter().any(|u| u.when == When::Function(number)) {
            splices.push(insert_into(&python, function, &line)?);
        }
    }
    Ok(splices)
}

fn refuse_early_use(uses: &Uses<'_>, name: &str) -> Result<(), FixError> {
    let why = if uses.uses.iter().any(|u| u.stored) || uses.mentioned {
        "is assigned or mentioned in a string"
    } else if uses.uses.iter().any(|u| u.when == When::Annotation) {
        "is used in an annotation"
    } else if uses.uses.iter().any(|u| u.when == When::Lambda) {
        "is used in a lambda of the module"
    } else if uses.first_at_import().is_some() {
        "is used while the module is imported"
    } else {
        return Ok(());
    };
    Err(FixError::refused(format!(
        "`{name}` {why}; the import cannot move into a function"
    )))
}

fn import_line(site: &Site<'_>, index: usize) -> String {
    let alias = &site.names()[index];
    let item = match &alias.asname {
        Some(name) => format!("{} as {name}", alias.name),
        None => alias.name.to_string(),
    };
    match site.is_from() {
        true => format!("from {} import {item}", site.written_module()),
        false => format!("import {item}"),
    }
}

fn insert_into(
    python: &Python<'_>,
    function: &StmtFunctionDef,
    line: &str,
) -> Result<Splice, FixError> {
    let text = python.doc.text;
    let newline = python.doc.newline();
    let first = function
        .body
        .first()
        .ok_or_else(|| FixError::refused("a function has no body"))?;
    let header = TextRange::new(function.parameters.end(), first.start());
    let colon = python
        .tokens(header)
        .iter()
        .rfind(|t| t.kind() == TokenKind::Colon)
        .map(|t| t.end().to_usize())
        .ok_or_else(|| FixError::refused("a function has no header"))?;
    if line_begin(text, colon) == line_begin(text, first.start().to_usize()) {
        return Ok(Splice::insert(
            first.start().to_usize(),
            format!("{line}; "),
        ));
    }
    let indent = indent(text, first.start().to_usize()).to_owned();
    let after = match first {
        Stmt::Expr(docstring) if docstring.value.is_string_literal_expr() => first.end().to_usize(),
        _ => colon,
    };
    let at = next_line(text, after);
    if at == text.len() && !text.ends_with('\n') {
        return Ok(Splice::insert(at, format!("{newline}{indent}{line}")));
    }
    Ok(Splice::insert(at, format!("{indent}{line}{newline}")))
}
