//! What the run writes down for checks: calls, database URLs, environment reads.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use crate::model::{ArgFact, CallFact, Span, ValueOrigin};
use crate::python::call::{Args, Site};
use crate::python::interp::Interp;
use crate::python::value::{Kind, Obj, Owner, TextOrigin, Value};

impl<'a> Interp<'a> {
    /// Records a call of a watched callable.
    pub(in crate::python) fn record_call(&mut self, shown: &str, callee: Obj, args: &Args) {
        let Some(site) = args.site else { return };
        if self.source(site.file).owner != Owner::Project {
            return;
        }
        let names = self.parameter_names(callee);
        let mut facts = BTreeMap::new();
        let written = self.written_arguments(site);
        // A receiver comes first among the values, and is not among the arguments as written.
        let receiver = args.pos.len().saturating_sub(written.positional.len());
        for (at, value) in args.pos.iter().enumerate() {
            let name = names.get(at).cloned().unwrap_or_else(|| at.to_string());
            let span = at
                .checked_sub(receiver)
                .and_then(|at| written.positional.get(at).copied())
                .unwrap_or(written.callee);
            facts.insert(name, self.argument_fact(value, span));
        }
        for (name, value) in &args.kw {
            let name = self.interner.name(*name).to_string();
            let span = written.keywords.get(&name).copied();
            let span = span.unwrap_or(written.callee);
            facts.insert(name, self.argument_fact(value, span));
        }
        let frames = self.trace();
        self.seen.calls.push(CallFact {
            callee: shown.to_owned(),
            place: self.place_of(site.file, site.start, site.end),
            span: Span {
                start: site.start,
                end: site.end,
            },
            callee_span: Span {
                start: site.func_start,
                end: site.func_end,
            },
            args: facts,
            module: self.module_of_file(site.file),
            chain: self.chain(&frames),
            certain: self.doubt == 0,
            function: self.frame().name.to_string(),
        });
    }

    /// Where the arguments of a call stand. Starred ones stand for no single value, so that
    /// nothing behind them has a place of its own.
    fn written_arguments(&self, site: Site) -> Written {
        let callee = Span {
            start: site.func_start,
            end: site.func_end,
        };
        let mut finder = CallFinder {
            start: site.start,
            end: site.end,
            found: None,
        };
        if let Ok(tree) = &self.source(site.file).tree {
            finder.visit_body(&tree.body);
        }
        let mut written = Written {
            callee,
            positional: Vec::new(),
            keywords: BTreeMap::new(),
        };
        let Some(call) = finder.found else {
            return written;
        };
        for arg in call
            .arguments
            .args
            .iter()
            .take_while(|a| !a.is_starred_expr())
        {
            written.positional.push(span_of(arg));
        }
        for keyword in &call.arguments.keywords {
            if let Some(name) = &keyword.arg {
                written
                    .keywords
                    .insert(name.to_string(), span_of(&keyword.value));
            }
        }
        written
    }

    /// Constants, and lists, tuples, sets and dictionaries of them.
    fn is_plain_data(&self, value: &Value) -> bool {
        match value {
            Value::Unknown => false,
            Value::Tuple(items) => items.iter().all(|item| self.is_plain_data(item)),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::List(items) => items.iter().all(|item| self.is_plain_data(item)),
                Kind::Dict(table) | Kind::Set(table) => table
                    .values()
                    .all(|(key, item)| self.is_plain_data(key) && self.is_plain_data(item)),
                _ => false,
            },
            _ => true,
        }
    }

    fn parameter_names(&self, callee: Obj) -> Vec<String> {
        let function = match &self.heap.get(callee).kind {
            Kind::Function(f) => Some((f.clone(), 0)),
            Kind::Class(_) => match self.class_lookup(callee, self.names.init) {
                Some((_, Value::Obj(init), _)) => match &self.heap.get(init).kind {
                    Kind::Function(f) => Some((f.clone(), 1)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let Some((function, skip)) = function else {
            return Vec::new();
        };
        function
            .def
            .parameters()
            .map(|p| {
                p.posonlyargs
                    .iter()
                    .chain(&p.args)
                    .skip(skip)
                    .map(|p| p.parameter.name.to_string())
                    .collect()
            })
            .unwrap_or_default()
    }

    fn argument_fact(&mut self, value: &Value, span: Span) -> ArgFact {
        let (object, bases) = match value {
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Class(data) => {
                    let mro: Vec<Obj> = data.mro.iter().skip(1).copied().collect();
                    (
                        Some(self.class_name(*obj)),
                        mro.iter().map(|c| self.class_name(*c)).collect(),
                    )
                }
                Kind::Function(f) => (
                    Some(format!("{}.{}", self.module_name(f.module), f.qualname)),
                    Vec::new(),
                ),
                _ => (None, Vec::new()),
            },
            _ => (None, Vec::new()),
        };
        // Text of plain data only: a `__repr__` of the target's is no literal value.
        let text = if self.is_plain_data(value) {
            self.repr_of(value)
        } else {
            None
        };
        ArgFact {
            value: text,
            object,
            bases,
            span,
            origin: self.origin_of(value),
        }
    }

    /// Where a text was written.
    pub fn origin_of(&self, value: &Value) -> Option<ValueOrigin> {
        let Value::Str(text) = value else { return None };
        match text.origin.as_ref()? {
            TextOrigin::Variable(origin) => Some((**origin).clone()),
            TextOrigin::Literal { file, start, end } => {
                let source = self.source(*file);
                let written = source.text.get(*start as usize..*end as usize)?;
                let quotes = written.len()
                    - written
                        .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                        .len();
                let quote = if written[quotes..].starts_with("\"\"\"")
                    || written[quotes..].starts_with("'''")
                {
                    3
                } else {
                    1
                };
                let lead = u32::try_from(quotes + quote).ok()?;
                let tail = u32::try_from(quote).ok()?;
                Some(ValueOrigin {
                    path: self.shown(*file),
                    span: Span {
                        start: start + lead,
                        end: end.saturating_sub(tail),
                    },
                    line: source.line(*start),
                    variable: None,
                })
            }
        }
    }
}

/// Places of the arguments of one call.
struct Written {
    callee: Span,
    positional: Vec<Span>,
    keywords: BTreeMap<String, Span>,
}

fn span_of(node: &impl Ranged) -> Span {
    Span {
        start: node.start().to_u32(),
        end: node.end().to_u32(),
    }
}

/// Finds the call with a given range.
struct CallFinder<'a> {
    start: u32,
    end: u32,
    found: Option<&'a ExprCall>,
}

impl<'a> Visitor<'a> for CallFinder<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let (start, end) = (expr.start().to_u32(), expr.end().to_u32());
        if self.found.is_some() || end < self.start || start > self.end {
            return;
        }
        match expr {
            Expr::Call(call) if (start, end) == (self.start, self.end) => self.found = Some(call),
            _ => visitor::walk_expr(self, expr),
        }
    }
}
