//! Compose files (versions 1, 2, 3 and the compose specification): services that start a backend.

use std::collections::BTreeMap;

use super::command::{self, Context, Found};
use super::dockerfile::{self, Build};
use super::files::Files;
use super::image::{Copy, EnvSet, Image, Run};
use super::yaml::{self, Node};
use super::{paths, scripts, shell};
use crate::model::Origin;

/// A service and the image it runs.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub image: Option<Image>,
    /// Environment of the service, later entries win.
    pub env: Vec<EnvSet>,
    pub found: Vec<Found>,
}

/// The services of a compose file that run something built here or started here.
pub(super) fn read(files: &mut Files, path: &str) -> Vec<Service> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let document = match yaml::parse(&text) {
        Ok(Some(document)) => document,
        Ok(None) => return Vec::new(),
        Err((line, why)) => {
            files.problem(path, Some(line), &format!("malformed YAML: {why}"));
            return Vec::new();
        }
    };
    let variables = project_variables(files, path);
    let services = document.get("services").unwrap_or(&document);
    services
        .entries()
        .iter()
        .filter_map(|(_, node)| service(files, path, node, services, &variables))
        .collect()
}

/// `.env` beside the compose file fills `${NAME}` in it.
fn project_variables(files: &mut Files, path: &str) -> BTreeMap<String, String> {
    let dotenv = paths::join(paths::parent(path), ".env");
    if !files.is_file(&dotenv) {
        return BTreeMap::new();
    }
    scripts::env_file(files, &dotenv)
        .into_iter()
        .map(|s| (s.name, s.value))
        .collect()
}

fn service(
    files: &mut Files,
    path: &str,
    node: &Node,
    services: &Node,
    variables: &BTreeMap<String, String>,
) -> Option<Service> {
    let dir = paths::parent(path).to_owned();
    // `extends` inside the same file.
    let parent = node
        .get("extends")
        .and_then(|e| e.text().or_else(|| e.get("service")?.text()))
        .and_then(|parent| services.get(parent));
    let get = |key: &str| node.get(key).or_else(|| parent.and_then(|p| p.get(key)));
    let build = get("build").map(|b| build_of(b, &dir, variables));
    let mut image = build.as_ref().and_then(|(build, file)| {
        let file = paths::join(&build.context, file);
        dockerfile::read(files, &file, build)
    });
    if let Some(image) = &mut image {
        for volume in get("volumes").map(Node::items).unwrap_or_default() {
            mount(files, image, volume, &dir);
        }
        if let Some(workdir) = get("working_dir").and_then(Node::text) {
            image.workdir = paths::clean(workdir);
        }
        if let Some(entrypoint) = get("entrypoint") {
            image.entrypoint = run_of(entrypoint, variables);
            image.command = None;
        }
        if let Some(command) = get("command") {
            image.command = run_of(command, variables);
        }
    }
    let mut env = Vec::new();
    for file in get("env_file").map(texts).unwrap_or_default() {
        env.extend(scripts::env_file(files, &paths::join(&dir, &file)));
    }
    if let Some(environment) = get("environment") {
        env.extend(environment_of(environment, path, variables));
    }
    let found = starts(
        files,
        path,
        image.as_ref(),
        get("command"),
        &env,
        &dir,
        variables,
    );
    let relevant = image.is_some() || !found.is_empty();
    relevant.then_some(Service { image, env, found })
}

/// The starts of an image with this environment.
fn starts(
    files: &mut Files,
    path: &str,
    image: Option<&Image>,
    command: Option<&Node>,
    env: &[EnvSet],
    dir: &str,
    variables: &BTreeMap<String, String>,
) -> Vec<Found> {
    let origin = Origin {
        source: path.to_owned(),
        line: command.map(|c| c.line),
    };
    if let Some(image) = image {
        return image_starts(files, image, env, command.map(|_| origin));
    }
    // No build file: the image is foreign, the command may still start what is mounted.
    let Some(run) = command.and_then(|c| run_of(c, variables)) else {
        return Vec::new();
    };
    let mut context = Context::new(dir, origin);
    context.exact = false;
    env.iter().cloned().for_each(|s| context.set(s));
    run_words(files, &run, &context)
}

/// The starts of an image: entry point with command.
pub(super) fn image_starts(
    files: &mut Files,
    image: &Image,
    env: &[EnvSet],
    origin: Option<Origin>,
) -> Vec<Found> {
    let (dir, exact) = image
        .host_path(&image.workdir)
        .unwrap_or((image.context.clone(), false));
    let own_line = image
        .command
        .as_ref()
        .or(image.entrypoint.as_ref())
        .map(|r| r.line);
    let origin = origin.unwrap_or_else(|| Origin {
        source: image.file.clone(),
        line: own_line,
    });
    let mut context = Context::new(&dir, origin).in_image(image);
    context.exact = exact && !image.open;
    env.iter().cloned().for_each(|s| context.set(s));
    let mut found = entry_with_command(files, image, &context);
    for set in found.iter_mut().flat_map(|f| &mut f.env) {
        if set.name == "PYTHONPATH" {
            set.value = image.search_path(&files.base, &set.value);
        }
    }
    found
}

