//! Servers: how they import the application and what they do with it before they listen.

use crate::model::{Server, Start, StartPhase};

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::Value;

impl<'a> Interp<'a> {
    /// uvicorn, gunicorn, `fastapi run`, hypercorn, granian.
    pub(super) fn start_server(&mut self, start: &'a Start) -> R<()> {
        self.preload_server(start)?;
        let dir = start.app_dir.clone().unwrap_or_default();
        let dir = super::path::normalised(&self.cwd.join(dir))
            .to_string_lossy()
            .into_owned();
        self.insert_path(0, &dir);
        self.phase = StartPhase::Import;
        self.loop_running = self.imports_inside_loop(start);
        let app = self.import_application(start)?;
        self.phase = StartPhase::Attr;
        let app = if start.factory {
            self.call(&app, Args::none())?
        } else {
            app
        };
        self.phase = StartPhase::Lifespan;
        self.loop_running = true;
        self.run_lifespan(start, &app)
    }

    /// What the launcher has loaded before the application: it can no longer be shadowed.
    fn preload_server(&mut self, start: &Start) -> R<()> {
        let name = match start.server {
            Server::Uvicorn | Server::PythonMUvicorn | Server::Fastapi => "uvicorn.main",
            Server::Gunicorn => "gunicorn.app.wsgiapp",
            Server::Hypercorn => "hypercorn.__main__",
            Server::Granian => "granian.cli",
            _ => return Ok(()),
        };
        self.tolerate("re")?;
        self.tolerate(name)
    }

    /// uvicorn imported the application inside its event loop up to 0.46.
    fn imports_inside_loop(&self, start: &Start) -> bool {
        let uvicorn = matches!(
            start.server,
            Server::Uvicorn | Server::PythonMUvicorn | Server::Fastapi
        );
        let version = self
            .project
            .distributions
            .get("uvicorn")
            .map(|d| d.version.as_str());
        uvicorn && version.is_some_and(|v| version_pair(v) < (0, 47))
    }

    fn import_application(&mut self, start: &Start) -> R<Value> {
        let module = self.import_name(&start.module)?;
        self.phase = StartPhase::Attr;
        let mut value = module;
        for part in start.attr.as_deref().unwrap_or("app").split('.') {
            let name = self.sym(part);
            value = match self.find_attribute(&value, name)? {
                Some(value) => value,
                None => {
                    let message = format!(
                        "Attribute \"{}\" not found in module \"{}\".",
                        start.attr.as_deref().unwrap_or("app"),
                        start.module
                    );
                    return Err(self.library_fault(
                        "uvicorn.importer",
                        "ImportFromStringError",
                        "Exception",
                        &message,
                        "entry-attribute",
                        &[
                            ("attr", start.attr.as_deref().unwrap_or("app")),
                            ("module", &start.module),
                        ],
                    ));
                }
            };
        }
        Ok(value)
    }

    fn run_lifespan(&mut self, _start: &Start, _app: &Value) -> R<()> {
        Ok(())
    }
}

/// First two numbers of a version.
pub fn version_pair(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|p| p.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
