//! The real server: starts a backend under uvicorn and reads what came of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::envs::Venv;
use super::process::Process;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of a start.
pub enum Start {
    /// It serves.
    Running(Running),
    /// It ended.
    Ended(Ended),
}

/// A serving backend. Dropping it stops it.
pub struct Running {
    /// Loopback port.
    pub port: u16,
    process: Process,
}

/// A backend that gave up.
#[derive(Debug)]
pub struct Ended {
    /// Exit code of uvicorn.
    pub code: Option<i32>,
    /// Everything it wrote.
    pub log: String,
}

/// The exception that ended a program, as its traceback tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// As printed: qualified outside builtins.
    pub kind: String,
    /// Text, without the blanks at its end.
    pub message: String,
    /// `(file, line, function)`, outermost first; files as printed.
    pub frames: Vec<(String, u32, String)>,
}

/// Starts `src.main:app` in `project` and waits until it serves or gives up.
///
/// The variables of `env` are all that the process gets besides `PATH` and `HOME`.
pub fn start(venv: &Venv, project: &Path, app: &str, env: &[(&str, &str)]) -> Start {
    let log = project.with_extension("uvicorn.log");
    let mut command = python(venv, project);
    // Through the interpreter: a derived environment's scripts name the one it was copied from.
    command
        .arg(venv.bin("uvicorn"))
        .args([app, "--host", "127.0.0.1", "--port", "0", "--no-use-colors"])
        .envs(env.iter().copied());
    let mut process = Process::start(&mut command, &log);
    let found = process.wait_for(PATIENCE, |log| {
        let (_, rest) = log.split_once("Uvicorn running on http://127.0.0.1:")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        rest[digits.len()..].starts_with(' ').then_some(digits)
    });
    match found {
        Ok(port) => Start::Running(Running {
            port: port.parse().unwrap(),
            process,
        }),
        Err(status) => Start::Ended(Ended {
            code: status.code(),
            log: process.log(),
        }),
    }
}

/// The interpreter of an environment in the directory of a project, with a clean environment.
pub fn python(venv: &Venv, project: &Path) -> Command {
    let mut command = Command::new(venv.bin("python"));
    command
        .current_dir(project)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", project)
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONHASHSEED", "0");
    command
}

impl Running {
    /// Sends a request; returns status and body.
    pub fn request(&self, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        let length = body.len();
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or_else(|| panic!("no HTTP answer: {answer:?}"));
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, body.to_owned())
    }

    /// Sends JSON.
    pub fn json(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.request(method, path, &["Content-Type: application/json"], body)
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl Raised {
    /// The last traceback of a log; `None` when there is none.
    pub fn last(log: &str) -> Option<Self> {
        const HEAD: &str = "Traceback (most recent call last):\n";
        let mut lines = log.rsplit_once(HEAD)?.1.lines().peekable();
        let mut frames = Vec::new();
        while let Some(line) = lines.next_if(|l| l.starts_with("  ")) {
            if let Some(frame) = frame(line) {
                frames.push(frame);
            }
        }
        let (kind, first) = match lines.next()?.split_once(": ") {
            Some((kind, text)) => (kind, text),
            None => return None,
        };
        let rest = lines.take_while(|l| {
            !["INFO:", "ERROR:", "WARNING:"]
                .iter()
                .any(|level| l.starts_with(level))
        });
        let message: Vec<&str> = std::iter::once(first).chain(rest).collect();
        Some(Self {
            kind: kind.to_owned(),
            message: message.join("\n").trim_end().to_owned(),
            frames,
        })
    }

    /// Frames inside `project`, with relative files.
    pub fn frames_in(&self, project: &Path) -> Vec<(String, u32, String)> {
        self.frames
            .iter()
            .filter_map(|(file, line, function)| {
                let file = Path::new(file).strip_prefix(project).ok()?;
                Some((file.to_str()?.to_owned(), *line, function.clone()))
            })
            .collect()
    }
}

/// `  File "src/main.py", line 3, in <module>`
fn frame(line: &str) -> Option<(String, u32, String)> {
    let rest = line.strip_prefix("  File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, function),
        None => (rest, "<syntax>"),
    };
    Some((file.to_owned(), number.parse().ok()?, function.to_owned()))
}
