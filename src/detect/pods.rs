//! Probes of Kubernetes against the routes and the port of the backend that they ask.
//!
//! Silent where a template, a variable or another container leaves a doubt.

use crate::knowledge::build_file::is_build_file;
use crate::model::{Facts, Place, PodContainer, PodProbe, Server, Start};

use super::hit::Hit;
use super::lookup::line_place;
use super::{Verdict, routes};

/// Probes that ask for a path which the application certainly does not serve.
pub fn paths(facts: &Facts) -> Vec<Hit> {
    let mut hits = Vec::new();
    for pod in own(facts) {
        for probe in &pod.probes {
            let Some(path) = &probe.path else { continue };
            let asked = path.split(['?', '#']).next().unwrap_or_default();
            if asked.contains('$') || !asked.starts_with('/') || served(facts, asked) {
                continue;
            }
            let mut hit = Hit::at(place(facts, pod, probe.path_line));
            hit.set("path", asked)
                .set("source", &pod.path)
                .set("probe", &probe.kind);
            hits.push(hit);
        }
    }
    hits
}

/// Pods of the application that was simulated: another one may be started beside it.
fn own(facts: &Facts) -> impl Iterator<Item = &PodContainer> {
    let start = facts.project.start.as_ref();
    facts.project.pods.iter().filter(move |pod| {
        let other = |own: &Start| {
            start.is_none_or(|start| (&start.module, &start.attr) != (&own.module, &own.attr))
        };
        !pod.start.as_ref().is_some_and(other)
    })
}

/// Does it answer, or is that not known? With a root path it also answers below that.
fn served(facts: &Facts, path: &str) -> bool {
    if routes::serves(facts, path) != Some(false) {
        return true;
    }
    let simulation = &facts.simulation;
    let app = simulation.app.and_then(|i| simulation.routers.get(i));
    let root = app.map(|app| app.root_path.as_str()).unwrap_or_default();
    let commands = facts.project.start.iter().map(|s| s.command.as_str());
    let pods = facts.project.pods.iter().filter_map(|p| p.start.as_ref());
    let given = commands
        .chain(pods.map(|s| s.command.as_str()))
        .any(|command| command.contains("root-path"))
        || facts
            .project
            .env
            .keys()
            .any(|name| name.ends_with("ROOT_PATH"));
    let below = match root.trim_end_matches('/') {
        "" => false,
        root => path
            .strip_prefix(root)
            .is_some_and(|rest| routes::serves(facts, rest) != Some(false)),
    };
    given || below
}

/// Probes that ask a port which the server does not bind.
pub fn ports(facts: &Facts, start: &Start) -> Verdict {
    if facts.project.pods.is_empty() {
        return Verdict::NotApplicable {
            because: "no Kubernetes manifest of this backend".to_owned(),
        };
    }
    let mut hits = Vec::new();
    for pod in own(facts) {
        let Some(bound) = bound(facts, pod, start) else {
            continue;
        };
        for probe in &pod.probes {
            let Some(asked) = probe.port.filter(|port| *port != bound) else {
                continue;
            };
            hits.push(hit(facts, pod, probe, start, (bound, asked)));
        }
    }
    Verdict::of(hits)
}

fn hit(
    facts: &Facts,
    pod: &PodContainer,
    probe: &PodProbe,
    start: &Start,
    (bound, asked): (u16, u16),
) -> Hit {
    let start = pod.start.as_ref().unwrap_or(start);
    let mut hit = Hit::at(place(facts, pod, probe.port_line));
    hit.set("port", bound.to_string())
        .set("other.port", asked.to_string())
        .set("probe", &probe.kind)
        .set("command", &start.command)
        .set("source", &pod.path);
    let line = start.origin.line;
    let here = line.map(|line| line_place(facts, &start.origin.source, line));
    hit.because("the server binds its port here", here);
    hit
}

/// The port that the container binds, where nothing but the command line decides it.
fn bound(facts: &Facts, pod: &PodContainer, start: &Start) -> Option<u16> {
    let start = match &pod.start {
        Some(own) => own,
        // What the image starts: the start of the audit, when it was read from a build file.
        None => Some(start).filter(|s| is_build_file(&s.origin.source))?,
    };
    // A variable is the cluster's to set; the reader of the command shows its default only.
    let source = facts.sources.get(&start.origin.source)?;
    let variable = start.command.contains('$') || written_with_variable(source.text(), start);
    if variable || pod.variables_open {
        return None;
    }
    if let Some(written) = &start.port {
        return written.parse().ok();
    }
    let named = |name: &str| {
        pod.variables.iter().any(|v| v == name) || facts.project.env.contains_key(name)
    };
    let uvicorn = matches!(start.server, Server::Uvicorn | Server::PythonMUvicorn);
    let socket = [" --fd", " --uds"]
        .iter()
        .any(|o| start.command.contains(o));
    // The default of uvicorn; other servers read files and more variables.
    (uvicorn && !socket && !named("UVICORN_PORT")).then_some(8000)
}

/// Did the line of the start hold a `$` before its variables were put in?
fn written_with_variable(text: &str, start: &Start) -> bool {
    let Some(line) = start.origin.line else {
        return true;
    };
    // An instruction may go on behind a backslash, a list of a manifest over several lines.
    let rest = text.lines().skip(line.saturating_sub(1) as usize);
    rest.take(12).any(|line| line.contains('$'))
}

fn place(facts: &Facts, pod: &PodContainer, line: u32) -> Place {
    line_place(facts, &pod.path, line)
}
