//! "As deployed": the Python and the packages that the build file of the image would make, as far
//! as lock files and installed metadata tell.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::command::program;
use super::declared::{self, Declared, MAIN};
use super::discover::Discovery;
use super::files::Files;
use super::image::Image;
use super::options::Options;
use super::{image_python, interpreter, paths, shell};
use crate::knowledge::requirement::{Target, cut, marker_holds, normalize};
use crate::knowledge::versions::version;
use crate::model::{Distribution, PythonEnv};

/// What an image installs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Plan {
    /// Requirements files, relative to the base.
    files: Vec<String>,
    /// Requirements given on a command line.
    named: Vec<String>,
    /// The project itself: with these groups (besides `main`) and extras.
    project: Option<BTreeSet<String>>,
    /// Versions come from the lock file.
    locked: bool,
    /// Commands that install something that could not be followed.
    unclear: Vec<u32>,
}

/// What is known of the project's dependencies.
pub(super) struct Inputs<'a> {
    pub declared: &'a Declared,
    pub locked: &'a BTreeMap<String, Distribution>,
    pub target: &'a Target,
}

/// Requirements files that the image of the start installs from.
pub(super) fn requirement_files(files: &Files, discovery: &Discovery) -> Vec<String> {
    match &discovery.deployed {
        Some(deployed) if discovery.in_image => plan(files, &deployed.image, &[]).files,
        _ => Vec::new(),
    }
}

/// Does the image of the start install the project itself?
pub(super) fn installs_project(files: &Files, discovery: &Discovery) -> bool {
    let deployed = discovery.deployed.as_ref().filter(|_| discovery.in_image);
    deployed.is_some_and(|d| plan(files, &d.image, &[]).project.is_some())
}

/// The image's Python instead of the local one.
pub(super) fn python(
    files: &mut Files,
    options: &Options,
    discovery: &Discovery,
    env: &mut PythonEnv,
) {
    if discovery.deployed.is_none() {
        files.remark(
            "as deployed: no Dockerfile or compose file describes an image; the local environment is audited",
        );
        return;
    }
    match image_python(discovery) {
        Some((version, micro, origin)) if options.python_version.is_none() => {
            interpreter::set_version(files, env, version, micro, &origin);
        }
        Some(_) => {}
        None => files.remark("as deployed: the base image does not tell its Python version"),
    }
}

/// Tools that every Python image may hold without asking.
const TOOLS: &[&str] = &["pip", "setuptools", "wheel", "packaging", "distribute"];

/// What an image holds, against what lies on this machine.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub distributions: BTreeMap<String, Distribution>,
    /// Top-level modules on this machine that the image certainly lacks.
    pub hidden: Vec<String>,
    /// Distributions on this machine that the image may lack.
    pub doubtful: Vec<String>,
}

/// The distributions that the image would hold; the local ones when that cannot be told. What the
/// local environment holds beside them is not there, or not certainly.
pub(super) fn distributions(
    files: &mut Files,
    discovery: &Discovery,
    inputs: &Inputs,
    installed: BTreeMap<String, Distribution>,
) -> Packages {
    let local = installed.clone();
    let (found, whole) = found(files, discovery, inputs, installed);
    let beside = local
        .values()
        .filter(|d| !found.contains_key(&d.name) && !TOOLS.contains(&d.name.as_str()));
    if !whole {
        let doubtful = beside.map(|d| d.name.clone()).collect();
        return Packages {
            doubtful,
            distributions: found,
            ..Packages::default()
        };
    }
    let kept: BTreeSet<&String> = local
        .values()
        .filter(|d| found.contains_key(&d.name) || TOOLS.contains(&d.name.as_str()))
        .flat_map(|d| &d.modules)
        .collect();
    let mut hidden: Vec<String> = beside.flat_map(|d| d.modules.iter().cloned()).collect();
    hidden.retain(|module| !kept.contains(module));
    hidden.sort();
    hidden.dedup();
    Packages {
        hidden,
        distributions: found,
        ..Packages::default()
    }
}

/// The distributions, and whether they are certainly all.
fn found(
    files: &mut Files,
    discovery: &Discovery,
    inputs: &Inputs,
    installed: BTreeMap<String, Distribution>,
) -> (BTreeMap<String, Distribution>, bool) {
    let Some(deployed) = &discovery.deployed else {
        return (installed, false);
    };
    let image = deployed.image.clone();
    let plan = plan(files, &image, &inputs.declared.default_groups);
    for line in &plan.unclear {
        files.problem(
            &image.file,
            Some(*line),
            "as deployed: this command installs packages in a way that was not understood",
        );
    }
    if plan.files.is_empty() && plan.named.is_empty() && plan.project.is_none() {
        files.problem(
            &image.file,
            None,
            "as deployed: no install command was found; the local environment is audited",
        );
        return (installed, false);
    }
    let roots = roots(files, &plan, inputs);
    if roots.is_empty() {
        files.problem(
            &image.file,
            None,
            "as deployed: what the install command installs is declared in no file that was read; the local environment is audited",
        );
        return (installed, false);
    }
    let (found, known) = closure(files, &image, &plan, roots, inputs, &installed);
    (found, known && plan.unclear.is_empty() && !image.open)
}

