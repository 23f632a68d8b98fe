//! Dependencies in TOML: pyproject.toml (PEP 621, PEP 735, uv, pdm, Poetry) and Pipfile.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_end};
use crate::fix::splice::Splice;

use super::list::List;
use super::python::cut_lines;
use super::requirements::{Spec, missing, normal, split, with_marker};

/// Which TOML file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `pyproject.toml`
    Pyproject,
    /// `Pipfile`
    Pipfile,
}

/// The kind of a path; `None` when it is no TOML manifest.
pub fn kind(path: &str) -> Option<Kind> {
    match path.rsplit('/').next() {
        Some("pyproject.toml") => Some(Kind::Pyproject),
        Some("Pipfile") => Some(Kind::Pipfile),
        _ => None,
    }
}

/// A list of requirement strings, or a table of `name = "version"`.
enum Place<'t> {
    Array(&'t Spanned<DeValue<'t>>),
    Table(&'t DeTable<'t>, Vec<&'static str>),
}

/// One dependency.
enum Item<'t> {
    /// Element of an array: list, index, bytes with quotes.
    Element(&'t Spanned<DeValue<'t>>, usize, Range<usize>),
    /// Entry of a table: key and value.
    Entry(Range<usize>, &'t Spanned<DeValue<'t>>),
}

/// Adds a requirement to the main list.
pub fn add(
    doc: &Doc<'_>,
    kind: Kind,
    spec: &str,
    wanted: &Spec<'_>,
) -> Result<Vec<Splice>, FixError> {
    let table = parse(doc)?;
    let root = table.get_ref();
    let places = places(root, kind);
    let main = places
        .first()
        .ok_or_else(|| FixError::refused(format!("`{}` has no list of dependencies", doc.path)))?;
    if item(main, wanted.name).is_some() {
        return Ok(Vec::new());
    }
    match main {
        Place::Array(array) => {
            let quote = first_quote(doc.text, array);
            Ok(list(doc.text, array).add(&format!("{quote}{spec}{quote}"), doc.newline()))
        }
        Place::Table(table, path) => Ok(vec![add_entry(doc, table, path, wanted)?]),
    }
}

/// Replaces the requirement of one distribution wherever it is declared.
pub fn replace(
    doc: &Doc<'_>,
    kind: Kind,
    from: &str,
    spec: &str,
    wanted: &Spec<'_>,
) -> Result<Vec<Splice>, FixError> {
    let table = parse(doc)?;
    let places = places(table.get_ref(), kind);
    let Some(found) = places.iter().find_map(|p| item(p, from)) else {
        return match places.iter().any(|p| item(p, wanted.name).is_some()) {
            true => Ok(Vec::new()),
            false => Err(missing(doc.path, from)),
        };
    };
    match found {
        Item::Element(_, _, at) => {
            let inner = inner(doc.text, &at)?;
            let new = with_marker(spec, wanted, &doc.text[inner.clone()]);
            // A marker has quotes of its own.
            if new.contains(&doc.text[at.start..=at.start]) {
                return Err(FixError::refused("the new requirement needs other quotes"));
            }
            Ok(vec![Splice::replace(inner, new)])
        }
        Item::Entry(key, value) => {
            if !value.get_ref().is_str() {
                return Err(FixError::refused(format!(
                    "`{from}` is declared as a table in `{}`; change it by hand",
                    doc.path
                )));
            }
            let version = inner(doc.text, &value.span())?;
            Ok(vec![
                Splice::replace(key, wanted.name),
                Splice::replace(version, version_of(wanted)?),
            ])
        }
    }
}

/// Removes the requirement of one distribution wherever it is declared first.
pub fn remove(doc: &Doc<'_>, kind: Kind, name: &str) -> Result<Vec<Splice>, FixError> {
    let table = parse(doc)?;
    let places = places(table.get_ref(), kind);
    let splice = places.iter().find_map(|p| match item(p, name)? {
        Item::Element(array, index, _) => list(doc.text, array).remove(index),
        Item::Entry(key, value) => Some(cut_lines(doc.text, key.start..value.span().end)),
    });
    Ok(splice.into_iter().collect())
}

fn parse<'t>(doc: &Doc<'t>) -> Result<Spanned<DeTable<'t>>, FixError> {
    DeTable::parse(doc.text).map_err(|error| {
        let offset = error.span().map_or(0, |s| s.start).min(doc.text.len());
        let line = doc.text.as_bytes()[..offset]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        FixError::refused(format!("`{}` is not valid TOML in line {line}", doc.path))
    })
}

