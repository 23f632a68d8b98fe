//! Which values of the target are secret: by name, by their place in a URL, by their shape.
//!
//! Over-masking costs a reader a word; under-masking costs the operator a secret. Where a name
//! looks secret and the value is a literal, it is hidden.

use std::collections::BTreeSet;
use std::ops::Range;

use super::paths;
use super::secrets_python as python;
use crate::knowledge::dotenv;
use crate::model::{Redactor, Source, Span, url_password_spans};

/// Words that make a name secret wherever they stand in it.
const SECRET_WORDS: &[&str] = &[
    "name",
    "none",
    "null",
    "password",
    "port",
    "passwd",
    "passphrase",
    "passwort",
    "pwd",
    "pass",
    "secret",
    "secrets",
    "token",
    "apikey",
    "dsn",
    "credential",
    "credentials",
    "secretkey",
    "privatekey",
    "accesskey",
    "pat",
];

/// Last words of names that only talk about a secret: its place, form or life time.
const ABOUT_A_SECRET: &[&str] = &[
    "url",
    "uri",
    "type",
    "name",
    "header",
    "headers",
    "algorithm",
    "alg",
    "minutes",
    "seconds",
    "hours",
    "days",
    "expire",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "lifetime",
    "length",
    "size",
    "path",
    "file",
    "dir",
    "prefix",
    "field",
    "scheme",
    "schema",
    "endpoint",
    "policy",
    "hasher",
    "format",
    "issuer",
    "audience",
    "max",
    "min",
    "count",
    "enabled",
    "required",
    "host",
    "port",
    "user",
    "username",
    "model",
    "class",
    "context",
    "manager",
    "strategy",
    "route",
    "router",
    "location",
    "version",
    "env",
    "var",
    "hash_rounds",
    "rounds",
];

/// Words before `key` that make it an ordinary key.
const ORDINARY_KEYS: &[&str] = &[
    "primary",
    "foreign",
    "cache",
    "sort",
    "partition",
    "public",
    "index",
    "unique",
    "dict",
    "lookup",
    "row",
    "hash",
    "range",
    "routing",
    "group",
    "parent",
    "object",
    "column",
    "map",
    "idempotency",
    "natural",
    "composite",
    "surrogate",
    "lock",
    "message",
    "event",
    "shard",
];

/// Words before `key` that make a lower-case name secret.
const SECRET_KEYS: &[&str] = &[
    "secret",
    "api",
    "private",
    "access",
    "signing",
    "encryption",
    "auth",
    "jwt",
    "master",
    "session",
    "service",
    "account",
    "storage",
    "aws",
    "fernet",
    "hmac",
    "app",
    "stripe",
    "openai",
    "license",
    "ssh",
    "client",
    "webhook",
    "rsa",
    "ssl",
    "tls",
    "subscription",
];

/// Does a variable of this name hold a secret?
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words
        .iter()
        .map(|w| w.trim_end_matches(|c: char| c.is_ascii_digit()))
        .filter(|w| !w.is_empty())
        .collect();
    let Some(last) = words.last() else {
        return false;
    };
    // The shell's working directory is no password.
    if ABOUT_A_SECRET.contains(last) || matches!(words[..], ["pwd"] | ["oldpwd"]) {
        return false;
    }
    if words.iter().any(|w| SECRET_WORDS.contains(w)) {
        return true;
    }
    let key_at = words.iter().rposition(|w| *w == "key");
    let Some(at) = key_at.filter(|at| *at + 2 >= words.len()) else {
        return false;
    };
    let before = at.checked_sub(1).map(|n| words[n]);
    let shouted = !name.chars().any(char::is_lowercase);
    match before {
        Some(word) if ORDINARY_KEYS.contains(&word) => false,
        Some(word) => shouted || SECRET_KEYS.contains(&word),
        None => shouted,
    }
}

/// Lower-case words of `SNAKE_CASE`, `kebab-case` and `camelCase`.
fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut previous_lower = false;
    for c in name.chars() {
        let boundary = c.is_uppercase() && previous_lower;
        if !c.is_alphanumeric() || boundary {
            out.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = out.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    out.retain(|w| !w.is_empty());
    out
}

/// Is this text a value worth hiding? References, blanks, numbers of a few digits and switches
/// are not.
pub(super) fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    !(value.is_empty()
        || value.starts_with('$')
        || value.starts_with("{{")
        || value.starts_with('<')
        || matches!(
            lower.as_str(),
            "true"
                | "false"
                | "none"
                | "null"
                | "yes"
                | "no"
                | "on"
                | "off"
                | "|"
                | ">"
                | "|-"
                | ">-"
        ))
}

