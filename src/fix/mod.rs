//! Repairs: from semantic operations to bytes on disk, and back.
//!
//! Knows the syntax of what it edits (Python, requirements, dotenv, URLs) and how to replace
//! files safely. Knows nothing of checks: which repair is right is decided elsewhere.
//!
//! - [`Workspace`] turns operations into texts, in memory;
//! - [`complete`], [`before_after`] and [`unified`] show what would change, masked;
//! - [`write`] makes it so as one transaction, with backups and a journal;
//! - [`undo`] takes a run back.

mod doc;
mod error;
mod git;
mod journal;
mod op;
mod preview;
mod splice;
mod transaction;
mod undo;
mod workspace;

pub use error::FixError;
pub use git::is_clean as is_clean_in_git;
pub use journal::{Journal, Run, RunState, hash};
pub use preview::{before_after, complete, unified};
pub use transaction::{BackupMode, WriteError, Writing, write};
pub use undo::{UndoError, Undone, undo};
pub use workspace::{Change, Workspace};

#[cfg(test)]
mod tests;
