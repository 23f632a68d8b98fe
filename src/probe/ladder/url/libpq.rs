//! What libpq makes of keywords and URIs (`fe-connect.c`, 15 to 18), and psycopg around it.

use std::time::Duration;

use super::super::plan::{
    Address, Attrs, Binding, Family, Plan, Roots, TlsMode, TlsPlan, UrlFailure,
};
use super::sqlalchemy::Parts;
use super::{Context, Words, service, tls_files};
use crate::knowledge::drivers;
use crate::model::{Exception, Redacted};

/// Environment variables that fill gaps.
const VARIABLES: [(&str, &str); 22] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("dbname", "PGDATABASE"),
    ("options", "PGOPTIONS"),
    ("sslmode", "PGSSLMODE"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("gssencmode", "PGGSSENCMODE"),
    ("require_auth", "PGREQUIREAUTH"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
];

/// An error that libpq reports while it reads its options.
fn operational(context: &Context<'_>, message: &str) -> Exception {
    match context.client.family {
        Family::Psycopg => Exception {
            kind: "psycopg.OperationalError".to_owned(),
            message: format!("connection is bad: {message}"),
        },
        _ => Exception {
            kind: "psycopg2.OperationalError".to_owned(),
            message: format!("{message}\n"),
        },
    }
}

/// An error in the text of a conninfo string, found before libpq connects.
fn programming(context: &Context<'_>, message: &str) -> Exception {
    match context.client.family {
        Family::Psycopg => Exception {
            kind: "psycopg.ProgrammingError".to_owned(),
            message: message.to_owned(),
        },
        _ => Exception {
            kind: "psycopg2.ProgrammingError".to_owned(),
            message: format!("invalid dsn: {message}\n"),
        },
    }
}

/// Keywords that SQLAlchemy passes: those of the URL, then `connect_args` over them.
pub(super) fn from_sqlalchemy(parts: &Parts, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    let mut words = Words::default();
    for (name, value) in [
        ("host", parts.host.clone()),
        ("port", parts.port.map(|p| p.to_string())),
        ("user", parts.user.clone()),
        ("password", parts.password.clone()),
        ("dbname", parts.database.clone()),
    ] {
        if let Some(value) = value {
            words.put(name, value);
        }
    }
    for (name, values) in &parts.query {
        if name == "host" {
            multi_host(values, &mut words);
        } else if name == "prepare_threshold" {
            return Err(context.failure(
                "url-value",
                "psycopg wants a number for `prepare_threshold`; a URL can only give text",
                Exception {
                    kind: "TypeError".to_owned(),
                    message: "'>=' not supported between instances of 'int' and 'str'".to_owned(),
                },
            ));
        } else {
            words.put(name, values.join(","));
        }
    }
    let mut unprepared = false;
    for (name, value) in &context.options.connect_args {
        let plain = value.trim_matches(['\'', '"']);
        if name == "prepare_threshold" {
            unprepared = plain == "None" || value.is_empty();
        } else if !value.is_empty() {
            words.put(name, plain);
        }
    }
    let mut plan = resolve(words, context)?;
    plan.unprepared = unprepared || context.client.family == Family::Psycopg2;
    Ok(plan)
}

/// `?host=a:1&host=b:2` or `?host=a,b&port=1,2`.
fn multi_host(values: &[String], words: &mut Words) {
    let split: Vec<(&str, &str)> = values
        .iter()
        .map(|v| match v.split_once(':') {
            Some((host, port)) if !v.starts_with('/') => (host, port),
            _ => (v.as_str(), ""),
        })
        .collect();
    let join =
        |pick: fn(&(&str, &str)) -> String| split.iter().map(pick).collect::<Vec<_>>().join(",");
    words.put("host", join(|(host, _)| (*host).to_owned()));
    if split.iter().any(|(_, port)| !port.is_empty()) {
        words.put("port", join(|(_, port)| (*port).to_owned()));
    }
}

/// A URI or `key=value` text handed to psycopg itself.
pub(super) fn from_conninfo(text: &str, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    let words = match ["postgresql://", "postgres://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
    {
        Some(rest) => uri(rest, context)?,
        None => keywords(text, context)?,
    };
    let mut plan = resolve(words, context)?;
    plan.unprepared = context.client.family == Family::Psycopg2;
    Ok(plan)
}

/// `conninfo_uri_parse_options`.
fn uri(rest: &str, context: &Context<'_>) -> Result<Words, UrlFailure> {
    let mut words = Words::default();
    let decode = |text: &str| decode_strict(text, context);
    let end = rest.find(['@', '/']).unwrap_or(rest.len());
    let mut after = rest;
    if rest[end..].starts_with('@') {
        let (user, password) = match rest[..end].split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (&rest[..end], None),
        };
        if !user.is_empty() {
            words.put("user", decode(user)?);
        }
        if let Some(password) = password.filter(|p| !p.is_empty()) {
            words.put("password", decode(password)?);
        }
        after = &rest[end + 1..];
    }
    let path = after.find(['/', '?']).unwrap_or(after.len());
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for spec in after[..path].split(',') {
        let (host, port) = match spec.strip_prefix('[').and_then(|s| s.split_once(']')) {
            Some((host, tail)) => (host, tail.strip_prefix(':').unwrap_or("")),
            None => spec.split_once(':').unwrap_or((spec, "")),
        };
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
    }
    if hosts.iter().any(|h| !h.is_empty()) {
        words.put("host", hosts.join(","));
    }
    if ports.iter().any(|p| !p.is_empty()) {
        words.put("port", ports.join(","));
    }
    let (database, query) = after[path..]
        .split_once('?')
        .unwrap_or((&after[path..], ""));
    let database = database.strip_prefix('/').unwrap_or(database);
    if !database.is_empty() {
        words.put("dbname", decode(database)?);
    }
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        parameter(pair, &mut words, context)?;
    }
    Ok(words)
}

