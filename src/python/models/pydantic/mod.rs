//! pydantic, both generations, and pydantic-settings: which class bodies are refused, and which
//! instances cannot be made from what is known.
//!
//! Sources: pydantic 1.10 (`main.py`, `fields.py`, `env_settings.py`), 2.0 to 2.14
//! (`_internal/_model_construction.py`, `_internal/_fields.py`), pydantic-settings 2.0 to 2.16.

mod adapter;
mod class;
mod error_text;
mod fields;
mod nested;
mod rebuild;
mod run_validators;
mod settings;
pub mod shapes;
mod unions;
mod urls;
mod validate;
mod validators;
mod verdict;

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    (
        "typing",
        "dataclass_transform",
        validators::identity_factory,
    ),
    (
        "typing_extensions",
        "dataclass_transform",
        validators::identity_factory,
    ),
    (
        "pydantic._internal._model_construction",
        "ModelMetaclass.__new__",
        class::class_new,
    ),
    (
        "pydantic._internal._model_construction",
        "ModelMetaclass.__getattr__",
        class::class_getattr,
    ),
    ("pydantic.main", "ModelMetaclass.__new__", class::class_new),
    ("pydantic.main", "BaseModel.__init__", validate::model_init),
    (
        "pydantic.main",
        "BaseModel.model_validate",
        validate::model_validate,
    ),
    (
        "pydantic.main",
        "BaseModel.parse_obj",
        validate::model_validate,
    ),
    (
        "pydantic.main",
        "BaseModel.model_rebuild",
        rebuild::model_rebuild,
    ),
    ("pydantic.json_schema", "model_json_schema", json_schema),
    ("pydantic.json_schema", "models_json_schema", json_schema),
    (
        "pydantic.json_schema",
        "GenerateJsonSchema.generate",
        json_schema,
    ),
    (
        "pydantic.json_schema",
        "GenerateJsonSchema.generate_definitions",
        json_schema,
    ),
    ("pydantic.schema", "schema", json_schema),
    ("pydantic.schema", "model_schema", json_schema),
    (
        "pydantic.main",
        "BaseModel.update_forward_refs",
        validate::nothing,
    ),
    (
        "pydantic.main",
        "BaseModel.__class_getitem__",
        class::same_class,
    ),
    (
        "pydantic.generics",
        "GenericModel.__class_getitem__",
        class::same_class,
    ),
    ("pydantic.main", "create_model", class::create_model),
    (
        "pydantic.fields",
        "FieldInfo.__init__",
        fields::field_info_init,
    ),
    (
        "pydantic.type_adapter",
        "TypeAdapter.__init__",
        adapter::adapter_init,
    ),
    (
        "pydantic.type_adapter",
        "TypeAdapter.validate_python",
        adapter::validate_python,
    ),
    ("pydantic.networks", "_BaseUrl.build", urls::build),
    ("pydantic.networks", "_BaseMultiHostUrl.build", urls::build),
    ("pydantic.networks", "_BaseUrl.__str__", urls::text),
    ("pydantic.networks", "_BaseMultiHostUrl.__str__", urls::text),
    ("pydantic.networks", "_BaseUrl.unicode_string", urls::text),
    (
        "pydantic.networks",
        "_BaseMultiHostUrl.unicode_string",
        urls::text,
    ),
    (
        "pydantic_settings.main",
        "BaseSettings.__init__",
        settings::settings_init,
    ),
    (
        "pydantic.env_settings",
        "BaseSettings.__init__",
        settings::settings_init,
    ),
    (
        "pydantic.functional_validators",
        "field_validator",
        validators::field_validator,
    ),
    (
        "pydantic.functional_validators",
        "model_validator",
        validators::model_validator,
    ),
    (
        "pydantic.deprecated.class_validators",
        "validator",
        validators::old_validator,
    ),
    (
        "pydantic.deprecated.class_validators",
        "root_validator",
        validators::old_root_validator,
    ),
    (
        "pydantic.class_validators",
        "validator",
        validators::old_validator,
    ),
    (
        "pydantic.class_validators",
        "root_validator",
        validators::old_root_validator,
    ),
    (
        "pydantic.functional_serializers",
        "field_serializer",
        validators::identity_factory,
    ),
    (
        "pydantic.functional_serializers",
        "model_serializer",
        validators::identity,
    ),
    (
        "pydantic.fields",
        "computed_field",
        validators::computed_field,
    ),
    (
        "pydantic.validate_call_decorator",
        "validate_call",
        validators::identity,
    ),
    (
        "pydantic.decorator",
        "validate_arguments",
        validators::identity,
    ),
    (
        "pydantic.dataclasses",
        "dataclass",
        validators::identity_open,
    ),
];

