//! Prefixes that are joined to themselves.

use crate::detect::hit::Hit;
use crate::model::{Facts, RouterFact};

use super::in_project;

/// A router under its own prefix once more, or routes that repeat it.
pub fn doubled(facts: &Facts) -> Vec<Hit> {
    let routers = &facts.simulation.routers;
    let mut hits: Vec<Hit> = Vec::new();
    for parent in routers {
        for include in &parent.includes {
            let Some(router) = routers.get(include.router) else {
                continue;
            };
            let own = router.prefix.as_str();
            let Some(given) = include.prefix.as_deref() else {
                continue;
            };
            let before = format!("{}{given}", parent.prefix);
            if own.len() < 2 || !before.ends_with(own) {
                continue;
            }
            let mut hit = Hit::default();
            hit.set("path", format!("{before}{own}"));
            if let Some(place) = &include.place {
                hit.because(
                    format!("it is included here, under `{before}`"),
                    Some(place.clone()),
                );
            }
            push(facts, &mut hits, router, hit);
        }
    }
    for router in routers.iter().filter(|r| !r.is_app && repeats(r)) {
        let mut hit = Hit::default();
        hit.set("path", format!("{0}{0}", router.prefix));
        push(facts, &mut hits, router, hit);
    }
    hits
}

/// Do all routes begin with the prefix that stands before them anyway? One word may be meant
/// twice by a single route (`/groups/groups`).
fn repeats(router: &RouterFact) -> bool {
    let own = router.prefix.as_str();
    let begins = |path: &str| {
        path.strip_prefix(own)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    own.len() > 1
        && router.routes.len() > usize::from(own.matches('/').count() < 2)
        && router.routes.iter().all(|route| begins(&route.path))
}

fn push(facts: &Facts, hits: &mut Vec<Hit>, router: &RouterFact, mut hit: Hit) {
    let place = router.place.as_ref();
    let Some(place) = place.filter(|p| in_project(facts, p)) else {
        return;
    };
    hit.place = Some(place.clone());
    hit.set("router", &router.object)
        .set("prefix", &router.prefix);
    if !hits.iter().any(|h| h.place == hit.place) {
        hits.push(hit);
    }
}
