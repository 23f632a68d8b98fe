//! Mapped classes: what the declarative scan and the mapper refuse when the class is made.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{Kind, Obj, Value};

/// `_as_declarative(registry, cls, dict_)`
pub fn as_declarative(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let registry = args.pos.first().cloned().unwrap_or(Value::Unknown);
    match args.pos.get(1) {
        Some(Value::Obj(class)) if interp.is_class(*class) => {
            let class = *class;
            interp.map_class(&registry, class)?;
            Ok(Value::None)
        }
        _ => Ok(interp.unknown()),
    }
}

/// The same as a class method (2.1): the class of the configurator comes first.
pub fn as_declarative_method(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    if !args.pos.is_empty() {
        args.pos.remove(0);
    }
    as_declarative(interp, args)
}

/// `DeclarativeMeta.__init__(cls, classname, bases, dict_, **kw)`
pub fn meta_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    if !interp.is_class(class) {
        return Ok(interp.unknown());
    }
    let this = Value::Obj(class);
    let registry = interp
        .get(&this, "_sa_registry")
        .or_else(|| interp.get(&this, "registry"));
    let Some(registry) = registry.filter(|r| !r.is_unknown()) else {
        return Ok(Value::None);
    };
    if interp.own(&this, "_sa_registry").is_none() && interp.own(&this, "registry").is_some() {
        interp.store(&this, "_sa_registry", registry.clone());
    }
    interp.map_class(&registry, class)?;
    Ok(Value::None)
}

/// `_setup_declarative_base(cls)`
pub fn setup_base(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this @ Value::Obj(_)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let metadata = match interp.own(&this, "metadata") {
        Some(metadata) => metadata,
        None => interp.library_object("sqlalchemy.sql.schema", "MetaData"),
    };
    let registry = match interp.own(&this, "registry") {
        Some(registry) => registry,
        None => interp.library_object("sqlalchemy.orm.decl_api", "registry"),
    };
    interp.store(&registry, "metadata", metadata.clone());
    interp.store(&this, "registry", registry.clone());
    interp.store(&this, "_sa_registry", registry);
    interp.store(&this, "metadata", metadata);
    let init = interp.sym("__init__");
    let object = interp.builtins.object_class;
    let own = this
        .as_obj()
        .and_then(|c| interp.class_lookup(c, init))
        .is_some_and(|(owner, _, _)| owner != object);
    if !own
        && let Some(constructor) =
            interp.loaded_attribute("sqlalchemy.orm.decl_base", "_declarative_constructor")
    {
        interp.store(&this, "__init__", constructor);
    }
    Ok(Value::None)
}

/// `_declarative_constructor(self, **kwargs)`
pub fn constructor(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    interp.configure_for_use()?;
    let class = interp.class_of_instance(&this);
    for (name, value) in &args.kw {
        let text = interp.interner.name(*name);
        if let Some(class) = class
            && interp.find_attribute(&Value::Obj(class), *name)?.is_none()
        {
            let message = format!(
                "{} is an invalid keyword argument for {}",
                str_repr(&text),
                interp.class_short_name(class)
            );
            let slots = [
                ("callee", &*interp.class_short_name(class)),
                ("parameter", &*text),
            ];
            return Err(interp.fault("TypeError", &message, "call-signature", &slots));
        }
        interp.store(&this, &text, value.clone());
    }
    interp.open_instance(&this);
    Ok(Value::None)
}

/// What the scan of a class found.
struct Scan {
    has_key: bool,
    /// Something may be a primary key, or hide one.
    vague: bool,
}

