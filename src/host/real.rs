//! The machine itself.

#![allow(clippy::disallowed_methods)] // this file is the door

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::{DirEntry, EntryKind, Host, MAX_FILE_BYTES};

/// The machine itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealHost;

impl Host for RealHost {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("larger than {} MB", MAX_FILE_BYTES >> 20),
            ));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        fs::metadata(path).ok().map(|m| entry_kind(m.file_type()))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir)? {
            let Ok(entry) = entry else { continue };
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = match entry.file_type() {
                Ok(t) if !t.is_symlink() => entry_kind(t),
                _ => self.kind(&entry.path()).unwrap_or(EntryKind::Other),
            };
            entries.push(DirEntry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        fs::canonicalize(path).ok()
    }

    #[cfg(unix)]
    fn mode(&self, path: &Path) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path)
            .ok()
            .map(|m| m.permissions().mode() & 0o7777)
    }

    fn env(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn env_all(&self) -> Vec<(String, String)> {
        let mut all: Vec<_> = env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
            .collect();
        all.sort();
        all
    }
}

/// Makes a directory the working directory of this process; for `-C`, before anything else.
///
/// # Errors
/// Whatever the system says.
pub fn change_directory(path: &Path) -> io::Result<()> {
    env::set_current_dir(path)
}

/// The working directory of this process.
///
/// # Errors
/// Whatever the system says: it may have been removed.
pub fn current_directory() -> io::Result<PathBuf> {
    env::current_dir()
}

fn entry_kind(kind: fs::FileType) -> EntryKind {
    if kind.is_file() {
        EntryKind::File
    } else if kind.is_dir() {
        EntryKind::Dir
    } else {
        EntryKind::Other
    }
}
