//! Runs the examples that check files carry: under the detectors and under CPython.

use std::path::{Path, PathBuf};

use super::catalog::Catalog;
use super::schema::Example;
use super::select::Selection;
use crate::host::Host;
use crate::model::Facts;

/// A Python to hold the examples against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleEnv {
    /// Interpreter.
    pub python: PathBuf,
    /// Directory that goes onto `PYTHONPATH`.
    pub extra_site: Option<PathBuf>,
}

/// Turns the written files of an example into facts. The environment is the one that fits the
/// example's `needs`; `None` when no oracle was given.
pub type Simulate<'a> =
    dyn Fn(&Path, &Example, Option<&OracleEnv>) -> Result<Facts, String> + Sync + 'a;

/// How an example ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleState {
    /// As expected.
    Agrees,
    /// The detector did not report what it should.
    Missing,
    /// The detector reported what it should not.
    Noisy,
    /// CPython contradicts the example.
    Contradicted,
    /// The fix did not give the stated text, or did not help.
    FixDiffers,
    /// Not run, with the reason in `detail`.
    Skipped,
}

/// Result of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleResult {
    /// Check id.
    pub rule: String,
    /// Name of the example.
    pub example: String,
    /// How it ended.
    pub state: ExampleState,
    /// What a person needs to repair it.
    pub detail: String,
    /// CPython was asked and agreed.
    pub oracle: bool,
}

/// Runs the examples of the selected checks.
pub fn test_examples(
    _catalog: &Catalog,
    _selection: &Selection,
    _host: &dyn Host,
    _simulate: &Simulate<'_>,
    _oracles: &[OracleEnv],
) -> Vec<ExampleResult> {
    Vec::new()
}
