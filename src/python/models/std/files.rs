//! Files and directories: what the start finds, and what it creates itself before.
//!
//! Nothing is ever written. A file that exists is read as it is; one that does not is certainly
//! missing, unless code that is not followed may have created it.

use std::path::Path;

use crate::host::EntryKind;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::sys::none;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Payload, Slot, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("os", "makedirs", makedirs),
    ("posix", "mkdir", mkdir),
    ("posix", "listdir", listdir),
    ("posix", "chdir", chdir),
    ("posix", "remove", forget),
    ("posix", "unlink", forget),
    ("posix", "rename", forget),
    ("posix", "replace", forget),
    ("posix", "rmdir", forget),
    ("posix", "symlink", forget),
    ("posix", "system", forget),
    ("shutil", "rmtree", forget),
    ("shutil", "copy", forget),
    ("shutil", "copyfile", forget),
    ("shutil", "copytree", forget),
    ("shutil", "move", forget),
    ("_io", "open", open),
    ("_io", "_IOBase.__enter__", enter),
    ("_io", "_IOBase.__exit__", none),
    ("_io", "TextIOWrapper.read", read),
    ("_io", "TextIOWrapper.close", none),
    ("_io", "_IOBase.close", none),
    ("_io", "_IOBase.readlines", readlines),
    ("_io", "TextIOWrapper.__next__", super::sys::unknown_number),
    ("_io", "_IOBase.__iter__", iterate),
    ("_io", "BufferedReader.read", read),
    ("_io", "StringIO.__init__", text_init),
    ("_io", "StringIO.read", read),
    ("_io", "StringIO.getvalue", whole_text),
    ("_io", "StringIO.write", text_write),
    ("_io", "StringIO.seek", text_write),
    ("_io", "StringIO.truncate", text_write),
    ("_io", "StringIO.readline", text_write),
    ("_io", "StringIO.__next__", text_write),
    ("tomllib._parser", "load", toml_load),
    ("tomllib._parser", "loads", toml_loads),
];

/// Paths that the start itself has created, as keys of the memo.
fn created_key(path: &str) -> String {
    format!("created {path}")
}

/// Set once code of unknown effect may have changed files.
const CHANGED: &str = "files changed";

impl<'a> Interp<'a> {
    /// What a path is: `Some(None)` when there is certainly nothing, `None` when it is not known.
    fn path_kind(&mut self, path: &str) -> Option<Option<EntryKind>> {
        let absolute = self.absolute(path);
        if let Some(kind) = self.memo.get(&created_key(&absolute)) {
            return match kind {
                Value::Bool(true) => Some(Some(EntryKind::Dir)),
                Value::Bool(false) => Some(Some(EntryKind::File)),
                _ => None,
            };
        }
        if self.memo.contains_key(CHANGED) {
            return None;
        }
        Some(self.store.host().kind(Path::new(&absolute)))
    }

    /// `os.path.exists`
    pub(in crate::python) fn path_exists(&mut self, path: &str) -> Option<bool> {
        self.path_kind(path).map(|k| k.is_some())
    }

    /// `os.path.isfile`
    pub(in crate::python) fn path_is_file(&mut self, path: &str) -> Option<bool> {
        self.path_kind(path).map(|k| k == Some(EntryKind::File))
    }

    /// `os.path.isdir`
    pub(in crate::python) fn path_is_dir(&mut self, path: &str) -> Option<bool> {
        self.path_kind(path).map(|k| k == Some(EntryKind::Dir))
    }

    /// Remembers that the start has created a path (or may have, inside a branch).
    pub(in crate::python) fn create_path(&mut self, path: &str, directory: bool) {
        let absolute = self.absolute(path);
        let known = if self.doubt > 0 {
            Value::Unknown
        } else {
            Value::Bool(directory)
        };
        self.memo.insert(created_key(&absolute), known);
    }

    /// Files may have changed in unknown ways.
    pub(in crate::python) fn files_changed(&mut self) {
        // Modules of the standard library change no files when they are imported.
        if self.frame().owner == crate::python::value::Owner::Stdlib {
            return;
        }
        self.memo.insert(CHANGED.to_owned(), Value::None);
    }

