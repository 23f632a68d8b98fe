//! Servers: how they import the application and what they do with it before they listen.
//!
//! Sources: `uvicorn/config.py`, `uvicorn/importer.py`, `uvicorn/lifespan/on.py` (0.22 to 0.54),
//! `gunicorn/util.py` `import_app` (20 to 23), `hypercorn/utils.py` (0.14 to 0.18).

use crate::model::{Server, Start, StartPhase};

use crate::python::interp::{HandlerScope, Interp};
use crate::python::models::kit::release;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Value};

impl<'a> Interp<'a> {
    /// uvicorn, gunicorn, `fastapi run`, hypercorn, granian.
    pub(super) fn start_server(&mut self, start: &'a Start) -> R<()> {
        self.preload_server(start)?;
        let dir = start.app_dir.clone().unwrap_or_default();
        let dir = super::path::normalised(&self.cwd.join(dir))
            .to_string_lossy()
            .into_owned();
        self.insert_path(0, &dir);
        if let Some(file) = &start.env_file {
            self.server_env_file(start, file)?;
        }
        self.phase = StartPhase::Import;
        self.loop_running = self.imports_inside_loop(start);
        let app = self.import_application(start)?;
        self.phase = StartPhase::Attr;
        let Some(app) = self.prepare_application(start, app)? else {
            return Ok(());
        };
        self.note_application(&app);
        let uvicorn = matches!(start.server, Server::Uvicorn | Server::PythonMUvicorn);
        let wsgi = !start.command.contains("--interface")
            && WSGI.iter().any(|class| self.is_a(&app, class));
        if uvicorn && (wsgi || self.is_no_callable(&app)) {
            self.seen.not_callable = Some(self.type_name(&app));
        }
        if !serves_asgi(start) || start.lifespan == "off" {
            return Ok(());
        }
        self.phase = StartPhase::Lifespan;
        self.loop_running = true;
        self.run_lifespan(&start.lifespan, &app)
    }

    /// What the launcher has loaded before the application: it can no longer be shadowed.
    fn preload_server(&mut self, start: &Start) -> R<()> {
        if start.server == Server::PythonMUvicorn {
            // `python -m` puts the working directory first before it loads anything.
            self.phase = StartPhase::Import;
            let cwd = self.cwd.to_string_lossy().into_owned();
            self.insert_path(0, &cwd);
            self.tolerate("runpy")?;
            return match self.dist_version("uvicorn") {
                Some(_) => self.import_name("uvicorn.main").map(|_| ()),
                None => self.tolerate("uvicorn.main"),
            };
        }
        let names: &[&str] = match start.server {
            Server::Uvicorn => &["uvicorn.main"],
            Server::Fastapi => &["typer", "fastapi_cli.cli", "uvicorn"],
            Server::Gunicorn => &["gunicorn.app.wsgiapp", "gunicorn.arbiter"],
            Server::Hypercorn => &["hypercorn.__main__"],
            Server::Granian => &["granian.cli"],
            _ => &[],
        };
        self.tolerate("re")?;
        for name in names {
            self.tolerate(name)?;
        }
        Ok(())
    }

    /// uvicorn imported the application inside its event loop up to 0.46. `fastapi run` looks
    /// for the application name first, before it starts uvicorn; gunicorn's workers too.
    fn imports_inside_loop(&self, start: &Start) -> bool {
        matches!(start.server, Server::Uvicorn | Server::PythonMUvicorn) && self.loads_inside_loop()
    }

    /// Does the installed uvicorn load the application inside its loop?
    pub(in crate::python) fn loads_inside_loop(&self) -> bool {
        self.dist_version("uvicorn")
            .is_some_and(|v| release(v) < (0, 47, 0))
    }

    /// `--env-file`: uvicorn reads it with python-dotenv before it imports anything.
    fn server_env_file(&mut self, start: &Start, file: &str) -> R<()> {
        let uvicorn = matches!(start.server, Server::Uvicorn | Server::PythonMUvicorn);
        if !uvicorn {
            return Ok(());
        }
        if self.dist_version("uvicorn").is_some() {
            self.import_name("dotenv")?;
        }
        let path = self.cwd.join(file);
        self.load_env_file(&path, false)?;
        Ok(())
    }

