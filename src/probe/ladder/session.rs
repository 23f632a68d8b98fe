//! The session rung: first queries, and what will go wrong once traffic comes.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_postgres::{Client, SimpleQueryMessage};
use tokio_util::sync::CancellationToken;

use super::limits::{Stop, within};
use super::options::LadderOptions;
use super::startup::{Opened, io_kind};
use super::trace::Cause;
use crate::model::{LadderNote, Rung};
use crate::wire::pg::ServerError;
use crate::wire::queries;

/// What the queries answered.
#[derive(Debug, Default)]
pub struct Session {
    /// By column of `wire::queries::FACTS`, and what follows from them.
    pub facts: BTreeMap<String, String>,
    /// What a person should know.
    pub notes: Vec<LadderNote>,
}

impl Session {
    fn is(&self, name: &str, value: &str) -> bool {
        self.facts.get(name).is_some_and(|v| v == value)
    }

    /// A hot standby?
    pub fn standby(&self) -> bool {
        self.is("standby", "t")
    }

    /// New transactions are read-only?
    pub fn read_only(&self) -> bool {
        self.is("read_only", "on")
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.facts.get(name)?.parse().ok()
    }

    pub(super) fn note(
        &mut self,
        outcome: &str,
        detail: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.notes.push(LadderNote {
            rung: Rung::Session,
            outcome: outcome.to_owned(),
            detail: detail.into(),
            cure: cure.into(),
        });
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        let fact = |name: &str| self.facts.get(name).map_or("?", String::as_str);
        let mut parts = vec![format!("PostgreSQL {}", fact("server_version"))];
        parts.push(
            if self.standby() {
                "standby, read-only"
            } else if self.read_only() {
                "read-only"
            } else {
                "read-write"
            }
            .to_owned(),
        );
        if let (Some(used), Some(allowed)) = (self.facts.get("used"), self.facts.get("allowed")) {
            parts.push(format!("{used} of {allowed} connections"));
        }
        parts.join(", ")
    }
}

/// Why a query brought no rows.
#[derive(Debug)]
pub enum Refused {
    /// The server said no.
    Server(ServerError),
    /// The connection ended or nothing came.
    Other(Cause),
}

