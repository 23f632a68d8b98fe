//! A URL that SQLAlchemy reads: its grammar, its dialects, and what each dialect makes of it.

use super::super::options::{LadderOptions, Via};
use super::super::plan::{Client, Family, Plan, UrlFailure};
use super::{Context, asyncpg, libpq, pg8000, python_int, repr, unquote};
use crate::host::Host;
use crate::knowledge::{dburl, drivers};
use crate::model::Exception;

/// A URL in pieces, decoded.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub user: Option<String>,
    pub password: Option<String>,
    pub host: Option<String>,
    pub port: Option<i64>,
    pub database: Option<String>,
    /// Parameters in order of their first appearance, with every value.
    pub query: Vec<(String, Vec<String>)>,
}

impl Parts {
    /// The values of a parameter joined as a driver would see one text.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n == name)
            .and_then(|(_, values)| values.last())
            .map(String::as_str)
    }
}

pub(super) fn resolve(
    text: &str,
    version: &str,
    options: &LadderOptions,
    host: &dyn Host,
) -> Result<Plan, UrlFailure> {
    let Some(url) = dburl::parse(text) else {
        return Err(UrlFailure::raising(
            "url-syntax",
            "SQLAlchemy cannot parse the value as a URL (quotes or blanks in front, a missing ://, or - and . in the scheme)",
            "sqlalchemy.exc.ArgumentError",
            unparsable(version),
        ));
    };
    let client = client(&url, version, options)?;
    let parts = parts(&url, &client)?;
    let context = Context {
        client,
        options,
        host,
    };
    check_names(&parts, &context)?;
    match context.client.family {
        Family::Asyncpg => asyncpg::from_sqlalchemy(&parts, &context),
        Family::Pg8000 => pg8000::from_sqlalchemy(&parts, &context),
        Family::Psycopg | Family::Psycopg2 => libpq::from_sqlalchemy(&parts, &context),
    }
}

/// 2.0.41 stopped printing the URL (with its password) here; the text of older ones is cut short
/// for that very reason.
fn unparsable(version: &str) -> &'static str {
    match release(version) {
        Some((1, 4, micro)) if micro < 42 => "Could not parse rfc1738 URL from string '***'",
        Some((1, 4, _)) => "Could not parse SQLAlchemy URL from string '***'",
        Some((2, 0, micro)) if micro < 41 => "Could not parse SQLAlchemy URL from string '***'",
        _ => "Could not parse SQLAlchemy URL from given URL string",
    }
}

