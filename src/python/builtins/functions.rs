//! Built-in functions.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, Value};

macro_rules! functions {
    ($($name:literal => $run:ident),* $(,)?) => {
        /// Functions of `builtins` with a model.
        pub static FUNCTIONS: &[NativeDef] = &[$(NativeDef { name: $name, run: $run }),*];
    };
}

functions! {
    "isinstance" => isinstance,
    "issubclass" => issubclass,
    "getattr" => getattr,
    "hasattr" => hasattr,
    "setattr" => setattr,
    "callable" => callable,
    "print" => print,
    "repr" => repr,
    "iter" => iter,
    "any" => any,
    "all" => all,
    "id" => id,
    "globals" => globals,
    "locals" => locals,
    "vars" => vars,
    "exec" => exec,
    "eval" => exec,
    "__import__" => import,
    "open" => open,
    "delattr" => delattr,
    "hash" => hash,
    "dir" => dir,
    "input" => input,
    "format" => format,
    "ord" => ord,
    "chr" => chr,
}

fn isinstance(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [value, class] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let answer = interp.is_instance(value, class);
    Ok(match answer {
        Some(answer) => Value::Bool(answer),
        None => interp.unknown(),
    })
}

fn issubclass(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [class, of] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let of: Vec<Value> = match of {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut answer = Some(false);
    for of in of {
        let of = interp.class_of_alias(of);
        match (class, &of) {
            (Value::Obj(c), Value::Obj(o)) if interp.is_class(*c) && interp.is_class(*o) => {
                let found = if interp.has_instance_check(*o) {
                    interp.is_virtual_subclass(*c, *o)
                } else {
                    interp.is_subclass(*c, *o)
                };
                match found {
                    Some(true) => return Ok(Value::Bool(true)),
                    Some(false) => {}
                    None => answer = None,
                }
            }
            (Value::Obj(c), _) if interp.is_class(*c) => answer = None,
            (Value::Unknown, _) => answer = None,
            (Value::Obj(c), _) if interp.heap.get(*c).open => answer = None,
            (Value::Obj(_), _) => answer = None,
            _ => return Err(interp.error("TypeError", "issubclass() arg 1 must be a class")),
        }
    }
    Ok(answer.map_or(Value::Unknown, Value::Bool))
}

fn getattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(value), Some(name)) = (args.pos.first().cloned(), args.pos.get(1).cloned()) else {
        return Ok(interp.unknown());
    };
    let Some(name) = name.as_str() else {
        return Ok(interp.unknown());
    };
    let name = interp.interner.intern(name);
    match args.pos.get(2) {
        None => interp.attribute(&value, name),
        Some(default) => {
            match interp.catching(&["AttributeError"], |i| i.find_attribute(&value, name)) {
                Ok(Some(found)) => Ok(found),
                Ok(None) => Ok(default.clone()),
                Err(Stop::Raise(raised)) => {
                    let class = interp.builtins.exception("AttributeError");
                    match interp.exception_matches(&raised.exc, &Value::Obj(class)) {
                        Some(true) => Ok(default.clone()),
                        Some(false) => Err(Stop::Raise(raised)),
                        None => Ok(interp.unknown()),
                    }
                }
                Err(stop) => Err(stop),
            }
        }
    }
}

fn hasattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(value), Some(name)) = (args.pos.first().cloned(), args.pos.get(1).cloned()) else {
        return Ok(interp.unknown());
    };
    let Some(name) = name.as_str() else {
        return Ok(interp.unknown());
    };
    let name = interp.interner.intern(name);
    let before = interp.opaque;
    match interp.catching(&["AttributeError"], |i| i.find_attribute(&value, name)) {
        Ok(Some(Value::Unknown)) if interp.opaque > before => Ok(interp.unknown()),
        Ok(found) => Ok(Value::Bool(found.is_some())),
        Err(Stop::Raise(raised)) => {
            let class = interp.builtins.exception("AttributeError");
            match interp.exception_matches(&raised.exc, &Value::Obj(class)) {
                Some(true) => Ok(Value::Bool(false)),
                Some(false) => Err(Stop::Raise(raised)),
                None => Ok(interp.unknown()),
            }
        }
        Err(stop) => Err(stop),
    }
}

