//! Behaviour and words of libpq (15 to 18), and of psycopg and psycopg2 around it.

use std::net::{IpAddr, SocketAddr};

use super::super::certificate::Facts;
use super::super::plan::{Address, Attrs, Plan, TlsMode, masked_host};
use super::super::trace::{Cause, SocketError, Trace};
use crate::knowledge::driver_errors::{self, fill};
use crate::model::{Exception, Rung};

/// `prefer` and `allow`: a refusal before AuthenticationOk, or a failed handshake.
pub(super) fn tries_other_transport(trace: &Trace) -> bool {
    match &trace.cause {
        Cause::Server(error) => !trace.authenticated && error.code() != "57P03",
        Cause::Certificate(_) | Cause::Protocol | Cause::Handshake(_) => true,
        Cause::Closed(_) => trace.rung >= Rung::Tls && !trace.authenticated,
        _ => false,
    }
}

/// The next host follows when nothing listens, or when the server cannot serve now.
pub(super) fn goes_on(trace: &Trace) -> bool {
    match &trace.cause {
        Cause::Server(error) => error.code() == "57P03",
        Cause::Dns(..) | Cause::Tcp(_) | Cause::Unix(_) | Cause::Timeout | Cause::Target { .. } => {
            true
        }
        _ => false,
    }
}

/// One attempt per address; the last exception, and all of them listed when there were several.
pub(super) fn psycopg(plan: &Plan, traces: &[Trace]) -> Option<Exception> {
    let mut attempts: Vec<(String, Exception)> = Vec::new();
    let mut dns = None;
    for trace in traces {
        match &trace.cause {
            Cause::Dns(errno, text) => {
                let Address::Tcp(host, _) = &trace.address else {
                    continue;
                };
                dns = Some(Exception {
                    kind: "psycopg.OperationalError".to_owned(),
                    message: if plan.client.version < (3, 3) {
                        format!("[Errno {errno}] {text}")
                    } else {
                        let host = masked_host(host);
                        format!("failed to resolve host '{host}': [Errno {errno}] {text}")
                    },
                });
            }
            Cause::Tcp(failures) => {
                for (address, error) in failures {
                    let line = socket_line(plan, &trace.address, Some(*address), error)?;
                    attempts.push(attempt(plan, trace, Some(*address), line, error));
                }
            }
            _ => {
                let line = line(plan, trace)?;
                let described = described(plan, &trace.address, trace.peer);
                // A second transport at the same address belongs to the same attempt.
                match attempts.last_mut() {
                    Some((place, error))
                        if *place == described
                            && plan.tls.mode <= TlsMode::Prefer
                            && error.kind == line.kind =>
                    {
                        let addition = line
                            .message
                            .strip_prefix("connection failed: ")
                            .unwrap_or(&line.message);
                        error.message.push('\n');
                        error.message.push_str(addition);
                    }
                    _ => attempts.push((described, line)),
                }
            }
        }
    }
    let Some((_, last)) = attempts.last() else {
        return dns;
    };
    let mut raised = last.clone();
    if attempts.len() > 1 {
        raised
            .message
            .push_str("\nMultiple connection attempts failed. All failures were:");
        for (place, error) in &attempts {
            raised
                .message
                .push_str(&format!("\n- {place}: {}", error.message));
        }
    }
    Some(raised)
}

fn attempt(
    plan: &Plan,
    trace: &Trace,
    peer: Option<SocketAddr>,
    line: String,
    error: &SocketError,
) -> (String, Exception) {
    let place = described(plan, &trace.address, peer);
    let exception = match error.errno {
        None => timeout(),
        // `connect` refuses these at once, before psycopg starts to poll.
        Some(101 | 22 | 99) => Exception {
            kind: "psycopg.OperationalError".to_owned(),
            message: format!("connection is bad: {line}"),
        },
        Some(_) => Exception {
            kind: "psycopg.OperationalError".to_owned(),
            message: format!("connection failed: {line}"),
        },
    };
    (place, exception)
}

