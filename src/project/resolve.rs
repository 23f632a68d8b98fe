//! Does a start command name a module that exists? And when no file tells the working directory:
//! from where would the application's imports work?

use super::command::{Context, Found};
use super::files::Files;
use super::paths;
use super::pysource::{self, AppKind};
use super::servers;
use super::sweep::Candidate;
use super::walk::Tree;
use crate::model::{Origin, Server};

/// Files that declare dependencies: the directory of a backend holds one.
pub(super) const MANIFESTS: &[&str] = &[
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "requirements.in",
    "environment.yml",
    "requirements",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolved {
    /// The module (or file) is there.
    Yes,
    /// It is not there, and the directory is certain.
    CertainlyNot,
    /// It was not found, but it may be elsewhere.
    Unclear,
}

/// Does this directory hold a file that declares dependencies?
pub(super) fn has_manifest(files: &Files, dir: &str) -> bool {
    MANIFESTS.iter().any(|name| {
        let path = paths::join(dir, name);
        files.is_file(&path) || (*name == "requirements" && files.is_dir(&path))
    })
}

/// Looks for the module of a start; a guessed working directory is corrected.
pub(super) fn resolve(files: &Files, tree: &Tree, found: &mut Found) -> Resolved {
    let start = &found.start;
    if start.module.is_empty() || start.module.contains('$') {
        return Resolved::Unclear;
    }
    if start.server == Server::Python {
        let path = paths::join(&start.workdir, &start.module);
        return if files.is_file(&path) || files.is_dir(&path) {
            Resolved::Yes
        } else {
            Resolved::Unclear
        };
    }
    if search_dirs(files, found)
        .iter()
        .any(|dir| module_exists(files, dir, &found.start.module))
    {
        return Resolved::Yes;
    }
    if !found.exact && relocate(tree, found) {
        return Resolved::Yes;
    }
    let first = found.start.module.split('.').next().unwrap_or_default();
    let package = paths::join(&found.start.workdir, first);
    let half_there =
        found.start.module.contains('.') && files.is_file(&paths::join(&package, "__init__.py"));
    let elsewhere = !homes(tree, &found.start.module).is_empty();
    if found.exact && (half_there || elsewhere) {
        Resolved::CertainlyNot
    } else {
        Resolved::Unclear
    }
}

/// Directories in which the server would look first: `--app-dir` or the working directory,
/// `PYTHONPATH`, and `src` of an installable project.
fn search_dirs(files: &Files, found: &Found) -> Vec<String> {
    let start = &found.start;
    let mut dirs = vec![paths::join(
        &start.workdir,
        start.app_dir.as_deref().unwrap_or("."),
    )];
    dirs.push(start.workdir.clone());
    let search_path = found.env.iter().rev().find(|s| s.name == "PYTHONPATH");
    let base = files.base.to_string_lossy().replace('\\', "/");
    for entry in search_path.iter().flat_map(|s| s.value.split(':')) {
        match paths::below(entry, &base) {
            Some(inside) if entry.starts_with('/') => dirs.push(inside.to_owned()),
            _ if !entry.starts_with('/') => dirs.push(paths::join(&start.workdir, entry)),
            _ => {}
        }
    }
    if has_manifest(files, &start.workdir) {
        dirs.push(paths::join(&start.workdir, "src"));
    }
    dirs
}

/// The image installs the project from `src`: there the module comes from the environment, here
/// from the directory it was built from.
pub(super) fn as_installed(files: &Files, found: &mut Found) {
    let start = &mut found.start;
    let source = paths::join(&start.workdir, "src");
    let beside = module_exists(files, &start.workdir, &start.module);
    if start.app_dir.is_none() && !beside && module_exists(files, &source, &start.module) {
        start.app_dir = Some("src".to_owned());
    }
}

/// `dir/a/b.py` or `dir/a/b/__init__.py` for `a.b`.
pub(super) fn module_exists(files: &Files, dir: &str, module: &str) -> bool {
    let stem = paths::join(dir, &module.replace('.', "/"));
    files.is_file(&format!("{stem}.py")) || files.is_file(&format!("{stem}/__init__.py"))
}

/// Directories below which `a/b.py` or `a/b/__init__.py` exists, shallow ones first.
fn homes(tree: &Tree, module: &str) -> Vec<String> {
    let stem = module.replace('.', "/");
    let tails = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let mut homes: Vec<String> = tree
        .files
        .iter()
        .filter_map(|path| {
            let tail = tails.iter().find(|t| {
                path.ends_with(t.as_str())
                    && (path.len() == t.len() || path[..path.len() - t.len()].ends_with('/'))
            })?;
            Some(
                path[..path.len() - tail.len()]
                    .trim_end_matches('/')
                    .to_owned(),
            )
        })
        .collect();
    homes.sort_by_key(|h| (h.split('/').filter(|p| !p.is_empty()).count(), h.clone()));
    homes.dedup();
    homes
}

/// Moves a start whose directory was guessed to the one place where its module exists.
fn relocate(tree: &Tree, found: &mut Found) -> bool {
    let homes = homes(tree, &found.start.module);
    let depth = |h: &str| h.split('/').filter(|p| !p.is_empty()).count();
    let near = found.start.workdir.clone();
    let best = homes
        .iter()
        .find(|h| paths::below(h, &near).is_some())
        .or_else(|| homes.first());
    let Some(best) = best else { return false };
    let rivals = homes.iter().filter(|h| depth(h) == depth(best)).count();
    if rivals > 1 && paths::below(best, &near).is_none() {
        return false;
    }
    found.start.workdir = best.clone();
    found.start.app_dir = None;
    true
}

/// The given directory is only a roof (no manifest, no Python file), and one directory below it
/// holds the module: the backend is meant to be started there.
pub(super) fn into_only_backend(files: &Files, tree: &Tree, found: &mut Found) {
    let python_here = tree
        .files
        .iter()
        .any(|f| !f.contains('/') && f.ends_with(".py"));
    if python_here
        || has_manifest(files, "")
        || search_dirs(files, found)
            .iter()
            .any(|dir| module_exists(files, dir, &found.start.module))
    {
        return;
    }
    let homes: Vec<String> = homes(tree, &found.start.module)
        .into_iter()
        .filter(|home| !home.is_empty() && has_manifest(files, home))
        .collect();
    if let [only] = &homes[..] {
        found.start.workdir = only.clone();
    }
}

/// A start for an application that was found by searching.
pub(super) fn by_search(files: &Files, candidate: &Candidate) -> Found {
    let path = &candidate.path;
    let mut context = Context::new("", Origin::named(path));
    context.exact = false;
    let mut found = servers::blank(Server::Uvicorn, &context);
    let (dir, module) = home_of(files, path);
    let roof = paths::parent(&dir).to_owned();
    if is_source_root(files, &dir) && module.contains('.') && has_manifest(files, &roof) {
        // A src layout: commands are typed beside the manifest.
        found.start.app_dir = Some("src".to_owned());
        found.start.workdir = roof;
    } else {
        found.start.workdir = dir;
    }
    found.start.module = module;
    found.start.attr = Some(candidate.app.name.clone());
    found.start.factory = candidate.app.kind == AppKind::Factory;
    let flag = if found.start.factory {
        " --factory"
    } else {
        ""
    };
    let place = found
        .start
        .app_dir
        .as_ref()
        .map(|d| format!(" --app-dir {d}"));
    found.start.command = format!(
        "uvicorn {}:{}{}{flag}",
        found.start.module,
        candidate.app.name,
        place.unwrap_or_default()
    );
    found
}

/// Directory and module name under which the imports of a file work best.
fn home_of(files: &Files, path: &str) -> (String, String) {
    let text = files.host.read_text(&files.path(path)).unwrap_or_default();
    let imports = pysource::imports(&text);
    let is_init = paths::file_name(path) == "__init__.py";
    let target = if is_init { paths::parent(path) } else { path };
    let mut dir = paths::parent(target).to_owned();
    let mut best: Option<((usize, bool, bool, bool), String)> = None;
    loop {
        let inside = paths::below(target, &dir).unwrap_or(target);
        let depth = paths::depth(inside);
        let hits = imports
            .iter()
            .filter(|i| works_from(files, &dir, depth, i))
            .count();
        let package = files.is_file(&paths::join(&dir, "__init__.py"));
        // More working imports; not inside of a package; a `src` directory; one with a manifest; the outer
        // one of equals, because commands are typed at the top.
        let source_root = is_source_root(files, &dir);
        let score = (hits, !package, source_root, has_manifest(files, &dir));
        if best.as_ref().is_none_or(|(known, _)| score >= *known) {
            best = Some((score, dir.clone()));
        }
        if dir.is_empty() {
            break;
        }
        dir = paths::parent(&dir).to_owned();
    }
    let dir = best.map(|(_, dir)| dir).unwrap_or_default();
    let inside = paths::below(target, &dir).unwrap_or(target);
    let module = inside.trim_end_matches(".py").replace('/', ".");
    (dir, module)
}

/// A `src` directory that is no package itself.
fn is_source_root(files: &Files, dir: &str) -> bool {
    paths::file_name(dir) == "src" && !files.is_file(&paths::join(dir, "__init__.py"))
}

/// Would this import find a file of the project when `dir` is on the path?
fn works_from(files: &Files, dir: &str, depth: usize, import: &pysource::Import) -> bool {
    if import.level > 0 {
        return depth >= import.level as usize;
    }
    let first = import.module.split('.').next().unwrap_or_default();
    let path = paths::join(dir, first);
    !first.is_empty() && (files.is_file(&format!("{path}.py")) || files.is_dir(&path))
}