fn setattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [value, name, new] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    match name.as_str() {
        Some(name) => {
            let name = interp.interner.intern(name);
            interp.set_attribute(value, name, new.clone())?;
        }
        None => {
            interp.blur();
            if let Value::Obj(obj) = value {
                let cell = interp.heap.get_mut(*obj);
                cell.open = true;
                if let Kind::Class(data) = &mut cell.kind {
                    data.unknown_names = true;
                }
            }
        }
    }
    Ok(Value::None)
}

fn callable(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(value) = args.pos.first() else {
        return Ok(interp.unknown());
    };
    let answer = match value {
        Value::Unknown => None,
        Value::Obj(obj) => match &interp.heap.get(*obj).kind {
            Kind::Function(_)
            | Kind::Class(_)
            | Kind::Native(_)
            | Kind::Method { .. }
            | Kind::Partial { .. } => Some(true),
            Kind::Instance { .. } => {
                let name = interp.names.call;
                let value = value.clone();
                match interp.type_attribute(&value, name)? {
                    Some(_) => Some(true),
                    None if interp.is_blurred(&value) => None,
                    None => Some(false),
                }
            }
            Kind::Module { .. } | Kind::List(_) | Kind::Dict(_) | Kind::Set(_) => Some(false),
            _ => None,
        },
        _ => Some(false),
    };
    Ok(answer.map_or(Value::Unknown, Value::Bool))
}

fn print(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

fn repr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    Ok(match interp.repr_of(&value) {
        Some(text) => Value::str(text),
        None => interp.unknown(),
    })
}

fn iter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [value] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    if let Value::Obj(obj) = value
        && matches!(
            interp.heap.get(*obj).kind,
            Kind::Iter { .. } | Kind::Suspended { .. }
        )
    {
        return Ok(value.clone());
    }
    match interp.items_of(value)? {
        Some(items) => Ok(Value::Obj(interp.heap.alloc(Kind::Iter {
            items: items.into(),
            next: 0,
        }))),
        None => Ok(interp.unknown()),
    }
}

fn quantify(interp: &mut Interp<'_>, args: &Args, stop_at: bool) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let Some(items) = interp.items_of(&value)? else {
        return Ok(interp.unknown());
    };
    let mut unsure = false;
    for item in items {
        match interp.truth(&item)? {
            Some(truth) if truth == stop_at => return Ok(Value::Bool(stop_at)),
            Some(_) => {}
            None => unsure = true,
        }
    }
    Ok(if unsure {
        Value::Unknown
    } else {
        Value::Bool(!stop_at)
    })
}

fn any(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    quantify(interp, &args, true)
}

fn all(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    quantify(interp, &args, false)
}

fn id(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.first() {
        Some(Value::Obj(obj)) => Value::Int(i64::from(obj.0) * 16 + 0x1000),
        _ => interp.unknown(),
    })
}

fn globals(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    let module = interp.frame().module;
    Ok(interp.module_dict(module))
}

fn locals(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    let names = interp.frame().names;
    if names == interp.frame().module {
        return Ok(interp.module_dict(names));
    }
    interp.heap.get_mut(names).open = true;
    Ok(interp.unknown())
}

fn vars(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        None => locals(interp, args),
        Some(Value::Obj(obj)) if matches!(interp.heap.get(*obj).kind, Kind::Module { .. }) => {
            let obj = *obj;
            Ok(interp.module_dict(obj))
        }
        Some(value) => {
            let (value, name) = (value.clone(), interp.names.dict);
            match interp.find_attribute(&value, name)? {
                Some(dict) => Ok(dict),
                None => Ok(interp.unknown()),
            }
        }
    }
}

/// `exec` and `eval`: whatever they bind, it is not known.
fn exec(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let names = interp.frame().names;
    if args.pos.len() < 2 {
        interp.heap.get_mut(names).open = true;
    }
    interp.escape(&args);
    for value in args.pos.iter().skip(1) {
        interp.open_namespace(value);
    }
    Ok(interp.unknown())
}

fn import(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    else {
        return Ok(interp.unknown());
    };
    let level = interp.sym("level");
    if !matches!(args.get(4, level), None | Some(Value::Int(0))) {
        return Ok(interp.unknown());
    }
    let leaf = interp.import_name(&name)?;
    let fromlist = interp.sym("fromlist");
    let wants_leaf = match args.get(3, fromlist).cloned() {
        None => false,
        Some(list) => interp.truth(&list)?.unwrap_or(false),
    };
    if wants_leaf || !name.contains('.') {
        return Ok(leaf);
    }
    let top = name.split('.').next().unwrap_or(&name).to_owned();
    Ok(interp.loaded(&top).unwrap_or(Value::Unknown))
}

