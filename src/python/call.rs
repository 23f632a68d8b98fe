//! Calls: binding arguments, running bodies, suspended functions.
//!
//! A call that CPython would refuse because of its arguments raises the exact `TypeError`; a
//! call whose callee is not known answers `Unknown`.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::function::{Def, FunctionData};
use super::interp::{Frame, FrameKind, Interp, Sink, SinkEntry};
use super::raise::{Flow, R, Stop};
use super::scope::ScopeInfo;
use super::value::{FileId, Kind, Obj, Owner, Slot, SuspendedKind, Sym, Table, Value};

/// Where a call stands in source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// File.
    pub file: FileId,
    /// First byte of the call.
    pub start: u32,
    /// Byte after it.
    pub end: u32,
    /// First byte of the callee.
    pub func_start: u32,
    /// Byte after the callee.
    pub func_end: u32,
}

/// Arguments of a call.
#[derive(Debug, Clone, Default)]
pub struct Args {
    /// Positional ones.
    pub pos: Vec<Value>,
    /// Keyword ones.
    pub kw: Vec<(Sym, Value)>,
    /// More may follow: `*unknown` or `**unknown` was given.
    pub open: bool,
    /// Positional arguments behind an unknown star.
    pub after_open: usize,
    /// Where the call stands.
    pub site: Option<Site>,
}

impl Args {
    /// No arguments.
    pub fn none() -> Self {
        Self::default()
    }

    /// Positional arguments only.
    pub fn positional(pos: Vec<Value>) -> Self {
        Self {
            pos,
            ..Self::default()
        }
    }

    /// The same with a receiver in front.
    #[must_use]
    pub fn with_first(mut self, first: Value) -> Self {
        self.pos.insert(0, first);
        self
    }

    /// A keyword argument.
    pub fn keyword(&self, name: Sym) -> Option<&Value> {
        self.kw.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// The argument at a position, or by keyword.
    pub fn get(&self, at: usize, name: Sym) -> Option<&Value> {
        self.pos.get(at).or_else(|| self.keyword(name))
    }
}

impl<'a> Interp<'a> {
    /// Calls a value.
    ///
    /// # Errors
    /// What the call raises.
    pub fn call(&mut self, func: &Value, args: Args) -> R<Value> {
        self.tick()?;
        let Value::Obj(obj) = func else {
            if func.is_unknown() {
                self.escape(&args);
                return Ok(self.unknown());
            }
            return Err(self.not_callable(func));
        };
        match &self.heap.get(*obj).kind {
            Kind::Native(native) => (native.run)(self, args),
            Kind::Method { func, this } => {
                let (func, this) = (func.clone(), this.clone());
                self.call(&func, args.with_first(this))
            }
            Kind::Function(data) => {
                let data = data.clone();
                self.watch_call(*obj, &args);
                self.call_function(&data, args)
            }
            Kind::Class(_) => {
                self.watch_call(*obj, &args);
                self.instantiate(*obj, args)
            }
            Kind::Partial {
                func,
                args: first,
                kwargs,
            } => {
                let (func, first, kwargs) = (func.clone(), first.clone(), kwargs.clone());
                let mut all = args;
                all.pos.splice(0..0, first);
                for (name, value) in kwargs {
                    if all.keyword(name).is_none() {
                        all.kw.push((name, value));
                    }
                }
                self.call(&func, all)
            }
            Kind::StaticMethod(inner) => {
                let inner = inner.clone();
                self.call(&inner, args)
            }
            Kind::Form { origin, .. } => match origin.clone() {
                Value::None => Ok(self.unknown()),
                origin => self.call(&origin, args),
            },
            Kind::Instance { .. } | Kind::Super { .. } => {
                let name = self.names.call;
                match self.type_attribute(func, name)? {
                    Some(method) => self.call(&method, args),
                    None if self.is_blurred(func) => {
                        self.escape(&args);
                        Ok(self.unknown())
                    }
                    None => Err(self.not_callable(func)),
                }
            }
            _ => Err(self.not_callable(func)),
        }
    }

