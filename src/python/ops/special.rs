//! Special methods: found on the type of a value, called as operators and built-ins call them.
//!
//! Knows which operands CPython certainly refuses. Source: language reference section 3.3,
//! `Objects/abstract.c`, `Objects/object.c`.

use ruff_python_ast::{CmpOp, Operator};

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Owner, Payload, Sym, Value};

/// What a type says about one special method.
pub(in crate::python) enum Special {
    /// Code that can be run, bound to the value.
    Method(Value),
    /// The type certainly has none.
    Absent,
    /// Not known, or built in and not modelled.
    Unknown,
}

impl<'a> Interp<'a> {
    /// Looks a special method up as CPython does: on the type, never on the object itself.
    pub(in crate::python) fn special(&mut self, value: &Value, name: &str) -> Special {
        let name = self.sym(name);
        self.special_named(value, name)
    }

    /// As [`Interp::special`], by a name that is already a number.
    fn special_named(&mut self, value: &Value, name: Sym) -> Special {
        let Value::Obj(obj) = value else {
            return Special::Unknown;
        };
        let class = match &self.heap.get(*obj).kind {
            Kind::Instance { class, .. } => *class,
            Kind::Class(data) => match data.meta {
                Some(meta) => meta,
                None => return Special::Unknown,
            },
            _ => return Special::Unknown,
        };
        let object = self.builtins.object_class;
        match self.class_lookup(class, name) {
            Some((_, Value::None, true)) => Special::Absent,
            Some((owner, found, sure)) if owner != object => match &found {
                Value::Obj(o) if sure && self.is_modelled(*o) => {
                    Special::Method(self.method(found, value.clone()))
                }
                _ => Special::Unknown,
            },
            _ if self.heap.get(*obj).open || !self.is_plain_class(class) => Special::Unknown,
            _ => Special::Absent,
        }
    }

    /// A special method whose code can be run, bound; `None` where there is none or nothing is
    /// known of it.
    pub(in crate::python) fn runnable(&mut self, value: &Value, name: Sym) -> Option<Value> {
        match self.special_named(value, name) {
            Special::Method(method) => Some(method),
            Special::Absent | Special::Unknown => None,
        }
    }

    /// A class whose whole ancestry is Python code and `object`.
    fn is_plain_class(&self, class: Obj) -> bool {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return false;
        };
        let object = self.builtins.object_class;
        data.mro.iter().all(|c| {
            let cell = self.heap.get(*c);
            let Kind::Class(data) = &cell.kind else {
                return false;
            };
            // The standard library's own classes are often finished by code that is not run.
            *c == object
                || !(cell.open
                    || data.builtin
                    || data.blurred
                    || data.unknown_names
                    || data.owner == Owner::Stdlib)
        })
    }

    /// The first answer of the two operands that is not `NotImplemented`; the right one is asked
    /// first where its class derives from the left one's.
    ///
    /// # Errors
    /// What the methods raise.
    pub(in crate::python) fn two_sided(
        &mut self,
        (a, method): (&Value, &str),
        (b, reflected): (&Value, &str),
    ) -> R<Answer> {
        let mut sides = [(a, b, method), (b, a, reflected)];
        let classes = [self.class_of_instance(a), self.class_of_instance(b)];
        if let [Some(left), Some(right)] = classes
            && left != right
            && self.is_subclass(right, left) == Some(true)
        {
            sides.reverse();
        }
        let mut known = true;
        for (receiver, other, name) in sides {
            match self.special(receiver, name) {
                Special::Method(method) => {
                    let args = Args::positional(vec![other.clone()]);
                    match self.call(&method, args)? {
                        Value::NotImplemented => {}
                        Value::Unknown => return Ok(Answer::Unknown),
                        value => return Ok(Answer::Value(value)),
                    }
                }
                Special::Absent => {}
                Special::Unknown => known &= self.built_in_kind(receiver).is_some(),
            }
        }
        Ok(if known {
            Answer::Refused
        } else {
            Answer::Unknown
        })
    }

    /// The built-in type of a value whose operators the simulator knows completely.
    pub(in crate::python) fn built_in_kind(&self, value: &Value) -> Option<&'static str> {
        Some(match value {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::Tuple(_) => "tuple",
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::List(_) => "list",
                Kind::Dict(_) => "dict",
                Kind::Set(_) => "set",
                Kind::FrozenSet(_) => "frozenset",
                Kind::Function(_) => "function",
                Kind::Module { .. } => "module",
                _ => return None,
            },
            _ => return None,
        })
    }

    /// An instance of a class written in Python, without a built-in type inside.
    pub(in crate::python) fn is_plain_instance(&self, value: &Value) -> bool {
        let Some(obj) = value.as_obj() else {
            return false;
        };
        match &self.heap.get(obj).kind {
            Kind::Instance {
                class,
                payload: Payload::None,
            } => !self.heap.get(obj).open && self.is_plain_class(*class),
            _ => false,
        }
    }

    /// A special method without arguments: its value, or `None` where the type has none or
    /// nothing is known of it.
    ///
    /// # Errors
    /// What the method raises.
    pub(in crate::python) fn ask(&mut self, value: &Value, name: &str) -> R<Option<Value>> {
        match self.special(value, name) {
            Special::Method(method) => self.call(&method, Args::none()).map(Some),
            _ => Ok(None),
        }
    }

    /// `value` as an index: an `int`, or what `__index__` gives.
    ///
    /// # Errors
    /// What `__index__` raises.
    pub(in crate::python) fn index_of(&mut self, value: &Value) -> R<Value> {
        match value {
            Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
            Value::Obj(obj) if matches!(self.heap.get(*obj).kind, Kind::Slice(..)) => {
                Ok(Value::Unknown)
            }
            Value::Obj(obj) => {
                if let Payload::Value(inner @ Value::Int(_)) = self.payload(*obj) {
                    return Ok(inner);
                }
                Ok(self.ask(value, "__index__")?.unwrap_or(Value::Unknown))
            }
            other => Ok(other.clone()),
        }
    }
}

