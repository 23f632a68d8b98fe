//! Everything of the terminal page that is not one finding: head, phases, what was not decided,
//! what a fix did, and the last lines.

use super::{Page, Style};
use crate::model::{Applicability, FindingState, Outcome, Report};
use crate::render::{counted, escape, layout, words};

/// Head line and the table of phases.
pub fn write(page: &mut Page<'_>, report: &Report) {
    let mut parts = vec![format!("backend  {}", words::subject(report))];
    if !report.python.is_empty() {
        parts.push(report.python.clone());
    }
    if !report.packages.is_empty() {
        parts.push(report.packages.join(", "));
    }
    let mut line = String::new();
    for part in parts {
        let part = escape::terminal(&part);
        if line.is_empty() {
            line = part;
        } else if layout::width(&line) + 2 + layout::width(&part) <= page.options.width {
            line.push_str("  ");
            line.push_str(&part);
        } else {
            page.line(&line);
            line = format!("         {part}");
        }
    }
    for piece in fold(&line, page.options.width) {
        page.line(&piece);
    }
    page.gap();
    for phase in &report.phases {
        let (style, mark) = page.mark(&phase.state);
        let mark = page.paint(style, &layout::pad(mark, 5));
        let detail = escape::terminal(&phase.detail);
        let room = page.options.width.saturating_sub(17);
        let mut lines = layout::wrap(&detail, room).into_iter();
        let first = lines.next().unwrap_or_default();
        page.line(&format!(
            "  {}{mark}{first}",
            layout::pad(phase.phase.name(), 10)
        ));
        for more in lines {
            page.line(&format!("{}{more}", " ".repeat(17)));
        }
    }
}

/// A head line that is too wide, continued under its first value.
fn fold(line: &str, width: usize) -> Vec<String> {
    if layout::width(line) <= width {
        return vec![line.to_owned()];
    }
    let indent = " ".repeat(9);
    let body = line.trim_start().trim_start_matches("backend").trim_start();
    let lead = if line.starts_with("backend") {
        "backend  "
    } else {
        &indent
    };
    layout::wrap(body, width.saturating_sub(9))
        .into_iter()
        .enumerate()
        .map(|(n, l)| format!("{}{l}", if n == 0 { lead } else { &indent }))
        .collect()
}

/// Questions that stayed open: always shown, a verdict without them would claim too much.
pub fn undecided(page: &mut Page<'_>, report: &Report) {
    if report.undecided.is_empty() || (report.complete && page.options.verbose == 0) {
        return;
    }
    page.gap();
    let n = report.undecided.len();
    let head = format!(
        "UNDECIDED  {}",
        words::count(
            n,
            "question could not be answered",
            "questions could not be answered"
        )
    );
    let head = page.paint(Style::Warn, &head);
    page.line(&head);
    let most = if page.options.verbose > 0 { n } else { 10 };
    for item in report.undecided.iter().take(most) {
        let place = item
            .place
            .as_ref()
            .map(|p| format!("  {}:{}", p.path, p.line))
            .unwrap_or_default();
        page.paragraph(2, &format!("{}{place}", item.subject));
        page.paragraph(4, &item.why);
    }
    if n > most {
        page.line(&format!("  {} more: -v shows all", n - most));
    }
}

/// What a fix run wrote and what is left to do.
pub fn applied(page: &mut Page<'_>, report: &Report) {
    let Some(run) = &report.applied else { return };
    page.gap();
    for file in &run.files {
        let backup = match (&file.backup, file.secret) {
            (None, _) => String::new(),
            (Some(b), true) => format!("backup {b} (mode 0600)"),
            (Some(b), false) => format!("backup {b}"),
        };
        let left = format!("  written  {}", escape::terminal(&file.path));
        page.line(&layout::spread(
            &left,
            &escape::terminal(&backup),
            page.options.width,
        ));
        if file.backup_unignored && file.secret {
            page.paragraph(
                11,
                "the backup holds secrets and git would pick it up: ignore or remove it",
            );
        }
    }
    for command in &run.next {
        page.paragraph(2, &format!("next     {command}"));
    }
    if !run.files.is_empty() {
        page.line(&format!("  undo     audit undo {}", run.id));
    }
}

