//! Where checks come from: the embedded folder and files of the user.

use std::path::PathBuf;

use super::schema::Check;
use super::select::{self, SelectError, Selection};
use crate::host::Host;

/// A check file that cannot be used; the text names file, line and column.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// Complete text.
    pub message: String,
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
        Ok(Self::default())
    }

    /// Adds check files, or all `*.toml` below directories.
    ///
    /// # Errors
    /// An unreadable file, one that does not fit the format, or an id that exists already.
    pub fn load_more(&mut self, _host: &dyn Host, _paths: &[PathBuf]) -> Result<(), CatalogError> {
        Ok(())
    }

    /// All checks in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// One check by id.
    pub fn get(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|c| c.id.eq_ignore_ascii_case(id))
    }

    /// The checks that `only` names (all when empty) without those that `skip` names.
    /// A selector is an id, the beginning of an id, a name, a phase or a tag.
    ///
    /// # Errors
    /// A selector that fits no check, with a suggestion.
    pub fn select(&self, only: &[String], skip: &[String]) -> Result<Selection, SelectError> {
        select::select(&self.checks, only, skip)
    }

    /// Callables whose calls the `call` detectors want to see.
    pub fn watch(&self) -> Vec<String> {
        Vec::new()
    }
}
