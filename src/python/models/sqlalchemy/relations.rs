//! Relationships by name: resolved when the mappers are configured, at their first use.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Value};

/// `configure_mappers()`, `registry.configure()`
pub fn configure(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    interp.configure_for_use()?;
    Ok(Value::None)
}

const MAPPED: &str = "sa mapped";
const FAILED: &str = "sa configuration failed";

impl<'a> Interp<'a> {
    /// Remembers a mapped class under its metadata.
    pub fn note_mapped(&mut self, metadata: &Value, class: Obj) {
        let name = self.class_short_name(class);
        self.note_named(metadata, "<classes>", &name, Value::Obj(class));
        let list = match self.memo.get(MAPPED) {
            Some(Value::Obj(list)) => *list,
            _ => {
                let list = self.heap.alloc(Kind::List(Vec::new()));
                self.memo.insert(MAPPED.to_owned(), Value::Obj(list));
                list
            }
        };
        let entry = Value::tuple(vec![metadata.clone(), Value::Obj(class)]);
        if let Kind::List(items) = &mut self.heap.get_mut(list).kind {
            items.push(entry);
        }
    }

    /// The mappers are used for the first time.
    ///
    /// # Errors
    /// `InvalidRequestError` of a relationship to a class that nobody defines.
    pub fn configure_for_use(&mut self) -> R<()> {
        if self.memo.contains_key(FAILED) {
            return Ok(());
        }
        let Some(Value::Obj(list)) = self.memo.get(MAPPED).cloned() else {
            return Ok(());
        };
        let Kind::List(items) = self.heap.get(list).kind.clone() else {
            return Ok(());
        };
        for item in items {
            let Value::Tuple(pair) = &item else { continue };
            let (Some(metadata), Some(Value::Obj(class))) = (pair.first(), pair.get(1)) else {
                continue;
            };
            self.configure_class(metadata, *class)?;
        }
        Ok(())
    }

    fn configure_class(&mut self, metadata: &Value, class: Obj) -> R<()> {
        let Some((known, open)) = self
            .own(metadata, "<classes>")
            .and_then(|c| self.table_of(&c))
        else {
            return Ok(());
        };
        if open {
            return Ok(());
        }
        let names: Vec<(String, Value)> = self
            .heap
            .get(class)
            .attrs
            .iter()
            .map(|(n, s)| (self.interner.name(*n).to_string(), s.value.clone()))
            .collect();
        for (_, value) in names {
            if !self.is_relationship(&value) {
                continue;
            }
            let Some(Value::Str(target)) = self.own(&value, "argument") else {
                continue;
            };
            let target = target.text.to_string();
            let plain =
                !target.is_empty() && target.chars().all(|c| c.is_alphanumeric() || c == '_');
            let found = known.values().any(|(k, _)| k.as_str() == Some(&target))
                || self.tables_of(metadata).contains(&target);
            if !plain || found {
                continue;
            }
            if self.doubt == 0 {
                self.memo.insert(FAILED.to_owned(), Value::Bool(true));
            }
            return Err(self.unresolved(class, &target));
        }
        Ok(())
    }

    fn unresolved(&mut self, class: Obj, target: &str) -> crate::python::raise::Stop {
        let this = Value::Obj(class);
        let short = self.class_short_name(class);
        let table = self
            .own(&this, "<mapped>")
            .and_then(|t| t.as_str().map(ToOwned::to_owned))
            .unwrap_or_default();
        let mapper = if self.dist_release("sqlalchemy") >= (2, 0, 0) {
            format!("Mapper[{short}({table})]")
        } else {
            format!("mapped class {short}->{table}")
        };
        let shown = self.class_name(class);
        let message = format!(
            "When initializing mapper {mapper}, expression '{target}' failed to locate a name ('{target}'). If this is a class name, consider adding this relationship() to the <class '{shown}'> class after both dependent classes have been defined."
        );
        let slots = [("class", short.as_str()), ("name", target)];
        self.library_fault(
            "sqlalchemy.exc",
            "InvalidRequestError",
            "Exception",
            &message,
            "orm-class",
            &slots,
        )
    }
}
