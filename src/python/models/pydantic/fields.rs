//! Fields of models: `Field(...)`, the default, the alias, and whether a value must be given.

use super::shapes::{Annotation, Shape};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Value};

/// Attributes that every `FieldInfo` has.
const ATTRIBUTES: &[&str] = &[
    "annotation",
    "alias",
    "alias_priority",
    "validation_alias",
    "serialization_alias",
    "title",
    "description",
    "examples",
    "exclude",
    "include",
    "discriminator",
    "deprecated",
    "json_schema_extra",
    "frozen",
    "validate_default",
    "init",
    "init_var",
    "kw_only",
    "default_factory",
    "field_title_generator",
];

/// Keywords of `Field` that become metadata of the second generation.
const CONSTRAINTS: &[&str] = &[
    "strict",
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "allow_inf_nan",
    "max_digits",
    "decimal_places",
    "union_mode",
    "coerce_numbers_to_str",
    "fail_fast",
];

/// One field of a model class.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name in the class body.
    pub name: String,
    /// What it accepts.
    pub annotation: Annotation,
    /// Its `FieldInfo` object.
    pub info: Value,
    /// Must a value be given? `None`: not known.
    pub required: Option<bool>,
    /// Names under which a value is taken, the preferred one first; empty: the field's own.
    pub aliases: Vec<String>,
    /// The aliases are not fully known.
    pub vague_alias: bool,
}