impl<'a> Interp<'a> {
    /// Maps a class: the checks of the declarative scan, of the table and of the mapper.
    ///
    /// # Errors
    /// What SQLAlchemy raises when the class is made.
    pub fn map_class(&mut self, registry: &Value, class: Obj) -> R<()> {
        let this = Value::Obj(class);
        if let Some(flag) = self.own(&this, "__abstract__") {
            match self.truth(&flag)? {
                Some(false) => {}
                _ => return Ok(()),
            }
        }
        if self.own(&this, "_sa_decl_prepare_nocascade").is_some() {
            return Ok(());
        }
        self.check_annotations(class)?;
        let scan = self.scan_class(class)?;
        let inherits = self.mapped_ancestor(class);
        let metadata = match self.get(&this, "metadata") {
            Some(metadata) if !metadata.is_unknown() => metadata,
            _ => self.own(registry, "metadata").unwrap_or(Value::Unknown),
        };
        self.note_mapped(&metadata, class);
        if self
            .get(&this, "__table__")
            .is_some_and(|t| !matches!(t, Value::None))
            && inherits.is_none()
        {
            self.store(&this, "<mapped>", Value::str(""));
            return Ok(());
        }
        let table = self.table_name(class);
        match table {
            Some(Some(name)) => self.make_table(class, &metadata, &name, &scan, inherits.is_some()),
            Some(None) if inherits.is_none() && !self.is_blurred_class(class) => {
                let shown = self.class_name(class);
                let message = format!(
                    "Class <class '{shown}'> does not have a __table__ or __tablename__ specified and does not inherit from an existing table-mapped class."
                );
                Err(self.orm_fault("InvalidRequestError", &message, class))
            }
            _ => {
                self.store(&this, "<mapped>", Value::str(""));
                Ok(())
            }
        }
    }

    fn orm_fault(&mut self, exception: &str, message: &str, class: Obj) -> Stop {
        let name = self.class_short_name(class);
        self.library_fault(
            "sqlalchemy.exc",
            exception,
            "Exception",
            message,
            "orm-class",
            &[("class", &name)],
        )
    }

    /// `__tablename__`. Outer `None`: not known; inner `None`: there is none.
    fn table_name(&mut self, class: Obj) -> Option<Option<String>> {
        let name = self.sym("__tablename__");
        match self.class_lookup(class, name) {
            None => Some(None),
            Some((owner, value, sure)) => {
                if !sure {
                    return None;
                }
                let mapped = self.own(&Value::Obj(owner), "<mapped>").is_some() && owner != class;
                match &value {
                    Value::Str(_) if mapped => Some(None),
                    Value::Str(text) => Some(Some(text.text.to_string())),
                    Value::None => Some(None),
                    _ => None,
                }
            }
        }
    }

