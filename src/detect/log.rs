//! `log`: what only the log of a start shows: the machine, the platform or the network refuses.
//! No fact of a project decides it; the `[[log]]` tables of the check recognise it in a crash.

use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Log;

impl Detector for Log {
    fn kind(&self) -> &'static str {
        "log"
    }

    fn params(&self) -> &'static [&'static str] {
        &[]
    }

    /// What they capture is named by the check itself.
    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn detect(&self, _params: &Params<'_>, _context: &Context<'_>) -> Verdict {
        Verdict::NotApplicable {
            because: "only the log of a start shows it (`audit diagnose`)".to_owned(),
        }
    }
}
