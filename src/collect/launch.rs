//! The command that really starts the backend: its own interpreter and server, a loopback port,
//! one worker, no reload.

use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::model::{Facts, Redacted, Server, Start};
use crate::probe::StartCommand;
use crate::probe::launch::PORT;

/// Variables that a process needs to run at all, where the backend's environment has none.
const NEEDED: [&str; 6] = ["PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "TZ"];

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

fn arguments(start: &Start, script: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let attr = start.attr.as_deref();
    let target = |default: &str| format!("{}:{}", start.module, attr.unwrap_or(default));
    let owned = |args: &[&str]| -> Vec<String> { args.iter().map(|a| (*a).to_owned()).collect() };
    let address = format!("127.0.0.1:{PORT}");
    match start.server {
        Server::Import => vec!["-c".to_owned(), format!("import {}", start.module)],
        Server::Python => vec![start.module.clone()],
        Server::PythonModule => vec!["-m".to_owned(), start.module.clone()],
        Server::Gunicorn => {
            let mut args = script("gunicorn");
            args.push(target("application"));
            args.extend(owned(&["--bind", &address, "--workers", "1"]));
            if let Some(class) = &start.worker_class {
                args.extend(owned(&["--worker-class", class]));
            }
            args
        }
        Server::Hypercorn => {
            let mut args = script("hypercorn");
            args.push(target("app"));
            args.extend(owned(&["--bind", &address]));
            args
        }
        Server::Granian => {
            let mut args = script("granian");
            args.push(target("app"));
            args.extend(owned(&[
                "--interface",
                "asgi",
                "--host",
                "127.0.0.1",
                "--port",
                PORT,
            ]));
            args
        }
        // The FastAPI command line hands over to uvicorn.
        Server::Uvicorn | Server::PythonMUvicorn | Server::Fastapi => {
            let mut args = match start.server {
                Server::PythonMUvicorn => owned(&["-m", "uvicorn"]),
                _ => script("uvicorn"),
            };
            args.push(target("app"));
            args.extend(owned(&["--host", "127.0.0.1", "--port", PORT]));
            args.push("--no-use-colors".to_owned());
            uvicorn_options(start, &mut args);
            args
        }
    }
}

fn uvicorn_options(start: &Start, args: &mut Vec<String>) {
    if start.factory {
        args.push("--factory".to_owned());
    }
    for (option, value) in [
        ("--app-dir", start.app_dir.as_ref()),
        ("--env-file", start.env_file.as_ref()),
    ] {
        if let Some(value) = value {
            args.push(option.to_owned());
            args.push(value.clone());
        }
    }
    if ["on", "off"].contains(&start.lifespan.as_str()) {
        args.push("--lifespan".to_owned());
        args.push(start.lifespan.clone());
    }
}

fn environment(host: &dyn Host, facts: &Facts) -> Vec<(String, Redacted<String>)> {
    let known = facts.project.env.iter().filter(|(_, v)| !v.assumed);
    let mut env: Vec<(String, Redacted<String>)> = known
        .map(|(name, variable)| (name.clone(), variable.value.clone()))
        .collect();
    for name in NEEDED {
        if !env.iter().any(|(n, _)| n == name)
            && let Some(value) = host.env(name)
        {
            env.push((name.to_owned(), Redacted::new(value)));
        }
    }
    // Its log has to arrive line by line, and its folder has to stay as it is.
    for (name, value) in [
        ("PYTHONUNBUFFERED", "1"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PORT", PORT),
    ] {
        env.retain(|(n, _)| n != name);
        env.push((name.to_owned(), Redacted::new(value.to_owned())));
    }
    env
}
