//! The start-up cases: what the simulator says against what CPython and uvicorn said.
//!
//! `tests/cases/<id>/case.toml` says how the case is started (entry, working directory,
//! environment, packages) and, under `[truth]`, how it ended when it was really run.
//! `cargo test --test main cases -- --nocapture` prints the score and every miss;
//! `AUDIT_CASES=023,104` runs only these.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audit::host::RealHost;
use audit::model::{StartOutcome, Startup};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;
use serde::Deserialize;

use crate::support::{envs::Venv, repository, tree};

pub mod target;

/// What has been reached, in cases. Only ever raised.
const FLOOR: Score = Score {
    found: 60,
    started: 48,
    kind: 60,
    message: 60,
    file: 60,
    line: 60,
    statement: 60,
};

/// One `case.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(skip)]
    id: String,
    /// `module:attribute`
    entry: String,
    /// Relative to `project/`.
    #[serde(default = "here")]
    workdir: String,
    /// Pin file below `envs/`.
    packages: String,
    /// Further arguments of uvicorn.
    #[serde(default)]
    arguments: Vec<String>,
    /// Further site directories beside `project/`.
    #[serde(default)]
    site: Vec<String>,
    /// Variables of the server process.
    #[serde(default)]
    env: BTreeMap<String, String>,
    truth: Truth,
}

/// How the case ended under CPython and uvicorn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    outcome: Outcome,
    phase: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    bases: Vec<String>,
    message: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    statement: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Error,
    /// The start never ends.
    Timeout,
}

fn here() -> String {
    ".".to_owned()
}

/// Numbers of cases; what each counts is said where it is counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Score {
    found: usize,
    started: usize,
    kind: usize,
    message: usize,
    file: usize,
    line: usize,
    statement: usize,
}

/// What was said about one case.
struct Said {
    case: Case,
    /// `Err` carries the text of a panic.
    answer: Result<Startup, String>,
    /// Message with the paths of this run replaced as in the recorded truth.
    message: Option<String>,
    took: Duration,
}

#[test]
fn cases_end_as_cpython_says() {
    let chosen = std::env::var("AUDIT_CASES").ok();
    let cases = load(chosen.as_deref());
    assert!(!cases.is_empty(), "no case matches AUDIT_CASES={chosen:?}");
    let venvs = environments(&cases);
    let said: Vec<Said> = cases
        .into_par_iter()
        .map(|case| {
            let venv = &venvs[&case.packages];
            run(case, venv)
        })
        .collect();
    let (score, table) = score(&said);
    println!("{table}");
    let alarms: Vec<&str> = said
        .iter()
        .filter(|s| s.is_false_alarm())
        .map(|s| s.case.id.as_str())
        .collect();
    assert!(
        alarms.is_empty(),
        "false alarms: {}\n{table}",
        alarms.join(", ")
    );
    let panics: Vec<&str> = said
        .iter()
        .filter(|s| s.answer.is_err())
        .map(|s| s.case.id.as_str())
        .collect();
    assert!(panics.is_empty(), "panics: {}\n{table}", panics.join(", "));
    if chosen.is_none() {
        score.assert_at_least(FLOOR, &table);
    }
}

/// All cases, or those whose id starts with one of the comma-separated words.
fn load(chosen: Option<&str>) -> Vec<Case> {
    let mut dirs: Vec<PathBuf> = fs::read_dir(repository("tests/cases"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.join("case.toml").is_file())
        .collect();
    dirs.sort();
    dirs.into_iter()
        .map(|dir| {
            let path = dir.join("case.toml");
            let text = fs::read_to_string(&path).unwrap();
            let mut case: Case =
                toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            case.id = dir.file_name().unwrap().to_str().unwrap().to_owned();
            case
        })
        .filter(|case| {
            chosen.is_none_or(|words| words.split(',').any(|w| case.id.starts_with(w.trim())))
        })
        .collect()
}

fn environments(cases: &[Case]) -> BTreeMap<String, Venv> {
    let mut venvs = BTreeMap::new();
    for case in cases {
        venvs.entry(case.packages.clone()).or_insert_with(|| {
            Venv::from_pins(&repository("tests/cases/envs").join(format!("{}.txt", case.packages)))
        });
    }
    venvs
}

/// Simulates a scratch copy: nothing of the repository around it can be met by accident.
fn run(case: Case, venv: &Venv) -> Said {
    let scratch = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(scratch.path()).unwrap();
    let source = repository("tests/cases").join(&case.id);
    for part in std::iter::once("project").chain(case.site.iter().map(String::as_str)) {
        tree::copy(&source.join(part), &root.join(part));
    }
    let begin = Instant::now();
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let project = target::read(&case, &root, venv);
        simulate(&RealHost, &project, &SimOptions::default())
            .startup
            .unwrap_or_else(|| Startup::unknown("no verdict"))
    }))
    .map_err(|panic| {
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_else(|| "panic without text".to_owned())
    });
    let took = begin.elapsed();
    let message = answer
        .as_ref()
        .ok()
        .and_then(|a| a.exception.as_ref())
        .map(|e| neutral(&e.message, &root, venv));
    Said {
        case,
        answer,
        message,
        took,
    }
}

