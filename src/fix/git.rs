//! What Git has to do with backups: would it pick one up, and can it stand in for one?

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::host::Host;
use crate::host::process::Program;

/// Are these files tracked and free of uncommitted changes? `false` without Git.
pub fn is_clean(root: &Path, paths: &[&str]) -> bool {
    let tracked = git(root, &["ls-files", "--error-unmatch", "--"], paths);
    let status = git(root, &["status", "--porcelain", "--"], paths);
    tracked.is_some() && status.is_some_and(|text| text.trim().is_empty())
}

fn git(root: &Path, args: &[&str], paths: &[&str]) -> Option<String> {
    let finished = Program::new("git")
        // The target's own Git configuration must not get to run programs.
        .args(["-c", "core.quotepath=off", "-c", "core.fsmonitor=false"])
        .args(args.iter().copied())
        .args(paths.iter().copied())
        .directory(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .run()
        .ok()?;
    finished.success().then(|| finished.text())
}

/// Would `git add .` pick this file up? `false` outside of a work tree.
pub fn would_pick_up(host: &dyn Host, path: &Path) -> bool {
    let Some(top) = work_tree(host, path) else {
        return false;
    };
    let inside = path.ancestors().skip(1).take_while(|d| d.starts_with(&top));
    for dir in inside {
        if let Some(ignored) = verdict(dir, &dir.join(".gitignore"), path) {
            return !ignored;
        }
    }
    if let Some(ignored) = verdict(&top, &top.join(".git/info/exclude"), path) {
        return !ignored;
    }
    let (global, _) = Gitignore::global();
    !global
        .matched_path_or_any_parents(relative(path, &top), false)
        .is_ignore()
}

fn verdict(base: &Path, file: &Path, path: &Path) -> Option<bool> {
    let mut builder = GitignoreBuilder::new(base);
    // A missing or partly bad file decides what it can.
    let _ = builder.add(file);
    let rules = builder.build().ok()?;
    match rules.matched_path_or_any_parents(relative(path, base), false) {
        Match::None => None,
        Match::Ignore(_) => Some(true),
        Match::Whitelist(_) => Some(false),
    }
}

fn relative<'p>(path: &'p Path, base: &Path) -> &'p Path {
    path.strip_prefix(base).unwrap_or(path)
}

/// The nearest directory above with a `.git`.
fn work_tree(host: &dyn Host, path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .skip(1)
        .find(|dir| host.kind(&dir.join(".git")).is_some())
        .map(Path::to_path_buf)
}