/// A distribution that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Root {
    name: String,
    extras: Vec<String>,
    /// The version, when `==` fixes it.
    pinned: Option<String>,
}

impl Root {
    fn new(name: &str, extras: &[String], specifier: &str) -> Self {
        let exact = specifier.trim().strip_prefix("==").map(str::trim);
        let exact = exact.filter(|v| !v.contains(['*', ',', '=']));
        Self {
            name: normalize(name),
            extras: extras.to_vec(),
            pinned: exact.map(str::to_owned),
        }
    }
}

fn roots(files: &mut Files, plan: &Plan, inputs: &Inputs) -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    let mut own = declared::from_files(files, &plan.files);
    declared::evaluate_markers(&mut own, inputs.target);
    let of_project = inputs.declared.requirements.iter().filter(|r| {
        let groups = plan.project.as_ref();
        groups.is_some_and(|g| r.group == MAIN || g.contains(&r.group)) && !is_list(&r.path)
    });
    for requirement in own.iter().chain(of_project) {
        if requirement.applies != Some(false) && !requirement.constraint {
            roots.push(Root::new(
                &requirement.name,
                &requirement.extras,
                &requirement.specifier,
            ));
        }
    }
    for text in &plan.named {
        if let Ok(pieces) = cut(text) {
            let specifier = &text[pieces.specifier.clone()];
            roots.push(Root::new(
                &text[pieces.name.clone()],
                &pieces.extras,
                specifier,
            ));
        }
    }
    roots
}

/// Requirements files are installed only when a command names them.
fn is_list(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("txt" | "in"))
}

/// Follows `Requires-Dist` from lock entries and installed metadata; `false`: some of them could
/// not be followed.
fn closure(
    files: &mut Files,
    image: &Image,
    plan: &Plan,
    roots: Vec<Root>,
    inputs: &Inputs,
    installed: &BTreeMap<String, Distribution>,
) -> (BTreeMap<String, Distribution>, bool) {
    let mut out: BTreeMap<String, Distribution> = BTreeMap::new();
    let mut seen: BTreeSet<Root> = BTreeSet::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    let mut queue: VecDeque<Root> = roots.into();
    while let Some(root) = queue.pop_front() {
        if !seen.insert(root.clone()) {
            continue;
        }
        let Root {
            name,
            extras,
            pinned,
        } = root;
        let fits = |d: &&Distribution| pinned.as_ref().is_none_or(|p| same_version(p, &d.version));
        let locked = inputs.locked.get(&name).filter(fits);
        let local = installed.get(&name).filter(fits);
        let found = if plan.locked {
            locked.or(local)
        } else {
            local.or(locked)
        };
        let Some(found) = found else {
            out.entry(name.clone())
                .or_insert_with(|| of_unknown_version(image, &name, pinned));
            unknown.insert(name);
            continue;
        };
        // Lock files of some tools leave out what extras bring; the metadata has it.
        let more = local.filter(|l| l.source != found.source);
        let requires = found
            .requires
            .iter()
            .chain(more.into_iter().flat_map(|l| &l.requires));
        for text in requires {
            let Ok(pieces) = cut(text) else { continue };
            let marker = &text[pieces.marker.clone()];
            if marker_holds(marker, inputs.target, &extras) != Some(false) {
                // Bounds of other packages do not choose a version here.
                queue.push_back(Root::new(&text[pieces.name.clone()], &pieces.extras, ""));
            }
        }
        let mut distribution = found.clone();
        if let Some(local) = local.filter(|_| distribution.modules.is_empty()) {
            distribution.modules = local.modules.clone();
        }
        out.insert(name, distribution);
    }
    let known = unknown.is_empty();
    if !known {
        let names: Vec<String> = unknown.into_iter().collect();
        let why = format!(
            "as deployed: neither a lock file nor installed metadata tells versions and dependencies of {}",
            names.join(", ")
        );
        files.problem(&image.file, None, &why);
    }
    (out, known)
}

/// It will be installed; in which version (unless pinned) and with what, nothing tells.
fn of_unknown_version(image: &Image, name: &str, pinned: Option<String>) -> Distribution {
    Distribution {
        name: name.to_owned(),
        version: pinned.unwrap_or_default(),
        modules: Vec::new(),
        requires: Vec::new(),
        requires_python: None,
        source: image.file.clone(),
    }
}

