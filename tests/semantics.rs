//! What small programs do: the simulator against CPython 3.11, snippet by snippet.
//!
//! `tests/semantics/*.py` hold snippets, each headed by `# --- name`. Every snippet is imported by
//! a real interpreter and simulated; outcome, exception type, text and line must agree. A snippet
//! may hold more files (`# +++ other.py`) and variables of the process (`# env NAME=value`).
//! `# may miss` after the name allows the simulator not to know; it is never allowed to be wrong.
//! `AUDIT_SNIPPETS=enum` runs only those whose name contains the word.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use audit::host::RealHost;
use audit::model::{EnvVar, Origin, Project, PythonEnv, Redacted, StartOutcome};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;

use crate::support::envs::python;
use crate::support::{importing, repository};

/// One snippet.
#[derive(Debug, Default)]
struct Snippet {
    name: String,
    may_miss: bool,
    env: BTreeMap<String, String>,
    files: Vec<(String, String)>,
}

/// How a run ends; `None` when the import goes through.
type End = Option<(String, String, Option<u32>)>;

fn snippets() -> Vec<Snippet> {
    let mut all = Vec::new();
    let mut files: Vec<_> = fs::read_dir(repository("tests/semantics"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "py"))
        .collect();
    files.sort();
    for path in files {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("# --- ").skip(1) {
            all.push(read(&stem, part));
        }
    }
    all
}

fn read(stem: &str, part: &str) -> Snippet {
    let (head, body) = part.split_once('\n').unwrap();
    let mut snippet = Snippet {
        name: format!("{stem}/{}", head.split(" # ").next().unwrap().trim()),
        may_miss: head.contains("# may miss"),
        files: vec![("snippet.py".to_owned(), String::new())],
        ..Snippet::default()
    };
    for line in body.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("# +++ ") {
            snippet.files.push((name.trim().to_owned(), String::new()));
        } else if let Some(pair) = line.strip_prefix("# env ") {
            let (name, value) = pair.trim_end().split_once('=').unwrap();
            snippet.env.insert(name.to_owned(), value.to_owned());
        } else {
            snippet.files.last_mut().unwrap().1.push_str(line);
        }
    }
    snippet
}

fn environment(snippet: &Snippet) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = [
        ("PATH", "/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("HOME", "/root"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    env.extend(snippet.env.clone());
    env
}

/// The interpreter behind the test interpreter, and its standard library.
struct Interpreter {
    executable: String,
    stdlib: String,
    version: (u8, u8),
}

fn interpreter() -> Interpreter {
    let program = "import sys, os; print(os.path.realpath(sys.executable)); \
                   print(os.path.dirname(os.__file__)); print(sys.version_info[1])";
    let output = Command::new(python())
        .args(["-c", program])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().map(ToOwned::to_owned);
    let mut next = || lines.next().unwrap();
    Interpreter {
        executable: next(),
        stdlib: next(),
        version: (3, next().parse().unwrap()),
    }
}

/// Imports the snippet and says how that ended: type, `str()` of the exception, line.
const DRIVER: &str = r#"
import sys
try:
    import snippet
except BaseException as error:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
    line, tb = None, error.__traceback__
    while tb:
        if tb.tb_frame.f_code.co_filename.startswith(sys.argv[1]):
            line = tb.tb_lineno
        tb = tb.tb_next
    if isinstance(error, SyntaxError) and str(error.filename).startswith(sys.argv[1]):
        line = error.lineno
    text = str(error)
    print("\n@@" + "\x1f".join([name, text, str(line or "")]), end="")
"#;

fn cpython(executable: &str, dir: &Path, snippet: &Snippet) -> End {
    let output = Command::new(executable)
        .args(["-B", "-S", "-W", "ignore", "-c", DRIVER])
        .arg(dir)
        .current_dir(dir)
        .env_clear()
        .envs(environment(snippet))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}: {}",
        snippet.name,
        String::from_utf8_lossy(&output.stderr)
    );
    let (_, answer) = text.rsplit_once("\n@@")?;
    let mut parts = answer.split('\x1f').map(ToOwned::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    Some((next(), next(), next().parse().ok()))
}