/// Defaults that everybody knows. Where they stand as a value they are masked by their place;
/// hiding the words everywhere else would protect nothing and cost the reader `role "postgres"`.
const KNOWN_DEFAULTS: &[&str] = &[
    "admin",
    "auth",
    "basic",
    "bearer",
    "changeme",
    "changethis",
    "database",
    "default",
    "development",
    "example",
    "guest",
    "host",
    "json",
    "localhost",
    "name",
    "none",
    "null",
    "password",
    "port",
    "postgres",
    "postgresql",
    "production",
    "public",
    "root",
    "secret",
    "test",
    "token",
    "user",
    "username",
];

/// Collects secrets for the redactor, and knows which words are no secret because they name files
/// of the target.
#[derive(Debug, Default)]
pub(super) struct Registry {
    redactor: Redactor,
    public: BTreeSet<String>,
}

impl Registry {
    /// Names of files and directories: a password that equals one (`POSTGRES_PASSWORD=blog` of a
    /// project `blog`) is masked where it stands, but must not make every path unreadable.
    pub fn publish(&mut self, names: impl IntoIterator<Item = String>) {
        self.public.extend(names);
    }

    /// Remembers a secret value.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        let lower = value.to_ascii_lowercase();
        if !KNOWN_DEFAULTS.contains(&lower.as_str()) && !self.public.contains(value) {
            self.redactor.add(value);
        }
    }

    /// `text` with every secret replaced.
    pub fn apply(&self, text: &str) -> String {
        self.redactor.apply(text)
    }

    /// All secrets met.
    pub fn into_redactor(self) -> Redactor {
        self.redactor
    }
}

/// Registers one variable whose value is known, and its URL password.
pub(super) fn register(registry: &mut Registry, name: &str, value: &str) {
    if is_secret_name(name) && is_secret_value(value) {
        registry.add(value);
    }
    register_urls(registry, value);
}

/// Registers every password and token inside the URLs of a text, raw and percent-decoded.
pub(super) fn register_urls(registry: &mut Registry, text: &str) {
    for span in url_password_spans(text)
        .into_iter()
        .chain(userinfo_tokens(text))
    {
        let raw = &text[span];
        registry.add(raw);
        let decoded = percent_decoded(raw);
        if decoded != raw {
            registry.add(&decoded);
        }
    }
    for span in query_secrets(text) {
        registry.add(&text[span]);
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `https://TOKEN@host`: a user without a password, on a scheme that fetches code.
fn userinfo_tokens(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme_ok = text[..at].ends_with("http") || text[..at].ends_with("https");
        let start = at + 3;
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>'))
            .map_or(text.len(), |n| start + n);
        let Some(user) = text[start..end].rfind('@').map(|n| start..start + n) else {
            continue;
        };
        let value = &text[user.clone()];
        if scheme_ok && value.len() >= 8 && !value.contains([':', '$', '{']) {
            spans.push(user);
        }
    }
    spans
}

/// `?password=...` and the like inside URLs.
fn query_secrets(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for name in [
        "password=",
        "passwd=",
        "token=",
        "api_key=",
        "apikey=",
        "secret=",
        "sslpassword=",
    ] {
        for (at, _) in text.match_indices(name) {
            if !text[..at].ends_with(['?', '&']) {
                continue;
            }
            let start = at + name.len();
            let end = text[start..]
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '&' | '#' | '"' | '\'' | '`' | '<' | '>')
                })
                .map_or(text.len(), |n| start + n);
            if is_secret_value(&text[start..end]) {
                spans.push(start..end);
            }
        }
    }
    spans
}

/// Hides every secret of a file and remembers its value. The kind of file is told by its name.
pub(super) fn mask(source: &mut Source, registry: &mut Registry) {
    let text = source.text().to_owned();
    let name = paths::file_name(&source.path).to_ascii_lowercase();
    let mut spans: Vec<Range<usize>> = private_keys(&text);
    spans.extend(userinfo_tokens(&text));
    spans.extend(query_secrets(&text));
    if super::dotenv::is_dotenv_name(&name) {
        spans.extend(dotenv_secrets(&text));
    } else if matches!(name.rsplit('.').next(), Some("py" | "pyi" | "pyw")) {
        spans.extend(python::secrets(&text));
    } else if !is_list_of_packages(&name) {
        spans.extend(named_values(&text));
    }
    spans.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    for span in spans {
        registry.add(&text[span.clone()]);
        let span = Span::new(span.start, span.end);
        let covered = |m: &Span| m.start <= span.start && span.end <= m.end;
        if !source.masks().iter().any(covered) {
            source.mask(span);
        }
    }
    register_urls(registry, &text);
}

