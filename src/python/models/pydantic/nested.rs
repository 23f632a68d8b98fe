//! Settings of settings: variables whose names lead into a nested model (`APP_DB__HOST`).
//!
//! Source: pydantic-settings 2.0 to 2.16 (`EnvSettingsSource.explode_env_vars`).

use super::fields::Field;
use super::settings::{Sources, Variables};
use super::shapes::Shape;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Table, Value};

impl Interp<'_> {
    /// What the variables below a field amount to; `None` when there are none.
    ///
    /// # Errors
    /// `SettingsError` when a value that must be JSON is none.
    pub(super) fn nested_variables(
        &mut self,
        source: &str,
        names: &[String],
        variables: &Variables,
        sources: &Sources,
        field: &Field,
    ) -> R<Option<Value>> {
        let Some(delimiter) = sources.delimiter.clone().filter(|d| !d.is_empty()) else {
            return Ok(None);
        };
        let delimiter = if sources.case_sensitive {
            delimiter
        } else {
            delimiter.to_lowercase()
        };
        let limit = self.model_config(sources.class, "env_nested_max_split");
        let limited = !matches!(limit, Some(None | Some(Value::None)));
        let starts: Vec<String> = names.iter().map(|n| format!("{n}{delimiter}")).collect();
        let mut found = None;
        for (name, value) in variables {
            let Some(rest) = starts.iter().find_map(|s| name.strip_prefix(s.as_str())) else {
                continue;
            };
            let path: Vec<&str> = rest.split(&delimiter).collect();
            if limited || !field.annotation.resolved {
                return Ok(Some(Value::Unknown));
            }
            let Some((path, shape)) = self.path_in(&field.annotation.shape, &path) else {
                return Ok(Some(Value::Unknown));
            };
            let (complex, lenient) = self.is_complex_shape(&shape);
            let value = match (complex, value.as_str()) {
                (false, _) | (true, None | Some("")) => value.clone(),
                (true, Some(_)) => match self.decode_json(value) {
                    Some(decoded) => decoded,
                    None if lenient => value.clone(),
                    None => {
                        let message = format!(
                            "error parsing value for field \"{}\" from source \"{source}\"",
                            field.name
                        );
                        return Err(self.settings_error(&message, sources.class, field, names));
                    }
                },
            };
            let mut branch = value;
            for key in path.iter().rev() {
                branch = self.dict_of(vec![(key.clone(), branch)]);
            }
            found = Some(match found {
                Some(older) => self.deep_update(&older, &branch),
                None => branch,
            });
        }
        Ok(found)
    }

    /// The names of the fields on a way into models, and the shape at its end.
    fn path_in(&mut self, shape: &Shape, path: &[&str]) -> Option<(Vec<String>, Shape)> {
        let Some((first, rest)) = path.split_first() else {
            return Some((Vec::new(), shape.clone()));
        };
        let class = self.nested_model(shape)?;
        let fields = self.model_fields(class)?;
        let field = fields
            .iter()
            .find(|f| f.name == *first || f.name.eq_ignore_ascii_case(first));
        let Some(field) = field.filter(|f| f.aliases.is_empty()) else {
            // Left to the model: extra names, aliases.
            return rest
                .is_empty()
                .then(|| (vec![(*first).to_owned()], Shape::Any));
        };
        let (mut names, end) = self.path_in(&field.annotation.shape.clone(), rest)?;
        names.insert(0, field.name.clone());
        Some((names, end))
    }

    fn nested_model(&self, shape: &Shape) -> Option<Obj> {
        match shape {
            Shape::Class(class) if self.is_model_class(*class) => Some(*class),
            Shape::Union(ways) => {
                let mut models = ways.iter().filter(|w| !matches!(w, Shape::Nothing));
                let one = self.nested_model(models.next()?)?;
                models.next().is_none().then_some(one)
            }
            _ => None,
        }
    }

    /// `deep_update`: what is newer wins, dict by dict.
    pub(super) fn deep_update(&mut self, older: &Value, newer: &Value) -> Value {
        let tables = (self.closed_dict(older), self.closed_dict(newer));
        let (Some(mut table), Some(newer_table)) = tables else {
            return newer.clone();
        };
        for (key, (name, value)) in newer_table {
            let merged = match table.get(&key).map(|(_, v)| v.clone()) {
                Some(old) => self.deep_update(&old, &value),
                None => value,
            };
            table.insert(key, (name, merged));
        }
        Value::Obj(self.heap.alloc(Kind::Dict(table)))
    }

    fn closed_dict(&self, value: &Value) -> Option<Table> {
        let Value::Obj(obj) = value else { return None };
        match &self.heap.get(*obj).kind {
            Kind::Dict(table) if !self.heap.get(*obj).open => Some(table.clone()),
            _ => None,
        }
    }
}
