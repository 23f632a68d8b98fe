//! Backends of several files that do not start, as people report them, and their healthy twins.
//!
//! `tests/threads/*.txt` hold programs. `=== name | packages | command | VARIABLE=value ...` heads
//! one, `> ` tells how CPython 3.11 and uvicorn ended it (`starts`, or place, type and first line
//! of the exception), `--- path` heads each of its files. `=== name+` is the twin of the program
//! before it: the same files except those that follow; empty fields are the program's own.
//! `AUDIT_THREADS=word` runs only those whose name contains the word.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use audit::host::RealHost;
use audit::model::{EnvVar, Origin, Project, Redacted, Server, Start};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;

use crate::cases::target::distributions;
use crate::support::envs::Venv;
use crate::support::{in_a_line, python_of, repository, written};

/// Failing programs that are predicted with place, type and text. Only ever raised.
const FLOOR: usize = 104;

#[derive(Debug, Clone, Default)]
struct Program {
    name: String,
    packages: String,
    command: String,
    env: BTreeMap<String, String>,
    truth: String,
    files: BTreeMap<String, String>,
}

fn programs() -> Vec<Program> {
    let mut paths: Vec<_> = fs::read_dir(repository("tests/threads"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let mut base = Program::default();
        for part in text.split("=== ").skip(1) {
            let program = read(part, &base);
            if !program.name.ends_with('+') {
                base = program.clone();
            }
            all.push(program);
        }
    }
    all
}

fn read(part: &str, base: &Program) -> Program {
    let (head, body) = part.split_once('\n').unwrap();
    let fields: Vec<&str> = head.split(" | ").map(str::trim).collect();
    let mut program = if fields[0].ends_with('+') {
        base.clone()
    } else {
        Program::default()
    };
    fields[0].clone_into(&mut program.name);
    if let Some(packages) = fields.get(1).filter(|f| !f.is_empty()) {
        (*packages).clone_into(&mut program.packages);
    }
    if let Some(command) = fields.get(2).filter(|f| !f.is_empty()) {
        (*command).clone_into(&mut program.command);
    }
    for pair in fields.get(3).unwrap_or(&"").split('\t') {
        if let Some((name, value)) = pair.split_once('=') {
            program.env.insert(name.to_owned(), value.to_owned());
        }
    }
    let mut file = String::new();
    for line in body.split_inclusive('\n') {
        if let Some(truth) = line.strip_prefix("> ") {
            truth.trim_end().clone_into(&mut program.truth);
        } else if let Some(path) = line.strip_prefix("--- ") {
            path.trim().clone_into(&mut file);
            program.files.insert(file.clone(), String::new());
        } else if let Some(text) = program.files.get_mut(&file) {
            text.push_str(line);
        }
    }
    program
}

/// `[cd dir &&] uvicorn entry [--factory] [--app-dir dir]`, `python file.py`, `python -m module`.
fn start(command: &str) -> Start {
    let (workdir, command) = match command.strip_prefix("cd ") {
        Some(rest) => rest.split_once(" && ").unwrap(),
        None => (".", command),
    };
    let words: Vec<&str> = command.split(' ').collect();
    let option = |name: &str| {
        let at = words.iter().position(|w| *w == name)?;
        words.get(at + 1).map(|w| (*w).to_owned())
    };
    let server = match words.as_slice() {
        ["uvicorn", ..] => Server::Uvicorn,
        ["python", "-m", ..] => Server::PythonModule,
        ["python", ..] => Server::Python,
        _ => panic!("{command}: no command that is known here"),
    };
    let entry = words[if server == Server::PythonModule { 2 } else { 1 }];
    let (module, attr) = match entry.split_once(':') {
        Some((module, attr)) => (module, Some(attr.to_owned())),
        None => (entry, None),
    };
    Start {
        module: module.to_owned(),
        attr,
        app_dir: option("--app-dir"),
        workdir: workdir.to_owned(),
        factory: words.contains(&"--factory"),
        lifespan: "auto".to_owned(),
        command: command.to_owned(),
        ..Start::bare(server, Origin::named("threads"))
    }
}

fn project(program: &Program, dir: &Path, venv: &Venv) -> Project {
    let fixed = [
        ("PATH", "/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("HOME", "/root"),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variable = |(name, value): (String, String)| {
        let value = EnvVar {
            value: Redacted::new(value),
            origin: Origin::named("environment"),
            assumed: false,
        };
        (name, value)
    };
    Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(start(&program.command)),
        python: python_of(venv),
        distributions: distributions(&venv.site_packages()),
        env: fixed
            .into_iter()
            .chain(program.env.clone())
            .map(variable)
            .collect(),
        ..Project::default()
    }
}

/// In the words of the heads.
fn simulated(program: &Program, venv: &Venv) -> String {
    let (_scratch, dir) = written(&program.files);
    let project = project(program, &dir, venv);
    let simulation = simulate(&RealHost, &project, &SimOptions::default());
    in_a_line(simulation.startup.unwrap())
        .replace(dir.to_str().unwrap(), "<project>")
        .replace(venv.site_packages().to_str().unwrap(), "<site-packages>")
        .trim_end()
        .to_owned()
}

#[test]
fn reported_backends_end_as_under_cpython() {
    let wanted = std::env::var("AUDIT_THREADS").unwrap_or_default();
    let all: Vec<Program> = programs()
        .into_iter()
        .filter(|p| p.name.contains(&wanted))
        .collect();
    assert!(!all.is_empty(), "no program is called {wanted}");
    let mut venvs = BTreeMap::new();
    for program in &all {
        let pins = repository("tests/cases/envs").join(format!("{}.txt", program.packages));
        let pins = if pins.is_file() {
            pins
        } else {
            repository("fixtures/backend/packages").join(format!("{}.txt", program.packages))
        };
        venvs
            .entry(program.packages.clone())
            .or_insert_with(|| Venv::from_pins(&pins));
    }
    let said: Vec<(&Program, String)> = all
        .par_iter()
        .map(|program| (program, simulated(program, &venvs[&program.packages])))
        .collect();
    let table: Vec<String> = said
        .iter()
        .filter(|(program, said)| *said != program.truth)
        .map(|(program, said)| {
            let (name, truth) = (&program.name, &program.truth);
            format!("{name}\n    cpython {truth}\n    audit   {said}")
        })
        .collect();
    let table = table.join("\n");
    let healthy = said.iter().filter(|(p, _)| p.truth == "starts");
    let alarms: Vec<&str> = healthy
        .filter(|(_, said)| said != "starts" && !said.starts_with("unknown"))
        .map(|(program, _)| program.name.as_str())
        .collect();
    assert!(
        alarms.is_empty(),
        "false alarms: {}\n{table}",
        alarms.join(", ")
    );
    let failing = said.iter().filter(|(p, _)| p.truth != "starts");
    let found = failing.filter(|(p, said)| *said == p.truth).count();
    println!("{found} failing programs predicted; these are not:\n{table}");
    assert!(
        !wanted.is_empty() || found >= FLOOR,
        "{found} of at least {FLOOR}:\n{table}"
    );
}