/// `FieldInfo.__init__(self, default=..., **kwargs)` of both generations.
pub fn field_info_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let undefined = interp.undefined();
    let mut default = undefined.clone();
    if let Some(first) = args.pos.get(1) {
        default = first.clone();
    }
    for name in ATTRIBUTES {
        if interp.own(&this, name).is_none() {
            interp.store(&this, name, Value::None);
        }
    }
    let given = args
        .kw
        .iter()
        .map(|(name, value)| (interp.interner.name(*name).to_string(), value.clone()))
        .collect();
    let given = interp.dict_of(given);
    interp.store(&this, "_attributes_set", given);
    interp.reserve_slots(&this);
    let mut extra = Vec::new();
    for (name, value) in &args.kw {
        let text = interp.interner.name(*name);
        if interp.is_undefined(value) {
            continue;
        }
        if &*text == "default" {
            default = value.clone();
            continue;
        }
        if !ATTRIBUTES.contains(&&*text) {
            extra.push((text.to_string(), value.clone()));
        }
        interp.store(&this, &text, value.clone());
    }
    if matches!(default, Value::Ellipsis) && interp.pydantic_major() >= 2 {
        default = undefined;
    }
    let constrained = extra
        .iter()
        .any(|(name, value)| CONSTRAINTS.contains(&name.as_str()) && !matches!(value, Value::None));
    let metadata = interp.list(if constrained {
        vec![Value::Unknown]
    } else {
        Vec::new()
    });
    interp.store(&this, "metadata", metadata);
    let factory = interp.own(&this, "default_factory");
    let both = !interp.is_undefined(&default)
        && !default.is_unknown()
        && factory.is_some_and(|f| !matches!(f, Value::None | Value::Unknown));
    interp.store(&this, "default", default);
    let extra = interp.dict_of(extra);
    interp.store(&this, "extra", extra);
    if both {
        let class = if interp.pydantic_major() >= 2 {
            "TypeError"
        } else {
            "ValueError"
        };
        return Err(interp.fault(
            class,
            "cannot specify both default and default_factory",
            "pydantic-class",
            &[],
        ));
    }
    if args.open
        && let Value::Obj(obj) = &this
    {
        interp.heap.get_mut(*obj).open = true;
        interp.store(&this, "default", Value::Unknown);
    }
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    /// Generation of the installed pydantic.
    pub fn pydantic_major(&self) -> u32 {
        match self.dist_release("pydantic") {
            (0, 0, 0) => 2,
            (major, _, _) => major,
        }
    }

    /// Slots of `FieldInfo` that this model does not fill exist all the same.
    fn reserve_slots(&mut self, info: &Value) {
        let slots = self.loaded_attribute("pydantic.fields", "FieldInfo");
        let slots = slots.and_then(|class| self.own(&class, "__slots__"));
        let Some(Value::Tuple(names)) = slots else {
            return self.open_instance(info);
        };
        for name in names.iter().filter_map(Value::as_str) {
            if self.own(info, name).is_none() {
                self.store(info, name, Value::Unknown);
            }
        }
    }

    /// `PydanticUndefined`, or `Undefined` of the first generation.
    pub fn undefined(&mut self) -> Value {
        if let Some(found) = self.memo.get("pydantic undefined") {
            return found.clone();
        }
        for (module, name) in [
            ("pydantic_core._pydantic_core", "PydanticUndefined"),
            ("pydantic.fields", "Undefined"),
        ] {
            if let Some(found) = self
                .loaded_attribute(module, name)
                .filter(|v| !v.is_unknown())
            {
                return found;
            }
        }
        let made = self.library_object("pydantic_core._pydantic_core", "PydanticUndefinedType");
        self.memo
            .insert("pydantic undefined".to_owned(), made.clone());
        made
    }

    /// Does a value mean "nothing was given"?
    pub fn is_undefined(&self, value: &Value) -> bool {
        self.class_of_instance(value).is_some_and(|class| {
            matches!(
                self.class_short_name(class).as_str(),
                "PydanticUndefinedType" | "UndefinedType"
            )
        })
    }

    /// Is a value a `FieldInfo` (or a subclass's: SQLModel's, FastAPI's parameters)?
    pub fn is_field_info(&self, value: &Value) -> bool {
        self.is_a(value, "pydantic.fields.FieldInfo")
    }

    /// Makes the field of a class from its annotation and what was assigned to it.
    pub fn make_field(
        &mut self,
        name: &str,
        annotation: Annotation,
        assigned: Option<&Value>,
    ) -> Field {
        let mut info = None;
        for metadata in &annotation.metadata {
            if self.is_field_info(metadata) {
                info = Some(self.copy_object(metadata));
            }
        }
        if let Some(assigned) = assigned {
            if self.is_field_info(assigned) {
                info = Some(self.copy_object(assigned));
            } else {
                let object = info.unwrap_or_else(|| self.new_field_info());
                self.store(&object, "default", assigned.clone());
                info = Some(object);
            }
        }
        let info = info.unwrap_or_else(|| self.new_field_info());
        let default = self.own(&info, "default").unwrap_or(Value::Unknown);
        let factory = self.own(&info, "default_factory").unwrap_or(Value::None);
        let optional_v1 = self.pydantic_major() < 2 && Self::allows_none(&annotation.shape);
        let required = if matches!(default, Value::Ellipsis) || self.is_undefined(&default) {
            match factory {
                Value::None if matches!(default, Value::Ellipsis) => Some(true),
                Value::None => Some(!optional_v1),
                Value::Unknown => None,
                _ => Some(false),
            }
        } else if default.is_unknown() && assigned.is_none_or(|a| self.is_field_info(a)) {
            None
        } else {
            Some(false)
        };
        let required = if annotation.resolved || self.pydantic_major() >= 2 {
            required
        } else {
            required.filter(|r| !r)
        };
        let (aliases, vague_alias) = self.field_aliases(&info);
        Field {
            name: name.to_owned(),
            annotation,
            info,
            required,
            aliases,
            vague_alias,
        }
    }

    fn new_field_info(&mut self) -> Value {
        let object = self.library_object("pydantic.fields", "FieldInfo");
        for name in ATTRIBUTES {
            self.store(&object, name, Value::None);
        }
        let metadata = self.list(Vec::new());
        self.store(&object, "metadata", metadata);
        let undefined = self.undefined();
        self.store(&object, "default", undefined);
        object
    }

    /// A shallow copy of an instance.
    pub fn copy_object(&mut self, value: &Value) -> Value {
        match value {
            Value::Obj(obj) => {
                let cell = self.heap.get(*obj).clone();
                Value::Obj(self.heap.alloc_cell(cell))
            }
            other => other.clone(),
        }
    }

    fn field_aliases(&mut self, info: &Value) -> (Vec<String>, bool) {
        let name = if self.pydantic_major() >= 2 {
            "validation_alias"
        } else {
            "alias"
        };
        let mut value = self.own(info, name).unwrap_or(Value::None);
        if matches!(value, Value::None) {
            value = self.own(info, "alias").unwrap_or(Value::None);
        }
        match &value {
            Value::None => (Vec::new(), false),
            Value::Str(s) => (vec![s.text.to_string()], false),
            Value::Obj(_) => {
                let choices = self
                    .own(&value, "choices")
                    .and_then(|c| self.items_of(&c).ok().flatten());
                match choices {
                    Some(items) if items.iter().all(|i| i.as_str().is_some()) => (
                        items
                            .iter()
                            .filter_map(|i| i.as_str().map(ToOwned::to_owned))
                            .collect(),
                        false,
                    ),
                    _ => (Vec::new(), true),
                }
            }
            _ => (Vec::new(), true),
        }
    }

    /// Fields of a model class in order; `None` when the class is not understood.
    pub fn model_fields(&mut self, class: Obj) -> Option<Vec<Field>> {
        let name = self.sym("__pydantic_fields__");
        let (_, table, sure) = self.class_lookup(class, name)?;
        let (table, open) = self.table_of(&table)?;
        if open || !sure {
            return None;
        }
        let module = self.module_of_class(class);
        let mut fields = Vec::new();
        for (key, info) in table.values() {
            let written = self.own(info, "<annotation>").unwrap_or(Value::Unknown);
            let annotation = self.annotation_of(&written, module);
            let required = match self.own(info, "<required>") {
                Some(Value::Bool(required)) => Some(required),
                _ => None,
            };
            let (aliases, vague_alias) = self.field_aliases(info);
            fields.push(Field {
                name: key.as_str()?.to_owned(),
                annotation,
                info: info.clone(),
                required,
                aliases,
                vague_alias,
            });
        }
        Some(fields)
    }

    /// Module in which a class was defined.
    pub fn module_of_class(&mut self, class: Obj) -> Option<Obj> {
        let name = match &self.heap.get(class).kind {
            Kind::Class(data) => data.module.clone(),
            _ => return None,
        };
        self.module_named(&name)
    }

    /// The value of a field that was not given.
    ///
    /// # Errors
    /// What a default factory raises.
    pub fn field_default(&mut self, field: &Field) -> R<Value> {
        let factory = self
            .own(&field.info, "default_factory")
            .unwrap_or(Value::None);
        if !matches!(factory, Value::None) {
            return self.call(&factory, Args::none());
        }
        let default = self.own(&field.info, "default").unwrap_or(Value::Unknown);
        if self.is_undefined(&default) {
            return Ok(if Self::allows_none(&field.annotation.shape) {
                Value::None
            } else {
                Value::Unknown
            });
        }
        Ok(match &default {
            Value::Obj(obj)
                if matches!(
                    self.heap.get(*obj).kind,
                    Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
                ) =>
            {
                self.copy_object(&default)
            }
            _ => default,
        })
    }

    /// A `ClassVar` is no field.
    pub fn is_class_variable(annotation: &Annotation) -> bool {
        matches!(annotation.shape, Shape::ClassVar)
    }
}
