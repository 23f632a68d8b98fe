//! A case as the `model::Project` that the simulator is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use audit::model::{Distribution, EnvVar, Origin, Project, PythonEnv, Redacted, Server, Start};

use super::Case;
use crate::support::envs::Venv;
use crate::support::python_of;

/// Built by hand from what the case says, as if every reader had understood everything.
pub fn read(case: &Case, root: &Path, venv: &Venv) -> Project {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let mut site_dirs = vec![text(&venv.site_packages())];
    site_dirs.extend(case.site.iter().map(|dir| text(&root.join(dir))));
    Project {
        root: text(&root.join("project")),
        start: Some(start(case)),
        python: PythonEnv {
            site_dirs,
            origin: Some(Origin::named("case.toml")),
            ..python_of(venv)
        },
        distributions: distributions(&venv.site_packages()),
        env: environment(case, root, venv),
        ..Project::default()
    }
}

fn start(case: &Case) -> Start {
    let option = |name: &str| {
        let at = case.arguments.iter().position(|a| a == name)?;
        case.arguments.get(at + 1).cloned()
    };
    let (module, attr) = case.entry.split_once(':').unwrap_or((&case.entry, ""));
    Start {
        module: module.to_owned(),
        attr: (!attr.is_empty()).then(|| attr.to_owned()),
        app_dir: option("--app-dir"),
        workdir: case.workdir.clone(),
        factory: case.arguments.iter().any(|a| a == "--factory"),
        lifespan: option("--lifespan").unwrap_or_else(|| "auto".to_owned()),
        env_file: option("--env-file"),
        command: format!("uvicorn {} {}", case.entry, case.arguments.join(" ")),
        ..Start::bare(Server::Uvicorn, Origin::named("case.toml"))
    }
}

/// The whole environment of the server process; nothing is inherited.
pub fn environment(case: &Case, root: &Path, venv: &Venv) -> BTreeMap<String, EnvVar> {
    let bin = venv.prefix.join("bin");
    let fixed = [
        ("PATH", format!("{}:/usr/bin:/bin", bin.display())),
        ("HOME", root.join("home").display().to_string()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("USER", "app".to_owned()),
        ("VIRTUAL_ENV", venv.prefix.display().to_string()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("PYTHONHASHSEED", "0".to_owned()),
    ];
    let project = root.join("project").display().to_string();
    fixed
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(
            case.env
                .iter()
                .map(|(k, v)| (k.clone(), v.replace("${PROJECT}", &project))),
        )
        .map(|(name, value)| {
            let variable = EnvVar {
                value: Redacted::new(value),
                origin: Origin::named("environment"),
                assumed: false,
            };
            (name, variable)
        })
        .collect()
}

pub fn distributions(site: &Path) -> BTreeMap<String, Distribution> {
    fs::read_dir(site)
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_name()?.to_str()?.strip_suffix(".dist-info")?;
            let (name, version) = stem.rsplit_once('-')?;
            let name = name.to_lowercase().replace(['_', '.'], "-");
            let distribution = Distribution {
                name: name.clone(),
                version: version.to_owned(),
                modules: Vec::new(),
                requires: Vec::new(),
                requires_python: None,
                source: path.to_str().unwrap().to_owned(),
            };
            Some((name, distribution))
        })
        .collect()
}
