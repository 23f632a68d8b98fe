//! Mapper configuration, at the first use of the mappers of a registry: relationships find their
//! classes, their join conditions and their other sides (`orm/mapper.py:_configure_registries`,
//! `orm/relationships.py:RelationshipProperty.do_init`, `orm/clsregistry.py`).

use super::join::Direction;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// `configure_mappers()`, `registry.configure()`
pub fn configure(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    interp.configure_all()?;
    Ok(Value::None)
}

/// `class_mapper(class)`, `session.query(class)`: whatever asks a class for a finished mapper.
pub fn touch_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let word = interp.sym("configure");
    if matches!(args.get(1, word), Some(Value::Bool(false))) {
        return Ok(interp.unknown());
    }
    for value in &args.pos {
        if let Value::Obj(obj) = value
            && interp.is_class(*obj)
        {
            interp.configure_for(*obj)?;
        }
    }
    Ok(interp.unknown())
}

const MAPPED: &str = "sa mapped";
const FAILED: &str = "sa configuration failed";

/// Loader strategies of relationships.
const LAZY: &[&str] = &[
    "select",
    "immediate",
    "joined",
    "subquery",
    "selectin",
    "raise",
    "raise_on_sql",
    "noload",
    "dynamic",
    "write_only",
    "True",
    "False",
    "None",
];

/// Where the name of a related class leads.
enum Found {
    Class(Obj),
    Vague,
}

/// A relationship of a mapped class that is being configured.
struct Link<'r> {
    class: Obj,
    name: &'r str,
    relationship: &'r Value,
}

impl<'a> Interp<'a> {
    /// Remembers a mapped class under its registry.
    pub fn note_mapped(&mut self, registry: &Value, class: Obj) {
        let name = self.class_short_name(class);
        let mut known = match self
            .named(registry, "<classes>")
            .0
            .into_iter()
            .find(|(n, _)| *n == name)
        {
            Some((_, Value::Tuple(classes))) => classes.to_vec(),
            _ => Vec::new(),
        };
        known.push(Value::Obj(class));
        self.note_named(registry, "<classes>", &name, Value::tuple(known));
        self.store(&Value::Obj(class), "<registry>", registry.clone());
        let list = match self.memo.get(MAPPED) {
            Some(Value::Obj(list)) => *list,
            _ => {
                let list = self.heap.alloc(Kind::List(Vec::new()));
                self.memo.insert(MAPPED.to_owned(), Value::Obj(list));
                list
            }
        };
        let entry = Value::tuple(vec![registry.clone(), Value::Obj(class)]);
        if let Kind::List(items) = &mut self.heap.get_mut(list).kind {
            items.push(entry);
        }
    }

    /// A class is used for the first time: the mappers of its registry are configured.
    ///
    /// # Errors
    /// The first error of a relationship.
    pub fn configure_for(&mut self, class: Obj) -> R<()> {
        let this = Value::Obj(class);
        if self.own(&this, "<mapped>").is_none() {
            return Ok(());
        }
        match self.own(&this, "<registry>") {
            Some(registry @ Value::Obj(_)) => self.configure_registry(Some(&registry)),
            _ => Ok(()),
        }
    }

    /// `configure_mappers()`
    ///
    /// # Errors
    /// The first error of a relationship.
    pub fn configure_all(&mut self) -> R<()> {
        self.configure_registry(None)
    }

    fn configure_registry(&mut self, wanted: Option<&Value>) -> R<()> {
        if self.memo.contains_key(FAILED) {
            return Ok(());
        }
        let Some(Value::Obj(list)) = self.memo.get(MAPPED).cloned() else {
            return Ok(());
        };
        let Kind::List(items) = self.heap.get(list).kind.clone() else {
            return Ok(());
        };
        for item in items {
            let Value::Tuple(pair) = &item else { continue };
            let (Some(registry), Some(Value::Obj(class))) = (pair.first(), pair.get(1)) else {
                continue;
            };
            if wanted.is_some_and(|w| !w.same(registry)) {
                continue;
            }
            if let Err(stop) = self.configure_class(registry, *class) {
                if self.doubt == 0 {
                    self.memo.insert(FAILED.to_owned(), Value::Bool(true));
                }
                return Err(stop);
            }
        }
        Ok(())
    }

