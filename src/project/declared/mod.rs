//! Declared dependencies, from every file format that declares them.
//!
//! Knows the formats and their byte positions. What is installed is in `installed`, what is pinned
//! in `locks`.

mod conda;
mod pipfile;
mod pyproject;
mod requirements;
mod setup;

use std::ops::Range;

use super::files::Files;
use super::interpreter::Hints;
use super::layout::version_triple;
use super::paths;
use crate::knowledge::requirement::{Pieces, Target, cut, marker_holds, normalize};
use crate::knowledge::versions::Specifiers;
use crate::model::{Origin, Requirement, Span};

/// Group of what the backend needs at run time.
pub(super) const MAIN: &str = "main";

/// All that was declared. Paths are relative to the base.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub requirements: Vec<Requirement>,
    /// Files in order of preference.
    pub files: Vec<String>,
    /// Groups that the project's tool installs by default besides `main`.
    pub default_groups: Vec<String>,
    pub hints: Hints,
    /// Files that a tool writes: the last ones to edit.
    generated: Vec<String>,
    visited: Vec<String>,
}

/// Where a requirement stands.
#[derive(Debug, Clone, Copy)]
struct Site<'a> {
    path: &'a str,
    line: u32,
    group: &'a str,
    constraint: bool,
}

impl Declared {
    /// Marks a file as read; false when it was read before.
    fn visit(&mut self, path: &str) -> bool {
        if self.visited.iter().any(|p| p == path) {
            return false;
        }
        self.visited.push(path.to_owned());
        true
    }

    fn push_file(&mut self, path: &str) {
        if !self.files.iter().any(|p| p == path) {
            self.files.push(path.to_owned());
        }
    }

    /// Adds a PEP 508 text. `at` maps a byte of the text to a byte of the file.
    fn push(&mut self, files: &mut Files, text: &str, at: &dyn Fn(usize) -> usize, site: Site) {
        match cut(text) {
            Ok(pieces) => {
                let requirement = build(files, text, &pieces, at, site);
                self.requirements.push(requirement);
            }
            Err(why) => {
                let shown = files.redactor.apply(text.trim());
                let why = format!("the requirement `{shown}` cannot be read: {why}");
                files.problem(site.path, Some(site.line), &why);
            }
        }
    }

    /// Adds a requirement that is known by its name only.
    fn push_named(&mut self, name: &str, specifier: &str, span: Range<usize>, site: Site) {
        self.requirements.push(Requirement {
            name: normalize(name),
            written: name.to_owned(),
            extras: Vec::new(),
            specifier: specifier.to_owned(),
            marker: String::new(),
            applies: None,
            url: None,
            path: site.path.to_owned(),
            line: site.line,
            span: Span::new(span.start, span.end),
            group: site.group.to_owned(),
            constraint: site.constraint,
        });
    }

    /// `requires-python` and its relatives.
    fn requires_python(&mut self, files: &mut Files, text: &str, path: &str, line: u32) {
        match Specifiers::parse(text) {
            Ok(specifiers) => {
                let origin = Origin::line(path, line);
                self.hints.requires.get_or_insert((specifiers, origin));
            }
            Err(why) => {
                let why = format!("the Python requirement cannot be read: {why}");
                files.problem(path, Some(line), &why);
            }
        }
    }
}

fn build(
    files: &Files,
    text: &str,
    pieces: &Pieces,
    at: &dyn Fn(usize) -> usize,
    site: Site,
) -> Requirement {
    let piece = |range: &Range<usize>| text[range.clone()].to_owned();
    let last = pieces.all.end.saturating_sub(1).max(pieces.all.start);
    Requirement {
        name: normalize(&text[pieces.name.clone()]),
        written: piece(&pieces.name),
        extras: pieces.extras.clone(),
        specifier: piece(&pieces.specifier),
        marker: piece(&pieces.marker),
        applies: None,
        url: pieces
            .url
            .as_ref()
            .map(|range| files.redactor.apply(&text[range.clone()])),
        path: site.path.to_owned(),
        line: site.line,
        span: Span::new(at(pieces.all.start), at(last) + 1),
        group: site.group.to_owned(),
        constraint: site.constraint,
    }
}

