//! Starting the backend itself, on a loopback port, and ending it on every path.
//!
//! The process gets a group of its own; dropping [`Backend`] kills the group, so that neither a
//! panic nor an early return leaves anything behind. Must not know checks.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::host::process::{Program, Running};
use crate::model::{Launch, LaunchEnd, Redacted, Redactor};

/// How often the process and its port are looked at.
const LOOK: Duration = Duration::from_millis(25);
/// One attempt to reach the port.
const KNOCK: Duration = Duration::from_millis(250);
/// How long a process may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// The same when the user does not want to wait.
const SHORT_GRACE: Duration = Duration::from_millis(800);
/// Workers are given up when they have died so often for the same reason, beyond once each.
const RESTARTS: usize = 2;
/// A question that no handler hears: nobody registers the method, nor the path.
const QUESTION: &[u8] = b"TRACE /audit-asks-for-a-path-that-is-not-there HTTP/1.1\r\n\
Host: 127.0.0.1\r\nConnection: close\r\n\r\n";

/// What to start.
#[derive(Debug, Clone)]
pub struct StartCommand {
    /// Interpreter, absolute.
    pub program: PathBuf,
    /// Arguments; [`PORT`] stands for the port.
    pub args: Vec<String>,
    /// Working directory, absolute.
    pub directory: PathBuf,
    /// The whole environment.
    pub env: Vec<(String, Redacted<String>)>,
    /// It is expected to serve; `false`: it is expected to end with code 0.
    pub serves: bool,
    /// Workers that it has.
    pub workers: u32,
    /// Where it listens when it does not care for the port that it is given.
    pub port: Option<u16>,
}

/// Stands for the port in the arguments and the environment of a [`StartCommand`].
pub const PORT: &str = "{port}";

/// A backend that runs.
#[derive(Debug)]
pub struct Backend {
    process: Running,
    begun: Instant,
    port: u16,
    /// Its own port, when nobody had it before.
    own_port: Option<u16>,
    serves: bool,
    workers: usize,
    knocks: Vec<Knock>,
    command: String,
    redactor: Redactor,
    end: Option<LaunchEnd>,
    ready: Option<f64>,
}

impl Backend {
    /// Starts it.
    ///
    /// # Errors
    /// When no port is free or the interpreter cannot be started.
    pub fn start(command: &StartCommand, redactor: &Redactor) -> io::Result<Self> {
        let port = free_port()?;
        let own_port = command.port.filter(|port| is_free(*port));
        let filled = |text: &str| text.replace(PORT, &port.to_string());
        let args: Vec<String> = command.args.iter().map(|a| filled(a)).collect();
        let mut program = Program::new(&command.program)
            .args(args.iter().map(String::as_str))
            .directory(&command.directory)
            .clear_env();
        for (name, value) in &command.env {
            program = program.env(name.as_str(), filled(value.expose()));
        }
        let shown = std::iter::once(command.program.display().to_string()).chain(args);
        let shown: Vec<String> = shown.map(|a| quoted(&a)).collect();
        Ok(Self {
            process: program.start()?,
            begun: Instant::now(),
            port,
            own_port,
            serves: command.serves,
            workers: command.workers as usize,
            knocks: Vec::new(),
            command: redactor.apply(&shown.join(" ")),
            redactor: redactor.clone(),
            end: None,
            ready: None,
        })
    }

    /// Waits until it serves or ends; `false` when it does not serve. `interrupted` is asked all
    /// the time.
    pub fn wait(&mut self, limit: Duration, interrupted: &dyn Fn() -> bool) -> bool {
        let end = self.begun + limit;
        loop {
            if let Some(code) = self.process.ended() {
                let fine = !self.serves && code == Some(0);
                self.end = Some(match fine {
                    true => LaunchEnd::Served,
                    false => LaunchEnd::Died(code),
                });
                self.ready = Some(self.elapsed());
                return false;
            }
            if self.serves && self.answers() {
                self.end = Some(LaunchEnd::Served);
                self.ready = Some(self.elapsed());
                return true;
            }
            let given_up = if interrupted() {
                Some(LaunchEnd::Interrupted)
            } else if crashes(&self.process.lines(), self.workers) {
                Some(LaunchEnd::Crashing)
            } else if Instant::now() >= end {
                Some(LaunchEnd::Hung)
            } else {
                None
            };
            if given_up.is_some() {
                self.end = given_up;
                return false;
            }
            thread::sleep(LOOK);
        }
    }

    /// Where it serves.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Does anything answer? An open port is not enough: a master listens for workers that may
    /// never come up.
    fn answers(&mut self) -> bool {
        let announced = announced(&self.process.lines());
        let ports = [Some(self.port), announced, self.own_port];
        for port in ports.into_iter().flatten() {
            if !self.knocks.iter().any(|knock| knock.port == port) {
                self.knocks.push(Knock { port, open: None });
            }
        }
        let answered = self.knocks.iter_mut().find_map(Knock::answered);
        if let Some(port) = answered {
            self.port = port;
        }
        answered.is_some()
    }