    /// An `OSError` with number, text and path.
    pub(in crate::python) fn os_error(
        &mut self,
        class: &str,
        number: i64,
        text: &str,
        path: &str,
    ) -> Stop {
        let shown = crate::python::text::str_repr(path);
        let message = format!("[Errno {number}] {text}: {shown}");
        let stop = self.fault(class, &message, "raised", &[("path", path)]);
        if let Stop::Raise(raised) = &stop
            && let Some(exception) = raised.exc.as_obj()
        {
            let fields = [
                (
                    "args",
                    Value::tuple(vec![Value::Int(number), Value::str(text)]),
                ),
                ("errno", Value::Int(number)),
                ("strerror", Value::str(text)),
                ("filename", Value::str(path)),
            ];
            for (name, value) in fields {
                let name = self.sym(name);
                self.heap
                    .get_mut(exception)
                    .attrs
                    .insert(name, Slot::sure(value));
            }
        }
        stop
    }

    /// The error of using a path that does not exist.
    pub(in crate::python) fn missing_file(&mut self, path: &str) -> Stop {
        self.os_error("FileNotFoundError", 2, "No such file or directory", path)
    }

    /// Opens a file: a file object with the content that is known.
    ///
    /// # Errors
    /// The `OSError` of a path that certainly cannot be opened.
    pub(in crate::python) fn open_file(&mut self, path: &str, mode: &str) -> R<Value> {
        let kind = self.path_kind(path);
        let writes = mode.contains(['w', 'a', 'x']);
        match kind {
            Some(Some(EntryKind::Dir)) => {
                return Err(self.os_error("IsADirectoryError", 21, "Is a directory", path));
            }
            Some(None) if !writes => return Err(self.missing_file(path)),
            Some(Some(EntryKind::File)) if mode.contains('x') => {
                return Err(self.os_error("FileExistsError", 17, "File exists", path));
            }
            _ => {}
        }
        if writes {
            let parent = super::paths::split_path(path).0.to_owned();
            if !parent.is_empty() && self.path_exists(&parent) == Some(false) {
                return Err(self.missing_file(path));
            }
            self.create_path(path, false);
        }
        let class = if mode.contains('b') {
            if writes {
                "BufferedWriter"
            } else {
                "BufferedReader"
            }
        } else {
            "TextIOWrapper"
        };
        let absolute = self.absolute(path);
        let written = self.memo.contains_key(&created_key(&absolute));
        let content = if writes || written || kind.is_none() {
            None
        } else {
            self.store.host().read(Path::new(&absolute)).ok()
        };
        Ok(self.file_object(class, content))
    }

    fn file_object(&mut self, class: &str, content: Option<Vec<u8>>) -> Value {
        let module = self.loaded("_io").and_then(|m| m.as_obj());
        let name = self.sym(class);
        let found = module
            .and_then(|m| self.heap.get(m).attrs.get(&name))
            .and_then(|s| s.value.as_obj());
        let Some(class) = found else {
            return Value::Unknown;
        };
        let payload = match content {
            Some(bytes) if class_is_binary(self, class) => {
                Payload::Value(Value::Bytes(bytes.into()))
            }
            Some(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Payload::Value(Value::str(text)),
                Err(_) => Payload::None,
            },
            None => Payload::None,
        };
        let known = !matches!(payload, Payload::None);
        let object = self.heap.alloc(Kind::Instance { class, payload });
        self.heap.get_mut(object).open = !known;
        Value::Obj(object)
    }
}

fn class_is_binary(interp: &Interp<'_>, class: crate::python::value::Obj) -> bool {
    interp.class_short_name(class).contains("Buffered")
}

/// `open(file, mode='r', ...)`
pub fn open(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (file, mode) = (interp.sym("file"), interp.sym("mode"));
    let path = args.get(0, file).cloned().unwrap_or(Value::Unknown);
    let mode = match args.get(1, mode) {
        None => Some("r".to_owned()),
        Some(mode) => mode.as_str().map(ToOwned::to_owned),
    };
    let (Some(path), Some(mode)) = (interp.path_text(&path), mode) else {
        interp.files_changed();
        return Ok(interp.unknown());
    };
    if let Some(message) = mode_refusal(&mode) {
        return Err(interp.error("ValueError", &message));
    }
    interp.open_file(&path, &mode)
}

