//! What a check says about the target.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChainLink, Excerpt, Fix, Place};

/// How bad a finding is. Ordered: `Note < Warning < Error < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Advice, downgraded findings, unused ignores.
    Note,
    /// May fail, or fails only under a condition that was not decided.
    Warning,
    /// It starts, but a declared part certainly fails.
    Error,
    /// The process does not reach "startup complete", or no database call can work.
    Critical,
}

impl Severity {
    /// Lower-case name, as in every output format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// `1 warning`, `3 warnings`, `3 critical`.
    pub fn counted(self, n: usize) -> String {
        let plural = if n == 1 || self == Self::Critical {
            ""
        } else {
            "s"
        };
        format!("{n} {}{plural}", self.name())
    }
}

/// Why a finding is believed. Only the first three may be critical or error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The import and start-up simulation raised it.
    Simulated,
    /// Names and values were resolved without executing anything.
    Resolved,
    /// A live server answered so.
    Probed,
    /// A pattern; may only be a warning or a note.
    Heuristic,
}

/// The phase a check belongs to, in the order in which a start-up meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckPhase {
    /// Finding the application and how it is started.
    Discover,
    /// Declared and installed distributions.
    Deps,
    /// Settings, environment, database URL.
    Config,
    /// Executing the entry module and all it imports.
    Import,
    /// Application objects: routers, sessions, middleware.
    Wiring,
    /// Lifespan and start-up handlers.
    Startup,
    /// Binding the port.
    Bind,
    /// The real database.
    LiveDb,
    /// The running HTTP server.
    LiveHttp,
}

impl CheckPhase {
    /// All phases in order.
    pub const ALL: [CheckPhase; 9] = [
        Self::Discover,
        Self::Deps,
        Self::Config,
        Self::Import,
        Self::Wiring,
        Self::Startup,
        Self::Bind,
        Self::LiveDb,
        Self::LiveHttp,
    ];

    /// Kebab-case name, as in check files and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discover => "discover",
            Self::Deps => "deps",
            Self::Config => "config",
            Self::Import => "import",
            Self::Wiring => "wiring",
            Self::Startup => "startup",
            Self::Bind => "bind",
            Self::LiveDb => "live-db",
            Self::LiveHttp => "live-http",
        }
    }
}

/// When a person would meet the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurfacesAt {
    /// While modules are imported.
    Import,
    /// In the lifespan or start-up handlers.
    Startup,
    /// At the first database query.
    FirstQuery,
    /// At a request.
    Request,
    /// Not by an exception.
    Never,
}

/// The exception that CPython is predicted to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicted {
    /// Type as a traceback prints it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text, masked.
    pub message: String,
    /// Python version the prediction is for, `3.11`.
    pub python: String,
}

/// One observation that supports a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// A sentence, masked.
    pub claim: String,
    /// Where it was observed.
    pub place: Option<Place>,
}

/// Is the finding new, or accepted in some way?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// Counts for the gate.
    #[default]
    New,
    /// Accepted by the baseline file.
    Baseline,
    /// Excused by an ignore with a reason.
    Ignored,
    /// Lowered to a note.
    Downgraded,
    /// A fix declared the missing distribution; only its installation is left to be done.
    Pending,
    /// Neither its place nor a cause of it changed since the Git ref of `--since`.
    Unchanged,
}

/// One thing that is wrong, with everything a reader needs. All texts are masked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// Stable id of the check, `URL301`.
    pub rule: String,
    /// Name of the check, `url-param-rejected-by-driver`.
    pub name: String,
    /// Headline of the check.
    pub title: String,
    /// Number in this report, `CRITICAL-004`; assigned by the session.
    pub report_id: String,
    /// After downgrades.
    pub severity: Severity,
    /// Why it is believed.
    pub proof: Proof,
    /// Phase of the check.
    pub phase: CheckPhase,
    /// When a person would meet it.
    pub surfaces_at: SurfacesAt,
    /// 1 = the first error of the next start; `None` when no start-up shows it.
    pub reveal_order: Option<u32>,
    /// Checks whose faults must be repaired before this one shows.
    pub hidden_by: Vec<String>,
    /// The best place to look at.
    pub location: Option<Place>,
    /// The best committed place, for formats that need a tracked file.
    pub anchor: Option<Place>,
    /// Source lines at `location`.
    pub excerpt: Option<Excerpt>,
    /// What is wrong, one sentence.
    pub message: String,
    /// Why it is so.
    pub root_cause: String,
    /// What to do, and what not to fear.
    pub explanation: String,
    /// What CPython would print.
    pub predicted: Option<Predicted>,
    /// Import chain from the entry to the place.
    pub chain: Vec<ChainLink>,
    /// Module names of a fatal cycle, first = last.
    pub cycle: Vec<String>,
    /// Supporting observations.
    pub evidence: Vec<Evidence>,
    /// Proposed repairs, safest first.
    pub fixes: Vec<Fix>,
    /// Stable identity across line moves, `v1:<hex>`.
    pub fingerprint: String,
    /// New, baseline, ignored or downgraded.
    pub state: FindingState,
    /// Links to read on.
    pub references: Vec<Reference>,
    /// Values that filled the texts (masked), for machine readers.
    pub slots: BTreeMap<String, String>,
}

/// A link of a check file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Text of the link.
    pub title: String,
    /// Where it leads.
    pub url: String,
}
