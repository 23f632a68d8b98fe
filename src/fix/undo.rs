//! Taking a run back: every byte and mode, or nothing.

use std::io;
use std::path::Path;

use crate::host::Host;
use crate::host::write::Writer;

use super::BackupMode;
use super::journal::{Journal, Run, RunFile, hash};

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Id of the run.
    pub id: String,
    /// Files restored, relative to the root.
    pub restored: Vec<String>,
    /// Files removed because the run had created them.
    pub removed: Vec<String>,
}

/// Why nothing is put back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// Files are not as the run left them.
    #[error(
        "changed since the fix: {files}; nothing was put back, the old contents are in {copies}"
    )]
    Changed { files: String, copies: String },
    /// The run kept no copies.
    #[error("the run `{id}` kept no backups; `git restore {files}` puts back what was committed")]
    NoCopies { id: String, files: String },
    /// A copy is gone or is not the old content.
    #[error("the backup `{path}` is missing or has been changed; nothing was put back")]
    BadCopy { path: String },
    /// The system refused; everything is as the fix left it.
    #[error("putting back `{path}`: {error}; nothing was put back")]
    Failed { path: String, error: io::Error },
}

/// One file and what undoing means for it.
struct Step<'r> {
    file: &'r RunFile,
    /// Old content; `None` when the file is to be removed.
    old: Option<Vec<u8>>,
    /// Content now.
    now: Vec<u8>,
}

/// Puts back the files of a run, removes its backups and forgets it.
///
/// # Errors
/// Nothing is touched then.
pub fn undo(
    host: &dyn Host,
    writer: &dyn Writer,
    journal: &Journal,
    run: &Run,
) -> Result<Undone, UndoError> {
    let root = Path::new(&run.root);
    let steps = plan(host, root, run)?;
    for (done, step) in steps.iter().enumerate() {
        let path = root.join(&step.file.path);
        let result = match &step.old {
            Some(old) => writer.replace(&path, old, step.file.mode),
            None => writer.remove(&path),
        };
        if let Err(error) = result {
            // Back to what the fix left, so that the next try finds a known state.
            for step in &steps[..done] {
                let _ = writer.replace(&root.join(&step.file.path), &step.now, None);
            }
            return Err(UndoError::Failed {
                path: step.file.path.clone(),
                error,
            });
        }
    }
    for file in &run.files {
        let (Some(copy), Some(before)) = (&file.copy, &file.before) else {
            continue;
        };
        // A copy that somebody edited is theirs.
        if host.read(copy).is_ok_and(|bytes| hash(&bytes) == *before) {
            let _ = writer.remove(copy);
        }
    }
    let _ = journal.forget(writer, &run.run.id);
    let names = |removed: bool| {
        let steps = steps.iter().filter(move |s| s.old.is_none() == removed);
        steps.map(|s| s.file.path.clone()).collect()
    };
    Ok(Undone {
        id: run.run.id.clone(),
        restored: names(false),
        removed: names(true),
    })
}

fn plan<'r>(host: &dyn Host, root: &Path, run: &'r Run) -> Result<Vec<Step<'r>>, UndoError> {
    let mut steps = Vec::new();
    let mut changed = Vec::new();
    for file in &run.files {
        let path = root.join(&file.path);
        let now = host.read(&path).ok();
        let state = now.as_deref().map(hash);
        if state == file.before {
            continue;
        }
        match now {
            Some(now) if state.as_ref() == Some(&file.after) => steps.push((file, now)),
            _ => changed.push(format!("`{}`", file.path)),
        }
    }
    if !changed.is_empty() {
        return Err(UndoError::Changed {
            files: changed.join(", "),
            copies: copies(run),
        });
    }
    let needs_copies = steps.iter().any(|(file, _)| file.before.is_some());
    if run.backup == BackupMode::None && needs_copies {
        let files: Vec<&str> = run.files.iter().map(|f| f.path.as_str()).collect();
        return Err(UndoError::NoCopies {
            id: run.run.id.clone(),
            files: files.join(" "),
        });
    }
    steps
        .into_iter()
        .map(|(file, now)| {
            let old = old_content(host, file)?;
            Ok(Step { file, old, now })
        })
        .collect()
}

fn old_content(host: &dyn Host, file: &RunFile) -> Result<Option<Vec<u8>>, UndoError> {
    let Some(before) = &file.before else {
        return Ok(None);
    };
    let bad = || UndoError::BadCopy {
        path: file
            .copy
            .as_ref()
            .map_or_else(|| format!("of {}", file.path), |c| c.display().to_string()),
    };
    let copy = file.copy.as_ref().ok_or_else(bad)?;
    let content = host.read(copy).map_err(|_| bad())?;
    match hash(&content) == *before {
        true => Ok(Some(content)),
        false => Err(bad()),
    }
}

fn copies(run: &Run) -> String {
    let all: Vec<String> = run
        .files
        .iter()
        .filter_map(|f| f.copy.as_ref())
        .map(|c| format!("`{}`", c.display()))
        .collect();
    match all.is_empty() {
        true => "Git".to_owned(),
        false => all.join(", "),
    }
}
