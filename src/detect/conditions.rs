//! `[applies]`: facts that must hold before a check looks at all.

use crate::model::{Facts, Server};

use super::lookup;
use super::params::{self, Params};

/// Whether a check applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not; the fact that is missing.
    No(String),
}

/// Evaluates `all`, `any` and `none` of an `[applies]` table.
pub fn applies(table: &toml::Table, facts: &Facts) -> Applies {
    let rows = Params::new(table);
    for row in rows.tables("all") {
        if !holds(row, facts) {
            return Applies::No(describe(row, false));
        }
    }
    for row in rows.tables("none") {
        if holds(row, facts) {
            return Applies::No(describe(row, true));
        }
    }
    let any = rows.tables("any");
    if !any.is_empty() && !any.iter().any(|row| holds(*row, facts)) {
        return Applies::No(
            any.iter()
                .map(|row| describe(*row, false))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    Applies::Yes
}

/// Names that a condition row may use.
pub fn condition_keys() -> impl Iterator<Item = &'static str> {
    ["fact", "version", "reached"]
        .into_iter()
        .chain(params::CONDITION_WORDS.iter().copied())
}

fn describe(row: Params<'_>, holds: bool) -> String {
    let fact = row.text("fact").unwrap_or("?");
    let rest = match (row.text("version"), row.text("is")) {
        (Some(version), _) => format!(" {version}"),
        (_, Some(value)) => format!(" = {value}"),
        _ => String::new(),
    };
    let absent = row.flag("present") == Some(false);
    if holds == absent {
        format!("no {fact}{rest}")
    } else {
        format!("{fact}{rest}")
    }
}

fn holds(row: Params<'_>, facts: &Facts) -> bool {
    let Some(fact) = row.text("fact") else {
        return false;
    };
    if let Some(name) = fact.strip_prefix("dist:") {
        return dist_holds(row, name, facts);
    }
    if let Some(callee) = fact.strip_prefix("call:") {
        let seen = facts.simulation.calls.iter().any(|c| c.callee == callee);
        return seen == row.flag("reached").unwrap_or(true);
    }
    if let Some(module) = fact.strip_prefix("imported:") {
        let prefix = format!("{module}.");
        let seen = facts
            .simulation
            .imports
            .iter()
            .any(|i| i.module == module || i.module.starts_with(&prefix));
        return seen == row.flag("present").unwrap_or(true);
    }
    if let Some(path) = fact.strip_prefix("file:") {
        let seen = facts
            .sources
            .keys()
            .any(|p| p == path || p.ends_with(&format!("/{path}")));
        return seen == row.flag("present").unwrap_or(true);
    }
    params::satisfies(row, value(fact, facts).as_deref())
}

fn dist_holds(row: Params<'_>, name: &str, facts: &Facts) -> bool {
    let present = row.flag("present").unwrap_or(true);
    match lookup::distribution(facts, name) {
        Some(dist) => {
            present
                && row
                    .text("version")
                    .is_none_or(|spec| lookup::satisfies(&dist.version, spec) == Some(true))
        }
        // Without an environment a declaration is the best that is known.
        None if !lookup::environment_known(facts) && !row.has("version") => {
            present == lookup::requirement_of(facts, name).is_some()
        }
        None => !present,
    }
}

fn value(fact: &str, facts: &Facts) -> Option<String> {
    let start = facts.project.start.as_ref();
    match fact {
        "start" => start.map(|s| s.command.clone()),
        "start.server" => start.map(|s| server_name(s.server).to_owned()),
        "start.source" => start.map(|s| s.origin.source.clone()),
        "start.reload" => start.map(|s| s.reload.to_string()),
        "start.worker_class" => start.and_then(|s| s.worker_class.clone()),
        "start.host" => start.and_then(|s| s.host.clone()),
        "db.url" => facts.simulation.urls.first().map(|u| u.consumer.clone()),
        "db.probed" => facts.ladder.as_ref().map(|l| l.endpoint.clone()),
        "python" => Some(format!(
            "{}.{}",
            facts.project.python.version.0, facts.project.python.version.1
        )),
        _ => None,
    }
}

/// Is there a fact of this name?
pub fn known_fact(name: &str) -> bool {
    FACTS.iter().any(|f| {
        if f.ends_with(':') {
            name.starts_with(f)
        } else {
            *f == name
        }
    })
}

/// Facts that [`value`] knows, and the prefixes of the others.
const FACTS: &[&str] = &[
    "dist:",
    "call:",
    "imported:",
    "file:",
    "start",
    "start.server",
    "start.source",
    "start.reload",
    "start.worker_class",
    "start.host",
    "db.url",
    "db.probed",
    "python",
];

/// Name of a server as check files write it.
pub fn server_name(server: Server) -> &'static str {
    match server {
        Server::Uvicorn => "uvicorn",
        Server::PythonMUvicorn => "python-m-uvicorn",
        Server::Gunicorn => "gunicorn",
        Server::Fastapi => "fastapi",
        Server::Hypercorn => "hypercorn",
        Server::Granian => "granian",
        Server::Python => "python",
        Server::PythonModule => "python-m",
        Server::Import => "import",
    }
}