/// Rows of one simple query; NULL is `None`.
pub async fn rows(
    client: &Client,
    sql: &str,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Vec<BTreeMap<String, Option<String>>>, Refused> {
    let answer = within(limit, cancel, client.simple_query(sql)).await;
    let messages = match answer {
        Ok(Ok(messages)) => messages,
        Ok(Err(error)) => return Err(refused(&error)),
        Err(Stop::Timeout) => return Err(Refused::Other(Cause::Timeout)),
        Err(Stop::Cancelled) => return Err(Refused::Other(Cause::Cancelled)),
    };
    Ok(messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .map(|row| {
            (0..row.len())
                .map(|i| {
                    (
                        row.columns()[i].name().to_owned(),
                        row.try_get(i).ok().flatten().map(str::to_owned),
                    )
                })
                .collect()
        })
        .collect())
}

fn refused(error: &tokio_postgres::Error) -> Refused {
    if let Some(db) = error.as_db_error() {
        let mut fields = vec![
            ('S', db.severity().to_owned()),
            ('C', db.code().code().to_owned()),
            ('M', db.message().to_owned()),
        ];
        fields.extend(db.detail().map(|d| ('D', d.to_owned())));
        fields.extend(db.hint().map(|h| ('H', h.to_owned())));
        return Refused::Server(ServerError { fields });
    }
    Refused::Other(match io_kind(error) {
        Some(std::io::ErrorKind::ConnectionReset) => Cause::Closed(true),
        Some(std::io::ErrorKind::InvalidData) => Cause::Garbage(error.to_string()),
        _ => Cause::Closed(false),
    })
}

/// Asks everything that one connection can tell.
///
/// # Errors
/// The cause, when not even `SELECT 1` is answered.
pub async fn ask(
    opened: &Opened,
    options: &LadderOptions,
    cancel: &CancellationToken,
) -> Result<Session, Cause> {
    let mut session = Session::default();
    let asked = SystemTime::now();
    match rows(&opened.client, queries::FACTS, options.timeout, cancel).await {
        Ok(rows) => {
            let facts = rows.into_iter().next().unwrap_or_default();
            for (name, value) in facts {
                if let Some(value) = value {
                    session
                        .facts
                        .insert(name, value.chars().take(200).collect());
                }
            }
            clock(&mut session, asked);
            judge(&mut session);
        }
        // A proxy or another product that speaks the protocol may lack a function; that it
        // answers at all is what counts.
        Err(Refused::Server(error)) if !fatal(&error) => {
            match rows(&opened.client, queries::ONE, options.timeout, cancel).await {
                Ok(_) => {
                    session
                        .facts
                        .insert("facts".to_owned(), "refused".to_owned());
                    let detail = format!(
                        "the server answers SELECT 1 but not the question for its state: {} {}",
                        error.code(),
                        error.message()
                    );
                    session.note("facts-refused", detail, "");
                }
                Err(Refused::Server(error)) => return Err(Cause::Server(error)),
                Err(Refused::Other(cause)) => return Err(truer(cause, opened)),
            }
        }
        Err(Refused::Server(error)) => return Err(Cause::Server(error)),
        Err(Refused::Other(cause)) => return Err(truer(cause, opened)),
    }
    parameters(&mut session, opened);
    Ok(session)
}

/// Did the error end the session?
fn fatal(error: &ServerError) -> bool {
    ["FATAL", "PANIC"].contains(&error.severity())
}

/// The client library only sees the end of the connection; the watch saw what came before it.
fn truer(cause: Cause, opened: &Opened) -> Cause {
    let seen = opened.seen.lock().unwrap_or_else(PoisonError::into_inner);
    match (&seen.refused, &seen.error, &cause) {
        (Some(refused), _, Cause::Closed(_)) => Cause::Garbage(refused.to_string()),
        (None, Some(error), Cause::Closed(_)) if fatal(error) => Cause::Server(error.clone()),
        _ => cause,
    }
}

/// What the server reported while it started the session.
fn parameters(session: &mut Session, opened: &Opened) {
    let seen = opened.seen.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, value) in &seen.parameters {
        if ["server_version", "server_encoding"].contains(&name.as_str()) {
            let key = if name == "server_encoding" {
                "encoding"
            } else {
                name
            };
            session
                .facts
                .entry(key.to_owned())
                .or_insert_with(|| value.chars().take(200).collect());
        }
    }
    if let Some(key) = seen.key {
        session.facts.insert("key_pid".to_owned(), key.to_string());
    }
}

/// Difference of the clocks, with half of the round trip as the uncertainty.
fn clock(session: &mut Session, asked: SystemTime) {
    let Some(server) = session.number("epoch") else {
        return;
    };
    let now = SystemTime::now();
    let seconds = |at: SystemTime| {
        at.duration_since(UNIX_EPOCH)
            .map_or(0.0, |d| d.as_secs_f64())
    };
    let (before, after) = (seconds(asked), seconds(now));
    let difference = server - f64::midpoint(before, after);
    let sure = difference.abs() - (after - before) / 2.0;
    session
        .facts
        .insert("clock_difference".to_owned(), format!("{difference:.1}"));
    if sure > 30.0 {
        session.note(
            "clock-skew",
            format!("the server's clock differs from this one by {difference:.0} s"),
            "synchronise the clocks: tokens, certificates and timestamps depend on them",
        );
    }
}

fn judge(session: &mut Session) {
    let fact = |session: &Session, name: &str| session.facts.get(name).cloned().unwrap_or_default();
    if session.standby() {
        session.note(
            "standby",
            "the server is a standby: every write fails with 25006",
            "connect to the primary (its own host name, or target_session_attrs=read-write with all hosts)",
        );
    } else if session.read_only() {
        session.note(
            "read-only",
            "new transactions are read-only: every write fails with 25006",
            "look for default_transaction_read_only in the server, the database or the role",
        );
    }
    let (role, schema) = (fact(session, "role"), fact(session, "schema"));
    match session.facts.get("can_create").map(String::as_str) {
        Some("f") => session.note(
            "no-create-right",
            format!("role \"{role}\" may not create tables in schema \"{schema}\""),
            format!("GRANT CREATE ON SCHEMA {schema} TO \"{role}\" (since PostgreSQL 15 nobody but the owner has it in public), or run migrations as the owner"),
        ),
        None => session.note(
            "no-create-right",
            "no schema of the search path exists, so tables cannot be created without naming one",
            "create the schema, or correct search_path",
        ),
        Some(_) => {}
    }
    if let (Some(used), Some(allowed)) = (session.number("used"), session.number("allowed"))
        && allowed > 0.0
        && allowed - used < allowed / 10.0
    {
        session.note(
            "connections-low",
            format!("{used} of {allowed} connections are in use"),
            "smaller pools (pool_size times workers), or a pooler",
        );
    }
    let encoding = fact(session, "encoding");
    if !encoding.is_empty() && encoding != "UTF8" {
        session.note(
            "encoding",
            format!("the database is encoded in {encoding}, not UTF8"),
            "text outside of that encoding fails with 22P05; create the database with ENCODING 'UTF8'",
        );
    }
}

