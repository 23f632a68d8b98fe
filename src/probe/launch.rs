//! Starting the backend itself, on a loopback port, and ending it on every path.
//!
//! The process gets a group of its own; dropping [`Backend`] kills the group, so that neither a
//! panic nor an early return leaves anything behind. Must not know checks.

use std::io;
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
}

/// Stands for the port in the arguments and the environment of a [`StartCommand`].
pub const PORT: &str = "{port}";

/// A backend that runs.
#[derive(Debug)]
pub struct Backend {
    process: Running,
    begun: Instant,
    port: u16,
    serves: bool,
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
            serves: command.serves,
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
            if let Some(port) = announced(&self.process.lines()) {
                self.port = port;
            }
            if self.serves && self.answers() {
                self.end = Some(LaunchEnd::Served);
                self.ready = Some(self.elapsed());
                return true;
            }
            if Instant::now() >= end || interrupted() {
                self.end = Some(LaunchEnd::Hung);
                return false;
            }
            thread::sleep(LOOK);
        }
    }

    /// Where it serves.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn answers(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        TcpStream::connect_timeout(&address, KNOCK).is_ok()
    }

    fn elapsed(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    /// Stops it and tells what became of it.
    pub fn stop(mut self) -> Launch {
        let died_later = match (&self.end, self.process.ended()) {
            // It served once and is gone now, although nobody stopped it.
            (Some(LaunchEnd::Served), Some(code)) if self.serves => Some(LaunchEnd::Died(code)),
            _ => None,
        };
        self.process.stop(GRACE);
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
    fn commands_can_be_repeated_in_a_shell() {
        assert_eq!(quoted("a/b.py:c"), "a/b.py:c");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
