//! `--launch`: what is started is told as it was, and nothing stays behind.

/// A difference between prediction and reality, told with a case to file.
mod defect;
/// The program itself, interrupted at random moments.
mod interrupts;
/// Real servers with several workers, good and failing.
mod servers;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::host::RealHost;
use audit::model::{CriterionState, LaunchEnd, RouteState};
use audit::session::{self, Audit, AuditRequest, Event, Observer, Silent, TargetOptions};

use super::oracle;
use super::support::envs::Venv;
use super::support::fixture::variant;
use super::support::postgres::Postgres;

fn request(root: &Path, venv: &Venv) -> AuditRequest {
    AuditRequest {
        target: TargetOptions {
            root: root.to_path_buf(),
            python: Some(venv.prefix.clone()),
            process_env: false,
            ..TargetOptions::default()
        },
        launch: true,
        ..AuditRequest::default()
    }
}

/// Processes that work in a directory, after those that were killed had time to go.
fn left_in(root: &Path) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let left = working_in(root);
        if left.is_empty() || Instant::now() > end {
            return left;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes that work in a directory.
fn working_in(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let here = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == root);
        if here {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(String::from_utf8_lossy(&command).replace('\0', " "));
        }
    }
    found
}

fn criterion(audit: &Audit, id: &str) -> (CriterionState, Vec<String>) {
    let criteria = &audit.report.criteria;
    let found = criteria.iter().find(|c| c.id == id).unwrap();
    (found.state, found.proof.clone())
}

#[test]
fn a_good_backend_serves_its_routes_and_is_stopped() {
    let postgres = Postgres::shared();
    let fixed = variant("fixed");
    let tree = oracle::ready(&fixed, &postgres, "launched");
    let before = tree.files();
    let audit = session::audit(&RealHost, &request(&tree.root, &fixed.venv()), &Silent).unwrap();
    let launch = audit.facts.launch.as_ref().unwrap();
    assert_eq!(launch.end, LaunchEnd::Served, "{:#?}", launch.log);
    assert_eq!(left_in(&tree.root), Vec::<String>::new());
    assert_eq!(tree.files(), before, "a launch leaves no file behind");
    let (state, proof) = criterion(&audit, "SC-001");
    assert_eq!(state, CriterionState::Met, "{proof:?}");
    let log = &audit.report.transcripts[0];
    assert_eq!(log.title, "Server Startup Test");
    let text = log.lines.join("\n");
    for line in [
        "Database initialized successfully",
        "Application startup complete.",
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    let routes = &audit.report.http.as_ref().unwrap().routes;
    let reached = routes
        .iter()
        .filter(|r| r.state == RouteState::Reachable)
        .count();
    assert!(reached >= 4, "{routes:#?}");
    let json = serde_json::to_string(&audit.report).unwrap();
    assert!(!json.contains("not-a-real-password"));
}

#[test]
fn a_broken_backend_dies_as_cpython_says() {
    let broken = variant("broken");
    let tree = broken.tree();
    let audit = session::audit(&RealHost, &request(&tree.root, &broken.venv()), &Silent).unwrap();
    let launch = audit.facts.launch.as_ref().unwrap();
    assert_eq!(launch.end, LaunchEnd::Died(Some(1)), "{:#?}", launch.log);
    let last = launch.log.iter().rfind(|l| !l.trim().is_empty()).unwrap();
    let said = broken.cpython.kind.as_deref().unwrap();
    assert!(last.starts_with(said), "{last}");
    assert_eq!(criterion(&audit, "SC-001").0, CriterionState::NotMet);
    assert_eq!(left_in(&tree.root), Vec::<String>::new());
}

/// Stops a run some time after its launch has begun.
struct Impatient {
    after: Duration,
    launched: std::sync::Mutex<Option<Instant>>,
}

impl Observer for Impatient {
    fn event(&self, event: &Event) {
        if *event == Event::Begin(session::Step::Launch) {
            *self.launched.lock().unwrap() = Some(Instant::now());
        }
    }

    fn interrupted(&self) -> bool {
        let launched = *self.launched.lock().unwrap();
        launched.is_some_and(|begun| begun.elapsed() >= self.after)
    }
}

#[test]
fn an_interrupted_launch_leaves_no_process_behind() {
    let postgres: Arc<Postgres> = Postgres::shared();
    let fixed = variant("fixed");
    let tree = oracle::ready(&fixed, &postgres, "interrupted");
    let venv = fixed.venv();
    let request = request(&tree.root, &venv);
    for step in 0..10 {
        let observer = Impatient {
            after: Duration::from_millis(step * step * 25),
            launched: std::sync::Mutex::new(None),
        };
        let begin = Instant::now();
        let _ = session::audit(&RealHost, &request, &observer);
        assert_eq!(left_in(&tree.root), Vec::<String>::new(), "step {step}");
        assert!(begin.elapsed() < Duration::from_secs(90), "step {step}");
    }
}
