//! Construction of subclasses of `list`, `dict` and `set`, and more of their methods.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Payload, Table, Value};

macro_rules! methods {
    ($($class:literal { $($name:literal => $run:ident),* $(,)? })*) => {
        /// Methods with a model, by class.
        pub static METHODS: &[(&str, &[NativeDef])] = &[
            $(($class, &[$(NativeDef { name: $name, run: $run }),*])),*
        ];
    };
}

methods! {
    "list" {
        "__init__" => fill, "remove" => list_remove, "index" => list_index, "count" => list_count, "sort" => list_sort,
        "reverse" => list_reverse, "clear" => clear,
    }
    "dict" { "__init__" => fill, "fromkeys" => fromkeys, "clear" => clear, "popitem" => open_up }
    "set" {
        "__init__" => fill, "remove" => set_remove, "union" => union, "intersection" => intersection,
        "difference" => difference, "issubset" => issubset, "issuperset" => issuperset, "copy" => union, "clear" => clear,
        "pop" => open_up, "difference_update" => open_up, "intersection_update" => open_up,
        "symmetric_difference_update" => open_up,
    }
    "frozenset" {
        "union" => union, "intersection" => intersection, "difference" => difference, "issubset" => issubset,
        "issuperset" => issuperset,
    }
}

/// The container behind the receiver, also of subclasses of built-in containers.
fn container(interp: &Interp<'_>, args: &Args) -> Option<Obj> {
    let obj = args.pos.first()?.as_obj()?;
    match interp.payload(obj) {
        Payload::Base(inner) => Some(inner),
        _ => Some(obj),
    }
}

/// `super().__init__(...)` of a subclass: takes the content from the arguments.
fn fill(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(target) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let class = match &interp.heap.get(target).kind {
        Kind::List(_) => "list",
        Kind::Dict(_) => "dict",
        Kind::Set(_) => "set",
        _ => return Ok(interp.unknown()),
    };
    let class = Value::Obj(interp.builtins.class(class));
    let rest = Args {
        pos: args.pos[1..].to_vec(),
        ..args
    };
    let Value::Obj(source) = interp.call(&class, rest)? else {
        interp.heap.get_mut(target).open = true;
        return Ok(Value::None);
    };
    let (content, open) = {
        let cell = interp.heap.get(source);
        (cell.kind.clone(), cell.open)
    };
    let cell = interp.heap.get_mut(target);
    cell.open |= open;
    match (&mut cell.kind, content) {
        (Kind::Dict(old), Kind::Dict(new)) => old.extend(new),
        (kind, content) => *kind = content,
    }
    Ok(Value::None)
}

/// A change whose outcome depends on the order of a hash table, or is not worth following.
fn open_up(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(target) = container(interp, &args) {
        interp.heap.get_mut(target).open = true;
    }
    Ok(interp.unknown())
}

fn clear(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(target) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let cell = interp.heap.get_mut(target);
    cell.open = false;
    match &mut cell.kind {
        Kind::List(items) => items.clear(),
        Kind::Dict(table) | Kind::Set(table) => table.clear(),
        _ => cell.open = true,
    }
    Ok(Value::None)
}

fn position(interp: &mut Interp<'_>, args: &Args) -> Option<(Obj, Option<usize>)> {
    let target = container(interp, args)?;
    let wanted = args.pos.get(1)?.clone();
    let Kind::List(items) = interp.heap.get(target).kind.clone() else {
        return None;
    };
    if interp.heap.get(target).open {
        return None;
    }
    for (at, item) in items.iter().enumerate() {
        match interp.equal(item, &wanted) {
            Some(true) => return Some((target, Some(at))),
            Some(false) => {}
            None => return None,
        }
    }
    Some((target, None))
}

fn list_remove(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match position(interp, &args) {
        Some((target, Some(at))) => {
            if let Kind::List(items) = &mut interp.heap.get_mut(target).kind {
                items.remove(at);
            }
            Ok(Value::None)
        }
        Some((_, None)) => Err(interp.error("ValueError", "list.remove(x): x not in list")),
        None => open_up(interp, args),
    }
}

fn list_index(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if args.pos.len() > 2 {
        return Ok(interp.unknown());
    }
    match position(interp, &args) {
        Some((_, Some(at))) => Ok(Value::Int(i64::try_from(at).unwrap_or(0))),
        Some((_, None)) => match args.pos.get(1).and_then(|v| interp.repr_of(v)) {
            Some(text) => Err(interp.error("ValueError", &format!("{text} is not in list"))),
            None => Ok(interp.unknown()),
        },
        None => Ok(interp.unknown()),
    }
}

fn list_count(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(list), Some(wanted)) = (args.pos.first().cloned(), args.pos.get(1).cloned()) else {
        return Ok(interp.unknown());
    };
    let Some(items) = interp.items_of(&list)? else {
        return Ok(interp.unknown());
    };
    let mut count = 0;
    for item in items {
        match interp.equal(&item, &wanted) {
            Some(true) => count += 1,
            Some(false) => {}
            None => return Ok(interp.unknown()),
        }
    }
    Ok(Value::Int(count))
}

