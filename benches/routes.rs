//! A thousand routes under uvicorn, proven completely, against `curl --parallel` over the same
//! list (and `hurl --test`, where it is installed): wall time of whole processes, in turns, medians
//! of the same run. That no handler ran is read from what the handlers themselves write.
//!
//! `cargo bench --bench routes`. This program starts itself as the probe, so that all sides pay
//! for a process and its libraries.
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
    pub mod process;
    pub mod tree;
    pub mod uvicorn;
}

mod timing;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use audit::model::RouteState;
use audit::probe::{HttpOptions, SourceRoute, reach};
use support::envs::Venv;
use support::uvicorn::{self, Running, Start};
use timing::{median, time};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 11;
const ROUTES: usize = 1000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("reach") {
        let (base, list) = (arguments.next().unwrap(), arguments.next().unwrap());
        return probe(&base, Path::new(&list));
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = Venv::from_pins(&repository.join("tests/cases/envs/minimal.txt"));
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("project");
    let made = Command::new(venv.bin("python"))
        .arg(repository.join("tests/wiring/many.py"))
        .arg(&project)
        .status()
        .unwrap();
    assert!(made.success());
    let server = match uvicorn::start(&venv, &project, "app.main:app", &[]) {
        Start::Running(server) => server,
        Start::Ended(ended) => panic!("{}", ended.log),
    };
    let base = format!("http://127.0.0.1:{}", server.port);
    let lists = Lists::of(&server, &base, scratch.path());
    let own = std::env::current_exe().unwrap();
    let hurl = Command::new("hurl").arg("--version").output().is_ok();
    let (mut probes, mut curls, mut hurls) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        probes.push(time(
            Command::new(&own).args(["reach", &base]).arg(&lists.paths),
        ));
        curls.push(time(
            Command::new("curl")
                .args(["--silent", "--no-progress-meter", "--parallel", "--config"])
                .arg(&lists.curl),
        ));
        if hurl {
            hurls.push(time(Command::new("hurl").arg("--test").arg(&lists.hurl)));
        }
    }
    let ran = project.join("app/ran.log");
    assert!(
        !ran.exists(),
        "handlers ran: {:?}",
        fs::read_to_string(&ran)
    );
    let asked = server.log().matches("\"TRACE /api/part").count();
    let refused = server.log().matches(" 405 ").count();
    let sides = if hurl { 3 } else { 2 };
    assert!(
        asked >= ROUNDS * ROUTES * sides * 9 / 10,
        "{asked} questions"
    );
    println!("medians of {ROUNDS} processes each, {ROUTES} routes, no handler ran");
    println!("server log: {asked} TRACE questions, {refused} answers 405");
    let (probe, curl) = (median(probes), median(curls));
    show(
        "probe",
        probe,
        "health, document and every route, joined and judged",
    );
    show("curl", curl, "--parallel, the same questions");
    match hurl {
        true => show("hurl", median(hurls), "--test, the same questions"),
        false => println!("hurl   not installed"),
    }
    println!(
        "ratio  {:>8.2}  to curl",
        probe.as_secs_f64() / curl.as_secs_f64()
    );
}

/// The same list in the form of each side.
struct Lists {
    paths: std::path::PathBuf,
    curl: std::path::PathBuf,
    hurl: std::path::PathBuf,
}

impl Lists {
    fn of(server: &Running, base: &str, scratch: &Path) -> Self {
        let (status, document) = server.request("GET", "/openapi.json", &[], "");
        assert_eq!(status, 200);
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let (mut paths, mut curl, mut hurl) = (String::new(), String::new(), String::new());
        let mut routes = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            let methods: Vec<String> = methods
                .as_object()
                .unwrap()
                .keys()
                .map(|m| m.to_uppercase())
                .collect();
            routes += methods.len();
            writeln!(paths, "{path} {}", methods.join(",")).unwrap();
            let mut concrete = path.clone();
            while let (Some(open), Some(close)) = (concrete.find('{'), concrete.find('}')) {
                concrete.replace_range(open..=close, "0");
            }
            let url = format!("{base}{concrete}");
            writeln!(
                curl,
                "url = \"{url}\"\nrequest = \"TRACE\"\noutput = \"/dev/null\"\nnext\n"
            )
            .unwrap();
            writeln!(hurl, "TRACE {url}\nHTTP 405\n").unwrap();
        }
        assert_eq!(routes, ROUTES);
        let write = |name: &str, text: &str| {
            let path = scratch.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        Self {
            paths: write("paths", &paths),
            curl: write("curl", curl.trim_end().trim_end_matches("next")),
            hurl: write("hurl.hurl", &hurl),
        }
    }
}

/// What `audit probe` does for its routes.
fn probe(base: &str, list: &Path) {
    let text = fs::read_to_string(list).unwrap();
    let source: Vec<SourceRoute> = text
        .lines()
        .map(|line| {
            let (path, methods) = line.split_once(' ').unwrap();
            SourceRoute {
                methods: methods.split(',').map(str::to_owned).collect(),
                path: path.to_owned(),
                source: None,
            }
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let options = HttpOptions::default();
    let cancel = CancellationToken::new();
    let probe = runtime.block_on(reach(base, &source, &options, cancel));
    let reached = probe
        .routes
        .iter()
        .filter(|route| route.state == RouteState::Reachable);
    assert_eq!(reached.count(), ROUTES, "{:#?}", probe.parts);
}

fn show(name: &str, took: Duration, what: &str) {
    println!("{name:6} {:>8.1} ms   {what}", took.as_secs_f64() * 1e3);
}
