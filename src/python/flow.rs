//! Statements with a life of their own: `try`, `with`, `match`.

mod groups;

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{self as ast, Expr, Pattern, Stmt};
use ruff_text_size::Ranged;

use super::call::Args;
use super::function::Def;
use super::interp::{HandlerScope, Interp};
use super::raise::{Flow, R, Raised, Stop};
use super::value::{Kind, Obj, Payload, SuspendedKind, Value};

/// Marks an exit stack that has managers to leave.
pub const STACK_ENTERED: &str = "<entered>";

impl<'a> Interp<'a> {
    /// `try`
    pub(super) fn try_statement(&mut self, s: &'a ast::StmtTry) -> R<Flow> {
        if s.finalbody.is_empty() {
            return self.try_handlers(s);
        }
        let finals = self.finals;
        self.finals += 1;
        let result = self.try_handlers(s);
        self.finals = finals;
        if matches!(result, Err(Stop::Budget(_) | Stop::Complete)) {
            return result;
        }
        match self.block(&s.finalbody)? {
            Flow::Next => result,
            flow => Ok(flow),
        }
    }

    /// `try` without its `finally`.
    fn try_handlers(&mut self, s: &'a ast::StmtTry) -> R<Flow> {
        let before = self.opaque;
        let depth = self.handlers.len();
        if !s.handlers.is_empty() {
            // `except*` sees into groups.
            let scope = if s.is_star {
                HandlerScope { classes: None }
            } else {
                self.handler_scope(&s.handlers)
            };
            self.handlers.push(scope);
        }
        let result = self.block(&s.body);
        self.handlers.truncate(depth);
        let may_have_raised = self.opaque > before && !s.handlers.is_empty();
        match result {
            Ok(flow) if may_have_raised => self.both_ways(s, &flow),
            Ok(Flow::Next) => self.block(&s.orelse),
            Ok(flow) => Ok(flow),
            Err(Stop::Raise(raised)) if !s.handlers.is_empty() => self.handle(s, *raised),
            Err(stop) => Err(stop),
        }
    }

    /// The body ended, but something in it may have raised: either it did not, or a handler ran.
    fn both_ways(&mut self, s: &'a ast::StmtTry, flow: &Flow) -> R<Flow> {
        let mut done = |i: &mut Self| match flow {
            Flow::Next => i.block(&s.orelse),
            flow => Ok(flow.clone()),
        };
        let mut handlers: Vec<BoxedWay<'_, 'a>> = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &s.handlers {
            handlers.push(Box::new(move |i: &mut Self| {
                if let Some(name) = &handler.name {
                    let name = i.sym(name);
                    i.bind(name, Value::Unknown)?;
                }
                i.handling.push(Rc::new(Raised {
                    exc: Value::Unknown,
                    frames: i.trace(),
                    kind: "raised",
                    slots: std::collections::BTreeMap::new(),
                    span: None,
                    cycle: Vec::new(),
                    explicit: true,
                }));
                let ended = i.block(&handler.body);
                i.handling.pop();
                ended
            }));
        }
        let mut ways: Vec<super::branch::Way<'_, 'a>> = vec![&mut done];
        for handler in &mut handlers {
            ways.push(handler.as_mut());
        }
        self.branch(&mut ways)
    }

