//! `exception`: faults that the simulated start raised.
//!
//! ```text
//! fault     = "import-name" | [kinds]     which faults; "*" = every kind
//! phase     = "lifespan"                  only faults of this phase of the start
//! unclaimed = true                        the last resort: faults that no other check explains
//! where     = [{ slot = "module", is = "pydantic" }]
//! unless    = [{ slot = ... }]
//! raises    = ["ImportError"]             only these exception types
//! capture   = ["{variable} not found"]    only these messages; the named parts become slots
//! once_per  = ["name.dist|name"]          faults that agree in these slots are one finding
//! hint      = [{ module = "...", name = "...", use = "..." }]
//! report_at = ["field", "file", "requirement:NAME", "start", "candidate", "app", "fault"]
//! ```
//!
//! `report_at` takes the first place that exists: that of the slots `X.file` and `X.line`, the
//! first line of the slot `file`, a requirement, the start command as written in a file, the one
//! module of the project that a wrong start command can mean, the construction of the served
//! application, or the fault itself.
//!
//! A `hint` row whose keys other than `use`, `note` and `spec` equal the slots of the same names
//! fills `{hint.use}`, `{hint.note}` and `{hint.spec}`. Of two checks that name the same fault, the
//! one with `where` or `raises` explains it.

mod derived;
mod group;
mod kinds;
mod place;

use crate::model::{Facts, Fault, StartOutcome, StartPhase};

use super::hit::{Hit, Slots};
use super::params::{self, Params};
use super::{Context, Detector, Verdict, template};
use derived::derived;
use group::together;
use kinds::KINDS;
use place::report_place;

/// See the module head.
#[derive(Debug)]
pub struct Exception;

impl Detector for Exception {
    fn kind(&self) -> &'static str {
        "exception"
    }

    fn params(&self) -> &'static [&'static str] {
        &[
            "fault",
            "unclaimed",
            "phase",
            "where",
            "unless",
            "raises",
            "capture",
            "once_per",
            "hint",
            "report_at",
        ]
    }

    fn slots(&self, params: &Params<'_>) -> Vec<String> {
        let wanted = params.texts("fault");
        let mut slots: Vec<String> = [
            "error.type",
            "error.message",
            "fault.kind",
            "function",
            "chain",
            "cycle",
            "module.dist",
            "module.version",
            "name.dist",
            "name.declared",
            "name.undeclared",
            "field.file",
            "field.line",
            "env_names.first",
            "movable",
            "candidate",
            "more",
        ]
        .map(str::to_owned)
        .to_vec();
        for (kind, names) in KINDS {
            if wanted.contains(kind) || wanted.contains(&"*") {
                slots.extend(names.iter().map(|n| (*n).to_owned()));
            }
        }
        for template in params.texts("capture") {
            slots.extend(template::names(template).into_iter().map(str::to_owned));
        }
        if params.has("hint") {
            slots.extend(["hint.use", "hint.note", "hint.spec"].map(str::to_owned));
        }
        slots
    }

    fn rank(&self, params: &Params<'_>) -> u8 {
        if params.flag("unclaimed") == Some(true) {
            0
        } else if ["where", "raises", "capture"]
            .iter()
            .any(|key| params.has(key))
        {
            2
        } else {
            1
        }
    }

    fn claims(&self, params: &Params<'_>, facts: &Facts) -> Vec<usize> {
        if !params.has("once_per") {
            return Vec::new();
        }
        // One finding tells of all of them.
        let faults = facts.simulation.faults.iter().enumerate();
        let of_check = faults.filter(|(_, fault)| wanted(*params, fault));
        of_check.map(|(index, _)| index).collect()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        let mut wrong = Vec::new();
        let kinds = params.texts("fault");
        if kinds.is_empty() {
            wrong.push("`fault` is missing: which kinds of fault does the check explain?".into());
        }
        let phases = ["locate", "import", "attr", "lifespan", "bind"];
        if params.text("phase").is_some_and(|p| !phases.contains(&p)) {
            wrong.push(format!("`phase` must be one of {}", phases.join(", ")));
        }
        for kind in kinds {
            if kind != "*" && !KINDS.iter().any(|(known, _)| *known == kind) {
                wrong.push(format!("the simulator knows no fault `{kind}`"));
            }
        }
        wrong
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let hits: Vec<Hit> = facts
            .simulation
            .faults
            .iter()
            .enumerate()
            // What may happen inside somebody else's code is nothing to act on.
            .filter(|(_, fault)| fault.certain || fault.place.is_some())
            .filter(|(index, fault)| wanted(*params, fault) && !context.claimed.contains(index))
            .map(|(index, fault)| hit(*params, facts, index, fault))
            .collect();
        if !hits.is_empty() {
            return Verdict::Hits(together(*params, hits));
        }
        match &facts.simulation.startup {
            None => Verdict::NotApplicable {
                because: "no start was simulated".to_owned(),
            },
            Some(startup) if startup.outcome == StartOutcome::Unknown => Verdict::Unknown {
                why: startup
                    .why
                    .clone()
                    .unwrap_or_else(|| "the simulated start could not be followed".to_owned()),
            },
            Some(_) => Verdict::Clear,
        }
    }
}

