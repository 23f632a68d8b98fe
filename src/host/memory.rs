//! A machine in memory, for tests and for the examples of check files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::{DirEntry, EntryKind, Host};

/// Files and environment in memory; paths outside of its files can fall through to another host.
#[derive(Default)]
pub struct MemoryHost {
    files: BTreeMap<PathBuf, Vec<u8>>,
    env: BTreeMap<String, String>,
    below: Option<Box<dyn Host>>,
}

impl MemoryHost {
    /// An empty machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Files in memory over another host (an installed Python environment, say).
    pub fn over(below: impl Host + 'static) -> Self {
        Self {
            below: Some(Box::new(below)),
            ..Self::default()
        }
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }

    /// Adds or replaces a file.
    pub fn put(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Host for MemoryHost {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match (self.files.get(path), &self.below) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(below)) => below.read(path),
            (None, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        let is_dir = self
            .files
            .range(path.to_path_buf()..)
            .next()
            .is_some_and(|(p, _)| p.starts_with(path));
        if is_dir {
            Some(EntryKind::Dir)
        } else {
            self.below.as_ref()?.kind(path)
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut names = BTreeSet::new();
        for path in self
            .files
            .range(dir.to_path_buf()..)
            .map(|(p, _)| p)
            .take_while(|p| p.starts_with(dir))
        {
            let mut rest = path
                .strip_prefix(dir)
                .into_iter()
                .flat_map(Path::components);
            let Some(first) = rest.next() else { continue };
            let Some(name) = first.as_os_str().to_str() else {
                continue;
            };
            names.insert((name.to_owned(), rest.next().is_some()));
        }
        let mut entries: Vec<DirEntry> = names
            .into_iter()
            .map(|(name, dir)| DirEntry {
                name,
                kind: if dir { EntryKind::Dir } else { EntryKind::File },
            })
            .collect();
        match &self.below {
            Some(below) => {
                for entry in below.list(dir).unwrap_or_default() {
                    if !entries.iter().any(|e| e.name == entry.name) {
                        entries.push(entry);
                    }
                }
                entries.sort_by(|a, b| a.name.cmp(&b.name));
            }
            None if entries.is_empty() => return Err(io::ErrorKind::NotFound.into()),
            None => {}
        }
        Ok(entries)
    }

    fn canonical(&self, path: &Path) -> Option<PathBuf> {
        match self.files.contains_key(path) {
            true => Some(path.to_path_buf()),
            false => self
                .below
                .as_ref()
                .and_then(|b| b.canonical(path))
                .or_else(|| self.kind(path).map(|_| path.to_path_buf())),
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env
            .get(name)
            .cloned()
            .or_else(|| self.below.as_ref()?.env(name))
    }

    fn env_all(&self) -> Vec<(String, String)> {
        let mut all: BTreeMap<_, _> = self
            .below
            .as_ref()
            .map(|b| b.env_all().into_iter().collect())
            .unwrap_or_default();
        all.extend(self.env.clone());
        all.into_iter().collect()
    }
}
