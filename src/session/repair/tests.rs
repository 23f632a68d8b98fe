//! What counts as worse, on hand-built audits.

use std::collections::BTreeMap;

use crate::fix::Change;
use crate::model::{
    Applicability, EditOp, Facts, Finding, FindingState, Fix, Predicted, Report, Requirement,
    Severity, Source, Span, Startup,
};
use crate::session::Audit;
use crate::session::number;
use crate::session::tests::{error_at_import, finding};

use super::Pick;
use super::verify::verify;

fn audit(findings: Vec<Finding>, startup: Startup) -> Audit {
    Audit {
        report: Report {
            schema: 1,
            version: String::new(),
            target: String::new(),
            app: None,
            python: String::new(),
            packages: Vec::new(),
            date: String::new(),
            startup,
            totals: number::totals(&findings),
            findings,
            phases: Vec::new(),
            outcomes: Vec::new(),
            undecided: Vec::new(),
            complete: true,
            criteria: Vec::new(),
            ladder: None,
            router: None,
            http: None,
            transcripts: Vec::new(),
            applied: None,
            repaired: Vec::new(),
            imports: Vec::new(),
            checks_run: 0,
            timings: BTreeMap::new(),
        },
        facts: Facts::default(),
    }
}

fn pick(finding: &Finding, ops: Vec<EditOp>) -> Pick {
    let mut finding = finding.clone();
    finding.fixes.push(Fix {
        title: "Repair".into(),
        applicability: Applicability::Review,
        ops,
        edits: Vec::new(),
        show: Vec::new(),
        preview: Vec::new(),
        notes: Vec::new(),
    });
    Pick { finding, fix: 0 }
}

fn change(path: &str) -> Change {
    Change::between(Some(Source::new(path, "old\n")), Source::new(path, "new\n"))
}

fn reasons(before: &Audit, after: &mut Audit, picks: &[Pick], changes: &[Change]) -> Vec<String> {
    verify(before, after, picks, changes)
        .into_iter()
        .map(|p| p.why)
        .collect()
}

fn fault(path: &str) -> Finding {
    finding("IMP101", Severity::Critical, path, Some(1))
}

#[test]
fn a_repaired_target_is_not_worse() {
    let before = audit(vec![fault("a.py")], error_at_import());
    let picks = [pick(&fault("a.py"), Vec::new())];
    let mut after = audit(Vec::new(), Startup::ok());
    assert!(reasons(&before, &mut after, &picks, &[change("a.py")]).is_empty());
}

#[test]
fn a_predicted_error_that_stays_is_worse() {
    let before = audit(vec![fault("a.py")], error_at_import());
    let picks = [pick(&fault("a.py"), Vec::new())];
    // Another fingerprint, because the lines around it changed.
    let mut left = fault("a.py");
    left.fingerprint = "v1:other".into();
    let mut after = audit(vec![left], error_at_import());
    let problems = verify(&before, &mut after, &picks, &[change("a.py")]);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].culprit.as_deref(), Some("v1:IMP101-a.py"));
    assert!(
        problems[0].why.contains("still there"),
        "{}",
        problems[0].why
    );
}

#[test]
fn a_new_finding_in_a_changed_file_is_worse() {
    let before = audit(vec![fault("a.py")], error_at_import());
    let picks = [pick(&fault("a.py"), Vec::new())];
    let new = finding("IMP104", Severity::Critical, "a.py", Some(1));
    let mut after = audit(vec![new], error_at_import());
    let reasons = reasons(&before, &mut after, &picks, &[change("a.py")]);
    assert_eq!(reasons, ["new: IMP104 IMP104 in a.py"]);
}

#[test]
fn a_fault_that_lay_behind_a_repaired_one_is_not_worse() {
    let before = audit(vec![fault("a.py")], error_at_import());
    let picks = [pick(&fault("a.py"), Vec::new())];
    let revealed = || finding("CFG401", Severity::Critical, "config.py", Some(1));
    let mut after = audit(vec![revealed()], error_at_import());
    assert!(reasons(&before, &mut after, &picks, &[change("a.py")]).is_empty());
    // Unless it is a cycle, which a moved import may close anywhere.
    let mut cycle = revealed();
    cycle.cycle = vec!["a".into(), "b".into(), "a".into()];
    let mut after = audit(vec![cycle], error_at_import());
    assert_eq!(
        reasons(&before, &mut after, &picks, &[change("a.py")]).len(),
        1
    );
}

#[test]
fn a_start_that_was_fine_must_stay_fine() {
    let advice = finding("DB201", Severity::Warning, "a.py", None);
    let before = audit(vec![advice.clone()], Startup::ok());
    let picks = [pick(&advice, Vec::new())];
    let elsewhere = finding("IMP100", Severity::Critical, "z.py", Some(1));
    let mut after = audit(vec![elsewhere], error_at_import());
    let reasons = reasons(&before, &mut after, &picks, &[change("a.py")]);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[1].contains("was fine before"), "{reasons:?}");
}

fn declare(audit: &mut Audit, name: &str) {
    audit.facts.project.requirements.push(Requirement {
        name: name.into(),
        written: name.into(),
        extras: Vec::new(),
        specifier: String::new(),
        marker: String::new(),
        applies: Some(true),
        url: None,
        path: "requirements.txt".into(),
        line: 1,
        span: Span::new(0, 1),
        group: "main".into(),
        constraint: false,
    });
}

#[test]
fn a_distribution_that_awaits_its_installation_is_a_next_step() {
    let mut missing = finding("DEP001", Severity::Critical, "requirements.txt", Some(1));
    missing.predicted = Some(Predicted {
        kind: "ModuleNotFoundError".into(),
        message: "No module named 'asyncpg'".into(),
        python: "3.11".into(),
    });
    let mut before = audit(vec![missing.clone()], error_at_import());
    declare(&mut before, "psycopg2-binary");
    let op = EditOp::RequirementReplace {
        path: "requirements.txt".into(),
        line: 1,
        from: "psycopg2-binary".into(),
        spec: "asyncpg".into(),
    };
    let picks = [pick(&missing, vec![op])];
    let mut after = audit(vec![missing.clone()], error_at_import());
    declare(&mut after, "asyncpg");
    let changes = [change("requirements.txt")];
    assert!(reasons(&before, &mut after, &picks, &changes).is_empty());
    assert_eq!(after.report.findings[0].state, FindingState::Pending);
    assert_eq!(after.report.totals.critical, 0);
    // Installed, and still missing: then the repair did not help.
    let mut installed = audit(vec![missing], error_at_import());
    declare(&mut installed, "asyncpg");
    installed.facts.project.distributions.insert(
        "asyncpg".into(),
        crate::model::Distribution {
            name: "asyncpg".into(),
            version: "0.31.0".into(),
            modules: Vec::new(),
            requires: Vec::new(),
            requires_python: None,
            source: String::new(),
        },
    );
    assert_eq!(reasons(&before, &mut installed, &picks, &changes).len(), 1);
}
