//! The embedded catalogue and the engine on hand-built facts.

use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Downgrade, Exception, Facts, Fault, FindingState, Ignore, Origin, Outcome, Place, Severity,
    Source, StartOutcome, StartPhase, Startup,
};

fn fault(kind: &str, exception: (&str, &str), at: (&str, u32), slots: &[(&str, &str)]) -> Fault {
    Fault {
        phase: StartPhase::Import,
        exception: Exception {
            kind: exception.0.into(),
            message: exception.1.into(),
        },
        bases: vec![],
        kind: kind.into(),
        place: Some(Place::line(at.0, at.1)),
        span: None,
        frames: vec![],
        chain: vec![],
        cycle: vec![],
        slots: slots
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        certain: true,
    }
}

fn facts(faults: Vec<Fault>, source: &str) -> Facts {
    let mut facts = Facts::default();
    facts
        .sources
        .insert("app/main.py".into(), Source::new("app/main.py", source));
    facts.project.python.version = (3, 11);
    facts.simulation.startup = Some(Startup {
        outcome: StartOutcome::Error,
        ..Startup::ok()
    });
    facts.simulation.faults = faults;
    facts
}

fn audit(facts: &Facts, suppressions: &Suppressions) -> Outcomes {
    let catalog = Catalog::embedded().unwrap();
    let selection = catalog.select(&[], &[]).unwrap();
    run(&catalog, &selection, facts, suppressions)
}

fn missing(line: u32) -> Fault {
    fault(
        "module-not-found",
        ("ModuleNotFoundError", "No module named 'redis'"),
        ("app/main.py", line),
        &[("name", "redis")],
    )
}

#[test]
fn the_embedded_catalogue_is_clean() {
    let catalog = Catalog::embedded().unwrap();
    let problems: Vec<String> = lint(&catalog)
        .into_iter()
        .map(|p| format!("{}:{}:{}: {}", p.path, p.line, p.column, p.message))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(catalog.checks().len() >= 11);
}

#[test]
fn every_fault_ends_in_one_finding_in_the_order_of_discovery() {
    let faults = vec![
        missing(1),
        fault("no-such-kind", ("ValueError", "x"), ("app/main.py", 2), &[]),
        fault(
            "circular-import",
            ("ImportError", "cannot import name 'A'"),
            ("app/main.py", 3),
            &[("name", "A"), ("module", "app.a")],
        ),
    ];
    let result = audit(&facts(faults, "a\nb\nc\n"), &Suppressions::default());
    let seen: Vec<_> = result
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.reveal_order, f.hidden_by.clone()))
        .collect();
    assert_eq!(
        seen,
        [
            ("IMP100", Some(1), vec![]),
            ("IMP190", Some(2), vec!["IMP100".to_owned()]),
            (
                "IMP110",
                Some(3),
                vec!["IMP100".to_owned(), "IMP190".to_owned()]
            ),
        ]
    );
    assert_eq!(
        result.outcomes.len(),
        Catalog::embedded().unwrap().checks().len()
    );
}

#[test]
fn a_deselected_check_keeps_its_fault() {
    let catalog = Catalog::embedded().unwrap();
    let selection = catalog.select(&[], &["IMP100".into()]).unwrap();
    let result = run(
        &catalog,
        &selection,
        &facts(vec![missing(1)], "a\n"),
        &Suppressions::default(),
    );
    assert!(result.findings.is_empty(), "{:?}", result.findings);
    let skipped = result.outcomes.iter().find(|o| o.rule == "IMP100").unwrap();
    assert!(matches!(skipped.outcome, Outcome::Skipped { .. }));
}

#[test]
fn a_possible_fault_is_a_warning_without_prediction() {
    let mut possible = missing(1);
    possible.certain = false;
    let result = audit(&facts(vec![possible], "a\n"), &Suppressions::default());
    let finding = &result.findings[0];
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.predicted, None);
    assert_eq!(finding.reveal_order, None);
}

#[test]
fn an_unfollowed_start_leaves_checks_undecided_once() {
    let mut facts = facts(vec![], "a\n");
    facts.simulation.startup = Some(Startup::unknown("exec of a text that is not known"));
    let result = audit(&facts, &Suppressions::default());
    assert!(result.findings.is_empty());
    assert_eq!(result.undecided.len(), 1);
    assert!(
        result
            .outcomes
            .iter()
            .any(|o| matches!(o.outcome, Outcome::Unknown { .. }))
    );
}

#[test]
fn excuses_need_a_reason_and_a_finding() {
    let source = "import redis  # audit: ignore[IMP100] optional here\n\
                  import json  # audit: ignore[IMP100] stale\n";
    let result = audit(&facts(vec![missing(1)], source), &Suppressions::default());
    let states: Vec<_> = result
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.state, f.location.as_ref().unwrap().line))
        .collect();
    assert_eq!(
        states,
        [
            ("IMP100", FindingState::Ignored, 1),
            ("AUD001", FindingState::New, 2)
        ]
    );
}

