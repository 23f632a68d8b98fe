//! A machine on which some files are different: a fix is tried here before anything is written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::{DirEntry, EntryKind, Host};

/// Files in memory over a borrowed host.
pub struct Overlay<'h> {
    below: &'h dyn Host,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl<'h> Overlay<'h> {
    /// No difference yet.
    pub fn new(below: &'h dyn Host) -> Self {
        Self {
            below,
            files: BTreeMap::new(),
        }
    }

    /// Replaces or adds a file.
    pub fn put(&mut self, path: &Path, content: impl Into<Vec<u8>>) {
        let path = self.key(path);
        self.files.insert(path, content.into());
    }

    /// The path under which a file is kept: without links, as far as it exists.
    fn key(&self, path: &Path) -> PathBuf {
        if let Some(path) = self.below.canonical(path) {
            return path;
        }
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
                self.key(parent).join(name)
            }
            _ => path.to_path_buf(),
        }
    }

    fn get(&self, path: &Path) -> Option<&Vec<u8>> {
        if self.files.is_empty() {
            return None;
        }
        self.files
            .get(path)
            .or_else(|| self.files.get(&self.key(path)))
    }
}

impl Host for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.below.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        match self.get(path) {
            Some(_) => Some(EntryKind::File),
            None => self.below.kind(path),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = self.below.list(dir)?;
        let dir = self.key(dir);
        for path in self.files.keys().filter(|p| p.parent() == Some(&*dir)) {
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
                continue;
            };
            if !entries.iter().any(|e| e.name == name) {
                entries.push(DirEntry {
                    name: name.to_owned(),
                    kind: EntryKind::File,
                });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        self.below
            .canonical(path)
            .or_else(|| self.get(path).map(|_| self.key(path)))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.below.env(name)
    }

    fn env_all(&self) -> Vec<(String, String)> {
        self.below.env_all()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryHost;
    use super::*;

    #[test]
    fn changed_and_new_files_are_seen() {
        let below = MemoryHost::new()
            .file("/p/a.py", "old")
            .file("/p/b.py", "b");
        let mut overlay = Overlay::new(&below);
        overlay.put(Path::new("/p/a.py"), "new");
        overlay.put(Path::new("/p/.env"), "A=1");
        assert_eq!(overlay.read_text(Path::new("/p/a.py")).unwrap(), "new");
        assert_eq!(overlay.read_text(Path::new("/p/b.py")).unwrap(), "b");
        assert!(overlay.is_file(Path::new("/p/.env")));
        let names: Vec<String> = overlay
            .list(Path::new("/p"))
            .unwrap()
            .into_iter()
            .map(|e| e.name)
            .collect();
        assert_eq!(names, [".env", "a.py", "b.py"]);
    }
}
