//! asyncpg's behaviour and words (`connect_utils.py`, 0.27 to 0.32).

use std::net::SocketAddr;

use super::super::plan::{Address, Attrs, Client, Plan, TlsMode, masked_host};
use super::super::trace::{Cause, SocketError, Trace};
use crate::knowledge::driver_errors::{self, fill};
use crate::model::{Exception, Rung};

/// Before 0.32 only refusals of the authorisation (class 28) and a closed connection lead to the
/// second attempt; since 0.32 every refusal before AuthenticationOk, and a failed handshake.
pub(super) fn tries_other_transport(client: &Client, trace: &Trace) -> bool {
    let closed_in_startup = matches!(trace.cause, Cause::Closed(_)) && trace.rung > Rung::Tls;
    if closed_in_startup && !trace.authenticated {
        return true;
    }
    let wide = client.version >= (0, 32);
    match &trace.cause {
        Cause::Server(error) if wide => !trace.authenticated && error.code() != "57P03",
        Cause::Server(error) => ["28000", "28P01"].contains(&error.code()),
        Cause::Certificate(_) | Cause::Protocol | Cause::Handshake(_) => wide,
        Cause::Closed(_) => wide && trace.rung == Rung::Tls,
        _ => false,
    }
}

/// Only an `OSError` leads to the next host; since 0.32 also "cannot connect now".
pub(super) fn goes_on(client: &Client, trace: &Trace) -> bool {
    match &trace.cause {
        Cause::Server(error) => {
            client.version >= (0, 32) && error.code() == "57P03" && !trace.authenticated
        }
        Cause::Closed(_) => trace.rung <= Rung::Tls,
        Cause::Dns(..)
        | Cause::Tcp(_)
        | Cause::Unix(_)
        | Cause::Answer(_)
        | Cause::Certificate(_)
        | Cause::Protocol
        | Cause::Handshake(_)
        | Cause::Target { .. } => true,
        _ => false,
    }
}

pub(super) fn raised(plan: &Plan, traces: &[Trace]) -> Option<Exception> {
    let last = traces.last()?;
    if let Cause::Target { .. } = last.cause {
        // The last failure of another host wins over "none of the hosts match".
        let other = traces
            .iter()
            .rev()
            .find(|t| !matches!(t.cause, Cause::Target { .. }));
        return match other {
            Some(trace) => one(plan, trace),
            None => target(plan.attrs),
        };
    }
    let second = one(plan, last)?;
    // 0.32 does not let the refusal of the plain attempt hide that of the password.
    if plan.client.version >= (0, 32)
        && plan.tls.mode == TlsMode::Prefer
        && let [.., first, _] = traces
        && first.address == last.address
        && matches!(&first.cause, Cause::Server(e) if e.code() == "28P01")
        && hidden_by_first(&last.cause)
    {
        return one(plan, first);
    }
    Some(second)
}

fn hidden_by_first(cause: &Cause) -> bool {
    match cause {
        Cause::Server(error) => error.code() == "28000",
        Cause::Closed(_) => true,
        _ => false,
    }
}

fn say(cause: &str, values: &[(&str, &str)]) -> Option<Exception> {
    let (kind, text) = driver_errors::asyncpg(cause)?;
    Some(Exception {
        kind: kind.to_owned(),
        message: fill(text, values),
    })
}

fn one(plan: &Plan, trace: &Trace) -> Option<Exception> {
    let (host, port) = match &trace.address {
        Address::Tcp(host, port) => (masked_host(host), port.to_string()),
        Address::Unix(path) => (path.clone(), String::new()),
    };
    let place = [("host", host.as_str()), ("port", port.as_str())];
    match &trace.cause {
        Cause::Dns(errno, text) => {
            say("dns", &[("errno", &errno.to_string()), ("strerror", text)])
        }
        Cause::Tcp(failures) => tcp(failures),
        Cause::Unix(error) => match error.errno {
            Some(2) => say("no-socket", &[]),
            Some(111) => say("socket-refused", &[]),
            _ => None,
        },
        Cause::Timeout => say("timeout", &[]),
        Cause::Closed(reset) => closed(trace, *reset),
        Cause::Answer(b'E') if plan.client.version >= (0, 32) => {
            say("ssl-error-response", &place)
        }
        Cause::Answer(_) => say("rejected", &place),
        Cause::Certificate(refusal) => say("cert", &[("reason", &reason(refusal, &host))]),
        Cause::Protocol => say("tls-protocol", &[]),
        Cause::Server(error) => Some(server(error)),
        Cause::Mechanisms(methods) => say("sasl", &[("methods", &methods.join(", "))]),
        Cause::Method(7 | 9) => Some(Exception {
            kind: "asyncpg.exceptions._base.InterfaceError".to_owned(),
            message: "gssapi module not found; please install asyncpg[gssauth] to use asyncpg with Kerberos/GSSAPI/SSPI authentication".to_owned(),
        }),
        Cause::Method(number) => say("method", &[("method", &number.to_string())]),
        Cause::Signature => say("signature", &[]),
        _ => None,
    }
}

