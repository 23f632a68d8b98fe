//! Operators, comparison, truth and subscription.

use ruff_python_ast::{self as ast, CmpOp, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::call::Args;
use super::interp::Interp;
use super::raise::{R, Stop};
use super::value::{Key, Kind, Obj, Payload, Table, TextOrigin, Value};

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

    fn instance_truth(&mut self, value: &Value, payload: &Payload) -> R<Option<bool>> {
        let bool_name = self.names.bool;
        let len_name = self.names.len;
        for name in [bool_name, len_name] {
            if let Some(method) = self.python_method(value, name) {
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
        match (a, b) {
            (Value::Unknown, _) | (_, Value::Unknown) => None,
            #[allow(clippy::cast_precision_loss)]
            (Value::Int(i), Value::Float(f)) | (Value::Float(f), Value::Int(i)) => {
                Some(*i as f64 == *f)
            }
            (Value::Float(a), Value::Float(b)) => Some(a == b),
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
            (Value::Obj(x), other) | (other, Value::Obj(x)) => match self.payload(*x) {
                Payload::Value(inner) => self.equal(&inner, other),
                _ if matches!(self.heap.get(*x).kind, Kind::Instance { .. }) => None,
                _ => Some(false),
            },
            _ => match (Key::of(a), Key::of(b)) {
                (Some(p), Some(q)) => Some(p == q),
                _ => Some(a.same(b)),
            },
        }
    }

    fn equal_objects(&mut self, x: Obj, y: Obj) -> Option<bool> {
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

    /// Does a class compare its instances in code of its own?
    fn has_own_eq(&self, class: Obj) -> bool {
        match self.class_lookup(class, self.names.eq) {
            Some((owner, _, _)) => !matches!(
                &self.heap.get(owner).kind,
                Kind::Class(d) if d.builtin || d.owner == super::value::Owner::Stdlib
            ),
            None => false,
        }
    }

    /// A chain of comparisons.
    pub(super) fn comparison(&mut self, c: &'a ast::ExprCompare) -> R<Value> {
        let mut left = self.eval(&c.left)?;
        let mut all = Some(true);
        for (op, right) in c.ops.iter().zip(&c.comparators) {
            let right = self.eval(right)?;
            self.at(c.start());
            let result = self.compare(*op, &left, &right)?;
            match result {
                Some(false) => return Ok(Value::Bool(false)),
                Some(true) => {}
                None => all = None,
            }
            left = right;
        }
        Ok(all.map_or(Value::Unknown, Value::Bool))
    }

    fn compare(&mut self, op: CmpOp, a: &Value, b: &Value) -> R<Option<bool>> {
        Ok(match op {
            CmpOp::Is => self.identical(a, b),
            CmpOp::IsNot => self.identical(a, b).map(|r| !r),
            CmpOp::Eq => self.equal(a, b),
            CmpOp::NotEq => self.equal(a, b).map(|r| !r),
            CmpOp::In => self.contains(b, a)?,
            CmpOp::NotIn => self.contains(b, a)?.map(|r| !r),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
                let ordering = self.order(a, b);
                if ordering.is_none() {
                    self.blur();
                }
                ordering.map(|o| match op {
                    CmpOp::Lt => o.is_lt(),
                    CmpOp::LtE => o.is_le(),
                    CmpOp::Gt => o.is_gt(),
                    _ => o.is_ge(),
                })
            }
        })
    }

    fn identical(&self, a: &Value, b: &Value) -> Option<bool> {
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
            _ => number(a)?.partial_cmp(&number(b)?),
        }
    }

    /// The plain value behind an instance of a subclass of a built-in type.
    fn plain_of(&self, value: &Value) -> Value {
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
        if let Some((table, open)) = self.table_of(container) {
            let Some(key) = Key::of(item) else {
                return Ok(None);
            };
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
            match self.equal(&candidate, item) {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => unsure = true,
            }
        }
        Ok(if unsure { None } else { Some(false) })
    }

    /// `a op b`
    ///
    /// # Errors
    /// `TypeError` where the operands certainly do not fit, and what operator methods raise.
    pub fn binary(&mut self, op: Operator, a: &Value, b: &Value) -> R<Value> {
        if let Some(stop) = self.division_by_zero(op, a, b) {
            return Err(stop);
        }
        if let Some(result) = self.plain_binary(op, a, b) {
            return Ok(result);
        }
        if a.is_unknown() || b.is_unknown() {
            return Ok(self.unknown());
        }
        if op == Operator::BitOr && self.is_type_like(a) && self.is_type_like(b) {
            return Ok(self.union(a, b));
        }
        let (method, reflected) = operator_names(op);
        for (receiver, other, name) in [(a, b, method), (b, a, reflected)] {
            let name = self.sym(name);
            if let Some(method) = self.python_method(receiver, name) {
                let result = self.call(&method, Args::positional(vec![other.clone()]))?;
                if !matches!(result, Value::NotImplemented) {
                    return Ok(result);
                }
            }
        }
        if let Some(result) = self.container_binary(op, a, b)? {
            return Ok(result);
        }
        if self.refuses(a) && self.refuses(b) {
            let (left, right) = (self.type_name(a), self.type_name(b));
            return Err(self.operand_error(op, a, &left, &right));
        }
        Ok(self.unknown())
    }

    /// The error of dividing a number by zero.
    fn division_by_zero(&mut self, op: Operator, a: &Value, b: &Value) -> Option<Stop> {
        let zero = match b {
            Value::Int(i) => *i == 0,
            Value::Bool(b) => !*b,
            Value::Float(f) => *f == 0.0,
            _ => false,
        };
        if !zero {
            return None;
        }
        let whole = match (a, b) {
            (Value::Int(_) | Value::Bool(_), Value::Int(_) | Value::Bool(_)) => true,
            (Value::Int(_) | Value::Bool(_) | Value::Float(_), _) => false,
            _ => return None,
        };
        let message = match (op, whole) {
            (Operator::Div, true) => "division by zero",
            (Operator::FloorDiv, true) => "integer division or modulo by zero",
            (Operator::Mod, true) if self.version >= (3, 11) => "integer modulo by zero",
            (Operator::Mod, true) => "integer division or modulo by zero",
            (Operator::Div, false) => "float division by zero",
            (Operator::FloorDiv, false) => "float floor division by zero",
            (Operator::Mod, false) if self.version >= (3, 13) => "float modulo by zero",
            (Operator::Mod, false) => "float modulo",
            _ => return None,
        };
        let message = match (op, self.version >= (3, 14)) {
            (Operator::Div | Operator::FloorDiv | Operator::Mod, true) => "division by zero",
            _ => message,
        };
        Some(self.error("ZeroDivisionError", message))
    }

    fn operand_error(&mut self, op: Operator, a: &Value, left: &str, right: &str) -> Stop {
        if op == Operator::Add && matches!(a, Value::Str(_)) {
            return self.error(
                "TypeError",
                &format!("can only concatenate str (not \"{right}\") to str"),
            );
        }
        let symbol = op.as_str();
        self.error(
            "TypeError",
            &format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"),
        )
    }

    /// Plain values whose operators are all known to the simulator.
    fn refuses(&self, value: &Value) -> bool {
        matches!(
            value,
            Value::None | Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
        )
    }

    fn is_type_like(&self, value: &Value) -> bool {
        match value {
            Value::None => true,
            Value::Obj(o) => match &self.heap.get(*o).kind {
                Kind::Class(d) => d.meta.is_none() || self.version >= (3, 10),
                Kind::Form { .. } => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// `X | Y` between types (PEP 604, from 3.10).
    fn union(&mut self, a: &Value, b: &Value) -> Value {
        let mut args = Vec::new();
        for side in [a, b] {
            match side {
                Value::Obj(o) => match &self.heap.get(*o).kind {
                    Kind::Form {
                        name: "Union",
                        args: inner,
                        ..
                    } => args.extend(inner.iter().cloned()),
                    _ => args.push(side.clone()),
                },
                other => args.push(other.clone()),
            }
        }
        Value::Obj(self.heap.alloc(Kind::Form {
            name: "Union",
            origin: Value::None,
            args: args.into(),
        }))
    }

    fn plain_binary(&mut self, op: Operator, a: &Value, b: &Value) -> Option<Value> {
        match (a, b) {
            (Value::Int(_) | Value::Bool(_), Value::Int(_) | Value::Bool(_)) => {
                let int = |v: &Value| match v {
                    Value::Int(i) => *i,
                    Value::Bool(b) => i64::from(*b),
                    _ => 0,
                };
                Some(integers(op, int(a), int(b)).unwrap_or(Value::Unknown))
            }
            (Value::Str(x), Value::Str(y)) if op == Operator::Add => {
                let origin = match (&x.origin, &y.origin) {
                    (Some(TextOrigin::Variable(_)), _) => x.origin.clone(),
                    (_, Some(TextOrigin::Variable(_))) => y.origin.clone(),
                    _ => x.origin.clone(),
                };
                Some(Value::str_from(format!("{}{}", x.text, y.text), origin))
            }
            (Value::Str(x), Value::Int(n)) | (Value::Int(n), Value::Str(x))
                if op == Operator::Mult =>
            {
                let times = usize::try_from((*n).max(0)).unwrap_or(0);
                (times.saturating_mul(x.text.len()) < 1_000_000)
                    .then(|| Value::str(x.text.repeat(times)))
            }
            (Value::Str(_), _) if op == Operator::Mod => Some(self.percent_format(a, b)),
            (Value::Tuple(x), Value::Tuple(y)) if op == Operator::Add => {
                Some(Value::tuple(x.iter().chain(y.iter()).cloned().collect()))
            }
            #[allow(clippy::cast_precision_loss)]
            (Value::Float(x), Value::Int(y)) => floats(op, *x, *y as f64),
            #[allow(clippy::cast_precision_loss)]
            (Value::Int(x), Value::Float(y)) => floats(op, *x as f64, *y),
            (Value::Float(x), Value::Float(y)) => floats(op, *x, *y),
            _ => None,
        }
    }

    /// `+`, `|`, `&`, `-` between known containers.
    fn container_binary(&mut self, op: Operator, a: &Value, b: &Value) -> R<Option<Value>> {
        let (Value::Obj(x), Value::Obj(y)) = (a, b) else {
            return Ok(None);
        };
        let open = self.heap.get(*x).open || self.heap.get(*y).open;
        let kind = match (op, &self.heap.get(*x).kind, &self.heap.get(*y).kind) {
            (Operator::Add, Kind::List(p), Kind::List(q)) => {
                Kind::List(p.iter().chain(q).cloned().collect())
            }
            (Operator::BitOr, Kind::Dict(p), Kind::Dict(q)) => Kind::Dict(join(p, q)),
            (Operator::BitOr, Kind::Set(p), Kind::Set(q) | Kind::FrozenSet(q)) => {
                Kind::Set(join(p, q))
            }
            (Operator::BitOr, Kind::FrozenSet(p), Kind::Set(q) | Kind::FrozenSet(q)) => {
                Kind::FrozenSet(join(p, q))
            }
            (Operator::Sub, Kind::Set(p), Kind::Set(q) | Kind::FrozenSet(q)) => Kind::Set(
                p.iter()
                    .filter(|(k, _)| !q.contains_key(*k))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            ),
            (Operator::BitAnd, Kind::Set(p), Kind::Set(q) | Kind::FrozenSet(q)) => Kind::Set(
                p.iter()
                    .filter(|(k, _)| q.contains_key(*k))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            ),
            _ => return Ok(None),
        };
        let obj = self.heap.alloc(kind);
        self.heap.get_mut(obj).open = open;
        Ok(Some(Value::Obj(obj)))
    }

    /// `a op= b`
    ///
    /// # Errors
    /// As [`Interp::binary`].
    pub fn in_place(&mut self, op: Operator, a: &Value, b: &Value) -> R<Value> {
        if let Value::Obj(obj) = a {
            match (op, &self.heap.get(*obj).kind) {
                (Operator::Add, Kind::List(_)) => {
                    match self.items_of(b)? {
                        Some(items) => {
                            if let Kind::List(list) = &mut self.heap.get_mut(*obj).kind {
                                list.extend(items);
                            }
                        }
                        None => self.heap.get_mut(*obj).open = true,
                    }
                    return Ok(a.clone());
                }
                (Operator::BitOr, Kind::Dict(_) | Kind::Set(_)) => {
                    match self.table_of(b) {
                        Some((more, open)) => {
                            let cell = self.heap.get_mut(*obj);
                            cell.open |= open;
                            if let Kind::Dict(table) | Kind::Set(table) = &mut cell.kind {
                                table.extend(more);
                            }
                        }
                        None => self.heap.get_mut(*obj).open = true,
                    }
                    return Ok(a.clone());
                }
                _ => {}
            }
        }
        self.binary(op, a, b)
    }

    /// `op a`
    ///
    /// # Errors
    /// What `__bool__` and the like raise.
    pub(super) fn unary(&mut self, op: UnaryOp, a: &Value) -> R<Value> {
        Ok(match (op, a) {
            (UnaryOp::Not, _) => self.truth(a)?.map_or(Value::Unknown, |t| Value::Bool(!t)),
            (UnaryOp::USub, Value::Int(i)) => i.checked_neg().map_or(Value::Unknown, Value::Int),
            (UnaryOp::USub, Value::Float(f)) => Value::Float(-f),
            (UnaryOp::UAdd, Value::Int(_) | Value::Float(_)) => a.clone(),
            (UnaryOp::Invert, Value::Int(i)) => Value::Int(!i),
            _ => self.unknown(),
        })
    }

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
            Value::Str(text) => {
                let text = text.clone();
                return self.string_item(&text.text, index);
            }
            _ => {}
        }
        let Value::Obj(obj) = value else {
            if matches!(value, Value::Bytes(_)) {
                return Ok(self.unknown());
            }
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
                let Some(key) = Key::of(index) else {
                    self.touch_all(*obj, false);
                    return Ok(self.unknown());
                };
                match table.get(&key) {
                    Some((_, value)) => Ok(value.clone()),
                    None if open => Ok(self.unknown()),
                    None => {
                        let text = self.repr_of(index).unwrap_or_default();
                        let stop = self.fault("KeyError", "", "key-error", &[("key", &text)]);
                        Err(self.with_argument(stop, index.clone()))
                    }
                }
            }
            Kind::Class(_) => self.subscript_class(*obj, index),
            Kind::Form { name, origin, args } => self.subscript_form(name, &origin, &args, index),
            Kind::Instance {
                payload: Payload::Value(inner @ (Value::Tuple(_) | Value::Str(_))),
                ..
            } => {
                let name = self.names.getitem;
                match self.python_method(value, name) {
                    Some(method) => self.call(&method, Args::positional(vec![index.clone()])),
                    None => self.subscript(&inner, index),
                }
            }
            Kind::Instance {
                payload: Payload::Base(inner),
                ..
            } => {
                let name = self.names.getitem;
                match self.python_method(value, name) {
                    Some(method) => self.call(&method, Args::positional(vec![index.clone()])),
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
    fn touch_all(&mut self, container: Obj, grows: bool) {
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

    fn subscript_base(&mut self, value: &Value, inner: Obj, index: &Value) -> R<Value> {
        if Key::of(index).is_none() {
            self.touch_all(inner, true);
            return Ok(self.unknown());
        }
        let missing = self.names.missing;
        if let Kind::Dict(table) = &self.heap.get(inner).kind
            && let Some(key) = Key::of(index)
            && !table.contains_key(&key)
        {
            if let Some(method) = self.python_method(value, missing) {
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
            self.heap
                .get_mut(obj)
                .attrs
                .insert(args, super::value::Slot::sure(Value::tuple(vec![argument])));
        }
        stop
    }

    fn sequence_item(
        &mut self,
        items: &[Value],
        index: &Value,
        kind: &str,
        tuple: bool,
    ) -> R<Value> {
        match index {
            Value::Int(i) => {
                let at = if *i < 0 {
                    i + i64::try_from(items.len()).unwrap_or(0)
                } else {
                    *i
                };
                match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(value) => Ok(value.clone()),
                    None => Err(self.error("IndexError", &format!("{kind} index out of range"))),
                }
            }
            Value::Obj(o) => match self.slice_bounds(*o, items.len()) {
                Some((start, stop)) => {
                    let part = items[start..stop.max(start)].to_vec();
                    Ok(if tuple {
                        Value::tuple(part)
                    } else {
                        self.list(part)
                    })
                }
                None => Ok(self.unknown()),
            },
            _ => Ok(self.unknown()),
        }
    }

    fn string_item(&mut self, text: &str, index: &Value) -> R<Value> {
        let chars: Vec<char> = text.chars().collect();
        match index {
            Value::Int(i) => {
                let at = if *i < 0 {
                    i + i64::try_from(chars.len()).unwrap_or(0)
                } else {
                    *i
                };
                match usize::try_from(at).ok().and_then(|at| chars.get(at)) {
                    Some(c) => Ok(Value::str(c.to_string())),
                    None => Err(self.error("IndexError", "string index out of range")),
                }
            }
            Value::Obj(o) => match self.slice_bounds(*o, chars.len()) {
                Some((start, stop)) => Ok(Value::str(
                    chars[start..stop.max(start)].iter().collect::<String>(),
                )),
                None => Ok(self.unknown()),
            },
            _ => Ok(self.unknown()),
        }
    }

    /// Start and end of a slice without step; `None` when it has one or is not known.
    fn slice_bounds(&self, slice: Obj, len: usize) -> Option<(usize, usize)> {
        let Kind::Slice(lower, upper, Value::None) = &self.heap.get(slice).kind else {
            return None;
        };
        let bound = |v: &Value, default: usize| match v {
            Value::None => Some(default),
            Value::Int(i) if *i < 0 => {
                Some(usize::try_from(i + i64::try_from(len).unwrap_or(0)).unwrap_or(0))
            }
            Value::Int(i) => Some(usize::try_from(*i).unwrap_or(len).min(len)),
            _ => None,
        };
        Some((bound(lower, 0)?, bound(upper, len)?))
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
        let method_name = self.names.setitem;
        if let Some(method) = self.python_method(value, method_name) {
            self.call(&method, Args::positional(vec![index.clone(), new]))?;
            return Ok(());
        }
        let target = match self.payload(*obj) {
            Payload::Base(inner) => inner,
            _ => *obj,
        };
        let key = Key::of(index);
        let at = match index {
            Value::Int(i) => Some(*i),
            _ => None,
        };
        let cell = self.heap.get_mut(target);
        match &mut cell.kind {
            Kind::Dict(table) => match key {
                Some(key) => {
                    table.insert(key, (index.clone(), new));
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

    /// `del value[index]`
    pub(super) fn delete_item(&mut self, value: &Value, index: &Value) -> R<()> {
        let key = Key::of(index);
        if let Value::Obj(obj) = value {
            let target = match self.payload(*obj) {
                Payload::Base(inner) => inner,
                _ => *obj,
            };
            if let (Kind::Dict(table), Some(key)) = (&mut self.heap.get_mut(target).kind, key)
                && table.shift_remove(&key).is_some()
            {
                return Ok(());
            }
            self.heap.get_mut(target).open = true;
        }
        self.blur();
        Ok(())
    }
}

fn join(p: &Table, q: &Table) -> Table {
    p.iter()
        .chain(q)
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

fn integers(op: Operator, a: i64, b: i64) -> Option<Value> {
    let value = match op {
        Operator::Add => a.checked_add(b)?,
        Operator::Sub => a.checked_sub(b)?,
        Operator::Mult => a.checked_mul(b)?,
        Operator::FloorDiv if b > 0 => a.checked_div_euclid(b)?,
        Operator::Mod if b > 0 => a.checked_rem_euclid(b)?,
        Operator::Pow => a.checked_pow(u32::try_from(b).ok()?)?,
        Operator::BitOr => a | b,
        Operator::BitAnd => a & b,
        Operator::BitXor => a ^ b,
        Operator::LShift => {
            let shift = u32::try_from(b).ok().filter(|s| *s < 62)?;
            a.checked_mul(1_i64 << shift)?
        }
        Operator::RShift => a.checked_shr(u32::try_from(b).ok()?)?,
        #[allow(clippy::cast_precision_loss)]
        Operator::Div if b != 0 => return Some(Value::Float(a as f64 / b as f64)),
        _ => return None,
    };
    Some(Value::Int(value))
}

fn floats(op: Operator, a: f64, b: f64) -> Option<Value> {
    Some(Value::Float(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        _ => return None,
    }))
}

fn operator_names(op: Operator) -> (&'static str, &'static str) {
    match op {
        Operator::Add => ("__add__", "__radd__"),
        Operator::Sub => ("__sub__", "__rsub__"),
        Operator::Mult => ("__mul__", "__rmul__"),
        Operator::MatMult => ("__matmul__", "__rmatmul__"),
        Operator::Div => ("__truediv__", "__rtruediv__"),
        Operator::Mod => ("__mod__", "__rmod__"),
        Operator::Pow => ("__pow__", "__rpow__"),
        Operator::LShift => ("__lshift__", "__rlshift__"),
        Operator::RShift => ("__rshift__", "__rrshift__"),
        Operator::BitOr => ("__or__", "__ror__"),
        Operator::BitXor => ("__xor__", "__rxor__"),
        Operator::BitAnd => ("__and__", "__rand__"),
        Operator::FloorDiv => ("__floordiv__", "__rfloordiv__"),
    }
}