    fn not_callable(&mut self, func: &Value) -> Stop {
        let kind = self.type_name(func);
        self.error("TypeError", &format!("'{kind}' object is not callable"))
    }

    /// Unknown code received these values: what is mutable in them may have changed.
    pub fn escape(&mut self, args: &Args) {
        let objects: Vec<Obj> = args
            .pos
            .iter()
            .chain(args.kw.iter().map(|(_, v)| v))
            .filter_map(Value::as_obj)
            .collect();
        for obj in objects {
            let mutable = matches!(
                self.heap.get(obj).kind,
                Kind::List(_) | Kind::Dict(_) | Kind::Set(_) | Kind::Instance { .. }
            );
            if mutable && !self.heap.get(obj).open {
                self.heap.get_mut(obj).open = true;
                self.module_dict_changed(obj);
            }
        }
    }

    /// Calls a Python function.
    ///
    /// # Errors
    /// What binding its arguments or its body raises.
    pub fn call_function(&mut self, func: &Rc<FunctionData<'a>>, args: Args) -> R<Value> {
        if let Some(hook) = func.hook {
            self.hooked.push(func.clone());
            let result = hook(self, args);
            self.hooked.pop();
            // A model of an `async def` answers what awaiting it gives.
            let awaited = func.is_async && !self.function_scope(func.file, func.def).yields;
            return if awaited {
                result.map(|value| self.ready(value))
            } else {
                result
            };
        }
        self.call_unhooked(func, args)
    }

    /// Calls a Python function past its model.
    ///
    /// # Errors
    /// What binding its arguments or its body raises.
    pub fn call_unhooked(&mut self, func: &Rc<FunctionData<'a>>, args: Args) -> R<Value> {
        let site = args.site;
        let env = self.bind_arguments(func, args)?;
        // Symbol tables are made on the first call: most functions of a start are never called.
        let is_generator = self.function_scope(func.file, func.def).yields;
        let kind = match (func.is_async, is_generator) {
            (false, false) => return self.run_bounded(func, env, site),
            (false, true) => SuspendedKind::Generator,
            (true, false) => SuspendedKind::Coroutine,
            (true, true) => SuspendedKind::AsyncGenerator,
        };
        let obj = self.heap.alloc(Kind::Suspended {
            func: func.clone(),
            env,
            kind,
            started: false,
        });
        Ok(Value::Obj(obj))
    }

    /// Runs a body; library code that takes too long is given up with an unknown result.
    fn run_bounded(
        &mut self,
        func: &Rc<FunctionData<'a>>,
        env: Obj,
        _site: Option<Site>,
    ) -> R<Value> {
        if func.owner == Owner::Stdlib && !self.runs_stdlib(func) {
            return Ok(self.unknown());
        }
        let enters_library = func.owner != Owner::Project
            && self
                .frames
                .last()
                .is_none_or(|f| f.owner == Owner::Project || f.kind == FrameKind::Module);
        if !enters_library {
            return self.run_body(func, env);
        }
        let (limit, frames) = (self.step_limit, self.frames.len());
        let (handlers, handling, sinks) =
            (self.handlers.len(), self.handling.len(), self.sinks.len());
        self.step_limit = limit.min(self.steps + LIBRARY_STEPS);
        let result = self.run_body(func, env);
        let own_limit = self.step_limit < limit;
        self.step_limit = limit;
        match result {
            Err(Stop::Budget(_)) if own_limit || self.steps < limit => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.sinks.truncate(sinks);
                Ok(self.unknown())
            }
            other => other,
        }
    }

    /// Runs a function body in a bound environment.
    ///
    /// # Errors
    /// What the body raises.
    pub fn run_body(&mut self, func: &Rc<FunctionData<'a>>, env: Obj) -> R<Value> {
        let depth = self.frames.len();
        self.push_function_frame(func, env);
        let result = match func.def {
            Def::Function(f) => self.block(&f.body),
            Def::Lambda(l) => self.eval(&l.body).map(Flow::Return),
        };
        self.frames.truncate(depth);
        Ok(match result? {
            Flow::Return(value) => value,
            Flow::MaybeReturn(Value::None) | Flow::Next => Value::None,
            _ => Value::Unknown,
        })
    }