#[test]
fn configured_excuses_expire_and_fit_globs() {
    let ignore = |path: &str, expires: Option<&str>| Ignore {
        id: "IMP100".into(),
        path: Some(path.into()),
        reason: "known".into(),
        expires: expires.map(str::to_owned),
        origin: Origin::line("audit.toml", 3),
    };
    let cases = [
        (ignore("app/*.py", None), FindingState::Ignored, None),
        (
            ignore("app/**", Some("2026-12-31")),
            FindingState::Ignored,
            None,
        ),
        (
            ignore("app/main.py", Some("2026-01-01")),
            FindingState::New,
            Some("AUD002"),
        ),
        (
            ignore("other/*.py", None),
            FindingState::New,
            Some("AUD001"),
        ),
    ];
    for (ignore, state, extra) in cases {
        let suppressions = Suppressions {
            ignores: vec![ignore.clone()],
            downgrades: vec![],
            today: "2026-06-01".into(),
        };
        let result = audit(&facts(vec![missing(1)], "import redis\n"), &suppressions);
        assert_eq!(result.findings[0].state, state, "{ignore:?}");
        assert_eq!(
            result.findings.get(1).map(|f| f.rule.as_str()),
            extra,
            "{ignore:?}"
        );
    }
}

#[test]
fn downgrades_make_notes() {
    let suppressions = Suppressions {
        downgrades: vec![Downgrade {
            id: "IMP100".into(),
            path: None,
            reason: String::new(),
            origin: Origin::named("command line"),
        }],
        ..Suppressions::default()
    };
    let result = audit(&facts(vec![missing(1)], "import redis\n"), &suppressions);
    assert_eq!(result.findings[0].state, FindingState::Downgraded);
    assert_eq!(result.findings[0].severity, Severity::Note);
}

#[test]
fn fingerprints_survive_moved_lines_and_tell_twins_apart() {
    let prints = |source: &str, lines: &[u32]| -> Vec<String> {
        let undefined = |line: &u32| {
            let error = ("NameError", "name 'redis' is not defined");
            fault(
                "name-error",
                error,
                ("app/main.py", *line),
                &[("name", "redis")],
            )
        };
        let faults = lines.iter().map(undefined).collect();
        audit(&facts(faults, source), &Suppressions::default())
            .findings
            .into_iter()
            .map(|f| f.fingerprint)
            .collect()
    };
    let before = prints("redis.ping()\n", &[1]);
    assert_eq!(before, prints("\n\n\nredis.ping()\n", &[4]));
    assert!(before[0].starts_with("v1:"));
    let twins = prints("redis.ping()\nredis.ping()\n", &[1, 2]);
    assert_ne!(twins[0], twins[1]);
}

#[test]
fn one_cause_is_told_once_with_its_other_places() {
    let mut possible = missing(1);
    possible.certain = false;
    let faults = vec![possible, missing(2), missing(3)];
    let source = "import redis\nimport redis\nimport redis\n";
    let result = audit(&facts(faults, source), &Suppressions::default());
    let [finding] = result.findings.as_slice() else {
        panic!("one finding expected: {:#?}", result.findings);
    };
    assert_eq!(finding.location.as_ref().map(|p| p.line), Some(2));
    assert_eq!(
        finding.severity,
        Severity::Critical,
        "the certain one leads"
    );
    assert!(
        finding.message.ends_with("(and at 2 more places)"),
        "{}",
        finding.message
    );
    let others: Vec<u32> = finding
        .evidence
        .iter()
        .filter_map(|e| Some(e.place.as_ref()?.line))
        .collect();
    assert_eq!(others, [1, 3]);
}

#[test]
fn secrets_reach_no_text_of_a_finding() {
    let mut facts = facts(
        vec![fault(
            "raised",
            ("ValueError", "bad key canary-value-1"),
            ("app/main.py", 1),
            &[("name", "canary-value-1")],
        )],
        "KEY = 'canary-value-1'\n",
    );
    facts.redactor.add("canary-value-1");
    if let Some(source) = facts.sources.get_mut("app/main.py") {
        source.mask(crate::model::Span::new(7, 21));
    }
    let result = audit(&facts, &Suppressions::default());
    let text = serde_json::to_string(&result.findings).unwrap();
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("***"), "{text}");
}

#[test]
fn selectors_are_ids_prefixes_phases_and_tags() {
    let catalog = Catalog::embedded().unwrap();
    let count = |word: &str| catalog.select(&[word.into()], &[]).map(|s| s.len());
    assert_eq!(count("URL300"), Ok(1));
    assert!(count("URL").unwrap() >= 2);
    assert!(count("import").unwrap() >= 3);
    assert!(count("fastapi").unwrap() >= 2);
    let error = count("URL30O").unwrap_err();
    assert_eq!(error.suggestion.as_deref(), Some("URL300"));
}

#[test]
fn lint_points_into_the_file() {
    let good = catalog_text("DEP001");
    let cases = [
        (
            good.replace("find = \"driver-missing\"", "find = \"x\""),
            "must be one of",
        ),
        (
            good.replace("{setting}", "{settings}"),
            "`{settings}` is unknown",
        ),
        (
            good.replace("kind = \"url\"", "kind = \"url\"\nfound = 1"),
            "has no parameter `found`",
        ),
        (
            good.replace("proof       = \"simulated\"", "proof = \"heuristic\""),
            "may be a warning or a note",
        ),
        (
            good.replace("requirement.add", "requirement.plus"),
            "no edit is called",
        ),
    ];
    for (text, expected) in cases {
        let catalog = Catalog::from_text("checks/deps/DEP001-x.toml", &text).unwrap();
        let problems = lint(&catalog);
        assert!(
            problems
                .iter()
                .any(|p| p.message.contains(expected) && p.line > 1),
            "expected `{expected}` in {problems:?}"
        );
    }
    let error = Catalog::from_text("x.toml", &good.replace("\"url\"", "\"urls\"")).unwrap_err();
    assert!(
        error.message.contains("there is no detector `urls`"),
        "{error}"
    );
}

fn catalog_text(id: &str) -> String {
    let catalog = Catalog::embedded().unwrap();
    catalog.get(id).unwrap().source.to_string()
}
