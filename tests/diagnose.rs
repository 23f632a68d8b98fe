//! `audit diagnose` on what CPython really writes.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use audit::host::RealHost;
use audit::session::{self, AuditRequest};
use rayon::prelude::*;
use serde_json::Value;

use crate::support::bench::Bench;
use crate::support::fixture::variant;
use crate::support::repository;

/// A module that does not start, and the check that explains why.
const CASES: &[(&str, &str)] = &[
    ("import nothing_like_it\n", "IMP100"),
    ("from json import nothing_like_it\n", "IMP101"),
    ("import json\njson.nothing_like_it\n", "IMP105"),
    ("print(nothing_like_it)\n", "IMP104"),
    ("def f(*, a): pass\nf(b=1)\n", "IMP106"),
    ("x = (\n", "IMP107"),
    ("from ... import x\n", "IMP103"),
    ("import os\nos.environ['NOTHING_LIKE_IT']\n", "CFG405"),
    (
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    SECRET_KEY: str\nSettings()\n",
        "CFG401",
    ),
    (
        "from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine('postgres://u:canary-x@h/d')\n",
        "URL300",
    ),
    (
        "from sqlalchemy import create_engine\ncreate_engine('postgres://u:canary-x@h/d')\n",
        "URL302",
    ),
    ("raise ValueError('of its own')\n", "IMP190"),
    ("from pydantic import BaseSettings\n", "PYD101"),
];

#[test]
fn crashes_are_explained_by_the_check_that_predicts_them() {
    let python = variant("fixed").venv().bin("python");
    let mut wrong = Vec::new();
    for (source, rule) in CASES {
        let bench = Bench::new().file("app/main.py", source);
        let said = Command::new(&python)
            .args(["-B", "-c", "import app.main"])
            .current_dir(bench.root())
            .env_remove("SECRET_KEY")
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&said.stderr).into_owned();
        for wrap in [false, true] {
            let text = match wrap {
                false => log.clone(),
                true => log.lines().map(|l| format!("web-1  | {l}\n")).collect(),
            };
            let args = ["diagnose", "-", "--json", "--project", "."];
            let ran = bench.audit(&args).stdin(text).run();
            ran.exits(0);
            assert!(!ran.stdout.contains("canary-x"), "{}", ran.story());
            let report: Value = serde_json::from_str(&ran.stdout).unwrap();
            let rules: Vec<&str> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|f| f["rule"].as_str())
                .collect();
            let place = &report["findings"][0]["location"]["path"];
            if rules != [*rule] || place != "app/main.py" {
                wrong.push(format!("{rule} is due, got {rules:?} at {place}:\n{log}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Catalogue classes whose logs are explained. Only ever raised.
const FLOOR: usize = 120;

#[test]
fn logs_of_real_starts_are_explained_in_every_envelope() {
    let folder = repository("tests/diagnose");
    let table = fs::read_to_string(folder.join("expected.toml")).unwrap();
    let expected: BTreeMap<String, String> = toml::from_str(&table).unwrap();
    let logs: Vec<_> = fs::read_dir(folder.join("logs"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(
        logs.len(),
        expected.len(),
        "a log without a line in expected.toml, or the reverse"
    );
    let wrong: Vec<String> = expected
        .par_iter()
        .flat_map_iter(|(class, rule)| {
            let log = fs::read_to_string(folder.join(format!("logs/{class}.log"))).unwrap();
            envelopes(&log)
                .into_iter()
                .filter_map(|(name, text)| {
                    let rules = explained(&text);
                    (rules != [rule.as_str()])
                        .then(|| format!("{class} ({name}): {rule} is due, got {rules:?}"))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    println!("{} logs", expected.len());
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(expected.len() >= FLOOR, "{} of {FLOOR}", expected.len());
}

/// The ids of the checks that explain a log without a project.
fn explained(log: &str) -> Vec<String> {
    let request = AuditRequest::default();
    match session::diagnose(&RealHost, &request, false, log) {
        Ok(told) => {
            let findings = told.report.findings;
            for finding in &findings {
                let texts = [&finding.message, &finding.root_cause, &finding.explanation];
                for text in texts {
                    assert!(
                        !text.contains("`?`") && !text.contains(" ? "),
                        "{}: {text}",
                        finding.rule
                    );
                }
            }
            findings.into_iter().map(|f| f.rule).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

/// The same log as other programs hand it on.
fn envelopes(log: &str) -> Vec<(&'static str, String)> {
    let each = |f: &dyn Fn(&str) -> String| log.lines().map(f).collect::<String>();
    vec![
        ("plain", log.to_owned()),
        ("compose", each(&|l| format!("web-1  | {l}\n"))),
        (
            "journald",
            each(&|l| format!("Nov 24 06:08:01 host uvicorn[12]: {l}\n")),
        ),
        (
            "kubernetes",
            each(&|l| format!("2026-11-24T06:08:01.123456789Z stderr F {l}\n")),
        ),
        (
            "docker json",
            each(&|l| {
                let line = serde_json::json!({ "log": format!("{l}\n"), "stream": "stderr" });
                format!("{line}\n")
            }),
        ),
        ("colours", each(&|l| format!("\u{1b}[31m{l}\u{1b}[0m\n"))),
        ("windows", each(&|l| format!("{l}\r\n"))),
        ("restart loop", log.repeat(3)),
        (
            "then stopped",
            format!("{log}[2026-02-06 10:00:00 +0000] [1] [INFO] Shutting down: Master\n"),
        ),
    ]
}

#[test]
fn a_log_without_a_crash_is_wrong_usage() {
    let bench = Bench::new();
    let ran = bench.audit(&["diagnose", "-"]).stdin("INFO: fine\n").run();
    ran.exits(2).complains("no traceback");
    bench
        .audit(&["diagnose", "nowhere.log"])
        .run()
        .exits(2)
        .complains("nowhere.log");
    let noise: Vec<u8> = (0..100_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    bench.audit(&["diagnose", "-"]).stdin(noise).run().exits(2);
}
