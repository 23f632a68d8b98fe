//! Prediction and reality differ: the reader gets a case to file that is whole and masked.
//!
//! The interpreter of the environment is a stand-in that always dies, so that the difference is
//! certain whatever the simulation learns.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::support::bench::Bench;

const INTERPRETER: &str = r#"#!/bin/sh
echo 'Traceback (most recent call last):' >&2
echo "  File \"$PWD/main.py\", line 3, in <module>" >&2
echo "ValueError: cannot use $TOKEN at postgresql://app:$TOKEN@db/app" >&2
exit 1
"#;

const MAIN: &str = r#"import settings

TOKEN = "tok-5f2c9e71d0"


async def app(scope, receive, send):
    pass
"#;

fn bench() -> Bench {
    let bench = Bench::new()
        .file("main.py", MAIN)
        .file("settings.py", "NAME = 'case \"one\"'\n")
        .file(".env", "TOKEN=canary-8c1f0b77\n")
        .file("env/pyvenv.cfg", "version = 3.11.7\n")
        .file("env/bin/python3", INTERPRETER)
        .file("env/lib/python3.11/site-packages/uvicorn/__init__.py", "")
        .file(
            "env/lib/python3.11/site-packages/uvicorn-0.34.3.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: uvicorn\nVersion: 0.34.3\n",
        );
    let python = bench.path("env/bin/python3");
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    bench
}

const RUN: [&str; 11] = [
    "check",
    ".",
    "--start",
    "uvicorn main:app",
    "--env-file",
    ".env",
    "--python",
    "env",
    "--launch",
    "--format",
    "json",
];

#[test]
fn the_case_is_whole_and_masked() {
    let bench = bench();
    let ran = bench.audit(&RUN).run();
    ran.exits(3);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let transcripts = report["transcripts"].as_array().unwrap();
    let case = transcripts
        .iter()
        .find(|t| t["title"].as_str().unwrap().starts_with("Case to report"))
        .unwrap_or_else(|| panic!("{}", ran.story()));
    let lines = case["lines"].as_array().unwrap();
    let text: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let text = text.join("\n");
    let read: toml::Table = text.parse().unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(read["python"].as_str(), Some("3.11.7"));
    assert_eq!(read["packages"]["uvicorn"].as_str(), Some("0.34.3"));
    assert_eq!(read["predicted"]["outcome"].as_str(), Some("ok"));
    assert_eq!(read["observed"]["type"].as_str(), Some("ValueError"));
    let log = read["observed"]["log"].as_array().unwrap();
    assert_eq!(
        log[1].as_str(),
        Some("  File \"<project>/main.py\", line 3, in <module>")
    );
    let files = read["file"].as_array().unwrap();
    let of = |path: &str| {
        let mut files = files.iter();
        let found = files.find(|file| file["path"].as_str() == Some(path));
        let lines = found.unwrap_or_else(|| panic!("no {path} in\n{text}"))["lines"].clone();
        let lines = lines.as_array().unwrap().clone();
        let lines: Vec<String> = lines
            .iter()
            .map(|l| l.as_str().unwrap().to_owned())
            .collect();
        lines.join("\n")
    };
    assert!(of("main.py").contains("async def app(scope, receive, send):"));
    assert!(of("settings.py").contains("NAME = 'case \"one\"'"));
    let variables = read["variables"].as_array().unwrap();
    assert!(
        variables.iter().any(|v| v.as_str() == Some("TOKEN")),
        "{text}"
    );
    // Neither the value nor the folder of this machine leaves the program, in any part.
    for secret in ["canary-8c1f0b77", "tok-5f2c9e71d0"] {
        assert!(!ran.stdout.contains(secret), "{}", ran.story());
    }
    assert!(!text.contains(&*bench.root().to_string_lossy()), "{text}");
    let open = report["undecided"].as_array().unwrap();
    let why = open.iter().find(|u| u["subject"] == "launch").unwrap();
    let why = why["why"].as_str().unwrap();
    assert!(why.contains("a defect of this program"), "{why}");
}

#[test]
fn a_prediction_that_comes_true_makes_no_case() {
    let bench = bench().file("main.py", format!("raise ValueError('no')\n{MAIN}"));
    let ran = bench.audit(&RUN).run();
    ran.exits(1);
    assert!(!ran.stdout.contains("Case to report"), "{}", ran.story());
}
