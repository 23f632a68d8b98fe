//! Where checks come from: the embedded folder and files of the user.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::parse;
use super::schema::Check;
use super::select::{self, SelectError, Selection};
use crate::detect::{self, Params};
use crate::host::{EntryKind, Host};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/checks");

/// A check file that cannot be used; the text names file, line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// Complete text.
    pub message: String,
}

impl CatalogError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

/// All known checks, in order of phase and id.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    checks: Vec<Check>,
}

impl Catalog {
    /// The checks inside the binary.
    ///
    /// # Errors
    /// A file that does not fit the format: a defect of this program, named by path.
    pub fn embedded() -> Result<Self, CatalogError> {
        let mut files = Vec::new();
        collect(&EMBEDDED, &mut files);
        files.sort_unstable_by_key(|(path, _)| *path);
        let mut catalog = Self::default();
        for (path, text) in files {
            catalog.add(&format!("checks/{}", path.display()), text)?;
        }
        catalog.sort();
        Ok(catalog)
    }

    /// A catalogue of one file, for lint and tests.
    ///
    /// # Errors
    /// As [`Catalog::load_more`].
    pub fn from_text(path: &str, text: &str) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        catalog.add(path, text)?;
        Ok(catalog)
    }

    /// Adds check files, or all `*.toml` below directories.
    ///
    /// # Errors
    /// An unreadable file, one that does not fit the format, or an id that exists already.
    pub fn load_more(&mut self, host: &dyn Host, paths: &[PathBuf]) -> Result<(), CatalogError> {
        for path in paths {
            let mut files = Vec::new();
            find(host, path, 0, &mut files)?;
            if files.is_empty() {
                return Err(CatalogError::new(format!(
                    "{}: no check file (*.toml) there",
                    path.display()
                )));
            }
            for file in files {
                let text = host.read_text(&file).map_err(|error| {
                    CatalogError::new(format!("{}: cannot be read: {error}", file.display()))
                })?;
                self.add(&file.display().to_string(), &text)?;
            }
        }
        self.sort();
        Ok(())
    }

    fn add(&mut self, path: &str, text: &str) -> Result<(), CatalogError> {
        let check = parse::parse(path, text).map_err(CatalogError::new)?;
        if let Some(other) = self.get(&check.id) {
            let offset = text.find(&check.id).unwrap_or(0);
            return Err(CatalogError::new(parse::complaint(
                path,
                text,
                offset,
                &format!("`{}` is already the id of {}", check.id, other.path),
            )));
        }
        if detect::detector(check.kind()).is_none() {
            let known: Vec<&str> = detect::kinds().collect();
            let offset = text.find("[detect]").unwrap_or(0);
            return Err(CatalogError::new(parse::complaint(
                path,
                text,
                offset,
                &format!(
                    "there is no detector `{}`; known are {}",
                    check.kind(),
                    known.join(", ")
                ),
            )));
        }
        self.checks.push(check);
        Ok(())
    }

    fn sort(&mut self) {
        self.checks
            .sort_by(|a, b| (a.phase, &a.id).cmp(&(b.phase, &b.id)));
    }

    /// All checks in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// One check by id or name.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.checks
            .iter()
            .find(|c| c.id.eq_ignore_ascii_case(id) || c.name == id)
    }

    /// The checks that `only` names (all when empty) without those that `skip` names.
    /// A selector is an id, the beginning of an id, a name, a phase or a tag.
    ///
    /// # Errors
    /// A selector that fits no check, with a suggestion.
    pub fn select(&self, only: &[String], skip: &[String]) -> Result<Selection, SelectError> {
        select::select(&self.checks, only, skip)
    }

    /// Callables whose calls the detectors want to see, sorted.
    pub fn watch(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .checks
            .iter()
            .filter_map(|c| Some(detect::detector(c.kind())?.watch(&Params::new(&c.detect))))
            .flatten()
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

fn collect<'a>(dir: &'a Dir<'a>, out: &mut Vec<(&'a Path, &'a str)>) {
    for file in dir.files() {
        if file.path().extension().is_some_and(|e| e == "toml")
            && let Some(text) = file.contents_utf8()
        {
            out.push((file.path(), text));
        }
    }
    for sub in dir.dirs() {
        collect(sub, out);
    }
}

fn find(
    host: &dyn Host,
    path: &Path,
    depth: usize,
    out: &mut Vec<PathBuf>,
) -> Result<(), CatalogError> {
    match host.kind(path) {
        Some(EntryKind::File) => out.push(path.to_path_buf()),
        Some(EntryKind::Dir) if depth < 8 => {
            let entries = host.list(path).map_err(|error| {
                CatalogError::new(format!("{}: cannot be listed: {error}", path.display()))
            })?;
            for entry in entries {
                if entry.kind == EntryKind::Dir || entry.name.ends_with(".toml") {
                    find(host, &path.join(&entry.name), depth + 1, out)?;
                }
            }
        }
        Some(_) => {}
        None => {
            return Err(CatalogError::new(format!(
                "{}: no such file or directory",
                path.display()
            )));
        }
    }
    Ok(())
}
