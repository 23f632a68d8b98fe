//! Files that hold start commands outside of containers: Procfile, systemd units, Makefile,
//! justfile, supervisor, console scripts; and env files in their dialect.

use std::collections::BTreeMap;

use super::command::{self, Context, Found};
use super::files::Files;
use super::image::EnvSet;
use super::pysource::{self, Literal};
use super::servers;
use super::{paths, pyproject_toml, shell};
use crate::model::{Origin, Server};

/// Sets the variables of an env file (`NAME=value` lines as docker, systemd and uv read them).
pub(super) fn load_env_file(files: &mut Files, path: &str, context: &mut Context) {
    for set in env_file(files, path) {
        context.set(set);
    }
}

/// The variables of an env file.
pub(super) fn env_file(files: &mut Files, path: &str) -> Vec<EnvSet> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let read = crate::knowledge::dotenv::parse(&text);
    read.bindings
        .into_iter()
        .filter_map(|binding| {
            Some(EnvSet {
                name: binding.name,
                value: binding.value?,
                origin: Origin::line(path, binding.line),
            })
        })
        .collect()
}

/// Start commands of a Procfile, `web` first. Release and worker lines are left out.
pub(super) fn procfile(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let mut lines: Vec<(usize, u32, String)> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let Some((name, run)) = line.split_once(':').filter(|(n, _)| !n.starts_with('#')) else {
            continue;
        };
        let rank = ["web", "api", "app", "backend", "server", "fastapi"];
        let rank = rank
            .iter()
            .position(|r| *r == name.trim())
            .unwrap_or(rank.len());
        if !matches!(
            name.trim(),
            "release" | "worker" | "beat" | "clock" | "scheduler"
        ) {
            lines.push((
                rank,
                u32::try_from(n + 1).unwrap_or(u32::MAX),
                run.to_owned(),
            ));
        }
    }
    lines.sort_by_key(|(rank, line, _)| (*rank, *line));
    lines
        .into_iter()
        .flat_map(|(_, line, run)| {
            let context = Context::new(paths::parent(path), Origin::line(path, line));
            command::read(files, &run, &context)
        })
        .collect()
}

/// Start commands of a systemd unit (`systemd.service(5)`, `systemd.exec(5)`).
pub(super) fn systemd(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    // The unit's paths are those of the server; the tree stands for its working directory.
    let mut context = Context::new("", Origin::named(path));
    context.exact = false;
    let mut commands = Vec::new();
    for (line, key, value) in settings(&text) {
        match key.as_str() {
            "ExecStart" => commands.push((line, value)),
            "Environment" => {
                for word in shell::words(&value) {
                    if let Some((name, value)) = shell::assignment(&word) {
                        let origin = Origin::line(path, line);
                        context.set(EnvSet {
                            name,
                            value,
                            origin,
                        });
                    }
                }
            }
            "EnvironmentFile" => {
                let name = paths::file_name(value.trim_start_matches('-')).to_owned();
                load_env_file(files, &name, &mut context);
            }
            _ => {}
        }
    }
    commands
        .into_iter()
        .flat_map(|(line, run)| {
            let mut context = context.clone();
            context.origin = Origin::line(path, line);
            let run = run.trim_start_matches(['-', '@', ':', '+', '!']).to_owned();
            command::read(files, &run, &context)
        })
        .collect()
}

/// `Key=value` lines of a unit or INI file with continuations: line, key, value.
fn settings(text: &str) -> Vec<(u32, String, String)> {
    let mut out: Vec<(u32, String, String)> = Vec::new();
    let mut continued = false;
    for (n, line) in text.lines().enumerate() {
        let (body, more) = match line.trim_end().strip_suffix('\\') {
            Some(body) => (body, true),
            None => (line, false),
        };
        if continued {
            if let Some(last) = out.last_mut() {
                last.2.push(' ');
                last.2.push_str(body.trim());
            }
        } else if !body.trim_start().starts_with(['#', ';'])
            && let Some((key, value)) = body.split_once('=')
        {
            let line = u32::try_from(n + 1).unwrap_or(u32::MAX);
            out.push((line, key.trim().to_owned(), value.trim().to_owned()));
        }
        continued = more && (continued || body.contains('='));
    }
    out
}

