//! Built-in functions that ask the special methods of their argument: `len`, `next`, `sorted`,
//! `min`, `max`, `sum`, `abs`, `round`, `divmod`, `pow`.
//!
//! Source: `Python/bltinmodule.c`.

use ruff_python_ast::{CmpOp, Operator};

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::ops::Special;
use crate::python::raise::R;
use crate::python::value::{Kind, Payload, Value};

macro_rules! functions {
    ($($name:literal => $run:ident),* $(,)?) => {
        /// Functions of `builtins` with a model.
        pub static FUNCTIONS: &[NativeDef] = &[$(NativeDef { name: $name, run: $run }),*];
    };
}

functions! {
    "len" => len,
    "next" => next,
    "sorted" => sorted,
    "min" => min,
    "max" => max,
    "sum" => sum,
    "abs" => abs,
    "round" => round,
    "divmod" => divmod,
    "pow" => pow,
}

/// Values that are ordered one by one; more of them count as unknown.
const MAX_SORTED: usize = 5_000;

fn len(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(value) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    match interp.special(&value, "__len__") {
        Special::Method(method) => return interp.call(&method, Args::none()),
        Special::Absent if interp.is_plain_instance(&value) => return Err(no_len(interp, &value)),
        _ => {}
    }
    let count = match &value {
        Value::Str(s) => Some(s.text.chars().count()),
        Value::Bytes(b) => Some(b.len()),
        Value::Tuple(t) => Some(t.len()),
        Value::Obj(obj) if !interp.heap.get(*obj).open => match &interp.heap.get(*obj).kind {
            Kind::List(l) => Some(l.len()),
            Kind::Dict(t) | Kind::Set(t) | Kind::FrozenSet(t) => Some(t.len()),
            Kind::Range(..) => interp.items_of(&value)?.map(|items| items.len()),
            Kind::Instance { payload, .. } => match payload.clone() {
                Payload::Base(inner) => {
                    return len(interp, Args::positional(vec![Value::Obj(inner)]));
                }
                Payload::Value(inner @ (Value::Tuple(_) | Value::Str(_) | Value::Bytes(_))) => {
                    return len(interp, Args::positional(vec![inner]));
                }
                _ => None,
            },
            Kind::Class(_) => {
                let name = interp.names.len;
                return match interp.type_attribute(&value, name)? {
                    Some(method) => interp.call(&method, Args::none()),
                    None => Ok(interp.unknown()),
                };
            }
            Kind::Function(_) | Kind::Module { .. } => return Err(no_len(interp, &value)),
            _ => None,
        },
        Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
            return Err(no_len(interp, &value));
        }
        _ => None,
    };
    match count.and_then(|c| i64::try_from(c).ok()) {
        Some(count) => Ok(Value::Int(count)),
        None => Ok(interp.unknown()),
    }
}

fn no_len(interp: &mut Interp<'_>, value: &Value) -> crate::python::raise::Stop {
    let kind = interp.type_name(value);
    interp.error(
        "TypeError",
        &format!("object of type '{kind}' has no len()"),
    )
}

fn next(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let default = args.pos.get(1).cloned();
    let Some(Value::Obj(obj)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    if let Kind::Suspended { started: false, .. } = &interp.heap.get(obj).kind
        && let Some(items) = interp.items_of(&Value::Obj(obj))?
    {
        interp.heap.get_mut(obj).kind = Kind::Iter {
            items: items.into(),
            next: 0,
        };
    }
    if let Kind::Iter { items, next } = &mut interp.heap.get_mut(obj).kind {
        let item = items.get(*next).cloned();
        *next += 1;
        return match (item, default) {
            (Some(item), _) => Ok(item),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(interp.error("StopIteration", "")),
        };
    }
    let Special::Method(method) = interp.special(&Value::Obj(obj), "__next__") else {
        return Ok(interp.unknown());
    };
    let Some(default) = default else {
        return interp.call(&method, Args::none());
    };
    let end = Value::Obj(interp.builtins.exception("StopIteration"));
    match interp.catching(&["StopIteration"], |i| i.call(&method, Args::none())) {
        Err(crate::python::raise::Stop::Raise(raised)) => {
            match interp.exception_matches(&raised.exc, &end) {
                Some(true) => Ok(default),
                Some(false) => Err(crate::python::raise::Stop::Raise(raised)),
                None => Ok(interp.unknown()),
            }
        }
        other => other,
    }
}

/// A keyword argument.
fn keyword(interp: &mut Interp<'_>, args: &Args, name: &str) -> Option<Value> {
    let name = interp.sym(name);
    args.keyword(name).cloned()
}

impl<'a> Interp<'a> {
    /// Items in the order of `sorted(items, key=key, reverse=reverse)`; `None` when it is not
    /// known.
    ///
    /// # Errors
    /// What the key function or a comparison raises.
    pub(in crate::python) fn sorted_items(
        &mut self,
        items: Vec<Value>,
        key: Option<&Value>,
        reverse: bool,
    ) -> R<Option<Vec<Value>>> {
        if items.len() > MAX_SORTED {
            return Ok(None);
        }
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            keyed.push((self.key_of(key, &item)?, item));
        }
        if reverse {
            keyed.reverse();
        }
        let mut order: Vec<(Value, Value)> = Vec::with_capacity(keyed.len());
        for (new, item) in keyed {
            // Behind everything that is not greater: the sort is stable.
            let (mut low, mut high) = (0, order.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                let less = self.compare(CmpOp::Lt, &new, &order[middle].0)?;
                match self.truth(&less)? {
                    Some(true) => high = middle,
                    Some(false) => low = middle + 1,
                    None => return Ok(None),
                }
            }
            order.insert(low, (new, item));
        }
        let mut sorted: Vec<Value> = order.into_iter().map(|(_, item)| item).collect();
        if reverse {
            sorted.reverse();
        }
        Ok(Some(sorted))
    }

    fn key_of(&mut self, key: Option<&Value>, item: &Value) -> R<Value> {
        match key {
            None | Some(Value::None) => Ok(item.clone()),
            Some(key) => self.call(key, Args::positional(vec![item.clone()])),
        }
    }
}

