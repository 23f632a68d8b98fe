//! The faults by name: what is broken, and what a prober has to say about it.
//!
//! One table, one row per fault. The servers read the `effect`, the selftest reads `expect`;
//! neither knows the other's half. Adding a fault that uses an existing effect is one row.

use std::time::Duration;

use crate::model::Rung;

/// One deliberate defect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// Kebab-case name, the same on the command line, in schedules and in the selftest.
    pub name: &'static str,
    /// What a prober must report.
    pub expect: Expect,
    /// What the server does.
    pub effect: Effect,
    /// One line for people.
    pub about: &'static str,
}

/// What a prober must report when the fault is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expect {
    /// This rung fails with one of these outcomes; every rung below it passes.
    Rung(Rung, &'static [&'static str]),
    /// The ladder is climbed to the top: the server is unusual, not broken.
    Climbed,
    /// The ladder is climbed, and this is noticed on the way.
    Note(&'static str),
    /// The same, and there is nothing wrong with it.
    Remark(&'static str),
    /// One part of the HTTP half is reported with one of these outcomes.
    Http(HttpCheck, &'static [&'static str]),
}

/// Parts of the HTTP probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpCheck {
    /// Something answers with HTTP.
    Listen,
    /// `GET /health`.
    Health,
    /// `GET /openapi.json`.
    Openapi,
    /// Reachability of the task router.
    Routes,
}

impl HttpCheck {
    /// Name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Health => "health",
            Self::Openapi => "openapi",
            Self::Routes => "routes",
        }
    }
}

/// Moments of a PostgreSQL connection at which it can be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The connection has been accepted, nothing has been read.
    Accept,
    /// SSLRequest has been read.
    SslRequest,
    /// `S` has been sent: the handshake is due.
    Tls,
    /// The start-up message has been read.
    Startup,
    /// The first answer to the authentication request has been read.
    Auth,
    /// The first query has been read.
    Query,
}

/// What the server does instead of its duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// Says nothing more, keeps the connection open.
    Hang,
    /// Closes the connection.
    Close,
    /// Sends bytes that are not the protocol.
    Garbage,
    /// Announces a message of a gigabyte and begins to send it.
    Huge,
}

/// Which certificate the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// Signed by the authority that the client knows, right names, valid.
    Good,
    /// Its time is over.
    Expired,
    /// Its time is over in ten days.
    EndsSoon,
    /// Its time has not come.
    NotYetValid,
    /// Signed by itself.
    SelfSigned,
    /// Signed by an authority that nobody knows.
    UnknownCa,
    /// For another host name.
    WrongHost,
}

/// How the server wants the client to prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// SCRAM-SHA-256, and -PLUS on TLS: the default.
    Scram,
    /// SCRAM-SHA-256 without channel binding.
    ScramPlain,
    /// `md5`.
    Md5,
    /// The password in clear text (protected by TLS, if any).
    Cleartext,
    /// Not at all.
    Trust,
    /// Kerberos V5, which no client of today speaks.
    Kerberos,
}

/// When a FATAL error is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Instead of an authentication request (`ProcessStartupPacket`, `hba`).
    Startup,
    /// After `AuthenticationOk`, before the session is ready (`InitPostgres`).
    Authenticated,
    /// Instead of the answer to a query.
    Query,
}

/// A FATAL error. `{user}`, `{database}` and `{tls}` in the text are filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// When it is sent.
    pub when: When,
    /// SQLSTATE (PostgreSQL manual, appendix A).
    pub code: &'static str,
    /// Text as PostgreSQL 15 writes it.
    pub message: &'static str,
    /// DETAIL, or empty.
    pub detail: &'static str,
}

/// The revision that a database with the fault `alembic-behind` is at.
pub const OLD_REVISION: &str = "0a1b2c3d4e5f";

/// The revision that a database with the fault `alembic-unknown` is at.
pub const UNKNOWN_REVISION: &str = "9f9e9d9c9b9a";

/// State of a session that works, but not as a backend needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// `default_transaction_read_only = on`.
    ReadOnly,
    /// A hot standby: `pg_is_in_recovery()`.
    Standby,
    /// The role may not create tables in `public`.
    NoCreateRight,
    /// The clock is an hour ahead.
    ClockAhead,
    /// Almost all connections are taken.
    AlmostFull,
    /// `SQL_ASCII` instead of `UTF8`.
    SqlAscii,
    /// `alembic_version` holds [`OLD_REVISION`].
    OldRevision,
    /// `alembic_version` holds [`UNKNOWN_REVISION`].
    UnknownRevision,
    /// There is no `alembic_version`.
    NoRevision,
    /// All sessions share one server process.
    PoolerTransaction,
    /// Each session has a server process that is not the one of its key.
    PoolerSession,
    /// All sessions share one server process, and transactions are refused.
    PoolerStatement,
}

