//! The command that really starts the backend: its own interpreter and server, the options as
//! they were typed, but a loopback port and no reload, which would wait for changes for ever.

use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::model::{Facts, Redacted, Server, Start};
use crate::probe::StartCommand;
use crate::probe::launch::PORT;
use crate::project;

/// Variables that a process needs to run at all, where the backend's environment has none.
const NEEDED: [&str; 6] = ["PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "TZ"];

/// More workers prove nothing more, and take memory.
const MOST_WORKERS: u32 = 4;

/// Variables of servers that would make them listen elsewhere or reload.
const DECIDED: [&str; 9] = [
    "UVICORN_RELOAD",
    "UVICORN_UDS",
    "UVICORN_FD",
    "UVICORN_SSL_KEYFILE",
    "UVICORN_SSL_CERTFILE",
    "GRANIAN_RELOAD",
    "GRANIAN_UDS",
    "GRANIAN_SSL_CERTIFICATE",
    "GRANIAN_SSL_KEYFILE",
];

/// The start command.
///
/// # Errors
/// The reason why there is none, for the reader.
pub fn start_command(host: &dyn Host, facts: &Facts) -> Result<StartCommand, String> {
    let project = &facts.project;
    let start = project
        .start
        .as_ref()
        .ok_or("no start command was found; name one with --app or --start")?;
    let prefix = project
        .python
        .prefix
        .as_deref()
        .ok_or("no Python environment was found; name one with --python")?;
    let program = interpreter(host, Path::new(prefix))
        .ok_or_else(|| format!("`{prefix}` holds no interpreter"))?;
    let script = |name: &str| -> Vec<String> {
        let path = Path::new(prefix).join("bin").join(name);
        match host.is_file(&path) {
            true => vec![path.display().to_string()],
            false => vec!["-m".to_owned(), name.to_owned()],
        }
    };
    Ok(StartCommand {
        program,
        args: arguments(start, &script),
        directory: Path::new(&project.root).join(&start.workdir),
        env: environment(host, facts),
        serves: start.server != Server::Import,
        workers: workers(start),
        port: match start.server {
            Server::Python | Server::PythonModule => own_port(start),
            _ => None,
        },
    })
}

fn interpreter(host: &dyn Host, prefix: &Path) -> Option<PathBuf> {
    [
        "bin/python3",
        "bin/python",
        "Scripts/python.exe",
        "python.exe",
    ]
    .iter()
    .map(|name| prefix.join(name))
    .find(|path| host.is_file(path))
}

fn workers(start: &Start) -> u32 {
    start.workers.unwrap_or(1).clamp(1, MOST_WORKERS)
}

/// Where a program that starts its server itself says that it listens; a web server's default
/// otherwise.
fn own_port(start: &Start) -> Option<u16> {
    match &start.port {
        Some(written) => written.parse().ok(),
        None => Some(8000),
    }
}

fn arguments(start: &Start, script: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let owned = |args: &[&str]| -> Vec<String> { args.iter().map(|a| (*a).to_owned()).collect() };
    let workers = workers(start).to_string();
    let address = format!("127.0.0.1:{PORT}");
    let kept = || project::words_to_keep(start).unwrap_or_else(|| synthesised(start));
    match start.server {
        Server::Import => vec!["-c".to_owned(), format!("import {}", start.module)],
        Server::Python => vec![start.module.clone()],
        Server::PythonModule => vec!["-m".to_owned(), start.module.clone()],
        Server::Gunicorn | Server::Hypercorn => {
            let name = match start.server {
                Server::Gunicorn => "gunicorn",
                _ => "hypercorn",
            };
            let listens = owned(&["--bind", &address, "--workers", &workers]);
            [script(name), kept(), listens].concat()
        }
        Server::Granian => [
            script("granian"),
            kept(),
            owned(&["--host", "127.0.0.1", "--port", PORT, "--workers", &workers]),
        ]
        .concat(),
        Server::Fastapi => fastapi(start, script, &workers),
        Server::Uvicorn | Server::PythonMUvicorn => {
            let program = match start.server {
                Server::PythonMUvicorn => owned(&["-m", "uvicorn"]),
                _ => script("uvicorn"),
            };
            let listens = ["--host", "127.0.0.1", "--port", PORT, "--workers", &workers];
            [
                program,
                kept(),
                owned(&listens),
                owned(&["--no-use-colors"]),
            ]
            .concat()
        }
    }
}

/// `fastapi run` as typed. Where the command is not plain, what it hands over to: uvicorn.
fn fastapi(start: &Start, script: &dyn Fn(&str) -> Vec<String>, workers: &str) -> Vec<String> {
    let listens = ["--host", "127.0.0.1", "--port", PORT];
    let listens = listens.iter().map(|a| (*a).to_owned());
    let Some(mut kept) = project::words_to_keep(start) else {
        let uvicorn = script("uvicorn").into_iter().chain(synthesised(start));
        return uvicorn.chain(listens).collect();
    };
    // `dev` would reload.
    if let Some(mode) = kept.first_mut().filter(|mode| *mode == "dev") {
        "run".clone_into(mode);
    }
    let mut args: Vec<String> = script("fastapi").into_iter().chain(kept).collect();
    args.extend(listens);
    if start.workers.is_some() {
        args.extend(["--workers".to_owned(), workers.to_owned()]);
    }
    args
}

/// Application and options as far as the start is known, where the typed words cannot be used.
fn synthesised(start: &Start) -> Vec<String> {
    let attr = start.attr.as_deref().unwrap_or("app");
    let target = format!("{}:{attr}", start.module);
    let called = match start.factory {
        true => format!("{target}()"),
        false => target.clone(),
    };
    let mut args = Vec::new();
    let mut option = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            args.extend([name.to_owned(), value.clone()]);
        }
    };
    match start.server {
        Server::Gunicorn | Server::Hypercorn => {
            option("--worker-class", start.worker_class.as_ref());
            args.push(called);
        }
        Server::Granian => {
            option("--interface", Some(&"asgi".to_owned()));
            if start.factory {
                args.push("--factory".to_owned());
            }
            args.push(target);
        }
        _ => {
            option("--app-dir", start.app_dir.as_ref());
            option("--env-file", start.env_file.as_ref());
            let lifespan = Some(&start.lifespan).filter(|l| ["on", "off"].contains(&l.as_str()));
            option("--lifespan", lifespan);
            if start.factory {
                args.push("--factory".to_owned());
            }
            args.push(target);
        }
    }
    args
}

fn environment(host: &dyn Host, facts: &Facts) -> Vec<(String, Redacted<String>)> {
    let known = facts.project.env.iter().filter(|(_, v)| !v.assumed);
    let mut env: Vec<(String, Redacted<String>)> = known
        .filter(|(name, _)| !DECIDED.contains(&name.as_str()))
        .map(|(name, variable)| (name.clone(), variable.value.clone()))
        .collect();
    for name in NEEDED {
        if !env.iter().any(|(n, _)| n == name)
            && let Some(value) = host.env(name)
        {
            env.push((name.to_owned(), Redacted::new(value)));
        }
    }
    // Its log has to arrive line by line, without frames drawn around tracebacks, and its folder
    // has to stay as it is.
    for (name, value) in [
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("TYPER_STANDARD_TRACEBACK", "1"),
        ("_TYPER_STANDARD_TRACEBACK", "1"),
        ("PORT", PORT),
    ] {
        env.retain(|(n, _)| n != name);
        env.push((name.to_owned(), Redacted::new(value.to_owned())));
    }
    env
}
