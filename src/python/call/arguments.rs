//! Arguments and parameters: binding them, and the errors of a call that does not fit.

use std::rc::Rc;

use ruff_python_ast as ast;

use crate::python::call::Args;
use crate::python::function::FunctionData;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Slot, Sym, Table, Value};

impl<'a> Interp<'a> {
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
            let name = self.sym_at(
                &parameter.parameter.name.node_index,
                &parameter.parameter.name,
            );
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
                    Some((crate::python::value::Key::of(&key)?, (key, value)))
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
    pub(super) fn bind_keywords(
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

    pub(super) fn fill_defaults(
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
            let name = self.sym_at(
                &parameter.parameter.name.node_index,
                &parameter.parameter.name,
            );
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
            let name = self.sym_at(
                &parameter.parameter.name.node_index,
                &parameter.parameter.name,
            );
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
    pub(super) fn shown_name(&self, func: &FunctionData<'a>) -> Rc<str> {
        if self.version >= (3, 10) {
            func.qualname.clone()
        } else {
            func.name.clone()
        }
    }

    pub(super) fn signature_error(
        &mut self,
        message: &str,
        func: &FunctionData<'a>,
        parameter: &str,
    ) -> Stop {
        let callee = func.qualname.clone();
        self.fault(
            "TypeError",
            message,
            "call-signature",
            &[("callee", &callee), ("parameter", parameter)],
        )
    }

    pub(super) fn missing_arguments(
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

    pub(super) fn too_many_arguments(&mut self, func: &Rc<FunctionData<'a>>, args: &Args) -> Stop {
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
    pub(super) fn suggest_keyword(
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
        match crate::python::suggest::closest(text, &names) {
            Some(name) => format!("{message}. Did you mean '{name}'?"),
            None => message,
        }
    }
}