/// JSON schemas: made from the compiled core schema, of which nothing is kept here.
fn json_schema(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.bound(&args)?;
    Ok(interp.unknown())
}

impl<'a> Interp<'a> {
    /// `2.11`, as in the links of pydantic's messages.
    pub fn pydantic_short(&self) -> String {
        let (major, minor, _) = self.dist_release("pydantic");
        format!("{major}.{minor}")
    }

    /// A `PydanticUserError` (or a sibling of it) with its link.
    pub fn pydantic_error(
        &mut self,
        class: &str,
        message: &str,
        code: &str,
        slots: &[(&str, &str)],
    ) -> Stop {
        let link = format!(
            "https://errors.pydantic.dev/{}/u/{code}",
            self.pydantic_short()
        );
        let text = format!("{message}\n\nFor further information visit {link}");
        let stop = self.library_fault(
            "pydantic.errors",
            class,
            "TypeError",
            &text,
            "pydantic-class",
            slots,
        );
        if let Stop::Raise(raised) = &stop {
            let exc = raised.exc.clone();
            self.store(&exc, "message", Value::str(message));
            self.store(&exc, "code", Value::str(code));
        }
        stop
    }

    /// Fills the compiled core of pydantic with the names that other code reads.
    pub fn fill_pydantic_core(&mut self, module: Obj) {
        let module = Value::Obj(module);
        if let Some(version) = self.dist_version("pydantic-core") {
            self.store(&module, "__version__", Value::str(version));
        }
        let value_error = self.builtins.exception("ValueError");
        let object = self.builtins.object_class;
        for (name, base) in [
            ("ValidationError", value_error),
            ("PydanticCustomError", value_error),
            ("PydanticKnownError", value_error),
            ("PydanticUndefinedType", object),
        ] {
            let class =
                self.make_class(name, "pydantic_core._pydantic_core", vec![Value::Obj(base)]);
            self.heap.get_mut(class).open = name != "PydanticUndefinedType";
            self.store(&module, name, Value::Obj(class));
            if name == "PydanticUndefinedType" {
                let undefined = Value::Obj(self.instance(class));
                self.store(&module, "PydanticUndefined", undefined);
            }
        }
    }

    /// Calls `type.__new__`.
    ///
    /// # Errors
    /// What the creation of the class raises.
    pub fn plain_class(&mut self, args: Args) -> R<Value> {
        let (new, type_class) = (self.names.new, self.builtins.type_class);
        let Some((_, method, _)) = self.class_lookup(type_class, new) else {
            return Ok(self.unknown());
        };
        let method = self.unwrap_static(&method);
        self.call(&method, args)
    }

    /// Is a class a model of pydantic?
    pub fn is_model_class(&self, class: Obj) -> bool {
        matches!(self.heap.get(class).kind, Kind::Class(_))
            && self.descends_from(class, "pydantic.main.BaseModel")
    }
}

/// Makes a model class in the way of `ModelMetaclass.__new__`, for metaclasses that build on it.
///
/// # Errors
/// What the class body is refused for.
pub fn model_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    class::class_new(interp, args)
}

/// Fills an instance from the keywords of a call.
///
/// # Errors
/// `ValidationError`.
pub fn fill<'a>(interp: &mut Interp<'a>, this: &Value, class: Obj, args: &Args) -> R<()> {
    let values = args
        .kw
        .iter()
        .map(|(n, v)| (interp.interner.name(*n).to_string(), v.clone()))
        .collect();
    interp.fill_model(
        this,
        class,
        validate::Filling {
            values,
            open: args.open,
            ..validate::Filling::default()
        },
    )
}
