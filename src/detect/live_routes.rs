//! `route`: rows of the live route table.
//!
//! ```text
//! state    = "reachable" | "unreachable" | "unproven"
//! redirect = true                 only where the answer was a redirect; false: only where not
//! ```

use crate::model::{HttpProbe, Place, RouteProbe, RouteState};

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
        &["state", "redirect"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        ["method", "path", "status", "source", "openapi"]
            .map(str::to_owned)
            .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("state") {
            Some("reachable" | "unreachable" | "unproven") => Vec::new(),
            _ => vec!["`state` must be `reachable`, `unreachable` or `unproven`".to_owned()],
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let Some(http) = &context.facts.http else {
            return Verdict::NotApplicable {
                because: "no running server was probed".to_owned(),
            };
        };
        let wanted = match params.text("state") {
            Some("reachable") => RouteState::Reachable,
            Some("unproven") => RouteState::Unproven,
            _ => RouteState::Unreachable,
        };
        if let Some(why) = indistinct(http).filter(|_| wanted == RouteState::Unreachable) {
            return Verdict::Unknown { why };
        }
        let redirected = params.flag("redirect");
        let rows = http.routes.iter().filter(|route| route.state == wanted);
        let rows = rows.filter(|route| redirected.is_none_or(|it| it == route.redirected));
        let mut rows: Vec<&RouteProbe> = rows.collect();
        if redirected == Some(true) {
            // A redirect is one of the path, whatever the method; the one of the source leads.
            rows.sort_by_key(|row| (&row.path, row.source.is_none()));
            rows.dedup_by_key(|row| &row.path);
        }
        Verdict::of(rows.into_iter().map(hit).collect())
    }
}

/// Why nothing can be said of any route, although the server works.
fn indistinct(http: &HttpProbe) -> Option<String> {
    let failed = http.failed().filter(|part| part.part == "routes");
    let failed = failed.filter(|part| part.outcome == "indistinct");
    failed.map(|part| part.detail.clone())
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
