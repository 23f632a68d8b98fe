//! PgBouncer in front of a PostgreSQL: is it seen, is its mode told, and does the verdict about
//! prepared statements hold for real drivers?

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::postgres::{PASSWORD, Postgres, ROLE, free_port, give_to_server_user};
use crate::support::process::Process;

/// A running PgBouncer. Dropping it stops it.
pub struct PgBouncer {
    pub port: u16,
    _process: Process,
    _directory: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts one in `mode` in front of `postgres`.
    pub fn start(postgres: &Postgres, mode: &str, server_connections: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let port = free_port();
        fs::write(at("users.txt"), format!("\"{ROLE}\" \"{PASSWORD}\"\n")).unwrap();
        let configuration = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             auth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {server_connections}\n\
             server_tls_sslmode = require\nunix_socket_dir =\nlogfile = {}\nquery_wait_timeout = 5\n",
            postgres.port,
            at("users.txt").display(),
            at("bouncer.log").display(),
        );
        fs::write(at("bouncer.ini"), configuration).unwrap();
        give_to_server_user(directory.path());
        let mut process = Process::start(&mut command(&at("bouncer.ini")), &at("output.log"))
            .stopped_by(Signal::INT);
        process
            .wait_for(Duration::from_secs(20), |_| {
                std::net::TcpStream::connect(("127.0.0.1", port)).ok()
            })
            .unwrap_or_else(|_| panic!("PgBouncer: {}", process.log()));
        Self {
            port,
            _process: process,
            _directory: directory,
        }
    }
}

/// PgBouncer refuses to run as root, like PostgreSQL.
fn command(configuration: &Path) -> Command {
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg("pgbouncer")
            .arg(configuration);
        command
    } else {
        let mut command = Command::new("pgbouncer");
        command.arg(configuration);
        command
    }
}
