//! What a server command means: module, attribute, directories, address.
//!
//! Knows the command lines of uvicorn, gunicorn, hypercorn, granian, the fastapi CLI and Python
//! itself. The FastAPI CLI's own discovery is in [`super::fastapi_cli`].

use super::arguments::{self as options, Arguments};
use super::command::{Context, Found, program};
use super::files::Files;
use super::image::EnvSet;
use super::pysource::{self, Literal, ServerRun};
use super::{fastapi_cli, paths, scripts};
use crate::model::{Server, Start};

/// Is this a program that serves a Python application?
pub(super) fn is_server(name: &str) -> bool {
    matches!(
        name,
        "uvicorn" | "gunicorn" | "hypercorn" | "granian" | "fastapi"
    ) || is_python(name)
}

fn is_python(name: &str) -> bool {
    let version = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.')) || name == "py"
}

/// The start that these words mean, if they start a backend.
pub(super) fn read(
    files: &mut Files,
    words: &[String],
    text: &str,
    context: &Context,
) -> Option<Found> {
    let name = program(words.first()?);
    let rest = &words[1..];
    let mut found = match name {
        "uvicorn" => uvicorn_with_files(files, rest, Server::Uvicorn, context),
        "gunicorn" => gunicorn(files, rest, context),
        "hypercorn" => hypercorn(files, rest, context),
        "granian" => granian(files, rest, context),
        "fastapi" => fastapi_cli::command(files, rest, context)?,
        name if is_python(name) => python(files, rest, context)?,
        _ => scripts::console_script(files, name, rest, context)?,
    };
    found.start.command = text.to_owned();
    Some(found)
}

/// A start with the defaults that hold for every server.
pub(super) fn blank(server: Server, context: &Context) -> Found {
    Found {
        start: Start {
            workdir: context.dir.clone(),
            ..Start::bare(server, context.origin.clone())
        },
        env: context.env.clone(),
        exact: context.exact,
    }
}

/// Splits `module:attribute`; `attribute()` marks a factory.
pub(super) fn target(found: &mut Found, text: &str) {
    let (module, attr) = match text.split_once(':') {
        Some((module, attr)) => (module, Some(attr)),
        None => (text, None),
    };
    found.start.module = module.to_owned();
    found.start.attr = attr.filter(|a| !a.is_empty()).map(|attr| {
        let called = attr.split_once('(').map(|(name, _)| name.to_owned());
        found.start.factory |= called.is_some();
        called.unwrap_or_else(|| attr.to_owned())
    });
}

/// A directory option, relative to the working directory.
fn directory(files: &Files, found: &Found, context: &Context, path: &str) -> String {
    if !path.starts_with('/') {
        return paths::shown(&paths::clean(path));
    }
    match context.resolve(files, path) {
        Some((host, _)) => paths::shown(&paths::relative(&host, &found.start.workdir)),
        None => path.to_owned(),
    }
}

/// `UVICORN_X` and its like; `1`, `true`, `yes`, `on` switch on.
fn variable<'a>(context: &'a Context, name: &str) -> Option<&'a str> {
    context
        .variables
        .get(name)
        .map(String::as_str)
        .filter(|v| !v.is_empty())
}

fn switched_on(value: Option<&str>) -> bool {
    value.is_some_and(|v| {
        matches!(
            v.to_ascii_lowercase().as_str(),
            "1" | "true" | "yes" | "on" | "t" | "y"
        )
    })
}

fn uvicorn(words: &[String], server: Server, context: &Context) -> Found {
    let read = Arguments::read(words, options::UVICORN, &[]);
    let mut found = blank(server, context);
    // Every option of uvicorn can come from UVICORN_<OPTION>.
    let value = |name: &str| -> Option<String> {
        let from_env = format!("UVICORN_{}", name.to_ascii_uppercase().replace('-', "_"));
        read.value(&format!("--{name}"))
            .or_else(|| variable(context, &from_env))
            .map(str::to_owned)
    };
    let switch = |name: &str| read.has(&format!("--{name}")) || switched_on(value(name).as_deref());
    let app = read.positional.first().cloned().or_else(|| value("app"));
    target(&mut found, app.as_deref().unwrap_or_default());
    let start = &mut found.start;
    start.factory |= switch("factory");
    start.reload = switch("reload");
    start.lifespan = value("lifespan").unwrap_or_else(|| "auto".into());
    start.env_file = value("env-file");
    start.host = value("host");
    start.port = value("port");
    let workers =
        value("workers").or_else(|| variable(context, "WEB_CONCURRENCY").map(str::to_owned));
    start.workers = workers.and_then(|w| w.parse().ok());
    start.app_dir = value("app-dir").filter(|d| !d.is_empty());
    found
}

