//! `server`: the start command against what is installed and what a socket takes.
//!
//! ```text
//! find = "extra"         an option asks for a package that is not installed (--loop uvloop)
//!      | "worker-class"  the worker class of gunicorn comes from a package that is not installed
//!      | "not-declared"  the server itself is neither installed nor declared
//!      | "address"       a host or port that no socket takes
//!      | "websocket"     WebSocket routes, and no library that speaks the protocol
//!      | "not-callable"  what the server serves is nothing that it can call
//! ```

use crate::model::{Facts, Place, Server as Kind, Start};

use super::container;
use super::hit::Hit;
use super::lookup;
use super::params::Params;
use super::{Context, Detector, Verdict, usage};

/// See the module head.
#[derive(Debug)]
pub struct Server;

const FINDS: [&str; 6] = [
    "extra",
    "worker-class",
    "not-declared",
    "address",
    "websocket",
    "not-callable",
];

/// Option of uvicorn, its value, the module that the value needs.
const EXTRAS: &[(&str, &str, &str)] = &[
    ("--loop", "uvloop", "uvloop"),
    ("--http", "httptools", "httptools"),
    ("--ws", "websockets", "websockets"),
    ("--ws", "websockets-sansio", "websockets"),
    ("--ws", "wsproto", "wsproto"),
];

impl Detector for Server {
    fn kind(&self) -> &'static str {
        "server"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "server", "command", "source", "name", "option", "host", "port", "route",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        params.one_of("find", &FINDS)
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let Some(start) = &facts.project.start else {
            return Verdict::NotApplicable {
                because: "no start command was found".to_owned(),
            };
        };
        let find = params.text("find").unwrap_or_default();
        if find != "address" && facts.project.distributions.is_empty() {
            return Verdict::NotApplicable {
                because: "no installed packages are known".to_owned(),
            };
        }
        let hit = match find {
            "extra" => extra(facts, start),
            "worker-class" => worker_class(facts, start),
            "not-declared" => not_declared(facts, start),
            "address" => address(facts, start),
            "websocket" => websocket(facts, start),
            "not-callable" => not_callable(facts, start),
            _ => None,
        };
        Verdict::of(hit.into_iter().collect())
    }
}

/// Value of an option of the command line, `--name value` or `--name=value`.
fn option<'c>(command: &'c str, name: &str) -> Option<&'c str> {
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        if word == name {
            return words.next();
        }
        if let Some(value) = word.strip_prefix(name).and_then(|w| w.strip_prefix('=')) {
            return Some(value);
        }
    }
    None
}

fn is_uvicorn(start: &Start) -> bool {
    matches!(start.server, Kind::Uvicorn | Kind::PythonMUvicorn)
}

fn extra(facts: &Facts, start: &Start) -> Option<Hit> {
    if !is_uvicorn(start) {
        return None;
    }
    let (name, value, module) = EXTRAS
        .iter()
        .find(|(name, value, _)| option(&start.command, name) == Some(*value))?;
    (!lookup::module_installed(facts, module)).then(|| {
        let mut hit = container::base(facts, start);
        hit.set("option", format!("{name} {value}"))
            .set("name", module);
        hit
    })
}

/// gunicorn loads the class by its dotted path; its own classes need packages, too.
fn worker_class(facts: &Facts, start: &Start) -> Option<Hit> {
    if start.server != Kind::Gunicorn {
        return None;
    }
    let class = start.worker_class.as_deref()?;
    let module = match class {
        "gevent" | "eventlet" | "tornado" => class,
        "sync" | "gthread" => return None,
        class => class.split('.').next().filter(|_| class.contains('.'))?,
    };
    let own = |path: &String| {
        let top = path.split('/').find(|part| !part.is_empty());
        top.is_some_and(|t| t.trim_end_matches(".py") == module)
    };
    // As deployed, and before the first installation, packages are known by name alone.
    let dist = module.replace('_', "-");
    let project = &facts.project;
    let named = project.distributions.contains_key(&dist)
        || project.locked.contains_key(&dist)
        || lookup::requirement_of_any_group(facts, &dist).is_some();
    let here = named || module == "gunicorn" || project.python_files.iter().any(own);
    (!here && !lookup::module_installed(facts, module)).then(|| {
        let mut hit = container::base(facts, start);
        hit.set("option", class).set("name", module);
        hit
    })
}

