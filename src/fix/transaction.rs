//! Writing the changes of a fix: all of them or none.
//!
//! Order, so that a crash at any point can be taken back:
//! 1. every file still holds what was seen;
//! 2. copies of the old files, flushed to disk;
//! 3. the record in the journal, state `writing`, with all hashes and copies;
//! 4. each file, replaced atomically after one more look at its content;
//! 5. the record again, state `written`.
//!
//! A failure in 4 or 5 puts the old contents back from memory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::host::write::Writer;
use crate::model::{AppliedFix, ChangedFile, Finding, FixRun};

use super::git;
use super::journal::{Journal, Run, RunFile, RunState, hash};
use super::workspace::Change;

/// Mode of a copy that holds secrets.
const PRIVATE: u32 = 0o600;
/// Mode of a file that a fix creates, and of copies where the system has no modes.
const PLAIN: u32 = 0o644;

/// What happens to the old content of a file that a fix replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupMode {
    /// `FILE.backup` beside the file; `FILE.backup.1`, ... when that name is taken.
    #[default]
    Suffix,
    /// In the journal, outside of the project.
    Store,
    /// No copy; only in a Git work tree where the files have no uncommitted change.
    None,
}

/// What to write.
pub struct Writing<'a> {
    /// For reading.
    pub host: &'a dyn Host,
    /// For writing.
    pub writer: &'a dyn Writer,
    /// Absolute root of the project.
    pub root: &'a Path,
    /// The changes, on the files as they were read.
    pub changes: &'a [Change],
    /// What happens to the old contents.
    pub backup: BackupMode,
    /// Where the run is recorded.
    pub journal: &'a Journal,
    /// What is repaired, for the report.
    pub applied: Vec<AppliedFix>,
    /// What the user still has to do.
    pub next: Vec<String>,
    /// The findings as they were.
    pub repaired: Vec<Finding>,
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file is not what was read.
    #[error("`{path}` has changed since it was read; nothing was written, run the fix again")]
    Changed { path: String },
    /// `--backup none` without a net.
    #[error(
        "`--backup none` needs files that Git tracks and that have no uncommitted change; nothing was written"
    )]
    NotClean,
    /// The system refused a step; everything is as before.
    #[error("{step} `{path}`: {error}; everything was put back")]
    Failed {
        step: &'static str,
        path: String,
        error: io::Error,
    },
    /// The system refused a step, and then also to put something back.
    #[error(
        "{step} `{path}`: {error}; these files could not be put back: {stuck}; `audit undo {id}` tries again"
    )]
    Stuck {
        step: &'static str,
        path: String,
        error: io::Error,
        stuck: String,
        id: String,
    },
}

/// A step that failed.
struct Failure {
    step: &'static str,
    path: String,
    error: io::Error,
}

impl Failure {
    fn at(step: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().display().to_string();
        move |error| Self { step, path, error }
    }
}

/// Writes all changes as one transaction.
///
/// # Errors
/// Nothing is changed then; [`WriteError::Stuck`] is the exception and names the files.
pub fn write(writing: Writing<'_>) -> Result<FixRun, WriteError> {
    for change in writing.changes {
        unchanged(&writing, change)?;
    }
    if writing.backup == BackupMode::None {
        let paths: Vec<&str> = writing.changes.iter().map(|c| c.path.as_str()).collect();
        if !git::is_clean(writing.root, &paths) {
            return Err(WriteError::NotClean);
        }
    }
    let created = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
    let seed = format!(
        "{} {created} {}",
        writing.root.display(),
        std::process::id()
    );
    let id = writing.journal.new_id(writing.host, &seed);
    let mut run = Run::new(
        writing.root,
        created,
        writing.backup,
        FixRun {
            id,
            files: Vec::new(),
            applied: writing.applied.clone(),
            next: writing.next.clone(),
        },
    );
    run.repaired.clone_from(&writing.repaired);
    let mut transaction = Transaction {
        writing: &writing,
        run,
        copies: Vec::new(),
        written: 0,
    };
    match transaction.run() {
        Ok(()) => Ok(transaction.run.run),
        Err(failure) => Err(transaction.roll_back(failure)),
    }
}

fn unchanged(writing: &Writing<'_>, change: &Change) -> Result<(), WriteError> {
    let path = writing.root.join(&change.path);
    let same = match &change.before {
        Some(before) => {
            let now = writing.host.read(&path);
            now.is_ok_and(|bytes| bytes == before.text().as_bytes())
        }
        None => writing.host.kind(&path).is_none(),
    };
    match same {
        true => Ok(()),
        false => Err(WriteError::Changed {
            path: change.path.clone(),
        }),
    }
}

struct Transaction<'w, 'a> {
    writing: &'w Writing<'a>,
    run: Run,
    /// Copies made, absolute.
    copies: Vec<PathBuf>,
    /// Number of files replaced or being replaced.
    written: usize,
}

impl Transaction<'_, '_> {
    fn run(&mut self) -> Result<(), Failure> {
        let writing = self.writing;
        let directory = writing.journal.directory(&self.run.run.id);
        writing
            .writer
            .create_private_dirs(&directory)
            .map_err(Failure::at("creating", &directory))?;
        for (number, change) in writing.changes.iter().enumerate() {
            self.copy(number, change)?;
        }
        self.record()?;
        for change in writing.changes {
            self.replace(change)?;
        }
        self.run.state = RunState::Written;
        self.record()
    }