    fn configure_class(&mut self, registry: &Value, class: Obj) -> R<()> {
        let this = Value::Obj(class);
        if self.own(&this, "<configured>").is_some() || self.own(&this, "<mapped>").is_none() {
            return Ok(());
        }
        self.store(&this, "<configured>", Value::Bool(true));
        for (name, relationship) in self.properties_of(class) {
            if self.is_relationship(&relationship) && self.own(&relationship, "<started>").is_none()
            {
                self.store(&relationship, "<started>", Value::Bool(true));
                let link = Link {
                    class,
                    name: &name,
                    relationship: &relationship,
                };
                self.configure_link(registry, &link)?;
            }
        }
        Ok(())
    }

    /// Properties in order; those given to the class after it was made come last.
    fn properties_of(&mut self, class: Obj) -> Vec<(String, Value)> {
        let mut all = self.named(&Value::Obj(class), "<properties>").0;
        let later: Vec<(String, Value)> = self
            .heap
            .get(class)
            .attrs
            .iter()
            .map(|(n, s)| (self.interner.name(*n).to_string(), s.value.clone()))
            .filter(|(n, v)| {
                (self.is_relationship(v) || self.is_column(v)) && !all.iter().any(|(k, _)| k == n)
            })
            .collect();
        all.extend(later);
        all
    }

    /// `RelationshipProperty.do_init`
    fn configure_link(&mut self, registry: &Value, link: &Link<'_>) -> R<()> {
        for word in ["order_by", "primaryjoin", "secondaryjoin"] {
            self.check_text(registry, link, word)?;
        }
        let secondary = self.secondary_of(registry, link)?;
        for word in ["foreign_keys", "remote_side"] {
            self.check_text(registry, link, word)?;
        }
        let Found::Class(target) = self.entity_of(registry, link)? else {
            return Ok(());
        };
        let direction = match secondary {
            Some(secondary) => self.determine_direction(
                link.class,
                target,
                link.name,
                link.relationship,
                secondary,
            )?,
            None => None,
        };
        if let Some(direction) = direction {
            self.store(
                link.relationship,
                "<direction>",
                Value::str(direction.name()),
            );
            self.check_cascade(link, target, direction)?;
        }
        self.check_backref(link, target)?;
        self.check_back_populates(registry, link, target, direction)?;
        self.check_lazy(link)
    }

    /// The secondary table: inner `None` when there is none; outer `None` when it is not known.
    fn secondary_of(&mut self, registry: &Value, link: &Link<'_>) -> R<Option<Option<Value>>> {
        match self.relationship_argument(link.relationship, "secondary") {
            Value::None => Ok(Some(None)),
            table if self.is_a(&table, "sqlalchemy.sql.schema.Table") => Ok(Some(Some(table))),
            Value::Str(name) => {
                let name = name.text.to_string();
                let metadata = self.own(registry, "metadata").unwrap_or(Value::Unknown);
                let (tables, open) = self.tables_in(&metadata);
                if let Some((_, table)) = tables.into_iter().find(|(k, _)| *k == name) {
                    return Ok(Some(Some(table)));
                }
                let plain = plain_name(&name);
                let (classes, _) = self.named(registry, "<classes>");
                if let Some((_, Value::Tuple(found))) = classes.iter().find(|(n, _)| *n == name)
                    && let [Value::Obj(found)] = found.as_ref()
                    && self.dist_release("sqlalchemy") >= (2, 0, 0)
                {
                    let shown = self.class_name(*found);
                    let own = self.class_short_name(link.class);
                    let message = format!(
                        "secondary argument <class '{shown}'> passed to to relationship() {own}.{} must be a Table object or other FROM clause; can't send a mapped class directly as rows in 'secondary' are persisted independently of a class that is mapped to that same table.",
                        link.name
                    );
                    return Err(self.orm_fault("ArgumentError", &message, &own));
                }
                if !plain || open || self.blind() {
                    return Ok(None);
                }
                Err(self.unresolved(link, &name, &format!("name '{name}' is not defined")))
            }
            _ => Ok(None),
        }
    }

