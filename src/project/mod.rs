//! Reads the target: how it is started, with which Python, which dependencies and which
//! environment.
//!
//! Knows the file formats around a Python backend. Knows nothing of Python semantics beyond
//! literals, nothing of checks; it never runs anything of the target.
//!
//! ```text
//! walk ─ sweep ──┐
//! dockerfile ─ compose ─ scripts ─ fastapi_cli ─► command ─ servers ─► discover ─ resolve
//! declared ─ locks ─ layout ─ interpreter ─ installed ─► deployed
//! secrets (masks every text that files reads)            environment ─ dotenv
//! ```

pub mod alembic;
mod arguments;
mod command;
mod compose;
mod declared;
mod deployed;
mod discover;
mod dockerfile;
mod dotenv;
mod environment;
mod fastapi_cli;
mod files;
mod idle;
mod image;
mod installed;
mod interpreter;
mod kubernetes;
mod layout;
mod locks;
mod nesting;
mod options;
mod paths;
mod poetry_version;
mod pyproject_toml;
mod pysource;
mod rebase;
mod resolve;
mod scripts;
mod secrets;
mod servers;
mod shell;
mod sweep;
#[cfg(test)]
#[allow(clippy::too_many_lines)] // tables
mod tests;
mod toml_tree;
mod typed;
mod walk;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use crate::host::Host;
use crate::knowledge::requirement::Target;
use crate::model::{Origin, Project, Redactor, Source};

use discover::Discovery;
use files::Files;
pub use idle::idle_routers;
pub use options::{Options, ReadError};
pub use paths::is_test;
pub use typed::words_to_keep;
use walk::Tree;

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The facts.
    pub project: Project,
    /// Files that findings may quote, by path relative to the root, masked.
    pub sources: BTreeMap<String, Source>,
    /// Every secret met.
    pub redactor: Redactor,
}

/// Reads the target that `options` names.
///
/// # Errors
/// Only when an option names something that does not exist or cannot be understood; bad files of
/// the target become `Undecided` entries in `Project::problems`.
pub fn read(host: &dyn Host, options: &Options) -> Result<Reading, ReadError> {
    let path = options.root.display().to_string();
    if host.kind(&options.root).is_none() {
        return Err(ReadError::Missing { path });
    }
    if !host.is_dir(&options.root) {
        return Err(ReadError::NotADirectory { path });
    }
    let base = host
        .canonical(&options.root)
        .unwrap_or_else(|| options.root.clone());
    let above: Vec<String> = base
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let mut files = Files::new(host, base);
    let tree = walk::walk(&mut files);
    files.redactor.publish(above);
    files.redactor.publish(tree.names());
    let given = options.start.iter().chain(&options.app);
    for text in given {
        for span in secrets::named_values(text) {
            files.redactor.add(&text[span]);
        }
        secrets::register_urls(&mut files.redactor, text);
    }
    let mut python_files: Vec<String> = tree
        .files
        .iter()
        .filter(|f| f.ends_with(".py"))
        .cloned()
        .collect();
    let swept = sweep::sweep(&mut files, &python_files);
    let discovery = discover::discover(&mut files, &tree, &swept, options)?;
    python_files.sort();
    assemble(files, options, &tree, discovery, python_files)
}

/// Everything that depends on where the backend is.
fn assemble(
    mut files: Files,
    options: &Options,
    tree: &Tree,
    mut discovery: Discovery,
    python_files: Vec<String>,
) -> Result<Reading, ReadError> {
    let (root, root_origin) = root_of(&files, options, tree, &discovery);
    let dirs = dirs(&files, &root, &discovery);
    let preferred = deployed::requirement_files(&files, &discovery);
    let mut declared = declared::read(&mut files, &dirs.declaring, &preferred);
    if discovery.in_image
        && let Some((version, micro, origin)) = image_python(&discovery)
    {
        declared.hints.exact.push((version, micro, origin));
    }
    let mut python = interpreter::find(&mut files, options, &dirs.upwards, &declared.hints)?;
    if options.as_deployed {
        deployed::python(&mut files, options, &discovery, &mut python);
    }
    let target = Target {
        python: python.version,
        micro: python.micro,
    };
    declared::evaluate_markers(&mut declared.requirements, &target);
    let mut packages = deployed::Packages {
        distributions: installed::read(files.host, &python.site_dirs),
        ..deployed::Packages::default()
    };
    let locked = locks::read(&mut files, &dirs.upwards);
    if options.as_deployed {
        let inputs = deployed::Inputs {
            declared: &declared,
            locked: &locked,
            target: &target,
        };
        let local = packages.distributions;
        packages = deployed::distributions(&mut files, &discovery, &inputs, local);
    }
    let env = environment::build(&mut files, options, &discovery)?;
    let dotenv_paths = dotenv_paths(&files, options, tree, &discovery);
    let dotenv = environment::dotenv_files(&mut files, &dotenv_paths, &env);
    if deployed::installs_project(&files, &discovery)
        && let Some(found) = &mut discovery.start
    {
        resolve::as_installed(&files, found);
    }
    let start = discovery.start.take().map(|found| found.start);
    if start.is_none() {
        files.remark(match tree.templates.first() {
            Some(template) => format!(
                "no application was found: {template} is a template whose name is filled in when a project is made from it; give the made project, or the template itself as the path"
            ),
            None => "no application was found: no start command, no file that constructs FastAPI() or Starlette(); name it with --app or --start".to_owned(),
        });
    }
    let project = Project {
        root: files.path(&root).to_string_lossy().into_owned(),
        root_origin: Some(root_origin),
        start,
        other_starts: std::mem::take(&mut discovery.others),
        python,
        requirements: declared.requirements,
        requirement_files: declared.files,
        distributions: packages.distributions,
        hidden_modules: packages.hidden,
        doubtful_distributions: packages.doubtful,
        locked,
        env,
        dotenv,
        python_files,
        pods: std::mem::take(&mut discovery.pods),
        problems: Vec::new(),
    };
    Ok(finish(files, project, &root))
}

