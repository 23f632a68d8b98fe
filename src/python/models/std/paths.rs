//! `os.path`: paths as text. Source: `Lib/posixpath.py`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::std::{Over, Overlay};
use crate::python::raise::R;
use crate::python::value::{Payload, Value};

/// What stands for functions of `os.path`.
pub const OVERLAYS: &[Overlay] = &[
    ("posixpath", "join", Over::Function(join)),
    ("posixpath", "dirname", Over::Function(dirname)),
    ("posixpath", "basename", Over::Function(basename)),
    ("posixpath", "split", Over::Function(split)),
    ("posixpath", "splitext", Over::Function(splitext)),
    ("posixpath", "abspath", Over::Function(abspath)),
    ("posixpath", "realpath", Over::Function(realpath)),
    ("posixpath", "normpath", Over::Function(normpath)),
    ("posixpath", "expanduser", Over::Function(expanduser)),
    ("posixpath", "expandvars", Over::Function(expandvars)),
    ("posixpath", "isabs", Over::Function(isabs)),
    ("posixpath", "exists", Over::Function(exists)),
    ("posixpath", "lexists", Over::Function(exists)),
    ("posixpath", "isfile", Over::Function(isfile)),
    ("posixpath", "isdir", Over::Function(isdir)),
];

impl<'a> Interp<'a> {
    /// The text of a path: a `str`, or an object with a path inside.
    pub(in crate::python) fn path_text(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Str(s) => Some(s.text.to_string()),
            Value::Obj(obj) => match self.payload(*obj) {
                Payload::Value(Value::Str(s)) => Some(s.text.to_string()),
                _ => {
                    let name = self.names.fspath;
                    let method = self.runnable(value, name)?;
                    match self.call(&method, Args::none()) {
                        Ok(Value::Str(s)) => Some(s.text.to_string()),
                        _ => None,
                    }
                }
            },
            _ => None,
        }
    }

    /// The error for what is certainly no path; else unknown.
    pub(in crate::python) fn no_path(&mut self, value: &Value) -> R<Value> {
        match value {
            Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Tuple(_) => {
                let kind = self.type_name(value);
                Err(self.error(
                    "TypeError",
                    &format!("expected str, bytes or os.PathLike object, not {kind}"),
                ))
            }
            _ => Ok(self.unknown()),
        }
    }

    fn on_path(
        &mut self,
        args: &Args,
        name: &str,
        change: impl FnOnce(&mut Self, &str) -> Value,
    ) -> R<Value> {
        let name = self.sym(name);
        let value = args.get(0, name).cloned().unwrap_or(Value::Unknown);
        match self.path_text(&value) {
            Some(text) => Ok(change(self, &text)),
            None => self.no_path(&value),
        }
    }

    /// An absolute path without `.` and `..`.
    pub(in crate::python) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return normalised(path);
        }
        normalised(&format!("{}/{path}", self.cwd.to_string_lossy()))
    }

    /// `~` replaced by the home directory, where that is known.
    pub(in crate::python) fn with_home(&mut self, path: &str) -> Option<String> {
        let Some(rest) = path.strip_prefix('~') else {
            return Some(path.to_owned());
        };
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let home = self.read_variable("HOME", false)?;
        let home = home.as_str()?.trim_end_matches('/').to_owned();
        let whole = format!("{home}{rest}");
        Some(if whole.is_empty() {
            "/".to_owned()
        } else {
            whole
        })
    }
}

/// `os.path.join` of texts.
pub fn joined(parts: &[String]) -> String {
    let mut path = parts.first().cloned().unwrap_or_default();
    for part in &parts[1.min(parts.len())..] {
        if part.starts_with('/') {
            path.clone_from(part);
        } else if path.is_empty() || path.ends_with('/') {
            path.push_str(part);
        } else {
            path.push('/');
            path.push_str(part);
        }
    }
    path
}

/// `os.path.normpath` of a text.
pub fn normalised(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let slashes = if path.starts_with("//") && !path.starts_with("///") {
        "//"
    } else if path.starts_with('/') {
        "/"
    } else {
        ""
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if !slashes.is_empty() => {}
            part => parts.push(part),
        }
    }
    let text = format!("{slashes}{}", parts.join("/"));
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

/// `os.path.split` of a text.
pub fn split_path(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (head, tail) = path.split_at(at);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }, tail)
}

/// `os.path.splitext` of a text.
pub fn split_extension(path: &str) -> (&str, &str) {
    let name_at = path.rfind('/').map_or(0, |at| at + 1);
    let name = &path[name_at..];
    let lead = name.len() - name.trim_start_matches('.').len();
    match name[lead..].rfind('.') {
        Some(dot) => path.split_at(name_at + lead + dot),
        None => (path, ""),
    }
}

fn join(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let mut parts = Vec::new();
    for (at, value) in args.pos.iter().enumerate() {
        match interp.path_text(value) {
            Some(text) => parts.push(text),
            None => {
                let plain = matches!(
                    value,
                    Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_)
                );
                if plain && at > 0 {
                    let kind = interp.type_name(value);
                    let message = format!(
                        "join() argument must be str, bytes, or os.PathLike object, not '{kind}'"
                    );
                    return Err(interp.error("TypeError", &message));
                }
                return interp.no_path(value);
            }
        }
    }
    if args.open || parts.is_empty() {
        return Ok(interp.unknown());
    }
    Ok(Value::str(joined(&parts)))
}

fn dirname(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "p", |_, p| Value::str(split_path(p).0))
}

fn basename(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "p", |_, p| Value::str(split_path(p).1))
}

fn split(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "p", |_, p| {
        let (head, tail) = split_path(p);
        Value::tuple(vec![Value::str(head), Value::str(tail)])
    })
}

fn splitext(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "p", |_, p| {
        let (root, extension) = split_extension(p);
        Value::tuple(vec![Value::str(root), Value::str(extension)])
    })
}

fn abspath(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |i, p| Value::str(i.absolute(p)))
}

fn realpath(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "filename", |i, p| {
        let path = i.absolute(p);
        let real = i.store.host().canonical(std::path::Path::new(&path));
        Value::str(real.map_or(path, |r| r.to_string_lossy().into_owned()))
    })
}

fn normpath(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |_, p| Value::str(normalised(p)))
}

fn expanduser(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |i, p| {
        i.with_home(p).map_or(Value::Unknown, Value::str)
    })
}

fn expandvars(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |_, p| {
        if p.contains('$') {
            Value::Unknown
        } else {
            Value::str(p)
        }
    })
}

fn isabs(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "s", |_, p| Value::Bool(p.starts_with('/')))
}

fn truth(answer: Option<bool>) -> Value {
    answer.map_or(Value::Unknown, Value::Bool)
}

fn exists(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |i, p| truth(i.path_exists(p)))
}

fn isfile(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "path", |i, p| truth(i.path_is_file(p)))
}

fn isdir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.on_path(&args, "s", |i, p| truth(i.path_is_dir(p)))
}
