//! Codecs on buffers: no sockets, no clocks.
//!
//! Knows the bytes of the PostgreSQL wire protocol (manual, chapter "Frontend/Backend Protocol")
//! and as much of TLS as can be read without keys. Must not know drivers, rungs or reports.

pub mod pg;
pub mod queries;
pub mod tls;
