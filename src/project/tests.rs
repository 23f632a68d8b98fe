//! Whole readings over small trees in memory.

use std::path::PathBuf;

use super::*;
use crate::host::MemoryHost;
use crate::model::{MASK, Start};

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
fn start_command_lines_are_understood() {
    let tree = [
        ("app/__init__.py", ""),
        ("app/main.py", APP),
        ("main.py", APP),
        ("requirements.txt", ""),
        (
            "gunicorn.conf.py",
            "import os\nbind = '0.0.0.0:9000'\nworkers = 3\nworker_class = 'uvicorn.workers.UvicornWorker'\n",
        ),
        (
            "run.py",
            "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('app.main:app', port=81, reload=True)\n",
        ),
        (
            "start.sh",
            "#!/bin/sh\nset -e\nexport A=b\nalembic upgrade head\nexec uvicorn app.main:app --port ${PORT:-8000} \"$@\"\n",
        ),
        (
            "Makefile",
            "APP = app.main\nserve: ## help\n\t@uvicorn $(APP):app\n",
        ),
        (
            "pyproject.toml",
            "[project]\nname='x'\n[project.scripts]\nserve = 'app.cli:main'\n",
        ),
        (
            "app/cli.py",
            "import uvicorn\ndef main():\n    uvicorn.run('app.main:app', host='h')\n",
        ),
    ];
    let host = host(&tree);
    for (command, expected) in [
        ("uvicorn app.main:app", "Uvicorn app.main:app in ."),
        (
            "uvicorn main:create --app-dir app --factory --lifespan on --host 0.0.0.0 --port 80 --reload --workers 2",
            "Uvicorn main:create in . (app) 0.0.0.0:80 factory reload lifespan x2",
        ),
        (
            "python -m uvicorn app.main:app",
            "PythonMUvicorn app.main:app in .",
        ),
        (
            ".venv/bin/python3.11 -u -X dev -m uvicorn app.main:app",
            "PythonMUvicorn app.main:app in .",
        ),
        (
            "gunicorn app.main:app -c gunicorn.conf.py -w 4",
            "Gunicorn app.main:app in . 0.0.0.0:9000 x4 uvicorn.workers.UvicornWorker",
        ),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker --chdir app 'main:create_app()'",
            "Gunicorn main:create_app in app 0.0.0.0:9000 factory x3 uvicorn.workers.UvicornWorker",
        ),
        (
            "hypercorn asgi:app.main:app -b :81",
            "Hypercorn app.main:app in . :81",
        ),
        (
            "granian --interface asgi app.main:app --port 81 --factory",
            "Granian app.main:app in . :81 factory",
        ),
        (
            "fastapi run app/main.py --port 80",
            "Fastapi app.main in . (.) 0.0.0.0:80",
        ),
        ("fastapi dev", "Fastapi main in . (.) 127.0.0.1: reload"),
        (
            "fastapi run -e app.main:app",
            "Fastapi app.main:app in . 0.0.0.0:",
        ),
        ("python run.py", "Python run.py in . :81 reload"),
        ("python -m app.cli", "PythonModule app.cli in . h:"),
        ("python -c \"import app.main\"", "Import app.main in ."),
        (
            "python -c 'from app.main import app'",
            "Import app.main:app in .",
        ),
        (
            "A=b poetry run uvicorn app.main:app",
            "Uvicorn app.main:app in .",
        ),
        (
            "uv run --no-sync --env-file .env -- uvicorn app.main:app",
            "Uvicorn app.main:app in .",
        ),
        (
            "pipenv run python -m uvicorn app.main:app",
            "PythonMUvicorn app.main:app in .",
        ),
        ("uv run serve", "Uvicorn app.main:app in . h:"),
        (
            "uv run serve start app.main:app --host=0.0.0.0",
            "Uvicorn app.main:app in . 0.0.0.0:",
        ),
        (
            "exec env X=1 tini -s -- uvicorn app.main:app",
            "Uvicorn app.main:app in .",
        ),
        (
            "sh -c \"alembic upgrade head && uvicorn app.main:app\"",
            "Uvicorn app.main:app in .",
        ),
        ("cd app && uvicorn main:app", "Uvicorn main:app in app"),
        (
            "./wait-for-it.sh db:5432 -t 30 -- uvicorn app.main:app",
            "Uvicorn app.main:app in .",
        ),
        (
            "bash start.sh --workers 2",
            "Uvicorn app.main:app in . :8000 x2",
        ),
        ("make serve", "Uvicorn app.main:app in ."),
        (
            "ddtrace-run opentelemetry-instrument uvicorn app.main:app",
            "Uvicorn app.main:app in .",
        ),
        (
            "uvicorn app.main:app --port $PORT",
            "Uvicorn app.main:app in . :$PORT",
        ),
    ] {
        let options = Options {
            start: Some(command.to_owned()),
            ..options()
        };
        let reading = read(&host, &options).unwrap_or_else(|e| panic!("{command}: {e}"));
        let start = reading.project.start.unwrap();
        let text = shown(&start);
        let (text, _) = text.split_once(" @ ").unwrap();
        assert_eq!(text, expected, "{command}");
    }
}

