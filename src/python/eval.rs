//! Expressions.

mod calling;
mod comprehension;
mod display;

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::function::Def;
use super::interp::{FrameKind, Interp};
use super::raise::R;
use super::scope::ScopeInfo;
use super::value::{FileId, Kind, Obj, Value};

impl<'a> Interp<'a> {
    /// The value of an expression.
    ///
    /// # Errors
    /// What evaluating it raises.
    pub fn eval(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::Name(name) => {
                let sym = self.sym_at(&name.node_index, &name.id);
                self.at(expr.start());
                self.load(sym)
            }
            Expr::Attribute(a) => {
                let value = self.eval(&a.value)?;
                // Since 3.11 the line of an attribute is that of its name.
                self.at(if self.version >= (3, 11) {
                    a.attr.start()
                } else {
                    expr.start()
                });
                self.span_hint = Some((a.attr.start().to_u32(), a.attr.end().to_u32()));
                let name = self.private_sym(&a.attr);
                let result = self.attribute(&value, name);
                self.span_hint = None;
                result
            }
            Expr::Call(c) => self.call_expression(c),
            Expr::StringLiteral(_)
            | Expr::FString(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::TString(_)
            | Expr::IpyEscapeCommand(_) => self.literal(expr),
            Expr::Tuple(t) => Ok(match self.elements(&t.elts)? {
                Some(items) => Value::tuple(items),
                None => Value::Unknown,
            }),
            Expr::List(l) => match self.elements(&l.elts)? {
                Some(items) => Ok(self.list(items)),
                None => Ok(self.open_object(Kind::List(Vec::new()))),
            },
            Expr::Set(s) => {
                let items = self.elements(&s.elts)?;
                self.at(expr.start());
                for item in items.iter().flatten() {
                    self.unhashable(item, "set element")?;
                }
                Ok(self.set_of(items))
            }
            Expr::Dict(d) => self.dict_display(d),
            Expr::Subscript(_) | Expr::BinOp(_) | Expr::UnaryOp(_) => self.operation(expr),
            Expr::BoolOp(b) => self.bool_op(b.op, &b.values),
            Expr::Compare(c) => self.comparison(c),
            Expr::If(i) => match self.test(&i.test)? {
                Some(true) => self.eval(&i.body),
                Some(false) => self.eval(&i.orelse),
                None => self.either(&mut |s: &mut Self| s.eval(&i.body), &mut |s: &mut Self| {
                    s.eval(&i.orelse)
                }),
            },
            Expr::Lambda(l) => Ok(self.lambda(l)?),
            Expr::Named(n) => {
                let value = self.eval(&n.value)?;
                self.assign_walrus(&n.target, value.clone())?;
                Ok(value)
            }
            Expr::Starred(s) => self.eval(&s.value),
            Expr::Slice(s) => {
                let part = |i: &mut Self, e: &'a Option<Box<Expr>>| match e {
                    Some(e) => i.eval(e),
                    None => Ok(Value::None),
                };
                let (lower, upper, step) = (
                    part(self, &s.lower)?,
                    part(self, &s.upper)?,
                    part(self, &s.step)?,
                );
                Ok(Value::Obj(self.heap.alloc(Kind::Slice(lower, upper, step))))
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension_expression(expr)
            }
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => self.suspension(expr),
        }
    }

    fn suspension(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::Await(a) => {
                let value = self.eval(&a.value)?;
                self.at(expr.start());
                self.await_value(value)
            }
            Expr::Yield(y) => {
                let value = match &y.value {
                    Some(value) => self.eval(value)?,
                    None => Value::None,
                };
                self.yield_value(value)
            }
            Expr::YieldFrom(y) => {
                let iterable = self.eval(&y.value)?;
                let known = self.each(&iterable, &mut |i, item| {
                    i.yield_value(item)?;
                    Ok(true)
                })?;
                if !known {
                    self.yield_value(Value::Unknown)?;
                }
                Ok(Value::Unknown)
            }
            _ => Ok(Value::Unknown),
        }
    }

    fn operation(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::Subscript(s) => {
                let value = self.eval(&s.value)?;
                let index = self.eval(&s.slice)?;
                self.at(expr.start());
                self.subscript(&value, &index)
            }
            Expr::BinOp(b) => {
                let left = self.eval(&b.left)?;
                let right = self.eval(&b.right)?;
                self.at(expr.start());
                self.binary(b.op, &left, &right)
            }
            Expr::UnaryOp(u) => {
                let operand = self.eval(&u.operand)?;
                self.at(expr.start());
                self.unary(u.op, &operand)
            }
            _ => Ok(Value::Unknown),
        }
    }

    fn literal(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::StringLiteral(s) => Ok(self.string_literal(s)),
            Expr::FString(f) => self.f_string(f),
            Expr::BytesLiteral(b) => Ok(Value::Bytes(
                b.value
                    .iter()
                    .flat_map(|part| part.value.iter().copied())
                    .collect::<Vec<_>>()
                    .into(),
            )),
            Expr::NumberLiteral(n) => Ok(match &n.value {
                ast::Number::Int(i) => i.as_i64().map_or(Value::Unknown, Value::Int),
                ast::Number::Float(f) => Value::Float(*f),
                ast::Number::Complex { .. } => Value::Unknown,
            }),
            Expr::BooleanLiteral(b) => Ok(Value::Bool(b.value)),
            Expr::NoneLiteral(_) => Ok(Value::None),
            Expr::EllipsisLiteral(_) => Ok(Value::Ellipsis),
            _ => Ok(Value::Unknown),
        }
    }

    fn comprehension_expression(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::ListComp(c) => {
                let items = self.comprehension(&c.generators, &mut |i| i.eval(&c.elt))?;
                Ok(match items {
                    Some(items) => self.list(items),
                    None => self.open_object(Kind::List(Vec::new())),
                })
            }
            Expr::SetComp(c) => {
                let items = self.comprehension(&c.generators, &mut |i| i.eval(&c.elt))?;
                Ok(self.set_of(items))
            }
            Expr::DictComp(c) => self.dict_comprehension(c),
            Expr::Generator(g) => self.generator_expression(g),
            _ => Ok(Value::Unknown),
        }
    }

    fn bool_op(&mut self, op: ast::BoolOp, values: &'a [Expr]) -> R<Value> {
        let Some((first, rest)) = values.split_first() else {
            return Ok(Value::Unknown);
        };
        let value = self.eval(first)?;
        if rest.is_empty() {
            return Ok(value);
        }
        match (op, self.truth(&value)?) {
            (ast::BoolOp::And, Some(false)) | (ast::BoolOp::Or, Some(true)) => Ok(value),
            (_, Some(_)) => self.bool_op(op, rest),
            (_, None) => {
                let mut kept = value;
                let other = self.either(&mut |i: &mut Self| i.bool_op(op, rest), &mut |_| {
                    Ok(Value::Unknown)
                })?;
                if !kept.same(&other) {
                    kept = Value::Unknown;
                }
                Ok(kept)
            }
        }
    }

    /// One of two values, it is not known which; effects are merged.
    ///
    /// # Errors
    /// When both ways raise.
    pub fn either(
        &mut self,
        one: &mut dyn FnMut(&mut Self) -> R<Value>,
        other: &mut dyn FnMut(&mut Self) -> R<Value>,
    ) -> R<Value> {
        let flow = self.branch(&mut [
            &mut |i: &mut Self| Ok(super::raise::Flow::Return(one(i)?)),
            &mut |i: &mut Self| Ok(super::raise::Flow::Return(other(i)?)),
        ])?;
        Ok(match flow {
            super::raise::Flow::Return(value) => value,
            _ => Value::Unknown,
        })
    }

    /// Truth of an expression; `None` when it is not known.
    ///
    /// # Errors
    /// What evaluating it raises.
    pub fn test(&mut self, expr: &'a Expr) -> R<Option<bool>> {
        match expr {
            Expr::BoolOp(b) => {
                let mut unsure = false;
                for value in &b.values {
                    let decided = if unsure {
                        let mut decided = None;
                        self.maybe(&mut |i: &mut Self| {
                            decided = i.test(value)?;
                            Ok(super::raise::Flow::Next)
                        })?;
                        decided
                    } else {
                        self.test(value)?
                    };
                    match (b.op, decided) {
                        (ast::BoolOp::And, Some(false)) => return Ok(Some(false)),
                        (ast::BoolOp::Or, Some(true)) => return Ok(Some(true)),
                        (_, None) => unsure = true,
                        _ => {}
                    }
                }
                Ok(if unsure {
                    None
                } else {
                    Some(b.op == ast::BoolOp::And)
                })
            }
            Expr::UnaryOp(u) if u.op == ast::UnaryOp::Not => Ok(self.test(&u.operand)?.map(|t| !t)),
            _ => {
                let value = self.eval(expr)?;
                self.truth(&value)
            }
        }
    }

    fn lambda(&mut self, l: &'a ast::ExprLambda) -> R<Value> {
        let (defaults, kw_defaults) = self.default_values(l.parameters.as_deref())?;
        Ok(self.make_function(
            Def::Lambda(l),
            "<lambda>",
            defaults,
            kw_defaults,
            Vec::new(),
        ))
    }

    /// A symbol table, made on first use.
    pub fn scope(
        &mut self,
        file: FileId,
        offset: u32,
        make: impl FnOnce(&mut super::value::Interner) -> ScopeInfo,
    ) -> Rc<ScopeInfo> {
        if let Some(info) = self.scopes.get(&(file, offset)) {
            return info.clone();
        }
        let info = Rc::new(make(&mut self.interner));
        self.scopes.insert((file, offset), info.clone());
        info
    }

    /// The function scope that nested functions see.
    pub fn visible_scope(&self) -> Option<Obj> {
        let frame = self.frame();
        match frame.kind {
            FrameKind::Module => None,
            FrameKind::Class => frame.parent,
            FrameKind::Function | FrameKind::Comprehension => Some(frame.names),
        }
    }
}
