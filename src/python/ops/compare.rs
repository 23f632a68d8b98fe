//! Truth, equality, order and membership.

use ruff_python_ast::{self as ast, CmpOp};
use ruff_text_size::Ranged;

use super::special::{Answer, Special, comparison_methods, refuses_order};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Cell, Key, Kind, Obj, Payload, Value};

impl<'a> Interp<'a> {
    /// Truth of a value; `None` when it is not known.
    ///
    /// # Errors
    /// What `__bool__` or `__len__` raises.
    pub fn truth(&mut self, value: &Value) -> R<Option<bool>> {
        Ok(match value {
            Value::Unknown => {
                self.blur();
                None
            }
            Value::None => Some(false),
            Value::Bool(b) => Some(*b),
            Value::Int(i) => Some(*i != 0),
            Value::Float(f) => Some(*f != 0.0),
            Value::Str(s) => Some(!s.text.is_empty()),
            Value::Bytes(b) => Some(!b.is_empty()),
            Value::Tuple(t) => Some(!t.is_empty()),
            Value::Ellipsis | Value::NotImplemented => Some(true),
            Value::Obj(obj) => {
                let cell = self.heap.get(*obj);
                let open = cell.open;
                match &cell.kind {
                    Kind::List(l) if !l.is_empty() => Some(true),
                    Kind::Dict(t) | Kind::Set(t) | Kind::FrozenSet(t) if !t.is_empty() => {
                        Some(true)
                    }
                    Kind::List(_) | Kind::Dict(_) | Kind::Set(_) | Kind::FrozenSet(_) => {
                        if open {
                            None
                        } else {
                            Some(false)
                        }
                    }
                    Kind::Range(start, stop, step) => Some(if *step > 0 {
                        start < stop
                    } else {
                        start > stop
                    }),
                    Kind::Instance { payload, .. } => {
                        let payload = payload.clone();
                        return self.instance_truth(value, &payload);
                    }
                    Kind::Class(_) => Some(true),
                    _ => Some(true),
                }
            }
        })
    }

    pub(super) fn instance_truth(&mut self, value: &Value, payload: &Payload) -> R<Option<bool>> {
        let bool_name = self.names.bool;
        let len_name = self.names.len;
        for name in [bool_name, len_name] {
            if let Some(method) = self.runnable(value, name) {
                let answer = self.call(&method, Args::none())?;
                return self.truth(&answer);
            }
        }
        match payload {
            Payload::Value(Value::Obj(_)) | Payload::None => {}
            Payload::Value(inner) => return self.truth(&inner.clone()),
            Payload::Base(inner) => return self.truth(&Value::Obj(*inner)),
        }
        Ok(if self.is_blurred(value) {
            None
        } else {
            Some(true)
        })
    }

