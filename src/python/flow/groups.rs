//! Exception groups: `except*`, and how groups are shown (PEP 654).

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use crate::python::interp::Interp;
use crate::python::raise::{Flow, R, Raised, Stop};
use crate::python::value::{Slot, Value};

impl<'a> Interp<'a> {
    /// Message and members of an exception group; `None` when it is none or they are not known.
    fn group_parts(&mut self, exc: &Value) -> Option<(Value, Vec<Value>)> {
        let class = self.class_of_exception(exc)?;
        let group = self.builtins.exception("BaseExceptionGroup");
        if self.is_subclass(class, group) != Some(true) {
            return None;
        }
        let name = self.names.args;
        let slot = self.heap.get(exc.as_obj()?).attrs.get(&name)?;
        let Value::Tuple(args) = slot.value.clone() else {
            return None;
        };
        let [message, members] = args.as_ref() else {
            return None;
        };
        let members = match members {
            Value::Tuple(items) => items.to_vec(),
            other => match &self.heap.get(other.as_obj()?).kind {
                crate::python::value::Kind::List(items) => items.clone(),
                _ => return None,
            },
        };
        Some((message.clone(), members))
    }

    /// `str()` of an exception group.
    pub(in crate::python) fn group_text(&mut self, exc: &Value) -> Option<String> {
        let (message, members) = self.group_parts(exc)?;
        let message = self.text_of(&message)?;
        let plural = if members.len() == 1 { "" } else { "s" };
        Some(format!(
            "{message} ({} sub-exception{plural})",
            members.len()
        ))
    }

    /// `except*`: each clause takes its part of the group, what is left goes on.
    pub(super) fn handle_star(&mut self, s: &'a ast::StmtTry, raised: Raised) -> R<Flow> {
        let whole = self.group_parts(&raised.exc);
        let (message, mut left) = match &whole {
            Some((message, members)) => (Some(message.clone()), members.clone()),
            None => (None, vec![raised.exc.clone()]),
        };
        let many = left.len();
        let mut flow = Flow::Next;
        let raised = Rc::new(raised);
        for ast::ExceptHandler::ExceptHandler(handler) in &s.handlers {
            let Some(kind) = &handler.type_ else { continue };
            self.at(kind.start());
            let class = self.eval(kind)?;
            let mut rest = Vec::new();
            let before = left.len();
            for member in left {
                // Members that are groups themselves are taken apart too.
                if self.group_parts(&member).is_some() {
                    return self.both_ways(s, &Flow::Next);
                }
                match self.exception_matches(&member, &class) {
                    Some(true) => {}
                    Some(false) => rest.push(member),
                    None => return self.both_ways(s, &Flow::Next),
                }
            }
            let taken = before - rest.len();
            left = rest;
            if taken == 0 {
                continue;
            }
            if let Some(name) = &handler.name {
                let name = self.sym(name);
                self.bind(name, Value::Unknown)?;
            }
            self.handling.push(raised.clone());
            let ended = self.block(&handler.body);
            self.handling.pop();
            flow = ended?;
        }
        if left.is_empty() {
            return Ok(flow);
        }
        let mut again = (*raised).clone();
        if let (Some(message), true) = (message, left.len() < many) {
            let class = self.class_of_exception(&raised.exc);
            let group = self.builtins.exception("ExceptionGroup");
            let rest = self.instance(class.unwrap_or(group));
            let args = Value::tuple(vec![message, Value::tuple(left)]);
            let name = self.names.args;
            self.heap.get_mut(rest).attrs.insert(name, Slot::sure(args));
            again.exc = Value::Obj(rest);
        }
        Err(Stop::Raise(Box::new(again)))
    }
}