    fn push_function_frame(&mut self, func: &Rc<FunctionData<'a>>, env: Obj) {
        let Kind::Env { info, parent } = &self.heap.get(env).kind else {
            return;
        };
        let (info, parent) = (info.clone(), *parent);
        let first_arg = match func.def.parameters() {
            Some(p) => p
                .posonlyargs
                .first()
                .or_else(|| p.args.first())
                .map(|p| p.parameter.name.to_string())
                .map(|name| self.interner.intern(&name))
                .and_then(|name| self.heap.get(env).attrs.get(&name).map(|s| s.value.clone())),
            None => None,
        };
        let class_cell = self.class_cell_of(func.closure);
        let offset = match func.def {
            Def::Function(f) => f.start().to_u32(),
            Def::Lambda(l) => l.start().to_u32(),
        };
        self.frames.push(Frame {
            kind: FrameKind::Function,
            module: func.module,
            file: func.file,
            owner: func.owner,
            names: env,
            info: Some(info),
            parent,
            name: func.name.clone(),
            offset,
            class_cell,
            first_arg,
            handlers_below: self.handlers.len(),
        });
    }

    /// Starts a generator (or coroutine) and hands each value it yields to `sink`.
    ///
    /// # Errors
    /// What the body or the sink raises.
    pub fn run_generator(&mut self, generator: Obj, sink: Sink<'a>) -> R<Value> {
        let Kind::Suspended {
            func, env, started, ..
        } = &self.heap.get(generator).kind
        else {
            return Ok(self.unknown());
        };
        let (func, env, started) = (func.clone(), *env, *started);
        if started {
            return Ok(self.unknown());
        }
        if let Kind::Suspended { started, .. } = &mut self.heap.get_mut(generator).kind {
            *started = true;
        }
        let depth = self.frames.len();
        let sinks = self.sinks.len();
        self.sinks.push(SinkEntry { run: sink, depth });
        let result = self.run_body(&func, env);
        self.sinks.truncate(sinks);
        result
    }

    /// `yield value` in the running generator.
    ///
    /// # Errors
    /// What the consumer throws into the generator.
    pub fn yield_value(&mut self, value: Value) -> R<Value> {
        let Some(mut entry) = self.sinks.pop() else {
            return Ok(self.unknown());
        };
        let depth = entry.depth.min(self.frames.len());
        let inner = self.frames.split_off(depth);
        let result = (entry.run)(self, value);
        self.frames.truncate(depth);
        self.frames.extend(inner);
        self.sinks.push(entry);
        result
    }

    /// `await value`
    ///
    /// # Errors
    /// What the awaited body raises.
    pub fn await_value(&mut self, value: Value) -> R<Value> {
        let Value::Obj(obj) = &value else {
            if value.is_unknown() {
                return Ok(self.unknown());
            }
            let kind = self.type_name(&value);
            return Err(self.error(
                "TypeError",
                &format!("object {kind} can't be used in 'await' expression"),
            ));
        };
        match &self.heap.get(*obj).kind {
            Kind::Suspended {
                func,
                env,
                kind: SuspendedKind::Coroutine,
                started: false,
            } => {
                let (func, env) = (func.clone(), *env);
                if func.owner == Owner::Stdlib && !self.runs_stdlib(&func) {
                    return Ok(self.unknown());
                }
                if let Kind::Suspended { started, .. } = &mut self.heap.get_mut(*obj).kind {
                    *started = true;
                }
                self.run_body(&func, env)
            }
            Kind::Instance { .. } => {
                let obj = *obj;
                if let Some(found) = self.ready_value(obj) {
                    return Ok(found);
                }
                let name = self.sym("__await__");
                match self.type_attribute(&value, name)? {
                    Some(Value::Obj(method)) if self.is_native_method(method) => {
                        self.call(&Value::Obj(method), Args::none())
                    }
                    _ => Ok(self.unknown()),
                }
            }
            _ => Ok(self.unknown()),
        }
    }

