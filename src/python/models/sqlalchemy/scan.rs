//! The declarative scan: which attributes of a class and of its mixins become columns and
//! relationships, and what it refuses (`orm/decl_base.py:_scan_attributes`,
//! `_produce_column_copies`, `_extract_mappable_attributes`).

use super::annotations::Noted;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Value};

/// A property of a mapped class.
#[derive(Debug, Clone)]
pub enum Property {
    /// A column.
    Column(Value),
    /// A relationship.
    Relationship(Value),
    /// One of these, or neither.
    Vague,
}

/// What the scan of a class found.
pub struct Scan {
    /// Properties in order.
    pub properties: Vec<(String, Property)>,
    /// One of the columns is certainly a primary key.
    pub has_key: bool,
    /// There may be more.
    pub vague: bool,
}

/// An attribute that the scan has collected.
struct Collected {
    name: String,
    value: Value,
    /// Annotation as written, and as understood.
    raw: Value,
    noted: Noted,
}

impl<'a> Interp<'a> {
    /// Collects and checks the attributes of a class that is to be mapped.
    ///
    /// # Errors
    /// What SQLAlchemy raises.
    pub fn scan_class(&mut self, registry: &Value, class: Obj) -> R<Scan> {
        let mut scan = Scan {
            properties: Vec::new(),
            has_key: false,
            vague: false,
        };
        let Kind::Class(data) = &self.heap.get(class).kind else {
            scan.vague = true;
            return Ok(scan);
        };
        let mro = data.mro.clone();
        scan.vague = data.blurred;
        let mut collected: Vec<Collected> = Vec::new();
        for ancestor in mro.iter().skip(1) {
            if self.scanned(*ancestor) && !self.is_mapped(*ancestor) {
                self.collect_mixin(class, *ancestor, &mut collected, &mut scan)?;
            }
        }
        self.collect_own(class, &mut collected, &mut scan)?;
        for item in collected {
            let name = item.name.clone();
            let property = self.extract(registry, class, item)?;
            let Some(property) = property else { continue };
            match &property {
                Property::Column(column) => match self.own(column, "primary_key") {
                    Some(Value::Bool(false)) => scan.vague |= self.is_vague(column),
                    Some(Value::Bool(true)) => scan.has_key = true,
                    _ => scan.vague = true,
                },
                Property::Vague => scan.vague = true,
                Property::Relationship(_) => {}
            }
            scan.properties.retain(|(n, _)| *n != name);
            scan.properties.push((name, property));
        }
        Ok(scan)
    }

    /// A name that a class or one of its ancestors certainly has.
    pub fn class_value(&mut self, class: Obj, name: &str) -> Option<Value> {
        let name = self.sym(name);
        self.class_lookup(class, name)
            .map(|(_, value, sure)| if sure { value } else { Value::Unknown })
    }

    /// Is a class mapped already?
    pub fn is_mapped(&mut self, class: Obj) -> bool {
        self.own(&Value::Obj(class), "<mapped>").is_some()
    }

    /// Classes of SQLAlchemy and of the interpreter itself hold no columns.
    fn scanned(&self, class: Obj) -> bool {
        match &self.heap.get(class).kind {
            Kind::Class(data) => {
                !data.builtin
                    && !data.module.starts_with("sqlalchemy.")
                    && !data.module.starts_with("sqlmodel.")
                    && !data.module.starts_with("pydantic.")
                    && &*data.module != "typing"
            }
            _ => false,
        }
    }

