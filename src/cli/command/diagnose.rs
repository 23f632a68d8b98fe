//! `audit diagnose`: explains a traceback or start-up log from anywhere.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::args::{DiagnoseArgs, GateArgs, SelectArgs, TargetArgs};
use crate::cli::{Context, exit, options, output};
use crate::host::Host as _;
use crate::render::{json, text};
use crate::session;

/// Longest log that is read, in bytes; the end of a log says what ended the start.
const MAX_LOG: usize = 16 * 1024 * 1024;

/// Reads the log and explains its last crash.
pub fn run(context: &Context, args: &DiagnoseArgs) -> anyhow::Result<u8> {
    let bytes = if args.file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)
            .context("cannot read standard input")?;
        bytes
    } else {
        context
            .host
            .read(&args.file)
            .with_context(|| format!("cannot read {}", args.file.display()))?
    };
    let log = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(MAX_LOG)..]);
    let target = TargetArgs {
        path: Some(args.project.clone().unwrap_or_else(|| PathBuf::from("."))),
        ..TargetArgs::default()
    };
    let gate = GateArgs {
        no_baseline: true,
        ..GateArgs::default()
    };
    let host = &context.host;
    let select = SelectArgs::default();
    let meant = options::meant(host, context.config_file(), &target, &select, &gate)?;
    let project = args.project.is_some();
    let mut diagnosis = session::diagnose(host, &meant.request, project, &log)?;
    diagnosis.report.target = args.file.display().to_string();
    let options = crate::render::Options {
        exit_code: exit::OK,
        ..context.show()
    };
    let text = if args.json {
        json::render(&diagnosis.report, &options)
    } else {
        text::diagnosis(&diagnosis.report, &diagnosis.exception, &options)
    };
    output::stdout(&text)?;
    Ok(exit::OK)
}
