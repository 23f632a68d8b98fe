//! What building a schema refuses beyond types: discriminators, and signatures of validators from
//! the first generation.
//!
//! Sources: pydantic 2.4 to 2.14 `_internal/_discriminated_union.py`, `_internal/_decorators_v1.py`.

use super::class::Body;
use super::fields::Field;
use super::shapes::Shape;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::text::str_repr;
use crate::python::value::{Kind, Value};

impl<'a> Interp<'a> {
    /// `Field(discriminator="kind")` on a union of models.
    pub(super) fn check_discriminator(&mut self, body: &Body, field: &Field) -> R<()> {
        if self.pydantic_major() < 2 {
            return Ok(());
        }
        let (Some(Value::Str(key)), Shape::Union(ways)) = (
            self.own(&field.info, "discriminator"),
            field.annotation.shape.clone(),
        ) else {
            return Ok(());
        };
        for way in ways {
            let Shape::Class(class) = way else { continue };
            if !self.is_model_class(class) {
                continue;
            }
            let Some(members) = self.model_fields(class) else {
                continue;
            };
            let model = self.class_short_name(class);
            let slots = [
                ("class", body.name.as_str()),
                ("field", field.name.as_str()),
            ];
            let Some(member) = members.iter().find(|m| *m.name == *key.text) else {
                let message = format!(
                    "Model {} needs a discriminator field for key {}",
                    str_repr(&model),
                    str_repr(&key.text)
                );
                let code = "discriminator-no-field";
                return Err(self.pydantic_error("PydanticUserError", &message, code, &slots));
            };
            let plain = match &member.annotation.shape {
                Shape::Class(class) => {
                    matches!(
                        self.class_name(*class).as_str(),
                        "str" | "int" | "bool" | "float"
                    )
                }
                _ => false,
            };
            if plain && member.annotation.resolved && member.annotation.metadata.is_empty() {
                let message = format!(
                    "Model {} needs field {} to be of type `Literal`",
                    str_repr(&model),
                    str_repr(&key.text)
                );
                let code = "discriminator-needs-literal";
                return Err(self.pydantic_error("PydanticUserError", &message, code, &slots));
            }
        }
        Ok(())
    }

    /// `@validator` functions that ask for `field` or `config`.
    pub(super) fn check_old_validators(&mut self, body: &Body) -> R<()> {
        if self.pydantic_major() < 2 {
            return Ok(());
        }
        for (key, value) in body.table.values() {
            if !self.is_decorator_proxy(value) || self.own(value, "<old>").is_none() {
                continue;
            }
            let Some(func) = self.own(value, "wrapped") else {
                continue;
            };
            if !self.asks_for_field(&func) {
                continue;
            }
            let name = key.as_str().unwrap_or_default().to_owned();
            let slots = [("class", body.name.as_str()), ("field", name.as_str())];
            let message = "The `field` and `config` parameters are not available in Pydantic V2, please use the `info` parameter instead.";
            let code = "validator-field-config-info";
            return Err(self.pydantic_error("PydanticUserError", message, code, &slots));
        }
        Ok(())
    }

    fn asks_for_field(&self, func: &Value) -> bool {
        let Some(obj) = func.as_obj() else {
            return false;
        };
        match &self.heap.get(obj).kind {
            Kind::ClassMethod(inner) | Kind::StaticMethod(inner) => self.asks_for_field(inner),
            Kind::Function(data) => data.def.parameters().is_some_and(|p| {
                p.args
                    .iter()
                    .chain(&p.kwonlyargs)
                    .any(|p| matches!(&*p.parameter.name, "field" | "config"))
            }),
            _ => false,
        }
    }
}
