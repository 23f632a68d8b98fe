//! What a check file says, as data.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Applicability, CheckPhase, Ignore, Proof, Reference, Severity, SurfacesAt};

/// One check file, validated.
#[derive(Debug, Clone)]
pub struct Check {
    /// `URL301`
    pub id: String,
    /// `url-param-rejected-by-driver`
    pub name: String,
    /// Headline.
    pub title: String,
    /// Phase.
    pub phase: CheckPhase,
    /// Ceiling of the severity of its findings.
    pub severity: Severity,
    /// Why its findings are believed.
    pub proof: Proof,
    /// When a person would meet the fault.
    pub surfaces_at: SurfacesAt,
    /// Words for selection.
    pub tags: Vec<String>,
    /// Checks that must not have fired.
    pub requires: Vec<String>,
    /// Values of the target in the texts are secret.
    pub secret: bool,
    /// Texts with `{placeholders}`.
    pub text: Texts,
    /// Repairs, safest first.
    pub fixes: Vec<FixSpec>,
    /// Links.
    pub references: Vec<Reference>,
    /// Executable examples.
    pub examples: Vec<Example>,
    /// How a log shows the fault.
    pub logs: Vec<LogSign>,
    /// Conditions of `[applies]`.
    pub applies: toml::Table,
    /// Parameters of `[detect]`.
    pub detect: toml::Table,
    /// Path of the file, for messages; `checks/...` for embedded ones.
    pub path: String,
    /// The whole file.
    pub source: Arc<str>,
}

impl Check {
    /// Name of the detector.
    pub fn kind(&self) -> &str {
        self.detect
            .get("kind")
            .and_then(toml::Value::as_str)
            .unwrap_or_default()
    }
}

/// `[text]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// What is wrong, one sentence.
    pub message: String,
    /// Why it is so.
    pub root_cause: String,
    /// What to do, and what not to fear.
    pub explanation: String,
    /// `cycle`: the renderer draws the cycle.
    pub diagram: Option<String>,
}

/// `[[log]]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSign {
    /// Exception types, bare or qualified; empty: any line of a log.
    pub raises: Vec<String>,
    /// Templates, of which one must fit.
    pub text: Vec<String>,
    /// Parts of paths, each of which occurs among the files of the traceback.
    pub inside: Vec<String>,
    /// Functions, one of which occurs in the traceback.
    pub called: Vec<String>,
    /// Kind of simulated fault that it stands for.
    pub fault: Option<String>,
    /// Further slots, with placeholders of the captured ones.
    pub set: BTreeMap<String, String>,
}

/// `[[fix]]`
#[derive(Debug, Clone)]
pub struct FixSpec {
    /// What it does, imperative.
    pub title: String,
    /// How safe it is.
    pub applicability: Applicability,
    /// Slots that must be present for the fix to be offered.
    pub needs: Vec<String>,
    /// Edit operations with placeholders.
    pub edits: Vec<toml::Table>,
    /// Commands to show.
    pub show: Vec<String>,
    /// What the fix gives up.
    pub notes: Vec<String>,
}

/// What an example expects of the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A finding at the stated place.
    Fire,
    /// Nothing.
    Quiet,
    /// Neither: the check must answer Unknown.
    Undecided,
}

/// `[[example]]`
#[derive(Debug, Clone)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// What the detector must say.
    pub expect: Expect,
    /// Distributions of the environment: `sqlalchemy<2.1`, `!asyncpg`.
    pub needs: Vec<String>,
    /// Files by path relative to the root.
    pub files: BTreeMap<String, String>,
    /// Environment variables of the start.
    pub env: BTreeMap<String, String>,
    /// The start command, when it is more than the import of the oracle; `discover`: the one that
    /// the files hold.
    pub start: Option<String>,
    /// Python of the target where the example depends on it, `3.11`.
    pub python: Option<String>,
    /// Where the finding is.
    pub finding: Option<ExampleFinding>,
    /// What CPython says.
    pub oracle: Option<Oracle>,
    /// Configured excuses, as if `audit.toml` held them.
    pub ignores: Vec<Ignore>,
    /// Files after the safest fix.
    pub after: BTreeMap<String, String>,
    /// A log instead of files: what `diagnose` must find in it.
    pub log: Option<String>,
    /// Settings of the embedded reference server, for live checks.
    pub server: Option<toml::Table>,
}

impl Example {
    /// The start command that the simulation is asked about; `None`: it is to be found in the
    /// example's own files.
    pub fn start_command(&self) -> Option<String> {
        match self.start.as_deref() {
            Some("discover") => return None,
            Some(start) => return Some(start.to_owned()),
            None => {}
        }
        let Some(oracle) = &self.oracle else {
            return Some("python -c \"import app.main\"".to_owned());
        };
        if let Some(app) = &oracle.lifespan {
            return Some(format!("python -m uvicorn {app}"));
        }
        // What stands behind the first import only asks the finished module.
        let first = oracle
            .run
            .split([';', ',', '\n'])
            .next()
            .unwrap_or_default();
        Some(format!("python -c \"{}\"", first.trim()))
    }
}

/// `[example.finding]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFinding {
    /// File relative to the root.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: Option<u32>,
}

/// `[example.oracle]`
#[derive(Debug, Clone)]
pub struct Oracle {
    /// Python code that CPython runs in the example's folder.
    pub run: String,
    /// `module:attribute` whose lifespan the code runs.
    pub lifespan: Option<String>,
    /// Exception type that must end it; `None` = it must succeed.
    pub raises: Option<String>,
    /// Text that must occur, by Python version (`""` = every version).
    pub matches: BTreeMap<String, String>,
    /// What CPython may still say after the fix, where a package has yet to be installed.
    pub after: Option<String>,
}
