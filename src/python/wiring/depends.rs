//! What a route depends on, as far as the signatures of its dependencies are known.

use crate::python::interp::Interp;
use crate::python::value::{Kind, Value};

/// Deepest nesting of dependencies.
const MAX_DEPTH: u32 = 12;

/// More names are not listed.
const MAX_NAMES: usize = 40;

/// Names found so far, and whether one of them reads credentials.
#[derive(Debug, Default)]
struct Found {
    names: Vec<String>,
    auth: bool,
}

impl<'a> Interp<'a> {
    /// Names of the dependencies of a route in the order of evaluation, and whether one of them
    /// reads credentials.
    pub(super) fn route_dependencies(
        &mut self,
        route: &Value,
        endpoint: &Value,
    ) -> (Vec<String>, bool) {
        let mut found = Found::default();
        if let Some(list) = self.own(route, "dependencies") {
            let items = match &list {
                Value::Tuple(items) => items.to_vec(),
                Value::Obj(obj) => match &self.heap.get(*obj).kind {
                    Kind::List(items) => items.clone(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            for item in items {
                if let Some(dependency) = self.dependency_of(&item, &Value::None) {
                    self.add_dependency(&dependency, &mut found, 0);
                }
            }
        }
        self.add_parameters(endpoint, &mut found, 0);
        (found.names, found.auth)
    }

    fn add_dependency(&mut self, dependency: &Value, found: &mut Found, depth: u32) {
        if depth > MAX_DEPTH || found.names.len() >= MAX_NAMES {
            return;
        }
        let (module, name) = self.callable_name(dependency);
        if !name.is_empty() {
            let full = match module.as_str() {
                "" => name,
                module => format!("{module}.{name}"),
            };
            if found.names.contains(&full) {
                return;
            }
            found.names.push(full);
        }
        found.auth |= self.is_a(dependency, "fastapi.security.base.SecurityBase");
        self.add_parameters(dependency, found, depth + 1);
    }

    fn add_parameters(&mut self, callable: &Value, found: &mut Found, depth: u32) {
        for dependency in self.dependencies_of(callable) {
            self.add_dependency(&dependency, found, depth);
        }
    }
}
