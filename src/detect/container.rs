//! `start`: the start command and the files that hold it, read as a platform reads them.
//!
//! ```text
//! find = "loopback"          bound to 127.0.0.1 inside a container
//!      | "reload"            development reload in a deployed start command
//!      | "wsgi-worker"       gunicorn serves an ASGI application with its own worker
//!      | "port"              the container file exposes or publishes another port
//!      | "unexpanded"        a variable in an exec-form command, which no shell expands
//!      | "health-tool"       the health check calls a program that the image lacks
//!      | "health-path"       the health check asks for a path that no route serves
//!      | "platform-port"     the platform says in PORT where it looks, the command ignores it
//!      | "probe-port"        a probe of Kubernetes asks a port that the server does not bind
//!      | "localhost-database" the database is looked for inside the container
//! ```

use crate::knowledge::dburl;
use crate::model::{Facts, Place, Server, Source, Start};

use super::dockerfile::{self, Image};
use super::hit::Hit;
use super::lookup::line_place;
use super::params::Params;
use super::pods;
use super::routes;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct StartLine;

const FINDS: [&str; 10] = [
    "loopback",
    "reload",
    "wsgi-worker",
    "port",
    "unexpanded",
    "health-tool",
    "health-path",
    "platform-port",
    "probe-port",
    "localhost-database",
];

impl Detector for StartLine {
    fn kind(&self) -> &'static str {
        "start"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "host",
            "port",
            "other.port",
            "server",
            "variable",
            "tool",
            "image",
            "path",
            "command",
            "source",
            "probe",
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
        match find {
            "loopback" => one(loopback(facts, start)),
            "reload" => one(reload(facts, start)),
            "wsgi-worker" => one(wsgi_worker(facts, start)),
            "platform-port" => one(platform_port(facts, start)),
            "localhost-database" => one(localhost_database(facts, start)),
            "port" => over_images(facts, |path, image| port(facts, start, path, image)),
            "unexpanded" => over_images(facts, |path, image| unexpanded(facts, path, image)),
            "health-tool" => over_images(facts, |path, image| health_tool(facts, path, image)),
            "health-path" => {
                let asked = over_images(facts, |path, image| health_path(facts, path, image));
                asked.with(pods::paths(facts))
            }
            "probe-port" => pods::ports(facts, start),
            _ => Verdict::Clear,
        }
    }
}

fn one(hit: Option<Hit>) -> Verdict {
    Verdict::of(hit.into_iter().collect())
}