/// With `-v`: checks that were not run, each with its reason.
pub fn not_run(page: &mut Page<'_>, report: &Report) {
    if page.options.verbose == 0 {
        return;
    }
    let rows: Vec<(String, String)> = report
        .outcomes
        .iter()
        .filter_map(|o| {
            let why = match &o.outcome {
                Outcome::Pass | Outcome::Fail { .. } => return None,
                Outcome::Unknown { why } => format!("undecided: {why}"),
                Outcome::Skipped { because } => format!("skipped: {because}"),
                Outcome::Blocked { by } => format!("blocked by {by}"),
                Outcome::NotApplicable { because } => format!("does not apply: {because}"),
                Outcome::Broken { error } => format!("BROKEN: {error}"),
            };
            Some((o.rule.clone(), why))
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    page.gap();
    page.line(&format!(
        "{} without a verdict",
        words::count(rows.len(), "check", "checks")
    ));
    for (rule, why) in rows {
        let room = page.options.width.saturating_sub(12);
        for (n, line) in layout::wrap(&escape::terminal(&why), room)
            .iter()
            .enumerate()
        {
            let lead = if n == 0 { rule.as_str() } else { "" };
            page.line(&format!("  {}{line}", layout::pad(lead, 10)));
        }
    }
}

/// Verdict, counts, and the commands that lead on.
pub fn last_lines(page: &mut Page<'_>, report: &Report) {
    page.gap();
    let totals = words::totals(&report.totals);
    let verdict = words::verdict(report, words::subject(report));
    let standing = words::standing(report);
    let (style, mark) = page.mark(standing);
    let counts_first = matches!(standing, "error" | "warning");
    let sentence = match (totals.is_empty(), counts_first) {
        (true, _) => verdict,
        (false, true) => format!("{totals}: {verdict}"),
        (false, false) => format!("{verdict} ({totals})"),
    };
    let cost = cost(report);
    let sentence = escape::terminal(&sentence);
    let plain_mark = format!("{mark}: ");
    let room = page
        .options
        .width
        .saturating_sub(layout::width(&plain_mark));
    let lines = layout::wrap(&sentence, room);
    let last = lines.len().saturating_sub(1);
    let indent = " ".repeat(layout::width(&plain_mark));
    for (n, line) in lines.iter().enumerate() {
        let lead = if n == 0 {
            page.paint(style, &plain_mark)
        } else {
            indent.clone()
        };
        let body = if n == last {
            layout::spread(line, &cost, room).replace('\n', &format!("\n{indent}"))
        } else {
            line.clone()
        };
        page.line(&format!("{lead}{body}"));
    }
    if page.options.quiet {
        return;
    }
    accepted(page, report);
    if page.options.verbose > 1 {
        for (step, ms) in &report.timings {
            page.line(&format!("   {} {ms:9.1} ms", layout::pad(step, 24)));
        }
    }
    hints(page, report);
}

/// `58 checks, 0.15 s`
fn cost(report: &Report) -> String {
    if report.checks_run == 0 {
        return String::new();
    }
    let checks = words::count(report.checks_run, "check", "checks");
    match report.timings.get("total") {
        Some(ms) => format!("{checks}, {:.2} s", ms / 1000.0),
        None => checks,
    }
}

fn accepted(page: &mut Page<'_>, report: &Report) {
    let states = [
        FindingState::Baseline,
        FindingState::Ignored,
        FindingState::Pending,
        FindingState::Unchanged,
    ];
    let parts: Vec<String> = states
        .into_iter()
        .filter_map(|state| {
            let n = report.findings.iter().filter(|f| f.state == state).count();
            Some(format!("{n} {}", words::accepted(state)?)).filter(|_| n > 0)
        })
        .collect();
    if !parts.is_empty() && page.options.verbose == 0 {
        page.paragraph(
            3,
            &format!("not counted: {} (-v shows them)", parts.join(", ")),
        );
    }
}

fn hints(page: &mut Page<'_>, report: &Report) {
    if report.applied.is_some() {
        return;
    }
    let (mut safe, mut review) = (0, 0);
    for finding in counted(report) {
        match finding.fixes.first().map(|f| f.applicability) {
            Some(Applicability::Safe) => safe += 1,
            Some(Applicability::Review) => review += 1,
            Some(Applicability::Manual) | None => {}
        }
    }
    let target = match report.target.as_str() {
        "" | "." => String::new(),
        other => format!(" {}", escape::terminal(other)),
    };
    if safe + review > 0 {
        let fixes = words::count(safe + review, "fix", "fixes");
        hint(
            page,
            &format!("audit fix{target}"),
            &format!("show and apply {fixes} ({safe} safe, {review} review)"),
        );
    }
    if let Some(worst) = counted(report).next() {
        hint(
            page,
            &format!("audit explain {}", worst.rule),
            "background of one finding",
        );
    }
}

fn hint(page: &mut Page<'_>, command: &str, text: &str) {
    let painted = page.paint(Style::Strong, command);
    let columns = layout::width(command);
    if columns + 5 + layout::width(text) > page.options.width {
        page.line(&format!("   {painted}"));
        page.line(&format!("       {text}"));
    } else {
        let blanks = 27usize.saturating_sub(columns).max(2);
        page.line(&format!("   {painted}{}{text}", " ".repeat(blanks)));
    }
}
