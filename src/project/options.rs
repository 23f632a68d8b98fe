//! What the caller asks for, and what makes reading impossible.

use std::path::PathBuf;

/// What to read, and what the caller already knows.
#[derive(Debug, Clone)]
pub struct Options {
    /// The path given by the user; the backend may lie below it.
    pub root: PathBuf,
    /// `module`, `module:attr`: the application, instead of discovery.
    pub app: Option<String>,
    /// A whole start command line, instead of discovery.
    pub start: Option<String>,
    /// Working directory of the start, relative to `root`.
    pub workdir: Option<String>,
    /// Further site directories, first in order.
    pub site_dirs: Vec<PathBuf>,
    /// Interpreter or environment directory.
    pub python: Option<PathBuf>,
    /// Major and minor version, over whatever the environment says.
    pub python_version: Option<(u8, u8)>,
    /// Dotenv files whose values are in the environment of the backend's process.
    pub env_files: Vec<PathBuf>,
    /// Variables known to be set; the value may be unknown.
    pub assume_env: Vec<(String, Option<String>)>,
    /// Does the backend inherit the auditor's own environment?
    pub process_env: bool,
    /// Read what the container image would be, not what lies on this machine.
    pub as_deployed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            root: PathBuf::from("."),
            app: None,
            start: None,
            workdir: None,
            site_dirs: Vec::new(),
            python: None,
            python_version: None,
            env_files: Vec::new(),
            assume_env: Vec::new(),
            process_env: true,
            as_deployed: false,
        }
    }
}

/// Reading could not even begin: the caller asked for something that does not exist.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing at the path.
    #[error("`{path}` does not exist; give the directory of the backend")]
    Missing { path: String },
    /// A file where a directory is needed.
    #[error("`{path}` is a file; give the directory of the backend")]
    NotADirectory { path: String },
    /// `--app` cannot be read.
    #[error(
        "--app `{value}`: {why}; write it as `module.path:attribute`, for example `app.main:app`"
    )]
    BadApp { value: String, why: String },
    /// `--start` cannot be read.
    #[error(
        "--start `{value}`: {why}; write the command line that starts the backend, for example `uvicorn app.main:app`"
    )]
    BadStart { value: String, why: String },
    /// `--python` leads nowhere.
    #[error(
        "--python `{value}`: {why}; give an interpreter or the directory of a virtual environment"
    )]
    BadPython { value: String, why: String },
    /// Another option that names something that does not exist.
    #[error("{option} `{value}`: {why}")]
    BadOption {
        option: &'static str,
        value: String,
        why: String,
    },
}
