//! The discovery rules of the FastAPI CLI (0.0.34): which file `fastapi run` starts, and as which
//! module.

use super::arguments::{self as options, Arguments};
use super::command::{Context, Found};
use super::files::Files;
use super::servers::{blank, target};
use super::{paths, pyproject_toml};
use crate::model::Server;

/// Files that `fastapi run` tries, in order.
pub(super) const DEFAULT_FILES: &[&str] = &[
    "main.py",
    "app.py",
    "api.py",
    "app/main.py",
    "app/app.py",
    "app/api.py",
];

/// `fastapi run|dev [PATH]`
pub(super) fn command(files: &mut Files, words: &[String], context: &Context) -> Option<Found> {
    let read = Arguments::read(words, options::FASTAPI, options::FASTAPI_SHORT);
    let mode = read.positional.first()?;
    if mode != "run" && mode != "dev" {
        return None;
    }
    let mut found = blank(Server::Fastapi, context);
    let given = read.positional.get(1).map(String::as_str);
    let entrypoint = read.value("--entrypoint").map(str::to_owned);
    let configured = match given {
        None => entrypoint
            .or_else(|| pyproject_toml::fastapi_entrypoint(files, &context.dir).map(|e| e.0)),
        Some(_) => None,
    };
    match (configured, given) {
        (Some(configured), _) => target(&mut found, &configured),
        (None, Some(path)) => {
            let (path, exact) = context.resolve(files, path)?;
            found.exact &= exact;
            by_path(files, &mut found, &path);
        }
        (None, None) => {
            match files.first_file(&context.dir, DEFAULT_FILES) {
                Some(path) => by_path(files, &mut found, &path),
                // Someone who typed the command is told what it says; a start that was found
                // somewhere belongs to another directory then.
                None if context.explicit => {}
                None => return None,
            }
        }
    }
    if let Some(name) = read.value("--app") {
        found.start.attr = Some(name.to_owned());
    }
    let start = &mut found.start;
    let development = mode == "dev";
    let default_host = if development { "127.0.0.1" } else { "0.0.0.0" };
    start.host = Some(read.value("--host").unwrap_or(default_host).to_owned());
    let port = read
        .value("--port")
        .or_else(|| context.variables.get("PORT").map(String::as_str));
    start.port = port.map(str::to_owned);
    start.reload = (development || read.has("--reload")) && !read.has("--no-reload");
    start.workers = read.value("--workers").and_then(|w| w.parse().ok());
    Some(found)
}

/// Module and path entry of a file or package directory, as `get_module_data_from_path` does it:
/// parents belong to the module as long as they hold an `__init__.py`.
pub(super) fn by_path(files: &Files, found: &mut Found, path: &str) {
    let is_init = paths::file_name(path) == "__init__.py";
    let mut module_path = if is_init { paths::parent(path) } else { path };
    let mut parts = vec![if is_init {
        paths::file_name(module_path).to_owned()
    } else {
        paths::stem(module_path).to_owned()
    }];
    loop {
        module_path = paths::parent(module_path);
        if module_path.is_empty() && files.is_file("__init__.py") {
            // The base itself is a package: its parent goes on the path.
            let name = files.base.file_name().and_then(|n| n.to_str());
            parts.insert(0, name.unwrap_or_default().to_owned());
            found.start.module = parts.join(".");
            let up = paths::relative("", &found.start.workdir);
            found.start.app_dir = Some(paths::join(&up, ".."));
            return;
        }
        if module_path.is_empty() || !files.is_file(&paths::join(module_path, "__init__.py")) {
            break;
        }
        parts.insert(0, paths::stem(module_path).to_owned());
    }
    found.start.module = parts.join(".");
    let dir = paths::relative(module_path, &found.start.workdir);
    found.start.app_dir = Some(paths::shown(&dir));
}