/// What the HTTP half does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Http {
    /// The task router is not included.
    MissingRouter,
    /// The task router got its prefix twice.
    WrongPrefix,
    /// `/api/tasks` redirects to itself.
    RedirectLoop,
    /// `/api/tasks` is registered as `/api/tasks/`.
    TrailingSlash,
    /// Every route raises.
    ServerError,
    /// Every answer is a page of HTML.
    Html,
    /// `/health` takes its time.
    Slow,
    /// `/openapi.json` is not JSON.
    BrokenOpenapi,
    /// There is no `/openapi.json`.
    NoOpenapi,
    /// A proxy wants a login first.
    AuthWall,
    /// `/health` answers 503.
    Unhealthy,
    /// Requests are read and never answered.
    Hang,
    /// Connections are closed when a request arrives.
    Close,
    /// Bodies of 8 MiB.
    Huge,
}

/// What a fault changes in the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nobody listens on the PostgreSQL port.
    PgDown,
    /// A disturbance at a step.
    At(Step, Disturbance),
    /// Every step waits this long first.
    Slow(Duration),
    /// SSLRequest is answered with `N`.
    NoTls,
    /// Another certificate.
    Tls(Certificate),
    /// Only TLS 1.1 is spoken.
    OldTls,
    /// At most TLS 1.2 is spoken.
    Tls12,
    /// Another way to authenticate.
    Auth(Auth),
    /// The role has another password.
    OtherPassword,
    /// The signature of SCRAM's last message is wrong.
    Impostor,
    /// A FATAL error.
    Refuse(Refusal),
    /// Connections without TLS are refused by `pg_hba.conf`.
    TlsOnly,
    /// An unusual session.
    Session(Session),
    /// Nobody listens on the HTTP port.
    HttpDown,
    /// HTTP.
    Http(Http),
}

const fn row(name: &'static str, expect: Expect, effect: Effect, about: &'static str) -> Fault {
    Fault {
        name,
        expect,
        effect,
        about,
    }
}

const fn refuse(
    when: When,
    code: &'static str,
    message: &'static str,
    detail: &'static str,
) -> Effect {
    Effect::Refuse(Refusal {
        when,
        code,
        message,
        detail,
    })
}

const fn rung(rung: Rung, outcomes: &'static [&'static str]) -> Expect {
    Expect::Rung(rung, outcomes)
}

const fn http(check: HttpCheck, outcomes: &'static [&'static str]) -> Expect {
    Expect::Http(check, outcomes)
}

use Disturbance as D;
use Effect::{At, Auth as Method, Http as Web, Session as In, Tls};
use Expect::{Climbed, Note, Remark};
use HttpCheck as H;
use Rung as R;