/// Files in which `name = value` is a package and its version.
fn is_list_of_packages(name: &str) -> bool {
    let lock = std::path::Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("lock"));
    lock || name == "pylock.toml" || (name.contains("requirements") && !name.contains("py"))
}

fn dotenv_secrets(text: &str) -> Vec<Range<usize>> {
    dotenv::parse(text)
        .bindings
        .into_iter()
        .filter(|b| is_secret_name(&b.name))
        .filter(|b| b.value.as_deref().is_some_and(is_secret_value))
        .map(|b| b.value_span.range())
        .collect()
}

/// PEM blocks: from the line after BEGIN to the one before END.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (at, _) in text.match_indices("PRIVATE KEY-----") {
        if !text[..at].ends_with([' ', '-'])
            || text[..at]
                .rfind("-----BEGIN")
                .is_none_or(|n| text[n..at].contains('\n'))
        {
            continue;
        }
        let start = at + "PRIVATE KEY-----".len();
        let end = text[start..]
            .find("-----END")
            .map_or(text.len(), |n| start + n);
        spans.push(start..end);
    }
    spans
}

/// Literal values of secret names in YAML, TOML, INI, Dockerfiles, unit files and shell scripts:
/// `NAME=value`, `NAME: value`, `ENV NAME value`, `--name value`, quoted or not.
pub(super) fn named_values(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(is_name_char) {
        let start = at + found;
        let length = text[start..]
            .find(|c| !is_name_char(c))
            .unwrap_or(text.len() - start);
        let end = start + length;
        at = end;
        let name = &text[start..end];
        // Queries of URLs have their own rule.
        if text[..start].ends_with(['?', '&']) || !is_secret_name(name.trim_matches('-')) {
            continue;
        }
        if let Some(span) = value_after(text, start, end) {
            let value = &text[span.clone()];
            if is_secret_value(value) && !is_version(value) {
                at = span.end.max(end);
                spans.push(span);
            } else if let Some(default) = default_of(text, &span) {
                spans.push(default);
            }
        }
    }
    spans
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The value that a name at `start..end` is given on the same line.
fn value_after(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let line_end = text[end..]
        .find(['\n', '\r'])
        .map_or(text.len(), |n| end + n);
    let rest = &text[end..line_end];
    let closing = rest.starts_with(['"', '\'']);
    let mut skipped = usize::from(closing);
    let blanks = rest[skipped..].len() - rest[skipped..].trim_start().len();
    let sign = rest[skipped + blanks..].chars().next()?;
    let line_start = text[..start].rfind('\n').map_or(0, |n| n + 1);
    let before = text[line_start..start].trim_start();
    let assigned = match sign {
        '=' => !rest[skipped + blanks + 1..].starts_with('='),
        ':' => rest[skipped + blanks + 1..].starts_with([' ', '\t', '"', '\'']) || closing,
        _ => false,
    };
    let spaced =
        blanks > 0 && (before.eq_ignore_ascii_case("env ") || text[start..end].starts_with("--"));
    if assigned {
        skipped += blanks + 1;
    } else if spaced {
        skipped += blanks;
    } else {
        return None;
    }
    let gap = rest[skipped..].len() - rest[skipped..].trim_start().len();
    let from = end + skipped + gap;
    // `NAME = value` of INI files has blanks on both sides; `NAME= value` of a shell has no value.
    literal(
        text,
        from,
        line_end,
        text[..start].ends_with(['"', '\'']),
        sign == ':',
    )
}

/// A literal that starts at `from`: quoted, or up to a blank (up to the line end in YAML).
fn literal(
    text: &str,
    from: usize,
    line_end: usize,
    inside_quotes: bool,
    yaml: bool,
) -> Option<Range<usize>> {
    let first = text[from..line_end].chars().next()?;
    if matches!(first, '"' | '\'') {
        let body = from + 1;
        let mut escaped = false;
        for (offset, c) in text[body..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == first => return Some(body..body + offset),
                _ => {}
            }
        }
        return Some(body..line_end);
    }
    let stop = |c: char| match c {
        '"' | '\'' => true,
        c if c.is_whitespace() => !yaml && !inside_quotes,
        ',' | ';' | ')' | ']' | '}' => inside_quotes,
        _ => false,
    };
    let end = text[from..line_end]
        .find(stop)
        .map_or(line_end, |n| from + n);
    let end = text[from..end].find(" #").map_or(end, |n| from + n);
    let length = text[from..end].trim_end().len();
    (length > 0).then_some(from..from + length)
}

