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

use audit::model::{Origin, Server, Start};

/// A path below the repository.
pub fn repository(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// `python -c 'import MODULE'` in the project's root.
pub fn importing(module: &str) -> Start {
    Start {
        server: Server::Import,
        module: module.to_owned(),
        attr: None,
        app_dir: None,
        workdir: ".".to_owned(),
        factory: false,
        lifespan: "auto".to_owned(),
        env_file: None,
        host: None,
        port: None,
        reload: false,
        workers: None,
        worker_class: None,
        command: format!("python -c 'import {module}'"),
        origin: Origin::named("test"),
    }
}
