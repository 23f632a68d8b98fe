//! Routers in modules that nothing imports.

use crate::detect::Verdict;
use crate::detect::hit::Hit;
use crate::model::{Facts, IdleRouter, RouterFact};

use super::reach;

/// A sentence names at most so many modules.
const SHOWN: usize = 4;

/// Whether such routers exist, as long as everything that the start imports is known.
pub fn verdict(facts: &Facts, app: &RouterFact) -> Verdict {
    let idle = &facts.idle_routers;
    if idle.is_empty() {
        return Verdict::Clear;
    }
    if !app.complete {
        return Verdict::Unknown {
            why: format!(
                "the start could not be followed in all that registers routes, so it may import {}",
                names(idle)
            ),
        };
    }
    if let Some(place) = idle.iter().find_map(|router| router.dynamic.as_ref()) {
        return Verdict::Unknown {
            why: format!(
                "{place} imports modules whose names are only known when it runs; they may be {}",
                names(idle)
            ),
        };
    }
    Verdict::Hits(idle.iter().map(|r| hit(facts, app, r)).collect())
}

fn names(idle: &[IdleRouter]) -> String {
    let shown = idle.iter().take(SHOWN);
    let mut names: Vec<String> = shown.map(|r| format!("`{}`", r.module)).collect();
    names.dedup();
    if idle.len() > SHOWN {
        names.push(format!("{} others", idle.len() - SHOWN));
    }
    names.join(", ")
}

fn hit(facts: &Facts, app: &RouterFact, router: &IdleRouter) -> Hit {
    let mut hit = Hit::at(router.place.clone());
    let module = importable(app, router);
    let object = format!("{module}:{}", router.attr);
    let stem = module.rsplit('.').next().unwrap_or(&module);
    hit.set("router", &object)
        .set("router.module", &module)
        .set("router.attr", &router.attr)
        .set("router.alias", format!("{stem}_{}", router.attr))
        .set("route_count", router.route_count.to_string());
    if !router.first.is_empty() {
        hit.set("route.first", &router.first);
    }
    reach::on_application(facts, app, &object, &mut hit);
    hit
}

/// The name by which the application's own module would import the router's: `src/app/main.py`
/// is `app.main`, so `src/app/api/tasks.py` is `app.api.tasks`.
fn importable(app: &RouterFact, router: &IdleRouter) -> String {
    let known = app.object.split(':').next().unwrap_or_default();
    let below = app.place.as_ref().and_then(|place| {
        let file = place.path.trim_end_matches(".py");
        let file = file.trim_end_matches("/__init__").replace('/', ".");
        let base = file.strip_suffix(known)?;
        router.module.strip_prefix(base).map(ToOwned::to_owned)
    });
    below.unwrap_or_else(|| router.module.clone())
}