    /// Names of a class in the order in which they are looked at, with value and annotation.
    fn attributes_of(&mut self, class: Obj) -> Option<Vec<(String, Value, Value)>> {
        let annotations = self.noted_annotations(class)?;
        let table_model = self
            .own(&Value::Obj(class), "__sqlmodel_relationships__")
            .is_some();
        if self.heap.get(class).open && !table_model {
            return None;
        }
        let mut all: Vec<(String, Value, Value)> = Vec::new();
        let own: Vec<(String, Value)> = self
            .heap
            .get(class)
            .attrs
            .iter()
            .map(|(n, s)| {
                let value = if s.sure {
                    s.value.clone()
                } else {
                    Value::Unknown
                };
                (self.interner.name(*n).to_string(), value)
            })
            .collect();
        for (name, value) in own {
            let note = annotations.iter().find(|(n, _)| *n == name);
            let note = note.map_or(Value::None, |(_, v)| v.clone());
            all.push((name, value, note));
        }
        for (name, note) in annotations {
            if !all.iter().any(|(n, _, _)| *n == name) {
                all.push((name, Value::None, note));
            }
        }
        all.retain(|(n, _, _)| {
            !n.starts_with("__") && !n.starts_with("_sa_") && !n.starts_with('<')
        });
        Some(all)
    }

    fn note_of(&mut self, class: Obj, raw: &Value) -> Noted {
        match raw {
            Value::None => Noted::Absent,
            raw => self.noted(class, raw),
        }
    }

    fn is_declared_attr(&self, value: &Value) -> bool {
        self.class_of_instance(value).is_some_and(|class| {
            self.class_name(class)
                .starts_with("sqlalchemy.orm.decl_api.")
                && !self.is_a(value, "sqlalchemy.orm.decl_api.registry")
        })
    }

    /// What a `@declared_attr` gives for a class; `None` when that is not known.
    pub fn declared(&mut self, class: Obj, value: &Value) -> Option<Value> {
        if !self.is_declared_attr(value) {
            return None;
        }
        let mut function = self.own(value, "fget")?;
        if let Value::Obj(obj) = &function
            && let Kind::ClassMethod(inner) = &self.heap.get(*obj).kind
        {
            function = inner.clone();
        }
        let depth = self.handlers.len();
        self.handlers
            .push(crate::python::interp::HandlerScope { classes: None });
        let frames = self.frames.len();
        let result = self.call(&function, Args::positional(vec![Value::Obj(class)]));
        self.frames.truncate(frames);
        self.handlers.truncate(depth);
        result.ok().filter(|v| !v.is_unknown())
    }

    fn collect_mixin(
        &mut self,
        class: Obj,
        mixin: Obj,
        collected: &mut Vec<Collected>,
        scan: &mut Scan,
    ) -> R<()> {
        let two = self.dist_release("sqlalchemy") >= (2, 0, 0);
        let Some(attributes) = self.attributes_of(mixin) else {
            scan.vague = true;
            return Ok(());
        };
        for (name, value, raw) in attributes {
            let overridden = {
                let word = self.sym(&name);
                self.class_lookup(class, word)
                    .is_some_and(|(owner, found, _)| owner != mixin && !found.same(&value))
            };
            let noted = if two {
                self.note_of(mixin, &raw)
            } else {
                Noted::Absent
            };
            if self.is_column(&value)
                || (matches!((&value, &noted), (Value::None, Noted::Mapped(_))))
            {
                if overridden || collected.iter().any(|c| c.name == name) {
                    continue;
                }
                self.refuse_plain(class, &name, &noted)?;
                let keys = self.own(&value, "<fks>");
                if !two && matches!(keys, Some(Value::Tuple(keys)) if !keys.is_empty()) {
                    let short = self.class_short_name(class);
                    let message = "Columns with foreign keys to other columns must be declared as @declared_attr callables on declarative mixin classes.  For dataclass field() objects, use a lambda:.";
                    return Err(self.orm_fault("InvalidRequestError", message, &short));
                }
                let copy = self.copy_column(&value);
                collected.push(Collected {
                    name,
                    value: copy,
                    raw,
                    noted,
                });
            } else if self.is_relationship(&value) {
                let short = self.class_short_name(class);
                let message = "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must be declared as @declared_attr callables on declarative mixin classes.  For dataclass field() objects, use a lambda:";
                return Err(self.orm_fault("InvalidRequestError", message, &short));
            } else if self.is_declared_attr(&value) {
                if collected.iter().any(|c| c.name == name) || overridden {
                    continue;
                }
                match self.declared(class, &value) {
                    Some(made) => collected.push(Collected {
                        name,
                        value: made,
                        raw: Value::None,
                        noted: Noted::Vague,
                    }),
                    None => scan.vague = true,
                }
            } else if value.is_unknown()
                || matches!(noted, Noted::Vague) && matches!(value, Value::None)
            {
                scan.vague = true;
            }
        }
        Ok(())
    }

