//! The program as a user meets it: arguments, streams, exit codes.

use std::process::Stdio;

use crate::support::bench::Bench;

#[test]
fn wrong_usage_says_what_and_how_and_exits_2() {
    let table: &[(&[&str], &str)] = &[
        (&[], "Examples:"),
        (&["chek"], "check"),
        (&["check", "a", "b"], "unexpected argument 'b'"),
        (&["check", "--tiemout", "5s"], "--timeout"),
        (&["check", "--timeout", "5"], "has no unit; write 5s"),
        (&["check", "--fail-on", "eror"], "error"),
        (&["check", "--format", "jsno"], "did you mean `json`?"),
        (&["check", "--format", "xml"], "known are text, plain"),
        (&["check", "--output", "sarif"], "FORMAT=FILE"),
        (
            &["check", "--json", "--output", "tap=-"],
            "can carry one format",
        ),
        (&["check", "--config", "nowhere.toml"], "nowhere.toml"),
        (
            &["check", "--baseline", "nowhere.json"],
            "audit baseline write",
        ),
        (&["check", "--checks", "nowhere.toml"], "does not exist"),
        (&["check", "--assume-env", "=x"], "NAME"),
        (&["check", "--python-version", "three"], "3.11"),
        (
            &["probe", "--url", "postgresql://u:canary@h/d"],
            "--url-env",
        ),
        (
            &["probe", "--header-env", "Authorization"],
            "HEADER=VARIABLE",
        ),
        (&["explain"], "<ID"),
        (&["explain", "URL31"], "did you mean `URL301`?"),
        (&["checks", "show", "nothing-like-it"], "audit checks list"),
        (&["fix"], "--yes applies the fixes"),
        (&["-C", "nowhere", "check"], "nowhere"),
    ];
    for (args, expected) in table {
        let ran = Bench::new().audit(args).run();
        ran.exits(2).complains(expected);
        assert!(ran.stdout.is_empty(), "{}", ran.story());
        assert!(!ran.stderr.contains("canary"), "{}", ran.story());
    }
}

#[test]
fn twins_in_the_environment_mean_the_same() {
    let table = [
        ("AUDIT_TIMEOUT", "5", "has no unit"),
        ("AUDIT_FORMAT", "xml", "unknown format `xml`"),
        ("AUDIT_OUTPUT", "tap=a,sarif", "--output `sarif`"),
        ("AUDIT_LIVE", "perhaps", "perhaps"),
        ("AUDIT_BASELINE", "nowhere.json", "nowhere.json"),
    ];
    for (name, value, expected) in table {
        let ran = Bench::new().audit(&["check"]).env(name, value).run();
        ran.exits(2).complains(expected);
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let bench = Bench::new();
    for args in [
        &["--help"][..],
        &["help", "check"],
        &["check", "-h"],
        &["-V"],
    ] {
        bench.audit(args).run().exits(0).quietly().says("audit");
    }
    let ran = bench.audit(&["--help"]).run();
    for command in ["check", "fix", "undo", "report", "explain", "facts", "demo"] {
        ran.says(&format!("\n  {command} "));
    }
}

#[test]
fn configuration_faults_name_the_line() {
    let bench = Bench::new().file("audit.toml", "format = 1\nfial-on = 'error'\n");
    bench
        .audit(&["check"])
        .run()
        .exits(2)
        .complains("audit.toml:2:1: unknown key or value `fial-on`; did you mean `fail-on`?");
    let bench = Bench::new()
        .file("audit.toml", "format = 1\n")
        .file("pyproject.toml", "[tool.audit]\napp = 'a:b'\n");
    bench
        .audit(&["check"])
        .run()
        .exits(2)
        .complains("keep one of them");
    let bench = Bench::new().file("home/.config/audit/config.toml", "fail-on = 'never'\n");
    bench
        .audit(&["check"])
        .run()
        .exits(2)
        .complains("config.toml:1:1: unknown key or value `fail-on`");
}

#[test]
fn check_files_are_listed_shown_and_explained_without_a_project() {
    let bench = Bench::new();
    bench
        .audit(&["checks", "list"])
        .run()
        .exits(0)
        .quietly()
        .says("\nURL301");
    bench
        .audit(&["checks", "list", "deps"])
        .run()
        .exits(0)
        .says("DEP001");
    bench
        .audit(&["checks", "list", "NOPE"])
        .run()
        .exits(2)
        .complains("NOPE");
    bench
        .audit(&["checks", "show", "url301"])
        .run()
        .exits(0)
        .says("id          = \"URL301\"");
    let ran = bench.audit(&["explain", "URL301"]).run();
    ran.exits(0)
        .quietly()
        .says("Root cause")
        .says("CPython: TypeError");
    let ran = bench.audit(&["explain", "--all"]).run();
    ran.exits(0).says("# Checks");
    let listed = bench.audit(&["checks", "list", "--json"]).run();
    let all: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    assert!(all.len() > 10, "{}", listed.story());
    for check in all {
        ran.says(&format!("### {}:", check["id"].as_str().unwrap()));
    }
}

#[test]
fn what_is_printed_for_other_programs_is_whole() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        bench
            .audit(&["completions", shell])
            .run()
            .exits(0)
            .quietly()
            .says("audit");
    }
    bench
        .audit(&["man"])
        .run()
        .exits(0)
        .quietly()
        .says(".TH audit");
    let schema = bench.audit(&["schema"]).run();
    let schema: serde_json::Value = serde_json::from_str(&schema.stdout).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], 1);
}