fn wanted(params: Params<'_>, fault: &Fault) -> bool {
    let kinds = params.texts("fault");
    let raises = params.texts("raises");
    let phase = params.text("phase");
    (kinds.contains(&"*") || kinds.contains(&fault.kind.as_str()))
        && phase.is_none_or(|name| name == phase_name(fault.phase))
        && (raises.is_empty() || raises.contains(&fault.exception.kind.as_str()))
        && (!params.has("capture") || captured(params, fault).is_some())
        && params
            .tables("where")
            .iter()
            .all(|row| row_holds(*row, fault))
        && !params
            .tables("unless")
            .iter()
            .any(|row| row_holds(*row, fault))
}

fn captured(params: Params<'_>, fault: &Fault) -> Option<Slots> {
    let mut templates = params.texts("capture").into_iter();
    templates.find_map(|text| template::capture(text, &fault.exception.message))
}

fn phase_name(phase: StartPhase) -> &'static str {
    match phase {
        StartPhase::Locate => "locate",
        StartPhase::Import => "import",
        StartPhase::Attr => "attr",
        StartPhase::Lifespan => "lifespan",
        StartPhase::Bind => "bind",
    }
}

fn row_holds(row: Params<'_>, fault: &Fault) -> bool {
    let value = match row.text("slot") {
        Some("error.type") => Some(fault.exception.kind.as_str()),
        Some("error.message") => Some(fault.exception.message.as_str()),
        Some(slot) => fault.slots.get(slot).map(String::as_str),
        None => return false,
    };
    params::satisfies(row, value)
}

fn hit(params: Params<'_>, facts: &Facts, index: usize, fault: &Fault) -> Hit {
    let mut hit = Hit::of_fault(index, fault);
    derived(&mut hit, facts, fault);
    hit.slots
        .extend(captured(params, fault).unwrap_or_default());
    hints(&mut hit, params);
    if let Some(place) = report_place(params, facts, &hit) {
        hit.anchor.clone_from(&fault.place);
        if hit.place.as_ref() != Some(&place) {
            hit.because("the start stops here", fault.place.clone());
        }
        hit.place = Some(place);
    }
    hit
}

fn hints(hit: &mut Hit, params: Params<'_>) {
    const RESULTS: [&str; 3] = ["use", "note", "spec"];
    for row in params.tables("hint") {
        let fits = row.keys().filter(|k| !RESULTS.contains(k)).all(|k| {
            row.texts(k)
                .iter()
                .any(|v| hit.slots.get(k).is_some_and(|s| s == v))
        });
        if fits {
            for result in RESULTS {
                if let Some(value) = row.text(result) {
                    hit.set(&format!("hint.{result}"), value);
                }
            }
            return;
        }
    }
}