/// Translates paths and hides secrets in what is shown.
fn finish(files: Files, mut project: Project, root: &str) -> Reading {
    let redactor = files.redactor.into_redactor();
    project.problems = files.problems;
    for problem in &mut project.problems {
        problem.why = redactor.apply(&problem.why);
    }
    rebase::project(&mut project, root);
    for start in project.start.iter_mut().chain(&mut project.other_starts) {
        start.workdir = paths::shown(&start.workdir);
        start.command = redactor.apply(&start.command);
    }
    for start in project.pods.iter_mut().filter_map(|p| p.start.as_mut()) {
        start.workdir = paths::shown(&start.workdir);
        start.command = redactor.apply(&start.command);
    }
    let sources = files
        .sources
        .into_values()
        .map(|source| rebase::source(source, root))
        .collect();
    Reading {
        project,
        sources,
        redactor,
    }
}

/// The backend's directory: the nearest one with a manifest at or above the working directory of
/// the start.
fn root_of(
    files: &Files,
    options: &Options,
    tree: &Tree,
    discovery: &Discovery,
) -> (String, Origin) {
    let given = (String::new(), Origin::named("command line"));
    if options.workdir.is_some() {
        return given;
    }
    let manifest = |dir: &str| {
        resolve::MANIFESTS
            .iter()
            .map(|name| paths::join(dir, name))
            .find(|path| files.is_file(path) || files.is_dir(path))
    };
    let Some(found) = &discovery.start else {
        // Nothing starts: the only directory with a manifest is meant.
        let mut dirs: Vec<&str> = tree
            .files
            .iter()
            .filter(|f| resolve::MANIFESTS.contains(&paths::file_name(f)))
            .map(|f| paths::parent(f))
            .collect();
        dirs.dedup();
        return match dirs[..] {
            [only] if !only.is_empty() => {
                let origin = manifest(only).unwrap_or_else(|| only.to_owned());
                (only.to_owned(), Origin::named(origin))
            }
            _ => given,
        };
    };
    let mut dir = found.start.workdir.clone();
    while !dir.is_empty() && !dir.starts_with("..") {
        if let Some(path) = manifest(&dir) {
            return (dir, Origin::named(path));
        }
        dir = paths::parent(&dir).to_owned();
    }
    given
}

/// Directories in which things are looked for, relative to the base.
struct Dirs {
    /// Where dependencies are declared: working directory up to the root, and the directories of
    /// the entry module.
    declaring: Vec<String>,
    /// Working directory up to the base: environments and lock files.
    upwards: Vec<String>,
}

fn dirs(files: &Files, root: &str, discovery: &Discovery) -> Dirs {
    let mut declaring: Vec<String> = Vec::new();
    let mut upwards: Vec<String> = Vec::new();
    let push = |list: &mut Vec<String>, dir: &str| {
        if !list.iter().any(|d| d == dir) {
            list.push(dir.to_owned());
        }
    };
    let workdir = discovery.start.as_ref().map_or(root, |f| &f.start.workdir);
    let mut dir = workdir.to_owned();
    loop {
        if paths::below(&dir, root).is_some() {
            push(&mut declaring, &dir);
        }
        push(&mut upwards, &dir);
        if dir.is_empty() || dir.starts_with("..") {
            break;
        }
        dir = paths::parent(&dir).to_owned();
    }
    push(&mut declaring, root);
    push(&mut upwards, root);
    // `backend.app.main` started from above: its packages may declare their own dependencies.
    if let Some(found) = &discovery.start {
        let mut dir = paths::join(workdir, found.start.app_dir.as_deref().unwrap_or("."));
        for part in found.start.module.split('.') {
            dir = paths::join(&dir, part);
            if files.is_dir(&dir) {
                push(&mut declaring, &dir);
            }
        }
    }
    Dirs { declaring, upwards }
}

fn image_python(discovery: &Discovery) -> Option<((u8, u8), Option<u8>, Origin)> {
    let image = &discovery.deployed.as_ref()?.image;
    let (version, micro) = image.python?;
    Some((version, micro, Origin::line(&image.file, image.python_line)))
}

fn dotenv_paths(
    files: &Files,
    options: &Options,
    tree: &Tree,
    discovery: &Discovery,
) -> Vec<String> {
    let mut all = tree.dotenv.clone();
    if let Some(found) = &discovery.start
        && let Some(path) = &found.start.env_file
    {
        all.push(paths::join(&found.start.workdir, path));
    }
    all.extend(
        options
            .env_files
            .iter()
            .filter_map(|p| environment::place_of(files, p)),
    );
    all
}

/// One file of the target, masked; `None` when it cannot be read or is not UTF-8. The secrets of
/// the project's own files were registered by [`read`]; for other files use [`source_with`].
pub fn source(host: &dyn Host, root: &Path, relative: &str) -> Option<Source> {
    source_with(host, root, relative, &mut Redactor::default())
}

/// [`source`], registering every secret of the file.
pub fn source_with(
    host: &dyn Host,
    root: &Path,
    relative: &str,
    redactor: &mut Redactor,
) -> Option<Source> {
    let text = String::from_utf8(host.read(&root.join(relative)).ok()?).ok()?;
    let mut source = Source::new(relative, text);
    let mut found = secrets::Registry::default();
    secrets::mask(&mut source, &mut found);
    redactor.extend(&found.into_redactor());
    Some(source)
}
