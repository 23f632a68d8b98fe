//! One file per command, and what the auditing ones share.

mod baseline;
mod check;
mod checks;
mod completions;
mod demo;
mod diagnose;
mod explain;
mod facts;
mod fix;
mod init;
mod probe;
mod report;
mod selftest;
mod serve;
mod undo;

use std::path::{Path, PathBuf};

use super::args::Command;
use super::config;
use super::options::Meant;
use super::output::{Outputs, stderr};
use super::progress::Progress;
use super::{Context, exit};
use crate::check::{Catalog, Check};
use crate::host::Host;
use crate::render::{self, RuleInfo};
use crate::session::{self, Audit, AuditRequest};

/// Runs a command; the exit code of what it found.
pub fn run(context: &Context, command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Check(args) => check::run(context, &args),
        Command::Probe(args) => probe::run(context, &args),
        Command::Fix(args) => fix::run(context, &args),
        Command::Undo(args) => undo::run(context, &args),
        Command::Report(args) => report::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Facts(args) => facts::run(context, &args),
        Command::Checks(args) => checks::run(context, &args),
        Command::Baseline(args) => baseline::run(context, &args),
        Command::Selftest(args) => selftest::run(context, &args),
        Command::Init(args) => init::run(context, &args),
        Command::Diagnose(args) => diagnose::run(context, &args),
        Command::Serve(args) => serve::run(context, &args),
        Command::Demo(args) => demo::run(context, &args),
        Command::Schema => super::output::stdout(render::json::SCHEMA).map(|()| exit::OK),
        Command::Completions(args) => completions::completions(&args),
        Command::Man => completions::man(),
    }
}

/// Name of a command, for a crash note.
pub fn name(command: &Command) -> &'static str {
    match command {
        Command::Check(_) => "check",
        Command::Probe(_) => "probe",
        Command::Fix(_) => "fix",
        Command::Undo(_) => "undo",
        Command::Report(_) => "report",
        Command::Explain(_) => "explain",
        Command::Facts(_) => "facts",
        Command::Checks(_) => "checks",
        Command::Baseline(_) => "baseline",
        Command::Selftest(_) => "selftest",
        Command::Init(_) => "init",
        Command::Diagnose(_) => "diagnose",
        Command::Serve(_) => "serve",
        Command::Demo(_) => "demo",
        Command::Schema => "schema",
        Command::Completions(_) => "completions",
        Command::Man => "man",
    }
}

impl Context {
    /// Progress for one run; `notes` are lines of their own where there is no terminal.
    fn progress(&self, notes: bool) -> Progress {
        Progress::new(
            self.terminal.stderr && !self.quiet,
            notes,
            self.interrupt.clone(),
        )
    }

    /// How a report of this run is shown.
    fn show(&self) -> render::Options {
        render::Options {
            width: self.terminal.width,
            colour: self.terminal.colour,
            unicode: self.terminal.unicode,
            verbose: self.verbose,
            quiet: self.quiet,
            ..render::Options::default()
        }
    }

    /// The configuration file that was named.
    fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}

/// Audits with progress.
fn audit(context: &Context, request: &AuditRequest, notes: bool) -> anyhow::Result<Audit> {
    let progress = context.progress(notes);
    let request = AuditRequest {
        last: true,
        ..request.clone()
    };
    let result = session::audit(&context.host, &request, &progress);
    progress.clear();
    if context.interrupt.code().is_some() {
        stderr(&format!(
            "interrupted: {}; what follows is incomplete",
            progress.so_far()
        ));
    }
    Ok(result?)
}

/// Shows a report in all formats asked for and gives the exit code.
fn finish(
    context: &Context,
    meant: &Meant,
    outputs: &Outputs,
    audit: &mut Audit,
    sarif_root: Option<&Path>,
) -> anyhow::Result<u8> {
    let signal = context.interrupt.code();
    if signal.is_some() {
        audit.report.complete = false;
    }
    let mut ending = exit::of_report(&audit.report, meant.fail_on, meant.allow_incomplete);
    ending.signal = signal;
    let code = exit::code(&ending);
    let options = render::Options {
        path_prefix: path_prefix(context, Path::new(&audit.facts.project.root), sarif_root),
        fail_on: meant.fail_on,
        exit_code: code,
        rules: rules(&context.host, &meant.request.checks)?,
        ..context.show()
    };
    outputs.write(&context.host, &audit.report, &options)?;
    Ok(code)
}

/// Folder of the backend as seen from the repository, with a slash at its end.
fn path_prefix(context: &Context, root: &Path, sarif_root: Option<&Path>) -> String {
    let root = context
        .host
        .canonical(root)
        .unwrap_or_else(|| root.to_path_buf());
    let top: Option<PathBuf> = match sarif_root {
        Some(dir) => context.host.canonical(dir),
        None => config::git_top(&context.host, &root),
    };
    let relative = top.and_then(|top| root.strip_prefix(&top).ok().map(Path::to_path_buf));
    match relative {
        Some(relative) if !relative.as_os_str().is_empty() => {
            let parts: Vec<_> = relative
                .components()
                .map(|c| c.as_os_str().to_string_lossy())
                .collect();
            format!("{}/", parts.join("/"))
        }
        _ => String::new(),
    }
}

/// The catalogue with the user's own files.
fn catalog(host: &dyn Host, more: &[PathBuf]) -> anyhow::Result<Catalog> {
    let mut catalog = Catalog::embedded()?;
    if !more.is_empty() {
        catalog.load_more(host, more)?;
    }
    Ok(catalog)
}

/// What machine formats list about all checks.
fn rules(host: &dyn Host, more: &[PathBuf]) -> anyhow::Result<Vec<RuleInfo>> {
    Ok(catalog(host, more)?
        .checks()
        .iter()
        .map(rule_info)
        .collect())
}

fn rule_info(check: &Check) -> RuleInfo {
    RuleInfo {
        id: check.id.clone(),
        name: check.name.clone(),
        title: check.title.clone(),
        severity: Some(check.severity),
        help: format!("{} {}", check.text.root_cause, check.text.explanation),
        url: check.references.first().map(|r| r.url.clone()),
        tags: check.tags.clone(),
    }
}

/// The check of an id, or an error with the nearest id.
fn one_check<'c>(catalog: &'c Catalog, id: &str) -> anyhow::Result<&'c Check> {
    if let Some(check) = catalog.get(id) {
        return Ok(check);
    }
    let wanted = id.to_ascii_uppercase();
    let ids: Vec<&str> = catalog.checks().iter().map(|c| c.id.as_str()).collect();
    match config::nearest(&wanted, &ids) {
        Some(near) => anyhow::bail!("no check `{id}`; did you mean `{near}`?"),
        None => anyhow::bail!("no check `{id}`; `audit checks list` shows all"),
    }
}
