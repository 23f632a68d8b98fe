//! A cause in stable names and in words for people. Masking is done by the caller.

use super::dns::Unresolved;
use super::tcp;
use super::trace::{Cause, Trace};
use crate::model::Rung;
use crate::wire::pg::ServerError;

/// What is reported of a failed rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Stable name.
    pub outcome: String,
    /// For people.
    pub detail: String,
    /// SQLSTATE, when the server sent one.
    pub sqlstate: Option<String>,
    /// Waiting may change the answer.
    pub transient: bool,
}

impl Told {
    fn new(outcome: &str, detail: impl Into<String>, transient: bool) -> Self {
        Self {
            outcome: outcome.to_owned(),
            detail: detail.into(),
            sqlstate: None,
            transient,
        }
    }
}

/// Names, words and whether to wait.
pub fn tell(trace: &Trace) -> Told {
    let place = trace.address.shown();
    match &trace.cause {
        Cause::Dns(code, text) => {
            let unresolved = Unresolved {
                code: *code,
                text: text.clone(),
            };
            Told::new(unresolved.outcome(), text.clone(), true)
        }
        Cause::Tcp(failures) => tcp_failure(failures),
        Cause::Unix(error) => {
            let (outcome, why) = match error.errno {
                Some(2) => ("no-socket", "no server on this machine has such a socket"),
                Some(13) => ("denied", "this user may not use the socket"),
                _ => ("refused", "nobody listens behind the socket file"),
            };
            Told::new(outcome, format!("{place}: {} ({why})", error.text), true)
        }
        Cause::Timeout => Told::new("timeout", silent(trace.rung), true),
        Cause::Closed(reset) => {
            let how = if *reset { "reset" } else { "closed" };
            Told::new(
                "closed",
                format!("the server {how} the connection{}", during(trace.rung)),
                true,
            )
        }
        Cause::Answer(b'N') => Told::new(
            "N",
            format!("{place} does not offer TLS (it answered N), and the URL demands it"),
            false,
        ),
        Cause::Answer(byte) => Told::new(
            "garbage",
            format!(
                "{place} answered the request for TLS with {}: {}",
                shown(*byte),
                speaks(*byte)
            ),
            false,
        ),
        Cause::MissingRoot(_) | Cause::Certificate(_) | Cause::Protocol | Cause::Handshake(_) => {
            handshake(&trace.cause)
        }
        Cause::Server(error) => server(error),
        Cause::Method(_)
        | Cause::Mechanisms(_)
        | Cause::NoPassword
        | Cause::BindingWithoutTls
        | Cause::BindingNotOffered
        | Cause::Signature => authentication(&trace.cause),
        Cause::Garbage(text) => Told::new("garbage", text.clone(), false),
        Cause::Target { standby, read_only } => Told::new(
            "target-session-attrs",
            match (standby, read_only) {
                (true, _) => "the server is a standby, which target_session_attrs excludes",
                (_, true) => "the server is read-only, which target_session_attrs excludes",
                _ => "the server is a writable primary, which target_session_attrs excludes",
            },
            true,
        ),
        Cause::Cancelled => Told::new("cancelled", "interrupted", false),
    }
}

/// Causes of the tls rung.
fn handshake(cause: &Cause) -> Told {
    match cause {
        Cause::MissingRoot(path) => Told::new(
            "tls-missing-root",
            format!("the root certificate file {path} cannot be read, and this TLS mode needs it"),
            false,
        ),
        Cause::Certificate(refusal) => Told::new(
            refusal.outcome,
            match &refusal.certificate {
                Some(facts) => format!("{} ({})", refusal.reason, facts.describe()),
                None => refusal.reason.clone(),
            },
            false,
        ),
        Cause::Protocol => Told::new(
            "tls-protocol",
            "no common TLS version: the server offers nothing from TLS 1.2 on",
            false,
        ),
        Cause::Handshake(text) => {
            let client = text.contains("certificate required") || text.contains("bad certificate");
            let outcome = if client {
                "tls-client-cert"
            } else {
                "tls-failed"
            };
            Told::new(outcome, text.clone(), false)
        }
        _ => Told::new("tls-failed", "", false),
    }
}

/// Causes of the auth rung that are no error of the server.
fn authentication(cause: &Cause) -> Told {
    match cause {
        Cause::Method(number) => Told::new(
            "auth-unsupported",
            format!(
                "the server asks for authentication method {number}, which the driver does not know"
            ),
            false,
        ),
        Cause::Mechanisms(names) => Told::new(
            "auth-unsupported",
            format!(
                "the server offers only {}, which the driver cannot use here",
                names.join(", ")
            ),
            false,
        ),
        Cause::NoPassword => Told::new(
            "no-password",
            "the server asks for a password and the URL has none",
            false,
        ),
        Cause::BindingWithoutTls => Told::new(
            "channel-binding",
            "channel binding is demanded, but the connection has no TLS",
            false,
        ),
        Cause::BindingNotOffered => Told::new(
            "channel-binding",
            "channel binding is demanded, and the server does not offer it",
            false,
        ),
        Cause::Signature => Told::new(
            "server-signature",
            "the server could not prove that it knows the password: it is not the server it claims to be",
            false,
        ),
        _ => Told::new("auth-unsupported", "", false),
    }
}

