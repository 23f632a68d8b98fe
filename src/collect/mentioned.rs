//! Which files of the project the observations speak of.

use std::collections::BTreeSet;

use crate::model::{ChainLink, Facts, Place, ValueOrigin};

/// Paths relative to the root, sorted.
pub fn paths(facts: &Facts) -> BTreeSet<String> {
    let mut out = Paths::default();
    let simulation = &facts.simulation;
    for fault in &simulation.faults {
        out.place(fault.place.as_ref());
        out.chain(&fault.chain);
        for frame in &fault.frames {
            out.path(&frame.file);
        }
    }
    for call in &simulation.calls {
        out.place(Some(&call.place));
        out.chain(&call.chain);
        for argument in call.args.values() {
            out.origin(argument.origin.as_ref());
        }
    }
    for url in &simulation.urls {
        out.place(Some(&url.call));
        out.place(url.connects.as_ref());
        out.chain(&url.chain);
        out.origin(url.origin.as_ref());
    }
    for read in &simulation.env_reads {
        out.place(Some(&read.place));
        out.origin(read.found.as_ref());
    }
    for router in &simulation.routers {
        out.place(router.place.as_ref());
        for route in &router.routes {
            out.place(route.place.as_ref());
        }
    }
    for router in &facts.idle_routers {
        out.place(Some(&router.place));
    }
    let undecided = simulation.undecided.iter().chain(&facts.project.problems);
    for one in undecided {
        out.place(one.place.as_ref());
    }
    for requirement in &facts.project.requirements {
        out.path(&requirement.path);
    }
    for import in simulation.imports.iter().filter(|i| i.project) {
        out.path(&import.file);
    }
    // The graph of migrations is read from all of its files.
    for path in &facts.project.python_files {
        if path.contains("versions/") {
            out.path(path);
        }
    }
    out.0
}

#[derive(Default)]
struct Paths(BTreeSet<String>);

impl Paths {
    fn path(&mut self, path: &str) {
        if !path.is_empty() && !self.0.contains(path) {
            self.0.insert(path.to_owned());
        }
    }

    fn place(&mut self, place: Option<&Place>) {
        if let Some(place) = place {
            self.path(&place.path);
        }
    }

    fn origin(&mut self, origin: Option<&ValueOrigin>) {
        if let Some(origin) = origin.filter(|o| o.path != "process") {
            self.path(&origin.path);
        }
    }

    fn chain(&mut self, chain: &[ChainLink]) {
        for link in chain {
            self.path(&link.path);
        }
    }
}