    /// `Column._copy()`: a column of a mixin belongs to each of its classes anew.
    fn copy_column(&mut self, value: &Value) -> Value {
        let copy = match value {
            Value::Obj(_) => self.copy_object(value),
            _ => return Value::None,
        };
        if let Value::Obj(obj) = &copy {
            let table = self.sym("<table>");
            self.heap.get_mut(*obj).attrs.shift_remove(&table);
        }
        copy
    }

    fn refuse_plain(&mut self, class: Obj, name: &str, noted: &Noted) -> R<()> {
        match noted {
            Noted::Plain => Err(self.not_mapped(class, name)),
            Noted::Broken(text) => Err(self.not_interpreted(class, name, text)),
            _ => Ok(()),
        }
    }

    fn collect_own(
        &mut self,
        class: Obj,
        collected: &mut Vec<Collected>,
        scan: &mut Scan,
    ) -> R<()> {
        let this = Value::Obj(class);
        let two = self.dist_release("sqlalchemy") >= (2, 0, 0);
        let Some(attributes) = self.attributes_of(class) else {
            scan.vague = true;
            return Ok(());
        };
        let flag = |i: &mut Self, name: &str| {
            i.class_value(class, name)
                .is_some_and(|v| !matches!(v, Value::None | Value::Bool(false)))
        };
        let lenient = flag(self, "__allow_unmapped__")
            || flag(self, "_sa_apply_dc_transforms")
            || flag(self, "__dataclass_fields__")
            || self
                .class_value(class, "__sqlmodel_relationships__")
                .is_some();
        let fixed_table = self.own(&this, "__table__").is_some();
        for (name, value, raw) in attributes {
            let noted = if two {
                self.note_of(class, &raw)
            } else {
                Noted::Absent
            };
            let mapped = self.is_a(&value, "sqlalchemy.orm.base._MappedAttribute")
                || self.is_a(&value, "sqlalchemy.orm.properties.MappedColumn")
                || self.is_relationship(&value);
            if (mapped || matches!(value, Value::None))
                && !lenient
                && !self.is_declared_attr(&value)
            {
                self.refuse_plain(class, &name, &noted)?;
            }
            let implied = matches!((&value, &noted), (Value::None, Noted::Mapped(_)));
            if matches!(value, Value::None) && (!implied || fixed_table) {
                if matches!(noted, Noted::Vague) {
                    scan.vague = true;
                }
                continue;
            }
            collected.retain(|c| c.name != name);
            collected.push(Collected {
                name,
                value,
                raw,
                noted,
            });
        }
        Ok(())
    }

    /// One round of `_extract_mappable_attributes`.
    fn extract(&mut self, registry: &Value, class: Obj, item: Collected) -> R<Option<Property>> {
        let Collected {
            name,
            mut value,
            raw,
            noted,
        } = item;
        if self.is_declared_attr(&value) {
            match self.declared(class, &value) {
                Some(made) => value = made,
                None => return Ok(Some(Property::Vague)),
            }
        }
        let implied = matches!(value, Value::None);
        let relationship = self.is_relationship(&value);
        if !implied && !self.is_column(&value) && !relationship {
            return Ok(self.may_be_column(&value).then_some(Property::Vague));
        }
        let release = self.dist_release("sqlalchemy");
        if name == "metadata" && release < (2, 1, 0) {
            let text = if release >= (2, 0, 0) {
                "Attribute name 'metadata' is reserved when using the Declarative API."
            } else {
                "Attribute name 'metadata' is reserved for the MetaData instance when using a declarative base class."
            };
            let short = self.class_short_name(class);
            return Err(self.orm_fault("InvalidRequestError", text, &short));
        }
        if relationship {
            self.scan_relationship(class, &name, &value, &noted)?;
            self.refuse_dataclass_arguments(class, &name, &value)?;
            return Ok(Some(Property::Relationship(value)));
        }
        if implied {
            value = self.blank_column();
        }
        self.name_column(&value, &name);
        if self.is_a(&value, "sqlalchemy.orm.properties.MappedColumn") {
            self.scan_column(registry, class, &name, &value, (&raw, &noted))?;
            self.refuse_dataclass_arguments(class, &name, &value)?;
        }
        Ok(Some(Property::Column(value)))
    }