fn tcp_failure(failures: &[(std::net::SocketAddr, super::trace::SocketError)]) -> Told {
    let tried: Vec<tcp::Tried> = failures
        .iter()
        .map(|(address, error)| tcp::Tried {
            address: *address,
            after: std::time::Duration::ZERO,
            error: Some(error.clone()),
        })
        .collect();
    let outcome = tcp::outcome(&tried);
    let why = match outcome {
        "refused" => "nothing listens there",
        "filtered" => "packets are dropped: a firewall, a security group or a wrong address",
        "denied" => "this machine forbids the connection",
        _ => "there is no route",
    };
    let each = failures
        .iter()
        .map(|(address, error)| format!("{address}: {}", error.text))
        .collect::<Vec<_>>()
        .join("; ");
    Told::new(outcome, format!("{each} ({why})"), true)
}

fn silent(rung: Rung) -> &'static str {
    match rung {
        Rung::SslRequest => {
            "no answer to the request for TLS: something accepts connections and stays silent"
        }
        Rung::Tls => "the TLS handshake does not end",
        Rung::Auth => "no answer to the start-up packet or the password",
        Rung::Database => "authenticated, but the session does not begin",
        Rung::Session => "no answer to a query",
        _ => "no answer",
    }
}

fn during(rung: Rung) -> &'static str {
    match rung {
        Rung::SslRequest => {
            " instead of answering the request for TLS (a load balancer without a server behind it, a port that wants TLS at once, or no PostgreSQL)"
        }
        Rung::Tls => " during the TLS handshake",
        Rung::Auth => " after the start-up packet (a proxy, or a server that is going down)",
        Rung::Database => " after the authentication",
        Rung::Session => " during a query",
        _ => "",
    }
}

fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("`{}`", char::from(byte))
    } else {
        format!("byte 0x{byte:02x}")
    }
}

fn speaks(byte: u8) -> &'static str {
    match byte {
        b'H' => "an HTTP server",
        b'E' => "an error instead of S or N; the server's log has its text",
        0x15 | 0x16 => "a port that speaks TLS from the first byte",
        b'S' => "S",
        b'2' | b'5' => "a mail server, perhaps",
        0x40..=0x60 => "a MySQL server, perhaps",
        _ => "no PostgreSQL",
    }
}

/// What a SQLSTATE means while connecting, and whether it passes by itself. Source: PostgreSQL
/// manual, appendix "Error Codes", and PgBouncer's own use of 08P01.
fn server(error: &ServerError) -> Told {
    let message = error.message();
    let (why, transient) = match error.code() {
        "28P01" => (
            "wrong password, no such role, or a role that is expired or has no password: the server does not tell which",
            false,
        ),
        "28000" if message.contains("pg_hba.conf") => (
            "pg_hba.conf does not let this user, host, database and encryption in",
            false,
        ),
        "28000" => ("the server does not let this role in", false),
        "3D000" => ("there is no such database", false),
        "42501" => ("the role lacks a privilege", false),
        "53300" => ("all connections are taken", true),
        "57P03" => ("the server is starting, stopping or recovering", true),
        "57P01" | "57P02" => ("the server is being stopped or restarted", true),
        "55000" => ("the database accepts no connections", false),
        "08P01"
            if message.contains("server_login_retry") || message.contains("query_wait_timeout") =>
        {
            ("the pooler does not reach its server", true)
        }
        "08P01" if message.contains("SASL") || message.contains("password") => {
            ("the pooler refuses the role or its password", false)
        }
        "08P01" => ("the server or a pooler refuses the start-up packet", false),
        code if code.starts_with("53") || code.starts_with("57") || code.starts_with("08") => {
            ("", true)
        }
        _ => ("", false),
    };
    let mut detail = format!("{} {}", error.code(), message);
    if !error.detail().is_empty() {
        detail.push_str(&format!("; {}", error.detail()));
    }
    if !why.is_empty() {
        detail.push_str(&format!(" ({why})"));
    }
    Told {
        outcome: if error.code().is_empty() {
            "garbage".to_owned()
        } else {
            error.code().to_owned()
        },
        detail,
        sqlstate: Some(error.code().to_owned()).filter(|c| !c.is_empty()),
        transient,
    }
}

/// The rung on which an error during start-up belongs.
pub fn rung_of(error: &ServerError, authenticated: bool) -> Rung {
    // A role that does not exist or may not log in is found after a `trust` or a right password.
    if error.code().starts_with("28") {
        return Rung::Auth;
    }
    if authenticated {
        return Rung::Database;
    }
    let pooler_auth = error.code() == "08P01"
        && (error.message().contains("SASL") || error.message().contains("authentication"));
    if pooler_auth {
        Rung::Auth
    } else {
        Rung::Database
    }
}
