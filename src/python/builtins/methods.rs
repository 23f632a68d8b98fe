//! Methods of built-in classes.

use super::exceptions::exception_init;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Obj, Payload, Value};

macro_rules! methods {
    ($($class:literal { $($name:literal => $run:ident),* $(,)? })*) => {
        /// Methods with a model, by class.
        pub static METHODS: &[(&str, &[NativeDef])] = &[
            $(($class, &[$(NativeDef { name: $name, run: $run }),*])),*
        ];
    };
}

methods! {
    "str" {
        "lower" => lower, "upper" => upper, "strip" => strip, "lstrip" => lstrip, "rstrip" => rstrip,
        "replace" => replace, "split" => split, "join" => join, "startswith" => startswith, "endswith" => endswith,
        "removeprefix" => removeprefix, "removesuffix" => removesuffix, "title" => title, "isdigit" => isdigit,
        "partition" => partition, "rpartition" => rpartition,
    }
    "list" { "append" => append, "extend" => extend, "insert" => insert, "pop" => list_pop, "copy" => list_copy }
    "dict" {
        "get" => dict_get, "keys" => keys, "values" => values, "items" => items, "update" => update,
        "setdefault" => setdefault, "pop" => dict_pop, "copy" => dict_copy, "clear" => dict_clear,
    }
    "set" { "add" => set_add, "update" => set_update, "discard" => set_discard }
    "property" { "setter" => setter, "getter" => getter, "deleter" => deleter }
    "object" { "__init__" => nothing, "__init_subclass__" => nothing, "__setattr__" => object_setattr, "__getattribute__" => object_getattribute }
    "coroutine" { "__await__" => returns_this }
    "type" { "mro" => mro }
    "module" { "__init__" => module_init }
    "BaseException" { "__init__" => exception_init, "with_traceback" => returns_this, "add_note" => nothing }
}

fn this(args: &Args) -> Value {
    args.pos.first().cloned().unwrap_or(Value::Unknown)
}

/// The receiver's text, also of subclasses of `str`.
fn text(interp: &Interp<'_>, args: &Args) -> Option<std::rc::Rc<crate::python::value::PyStr>> {
    match args.pos.first()? {
        Value::Str(s) => Some(s.clone()),
        Value::Obj(o) => match interp.payload(*o) {
            Payload::Value(Value::Str(s)) => Some(s),
            _ => None,
        },
        _ => None,
    }
}

fn argument(args: &Args, at: usize) -> Option<&str> {
    args.pos.get(at).and_then(Value::as_str)
}

/// A method of `str` that rewrites the text and keeps its origin.
fn rewrite(
    interp: &mut Interp<'_>,
    args: &Args,
    with: impl FnOnce(&str) -> Option<String>,
) -> R<Value> {
    Ok(match text(interp, args) {
        Some(s) => match with(&s.text) {
            Some(new) => Value::str_from(new, s.origin.clone()),
            None => interp.unknown(),
        },
        None => interp.unknown(),
    })
}

fn lower(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    rewrite(interp, &args, |s| Some(s.to_lowercase()))
}

fn upper(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    rewrite(interp, &args, |s| Some(s.to_uppercase()))
}

fn title(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    rewrite(interp, &args, |s| {
        let mut start = true;
        Some(
            s.chars()
                .map(|c| {
                    let out = if start {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    };
                    start = !c.is_alphabetic();
                    out
                })
                .collect(),
        )
    })
}

/// Characters to strip: whitespace, or those of the argument.
fn strip_set(args: &Args) -> Option<Box<dyn Fn(char) -> bool>> {
    match args.pos.get(1) {
        None | Some(Value::None) => Some(Box::new(char::is_whitespace)),
        Some(Value::Str(s)) => {
            let set: Vec<char> = s.text.chars().collect();
            Some(Box::new(move |c| set.contains(&c)))
        }
        Some(_) => None,
    }
}

fn strip(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let set = strip_set(&args);
    rewrite(interp, &args, |s| Some(s.trim_matches(set?).to_owned()))
}

fn lstrip(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let set = strip_set(&args);
    rewrite(interp, &args, |s| {
        Some(s.trim_start_matches(set?).to_owned())
    })
}

