//! `graph`: routers, applications and routes as the simulated start leaves them.
//!
//! ```text
//! find = "unreachable"      a router with routes that no application includes
//!      | "duplicate"        the same method and path twice on one application
//!      | "shadowed"         a path that an earlier, more general one always takes
//!      | "doubled-prefix"   a prefix that inclusion repeats
//! ```
//!
//! Where something was registered that could not be followed, the answer is Unknown.

use std::collections::BTreeSet;

use crate::model::{Facts, Place, RouteFact, RouterFact};

use super::hit::Hit;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Graph;

const FINDS: [&str; 4] = ["unreachable", "duplicate", "shadowed", "doubled-prefix"];

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
            "other.place",
            "prefix",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("find") {
            Some(find) if FINDS.contains(&find) => Vec::new(),
            _ => vec![format!("`find` must be one of {}", FINDS.join(", "))],
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let routers = &facts.simulation.routers;
        let Some(app) = facts.simulation.app.filter(|i| *i < routers.len()) else {
            return Verdict::NotApplicable {
                because: "no application with routes was simulated".to_owned(),
            };
        };
        match params.text("find") {
            Some("unreachable") => unreachable(facts, app),
            Some("duplicate") => Verdict::of(collisions(facts, app, Collision::Duplicate)),
            Some("shadowed") => Verdict::of(collisions(facts, app, Collision::Shadowed)),
            Some("doubled-prefix") => Verdict::of(doubled(facts, app)),
            _ => Verdict::Clear,
        }
    }
}

/// Indices that inclusion reaches from `start`.
fn reached(routers: &[RouterFact], start: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut stack: Vec<usize> = start.collect();
    while let Some(index) = stack.pop() {
        if seen.insert(index)
            && let Some(router) = routers.get(index)
        {
            stack.extend(router.includes.iter().map(|(i, _)| *i));
        }
    }
    seen
}

