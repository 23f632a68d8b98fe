//! Live results on the terminal page: the ladder of the database and the table of routes.

use super::{Page, Style};
use crate::model::{
    HttpPart, HttpProbe, Ladder, Report, RouteProbe, RouteState, RungResult, RungState,
};
use crate::render::{escape, layout};

/// Both live parts, where they were probed.
pub fn write(page: &mut Page<'_>, report: &Report) {
    if let Some(ladder) = &report.ladder {
        write_ladder(page, ladder);
    }
    if let Some(http) = &report.http {
        write_server(page, http);
    }
    if page.options.verbose > 0 {
        for transcript in &report.transcripts {
            page.gap();
            let title = page.paint(Style::Strong, &escape::terminal(&transcript.title));
            page.line(&title);
            if let Some(command) = &transcript.command {
                page.line(&format!("  $ {}", escape::terminal(command)));
            }
            for line in &transcript.lines {
                page.line(&format!("  | {}", escape::terminal(line)));
            }
        }
    }
}

fn write_ladder(page: &mut Page<'_>, ladder: &Ladder) {
    page.gap();
    let origin = ladder
        .origin
        .as_ref()
        .map(|o| format!("({}:{})", o.path, o.line))
        .unwrap_or_default();
    let mut parts = vec![ladder.driver.clone(), ladder.endpoint.clone()];
    // A URL that could not be read names neither.
    if !ladder.endpoint.is_empty() {
        parts.push(format!("database {}", ladder.database));
        parts.push(format!("user {}", ladder.user));
    }
    parts.push(origin);
    parts.retain(|part| !part.is_empty());
    let head = escape::terminal(&parts.join("  "));
    if layout::width(&head) <= page.options.width {
        page.line(&head);
    } else {
        page.paragraph(0, &head);
    }
    page.gap();
    for rung in &ladder.rungs {
        write_rung(page, rung);
    }
    for note in &ladder.notes {
        let cure = if note.cure.is_empty() {
            String::new()
        } else {
            format!(": {}", note.cure)
        };
        page.paragraph(
            2,
            &format!("note ({}): {}{cure}", note.rung.name(), note.detail),
        );
    }
    if !ladder.session.is_empty() && page.options.verbose > 0 {
        for (name, value) in &ladder.session {
            page.line(&format!(
                "  {}{}",
                layout::pad(name, 17),
                escape::terminal(value)
            ));
        }
    }
}

fn write_rung(page: &mut Page<'_>, rung: &RungResult) {
    let state = match rung.state {
        RungState::Ok => "ok",
        RungState::Failed => "failed",
        RungState::Blocked | RungState::Skipped => "-",
    };
    let time = match rung.state {
        RungState::Ok | RungState::Failed => milliseconds(rung.ms),
        RungState::Blocked | RungState::Skipped => String::new(),
    };
    write_step(page, rung.rung.name(), state, &rung.detail, &time);
}

/// One step of a probe: name, mark, what was seen and how long it took.
fn write_step(page: &mut Page<'_>, name: &str, state: &str, detail: &str, time: &str) {
    let (style, mark) = page.mark(state);
    let mark = page.paint(style, &layout::pad(mark, 6));
    let name = layout::pad(name, 12);
    let room = page.options.width.saturating_sub(20);
    let detail = escape::terminal(detail);
    let lines = layout::wrap(&detail, room.saturating_sub(layout::width(time) + 2));
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default();
    page.line(&format!(
        "  {name}{mark}{}",
        layout::spread(&first, time, room)
    ));
    for more in lines {
        page.line(&format!("{}{more}", " ".repeat(20)));
    }
}

fn write_server(page: &mut Page<'_>, http: &HttpProbe) {
    page.gap();
    page.paragraph(0, &escape::terminal(&http.base_url));
    page.gap();
    for part in &http.parts {
        write_part(page, part);
    }
    if let Some(routes) = http.table() {
        write_routes(page, routes);
    }
}

fn write_part(page: &mut Page<'_>, part: &HttpPart) {
    let (state, time) = match part.outcome.as_str() {
        "ok" => ("ok", milliseconds(part.ms)),
        "skipped" | "blocked" => ("-", String::new()),
        _ => ("failed", milliseconds(part.ms)),
    };
    write_step(page, part.part, state, &part.detail, &time);
}

fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 10.0 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}

fn write_routes(page: &mut Page<'_>, routes: &[RouteProbe]) {
    let shown = routes
        .iter()
        .filter(|r| page.options.verbose > 0 || r.state != RouteState::Reachable);
    if shown.clone().next().is_some() {
        page.gap();
    }
    for route in shown {
        let (style, mark) = page.mark(match route.state {
            RouteState::Reachable => "reachable",
            RouteState::Unreachable => "unreachable",
            RouteState::Unproven => "unproven",
        });
        let mark = page.paint(style, &layout::pad(mark, 6));
        let status = route.status.map(|s| s.to_string()).unwrap_or_default();
        let left = format!(
            "{} {}",
            layout::pad(&route.method, 7),
            escape::terminal(&route.path)
        );
        let right = format!(
            "{status}  {}",
            route.source.as_deref().unwrap_or("not in the source")
        );
        let room = page.options.width.saturating_sub(8);
        let body = layout::spread(&left, &escape::terminal(&right), room);
        page.line(&format!("  {mark}{}", body.replace('\n', "\n        ")));
    }
}
