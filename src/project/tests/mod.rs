//! Whole readings over small trees in memory.

use std::path::PathBuf;

use super::*;
use crate::host::MemoryHost;
use crate::model::{MASK, Start};

mod starts;

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

fn host(tree: &[(&str, &str)]) -> MemoryHost {
    tree.iter().fold(MemoryHost::new(), |host, (path, text)| {
        host.file(format!("/p/{path}"), *text)
    })
}

fn options() -> Options {
    Options {
        root: PathBuf::from("/p"),
        process_env: false,
        ..Options::default()
    }
}

fn reading(tree: &[(&str, &str)]) -> Reading {
    read(&host(tree), &options()).unwrap()
}

/// `server module:attr dir(app_dir) host:port flags @ origin`
fn shown(start: &Start) -> String {
    let mut out = format!("{:?} {}", start.server, start.module);
    if let Some(attr) = &start.attr {
        out.push_str(&format!(":{attr}"));
    }
    out.push_str(&format!(" in {}", start.workdir));
    if let Some(dir) = &start.app_dir {
        out.push_str(&format!(" ({dir})"));
    }
    if start.host.is_some() || start.port.is_some() {
        let host = start.host.as_deref().unwrap_or_default();
        let port = start.port.as_deref().unwrap_or_default();
        out.push_str(&format!(" {host}:{port}"));
    }
    for (on, name) in [
        (start.factory, "factory"),
        (start.reload, "reload"),
        (start.lifespan != "auto", "lifespan"),
    ] {
        if on {
            out.push_str(&format!(" {name}"));
        }
    }
    if let Some(workers) = start.workers {
        out.push_str(&format!(" x{workers}"));
    }
    if let Some(class) = &start.worker_class {
        out.push_str(&format!(" {class}"));
    }
    let line = start
        .origin
        .line
        .map(|l| format!(":{l}"))
        .unwrap_or_default();
    out.push_str(&format!(" @ {}{line}", start.origin.source));
    out
}

fn start_of(tree: &[(&str, &str)]) -> String {
    let reading = reading(tree);
    reading.project.start.as_ref().map_or("none".into(), shown)
}

#[test]
fn a_monorepo_is_entered() {
    let tree = [
        ("backend/app/main.py", APP),
        ("backend/requirements.txt", "fastapi\n"),
        ("backend/.env", "A=1\n"),
        (
            "backend/Dockerfile",
            "FROM python:3.11\nWORKDIR /app\nCOPY . .\nCMD uvicorn app.main:app\n",
        ),
        ("frontend/package.json", "{}"),
        (
            "frontend/Dockerfile",
            "FROM node:20\nCMD [\"npm\", \"start\"]\n",
        ),
        (
            "docker-compose.yml",
            "services:\n  api:\n    build: ./backend\n    environment:\n      B: c\n",
        ),
    ];
    let project = reading(&tree).project;
    assert_eq!(project.root, "/p/backend");
    assert_eq!(
        project.root_origin,
        Some(Origin::named("backend/requirements.txt"))
    );
    assert_eq!(
        shown(project.start.as_ref().unwrap()),
        "Uvicorn app.main:app in . @ Dockerfile:4"
    );
    assert_eq!(project.requirements[0].path, "requirements.txt");
    assert_eq!(project.dotenv[0].path, ".env");
    assert_eq!(project.python_files, ["app/main.py"]);
    assert_eq!(project.python.version, (3, 11));
    assert!(
        !project.env.contains_key("B"),
        "the start was not taken from compose"
    );

    let named = Options {
        app: Some("app.main:app".into()),
        ..options()
    };
    let project = read(&host(&tree), &named).unwrap().project;
    assert_eq!(project.root, "/p/backend");
    let with_dir = Options {
        app: Some("app.main:app".into()),
        workdir: Some("backend".into()),
        ..options()
    };
    let project = read(&host(&tree), &with_dir).unwrap().project;
    assert_eq!(
        (
            project.root.as_str(),
            project.start.unwrap().workdir.as_str()
        ),
        ("/p", "backend")
    );
}