fn rstrip(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let set = strip_set(&args);
    rewrite(interp, &args, |s| Some(s.trim_end_matches(set?).to_owned()))
}

fn replace(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (old, new) = (
        argument(&args, 1).map(ToOwned::to_owned),
        argument(&args, 2).map(ToOwned::to_owned),
    );
    let count = match args.pos.get(3) {
        None | Some(Value::Int(-1)) => Some(usize::MAX),
        Some(Value::Int(n)) => usize::try_from(*n).ok(),
        Some(_) => None,
    };
    rewrite(interp, &args, |s| Some(s.replacen(&old?, &new?, count?)))
}

fn removeprefix(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let prefix = argument(&args, 1).map(ToOwned::to_owned);
    rewrite(interp, &args, |s| {
        Some(s.strip_prefix(prefix?.as_str()).unwrap_or(s).to_owned())
    })
}

fn removesuffix(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let suffix = argument(&args, 1).map(ToOwned::to_owned);
    rewrite(interp, &args, |s| {
        Some(s.strip_suffix(suffix?.as_str()).unwrap_or(s).to_owned())
    })
}

fn split(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(s) = text(interp, &args) else {
        return Ok(interp.unknown());
    };
    let max_name = interp.sym("maxsplit");
    let max = match args.get(2, max_name) {
        None => None,
        Some(Value::Int(n)) if *n >= 0 => usize::try_from(*n).ok(),
        Some(Value::Int(_)) => None,
        Some(_) => return Ok(interp.unknown()),
    };
    let parts: Vec<Value> = match args.pos.get(1) {
        None | Some(Value::None) if max.is_none() => {
            s.text.split_whitespace().map(Value::str).collect()
        }
        Some(Value::Str(sep)) if !sep.text.is_empty() => match max {
            None => s.text.split(&*sep.text).map(Value::str).collect(),
            Some(max) => s.text.splitn(max + 1, &*sep.text).map(Value::str).collect(),
        },
        _ => return Ok(interp.unknown()),
    };
    Ok(interp.list(parts))
}

fn partition(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(s), Some(sep)) = (text(interp, &args), argument(&args, 1)) else {
        return Ok(interp.unknown());
    };
    let parts = match s.text.split_once(sep) {
        Some((a, b)) => [a, sep, b],
        None => [&*s.text, "", ""],
    };
    Ok(Value::tuple(parts.iter().map(|p| Value::str(*p)).collect()))
}

fn rpartition(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(s), Some(sep)) = (text(interp, &args), argument(&args, 1)) else {
        return Ok(interp.unknown());
    };
    let parts = match s.text.rsplit_once(sep) {
        Some((a, b)) => [a, sep, b],
        None => ["", "", &*s.text],
    };
    Ok(Value::tuple(parts.iter().map(|p| Value::str(*p)).collect()))
}

fn join(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(s) = text(interp, &args) else {
        return Ok(interp.unknown());
    };
    let value = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    if interp.is_no_iterable(&value) {
        return Err(interp.error("TypeError", "can only join an iterable"));
    }
    let Some(items) = interp.items_of(&value)? else {
        return Ok(interp.unknown());
    };
    let mut parts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match interp.plain_text(item) {
            Some(part) => parts.push(part),
            None if item.is_unknown() => return Ok(interp.unknown()),
            None if interp.built_in_kind(item).is_none() => return Ok(interp.unknown()),
            None => {
                let kind = interp.type_name(item);
                let message = format!("sequence item {at}: expected str instance, {kind} found");
                return Err(interp.error("TypeError", &message));
            }
        }
    }
    Ok(Value::str(parts.join(&s.text)))
}

fn affix(interp: &mut Interp<'_>, args: &Args, has: impl Fn(&str, &str) -> bool) -> R<Value> {
    let Some(s) = text(interp, args) else {
        return Ok(interp.unknown());
    };
    Ok(match args.pos.get(1) {
        Some(Value::Str(p)) if args.pos.len() == 2 => Value::Bool(has(&s.text, &p.text)),
        Some(Value::Tuple(items)) if args.pos.len() == 2 => {
            let parts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            parts.map_or(Value::Unknown, |parts| {
                Value::Bool(parts.iter().any(|p| has(&s.text, p)))
            })
        }
        _ => interp.unknown(),
    })
}

