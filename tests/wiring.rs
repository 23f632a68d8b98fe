//! Route tables: what the simulated start reads, line by line against the tables that CPython
//! and the libraries build from the same project.
//!
//! `tests/wiring/*` are small projects with `app.main:app`. `AUDIT_WIRING=factory` runs only one.

use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;

use crate::support::bench::Bench;
use crate::support::envs::Venv;
use crate::support::fixture::variant;
use crate::support::repository;
use crate::support::tree;
use crate::support::uvicorn::{self, Start};

/// Tables that are known completely, and equal. Only ever raised.
const FLOOR: usize = 26;

fn environments() -> Vec<(String, Venv)> {
    let mut pins: Vec<PathBuf> = ["brokenpairs", "pydantic1", "minimal", "edge"]
        .iter()
        .map(|name| repository(&format!("tests/cases/envs/{name}.txt")))
        .collect();
    pins.push(repository("fixtures/backend/packages/seed.txt"));
    pins.into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, Venv::from_pins(&path))
        })
        .collect()
}

/// The table that CPython has.
fn real(venv: &Venv, project: &Path, app: &str) -> Vec<Value> {
    let output = Command::new(venv.bin("python"))
        .arg("-B")
        .arg(repository("tests/wiring/oracle.py"))
        .arg(app)
        .current_dir(project)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("DATABASE_URL", "postgresql+asyncpg://u:p@127.0.0.1/x")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", project.display());
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// The table that the start leaves in the simulation, and whether it claims to be complete.
fn simulated(venv: &Venv, project: &Path, app: &str) -> (Vec<Value>, bool) {
    let bench = Bench::new();
    let python = venv.bin("python");
    let arguments = [
        "facts",
        project.to_str().unwrap(),
        "--app",
        app,
        "--python",
        python.to_str().unwrap(),
        "--json",
    ];
    let ran = bench.audit(&arguments).run();
    let facts: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|e| panic!("{}: {e}\n{}", project.display(), ran.story()));
    let Some(index) = facts["app"].as_u64() else {
        return (Vec::new(), false);
    };
    let complete = facts["routers"][usize::try_from(index).unwrap()]["complete"] == true;
    let lines = facts["routes"].as_array().unwrap();
    let lines = lines
        .iter()
        .map(|l| serde_json::json!([l["methods"], l["path"], l["name"]]))
        .collect();
    (lines, complete)
}

/// `None` when they agree; the lines that do not.
fn difference(real: &[Value], simulated: &[Value], complete: bool) -> Option<String> {
    let told = |mark: &str, lines: &[&Value]| {
        let lines: Vec<String> = lines.iter().map(|l| format!("  {mark} {l}")).collect();
        lines.join("\n")
    };
    // What is listed must be there, in that order, even where there may be more.
    let mut rest = real.iter();
    let invented: Vec<&Value> = simulated
        .iter()
        .filter(|line| !rest.by_ref().any(|r| r == *line))
        .collect();
    let missing: Vec<&Value> = real.iter().filter(|l| !simulated.contains(l)).collect();
    let wrong = !invented.is_empty() || complete && real != simulated;
    wrong.then(|| {
        format!(
            "{}\n{}",
            told("invented", &invented),
            told("missing", &missing)
        )
    })
}

#[test]
fn tables_are_those_that_the_libraries_build() {
    let only = std::env::var("AUDIT_WIRING").ok();
    let environments = environments();
    let mut work: Vec<(String, Venv, PathBuf, &str)> = Vec::new();
    let mut projects: Vec<PathBuf> = std::fs::read_dir(repository("tests/wiring"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    projects.sort();
    for project in projects {
        let name = project.file_name().unwrap().to_str().unwrap().to_owned();
        if only.as_ref().is_some_and(|o| *o != name) {
            continue;
        }
        for (env, venv) in &environments {
            let label = format!("{name} with {env}");
            work.push((label, venv.clone(), project.clone(), "app.main:app"));
        }
    }
    let backend = variant("fixed");
    let tree = backend.tree();
    if only.is_none() {
        let root = tree.root.clone();
        work.push(("backend".to_owned(), backend.venv(), root, "src.main:app"));
    }
    let results: Vec<(String, bool, Option<String>)> = work
        .par_iter()
        .map(|(label, venv, project, app)| {
            // The oracle must not leave compiled files in the repository.
            let scratch = tempfile::tempdir().unwrap();
            let copy = scratch.path().join("project");
            tree::copy(project, &copy);
            let real = real(venv, &copy, app);
            let (simulated, complete) = simulated(venv, &copy, app);
            assert!(!real.is_empty(), "{label}: CPython has no route");
            (
                label.clone(),
                complete,
                difference(&real, &simulated, complete),
            )
        })
        .collect();
    let wrong: Vec<String> = results
        .iter()
        .filter_map(|(label, _, wrong)| Some(format!("{label}:\n{}", wrong.as_ref()?)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known = results.iter().filter(|(_, complete, _)| *complete).count();
    println!("{known} of {} tables complete and equal", results.len());
    assert!(
        only.is_some() || known >= FLOOR,
        "{known} tables are complete, {FLOOR} were before"
    );
}

/// A backend of a thousand routes, and its uvicorn.
fn thousand() -> (tempfile::TempDir, Venv, uvicorn::Running) {
    let venv = Venv::from_pins(&repository("tests/cases/envs/minimal.txt"));
    let scratch = tempfile::tempdir().unwrap();
    let project = scratch.path().join("project");
    let made = Command::new(venv.bin("python"))
        .arg(repository("tests/wiring/many.py"))
        .arg(&project)
        .status()
        .unwrap();
    assert!(made.success());
    match uvicorn::start(&venv, &project, "app.main:app", &[]) {
        Start::Running(running) => (scratch, venv, running),
        Start::Ended(ended) => panic!("{}", ended.log),
    }
}

#[test]
fn a_thousand_routes_are_proven_and_no_handler_runs() {
    let (scratch, venv, running) = thousand();
    let project = scratch.path().join("project");
    let bench = Bench::new();
    let python = venv.bin("python");
    let base = format!("http://127.0.0.1:{}", running.port);
    let arguments = [
        "check",
        project.to_str().unwrap(),
        "--app",
        "app.main:app",
        "--python",
        python.to_str().unwrap(),
        "--live",
        "--base-url",
        &base,
        "--format",
        "json",
    ];
    let ran = bench.audit(&arguments).run();
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.story()));
    let routes = report["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 1000);
    for route in routes {
        assert_eq!(route["state"], "reachable", "{route}");
        assert_eq!(route["openapi"], true, "{route}");
        let source = route["source"].as_str().unwrap_or_default();
        assert!(source.starts_with("app/routers/part"), "{route}");
    }
    let log = project.join("app/ran.log");
    assert!(
        !log.exists(),
        "handlers ran: {}",
        std::fs::read_to_string(&log).unwrap()
    );
    // The proof can fail: a real request leaves its line.
    assert_eq!(running.request("GET", "/api/part0/plain0", &[], "").0, 200);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "0/0\n");
    // Every question of the probe is in the server's own log, and none of them got an answer
    // of a handler.
    let access = running.log();
    let asked = access.matches("\"TRACE /api/part").count();
    assert!(asked >= 950, "{asked} questions\n{access}");
    let refused = access.matches("\" 405 ").count();
    assert!(refused >= asked, "{refused} of {asked} refused");
}
