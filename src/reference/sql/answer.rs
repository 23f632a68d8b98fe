//! From one SQL text to what the server says.

use super::scan::{Token, canonical, scan, statements};
use super::value::{Cell, Column, Kind};
use super::{Context, select};
use crate::reference::fault::Session;

/// The answer to one statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Rows, with the command tag.
    Rows {
        /// `SELECT` or `SHOW`
        tag: &'static str,
        /// Heads.
        columns: Vec<Column>,
        /// Values, one per head.
        rows: Vec<Vec<Cell>>,
    },
    /// Done, with the command tag.
    Done(String),
    /// A transaction begins.
    Begin(&'static str),
    /// A transaction ends.
    End(&'static str),
    /// An error.
    Fail(Failure),
}

/// An error that does not end the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// SQLSTATE.
    pub code: &'static str,
    /// Text, as PostgreSQL 15 writes it where PostgreSQL has that error.
    pub message: String,
    /// HINT, or empty.
    pub hint: &'static str,
    /// It ends the session.
    pub fatal: bool,
    /// Character of the statement that it is about, from 1.
    pub position: Option<usize>,
}

impl Failure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: "",
            fatal: false,
            position: None,
        }
    }

    /// What this server cannot do although PostgreSQL can.
    pub(super) fn unsupported(what: &str) -> Self {
        let what: String = what.chars().take(80).collect();
        Self {
            code: "0A000",
            message: format!("the reference server does not execute: {what}"),
            hint: "It answers what drivers and probes ask a server about itself. Use a real PostgreSQL for data.",
            fatal: false,
            position: None,
        }
    }
}

/// Answers of all statements in `sql`, in order, up to the first error. Nothing for an empty text.
pub fn answer(sql: &str, context: &Context<'_>) -> Vec<Answer> {
    let Some(tokens) = scan(sql) else {
        let failure = Failure::new("42601", "syntax error: the statement cannot be read");
        return vec![Answer::Fail(failure)];
    };
    let mut answers = Vec::new();
    for statement in statements(tokens) {
        let answer = one(&statement, context).unwrap_or_else(|failure| {
            let position = match failure.code {
                "42501" => table_position(sql),
                _ => None,
            };
            Answer::Fail(Failure {
                position,
                ..failure
            })
        });
        let failed = matches!(answer, Answer::Fail(_));
        answers.push(answer);
        if failed {
            break;
        }
    }
    answers
}

/// The highest `$n` of a statement.
pub fn parameter_count(sql: &str) -> usize {
    let numbers = scan(sql).unwrap_or_default().into_iter();
    let parameters = numbers.filter_map(|token| match token {
        Token::Parameter(n) => Some(n),
        _ => None,
    });
    parameters.max().unwrap_or(0)
}

fn one(tokens: &[Token], context: &Context<'_>) -> Result<Answer, Failure> {
    let text = canonical(tokens);
    let first = match tokens.first() {
        Some(Token::Word(word)) => word.as_str(),
        _ => text.split(' ').next().unwrap_or_default(),
    };
    match first {
        "select" => {
            let (columns, rows) = select::select(&tokens[1..], context)?;
            Ok(Answer::Rows {
                tag: "SELECT",
                columns,
                rows,
            })
        }
        "show" => show(text.trim_start_matches("show "), context),
        "create" | "drop" | "alter" | "grant" | "revoke" | "comment" => define(&text, context),
        "insert" | "update" | "delete" | "truncate" | "copy" | "merge" => {
            writable(first, context)?;
            Err(Failure::unsupported(&text))
        }
        // PgBouncer's words; it hangs up.
        "begin" | "start" if context.faults.session(Session::PoolerStatement) => Err(Failure {
            fatal: true,
            ..Failure::new(
                "08P01",
                "transaction blocks not allowed in statement pooling mode",
            )
        }),
        _ => command(first, &text).ok_or_else(|| unknown(first, &text)),
    }
}

fn unknown(first: &str, text: &str) -> Failure {
    const KNOWN: [&str; 7] = [
        "with", "values", "table", "explain", "declare", "fetch", "lock",
    ];
    if KNOWN.contains(&first) {
        Failure::unsupported(text)
    } else {
        Failure::new("42601", format!("syntax error at or near \"{first}\""))
    }
}

