//! One reader for start command lines, wherever they were found: strips what only wraps the
//! server (`exec`, `env`, `poetry run`, `wait-for-it -- ...`), follows scripts, and hands the rest
//! to [`super::servers`].

use std::collections::BTreeMap;

use super::files::Files;
use super::image::{EnvSet, Image};
use super::shell::{self, Command};
use super::{paths, scripts, servers};
use crate::model::{Origin, Start};

/// Scripts that call scripts are followed this far.
const MAX_DEPTH: u32 = 5;

/// A start command that was understood.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Paths relative to the base.
    pub start: Start,
    /// Variables that the command or its file sets.
    pub env: Vec<EnvSet>,
    /// The working directory is certain, not guessed.
    pub exact: bool,
}

/// What surrounds a command line.
#[derive(Debug, Clone)]
pub(super) struct Context<'a> {
    /// Working directory, relative to the base.
    pub dir: String,
    /// The working directory is certain.
    pub exact: bool,
    /// Variables that are known.
    pub variables: BTreeMap<String, String>,
    /// Variables set so far, with their places.
    pub env: Vec<EnvSet>,
    /// Where the text stands.
    pub origin: Origin,
    /// The image in which it runs.
    pub image: Option<&'a Image>,
    /// What `"$@"` stands for.
    pub arguments: Vec<String>,
    /// The user typed it: believe it without further evidence.
    pub explicit: bool,
    /// The first line of the text in its file (0 when lines do not count).
    pub first_line: u32,
    depth: u32,
}

impl<'a> Context<'a> {
    pub fn new(dir: &str, origin: Origin) -> Self {
        Self {
            dir: dir.to_owned(),
            exact: true,
            variables: BTreeMap::new(),
            env: Vec::new(),
            origin,
            image: None,
            arguments: Vec::new(),
            explicit: false,
            first_line: 0,
            depth: 0,
        }
    }

    pub fn in_image(mut self, image: &'a Image) -> Self {
        self.image = Some(image);
        for set in &image.env {
            self.set(set.clone());
        }
        self
    }

    /// Adds a variable.
    pub fn set(&mut self, set: EnvSet) {
        self.variables.insert(set.name.clone(), set.value.clone());
        self.env.push(set);
    }

    /// Where a path of the command lies in the source tree.
    pub fn resolve(&self, files: &Files, path: &str) -> Option<(String, bool)> {
        if !path.starts_with('/') {
            let joined = paths::join(&self.dir, path);
            return (!joined.contains('$')).then_some((joined, self.exact));
        }
        if let Some(image) = self.image {
            return image.host_path(path);
        }
        let base = files.base.to_string_lossy().replace('\\', "/");
        paths::below(path, base.trim_end_matches('/')).map(|rest| (rest.to_owned(), true))
    }

    pub(super) fn deeper(&self) -> Option<Self> {
        (self.depth < MAX_DEPTH).then(|| Self {
            depth: self.depth + 1,
            ..self.clone()
        })
    }
}

/// Start commands in a shell text, in order.
pub(super) fn read(files: &mut Files, text: &str, context: &Context) -> Vec<Found> {
    let mut context = context.clone();
    let mut found = Vec::new();
    for command in shell::commands(text, &context.variables, &context.arguments) {
        if context.first_line > 0 {
            context.origin.line = Some(context.first_line + command.line - 1);
        }
        found.extend(one(files, &command, &mut context));
    }
    found
}

/// Start commands of an exec form: words that no shell touched.
pub(super) fn read_words(files: &mut Files, words: &[String], context: &Context) -> Vec<Found> {
    let command = Command {
        words: words.to_vec(),
        line: 1,
        text: words.join(" "),
        ..Command::default()
    };
    one(files, &command, &mut context.clone())
}

/// One simple command: changes the context or gives a start.
fn one(files: &mut Files, command: &Command, context: &mut Context) -> Vec<Found> {
    let sets = |context: &Context, pairs: &[(String, String)]| -> Vec<EnvSet> {
        pairs
            .iter()
            .map(|(name, value)| EnvSet {
                name: name.clone(),
                value: value.clone(),
                origin: context.origin.clone(),
            })
            .collect()
    };
    let Some(first) = command.words.first() else {
        // Shell variables without `export` do not reach the server.
        context.variables.extend(command.assigns.iter().cloned());
        return Vec::new();
    };
    match first.as_str() {
        "cd" => {
            change_dir(files, command.words.get(1).map(String::as_str), context);
            return Vec::new();
        }
        "export" => {
            let pairs: Vec<_> = command.words[1..]
                .iter()
                .filter_map(|w| shell::assignment(w))
                .collect();
            for set in sets(context, &pairs) {
                context.set(set);
            }
            return Vec::new();
        }
        _ => {}
    }
    let mut inner = context.clone();
    for set in sets(context, &command.assigns) {
        inner.set(set);
    }
    let Some(words) = unwrap(files, &command.words, &mut inner, 0) else {
        return Vec::new();
    };
    dispatch(files, &words, &command.text, &inner)
}

