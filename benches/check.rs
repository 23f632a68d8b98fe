//! CPU of a cold `audit check` of the healthy sample, of parsing the same files with the same
//! parser, and of CPython importing the same application: whole processes, in turns, medians of
//! the same run.
//!
//! `cargo bench --bench check`. Memory is the largest resident size. CPU is user and system time of the process and its children, as
//! the kernel counts it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr
)]

/// The environment of the tests.
#[path = "../tests/support"]
mod support {
    pub mod envs;
    pub mod tree;
}

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::envs::Venv;

const ROUNDS: usize = 11;

/// Runs what its arguments say and prints the CPU seconds and the KiB of memory that it took.
const COUNTING: &str = "import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss)";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("parse") {
        return parse(&arguments.next().unwrap());
    }
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/backend");
    let project = base.join("fixed");
    let venv = Venv::from_pins(&base.join("packages/seed.txt"));
    let python = venv.prefix.join("bin/python");
    let list = files(&project, &python);
    let (count, bytes) = size(&list);
    let scratch = std::env::temp_dir().join(format!("audit-bench-{}", std::process::id()));
    std::fs::write(&scratch, list.join("\n")).unwrap();

    let mut rows: [(&str, Vec<(f64, f64)>); 4] = [
        ("audit check", Vec::new()),
        ("parse only", Vec::new()),
        ("CPython, compiled files kept", Vec::new()),
        ("CPython, compiling", Vec::new()),
    ];
    for _ in 0..ROUNDS {
        let mut check = audit(&project, &python);
        check.arg("--quiet");
        rows[0].1.push(cost(&python, &check));
        let mut parse = Command::new(std::env::current_exe().unwrap());
        parse.arg("parse").arg(&scratch);
        rows[1].1.push(cost(&python, &parse));
        rows[2]
            .1
            .push(cost(&python, &import(&project, &python, true)));
        rows[3]
            .1
            .push(cost(&python, &import(&project, &python, false)));
    }
    std::fs::remove_file(&scratch).unwrap();
    println!(
        "{count} files, {:.1} MB; medians of {ROUNDS} processes each",
        bytes as f64 / 1e6
    );
    let (parse, _) = medians(&rows[1].1);
    for (name, costs) in rows {
        let (seconds, memory) = medians(&costs);
        println!(
            "{name:<30} {seconds:>6.2} CPU s   {:>5.2} x the parse   {memory:>5.0} MB",
            seconds / parse
        );
    }
}

fn audit(project: &Path, python: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    command
        .arg("check")
        .arg(project)
        .arg("--python")
        .arg(python);
    command
}

/// The application as uvicorn imports it.
fn import(project: &Path, python: &Path, kept: bool) -> Command {
    let mut command = Command::new(python);
    command.current_dir(project).args(["-c", "import src.main"]);
    // A folder that cannot be written to: every module is compiled anew.
    command.env("PYTHONPYCACHEPREFIX", if kept { "" } else { "/dev/null" });
    command
}

/// Every file that the simulated start enters, as `audit facts` lists them.
fn files(project: &Path, python: &Path) -> Vec<String> {
    let out = Command::new(env!("CARGO_BIN_EXE_audit"))
        .arg("facts")
        .arg(project)
        .arg("--python")
        .arg(python)
        .args(["--imports", "--json"])
        .output()
        .unwrap();
    let facts: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let imports = facts["imports"]
        .as_array()
        .unwrap_or_else(|| panic!("no imports in {facts}"));
    imports
        .iter()
        .filter_map(|import| import["file"].as_str())
        .filter(|file| file.ends_with(".py"))
        .map(|file| project.join(file).display().to_string())
        .collect()
}

fn size(files: &[String]) -> (usize, u64) {
    let length = |file: &String| std::fs::metadata(file).unwrap().len();
    (files.len(), files.iter().map(length).sum())
}

/// Parses every file of a list.
fn parse(list: &str) {
    let list = std::fs::read_to_string(list).unwrap();
    let mut statements = 0;
    for file in list.lines() {
        let text = std::fs::read_to_string(PathBuf::from(file)).unwrap();
        statements += ruff_python_parser::parse_module(&text)
            .unwrap()
            .into_suite()
            .len();
    }
    println!("{statements}");
}

/// CPU seconds, and MB of memory at its largest.
fn cost(python: &Path, command: &Command) -> (f64, f64) {
    let mut counting = Command::new(python);
    counting.args(["-c", COUNTING]).arg(command.get_program());
    counting.args(command.get_args()).stderr(Stdio::inherit());
    if let Some(dir) = command.get_current_dir() {
        counting.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) if !value.is_empty() => counting.env(name, value),
            _ => counting.env_remove(name),
        };
    }
    let out = counting.output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect();
    let [code, seconds, kibibytes] = numbers[..] else {
        panic!("{command:?}: {text}");
    };
    assert!(code == 0.0, "{command:?}");
    (seconds, kibibytes * 1024.0 / 1e6)
}

/// The middle of each.
fn medians(costs: &[(f64, f64)]) -> (f64, f64) {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (
        middle(costs.iter().map(|c| c.0).collect()),
        middle(costs.iter().map(|c| c.1).collect()),
    )
}
