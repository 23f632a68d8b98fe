//! Applications, routers and routes: who made them while the start ran, and what the library's
//! own objects say at its end.
//!
//! Nothing is told twice here: the lists that the library built are read as they are. Only what
//! an object does not remember is noted when it is made: the place, and the inclusion that
//! copied it. Knows the attributes of Starlette (0.27 to 1.10) and FastAPI (0.95 to 0.165)
//! objects; knows nothing of checks.

mod births;
mod depends;
mod read;
mod table;

pub use births::Births;
