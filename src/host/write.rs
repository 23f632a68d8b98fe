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

/// Creates a file that must not exist, with a mode (Unix) and, where that is allowed, the owner
/// of another file.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when something has that name (a dangling link too); else
/// whatever the system says, and then nothing is left behind.
pub fn create_new(path: &Path, content: &[u8], mode: u32, like: Option<&Path>) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    // Nobody may read it while it is being filled.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let filled = fill_new(&mut file, path, content, mode, like);
    if filled.is_err() {
        let _ = fs::remove_file(path);
    }
    filled
}

fn fill_new(
    file: &mut fs::File,
    path: &Path,
    content: &[u8],
    mode: u32,
    like: Option<&Path>,
) -> io::Result<()> {
    file.write_all(content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        if let Some(old) = like.and_then(|l| fs::metadata(l).ok())
            && let Err(error) = chown(path, Some(old.uid()), Some(old.gid()))
            && error.kind() != io::ErrorKind::PermissionDenied
        {
            return Err(error);
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = (path, mode, like);
    file.sync_all()
}

/// Permission bits of a file; `None` where there is no file or no such thing.
pub fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    return fs::metadata(path)
        .ok()
        .map(|m| std::os::unix::fs::MetadataExt::mode(&m) & 0o7777);
    #[cfg(not(unix))]
    return fs::metadata(path).ok().map(|_| 0o644);
}

/// Creates a directory and its parents.
///
/// # Errors
/// Whatever the system says.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Creates a directory and its parents, open to its owner alone.
///
/// # Errors
/// Whatever the system says.
pub fn create_private_dirs(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes a directory and everything in it.
///
/// # Errors
/// Whatever the system says.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)
}

/// Writing as a value, so that a test can make any step of a transaction fail.
pub trait Writer: Sync {
    /// See [`replace`].
    ///
    /// # Errors
    /// As [`replace`].
    fn replace(&self, path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()>;

    /// See [`create_new`].
    ///
    /// # Errors
    /// As [`create_new`].
    fn create_new(
        &self,
        path: &Path,
        content: &[u8],
        mode: u32,
        like: Option<&Path>,
    ) -> io::Result<()>;

    /// See [`create_private_dirs`].
    ///
    /// # Errors
    /// As [`create_private_dirs`].
    fn create_private_dirs(&self, path: &Path) -> io::Result<()>;

    /// See [`remove`].
    ///
    /// # Errors
    /// As [`remove`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// See [`remove_dir`].
    ///
    /// # Errors
    /// As [`remove_dir`].
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// See [`mode`].
    fn mode(&self, path: &Path) -> Option<u32>;
}

/// The disk itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Writer for Disk {
    fn replace(&self, path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
        replace(path, content, mode)
    }

    fn create_new(
        &self,
        path: &Path,
        content: &[u8],
        mode: u32,
        like: Option<&Path>,
    ) -> io::Result<()> {
        create_new(path, content, mode, like)
    }

    fn create_private_dirs(&self, path: &Path) -> io::Result<()> {
        create_private_dirs(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        remove(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        remove_dir(path)
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        mode(path)
    }
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
