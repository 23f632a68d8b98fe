//! Routers in modules that no import leads to: neither from what the start executes nor from
//! another entry of the project.
//!
//! Reads syntax only. An import counts wherever it stands, in functions too, and a text that
//! reads like the name of a module counts as one: a module is called idle only when nothing in
//! the project speaks of it. Knows nothing of what the start does beyond the files it executes.

mod imports;
mod routers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::paths::{self, is_test};
use super::sweep::is_aside;
use crate::host::Host;
use crate::model::{IdleRouter, Project, Source};

use imports::Mentions;

/// More files are not looked at.
const MOST_FILES: usize = 20_000;
const MAX_FILE_BYTES: usize = 2 << 20;

/// The routers of such modules that have routes. `executed`: files that the start executes,
/// relative to the root; `sources`: other files of the project, which may name modules.
pub fn idle_routers(
    host: &dyn Host,
    project: &Project,
    executed: &BTreeSet<&str>,
    sources: &BTreeMap<String, Source>,
) -> Vec<IdleRouter> {
    if project.python_files.len() > MOST_FILES {
        return Vec::new();
    }
    let root = Path::new(&project.root);
    let read = |path: &String| {
        let text = String::from_utf8(host.read(&root.join(path)).ok()?).ok()?;
        (text.len() <= MAX_FILE_BYTES).then_some(text)
    };
    let found: Vec<IdleRouter> = project
        .python_files
        .par_iter()
        .filter(|path| !executed.contains(path.as_str()) && !is_aside(path))
        .filter_map(|path| Some((path, read(path).filter(|t| t.contains("APIRouter"))?)))
        .flat_map_iter(|(path, text)| routers::of(path, &text))
        .filter(|router| !named_in(sources, &router.module))
        .collect();
    if found.is_empty() {
        return found;
    }
    let files: Vec<File> = project
        .python_files
        .par_iter()
        .filter_map(|path| {
            let text = read(path)?;
            let root = executed.contains(path.as_str()) || is_entry(project, path, &text);
            let mentions = imports::of(path, &text);
            Some(File {
                path,
                root,
                mentions,
            })
        })
        .collect();
    let reached = reach(&files);
    let doubt = files
        .iter()
        .filter(|file| reached.contains(file.path))
        .find_map(|file| Some((file.path, file.mentions.dynamic?)));
    found
        .into_iter()
        .filter(|router| !reached.contains(router.place.path.as_str()))
        .map(|mut router| {
            router.dynamic = doubt.map(|(path, line)| format!("{path}:{line}"));
            router
        })
        .collect()
}

struct File<'a> {
    path: &'a str,
    /// Runs without being imported.
    root: bool,
    mentions: Mentions,
}

/// Is a file one that somebody starts: an application, a script, another start command?
fn is_entry(project: &Project, path: &str, text: &str) -> bool {
    let starts = project.start.iter().chain(&project.other_starts);
    let module = module_name(path);
    let started = starts.into_iter().any(|start| {
        let named = start.module.trim_end_matches(".py").replace('/', ".");
        module == named || module.ends_with(&format!(".{named}"))
    });
    let serves = ["FastAPI(", "Starlette(", "include_router"]
        .iter()
        .any(|word| text.contains(word));
    match is_test(path) {
        true => serves,
        false => {
            let makes_app = text.contains("FastAPI(") || text.contains("Starlette(");
            started || makes_app || text.contains("__main__") || is_aside(path)
        }
    }
}

/// Does a configuration file name the module?
fn named_in(sources: &BTreeMap<String, Source>, module: &str) -> bool {
    module.contains('.')
        && sources
            .values()
            .any(|source| !source.path.ends_with(".py") && source.text().contains(module))
}

/// `src/api/tasks.py` is `src.api.tasks`.
fn module_name(path: &str) -> String {
    let stem = path.trim_end_matches(".py");
    stem.trim_end_matches("/__init__").replace('/', ".")
}

/// Everything that imports lead to, roots included.
fn reach<'a>(files: &'a [File<'a>]) -> BTreeSet<&'a str> {
    let index = Index::new(files);
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = (0..files.len()).filter(|i| files[*i].root).collect();
    while let Some(at) = open.pop() {
        let file = &files[at];
        if !reached.insert(file.path) {
            continue;
        }
        for name in &file.mentions.absolute {
            open.extend(index.absolute(file.path, name));
        }
        for path in &file.mentions.relative {
            open.extend(index.exact(path));
        }
        open.extend(index.packages_of(file.path));
    }
    reached
}

/// Files by the last part of their module's name.
struct Index<'a> {
    by_path: BTreeMap<&'a str, usize>,
    by_name: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Index<'a> {
    fn new(files: &'a [File<'a>]) -> Self {
        let by_path: BTreeMap<&str, usize> = files
            .iter()
            .enumerate()
            .map(|(at, file)| (file.path, at))
            .collect();
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in files {
            let name = match paths::stem(file.path) {
                "__init__" => paths::file_name(paths::parent(file.path)),
                stem => stem,
            };
            by_name.entry(name).or_default().push(file.path);
        }
        Self { by_path, by_name }
    }

    /// The module, or the package, at a path without its ending.
    fn exact(&self, path: &str) -> Vec<usize> {
        let module = self.by_path.get(format!("{path}.py").as_str());
        let package = self.by_path.get(format!("{path}/__init__.py").as_str());
        module.into_iter().chain(package).copied().collect()
    }

    /// What a dotted name may stand for. It need not be known which directory is on the path: a
    /// name of one part is looked for beside and above the importer and in directories that
    /// are no packages, a longer one everywhere.
    fn absolute(&self, importer: &str, dotted: &str) -> Vec<usize> {
        let wanted = dotted.replace('.', "/");
        let last = dotted.rsplit('.').next().unwrap_or(dotted);
        let Some(paths) = self.by_name.get(last) else {
            return Vec::new();
        };
        let fits = |path: &&str| {
            let stem = path.trim_end_matches(".py").trim_end_matches("/__init__");
            let Some(above) = stem.strip_suffix(wanted.as_str()) else {
                return false;
            };
            let Some(dir) = above.strip_suffix('/') else {
                return above.is_empty();
            };
            dotted.contains('.')
                || importer.starts_with(above)
                || !self
                    .by_path
                    .contains_key(format!("{dir}/__init__.py").as_str())
        };
        let found = paths.iter().copied().filter(fits);
        found.filter_map(|p| self.by_path.get(p).copied()).collect()
    }

    /// The `__init__` of every package that a file lies in: importing it runs them.
    fn packages_of(&self, path: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut dir = paths::parent(path);
        while !dir.is_empty() && dir != "." {
            found.extend(self.by_path.get(format!("{dir}/__init__.py").as_str()));
            let above = paths::parent(dir);
            if above == dir {
                break;
            }
            dir = above;
        }
        found
    }
}

#[cfg(test)]
mod tests;
