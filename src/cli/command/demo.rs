//! `audit demo`

use crate::cli::Context;
use crate::cli::args::DemoArgs;
use crate::session::SessionError;

/// Not there yet; says so.
pub fn run(_context: &Context, _args: &DemoArgs) -> anyhow::Result<u8> {
    Err(SessionError::NotBuilt("demo").into())
}
