//! Iteration over values.

use std::cell::RefCell;
use std::rc::Rc;

use super::call::Args;
use super::interp::Interp;
use super::ops::Special;
use super::raise::{R, Stop};
use super::value::{Kind, Obj, Payload, SuspendedKind, Table, Value};

/// Items of one iteration that are followed exactly.
const MAX_ITEMS: usize = 20_000;

impl<'a> Interp<'a> {
    /// Calls `body` with each item until it answers false. Answers false when the items are not
    /// known; `body` was then not called (or not for all of them).
    ///
    /// # Errors
    /// What iterating or the body raises.
    pub fn each(
        &mut self,
        value: &Value,
        body: &mut dyn FnMut(&mut Self, Value) -> R<bool>,
    ) -> R<bool> {
        if let Some(items) = self.items_now(value)? {
            for item in items {
                self.tick()?;
                if !body(self, item)? {
                    break;
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// All items of a value; `None` when they are not known.
    ///
    /// # Errors
    /// `TypeError` for what is certainly not iterable, and what iterating raises.
    pub fn items_of(&mut self, value: &Value) -> R<Option<Vec<Value>>> {
        self.items_now(value)
    }

    fn items_now(&mut self, value: &Value) -> R<Option<Vec<Value>>> {
        let obj = match value {
            Value::Unknown => {
                self.blur();
                return Ok(None);
            }
            Value::Tuple(items) => return Ok(Some(items.to_vec())),
            Value::Str(text) => {
                return Ok(Some(
                    text.text
                        .chars()
                        .map(|c| Value::str(c.to_string()))
                        .collect(),
                ));
            }
            Value::Bytes(bytes) => {
                return Ok(Some(
                    bytes.iter().map(|b| Value::Int(i64::from(*b))).collect(),
                ));
            }
            Value::Obj(obj) => *obj,
            _ => return Err(self.not_iterable(value)),
        };
        // Which modules are loaded is known, also where merged ways have loaded different ones: those
        // that only one of them has are as good as not loaded.
        let of_modules = obj == self.modules;
        let open = self.heap.get(obj).open && !of_modules;
        let items = match &self.heap.get(obj).kind {
            _ if open => None,
            Kind::List(items) => Some(items.clone()),
            Kind::Dict(table) | Kind::Set(table) | Kind::FrozenSet(table) => {
                Some(table.values().map(|(key, _)| key.clone()).collect())
            }
            Kind::Range(start, stop, step) => range_items(*start, *stop, *step),
            Kind::Iter { items, next } => {
                let rest = items.get(*next..).unwrap_or_default().to_vec();
                let end = items.len();
                if let Kind::Iter { next, .. } = &mut self.heap.get_mut(obj).kind {
                    *next = end;
                }
                Some(rest)
            }
            Kind::Suspended {
                kind: SuspendedKind::Generator,
                started: false,
                ..
            } => {
                return self.generator_items(obj);
            }
            Kind::Instance { payload, .. } => {
                let payload = payload.clone();
                return self.instance_items(value, obj, &payload);
            }
            Kind::Class(_) => return self.class_items(obj, value),
            Kind::Form { .. } | Kind::Suspended { .. } | Kind::Env { .. } | Kind::Super { .. } => {
                None
            }
            Kind::Function(_)
            | Kind::Module { .. }
            | Kind::Native(_)
            | Kind::Method { .. }
            | Kind::Property { .. } => {
                return Err(self.not_iterable(value));
            }
            _ => None,
        };
        if items.is_none() {
            self.blur();
        }
        Ok(items)
    }

    /// A plain value that has no items, whatever happens.
    pub(super) fn is_no_iterable(&self, value: &Value) -> bool {
        matches!(
            value,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Ellipsis
        ) || matches!(self.built_in_kind(value), Some("function" | "module"))
    }

    fn not_iterable(&mut self, value: &Value) -> Stop {
        let kind = self.type_name(value);
        self.error("TypeError", &format!("'{kind}' object is not iterable"))
    }

    fn instance_items(
        &mut self,
        value: &Value,
        obj: Obj,
        payload: &Payload,
    ) -> R<Option<Vec<Value>>> {
        let iter = self.names.iter;
        if let Some(method) = self.runnable(value, iter) {
            let iterator = self.call(&method, Args::none())?;
            return match &iterator {
                Value::Obj(o) if *o == obj => self.items_by_next(value),
                _ => self.items_now(&iterator),
            };
        }
        match payload {
            Payload::Base(inner) => self.items_now(&Value::Obj(*inner)),
            Payload::Value(inner @ (Value::Tuple(_) | Value::Str(_) | Value::Bytes(_))) => {
                let inner = inner.clone();
                self.items_now(&inner)
            }
            _ => {
                let getitem = self.names.getitem;
                if matches!(self.special(value, "__iter__"), Special::Absent)
                    && let Special::Method(method) = self.special(value, "__getitem__")
                {
                    return self.items_by_index(&method);
                }
                let known = !self.is_blurred(value)
                    && self.type_attribute(value, iter)?.is_none()
                    && self.type_attribute(value, getitem)?.is_none();
                if known {
                    return Err(self.not_iterable(value));
                }
                self.blur();
                Ok(None)
            }
        }
    }

    /// Calls `__next__` until it raises `StopIteration`.
    fn items_by_next(&mut self, iterator: &Value) -> R<Option<Vec<Value>>> {
        match self.special(iterator, "__next__") {
            Special::Method(method) => self.items_until("StopIteration", &method, false),
            _ => {
                self.blur();
                Ok(None)
            }
        }
    }

    /// The old protocol: `__getitem__` with 0, 1, ... until it raises `IndexError`.
    fn items_by_index(&mut self, method: &Value) -> R<Option<Vec<Value>>> {
        self.items_until("IndexError", method, true)
    }

    fn items_until(
        &mut self,
        end: &'static str,
        method: &Value,
        indexed: bool,
    ) -> R<Option<Vec<Value>>> {
        let mut items = Vec::new();
        let end_class = Value::Obj(self.builtins.exception(end));
        while items.len() < MAX_ITEMS {
            self.tick()?;
            let args = match i64::try_from(items.len()) {
                Ok(at) if indexed => Args::positional(vec![Value::Int(at)]),
                _ => Args::none(),
            };
            match self.catching(&[end], |i| i.call(method, args)) {
                Ok(Value::Unknown) => break,
                Ok(value) => items.push(value),
                Err(Stop::Raise(raised)) => {
                    return match self.exception_matches(&raised.exc, &end_class) {
                        Some(true) => Ok(Some(items)),
                        Some(false) => Err(Stop::Raise(raised)),
                        None => {
                            self.blur();
                            Ok(None)
                        }
                    };
                }
                Err(stop) => return Err(stop),
            }
        }
        self.blur();
        Ok(None)
    }

    fn class_items(&mut self, class: Obj, value: &Value) -> R<Option<Vec<Value>>> {
        if let Some(members) = self.enum_members(class) {
            return Ok(Some(members));
        }
        match self.special(value, "__iter__") {
            Special::Method(method) => {
                let iterator = self.call(&method, Args::none())?;
                return self.items_now(&iterator);
            }
            Special::Unknown | Special::Absent => {}
        }
        if self.meta_of(class) == self.builtins.type_class && !self.is_blurred_class(class) {
            let message = "'type' object is not iterable";
            return Err(self.error("TypeError", message));
        }
        self.blur();
        Ok(None)
    }

    /// Runs a generator to its end and collects what it yields.
    fn generator_items(&mut self, generator: Obj) -> R<Option<Vec<Value>>> {
        let collected: Rc<RefCell<Vec<Value>>> = Rc::default();
        let unsure: Rc<std::cell::Cell<bool>> = Rc::default();
        let (doubtful, doubt) = (unsure.clone(), self.doubt);
        let sink = collected.clone();
        let result = self.run_generator(
            generator,
            Box::new(move |i: &mut Self, value| {
                // Yielded on a way that may not be taken: how often is not known.
                if i.doubt > doubt {
                    doubtful.set(true);
                }
                let mut items = sink.borrow_mut();
                if items.len() >= MAX_ITEMS {
                    return Err(Stop::Budget("an endless generator"));
                }
                items.push(value);
                Ok(Value::None)
            }),
        )?;
        if result.is_unknown() || unsure.get() {
            self.blur();
            return Ok(None);
        }
        let items = collected.borrow().clone();
        Ok(Some(items))
    }

    /// Content of a dict-like value, and whether more may be in it; `None` when nothing is known.
    pub fn table_of(&self, value: &Value) -> Option<(Table, bool)> {
        let obj = value.as_obj()?;
        let cell = self.heap.get(obj);
        match &cell.kind {
            Kind::Dict(table) | Kind::Set(table) | Kind::FrozenSet(table) => {
                Some((table.clone(), cell.open))
            }
            Kind::Instance {
                payload: Payload::Base(inner),
                ..
            } => {
                let (table, open) = self.table_of(&Value::Obj(*inner))?;
                Some((table, open || cell.open))
            }
            _ => None,
        }
    }
}

fn range_items(start: i64, stop: i64, step: i64) -> Option<Vec<Value>> {
    let step_size = usize::try_from(step.unsigned_abs())
        .ok()
        .filter(|s| *s > 0)?;
    let span = if step > 0 {
        stop.checked_sub(start)?
    } else {
        start.checked_sub(stop)?
    };
    let count = usize::try_from(span.max(0)).ok()?.div_ceil(step_size);
    if count > MAX_ITEMS {
        return None;
    }
    (0..count)
        .map(|n| Some(Value::Int(start + i64::try_from(n).ok()? * step)))
        .collect()
}
