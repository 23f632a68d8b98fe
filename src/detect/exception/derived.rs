//! Slots that follow from a fault and what is known of the project.

use crate::detect::hit::Hit;
use crate::detect::{lookup, usage};
use crate::knowledge::distributions;
use crate::knowledge::requirement::normalize;
use crate::model::{Facts, Fault, Requirement};

/// Slots that follow from the fault and the environment.
pub(super) fn derived(hit: &mut Hit, facts: &Facts, fault: &Fault) {
    hit.set("fault.kind", &fault.kind);
    if let Some(frame) = fault.frames.last() {
        hit.set("function", &frame.function);
    }
    if !fault.chain.is_empty() {
        let links: Vec<String> = fault
            .chain
            .iter()
            .map(|l| format!("{}:{}", l.module, l.line))
            .collect();
        hit.set("chain", links.join(" > "));
    }
    if !fault.cycle.is_empty() {
        hit.set("cycle", fault.cycle.join(" > "));
    }
    if let Some(module) = fault.slots.get("module")
        && let Some(dist) = lookup::supplier(facts, module)
    {
        hit.set("module.dist", &dist.name);
        hit.set("module.version", &dist.version);
    }
    if fault.kind == "entry-module"
        && let Some(path) = fault.slots.get("module").and_then(|m| candidate(facts, m))
    {
        let dotted = path.trim_end_matches(".py").trim_end_matches("/__init__");
        hit.set("candidate", dotted.replace('/', "."));
        hit.set("candidate.file", path);
        hit.set("candidate.line", "1");
    }
    if fault.exception.kind == "pydantic.errors.PydanticImportError" {
        moved_name(hit, &fault.exception.message);
    }
    if fault.kind == "module-not-found"
        && let Some(name) = fault.slots.get("name")
    {
        supplier_of_missing(hit, facts, name);
    }
    if fault.kind == "circular-import"
        && let (Some(name), Some(place)) = (fault.slots.get("name"), &fault.place)
        && let Some(source) = facts.sources.get(&place.path)
        && usage::only_inside_functions(source.text(), name) == Some(true)
    {
        hit.set("movable", "true");
    }
    if let Some(first) = fault
        .slots
        .get("env_names")
        .and_then(|names| names.split([',', ' ']).find(|n| !n.is_empty()))
    {
        hit.set("env_names.first", first);
    }
}

/// The one module of the project that ends like the module of a wrong start command.
fn candidate<'a>(facts: &'a Facts, module: &str) -> Option<&'a String> {
    let last = module.rsplit('.').next().unwrap_or(module);
    let ends = [format!("/{last}.py"), format!("/{last}/__init__.py")];
    let mut found = facts.project.python_files.iter().filter(|path| {
        let rooted = format!("/{path}");
        ends.iter().any(|end| rooted.ends_with(end.as_str()))
    });
    match (found.next(), found.next()) {
        (Some(path), None) => Some(path),
        _ => None,
    }
}

/// pydantic 2 says what moved, and where to: "`BaseSettings` has been moved to the
/// `pydantic-settings` package", "`pydantic:parse_obj_as` has been removed in V2".
fn moved_name(hit: &mut Hit, message: &str) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(subject) = quoted.next() else { return };
    let name = subject.rsplit(':').next().unwrap_or(subject);
    hit.set("name", name);
    if message.contains("has been moved to")
        && let Some(home) = quoted.next()
    {
        let home = home.split(':').next().unwrap_or(home);
        hit.set("use", home.replace('-', "_"));
    }
}

/// Which distribution would bring a module that is not there.
fn supplier_of_missing(hit: &mut Hit, facts: &Facts, module: &str) {
    let top = module.split('.').next().unwrap_or(module);
    let supplies = |d: &&crate::model::Distribution| d.modules.iter().any(|m| m == top);
    let locked = facts.project.locked.values().find(supplies);
    let same_name = || lookup::requirement_of_any_group(facts, top).map(|r| r.name.clone());
    let excluded = |name: &str| {
        let mut all = facts.project.requirements.iter();
        all.find(|r| r.name == name && !r.constraint && r.applies == Some(false))
    };
    let known = || distributions::dist_for_module(top).map(str::to_owned);
    let Some(dist) = locked
        .map(|d| d.name.clone())
        .or_else(known)
        .or_else(same_name)
        .or_else(|| excluded(&normalize(top)).map(|r| r.name.clone()))
    else {
        return;
    };
    match lookup::requirement_of_any_group(facts, &dist) {
        Some(requirement) => {
            let group = match requirement.group.as_str() {
                "main" => String::new(),
                group => format!(" (group {group})"),
            };
            hit.set(
                "name.declared",
                format!("{}:{}{group}", requirement.path, requirement.line),
            );
        }
        None => match excluded(&dist) {
            Some(requirement) => {
                let Requirement {
                    path, line, marker, ..
                } = requirement;
                hit.set(
                    "name.declared",
                    format!("only where `{marker}` holds ({path}:{line})"),
                );
            }
            None => {
                hit.set("name.undeclared", &dist);
            }
        },
    }
    hit.set("name.dist", dist);
}
