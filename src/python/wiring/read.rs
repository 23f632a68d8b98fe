//! From the objects of the finished start to router and route facts.

use rustc_hash::{FxHashMap, FxHashSet};

use super::births::{Birth, Role, Spot};
use crate::model::{IncludeFact, Place, RouteFact, RouterFact, Server, Span};
use crate::python::interp::Interp;
use crate::python::value::{Kind, ModuleKind, Obj, Owner, Value};

/// Steps that reading may take: attributes of odd classes may be code.
const READING_STEPS: u64 = 2_000_000;

/// Wrappers around an application that are looked through.
const MAX_WRAPPERS: u32 = 8;

/// Attributes in which wrappers keep what they wrap.
const WRAPPED: [&str; 8] = [
    "app",
    "_app",
    "asgi_app",
    "other_asgi_app",
    "wrapped_app",
    "application",
    "inner",
    "asgi",
];

/// A route object as it lies in a list.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Registered on this router itself.
    Own(Obj),
    /// Made by an inclusion; the original, when it is known.
    Copy { route: Obj, of: Option<Obj> },
    /// A router that is included without copies (FastAPI from 0.137 on).
    Included {
        child: Obj,
        prefix: Option<String>,
        /// The object that stands for the inclusion.
        by: Obj,
    },
    /// Nobody knows.
    Unknown,
}

/// One router while it is read.
#[derive(Debug)]
pub(super) struct Table {
    pub items: Vec<Item>,
    /// Routes that are tried after all others.
    pub late: Vec<Obj>,
    pub open: bool,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Wiring {
    pub facts: Vec<RouterFact>,
    pub tables: Vec<Table>,
    /// Index by router and by application object.
    pub index: FxHashMap<Obj, usize>,
    /// Router and number of each route that is registered on one.
    pub home: FxHashMap<Obj, (usize, usize)>,
    pub served: FxHashSet<Obj>,
}

impl<'a> Interp<'a> {
    /// Fills `routers` and `app` of the simulation. `whole`: the start was followed to its end.
    pub(in crate::python) fn read_wiring(&mut self, whole: bool) {
        if self.births.all.is_empty() {
            return;
        }
        self.step_limit = self.steps.saturating_add(READING_STEPS);
        let names = self.bindings();
        let mut wiring = Wiring::default();
        self.read_tables(&mut wiring, &names);
        self.read_routes(&mut wiring);
        self.read_served(&mut wiring);
        self.mark_described(&mut wiring);
        let app = self.served_application(&wiring);
        let (facts, app) = shortlist(wiring, app);
        self.seen.routers = facts;
        for router in &mut self.seen.routers {
            router.complete &= whole;
        }
        self.seen.app = app;
    }

    /// First name of every object at the top level of a project module.
    fn bindings(&self) -> FxHashMap<Obj, String> {
        let mut found: FxHashMap<Obj, String> = FxHashMap::default();
        let Kind::Dict(modules) = &self.heap.get(self.modules).kind else {
            return found;
        };
        let mut elsewhere = Vec::new();
        for (_, module) in modules.values() {
            let Some(module) = module.as_obj() else {
                continue;
            };
            let cell = self.heap.get(module);
            let Kind::Module { info, .. } = &cell.kind else {
                continue;
            };
            if info.owner != Owner::Project || info.kind != ModuleKind::Source {
                continue;
            }
            for (name, slot) in &cell.attrs {
                let Some(obj) = slot.value.as_obj() else {
                    continue;
                };
                let Some(birth) = self.births.all.get(&obj) else {
                    continue;
                };
                let object = format!("{}:{}", info.name, self.interner.name(*name));
                if birth.spot.map(|s| s.file) == info.file {
                    found.entry(obj).or_insert(object);
                } else {
                    elsewhere.push((obj, object));
                }
            }
        }
        for (obj, object) in elsewhere {
            found.entry(obj).or_insert(object);
        }
        found
    }

