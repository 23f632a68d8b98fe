//! `audit selftest`: every fault of the reference server must be found by name, on its rung, and
//! nothing else may be claimed.

mod database;
mod show;

use std::time::{Duration, Instant};

use crate::cli::args::SelftestArgs;
use crate::cli::output::stdout;
use crate::cli::{Context, exit};

/// One line of the matrix.
pub struct Row {
    /// Name of the fault; `ok` for the healthy server.
    pub fault: &'static str,
    /// What had to be reported.
    pub expected: String,
    /// What was reported.
    pub seen: String,
    /// The same?
    pub right: bool,
    /// Time of the probe.
    pub took: Duration,
}

/// Runs the matrix; exit code 1 when a row is wrong.
pub fn run(context: &Context, args: &SelftestArgs) -> anyhow::Result<u8> {
    let begun = Instant::now();
    let rows = database::matrix(context)?;
    let json = args.json || args.format.as_deref() == Some("json");
    let text = match json {
        true => show::json(&rows, begun.elapsed()),
        false => show::table(&rows, begun.elapsed(), context),
    };
    stdout(&text)?;
    let right = !rows.is_empty() && rows.iter().all(|row| row.right);
    Ok(if right { exit::OK } else { exit::FINDINGS })
}
