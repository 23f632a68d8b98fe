//! Before and after of every operation, in every line-end and encoding habit; transactions that
//! fail at every step; secrets that must not travel.

mod arbitrary;
mod operations;
mod secrets;
#[cfg(unix)]
mod transactions;
