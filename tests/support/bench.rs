//! Runs the program in a directory of its own, with an empty environment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A directory with files, and the program to run in it.
pub struct Bench {
    dir: TempDir,
}

impl Bench {
    /// An empty directory.
    pub fn new() -> Self {
        Self {
            dir: tempfile::Builder::new()
                .prefix("audit-bench-")
                .tempdir()
                .unwrap(),
        }
    }

    /// Adds a file.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let target = self.path(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, content).unwrap();
        self
    }

    /// A path below the directory.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A file as text.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
    }

    /// Prepares a run of `audit` with arguments.
    pub fn audit(&self, args: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
        command
            .args(args)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("SOURCE_DATE_EPOCH", "1770336000");
        Run {
            command,
            shown: format!("audit {}", args.join(" ")),
            stdin: None,
        }
    }
}

/// A run that has not begun.
pub struct Run {
    command: Command,
    shown: String,
    stdin: Option<Vec<u8>>,
}

impl Run {
    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads; nothing by default.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// The command itself, for tests that need its pipes.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ran {
        self.command
            .stdin(if self.stdin.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        if let Some(bytes) = self.stdin {
            let _ = child.stdin.take().unwrap().write_all(&bytes);
        }
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            shown: self.shown,
        }
    }
}

/// What a run said.
pub struct Ran {
    /// Exit code, -1 for a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    shown: String,
}

impl Ran {
    /// The whole run, for failure messages.
    pub fn story(&self) -> String {
        format!(
            "$ {}\nexit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.shown, self.code, self.stdout, self.stderr
        )
    }

    /// Demands an exit code.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.story());
        self
    }

    /// Demands a piece of standard output.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text),
            "no `{text}` in\n{}",
            self.story()
        );
        self
    }

    /// Demands a piece of standard error.
    #[track_caller]
    pub fn complains(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "no `{text}` in\n{}",
            self.story()
        );
        self
    }

    /// Demands that standard error is empty.
    #[track_caller]
    pub fn quietly(&self) -> &Self {
        assert!(self.stderr.is_empty(), "{}", self.story());
        self
    }
}
