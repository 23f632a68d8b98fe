//! `os`: the environment of the process and questions to the system.

use std::rc::Rc;

use crate::model::{EnvRead, Span, ValueOrigin};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::sys::{none, unknown_number};
use crate::python::models::std::{Over, Overlay};
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Obj, Payload, Table, TextOrigin, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("os", "_createenviron", create_environ),
    ("os", "getenv", getenv),
    ("os", "_exists", exists_in_os),
    ("posix", "getcwd", getcwd),
    ("posix", "fspath", fspath),
    ("posix", "getpid", unknown_number),
    ("posix", "getppid", unknown_number),
    ("posix", "urandom", unknown_number),
    ("posix", "cpu_count", unknown_number),
    ("posix", "getuid", unknown_number),
    ("posix", "getgid", unknown_number),
    ("posix", "umask", unknown_number),
    ("posix", "putenv", none),
    ("posix", "unsetenv", none),
    ("posix", "register_at_fork", none),
    ("_signal", "signal", unknown_number),
    ("_signal", "getsignal", unknown_number),
];

/// What `os.environ` does.
pub const OVERLAYS: &[Overlay] = &[
    (
        "os",
        "_Environ.__getitem__",
        Over::Function(environ_getitem),
    ),
    (
        "os",
        "_Environ.__setitem__",
        Over::Function(environ_setitem),
    ),
    (
        "os",
        "_Environ.__delitem__",
        Over::Function(environ_delitem),
    ),
    (
        "os",
        "_Environ.__contains__",
        Over::Function(environ_contains),
    ),
    ("os", "_Environ.get", Over::Function(environ_get)),
    (
        "os",
        "_Environ.setdefault",
        Over::Function(environ_setdefault),
    ),
    ("os", "_Environ.pop", Over::Function(environ_pop)),
    ("os", "_Environ.copy", Over::Function(environ_copy)),
    ("os", "_Environ.update", Over::Function(environ_update)),
    ("os", "_Environ.keys", Over::Function(environ_keys)),
    ("os", "_Environ.values", Over::Function(environ_values)),
    ("os", "_Environ.items", Over::Function(environ_items)),
];

/// The mapping behind `os.environ`, made from the environment of the backend's process.
fn create_environ(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    let mut table = Table::default();
    for (name, variable) in &interp.project.env {
        let value = if variable.assumed {
            Value::Unknown
        } else {
            let origin = ValueOrigin {
                path: variable.origin.source.clone(),
                span: Span { start: 0, end: 0 },
                line: variable.origin.line.unwrap_or(0),
                variable: Some(name.clone()),
            };
            Value::str_from(
                variable.value.expose().as_str(),
                Some(TextOrigin::Variable(Rc::new(origin))),
            )
        };
        table.insert(
            Key::Str(name.as_str().into()),
            (Value::str(name.as_str()), value),
        );
    }
    let dict = interp.heap.alloc(Kind::Dict(table));
    // A process always has a PATH: without one, only what the backend is given is known, and
    // what the machine gives to every process is not.
    if !interp.project.env.contains_key("PATH") {
        interp
            .memo
            .insert(WITHOUT_MACHINE.to_owned(), Value::Bool(true));
        for name in ["HOME", "PATH"] {
            interp.set_unknown_variable(dict, name);
        }
    }
    let class = interp.loaded_or_current("os", "_Environ");
    let class = class.unwrap_or(interp.builtins.object_class);
    let object = interp.heap.alloc(Kind::Instance {
        class,
        payload: Payload::Base(dict),
    });
    interp.put(object, "_data", Value::Unknown);
    interp
        .memo
        .insert("os.environ".to_owned(), Value::Obj(object));
    Ok(Value::Obj(object))
}

/// Marks an environment that lacks what the machine sets.
const WITHOUT_MACHINE: &str = "os.environ without the machine";

/// Variables that a login, a shell, a container, an init system or a build server sets, rather
/// than the configuration of the backend.
fn is_of_machine(name: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "LC_",
        "XDG_",
        "PYTHON",
        "SSH_",
        "DBUS_",
        "CI_",
        "GITHUB_",
        "KUBERNETES_",
        "CONDA_",
        "SYSTEMD_",
        "JOURNAL_",
        "GPG_",
    ];
    const NAMES: [&str; 40] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "USERNAME",
        "SHELL",
        "TERM",
        "COLORTERM",
        "LANG",
        "LANGUAGE",
        "PWD",
        "OLDPWD",
        "HOSTNAME",
        "HOST",
        "TZ",
        "TMPDIR",
        "TMP",
        "TEMP",
        "EDITOR",
        "VISUAL",
        "PAGER",
        "DISPLAY",
        "MAIL",
        "SHLVL",
        "_",
        "COLUMNS",
        "LINES",
        "CI",
        "VIRTUAL_ENV",
        "NO_COLOR",
        "FORCE_COLOR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "INVOCATION_ID",
        "NOTIFY_SOCKET",
        "LD_LIBRARY_PATH",
        "CONTAINER",
        "SUDO_USER",
    ];
    let name = name.to_ascii_uppercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|p| name.starts_with(p))
}

