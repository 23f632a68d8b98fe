//! Which Python would run the backend: `--python`, the project's environment, the shell's
//! environment, tools' caches, PATH, in this order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::Files;
use super::layout::{self, Layout, on_path, version_triple};
use super::options::{Options, ReadError};
use super::paths;
use crate::knowledge::requirement::normalize;
use crate::knowledge::versions::{Specifiers, Version};
use crate::model::{Origin, PythonEnv};

/// What files say about the version, without an environment.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    /// A version that a file fixes (`.python-version`, the image, `runtime.txt`), best first.
    pub exact: Vec<((u8, u8), Option<u8>, Origin)>,
    /// `requires-python`.
    pub requires: Option<(Specifiers, Origin)>,
    /// Name of the project, for the caches of poetry.
    pub project_name: Option<String>,
    /// Normalised names of what the backend needs in any case.
    pub needed: Vec<String>,
}

/// Packages one of which every backend of this kind needs: without any of them, a Python on PATH
/// is not the backend's environment.
const FRAMEWORKS: &[&str] = &["fastapi", "starlette", "django", "flask", "litestar"];

/// Finds the environment. `dirs` are relative to the base, the nearest first.
pub(super) fn find(
    files: &mut Files,
    options: &Options,
    dirs: &[String],
    hints: &Hints,
) -> Result<PythonEnv, ReadError> {
    let found = match &options.python {
        Some(python) => Some((named(files, python)?, Origin::named("command line"))),
        None => in_project(files, dirs)
            .or_else(|| from_shell(files, options))
            .or_else(|| from_tools(files, dirs, hints)),
    };
    let mut env = match found {
        Some((layout, origin)) => of_layout(layout, origin),
        None => without_environment(files, hints),
    };
    if let Some(version) = options.python_version {
        set_version(
            files,
            &mut env,
            version,
            None,
            &Origin::named("command line"),
        );
    }
    for dir in options.site_dirs.iter().rev() {
        env.site_dirs
            .insert(0, absolute(files, dir).to_string_lossy().into_owned());
    }
    Ok(env)
}

fn of_layout(layout: Layout, origin: Origin) -> PythonEnv {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    PythonEnv {
        version: layout.version,
        micro: layout.micro,
        prefix: Some(text(layout.prefix)),
        stdlib: layout.stdlib.map(text),
        site_dirs: layout.site_dirs.into_iter().map(text).collect(),
        origin: Some(origin),
    }
}

/// Models another version: the standard library changes with it.
pub(super) fn set_version(
    files: &mut Files,
    env: &mut PythonEnv,
    version: (u8, u8),
    micro: Option<u8>,
    origin: &Origin,
) {
    if env.version == version {
        env.micro = micro.or(env.micro);
        return;
    }
    if env.prefix.is_some() && env.version != (0, 0) {
        let (major, minor) = version;
        let (has_major, has_minor) = env.version;
        files.remark(format!(
            "Python {major}.{minor} ({}) is modelled, but the environment was made for {has_major}.{has_minor}: its packages are read as they are",
            origin.source
        ));
    }
    let found = layout::find_stdlib(files.host, version);
    env.version = version;
    env.micro = micro.or(found.as_ref().and_then(|(_, m)| *m));
    env.stdlib = found.map(|(dir, _)| dir.to_string_lossy().into_owned());
    env.origin = Some(origin.clone());
}

/// A path given by the user, absolute, links in its last part kept (`bin/python` is one).
fn absolute(files: &Files, path: &Path) -> PathBuf {
    if path.is_absolute() {
        return path.to_path_buf();
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    let parent = files.host.canonical(parent.unwrap_or(Path::new(".")));
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => files
            .host
            .canonical(path)
            .unwrap_or_else(|| path.to_path_buf()),
    }
}

/// `--python`: a directory, a program, a name on PATH, or a version.
fn named(files: &mut Files, python: &Path) -> Result<Layout, ReadError> {
    let bad = |why: &str| ReadError::BadPython {
        value: python.display().to_string(),
        why: why.to_owned(),
    };
    let path = absolute(files, python);
    if files.host.is_dir(&path) {
        return layout::read(files.host, &path)
            .ok_or_else(|| bad("the directory holds no Python (no pyvenv.cfg, no lib/pythonX.Y)"));
    }
    let program = if files.host.is_file(&path) {
        Some(path)
    } else if python.components().count() == 1 {
        let name = python.to_string_lossy();
        let name = match version_triple(&name) {
            Some((major, minor, _)) => format!("python{major}.{minor}"),
            None => name.into_owned(),
        };
        first_on_path(files, &name)
    } else {
        None
    };
    let program = program.ok_or_else(|| bad("it does not exist"))?;
    of_program(files, &program)
        .ok_or_else(|| bad("no standard library was found that belongs to it"))
}

/// The environment or installation of an interpreter.
fn of_program(files: &Files, program: &Path) -> Option<Layout> {
    let prefix = layout::prefix_of_program(program)?;
    if files.host.is_file(&prefix.join("pyvenv.cfg")) {
        return layout::read(files.host, &prefix);
    }
    let real = files.host.canonical(program)?;
    layout::read(files.host, &layout::prefix_of_program(&real)?)
}

