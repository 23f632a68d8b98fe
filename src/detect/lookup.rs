//! Questions that several detectors ask of the facts.

use std::collections::BTreeSet;

use crate::knowledge::requirement::{self, normalize};
use crate::knowledge::versions;
use crate::model::{Distribution, Facts, Place, Requirement, Span};

use super::hit::Slots;

/// A distribution of the target: installed, else locked.
pub fn distribution<'a>(facts: &'a Facts, name: &str) -> Option<&'a Distribution> {
    let name = normalize(name);
    facts
        .project
        .distributions
        .get(&name)
        .or_else(|| facts.project.locked.get(&name))
}

/// Is it known what is installed or locked?
pub fn environment_known(facts: &Facts) -> bool {
    !facts.project.distributions.is_empty() || !facts.project.locked.is_empty()
}

/// The version of a distribution, installed or locked.
pub fn version_of<'a>(facts: &'a Facts, name: &str) -> Option<&'a str> {
    distribution(facts, name).map(|d| d.version.as_str())
}

/// The distribution that supplies a module, by its installed metadata.
pub fn supplier<'a>(facts: &'a Facts, module: &str) -> Option<&'a Distribution> {
    let top = module.split('.').next().unwrap_or(module);
    let mut found: Option<&Distribution> = None;
    for dist in facts.project.distributions.values() {
        if dist.modules.iter().any(|m| m == module || m == top) {
            // Namespace packages have several suppliers: none of them is *the* one.
            if found.is_some() {
                return None;
            }
            found = Some(dist);
        }
    }
    found
}

/// Is there a distribution whose modules include `module`?
pub fn module_installed(facts: &Facts, module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    facts
        .project
        .distributions
        .values()
        .any(|d| d.modules.iter().any(|m| m == top || m == module))
}

/// The requirement that names a distribution: of the main group, applying to the target, no
/// constraint.
pub fn requirement_of<'a>(facts: &'a Facts, name: &str) -> Option<&'a Requirement> {
    let name = normalize(name);
    facts
        .project
        .requirements
        .iter()
        .find(|r| r.name == name && !r.constraint && r.group == "main" && r.applies != Some(false))
}

/// A requirement of any group.
pub fn requirement_of_any_group<'a>(facts: &'a Facts, name: &str) -> Option<&'a Requirement> {
    let name = normalize(name);
    requirement_of(facts, &name).or_else(|| {
        facts
            .project
            .requirements
            .iter()
            .find(|r| r.name == name && !r.constraint && r.applies != Some(false))
    })
}

/// Where a requirement is written.
pub fn requirement_place(facts: &Facts, requirement: &Requirement) -> Place {
    match facts.sources.get(&requirement.path) {
        Some(source) => source.place(requirement.span),
        None => Place::line(requirement.path.clone(), requirement.line),
    }
}

/// A whole line without its indentation, when the source is at hand.
pub fn line_place(facts: &Facts, file: &str, line: u32) -> Place {
    let place = || {
        let source = facts.sources.get(file)?;
        let start = source.line_start(line)?;
        let text = source.text()[start..].lines().next()?;
        let indent = text.len() - text.trim_start().len();
        Some(source.place(Span::new(start + indent, start + text.trim_end().len())))
    };
    place().unwrap_or_else(|| Place::line(file, line))
}

/// `version` satisfies `specifier`; an empty specifier is satisfied by every version.
pub fn satisfies(version: &str, specifier: &str) -> Option<bool> {
    versions::satisfies(version, specifier)
}

/// Slots that every check may use: the project as a whole.
pub fn common_slots(facts: &Facts) -> Slots {
    let mut slots = Slots::new();
    let project = &facts.project;
    slots.insert(
        "python".to_owned(),
        format!("{}.{}", project.python.version.0, project.python.version.1),
    );
    if let Some(file) = project.requirement_files.first() {
        slots.insert("requirements".to_owned(), file.clone());
    }
    if let Some(start) = &project.start {
        slots.insert("start.command".to_owned(), start.command.clone());
        slots.insert("start.source".to_owned(), start.origin.source.clone());
        slots.insert("start.workdir".to_owned(), start.workdir.clone());
        slots.insert("app.module".to_owned(), start.module.clone());
        let attr = start.attr.clone().unwrap_or_default();
        slots.insert("app".to_owned(), format!("{}:{attr}", start.module));
        slots.insert("app.name".to_owned(), attr);
    }
    if let Some(file) = project.dotenv.iter().find(|file| !file.idle) {
        slots.insert("dotenv".to_owned(), file.path.clone());
    }
    for (name, dist) in project.locked.iter().chain(&project.distributions) {
        slots.insert(format!("version.{name}"), dist.version.clone());
    }
    slots
}

/// Names of [`common_slots`].
pub const COMMON: &[&str] = &[
    "python",
    "requirements",
    "start.command",
    "start.source",
    "start.workdir",
    "app.module",
    "app.name",
    "app",
    "dotenv",
    "version.*",
    "file",
    "line",
];

/// One `Requires-Dist` that holds for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Normalised name.
    pub name: String,
    /// Specifier as written.
    pub specifier: String,
    /// Extras asked for.
    pub extras: Vec<String>,
}

/// What a distribution needs on the target, with the given extras switched on. Needs whose
/// marker cannot be decided are left out when `certain`, else kept.
pub fn needs(facts: &Facts, dist: &Distribution, extras: &[String], certain: bool) -> Vec<Need> {
    let target = requirement::Target {
        python: facts.project.python.version,
        micro: facts.project.python.micro,
    };
    dist.requires
        .iter()
        .filter_map(|line| {
            let pieces = requirement::cut(line).ok()?;
            let marker = line.get(pieces.marker.clone())?;
            requirement::marker_holds(marker, &target, extras)
                .unwrap_or(!certain)
                .then(|| Need {
                    name: normalize(&line[pieces.name.clone()]),
                    specifier: line[pieces.specifier.clone()].to_owned(),
                    extras: pieces.extras.clone(),
                })
        })
        .collect()
}

/// Names of all distributions that the requirements of the given groups bring, directly or not.
pub fn closure(facts: &Facts, group: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    let mut stack: Vec<(String, Vec<String>)> = facts
        .project
        .requirements
        .iter()
        .filter(|r| !r.constraint && r.applies != Some(false) && group(&r.group))
        .map(|r| (r.name.clone(), r.extras.clone()))
        .collect();
    while let Some((name, extras)) = stack.pop() {
        if !seen.insert((name.clone(), extras.clone())) {
            continue;
        }
        if let Some(dist) = distribution(facts, &name) {
            stack.extend(
                needs(facts, dist, &extras, false)
                    .into_iter()
                    .map(|need| (need.name, need.extras)),
            );
        }
    }
    seen.into_iter().map(|(name, _)| name).collect()
}
