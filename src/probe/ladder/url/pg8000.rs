//! What pg8000 makes of the arguments that SQLAlchemy gives it (`pg8000/core.py`, 1.29 to 1.31).

use std::time::Duration;

use super::super::plan::{Address, Attrs, Binding, Plan, Roots, TlsMode, TlsPlan, UrlFailure};
use super::Context;
use super::sqlalchemy::Parts;
use crate::model::Redacted;

pub(super) fn from_sqlalchemy(parts: &Parts, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    let argument = |name: &str| {
        context
            .options
            .connect_args
            .iter()
            .find(|(n, value)| n == name && !value.is_empty())
            .map(|(_, value)| value.trim_matches(['\'', '"']))
            .or_else(|| parts.first(name))
    };
    let Some(user) = parts.user.clone() else {
        return Err(UrlFailure::plain(
            "url-value",
            "pg8000 needs a user name; it asks neither the environment nor the system",
        ));
    };
    let port = u16::try_from(parts.port.unwrap_or(5432))
        .map_err(|_| UrlFailure::plain("url-port", "the port is outside of 0-65535"))?;
    let address = match argument("unix_sock") {
        Some(path) => Address::Unix(path.to_owned()),
        None => {
            let host = parts.host.clone().unwrap_or_else(|| "localhost".to_owned());
            Address::Tcp(host, port)
        }
    };
    // Without a context TLS is used where it is offered and never verified.
    let (mode, roots) = match argument("ssl_context") {
        None | Some("None") => (TlsMode::Prefer, Roots::Nobody),
        Some("False") => (TlsMode::Disable, Roots::Nobody),
        Some(_) => (TlsMode::VerifyFull, Roots::System),
    };
    Ok(Plan {
        client: context.client.clone(),
        unknown_args: context.unknown_args(),
        addresses: vec![address],
        port_given: true,
        database: parts.database.clone().unwrap_or_else(|| user.clone()),
        user,
        password: parts.password.clone().map(Redacted::new),
        password_from: None,
        tls: TlsPlan {
            mode,
            roots,
            names_apart: false,
            ..TlsPlan::off()
        },
        binding: Binding::Prefer,
        startup_options: String::new(),
        attrs: Attrs::Any,
        limit: argument("timeout")
            .and_then(|t| t.parse().ok())
            .and_then(|t: f64| Duration::try_from_secs_f64(t).ok()),
        unprepared: true,
    })
}
