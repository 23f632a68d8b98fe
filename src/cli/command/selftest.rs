//! `audit selftest`

use crate::cli::Context;
use crate::cli::args::SelftestArgs;
use crate::session::SessionError;

/// Not there yet; says so.
pub fn run(_context: &Context, _args: &SelftestArgs) -> anyhow::Result<u8> {
    Err(SessionError::NotBuilt("selftest").into())
}
