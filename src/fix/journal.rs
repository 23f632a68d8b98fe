//! The record of fix runs: enough to take one back after a crash, a day or a move of the backups.
//!
//! Runs lie in `$XDG_STATE_HOME/audit/runs` (`~/.local/state/audit/runs` without that variable,
//! `%LOCALAPPDATA%\audit\runs` on Windows, `.audit/runs` in the project where there is no home):
//! outside of the project, so that an undone fix leaves no trace in it. One directory per run,
//! open to its owner alone, with `run.json` and, with `--backup store`, the old files.
//!
//! A record holds hashes, never contents: no secret is in it.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::host::Host;
use crate::host::write::Writer;
use crate::model::{Finding, FixRun};

use super::BackupMode;

/// Version of the record.
const FORMAT: u32 = 1;
/// Name of the record in the directory of a run.
const RECORD: &str = "run.json";

/// Where runs are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    dir: PathBuf,
    /// The project's own folder, which Git is told to leave alone.
    in_project: Option<PathBuf>,
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Backups and files are being written.
    Writing,
    /// Everything is written.
    Written,
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// Version of this record.
    pub format: u32,
    /// How far it came.
    pub state: RunState,
    /// Absolute root of the project.
    pub root: String,
    /// Nanoseconds since 1970, to find the last one.
    pub created: u64,
    /// Where the old contents are.
    pub backup: BackupMode,
    /// What is needed to put each file back.
    pub files: Vec<RunFile>,
    /// What the run did, for reports.
    pub run: FixRun,
    /// The findings that it repaired, as they were before.
    pub repaired: Vec<Finding>,
}

/// One file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// Relative to the root.
    pub path: String,
    /// Hash of the old content; `None` when the run created the file.
    pub before: Option<String>,
    /// Hash of the new content.
    pub after: String,
    /// Permission bits of the old file.
    pub mode: Option<u32>,
    /// Absolute path of the copy of the old content.
    pub copy: Option<PathBuf>,
}

/// Hash of a content, as it stands in records: `sha256:<hex>`.
pub fn hash(content: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::from("sha256:");
    for byte in Sha256::digest(content) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

impl Journal {
    /// The journal of this user; of the project itself where there is no home.
    pub fn of(host: &dyn Host, root: &Path) -> Self {
        let variable = |name| host.env(name).filter(|v| Path::new(v).is_absolute());
        let base = variable("XDG_STATE_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("LOCALAPPDATA").map(PathBuf::from))
            .or_else(|| variable("HOME").map(|h| Path::new(&h).join(".local/state")));
        match base {
            Some(base) => Self::at(base.join("audit").join("runs")),
            None => Self {
                dir: root.join(".audit").join("runs"),
                in_project: Some(root.join(".audit")),
            },
        }
    }

    /// A journal in a directory of the caller's choice.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            in_project: None,
        }
    }

    /// Directory of a run.
    pub fn directory(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    /// A short id that no recorded run has.
    pub fn new_id(&self, host: &dyn Host, seed: &str) -> String {
        let digest = hash(seed.as_bytes());
        let hex = digest.strip_prefix("sha256:").unwrap_or(&digest);
        (4..=hex.len())
            .map(|len| &hex[..len])
            .find(|id| host.kind(&self.directory(id)).is_none())
            .unwrap_or(hex)
            .to_owned()
    }

    /// Writes the record of a run, new or again.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn save(&self, writer: &dyn Writer, run: &Run) -> io::Result<()> {
        let dir = self.directory(&run.run.id);
        writer.create_private_dirs(&dir)?;
        if let Some(folder) = &self.in_project {
            // Nothing in it is for anybody else; that it exists already is fine.
            let _ = writer.create_new(&folder.join(".gitignore"), b"*\n", 0o644, None);
        }
        let text = serde_json::to_vec_pretty(run).map_err(io::Error::other)?;
        writer.replace(&dir.join(RECORD), &text, Some(0o600))
    }

    /// Forgets a run, with the copies that the journal itself keeps.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn forget(&self, writer: &dyn Writer, id: &str) -> io::Result<()> {
        writer.remove_dir(&self.directory(id))
    }

    /// The runs of a project or of any below it, newest first. Records that cannot be read are
    /// left out.
    pub fn runs(&self, host: &dyn Host, root: &Path) -> Vec<Run> {
        let entries = host.list(&self.dir).unwrap_or_default();
        let mut runs: Vec<Run> = entries
            .iter()
            .filter_map(|entry| self.load(host, &entry.name))
            .filter(|run| Path::new(&run.root).starts_with(root))
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.created));
        runs
    }

    /// One run by id.
    pub fn load(&self, host: &dyn Host, id: &str) -> Option<Run> {
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        let bytes = host.read(&self.directory(id).join(RECORD)).ok()?;
        let run: Run = serde_json::from_slice(&bytes).ok()?;
        (run.format == FORMAT).then_some(run)
    }
}

impl Run {
    /// A run that is about to be written.
    pub fn new(root: &Path, created: u64, backup: BackupMode, run: FixRun) -> Self {
        Self {
            format: FORMAT,
            state: RunState::Writing,
            root: root.display().to_string(),
            created,
            backup,
            files: Vec::new(),
            run,
            repaired: Vec::new(),
        }
    }
}
