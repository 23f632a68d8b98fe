//! Call expressions and the arguments written in them.

use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::Ranged;

use crate::python::builtins::arity;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

impl<'a> Interp<'a> {
    /// A call expression: callee, arguments, then the call itself.
    pub(super) fn call_expression(&mut self, c: &'a ast::ExprCall) -> R<Value> {
        self.tick()?;
        let func = self.eval(&c.func)?;
        let args = self.arguments(&c.arguments, c)?;
        // CPython blames the line of the attribute for a method call over several lines (3.11+).
        let start = match c.func.as_ref() {
            Expr::Attribute(a) if self.version >= (3, 11) => a.attr.start(),
            _ => c.range_start,
        };
        self.at(start);
        if let Some((class, message)) = self.misfit(&c.func, &func, &args) {
            return Err(self.error(class, &message));
        }
        self.call(&func, args)
    }

    /// What CPython says of a call of something built in with too many or too few arguments, or
    /// with such as it does not take.
    fn misfit(&self, written: &Expr, func: &Value, args: &Args) -> Option<(&'static str, String)> {
        if args.open || !args.kw.is_empty() {
            return None;
        }
        let obj = func.as_obj()?;
        let name = match (&self.heap.get(obj).kind, written) {
            (Kind::Method { func, this }, Expr::Attribute(a)) => {
                let owner = self.built_in_kind(this)?;
                let name = self.interner.known(&a.attr)?;
                let own = self.heap.get(self.builtins.class(owner)).attrs.get(&name)?;
                if !own.value.same(func) {
                    return None;
                }
                format!("{owner}.{}", a.attr)
            }
            (Kind::Native(_) | Kind::Class(_), Expr::Name(n)) => {
                let name = self.interner.known(&n.id)?;
                let own = self.heap.get(self.builtins.module).attrs.get(&name)?;
                if !own.value.same(func) {
                    return None;
                }
                n.id.to_string()
            }
            _ => return None,
        };
        match arity::refusal(&name, args.pos.len(), self.version) {
            Some(message) => Some(("TypeError", message)),
            None => self.refused_arguments(&name, &args.pos),
        }
    }

    /// Evaluates arguments, stars expanded.
    ///
    /// # Errors
    /// What evaluating them raises.
    pub fn arguments(&mut self, arguments: &'a ast::Arguments, call: &'a ast::ExprCall) -> R<Args> {
        let mut args = Args::none();
        for arg in &arguments.args {
            if let Expr::Starred(starred) = arg {
                let value = self.eval(&starred.value)?;
                match self.items_of(&value)? {
                    Some(items) => args.pos.extend(items),
                    None => args.open = true,
                }
            } else {
                let value = self.eval(arg)?;
                if args.open {
                    args.after_open += 1;
                } else {
                    args.pos.push(value);
                }
            }
        }
        for keyword in &arguments.keywords {
            let value = self.eval(&keyword.value)?;
            match &keyword.arg {
                Some(name) => {
                    let name = self.sym_at(&name.node_index, name);
                    args.kw.push((name, value));
                }
                None => self.spread(&value, &mut args),
            }
        }
        let frame = self.frame();
        args.site = Some(crate::python::call::Site {
            file: frame.file,
            start: c_start(call),
            end: call.arguments.end().to_u32(),
            func_start: call.func.start().to_u32(),
            func_end: call.func.end().to_u32(),
        });
        Ok(args)
    }

    /// `**mapping`
    pub(super) fn spread(&mut self, mapping: &Value, args: &mut Args) {
        match self.table_of(mapping) {
            Some((table, open)) => {
                for (_, (key, value)) in table {
                    match key.as_str() {
                        Some(name) => {
                            let name = self.interner.intern(name);
                            args.kw.push((name, value));
                        }
                        None => args.open = true,
                    }
                }
                args.open |= open;
            }
            None => args.open = true,
        }
    }
}

fn c_start(call: &ast::ExprCall) -> u32 {
    call.range_start.to_u32()
}
