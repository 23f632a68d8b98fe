//! Routers and routes that no application serves.

use crate::detect::Verdict;
use crate::detect::hit::Hit;
use crate::model::{Facts, IncludeFact, RouteFact, RouterFact};

use super::in_project;

/// Routers of the project that have routes none of which is served.
pub fn unreachable(facts: &Facts, app: &RouterFact) -> Verdict {
    let lost: Vec<&RouterFact> = facts
        .simulation
        .routers
        .iter()
        .enumerate()
        .filter(|(at, r)| is_candidate(facts, r) && is_lost(facts, *at, r))
        .map(|(_, router)| router)
        .collect();
    if lost.is_empty() {
        return Verdict::Clear;
    }
    if let Some(why) = doubt(facts, &lost) {
        return Verdict::Unknown { why };
    }
    Verdict::Hits(lost.iter().map(|r| lost_router(facts, app, r)).collect())
}

/// Nothing leads to a router. One that was included while it had nothing to copy is a finding of
/// another kind: what came later, or its mounts, is left behind.
fn is_lost(facts: &Facts, at: usize, router: &RouterFact) -> bool {
    router.routes.iter().all(|route| !route.served) && !is_included_empty(facts, at)
}

fn is_included_empty(facts: &Facts, at: usize) -> bool {
    is_included(facts, at, MAX_DEPTH, &|include| include.empty)
}

/// Longest chain of inclusions that is followed.
const MAX_DEPTH: usize = 24;

/// Does a chain of inclusions, the last of which is of this kind, lead from an application to a
/// router?
fn is_included(
    facts: &Facts,
    at: usize,
    depth: usize,
    kind: &dyn Fn(&IncludeFact) -> bool,
) -> bool {
    let takes = |r: &RouterFact| r.includes.iter().any(|i| i.router == at && kind(i));
    let routers = facts.simulation.routers.iter().enumerate();
    depth > 0
        && routers
            .filter(|(_, r)| takes(r))
            .any(|(parent, r)| r.is_app || is_included(facts, parent, depth - 1, &|_| true))
}

fn is_mount(route: &RouteFact) -> bool {
    matches!(
        route.methods.first().map(String::as_str),
        Some("MOUNT" | "HOST")
    )
}

fn is_candidate(facts: &Facts, router: &RouterFact) -> bool {
    let place = router.place.as_ref();
    router.own
        && !router.is_app
        && !router.described
        && router.elsewhere.is_none()
        && !router.object.is_empty()
        && !router.routes.is_empty()
        && place.is_some_and(|p| in_project(facts, p))
}

/// A sentence names at most so many routers.
const SHOWN: usize = 4;

/// Why it cannot be said that these routers are not served.
fn doubt(facts: &Facts, lost: &[&RouterFact]) -> Option<String> {
    let names = || {
        let shown = lost.iter().take(SHOWN);
        let mut names: Vec<String> = shown.map(|r| format!("`{}`", r.object)).collect();
        if lost.len() > SHOWN {
            names.push(format!("{} others", lost.len() - SHOWN));
        }
        names.join(", ")
    };
    let routers = &facts.simulation.routers;
    if let Some(open) = routers.iter().find(|r| r.is_app && !r.complete) {
        let which = match open.object.as_str() {
            "" => "an application".to_owned(),
            name => format!("`{name}`"),
        };
        return Some(format!(
            "the start could not be followed in all that registers routes on {which}, so {} may be \
             reachable",
            names()
        ));
    }
    if let Some(open) = lost.iter().find(|r| r.open) {
        return Some(format!(
            "`{}` was handed to code that could not be followed, which may serve it",
            open.object
        ));
    }
    let failed = facts.simulation.faults.iter().find(|fault| {
        let mut frames = fault.frames.iter();
        // A function that ends early may have gone on to register things.
        frames
            .any(|frame| frame.function != "<module>" || registers(facts, &frame.file, frame.line))
    });
    failed.map(|fault| {
        format!(
            "{} ends what registers routes; whether {} is reachable shows when it is repaired",
            fault.exception.kind,
            names()
        )
    })
}

