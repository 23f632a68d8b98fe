//! What was read about the target before any simulation. Filled by `project`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Redacted, Span, Undecided};

/// Where a fact was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// File relative to the root, `command line`, `environment` or `default`.
    pub source: String,
    /// 1-based line, when it is a file.
    pub line: Option<u32>,
}

impl Origin {
    /// An origin without a line.
    pub fn named(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            line: None,
        }
    }

    /// A line of a file.
    pub fn line(source: impl Into<String>, line: u32) -> Self {
        Self {
            source: source.into(),
            line: Some(line),
        }
    }
}

/// Which server starts the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// `uvicorn module:attr`
    Uvicorn,
    /// `python -m uvicorn` (the working directory is first on the path)
    PythonMUvicorn,
    /// `gunicorn module:attr`
    Gunicorn,
    /// `fastapi run|dev [path]`
    Fastapi,
    /// `hypercorn module:attr`
    Hypercorn,
    /// `granian module:attr`
    Granian,
    /// `python file.py`
    Python,
    /// `python -m package`
    PythonModule,
    /// `python -c "import module"`: the module is imported, nothing is served.
    Import,
}

/// How the backend is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Start {
    /// Which server.
    pub server: Server,
    /// Module, dotted (or a file path for `Server::Python`).
    pub module: String,
    /// Attribute path, when the server needs one. `None` for [`Server::Fastapi`] means what its
    /// CLI does: `app`, `api`, else the first FastAPI object of the module.
    pub attr: Option<String>,
    /// Directory that goes first on the path, relative to `workdir`.
    pub app_dir: Option<String>,
    /// Working directory, relative to the root (`.` = root).
    pub workdir: String,
    /// The attribute is a factory.
    pub factory: bool,
    /// `auto`, `on` or `off`.
    pub lifespan: String,
    /// `--env-file` of the server.
    pub env_file: Option<String>,
    /// Host to bind.
    pub host: Option<String>,
    /// Port to bind, as written (may be `$PORT`).
    pub port: Option<String>,
    /// Development reload.
    pub reload: bool,
    /// Worker count, when given.
    pub workers: Option<u32>,
    /// Worker class of gunicorn.
    pub worker_class: Option<String>,
    /// The command as typed.
    pub command: String,
    /// Where it was found.
    pub origin: Origin,
}

impl Start {
    /// A start in the root with what holds when a command says nothing else.
    pub fn bare(server: Server, origin: Origin) -> Self {
        Self {
            server,
            module: String::new(),
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
            command: String::new(),
            origin,
        }
    }
}

/// The Python that would run the backend. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct PythonEnv {
    /// Major and minor version.
    pub version: (u8, u8),
    /// Micro version where it is known.
    pub micro: Option<u8>,
    /// Prefix of the environment.
    pub prefix: Option<String>,
    /// Directory of the standard library (`lib/python3.11`), when installed.
    pub stdlib: Option<String>,
    /// Site directories in order.
    pub site_dirs: Vec<String>,
    /// Where it was found.
    pub origin: Option<Origin>,
}

/// A declared dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Normalised distribution name (PEP 503).
    pub name: String,
    /// Name as written.
    pub written: String,
    /// Extras as written.
    pub extras: Vec<String>,
    /// Version specifier as written, may be empty; those of poetry and Pipfile as PEP 440.
    pub specifier: String,
    /// Marker as written, may be empty.
    pub marker: String,
    /// Does the marker hold for the target? `None` when it cannot be decided.
    pub applies: Option<bool>,
    /// Direct reference, masked.
    pub url: Option<String>,
    /// File relative to the root.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// Bytes of the requirement in its file.
    pub span: Span,
    /// `main`, or the name of the dev group or extra.
    pub group: String,
    /// A constraint (`-c`), not a requirement.
    pub constraint: bool,
}

