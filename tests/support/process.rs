//! Processes that a test starts: their output is kept, and they end with the test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A child process. Dropping it ends it, also while a panic unwinds.
pub struct Process {
    child: Child,
    log: PathBuf,
    stop: Signal,
}

impl Process {
    /// Starts `command` with both output streams in the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let out = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        Self {
            child,
            log: log.to_owned(),
            stop: Signal::TERM,
        }
    }

    /// The signal that asks it to end, instead of `TERM`.
    pub fn stopped_by(mut self, signal: Signal) -> Self {
        self.stop = signal;
        self
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its end, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until `ready` finds what it looks for in the log, or the process ends (`Err`).
    pub fn wait_for<T>(
        &mut self,
        limit: Duration,
        ready: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            let end = self.ended();
            if let Some(found) = ready(&self.log()) {
                return Ok(found);
            }
            if let Some(status) = end {
                return Err(status);
            }
            assert!(
                Instant::now() < deadline,
                "nothing happened within {limit:?}; it said:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, self.stop);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
