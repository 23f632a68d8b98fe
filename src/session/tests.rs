//! Numbers, baselines, refs and criteria on hand-built findings.

use std::collections::BTreeMap;
use std::fs;

use crate::host::RealHost;
use crate::host::process::Program;
use crate::model::{
    CheckOutcome, CheckPhase, CriterionState, Exception, Facts, Finding, FindingState, Outcome,
    Place, Proof, Severity, StartOutcome, StartPhase, Startup, SurfacesAt,
};

use super::baseline::{self, BaselineAction};
use super::criteria::{ByteProof, Evidence, judge};
use super::{number, since};

pub fn finding(rule: &str, severity: Severity, path: &str, reveal: Option<u32>) -> Finding {
    Finding {
        rule: rule.to_owned(),
        name: rule.to_lowercase(),
        title: "T".to_owned(),
        report_id: String::new(),
        severity,
        proof: Proof::Simulated,
        phase: CheckPhase::Import,
        surfaces_at: SurfacesAt::Import,
        reveal_order: reveal,
        hidden_by: Vec::new(),
        location: Some(Place::line(path, 1)),
        anchor: None,
        excerpt: None,
        message: format!("{rule} in {path}"),
        root_cause: "because".to_owned(),
        explanation: String::new(),
        predicted: None,
        chain: Vec::new(),
        cycle: Vec::new(),
        evidence: Vec::new(),
        fixes: Vec::new(),
        fingerprint: format!("v1:{rule}-{path}"),
        state: FindingState::New,
        references: Vec::new(),
        slots: BTreeMap::new(),
    }
}

#[test]
fn numbers_follow_the_order_of_discovery() {
    let mut findings = vec![
        finding("DB201", Severity::Warning, "b.py", None),
        finding("URL300", Severity::Critical, ".env", Some(2)),
        finding("IMP101", Severity::Critical, "a.py", Some(1)),
        finding("WEB501", Severity::Error, "c.py", None),
    ];
    findings[0].state = FindingState::Ignored;
    number::sort(&mut findings);
    number::number(&mut findings, &[]);
    let ids: Vec<(&str, &str)> = findings
        .iter()
        .map(|f| (f.report_id.as_str(), f.rule.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("CRITICAL-001", "IMP101"),
            ("CRITICAL-002", "URL300"),
            ("ERROR-001", "WEB501"),
            ("WARNING-001", "DB201"),
        ]
    );
    let totals = number::totals(&findings);
    assert_eq!((totals.critical, totals.error, totals.warning), (2, 1, 0));
    let mut more = vec![finding("X1", Severity::Critical, "d.py", None)];
    number::number(&mut more, &findings);
    assert_eq!(more[0].report_id, "CRITICAL-003");
}

#[test]
fn baselines_are_written_updated_and_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit-baseline.json");
    let a = finding("A1", Severity::Error, "a.py", None);
    let b = finding("B1", Severity::Error, "b.py", None);
    let change = |action, findings: &[Finding]| {
        baseline::change(&RealHost, &path, action, findings).unwrap()
    };
    assert!(baseline::change(&RealHost, &path, BaselineAction::Prune, &[]).is_err());
    let written = change(BaselineAction::Write, std::slice::from_ref(&a));
    assert_eq!((written.added, written.total), (1, 1));
    // A person adds a reason; it stays.
    let text = fs::read_to_string(&path).unwrap();
    let reasoned = text.replace(
        "\"message\": \"A1 in a.py\"",
        "\"message\": \"m\", \"reason\": \"why\"",
    );
    assert_ne!(text, reasoned);
    fs::write(&path, reasoned).unwrap();
    let updated = change(BaselineAction::Update, std::slice::from_ref(&b));
    assert_eq!((updated.added, updated.removed, updated.total), (1, 0, 2));
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\"reason\": \"why\"")
    );
    let mut findings = vec![
        a.clone(),
        b.clone(),
        finding("A1", Severity::Error, "c.py", None),
    ];
    baseline::accept(&RealHost, &path, &mut findings).unwrap();
    let states: Vec<FindingState> = findings.iter().map(|f| f.state).collect();
    assert_eq!(
        states,
        [
            FindingState::Baseline,
            FindingState::Baseline,
            FindingState::New
        ]
    );
    let pruned = change(BaselineAction::Prune, std::slice::from_ref(&b));
    assert_eq!((pruned.added, pruned.removed, pruned.total), (0, 1, 1));
    fs::write(&path, "{\"schema\": 9, \"findings\": []}").unwrap();
    let error = baseline::accept(&RealHost, &path, &mut findings).unwrap_err();
    assert!(error.to_string().contains("schema 9"), "{error}");
}