    /// Classes that the handlers catch, as far as their names tell without side effects.
    fn handler_scope(&mut self, handlers: &'a [ast::ExceptHandler]) -> HandlerScope {
        let mut classes = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in handlers {
            let Some(kind) = &handler.type_ else {
                return HandlerScope { classes: None };
            };
            let parts: Vec<&'a Expr> = match kind.as_ref() {
                Expr::Tuple(t) => t.elts.iter().collect(),
                other => vec![other],
            };
            for part in parts {
                match self.peek(part) {
                    Some(Value::Obj(obj)) if self.is_class(obj) => classes.push(obj),
                    _ => return HandlerScope { classes: None },
                }
            }
        }
        HandlerScope {
            classes: Some(classes),
        }
    }

    /// Would any active handler see this exception?
    pub fn is_handled(&self, exc: &Value) -> bool {
        self.is_handled_since(exc, 0)
    }

    /// Runs code of which the simulator itself catches these exceptions, as `hasattr` does: to
    /// the code inside they count as handled.
    ///
    /// # Errors
    /// What the code raises.
    pub fn catching<T>(&mut self, classes: &[&str], run: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let classes = classes.iter().map(|c| self.builtins.exception(c)).collect();
        let depth = self.handlers.len();
        self.handlers.push(HandlerScope {
            classes: Some(classes),
        });
        let result = run(self);
        self.handlers.truncate(depth);
        result
    }

    /// The same for the handlers from a depth on.
    pub(super) fn is_handled_since(&self, exc: &Value, depth: usize) -> bool {
        let class = self.class_of_exception(exc);
        self.handlers
            .iter()
            .skip(depth)
            .any(|scope| match (&scope.classes, class) {
                (None, _) | (_, None) => true,
                (Some(classes), Some(class)) => classes
                    .iter()
                    .any(|c| self.is_subclass(class, *c) != Some(false)),
            })
    }

    /// Runs the handler that catches the exception, if one does.
    fn handle(&mut self, s: &'a ast::StmtTry, raised: Raised) -> R<Flow> {
        if s.is_star {
            return self.handle_star(s, raised);
        }
        for ast::ExceptHandler::ExceptHandler(handler) in &s.handlers {
            let catches = match &handler.type_ {
                None => Some(true),
                Some(kind) => {
                    self.at(kind.start());
                    let class = self.eval(kind)?;
                    if self.catches_nothing(&class) {
                        let message = "catching classes that do not inherit from BaseException is not allowed";
                        return Err(self.error("TypeError", message));
                    }
                    self.exception_matches(&raised.exc, &class)
                }
            };
            if catches == Some(false) {
                continue;
            }
            let raised = Rc::new(raised);
            if let Some(name) = &handler.name {
                let name = self.sym(name);
                self.bind(name, raised.exc.clone())?;
                self.keep_trace(&raised);
            }
            self.handling.push(raised.clone());
            let result = self.block(&handler.body);
            self.handling.pop();
            if let Some(name) = &handler.name {
                let name = self.sym(name);
                self.unbind(name);
            }
            return result;
        }
        Err(Stop::Raise(Box::new(raised)))
    }

    /// What stands behind `except` is certainly no class of exceptions.
    fn catches_nothing(&self, class: &Value) -> bool {
        match class {
            Value::Unknown => false,
            Value::Tuple(items) => items.iter().any(|item| self.catches_nothing(item)),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Class(data) => {
                    let base = self.builtins.exception("BaseException");
                    !data.blurred && self.is_subclass(*obj, base) == Some(false)
                }
                Kind::Function(_) | Kind::Module { .. } | Kind::List(_) | Kind::Dict(_) => true,
                _ => false,
            },
            _ => true,
        }
    }

    fn keep_trace(&mut self, raised: &Raised) {
        let above = self.trace().len().saturating_sub(1);
        if let (Some(exc), Some(below)) = (raised.exc.as_obj(), raised.frames.get(above..)) {
            self.caught.insert(exc, below.to_vec());
        }
    }

    /// Does an exception match what stands behind `except`? `None` when that is not known.
    pub fn exception_matches(&self, exc: &Value, class: &Value) -> Option<bool> {
        match class {
            Value::Tuple(items) => {
                let mut unsure = false;
                for item in items.iter() {
                    match self.exception_matches(exc, item) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unsure = true,
                    }
                }
                if unsure { None } else { Some(false) }
            }
            Value::Obj(class) if self.is_class(*class) => {
                self.is_subclass(self.class_of_exception(exc)?, *class)
            }
            _ => None,
        }
    }

    /// `with`, item by item.
    pub(super) fn with_statement(&mut self, s: &'a ast::StmtWith, index: usize) -> R<Flow> {
        let Some(item) = s.items.get(index) else {
            return self.block(&s.body);
        };
        self.at(item.context_expr.start());
        let manager = self.eval(&item.context_expr)?;
        self.at(item.context_expr.start());
        let target = item.optional_vars.as_deref();
        let result: Rc<RefCell<Option<R<Flow>>>> = Rc::default();
        let slot = result.clone();
        let frame_depth = self.frames.len();
        let ran = self.with_manager(
            &manager,
            s.is_async,
            Box::new(move |i: &mut Interp<'a>, value| {
                debug_assert_eq!(i.frames.len(), frame_depth);
                if let Some(target) = target {
                    i.assign(target, value)?;
                }
                let flow = i.with_statement(s, index + 1)?;
                *slot.borrow_mut() = Some(Ok(flow));
                Ok(Value::None)
            }),
        );
        ran?;
        let flow = result.borrow_mut().take();
        flow.unwrap_or(Ok(Flow::Next))
    }

    /// Enters a context manager, runs the body inside and leaves it again.
    ///
    /// # Errors
    /// What the manager or the body raises and the manager does not swallow.
    pub fn with_manager(
        &mut self,
        manager: &Value,
        is_async: bool,
        mut body: super::interp::Sink<'a>,
    ) -> R<()> {
        if let Some(inner) = self.generator_of_manager(manager, is_async) {
            return self.with_generator(&inner, is_async, body);
        }
        if let Some(classes) = self.suppressed_by(manager) {
            let depth = self.handlers.len();
            self.handlers.push(HandlerScope {
                classes: Some(classes.clone()),
            });
            let ran = body(self, Value::None);
            self.handlers.truncate(depth);
            return match ran {
                Err(Stop::Raise(raised))
                    if classes.iter().any(|c| {
                        self.exception_matches(&raised.exc, &Value::Obj(*c)) != Some(false)
                    }) =>
                {
                    Ok(())
                }
                other => other.map(|_| ()),
            };
        }
        self.with_object(manager, is_async, body)
    }

    fn with_object(
        &mut self,
        manager: &Value,
        is_async: bool,
        mut body: super::interp::Sink<'a>,
    ) -> R<()> {
        let (enter, exit) = if is_async {
            (self.names.aenter, self.sym("__aexit__"))
        } else {
            (self.names.enter, self.names.exit)
        };
        let place = self.frame().offset;
        let entering = self.type_attribute_strict(manager, enter, is_async)?;
        let Some(enter_method) = entering.filter(|m| !m.is_unknown()) else {
            return self.with_unknown(body);
        };
        let entered = self.call(&enter_method, Args::none())?;
        let entered = if is_async {
            self.await_value(entered)?
        } else {
            entered
        };
        let exit_method = self.type_attribute(manager, exit)?;
        // Seen as handled while the body runs: whether it is, `__exit__` tells afterwards.
        let depth = self.handlers.len();
        let stack = self.exit_stack(manager);
        let swallows = exit_method.as_ref().is_some_and(|m| self.may_swallow(m));
        if swallows {
            self.handlers.push(HandlerScope { classes: None });
        }
        let ran = body(self, entered);
        self.handlers.truncate(depth);
        let arguments = match &ran {
            Err(Stop::Raise(raised)) => {
                let class = self.class_of_exception(&raised.exc);
                let class = class.map_or(Value::Unknown, Value::Obj);
                vec![class, raised.exc.clone(), Value::Unknown]
            }
            Err(_) => return ran.map(|_| ()),
            Ok(_) => vec![Value::None, Value::None, Value::None],
        };
        let Some(exit_method) = exit_method else {
            return ran.map(|_| ());
        };
        // What leaving raises is blamed on the line of the `with`.
        self.at(place);
        let answer = self.call(&exit_method, Args::positional(arguments))?;
        let answer = if is_async {
            self.await_value(answer)?
        } else {
            answer
        };
        match ran {
            Err(Stop::Raise(raised)) => match self.truth(&answer)? {
                Some(true) => Ok(()),
                None if stack.map_or(swallows, |o| self.is_entered(o)) => {
                    self.blur();
                    Ok(())
                }
                // An unknown answer of known library code is `None` in practice; of unknown code it may be anything.
                _ => Err(Stop::Raise(raised)),
            },
            other => other.map(|_| ()),
        }
    }

    /// Enters a context manager that somebody else will leave.
    ///
    /// # Errors
    /// What entering it raises.
    pub fn enter_only(&mut self, manager: &Value, is_async: bool) -> R<Value> {
        if let Some(inner) = self.generator_of_manager(manager, is_async) {
            let entered: Rc<RefCell<Option<Value>>> = Rc::default();
            let slot = entered.clone();
            let (frames, handlers) = (self.frames.len(), self.handlers.len());
            let handling = self.handling.len();
            let ran = self.with_generator(
                &inner,
                is_async,
                // The rest of the generator runs after everything that counts here.
                Box::new(move |_, value| {
                    *slot.borrow_mut() = Some(value);
                    Err(Stop::Complete)
                }),
            );
            let value = entered.borrow_mut().take();
            return match (ran, value) {
                (Err(Stop::Complete), Some(value)) => {
                    self.frames.truncate(frames);
                    self.handlers.truncate(handlers);
                    self.handling.truncate(handling);
                    Ok(value)
                }
                (Err(stop), _) => Err(stop),
                (Ok(()), value) => Ok(value.unwrap_or(Value::Unknown)),
            };
        }
        if self.suppressed_by(manager).is_some() {
            return Ok(Value::None);
        }
        let enter = if is_async {
            self.names.aenter
        } else {
            self.names.enter
        };
        let method = self.type_attribute(manager, enter)?;
        let Some(method) = method.filter(|m| !m.is_unknown()) else {
            return Ok(self.unknown());
        };
        let entered = self.call(&method, Args::none())?;
        if is_async {
            self.await_value(entered)
        } else {
            Ok(entered)
        }
    }

    /// Was anything pushed on an exit stack?
    fn is_entered(&mut self, stack: Obj) -> bool {
        let mark = self.sym(STACK_ENTERED);
        self.heap.get(stack).attrs.contains_key(&mark)
    }

    /// An `ExitStack`: empty ones swallow nothing.
    fn exit_stack(&self, manager: &Value) -> Option<Obj> {
        let class = self.class_of_instance(manager)?;
        let stack = ["contextlib.ExitStack", "contextlib.AsyncExitStack"]
            .iter()
            .any(|name| self.descends_from(class, name));
        stack.then(|| manager.as_obj()).flatten()
    }

    /// Does `__exit__` return anything but `None` or `False` somewhere?
    fn may_swallow(&self, exit: &Value) -> bool {
        let Some(obj) = exit.as_obj() else {
            return false;
        };
        match &self.heap.get(obj).kind {
            Kind::Method { func, .. } => self.may_swallow(func),
            Kind::Function(data) => match data.def {
                Def::Function(def) => returns_something(&def.body),
                Def::Lambda(_) => true,
            },
            _ => false,
        }
    }

    /// Nothing is known of the manager: it may even swallow what its body raises.
    fn with_unknown(&mut self, mut body: super::interp::Sink<'a>) -> R<()> {
        self.blur();
        let depth = self.handlers.len();
        self.handlers.push(HandlerScope { classes: None });
        let ran = body(self, Value::Unknown);
        self.handlers.truncate(depth);
        match ran {
            Err(Stop::Raise(_)) => {
                self.blur();
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// What the decorated function of a `@contextmanager` object gave: a generator, if it was
    /// written as one.
    fn with_generator(
        &mut self,
        inner: &Value,
        is_async: bool,
        mut body: super::interp::Sink<'a>,
    ) -> R<()> {
        if inner.is_unknown() {
            return self.with_unknown(body);
        }
        if self.class_of_instance(inner).is_some() {
            // A model has answered with a manager of its own.
            return self.with_manager(inner, is_async, body);
        }
        let wanted = if is_async {
            SuspendedKind::AsyncGenerator
        } else {
            SuspendedKind::Generator
        };
        let generator = inner.as_obj().filter(
            |o| matches!(&self.heap.get(*o).kind, Kind::Suspended { kind, .. } if *kind == wanted),
        );
        let Some(generator) = generator else {
            let kind = self.type_name(inner);
            let iterator = if is_async {
                "an async iterator"
            } else {
                "an iterator"
            };
            return Err(self.error("TypeError", &format!("'{kind}' object is not {iterator}")));
        };
        let fresh = matches!(
            &self.heap.get(generator).kind,
            Kind::Suspended { started: false, .. }
        );
        let reached = std::rc::Rc::new(std::cell::Cell::new(false));
        let mark = reached.clone();
        let (handlers, opaque) = (self.handlers.len(), self.opaque);
        let ran = self.run_generator(
            generator,
            Box::new(move |i, value| {
                mark.set(true);
                body(i, value)
            }),
        );
        self.handlers.truncate(handlers);
        ran?;
        if fresh && !reached.get() && self.opaque == opaque {
            return Err(self.error("RuntimeError", "generator didn't yield"));
        }
        Ok(())
    }

    /// What the decorated function of a `@contextmanager` object gave, when the manager is one
    /// for this kind of `with`.
    fn generator_of_manager(&mut self, manager: &Value, is_async: bool) -> Option<Value> {
        let class = self.class_of_instance(manager)?;
        let own = if is_async {
            "contextlib._AsyncGeneratorContextManager"
        } else {
            "contextlib._GeneratorContextManager"
        };
        if self.descends_from(class, own) {
            self.own(manager, "gen")
        } else {
            None
        }
    }

    /// Classes that a `contextlib.suppress` object swallows.
    fn suppressed_by(&self, manager: &Value) -> Option<Vec<Obj>> {
        let cell = self.heap.get(manager.as_obj()?);
        match &cell.kind {
            Kind::Instance {
                class,
                payload: Payload::Value(Value::Tuple(classes)),
            } if Some(*class) == self.builtins.suppress_class() => {
                Some(classes.iter().filter_map(Value::as_obj).collect())
            }
            _ => None,
        }
    }

    /// `match`: cases from `index` on.
    pub(super) fn match_statement(
        &mut self,
        s: &'a ast::StmtMatch,
        index: usize,
        subject: Option<Value>,
    ) -> R<Flow> {
        let subject = match subject {
            Some(subject) => subject,
            None => self.eval(&s.subject)?,
        };
        let Some(case) = s.cases.get(index) else {
            return Ok(Flow::Next);
        };
        let mut matches = self.pattern(&case.pattern, &subject)?;
        if matches != Some(false)
            && let Some(guard) = &case.guard
        {
            matches = match (matches, self.test(guard)?) {
                (Some(true), decided) => decided,
                (_, Some(false)) => Some(false),
                _ => None,
            };
        }
        match matches {
            Some(true) => self.block(&case.body),
            Some(false) => self.match_statement(s, index + 1, Some(subject)),
            None => self.branch(&mut [
                &mut |i: &mut Self| i.block(&case.body),
                &mut |i: &mut Self| i.match_statement(s, index + 1, Some(subject.clone())),
            ]),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern, subject: &Value) -> R<Option<bool>> {
        match pattern {
            Pattern::MatchValue(p) => {
                let value = self.eval(&p.value)?;
                Ok(self.equal(subject, &value))
            }
            Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    ast::Singleton::None => Value::None,
                    ast::Singleton::True => Value::Bool(true),
                    ast::Singleton::False => Value::Bool(false),
                };
                Ok(if subject.is_unknown() {
                    None
                } else {
                    Some(subject.same(&value))
                })
            }
            Pattern::MatchAs(p) => {
                let inner = match &p.pattern {
                    Some(inner) => self.pattern(inner, subject)?,
                    None => Some(true),
                };
                if inner != Some(false)
                    && let Some(name) = &p.name
                {
                    let name = self.sym(name);
                    self.bind(name, subject.clone())?;
                }
                Ok(inner)
            }
            Pattern::MatchOr(p) => {
                let mut unsure = false;
                for inner in &p.patterns {
                    match self.pattern(inner, subject)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => unsure = true,
                    }
                }
                Ok(if unsure { None } else { Some(false) })
            }
            other => {
                self.bind_pattern_unknown(other)?;
                self.blur();
                Ok(None)
            }
        }
    }

    fn bind_pattern_unknown(&mut self, pattern: &'a Pattern) -> R<()> {
        let mut names = PatternNames { found: Vec::new() };
        ruff_python_ast::visitor::Visitor::visit_pattern(&mut names, pattern);
        for name in names.found {
            let name = self.sym(&name);
            self.bind(name, Value::Unknown)?;
        }
        Ok(())
    }

    /// After a failed statement: what it would have bound is unknown, unless it is bound already.
    pub(super) fn bind_unknown(&mut self, stmt: &'a Stmt) {
        let info = super::scope::ScopeInfo::class(&mut self.interner, std::slice::from_ref(stmt));
        let mut names: Vec<_> = info.locals.into_iter().collect();
        names.sort_unstable();
        for name in names {
            if !self.is_bound_here(name) {
                // Binding in a known scope cannot fail.
                let _ = self.bind(name, Value::Unknown);
            }
        }
    }
}

