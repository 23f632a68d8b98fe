//! Readers name files relative to the given path; the model names them relative to the backend's
//! directory. This is the one place that translates.

use super::paths;
use crate::model::{Origin, Project, Source, Start};

/// Translates every path of a project whose root is `root` (relative to the base).
pub(super) fn project(project: &mut Project, root: &str) {
    if root.is_empty() {
        return;
    }
    let path = |text: &mut String| *text = paths::relative(text, root);
    for start in project.start.iter_mut().chain(&mut project.other_starts) {
        self::start(start, root);
    }
    for pod in &mut project.pods {
        path(&mut pod.path);
        if let Some(own) = &mut pod.start {
            self::start(own, root);
        }
    }
    for requirement in &mut project.requirements {
        path(&mut requirement.path);
    }
    project.requirement_files.iter_mut().for_each(path);
    // Metadata directories are absolute and stay; lock files and build files are translated.
    for distribution in project
        .locked
        .values_mut()
        .chain(project.distributions.values_mut())
    {
        path(&mut distribution.source);
    }
    for variable in project.env.values_mut() {
        origin(&mut variable.origin, root);
    }
    for file in &mut project.dotenv {
        path(&mut file.path);
    }
    if let Some(own) = &mut project.python.origin {
        origin(own, root);
    }
    for place in project.problems.iter_mut().filter_map(|p| p.place.as_mut()) {
        path(&mut place.path);
    }
    // Files above and beside the backend's directory are not its own.
    project.python_files = project
        .python_files
        .iter()
        .filter_map(|file| paths::below(file, root).map(str::to_owned))
        .collect();
}

fn start(start: &mut Start, root: &str) {
    start.workdir = paths::shown(&paths::relative(&start.workdir, root));
    origin(&mut start.origin, root);
}

/// Origins name files or something else (`environment`, `PATH`); only files are translated.
fn origin(origin: &mut Origin, root: &str) {
    let named = matches!(
        origin.source.as_str(),
        "command line" | "environment" | "default" | "PATH"
    );
    if !named && !origin.source.starts_with("environment (") {
        origin.source = paths::relative(&origin.source, root);
    }
}

/// A source under its new name.
pub(super) fn source(mut source: Source, root: &str) -> (String, Source) {
    source.path = paths::relative(&source.path, root);
    (source.path.clone(), source)
}
