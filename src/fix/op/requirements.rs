//! Requirement lines: requirements files as pip reads them (pip documentation, "Requirements File
//! Format"), and the lists of pyproject.toml through [`super::manifest`].

use std::ops::Range;

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_end, next_line};
use crate::fix::splice::Splice;

use super::manifest;
use super::python::cut_lines;

/// A requirement specification split into the parts that an edit may keep or replace.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec<'a> {
    /// Distribution name as written.
    pub name: &'a str,
    /// Extras and version, as written: `[asyncio]>=2.0`.
    pub rest: &'a str,
    /// Marker after `;`, trimmed; empty when there is none.
    pub marker: &'a str,
}

/// Splits `name[extras]>=1.0 ; marker`.
pub fn split(spec: &str) -> Option<Spec<'_>> {
    let spec = spec.trim();
    let end = spec
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(spec.len());
    let name = &spec[..end];
    if name.is_empty() {
        return None;
    }
    // In a direct reference a `;` belongs to the URL unless a blank stands before it.
    let cut = match spec[end..].trim_start().starts_with('@') {
        true => spec.find(" ;").map(|n| n + 1),
        false => spec.find(';'),
    };
    let (rest, marker) = match cut {
        Some(at) => (&spec[end..at], spec[at + 1..].trim()),
        None => (&spec[end..], ""),
    };
    Some(Spec {
        name,
        rest: rest.trim(),
        marker,
    })
}

/// Normalised distribution name (PEP 503).
pub fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// One requirement of a requirements file.
#[derive(Debug)]
struct Line {
    /// The requirement without options and comment.
    spec: Range<usize>,
    /// The whole logical line, continuations included.
    whole: Range<usize>,
    /// It has a `--hash` option.
    hashed: bool,
}

fn lines(text: &str) -> Vec<Line> {
    let mut out = Vec::new();
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    while at < text.len() {
        let begin = at;
        let mut end = line_end(text, at);
        at = next_line(text, at);
        // A comment line cannot be continued.
        while text[begin..end].ends_with('\\')
            && !text[begin..end].trim_start().starts_with('#')
            && at < text.len()
        {
            end = line_end(text, at);
            at = next_line(text, at);
        }
        let body = &text[begin..end];
        let lead = body.len() - body.trim_start().len();
        let content = &body[lead..];
        if content.is_empty() || content.starts_with(['#', '-']) {
            continue;
        }
        let spec_len = [" #", "\t#", " --", "\t--", "\\"]
            .iter()
            .filter_map(|stop| content.find(stop))
            .min()
            .unwrap_or(content.len());
        let spec = content[..spec_len].trim_end();
        out.push(Line {
            spec: begin + lead..begin + lead + spec.len(),
            whole: begin..end,
            hashed: content.contains("--hash"),
        });
    }
    out
}

/// Adds a requirement at the end of the file.
pub fn add(doc: &Doc<'_>, spec: &str) -> Result<Vec<Splice>, FixError> {
    let wanted = split(spec).ok_or_else(|| bad_spec(spec))?;
    if let Some(kind) = manifest::kind(doc.path) {
        return manifest::add(doc, kind, spec, &wanted);
    }
    refuse_unknown(doc)?;
    let known = lines(doc.text);
    if known
        .iter()
        .any(|l| names(doc.text, l, wanted.name) && !has_marker(doc.text, l))
    {
        return Ok(Vec::new());
    }
    if known.iter().any(|l| l.hashed) {
        return Err(hashed(doc.path));
    }
    let newline = doc.newline();
    let text = match doc.text.is_empty() || doc.text.ends_with('\n') {
        true => format!("{spec}{newline}"),
        false => format!("{newline}{spec}"),
    };
    Ok(vec![Splice::insert(doc.text.len(), text)])
}

