//! Repairing a target: plan in memory, verify, write, verify again, put back.

mod apply;
mod attempt;
mod plan;
mod verify;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::fix::{Change, Journal};
use crate::host::Host;
use crate::model::{Applicability, AppliedFix, Finding, FixRun};

use super::Audit;

pub use apply::{apply, report, undo};
pub use plan::plan;

/// What `fix` would do, already verified on a copy in memory. Nothing has been written.
#[derive(Debug)]
pub struct FixPlan {
    /// The audit before.
    pub before: Audit,
    /// The audit of the tree as it would be; `None` when no fix applies.
    pub after: Option<Audit>,
    /// Files that would change, in path order, relative to the root.
    pub files: Vec<String>,
    /// Unified diff, masked, relative paths. Empty when nothing would change.
    pub diff: String,
    /// Report ids and rules of the findings that would be repaired.
    pub chosen: Vec<Chosen>,
    /// Findings that stay, each with the reason.
    pub left: Vec<Left>,
    /// Commands that the user has to run afterwards.
    pub next: Vec<String>,
    /// Why the result is worse than before and must not be written; empty when it is not.
    pub worse: Vec<String>,
    changes: Vec<Change>,
    picks: Vec<Pick>,
}

/// A finding that a plan repairs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// `CRITICAL-001`
    pub report_id: String,
    /// Check id.
    pub rule: String,
    /// Title of the fix.
    pub title: String,
    /// Level of the fix.
    pub applicability: Applicability,
}

/// A finding that a plan does not repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// `CRITICAL-001`
    pub report_id: String,
    /// Check id.
    pub rule: String,
    /// Why, one sentence.
    pub why: String,
}

/// What a written fix came to.
#[derive(Debug)]
pub struct Fixed {
    /// The audit afterwards, with `report.applied` and `report.repaired`.
    pub audit: Audit,
    /// The run, for `audit undo`.
    pub run: FixRun,
}

/// A finding with the fix that was picked for it.
#[derive(Debug, Clone)]
struct Pick {
    finding: Finding,
    /// Index into `finding.fixes`.
    fix: usize,
}

impl Pick {
    fn fix(&self) -> Option<&crate::model::Fix> {
        self.finding.fixes.get(self.fix)
    }

    fn chosen(&self) -> Chosen {
        Chosen {
            report_id: self.finding.report_id.clone(),
            rule: self.finding.rule.clone(),
            title: self.fix().map_or_else(String::new, |f| f.title.clone()),
            applicability: self
                .fix()
                .map_or(Applicability::Manual, |f| f.applicability),
        }
    }

    fn applied(&self) -> AppliedFix {
        let Chosen {
            report_id,
            rule,
            title,
            applicability,
        } = self.chosen();
        let place = self.finding.location.as_ref();
        AppliedFix {
            rule,
            report_id,
            title,
            path: place.map_or_else(String::new, |p| p.path.clone()),
            line: place.map_or(0, |p| p.line),
            applicability,
        }
    }

    /// The finding as a report shows it: the fix that was made comes first.
    fn repaired(&self) -> Finding {
        let mut finding = self.finding.clone();
        if self.fix < finding.fixes.len() {
            let made = finding.fixes.remove(self.fix);
            finding.fixes.insert(0, made);
        }
        finding
    }
}

/// The path of a request without links, where it exists.
fn canonical(host: &dyn Host, path: &Path) -> PathBuf {
    host.canonical(path).unwrap_or_else(|| path.to_path_buf())
}

/// The journal that a target's runs are in.
fn journal(host: &dyn Host, target: &Path) -> Journal {
    Journal::of(host, &canonical(host, target))
}
