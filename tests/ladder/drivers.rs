//! The drivers of the matrix: Python processes that answer case by case, and the probe beside
//! them with the same settings.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use audit::host::RealHost;
use audit::model::{Ladder, Redacted};
use audit::probe::{LadderOptions, Via, climb};
use tokio_util::sync::CancellationToken;

use crate::support::{envs::Venv, repository};

/// One driver in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Import name.
    pub name: &'static str,
    /// Version in the environment.
    pub version: &'static str,
    /// SQLAlchemy of the environment; empty: handed to the driver itself.
    pub sqlalchemy: &'static str,
    /// Which environment.
    pub env: Env,
}

/// Environments of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Env {
    Modern,
    Edge,
    Sync,
}

const fn client(
    name: &'static str,
    version: &'static str,
    sqlalchemy: &'static str,
    env: Env,
) -> Client {
    Client {
        name,
        version,
        sqlalchemy,
        env,
    }
}

/// All of them.
pub const CLIENTS: [Client; 11] = [
    client("asyncpg", "0.30.0", "2.0.41", Env::Modern),
    client("asyncpg", "0.30.0", "", Env::Modern),
    client("asyncpg", "0.32.0", "2.1.9", Env::Edge),
    client("asyncpg", "0.32.0", "", Env::Edge),
    client("psycopg", "3.2.9", "2.0.41", Env::Modern),
    client("psycopg", "3.2.9", "", Env::Modern),
    client("psycopg", "3.3.9", "2.1.9", Env::Edge),
    client("psycopg", "3.3.9", "", Env::Edge),
    client("psycopg2", "2.9.13", "2.0.58", Env::Sync),
    client("psycopg2", "2.9.13", "", Env::Sync),
    client("pg8000", "1.31.6", "2.0.58", Env::Sync),
];

impl Client {
    /// Column heading.
    pub fn heading(&self) -> String {
        if self.sqlalchemy.is_empty() {
            format!("{} {} native", self.name, self.version)
        } else {
            format!(
                "{} {} sqlalchemy {}",
                self.name, self.version, self.sqlalchemy
            )
        }
    }

    /// URL parameter that chooses the TLS mode.
    pub fn tls_parameter(&self) -> &'static str {
        if self.name == "asyncpg" && !self.sqlalchemy.is_empty() {
            "ssl"
        } else {
            "sslmode"
        }
    }

    /// Scheme of its URLs.
    pub fn scheme(&self) -> String {
        if self.sqlalchemy.is_empty() {
            "postgresql".to_owned()
        } else {
            format!("postgresql+{}", self.name)
        }
    }
}

/// What a driver said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Said {
    /// Class, or `ok`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text.
    pub text: String,
}

/// A question to a driver.
pub struct Question<'a> {
    pub url: &'a str,
    pub env: &'a BTreeMap<String, String>,
    /// Seconds after which the driver gives up, where the case needs that.
    pub timeout: Option<u32>,
}

/// The Python processes, one per environment.
pub struct Drivers {
    workers: BTreeMap<Env, Worker>,
    home: PathBuf,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drivers {
    /// Starts them; `home` is an empty directory.
    pub fn start(home: &Path) -> Self {
        let workers = [Env::Modern, Env::Edge, Env::Sync]
            .into_iter()
            .map(|env| {
                let pins = match env {
                    Env::Modern => "tests/cases/envs/modern.txt",
                    Env::Edge => "tests/cases/envs/edge.txt",
                    Env::Sync => "tests/ladder/sync.txt",
                };
                let venv = Venv::from_pins(&repository(pins));
                (env, Worker::start(&venv, home))
            })
            .collect();
        Self {
            workers,
            home: home.to_owned(),
        }
    }

    /// Environment variables that both sides see.
    pub fn env(&self, more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut env: BTreeMap<String, String> =
            [("HOME", self.home.to_str().unwrap()), ("USER", "nobody")]
                .into_iter()
                .chain(more.iter().copied())
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
        // A psycopg that was built with GSSAPI would try it first and say so.
        env.insert("PGGSSENCMODE".to_owned(), "disable".to_owned());
        env
    }

    /// What the driver says.
    pub fn ask(&mut self, client: &Client, question: &Question<'_>) -> Said {
        let args = match (question.timeout, client.name) {
            (Some(seconds), "asyncpg" | "pg8000") => serde_json::json!({ "timeout": seconds }),
            (Some(seconds), _) => serde_json::json!({ "connect_timeout": seconds }),
            (None, _) => serde_json::json!({}),
        };
        let case = serde_json::json!({
            "client": client.name,
            "via": if client.sqlalchemy.is_empty() { "native" } else { "sqlalchemy" },
            "url": question.url,
            "env": question.env,
            "args": args,
        });
        let worker = self.workers.get_mut(&client.env).unwrap();
        writeln!(worker.input, "{case}").unwrap();
        let mut line = String::new();
        worker.output.read_line(&mut line).unwrap();
        assert!(
            !line.is_empty(),
            "{} gave no answer within 30 s: {}",
            client.heading(),
            question.url
        );
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}: {e}: {line}", client.heading()))
    }
}

impl Worker {
    fn start(venv: &Venv, home: &Path) -> Self {
        let mut child = Command::new(venv.bin("python"))
            .arg(repository("tests/ladder/ask.py"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }
}

/// Settings of the probe for the same question.
pub fn options(client: &Client, question: &Question<'_>) -> LadderOptions {
    let name = match client.name {
        "asyncpg" | "pg8000" => "timeout",
        _ => "connect_timeout",
    };
    LadderOptions {
        driver: client.name.to_owned(),
        driver_version: client.version.to_owned(),
        via: if client.sqlalchemy.is_empty() {
            Via::Native
        } else {
            Via::SqlAlchemy(client.sqlalchemy.to_owned())
        },
        connect_args: question
            .timeout
            .filter(|_| !client.sqlalchemy.is_empty())
            .map(|seconds| (name.to_owned(), seconds.to_string()))
            .into_iter()
            .collect(),
        timeout: Duration::from_secs(question.timeout.map_or(5, u64::from)),
        env: question
            .env
            .iter()
            .map(|(k, v)| (k.clone(), Redacted::new(v.clone())))
            .collect(),
        ..LadderOptions::default()
    }
}

/// One climb, in a runtime of its own.
pub fn probe(url: &str, options: &LadderOptions) -> Ladder {
    runtime().block_on(climb(
        &Redacted::new(url.to_owned()),
        None,
        options,
        &RealHost,
        &|_| (),
        CancellationToken::new(),
    ))
}

/// A runtime on this thread.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
