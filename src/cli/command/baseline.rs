//! `audit baseline write|update|prune`: accepts today's findings, so that only new ones fail.

use anyhow::bail;

use crate::cli::args::{BaselineArgs, BaselineCommand};
use crate::cli::{Context, exit, options, output};
use crate::host::Host as _;
use crate::render::words;
use crate::session::{self, BaselineAction};

/// Changes the file and says how.
pub fn run(context: &Context, args: &BaselineArgs) -> anyhow::Result<u8> {
    let (action, target) = match &args.command {
        BaselineCommand::Write(target) => (BaselineAction::Write, target),
        BaselineCommand::Update(target) => (BaselineAction::Update, target),
        BaselineCommand::Prune(target) => (BaselineAction::Prune, target),
    };
    let meant = options::meant_for_baseline(
        &context.host,
        context.config_file(),
        &target.target,
        &target.select,
        &target.gate,
    )?;
    let path = &meant.baseline;
    if matches!(action, BaselineAction::Write) && context.host.kind(path).is_some() {
        bail!(
            "{} exists; `audit baseline update` adds to it, or remove it first",
            path.display()
        );
    }
    let progress = context.progress(false);
    let host = &context.host;
    let change = session::change_baseline(host, &meant.request, path, action, &progress);
    progress.clear();
    let change = change?;
    output::stdout(&format!(
        "{}: {} accepted ({} added, {} removed)\n",
        path.display(),
        words::count(change.total, "finding", "findings"),
        change.added,
        change.removed
    ))?;
    Ok(exit::OK)
}
