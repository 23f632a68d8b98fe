//! `pathlib`: paths as objects. Source: `Lib/pathlib`, the same behaviour from 3.9 to 3.14.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::std::paths::{joined, split_extension, split_path};
use crate::python::models::std::sys::none;
use crate::python::models::std::{Over, Overlay};
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Payload, Value};

macro_rules! overlays {
    ($($class:literal { $($over:ident $name:literal => $run:ident),* $(,)? })*) => {
        /// What stands for the classes of the module.
        pub const OVERLAYS: &[Overlay] = &[
            $($(("pathlib", concat!($class, ".", $name), Over::$over($run)),)*)*
        ];
    };
}

overlays! {
    "PurePath" {
        Static "__new__" => new, Function "__init__" => none, Function "__str__" => text, Function "__fspath__" => text,
        Function "__repr__" => repr, Function "as_posix" => text, Function "__truediv__" => divide,
        Function "__rtruediv__" => divide_reflected, Function "joinpath" => joinpath, Getter "parent" => parent,
        Getter "parents" => parents, Getter "name" => name, Getter "stem" => stem, Getter "suffix" => suffix,
        Getter "parts" => parts, Function "is_absolute" => is_absolute, Function "with_name" => with_name,
        Function "with_suffix" => with_suffix, Function "relative_to" => relative_to,
    }
    "Path" {
        Static "__new__" => new, Function "__init__" => none, ClassMethod "cwd" => cwd, ClassMethod "home" => home,
        Function "resolve" => resolve, Function "absolute" => resolve, Function "expanduser" => expanduser,
        Function "exists" => exists, Function "is_file" => is_file, Function "is_dir" => is_dir,
        Function "read_text" => read_text, Function "read_bytes" => read_bytes, Function "open" => open,
        Function "mkdir" => mkdir, Function "touch" => touch, Function "write_text" => touch,
        Function "write_bytes" => touch, Function "unlink" => forget, Function "rename" => forget,
        Function "__enter__" => text_object, Function "joinpath" => joinpath,
    }
}

/// The path without superfluous slashes and dots, as `str(Path(...))` gives it.
fn tidy(path: &str) -> String {
    let root = if path.starts_with("//") && !path.starts_with("///") {
        "//"
    } else if path.starts_with('/') {
        "/"
    } else {
        ""
    };
    let parts: Vec<&str> = path
        .split('/')
        .filter(|p| !p.is_empty() && *p != ".")
        .collect();
    let text = format!("{root}{}", parts.join("/"));
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

impl<'a> Interp<'a> {
    /// A path object of a class.
    pub(in crate::python) fn path_object(&mut self, class: Obj, path: &str) -> Value {
        let payload = Payload::Value(Value::str(tidy(path)));
        Value::Obj(self.heap.alloc(Kind::Instance { class, payload }))
    }

    /// Another path object of the same class as the receiver.
    fn sibling(&mut self, args: &Args, path: &str) -> Value {
        match args
            .pos
            .first()
            .and_then(Value::as_obj)
            .map(|o| self.heap.get(o).kind.clone())
        {
            Some(Kind::Instance { class, .. }) => self.path_object(class, path),
            _ => self.unknown(),
        }
    }

    fn unknown_path(&mut self, args: &Args) -> Value {
        match args
            .pos
            .first()
            .and_then(Value::as_obj)
            .map(|o| self.heap.get(o).kind.clone())
        {
            Some(Kind::Instance { class, .. }) => {
                let object = self.instance(class);
                self.heap.get_mut(object).open = true;
                self.blur();
                Value::Obj(object)
            }
            _ => self.unknown(),
        }
    }
}

fn own(interp: &Interp<'_>, args: &Args) -> Option<String> {
    match interp.payload(args.pos.first()?.as_obj()?) {
        Payload::Value(Value::Str(s)) => Some(s.text.to_string()),
        _ => None,
    }
}

fn new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let concrete = match interp.class_short_name(class).as_str() {
        "Path" => interp.loaded_or_current("pathlib", "PosixPath"),
        "PurePath" => interp.loaded_or_current("pathlib", "PurePosixPath"),
        _ => None,
    };
    let class = concrete.unwrap_or(class);
    let mut parts = Vec::new();
    for value in &args.pos[1..] {
        match interp.path_text(value) {
            Some(text) => parts.push(text),
            None => {
                bad_segment(interp, value)?;
                let object = interp.instance(class);
                interp.heap.get_mut(object).open = true;
                interp.blur();
                return Ok(Value::Obj(object));
            }
        }
    }
    if args.open {
        return Ok(interp.unknown());
    }
    Ok(interp.path_object(class, &joined(&parts)))
}