fn change_dir(files: &Files, target: Option<&str>, context: &mut Context) {
    let resolved = target.and_then(|t| context.resolve(files, t));
    match resolved {
        Some((dir, exact)) if files.is_dir(&dir) => {
            context.dir = dir;
            context.exact &= exact;
        }
        _ => context.exact = false,
    }
}

/// Takes wrappers off the front. `None`: nothing is left.
fn unwrap(
    files: &mut Files,
    words: &[String],
    context: &mut Context,
    depth: u32,
) -> Option<Vec<String>> {
    let first = words.first()?;
    if depth > 12 {
        return None;
    }
    let name = program(first);
    let rest = &words[1..];
    let next = match name {
        "exec"
        | "nohup"
        | "command"
        | "builtin"
        | "ddtrace-run"
        | "opentelemetry-instrument"
        | "catatonit"
        | "xvfb-run"
        | "firelens" => after_options(rest, &[]),
        "nice" | "ionice" | "stdbuf" | "chrt" => after_options(rest, &["-n", "-c", "-p"]),
        "tini" | "dumb-init" | "tini-static" => after_options(rest, &["-p", "-e", "-r"]),
        "sudo" | "runuser" | "setpriv" => after_options(
            rest,
            &["-u", "-g", "--user", "--group", "--reuid", "--regid"],
        ),
        "timeout" | "gosu" | "su-exec" | "s6-setuidgid" => {
            after_options(rest, &["-s", "-k"]).get(1..)?.to_vec()
        }
        "env" => environment(rest, context),
        "newrelic-admin" if rest.first().is_some_and(|w| w == "run-program") => rest[1..].to_vec(),
        "doppler" | "infisical" | "op" | "dotenvx" | "dotenv" | "chamber" | "wait" => {
            after_double_dash(rest).or_else(|| after_word(rest, "run"))?
        }
        "dockerize" => after_options(
            rest,
            &["-wait", "-timeout", "-template", "-stdout", "-stderr"],
        ),
        "poetry" | "pipenv" | "pdm" | "rye" | "hatch" | "pixi" | "uv" => {
            runner(files, name, rest, context)?
        }
        "conda" | "mamba" | "micromamba" => after_options(
            &after_word(rest, "run")?,
            &["-n", "-p", "--name", "--prefix", "--cwd"],
        ),
        "coverage" if rest.first().is_some_and(|w| w == "run") => {
            let inner = after_options(&rest[1..], &["--source", "--rcfile", "--omit"]);
            std::iter::once("python".to_owned()).chain(inner).collect()
        }
        name if name.starts_with("wait-for") || name.starts_with("wait_for") => {
            after_double_dash(rest)?
        }
        _ => return Some(words.to_vec()),
    };
    unwrap(files, &next, context, depth + 1)
}

/// Name of a program without directory and `.exe`.
pub(super) fn program(word: &str) -> &str {
    let name = paths::file_name(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// The words after the wrapper's own options.
fn after_options(words: &[String], valued: &[&str]) -> Vec<String> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" {
            at += 1;
            break;
        }
        if !word.starts_with('-') {
            break;
        }
        at += if valued.contains(&word.as_str()) {
            2
        } else {
            1
        };
    }
    words.get(at..).unwrap_or_default().to_vec()
}

fn after_double_dash(words: &[String]) -> Option<Vec<String>> {
    after_word(words, "--")
}

fn after_word(words: &[String], wanted: &str) -> Option<Vec<String>> {
    let at = words.iter().position(|w| w == wanted)?;
    Some(words[at + 1..].to_vec())
}

/// `env -i A=b cmd`
fn environment(words: &[String], context: &mut Context) -> Vec<String> {
    let mut rest = after_options(words, &["-u", "-C"]);
    while let Some((name, value)) = rest.first().and_then(|w| shell::assignment(w)) {
        let origin = context.origin.clone();
        context.set(EnvSet {
            name,
            value,
            origin,
        });
        rest.remove(0);
    }
    rest
}

