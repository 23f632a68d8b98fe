//! The command line as typed. Knows names, help texts and shapes; what an option means together
//! with the environment and the configuration is decided in [`super::options`].

mod groups;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use groups::{
    ColourChoice, FailOn, FixArgs, GateArgs, LiveArgs, OutputArgs, SelectArgs, TargetArgs, boolish,
};

const ABOUT: &str = "Tells why a Python backend will not start, before it is started, and \
                     whether a live one is healthy";

const EXAMPLES: &str = "\
Examples:
  audit check backend              find everything that keeps it from starting
  audit fix backend                show the repairs as a diff, ask, apply

Every option has a twin in the environment: --fail-on is AUDIT_FAIL_ON. Lists are split
at commas there. A file audit.toml (audit init) keeps them.

Exit codes: 0 nothing found, 1 findings, 2 wrong usage, 3 incomplete,
4 live target silent, 5 fix undone, 130/143 interrupted.";

/// Everything on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "audit",
    version,
    about = ABOUT,
    after_help = EXAMPLES,
    max_term_width = 80,
    disable_help_subcommand = false,
    subcommand_value_name = "COMMAND"
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Findings and the last line only
    #[arg(short, long, global = true, env = "AUDIT_QUIET", value_parser = boolish())]
    pub quiet: bool,
    /// Reasons, evidence and what was not run; twice: timings
    #[arg(short, long, global = true, action = clap::ArgAction::Count, env = "AUDIT_VERBOSE")]
    pub verbose: u8,
    /// Work as if started in DIR
    #[arg(
        short = 'C',
        long,
        global = true,
        value_name = "DIR",
        env = "AUDIT_DIRECTORY"
    )]
    pub directory: Option<PathBuf>,
    /// Configuration file, or `none` for no file
    #[arg(long, global = true, value_name = "FILE|none", env = "AUDIT_CONFIG")]
    pub config: Option<PathBuf>,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        env = "AUDIT_COLOR",
        value_enum
    )]
    pub color: Option<ColourChoice>,
    /// Same as --color never
    #[arg(long, global = true, env = "AUDIT_NO_COLOR", value_parser = boolish())]
    pub no_color: bool,
    /// Never ask; what would need an answer is an error
    #[arg(long, global = true, env = "AUDIT_NO_INPUT", value_parser = boolish())]
    pub no_input: bool,
}

/// One command each.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find everything that keeps the backend from starting
    ///
    /// Reads the project and simulates its start. Executes nothing of it and uses no network
    /// unless --live or --launch is given.
    Check(CheckArgs),
    /// Climb the live ladder: database and HTTP; with --wait, wait for them
    Probe(ProbeArgs),
    /// Show fixes as a diff, ask, apply as one transaction, check again
    Fix(FixCommandArgs),
    /// Put back the files of a fix run
    Undo(UndoArgs),
    /// Write the Markdown fix report
    Report(ReportArgs),
    /// Root cause, fix, examples and references of a check
    Explain(ExplainArgs),
    /// What is believed about the project, and where it was read
    Facts(FactsArgs),
    /// List, show, lint and test check files
    Checks(ChecksArgs),
    /// Accept today's findings, so that only new ones fail
    Baseline(BaselineArgs),
    /// Run every live check against the embedded reference server and its faults
    Selftest(SelftestArgs),
    /// Write a commented audit.toml
    Init(InitArgs),
    /// Explain a traceback or start-up log from anywhere
    Diagnose(DiagnoseArgs),
    /// Run the embedded reference server (HTTP and PostgreSQL)
    Serve(ServeArgs),
    /// Check, fix and report the embedded broken backend
    Demo(DemoArgs),
    /// Print the JSON Schema of --format json
    Schema,
    /// Print a completion script
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// `audit check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Allow network: probe the database and the HTTP server too
    #[arg(long, env = "AUDIT_LIVE", value_parser = boolish(), help_heading = "Live")]
    pub live: bool,
    /// Start the backend itself, look, and stop it again
    #[arg(long, env = "AUDIT_LAUNCH", value_parser = boolish(), help_heading = "Live")]
    pub launch: bool,
    #[command(flatten)]
    pub probe: LiveArgs,
}

/// `audit probe`
#[derive(Debug, Args)]
pub struct ProbeArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub probe: LiveArgs,
}

/// `audit fix`
#[derive(Debug, Args)]
pub struct FixCommandArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub fix: FixArgs,
}

/// `audit undo`
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// Id of the run [default: the last one]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

