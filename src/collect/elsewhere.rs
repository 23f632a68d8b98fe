//! Routers that this start leaves alone, and another file of the project takes up.
//!
//! A project may have several entries, each with an application of its own, over one package of
//! routers. What only another entry includes is no mistake of this one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::host::Host;
use crate::model::{Facts, RouterFact};
use crate::project;

/// More files are not looked at.
const MOST: usize = 2_000;

/// Names, for each router without a served route, a file that the start does not execute and
/// that seems to include it.
pub fn mark(host: &dyn Host, facts: &mut Facts) {
    let idle = |r: &RouterFact| {
        r.own && !r.is_app && !r.routes.is_empty() && r.routes.iter().all(|route| !route.served)
    };
    if !facts.simulation.routers.iter().any(idle) {
        return;
    }
    let executed: BTreeSet<&str> = facts
        .simulation
        .imports
        .iter()
        .map(|i| i.file.as_str())
        .collect();
    let root = Path::new(&facts.project.root);
    let others: Vec<(String, String)> = facts
        .project
        .python_files
        .iter()
        .filter(|path| !executed.contains(path.as_str()) && !project::is_test(path))
        .take(MOST)
        .filter_map(|path| {
            let source = project::source(host, root, path)?;
            let text = source.text();
            registers(text).then(|| (path.clone(), text.to_owned()))
        })
        .collect();
    for router in &mut facts.simulation.routers {
        if idle(router) {
            let takes = others.iter().find(|(_, text)| mentions(text, router));
            router.elsewhere = takes.map(|(path, _)| path.clone());
        }
    }
}

fn registers(text: &str) -> bool {
    ["include_router", ".mount(", "Mount(", ".routes"]
        .iter()
        .any(|word| text.contains(word))
}

/// Does a text speak of the module of a router, or of the router by a name that is its own?
fn mentions(text: &str, router: &RouterFact) -> bool {
    let Some((module, attr)) = router.object.rsplit_once(':') else {
        return false;
    };
    let stem = module.rsplit('.').next().unwrap_or(module);
    let word = |name: &str| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part)
        })
    };
    word(stem) || attr != "router" && word(attr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_takes_a_router_up_names_it() {
        let router = RouterFact {
            object: "shop.api.orders:router".into(),
            ..RouterFact::default()
        };
        for (text, expected) in [
            (
                "from shop.api import orders\napp.include_router(orders.router)",
                true,
            ),
            (
                "from shop.api.orders import router\napp.include_router(router)",
                true,
            ),
            (
                "from shop.api.users import router\napp.include_router(router)",
                false,
            ),
            ("reorders = 1", false),
        ] {
            assert_eq!(mentions(text, &router), expected, "{text}");
        }
        let is_test = project::is_test;
        assert!(is_test("tests/api/conftest.py") && !is_test("src/latest/app.py"));
    }
}
