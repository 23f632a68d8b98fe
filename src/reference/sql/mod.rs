//! Answers to the SQL that drivers and the session rung send.
//!
//! This is no database: it knows what PostgreSQL says about itself, literals, transactions and
//! the existence of tables. Whatever else is asked is refused by name (`0A000`), never guessed.

mod answer;
mod expression;
mod scan;
mod select;
mod system;
mod value;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::fault::{Active, Session};

pub use answer::{Answer, Failure, answer, parameter_count};
pub use value::{Cell, Column, Kind};

/// Version that the server claims; PostgreSQL itself writes a distribution into the brackets.
pub const SERVER_VERSION: &str = "16.4 (audit reference server)";

/// Names of the tables that clients have created; their rows are not kept.
#[derive(Debug, Default)]
pub struct Tables(Mutex<BTreeSet<String>>);

impl Tables {
    /// More tables than this are not remembered: memory stays bounded.
    const MOST: usize = 1000;

    fn create(&self, name: String) -> bool {
        let mut names = self.0.lock().unwrap_or_else(|e| e.into_inner());
        names.len() < Self::MOST && names.insert(name)
    }

    fn drop(&self, name: &str) -> bool {
        let mut names = self.0.lock().unwrap_or_else(|e| e.into_inner());
        names.remove(name)
    }

    fn all(&self) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(|e| e.into_inner());
        names.iter().cloned().collect()
    }
}

/// What one session is told about its server.
#[derive(Debug)]
pub struct Context<'a> {
    /// Faults of this connection.
    pub faults: &'a Active,
    /// Role.
    pub user: &'a str,
    /// Database.
    pub database: &'a str,
    /// `application_name` of the client.
    pub application: &'a str,
    /// Protocol and cipher, when the connection is encrypted.
    pub tls: Option<(&'a str, &'a str)>,
    /// Backend process id as sent in BackendKeyData.
    pub pid: i32,
    /// Tables of the server.
    pub tables: &'a Tables,
    /// Revision in `alembic_version`; `None`: there is no such table.
    pub alembic: Option<&'a str>,
    /// Bound values, as text; empty while a statement is only described.
    pub parameters: &'a [Option<String>],
}

impl Context<'_> {
    fn read_only(&self) -> bool {
        self.faults.session(Session::ReadOnly) || self.standby()
    }

    fn standby(&self) -> bool {
        self.faults.session(Session::Standby)
    }

    fn may_create(&self) -> bool {
        !self.faults.session(Session::NoCreateRight)
    }

    /// Process that answers; behind a pooler not the one of the session's key.
    fn process(&self) -> i32 {
        let shared = [Session::PoolerTransaction, Session::PoolerStatement];
        if shared.iter().any(|mode| self.faults.session(*mode)) {
            4711
        } else if self.faults.session(Session::PoolerSession) {
            self.pid.wrapping_add(1_000_000)
        } else {
            self.pid
        }
    }

    fn used_connections(&self) -> i32 {
        if self.faults.session(Session::AlmostFull) {
            96
        } else {
            7
        }
    }

    fn encoding(&self) -> &'static str {
        if self.faults.session(Session::SqlAscii) {
            "SQL_ASCII"
        } else {
            "UTF8"
        }
    }

    fn now(&self) -> SystemTime {
        let ahead = self.faults.session(Session::ClockAhead);
        SystemTime::now() + Duration::from_secs(if ahead { 3600 } else { 0 })
    }

    /// Parameters that are reported at the start (manual section 55.2.7) and by `SHOW`.
    pub fn setting(&self, name: &str) -> Option<String> {
        let on = |yes: bool| if yes { "on" } else { "off" }.to_owned();
        let value = match name {
            "server_version" => SERVER_VERSION.to_owned(),
            "server_version_num" => "160004".to_owned(),
            "server_encoding" => self.encoding().to_owned(),
            "in_hot_standby" => on(self.standby()),
            "transaction_read_only" | "default_transaction_read_only" => on(self.read_only()),
            "is_superuser" => "off".to_owned(),
            "session_authorization" | "role" => self.user.to_owned(),
            "application_name" => self.application.to_owned(),
            "max_connections" => "100".to_owned(),
            "ssl" => on(true),
            _ => system::fixed_setting(name)?.to_owned(),
        };
        Some(value)
    }
}
