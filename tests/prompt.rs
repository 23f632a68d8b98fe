//! `audit fix` at a terminal: a pseudo-terminal answers its questions.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::bench::Bench;
use crate::support::{envs, repository, tree};

const SOURCE: &str = "from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine  # both\n";

/// A backend with one safe fix, and the declared surface of real packages beside it.
fn bench() -> Bench {
    let bench = Bench::new()
        .file("main.py", SOURCE)
        .file(".venv/pyvenv.cfg", "version = 3.11.7\n")
        .file("audit.toml", "app = \"main\"\nprocess-env = false\n");
    let packages = repository("fixtures/demo-site/packages");
    tree::copy(&packages, &bench.path(".venv/lib/python3.11/site-packages"));
    bench
}

/// Runs `audit` at a pseudo-terminal that types `answers`; exit code and screen.
fn typed(bench: &Bench, args: &[&str], answers: &str) -> (i32, String) {
    let script =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut child = Command::new(envs::python())
        .args(["-c", script, env!("CARGO_BIN_EXE_audit")])
        .args(args)
        .current_dir(bench.root())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", bench.path("home"))
        .env("TERM", "dumb")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(answers.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout).replace('\r', "")
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), screen)
}

#[test]
fn nothing_is_written_without_consent() {
    let bench = bench();
    let before = tree::files(bench.root());
    for (args, answers) in [
        (&["fix"][..], "n\n"),
        (&["fix"], "what\nn\n"),
        (&["fix", "--interactive"], "n\n"),
    ] {
        let (code, screen) = typed(&bench, args, answers);
        assert_eq!(code, 0, "{screen}");
        assert!(
            screen.contains("+from sqlalchemy.ext.asyncio import AsyncEngine"),
            "{screen}"
        );
        assert!(screen.contains("nothing was changed"), "{screen}");
        assert_eq!(tree::files(bench.root()), before, "{screen}");
    }
    let (code, screen) = typed(&bench, &["fix", "--no-input"], "");
    assert_eq!(code, 2, "{screen}");
    assert_eq!(tree::files(bench.root()), before, "{screen}");
}

#[test]
fn consent_writes_and_undo_restores_every_byte() {
    for (args, answers) in [
        (&["fix"][..], "a\n"),
        (&["fix"], "c\ny\n"),
        (&["fix", "--interactive"], "y\n"),
    ] {
        let bench = bench();
        let (code, screen) = typed(&bench, args, answers);
        assert_eq!(code, 0, "{screen}");
        let fixed = bench.read("main.py");
        assert_eq!(
            fixed,
            "from sqlmodel.ext.asyncio.session import AsyncSession  # both\n\
             from sqlalchemy.ext.asyncio import AsyncEngine\n",
            "{screen}"
        );
        assert_eq!(bench.read("main.py.backup"), SOURCE);
        bench.audit(&["check"]).run().exits(0);
        bench
            .audit(&["report"])
            .run()
            .exits(0)
            .says("Fixes Applied");
        bench.audit(&["undo"]).run().exits(0).says("main.py");
        assert_eq!(bench.read("main.py"), SOURCE);
        bench.audit(&["check"]).run().exits(1);
    }
}
