//! Database drivers of SQLAlchemy: names, modules, distributions, parameters.
//!
//! The table is `drivers.toml`, measured against real drivers and a real PostgreSQL. A question
//! that the table cannot answer is answered by `None`, never by a guess.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;
use serde::Deserialize;

/// One driver.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Name behind the `+` of a URL.
    pub name: String,
    /// Dialects it serves.
    pub dialects: Vec<String>,
    /// Module that SQLAlchemy imports.
    pub module: String,
    /// Distributions that bring the module (normalised), the usual one first.
    pub dists: Vec<String>,
    /// Requirement to propose.
    #[serde(default)]
    pub spec: String,
    /// May be used by `create_async_engine`.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// May be used by `create_engine`.
    #[serde(rename = "sync")]
    pub is_sync: bool,
    /// First SQLAlchemy that has the dialect.
    #[serde(default)]
    pub sqlalchemy: Option<String>,
    /// First SQLAlchemy that has it no more.
    #[serde(default)]
    pub sqlalchemy_before: Option<String>,
    #[serde(default)]
    names: Names,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    query: Vec<String>,
    /// What an unknown parameter raises; `{name}` stands for the parameter.
    #[serde(default)]
    pub unknown: Option<Template>,
}

/// How a driver meets names that it does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Names {
    /// `params` is complete; other names raise.
    Signature,
    /// The keywords of libpq and `params`; other names raise.
    Libpq,
    /// Unknown names do nothing.
    Ignored,
    /// Not measured.
    #[default]
    Unmeasured,
}

/// Type and text of an exception.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Type as a traceback prints it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text with `{name}`.
    pub message: String,
}

/// How a parameter of libpq is said to another driver.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// Driver that does not know the parameter.
    pub driver: String,
    /// The parameter.
    pub param: String,
    /// Its other name; the values stay the same.
    #[serde(default)]
    pub to: Option<String>,
    /// Only possible in source: an argument to write there.
    #[serde(default)]
    pub code: Option<String>,
    /// What changes for the reader.
    #[serde(default)]
    pub note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultRow {
    dialect: String,
    since: String,
    driver: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Libpq {
    keywords: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    default: Vec<DefaultRow>,
    libpq: Libpq,
    driver: Vec<Driver>,
    translate: Vec<Translation>,
    meant: BTreeMap<String, String>,
}

impl Table {
    fn empty() -> Self {
        Self {
            default: Vec::new(),
            libpq: Libpq {
                keywords: Vec::new(),
            },
            driver: Vec::new(),
            translate: Vec::new(),
            meant: BTreeMap::new(),
        }
    }
}

// The file is part of the program and read by a test; an unreadable one would mean "nothing known".
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("drivers.toml")).unwrap_or_else(|_| Table::empty())
});

/// Every driver of the table.
pub fn all() -> &'static [Driver] {
    &TABLE.driver
}

/// The driver of a name such as `asyncpg`.
pub fn driver(name: &str) -> Option<&'static Driver> {
    TABLE.driver.iter().find(|d| d.name == name)
}

/// The driver that brings a distribution (normalised name).
pub fn by_distribution(dist: &str) -> impl Iterator<Item = &'static Driver> {
    TABLE
        .driver
        .iter()
        .filter(move |d| d.dists.iter().any(|known| known == dist))
}

/// The driver that a bare `dialect://` selects in a version of SQLAlchemy.
pub fn default_driver(dialect: &str, sqlalchemy: &str) -> Option<&'static Driver> {
    let version = Version::from_str(sqlalchemy).ok()?;
    let row = TABLE
        .default
        .iter()
        .find(|row| row.dialect == dialect && at_least(&version, &row.since))?;
    driver(&row.driver)
}

/// Does the dialect exist at all?
pub fn dialect_known(dialect: &str) -> bool {
    TABLE.default.iter().any(|row| row.dialect == dialect)
}

/// What a scheme without a dialect was probably meant to be: `postgres` → `postgresql`.
pub fn meant(scheme: &str) -> Option<&'static str> {
    TABLE.meant.get(scheme).map(String::as_str)
}

/// How a parameter of libpq is said to `driver`.
pub fn translation(driver: &str, param: &str) -> Option<&'static Translation> {
    TABLE
        .translate
        .iter()
        .find(|t| t.driver == driver && t.param == param)
}

impl Driver {
    /// Does the driver take the URL parameter `name` through SQLAlchemy? `None` = not known for
    /// these versions. `version` is that of the driver's distribution.
    pub fn accepts(
        &self,
        name: &str,
        version: Option<&str>,
        sqlalchemy: Option<&str>,
    ) -> Option<bool> {
        if self.names == Names::Unmeasured {
            return None;
        }
        if self.names == Names::Ignored {
            return Some(true);
        }
        if let Some(answer) = lookup(&self.query, name, sqlalchemy) {
            return answer;
        }
        if let Some(answer) = lookup(&self.params, name, version) {
            return answer;
        }
        if self.names == Names::Libpq
            && let Some(answer) = lookup(&TABLE.libpq.keywords, name, None)
        {
            return answer;
        }
        Some(false)
    }