    fn elapsed(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    /// Stops it and tells what became of it; `hurry` leaves it less time to clean up.
    pub fn stop(mut self, hurry: bool) -> Launch {
        let died_later = match (&self.end, self.process.ended()) {
            // It served once and is gone now, although nobody stopped it.
            (Some(LaunchEnd::Served), Some(code)) if self.serves => Some(LaunchEnd::Died(code)),
            _ => None,
        };
        let hurry = hurry || self.end == Some(LaunchEnd::Interrupted);
        self.process.stop(if hurry { SHORT_GRACE } else { GRACE });
        let served = self.end == Some(LaunchEnd::Served) && self.serves;
        Launch {
            base_url: served.then(|| self.base_url()),
            command: self.command.clone(),
            ms: self.ready.unwrap_or_else(|| self.elapsed()),
            log: self
                .process
                .lines()
                .iter()
                .map(|line| self.redactor.apply(line))
                .collect(),
            end: died_later.or(self.end.take()).unwrap_or(LaunchEnd::Hung),
        }
    }
}

/// A question that waits for its answer on one port.
#[derive(Debug)]
struct Knock {
    port: u16,
    open: Option<TcpStream>,
}

impl Knock {
    /// The port, when an answer has come; asks again when the connection was lost.
    fn answered(&mut self) -> Option<u16> {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
                let mut stream = TcpStream::connect_timeout(&address, KNOCK).ok()?;
                stream.set_read_timeout(Some(LOOK)).ok()?;
                stream.write_all(QUESTION).ok()?;
                stream
            }
        };
        match stream.read(&mut [0; 16]) {
            Ok(1..) => Some(self.port),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                self.open = Some(stream);
                None
            }
            _ => None,
        }
    }
}

/// Do workers die again and again with the same last words?
fn crashes(log: &[String], workers: usize) -> bool {
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    let mut inside = false;
    for line in log {
        if line
            .trim_start()
            .starts_with("Traceback (most recent call last)")
        {
            inside = true;
        } else if inside && !line.is_empty() && !line.starts_with(' ') {
            inside = false;
            *said.entry(line).or_default() += 1;
        }
    }
    said.values().any(|times| *times > workers + RESTARTS)
}

/// The port that a server says it listens on; a program that starts its server itself chooses it.
fn announced(log: &[String]) -> Option<u16> {
    log.iter().find_map(|line| {
        let lower = line.to_lowercase();
        if !["running on", "listening at"]
            .iter()
            .any(|w| lower.contains(w))
        {
            return None;
        }
        let rest = &lower[lower.find("://")? + 3..];
        let rest = &rest[rest.find(':')? + 1..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// A port that nobody has at the moment.
fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_announce_their_port() {
        for (line, port) in [
            (
                "INFO:     Uvicorn running on http://127.0.0.1:41234 (Press CTRL+C to quit)",
                Some(41_234),
            ),
            (
                "[2026-01-01] [7] [INFO] Listening at: http://0.0.0.0:8000 (7)",
                Some(8000),
            ),
            (
                "[INFO] Running on http://127.0.0.1:8001 (CTRL + C to quit)",
                Some(8001),
            ),
            ("INFO: see http://127.0.0.1:1/docs", None),
            ("running on empty", None),
        ] {
            assert_eq!(announced(&[line.to_owned()]), port, "{line}");
        }
    }

    #[test]
    fn workers_that_die_again_and_again_are_noticed() {
        let death = [
            "Traceback (most recent call last):",
            "  File \"a.py\"",
            "E: no",
        ];
        let log = |times: usize| -> Vec<String> {
            let lines = std::iter::repeat_n(death, times).flatten();
            lines.map(str::to_owned).collect()
        };
        assert!(!crashes(&log(4), 2));
        assert!(crashes(&log(5), 2));
        assert!(!crashes(&[], 0));
    }

    #[test]
    fn a_port_without_an_answer_is_not_enough() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut knock = Knock { port, open: None };
        for _ in 0..3 {
            assert_eq!(knock.answered(), None);
        }
        let (mut asker, _) = listener.accept().unwrap();
        let mut question = vec![0; QUESTION.len()];
        asker.read_exact(&mut question).unwrap();
        assert_eq!(question, QUESTION);
        asker.write_all(b"HTTP/1.1 404 Not Found\r\n").unwrap();
        assert_eq!(knock.answered(), Some(port));
    }

    #[test]
    fn commands_can_be_repeated_in_a_shell() {
        assert_eq!(quoted("a/b.py:c"), "a/b.py:c");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
