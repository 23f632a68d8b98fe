//! What several test modules share: fixtures, Python environments, real servers.

pub mod bench;
pub mod envs;
pub mod fixture;
pub mod postgres;
pub mod process;
pub mod report;
pub mod tree;
pub mod uvicorn;

use std::path::{Path, PathBuf};

use audit::model::{Origin, PythonEnv, Server, Start};
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