/// Paths of this run replaced by the words that the recorded truth uses.
fn neutral(message: &str, root: &Path, venv: &Venv) -> String {
    let words = [
        (root.join("project"), "<project>"),
        (root.join("site"), "<extra-site>"),
        (venv.site_packages(), "<site-packages>"),
        (venv.prefix.clone(), "<venv>"),
        (venv.stdlib(), "<stdlib>"),
    ];
    words.iter().fold(message.to_owned(), |text, (path, word)| {
        text.replace(path.to_str().unwrap(), word)
    })
}

impl Said {
    fn fails(&self) -> bool {
        self.case.truth.outcome != Outcome::Ok
    }

    fn predicted(&self) -> StartOutcome {
        self.answer
            .as_ref()
            .map_or(StartOutcome::Unknown, |a| a.outcome)
    }

    fn is_false_alarm(&self) -> bool {
        !self.fails() && self.predicted() == StartOutcome::Error
    }

    fn is_found(&self) -> bool {
        self.fails() && self.predicted() == StartOutcome::Error
    }

    fn kind_matches(&self) -> bool {
        let said = self.answer.as_ref().ok().and_then(|a| a.exception.as_ref());
        match (&self.case.truth.kind, said) {
            (Some(kind), Some(said)) => *kind == said.kind,
            (None, None) => true, // a start that never ends raises nothing
            _ => false,
        }
    }

    fn place(&self) -> (Option<&str>, Option<u32>) {
        match &self.answer {
            Ok(answer) => (answer.file.as_deref(), answer.line),
            Err(_) => (None, None),
        }
    }

    fn file_matches(&self) -> bool {
        self.place().0 == self.case.truth.file.as_deref()
    }

    fn line_matches(&self) -> bool {
        self.file_matches() && self.place().1 == self.case.truth.line
    }

    fn statement_matches(&self) -> bool {
        self.file_matches()
            && match (self.case.truth.statement, self.place().1) {
                (Some((first, last)), Some(line)) => (first..=last).contains(&line),
                (None, None) => true,
                _ => false,
            }
    }

    /// What went wrong, one line; `None` when everything is as CPython says.
    fn complaint(&self) -> Option<String> {
        let truth = &self.case.truth;
        let wanted = match truth.outcome {
            Outcome::Ok => "it starts".to_owned(),
            Outcome::Timeout => format!("it hangs at {}", place(truth.file.as_deref(), truth.line)),
            Outcome::Error => format!(
                "{} {}: {} ({})",
                truth.phase.as_deref().unwrap_or("?"),
                truth.kind.as_deref().unwrap_or("?"),
                truth.message.as_deref().unwrap_or(""),
                place(truth.file.as_deref(), truth.line)
            ),
        };
        let (label, got) = match &self.answer {
            Err(panic) => ("panic", panic.clone()),
            Ok(a) if a.outcome == StartOutcome::Unknown => {
                ("unknown", a.why.clone().unwrap_or_default())
            }
            Ok(a) if a.outcome == StartOutcome::Ok => {
                if !self.fails() {
                    return None;
                }
                ("missed", "ok".to_owned())
            }
            Ok(a) => {
                let label = if !self.fails() {
                    "FALSE ALARM"
                } else if !self.kind_matches() {
                    "other type"
                } else if !self.statement_matches() {
                    "other place"
                } else if self.message.as_deref() != truth.message.as_deref() {
                    "other text"
                } else if !self.line_matches() {
                    "other line"
                } else {
                    return None;
                };
                let kind = a.exception.as_ref().map_or("-", |e| e.kind.as_str());
                let text = self.message.as_deref().unwrap_or("");
                let (file, line) = self.place();
                (label, format!("{kind}: {text} ({})", place(file, line)))
            }
        };
        Some(format!(
            "{label:<12} {}\n    cpython {}\n    audit   {}",
            self.case.id,
            short(&wanted),
            short(&got)
        ))
    }
}