/// Start commands of a supervisor configuration (`[program:x] command=`, `directory=`).
pub(super) fn supervisor(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    settings(&text)
        .into_iter()
        .filter(|(_, key, _)| key == "command")
        .flat_map(|(line, _, run)| {
            let mut context = Context::new("", Origin::line(path, line));
            context.exact = false;
            command::read(files, &run, &context)
        })
        .collect()
}

/// Keys under which hosting platforms keep the start command.
const START_KEYS: &[&str] = &[
    "startCommand",
    "start_command",
    "entrypoint",
    "command",
    "cmd",
    "app",
    "web",
];

/// Start commands of a platform's description (`render.yaml`, `fly.toml`, `railway.json` ...):
/// one key, one line, whatever the format is.
pub(super) fn platform(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_start_matches("- ");
        let Some((key, value)) = line.split_once([':', '=']) else {
            continue;
        };
        if !START_KEYS.contains(&key.trim().trim_matches('"')) {
            continue;
        }
        let value = value.trim().trim_end_matches(',');
        let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        let quoted = quoted.or_else(|| value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')));
        let mut context = Context::new(paths::parent(path), Origin::line(path, number));
        context.exact = false;
        found.extend(command::read(files, quoted.unwrap_or(value), &context));
    }
    found
}

/// Start commands of a whole shell script.
pub(super) fn shell_script(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let mut context = Context::new("", Origin::line(path, 1));
    context.exact = false;
    context.first_line = 1;
    command::read(files, &text, &context)
}

/// Start commands of all recipes of a Makefile or justfile.
pub(super) fn recipes(files: &mut Files, path: &str) -> Vec<Found> {
    let Some(text) = files.text(path) else {
        return Vec::new();
    };
    let recipes = parse_recipes(&text);
    recipes
        .iter()
        .flat_map(|recipe| run_recipe(files, path, recipe, None))
        .collect()
}

/// `make target`, `just target`.
pub(super) fn target(
    files: &mut Files,
    tool: &str,
    words: &[String],
    context: &Context,
) -> Vec<Found> {
    let names: &[&str] = match tool {
        "make" => &["Makefile", "makefile", "GNUmakefile"],
        _ => &["justfile", "Justfile", ".justfile"],
    };
    let Some(path) = files.first_file(&context.dir, names) else {
        return Vec::new();
    };
    let (Some(text), Some(inner)) = (files.text(&path), context.deeper()) else {
        return Vec::new();
    };
    let wanted = words
        .iter()
        .find(|w| !w.starts_with('-') && !w.contains('='));
    let recipes = parse_recipes(&text);
    let chosen = match wanted {
        Some(name) => recipes.iter().find(|r| r.name == *name),
        None => recipes.first(),
    };
    chosen
        .map(|recipe| run_recipe(files, &path, recipe, Some(&inner)))
        .unwrap_or_default()
}

struct Recipe {
    name: String,
    lines: Vec<(u32, String)>,
}

/// Targets with their indented lines; variables of make (`$(X)`) and just (`{{x}}`) replaced.
fn parse_recipes(text: &str) -> Vec<Recipe> {
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    let mut recipes: Vec<Recipe> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((n, line)) = lines.next() {
        let number = u32::try_from(n + 1).unwrap_or(u32::MAX);
        let mut line = line.to_owned();
        while let Some(body) = line.trim_end().strip_suffix('\\') {
            let Some((_, next)) = lines.next() else { break };
            line = format!("{body} {}", next.trim());
        }
        let indented = line.starts_with([' ', '\t']);
        if indented {
            if let Some(recipe) = recipes.last_mut() {
                let body = line.trim().trim_start_matches(['@', '-']).to_owned();
                recipe.lines.push((number, substitute(&body, &variables)));
            }
        } else if let Some((name, value)) = make_variable(&line) {
            variables.insert(name, substitute(&value, &variables));
        } else if let Some((name, _)) = line.split_once(':').filter(|(n, _)| !n.starts_with('#')) {
            let name = name
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned();
            recipes.push(Recipe {
                name: name.trim_start_matches('@').to_owned(),
                lines: Vec::new(),
            });
        }
    }
    recipes
}

