//! Finds out how the backend is started: asks every kind of file in order, and takes the first
//! command whose module exists.

use std::collections::BTreeMap;

use super::command::{self, Context, Found};
use super::compose;
use super::dockerfile::{self, Build};
use super::files::Files;
use super::image::{EnvSet, Image};
use super::kubernetes;
use super::options::{Options, ReadError};
use super::resolve::{self, Resolved};
use super::sweep::{self, Swept};
use super::walk::Tree;
use super::{paths, pyproject_toml, scripts, servers};
use crate::knowledge::build_file::is_build_file;
use crate::model::{Origin, PodContainer, Server, Start};

/// Other starts are listed up to this number.
const MAX_OTHERS: usize = 20;

/// An image that the project builds, with the environment its service adds.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    pub image: Image,
    pub env: Vec<EnvSet>,
}

/// How the backend is started. Paths are relative to the base.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    pub start: Option<Found>,
    pub others: Vec<Start>,
    /// Image of the start, else the first one that the project builds.
    pub deployed: Option<Deployed>,
    /// The start was found in `deployed`.
    pub in_image: bool,
    /// Containers of Kubernetes that run it.
    pub pods: Vec<PodContainer>,
}

/// A candidate and the image it came from.
#[derive(Debug, Clone)]
struct Candidate {
    found: Found,
    deployed: Option<usize>,
    /// Found by searching Python files: no file says that it is started so.
    searched: bool,
    /// As a manifest of a cluster starts it.
    cluster: bool,
}

/// Finds the start.
pub(super) fn discover(
    files: &mut Files,
    tree: &Tree,
    swept: &[Swept],
    options: &Options,
) -> Result<Discovery, ReadError> {
    let mut deployed = Vec::new();
    let mut candidates = Vec::new();
    entry_points(files, tree, &mut candidates);
    dockerfiles(files, tree, &mut candidates, &mut deployed);
    compose_files(files, tree, &mut candidates, &mut deployed);
    let pods = manifests(files, tree, &mut candidates, &mut deployed);
    plain_files(files, tree, &mut candidates);
    for candidate in searched(files, swept) {
        candidates.push(Candidate {
            found: candidate,
            deployed: None,
            searched: true,
            cluster: false,
        });
    }
    if let Some(found) = named(files, tree, options)? {
        return Ok(Discovery {
            others: others(&candidates, &found.start),
            deployed: image_for(&found, deployed),
            start: Some(found),
            in_image: false,
            pods,
        });
    }
    if options.as_deployed {
        // What runs in an image counts before what is typed by hand, and what a cluster makes of
        // it before the image alone.
        candidates.sort_by_key(|c| (c.deployed.is_none(), !c.cluster));
    }
    let chosen = choose(files, tree, &mut candidates);
    let mut discovery = Discovery {
        pods,
        ..Discovery::default()
    };
    if let Some(index) = chosen {
        let candidate = candidates.swap_remove(index);
        discovery.others = others(&candidates, &candidate.found.start);
        discovery.in_image = candidate.deployed.is_some();
        discovery.deployed = candidate.deployed.map(|n| deployed[n].clone());
        discovery.start = Some(with_workdir(files, candidate.found, options));
    } else {
        discovery.others = candidates.into_iter().map(|c| c.found.start).collect();
    }
    if let (None, Some(found)) = (&discovery.deployed, &discovery.start) {
        discovery.deployed = image_for(found, deployed);
    }
    Ok(discovery)
}

/// The image that would run a start which was not found in one: it holds Python, and the files of
/// the module.
fn image_for(found: &Found, deployed: Vec<Deployed>) -> Option<Deployed> {
    let module = found.start.module.replace('.', "/");
    let module = paths::join(&found.start.workdir, &module);
    let holds = |image: &Image| {
        image
            .copies
            .iter()
            .any(|c| paths::below(&module, &c.from).is_some())
    };
    deployed
        .into_iter()
        .filter(|d| d.image.python.is_some())
        .max_by_key(|d| holds(&d.image))
}

/// `--workdir` moves a discovered start.
fn with_workdir(files: &mut Files, mut found: Found, options: &Options) -> Found {
    if let Some(workdir) = &options.workdir {
        found.start.workdir = paths::join("", workdir);
        found.exact = files.is_dir(&found.start.workdir);
    }
    found
}

