//! What several test modules share: scratch copies and Python environments.

pub mod envs;
pub mod tree;

use std::path::{Path, PathBuf};

/// A path below the repository.
pub fn repository(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}
