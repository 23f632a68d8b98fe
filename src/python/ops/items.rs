//! Items of containers: reading, writing and deleting them.

use super::special::Special;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, Obj, Payload, Value};

impl<'a> Interp<'a> {
    /// `value[index]`
    ///
    /// # Errors
    /// `KeyError`, `IndexError`, `TypeError` where certain.
    pub fn subscript(&mut self, value: &Value, index: &Value) -> R<Value> {
        match value {
            Value::Unknown => return Ok(self.unknown()),
            Value::Tuple(items) => {
                let items = items.clone();
                return self.sequence_item(&items, index, "tuple", true);
            }
            Value::Bytes(bytes) => {
                let items: Vec<Value> = bytes.iter().map(|b| Value::Int(i64::from(*b))).collect();
                return match index {
                    Value::Int(_) => self.sequence_item(&items, index, "", true),
                    _ => Ok(self.unknown()),
                };
            }
            Value::Str(text) => {
                let text = text.clone();
                return self.string_item(&text.text, index);
            }
            _ => {}
        }
        let Value::Obj(obj) = value else {
            let kind = self.type_name(value);
            return Err(self.error(
                "TypeError",
                &format!("'{kind}' object is not subscriptable"),
            ));
        };
        let open = self.heap.get(*obj).open;
        match self.heap.get(*obj).kind.clone() {
            Kind::List(items) => {
                if open {
                    return Ok(self.unknown());
                }
                self.sequence_item(&items, index, "list", false)
            }
            Kind::Dict(table) => {
                let Some(key) = self.hash_key(index) else {
                    self.touch_all(*obj, false);
                    return Ok(self.unknown());
                };
                match table.get(&key) {
                    Some((_, value)) => Ok(value.clone()),
                    None if open || self.hashes_by_value(index) => Ok(self.unknown()),
                    None => {
                        let text = self.repr_of(index).unwrap_or_default();
                        let stop = self.fault("KeyError", "", "key-error", &[("key", &text)]);
                        Err(self.with_argument(stop, index.clone()))
                    }
                }
            }
            Kind::Range(..) if matches!(index, Value::Int(_)) => match self.items_of(value)? {
                Some(items) => self.sequence_item(&items, index, "range object", false),
                None => Ok(self.unknown()),
            },
            Kind::Class(_) => match self.special(value, "__getitem__") {
                Special::Method(method) => {
                    self.call(&method, Args::positional(vec![index.clone()]))
                }
                _ => self.subscript_class(*obj, index),
            },
            Kind::Form { .. } => self.subscript_form(value, index),
            Kind::Instance {
                payload: Payload::Value(inner @ (Value::Tuple(_) | Value::Str(_))),
                ..
            } => {
                let name = self.names.getitem;
                match self.runnable(value, name) {
                    Some(method) => self.call(&method, Args::positional(vec![index.clone()])),
                    None => self.subscript(&inner, index),
                }
            }
            Kind::Instance {
                payload: Payload::Base(inner),
                ..
            } => {
                let name = self.names.getitem;
                match self.runnable(value, name) {
                    Some(method) => self.call(&method, Args::positional(vec![index.clone()])),
                    None if self.view_of(value).is_some() => {
                        let kind = self.type_name(value);
                        let message = format!("'{kind}' object is not subscriptable");
                        Err(self.error("TypeError", &message))
                    }
                    None => self.subscript_base(value, inner, index),
                }
            }
            _ => {
                let name = self.names.getitem;
                match self.type_attribute(value, name)? {
                    Some(method) => self.call(&method, Args::positional(vec![index.clone()])),
                    None if self.is_blurred(value) => Ok(self.unknown()),
                    None => {
                        let kind = self.type_name(value);
                        Err(self.error(
                            "TypeError",
                            &format!("'{kind}' object is not subscriptable"),
                        ))
                    }
                }
            }
        }
    }

    /// An item was taken by an unknown key: whatever is done to it next is done to any of them.
    pub(super) fn touch_all(&mut self, container: Obj, grows: bool) {
        let (Kind::Dict(table) | Kind::Set(table)) = &self.heap.get(container).kind else {
            return;
        };
        let items: Vec<Obj> = table.values().filter_map(|(_, v)| v.as_obj()).collect();
        for item in items {
            if matches!(
                self.heap.get(item).kind,
                Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
            ) {
                self.heap.get_mut(item).open = true;
            }
        }
        if grows {
            self.heap.get_mut(container).open = true;
        }
    }

