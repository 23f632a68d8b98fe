//! Accepted findings: a file of fingerprints that a person can read and review in a diff.
//!
//! ```json
//! {
//!   "schema": 1,
//!   "findings": [
//!     {
//!       "fingerprint": "v1:…",
//!       "rule": "WEB501",
//!       "path": "src/api/legacy.py",
//!       "message": "…",
//!       "reason": "mounted by the gateway"
//!     }
//!   ]
//! }
//! ```
//!
//! `fingerprint` decides; `rule`, `path` and `message` are for the reader (masked like every
//! output); `reason` is written by people and kept. Entries are sorted by path, rule and
//! fingerprint.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::host::{Host, write};
use crate::model::{Finding, FindingState};

use super::number::counts;
use super::request::SessionError;

const SCHEMA: u32 = 1;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    schema: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    rule: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What to do with a baseline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineAction {
    /// Accept exactly what is found now.
    Write,
    /// Accept what is found now as well.
    Update,
    /// Forget what is not found any more.
    Prune,
}

/// What became of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BaselineChange {
    /// Entries that are new.
    pub added: usize,
    /// Entries that are gone.
    pub removed: usize,
    /// Entries in the file now.
    pub total: usize,
}

/// Marks findings that the baseline accepts.
pub fn accept(host: &dyn Host, path: &Path, findings: &mut [Finding]) -> Result<(), SessionError> {
    let baseline = read(host, path)?;
    for finding in findings.iter_mut().filter(|f| counts(f)) {
        let known = |e: &Entry| e.fingerprint == finding.fingerprint && e.rule == finding.rule;
        if baseline.findings.iter().any(known) {
            finding.state = FindingState::Baseline;
        }
    }
    Ok(())
}

/// Changes a baseline file by the findings of an audit that ran without one.
pub fn change(
    host: &dyn Host,
    path: &Path,
    action: BaselineAction,
    findings: &[Finding],
) -> Result<BaselineChange, SessionError> {
    let old = match (action, host.kind(path)) {
        (BaselineAction::Prune, None) | (_, Some(_)) => read(host, path)?.findings,
        (_, None) => Vec::new(),
    };
    let current: Vec<Entry> = findings.iter().filter(|f| counts(f)).map(entry).collect();
    let same = |a: &Entry, b: &Entry| a.fingerprint == b.fingerprint && a.rule == b.rule;
    let found = |e: &Entry| current.iter().any(|c| same(c, e));
    let mut entries: Vec<Entry> = old
        .iter()
        .filter(|e| action == BaselineAction::Update || found(e))
        .cloned()
        .collect();
    if action != BaselineAction::Prune {
        for new in &current {
            if !entries.iter().any(|e| same(e, new)) {
                entries.push(new.clone());
            }
        }
    }
    entries.sort_by(|a, b| {
        (&a.path, &a.rule, &a.fingerprint).cmp(&(&b.path, &b.rule, &b.fingerprint))
    });
    let change = BaselineChange {
        added: entries
            .iter()
            .filter(|e| !old.iter().any(|o| same(o, e)))
            .count(),
        removed: old
            .iter()
            .filter(|o| !entries.iter().any(|e| same(o, e)))
            .count(),
        total: entries.len(),
    };
    save(path, entries)?;
    Ok(change)
}

fn entry(finding: &Finding) -> Entry {
    Entry {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        path: finding
            .location
            .as_ref()
            .map_or_else(String::new, |p| p.path.clone()),
        message: finding.message.clone(),
        reason: None,
    }
}

fn read(host: &dyn Host, path: &Path) -> Result<Baseline, SessionError> {
    let name = path.display();
    let bytes = host
        .read(path)
        .map_err(|e| SessionError::Usage(format!("baseline `{name}`: {e}")))?;
    let baseline: Baseline = serde_json::from_slice(&bytes).map_err(|e| {
        SessionError::Usage(format!(
            "baseline `{name}`: {e}; `audit baseline write` makes a new one"
        ))
    })?;
    match baseline.schema {
        SCHEMA => Ok(baseline),
        other => Err(SessionError::Usage(format!(
            "baseline `{name}` has schema {other}; this version reads {SCHEMA}"
        ))),
    }
}

fn save(path: &Path, findings: Vec<Entry>) -> Result<(), SessionError> {
    let baseline = Baseline {
        schema: SCHEMA,
        findings,
    };
    let failed = |e: &dyn std::fmt::Display| {
        SessionError::Usage(format!("writing the baseline `{}`: {e}", path.display()))
    };
    let mut text = serde_json::to_string_pretty(&baseline).map_err(|e| failed(&e))?;
    text.push('\n');
    write::replace(path, text.as_bytes(), None).map_err(|e| failed(&e))
}