    /// `a == b`; `None` when it is not known.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Option<bool> {
        let answer = if self.guard.enter() {
            self.equal_within(a, b)
        } else {
            None
        };
        self.guard.leave();
        answer
    }

    fn equal_within(&mut self, a: &Value, b: &Value) -> Option<bool> {
        match (a, b) {
            (Value::Unknown, _) | (_, Value::Unknown) => None,
            #[allow(clippy::cast_precision_loss)]
            (Value::Int(i), Value::Float(f)) | (Value::Float(f), Value::Int(i)) => {
                Some(*i as f64 == *f)
            }
            (Value::Float(a), Value::Float(b)) => Some(a == b),
            // What is the same object is taken for equal, as CPython does.
            (Value::Tuple(x), Value::Tuple(y)) if std::rc::Rc::ptr_eq(x, y) => Some(true),
            (Value::Tuple(x), Value::Tuple(y)) => {
                if x.len() != y.len() {
                    return Some(false);
                }
                let mut all = Some(true);
                for (p, q) in x.iter().zip(y.iter()) {
                    match self.equal(p, q) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => all = None,
                    }
                }
                all
            }
            (Value::Obj(x), Value::Obj(y)) if x == y => Some(true),
            (Value::Obj(x), Value::Obj(y)) => self.equal_objects(*x, *y),
            // A path is equal to paths only.
            (Value::Obj(x), _) | (_, Value::Obj(x)) if self.is_path(*x) => Some(false),
            (Value::Obj(x), other) | (other, Value::Obj(x)) => match self.payload(*x) {
                Payload::Value(inner) => self.equal(&inner, other),
                Payload::None if self.equals_itself_only(*x) => Some(false),
                _ if matches!(self.heap.get(*x).kind, Kind::Instance { .. }) => None,
                _ => Some(false),
            },
            _ => match (Key::of(a), Key::of(b)) {
                (Some(p), Some(q)) => Some(p == q),
                _ => Some(a.same(b)),
            },
        }
    }

    pub(super) fn equal_objects(&mut self, x: Obj, y: Obj) -> Option<bool> {
        if self.differ_by_kind(x, y) || self.differ_by_kind(y, x) {
            return Some(false);
        }
        if self.heap.get(x).open || self.heap.get(y).open {
            return None;
        }
        match (self.heap.get(x).kind.clone(), self.heap.get(y).kind.clone()) {
            (Kind::List(p), Kind::List(q)) => self.equal(&Value::tuple(p), &Value::tuple(q)),
            (Kind::Set(p) | Kind::FrozenSet(p), Kind::Set(q) | Kind::FrozenSet(q)) => {
                Some(p.len() == q.len() && p.keys().all(|k| q.contains_key(k)))
            }
            (
                Kind::Class(_) | Kind::Module { .. } | Kind::Function(_),
                Kind::Class(_) | Kind::Module { .. } | Kind::Function(_),
            ) => Some(false),
            (
                Kind::Instance {
                    class: c,
                    payload: Payload::Value(p),
                },
                Kind::Instance {
                    class: d,
                    payload: Payload::Value(q),
                },
            ) if !self.has_own_eq(c) && !self.has_own_eq(d) => self.equal(&p, &q),
            (Kind::Instance { class: c, .. }, Kind::Instance { class: d, .. }) => {
                let members = self.enum_members(c).is_some() && self.enum_members(d).is_some();
                (members && !self.has_own_eq(c)).then_some(false)
            }
            _ => None,
        }
    }

    /// A class, a function or a module is never equal to a plain instance, whatever attributes
    /// either may have.
    fn differ_by_kind(&self, x: Obj, y: Obj) -> bool {
        let plain = match &self.heap.get(x).kind {
            Kind::Class(d) => d.meta.is_none() && !d.blurred,
            Kind::Function(_) | Kind::Module { .. } => true,
            _ => false,
        };
        plain
            && matches!(
                &self.heap.get(y).kind,
                Kind::Instance { class, payload: Payload::None }
                    if matches!(&self.heap.get(*class).kind, Kind::Class(d) if !d.blurred && !d.unknown_names && d.owner != crate::python::value::Owner::Stdlib)
                        && !self.has_own_eq(*class)
            )
    }

    /// Is an instance equal to nothing but itself? True for plain classes of the project and for
    /// the marks that pydantic puts in the place of values not given.
    fn equals_itself_only(&self, instance: Obj) -> bool {
        if self.is_undefined(&Value::Obj(instance)) {
            return true;
        }
        let Kind::Instance { class, .. } = &self.heap.get(instance).kind else {
            return false;
        };
        let Kind::Class(data) = &self.heap.get(*class).kind else {
            return false;
        };
        let known = !data.blurred && !data.unknown_names && !self.heap.get(*class).open;
        let plain = data.mro.iter().all(|c| match &self.heap.get(*c).kind {
            Kind::Class(d) => {
                d.owner == crate::python::value::Owner::Project
                    && d.meta.is_none()
                    && !self.heap.get(*c).open
                    || *c == self.builtins.object_class
            }
            _ => false,
        });
        known && plain && !self.has_own_eq(*class)
    }

    /// Does a class compare its instances in code of its own?
    pub(super) fn has_own_eq(&self, class: Obj) -> bool {
        match self.class_lookup(class, self.names.eq) {
            Some((owner, _, _)) => !matches!(
                &self.heap.get(owner).kind,
                Kind::Class(d) if d.builtin || d.owner == crate::python::value::Owner::Stdlib
            ),
            None => false,
        }
    }

    /// A chain of comparisons.
    pub(in crate::python) fn comparison(&mut self, c: &'a ast::ExprCompare) -> R<Value> {
        let mut left = self.eval(&c.left)?;
        let mut all = Some(true);
        for (at, (op, right)) in c.ops.iter().zip(&c.comparators).enumerate() {
            let right = self.eval(right)?;
            self.at(c.start());
            let result = self.compare(*op, &left, &right)?;
            if at + 1 == c.ops.len() && all == Some(true) {
                return Ok(result);
            }
            match self.truth(&result)? {
                Some(false) => return Ok(result),
                Some(true) => {}
                None => all = None,
            }
            left = right;
        }
        Ok(Value::Unknown)
    }

    /// `a op b`: a `bool`, or whatever a comparison method gives.
    ///
    /// # Errors
    /// `TypeError` where the operands certainly have no order, and what the methods raise.
    pub(in crate::python) fn compare(&mut self, op: CmpOp, a: &Value, b: &Value) -> R<Value> {
        let answer = match op {
            CmpOp::Is => self.identical(a, b),
            CmpOp::IsNot => self.identical(a, b).map(|r| !r),
            CmpOp::In => self.contains(b, a)?,
            CmpOp::NotIn => self.contains(b, a)?.map(|r| !r),
            CmpOp::Eq | CmpOp::NotEq => return self.compare_equal(op, a, b),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
                return self.compare_order(op, a, b);
            }
        };
        Ok(answer.map_or(Value::Unknown, Value::Bool))
    }

    fn compare_equal(&mut self, op: CmpOp, a: &Value, b: &Value) -> R<Value> {
        let negated = op == CmpOp::NotEq;
        let instance = self.class_of_instance(a).is_some() || self.class_of_instance(b).is_some();
        if instance && !a.is_unknown() && !b.is_unknown() {
            let own_ne = negated
                && [a, b]
                    .into_iter()
                    .any(|v| matches!(self.special(v, "__ne__"), Special::Method(_)));
            let name = if own_ne { "__ne__" } else { "__eq__" };
            match self.two_sided((a, name), (b, name))? {
                Answer::Value(value) if own_ne || !negated => return Ok(value),
                Answer::Value(value) => {
                    let truth = self.truth(&value)?;
                    return Ok(truth.map_or(Value::Unknown, |t| Value::Bool(!t)));
                }
                Answer::Refused if self.is_plain_instance(a) || self.is_plain_instance(b) => {
                    let same = self.identical(a, b);
                    return Ok(same.map_or(Value::Unknown, |s| Value::Bool(s != negated)));
                }
                _ => {}
            }
        }
        let equal = self.equal(a, b);
        Ok(equal.map_or(Value::Unknown, |e| Value::Bool(e != negated)))
    }

    fn compare_order(&mut self, op: CmpOp, a: &Value, b: &Value) -> R<Value> {
        if let Some(ordering) = self.order(a, b) {
            let holds = match op {
                CmpOp::Lt => ordering.is_lt(),
                CmpOp::LtE => ordering.is_le(),
                CmpOp::Gt => ordering.is_gt(),
                _ => ordering.is_ge(),
            };
            return Ok(Value::Bool(holds));
        }
        if a.is_unknown() || b.is_unknown() {
            return Ok(self.unknown());
        }
        if let Some((p, q)) = self.first_difference(a, b) {
            return self.compare_order(op, &p, &q);
        }
        let Some((method, reflected)) = comparison_methods(op) else {
            return Ok(self.unknown());
        };
        match self.two_sided((a, method), (b, reflected))? {
            Answer::Value(value) => return Ok(value),
            Answer::Unknown => return Ok(self.unknown()),
            Answer::Refused => {}
        }
        let refused = match (self.built_in_kind(a), self.built_in_kind(b)) {
            (Some(left), Some(right)) => refuses_order(left, right),
            (left, right) => {
                (left.is_some() || self.is_plain_instance(a))
                    && (right.is_some() || self.is_plain_instance(b))
            }
        };
        if !refused {
            return Ok(self.unknown());
        }
        let (left, right) = (self.type_name(a), self.type_name(b));
        let symbol = op.as_str();
        let message =
            format!("'{symbol}' not supported between instances of '{left}' and '{right}'");
        Err(self.error("TypeError", &message))
    }

    /// The first items in which two tuples or two lists differ: these decide their order.
    fn first_difference(&mut self, a: &Value, b: &Value) -> Option<(Value, Value)> {
        let (a, b) = (self.plain_of(a), self.plain_of(b));
        let (x, y) = match (&a, &b) {
            (Value::Tuple(x), Value::Tuple(y)) => (x.to_vec(), y.to_vec()),
            (Value::Obj(x), Value::Obj(y)) => {
                match (self.heap.get(*x).clone(), self.heap.get(*y).clone()) {
                    (
                        Cell {
                            kind: Kind::List(x),
                            open: false,
                            ..
                        },
                        Cell {
                            kind: Kind::List(y),
                            open: false,
                            ..
                        },
                    ) => (x, y),
                    _ => return None,
                }
            }
            _ => return None,
        };
        for (p, q) in x.into_iter().zip(y) {
            if !self.equal(&p, &q)? {
                return Some((p, q));
            }
        }
        None
    }

    pub(super) fn identical(&self, a: &Value, b: &Value) -> Option<bool> {
        match (a, b) {
            (Value::Unknown, _) | (_, Value::Unknown) => None,
            (Value::Obj(x), Value::Obj(y)) => Some(x == y),
            (Value::Obj(_), _) | (_, Value::Obj(_)) => Some(false),
            _ => Some(a.same(b)),
        }
    }

    /// Order of two values; `None` when it is not known.
    pub fn order(&mut self, a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
        #[allow(clippy::cast_precision_loss)]
        let number = |v: &Value| match v {
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(*f),
            Value::Bool(b) => Some(f64::from(u8::from(*b))),
            _ => None,
        };
        let (a, b) = (&self.plain_of(a), &self.plain_of(b));
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => Some(x.cmp(y)),
            (Value::Str(x), Value::Str(y)) => Some(x.text.cmp(&y.text)),
            (Value::Tuple(x), Value::Tuple(y)) => {
                for (p, q) in x.iter().zip(y.iter()) {
                    match self.equal(p, q)? {
                        true => {}
                        false => return self.order(p, q),
                    }
                }
                Some(x.len().cmp(&y.len()))
            }
            (Value::Obj(x), Value::Obj(y)) => {
                let (x, y) = (self.heap.get(*x), self.heap.get(*y));
                match (&x.kind, &y.kind) {
                    (Kind::List(p), Kind::List(q)) if !x.open && !y.open => {
                        let (p, q) = (Value::tuple(p.clone()), Value::tuple(q.clone()));
                        self.order(&p, &q)
                    }
                    _ => None,
                }
            }
            (Value::Bytes(x), Value::Bytes(y)) => Some(x.cmp(y)),
            _ => number(a)?.partial_cmp(&number(b)?),
        }
    }

    /// The plain value behind an instance of a subclass of a built-in type.
    pub(super) fn plain_of(&self, value: &Value) -> Value {
        match value {
            Value::Obj(obj) => match self.payload(*obj) {
                Payload::Value(
                    inner @ (Value::Tuple(_) | Value::Int(_) | Value::Str(_) | Value::Float(_)),
                ) => inner,
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    /// Identity or equality, as containers compare their items.
    pub(in crate::python) fn same_or_equal(&mut self, a: &Value, b: &Value) -> R<Option<bool>> {
        if self.class_of_instance(a).is_none() && self.class_of_instance(b).is_none() {
            return Ok(self.equal(a, b));
        }
        if self.identical(a, b) == Some(true) {
            return Ok(Some(true));
        }
        let answer = self.compare(CmpOp::Eq, a, b)?;
        self.truth(&answer)
    }

    /// `item in container`
    ///
    /// # Errors
    /// What iterating raises.
    pub fn contains(&mut self, container: &Value, item: &Value) -> R<Option<bool>> {
        match (container, item) {
            (Value::Str(text), Value::Str(part)) => {
                return Ok(Some(text.text.contains(&*part.text)));
            }
            (Value::Unknown, _) => {
                self.blur();
                return Ok(None);
            }
            _ => {}
        }
        match self.special(container, "__contains__") {
            Special::Method(method) => {
                let answer = self.call(&method, Args::positional(vec![item.clone()]))?;
                return self.truth(&answer);
            }
            Special::Unknown | Special::Absent => {}
        }
        if let (Value::Str(_), Some(kind)) = (container, self.built_in_kind(item)) {
            let message = format!("'in <string>' requires string as left operand, not {kind}");
            return Err(self.error("TypeError", &message));
        }
        if matches!(
            container,
            Value::None | Value::Int(_) | Value::Float(_) | Value::Bool(_)
        ) {
            let kind = self.type_name(container);
            let what = if self.version >= (3, 14) {
                "a container or iterable"
            } else {
                "iterable"
            };
            let message = format!("argument of type '{kind}' is not {what}");
            return Err(self.error("TypeError", &message));
        }
        if let Some((table, open)) = self.table_of(container) {
            let Some(key) = self.hash_key(item) else {
                return Ok(None);
            };
            let open = open || self.hashes_by_value(item);
            return Ok(match table.contains_key(&key) {
                true => Some(true),
                false if open => None,
                false => Some(false),
            });
        }
        let Some(items) = self.items_of(container)? else {
            self.blur();
            return Ok(None);
        };
        let mut unsure = false;
        for candidate in items {
            match self.same_or_equal(&candidate, item)? {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => unsure = true,
            }
        }
        Ok(if unsure { None } else { Some(false) })
    }
}