    pub(super) fn subscript_base(&mut self, value: &Value, inner: Obj, index: &Value) -> R<Value> {
        if Key::of(index).is_none() {
            self.touch_all(inner, true);
            return Ok(self.unknown());
        }
        let missing = self.names.missing;
        if let Kind::Dict(table) = &self.heap.get(inner).kind
            && let Some(key) = self.hash_key(index)
            && !table.contains_key(&key)
        {
            let open = self.heap.get(inner).open || self.is_blurred(value);
            if open || self.hashes_by_value(index) {
                return Ok(self.unknown());
            }
            if let Some(method) = self.runnable(value, missing) {
                return self.call(&method, Args::positional(vec![index.clone()]));
            }
            if self.is_blurred(value) {
                return Ok(self.unknown());
            }
        }
        self.subscript(&Value::Obj(inner), index)
    }

    /// Replaces the arguments of an exception on its way.
    pub fn with_argument(&mut self, stop: Stop, argument: Value) -> Stop {
        if let Stop::Raise(raised) = &stop
            && let Some(obj) = raised.exc.as_obj()
        {
            let args = self.names.args;
            self.heap.get_mut(obj).attrs.insert(
                args,
                crate::python::value::Slot::sure(Value::tuple(vec![argument])),
            );
        }
        stop
    }

    pub(super) fn sequence_item(
        &mut self,
        items: &[Value],
        index: &Value,
        kind: &str,
        tuple: bool,
    ) -> R<Value> {
        match self.index_of(index)? {
            Value::Int(i) => match position(i, items.len()).and_then(|at| items.get(at)) {
                Some(value) => Ok(value.clone()),
                None => {
                    let message = format!("{kind} index out of range");
                    Err(self.error("IndexError", message.trim_start()))
                }
            },
            Value::Unknown => match index.as_obj().map(|o| self.slice_positions(o, items.len())) {
                Some(Ok(Some(positions))) => {
                    let part = positions.into_iter().map(|at| items[at].clone()).collect();
                    Ok(if tuple {
                        Value::tuple(part)
                    } else {
                        self.list(part)
                    })
                }
                Some(Err(stop)) => Err(stop),
                _ => Ok(self.unknown()),
            },
            other => Err(self.bad_index(
                &format!("{kind} indices must be integers or slices, not"),
                &other,
            )),
        }
    }

    fn bad_index(&mut self, text: &str, index: &Value) -> Stop {
        let kind = self.type_name(index);
        self.error("TypeError", &format!("{text} {kind}"))
    }

    pub(super) fn string_item(&mut self, text: &str, index: &Value) -> R<Value> {
        let chars: Vec<char> = text.chars().collect();
        match self.index_of(index)? {
            Value::Int(i) => match position(i, chars.len()).and_then(|at| chars.get(at)) {
                Some(c) => Ok(Value::str(c.to_string())),
                None => Err(self.error("IndexError", "string index out of range")),
            },
            Value::Unknown => match index.as_obj().map(|o| self.slice_positions(o, chars.len())) {
                Some(Ok(Some(positions))) => Ok(Value::str(
                    positions
                        .into_iter()
                        .map(|at| chars[at])
                        .collect::<String>(),
                )),
                Some(Err(stop)) => Err(stop),
                _ => Ok(self.unknown()),
            },
            other => {
                let kind = self.type_name(&other);
                let message = if self.version >= (3, 11) {
                    format!("string indices must be integers, not '{kind}'")
                } else {
                    "string indices must be integers".to_owned()
                };
                Err(self.error("TypeError", &message))
            }
        }
    }

