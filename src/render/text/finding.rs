//! One finding on the terminal page.

use super::{Page, Style, cycle, severity_style};
use crate::model::{BeforeAfter, Finding, FindingState, Report};
use crate::render::{escape, layout, words};

/// Most lines of source that one finding quotes.
const MAX_SOURCE_LINES: usize = 6;

/// Writes one finding as a block.
pub fn write(page: &mut Page<'_>, report: &Report, finding: &Finding) {
    page.gap();
    headline(page, report, finding);
    source(page, finding);
    page.paragraph(2, &finding.message);
    if let Some(predicted) = &finding.predicted {
        let text = words::raised(&predicted.kind, &predicted.message);
        page.labelled("CPython", &text, "");
    }
    if !finding.cycle.is_empty() {
        cycle::write(page, finding);
    }
    if finding.chain.len() > 1 {
        page.labelled("start", &words::chain(finding), "");
    }
    if let Some(moment) = words::moment(finding.surfaces_at) {
        page.labelled("when", moment, "");
    }
    if page.options.verbose > 0 {
        reasons(page, finding);
    }
    fixes(page, finding);
}

fn headline(page: &mut Page<'_>, report: &Report, finding: &Finding) {
    let id = if finding.report_id.is_empty() {
        finding.severity.name().to_uppercase()
    } else {
        finding.report_id.clone()
    };
    let id = layout::pad(&id, 12);
    let place = escape::terminal(&words::location(finding));
    let left = format!("{id}  {}  {place}", finding.rule);
    let right = match finding.state {
        FindingState::Downgraded => "downgraded".to_owned(),
        state => match words::accepted(state) {
            Some(text) => text.to_owned(),
            None => words::order(finding, report),
        },
    };
    let whole = layout::spread(&left, &right, page.options.width);
    // Colours go in last: they have no width.
    let id_painted = page.paint(severity_style(finding.severity), &id);
    let rule_painted = page.paint(Style::Strong, &finding.rule);
    let rest = whole
        .get(id.len() + 2 + finding.rule.len()..)
        .unwrap_or_default();
    page.line(&format!("{id_painted}  {rule_painted}{rest}"));
}

/// The quoted lines with carets under the marked part.
fn source(page: &mut Page<'_>, finding: &Finding) {
    let (Some(excerpt), Some(place)) = (&finding.excerpt, &finding.location) else {
        return;
    };
    let room = page.options.width.saturating_sub(4);
    let bar = if page.options.unicode { "│" } else { "|" };
    let bar = page.paint(Style::Faint, bar);
    for (n, line) in excerpt.lines.iter().take(MAX_SOURCE_LINES).enumerate() {
        let number = excerpt.first_line + u32::try_from(n).unwrap_or(0);
        let line = escape::terminal(line);
        let single =
            place.line == number && place.end_line == number && place.end_column > place.column;
        let from = excerpt.shown_column(number, place.column).unwrap_or(1) as usize;
        let to = excerpt.shown_column(number, place.end_column).unwrap_or(1) as usize;
        let (shown, from, to) = layout::window(&line, from, to.max(from + 1), room, page.dots());
        page.line(&format!("  {bar} {shown}"));
        if single {
            let lead: String = shown.chars().take(from.saturating_sub(1)).collect();
            let marked: String = shown
                .chars()
                .skip(from.saturating_sub(1))
                .take(to.saturating_sub(from))
                .collect();
            let carets = "^".repeat(layout::width(&marked).max(1));
            let carets = page.paint(severity_style(finding.severity), &carets);
            page.line(&format!(
                "  {bar} {}{carets}",
                " ".repeat(layout::width(&lead))
            ));
        }
    }
    let more = excerpt.lines.len().saturating_sub(MAX_SOURCE_LINES);
    if more > 0 {
        page.line(&format!(
            "  {bar} {} {}",
            page.dots(),
            words::count(more, "more line", "more lines")
        ));
    }
}

fn reasons(page: &mut Page<'_>, finding: &Finding) {
    page.labelled("cause", &finding.root_cause, "");
    page.labelled("advice", &finding.explanation, "");
    for evidence in &finding.evidence {
        let place = evidence
            .place
            .as_ref()
            .map(|p| format!(" ({}:{})", p.path, p.line))
            .unwrap_or_default();
        page.labelled("seen", &format!("{}{place}", evidence.claim), "");
    }
    for reference in &finding.references {
        page.labelled("read", &reference.url, "");
    }
}

fn fixes(page: &mut Page<'_>, finding: &Finding) {
    let shown = if page.options.verbose > 0 {
        finding.fixes.len()
    } else {
        1
    };
    for fix in finding.fixes.iter().take(shown) {
        page.labelled(
            "fix",
            &fix.title,
            &format!("[{}]", fix.applicability.name()),
        );
        if page.options.verbose > 0 {
            for change in &fix.preview {
                preview(page, change);
            }
        }
        for command in &fix.show {
            page.labelled("then", command, "");
        }
    }
}

/// Old and new lines, each cut around the first character that differs.
fn preview(page: &mut Page<'_>, change: &BeforeAfter) {
    let room = page.options.width.saturating_sub(13);
    let both = [
        ("-", &change.old, &change.new),
        ("+", &change.new, &change.old),
    ];
    for (sign, shown, other) in both {
        for (n, line) in shown.lines.iter().enumerate() {
            let same = other.lines.get(n).map_or(0, |o| {
                line.chars()
                    .zip(o.chars())
                    .take_while(|(a, b)| a == b)
                    .count()
            });
            let line = escape::terminal(line);
            let (line, ..) = layout::window(&line, same + 1, same + 1, room, page.dots());
            page.line(&format!("           {sign} {line}"));
        }
    }
}
