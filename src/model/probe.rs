//! Results of the live probes. Filled by `probe`, read by `detect` and `render`.

use serde::Serialize;

/// One rung of the database ladder, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The URL parses and fits its driver.
    Url,
    /// The name resolves.
    Dns,
    /// A socket opens.
    Tcp,
    /// The answer to SSLRequest.
    SslRequest,
    /// The TLS handshake under the driver's rules.
    Tls,
    /// Authentication.
    Auth,
    /// The database accepts the connection.
    Database,
    /// First queries.
    Session,
}

impl Rung {
    /// All rungs from the ground up.
    pub const ALL: [Rung; 8] = [
        Self::Url,
        Self::Dns,
        Self::Tcp,
        Self::SslRequest,
        Self::Tls,
        Self::Auth,
        Self::Database,
        Self::Session,
    ];

    /// Kebab-case name, the same in text, JSON, faults and selftest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::SslRequest => "ssl-request",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Database => "database",
            Self::Session => "session",
        }
    }
}

/// State of a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RungState {
    /// Climbed.
    Ok,
    /// Failed: the finding.
    Failed,
    /// A lower rung failed.
    Blocked,
    /// Not needed (no TLS wanted, Unix socket).
    Skipped,
}

/// Result of one rung.
#[derive(Debug, Clone, Serialize)]
pub struct RungResult {
    /// Which rung.
    pub rung: Rung,
    /// What became of it.
    pub state: RungState,
    /// Milliseconds.
    pub ms: f64,
    /// Masked detail for people.
    pub detail: String,
    /// SQLSTATE, when the server sent one.
    pub sqlstate: Option<String>,
    /// Stable name of the cause: `refused`, `nxdomain`, `tls-expired`, `28P01`, ...
    pub outcome: String,
    /// What the backend's own driver would raise, masked.
    pub driver_error: Option<super::Exception>,
    /// Waiting may change the answer.
    pub transient: bool,
}

/// One climb of the ladder.
#[derive(Debug, Clone, Serialize)]
pub struct Ladder {
    /// Driver whose rules were followed.
    pub driver: String,
    /// `host:port` or socket path.
    pub endpoint: String,
    /// Database name.
    pub database: String,
    /// User name.
    pub user: String,
    /// Where the URL is written.
    pub origin: Option<super::ValueOrigin>,
    /// Rungs in order.
    pub rungs: Vec<RungResult>,
    /// Facts of the session rung: `server_version`, `standby`, `pooler`, ...
    pub session: std::collections::BTreeMap<String, String>,
    /// Tries made.
    pub tries: u32,
}

/// Is a route reachable?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteState {
    /// The server knows the path.
    Reachable,
    /// The server does not know the path.
    Unreachable,
    /// Cannot be proven without running a handler.
    Unproven,
}

/// One row of the joined route table.
#[derive(Debug, Clone, Serialize)]
pub struct RouteProbe {
    /// Upper-case method.
    pub method: String,
    /// Full path template.
    pub path: String,
    /// `file:line` of the registration.
    pub source: Option<String>,
    /// Listed in the OpenAPI document.
    pub openapi: bool,
    /// What was proven.
    pub state: RouteState,
    /// HTTP status of the proving answer.
    pub status: Option<u16>,
    /// Milliseconds.
    pub ms: f64,
}
