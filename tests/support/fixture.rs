//! The sample backend and its variants.
//!
//! `fixtures/backend/fixed` and `.../broken` are complete trees. Every other variant is one file
//! `fixtures/backend/variants/<name>.toml`: what to change in which of the two trees, which
//! packages are installed, what CPython said, and which findings are due. New files of a variant
//! lie in a directory of the same name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::envs::Venv;
use super::{repository, tree};

/// One file of `fixtures/backend/variants/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// File name without extension.
    #[serde(skip)]
    pub name: String,
    /// What it is about, one line.
    pub about: String,
    /// `fixed` or `broken`: the tree that is changed.
    pub base: String,
    /// What to change in it.
    #[serde(default)]
    pub edit: Vec<TextEdit>,
    /// What is installed.
    pub packages: Packages,
    /// What CPython and uvicorn did.
    pub cpython: Cpython,
    /// Modules imported on their own, with what came of it.
    #[serde(default)]
    pub import: Vec<Import>,
    /// Requests to the running backend.
    #[serde(default)]
    pub request: Vec<Request>,
    /// Findings that are due, in the order in which a person would meet them.
    #[serde(default)]
    pub finding: Vec<Due>,
}

/// `old` occurs once in `file` and becomes `new`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEdit {
    /// Relative to the tree.
    pub file: String,
    /// Text before.
    pub old: String,
    /// Text after.
    pub new: String,
}

/// A pin file of `fixtures/backend/packages/` with differences.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Pin file without extension.
    pub set: String,
    /// Distributions that are taken out.
    #[serde(default)]
    pub without: Vec<String>,
    /// Pinned distributions that are put in.
    #[serde(default)]
    pub with: Vec<String>,
}

/// The recorded answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpython {
    /// Major and minor version that gave it.
    pub python: String,
    /// Does it serve?
    pub starts: bool,
    /// Exit code of uvicorn.
    pub exit: Option<i32>,
    /// `import` or `lifespan`.
    pub phase: Option<String>,
    /// Exception as printed.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Text; paths of the environment as `<site-packages>` and `<project>`.
    pub message: Option<String>,
    /// Project frames, `file:line function`, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
}

/// `python -c "import module"` in the tree.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Dotted name.
    pub module: String,
    /// Exception as printed; absent when it is imported.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its text.
    pub message: Option<String>,
}

/// One request and its answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// JSON body.
    #[serde(default)]
    pub body: String,
    /// Status of the answer.
    pub status: u16,
    /// Last traceback in the log afterwards: type and text.
    pub raises: Option<String>,
}

/// One finding that is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Check id.
    pub id: String,
    /// Relative to the tree.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// Severity in the report.
    pub severity: String,
}

/// A variant written out for one test. Dropping it removes it.
pub struct Tree {
    /// The backend.
    pub root: PathBuf,
    _scratch: TempDir,
}

/// All variants, by name.
pub fn variants() -> Vec<Variant> {
    let mut files: Vec<PathBuf> = fs::read_dir(repository("fixtures/backend/variants"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files.iter().map(|path| load(path)).collect()
}

/// The variant with this name.
pub fn variant(name: &str) -> Variant {
    load(&repository("fixtures/backend/variants").join(format!("{name}.toml")))
}

fn load(path: &Path) -> Variant {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut variant: Variant =
        toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    variant.name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    variant
}

impl Variant {
    /// Writes the tree into a scratch directory.
    pub fn tree(&self) -> Tree {
        let scratch = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(scratch.path()).unwrap().join("backend");
        let backend = repository("fixtures/backend");
        tree::copy(&backend.join(&self.base), &root);
        let added = backend.join("variants").join(&self.name);
        if added.is_dir() {
            tree::copy(&added, &root);
        }
        for edit in &self.edit {
            let path = root.join(&edit.file);
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|e| panic!("{}: {}: {e}", self.name, edit.file));
            let times = text.matches(&edit.old).count();
            assert!(
                times == 1,
                "{}: {:?} occurs {times} times in {}",
                self.name,
                edit.old,
                edit.file
            );
            fs::write(&path, text.replace(&edit.old, &edit.new)).unwrap();
        }
        Tree {
            root,
            _scratch: scratch,
        }
    }

    /// The environment that it is started with.
    pub fn venv(&self) -> Venv {
        self.packages.venv()
    }
}

impl Packages {
    /// The environment; built when it is not there yet.
    pub fn venv(&self) -> Venv {
        let pins = repository("fixtures/backend/packages").join(format!("{}.txt", self.set));
        let base = Venv::from_pins(&pins);
        if self.without.is_empty() && self.with.is_empty() {
            return base;
        }
        base.changed(&self.without, &self.with)
    }
}

impl Tree {
    /// Points the database URL of `.env` at a server of the test.
    pub fn use_database(&self, port: u16, database: &str) {
        self.rewrite(
            ".env",
            &[
                ("@db.example.invalid:5432/", &format!("@127.0.0.1:{port}/")),
                ("/appdb", &format!("/{database}")),
            ],
        );
    }

    /// Replaces text in one file; what is not there stays.
    pub fn rewrite(&self, file: &str, pairs: &[(&str, &str)]) {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let text = pairs
            .iter()
            .fold(text, |text, (old, new)| text.replace(old, new));
        fs::write(path, text).unwrap();
    }

    /// Every file with its bytes.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        tree::files(&self.root)
    }
}
