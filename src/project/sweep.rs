//! One parallel pass over the project's Python files: applications, server runs, secrets.

use rayon::prelude::*;

use super::files::Files;
use super::paths;
use super::pysource::{self, App, AppKind, Facts, Literal, ServerRun};
use super::secrets::python as secrets_python;
use crate::model::url_password_spans;

/// More files than this are not swept (they are still found by the simulator).
const MAX_SWEPT: usize = 20_000;
const MAX_FILE_BYTES: usize = 2 << 20;

/// What one file told.
#[derive(Debug, Clone, Default)]
pub(super) struct Swept {
    pub path: String,
    pub apps: Vec<App>,
    pub runs: Vec<ServerRun>,
    secrets: Vec<String>,
}

/// Reads all Python files; secrets go to the redactor, the rest is returned in path order.
pub(super) fn sweep(files: &mut Files, python_files: &[String]) -> Vec<Swept> {
    if python_files.len() > MAX_SWEPT {
        files.remark(format!(
            "there are {} Python files; only the first {MAX_SWEPT} were searched for applications and secrets",
            python_files.len()
        ));
    }
    let (host, base) = (files.host, files.base.clone());
    let swept: Vec<Swept> = python_files
        .par_iter()
        .take(MAX_SWEPT)
        .filter_map(|path| {
            let bytes = host.read(&base.join(path)).ok()?;
            (bytes.len() <= MAX_FILE_BYTES).then(|| one(path, &String::from_utf8_lossy(&bytes)))
        })
        .collect();
    for file in &swept {
        for secret in &file.secrets {
            files.redactor.add(secret);
        }
    }
    let mut swept: Vec<Swept> = swept
        .into_iter()
        .filter(|s| !s.apps.is_empty() || !s.runs.is_empty())
        .collect();
    made_elsewhere(files, python_files, &mut swept);
    swept
}

/// `app = register_app()` in `main.py`, where another file defines that function: it cannot be
/// told from one file, so a second look is taken where only factories were found.
fn made_elsewhere(files: &Files, python_files: &[String], swept: &mut Vec<Swept>) {
    let real = |a: &App| a.kind != AppKind::Factory;
    if swept
        .iter()
        .any(|s| !is_aside(&s.path) && s.apps.iter().any(real))
    {
        return;
    }
    let factories: Vec<String> = swept
        .iter()
        .filter(|s| !is_aside(&s.path))
        .flat_map(|s| s.apps.iter().map(|a| a.name.clone()))
        .collect();
    let likely = python_files
        .iter()
        .filter(|p| FILES.contains(&paths::stem(p)) && !is_aside(p));
    for path in likely.take(200) {
        let Ok(text) = files.host.read_text(&files.path(path)) else {
            continue;
        };
        if !factories.iter().any(|f| text.contains(f.as_str())) {
            continue;
        }
        let facts = pysource::read(&text).unwrap_or_default();
        let calls = facts
            .calls
            .into_iter()
            .filter(|(_, c)| factories.contains(c));
        let apps: Vec<App> = calls
            .map(|(name, _)| App {
                name,
                kind: AppKind::FromFactory,
            })
            .collect();
        if !apps.is_empty() {
            swept.push(Swept {
                path: path.clone(),
                apps,
                ..Swept::default()
            });
        }
    }
}

fn one(path: &str, text: &str) -> Swept {
    let secrets = secrets_python::secrets(text)
        .into_iter()
        .chain(url_password_spans(text))
        .map(|span| text[span].to_owned())
        .collect();
    let interesting = [
        "FastAPI(",
        "Starlette(",
        "_app(",
        "_application(",
        "uvicorn.",
    ];
    let mut facts = if interesting.iter().any(|word| text.contains(word)) {
        pysource::read(text).unwrap_or_default()
    } else {
        Facts::default()
    };
    add_wrapper(path, &mut facts);
    Swept {
        path: path.to_owned(),
        apps: facts.apps,
        runs: facts.runs,
        secrets,
    }
}

