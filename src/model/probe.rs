//! Results of the live probes. Filled by `probe`, read by `detect` and `render`.
//!
//! # Outcome names of the database ladder
//!
//! [`RungResult::outcome`] and [`LadderNote::outcome`] are stable names; checks of kind `rung`
//! select by them. `ok` on every rung that was climbed, `blocked` and `skipped` as the state.
//!
//! | rung | outcomes of a failure |
//! | --- | --- |
//! | any | `timeout`, `closed`, `garbage`, `cancelled` |
//! | url | `url-syntax`, `url-scheme`, `url-port`, `url-param`, `url-value`, `url-host`, `url-password`, `service`, `tls-missing-root` |
//! | dns | `nxdomain`, `no-address`, `dns-timeout`, `dns-failed` |
//! | tcp | `refused`, `filtered`, `unreachable`, `no-socket`, `denied` |
//! | ssl-request | `N` (TLS refused), `garbage`, `closed` |
//! | tls | `tls-expired`, `tls-not-yet-valid`, `tls-self-signed`, `tls-unknown-ca`, `tls-wrong-host`, `tls-protocol`, `tls-client-cert`, `tls-failed` |
//! | auth | a SQLSTATE (`28P01`, `28000`, ...), `auth-unsupported`, `channel-binding`, `no-password`, `server-signature` |
//! | database | a SQLSTATE (`3D000`, `53300`, `57P03`, `57P01`, `42501`, `08P01`, ...) |
//! | session | a SQLSTATE, `target-session-attrs` |
//!
//! | note | meaning |
//! | --- | --- |
//! | `arguments-unknown` | arguments in code whose values are not known; only the URL was followed |
//! | `address-silent` | an address that the driver tries first does not answer |
//! | `clear-text` | the URL lets the password travel without TLS |
//! | `tls-unverified` | TLS without any look at the certificate |
//! | `tls-expires-soon` | fewer than 30 days left |
//! | `read-only`, `standby` | the session cannot write |
//! | `no-create-right` | no CREATE on the schema that new tables go to |
//! | `connections-low` | fewer than one tenth of the connections left |
//! | `encoding` | the database is not UTF8 |
//! | `clock-skew` | the server's clock differs by more than 30 s |
//! | `pooler-transaction`, `pooler-session`, `pooler-statement` | a pooler answers, in this mode |
//! | `pooler` | a pooler answers, its mode cannot be told |
//! | `alembic-behind`, `alembic-unknown`, `alembic-none`, `alembic-current` | revision of the database against the heads in the source |

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
    /// What was noticed on rungs that were climbed; a note never ends the climb.
    pub notes: Vec<LadderNote>,
}

impl Ladder {
    /// The first rung that failed: the finding.
    pub fn failed(&self) -> Option<&RungResult> {
        self.rungs.iter().find(|r| r.state == RungState::Failed)
    }

    /// Was every rung climbed or rightly left out?
    pub fn climbed(&self) -> bool {
        !self.rungs.is_empty()
            && self
                .rungs
                .iter()
                .all(|r| matches!(r.state, RungState::Ok | RungState::Skipped))
    }
}

/// Something noticed on a rung that was climbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LadderNote {
    /// Rung it was noticed on.
    pub rung: Rung,
    /// Stable name, see the module head.
    pub outcome: String,
    /// Masked sentence for people.
    pub detail: String,
    /// What to do about it; empty when nothing need be done.
    pub cure: String,
}

/// Progress of a live probe, for an observer.
#[derive(Debug, Clone)]
pub enum ProbeEvent {
    /// A rung is being climbed.
    Started {
        /// Which rung.
        rung: Rung,
        /// Number of the try, from 1.
        attempt: u32,
    },
    /// A rung is done.
    Finished {
        /// Its result.
        result: RungResult,
        /// Number of the try, from 1.
        attempt: u32,
    },
    /// A transient failure; the next try follows.
    Waiting {
        /// The rung that failed.
        rung: Rung,
        /// Masked reason.
        detail: String,
        /// Tries made so far.
        tries: u32,
        /// Time since the first try.
        elapsed: std::time::Duration,
        /// Time allowed.
        allowed: std::time::Duration,
    },
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// The answer came after a redirect to another path, or never for all redirects.
    pub redirected: bool,
    /// Milliseconds.
    pub ms: f64,
}

/// One part of the HTTP probe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpPart {
    /// `listen`, `health`, `openapi`, `routes`.
    pub part: &'static str,
    /// The path that was asked, where it is one.
    pub path: Option<String>,
    /// `ok`; `skipped` when there was nothing to ask, `blocked` when nothing listens; else the
    /// stable name of what is wrong.
    ///
    /// | part | outcomes of a failure |
    /// | --- | --- |
    /// | any | `timeout`, `closed`, `garbage`, `too-large` |
    /// | listen | `url`, `dns`, `refused`, `unreachable`, `tls` |
    /// | health | `missing`, `unhealthy` (503), `server-error`, `not-json`, `auth-wall`, `redirect`, `slow`, `status` |
    /// | openapi | `missing`, `not-json`, `not-openapi`, `server-error`, `auth-wall`, `redirect`, `status` |
    /// | routes | `unreachable`, `redirect-loop`, `redirect`, `indistinct` (an unknown path gets the same answers) |
    pub outcome: String,
    /// Sentence for people.
    pub detail: String,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Milliseconds.
    pub ms: f64,
}

impl HttpPart {
    /// Was it asked, and is something wrong with the answer?
    pub fn has_failed(&self) -> bool {
        !["ok", "skipped", "blocked"].contains(&self.outcome.as_str())
    }
}

/// What a live HTTP server answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpProbe {
    /// The server that was asked, without credentials.
    pub base_url: String,
    /// Parts in order.
    pub parts: Vec<HttpPart>,
    /// The joined route table: source, OpenAPI document, answers.
    pub routes: Vec<RouteProbe>,
}

impl HttpProbe {
    /// The first part that failed.
    pub fn failed(&self) -> Option<&HttpPart> {
        self.parts.iter().find(|part| part.has_failed())
    }

    /// Did it stay silent, so that a later try may find it?
    pub fn silent(&self) -> bool {
        const SILENCE: [&str; 5] = ["refused", "timeout", "closed", "unreachable", "dns"];
        let listen = self.failed().filter(|part| part.part == "listen");
        listen.is_some_and(|part| SILENCE.contains(&part.outcome.as_str()))
    }

    /// The route table; `None` when there is no route that could have been asked for.
    pub fn table(&self) -> Option<&[RouteProbe]> {
        Some(&*self.routes).filter(|routes| !routes.is_empty())
    }
}

/// A start of the backend that really happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// The command, as a reader can repeat it, masked.
    pub command: String,
    /// What became of it.
    pub end: LaunchEnd,
    /// What it wrote, masked, both streams in order of arrival.
    pub log: Vec<String>,
    /// Base URL while it ran.
    pub base_url: Option<String>,
    /// Milliseconds until it served, or ended.
    pub ms: f64,
}

/// How a launch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchEnd {
    /// It served (or, for an import alone, ended well) and was stopped.
    Served,
    /// It ended by itself; exit code, `None` for a signal.
    Died(Option<i32>),
    /// Its workers die and are started again without an end, each time for the same reason.
    Crashing,
    /// It neither served nor ended in the time allowed.
    Hung,
    /// The user stopped the run before it served or ended.
    Interrupted,
    /// It could not be tried; the reason.
    NotTried(String),
}