/// The first program of this name on PATH; shims of pyenv are followed.
fn first_on_path(files: &Files, name: &str) -> Option<PathBuf> {
    on_path(files.host, name).into_iter().find_map(|program| {
        let dir = program.parent()?;
        if dir.file_name()? == "shims" && dir.parent()?.to_string_lossy().contains("pyenv") {
            return pyenv_program(files, dir.parent()?, name);
        }
        Some(program)
    })
}

/// What a pyenv shim would run: `PYENV_VERSION`, `.python-version` upwards, the global version.
fn pyenv_program(files: &Files, root: &Path, name: &str) -> Option<PathBuf> {
    let mut texts: Vec<String> = files.host.env("PYENV_VERSION").into_iter().collect();
    texts.extend(
        files
            .base
            .ancestors()
            .filter_map(|dir| files.host.read_text(&dir.join(".python-version")).ok()),
    );
    texts.extend(files.host.read_text(&root.join("version")).ok());
    let installed = files.host.list(&root.join("versions")).unwrap_or_default();
    texts
        .iter()
        .flat_map(|text| text.split([':', '\n']))
        .map(str::trim)
        .filter(|version| !version.is_empty())
        .flat_map(|version| {
            let matching = installed
                .iter()
                .rev()
                .filter(move |e| e.name == version || e.name.starts_with(&format!("{version}.")));
            matching.map(|e| root.join("versions").join(&e.name).join("bin").join(name))
        })
        .find(|program| files.host.is_file(program))
}

/// `.venv`, `venv`, `env` in the project's directories, then any environment lying there.
fn in_project(files: &mut Files, dirs: &[String]) -> Option<(Layout, Origin)> {
    for dir in dirs {
        for name in [".venv", "venv", "env"] {
            let relative = paths::join(dir, name);
            if let Some(layout) = at_place(files, &relative) {
                return Some((layout, Origin::named(relative)));
            }
        }
    }
    for dir in dirs {
        for name in files.names(dir) {
            let relative = paths::join(dir, &name);
            if files.is_file(&paths::join(&relative, "pyvenv.cfg"))
                && let Some(layout) = layout::read(files.host, &files.path(&relative))
            {
                return Some((layout, Origin::named(relative)));
            }
        }
    }
    above_base(files)
}

/// An environment directory, or a file that holds its path (pipenv, virtualenvwrapper).
fn at_place(files: &Files, relative: &str) -> Option<Layout> {
    let path = files.path(relative);
    if files.host.is_dir(&path) {
        let venv = files.host.is_file(&path.join("pyvenv.cfg"));
        let conda = files.host.is_dir(&path.join("conda-meta"));
        return (venv || conda)
            .then(|| layout::read(files.host, &path))
            .flatten();
    }
    let text = files.host.read_text(&path).ok()?;
    let target = Path::new(text.trim());
    if target.is_absolute() {
        return layout::read(files.host, target);
    }
    let home = PathBuf::from(files.host.env("HOME")?);
    [
        ".virtualenvs",
        ".local/share/virtualenvs",
        ".pyenv/versions",
    ]
    .iter()
    .find_map(|dir| layout::read(files.host, &home.join(dir).join(target)))
}

/// The environment of the repository to which the given path belongs (workspaces).
fn above_base(files: &Files) -> Option<(Layout, Origin)> {
    let is_repository = |dir: &Path| files.host.kind(&dir.join(".git")).is_some();
    if is_repository(&files.base) {
        return None;
    }
    let ancestors: Vec<&Path> = files.base.ancestors().skip(1).take(4).collect();
    let top = ancestors.iter().position(|dir| is_repository(dir))?;
    ancestors[..=top].iter().find_map(|dir| {
        let path = dir.join(".venv");
        let layout = layout::read(files.host, &path).filter(|l| l.is_venv)?;
        Some((layout, Origin::named(path.to_string_lossy())))
    })
}

/// `VIRTUAL_ENV` and its like, unless the auditor's environment is to be ignored.
fn from_shell(files: &Files, options: &Options) -> Option<(Layout, Origin)> {
    if !options.process_env {
        return None;
    }
    ["VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX"]
        .iter()
        .find_map(|name| {
            let path = PathBuf::from(files.host.env(name)?);
            let path = if path.is_absolute() {
                path
            } else {
                files.base.join(path)
            };
            Some((
                layout::read(files.host, &path)?,
                Origin::named(format!("environment ({name})")),
            ))
        })
}

