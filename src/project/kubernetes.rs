//! Kubernetes manifests: which container runs this backend, what its probes ask for, and which
//! variables it gets. Source: Kubernetes API reference, PodSpec v1 core.
//!
//! Knows manifests as they are applied. Templates (Helm, anything with `{{`) are left alone: what
//! they become is not known. A container counts as this backend only when there can be no other.

use std::collections::BTreeMap;

use super::command::Found;
use super::compose;
use super::files::Files;
use super::image::{EnvSet, Image, Run};
use super::yaml::{self, Node};
use crate::model::{Origin, PodContainer, PodProbe};

/// A container that runs this backend, with what was found for its start.
#[derive(Debug, Clone)]
pub(super) struct Pod {
    pub container: PodContainer,
    pub env: Vec<EnvSet>,
    /// Starts of its own `command` and `args`; empty when it runs what its image runs.
    pub found: Vec<Found>,
}

/// Kinds whose containers are kept running, with the way to the pod's own description.
const KINDS: [(&str, &[&str]); 5] = [
    ("Deployment", &["spec", "template", "spec"]),
    ("StatefulSet", &["spec", "template", "spec"]),
    ("DaemonSet", &["spec", "template", "spec"]),
    ("ReplicaSet", &["spec", "template", "spec"]),
    ("Pod", &["spec"]),
];

/// Images that certainly hold something else, by the last part of their name.
const OTHERS: &[&str] = &[
    "postgres",
    "postgresql",
    "pgbouncer",
    "mysql",
    "mariadb",
    "mongo",
    "redis",
    "valkey",
    "memcached",
    "rabbitmq",
    "kafka",
    "nginx",
    "httpd",
    "traefik",
    "caddy",
    "envoy",
    "haproxy",
    "busybox",
    "alpine",
    "node",
    "grafana",
    "prometheus",
    "loki",
    "jaeger",
    "elasticsearch",
    "opensearch",
    "kibana",
    "minio",
    "vault",
    "keycloak",
    "mailhog",
    "mailpit",
    "adminer",
    "pgadmin4",
    "cloud-sql-proxy",
    "oauth2-proxy",
    "fluent-bit",
    "fluentd",
];

/// Is this a file that may hold manifests?
pub(super) fn is_manifest(name: &str) -> bool {
    (name.ends_with(".yaml") || name.ends_with(".yml"))
        && !name.contains("compose")
        && !name.starts_with("values")
        && name != "chart.yaml"
}

/// The containers of these manifests that run the backend. `images` are the images that the
/// project builds and that start it.
pub(super) fn read(files: &mut Files, paths: &[String], images: &[Image]) -> Vec<Pod> {
    let mut all: Vec<Described> = Vec::new();
    let mut configs = BTreeMap::new();
    for path in paths {
        let Some(text) = files.text(path) else {
            continue;
        };
        let applied = text.contains("apiVersion:") && text.contains("kind:");
        if !applied || text.contains("{{") {
            continue;
        }
        // A manifest that cannot be read is nothing that this start depends on.
        let Ok(documents) = yaml::parse_all(&text) else {
            continue;
        };
        for document in &documents {
            describe(path, document, &mut all);
            config(path, document, &mut configs);
        }
    }
    let [image] = images else {
        // Without a build file of the backend, or with several, no container is certainly it.
        return Vec::new();
    };
    let mut repositories: Vec<&str> = all
        .iter()
        .filter(|d| !is_other(&d.repository))
        .map(|d| d.repository.as_str())
        .collect();
    repositories.sort_unstable();
    repositories.dedup();
    let [own] = repositories[..] else {
        return Vec::new();
    };
    let own = own.to_owned();
    let mut pods = Vec::new();
    for described in all.into_iter().filter(|d| d.repository == own) {
        pods.extend(pod(files, described, image, &configs));
    }
    pods
}

