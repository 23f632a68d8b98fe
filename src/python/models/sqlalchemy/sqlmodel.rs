//! SQLModel: a pydantic class that is a mapped class too when it says `table=True`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::pydantic::shapes::{Container, Shape};
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Obj, Slot, Table, Value};

/// `SQLModelMetaclass.__new__(cls, name, bases, class_dict, **kwargs)`
pub fn class_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [_, _, _, namespace] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Some((table, false)) = interp.table_of(namespace) else {
        return interp.plain_class(args);
    };
    let is_table = args
        .keyword(interp.sym("table"))
        .cloned()
        .unwrap_or(Value::Bool(false));
    let registry = args.keyword(interp.sym("registry")).cloned();
    let mut relationships = Vec::new();
    let mut body = Table::default();
    for (key, (name, value)) in &table {
        match name.as_str() {
            Some(text) if interp.is_a(value, "sqlmodel.main.RelationshipInfo") => {
                relationships.push((text.to_owned(), value.clone()));
            }
            _ => {
                body.insert(key.clone(), (name.clone(), value.clone()));
            }
        }
    }
    let annotations = split_annotations(interp, &mut body, &relationships);
    let dict = interp.heap.alloc(Kind::Dict(body));
    if let Some(old) = namespace.as_obj()
        && let Some((_, cell)) = interp
            .class_cells
            .iter()
            .rev()
            .find(|(d, _)| *d == old)
            .copied()
    {
        interp.class_cells.push((dict, cell));
    }
    let mut call = args.clone();
    call.pos[3] = Value::Obj(dict);
    // `table=` and `registry=` are SQLModel's own keywords, not pydantic's.
    call.kw.clear();
    let class = crate::python::models::pydantic::model_class(interp, call)?;
    let listed = interp.dict_of(relationships.clone());
    interp.store(&class, "__sqlmodel_relationships__", listed);
    if let Some(registry) = registry {
        let metadata = interp.own(&registry, "metadata").unwrap_or(Value::Unknown);
        interp.store(&class, "_sa_registry", registry);
        interp.store(&class, "metadata", metadata);
        interp.store(&class, "__abstract__", Value::Bool(true));
        return Ok(class);
    }
    if let (Value::Obj(obj), Value::Bool(true)) = (&class, &is_table) {
        interp.map_table_model(*obj, &relationships, &annotations)?;
    }
    Ok(class)
}

/// Takes the annotations of relationships out of the body that pydantic sees.
fn split_annotations(
    interp: &mut Interp<'_>,
    body: &mut Table,
    relationships: &[(String, Value)],
) -> Vec<(String, Value)> {
    let key = Key::Str("__annotations__".into());
    let Some((name, found)) = body.get(&key).cloned() else {
        return Vec::new();
    };
    let Some((table, open)) = interp.table_of(&found) else {
        return Vec::new();
    };
    let mut kept = Table::default();
    let mut taken = Vec::new();
    for (k, (text, annotation)) in table {
        match text.as_str() {
            Some(t) if relationships.iter().any(|(r, _)| r == t) => {
                taken.push((t.to_owned(), annotation))
            }
            _ => {
                kept.insert(k, (text, annotation));
            }
        }
    }
    let kept = interp.heap.alloc(Kind::Dict(kept));
    interp.heap.get_mut(kept).open = open;
    body.insert(key, (name, Value::Obj(kept)));
    taken
}

/// `SQLModel.__new__`
pub fn new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(Value::Obj(class)) if interp.is_class(*class) => {
            let class = *class;
            Ok(Value::Obj(interp.instance(class)))
        }
        _ => Ok(interp.unknown()),
    }
}

/// `sqlmodel_validate(cls, obj, ...)`: an instance of which nothing more is known.
pub fn validate(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    interp.blur();
    match interp.parameter(&bound, "cls") {
        Value::Obj(class) if interp.is_class(class) => {
            let this = Value::Obj(interp.instance(class));
            interp.open_instance(&this);
            Ok(this)
        }
        _ => Ok(Value::Unknown),
    }
}

/// Something whose answer is not known.
pub fn not_known(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(interp.unknown())
}

