//! Mapped classes: entry points of the declarative extension, then the order of its checks when a
//! class is made (`orm/decl_base.py:_ClassScanMapperConfig`): scan, table, mapper.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::text::str_repr;
use crate::python::value::{Kind, Obj, Value};

use super::scan::Property;

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
    let class = interp.class_of_instance(&this);
    if let Some(class) = class {
        interp.configure_for(class)?;
    }
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
        let metadata = match self.get(&this, "metadata") {
            Some(metadata) if self.is_a(&metadata, "sqlalchemy.sql.schema.MetaData") => metadata,
            _ => self.own(registry, "metadata").unwrap_or(Value::Unknown),
        };
        let inherits = self.mapped_ancestor(class);
        self.store(&this, "__mapper__", Value::Unknown);
        self.note_mapped(registry, class);
        let scan = self.scan_class(registry, class)?;
        self.keep_properties(class, &scan.properties);
        let given = self
            .class_value(class, "__table__")
            .filter(|t| !matches!(t, Value::None));
        if let Some(table) = given
            && inherits.is_none()
        {
            let name = self.own(&table, "name");
            let name = name.filter(|n| n.as_str().is_some());
            self.store(&this, "<mapped>", name.unwrap_or_else(|| Value::str("")));
            self.store(&this, "<vague>", Value::Bool(true));
            return Ok(());
        }
        let vague = scan.vague || inherits.is_some() || self.is_blurred_class(class);
        self.store(&this, "<vague>", Value::Bool(vague));
        let table = self.table_name(class);
        match table {
            Some(Some(name)) => self.make_table(class, &metadata, &name, &scan, inherits.is_some()),
            Some(None) if inherits.is_none() && !self.is_blurred_class(class) => {
                let shown = self.class_name(class);
                let short = self.class_short_name(class);
                let message = format!(
                    "Class <class '{shown}'> does not have a __table__ or __tablename__ specified and does not inherit from an existing table-mapped class."
                );
                Err(self.orm_fault("InvalidRequestError", &message, &short))
            }
            _ => {
                self.store(&this, "<mapped>", Value::str(""));
                self.store(&this, "<vague>", Value::Bool(true));
                Ok(())
            }
        }
    }

    /// Keeps the properties of a class for its mapper.
    fn keep_properties(&mut self, class: Obj, properties: &[(String, Property)]) {
        let this = Value::Obj(class);
        let items = properties
            .iter()
            .map(|(name, property)| {
                let value = match property {
                    Property::Column(value) | Property::Relationship(value) => value.clone(),
                    Property::Vague => Value::Unknown,
                };
                (name.clone(), value)
            })
            .collect();
        let dict = self.dict_of(items);
        self.store(&this, "<properties>", dict);
        self.open_mapper_properties(class);
        for (name, property) in properties {
            let instrumented = match property {
                // `name: Mapped[str]` alone makes a column too.
                Property::Column(value) => {
                    if self.class_value(class, name).is_none() {
                        self.store(&this, name, value.clone());
                    }
                    continue;
                }
                Property::Relationship(value) => Some(value.clone()),
                Property::Vague => {
                    if self.class_value(class, name).is_none() {
                        self.store(&this, name, Value::Unknown);
                    }
                    self.own(&this, name)
                }
            };
            // The mapper puts an `InstrumentedAttribute` in its place, which has names of its own
            // (`User.posts.any`, `User.alias.key`).
            if let Some(value) = instrumented {
                self.open_instance(&value);
            }
            if let Property::Relationship(value) = property {
                self.await_backref(value);
            }
        }
    }

    /// Synonyms and the like, which the scan leaves to the mapper.
    fn open_mapper_properties(&mut self, class: Obj) {
        let values: Vec<Value> = self
            .heap
            .get(class)
            .attrs
            .values()
            .map(|slot| slot.value.clone())
            .collect();
        for value in values {
            if self.is_a(&value, "sqlalchemy.orm.interfaces.MapperProperty") {
                self.open_instance(&value);
            }
        }
    }

    /// Configuration gives the other class an attribute under this name, whenever that may be.
    fn await_backref(&mut self, relationship: &Value) {
        let name = match self.relationship_argument(relationship, "backref") {
            Value::Tuple(both) => both.first().cloned().unwrap_or(Value::None),
            other => other,
        };
        if let Some(name) = name.as_str() {
            self.memo
                .insert(format!("{BACKREF}{name}"), Value::Bool(true));
        }
    }

    /// May a mapped class get an attribute of this name from the relationship of another?
    pub fn awaits_backref(&mut self, class: Obj, name: &str) -> bool {
        self.own(&Value::Obj(class), "<mapped>").is_some()
            && self.memo.contains_key(&format!("{BACKREF}{name}"))
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
                    other => match self.declared(class, other)? {
                        Value::Str(text) => Some(Some(text.text.to_string())),
                        Value::None => Some(None),
                        _ => None,
                    },
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
        scan: &super::scan::Scan,
        inherits: bool,
    ) -> R<()> {
        let this = Value::Obj(class);
        let short = self.class_short_name(class);
        let arguments = self.class_value(class, "__table_args__");
        let arguments = match arguments {
            Some(value) => match self.declared(class, &value) {
                Some(value) => Some(value),
                None => Some(value),
            },
            None => None,
        };
        let parsed = self.table_arguments(arguments.as_ref(), &short)?;
        let mut items: Vec<Value> = scan
            .properties
            .iter()
            .filter_map(|(_, p)| match p {
                Property::Column(column) => Some(column.clone()),
                _ => None,
            })
            .collect();
        if scan.vague {
            items.push(Value::Unknown);
        }
        items.extend(parsed.items);
        let open = parsed.open || inherits;
        let table =
            match self.create_table(&Value::str(name), metadata, &items, &parsed.keywords, open) {
                Ok(table) => table,
                Err(stop) => return Err(Self::rekind_class(stop, &short)),
            };
        self.store(&this, "<mapped>", Value::str(name));
        self.store(&this, "__table__", table.clone());
        let own_key = self.class_value(class, "__mapper_args__").is_some();
        if scan.has_key || self.is_vague(&table) || parsed.key || inherits || own_key {
            return Ok(());
        }
        let mapper = self.mapper_text(class);
        let message = format!(
            "Mapper {mapper} could not assemble any primary key columns for mapped table '{name}'"
        );
        Err(self.orm_fault("ArgumentError", &message, &short))
    }

    fn rekind_class(stop: crate::python::raise::Stop, class: &str) -> crate::python::raise::Stop {
        let kind = match &stop {
            crate::python::raise::Stop::Raise(raised) => raised.kind,
            _ => return stop,
        };
        Self::rekind(stop, kind, &[("class", class)])
    }

    /// A mapper as messages show it.
    pub fn mapper_text(&mut self, class: Obj) -> String {
        let short = self.class_short_name(class);
        let table = self
            .own(&Value::Obj(class), "<mapped>")
            .and_then(|t| t.as_str().map(ToOwned::to_owned))
            .unwrap_or_default();
        if self.dist_release("sqlalchemy") >= (2, 0, 0) {
            format!("Mapper[{short}({table})]")
        } else {
            format!("mapped class {short}->{table}")
        }
    }

    /// `__table_args__`: items, keywords, and what may be hidden in them.
    fn table_arguments(&mut self, arguments: Option<&Value>, class: &str) -> R<TableArguments> {
        let mut parsed = TableArguments::default();
        let options = match arguments {
            None | Some(Value::None) => return Ok(parsed),
            Some(Value::Unknown) => {
                parsed.open = true;
                return Ok(parsed);
            }
            Some(Value::Tuple(items)) => match items.split_last() {
                Some((last, first)) if self.table_of(last).is_some() => {
                    parsed.items = first.to_vec();
                    Some(last.clone())
                }
                _ => {
                    parsed.items = items.to_vec();
                    None
                }
            },
            Some(other) => {
                let refused = match other {
                    Value::Obj(obj) => match &self.heap.get(*obj).kind {
                        Kind::Dict(_) => false,
                        Kind::List(_) | Kind::Set(_) => true,
                        Kind::Instance { .. } => {
                            self.is_a(other, "sqlalchemy.sql.schema.SchemaItem")
                        }
                        _ => {
                            parsed.open = true;
                            return Ok(parsed);
                        }
                    },
                    _ => true,
                };
                if refused {
                    let message = "__table_args__ value must be a tuple, dict, or None";
                    return Err(self.orm_fault("ArgumentError", message, class));
                }
                Some(other.clone())
            }
        };
        if let Some((table, open)) = options.as_ref().and_then(|o| self.table_of(o)) {
            parsed.open = open;
            parsed.keywords = table
                .values()
                .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                .collect();
        }
        parsed.key = parsed.items.iter().any(|item| {
            item.is_unknown() || self.is_a(item, "sqlalchemy.sql.schema.PrimaryKeyConstraint")
        });
        Ok(parsed)
    }
}

const BACKREF: &str = "sa backref ";

/// What `__table_args__` says.
#[derive(Default)]
struct TableArguments {
    items: Vec<Value>,
    keywords: Vec<(String, Value)>,
    /// May hold a primary key.
    key: bool,
    /// May say anything.
    open: bool,
}
