//! Statements.

use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_text_size::Ranged;

use super::interp::{FrameKind, Interp};
use super::raise::{Flow, R, Stop};
use super::value::{Owner, Value};

impl<'a> Interp<'a> {
    /// Runs statements in order.
    ///
    /// # Errors
    /// An exception that nothing here handles, or a spent budget.
    pub fn block(&mut self, body: &'a [Stmt]) -> R<Flow> {
        for (at, stmt) in body.iter().enumerate() {
            let rest = &body[at + 1..];
            match self.statement(stmt)? {
                Flow::Next => {}
                Flow::MaybeReturn(value) if !rest.is_empty() => {
                    return self.branch(&mut [&mut |i: &mut Self| i.block(rest), &mut |_| {
                        Ok(Flow::Return(value.clone()))
                    }]);
                }
                Flow::MaybeLeave if !rest.is_empty() => {
                    return match self.maybe(&mut |i: &mut Self| i.block(rest))? {
                        Flow::Next => Ok(Flow::MaybeLeave),
                        other => Ok(other),
                    };
                }
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    /// Runs one statement. An exception that would end the start is reported, and the
    /// statement then counts as done: later faults are found in the same run.
    fn statement(&mut self, stmt: &'a Stmt) -> R<Flow> {
        self.tick()?;
        self.at(stmt.start());
        let frames = self.frames.len();
        let handlers = self.handlers.len();
        let handling = self.handling.len();
        match self.execute(stmt) {
            Err(Stop::Raise(raised)) if self.may_resume(&raised) => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.report(&raised);
                if let Some((name, value)) = self.pending_binding.take() {
                    self.bind(name, value)?;
                }
                self.blur();
                let flow = self.as_if_repaired(stmt)?;
                self.bind_unknown(stmt);
                Ok(flow)
            }
            Err(Stop::Raise(raised)) if self.forgives(&raised) => {
                self.note_gap(&raised);
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                self.blur();
                self.bind_unknown(stmt);
                let names = self.frame().names;
                self.heap.get_mut(names).open = true;
                Ok(Flow::Next)
            }
            Err(stop) => {
                self.frames.truncate(frames);
                self.handlers.truncate(handlers);
                self.handling.truncate(handling);
                Err(stop)
            }
            done => done,
        }
    }

    /// What a statement that raised would have done once its fault is repaired: a call that
    /// knows its result gives it, everything else is unknown. A function that raised or was
    /// about to return does not go on behind that statement.
    fn as_if_repaired(&mut self, stmt: &'a Stmt) -> R<Flow> {
        let result = self.pending_result.take();
        let file = self.frame().file;
        let result_of = |expr: &Expr| match &result {
            Some((site, value))
                if (site.file, site.start, site.end)
                    == (file, expr.start().to_u32(), expr.end().to_u32()) =>
            {
                value.clone()
            }
            _ => Value::Unknown,
        };
        let in_function = self.frame().kind == FrameKind::Function;
        match stmt {
            Stmt::Assign(s) => {
                let value = result_of(&s.value);
                if !value.is_unknown() {
                    for target in &s.targets {
                        self.assign(target, value.clone())?;
                    }
                }
            }
            Stmt::AnnAssign(s) => {
                let value = s.value.as_deref().map_or(Value::Unknown, result_of);
                if !value.is_unknown() {
                    self.assign(&s.target, value)?;
                }
            }
            Stmt::Return(s) if in_function => {
                let value = s.value.as_deref().map_or(Value::Unknown, result_of);
                return Ok(Flow::Return(value));
            }
            Stmt::Raise(_) if in_function => return Ok(Flow::Return(Value::Unknown)),
            _ => {}
        }
        Ok(Flow::Next)
    }

    /// May the walk go on after this exception? Only when no handler anywhere would see it, it
    /// is certain, and the statement is the project's own.
    fn may_resume(&mut self, raised: &super::raise::Raised) -> bool {
        self.doubt == 0
            && self.finals == 0
            && self.frame().owner == Owner::Project
            && !self.stands_in()
            && !self.is_handled(&raised.exc)
            && !self.ends_well(raised)
    }

    /// `sys.exit()` with nothing or zero: the program ends here, and says that all is well.
    pub(super) fn ends_well(&mut self, raised: &super::raise::Raised) -> bool {
        let exit = self.builtins.exception("SystemExit");
        self.class_of_exception(&raised.exc) == Some(exit)
            && matches!(
                self.own(&raised.exc, "code"),
                Some(Value::None | Value::Int(0) | Value::Bool(false))
            )
    }

    fn execute(&mut self, stmt: &'a Stmt) -> R<Flow> {
        match stmt {
            Stmt::Expr(s) => {
                self.eval(&s.value)?;
                Ok(Flow::Next)
            }
            Stmt::Assign(s) => {
                let value = self.eval(&s.value)?;
                for target in &s.targets {
                    self.assign(target, value.clone())?;
                }
                Ok(Flow::Next)
            }
            Stmt::AnnAssign(s) => self.annotated_assignment(s),
            Stmt::AugAssign(s) => self.augmented_assignment(s),
            Stmt::Import(s) => self.import_statement(s),
            Stmt::ImportFrom(s) => self.import_from_statement(s),
            Stmt::FunctionDef(s) => self.function_statement(s),
            Stmt::ClassDef(s) => self.class_statement(s),
            Stmt::If(s) => self.if_statement(s),
            Stmt::Try(s) => self.try_statement(s),
            Stmt::For(s) => self.for_statement(s),
            Stmt::While(s) => self.while_statement(s),
            Stmt::With(s) => self.with_statement(s, 0),
            Stmt::Return(s) => {
                let value = match &s.value {
                    Some(value) => self.eval(value)?,
                    None => Value::None,
                };
                Ok(Flow::Return(value))
            }
            Stmt::Raise(s) => self.raise_statement(s),
            Stmt::Assert(s) => self.assert_statement(s),
            Stmt::Delete(s) => {
                for target in &s.targets {
                    self.delete(target)?;
                }
                Ok(Flow::Next)
            }
            Stmt::Match(s) => self.match_statement(s, 0, None),
            Stmt::TypeAlias(s) => {
                // The value is evaluated lazily (PEP 695); the name is bound to an alias object.
                self.assign(&s.name, Value::Unknown)?;
                Ok(Flow::Next)
            }
            Stmt::Break(_) => Ok(Flow::Break),
            Stmt::Continue(_) => Ok(Flow::Continue),
            Stmt::Pass(_) | Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::IpyEscapeCommand(_) => {
                Ok(Flow::Next)
            }
        }
    }

    fn annotated_assignment(&mut self, s: &'a ast::StmtAnnAssign) -> R<Flow> {
        if let Some(value) = &s.value {
            let value = self.eval(value)?;
            self.assign(&s.target, value)?;
        }
        // Annotations of simple names in modules and classes are evaluated up to 3.13, unless
        // postponed (PEP 563); those of locals never are.
        let in_body = matches!(self.frame().kind, FrameKind::Module | FrameKind::Class);
        if in_body && s.simple {
            if let Expr::Name(name) = s.target.as_ref() {
                self.at(s.annotation.start());
                let name = self.sym(&name.id);
                let annotation = match self.annotation(&s.annotation) {
                    Ok(annotation) => annotation,
                    Err(stop) => {
                        // Seen only when the walk goes on: the name has some annotation.
                        self.record_annotation(name, Value::Unknown);
                        return Err(stop);
                    }
                };
                self.record_annotation(name, annotation);
            }
        } else if in_body && self.evaluates_annotations() {
            self.eval(&s.annotation)?;
        }
        Ok(Flow::Next)
    }

    fn if_statement(&mut self, s: &'a ast::StmtIf) -> R<Flow> {
        self.if_clauses(&s.test, &s.body, &s.elif_else_clauses)
    }

    fn if_clauses(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        rest: &'a [ast::ElifElseClause],
    ) -> R<Flow> {
        self.at(test.start());
        let decided = self.test(test)?;
        let otherwise = |i: &mut Self| match rest.split_first() {
            None => Ok(Flow::Next),
            Some((clause, rest)) => match &clause.test {
                None => i.block(&clause.body),
                Some(test) => i.if_clauses(test, &clause.body, rest),
            },
        };
        match decided {
            Some(true) => self.block(body),
            Some(false) => otherwise(self),
            None => {
                self.undecided(test);
                self.branch(
                    &mut [&mut |i: &mut Self| i.block(body), &mut |i: &mut Self| {
                        otherwise(i)
                    }],
                )
            }
        }
    }

    fn raise_statement(&mut self, s: &'a ast::StmtRaise) -> R<Flow> {
        let Some(exc) = &s.exc else {
            return match self.handling.last().cloned() {
                Some(raised) => Err(Stop::Raise(Box::new((*raised).clone()))),
                None => {
                    let stop = self.error("RuntimeError", "No active exception to reraise");
                    Err(stop)
                }
            };
        };
        let exc = self.eval(exc)?;
        if let Some(cause) = &s.cause {
            let cause = self.eval(cause)?;
            self.at(s.start());
            let no_cause =
                !matches!(cause, Value::None | Value::Unknown) && cause.as_obj().is_none();
            if no_cause {
                let message = "exception causes must derive from BaseException";
                return Err(self.error("TypeError", message));
            }
        }
        self.at(s.start());
        Err(self.raise_value(exc)?)
    }

    fn assert_statement(&mut self, s: &'a ast::StmtAssert) -> R<Flow> {
        match self.test(&s.test)? {
            Some(true) => Ok(Flow::Next),
            Some(false) => {
                let message = match &s.msg {
                    Some(msg) => {
                        let value = self.eval(msg)?;
                        self.text_of(&value)
                    }
                    None => Some(String::new()),
                };
                self.at(s.start());
                let message = message.unwrap_or_else(|| "…".to_owned());
                Err(self.error("AssertionError", &message))
            }
            None => {
                self.blur();
                Ok(Flow::Next)
            }
        }
    }

    fn while_statement(&mut self, s: &'a ast::StmtWhile) -> R<Flow> {
        let mut rounds = 0;
        loop {
            self.at(s.test.start());
            match self.test(&s.test)? {
                Some(false) => return self.block(&s.orelse),
                Some(true) if rounds < MAX_ROUNDS => match self.block(&s.body)? {
                    Flow::Next | Flow::Continue => rounds += 1,
                    Flow::Break => return Ok(Flow::Next),
                    Flow::Return(v) => return Ok(Flow::Return(v)),
                    Flow::MaybeLeave => return self.any_rounds(&s.body),
                    Flow::MaybeReturn(v) => {
                        self.any_rounds(&s.body)?;
                        return Ok(Flow::MaybeReturn(v));
                    }
                },
                Some(true) => {
                    return self.any_rounds(&s.body);
                }
                None => return self.any_rounds(&s.body),
            }
        }
    }

    /// A loop body that runs an unknown number of times: what it binds may be anything.
    pub fn any_rounds(&mut self, body: &'a [Stmt]) -> R<Flow> {
        let mut once = |i: &mut Self| match i.block(body)? {
            Flow::Return(v) | Flow::MaybeReturn(v) => Ok(Flow::MaybeReturn(v)),
            _ => Ok(Flow::Next),
        };
        let flow = self.maybe(&mut once)?;
        match self.maybe(&mut once)? {
            Flow::Next => Ok(match flow {
                Flow::Return(v) => Flow::MaybeReturn(v),
                other => other,
            }),
            Flow::Return(v) => Ok(Flow::MaybeReturn(v)),
            other => Ok(other),
        }
    }

    fn for_statement(&mut self, s: &'a ast::StmtFor) -> R<Flow> {
        let iterable = self.eval(&s.iter)?;
        self.at(s.iter.start());
        let mut leave: Option<Flow> = None;
        let known = self.each(&iterable, &mut |i, item| {
            i.at(s.target.start());
            i.assign(&s.target, item)?;
            Ok(match i.block(&s.body)? {
                Flow::Next | Flow::Continue => true,
                flow => {
                    leave = Some(flow);
                    false
                }
            })
        })?;
        if !known {
            return self.for_unknown(s);
        }
        match leave {
            None => self.block(&s.orelse),
            Some(Flow::Break) => Ok(Flow::Next),
            Some(Flow::Return(v)) => Ok(Flow::Return(v)),
            Some(Flow::MaybeReturn(v)) => {
                self.for_unknown(s)?;
                Ok(Flow::MaybeReturn(v))
            }
            Some(_) => self.for_unknown(s),
        }
    }

    fn for_unknown(&mut self, s: &'a ast::StmtFor) -> R<Flow> {
        let mut once = |i: &mut Self| {
            i.assign(&s.target, Value::Unknown)?;
            match i.block(&s.body)? {
                Flow::Return(v) | Flow::MaybeReturn(v) => Ok(Flow::MaybeReturn(v)),
                _ => Ok(Flow::Next),
            }
        };
        let first = self.maybe(&mut once)?;
        let second = self.maybe(&mut once)?;
        let returned = match (first, second) {
            (Flow::Return(v) | Flow::MaybeReturn(v), Flow::Next)
            | (Flow::Next, Flow::Return(v) | Flow::MaybeReturn(v)) => Some(v),
            (Flow::Next, Flow::Next) => None,
            _ => Some(Value::Unknown),
        };
        self.maybe(&mut |i: &mut Self| i.block(&s.orelse))?;
        Ok(returned.map_or(Flow::Next, Flow::MaybeReturn))
    }
}

/// Rounds of a loop that are walked exactly.
const MAX_ROUNDS: usize = 2000;
