//! `audit facts`: what is believed about the project and where it was read.

use crate::cli::Context;
use crate::cli::args::{FactsArgs, GateArgs, SelectArgs};
use crate::cli::{exit, options, output};
use crate::render;
use crate::session;

/// Prints the facts.
pub fn run(context: &Context, args: &FactsArgs) -> anyhow::Result<u8> {
    let gate = GateArgs {
        no_baseline: true,
        ..GateArgs::default()
    };
    let meant = options::meant(
        &context.host,
        context.config_file(),
        &args.target,
        &SelectArgs::default(),
        &gate,
    )?;
    let facts = session::facts(&context.host, &meant.request)?;
    let text = if args.json {
        render::facts::json(&facts, args.imports)
    } else {
        render::facts::text(&facts, args.imports, &context.show())
    };
    // Facts quote more of the target than findings do: everything passes the redactor again.
    output::stdout(&facts.redactor.apply(&text))?;
    Ok(exit::OK)
}