/// Nothing asks for the server: neither the environment nor a dependency file has it.
fn not_declared(facts: &Facts, start: &Start) -> Option<Hit> {
    let dist = match start.server {
        Kind::Uvicorn | Kind::PythonMUvicorn => "uvicorn",
        Kind::Gunicorn => "gunicorn",
        Kind::Hypercorn => "hypercorn",
        Kind::Granian => "granian",
        _ => return None,
    };
    // Without a complete list of what is asked for, something unseen may bring it.
    let declares = facts.project.requirements.iter().any(|r| !r.constraint);
    let brings = facts
        .project
        .requirements
        .iter()
        .any(|r| r.name == "fastapi" && !r.extras.is_empty() || r.name == "fastapi-cli");
    let known = facts.project.distributions.contains_key(dist)
        || facts.project.locked.contains_key(dist)
        || lookup::requirement_of_any_group(facts, dist).is_some()
        || lookup::module_installed(facts, dist);
    (declares && !brings && !known).then(|| {
        let mut hit = container::base(facts, start);
        hit.set("name", dist);
        hit
    })
}

fn address(facts: &Facts, start: &Start) -> Option<Hit> {
    let host = start.host.as_deref().unwrap_or_default();
    let port = start.port.as_deref().unwrap_or_default();
    let open = |text: &str| text.contains('$');
    let bad_host = !open(host) && (host.contains("://") || host.contains('/'));
    let bad_port = port.parse::<u32>().is_ok_and(|p| p > u32::from(u16::MAX));
    // gunicorn binds to `unix:/path` as well.
    let judged = is_uvicorn(start) || start.server == Kind::Fastapi;
    (judged && (bad_host || bad_port)).then(|| {
        let mut hit = container::base(facts, start);
        hit.set("host", if host.is_empty() { "the default" } else { host })
            .set("port", if port.is_empty() { "the default" } else { port });
        hit
    })
}

fn websocket(facts: &Facts, start: &Start) -> Option<Hit> {
    if !is_uvicorn(start) {
        return None;
    }
    let speaks = ["websockets", "wsproto"]
        .iter()
        .any(|module| lookup::module_installed(facts, module));
    if speaks {
        return None;
    }
    let app = facts.simulation.routers.get(facts.simulation.app?)?;
    let route = app
        .routes
        .iter()
        .find(|r| r.methods.iter().any(|m| m == "WEBSOCKET"))?;
    let mut hit = container::base(facts, start);
    if let Some(place) = &route.place {
        hit.place = Some(place.clone());
    }
    hit.set("route", &route.path);
    Some(hit)
}

/// uvicorn begins to serve whatever it imported, and calls it for each request.
fn not_callable(facts: &Facts, start: &Start) -> Option<Hit> {
    let kind = facts.simulation.not_callable.as_ref()?;
    let mut hit = container::base(facts, start);
    let attr = start.attr.as_deref().unwrap_or("app");
    let mut imports = facts.simulation.imports.iter();
    if let Some(module) = imports.find(|i| i.module == start.module)
        && let Some(source) = facts.sources.get(&module.file)
    {
        hit.place = Some(match usage::last_assignment(source.text(), attr) {
            Some(span) => source.place(span),
            None => Place::line(module.file.clone(), 1),
        });
    }
    hit.set("name", format!("{}:{attr}", start.module))
        .set("option", kind);
    Some(hit)
}

#[cfg(test)]
mod tests {
    use super::option;

    #[test]
    fn options_are_found_in_both_spellings() {
        let command = "uvicorn app.main:app --loop uvloop --ws=wsproto --port";
        assert_eq!(option(command, "--loop"), Some("uvloop"));
        assert_eq!(option(command, "--ws"), Some("wsproto"));
        assert_eq!(option(command, "--http"), None);
        assert_eq!(option(command, "--port"), None);
    }
}
