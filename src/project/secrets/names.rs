//! Which names and values are secret: words of names, shapes of values, defaults everybody knows.

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
pub(super) const KNOWN_DEFAULTS: &[&str] = &[
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
