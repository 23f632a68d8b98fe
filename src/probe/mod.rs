//! Probes of what lives: the database ladder, routers and launched backends.
//!
//! Knows sockets, TLS and time limits. Must not know checks, texts of findings or how results
//! are shown.

pub mod http;
pub mod ladder;
pub mod launch;

pub use http::{HttpOptions, Published, SourceRoute, reach};
pub use ladder::{LadderOptions, Via, climb};
pub use launch::{Backend, StartCommand};
