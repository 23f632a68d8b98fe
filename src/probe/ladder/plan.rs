//! What a driver is about to do: the URL, its parameters and the environment, resolved by the
//! driver's own rules. Plain data.

use std::time::Duration;

use super::options::Via;
use crate::model::{Exception, Redacted};

/// Families of drivers that behave alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// asyncpg: Python's `ssl`, its own protocol code.
    Asyncpg,
    /// psycopg 3 over libpq; resolves names itself.
    Psycopg,
    /// psycopg2 over libpq.
    Psycopg2,
    /// pg8000: pure Python.
    Pg8000,
}

/// The client whose rules are followed.
#[derive(Debug, Clone)]
pub struct Client {
    /// Import name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Version of the driver: major and minor; the newest one when unknown.
    pub version: (u32, u32),
    /// `None`: native; else major and minor of SQLAlchemy.
    pub sqlalchemy: Option<(u32, u32)>,
    /// Texts were measured for this very driver.
    pub exact: bool,
}

impl Client {
    /// The client of a driver name; versions as text, empty when unknown.
    pub fn new(name: &str, version: &str, via: &Via) -> Self {
        let (family, exact) = match name {
            "asyncpg" => (Family::Asyncpg, true),
            "psycopg" | "psycopg_async" => (Family::Psycopg, true),
            "pg8000" => (Family::Pg8000, true),
            other => (Family::Psycopg2, other == "psycopg2"),
        };
        let newest = match family {
            Family::Asyncpg => (0, 32),
            Family::Psycopg => (3, 3),
            Family::Psycopg2 => (2, 9),
            Family::Pg8000 => (1, 31),
        };
        Self {
            name: if name == "psycopg_async" {
                "psycopg"
            } else {
                name
            }
            .to_owned(),
            family,
            version: numbers(version).unwrap_or(newest),
            sqlalchemy: match via {
                Via::Native => None,
                Via::SqlAlchemy(version) => Some(numbers(version).unwrap_or((2, 0))),
            },
            exact,
        }
    }

    /// Rules of libpq apply.
    pub fn is_libpq(&self) -> bool {
        matches!(self.family, Family::Psycopg | Family::Psycopg2)
    }

    /// Prepares statements by itself, which a pooler may break.
    pub fn prepares(&self) -> bool {
        matches!(self.family, Family::Asyncpg | Family::Psycopg)
    }
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|p| {
        p.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .ok()
    });
    Some((parts.next()??, parts.next().flatten().unwrap_or(0)))
}

/// One place to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Name or address, and port.
    Tcp(String, u16),
    /// Path of the socket file.
    Unix(String),
}

impl Address {
    /// As shown: `host:port` or the path. A part of a password that slid into the host (a raw
    /// `@` in the password) is hidden.
    pub fn shown(&self) -> String {
        match self {
            Self::Tcp(host, port) if host.contains(':') && !host.contains('@') => {
                format!("[{host}]:{port}")
            }
            Self::Tcp(host, port) => format!("{}:{port}", masked_host(host)),
            Self::Unix(path) => path.clone(),
        }
    }
}

/// A host name as it may be shown: an `@` in it means that the end of a password slid into it.
pub fn masked_host(host: &str) -> String {
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{}@{host}", crate::model::MASK),
        None => host.to_owned(),
    }
}

/// How much TLS, in the words of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// Plain first, TLS after a refusal.
    Allow,
    /// TLS where offered, plain after a refusal.
    Prefer,
    /// TLS, certificate not looked at (unless roots are given).
    Require,
    /// TLS, chain verified.
    VerifyCa,
    /// TLS, chain and host name verified.
    VerifyFull,
}

impl TlsMode {
    /// From libpq's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    /// libpq's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Authorities that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// The certificate is not verified.
    Nobody,
    /// Those of the system.
    System,
    /// Those of one PEM file: its path and content.
    File(String, Vec<u8>),
}

/// Everything about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPlan {
    /// How much.
    pub mode: TlsMode,
    /// Who is trusted; [`Roots::Nobody`] below verification.
    pub roots: Roots,
    /// TLS from the first byte (`sslnegotiation=direct`).
    pub direct: bool,
    /// The name is checked apart, after chain and dates (libpq), not before the dates (Python).
    pub names_apart: bool,
    /// Client certificate and key, PEM.
    pub identity: Option<(Vec<u8>, Redacted<Vec<u8>>)>,
}

impl TlsPlan {
    /// No TLS at all.
    pub fn off() -> Self {
        Self {
            mode: TlsMode::Disable,
            roots: Roots::Nobody,
            direct: false,
            names_apart: true,
            identity: None,
        }
    }

    /// Is the chain verified?
    pub fn verifies(&self) -> bool {
        self.roots != Roots::Nobody
    }
}

/// SCRAM channel binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// Not supported or not wanted.
    Disable,
    /// Where offered.
    Prefer,
    /// Nothing else will do.
    Require,
}

/// Which servers will do (`target_session_attrs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attrs {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Attrs {
    /// From libpq's word.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "any" => Self::Any,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => return None,
        })
    }

    /// libpq's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::Primary => "primary",
            Self::Standby => "standby",
            Self::PreferStandby => "prefer-standby",
        }
    }
}

/// What the driver is about to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who connects.
    pub client: Client,
    /// Where to, in order.
    pub addresses: Vec<Address>,
    /// The port was given, not defaulted.
    pub port_given: bool,
    /// Role.
    pub user: String,
    /// Password, when there is one.
    pub password: Option<Redacted<String>>,
    /// Where the password was found, when not in the URL.
    pub password_from: Option<String>,
    /// Database.
    pub database: String,
    /// TLS rules.
    pub tls: TlsPlan,
    /// Channel binding.
    pub binding: Binding,
    /// `options` of the startup packet.
    pub startup_options: String,
    /// Servers that will do.
    pub attrs: Attrs,
    /// The driver's own limit for a connection; `None`: it waits for ever.
    pub limit: Option<Duration>,
    /// Arguments given in code whose values are not known.
    pub unknown_args: Vec<String>,
    /// The driver was told not to keep prepared statements.
    pub unprepared: bool,
}

/// Why the URL rung cannot be climbed.
#[derive(Debug, Clone)]
pub struct UrlFailure {
    /// Stable name of the cause.
    pub outcome: &'static str,
    /// For people; masked by the caller.
    pub detail: String,
    /// What Python would raise; masked by the caller.
    pub error: Option<Exception>,
}

impl UrlFailure {
    /// A failure whose exception is known.
    pub fn raising(
        outcome: &'static str,
        detail: impl Into<String>,
        kind: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            outcome,
            detail: detail.into(),
            error: Some(Exception {
                kind: kind.to_owned(),
                message: message.into(),
            }),
        }
    }

    /// A failure without a known exception.
    pub fn plain(outcome: &'static str, detail: impl Into<String>) -> Self {
        Self {
            outcome,
            detail: detail.into(),
            error: None,
        }
    }
}
