//! For people at a terminal: 80 columns, the most important lines last.
//!
//! Not stable: scripts read `plain` or `json`.

mod cycle;
mod finding;
mod live;
mod overview;

pub use cycle::{import_place, ring};

use colored::{ColoredString, Colorize};

use super::{Options, layout, words};
use crate::model::{Exception, Finding, Report, Severity};

/// Renders a report for a terminal.
pub fn render(report: &Report, options: &Options) -> String {
    let mut page = Page::new(options);
    if !options.quiet {
        overview::write(&mut page, report);
        live::write(&mut page, report);
    }
    for shown in report.findings.iter().filter(|f| is_shown(f, options)) {
        finding::write(&mut page, report, shown);
    }
    overview::undecided(&mut page, report);
    if !options.quiet {
        overview::applied(&mut page, report);
        overview::not_run(&mut page, report);
    }
    overview::last_lines(&mut page, report);
    page.out
}

fn is_shown(finding: &Finding, options: &Options) -> bool {
    options.verbose > 0 || super::counts(finding)
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Critical findings and errors.
    Bad,
    /// Warnings.
    Warn,
    /// Success.
    Good,
    /// Ids and commands.
    Strong,
    /// Secondary text.
    Faint,
}

/// Lines of output with the reader's options at hand.
pub struct Page<'a> {
    /// What has been written.
    pub out: String,
    /// How.
    pub options: &'a Options,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new(options: &'a Options) -> Self {
        Self {
            out: String::new(),
            options,
        }
    }

    /// One line, trailing blanks removed.
    pub fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// An empty line between blocks, never at the top and never two.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A text with its colour, where colours are wanted.
    pub fn paint(&self, style: Style, text: &str) -> String {
        if !self.options.colour || text.is_empty() {
            return text.to_owned();
        }
        let painted: ColoredString = match style {
            Style::Bad => text.red().bold(),
            Style::Warn => text.yellow().bold(),
            Style::Good => text.green(),
            Style::Strong => text.bold(),
            Style::Faint => text.dimmed(),
        };
        painted.to_string()
    }

    /// A wrapped paragraph behind an indent.
    pub fn paragraph(&mut self, indent: usize, text: &str) {
        let text = super::escape::terminal(text);
        let blank = " ".repeat(indent);
        for line in layout::wrap(&text, self.options.width.saturating_sub(indent)) {
            self.line(&format!("{blank}{line}"));
        }
    }

    /// `  label:   text`, wrapped under itself; `tag` at the right edge of the last line.
    pub fn labelled(&mut self, label: &str, text: &str, tag: &str) {
        const INDENT: usize = 11;
        if text.is_empty() {
            return;
        }
        let text = super::escape::terminal(text);
        let head = format!("  {label}:");
        let room = self.options.width.saturating_sub(INDENT);
        let lines = layout::wrap(&text, room);
        let last = lines.len().saturating_sub(1);
        for (n, line) in lines.iter().enumerate() {
            let lead = if n == 0 {
                layout::pad(&head, INDENT)
            } else {
                " ".repeat(INDENT)
            };
            let lead = if n == 0 {
                self.paint(Style::Faint, &lead)
            } else {
                lead
            };
            let body = if n == last {
                let width = self.options.width - INDENT;
                layout::spread(line, tag, width).replace('\n', &format!("\n{}", " ".repeat(INDENT)))
            } else {
                line.clone()
            };
            self.line(&format!("{lead}{body}"));
        }
    }

    /// The mark of a state: `ok ! x - ?`, or their Unicode forms.
    pub fn mark(&self, state: &str) -> (Style, &'static str) {
        let u = self.options.unicode;
        match state {
            "ok" | "reachable" | "met" => (Style::Good, if u { "✓" } else { "ok" }),
            "critical" | "error" | "failed" | "unreachable" => {
                (Style::Bad, if u { "✗" } else { "x" })
            }
            "warning" | "note" => (Style::Warn, "!"),
            "unknown" | "unproven" => (Style::Warn, "?"),
            _ => (Style::Faint, if u { "–" } else { "-" }),
        }
    }

    /// `…` or `...`
    pub fn dots(&self) -> &'static str {
        if self.options.unicode { "…" } else { "..." }
    }
}

/// Colour of a severity.
pub fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Note => Style::Faint,
    }
}

/// The last line alone, for callers that print nothing else.
pub fn summary(report: &Report) -> String {
    let totals = words::totals(&report.totals);
    let verdict = words::verdict(report, words::subject(report));
    if totals.is_empty() {
        verdict
    } else {
        format!("{totals}: {verdict}")
    }
}

/// The explanation of a crash that happened elsewhere.
pub fn diagnosis(report: &Report, exception: &Exception, options: &Options) -> String {
    let options = &Options {
        verbose: options.verbose.max(1),
        ..options.clone()
    };
    let mut page = Page::new(options);
    let raised = words::raised(&exception.kind, &exception.message);
    page.paragraph(0, &format!("The start ended with {raised}"));
    for shown in &report.findings {
        finding::write(&mut page, report, shown);
    }
    page.gap();
    match report.findings.first() {
        Some(known) => {
            let rule = &known.rule;
            page.line(&format!(
                "   audit explain {rule}       background and examples"
            ));
        }
        None => page.line("   no check knows this exception"),
    }
    page.out
}
