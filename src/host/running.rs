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

/// The output of both streams, each line with the number of its stream.
type Log = Arc<Mutex<Vec<(usize, String)>>>;

/// A program that runs. Dropping it kills it with its whole process group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Group,
    log: Log,
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
            listen(1, child.stdout.take(), &log),
            listen(2, child.stderr.take(), &log),
        ];
        Ok(Self {
            child,
            group,
            log,
            readers,
            ended: None,
        })
    }

    /// Lines of both streams so far, in the order of their arrival. Only a traceback stays whole:
    /// what the other stream says in the midst of it comes behind it.
    pub fn lines(&self) -> Vec<String> {
        whole_tracebacks(&self.log.lock().unwrap_or_else(PoisonError::into_inner))
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

/// The two pipes are read by turns, so that a line of one may come to stand between two lines
/// that were written to the other at once. A traceback ends with the first line that is not
/// indented.
fn whole_tracebacks(log: &[(usize, String)]) -> Vec<String> {
    let (mut lines, mut later) = (Vec::with_capacity(log.len()), Vec::new());
    let mut inside = None;
    for (stream, line) in log {
        if inside.is_some_and(|of| of != *stream) {
            later.push(line.clone());
            continue;
        }
        lines.push(line.clone());
        if line.contains("Traceback (most recent call last)") {
            inside = Some(*stream);
        } else if inside.is_some() && !line.is_empty() && !line.starts_with(' ') {
            inside = None;
            lines.append(&mut later);
        }
    }
    lines.append(&mut later);
    lines
}

/// Collects the lines of a stream until it ends.
fn listen(
    stream: usize,
    pipe: Option<impl Read + Send + 'static>,
    log: &Log,
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
                log.push((stream, text.trim_end_matches('\r').to_owned()));
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
    fn a_traceback_is_not_torn_apart_by_the_other_stream() {
        let log = [
            (2, "Traceback (most recent call last):"),
            (2, "  File \"main.py\", line 1, in <module>"),
            (1, "starting"),
            (2, "    import x"),
            (1, ""),
            (2, ""),
            (2, "ModuleNotFoundError: No module named 'x'"),
            (1, "bye"),
        ];
        let log = log.map(|(stream, line)| (stream, line.to_owned()));
        let lines = whole_tracebacks(&log);
        assert_eq!(lines[4], "ModuleNotFoundError: No module named 'x'");
        assert_eq!(lines[5..], ["starting", "", "bye"]);
        // The traceback has not come to its end so far: nothing is lost.
        assert_eq!(whole_tracebacks(&log[..5]).len(), 5);
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