fn startswith(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    affix(interp, &args, |s, p| s.starts_with(p))
}

fn endswith(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    affix(interp, &args, |s, p| s.ends_with(p))
}

fn isdigit(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match text(interp, &args) {
        Some(s) => Value::Bool(!s.text.is_empty() && s.text.chars().all(|c| c.is_ascii_digit())),
        None => interp.unknown(),
    })
}

/// The container behind the receiver, also of subclasses of built-in containers.
fn container(interp: &Interp<'_>, args: &Args) -> Option<Obj> {
    let obj = args.pos.first()?.as_obj()?;
    match interp.payload(obj) {
        Payload::Base(inner) => Some(inner),
        _ => Some(obj),
    }
}

/// Changes a known list; an unknown one is only marked.
fn on_list(interp: &mut Interp<'_>, args: &Args, change: impl FnOnce(&mut Vec<Value>)) -> R<Value> {
    let Some(obj) = container(interp, args) else {
        return Ok(interp.unknown());
    };
    if let Kind::List(items) = &mut interp.heap.get_mut(obj).kind {
        change(items);
        return Ok(Value::None);
    }
    Ok(interp.unknown())
}

fn append(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let item = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    on_list(interp, &args, |l| l.push(item))
}

fn insert(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Int(at)), Some(item)) = (args.pos.get(1), args.pos.get(2).cloned()) else {
        if let Some(obj) = container(interp, &args) {
            interp.heap.get_mut(obj).open = true;
        }
        return Ok(interp.unknown());
    };
    let at = *at;
    on_list(interp, &args, |l| {
        let len = i64::try_from(l.len()).unwrap_or(i64::MAX);
        let at = if at < 0 {
            (at + len).max(0)
        } else {
            at.min(len)
        };
        l.insert(usize::try_from(at).unwrap_or(0), item);
    })
}

fn extend(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    match interp.items_of(&value)? {
        Some(items) => on_list(interp, &args, |l| l.extend(items)),
        None => {
            if let Some(obj) = container(interp, &args) {
                interp.heap.get_mut(obj).open = true;
            }
            Ok(Value::None)
        }
    }
}

fn list_pop(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let open = interp.heap.get(obj).open;
    let at = args.pos.get(1).cloned();
    if let Kind::List(items) = &mut interp.heap.get_mut(obj).kind {
        let taken = match at {
            None => items.pop(),
            Some(Value::Int(0)) if !items.is_empty() => Some(items.remove(0)),
            Some(_) => {
                interp.heap.get_mut(obj).open = true;
                return Ok(interp.unknown());
            }
        };
        return match taken {
            Some(value) => Ok(value),
            None if open => Ok(interp.unknown()),
            None => Err(interp.error("IndexError", "pop from empty list")),
        };
    }
    Ok(interp.unknown())
}

fn list_copy(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = this(&args);
    Ok(match interp.items_of(&value)? {
        Some(items) => interp.list(items),
        None => interp.open_object(Kind::List(Vec::new())),
    })
}

fn dict_get(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some((table, open)) = interp.table_of(&this(&args)) else {
        return Ok(interp.unknown());
    };
    let wanted = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let Some(key) = interp.hash_key(&wanted) else {
        return Ok(interp.unknown());
    };
    if !table.contains_key(&key) && interp.hashes_by_value(&wanted) {
        return Ok(interp.unknown());
    }
    Ok(match table.get(&key) {
        Some((_, value)) => value.clone(),
        None if open => interp.unknown(),
        None => args.pos.get(2).cloned().unwrap_or(Value::None),
    })
}

