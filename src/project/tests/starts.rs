//! Start commands: as they are typed, and in every kind of file.

use super::*;

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