    /// Exception type and text for an unknown parameter.
    pub fn rejection(&self, name: &str) -> Option<(String, String)> {
        let template = self.unknown.as_ref()?;
        Some((
            template.kind.clone(),
            template.message.replace("{name}", name),
        ))
    }

    /// Is the driver's dialect part of this SQLAlchemy? `None` when the version is not readable.
    pub fn exists_in(&self, sqlalchemy: &str) -> Option<bool> {
        let version = Version::from_str(sqlalchemy).ok()?;
        Some(
            self.sqlalchemy
                .as_deref()
                .is_none_or(|since| at_least(&version, since))
                && self
                    .sqlalchemy_before
                    .as_deref()
                    .is_none_or(|before| !at_least(&version, before)),
        )
    }
}

/// Finds `name`, `name@SINCE` or `name<BEFORE` in a list. Outer `None`: not in the list; inner
/// `None`: it depends on a version that is not known.
fn lookup(list: &[String], name: &str, version: Option<&str>) -> Option<Option<bool>> {
    for entry in list {
        let (known, since, before) = match (entry.split_once('@'), entry.split_once('<')) {
            (Some((known, since)), _) => (known, Some(since), None),
            (None, Some((known, before))) => (known, None, Some(before)),
            (None, None) => (entry.as_str(), None, None),
        };
        if known != name {
            continue;
        }
        if since.is_none() && before.is_none() {
            return Some(Some(true));
        }
        let Some(version) = version.and_then(|v| Version::from_str(v).ok()) else {
            return Some(None);
        };
        return Some(Some(
            since.is_none_or(|s| at_least(&version, s))
                && before.is_none_or(|b| !at_least(&version, b)),
        ));
    }
    None
}

/// `version >= bound`, by release segments only: 2.1.0b1 already has what 2.1 brings.
fn at_least(version: &Version, bound: &str) -> bool {
    Version::from_str(bound).is_ok_and(|bound| {
        let mut left = version.release().to_vec();
        let mut right = bound.release().to_vec();
        let length = left.len().max(right.len());
        left.resize(length, 0);
        right.resize(length, 0);
        left >= right
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads() {
        let table: Table = toml::from_str(include_str!("drivers.toml")).unwrap();
        assert!(table.driver.len() > 20, "{} drivers", table.driver.len());
        for row in &table.default {
            assert!(driver(&row.driver).is_some(), "no driver {}", row.driver);
        }
        for row in &table.translate {
            assert!(driver(&row.driver).is_some(), "no driver {}", row.driver);
        }
    }

    #[test]
    fn the_default_driver_moved_in_2_1() {
        let of = |dialect, version| default_driver(dialect, version).map(|d| d.name.as_str());
        assert_eq!(of("postgresql", "1.4.54"), Some("psycopg2"));
        assert_eq!(of("postgresql", "2.0.46"), Some("psycopg2"));
        assert_eq!(of("postgresql", "2.1.0b1"), Some("psycopg"));
        assert_eq!(of("postgresql", "2.1.9"), Some("psycopg"));
        assert_eq!(of("sqlite", "2.0.46"), Some("pysqlite"));
        assert_eq!(of("postgres", "2.0.46"), None);
        assert_eq!(of("postgresql", "?"), None);
    }

    #[test]
    fn parameters_depend_on_driver_and_version() {
        let asyncpg = driver("asyncpg").unwrap();
        let cases = [
            ("ssl", Some("0.29.0"), Some(true)),
            ("sslmode", Some("0.29.0"), Some(false)),
            ("channel_binding", None, Some(false)),
            ("target_session_attrs", Some("0.27.0"), Some(false)),
            ("target_session_attrs", Some("0.29.0"), Some(true)),
            ("service", None, None),
            ("prepared_statement_cache_size", None, Some(true)),
        ];
        for (name, version, expected) in cases {
            assert_eq!(
                asyncpg.accepts(name, version, Some("2.0.46")),
                expected,
                "{name} with asyncpg {version:?}"
            );
        }
        assert_eq!(
            asyncpg.accepts("async_fallback", None, Some("2.1.9")),
            Some(false)
        );
        let psycopg = driver("psycopg").unwrap();
        assert_eq!(psycopg.accepts("sslmode", None, None), Some(true));
        assert_eq!(psycopg.accepts("channel_binding", None, None), Some(true));
        assert_eq!(psycopg.accepts("ssl", None, None), Some(false));
        assert_eq!(psycopg.accepts("sslnegotiation", None, None), None);
        assert_eq!(
            driver("aiosqlite").unwrap().accepts("x", None, None),
            Some(true)
        );
        assert_eq!(driver("pymysql").unwrap().accepts("x", None, None), None);
    }

    #[test]
    fn translations_name_the_other_spelling() {
        assert_eq!(
            translation("asyncpg", "sslmode").unwrap().to.as_deref(),
            Some("ssl")
        );
        assert!(translation("psycopg", "sslmode").is_none());
        assert_eq!(meant("postgres"), Some("postgresql"));
    }
}
