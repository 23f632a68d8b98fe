//! Probes of what lives: the database ladder, routers and launched backends.
//!
//! Knows sockets, TLS and time limits. Must not know checks, texts of findings or how results
//! are shown.

pub mod ladder;

pub use ladder::{LadderOptions, Via, climb};
