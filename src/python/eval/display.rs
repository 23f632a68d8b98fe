//! Literals and displays: text, tuples, lists, sets and dicts.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, PyStr, Table, TextOrigin, Value};

impl<'a> Interp<'a> {
    pub(super) fn string_literal(&mut self, s: &'a ast::ExprStringLiteral) -> Value {
        let origin = TextOrigin::Literal {
            file: self.frame().file,
            start: s.start().to_u32(),
            end: s.end().to_u32(),
        };
        Value::Str(Rc::new(PyStr {
            text: s.value.to_str().into(),
            origin: Some(origin),
        }))
    }

    pub(super) fn f_string(&mut self, f: &'a ast::ExprFString) -> R<Value> {
        let mut text = Some(String::new());
        let mut origin: Option<TextOrigin> = None;
        for part in &f.value {
            match part {
                ast::FStringPart::Literal(literal) => {
                    if let Some(text) = &mut text {
                        text.push_str(&literal.value);
                    }
                }
                ast::FStringPart::FString(inner) => {
                    for element in &inner.elements {
                        match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                if let Some(text) = &mut text {
                                    text.push_str(&literal.value);
                                }
                            }
                            ast::InterpolatedStringElement::Interpolation(i) => {
                                let value = self.eval(&i.expression)?;
                                let piece = self.interpolated(i, &value)?;
                                if let Value::Str(s) = &value
                                    && let Some(TextOrigin::Variable(_)) = &s.origin
                                    && origin.is_none()
                                {
                                    origin.clone_from(&s.origin);
                                }
                                text = match (text, piece) {
                                    (Some(text), Some(piece)) => Some(text + &piece),
                                    _ => None,
                                };
                            }
                        }
                    }
                }
            }
        }
        Ok(text.map_or(Value::Unknown, |text| Value::str_from(text, origin)))
    }

    pub(super) fn interpolated(
        &mut self,
        i: &'a ast::InterpolatedElement,
        value: &Value,
    ) -> R<Option<String>> {
        let piece = match i.conversion {
            ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => self.repr_of(value),
            _ => self.text_of(value),
        };
        let Some(format) = &i.format_spec else {
            return Ok(piece);
        };
        let mut spec = Some(String::new());
        for element in &format.elements {
            let part = match element {
                ast::InterpolatedStringElement::Literal(literal) => Some(literal.value.to_string()),
                ast::InterpolatedStringElement::Interpolation(inner) => {
                    let value = self.eval(&inner.expression)?;
                    match inner.conversion {
                        ast::ConversionFlag::None => self.text_of(&value),
                        _ => None,
                    }
                }
            };
            spec = match (spec, part) {
                (Some(spec), Some(part)) => Some(spec + &part),
                _ => None,
            };
        }
        match (spec, i.conversion) {
            (Some(spec), ast::ConversionFlag::None) => self.formatted(value, &spec),
            (Some(spec), _) if spec.is_empty() => Ok(piece),
            (Some(spec), _) => match piece {
                Some(piece) => self.formatted(&Value::str(piece), &spec),
                None => Ok(None),
            },
            (None, _) => Ok(None),
        }
    }

    /// Values of a display, stars expanded; `None` when a starred part is not known.
    pub(super) fn elements(&mut self, elts: &'a [Expr]) -> R<Option<Vec<Value>>> {
        let mut items = Vec::with_capacity(elts.len());
        let mut known = true;
        for elt in elts {
            if let Expr::Starred(starred) = elt {
                let value = self.eval(&starred.value)?;
                match self.items_of(&value)? {
                    Some(more) => items.extend(more),
                    None => known = false,
                }
            } else {
                items.push(self.eval(elt)?);
            }
        }
        Ok(known.then_some(items))
    }

    /// The error of a value that cannot be a key of a dict or a member of a set.
    pub fn unhashable(&mut self, value: &Value, role: &str) -> R<()> {
        let Value::Obj(obj) = value else {
            return Ok(());
        };
        if !matches!(
            self.heap.get(*obj).kind,
            Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
        ) {
            return Ok(());
        }
        let kind = self.type_name(value);
        let message = if self.version >= (3, 14) {
            format!("cannot use '{kind}' as a {role} (unhashable type: '{kind}')")
        } else {
            format!("unhashable type: '{kind}'")
        };
        Err(self.error("TypeError", &message))
    }

    /// A set of items; open when they are not known.
    pub fn set_of(&mut self, items: Option<Vec<Value>>) -> Value {
        let Some(items) = items else {
            return self.open_object(Kind::Set(Table::default()));
        };
        let mut table = Table::default();
        let mut open = false;
        for item in items {
            open |= self.hashes_by_value(&item);
            match self.hash_key(&item) {
                Some(key) => {
                    table.entry(key).or_insert((item, Value::None));
                }
                None => open = true,
            }
        }
        let obj = self.heap.alloc(Kind::Set(table));
        self.heap.get_mut(obj).open = open;
        Value::Obj(obj)
    }

    pub(super) fn dict_display(&mut self, d: &'a ast::ExprDict) -> R<Value> {
        let mut table = Table::default();
        let mut open = false;
        for item in &d.items {
            match &item.key {
                Some(key) => {
                    let key = self.eval(key)?;
                    let value = self.eval(&item.value)?;
                    self.unhashable(&key, "dict key")?;
                    open |= self.hashes_by_value(&key);
                    match self.hash_key(&key) {
                        Some(k) => {
                            table.insert(k, (key, value));
                        }
                        None => open = true,
                    }
                }
                None => {
                    let mapping = self.eval(&item.value)?;
                    match self.table_of(&mapping) {
                        Some((more, more_open)) => {
                            table.extend(more);
                            open |= more_open;
                        }
                        None => open = true,
                    }
                }
            }
        }
        let obj = self.heap.alloc(Kind::Dict(table));
        self.heap.get_mut(obj).open = open;
        Ok(Value::Obj(obj))
    }

    /// A container whose content is not known.
    pub fn open_object(&mut self, kind: Kind<'a>) -> Value {
        let obj = self.heap.alloc(kind);
        self.heap.get_mut(obj).open = true;
        Value::Obj(obj)
    }
}
