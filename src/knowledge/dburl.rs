//! The grammar of SQLAlchemy's database URLs (`sqlalchemy.engine.url._parse_url`, 1.4 to 2.1).
//!
//! It is not RFC 3986: `#` starts no fragment, a raw `/` may stand in a password, and only the
//! first `@` after the password counts. Offsets are bytes in the text that was parsed.

use crate::model::{Redacted, Span};

/// A database URL in pieces, with the bytes they stand at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbUrl {
    /// `postgresql+asyncpg`
    pub scheme: String,
    /// `postgresql`
    pub dialect: String,
    /// `asyncpg`; `None` when the scheme names none.
    pub driver: Option<String>,
    /// Decoded by nobody: as written, without the password's neighbours.
    pub user: Option<String>,
    /// A password is present (even an empty one).
    pub has_password: bool,
    /// The password as written.
    pub password: Option<Redacted<String>>,
    /// Host as written, brackets removed.
    pub host: Option<String>,
    /// Port as written; may be no number.
    pub port: Option<String>,
    /// Database as written.
    pub database: Option<String>,
    /// Query parameters that count: those with a value, in order.
    pub query: Vec<QueryParam>,
    /// Bytes of the scheme.
    pub scheme_span: Span,
}

/// One `name=value` of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryParam {
    /// Percent-decoded name, case-sensitive.
    pub name: String,
    /// Percent-decoded value.
    pub value: String,
    /// Bytes of `name=value`.
    pub span: Span,
    /// Bytes of the name.
    pub name_span: Span,
}

/// Splits a URL; `None` where SQLAlchemy refuses the text.
pub fn parse(text: &str) -> Option<DbUrl> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.is_empty()
        || !scheme
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '+')
    {
        return None;
    }
    let (user, password, after) = credentials(rest);
    let (host, port, after) = host_port(after);
    let (path, query_text) = match after.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (after, None),
    };
    let database = match path.strip_prefix('/') {
        Some(database) => Some(database.to_owned()),
        None if path.is_empty() => None,
        None => return None,
    };
    let query = query_text.map_or_else(Vec::new, |q| parameters(q, text.len() - q.len()));
    let (dialect, driver) = match scheme.split_once('+') {
        Some((dialect, driver)) => (dialect, Some(driver.to_owned())),
        None => (scheme, None),
    };
    Some(DbUrl {
        scheme: scheme.to_owned(),
        dialect: dialect.to_owned(),
        driver,
        user,
        has_password: password.is_some(),
        password: password.map(|p| Redacted::new(p.to_owned())),
        host,
        port,
        database,
        query,
        scheme_span: Span::new(0, scheme.len()),
    })
}

/// `user[:password]@`: the user ends at `:` or `/`, the password at the first `@`.
fn credentials(rest: &str) -> (Option<String>, Option<&str>, &str) {
    let user_end = rest.find([':', '/', '@']).unwrap_or(rest.len());
    match rest[user_end..].chars().next() {
        Some('@') => (
            Some(rest[..user_end].to_owned()),
            None,
            &rest[user_end + 1..],
        ),
        Some(':') => match rest[user_end..].find('@') {
            Some(at) => (
                Some(rest[..user_end].to_owned()),
                Some(&rest[user_end + 1..user_end + at]),
                &rest[user_end + at + 1..],
            ),
            None => (None, None, rest),
        },
        _ => (None, None, rest),
    }
}

fn host_port(rest: &str) -> (Option<String>, Option<String>, &str) {
    let (host, after) = if let Some(inner) = rest.strip_prefix('[')
        && let Some(close) = inner.find(']')
    {
        (Some(inner[..close].to_owned()), &inner[close + 1..])
    } else {
        let end = rest.find(['/', ':', '?']).unwrap_or(rest.len());
        ((end > 0).then(|| rest[..end].to_owned()), &rest[end..])
    };
    match after.strip_prefix(':') {
        Some(port) => {
            let end = port.find(['/', '?']).unwrap_or(port.len());
            (host, Some(port[..end].to_owned()), &port[end..])
        }
        None => (host, None, after),
    }
}

/// `parse_qsl` without blank values; `start` is the offset of the query in the whole text.
fn parameters(query: &str, start: usize) -> Vec<QueryParam> {
    let mut found = Vec::new();
    let mut at = start;
    for piece in query.split('&') {
        if let Some((name, value)) = piece.split_once('=')
            && !value.is_empty()
        {
            found.push(QueryParam {
                name: decode(name),
                value: decode(value),
                span: Span::new(at, at + piece.len()),
                name_span: Span::new(at, at + name.len()),
            });
        }
        at += piece.len() + 1;
    }
    found
}

/// Percent and plus decoding of one name or value, as `urllib.parse.parse_qsl` does it.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let raw = text.as_bytes();
    let mut i = 0;
    while i < raw.len() {
        let hex = raw
            .get(i + 1..i + 3)
            .filter(|_| raw[i] == b'%')
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (raw[i], hex) {
            (_, Some(byte)) => {
                bytes.push(byte);
                i += 3;
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_their_bytes() {
        let text = "postgresql+asyncpg://app:p%40s@db:5432/x?sslmode=require&foo=&a%2Db=1+2";
        let url = parse(text).unwrap();
        assert_eq!(url.dialect, "postgresql");
        assert_eq!(url.driver.as_deref(), Some("asyncpg"));
        assert_eq!(url.host.as_deref(), Some("db"));
        assert_eq!(url.port.as_deref(), Some("5432"));
        assert_eq!(url.database.as_deref(), Some("x"));
        let names: Vec<_> = url
            .query
            .iter()
            .map(|q| (q.name.as_str(), q.value.as_str(), &text[q.span.range()]))
            .collect();
        assert_eq!(
            names,
            [
                ("sslmode", "require", "sslmode=require"),
                ("a-b", "1 2", "a%2Db=1+2")
            ]
        );
        assert_eq!(&text[url.query[0].name_span.range()], "sslmode");
    }

    #[test]
    fn what_sqlalchemy_says() {
        // (text, host, database), from recorded runs of make_url.
        let cases = [
            ("postgresql://u:pa/ss@h:1/d", Some("h"), Some("d")),
            ("postgresql://u:p@ss@h/d", Some("ss@h"), Some("d")),
            ("postgresql://u:p@h/d#x", Some("h"), Some("d#x")),
            ("postgresql:///d", None, Some("d")),
            ("postgresql://h", Some("h"), None),
            ("postgresql://u:p@[::1]:5/d", Some("::1"), Some("d")),
        ];
        for (text, host, database) in cases {
            let url = parse(text).unwrap();
            assert_eq!(url.host.as_deref(), host, "{text}");
            assert_eq!(url.database.as_deref(), database, "{text}");
        }
        for text in [
            "postgresql+psycopg2-binary://u@h/d",
            "sqlite.x:///d",
            "",
            "h/d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
