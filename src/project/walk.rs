//! The tree of the target: a bounded walk that honours `.gitignore`.
//!
//! Walks through the host, so that it works in memory; the patterns are matched by `ignore`.

use std::collections::{BTreeSet, VecDeque};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::files::Files;
use super::{dotenv, paths};
use crate::host::EntryKind;

/// Bounds: a target must not be able to keep the auditor busy.
const MAX_FILES: usize = 100_000;
const MAX_DIRS: usize = 20_000;
const MAX_DEPTH: usize = 24;

/// Directories that never hold a backend's own files.
const SKIPPED: &[&str] = &[
    "node_modules",
    "__pycache__",
    "__pypackages__",
    "site-packages",
    "venv",
    "virtualenv",
];

/// Hidden directories that may hold container or deployment files.
const HIDDEN_BUT_READ: &[&str] = &[".docker", ".deploy", ".devops", ".ci"];

/// What the walk found. Paths are relative to the base, sorted by depth, then name.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// All files that are not ignored.
    pub files: Vec<String>,
    /// Dotenv files, ignored by git or not.
    pub dotenv: Vec<String>,
    /// Directories whose name a project generator fills in. They were not read.
    pub templates: Vec<String>,
}

impl Tree {
    /// Names of all directories and files, with and without extension.
    pub fn names(&self) -> Vec<String> {
        let parts = self.files.iter().flat_map(|path| path.split('/'));
        parts
            .flat_map(|part| [part, paths::stem(part)])
            .map(str::to_owned)
            .collect()
    }
}

struct Level {
    dir: String,
    rules: Vec<std::sync::Arc<Gitignore>>,
}

/// Walks the base breadth first.
pub(super) fn walk(files: &mut Files) -> Tree {
    let mut tree = Tree::default();
    let mut seen = BTreeSet::new();
    let top = files.host.canonical(&files.base);
    let mut queue = VecDeque::from([Level {
        dir: String::new(),
        rules: Vec::new(),
    }]);
    let mut dirs = 0;
    while let Some(mut level) = queue.pop_front() {
        let path = files.path(&level.dir);
        // A link that leads back or out of the tree is not followed.
        if let Some(real) = files.host.canonical(&path) {
            let inside = top.as_ref().is_none_or(|top| real.starts_with(top));
            if !inside || !seen.insert(real) {
                continue;
            }
        }
        dirs += 1;
        let full = dirs > MAX_DIRS || tree.files.len() > MAX_FILES;
        let deep = level.dir.split('/').count() > MAX_DEPTH;
        if full || deep {
            files.remark(format!(
                "the tree is larger than {MAX_FILES} files, {MAX_DIRS} directories or {MAX_DEPTH} levels; what lies beyond was not read"
            ));
        }
        if full {
            break;
        }
        if deep {
            continue;
        }
        visit(files, &mut level, &mut tree, &mut queue);
    }
    tree
}

fn visit(files: &mut Files, level: &mut Level, tree: &mut Tree, queue: &mut VecDeque<Level>) {
    let entries = match files.host.list(&files.path(&level.dir)) {
        Ok(entries) => entries,
        Err(error) => {
            let dir = paths::shown(&level.dir);
            files.problem(
                &dir,
                None,
                &format!("the directory cannot be listed: {error}"),
            );
            return;
        }
    };
    if entries
        .iter()
        .any(|e| e.name == "pyvenv.cfg" || e.name == "conda-meta")
    {
        return;
    }
    if entries
        .iter()
        .any(|e| e.name == ".gitignore" && e.kind == EntryKind::File)
    {
        level.rules.extend(rules(files, &level.dir));
    }
    for entry in entries {
        let path = paths::join(&level.dir, &entry.name);
        let is_dir = entry.kind == EntryKind::Dir;
        match entry.kind {
            EntryKind::Dir if skipped(&entry.name) || ignored(level, &path, is_dir) => {}
            EntryKind::Dir if is_placeholder(&entry.name) => tree.templates.push(path),
            EntryKind::Dir => queue.push_back(Level {
                dir: path,
                rules: level.rules.clone(),
            }),
            EntryKind::File => {
                if dotenv::is_dotenv_name(&entry.name) {
                    tree.dotenv.push(path.clone());
                }
                if !ignored(level, &path, is_dir) {
                    tree.files.push(path);
                }
            }
            EntryKind::Other => {}
        }
    }
}

fn skipped(name: &str) -> bool {
    SKIPPED.contains(&name)
        || (name.starts_with('.') && !HIDDEN_BUT_READ.contains(&name))
        || name.ends_with(".egg-info")
}

/// `{{ cookiecutter.slug }}` and `{% if x %}...`: no Python package can be called so, and the files
/// below it are text with holes.
fn is_placeholder(name: &str) -> bool {
    name.contains("{{") || name.contains("{%")
}

/// The rules of one `.gitignore`. It is read directly: nothing ever quotes it.
fn rules(files: &Files, dir: &str) -> Option<std::sync::Arc<Gitignore>> {
    let text = files
        .host
        .read_text(&files.path(&paths::join(dir, ".gitignore")))
        .ok()?;
    let mut builder = GitignoreBuilder::new(format!("/{dir}"));
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A pattern that cannot be read ignores nothing, as in git.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().map(std::sync::Arc::new)
}

/// The innermost file that has an opinion decides.
fn ignored(level: &Level, path: &str, is_dir: bool) -> bool {
    let path = format!("/{path}");
    for rules in level.rules.iter().rev() {
        match rules.matched(&path, is_dir) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn ignored_files_are_left_out_but_dotenv_files_are_found() {
        let host = MemoryHost::new()
            .file("/p/.gitignore", "*.log\n.env\n/data/\n!keep.log\n")
            .file("/p/app/.gitignore", "local.py\n")
            .file("/p/.env", "A=1")
            .file("/p/x.log", "")
            .file("/p/keep.log", "")
            .file("/p/data/x.py", "")
            .file("/p/app/main.py", "")
            .file("/p/app/local.py", "")
            .file("/p/.venv/pyvenv.cfg", "")
            .file("/p/myenv/pyvenv.cfg", "")
            .file("/p/myenv/lib/x.py", "")
            .file("/p/node_modules/x.py", "");
        let mut files = Files::new(&host, "/p".into());
        let tree = walk(&mut files);
        assert_eq!(
            tree.files,
            [".gitignore", "keep.log", "app/.gitignore", "app/main.py"]
        );
        assert_eq!(tree.dotenv, [".env"]);
        assert!(files.problems.is_empty(), "{:?}", files.problems);
    }

    #[test]
    fn templates_of_project_generators_are_not_read() {
        let host = MemoryHost::new()
            .file("/p/{{ cookiecutter.slug }}/app/main.py", "{% if x %}")
            .file("/p/hooks/post.py", "");
        let mut files = Files::new(&host, "/p".into());
        let tree = walk(&mut files);
        assert_eq!(tree.files, ["hooks/post.py"]);
        assert_eq!(tree.templates, ["{{ cookiecutter.slug }}"]);
    }
}
