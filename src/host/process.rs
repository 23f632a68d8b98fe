//! Other programs, run to their end: git, an interpreter that serves as oracle.
//!
//! Bounded in time and output; a program that outlives its time limit is killed with its whole
//! process group. Nothing of the target is started here unless a caller names it.

#![allow(clippy::disallowed_methods)] // this file is the door

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

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
    /// When it cannot be started.
    pub fn start(self) -> io::Result<Running> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.clear_env {
            command.env_clear();
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        own_group(&mut command);
        let mut child = command.spawn()?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let readers = vec![
            listen(child.stdout.take(), &log),
            listen(child.stderr.take(), &log),
        ];
        Ok(Running {
            child,
            log,
            readers,
            ended: None,
        })
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started; a failure of the program itself is in [`Finished`].
    pub fn run(self) -> io::Result<Finished> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.clear_env {
            command.env_clear();
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        own_group(&mut command);
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

/// A program that runs. Dropping it kills it with its whole process group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    readers: Vec<thread::JoinHandle<()>>,
    /// Exit code once it has ended; `Some(None)` when a signal ended it.
    ended: Option<Option<i32>>,
}

impl Running {
    /// Lines of both streams so far, in the order of their arrival.
    pub fn lines(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Exit code when it has ended by itself; `Some(None)` when a signal ended it.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(status.code());
            self.finish_reading();
        }
        self.ended
    }

    /// Asks the whole group to stop, and kills it when it does not within `grace`.
    pub fn stop(&mut self, grace: Duration) -> Option<i32> {
        if self.ended().is_none() {
            signal_group(&self.child, Ending::Ask);
            let end = Instant::now() + grace;
            while self.ended().is_none() && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
        }
        // Children may have outlived the leader.
        signal_group(&self.child, Ending::Kill);
        if self.ended.is_none() {
            let _ = self.child.kill();
            self.ended = Some(self.child.wait().ok().and_then(|status| status.code()));
        }
        self.finish_reading();
        self.ended.flatten()
    }

    /// Takes in what is left in the pipes. A stranger that inherited them may hold them open, so
    /// the wait is short.
    fn finish_reading(&mut self) {
        let end = Instant::now() + Duration::from_millis(500);
        while self.readers.iter().any(|r| !r.is_finished()) && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.stop(Duration::ZERO);
        }
    }
}

/// Lines beyond this many are dropped, and bytes of a line beyond [`MAX_LINE_BYTES`].
const MAX_LINES: usize = 10_000;
const MAX_LINE_BYTES: usize = 8 * 1024;

/// Collects the lines of a stream until it ends.
fn listen(
    pipe: Option<impl Read + Send + 'static>,
    log: &Arc<Mutex<Vec<String>>>,
) -> thread::JoinHandle<()> {
    let log = Arc::clone(log);
    thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut line = Vec::new();
        let mut buffer = [0; 4096];
        let keep = |line: &mut Vec<u8>| {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.len() < MAX_LINES {
                let text = String::from_utf8_lossy(line);
                log.push(text.trim_end_matches('\r').to_owned());
            }
            line.clear();
        };
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            for byte in &buffer[..read] {
                match byte {
                    b'\n' => keep(&mut line),
                    _ if line.len() < MAX_LINE_BYTES => line.push(*byte),
                    _ => {}
                }
            }
        }
        if !line.is_empty() {
            keep(&mut line);
        }
    })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<(Option<i32>, bool)> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.code(), false));
        }
        if Instant::now() >= end {
            kill_group(child);
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

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

fn kill_group(child: &mut Child) {
    signal_group(child, Ending::Kill);
    let _ = child.kill();
}

/// How a group of processes is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Ask,
    Kill,
}

fn signal_group(child: &Child, ending: Ending) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let signal = match ending {
            Ending::Ask => rustix::process::Signal::TERM,
            Ending::Kill => rustix::process::Signal::KILL,
        };
        // The group may be gone already; the wait that follows tells.
        let _ = rustix::process::kill_process_group(group, signal);
    }
    #[cfg(not(unix))]
    let _ = (child, ending);
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

    #[test]
    fn a_started_program_is_stopped_with_its_children() {
        let mut running = Program::new("sh")
            .args(["-c", "sleep 30 & echo child $!; echo bad >&2; wait"])
            .start()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while running.lines().len() < 2 && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        let lines = running.lines();
        let child = lines.iter().find_map(|l| l.strip_prefix("child ")).unwrap();
        assert!(lines.contains(&"bad".to_owned()), "{lines:?}");
        assert_eq!(running.ended(), None);
        running.stop(Duration::from_secs(5));
        let alive = Program::new("kill").args(["-0", child]).run().unwrap();
        // A zombie that nobody has waited for yet counts as dead.
        let state = Program::new("ps")
            .args(["-o", "stat=", "-p", child])
            .run()
            .unwrap();
        assert!(
            !alive.success() || state.text().trim().starts_with('Z'),
            "{}",
            state.text()
        );
    }

    #[test]
    fn an_ended_program_keeps_its_last_words() {
        let mut running = Program::new("sh")
            .args(["-c", "printf 'one\\ntwo'; exit 7"])
            .start()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        while running.ended().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(running.ended(), Some(Some(7)));
        assert_eq!(running.lines(), ["one", "two"]);
    }
}
