//! Comprehensions and the scopes they run in.

use ruff_python_ast as ast;
use ruff_text_size::Ranged;

use crate::python::interp::{Frame, FrameKind, Interp};
use crate::python::raise::{R, Stop};
use crate::python::scope::ScopeInfo;
use crate::python::value::{Kind, Table, Value};

/// Items that one comprehension may make.
const MAX_ITEMS: usize = 2_000_000;

impl<'a> Interp<'a> {
    /// A comprehension's values; `None` when they are not known.
    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        element: &mut dyn FnMut(&mut Self) -> R<Value>,
    ) -> R<Option<Vec<Value>>> {
        let Some(first) = generators.first() else {
            return Ok(None);
        };
        let outermost = self.eval(&first.iter)?;
        self.in_comprehension(generators, |i| {
            let mut items = Vec::new();
            let known = i.rounds(generators, Some(outermost), &mut |i| {
                let value = element(i)?;
                if items.len() >= MAX_ITEMS {
                    return Err(Stop::Budget("a comprehension too long"));
                }
                items.push(value);
                Ok(())
            })?;
            Ok(known.then_some(items))
        })
    }

    pub(super) fn in_comprehension<T>(
        &mut self,
        generators: &'a [ast::Comprehension],
        run: impl FnOnce(&mut Self) -> R<T>,
    ) -> R<T> {
        let file = self.frame().file;
        let key = generators.first().map_or(0, |g| g.target.start().to_u32());
        let info = self.scope(file, key, |interner| {
            ScopeInfo::comprehension(interner, generators)
        });
        let outer = self.frame().clone();
        let parent = self.visible_scope();
        let env = self.heap.alloc(Kind::Env {
            info: info.clone(),
            parent,
        });
        self.frames.push(Frame {
            kind: FrameKind::Comprehension,
            names: env,
            info: Some(info),
            parent,
            name: "<listcomp>".into(),
            ..outer
        });
        let depth = self.frames.len();
        let result = run(self);
        self.frames.truncate(depth - 1);
        result
    }

    /// Runs the nested loops of a comprehension. False when how often is not known.
    pub(super) fn rounds(
        &mut self,
        generators: &'a [ast::Comprehension],
        iterable: Option<Value>,
        body: &mut dyn FnMut(&mut Self) -> R<()>,
    ) -> R<bool> {
        let Some((first, rest)) = generators.split_first() else {
            body(self)?;
            return Ok(true);
        };
        let iterable = match iterable {
            Some(iterable) => iterable,
            None => self.eval(&first.iter)?,
        };
        let mut all_known = true;
        let known = self.each(&iterable, &mut |i, item| {
            all_known &= i.round(first, rest, item, body)?;
            Ok(true)
        })?;
        if !known {
            self.maybe(&mut |i: &mut Self| {
                i.round(first, rest, Value::Unknown, body)?;
                Ok(crate::python::raise::Flow::Next)
            })?;
        }
        Ok(known && all_known)
    }

    pub(super) fn round(
        &mut self,
        first: &'a ast::Comprehension,
        rest: &'a [ast::Comprehension],
        item: Value,
        body: &mut dyn FnMut(&mut Self) -> R<()>,
    ) -> R<bool> {
        self.assign(&first.target, item)?;
        let mut unsure = false;
        for test in &first.ifs {
            match self.test(test)? {
                Some(true) => {}
                Some(false) => return Ok(!unsure),
                None => unsure = true,
            }
        }
        if unsure {
            self.maybe(&mut |i: &mut Self| {
                i.rounds(rest, None, body)?;
                Ok(crate::python::raise::Flow::Next)
            })?;
            return Ok(false);
        }
        self.rounds(rest, None, body)
    }

    pub(super) fn dict_comprehension(&mut self, c: &'a ast::ExprDictComp) -> R<Value> {
        let pairs = self.comprehension(&c.generators, &mut |i| {
            let key = match &c.key {
                Some(key) => i.eval(key)?,
                None => Value::Unknown,
            };
            let value = i.eval(&c.value)?;
            Ok(Value::tuple(vec![key, value]))
        })?;
        let Some(pairs) = pairs else {
            return Ok(self.open_object(Kind::Dict(Table::default())));
        };
        let mut table = Table::default();
        let mut open = false;
        for pair in pairs {
            if let Value::Tuple(pair) = &pair
                && let [key, value] = pair.as_ref()
            {
                open |= self.hashes_by_value(key);
                match self.hash_key(key) {
                    Some(k) => {
                        table.insert(k, (key.clone(), value.clone()));
                    }
                    None => open = true,
                }
            }
        }
        let obj = self.heap.alloc(Kind::Dict(table));
        self.heap.get_mut(obj).open = open;
        Ok(Value::Obj(obj))
    }

    /// A generator expression is run at once: its consumer follows immediately in practice.
    pub(super) fn generator_expression(&mut self, g: &'a ast::ExprGenerator) -> R<Value> {
        let mut items = None;
        // Nothing of it runs until it is consumed: an exception now is only possible.
        self.maybe(&mut |i: &mut Self| {
            items = i.comprehension(&g.generators, &mut |i| i.eval(&g.elt))?;
            Ok(crate::python::raise::Flow::Next)
        })?;
        Ok(match items {
            Some(items) => Value::Obj(self.heap.alloc(Kind::Iter {
                items: items.into(),
                next: 0,
            })),
            None => Value::Unknown,
        })
    }
}