/// Sorts in place when every comparison is known.
fn list_sort(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(target) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let name = interp.sym("sorted");
    let builtins = Value::Obj(interp.builtins.module);
    let sorted = interp.attribute(&builtins, name)?;
    let sorted = interp.call(
        &sorted,
        Args {
            pos: vec![Value::Obj(target)],
            ..args
        },
    )?;
    let new = match sorted.as_obj().map(|o| interp.heap.get(o)) {
        Some(cell) if !cell.open => Some(cell.kind.clone()),
        _ => None,
    };
    let cell = interp.heap.get_mut(target);
    match new {
        Some(kind) => cell.kind = kind,
        None => cell.open = true,
    }
    Ok(Value::None)
}

fn list_reverse(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(target) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    if let Kind::List(items) = &mut interp.heap.get_mut(target).kind {
        items.reverse();
    }
    Ok(Value::None)
}

/// `dict.fromkeys(keys, value=None)`
fn fromkeys(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let keys = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let value = args.pos.get(2).cloned().unwrap_or(Value::None);
    let exact = args.pos.first().and_then(Value::as_obj) == Some(interp.builtins.class("dict"));
    let items = interp.items_of(&keys)?;
    let Some(items) = items.filter(|_| exact) else {
        return Ok(interp.unknown());
    };
    let mut table = Table::default();
    let mut open = false;
    for item in items {
        open |= interp.hashes_by_value(&item);
        match interp.hash_key(&item) {
            Some(key) => {
                table.insert(key, (item, value.clone()));
            }
            None => open = true,
        }
    }
    let dict = interp.heap.alloc(Kind::Dict(table));
    interp.heap.get_mut(dict).open = open;
    Ok(Value::Obj(dict))
}

fn set_remove(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(target) = container(interp, &args) else {
        return Ok(interp.unknown());
    };
    let open = interp.heap.get(target).open;
    let Some(wanted) = args.pos.get(1).cloned() else {
        return Ok(interp.unknown());
    };
    let key = interp
        .hash_key(&wanted)
        .filter(|_| !interp.hashes_by_value(&wanted));
    if let (Some(key), Kind::Set(table)) = (key, &mut interp.heap.get_mut(target).kind) {
        if table.shift_remove(&key).is_some() || open {
            return Ok(Value::None);
        }
        let stop = interp.fault("KeyError", "", "key-error", &[]);
        return Err(interp.with_argument(stop, wanted));
    }
    open_up(interp, args)
}

/// Tables of the receiver and of all arguments; `None` when one is not known.
fn tables(interp: &mut Interp<'_>, args: &Args) -> R<Option<Vec<Table>>> {
    let mut all = Vec::new();
    for value in &args.pos {
        let table = match interp.table_of(value) {
            Some((table, false)) => table,
            Some((_, true)) => return Ok(None),
            None => match interp.items_of(value)? {
                Some(items) => {
                    let keys: Option<Table> = items
                        .into_iter()
                        .map(|v| {
                            let key = interp.hash_key(&v).filter(|_| !interp.hashes_by_value(&v));
                            Some((key?, (v, Value::None)))
                        })
                        .collect();
                    match keys {
                        Some(table) => table,
                        None => return Ok(None),
                    }
                }
                None => return Ok(None),
            },
        };
        all.push(table);
    }
    Ok(Some(all))
}

/// A set of the receiver's kind.
fn same_kind(interp: &mut Interp<'_>, args: &Args, table: Option<Table>) -> Value {
    let frozen = container(interp, args)
        .is_some_and(|o| matches!(interp.heap.get(o).kind, Kind::FrozenSet(_)));
    let open = table.is_none();
    let table = table.unwrap_or_default();
    let set = interp.heap.alloc(if frozen {
        Kind::FrozenSet(table)
    } else {
        Kind::Set(table)
    });
    interp.heap.get_mut(set).open = open;
    Value::Obj(set)
}

fn union(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let tables = tables(interp, &args)?;
    let joined = tables.map(|all| all.into_iter().flatten().collect());
    Ok(same_kind(interp, &args, joined))
}

fn intersection(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let tables = tables(interp, &args)?;
    let kept = tables.map(|mut all| {
        let mut first = all.remove(0);
        first.retain(|k, _| all.iter().all(|t| t.contains_key(k)));
        first
    });
    Ok(same_kind(interp, &args, kept))
}

fn difference(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let tables = tables(interp, &args)?;
    let kept = tables.map(|mut all| {
        let mut first = all.remove(0);
        first.retain(|k, _| !all.iter().any(|t| t.contains_key(k)));
        first
    });
    Ok(same_kind(interp, &args, kept))
}

fn issubset(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match tables(interp, &args)?.as_deref() {
        Some([a, b]) => Value::Bool(a.keys().all(|k| b.contains_key(k))),
        _ => interp.unknown(),
    })
}

fn issuperset(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match tables(interp, &args)?.as_deref() {
        Some([a, b]) => Value::Bool(b.keys().all(|k| a.contains_key(k))),
        _ => interp.unknown(),
    })
}
