//! `TypeAdapter(...)`: for which types pydantic certainly has no schema.
//!
//! Sources: pydantic 2.4 to 2.14 `type_adapter.py`, `_internal/_generate_schema.py`
//! `_match_generic_type`, `_arbitrary_type_schema`. Classes are compared by identity there: a
//! subclass of `str` or of `Mapping` has no schema either.

use super::verdict::Verdict;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Owner, Value};

/// Classes of the standard library and of the interpreter itself without a schema.
const REFUSED: &[&str] = &[
    "argparse.Namespace",
    "asyncio.queues.Queue",
    "asyncio.locks.Lock",
    "asyncio.locks.Event",
    "asyncio.locks.Semaphore",
    "io.BytesIO",
    "io.StringIO",
    "_io.BytesIO",
    "_io.StringIO",
    "logging.Handler",
    "logging.Logger",
    "queue.Queue",
    "random.Random",
    "socket.socket",
    "threading.Thread",
    "threading.Event",
];

/// Metaclasses that change nothing about the schema.
const PLAIN_META: &[&str] = &[
    "abc.ABCMeta",
    "sqlalchemy.orm.decl_api.DeclarativeAttributeIntercept",
    "sqlalchemy.orm.decl_api.DeclarativeMeta",
    "typing._ProtocolMeta",
];

/// Attributes that make a class known to pydantic.
const TELLING: &[&str] = &[
    "__get_pydantic_core_schema__",
    "__pydantic_core_schema__",
    "__get_validators__",
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__total__",
    "_fields",
    "__pydantic_fields__",
];

/// `TypeAdapter.__init__(self, type, *, config=None, ...)`
pub fn adapter_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    interp.open_instance(&this);
    let (name, config) = (interp.sym("type"), interp.sym("config"));
    let Some(subject) = args.get(1, name).cloned() else {
        return Ok(Value::None);
    };
    interp.store(&this, "_type", subject.clone());
    if args.open || !matches!(args.keyword(config), None | Some(Value::None)) {
        return Ok(Value::None);
    }
    interp.refuse_type(&subject)?;
    Ok(Value::None)
}

/// `adapter.validate_python(value)`: the result where it is known.
pub fn validate_python(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("object");
    let (Some(this), Some(value)) = (args.pos.first().cloned(), args.get(1, name).cloned()) else {
        return Ok(interp.unknown());
    };
    let Some(subject) = interp.own(&this, "_type") else {
        return Ok(interp.unknown());
    };
    let understood = interp.annotation_of(&subject, None);
    if !understood.resolved || !understood.metadata.is_empty() || args.open {
        return Ok(interp.unknown());
    }
    Ok(match interp.verdict(&understood.shape, &value)? {
        Verdict::Fine(value) => value,
        _ => interp.unknown(),
    })
}

impl<'a> Interp<'a> {
    /// Raises what building a schema for a type certainly raises.
    fn refuse_type(&mut self, subject: &Value) -> R<()> {
        let understood = self.annotation_of(subject, None);
        let plain = understood.metadata.iter().all(|m| self.is_field_info(m));
        if !understood.resolved || !plain {
            return Ok(());
        }
        if let Some(stop) = self.no_type_at_all(subject) {
            return Err(stop);
        }
        let mut classes = Vec::new();
        Self::classes_in(&understood.shape, &mut classes);
        match classes.into_iter().find(|c| self.is_no_field_type(*c)) {
            Some(refused) => Err(self.schema_error(refused, &[])),
            None => Ok(()),
        }
    }

    /// A list or dict of types where a type is expected.
    fn no_type_at_all(&mut self, subject: &Value) -> Option<Stop> {
        let mut subject = subject.clone();
        if let Value::Obj(obj) = &subject
            && let Kind::Form { name, args, .. } = &self.heap.get(*obj).kind
            && *name == "Annotated"
        {
            subject = args.first()?.clone();
        }
        let plain = match &subject {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => true,
            Value::Obj(obj) => matches!(
                self.heap.get(*obj).kind,
                Kind::List(_) | Kind::Dict(_) | Kind::Set(_)
            ),
            Value::Tuple(_) => {
                let shown = self.repr_of(&subject)?;
                let shown: String = shown.chars().take(100).collect();
                let message = format!("Annotated[t, ...]: t must be a type. Got {shown}.");
                return Some(self.error("TypeError", &message));
            }
            _ => false,
        };
        if !plain {
            return None;
        }
        let kind = self.type_name(&subject);
        let message = format!("'{kind}' object has no attribute '__module__'");
        Some(self.error("AttributeError", &message))
    }

    /// The refusal of a class.
    pub(super) fn schema_error(&mut self, class: Obj, slots: &[(&str, &str)]) -> Stop {
        let shown = self.class_name(class);
        let message = format!(
            "Unable to generate pydantic-core schema for <class '{shown}'>. Set `arbitrary_types_allowed=True` in the model_config to ignore this error or implement `__get_pydantic_core_schema__` on your type to fully support it.\n\nIf you got this error by calling handler(<some type>) within `__get_pydantic_core_schema__` then you likely need to call `handler.generate_schema(<some type>)` since we do not call `__get_pydantic_core_schema__` on `<some type>` otherwise to avoid infinite recursion."
        );
        self.pydantic_error(
            "PydanticSchemaGenerationError",
            &message,
            "schema-for-unknown-type",
            slots,
        )
    }

    /// Is a class certainly nothing that pydantic can validate?
    pub fn is_no_field_type(&mut self, class: Obj) -> bool {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return false;
        };
        let (mro, meta, builtin) = (data.mro.clone(), data.meta, data.builtin);
        if data.blurred {
            return false;
        }
        if builtin || data.owner == Owner::Stdlib {
            let exception = self.descends_from(class, "BaseException");
            let name = self.class_name(class);
            return self.pydantic_major() >= 2 && (exception || REFUSED.contains(&name.as_str()));
        }
        if meta.is_some_and(|m| !PLAIN_META.contains(&self.class_name(m).as_str())) {
            return false;
        }
        let foreign = mro.iter().any(|c| self.may_be_known(*c));
        !foreign
            && !TELLING.iter().any(|name| {
                let sym = self.sym(name);
                self.class_lookup(class, sym).is_some()
            })
    }

    /// May an ancestor make a class known to pydantic?
    fn may_be_known(&self, ancestor: Obj) -> bool {
        let cell = self.heap.get(ancestor);
        let Kind::Class(data) = &cell.kind else {
            return true;
        };
        if ancestor == self.builtins.object_class || &*data.name == "Generic" {
            return false;
        }
        let native = data.builtin || data.owner == Owner::Stdlib;
        if !native {
            return cell.open;
        }
        if self.pydantic_major() >= 2 {
            // Enumerations, named tuples and typed dicts have a metaclass or an attribute that
            // tells; everything else is compared by identity.
            return matches!(&*data.module, "enum" | "typing_extensions");
        }
        // The first generation goes by `issubclass`: its abstract classes say nothing.
        !matches!(
            (&*data.module, &*data.name),
            ("abc" | "collections.abc" | "contextlib", _) | ("typing", "Protocol")
        )
    }
}