/// `poetry run`, `uv run --env-file .env`, `pipenv run` ...
fn runner(
    files: &mut Files,
    name: &str,
    words: &[String],
    context: &mut Context,
) -> Option<Vec<String>> {
    const VALUED: &[&str] = &[
        "--extra",
        "--group",
        "--with",
        "--python",
        "-p",
        "--env-file",
        "--directory",
        "--project",
        "-C",
        "-P",
        "--package",
        "--only-group",
        "--no-group",
        "--with-requirements",
        "--index",
        "--default-index",
        "-e",
        "--environment",
        "--no-extra",
        "--with-editable",
        "-v",
    ];
    let at = words.iter().position(|w| w == "run")?;
    let mut rest = words[at + 1..].to_vec();
    let before = &words[..at];
    let options: Vec<String> = before.iter().chain(&rest).cloned().collect();
    let value_of = |wanted: &str| {
        let n = options
            .iter()
            .take_while(|w| w.starts_with('-') || options.len() > 1)
            .position(|w| w == wanted)?;
        options.get(n + 1).cloned()
    };
    for option in ["--directory", "-C"] {
        let own = before.iter().any(|w| w == option)
            || (name == "uv" && rest.iter().any(|w| w == option));
        if let Some(dir) = value_of(option).filter(|_| own) {
            change_dir(files, Some(&dir), context);
        }
    }
    let own_options = rest.len() - after_options(&rest, VALUED).len();
    let dotenv = match name {
        "uv" => {
            let head = &rest[..own_options];
            head.iter()
                .position(|w| w == "--env-file")
                .and_then(|n| head.get(n + 1).cloned())
        }
        "pipenv" => Some(".env".to_owned()),
        _ => None,
    };
    let module = rest[..own_options]
        .iter()
        .any(|w| w == "-m" || w == "--module");
    rest = after_options(&rest, VALUED);
    if let Some(path) = dotenv {
        let path = paths::join(&context.dir, &path);
        scripts::load_env_file(files, &path, context);
    }
    if module {
        rest.splice(0..0, ["python".to_owned(), "-m".to_owned()]);
    } else if name == "uv" && rest.first().is_some_and(|w| w.ends_with(".py")) {
        rest.insert(0, "python".to_owned());
    }
    Some(rest)
}

/// The words now start with the program that matters.
fn dispatch(files: &mut Files, words: &[String], text: &str, context: &Context) -> Vec<Found> {
    let Some(first) = words.first() else {
        return Vec::new();
    };
    let name = program(first);
    let rest = &words[1..];
    match name {
        "sh" | "bash" | "dash" | "ash" | "zsh" => shell_call(files, rest, context),
        "make" | "just" => scripts::target(files, name, rest, context),
        "." | "source" => Vec::new(),
        _ if name.ends_with(".sh")
            || first.starts_with("./")
            || is_script(files, first, context) =>
        {
            script(files, first, rest, context)
        }
        _ => servers::read(files, words, text, context)
            .into_iter()
            .collect(),
    }
}

/// `sh -c "text" args`, `bash script args`.
fn shell_call(files: &mut Files, words: &[String], context: &Context) -> Vec<Found> {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.starts_with('-') && w.len() > 1) {
        at += 1;
        if word == "-o" {
            at += 1;
        } else if !word.starts_with("--") && word.contains('c') {
            let Some(text) = words.get(at) else {
                return Vec::new();
            };
            let Some(mut inner) = context.deeper() else {
                return Vec::new();
            };
            inner.arguments = words.get(at + 2..).unwrap_or_default().to_vec();
            inner.first_line = 0;
            return read(files, text, &inner);
        }
    }
    match words.get(at) {
        Some(path) => script(files, path, &words[at + 1..], context),
        None => Vec::new(),
    }
}

/// A program given by its path whose file is part of the project.
fn is_script(files: &Files, word: &str, context: &Context) -> bool {
    word.contains('/')
        && !word.contains("/bin/")
        && context
            .resolve(files, word)
            .is_some_and(|(path, _)| files.is_file(&path) && !path.ends_with(".py"))
}

fn script(files: &mut Files, path: &str, arguments: &[String], context: &Context) -> Vec<Found> {
    let resolved = context.resolve(files, path).map(|(p, _)| p);
    // Images put scripts anywhere (`/start.sh`): a file of that name in the tree is meant.
    let in_context = context.image.map(|image| {
        let name = paths::file_name(path);
        ["", "scripts", "docker", "bin", "backend", "deploy"]
            .iter()
            .map(|dir| paths::join(&paths::join(&image.context, dir), name))
            .find(|p| files.is_file(p))
    });
    let target = resolved
        .filter(|p| files.is_file(p))
        .or_else(|| in_context.flatten());
    let (Some(target), Some(mut inner)) = (target, context.deeper()) else {
        // An unknown wrapper that ends in a command: `/entrypoint.sh uvicorn app:app`.
        return match arguments.first().map(|w| program(w)) {
            Some(name) if servers::is_server(name) => {
                let text = arguments.join(" ");
                servers::read(files, arguments, &text, context)
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        };
    };
    if target.ends_with(".py") {
        let words: Vec<String> = ["python".to_owned(), path.to_owned()]
            .into_iter()
            .chain(arguments.iter().cloned())
            .collect();
        let text = words.join(" ");
        return servers::read(files, &words, &text, context)
            .into_iter()
            .collect();
    }
    let Some(text) = files.text(&target) else {
        return Vec::new();
    };
    inner.origin = Origin::line(&target, 1);
    inner.first_line = 1;
    inner.arguments = arguments.to_vec();
    read(files, &text, &inner)
}
