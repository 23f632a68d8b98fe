//! What PostgreSQL says about itself: settings, functions and catalogues.

use std::time::UNIX_EPOCH;

use super::answer::Failure;
use super::expression::{Scope, Typed, expression};
use super::scan::{Token, canonical};
use super::value::{Cell, Kind};
use super::{Context, SERVER_VERSION};

/// Settings that are the same in every session.
pub(super) fn fixed_setting(name: &str) -> Option<&'static str> {
    Some(match name {
        "client_encoding" => "UTF8",
        "datestyle" => "ISO, MDY",
        "intervalstyle" => "postgres",
        "timezone" => "UTC",
        "integer_datetimes" | "standard_conforming_strings" => "on",
        "transaction_isolation" | "default_transaction_isolation" => "read committed",
        "superuser_reserved_connections" => "3",
        "reserved_connections" | "statement_timeout" | "lock_timeout" => "0",
        "idle_in_transaction_session_timeout" => "0",
        "search_path" => "\"$user\", public",
        "scram_iterations" => "4096",
        "password_encryption" => "scram-sha-256",
        "lc_collate" | "lc_ctype" => "C.UTF-8",
        "bytea_output" => "hex",
        "jit" => "off",
        _ => return None,
    })
}

/// A name without brackets: a column, or one of the value functions of the manual (9.26).
pub(super) fn value(name: &str, scope: &Scope<'_>) -> Result<Typed, Failure> {
    let last = name.rsplit('.').next().unwrap_or(name);
    if let Some(relation) = scope.relation
        && let Some(n) = relation
            .columns
            .iter()
            .position(|(column, _)| *column == last)
    {
        let cell = scope.row.and_then(|row| row.get(n)).cloned();
        return Ok(Typed::new(
            cell.unwrap_or(Cell::Null),
            relation.columns[n].1,
            last,
        ));
    }
    let context = scope.context;
    let text = |kind, value: &str| Ok(Typed::new(Cell::Text(value.to_owned()), kind, name));
    match name {
        "true" | "false" => Ok(Typed::new(Cell::Bool(name == "true"), Kind::Bool, "bool")),
        "null" => Ok(Typed::new(Cell::Null, Kind::Text, "?column?")),
        "current_user" | "session_user" | "user" | "current_role" => text(Kind::Name, context.user),
        "current_catalog" => text(Kind::Name, context.database),
        "current_schema" => text(Kind::Name, "public"),
        "current_timestamp" => Ok(Typed::new(
            Cell::Time(context.now()),
            Kind::Timestamptz,
            name,
        )),
        _ => {
            let message = format!("column \"{last}\" does not exist");
            Err(Failure::new("42703", message))
        }
    }
}

