//! `audit check`

use super::{audit, finish};
use crate::cli::Context;
use crate::cli::args::CheckArgs;
use crate::cli::options;
use crate::cli::output::Outputs;

/// Finds everything that keeps the backend from starting.
pub fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<u8> {
    let outputs = Outputs::read(&context.host, &args.output)?;
    let mut meant = options::meant(
        &context.host,
        context.config_file(),
        &args.target,
        &args.select,
        &args.gate,
    )?;
    let live = options::live(&context.host, &args.probe, &meant.config)?;
    if args.live {
        meant.request.live = Some(live);
    }
    meant.request.launch = args.launch;
    let mut result = audit(context, &meant.request, args.probe.wait.is_some())?;
    finish(
        context,
        &meant,
        &outputs,
        &mut result,
        args.output.sarif_root.as_deref(),
    )
}
