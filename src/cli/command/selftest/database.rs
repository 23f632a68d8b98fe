//! The database half: the ladder against each fault, in process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Row, runtime, side_by_side};
use crate::check::Catalog;
use crate::cli::Context;
use crate::cli::command::serve::Scratch;
use crate::model::{Facts, Ladder, Redacted, Rung, RungState};
use crate::reference::fault::{Disturbance, Effect, Expect, FAULTS, Fault, OLD_REVISION};
use crate::reference::{Authority, ReferenceServer, Schedule, ServeOptions, StartError};
use crate::session::{LadderOptions, Via, climb};

/// Long enough for a rung on a busy machine.
const PATIENT: Duration = Duration::from_secs(10);
/// Every row that ends in a time-out waits at least this long on its rung.
const IMPATIENT: Duration = Duration::from_millis(400);
/// The migration that the database should be at.
const HEAD: &str = "f5e4d3c2b1a0";

/// The row of the healthy server.
pub const HEALTHY: &str = "ok";

/// What all rows share.
pub struct Bench<'a> {
    context: &'a Context,
    pub authority: Authority,
    pub catalog: Catalog,
    ca: PathBuf,
    /// Holds the certificate.
    _scratch: Scratch,
    /// Row of the healthy server.
    healthy: Row,
}

impl<'a> Bench<'a> {
    /// Makes the certificates and probes the healthy server.
    pub fn new(context: &'a Context) -> anyhow::Result<Self> {
        let authority = Authority::generate()?;
        let scratch = Scratch::new("audit-selftest-")?;
        let mut bench = Self {
            ca: scratch.file("ca.crt", authority.root())?,
            _scratch: scratch,
            context,
            catalog: Catalog::embedded()?,
            authority,
            healthy: Row::default(),
        };
        bench.healthy = runtime()?.block_on(bench.row(None))?;
        Ok(bench)
    }

    /// The healthy server, and the faults that show at once.
    pub fn working(&self) -> anyhow::Result<Vec<Row>> {
        let faults: Vec<_> = faults().filter(|fault| !waits(fault)).collect();
        let mut rows = side_by_side(&faults, |fault| self.row(Some(fault)))?;
        rows.push(self.healthy.clone());
        Ok(rows)
    }

    /// The faults that show only by silence.
    pub fn waiting(&self) -> anyhow::Result<Vec<Row>> {
        let faults = faults().filter(|fault| waits(fault));
        let rows = join_all(faults.map(|fault| self.row(Some(fault))));
        Ok(runtime()?
            .block_on(rows)
            .into_iter()
            .collect::<Result<_, _>>()?)
    }

    /// Limit of a rung in rows that wait for it: a busy machine needs more time to tell silence
    /// from slowness.
    pub fn impatient(&self) -> Duration {
        IMPATIENT.max(self.healthy.took * 3)
    }
}

fn faults() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().filter(|fault| !fault.is_http())
}

fn waits(fault: &Fault) -> bool {
    matches!(
        fault.effect,
        Effect::At(_, Disturbance::Hang | Disturbance::Huge)
    )
}

impl Bench<'_> {
    async fn row(&self, fault: Option<&'static Fault>) -> Result<Row, StartError> {
        let options = ServeOptions {
            faults: fault.map(Schedule::always).into_iter().collect(),
            alembic: Some(HEAD.to_owned()),
            authority: Some(self.authority.clone()),
            ..ServeOptions::default()
        };
        let server = ReferenceServer::start(options).await?;
        let plain = fault.is_some_and(|fault| fault.effect == Effect::TlsOnly);
        let query = if plain {
            "?ssl=disable"
        } else {
            "?ssl=verify-full"
        };
        let options = LadderOptions {
            driver: "asyncpg".to_owned(),
            via: Via::SqlAlchemy("2.0.46".to_owned()),
            timeout: match fault {
                Some(fault) if waits(fault) => self.impatient(),
                _ => PATIENT,
            },
            alembic_heads: vec![HEAD.to_owned()],
            alembic_revisions: vec![OLD_REVISION.to_owned(), HEAD.to_owned()],
            env: [(
                "PGSSLROOTCERT".to_owned(),
                Redacted::new(self.ca.display().to_string()),
            )]
            .into(),
            ..LadderOptions::default()
        };
        let url = server.database_url_with("asyncpg", query);
        let cancel = CancellationToken::new();
        let begun = Instant::now();
        let ladder = climb(&url, None, &options, &self.context.host, &|_| {}, cancel).await;
        let took = begun.elapsed();
        server.stop().await;
        let expect = fault.map_or(Expect::Climbed, |fault| fault.expect);
        let (seen, right) = (seen(&ladder), judged(&expect, &ladder));
        let harmless = matches!(expect, Expect::Climbed | Expect::Remark(_));
        let row = Row {
            fault: fault.map_or(HEALTHY, |fault| fault.name),
            expected: expected(&expect),
            seen,
            right,
            took,
            ..Row::default()
        };
        let facts = Facts {
            ladder: Some(ladder),
            ..Facts::default()
        };
        Ok(row.examine(&self.catalog, &facts, !harmless))
    }
}