/// What `--start` and `--app` say.
fn named(files: &mut Files, tree: &Tree, options: &Options) -> Result<Option<Found>, ReadError> {
    let dir = options.workdir.as_deref().map(|w| paths::join("", w));
    if let Some(dir) = dir.as_deref().filter(|d| !files.is_dir(d)) {
        return Err(ReadError::BadOption {
            option: "--workdir",
            value: dir.to_owned(),
            why: "there is no such directory below the given path".into(),
        });
    }
    let mut context = Context::new(
        dir.as_deref().unwrap_or_default(),
        Origin::named("command line"),
    );
    context.explicit = true;
    let mut found = match &options.start {
        Some(text) => {
            let starts = command::read(files, text, &context);
            let first = starts
                .into_iter()
                .next()
                .ok_or_else(|| ReadError::BadStart {
                    value: files.redactor.apply(text),
                    why: "no server was recognised in it".into(),
                })?;
            check_module(&first, options)?;
            Some(first)
        }
        None => None,
    };
    if let Some(app) = &options.app {
        let mut own = found.unwrap_or_else(|| servers::blank(Server::Uvicorn, &context));
        name_app(&mut own, app)?;
        found = Some(own);
    }
    // A monorepo: the given directory holds no code of its own, one directory below it does.
    if let Some(own) = &mut found
        && dir.is_none()
    {
        resolve::into_only_backend(files, tree, own);
    }
    Ok(found)
}

fn check_module(found: &Found, options: &Options) -> Result<(), ReadError> {
    let text = options.start.clone().unwrap_or_default();
    let discovers = found.start.server == Server::Fastapi;
    if found.start.module.is_empty() && options.app.is_none() && !discovers {
        return Err(ReadError::BadStart {
            value: text,
            why: "it names no application".into(),
        });
    }
    Ok(())
}

fn name_app(found: &mut Found, app: &str) -> Result<(), ReadError> {
    let bad = |why: &str| ReadError::BadApp {
        value: app.to_owned(),
        why: why.to_owned(),
    };
    let module = app.split(':').next().unwrap_or_default();
    if module.ends_with(".py") || module.contains(['/', '\\']) {
        return Err(bad("it is a path, not a module"));
    }
    if !servers::is_dotted(module) {
        return Err(bad("the part before `:` is not a dotted module name"));
    }
    servers::target(found, app);
    let attr_ok = found.start.attr.as_deref().is_none_or(servers::is_dotted);
    if !attr_ok {
        return Err(bad("the part after `:` is not an attribute name"));
    }
    if found.start.attr.is_none() {
        found.start.server = Server::Import;
        found.start.command = format!("python -c \"import {module}\"");
    } else if found.start.command.is_empty() {
        found.start.command = format!("uvicorn {app}");
    }
    Ok(())
}

/// `[tool.fastapi] entrypoint`
fn entry_points(files: &mut Files, tree: &Tree, out: &mut Vec<Candidate>) {
    for path in named_files(tree, |name| name == "pyproject.toml") {
        let dir = paths::parent(&path).to_owned();
        if let Some((entry, line)) = pyproject_toml::fastapi_entrypoint(files, &dir) {
            let context = Context::new(&dir, Origin::line(&path, line));
            let found = command::read(files, "fastapi run", &context);
            push(out, found, None);
            if entry.is_empty() {
                files.problem(&path, Some(line), "`[tool.fastapi] entrypoint` is empty");
            }
        }
    }
}

fn push(out: &mut Vec<Candidate>, found: Vec<Found>, deployed: Option<usize>) {
    out.extend(found.into_iter().map(|found| Candidate {
        found,
        deployed,
        searched: false,
        cluster: false,
    }));
}

/// Files of the tree by name, shallow ones first; files for development and tests last.
fn named_files(tree: &Tree, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = tree
        .files
        .iter()
        .filter(|path| wanted(&paths::file_name(path).to_ascii_lowercase()))
        .cloned()
        .collect();
    let aside = |path: &str| {
        let path = path.to_ascii_lowercase();
        [
            "test", "dev", "local", "example", "worker", "docs", "frontend", "override", "debug",
            "ci",
        ]
        .iter()
        .filter(|word| path.split(['/', '.', '-', '_']).any(|part| part == **word))
        .count()
    };
    found.sort_by_key(|path| (aside(path), paths::depth(path)));
    found.truncate(60);
    found
}