/// A view: known items, or unknown.
/// What `keys()`, `values()` and `items()` give: their own types around the items of now.
fn view(
    interp: &mut Interp<'_>,
    args: &Args,
    class: &str,
    pick: impl Fn(&Value, &Value) -> Value,
) -> R<Value> {
    let Some((table, open)) = interp.table_of(&this(args)) else {
        return Ok(interp.unknown());
    };
    let items = table.values().map(|(k, v)| pick(k, v)).collect();
    let list = interp.heap.alloc(Kind::List(items));
    interp.heap.get_mut(list).open = open;
    let class = interp.builtins.class(class);
    let payload = Payload::Base(list);
    let view = interp.heap.alloc(Kind::Instance { class, payload });
    interp.heap.get_mut(view).open = open;
    Ok(Value::Obj(view))
}

fn keys(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    view(interp, &args, "dict_keys", |k, _| k.clone())
}

fn values(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    view(interp, &args, "dict_values", |_, v| v.clone())
}

fn items(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    view(interp, &args, "dict_items", |k, v| {
        Value::tuple(vec![k.clone(), v.clone()])
    })
}

fn update(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    if let Some(other) = args.pos.get(1) {
        match interp.table_of(other) {
            Some((more, open)) => {
                let cell = interp.heap.get_mut(obj);
                cell.open |= open;
                if let Kind::Dict(table) = &mut cell.kind {
                    table.extend(more);
                }
            }
            None => interp.heap.get_mut(obj).open = true,
        }
    }
    for (name, value) in args.kw {
        let key = Value::str(&*interp.interner.name(name));
        if let (Some(k), Kind::Dict(table)) = (Key::of(&key), &mut interp.heap.get_mut(obj).kind) {
            table.insert(k, (key, value));
        }
    }
    interp.heap.get_mut(obj).open |= args.open;
    interp.module_dict_changed(obj);
    Ok(Value::None)
}

fn setdefault(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let open = interp.heap.get(obj).open;
    let default = args.pos.get(2).cloned().unwrap_or(Value::None);
    let Some(key_value) = args.pos.get(1).cloned() else {
        return Ok(interp.unknown());
    };
    let known = interp.hash_key(&key_value);
    let Some(key) = known.filter(|_| !interp.hashes_by_value(&key_value)) else {
        interp.heap.get_mut(obj).open = true;
        return Ok(interp.unknown());
    };
    if let Kind::Dict(table) = &mut interp.heap.get_mut(obj).kind {
        if let Some((_, value)) = table.get(&key) {
            return Ok(value.clone());
        }
        let value = if open { Value::Unknown } else { default };
        table.insert(key, (key_value, value.clone()));
        return Ok(value);
    }
    Ok(interp.unknown())
}

fn dict_pop(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let open = interp.heap.get(obj).open;
    let Some(index) = args.pos.get(1).cloned() else {
        return Ok(interp.unknown());
    };
    let key = interp
        .hash_key(&index)
        .filter(|_| !interp.hashes_by_value(&index));
    if let (Kind::Dict(table), Some(key)) = (&mut interp.heap.get_mut(obj).kind, key) {
        if let Some((_, value)) = table.shift_remove(&key) {
            return Ok(value);
        }
        if open {
            return Ok(interp.unknown());
        }
        if let Some(default) = args.pos.get(2) {
            return Ok(default.clone());
        }
        let stop = interp.fault("KeyError", "", "key-error", &[]);
        return Err(interp.with_argument(stop, index));
    }
    interp.heap.get_mut(obj).open = true;
    Ok(interp.unknown())
}

fn dict_copy(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some((table, open)) = interp.table_of(&this(&args)) else {
        return Ok(interp.unknown());
    };
    let obj = interp.heap.alloc(Kind::Dict(table));
    interp.heap.get_mut(obj).open = open;
    Ok(Value::Obj(obj))
}

fn set_add(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let item = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let key = interp
        .hash_key(&item)
        .filter(|_| !interp.hashes_by_value(&item));
    let cell = interp.heap.get_mut(obj);
    match (&mut cell.kind, key) {
        (Kind::Set(table), Some(key)) => {
            table.entry(key).or_insert((item, Value::None));
        }
        _ => cell.open = true,
    }
    Ok(Value::None)
}

fn set_update(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    for value in &args.pos[1..] {
        match interp.items_of(value)? {
            Some(items) => {
                for item in items {
                    set_add(interp, Args::positional(vec![Value::Obj(obj), item]))?;
                }
            }
            None => interp.heap.get_mut(obj).open = true,
        }
    }
    Ok(Value::None)
}