fn git(root: &std::path::Path, args: &[&str]) {
    let done = Program::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
        .args(args.iter().copied())
        .directory(root)
        .run()
        .unwrap();
    assert!(done.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn findings_in_unchanged_files_do_not_count_since_a_ref() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("backend");
    fs::create_dir(&root).unwrap();
    for file in ["old.py", "edited.py"] {
        fs::write(root.join(file), "x = 1\n").unwrap();
    }
    git(dir.path(), &["init", "-q"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "x"]);
    fs::write(root.join("edited.py"), "x = 2\n").unwrap();
    fs::write(root.join("new.py"), "x = 3\n").unwrap();
    let mut facts = Facts::default();
    facts.project.root = root.display().to_string();
    let mut chained = finding("C1", Severity::Error, "old.py", None);
    chained.chain.push(crate::model::ChainLink {
        module: "edited".into(),
        path: "edited.py".into(),
        line: 1,
    });
    let mut findings = vec![
        finding("A1", Severity::Error, "old.py", None),
        finding("A1", Severity::Error, "edited.py", None),
        finding("A1", Severity::Error, "new.py", None),
        chained,
    ];
    since::accept(&facts, "HEAD", &mut findings).unwrap();
    let states: Vec<FindingState> = findings.iter().map(|f| f.state).collect();
    use FindingState::{New, Unchanged};
    assert_eq!(states, [Unchanged, New, New, New]);
    for bad in ["no-such-ref", "--output=x"] {
        let error = since::accept(&facts, bad, &mut findings).unwrap_err();
        assert!(error.to_string().contains(bad), "{error}");
    }
}

pub fn error_at_import() -> Startup {
    Startup {
        outcome: StartOutcome::Error,
        phase: Some(StartPhase::Import),
        exception: Some(Exception {
            kind: "ImportError".into(),
            message: "cannot import name 'x'".into(),
        }),
        file: Some("a.py".into()),
        line: Some(3),
        ..Startup::ok()
    }
}

/// Facts of a start that imported one module.
fn imported() -> Facts {
    let mut facts = Facts::default();
    facts.simulation.imports.push(crate::model::ImportFact {
        module: "a".into(),
        file: "a.py".into(),
        importer: None,
        depth: 0,
        times: 1,
        project: true,
    });
    facts
}

fn judged(evidence: &Evidence<'_>, expected: [CriterionState; 8]) {
    let criteria = judge(evidence);
    let states: Vec<CriterionState> = criteria.iter().map(|c| c.state).collect();
    assert_eq!(states, expected, "{criteria:#?}");
    assert!(
        criteria.iter().all(|c| !c.proof.is_empty()),
        "{criteria:#?}"
    );
}

use CriterionState::{Met, NotExamined, NotMet};

#[test]
fn nothing_is_ticked_when_nothing_is_known() {
    let unknown = Startup::unknown("no environment");
    let evidence = Evidence {
        target: ".",
        facts: &Facts::default(),
        startup: &unknown,
        findings: &[],
        repaired: &[],
        outcomes: &[],
        bytes: None,
    };
    judged(&evidence, [NotExamined; 8]);
    // A verdict without a single import proves no more.
    let ok = Startup::ok();
    let evidence = Evidence {
        target: ".",
        startup: &ok,
        ..evidence
    };
    let states: Vec<CriterionState> = judge(&evidence).iter().map(|c| c.state).collect();
    assert_eq!((states[0], states[6]), (NotExamined, NotExamined));
}

#[test]
fn a_repaired_target_is_ticked_as_far_as_it_was_examined() {
    let mut facts = imported();
    facts.project.locked.insert(
        "a".into(),
        crate::model::Distribution {
            name: "a".into(),
            version: "1".into(),
            modules: Vec::new(),
            requires: Vec::new(),
            requires_python: None,
            source: String::new(),
        },
    );
    let bytes = ByteProof {
        changed: vec!["a.py: 1 place".into()],
        untouched: 3,
        differences: Vec::new(),
    };
    let evidence = Evidence {
        target: ".",
        facts: &facts,
        startup: &Startup::ok(),
        findings: &[],
        repaired: &[finding("IMP101", Severity::Critical, "a.py", Some(1))],
        outcomes: &[CheckOutcome {
            rule: "DEP001".into(),
            phase: CheckPhase::Deps,
            outcome: Outcome::Pass,
        }],
        bytes: Some(&bytes),
    };
    judged(
        &evidence,
        [Met, Met, Met, Met, NotExamined, NotExamined, Met, Met],
    );
}

#[test]
fn an_error_is_not_ticked() {
    let spoiled = ByteProof {
        differences: vec!["b.py has changed".into()],
        ..ByteProof::default()
    };
    let found = [finding("IMP101", Severity::Critical, "a.py", Some(1))];
    let explained = Evidence {
        target: ".",
        facts: &imported(),
        startup: &error_at_import(),
        findings: &found,
        repaired: &[],
        outcomes: &[],
        bytes: Some(&spoiled),
    };
    judged(
        &explained,
        [
            NotMet,
            Met,
            NotMet,
            NotMet,
            NotExamined,
            NotExamined,
            Met,
            NotExamined,
        ],
    );
    let unexplained = Evidence {
        target: ".",
        findings: &[],
        ..explained
    };
    let states: Vec<CriterionState> = judge(&unexplained).iter().map(|c| c.state).collect();
    assert_eq!(states[..3], [NotMet, NotMet, NotMet]);
}
