//! Password files and service files, as libpq and asyncpg read them.
//!
//! Source: PostgreSQL manual, "The Password File" and "The Connection Service File".

use super::{Context, Words};

/// The password for one place out of `~/.pgpass` or `PGPASSFILE`.
pub fn password(
    context: &Context<'_>,
    explicit: Option<&str>,
    places: &[(String, u16)],
    database: &str,
    user: &str,
) -> Option<(String, String)> {
    let path = explicit
        .map(str::to_owned)
        .or_else(|| context.env("PGPASSFILE").map(str::to_owned))
        .or_else(|| context.home_file(".pgpass"))?;
    // A file that others may read is ignored by every driver.
    if context
        .host
        .mode(std::path::Path::new(&path))
        .is_some_and(|mode| mode & 0o077 != 0)
    {
        return None;
    }
    let text = String::from_utf8_lossy(&context.read(&path).ok()?).into_owned();
    for (host, port) in places {
        let host = if host.starts_with('/') {
            "localhost"
        } else {
            host
        };
        for line in text.lines() {
            if let Some(password) = matching(line, [host, &port.to_string(), database, user]) {
                return Some((password, path));
            }
        }
    }
    None
}

/// `host:port:database:user:password` with `\` as the escape and `*` as the wildcard.
fn matching(line: &str, wanted: [&str; 4]) -> Option<String> {
    let line = line.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() || line.trim_start().starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            '\\' => fields[last].extend(chars.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            c => fields[last].push(c),
        }
    }
    let password = fields.pop().filter(|_| fields.len() == 4)?;
    fields
        .iter()
        .zip(wanted)
        .all(|(field, wanted)| field == "*" || field == wanted)
        .then_some(password)
}

/// Keywords of one `[section]` of the service file; `None` when there is no such section.
pub fn section(context: &Context<'_>, name: &str, explicit: Option<&str>) -> Option<Words> {
    let mut candidates: Vec<String> = Vec::new();
    match explicit.or_else(|| context.env("PGSERVICEFILE")) {
        Some(path) => candidates.push(path.to_owned()),
        None => candidates.extend(context.home_file(".pg_service.conf")),
    }
    // Only libpq looks into the system's directory.
    if context.client.is_libpq() {
        let system = context
            .env("PGSYSCONFDIR")
            .unwrap_or("/etc/postgresql-common");
        candidates.push(format!("{system}/pg_service.conf"));
    }
    candidates.iter().find_map(|path| {
        let text = String::from_utf8_lossy(&context.read(path).ok()?).into_owned();
        let mut found = None;
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                inside = section == name;
                if inside {
                    found.get_or_insert_with(Words::default);
                }
            } else if inside
                && let Some((key, value)) = line.split_once('=')
                && let Some(words) = &mut found
            {
                words.put(key.trim(), value.trim());
            }
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_password_file() {
        let wanted = ["db", "5432", "app", "me"];
        let cases = [
            ("db:5432:app:me:secret", Some("secret")),
            ("*:*:*:*:a:b", Some("a:b")),
            (r"db:5432:app:me:a\:b\\c", Some(r"a:b\c")),
            ("other:5432:app:me:x", None),
            ("# db:5432:app:me:x", None),
            ("db:5432:app", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(matching(line, wanted).as_deref(), expected, "{line}");
        }
    }
}