#[test]
fn init_writes_a_file_that_is_accepted_and_never_overwrites_one() {
    let bench = Bench::new().file("main.py", "");
    bench.audit(&["init"]).run().exits(0).says("audit.toml");
    assert!(bench.read("audit.toml").contains("# fail-on = \"error\""));
    std::fs::write(bench.path("audit.toml"), "format = 1\n").unwrap();
    bench.audit(&["init"]).run().exits(2).complains("--force");
    assert_eq!(bench.read("audit.toml"), "format = 1\n");
    bench.audit(&["init", "--force"]).run().exits(0);
    bench
        .audit(&["init", "nowhere"])
        .run()
        .exits(2)
        .complains("nowhere");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let bench = Bench::new();
    let mut command = bench.audit(&["explain", "--all"]).into_command();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is closed before anything can be written.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn directory_option_comes_before_everything() {
    let bench = Bench::new().file("inner/audit.toml", "what = 1\n");
    bench
        .audit(&["-C", "inner", "check"])
        .run()
        .exits(2)
        .complains("audit.toml:1:1");
}

#[test]
fn answers_from_a_pipe_are_not_consent() {
    let bench = Bench::new().file("main.py", "");
    bench
        .audit(&["fix"])
        .stdin("a\n")
        .run()
        .exits(2)
        .complains("nothing was changed");
}

/// A URL at which nobody listens: port 1 of the loopback interface.
const NOBODY: &str = "postgresql+asyncpg://app:canary-typed@127.0.0.1:1/appdb\n";

#[test]
fn a_silent_database_has_a_code_of_its_own() {
    let bench = Bench::new().file("url", NOBODY);
    let ran = bench.audit(&["probe", "--url-file", "url"]).run();
    ran.exits(4).says("Connection refused").says("(tcp)");
    let ran = bench
        .audit(&["probe", "--url-file", "-"])
        .stdin(NOBODY)
        .run();
    ran.exits(4);
    let ran = bench
        .audit(&["probe", "--url-env", "TARGET", "--json"])
        .env("TARGET", NOBODY)
        .run();
    ran.exits(4);
    assert!(!ran.stdout.contains("canary-typed"), "{}", ran.story());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let tcp = report["ladder"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["rung"] == "tcp");
    assert_eq!(tcp.unwrap()["state"], "failed", "{}", ran.story());
    bench.audit(&["probe"]).run().exits(3).says("--url-env");
    bench
        .audit(&["probe", "--url-env", "UNSET"])
        .run()
        .exits(2)
        .complains("UNSET");
    bench
        .audit(&["probe", "--url-file", "-"])
        .stdin("no url")
        .run()
        .exits(2);
}

#[test]
fn waiting_tells_a_reason_once_and_an_interrupt_ends_it_with_what_is_known() {
    use rustix::process::{Pid, Signal, kill_process};
    let bench = Bench::new().file("url", NOBODY);
    let ran = bench
        .audit(&["probe", "--url-file", "url", "--wait", "3s"])
        .run();
    ran.exits(4);
    assert_eq!(
        ran.stderr.matches("Connection refused").count(),
        1,
        "{}",
        ran.story()
    );
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let args = [
            "probe",
            "--url-file",
            "url",
            "--wait",
            "60s",
            "--output",
            "json=out.json",
        ];
        let mut command = bench.audit(&args).into_command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It waits as soon as it says for what.
        let mut errors = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut stderr = String::new();
        while !stderr.contains("Connection refused") {
            let read = std::io::BufRead::read_line(&mut errors, &mut stderr).unwrap();
            assert!(read > 0, "it ended: {stderr}");
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let began = std::time::Instant::now();
        kill_process(pid, signal).unwrap();
        std::io::Read::read_to_string(&mut errors, &mut stderr).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{stdout}\n{stderr}");
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert!(stdout.contains("127.0.0.1:1"), "{stdout}\n{stderr}");
        assert!(stderr.contains("Connection refused"), "{stderr}");
        let report: serde_json::Value = serde_json::from_str(&bench.read("out.json")).unwrap();
        assert_eq!(report["complete"], false);
        assert_eq!(report["exit_code"], code);
    }
}
