//! The table of an application: what it tries, in which order, through inclusions and mounts.

use rustc_hash::FxHashSet;

use super::births::Role;
use super::read::{Item, Wiring};
use crate::model::ServedRoute;
use crate::python::interp::Interp;
use crate::python::value::{Kind, Obj, Value};

/// Deepest nesting of inclusions and mounts.
const MAX_DEPTH: usize = 24;

/// More lines are not written.
const MAX_LINES: usize = 100_000;

/// A table while it is written.
#[derive(Debug)]
struct Writing {
    lines: Vec<ServedRoute>,
    complete: bool,
    /// Routers on the way down.
    open: Vec<usize>,
}

/// Where the walk is.
#[derive(Debug, Clone, Default)]
struct Way {
    /// Stands before every path.
    before: String,
    /// Prefix of a lazy inclusion.
    include: String,
    mount: String,
}

impl<'a> Interp<'a> {
    /// Writes the table of every application and marks the routes that one serves.
    pub(super) fn read_served(&mut self, wiring: &mut Wiring) {
        let apps: Vec<usize> = (0..wiring.facts.len())
            .filter(|i| wiring.facts[*i].is_app)
            .collect();
        for app in apps {
            let mut writing = Writing {
                lines: Vec::new(),
                complete: true,
                open: Vec::new(),
            };
            self.walk_router(wiring, app, &Way::default(), &mut writing);
            wiring.facts[app].served = writing.lines;
            wiring.facts[app].complete = writing.complete;
        }
        let served: Vec<(usize, usize)> = wiring
            .served
            .iter()
            .filter_map(|route| wiring.home.get(route).copied())
            .collect();
        for (router, route) in served {
            wiring.facts[router].routes[route].served = true;
        }
    }

    fn walk_router(&mut self, wiring: &mut Wiring, index: usize, way: &Way, to: &mut Writing) {
        if to.open.contains(&index) || to.open.len() > MAX_DEPTH || to.lines.len() > MAX_LINES {
            to.complete = false;
            return;
        }
        to.open.push(index);
        to.complete &= !wiring.facts[index].open;
        // Copies were made of what was known of the others.
        let includes = &wiring.facts[index].includes;
        to.complete &= includes.iter().all(|i| !wiring.facts[i.router].open);
        let items = wiring.tables[index].items.clone();
        for item in &items {
            match item {
                Item::Own(route) => self.write_line(wiring, *route, *route, way, to),
                Item::Copy { route, of } => {
                    let original = self.original(of.unwrap_or(*route), wiring);
                    self.write_line(wiring, *route, original, way, to);
                }
                Item::Included { child, prefix, .. } => {
                    let Some(child) = wiring.index.get(child).copied() else {
                        to.complete = false;
                        continue;
                    };
                    let Some(prefix) = prefix else {
                        to.complete = false;
                        self.mark_all(wiring, child, 0);
                        continue;
                    };
                    let inner = Way {
                        include: format!("{}{prefix}", way.include),
                        ..way.clone()
                    };
                    self.walk_router(wiring, child, &inner, to);
                }
                Item::Unknown => to.complete = false,
            }
        }
        for route in wiring.tables[index].late.clone() {
            self.write_line(wiring, route, route, way, to);
        }
        to.open.pop();
    }

    /// Back through all copies to the route that somebody registered.
    fn original(&self, route: Obj, wiring: &mut Wiring) -> Obj {
        let mut route = route;
        for _ in 0..MAX_DEPTH {
            wiring.served.insert(route);
            let copied = self
                .births
                .all
                .get(&route)
                .and_then(|b| b.inclusion.clone());
            match copied.and_then(|i| i.route) {
                Some(of) => route = of,
                None => break,
            }
        }
        route
    }

    fn write_line(
        &mut self,
        wiring: &mut Wiring,
        route: Obj,
        original: Obj,
        way: &Way,
        to: &mut Writing,
    ) {
        wiring.served.insert(original);
        let Some((home, number)) = wiring.home.get(&original).copied() else {
            to.complete = false;
            return;
        };
        let value = Value::Obj(route);
        let path = match self.own(&value, "path") {
            Some(Value::Str(path)) => path.text.to_string(),
            _ if self.is_a(&value, "fastapi.routing._FrontendRouteGroup") => String::new(),
            _ => {
                to.complete = false;
                return;
            }
        };
        let line = ServedRoute {
            path: format!("{}{}{path}", way.before, way.include),
            router: home,
            route: number,
            mount: way.mount.clone(),
            operation_id: self.operation_id(&value),
        };
        if self.is_a(&value, "starlette.routing.Host") {
            to.complete = false;
        }
        let mounted = self.is_a(&value, "starlette.routing.Mount");
        let full = line.path.clone();
        to.lines.push(line);
        if mounted {
            self.walk_mount(wiring, &value, &full, to);
        }
    }

    /// The application behind a mount: its table lies below the mount's path.
    fn walk_mount(&mut self, wiring: &mut Wiring, mount: &Value, full: &str, to: &mut Writing) {
        let app = match self.own(mount, "_base_app") {
            Some(app) => Some(app),
            None => self.own(mount, "app"),
        };
        let Some(app) = app else { return };
        let Some(inner) = self.application_in(&app, wiring) else {
            return;
        };
        let below = full.trim_end_matches('/').to_owned();
        let way = Way {
            before: below.clone(),
            include: String::new(),
            mount: if below.is_empty() {
                "/".to_owned()
            } else {
                below
            },
        };
        self.walk_router(wiring, inner, &way, to);
    }

    /// An inclusion under a prefix that is not known serves all the same.
    fn mark_all(&mut self, wiring: &mut Wiring, index: usize, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for item in wiring.tables[index].items.clone() {
            match item {
                Item::Own(route) => {
                    wiring.served.insert(route);
                }
                Item::Copy { route, of } => {
                    let original = self.original(of.unwrap_or(route), wiring);
                    wiring.served.insert(original);
                }
                Item::Included { child, .. } => {
                    if let Some(child) = wiring.index.get(&child).copied() {
                        self.mark_all(wiring, child, depth + 1);
                    }
                }
                Item::Unknown => {}
            }
        }
    }

    /// `operation_id` as given, or as the project's own function makes it.
    fn operation_id(&mut self, route: &Value) -> Option<String> {
        let given = self.own(route, "operation_id");
        let made = self.own(route, "unique_id");
        given
            .into_iter()
            .chain(made)
            .find_map(|v| v.as_str().map(ToOwned::to_owned))
    }

    /// Webhooks and callbacks describe what others answer; nothing is asked of this server.
    pub(super) fn mark_described(&mut self, wiring: &mut Wiring) {
        let mut described: FxHashSet<usize> = FxHashSet::default();
        let all: Vec<(Obj, Role)> = self
            .births
            .all
            .iter()
            .map(|(obj, birth)| (*obj, birth.role))
            .collect();
        for (obj, role) in all {
            let value = Value::Obj(obj);
            let list = match role {
                Role::App => {
                    let webhooks = self.own(&value, "webhooks").and_then(|v| v.as_obj());
                    described.extend(webhooks.and_then(|w| wiring.index.get(&w)).copied());
                    continue;
                }
                _ => self.own(&value, "callbacks"),
            };
            let Some(list) = list.and_then(|v| v.as_obj()) else {
                continue;
            };
            if let Kind::List(items) = &self.heap.get(list).kind {
                let homes = items.iter().filter_map(Value::as_obj);
                described.extend(homes.filter_map(|r| wiring.home.get(&r)).map(|(i, _)| *i));
            }
        }
        for index in described {
            wiring.facts[index].described = true;
        }
    }
}
