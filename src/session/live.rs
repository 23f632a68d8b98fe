//! The parts of an audit that touch the network.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::collect;
use crate::host::Host;
use crate::model::{Facts, Ladder, ProbeEvent, Transcript};

use super::audit::Clock;
use super::observe::{Event, Observer, Step};
use super::request::{AuditRequest, LiveOptions, SessionError};

/// How often the front end is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Probes what the request allows and adds the answers to the facts.
pub fn probe(
    host: &dyn Host,
    request: &AuditRequest,
    facts: &mut Facts,
    observer: &dyn Observer,
    clock: &mut Clock<'_>,
) -> Result<Vec<Transcript>, SessionError> {
    if let Some(options) = &request.live {
        let ladder = clock.step(Step::Ladder, "ladder", || {
            climb(host, options, facts, observer)
        })?;
        facts.ladder = ladder;
    }
    Ok(Vec::new())
}

fn climb(
    host: &dyn Host,
    options: &LiveOptions,
    facts: &Facts,
    observer: &dyn Observer,
) -> Result<Option<Ladder>, SessionError> {
    let database = match &options.database_url {
        Some((url, origin)) => Some(collect::given_database(facts, url, origin)),
        None => collect::database(facts),
    };
    let Some(mut database) = database else {
        return Ok(None);
    };
    database.options.timeout = options.timeout;
    database.options.deadline = options.wait;
    database.options.interval = options.interval;
    database.options.stop_after = options.stop_after;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| SessionError::Usage(format!("no asynchronous runtime: {e}")))?;
    let cancel = CancellationToken::new();
    let notes = |event: ProbeEvent| observer.event(&Event::Note(describe(&event)));
    let ladder = runtime.block_on(async {
        let climb = collect::climb(host, &database, &notes, cancel.clone());
        tokio::pin!(climb);
        loop {
            tokio::select! {
                ladder = &mut climb => break ladder,
                () = tokio::time::sleep(LOOK) => {
                    if observer.interrupted() {
                        cancel.cancel();
                    }
                }
            }
        }
    });
    Ok(Some(ladder))
}

fn describe(event: &ProbeEvent) -> String {
    match event {
        ProbeEvent::Started { rung, attempt: 1 } => format!("{}: trying", rung.name()),
        ProbeEvent::Started { rung, attempt } => format!("{}: try {attempt}", rung.name()),
        ProbeEvent::Finished { result, .. } => {
            format!("{}: {}", result.rung.name(), result.detail)
        }
        ProbeEvent::Waiting {
            rung,
            detail,
            tries,
            elapsed,
            allowed,
        } => format!(
            "waiting {}/{} s  {}: {detail} ({tries} tries)",
            elapsed.as_secs(),
            allowed.as_secs(),
            rung.name()
        ),
    }
}