    fn mapped_ancestor(&mut self, class: Obj) -> Option<Obj> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let mro = data.mro.clone();
        mro.iter()
            .skip(1)
            .find(|c| self.own(&Value::Obj(**c), "<mapped>").is_some())
            .copied()
    }

    fn make_table(
        &mut self,
        class: Obj,
        metadata: &Value,
        name: &str,
        scan: &Scan,
        inherits: bool,
    ) -> R<()> {
        let this = Value::Obj(class);
        let arguments = self.get(&this, "__table_args__");
        let (tolerant, schema, vague) = self.table_arguments(arguments.as_ref());
        let key = match &schema {
            Some(schema) => format!("{schema}.{name}"),
            None => name.to_owned(),
        };
        if !tolerant && self.tables_of(metadata).contains(&key) {
            let short = self.class_short_name(class);
            return Err(self.table_twice(&key, &short));
        }
        self.note_table(metadata, &key);
        self.store(&this, "<mapped>", Value::str(name));
        let table = self.library_object("sqlalchemy.sql.schema", "Table");
        self.store(&this, "__table__", table);
        let own_key = self.get(&this, "__mapper_args__").is_some();
        if scan.has_key
            || scan.vague
            || vague
            || inherits
            || own_key
            || self.is_blurred_class(class)
        {
            return Ok(());
        }
        let short = self.class_short_name(class);
        let mapper = if self.dist_release("sqlalchemy") >= (2, 0, 0) {
            format!("Mapper[{short}({name})]")
        } else {
            format!("mapped class {short}->{name}")
        };
        let message = format!(
            "Mapper {mapper} could not assemble any primary key columns for mapped table '{name}'"
        );
        Err(self.orm_fault("ArgumentError", &message, class))
    }

    /// `__table_args__`: tolerates an existing table? schema, and may it hold a key?
    fn table_arguments(&mut self, arguments: Option<&Value>) -> (bool, Option<String>, bool) {
        let Some(arguments) = arguments else {
            return (false, None, false);
        };
        let options = match arguments {
            Value::Tuple(items) => items.last().cloned(),
            other => Some(other.clone()),
        };
        let constraints = matches!(arguments, Value::Tuple(items) if items.iter().any(|i| {
            i.is_unknown() || matches!(i, Value::Obj(o) if !matches!(self.heap.get(*o).kind, Kind::Dict(_)))
        }));
        let Some((table, open)) = options.as_ref().and_then(|o| self.table_of(o)) else {
            return (
                arguments.is_unknown() || !matches!(arguments, Value::Tuple(_)),
                None,
                true,
            );
        };
        let find = |name: &str| {
            table
                .values()
                .find(|(k, _)| k.as_str() == Some(name))
                .map(|(_, v)| v.clone())
        };
        let flag = |name: &str| find(name).is_some_and(|v| !matches!(v, Value::Bool(false)));
        let schema = find("schema").and_then(|v| v.as_str().map(ToOwned::to_owned));
        (
            open || flag("extend_existing") || flag("keep_existing"),
            schema,
            constraints,
        )
    }

    /// Columns of the class and of its mixins.
    fn scan_class(&mut self, class: Obj) -> R<Scan> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Ok(Scan {
                has_key: false,
                vague: true,
            });
        };
        let mro = data.mro.clone();
        let mut scan = Scan {
            has_key: false,
            vague: data.blurred,
        };
        for (at, ancestor) in mro.iter().enumerate() {
            if self.heap.get(*ancestor).open {
                scan.vague = true;
            }
            if matches!(&self.heap.get(*ancestor).kind, Kind::Class(d) if d.builtin) {
                continue;
            }
            let names: Vec<(String, Value)> = self
                .heap
                .get(*ancestor)
                .attrs
                .iter()
                .map(|(n, s)| (self.interner.name(*n).to_string(), s.value.clone()))
                .collect();
            for (name, value) in names {
                if name.starts_with("__") {
                    continue;
                }
                let column = self.is_column(&value);
                if at == 0
                    && name == "metadata"
                    && column
                    && self.dist_release("sqlalchemy") < (2, 1, 0)
                {
                    let text = if self.dist_release("sqlalchemy") >= (2, 0, 0) {
                        "Attribute name 'metadata' is reserved when using the Declarative API."
                    } else {
                        "Attribute name 'metadata' is reserved for the MetaData instance when using a declarative base class."
                    };
                    return Err(self.orm_fault("InvalidRequestError", text, class));
                }
                if column {
                    match self.own(&value, "primary_key") {
                        Some(Value::Bool(false)) => {}
                        Some(Value::Bool(true)) => scan.has_key = true,
                        _ => scan.vague = true,
                    }
                    if matches!(self.own(&value, "<unknown>"), Some(Value::Bool(true))) {
                        scan.vague = true;
                    }
                } else if self.may_be_column(&value) {
                    scan.vague = true;
                }
            }
            scan.vague |= self.annotated_key(*ancestor);
        }
        Ok(scan)
    }

    fn may_be_column(&self, value: &Value) -> bool {
        match value {
            Value::Unknown => true,
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                // `declared_attr` and descriptors of other kinds may make columns.
                Kind::Instance { class, .. } => {
                    let name = self.class_name(*class);
                    !name.ends_with("RelationshipProperty")
                        && (name.contains("declared_attr") || self.heap.get(*obj).open)
                        && !name.ends_with(".registry")
                        && !name.ends_with(".MetaData")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `id: Mapped[intpk]`: the type may be an `Annotated` that says "primary key".
    fn annotated_key(&mut self, class: Obj) -> bool {
        let Some(table) = self
            .own(&Value::Obj(class), "__annotations__")
            .and_then(|t| self.table_of(&t))
        else {
            return false;
        };
        let entries: Vec<(Value, Value)> = table.0.values().cloned().collect();
        entries
            .iter()
            .any(|(_, annotation)| self.mentions_annotated(annotation, 0))
    }

    fn mentions_annotated(&self, value: &Value, depth: u32) -> bool {
        match value {
            Value::Unknown => true,
            Value::Str(text) => {
                let inner = text
                    .text
                    .trim_start_matches("Mapped[")
                    .trim_end_matches(']');
                let plain = [
                    "int",
                    "str",
                    "bool",
                    "float",
                    "bytes",
                    "datetime",
                    "date",
                    "UUID",
                    "uuid.UUID",
                    "Decimal",
                ];
                !plain
                    .iter()
                    .any(|p| inner == *p || inner.starts_with(&format!("{p} |")))
                    && !inner.starts_with(['"', '\''])
                    && !inner.starts_with("Optional[")
                    && !inner.starts_with("List[")
                    && !inner.starts_with("list[")
            }
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Form {
                    name: "Annotated", ..
                } => true,
                Kind::Form { args, .. } if depth < 4 => args
                    .iter()
                    .any(|a| self.mentions_annotated_inner(a, depth + 1)),
                _ => false,
            },
            _ => false,
        }
    }

    fn mentions_annotated_inner(&self, value: &Value, depth: u32) -> bool {
        match value {
            Value::Str(_) => false,
            other => self.mentions_annotated(other, depth),
        }
    }

    /// An attribute with a mapped value whose annotation is not `Mapped[...]` (2.0).
    fn check_annotations(&mut self, class: Obj) -> R<()> {
        let this = Value::Obj(class);
        if self.dist_release("sqlalchemy") < (2, 0, 0)
            || self.get(&this, "__allow_unmapped__").is_some()
        {
            return Ok(());
        }
        if self.get(&this, "__sqlmodel_relationships__").is_some() {
            return Ok(());
        }
        let Some((table, _)) = self
            .own(&this, "__annotations__")
            .and_then(|t| self.table_of(&t))
        else {
            return Ok(());
        };
        let entries: Vec<(Value, Value)> = table.values().cloned().collect();
        for (key, annotation) in entries {
            let Some(name) = key.as_str().map(ToOwned::to_owned) else {
                continue;
            };
            let Some(value) = self.own(&this, &name) else {
                continue;
            };
            let mapped = self.is_a(&value, "sqlalchemy.orm.properties.MappedColumn")
                || self.is_relationship(&value);
            let plain = match &annotation {
                Value::Obj(obj) => {
                    self.is_class(*obj)
                        && matches!(&self.heap.get(*obj).kind, Kind::Class(d) if d.builtin)
                }
                _ => false,
            };
            if !mapped || !plain || name.starts_with('_') {
                continue;
            }
            let short = self.class_short_name(class);
            let link = self.sqlalchemy_link("zlpr");
            let message = format!(
                "Type annotation for \"{short}.{name}\" can't be correctly interpreted for Annotated Declarative Table form.  ORM annotations should normally make use of the ``Mapped[]`` generic type, or other ORM-compatible generic type, as a container for the actual type, which indicates the intent that the attribute is mapped. Class variables that are not intended to be mapped by the ORM should use ClassVar[].  To allow Annotated Declarative to disregard legacy annotations which don't use Mapped[] to pass, set \"__allow_unmapped__ = True\" on the class or a superclass this class. {link}"
            );
            let slots = [("class", short.as_str()), ("field", name.as_str())];
            return Err(self.library_fault(
                "sqlalchemy.orm.exc",
                "MappedAnnotationError",
                "Exception",
                &message,
                "orm-class",
                &slots,
            ));
        }
        Ok(())
    }
}