fn dockerfiles(
    files: &mut Files,
    tree: &Tree,
    out: &mut Vec<Candidate>,
    deployed: &mut Vec<Deployed>,
) {
    for path in named_files(tree, is_build_file) {
        let mut built: Vec<(Image, Vec<Found>)> = Vec::new();
        for image in contexts(files, &path) {
            let found = compose::image_starts(files, &image, &[], None);
            built.push((image, found));
        }
        // The context in which the command finds its module is the one that is used.
        let works = built.iter().position(|(_, found)| {
            found
                .iter()
                .any(|f| resolve::resolve(files, tree, &mut f.clone()) == Resolved::Yes)
        });
        if !built.is_empty() {
            let (image, found) = built.swap_remove(works.unwrap_or(0));
            keep_image(deployed, image, Vec::new());
            push(out, found, deployed.len().checked_sub(1));
        }
    }
}

fn keep_image(deployed: &mut Vec<Deployed>, image: Image, env: Vec<EnvSet>) {
    deployed.push(Deployed { image, env });
}

/// The image of a build file, built in the directory in which its sources exist: its own, or one
/// above (`docker build -f docker/Dockerfile .`).
fn contexts(files: &mut Files, path: &str) -> Vec<Image> {
    let mut dir = paths::parent(path).to_owned();
    let mut images = Vec::new();
    loop {
        let build = Build {
            context: dir.clone(),
            ..Build::default()
        };
        images.extend(dockerfile::read(files, path, &build));
        if dir.is_empty() {
            break;
        }
        dir = paths::parent(&dir).to_owned();
    }
    let missing = |image: &Image| {
        let gone = |from: &str| !files.is_file(from) && !files.is_dir(from);
        image.copies.iter().filter(|c| gone(&c.from)).count()
    };
    images.sort_by_key(missing);
    images
}

fn compose_files(
    files: &mut Files,
    tree: &Tree,
    out: &mut Vec<Candidate>,
    deployed: &mut Vec<Deployed>,
) {
    let is_compose = |name: &str| {
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        yaml && (name.contains("compose") || name.starts_with("stack"))
    };
    for path in named_files(tree, is_compose) {
        for service in compose::read(files, &path) {
            let index = service.image.map(|image| {
                keep_image(deployed, image, service.env.clone());
                deployed.len() - 1
            });
            push(out, service.found, index);
        }
    }
}

/// Containers of Kubernetes: the image of the only build file that starts the backend, with the
/// variables and the command of the manifest.
fn manifests(
    files: &mut Files,
    tree: &Tree,
    out: &mut Vec<Candidate>,
    deployed: &mut Vec<Deployed>,
) -> Vec<PodContainer> {
    let paths = named_files(tree, kubernetes::is_manifest);
    if paths.is_empty() {
        return Vec::new();
    }
    let starts = |n: usize| out.iter().any(|c| c.deployed == Some(n));
    let mut images: Vec<Image> = Vec::new();
    for (n, one) in deployed.iter().enumerate() {
        // Compose services build the same files again.
        if starts(n) && !images.iter().any(|known| known.file == one.image.file) {
            images.push(one.image.clone());
        }
    }
    let pods = kubernetes::read(files, &paths, &images);
    let mut containers = Vec::new();
    for pod in pods {
        let Some(image) = images.first().cloned() else {
            break;
        };
        let found = match pod.found.is_empty() {
            false => pod.found,
            true => compose::image_starts(files, &image, &pod.env, None),
        };
        keep_image(deployed, image, pod.env);
        let index = deployed.len().checked_sub(1);
        out.extend(found.into_iter().map(|found| Candidate {
            found,
            deployed: index,
            searched: false,
            cluster: true,
        }));
        containers.push(pod.container);
    }
    containers
}

type Reader = fn(&mut Files, &str) -> Vec<Found>;

