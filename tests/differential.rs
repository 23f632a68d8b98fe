//! Real packages, module by module: what the simulator says of `import module` against CPython.
//!
//! A false alarm fails the build, and so does a failure that is not found.
//! `AUDIT_DIFF=package,...` compares other packages of the same environment.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use audit::host::{Overlay, RealHost};
use audit::model::{Distribution, Project, Simulation, StartOutcome};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;
use serde::Deserialize;

use crate::support::envs::Venv;
use crate::support::{importing, python_of, repository};

#[derive(Debug, Deserialize)]
struct Truth {
    module: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
    file: Option<String>,
    line: Option<u32>,
}

/// All importable module names below the given packages of a site directory.
fn modules(site: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    fn walk(dir: &Path, prefix: &str, wanted: &dyn Fn(&str) -> bool, out: &mut Vec<String>) {
        let mut entries: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .flatten()
            .map(|e| e.path())
            .collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap().to_str().unwrap_or("").to_owned();
            if path.is_dir() {
                if path.join("__init__.py").is_file() && !name.contains('.') {
                    let full = format!("{prefix}{name}");
                    if wanted(&full) {
                        out.push(full.clone());
                    }
                    walk(&path, &format!("{full}."), wanted, out);
                }
            } else if let Some(stem) = name.strip_suffix(".py") {
                let full = format!("{prefix}{stem}");
                if stem != "__init__"
                    && stem != "__main__"
                    && !stem.contains(['-', '.'])
                    && wanted(&full)
                {
                    out.push(full);
                }
            }
        }
    }
    let mut out = Vec::new();
    walk(site, "", wanted, &mut out);
    out
}

fn truths(venv: &Venv, modules: &[String]) -> BTreeMap<String, Truth> {
    let scratch = tempfile::tempdir().unwrap();
    let mut child = Command::new(venv.bin("python"))
        .arg(repository("tests/differential/oracle.py"))
        .current_dir(scratch.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", scratch.path())
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let text = modules.join("\n");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|l| serde_json::from_str::<Truth>(l).ok())
        .map(|t| (t.module.clone(), t))
        .collect()
}

fn project(venv: &Venv, module: &str, distributions: &BTreeMap<String, Distribution>) -> Project {
    let text = |p: PathBuf| p.to_str().unwrap().to_owned();
    Project {
        root: text(venv.site_packages()),
        start: Some(importing(module)),
        python: python_of(venv),
        distributions: distributions.clone(),
        ..Project::default()
    }
}

#[derive(Default)]
struct Tally {
    starts: usize,
    starts_unknown: usize,
    alarms: Vec<String>,
    fails: usize,
    found: usize,
    right_type: usize,
    right_line: usize,
    missed: Vec<String>,
}

impl Tally {
    /// Prints the score, with what else was counted; a false alarm fails the test.
    fn show(&self, what: &str, also: &str) {
        for missed in &self.missed {
            println!("missed {missed}");
        }
        println!(
            "{what}: {} start, {} unknown, {} false alarms | failures: {} of {} found, {} with the type, {also}{} with the line",
            self.starts,
            self.starts_unknown,
            self.alarms.len(),
            self.found,
            self.fails,
            self.right_type,
            self.right_line
        );
        assert!(
            self.alarms.is_empty(),
            "false alarms:\n{}",
            self.alarms.join("\n")
        );
    }
}

fn said(simulation: &Simulation) -> (StartOutcome, String, String) {
    let startup = simulation.startup.as_ref().unwrap();
    let first = simulation.faults.iter().find(|f| f.certain);
    let text = first.map_or_else(
        || startup.why.clone().unwrap_or_default(),
        |f| {
            format!(
                "{}: {} at {}",
                f.exception.kind,
                f.exception.message.chars().take(160).collect::<String>(),
                f.slots.get("innermost").cloned().unwrap_or_default()
            )
        },
    );
    let kind = first.map_or_else(String::new, |f| f.exception.kind.clone());
    (startup.outcome, kind, text)
}

fn compare(venv: &Venv, wanted: &dyn Fn(&str) -> bool) -> Tally {
    let names = modules(&venv.site_packages(), wanted);
    let truths = truths(venv, &names);
    let distributions = crate::cases::target::distributions(&venv.site_packages());
    let begin = Instant::now();
    let answers: Vec<(String, Simulation)> = names
        .par_iter()
        .map(|name| {
            let project = project(venv, name, &distributions);
            (
                name.clone(),
                simulate(&RealHost, &project, &SimOptions::default()),
            )
        })
        .collect();
    println!(
        "{} modules simulated in {:.1?}",
        answers.len(),
        begin.elapsed()
    );
    let mut tally = Tally::default();
    for (name, simulation) in answers {
        let Some(truth) = truths.get(&name) else {
            continue;
        };
        let (outcome, kind, text) = said(&simulation);
        match (&truth.kind, outcome) {
            (None, StartOutcome::Error) => tally.alarms.push(format!("{name}: {text}")),
            (None, StartOutcome::Ok) => tally.starts += 1,
            (None, StartOutcome::Unknown) => {
                tally.starts_unknown += 1;
                println!("unknown {name}: {text}");
            }
            (Some(_), StartOutcome::Error) => {
                tally.fails += 1;
                tally.found += 1;
                tally.right_type += usize::from(truth.kind.as_deref() == Some(kind.as_str()));
                let innermost = simulation
                    .faults
                    .iter()
                    .find(|f| f.certain)
                    .and_then(|f| f.slots.get("innermost"));
                let line = format!(":{}", truth.line.unwrap_or_default());
                tally.right_line += usize::from(innermost.is_some_and(|i| i.ends_with(&line)));
                if truth.kind.as_deref() != Some(kind.as_str()) {
                    println!(
                        "other type {name}: {text}\n    cpython {:?} {:?} {:?}:{:?}",
                        truth.kind, truth.message, truth.file, truth.line
                    );
                }
            }
            (Some(expected), _) => {
                tally.fails += 1;
                tally.missed.push(format!(
                    "{name}: {expected}: {} ({}:{})",
                    truth
                        .message
                        .as_deref()
                        .unwrap_or("")
                        .chars()
                        .take(120)
                        .collect::<String>(),
                    truth.file.as_deref().unwrap_or(""),
                    truth.line.unwrap_or_default()
                ));
            }
        }
    }
    tally
}