    /// Evaluates default values.
    ///
    /// # Errors
    /// What evaluating them raises.
    pub fn default_values(&mut self, params: Option<&'a ast::Parameters>) -> R<Defaults> {
        let Some(params) = params else {
            return Ok((Vec::new(), Vec::new()));
        };
        let mut defaults = Vec::new();
        for p in params.posonlyargs.iter().chain(&params.args) {
            if let Some(default) = &p.default {
                defaults.push(self.eval(default)?);
            }
        }
        let mut kw_defaults = Vec::new();
        for p in &params.kwonlyargs {
            if let Some(default) = &p.default {
                let name = self.sym(&p.parameter.name);
                kw_defaults.push((name, self.eval(default)?));
            }
        }
        Ok((defaults, kw_defaults))
    }

    /// `def`
    pub(super) fn function_statement(&mut self, s: &'a ast::StmtFunctionDef) -> R<Flow> {
        let mut decorators = Vec::with_capacity(s.decorator_list.len());
        for decorator in &s.decorator_list {
            decorators.push(self.eval(&decorator.expression)?);
        }
        let (defaults, kw_defaults) = self.default_values(Some(&s.parameters))?;
        let annotations = if s.type_params.is_some() {
            Vec::new()
        } else {
            self.function_annotations(s)?
        };
        let mut value = self.make_function(
            Def::Function(s),
            &s.name,
            defaults,
            kw_defaults,
            annotations,
        );
        let plain = value.clone();
        for (decorator, node) in decorators.into_iter().zip(&s.decorator_list).rev() {
            self.at(node.expression.start());
            let mut args = Args::positional(vec![value.clone()]);
            args.site = self.decorator_site(node);
            value = match self.call(&decorator, args) {
                Ok(value) => value,
                Err(Stop::Raise(raised)) => {
                    // The walk may go on: then the undecorated function is the better guess.
                    let name = self.sym(&s.name);
                    self.pending_binding = Some((name, value));
                    return Err(Stop::Raise(raised));
                }
                Err(stop) => return Err(stop),
            };
        }
        if value.is_unknown() && self.has_model(&plain) {
            // What an unknown decorator adds matters less than what is known of the function.
            value = plain;
        }
        let name = self.sym(&s.name);
        self.bind(name, value)?;
        Ok(Flow::Next)
    }

    fn has_model(&self, func: &Value) -> bool {
        let kind = func.as_obj().map(|obj| &self.heap.get(obj).kind);
        matches!(kind, Some(Kind::Function(data)) if data.hook.is_some())
    }

    fn is_native_method(&self, method: Obj) -> bool {
        match &self.heap.get(method).kind {
            Kind::Method {
                func: Value::Obj(func),
                ..
            } => {
                matches!(self.heap.get(*func).kind, Kind::Native(_))
            }
            _ => false,
        }
    }

    fn decorator_site(&self, node: &'a ast::Decorator) -> Option<Site> {
        let (start, end) = (
            node.expression.start().to_u32(),
            node.expression.end().to_u32(),
        );
        let func = match &node.expression {
            Expr::Call(c) => c.func.range(),
            other => other.range(),
        };
        Some(Site {
            file: self.frame().file,
            start,
            end,
            func_start: func.start().to_u32(),
            func_end: func.end().to_u32(),
        })
    }

    fn function_annotations(&mut self, s: &'a ast::StmtFunctionDef) -> R<Vec<(Sym, Value)>> {
        let mut annotations = Vec::new();
        for parameter in s.parameters.iter() {
            if let Some(annotation) = parameter.annotation() {
                self.at(annotation.start());
                let value = match annotation {
                    // `*args: *Ts` (PEP 646)
                    Expr::Starred(_) => Value::Unknown,
                    other => self.annotation(other)?,
                };
                let name = self.sym(parameter.name());
                annotations.push((name, value));
            }
        }
        if let Some(returns) = &s.returns {
            self.at(returns.start());
            let value = self.annotation(returns)?;
            annotations.push((self.names.return_, value));
        }
        Ok(annotations)
    }

