//! A fatal import cycle as a drawing: who imports whom, and where it bites.

use super::Page;
use crate::model::Finding;
use crate::render::{escape, layout};

/// Where the module of a cycle imports the next one: `app/a.py:1`.
pub fn import_place(finding: &Finding, module: &str) -> Option<String> {
    finding
        .chain
        .iter()
        .rfind(|link| link.module == module)
        .map(|link| format!("{}:{}", link.path, link.line))
}

/// Draws the cycle as a column of modules with the way back at its left.
pub fn write(page: &mut Page<'_>, finding: &Finding) {
    let modules = ring(&finding.cycle);
    let Some(last) = modules.len().checked_sub(1) else {
        return;
    };
    let (top, side, bottom, down) = if page.options.unicode {
        ("┌─▶ ", "│   ", "└── ", "↓")
    } else {
        ("+-> ", "|   ", "+-- ", "v")
    };
    let name_width = modules.iter().map(|m| layout::width(m)).max().unwrap_or(0);
    let room = page.options.width.saturating_sub(11);
    for (n, module) in modules.iter().enumerate() {
        let lead = match n {
            0 if last == 0 => top,
            0 => top,
            n if n == last => bottom,
            _ => side,
        };
        let place = import_place(finding, module)
            .map(|p| format!("  imports at {p}"))
            .unwrap_or_default();
        let row = format!(
            "{lead}{}{}",
            layout::pad(&escape::terminal(module), name_width),
            escape::terminal(&place)
        );
        let label = if n == 0 { "  cycle:   " } else { "           " };
        let row = layout::wrap(&row.replace(' ', "\u{1}"), room).join("\n           ");
        page.line(&format!("{label}{}", row.replace('\u{1}', " ")));
        if n < last {
            page.line(&format!("           {side}{down}"));
        }
    }
}

/// Modules without the repeated first one.
pub fn ring(cycle: &[String]) -> &[String] {
    match cycle {
        [first, .., last] if first == last => &cycle[..cycle.len() - 1],
        other => other,
    }
}