fn expected(expect: &Expect) -> String {
    match expect {
        Expect::Rung(rung, outcomes) => format!("{}: {}", rung.name(), outcomes.join(" or ")),
        Expect::Climbed => "climbed".to_owned(),
        Expect::Note(note) | Expect::Remark(note) => format!("climbed, {note}"),
        Expect::Http(check, outcomes) => format!("{}: {}", check.name(), outcomes.join(" or ")),
    }
}

/// What a ladder claims, in the words of [`expected`].
fn seen(ladder: &Ladder) -> String {
    let notes = ladder.notes.iter().map(|note| note.outcome.as_str());
    let notes: Vec<&str> = notes.filter(|note| *note != CURRENT).collect();
    let mut text = match ladder.failed() {
        Some(failed) => format!("{}: {}", failed.rung.name(), failed.outcome),
        None if ladder.climbed() => "climbed".to_owned(),
        None => "not climbed, and no rung failed".to_owned(),
    };
    for note in notes {
        text.push_str(", ");
        text.push_str(note);
    }
    text
}

/// Says that all is well with the migrations.
const CURRENT: &str = "alembic-current";

/// The right rung with the right outcome, everything below passed, nothing above claimed, and no
/// note that is not due.
fn judged(expect: &Expect, ladder: &Ladder) -> bool {
    let notes = ladder.notes.iter().map(|note| note.outcome.as_str());
    let notes: Vec<&str> = notes.filter(|note| *note != CURRENT).collect();
    match expect {
        Expect::Climbed => ladder.climbed() && notes.is_empty(),
        Expect::Note(note) | Expect::Remark(note) => ladder.climbed() && notes == [*note],
        Expect::Rung(rung, outcomes) => {
            let complete = ladder.rungs.iter().map(|r| r.rung).eq(Rung::ALL);
            let each = ladder.rungs.iter().all(|result| {
                let due: &[RungState] = match result.rung.cmp(rung) {
                    std::cmp::Ordering::Less => &[RungState::Ok, RungState::Skipped],
                    std::cmp::Ordering::Equal => &[RungState::Failed],
                    std::cmp::Ordering::Greater => &[RungState::Blocked],
                };
                due.contains(&result.state)
            });
            let failed = ladder.failed();
            let named = failed.is_some_and(|r| outcomes.contains(&r.outcome.as_str()));
            complete && each && named && notes.is_empty()
        }
        Expect::Http(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LadderNote, RungResult};

    /// A ladder on which `failed` fails with `outcome`, or nothing.
    fn ladder(failed: Option<(Rung, &str)>, notes: &[&str]) -> Ladder {
        let rungs = Rung::ALL.into_iter().map(|rung| {
            let state = match failed.map(|(at, _)| rung.cmp(&at)) {
                None | Some(std::cmp::Ordering::Less) => RungState::Ok,
                Some(std::cmp::Ordering::Equal) => RungState::Failed,
                Some(std::cmp::Ordering::Greater) => RungState::Blocked,
            };
            let outcome = match (state, failed) {
                (RungState::Failed, Some((_, outcome))) => outcome,
                _ => "-",
            };
            RungResult {
                rung,
                state,
                ms: 0.0,
                detail: String::new(),
                sqlstate: None,
                outcome: outcome.to_owned(),
                driver_error: None,
                transient: false,
            }
        });
        Ladder {
            driver: String::new(),
            endpoint: String::new(),
            database: String::new(),
            user: String::new(),
            origin: None,
            rungs: rungs.collect(),
            session: std::collections::BTreeMap::new(),
            tries: 1,
            notes: notes
                .iter()
                .map(|note| LadderNote {
                    rung: Rung::Session,
                    outcome: (*note).to_owned(),
                    detail: String::new(),
                    cure: String::new(),
                })
                .collect(),
        }
    }

    #[test]
    fn only_the_right_rung_with_the_right_outcome_counts() {
        let due = Expect::Rung(Rung::Tls, &["tls-expired"]);
        let at = |rung, outcome| ladder(Some((rung, outcome)), &[]);
        assert!(judged(&due, &at(Rung::Tls, "tls-expired")));
        assert!(!judged(&due, &at(Rung::Tls, "tls-failed")));
        assert!(!judged(&due, &at(Rung::Auth, "tls-expired")));
        assert!(!judged(&due, &ladder(None, &[])));
        assert!(!judged(
            &due,
            &ladder(Some((Rung::Tls, "tls-expired")), &["read-only"])
        ));
        let mut claimed = at(Rung::Tls, "tls-expired");
        claimed.rungs[7].state = RungState::Ok;
        assert!(!judged(&due, &claimed), "a rung above is claimed");
        let mut doubled = at(Rung::Tls, "tls-expired");
        doubled.rungs.remove(1);
        assert!(!judged(&due, &doubled), "a rung is missing");
    }

    #[test]
    fn notes_have_to_be_the_ones_that_are_due() {
        assert!(judged(
            &Expect::Climbed,
            &ladder(None, &["alembic-current"])
        ));
        assert!(!judged(&Expect::Climbed, &ladder(None, &["standby"])));
        let due = Expect::Note("standby");
        assert!(judged(&due, &ladder(None, &["standby"])));
        assert!(!judged(&due, &ladder(None, &[])));
        assert!(!judged(&due, &ladder(None, &["standby", "read-only"])));
        assert!(!judged(
            &due,
            &ladder(Some((Rung::Auth, "28P01")), &["standby"])
        ));
    }
}