fn parameter(pair: &str, words: &mut Words, context: &Context<'_>) -> Result<(), UrlFailure> {
    let refuse = |outcome, message: String| {
        context.failure(outcome, message.clone(), programming(context, &message))
    };
    let Some((name, value)) = pair.split_once('=') else {
        return Err(refuse(
            "url-syntax",
            format!("missing key/value separator \"=\" in URI query parameter: \"{pair}\""),
        ));
    };
    let (name, value) = (
        decode_strict(name, context)?,
        decode_strict(value, context)?,
    );
    if name == "ssl" && value == "true" {
        words.put("sslmode", "require");
        return Ok(());
    }
    if !known(&name) {
        return Err(refuse(
            "url-param",
            format!("invalid URI query parameter: \"{name}\""),
        ));
    }
    words.put(&name, value);
    Ok(())
}

/// A keyword of some libpq; one that only some versions know is let through.
fn known(name: &str) -> bool {
    drivers::driver("psycopg2").is_none_or(|d| d.accepts(name, None, None) != Some(false))
}

fn decode_strict(text: &str, context: &Context<'_>) -> Result<String, UrlFailure> {
    let raw = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        let hex = raw.get(at + 1..at + 3);
        if !hex.is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) {
            let message = format!("invalid percent-encoded token: \"{text}\"");
            return Err(context.failure(
                "url-syntax",
                "a bare % in the URL: libpq wants %25",
                programming(context, &message),
            ));
        }
    }
    Ok(super::unquote(text))
}

/// `key=value key='value'`; libpq's own reading of everything that is no URI.
fn keywords(text: &str, context: &Context<'_>) -> Result<Words, UrlFailure> {
    let mut words = Words::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(after) = after.trim_start().strip_prefix('=') else {
            let message = format!("missing \"=\" after \"{name}\" in connection info string");
            return Err(context.failure(
                "url-syntax",
                "libpq takes postgresql://, postgres:// or key=value text; a +driver belongs to SQLAlchemy",
                programming(context, &message),
            ));
        };
        let (value, after) = value(after.trim_start());
        if !known(name) {
            let message = format!("invalid connection option \"{name}\"");
            return Err(context.failure(
                "url-param",
                message.clone(),
                programming(context, &message),
            ));
        }
        words.put(name, value);
        rest = after.trim_start();
    }
    Ok(words)
}