    /// `_setup_entity`
    fn entity_of(&mut self, registry: &Value, link: &Link<'_>) -> R<Found> {
        let argument = self.relationship_argument(link.relationship, "argument");
        let argument = match &argument {
            Value::Obj(obj) if matches!(self.heap.get(*obj).kind, Kind::Function(_)) => {
                self.call(&argument, Args::none()).unwrap_or(Value::Unknown)
            }
            _ => argument,
        };
        match &argument {
            Value::Str(text) => {
                let text = text.text.to_string();
                self.related_class(registry, link, &text)
            }
            Value::Obj(obj) if self.is_class(*obj) => {
                if self.own(&argument, "<mapped>").is_some() {
                    return Ok(Found::Class(*obj));
                }
                if self.is_blurred_class(*obj) || self.heap.get(*obj).open {
                    return Ok(Found::Vague);
                }
                let shown = self.class_name(*obj);
                if self.own(&argument, "__mapper__").is_some() {
                    return Ok(Found::Vague);
                }
                let message = format!("Class '{shown}' is not mapped");
                let short = self.class_short_name(link.class);
                Err(self.library_fault(
                    "sqlalchemy.orm.exc",
                    "UnmappedClassError",
                    "Exception",
                    &message,
                    "orm-class",
                    &[("class", &short)],
                ))
            }
            Value::Obj(obj) => match self.union_type(*obj) {
                Some(received) => {
                    let message = format!(
                        "relationship '{}' expects a class or a mapper argument (received: <class '{received}'>)",
                        link.name
                    );
                    let short = self.class_short_name(link.class);
                    Err(self.orm_fault("ArgumentError", &message, &short))
                }
                None => Ok(Found::Vague),
            },
            _ => Ok(Found::Vague),
        }
    }

