//! Applications, routers and the route table, for `audit facts`.

use serde_json::{Value, json};

use super::facts::row;
use super::text::Page;
use super::words;
use crate::model::{Facts, Origin, Place, RouteFact, RouterFact, ServedRoute};
use crate::render::layout;

/// One line for each application and router, then the table of the served application.
pub fn text(page: &mut Page<'_>, facts: &Facts) {
    let simulation = &facts.simulation;
    for (index, router) in simulation.routers.iter().enumerate() {
        let label = if router.is_app { "app" } else { "router" };
        let mut said = vec![name(router)];
        if !router.prefix.is_empty() {
            said.push(format!("prefix {}", router.prefix));
        }
        said.push(words::count(router.routes.len(), "route", "routes"));
        if !router.includes.is_empty() {
            said.push(words::count(
                router.includes.len(),
                "inclusion",
                "inclusions",
            ));
        }
        if simulation.app == Some(index) {
            said.push("served".to_owned());
        } else if unserved(router) {
            said.push("not reachable from an app".to_owned());
        }
        if router.open {
            said.push("there may be more".to_owned());
        }
        row(
            page,
            label,
            &said.join(", "),
            origin(router.place.as_ref()).as_ref(),
        );
    }
    let Some(app) = simulation.app.and_then(|i| simulation.routers.get(i)) else {
        return;
    };
    let lines: Vec<(&ServedRoute, &RouteFact)> = table(facts, app)
        .filter(|(_, route)| !route.builtin)
        .collect();
    if lines.is_empty() {
        return;
    }
    page.gap();
    let more = if app.complete {
        ""
    } else {
        ", there may be more"
    };
    let count = words::count(lines.len(), "route", "routes");
    page.line(&format!(
        "{count} of {}, in the order in which they are tried{more}",
        name(app)
    ));
    for (served, route) in lines {
        let left = format!(
            "{} {}",
            layout::pad(&route.methods.join(","), 7),
            served.path
        );
        let mut right = origin(route.place.as_ref()).map_or_else(String::new, |o| {
            o.line
                .map_or_else(|| o.source.clone(), |line| format!("{}:{line}", o.source))
        });
        if route.auth {
            right.insert_str(0, "auth  ");
        }
        let room = page.options.width.saturating_sub(2);
        let body = layout::spread(
            &crate::render::escape::terminal(&left),
            &crate::render::escape::terminal(&right),
            room,
        );
        page.line(&format!("  {}", body.replace('\n', "\n  ")));
    }
}

/// Has it routes of which none is served, and would somebody ask for them?
fn unserved(router: &RouterFact) -> bool {
    !router.is_app
        && !router.described
        && !router.routes.is_empty()
        && router.routes.iter().all(|r| !r.served)
}

fn name(router: &RouterFact) -> String {
    match router.object.as_str() {
        "" => router
            .class
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        object => object.to_owned(),
    }
}

fn origin(place: Option<&Place>) -> Option<Origin> {
    place.map(|p| Origin::line(p.path.clone(), p.line))
}

fn table<'f>(
    facts: &'f Facts,
    app: &'f RouterFact,
) -> impl Iterator<Item = (&'f ServedRoute, &'f RouteFact)> {
    app.served.iter().filter_map(|served| {
        let router = facts.simulation.routers.get(served.router)?;
        Some((served, router.routes.get(served.route)?))
    })
}

/// Every application and router.
pub fn routers(facts: &Facts) -> Value {
    serde_json::to_value(&facts.simulation.routers).unwrap_or(Value::Null)
}

/// The table of the served application, one entry per line.
pub fn served(facts: &Facts) -> Value {
    let simulation = &facts.simulation;
    let Some(app) = simulation.app.and_then(|i| simulation.routers.get(i)) else {
        return Value::Null;
    };
    table(facts, app)
        .map(|(served, route)| {
            let source = route.place.as_ref();
            json!({
                "methods": route.methods,
                "path": served.path,
                "name": route.name,
                "endpoint": route.endpoint,
                "module": route.module,
                "operation_id": served.operation_id,
                "source": source.map(|p| format!("{}:{}", p.path, p.line)),
                "dependencies": route.dependencies,
                "auth": route.auth,
                "builtin": route.builtin,
            })
        })
        .collect()
}
