//! The routes that the source registers on its application, and where it would be asked for them.

use std::collections::BTreeSet;

use crate::model::{Facts, RouterFact, Server};
use crate::probe::SourceRoute;

/// Routes of the application that the start serves, in order of registration; empty when it is
/// not known which application that is. WebSocket routes and mounts cannot be asked and are left
/// out.
pub fn source_routes(facts: &Facts) -> Vec<SourceRoute> {
    let mut routes = Vec::new();
    if let Some(app) = application(facts) {
        let mut walk = Walk {
            routers: &facts.simulation.routers,
            open: BTreeSet::new(),
            routes: &mut routes,
        };
        walk.router(app, "");
    }
    routes
}

/// Index of the application: the one that the start names, else the only one.
fn application(facts: &Facts) -> Option<usize> {
    let routers = &facts.simulation.routers;
    let named = facts.project.start.as_ref().and_then(|start| {
        let attr = start.attr.as_deref().unwrap_or("app");
        let object = format!("{}:{attr}", start.module);
        routers.iter().position(|router| router.object == object)
    });
    let mut apps = routers.iter().enumerate().filter(|(_, r)| r.is_app);
    named.or_else(|| match (apps.next(), apps.next()) {
        (Some((only, _)), None) => Some(only),
        _ => None,
    })
}

struct Walk<'a> {
    routers: &'a [RouterFact],
    /// Routers on the way down, against inclusion in a circle.
    open: BTreeSet<usize>,
    routes: &'a mut Vec<SourceRoute>,
}

impl Walk<'_> {
    fn router(&mut self, index: usize, before: &str) {
        let Some(router) = self.routers.get(index) else {
            return;
        };
        if !self.open.insert(index) {
            return;
        }
        let prefix = format!("{before}{}", router.prefix);
        for route in &router.routes {
            let methods = route.methods.iter();
            let methods: Vec<String> = methods
                .filter(|method| !["WEBSOCKET", "MOUNT"].contains(&method.as_str()))
                .cloned()
                .collect();
            if !methods.is_empty() {
                let place = route.place.as_ref();
                self.routes.push(SourceRoute {
                    methods,
                    path: format!("{prefix}{}", route.path),
                    source: place.map(|place| format!("{}:{}", place.path, place.line)),
                });
            }
        }
        for (included, given) in &router.includes {
            self.router(*included, &format!("{prefix}{given}"));
        }
        self.open.remove(&index);
    }
}

/// `http://127.0.0.1:PORT` of the start command; `None` when its port is decided elsewhere.
pub fn base_url(facts: &Facts) -> Option<String> {
    let start = facts.project.start.as_ref()?;
    let port: u16 = match &start.port {
        Some(written) => written.parse().ok()?,
        None => match start.server {
            Server::Python | Server::PythonModule | Server::Import => return None,
            _ => 8000,
        },
    };
    Some(format!("http://127.0.0.1:{port}"))
}
