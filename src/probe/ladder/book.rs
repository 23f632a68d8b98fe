//! Keeps the results of one run up the ladder, in order, and tells the observer.

use std::time::{Duration, Instant};

use super::causes;
use super::trace::Trace;
use crate::model::{ProbeEvent, Redactor, Rung, RungResult, RungState};

/// Who is told, and what must not be said.
pub struct Teller<'a> {
    /// Told of every rung.
    pub observer: &'a (dyn Fn(ProbeEvent) + Send + Sync),
    /// Hides secrets.
    pub redactor: &'a Redactor,
    /// Number of the try, from 1.
    pub attempt: u32,
}

impl Teller<'_> {
    /// A rung is being climbed.
    pub fn started(&self, rung: Rung) -> Instant {
        (self.observer)(ProbeEvent::Started {
            rung,
            attempt: self.attempt,
        });
        Instant::now()
    }

    fn finished(&self, result: &RungResult) {
        (self.observer)(ProbeEvent::Finished {
            result: result.clone(),
            attempt: self.attempt,
        });
    }

    /// Masked, on one line, without control characters, not longer than a paragraph.
    pub fn say(&self, text: &str) -> String {
        let masked = self.redactor.apply(text);
        let mut out = String::new();
        for c in masked.chars().take(600) {
            match c {
                '\n' | '\t' => out.push(' '),
                c if c.is_control() => out.extend(c.escape_default()),
                c => out.push(c),
            }
        }
        out
    }
}

/// Results from the ground up.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// In order.
    pub rungs: Vec<RungResult>,
}

impl Book {
    /// A rung was climbed.
    pub fn ok(&mut self, teller: &Teller<'_>, rung: Rung, took: Duration, detail: &str) {
        self.push(teller, rung, RungState::Ok, "ok", took, detail);
    }

    /// A rung is not needed.
    pub fn skip(&mut self, teller: &Teller<'_>, rung: Rung, detail: &str) {
        self.push(
            teller,
            rung,
            RungState::Skipped,
            "skipped",
            Duration::ZERO,
            detail,
        );
    }

    fn push(
        &mut self,
        teller: &Teller<'_>,
        rung: Rung,
        state: RungState,
        outcome: &str,
        took: Duration,
        detail: &str,
    ) {
        let result = RungResult {
            rung,
            state,
            ms: milliseconds(took),
            detail: teller.say(detail),
            sqlstate: None,
            outcome: outcome.to_owned(),
            driver_error: None,
            transient: false,
        };
        teller.finished(&result);
        self.rungs.push(result);
    }

    /// A rung failed; those between the last one and it were not needed.
    pub fn fail(&mut self, teller: &Teller<'_>, trace: &Trace, took: Duration, more: &str) {
        let told = causes::tell(trace);
        let detail = if more.is_empty() {
            told.detail
        } else {
            format!("{}; {more}", told.detail)
        };
        for rung in Rung::ALL {
            let known = self.rungs.iter().any(|r| r.rung == rung);
            // The url rung stands in a book of its own.
            if rung != Rung::Url && rung < trace.rung && !known {
                self.skip(teller, rung, "the server answered before it came to that");
            }
        }
        let result = RungResult {
            rung: trace.rung,
            state: RungState::Failed,
            ms: milliseconds(took),
            detail: teller.say(&detail),
            sqlstate: told.sqlstate,
            outcome: told.outcome,
            driver_error: None,
            transient: told.transient,
        };
        teller.finished(&result);
        self.rungs.push(result);
    }

    /// The failed rung.
    pub fn failed(&self) -> Option<&RungResult> {
        self.rungs.iter().find(|r| r.state == RungState::Failed)
    }

    /// Adds what was not reached.
    pub fn finish(mut self) -> Vec<RungResult> {
        let failed = self.failed().map(|r| r.rung);
        let (state, outcome, detail) = match failed {
            Some(rung) => (
                RungState::Blocked,
                "blocked",
                format!("blocked by {}", rung.name()),
            ),
            None => (RungState::Skipped, "skipped", "not asked for".to_owned()),
        };
        for rung in Rung::ALL {
            if self.rungs.iter().all(|r| r.rung != rung) {
                self.rungs.push(RungResult {
                    rung,
                    state,
                    ms: 0.0,
                    detail: detail.clone(),
                    sqlstate: None,
                    outcome: outcome.to_owned(),
                    driver_error: None,
                    transient: false,
                });
            }
        }
        self.rungs.sort_by_key(|r| r.rung);
        self.rungs
    }
}

/// Milliseconds with two digits behind the point.
pub fn milliseconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 100_000.0).round() / 100.0
}