/// `audit report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub gate: GateArgs,
    /// Write to FILE instead of standard output
    #[arg(short = 'o', long = "file", value_name = "FILE", env = "AUDIT_FILE")]
    pub file: Option<PathBuf>,
    /// Allow network: probe the database and the HTTP server too
    #[arg(long, env = "AUDIT_LIVE", value_parser = boolish(), help_heading = "Live")]
    pub live: bool,
    /// Start the backend itself and report what it says
    #[arg(long, env = "AUDIT_LAUNCH", value_parser = boolish(), help_heading = "Live")]
    pub launch: bool,
    #[command(flatten)]
    pub probe: LiveArgs,
}

/// `audit explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a check, URL301
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub id: Option<String>,
    /// The whole catalogue as Markdown
    #[arg(long, conflicts_with = "id", env = "AUDIT_ALL", value_parser = boolish())]
    pub all: bool,
    /// Further check files or folders
    #[arg(long, value_name = "PATH")]
    pub checks: Vec<PathBuf>,
}

/// `audit facts`
#[derive(Debug, Args)]
pub struct FactsArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Modules in the order in which the start imports them
    #[arg(long, env = "AUDIT_IMPORTS", value_parser = boolish())]
    pub imports: bool,
    /// As JSON
    #[arg(long, env = "AUDIT_JSON", value_parser = boolish())]
    pub json: bool,
}

/// `audit checks`
#[derive(Debug, Args)]
pub struct ChecksArgs {
    /// Further check files or folders
    #[arg(long, value_name = "PATH", global = true)]
    pub checks: Vec<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: ChecksCommand,
}

/// What to do with check files.
#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// All checks, one per line
    List {
        /// Ids, prefixes, phases or tags
        #[arg(value_name = "SEL")]
        selection: Vec<String>,
        /// As JSON
        #[arg(long, env = "AUDIT_JSON", value_parser = boolish())]
        json: bool,
    },
    /// The file of one check
    Show {
        /// Id of a check
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Faults of the check files themselves
    Lint,
    /// Run the examples of the check files
    Test {
        /// Ids, prefixes, phases or tags
        #[arg(value_name = "SEL")]
        selection: Vec<String>,
        /// Hold the examples against this interpreter (executes them)
        #[arg(long, value_name = "PYTHON[:SITE]")]
        oracle: Vec<String>,
        /// A skipped example is a failure
        #[arg(long, env = "AUDIT_REQUIRE_ALL", value_parser = boolish())]
        require_all: bool,
    },
}

/// `audit baseline`
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// What to do with the baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept all findings of today; refuses to overwrite a file
    Write(BaselineTarget),
    /// Accept today's findings as well, and forget those that are gone
    Update(BaselineTarget),
    /// Forget findings that are gone, accept no new one
    Prune(BaselineTarget),
}

/// Target of a baseline command.
#[derive(Debug, Args)]
pub struct BaselineTarget {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub gate: GateArgs,
}

/// `audit selftest`
#[derive(Debug, Args)]
pub struct SelftestArgs {
    /// text or json
    #[arg(long, value_name = "FMT", env = "AUDIT_FORMAT", value_parser = ["text", "json"])]
    pub format: Option<String>,
    /// As JSON
    #[arg(long, env = "AUDIT_JSON", value_parser = boolish())]
    pub json: bool,
}

/// `audit init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Directory of the backend
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Replace an audit.toml that is there
    #[arg(long, env = "AUDIT_FORCE", value_parser = boolish())]
    pub force: bool,
}

/// `audit diagnose`
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// File with a traceback or a start-up log, `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// Backend that the log comes from, for fixes
    #[arg(long, value_name = "PATH", env = "AUDIT_PROJECT")]
    pub project: Option<PathBuf>,
    /// As JSON
    #[arg(long, env = "AUDIT_JSON", value_parser = boolish())]
    pub json: bool,
}

/// `audit serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Break something, by name; `list` prints all names
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<String>,
    /// Port of the HTTP half [default: a free one]
    #[arg(long, value_name = "PORT", env = "AUDIT_HTTP_PORT")]
    pub http_port: Option<u16>,
    /// Port of the PostgreSQL half [default: a free one]
    #[arg(long, value_name = "PORT", env = "AUDIT_PG_PORT")]
    pub pg_port: Option<u16>,
}

/// `audit demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder to unpack into [default: a new temporary one, kept]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `audit completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell to write for
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}
