//! How a server finds the application that its command line names.
//!
//! Sources: `uvicorn/importer.py` (0.22 to 0.54), `gunicorn/util.py` `import_app` (20 to 27),
//! `hypercorn/utils.py` (0.14 to 0.18), `fastapi_cli/discover.py` (0.0.34), `fastapi/cli.py`.

use crate::model::{Server, Start, StartPhase};

use crate::python::interp::{HandlerScope, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Value};

/// The class whose instances `fastapi run` looks for.
const APPLICATION: &str = "fastapi.applications.FastAPI";

impl<'a> Interp<'a> {
    pub(super) fn import_application(&mut self, start: &'a Start) -> R<Value> {
        let default = if start.server == Server::Gunicorn {
            "application"
        } else {
            "app"
        };
        if start.server == Server::Fastapi
            && let Some(found) = self.discovered_application(start)?
        {
            return Ok(found);
        }
        if matches!(start.server, Server::Uvicorn | Server::PythonMUvicorn) && start.attr.is_none()
        {
            return Err(self.entry_format_error(&start.module));
        }
        let attr = start.attr.clone().unwrap_or_else(|| default.to_owned());
        // gunicorn: `module:create_app()`
        let call = attr
            .split_once('(')
            .filter(|_| start.server == Server::Gunicorn);
        let path = call.map_or(attr.as_str(), |(path, _)| path);
        let value = self.import_from_entry(start.server, &start.module, path)?;
        match call {
            Some((_, ")")) => self.call(&value, crate::python::call::Args::none()),
            Some(_) => Ok(self.unknown()),
            None => Ok(value),
        }
    }

    /// `uvicorn.importer.import_from_string`
    ///
    /// # Errors
    /// What importing raises; `ImportFromStringError`.
    pub(in crate::python) fn import_entry(&mut self, module: &str, attr: &str) -> R<Value> {
        self.import_from_entry(Server::Uvicorn, module, attr)
    }

    fn import_from_entry(&mut self, server: Server, module: &str, path: &str) -> R<Value> {
        let mut value = match self.import_name(module) {
            Ok(module) => module,
            Err(stop) => return Err(self.entry_module_error(server, module, path, stop)),
        };
        self.phase = StartPhase::Attr;
        let class = self.builtins.exception("AttributeError");
        for part in path.split('.') {
            let name = self.sym(part);
            let depth = self.handlers.len();
            self.handlers.push(HandlerScope {
                classes: Some(vec![class]),
            });
            let found = self.find_attribute(&value, name);
            self.handlers.truncate(depth);
            value = match found {
                Ok(Some(value)) => value,
                Ok(None) => return Err(self.entry_attribute_error(server, module, path)),
                Err(Stop::Raise(raised))
                    if self.exception_matches(&raised.exc, &Value::Obj(class)) == Some(true) =>
                {
                    return Err(self.entry_attribute_error(server, module, path));
                }
                Err(stop) => return Err(stop),
            };
        }
        Ok(value)
    }

    /// A missing module that is the entry itself (or a package on the way to it).
    fn entry_module_error(&mut self, server: Server, module: &str, attr: &str, stop: Stop) -> Stop {
        let Stop::Raise(raised) = &stop else {
            return stop;
        };
        let missing = raised.slots.get("name").cloned().unwrap_or_default();
        let own = raised.kind == "module-not-found"
            && raised.frames.is_empty()
            && (module == missing || module.starts_with(&format!("{missing}.")));
        if !own {
            return stop;
        }
        self.phase = StartPhase::Locate;
        let slots = [("module", module)];
        let (place, class, message) = match server {
            Server::Uvicorn | Server::PythonMUvicorn if missing == module => (
                "uvicorn.importer",
                "ImportFromStringError",
                format!("Could not import module \"{module}\"."),
            ),
            Server::Hypercorn if missing == module => (
                "hypercorn.utils",
                "NoAppError",
                format!("Cannot load application from '{module}:{attr}', module not found."),
            ),
            Server::Gunicorn if self.is_file_name(module) => {
                let stem = module.trim_end_matches(".py");
                let message = format!("Failed to find application, did you mean '{stem}:{attr}'?");
                return self.fault("ImportError", &message, "entry-module", &slots);
            }
            _ => return Self::rekind(stop, "entry-module", &slots),
        };
        self.library_fault(place, class, "Exception", &message, "entry-module", &slots)
    }

    /// `gunicorn main.py:app`
    fn is_file_name(&self, module: &str) -> bool {
        let path = self.cwd.join(module);
        let (Some(dir), Some(stem)) = (path.parent(), path.file_stem().and_then(|s| s.to_str()))
        else {
            return false;
        };
        path.extension().is_some_and(|e| e == "py")
            && self.finder.find_in(&[dir.to_path_buf()], stem).is_some()
    }

    /// `uvicorn main`
    pub(in crate::python) fn entry_format_error(&mut self, text: &str) -> Stop {
        let message =
            format!("Import string \"{text}\" must be in format \"<module>:<attribute>\".");
        self.library_fault(
            "uvicorn.importer",
            "ImportFromStringError",
            "Exception",
            &message,
            "entry-attribute",
            &[("attr", ""), ("module", text)],
        )
    }

