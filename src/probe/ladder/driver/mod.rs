//! What the backend's own driver would raise: from traces to an exception, by family.
//!
//! Texts come from `knowledge::driver_errors`. Must not know sockets.

mod asyncpg;
mod libpq;
mod pg8000;

use super::plan::{Client, Family, Plan};
use super::trace::{Cause, Trace};
use crate::knowledge::driver_errors;
use crate::model::Exception;

/// The exception that Python shows after these attempts; `None` when it cannot be foretold.
pub fn raised(plan: &Plan, traces: &[Trace]) -> Option<Exception> {
    let sure = plan.client.exact && plan.unknown_args.is_empty();
    if !sure || traces.iter().any(|t| matches!(t.cause, Cause::Cancelled)) {
        return None;
    }
    let native = match plan.client.family {
        Family::Asyncpg => asyncpg::raised(plan, traces)?,
        Family::Psycopg => libpq::psycopg(plan, traces)?,
        Family::Psycopg2 => libpq::psycopg2(plan, traces)?,
        Family::Pg8000 => pg8000::raised(plan, traces)?,
    };
    Some(through_sqlalchemy(&plan.client, native))
}

/// After a refusal over one transport: does the driver try the other one?
pub fn tries_other_transport(plan: &Plan, trace: &Trace) -> bool {
    match plan.client.family {
        Family::Asyncpg => asyncpg::tries_other_transport(&plan.client, trace),
        Family::Psycopg | Family::Psycopg2 => libpq::tries_other_transport(trace),
        Family::Pg8000 => false,
    }
}

/// After a failure at one address: does the driver go on to the next one?
pub fn goes_on(plan: &Plan, trace: &Trace) -> bool {
    match plan.client.family {
        Family::Asyncpg => asyncpg::goes_on(&plan.client, trace),
        // psycopg 3 makes one attempt per host, whatever the reason.
        Family::Psycopg => true,
        Family::Psycopg2 => libpq::goes_on(trace),
        Family::Pg8000 => false,
    }
}

/// The exception as it leaves SQLAlchemy: wrapped for DBAPI errors, with the tail that names a
/// page of its documentation.
pub fn through_sqlalchemy(client: &Client, native: Exception) -> Exception {
    if client.sqlalchemy.is_none() {
        return native;
    }
    let Some((class, inner, message)) = wrapping(client, &native) else {
        return native;
    };
    let mut wrapped = Exception {
        kind: format!("sqlalchemy.exc.{class}"),
        message: format!("({inner}) {message}"),
    };
    add_background(client, &mut wrapped);
    wrapped
}

/// Class in `sqlalchemy.exc`, class shown in parentheses, text.
fn wrapping(client: &Client, native: &Exception) -> Option<(&'static str, String, String)> {
    let (module, class) = native.kind.rsplit_once('.')?;
    match client.family {
        Family::Asyncpg => {
            if client.sqlalchemy < Some((2, 1)) {
                return None;
            }
            let (class, inner) = asyncpg::translated(module, class)?;
            let inner = format!("sqlalchemy.dialects.postgresql.asyncpg.{inner}");
            // SQLAlchemy takes the first argument of the exception, without DETAIL and HINT.
            let message = ["\nDETAIL:  ", "\nHINT:  "]
                .iter()
                .filter_map(|mark| native.message.find(mark))
                .min()
                .map_or(native.message.as_str(), |end| &native.message[..end]);
            Some((class, inner, message.to_owned()))
        }
        _ => {
            if !["psycopg", "psycopg2", "pg8000"]
                .contains(&module.split('.').next().unwrap_or_default())
            {
                return None;
            }
            let outer = match class {
                "ProgrammingError" => "ProgrammingError",
                "InterfaceError" => "InterfaceError",
                "DatabaseError" => "DatabaseError",
                "InternalError" => "InternalError",
                "NotSupportedError" => "NotSupportedError",
                // ConnectionTimeout and whatever else descends from it.
                _ => "OperationalError",
            };
            Some((outer, native.kind.clone(), native.message.clone()))
        }
    }
}

/// Appends `(Background on this error at: ...)` as `StatementError` does.
pub fn add_background(client: &Client, error: &mut Exception) {
    let Some((major, minor)) = client.sqlalchemy else {
        return;
    };
    let Some(code) = error
        .kind
        .strip_prefix("sqlalchemy.exc.")
        .and_then(driver_errors::sqlalchemy_code)
    else {
        return;
    };
    error.message.push_str(&format!(
        "\n(Background on this error at: https://sqlalche.me/e/{major}{minor}/{code})"
    ));
}
