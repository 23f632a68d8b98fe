//! JUnit XML: one test case per finding, and one per check that had nothing to say, so that a
//! green report is not empty.

use std::collections::HashSet;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Options, committed, escape, words};
use crate::model::{CheckOutcome, Finding, Outcome, Report};

/// The document; empty only if the XML writer fails, which a test excludes.
pub fn render(report: &Report, options: &Options) -> String {
    let mut suite = TestSuite::new("audit check");
    let mut names = HashSet::new();
    for finding in &report.findings {
        suite.add_test_case(finding_case(finding, options, &mut names));
    }
    for outcome in &report.outcomes {
        if let Some(case) = outcome_case(outcome, report.complete, &mut names) {
            suite.add_test_case(case);
        }
    }
    let mut document = Document::new("audit");
    document.add_test_suite(suite);
    document.to_string().unwrap_or_default()
}

fn finding_case(finding: &Finding, options: &Options, names: &mut HashSet<String>) -> TestCase {
    let path = committed(finding).map(|p| options.path(&p.path));
    let name = [Some(finding.name.as_str()), path.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let body = body(finding);
    let mut case = match words::accepted(finding.state) {
        Some(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("accepted: {why}"));
            TestCase::new(unique(names, &name), status)
        }
        None if options.fails(finding) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_type(finding.rule.clone())
                .set_message(line(&finding.message))
                .set_description(body);
            TestCase::new(unique(names, &name), status)
        }
        None => {
            let mut case = TestCase::new(unique(names, &name), TestCaseStatus::success());
            case.set_system_out(format!("{}: {body}", finding.severity.name()));
            case
        }
    };
    case.set_classname(format!("audit.{}", finding.rule));
    if let Some(path) = path {
        case.extra
            .insert("file".into(), line(&path).as_str().into());
    }
    case
}

/// One line of text: a reader's log must not begin a line with what the target chose.
fn line(text: &str) -> String {
    escape::xml(&escape::terminal(text))
}

fn body(finding: &Finding) -> String {
    let mut lines = vec![format!("{}: {}", words::location(finding), finding.message)];
    if let Some(predicted) = &finding.predicted {
        let raised = words::raised(&predicted.kind, &predicted.message);
        lines.push(format!("CPython would raise {raised}"));
    }
    if !finding.root_cause.is_empty() {
        lines.push(format!("cause: {}", finding.root_cause));
    }
    if let Some(fix) = finding.fixes.first() {
        lines.push(format!("fix: {} [{}]", fix.title, fix.applicability.name()));
    }
    let lines: Vec<String> = lines.iter().map(|l| line(l)).collect();
    lines.join("\n")
}

/// Checks without a finding; those with findings have their own cases.
fn outcome_case(
    outcome: &CheckOutcome,
    complete: bool,
    names: &mut HashSet<String>,
) -> Option<TestCase> {
    let status = match &outcome.outcome {
        Outcome::Fail { .. } => return None,
        Outcome::Pass => TestCaseStatus::success(),
        // What the gate does not need is no error: the file tells the story of the exit code.
        Outcome::Unknown { why } if complete => skipped(&format!("undecided: {why}")),
        Outcome::Unknown { why } => error("undecided", why),
        Outcome::Broken { error: text } => error("broken", text),
        Outcome::Skipped { because } | Outcome::NotApplicable { because } => skipped(because),
        Outcome::Blocked { by } => skipped(&format!("blocked by {by}")),
    };
    let name = unique(names, &outcome.rule);
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("audit.{}", outcome.rule));
    Some(case)
}

fn error(kind: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(line(text));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(line(why));
    status
}

/// Readers count only the first of two equal names.
fn unique(names: &mut HashSet<String>, name: &str) -> String {
    let name = line(name);
    let mut candidate = name.clone();
    let mut n = 2;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name} #{n}");
        n += 1;
    }
    candidate
}
