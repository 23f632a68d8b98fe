//! Other programs, run to their end: git, an interpreter that serves as oracle.
//!
//! Bounded in time and output; a program that outlives its time limit is killed with its whole
//! process group. Nothing of the target is started here unless a caller names it.

#![allow(clippy::disallowed_methods)] // this file is the door

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::group::{self, Ending};
pub use super::running::Running;

/// Output beyond this many bytes per stream is read and dropped.
pub const MAX_OUTPUT_BYTES: usize = 16 * 1024 * 1024;

/// What to run.
#[derive(Debug, Clone)]
pub struct Program {
    program: OsString,
    args: Vec<OsString>,
    directory: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    clear_env: bool,
    stdin: Vec<u8>,
    time_limit: Duration,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// It was killed because its time was up.
    pub timed_out: bool,
}

impl Finished {
    /// Ended by itself with exit code 0.
    pub fn success(&self) -> bool {
        self.code == Some(0) && !self.timed_out
    }

    /// Standard output as text, undecodable bytes replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

impl Program {
    /// A program by name or path, inheriting the environment, with ten seconds to live.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            directory: None,
            env: Vec::new(),
            clear_env: false,
            stdin: Vec::new(),
            time_limit: Duration::from_secs(10),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts from an empty environment.
    #[must_use]
    pub fn clear_env(mut self) -> Self {
        self.clear_env = true;
        self
    }

    /// What the program reads.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long it may take.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Arguments, environment and a group of its own; both output streams are pipes.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.clear_env {
            command.env_clear();
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        group::own(&mut command);
        command
    }

    /// Runs it with this process's own output, as a pager needs it, without a time limit.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run_attached(self) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        let mut child = command.args(&self.args).stdin(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // A pager that is left early closes the pipe: no error.
            let _ = pipe.write_all(&self.stdin);
        }
        child.wait().map(|_| ())
    }

    /// Starts it and lets it run; standard input is empty.
    ///
    /// # Errors
    /// When it cannot be started, or when [`super::group::end_all`] has been called.
    pub fn start(self) -> io::Result<Running> {
        let mut command = self.command();
        command.stdin(Stdio::null());
        Running::start(command)
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started; a failure of the program itself is in [`Finished`].
    pub fn run(self) -> io::Result<Finished> {
        let mut command = self.command();
        command.stdin(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let input = self.stdin;
        // Dropping the handle at the end of the thread closes the program's input.
        let writer = thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let (code, timed_out) = wait(&mut child, self.time_limit)?;
        // A full pipe of a dead program ends the writer; its result says nothing of interest.
        let _ = writer.join();
        Ok(Finished {
            code,
            stdout: stdout.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
            timed_out,
        })
    }
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<(Option<i32>, bool)> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.code(), false));
        }
        if Instant::now() >= end {
            group::signal(child.id(), Ending::Kill);
            let _ = child.kill();
            return Ok((child.wait()?.code(), true));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut kept = Vec::new();
        let Some(mut pipe) = pipe else { return kept };
        let mut buffer = [0; 16 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            let room = MAX_OUTPUT_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..read.min(room)]);
        }
        kept
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn streams_and_exit_code_are_kept() {
        let finished = Program::new("sh")
            .args(["-c", "cat; echo bad >&2; exit 3"])
            .stdin("good")
            .run()
            .unwrap();
        assert_eq!(finished.code, Some(3));
        assert_eq!(finished.text(), "good");
        assert_eq!(finished.stderr, b"bad\n");
        assert!(!finished.success());
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let begin = Instant::now();
        let finished = Program::new("sh")
            .args(["-c", "sleep 30 & wait"])
            .time_limit(Duration::from_millis(200))
            .run()
            .unwrap();
        assert!(finished.timed_out);
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}