/// Resolves what [`uvicorn`] leaves as written, because it needs no files otherwise.
pub(super) fn uvicorn_with_files(
    files: &Files,
    words: &[String],
    server: Server,
    context: &Context,
) -> Found {
    let mut found = uvicorn(words, server, context);
    if let Some(dir) = found.start.app_dir.take() {
        found.start.app_dir = Some(directory(files, &found, context, &dir));
    }
    if let Some(file) = found.start.env_file.take() {
        found.start.env_file = Some(directory(files, &found, context, &file));
    }
    found
}

fn gunicorn(files: &mut Files, words: &[String], context: &Context) -> Found {
    let from_env = variable(context, "GUNICORN_CMD_ARGS").unwrap_or_default();
    let mut all = super::shell::words(from_env);
    all.extend(words.iter().cloned());
    let read = Arguments::read(&all, options::GUNICORN, options::GUNICORN_SHORT);
    let mut found = blank(Server::Gunicorn, context);
    let mut settings = gunicorn_config(files, &read, context);
    for (option, setting) in [
        ("--bind", "bind"),
        ("--workers", "workers"),
        ("--worker-class", "worker_class"),
        ("--chdir", "chdir"),
        ("--pythonpath", "pythonpath"),
    ] {
        if let Some(value) = read.value(option) {
            settings.insert(setting.to_owned(), value.to_owned());
        }
    }
    for pair in read.values("--env") {
        if let Some((name, value)) = super::shell::assignment(pair) {
            let origin = context.origin.clone();
            found.env.push(EnvSet {
                name,
                value,
                origin,
            });
        }
    }
    if let Some(dir) = settings.get("chdir") {
        match context.resolve(files, dir) {
            Some((dir, exact)) => {
                found.start.workdir = dir;
                found.exact &= exact;
            }
            None => found.exact = false,
        }
    }
    let app = read.positional.first().or_else(|| settings.get("wsgi_app"));
    target(&mut found, app.map(String::as_str).unwrap_or_default());
    if !found.start.module.is_empty() && found.start.attr.is_none() {
        found.start.attr = Some("application".to_owned());
    }
    if let Some(first) = settings.get("pythonpath").and_then(|p| p.split(',').next()) {
        found.start.app_dir = Some(directory(files, &found, context, first));
    }
    let workers = settings.get("workers").map(String::as_str);
    found.start.workers = workers
        .or_else(|| variable(context, "WEB_CONCURRENCY"))
        .and_then(|w| w.parse().ok());
    found.start.worker_class = settings.get("worker_class").cloned();
    found.start.reload = read.has("--reload");
    if let Some(bind) = settings.get("bind") {
        address(&mut found, bind);
    }
    found
}

/// Literal settings of the configuration file: `-c FILE`, else `gunicorn.conf.py`.
fn gunicorn_config(
    files: &mut Files,
    read: &Arguments,
    context: &Context,
) -> std::collections::BTreeMap<String, String> {
    let given = read
        .value("--config")
        .map(|c| c.trim_start_matches("file:"));
    let path = match given.and_then(|c| c.strip_prefix("python:")) {
        Some(module) => format!("{}.py", module.replace('.', "/")),
        None => given.unwrap_or("./gunicorn.conf.py").to_owned(),
    };
    let mut settings = std::collections::BTreeMap::new();
    let Some((path, _)) = context.resolve(files, &path) else {
        return settings;
    };
    if given.is_some() && !files.is_file(&path) {
        return settings;
    }
    let facts = files.text(&path).and_then(|text| pysource::read(&text));
    for (name, value) in facts.map(|f| f.names).unwrap_or_default() {
        let value = match value {
            Literal::List(items) => items.first().and_then(Literal::spelled),
            other => other.spelled(),
        };
        if let Some(value) = value {
            settings.insert(name, value);
        }
    }
    settings
}