/// Python's words for a name that does not match; all others are OpenSSL's.
fn reason(refusal: &super::super::trace::Refusal, host: &str) -> String {
    if refusal.outcome != "tls-wrong-host" {
        return refusal.reason.clone();
    }
    let what = if host.parse::<std::net::IpAddr>().is_ok() {
        "IP address mismatch"
    } else {
        "Hostname mismatch"
    };
    format!("{what}, certificate is not valid for '{host}'.")
}

fn server(error: &crate::wire::pg::ServerError) -> Exception {
    let mut message = error.message().to_owned();
    for (name, text) in [("DETAIL", error.detail()), ("HINT", error.hint())] {
        if !text.is_empty() {
            message.push_str(&format!("\n{name}:  {text}"));
        }
    }
    Exception {
        kind: format!(
            "asyncpg.exceptions.{}",
            driver_errors::asyncpg_class(error.code())
        ),
        message,
    }
}

fn closed(trace: &Trace, reset: bool) -> Option<Exception> {
    match trace.rung {
        Rung::SslRequest if reset => say("reset", &[]),
        Rung::SslRequest => say("closed-ssl", &[]),
        // What a broken handshake raises depends on the version of Python.
        Rung::Tls => None,
        _ if reset => say("reset", &[]),
        _ => say("closed", &[]),
    }
}

/// asyncio tries the addresses one after the other and tells of all of them.
fn tcp(failures: &[(SocketAddr, SocketError)]) -> Option<Exception> {
    let said: Vec<Exception> = failures
        .iter()
        .map(|(address, error)| {
            let errno = error.errno?;
            let cause = match errno {
                111 => "refused",
                1 | 13 => "denied",
                _ => "unreachable",
            };
            say(
                cause,
                &[
                    ("errno", &errno.to_string()),
                    ("address", &python_address(*address)),
                ],
            )
        })
        .collect::<Option<_>>()
        // One address that drops packets holds asyncpg until its own limit.
        .or_else(|| say("timeout", &[]).map(|e| vec![e]))?;
    let first = said.first()?;
    if said.iter().all(|e| e.message == first.message) {
        return Some(first.clone());
    }
    let all = said
        .iter()
        .map(|e| e.message.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    say("several", &[("several", &all)])
}

/// `('127.0.0.1', 5432)` or `('::1', 5432, 0, 0)`.
fn python_address(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(a) => format!("('{}', {})", a.ip(), a.port()),
        SocketAddr::V6(a) => format!(
            "('{}', {}, {}, {})",
            a.ip(),
            a.port(),
            a.flowinfo(),
            a.scope_id()
        ),
    }
}

fn target(attrs: Attrs) -> Option<Exception> {
    say(
        "target",
        &[
            ("member", &attrs.word().replace('-', "_")),
            ("attrs", attrs.word()),
        ],
    )
}

/// How SQLAlchemy 2.1 maps asyncpg's classes: outer class, inner class.
pub(super) fn translated(module: &str, class: &str) -> Option<(&'static str, &'static str)> {
    if !module.starts_with("asyncpg.exceptions") {
        return None;
    }
    Some(match class {
        "InterfaceError" | "ClientConfigurationError" => ("InterfaceError", "InterfaceError"),
        "InternalClientError" | "TargetServerAttributeNotMatched" => {
            ("InternalError", "InternalClientError")
        }
        class => {
            let is = |prefix: &str| {
                driver_errors::asyncpg_state(class).is_some_and(|s| s.starts_with(prefix))
            };
            if is("42") {
                ("ProgrammingError", "ProgrammingError")
            } else if is("XX") {
                ("InternalError", "InternalServerError")
            } else if is("23") {
                ("IntegrityError", "IntegrityError")
            } else {
                ("DBAPIError", "Error")
            }
        }
    })
}