/// One line of a real package changed, and what CPython 3.11 made of importing the module.
#[derive(Debug, Deserialize)]
struct Mutant {
    /// Below the site directory.
    file: String,
    /// First line that goes, counted from one.
    line: usize,
    /// How many lines go.
    drop: usize,
    /// What takes their place.
    put: String,
    /// What was done.
    kind: String,
    /// Type of the exception, if any.
    #[serde(rename = "type")]
    raises: Option<String>,
    /// Its text, without the paths at its end.
    #[serde(default)]
    text: String,
    /// Line of the innermost frame.
    at: Option<u32>,
}

impl Mutant {
    fn module(&self) -> String {
        let module = self.file.trim_end_matches(".py").replace('/', ".");
        module.trim_end_matches(".__init__").to_owned()
    }

    fn apply(&self, source: &str) -> String {
        let mut lines: Vec<&str> = source.split('\n').collect();
        let from = self.line - 1;
        lines.splice(from..from + self.drop, self.put.split('\n'));
        lines.join("\n")
    }
}

/// Failures of the mutants that are found; only ever raised.
const MUTANTS_FOUND: usize = 108;

#[test]
fn changed_packages_fail_as_in_cpython() {
    let venv = Venv::from_pins(&repository("tests/cases/envs/modern.txt"));
    let site = venv.site_packages();
    let distributions = crate::cases::target::distributions(&site);
    let text = std::fs::read_to_string(repository("tests/differential/mutants.jsonl")).unwrap();
    let mutants: Vec<Mutant> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answers: Vec<Simulation> = mutants
        .par_iter()
        .map(|mutant| {
            let path = site.join(&mutant.file);
            let source = std::fs::read_to_string(&path).unwrap();
            let mut host = Overlay::new(&RealHost);
            host.put(&path, mutant.apply(&source));
            let project = project(&venv, &mutant.module(), &distributions);
            simulate(&host, &project, &SimOptions::default())
        })
        .collect();
    let mut tally = Tally::default();
    let mut right_text = 0;
    for (mutant, simulation) in mutants.iter().zip(&answers) {
        let (outcome, kind, said) = said(simulation);
        let name = format!("{} {}:{}", mutant.kind, mutant.file, mutant.line);
        let Some(expected) = &mutant.raises else {
            match outcome {
                StartOutcome::Error => tally.alarms.push(format!("{name}: {said}")),
                StartOutcome::Ok => tally.starts += 1,
                StartOutcome::Unknown => tally.starts_unknown += 1,
            }
            continue;
        };
        tally.fails += 1;
        let Some(fault) = simulation.faults.iter().find(|f| f.certain) else {
            let text = &mutant.text;
            tally.missed.push(format!("{name}: {expected}: {text}"));
            continue;
        };
        tally.found += 1;
        tally.right_type += usize::from(*expected == kind);
        right_text += usize::from(
            mutant
                .text
                .starts_with(first_words(&fault.exception.message)),
        );
        let line = format!(":{}", mutant.at.unwrap_or_default());
        let innermost = fault.slots.get("innermost");
        tally.right_line += usize::from(innermost.is_some_and(|i| i.ends_with(&line)));
    }
    tally.show("mutants", &format!("{right_text} with the text, "));
    assert!(
        tally.found >= MUTANTS_FOUND,
        "fewer failures are found than before:\n{}",
        tally.missed.join("\n")
    );
}

/// A text up to the path that CPython puts behind it.
fn first_words(text: &str) -> &str {
    let end = text.find(" (/").unwrap_or(text.len());
    &text[..text.floor_char_boundary(end.min(200))]
}

/// Packages whose every module is imported, and the environment that holds them.
const PACKAGES: &[&str] = &[
    "anyio",
    "certifi",
    "click",
    "dotenv",
    "ecdsa",
    "email_validator",
    "fastapi",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "jinja2",
    "jose",
    "jwt",
    "pyasn1",
    "python_multipart",
    "rsa",
    "sqlmodel",
    "starlette",
    "yaml",
];

#[test]
fn real_packages_import_as_in_cpython() {
    let venv = Venv::from_pins(&repository("tests/cases/envs/modern.txt"));
    let own = std::env::var("AUDIT_DIFF").ok();
    let chosen: Vec<&str> = match &own {
        Some(list) => list.split(',').collect(),
        None => PACKAGES.to_vec(),
    };
    let wanted = |name: &str| {
        chosen
            .iter()
            .any(|p| name == *p || name.starts_with(&format!("{p}.")))
    };
    let tally = compare(&venv, &wanted);
    tally.show("modules", "");
    assert!(tally.starts + tally.fails > 0, "no module was compared");
    if own.is_none() {
        assert_eq!(
            tally.found,
            tally.fails,
            "failures were missed:\n{}",
            tally.missed.join("\n")
        );
    }
}