/// Why `open()` does not take a mode.
fn mode_refusal(mode: &str) -> Option<String> {
    let known = mode.chars().all(|c| "rwaxbt+U".contains(c));
    let twice = mode.chars().any(|c| mode.matches(c).count() > 1);
    if !known || twice {
        return Some(format!(
            "invalid mode: {}",
            crate::python::text::str_repr(mode)
        ));
    }
    if mode.contains('t') && mode.contains('b') {
        return Some("can't have text and binary mode at once".to_owned());
    }
    let ways = mode.chars().filter(|c| "rwax".contains(*c)).count();
    (ways != 1 && !mode.contains('U'))
        .then(|| "must have exactly one of create/read/write/append mode".to_owned())
}

fn content(interp: &Interp<'_>, args: &Args) -> Option<Value> {
    match interp.payload(args.pos.first()?.as_obj()?) {
        Payload::Value(value) => Some(value),
        _ => None,
    }
}

/// The whole content, the first time; afterwards there is nothing more to read.
fn read(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if args.pos.len() > 1 {
        return Ok(interp.unknown());
    }
    let whole = content(interp, &args);
    if args.pos.first().and_then(Value::as_obj).is_some() {
        drain(interp, &args, whole.as_ref());
    }
    Ok(match whole {
        Some(value) => value,
        None => interp.unknown(),
    })
}

/// Nothing more is left to read.
fn drain(interp: &mut Interp<'_>, args: &Args, whole: Option<&Value>) {
    let empty = match whole {
        Some(Value::Bytes(_)) => Value::Bytes(std::rc::Rc::from([])),
        Some(_) => Value::str(""),
        None => return,
    };
    if let Some(Value::Obj(this)) = args.pos.first()
        && let Kind::Instance { payload, .. } = &mut interp.heap.get_mut(*this).kind
    {
        *payload = Payload::Value(empty);
    }
}

/// `StringIO.getvalue()`
fn whole_text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match content(interp, &args) {
        Some(value) => value,
        None => interp.unknown(),
    })
}

fn readlines(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let whole = content(interp, &args);
    drain(interp, &args, whole.as_ref());
    Ok(match whole {
        Some(Value::Str(text)) => {
            let lines = text.text.split_inclusive('\n').map(Value::str).collect();
            interp.list(lines)
        }
        _ => interp.unknown(),
    })
}

fn iterate(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let lines = readlines(interp, args)?;
    Ok(match interp.items_of(&lines)? {
        Some(items) => Value::Obj(interp.heap.alloc(Kind::Iter {
            items: items.into(),
            next: 0,
        })),
        None => Value::Unknown,
    })
}

/// `StringIO(initial_value='', newline='\n')`
fn text_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("initial_value");
    let content = match args.get(1, name) {
        None | Some(Value::None) => Value::str(""),
        Some(text @ Value::Str(_)) => text.clone(),
        Some(_) => return Ok(interp.unknown()),
    };
    if let Some(Value::Obj(this)) = args.pos.first()
        && let Kind::Instance { payload, .. } = &mut interp.heap.get_mut(*this).kind
    {
        *payload = Payload::Value(content);
    }
    Ok(Value::None)
}

/// The text or the place in it changed: what is read next is not known.
fn text_write(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(this)) = args.pos.first()
        && let Kind::Instance { payload, .. } = &mut interp.heap.get_mut(*this).kind
    {
        *payload = Payload::None;
    }
    Ok(interp.unknown())
}

fn enter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    super::sys::first(interp, args)
}

fn forget(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.files_changed();
    interp.escape(&args);
    Ok(interp.unknown())
}

fn makedirs(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (name, exist_ok) = (interp.sym("name"), interp.sym("exist_ok"));
    let path = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    let tolerant = match args.get(2, exist_ok).cloned() {
        None => Some(false),
        Some(value) => interp.truth(&value)?,
    };
    match interp.path_text(&path) {
        Some(path) => interp.make_directories(&path, tolerant),
        None => forget(interp, args),
    }
}

