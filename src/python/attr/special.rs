//! Attributes that objects have without storing them.

use std::rc::Rc;

use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Sym, Value};

impl<'a> Interp<'a> {
    pub(super) fn class_special(&mut self, class: Obj, name: Sym) -> Option<Value> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let data = data.clone();
        let names = self.names;
        if name == names.name {
            return Some(Value::str(&*data.name));
        }
        if name == names.qualname {
            return Some(Value::str(&*data.qualname));
        }
        if name == names.mro {
            return Some(if data.blurred {
                Value::Unknown
            } else {
                Value::tuple(data.mro.iter().map(|c| Value::Obj(*c)).collect())
            });
        }
        if name == names.bases {
            return Some(if data.blurred {
                Value::Unknown
            } else {
                Value::Tuple(data.bases.clone())
            });
        }
        if name == names.class {
            return Some(Value::Obj(self.meta_of(class)));
        }
        if name == names.dict {
            return Some(self.module_dict(class));
        }
        if name == names.subclasses {
            self.blur();
            return Some(Value::Unknown);
        }
        if name == names.annotations {
            return Some(match self.heap.get(class).attrs.get(&name) {
                Some(slot) => slot.value.clone(),
                None => Value::Obj(
                    self.heap
                        .alloc(Kind::Dict(crate::python::value::Table::default())),
                ),
            });
        }
        None
    }

    pub(super) fn function_attribute(
        &mut self,
        obj: Obj,
        data: &Rc<crate::python::function::FunctionData<'a>>,
        name: Sym,
    ) -> R<Option<Value>> {
        if let Some(slot) = self.heap.get(obj).attrs.get(&name) {
            let value = slot.value.clone();
            return Ok(Some(value));
        }
        let names = self.names;
        if name == names.name {
            return Ok(Some(Value::str(&*data.name)));
        }
        if name == names.qualname {
            return Ok(Some(Value::str(&*data.qualname)));
        }
        if name == names.module {
            return Ok(Some(Value::str(&*self.module_name(data.module))));
        }
        if name == names.doc {
            return Ok(Some(self.function_doc(data)));
        }
        if name == names.annotations {
            let table = data
                .annotations
                .iter()
                .filter_map(|(n, v)| {
                    let key = Value::str(&*self.interner.name(*n));
                    Some((crate::python::value::Key::of(&key)?, (key, v.clone())))
                })
                .collect();
            return Ok(Some(Value::Obj(self.heap.alloc(Kind::Dict(table)))));
        }
        if name == names.dict
            || name == names.globals
            || name == names.code
            || name == names.defaults
            || name == names.kwdefaults
        {
            return Ok(Some(Value::Unknown));
        }
        if self.heap.get(obj).open {
            return Ok(Some(self.unknown()));
        }
        let class = self.builtins.function_class;
        self.instance_attribute(&Value::Obj(obj), class, name)
    }

    pub(super) fn function_doc(&self, data: &crate::python::function::FunctionData<'a>) -> Value {
        use ruff_python_ast::{Expr, Stmt};
        match Self::body_of(data).and_then(|b| b.first()) {
            Some(Stmt::Expr(e)) => match e.value.as_ref() {
                Expr::StringLiteral(s) => Value::str(s.value.to_str()),
                _ => Value::None,
            },
            _ => Value::None,
        }
    }

    /// Attributes that objects of the simulator's own kinds have besides those of their class.
    pub(super) fn special_attribute(&mut self, obj: Obj, name: Sym) -> Option<Value> {
        let names = self.names;
        match &self.heap.get(obj).kind {
            Kind::Method { func, this } => {
                if name == self.interner.intern("__func__") {
                    return Some(func.clone());
                }
                if name == self.interner.intern("__self__") {
                    return Some(this.clone());
                }
                let func = func.clone();
                let plain = [
                    names.name,
                    names.qualname,
                    names.module,
                    names.doc,
                    names.annotations,
                    names.wrapped,
                ];
                if plain.contains(&name) {
                    return self.find_attribute(&func, name).ok().flatten();
                }
                // A bound method hands attributes that it lacks to its function.
                let class = self.builtins.class("method");
                match (self.class_lookup(class, name), &func) {
                    (None, Value::Obj(_)) => self.find_attribute(&func, name).ok().flatten(),
                    _ => None,
                }
            }
            Kind::Native(native) => {
                if name == names.name || name == names.qualname {
                    return Some(Value::str(native.name));
                }
                (name == names.module || name == names.doc).then_some(Value::Unknown)
            }
            Kind::Property { get, .. } => (name == names.fget).then(|| get.clone()),
            Kind::StaticMethod(inner) | Kind::ClassMethod(inner) => {
                let inner = inner.clone();
                let func = self.interner.intern("__func__");
                if name == func || name == names.wrapped && self.version >= (3, 10) {
                    return Some(inner);
                }
                // Since 3.10 they look like what they wrap (`functools_wraps` of the C code).
                let copied = [
                    names.name,
                    names.qualname,
                    names.module,
                    names.doc,
                    names.annotations,
                ];
                if self.version < (3, 10) || !copied.contains(&name) {
                    return None;
                }
                Some(match self.find_attribute(&inner, name) {
                    Ok(Some(found)) => found,
                    _ => Value::Unknown,
                })
            }
            Kind::Partial { func, args, .. } => {
                if name == names.func {
                    return Some(func.clone());
                }
                let plain = [
                    names.name,
                    names.qualname,
                    names.module,
                    names.doc,
                    names.annotations,
                    names.wrapped,
                ];
                if !plain.contains(&name) {
                    return None;
                }
                // A decorated function looks like the function; of other partials nothing is said.
                let first = args.first().cloned();
                let found = first.and_then(|f| self.find_attribute(&f, name).ok().flatten());
                Some(found.unwrap_or(Value::Unknown))
            }
            _ => None,
        }
    }
}