/// `host:port`, `:port`, `[::1]:port`, `unix:...`
fn address(found: &mut Found, bind: &str) {
    if bind.starts_with("unix:") || bind.starts_with("fd:") {
        return;
    }
    let bind = bind
        .trim_start_matches("tcp://")
        .trim_start_matches("http://");
    let (host, port) = match bind.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (bind, None),
    };
    if !host.is_empty() {
        found.start.host = Some(host.trim_matches(['[', ']']).to_owned());
    }
    found.start.port = port.map(str::to_owned);
}

fn hypercorn(files: &mut Files, words: &[String], context: &Context) -> Found {
    let read = Arguments::read(words, options::HYPERCORN, options::HYPERCORN_SHORT);
    let mut found = blank(Server::Hypercorn, context);
    let app = read
        .positional
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let app = app
        .strip_prefix("asgi:")
        .or_else(|| app.strip_prefix("wsgi:"))
        .unwrap_or(app);
    target(&mut found, app);
    if found.start.attr.is_none() {
        found.start.attr = Some("app".to_owned());
    }
    found.start.reload = read.has("--reload");
    found.start.worker_class = read.value("--worker-class").map(str::to_owned);
    found.start.workers = read.value("--workers").and_then(|w| w.parse().ok());
    let bind = read
        .value("--bind")
        .or_else(|| read.value("--insecure-bind"));
    let bind = bind.map(str::to_owned).or_else(|| {
        let path = read.value("--config")?.to_owned();
        let (path, _) = context.resolve(files, &path)?;
        let text = files.text(&path)?;
        let table: toml::Table = text.parse().ok()?;
        let bind = table.get("bind")?;
        let first = bind.as_array().and_then(|a| a.first()).unwrap_or(bind);
        first.as_str().map(str::to_owned)
    });
    if let Some(bind) = bind {
        address(&mut found, &bind);
    }
    found
}

fn granian(files: &Files, words: &[String], context: &Context) -> Found {
    let read = Arguments::read(words, options::GRANIAN, &[]);
    let mut found = blank(Server::Granian, context);
    let value = |name: &str| -> Option<String> {
        let from_env = format!("GRANIAN_{}", name.to_ascii_uppercase().replace('-', "_"));
        read.value(&format!("--{name}"))
            .or_else(|| variable(context, &from_env))
            .map(str::to_owned)
    };
    target(
        &mut found,
        read.positional
            .first()
            .map(String::as_str)
            .unwrap_or_default(),
    );
    if found.start.attr.is_none() {
        found.start.attr = Some("app".to_owned());
    }
    if let Some(dir) = value("working-dir") {
        match context.resolve(files, &dir) {
            Some((dir, exact)) => {
                found.start.workdir = dir;
                found.exact &= exact;
            }
            None => found.exact = false,
        }
    }
    let start = &mut found.start;
    start.factory |= read.has("--factory") || switched_on(value("factory").as_deref());
    start.reload = read.has("--reload");
    start.env_file = value("env-files");
    start.host = value("host");
    start.port = value("port");
    start.workers = value("workers").and_then(|w| w.parse().ok());
    found
}

/// `python [-flags] file.py | -m module | -c code`
fn python(files: &mut Files, words: &[String], context: &Context) -> Option<Found> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "-m" => return module(files, words.get(at + 1)?, &words[at + 2..], context),
            "-c" => return code(words.get(at + 1)?, context),
            "-X" | "-W" => at += 2,
            flag if flag.starts_with("-m") && flag.len() > 2 => {
                return module(files, &flag[2..], &words[at + 1..], context);
            }
            flag if flag.starts_with('-') && flag.len() > 1 => at += 1,
            file => return python_file(files, file, context),
        }
    }
    None
}

