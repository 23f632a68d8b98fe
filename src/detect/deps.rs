//! `deps`: what is declared, what is installed, and what the start imports, against each other.
//!
//! ```text
//! find = "conflict"     an installed distribution asks for another version of another one
//!      | "missing"      an installed distribution asks for one that is not installed
//!      | "python"       a distribution refuses the Python of the target
//!      | "version"      what is installed is not what the project declares
//!      | "undeclared"   the start imports a distribution that nothing declares
//!      | "dev-only"     the start imports a distribution that only a development group declares
//! ```

use std::collections::BTreeSet;

use crate::model::{Distribution, Facts, ImportFact, Place};

use super::database;
use super::hit::Hit;
use super::lookup;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Deps;

const FINDS: [&str; 6] = [
    "conflict",
    "missing",
    "python",
    "version",
    "undeclared",
    "dev-only",
];

/// Groups that no deployment installs.
const DEV_GROUPS: [&str; 12] = [
    "dev",
    "develop",
    "development",
    "dev-dependencies",
    "test",
    "tests",
    "testing",
    "lint",
    "docs",
    "doc",
    "typing",
    "types",
];

impl Detector for Deps {
    fn kind(&self) -> &'static str {
        "deps"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "dist",
            "dist.version",
            "other",
            "other.version",
            "needs",
            "module",
            "importer",
            "group",
            "declared",
            "more",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        params.one_of("find", &FINDS)
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        if facts.project.distributions.is_empty() {
            return Verdict::NotApplicable {
                because: "no environment with installed distributions".to_owned(),
            };
        }
        let find = params.text("find").unwrap_or_default();
        if matches!(find, "undeclared" | "dev-only" | "version")
            && facts.project.requirements.is_empty()
        {
            return Verdict::NotApplicable {
                because: "no file declares dependencies".to_owned(),
            };
        }
        Verdict::of(match find {
            "conflict" => conflicts(facts),
            "missing" => missing(facts),
            "python" => pythons(facts),
            "version" => versions(facts),
            "undeclared" => undeclared(facts),
            "dev-only" => dev_only(facts),
            _ => Vec::new(),
        })
    }
}

/// Distributions that matter: what the project asks for, with all it brings. A stray package in
/// the environment is nobody's fault.
fn relevant(facts: &Facts) -> Vec<&Distribution> {
    let wanted = lookup::closure(facts, |group| group == "main");
    facts
        .project
        .distributions
        .values()
        .filter(|d| wanted.is_empty() || wanted.contains(&d.name))
        .collect()
}

/// The requirement of one of the two, else the first requirements file.
fn place(facts: &Facts, names: &[&str]) -> Option<Place> {
    names
        .iter()
        .find_map(|n| lookup::requirement_of_any_group(facts, n))
        .map(|r| lookup::requirement_place(facts, r))
        .or_else(|| {
            let file = facts.project.requirement_files.first()?;
            Some(Place::line(file.clone(), 1))
        })
}

fn about(facts: &Facts, dist: &Distribution, also: &[&str]) -> Hit {
    let mut names = vec![dist.name.as_str()];
    names.extend(also);
    let mut hit = Hit {
        place: place(facts, &names),
        ..Hit::default()
    };
    hit.set("dist", &dist.name)
        .set("dist.version", &dist.version);
    hit
}

fn conflicts(facts: &Facts) -> Vec<Hit> {
    let mut hits = Vec::new();
    for dist in relevant(facts) {
        for need in lookup::needs(facts, dist, &[], true) {
            let Some(other) = facts.project.distributions.get(&need.name) else {
                continue;
            };
            if lookup::satisfies(&other.version, &need.specifier) != Some(false) {
                continue;
            }
            let mut hit = about(facts, dist, &[&other.name]);
            hit.set("other", &other.name)
                .set("other.version", &other.version)
                .set("needs", format!("{}{}", need.name, need.specifier));
            hits.push(hit);
        }
    }
    hits
}

fn missing(facts: &Facts) -> Vec<Hit> {
    let mut hits = Vec::new();
    for dist in relevant(facts) {
        for need in lookup::needs(facts, dist, &[], true) {
            if facts.project.distributions.contains_key(&need.name) {
                continue;
            }
            let mut hit = about(facts, dist, &[&need.name]);
            hit.set("other", &need.name)
                .set("needs", format!("{}{}", need.name, need.specifier));
            hits.push(hit);
        }
    }
    hits
}