fn over_images(facts: &Facts, look: impl Fn(&str, &Image) -> Option<Hit>) -> Verdict {
    let files: Vec<(&String, &Source)> = facts
        .sources
        .iter()
        .filter(|(path, _)| is_dockerfile(path))
        .collect();
    if files.is_empty() {
        return Verdict::NotApplicable {
            because: "no Dockerfile".to_owned(),
        };
    }
    Verdict::of(
        files
            .into_iter()
            .filter_map(|(path, source)| look(path, &dockerfile::last_stage(source.text())))
            .collect(),
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_dockerfile(path: &str) -> bool {
    let name = file_name(path);
    name == "Dockerfile"
        || name == "Containerfile"
        || name.starts_with("Dockerfile.")
        || name.ends_with(".Dockerfile")
}

fn is_compose(path: &str) -> bool {
    let name = file_name(path);
    (name.starts_with("compose") || name.starts_with("docker-compose"))
        && (name.ends_with(".yml") || name.ends_with(".yaml"))
}

fn in_container(start: &Start) -> bool {
    is_dockerfile(&start.origin.source) || is_compose(&start.origin.source)
}

/// The start command where it is written, else the command line.
fn start_place(facts: &Facts, start: &Start) -> Option<Place> {
    let line = start.origin.line?;
    Some(line_place(facts, &start.origin.source, line))
}

pub(super) fn base(facts: &Facts, start: &Start) -> Hit {
    let mut hit = Hit {
        place: start_place(facts, start),
        ..Hit::default()
    };
    hit.set("command", &start.command)
        .set("source", &start.origin.source);
    hit.set("server", super::conditions::server_name(start.server));
    hit
}

/// The whole file says that the container shares the host's network.
fn host_network(facts: &Facts) -> bool {
    facts
        .sources
        .iter()
        .any(|(path, source)| is_compose(path) && source.text().contains("network_mode: host"))
}

fn loopback(facts: &Facts, start: &Start) -> Option<Hit> {
    if !in_container(start) || host_network(facts) {
        return None;
    }
    let host = match &start.host {
        Some(host) => host.as_str(),
        // Defaults of the servers; `fastapi run` listens on all interfaces.
        None => match start.server {
            Server::Uvicorn
            | Server::PythonMUvicorn
            | Server::Gunicorn
            | Server::Hypercorn
            | Server::Granian => "127.0.0.1",
            Server::Fastapi if start.command.contains(" dev") => "127.0.0.1",
            _ => return None,
        },
    };
    // gunicorn and hypercorn may read their binding from a file or the environment.
    let elsewhere = [" -c ", " --config", "GUNICORN_CMD_ARGS", "UVICORN_HOST"]
        .iter()
        .any(|w| start.command.contains(w))
        || ["GUNICORN_CMD_ARGS", "UVICORN_HOST", "GRANIAN_HOST"]
            .iter()
            .any(|v| facts.project.env.contains_key(*v))
        || (start.server == Server::Gunicorn
            && (facts.project.env.contains_key("PORT")
                || facts.project.env.contains_key("WEB_CONCURRENCY")));
    let written = start.host.is_some();
    if !matches!(host, "127.0.0.1" | "localhost" | "::1") || (!written && elsewhere) {
        return None;
    }
    let mut hit = base(facts, start);
    hit.set("host", host);
    Some(hit)
}

fn deployed(start: &Start) -> bool {
    let name = file_name(&start.origin.source);
    in_container(start)
        || matches!(
            name,
            "Procfile" | "railway.toml" | "render.yaml" | "fly.toml" | "app.yaml"
        )
        || name.ends_with(".service")
}

fn reload(facts: &Facts, start: &Start) -> Option<Hit> {
    let dev_file = ["dev", "local", "override", "test"]
        .iter()
        .any(|w| file_name(&start.origin.source).contains(w));
    (start.reload && deployed(start) && !dev_file && !is_compose(&start.origin.source))
        .then(|| base(facts, start))
}

fn wsgi_worker(facts: &Facts, start: &Start) -> Option<Hit> {
    let app = facts
        .simulation
        .app
        .and_then(|i| facts.simulation.routers.get(i))?;
    let plain = start
        .worker_class
        .as_deref()
        .is_none_or(|class| matches!(class, "sync" | "gthread" | "gevent" | "eventlet"));
    let elsewhere = start.command.contains("GUNICORN_CMD_ARGS")
        || facts.project.env.contains_key("GUNICORN_CMD_ARGS");
    (start.server == Server::Gunicorn && app.is_app && plain && !elsewhere).then(|| {
        let mut hit = base(facts, start);
        hit.set("tool", start.worker_class.as_deref().unwrap_or("sync"));
        hit
    })
}

fn localhost_database(facts: &Facts, start: &Start) -> Option<Hit> {
    if !in_container(start) || host_network(facts) {
        return None;
    }
    facts.simulation.urls.iter().find_map(|fact| {
        let url = dburl::parse(fact.url.expose())?;
        let host = url.host.as_deref()?;
        if !matches!(host, "localhost" | "127.0.0.1" | "::1") || url.dialect == "sqlite" {
            return None;
        }
        let origin = fact.origin.as_ref();
        // A value that deployment replaces is not what the container will see.
        let overridden = origin
            .and_then(|o| o.variable.as_ref())
            .is_some_and(|_| origin.is_some_and(|o| file_name(&o.path).starts_with(".env")))
            && !facts.sources.keys().any(|p| is_compose(p));
        if overridden {
            return None;
        }
        let mut hit = base(facts, start);
        hit.place = Some(match origin {
            Some(o) if facts.sources.contains_key(&o.path) => line_place(facts, &o.path, o.line),
            _ => fact.call.clone(),
        });
        hit.anchor = Some(fact.call.clone());
        hit.set("host", host);
        Some(hit)
    })
}

/// Heroku and its like put the port that they probe into `PORT`; uvicorn, hypercorn and granian
/// do not read that variable, gunicorn does.
fn platform_port(facts: &Facts, start: &Start) -> Option<Hit> {
    let ignores = matches!(
        start.server,
        Server::Uvicorn | Server::PythonMUvicorn | Server::Hypercorn | Server::Granian
    );
    let reads = start.command.contains("PORT")
        || ["PORT", "UVICORN_PORT", "GRANIAN_PORT"]
            .iter()
            .any(|v| facts.project.env.contains_key(*v));
    let procfile = file_name(&start.origin.source) == "Procfile";
    // A socket or a configuration file may say the port elsewhere.
    let elsewhere = ["--uds", "--fd", "--config", " -c ", "--bind", " -b "]
        .iter()
        .any(|option| start.command.contains(option));
    (procfile && ignores && !reads && !elsewhere).then(|| {
        let mut hit = base(facts, start);
        hit.set("port", start.port.as_deref().unwrap_or("8000"))
            .set("host", start.host.as_deref().unwrap_or("127.0.0.1"));
        hit
    })
}

fn port(facts: &Facts, start: &Start, path: &str, image: &Image) -> Option<Hit> {
    if start.origin.source != path {
        return None;
    }
    // A port from a variable is the platform's to choose; the reader shows its default only.
    if image
        .of("CMD")
        .chain(image.of("ENTRYPOINT"))
        .any(|i| i.text.contains('$'))
    {
        return None;
    }
    let bound: u16 = start.port.as_deref()?.parse().ok()?;
    let exposed: Vec<(u16, u32)> = image
        .of("EXPOSE")
        .flat_map(|i| {
            i.text
                .split_whitespace()
                .filter_map(|w| w.split('/').next()?.parse().ok())
                .map(move |port| (port, i.line))
        })
        .collect();
    if exposed.is_empty() || exposed.iter().any(|(port, _)| *port == bound) {
        return None;
    }
    let (other, line) = exposed[0];
    let mut hit = base(facts, start);
    hit.place = Some(line_place(facts, path, line));
    hit.set("port", bound.to_string())
        .set("other.port", other.to_string());
    hit.because("the server binds its port here", start_place(facts, start));
    Some(hit)
}

fn unexpanded(facts: &Facts, path: &str, image: &Image) -> Option<Hit> {
    let instruction = image.of("CMD").last()?;
    let words = dockerfile::exec_form(&instruction.text)?;
    let shell = words
        .first()
        .is_some_and(|w| matches!(file_name(w), "sh" | "bash" | "ash" | "dash"));
    // An entry point may expand its arguments.
    if shell || image.of("ENTRYPOINT").next().is_some() {
        return None;
    }
    let word = words.iter().find(|w| w.contains('$'))?;
    let name: String = word[word.find('$')? + 1..]
        .trim_start_matches('{')
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    if name.is_empty() {
        return None;
    }
    let mut hit = Hit::at(line_place(facts, path, instruction.line));
    hit.set("variable", name)
        .set("command", words.join(" "))
        .set("source", path);
    Some(hit)
}

fn health_tool(facts: &Facts, path: &str, image: &Image) -> Option<Hit> {
    let check = image.of("HEALTHCHECK").last()?;
    let tool = ["curl", "wget"].into_iter().find(|t| {
        check
            .text
            .split([' ', '"', '[', ']', ',', '|', ';'])
            .any(|w| file_name(w) == *t)
    })?;
    let from = image.from.as_deref()?;
    let name = from.split('@').next().unwrap_or(from);
    // Only the official images are known: `python:3.12-slim` has neither, Alpine has wget, the
    // full image has both.
    let official =
        name == "python" || name.starts_with("python:") || name.contains("/library/python:");
    let lacks = name.contains("slim") || (name.contains("alpine") && tool == "curl");
    let installed = image
        .of("RUN")
        .chain(image.of("COPY"))
        .any(|i| i.text.contains(tool));
    if !official || !lacks || installed {
        return None;
    }
    let mut hit = Hit::at(line_place(facts, path, check.line));
    hit.set("tool", tool).set("image", from).set("source", path);
    Some(hit)
}

fn health_path(facts: &Facts, path: &str, image: &Image) -> Option<Hit> {
    let check = image.of("HEALTHCHECK").last()?;
    let at = check.text.find("://")?;
    let rest = &check.text[at + 3..];
    let host_end = rest.find(['/', ' ', '"', '\'', ')'])?;
    if !rest[..host_end].starts_with("localhost") && !rest[..host_end].starts_with("127.0.0.1") {
        return None;
    }
    let asked: String = rest[host_end..]
        .chars()
        .take_while(|c| !matches!(c, ' ' | '"' | '\'' | ')' | '?' | '|' | ';' | '$'))
        .collect();
    let asked = if asked.is_empty() {
        "/".to_owned()
    } else {
        asked
    };
    if routes::serves(facts, &asked) != Some(false) {
        return None;
    }
    let mut hit = Hit::at(line_place(facts, path, check.line));
    hit.set("path", &asked).set("source", path);
    Some(hit)
}