    /// The positions that a slice selects; `None` when that is not known.
    fn slice_positions(&mut self, slice: Obj, len: usize) -> R<Option<Vec<usize>>> {
        let Kind::Slice(lower, upper, step) = self.heap.get(slice).kind.clone() else {
            return Ok(None);
        };
        let mut bounds = [None; 3];
        for (bound, value) in bounds.iter_mut().zip([lower, upper, step]) {
            match self.index_of(&value)? {
                Value::None => {}
                Value::Int(i) => *bound = Some(i),
                _ => return Ok(None),
            }
        }
        let [lower, upper, step] = bounds;
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(self.error("ValueError", "slice step cannot be zero"));
        }
        let size = i64::try_from(len).unwrap_or(0);
        let clamp = |bound: i64| {
            let at = if bound < 0 { bound + size } else { bound };
            if step > 0 {
                at.clamp(0, size)
            } else {
                at.clamp(-1, size - 1)
            }
        };
        let (first, last) = if step > 0 { (0, size) } else { (size - 1, -1) };
        let (mut at, end) = (lower.map_or(first, clamp), upper.map_or(last, clamp));
        let mut positions = Vec::new();
        while if step > 0 { at < end } else { at > end } {
            positions.extend(usize::try_from(at));
            at = at.saturating_add(step);
        }
        Ok(Some(positions))
    }

    /// `value[index] = new`
    ///
    /// # Errors
    /// `TypeError` where certain, and what `__setitem__` raises.
    pub fn set_item(&mut self, value: &Value, index: &Value, new: Value) -> R<()> {
        let Value::Obj(obj) = value else {
            if value.is_unknown() {
                self.blur();
                return Ok(());
            }
            let kind = self.type_name(value);
            return Err(self.error(
                "TypeError",
                &format!("'{kind}' object does not support item assignment"),
            ));
        };
        self.refuse_change(value, "does not support item assignment")?;
        match self.special(value, "__setitem__") {
            Special::Method(method) => {
                self.call(&method, Args::positional(vec![index.clone(), new]))?;
                return Ok(());
            }
            Special::Absent if self.is_plain_instance(value) => {
                let kind = self.type_name(value);
                let message = format!("'{kind}' object does not support item assignment");
                return Err(self.error("TypeError", &message));
            }
            _ => {}
        }
        let target = match self.payload(*obj) {
            Payload::Base(inner) => inner,
            _ => *obj,
        };
        let key = self.hash_key(index);
        let by_value = self.hashes_by_value(index);
        let at = match index {
            Value::Int(i) => Some(*i),
            _ => None,
        };
        let cell = self.heap.get_mut(target);
        match &mut cell.kind {
            Kind::Dict(table) => match key {
                Some(key) => {
                    table.insert(key, (index.clone(), new));
                    cell.open |= by_value;
                }
                None => cell.open = true,
            },
            Kind::List(items) => {
                let len = i64::try_from(items.len()).unwrap_or(0);
                let slot = at
                    .map(|i| if i < 0 { i + len } else { i })
                    .and_then(|i| usize::try_from(i).ok())
                    .and_then(|i| items.get_mut(i));
                match slot {
                    Some(slot) => *slot = new,
                    None => cell.open = true,
                }
            }
            _ => self.blur(),
        }
        self.module_dict_changed(target);
        Ok(())
    }

    /// What `types.MappingProxyType` made takes nothing and loses nothing.
    fn refuse_change(&mut self, value: &Value, refusal: &str) -> R<()> {
        let view = self.builtins.class("mappingproxy");
        let is_view = value.as_obj().is_some_and(|obj| {
            matches!(&self.heap.get(obj).kind, Kind::Instance { class, .. } if *class == view)
        });
        if is_view {
            let message = format!("'mappingproxy' object {refusal}");
            return Err(self.error("TypeError", &message));
        }
        Ok(())
    }

    /// `del value[index]`
    pub(in crate::python) fn delete_item(&mut self, value: &Value, index: &Value) -> R<()> {
        let key = self
            .hash_key(index)
            .filter(|_| !self.hashes_by_value(index));
        // An index is looked up among the methods of sequences, which have words of their own.
        let refusal = match index {
            Value::Int(_) | Value::Bool(_) => "doesn't support item deletion",
            _ => "does not support item deletion",
        };
        self.refuse_change(value, refusal)?;
        match self.special(value, "__delitem__") {
            Special::Method(method) => {
                self.call(&method, Args::positional(vec![index.clone()]))?;
                return Ok(());
            }
            Special::Absent if self.is_plain_instance(value) => {
                let kind = self.type_name(value);
                let message = format!("'{kind}' object {refusal}");
                return Err(self.error("TypeError", &message));
            }
            _ => {}
        }
        if let Value::Obj(obj) = value {
            let target = match self.payload(*obj) {
                Payload::Base(inner) => inner,
                _ => *obj,
            };
            let open = self.heap.get(target).open;
            match (&mut self.heap.get_mut(target).kind, key, index) {
                (Kind::Dict(table), Some(key), _) => {
                    let removed = table.shift_remove(&key);
                    if removed.is_some() {
                        return Ok(());
                    }
                }
                (Kind::List(items), _, Value::Int(index)) if !open => {
                    match position(*index, items.len()).filter(|at| *at < items.len()) {
                        Some(at) => {
                            items.remove(at);
                            return Ok(());
                        }
                        None => {
                            let message = "list assignment index out of range";
                            return Err(self.error("IndexError", message));
                        }
                    }
                }
                // Nobody knows which one is gone.
                (Kind::List(items), ..) => items.clear(),
                _ => {}
            }
            self.heap.get_mut(target).open = true;
        }
        self.blur();
        Ok(())
    }
}

/// A position counted from either end.
fn position(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 {
        index + i64::try_from(len).ok()?
    } else {
        index
    };
    usize::try_from(at).ok()
}