fn set_discard(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(obj) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let item = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let key = interp
        .hash_key(&item)
        .filter(|_| !interp.hashes_by_value(&item));
    let cell = interp.heap.get_mut(obj);
    match (&mut cell.kind, key) {
        (Kind::Set(table), Some(key)) => {
            table.shift_remove(&key);
        }
        _ => cell.open = true,
    }
    Ok(Value::None)
}

fn property_with(
    interp: &mut Interp<'_>,
    args: &Args,
    change: impl FnOnce(&mut Value, &mut Value, Value),
) -> R<Value> {
    let Some(Value::Obj(obj)) = args.pos.first() else {
        return Ok(interp.unknown());
    };
    let Kind::Property { get, set } = &interp.heap.get(*obj).kind else {
        return Ok(interp.unknown());
    };
    let (mut get, mut set) = (get.clone(), set.clone());
    change(
        &mut get,
        &mut set,
        args.pos.get(1).cloned().unwrap_or(Value::Unknown),
    );
    Ok(Value::Obj(interp.heap.alloc(Kind::Property { get, set })))
}

fn setter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    property_with(interp, &args, |_, set, new| *set = new)
}

fn getter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    property_with(interp, &args, |get, _, new| *get = new)
}

fn deleter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    property_with(interp, &args, |_, _, _| {})
}

fn nothing(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

/// `ModuleType.__init__(self, name, doc=None)`
fn module_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(obj)) = args.pos.first()
        && matches!(interp.heap.get(*obj).kind, Kind::Instance { .. })
    {
        super::classes::fill_module(interp, *obj, args.pos.get(1).and_then(Value::as_str));
    }
    Ok(Value::None)
}

/// `dict.clear()`; through `__dict__` it takes an instance's attributes away.
fn dict_clear(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(obj)) = args.pos.first() else {
        return Ok(interp.unknown());
    };
    let dict = match interp.payload(*obj) {
        Payload::Base(inner) => inner,
        _ => *obj,
    };
    let cell = interp.heap.get_mut(dict);
    cell.open = false;
    if let Kind::Dict(table) = &mut cell.kind {
        table.clear();
    }
    let owner = interp.module_dicts.iter().find(|(d, _)| *d == dict);
    if let Some((_, owner)) = owner.copied()
        && matches!(interp.heap.get(owner).kind, Kind::Instance { .. })
    {
        interp.heap.get_mut(owner).attrs.clear();
    }
    Ok(Value::None)
}

/// `object.__getattribute__(self, name)`
fn object_getattribute(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Obj(obj)), Some(name)) =
        (args.pos.first(), args.pos.get(1).and_then(Value::as_str))
    else {
        return Ok(interp.unknown());
    };
    let obj = *obj;
    let name = interp.interner.intern(name);
    match &interp.heap.get(obj).kind {
        Kind::Instance { class, .. } => {
            let class = *class;
            let special = name == interp.names.class || name == interp.names.dict;
            if special || interp.is_blurred(&Value::Obj(obj)) {
                return Ok(interp.unknown());
            }
            match interp.stored_attribute(obj, class, name)? {
                Some(found) => Ok(found),
                None => Err(interp.no_attribute(&Value::Obj(obj), name)),
            }
        }
        _ => Ok(interp.unknown()),
    }
}

fn object_setattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(obj), name, new] = args.pos.as_slice() {
        match name.as_str() {
            Some(name) => {
                let name = interp.interner.intern(name);
                interp
                    .heap
                    .get_mut(*obj)
                    .attrs
                    .insert(name, crate::python::value::Slot::sure(new.clone()));
            }
            None => interp.heap.get_mut(*obj).open = true,
        }
    }
    Ok(Value::None)
}

fn mro(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = this(&args);
    let name = interp.names.mro;
    let mro = interp.attribute(&value, name)?;
    Ok(match mro {
        Value::Tuple(items) => interp.list(items.to_vec()),
        _ => interp.unknown(),
    })
}

fn returns_this(_: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(this(&args))
}
