//! `audit selftest`: every fault of the reference server must be found by name, on its rung, and
//! nothing else may be claimed.

mod database;
mod show;
mod web;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::check::Catalog;
use crate::cli::args::SelftestArgs;
use crate::cli::output::stdout;
use crate::cli::{Context, exit};
use crate::model::Facts;
use crate::reference::StartError;
use crate::reference::fault::FAULTS;
use crate::session::tripped;

/// One line of the matrix.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Name of the fault; `ok` for the healthy server.
    pub fault: &'static str,
    /// What had to be reported.
    pub expected: String,
    /// What was reported.
    pub seen: String,
    /// Ids of the checks that fired.
    pub checks: Vec<String>,
    /// The same?
    pub right: bool,
    /// Time of the probe.
    pub took: Duration,
}

impl Row {
    /// Runs the checks on what was observed: a fault trips one of them, a server that is only
    /// unusual none.
    fn examine(mut self, catalog: &Catalog, facts: &Facts, fault: bool) -> Self {
        self.checks = tripped(catalog, facts);
        self.right &= self.checks.len() == usize::from(fault);
        self
    }
}

/// A runtime for one thread.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Rows that work rather than wait: one at a time on each core, so that none is slowed down by
/// the others. In the order of the items.
fn side_by_side<I, R, F>(items: &[I], row: R) -> anyhow::Result<Vec<Row>>
where
    I: Copy + Sync,
    R: Fn(I) -> F + Sync,
    F: Future<Output = Result<Row, StartError>>,
{
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let worker = || -> anyhow::Result<Vec<(usize, Row)>> {
        let runtime = runtime()?;
        let mut rows = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else {
                return Ok(rows);
            };
            rows.push((n, runtime.block_on(row(*item))?));
        }
    };
    let mut rows = std::thread::scope(|scope| -> anyhow::Result<Vec<(usize, Row)>> {
        let workers: Vec<_> = (0..cores.min(8)).map(|_| scope.spawn(worker)).collect();
        let mut rows = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(done) => rows.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(rows)
    })?;
    rows.sort_by_key(|(n, _)| *n);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Rows in the order of the table of faults, each healthy server before the faults of its half.
fn in_order(mut rows: Vec<Row>) -> Vec<Row> {
    let place = |row: &Row| match row.fault {
        database::HEALTHY => 0,
        web::HEALTHY => FAULTS.iter().take_while(|fault| !fault.is_http()).count() * 2 + 1,
        name => FAULTS.iter().position(|f| f.name == name).unwrap_or(0) * 2 + 2,
    };
    rows.sort_by_key(place);
    rows
}

/// Runs the matrix; exit code 1 when a row is wrong.
pub fn run(context: &Context, args: &SelftestArgs) -> anyhow::Result<u8> {
    let begun = Instant::now();
    let (mut rows, mut waiting) = (Vec::new(), Vec::new());
    let bench = database::Bench::new(context)?;
    rows.extend(bench.working()?);
    rows.extend(web::working(&bench)?);
    // What waits, waits together, while nothing else competes with it.
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let other = scope.spawn(|| web::waiting(&bench));
        waiting.extend(bench.waiting()?);
        match other.join() {
            Ok(rows) => waiting.extend(rows?),
            Err(panic) => std::panic::resume_unwind(panic),
        }
        Ok(())
    })?;
    rows.extend(waiting);
    let rows = in_order(rows);
    let json = args.json || args.format.as_deref() == Some("json");
    let text = match json {
        true => show::json(&rows, begun.elapsed()),
        false => show::table(&rows, begun.elapsed(), context),
    };
    stdout(&text)?;
    let right = !rows.is_empty() && rows.iter().all(|row| row.right);
    Ok(if right { exit::OK } else { exit::FINDINGS })
}
