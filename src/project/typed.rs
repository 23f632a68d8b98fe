//! The words of a start command that matter to a start on another address: everything but where
//! it listens, how many workers it has, where it logs, and that it reloads.

use super::arguments::{self as options, Arguments};
use super::command::program;
use super::shell;
use crate::model::{Server, Start};

/// Options that a launch on a loopback port decides itself, beside those of a prefix below.
const DECIDED: &[&str] = &[
    "--host",
    "--port",
    "--bind",
    "--insecure-bind",
    "--quic-bind",
    "--uds",
    "--uds-permissions",
    "--fd",
    "--reload",
    "--no-reload",
    "--workers",
    "--daemon",
    "--pid",
    "--pid-file",
    "--user",
    "--group",
    "--use-colors",
    "--no-use-colors",
    // It serves plain HTTP, on the loopback.
    "--certfile",
    "--keyfile",
    "--keyfile-password",
    "--ca-certs",
    "--ciphers",
    "--cert-reqs",
    // What it says has to be heard, and no file is to be left behind.
    "--log-file",
    "--error-logfile",
    "--access-logfile",
];

const DECIDED_PREFIXES: &[&str] = &["--reload-", "--ssl-"];

/// The words after the name of the server, without what a launch decides itself. `None` when the
/// command does not say them plainly: variables, substitutions, several commands.
pub fn words_to_keep(start: &Start) -> Option<Vec<String>> {
    let (name, switches, aliases): (&str, &[&str], &[(&str, &str)]) = match start.server {
        Server::Uvicorn | Server::PythonMUvicorn => ("uvicorn", options::UVICORN, &[]),
        Server::Gunicorn => ("gunicorn", options::GUNICORN, options::GUNICORN_SHORT),
        Server::Hypercorn => ("hypercorn", options::HYPERCORN, options::HYPERCORN_SHORT),
        Server::Granian => ("granian", options::GRANIAN, &[]),
        Server::Fastapi => ("fastapi", options::FASTAPI, options::FASTAPI_SHORT),
        Server::Python | Server::PythonModule | Server::Import => return None,
    };
    let words = shell::words(&start.command);
    let at = words.iter().position(|word| program(word) == name)?;
    let kept = Arguments::without(&words[at + 1..], switches, aliases, &|name| {
        DECIDED.contains(&name) || DECIDED_PREFIXES.iter().any(|p| name.starts_with(p))
    });
    let mut before = "";
    for word in &kept {
        if is_unclear(before, word) {
            return None;
        }
        before = word;
    }
    (!kept.is_empty()).then_some(kept)
}

/// Options whose values look like absolute paths and are none of the file system.
const URL_PATHS: &[&str] = &["--root-path", "--url-path-prefix", "--static-path-route"];

/// Does a word mean something else here than where it was written? `before` is the word before.
fn is_unclear(before: &str, word: &str) -> bool {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) if name.starts_with("--") => (name, value),
        _ => (before, word),
    };
    // Absolute paths are often those of an image; relative ones follow the directory.
    let absolute = value.starts_with('/') && !URL_PATHS.contains(&name);
    let moves = word.starts_with("--chdir") || word.starts_with("--working-dir");
    absolute || moves || word.contains(['$', '`', '|', ';', '&', '<', '>', '(', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn kept(server: Server, command: &str) -> Option<String> {
        let start = Start {
            module: "app.main".to_owned(),
            attr: Some("app".to_owned()),
            command: command.to_owned(),
            ..Start::bare(server, Origin::named("test"))
        };
        words_to_keep(&start).map(|words| words.join(" "))
    }

    #[test]
    fn what_the_launch_decides_is_left_out() {
        for (server, command, expected) in [
            (
                Server::Uvicorn,
                "uv run uvicorn app.main:app --host 0.0.0.0 --port=80 --reload --log-config log.yaml --root-path /api --ssl-keyfile k.pem",
                Some("app.main:app --log-config log.yaml --root-path /api"),
            ),
            (
                Server::Gunicorn,
                "/venv/bin/gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b :8000 -c conf.py --preload --error-logfile=/log/e app.main:app",
                Some("-k uvicorn.workers.UvicornWorker -c conf.py --preload app.main:app"),
            ),
            (
                Server::Fastapi,
                "fastapi dev app/main.py --port 8000 --app app",
                Some("dev app/main.py --app app"),
            ),
            (
                Server::Uvicorn,
                "uvicorn app.main:app --root-path $ROOT",
                None,
            ),
            (
                Server::Gunicorn,
                "gunicorn -c /app/conf.py app.main:app",
                None,
            ),
            (Server::Python, "python main.py", None),
            (Server::Uvicorn, "start-the-backend", None),
        ] {
            assert_eq!(kept(server, command).as_deref(), expected, "{command}");
        }
    }
}
