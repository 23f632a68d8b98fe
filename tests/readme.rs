//! README.md does what it says: every command in it is run, every output in it is compared.

use std::fs;

use crate::support::bench::{Bench, Ran};
use crate::support::{repository, tree};

/// A fenced block: its language and its lines.
struct Block {
    language: String,
    lines: Vec<String>,
}

fn readme() -> String {
    fs::read_to_string(repository("README.md")).unwrap()
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in readme().lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.to_owned(),
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of README.md is not closed");
    blocks
}

fn of(language: &str) -> Vec<Block> {
    let found: Vec<Block> = blocks()
        .into_iter()
        .filter(|b| b.language == language)
        .collect();
    assert!(!found.is_empty(), "README.md has no {language} block");
    found
}

/// The backend of the demo, with the stand-in for its packages.
/// A check of the user's own: one of the program's under another id.
fn own_check() -> String {
    let path = repository("checks/import/IMP101-name-not-in-module.toml");
    fs::read_to_string(path)
        .unwrap()
        .replace("IMP101", "OPS001")
}

fn bench() -> Bench {
    let bench = Bench::new()
        .file("ops/checks/OPS001-own.toml", own_check())
        .file("backend/.venv/pyvenv.cfg", "version = 3.11.7\n");
    tree::copy(
        &repository("fixtures/backend/broken"),
        &bench.path("backend"),
    );
    let site = bench.path("backend/.venv/lib/python3.11/site-packages");
    tree::copy(&repository("fixtures/demo-site/packages"), &site);
    bench
}

fn run(bench: &Bench, command: &str) -> Ran {
    let command = command.split(" #").next().unwrap().trim();
    // Nobody wants to wait for a minute here.
    let command = command.replace("--wait 60s", "--wait 1s");
    let words: Vec<String> = words(&command);
    assert_eq!(words[0], "audit", "{command}");
    let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    bench
        .audit(&args)
        .env("DATABASE_URL", "postgresql+asyncpg://app@127.0.0.1:1/appdb")
        .run()
}

/// Words of a shell line with double quotes.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out.into_iter().filter(|w| !w.is_empty()).collect()
}

#[test]
fn outputs_are_what_the_program_says() {
    let bench = bench();
    for block in of("console") {
        let command = block.lines[0]
            .strip_prefix("$ ")
            .expect("a console block begins with $");
        let ran = run(&bench, command);
        assert!([0, 1, 4].contains(&ran.code), "{}", ran.story());
        let got: Vec<&str> = ran.stdout.lines().collect();
        let shown: Vec<&str> = block.lines[1..].iter().map(String::as_str).collect();
        if let Err(line) = fits(&shown, &got) {
            panic!(
                "README.md shows a line that is not printed there: {line}\n{}",
                ran.story()
            );
        }
    }
}

/// Are the shown lines the printed ones, with `...` for any number of left-out lines?
fn fits<'a>(shown: &[&'a str], got: &[&str]) -> Result<(), &'a str> {
    let mut at = 0;
    let mut anywhere = false;
    for line in shown {
        if *line == "..." {
            anywhere = true;
            continue;
        }
        let found = match anywhere {
            true => got[at..].iter().position(|g| g == line),
            false => (got.get(at) == Some(line)).then_some(0),
        };
        at += found.ok_or(*line)? + 1;
        anywhere = false;
    }
    match anywhere || at == got.len() {
        true => Ok(()),
        false => Err("(more lines are printed at the end)"),
    }
}

#[test]
fn commands_run() {
    for block in of("sh") {
        let bench = bench();
        for line in &block.lines {
            match line.split(" #").next().unwrap().trim() {
                // See `the_first_command_does_all_its_steps`.
                "cargo run --release -- demo" => {}
                "tests/run" => assert!(repository("tests/run").is_file()),
                "cargo build --release --features vendored-tls" => {
                    let manifest = fs::read_to_string(repository("Cargo.toml")).unwrap();
                    assert!(manifest.contains("\nvendored-tls = "), "{manifest}");
                }
                command if command.starts_with("docker ") => {
                    let command = command.rsplit("| ").next().unwrap();
                    let log = "web-1  | Traceback (most recent call last):\nweb-1  |   File \"/srv/src/main.py\", line 3, in <module>\nweb-1  | ImportError: x\n";
                    let args = words(command);
                    let args: Vec<&str> = args[1..].iter().map(String::as_str).collect();
                    bench
                        .audit(&args)
                        .stdin(log)
                        .run()
                        .exits(0)
                        .says("src/main.py:3");
                }
                command => {
                    let ran = run(&bench, command);
                    assert!([0, 1, 4].contains(&ran.code), "{}", ran.story());
                }
            }
        }
    }
}

#[test]
fn the_first_command_does_all_its_steps() {
    assert!(readme().contains("\ncargo run --release -- demo\n"));
    let bench = Bench::new();
    let ran = bench.audit(&["demo", "demo"]).run();
    ran.exits(0)
        .says("audit-report.md")
        .says("5 settings, .env\n")
        .says("1 app, 3 routers, 6 routes\n")
        .says("6 of 6 routes answer");
    let written = bench.read("demo/audit-report.md");
    assert!(written.starts_with("# Backend Stability Audit - Fixes Applied"));
    // The stand-in of the driver is installed by then: nothing is left to be done.
    assert!(
        written.contains("\n**Status**: ✅ COMPLETED\n"),
        "{written}"
    );
}

#[test]
fn snippets_for_ci_run_and_write_their_files() {
    let bench = bench();
    let mut ran_any = 0;
    for line in of("yaml").iter().flat_map(|b| &b.lines) {
        let line = line.trim().trim_start_matches("- ");
        let command = line
            .strip_prefix("run: ")
            .or_else(|| line.strip_prefix("script: "));
        let Some(command) = command else { continue };
        let ran = run(&bench, command);
        ran.exits(1);
        ran_any += 1;
        for word in words(command) {
            if let Some((_, file)) = word.split_once('=').filter(|(_, f)| *f != "-") {
                assert!(bench.path(file).is_file(), "{file}\n{}", ran.story());
            }
        }
    }
    assert!(ran_any >= 2, "README.md has {ran_any} commands for CI");
}

#[test]
fn every_exit_code_and_format_is_listed() {
    let readme = readme();
    for code in ["0", "1", "2", "3", "4", "5", "101", "130, 143"] {
        assert!(
            readme.contains(&format!("\n| {code} | ")),
            "exit code {code}"
        );
    }
    let names: Vec<&str> = audit::render::FORMATS.iter().map(|f| f.name).collect();
    assert!(readme.contains(&format!("Formats: {}.", names.join(", "))));
}
