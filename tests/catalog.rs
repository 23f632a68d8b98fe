//! The shipped checks: clean files, and examples that say what CPython says.
//!
//! `AUDIT_CHECKS=IMP101,URL` runs only these; `--nocapture` prints the counts and every
//! disagreement.

use std::collections::BTreeMap;
use std::path::PathBuf;

use audit::check::{Catalog, ExampleResult, ExampleState, OracleEnv, lint};
use audit::cli::stage::Stages;
use audit::host::RealHost;
use audit::session::test_checks;

use crate::support::envs::Venv;
use crate::support::fixture::variants;
use crate::support::repository;

/// Examples on which detector and CPython agree. Only ever raised.
const FLOOR: usize = 519;

#[test]
fn files_are_clean() {
    let catalog = Catalog::embedded().unwrap();
    let problems: Vec<String> = lint(&catalog)
        .into_iter()
        .map(|p| format!("{}:{}:{}: {}", p.path, p.line, p.column, p.message))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn examples_say_what_cpython_says() {
    let catalog = Catalog::embedded().unwrap();
    let only: Vec<String> = std::env::var("AUDIT_CHECKS")
        .map(|list| list.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let selection = catalog.select(&only, &[]).unwrap();
    let stages = Stages::new().unwrap();
    let results = test_checks(&RealHost, &catalog, &selection, &environments(), &|table| {
        stages.serve(table)
    });
    let count = |state: ExampleState| results.iter().filter(|r| r.state == state).count();
    for result in &results {
        if !matches!(result.state, ExampleState::Agrees) {
            println!(
                "{:?} {} {}: {}",
                result.state, result.rule, result.example, result.detail
            );
        }
    }
    let agree = count(ExampleState::Agrees);
    println!(
        "{} checks, {} examples: {agree} agree ({} of them asked CPython), {} missing, {} noisy, \
         {} contradicted, {} fixes differ, {} skipped, {} broken",
        selection.len(),
        results.len(),
        results
            .iter()
            .filter(|r| r.oracle && r.state == ExampleState::Agrees)
            .count(),
        count(ExampleState::Missing),
        count(ExampleState::Noisy),
        count(ExampleState::Contradicted),
        count(ExampleState::FixDiffers),
        count(ExampleState::Skipped),
        count(ExampleState::Broken),
    );
    let wrong: Vec<&ExampleResult> = results
        .iter()
        .filter(|r| matches!(r.state, ExampleState::Contradicted | ExampleState::Noisy))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        !only.is_empty() || agree >= FLOOR,
        "{agree} examples agree, {FLOOR} did before"
    );
    if only.is_empty() {
        classes_are_covered(&results);
    }
}

/// Known classes of certain failures that a confirmed example covers. Only ever raised.
const CLASSES: usize = 134;

/// What `catalogue.toml` says of a class.
#[derive(serde::Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Cover {
    /// The example of a check decides it.
    By { check: String, example: String },
    /// Nothing does yet.
    Not { because: String },
}

/// Prints the table of classes: what decides each, or why nothing does.
fn classes_are_covered(results: &[ExampleResult]) {
    let text = std::fs::read_to_string(repository("tests/catalogue.toml")).unwrap();
    let classes: BTreeMap<String, Cover> = toml::from_str(&text).unwrap();
    let mut covered = 0;
    for (class, cover) in &classes {
        let (check, example) = match cover {
            Cover::By { check, example } => (check, example),
            Cover::Not { because } => {
                println!("{class}: not covered: {because}");
                continue;
            }
        };
        let result = results
            .iter()
            .find(|r| r.rule == *check && r.example == *example)
            .unwrap_or_else(|| panic!("{class}: {check} has no example `{example}`"));
        if result.state == ExampleState::Agrees {
            covered += 1;
            println!("{class}: {check}, {example}");
        } else {
            println!(
                "{class}: not covered: {check} {:?}: {}",
                result.state, result.detail
            );
        }
    }
    println!("{covered} of {} classes covered", classes.len());
    assert!(
        covered >= CLASSES,
        "{covered} classes are covered, {CLASSES} were before"
    );
}

/// The environments of the other tests: pinned sets, and the sample backend's variants.
fn environments() -> Vec<OracleEnv> {
    let mut pins: Vec<PathBuf> = [
        "modern",
        "minimal",
        "edge",
        "pydantic1",
        "sa14",
        "brokenpairs",
        "flask22",
        "django5",
        "extras",
    ]
    .iter()
    .map(|name| repository(&format!("tests/cases/envs/{name}.txt")))
    .collect();
    pins.push(repository("fixtures/backend/packages/seed.txt"));
    pins.push(repository("fixtures/backend/packages/latest.txt"));
    let mut envs: Vec<OracleEnv> = Vec::new();
    let mut add = |venv: Venv| {
        let env = OracleEnv {
            python: venv.bin("python"),
            extra_site: None,
        };
        if !envs.contains(&env) {
            envs.push(env);
        }
    };
    for pin in &pins {
        add(Venv::from_pins(pin));
    }
    let minimal = Venv::from_pins(&repository("tests/cases/envs/minimal.txt"));
    add(minimal.changed(&["setuptools".to_owned()], &[]));
    let old = ["fastapi==0.95.2", "starlette==0.27.0"].map(str::to_owned);
    add(minimal.changed(&[], &old));
    for variant in variants() {
        add(variant.venv());
    }
    envs
}
