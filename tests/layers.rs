//! Holds the layer table of the crate head against the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("knowledge", &["model"]),
    ("wire", &["model"]),
    ("host", &["model"]),
    ("project", &["model", "knowledge", "host"]),
    ("python", &["model", "knowledge", "host"]),
    ("probe", &["model", "knowledge", "wire", "host"]),
    ("detect", &["model", "knowledge"]),
    ("fix", &["model", "host"]),
    ("render", &["model"]),
    ("reference", &["model", "wire", "host"]),
    ("collect", &["model", "host", "project", "python", "probe"]),
    ("check", &["model", "host", "detect"]),
    (
        "session",
        &["model", "host", "collect", "check", "fix", "probe"],
    ),
    (
        "cli",
        &["model", "host", "check", "render", "reference", "session"],
    ),
];

/// Words and the modules that may write them.
const RESERVED: &[(&str, &[&str])] = &[
    ("std::fs", &["host"]),
    ("std::env", &["host"]),
    ("std::process::Command", &["host"]),
    (
        ".expose(",
        &[
            "model", "project", "python", "probe", "host", "detect", "collect",
        ],
    ),
    ("println!", &["cli"]),
    ("super::super::super", &[]),
];

fn sources() -> Vec<(String, PathBuf, String)> {
    fn walk(dir: &Path, module: &str, out: &mut Vec<(String, PathBuf, String)>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            // Unit tests in files of their own may do what unit tests may do.
            if matches!(entry.file_name().to_str(), Some("tests" | "tests.rs")) {
                continue;
            }
            if path.is_dir() {
                walk(&path, module, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                out.push((
                    module.to_owned(),
                    path.clone(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    for entry in fs::read_dir(&src).unwrap().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), entry.file_name().to_str().unwrap(), &mut out);
        }
    }
    out
}

/// Code of a file without comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(n, line)| (n + 1, line))
}

#[test]
fn modules_import_only_what_their_row_names() {
    let table: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{}: no row for module `{module}`", path.display()));
            continue;
        };
        for (line, code) in code(&text) {
            for piece in code.split("crate::").skip(1) {
                let used: String = piece
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if table.contains_key(used.as_str())
                    && used != module
                    && !allowed.contains(&used.as_str())
                {
                    wrong.push(format!(
                        "{}:{line}: `{module}` may not import `{used}`",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "layer violations:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_is_acyclic() {
    let order: Vec<&str> = MAY_IMPORT.iter().map(|(m, _)| *m).collect();
    for (module, allowed) in MAY_IMPORT {
        let own = order.iter().position(|m| m == module).unwrap();
        for used in *allowed {
            let other = order
                .iter()
                .position(|m| m == used)
                .unwrap_or_else(|| panic!("no row for `{used}`"));
            assert!(
                other < own,
                "`{module}` imports `{used}`, which stands above it"
            );
        }
    }
}

#[test]
fn reserved_words_stay_in_their_modules() {
    let mut wrong = Vec::new();
    for (module, path, text) in sources() {
        for (line, code) in code(&text) {
            for (word, owners) in RESERVED {
                if code.contains(word) && !owners.contains(&module.as_str()) {
                    wrong.push(format!(
                        "{}:{line}: `{word}` belongs to {owners:?}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "reserved words:\n{}", wrong.join("\n"));
}