/// Does a line register something on an application?
fn registers(facts: &Facts, file: &str, line: u32) -> bool {
    let Some(source) = facts.sources.get(file) else {
        return false;
    };
    let text = source.text().lines().nth(line.saturating_sub(1) as usize);
    text.is_some_and(|text| {
        ["include_router", ".mount("]
            .iter()
            .any(|w| text.contains(w))
    })
}

/// The application that a router is missing on.
pub(super) fn on_application(facts: &Facts, app: &RouterFact, object: &str, hit: &mut Hit) {
    let name = match app.object.rsplit(':').next() {
        None | Some("") => "app",
        Some(name) => name,
    };
    hit.set("app.object", name);
    if let Some(place) = &app.place {
        hit.set("app.file", &place.path);
        hit.set("app.end_line", statement_end(facts, app).to_string());
        hit.because(
            format!("`{name}` is made here; nothing on it leads to `{object}`"),
            Some(place.clone()),
        );
    }
}

fn lost_router(facts: &Facts, app: &RouterFact, router: &RouterFact) -> Hit {
    let mut hit = Hit::default();
    hit.place.clone_from(&router.place);
    hit.set("router", &router.object);
    hit.set("route_count", router.routes.len().to_string());
    if let Some(route) = router.routes.first() {
        hit.set("route.first", shown(router, route));
    }
    if let Some((module, attr)) = router.object.rsplit_once(':') {
        hit.set("router.module", module).set("router.attr", attr);
        let stem = module.rsplit('.').next().unwrap_or(module);
        hit.set("router.alias", format!("{stem}_{attr}"));
    }
    on_application(facts, app, &router.object, &mut hit);
    hit
}

fn shown(router: &RouterFact, route: &RouteFact) -> String {
    format!(
        "{} {}{}",
        route.methods.join(","),
        router.prefix,
        route.path
    )
}

fn statement_end(facts: &Facts, router: &RouterFact) -> u32 {
    let by_span = || {
        let place = router.place.as_ref()?;
        let source = facts.sources.get(&place.path)?;
        Some(source.place(router.span?).end_line)
    };
    by_span().unwrap_or_else(|| router.place.as_ref().map_or(1, |p| p.end_line))
}

/// What an inclusion can leave behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// A route that was not there yet.
    Late,
    /// A mount, or a host.
    Mount,
}

/// Routes that are not served though their router is included.
pub fn left_behind(facts: &Facts, which: Left) -> Verdict {
    let routers = &facts.simulation.routers;
    let mut hits = Vec::new();
    let mut open = false;
    for (index, router) in routers.iter().enumerate() {
        if router.is_app || router.described {
            continue;
        }
        let inclusion = routers
            .iter()
            .flat_map(|r| &r.includes)
            .find(|include| include.router == index);
        let Some(inclusion) = inclusion else { continue };
        // Included into something that is itself not served: that is the finding.
        let reached = which == Left::Mount
            || router.routes.iter().any(|r| r.served)
            || is_included_empty(facts, index);
        for route in router.routes.iter().filter(|r| !r.served) {
            let place = route.place.as_ref().filter(|p| in_project(facts, p));
            let (Some(place), true) = (place, reached && is_mount(route) == (which == Left::Mount))
            else {
                continue;
            };
            open |= router.open;
            let mut hit = Hit::at(place.clone());
            hit.set("router", &router.object)
                .set("method", route.methods.join(","))
                .set("path", format!("{}{}", router.prefix, route.path))
                .set("endpoint", &route.endpoint);
            if let Some(included) = &inclusion.place {
                hit.set(
                    "other.place",
                    format!("{}:{}", included.path, included.line),
                );
                hit.because("the router is included here", Some(included.clone()));
            }
            hits.push(hit);
        }
    }
    let incomplete = routers.iter().any(|r| r.is_app && !r.complete);
    if !hits.is_empty() && (open || incomplete) {
        return Verdict::Unknown {
            why: "something was registered that could not be followed, so routes that seem to be \
                  left out may be served"
                .to_owned(),
        };
    }
    Verdict::of(hits)
}
