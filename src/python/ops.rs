//! Operators, comparison, truth and subscription.

mod compare;
mod items;
mod keys;
mod percent;
mod special;

use ruff_python_ast::{Operator, UnaryOp};

pub(in crate::python) use self::special::Special;
use self::special::{Answer, refuses_built_in};
use super::call::Args;
use super::interp::Interp;
use super::raise::{R, Stop};
use super::value::{Key, Kind, Table, TextOrigin, Value};

/// Characters and items up to which a sum of texts or lists is known exactly.
const MAX_TEXT: usize = 4_000_000;
const MAX_ITEMS: usize = 1_000_000;

impl<'a> Interp<'a> {
    /// `a op b`
    ///
    /// # Errors
    /// `TypeError` where the operands certainly do not fit, and what operator methods raise.
    pub fn binary(&mut self, op: Operator, a: &Value, b: &Value) -> R<Value> {
        let symbol = if op == Operator::Pow {
            "** or pow()"
        } else {
            op.as_str()
        };
        self.combine(op, symbol, a, b)
    }

    fn combine(&mut self, op: Operator, symbol: &str, a: &Value, b: &Value) -> R<Value> {
        self.tick()?;
        if let (Some(a), Some(b)) = self.as_sets(op, a, b)? {
            return self.combine(op, symbol, &a, &b);
        }
        if let Some(stop) = self.division_by_zero(op, a, b) {
            return Err(stop);
        }
        if op == Operator::Mod && matches!(a, Value::Str(_)) {
            return self.percent_format(a, b);
        }
        if let Some(result) = self.plain_binary(op, a, b) {
            return Ok(result);
        }
        if a.is_unknown() || b.is_unknown() {
            return Ok(self.unknown());
        }
        if op == Operator::BitOr {
            if self.refuses_union(a, b) {
                return Err(self.operand_error(op, symbol, a, b));
            }
            if self.refuses_text(a, b) || self.refuses_text(b, a) {
                return Err(self.operand_error(op, symbol, a, b));
            }
            if self.is_type_like(a) && self.is_type_like(b) {
                return Ok(self.union(a, b));
            }
        }
        let (method, reflected) = operator_names(op);
        let refused = match self.two_sided((a, method), (b, reflected))? {
            Answer::Value(value) => return Ok(value),
            Answer::Refused => true,
            Answer::Unknown => false,
        };
        if let Some(result) = self.container_binary(op, a, b)? {
            return Ok(result);
        }
        if refused && self.cannot_combine(op, a, b) {
            return Err(self.operand_error(op, symbol, a, b));
        }
        Ok(self.unknown())
    }

    /// Both operands as sets where one is a view of a dict's keys or items.
    fn as_sets(&mut self, op: Operator, a: &Value, b: &Value) -> R<(Option<Value>, Option<Value>)> {
        let set_operator = matches!(
            op,
            Operator::BitAnd | Operator::BitOr | Operator::BitXor | Operator::Sub
        );
        if !set_operator || !(self.is_set_view(a) || self.is_set_view(b)) {
            return Ok((None, None));
        }
        Ok((self.as_set(a)?, self.as_set(b)?))
    }

