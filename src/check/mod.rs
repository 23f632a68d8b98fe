//! The catalogue of checks and the engine that runs it.
//!
//! Knows the format of check files, the order of checks, how a detector's hit becomes a
//! finding, and how findings are excused. Knows nothing of Python, PostgreSQL or sockets:
//! that is the detectors' and the collectors' business.

mod catalog;
mod cook;
mod edits;
mod examples;
mod fill;
mod lint;
pub mod log;
mod oracle;
mod parse;
mod run;
mod schema;
mod select;
mod stage;
mod suppress;

pub use catalog::{Catalog, CatalogError};
pub use examples::{
    ExampleResult, ExampleState, Explain, Repair, Serve, Setting, Simulate, Workshop, test_examples,
};
pub use lint::{LintProblem, lint};
pub use oracle::OracleEnv;
pub use run::{Outcomes, run};
pub use schema::{Check, Example, ExampleFinding, Expect, FixSpec, LogSign, Oracle, Texts};
pub use select::{SelectError, Selection};
pub use stage::Stage;
pub use suppress::Suppressions;

#[cfg(test)]
mod tests;
