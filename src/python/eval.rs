//! Expressions.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use super::call::Args;
use super::function::Def;
use super::interp::{Frame, FrameKind, Interp};
use super::raise::R;
use super::scope::ScopeInfo;
use super::value::{FileId, Key, Kind, Obj, PyStr, Table, TextOrigin, Value};

impl<'a> Interp<'a> {
    /// The value of an expression.
    ///
    /// # Errors
    /// What evaluating it raises.
    pub fn eval(&mut self, expr: &'a Expr) -> R<Value> {
        match expr {
            Expr::Name(name) => {
                let sym = self.sym(&name.id);
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

    fn string_literal(&mut self, s: &'a ast::ExprStringLiteral) -> Value {
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

    fn f_string(&mut self, f: &'a ast::ExprFString) -> R<Value> {
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

    fn interpolated(
        &mut self,
        i: &'a ast::InterpolatedElement,
        value: &Value,
    ) -> R<Option<String>> {
        let piece = match i.conversion {
            ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => self.repr_of(value),
            _ => self.text_of(value),
        };
        if let Some(spec) = &i.format_spec {
            for element in &spec.elements {
                if let ast::InterpolatedStringElement::Interpolation(inner) = element {
                    self.eval(&inner.expression)?;
                }
            }
            return Ok(if spec.elements.is_empty() {
                piece
            } else {
                None
            });
        }
        Ok(piece)
    }

    /// Values of a display, stars expanded; `None` when a starred part is not known.
    fn elements(&mut self, elts: &'a [Expr]) -> R<Option<Vec<Value>>> {
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
            match Key::of(&item) {
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

    fn dict_display(&mut self, d: &'a ast::ExprDict) -> R<Value> {
        let mut table = Table::default();
        let mut open = false;
        for item in &d.items {
            match &item.key {
                Some(key) => {
                    let key = self.eval(key)?;
                    let value = self.eval(&item.value)?;
                    self.unhashable(&key, "dict key")?;
                    match Key::of(&key) {
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

    /// A comprehension's values; `None` when they are not known.
    fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        element: &mut dyn FnMut(&mut Self) -> R<Value>,
    ) -> R<Option<Vec<Value>>> {
        let Some(first) = generators.first() else {
            return Ok(None);
        };
        let outermost = self.eval(&first.iter)?;
        self.in_comprehension(generators, |i| {
            let mut items = Vec::new();
            let known = i.rounds(generators, Some(outermost), &mut |i| {
                let value = element(i)?;
                items.push(value);
                Ok(())
            })?;
            Ok(known.then_some(items))
        })
    }

    fn in_comprehension<T>(
        &mut self,
        generators: &'a [ast::Comprehension],
        run: impl FnOnce(&mut Self) -> R<T>,
    ) -> R<T> {
        let file = self.frame().file;
        let key = generators.first().map_or(0, |g| g.target.start().to_u32());
        let info = self.scope(file, key, |interner| {
            ScopeInfo::comprehension(interner, generators)
        });
        let outer = self.frame().clone();
        let parent = self.visible_scope();
        let env = self.heap.alloc(Kind::Env {
            info: info.clone(),
            parent,
        });
        self.frames.push(Frame {
            kind: FrameKind::Comprehension,
            names: env,
            info: Some(info),
            parent,
            name: "<listcomp>".into(),
            ..outer
        });
        let depth = self.frames.len();
        let result = run(self);
        self.frames.truncate(depth - 1);
        result
    }

    /// Runs the nested loops of a comprehension. False when how often is not known.
    fn rounds(
        &mut self,
        generators: &'a [ast::Comprehension],
        iterable: Option<Value>,
        body: &mut dyn FnMut(&mut Self) -> R<()>,
    ) -> R<bool> {
        let Some((first, rest)) = generators.split_first() else {
            body(self)?;
            return Ok(true);
        };
        let iterable = match iterable {
            Some(iterable) => iterable,
            None => self.eval(&first.iter)?,
        };
        let mut all_known = true;
        let known = self.each(&iterable, &mut |i, item| {
            all_known &= i.round(first, rest, item, body)?;
            Ok(true)
        })?;
        if !known {
            self.maybe(&mut |i: &mut Self| {
                i.round(first, rest, Value::Unknown, body)?;
                Ok(super::raise::Flow::Next)
            })?;
        }
        Ok(known && all_known)
    }

    fn round(
        &mut self,
        first: &'a ast::Comprehension,
        rest: &'a [ast::Comprehension],
        item: Value,
        body: &mut dyn FnMut(&mut Self) -> R<()>,
    ) -> R<bool> {
        self.assign(&first.target, item)?;
        let mut unsure = false;
        for test in &first.ifs {
            match self.test(test)? {
                Some(true) => {}
                Some(false) => return Ok(!unsure),
                None => unsure = true,
            }
        }
        if unsure {
            self.maybe(&mut |i: &mut Self| {
                i.rounds(rest, None, body)?;
                Ok(super::raise::Flow::Next)
            })?;
            return Ok(false);
        }
        self.rounds(rest, None, body)
    }

    fn dict_comprehension(&mut self, c: &'a ast::ExprDictComp) -> R<Value> {
        let pairs = self.comprehension(&c.generators, &mut |i| {
            let key = match &c.key {
                Some(key) => i.eval(key)?,
                None => Value::Unknown,
            };
            let value = i.eval(&c.value)?;
            Ok(Value::tuple(vec![key, value]))
        })?;
        let Some(pairs) = pairs else {
            return Ok(self.open_object(Kind::Dict(Table::default())));
        };
        let mut table = Table::default();
        let mut open = false;
        for pair in pairs {
            if let Value::Tuple(pair) = &pair
                && let [key, value] = pair.as_ref()
            {
                match Key::of(key) {
                    Some(k) => {
                        table.insert(k, (key.clone(), value.clone()));
                    }
                    None => open = true,
                }
            }
        }
        let obj = self.heap.alloc(Kind::Dict(table));
        self.heap.get_mut(obj).open = open;
        Ok(Value::Obj(obj))
    }

    /// A generator expression is run at once: its consumer follows immediately in practice.
    fn generator_expression(&mut self, g: &'a ast::ExprGenerator) -> R<Value> {
        let mut items = None;
        // Nothing of it runs until it is consumed: an exception now is only possible.
        self.maybe(&mut |i: &mut Self| {
            items = i.comprehension(&g.generators, &mut |i| i.eval(&g.elt))?;
            Ok(super::raise::Flow::Next)
        })?;
        Ok(match items {
            Some(items) => Value::Obj(self.heap.alloc(Kind::Iter {
                items: items.into(),
                next: 0,
            })),
            None => Value::Unknown,
        })
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

    /// A call expression: callee, arguments, then the call itself.
    fn call_expression(&mut self, c: &'a ast::ExprCall) -> R<Value> {
        self.tick()?;
        let func = self.eval(&c.func)?;
        let args = self.arguments(&c.arguments, c)?;
        // CPython blames the line of the attribute for a method call over several lines (3.11+).
        let start = match c.func.as_ref() {
            Expr::Attribute(a) if self.version >= (3, 11) => a.attr.start(),
            _ => c.range_start,
        };
        self.at(start);
        self.call(&func, args)
    }

    /// Evaluates arguments, stars expanded.
    ///
    /// # Errors
    /// What evaluating them raises.
    pub fn arguments(&mut self, arguments: &'a ast::Arguments, call: &'a ast::ExprCall) -> R<Args> {
        let mut args = Args::none();
        for arg in &arguments.args {
            if let Expr::Starred(starred) = arg {
                let value = self.eval(&starred.value)?;
                match self.items_of(&value)? {
                    Some(items) => args.pos.extend(items),
                    None => args.open = true,
                }
            } else {
                let value = self.eval(arg)?;
                if args.open {
                    args.after_open += 1;
                } else {
                    args.pos.push(value);
                }
            }
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value)?;
            match &keyword.arg {
                Some(name) => {
                    let name = self.sym(name);
                    args.kw.push((name, value));
                }
                None => self.spread(&value, &mut args),
            }
        }
        let frame = self.frame();
        args.site = Some(super::call::Site {
            file: frame.file,
            start: c_start(call),
            end: call.arguments.end().to_u32(),
            func_start: call.func.start().to_u32(),
            func_end: call.func.end().to_u32(),
        });
        Ok(args)
    }

    /// `**mapping`
    fn spread(&mut self, mapping: &Value, args: &mut Args) {
        match self.table_of(mapping) {
            Some((table, open)) => {
                for (_, (key, value)) in table {
                    match key.as_str() {
                        Some(name) => {
                            let name = self.interner.intern(name);
                            args.kw.push((name, value));
                        }
                        None => args.open = true,
                    }
                }
                args.open |= open;
            }
            None => args.open = true,
        }
    }
}

fn c_start(call: &ast::ExprCall) -> u32 {
    call.range_start.to_u32()
}
