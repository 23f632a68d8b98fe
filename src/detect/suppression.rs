//! `suppression`: excuses that excuse nothing. Facts cannot tell; `check::suppress` answers for
//! these checks once all findings are known. This entry makes the kind known and describes it.
//!
//! ```text
//! find = "unused" | "expired"
//! ```

use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Suppression;

impl Detector for Suppression {
    fn kind(&self) -> &'static str {
        "suppression"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        ["id", "where", "why", "reason", "expires"]
            .map(str::to_owned)
            .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("find") {
            Some("unused" | "expired") => Vec::new(),
            _ => vec!["`find` must be `unused` or `expired`".to_owned()],
        }
    }

    fn detect(&self, _params: &Params<'_>, _context: &Context<'_>) -> Verdict {
        Verdict::Clear
    }
}