    /// `MappedColumn()`
    fn blank_column(&mut self) -> Value {
        let object = self.library_object("sqlalchemy.orm.properties", "MappedColumn");
        for (name, value) in [
            ("primary_key", Value::Bool(false)),
            ("name", Value::None),
            ("key", Value::None),
            ("<type>", Value::None),
            ("<fks>", Value::tuple(Vec::new())),
            ("<vague>", Value::Bool(false)),
        ] {
            self.store(&object, name, value);
        }
        object
    }

    fn name_column(&mut self, column: &Value, name: &str) {
        for word in ["key", "name"] {
            if matches!(self.own(column, word), None | Some(Value::None)) {
                self.store(column, word, Value::str(name));
            }
        }
    }

    /// `MappedColumn.declarative_scan`
    fn scan_column(
        &mut self,
        registry: &Value,
        class: Obj,
        name: &str,
        column: &Value,
        (raw, noted): (&Value, &Noted),
    ) -> R<()> {
        let untyped = matches!(self.own(column, "<type>"), Some(Value::None))
            && !self.has_keys(column)
            && !self.is_vague(column);
        match noted {
            Noted::Mapped(inner) => {
                if self.annotation_is_vague(class, inner) && !matches!(inner, Value::Str(_)) {
                    self.store(column, "<vague>", Value::Bool(true));
                    return Ok(());
                }
                let mut typed = !untyped;
                if let Some(inside) = self.annotated_column(class, inner) {
                    typed |= !matches!(self.own(&inside, "<type>"), Some(Value::None))
                        || self.has_keys(&inside);
                    self.merge_column(column, &inside);
                } else if matches!(inner, Value::Str(_)) && self.annotation_is_vague(class, inner) {
                    self.store(column, "<hidden>", Value::Bool(true));
                }
                if !typed {
                    self.type_from_annotation(class, name, raw, inner, registry)?;
                }
                if self.own(column, "<hidden>").is_some() {
                    self.store(column, "<vague>", Value::Bool(true));
                }
                Ok(())
            }
            Noted::Absent if untyped => {
                let short = self.class_short_name(class);
                let message = format!(
                    "Python typing annotation is required for attribute \"{short}.{name}\" when primary argument(s) for \"MappedColumn\" construct are None or not present"
                );
                Err(self.orm_fault("ArgumentError", &message, &short))
            }
            _ => Ok(()),
        }
    }

    /// `use_args_from.column._merge(self.column)`
    fn merge_column(&mut self, column: &Value, inside: &Value) {
        if matches!(self.own(inside, "primary_key"), Some(Value::Bool(true))) {
            self.store(column, "primary_key", Value::Bool(true));
        }
        if self.is_vague(inside) {
            self.store(column, "<vague>", Value::Bool(true));
        }
        if let (Some(Value::Tuple(own)), Some(Value::Tuple(more))) =
            (self.own(column, "<fks>"), self.own(inside, "<fks>"))
            && own.is_empty()
        {
            self.store(column, "<fks>", Value::Tuple(more));
        }
    }

