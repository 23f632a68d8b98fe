//! `model_rebuild`: the annotations that were put off are looked up now, and must be there.

use crate::python::call::Args;
use crate::python::interp::{FrameKind, Interp};
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// `BaseModel.model_rebuild()` of pydantic 2 (`main.py`, `_internal/_model_construction.py`
/// `complete_model_class`): a name of a postponed annotation that nobody defined is an error.
pub fn model_rebuild(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(class) = args.pos.first().and_then(Value::as_obj) else {
        return Ok(Value::None);
    };
    // Names may come from the caller: of functions and given tables nothing certain is said.
    let plain = args.pos.len() == 1 && args.kw.is_empty() && !args.open;
    let at_top = interp.frame().kind == FrameKind::Module;
    if !plain || !at_top || interp.pydantic_major() < 2 {
        return Ok(Value::None);
    }
    let Some(module) = interp.defining_module(class) else {
        return Ok(Value::None);
    };
    for (field, annotation) in interp.postponed(class) {
        match interp.evaluate_annotation(&annotation, module) {
            Err(Stop::Raise(raised)) if raised.kind == "name-error" => {
                let name = raised.slots.get("name").cloned().unwrap_or_default();
                let known = interp.sym(&name);
                if interp.heap.get(class).attrs.contains_key(&known) {
                    continue;
                }
                let class = interp.class_short_name(class);
                let slots = [("class", class.as_str()), ("field", field.as_str())];
                return Err(interp.pydantic_error(
                    "PydanticUndefinedAnnotation",
                    &format!("name '{name}' is not defined"),
                    "undefined-annotation",
                    &slots,
                ));
            }
            Err(stop @ Stop::Budget(_)) => return Err(stop),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(Value::None)
}

impl Interp<'_> {
    /// An instance of a class of which an annotation still cannot be looked up (`main.py`,
    /// `_internal/_mock_val_ser.py`).
    ///
    /// # Errors
    /// `PydanticUserError`.
    pub(super) fn refuse_incomplete(&mut self, class: Obj) -> R<()> {
        // The caller's own names count too.
        if self.frame().kind != FrameKind::Module || self.pydantic_major() < 2 {
            return Ok(());
        }
        let Some(module) = self.defining_module(class) else {
            return Ok(());
        };
        for (field, annotation) in self.postponed(class) {
            let Err(Stop::Raise(raised)) = self.evaluate_annotation(&annotation, module) else {
                continue;
            };
            let name = raised.slots.get("name").cloned().unwrap_or_default();
            let known = self.sym(&name);
            let here = self.frame().module;
            let seen = [class, here]
                .iter()
                .any(|o| self.heap.get(*o).attrs.contains_key(&known) || self.heap.get(here).open);
            if raised.kind != "name-error" || seen {
                continue;
            }
            let short = self.class_short_name(class);
            let slots = [("class", short.as_str()), ("field", field.as_str())];
            let message = format!(
                "`{short}` is not fully defined; you should define `{name}`, then call `{short}.model_rebuild()`."
            );
            let code = "class-not-fully-defined";
            return Err(self.pydantic_error("PydanticUserError", &message, code, &slots));
        }
        Ok(())
    }

    /// The module of a class, when all of its names are known and the class is made by its body.
    fn defining_module(&mut self, class: Obj) -> Option<Obj> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        // Names of an enclosing function are visible to a class that is made in it.
        if data.blurred || data.qualname.contains("<locals>") {
            return None;
        }
        let name = data.module.to_string();
        let module = self.module_named(&name)?;
        (!self.heap.get(module).open).then_some(module)
    }

    /// Own annotations of a class that are texts.
    fn postponed(&mut self, class: Obj) -> Vec<(String, Value)> {
        let class = Value::Obj(class);
        let found = self.own(&class, "__annotations__");
        let Some((table, _)) = found.and_then(|v| self.table_of(&v)) else {
            return Vec::new();
        };
        table
            .values()
            .filter(|(_, value)| matches!(value, Value::Str(_)))
            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
            .collect()
    }
}