#[test]
fn the_environment_is_composed_in_order() {
    let tree = [
        ("app/main.py", APP),
        ("app/__init__.py", ""),
        (
            "Dockerfile",
            "FROM python:3.12\nENV A=image B=image\nWORKDIR /code\nCOPY app app\n",
        ),
        ("web.env", "B=file\nC=file\n"),
        ("prod.env", "E=given\n"),
        (
            "compose.yml",
            "services:\n  web:\n    build: .\n    env_file: web.env\n    environment:\n      - C=compose\n      - D=${UNKNOWN}\n    command: uvicorn app.main:app\n",
        ),
    ];
    let host = host(&tree).var("A", "mine").var("Z", "mine");
    let options = Options {
        process_env: true,
        env_files: vec!["prod.env".into()],
        assume_env: vec![("F".into(), None), ("E".into(), Some("said".into()))],
        ..options()
    };
    let env = read(&host, &options).unwrap().project.env;
    let shown: Vec<String> = env
        .iter()
        .map(|(name, v)| {
            format!(
                "{name}={} {}:{:?} {}",
                v.value.expose(),
                v.origin.source,
                v.origin.line,
                v.assumed
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "A=image Dockerfile:Some(2) false",
            "B=file web.env:Some(1) false",
            "C=compose compose.yml:Some(6) false",
            "D= compose.yml:Some(7) true",
            "E=said command line:None false",
            "F= command line:None true",
            "Z=mine environment:None false",
        ]
    );
}

#[test]
fn no_secret_gets_out() {
    let tree = [
        (
            ".env",
            "SECRET_KEY=canary-dotenv\nDATABASE_URL=postgresql://u:canary-url%40x@h/d\n",
        ),
        (
            "requirements.txt",
            "x @ https://canary-user:canary-token@h/x.whl\n--index-url https://u:canary-index@h/simple\nbroken==canary-nothing @ https://a:canary-broken@h\n",
        ),
        (
            "compose.yml",
            "services:\n  web:\n    image: x\n    environment:\n      API_TOKEN: canary-compose\n    command: A_PASSWORD=canary-command uvicorn app.main:app\n",
        ),
        (
            "Dockerfile",
            "FROM python:3.12\nENV DB_PASSWORD=canary-image\nCOPY . /a\nWORKDIR /a\nCMD JWT_SECRET=canary-cmd uvicorn app.main:app\n",
        ),
        ("app/__init__.py", ""),
        (
            "app/main.py",
            "from fastapi import FastAPI\napp = FastAPI()\nSECRET_KEY: str = 'canary-python'\n",
        ),
    ];
    let host = host(&tree).var("MY_API_KEY", "canary-process");
    let options = Options {
        process_env: true,
        ..options()
    };
    let reading = read(&host, &options).unwrap();
    for secret in [
        "canary-dotenv",
        "canary-url%40x",
        "canary-url@x",
        "canary-token",
        "canary-index",
        "canary-compose",
        "canary-image",
        "canary-cmd",
        "canary-python",
        "canary-process",
        "canary-broken",
    ] {
        let text = format!("see {secret} here");
        assert_eq!(
            reading.redactor.apply(&text),
            format!("see {MASK} here"),
            "{secret}"
        );
    }
    let mut out = format!("{:?}", reading.project);
    for source in reading.sources.values() {
        out.push_str(&source.excerpt(1, 99).lines.join("\n"));
    }
    let python = source(&host, Path::new("/p"), "app/main.py").unwrap();
    out.push_str(&python.excerpt(1, 99).lines.join("\n"));
    let leaks: Vec<&str> = out
        .match_indices("canary-")
        .map(|(at, _)| &out[at..(at + 24).min(out.len())])
        .filter(|t| !t.starts_with("canary-user") && !t.starts_with("canary-nothing"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[test]
fn as_deployed_reads_the_image() {
    let tree = [
        ("app/main.py", APP),
        ("app/__init__.py", ""),
        (
            "pyproject.toml",
            "[project]\nname='x'\ndependencies=['fastapi']\n[dependency-groups]\ndev=['pytest']\n",
        ),
        (
            "uv.lock",
            "[[package]]\nname='fastapi'\nversion='0.1'\ndependencies=[{name='starlette'}]\n[[package]]\nname='starlette'\nversion='0.2'\n[[package]]\nname='pytest'\nversion='8'\n",
        ),
        (
            "Dockerfile",
            "FROM python:3.10\nWORKDIR /code\nENV MODE=prod\nCOPY . .\nRUN uv sync --no-dev --frozen\nCMD [\"uvicorn\",\"app.main:app\"]\n",
        ),
    ];
    let host = host(&tree).var("LOCAL", "1");
    let options = Options {
        as_deployed: true,
        process_env: true,
        ..options()
    };
    let project = read(&host, &options).unwrap().project;
    assert_eq!(project.python.version, (3, 10));
    let names: Vec<&String> = project.distributions.keys().collect();
    assert_eq!(names, ["fastapi", "starlette"]);
    assert!(project.env.contains_key("MODE") && !project.env.contains_key("LOCAL"));
}

#[test]
fn as_deployed_admits_what_it_does_not_know() {
    let tree = [
        ("main.py", APP),
        ("requirements.txt", "fastapi==0.1\nsqlmodel\n"),
        ("requirements-dev.txt", "pytest\n"),
        (
            "Dockerfile",
            "FROM python:3.10\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\nCMD uvicorn main:app\n",
        ),
    ];
    let options = Options {
        as_deployed: true,
        ..options()
    };
    let project = read(&host(&tree), &options).unwrap().project;
    let shown: Vec<String> = project
        .distributions
        .values()
        .map(|d| format!("{}={}", d.name, d.version))
        .collect();
    assert_eq!(shown, ["fastapi=0.1", "sqlmodel="]);
    let said = project
        .problems
        .iter()
        .any(|p| p.why.contains("fastapi, sqlmodel"));
    assert!(said, "{:?}", project.problems);
}

#[test]
fn bad_input_becomes_problems() {
    let tree = [
        ("main.py", APP),
        (
            "requirements.txt",
            "-r requirements.txt\nfastapi\n-r nothing.txt\n",
        ),
        ("pyproject.toml", "[project\nname = 'x'\n"),
        ("docker-compose.yml", "a: [\n"),
        ("Pipfile.lock", "{"),
        (".env", "A=1\n= 2\n"),
    ];
    let host = host(&tree)
        .file("/p/setup.cfg", vec![0_u8, 1, 2])
        .file("/p/Procfile", vec![0xff, b'a']);
    let reading = read(&host, &options()).unwrap();
    let places: Vec<String> = reading
        .project
        .problems
        .iter()
        .filter_map(|p| {
            p.place
                .as_ref()
                .map(|place| format!("{}:{}", place.path, place.line))
        })
        .collect();
    for expected in [
        "requirements.txt:1",
        "requirements.txt:3",
        "pyproject.toml:1",
        "docker-compose.yml:2",
        "Pipfile.lock:1",
        ".env:2",
        "setup.cfg:1",
        "Procfile:1",
    ] {
        assert!(
            places.contains(&expected.to_owned()),
            "{expected} not in {places:?}"
        );
    }
    assert_eq!(reading.project.requirements[0].name, "fastapi");
    assert_eq!(
        shown(reading.project.start.as_ref().unwrap()),
        "Uvicorn main:app in . @ main.py"
    );
}

#[test]
fn impossible_options_are_refused() {
    let host = host(&[("main.py", APP)]);
    let cases: Vec<(Options, &str)> = vec![
        (
            Options {
                root: "/nowhere".into(),
                ..options()
            },
            "`/nowhere` does not exist",
        ),
        (
            Options {
                root: "/p/main.py".into(),
                ..options()
            },
            "`/p/main.py` is a file",
        ),
        (
            Options {
                app: Some("main.py:app".into()),
                ..options()
            },
            "it is a path",
        ),
        (
            Options {
                app: Some("a b:app".into()),
                ..options()
            },
            "not a dotted module name",
        ),
        (
            Options {
                start: Some("ls -l".into()),
                ..options()
            },
            "no server was recognised",
        ),
        (
            Options {
                python: Some("/no/python".into()),
                ..options()
            },
            "it does not exist",
        ),
        (
            Options {
                workdir: Some("sub".into()),
                ..options()
            },
            "no such directory",
        ),
        (
            Options {
                env_files: vec!["x.env".into()],
                ..options()
            },
            "no such file",
        ),
    ];
    for (options, expected) in cases {
        let error = read(&host, &options)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default();
        assert!(error.contains(expected), "{error:?} lacks {expected:?}");
    }
}

#[test]
fn app_without_attribute_is_an_import() {
    let options = Options {
        app: Some("app.main".into()),
        ..options()
    };
    let project = read(&host(&[("app/main.py", APP)]), &options)
        .unwrap()
        .project;
    assert_eq!(
        shown(project.start.as_ref().unwrap()),
        "Import app.main in . @ command line"
    );
}