impl<'a> Interp<'a> {
    /// Creates a directory with its parents.
    ///
    /// # Errors
    /// `FileExistsError` when it certainly exists and that is not tolerated.
    pub(in crate::python) fn make_directories(
        &mut self,
        path: &str,
        tolerant: Option<bool>,
    ) -> R<Value> {
        if tolerant == Some(false) && self.path_exists(path) == Some(true) {
            return Err(self.os_error("FileExistsError", 17, "File exists", path));
        }
        let mut at = self.absolute(path);
        while self.path_exists(&at) != Some(true) && at != "/" {
            self.create_path(&at, true);
            at = super::paths::split_path(&at).0.to_owned();
        }
        Ok(Value::None)
    }
}

fn mkdir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let Some(path) = interp.path_text(&path) else {
        return forget(interp, args);
    };
    if interp.path_exists(&path) == Some(true) {
        return Err(interp.os_error("FileExistsError", 17, "File exists", &path));
    }
    let absolute = interp.absolute(&path);
    let parent = super::paths::split_path(&absolute).0.to_owned();
    if interp.path_exists(&parent) == Some(false) {
        return Err(interp.missing_file(&path));
    }
    interp.create_path(&path, true);
    Ok(Value::None)
}

fn listdir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = args.pos.first().cloned().unwrap_or_else(|| Value::str("."));
    let Some(path) = interp.path_text(&path) else {
        return Ok(interp.unknown());
    };
    match interp.path_kind(&path) {
        Some(None) => Err(interp.missing_file(&path)),
        Some(Some(EntryKind::Dir)) => {
            // The order of a directory is the file system's own: its names are not told.
            Ok(interp.open_object(Kind::List(Vec::new())))
        }
        _ => Ok(interp.unknown()),
    }
}

fn chdir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let Some(path) = interp.path_text(&path) else {
        return Ok(interp.unknown());
    };
    match interp.path_is_dir(&path) {
        Some(true) if interp.doubt == 0 => {
            interp.cwd = interp.absolute(&path).into();
            Ok(Value::None)
        }
        Some(false) if interp.path_exists(&path) == Some(false) => Err(interp.missing_file(&path)),
        _ => Ok(interp.unknown()),
    }
}

pub fn file_text(interp: &mut Interp<'_>, args: &Args) -> Option<String> {
    match content(interp, args)? {
        Value::Str(text) => Some(text.text.to_string()),
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
}

fn toml_load(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if matches!(content(interp, &args), Some(Value::Str(_))) {
        let message = "File must be opened in binary mode, e.g. use `open('foo.toml', 'rb')`";
        return Err(interp.error("TypeError", message));
    }
    let text = file_text(interp, &args);
    Ok(interp.toml_value(text.as_deref()))
}

fn toml_loads(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let text = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    Ok(interp.toml_value(text.as_deref()))
}

impl<'a> Interp<'a> {
    fn toml_value(&mut self, text: Option<&str>) -> Value {
        let parsed = text.and_then(|t| toml::from_str::<serde_json::Value>(t).ok());
        match parsed {
            // Dates would arrive as tables of the parser's own.
            Some(value) if !value.to_string().contains("$__toml") => self.python_value(&value),
            _ => self.unknown(),
        }
    }

    /// A value of JSON as Python has it.
    pub(in crate::python) fn python_value(&mut self, value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Value::Int(i),
                (None, Some(f)) if n.is_f64() => Value::Float(f),
                _ => Value::Unknown,
            },
            serde_json::Value::String(s) => Value::str(s.as_str()),
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|v| self.python_value(v)).collect();
                self.list(items)
            }
            serde_json::Value::Object(map) => {
                let table = map
                    .iter()
                    .map(|(name, value)| {
                        let (key, text) = crate::python::builtins::text_key(name);
                        (key, (text, self.python_value(value)))
                    })
                    .collect();
                Value::Obj(self.heap.alloc(Kind::Dict(table)))
            }
        }
    }
}