/// Everywhere a dependency can be declared, the main list first.
fn places<'t>(root: &'t DeTable<'t>, kind: Kind) -> Vec<Place<'t>> {
    let mut out = Vec::new();
    if kind == Kind::Pipfile {
        push_table(&mut out, root, &["packages"]);
        push_table(&mut out, root, &["dev-packages"]);
        return out;
    }
    if let Some(array) = get(root, &["project", "dependencies"]) {
        out.push(Place::Array(array));
    }
    push_table(&mut out, root, &["tool", "poetry", "dependencies"]);
    for group in [
        &["project", "optional-dependencies"][..],
        &["dependency-groups"],
        &["tool", "pdm", "dev-dependencies"],
    ] {
        let table = get(root, group).and_then(|v| v.get_ref().as_table());
        out.extend(table.into_iter().flat_map(|t| t.values()).map(Place::Array));
    }
    if let Some(array) = get(root, &["tool", "uv", "dev-dependencies"]) {
        out.push(Place::Array(array));
    }
    push_table(&mut out, root, &["tool", "poetry", "dev-dependencies"]);
    let groups = get(root, &["tool", "poetry", "group"]).and_then(|v| v.get_ref().as_table());
    for group in groups.into_iter().flat_map(|t| t.values()) {
        let table = group.get_ref().as_table();
        let inner = table.and_then(|t| t.get("dependencies"));
        if let Some(table) = inner.and_then(|v| v.get_ref().as_table()) {
            out.push(Place::Table(table, Vec::new()));
        }
    }
    out.retain(|p| match p {
        Place::Array(value) => value.get_ref().is_array(),
        Place::Table(..) => true,
    });
    out
}

fn push_table<'t>(out: &mut Vec<Place<'t>>, root: &'t DeTable<'t>, path: &[&'static str]) {
    if let Some(table) = get(root, path).and_then(|v| v.get_ref().as_table()) {
        out.push(Place::Table(table, path.to_vec()));
    }
}

fn get<'t>(root: &'t DeTable<'t>, path: &[&str]) -> Option<&'t Spanned<DeValue<'t>>> {
    let (first, rest) = path.split_first()?;
    let mut value = root.get(*first)?;
    for key in rest {
        value = value.get_ref().as_table()?.get(*key)?;
    }
    Some(value)
}

fn item<'t>(place: &Place<'t>, name: &str) -> Option<Item<'t>> {
    let wanted = normal(name);
    match place {
        Place::Array(value) => {
            let value: &'t Spanned<DeValue<'t>> = value;
            let array = value.get_ref().as_array()?;
            let index = array.iter().position(|e| {
                let spec = e.get_ref().as_str().and_then(split);
                spec.is_some_and(|s| normal(s.name) == wanted)
            })?;
            let at = array.get(index)?.span();
            Some(Item::Element(value, index, at))
        }
        Place::Table(table, _) => {
            let table: &'t DeTable<'t> = table;
            let (key, value) = table.iter().find(|(k, _)| normal(k.get_ref()) == wanted)?;
            Some(Item::Entry(key.span(), value))
        }
    }
}

fn list<'a>(text: &'a str, value: &Spanned<DeValue<'_>>) -> List<'a> {
    let whole = value.span();
    let array = value.get_ref().as_array();
    List {
        text,
        items: array
            .into_iter()
            .flat_map(|a| a.iter())
            .map(Spanned::span)
            .collect(),
        inside: Some(whole.start + 1..whole.end.saturating_sub(1)),
    }
}

fn first_quote(text: &str, value: &Spanned<DeValue<'_>>) -> char {
    let array = value.get_ref().as_array();
    let first = array.and_then(|a| a.iter().next());
    match first.and_then(|e| text[e.span()].chars().next()) {
        Some('\'') => '\'',
        _ => '"',
    }
}

/// Bytes between the quotes of a string that is written without escapes on one line.
fn inner(text: &str, at: &Range<usize>) -> Result<Range<usize>, FixError> {
    let written = &text[at.clone()];
    let quote = written.chars().next().unwrap_or(' ');
    let plain = matches!(quote, '"' | '\'')
        && written.len() >= 2
        && !written.starts_with("\"\"\"")
        && !written.starts_with("'''")
        && !written.contains('\\');
    match plain {
        true => Ok(at.start + 1..at.end - 1),
        false => Err(FixError::refused("the requirement is written with escapes")),
    }
}

fn version_of(spec: &Spec<'_>) -> Result<String, FixError> {
    if spec.rest.starts_with(['[', '@']) || !spec.marker.is_empty() {
        return Err(FixError::refused(
            "extras, markers and URLs of this table are changed by hand",
        ));
    }
    Ok(match spec.rest {
        "" => "*".to_owned(),
        rest => rest.to_owned(),
    })
}

fn add_entry(
    doc: &Doc<'_>,
    table: &DeTable<'_>,
    path: &[&str],
    wanted: &Spec<'_>,
) -> Result<Splice, FixError> {
    let line = format!("{} = \"{}\"", wanted.name, version_of(wanted)?);
    let newline = doc.newline();
    let last = table.iter().map(|(_, v)| v.span().end).max();
    if let Some(end) = last {
        return Ok(Splice::insert(
            line_end(doc.text, end),
            format!("{newline}{line}"),
        ));
    }
    let header = format!("[{}]", path.join("."));
    let at = doc
        .text
        .find(&header)
        .ok_or_else(|| FixError::refused(format!("`{}` has no table `{header}`", doc.path)))?;
    Ok(Splice::insert(
        line_end(doc.text, at),
        format!("{newline}{line}"),
    ))
}
