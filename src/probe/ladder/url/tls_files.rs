//! Certificates that a driver loads from files before it connects.

use super::super::plan::Roots;
use super::Context;
use crate::model::Redacted;

/// A client certificate with its key, PEM.
pub type Identity = (Vec<u8>, Redacted<Vec<u8>>);

/// Root certificates of a file; `None` when there is no such file.
pub fn roots(context: &Context<'_>, path: &str) -> Option<Roots> {
    let pem = context.read(path).ok()?;
    Some(Roots::File(path.to_owned(), pem))
}

/// Client certificate: explicit paths, else the files below `~/.postgresql`.
pub fn identity(
    context: &Context<'_>,
    certificate: Option<&str>,
    key: Option<&str>,
) -> Option<Identity> {
    let certificate = match certificate {
        Some(path) => path.to_owned(),
        None => context.home_file(".postgresql/postgresql.crt")?,
    };
    let key = match key {
        Some(path) => path.to_owned(),
        None => context.home_file(".postgresql/postgresql.key")?,
    };
    let certificate = context.read(&certificate).ok()?;
    let key = context.read(&key).ok()?;
    Some((certificate, Redacted::new(key)))
}
