//! From the text of a URL to a plan, by the rules of the library that will read it.
//!
//! Three grammars: SQLAlchemy's, asyncpg's (`urllib.parse`) and libpq's. Knows no sockets.

mod asyncpg;
mod libpq;
mod pg8000;
mod secrets;
mod service;
mod sqlalchemy;
mod tls_files;

use std::collections::BTreeMap;
use std::path::Path;

use percent_encoding::percent_decode_str;

use super::options::{LadderOptions, Via};
use super::plan::{Client, Family, Plan, UrlFailure};
use crate::host::Host;
use crate::model::{Exception, Redacted};

pub use secrets::redactor;

/// Keywords and their values, the names of libpq.
#[derive(Debug, Clone, Default)]
struct Words {
    map: BTreeMap<String, String>,
    /// Server settings (`SET` at start), in order.
    settings: Vec<(String, String)>,
}

impl Words {
    fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name).map(String::as_str)
    }

    fn put(&mut self, name: &str, value: impl Into<String>) {
        self.map.insert(name.to_owned(), value.into());
    }

    fn put_if_absent(&mut self, name: &str, value: impl Into<String>) {
        self.map
            .entry(name.to_owned())
            .or_insert_with(|| value.into());
    }
}

/// What resolving may look at.
struct Context<'a> {
    client: Client,
    options: &'a LadderOptions,
    host: &'a dyn Host,
}

impl Context<'_> {
    /// A variable of the backend's environment; an empty one counts as not set.
    fn env(&self, name: &str) -> Option<&str> {
        self.options
            .env
            .get(name)
            .map(|v| v.expose().as_str())
            .filter(|v| !v.is_empty())
    }

    /// A file below the home directory of the backend's user.
    fn home_file(&self, relative: &str) -> Option<String> {
        Some(format!(
            "{}/{relative}",
            self.env("HOME")?.trim_end_matches('/')
        ))
    }

    /// Arguments of the source that change how the driver connects and whose values are not known.
    fn unknown_args(&self) -> Vec<String> {
        const DECIDING: [&str; 12] = [
            "ssl",
            "ssl_context",
            "sslmode",
            "sslrootcert",
            "direct_tls",
            "host",
            "port",
            "user",
            "password",
            "database",
            "service",
            "target_session_attrs",
        ];
        let unknown = self.options.connect_args.iter();
        unknown
            .filter(|(name, value)| value.is_empty() && DECIDING.contains(&name.as_str()))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        self.host.read(Path::new(path))
    }

    /// Name of the operating system's user, as libpq and asyncpg take it.
    fn system_user(&self) -> Option<String> {
        for name in ["LOGNAME", "USER", "LNAME", "USERNAME"] {
            if let Some(user) = self.env(name) {
                return Some(user.to_owned());
            }
        }
        self.account_name()
    }

    #[cfg(unix)]
    fn account_name(&self) -> Option<String> {
        let uid = rustix::process::geteuid().as_raw().to_string();
        let table = self.host.read_text(Path::new("/etc/passwd")).ok()?;
        table.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == uid).then(|| name.to_owned())
        })
    }

    #[cfg(not(unix))]
    fn account_name(&self) -> Option<String> {
        None
    }

    /// An exception of SQLAlchemy or the driver at connection time, wrapped as SQLAlchemy does.
    fn failure(
        &self,
        outcome: &'static str,
        detail: impl Into<String>,
        raised: Exception,
    ) -> UrlFailure {
        UrlFailure {
            outcome,
            detail: detail.into(),
            error: self
                .client
                .exact
                .then(|| super::driver::through_sqlalchemy(&self.client, raised)),
        }
    }
}

/// Resolves a URL.
///
/// # Errors
/// What keeps the driver from even trying, with the exception that Python shows.
pub fn resolve(
    url: &Redacted<String>,
    options: &LadderOptions,
    host: &dyn Host,
) -> Result<Plan, UrlFailure> {
    whole(parsed(url, options, host)?)
}

/// A database "name" that still holds a host means that a raw `@` ended the password early. What
/// is taken for the host is then a piece of the password: it must not be shown, and nothing must
/// be sent to whoever answers to it.
fn whole(plan: Plan) -> Result<Plan, UrlFailure> {
    let rest = plan.database.rsplit_once('@').map(|(_, rest)| rest);
    match rest.is_some_and(|rest| rest.contains([':', '/', '.'])) {
        true => Err(UrlFailure::plain(
            "url-password",
            "the password ends at a raw @, so a piece of it is taken for the host; write @ as %40 \
             and / as %2F in the password",
        )),
        false => Ok(plan),
    }
}

fn parsed(
    url: &Redacted<String>,
    options: &LadderOptions,
    host: &dyn Host,
) -> Result<Plan, UrlFailure> {
    let text = url.expose().as_str();
    match &options.via {
        Via::SqlAlchemy(version) => sqlalchemy::resolve(text, version, options, host),
        Via::Native => {
            let client = Client::new(
                native_driver(options),
                &options.driver_version,
                &options.via,
            );
            let context = Context {
                client,
                options,
                host,
            };
            match context.client.family {
                Family::Asyncpg => asyncpg::from_dsn(text, &context),
                Family::Psycopg | Family::Psycopg2 => libpq::from_conninfo(text, &context),
                Family::Pg8000 => Err(UrlFailure::plain(
                    "url-scheme",
                    "pg8000 takes no URL; only SQLAlchemy makes one out of its arguments",
                )),
            }
        }
    }
}

/// The driver of a native URL: the one asked for, else libpq's rules as psycopg follows them.
fn native_driver(options: &LadderOptions) -> &str {
    match options.driver.as_str() {
        "" => "psycopg",
        driver => driver,
    }
}

/// Percent decoding as `urllib.parse.unquote` does it: a bare `%` stays.
fn unquote(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `repr()` of a Python string, as far as error texts need it.
fn repr(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') {
        format!("\"{}\"", text.replace('\\', "\\\\"))
    } else {
        let escaped = text
            .replace('\\', "\\\\")
            .replace('\'', "\\'")
            .replace('\n', "\\n")
            .replace('\r', "\\r")
            .replace('\t', "\\t");
        format!("'{escaped}'")
    }
}

/// `int(text)` of Python for a port: blanks around and underscores inside are allowed.
fn python_int(text: &str) -> Option<i64> {
    let trimmed = text.trim();
    if trimmed.starts_with('_') || trimmed.ends_with('_') || trimmed.contains("__") {
        return None;
    }
    trimmed.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests;
