//! Distributions that break each other: what the simulator says against what CPython says.
//!
//! `tests/pairs/pairs.toml` holds the pairs. CPython imports each program in its own environment
//! and is the judge; the recorded end keeps the pair from becoming a harmless one unnoticed.
//! `AUDIT_PAIRS=word` runs only those whose name contains the word.

use std::fs;
use std::path::Path;
use std::process::Command;

use audit::host::RealHost;
use audit::model::{Project, StartOutcome};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;
use serde::Deserialize;

use crate::cases::target::distributions;
use crate::support::envs::Venv;
use crate::support::{importing, python_of, repository};

#[derive(Debug, Deserialize)]
struct Pairs {
    pair: Vec<Pair>,
}

#[derive(Debug, Deserialize)]
struct Pair {
    name: String,
    pins: String,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    program: String,
    /// Absent when the program is imported without an exception.
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
}

/// Type, text and line of the program; `None` when the import goes through.
type End = Option<(String, String, Option<u32>)>;

/// Imports the program and says how that ended.
const DRIVER: &str = r#"
import json
import sys

sys.path.insert(0, "")
try:
    import program
except BaseException as error:
    kind, line, trace = type(error), None, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith("program.py"):
            line = trace.tb_lineno
        trace = trace.tb_next
    prefix = "" if kind.__module__ == "builtins" else kind.__module__ + "."
    print("\n@@" + json.dumps([prefix + kind.__qualname__, str(error), line]))
else:
    print("\n@@null")
"#;

fn cpython(venv: &Venv, dir: &Path) -> End {
    let output = Command::new(venv.bin("python"))
        .args(["-B", "-W", "ignore", "-c", DRIVER])
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, answer) = text
        .rsplit_once("\n@@")
        .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(answer).unwrap()
}

fn simulated(venv: &Venv, dir: &Path) -> Result<End, String> {
    let project = Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(importing("program")),
        python: python_of(venv),
        distributions: distributions(&venv.site_packages()),
        ..Project::default()
    };
    // Without optimisation, on a busy machine, the largest pair takes longer than a user waits.
    let options = SimOptions {
        max_seconds: 600.0,
        ..SimOptions::default()
    };
    let simulation = simulate(&RealHost, &project, &options);
    let startup = simulation.startup.unwrap();
    match startup.outcome {
        StartOutcome::Ok => Ok(None),
        StartOutcome::Unknown => Err(startup.why.unwrap_or_default()),
        StartOutcome::Error => {
            let exception = startup.exception.unwrap();
            Ok(Some((exception.kind, exception.message, startup.line)))
        }
    }
}

/// What is wrong with a pair; `None` when all three agree.
fn disagreement(pair: &Pair) -> Option<String> {
    let mut venv = Venv::from_pins(&repository(&pair.pins));
    if !pair.with.is_empty() || !pair.without.is_empty() {
        venv = venv.changed(&pair.without, &pair.with);
    }
    let scratch = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(scratch.path()).unwrap();
    fs::write(dir.join("program.py"), &pair.program).unwrap();
    let truth = cpython(&venv, &dir);
    let recorded = match (&truth, &pair.kind) {
        (None, None) => true,
        (Some((kind, text, _)), Some(recorded)) => {
            kind == recorded && text.starts_with(pair.text.as_deref().unwrap_or_default())
        }
        _ => false,
    };
    if !recorded {
        return Some(format!(
            "{}: CPython ends otherwise than recorded: {truth:?}",
            pair.name
        ));
    }
    match simulated(&venv, &dir) {
        Ok(said) if said == truth => None,
        said => Some(format!(
            "{}\n    cpython {truth:?}\n    audit   {said:?}",
            pair.name
        )),
    }
}

#[test]
fn distributions_that_break_each_other_are_predicted() {
    let wanted = std::env::var("AUDIT_PAIRS").unwrap_or_default();
    let text = fs::read_to_string(repository("tests/pairs/pairs.toml")).unwrap();
    let all: Pairs = toml::from_str(&text).unwrap();
    let chosen: Vec<&Pair> = all
        .pair
        .iter()
        .filter(|p| p.name.contains(&wanted))
        .collect();
    assert!(!chosen.is_empty(), "no pair is called {wanted}");
    let complaints: Vec<String> = chosen.par_iter().filter_map(|p| disagreement(p)).collect();
    println!(
        "{} of {} pairs agree",
        chosen.len() - complaints.len(),
        chosen.len()
    );
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
