//! What a detector hands on for each fault it found.

use std::collections::BTreeMap;

use crate::model::{
    ChainLink, Evidence, Exception, Fault, Place, Severity, Span, StartPhase, SurfacesAt,
};

/// Values for the texts and fixes of a check, by placeholder name. Not yet masked.
pub type Slots = BTreeMap<String, String>;

/// When the start would show a fault: phase, position among the simulated faults, and how many
/// repairs at that very place must come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// Phase of the start.
    pub phase: StartPhase,
    /// Index in `simulation.faults`; `usize::MAX` for what comes after all of them.
    pub fault: usize,
    /// 0 for the fault itself, 1 for what its repair uncovers, ...
    pub step: u32,
}

/// One fault, found.
#[derive(Debug, Clone, Default)]
pub struct Hit {
    /// The best place to look at.
    pub place: Option<Place>,
    /// The best committed place, when `place` may be in an untracked file.
    pub anchor: Option<Place>,
    /// Values for texts and fixes.
    pub slots: Slots,
    /// Repeated values: an edit with `each = "NAME"` is made once for each entry, which its
    /// placeholders see as `{item.KEY}`.
    pub lists: BTreeMap<String, Vec<Slots>>,
    /// Named byte ranges for fixes, with their file.
    pub spans: BTreeMap<String, (String, Span)>,
    /// What CPython would show.
    pub predicted: Option<Exception>,
    /// Import chain from the entry.
    pub chain: Vec<ChainLink>,
    /// Modules of a fatal cycle.
    pub cycle: Vec<String>,
    /// Supporting observations.
    pub evidence: Vec<Evidence>,
    /// Behind an undecided condition: at most a warning, never a prediction.
    pub uncertain: bool,
    /// Lowers the severity of the check.
    pub severity: Option<Severity>,
    /// Corrects when the fault surfaces.
    pub surfaces: Option<SurfacesAt>,
    /// When the start shows it; `None` when no start does.
    pub order: Option<Order>,
    /// The simulated fault that it explains.
    pub fault: Option<usize>,
}

impl Hit {
    /// A hit at a place.
    pub fn at(place: Place) -> Self {
        Self {
            place: Some(place),
            ..Self::default()
        }
    }

    /// A hit that explains a simulated fault.
    pub fn of_fault(index: usize, fault: &Fault) -> Self {
        let mut hit = Self {
            place: fault.place.clone(),
            predicted: Some(fault.exception.clone()),
            chain: fault.chain.clone(),
            cycle: fault.cycle.clone(),
            uncertain: !fault.certain,
            order: fault.certain.then_some(Order {
                phase: fault.phase,
                fault: index,
                step: 0,
            }),
            fault: Some(index),
            slots: fault.slots.clone(),
            ..Self::default()
        };
        if let (Some(place), Some(span)) = (&fault.place, fault.span) {
            hit.spans
                .insert("fault".to_owned(), (place.path.clone(), span));
        }
        hit.set("error.type", &fault.exception.kind);
        hit.set("error.message", &fault.exception.message);
        hit
    }

    /// Sets a slot.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        self.slots
            .insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    /// The source file that the hit is about: where it anchors, else where it is.
    pub fn anchor_path(&self) -> Option<String> {
        self.anchor
            .as_ref()
            .or(self.place.as_ref())
            .map(|place| place.path.clone())
    }

    /// Adds an observation.
    pub fn because(&mut self, claim: impl Into<String>, place: Option<Place>) -> &mut Self {
        self.evidence.push(Evidence {
            claim: claim.into(),
            place,
        });
        self
    }
}
