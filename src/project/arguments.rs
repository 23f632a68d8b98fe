//! Command-line options of the servers that start Python backends.
//!
//! Each server is described by its switches; every other option takes a value. Sources: the
//! option lists of uvicorn 0.54, gunicorn 27, hypercorn 0.18, granian 2.8, fastapi-cli 0.0.34.

/// Options and positional words of one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    options: Vec<(String, Option<String>)>,
    pub positional: Vec<String>,
}

impl Arguments {
    /// Splits `words` (without the command itself). `switches` take no value; `aliases` map short
    /// names to long ones.
    pub fn read(words: &[String], switches: &[&str], aliases: &[(&str, &str)]) -> Self {
        let mut out = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                out.positional.extend(words.cloned());
                return out;
            }
            let (name, attached) = match split(word) {
                None => {
                    out.positional.push(word.clone());
                    continue;
                }
                Some(pieces) => pieces,
            };
            let name = aliases
                .iter()
                .find(|(short, _)| *short == name)
                .map_or(name.as_str(), |(_, long)| long)
                .to_owned();
            let switch = switches.contains(&name.as_str()) || name.starts_with("--no-");
            let value = match attached {
                Some(value) => Some(value),
                None if switch => None,
                None => words.next_if(|w| !w.starts_with("--")).cloned(),
            };
            out.options.push((name, value));
        }
        out
    }

    /// The words without the named options (long names) and their values; everything else as it
    /// was written.
    pub fn without(
        words: &[String],
        switches: &[&str],
        aliases: &[(&str, &str)],
        dropped: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // Reading one word more each time tells how many belong together.
            let read = Self::read(&words[at..], switches, aliases);
            let taken = match read.options.first() {
                Some((_, value)) if split(&words[at]).is_some_and(|(_, v)| v.is_none()) => {
                    1 + usize::from(value.is_some())
                }
                _ => 1,
            };
            let name = match split(&words[at]) {
                Some(_) => read.options.first().map(|(name, _)| name.as_str()),
                None => None,
            };
            if !name.is_some_and(dropped) {
                kept.extend_from_slice(&words[at..at + taken]);
            }
            at += taken;
        }
        kept
    }

    /// The last value of an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .and_then(|(_, v)| v.as_deref())
    }

    /// All values of an option.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.options
            .iter()
            .filter(move |(n, _)| n == name)
            .filter_map(|(_, v)| v.as_deref())
    }

    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(n, _)| n == name)
    }
}

/// `--name=value`, `--name`, `-n`, `-nvalue`; `None` for a positional word.
fn split(word: &str) -> Option<(String, Option<String>)> {
    if word.len() < 2 || !word.starts_with('-') {
        return None;
    }
    if word.starts_with("--") {
        return Some(match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.to_owned(), None),
        });
    }
    let end = word.char_indices().nth(2).map_or(word.len(), |(n, _)| n);
    let rest = &word[end..];
    let value = rest.strip_prefix('=').unwrap_or(rest);
    let attached = (!rest.is_empty()).then(|| value.to_owned());
    Some((word[..end].to_owned(), attached))
}

pub(super) const UVICORN: &[&str] = &[
    "--reload",
    "--access-log",
    "--use-colors",
    "--proxy-headers",
    "--server-header",
    "--date-header",
    "--factory",
    "--version",
    "--help",
    "--reset-contextvars",
];

pub(super) const GUNICORN: &[&str] = &[
    "--reload",
    "--spew",
    "--check-config",
    "--print-config",
    "--preload",
    "--reuse-port",
    "--daemon",
    "--initgroups",
    "--capture-output",
    "--log-syslog",
    "--enable-stdio-inheritance",
    "--suppress-ragged-eofs",
    "--do-handshake-on-connect",
    "--http2-cleartext",
    "--permit-obsolete-folding",
    "--strip-header-spaces",
    "--permit-unconventional-http-method",
    "--permit-unconventional-http-version",
    "--casefold-http-method",
    "--proxy-protocol",
    "--disable-redirect-access-to-syslog",
    "--enable-backlog-metric",
    "--version",
    "--help",
];

pub(super) const GUNICORN_SHORT: &[(&str, &str)] = &[
    ("-c", "--config"),
    ("-b", "--bind"),
    ("-w", "--workers"),
    ("-k", "--worker-class"),
    ("-t", "--timeout"),
    ("-D", "--daemon"),
    ("-e", "--env"),
    ("-p", "--pid"),
    ("-u", "--user"),
    ("-g", "--group"),
    ("-m", "--umask"),
    ("-n", "--name"),
    ("-R", "--enable-stdio-inheritance"),
    ("-v", "--version"),
    ("-h", "--help"),
];

pub(super) const HYPERCORN: &[&str] = &["--reload", "--debug", "--daemon", "--help"];

pub(super) const HYPERCORN_SHORT: &[(&str, &str)] = &[
    ("-c", "--config"),
    ("-b", "--bind"),
    ("-w", "--workers"),
    ("-k", "--worker-class"),
    ("-D", "--daemon"),
    ("-g", "--group"),
    ("-u", "--user"),
    ("-m", "--umask"),
    ("-p", "--pid"),
];

pub(super) const GRANIAN: &[&str] = &[
    "--ws",
    "--http1-keep-alive",
    "--http1-pipeline-flush",
    "--http2-adaptive-window",
    "--log",
    "--access-log",
    "--ssl-client-verify",
    "--respawn-failed-workers",
    "--factory",
    "--metrics",
    "--reload",
    "--reload-ignore-worker-failure",
    "--version",
    "--help",
];

pub(super) const FASTAPI: &[&str] = &[
    "--reload",
    "--proxy-headers",
    "--verbose",
    "--version",
    "--help",
    "-v",
];

pub(super) const FASTAPI_SHORT: &[(&str, &str)] = &[("-e", "--entrypoint")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_separated_from_words() {
        let words: Vec<String> = "-w4 -k uvicorn.workers.UvicornWorker a:b --bind=0.0.0.0:80 --reload --no-sendfile -b :81"
            .split(' ')
            .map(str::to_owned)
            .collect();
        let read = Arguments::read(&words, GUNICORN, GUNICORN_SHORT);
        assert_eq!(read.positional, ["a:b"]);
        assert_eq!(read.value("--workers"), Some("4"));
        assert_eq!(
            read.value("--worker-class"),
            Some("uvicorn.workers.UvicornWorker")
        );
        assert_eq!(read.value("--bind"), Some(":81"));
        assert_eq!(read.values("--bind").count(), 2);
        assert!(read.has("--reload") && read.has("--no-sendfile"));
    }

    #[test]
    fn options_are_taken_out_with_their_values() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        let written =
            "-w4 -k worker -b :80 a:b --bind=0.0.0.0:80 --bind :81 --reload --preload -c x.py";
        let kept = Arguments::without(&words(written), GUNICORN, GUNICORN_SHORT, &|name| {
            ["--bind", "--reload", "--workers"].contains(&name)
        });
        assert_eq!(kept, words("-k worker a:b --preload -c x.py"));
    }
}
