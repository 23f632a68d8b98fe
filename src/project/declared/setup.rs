//! `setup.cfg` and the literal parts of `setup.py` (setuptools).

use super::{Declared, MAIN, Site};
use crate::project::files::Files;
use crate::project::pysource::{self, Literal};

/// A value line of an INI file with its byte offset and line.
struct Entry {
    section: String,
    key: String,
    text: String,
    offset: usize,
    line: u32,
}

/// Reads `setup.cfg`.
pub(super) fn read_cfg(files: &mut Files, path: &str, declared: &mut Declared) {
    if !files.is_file(path) || !declared.visit(path) {
        return;
    }
    let Some(text) = files.text(path) else { return };
    for entry in entries(&text) {
        let group = match (entry.section.as_str(), entry.key.as_str()) {
            ("options", "install_requires") => MAIN,
            ("options.extras_require", extra) => extra,
            ("options", "python_requires") => {
                declared.requires_python(files, &entry.text, path, entry.line);
                continue;
            }
            ("metadata", "name") => {
                declared
                    .hints
                    .project_name
                    .get_or_insert(entry.text.clone());
                continue;
            }
            _ => continue,
        };
        declared.push_file(path);
        for (piece, offset) in pieces(&entry) {
            let site = Site {
                path,
                line: entry.line,
                group,
                constraint: false,
            };
            declared.push(files, &piece, &|byte| offset + byte, site);
        }
    }
}

/// Values may be separated by `;` only outside of markers: one requirement a line.
fn pieces(entry: &Entry) -> Vec<(String, usize)> {
    let text = entry.text.trim();
    (!text.is_empty() && !text.starts_with('#') && !text.starts_with("file:"))
        .then(|| (text.to_owned(), entry.offset))
        .into_iter()
        .collect()
}

fn entries(text: &str) -> Vec<Entry> {
    let mut out = Vec::new();
    let (mut section, mut key) = (String::new(), String::new());
    let mut offset = 0;
    for (n, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.trim_end_matches(['\n', '\r']);
        let number = u32::try_from(n + 1).unwrap_or(u32::MAX);
        let indented = line.starts_with([' ', '\t']);
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) || trimmed.is_empty() {
            // Comments and blank lines do not end a value.
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name.to_owned();
            key.clear();
        } else {
            let (start, value) = match trimmed.split_once('=').filter(|_| !indented) {
                Some((name, value)) => {
                    key = name.trim().to_owned();
                    let lead = line.len() - value.len() - (line.len() - line.trim_end().len());
                    (
                        lead + (value.len() - value.trim_start().len()),
                        value.trim(),
                    )
                }
                None => (line.len() - line.trim_start().len(), trimmed),
            };
            if !value.is_empty() {
                out.push(Entry {
                    section: section.clone(),
                    key: key.clone(),
                    text: value.to_owned(),
                    offset: offset + start,
                    line: number,
                });
            }
        }
        offset += raw.len();
    }
    out
}

/// Reads the literals of `setup(...)`.
pub(super) fn read_py(files: &mut Files, path: &str, declared: &mut Declared) {
    if !files.is_file(path) || !declared.visit(path) {
        return;
    }
    let Some(text) = files.text(path) else { return };
    let Some(facts) = pysource::read(&text) else {
        return;
    };
    let Some(setup) = &facts.setup else { return };
    let look_up = |value: &Literal| match value {
        Literal::Name(name) => facts.names.get(name).cloned().unwrap_or(Literal::Other),
        other => other.clone(),
    };
    if let Some(Literal::Str(python, span)) = setup.get("python_requires").map(look_up) {
        let line = files.line(path, span.start as usize);
        declared.requires_python(files, &python, path, line);
    }
    match setup.get("install_requires").map(look_up) {
        Some(Literal::List(items)) => {
            declared.push_file(path);
            literals(files, path, &items, MAIN, declared);
        }
        Some(_) => files.problem(
            path,
            None,
            "install_requires is computed; its values are not known without running setup.py",
        ),
        None => {}
    }
    if let Some(Literal::Dict(extras)) = setup.get("extras_require").map(look_up) {
        for (extra, list) in extras {
            if let (Literal::Str(extra, _), Literal::List(items)) = (extra, look_up(&list)) {
                literals(files, path, &items, &extra, declared);
            }
        }
    }
}

fn literals(
    files: &mut Files,
    path: &str,
    items: &[Literal],
    group: &str,
    declared: &mut Declared,
) {
    for item in items {
        let Literal::Str(text, span) = item else {
            continue;
        };
        let site = Site {
            path,
            line: files.line(path, span.start as usize),
            group,
            constraint: false,
        };
        let quote = (span.range().len().saturating_sub(text.len())) / 2;
        let start = span.start as usize + quote;
        declared.push(files, text, &|byte| start + byte, site);
    }
}