    fn read_tables(&mut self, wiring: &mut Wiring, names: &FxHashMap<Obj, String>) {
        let born: Vec<(Obj, Birth)> = self
            .births
            .all
            .iter()
            .filter(|(_, b)| b.role != Role::Route)
            .map(|(obj, birth)| (*obj, birth.clone()))
            .collect();
        // Applications first claim the router that each of them made for itself.
        let (apps, routers): (Vec<_>, Vec<_>) =
            born.into_iter().partition(|(_, b)| b.role == Role::App);
        for (obj, birth) in apps.into_iter().chain(routers) {
            if wiring.index.contains_key(&obj) {
                continue;
            }
            let value = Value::Obj(obj);
            let is_app = birth.role == Role::App;
            let router = match is_app {
                true => self.own(&value, "router").and_then(|v| v.as_obj()),
                false => Some(obj),
            };
            let index = wiring.facts.len();
            let mut fact = RouterFact {
                object: names.get(&obj).cloned().unwrap_or_default(),
                class: self.class_name(birth.class),
                own: birth.own,
                is_app,
                place: birth.spot.map(|s| self.spot_place(s)),
                span: birth
                    .spot
                    .map(|s| Span::new(s.start as usize, s.end as usize)),
                open: self.births.handed.contains(&obj),
                ..RouterFact::default()
            };
            let mut table = Table {
                items: Vec::new(),
                late: Vec::new(),
                open: true,
            };
            if let Some(router) = router {
                self.read_router(router, &mut fact, &mut table);
                wiring.index.entry(router).or_insert(index);
            }
            if is_app {
                fact.root_path = self.own_text(&value, "root_path");
            }
            fact.open |= table.open;
            wiring.index.insert(obj, index);
            wiring.facts.push(fact);
            wiring.tables.push(table);
        }
    }

    fn read_router(&mut self, router: Obj, fact: &mut RouterFact, table: &mut Table) {
        let value = Value::Obj(router);
        fact.prefix = self.own_text(&value, "prefix");
        fact.redirect_slashes = match self.own(&value, "redirect_slashes") {
            Some(Value::Bool(redirects)) => Some(redirects),
            _ => None,
        };
        let routes = self.own(&value, "routes");
        let (items, open) = self.list_items(routes.as_ref());
        table.open = open || self.births.handed.contains(&router);
        for item in items {
            let item = self.classified(&item);
            table.items.push(item);
        }
        if let Some(late) = self.own(&value, "_low_priority_routes") {
            let (items, open) = self.list_items(Some(&late));
            table.open |= open;
            table.late = items.iter().filter_map(Value::as_obj).collect();
        }
    }

    /// Items of a list, and whether there may be others.
    fn list_items(&self, value: Option<&Value>) -> (Vec<Value>, bool) {
        match value {
            Some(Value::Tuple(items)) => (items.to_vec(), false),
            Some(Value::Obj(obj)) => match &self.heap.get(*obj).kind {
                Kind::List(items) => (items.clone(), self.heap.get(*obj).open),
                _ => (Vec::new(), true),
            },
            _ => (Vec::new(), true),
        }
    }

    fn classified(&mut self, item: &Value) -> Item {
        let Some(obj) = item.as_obj() else {
            return Item::Unknown;
        };
        let Some(birth) = self.births.all.get(&obj).cloned() else {
            return Item::Unknown;
        };
        if birth.role != Role::Route {
            return Item::Unknown;
        }
        if let Some(child) = self.own(item, "original_router") {
            let context = self.own(item, "include_context");
            let prefix = context.and_then(|c| self.own(&c, "prefix"));
            return match child.as_obj() {
                Some(child) => Item::Included {
                    child,
                    prefix: prefix.and_then(|p| p.as_str().map(ToOwned::to_owned)),
                    by: obj,
                },
                None => Item::Unknown,
            };
        }
        match birth.inclusion {
            Some(inclusion) => Item::Copy {
                route: obj,
                of: inclusion.route,
            },
            None => Item::Own(obj),
        }
    }

    fn read_routes(&mut self, wiring: &mut Wiring) {
        for index in 0..wiring.tables.len() {
            let items = wiring.tables[index].items.clone();
            let late = wiring.tables[index].late.clone();
            let prefix = wiring.facts[index].prefix.clone();
            for item in &items {
                match item {
                    Item::Own(route) => self.add_route(wiring, index, *route, &prefix),
                    Item::Copy { route, .. } => self.add_inclusion(wiring, index, *route),
                    Item::Included { child, prefix, by } => {
                        let own = wiring.facts[index].prefix.clone();
                        let given = prefix
                            .as_ref()
                            .map(|p| p.strip_prefix(own.as_str()).unwrap_or(p).to_owned());
                        let place = self.birth_place(*by);
                        push_inclusion(wiring, index, *child, given, place);
                    }
                    Item::Unknown => wiring.facts[index].open = true,
                }
            }
            for route in late {
                self.add_route(wiring, index, route, &prefix);
            }
        }
        self.add_empty_inclusions(wiring);
    }

