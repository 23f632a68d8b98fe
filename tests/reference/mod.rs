//! The embedded reference server against real clients, and its faults one by one.

mod clients;
mod drivers;
mod http;
mod robust;

use audit::reference::{Background, Schedule, ServeOptions};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A server with its certificate in a file.
pub struct Running {
    pub server: Background,
    /// Holds `ca.crt`.
    pub directory: TempDir,
}

impl Running {
    /// Starts with the given fault schedules.
    pub fn start(faults: &[&str]) -> Self {
        Self::with(ServeOptions {
            faults: faults.iter().map(|f| Schedule::parse(f).unwrap()).collect(),
            ..ServeOptions::default()
        })
    }

    /// Starts with options.
    pub fn with(options: ServeOptions) -> Self {
        let server = Background::start(options).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.crt"), server.ca_pem()).unwrap();
        Self { server, directory }
    }

    /// Path of the authority's certificate.
    pub fn ca(&self) -> String {
        self.directory.path().join("ca.crt").display().to_string()
    }

    /// A URL in which the driver checks certificate and host name.
    pub fn verified_url(&self, driver: &str) -> String {
        let query = match driver {
            "asyncpg" => "?ssl=verify-full".to_owned(),
            _ => format!("?sslmode=verify-full&sslrootcert={}", self.ca()),
        };
        self.server.shown_url(driver, &query)
    }
}

/// A runtime for one test.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn selftest_finds_every_fault_and_nothing_else() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_audit"))
        .args(["selftest", "--format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let document: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let rows = document["rows"].as_array().unwrap();
    let wrong: Vec<_> = rows.iter().filter(|row| row["ok"] != true).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Every fault, and the two healthy servers.
    assert_eq!(rows.len(), audit::reference::fault::FAULTS.len() + 2);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn serve_prints_what_clients_need_and_stops_when_told() {
    use std::io::BufRead;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_audit"))
        .args(["serve", "--fault", "wrong-password for 1 connection"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines
        .map(Result::unwrap)
        .take_while(|l| !l.starts_with("stop"))
        .collect();
    let value = |name: &str| {
        let line = lines.iter().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].trim().to_owned()
    };
    let psql = || {
        let command = ["-X", "-A", "-t", &value("psql"), "-c", "select 1"];
        let output = std::process::Command::new("psql")
            .args(command)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    assert!(psql().contains("password authentication failed"));
    assert_eq!(psql(), "1");
    let ca = value("authority").replace(" (PGSSLROOTCERT)", "");
    assert!(std::path::Path::new(&ca).exists());
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!std::path::Path::new(&ca).exists(), "{ca} is left behind");
}
