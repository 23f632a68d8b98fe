//! Makes a finding of a hit: texts filled, values masked, excerpt cut, identity computed.

use crate::detect::{Hit, Order, Slots, common_slots};
use crate::model::{
    Excerpt, Facts, Finding, FindingState, Place, Predicted, Redactor, Severity, SurfacesAt,
};

use super::schema::Check;
use super::{edits, fill};

/// Longest excerpt, in lines.
const EXCERPT_LINES: u32 = 8;

/// What all findings of a run share.
pub(super) struct Kitchen<'a> {
    facts: &'a Facts,
    common: Slots,
}

/// A finding and its place in the order of discovery.
pub(super) struct Cooked {
    pub finding: Finding,
    pub order: Option<Order>,
}

impl<'a> Kitchen<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            common: common_slots(facts),
        }
    }

    pub fn cook(&self, check: &Check, mut hit: Hit) -> Cooked {
        let redactor = &self.facts.redactor;
        let mut slots = self.common.clone();
        slots.append(&mut hit.slots);
        if let Some(place) = &hit.place {
            slots
                .entry("file".to_owned())
                .or_insert_with(|| place.path.clone());
            slots
                .entry("line".to_owned())
                .or_insert_with(|| place.line.to_string());
        }
        hit.slots = slots;
        let fixes = self.fixes(check, &hit, redactor);
        let shown: Slots = hit
            .slots
            .iter()
            .map(|(name, value)| (name.clone(), redactor.apply(value)))
            .collect();
        // Fallbacks may be empty, which would leave holes between words.
        let text = |template: &str| {
            let filled = redactor.apply(&fill::lenient(template, &shown));
            filled
                .split(' ')
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let message = text(&check.text.message);
        let excerpt = hit.place.as_ref().and_then(|p| self.excerpt(p));
        let fingerprint = fingerprint(check, &hit, &shown, excerpt.as_ref(), &message);
        let order = hit.order.filter(|_| !hit.uncertain);
        let finding = Finding {
            rule: check.id.clone(),
            name: check.name.clone(),
            title: check.title.clone(),
            report_id: String::new(),
            severity: severity(check, &hit),
            proof: check.proof,
            phase: check.phase,
            surfaces_at: surfaces_at(check, &hit),
            reveal_order: None,
            hidden_by: Vec::new(),
            anchor: hit.anchor.clone().or_else(|| hit.place.clone()),
            excerpt,
            root_cause: text(&check.text.root_cause),
            explanation: text(&check.text.explanation),
            predicted: self.predicted(&hit),
            chain: hit.chain,
            cycle: hit.cycle,
            evidence: hit
                .evidence
                .into_iter()
                .map(|mut e| {
                    e.claim = redactor.apply(&e.claim);
                    e
                })
                .collect(),
            fixes,
            fingerprint,
            state: FindingState::New,
            references: check.references.clone(),
            slots: own_slots(shown),
            location: hit.place,
            message,
        };
        Cooked { finding, order }
    }

    fn fixes(&self, check: &Check, hit: &Hit, redactor: &Redactor) -> Vec<crate::model::Fix> {
        let mut fixes: Vec<_> = check
            .fixes
            .iter()
            .filter_map(|spec| edits::fix(spec, hit, self.facts, redactor))
            .collect();
        fixes.sort_by_key(|fix| std::cmp::Reverse(fix.applicability));
        fixes
    }

    fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        let source = self.facts.sources.get(&place.path)?;
        if place.line > source.line_count() {
            return None;
        }
        let last = place.end_line.min(place.line + EXCERPT_LINES - 1);
        Some(source.excerpt(place.line, last))
    }

    /// A possible fault is never a prediction.
    fn predicted(&self, hit: &Hit) -> Option<Predicted> {
        let exception = hit.predicted.as_ref().filter(|_| !hit.uncertain)?;
        Some(Predicted {
            kind: exception.kind.clone(),
            message: self.facts.redactor.apply(&exception.message),
            python: self.common.get("python").cloned().unwrap_or_default(),
        })
    }
}

/// The severity of a check is a ceiling.
fn severity(check: &Check, hit: &Hit) -> Severity {
    let mut severity = check.severity;
    if let Some(lower) = hit.severity {
        severity = severity.min(lower);
    }
    if hit.uncertain {
        severity = severity.min(Severity::Warning);
    }
    severity
}

fn surfaces_at(check: &Check, hit: &Hit) -> SurfacesAt {
    use crate::model::StartPhase;
    match (hit.surfaces, hit.order) {
        (Some(surfaces), _) => surfaces,
        (None, Some(order)) if check.surfaces_at != SurfacesAt::Never => match order.phase {
            StartPhase::Lifespan | StartPhase::Bind => SurfacesAt::Startup,
            _ => SurfacesAt::Import,
        },
        _ => check.surfaces_at,
    }
}

/// Versions of every distribution are for the texts, not for the report.
fn own_slots(slots: Slots) -> Slots {
    slots
        .into_iter()
        .filter(|(name, _)| !name.starts_with("version."))
        .collect()
}

/// Slots that tell two findings of one check apart, whatever else moves.
const IDENTITY: &[&str] = &[
    "fault.kind",
    "name",
    "module",
    "class",
    "field",
    "callee",
    "route",
    "router",
    "params",
    "dist",
    "id",
    "method",
    "path",
    "other",
];

/// Stable across line moves: rule, file, the text of the line, and what the finding is about.
fn fingerprint(
    check: &Check,
    hit: &Hit,
    shown: &Slots,
    excerpt: Option<&Excerpt>,
    message: &str,
) -> String {
    let mut hash = Fnv::default();
    hash.add(&check.id);
    hash.add(hit.place.as_ref().map_or("", |p| p.path.as_str()));
    match excerpt.and_then(|e| e.lines.first()) {
        Some(line) => hash.add(line.trim()),
        None => hash.add(message),
    }
    for name in IDENTITY {
        if let Some(value) = shown.get(*name) {
            hash.add(name);
            hash.add(value);
        }
    }
    format!("v1:{:016x}", hash.0)
}

/// FNV-1a, 64 bit: the same on every machine and in every release.
pub(super) struct Fnv(pub u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    pub fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 ^= u64::from(byte);
            self.0 = self.0.wrapping_mul(0x0100_0000_01b3);
        }
    }
}
