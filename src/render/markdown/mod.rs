//! The fix report: what was wrong, why, old and new code, and what is proven afterwards.
//!
//! Every sentence is made of facts of the report; a criterion that was not examined is never
//! ticked.

mod finding;
mod validation;

use super::{Options, counted, escape, words};
use crate::model::{Finding, Report, StartOutcome};

/// Renders the report as one Markdown document.
pub fn render(report: &Report, _options: &Options) -> String {
    let fixed = report
        .applied
        .as_ref()
        .is_some_and(|run| !run.files.is_empty());
    let mut out = String::new();
    let kind = if fixed { "Fixes Applied" } else { "Findings" };
    line(&mut out, &format!("# Backend Stability Audit - {kind}"));
    blank(&mut out);
    line(&mut out, &format!("**Date**: {}", report.date));
    line(&mut out, &format!("**Feature**: {}", feature(report)));
    line(&mut out, &format!("**Status**: {}", status(report)));
    blank(&mut out);
    summary(&mut out, report, fixed);
    if fixed {
        let repaired: Vec<&Finding> = report.repaired.iter().collect();
        section(&mut out, "Fixes Applied", &repaired, 1);
        let left: Vec<&Finding> = counted(report).collect();
        if !left.is_empty() {
            section(&mut out, "Remaining Findings", &left, repaired.len() + 1);
        }
    } else {
        let all: Vec<&Finding> = counted(report).collect();
        section(&mut out, "Findings", &all, 1);
    }
    validation::write(&mut out, report);
    if fixed {
        files(&mut out, report);
    }
    conclusion(&mut out, report, fixed);
    out
}

/// One line.
fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// One empty line.
fn blank(out: &mut String) {
    out.push('\n');
}

fn feature(report: &Report) -> String {
    let mut text = format!("start-up of {}", escape::code(words::subject(report)));
    if report.app.is_some() && report.target != "." {
        text.push_str(&format!(" in {}", escape::code(&report.target)));
    }
    if !report.python.is_empty() {
        text.push_str(&format!(", {}", escape::markdown(&report.python)));
    }
    text
}

fn status(report: &Report) -> &'static str {
    let next = report
        .applied
        .as_ref()
        .is_some_and(|run| !run.next.is_empty());
    let bad = report.startup.outcome == StartOutcome::Error
        || report.totals.critical + report.totals.error > 0;
    if bad || next {
        "❌ ACTION REQUIRED"
    } else if !report.complete || report.startup.outcome == StartOutcome::Unknown {
        "⚠️ INCOMPLETE"
    } else {
        "✅ COMPLETED"
    }
}

fn summary(out: &mut String, report: &Report, fixed: bool) {
    line(out, "## Summary");
    blank(out);
    let mut sentences = Vec::new();
    if let (true, Some(run)) = (fixed, &report.applied) {
        sentences.push(format!(
            "{} repaired in {}.",
            words::count(report.repaired.len(), "finding was", "findings were"),
            words::count(run.files.len(), "file", "files")
        ));
    }
    sentences.push(format!("{}.", verdict(report)));
    if let Some(exception) = words::exception(report) {
        sentences.push(format!(
            "The next start would end with {}.",
            escape::code(&exception)
        ));
    }
    if !report.complete {
        sentences.push(format!(
            "{} stayed open, so the audit is incomplete.",
            words::count(report.undecided.len(), "question", "questions")
        ));
    }
    line(out, &sentences.join(" "));
    blank(out);
    if fixed {
        line(out, "| Severity | Repaired | Left |");
        line(out, "| --- | ---: | ---: |");
    } else {
        line(out, "| Severity | Findings |");
        line(out, "| --- | ---: |");
    }
    for severity in words::SEVERITIES {
        let left = counted(report).filter(|f| f.severity == severity).count();
        let repaired = report
            .repaired
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        if fixed {
            line(
                out,
                &format!("| {} | {repaired} | {left} |", severity.name()),
            );
        } else {
            line(out, &format!("| {} | {left} |", severity.name()));
        }
    }
    blank(out);
    line(out, &format!("**Predicted start-up**: {}", outcome(report)));
    blank(out);
}

