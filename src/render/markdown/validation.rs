//! Success criteria with their proofs, and what was really captured.

use super::{blank, line};
use crate::model::{CriterionState, HttpProbe, Report, RouteState, RungState};
use crate::render::escape;

/// Writes the section `Validation Results`.
pub fn write(out: &mut String, report: &Report) {
    line(out, "## Validation Results");
    blank(out);
    line(out, "### Success Criteria Verification");
    blank(out);
    for criterion in &report.criteria {
        let (mark, note) = match criterion.state {
            CriterionState::Met => ("✅", ""),
            CriterionState::NotMet => ("❌", " - not met"),
            CriterionState::NotExamined => ("⬜", " - not examined"),
        };
        let claim = escape::markdown(&criterion.claim);
        line(out, &format!("{mark} **{}**: {claim}{note}", criterion.id));
        for proof in &criterion.proof {
            line(out, &format!("- {}", escape::markdown(proof)));
        }
        if !criterion.repeat.is_empty() {
            let verb = match criterion.state {
                CriterionState::NotExamined => "examine",
                _ => "repeat",
            };
            line(
                out,
                &format!("- {verb}: {}", escape::code(&criterion.repeat)),
            );
        }
        blank(out);
    }
    line(out, "### Test Results");
    blank(out);
    for transcript in &report.transcripts {
        line(
            out,
            &format!("**{}**:", escape::markdown(&transcript.title)),
        );
        let mut lines = Vec::new();
        if let Some(command) = &transcript.command {
            lines.push(format!("$ {command}"));
        }
        lines.extend(transcript.lines.iter().cloned());
        line(out, &escape::fenced("console", &lines));
        blank(out);
    }
    let ladder = ladder(out, report);
    let routes = routes(out, report);
    if !routes {
        source_routes(out, report);
    }
    if report.transcripts.is_empty() && !ladder && report.http.is_none() {
        line(
            out,
            "Nothing was started and nothing was asked over the network: this report rests on \
             the simulation of the start alone.",
        );
        blank(out);
    }
    line(out, "---");
    blank(out);
}

fn ladder(out: &mut String, report: &Report) -> bool {
    let Some(ladder) = &report.ladder else {
        return false;
    };
    let endpoint = escape::code(&ladder.endpoint);
    let driver = escape::code(&ladder.driver);
    line(out, &format!("**Database** {endpoint}, driver {driver}:"));
    blank(out);
    line(out, "| Rung | State | Detail | ms |");
    line(out, "| --- | --- | --- | ---: |");
    for rung in &ladder.rungs {
        let state = match rung.state {
            RungState::Ok => "ok",
            RungState::Failed => "failed",
            RungState::Blocked => "blocked",
            RungState::Skipped => "skipped",
        };
        let detail = escape::markdown(&rung.detail);
        line(
            out,
            &format!(
                "| {} | {state} | {detail} | {:.1} |",
                rung.rung.name(),
                rung.ms
            ),
        );
    }
    blank(out);
    for note in &ladder.notes {
        let cure = if note.cure.is_empty() {
            String::new()
        } else {
            format!(": {}", escape::markdown(&note.cure))
        };
        let detail = escape::markdown(&note.detail);
        line(out, &format!("- {}: {detail}{cure}", note.rung.name()));
    }
    if !ladder.notes.is_empty() {
        blank(out);
    }
    true
}

fn routes(out: &mut String, report: &Report) -> bool {
    let Some(routes) = report.http.as_ref().and_then(HttpProbe::table) else {
        return false;
    };
    line(out, "**Routes**:");
    blank(out);
    line(out, "| Method | Path | State | Status | Source | OpenAPI |");
    line(out, "| --- | --- | --- | ---: | --- | --- |");
    for route in routes {
        let state = match route.state {
            RouteState::Reachable => "reachable",
            RouteState::Unreachable => "unreachable",
            RouteState::Unproven => "unproven",
        };
        let method = escape::markdown(&route.method);
        let path = escape::code(&route.path).replace('|', "\\|");
        let status = route.status.map(|s| s.to_string()).unwrap_or_default();
        let source = escape::markdown(route.source.as_deref().unwrap_or(""));
        let listed = if route.openapi { "listed" } else { "" };
        line(
            out,
            &format!("| {method} | {path} | {state} | {status} | {source} | {listed} |"),
        );
    }
    blank(out);
    true
}

/// Rows of a table that nobody asked a server about; a longer one is cut.
const MOST_ROWS: usize = 200;

/// The routes that the source registers, where no server was asked.
fn source_routes(out: &mut String, report: &Report) {
    let Some(table) = report.router.as_ref().filter(|t| !t.routes.is_empty()) else {
        return;
    };
    let app = match table.app.is_empty() {
        true => String::new(),
        false => format!(" of {}", escape::code(&table.app)),
    };
    let more = match table.complete {
        true => "",
        false => "; there may be more, not all of the start could be followed",
    };
    line(
        out,
        &format!("**Routes in the source**{app}, no server was asked{more}:"),
    );
    blank(out);
    line(out, "| Methods | Path | Source |");
    line(out, "| --- | --- | --- |");
    for row in table.routes.iter().take(MOST_ROWS) {
        let methods = escape::markdown(&row.methods.join(", "));
        let path = escape::code(&row.path).replace('|', "\\|");
        let source = escape::markdown(row.source.as_deref().unwrap_or(""));
        line(out, &format!("| {methods} | {path} | {source} |"));
    }
    blank(out);
    let cut = table.routes.len().saturating_sub(MOST_ROWS);
    if cut > 0 {
        line(
            out,
            &format!("{cut} more; `audit facts` and the JSON report list them all."),
        );
        blank(out);
    }
}