fn value(text: &str) -> (String, &str) {
    let quoted = text.starts_with('\'');
    let mut out = String::new();
    let mut chars = text.char_indices();
    if quoted {
        chars.next();
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return (out, &text[at + 1..]),
            c if !quoted && c.is_whitespace() => return (out, &text[at..]),
            c => out.push(c),
        }
    }
    (out, "")
}

/// Gaps are filled by service file and environment; then hosts, TLS and limits are decided.
fn resolve(mut words: Words, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    fill(&mut words, context)?;
    let addresses = addresses(&words, context)?;
    let user = words
        .get("user")
        .map(str::to_owned)
        .or_else(|| context.system_user())
        .unwrap_or_default();
    let database = words.get("dbname").unwrap_or(&user).to_owned();
    let mut password_from = None;
    let password = words
        .get("password")
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .or_else(|| {
            let places: Vec<(String, u16)> = addresses
                .iter()
                .map(|a| match a {
                    Address::Tcp(host, port) => (host.clone(), *port),
                    Address::Unix(_) => ("localhost".to_owned(), 5432),
                })
                .collect();
            let explicit = words.get("passfile");
            let (password, file) = service::password(context, explicit, &places, &database, &user)?;
            password_from = Some(file);
            Some(password)
        });
    Ok(Plan {
        client: context.client.clone(),
        unknown_args: context.unknown_args(),
        tls: tls(&words, context, &addresses)?,
        binding: binding(&words, context)?,
        attrs: attrs(&words, context)?,
        limit: limit(&words, context)?,
        startup_options: words.get("options").unwrap_or_default().to_owned(),
        port_given: words.get("port").is_some(),
        addresses,
        user,
        password: password.map(Redacted::new),
        password_from,
        database,
        unprepared: false,
    })
}

fn fill(words: &mut Words, context: &Context<'_>) -> Result<(), UrlFailure> {
    let service_name = words
        .get("service")
        .or(context.env("PGSERVICE"))
        .map(str::to_owned);
    if let Some(name) = service_name {
        let Some(found) = service::section(context, &name, None) else {
            let message = format!("definition of service \"{name}\" not found");
            return Err(context.failure(
                "service",
                message.clone(),
                operational(context, &message),
            ));
        };
        for (key, value) in found.map {
            words.put_if_absent(&key, value);
        }
    }
    for (keyword, variable) in VARIABLES {
        if let Some(value) = context.env(variable) {
            words.put_if_absent(keyword, value);
        }
    }
    Ok(())
}

fn addresses(words: &Words, context: &Context<'_>) -> Result<Vec<Address>, UrlFailure> {
    let list = |name: &str| -> Vec<String> {
        words
            .get(name)
            .map(|v| v.split(',').map(str::to_owned).collect())
            .unwrap_or_default()
    };
    let (hosts, addrs, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addrs.len()).max(1);
    if ports.len() > 1 && ports.len() != count {
        let message = format!(
            "could not match {} port numbers to {count} hosts",
            ports.len()
        );
        return Err(context.failure("url-port", message.clone(), operational(context, &message)));
    }
    (0..count)
        .map(|i| {
            let text = ports.get(i).or(ports.first()).map_or("", String::as_str);
            let port = match text {
                "" => 5432,
                text => text.trim().parse().ok().filter(|p| *p > 0).ok_or_else(|| {
                    let message = format!("invalid port number: \"{text}\"");
                    context.failure("url-port", message.clone(), operational(context, &message))
                })?,
            };
            let host = addrs
                .get(i)
                .filter(|a| !a.is_empty())
                .or(hosts.get(i))
                .map_or("", String::as_str);
            Ok(match host {
                "" => Address::Unix(format!("/var/run/postgresql/.s.PGSQL.{port}")),
                path if path.starts_with('/') || path.starts_with('@') => {
                    Address::Unix(format!("{}/.s.PGSQL.{port}", path.trim_end_matches('/')))
                }
                host => Address::Tcp(host.to_owned(), port),
            })
        })
        .collect()
}