    /// Inclusions of which no copy tells, for there was nothing to copy.
    fn add_empty_inclusions(&mut self, wiring: &mut Wiring) {
        for call in std::mem::take(&mut self.births.inclusions) {
            let parent = wiring.index.get(&call.parent).copied();
            let (Some(parent), Some(router)) = (parent, wiring.index.get(&call.child).copied())
            else {
                continue;
            };
            let includes = &mut wiring.facts[parent].includes;
            if includes.iter().all(|include| include.router != router) {
                includes.push(IncludeFact {
                    router,
                    prefix: call.prefix,
                    place: call.spot.map(|s| self.spot_place(s)),
                    empty: true,
                });
            }
        }
    }

    fn add_route(&mut self, wiring: &mut Wiring, index: usize, route: Obj, prefix: &str) {
        let fact = self.route_fact(route, prefix);
        let number = wiring.facts[index].routes.len();
        wiring.facts[index].routes.push(fact);
        wiring.home.entry(route).or_insert((index, number));
    }

    fn add_inclusion(&mut self, wiring: &mut Wiring, index: usize, copy: Obj) {
        let Some(inclusion) = self.births.all.get(&copy).and_then(|b| b.inclusion.clone()) else {
            return;
        };
        let place = self.birth_place(copy);
        match inclusion.child {
            Some(child) => push_inclusion(wiring, index, child, inclusion.prefix, place),
            None => wiring.facts[index].open = true,
        }
    }

    fn birth_place(&self, obj: Obj) -> Option<Place> {
        let spot = self.births.all.get(&obj)?.spot?;
        Some(self.spot_place(spot))
    }

    fn spot_place(&self, spot: Spot) -> Place {
        self.place_of(spot.file, spot.start, spot.end)
    }

    pub(super) fn own_text(&mut self, value: &Value, name: &str) -> String {
        let found = self.own(value, name);
        found
            .and_then(|v| v.as_str().map(ToOwned::to_owned))
            .unwrap_or_default()
    }

    fn route_fact(&mut self, route: Obj, prefix: &str) -> RouteFact {
        let value = Value::Obj(route);
        let path = self.own_text(&value, "path");
        let birth = self.births.all.get(&route).cloned();
        let endpoint = self.own(&value, "endpoint").unwrap_or(Value::Unknown);
        let (module, name) = self.callable_name(&endpoint);
        let (dependencies, auth) = self.route_dependencies(&value, &endpoint);
        RouteFact {
            methods: self.route_methods(&value, &endpoint),
            path: path.strip_prefix(prefix).unwrap_or(&path).to_owned(),
            place: birth
                .as_ref()
                .and_then(|b| b.spot)
                .map(|s| self.spot_place(s)),
            endpoint: name,
            module,
            name: Some(self.own_text(&value, "name")).filter(|n| !n.is_empty()),
            in_schema: match self.own(&value, "include_in_schema") {
                Some(Value::Bool(listed)) => Some(listed),
                Some(_) => None,
                None => Some(false),
            },
            dependencies,
            auth,
            served: false,
            builtin: birth.is_some_and(|b| b.builtin),
        }
    }

    /// Module and qualified name of a handler.
    pub(super) fn callable_name(&self, callable: &Value) -> (String, String) {
        let Some(obj) = callable.as_obj() else {
            return Default::default();
        };
        match &self.heap.get(obj).kind {
            Kind::Function(data) => (
                self.module_name(data.module).to_string(),
                data.qualname.to_string(),
            ),
            Kind::Class(data) => (data.module.to_string(), data.qualname.to_string()),
            Kind::Method { func, .. } | Kind::Partial { func, .. } => self.callable_name(func),
            Kind::Instance { class, .. } => self.callable_name(&Value::Obj(*class)),
            _ => Default::default(),
        }
    }

    fn route_methods(&mut self, route: &Value, endpoint: &Value) -> Vec<String> {
        let one = |name: &str| vec![name.to_owned()];
        if self.is_a(route, "starlette.routing.Mount") {
            return one("MOUNT");
        }
        if self.is_a(route, "starlette.routing.Host") {
            return one("HOST");
        }
        if self.is_a(route, "starlette.routing.WebSocketRoute") {
            return one("WEBSOCKET");
        }
        if self.is_a(route, "fastapi.routing._FrontendRouteGroup") {
            return one("MOUNT");
        }
        match self.own(route, "methods") {
            Some(Value::None) => self.endpoint_methods(endpoint),
            Some(value) => self.words_of(&value).unwrap_or_default(),
            None => Vec::new(),
        }
    }

