//! The HTTP half: the route probe against each fault, in process.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Row, in_order, runtime, side_by_side};
use crate::model::{HttpProbe, RouteState};
use crate::reference::fault::{Effect, Expect, FAULTS, Fault, Http};
use crate::reference::{
    Authority, ReferenceServer, Schedule, ServeOptions, StartError, application_routes,
};
use crate::session::{HttpOptions, SourceRoute, reach};

/// The only handler that a probe may run.
const HEALTH: &str = "GET /health";

/// All rows, in the order of the table, the healthy server first.
pub fn matrix() -> anyhow::Result<Vec<Row>> {
    let authority = Authority::generate()?;
    let faults = FAULTS.iter().filter(|fault| fault.is_http());
    let (waiting, working): (Vec<_>, Vec<_>) = faults.partition(|fault| waits(fault));
    let working: Vec<_> = [None]
        .into_iter()
        .chain(working.into_iter().map(Some))
        .collect();
    let mut rows = side_by_side(&working, |fault| row(fault, &authority))?;
    let all = waiting
        .into_iter()
        .map(|fault| row(Some(fault), &authority));
    for row in runtime()?.block_on(join_all(all)) {
        rows.push(row?);
    }
    Ok(in_order(rows))
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

async fn row(fault: Option<&'static Fault>, authority: &Authority) -> Result<Row, StartError> {
    let server = ReferenceServer::start(ServeOptions {
        faults: fault.map(Schedule::always).into_iter().collect(),
        authority: Some(authority.clone()),
        ..ServeOptions::default()
    })
    .await?;
    let hangs = fault.is_some_and(|fault| fault.effect == Effect::Http(Http::Hang));
    let options = HttpOptions {
        timeout: match hangs {
            true => Duration::from_millis(500),
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
    let quiet = ran.iter().all(|request| request == HEALTH);
    let right = quiet && judged(fault.map(|fault| fault.expect), &probe);
    let mut seen = seen(&probe);
    if !quiet {
        seen.push_str(&format!("; handlers ran: {}", ran.join(", ")));
    }
    Ok(Row {
        fault: fault.map_or("http-ok", |fault| fault.name),
        expected: expected(fault.map(|fault| fault.expect)),
        seen,
        right,
        took,
    })
}

fn expected(expect: Option<Expect>) -> String {
    match expect {
        Some(Expect::Http(check, outcomes)) => {
            format!("{}: {}", check.name(), outcomes.join(" or "))
        }
        _ => HEALTHY.to_owned(),
    }
}

const HEALTHY: &str = "healthy, every route proven";

fn seen(probe: &HttpProbe) -> String {
    match probe.failed() {
        Some(failed) => format!("{}: {}", failed.part, failed.outcome),
        None if proven(probe) => HEALTHY.to_owned(),
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