/// All faults, in the order in which a connection meets them; HTTP last.
#[rustfmt::skip] // a table
pub const FAULTS: &[Fault] = &[
    row("down", rung(R::Tcp, &["refused"]), Effect::PgDown, "nobody listens on the PostgreSQL port"),
    row("hang-at-accept", rung(R::SslRequest, &["timeout"]), At(Step::Accept, D::Hang), "connections are accepted and never answered"),
    row("close-at-accept", rung(R::SslRequest, &["closed"]), At(Step::Accept, D::Close), "connections are closed at once, as by a proxy without a backend"),
    row("garbage-at-accept", rung(R::SslRequest, &["garbage"]), At(Step::Accept, D::Garbage), "another protocol answers on the port"),
    row("hang-at-ssl-request", rung(R::SslRequest, &["timeout"]), At(Step::SslRequest, D::Hang), "no answer to SSLRequest"),
    row("close-at-ssl-request", rung(R::SslRequest, &["closed"]), At(Step::SslRequest, D::Close), "the connection is closed after SSLRequest"),
    row("ssl-refused", rung(R::SslRequest, &["N"]), Effect::NoTls, "the server has no TLS"),
    row("ssl-garbage", rung(R::SslRequest, &["garbage"]), At(Step::SslRequest, D::Garbage), "SSLRequest is answered with H"),
    row("hang-at-tls", rung(R::Tls, &["timeout"]), At(Step::Tls, D::Hang), "TLS is promised and not begun"),
    row("close-at-tls", rung(R::Tls, &["closed"]), At(Step::Tls, D::Close), "the connection is closed when the handshake begins"),
    row("garbage-at-tls", rung(R::Tls, &["garbage"]), At(Step::Tls, D::Garbage), "the handshake is answered with clear text"),
    row("tls-old-protocol", rung(R::Tls, &["tls-protocol"]), Effect::OldTls, "the server speaks TLS 1.1 only"),
    row("tls-expired", rung(R::Tls, &["tls-expired"]), Tls(Certificate::Expired), "the certificate expired yesterday"),
    row("tls-not-yet-valid", rung(R::Tls, &["tls-not-yet-valid"]), Tls(Certificate::NotYetValid), "the certificate begins tomorrow"),
    row("tls-self-signed", rung(R::Tls, &["tls-self-signed"]), Tls(Certificate::SelfSigned), "the certificate is signed by itself"),
    row("tls-unknown-ca", rung(R::Tls, &["tls-unknown-ca"]), Tls(Certificate::UnknownCa), "the certificate is signed by an unknown authority"),
    row("tls-wrong-host", rung(R::Tls, &["tls-wrong-host"]), Tls(Certificate::WrongHost), "the certificate is for db.example.invalid"),
    row("tls-1.2", Climbed, Effect::Tls12, "the server speaks TLS 1.2 at most"),
    row("tls-expires-soon", Note("tls-expires-soon"), Tls(Certificate::EndsSoon), "the certificate has ten days left"),
    row("hang-at-startup", rung(R::Auth, &["timeout"]), At(Step::Startup, D::Hang), "no answer to the start-up message"),
    row("close-at-startup", rung(R::Auth, &["closed"]), At(Step::Startup, D::Close), "the connection is closed after the start-up message"),
    row("garbage-at-startup", rung(R::Auth, &["garbage"]), At(Step::Startup, D::Garbage), "the start-up message is answered with garbage"),
    row("huge-at-startup", rung(R::Auth, &["garbage"]), At(Step::Startup, D::Huge), "the start-up message is answered with a gigabyte"),
    row("too-many-connections", rung(R::Database, &["53300"]), refuse(When::Startup, "53300", "sorry, too many clients already", ""), "all connections are taken"),
    row("reserved-slots", rung(R::Database, &["53300"]), refuse(When::Authenticated, "53300", "remaining connection slots are reserved for non-replication superuser connections", ""), "only superusers get in"),
    row("too-many-for-role", rung(R::Database, &["53300"]), refuse(When::Authenticated, "53300", "too many connections for role \"{user}\"", ""), "the role has all its connections"),
    row("too-many-for-database", rung(R::Database, &["53300"]), refuse(When::Authenticated, "53300", "too many connections for database \"{database}\"", ""), "the database has all its connections"),
    row("starting-up", rung(R::Database, &["57P03"]), refuse(When::Startup, "57P03", "the database system is starting up", ""), "the server is starting"),
    row("shutting-down", rung(R::Database, &["57P03"]), refuse(When::Startup, "57P03", "the database system is shutting down", ""), "the server is stopping"),
    row("recovering", rung(R::Database, &["57P03"]), refuse(When::Startup, "57P03", "the database system is in recovery mode", ""), "the server recovers from a crash"),
    row("no-pg-hba", rung(R::Auth, &["28000"]), refuse(When::Startup, "28000", "no pg_hba.conf entry for host \"127.0.0.1\", user \"{user}\", database \"{database}\", {tls}", ""), "pg_hba.conf has no line for this client"),
    row("tls-required", rung(R::Auth, &["28000"]), Effect::TlsOnly, "pg_hba.conf has hostssl lines only (for clients without TLS)"),
    row("client-certificate", rung(R::Auth, &["28000"]), refuse(When::Startup, "28000", "connection requires a valid client certificate", ""), "pg_hba.conf wants a certificate of the client"),
    row("wrong-password", rung(R::Auth, &["28P01"]), Effect::OtherPassword, "the role has another password"),
    row("unknown-role", rung(R::Auth, &["28000"]), refuse(When::Authenticated, "28000", "role \"{user}\" does not exist", ""), "the role does not exist (trust authentication, which alone tells)"),
    row("no-login-right", rung(R::Auth, &["28000"]), refuse(When::Authenticated, "28000", "role \"{user}\" is not permitted to log in", ""), "the role may not log in"),
    row("impostor", rung(R::Auth, &["server-signature"]), Effect::Impostor, "the server does not know the password and lets everybody in"),
    row("auth-kerberos", rung(R::Auth, &["auth-unsupported"]), Method(Auth::Kerberos), "the server wants Kerberos V5"),
    row("auth-md5", Climbed, Method(Auth::Md5), "md5 authentication"),
    row("auth-cleartext", Climbed, Method(Auth::Cleartext), "clear text password authentication"),
    row("auth-trust", Climbed, Method(Auth::Trust), "no authentication"),
    row("no-channel-binding", Climbed, Method(Auth::ScramPlain), "SCRAM-SHA-256 without -PLUS"),
    row("hang-at-auth", rung(R::Auth, &["timeout"]), At(Step::Auth, D::Hang), "no answer to the password"),
    row("close-at-auth", rung(R::Auth, &["closed"]), At(Step::Auth, D::Close), "the connection is closed after the password"),
    row("garbage-at-auth", rung(R::Auth, &["garbage"]), At(Step::Auth, D::Garbage), "the password is answered with garbage"),
    row("missing-database", rung(R::Database, &["3D000"]), refuse(When::Authenticated, "3D000", "database \"{database}\" does not exist", ""), "the database does not exist"),
    row("database-closed", rung(R::Database, &["55000"]), refuse(When::Authenticated, "55000", "database \"{database}\" is not currently accepting connections", ""), "the database accepts no connections"),
    row("no-connect-right", rung(R::Database, &["42501"]), refuse(When::Authenticated, "42501", "permission denied for database \"{database}\"", "User does not have CONNECT privilege."), "the role may not connect to the database"),
    row("hang-at-query", rung(R::Session, &["timeout"]), At(Step::Query, D::Hang), "queries are never answered"),
    row("close-at-query", rung(R::Session, &["closed"]), At(Step::Query, D::Close), "the connection is closed at the first query"),
    row("garbage-at-query", rung(R::Session, &["garbage"]), At(Step::Query, D::Garbage), "the first query is answered with garbage"),
    row("huge-message", rung(R::Session, &["garbage"]), At(Step::Query, D::Huge), "the first query is answered with a row of a gigabyte"),
    row("terminated", rung(R::Session, &["57P01"]), refuse(When::Query, "57P01", "terminating connection due to administrator command", ""), "the session is terminated at the first query"),
    row("read-only", Note("read-only"), In(Session::ReadOnly), "transactions are read-only"),
    row("standby", Note("standby"), In(Session::Standby), "the server is a hot standby"),
    row("no-create-right", Note("no-create-right"), In(Session::NoCreateRight), "the role may not create tables"),
    row("clock-ahead", Note("clock-skew"), In(Session::ClockAhead), "the server's clock is an hour ahead"),
    row("almost-full", Note("connections-low"), In(Session::AlmostFull), "96 of 97 connections are used"),
    row("sql-ascii", Note("encoding"), In(Session::SqlAscii), "the database encoding is SQL_ASCII"),
    row("alembic-behind", Note("alembic-behind"), In(Session::OldRevision), "the database is at an old migration"),
    row("alembic-unknown", Note("alembic-unknown"), In(Session::UnknownRevision), "the database is at a migration that the source does not have"),
    row("alembic-none", Note("alembic-none"), In(Session::NoRevision), "no migration has run"),
    row("pooler-transaction", Note("pooler-transaction"), In(Session::PoolerTransaction), "a pooler in transaction mode is in between"),
    row("pooler-session", Remark("pooler-session"), In(Session::PoolerSession), "a pooler in session mode is in between"),
    row("pooler-statement", Note("pooler-statement"), In(Session::PoolerStatement), "a pooler in statement mode is in between"),
    row("slow", Climbed, Effect::Slow(Duration::from_millis(60)), "every step takes 60 ms more"),
    row("http-down", http(H::Listen, &["refused"]), Effect::HttpDown, "nobody listens on the HTTP port"),
    row("http-hang", http(H::Listen, &["timeout"]), Web(Http::Hang), "requests are never answered"),
    row("http-close", http(H::Listen, &["closed"]), Web(Http::Close), "connections are closed when a request arrives"),
    row("health-unhealthy", http(H::Health, &["unhealthy"]), Web(Http::Unhealthy), "/health answers 503"),
    row("http-500", http(H::Health, &["server-error"]), Web(Http::ServerError), "every route raises"),
    row("html-instead-of-json", http(H::Health, &["not-json"]), Web(Http::Html), "a proxy answers with HTML"),
    row("http-huge", http(H::Health, &["too-large"]), Web(Http::Huge), "bodies of 8 MiB"),
    row("auth-wall", http(H::Health, &["auth-wall"]), Web(Http::AuthWall), "a proxy wants a login first"),
    row("broken-openapi", http(H::Openapi, &["not-json"]), Web(Http::BrokenOpenapi), "/openapi.json is cut off"),
    row("no-openapi", http(H::Openapi, &["missing"]), Web(Http::NoOpenapi), "there is no /openapi.json"),
    row("missing-router", http(H::Routes, &["unreachable"]), Web(Http::MissingRouter), "the task router is not included"),
    row("wrong-prefix", http(H::Routes, &["unreachable"]), Web(Http::WrongPrefix), "the task router has its prefix twice"),
    row("redirect-loop", http(H::Routes, &["redirect-loop"]), Web(Http::RedirectLoop), "/api/tasks redirects to itself"),
    row("trailing-slash", http(H::Routes, &["redirect"]), Web(Http::TrailingSlash), "/api/tasks is registered as /api/tasks/"),
    row("http-slow", http(H::Health, &["slow"]), Web(Http::Slow), "/health takes 1.7 s"),
];