impl<'a> Interp<'a> {
    fn set_unknown_variable(&mut self, dict: Obj, name: &str) {
        if let Kind::Dict(table) = &mut self.heap.get_mut(dict).kind {
            let key = Value::str(name);
            table
                .entry(Key::Str(name.into()))
                .or_insert((key, Value::Unknown));
        }
    }

    /// A class of a module that may still be running.
    pub(in crate::python) fn loaded_or_current(&mut self, module: &str, name: &str) -> Option<Obj> {
        let class = self.loaded_attribute(module, name)?.as_obj()?;
        self.is_class(class).then_some(class)
    }

    /// The dict behind `os.environ`: variables by name, as models may read and change it.
    pub(in crate::python) fn environment(&mut self) -> Option<Obj> {
        let Some(Value::Obj(environ)) = self.memo.get("os.environ").cloned() else {
            return None;
        };
        match self.payload(environ) {
            Payload::Base(dict) => Some(dict),
            _ => None,
        }
    }

    /// Looks a variable up and records that it was read: `None` when it is certainly not set.
    pub(in crate::python) fn read_variable(&mut self, name: &str, required: bool) -> Option<Value> {
        self.find_variable(name, Some(required))
    }

    /// A variable that the interpreter itself looks at: no reading of the project's.
    pub(in crate::python) fn peek_variable(&mut self, name: &str) -> Option<Value> {
        self.find_variable(name, None)
    }

    fn find_variable(&mut self, name: &str, recorded: Option<bool>) -> Option<Value> {
        let dict = self.environment();
        let (found, open) = match dict {
            Some(dict) => {
                let cell = self.heap.get(dict);
                match &cell.kind {
                    Kind::Dict(table) => (
                        table.get(&Key::Str(name.into())).map(|(_, v)| v.clone()),
                        cell.open,
                    ),
                    _ => (None, true),
                }
            }
            None => (None, true),
        };
        if let Some(required) = recorded {
            self.record_read(name, required, found.as_ref());
        }
        let of_machine = || self.memo.contains_key(WITHOUT_MACHINE) && is_of_machine(name);
        match found {
            None if open || of_machine() => Some(self.unknown()),
            found => found,
        }
    }

    fn record_read(&mut self, name: &str, required: bool, found: Option<&Value>) {
        let frame = self
            .frames
            .iter()
            .rev()
            .find(|f| f.owner == crate::python::value::Owner::Project);
        let Some((file, offset)) = frame.map(|f| (f.file, f.offset)) else {
            return;
        };
        if file == crate::python::value::FileId(u32::MAX) {
            return;
        }
        let place = self.place_of(file, offset, offset);
        let known = self
            .seen
            .env_reads
            .iter()
            .any(|r| r.name == name && r.place == place);
        if known {
            return;
        }
        let origin = found.and_then(|v| self.origin_of(v));
        self.seen.env_reads.push(EnvRead {
            name: name.to_owned(),
            place,
            required,
            found: origin,
        });
    }
}

/// The dict behind the receiver.
fn inner(interp: &Interp<'_>, args: &Args) -> Option<Obj> {
    match interp.payload(args.pos.first()?.as_obj()?) {
        Payload::Base(dict) => Some(dict),
        _ => None,
    }
}

fn name_of(args: &Args, at: usize) -> Option<String> {
    args.pos
        .get(at)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
}

fn environ_getitem(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) = name_of(&args, 1) else {
        return interp.not_text_variable(args.pos.get(1));
    };
    match interp.read_variable(&name, true) {
        Some(value) => Ok(value),
        None => {
            let stop = interp.fault("KeyError", "", "environ-missing", &[("variable", &name)]);
            Err(interp.with_argument(stop, Value::str(name)))
        }
    }
}

impl<'a> Interp<'a> {
    /// `os.environ` takes text only.
    fn not_text_variable(&mut self, given: Option<&Value>) -> R<Value> {
        match given {
            Some(value @ (Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_))) => {
                let kind = self.type_name(value);
                Err(self.error("TypeError", &format!("str expected, not {kind}")))
            }
            _ => Ok(self.unknown()),
        }
    }
}

fn environ_get(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let default_name = interp.sym("default");
    let default = args.get(2, default_name).cloned().unwrap_or(Value::None);
    let Some(name) = name_of(&args, 1) else {
        return interp.not_text_variable(args.pos.get(1));
    };
    Ok(interp.read_variable(&name, false).unwrap_or(default))
}