/// `${NAME:-default}`: the default is a literal.
fn default_of(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let value = &text[span.clone()];
    let at = value.strip_prefix("${")?.find('-')? + 3;
    let end = value[at..].find('}').map_or(value.len(), |n| at + n);
    (at < end).then(|| span.start + at..span.start + end)
}

/// Version texts of dependency tables: `^1.2`, `>=3`, `1.4.0`.
fn is_version(value: &str) -> bool {
    let operator = value.starts_with(['^', '~', '>', '=', '!', '*'])
        || (value.starts_with('<') && value.contains(|c: char| c.is_ascii_digit()));
    let dotted = value.contains('.') && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    operator || dotted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_words() {
        for name in [
            "SECRET_KEY",
            "DB_PASSWORD",
            "POSTGRES_PASS",
            "JWT_SECRET",
            "apiKey",
            "API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "SENTRY_DSN",
            "access_token",
            "KEY",
            "secret_key",
            "STRIPE_KEY2",
            "GOOGLE_CREDENTIALS",
            "password",
            "smtp-password",
        ] {
            assert!(is_secret_name(name), "{name} should be secret");
        }
        for name in [
            "PWD",
            "tokenUrl",
            "TOKEN_URL",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "foreign_key",
            "primary_key",
            "PASSWORD_FILE",
            "SECRET_NAME",
            "key",
            "sort_key",
            "keyword",
            "monkey",
            "PUBLIC_KEY",
            "token_type",
            "compass",
            "DATABASE_URL",
        ] {
            assert!(!is_secret_name(name), "{name} should not be secret");
        }
    }

    fn hidden(path: &str, text: &str) -> String {
        let mut source = Source::new(path, text);
        mask(&mut source, &mut Registry::default());
        source.excerpt(1, 99).lines.join("\n")
    }

    #[test]
    fn values_are_hidden_in_every_kind_of_file() {
        for (path, text, expected) in [
            (
                ".env",
                "SECRET_KEY='canary-x' # c\nA=b",
                "SECRET_KEY='***' # c\nA=b\n",
            ),
            (
                "c.yml",
                "    SECRET_KEY: canary x\n    A: b",
                "    SECRET_KEY: ***\n    A: b",
            ),
            ("c.yml", "  - DB_PASSWORD=canary-x", "  - DB_PASSWORD=***"),
            (
                "c.yml",
                "  - \"DB_PASSWORD=canary x\"",
                "  - \"DB_PASSWORD=***\"",
            ),
            (
                "c.yml",
                "  PASSWORD: ${PW:-canary}",
                "  PASSWORD: ${PW:-***}",
            ),
            ("c.yml", "  PASSWORD: ${PW}", "  PASSWORD: ${PW}"),
            ("Dockerfile", "ENV API_KEY canary-x", "ENV API_KEY ***"),
            (
                "Dockerfile",
                "ENV A=b API_KEY=canary-x C=d",
                "ENV A=b API_KEY=*** C=d",
            ),
            (
                "x.service",
                "Environment=\"TOKEN=canary x\"",
                "Environment=\"TOKEN=***\"",
            ),
            ("x.toml", "password = \"canary\"", "password = \"***\""),
            (
                "x.toml",
                "token-bucket = \"^1.2.3\"",
                "token-bucket = \"^1.2.3\"",
            ),
            (
                "x.sh",
                "tool --password canary run",
                "tool --password *** run",
            ),
            ("a.json", "{\"token\":\"canary\"}", "{\"token\":\"***\"}"),
            (
                "requirements.txt",
                "x @ git+https://canary-token@github.com/o/r",
                "x @ git+https://***@github.com/o/r",
            ),
            ("requirements.txt", "token-bucket==1.0", "token-bucket==1.0"),
            (
                "pip.conf",
                "index-url = https://u:canary@h/simple",
                "index-url = https://u:***@h/simple",
            ),
            (
                "a.yml",
                "u: https://h/?token=canary&x=1",
                "u: https://h/?token=***&x=1",
            ),
        ] {
            assert_eq!(
                hidden(path, text).trim_end(),
                expected.trim_end(),
                "{path}: {text}"
            );
        }
        let pem = "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\n";
        assert!(!hidden("x.pem", pem).contains("canary"));
    }

    #[test]
    fn decoded_passwords_are_registered_too() {
        let mut registry = Registry::default();
        register_urls(&mut registry, "postgresql://u:canary%40x@h/d");
        assert_eq!(
            registry.apply("got canary@x and canary%40x"),
            "got *** and ***"
        );
    }
}