fn simulated(python: &Interpreter, dir: &Path, snippet: &Snippet) -> End {
    let env = environment(snippet)
        .into_iter()
        .map(|(name, value)| {
            let origin = Origin::named("environment");
            (
                name,
                EnvVar {
                    value: Redacted::new(value),
                    origin,
                    assumed: false,
                },
            )
        })
        .collect();
    let project = Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(importing("snippet")),
        python: PythonEnv {
            version: python.version,
            micro: None,
            prefix: None,
            stdlib: Some(python.stdlib.clone()),
            site_dirs: vec![format!("{}/nothing-installed", dir.display())],
            origin: None,
        },
        env,
        ..Project::default()
    };
    let simulation = simulate(&RealHost, &project, &SimOptions::default());
    let startup = simulation.startup.unwrap();
    match startup.outcome {
        StartOutcome::Ok => None,
        StartOutcome::Unknown => {
            Some(("unknown".to_owned(), startup.why.unwrap_or_default(), None))
        }
        StartOutcome::Error => {
            let exception = startup.exception.unwrap();
            Some((exception.kind, exception.message, startup.line))
        }
    }
}

fn shown(end: &End) -> String {
    match end {
        None => "is imported".to_owned(),
        Some((kind, text, line)) => format!(
            "{kind}: {text} (line {})",
            line.map_or("-".to_owned(), |l| l.to_string())
        ),
    }
}

#[test]
fn snippets_end_as_in_cpython() {
    let python = interpreter();
    let wanted = std::env::var("AUDIT_SNIPPETS").unwrap_or_default();
    let all: Vec<Snippet> = snippets()
        .into_iter()
        .filter(|s| s.name.contains(&wanted))
        .collect();
    assert!(!all.is_empty(), "no snippet is called {wanted}");
    let complaints: Vec<(String, String)> = all
        .par_iter()
        .filter_map(|snippet| {
            let scratch = tempfile::tempdir().unwrap();
            let dir = fs::canonicalize(scratch.path()).unwrap();
            for (name, text) in &snippet.files {
                let path = dir.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            let (truth, said) = (
                cpython(&python.executable, &dir, snippet),
                simulated(&python, &dir, snippet),
            );
            let missed = said.is_none() || said.as_ref().is_some_and(|s| s.0 == "unknown");
            let label = match (&truth, missed) {
                (None, false) => "FALSE ALARM",
                (None, true) if said.is_none() => return None,
                (Some(t), false) if said.as_ref() == Some(t) => return None,
                (_, true) if snippet.may_miss => return None,
                (_, true) => "missed",
                (Some(_), false) => "other",
            };
            let text = format!(
                "    cpython {}\n    audit   {}",
                shown(&truth),
                shown(&said)
            );
            Some((format!("{label:<12} {}", snippet.name), text))
        })
        .collect();
    let report: Vec<String> = complaints
        .iter()
        .map(|(a, b)| format!("{a}\n{b}"))
        .collect();
    println!(
        "{} of {} snippets agree",
        all.len() - complaints.len(),
        all.len()
    );
    assert!(
        complaints.is_empty(),
        "{} of {} snippets differ:\n{}",
        complaints.len(),
        all.len(),
        report.join("\n")
    );
}

/// Names that every module of the standard library has once it is imported.
const NAMES: &str = r#"
import sys
module = __import__(sys.argv[1], fromlist=["x"])
print("\n@@" + " ".join(n for n in dir(module) if n.isidentifier() and n not in ("None", "True", "False", "__warningregistry__")), end="")
"#;

/// Modules that act when they are imported, or need a display.
const SKIPPED: &[&str] = &[
    "antigravity",
    "this",
    "idlelib",
    "tkinter",
    "turtle",
    "turtledemo",
    "test",
    "lib2to3",
];

#[test]
fn every_name_of_the_standard_library_is_found() {
    let python = interpreter();
    let output = Command::new(&python.executable)
        .args(["-c", "import sys; print(*sorted(sys.stdlib_module_names))"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let modules: Vec<&str> = text
        .split_whitespace()
        .filter(|m| !SKIPPED.contains(m))
        .collect();
    assert!(modules.len() > 100, "only {} modules", modules.len());
    let wrong: Vec<String> = modules
        .par_iter()
        .filter_map(|module| {
            let output = Command::new(&python.executable)
                .args(["-B", "-S", "-W", "ignore", "-c", NAMES, module])
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let (_, names) = text.rsplit_once("\n@@")?;
            let lines: String = names
                .split_whitespace()
                .map(|n| format!("M.{n}\n"))
                .collect();
            let snippet = Snippet {
                name: (*module).to_owned(),
                files: vec![(
                    "snippet.py".to_owned(),
                    format!("import {module} as M\n{lines}"),
                )],
                ..Snippet::default()
            };
            let scratch = tempfile::tempdir().unwrap();
            let dir = fs::canonicalize(scratch.path()).unwrap();
            fs::write(dir.join("snippet.py"), &snippet.files[0].1).unwrap();
            simulated(&python, &dir, &snippet).map(|end| format!("{module}: {}", shown(&Some(end))))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} modules lack names:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