/// Compares the revision in the database with the heads in the source.
pub async fn alembic(
    opened: &Opened,
    session: &mut Session,
    options: &LadderOptions,
    cancel: &CancellationToken,
) {
    if session.is("has_alembic", "f") {
        if !options.alembic_heads.is_empty() {
            session.note(
                "alembic-none",
                "the project has migrations; the database has no alembic_version table",
                "alembic upgrade head",
            );
        }
        return;
    }
    if !session.is("has_alembic", "t") {
        return;
    }
    let Ok(rows) = rows(&opened.client, queries::ALEMBIC, options.timeout, cancel).await else {
        return;
    };
    let current: Vec<String> = rows
        .into_iter()
        .filter_map(|mut row| row.remove("version_num").flatten())
        .map(|revision| revision.chars().take(64).collect())
        .collect();
    session
        .facts
        .insert("alembic_revision".to_owned(), current.join(", "));
    let (outcome, detail, cure) = compare(&current, options);
    if !outcome.is_empty() {
        session.note(outcome, detail, cure);
    }
}

fn compare(current: &[String], options: &LadderOptions) -> (&'static str, String, &'static str) {
    let heads = &options.alembic_heads;
    if heads.is_empty() {
        return ("", String::new(), "");
    }
    let at = if current.is_empty() {
        "no revision".to_owned()
    } else {
        current.join(", ")
    };
    if current.is_empty() {
        return (
            "alembic-none",
            "alembic_version is empty: no migration has run".to_owned(),
            "alembic upgrade head",
        );
    }
    if let Some(strange) = current
        .iter()
        .find(|r| !options.alembic_revisions.contains(r) && !heads.contains(r))
    {
        return (
            "alembic-unknown",
            format!("the database is at {strange}, which no migration in the source has"),
            "the database was migrated by another version of the code: deploy that one, or bring its migrations in",
        );
    }
    let same = heads.len() == current.len() && heads.iter().all(|h| current.contains(h));
    if same {
        return (
            "alembic-current",
            format!("the database is at the head: {at}"),
            "",
        );
    }
    (
        "alembic-behind",
        format!(
            "the database is at {at}, the source at {}",
            heads.join(", ")
        ),
        "alembic upgrade head",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_compared() {
        let options = LadderOptions {
            alembic_heads: vec!["c".into()],
            alembic_revisions: vec!["a".into(), "b".into(), "c".into()],
            ..LadderOptions::default()
        };
        for (current, outcome) in [
            (vec!["c"], "alembic-current"),
            (vec!["b"], "alembic-behind"),
            (vec!["z"], "alembic-unknown"),
            (vec![], "alembic-none"),
        ] {
            let current: Vec<String> = current.into_iter().map(str::to_owned).collect();
            assert_eq!(compare(&current, &options).0, outcome, "{current:?}");
        }
        assert_eq!(compare(&["c".into()], &LadderOptions::default()).0, "");
    }

    #[test]
    fn facts_become_notes() {
        let mut session = Session::default();
        for (name, value) in [
            ("standby", "t"),
            ("can_create", "f"),
            ("used", "95"),
            ("allowed", "97"),
            ("encoding", "LATIN1"),
        ] {
            session.facts.insert(name.into(), value.into());
        }
        judge(&mut session);
        let found: Vec<_> = session.notes.iter().map(|n| n.outcome.as_str()).collect();
        assert_eq!(
            found,
            ["standby", "no-create-right", "connections-low", "encoding"]
        );
    }
}
