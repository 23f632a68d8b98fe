use std::path::PathBuf;

use super::*;
use crate::host::MemoryHost;
use crate::model::{Origin, Server, Start};

const ROUTER: &str = "from fastapi import APIRouter\n\nrouter = APIRouter(prefix='/tasks')\n\n@router.get('/all')\ndef all_tasks(): ...\n\n@router.post('')\ndef create(): ...\n";

fn project(files: &[(&str, &str)]) -> (MemoryHost, Project) {
    let mut host = MemoryHost::default();
    for (path, text) in files {
        host = host.file(PathBuf::from("/p").join(path), *text);
    }
    let mut start = Start::bare(Server::Uvicorn, Origin::named("default"));
    start.module = "app.main".into();
    let project = Project {
        root: "/p".into(),
        start: Some(start),
        python_files: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
        ..Project::default()
    };
    (host, project)
}

/// Routers that nothing leads to when the start executes `app/main.py`, with the doubt.
fn idle(files: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let (host, project) = project(files);
    let executed = BTreeSet::from(["app/main.py"]);
    idle_routers(&host, &project, &executed, &BTreeMap::new())
        .into_iter()
        .map(|r| (format!("{}:{}", r.module, r.attr), r.dynamic))
        .collect()
}

const MAIN: (&str, &str) = (
    "app/main.py",
    "from fastapi import FastAPI\napp = FastAPI()\n",
);

#[test]
fn a_router_that_nothing_leads_to_is_idle() {
    let found = idle(&[MAIN, ("app/api/tasks.py", ROUTER)]);
    assert_eq!(found, [("app.api.tasks:router".to_owned(), None)]);
    let found = idle(&[
        MAIN,
        ("app/tasks/__init__.py", "from .routes import router\n"),
        ("app/tasks/routes.py", ROUTER),
    ]);
    assert_eq!(found, [("app.tasks.routes:router".to_owned(), None)]);
}

#[test]
fn what_the_router_holds_is_told() {
    let (host, project) = project(&[MAIN, ("app/tasks.py", ROUTER)]);
    let executed = BTreeSet::from(["app/main.py"]);
    let found = idle_routers(&host, &project, &executed, &BTreeMap::new());
    assert_eq!(found[0].route_count, 2);
    assert_eq!(found[0].first, "GET /tasks/all");
    assert_eq!(found[0].place.line, 3);
}

#[test]
fn whatever_speaks_of_the_module_makes_it_no_finding() {
    let tasks = ("app/api/tasks.py", ROUTER);
    let cases: &[&[(&str, &str)]] = &[
        // In a function.
        &[
            (
                "app/main.py",
                "def late():\n    from app.api import tasks\n",
            ),
            tasks,
        ],
        &[
            (
                "app/main.py",
                "def late():\n    from .api.tasks import router\n",
            ),
            tasks,
        ],
        &[
            ("app/main.py", "def late():\n    from .api import tasks\n"),
            tasks,
        ],
        &[
            ("app/main.py", "ROUTERS = ['app.api.tasks:router']\n"),
            tasks,
        ],
        &[
            (
                "app/main.py",
                "import importlib\nimportlib.import_module('app.api.tasks')\n",
            ),
            tasks,
        ],
        // Another application, a script, a test with an application of its own.
        &[
            MAIN,
            tasks,
            (
                "app/admin.py",
                "from app.api.tasks import router\napp = FastAPI()\n",
            ),
        ],
        &[
            MAIN,
            tasks,
            ("scripts/tool.py", "from app.api.tasks import router\n"),
        ],
        &[
            MAIN,
            tasks,
            (
                "tests/test_t.py",
                "from app.api.tasks import router\napp.include_router(router)\n",
            ),
        ],
        // Tests and examples themselves.
        &[
            MAIN,
            ("tests/api.py", ROUTER),
            ("examples/tasks.py", ROUTER),
            ("app/migrations/x.py", ROUTER),
        ],
        // No routes, no router.
        &[MAIN, ("app/tasks.py", "router = APIRouter()\n")],
        &[MAIN, ("app/tasks.py", "@app.get('/')\ndef f(): ...\n")],
    ];
    for files in cases {
        assert_eq!(idle(files), [], "{files:?}");
    }
}

#[test]
fn names_that_are_only_known_at_run_time_leave_a_doubt() {
    for text in [
        "import importlib\nfor n in names:\n    importlib.import_module(f'app.api.{n}')\n",
        "import pkgutil\nfor m in pkgutil.iter_modules(app.api.__path__): ...\n",
    ] {
        let found = idle(&[("app/main.py", text), ("app/api/tasks.py", ROUTER)]);
        assert_eq!(found.len(), 1, "{text}");
        assert!(
            found[0]
                .1
                .as_deref()
                .is_some_and(|d| d.starts_with("app/main.py:")),
            "{found:?}"
        );
    }
}