/// An exec entry point gets the command as its arguments; a shell entry point ignores it.
fn entry_with_command(files: &mut Files, image: &Image, context: &Context) -> Vec<Found> {
    match (&image.entrypoint, &image.command) {
        (Some(entry), command) if !entry.shell => {
            let mut words = entry.words.clone();
            match command {
                Some(command) if command.shell => words.extend([
                    "/bin/sh".to_owned(),
                    "-c".to_owned(),
                    command.words.join(" "),
                ]),
                Some(command) => words.extend(command.words.iter().cloned()),
                None => {}
            }
            command::read_words(files, &words, context)
        }
        (Some(entry), _) => run_words(files, entry, context),
        (None, Some(command)) => run_words(files, command, context),
        (None, None) => Vec::new(),
    }
}

fn run_words(files: &mut Files, run: &Run, context: &Context) -> Vec<Found> {
    if run.shell {
        command::read(files, &run.words.join(" "), context)
    } else {
        command::read_words(files, &run.words, context)
    }
}

/// `build: dir` and `build: {context, dockerfile, target, args}`.
fn build_of(node: &Node, dir: &str, variables: &BTreeMap<String, String>) -> (Build, String) {
    let text = |key: &str| {
        node.get(key)
            .and_then(Node::text)
            .map(|t| shell::expand(t, variables))
    };
    let context = match node.text() {
        Some(context) => shell::expand(context, variables),
        None => text("context").unwrap_or_else(|| ".".into()),
    };
    let args = node
        .get("args")
        .map(|a| pairs(a, variables))
        .unwrap_or_default();
    let build = Build {
        context: paths::join(dir, &context),
        target: text("target"),
        args: args
            .into_iter()
            .filter_map(|(name, value, _)| Some((name, value?)))
            .collect(),
    };
    (
        build,
        text("dockerfile").unwrap_or_else(|| "Dockerfile".into()),
    )
}

/// A bind mount shows a host directory in the container.
fn mount(files: &Files, image: &mut Image, volume: &Node, dir: &str) {
    let (from, to) = match volume.text() {
        Some(text) => {
            let mut parts = text.split(':');
            match (parts.next(), parts.next()) {
                (Some(from), Some(to)) => (from.to_owned(), to.to_owned()),
                _ => return,
            }
        }
        None => match (
            volume.get("source").and_then(Node::text),
            volume.get("target").and_then(Node::text),
        ) {
            (Some(from), Some(to)) => (from.to_owned(), to.to_owned()),
            _ => return,
        },
    };
    let host = paths::join(dir, &from);
    if !from.starts_with('.')
        || !to.starts_with('/')
        || (!files.is_dir(&host) && !files.is_file(&host))
    {
        return;
    }
    image.copies.push(Copy {
        is_file: files.is_file(&host),
        from: host,
        to: paths::clean(&to),
    });
}

/// `command: text` is split like a shell does but not run by one; a list is taken as is.
fn run_of(node: &Node, variables: &BTreeMap<String, String>) -> Option<Run> {
    let words = match node.text() {
        Some(text) => {
            let text = shell::expand(&text.replace("$$", "\u{1}"), variables).replace('\u{1}', "$");
            shell::words(&text.replace('\n', " "))
        }
        None => node
            .items()
            .iter()
            .filter_map(Node::text)
            .map(|t| shell::expand(&t.replace("$$", "\u{1}"), variables).replace('\u{1}', "$"))
            .collect(),
    };
    (!words.is_empty()).then_some(Run {
        words,
        shell: false,
        line: node.line,
    })
}

/// A string or a list of strings (or of `{path: ...}`).
fn texts(node: &Node) -> Vec<String> {
    if let Some(text) = node.text() {
        return vec![text.to_owned()];
    }
    let items = node.items().iter();
    items
        .filter_map(|i| i.text().or_else(|| i.get("path")?.text()))
        .map(str::to_owned)
        .collect()
}

/// `NAME: value` and `- NAME=value`; a bare name has no value here.
fn pairs(node: &Node, variables: &BTreeMap<String, String>) -> Vec<(String, Option<String>, u32)> {
    let expand =
        |text: &str| shell::expand(&text.replace("$$", "\u{1}"), variables).replace('\u{1}', "$");
    let listed = node.items().iter().filter_map(|item| {
        let text = item.text()?;
        Some(match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(expand(value)), item.line),
            None => (text.to_owned(), None, item.line),
        })
    });
    let mapped = node
        .entries()
        .iter()
        .map(|(name, value)| (name.clone(), value.text().map(&expand), value.line));
    listed.chain(mapped).collect()
}

/// Bare names are passed through from the shell that runs compose: they are not set here. Values
/// that still hold a reference are not known either.
fn environment_of(node: &Node, path: &str, variables: &BTreeMap<String, String>) -> Vec<EnvSet> {
    pairs(node, variables)
        .into_iter()
        .filter_map(|(name, value, line)| {
            let value = value.or_else(|| variables.get(&name).cloned())?;
            Some(EnvSet {
                name,
                value,
                origin: Origin::line(path, line),
            })
        })
        .collect()
}