fn make_variable(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    plain.then(|| {
        (
            name.to_owned(),
            value.trim().trim_matches(['"', '\'']).to_owned(),
        )
    })
}

fn substitute(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = text.replace("$$", "$");
    for (name, value) in variables {
        for form in [
            format!("$({name})"),
            format!("${{{name}}}"),
            format!("{{{{{name}}}}}"),
            format!("{{{{ {name} }}}}"),
        ] {
            out = out.replace(&form, value);
        }
    }
    out
}

fn run_recipe(
    files: &mut Files,
    path: &str,
    recipe: &Recipe,
    caller: Option<&Context>,
) -> Vec<Found> {
    let mut found = Vec::new();
    for (line, text) in &recipe.lines {
        let mut context = match caller {
            Some(caller) => caller.clone(),
            None => Context::new(paths::parent(path), Origin::named(path)),
        };
        context.origin = Origin::line(path, *line);
        context.first_line = 0;
        found.extend(command::read(files, text, &context));
    }
    found
}

/// Commands of task runners in `pyproject.toml`.
pub(super) fn tasks(files: &mut Files, path: &str) -> Vec<Found> {
    let dir = paths::parent(path).to_owned();
    pyproject_toml::tasks(files, &dir)
        .into_iter()
        .flat_map(|(_, text, line)| {
            let context = Context::new(&dir, Origin::line(path, line));
            command::read(files, &text, &context)
        })
        .collect()
}

/// A console script of the project (`[project.scripts]`) that starts a server: one that passes
/// `module:attribute` on, or one whose function runs uvicorn.
pub(super) fn console_script(
    files: &mut Files,
    name: &str,
    words: &[String],
    context: &Context,
) -> Option<Found> {
    let entry = pyproject_toml::console_script(files, &context.dir, name)?;
    if let Some(at) = words.iter().position(|w| is_target(w)) {
        let found = servers::uvicorn_with_files(files, &words[at..], Server::Uvicorn, context);
        return Some(found);
    }
    let (module, _) = entry.split_once(':')?;
    let stem = module.trim().replace('.', "/");
    let path = ["", "src"]
        .iter()
        .map(|dir| paths::join(&context.dir, dir))
        .flat_map(|dir| {
            [
                format!("{stem}.py"),
                format!("{stem}/__init__.py"),
                format!("{stem}/__main__.py"),
            ]
            .map(|file| paths::join(&dir, &file))
        })
        .find(|p| files.is_file(p))?;
    let text = files.text(&path)?;
    let runs = pysource::read(&text)?.runs;
    let run = runs.first()?;
    let mut found = servers::blank(Server::Uvicorn, context);
    match &run.app {
        Literal::Str(app, _) => servers::target(&mut found, app),
        Literal::Name(attr) => {
            found.start.module = module.trim().to_owned();
            found.start.attr = Some(attr.clone());
        }
        _ => return None,
    }
    // With several subcommands it is not known which of the calls is made.
    if runs.len() == 1 {
        servers::programmatic(&mut found, run);
    } else {
        found.start.host = Some("$host".to_owned());
        found.start.port = Some("$port".to_owned());
    }
    let given = super::arguments::Arguments::read(words, &[], &[]);
    for (option, place) in [
        ("--host", &mut found.start.host),
        ("--port", &mut found.start.port),
    ] {
        if let Some(value) = given.value(option) {
            *place = Some(value.to_owned());
        }
    }
    Some(found)
}

/// `module:attribute`
fn is_target(word: &str) -> bool {
    word.split_once(':')
        .is_some_and(|(module, attr)| servers::is_dotted(module) && servers::is_dotted(attr))
}