fn sorted(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let items = interp.items_of(&value)?;
    let all = items.clone();
    let key = keyword(interp, &args, "key");
    let reverse = match keyword(interp, &args, "reverse") {
        None => Some(false),
        Some(value) => interp.truth(&value)?,
    };
    let sorted = match (items, reverse) {
        (Some(items), Some(reverse)) => interp.sorted_items(items, key.as_ref(), reverse)?,
        _ => None,
    };
    Ok(match sorted {
        Some(items) => interp.list(items),
        None => {
            // In an order that is not known they are reached as unknown values, and changed.
            interp.escape_within(&all.unwrap_or_default());
            interp.blur();
            interp.open_object(Kind::List(Vec::new()))
        }
    })
}

fn extreme(interp: &mut Interp<'_>, args: &Args, name: &str, op: CmpOp) -> R<Value> {
    let items = match args.pos.as_slice() {
        [one] => {
            let one = one.clone();
            interp.items_of(&one)?
        }
        many => Some(many.to_vec()),
    };
    let key = keyword(interp, args, "key");
    let default = keyword(interp, args, "default");
    let Some(items) = items.filter(|_| !args.open) else {
        return Ok(interp.unknown());
    };
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let new = interp.key_of(key.as_ref(), &item)?;
        let Some((old, _)) = &best else {
            best = Some((new, item));
            continue;
        };
        let old = old.clone();
        let better = interp.compare(op, &new, &old)?;
        match interp.truth(&better)? {
            Some(true) => best = Some((new, item)),
            Some(false) => {}
            None => return Ok(interp.unknown()),
        }
    }
    match (best, default) {
        (Some((_, best)), _) => Ok(best),
        (None, Some(default)) => Ok(default),
        (None, None) => {
            let what = if interp.version >= (3, 12) {
                "iterable argument is empty"
            } else {
                "arg is an empty sequence"
            };
            Err(interp.error("ValueError", &format!("{name}() {what}")))
        }
    }
}

fn min(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    extreme(interp, &args, "min", CmpOp::Lt)
}

fn max(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    extreme(interp, &args, "max", CmpOp::Gt)
}

fn sum(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let Some(items) = interp.items_of(&value)? else {
        return Ok(interp.unknown());
    };
    let start = keyword(interp, &args, "start");
    let mut total = args.pos.get(1).cloned().or(start).unwrap_or(Value::Int(0));
    for item in items {
        total = interp.binary(Operator::Add, &total, &item)?;
    }
    Ok(total)
}

fn abs(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.first() {
        Some(Value::Int(i)) => Value::Int(i.saturating_abs()),
        Some(Value::Float(f)) => Value::Float(f.abs()),
        Some(value) => match interp.ask(&value.clone(), "__abs__")? {
            Some(answer) => answer,
            None => interp.unknown(),
        },
        None => interp.unknown(),
    })
}

fn round(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.as_slice() {
        [Value::Int(i)] => Value::Int(*i),
        #[allow(clippy::cast_possible_truncation)]
        [Value::Float(f)] if f.abs() < 9.0e15 => Value::Int(f.round_ties_even() as i64),
        [value, rest @ ..] => match interp.special(&value.clone(), "__round__") {
            Special::Method(method) => interp.call(&method, Args::positional(rest.to_vec()))?,
            _ => interp.unknown(),
        },
        [] => interp.unknown(),
    })
}

fn divmod(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [a, b] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    if interp.built_in_kind(a).is_some() && interp.built_in_kind(b).is_some() {
        let whole = interp.binary(Operator::FloorDiv, a, b)?;
        let rest = interp.binary(Operator::Mod, a, b)?;
        return Ok(Value::tuple(vec![whole, rest]));
    }
    match interp.special(&a.clone(), "__divmod__") {
        Special::Method(method) => interp.call(&method, Args::positional(vec![b.clone()])),
        _ => Ok(interp.unknown()),
    }
}

fn pow(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.as_slice() {
        [a, b] if args.kw.is_empty() => interp.binary(Operator::Pow, a, b),
        _ => Ok(interp.unknown()),
    }
}
