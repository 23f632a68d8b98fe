//! `http`: one part of the live HTTP probe that failed.
//!
//! ```text
//! part    = "listen" | "health" | "openapi" | "routes"; any when absent
//! outcome = ["server-error"]     stable names of the cause; all when absent
//! not     = [...]                causes that another check explains
//! ```
//!
//! A part that fails in the way of an earlier one tells nothing new: a proxy's page of HTML is
//! one fault, whatever it is asked for.

use crate::model::{Facts, HttpPart, HttpProbe, Place};

use super::hit::Hit;
use super::params::Params;
use super::{Context, Detector, Verdict};

const PARTS: [&str; 4] = ["listen", "health", "openapi", "routes"];

/// See the module head.
#[derive(Debug)]
pub struct Http;

impl Detector for Http {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn params(&self) -> &'static [&'static str] {
        &["part", "outcome", "not"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "base", "part", "path", "outcome", "detail", "status", "elapsed",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("part") {
            Some(part) if !PARTS.contains(&part) => {
                vec![format!("`part` must be one of {}", PARTS.join(", "))]
            }
            _ => Vec::new(),
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let Some(http) = &context.facts.http else {
            return Verdict::NotApplicable {
                because: "no running server was probed".to_owned(),
            };
        };
        let wanted = params.texts("outcome");
        let not = params.texts("not");
        let hits = first_of_each_kind(http)
            .filter(|part| params.text("part").is_none_or(|wanted| part.part == wanted))
            .filter(|part| wanted.is_empty() || wanted.contains(&part.outcome.as_str()))
            .filter(|part| !not.contains(&part.outcome.as_str()))
            .map(|part| {
                let mut hit = hit(http, part);
                hit.place = hit.place.or_else(|| application(context.facts));
                hit
            });
        Verdict::of(hits.collect())
    }
}

fn first_of_each_kind(http: &HttpProbe) -> impl Iterator<Item = &HttpPart> {
    let parts = &http.parts;
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.has_failed())
        .filter(|(n, part)| parts.iter().take(*n).all(|p| way(p) != way(part)))
        .map(|(_, part)| part)
}

/// The ways in which an answer can be no answer to the question are one.
fn way(part: &HttpPart) -> &str {
    match part.outcome.as_str() {
        "not-json" | "not-openapi" | "too-large" | "garbage" => "something else answers",
        other => other,
    }
}

fn hit(http: &HttpProbe, part: &HttpPart) -> Hit {
    let mut hit = Hit {
        place: registered(http, part),
        ..Hit::default()
    };
    hit.set("base", &http.base_url)
        .set("part", part.part)
        .set("outcome", &part.outcome)
        .set("detail", &part.detail)
        .set("elapsed", format!("{:.0} ms", part.ms));
    if let Some(path) = &part.path {
        hit.set("path", path);
    }
    if let Some(status) = part.status {
        hit.set("status", status.to_string());
    }
    hit.because(format!("{}: {}", part.part, part.detail), None);
    hit
}

/// Where the application that the start serves is constructed.
fn application(facts: &Facts) -> Option<Place> {
    let simulation = &facts.simulation;
    let app = simulation.routers.get(simulation.app?)?;
    app.place.clone()
}

/// Where the source registers the route that was asked.
fn registered(http: &HttpProbe, part: &HttpPart) -> Option<Place> {
    let path = part.path.as_ref()?;
    let row = http
        .routes
        .iter()
        .find(|row| row.path == *path && row.method == "GET")?;
    let (file, line) = row.source.as_ref()?.rsplit_once(':')?;
    Some(Place::line(file, line.parse().ok()?))
}