/// Statements about transactions and the session, which have no result.
fn command(first: &str, text: &str) -> Option<Answer> {
    let to_savepoint = text.starts_with("rollback to");
    let answer = match first {
        "begin" => Answer::Begin("BEGIN"),
        "start" => Answer::Begin("START TRANSACTION"),
        "commit" | "end" => Answer::End("COMMIT"),
        "rollback" | "abort" if !to_savepoint => Answer::End("ROLLBACK"),
        "rollback" => Answer::Done("ROLLBACK".to_owned()),
        "savepoint" | "release" | "set" | "reset" | "unlisten" | "listen" | "notify" => {
            Answer::Done(first.to_uppercase())
        }
        "deallocate" | "discard" | "close" => {
            let all = if text.ends_with(" all") { " ALL" } else { "" };
            let noun = if first == "close" { " CURSOR" } else { "" };
            let tail = if all.is_empty() { noun } else { all };
            Answer::Done(format!("{}{tail}", first.to_uppercase()))
        }
        _ => return None,
    };
    Some(answer)
}

fn show(name: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let name = match name {
        "transaction isolation level" => "transaction_isolation",
        "time zone" => "timezone",
        "session authorization" => "session_authorization",
        other => other,
    };
    let Some(value) = context.setting(name) else {
        let message = format!("unrecognized configuration parameter \"{name}\"");
        return Err(Failure::new("42704", message));
    };
    Ok(Answer::Rows {
        tag: "SHOW",
        columns: vec![Column {
            name: name.to_owned(),
            kind: Kind::Text,
        }],
        rows: vec![vec![Cell::Text(value)]],
    })
}

/// `CREATE TABLE` and its kin: names are remembered, rows are not.
fn define(text: &str, context: &Context<'_>) -> Result<Answer, Failure> {
    let mut words = text.split([' ', '(', '.']);
    let verb = words.next().unwrap_or_default().to_uppercase();
    let rest: Vec<&str> = words.take(12).collect();
    let noun = ["table", "index", "schema", "type", "sequence", "extension"]
        .into_iter()
        .find(|noun| rest.iter().take(3).any(|word| word == noun));
    let Some(noun) = noun else {
        return Err(Failure::unsupported(text));
    };
    let tag = format!("{verb} {}", noun.to_uppercase());
    writable(&tag, context)?;
    if !context.may_create() {
        let message = "permission denied for schema public";
        return Err(Failure::new("42501", message));
    }
    let described_only = context.parameters.is_empty() && parameter_count(text) > 0;
    if noun == "table" && !described_only {
        table(text, &verb, context)?;
    }
    Ok(Answer::Done(tag))
}

fn table(text: &str, verb: &str, context: &Context<'_>) -> Result<(), Failure> {
    let optional = text.contains(" if not exists ") || text.contains(" if exists ");
    let after = text.split_once(" table ").map_or("", |(_, after)| after);
    let after = after
        .trim_start_matches("if not exists ")
        .trim_start_matches("if exists ");
    let name = after.split([' ', '(', ',']).next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default().to_owned();
    let done = match verb {
        "CREATE" => context.tables.create(name.clone()),
        "DROP" => context.tables.drop(&name),
        _ => return Err(Failure::unsupported(text)),
    };
    match (done || optional, verb) {
        (true, _) => Ok(()),
        (false, "CREATE") => {
            let message = format!("relation \"{name}\" already exists");
            Err(Failure::new("42P07", message))
        }
        (false, _) => {
            let message = format!("table \"{name}\" does not exist");
            Err(Failure::new("42P01", message))
        }
    }
}

/// Where the name of a table stands in `CREATE TABLE name`.
fn table_position(sql: &str) -> Option<usize> {
    let lower = sql.to_lowercase();
    let at = lower.find("table")? + "table".len();
    let after = lower.get(at..)?;
    let name = after
        .trim_start()
        .trim_start_matches("if not exists")
        .trim_start();
    let before = lower.len() - name.len();
    Some(lower.get(..before)?.chars().count() + 1)
}

fn writable(tag: &str, context: &Context<'_>) -> Result<(), Failure> {
    if context.read_only() {
        let tag = tag.to_uppercase();
        let message = format!("cannot execute {tag} in a read-only transaction");
        return Err(Failure::new("25006", message));
    }
    Ok(())
}