fn pythons(facts: &Facts) -> Vec<Hit> {
    let (major, minor) = facts.project.python.version;
    if major == 0 {
        return Vec::new();
    }
    // Without the micro version a bound like `!=3.9.7` cannot be judged.
    let version = match facts.project.python.micro {
        Some(micro) => format!("{major}.{minor}.{micro}"),
        None => format!("{major}.{minor}"),
    };
    let mut refusing: Vec<(&Distribution, &String)> = relevant(facts)
        .into_iter()
        .filter_map(|dist| Some((dist, dist.requires_python.as_ref()?)))
        .filter(|(_, bound)| lookup::satisfies(&version, bound) == Some(false))
        .collect();
    // One wrong Python is one fault, however many distributions complain of it; those that the
    // project names itself come first.
    refusing.sort_by_key(|(dist, _)| lookup::requirement_of(facts, &dist.name).is_none());
    let Some((dist, bound)) = refusing.first() else {
        return Vec::new();
    };
    let mut hit = about(facts, dist, &[]);
    hit.set("needs", bound);
    for (other, bound) in &refusing[1..] {
        hit.because(
            format!("{} {} requires Python {bound}", other.name, other.version),
            None,
        );
    }
    if refusing.len() > 1 {
        hit.set(
            "more",
            format!("and {} more do as well", refusing.len() - 1),
        );
    }
    vec![hit]
}

fn versions(facts: &Facts) -> Vec<Hit> {
    let mut hits = Vec::new();
    for requirement in &facts.project.requirements {
        if requirement.group != "main"
            || requirement.applies != Some(true)
            || requirement.url.is_some()
        {
            continue;
        }
        let Some(dist) = facts.project.distributions.get(&requirement.name) else {
            continue;
        };
        if lookup::satisfies(&dist.version, &requirement.specifier) == Some(false) {
            let mut hit = about(facts, dist, &[]);
            hit.place = Some(lookup::requirement_place(facts, requirement));
            hit.set(
                "needs",
                format!("{}{}", requirement.written, requirement.specifier),
            );
            hits.push(hit);
        }
    }
    hits
}

/// Imports of other people's code by the project's own, with the distribution that supplies it.
fn foreign(facts: &Facts) -> Vec<(&ImportFact, &Distribution)> {
    let own: BTreeSet<&str> = facts
        .simulation
        .imports
        .iter()
        .filter(|i| i.project)
        .map(|i| i.module.as_str())
        .collect();
    let stdlib = facts.project.python.stdlib.as_deref();
    let mut seen = BTreeSet::new();
    facts
        .simulation
        .imports
        .iter()
        .filter(|i| !i.project && !i.file.is_empty())
        .filter(|i| {
            stdlib.is_none_or(|dir| !i.file.starts_with(dir) || i.file.contains("site-packages"))
        })
        .filter(|i| {
            i.importer.as_ref().is_some_and(|link| {
                // The driver of an engine is imported by SQLAlchemy: other checks speak of it.
                own.contains(link.module.as_str())
                    && !database::is_engine_call(facts, &link.path, link.line)
            })
        })
        .filter_map(|i| Some((i, lookup::supplier(facts, &i.module)?)))
        .filter(|(_, dist)| seen.insert(dist.name.clone()))
        .collect()
}

fn import_hit(import: &ImportFact, dist: &Distribution) -> Hit {
    let mut hit = Hit::default();
    if let Some(link) = &import.importer {
        hit.place = Some(Place::line(link.path.clone(), link.line));
        hit.set("importer", &link.module);
    }
    hit.set("module", &import.module)
        .set("dist", &dist.name)
        .set("dist.version", &dist.version);
    hit
}

/// The server and what installs packages are there without being asked for.
fn given(facts: &Facts, name: &str) -> bool {
    if matches!(name, "pip" | "setuptools" | "wheel") {
        return true;
    }
    // An image may install a package by name.
    facts.sources.iter().any(|(path, source)| {
        path.rsplit('/')
            .next()
            .is_some_and(|f| f.contains("Dockerfile"))
            && source.text().lines().any(|line| {
                line.contains("install")
                    && line
                        .split([' ', '=', '[', '<', '>', '"', '\''])
                        .any(|w| w == name)
            })
    })
}

