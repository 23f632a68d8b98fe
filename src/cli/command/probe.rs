//! `audit probe`: only the live ladder; with `--wait`, the "wait for" command.

use super::{audit, finish};
use crate::cli::Context;
use crate::cli::args::ProbeArgs;
use crate::cli::options;
use crate::cli::output::Outputs;

/// Selectors of the checks that judge live answers.
const LIVE_PHASES: [&str; 2] = ["live-db", "live-http"];

/// Climbs the database ladder and asks the HTTP server.
pub fn run(context: &Context, args: &ProbeArgs) -> anyhow::Result<u8> {
    let outputs = Outputs::read(&context.host, &args.output)?;
    let mut meant = options::meant(
        &context.host,
        context.config_file(),
        &args.target,
        &args.select,
        &args.gate,
    )?;
    meant.request.live = Some(options::live(&context.host, &args.probe, &meant.config)?);
    if meant.request.only.is_empty() {
        meant.request.only = LIVE_PHASES.map(str::to_owned).to_vec();
    }
    let mut result = audit(context, &meant.request, args.probe.wait.is_some())?;
    finish(
        context,
        &meant,
        &outputs,
        &mut result,
        args.output.sarif_root.as_deref(),
    )
}