fn tls(words: &Words, context: &Context<'_>, addresses: &[Address]) -> Result<TlsPlan, UrlFailure> {
    let word = words.get("sslmode").unwrap_or("prefer");
    let mut mode = TlsMode::parse(word).ok_or_else(|| {
        let message = format!("invalid sslmode value: \"{word}\"");
        context.failure("url-value", message.clone(), operational(context, &message))
    })?;
    let direct = words.get("sslnegotiation") == Some("direct");
    if direct && mode < TlsMode::Require {
        let message = format!(
            "weak sslmode \"{word}\" may not be used with sslnegotiation=direct (use \"require\", \"verify-ca\", or \"verify-full\")"
        );
        return Err(context.failure("url-value", message.clone(), operational(context, &message)));
    }
    if addresses.iter().all(|a| matches!(a, Address::Unix(_))) {
        return Ok(TlsPlan::off());
    }
    let system = words.get("sslrootcert") == Some("system");
    if system {
        mode = TlsMode::VerifyFull;
    }
    let roots = if mode < TlsMode::Require {
        Roots::Nobody
    } else if system {
        Roots::System
    } else {
        roots(words, context, mode)?
    };
    Ok(TlsPlan {
        identity: tls_files::identity(context, words.get("sslcert"), words.get("sslkey")),
        mode,
        roots,
        direct,
        names_apart: true,
    })
}

/// A root file that is there is used from `require` on; `verify-*` needs one. That it is missing
/// shows only when the server has agreed to TLS, so it is not an error of the URL itself, but
/// nothing else can come of it.
fn roots(words: &Words, context: &Context<'_>, mode: TlsMode) -> Result<Roots, UrlFailure> {
    let path = match words.get("sslrootcert") {
        Some(path) => Some(path.to_owned()),
        None => context.home_file(".postgresql/root.crt"),
    };
    if let Some(found) = path.as_deref().and_then(|p| tls_files::roots(context, p)) {
        return Ok(found);
    }
    if mode == TlsMode::Require {
        return Ok(Roots::Nobody);
    }
    let path = path.unwrap_or_else(|| "~/.postgresql/root.crt".to_owned());
    Ok(Roots::File(path, Vec::new()))
}

fn binding(words: &Words, context: &Context<'_>) -> Result<Binding, UrlFailure> {
    Ok(match words.get("channel_binding") {
        None | Some("prefer") => Binding::Prefer,
        Some("disable") => Binding::Disable,
        Some("require") => Binding::Require,
        Some(other) => {
            let message = format!("invalid channel_binding value: \"{other}\"");
            return Err(context.failure(
                "url-value",
                message.clone(),
                operational(context, &message),
            ));
        }
    })
}

fn attrs(words: &Words, context: &Context<'_>) -> Result<Attrs, UrlFailure> {
    let word = words.get("target_session_attrs").unwrap_or("any");
    Attrs::parse(word).ok_or_else(|| {
        let message = format!("invalid target_session_attrs value: \"{word}\"");
        context.failure("url-value", message.clone(), operational(context, &message))
    })
}

/// psycopg 3 keeps time itself (130 s without a parameter); psycopg2 waits for ever.
fn limit(words: &Words, context: &Context<'_>) -> Result<Option<Duration>, UrlFailure> {
    let psycopg = context.client.family == Family::Psycopg;
    let Some(text) = words.get("connect_timeout") else {
        return Ok(psycopg.then_some(Duration::from_secs(130)));
    };
    let seconds: i64 = text.trim().parse().map_err(|_| {
        let (raised, detail) = if psycopg {
            let message = format!("bad value for connect_timeout: {}", super::repr(text));
            (programming(context, &message), message)
        } else {
            let message = format!(
                "invalid integer value \"{text}\" for connection option \"connect_timeout\""
            );
            (operational(context, &message), message)
        };
        context.failure("url-value", detail, raised)
    })?;
    Ok(match u64::try_from(seconds) {
        Ok(0) | Err(_) => psycopg.then_some(Duration::from_secs(130)),
        Ok(seconds) => Some(Duration::from_secs(seconds.max(2))),
    })
}
