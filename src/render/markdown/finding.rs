//! One finding of the report: place, cause, old and new code, explanation, evidence.

use super::{blank, line};
use crate::model::{Excerpt, Finding, Fix, Proof};
use crate::render::text::{import_place, ring};
use crate::render::{escape, words};

/// Writes `### 1. Title (CRITICAL-001)` and everything below it.
pub fn write(out: &mut String, finding: &Finding, number: usize) {
    let id = match finding.report_id.as_str() {
        "" => &finding.rule,
        id => id,
    };
    let title = escape::markdown(&finding.title);
    line(out, &format!("### {number}. {title} ({id})"));
    blank(out);
    place(out, finding);
    line(
        out,
        &format!(
            "**Check**: {} ({}), {}, {}",
            escape::code(&finding.rule),
            escape::markdown(&finding.name),
            finding.severity.name(),
            proof(finding.proof)
        ),
    );
    line(
        out,
        &format!("**Issue**: {}", escape::markdown(&finding.message)),
    );
    if let Some(predicted) = &finding.predicted {
        let raised = words::raised(&predicted.kind, &predicted.message);
        let python = match predicted.python.as_str() {
            "" => String::new(),
            version => format!(" (Python {version})"),
        };
        line(
            out,
            &format!("**CPython shows**: {}{python}", escape::code(&raised)),
        );
    }
    if let Some(order) = order(finding) {
        line(out, &format!("**Order**: {order}"));
    }
    if !finding.root_cause.is_empty() {
        line(
            out,
            &format!("**Root Cause**: {}", escape::markdown(&finding.root_cause)),
        );
    }
    blank(out);
    if !finding.cycle.is_empty() {
        diagram(out, finding);
    }
    code(out, finding);
    if !finding.explanation.is_empty() {
        line(
            out,
            &format!(
                "**Explanation**: {}",
                escape::markdown(&finding.explanation)
            ),
        );
        blank(out);
    }
    evidence(out, finding);
}

fn place(out: &mut String, finding: &Finding) {
    let Some(place) = &finding.location else {
        line(out, "**File**: none, this was observed elsewhere");
        return;
    };
    line(out, &format!("**File**: {}", escape::code(&place.path)));
    if place.end_line > place.line {
        line(
            out,
            &format!("**Lines**: {}-{}", place.line, place.end_line),
        );
    } else if place.end_column > place.column {
        line(
            out,
            &format!("**Line**: {}, column {}", place.line, place.column),
        );
    } else {
        line(out, &format!("**Line**: {}", place.line));
    }
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Simulated => "proven by simulating the start",
        Proof::Resolved => "proven by resolving names and values",
        Proof::Probed => "observed on the live system",
        Proof::Heuristic => "a pattern, not a proof",
    }
}

/// The report stands alone, so the order names checks and not numbers of this run.
fn order(finding: &Finding) -> Option<String> {
    let n = finding.reveal_order?;
    let hidden: Vec<String> = finding.hidden_by.iter().map(|r| escape::code(r)).collect();
    let mut text = format!("{} error that a start shows", words::ordinal(n));
    if n > 1 && !hidden.is_empty() {
        text.push_str(&format!(", hidden until {} is repaired", hidden.join(", ")));
    }
    if let Some(moment) = words::moment(finding.surfaces_at) {
        text.push_str(&format!(" ({moment})"));
    }
    Some(text)
}

/// Language of a fenced block, by file name.
fn language(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "Dockerfile" || name.starts_with("Dockerfile.") {
        return "dockerfile";
    }
    if name.starts_with(".env") {
        return "dotenv";
    }
    match name.rsplit_once('.').map(|(_, e)| e) {
        Some("py" | "pyi") => "python",
        Some("toml" | "lock") => "toml",
        Some("yml" | "yaml") => "yaml",
        Some("json") => "json",
        Some("ini" | "cfg") => "ini",
        Some("sh") => "sh",
        _ => "",
    }
}

fn code(out: &mut String, finding: &Finding) {
    let fix = finding.fixes.first();
    match fix.filter(|f| !f.preview.is_empty()) {
        Some(fix) => {
            for change in &fix.preview {
                let same = finding
                    .location
                    .as_ref()
                    .is_some_and(|l| l.path == change.path);
                let suffix = if same {
                    String::new()
                } else {
                    format!(" ({})", escape::code(&change.path))
                };
                block(out, &format!("Old Code{suffix}"), &change.path, &change.old);
                block(out, &format!("New Code{suffix}"), &change.path, &change.new);
            }
        }
        None => {
            if let (Some(excerpt), Some(place)) = (&finding.excerpt, &finding.location) {
                block(out, "Code", &place.path, excerpt);
            }
        }
    }
    if let Some(fix) = fix {
        level(out, fix);
    }
}

fn level(out: &mut String, fix: &Fix) {
    let title = escape::markdown(&fix.title);
    line(
        out,
        &format!("**Fix**: {title} ({})", fix.applicability.name()),
    );
    for note in &fix.notes {
        line(out, &format!("- {}", escape::markdown(note)));
    }
    if !fix.show.is_empty() {
        blank(out);
        line(out, &escape::fenced("sh", &fix.show));
    }
    blank(out);
}

fn block(out: &mut String, title: &str, path: &str, excerpt: &Excerpt) {
    line(out, &format!("**{title}**:"));
    if excerpt.lines.is_empty() {
        line(out, "(nothing)");
    } else {
        line(out, &escape::fenced(language(path), &excerpt.lines));
    }
    blank(out);
}

/// The fatal cycle as a Mermaid diagram.
fn diagram(out: &mut String, finding: &Finding) {
    let modules = ring(&finding.cycle);
    let mut lines = vec!["flowchart LR".to_owned()];
    for (n, module) in modules.iter().enumerate() {
        lines.push(format!("    m{n}[\"{}\"]", escape::mermaid(module)));
    }
    for (n, module) in modules.iter().enumerate() {
        let next = (n + 1) % modules.len();
        let label = import_place(finding, module)
            .map(|p| format!("|\"{}\"|", escape::mermaid(&p)))
            .unwrap_or_default();
        lines.push(format!("    m{n} -->{label} m{next}"));
    }
    line(out, "**Import cycle**:");
    line(out, &escape::fenced("mermaid", &lines));
    blank(out);
}

fn evidence(out: &mut String, finding: &Finding) {
    let mut lines = Vec::new();
    if finding.chain.len() > 1 {
        lines.push(format!(
            "import chain {}",
            escape::code(&words::chain(finding))
        ));
    }
    for item in &finding.evidence {
        let place = item
            .place
            .as_ref()
            .map(|p| format!(" ({})", escape::code(&format!("{}:{}", p.path, p.line))))
            .unwrap_or_default();
        lines.push(format!("{}{place}", escape::markdown(&item.claim)));
    }
    for reference in &finding.references {
        let url = reference.url.replace(['<', '>'], "");
        lines.push(format!("[{}](<{url}>)", escape::markdown(&reference.title)));
    }
    if lines.is_empty() {
        return;
    }
    line(out, "**Evidence**:");
    for item in lines {
        line(out, &format!("- {item}"));
    }
    blank(out);
}
