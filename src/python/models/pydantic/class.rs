//! The creation of a model class: what the body may contain, and which fields come of it.

use indexmap::IndexMap;

use super::fields::Field;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{Key, Kind, Obj, Owner, Table, Value};

/// A class body under construction.
pub(super) struct Body {
    pub(super) name: String,
    module: String,
    qualname: String,
    pub(super) table: Table,
    pub(super) annotations: Vec<(String, Value)>,
    config: IndexMap<String, Value>,
    config_open: bool,
    bases: Vec<Obj>,
}

/// `ModelMetaclass.__new__(mcs, name, bases, namespace, **kwargs)` of both generations.
pub fn class_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [_, name, Value::Tuple(bases), namespace] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let (Some(name), Some((table, open))) = (name.as_str(), interp.table_of(namespace)) else {
        return Ok(interp.unknown());
    };
    let text = |key: &str| {
        Key::of(&Value::str(key))
            .and_then(|k| table.get(&k))
            .and_then(|(_, v)| v.as_str().map(ToOwned::to_owned))
    };
    let module = text("__module__").unwrap_or_default();
    let root = bases.is_empty() || (name == "BaseModel" && module == "pydantic.main");
    let unknown_base = bases
        .iter()
        .any(|b| b.as_obj().is_none_or(|o| interp.is_blurred_class(o)));
    if root || open || unknown_base {
        return interp.plain_class(args);
    }
    let qualname = text("__qualname__").unwrap_or_else(|| name.to_owned());
    let mut body = Body {
        name: name.to_owned(),
        module,
        qualname,
        annotations: interp.annotations_in(&table),
        table,
        config: IndexMap::new(),
        config_open: args.open,
        bases: bases.iter().filter_map(Value::as_obj).collect(),
    };
    interp.merge_config(&mut body, &args)?;
    if interp.pydantic_major() >= 2 {
        interp.inspect_body(&body)?;
    }
    let fields = interp.collect_model_fields(&mut body)?;
    let class = interp.finish_class(&args, &body, &fields)?;
    Ok(class)
}

/// Attribute of a model class that neither it nor its bases have.
pub fn class_getattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [Value::Obj(class), name] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Some(text) = name.as_str().map(ToOwned::to_owned) else {
        return Ok(interp.unknown());
    };
    let known = interp.model_fields(*class).is_some() && !interp.is_blurred_class(*class);
    if !known || text.starts_with('_') {
        return Ok(interp.unknown());
    }
    let object = interp.class_short_name(*class);
    Err(interp.fault(
        "AttributeError",
        &text,
        "attribute-error",
        &[("object", &object), ("name", &text)],
    ))
}

/// `Model[int]`: the parametrised class behaves like the class itself here.
pub fn same_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(class) => Ok(class.clone()),
        None => Ok(interp.unknown()),
    }
}

/// `create_model(name, **fields)`: a class of which nothing certain is said.
pub fn create_model(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.escape(&args);
    Ok(interp.unknown())
}

/// Attributes of a finished class that are made from the compiled schema.
const BUILT: &[&str] = &[
    "__pydantic_core_schema__",
    "__pydantic_validator__",
    "__pydantic_serializer__",
    "__pydantic_decorators__",
    "__pydantic_complete__",
    "__pydantic_generic_metadata__",
    "__pydantic_parent_namespace__",
    "__pydantic_computed_fields__",
    "__signature__",
];

/// The same for the first generation (`main.py:ModelMetaclass.__new__`).
const OLD_BUILT: &[&str] = &[
    "__exclude_fields__",
    "__include_fields__",
    "__validators__",
    "__pre_root_validators__",
    "__post_root_validators__",
    "__schema_cache__",
    "__json_encoder__",
    "__custom_root_type__",
    "__hash__",
    "__class_vars__",
    "__signature__",
];

