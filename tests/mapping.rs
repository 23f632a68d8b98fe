//! SQLAlchemy and SQLModel by small programs: mapped classes, tables, relationships, engines, first connections.
//!
//! `tests/mapping/*.py` hold snippets. Each is headed by `# --- name | end`: how importing it ended under CPython
//! 3.11 with the packages of `tests/cases/envs/modern.txt`: `starts`, or the exception's type and the line.
//! `| may miss` after that allows the simulator not to know; it is never allowed to be wrong.
//! `AUDIT_SNIPPETS=word` runs only those whose name contains the word.

use std::fs;
use std::path::Path;

use audit::host::RealHost;
use audit::model::{Project, StartOutcome};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;

use crate::cases::target::distributions;
use crate::support::envs::Venv;
use crate::support::{importing, python_of, repository};

/// One snippet.
struct Snippet {
    name: String,
    truth: String,
    may_miss: bool,
    text: String,
}

fn snippets() -> Vec<Snippet> {
    let mut files: Vec<_> = fs::read_dir(repository("tests/mapping"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "py"))
        .collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("# --- ").skip(1) {
            let (head, body) = part.split_once('\n').unwrap();
            let mut words = head.split('|').map(str::trim);
            let name = format!("{stem}/{}", words.next().unwrap());
            let truth = words
                .next()
                .unwrap_or_else(|| panic!("{name}: how does it end?"))
                .to_owned();
            all.push(Snippet {
                name,
                truth,
                may_miss: words.next() == Some("may miss"),
                text: body.to_owned(),
            });
        }
    }
    all
}

fn simulated(venv: &Venv, dir: &Path) -> String {
    let project = Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(importing("main")),
        python: python_of(venv),
        distributions: distributions(&venv.site_packages()),
        ..Project::default()
    };
    let simulation = simulate(&RealHost, &project, &SimOptions::default());
    let startup = simulation.startup.unwrap();
    match startup.outcome {
        StartOutcome::Ok => "starts".to_owned(),
        StartOutcome::Unknown => format!("unknown: {}", startup.why.unwrap_or_default()),
        StartOutcome::Error => format!(
            "{} {}",
            startup.exception.unwrap().kind,
            startup.line.map_or("-".to_owned(), |l| l.to_string())
        ),
    }
}

#[test]
fn mapped_classes_and_engines_end_as_in_cpython() {
    let wanted = std::env::var("AUDIT_SNIPPETS").unwrap_or_default();
    let venv = Venv::from_pins(&repository("tests/cases/envs/modern.txt"));
    let all: Vec<Snippet> = snippets()
        .into_iter()
        .filter(|s| s.name.contains(&wanted))
        .collect();
    assert!(!all.is_empty(), "no snippet is called {wanted}");
    let complaints: Vec<String> = all
        .par_iter()
        .filter_map(|snippet| {
            let scratch = tempfile::tempdir().unwrap();
            let dir = fs::canonicalize(scratch.path()).unwrap();
            fs::write(dir.join("main.py"), &snippet.text).unwrap();
            let said = simulated(&venv, &dir);
            let silent = said == "starts" || said.starts_with("unknown");
            let fine = said == snippet.truth || snippet.may_miss && silent;
            (!fine).then(|| {
                let label = if snippet.truth == "starts" && !silent {
                    "FALSE ALARM"
                } else {
                    "differs"
                };
                format!(
                    "{label} {}\n    cpython {}\n    audit   {said}",
                    snippet.name, snippet.truth
                )
            })
        })
        .collect();
    println!(
        "{} of {} snippets agree",
        all.len() - complaints.len(),
        all.len()
    );
    assert!(
        complaints.is_empty(),
        "{} of {} snippets differ:\n{}",
        complaints.len(),
        all.len(),
        complaints.join("\n")
    );
}
