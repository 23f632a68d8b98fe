//! The HTTP half: the route probe against each fault, in process.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::database::Bench;
use super::{Row, runtime, side_by_side};
use crate::model::{Facts, HttpProbe, RouteState};
use crate::reference::fault::{Effect, Expect, FAULTS, Fault, Http};
use crate::reference::{ReferenceServer, Schedule, ServeOptions, StartError, application_routes};
use crate::session::{HttpOptions, SourceRoute, reach};

/// The only handler that a probe may run.
const HANDLER: &str = "GET /health";

/// The row of the healthy server.
pub const HEALTHY: &str = "http-ok";

/// The healthy server, and the faults that show at once.
pub fn working(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let faults = faults().filter(|fault| !waits(fault)).map(Some);
    let faults: Vec<_> = [None].into_iter().chain(faults).collect();
    side_by_side(&faults, |fault| row(fault, bench))
}

/// The faults that show only by silence.
pub fn waiting(bench: &Bench<'_>) -> anyhow::Result<Vec<Row>> {
    let faults = faults().filter(|fault| waits(fault));
    let rows = join_all(faults.map(|fault| row(Some(fault), bench)));
    Ok(runtime()?
        .block_on(rows)
        .into_iter()
        .collect::<Result<_, _>>()?)
}

fn faults() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().filter(|fault| fault.is_http())
}

fn waits(fault: &Fault) -> bool {
    matches!(fault.effect, Effect::Http(Http::Hang | Http::Slow))
}

fn source() -> Vec<SourceRoute> {
    let routes = application_routes().map(|(methods, path)| SourceRoute {
        methods: methods.iter().map(|method| (*method).to_owned()).collect(),
        path: path.to_owned(),
        source: None,
    });
    routes.collect()
}

async fn row(fault: Option<&'static Fault>, bench: &Bench<'_>) -> Result<Row, StartError> {
    let server = ReferenceServer::start(ServeOptions {
        faults: fault.map(Schedule::always).into_iter().collect(),
        authority: Some(bench.authority.clone()),
        ..ServeOptions::default()
    })
    .await?;
    let hangs = fault.is_some_and(|fault| fault.effect == Effect::Http(Http::Hang));
    let options = HttpOptions {
        timeout: match hangs {
            true => bench.impatient(),
            false => Duration::from_secs(10),
        },
        // Between what a healthy server takes on a busy machine and the fault.
        slow: Duration::from_millis(1500),
        ..HttpOptions::default()
    };
    let begun = Instant::now();
    let cancel = CancellationToken::new();
    let probe = reach(&server.http_url(), &source(), &options, cancel).await;
    let took = begun.elapsed();
    let ran = server.handled();
    server.stop().await;
    let quiet = ran.iter().all(|request| request == HANDLER);
    let right = quiet && judged(fault.map(|fault| fault.expect), &probe);
    let mut seen = seen(&probe);
    if !quiet {
        seen.push_str(&format!("; handlers ran: {}", ran.join(", ")));
    }
    let row = Row {
        fault: fault.map_or(HEALTHY, |fault| fault.name),
        expected: expected(fault.map(|fault| fault.expect)),
        seen,
        right,
        took,
        ..Row::default()
    };
    let facts = Facts {
        http: Some(probe),
        ..Facts::default()
    };
    Ok(row.examine(&bench.catalog, &facts, fault.is_some()))
}

fn expected(expect: Option<Expect>) -> String {
    match expect {
        Some(Expect::Http(check, outcomes)) => {
            format!("{}: {}", check.name(), outcomes.join(" or "))
        }
        _ => PROVEN.to_owned(),
    }
}

const PROVEN: &str = "healthy, every route proven";

fn seen(probe: &HttpProbe) -> String {
    match probe.failed() {
        Some(failed) => format!("{}: {}", failed.part, failed.outcome),
        None if proven(probe) => PROVEN.to_owned(),
        None => "healthy, but not every route is proven".to_owned(),
    }
}

fn proven(probe: &HttpProbe) -> bool {
    let mut rows = probe.routes.iter();
    !probe.routes.is_empty() && rows.all(|row| row.state == RouteState::Reachable)
}

/// The first part that fails is the one that is due, by its name; where nothing listens, nothing
/// else is claimed.
fn judged(expect: Option<Expect>, probe: &HttpProbe) -> bool {
    let Some(Expect::Http(check, outcomes)) = expect else {
        return probe.failed().is_none() && proven(probe);
    };
    let Some(failed) = probe.failed() else {
        return false;
    };
    let named = failed.part == check.name() && outcomes.contains(&failed.outcome.as_str());
    let silent = failed.part != "listen" || probe.routes.is_empty();
    named && silent
}