    /// A function object in the running scope.
    pub fn make_function(
        &mut self,
        def: Def<'a>,
        name: &str,
        defaults: Vec<Value>,
        kw_defaults: Vec<(Sym, Value)>,
        annotations: Vec<(Sym, Value)>,
    ) -> Value {
        let frame = self.frame();
        let (module, file, owner) = (frame.module, frame.file, frame.owner);
        let qualname: Rc<str> = match self.frame().kind {
            FrameKind::Module => name.into(),
            FrameKind::Class => format!("{}.{name}", self.class_qualname()).into(),
            _ => format!("{}.<locals>.{name}", self.frame().name).into(),
        };
        let hook = self.hook_for(module, &qualname);
        let data = FunctionData {
            name: name.into(),
            qualname,
            module,
            file,
            owner,
            def,
            closure: self.closure_scope(),
            defaults,
            kw_defaults,
            annotations,
            is_async: matches!(def, Def::Function(f) if f.is_async),
            hook,
        };
        Value::Obj(self.heap.alloc(Kind::Function(Rc::new(data))))
    }

    pub(super) fn function_scope(&mut self, file: FileId, def: Def<'a>) -> Rc<ScopeInfo> {
        match def {
            Def::Function(f) => {
                // The name's offset: decorators make the statement start earlier.
                let key = f.name.start().to_u32();
                self.scope(file, key, |i| {
                    ScopeInfo::function(i, Some(&f.parameters), &f.body)
                })
            }
            Def::Lambda(l) => self.scope(file, l.start().to_u32(), |i| ScopeInfo::lambda(i, l)),
        }
    }

    /// The scope that a function defined here closes over. In a class body that is a scope of
    /// its own which only knows `__class__`.
    fn closure_scope(&mut self) -> Option<Obj> {
        let frame = self.frame();
        match frame.kind {
            FrameKind::Module => None,
            FrameKind::Class => frame.class_cell,
            FrameKind::Function | FrameKind::Comprehension => Some(frame.names),
        }
    }

    /// The class whose method a closure belongs to.
    fn class_cell_of(&self, mut scope: Option<Obj>) -> Option<Obj> {
        while let Some(env) = scope {
            let cell = self.heap.get(env);
            if let Some(slot) = cell.attrs.get(&self.names.class) {
                return slot.value.as_obj();
            }
            let Kind::Env { parent, .. } = &cell.kind else {
                return None;
            };
            scope = *parent;
        }
        None
    }

