//! What asyncpg makes of its arguments (`asyncpg/connect_utils.py`, 0.27 to 0.32).

use std::time::Duration;

use super::super::plan::{Address, Attrs, Binding, Plan, Roots, TlsMode, TlsPlan, UrlFailure};
use super::sqlalchemy::Parts;
use super::{Context, Words, repr, service, tls_files, unquote};
use crate::model::{Exception, Redacted};

const MODES: &str = "disable, allow, prefer, require, verify-ca, verify-full";

/// Arguments as `connect()` gets them.
#[derive(Default)]
struct Arguments {
    words: Words,
    hosts: Vec<String>,
    ports: Vec<u16>,
    /// `ssl=True` or an `SSLContext`: verification with the system's authorities.
    context_tls: bool,
    unprepared: bool,
    timeout: Option<Duration>,
}

fn configuration_error(context: &Context<'_>, message: impl Into<String>) -> Exception {
    let kind = if context.client.version < (0, 28) {
        "asyncpg.exceptions._base.InterfaceError"
    } else {
        "asyncpg.exceptions._base.ClientConfigurationError"
    };
    Exception {
        kind: kind.to_owned(),
        message: message.into(),
    }
}

fn python(kind: &str, message: impl Into<String>) -> Exception {
    Exception {
        kind: kind.to_owned(),
        message: message.into(),
    }
}

/// Keywords that SQLAlchemy passes: those of the URL, then `connect_args` over them.
pub(super) fn from_sqlalchemy(parts: &Parts, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    let mut arguments = Arguments::default();
    if let Some(user) = &parts.user {
        arguments.words.put("user", user);
    }
    if let Some(password) = &parts.password {
        arguments.words.put("password", password);
    }
    if let Some(database) = &parts.database {
        arguments.words.put("dbname", database);
    }
    hosts_of(parts, context, &mut arguments)?;
    for (name, values) in &parts.query {
        let value = values.last().map_or("", String::as_str);
        url_keyword(name, value, values.len(), context, &mut arguments)?;
    }
    for (name, value) in &context.options.connect_args {
        source_keyword(name, value, &mut arguments);
    }
    resolve(arguments, context)
}

/// Hosts: `?host=a,b&port=1,2`, `?host=a:1&host=b:2`, else the host of the URL.
fn hosts_of(
    parts: &Parts,
    context: &Context<'_>,
    arguments: &mut Arguments,
) -> Result<(), UrlFailure> {
    let given = parts
        .query
        .iter()
        .find(|(n, _)| n == "host")
        .map(|(_, v)| v);
    let Some(values) = given else {
        arguments.hosts.extend(parts.host.clone());
        if let Some(port) = parts.port {
            arguments.ports.push(port_number(port, context)?);
        }
        return Ok(());
    };
    let mut ports: Vec<String> = parts
        .query
        .iter()
        .filter(|(n, _)| n == "port")
        .flat_map(|(_, v)| v)
        .flat_map(|v| v.split(','))
        .map(str::to_owned)
        .collect();
    for host in values.iter().flat_map(|v| v.split(',')) {
        match host.split_once(':') {
            Some((name, port)) if !host.starts_with('/') => {
                arguments.hosts.push(name.to_owned());
                ports.push(port.to_owned());
            }
            _ => arguments.hosts.push(host.to_owned()),
        }
    }
    for port in ports.iter().filter(|p| !p.is_empty()) {
        let number = super::python_int(port).ok_or_else(|| {
            UrlFailure::raising(
                "url-port",
                "the port of a host is no number",
                "sqlalchemy.exc.ArgumentError",
                format!("Received non-integer port arguments: ({},)", repr(port)),
            )
        })?;
        arguments.ports.push(port_number(number, context)?);
    }
    if arguments.ports.is_empty() {
        arguments
            .ports
            .extend(parts.port.map(|p| port_number(p, context)).transpose()?);
    }
    Ok(())
}

fn port_number(port: i64, context: &Context<'_>) -> Result<u16, UrlFailure> {
    u16::try_from(port).map_err(|_| {
        context.failure(
            "url-port",
            format!("port {port} is outside of 0-65535"),
            python("OverflowError", "connect(): port must be 0-65535."),
        )
    })
}