/// The error of a segment that is certainly neither text nor a path.
fn bad_segment(interp: &mut Interp<'_>, value: &Value) -> R<()> {
    if !matches!(
        value,
        Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_)
    ) {
        return Ok(());
    }
    let kind = interp.type_name(value);
    let message = if interp.version >= (3, 12) {
        format!(
            "argument should be a str or an os.PathLike object where __fspath__ returns a str, not '{kind}'"
        )
    } else {
        format!("expected str, bytes or os.PathLike object, not {kind}")
    };
    Err(interp.error("TypeError", &message))
}

fn text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match own(interp, &args) {
        Some(text) => Value::str(text),
        None => interp.unknown(),
    })
}

fn text_object(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    super::sys::first(interp, args)
}

fn repr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(text) = own(interp, &args) else {
        return Ok(interp.unknown());
    };
    let class = interp.type_name(&args.pos[0]);
    Ok(Value::str(format!(
        "{class}({})",
        crate::python::text::str_repr(&text)
    )))
}

fn combine(interp: &mut Interp<'_>, args: &Args, reflected: bool) -> R<Value> {
    let Some(mine) = own(interp, args) else {
        return Ok(interp.unknown_path(args));
    };
    let other = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    match interp.path_text(&other) {
        Some(other) if reflected => Ok(interp.sibling(args, &joined(&[other, mine]))),
        Some(other) => Ok(interp.sibling(args, &joined(&[mine, other]))),
        None if matches!(
            other,
            Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_)
        ) =>
        {
            let (mine, other) = (interp.type_name(&args.pos[0]), interp.type_name(&other));
            let (left, right) = if reflected {
                (other, mine)
            } else {
                (mine, other)
            };
            let message = format!("unsupported operand type(s) for /: '{left}' and '{right}'");
            Err(interp.error("TypeError", &message))
        }
        None => Ok(interp.unknown_path(args)),
    }
}

fn divide(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    combine(interp, &args, false)
}

fn divide_reflected(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    combine(interp, &args, true)
}

fn joinpath(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let mut parts = match own(interp, &args) {
        Some(own) => vec![own],
        None => return Ok(interp.unknown_path(&args)),
    };
    for value in &args.pos[1..] {
        match interp.path_text(value) {
            Some(text) => parts.push(text),
            None => {
                bad_segment(interp, value)?;
                return Ok(interp.unknown_path(&args));
            }
        }
    }
    Ok(interp.sibling(&args, &joined(&parts)))
}

fn parent_of(path: &str) -> String {
    let (head, tail) = split_path(path);
    if tail.is_empty() || path == "." {
        return path.to_owned();
    }
    if head.is_empty() {
        ".".to_owned()
    } else {
        head.to_owned()
    }
}

fn parent(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match own(interp, &args) {
        Some(path) => interp.sibling(&args, &parent_of(&path)),
        None => interp.unknown_path(&args),
    })
}

fn parents(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(mut path) = own(interp, &args) else {
        return Ok(interp.unknown());
    };
    let mut all = Vec::new();
    loop {
        let next = parent_of(&path);
        if next == path {
            return Ok(Value::tuple(all));
        }
        all.push(interp.sibling(&args, &next));
        path = next;
    }
}

fn name_part(path: &str) -> &str {
    if path == "." { "" } else { split_path(path).1 }
}

fn on_name(interp: &mut Interp<'_>, args: &Args, pick: impl FnOnce(&str) -> String) -> R<Value> {
    Ok(match own(interp, args) {
        Some(path) => Value::str(pick(name_part(&path))),
        None => interp.unknown(),
    })
}

fn name(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on_name(interp, &args, ToOwned::to_owned)
}

fn stem(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on_name(interp, &args, |n| split_extension(n).0.to_owned())
}

fn suffix(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on_name(interp, &args, |n| split_extension(n).1.to_owned())
}

fn parts(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(path) = own(interp, &args) else {
        return Ok(interp.unknown());
    };
    let mut parts = Vec::new();
    if path.starts_with('/') {
        parts.push(Value::str("/"));
    }
    parts.extend(
        path.split('/')
            .filter(|p| !p.is_empty() && *p != ".")
            .map(Value::str),
    );
    Ok(Value::tuple(parts))
}

fn is_absolute(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match own(interp, &args) {
        Some(path) => Value::Bool(path.starts_with('/')),
        None => interp.unknown(),
    })
}

fn with_name(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(path), Some(name)) = (own(interp, &args), args.pos.get(1).and_then(Value::as_str))
    else {
        return Ok(interp.unknown_path(&args));
    };
    let path = joined(&[parent_of(&path), name.to_owned()]);
    Ok(interp.sibling(&args, &path))
}