    /// Which view of a dict a value is: `dict_keys`, `dict_values` or `dict_items`.
    pub(super) fn view_of(&self, value: &Value) -> Option<&'static str> {
        let class = self.class_of_instance(value)?;
        ["dict_keys", "dict_values", "dict_items"]
            .into_iter()
            .find(|name| class == self.builtins.class(name))
    }

    /// Views of keys and of items behave as sets; one of values does not.
    fn is_set_view(&self, value: &Value) -> bool {
        matches!(self.view_of(value), Some("dict_keys" | "dict_items"))
    }

    fn as_set(&mut self, value: &Value) -> R<Option<Value>> {
        let Some(items) = self.items_of(value)? else {
            return Ok(None);
        };
        let table: Option<Table> = items
            .into_iter()
            .map(|item| Some((Key::of(&item)?, (item, Value::None))))
            .collect();
        Ok(table.map(|table| Value::Obj(self.heap.alloc(Kind::Set(table)))))
    }

    /// No built-in behaviour stands behind an operator whose special methods both refused.
    fn cannot_combine(&self, op: Operator, a: &Value, b: &Value) -> bool {
        match (self.built_in_kind(a), self.built_in_kind(b)) {
            (Some(left), Some(right)) => refuses_built_in(op, left, right),
            // `"%s" % anything`, and an instance may be an index.
            (Some("str" | "bytes"), None) if op == Operator::Mod => false,
            (left, right) if op == Operator::Mult && (left.is_some() || right.is_some()) => false,
            (left, right) => {
                (left.is_some() || self.is_plain_instance(a))
                    && (right.is_some() || self.is_plain_instance(b))
            }
        }
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

    fn operand_error(&mut self, op: Operator, symbol: &str, a: &Value, b: &Value) -> Stop {
        let (left, right) = (self.type_name(a), self.type_name(b));
        let sequence = |v: &str| matches!(v, "str" | "list" | "tuple" | "bytes");
        let message = match (op, self.built_in_kind(a)) {
            (Operator::Add, Some("bytes")) => format!("can't concat {right} to bytes"),
            (Operator::Add, Some("str" | "list" | "tuple")) => {
                format!("can only concatenate {left} (not \"{right}\") to {left}")
            }
            (Operator::Mult, _) if sequence(&left) => {
                format!("can't multiply sequence by non-int of type '{right}'")
            }
            (Operator::Mult, _) if sequence(&right) => {
                format!("can't multiply sequence by non-int of type '{left}'")
            }
            _ => format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"),
        };
        self.error("TypeError", &message)
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

    /// Before PEP 604 (3.10) two types have no `|`, unless a metaclass brings one. Forms of `typing`
    /// had none either, but what they are called in the error is not modelled.
    fn refuses_union(&mut self, a: &Value, b: &Value) -> bool {
        if self.version >= (3, 10) {
            return false;
        }
        let mut types = 0;
        for side in [a, b] {
            let Value::Obj(obj) = side else {
                if matches!(side, Value::None) {
                    continue;
                }
                return false;
            };
            let Kind::Class(data) = &self.heap.get(*obj).kind else {
                return false;
            };
            let meta = data.meta;
            if data.blurred || self.heap.get(*obj).open {
                return false;
            }
            for name in ["__or__", "__ror__"] {
                let name = self.sym(name);
                if let Some(meta) = meta
                    && let Some((owner, _, _)) = self.class_lookup(meta, name)
                    && owner != self.builtins.type_class
                {
                    return false;
                }
            }
            types += 1;
        }
        types > 0
    }

    /// `User | "Post"`: a class takes no text for a type (until 3.14).
    fn refuses_text(&mut self, class: &Value, text: &Value) -> bool {
        if !((3, 10)..(3, 14)).contains(&self.version) || !matches!(text, Value::Str(_)) {
            return false;
        }
        let Some(obj) = class.as_obj().filter(|o| self.is_class(*o)) else {
            return false;
        };
        !self.is_blurred_class(obj) && !self.heap.get(obj).open && self.combines_plainly(obj)
    }

    /// Does the metaclass of a class leave `|` to `type`?
    fn combines_plainly(&mut self, class: super::value::Obj) -> bool {
        let meta = self.meta_of(class);
        ["__or__", "__ror__"].iter().all(|name| {
            let name = self.sym(name);
            self.class_lookup(meta, name)
                .is_none_or(|(owner, _, _)| owner == self.builtins.type_class)
        })
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
            // Written with `|`: it is shown that way too.
            origin: Value::Ellipsis,
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
            (Value::Str(x), Value::Str(y))
                if op == Operator::Add && x.text.len() + y.text.len() > MAX_TEXT =>
            {
                Some(Value::Unknown)
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
                Some(if times.saturating_mul(x.text.len()) < 1_000_000 {
                    Value::str(x.text.repeat(times))
                } else {
                    Value::Unknown
                })
            }
            (Value::Tuple(x), Value::Tuple(y)) if op == Operator::Add => {
                if x.len() + y.len() > MAX_ITEMS {
                    return Some(Value::Unknown);
                }
                Some(Value::tuple(x.iter().chain(y.iter()).cloned().collect()))
            }
            (Value::Float(_), Value::Float(_) | Value::Int(_) | Value::Bool(_))
            | (Value::Int(_) | Value::Bool(_), Value::Float(_)) => {
                // What is not computed here may be computed all the same.
                Some(floats(op, float_of(a)?, float_of(b)?).unwrap_or(Value::Unknown))
            }
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
            (Operator::Add, Kind::List(p), Kind::List(q)) if p.len() + q.len() > MAX_ITEMS => {
                return Ok(Some(self.open_object(Kind::List(Vec::new()))));
            }
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
            (
                Operator::BitXor,
                Kind::Set(p) | Kind::FrozenSet(p),
                Kind::Set(q) | Kind::FrozenSet(q),
            ) => Kind::Set(
                p.iter()
                    .filter(|(k, _)| !q.contains_key(*k))
                    .chain(q.iter().filter(|(k, _)| !p.contains_key(*k)))
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
                            let cell = self.heap.get_mut(*obj);
                            if let Kind::List(list) = &mut cell.kind {
                                if list.len() + items.len() > MAX_ITEMS {
                                    cell.open = true;
                                } else {
                                    list.extend(items);
                                }
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
        let name = operator_names(op).0.replacen("__", "__i", 1);
        match self.special(a, &name) {
            Special::Method(method) => {
                let result = self.call(&method, Args::positional(vec![b.clone()]))?;
                if !matches!(result, Value::NotImplemented) {
                    return Ok(result);
                }
            }
            Special::Unknown if self.class_of_instance(a).is_some() => {
                // A built-in container may have been changed in place.
                if let Value::Obj(obj) = a
                    && !matches!(self.payload(*obj), super::value::Payload::None)
                {
                    return Ok(self.unknown());
                }
            }
            _ => {}
        }
        self.combine(op, &format!("{}=", op.as_str()), a, b)
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
            (UnaryOp::USub, Value::Bool(b)) => Value::Int(-i64::from(*b)),
            (UnaryOp::UAdd, Value::Bool(b)) => Value::Int(i64::from(*b)),
            (UnaryOp::Invert, Value::Bool(b)) => Value::Int(!i64::from(*b)),
            _ => return self.unary_special(op, a),
        })
    }
}

impl<'a> Interp<'a> {
    /// Unary operators of everything but numbers.
    fn unary_special(&mut self, op: UnaryOp, a: &Value) -> R<Value> {
        let (name, symbol) = match op {
            UnaryOp::USub => ("__neg__", "-"),
            UnaryOp::UAdd => ("__pos__", "+"),
            _ => ("__invert__", "~"),
        };
        let refused = match self.special(a, name) {
            Special::Method(method) => return self.call(&method, Args::none()),
            Special::Absent => self.is_plain_instance(a),
            Special::Unknown => self.built_in_kind(a).is_some(),
        };
        if refused {
            let kind = self.type_name(a);
            let message = format!("bad operand type for unary {symbol}: '{kind}'");
            return Err(self.error("TypeError", &message));
        }
        Ok(self.unknown())
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

#[allow(clippy::cast_precision_loss)]
fn float_of(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Float(f) => *f,
        Value::Int(i) => *i as f64,
        Value::Bool(b) => f64::from(u8::from(*b)),
        _ => return None,
    })
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