    /// `RelationshipProperty.declarative_scan`
    fn scan_relationship(
        &mut self,
        class: Obj,
        name: &str,
        relationship: &Value,
        noted: &Noted,
    ) -> R<()> {
        let given = self.relationship_argument(relationship, "argument");
        if !matches!(given, Value::None) {
            return Ok(());
        }
        match noted {
            Noted::Mapped(inner) => {
                let target = self.related(inner, 0).unwrap_or(Value::Unknown);
                self.set_relationship_argument(relationship, "argument", target);
                Ok(())
            }
            Noted::Absent if self.dist_release("sqlalchemy") >= (2, 0, 0) => {
                let short = self.class_short_name(class);
                let message = format!(
                    "Python typing annotation is required for attribute \"{short}.{name}\" when primary argument(s) for \"Relationship\" construct are None or not present"
                );
                Err(self.orm_fault("ArgumentError", &message, &short))
            }
            _ => {
                self.set_relationship_argument(relationship, "argument", Value::Unknown);
                Ok(())
            }
        }
    }

    /// The class, or its name, that the annotation of a relationship leads to.
    fn related(&mut self, inner: &Value, depth: u32) -> Option<Value> {
        if depth > 6 {
            return None;
        }
        match inner {
            Value::Str(text) => {
                let mut text = text.text.trim().trim_matches(['"', '\'']).to_owned();
                while let Some((head, rest)) = text.split_once('[') {
                    let head = head.rsplit('.').next().unwrap_or(head);
                    let single = matches!(
                        head,
                        "Optional" | "List" | "list" | "Set" | "set" | "Sequence" | "Collection"
                    );
                    if !single || !rest.ends_with(']') {
                        return None;
                    }
                    text = rest[..rest.len() - 1]
                        .trim()
                        .trim_matches(['"', '\''])
                        .to_owned();
                }
                let text = match text.split_once('|') {
                    Some((name, none)) if none.trim() == "None" => name.trim().to_owned(),
                    Some((none, name)) if none.trim() == "None" => name.trim().to_owned(),
                    Some(_) => return None,
                    None => text,
                };
                let plain = text.trim_matches(['"', '\'']);
                let named = !plain.is_empty()
                    && plain
                        .chars()
                        .all(|c| c.is_alphanumeric() || c == '_' || c == '.');
                named.then(|| Value::str(plain))
            }
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Class(_) => Some(inner.clone()),
                Kind::Form { name, args, .. } => match (name, args.as_ref()) {
                    ("Union", args) => {
                        let mut rest = args.iter().filter(|a| !matches!(a, Value::None));
                        match (rest.next(), rest.next()) {
                            (Some(one), None) => self.related(one, depth + 1),
                            _ => None,
                        }
                    }
                    ("alias", [one]) => self.related(one, depth + 1),
                    ("alias", [_, last]) => self.related(last, depth + 1),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    fn refuse_dataclass_arguments(&mut self, class: Obj, name: &str, value: &Value) -> R<()> {
        let Some(Value::Tuple(given)) = self.own(value, "<dataclass>") else {
            return Ok(());
        };
        if given.is_empty()
            || self.class_value(class, "_sa_apply_dc_transforms").is_some()
            || self.is_blurred_class(class)
        {
            return Ok(());
        }
        let mut words: Vec<String> = given
            .iter()
            .filter_map(|v| v.as_str().map(|t| format!("'{t}'")))
            .collect();
        words.sort();
        let shown = self.class_name(class);
        let short = self.class_short_name(class);
        let message = format!(
            "Attribute '{name}' on class <class '{shown}'> includes dataclasses argument(s): {} but class does not specify SQLAlchemy native dataclass configuration.",
            words.join(", ")
        );
        Err(self.orm_fault("ArgumentError", &message, &short))
    }

    fn may_be_column(&self, value: &Value) -> bool {
        match value {
            Value::Unknown => true,
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                // Descriptors of other kinds may make columns.
                Kind::Instance { class, .. } => {
                    let name = self.class_name(*class);
                    self.is_blurred_class(*class)
                        || self.heap.get(*obj).open
                            && name.starts_with("sqlalchemy.")
                            && !name.ends_with(".registry")
                            && !name.ends_with(".MetaData")
                            && !name.ends_with(".Table")
                }
                _ => false,
            },
            _ => false,
        }
    }
}
