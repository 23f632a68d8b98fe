//! Servers that the program starts itself: `uvicorn.run(...)` under `if __name__ == "__main__"`,
//! `Server(config).serve()`, Flask's and others' own loops. Behind them nothing runs any more.

use crate::model::StartPhase;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::run_inside_loop;
use crate::python::raise::{R, Stop};
use crate::python::value::Value;

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("uvicorn.main", "run", uvicorn_run),
    ("uvicorn.server", "Server.run", server_run),
    ("uvicorn.server", "Server.serve", server_serve),
    ("flask.app", "Flask.run", runs_forever),
    ("waitress", "serve", runs_forever),
    ("hypercorn.run", "run", runs_forever),
    ("gunicorn.app.base", "BaseApplication.run", runs_forever),
    ("gunicorn.app.base", "Application.run", runs_forever),
    ("celery.app.base", "Celery.start", runs_forever),
    ("celery.app.base", "Celery.worker_main", runs_forever),
    ("aiohttp.web", "run_app", runs_forever),
    (
        "django.core.management",
        "execute_from_command_line",
        runs_forever,
    ),
];

fn runs_forever(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Err(Stop::Complete)
}

/// What a server is told about its application.
struct Served {
    app: Value,
    factory: bool,
    lifespan: String,
    inside_loop: bool,
}

fn uvicorn_run(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let app = interp.parameter(&bound, "app");
    if let Some(dir) = args.keyword(interp.sym("app_dir")).cloned()
        && let Some(dir) = interp.path_of(&dir)
    {
        interp.insert_path(0, &dir.to_string_lossy());
    }
    let env_file = interp.parameter(&bound, "env_file");
    if let Some(path) = interp.path_of(&env_file) {
        interp.import_name("dotenv")?;
        interp.load_env_file(&path, false)?;
    }
    let factory = interp.parameter(&bound, "factory");
    let factory = interp.truth(&factory)?.unwrap_or(false);
    let lifespan = interp.parameter(&bound, "lifespan");
    let lifespan = lifespan.as_str().unwrap_or("auto").to_owned();
    let reload = interp.parameter(&bound, "reload");
    let reload = interp.truth(&reload)?.unwrap_or(false);
    let workers = interp.parameter(&bound, "workers");
    if (reload || matches!(workers, Value::Int(n) if n > 1))
        && app.as_str().is_none()
        && !app.is_unknown()
    {
        let text = Value::Int(1);
        let stop = interp.fault("SystemExit", "1", "uvicorn-object", &[]);
        return Err(interp.with_argument(stop, text));
    }
    if interp.loop_running {
        return Err(run_inside_loop(interp));
    }
    let served = Served {
        app,
        factory,
        lifespan,
        inside_loop: interp.loads_inside_loop(),
    };
    serve(interp, served)
}

fn server_run(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if interp.loop_running {
        return Err(run_inside_loop(interp));
    }
    let inside_loop = interp.loads_inside_loop();
    serve_config(interp, &args, inside_loop)
}

fn server_serve(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    serve_config(interp, &args, true)
}

fn serve_config(interp: &mut Interp<'_>, args: &Args, inside_loop: bool) -> R<Value> {
    let Some(server) = args.pos.first().cloned() else {
        return Err(Stop::Complete);
    };
    let Some(config) = interp.own(&server, "config") else {
        return Err(Stop::Complete);
    };
    let app = interp.own(&config, "app").unwrap_or(Value::Unknown);
    let factory = interp.own(&config, "factory").unwrap_or(Value::Unknown);
    let factory = interp.truth(&factory)?.unwrap_or(false);
    let lifespan = interp.own(&config, "lifespan");
    let lifespan = lifespan
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or("auto")
        .to_owned();
    serve(
        interp,
        Served {
            app,
            factory,
            lifespan,
            inside_loop,
        },
    )
}

fn serve(interp: &mut Interp<'_>, served: Served) -> R<Value> {
    interp.loop_running = served.inside_loop;
    let app = match served.app.as_str() {
        Some(text) => {
            let text = text.to_owned();
            let Some((module, attr)) = text
                .split_once(':')
                .filter(|(m, a)| !m.is_empty() && !a.is_empty())
            else {
                return Err(interp.entry_format_error(&text));
            };
            interp.import_entry(module, attr)?
        }
        None => served.app,
    };
    let phase = interp.phase;
    interp.phase = StartPhase::Attr;
    let prepared = interp.prepare_uvicorn_application(app, served.factory)?;
    interp.phase = phase;
    let Some(app) = prepared else {
        return Err(Stop::Complete);
    };
    interp.note_application(&app);
    if served.lifespan != "off" {
        interp.phase = StartPhase::Lifespan;
        interp.loop_running = true;
        interp.run_lifespan(&served.lifespan, &app)?;
    }
    Err(Stop::Complete)
}
