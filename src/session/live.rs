//! The parts of an audit that touch the network.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::check::{self, Catalog, Suppressions};
use crate::collect::{self, Database};
use crate::host::Host;
use crate::model::{Facts, HttpPart, HttpProbe, Ladder, ProbeEvent, Redacted, Transcript};
use crate::probe::{self, HttpOptions};

use super::audit::Clock;
use super::launch;
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
    let mut transcripts = Vec::new();
    if request.launch {
        transcripts = clock.step(Step::Launch, "launch", || {
            launch::launch(host, request, facts, observer)
        })?;
    }
    if let Some(options) = &request.live {
        let ladder = clock.step(Step::Ladder, "ladder", || {
            database(facts, options)
                .map(|database| climb(host, database, options, observer))
                .transpose()
        })?;
        facts.ladder = ladder;
        let given = options.base_url.clone();
        // Who asks for one rung of the database wants nothing else.
        let derived = || match options.stop_after {
            Some(_) => None,
            // The backend that was launched has answered already.
            None if facts.http.is_some() => None,
            None => collect::base_url(facts),
        };
        if let Some(base) = given.or_else(derived) {
            let http = clock.step(Step::Routes, "routes", || {
                reach(host, &base, options, facts, observer)
            })?;
            transcripts.push(told(&http));
            // A server that nobody named need not run.
            if options.base_url.is_some() || !http.silent() {
                facts.http = Some(http);
            }
        }
    }
    Ok(transcripts)
}

pub fn reach(
    host: &dyn Host,
    base: &str,
    options: &LiveOptions,
    facts: &Facts,
    observer: &dyn Observer,
) -> Result<HttpProbe, SessionError> {
    let mut headers = Vec::new();
    for (name, variable) in &options.headers {
        let Some(value) = host.env(variable) else {
            let what = format!("the variable {variable} for the header {name} is not set");
            return Err(SessionError::Usage(what));
        };
        headers.push((name.clone(), Redacted::new(value)));
    }
    let routes = collect::source_routes(facts);
    let http = HttpOptions {
        timeout: options.timeout,
        headers,
        // A server that nobody named need not come up: `--wait` is often used before it starts.
        wait: options.base_url.as_ref().and(options.wait),
        interval: options.interval,
        active: options.active,
        health: options.health.clone(),
        openapi: collect::published(facts),
        ..HttpOptions::default()
    };
    let cancel = CancellationToken::new();
    until_interrupted(
        observer,
        &cancel,
        probe::reach(base, &routes, &http, cancel.clone()),
    )
}

/// The answers in a form that a reader can compare with his own.
pub fn told(http: &HttpProbe) -> Transcript {
    let lines = http.parts.iter().map(|part| {
        let HttpPart {
            part,
            outcome,
            detail,
            ms,
            ..
        } = part;
        format!("{part:8} {outcome:12} {detail}  ({ms} ms)")
    });
    Transcript {
        title: format!("HTTP probe of {}", http.base_url),
        command: Some(format!("audit probe --base-url {}", http.base_url)),
        lines: lines.collect(),
    }
}

/// Ids of the live checks that fire on what was observed, each once.
pub fn tripped(catalog: &Catalog, facts: &Facts) -> Vec<String> {
    let live = ["live-db".to_owned(), "live-http".to_owned()];
    let Ok(selection) = catalog.select(&live, &[]) else {
        return Vec::new();
    };
    let outcomes = check::run(catalog, &selection, facts, &Suppressions::default());
    let rules = outcomes.findings.into_iter().map(|finding| finding.rule);
    let rules: BTreeSet<String> = rules.collect();
    rules.into_iter().collect()
}

/// Runs a probe to its end; an interruption cancels it.
fn until_interrupted<T>(
    observer: &dyn Observer,
    cancel: &CancellationToken,
    probe: impl Future<Output = T>,
) -> Result<T, SessionError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| SessionError::Usage(format!("no asynchronous runtime: {e}")))?;
    Ok(runtime.block_on(async {
        tokio::pin!(probe);
        loop {
            tokio::select! {
                done = &mut probe => break done,
                () = tokio::time::sleep(LOOK) => {
                    if observer.interrupted() {
                        cancel.cancel();
                    }
                }
            }
        }
    }))
}

/// The database of the options, else that of the start.
fn database(facts: &Facts, options: &LiveOptions) -> Option<Database> {
    match &options.database_url {
        Some((url, origin)) => Some(collect::given_database(facts, url, origin)),
        None => collect::database(facts),
    }
}

pub fn climb(
    host: &dyn Host,
    mut database: Database,
    options: &LiveOptions,
    observer: &dyn Observer,
) -> Result<Ladder, SessionError> {
    database.options.timeout = options.timeout;
    database.options.deadline = options.wait;
    database.options.interval = options.interval;
    database.options.stop_after = options.stop_after;
    let cancel = CancellationToken::new();
    let notes = |event: ProbeEvent| observer.event(&Event::Note(describe(&event)));
    let climb = collect::climb(host, &database, &notes, cancel.clone());
    until_interrupted(observer, &cancel, climb)
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
