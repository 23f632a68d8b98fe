//! `audit baseline`

use crate::cli::Context;
use crate::cli::args::BaselineArgs;
use crate::session::SessionError;

/// Not there yet; says so.
pub fn run(_context: &Context, _args: &BaselineArgs) -> anyhow::Result<u8> {
    Err(SessionError::NotBuilt("baseline").into())
}