fn same_version(a: &str, b: &str) -> bool {
    a == b || version(a).is_some_and(|a| Some(a) == version(b))
}

/// Reads the install commands of an image.
fn plan(files: &Files, image: &Image, default_groups: &[String]) -> Plan {
    let mut plan = Plan::default();
    let variables: BTreeMap<String, String> = image
        .env
        .iter()
        .map(|s| (s.name.clone(), s.value.clone()))
        .collect();
    for install in &image.installs {
        let mut workdir = install.workdir.clone();
        // `RUN --mount=... command`: options of RUN come first.
        let text = install.text.trim_start();
        let mut text = text;
        while text.starts_with("--") {
            text = text
                .split_once(char::is_whitespace)
                .map_or("", |(_, rest)| rest.trim_start());
        }
        for command in shell::commands(text, &variables, &[]) {
            let words = command.words;
            if words.first().is_some_and(|w| w == "cd") {
                if let Some(dir) = words.get(1) {
                    workdir = in_image(&workdir, dir);
                }
                continue;
            }
            one(
                files,
                image,
                &words,
                &workdir,
                install.line,
                default_groups,
                &mut plan,
            );
        }
    }
    plan
}

fn in_image(workdir: &str, path: &str) -> String {
    if path.starts_with('/') {
        paths::clean(path)
    } else {
        paths::clean(&format!("{workdir}/{path}"))
    }
}

fn one(
    files: &Files,
    image: &Image,
    words: &[String],
    workdir: &str,
    line: u32,
    default_groups: &[String],
    plan: &mut Plan,
) {
    let Some(first) = words.first() else { return };
    let name = program(first);
    let rest = &words[1..];
    let says = |n: usize, word: &str| rest.get(n).is_some_and(|w| w == word);
    match name {
        "sudo" | "exec" | "env" => one(files, image, rest, workdir, line, default_groups, plan),
        _ if name.starts_with("python") && says(0, "-m") => {
            one(
                files,
                image,
                &rest[1..],
                workdir,
                line,
                default_groups,
                plan,
            );
        }
        _ if is_pip(name) && says(0, "install") => {
            pip(files, image, &rest[1..], workdir, line, plan);
        }
        "uv" if says(0, "pip") && (says(1, "install") || says(1, "sync")) => {
            let mut rest = rest[2..].to_vec();
            if says(1, "sync") {
                rest.insert(0, "-r".into());
            }
            pip(files, image, &rest, workdir, line, plan);
        }
        "uv" | "poetry" | "pdm" | "pipenv" | "rye" if says(0, "sync") || says(0, "install") => {
            project(name, &rest[1..], default_groups, plan);
        }
        "poetry" | "uv" | "pipenv" | "pdm" if says(0, "export") || says(0, "requirements") => {
            project(name, &["--no-dev".to_owned()], default_groups, plan);
        }
        "conda" | "mamba" | "micromamba" if says(0, "install") || says(0, "env") => {
            plan.unclear.push(line);
        }
        _ => {}
    }
}

/// `pip`, `pip3`, `pip3.12`
fn is_pip(name: &str) -> bool {
    let version = name.strip_prefix("pip");
    version.is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn pip(files: &Files, image: &Image, words: &[String], workdir: &str, line: u32, plan: &mut Plan) {
    const VALUED: &[&str] = &[
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "--trusted-host",
        "-t",
        "--target",
        "--prefix",
        "--python",
        "--cache-dir",
        "-c",
        "--constraint",
        "--root",
        "--index-strategy",
        "--platform",
        "--only-binary",
        "--no-binary",
        "--timeout",
        "--retries",
    ];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(list) = requirement_option(word, &mut words) {
            let path = in_image(workdir, &list);
            match image
                .host_path(&path)
                .filter(|(host, _)| files.is_file(host))
            {
                Some((host, _)) => plan.files.push(host),
                // Written by an export command before, or lost: the project stands for it.
                None if plan.project.is_some() => {}
                None => {
                    let beside = paths::join(&image.context, &list);
                    if files.is_file(&beside) {
                        plan.files.push(beside);
                    } else {
                        plan.unclear.push(line);
                    }
                }
            }
        } else if word == "-e" || word == "--editable" {
            words.next();
            plan.project.get_or_insert_with(BTreeSet::new);
        } else if VALUED.contains(&word.as_str()) {
            words.next();
        } else if word.starts_with(['.', '/']) {
            let extras = word.split_once('[').map(|(_, e)| e.trim_end_matches(']'));
            let groups = plan.project.get_or_insert_with(BTreeSet::new);
            groups.extend(
                extras
                    .into_iter()
                    .flat_map(|e| e.split(','))
                    .map(str::to_owned),
            );
        } else if !word.starts_with('-') {
            let tools = [
                "pip",
                "setuptools",
                "wheel",
                "uv",
                "poetry",
                "pipenv",
                "pdm",
            ];
            let bare = word
                .split(['=', '<', '>', '~', '!', '['])
                .next()
                .unwrap_or(word);
            if !tools.contains(&bare) {
                plan.named.push(word.clone());
            }
        }
    }
}

