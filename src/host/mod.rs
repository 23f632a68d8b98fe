//! The one door to the outside: files, environment, processes, clock.
//!
//! Everything else asks a [`Host`]; clippy refuses `std::fs`, `std::env` and `std::process`
//! elsewhere, so that a test can stand in a [`MemoryHost`].

pub mod group;
mod memory;
mod overlay;
pub mod process;
mod real;
mod running;
pub mod write;

use std::io;
use std::path::{Path, PathBuf};

pub use memory::MemoryHost;
pub use overlay::Overlay;
pub use real::{RealHost, change_directory, current_directory};

/// Files larger than this are not read: no source or configuration file is that big, and a
/// target must not be able to exhaust memory.
pub const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// What a directory entry is, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A socket, device, dangling or looping link.
    Other,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// File name; names that are not UTF-8 are left out of listings.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// Read access to the machine.
pub trait Host: Sync + Send {
    /// Whole content of a file of at most [`MAX_FILE_BYTES`].
    ///
    /// # Errors
    /// Whatever the system says; [`io::ErrorKind::FileTooLarge`] beyond the limit.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What a path is, links followed; `None` when there is nothing.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// Names in a directory, sorted.
    ///
    /// # Errors
    /// Whatever the system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>>;

    /// Absolute path without links, where it exists.
    fn canonical(&self, path: &Path) -> Option<PathBuf>;

    /// Permission bits of a path, links followed; `None` where there are none.
    fn mode(&self, _path: &Path) -> Option<u32> {
        None
    }

    /// One environment variable of the auditor's own process.
    fn env(&self, name: &str) -> Option<String>;

    /// All environment variables that are UTF-8, sorted.
    fn env_all(&self) -> Vec<(String, String)>;

    /// Is it a regular file?
    fn is_file(&self, path: &Path) -> bool {
        self.kind(path) == Some(EntryKind::File)
    }

    /// Is it a directory?
    fn is_dir(&self, path: &Path) -> bool {
        self.kind(path) == Some(EntryKind::Dir)
    }

    /// Content as UTF-8 with undecodable bytes replaced.
    ///
    /// # Errors
    /// As [`Host::read`].
    fn read_text(&self, path: &Path) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&self.read(path)?).into_owned())
    }
}
