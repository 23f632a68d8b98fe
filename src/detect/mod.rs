//! Detectors: from facts to a verdict, pure.
//!
//! A check file names a detector by `kind` and parametrises it. Detectors know the vocabulary of
//! facts and the knowledge tables; they know no texts, no severities, no files on disk.

mod alembic;
mod call;
mod conditions;
mod container;
mod database;
mod deps;
mod dist;
mod dockerfile;
mod exception;
mod hit;
mod http;
mod live_routes;
mod log;
mod lookup;
mod params;
mod pods;
mod routes;
mod rung;
mod server;
mod suppression;
pub mod template;
mod url;
mod usage;

use std::collections::BTreeSet;

use crate::model::Facts;

pub use conditions::{Applies, applies, condition_keys, known_fact};
pub use hit::{Hit, Order, Slots};
pub use lookup::{COMMON, common_slots, requirement_of, satisfies as version_satisfies};
pub use params::Params;

/// What a detector says.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Looked at, nothing found.
    Clear,
    /// Found at least one fault.
    Hits(Vec<Hit>),
    /// Cannot be decided.
    Unknown {
        /// Why, one sentence.
        why: String,
    },
    /// The facts that it looks at do not exist for this target.
    NotApplicable {
        /// Which fact is missing.
        because: String,
    },
}

impl Verdict {
    /// Hits when there are any, else clear.
    pub fn of(hits: Vec<Hit>) -> Self {
        if hits.is_empty() {
            Self::Clear
        } else {
            Self::Hits(hits)
        }
    }

    /// The same with further hits; a verdict that could not be given stays open without them.
    #[must_use]
    pub fn with(self, more: Vec<Hit>) -> Self {
        match (self, more.is_empty()) {
            (verdict, true) => verdict,
            (Self::Hits(mut hits), false) => {
                hits.extend(more);
                Self::Hits(hits)
            }
            (_, false) => Self::Hits(more),
        }
    }
}

/// Rank of a detector that decides by itself which faults it explains.
pub const HIGHEST_RANK: u8 = 3;

/// What a detector looks at.
#[derive(Debug)]
pub struct Context<'a> {
    /// Everything observed.
    pub facts: &'a Facts,
    /// Indices of `facts.simulation.faults` that a more specific check explains.
    pub claimed: &'a BTreeSet<usize>,
}

/// One kind of detector.
pub trait Detector: Sync {
    /// Its name in check files.
    fn kind(&self) -> &'static str;

    /// Parameters that a check file may give besides `kind`.
    fn params(&self) -> &'static [&'static str];

    /// Names of the slots that its hits may carry. A name ending in `*` stands for every name
    /// that begins so.
    fn slots(&self, params: &Params<'_>) -> Vec<String>;

    /// Looks.
    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict;

    /// Faults that the check explains although it reports none of them by itself.
    fn claims(&self, _params: &Params<'_>, _facts: &Facts) -> Vec<usize> {
        Vec::new()
    }

    /// Callables whose calls the simulation must record for it.
    fn watch(&self, _params: &Params<'_>) -> Vec<String> {
        Vec::new()
    }

    /// How specific the check is. Checks of a higher rank run first; one of rank 2 or lower does
    /// not see the faults that they explain.
    fn rank(&self, _params: &Params<'_>) -> u8 {
        HIGHEST_RANK
    }

    /// What is wrong with the parameters beyond unknown names.
    fn complaints(&self, _params: &Params<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// Every detector: one line each.
const DETECTORS: &[&dyn Detector] = &[
    &exception::Exception,
    &url::Url,
    &call::Call,
    &dist::Dist,
    &deps::Deps,
    &container::StartLine,
    &server::Server,
    &alembic::Alembic,
    &routes::Graph,
    &rung::Rung,
    &http::Http,
    &live_routes::Route,
    &suppression::Suppression,
    &log::Log,
];

/// The detector of a kind.
pub fn detector(kind: &str) -> Option<&'static dyn Detector> {
    DETECTORS.iter().copied().find(|d| d.kind() == kind)
}

/// All kinds, for messages.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    DETECTORS.iter().map(|d| d.kind())
}
