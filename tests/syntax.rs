//! Source that does not compile: type, text and line against what CPython says, per version.
//!
//! `tests/syntax/sources.jsonl` holds sources with the recorded answers of CPython 3.9 to 3.13;
//! `tests/syntax/record.py` asks the interpreters again. Where an interpreter is installed, all of
//! its standard library must compile.

use std::fs;
use std::path::{Path, PathBuf};

use audit::python::syntax_error;
use rayon::prelude::*;
use serde_json::Value;

use crate::support::envs::python;
use crate::support::repository;

const VERSIONS: &[u8] = &[9, 10, 11, 12, 13];

/// Answers, of all sources and versions, that may still differ. Only ever lowered.
const CEILING: usize = 12;

fn answer(source: &[u8], minor: u8) -> Value {
    match syntax_error(source, (3, minor)) {
        None => Value::Null,
        Some(problem) => {
            serde_json::json!([problem.kind, problem.message, problem.line.unwrap_or(0)])
        }
    }
}

#[test]
fn broken_sources_get_the_words_of_cpython() {
    let text = fs::read_to_string(repository("tests/syntax/sources.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let wrong: Vec<String> = lines
        .par_iter()
        .flat_map_iter(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            let source: Vec<u8> = match case["bytes"].as_str() {
                Some(bytes) => bytes.chars().map(|c| u8::try_from(c).unwrap()).collect(),
                None => case["source"].as_str().unwrap().as_bytes().to_vec(),
            };
            let mut truth = Value::Null;
            let mut wrong = Vec::new();
            for minor in VERSIONS {
                if let Some(new) = case.get(format!("3.{minor}")) {
                    truth = new.clone();
                    if truth[2].is_null() && truth.is_array() {
                        truth[2] = 0.into();
                    }
                }
                let said = answer(&source, *minor);
                if said != truth {
                    let label = if truth.is_null() {
                        "FALSE ALARM"
                    } else {
                        "differs"
                    };
                    wrong.push(format!(
                        "{label} in 3.{minor}:\n{}\n    cpython {truth}\n    audit   {said}",
                        String::from_utf8_lossy(&source)
                    ));
                }
            }
            wrong
        })
        .collect();
    println!(
        "{} of {} answers agree",
        lines.len() * VERSIONS.len() - wrong.len(),
        lines.len() * VERSIONS.len()
    );
    assert!(
        wrong.len() <= CEILING && !wrong.iter().any(|w| w.starts_with("FALSE")),
        "{} answers differ, {CEILING} may:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Python files below a folder, without those that are broken on purpose.
fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(
                name.as_str(),
                "test" | "tests" | "lib2to3" | "site-packages"
            ) {
                sources(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}

#[test]
fn the_standard_library_compiles() {
    let output = std::process::Command::new(python())
        .args([
            "-c",
            "import os, sys; print(os.path.dirname(os.__file__)); print(sys.version_info[1])",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let (dir, minor) = (
        lines.next().unwrap(),
        lines.next().unwrap().parse().unwrap(),
    );
    let mut files = Vec::new();
    sources(Path::new(dir), &mut files);
    assert!(files.len() > 300, "only {} files in {dir}", files.len());
    let refused: Vec<String> = files
        .par_iter()
        .filter_map(|file| {
            let problem = syntax_error(&fs::read(file).unwrap(), (3, minor))?;
            Some(format!("{}: {problem:?}", file.display()))
        })
        .collect();
    assert!(refused.is_empty(), "refused:\n{}", refused.join("\n"));
}