/// A function call.
pub(super) fn call(
    name: &str,
    arguments: &[Vec<Token>],
    scope: &Scope<'_>,
    depth: usize,
) -> Result<Typed, Failure> {
    let context = scope.context;
    let argument = |n: usize| -> Result<Option<String>, Failure> {
        match arguments.get(n) {
            Some(tokens) => Ok(expression(tokens, scope, depth)?.cell.text()),
            None => Ok(None),
        }
    };
    let typed = |cell, kind| Ok(Typed::new(cell, kind, name));
    match name {
        "version" => typed(
            Cell::Text(format!("PostgreSQL {SERVER_VERSION}")),
            Kind::Text,
        ),
        "current_database" => typed(Cell::Text(context.database.to_owned()), Kind::Name),
        "current_schema" => typed(Cell::Text("public".to_owned()), Kind::Name),
        "pg_backend_pid" => typed(Cell::Int(i64::from(context.process())), Kind::Int4),
        "pg_is_in_recovery" => typed(Cell::Bool(context.standby()), Kind::Bool),
        "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => {
            typed(Cell::Time(context.now()), Kind::Timestamptz)
        }
        "extract" | "date_part" => epoch(name, arguments, context),
        "current_setting" => setting(&argument(0)?.unwrap_or_default(), arguments.len(), context),
        "has_schema_privilege" | "has_database_privilege" => {
            let right = argument(arguments.len().saturating_sub(1))?.unwrap_or_default();
            let granted = !right.eq_ignore_ascii_case("create") || context.may_create();
            typed(Cell::Bool(granted), Kind::Bool)
        }
        "to_regclass" | "to_regtype" => {
            let wanted = argument(0)?.unwrap_or_default();
            let found = name == "to_regclass" && exists(&wanted, context);
            let cell = if found {
                Cell::Text(wanted)
            } else {
                Cell::Null
            };
            typed(cell, Kind::Text)
        }
        "pg_encoding_to_char" => typed(Cell::Text(context.encoding().to_owned()), Kind::Name),
        "pg_advisory_unlock_all" => typed(Cell::Text(String::new()), Kind::Text),
        "inet_server_addr" => typed(Cell::Text("127.0.0.1/32".to_owned()), Kind::Text),
        "coalesce" => {
            for tokens in arguments {
                let found = expression(tokens, scope, depth)?;
                if found.cell != Cell::Null {
                    return Ok(Typed::new(found.cell, found.kind, name));
                }
            }
            typed(Cell::Null, Kind::Text)
        }
        _ => Err(Failure::unsupported(&format!("{name}(...)"))),
    }
}

/// `extract(epoch FROM moment)`; PostgreSQL 14 and later give `numeric`.
fn epoch(name: &str, arguments: &[Vec<Token>], context: &Context<'_>) -> Result<Typed, Failure> {
    let text = arguments.iter().map(|a| canonical(a)).collect::<Vec<_>>();
    if !text.join(",").contains("epoch") {
        return Err(Failure::unsupported(&format!("{name}({})", text.join(","))));
    }
    let now = context.now().duration_since(UNIX_EPOCH);
    let seconds = now.map_or(0.0, |since| since.as_secs_f64());
    Ok(Typed::new(
        Cell::Float(seconds),
        if name == "extract" {
            Kind::Numeric
        } else {
            Kind::Float8
        },
        name,
    ))
}

fn setting(wanted: &str, arguments: usize, context: &Context<'_>) -> Result<Typed, Failure> {
    let cell = match context.setting(&wanted.to_lowercase()) {
        Some(value) => Cell::Text(value),
        None if arguments > 1 => Cell::Null,
        None => {
            let message = format!("unrecognized configuration parameter \"{wanted}\"");
            return Err(Failure::new("42704", message));
        }
    };
    Ok(Typed::new(cell, Kind::Text, "current_setting"))
}

fn exists(table: &str, context: &Context<'_>) -> bool {
    let name = table.rsplit('.').next().unwrap_or(table);
    (name == "alembic_version" && context.alembic.is_some())
        || context.tables.all().iter().any(|known| known == name)
}

