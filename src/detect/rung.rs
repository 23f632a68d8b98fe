//! `rung`: one step of the live database ladder that failed.
//!
//! ```text
//! rung    = "ssl-request"
//! outcome = ["refused", "N"]     stable names of the cause; all when absent
//! not     = [...]                causes that another check explains
//! note    = ["read-only"]        instead: something noticed on a rung that was climbed
//! ```

use crate::model::{Facts, Ladder, Place, RungState};

use super::hit::Hit;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Rung;

impl Detector for Rung {
    fn kind(&self) -> &'static str {
        "rung"
    }

    fn params(&self) -> &'static [&'static str] {
        &["rung", "outcome", "not", "note"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "rung",
            "outcome",
            "detail",
            "endpoint",
            "database",
            "user",
            "driver",
            "sqlstate",
            "setting",
            "tries",
            "elapsed",
            "cure",
            "error.type",
            "error.message",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        if params.has("note") {
            return Vec::new();
        }
        let rung = params.text("rung").unwrap_or_default();
        if crate::model::Rung::ALL.iter().any(|r| r.name() == rung) {
            Vec::new()
        } else {
            vec![format!(
                "`rung` must name a step of the ladder, not `{rung}`"
            )]
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let Some(ladder) = &context.facts.ladder else {
            return Verdict::NotApplicable {
                because: "the database was not probed".to_owned(),
            };
        };
        if params.has("note") {
            return Verdict::of(noted(&params.texts("note"), context.facts, ladder));
        }
        let wanted = params.texts("outcome");
        let not = params.texts("not");
        let Some(step) = ladder
            .rungs
            .iter()
            .find(|r| Some(r.rung.name()) == params.text("rung"))
        else {
            return Verdict::Clear;
        };
        if step.state != RungState::Failed
            || !(wanted.is_empty() || wanted.contains(&step.outcome.as_str()))
            || not.contains(&step.outcome.as_str())
        {
            return Verdict::Clear;
        }
        let mut hit = base(context.facts, ladder);
        hit.set("rung", step.rung.name())
            .set("outcome", &step.outcome)
            .set("detail", &step.detail)
            .set("elapsed", format!("{:.0} ms", step.ms));
        if let Some(state) = &step.sqlstate {
            hit.set("sqlstate", state);
        }
        if let Some(error) = &step.driver_error {
            hit.set("error.type", &error.kind)
                .set("error.message", &error.message);
        }
        hit.predicted.clone_from(&step.driver_error);
        hit.because(format!("{}: {}", step.rung.name(), step.detail), None);
        Verdict::Hits(vec![hit])
    }
}

/// What every hit about the database carries.
fn base(facts: &Facts, ladder: &Ladder) -> Hit {
    let mut hit = Hit::default();
    if let Some(origin) = &ladder.origin {
        hit.place = Some(match facts.sources.get(&origin.path) {
            Some(source) => source.place(origin.span),
            None => Place::line(origin.path.clone(), origin.line),
        });
        let label = origin.variable.as_deref().unwrap_or("the database URL");
        hit.set("setting", label);
    }
    hit.set("endpoint", &ladder.endpoint)
        .set("database", &ladder.database)
        .set("user", &ladder.user)
        .set("driver", &ladder.driver)
        .set("tries", ladder.tries.to_string());
    hit
}

fn noted(wanted: &[&str], facts: &Facts, ladder: &Ladder) -> Vec<Hit> {
    ladder
        .notes
        .iter()
        .filter(|note| wanted.contains(&note.outcome.as_str()))
        .map(|note| {
            let mut hit = base(facts, ladder);
            hit.set("rung", note.rung.name())
                .set("outcome", &note.outcome)
                .set("detail", &note.detail);
            if !note.cure.is_empty() {
                hit.set("cure", &note.cure);
            }
            hit
        })
        .collect()
}
