//! Repairs: from semantic operations to bytes on disk, and back.
//!
//! Knows the syntax of what it edits (Python, requirements, dotenv, URLs) and how to replace
//! files safely. Knows nothing of checks: which repair is right is decided elsewhere.

/// What happens to the old content of a file that a fix replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BackupMode {
    /// `FILE.backup` beside the file; `FILE.backup.1`, ... when that name is taken.
    #[default]
    Suffix,
    /// In the state directory, outside of the project.
    Store,
    /// No copy; only in a Git work tree where the file has no uncommitted change.
    None,
}
