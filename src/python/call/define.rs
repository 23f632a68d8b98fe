//! Definitions: what a `def` makes when it is executed.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use crate::python::call::{Args, Defaults, Site};
use crate::python::function::{Def, FunctionData};
use crate::python::interp::{FrameKind, Interp};
use crate::python::raise::{Flow, R, Stop};
use crate::python::scope::ScopeInfo;
use crate::python::value::{FileId, Kind, Obj, Sym, Value};

impl<'a> Interp<'a> {
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
    pub(in crate::python) fn function_statement(&mut self, s: &'a ast::StmtFunctionDef) -> R<Flow> {
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

    pub(super) fn has_model(&self, func: &Value) -> bool {
        let kind = func.as_obj().map(|obj| &self.heap.get(obj).kind);
        matches!(kind, Some(Kind::Function(data)) if data.hook.is_some())
    }

    pub(super) fn is_native_method(&self, method: Obj) -> bool {
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

    pub(super) fn decorator_site(&self, node: &'a ast::Decorator) -> Option<Site> {
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

    pub(super) fn function_annotations(
        &mut self,
        s: &'a ast::StmtFunctionDef,
    ) -> R<Vec<(Sym, Value)>> {
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

    pub(in crate::python) fn function_scope(
        &mut self,
        file: FileId,
        def: Def<'a>,
    ) -> Rc<ScopeInfo> {
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
    pub(super) fn closure_scope(&mut self) -> Option<Obj> {
        let frame = self.frame();
        match frame.kind {
            FrameKind::Module => None,
            FrameKind::Class => frame.class_cell,
            FrameKind::Function | FrameKind::Comprehension => Some(frame.names),
        }
    }

    /// The class whose method a closure belongs to.
    pub(super) fn class_cell_of(&self, mut scope: Option<Obj>) -> Option<Obj> {
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
}