fn timeout() -> Exception {
    Exception {
        kind: "psycopg.errors.ConnectionTimeout".to_owned(),
        message: "connection timeout expired".to_owned(),
    }
}

fn described(plan: &Plan, address: &Address, peer: Option<SocketAddr>) -> String {
    let (host, port) = match address {
        Address::Tcp(host, port) => (format!("'{}'", masked_host(host)), port.to_string()),
        Address::Unix(path) => {
            let (dir, port) = path.rsplit_once("/.s.PGSQL.").unwrap_or((path, ""));
            (format!("'{dir}'"), port.to_owned())
        }
    };
    let port = if plan.port_given {
        format!("'{port}'")
    } else {
        "None".to_owned()
    };
    let addr = peer.map_or_else(|| "None".to_owned(), |p| format!("'{}'", p.ip()));
    format!("host: {host}, port: {port}, hostaddr: {addr}")
}

/// One exception of psycopg for one trace that is neither DNS nor TCP.
fn line(plan: &Plan, trace: &Trace) -> Option<Exception> {
    if matches!(trace.cause, Cause::Timeout) {
        return Some(timeout());
    }
    let text = text(plan, trace)?;
    let how = match &trace.cause {
        Cause::Unix(_) => "connection is bad",
        _ => "connection failed",
    };
    Some(Exception {
        kind: "psycopg.OperationalError".to_owned(),
        message: format!("{how}: {}{text}", prefix(plan, &trace.address, trace.peer)),
    })
}

/// All failures line by line, as libpq collects them.
pub(super) fn psycopg2(plan: &Plan, traces: &[Trace]) -> Option<Exception> {
    let mut lines = Vec::new();
    for trace in traces {
        match &trace.cause {
            Cause::Tcp(failures) => {
                for (address, error) in failures {
                    lines.push(socket_line(plan, &trace.address, Some(*address), error)?);
                }
            }
            Cause::Dns(_, text) => {
                let Address::Tcp(host, _) = &trace.address else {
                    return None;
                };
                lines.push(fill(
                    driver_errors::libpq("dns")?,
                    &[("host", &masked_host(host)), ("strerror", text)],
                ));
            }
            _ => lines.push(format!(
                "{}{}",
                prefix(plan, &trace.address, trace.peer),
                text(plan, trace)?
            )),
        }
    }
    Some(Exception {
        kind: "psycopg2.OperationalError".to_owned(),
        message: format!("{}\n", lines.join("\n")),
    })
}

fn socket_line(
    plan: &Plan,
    address: &Address,
    peer: Option<SocketAddr>,
    error: &SocketError,
) -> Option<String> {
    let words = match error.errno {
        Some(111) => driver_errors::libpq("refused")?.to_owned(),
        Some(_) => fill(
            driver_errors::libpq("unreachable")?,
            &[("strerror", &error.text)],
        ),
        // Without a limit of its own libpq waits until the system gives up.
        None if plan.limit.is_some() => driver_errors::libpq("syn-timeout")?.to_owned(),
        None => fill(
            driver_errors::libpq("unreachable")?,
            &[("strerror", "Connection timed out")],
        ),
    };
    Some(format!("{}{words}", prefix(plan, address, peer)))
}

/// `connection to server at "localhost" (127.0.0.1), port 5432 failed: `
fn prefix(plan: &Plan, address: &Address, peer: Option<SocketAddr>) -> String {
    match address {
        Address::Unix(path) => format!("connection to server on socket \"{path}\" failed: "),
        Address::Tcp(host, port) => {
            let ip = peer.map(|p| p.ip().to_string());
            let shown = masked_host(host);
            let given = host.parse::<IpAddr>().is_ok();
            let place = match ip {
                // psycopg 3 resolves by itself and hands over the address only.
                Some(ip) if plan.client.name == "psycopg" || given => format!("\"{ip}\""),
                Some(ip) => format!("\"{shown}\" ({ip})"),
                None => format!("\"{shown}\""),
            };
            format!("connection to server at {place}, port {port} failed: ")
        }
    }
}

