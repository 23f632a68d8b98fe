//! The test bed of the matrix: a PostgreSQL with every kind of role, certificates of every kind,
//! and the book of what the probe foretold and the drivers said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use audit::model::{Ladder, Rung};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::drivers::{CLIENTS, Client, Drivers, Question, options, probe};
use crate::support::postgres::{PASSWORD, Postgres, ROLE};

/// Who may come in how.
pub const HBA: &str = "\
local all postgres trust
local replication postgres trust
local all app_owner scram-sha-256
host refused all 127.0.0.1/32 reject
hostssl tlsonly all 127.0.0.1/32 scram-sha-256
hostnossl tlsonly all 127.0.0.1/32 reject
hostnossl plainonly all 127.0.0.1/32 scram-sha-256
hostssl plainonly all 127.0.0.1/32 reject
host all md5user 127.0.0.1/32 md5
host all clearuser 127.0.0.1/32 password
host all trusted 127.0.0.1/32 trust
host all ghost 127.0.0.1/32 trust
hostssl all certuser 127.0.0.1/32 cert
host all identuser 127.0.0.1/32 ident
host postgres all 127.0.0.1/32 scram-sha-256
host all app_owner,expired,nologin,nopassword,nobody_here,limited 127.0.0.1/32 scram-sha-256
";

/// Roles beside the owner of the databases.
pub const ROLES: &str = "
SET password_encryption = 'md5'; CREATE ROLE md5user LOGIN PASSWORD 'not-a-real-password';
SET password_encryption = 'scram-sha-256';
CREATE ROLE clearuser LOGIN PASSWORD 'not-a-real-password';
CREATE ROLE trusted LOGIN;
CREATE ROLE expired LOGIN PASSWORD 'not-a-real-password' VALID UNTIL '2020-01-01';
CREATE ROLE nologin PASSWORD 'not-a-real-password';
CREATE ROLE nopassword LOGIN;
CREATE ROLE limited LOGIN PASSWORD 'not-a-real-password' CONNECTION LIMIT 0;
CREATE ROLE certuser LOGIN; CREATE ROLE identuser LOGIN;
";

