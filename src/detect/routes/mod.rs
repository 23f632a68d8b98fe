//! `graph`: routers, applications and routes as the simulated start leaves them.
//!
//! ```text
//! find = "unreachable"      a router with routes that no application includes
//!      | "idle"             a router with routes in a module that nothing imports
//!      | "late"             a route that its router got after it was included
//!      | "lost-mount"       a mount on a router, which inclusion leaves behind
//!      | "duplicate"        the same method and path twice on one application
//!      | "shadowed"         a path that an earlier, more general one always takes
//!      | "behind-mount"     a path below an earlier mount, which takes all of them
//!      | "slash-split"      one path with and without a final slash, for different methods
//!      | "operation-id"     two operations of the OpenAPI document with one identifier
//!      | "doubled-prefix"   a prefix that is joined to itself
//! ```
//!
//! Where something was registered that could not be followed, the answer is Unknown.

mod idle;
mod order;
mod path;
mod prefix;
mod reach;

use crate::model::{Facts, Place, RouteFact, RouterFact, ServedRoute};

use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Graph;

const FINDS: [&str; 10] = [
    "unreachable",
    "idle",
    "late",
    "lost-mount",
    "duplicate",
    "shadowed",
    "behind-mount",
    "slash-split",
    "operation-id",
    "doubled-prefix",
];

impl Detector for Graph {
    fn kind(&self) -> &'static str {
        "graph"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "router",
            "router.module",
            "router.attr",
            "router.alias",
            "route_count",
            "route.first",
            "app.object",
            "app.file",
            "app.end_line",
            "method",
            "path",
            "endpoint",
            "other",
            "other.method",
            "other.path",
            "other.place",
            "prefix",
            "operation_id",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        params.one_of("find", &FINDS)
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let Some(app) = application(facts) else {
            return Verdict::NotApplicable {
                because: "no application with routes was simulated".to_owned(),
            };
        };
        match params.text("find") {
            Some("unreachable") => reach::unreachable(facts, app),
            Some("idle") => idle::verdict(facts, app),
            Some("late") => reach::left_behind(facts, reach::Left::Late),
            Some("lost-mount") => reach::left_behind(facts, reach::Left::Mount),
            Some("duplicate") => order::verdict(facts, app, order::Find::Duplicate),
            Some("shadowed") => order::verdict(facts, app, order::Find::Shadowed),
            Some("behind-mount") => order::verdict(facts, app, order::Find::BehindMount),
            Some("slash-split") => order::verdict(facts, app, order::Find::SlashSplit),
            Some("operation-id") => order::verdict(facts, app, order::Find::OperationId),
            Some("doubled-prefix") => Verdict::of(prefix::doubled(facts)),
            _ => Verdict::Clear,
        }
    }
}

/// The application that the start serves.
fn application(facts: &Facts) -> Option<&RouterFact> {
    facts.simulation.routers.get(facts.simulation.app?)
}

fn in_project(facts: &Facts, place: &Place) -> bool {
    !place.path.starts_with('/')
        && (facts.sources.contains_key(&place.path)
            || facts.project.python_files.contains(&place.path))
}

/// One line of a table with the route behind it.
#[derive(Clone, Copy)]
struct Line<'a> {
    served: &'a ServedRoute,
    route: &'a RouteFact,
}

fn lines<'a>(facts: &'a Facts, app: &'a RouterFact) -> Vec<Line<'a>> {
    let routers = &facts.simulation.routers;
    let line = |served: &'a ServedRoute| {
        let route = routers.get(served.router)?.routes.get(served.route)?;
        Some(Line { served, route })
    };
    app.served.iter().filter_map(line).collect()
}

/// Does the application answer a GET for `path`? `None` when that is not known.
pub fn serves(facts: &Facts, path: &str) -> Option<bool> {
    let app = application(facts)?;
    let plain = |p: &str| p.trim_end_matches('/').to_owned();
    let answered = lines(facts, app).iter().any(|line| {
        let template = line.served.path.as_str();
        match line.route.methods.first().map(String::as_str) {
            Some("MOUNT") => path::below(template, path),
            Some("WEBSOCKET") => false,
            _ => {
                let takes = |path: &str| path::accepts(template, path) != Some(false);
                takes(path) || takes(&plain(path)) || takes(&format!("{}/", plain(path)))
            }
        }
    });
    match answered {
        true => Some(true),
        false => app.complete.then_some(false),
    }
}
