//! `Report` → text in one of the output formats.
//!
//! Knows every format and nothing else: no I/O, no clock, no environment, no judgement of its
//! own. What a format cannot say is left out, never invented. All texts of a report are masked
//! already; what is added here is escaping for the destination (see [`escape`]).

pub mod escape;
pub mod facts;
mod github;
mod gitlab;
pub mod json;
mod junit;
pub mod layout;
pub mod markdown;
mod plain;
mod rdjson;
mod sarif;
mod tap;
pub mod text;
mod wiring;
pub mod words;

use crate::model::{Finding, FindingState, Place, Report, Severity};

/// How a report is to be shown. The defaults are those of a pipe on an 80-column terminal.
#[derive(Debug, Clone)]
pub struct Options {
    /// Columns of human output.
    pub width: usize,
    /// Human output carries terminal colours.
    pub colour: bool,
    /// The reader's locale shows more than ASCII.
    pub unicode: bool,
    /// 0, 1 (reasons, evidence, what was not run) or 2 (timings).
    pub verbose: u8,
    /// Findings and the last line only.
    pub quiet: bool,
    /// Put before every path in formats that are read by other programs: the folder of the
    /// backend relative to the repository, `backend/`, or empty.
    pub path_prefix: String,
    /// Severity that fails the gate; `None` never does.
    pub fail_on: Option<Severity>,
    /// The exit code this run ends with.
    pub exit_code: u8,
    /// All checks that exist, for formats that list them.
    pub rules: Vec<RuleInfo>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 80,
            colour: false,
            unicode: false,
            verbose: 0,
            quiet: false,
            path_prefix: String::new(),
            fail_on: Some(Severity::Error),
            exit_code: 0,
            rules: Vec::new(),
        }
    }
}

impl Options {
    /// Does a finding of this run fail the gate?
    pub fn fails(&self, finding: &Finding) -> bool {
        counts(finding) && self.fail_on.is_some_and(|limit| finding.severity >= limit)
    }

    /// A path as other programs see it.
    pub fn path(&self, path: &str) -> String {
        if path.starts_with('/') || self.path_prefix.is_empty() {
            path.to_owned()
        } else {
            format!("{}{path}", self.path_prefix)
        }
    }
}

/// What a format says about a check that exists.
#[derive(Debug, Clone, Default)]
pub struct RuleInfo {
    /// `URL301`
    pub id: String,
    /// `url-param-rejected-by-driver`
    pub name: String,
    /// Headline.
    pub title: String,
    /// Worst severity the check gives.
    pub severity: Option<Severity>,
    /// Root cause and what to do, with placeholders shown as they are.
    pub help: String,
    /// First link of the check.
    pub url: Option<String>,
    /// Tags of the check.
    pub tags: Vec<String>,
}

/// One output format.
pub struct Format {
    /// Name on the command line.
    pub name: &'static str,
    /// One line for the help text.
    pub about: &'static str,
    /// The renderer.
    pub render: fn(&Report, &Options) -> String,
}

/// All formats, in the order of the help text. A new one is a file and a line here.
#[rustfmt::skip]
pub const FORMATS: &[Format] = &[
    Format { name: "text", about: "for people (the default)", render: text::render },
    Format { name: "plain", about: "one tab-separated line per finding", render: plain::render },
    Format { name: "json", about: "everything, schema 1 (audit schema)", render: json::render },
    Format { name: "jsonl", about: "one JSON object per line", render: json::render_lines },
    Format { name: "sarif", about: "SARIF 2.1.0 for code scanning", render: sarif::render },
    Format { name: "junit", about: "JUnit XML for test reports", render: junit::render },
    Format { name: "gitlab", about: "GitLab code quality", render: gitlab::render },
    Format { name: "github", about: "GitHub workflow commands", render: github::render },
    Format { name: "rdjson", about: "reviewdog diagnostics", render: rdjson::render },
    Format { name: "markdown", about: "the fix report", render: markdown::render },
    Format { name: "tap", about: "Test Anything Protocol 13", render: tap::render },
];

/// The format of a name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|f| f.name == name)
}

/// Is the finding one that the gate and the totals count?
fn counts(finding: &Finding) -> bool {
    matches!(finding.state, FindingState::New | FindingState::Downgraded)
}

/// Findings that count, in report order.
fn counted(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|f| counts(f))
}

/// The place that machine formats name: the committed one before the exact one.
fn committed(finding: &Finding) -> Option<&Place> {
    finding.anchor.as_ref().or(finding.location.as_ref())
}