/// Reads all files in `dirs` (nearest first) that declare dependencies. `preferred` are
/// requirements files that an install command names.
pub(super) fn read(files: &mut Files, dirs: &[String], preferred: &[String]) -> Declared {
    let mut declared = Declared::default();
    for path in preferred {
        requirements::read(files, path, MAIN, false, &mut declared);
    }
    for dir in dirs {
        let at = |name: &str| paths::join(dir, name);
        requirements::in_dir(files, dir, &mut declared);
        pyproject::read(files, &at("pyproject.toml"), &mut declared);
        setup::read_cfg(files, &at("setup.cfg"), &mut declared);
        setup::read_py(files, &at("setup.py"), &mut declared);
        pipfile::read(files, &at("Pipfile"), &mut declared);
        for name in ["environment.yml", "environment.yaml", "conda.yml"] {
            conda::read(files, &at(name), &mut declared);
        }
    }
    for path in std::mem::take(&mut declared.generated) {
        declared.push_file(&path);
    }
    version_files(files, dirs, &mut declared.hints);
    let needed = declared
        .requirements
        .iter()
        .filter(|r| r.group == MAIN && r.marker.is_empty() && !r.constraint);
    declared.hints.needed = needed.map(|r| r.name.clone()).collect();
    declared
}

/// The requirements of some requirements files and of what they include, and nothing else.
pub(super) fn from_files(files: &mut Files, paths: &[String]) -> Vec<Requirement> {
    let mut declared = Declared::default();
    for path in paths {
        requirements::read(files, path, MAIN, false, &mut declared);
    }
    declared.requirements
}

/// `.python-version`, `runtime.txt`, `.tool-versions`.
fn version_files(files: &mut Files, dirs: &[String], hints: &mut Hints) {
    for dir in dirs {
        for name in [".python-version", "runtime.txt", ".tool-versions"] {
            let path = paths::join(dir, name);
            let Some(text) = files.text(&path) else {
                continue;
            };
            for (n, line) in text.lines().enumerate() {
                let line = line.trim();
                let version = match name {
                    ".tool-versions" => line.strip_prefix("python ").map(str::trim),
                    _ => Some(
                        line.trim_start_matches("python-")
                            .trim_start_matches("cpython-"),
                    ),
                };
                if let Some((major, minor, micro)) = version.and_then(version_triple) {
                    let number = u32::try_from(n + 1).unwrap_or(u32::MAX);
                    let origin = Origin::line(&path, number);
                    hints.exact.push(((major, minor), micro, origin));
                    break;
                }
            }
        }
    }
}

/// Decides all markers, once the target's Python is known.
pub(super) fn evaluate_markers(requirements: &mut [Requirement], target: &Target) {
    for requirement in requirements {
        requirement.applies = marker_holds(&requirement.marker, target, &[]);
    }
}

/// Group of a requirements file, told by its name: `requirements-dev.txt` is `dev`.
fn group_of_file(path: &str) -> String {
    let stem = paths::stem(path).to_ascii_lowercase();
    let in_folder = paths::file_name(paths::parent(path)) == "requirements";
    let word = stem
        .replace("requirements", "")
        .replace("reqs", "")
        .trim_matches(['-', '_', '.'])
        .to_owned();
    let main = matches!(
        word.as_str(),
        "" | "prod"
            | "production"
            | "base"
            | "common"
            | "main"
            | "app"
            | "backend"
            | "docker"
            | "deploy"
            | "server"
            | "api"
            | "runtime"
            | "web"
            | "core"
            | "lock"
            | "all"
            | "in"
    );
    if main || (in_folder && word == "requirements") {
        MAIN.to_owned()
    } else {
        word
    }
}

#[cfg(test)]
mod tests;