    fn record(&self) -> Result<(), Failure> {
        let directory = self.writing.journal.directory(&self.run.run.id);
        self.writing
            .journal
            .save(self.writing.writer, &self.run)
            .map_err(Failure::at("recording the run in", directory))
    }

    /// Copies one old file and notes what is needed to put it back.
    fn copy(&mut self, number: usize, change: &Change) -> Result<(), Failure> {
        let writing = self.writing;
        let path = writing.root.join(&change.path);
        let secret = change
            .before
            .as_ref()
            .is_some_and(|b| !b.masks().is_empty());
        let mode = change
            .before
            .as_ref()
            .and_then(|_| writing.writer.mode(&path));
        let before = change.before.as_ref().map(|b| b.text().as_bytes());
        let copy = match (before, writing.backup) {
            (Some(content), BackupMode::Suffix) => {
                let mode = if secret {
                    PRIVATE
                } else {
                    mode.unwrap_or(PLAIN)
                };
                Some(self.copy_beside(&path, content, mode)?)
            }
            (Some(content), BackupMode::Store) => {
                let directory = writing.journal.directory(&self.run.run.id);
                let copy = directory.join(format!("old-{number}"));
                writing
                    .writer
                    .create_new(&copy, content, PRIVATE, None)
                    .map_err(Failure::at("writing the backup", &copy))?;
                self.copies.push(copy.clone());
                Some(copy)
            }
            _ => None,
        };
        let after = hash(change.after.text().as_bytes());
        let beside = copy
            .as_ref()
            .filter(|_| writing.backup == BackupMode::Suffix);
        self.run.run.files.push(ChangedFile {
            path: change.path.clone(),
            backup: beside.map(|copy| {
                let relative = copy.strip_prefix(writing.root).unwrap_or(copy);
                relative.display().to_string().replace('\\', "/")
            }),
            secret,
            backup_unignored: beside.is_some_and(|copy| git::would_pick_up(writing.host, copy)),
            before: before.map_or_else(String::new, hash),
            after: after.clone(),
        });
        self.run.files.push(RunFile {
            path: change.path.clone(),
            before: before.map(hash),
            after,
            mode,
            copy,
        });
        Ok(())
    }

    /// `FILE.backup`, or the first `FILE.backup.N` that is free.
    fn copy_beside(&mut self, path: &Path, content: &[u8], mode: u32) -> Result<PathBuf, Failure> {
        let mut name = path.as_os_str().to_owned();
        name.push(".backup");
        for number in 0..10_000u32 {
            let mut copy = name.clone();
            if number > 0 {
                copy.push(format!(".{number}"));
            }
            let copy = PathBuf::from(copy);
            match self
                .writing
                .writer
                .create_new(&copy, content, mode, Some(path))
            {
                Ok(()) => {
                    self.copies.push(copy.clone());
                    return Ok(copy);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::at("writing the backup", &copy)(error)),
            }
        }
        let error = io::Error::from(io::ErrorKind::AlreadyExists);
        Err(Failure::at("writing the backup", &name)(error))
    }

    fn replace(&mut self, change: &Change) -> Result<(), Failure> {
        let writing = self.writing;
        let path = writing.root.join(&change.path);
        if unchanged(writing, change).is_err() {
            let error = io::Error::other("it has changed while the fix was being written");
            return Err(Failure::at("writing", &path)(error));
        }
        self.written += 1;
        let content = change.after.text().as_bytes();
        let result = match &change.before {
            Some(_) => writing.writer.replace(&path, content, None),
            None => writing.writer.create_new(&path, content, PLAIN, None),
        };
        if result.is_err() && change.before.is_none() {
            // It was not created, so there is nothing to remove.
            self.written -= 1;
        }
        result.map_err(Failure::at("writing", &path))
    }

    fn roll_back(self, failure: Failure) -> WriteError {
        let writing = self.writing;
        let mut stuck = Vec::new();
        for (index, change) in writing.changes.iter().take(self.written).enumerate() {
            let path = writing.root.join(&change.path);
            let mode = self.run.files.get(index).and_then(|f| f.mode);
            let back = match &change.before {
                Some(before) => {
                    let content = before.text().as_bytes();
                    match writing.host.read(&path) {
                        Ok(now) if now == content => Ok(()),
                        _ => writing.writer.replace(&path, content, mode),
                    }
                }
                None => writing.writer.remove(&path),
            };
            if back.is_err() {
                stuck.push(format!("`{}`", change.path));
            }
        }
        let Failure { step, path, error } = failure;
        if !stuck.is_empty() {
            return WriteError::Stuck {
                step,
                path,
                error,
                stuck: stuck.join(", "),
                id: self.run.run.id,
            };
        }
        // What is left over now are copies of files that are as they were.
        for copy in &self.copies {
            let _ = writing.writer.remove(copy);
        }
        let _ = writing.journal.forget(writing.writer, &self.run.run.id);
        WriteError::Failed { step, path, error }
    }
}