    /// Factories. `None` when nothing is known of the application.
    fn prepare_application(&mut self, start: &Start, app: Value) -> R<Option<Value>> {
        match start.server {
            Server::Gunicorn => {
                self.need_callable(start, &app)?;
                Ok((!app.is_unknown()).then_some(app))
            }
            Server::Hypercorn => Ok((!app.is_unknown()).then_some(app)),
            _ => self
                .prepare_uvicorn_application(app, start.factory)
                .map_err(|stop| self.factory_error(start, stop)),
        }
    }

    /// uvicorn (`config.py`): a factory whose call gives a `TypeError` ends the start.
    fn factory_error(&mut self, start: &Start, stop: Stop) -> Stop {
        let inside = match &stop {
            Stop::Raise(raised) => raised
                .frames
                .iter()
                .any(|f| self.source(f.file).owner == crate::python::value::Owner::Project),
            _ => true,
        };
        if inside {
            return stop;
        }
        let file = self.entry_file(&start.module);
        let attr = start.attr.clone().unwrap_or_default();
        let slots = [
            ("attr", attr.as_str()),
            ("module", start.module.as_str()),
            ("file", file.as_str()),
        ];
        Self::rekind(stop, "entry-object", &slots)
    }

    /// `gunicorn.util.import_app`: the application is something that can be called.
    fn need_callable(&mut self, start: &Start, app: &Value) -> R<()> {
        let attr = start.attr.clone().unwrap_or_else(|| "application".into());
        let message = match app {
            Value::None => format!(
                "Failed to find application object: {}",
                crate::python::text::str_repr(&attr)
            ),
            app if self.is_no_callable(app) => "Application object must be callable.".to_owned(),
            _ => return Ok(()),
        };
        Err(self.library_fault(
            "gunicorn.errors",
            "AppImportError",
            "Exception",
            &message,
            "entry-attribute",
            &[("attr", attr.as_str()), ("module", start.module.as_str())],
        ))
    }

    /// What uvicorn makes of the imported object. `None` when nothing is known of it.
    ///
    /// # Errors
    /// What calling it raises.
    pub(in crate::python) fn prepare_uvicorn_application(
        &mut self,
        app: Value,
        factory: bool,
    ) -> R<Option<Value>> {
        if app.is_unknown() {
            return Ok(None);
        }
        if factory {
            let made = self.call(&app, crate::python::call::Args::none())?;
            return Ok((!made.is_unknown()).then_some(made));
        }
        self.try_factory(app)
    }

    /// uvicorn calls every application once without arguments: what answers with a `TypeError`
    /// is taken for an application, anything else for a factory.
    fn try_factory(&mut self, app: Value) -> R<Option<Value>> {
        let type_error = self.builtins.exception("TypeError");
        let depth = self.handlers.len();
        self.handlers.push(HandlerScope {
            classes: Some(vec![type_error]),
        });
        let called = self.call(&app, crate::python::call::Args::none());
        self.handlers.truncate(depth);
        match called {
            Ok(made) if !made.is_unknown() => Ok(Some(made)),
            Ok(_) if self.is_plain_application(&app) => Ok(Some(app)),
            Ok(_) => Ok(None),
            Err(Stop::Raise(raised)) => {
                match self.exception_matches(&raised.exc, &Value::Obj(type_error)) {
                    Some(false) => Err(Stop::Raise(raised)),
                    _ => Ok(Some(app)),
                }
            }
            Err(stop) => Err(stop),
        }
    }

    /// An instance rather than a function or class: calling it without arguments makes nothing.
    fn is_plain_application(&self, app: &Value) -> bool {
        app.as_obj()
            .is_some_and(|obj| matches!(self.heap.get(obj).kind, Kind::Instance { .. }))
    }
}

/// Classes whose instances take the two arguments of WSGI.
const WSGI: [&str; 2] = ["flask.app.Flask", "django.core.handlers.wsgi.WSGIHandler"];

/// Does the server speak ASGI to the application, so that there is a lifespan?
fn serves_asgi(start: &Start) -> bool {
    match start.server {
        Server::Gunicorn => start
            .worker_class
            .as_deref()
            .is_some_and(|w| w.contains("uvicorn") || w.contains("Uvicorn")),
        _ => true,
    }
}