fn release(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(|p| p.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

fn client(
    url: &dburl::DbUrl,
    version: &str,
    options: &LadderOptions,
) -> Result<Client, UrlFailure> {
    if url.scheme.matches('+').count() > 1 {
        return Err(UrlFailure::raising(
            "url-scheme",
            format!("the scheme `{}` has more than one +", url.scheme),
            "ValueError",
            "too many values to unpack (expected 2)",
        ));
    }
    if !["postgresql", "cockroachdb"].contains(&url.dialect.as_str()) {
        let known = drivers::dialect_known(&url.dialect);
        let mut failure = UrlFailure::plain(
            "url-scheme",
            format!(
                "`{}` is no PostgreSQL URL; the ladder climbs PostgreSQL only",
                url.scheme
            ),
        );
        if !known {
            let plugin = url.scheme.replace('+', ".");
            failure.detail = match drivers::meant(&url.scheme) {
                Some(meant) => format!("SQLAlchemy knows no `{}`; write `{meant}`", url.scheme),
                None => format!("SQLAlchemy knows no dialect `{}`", url.scheme),
            };
            failure.error = Some(Exception {
                kind: "sqlalchemy.exc.NoSuchModuleError".to_owned(),
                message: format!("Can't load plugin: sqlalchemy.dialects:{plugin}"),
            });
        }
        return Err(failure);
    }
    let name = match (&url.driver, options.driver.as_str()) {
        (Some(driver), _) => driver.clone(),
        (None, "") => drivers::default_driver(
            &url.dialect,
            if version.is_empty() { "2.0" } else { version },
        )
        .map_or_else(|| "psycopg2".to_owned(), |d| d.name.clone()),
        (None, driver) => driver.to_owned(),
    };
    if drivers::driver(&name).is_none_or(|d| !d.dialects.contains(&url.dialect)) {
        return Err(UrlFailure::raising(
            "url-scheme",
            format!("SQLAlchemy has no driver `{name}` for {}", url.dialect),
            "sqlalchemy.exc.NoSuchModuleError",
            format!(
                "Can't load plugin: sqlalchemy.dialects:{}.{name}",
                url.dialect
            ),
        ));
    }
    let via = Via::SqlAlchemy(version.to_owned());
    Ok(Client::new(&name, &driver_version(&name, options), &via))
}

/// The version given, else that of the distribution that brings the driver.
fn driver_version(name: &str, options: &LadderOptions) -> String {
    if !options.driver_version.is_empty() {
        return options.driver_version.clone();
    }
    drivers::driver(name)
        .iter()
        .flat_map(|driver| &driver.dists)
        .find_map(|dist| options.driver_versions.get(dist))
        .cloned()
        .unwrap_or_default()
}

fn parts(url: &dburl::DbUrl, client: &Client) -> Result<Parts, UrlFailure> {
    let port = match url.port.as_deref() {
        None => None,
        Some(text) => Some(python_int(text).ok_or_else(|| {
            UrlFailure::raising(
                "url-port",
                "what stands between the last : and the / is no port number; a / or : in the password must be percent-quoted",
                "ValueError",
                format!("invalid literal for int() with base 10: {}", repr(text)),
            )
        })?),
    };
    let mut query: Vec<(String, Vec<String>)> = Vec::new();
    for param in &url.query {
        match query.iter_mut().find(|(name, _)| *name == param.name) {
            Some((_, values)) => values.push(param.value.clone()),
            None => query.push((param.name.clone(), vec![param.value.clone()])),
        }
    }
    // Only 2.1 decodes the name of the database.
    let decodes = client.sqlalchemy >= Some((2, 1));
    Ok(Parts {
        user: url.user.as_deref().map(unquote),
        password: url.password.as_ref().map(|p| unquote(p.expose())),
        host: url.host.clone().filter(|h| !h.is_empty()),
        port,
        database: url
            .database
            .as_deref()
            .filter(|d| !d.is_empty())
            .map(|d| if decodes { unquote(d) } else { d.to_owned() }),
        query,
    })
}

/// So many names are said.
const MOST: usize = 6;

/// `connect()` raises for the first name that it does not know: those of the URL first, then
/// those of `connect_args`.
fn check_names(parts: &Parts, context: &Context<'_>) -> Result<(), UrlFailure> {
    let Some(driver) = drivers::driver(&context.client.name) else {
        return Ok(());
    };
    let version = match context.client.family {
        // The keywords of libpq grow with libpq, not with the driver.
        Family::Asyncpg | Family::Pg8000 => {
            Some(driver_version(&context.client.name, context.options))
        }
        _ => None,
    }
    .filter(|v| !v.is_empty());
    let sqlalchemy = match &context.options.via {
        Via::SqlAlchemy(version) if !version.is_empty() => Some(version.as_str()),
        _ => None,
    };
    let names = parts
        .query
        .iter()
        .map(|(name, _)| name)
        .chain(context.options.connect_args.iter().map(|(name, _)| name));
    let unknown: Vec<&str> = names
        .filter(|name| driver.accepts(name, version.as_deref(), sqlalchemy) == Some(false))
        .map(String::as_str)
        .collect();
    let Some(first) = unknown.first() else {
        return Ok(());
    };
    let named: Vec<String> = unknown
        .iter()
        .take(MOST)
        .map(|n| format!("`{n}`"))
        .collect();
    let more = match unknown.len().saturating_sub(MOST) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let detail = format!(
        "{} does not know {}{more}",
        context.client.name,
        named.join(", ")
    );
    let Some((kind, message)) = driver.rejection(first) else {
        return Err(UrlFailure::plain("url-param", detail));
    };
    // The table holds the finished text; the tail of SQLAlchemy is added where it belongs.
    let mut failure = UrlFailure::raising("url-param", detail, &kind, message);
    if let Some(error) = &mut failure.error {
        super::super::driver::add_background(&context.client, error);
    }
    Err(failure)
}
