//! What small programs do when uvicorn starts them: lifespans, startup handlers, tasks.
//!
//! `tests/lifespans/programs.py` holds programs, each headed by `# --- name = how it ended` when
//! uvicorn really started it with the sample backend's latest set of packages: `starts`, or place, type and text
//! of the exception. A program may hold more files (`# +++ other.py`) and variables of the server
//! (`# env NAME=value`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use audit::host::RealHost;
use audit::model::{EnvVar, Origin, Project, Redacted, Server, Start};
use audit::python::{SimOptions, simulate};
use rayon::prelude::*;

use crate::cases::target::distributions;
use crate::support::envs::Venv;
use crate::support::{importing, in_a_line, python_of, repository, written};

/// Failing programs that are predicted with place, type and text. Only ever raised.
const FLOOR: usize = 58;

struct Program {
    name: String,
    /// How it ended.
    truth: String,
    env: BTreeMap<String, String>,
    files: Vec<(String, String)>,
}

fn programs() -> Vec<Program> {
    let text = fs::read_to_string(repository("tests/lifespans/programs.py")).unwrap();
    text.split("# --- ").skip(1).map(read).collect()
}

fn read(part: &str) -> Program {
    let (head, body) = part.split_once('\n').unwrap();
    let (name, truth) = head.split_once(" = ").unwrap();
    let mut program = Program {
        name: name.to_owned(),
        truth: truth.trim().to_owned(),
        env: BTreeMap::from([
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
        ]),
        files: vec![("main.py".to_owned(), String::new())],
    };
    for line in body.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("# +++ ") {
            program.files.push((name.trim().to_owned(), String::new()));
        } else if let Some(pair) = line.strip_prefix("# env ") {
            let (name, value) = pair.trim_end().split_once('=').unwrap();
            program.env.insert(name.to_owned(), value.to_owned());
        } else {
            program.files.last_mut().unwrap().1.push_str(line);
        }
    }
    program
}

fn project(program: &Program, dir: &Path, venv: &Venv) -> Project {
    let variable = |(name, value): (&String, &String)| {
        let value = EnvVar {
            value: Redacted::new(value.clone()),
            origin: Origin::named("environment"),
            assumed: false,
        };
        (name.clone(), value)
    };
    let site = venv.site_packages();
    Project {
        root: dir.to_str().unwrap().to_owned(),
        start: Some(Start {
            server: Server::Uvicorn,
            attr: Some("app".to_owned()),
            command: "uvicorn main:app".to_owned(),
            ..importing("main")
        }),
        python: python_of(venv),
        distributions: distributions(&site),
        env: program.env.iter().map(variable).collect(),
        ..Project::default()
    }
}

/// In the words of the heads.
fn simulated(program: &Program, venv: &Venv) -> String {
    let (_scratch, dir) = written(program.files.iter().map(|(name, text)| (name, text)));
    let project = project(program, &dir, venv);
    let simulation = simulate(&RealHost, &project, &SimOptions::default());
    in_a_line(simulation.startup.unwrap())
}

#[test]
fn lifespans_end_as_under_uvicorn() {
    let venv = Venv::from_pins(&repository("fixtures/backend/packages/latest.txt"));
    let all = programs();
    let said: Vec<(&Program, String)> = all
        .par_iter()
        .map(|program| (program, simulated(program, &venv)))
        .collect();
    let differ: Vec<String> = said
        .iter()
        .filter(|(program, said)| *said != program.truth)
        .map(|(program, said)| {
            let (name, truth) = (&program.name, &program.truth);
            format!("{name}\n    uvicorn {truth}\n    audit   {said}")
        })
        .collect();
    let table = differ.join("\n");
    let alarms: Vec<&str> = said
        .iter()
        .filter(|(program, said)| program.truth == "starts" && said != "starts")
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
    assert!(found >= FLOOR, "{found} of at least {FLOOR}:\n{table}");
}