/// A keyword out of the URL: always text, which asyncpg does not expect everywhere.
fn url_keyword(
    name: &str,
    value: &str,
    times: usize,
    context: &Context<'_>,
    arguments: &mut Arguments,
) -> Result<(), UrlFailure> {
    let text_for_number = |message: &str| {
        context.failure(
            "url-value",
            format!("asyncpg wants a number for `{name}`; a URL can only give text"),
            python("TypeError", message),
        )
    };
    match name {
        "host" | "port" => {}
        "ssl" if times > 1 => {
            return Err(UrlFailure::plain(
                "url-value",
                "`ssl` stands in the URL more than once",
            ));
        }
        "ssl" => arguments.words.put("sslmode", value),
        "timeout" => {
            return Err(text_for_number(
                "unsupported operand type(s) for +: 'float' and 'str'",
            ));
        }
        "statement_cache_size"
        | "max_cached_statement_lifetime"
        | "max_cacheable_statement_size" => {
            return Err(text_for_number(
                "'<' not supported between instances of 'str' and 'int'",
            ));
        }
        "prepared_statement_cache_size" => {
            super::python_int(value).ok_or_else(|| {
                UrlFailure::raising(
                    "url-value",
                    "`prepared_statement_cache_size` is no number",
                    "ValueError",
                    format!("invalid literal for int() with base 10: {}", repr(value)),
                )
            })?;
        }
        "server_settings" => {
            return Err(context.failure(
                "url-value",
                "`server_settings` is a dictionary; a URL can only give text",
                configuration_error(
                    context,
                    "server_settings is expected to be None or a Dict[str, str]",
                ),
            ));
        }
        "database" => arguments.words.put("dbname", value),
        _ => arguments.words.put(name, value),
    }
    Ok(())
}

/// A keyword out of `connect_args`.
fn source_keyword(name: &str, value: &str, arguments: &mut Arguments) {
    let plain = value.trim_matches(['\'', '"']);
    match name {
        // Who sets it at all sets it to 0, to get along with a pooler.
        "statement_cache_size" if value.is_empty() => arguments.unprepared = true,
        _ if value.is_empty() => {}
        "ssl" => {
            arguments.words.map.remove("sslmode");
            arguments.context_tls = false;
            match plain {
                "True" => arguments.context_tls = true,
                "False" => arguments.words.put("sslmode", "disable"),
                "None" => {}
                word if TlsMode::parse(word).is_some()
                    || word.chars().all(char::is_alphanumeric) =>
                {
                    arguments.words.put("sslmode", word);
                }
                // An expression: an SSLContext, most likely the default one.
                _ => arguments.context_tls = true,
            }
        }
        "timeout" => {
            arguments.timeout = plain
                .parse()
                .ok()
                .and_then(|s: f64| Duration::try_from_secs_f64(s).ok());
        }
        "statement_cache_size" if plain == "0" => arguments.unprepared = true,
        "database" => arguments.words.put("dbname", plain),
        "host" => arguments.hosts = vec![plain.to_owned()],
        "port" => arguments.ports = plain.parse().ok().into_iter().collect(),
        "user" | "password" | "passfile" | "target_session_attrs" | "service" | "servicefile" => {
            arguments.words.put(name, plain);
        }
        _ => {}
    }
}

/// A DSN handed to asyncpg itself: `urllib.parse.urlparse`, then its own reading.
pub(super) fn from_dsn(text: &str, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    let mut arguments = Arguments::default();
    let (scheme, rest) = split_scheme(text);
    let query_text = rest.split_once('#').map_or(rest, |(before, _)| before);
    let (before, query) = match query_text.split_once('?') {
        Some((before, query)) => (before, query),
        None => (query_text, ""),
    };
    let netloc_path = before.strip_prefix("//");
    let (netloc, path) = match netloc_path {
        Some(rest) => match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        },
        None => ("", before),
    };
    if netloc.contains('[') != netloc.contains(']') {
        return Err(UrlFailure::raising(
            "url-syntax",
            "a [ or ] in the user, password or host is read as an IPv6 address",
            "ValueError",
            "Invalid IPv6 URL",
        ));
    }
    let pairs = strict_pairs(query)?;
    if !["postgresql", "postgres"].contains(&scheme) {
        return Err(context.failure(
            "url-scheme",
            format!("asyncpg takes postgresql:// or postgres:// only, not `{scheme}`"),
            configuration_error(
                context,
                format!(
                    "invalid DSN: scheme is expected to be either \"postgresql\" or \"postgres\", got {}",
                    repr(scheme)
                ),
            ),
        ));
    }
    let (auth, hosts) = netloc.split_once('@').unwrap_or(("", netloc));
    let (user, password) = auth.split_once(':').unwrap_or((auth, ""));
    for (name, value) in [("user", user), ("password", password)] {
        if !value.is_empty() {
            arguments.words.put(name, unquote(value));
        }
    }
    if !hosts.is_empty() {
        host_list(hosts, true, &mut arguments)?;
    }
    let database = unquote(path.strip_prefix('/').unwrap_or(path));
    if !path.is_empty() {
        arguments.words.put("dbname", database);
    }
    dsn_query(pairs, &mut arguments)?;
    resolve(arguments, context)
}

