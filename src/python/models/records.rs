//! What the run writes down for checks: calls, database URLs, environment reads.

use crate::model::{ArgFact, CallFact, Span, ValueOrigin};
use crate::python::call::Args;
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
        let mut facts = std::collections::BTreeMap::new();
        for (at, value) in args.pos.iter().enumerate() {
            let name = names.get(at).cloned().unwrap_or_else(|| at.to_string());
            facts.insert(name, self.argument_fact(value));
        }
        for (name, value) in &args.kw {
            let name = self.interner.name(*name).to_string();
            facts.insert(name, self.argument_fact(value));
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

    fn argument_fact(&mut self, value: &Value) -> ArgFact {
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
        let text = match value {
            Value::Obj(_) | Value::Unknown => None,
            other => self.repr_of(other),
        };
        ArgFact {
            value: text,
            object,
            bases,
            span: Span { start: 0, end: 0 },
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