/// What asking both operands gave.
pub(in crate::python) enum Answer {
    /// A value.
    Value(Value),
    /// Both refuse.
    Refused,
    /// Not known.
    Unknown,
}

/// Methods of a comparison and of its mirror image.
pub(super) fn comparison_methods(op: CmpOp) -> Option<(&'static str, &'static str)> {
    Some(match op {
        CmpOp::Eq => ("__eq__", "__eq__"),
        CmpOp::NotEq => ("__ne__", "__ne__"),
        CmpOp::Lt => ("__lt__", "__gt__"),
        CmpOp::LtE => ("__le__", "__ge__"),
        CmpOp::Gt => ("__gt__", "__lt__"),
        CmpOp::GtE => ("__ge__", "__le__"),
        _ => return None,
    })
}

/// Does CPython refuse this operator between two built-in types for certain?
pub(super) fn refuses_built_in(op: Operator, left: &str, right: &str) -> bool {
    let number = |t: &str| matches!(t, "int" | "float" | "bool");
    let whole = |t: &str| matches!(t, "int" | "bool");
    let set = |t: &str| matches!(t, "set" | "frozenset");
    let sequence = |t: &str| matches!(t, "str" | "bytes" | "list" | "tuple");
    let fits = match op {
        Operator::Add => number(left) && number(right) || sequence(left) && left == right,
        Operator::Mult => {
            number(left) && number(right)
                || sequence(left) && whole(right)
                || whole(left) && sequence(right)
        }
        Operator::Mod => number(left) && number(right) || matches!(left, "str" | "bytes"),
        Operator::Sub => number(left) && number(right) || set(left) && set(right),
        Operator::BitOr => {
            whole(left) && whole(right)
                || set(left) && set(right)
                || left == "dict" && right == "dict"
        }
        Operator::BitAnd | Operator::BitXor => {
            whole(left) && whole(right) || set(left) && set(right)
        }
        Operator::LShift | Operator::RShift => whole(left) && whole(right),
        Operator::Div | Operator::FloorDiv | Operator::Pow => number(left) && number(right),
        Operator::MatMult => false,
    };
    !fits
}

/// Does CPython refuse to order two built-in types for certain?
pub(super) fn refuses_order(left: &str, right: &str) -> bool {
    let number = |t: &str| matches!(t, "int" | "float" | "bool");
    let set = |t: &str| matches!(t, "set" | "frozenset");
    let ordered = number(left) && number(right)
        || set(left) && set(right)
        || left == right && matches!(left, "str" | "bytes" | "list" | "tuple");
    !ordered
}