/// `app = socketio.ASGIApp(sio, api)` beside `uvicorn.run(app)`: what a file serves is its
/// application, whatever it is made of.
fn add_wrapper(path: &str, facts: &mut Facts) {
    if facts.apps.iter().all(|a| a.kind == AppKind::Factory) {
        return;
    }
    let served = facts.runs.iter().find_map(|run| match &run.app {
        Literal::Name(name) => Some(name.clone()),
        Literal::Str(text, _) => {
            let (module, name) = text.split_once(':')?;
            let own = module.rsplit('.').next() == Some(paths::stem(path));
            own.then(|| name.to_owned())
        }
        _ => None,
    });
    let Some(name) = served.filter(|name| facts.names.contains_key(name)) else {
        return;
    };
    if facts.apps.iter().all(|app| app.name != name) {
        facts.apps = vec![App {
            name,
            kind: AppKind::Constructed,
        }];
    }
}

/// An application found by searching, best first.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub path: String,
    pub app: App,
    rank: (bool, bool, usize, usize, usize),
}

impl Candidate {
    /// Do two candidates differ by nothing but their names?
    pub fn rivals(&self, other: &Candidate) -> bool {
        self.rank.0 == other.rank.0 && self.rank.1 == other.rank.1 && self.rank.2 == other.rank.2
    }
}

/// All applications, in the order in which one would try them: outside of tests and examples,
/// constructed rather than made by a factory, shallow, with a usual file and object name.
pub(super) fn candidates(swept: &[Swept]) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = swept
        .iter()
        .flat_map(|file| {
            file.apps.iter().map(|app| Candidate {
                path: file.path.clone(),
                app: app.clone(),
                rank: (
                    is_aside(&file.path),
                    app.kind == AppKind::Factory,
                    paths::depth(&file.path) + usize::from(in_src(&file.path)),
                    position(FILES, paths::stem(&file.path)),
                    position(OBJECTS, &app.name),
                ),
            })
        })
        .collect();
    out.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.path.cmp(&b.path)));
    out
}

const FILES: &[&str] = &[
    "main",
    "app",
    "asgi",
    "api",
    "server",
    "application",
    "run",
    "__init__",
];
const OBJECTS: &[&str] = &["app", "application", "api", "fastapi_app", "create_app"];

fn position(list: &[&str], name: &str) -> usize {
    list.iter().position(|n| *n == name).unwrap_or(list.len())
}

/// `src/pkg/main.py` is as deep as `pkg/main.py`, only a little less likely.
fn in_src(path: &str) -> bool {
    path.starts_with("src/") && paths::depth(path) > 2
}

/// Tests, documentation, examples: their applications are not the backend.
pub(super) fn is_aside(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        let word = part.trim_end_matches(".py");
        matches!(
            word,
            "test"
                | "tests"
                | "testing"
                | "docs"
                | "docs_src"
                | "doc"
                | "example"
                | "examples"
                | "sample"
                | "samples"
                | "demo"
                | "demos"
                | "tutorial"
                | "tutorials"
                | "benchmarks"
                | "benchmark"
                | "scripts"
                | "migrations"
                | "alembic"
                | "notebooks"
                | "templates"
                | "e2e"
                | "integration"
                | "conftest"
                | "cookbook"
                | "playground"
        ) || word.starts_with("test_")
            || word.ends_with("_test")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_serves_is_its_application() {
        for (text, expected) in [
            (
                "api = FastAPI()\napp = socketio.ASGIApp(sio, api)\nif __name__ == '__main__':\n    uvicorn.run(app, port=1)\n",
                "app",
            ),
            (
                "api = FastAPI()\napp = Wrap(api)\nuvicorn.run('shop.main:app')\n",
                "app",
            ),
            ("api = FastAPI()\nuvicorn.run('shop.other:app')\n", "api"),
            (
                "api = FastAPI()\ndef run():\n    app = Wrap(api)\n    uvicorn.run(app)\n",
                "api",
            ),
        ] {
            let file = one("shop/main.py", text);
            let names: Vec<&str> = file.apps.iter().map(|a| a.name.as_str()).collect();
            assert_eq!(names, [expected], "{text}");
        }
    }
}
