//! `route`: rows of the live route table.
//!
//! ```text
//! state = "unreachable" | "unproven"
//! ```

use crate::model::{Place, RouteProbe, RouteState};

use super::hit::Hit;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Route;

impl Detector for Route {
    fn kind(&self) -> &'static str {
        "route"
    }

    fn params(&self) -> &'static [&'static str] {
        &["state"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        ["method", "path", "status", "source", "openapi"]
            .map(str::to_owned)
            .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("state") {
            Some("unreachable" | "unproven") => Vec::new(),
            _ => vec!["`state` must be `unreachable` or `unproven`".to_owned()],
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let Some(routes) = &context.facts.routes else {
            return Verdict::NotApplicable {
                because: "no running server was probed".to_owned(),
            };
        };
        let wanted = match params.text("state") {
            Some("unproven") => RouteState::Unproven,
            _ => RouteState::Unreachable,
        };
        Verdict::of(
            routes
                .iter()
                .filter(|route| route.state == wanted)
                .map(hit)
                .collect(),
        )
    }
}

fn hit(route: &RouteProbe) -> Hit {
    let mut hit = Hit::default();
    if let Some((path, line)) = route.source.as_ref().and_then(|s| s.rsplit_once(':'))
        && let Ok(line) = line.parse()
    {
        hit.place = Some(Place::line(path, line));
    }
    hit.set("method", &route.method)
        .set("path", &route.path)
        .set(
            "openapi",
            if route.openapi {
                "listed"
            } else {
                "not listed"
            },
        );
    if let Some(status) = route.status {
        hit.set("status", status.to_string());
    }
    if let Some(source) = &route.source {
        hit.set("source", source);
    }
    hit
}
