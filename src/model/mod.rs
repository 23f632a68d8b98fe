//! Vocabulary of the whole program: plain data, no I/O, no prose, no knowledge of Python or
//! PostgreSQL beyond names.

mod facts;
mod finding;
mod fix;
mod outcome;
mod place;
mod probe;
mod project;
mod report;
mod secret;
mod simulation;
mod source;
mod suppress;

pub use facts::*;
pub use finding::*;
pub use fix::*;
pub use outcome::*;
pub use place::*;
pub use probe::*;
pub use project::*;
pub use report::*;
pub use secret::*;
pub use simulation::*;
pub use source::*;
pub use suppress::*;
