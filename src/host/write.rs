//! Writing, kept apart from reading: only `fix`, `session` and `cli` ever write.

#![allow(clippy::disallowed_methods)] // this file is the door

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Replaces a file atomically: a temporary file in the same directory, flushed to disk, given
/// the mode and owner of the old file (or `mode` for a new one), then renamed over it.
///
/// # Errors
/// Whatever the system says; the old file is then untouched.
pub fn replace(path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
    let dir = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // A link keeps pointing: the file it names is replaced, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let dir = target.parent().unwrap_or(dir);
    let mut temporary = tempfile::Builder::new()
        .prefix(".audit-")
        .tempfile_in(dir)?;
    temporary.write_all(content)?;
    copy_permissions(&target, temporary.path(), mode)?;
    temporary.as_file().sync_all()?;
    temporary.persist(&target).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(unix)]
fn copy_permissions(from: &Path, to: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    if let Ok(old) = fs::metadata(from) {
        // Giving a file away needs privileges; without them the writer becomes its owner.
        if let Err(error) = chown(to, Some(old.uid()), Some(old.gid()))
            && error.kind() != io::ErrorKind::PermissionDenied
        {
            return Err(error);
        }
        return fs::set_permissions(
            to,
            fs::Permissions::from_mode(mode.unwrap_or(old.mode() & 0o7777)),
        );
    }
    fs::set_permissions(to, fs::Permissions::from_mode(mode.unwrap_or(0o644)))
}

#[cfg(not(unix))]
fn copy_permissions(from: &Path, to: &Path, _mode: Option<u32>) -> io::Result<()> {
    match fs::metadata(from) {
        Ok(old) => fs::set_permissions(to, old.permissions()),
        Err(_) => Ok(()),
    }
}

/// Creates a directory and its parents.
///
/// # Errors
/// Whatever the system says.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Removes a file.
///
/// # Errors
/// Whatever the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Appends to a file, which is created when missing.
///
/// # Errors
/// Whatever the system says.
pub fn append(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(content)
}

/// Creates a new directory of its own below the system's folder for temporary files; it stays.
///
/// # Errors
/// Whatever the system says.
pub fn temporary_dir(prefix: &str) -> io::Result<std::path::PathBuf> {
    tempfile::Builder::new()
        .prefix(prefix)
        .disable_cleanup(true)
        .tempdir()
        .map(|dir| dir.path().to_path_buf())
}