    fn entry_attribute_error(&mut self, server: Server, module: &str, attr: &str) -> Stop {
        let file = self.entry_file(module);
        let slots = [("attr", attr), ("module", module), ("file", file.as_str())];
        let (place, class, message) = match server {
            Server::Gunicorn => (
                "gunicorn.errors",
                "AppImportError",
                format!("Failed to find attribute '{attr}' in '{module}'."),
            ),
            Server::Hypercorn => (
                "hypercorn.utils",
                "NoAppError",
                format!("Cannot load application from '{module}:{attr}', application not found."),
            ),
            Server::Granian => {
                let message = format!("module '{module}' has no attribute '{attr}'");
                return self.fault("AttributeError", &message, "entry-attribute", &slots);
            }
            _ => (
                "uvicorn.importer",
                "ImportFromStringError",
                format!("Attribute \"{attr}\" not found in module \"{module}\"."),
            ),
        };
        self.library_fault(
            place,
            class,
            "Exception",
            &message,
            "entry-attribute",
            &slots,
        )
    }

    /// The file of the entry module, as places name it.
    pub(super) fn entry_file(&self, module: &str) -> String {
        let info = self
            .loaded(module)
            .and_then(|m| m.as_obj())
            .map(|m| self.heap.get(m).kind.clone());
        match info {
            Some(crate::python::value::Kind::Module { info, .. }) => {
                info.file.map(|file| self.shown(file)).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// `fastapi run|dev [path]`: the application as the CLI finds it. `None` for an import string,
    /// which uvicorn resolves.
    fn discovered_application(&mut self, start: &'a Start) -> R<Option<Value>> {
        self.need_fastapi_cli()?;
        if start.module.is_empty() {
            self.phase = StartPhase::Locate;
            let message = "Could not find a default file to run, please provide an explicit path";
            return Err(self.cli_error(message, "entry-module", &[("module", "main")]));
        }
        if start.app_dir.is_none() {
            return Ok(None);
        }
        let name = start.module.as_str();
        let module = match self.import_name(name) {
            Ok(module) => module,
            Err(stop) => {
                let attr = start.attr.clone().unwrap_or_default();
                return Err(self.entry_module_error(start.server, name, &attr, stop));
            }
        };
        self.phase = StartPhase::Attr;
        if let Some(attr) = &start.attr {
            return self.named_application(&module, name, attr).map(Some);
        }
        let Some(obj) = module.as_obj().filter(|o| !self.heap.get(*o).open) else {
            return Ok(None);
        };
        let mut names: Vec<(String, Value)> = self
            .heap
            .get(obj)
            .attrs
            .iter()
            .map(|(sym, slot)| {
                let known = if slot.sure {
                    slot.value.clone()
                } else {
                    Value::Unknown
                };
                (self.interner.name(*sym).to_string(), known)
            })
            .collect();
        names.sort_by(|a, b| a.0.cmp(&b.0));
        let preferred = ["app", "api"].iter().filter_map(|wanted| {
            names
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        });
        let candidates: Vec<Value> = preferred
            .chain(names.iter().map(|(_, value)| value))
            .cloned()
            .collect();
        for value in candidates {
            if value.is_unknown()
                || self
                    .class_of_instance(&value)
                    .is_some_and(|c| self.is_blurred_class(c))
            {
                return Ok(Some(self.unknown()));
            }
            if self.is_a(&value, APPLICATION) {
                return Ok(Some(value));
            }
        }
        let message = "Could not find FastAPI app in module, try using --app";
        let slots = [("attr", "app"), ("module", name)];
        Err(self.cli_error(message, "entry-attribute", &slots))
    }

    /// `fastapi run --app name`
    fn named_application(&mut self, module: &Value, name: &str, attr: &str) -> R<Value> {
        let slots = [("attr", attr), ("module", name)];
        let sym = self.sym(attr);
        let Some(app) = self.find_attribute(module, sym)? else {
            let message = format!("Could not find app name {attr} in {name}");
            return Err(self.cli_error(&message, "entry-attribute", &slots));
        };
        let known = match &app {
            Value::Unknown => false,
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => !self.is_blurred_class(*class),
                _ => true,
            },
            _ => true,
        };
        if known && !self.is_a(&app, APPLICATION) {
            let message = format!("The app name {attr} in {name} doesn't seem to be a FastAPI app");
            return Err(self.cli_error(&message, "entry-attribute", &slots));
        }
        Ok(app)
    }

    fn cli_error(&mut self, message: &str, kind: &'static str, slots: &[(&str, &str)]) -> Stop {
        let (module, class) = ("fastapi_cli.exceptions", "FastAPICLIException");
        self.library_fault(module, class, "Exception", message, kind, slots)
    }

    /// The command of FastAPI itself stands in for a CLI that is not installed.
    fn need_fastapi_cli(&mut self) -> R<()> {
        let installed = self.project.distributions.contains_key("fastapi-cli");
        if installed || !self.project.distributions.contains_key("fastapi") {
            return Ok(());
        }
        self.tolerate("fastapi.cli")?;
        match self.loaded_attribute("fastapi.cli", "main") {
            Some(main) => {
                self.phase = StartPhase::Locate;
                self.call(&main, crate::python::call::Args::none())
                    .map(|_| ())
            }
            None => Ok(()),
        }
    }
}
