//! Calls: binding arguments, running bodies, suspended functions.
//!
//! A call that CPython would refuse because of its arguments raises the exact `TypeError`; a
//! call whose callee is not known answers `Unknown`.

mod arguments;
mod define;

use std::rc::Rc;

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::function::{Def, FunctionData};
use super::interp::{Frame, FrameKind, Interp, Sink, SinkEntry};
use super::raise::{Flow, R, Stop};
use super::value::{FileId, Kind, Obj, Owner, SuspendedKind, Sym, Value};

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
            Kind::Form { origin, name, .. } => {
                let (origin, name) = (origin.clone(), *name);
                if let Some(stop) = self.no_instances_of(func, name, &origin) {
                    return Err(stop);
                }
                match origin {
                    Value::None => Ok(self.unknown()),
                    origin => self.call(&origin, args),
                }
            }
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
            self.note_handed(obj);
            if mutable && !self.heap.get(obj).open {
                self.heap.get_mut(obj).open = true;
                self.module_dict_changed(obj);
            }
        }
    }

    /// The same for values that stand in containers, and for what tuples among them hold.
    pub fn escape_within(&mut self, values: &[Value]) {
        let mut reached = Args::none();
        for value in values {
            match value {
                Value::Tuple(parts) => reached.pos.extend(parts.iter().cloned()),
                other => reached.pos.push(other.clone()),
            }
        }
        self.escape(&reached);
    }

    /// Does work of a model that may take too long: then it is given up, and the model goes on.
    ///
    /// # Errors
    /// What the work raises.
    pub fn within(&mut self, steps: u64, work: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        let limit = self.step_limit;
        let (frames, handlers) = (self.frames.len(), self.handlers.len());
        let (handling, sinks) = (self.handling.len(), self.sinks.len());
        let (hooked, modules) = (self.hooked.len(), self.module_steps);
        self.step_limit = limit.min(self.steps.saturating_add(steps));
        let result = work(self);
        let limit = limit
            .saturating_add(self.module_steps.saturating_sub(modules))
            .min(self.max_steps);
        self.step_limit = limit;
        match result {
            Err(Stop::Budget(_)) if self.steps < limit => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.sinks.truncate(sinks);
                self.hooked.truncate(hooked);
                self.blur();
                Ok(())
            }
            other => other,
        }
    }

    /// A body was given up half-way: what it could reach through its names may have changed.
    fn escape_scope(&mut self, env: Obj) {
        let mut scope = Some(env);
        let mut reached = Args::none();
        while let Some(env) = scope {
            let cell = self.heap.get(env);
            reached
                .pos
                .extend(cell.attrs.values().map(|slot| slot.value.clone()));
            scope = match &cell.kind {
                Kind::Env { parent, .. } => *parent,
                _ => None,
            };
        }
        self.escape(&reached);
    }

    /// Calls a Python function.
    ///
    /// # Errors
    /// What binding its arguments or its body raises.
    pub fn call_function(&mut self, func: &Rc<FunctionData<'a>>, args: Args) -> R<Value> {
        if let Some(hook) = func.hook {
            // Only what is written in source: models call each other as they like.
            if args.site.is_some() {
                self.bind_arguments(func, args.clone())?;
            }
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
            // A container's own method (`Counter.update`) may have changed what it holds.
            let receiver = self
                .heap
                .get(env)
                .attrs
                .first()
                .map(|(_, s)| s.value.clone());
            if let Some(Value::Obj(receiver)) = receiver
                && let super::value::Payload::Base(container) = self.payload(receiver)
            {
                self.heap.get_mut(container).open = true;
            }
            return Ok(self.unknown());
        }
        let with_care = self.follows_with_care(func);
        let enters_library = func.owner != Owner::Project
            && self.frames.last().is_none_or(|f| {
                f.owner == Owner::Project || matches!(f.kind, FrameKind::Module | FrameKind::Class)
            });
        if !enters_library && !with_care {
            return self.run_body(func, env);
        }
        let (limit, frames) = (self.step_limit, self.frames.len());
        let (handlers, handling, sinks) =
            (self.handlers.len(), self.handling.len(), self.sinks.len());
        let modules = self.module_steps;
        self.step_limit = limit.min(self.steps + LIBRARY_STEPS);
        let around = self.in_doubt;
        let given = around.within(self.doubt, self.patience());
        self.in_doubt = given;
        let result = self.run_body(func, env);
        self.spent_in_doubt += given.left.saturating_sub(self.in_doubt.left);
        self.in_doubt = around.after(given, self.in_doubt);
        // What the call imported is not its own work.
        let limit = limit
            .saturating_add(self.module_steps.saturating_sub(modules))
            .min(self.max_steps);
        let own_limit = self.step_limit < limit;
        self.step_limit = limit;
        match result {
            Err(Stop::Budget(_)) if !self.out_of_time && (own_limit || self.steps < limit) => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.sinks.truncate(sinks);
                self.escape_scope(env);
                Ok(self.unknown())
            }
            Err(Stop::Raise(raised)) if with_care && self.is_doubtful(&raised) => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.sinks.truncate(sinks);
                self.escape_scope(env);
                Ok(self.unknown())
            }
            other => other,
        }
    }

    /// Steps in doubt that a call into a library is worth. What a project calls makes its
    /// application; what a library calls for itself is of less interest, and of the less, the more
    /// was spent on such calls in vain.
    fn patience(&self) -> u64 {
        let from_project = self
            .frames
            .last()
            .is_some_and(|f| f.owner == Owner::Project);
        if from_project {
            return LIBRARY_STEPS_IN_DOUBT;
        }
        (LIBRARY_STEPS_IN_DOUBT / 8)
            .saturating_sub(self.spent_in_doubt / 100)
            .max(LEAST_STEPS_IN_DOUBT)
    }

    /// Runs a function body in a bound environment.
    ///
    /// # Errors
    /// What the body raises.
    pub fn run_body(&mut self, func: &Rc<FunctionData<'a>>, env: Obj) -> R<Value> {
        if self.recurses_in_doubt(env) {
            self.heap.get_mut(env).open = true;
            return Ok(self.unknown());
        }
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

    /// A recursion whose end depends on something that is not known never ends here: each round
    /// walks both ways, and one of them goes deeper.
    fn recurses_in_doubt(&self, env: Obj) -> bool {
        if self.doubt == 0 {
            return false;
        }
        if self.doubt >= DEEPEST_DOUBT {
            return true;
        }
        let Kind::Env { info, .. } = &self.heap.get(env).kind else {
            return false;
        };
        let (mut rounds, mut doubt) = (0, self.doubt);
        for frame in self.frames.iter().rev() {
            let same = frame.info.as_ref().is_some_and(|i| Rc::ptr_eq(i, info));
            if same && frame.doubt < doubt {
                (rounds, doubt) = (rounds + 1, frame.doubt);
            }
        }
        rounds >= DOUBTFUL_ROUNDS
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
                .map(|p| self.sym_at(&p.parameter.name.node_index, &p.parameter.name))
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
            doubt: self.doubt,
        });
        if &*func.name == "include_router" {
            self.note_inclusion();
        }
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
            return Err(self.cannot_await(&value));
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
            Kind::Suspended {
                kind: SuspendedKind::Coroutine,
                started: true,
                ..
            } if self.doubt == 0 && !self.heap.get(*obj).open => {
                let message = "cannot reuse already awaited coroutine";
                Err(self.error("RuntimeError", message))
            }
            Kind::Instance { .. } => {
                let obj = *obj;
                if let Some(found) = self.ready_value(obj) {
                    return Ok(found);
                }
                if let Some(coroutine) = self.own(&value, super::models::TASK_COROUTINE) {
                    let result = self.await_value(coroutine)?;
                    let done = self.ready(result.clone());
                    self.store(&value, super::models::TASK_COROUTINE, done);
                    return Ok(result);
                }
                let name = self.sym("__await__");
                match self.type_attribute(&value, name)? {
                    Some(Value::Obj(method)) if self.is_native_method(method) => {
                        self.call(&Value::Obj(method), Args::none())
                    }
                    None if self.is_plain_instance(&value) => Err(self.cannot_await(&value)),
                    Some(method) if self.runnable(&value, name).is_some() => {
                        let iterator = self.call(&method, Args::none())?;
                        self.drive(iterator)
                    }
                    _ => Ok(self.unknown()),
                }
            }
            Kind::List(_)
            | Kind::Dict(_)
            | Kind::Set(_)
            | Kind::Function(_)
            | Kind::Module { .. } => Err(self.cannot_await(&value)),
            _ => Ok(self.unknown()),
        }
    }

    /// Runs what a `__await__` written in Python gave.
    fn drive(&mut self, iterator: Value) -> R<Value> {
        let kind = iterator.as_obj().map(|obj| &self.heap.get(obj).kind);
        match (kind, &iterator) {
            (
                Some(Kind::Suspended {
                    kind: SuspendedKind::Coroutine,
                    ..
                }),
                _,
            ) => self.await_value(iterator),
            (
                Some(Kind::Suspended {
                    kind: SuspendedKind::Generator,
                    started: false,
                    ..
                }),
                Value::Obj(generator),
            ) => {
                let generator = *generator;
                // What it yields goes to the loop, which answers nothing.
                self.run_generator(
                    generator,
                    Box::new(|i, _| {
                        i.blur();
                        Ok(Value::None)
                    }),
                )
            }
            _ => Ok(self.unknown()),
        }
    }

    fn cannot_await(&mut self, value: &Value) -> Stop {
        let kind = self.type_name(value);
        let short = kind.rsplit('.').next().unwrap_or(&kind);
        let message = format!("object {short} can't be used in 'await' expression");
        self.error("TypeError", &message)
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

/// Rounds of a recursion, each in a branch of the last that may not be taken, before it is cut.
const DOUBTFUL_ROUNDS: usize = 2;

/// Undecided conditions around a call below which its body is no longer walked: by then next to
/// nothing of its arguments is known, and each further one doubles the work.
const DEEPEST_DOUBT: u32 = 10;

/// Steps that one call from the project into library code may take.
const LIBRARY_STEPS: u64 = 400_000;

/// Steps of those in branches that may not be taken.
const LIBRARY_STEPS_IN_DOUBT: u64 = 20_000;

/// What every call gets of these.
const LEAST_STEPS_IN_DOUBT: u64 = 300;