fn getenv(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (key, default_name) = (interp.sym("key"), interp.sym("default"));
    let default = args.get(1, default_name).cloned().unwrap_or(Value::None);
    let Some(name) = args.get(0, key).cloned() else {
        let message = "getenv() missing 1 required positional argument: 'key'";
        return Err(interp.fault(
            "TypeError",
            message,
            "call-signature",
            &[("callee", "getenv"), ("parameter", "key")],
        ));
    };
    match name.as_str() {
        Some(text) => Ok(interp.read_variable(text, false).unwrap_or(default)),
        None => interp.not_text_variable(Some(&name)),
    }
}

fn environ_setitem(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    for at in [1, 2] {
        if args
            .pos
            .get(at)
            .is_some_and(|v| v.as_str().is_none() && !v.is_unknown())
        {
            interp.not_text_variable(args.pos.get(at))?;
        }
    }
    let (Some(dict), Some(index), Some(value)) =
        (inner(interp, &args), args.pos.get(1), args.pos.get(2))
    else {
        return Ok(interp.unknown());
    };
    interp.set_item(&Value::Obj(dict), index, value.clone())?;
    Ok(Value::None)
}

fn environ_delitem(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(dict) = inner(interp, &args) else {
        return Ok(interp.unknown());
    };
    let Some(name) = name_of(&args, 1) else {
        return Ok(interp.unknown());
    };
    if let Kind::Dict(table) = &mut interp.heap.get_mut(dict).kind {
        table.shift_remove(&Key::Str(name.into()));
    }
    Ok(Value::None)
}

fn environ_contains(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) = name_of(&args, 1) else {
        return Ok(interp.unknown());
    };
    Ok(match interp.read_variable(&name, false) {
        None => Value::Bool(false),
        Some(_) => match inner(interp, &args).map(|d| &interp.heap.get(d).kind) {
            Some(Kind::Dict(table)) if table.contains_key(&Key::Str(name.into())) => {
                Value::Bool(true)
            }
            _ => Value::Unknown,
        },
    })
}

fn environ_setdefault(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(dict), Some(name)) = (inner(interp, &args), name_of(&args, 1)) else {
        return Ok(interp.unknown());
    };
    match interp.read_variable(&name, false) {
        Some(value) => Ok(value),
        None => {
            let value = args.pos.get(2).cloned().unwrap_or(Value::Unknown);
            interp.set_item(&Value::Obj(dict), &Value::str(name), value.clone())?;
            Ok(value)
        }
    }
}

fn environ_pop(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(dict), Some(name)) = (inner(interp, &args), name_of(&args, 1)) else {
        return Ok(interp.unknown());
    };
    let found = interp.read_variable(&name, args.pos.len() < 3);
    if let Kind::Dict(table) = &mut interp.heap.get_mut(dict).kind {
        table.shift_remove(&Key::Str(name.as_str().into()));
    }
    match (found, args.pos.get(2)) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => {
            let stop = interp.fault("KeyError", "", "environ-missing", &[("variable", &name)]);
            Err(interp.with_argument(stop, Value::str(name)))
        }
    }
}

fn delegate(interp: &mut Interp<'_>, args: &Args, method: &str) -> R<Value> {
    let Some(dict) = inner(interp, args) else {
        return Ok(interp.unknown());
    };
    let name = interp.sym(method);
    let bound = interp.attribute(&Value::Obj(dict), name)?;
    let rest = Args {
        pos: args.pos[1..].to_vec(),
        kw: args.kw.clone(),
        ..Args::default()
    };
    interp.call(&bound, rest)
}

fn environ_copy(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    delegate(interp, &args, "copy")
}

fn environ_update(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    delegate(interp, &args, "update")
}

fn environ_keys(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    delegate(interp, &args, "keys")
}

fn environ_values(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    delegate(interp, &args, "values")
}

fn environ_items(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    delegate(interp, &args, "items")
}

/// `_exists(name)`: is a name bound in the module that runs?
fn exists_in_os(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let module = interp.frame().module;
    let Some(name) = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    else {
        return Ok(interp.unknown());
    };
    let name = interp.sym(&name);
    let cell = interp.heap.get(module);
    Ok(match cell.attrs.get(&name) {
        Some(slot) if slot.sure => Value::Bool(true),
        None if !cell.open => Value::Bool(false),
        _ => Value::Unknown,
    })
}

fn getcwd(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::str(interp.cwd.to_string_lossy().into_owned()))
}

fn fspath(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    match &value {
        Value::Str(_) | Value::Bytes(_) => Ok(value),
        _ => match interp.path_text(&value) {
            Some(text) => Ok(Value::str(text)),
            None => interp.no_path(&value),
        },
    }
}
