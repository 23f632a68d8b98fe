//! Groups of options that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::duration::parse_duration;
use crate::model::{Applicability, Rung, Severity};
use crate::session::BackupMode;

/// Flags may be switched by `AUDIT_X=1`, `yes`, `off`, ...; anything else is an error.
pub fn boolish() -> impl TypedValueParser<Value = bool> {
    BoolishValueParser::new()
}

/// What is audited.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Directory of the backend [default: .]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// The application that the server imports [default: found]
    #[arg(long, value_name = "MODULE:ATTR", env = "AUDIT_APP")]
    pub app: Option<String>,
    /// The start command as it is typed [default: found]
    #[arg(
        long,
        value_name = "CMD",
        env = "AUDIT_START",
        allow_hyphen_values = true
    )]
    pub start: Option<String>,
    /// Directory of the start command, relative to PATH
    #[arg(long, value_name = "DIR", env = "AUDIT_WORKDIR")]
    pub workdir: Option<String>,
    /// Additional site directory (repeat)
    #[arg(long, value_name = "DIR")]
    pub site_dir: Vec<PathBuf>,
    /// Interpreter or environment to model; it is read, not run
    #[arg(long, value_name = "PATH", env = "AUDIT_PYTHON")]
    pub python: Option<PathBuf>,
    /// Model this version
    #[arg(long, value_name = "X.Y", env = "AUDIT_PYTHON_VERSION", value_parser = python_version)]
    pub python_version: Option<(u8, u8)>,
    /// Additional dotenv file (repeat)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// A variable that exists only in production (repeat)
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub assume_env: Vec<String>,
    /// Ignore the environment of this process
    #[arg(long, env = "AUDIT_NO_PROCESS_ENV", value_parser = boolish())]
    pub no_process_env: bool,
    /// Judge the container image, not this machine
    #[arg(long, env = "AUDIT_AS_DEPLOYED", value_parser = boolish())]
    pub as_deployed: bool,
    /// Limit of the static part [default: 60s]
    #[arg(long, value_name = "DUR", env = "AUDIT_TIME_LIMIT", value_parser = parse_duration)]
    pub time_limit: Option<Duration>,
}

/// Which checks run.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Only these: id, prefix, phase or tag (repeat)
    #[arg(long, value_name = "SEL")]
    pub only: Vec<String>,
    /// Not these (repeat)
    #[arg(long, value_name = "SEL")]
    pub skip: Vec<String>,
    /// Report as note (repeat)
    #[arg(long, value_name = "ID[@GLOB]")]
    pub downgrade: Vec<String>,
    /// Only findings whose files or causes changed since
    #[arg(long, value_name = "REF", env = "AUDIT_SINCE")]
    pub since: Option<String>,
    /// Further check files or folders (repeat)
    #[arg(long, value_name = "PATH")]
    pub checks: Vec<PathBuf>,
}

/// When a run fails.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Gate")]
pub struct GateArgs {
    /// Least severity that fails [default: error]
    #[arg(long, value_name = "LEVEL", env = "AUDIT_FAIL_ON", value_enum)]
    pub fail_on: Option<FailOn>,
    /// Exit 0 or 1 even if something could not be decided
    #[arg(long, env = "AUDIT_ALLOW_INCOMPLETE", value_parser = boolish())]
    pub allow_incomplete: bool,
    /// Accepted findings [default: audit-baseline.json if present]
    #[arg(
        long,
        value_name = "FILE",
        env = "AUDIT_BASELINE",
        conflicts_with = "no_baseline"
    )]
    pub baseline: Option<PathBuf>,
    /// No baseline, even if the file is there
    #[arg(long, env = "AUDIT_NO_BASELINE", value_parser = boolish())]
    pub no_baseline: bool,
}

/// What comes out.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// text, plain, json, jsonl, sarif, junit, gitlab, github, rdjson, markdown, tap
    #[arg(long, value_name = "FMT", env = "AUDIT_FORMAT")]
    pub format: Option<String>,
    /// In addition, to a file; `-` is standard output (repeat)
    #[arg(long, value_name = "FMT=FILE")]
    pub output: Vec<String>,
    /// Same as --format json
    #[arg(long, env = "AUDIT_JSON", value_parser = boolish())]
    pub json: bool,
    /// Same as --format plain
    #[arg(long, env = "AUDIT_PLAIN", value_parser = boolish())]
    pub plain: bool,
    /// Paths in sarif, gitlab, github, junit, rdjson are relative to it [default: Git top level]
    #[arg(long, value_name = "DIR", env = "AUDIT_SARIF_ROOT")]
    pub sarif_root: Option<PathBuf>,
}