impl Fault {
    /// The fault of that name.
    pub fn named(name: &str) -> Option<&'static Fault> {
        FAULTS.iter().find(|fault| fault.name == name)
    }

    /// Does it concern the HTTP half?
    pub fn is_http(&self) -> bool {
        matches!(self.effect, Effect::Http(_) | Effect::HttpDown)
    }
}

/// The faults that are on for one connection or request.
#[derive(Debug, Clone, Default)]
pub struct Active(pub Vec<&'static Fault>);

impl Active {
    fn effects(&self) -> impl Iterator<Item = Effect> + '_ {
        self.0.iter().map(|fault| fault.effect)
    }

    /// The disturbance at a step; the first in the order of the table wins.
    pub fn at(&self, step: Step) -> Option<Disturbance> {
        self.effects().find_map(|effect| match effect {
            Effect::At(s, what) if s == step => Some(what),
            _ => None,
        })
    }

    /// How long every step waits first.
    pub fn delay(&self) -> Option<Duration> {
        self.effects().find_map(|effect| match effect {
            Effect::Slow(time) => Some(time),
            _ => None,
        })
    }

    /// The certificate to show.
    pub fn certificate(&self) -> Certificate {
        let other = self.effects().find_map(|effect| match effect {
            Effect::Tls(which) => Some(which),
            _ => None,
        });
        other.unwrap_or(Certificate::Good)
    }

    /// How clients authenticate. A role that does not exist shows only without a password.
    pub fn auth(&self) -> Auth {
        let other = self.effects().find_map(|effect| match effect {
            Effect::Auth(method) => Some(method),
            Effect::Refuse(refusal) if refusal.code == "28000" => refusal
                .message
                .ends_with("does not exist")
                .then_some(Auth::Trust),
            _ => None,
        });
        other.unwrap_or(Auth::Scram)
    }

    /// The FATAL error due at that moment.
    pub fn refusal(&self, when: When) -> Option<Refusal> {
        self.effects().find_map(|effect| match effect {
            Effect::Refuse(refusal) if refusal.when == when => Some(refusal),
            _ => None,
        })
    }

    /// Is this effect on?
    pub fn has(&self, effect: Effect) -> bool {
        self.effects().any(|e| e == effect)
    }

    /// Is the session unusual in this way?
    pub fn session(&self, what: Session) -> bool {
        self.has(Effect::Session(what))
    }

    /// Does the HTTP half do this wrong?
    pub fn http(&self, what: Http) -> bool {
        self.has(Effect::Http(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        for (n, fault) in FAULTS.iter().enumerate() {
            let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(fault.name.chars().all(ok), "{}", fault.name);
            assert_ne!(fault.name, "ok", "the word for no fault");
            let first = FAULTS.iter().position(|f| f.name == fault.name);
            assert_eq!(first, Some(n), "{} twice", fault.name);
        }
    }

    #[test]
    fn every_rung_above_the_name_has_a_fault() {
        for rung in &Rung::ALL[2..] {
            let found = FAULTS
                .iter()
                .any(|f| matches!(f.expect, Expect::Rung(r, _) if r == *rung));
            assert!(found, "no fault for {}", rung.name());
        }
    }

    #[test]
    fn halves_are_told_apart() {
        for fault in FAULTS {
            let http = matches!(fault.expect, Expect::Http(..));
            assert_eq!(fault.is_http(), http, "{}", fault.name);
        }
    }
}
