//! Adding and removing imports.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_end};
use crate::fix::splice::Splice;

use super::python::{Context, Python, Site, bound};
use super::uses::Uses;

/// `from module import name [as alias]`, or `import module [as alias]` when `name` is empty.
pub fn add(
    doc: &Doc<'_>,
    module: &str,
    name: &str,
    alias: Option<&str>,
) -> Result<Vec<Splice>, FixError> {
    let python = Python::parse(doc)?;
    add_in(&python, module, name, alias)
}

/// As [`add`], in a text that is parsed already.
pub fn add_in(
    python: &Python<'_>,
    module: &str,
    name: &str,
    alias: Option<&str>,
) -> Result<Vec<Splice>, FixError> {
    let binds = alias.unwrap_or(match name {
        "" => module.split('.').next().unwrap_or(module),
        name => name,
    });
    let sites = python.imports();
    let top = sites.iter().filter(|s| s.top).collect::<Vec<_>>();
    if top
        .iter()
        .any(|site| gives(python, site, module, name, binds))
    {
        return Ok(Vec::new());
    }
    refuse_other_binding(python, &top, binds)?;
    let uses = Uses::find(python.body(), binds);
    let needed_at = uses.first_at_import().unwrap_or(usize::MAX);
    let item = match alias {
        Some(alias) => format!("{name} as {alias}"),
        None => name.to_owned(),
    };
    let newline = python.doc.newline();
    if !name.is_empty()
        && let Some(site) = top.iter().find(|site| {
            site.is_from()
                && site.written_module() == module
                && site.names().iter().all(|a| a.name.as_str() != "*")
                && site.stmt.end().to_usize() <= needed_at
        })
    {
        return Ok(python.list(site).add(&item, newline));
    }
    let line = match (name, alias) {
        ("", None) => format!("import {module}"),
        ("", Some(alias)) => format!("import {module} as {alias}"),
        _ => format!("from {module} import {item}"),
    };
    Ok(vec![place(python, &line, newline, needed_at)])
}

/// Does this statement bind `binds` to the wanted thing already?
fn gives(python: &Python<'_>, site: &Site<'_>, module: &str, name: &str, binds: &str) -> bool {
    site.names().iter().any(|alias| match name {
        "" => !site.is_from() && alias.name.as_str() == module && (bound(alias) == binds),
        name => {
            python.imports_from(site, module)
                && alias.name.as_str() == name
                && bound(alias) == binds
        }
    })
}

fn refuse_other_binding(
    python: &Python<'_>,
    top: &[&Site<'_>],
    binds: &str,
) -> Result<(), FixError> {
    let imported = top
        .iter()
        .filter(|s| s.is_from() || s.names().iter().any(|a| a.asname.is_some()))
        .any(|s| s.names().iter().any(|a| bound(a) == binds));
    let defined = python.body().iter().any(|stmt| match stmt {
        Stmt::FunctionDef(s) => s.name.as_str() == binds,
        Stmt::ClassDef(s) => s.name.as_str() == binds,
        Stmt::Assign(s) => s.targets.iter().any(|t| is_name(t, binds)),
        Stmt::AnnAssign(s) => is_name(&s.target, binds),
        _ => false,
    });
    match imported || defined {
        true => Err(FixError::refused(format!(
            "`{}` already binds `{binds}` to something else",
            python.doc.path
        ))),
        false => Ok(()),
    }
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Name(n) if n.id.as_str() == name)
}

/// Puts an import line after the last import of the head of the module.
fn place(python: &Python<'_>, line: &str, newline: &str, needed_at: usize) -> Splice {
    let text = python.doc.text;
    let head = python.body().iter().take_while(|stmt| {
        stmt.end().to_usize() <= needed_at
            && match stmt {
                Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::If(_) | Stmt::Try(_) => true,
                Stmt::Expr(s) => s.value.is_string_literal_expr(),
                _ => false,
            }
    });
    let last = head
        .filter(|s| matches!(s, Stmt::Import(_) | Stmt::ImportFrom(_)))
        .last();
    if let Some(last) = last {
        let end = line_end(text, last.end().to_usize());
        return Splice::insert(end, format!("{newline}{line}"));
    }
    match python.body().first() {
        Some(Stmt::Expr(docstring)) if docstring.value.is_string_literal_expr() => {
            let end = line_end(text, docstring.range().end().to_usize());
            Splice::insert(end, format!("{newline}{newline}{line}"))
        }
        first => {
            // Two blank lines stand between the imports and a definition (PEP 8).
            let gap = match first {
                Some(Stmt::ClassDef(_) | Stmt::FunctionDef(_)) => newline.repeat(2),
                _ => String::new(),
            };
            Splice::insert(after_header(text), format!("{line}{newline}{gap}"))
        }
    }
}

/// Offset after the byte order mark, a `#!` line and a coding line, which must stay first.
fn after_header(text: &str) -> usize {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    for _ in 0..2 {
        let line = &text[at..line_end(text, at)];
        let first = line.starts_with("#!") || (line.starts_with('#') && line.contains("coding"));
        match text[at..].find('\n') {
            Some(end) if first => at += end + 1,
            _ => break,
        }
    }
    at
}

/// Removes a name from the from-imports of `module`; `import module` when `name` is empty.
pub fn remove(doc: &Doc<'_>, module: &str, name: &str) -> Result<Vec<Splice>, FixError> {
    let python = Python::parse(doc)?;
    let sites = python.imports();
    // What is executed first: an import under TYPE_CHECKING never runs and hurts nobody.
    for context in [Context::Import, Context::Function] {
        let mut splices = Vec::new();
        for site in sites.iter().filter(|s| s.context == context) {
            for (index, alias) in site.names().iter().enumerate() {
                if matches_import(&python, site, module, name, alias.name.as_str()) {
                    splices.push(remove_name(&python, site, index)?);
                }
            }
        }
        if !splices.is_empty() {
            return Ok(splices);
        }
    }
    Ok(Vec::new())
}

/// Is this alias the import of `name` from `module`?
pub fn matches_import(
    python: &Python<'_>,
    site: &Site<'_>,
    module: &str,
    name: &str,
    alias: &str,
) -> bool {
    match name {
        "" => !site.is_from() && alias == module,
        name => alias == name && python.imports_from(site, module),
    }
}

/// Removes one name of a statement, or the statement when it is its only name.
pub fn remove_name(python: &Python<'_>, site: &Site<'_>, index: usize) -> Result<Splice, FixError> {
    if site.names().len() == 1 {
        return Ok(python.remove_statement(site.stmt, site.alone, site.top));
    }
    python
        .list(site)
        .remove(index)
        .ok_or_else(|| FixError::refused("the import has changed"))
}

/// Removes the import of a name when nothing in the file uses or mentions it.
pub fn remove_if_unused(doc: &Doc<'_>, module: &str, name: &str) -> Result<Vec<Splice>, FixError> {
    let python = Python::parse(doc)?;
    for site in python.imports().iter().filter(|s| s.top) {
        for (index, alias) in site.names().iter().enumerate() {
            if matches_import(&python, site, module, name, alias.name.as_str()) {
                let reexported = alias.asname.as_ref().is_some_and(|n| n.as_str() == name);
                return match Uses::find(python.body(), bound(alias)).is_empty() && !reexported {
                    true => Ok(vec![remove_name(&python, site, index)?]),
                    false => Ok(Vec::new()),
                };
            }
        }
    }
    Ok(Vec::new())
}
