//! What several test modules share: fixtures, Python environments, real servers.

pub mod bench;
pub mod envs;
pub mod fixture;
pub mod postgres;
pub mod process;
pub mod report;
pub mod tree;
pub mod uvicorn;

use std::path::{Path, PathBuf};

/// A path below the repository.
pub fn repository(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}