    /// Upper-case words of a collection, sorted; `None` when one is unknown.
    fn words_of(&self, value: &Value) -> Option<Vec<String>> {
        let items: Vec<Value> = match value {
            Value::Tuple(items) => items.to_vec(),
            Value::Obj(obj) if !self.heap.get(*obj).open => match &self.heap.get(*obj).kind {
                Kind::List(items) => items.clone(),
                Kind::Set(table) | Kind::FrozenSet(table) | Kind::Dict(table) => {
                    table.values().map(|(key, _)| key.clone()).collect()
                }
                _ => return None,
            },
            _ => return None,
        };
        let mut words = items
            .iter()
            .map(|item| self.plain_text(item).map(|t| t.to_ascii_uppercase()))
            .collect::<Option<Vec<_>>>()?;
        words.sort();
        words.dedup();
        Some(words)
    }

    /// What an `HTTPEndpoint` class answers; an ASGI application answers anything.
    fn endpoint_methods(&mut self, endpoint: &Value) -> Vec<String> {
        const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
        let class = endpoint.as_obj().filter(|obj| {
            self.is_class(*obj) && self.descends_from(*obj, "starlette.endpoints.HTTPEndpoint")
        });
        let Some(class) = class else {
            return vec!["ANY".to_owned()];
        };
        let mut found = Vec::new();
        for method in METHODS {
            let name = self.sym(&method.to_ascii_lowercase());
            if self.class_lookup(class, name).is_some() {
                found.push(method.to_owned());
            }
        }
        found
    }

    /// Is a value an application or router, or a wrapper around one? Its index.
    pub(super) fn application_in(&mut self, value: &Value, wiring: &Wiring) -> Option<usize> {
        let mut value = value.clone();
        for _ in 0..MAX_WRAPPERS {
            let obj = value.as_obj()?;
            if let Some(index) = wiring.index.get(&obj) {
                return Some(*index);
            }
            value = match &self.heap.get(obj).kind {
                Kind::Method { this, .. } => this.clone(),
                Kind::Instance { .. } => WRAPPED
                    .iter()
                    .find_map(|name| self.own(&value, name))
                    .filter(|inner| inner.as_obj().is_some())?,
                _ => return None,
            };
        }
        None
    }

    /// The application that the server serves; a start that only imports has the only one.
    fn served_application(&mut self, wiring: &Wiring) -> Option<usize> {
        if let Some(served) = self.births.served.clone() {
            return self.application_in(&served, wiring);
        }
        let start = self.project.start.as_ref()?;
        if start.server != Server::Import {
            return None;
        }
        let apps: Vec<usize> = (0..wiring.facts.len())
            .filter(|i| wiring.facts[*i].is_app && wiring.facts[*i].place.is_some())
            .collect();
        let usual = |name: &str| {
            let object = format!("{}:{name}", start.module);
            let mut apps = apps.iter().copied();
            apps.find(|i| wiring.facts[*i].object == object)
        };
        match apps.as_slice() {
            [only] => Some(*only),
            _ => usual("app").or_else(|| usual("application")),
        }
    }
}

fn push_inclusion(
    wiring: &mut Wiring,
    index: usize,
    child: Obj,
    prefix: Option<String>,
    place: Option<Place>,
) {
    let Some(router) = wiring.index.get(&child).copied() else {
        wiring.facts[index].open = true;
        return;
    };
    let include = IncludeFact {
        router,
        prefix,
        place,
        empty: false,
    };
    let includes = &mut wiring.facts[index].includes;
    if !includes.contains(&include) {
        includes.push(include);
    }
}

/// Leaves out routers that a library made for itself and nobody uses.
fn shortlist(wiring: Wiring, app: Option<usize>) -> (Vec<RouterFact>, Option<usize>) {
    let mut facts = wiring.facts;
    let mut wanted: Vec<bool> = facts
        .iter()
        .enumerate()
        .map(|(i, f)| {
            f.place.is_some() && (f.is_app || f.own || !f.routes.is_empty()) || app == Some(i)
        })
        .collect();
    // What a table points at stays.
    for fact in &facts {
        for router in fact.served.iter().map(|s| s.router) {
            wanted[router] = true;
        }
        for include in &fact.includes {
            wanted[include.router] = true;
        }
    }
    let mut renumbered = vec![0; facts.len()];
    let mut next = 0;
    for (old, keep) in wanted.iter().enumerate() {
        renumbered[old] = next;
        next += usize::from(*keep);
    }
    for fact in &mut facts {
        for served in &mut fact.served {
            served.router = renumbered[served.router];
        }
        for include in &mut fact.includes {
            include.router = renumbered[include.router];
        }
    }
    let kept = facts
        .into_iter()
        .zip(&wanted)
        .filter_map(|(fact, keep)| keep.then_some(fact))
        .collect();
    (kept, app.map(|a| renumbered[a]))
}
