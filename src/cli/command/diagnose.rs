//! `audit diagnose`

use crate::cli::Context;
use crate::cli::args::DiagnoseArgs;
use crate::session::SessionError;

/// Not there yet; says so.
pub fn run(_context: &Context, _args: &DiagnoseArgs) -> anyhow::Result<u8> {
    Err(SessionError::NotBuilt("diagnose").into())
}
