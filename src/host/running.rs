//! A program that runs while this one goes on: its output is kept line by line, and it ends with
//! everything it has started.

use std::io::{self, Read};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::group::Group;

/// Lines beyond this many are dropped, and bytes of a line beyond [`MAX_LINE_BYTES`].
const MAX_LINES: usize = 10_000;
const MAX_LINE_BYTES: usize = 8 * 1024;

/// A program that runs. Dropping it kills it with its whole process group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Group,
    log: Arc<Mutex<Vec<String>>>,
    readers: Vec<thread::JoinHandle<()>>,
    /// Exit code once it has ended; `Some(None)` when a signal ended it.
    ended: Option<Option<i32>>,
}

impl Running {
    /// Starts a command whose output streams are pipes.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        let (mut child, group) = Group::start(&mut command)?;
        let log = Arc::new(Mutex::new(Vec::new()));
        let readers = vec![
            listen(child.stdout.take(), &log),
            listen(child.stderr.take(), &log),
        ];
        Ok(Self {
            child,
            group,
            log,
            readers,
            ended: None,
        })
    }

    /// Lines of both streams so far, in the order of their arrival.
    pub fn lines(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Exit code when it has ended by itself; `Some(None)` when a signal ended it. What it left
    /// running is ended with it.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.finish(status.code());
        }
        self.ended
    }

    /// Asks the whole group to stop, and kills it when it does not within `grace`.
    pub fn stop(&mut self, grace: Duration) -> Option<i32> {
        if self.ended().is_none() {
            self.group.ask();
            let end = Instant::now() + grace;
            while self.ended().is_none() && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
        }
        if self.ended.is_none() {
            self.group.kill();
            let _ = self.child.kill();
            let code = self.child.wait().ok().and_then(|status| status.code());
            self.finish(code);
        }
        self.ended.flatten()
    }

    /// The leader is gone: its children go too, and the pipes are read to their end.
    fn finish(&mut self, code: Option<i32>) {
        self.ended = Some(code);
        self.group.kill();
        // A stranger that inherited the pipes may hold them open, so the wait is short.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::host::process::Program;

    fn lines_of(running: &Running, count: usize) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(60);
        while running.lines().len() < count {
            assert!(Instant::now() < end, "{:?}", running.lines());
            thread::sleep(Duration::from_millis(5));
        }
        running.lines()
    }

    /// Runs, and is no zombie that nobody has waited for yet?
    fn lives(process: &str) -> bool {
        let state = Program::new("ps")
            .args(["-o", "stat=", "-p", process])
            .run()
            .unwrap();
        let state = state.text().trim().to_owned();
        !state.is_empty() && !state.starts_with('Z')
    }

    fn child_of(lines: &[String]) -> String {
        let child = lines.iter().find_map(|l| l.strip_prefix("child "));
        child.unwrap().to_owned()
    }

    fn start(script: &str) -> Running {
        Program::new("sh").args(["-c", script]).start().unwrap()
    }

    #[test]
    fn a_started_program_is_stopped_with_its_children() {
        let mut running = start("sleep 300 & echo child $!; echo bad >&2; wait");
        let lines = lines_of(&running, 2);
        assert!(lines.contains(&"bad".to_owned()), "{lines:?}");
        assert_eq!(running.ended(), None);
        assert!(lives(&child_of(&lines)));
        running.stop(Duration::from_secs(5));
        assert!(!lives(&child_of(&lines)));
    }

    #[test]
    fn a_child_in_a_session_of_its_own_is_stopped_too() {
        let mut running = start("setsid sh -c 'echo child $$; exec sleep 300' & wait");
        let lines = lines_of(&running, 1);
        assert!(lives(&child_of(&lines)));
        running.stop(Duration::from_millis(100));
        assert!(!lives(&child_of(&lines)));
    }

    #[test]
    fn children_do_not_outlive_a_program_that_ends_by_itself() {
        let mut running = start("sleep 300 & echo child $!; exit 4");
        let lines = lines_of(&running, 1);
        let end = Instant::now() + Duration::from_secs(60);
        while running.ended().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(running.ended(), Some(Some(4)));
        assert!(!lives(&child_of(&lines)));
    }

    #[test]
    fn an_ended_program_keeps_its_last_words() {
        let mut running = start("printf 'one\\ntwo'; exit 7");
        let end = Instant::now() + Duration::from_secs(60);
        while running.ended().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(running.ended(), Some(Some(7)));
        assert_eq!(running.lines(), ["one", "two"]);
    }
}
