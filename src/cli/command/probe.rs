//! `audit probe`: only the live ladder; with `--wait`, the "wait for" command.

use super::{audit, catalog, finish};
use crate::cli::Context;
use crate::cli::args::ProbeArgs;
use crate::cli::options;
use crate::cli::output::Outputs;
use crate::model::{Outcome, Proof, Report, Undecided};
use crate::render::words;

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
        let catalog = catalog(&context.host, &meant.request.checks)?;
        // Checks of the same phases that read the source are left to `audit check`.
        let probed = catalog.checks().iter().filter(|c| c.proof == Proof::Probed);
        meant.request.only = probed.map(|c| c.id.clone()).collect();
    }
    let mut result = audit(context, &meant.request, args.probe.wait.is_some())?;
    only_live(&mut result.report);
    finish(
        context,
        &meant,
        &outputs,
        &mut result,
        args.output.sarif_root.as_deref(),
    )
}

/// Only what was asked counts: the static half was read to find the URL, not to be judged.
fn only_live(report: &mut Report) {
    report.phases.retain(|p| words::is_live(p.phase));
    let live: Vec<String> = report
        .outcomes
        .iter()
        .filter(|o| words::is_live(o.phase))
        .map(|o| o.rule.clone())
        .collect();
    report.undecided.retain(|u| live.contains(&u.subject));
    let asked = report.ladder.is_some() || report.http.is_some();
    if !asked {
        report.undecided.push(Undecided {
            subject: "probe".to_owned(),
            place: None,
            why: "there is nothing to probe: no database URL and no server was found; give \
                  --url-env, --url-file or --base-url"
                .to_owned(),
        });
    }
    let broken = |o: &Outcome| matches!(o, Outcome::Broken { .. } | Outcome::Unknown { .. });
    let whole = report
        .outcomes
        .iter()
        .all(|o| !words::is_live(o.phase) || !broken(&o.outcome));
    report.complete = asked && whole;
}