fn with_suffix(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(path), Some(suffix)) = (own(interp, &args), args.pos.get(1).and_then(Value::as_str))
    else {
        return Ok(interp.unknown_path(&args));
    };
    let path = format!("{}{suffix}", split_extension(&path).0);
    Ok(interp.sibling(&args, &path))
}

fn relative_to(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let other = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let (Some(mine), Some(other)) = (own(interp, &args), interp.path_text(&other)) else {
        return Ok(interp.unknown_path(&args));
    };
    let other = tidy(&other);
    if mine == other {
        return Ok(interp.sibling(&args, "."));
    }
    match mine.strip_prefix(&format!("{}/", other.trim_end_matches('/'))) {
        Some(rest) => Ok(interp.sibling(&args, rest)),
        None => Ok(interp.unknown_path(&args)),
    }
}

fn of_class(interp: &mut Interp<'_>, args: &Args, path: &str) -> Value {
    match args.pos.first().cloned() {
        Some(Value::Obj(class)) => {
            let concrete = match interp.class_short_name(class).as_str() {
                "Path" => interp.loaded_or_current("pathlib", "PosixPath"),
                _ => None,
            };
            interp.path_object(concrete.unwrap_or(class), path)
        }
        _ => interp.unknown(),
    }
}

fn cwd(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = interp.cwd.to_string_lossy().into_owned();
    Ok(of_class(interp, &args, &path))
}

fn home(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match interp.with_home("~") {
        Some(path) => of_class(interp, &args, &path),
        None => interp.unknown(),
    })
}

fn resolve(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(path) = own(interp, &args) else {
        return Ok(interp.unknown_path(&args));
    };
    let absolute = interp.absolute(&path);
    let real = interp
        .store
        .host()
        .canonical(std::path::Path::new(&absolute));
    let path = real.map_or(absolute, |r| r.to_string_lossy().into_owned());
    Ok(interp.sibling(&args, &path))
}

fn expanduser(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(path) = own(interp, &args) else {
        return Ok(interp.unknown_path(&args));
    };
    Ok(match interp.with_home(&path) {
        Some(path) => interp.sibling(&args, &path),
        None => interp.unknown_path(&args),
    })
}

fn ask(
    interp: &mut Interp<'_>,
    args: &Args,
    question: impl FnOnce(&mut Interp<'_>, &str) -> Option<bool>,
) -> R<Value> {
    let Some(path) = own(interp, args) else {
        return Ok(interp.unknown());
    };
    Ok(question(interp, &path).map_or(Value::Unknown, Value::Bool))
}

fn exists(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    ask(interp, &args, |i, p| i.path_exists(p))
}

fn is_file(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    ask(interp, &args, |i, p| i.path_is_file(p))
}

fn is_dir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    ask(interp, &args, |i, p| i.path_is_dir(p))
}

fn content(interp: &mut Interp<'_>, args: &Args, mode: &str) -> R<Value> {
    let Some(path) = own(interp, args) else {
        return Ok(interp.unknown());
    };
    let file = interp.open_file(&path, mode)?;
    let name = interp.sym("read");
    let method = interp.attribute(&file, name)?;
    interp.call(&method, Args::none())
}

fn read_text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    content(interp, &args, "r")
}

fn read_bytes(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    content(interp, &args, "rb")
}

fn open(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let mode = interp.sym("mode");
    let mode = match args.get(1, mode) {
        None => Some("r".to_owned()),
        Some(mode) => mode.as_str().map(ToOwned::to_owned),
    };
    match (own(interp, &args), mode) {
        (Some(path), Some(mode)) => interp.open_file(&path, &mode),
        _ => forget(interp, args),
    }
}

fn forget(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    interp.files_changed();
    Ok(interp.unknown())
}

/// Writes: the file is there afterwards.
fn touch(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(path) = own(interp, &args) else {
        return forget(interp, args);
    };
    interp.open_file(&path, "a")?;
    Ok(Value::Unknown)
}

fn mkdir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(path) = own(interp, &args) else {
        return forget(interp, args);
    };
    let (parents, exist_ok) = (interp.sym("parents"), interp.sym("exist_ok"));
    let flag = |i: &mut Interp<'_>, at: usize, name| match args.get(at, name).cloned() {
        None => Ok(Some(false)),
        Some(value) => i.truth(&value),
    };
    let (parents, tolerant) = (flag(interp, 2, parents)?, flag(interp, 3, exist_ok)?);
    let absolute = interp.absolute(&path);
    let parent = split_path(&absolute).0.to_owned();
    if parents == Some(false) && interp.path_exists(&parent) == Some(false) {
        return Err(interp.missing_file(&path));
    }
    interp.make_directories(&path, tolerant)
}