/// Where and as whom to connect.
#[derive(Debug, Clone)]
pub struct Target {
    pub user: String,
    pub password: Option<String>,
    pub host: String,
    pub port: u16,
    pub database: String,
    /// TLS mode in the URL; `None`: the driver's default.
    pub mode: Option<&'static str>,
    /// Further parameters, only for clients whose name starts with the first word.
    pub extra: Vec<(&'static str, String)>,
    pub env: Vec<(&'static str, String)>,
    pub timeout: Option<u32>,
}

impl Target {
    /// The owner's own database.
    pub fn new(port: u16) -> Self {
        Self {
            user: ROLE.to_owned(),
            password: Some(PASSWORD.to_owned()),
            host: "127.0.0.1".to_owned(),
            port,
            database: "app".to_owned(),
            mode: None,
            extra: Vec::new(),
            env: Vec::new(),
            timeout: None,
        }
    }

    pub fn user(mut self, user: &str) -> Self {
        self.user = user.to_owned();
        self
    }

    pub fn password(mut self, password: Option<&str>) -> Self {
        self.password = password.map(str::to_owned);
        self
    }

    pub fn database(mut self, database: &str) -> Self {
        self.database = database.to_owned();
        self
    }

    pub fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub fn mode(mut self, mode: &'static str) -> Self {
        self.mode = Some(mode);
        self
    }

    pub fn roots(mut self, path: &std::path::Path) -> Self {
        self.env
            .push(("PGSSLROOTCERT", path.to_str().unwrap().to_owned()));
        self
    }

    pub fn extra(mut self, client: &'static str, parameter: &str) -> Self {
        self.extra.push((client, parameter.to_owned()));
        self
    }

    pub fn timeout(mut self, seconds: u32) -> Self {
        self.timeout = Some(seconds);
        self
    }

    /// The URL for one client.
    pub fn url(&self, client: &Client) -> String {
        let mut url = format!("{}://{}", client.scheme(), self.user);
        if let Some(password) = &self.password {
            write!(url, ":{password}").unwrap();
        }
        write!(url, "@{}:{}/{}", self.host, self.port, self.database).unwrap();
        let mut parameters = Vec::new();
        if let Some(mode) = self.mode {
            parameters.push(format!("{}={mode}", client.tls_parameter()));
        }
        for (name, parameter) in &self.extra {
            if client.name.starts_with(name) {
                parameters.push(parameter.clone());
            }
        }
        // A parameter is the only way to give a native URL a limit.
        if let Some(seconds) = self.timeout
            && client.sqlalchemy.is_empty()
            && client.name != "asyncpg"
        {
            parameters.push(format!("connect_timeout={seconds}"));
        }
        if !parameters.is_empty() {
            write!(url, "?{}", parameters.join("&")).unwrap();
        }
        url
    }
}

/// What a cell expects: `ok`, or rung and outcome, for clients whose name starts with a word.
pub type Expected<'a> = &'a [(&'a str, &'a str)];

/// Probe and drivers side by side.
pub struct Lab {
    pub drivers: Drivers,
    pub directory: tempfile::TempDir,
    rows: Vec<(String, BTreeMap<usize, char>)>,
    wrong: Vec<String>,
    pub cells: usize,
    pub unforetold: usize,
}

impl Lab {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        std::fs::create_dir(&home).unwrap();
        Self {
            drivers: Drivers::start(&home),
            directory,
            rows: Vec::new(),
            wrong: Vec::new(),
            cells: 0,
            unforetold: 0,
        }
    }

    /// A file of the test bed.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// One row of the matrix: every client that can be told about the case.
    pub fn row(&mut self, name: &str, target: &Target, expected: Expected<'_>) {
        self.row_for(name, target, expected, |_| true);
    }

    /// One row for some of the clients.
    pub fn row_for(
        &mut self,
        name: &str,
        target: &Target,
        expected: Expected<'_>,
        which: impl Fn(&Client) -> bool,
    ) {
        let mut row = BTreeMap::new();
        let started = std::time::Instant::now();
        for (i, client) in CLIENTS.iter().enumerate() {
            // pg8000 takes its TLS rules from code only.
            let untellable = client.name == "pg8000" && target.mode.is_some();
            if untellable || !which(client) {
                continue;
            }
            self.cells += 1;
            row.insert(i, self.cell(name, target, expected, client));
        }
        println!("{:>6} ms  {name}", started.elapsed().as_millis());
        self.rows.push((name.to_owned(), row));
    }

    fn cell(
        &mut self,
        name: &str,
        target: &Target,
        expected: Expected<'_>,
        client: &Client,
    ) -> char {
        let url = target.url(client);
        let more: Vec<(&str, &str)> = target.env.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let env = self.drivers.env(&more);
        let question = Question {
            url: &url,
            env: &env,
            timeout: target.timeout,
        };
        let ladder = probe(&url, &options(client, &question));
        let said = self.drivers.ask(client, &question);
        let place = format!("{name}, {}", client.heading());
        let found = found(&ladder);
        let wanted = expected
            .iter()
            .find(|(who, _)| client.name.starts_with(who))
            .map_or("?", |(_, wanted)| wanted);
        let mut mark = '.';
        if found != wanted {
            mark = 'X';
            let detail = ladder.failed().map_or("", |r| r.detail.as_str());
            self.wrong.push(format!(
                "{place}\n    found {found}: {detail}\n    wanted {wanted}"
            ));
        }
        let foretold = ladder.failed().and_then(|r| r.driver_error.clone());
        let told = match (&foretold, ladder.climbed()) {
            (_, true) => "ok".to_owned(),
            (Some(error), false) => format!("{}: {}", error.kind, error.message),
            (None, false) => {
                self.unforetold += 1;
                if said.kind == "ok" {
                    self.wrong.push(format!("{place}\n    the driver connects"));
                }
                return if mark == 'X' { 'X' } else { '-' };
            }
        };
        let heard = match said.kind.as_str() {
            "ok" => "ok".to_owned(),
            kind => format!("{kind}: {}", python_text(&said.text)),
        };
        if told != heard {
            mark = 'X';
            self.wrong.push(format!(
                "{place}\n    foretold {told:?}\n    said     {heard:?}"
            ));
        }
        mark
    }

    /// Prints the matrix and fails when a cell is wrong.
    pub fn finish(self) {
        let mut table = String::from("probe against driver: . equal  - not foretold  X wrong\n");
        for (i, client) in CLIENTS.iter().enumerate() {
            writeln!(table, "{:>2} {}", i + 1, client.heading()).unwrap();
        }
        for (name, row) in &self.rows {
            write!(table, "{name:<44}").unwrap();
            for i in 0..CLIENTS.len() {
                write!(table, "{:>3}", row.get(&i).copied().unwrap_or(' ')).unwrap();
            }
            table.push('\n');
        }
        println!(
            "{table}{} cells, {} without a foretold text",
            self.cells, self.unforetold
        );
        assert!(
            self.wrong.is_empty(),
            "{} differences:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
    }
}

/// `ok`, or rung and outcome of the failure.
fn found(ladder: &Ladder) -> String {
    // All rungs below a failure must stand, all above must not be claimed.
    if let Some(failed) = ladder.failed() {
        for rung in &ladder.rungs {
            let state = format!("{:?}", rung.state);
            let fits = match rung.rung.cmp(&failed.rung) {
                std::cmp::Ordering::Less => ["Ok", "Skipped"].contains(&state.as_str()),
                std::cmp::Ordering::Equal => state == "Failed",
                std::cmp::Ordering::Greater => state == "Blocked",
            };
            if !fits {
                return format!(
                    "{} is {state} beside {}",
                    rung.rung.name(),
                    failed.rung.name()
                );
            }
        }
        return format!("{} {}", failed.rung.name(), failed.outcome);
    }
    assert_eq!(ladder.rungs.len(), Rung::ALL.len());
    "ok".to_owned()
}

/// What Python said without the line of its C source, which moves with every release.
fn python_text(text: &str) -> String {
    let Some(start) = text.find(" (_ssl.c:") else {
        return text.to_owned();
    };
    let end = text[start + 1..]
        .find(')')
        .map_or(text.len(), |n| start + 1 + n + 1);
    format!("{}{}", &text[..start], &text[end..])
}

/// A PEM certificate and its key.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

/// Certificates of every kind.
pub struct Certificates {
    /// The authority of the good ones.
    pub authority: String,
    /// Another authority.
    pub stranger: String,
    pub good: Pair,
    pub expired: Pair,
    pub not_yet: Pair,
    pub self_signed: Pair,
    pub wrong_host: Pair,
    pub foreign: Pair,
    pub common_name: Pair,
}

impl Certificates {
    pub fn make() -> Self {
        let (authority, issuer) = authority("audit test authority");
        let (stranger, strange_issuer) = self::authority("another authority");
        let local = ["localhost", "127.0.0.1"];
        let expired = |p: &mut CertificateParams| {
            p.not_before = date_time_ymd(2020, 1, 1);
            p.not_after = date_time_ymd(2020, 2, 1);
        };
        let not_yet = |p: &mut CertificateParams| p.not_before = date_time_ymd(2090, 1, 1);
        Self {
            good: signed(&local, &issuer, |_| ()),
            expired: signed(&local, &issuer, expired),
            not_yet: signed(&local, &issuer, not_yet),
            wrong_host: signed(&["db.example.test"], &issuer, |_| ()),
            common_name: signed(&[], &issuer, |p| {
                p.distinguished_name.push(DnType::CommonName, "localhost");
            }),
            foreign: signed(&local, &strange_issuer, |_| ()),
            self_signed: self_signed(&local),
            authority,
            stranger,
        }
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let root = params.self_signed(&key).unwrap();
    (root.pem(), Issuer::new(params, key))
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let name = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if !name.is_empty() {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params
}

fn signed(
    names: &[&str],
    issuer: &Issuer<'static, KeyPair>,
    change: impl Fn(&mut CertificateParams),
) -> Pair {
    let key = KeyPair::generate().unwrap();
    let mut params = params(names);
    change(&mut params);
    Pair {
        certificate: params.signed_by(&key, issuer).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

fn self_signed(names: &[&str]) -> Pair {
    let key = KeyPair::generate().unwrap();
    Pair {
        certificate: params(names).self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// A PostgreSQL with all roles and databases.
pub fn server(settings: &[(&str, &str)]) -> Postgres {
    let postgres = Postgres::start_with(HBA, settings);
    postgres.psql("postgres", ROLES);
    for database in ["app", "tlsonly", "plainonly", "refused", "noconnect"] {
        postgres.database(database);
    }
    postgres.psql(
        "postgres",
        "REVOKE CONNECT ON DATABASE noconnect FROM PUBLIC",
    );
    postgres.psql(
        "postgres",
        &format!("REVOKE CONNECT ON DATABASE noconnect FROM {ROLE}"),
    );
    postgres
}
