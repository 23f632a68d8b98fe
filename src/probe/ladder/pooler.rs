//! Is a pooler in between, and how does it work?
//!
//! A pooler hands out cancellation keys of its own, so the process id in the key is not that of
//! the server process that answers. Which mode it runs in shows when two connections are open at
//! once: in session mode each holds a server process, in transaction mode an idle client holds
//! none, and both queries meet the same process.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::plan::{Family, Plan};
use super::session::{Refused, Session, rows};
use super::startup::Opened;
use crate::wire::queries;

/// How a pooler lends server connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Session,
    Transaction,
    Statement,
    Unknown,
}

/// Does a pooler answer? Decided by the key that came with the session.
pub fn present(session: &Session) -> bool {
    match (session.facts.get("key_pid"), session.facts.get("pid")) {
        (Some(key), Some(pid)) => key != pid,
        _ => false,
    }
}

/// Tells the mode with the help of a second connection.
pub async fn mode(
    first: &Opened,
    second: &Opened,
    limit: Duration,
    cancel: &CancellationToken,
) -> Mode {
    let mut processes: [Vec<String>; 2] = Default::default();
    // Other clients may take a process in between; in transaction mode three rounds on a pooler
    // that is not saturated meet the same one at least once.
    for _ in 0..3 {
        for (i, opened) in [first, second].into_iter().enumerate() {
            match pid(opened, limit, cancel).await {
                Some(pid) => processes[i].push(pid),
                None => return Mode::Unknown,
            }
        }
        if processes[0].iter().any(|pid| processes[1].contains(pid)) {
            return shared_mode(second, limit, cancel).await;
        }
    }
    let stable = processes
        .iter()
        .all(|seen| seen.windows(2).all(|w| w[0] == w[1]));
    if stable { Mode::Session } else { Mode::Unknown }
}

/// Transaction or statement mode: the latter refuses BEGIN, and ends the connection.
async fn shared_mode(second: &Opened, limit: Duration, cancel: &CancellationToken) -> Mode {
    match rows(&second.client, "BEGIN", limit, cancel).await {
        Ok(_) => {
            let _ = rows(&second.client, "ROLLBACK", limit, cancel).await;
            Mode::Transaction
        }
        Err(Refused::Server(error)) if error.message().contains("statement pooling") => {
            Mode::Statement
        }
        Err(_) => Mode::Unknown,
    }
}

async fn pid(opened: &Opened, limit: Duration, cancel: &CancellationToken) -> Option<String> {
    let rows = rows(&opened.client, queries::PID, limit, cancel)
        .await
        .ok()?;
    rows.into_iter().next()?.remove("pid").flatten()
}

/// Does the pooler carry prepared statements from one server process to another (PgBouncer 1.21
/// and later with `max_prepared_statements`)? It then gives them names of its own.
///
/// The statement lives inside one transaction, so it is closed on the process that has it.
pub async fn carries_prepared(
    opened: &Opened,
    limit: Duration,
    cancel: &CancellationToken,
) -> Option<bool> {
    let client = &opened.client;
    rows(client, "BEGIN", limit, cancel).await.ok()?;
    let prepared = super::limits::within(limit, cancel, client.prepare(queries::ONE)).await;
    let names = match prepared {
        Ok(Ok(_statement)) => rows(client, queries::PREPARED, limit, cancel).await.ok(),
        _ => None,
    };
    let _ = rows(client, "ROLLBACK", limit, cancel).await;
    let names: Vec<String> = names?
        .into_iter()
        .filter_map(|mut row| row.remove("name").flatten())
        .collect();
    Some(names.iter().any(|name| name.starts_with("PGBOUNCER_")))
}

/// What the mode means for this driver.
pub fn judge(plan: &Plan, session: &mut Session, mode: Mode, carries: Option<bool>) {
    let name = match mode {
        Mode::Session => "session",
        Mode::Transaction => "transaction",
        Mode::Statement => "statement",
        Mode::Unknown => "unknown",
    };
    session.facts.insert("pooler".to_owned(), name.to_owned());
    if let Some(carries) = carries {
        session
            .facts
            .insert("pooler_prepared".to_owned(), carries.to_string());
    }
    let breaks = plan.client.prepares() && !plan.unprepared && carries != Some(true);
    match mode {
        Mode::Session => session.note(
            "pooler-session",
            "a pooler in session mode is in between: every client holds a server connection while it is connected",
            "keep pool_size times workers below the pooler's default_pool_size",
        ),
        Mode::Unknown => session.note(
            "pooler",
            "a pooler is in between; how it works could not be told",
            "",
        ),
        Mode::Statement => session.note(
            "pooler-statement",
            "a pooler in statement mode is in between: it refuses transactions, which SQLAlchemy always opens",
            "use transaction mode, or isolation_level=\"AUTOCOMMIT\"",
        ),
        Mode::Transaction if breaks => session.note(
            "pooler-transaction",
            format!(
                "a pooler in transaction mode is in between and does not carry prepared statements, which {} uses: statements fail now and then with 26000 or 42P05",
                plan.client.name
            ),
            cure(plan),
        ),
        Mode::Transaction => session.note(
            "pooler",
            "a pooler in transaction mode is in between; this driver works with it",
            "",
        ),
    }
}

fn cure(plan: &Plan) -> &'static str {
    match plan.client.family {
        Family::Asyncpg if plan.client.sqlalchemy.is_some() => {
            "connect_args={\"statement_cache_size\": 0} (in code, a URL cannot give it), or max_prepared_statements in PgBouncer 1.21 and later"
        }
        Family::Asyncpg => {
            "statement_cache_size=0 in connect(), or max_prepared_statements in PgBouncer 1.21 and later"
        }
        _ => {
            "prepare_threshold=None (connect_args with SQLAlchemy), or max_prepared_statements in PgBouncer 1.21 and later"
        }
    }
}
