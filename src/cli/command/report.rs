//! `audit report`: the Markdown report of the last fix run, or of a fresh check.

use crate::cli::Context;
use crate::cli::args::ReportArgs;
use crate::cli::options;
use crate::cli::output;
use crate::cli::{exit, output::stderr};
use crate::render;
use crate::session;

/// Writes the report.
pub fn run(context: &Context, args: &ReportArgs) -> anyhow::Result<u8> {
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
    let progress = context.progress(args.probe.wait.is_some());
    let result = session::report(&context.host, &meant.request, &progress);
    progress.clear();
    let report = result?.report;
    let mut ending = exit::of_report(&report, meant.fail_on, meant.allow_incomplete);
    ending.signal = context.interrupt.code();
    let code = exit::code(&ending);
    let options = render::Options {
        fail_on: meant.fail_on,
        exit_code: code,
        ..context.show()
    };
    let text = render::markdown::render(&report, &options);
    match &args.file {
        None => output::stdout(&text)?,
        Some(path) if path.as_os_str() == "-" => output::stdout(&text)?,
        Some(path) => {
            output::write_file(path, &text)?;
            if !context.quiet {
                stderr(&format!("written {}", path.display()));
            }
        }
    }
    Ok(code)
}
