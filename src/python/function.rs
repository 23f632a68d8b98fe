//! Functions and how a scope sees its names.

use std::rc::Rc;

use ruff_python_ast as ast;

use super::native::Native;
use super::value::{FileId, Obj, Owner, Sym, Value};

/// Syntax of a function.
#[derive(Debug, Clone, Copy)]
pub enum Def<'a> {
    /// `def` or `async def`.
    Function(&'a ast::StmtFunctionDef),
    /// `lambda`.
    Lambda(&'a ast::ExprLambda),
}

impl<'a> Def<'a> {
    /// Parameters; a lambda without any has none.
    pub fn parameters(self) -> Option<&'a ast::Parameters> {
        match self {
            Self::Function(f) => Some(&f.parameters),
            Self::Lambda(l) => l.parameters.as_deref(),
        }
    }
}

/// A function object.
#[derive(Debug)]
pub struct FunctionData<'a> {
    /// `__name__`
    pub name: Rc<str>,
    /// `__qualname__`
    pub qualname: Rc<str>,
    /// Module whose globals it sees.
    pub module: Obj,
    /// File of its code.
    pub file: FileId,
    /// Whose code.
    pub owner: Owner,
    /// Syntax.
    pub def: Def<'a>,
    /// Scope in which it was defined, when that is a function or class body.
    pub closure: Option<Obj>,
    /// Default values of positional parameters, aligned to the right.
    pub defaults: Vec<Value>,
    /// Default values of keyword-only parameters.
    pub kw_defaults: Vec<(Sym, Value)>,
    /// Annotations by parameter name (`return` for the result); unknown where not evaluated.
    pub annotations: Vec<(Sym, Value)>,
    /// `async def`
    pub is_async: bool,
    /// Model that runs in place of the body.
    pub hook: Option<Native>,
}