fn outcome(report: &Report) -> String {
    let startup = &report.startup;
    match startup.outcome {
        StartOutcome::Ok => "starts".to_owned(),
        StartOutcome::Unknown => format!(
            "cannot be told: {}",
            escape::markdown(startup.why.as_deref().unwrap_or("no reason given"))
        ),
        StartOutcome::Error => {
            let mut text = format!(
                "fails while {}",
                startup.phase.map_or("starting", words::phase)
            );
            if let Some(exception) = words::exception(report) {
                text.push_str(&format!(" with {}", escape::code(&exception)));
            }
            if let (Some(file), Some(line)) = (&startup.file, startup.line) {
                text.push_str(&format!(
                    ", raised at {}",
                    escape::code(&format!("{file}:{line}"))
                ));
            }
            text
        }
    }
}

/// The verdict as the beginning of a sentence.
fn verdict(report: &Report) -> String {
    // The placeholder survives the escaping of the rest.
    let text = words::verdict(report, "\u{1}");
    let app = escape::code(words::subject(report));
    let text = text
        .split('\u{1}')
        .map(escape::markdown)
        .collect::<Vec<_>>()
        .join(&app);
    if text.starts_with('`') {
        text
    } else {
        capital(&text)
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// Findings worst first, numbered.
fn section(out: &mut String, title: &str, findings: &[&Finding], first: usize) {
    line(out, &format!("## {title}"));
    blank(out);
    if findings.is_empty() {
        line(out, "None.");
        blank(out);
    }
    let mut sorted = findings.to_vec();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.severity));
    for (n, f) in sorted.iter().enumerate() {
        finding::write(out, f, first + n);
        line(out, "---");
        blank(out);
    }
}

fn files(out: &mut String, report: &Report) {
    let Some(run) = &report.applied else { return };
    line(out, "## Files Modified");
    blank(out);
    for (n, file) in run.files.iter().enumerate() {
        let mut titles: Vec<String> = report
            .repaired
            .iter()
            .filter_map(|f| f.fixes.first())
            .filter(|fix| fix.preview.iter().any(|p| p.path == file.path))
            .map(|fix| escape::markdown(&fix.title))
            .collect();
        titles.dedup();
        let what = if titles.is_empty() {
            "changed".to_owned()
        } else {
            titles.join("; ")
        };
        line(
            out,
            &format!("{}. {} - {what}", n + 1, escape::code(&file.path)),
        );
    }
    blank(out);
    line(out, "## Backup Files Created");
    blank(out);
    let mut n = 0;
    for file in &run.files {
        let Some(backup) = &file.backup else { continue };
        n += 1;
        let mut text = format!(
            "{n}. {} - original {}",
            escape::code(backup),
            escape::code(&file.path)
        );
        if file.secret {
            text.push_str(", holds secrets (mode 0600)");
        }
        if file.backup_unignored {
            text.push_str(", **not ignored by Git**: remove or ignore it before the next commit");
        }
        line(out, &text);
    }
    if n == 0 {
        line(out, "None.");
    }
    blank(out);
    let undo = format!("audit undo {}", run.id);
    line(
        out,
        &format!("Everything can be put back: {}", escape::code(&undo)),
    );
    blank(out);
    line(out, "---");
    blank(out);
}

fn conclusion(out: &mut String, report: &Report, fixed: bool) {
    line(out, "## Conclusion");
    blank(out);
    let left = words::totals(&report.totals);
    let verdict = verdict(report);
    let rest = if left.is_empty() {
        "No finding is left.".to_owned()
    } else {
        format!("Left: {left}.")
    };
    line(out, &format!("{verdict}. {rest}"));
    let next = report.applied.iter().flat_map(|run| &run.next);
    let proposed = counted(report)
        .filter(|_| !fixed)
        .filter_map(|f| f.fixes.first())
        .flat_map(|f| &f.show);
    let mut commands: Vec<&String> = next.chain(proposed).collect();
    commands.dedup();
    if !commands.is_empty() {
        blank(out);
        line(out, "Still to be run:");
        blank(out);
        line(out, &escape::fenced("sh", &commands));
    }
    if !fixed && counted(report).any(|f| !f.fixes.is_empty()) {
        blank(out);
        line(
            out,
            "`audit fix` shows the proposed changes as a diff and applies them as one transaction.",
        );
    }
    undecided(out, report);
}

fn undecided(out: &mut String, report: &Report) {
    if report.undecided.is_empty() {
        return;
    }
    blank(out);
    line(out, "Not decided:");
    blank(out);
    for item in &report.undecided {
        let place = item
            .place
            .as_ref()
            .map(|p| format!(" at {}", escape::code(&format!("{}:{}", p.path, p.line))))
            .unwrap_or_default();
        let subject = escape::markdown(&item.subject);
        line(
            out,
            &format!("- {subject}{place}: {}", escape::markdown(&item.why)),
        );
    }
}