/// `-r X`, `-rX`, `--requirement X`, `--requirements=X`
fn requirement_option<'a>(
    word: &str,
    words: &mut impl Iterator<Item = &'a String>,
) -> Option<String> {
    if matches!(word, "-r" | "--requirement" | "--requirements") {
        return words.next().cloned();
    }
    word.strip_prefix("--requirement=")
        .or_else(|| word.strip_prefix("--requirements="))
        .or_else(|| word.strip_prefix("-r").filter(|w| !w.is_empty()))
        .map(str::to_owned)
}

/// `uv sync`, `poetry install`, `pdm sync`, `pipenv install` with their groups.
fn project(tool: &str, words: &[String], default_groups: &[String], plan: &mut Plan) {
    let has = |names: &[&str]| words.iter().any(|w| names.contains(&w.as_str()));
    let values = |names: &[&str]| -> Vec<String> {
        let mut found = Vec::new();
        for (n, word) in words.iter().enumerate() {
            let attached = word
                .split_once('=')
                .filter(|(name, _)| names.contains(name))
                .map(|(_, value)| value.to_owned());
            let next = names
                .contains(&word.as_str())
                .then(|| words.get(n + 1).cloned());
            found.extend(attached.or(next.flatten()));
        }
        found
            .iter()
            .flat_map(|v| v.split([',', ' ']))
            .map(str::to_owned)
            .collect()
    };
    let no_dev = has(&[
        "--no-dev",
        "--no-default-groups",
        "--prod",
        "--production",
        "--only",
        "--only-root",
        "--only-group",
    ]) || words.iter().any(|w| w.starts_with("--only="))
        || tool == "pipenv" && !has(&["--dev", "-d"]);
    let mut groups: BTreeSet<String> = BTreeSet::new();
    if !no_dev {
        groups.extend(default_groups.iter().cloned());
    }
    if tool == "pipenv" && !no_dev {
        groups.insert("dev".into());
    }
    groups.extend(values(&[
        "--group", "--with", "--extra", "-E", "--extras", "-G", "--only",
    ]));
    for left_out in values(&["--without", "--no-group"]) {
        groups.remove(&left_out);
    }
    plan.project
        .get_or_insert_with(BTreeSet::new)
        .extend(groups);
    plan.locked = true;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;
    use crate::project::dockerfile::{self, Build};

    fn plan_of(run: &str) -> Plan {
        let text = format!("FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {run}\n");
        let host = MemoryHost::new()
            .file("/p/Dockerfile", text)
            .file("/p/requirements.txt", "")
            .file("/p/req/prod.txt", "");
        let mut files = Files::new(&host, "/p".into());
        let image = dockerfile::read(&mut files, "Dockerfile", &Build::default()).unwrap();
        plan(&files, &image, &["dev".to_owned()])
    }

    #[test]
    fn install_commands_are_understood() {
        for (run, files, named, project, locked) in [
            (
                "pip install --no-cache-dir -r requirements.txt",
                "requirements.txt",
                "",
                None,
                false,
            ),
            (
                "python -m pip install -U pip && pip install -r /app/req/prod.txt gunicorn==22",
                "req/prod.txt",
                "gunicorn==22",
                None,
                false,
            ),
            (
                "--mount=type=cache,target=/c uv sync --frozen --no-dev",
                "",
                "",
                Some(""),
                true,
            ),
            ("uv sync", "", "", Some("dev"), true),
            (
                "poetry install --only main --no-root",
                "",
                "",
                Some("main"),
                true,
            ),
            ("poetry install --without dev", "", "", Some(""), true),
            ("pipenv install --system --deploy", "", "", Some(""), true),
            ("pip install .[pg]", "", "", Some("pg"), false),
            ("apt-get install -y gcc", "", "", None, false),
        ] {
            let plan = plan_of(run);
            assert_eq!(plan.files.join(","), files, "{run}");
            assert_eq!(plan.named.join(","), named, "{run}");
            let groups = plan
                .project
                .map(|g| g.into_iter().collect::<Vec<_>>().join(","));
            assert_eq!(groups.as_deref(), project, "{run}");
            assert_eq!(plan.locked, locked, "{run}");
        }
    }
}