/// Environments that tools keep elsewhere: pdm, poetry, pipenv, pyenv-virtualenv.
fn from_tools(files: &mut Files, dirs: &[String], hints: &Hints) -> Option<(Layout, Origin)> {
    for dir in dirs {
        let path = paths::join(dir, ".pdm-python");
        let program = files.host.read_text(&files.path(&path)).ok();
        if let Some(layout) = program.and_then(|p| of_program(files, Path::new(p.trim()))) {
            return Some((layout, Origin::named(path)));
        }
    }
    let home = PathBuf::from(files.host.env("HOME")?);
    for dir in dirs {
        let path = paths::join(dir, ".python-version");
        let name = files.host.read_text(&files.path(&path)).unwrap_or_default();
        let place = home.join(".pyenv/versions").join(name.trim());
        if !name.trim().is_empty() && files.host.is_file(&place.join("pyvenv.cfg")) {
            return Some((layout::read(files.host, &place)?, Origin::named(path)));
        }
    }
    let mut names: Vec<String> = dirs
        .iter()
        .map(|dir| files.path(dir))
        .filter_map(|p| Some(p.file_name()?.to_str()?.to_owned()))
        .collect();
    names.extend(hints.project_name.clone());
    let mut caches = vec![
        home.join(".cache/pypoetry/virtualenvs"),
        home.join("Library/Caches/pypoetry/virtualenvs"),
        home.join(".local/share/virtualenvs"),
    ];
    caches.extend(files.host.env("WORKON_HOME").map(PathBuf::from));
    in_cache(files, &caches, &names)
}

/// `<name>-<eight characters>[-py3.11]`; two of them are ambiguous.
fn in_cache(files: &mut Files, caches: &[PathBuf], names: &[String]) -> Option<(Layout, Origin)> {
    for cache in caches {
        let entries = files.host.list(cache).unwrap_or_default();
        let matching: Vec<PathBuf> = entries
            .iter()
            .filter(|entry| {
                names.iter().any(|name| {
                    let rest = entry.name.strip_prefix(&format!("{name}-"));
                    let hash = rest.map(|r| r.split("-py").next().unwrap_or(r));
                    hash.is_some_and(|h| h.len() == 8)
                })
            })
            .map(|entry| cache.join(&entry.name))
            .collect();
        match &matching[..] {
            [] => {}
            [only] => {
                let layout = layout::read(files.host, only)?;
                return Some((layout, Origin::named(only.to_string_lossy())));
            }
            [..] => files.remark(
                "several environments of poetry or pipenv fit this project; none was taken: name one with --python",
            ),
        }
    }
    None
}

/// A framework is installed, and most of what the backend declares.
fn holds_the_backend(files: &Files, layout: &Layout, needed: &[String]) -> bool {
    let names: BTreeSet<String> = layout
        .site_dirs
        .iter()
        .flat_map(|dir| files.host.list(dir).unwrap_or_default())
        .map(|entry| entry.name)
        .collect();
    let distributions: BTreeSet<String> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".dist-info")?.rsplit_once('-'))
        .map(|(name, _)| normalize(name))
        .collect();
    let present = needed.iter().filter(|n| distributions.contains(*n)).count();
    FRAMEWORKS.iter().any(|f| names.contains(*f)) && present * 2 >= needed.len()
}

/// No environment: version and standard library from hints and PATH. The site directories of a
/// Python on PATH count only when the backend's framework is installed there.
fn without_environment(files: &mut Files, hints: &Hints) -> PythonEnv {
    let on_path = ["python3", "python"]
        .iter()
        .find_map(|name| first_on_path(files, name))
        .and_then(|program| of_program(files, &program));
    let installed = on_path
        .clone()
        .filter(|layout| holds_the_backend(files, layout, &hints.needed));
    let fits = |layout: &Layout| {
        let exact = hints
            .exact
            .first()
            .is_none_or(|(v, _, _)| *v == layout.version);
        let (major, minor) = layout.version;
        let release = [
            u64::from(major),
            u64::from(minor),
            u64::from(layout.micro.unwrap_or(99)),
        ];
        let required = hints
            .requires
            .as_ref()
            .is_none_or(|(s, _)| s.contains(&Version::new(release)));
        exact && required
    };
    if let Some(layout) = installed.filter(fits) {
        return of_layout(layout, Origin::named("PATH"));
    }
    files.remark(
        "no Python environment with the backend's packages was found: installed packages are unknown; name one with --python",
    );
    let (version, micro, origin) = if let Some((version, micro, origin)) = hints.exact.first() {
        (*version, *micro, origin.clone())
    } else if let Some(layout) = on_path.filter(|l| hints.requires.is_none() || fits(l)) {
        (layout.version, layout.micro, Origin::named("PATH"))
    } else if let Some((lowest, origin)) = hints
        .requires
        .as_ref()
        .and_then(|(s, origin)| Some((s.lowest_minor()?, origin.clone())))
    {
        (lowest, None, origin)
    } else {
        ((3, 12), None, Origin::named("default"))
    };
    let found = layout::find_stdlib(files.host, version);
    PythonEnv {
        version,
        micro: micro.or(found.as_ref().and_then(|(_, m)| *m)),
        prefix: None,
        stdlib: found.map(|(dir, _)| dir.to_string_lossy().into_owned()),
        site_dirs: Vec::new(),
        origin: Some(origin),
    }
}

#[cfg(test)]
#[path = "interpreter_tests.rs"]
mod tests;