/// Everything that is neither container nor Python.
fn plain_files(files: &mut Files, tree: &Tree, out: &mut Vec<Candidate>) {
    type Kind = (fn(&str) -> bool, Reader);
    let kinds: &[Kind] = &[
        (
            |n| n == "procfile" || n.starts_with("procfile."),
            scripts::procfile,
        ),
        (|n| n.ends_with(".service"), scripts::systemd),
        (is_start_script, scripts::shell_script),
        (
            |n| matches!(n, "makefile" | "gnumakefile" | "justfile" | ".justfile"),
            scripts::recipes,
        ),
        (|n| n == "pyproject.toml", scripts::tasks),
        (
            |n| n.starts_with("supervisor") && n.contains(".conf"),
            scripts::supervisor,
        ),
        (is_platform_file, scripts::platform),
    ];
    for (wanted, read) in kinds {
        for path in named_files(tree, wanted) {
            let found = read(files, &path);
            push(out, found, None);
        }
    }
}

/// Descriptions of a hosting platform that hold a start command.
fn is_platform_file(name: &str) -> bool {
    matches!(
        name,
        "render.yaml"
            | "render.yml"
            | "railway.json"
            | "railway.toml"
            | "nixpacks.toml"
            | "fly.toml"
            | "app.yaml"
            | "app.yml"
            | "manifest.yml"
            | "apprunner.yaml"
    )
}

fn is_start_script(name: &str) -> bool {
    let stem = name
        .strip_suffix(".sh")
        .or_else(|| name.strip_suffix(".bash"));
    stem.is_some_and(|stem| {
        [
            "start", "run", "entry", "serve", "launch", "boot", "prestart", "dev", "up", "app",
            "init", "deploy",
        ]
        .iter()
        .any(|word| stem.contains(word))
            && !stem.contains("test")
            && !stem.contains("lint")
    })
}

/// Python files that start a server, then applications found by searching.
fn searched(files: &mut Files, swept: &[Swept]) -> Vec<Found> {
    let mut found = Vec::new();
    for file in swept
        .iter()
        .filter(|s| s.apps.is_empty() && paths::depth(&s.path) <= 2)
    {
        let Some(run) = file.runs.iter().find(|r| r.app.text().is_some()) else {
            continue;
        };
        let name = paths::file_name(&file.path).to_owned();
        let context = Context::new(paths::parent(&file.path), Origin::named(&file.path));
        let mut own = command::read(files, &format!("python {name}"), &context);
        for start in &mut own {
            servers::programmatic(start, run);
            let text = files.text(&file.path).unwrap_or_default();
            let line = text[..run.at.min(text.len())].matches('\n').count() + 1;
            start.start.origin.line = u32::try_from(line).ok();
        }
        found.extend(own);
    }
    let candidates = sweep::candidates(swept);
    if let Some((first, second)) = candidates.first().zip(candidates.get(1))
        && first.path != second.path
        && first.rivals(second)
        && found.is_empty()
    {
        files.remark(format!(
            "several applications were found and no file says which one is started: `{}` was taken, `{}` was not; name it with --app",
            first.path, second.path
        ));
    }
    for candidate in candidates {
        found.push(resolve::by_search(files, &candidate));
    }
    found
}

/// The first command of a file whose module exists; else one that certainly names a module that
/// is not there; else what the search found.
fn choose(files: &mut Files, tree: &Tree, candidates: &mut [Candidate]) -> Option<usize> {
    let mut missing = None;
    for (n, candidate) in candidates.iter_mut().enumerate() {
        match resolve::resolve(files, tree, &mut candidate.found) {
            Resolved::Yes if candidate.searched => return Some(missing.unwrap_or(n)),
            Resolved::Yes => return Some(n),
            // A build file that certainly names a module that is not there is the fault itself.
            Resolved::CertainlyNot => missing = missing.or(Some(n)),
            Resolved::Unclear => {}
        }
    }
    missing
}

fn others(candidates: &[Candidate], chosen: &Start) -> Vec<Start> {
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    let key = |s: &Start| {
        format!(
            "{:?}|{}|{:?}|{}|{:?}",
            s.server, s.module, s.attr, s.workdir, s.app_dir
        )
    };
    seen.insert(key(chosen), ());
    candidates
        .iter()
        .map(|c| &c.found.start)
        .filter(|s| seen.insert(key(s), ()).is_none())
        .take(MAX_OTHERS)
        .cloned()
        .collect()
}
