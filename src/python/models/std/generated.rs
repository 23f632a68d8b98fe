//! Functions and programs made from text: what `dataclasses` and `namedtuple` generate, and `exec`.

use std::rc::Rc;

use ruff_python_ast::Stmt;

use crate::python::function::{Def, FunctionData};
use crate::python::interp::Interp;
use crate::python::native::Native;
use crate::python::scope::ScopeInfo;
use crate::python::value::{Kind, Obj, Owner, Slot, Sym, Value};

/// A function to be made.
pub struct Generated<'t> {
    /// `def` statement.
    pub text: &'t str,
    /// Module that it belongs to.
    pub module: Obj,
    /// `__qualname__`
    pub qualname: &'t str,
    /// Default values, aligned to the right.
    pub defaults: Vec<Value>,
    /// Default values of keyword-only parameters.
    pub kw_defaults: Vec<(Sym, Value)>,
    /// Names that the body sees besides its own.
    pub names: Vec<(&'t str, Value)>,
    /// Native in place of the body.
    pub hook: Option<Native>,
}

impl<'a> Interp<'a> {
    /// A function from generated source; `None` when the text does not parse.
    pub(in crate::python) fn generate(&mut self, wanted: Generated<'_>) -> Option<Value> {
        let file = self.text_file(wanted.text)?;
        let tree = self.source(file).tree.as_ref().ok()?;
        let Some(Stmt::FunctionDef(def)) = tree.body.first() else {
            return None;
        };
        let info = Rc::new(ScopeInfo::empty());
        let closure = self.heap.alloc(Kind::Env { info, parent: None });
        for (name, value) in wanted.names {
            let name = self.sym(name);
            self.heap
                .get_mut(closure)
                .attrs
                .insert(name, Slot::sure(value));
        }
        let data = FunctionData {
            name: def.name.as_str().into(),
            qualname: wanted.qualname.into(),
            module: wanted.module,
            file,
            owner: Owner::ThirdParty,
            def: Def::Function(def),
            closure: Some(closure),
            defaults: wanted.defaults,
            kw_defaults: wanted.kw_defaults,
            annotations: Vec::new(),
            is_async: def.is_async,
            hook: wanted.hook,
        };
        Some(Value::Obj(self.heap.alloc(Kind::Function(Rc::new(data)))))
    }

    /// A file that exists in memory only; the same text gives the same file.
    pub(in crate::python) fn text_file(
        &mut self,
        text: &str,
    ) -> Option<crate::python::value::FileId> {
        let path = std::path::PathBuf::from(format!("<string>\0{text}"));
        self.store.insert(&path, Owner::Stdlib, text);
        self.file(&path, Owner::Stdlib)
    }
}
