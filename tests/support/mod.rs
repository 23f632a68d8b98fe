//! What several test modules share: fixtures, Python environments, real servers.

pub mod bench;
pub mod envs;
pub mod fixture;
pub mod postgres;
pub mod process;
pub mod report;
pub mod tree;
pub mod uvicorn;

use std::fs;
use std::path::{Path, PathBuf};

use audit::model::{Origin, PythonEnv, Server, Start, StartOutcome, Startup};
use envs::Venv;

/// A path below the repository.
pub fn repository(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// `python -c 'import MODULE'` in the project's root.
pub fn importing(module: &str) -> Start {
    Start {
        module: module.to_owned(),
        command: format!("python -c 'import {module}'"),
        ..Start::bare(Server::Import, Origin::named("test"))
    }
}

/// An environment of CPython 3.11 as the reader of projects describes it.
pub fn python_of(venv: &Venv) -> PythonEnv {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    PythonEnv {
        version: (3, 11),
        micro: None,
        prefix: Some(text(&venv.prefix)),
        stdlib: Some(text(&venv.stdlib())),
        site_dirs: vec![text(&venv.site_packages())],
        origin: None,
    }
}

/// Files in a directory of their own, which lasts as long as the first value.
pub fn written<N: AsRef<str>, T: AsRef<str>>(
    files: impl IntoIterator<Item = (N, T)>,
) -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(scratch.path()).unwrap();
    for (name, text) in files {
        let path = dir.join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.as_ref()).unwrap();
    }
    (scratch, dir)
}

/// `starts`, `PLACE TYPE: first line of the text`, or why it is not known.
pub fn in_a_line(startup: Startup) -> String {
    match (startup.outcome, startup.exception) {
        (StartOutcome::Ok, _) => "starts".to_owned(),
        (StartOutcome::Error, Some(exception)) => {
            let place = match (startup.file, startup.line) {
                (Some(file), Some(line)) => format!("{file}:{line}"),
                _ => "-".to_owned(),
            };
            match exception.message.lines().next().unwrap_or_default() {
                "" => format!("{place} {}", exception.kind),
                text => format!("{place} {}: {text}", exception.kind),
            }
        }
        _ => format!("unknown: {}", startup.why.unwrap_or_default()),
    }
}