fn split_scheme(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
        {
            (scheme, rest)
        }
        _ => ("", text),
    }
}

/// `parse_qs(query, strict_parsing=True)`: the last value of a name counts.
fn strict_pairs(query: &str) -> Result<Vec<(String, String)>, UrlFailure> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    if query.is_empty() {
        return Ok(pairs);
    }
    for piece in query.split('&') {
        let Some((name, value)) = piece.split_once('=') else {
            return Err(UrlFailure::raising(
                "url-syntax",
                "a parameter of the URL has no = (a raw ? or & in the password does that too)",
                "ValueError",
                format!("bad query field: {}", repr(piece)),
            ));
        };
        if value.is_empty() {
            continue;
        }
        let decode = |text: &str| unquote(&text.replace('+', " "));
        let (name, value) = (decode(name), decode(value));
        pairs.retain(|(n, _)| *n != name);
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn dsn_query(pairs: Vec<(String, String)>, arguments: &mut Arguments) -> Result<(), UrlFailure> {
    for (name, value) in pairs {
        match name.as_str() {
            "host" if arguments.hosts.is_empty() => host_list(&value, false, arguments)?,
            "port" if arguments.ports.is_empty() => {
                for port in value.split(',') {
                    arguments.ports.push(dsn_port(port)?);
                }
            }
            "host" | "port" => {}
            "dbname" | "database" => arguments.words.put_if_absent("dbname", value),
            "user" | "password" => arguments.words.put_if_absent(&name, value),
            "passfile"
            | "sslmode"
            | "sslcert"
            | "sslkey"
            | "sslrootcert"
            | "sslnegotiation"
            | "sslcrl"
            | "sslpassword"
            | "ssl_min_protocol_version"
            | "ssl_max_protocol_version"
            | "target_session_attrs"
            | "krbsrvname"
            | "gsslib"
            | "service" => arguments.words.put(&name, value),
            _ => arguments.words.settings.push((name, value)),
        }
    }
    Ok(())
}

fn dsn_port(text: &str) -> Result<u16, UrlFailure> {
    super::python_int(text)
        .and_then(|p| u16::try_from(p).ok())
        .ok_or_else(|| {
            UrlFailure::raising(
                "url-port",
                "the port is no number (a / # or ? in the password ends the host early)",
                "ValueError",
                format!("invalid literal for int() with base 10: {}", repr(text)),
            )
        })
}

/// `a,b:5433,[::1]:5434,/socket/dir`
fn host_list(list: &str, decode: bool, arguments: &mut Arguments) -> Result<(), UrlFailure> {
    let dec = |text: &str| {
        if decode {
            unquote(text)
        } else {
            text.to_owned()
        }
    };
    let mut ports = Vec::new();
    for spec in list.split(',') {
        let (host, port) = if spec.starts_with('/') {
            (spec, "")
        } else if let Some(inner) = spec.strip_prefix('[')
            && let Some((host, after)) = inner.split_once(']')
        {
            (host, after.strip_prefix(':').unwrap_or(""))
        } else {
            spec.split_once(':').unwrap_or((spec, ""))
        };
        arguments.hosts.push(dec(host));
        ports.push(if port.is_empty() {
            None
        } else {
            Some(dsn_port(&dec(port))?)
        });
    }
    if arguments.ports.is_empty() && ports.iter().any(Option::is_some) {
        arguments.ports = ports.into_iter().map(|p| p.unwrap_or(5432)).collect();
    }
    Ok(())
}

/// Gaps are filled by service file, environment and password file; then TLS is decided.
fn resolve(mut arguments: Arguments, context: &Context<'_>) -> Result<Plan, UrlFailure> {
    fill_from_service(&mut arguments, context);
    if arguments.hosts.is_empty()
        && let Some(list) = context.env("PGHOST")
    {
        host_list(list, false, &mut arguments)?;
    }
    let default_hosts = arguments.hosts.is_empty();
    if default_hosts {
        let sockets = [
            "/run/postgresql",
            "/var/run/postgresql",
            "/tmp",
            "/private/tmp",
        ];
        arguments.hosts = sockets.map(str::to_owned).to_vec();
        arguments.hosts.push("localhost".to_owned());
    }
    let port = context.env("PGPORT").and_then(|p| p.parse().ok());
    let ports: Vec<u16> = (0..arguments.hosts.len())
        .map(|i| {
            let given = &arguments.ports;
            given
                .get(i)
                .or(given.first())
                .copied()
                .or(port)
                .unwrap_or(5432)
        })
        .collect();
    let addresses: Vec<Address> = arguments
        .hosts
        .iter()
        .zip(&ports)
        .map(|(host, port)| address(host, *port))
        .collect();
    let words = &arguments.words;
    let user = words
        .get("user")
        .or(context.env("PGUSER"))
        .map(str::to_owned)
        .or_else(|| context.system_user())
        .unwrap_or_default();
    let database = words
        .get("dbname")
        .or(context.env("PGDATABASE"))
        .unwrap_or(&user)
        .to_owned();
    let (password, password_from) =
        password(&arguments, context, default_hosts, &ports, &database, &user);
    let tls = tls(&arguments, context, &addresses)?;
    let attrs = attrs(words, context)?;
    let settings = words.settings.iter();
    Ok(Plan {
        startup_options: settings
            .map(|(name, value)| {
                let escaped = value.replace('\\', "\\\\").replace(' ', "\\ ");
                format!("-c {name}={escaped}")
            })
            .collect::<Vec<_>>()
            .join(" "),
        client: context.client.clone(),
        unknown_args: context.unknown_args(),
        port_given: !arguments.ports.is_empty(),
        addresses,
        // asyncpg answers with an empty password where none was given.
        password: Some(Redacted::new(password.unwrap_or_default())),
        password_from,
        user,
        database,
        tls,
        binding: Binding::Disable,
        attrs,
        limit: Some(arguments.timeout.unwrap_or(Duration::from_secs(60))),
        unprepared: arguments.unprepared,
    })
}

fn address(host: &str, port: u16) -> Address {
    if !host.starts_with('/') {
        return Address::Tcp(host.to_owned(), port);
    }
    if host.contains(".s.PGSQL.") {
        return Address::Unix(host.to_owned());
    }
    Address::Unix(format!("{}/.s.PGSQL.{port}", host.trim_end_matches('/')))
}

/// asyncpg reads service files since 0.31.
fn fill_from_service(arguments: &mut Arguments, context: &Context<'_>) {
    if context.client.version < (0, 31) {
        return;
    }
    let words = &arguments.words;
    // PGSERVICE is looked at after the file was read (0.31, 0.32), so it has no effect there.
    let Some(name) = words.get("service") else {
        return;
    };
    let Some(found) = service::section(context, name, words.get("servicefile")) else {
        return;
    };
    for (key, value) in found.map {
        match key.as_str() {
            "host" if arguments.hosts.is_empty() => {
                let _ = host_list(&value, false, arguments);
            }
            "port" if arguments.ports.is_empty() => {
                arguments.ports = value.split(',').filter_map(|p| p.parse().ok()).collect();
            }
            "host" | "port" => {}
            "database" => arguments.words.put_if_absent("dbname", value),
            _ => arguments.words.put_if_absent(&key, value),
        }
    }
}

fn password(
    arguments: &Arguments,
    context: &Context<'_>,
    default_hosts: bool,
    ports: &[u16],
    database: &str,
    user: &str,
) -> (Option<String>, Option<String>) {
    if let Some(password) = arguments.words.get("password") {
        return (Some(password.to_owned()), None);
    }
    if let Some(password) = context.env("PGPASSWORD") {
        return (Some(password.to_owned()), Some("PGPASSWORD".to_owned()));
    }
    let places: Vec<(String, u16)> = if default_hosts {
        vec![(
            "localhost".to_owned(),
            ports.first().copied().unwrap_or(5432),
        )]
    } else {
        arguments
            .hosts
            .iter()
            .cloned()
            .zip(ports.iter().copied())
            .collect()
    };
    let explicit = arguments.words.get("passfile");
    match service::password(context, explicit, &places, database, user) {
        Some((password, file)) => (Some(password), Some(file)),
        None => (None, None),
    }
}

fn tls(
    arguments: &Arguments,
    context: &Context<'_>,
    addresses: &[Address],
) -> Result<TlsPlan, UrlFailure> {
    let words = &arguments.words;
    let mut plan = TlsPlan {
        names_apart: false,
        ..TlsPlan::off()
    };
    plan.direct = words
        .get("sslnegotiation")
        .or(context.env("PGSSLNEGOTIATION"))
        == Some("direct")
        && context.client.version >= (0, 30);
    if arguments.context_tls {
        plan.mode = TlsMode::VerifyFull;
        plan.roots = Roots::System;
        return Ok(plan);
    }
    let word = words.get("sslmode").or(context.env("PGSSLMODE"));
    let any_tcp = addresses.iter().any(|a| matches!(a, Address::Tcp(..)));
    plan.mode = match word {
        Some(word) => TlsMode::parse(&word.replace('_', "-")).ok_or_else(|| {
            context.failure(
                "url-value",
                format!("asyncpg knows no TLS mode `{word}`; it takes {MODES}"),
                configuration_error(
                    context,
                    format!("`sslmode` parameter must be one of: {MODES}"),
                ),
            )
        })?,
        None if any_tcp => TlsMode::Prefer,
        None => TlsMode::Disable,
    };
    if plan.mode >= TlsMode::Require {
        plan.roots = roots(words, plan.mode, context)?;
    }
    if plan.direct && plan.mode < TlsMode::Require {
        return Err(context.failure(
            "url-value",
            "TLS from the first byte needs ssl=require or more",
            configuration_error(
                context,
                "direct TLS requires sslmode=require, verify-ca, or verify-full",
            ),
        ));
    }
    if plan.mode > TlsMode::Disable {
        let certificate = words.get("sslcert").or(context.env("PGSSLCERT"));
        let key = words.get("sslkey").or(context.env("PGSSLKEY"));
        plan.identity = tls_files::identity(context, certificate, key);
    }
    Ok(plan)
}

/// `sslrootcert`, `PGSSLROOTCERT`, `~/.postgresql/root.crt`; below verification a missing file
/// only means that nothing is verified.
fn roots(words: &Words, mode: TlsMode, context: &Context<'_>) -> Result<Roots, UrlFailure> {
    if let Some(path) = words.get("sslrootcert").or(context.env("PGSSLROOTCERT")) {
        return tls_files::roots(context, path).ok_or_else(|| {
            context.failure(
                "tls-missing-root",
                format!("the root certificate file {path} cannot be read"),
                python("FileNotFoundError", "[Errno 2] No such file or directory"),
            )
        });
    }
    let path = context.home_file(".postgresql/root.crt");
    if let Some(found) = path.as_deref().and_then(|p| tls_files::roots(context, p)) {
        return Ok(found);
    }
    if mode == TlsMode::Require {
        return Ok(Roots::Nobody);
    }
    let path = path.unwrap_or_else(|| "~/.postgresql/root.crt".to_owned());
    let detail = format!(
        "{} needs a root certificate: neither PGSSLROOTCERT nor {path} is there",
        mode.word()
    );
    let raised = if context.client.version < (0, 28) {
        python(
            "ValueError",
            format!(
                "root certificate file \"{path}\" does not exist\nEither provide the file or change sslmode to disable server certificate verification."
            ),
        )
    } else {
        let hint = format!(
            "\nHINT:  Provide the certificate file directly or make sure \"{path}\" exists and is readable."
        );
        configuration_error(
            context,
            format!("root certificate file \"{path}\" does not exist or cannot be accessed{hint}"),
        )
    };
    Err(context.failure("tls-missing-root", detail, raised))
}

/// Known since 0.28.
fn attrs(words: &Words, context: &Context<'_>) -> Result<Attrs, UrlFailure> {
    if context.client.version < (0, 28) {
        return Ok(Attrs::Any);
    }
    let word = words
        .get("target_session_attrs")
        .or(context.env("PGTARGETSESSIONATTRS"))
        .unwrap_or("any");
    // The text of asyncpg carries the address of an object, so it cannot be foretold.
    Attrs::parse(word).ok_or_else(|| {
        UrlFailure::plain(
            "url-value",
            format!("asyncpg knows no target_session_attrs `{word}`"),
        )
    })
}