    /// The type of a union of types, as Python shows it.
    fn union_type(&self, obj: Obj) -> Option<&'static str> {
        let Kind::Form {
            name: name @ ("Union" | "Optional"),
            origin,
            ..
        } = &self.heap.get(obj).kind
        else {
            return None;
        };
        let written = *name == "Union" && matches!(origin, Value::Ellipsis);
        Some(match self.version {
            (3, 14..) => "typing.Union",
            (3, 10..) if written => "types.UnionType",
            (3, 9..) => "typing._UnionGenericAlias",
            _ => return None,
        })
    }

    /// `_class_resolver._resolve_name`
    fn related_class(&mut self, registry: &Value, link: &Link<'_>, text: &str) -> R<Found> {
        let (classes, open) = self.named(registry, "<classes>");
        let metadata = self.own(registry, "metadata").unwrap_or(Value::Unknown);
        if let Some((_, Value::Tuple(found))) = classes.iter().find(|(n, _)| n == text) {
            return match found.as_ref() {
                [Value::Obj(one)] => Ok(Found::Class(*one)),
                _ => {
                    let message = format!(
                        "Multiple classes found for path \"{text}\" in the registry of this declarative base. Please use a fully module-qualified path."
                    );
                    let short = self.class_short_name(link.class);
                    Err(self.orm_fault("InvalidRequestError", &message, &short))
                }
            };
        }
        if self.tables_in(&metadata).0.iter().any(|(k, _)| k == text) {
            return Ok(Found::Vague);
        }
        if let Some((head, rest)) = text.split_once('[')
            && rest.contains(']')
            && !head.is_empty()
        {
            return Err(self.generic_argument(link, text));
        }
        if let Some((path, name)) = text.rsplit_once('.') {
            let root = text.split('.').next().unwrap_or_default().to_owned();
            let known = self.names_module(&classes, &root)
                || classes.iter().any(|(n, _)| *n == root)
                || open
                || self.blind();
            return match self.class_at(&classes, path, name) {
                Found::Vague if !known => Err(self.unresolved(link, text, text)),
                found => Ok(found),
            };
        }
        // No expression: whatever is written, it is looked up as one name.
        if open || self.blind() || self.names_module(&classes, text) {
            return Ok(Found::Vague);
        }
        Err(self.unresolved(link, text, text))
    }

    /// `package.module.Class`, or the end of such a path.
    fn class_at(&mut self, classes: &[(String, Value)], path: &str, name: &str) -> Found {
        let Some((_, Value::Tuple(found))) = classes.iter().find(|(n, _)| n == name) else {
            return Found::Vague;
        };
        let mut matching = found.iter().filter_map(|class| {
            let class = class.as_obj()?;
            match &self.heap.get(class).kind {
                Kind::Class(data)
                    if *data.module == *path || data.module.ends_with(&format!(".{path}")) =>
                {
                    Some(class)
                }
                _ => None,
            }
        });
        match (matching.next(), matching.next()) {
            (Some(one), None) => Found::Class(one),
            _ => Found::Vague,
        }
    }

    fn names_module(&self, classes: &[(String, Value)], text: &str) -> bool {
        classes.iter().any(|(_, found)| match found {
            Value::Tuple(found) => found.iter().any(|class| {
                class
                    .as_obj()
                    .is_some_and(|class| match &self.heap.get(class).kind {
                        Kind::Class(data) => data.module.split('.').any(|part| part == text),
                        _ => false,
                    })
            }),
            _ => false,
        })
    }

    fn generic_argument(&mut self, link: &Link<'_>, text: &str) -> Stop {
        let mapper = self.mapper_text(link.class);
        let short = self.class_short_name(link.class);
        // `(.+)\[(.+)\]`: the first group takes as much as it can.
        let (head, rest) = text.rsplit_once('[').unwrap_or((text, ""));
        let inner = rest.rsplit_once(']').map_or(rest, |(inner, _)| inner);
        let inner = inner.trim_matches('\'');
        let shown = crate::python::text::str_repr(text);
        let message = format!(
            "When initializing mapper {mapper}, expression \"relationship({shown})\" seems to be using a generic class as the argument to relationship(); please state the generic argument using an annotation, e.g. \"{}: Mapped[{head}['{inner}']] = relationship()\"",
            link.name
        );
        self.orm_fault("InvalidRequestError", &message, &short)
    }

    fn unresolved(&mut self, link: &Link<'_>, argument: &str, name: &str) -> Stop {
        let mapper = self.mapper_text(link.class);
        let shown = self.class_name(link.class);
        let short = self.class_short_name(link.class);
        let (argument, name) = (
            crate::python::text::str_repr(argument),
            crate::python::text::str_repr(name),
        );
        let message = format!(
            "When initializing mapper {mapper}, expression {argument} failed to locate a name ({name}). If this is a class name, consider adding this relationship() to the <class '{shown}'> class after both dependent classes have been defined."
        );
        let bare = argument.trim_matches('\'').to_owned();
        let slots = [("class", short.as_str()), ("name", bare.as_str())];
        self.sqlalchemy_fault("InvalidRequestError", &message, "orm-class", &slots)
    }

    /// An argument that is Python code in a text.
    fn check_text(&mut self, registry: &Value, link: &Link<'_>, word: &str) -> R<()> {
        let Value::Str(text) = self.relationship_argument(link.relationship, word) else {
            return Ok(());
        };
        let text = text.text.to_string();
        let (classes, open) = self.named(registry, "<classes>");
        let metadata = self.own(registry, "metadata").unwrap_or(Value::Unknown);
        let (tables, more) = self.tables_in(&metadata);
        if open || more || self.blind() {
            return Ok(());
        }
        for (root, attribute) in super::expression::names_in(&text) {
            if let Some((_, Value::Tuple(found))) = classes.iter().find(|(n, _)| *n == root) {
                let ([Value::Obj(class)], Some(attribute)) = (found.as_ref(), attribute) else {
                    continue;
                };
                let (class, name) = (*class, self.sym(&attribute));
                if !matches!(self.property(class, &attribute), Some(None))
                    || self.class_lookup(class, name).is_some()
                {
                    continue;
                }
                let shown = self.class_name(class);
                let message = format!(
                    "Class <class '{shown}'> does not have a mapped column named '{attribute}'"
                );
                let slots = [("object", shown.as_str()), ("name", attribute.as_str())];
                return Err(self.fault("AttributeError", &message, "orm-class", &slots));
            }
            let name = self.sym(&root);
            let builtins = self.builtins.module;
            let known = tables
                .iter()
                .any(|(k, _)| *k == root || k.starts_with(&format!("{root}.")))
                || self.names_module(&classes, &root)
                || self.heap.get(builtins).attrs.contains_key(&name)
                || super::expression::is_helper(&root)
                || ["sqlalchemy", "sqlalchemy.orm", "sqlalchemy.orm.clsregistry"]
                    .iter()
                    .any(|module| self.loaded_attribute(module, &root).is_some());
            if !known {
                return Err(self.unresolved(link, &text, &format!("name '{root}' is not defined")));
            }
        }
        Ok(())
    }

    fn check_cascade(&mut self, link: &Link<'_>, target: Obj, direction: Direction) -> R<()> {
        let orphan = matches!(
            self.relationship_argument(link.relationship, "cascade"),
            Value::Str(text) if text.text.split(',').any(|w| w.trim() == "delete-orphan")
        );
        let single = !matches!(
            self.relationship_argument(link.relationship, "single_parent"),
            Value::None | Value::Bool(false)
        );
        let view = !matches!(
            self.relationship_argument(link.relationship, "viewonly"),
            Value::None | Value::Bool(false)
        );
        if !orphan || single || view || direction == Direction::OneToMany {
            return Ok(());
        }
        let (own, other) = (
            self.class_short_name(link.class),
            self.class_short_name(target),
        );
        let word = match direction {
            Direction::ManyToOne => "many-to-one",
            _ => "many-to-many",
        };
        let link_text = self.sqlalchemy_link("bbf0");
        let rel = format!("{own}.{}", link.name);
        let message = format!(
            "For {word} relationship {rel}, delete-orphan cascade is normally configured only on the \"one\" side of a one-to-many relationship, and not on the \"many\" side of a many-to-one or many-to-many relationship.  To force this relationship to allow a particular \"{other}\" object to be referenced by only a single \"{own}\" object at a time via the {rel} relationship, which would allow delete-orphan cascade to take place in this direction, set the single_parent=True flag. {link_text}"
        );
        Err(self.orm_fault("ArgumentError", &message, &own))
    }

    /// Has the mapper of a class a property? `None` when that is not known.
    fn property(&mut self, class: Obj, name: &str) -> Option<Option<Value>> {
        if let Some((_, value)) = self
            .properties_of(class)
            .into_iter()
            .find(|(n, _)| n == name)
        {
            return Some(Some(value));
        }
        if self.is_vague(&Value::Obj(class)) {
            return None;
        }
        Some(None)
    }

    /// `_generate_backref`
    fn check_backref(&mut self, link: &Link<'_>, target: Obj) -> R<()> {
        let backref = match self.relationship_argument(link.relationship, "backref") {
            Value::Str(name) => name.text.to_string(),
            Value::Tuple(both) => match both.first() {
                Some(Value::Str(name)) => name.text.to_string(),
                _ => return Ok(()),
            },
            Value::None => return Ok(()),
            _ => {
                self.store(&Value::Obj(target), "<vague>", Value::Bool(true));
                return Ok(());
            }
        };
        if let Some(Some(_)) = self.property(target, &backref) {
            let own = self.class_short_name(link.class);
            let mapper = self.mapper_text(target);
            let message = format!(
                "Error creating backref '{backref}' on relationship '{own}.{}': property of that name exists on mapper '{mapper}'",
                link.name
            );
            return Err(self.orm_fault("ArgumentError", &message, &own));
        }
        let object = self.library_object("sqlalchemy.orm.relationships", "RelationshipProperty");
        self.store(&object, "<started>", Value::Bool(true));
        self.set_relationship_argument(&object, "argument", Value::Obj(link.class));
        self.note_named(&Value::Obj(target), "<properties>", &backref, object);
        Ok(())
    }

    /// `_add_reverse_property`
    fn check_back_populates(
        &mut self,
        registry: &Value,
        link: &Link<'_>,
        target: Obj,
        direction: Option<Direction>,
    ) -> R<()> {
        let Value::Str(name) = self.relationship_argument(link.relationship, "back_populates")
        else {
            return Ok(());
        };
        let name = name.text.to_string();
        let own = self.class_short_name(link.class);
        let other = match self.property(target, &name) {
            None => return Ok(()),
            Some(None) => {
                let mapper = self.mapper_text(target);
                let hint = if self.dist_release("sqlalchemy") >= (2, 0, 0) {
                    ".  If this property was indicated from other mappers or configure events, ensure registry.configure() has been called."
                } else {
                    ""
                };
                let message = format!("Mapper '{mapper}' has no property '{name}'{hint}");
                return Err(self.orm_fault("InvalidRequestError", &message, &own));
            }
            Some(Some(other)) => other,
        };
        let there = self.class_short_name(target);
        if self.is_column(&other) {
            if self.dist_release("sqlalchemy") < (2, 0, 0) {
                return Ok(());
            }
            let message = format!(
                "back_populates on relationship '{own}.{}' refers to attribute '{there}.{name}' that is not a relationship.  The back_populates parameter should refer to the name of a relationship on the target class.",
                link.name
            );
            return Err(self.orm_fault("InvalidRequestError", &message, &own));
        }
        if !self.is_relationship(&other) {
            return Ok(());
        }
        let back = Link {
            class: target,
            name: &name,
            relationship: &other,
        };
        let Found::Class(source) = self.entity_of(registry, &back)? else {
            return Ok(());
        };
        if source != link.class
            && self.is_subclass(source, link.class) == Some(false)
            && self.is_subclass(link.class, source) == Some(false)
            && self.unrelated(source, link.class)
        {
            let mapper = self.mapper_text(link.class);
            let message = format!(
                "reverse_property '{name}' on relationship {own}.{} references relationship {there}.{name}, which does not reference mapper {mapper}",
                link.name
            );
            return Err(self.orm_fault("ArgumentError", &message, &own));
        }
        let reverse = self.own(&other, "<direction>");
        if let (Some(direction), Some(Value::Str(reverse))) = (direction, reverse)
            && direction != Direction::ManyToMany
            && direction.name() == &*reverse.text
        {
            let shown = self.direction_text(direction);
            let message = format!(
                "{there}.{name} and back-reference {own}.{} are both of the same direction {shown}.  Did you mean to set remote_side on the many-to-one side ?",
                link.name
            );
            return Err(self.orm_fault("ArgumentError", &message, &own));
        }
        Ok(())
    }

    /// Have two mapped classes no mapped ancestor in common?
    fn unrelated(&mut self, a: Obj, b: Obj) -> bool {
        let mapped = |i: &mut Self, class: Obj| -> Vec<Obj> {
            match &i.heap.get(class).kind {
                Kind::Class(data) => {
                    let mro = data.mro.clone();
                    mro.iter().copied().filter(|c| i.is_mapped(*c)).collect()
                }
                _ => Vec::new(),
            }
        };
        let (a, b) = (mapped(self, a), mapped(self, b));
        !a.iter().any(|c| b.contains(c))
    }

    fn direction_text(&self, direction: Direction) -> String {
        let name = direction.name();
        if self.dist_release("sqlalchemy") >= (2, 0, 0) {
            let value = match direction {
                Direction::OneToMany => 1,
                Direction::ManyToOne => 2,
                Direction::ManyToMany => 3,
            };
            format!("<RelationshipDirection.{name}: {value}>")
        } else {
            format!("symbol('{name}')")
        }
    }

    fn check_lazy(&mut self, link: &Link<'_>) -> R<()> {
        let Value::Str(lazy) = self.relationship_argument(link.relationship, "lazy") else {
            return Ok(());
        };
        let lazy = lazy.text.to_string();
        if LAZY.contains(&lazy.as_str()) {
            return Ok(());
        }
        let own = self.class_short_name(link.class);
        let message = format!(
            "Can't find strategy (('lazy', '{lazy}'),) for {own}.{}",
            link.name
        );
        Err(self.library_fault(
            "sqlalchemy.orm.exc",
            "LoaderStrategyException",
            "Exception",
            &message,
            "orm-class",
            &[("class", &own)],
        ))
    }
}

fn plain_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
