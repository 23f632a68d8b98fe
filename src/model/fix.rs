//! Repairs as values: what to change where, and how safe that is.

use serde::{Deserialize, Serialize};

use super::{Excerpt, Span};

/// How far a fix may be applied without a person's judgement. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Shown only.
    Manual,
    /// Applied with `--level review` or on a person's word.
    Review,
    /// Applied with `--yes`.
    Safe,
}

impl Applicability {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Review => "review",
            Self::Safe => "safe",
        }
    }
}

/// A semantic edit, before it is turned into byte edits. `path` is relative to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op")]
pub enum EditOp {
    /// Adds a requirement line (or list item in pyproject.toml).
    #[serde(rename = "requirement.add")]
    RequirementAdd { path: String, spec: String },
    /// Replaces the requirement of one distribution by another specification.
    #[serde(rename = "requirement.replace")]
    RequirementReplace {
        path: String,
        line: u32,
        from: String,
        spec: String,
    },
    /// Removes a requirement.
    #[serde(rename = "requirement.remove")]
    RequirementRemove {
        path: String,
        line: u32,
        name: String,
    },
    /// Adds `from module import name [as alias]` (or `import module` when `name` is empty).
    #[serde(rename = "import.add")]
    ImportAdd {
        path: String,
        module: String,
        name: String,
        alias: Option<String>,
    },
    /// Removes a name from a from-import; the statement goes when nothing is left.
    #[serde(rename = "import.remove")]
    ImportRemove {
        path: String,
        module: String,
        name: String,
    },
    /// Removes the import of a name when nothing in the file uses it any more.
    #[serde(rename = "import.remove_if_unused")]
    ImportRemoveIfUnused {
        path: String,
        module: String,
        name: String,
    },
    /// Moves a module-level import into the functions that use the name.
    #[serde(rename = "import.move_into_function")]
    ImportMoveIntoFunction {
        path: String,
        module: String,
        name: String,
    },
    /// Renames the callee at a place, adding the import of the new name.
    #[serde(rename = "call.rename")]
    CallRename {
        path: String,
        callee: Span,
        to_module: String,
        to_name: String,
    },
    /// Sets a keyword argument of the call at a place (Python source as text).
    #[serde(rename = "arg.set")]
    ArgSet {
        path: String,
        call: Span,
        name: String,
        value: String,
    },
    /// Removes a keyword argument of the call at a place.
    #[serde(rename = "arg.remove")]
    ArgRemove {
        path: String,
        call: Span,
        name: String,
    },
    /// Replaces the scheme of the URL that starts at `url.start`.
    #[serde(rename = "url.set_scheme")]
    UrlSetScheme { path: String, url: Span, to: String },
    /// Renames one query parameter; `value` replaces its value when given.
    #[serde(rename = "url.rename_param")]
    UrlRenameParam {
        path: String,
        url: Span,
        from: String,
        to: String,
        value: Option<String>,
    },
    /// Removes one query parameter.
    #[serde(rename = "url.drop_param")]
    UrlDropParam {
        path: String,
        url: Span,
        name: String,
    },
    /// Adds `NAME=value` to a dotenv file (created when missing), with a comment line above.
    #[serde(rename = "env.add")]
    EnvAdd {
        path: String,
        name: String,
        value: String,
        comment: String,
    },
    /// Sets the value of an existing name in a dotenv file.
    #[serde(rename = "env.set")]
    EnvSet {
        path: String,
        name: String,
        value: String,
    },
    /// Replaces a byte span by text; refuses when the file no longer holds `expect` there.
    #[serde(rename = "text.replace")]
    TextReplace {
        path: String,
        at: Span,
        expect: String,
        insert: String,
    },
    /// Inserts whole lines after a line.
    #[serde(rename = "text.insert_after")]
    TextInsertAfter {
        path: String,
        line: u32,
        text: String,
    },
    /// Renames a file. Display only.
    #[serde(rename = "file.rename")]
    FileRename { path: String, to: String },
}

impl EditOp {
    /// The file that the operation changes.
    pub fn path(&self) -> &str {
        match self {
            Self::RequirementAdd { path, .. }
            | Self::RequirementReplace { path, .. }
            | Self::RequirementRemove { path, .. }
            | Self::ImportAdd { path, .. }
            | Self::ImportRemove { path, .. }
            | Self::ImportRemoveIfUnused { path, .. }
            | Self::ImportMoveIntoFunction { path, .. }
            | Self::CallRename { path, .. }
            | Self::ArgSet { path, .. }
            | Self::ArgRemove { path, .. }
            | Self::UrlSetScheme { path, .. }
            | Self::UrlRenameParam { path, .. }
            | Self::UrlDropParam { path, .. }
            | Self::EnvAdd { path, .. }
            | Self::EnvSet { path, .. }
            | Self::TextReplace { path, .. }
            | Self::TextInsertAfter { path, .. }
            | Self::FileRename { path, .. } => path,
        }
    }
}

/// A byte edit of one file. `insert` never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// File, relative to the root.
    pub path: String,
    /// Bytes that go.
    pub at: Span,
    /// Text that comes.
    pub insert: String,
}

/// Old and new lines of one region, masked, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeAfter {
    /// File, relative to the root.
    pub path: String,
    /// Lines as they were.
    pub old: Excerpt,
    /// Lines as they become.
    pub new: Excerpt,
}

/// One way to repair a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, imperative.
    pub title: String,
    /// How safe it is.
    pub applicability: Applicability,
    /// Semantic edits, applied together or not at all.
    pub ops: Vec<EditOp>,
    /// Byte edits that the operations mean for the files as read.
    pub edits: Vec<Edit>,
    /// Commands to run afterwards; printed, never run.
    pub show: Vec<String>,
    /// What a reader sees change.
    pub preview: Vec<BeforeAfter>,
    /// What the fix gives up or cannot know, in one sentence each.
    pub notes: Vec<String>,
}

/// What `audit fix` did.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub struct FixRun {
    /// Short id for `audit undo`.
    pub id: String,
    /// Files written, in path order.
    pub files: Vec<ChangedFile>,
    /// Findings that were repaired, in report order.
    pub applied: Vec<AppliedFix>,
    /// Commands that the user still has to run.
    pub next: Vec<String>,
}

/// One file that a fix run wrote.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub struct ChangedFile {
    /// Relative to the root.
    pub path: String,
    /// Backup file relative to the root, when one was made.
    pub backup: Option<String>,
    /// The backup holds secrets (mode 0600).
    pub secret: bool,
    /// Git would pick the backup up.
    pub backup_unignored: bool,
    /// Content hash before.
    pub before: String,
    /// Content hash after.
    pub after: String,
}

/// One finding that a fix run repaired, kept for the report.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub struct AppliedFix {
    /// Check id.
    pub rule: String,
    /// Number in the report, `CRITICAL-001`.
    pub report_id: String,
    /// Title of the fix.
    pub title: String,
    /// File and line of the finding.
    pub path: String,
    /// First line.
    pub line: u32,
    /// Level of the fix.
    pub applicability: Applicability,
}
