//! `audit serve`

use crate::cli::Context;
use crate::cli::args::ServeArgs;
use crate::session::SessionError;

/// Not there yet; says so.
pub fn run(_context: &Context, _args: &ServeArgs) -> anyhow::Result<u8> {
    Err(SessionError::NotBuilt("serve").into())
}