fn open(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    crate::python::models::open_file(interp, args)
}

fn delattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(obj), name] = args.pos.as_slice()
        && let Some(name) = name.as_str()
    {
        let name = interp.interner.intern(name);
        if interp
            .heap
            .get_mut(*obj)
            .attrs
            .shift_remove(&name)
            .is_some()
        {
            return Ok(Value::None);
        }
    }
    Ok(interp.unknown())
}

fn hash(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(obj)] = args.pos.as_slice()
        && matches!(
            interp.heap.get(*obj).kind,
            Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
        )
    {
        let kind = interp.type_name(&args.pos[0]);
        return Err(interp.error("TypeError", &format!("unhashable type: '{kind}'")));
    }
    Ok(interp.unknown())
}

/// `dir()` of the running scope or of a module: sorted names.
fn dir(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let names = match args.pos.first() {
        None => Some(interp.frame().names),
        Some(Value::Obj(obj)) if matches!(interp.heap.get(*obj).kind, Kind::Module { .. }) => {
            Some(*obj)
        }
        Some(_) => None,
    };
    let Some(names) = names else {
        let of_instance = args.pos.first().and_then(|v| instance_names(interp, v));
        return Ok(match of_instance {
            Some(names) => interp.list(names.into_iter().map(Value::str).collect()),
            None => interp.open_object(Kind::List(Vec::new())),
        });
    };
    let cell = interp.heap.get(names);
    let open = cell.open
        || cell.attrs.values().any(|s| !s.sure)
        || cell.attrs.contains_key(&interp.names.dir);
    let mut all: Vec<String> = cell
        .attrs
        .keys()
        .map(|n| interp.interner.name(*n).to_string())
        .collect();
    all.sort();
    let list = interp.list(all.into_iter().map(Value::str).collect());
    if open && let Value::Obj(obj) = &list {
        interp.heap.get_mut(*obj).open = true;
    }
    Ok(list)
}

/// Names of an instance and of its classes, sorted; `None` when they are not all known.
fn instance_names(interp: &mut Interp<'_>, value: &Value) -> Option<Vec<String>> {
    let object = value.as_obj()?;
    let class = interp.class_of_instance(value)?;
    let own_dir = interp.class_lookup(class, interp.names.dir);
    let usual = own_dir.is_none_or(|(owner, _, _)| owner == interp.builtins.object_class);
    if !usual || interp.is_blurred(value) || interp.chain_is_open(class) {
        return None;
    }
    let mro = match &interp.heap.get(class).kind {
        Kind::Class(data) => data.mro.clone(),
        _ => return None,
    };
    let cells = mro.iter().chain(std::iter::once(&object));
    let mut names =
        std::collections::BTreeSet::from(["__dict__".to_owned(), "__weakref__".to_owned()]);
    for cell in cells {
        let cell = interp.heap.get(*cell);
        if cell.open || cell.attrs.values().any(|slot| !slot.sure) {
            return None;
        }
        let all = cell.attrs.keys().map(|n| interp.interner.name(*n));
        names.extend(all.filter(|n| !n.starts_with('<')).map(|n| n.to_string()));
    }
    Some(names.into_iter().collect())
}

/// Servers have no terminal: what is read at start-up is not known.
fn input(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(interp.unknown())
}

fn format(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (value, spec) = match args.pos.as_slice() {
        [value] => (value.clone(), Some(String::new())),
        [value, spec] => (value.clone(), interp.plain_text(spec)),
        _ => return Ok(interp.unknown()),
    };
    let text = match spec {
        Some(spec) => interp.formatted(&value, &spec)?,
        None => None,
    };
    Ok(match text {
        Some(text) => Value::str(text),
        None => interp.unknown(),
    })
}

fn ord(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(
        match args
            .pos
            .first()
            .and_then(Value::as_str)
            .and_then(|s| s.chars().next())
        {
            Some(c) => Value::Int(i64::from(c as u32)),
            None => interp.unknown(),
        },
    )
}

fn chr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.first() {
        Some(Value::Int(i)) => match u32::try_from(*i).ok().and_then(char::from_u32) {
            Some(c) => Value::str(c.to_string()),
            None => Value::Unknown,
        },
        _ => interp.unknown(),
    })
}

/// A table key for a text, for natives that build dicts.
pub fn text_key(text: &str) -> (Key, Value) {
    (Key::Str(text.into()), Value::str(text))
}