    /// Binds arguments to parameters in a new environment.
    ///
    /// # Errors
    /// The `TypeError` of a call that does not fit the signature.
    pub fn bind_arguments(&mut self, func: &Rc<FunctionData<'a>>, mut args: Args) -> R<Obj> {
        let info = self.function_scope(func.file, func.def);
        let env = self.heap.alloc(Kind::Env {
            info,
            parent: func.closure,
        });
        let Some(params) = func.def.parameters() else {
            if !args.pos.is_empty() || !args.kw.is_empty() {
                return Err(self.too_many_arguments(func, &args));
            }
            return Ok(env);
        };
        let positional: Vec<&'a ast::ParameterWithDefault> =
            params.posonlyargs.iter().chain(&params.args).collect();
        let given = args.pos.len();
        let mut bound: Vec<(Sym, Value)> = Vec::with_capacity(positional.len());
        let mut rest = args.pos.split_off(given.min(positional.len()));
        for (parameter, value) in positional.iter().zip(args.pos.drain(..)) {
            let name = self.sym(&parameter.parameter.name);
            bound.push((name, value));
        }
        if let Some(vararg) = &params.vararg {
            let name = self.sym(&vararg.name);
            let value = if args.open || args.after_open > 0 {
                Value::Unknown
            } else {
                Value::tuple(std::mem::take(&mut rest))
            };
            self.heap.get_mut(env).attrs.insert(name, Slot::sure(value));
        } else if !rest.is_empty() {
            args.pos = vec![Value::Unknown; given];
            return Err(self.too_many_arguments(func, &args));
        }
        let extra = self.bind_keywords(func, params, &mut bound, &args)?;
        if let Some(kwarg) = &params.kwarg {
            let name = self.sym(&kwarg.name);
            let table: Table = extra
                .into_iter()
                .filter_map(|(name, value)| {
                    let key = Value::str(&*self.interner.name(name));
                    Some((super::value::Key::of(&key)?, (key, value)))
                })
                .collect();
            let dict = self.heap.alloc(Kind::Dict(table));
            self.heap.get_mut(dict).open = args.open;
            self.heap
                .get_mut(env)
                .attrs
                .insert(name, Slot::sure(Value::Obj(dict)));
        }
        self.fill_defaults(func, params, &positional, &mut bound, &args)?;
        let cell = self.heap.get_mut(env);
        for (name, value) in bound {
            cell.attrs.insert(name, Slot::sure(value));
        }
        Ok(env)
    }

    /// Binds keyword arguments; returns those that go to `**kwargs`.
    fn bind_keywords(
        &mut self,
        func: &Rc<FunctionData<'a>>,
        params: &'a ast::Parameters,
        bound: &mut Vec<(Sym, Value)>,
        args: &Args,
    ) -> R<Vec<(Sym, Value)>> {
        let mut extra = Vec::new();
        for (name, value) in &args.kw {
            let text = self.interner.name(*name);
            let named = params
                .args
                .iter()
                .chain(&params.kwonlyargs)
                .any(|p| p.parameter.name.as_str() == &*text);
            if named {
                if bound.iter().any(|(n, _)| n == name) {
                    let message = format!(
                        "{}() got multiple values for argument '{text}'",
                        self.shown_name(func)
                    );
                    return Err(self.signature_error(&message, func, &text));
                }
                bound.push((*name, value.clone()));
            } else if params.kwarg.is_some() {
                extra.push((*name, value.clone()));
            } else if params
                .posonlyargs
                .iter()
                .any(|p| p.parameter.name.as_str() == &*text)
            {
                let message = format!(
                    "{}() got some positional-only arguments passed as keyword arguments: '{text}'",
                    self.shown_name(func)
                );
                return Err(self.signature_error(&message, func, &text));
            } else {
                let message = format!(
                    "{}() got an unexpected keyword argument '{text}'",
                    self.shown_name(func)
                );
                let message = self.suggest_keyword(message, params, &text);
                return Err(self.signature_error(&message, func, &text));
            }
        }
        Ok(extra)
    }

