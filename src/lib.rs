//! `audit` tells an operator why a Python backend will not start, before it is started, and
//! whether a live one is healthy.
//!
//! # Layers
//!
//! A module imports only from lower layers, never sideways; `tests/layers.rs` holds the table.
//!
//! ```text
//! 5                                  cli
//! 4                                session
//! 3                 collect        check
//! 2       project   python   probe  detect        fix      render    reference
//! 1                  knowledge · wire · host
//! 0                      model
//! ```
//!
//! # Invariants
//!
//! 1. `detect` and `render` are pure functions: no I/O, no clock, no environment.
//! 2. A fact is an observation with an origin. What cannot be observed is a fact too, and a
//!    detector that meets it answers `Unknown`, never `Hits`.
//! 3. Parsing never fails as a whole: each reader returns what it understood.
//! 4. Text of the target leaves only as an [`model::Excerpt`] or through the redactor: masked
//!    and escaped.
//! 5. No edit overlaps a mask; no file is written whose content differs from the one seen.
//! 6. No check is silent: selected checks × {pass, fail, unknown, skipped with reason, broken}.
//! 7. Predictions are held against CPython; a prediction that the oracle contradicts is a
//!    failing build.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::disallowed_methods))]

pub mod check;
pub mod cli;
pub mod collect;
pub mod detect;
pub mod fix;
pub mod host;
pub mod knowledge;
pub mod model;
pub mod probe;
pub mod project;
pub mod python;
pub mod reference;
pub mod render;
pub mod session;
pub mod wire;