/// `SQLModel.__init__(self, **data)`: table models are not validated.
pub fn init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let Some(class) = interp.class_of_instance(&this) else {
        return Ok(Value::None);
    };
    if interp.get(&Value::Obj(class), "<mapped>").is_none() {
        return crate::python::models::pydantic::fill(interp, &this, class, &args)
            .map(|()| Value::None);
    }
    interp.bound(&args)?;
    interp.configure_for(class)?;
    for (name, value) in &args.kw {
        let name = interp.interner.name(*name);
        interp.store(&this, &name, value.clone());
    }
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `SQLModel.__setattr__`
pub fn setattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(obj), name, value] = args.pos.as_slice()
        && let Some(name) = name.as_str()
    {
        let name = interp.interner.intern(name);
        interp
            .heap
            .get_mut(*obj)
            .attrs
            .insert(name, Slot::sure(value.clone()));
    }
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    fn map_table_model(
        &mut self,
        class: Obj,
        relationships: &[(String, Value)],
        annotations: &[(String, Value)],
    ) -> R<()> {
        let this = Value::Obj(class);
        if self.class_value(class, "<mapped>").is_some() {
            // Derived from a table model: a plain pydantic model to SQLAlchemy.
            return Ok(());
        }
        let fields = self.model_fields(class).unwrap_or_default();
        for field in &fields {
            self.check_column_type(&field.info, &field.annotation.shape, class, &field.name)?;
            let given = self
                .own(&field.info, "sa_column")
                .filter(|c| self.is_column(c));
            let column = match given {
                Some(column) => column,
                None => self.column_of_field(&field.info),
            };
            self.store(&this, &field.name, column);
        }
        for (name, info) in relationships {
            let annotation = annotations
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, a)| a.clone());
            let object = self.relationship_of(info, annotation.as_ref())?;
            self.store(&this, name, object);
        }
        let tablename = self.sym("__tablename__");
        let own = self
            .class_lookup(class, tablename)
            .is_some_and(|(_, value, _)| value.as_str().is_some());
        if !own {
            let name = self.class_short_name(class).to_lowercase();
            self.store(&this, "__tablename__", Value::str(name));
        }
        if self.own(&this, "__abstract__").is_none() {
            self.store(&this, "__abstract__", Value::Bool(false));
        }
        let registry = self.get(&this, "_sa_registry").unwrap_or(Value::Unknown);
        if self.get(&this, "metadata").is_none_or(|m| m.is_unknown()) {
            return Ok(());
        }
        self.map_class(&registry, class)
    }

    /// `get_column_from_field`
    fn column_of_field(&mut self, info: &Value) -> Value {
        let column = self.library_object("sqlalchemy.sql.schema", "Column");
        let given = |i: &mut Self, name: &str| match i.own(info, name) {
            Some(value) if i.is_undefined(&value) => None,
            other => other,
        };
        let mut vague = false;
        let primary = match given(self, "primary_key") {
            None | Some(Value::None) => Value::Bool(false),
            Some(key @ Value::Bool(_)) => key,
            Some(_) => Value::Unknown,
        };
        let mut keys = Vec::new();
        match given(self, "foreign_key") {
            None | Some(Value::None) => {}
            Some(target @ Value::Str(_)) => {
                let key = self.library_object("sqlalchemy.sql.schema", "ForeignKey");
                self.store(&key, "<target>", target);
                keys.push(key);
            }
            Some(_) => vague = true,
        }
        if let Some(more) = given(self, "sa_column_args") {
            let items = match &more {
                Value::Tuple(items) => items.to_vec(),
                Value::Obj(obj) => match &self.heap.get(*obj).kind {
                    Kind::List(items) => items.clone(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            vague |= items.iter().any(Value::is_unknown) || more.is_unknown();
            keys.extend(
                items
                    .into_iter()
                    .filter(|item| self.is_a(item, "sqlalchemy.sql.schema.ForeignKey")),
            );
        }
        let mut primary = primary;
        let mut name = Value::None;
        if let Some(more) = given(self, "sa_column_kwargs") {
            match self.table_of(&more) {
                Some((table, open)) => {
                    vague |= open;
                    for (key, value) in table.values() {
                        match key.as_str() {
                            Some("primary_key") => primary = value.clone(),
                            Some("name") => name = value.clone(),
                            Some("key") | None => vague = true,
                            Some(_) => {}
                        }
                    }
                }
                None => vague |= !matches!(more, Value::None),
            }
        }
        for (word, value) in [
            ("primary_key", primary),
            ("name", name),
            ("key", Value::None),
            ("<type>", Value::Unknown),
            ("<fks>", Value::tuple(keys)),
            ("<vague>", Value::Bool(vague)),
        ] {
            self.store(&column, word, value);
        }
        column
    }

    /// `SQLModelMetaclass.__init__`: the relationship that a `Relationship()` stands for.
    fn relationship_of(&mut self, info: &Value, annotation: Option<&Value>) -> R<Value> {
        if let Some(given) = self.own(info, "sa_relationship")
            && self.is_relationship(&given)
        {
            return Ok(given);
        }
        let object = self.library_object("sqlalchemy.orm.relationships", "RelationshipProperty");
        let target = match annotation {
            Some(annotation) => self.relationship_target(annotation, 0)?,
            None => Value::Unknown,
        };
        self.set_relationship_argument(&object, "argument", target);
        let given = |i: &mut Self, name: &str| i.own(info, name).unwrap_or(Value::None);
        match given(self, "back_populates") {
            Value::None => {}
            name => self.set_relationship_argument(&object, "back_populates", name),
        }
        if matches!(given(self, "cascade_delete"), Value::Bool(true)) {
            let cascade = Value::str("all, delete-orphan");
            self.set_relationship_argument(&object, "cascade", cascade);
        }
        match given(self, "link_model") {
            Value::None => {}
            link => {
                let table = self.get(&link, "__table__").unwrap_or(Value::Unknown);
                self.set_relationship_argument(&object, "secondary", table);
            }
        }
        if !matches!(given(self, "sa_relationship_args"), Value::None) {
            self.set_relationship_argument(&object, "primaryjoin", Value::Unknown);
        }
        let more = given(self, "sa_relationship_kwargs");
        match self.table_of(&more) {
            Some((table, open)) => {
                for (key, value) in table.values() {
                    if let Some(name) = key.as_str() {
                        self.set_relationship_argument(&object, name, value.clone());
                    }
                }
                if open {
                    self.set_relationship_argument(&object, "primaryjoin", Value::Unknown);
                }
            }
            None if matches!(more, Value::None) => {}
            None => self.set_relationship_argument(&object, "primaryjoin", Value::Unknown),
        }
        Ok(object)
    }

    /// `get_relationship_to`: a text is taken as it is.
    fn relationship_target(&mut self, annotation: &Value, depth: u32) -> R<Value> {
        if depth > 6 {
            return Ok(Value::Unknown);
        }
        let Value::Obj(obj) = annotation else {
            return Ok(match annotation {
                // A postponed annotation is written with the quotes of `ast.unparse`.
                Value::Str(text) => Value::str(text.text.replace('"', "'")),
                _ => Value::Unknown,
            });
        };
        match self.heap.get(*obj).kind.clone() {
            Kind::Class(_) => Ok(annotation.clone()),
            Kind::Form {
                name: "Union",
                args,
                ..
            } => {
                let rest: Vec<&Value> = args.iter().filter(|a| !matches!(a, Value::None)).collect();
                match rest.as_slice() {
                    [one] => self.relationship_target(one, depth + 1),
                    _ => Ok(Value::Unknown),
                }
            }
            Kind::Form {
                name: "alias",
                args,
                ..
            } if args.len() == 1 => self.relationship_target(&args[0], depth + 1),
            _ => Ok(Value::Unknown),
        }
    }

    /// `get_sqlalchemy_type`
    fn check_column_type(&mut self, info: &Value, shape: &Shape, class: Obj, field: &str) -> R<()> {
        for given in ["sa_type", "sa_column"] {
            if self
                .own(info, given)
                .is_some_and(|v| !self.is_undefined(&v))
            {
                return Ok(());
            }
        }
        let shown = match shape {
            Shape::Union(ways) => {
                let others: Vec<&Shape> = ways
                    .iter()
                    .filter(|w| !matches!(w, Shape::Nothing))
                    .collect();
                return match others.as_slice() {
                    [one] => {
                        let one = (*one).clone();
                        self.check_column_type(info, &one, class, field)
                    }
                    _ if ways.iter().any(|w| matches!(w, Shape::Any | Shape::Vague)) => Ok(()),
                    _ => {
                        let message = "Cannot have a (non-optional) union as a SQLAlchemy field";
                        let short = self.class_short_name(class);
                        Err(self.fault(
                            "ValueError",
                            message,
                            "orm-class",
                            &[("class", &short), ("field", field)],
                        ))
                    }
                };
            }
            Shape::Marked(inner) => {
                return self.check_column_type(info, inner, class, field);
            }
            Shape::Generic(Container::List, _) => "list".to_owned(),
            Shape::Generic(Container::Dict, _) => "dict".to_owned(),
            Shape::Generic(Container::Set, _) => "set".to_owned(),
            Shape::Generic(Container::Tuple, _) => "tuple".to_owned(),
            Shape::Class(used) => {
                let name = self.class_name(*used);
                let container = matches!(
                    name.as_str(),
                    "list" | "dict" | "set" | "tuple" | "frozenset"
                );
                if !container && !self.is_model_class(*used) {
                    return Ok(());
                }
                name
            }
            _ => return Ok(()),
        };
        let message = format!("<class '{shown}'> has no matching SQLAlchemy type");
        let short = self.class_short_name(class);
        Err(self.fault(
            "ValueError",
            &message,
            "orm-class",
            &[("class", &short), ("field", field)],
        ))
    }
}
