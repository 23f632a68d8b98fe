//! The environment of the backend's process: what it inherits, what its start sets, what the user
//! says about it.

use std::collections::BTreeMap;
use std::path::Path;

use super::discover::Discovery;
use super::files::Files;
use super::image::EnvSet;
use super::options::{Options, ReadError};
use super::{dotenv, secrets};
use crate::model::{DotenvFile, EnvVar, Origin, Redacted};

/// Variables of an image that say nothing about this machine.
const OF_THE_IMAGE: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "VIRTUAL_ENV",
    "HOSTNAME",
    "PWD",
    "SHLVL",
];

/// The variables, in the order in which later ones win: inherited, set by the start, `--env-file`,
/// `--assume-env`.
pub(super) fn build(
    files: &mut Files,
    options: &Options,
    discovery: &Discovery,
) -> Result<BTreeMap<String, EnvVar>, ReadError> {
    let mut env = BTreeMap::new();
    if options.process_env && !options.as_deployed {
        for (name, value) in files.host.env_all() {
            insert(files, &mut env, &name, &value, Origin::named("environment"));
        }
    }
    for set in sets(discovery, options) {
        let skipped =
            !options.as_deployed && discovery.in_image && OF_THE_IMAGE.contains(&set.name.as_str());
        if skipped {
            continue;
        }
        if is_open(&set.value) {
            env.insert(set.name.clone(), assumed(set.origin.clone()));
        } else {
            insert(files, &mut env, &set.name, &set.value, set.origin.clone());
        }
    }
    for path in &options.env_files {
        env_file(files, path, &mut env)?;
    }
    for (name, value) in &options.assume_env {
        let origin = Origin::named("command line");
        match value {
            Some(value) => insert(files, &mut env, name, value, origin),
            None => {
                env.insert(name.clone(), assumed(origin));
            }
        }
    }
    Ok(env)
}

/// What the start sets; as deployed, at least what the image and its service set.
fn sets(discovery: &Discovery, options: &Options) -> Vec<EnvSet> {
    let mut sets = Vec::new();
    if options.as_deployed
        && !discovery.in_image
        && let Some(deployed) = &discovery.deployed
    {
        sets.extend(deployed.image.env.iter().cloned());
        sets.extend(deployed.env.iter().cloned());
    }
    sets.extend(discovery.start.iter().flat_map(|s| s.env.iter().cloned()));
    sets
}

/// A value that refers to something that is only known where the backend runs.
fn is_open(value: &str) -> bool {
    let whole = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    whole || value.contains("${") || value.contains("$(")
}

fn assumed(origin: Origin) -> EnvVar {
    EnvVar {
        value: Redacted::new(String::new()),
        origin,
        assumed: true,
    }
}

fn insert(
    files: &mut Files,
    env: &mut BTreeMap<String, EnvVar>,
    name: &str,
    value: &str,
    origin: Origin,
) {
    secrets::register(&mut files.redactor, name, value);
    let variable = EnvVar {
        value: Redacted::new(value.to_owned()),
        origin,
        assumed: false,
    };
    env.insert(name.to_owned(), variable);
}

/// `--env-file`: relative to the working directory of the auditor, else to the given path.
fn env_file(
    files: &mut Files,
    path: &Path,
    env: &mut BTreeMap<String, EnvVar>,
) -> Result<(), ReadError> {
    let bad = |why: &str| ReadError::BadOption {
        option: "--env-file",
        value: path.display().to_string(),
        why: why.to_owned(),
    };
    let relative = place_of(files, path).ok_or_else(|| bad("there is no such file"))?;
    let known = values(env);
    let file = dotenv::read(files, &relative, &|name| known.get(name).cloned())
        .ok_or_else(|| bad("the file cannot be read"))?;
    for entry in file.entries {
        if let Some(value) = entry.value {
            let origin = Origin::line(&relative, entry.line);
            insert(files, env, &entry.name, value.expose(), origin);
        }
    }
    Ok(())
}

/// A path given by the user as the reader names it: relative to the base where it lies below.
pub(super) fn place_of(files: &Files, path: &Path) -> Option<String> {
    let direct = files.host.canonical(path).filter(|p| files.host.is_file(p));
    let absolute = direct.or_else(|| {
        let below = files.base.join(path);
        files.host.is_file(&below).then_some(below)
    })?;
    let inside = absolute.strip_prefix(&files.base).ok();
    let shown = inside.unwrap_or(&absolute).to_string_lossy();
    Some(shown.replace('\\', "/"))
}

fn values(env: &BTreeMap<String, EnvVar>) -> BTreeMap<String, String> {
    env.iter()
        .map(|(name, var)| (name.clone(), var.value.expose().clone()))
        .collect()
}

/// All dotenv files of the tree, and those that options and the start name.
pub(super) fn dotenv_files(
    files: &mut Files,
    paths: &[String],
    env: &BTreeMap<String, EnvVar>,
) -> Vec<DotenvFile> {
    const MAX: usize = 100;
    let known = values(env);
    let mut out: Vec<DotenvFile> = Vec::new();
    for path in paths.iter().take(MAX) {
        if out.iter().any(|f| f.path == *path) {
            continue;
        }
        out.extend(dotenv::read(files, path, &|name| known.get(name).cloned()));
    }
    out
}
