//! The database ladder: one real connection, climbed rung by rung under the rules of the
//! backend's own driver.
//!
//! Must not know checks, fixes or how results are shown.
//!
//! Who may wait on whom: `climb` retries whole tries; a try (`attempt`) walks the addresses and
//! transports that the driver would use; each rung is a file of its own.

mod attempt;
mod book;
mod causes;
mod certificate;
mod dns;
mod driver;
mod limits;
mod notes;
mod options;
mod plan;
mod pooler;
mod session;
mod startup;
mod tcp;
mod tls;
mod trace;
mod transport;
#[cfg(unix)]
mod unverified;
mod url;
mod verify;
mod wait;

pub use options::{LadderOptions, Via};

use std::collections::BTreeMap;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::model::{
    Exception, Ladder, ProbeEvent, Redacted, Redactor, Rung, RungResult, RungState, ValueOrigin,
};
use attempt::{Ended, Try};
use book::{Book, Teller, milliseconds};
use plan::{Plan, UrlFailure};

/// Observer of a climb.
pub type Observer<'a> = &'a (dyn Fn(ProbeEvent) + Send + Sync);

/// Climbs the ladder to the database of `url`.
///
/// Reads root certificates, password and service files through `host`; opens sockets to the
/// hosts that the URL names and to no other. Returns always: what was not reached is `blocked`,
/// a cancelled climb says so on its rung. With `options.deadline`, transient failures are tried
/// again until it has passed; definitive ones end the climb at once.
pub async fn climb(
    url: &Redacted<String>,
    origin: Option<ValueOrigin>,
    options: &LadderOptions,
    host: &dyn Host,
    observer: Observer<'_>,
    cancel: CancellationToken,
) -> Ladder {
    let mut redactor = url::redactor(url, options);
    let started = Instant::now();
    let plan = match url::resolve(url, options, host) {
        Ok(plan) => plan,
        Err(failure) => return unreadable(failure, origin, options, &redactor, observer),
    };
    if let Some(password) = &plan.password {
        redactor.add(password.expose());
    }
    let took = started.elapsed();
    let mut backoff = wait::Backoff::new(options.interval);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let teller = Teller {
            observer,
            redactor: &redactor,
            attempt,
        };
        let mut ground = Book::default();
        ground.ok(&teller, Rung::Url, took, &plan_detail(&plan));
        let ended = if options.stop_after == Some(Rung::Url) {
            Ended {
                climbed: true,
                books: vec![Book::default()],
                ..Ended::default()
            }
        } else {
            let one = Try {
                plan: &plan,
                options,
                host,
                teller,
                cancel: &cancel,
            };
            one.run().await
        };
        let ladder = ladder(&plan, origin.clone(), ground, ended, attempt, &redactor);
        let Some(failed) = ladder.failed().filter(|r| r.transient) else {
            return ladder;
        };
        let Some(allowed) = options.deadline else {
            return ladder;
        };
        let pause = backoff.next();
        let elapsed = started.elapsed();
        if elapsed + pause >= allowed {
            return ladder;
        }
        observer(ProbeEvent::Waiting {
            rung: failed.rung,
            detail: failed.detail.clone(),
            tries: attempt,
            elapsed,
            allowed,
        });
        let slept = limits::within(pause * 2, &cancel, tokio::time::sleep(pause)).await;
        if slept == Err(limits::Stop::Cancelled) {
            return cancelled(ladder);
        }
    }
}

/// The wait was interrupted: the last answer stands, with the word that nothing more was tried.
fn cancelled(mut ladder: Ladder) -> Ladder {
    if let Some(failed) = ladder
        .rungs
        .iter_mut()
        .find(|r| r.state == RungState::Failed)
    {
        failed.detail.push_str(" (interrupted while waiting)");
    }
    ladder
}

/// The URL rung failed: nothing was sent to anybody.
fn unreadable(
    failure: UrlFailure,
    origin: Option<ValueOrigin>,
    options: &LadderOptions,
    redactor: &Redactor,
    observer: Observer<'_>,
) -> Ladder {
    let teller = Teller {
        observer,
        redactor,
        attempt: 1,
    };
    teller.started(Rung::Url);
    let result = RungResult {
        rung: Rung::Url,
        state: RungState::Failed,
        ms: 0.0,
        detail: teller.say(&failure.detail),
        sqlstate: None,
        outcome: failure.outcome.to_owned(),
        driver_error: failure.error.map(|e| masked(e, redactor)),
        transient: false,
    };
    observer(ProbeEvent::Finished {
        result: result.clone(),
        attempt: 1,
    });
    Ladder {
        driver: options.driver.clone(),
        endpoint: String::new(),
        database: String::new(),
        user: String::new(),
        origin,
        rungs: Book {
            rungs: vec![result],
        }
        .finish(),
        session: BTreeMap::new(),
        tries: 1,
        notes: Vec::new(),
    }
}

fn plan_detail(plan: &Plan) -> String {
    let mut detail = format!("{}, TLS mode {}", plan.client.name, plan.tls.mode.word());
    if let Some(from) = &plan.password_from {
        detail.push_str(&format!(", password from {from}"));
    }
    detail
}

fn masked(error: Exception, redactor: &Redactor) -> Exception {
    Exception {
        message: redactor.apply(&error.message),
        kind: error.kind,
    }
}

/// The run that tells most: the one that succeeded, else the one that climbed highest, the first
/// of equals. A driver's second attempt without TLS often fails for a lesser reason.
fn best(ended: &mut Ended) -> Book {
    if ended.climbed {
        return ended.books.pop().unwrap_or_default();
    }
    let mut best: Option<usize> = None;
    for (i, trace) in ended.traces.iter().enumerate() {
        if best.is_none_or(|b| trace.rung > ended.traces[b].rung) {
            best = Some(i);
        }
    }
    best.and_then(|i| ended.books.get(i).cloned())
        .unwrap_or_default()
}

fn ladder(
    plan: &Plan,
    origin: Option<ValueOrigin>,
    mut ground: Book,
    mut ended: Ended,
    tries: u32,
    redactor: &Redactor,
) -> Ladder {
    let book = best(&mut ended);
    ground.rungs.extend(book.rungs);
    let mut rungs = ground.finish();
    if !ended.climbed
        && let Some(failed) = rungs.iter_mut().find(|r| r.state == RungState::Failed)
    {
        failed.driver_error =
            driver::raised(plan, &ended.traces).map(|error| masked(error, redactor));
        failed.ms = milliseconds(std::time::Duration::from_secs_f64(failed.ms / 1000.0));
    }
    let address = ended.address.as_ref().or(plan.addresses.first());
    let mut notes: Vec<_> = notes::unknown_args(plan).into_iter().collect();
    notes.extend(ended.notes);
    notes.dedup();
    for note in &mut notes {
        note.detail = redactor.apply(&note.detail);
    }
    Ladder {
        driver: plan.client.name.clone(),
        endpoint: address.map_or_else(String::new, plan::Address::shown),
        database: redactor.apply(&plan.database),
        user: redactor.apply(&plan.user),
        origin,
        rungs,
        session: ended
            .session
            .facts
            .into_iter()
            .map(|(name, value)| (name, redactor.apply(&value)))
            .collect(),
        tries,
        notes,
    }
}
