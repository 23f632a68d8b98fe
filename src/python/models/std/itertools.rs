//! `itertools` over items that are known. What is lazy is only taken apart when that has no
//! effect of its own.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("itertools", "chain.__new__", chain_new),
    ("itertools", "chain.from_iterable", chain_from_iterable),
];

fn iterator(interp: &mut Interp<'_>, items: Vec<Value>) -> Value {
    Value::Obj(interp.heap.alloc(Kind::Iter {
        items: items.into(),
        next: 0,
    }))
}

/// Items of a container that stays as it is when it is read.
fn still_items(interp: &mut Interp<'_>, value: &Value) -> R<Option<Vec<Value>>> {
    let still = matches!(value, Value::Tuple(_) | Value::Str(_))
        || matches!(
            interp.built_in_kind(value),
            Some("list" | "dict" | "set" | "frozenset" | "tuple" | "str")
        )
        || value
            .as_obj()
            .is_some_and(|o| matches!(interp.heap.get(o).kind, Kind::Iter { .. }))
        || ["dict_keys", "dict_values", "dict_items"]
            .iter()
            .any(|name| interp.is_a(value, name));
    if still {
        interp.items_of(value)
    } else {
        Ok(None)
    }
}

fn chained(interp: &mut Interp<'_>, parts: &[Value]) -> R<Value> {
    let mut all = Vec::new();
    for part in parts {
        match still_items(interp, part)? {
            Some(items) => all.extend(items),
            None => return Ok(interp.unknown()),
        }
    }
    Ok(iterator(interp, all))
}

fn chain_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if args.open {
        return Ok(interp.unknown());
    }
    let parts = args.pos.get(1..).unwrap_or_default().to_vec();
    chained(interp, &parts)
}

fn chain_from_iterable(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    match still_items(interp, &value)? {
        Some(parts) => chained(interp, &parts),
        None => Ok(interp.unknown()),
    }
}
