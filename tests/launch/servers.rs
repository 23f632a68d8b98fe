//! Every server that a start command may name, with several workers, on an application that
//! starts and on some that do not: what the launch tells must be what the server did, and agree
//! with the prediction.

use std::path::Path;

use audit::host::RealHost;
use audit::model::{LaunchEnd, RouteState, StartOutcome};
use audit::session::{self, Audit, AuditRequest, Silent, TargetOptions};

use super::super::support::bench::Bench;
use super::super::support::envs::Venv;
use super::super::support::repository;
use super::{criterion, left_in};
use audit::model::CriterionState;

const GOOD: &str = r#"
import os

from fastapi import APIRouter, FastAPI

router = APIRouter(prefix="/items")


@router.get("/{item_id}")
def item(item_id: int):
    return {"id": item_id}


app = FastAPI()
app.include_router(router)


@app.get("/health")
def health():
    return {"status": "ok"}


def create_app():
    return app
"#;

const MISSING: &str = "from fastapi import FastAPI\nimport shop.pricing\n\napp = FastAPI()\n";

const LIFESPAN: &str = r#"
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("the queue is not configured")
    yield


app = FastAPI(lifespan=lifespan)
"#;

/// Start lines; `MODULE` stands for the module.
const STARTS: [&str; 9] = [
    "uvicorn shop.MODULE:app --workers 2",
    "uvicorn shop.MODULE:app --reload",
    "python -m uvicorn shop.MODULE:app --log-level debug",
    "gunicorn shop.MODULE:app -w 2 -k uvicorn_worker.UvicornWorker -c conf/gunicorn.py",
    "gunicorn --preload --workers 3 --worker-class uvicorn_worker.UvicornWorker shop.MODULE:app",
    "hypercorn shop.MODULE:app --workers 2",
    "granian --interface asgi shop.MODULE:app --workers 2",
    "fastapi run shop/MODULE.py",
    "fastapi dev shop/MODULE.py",
];

fn venv() -> Venv {
    Venv::from_pins(&repository("tests/launch/servers.txt"))
}

fn backend() -> Bench {
    Bench::new()
        .file("shop/__init__.py", "")
        .file("shop/good.py", GOOD)
        .file("shop/missing.py", MISSING)
        .file("shop/lifespan.py", LIFESPAN)
        .file(
            "conf/gunicorn.py",
            "graceful_timeout = 5\nbind = \"0.0.0.0:80\"\n",
        )
}

fn launched(root: &Path, venv: &Venv, start: &str) -> Audit {
    let request = AuditRequest {
        target: TargetOptions {
            root: root.to_path_buf(),
            python: Some(venv.prefix.clone()),
            process_env: false,
            start: Some(start.to_owned()),
            ..TargetOptions::default()
        },
        launch: true,
        ..AuditRequest::default()
    };
    session::audit(&RealHost, &request, &Silent).unwrap()
}

/// What prediction and reality say about each other; nothing when they agree.
fn difference(audit: &Audit) -> Option<&str> {
    let mut open = audit.report.undecided.iter();
    let found = open.find(|undecided| undecided.subject == "launch");
    found.map(|undecided| undecided.why.as_str())
}

/// Runs every start line and collects what is wrong with it.
fn all(module: &str, starts: &[&str], wrong: &dyn Fn(&Audit) -> Option<String>) {
    let (bench, venv) = (backend(), venv());
    let mut failures = Vec::new();
    for start in starts {
        let start = start.replace("MODULE", module);
        let audit = launched(bench.root(), &venv, &start);
        let launch = audit.facts.launch.as_ref().unwrap();
        let left = left_in(bench.root());
        let said = match (left.is_empty(), difference(&audit)) {
            (false, _) => Some(format!("processes are left: {left:?}")),
            (true, Some(why)) => Some(why.to_owned()),
            (true, None) => wrong(&audit),
        };
        if let Some(said) = said {
            let log = launch.log.join("\n  ");
            failures.push(format!("$ {start}\n{said}\n{:?}\n  {log}", launch.end));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_server_serves_a_good_application() {
    let starts: Vec<&str> = STARTS
        .into_iter()
        .chain([
            "uvicorn --factory shop.MODULE:create_app",
            "gunicorn 'shop.MODULE:create_app()' -k uvicorn_worker.UvicornWorker",
            "granian --interface asgi --factory shop.MODULE:create_app",
        ])
        .collect();
    all("good", &starts, &|audit| {
        let launch = audit.facts.launch.as_ref().unwrap();
        let routes = audit
            .report
            .http
            .as_ref()
            .map(|http| &*http.routes)
            .unwrap_or_default();
        let reached = |path: &str| {
            let mut rows = routes.iter();
            rows.any(|r| r.path == path && r.state == RouteState::Reachable)
        };
        let state = criterion(audit, "SC-001").0;
        if launch.end != LaunchEnd::Served || state != CriterionState::Met {
            return Some(format!("it does not count as served: {state:?}"));
        }
        (!reached("/health") || !reached("/items/{item_id}"))
            .then(|| format!("routes are not reached: {routes:#?}"))
    });
}

#[test]
fn every_server_dies_of_a_missing_module() {
    let dead = |audit: &Audit| {
        let launch = audit.facts.launch.as_ref().unwrap();
        let (state, proof) = criterion(audit, "SC-001");
        let ended = matches!(launch.end, LaunchEnd::Died(_) | LaunchEnd::Crashing);
        let told = proof[0].contains("ModuleNotFoundError: No module named 'shop.pricing'");
        let predicted = audit.report.startup.outcome == StartOutcome::Error;
        let right = ended && told && predicted && state == CriterionState::NotMet;
        (!right).then(|| format!("SC-001 {state:?} {proof:?}"))
    };
    all("missing", &STARTS, &dead);
}

#[test]
fn every_server_tells_of_a_failing_lifespan() {
    // Hypercorn goes on without a lifespan that failed in some versions; what it does counts.
    let starts: Vec<&str> = STARTS
        .into_iter()
        .filter(|start| !start.contains("hypercorn"))
        .collect();
    all("lifespan", &starts, &|audit| {
        let launch = audit.facts.launch.as_ref().unwrap();
        let log = launch.log.join("\n");
        let ended = matches!(launch.end, LaunchEnd::Died(_) | LaunchEnd::Crashing);
        let right = ended && log.contains("RuntimeError: the queue is not configured");
        (!right).then(|| "the failure was not told".to_owned())
    });
}
