//! `BaseSettings`: where values come from, and what is said when they do not fit.
//!
//! Order of the sources, names of the variables, JSON decoding and dotenv files as in
//! pydantic-settings 2 and in `pydantic.env_settings` of the first generation.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::fields::Field;
use super::validate::Filling;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::environment::Variable;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// What the class (or the call) says about its sources.
pub(super) struct Sources {
    pub(super) class: Obj,
    prefix: String,
    pub(super) case_sensitive: bool,
    pub(super) delimiter: Option<String>,
    ignore_empty: bool,
    extra_allowed: bool,
    by_name: bool,
    decoding: bool,
    files: Vec<PathBuf>,
    /// Something is not known: no absence is certain.
    open: bool,
}

/// Variables by name (lower case unless names are case-sensitive), in order.
pub(super) type Variables = IndexMap<String, Value>;

/// `BaseSettings.__init__`
pub fn settings_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let Some(class) = interp.class_of_instance(&this) else {
        return Ok(Value::None);
    };
    let Some(fields) = interp.model_fields(class) else {
        interp.open_instance(&this);
        interp.blur();
        return Ok(Value::None);
    };
    let (given, given_open) = interp.keywords(&bound, "values");
    let mut sources = interp.sources_of(class, &bound)?;
    sources.open |= given_open;
    let mut filling = Filling::default();
    if interp.pydantic_major() >= 2 {
        interp.read_sources(&sources, &fields, &mut filling)?;
    } else {
        interp.read_old_sources(&sources, &fields, &mut filling)?;
    }
    for (name, value) in given {
        filling.values.insert(name, value);
    }
    filling.open = sources.open;
    let mut listed = vec!["environment".to_owned()];
    listed.extend(sources.files.iter().map(|f| {
        f.strip_prefix(&interp.root)
            .unwrap_or(f)
            .to_string_lossy()
            .into_owned()
    }));
    filling.sources = listed.join(", ");
    interp.fill_model(&this, class, filling)?;
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    fn config_text(&mut self, class: Obj, name: &str, open: &mut bool) -> Option<String> {
        match self.model_config(class, name) {
            Some(Some(Value::None)) | Some(None) => None,
            Some(Some(value)) => {
                let text = self.plain_text(&value);
                *open |= text.is_none();
                text
            }
            None => {
                *open = true;
                None
            }
        }
    }

    fn config_flag(&mut self, class: Obj, name: &str, open: &mut bool) -> Option<bool> {
        match self.model_config(class, name) {
            Some(Some(Value::Bool(flag))) => Some(flag),
            Some(None | Some(Value::None)) => None,
            _ => {
                *open = true;
                None
            }
        }
    }

    fn sources_of(&mut self, class: Obj, bound: &crate::python::models::kit::Bound) -> R<Sources> {
        let mut open = false;
        let mut sources = Sources {
            class,
            prefix: self
                .config_text(class, "env_prefix", &mut open)
                .unwrap_or_default(),
            case_sensitive: self
                .config_flag(class, "case_sensitive", &mut open)
                .unwrap_or(false),
            delimiter: self.config_text(class, "env_nested_delimiter", &mut open),
            ignore_empty: self
                .config_flag(class, "env_ignore_empty", &mut open)
                .unwrap_or(false),
            extra_allowed: self
                .config_text(class, "extra", &mut open)
                .is_some_and(|e| e != "forbid"),
            by_name: self
                .config_flag(class, "populate_by_name", &mut open)
                .unwrap_or(false),
            decoding: self
                .config_flag(class, "enable_decoding", &mut open)
                .unwrap_or(true),
            files: Vec::new(),
            open,
        };
        for name in ["secrets_dir", "cli_parse_args", "env_parse_none_str"] {
            if !matches!(
                self.model_config(class, name),
                Some(None | Some(Value::None | Value::Bool(false)))
            ) {
                sources.open = true;
            }
        }
        for (name, slot) in [
            ("_env_prefix", 0),
            ("_case_sensitive", 1),
            ("_env_nested_delimiter", 2),
        ] {
            match (self.parameter(bound, name), slot) {
                (Value::Str(text), 0) => sources.prefix = text.text.to_string(),
                (Value::Bool(flag), 1) => sources.case_sensitive = flag,
                (Value::Str(text), 2) => sources.delimiter = Some(text.text.to_string()),
                _ => {}
            }
        }
        let customise = self.sym("settings_customise_sources");
        if let Some((owner, _, _)) = self.class_lookup(class, customise)
            && !matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.module.starts_with("pydantic_settings") || d.module.starts_with("pydantic."))
        {
            sources.open = true;
        }
        let given = self.parameter(bound, "_env_file");
        let file = match given {
            // The sentinel: a `Path("")`.
            Value::Obj(_) | Value::Unknown | Value::Ellipsis => {
                match self.path_as_text(&given).as_deref() {
                    Some("" | ".") | None => self
                        .model_config(class, "env_file")
                        .unwrap_or(Some(Value::Unknown))
                        .unwrap_or(Value::None),
                    Some(_) => given,
                }
            }
            other => other,
        };
        self.env_files(&file, &mut sources);
        Ok(sources)
    }

    fn env_files(&mut self, file: &Value, sources: &mut Sources) {
        match file {
            Value::None => {}
            Value::Unknown => sources.open = true,
            Value::Tuple(items) => {
                for item in items.iter() {
                    self.env_files(item, sources);
                }
            }
            Value::Obj(obj) if matches!(self.heap.get(*obj).kind, Kind::List(_)) => {
                match self.items_of(file) {
                    Ok(Some(items)) => {
                        for item in items {
                            self.env_files(&item, sources);
                        }
                    }
                    _ => sources.open = true,
                }
            }
            other => match self.path_of(other) {
                Some(path) if path.to_string_lossy().contains('~') => sources.open = true,
                Some(path) => sources.files.push(path),
                None => sources.open = true,
            },
        }
    }

    fn dotenv_variables(&mut self, sources: &Sources) -> Variables {
        let mut variables = Variables::new();
        for file in &sources.files {
            for (name, value) in self.read_env_file(file).unwrap_or_default() {
                let name = if sources.case_sensitive {
                    name
                } else {
                    name.to_lowercase()
                };
                match value {
                    Some(value) if sources.ignore_empty && value.as_str() == Some("") => {}
                    Some(value) => {
                        variables.insert(name, value);
                    }
                    None => {
                        variables.shift_remove(&name);
                    }
                }
            }
        }
        variables
    }

    fn process_variables(
        &mut self,
        sources: &mut bool,
        case_sensitive: bool,
        ignore_empty: bool,
    ) -> R<Variables> {
        let mut variables = Variables::new();
        let Some(names) = self.variable_names()? else {
            *sources = true;
            return Ok(variables);
        };
        for name in names {
            let value = match self.variable(&name)? {
                Variable::Set(value) => value,
                Variable::Unset => continue,
                Variable::Unknown => Value::Unknown,
            };
            if ignore_empty && value.as_str() == Some("") {
                continue;
            }
            let name = if case_sensitive {
                name
            } else {
                name.to_lowercase()
            };
            variables.insert(name, value);
        }
        let assumed: Vec<String> = self
            .project
            .env
            .iter()
            .filter(|(_, v)| v.assumed)
            .map(|(n, _)| n.clone())
            .collect();
        for name in assumed {
            let name = if case_sensitive {
                name
            } else {
                name.to_lowercase()
            };
            variables.entry(name).or_insert(Value::Unknown);
        }
        Ok(variables)
    }

    /// Names of the variables of a field.
    fn names_of_field(field: &Field, sources: &Sources) -> Vec<String> {
        let mut names: Vec<String> = field.aliases.clone();
        if names.is_empty() || sources.by_name {
            names.push(format!("{}{}", sources.prefix, field.name));
        }
        if sources.case_sensitive {
            names
        } else {
            names.into_iter().map(|n| n.to_lowercase()).collect()
        }
    }

    fn read_sources(
        &mut self,
        sources: &Sources,
        fields: &[Field],
        filling: &mut Filling,
    ) -> R<()> {
        let mut open = false;
        let process =
            self.process_variables(&mut open, sources.case_sensitive, sources.ignore_empty)?;
        filling.open |= open;
        let from_process = self.read_source("EnvSettingsSource", &process, sources, fields)?;
        let dotenv = self.dotenv_variables(sources);
        let mut from_files = self.read_source("DotEnvSettingsSource", &dotenv, sources, fields)?;
        self.add_file_extras(&dotenv, sources, fields, &mut from_files);
        let mut listed = IndexMap::new();
        for field in fields {
            let names = Self::names_of_field(field, sources);
            let shown: Vec<String> = if sources.case_sensitive {
                names.clone()
            } else {
                names.iter().map(|n| n.to_uppercase()).collect()
            };
            let found = names
                .iter()
                .find_map(|n| process.get(n).or_else(|| dotenv.get(n)))
                .cloned();
            self.note_env_read(
                shown.first().map_or("", String::as_str),
                field.required == Some(true),
                found.as_ref(),
            );
            listed.insert(field.name.clone(), shown.join(","));
        }
        filling.settings = Some(listed);
        for (key, value) in from_files.into_iter().chain(from_process) {
            let value = match filling.values.get(&key).cloned() {
                Some(older) => self.deep_update(&older, &value),
                None => value,
            };
            filling.values.insert(key, value);
        }
        Ok(())
    }

    fn read_source(
        &mut self,
        source: &str,
        variables: &Variables,
        sources: &Sources,
        fields: &[Field],
    ) -> R<Variables> {
        let mut data = Variables::new();
        for field in fields {
            let names = Self::names_of_field(field, sources);
            let key = field.aliases.first().unwrap_or(&field.name).clone();
            let found = names.iter().find_map(|n| variables.get(n)).cloned();
            let (complex, lenient) = self.is_complex_shape(&field.annotation.shape);
            let marked = self.decoding_mark(field);
            let complex =
                (complex && sources.decoding && marked != Some(false)) || marked == Some(true);
            let vague = !field.annotation.resolved;
            let nested = match complex || vague {
                true => self.nested_variables(source, &names, variables, sources, field)?,
                false => None,
            };
            let value = match found {
                None => match nested {
                    Some(value) => value,
                    None => continue,
                },
                Some(Value::Unknown) => Value::Unknown,
                Some(_) if vague => Value::Unknown,
                Some(value) if !complex => value,
                Some(value) => match self.decode_json(&value) {
                    Some(decoded) => match nested {
                        Some(nested) => self.deep_update(&decoded, &nested),
                        None => decoded,
                    },
                    None if lenient => value,
                    None => {
                        let message = format!(
                            "error parsing value for field \"{}\" from source \"{source}\"",
                            field.name
                        );
                        return Err(self.settings_error(&message, sources.class, field, &names));
                    }
                },
            };
            data.insert(key, value);
        }
        Ok(data)
    }

    /// `NoDecode` (false) and `ForceDecode` (true) among the metadata.
    fn decoding_mark(&mut self, field: &Field) -> Option<bool> {
        for mark in &field.annotation.metadata {
            let name = match mark {
                Value::Obj(obj) if self.is_class(*obj) => self.class_short_name(*obj),
                other => self.type_name(other),
            };
            match name.as_str() {
                "NoDecode" => return Some(false),
                "ForceDecode" => return Some(true),
                _ => {}
            }
        }
        None
    }

    pub(super) fn settings_error(
        &mut self,
        message: &str,
        class: Obj,
        field: &Field,
        names: &[String],
    ) -> Stop {
        let place = [
            "pydantic_settings.exceptions",
            "pydantic_settings.sources",
            "pydantic.env_settings",
        ]
        .into_iter()
        .find(|m| self.loaded_attribute(m, "SettingsError").is_some())
        .unwrap_or("pydantic_settings.sources");
        let variable = names.first().map(|n| n.to_uppercase()).unwrap_or_default();
        let short = self.class_short_name(class);
        let place_of_field = self
            .field_place(class, &field.name)
            .map(|(file, line)| (file, line.to_string()));
        let mut slots = vec![
            ("field", field.name.as_str()),
            ("variable", variable.as_str()),
            ("env_names", variable.as_str()),
            ("class", short.as_str()),
        ];
        if let Some((file, line)) = &place_of_field {
            slots.push(("field.file", file));
            slots.push(("field.line", line));
        }
        self.library_fault(
            place,
            "SettingsError",
            "ValueError",
            message,
            "settings-json",
            &slots,
        )
    }

    /// Names of dotenv files that belong to no field are passed on, too.
    fn add_file_extras(
        &mut self,
        variables: &Variables,
        sources: &Sources,
        fields: &[Field],
        data: &mut Variables,
    ) {
        let prefix = if sources.case_sensitive {
            sources.prefix.clone()
        } else {
            sources.prefix.to_lowercase()
        };
        for (name, value) in variables {
            if value.as_str() == Some("") || data.contains_key(name) {
                continue;
            }
            let used = fields.iter().any(|field| {
                let names = Self::names_of_field(field, sources);
                names.iter().any(|n| {
                    let complex = self.is_complex_shape(&field.annotation.shape).0
                        || !field.annotation.resolved;
                    n == name || (complex && name.starts_with(n.as_str()))
                })
            });
            if used {
                continue;
            }
            let key = match name.strip_prefix(&prefix) {
                Some(rest) if sources.extra_allowed => rest.to_owned(),
                _ => name.clone(),
            };
            data.insert(key, value.clone());
        }
    }

    /// A JSON text as a value; `None` when it is no JSON.
    pub(super) fn decode_json(&mut self, value: &Value) -> Option<Value> {
        let text = value.as_str()?;
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => Some(self.json_to_value(&json)),
            // Python reads these three names as numbers.
            Err(_) if ["NaN", "Infinity"].iter().any(|w| text.contains(w)) => Some(Value::Unknown),
            Err(_) => None,
        }
    }

    fn json_to_value(&mut self, json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Value::Int(i),
                (None, Some(f)) => Value::Float(f),
                _ => Value::Unknown,
            },
            serde_json::Value::String(s) => Value::str(s.as_str()),
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|i| self.json_to_value(i)).collect();
                self.list(items)
            }
            serde_json::Value::Object(map) => {
                let items = map
                    .iter()
                    .map(|(k, v)| (k.clone(), self.json_to_value(v)))
                    .collect();
                self.dict_of(items)
            }
        }
    }

    /// The first generation: one mapping, in which the process wins over the files.
    fn read_old_sources(
        &mut self,
        sources: &Sources,
        fields: &[Field],
        filling: &mut Filling,
    ) -> R<()> {
        let mut open = false;
        let mut variables = self.dotenv_variables(sources);
        for (name, value) in self.process_variables(&mut open, sources.case_sensitive, false)? {
            variables.insert(name, value);
        }
        filling.open |= open;
        let mut listed = IndexMap::new();
        // The class may decode variables in its own way.
        let own_decoder = ["json_loads", "parse_env_var"]
            .iter()
            .any(|name| !matches!(self.model_config(sources.class, name), Some(None)));
        for field in fields {
            let mut names = self.old_names(field, sources);
            if !sources.case_sensitive {
                names = names.into_iter().map(|n| n.to_lowercase()).collect();
            }
            let found = names.iter().find_map(|n| variables.get(n)).cloned();
            let shown: Vec<String> = names.iter().map(|n| n.to_uppercase()).collect();
            self.note_env_read(
                shown.first().map_or("", String::as_str),
                field.required == Some(true),
                found.as_ref(),
            );
            listed.insert(field.name.clone(), shown.join(","));
            let key = field.aliases.first().unwrap_or(&field.name).clone();
            let (complex, lenient) = self.is_complex_shape(&field.annotation.shape);
            let value = match found {
                None if sources.delimiter.is_some() && complex => Value::Unknown,
                None => continue,
                Some(value) if !complex || value.is_unknown() => value,
                Some(_) if own_decoder => Value::Unknown,
                Some(value) => match self.decode_json(&value) {
                    Some(decoded) => decoded,
                    None if lenient => value,
                    None => {
                        let name = names.last().cloned().unwrap_or_default();
                        let message = format!("error parsing env var \"{name}\"");
                        return Err(self.settings_error(&message, sources.class, field, &names));
                    }
                },
            };
            filling.values.insert(key, value);
        }
        filling.settings = Some(listed);
        Ok(())
    }

    fn old_names(&mut self, field: &Field, sources: &Sources) -> Vec<String> {
        let extra = self.own(&field.info, "extra");
        let env = extra
            .and_then(|e| self.table_of(&e))
            .and_then(|(table, _)| {
                table
                    .values()
                    .find(|(k, _)| k.as_str() == Some("env"))
                    .map(|(_, v)| v.clone())
            });
        match env {
            Some(Value::Str(name)) => vec![name.text.to_string()],
            Some(Value::None) | None => vec![format!("{}{}", sources.prefix, field.name)],
            Some(other) => match self.items_of(&other) {
                Ok(Some(items)) => items
                    .iter()
                    .filter_map(|i| i.as_str().map(ToOwned::to_owned))
                    .collect(),
                _ => vec![format!("{}{}", sources.prefix, field.name)],
            },
        }
    }
}