/// A handler as a way that execution may go.
type BoxedWay<'w, 'a> = Box<dyn FnMut(&mut Interp<'a>) -> R<Flow> + 'w>;

struct PatternNames {
    found: Vec<String>,
}

impl<'a> ruff_python_ast::visitor::Visitor<'a> for PatternNames {
    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(p) => self.found.extend(p.name.iter().map(ToString::to_string)),
            Pattern::MatchStar(p) => self.found.extend(p.name.iter().map(ToString::to_string)),
            Pattern::MatchMapping(p) => self.found.extend(p.rest.iter().map(ToString::to_string)),
            _ => {}
        }
        ruff_python_ast::visitor::walk_pattern(self, pattern);
    }
}

/// Is there a `return` of anything but `None` and `False` among the statements?
fn returns_something(body: &[ast::Stmt]) -> bool {
    struct Returns(bool);
    impl<'a> Visitor<'a> for Returns {
        fn visit_stmt(&mut self, stmt: &'a ast::Stmt) {
            match stmt {
                ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => {}
                ast::Stmt::Return(r) => {
                    self.0 |= r.value.as_deref().is_some_and(|value| {
                        !matches!(value, ast::Expr::NoneLiteral(_))
                            && !matches!(value, ast::Expr::BooleanLiteral(b) if !b.value)
                    });
                }
                other => walk_stmt(self, other),
            }
        }
    }
    let mut returns = Returns(false);
    for stmt in body {
        returns.visit_stmt(stmt);
    }
    returns.0
}
