//! Faults of check files beyond their syntax.

use super::catalog::Catalog;

/// A fault of a check file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintProblem {
    /// Path of the check file.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
    /// What is wrong and what is expected.
    pub message: String,
}

/// All faults of all checks, in order of file and line.
pub fn lint(_catalog: &Catalog) -> Vec<LintProblem> {
    Vec::new()
}
