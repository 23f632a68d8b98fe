//! Environment variables and dotenv files as libraries see them: python-dotenv, environs,
//! python-decouple, `starlette.config`.
//!
//! The process environment itself belongs to the model of `os.environ`; this file reads and
//! writes that mapping through the interpreter, so that everybody sees the same variables.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::knowledge::dotenv;
use crate::model::{EnvRead, Span, ValueOrigin};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{FileId, Key, Kind, Obj, Owner, Payload, TextOrigin, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("dotenv.main", "load_dotenv", load_dotenv),
    ("dotenv.main", "dotenv_values", dotenv_values),
    ("dotenv.main", "find_dotenv", find_dotenv),
];

/// What is known of one variable.
#[derive(Debug, Clone)]
pub enum Variable {
    /// It has this value.
    Set(Value),
    /// It is certainly not set.
    Unset,
    /// Nothing is known; or it is set to an unknown value.
    Unknown,
}

/// A dotenv file, read: names and values in order, the last of a name counts.
pub type DotenvValues = Vec<(String, Option<Value>)>;

impl<'a> Interp<'a> {
    /// The dict behind `os.environ`, which its model leaves under this name.
    fn environment_dict(&self) -> Option<Obj> {
        match self.payload(self.memo.get("os.environ")?.as_obj()?) {
            Payload::Base(dict) => Some(dict),
            _ => None,
        }
    }

    /// A variable of the simulated process.
    ///
    /// # Errors
    /// A spent budget.
    pub fn variable(&mut self, name: &str) -> R<Variable> {
        self.import_name("os")?;
        let Some(dict) = self.environment_dict() else {
            return Ok(self.variable_of_project(name));
        };
        let cell = self.heap.get(dict);
        let Kind::Dict(table) = &cell.kind else {
            return Ok(Variable::Unknown);
        };
        Ok(match table.get(&Key::Str(name.into())) {
            Some((_, Value::Unknown)) => Variable::Unknown,
            Some((_, value)) => Variable::Set(value.clone()),
            None => Variable::Unset,
        })
    }

    /// From what was read about the project, where there is no `os` to ask.
    fn variable_of_project(&mut self, name: &str) -> Variable {
        match self.project.env.get(name) {
            Some(variable) if variable.assumed => Variable::Unknown,
            Some(variable) => Variable::Set(Value::str(variable.value.expose().as_str())),
            None => Variable::Unset,
        }
    }

    /// Names of all variables.
    ///
    /// # Errors
    /// A spent budget.
    pub fn variable_names(&mut self) -> R<Option<Vec<String>>> {
        self.import_name("os")?;
        let Some(dict) = self.environment_dict() else {
            return Ok(Some(self.project.env.keys().cloned().collect()));
        };
        Ok(match &self.heap.get(dict).kind {
            Kind::Dict(table) => Some(
                table
                    .values()
                    .filter_map(|(k, _)| k.as_str().map(ToOwned::to_owned))
                    .collect(),
            ),
            _ => None,
        })
    }

    /// Sets a variable of the simulated process.
    ///
    /// # Errors
    /// A spent budget.
    pub fn set_variable(&mut self, name: &str, value: Value) -> R<()> {
        self.import_name("os")?;
        if let Some(dict) = self.environment_dict()
            && let Kind::Dict(table) = &mut self.heap.get_mut(dict).kind
        {
            table.insert(Key::Str(name.into()), (Value::str(name), value));
        }
        Ok(())
    }