/// A relation with its rows.
#[derive(Debug)]
pub(super) struct Relation {
    pub columns: Vec<(&'static str, Kind)>,
    pub rows: Vec<Vec<Cell>>,
    /// The rows already obey the condition.
    pub filtered: bool,
}

/// The relation that `FROM` names.
pub(super) fn relation(
    from: &[Token],
    condition: &[Token],
    context: &Context<'_>,
) -> Result<Relation, Failure> {
    let text = canonical(from);
    let name = text.split([' ', ',', '(']).next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    let cell = |text: &str| Cell::Text(text.to_owned());
    let made = |columns: &[(&'static str, Kind)], rows| Relation {
        columns: columns.to_vec(),
        rows,
        filtered: false,
    };
    let found = match name {
        "pg_class" => tables(condition, context),
        "pg_type" => types(condition, context),
        "pg_stat_ssl" => {
            let (version, cipher) = context.tls.unwrap_or(("", ""));
            made(
                &[
                    ("pid", Kind::Int4),
                    ("ssl", Kind::Bool),
                    ("version", Kind::Text),
                    ("cipher", Kind::Text),
                ],
                vec![vec![
                    Cell::Int(i64::from(context.process())),
                    Cell::Bool(context.tls.is_some()),
                    cell(version),
                    cell(cipher),
                ]],
            )
        }
        "pg_stat_activity" => made(
            &[
                ("pid", Kind::Int4),
                ("datname", Kind::Name),
                ("usename", Kind::Name),
            ],
            (0..context.used_connections())
                .map(|n| {
                    vec![
                        Cell::Int(i64::from(context.process() + n)),
                        cell(context.database),
                        cell(context.user),
                    ]
                })
                .collect(),
        ),
        "pg_stat_database" => made(
            &[("datname", Kind::Name), ("numbackends", Kind::Int4)],
            vec![vec![
                cell(context.database),
                Cell::Int(i64::from(context.used_connections())),
            ]],
        ),
        "pg_database" => made(
            &[("datname", Kind::Name)],
            vec![vec![cell(context.database)], vec![cell("postgres")]],
        ),
        "pg_settings" => settings(condition, context),
        "pg_prepared_statements" => made(&[("name", Kind::Text)], Vec::new()),
        "alembic_version" if exists(name, context) => made(
            &[("version_num", Kind::Varchar)],
            context
                .alembic
                .map(|revision| vec![cell(revision)])
                .into_iter()
                .collect(),
        ),
        _ if exists(name, context) => {
            let what = format!("a query on the table {name}, whose rows it does not keep");
            return Err(Failure::unsupported(&what));
        }
        _ => {
            let message = format!("relation \"{name}\" does not exist");
            return Err(Failure::new("42P01", message));
        }
    };
    Ok(found)
}

/// Constants and bound values of a condition.
fn mentioned(condition: &[Token], context: &Context<'_>) -> Vec<String> {
    let values = condition.iter().filter_map(|token| match token {
        Token::Text(text) => Some(text.clone()),
        Token::Parameter(n) => context.parameters.get(n.wrapping_sub(1)).cloned().flatten(),
        _ => None,
    });
    values.collect()
}

/// `pg_class`: the tables that the condition asks for by name.
fn tables(condition: &[Token], context: &Context<'_>) -> Relation {
    let wanted = mentioned(condition, context);
    let known = context.tables.all().into_iter();
    Relation {
        columns: vec![("relname", Kind::Name)],
        rows: known
            .filter(|name| wanted.contains(name))
            .map(|name| vec![Cell::Text(name)])
            .collect(),
        filtered: true,
    }
}

/// `pg_type`: a base type by its number (older asyncpg); extension types are not installed.
fn types(condition: &[Token], context: &Context<'_>) -> Relation {
    let by_number = canonical(condition).ends_with("oid=$1");
    let number = mentioned(condition, context)
        .first()
        .and_then(|text| text.parse::<i64>().ok());
    let row = number.filter(|_| by_number).map(|number| {
        vec![
            Cell::Int(number),
            Cell::Int(0),
            Cell::Int(0),
            Cell::Text("b".to_owned()),
            Cell::Text(String::new()),
            Cell::Text(",".to_owned()),
        ]
    });
    Relation {
        columns: vec![
            ("oid", Kind::Oid),
            ("typelem", Kind::Oid),
            ("typarray", Kind::Oid),
            ("typtype", Kind::Char),
            ("typname", Kind::Name),
            ("typdelim", Kind::Char),
        ],
        rows: row.into_iter().collect(),
        filtered: true,
    }
}

fn settings(condition: &[Token], context: &Context<'_>) -> Relation {
    let rows = mentioned(condition, context)
        .into_iter()
        .filter_map(|name| {
            let value = context.setting(&name)?;
            Some(vec![Cell::Text(name), Cell::Text(value)])
        });
    Relation {
        columns: vec![("name", Kind::Text), ("setting", Kind::Text)],
        rows: rows.collect(),
        filtered: true,
    }
}
