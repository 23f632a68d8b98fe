//! Bad input: a clear message with file and line, the right exit code, the rest still audited.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Instant;

use crate::support::bench::{Bench, Ran};
use crate::support::fixture::variant;

/// A backend that starts, so that whatever is reported comes from the bad file.
fn small() -> Bench {
    Bench::new().file("main.py", "VALUE = 1\n")
}

/// An environment of its own: what the machine's Python has installed must not matter.
fn python() -> String {
    let venv = variant("fixed").venv();
    venv.prefix.to_str().unwrap().to_owned()
}

fn check(bench: &Bench) -> Ran {
    let began = Instant::now();
    let python = python();
    let ran = bench
        .audit(&[
            "check",
            "--no-process-env",
            "--python",
            &python,
            "--app",
            "main",
            "-v",
        ])
        .run();
    assert!(
        began.elapsed().as_secs() < 30,
        "took {:?}\n{}",
        began.elapsed(),
        ran.story()
    );
    assert!([0, 1, 3].contains(&ran.code), "{}", ran.story());
    ran
}

fn mentions(ran: &Ran, text: &str) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    // Lines may be wrapped anywhere.
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(all.contains(text), "no `{text}` in\n{}", ran.story());
}

#[test]
fn a_path_that_is_no_project_is_wrong_usage() {
    let bench = small();
    bench
        .audit(&["check", "nowhere"])
        .run()
        .exits(2)
        .complains("`nowhere` does not exist");
    bench
        .audit(&["check", "main.py"])
        .run()
        .exits(2)
        .complains("is a file");
    for args in [
        &["facts", "nowhere"][..],
        &["report", "nowhere"],
        &["fix", "nowhere", "--yes"],
    ] {
        bench.audit(args).run().exits(2).complains("nowhere");
    }
}

#[test]
fn nothing_to_audit_is_incomplete_and_no_pass() {
    for format in audit::render::FORMATS {
        Bench::new()
            .audit(&["check", "--format", format.name])
            .run()
            .exits(3);
    }
    let ran = Bench::new().audit(&["check"]).run();
    mentions(&ran, "--app");
}

#[test]
fn unknown_selectors_are_errors_with_a_suggestion() {
    let bench = small();
    bench
        .audit(&["check", "--only", "URL31"])
        .run()
        .exits(2)
        .complains("URL31")
        .complains("did you mean");
    bench
        .audit(&["check", "--skip", "qqqqqqqq"])
        .run()
        .exits(2)
        .complains("qqqqqqqq");
}

#[test]
fn files_that_are_no_text_are_named_and_the_rest_is_audited() {
    let utf16: Vec<u8> = "fastapi\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let table: &[(&str, &[u8], &str)] = &[
        (
            "requirements.txt",
            b"fastapi\n\xff\xfe\x00\x01\n",
            "requirements.txt",
        ),
        ("requirements.txt", b"fast\0api\n", "requirements.txt"),
        (
            "requirements.txt",
            b"-r requirements.txt\nfastapi\n",
            "requirements.txt",
        ),
        ("requirements.txt", b"fastapi >=>= 1\n", "requirements.txt"),
        (
            "pyproject.toml",
            b"[project\nname = 'x'\n",
            "pyproject.toml",
        ),
        (
            "pyproject.toml",
            b"[project]\nname = 'x'\nname = 'y'\n",
            "pyproject.toml",
        ),
        ("uv.lock", b"\x00\x01\x02 = [", "uv.lock"),
        ("requirements.txt", &utf16, "requirements.txt"),
    ];
    for (path, content, mentioned) in table {
        let bench = small().file(path, content);
        let ran = check(&bench);
        mentions(&ran, mentioned);
    }
}

#[test]
fn dotenv_files_that_are_no_text_do_no_harm() {
    for content in [&b"A=\xff\xfe\nB='x\n"[..], b"A=\0\0\n", b"=\n=x\n'\"`\n"] {
        check(&small().file(".env", content));
    }
}

#[test]
fn modules_that_python_cannot_read_are_predicted_as_python_says() {
    let contents: &[&[u8]] = &[
        b"x = 1\ny = (\n",
        b"x = '\xff'\n",
        b"x = 1\0\n",
        b"# -*- coding: klingon -*-\nx = 1\n",
        b"if True:\n\tx = 1\n        y = 2\n",
    ];
    let mut wrong = Vec::new();
    for content in contents {
        let bench = Bench::new()
            .file("main.py", "import other\n")
            .file("other.py", content);
        // CPython itself says what is due.
        let said = Command::new(variant("fixed").venv().bin("python"))
            .args(["-B", "-c", "import main"])
            .current_dir(bench.root())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        let kind = said.lines().last().unwrap().split(':').next().unwrap();
        let ran = check(&bench);
        if !ran.stdout.contains(&format!("CPython: {kind}: ")) || ran.code != 1 {
            wrong.push(format!("CPython said {kind}, but\n{}", ran.story()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn huge_files_and_files_that_never_end_are_refused() {
    for name in [
        "requirements.txt",
        ".env",
        "pyproject.toml",
        "other.py",
        "Dockerfile",
    ] {
        let bench = small();
        // Sparse: 200 MB of nothing.
        let file = fs::File::create(bench.path(name)).unwrap();
        file.set_len(200 << 20).unwrap();
        check(&bench);
    }
    let bench = small();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        bench.path("requirements.txt"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    check(&bench);
}

#[test]
fn links_that_loop_are_walked_once() {
    let bench = small().file("app/inner/x.py", "");
    symlink("..", bench.path("app/inner/up")).unwrap();
    symlink("self", bench.path("self")).unwrap();
    symlink("nowhere", bench.path("requirements.txt")).unwrap();
    check(&bench);
}

#[test]
fn names_that_are_hostile_reach_no_terminal_raw() {
    let bench = small().file("\u{1b}[31mred\n::error::x.py", "x = (\n");
    let ran = check(&bench);
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.story());
    let bench = Bench::new()
        .file("main.py", "import \u{202e}x\n")
        .file("requirements.txt", "\u{1b}[31m==1\n");
    let ran = check(&bench);
    assert!(
        !ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'),
        "{}",
        ran.story()
    );
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    let fails = Bench::new().file("main.py", "import nothing_like_it_anywhere\n");
    let passes = small();
    let python = python();
    for format in audit::render::FORMATS {
        for (bench, gate, code) in [
            (&fails, "error", 1),
            (&fails, "never", 0),
            (&passes, "error", 0),
        ] {
            let to_file = format!("{}=report.out", format.name);
            for output in [["--format", format.name], ["--output", &to_file]] {
                let args = [
                    "check",
                    "--no-process-env",
                    "--app",
                    "main",
                    "--fail-on",
                    gate,
                    "--python",
                    &python,
                ];
                let args = [&args[..], &output[..]].concat();
                let ran = bench.audit(&args).run();
                ran.exits(code);
            }
        }
    }
}