    /// Reads a dotenv file; `None` when there is no such file.
    pub fn read_env_file(&mut self, path: &Path) -> Option<DotenvValues> {
        let host = self.store.host();
        if !host.is_file(path) {
            return None;
        }
        let text = host.read_text(path).ok()?;
        let parsed = dotenv::parse(&text);
        let names: Vec<String> = parsed.bindings.iter().map(|b| b.name.clone()).collect();
        let mut known = std::collections::BTreeMap::new();
        if parsed
            .bindings
            .iter()
            .any(|b| b.value.as_ref().is_some_and(|v| v.contains("${")))
        {
            for name in self.variable_names().ok().flatten().unwrap_or_default() {
                if let Ok(Variable::Set(value)) = self.variable(&name)
                    && let Some(text) = self.plain_text(&value)
                {
                    known.insert(name, text);
                }
            }
        }
        let values = dotenv::interpolate(&parsed.bindings, |name| known.get(name).cloned());
        let shown = path
            .strip_prefix(&self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/");
        Some(
            parsed
                .bindings
                .iter()
                .zip(values)
                .zip(names)
                .map(|((binding, value), name)| {
                    let origin = ValueOrigin {
                        path: shown.clone(),
                        span: binding.value_span,
                        line: binding.line,
                        variable: Some(name.clone()),
                    };
                    let origin = Some(TextOrigin::Variable(Rc::new(origin)));
                    (name, value.map(|text| Value::str_from(text, origin)))
                })
                .collect(),
        )
    }

    /// Puts the variables of a dotenv file into the environment. Answers whether there were any.
    ///
    /// # Errors
    /// A spent budget.
    pub fn load_env_file(&mut self, path: &Path, overwrite: bool) -> R<bool> {
        let Some(values) = self.read_env_file(path) else {
            return Ok(false);
        };
        let mut last: indexmap::IndexMap<String, Value> = indexmap::IndexMap::new();
        for (name, value) in values {
            if let Some(value) = value {
                last.insert(name, value);
            }
        }
        let any = !last.is_empty();
        for (name, value) in last {
            match self.variable(&name)? {
                Variable::Unset => self.set_variable(&name, value)?,
                Variable::Set(_) if overwrite => self.set_variable(&name, value)?,
                Variable::Unknown if overwrite => self.set_variable(&name, value)?,
                _ => {}
            }
        }
        Ok(any)
    }

    /// Remembers that the start reads a variable.
    pub fn note_env_read(&mut self, name: &str, required: bool, found: Option<&Value>) {
        let Some(frame) = self
            .frames
            .iter()
            .rev()
            .find(|f| f.owner == Owner::Project && f.file != FileId(u32::MAX))
        else {
            return;
        };
        let (file, offset) = (frame.file, frame.offset);
        let place = self.place_of(file, offset, offset);
        let found = found.and_then(|v| self.origin_of(v)).or_else(|| {
            found.map(|_| ValueOrigin {
                path: "process".to_owned(),
                span: Span { start: 0, end: 0 },
                line: 0,
                variable: Some(name.to_owned()),
            })
        });
        let twin = self
            .seen
            .env_reads
            .iter()
            .any(|r| r.name == name && r.place == place);
        if !twin {
            self.seen.env_reads.push(EnvRead {
                name: name.to_owned(),
                place,
                required,
                found,
            });
        }
    }

    /// A path as a library receives it: text or `pathlib`, relative to the working directory.
    pub fn path_of(&mut self, value: &Value) -> Option<PathBuf> {
        let text = self.path_as_text(value)?;
        Some(self.cwd.join(text))
    }

    /// The text of a path: a `str`, or an object with a path inside.
    pub fn path_as_text(&self, value: &Value) -> Option<String> {
        match value {
            Value::Str(s) => Some(s.text.to_string()),
            Value::Obj(obj) => match self.payload(*obj) {
                Payload::Value(Value::Str(s)) => Some(s.text.to_string()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Directory of the innermost project file on the stack.
    fn calling_dir(&self) -> Option<PathBuf> {
        let frame = self
            .frames
            .iter()
            .rev()
            .find(|f| f.file != FileId(u32::MAX) && f.owner != Owner::Stdlib)?;
        self.source(frame.file).path.parent().map(Path::to_path_buf)
    }

    /// The first file of that name on the way from a directory to the root.
    fn upwards(&self, from: &Path, name: &str) -> Option<PathBuf> {
        from.ancestors()
            .map(|dir| dir.join(name))
            .find(|path| self.store.host().is_file(path))
    }
}

/// `find_dotenv(filename=".env", raise_error_if_not_found=False, usecwd=False)`
fn find_dotenv(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let name = interp.parameter(&bound, "filename");
    let Some(name) = interp.plain_text(&name) else {
        return Ok(interp.unknown());
    };
    let usecwd = interp.parameter(&bound, "usecwd");
    let from = match interp.truth(&usecwd)? {
        Some(true) => Some(interp.cwd.clone()),
        Some(false) => interp.calling_dir(),
        None => None,
    };
    let Some(from) = from else {
        return Ok(interp.unknown());
    };
    match interp.upwards(&from, &name) {
        Some(path) => Ok(Value::str(path.to_string_lossy().into_owned())),
        None => {
            let strict = interp.parameter(&bound, "raise_error_if_not_found");
            match interp.truth(&strict)? {
                Some(true) => Err(interp.error("OSError", "File not found")),
                _ => Ok(Value::str("")),
            }
        }
    }
}

/// The file that `load_dotenv` and `dotenv_values` read. `Ok(None)`: it is not known which.
fn chosen_file(interp: &mut Interp<'_>, bound: &super::kit::Bound) -> R<Option<PathBuf>> {
    let given = interp.parameter(bound, "dotenv_path");
    let stream = interp.parameter(bound, "stream");
    if !matches!(stream, Value::None) {
        return Ok(None);
    }
    match &given {
        Value::None => Ok(interp
            .calling_dir()
            .and_then(|dir| interp.upwards(&dir, ".env"))),
        Value::Str(s) if s.text.is_empty() => Ok(interp
            .calling_dir()
            .and_then(|dir| interp.upwards(&dir, ".env"))),
        other => Ok(interp.path_of(other)),
    }
}

/// `load_dotenv(dotenv_path=None, stream=None, verbose=False, override=False, ...)`
fn load_dotenv(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let given = interp.parameter(&bound, "dotenv_path");
    let overwrite = interp.parameter(&bound, "override");
    let overwrite = interp.truth(&overwrite)?.unwrap_or(false);
    let path = chosen_file(interp, &bound)?;
    match path {
        Some(path) => interp.load_env_file(&path, overwrite).map(Value::Bool),
        None if matches!(given, Value::None) => Ok(Value::Bool(false)),
        None => Ok(interp.unknown()),
    }
}

/// `dotenv_values(dotenv_path=None, ...)`
fn dotenv_values(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let given = interp.parameter(&bound, "dotenv_path");
    let path = chosen_file(interp, &bound)?;
    let values = match path {
        Some(path) => interp.read_env_file(&path).unwrap_or_default(),
        None if matches!(given, Value::None) => Vec::new(),
        None => return Ok(interp.unknown()),
    };
    let items = values
        .into_iter()
        .map(|(name, value)| (name, value.unwrap_or(Value::None)))
        .collect();
    Ok(interp.dict_of(items))
}
