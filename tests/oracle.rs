//! CPython, uvicorn and PostgreSQL themselves: every variant of the sample backend is really
//! started, and does what its file in `fixtures/backend/variants/` says.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rayon::prelude::*;

use crate::support::envs::Venv;
use crate::support::fixture::{Cpython, Import, Request, Tree, Variant, variant, variants};
use crate::support::postgres::{PASSWORD, Postgres, ROLE};
use crate::support::uvicorn::{self, Raised, Running, Start};

#[test]
fn every_variant_ends_as_recorded() {
    let postgres = Postgres::shared();
    let wrong: Vec<String> = variants()
        .par_iter()
        .filter_map(|variant| disagreement(variant, &postgres))
        .collect();
    assert!(
        wrong.is_empty(),
        "recorded and observed differ:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_server_of_the_tests_takes_tls_and_scram_only() {
    let postgres = Postgres::shared();
    let database = postgres.database("transport");
    let ask = |tls: &str| {
        let target = format!(
            "host=127.0.0.1 port={} dbname={database} user={ROLE} password={PASSWORD} \
             sslrootcert={} sslmode={tls} channel_binding=prefer",
            postgres.port,
            postgres.ca.display()
        );
        let query = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        Command::new("psql")
            .args(["-X", "-A", "-t", &target, "-c", query])
            .output()
            .unwrap()
    };
    let verified = ask("verify-full");
    assert_eq!(String::from_utf8_lossy(&verified.stdout), "TLSv1.3\n");
    let plain = String::from_utf8_lossy(&ask("disable").stderr).into_owned();
    assert!(plain.contains("no encryption"), "{plain}");
    let stored = postgres.psql(
        "postgres",
        &format!("SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = '{ROLE}'"),
    );
    assert_eq!(stored, "SCRAM-SHA-256");
}

#[test]
fn fixed_backend_serves_its_routes() {
    let postgres = Postgres::shared();
    for name in ["fixed", "fixed_latest"] {
        let variant = variant(name);
        let tree = ready(&variant, &postgres, &format!("routes_{name}"));
        let Start::Running(server) =
            uvicorn::start(&variant.venv(), &tree.root, "src.main:app", &[])
        else {
            panic!("{name} does not start");
        };
        serves(&server, name);
        let log = server.log();
        for line in [
            "Database initialized successfully",
            "Application startup complete.",
        ] {
            assert!(log.contains(line), "{name}: no {line:?} in\n{log}");
        }
    }
}

/// Health, validation, sign-up, log-in, tasks with and without a token.
pub fn serves(server: &Running, name: &str) {
    let expect = |what: &str, (status, body): (u16, String), wanted: u16| {
        assert_eq!(status, wanted, "{name}: {what}: {body}\n{}", server.log());
        body
    };
    let health = expect("health", server.json("GET", "/health", ""), 200);
    assert_eq!(
        health,
        r#"{"status":"healthy","environment":"development"}"#
    );
    let empty = expect(
        "empty signup",
        server.json("POST", "/api/auth/signup", "{}"),
        422,
    );
    assert!(empty.contains("Field required"), "{name}: {empty}");
    let account = r#"{"email": "a@example.com", "password": "long enough"}"#;
    expect(
        "signup",
        server.json("POST", "/api/auth/signup", account),
        201,
    );
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    let login = "username=a%40example.com&password=long+enough";
    let answer = server.request("POST", "/api/auth/login", &form, login);
    let token: serde_json::Value = serde_json::from_str(&expect("login", answer, 200)).unwrap();
    let bearer = format!(
        "Authorization: Bearer {}",
        token["access_token"].as_str().unwrap()
    );
    expect(
        "tasks without token",
        server.json("GET", "/api/tasks", ""),
        401,
    );
    let json = "Content-Type: application/json";
    let created = server.request("POST", "/api/tasks", &[json, &bearer], r#"{"title": "t"}"#);
    expect("new task", created, 201);
    let listed = server.request("GET", "/api/tasks", &[&bearer], "");
    assert_eq!(
        expect("tasks", listed, 200),
        r#"[{"id":1,"title":"t","done":false}]"#
    );
}

/// The tree of a variant, pointed at an empty database.
pub fn ready(variant: &Variant, postgres: &Arc<Postgres>, database: &str) -> Tree {
    let tree = variant.tree();
    tree.use_database(postgres.port, &postgres.database(database));
    tree
}

/// What differs from the record, with what was observed in the form of the record.
fn disagreement(variant: &Variant, postgres: &Arc<Postgres>) -> Option<String> {
    let venv = variant.venv();
    let tree = ready(variant, postgres, &variant.name);
    let (seen, log) = match uvicorn::start(&venv, &tree.root, "src.main:app", &[]) {
        Start::Running(server) => {
            let wrong = variant
                .request
                .iter()
                .find_map(|request| answers_otherwise(request, &server));
            if let Some(wrong) = wrong {
                return Some(format!("{}: {wrong}", variant.name));
            }
            (serving(), String::new())
        }
        Start::Ended(ended) => (
            observed(&ended, &venv, &tree.root)
                .unwrap_or_else(|| panic!("{}: {}", variant.name, ended.log)),
            ended.log,
        ),
    };
    if seen != variant.cpython {
        return Some(format!(
            "{}:\n{}\n{}\n",
            variant.name,
            toml::to_string(&seen).unwrap(),
            last_lines(&log)
        ));
    }
    variant
        .import
        .iter()
        .find_map(|import| imports_otherwise(import, &venv, &tree.root))
        .map(|wrong| format!("{}: {wrong}", variant.name))
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

fn serving() -> Cpython {
    Cpython {
        python: "3.11".to_owned(),
        starts: true,
        exit: None,
        phase: None,
        kind: None,
        message: None,
        frames: Vec::new(),
    }
}

fn observed(ended: &uvicorn::Ended, venv: &Venv, root: &Path) -> Option<Cpython> {
    let raised = Raised::last(&ended.log)?;
    let lifespan = ended.log.contains("Application startup failed");
    Some(Cpython {
        exit: ended.code,
        starts: false,
        phase: Some(if lifespan { "lifespan" } else { "import" }.to_owned()),
        message: Some(neutral(&raised.message, venv, root)),
        frames: raised
            .frames_in(root)
            .into_iter()
            .map(|(file, line, function)| format!("{file}:{line} {function}"))
            .collect(),
        kind: Some(raised.kind),
        ..serving()
    })
}

fn neutral(message: &str, venv: &Venv, root: &Path) -> String {
    message
        .replace(venv.site_packages().to_str().unwrap(), "<site-packages>")
        .replace(root.to_str().unwrap(), "<project>")
}

fn answers_otherwise(request: &Request, server: &Running) -> Option<String> {
    let (status, body) = server.json(&request.method, &request.path, &request.body);
    if status != request.status {
        return Some(format!(
            "{} {} answers {status}, not {}: {body}",
            request.method, request.path, request.status
        ));
    }
    let wanted = request.raises.as_ref()?;
    let seen = Raised::last(&server.log()).map(|r| format!("{}: {}", r.kind, r.message));
    (seen.as_ref() != Some(wanted)).then(|| format!("{} raised {seen:?}", request.path))
}

fn imports_otherwise(import: &Import, venv: &Venv, root: &Path) -> Option<String> {
    let mut command: Command = uvicorn::python(venv, root);
    let output = command
        .args(["-c", &format!("import {}", import.module)])
        .output()
        .unwrap();
    let raised = Raised::last(&String::from_utf8_lossy(&output.stderr));
    let seen = raised.map(|r| (r.kind, neutral(&r.message, venv, root)));
    let wanted = import.kind.clone().zip(import.message.clone());
    (seen != wanted).then(|| format!("import {} raised {seen:?}", import.module))
}