#[test]
fn starts_are_found_in_every_kind_of_file() {
    let app = ("app/main.py", APP);
    let init = ("app/__init__.py", "");
    let docker = "FROM python:3.12\nWORKDIR /code\nCOPY ./app /code/app\n";
    let exec = format!("{docker}CMD [\"uvicorn\", \"app.main:app\", \"--port\", \"80\"]\n");
    let shell = format!("{docker}ENV PORT=81\nCMD exec uvicorn app.main:app --port ${{PORT}}\n");
    let entry = format!(
        "{docker}COPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"uvicorn\", \"app.main:app\"]\n"
    );
    for (tree, expected) in [
        (
            vec![app, init, ("Dockerfile", &exec)],
            "Uvicorn app.main:app in . :80 @ Dockerfile:4",
        ),
        (
            vec![app, init, ("Dockerfile", &shell)],
            "Uvicorn app.main:app in . :81 @ Dockerfile:5",
        ),
        (
            vec![
                app,
                init,
                ("Dockerfile", &entry),
                (
                    "entrypoint.sh",
                    "#!/bin/sh\npython -m alembic upgrade head\nexec \"$@\"\n",
                ),
            ],
            "Uvicorn app.main:app in . @ entrypoint.sh:3",
        ),
        (
            vec![
                app,
                init,
                (
                    "docker-compose.yml",
                    "services:\n  web:\n    build: .\n    command: uvicorn app.main:app --reload\n",
                ),
                ("Dockerfile", docker),
            ],
            "Uvicorn app.main:app in . reload @ docker-compose.yml:4",
        ),
        (
            vec![
                app,
                init,
                (
                    "compose.yaml",
                    "web:\n  build:\n    context: .\n  working_dir: /code/app\n  command: [\"uvicorn\", \"main:app\"]\n",
                ),
                ("Dockerfile", docker),
            ],
            "Uvicorn main:app in app @ compose.yaml:5",
        ),
        (
            vec![
                app,
                init,
                (
                    "Procfile",
                    "release: alembic upgrade head\nweb: gunicorn app.main:app -k uvicorn.workers.UvicornWorker\n",
                ),
            ],
            "Gunicorn app.main:app in . uvicorn.workers.UvicornWorker @ Procfile:2",
        ),
        (
            vec![
                app,
                init,
                (
                    "deploy/x.service",
                    "[Service]\nWorkingDirectory=/srv/x\nEnvironment=\"A=b c\" D=e\nExecStart=/srv/x/.venv/bin/uvicorn app.main:app \\\n  --port 82\n",
                ),
            ],
            "Uvicorn app.main:app in . :82 @ deploy/x.service:4",
        ),
        (
            vec![
                app,
                init,
                ("scripts/start.sh", "cd ..\nuvicorn app.main:app\n"),
            ],
            "Uvicorn app.main:app in . @ scripts/start.sh:2",
        ),
        (
            vec![
                app,
                init,
                ("Makefile", "run:\n\tuvicorn app.main:app --reload\n"),
            ],
            "Uvicorn app.main:app in . reload @ Makefile:2",
        ),
        (
            vec![
                app,
                init,
                (
                    "justfile",
                    "p := \"83\"\nrun:\n    uvicorn app.main:app --port {{p}}\n",
                ),
            ],
            "Uvicorn app.main:app in . :83 @ justfile:3",
        ),
        (
            vec![
                app,
                init,
                (
                    "pyproject.toml",
                    "[tool.fastapi]\nentrypoint = 'app.main:app'\n",
                ),
            ],
            "Fastapi app.main:app in . 0.0.0.0: @ pyproject.toml:2",
        ),
        (
            vec![
                app,
                init,
                (
                    "pyproject.toml",
                    "[tool.poe.tasks]\nserve = 'uvicorn app.main:app'\n",
                ),
            ],
            "Uvicorn app.main:app in . @ pyproject.toml:2",
        ),
        (
            vec![
                app,
                init,
                (
                    "render.yaml",
                    "services:\n  - type: web\n    startCommand: uvicorn app.main:app --port $PORT\n",
                ),
            ],
            "Uvicorn app.main:app in . :$PORT @ render.yaml:3",
        ),
        (
            vec![
                app,
                init,
                (
                    "fly.toml",
                    "[processes]\napp = \"uvicorn app.main:app --port 85\"\n",
                ),
            ],
            "Uvicorn app.main:app in . :85 @ fly.toml:2",
        ),
        (vec![("main.py", APP)], "Uvicorn main:app in . @ main.py"),
        (vec![app, init], "Uvicorn app.main:app in . @ app/main.py"),
        (
            vec![
                (
                    "src/app.py",
                    "from fastapi import FastAPI\nfrom routers import x\napi = FastAPI()\n",
                ),
                ("src/routers/x.py", ""),
            ],
            "Uvicorn app:api in src @ src/app.py",
        ),
        (
            vec![
                (
                    "server/core/factory.py",
                    "from fastapi import FastAPI\nfrom server.x import y\ndef create_app():\n    return FastAPI()\n",
                ),
                ("server/x.py", ""),
            ],
            "Uvicorn server.core.factory:create_app in . factory @ server/core/factory.py",
        ),
        (
            vec![("tests/main.py", APP), ("pkg/deep/web.py", APP)],
            "Uvicorn pkg.deep.web:app in . @ pkg/deep/web.py",
        ),
        (vec![("x.py", "print(1)\n")], "none"),
        (
            vec![
                app,
                init,
                (
                    "run.py",
                    "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('app.main:app', port=84)\n",
                ),
            ],
            "Python run.py in . :84 @ run.py:3",
        ),
    ] {
        let names: Vec<&str> = tree.iter().map(|(n, _)| *n).collect();
        assert_eq!(start_of(&tree), expected, "{names:?}");
    }
}

#[test]
fn a_build_file_that_names_a_missing_module_is_believed() {
    let tree = [
        ("src/main.py", APP),
        (
            "Dockerfile",
            "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"uvicorn\", \"main:app\"]\n",
        ),
    ];
    assert_eq!(start_of(&tree), "Uvicorn main:app in . @ Dockerfile:4");
    // PYTHONPATH of the image makes it right.
    let fixed = [
        ("src/main.py", APP),
        (
            "Dockerfile",
            "FROM python:3.12\nWORKDIR /app\nENV PYTHONPATH=/app/src:$PYTHONPATH\nCOPY . .\nCMD [\"uvicorn\", \"main:app\"]\n",
        ),
    ];
    let reading = reading(&fixed);
    assert_eq!(reading.project.env["PYTHONPATH"].value.expose(), "/p/src");
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