/// A container as written.
struct Described {
    path: String,
    node: Node,
    /// Image without tag and digest.
    repository: String,
    /// The pod uses the network of its node.
    host_network: bool,
}

fn at<'n>(node: &'n Node, way: &[&str]) -> Option<&'n Node> {
    way.iter().try_fold(node, |node, key| node.get(key))
}

fn describe(path: &str, document: &Node, out: &mut Vec<Described>) {
    // `kind: List` holds documents.
    for item in document.get("items").map(Node::items).unwrap_or_default() {
        describe(path, item, out);
    }
    let kind = document
        .get("kind")
        .and_then(Node::text)
        .unwrap_or_default();
    let Some((_, way)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        return;
    };
    let Some(spec) = at(document, way) else {
        return;
    };
    let host_network = at(spec, &["hostNetwork"]).and_then(Node::text) == Some("true");
    for node in spec.get("containers").map(Node::items).unwrap_or_default() {
        let image = node.get("image").and_then(Node::text).unwrap_or_default();
        out.push(Described {
            path: path.to_owned(),
            node: node.clone(),
            repository: repository(image).to_owned(),
            host_network,
        });
    }
}

/// `registry:5000/team/api:1.2@sha256:...` without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

fn is_other(repository: &str) -> bool {
    let last = repository.rsplit('/').next().unwrap_or(repository);
    OTHERS.contains(&last)
}

/// Literal data of a ConfigMap, by its name.
fn config(path: &str, document: &Node, out: &mut BTreeMap<String, Vec<EnvSet>>) {
    if document.get("kind").and_then(Node::text) != Some("ConfigMap") {
        return;
    }
    let Some(name) = at(document, &["metadata", "name"]).and_then(Node::text) else {
        return;
    };
    let data = document.get("data").map(Node::entries).unwrap_or_default();
    let sets = data.iter().filter_map(|(name, value)| {
        Some(EnvSet {
            name: name.clone(),
            value: value.text()?.to_owned(),
            origin: Origin::line(path, value.line),
        })
    });
    out.insert(name.to_owned(), sets.collect());
}

fn pod(
    files: &mut Files,
    described: Described,
    image: &Image,
    configs: &BTreeMap<String, Vec<EnvSet>>,
) -> Option<Pod> {
    let node = &described.node;
    let (env, env_open) = environment(&described.path, node, configs);
    let words = |key: &str| -> Vec<String> {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        items
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect()
    };
    let (entry, arguments) = (words("command"), words("args"));
    let own_command = !entry.is_empty() || !arguments.is_empty();
    let mut found = Vec::new();
    if own_command {
        let line = node.get("command").or(node.get("args")).map(|n| n.line);
        let origin = Origin {
            source: described.path.clone(),
            line,
        };
        found = started(files, image, entry, arguments, &env, origin);
        if found.is_empty() {
            // A worker, a migration, or something that is not understood.
            return None;
        }
    }
    let names = ports(node);
    let probes = ["startupProbe", "readinessProbe", "livenessProbe"]
        .into_iter()
        .filter_map(|kind| probe(kind, node.get(kind)?, &names))
        .collect();
    let name = node.get("name").and_then(Node::text).unwrap_or_default();
    let container = PodContainer {
        path: described.path.clone(),
        line: node.line,
        name: name.to_owned(),
        start: found.first().map(|f| f.start.clone()),
        probes,
        variables: env.iter().map(|set| set.name.clone()).collect(),
        variables_open: env_open,
        host_network: described.host_network,
    };
    Some(Pod {
        container,
        env,
        found,
    })
}

/// `command` replaces the entry point of the image and drops its command; `args` replace the
/// command alone.
fn started(
    files: &mut Files,
    image: &Image,
    entry: Vec<String>,
    arguments: Vec<String>,
    env: &[EnvSet],
    origin: Origin,
) -> Vec<Found> {
    let run = |words: Vec<String>| {
        (!words.is_empty()).then(|| Run {
            words,
            shell: false,
            line: origin.line.unwrap_or(1),
        })
    };
    let mut image = image.clone();
    if entry.is_empty() {
        image.command = run(arguments);
    } else {
        image.entrypoint = run(entry);
        image.command = run(arguments);
    }
    compose::image_starts(files, &image, env, Some(origin))
}

