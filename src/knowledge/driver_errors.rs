//! What the Python drivers raise while they connect: texts and class names, as data.
//!
//! Knows words only. Which of them applies is decided where the connection is made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    sqlalchemy: SqlAlchemy,
    asyncpg: Asyncpg,
    libpq: Libpq,
}

#[derive(Deserialize, Default)]
struct SqlAlchemy {
    code: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Asyncpg {
    text: BTreeMap<String, (String, String)>,
    class: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Libpq {
    text: BTreeMap<String, String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("driver_errors.toml")).unwrap_or_default());

/// Class and text template with which asyncpg answers a cause (`refused`, `cert`, ...).
pub fn asyncpg(cause: &str) -> Option<(&'static str, &'static str)> {
    TABLE
        .asyncpg
        .text
        .get(cause)
        .map(|(class, text)| (class.as_str(), text.as_str()))
}

/// Name in `asyncpg.exceptions` of a SQLSTATE.
pub fn asyncpg_class(sqlstate: &str) -> &'static str {
    TABLE
        .asyncpg
        .class
        .get(sqlstate)
        .map_or("PostgresError", String::as_str)
}

/// SQLSTATE of a class in `asyncpg.exceptions`.
pub fn asyncpg_state(class: &str) -> Option<&'static str> {
    TABLE
        .asyncpg
        .class
        .iter()
        .find(|(_, name)| *name == class)
        .map(|(state, _)| state.as_str())
}

/// Text template with which libpq answers a cause.
pub fn libpq(cause: &str) -> Option<&'static str> {
    TABLE.libpq.text.get(cause).map(String::as_str)
}

/// Last part of the address that SQLAlchemy prints behind its own errors.
pub fn sqlalchemy_code(class: &str) -> Option<&'static str> {
    TABLE.sqlalchemy.code.get(class).map(String::as_str)
}

/// `{name}` replaced by values; an unknown name stays as it is.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = template.to_owned();
    for (name, value) in values {
        let hole = format!("{{{name}}}");
        if out.contains(&hole) {
            out = out.replace(&hole, value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_readable_and_complete() {
        toml::from_str::<Table>(include_str!("driver_errors.toml")).unwrap();
        assert_eq!(asyncpg_class("28P01"), "InvalidPasswordError");
        assert_eq!(asyncpg_class("XY999"), "PostgresError");
        assert!(
            libpq("refused")
                .unwrap()
                .starts_with("Connection refused\n\tIs")
        );
        assert_eq!(sqlalchemy_code("OperationalError"), Some("e3q8"));
    }
}
