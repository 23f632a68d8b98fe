//! Secrets planted in every input appear in no output of any command in any format.

use std::collections::BTreeSet;

use crate::support::bench::{Bench, Ran};
use crate::support::tree;

/// Each planted value, by where it is planted.
const CANARIES: &[(&str, &str)] = &[
    ("password of the URL in .env", "canary-Dotenv.1x"),
    ("key in .env", "canary-SecretKey2x"),
    ("default in Python", "canary-PyDefault3x"),
    ("index URL of requirements.txt", "canary-IndexUrl4x"),
    ("direct URL of requirements.txt", "canary-DirectUrl5x"),
    ("environment of compose", "canary-Compose6x"),
    ("ENV of the Dockerfile", "canary-Docker7x"),
    ("environment of the auditor", "canary-Process8x"),
    ("URL inside Python", "canary-PyUrl9x"),
    ("value of --assume-env", "canary-Assume10x"),
    ("percent-encoded password in .env", "canary%2FEnc11x"),
    ("the same, decoded", "canary/Enc11x"),
];

fn planted() -> Bench {
    Bench::new()
        .file(
            ".env",
            "DATABASE_URL='postgresql://app:canary-Dotenv.1x@db.example.invalid/appdb?sslmode=require'\n\
             SECRET_KEY=canary-SecretKey2x\n\
             OTHER_URL=postgresql://app:canary%2FEnc11x@db.example.invalid/appdb\n",
        )
        .file(
            "requirements.txt",
            "--index-url https://user:canary-IndexUrl4x@pypi.example.invalid/simple\n\
             fastapi>=0.115.0\nsqlalchemy>=2.0\npsycopg2-binary>=2.9\n\
             tool @ https://user:canary-DirectUrl5x@files.example.invalid/tool-1.0.whl\n",
        )
        .file(
            "docker-compose.yml",
            "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: canary-Compose6x\n",
        )
        .file(
            "Dockerfile",
            "FROM python:3.11\nENV API_TOKEN=canary-Docker7x\nCMD [\"uvicorn\", \"app.main:app\"]\n",
        )
        .file("app/__init__.py", "")
        .file(
            "app/config.py",
            "import os\n\nSECRET_KEY: str = \"canary-PyDefault3x\"\n\
             FALLBACK = \"postgresql://app:canary-PyUrl9x@h.example.invalid/d\"\n\
             URL = os.environ.get(\"DATABASE_URL\", FALLBACK)\n\
             TOKEN = os.environ[\"NOT_SET_ANYWHERE\"]\n",
        )
        .file(
            "app/main.py",
            "from app.config import SECRET_KEY, URL, nothing_like_it\n\
             from sqlalchemy.ext.asyncio import create_async_engine\n\
             engine = create_async_engine(\"postgresql://app:canary-PyUrl9x@h.example.invalid/d\")\n\
             app = None\n",
        )
}

fn search(ran: &Ran, found: &mut BTreeSet<String>) {
    for (place, canary) in CANARIES {
        for (stream, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if text.contains(canary) {
                found.insert(format!("{place} on {stream} of\n{}", ran.story()));
            }
        }
    }
    assert_ne!(ran.code, 101, "{}", ran.story());
}

#[test]
fn planted_secrets_appear_in_no_output() {
    let bench = planted();
    let originals = tree::files(bench.root());
    let mut commands: Vec<Vec<&str>> = audit::render::FORMATS
        .iter()
        .map(|f| vec!["check", "--format", f.name])
        .collect();
    let more: &[&[&str]] = &[
        &["check", "-vv"],
        &["check", "-vv", "--python-version", "3.11"],
        &["check", "--app", "app.main:app", "-v"],
        &["check", "--no-process-env", "--json"],
        &["facts"],
        &["facts", "--imports"],
        &["facts", "--imports", "--json"],
        &["facts", "--as-deployed"],
        &["report"],
        &["report", "-o", "REPORT.md"],
        &["fix", "--diff"],
        &["fix", "--diff", "--level", "review"],
        &["fix", "--yes", "--level", "review", "-vv"],
        &["report"],
        &["undo"],
        &["baseline", "write"],
        &["check", "-v"],
        &["check", "--app", "canary-Assume10x"],
        &["probe", "--url", "postgresql://app:canary-Assume10x@h/d"],
        &["init"],
    ];
    commands.extend(more.iter().map(|c| c.to_vec()));
    for format in audit::render::FORMATS {
        let output: &'static str = format!("{0}=out/{0}", format.name).leak();
        commands.push(vec!["check", "-q", "--output", output]);
    }
    let mut found = BTreeSet::new();
    let mut ran_any = 0;
    for args in &commands {
        // The value that is typed as a module name is an argument, not a secret.
        let typed = args.contains(&"canary-Assume10x");
        let ran = bench
            .audit(args)
            .env("DATABASE_PASSWORD", "canary-Process8x")
            .env(
                "AUDIT_ASSUME_ENV",
                if typed {
                    "A"
                } else {
                    "EXTRA_TOKEN=canary-Assume10x"
                },
            )
            .run();
        ran_any += usize::from(ran.code == 0 || ran.code == 1 || ran.code == 3);
        if !typed {
            search(&ran, &mut found);
        }
    }
    for (path, bytes) in tree::files(bench.root()) {
        if originals.contains_key(&path) || path.contains(".backup") {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        for (place, canary) in CANARIES {
            if text.contains(canary) {
                found.insert(format!("{place} in the file {path}:\n{text}"));
            }
        }
    }
    assert!(
        found.is_empty(),
        "{} leaks:\n{}",
        found.len(),
        found.iter().next().unwrap()
    );
    assert!(
        ran_any > 30,
        "only {ran_any} of {} runs got anywhere",
        commands.len()
    );
}

/// The test above must be able to fail: the planted files do hold the values.
#[test]
fn every_canary_is_really_planted() {
    let files: String = tree::files(planted().root())
        .values()
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .collect();
    for (place, canary) in CANARIES {
        let elsewhere = [
            "environment of the auditor",
            "value of --assume-env",
            "the same, decoded",
        ];
        assert!(
            files.contains(canary) || elsewhere.contains(place),
            "{place}"
        );
    }
}