/// Replaces the requirement of one distribution; marker and comment stay.
pub fn replace(doc: &Doc<'_>, line: u32, from: &str, spec: &str) -> Result<Vec<Splice>, FixError> {
    let wanted = split(spec).ok_or_else(|| bad_spec(spec))?;
    if let Some(kind) = manifest::kind(doc.path) {
        return manifest::replace(doc, kind, from, spec, &wanted);
    }
    refuse_unknown(doc)?;
    let Some(found) = find(doc, line, from) else {
        return match lines(doc.text)
            .iter()
            .any(|l| names(doc.text, l, wanted.name))
        {
            true => Ok(Vec::new()),
            false => Err(missing(doc.path, from)),
        };
    };
    if found.hashed {
        return Err(hashed(doc.path));
    }
    Ok(vec![Splice::replace(
        found.spec.clone(),
        with_marker(spec, &wanted, &doc.text[found.spec]),
    )])
}

/// Removes the requirement of one distribution with its line.
pub fn remove(doc: &Doc<'_>, line: u32, name: &str) -> Result<Vec<Splice>, FixError> {
    if let Some(kind) = manifest::kind(doc.path) {
        return manifest::remove(doc, kind, name);
    }
    refuse_unknown(doc)?;
    Ok(find(doc, line, name)
        .map(|found| cut_lines(doc.text, found.whole))
        .into_iter()
        .collect())
}

/// `spec` with the marker of the old specification, when it brings none of its own.
pub fn with_marker(spec: &str, wanted: &Spec<'_>, old: &str) -> String {
    let old_marker = split(old).map_or("", |s| s.marker);
    match wanted.marker.is_empty() && !old_marker.is_empty() {
        true => format!("{spec}; {old_marker}"),
        false => spec.to_owned(),
    }
}

/// The requirement of `name`: the one in the given line of the file as read, else the first.
fn find(doc: &Doc<'_>, line: u32, name: &str) -> Option<Line> {
    let start = doc.line_start(line);
    let mut fitting: Vec<Line> = lines(doc.text)
        .into_iter()
        .filter(|l| names(doc.text, l, name))
        .collect();
    let index = fitting
        .iter()
        .position(|l| start.is_some_and(|s| l.whole.contains(&s)))
        .unwrap_or(0);
    (index < fitting.len()).then(|| fitting.swap_remove(index))
}

fn names(text: &str, line: &Line, name: &str) -> bool {
    split(&text[line.spec.clone()]).is_some_and(|s| normal(s.name) == normal(name))
}

fn has_marker(text: &str, line: &Line) -> bool {
    split(&text[line.spec.clone()]).is_some_and(|s| !s.marker.is_empty())
}

/// Only files that pip reads are edited as such.
fn refuse_unknown(doc: &Doc<'_>) -> Result<(), FixError> {
    match doc.path.ends_with(".txt") || doc.path.ends_with(".in") {
        true => Ok(()),
        false => Err(FixError::refused(format!(
            "`{}` is a file whose dependencies are changed by hand",
            doc.path
        ))),
    }
}

fn bad_spec(spec: &str) -> FixError {
    FixError::refused(format!("`{spec}` is no requirement"))
}

/// A distribution that is not where it should be.
pub fn missing(path: &str, name: &str) -> FixError {
    FixError::refused(format!("`{path}` does not name `{name}` any more"))
}

fn hashed(path: &str) -> FixError {
    FixError::refused(format!(
        "`{path}` pins hashes; change its source and compile it again"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_split() {
        let spec = split("SQLAlchemy[asyncio]>=2.0 ; python_version > '3.8'").unwrap();
        assert_eq!(
            (spec.name, spec.rest, spec.marker),
            ("SQLAlchemy", "[asyncio]>=2.0", "python_version > '3.8'")
        );
        let url = split("x @ https://h/a;b ; os_name == 'nt'").unwrap();
        assert_eq!(
            (url.rest, url.marker),
            ("@ https://h/a;b", "os_name == 'nt'")
        );
        assert_eq!(split("  "), None);
        assert_eq!(normal("Flask_SQLAlchemy..x"), "flask-sqlalchemy-x");
    }
}
