//! `audit serve`: the embedded reference server, until it is stopped.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::args::ServeArgs;
use crate::cli::output::stdout;
use crate::cli::{Context, exit};
use crate::host::{Host, write};
use crate::reference::fault::FAULTS;
use crate::reference::{DATABASE, ROLE, ReferenceServer, Schedule, ServeOptions};

/// Serves on the loopback until INT or TERM.
pub fn run(context: &Context, args: &ServeArgs) -> anyhow::Result<u8> {
    let texts = faults(context, args);
    if texts.iter().any(|text| text == "list") {
        stdout(&listed())?;
        return Ok(exit::OK);
    }
    let schedules = texts.iter().map(|text| Schedule::parse(text));
    let options = ServeOptions {
        http_port: args.http_port,
        pg_port: args.pg_port,
        faults: schedules.collect::<Result<_, _>>()?,
        ..ServeOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the server")?;
    runtime.block_on(async {
        let server = ReferenceServer::start(options).await?;
        let directory = Scratch::new("audit-serve-")?;
        let ca = directory.file("ca.crt", server.ca_pem())?;
        stdout(&announced(&server, &ca, &texts))?;
        while context.interrupt.code().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().await;
        Ok(exit::OK)
    })
}

/// A schedule contains commas, so the variable holds one schedule and is not split.
fn faults(context: &Context, args: &ServeArgs) -> Vec<String> {
    let variable = || {
        context
            .host
            .env("AUDIT_FAULT")
            .filter(|text| !text.is_empty())
    };
    match args.fault.is_empty() {
        true => variable().into_iter().collect(),
        false => args.fault.clone(),
    }
}

fn listed() -> String {
    let mut text = String::new();
    let width = FAULTS
        .iter()
        .map(|fault| fault.name.len())
        .max()
        .unwrap_or(0);
    for fault in FAULTS {
        let _ = writeln!(text, "{:width$}  {}", fault.name, fault.about);
    }
    text.push_str(
        "\nSeveral --fault run at once. A + B for 3 connections, then C for 2s, then ok\nchanges them in time.\n",
    );
    text
}

fn announced(server: &ReferenceServer, ca: &Path, faults: &[String]) -> String {
    let ca = ca.display();
    let port = server.pg_port();
    let faults = match faults {
        [] => "none".to_owned(),
        some => some.join("; "),
    };
    let mut text = String::new();
    let verified = format!("?sslmode=verify-full&sslrootcert={ca}");
    for (name, value) in [
        ("http", server.http_url()),
        (
            "postgresql",
            format!(
                "127.0.0.1:{port}, database {DATABASE}, role {ROLE}, password made for this run"
            ),
        ),
        ("asyncpg", server.shown_url("asyncpg", "?ssl=require")),
        ("psycopg", server.shown_url("psycopg", &verified)),
        ("psql", server.shown_url("", &verified)),
        ("authority", format!("{ca} (PGSSLROOTCERT)")),
        ("faults", faults),
        ("stop", "Ctrl-C".to_owned()),
    ] {
        let _ = writeln!(text, "{name:10}  {value}");
    }
    text
}

/// A folder of this run, removed at its end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder.
    pub(super) fn new(prefix: &str) -> anyhow::Result<Self> {
        let made = write::temporary_dir(prefix);
        Ok(Self(made.context("cannot make a temporary folder")?))
    }

    /// Writes a file into it.
    pub(super) fn file(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.0.join(name);
        write::replace(&path, text.as_bytes(), Some(0o644))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = write::remove(&self.0.join("ca.crt"));
        let _ = write::remove_dir(&self.0);
    }
}