fn place(file: Option<&str>, line: Option<u32>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        _ => "no project line".to_owned(),
    }
}

fn short(text: &str) -> String {
    let one_line = text.replace('\n', " ⏎ ");
    if one_line.chars().count() <= 220 {
        return one_line;
    }
    one_line.chars().take(219).chain(['…']).collect()
}

/// The score, and the table that a person reads.
fn score(said: &[Said]) -> (Score, String) {
    let count = |wanted: &dyn Fn(&Said) -> bool| said.iter().filter(|s| wanted(s)).count();
    let score = Score {
        found: count(&Said::is_found),
        started: count(&|s| !s.fails() && s.predicted() == StartOutcome::Ok),
        kind: count(&|s| s.is_found() && s.kind_matches()),
        message: count(&|s| {
            s.is_found()
                && s.kind_matches()
                && s.message.as_deref() == s.case.truth.message.as_deref()
        }),
        file: count(&|s| s.is_found() && s.file_matches()),
        line: count(&|s| s.is_found() && s.line_matches()),
        statement: count(&|s| s.is_found() && s.statement_matches()),
    };
    let failing = count(&Said::fails);
    let passing = said.len() - failing;
    let mut table = String::new();
    for complaint in said.iter().filter_map(Said::complaint) {
        writeln!(table, "{complaint}").unwrap();
    }
    let unknown =
        |fails: bool| count(&|s| s.fails() == fails && s.predicted() == StartOutcome::Unknown);
    let rows = [
        ("failures found", score.found, failing),
        ("  type", score.kind, failing),
        ("  text", score.message, failing),
        ("  file", score.file, failing),
        ("  file:line", score.line, failing),
        ("  statement", score.statement, failing),
        (
            "  base class caught",
            count(&|s| s.is_found() && s.kind_or_base()),
            failing,
        ),
        ("  unknown", unknown(true), failing),
        ("starts confirmed", score.started, passing),
        ("  unknown", unknown(false), passing),
        ("  FALSE ALARMS", count(&Said::is_false_alarm), passing),
    ];
    writeln!(table).unwrap();
    for (name, got, of) in rows {
        writeln!(table, "{name:<20} {got:>3} / {of}").unwrap();
    }
    let mut slow: Vec<&Said> = said.iter().collect();
    slow.sort_by_key(|s| std::cmp::Reverse(s.took));
    for said in slow.iter().take(3) {
        writeln!(table, "{:>8.2?}  {}", said.took, said.case.id).unwrap();
    }
    (score, table)
}

impl Said {
    fn kind_or_base(&self) -> bool {
        let said = self.answer.as_ref().ok().and_then(|a| a.exception.as_ref());
        self.kind_matches() || said.is_some_and(|e| self.case.truth.bases.contains(&e.kind))
    }
}

impl Score {
    fn assert_at_least(self, floor: Self, table: &str) {
        let pairs = [
            ("found", self.found, floor.found),
            ("started", self.started, floor.started),
            ("kind", self.kind, floor.kind),
            ("message", self.message, floor.message),
            ("file", self.file, floor.file),
            ("line", self.line, floor.line),
            ("statement", self.statement, floor.statement),
        ];
        let sunk: Vec<String> = pairs
            .iter()
            .filter(|(_, got, floor)| got < floor)
            .map(|(name, got, floor)| format!("{name}: {got}, was {floor}"))
            .collect();
        assert!(
            sunk.is_empty(),
            "below the floor: {}\n{table}",
            sunk.join("; ")
        );
        if self != floor {
            println!("raise FLOOR to {self:?}");
        }
    }
}