fn undeclared(facts: &Facts) -> Vec<Hit> {
    let declared = lookup::closure(facts, |_| true);
    foreign(facts)
        .into_iter()
        .filter(|(_, dist)| !declared.contains(&dist.name))
        .filter(|(_, dist)| !facts.project.locked.contains_key(&dist.name))
        .filter(|(_, dist)| !given(facts, &dist.name))
        .map(|(import, dist)| import_hit(import, dist))
        .collect()
}

fn dev_only(facts: &Facts) -> Vec<Hit> {
    let main = lookup::closure(facts, |group| !DEV_GROUPS.contains(&group));
    foreign(facts)
        .into_iter()
        .filter(|(_, dist)| !main.contains(&dist.name) && !given(facts, &dist.name))
        .filter_map(|(import, dist)| {
            let requirement = facts
                .project
                .requirements
                .iter()
                .find(|r| r.name == dist.name && DEV_GROUPS.contains(&r.group.as_str()))?;
            let mut hit = import_hit(import, dist);
            hit.set("group", &requirement.group).set(
                "declared",
                format!("{}:{}", requirement.path, requirement.line),
            );
            hit.because(
                "declared for development only",
                Some(lookup::requirement_place(facts, requirement)),
            );
            Some(hit)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::database::tests::facts as base;
    use super::*;

    fn find(what: &str, facts: &Facts) -> Vec<String> {
        let table: toml::Table = toml::from_str(&format!("find = '{what}'")).unwrap();
        let claimed = BTreeSet::new();
        let context = Context {
            facts,
            claimed: &claimed,
        };
        match Deps.detect(&Params::new(&table), &context) {
            Verdict::Hits(hits) => hits
                .into_iter()
                .map(|h| {
                    let slot = |n: &str| h.slots.get(n).cloned().unwrap_or_default();
                    format!("{} {}", slot("dist"), slot("needs"))
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn requires(facts: &mut Facts, dist: &str, lines: &[&str]) {
        let dist = facts.project.distributions.get_mut(dist).unwrap();
        dist.requires = lines.iter().map(|l| (*l).to_owned()).collect();
    }

    #[test]
    fn conflicts_are_what_pip_check_sees() {
        let mut facts = base(
            "x://",
            &["fastapi==0.115.0", "starlette==1.0.0", "other==1.0"],
            &["fastapi"],
            None,
        );
        facts.project.python.version = (3, 11);
        requires(
            &mut facts,
            "fastapi",
            &[
                "starlette<0.39.0,>=0.37.2",
                "pydantic>=2",
                "httpx>=1; extra == 'all'",
                "tomli>=9; python_version < '3.11'",
            ],
        );
        // Not asked for by the project: its complaint is nobody's.
        requires(&mut facts, "other", &["starlette<0.1"]);
        assert_eq!(
            find("conflict", &facts),
            ["fastapi starlette<0.39.0,>=0.37.2"]
        );
        assert_eq!(find("missing", &facts), ["fastapi pydantic>=2"]);
    }

    #[test]
    fn python_bounds() {
        let mut facts = base("x://", &["a==1", "b==1"], &["a", "b"], None);
        facts.project.python.version = (3, 9);
        for (name, bound) in [("a", ">=3.10"), ("b", ">=3.8,<4")] {
            facts
                .project
                .distributions
                .get_mut(name)
                .unwrap()
                .requires_python = Some(bound.into());
        }
        assert_eq!(find("python", &facts), ["a >=3.10"]);
    }

    #[test]
    fn undeclared_is_what_no_declaration_brings() {
        let mut facts = base(
            "x://",
            &["fastapi==1", "starlette==1", "redis==5", "pytest==8"],
            &["fastapi"],
            None,
        );
        facts.project.python.version = (3, 11);
        requires(&mut facts, "fastapi", &["starlette"]);
        let import = |module: &str, project: bool| ImportFact {
            module: module.into(),
            file: format!("/site-packages/{module}.py"),
            importer: Some(crate::model::ChainLink {
                module: "app.main".into(),
                path: "app/main.py".into(),
                line: 2,
            }),
            depth: 1,
            times: 1,
            project,
        };
        facts.simulation.imports = vec![
            import("app.main", true),
            import("fastapi", false),
            import("starlette", false),
            import("redis", false),
            import("pytest", false),
        ];
        let mut dev = facts.project.requirements[0].clone();
        dev.name = "pytest".into();
        dev.group = "dev".into();
        facts.project.requirements.push(dev);
        assert_eq!(find("undeclared", &facts), ["redis "]);
        assert_eq!(find("dev-only", &facts), ["pytest "]);
    }
}
