//! Source files: read, decoded and parsed once, on all cores.
//!
//! The interpreter asks for a file when it executes it; workers parse ahead along the imports
//! that they see. What is parsed ahead never changes an answer, only when it is ready.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use elsa::sync::FrozenMap;
use ruff_python_ast::{self as ast, Expr, PythonVersion, Stmt};

use crate::host::Host;

use super::finder::{Finder, Found};
use super::syntax::{self, SyntaxProblem};
use super::value::Owner;

/// A parsed file.
#[derive(Debug)]
pub struct SourceFile {
    /// Absolute path.
    pub path: PathBuf,
    /// Decoded text.
    pub text: String,
    /// Whose file.
    pub owner: Owner,
    /// The tree, or why CPython refuses to compile it.
    pub tree: Result<ast::ModModule, SyntaxProblem>,
    /// Found when the first line is asked for: of most files none is.
    line_starts: OnceLock<Vec<u32>>,
    /// What it imports is being parsed ahead.
    looked_ahead: AtomicBool,
}

impl SourceFile {
    fn new(path: PathBuf, owner: Owner, bytes: &[u8], version: PythonVersion) -> Self {
        let (text, tree) = syntax::compile(bytes, version, owner == Owner::Project);
        Self {
            path,
            text,
            owner,
            tree,
            line_starts: OnceLock::new(),
            looked_ahead: AtomicBool::new(false),
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.match_indices('\n');
            let starts = breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// 1-based line of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts().partition_point(|s| *s <= offset)).unwrap_or(u32::MAX)
    }

    /// 1-based line and column of a byte offset; columns count characters.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self
            .line_starts()
            .get(line.saturating_sub(1) as usize)
            .copied()
            .unwrap_or(0) as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text.get(start..end).map_or(0, |t| t.chars().count()) + 1;
        (line, u32::try_from(column).unwrap_or(u32::MAX))
    }
}

type Slot = Box<OnceLock<Option<SourceFile>>>;

/// All files of a run, by path.
pub struct Store<'h> {
    host: &'h dyn Host,
    version: PythonVersion,
    slots: FrozenMap<PathBuf, Slot>,
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    paths: VecDeque<(PathBuf, Owner)>,
    closed: bool,
}

impl<'h> Store<'h> {
    /// An empty store that parses for a Python version.
    pub fn new(host: &'h dyn Host, version: PythonVersion) -> Self {
        Self {
            host,
            version,
            slots: FrozenMap::new(),
            queue: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    /// The host that files are read from.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// A file, parsed now unless it is already; `None` when it cannot be read.
    pub fn load(&self, path: &Path, owner: Owner) -> Option<&SourceFile> {
        let slot = match self.slots.get(path) {
            Some(slot) => slot,
            None => self.slots.insert(path.to_path_buf(), Slot::default()),
        };
        slot.get_or_init(|| {
            let bytes = self.host.read(path).ok()?;
            Some(SourceFile::new(
                path.to_path_buf(),
                owner,
                &bytes,
                self.version,
            ))
        })
        .as_ref()
    }

    /// Is a file larger than what the host reads of one?
    pub fn is_too_large(&self, path: &Path) -> bool {
        let read = self.host.read(path);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::FileTooLarge)
    }

    /// Adds a file that exists in memory only, unless it is there already.
    pub fn insert(&self, path: &Path, owner: Owner, text: &str) {
        if self.slots.get(path).is_none() {
            let file = SourceFile::new(path.to_path_buf(), owner, text.as_bytes(), self.version);
            self.slots
                .insert(path.to_path_buf(), Box::new(OnceLock::from(Some(file))));
        }
    }

    /// Asks the workers to parse a file soon.
    pub fn prefetch(&self, path: PathBuf, owner: Owner) {
        if self.slots.get(&path).is_some() {
            return;
        }
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.paths.push_back((path, owner));
        self.wake.notify_one();
    }

    /// Lets the workers end.
    pub fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.wake.notify_all();
    }

    /// Parses what is asked for, and what that imports, until [`Store::close`].
    pub fn work(&self, finder: &Finder, owner_of: &(dyn Fn(&Path) -> Owner + Sync)) {
        while let Some((path, owner)) = self.next() {
            if self.slots.get(&path).is_some() {
                continue;
            }
            let Some(file) = self.load(&path, owner) else {
                continue;
            };
            self.look_ahead(finder, file, owner_of);
        }
    }

    fn next(&self) -> Option<(PathBuf, Owner)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if queue.closed {
                return None;
            }
            if let Some(next) = queue.paths.pop_front() {
                return Some(next);
            }
            queue = self
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Imports that run when the module does, roughly: not inside functions, not for type checkers.
fn top_level_imports(body: &[Stmt], out: &mut Vec<(String, Vec<String>, u32)>) {
    for stmt in body {
        match stmt {
            Stmt::Import(i) => {
                out.extend(i.names.iter().map(|a| (a.name.to_string(), Vec::new(), 0)));
            }
            Stmt::ImportFrom(i) => out.push((
                i.module
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                i.names.iter().map(|a| a.name.to_string()).collect(),
                i.level,
            )),
            Stmt::If(i) => {
                if !is_type_checking(&i.test) {
                    top_level_imports(&i.body, out);
                }
                for clause in &i.elif_else_clauses {
                    top_level_imports(&clause.body, out);
                }
            }
            Stmt::Try(t) => {
                top_level_imports(&t.body, out);
                top_level_imports(&t.orelse, out);
            }
            _ => {}
        }
    }
}

fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

/// Files that an import statement would probably execute.
fn locate(
    finder: &Finder,
    from: &Path,
    module: &str,
    names: &[String],
    level: u32,
) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = if level == 0 {
        finder.base().to_vec()
    } else {
        let mut dir = from.parent();
        for _ in 1..level {
            dir = dir.and_then(Path::parent);
        }
        dir.map(Path::to_path_buf).into_iter().collect()
    };
    let mut files = Vec::new();
    for part in module.split('.').filter(|p| !p.is_empty()) {
        let Some(found) = finder.find_in(&dirs, part) else {
            return files;
        };
        match found {
            Found::Package { file, dir } => {
                files.extend(file);
                dirs = vec![dir];
            }
            Found::Namespace { dirs: portions } => dirs = portions,
            Found::Source(file) => {
                files.push(file);
                return files;
            }
            Found::Extension(_) => return files,
        }
    }
    if !module.is_empty() || level > 0 {
        for name in names {
            match finder.find_in(&dirs, name) {
                Some(Found::Source(file)) => files.push(file),
                Some(Found::Package {
                    file: Some(file), ..
                }) => files.push(file),
                _ => {}
            }
        }
    }
    files
}

impl Store<'_> {
    /// Asks the workers for what a file imports, once.
    pub fn look_ahead(
        &self,
        finder: &Finder,
        file: &SourceFile,
        owner_of: &dyn Fn(&Path) -> Owner,
    ) {
        let Ok(tree) = &file.tree else { return };
        if file.looked_ahead.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut wanted = Vec::new();
        top_level_imports(&tree.body, &mut wanted);
        for (module, names, level) in wanted {
            for found in locate(finder, &file.path, &module, &names, level) {
                let owner = owner_of(&found);
                self.prefetch(found, owner);
            }
        }
    }
}
