//! `--as-deployed`: the image that a build file describes, not this machine. The local
//! environment has everything and is of another Python than most images.

use crate::support::bench::Bench;
use crate::support::envs::Venv;
use crate::support::repository;

const MAIN: &str = "import httpx\nfrom fastapi import FastAPI\n\napp = FastAPI()\n";
const CMD: &str = "CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\"]\n";

const PROJECT: &str = r#"[project]
name = "svc"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["fastapi==0.115.12", "uvicorn==0.34.3"]

[project.optional-dependencies]
dev = ["httpx==0.28.1"]
"#;

const GROUPS: &str = r#"[project]
name = "svc"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["fastapi==0.115.12", "uvicorn==0.34.3"]

[dependency-groups]
dev = ["httpx==0.28.1"]
"#;

const POETRY: &str = r#"[tool.poetry]
name = "svc"
version = "0.1.0"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.11"
fastapi = "0.115.12"
uvicorn = "0.34.3"

[tool.poetry.group.dev.dependencies]
httpx = "0.28.1"
"#;

const LIST: &str = "fastapi==0.115.12\nuvicorn==0.34.3\n";

/// Name, further file with its text, build file before `CMD`, does `httpx` get into the image?
const CASES: [(&str, &str, &str, &str, bool); 13] = [
    (
        "uv, several stages, without the dev group",
        "pyproject.toml",
        GROUPS,
        "FROM python:3.11-slim AS build\nCOPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv\nWORKDIR /app\nCOPY pyproject.toml ./\nRUN uv sync --no-dev --no-install-project\nFROM python:3.11-slim\nWORKDIR /app\nCOPY --from=build /app/.venv /app/.venv\nENV PATH=/app/.venv/bin:$PATH\nCOPY app ./app\n",
        false,
    ),
    (
        "uv with the dev group, which is the default",
        "pyproject.toml",
        GROUPS,
        "FROM python:3.11-slim\nCOPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv\nWORKDIR /app\nCOPY . .\nRUN uv sync\nENV PATH=/app/.venv/bin:$PATH\n",
        true,
    ),
    (
        "poetry, only main",
        "pyproject.toml",
        POETRY,
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install poetry==1.8.3\nCOPY pyproject.toml ./\nRUN poetry install --only main --no-root\nCOPY . .\n",
        false,
    ),
    (
        "poetry, without dev",
        "pyproject.toml",
        POETRY,
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install poetry\nCOPY pyproject.toml ./\nRUN poetry install --without dev --no-root\nCOPY . .\n",
        false,
    ),
    (
        "poetry of old",
        "pyproject.toml",
        POETRY,
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install poetry\nCOPY pyproject.toml ./\nRUN poetry install --no-dev\nCOPY . .\n",
        false,
    ),
    (
        "poetry with everything",
        "pyproject.toml",
        POETRY,
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install poetry\nCOPY pyproject.toml ./\nRUN poetry install --no-root\nCOPY . .\n",
        true,
    ),
    (
        "the project itself, on Alpine",
        "pyproject.toml",
        PROJECT,
        "FROM python:3.11-alpine\nWORKDIR /srv\nCOPY . .\nRUN pip install --no-cache-dir .\n",
        false,
    ),
    (
        "the project with an extra",
        "pyproject.toml",
        PROJECT,
        "FROM python:3.11-alpine\nWORKDIR /srv\nCOPY . .\nRUN pip install --no-cache-dir '.[dev]'\n",
        true,
    ),
    (
        "a list, with the version in an argument",
        "requirements.txt",
        LIST,
        "ARG PY=3.11\nFROM python:${PY}-slim\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
        false,
    ),
    (
        "packages by name",
        "notes.txt",
        "",
        "FROM python:3.11-slim\nWORKDIR /srv\nRUN pip install fastapi uvicorn httpx\nCOPY . .\n",
        true,
    ),
    (
        "a list and one package more",
        "requirements.txt",
        LIST,
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt && pip install httpx==0.28.1\nCOPY . .\n",
        true,
    ),
    (
        "an image that may hold anything",
        "requirements.txt",
        LIST,
        "FROM registry.example/team/base:1\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
        true,
    ),
    (
        "packages that are not known here bring what they want",
        "requirements.txt",
        "fastapi==0.115.12\nuvicorn==0.34.3\nsome-company-kit==1.0\n",
        "FROM python:3.11-slim\nWORKDIR /srv\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
        true,
    ),
];

#[test]
fn what_the_image_lacks_is_missed_and_nothing_else() {
    let venv = Venv::from_pins(&repository("tests/cases/envs/modern.txt"));
    let prefix = venv.prefix.to_str().unwrap();
    let mut wrong = Vec::new();
    for (name, path, text, build, there) in CASES {
        let bench = Bench::new()
            .file("app/__init__.py", "")
            .file("app/main.py", MAIN)
            .file(path, text)
            .file("Dockerfile", format!("{build}{CMD}"));
        let arguments = [
            "check",
            ".",
            "--as-deployed",
            "--no-process-env",
            "--python",
            prefix,
            "--format",
            "json",
        ];
        let ran = bench.audit(&arguments).run();
        let report: serde_json::Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.story()));
        let startup = &report["startup"];
        let said = startup["exception"]["message"].as_str().unwrap_or_default();
        let right = match there {
            true => startup["outcome"] != "error",
            false => {
                said == "No module named 'httpx'"
                    && startup["file"] == "app/main.py"
                    && startup["line"] == 1
            }
        };
        if !right {
            wrong.push(format!("{name}: {startup:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