fn module(files: &mut Files, name: &str, rest: &[String], context: &Context) -> Option<Found> {
    Some(match name {
        "uvicorn" => uvicorn_with_files(files, rest, Server::PythonMUvicorn, context),
        "gunicorn" => gunicorn(files, rest, context),
        "hypercorn" => hypercorn(files, rest, context),
        "granian" => granian(files, rest, context),
        "fastapi" => return fastapi_cli::command(files, rest, context),
        "debugpy" | "coverage" | "cProfile" | "trace" => {
            let at = rest.iter().position(|w| w == "-m" || w.ends_with(".py"))?;
            return python(files, &rest[at..], context);
        }
        name => {
            let mut found = blank(Server::PythonModule, context);
            found.start.module = name.to_owned();
            let stem = paths::join(&context.dir, &name.replace('.', "/"));
            let path = [format!("{stem}/__main__.py"), format!("{stem}.py")]
                .into_iter()
                .find(|p| files.is_file(p));
            let run = path.as_deref().and_then(|p| server_run(files, p));
            if run.is_none() && !context.explicit {
                return None;
            }
            if let Some(run) = run {
                programmatic(&mut found, &run);
            }
            found
        }
    })
}

/// `python -c "import a.b"` and `python -c "from a import b"`.
fn code(text: &str, context: &Context) -> Option<Found> {
    let mut found = blank(Server::Import, context);
    let statement = text
        .split([';', '\n'])
        .map(str::trim)
        .find(|s| !s.is_empty())?;
    let words: Vec<&str> = statement.split_whitespace().collect();
    match words[..] {
        ["import", module] if is_dotted(module) => found.start.module = module.to_owned(),
        ["import", module, "as", _] if is_dotted(module) => found.start.module = module.to_owned(),
        ["from", module, "import", ref names @ ..] if is_dotted(module) && !names.is_empty() => {
            found.start.module = module.to_owned();
            found.start.attr = Some(names[0].trim_end_matches(',').to_owned());
        }
        _ => return None,
    }
    Some(found)
}

/// A dotted name of identifiers.
pub(super) fn is_dotted(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with(|c: char| c.is_ascii_digit())
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
}

fn python_file(files: &mut Files, file: &str, context: &Context) -> Option<Found> {
    let resolved = context.resolve(files, file);
    let mut found = blank(Server::Python, context);
    let run = match &resolved {
        Some((path, _)) if files.is_dir(path) => {
            server_run(files, &paths::join(path, "__main__.py"))
        }
        Some((path, _)) => server_run(files, path),
        None => None,
    };
    if run.is_none() && !context.explicit {
        return None;
    }
    found.start.module = match resolved {
        Some((path, exact)) => {
            found.exact &= exact;
            paths::relative(&path, &found.start.workdir)
        }
        None => file.to_owned(),
    };
    if let Some(run) = run {
        programmatic(&mut found, &run);
    }
    Some(found)
}

/// The first `uvicorn.run(...)` of a file.
fn server_run(files: &mut Files, path: &str) -> Option<ServerRun> {
    let text = files.text(path)?;
    pysource::read(&text)?.runs.into_iter().next()
}

/// Address and switches of `uvicorn.run(...)`.
pub(super) fn programmatic(found: &mut Found, run: &ServerRun) {
    let start = &mut found.start;
    // A value that is computed is written as a variable: it is not the default.
    let text = |name: &str| {
        let value = run.keywords.get(name).filter(|v| **v != Literal::None)?;
        Some(value.spelled().unwrap_or_else(|| format!("${name}")))
    };
    let on = |name: &str| run.keywords.get(name) == Some(&Literal::Bool(true));
    start.host = text("host");
    start.port = text("port");
    start.workers = text("workers").and_then(|w| w.parse().ok());
    start.env_file = run.keywords.get("env_file").and_then(Literal::spelled);
    start.reload = on("reload");
    start.factory = on("factory");
    let lifespan = run.keywords.get("lifespan").and_then(Literal::spelled);
    start.lifespan = lifespan.unwrap_or_else(|| "auto".into());
}