/// An installed or locked distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// Normalised name.
    pub name: String,
    /// Version as written in the metadata; empty when it will be installed (as deployed) but
    /// nothing tells which version.
    pub version: String,
    /// Importable top-level names.
    pub modules: Vec<String>,
    /// `Requires-Dist` lines.
    pub requires: Vec<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// Metadata directory, absolute; the lock file for a locked one.
    pub source: String,
}

/// One variable as the backend would see it.
#[derive(Debug, Clone)]
pub struct EnvVar {
    /// The value.
    pub value: Redacted<String>,
    /// Where it is set.
    pub origin: Origin,
    /// Known to exist, value unknown (`--assume-env NAME`).
    pub assumed: bool,
}

/// One entry of a dotenv file.
#[derive(Debug, Clone)]
pub struct DotenvEntry {
    /// Name as written.
    pub name: String,
    /// Value after quotes and interpolation; `None` for a bare name.
    pub value: Option<Redacted<String>>,
    /// 1-based line of the name.
    pub line: u32,
    /// Bytes of the value between the quotes.
    pub value_span: Span,
}

/// A dotenv file.
#[derive(Debug, Clone)]
pub struct DotenvFile {
    /// Relative to the root.
    pub path: String,
    /// Entries in order.
    pub entries: Vec<DotenvEntry>,
    /// A template or a backup: no program loads it by its name.
    pub idle: bool,
}

/// A container of a Kubernetes manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodContainer {
    /// Manifest, relative to the root.
    pub path: String,
    /// Line of the container.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What its own `command` and `args` start; `None`: what its image starts.
    pub start: Option<Start>,
    /// Probes over HTTP and TCP that ask this container.
    pub probes: Vec<PodProbe>,
    /// Names of the variables that it gets.
    pub variables: Vec<String>,
    /// It may get more than are named (`envFrom` of something that is not at hand).
    pub variables_open: bool,
    /// It shares the network of its node.
    pub host_network: bool,
}

/// A probe of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodProbe {
    /// `livenessProbe`, `readinessProbe` or `startupProbe`.
    pub kind: String,
    /// Path that is asked for over HTTP; `None` for TCP.
    pub path: Option<String>,
    /// Line of the path.
    pub path_line: u32,
    /// Port number, names resolved; `None` when it cannot be told.
    pub port: Option<u16>,
    /// Line of the port.
    pub port_line: u32,
}

/// Everything read about the target.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Absolute path of the root.
    pub root: String,
    /// Why this directory: `command line`, or the file below the given path that decided.
    pub root_origin: Option<Origin>,
    /// How it is started; `None` when nothing was found.
    pub start: Option<Start>,
    /// Other start commands that were found, in order of preference.
    pub other_starts: Vec<Start>,
    /// The Python environment.
    pub python: PythonEnv,
    /// Declared dependencies.
    pub requirements: Vec<Requirement>,
    /// Files that declare dependencies, relative, in order of preference.
    pub requirement_files: Vec<String>,
    /// Installed distributions by normalised name.
    pub distributions: BTreeMap<String, Distribution>,
    /// Locked distributions by normalised name.
    pub locked: BTreeMap<String, Distribution>,
    /// Environment of the backend's process (without dotenv files that the code itself loads).
    pub env: BTreeMap<String, EnvVar>,
    /// Dotenv files that exist in the project.
    pub dotenv: Vec<DotenvFile>,
    /// Python files of the project, relative, sorted.
    pub python_files: Vec<String>,
    /// As deployed: top-level modules that the local site directories hold and the image does not.
    pub hidden_modules: Vec<String>,
    /// As deployed: local distributions of which it is not known whether the image has them.
    pub doubtful_distributions: Vec<String>,
    /// Containers of Kubernetes manifests that certainly run this backend.
    pub pods: Vec<PodContainer>,
    /// Problems met while reading (unreadable file, bad syntax), with their places.
    pub problems: Vec<Undecided>,
}
