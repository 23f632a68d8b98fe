//! One probe of a local PostgreSQL over TLS and SCRAM against `psql -c 'select 1'`: wall time of
//! whole processes, in turns, medians of the same run.
//!
//! `cargo bench --bench ladder`. This program starts itself as the probe, so that both sides pay
//! for a process, its libraries and one connection.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr
)]

/// The real server of the tests.
#[path = "../tests/support"]
mod support {
    pub mod envs;
    pub mod postgres;
    pub mod process;
    pub mod tree;
}

mod timing;

use std::process::Command;

use audit::host::RealHost;
use audit::model::Redacted;
use audit::probe::{LadderOptions, Via, climb};
use support::postgres::{PASSWORD, Postgres, ROLE};
use timing::{median, time};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 41;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("climb") {
        return probe(&arguments.next().unwrap());
    }
    let postgres = Postgres::start();
    postgres.database("app");
    let url = format!(
        "postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{}/app?sslmode=require",
        postgres.port
    );
    let own = std::env::current_exe().unwrap();
    let mut climbs = Vec::new();
    let mut queries = Vec::new();
    for _ in 0..ROUNDS {
        climbs.push(time(Command::new(&own).args(["climb", &url])));
        queries.push(time(
            Command::new("psql").args(["-X", &url, "-c", "select 1"]),
        ));
    }
    let (climb, query) = (median(climbs), median(queries));
    println!("medians of {ROUNDS} processes each");
    println!(
        "probe  {:>7.2} ms   eight rungs, one connection",
        climb.as_secs_f64() * 1e3
    );
    println!("psql   {:>7.2} ms   select 1", query.as_secs_f64() * 1e3);
    println!("ratio  {:>7.2}", climb.as_secs_f64() / query.as_secs_f64());
}

/// The whole ladder, as `audit probe` climbs it.
fn probe(url: &str) {
    let options = LadderOptions {
        driver: "psycopg".to_owned(),
        via: Via::Native,
        ..LadderOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ladder = runtime.block_on(climb(
        &Redacted::new(url.to_owned()),
        None,
        &options,
        &RealHost,
        &|_| (),
        CancellationToken::new(),
    ));
    assert!(ladder.climbed(), "{ladder:#?}");
    if std::env::var_os("RUNGS").is_some() {
        for rung in &ladder.rungs {
            eprintln!(
                "{:<12} {:>8.2} ms  {}",
                rung.rung.name(),
                rung.ms,
                rung.detail
            );
        }
    }
}
