//! The routes that the source registers on its application, and where it would be asked for them.

use crate::model::{Facts, RouterFact, Server};
use crate::probe::{Published, SourceRoute};

/// Routes of the application that the start serves, in the order in which it tries them; empty
/// when it is not known which application that is. WebSocket routes and mounts cannot be asked
/// and are left out, as is what the framework adds by itself.
pub fn source_routes(facts: &Facts) -> Vec<SourceRoute> {
    let routers = &facts.simulation.routers;
    let Some(app) = application(facts) else {
        return Vec::new();
    };
    let mut routes = Vec::new();
    for line in &app.served {
        let route = routers
            .get(line.router)
            .and_then(|r| r.routes.get(line.route));
        let Some(route) = route.filter(|route| !route.builtin) else {
            continue;
        };
        let methods: Vec<String> = route
            .methods
            .iter()
            .filter(|method| !OTHERS.contains(&method.as_str()))
            .cloned()
            .collect();
        if !methods.is_empty() {
            let place = route.place.as_ref();
            routes.push(SourceRoute {
                methods,
                path: line.path.clone(),
                source: place.map(|place| format!("{}:{}", place.path, place.line)),
            });
        }
    }
    routes
}

/// Where the application publishes its OpenAPI document. FastAPI registers the route itself, with
/// a handler of that name, unless `openapi_url` is turned off.
pub fn published(facts: &Facts) -> Published {
    let routers = &facts.simulation.routers;
    let Some(app) = application(facts).filter(|app| app.class.starts_with("fastapi.")) else {
        return Published::Usual;
    };
    let document = app.served.iter().find(|line| {
        let route = routers
            .get(line.router)
            .and_then(|r| r.routes.get(line.route));
        route.is_some_and(|route| route.builtin && route.endpoint.ends_with("openapi"))
    });
    match document {
        Some(line) => Published::At(line.path.clone()),
        None if app.complete => Published::Nowhere,
        None => Published::Usual,
    }
}

/// What is no method of HTTP.
const OTHERS: [&str; 4] = ["WEBSOCKET", "MOUNT", "HOST", "ANY"];

/// The application that the start serves, else the one that it names, else the only one.
pub fn application(facts: &Facts) -> Option<&RouterFact> {
    let routers = &facts.simulation.routers;
    let served = facts.simulation.app.and_then(|index| routers.get(index));
    let named = || {
        let start = facts.project.start.as_ref()?;
        let attr = start.attr.as_deref().unwrap_or("app");
        let object = format!("{}:{attr}", start.module);
        routers.iter().find(|router| router.object == object)
    };
    let mut apps = routers.iter().filter(|r| r.is_app);
    served
        .or_else(named)
        .or_else(|| match (apps.next(), apps.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        })
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