/// How live targets are asked.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Live")]
pub struct LiveArgs {
    /// HTTP server to ask [default: from the start command]
    #[arg(long, value_name = "URL", env = "AUDIT_BASE_URL")]
    pub base_url: Option<String>,
    /// Database URL without a password; see --url-env and --url-file
    #[arg(long, value_name = "URL", env = "AUDIT_URL", hide_env_values = true)]
    pub url: Option<String>,
    /// Environment variable that holds the database URL
    #[arg(
        long,
        value_name = "NAME",
        env = "AUDIT_URL_ENV",
        conflicts_with = "url"
    )]
    pub url_env: Option<String>,
    /// File that holds the database URL, `-` for standard input
    #[arg(long, value_name = "FILE", env = "AUDIT_URL_FILE", conflicts_with_all = ["url", "url_env"])]
    pub url_file: Option<PathBuf>,
    /// Limit of one rung [default: 5s]
    #[arg(long, value_name = "DUR", env = "AUDIT_TIMEOUT", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Keep trying while the answer may change
    #[arg(long, value_name = "DUR", env = "AUDIT_WAIT", value_parser = parse_duration)]
    pub wait: Option<Duration>,
    /// First pause between tries [default: 500ms]
    #[arg(long, value_name = "DUR", env = "AUDIT_INTERVAL", value_parser = parse_duration)]
    pub interval: Option<Duration>,
    /// Stop after this rung
    #[arg(long, value_name = "NAME", env = "AUDIT_RUNG", value_enum)]
    pub rung: Option<RungName>,
    /// HTTP header whose value is in a variable (repeat)
    #[arg(long, value_name = "NAME=VARIABLE")]
    pub header_env: Vec<String>,
    /// Path of the health route [default: by its name in the source]
    #[arg(long, value_name = "PATH", env = "AUDIT_HEALTH", value_parser = absolute_path)]
    pub health: Option<String>,
    /// Send requests that run handlers
    #[arg(long, env = "AUDIT_ACTIVE", value_parser = boolish())]
    pub active: bool,
}

/// How fixes are applied.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Fix")]
pub struct FixArgs {
    /// Print a unified diff, change nothing, exit 1 if there is one
    #[arg(long, env = "AUDIT_DIFF", value_parser = boolish(), conflicts_with_all = ["yes", "interactive"])]
    pub diff: bool,
    /// Apply without asking
    #[arg(short, long, env = "AUDIT_YES", value_parser = boolish(), conflicts_with = "interactive")]
    pub yes: bool,
    /// Ask for each fix
    #[arg(long, env = "AUDIT_INTERACTIVE", value_parser = boolish())]
    pub interactive: bool,
    /// Which fixes to apply [default: safe]
    #[arg(long, value_name = "LEVEL", env = "AUDIT_LEVEL", value_enum)]
    pub level: Option<Level>,
    /// Where the old files go [default: suffix]
    #[arg(long, value_name = "HOW", env = "AUDIT_BACKUP", value_enum)]
    pub backup: Option<Backup>,
}

/// `/health`
fn absolute_path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` does not begin with a slash")),
    }
}

/// `3.11`
fn python_version(text: &str) -> Result<(u8, u8), String> {
    let wrong = || format!("`{text}` is not a version; write it as 3.11");
    let (major, minor) = text.split_once('.').ok_or_else(wrong)?;
    let minor = minor.split('.').next().unwrap_or(minor);
    Ok((
        major.parse().map_err(|_| wrong())?,
        minor.parse().map_err(|_| wrong())?,
    ))
}

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColourChoice {
    /// On a terminal.
    Auto,
    /// Even into a file.
    Always,
    /// Not at all.
    Never,
}

/// `--fail-on`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Only what keeps it from starting.
    Critical,
    /// And what certainly fails afterwards.
    Error,
    /// And what may fail.
    Warning,
    /// Everything.
    Note,
    /// Nothing.
    Never,
}

impl FailOn {
    /// The least severity that fails.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

/// `--level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Fixes that need no judgement.
    Safe,
    /// And those that a person should look at.
    Review,
}

impl From<Level> for Applicability {
    fn from(level: Level) -> Self {
        match level {
            Level::Safe => Self::Safe,
            Level::Review => Self::Review,
        }
    }
}

/// `--backup`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backup {
    /// FILE.backup beside each file.
    Suffix,
    /// In the state folder of the program.
    Store,
    /// None; needs a clean Git tree.
    None,
}

impl From<Backup> for BackupMode {
    fn from(backup: Backup) -> Self {
        match backup {
            Backup::Suffix => Self::Suffix,
            Backup::Store => Self::Store,
            Backup::None => Self::None,
        }
    }
}

/// `--rung`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum RungName {
    Url,
    Dns,
    Tcp,
    SslRequest,
    Tls,
    Auth,
    Database,
    Session,
}

impl From<RungName> for Rung {
    fn from(name: RungName) -> Self {
        match name {
            RungName::Url => Self::Url,
            RungName::Dns => Self::Dns,
            RungName::Tcp => Self::Tcp,
            RungName::SslRequest => Self::SslRequest,
            RungName::Tls => Self::Tls,
            RungName::Auth => Self::Auth,
            RungName::Database => Self::Database,
            RungName::Session => Self::Session,
        }
    }
}