fn text(plan: &Plan, trace: &Trace) -> Option<String> {
    let host = match &trace.address {
        Address::Tcp(host, _) => host.as_str(),
        Address::Unix(_) => "",
    };
    let say = |cause: &str| driver_errors::libpq(cause).map(str::to_owned);
    match &trace.cause {
        Cause::Unix(error) => Some(fill(
            driver_errors::libpq("no-socket")?,
            &[("strerror", &error.text)],
        )),
        Cause::Timeout if plan.limit.is_some() => say("syn-timeout"),
        Cause::Closed(true) if trace.rung < Rung::Tls => say("reset"),
        Cause::Closed(_) if trace.rung == Rung::Tls => None,
        Cause::Closed(_) => say("closed"),
        Cause::Answer(b'N') => say("unsupported"),
        Cause::Answer(b'E') => say("ssl-error-response"),
        Cause::Answer(byte) => Some(fill(
            driver_errors::libpq("invalid-byte")?,
            &[("byte", &char::from(*byte).to_string())],
        )),
        Cause::MissingRoot(path) => Some(format!(
            "root certificate file \"{path}\" does not exist\nEither provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification."
        )),
        Cause::Certificate(refusal) if refusal.outcome == "tls-wrong-host" => {
            let (name, others) = examined(refusal.certificate.as_ref()?, host)?;
            Some(fill(
                driver_errors::libpq("wrong-host")?,
                &[("name", &name), ("others", &others), ("host", host)],
            ))
        }
        Cause::Certificate(_) => say("cert"),
        Cause::Protocol => say("tls-protocol"),
        Cause::Server(error) => Some(server(error)),
        Cause::Method(number) => Some(fill(
            driver_errors::libpq("method")?,
            &[("method", &number.to_string())],
        )),
        Cause::Mechanisms(names) if names.iter().any(|n| n == "SCRAM-SHA-256-PLUS") => {
            say("sasl-plus-plain")
        }
        Cause::Mechanisms(_) => say("sasl-none"),
        Cause::NoPassword => say("no-password"),
        Cause::BindingWithoutTls => say("binding-no-tls"),
        Cause::BindingNotOffered => say("binding-no-plus"),
        Cause::Target { standby, read_only } => say(target(plan.attrs, *standby, *read_only)),
        _ => None,
    }
}

/// The first name that libpq compares and how many others: all alternative names, and the common
/// name when none of them is of the host's kind.
fn examined(certificate: &Facts, host: &str) -> Option<(String, String)> {
    let is_ip = |name: &str| name.parse::<IpAddr>().is_ok();
    let mut names = certificate.names.clone();
    if !names.iter().any(|name| is_ip(name) == is_ip(host)) && !certificate.common_name.is_empty() {
        names.push(certificate.common_name.clone());
    }
    let others = match names.len().checked_sub(1)? {
        0 => String::new(),
        1 => " (and 1 other name)".to_owned(),
        n => format!(" (and {n} other names)"),
    };
    Some((names.swap_remove(0), others))
}

fn server(error: &crate::wire::pg::ServerError) -> String {
    let mut text = format!("{}:  {}", error.severity(), error.message());
    for (name, more) in [("DETAIL", error.detail()), ("HINT", error.hint())] {
        if !more.is_empty() {
            text.push_str(&format!("\n{name}:  {more}"));
        }
    }
    text
}

fn target(attrs: Attrs, standby: bool, _read_only: bool) -> &'static str {
    match attrs {
        Attrs::ReadWrite => "not-read-write",
        Attrs::ReadOnly => "not-read-only",
        Attrs::Primary => "not-primary",
        Attrs::Standby | Attrs::PreferStandby | Attrs::Any => {
            if standby {
                "not-primary"
            } else {
                "not-standby"
            }
        }
    }
}
