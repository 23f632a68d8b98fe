//! pg8000's words (1.29 to 1.31): it tells fields as a dictionary and hides socket errors in the
//! chain of causes.

use super::super::plan::{Address, Plan, masked_host};
use super::super::trace::{Cause, Trace};
use crate::model::Exception;

fn interface(message: impl Into<String>) -> Exception {
    Exception {
        kind: "pg8000.exceptions.InterfaceError".to_owned(),
        message: message.into(),
    }
}

pub(super) fn raised(plan: &Plan, traces: &[Trace]) -> Option<Exception> {
    let trace = traces.last()?;
    match (&trace.cause, &trace.address) {
        (Cause::Dns(..) | Cause::Tcp(_), Address::Tcp(host, port)) => {
            let limit = plan
                .limit
                .map_or_else(|| "None".to_owned(), |l| l.as_secs_f64().to_string());
            let host = masked_host(host);
            Some(interface(format!(
                "Can't create a connection to host {host} and port {port} (timeout is {limit} and source_address is None)."
            )))
        }
        (Cause::Answer(b'N'), _) => Some(interface("Server refuses SSL")),
        (Cause::Server(error), _) => {
            let fields = error
                .fields
                .iter()
                .map(|(kind, text)| format!("'{kind}': {}", quoted(text)))
                .collect::<Vec<_>>()
                .join(", ");
            let kind = match error.code() {
                "28000" => "pg8000.exceptions.InterfaceError",
                _ => "pg8000.dbapi.ProgrammingError",
            };
            Some(Exception {
                kind: kind.to_owned(),
                message: format!("{{{fields}}}"),
            })
        }
        (Cause::NoPassword, _) => Some(Exception {
            kind: "AttributeError".to_owned(),
            message: "'NoneType' object has no attribute 'decode'".to_owned(),
        }),
        _ => None,
    }
}

/// `repr()` of a Python string.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if text.contains('\'') && !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "\\'"))
    }
}