fn unreachable(facts: &Facts, app: usize) -> Verdict {
    let routers = &facts.simulation.routers;
    // A mounted or second application serves its routers as well.
    let apps = (0..routers.len()).filter(|i| routers[*i].is_app);
    let seen = reached(routers, apps.chain([app]));
    let lost: Vec<&RouterFact> = (0..routers.len())
        .filter(|i| !seen.contains(i))
        .map(|i| &routers[i])
        .filter(|r| !r.is_app && !r.routes.is_empty() && r.place.is_some())
        .filter(|r| r.place.as_ref().is_some_and(|p| in_project(facts, p)))
        .collect();
    if lost.is_empty() {
        return Verdict::Clear;
    }
    if let Some(open) = seen.iter().map(|i| &routers[*i]).find(|r| r.open) {
        return Verdict::Unknown {
            why: format!(
                "something was included in `{}` that could not be followed, so {} may be reachable",
                open.object,
                lost.iter()
                    .map(|r| format!("`{}`", r.object))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
    }
    Verdict::Hits(
        lost.into_iter()
            .map(|r| lost_router(facts, app, r))
            .collect(),
    )
}

fn in_project(facts: &Facts, place: &Place) -> bool {
    !place.path.starts_with('/')
        && (facts.sources.contains_key(&place.path)
            || facts.project.python_files.contains(&place.path))
}

fn lost_router(facts: &Facts, app: usize, router: &RouterFact) -> Hit {
    let mut hit = Hit::default();
    hit.place.clone_from(&router.place);
    hit.set("router", &router.object);
    hit.set("route_count", router.routes.len().to_string());
    if let Some(route) = router.routes.first() {
        hit.set(
            "route.first",
            format!("{} {}{}", methods(route), router.prefix, route.path),
        );
    }
    if let Some((module, attr)) = router.object.rsplit_once(':') {
        hit.set("router.module", module).set("router.attr", attr);
        let stem = module.rsplit('.').next().unwrap_or(module);
        hit.set("router.alias", format!("{stem}_{attr}"));
    }
    let application = &facts.simulation.routers[app];
    let name = application.object.rsplit(':').next().unwrap_or("app");
    hit.set("app.object", name);
    if let Some(place) = &application.place {
        hit.set("app.file", &place.path);
        hit.set(
            "app.end_line",
            statement_end(facts, application).to_string(),
        );
        hit.because(
            format!(
                "`{name}` is made here; nothing on it leads to `{}`",
                router.object
            ),
            Some(place.clone()),
        );
    }
    hit
}

fn statement_end(facts: &Facts, router: &RouterFact) -> u32 {
    let by_span = || {
        let place = router.place.as_ref()?;
        let source = facts.sources.get(&place.path)?;
        Some(source.place(router.span?).end_line)
    };
    by_span().unwrap_or_else(|| router.place.as_ref().map_or(1, |p| p.end_line))
}

fn methods(route: &RouteFact) -> String {
    route.methods.join(",")
}

/// One route of the finished application.
struct Served<'a> {
    route: &'a RouteFact,
    method: &'a str,
    path: String,
}

/// Routes in the order in which the application tries them. `None` when that is not known.
fn served<'a>(
    routers: &'a [RouterFact],
    index: usize,
    prefix: &str,
    depth: u32,
    out: &mut Vec<Served<'a>>,
) -> Option<()> {
    let router = routers.get(index)?;
    // The order of own routes and inclusions is not part of the facts: only routers that have
    // one or the other can be compared.
    if router.open || depth > 16 {
        return None;
    }
    for route in &router.routes {
        for method in &route.methods {
            out.push(Served {
                route,
                method,
                path: format!("{prefix}{}{}", router.prefix, route.path),
            });
        }
    }
    for (child, at) in &router.includes {
        served(
            routers,
            *child,
            &format!("{prefix}{}{at}", router.prefix),
            depth + 1,
            out,
        )?;
    }
    Some(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Collision {
    Duplicate,
    Shadowed,
}

fn collisions(facts: &Facts, app: usize, kind: Collision) -> Vec<Hit> {
    let mut all = Vec::new();
    if served(&facts.simulation.routers, app, "", 0, &mut all).is_none() {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for (i, later) in all.iter().enumerate() {
        let Some(later_place) = later.route.place.as_ref().filter(|p| in_project(facts, p)) else {
            continue;
        };
        let earlier = all[..i].iter().find(|e| {
            e.method == later.method
                && matches!(later.method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
                && e.route.place != later.route.place
                && match kind {
                    Collision::Duplicate => shape(&e.path) == shape(&later.path),
                    Collision::Shadowed => {
                        same_router(&facts.simulation.routers, e.route, later.route)
                            && covers(&e.path, &later.path)
                    }
                }
        });
        if let Some(earlier) = earlier {
            let mut hit = Hit::at(later_place.clone());
            hit.set("method", later.method).set("path", &later.path);
            hit.set("endpoint", &later.route.endpoint);
            hit.set("other", format!("{} {}", earlier.method, earlier.path));
            if let Some(place) = &earlier.route.place {
                hit.set("other.place", format!("{}:{}", place.path, place.line));
                hit.because(
                    "this route is tried first and always matches",
                    Some(place.clone()),
                );
            }
            hits.push(hit);
        }
    }
    hits
}

/// Does the application answer a GET for `path`? `None` when that is not known.
pub fn serves(facts: &Facts, path: &str) -> Option<bool> {
    let app = facts.simulation.app?;
    let mut all = Vec::new();
    served(&facts.simulation.routers, app, "", 0, &mut all)?;
    // What FastAPI adds by itself, and what a redirect of slashes reaches.
    if matches!(path, "/docs" | "/redoc" | "/openapi.json") {
        return None;
    }
    let plain = |p: &str| p.trim_end_matches('/').to_owned();
    Some(all.iter().any(|route| {
        route.method == "MOUNT" && path.starts_with(route.path.as_str())
            || plain(&route.path) == plain(path)
            || covers(&route.path, path)
            || route.path.contains(':')
    }))
}

/// Order is certain inside one router.
fn same_router(routers: &[RouterFact], a: &RouteFact, b: &RouteFact) -> bool {
    routers.iter().any(|r| {
        r.routes.iter().any(|x| std::ptr::eq(x, a)) && r.routes.iter().any(|x| std::ptr::eq(x, b))
    })
}

/// Path with the names of its parameters left out: `/a/{}`.
fn shape(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let inner = &rest[open + 1..open + close];
        out.push('{');
        out.push_str(
            inner
                .split_once(':')
                .map_or("str", |(_, convertor)| convertor),
        );
        out.push('}');
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

/// Does every request for `later` match `earlier`? Segment by segment; only plain parameters.
fn covers(earlier: &str, later: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (earlier.split('/').collect(), later.split('/').collect());
    let plain = |s: &str| {
        s.starts_with('{') && s.ends_with('}') && !s.contains(':') && s.matches('{').count() == 1
    };
    a.len() == b.len()
        && a.iter()
            .zip(&b)
            .all(|(x, y)| x == y || (plain(x) && !y.is_empty() && !y.contains('{')))
        && a.iter().zip(&b).any(|(x, y)| x != y)
}

fn doubled(facts: &Facts, app: usize) -> Vec<Hit> {
    let routers = &facts.simulation.routers;
    let seen = reached(routers, std::iter::once(app));
    let mut hits = Vec::new();
    for parent in seen.iter().map(|i| &routers[*i]) {
        for (child, at) in &parent.includes {
            let Some(router) = routers.get(*child) else {
                continue;
            };
            let own = router.prefix.as_str();
            if own.len() > 1 && at.ends_with(own) {
                let Some(place) = router.place.as_ref().filter(|p| in_project(facts, p)) else {
                    continue;
                };
                let mut hit = Hit::at(place.clone());
                hit.set("router", &router.object).set("prefix", own);
                hit.set("path", format!("{at}{own}"));
                hits.push(hit);
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_covers_a_word() {
        for (earlier, later, expected) in [
            ("/items/{id}", "/items/me", true),
            ("/items/{id:int}", "/items/me", false),
            ("/items/me", "/items/{id}", false),
            ("/items/{id}", "/items/{name}", false),
            ("/items/{id}", "/items/me/x", false),
            ("/items/{id}", "/items/", false),
            ("/{a}/x", "/b/x", true),
        ] {
            assert_eq!(covers(earlier, later), expected, "{earlier} {later}");
        }
        assert_eq!(shape("/a/{id}/{p:path}"), "/a/{str}/{path}");
    }
}