/// Variables, and whether there may be more than are named.
fn environment(
    path: &str,
    node: &Node,
    configs: &BTreeMap<String, Vec<EnvSet>>,
) -> (Vec<EnvSet>, bool) {
    let mut env = Vec::new();
    let mut open = false;
    for from in node.get("envFrom").map(Node::items).unwrap_or_default() {
        let name = at(from, &["configMapRef", "name"]).and_then(Node::text);
        let prefix = from.get("prefix").and_then(Node::text).unwrap_or_default();
        match name.and_then(|name| configs.get(name)) {
            Some(sets) => env.extend(sets.iter().cloned().map(|mut set| {
                set.name.insert_str(0, prefix);
                set
            })),
            None => open = true,
        }
    }
    for item in node.get("env").map(Node::items).unwrap_or_default() {
        let Some(name) = item.get("name").and_then(Node::text) else {
            continue;
        };
        let value = match item.get("value") {
            Some(value) => value.text().unwrap_or_default().to_owned(),
            None if item.get("valueFrom").is_none() => String::new(),
            // Set, but only where it runs: written as a reference, which nobody resolves here.
            None => format!("$({name})"),
        };
        env.push(EnvSet {
            name: name.to_owned(),
            value,
            origin: Origin::line(path, item.line),
        });
    }
    (env, open)
}

/// Named ports of a container.
fn ports(node: &Node) -> BTreeMap<String, u16> {
    let items = node.get("ports").map(Node::items).unwrap_or_default();
    let named = items.iter().filter_map(|port| {
        let number = port.get("containerPort")?.text()?.parse().ok()?;
        Some((port.get("name")?.text()?.to_owned(), number))
    });
    named.collect()
}

/// A probe over HTTP or TCP; other kinds run something that is not known here.
fn probe(kind: &str, node: &Node, names: &BTreeMap<String, u16>) -> Option<PodProbe> {
    let (asked, http) = match (node.get("httpGet"), node.get("tcpSocket")) {
        (Some(asked), _) => (asked, true),
        (None, Some(asked)) => (asked, false),
        (None, None) => return None,
    };
    // Another host is another server; TLS ends before this backend.
    let elsewhere = asked.get("host").is_some()
        || asked
            .get("scheme")
            .and_then(Node::text)
            .is_some_and(|s| s != "HTTP");
    if elsewhere {
        return None;
    }
    let port = asked.get("port")?;
    let written = port.text()?;
    let path = asked.get("path");
    Some(PodProbe {
        kind: kind.to_owned(),
        path: http.then(|| path.and_then(Node::text).unwrap_or("/").to_owned()),
        path_line: path.map_or(asked.line, |path| path.line),
        port: written.parse().ok().or_else(|| names.get(written).copied()),
        port_line: port.line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_lose_tag_and_digest() {
        for (image, name) in [
            ("api:1.2", "api"),
            ("registry:5000/team/api", "registry:5000/team/api"),
            (
                "registry:5000/team/api:1@sha256:00",
                "registry:5000/team/api",
            ),
            ("ghcr.io/o/api@sha256:00", "ghcr.io/o/api"),
        ] {
            assert_eq!(repository(image), name);
        }
        assert!(is_other("docker.io/library/postgres"));
        assert!(!is_other("ghcr.io/o/api"));
    }

    #[test]
    fn files_of_charts_and_compose_are_no_manifests() {
        for (name, expected) in [
            ("deployment.yaml", true),
            ("docker-compose.yml", false),
            ("values.yaml", false),
            ("readme.md", false),
        ] {
            assert_eq!(is_manifest(name), expected, "{name}");
        }
    }
}