/// Keywords of a class statement that pydantic takes for configuration (`ConfigWrapper.for_model`:
/// keys of `ConfigDict`, and of `SettingsConfigDict` once pydantic-settings is loaded).
fn is_config_key(name: &str) -> bool {
    CONFIG_KEYS.contains(&name)
        || ["env_", "cli_", "json_", "yaml_", "toml_", "pyproject_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

const CONFIG_KEYS: &[&str] = &[
    "title",
    "model_title_generator",
    "field_title_generator",
    "str_to_lower",
    "str_to_upper",
    "str_strip_whitespace",
    "str_min_length",
    "str_max_length",
    "extra",
    "frozen",
    "populate_by_name",
    "use_enum_values",
    "validate_assignment",
    "arbitrary_types_allowed",
    "from_attributes",
    "loc_by_alias",
    "alias_generator",
    "ignored_types",
    "allow_inf_nan",
    "strict",
    "revalidate_instances",
    "ser_json_timedelta",
    "ser_json_temporal",
    "ser_json_bytes",
    "ser_json_inf_nan",
    "val_json_bytes",
    "val_temporal_unit",
    "validate_default",
    "validate_return",
    "protected_namespaces",
    "hide_input_in_errors",
    "defer_build",
    "plugin_settings",
    "schema_generator",
    "coerce_numbers_to_str",
    "regex_engine",
    "validation_error_cause",
    "use_attribute_docstrings",
    "cache_strings",
    "validate_by_alias",
    "validate_by_name",
    "serialize_by_alias",
    "url_preserve_empty_path",
    "polymorphic_serialization",
    "case_sensitive",
    "nested_model_default_partial_update",
    "secrets_dir",
    "enable_decoding",
];

impl<'a> Interp<'a> {
    fn annotations_in(&mut self, table: &Table) -> Vec<(String, Value)> {
        let found = Key::of(&Value::str("__annotations__"))
            .and_then(|k| table.get(&k))
            .map(|(_, v)| v.clone());
        match found.and_then(|v| self.table_of(&v)) {
            Some((table, _)) => table
                .values()
                .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                .collect(),
            None => Vec::new(),
        }
    }

    /// Configuration of bases, then of the body, then of the class keywords.
    fn merge_config(&mut self, body: &mut Body, args: &Args) -> R<()> {
        for base in body.bases.iter().rev() {
            let base = Value::Obj(*base);
            if let Some((table, open)) = self.get(&base, "<config>").and_then(|c| self.table_of(&c))
            {
                body.config_open |= open;
                for (key, value) in table.values() {
                    if let Some(key) = key.as_str() {
                        body.config.insert(key.to_owned(), value.clone());
                    }
                }
            }
        }
        let own = entry(&body.table, "model_config");
        let old =
            entry(&body.table, "Config").filter(|c| c.as_obj().is_some_and(|o| self.is_class(o)));
        if self.pydantic_major() >= 2 {
            let filled = match own.as_ref().map(|own| self.table_of(own)) {
                Some(Some((table, open))) => !open && !table.is_empty(),
                _ => false,
            };
            if filled && old.is_some() {
                let message = "\"Config\" and \"model_config\" cannot be used together";
                let slots = [("class", body.name.as_str()), ("field", "model_config")];
                return Err(self.pydantic_error(
                    "PydanticUserError",
                    message,
                    "config-both",
                    &slots,
                ));
            }
            if let Some(own) = own {
                match self.table_of(&own) {
                    Some((table, open)) => {
                        body.config_open |= open;
                        for (key, value) in table.values() {
                            if let Some(key) = key.as_str() {
                                body.config.insert(key.to_owned(), value.clone());
                            }
                        }
                    }
                    None => body.config_open = true,
                }
            }
        }
        if let Some(Value::Obj(class)) = old {
            self.merge_config_class(body, class);
        }
        for (name, value) in &args.kw {
            body.config
                .insert(self.interner.name(*name).to_string(), value.clone());
        }
        Ok(())
    }

    fn merge_config_class(&mut self, body: &mut Body, class: Obj) {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return;
        };
        let mro = data.mro.clone();
        body.config_open |= data.blurred;
        for ancestor in mro.iter().rev() {
            if *ancestor == self.builtins.object_class {
                continue;
            }
            let names: Vec<_> = self
                .heap
                .get(*ancestor)
                .attrs
                .iter()
                .map(|(n, s)| (*n, s.value.clone()))
                .collect();
            for (name, value) in names {
                let name = self.interner.name(name);
                if !name.starts_with("__") {
                    body.config.insert(name.to_string(), value);
                }
            }
        }
    }

    /// `inspect_namespace` of the second generation.
    fn inspect_body(&mut self, body: &Body) -> R<()> {
        self.refuse_root(body)?;
        if body.config_open || body.config.contains_key("ignored_types") {
            return Ok(());
        }
        for (key, value) in body.table.values() {
            let Some(name) = key.as_str().map(ToOwned::to_owned) else {
                continue;
            };
            if name == "model_config"
                || name == "__pydantic_extra__"
                || self.is_left_alone(value, body)
            {
                continue;
            }
            let slots = [("class", body.name.as_str()), ("field", name.as_str())];
            if self.is_a(value, "pydantic.fields.ModelPrivateAttr") {
                if name.starts_with("__") {
                    let message = format!(
                        "Private attributes must not use dunder names; use a single underscore prefix instead of {}.",
                        str_repr(&name)
                    );
                    return Err(self.name_refused("NameError", &message, &slots));
                }
                if !name.starts_with('_') {
                    let message = format!(
                        "Private attributes must not use valid field names; use sunder names, e.g. {} instead of {}.",
                        str_repr(&format!("_{name}")),
                        str_repr(&name)
                    );
                    return Err(self.name_refused("NameError", &message, &slots));
                }
                continue;
            }
            if self.is_field_info(value) && name.starts_with('_') {
                let plain = name.trim_start_matches('_');
                let plain = if plain.is_empty() { "my_field" } else { plain };
                let message = format!(
                    "Fields must not use names with leading underscores; e.g., use {} instead of {}.",
                    str_repr(plain),
                    str_repr(&name)
                );
                return Err(self.name_refused("NameError", &message, &slots));
            }
            let annotated = body.annotations.iter().any(|(n, _)| *n == name);
            if name.starts_with('_') || annotated || self.is_class_variable_of_bases(body, &name) {
                continue;
            }
            return Err(self.unannotated(body, &name, value));
        }
        Ok(())
    }

    /// A refused name: an exception of Python's up to 2.13, the library's own since.
    fn name_refused(&mut self, old: &str, message: &str, slots: &[(&str, &str)]) -> Stop {
        if self.dist_release("pydantic") < (2, 14, 0) {
            return self.fault(old, message, "pydantic-class", slots);
        }
        let (module, class) = ("pydantic.errors", "PydanticUserError");
        self.library_fault(module, class, "TypeError", message, "pydantic-class", slots)
    }

    /// `__root__` of the first generation.
    fn refuse_root(&mut self, body: &Body) -> R<()> {
        let annotated = body.annotations.iter().any(|(n, _)| n == "__root__");
        if !annotated && entry(&body.table, "__root__").is_none() {
            return Ok(());
        }
        let message =
            "To define root models, use `pydantic.RootModel` rather than a field called '__root__'";
        let slots = [("class", body.name.as_str()), ("field", "__root__")];
        Err(self.name_refused("TypeError", message, &slots))
    }

    fn unannotated(&mut self, body: &Body, name: &str, value: &Value) -> Stop {
        let slots = [("class", body.name.as_str()), ("field", name)];
        let inherited = body.bases.clone().iter().any(|b| {
            self.model_fields(*b)
                .is_some_and(|f| f.iter().any(|f| f.name == name))
        });
        if inherited {
            let message = format!(
                "Field {} defined on a base class was overridden by a non-annotated attribute. All field definitions, including overrides, require a type annotation.",
                str_repr(name)
            );
            return self.pydantic_error(
                "PydanticUserError",
                &message,
                "model-field-overridden",
                &slots,
            );
        }
        if self.is_field_info(value) {
            let message = format!("Field {} requires a type annotation", str_repr(name));
            return self.pydantic_error(
                "PydanticUserError",
                &message,
                "model-field-missing-annotation",
                &slots,
            );
        }
        let shown = self.repr_of(value).unwrap_or_else(|| "...".to_owned());
        let message = format!(
            "A non-annotated attribute was detected: `{name} = {shown}`. All model fields require a type annotation; if `{name}` is not meant to be a field, you may be able to resolve this error by annotating it as a `ClassVar` or updating `model_config['ignored_types']`."
        );
        self.pydantic_error(
            "PydanticUserError",
            &message,
            "model-field-missing-annotation",
            &slots,
        )
    }

    /// Values that may stand in a class body without being fields.
    fn is_left_alone(&mut self, value: &Value, body: &Body) -> bool {
        let Value::Obj(obj) = value else {
            return value.is_unknown();
        };
        match &self.heap.get(*obj).kind {
            Kind::List(_) | Kind::Dict(_) | Kind::Set(_) | Kind::FrozenSet(_) => false,
            Kind::Class(data) => {
                (*data.module == *body.module && data.qualname.starts_with(&body.qualname))
                    || data.blurred
            }
            Kind::Instance { class, .. } => {
                if self.is_field_info(value) || self.is_a(value, "pydantic.fields.ModelPrivateAttr")
                {
                    return false;
                }
                let name = self.class_name(*class);
                let decorated = name.starts_with("functools.")
                    || name.ends_with("PydanticDescriptorProxy")
                    || name.ends_with("ComputedFieldInfo")
                    || name.ends_with("TypeAliasType")
                    || name.contains("property");
                decorated || self.is_blurred_class(*class) || self.heap.get(*obj).open
            }
            _ => true,
        }
    }

    fn is_class_variable_of_bases(&mut self, body: &Body, name: &str) -> bool {
        body.bases.clone().iter().any(|base| {
            let listed = self.get(&Value::Obj(*base), "__class_vars__");
            match listed.and_then(|l| self.table_of(&l)) {
                Some((table, open)) => {
                    open || table.values().any(|(k, _)| k.as_str() == Some(name))
                }
                None => false,
            }
        })
    }

    /// Fields of the bases, then those of the body.
    fn collect_model_fields(&mut self, body: &mut Body) -> R<Vec<Field>> {
        let mut fields: IndexMap<String, Field> = IndexMap::new();
        for base in body.bases.clone().iter().rev() {
            for field in self.model_fields(*base).unwrap_or_default() {
                fields.insert(field.name.clone(), field);
            }
        }
        let module = self.module_named(&body.module);
        let old = self.pydantic_major() < 2;
        let mut class_vars = Vec::new();
        for (name, annotation) in body.annotations.clone() {
            if name.starts_with('_') || name == "model_config" {
                continue;
            }
            let text_says_class_var = annotation.as_str().is_some_and(|t| t.contains("ClassVar"));
            let understood = self.annotation_of(&annotation, module);
            if Self::is_class_variable(&understood) || text_says_class_var {
                class_vars.push(Value::str(name));
                continue;
            }
            let assigned = entry(&body.table, &name);
            if old {
                self.shadowed_attribute(body, &name)?;
                if assigned
                    .as_ref()
                    .is_some_and(|v| self.is_left_alone(v, body))
                    && assigned.as_ref().is_some_and(|v| !v.is_unknown())
                {
                    continue;
                }
            }
            let field = self.make_field(&name, understood, assigned.as_ref());
            self.store(&field.info, "annotation", annotation.clone());
            self.store(&field.info, "<annotation>", annotation);
            let required = field.required.map_or(Value::Unknown, Value::Bool);
            self.store(&field.info, "<required>", required);
            fields.insert(name, field);
        }
        if old {
            self.unannotated_fields(body, &mut fields)?;
        }
        let listed = self.set_of(Some(class_vars));
        put(&mut body.table, "__class_vars__", listed);
        Ok(fields.into_values().collect())
    }

    /// The first generation makes fields of plain values without annotation too.
    fn unannotated_fields(&mut self, body: &Body, fields: &mut IndexMap<String, Field>) -> R<()> {
        let entries: Vec<(Value, Value)> = body.table.values().cloned().collect();
        for (key, value) in entries {
            let Some(name) = key.as_str() else { continue };
            let annotated = body.annotations.iter().any(|(n, _)| n == name);
            if name.starts_with('_')
                || annotated
                || name == "Config"
                || self.is_left_alone(&value, body)
            {
                continue;
            }
            if matches!(&value, Value::Obj(o) if self.is_class(*o)) {
                continue;
            }
            self.shadowed_attribute(body, name)?;
            let annotation = super::shapes::Annotation {
                shape: super::shapes::Shape::Any,
                metadata: Vec::new(),
                resolved: true,
            };
            let field = self.make_field(name, annotation, Some(&value));
            self.store(&field.info, "<annotation>", Value::Unknown);
            let required = field.required.map_or(Value::Unknown, Value::Bool);
            self.store(&field.info, "<required>", required);
            fields.insert(name.to_owned(), field);
        }
        Ok(())
    }

    /// `validate_field_name` of the first generation.
    fn shadowed_attribute(&mut self, body: &Body, name: &str) -> R<()> {
        for base in body.bases.clone() {
            let base = Value::Obj(base);
            let sym = self.sym(name);
            let Value::Obj(class) = base else { continue };
            if let Some((owner, _, true)) = self.class_lookup(class, sym)
                && self.class_name(owner) == "pydantic.main.BaseModel"
            {
                let message = format!(
                    "Field name \"{name}\" shadows a BaseModel attribute; use a different field name with \"alias='{name}'\"."
                );
                let slots = [("class", body.name.as_str()), ("field", name)];
                return Err(self.fault("NameError", &message, "pydantic-class", &slots));
            }
        }
        Ok(())
    }

    fn finish_class(&mut self, args: &Args, body: &Body, fields: &[Field]) -> R<Value> {
        let mut table = body.table.clone();
        let mut private = Vec::new();
        for (key, value) in body.table.values() {
            let Some(name) = key.as_str() else { continue };
            let is_private = name.starts_with('_')
                && !name.starts_with("__")
                && !self.is_left_alone(value, body);
            if is_private || self.is_a(value, "pydantic.fields.ModelPrivateAttr") {
                private.push((name.to_owned(), value.clone()));
            }
            if is_private || fields.iter().any(|f| f.name == name) {
                table.shift_remove(&Key::Str(name.into()));
            }
        }
        let dict = self.heap.alloc(Kind::Dict(table));
        if let Some(old) = args.pos.get(3).and_then(Value::as_obj)
            && let Some((_, cell)) = self
                .class_cells
                .iter()
                .rev()
                .find(|(d, _)| *d == old)
                .copied()
        {
            self.class_cells.push((dict, cell));
        }
        let mut call = args.clone();
        call.pos[3] = Value::Obj(dict);
        if self.pydantic_major() < 2 {
            call.kw.clear();
        } else {
            let interner = &self.interner;
            call.kw
                .retain(|(name, _)| !is_config_key(&interner.name(*name)));
        }
        let class = self.plain_class(call)?;
        let by_name: Vec<(String, Value)> = fields
            .iter()
            .map(|f| (f.name.clone(), f.info.clone()))
            .collect();
        for attribute in [
            "__pydantic_fields__",
            "model_fields",
            "__fields__",
            "__model_fields__",
        ] {
            let table = self.dict_of(by_name.clone());
            self.store(&class, attribute, table);
        }
        let config = self.dict_of(body.config.clone().into_iter().collect());
        if let (Value::Obj(obj), true) = (&config, body.config_open) {
            self.heap.get_mut(*obj).open = true;
        }
        self.store(&class, "<config>", config.clone());
        if self.pydantic_major() >= 2 {
            self.store(&class, "model_config", config);
        } else {
            let config = self.library_object("pydantic.config", "BaseConfig");
            self.store(&class, "__config__", config);
        }
        let private = self.dict_of(private);
        self.store(&class, "__private_attributes__", private);
        // What building the schema puts in the place of the marks of `BaseModel`.
        let built = if self.pydantic_major() >= 2 {
            BUILT
        } else {
            // `ModelField` has far more attributes than the `FieldInfo` that stands for it here.
            for field in fields {
                self.open_instance(&field.info);
            }
            OLD_BUILT
        };
        for attribute in built {
            self.store(&class, attribute, Value::Unknown);
        }
        if let Value::Obj(obj) = &class {
            self.check_old_validators(body)?;
            self.check_schema(*obj, body, fields)?;
            self.init_subclass_hook(*obj, args)?;
        }
        Ok(class)
    }

    /// `__pydantic_init_subclass__` where the project defines one.
    fn init_subclass_hook(&mut self, class: Obj, args: &Args) -> R<()> {
        let name = self.sym("__pydantic_init_subclass__");
        let Some((owner, method)) = self.lookup_after(class, class, name) else {
            return Ok(());
        };
        if !matches!(&self.heap.get(owner).kind, Kind::Class(d) if d.owner == Owner::Project) {
            return Ok(());
        }
        let method = self.bind_descriptor(&method, None, class)?;
        self.call(
            &method,
            Args {
                kw: args.kw.clone(),
                ..Args::default()
            },
        )?;
        Ok(())
    }

    /// What building the validation schema refuses; postponed when an annotation is not resolved.
    fn check_schema(&mut self, class: Obj, body: &Body, fields: &[Field]) -> R<()> {
        if fields.iter().any(|f| !f.annotation.resolved) {
            // E-mail fields in the part that is resolved still need their library.
            return Ok(());
        }
        self.check_decorated_fields(class, body, fields)?;
        let arbitrary = match body.config.get("arbitrary_types_allowed") {
            Some(value) => !matches!(value, Value::Bool(false)),
            None => body.config_open,
        };
        let lazy = body
            .config
            .get("defer_build")
            .is_some_and(|v| !matches!(v, Value::Bool(false)));
        if lazy {
            return Ok(());
        }
        for field in fields {
            let own = body.annotations.iter().any(|(n, _)| *n == field.name);
            if !own {
                continue;
            }
            self.check_discriminator(body, field)?;
            let mut classes = Vec::new();
            Self::classes_in(&field.annotation.shape, &mut classes);
            for used in classes {
                let name = self.class_name(used);
                if matches!(
                    name.as_str(),
                    "pydantic.networks.EmailStr" | "pydantic.networks.NameEmail"
                ) {
                    self.need_email_validator(body, field)?;
                }
                let custom = !field.annotation.metadata.is_empty();
                if !arbitrary && !custom && self.is_no_field_type(used) {
                    return Err(self.unknown_type(used, body, field));
                }
            }
        }
        Ok(())
    }

    fn need_email_validator(&mut self, body: &Body, field: &Field) -> R<()> {
        let Some(check) = self.loaded_attribute("pydantic.networks", "import_email_validator")
        else {
            return Ok(());
        };
        let slots = [
            ("class", body.name.as_str()),
            ("field", field.name.as_str()),
        ];
        match self.call(&check, Args::none()) {
            Ok(_) => Ok(()),
            Err(Stop::Raise(raised))
                if raised.kind != "module-not-found" || raised.slots.contains_key("class") =>
            {
                Err(Self::rekind(
                    Stop::Raise(raised),
                    "email-validator-missing",
                    &slots,
                ))
            }
            Err(stop) => Err(Self::rekind(stop, "email-validator-missing", &slots)),
        }
    }

    fn unknown_type(&mut self, class: Obj, body: &Body, field: &Field) -> Stop {
        let shown = self.class_name(class);
        let slots = [
            ("class", body.name.as_str()),
            ("field", field.name.as_str()),
        ];
        if self.pydantic_major() < 2 {
            let message = format!(
                "no validator found for <class '{shown}'>, see `arbitrary_types_allowed` in Config"
            );
            return self.fault("RuntimeError", &message, "pydantic-class", &slots);
        }
        self.schema_error(class, &slots)
    }

    /// A validator for a field that does not exist.
    fn check_decorated_fields(&mut self, class: Obj, body: &Body, fields: &[Field]) -> R<()> {
        for (key, value) in body.table.values() {
            if !self.is_decorator_proxy(value)
                || self
                    .own(value, "<kind>")
                    .and_then(|k| k.as_str().map(str::len))
                    != Some(5)
            {
                continue;
            }
            if self.own(value, "<kind>").as_ref().and_then(Value::as_str) != Some("field") {
                continue;
            }
            let check = self.own(value, "<check>");
            if matches!(check, Some(Value::Bool(false) | Value::Unknown)) {
                continue;
            }
            let Some(Value::Tuple(names)) = self.own(value, "<fields>") else {
                continue;
            };
            for name in names.iter().filter_map(Value::as_str) {
                if name == "*" || fields.iter().any(|f| f.name == name) {
                    continue;
                }
                let validator = key.as_str().unwrap_or_default().to_owned();
                let slots = [("class", body.name.as_str()), ("field", name)];
                let tail = "(use check_fields=False if you're inheriting from the model and intended this)";
                if self.pydantic_major() < 2 {
                    let message =
                        format!("Validators defined with incorrect fields: {validator} {tail}");
                    return Err(self.library_fault(
                        "pydantic.errors",
                        "ConfigError",
                        "RuntimeError",
                        &message,
                        "pydantic-class",
                        &slots,
                    ));
                }
                let shown = self.class_name(class);
                let message = format!(
                    "Decorators defined with incorrect fields: {shown}:<id>.{validator} {tail}"
                );
                return Err(self.pydantic_error(
                    "PydanticUserError",
                    &message,
                    "decorator-missing-field",
                    &slots,
                ));
            }
        }
        Ok(())
    }
}

/// A name of a class body.
fn entry(table: &Table, name: &str) -> Option<Value> {
    table
        .get(&Key::Str(name.into()))
        .map(|(_, value)| value.clone())
}

fn put(table: &mut Table, name: &str, value: Value) {
    table.insert(Key::Str(name.into()), (Value::str(name), value));
}