    fn fill_defaults(
        &mut self,
        func: &Rc<FunctionData<'a>>,
        params: &'a ast::Parameters,
        positional: &[&'a ast::ParameterWithDefault],
        bound: &mut Vec<(Sym, Value)>,
        args: &Args,
    ) -> R<()> {
        let first_default = positional.len().saturating_sub(func.defaults.len());
        let mut missing = Vec::new();
        for (at, parameter) in positional.iter().enumerate() {
            let name = self.sym(&parameter.parameter.name);
            if bound.iter().any(|(n, _)| *n == name) {
                continue;
            }
            if args.open || args.after_open > 0 {
                bound.push((name, Value::Unknown));
            } else if at >= first_default {
                bound.push((name, func.defaults[at - first_default].clone()));
            } else {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            return Err(self.missing_arguments(func, &missing, "positional"));
        }
        for parameter in &params.kwonlyargs {
            let name = self.sym(&parameter.parameter.name);
            if bound.iter().any(|(n, _)| *n == name) {
                continue;
            }
            if args.open {
                bound.push((name, Value::Unknown));
            } else if let Some((_, value)) = func.kw_defaults.iter().find(|(n, _)| *n == name) {
                bound.push((name, value.clone()));
            } else {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            return Err(self.missing_arguments(func, &missing, "keyword-only"));
        }
        Ok(())
    }

    /// Name of a function in messages: qualified since 3.10.
    fn shown_name(&self, func: &FunctionData<'a>) -> Rc<str> {
        if self.version >= (3, 10) {
            func.qualname.clone()
        } else {
            func.name.clone()
        }
    }

    fn signature_error(&mut self, message: &str, func: &FunctionData<'a>, parameter: &str) -> Stop {
        let callee = func.qualname.clone();
        self.fault(
            "TypeError",
            message,
            "call-signature",
            &[("callee", &callee), ("parameter", parameter)],
        )
    }

    fn missing_arguments(
        &mut self,
        func: &Rc<FunctionData<'a>>,
        missing: &[Sym],
        kind: &str,
    ) -> Stop {
        let names: Vec<String> = missing
            .iter()
            .map(|n| format!("'{}'", self.interner.name(*n)))
            .collect();
        let listed = match names.as_slice() {
            [one] => one.clone(),
            [one, two] => format!("{one} and {two}"),
            [most @ .., last] => format!("{}, and {last}", most.join(", ")),
            [] => String::new(),
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        let message = format!(
            "{}() missing {} required {kind} argument{plural}: {listed}",
            self.shown_name(func),
            names.len()
        );
        let first = missing
            .first()
            .map(|n| self.interner.name(*n))
            .unwrap_or_else(|| "".into());
        self.signature_error(&message, func, &first)
    }

    fn too_many_arguments(&mut self, func: &Rc<FunctionData<'a>>, args: &Args) -> Stop {
        let params = func.def.parameters();
        let total = params.map_or(0, |p| p.posonlyargs.len() + p.args.len());
        let required = total.saturating_sub(func.defaults.len());
        let takes = if required == total {
            total.to_string()
        } else {
            format!("from {required} to {total}")
        };
        let plural = if takes == "1" { "" } else { "s" };
        let given = args.pos.len();
        let kw_only = params.map_or(0, |p| {
            p.kwonlyargs
                .iter()
                .filter(|k| {
                    args.kw
                        .iter()
                        .any(|(n, _)| *self.interner.name(*n) == *k.parameter.name)
                })
                .count()
        });
        let were = if given == 1 && kw_only == 0 {
            "was"
        } else {
            "were"
        };
        let given = if kw_only > 0 {
            let plural = if given == 1 { "" } else { "s" };
            let kw_plural = if kw_only == 1 { "" } else { "s" };
            format!(
                "{given} positional argument{plural} (and {kw_only} keyword-only argument{kw_plural}) {were} given"
            )
        } else {
            format!("{given} {were} given")
        };
        let message = format!(
            "{}() takes {takes} positional argument{plural} but {given}",
            self.shown_name(func)
        );
        self.signature_error(&message, func, "")
    }

    /// 3.13 and later add a suggestion; kept apart because only they do.
    fn suggest_keyword(
        &mut self,
        message: String,
        params: &'a ast::Parameters,
        text: &str,
    ) -> String {
        if self.version < (3, 13) {
            return message;
        }
        let names: Vec<&str> = params
            .args
            .iter()
            .chain(&params.kwonlyargs)
            .map(|p| p.parameter.name.as_str())
            .collect();
        match super::suggest::closest(text, &names) {
            Some(name) => format!("{message}. Did you mean '{name}'?"),
            None => message,
        }
    }

    /// Statements of a function body.
    pub fn body_of(func: &FunctionData<'a>) -> Option<&'a [Stmt]> {
        match func.def {
            Def::Function(f) => Some(&f.body),
            Def::Lambda(_) => None,
        }
    }
}

/// Default values of positional parameters, and of keyword-only ones by name.
pub type Defaults = (Vec<Value>, Vec<(Sym, Value)>);

/// Steps that one call from the project into library code may take.
const LIBRARY_STEPS: u64 = 400_000;
