//! `audit diagnose` on what CPython really writes.

use std::process::Command;

use serde_json::Value;

use crate::support::bench::Bench;
use crate::support::fixture::variant;

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
