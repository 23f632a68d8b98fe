//! Releases that do not fit together, or not this Python: followed through installed code.
//!
//! `tests/misfits/NAME.txt` pins an environment and `NAME.py` is a program for it. CPython runs the
//! program; outcome, exception type, text and last line of the program must be what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;

use crate::support::envs::Venv;
use crate::support::repository;

/// Runs the program and says how that ended: type, `str()` of the exception, line.
const DRIVER: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
answer = None
try:
    import main
except BaseException as error:
    line, tb = None, error.__traceback__
    while tb:
        if tb.tb_frame.f_code.co_filename.startswith(sys.argv[1]):
            line = tb.tb_lineno
        tb = tb.tb_next
    if not (isinstance(error, SystemExit) and not error.code):
        answer = [type(error).__qualname__, str(error), line]
print("\n@@" + json.dumps(answer))
"#;

/// Type, text and line; `None` when nothing is raised.
type End = Option<(String, String, Option<u64>)>;

fn cpython(venv: &Venv, dir: &Path) -> End {
    let output = Command::new(venv.bin("python"))
        .args(["-B", "-W", "ignore", "-c", DRIVER])
        .arg(dir)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, answer) = text
        .rsplit_once("\n@@")
        .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(answer).unwrap()
}

fn predicted(venv: &Venv, dir: &Path) -> End {
    let output = Command::new(env!("CARGO_BIN_EXE_audit"))
        .arg("check")
        .arg(dir)
        .args(["--start", "python main.py", "--json", "--no-baseline"])
        .arg("--python")
        .arg(&venv.prefix)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let startup = &report["startup"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match startup["outcome"].as_str() {
        Some("ok") => None,
        Some("error") => Some((
            text(&startup["exception"]["type"]),
            text(&startup["exception"]["message"]),
            startup["line"].as_u64(),
        )),
        _ => Some(("unknown".to_owned(), text(&startup["why"]), None)),
    }
}

fn complaint(program: &Path) -> Option<String> {
    let venv = Venv::from_pins(&program.with_extension("txt"));
    let scratch = tempfile::tempdir().unwrap();
    let dir = fs::canonicalize(scratch.path()).unwrap();
    fs::copy(program, dir.join("main.py")).unwrap();
    let (truth, said) = (cpython(&venv, &dir), predicted(&venv, &dir));
    (truth != said).then(|| {
        let name = program.file_stem().unwrap().to_string_lossy();
        format!("{name}\n    cpython {truth:?}\n    audit   {said:?}")
    })
}

#[test]
fn misfits_end_as_in_cpython() {
    let mut programs: Vec<PathBuf> = fs::read_dir(repository("tests/misfits"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "py"))
        .collect();
    programs.sort();
    assert!(programs.len() > 4, "the programs are in tests/misfits");
    let complaints: Vec<String> = programs.par_iter().filter_map(|p| complaint(p)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
