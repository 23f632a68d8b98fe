//! Reads the target: how it is started, with which Python, which dependencies and which
//! environment.
//!
//! Knows the file formats around a Python backend. Knows nothing of Python semantics beyond
//! literals, nothing of checks; it never runs anything of the target.

mod options;

use std::collections::BTreeMap;
use std::path::Path;

use crate::host::Host;
use crate::model::{Project, Redactor, Source};

pub use options::{Options, ReadError};

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The facts.
    pub project: Project,
    /// Files that findings may quote, by path relative to the root, masked.
    pub sources: BTreeMap<String, Source>,
    /// Every secret met.
    pub redactor: Redactor,
}

/// Reads the target that `options` names.
///
/// # Errors
/// Only when an option names something that does not exist or cannot be understood; bad files of
/// the target become `Undecided` entries in `Project::problems`.
pub fn read(host: &dyn Host, options: &Options) -> Result<Reading, ReadError> {
    let path = options.root.display().to_string();
    if host.kind(&options.root).is_none() {
        return Err(ReadError::Missing { path });
    }
    if !host.is_dir(&options.root) {
        return Err(ReadError::NotADirectory { path });
    }
    Ok(Reading::default())
}

/// One file of the target, masked; `None` when it cannot be read or is not UTF-8.
pub fn source(host: &dyn Host, root: &Path, relative: &str) -> Option<Source> {
    let text = String::from_utf8(host.read(&root.join(relative)).ok()?).ok()?;
    Some(Source::new(relative, text))
}
