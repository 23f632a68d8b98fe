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
    interp.configure_for_use()?;
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
        let fields = self.model_fields(class).unwrap_or_default();
        for field in &fields {
            self.check_column_type(&field.info, &field.annotation.shape, class, &field.name)?;
            let column = self.library_object("sqlalchemy.orm.properties", "MappedColumn");
            let given = self
                .own(&field.info, "sa_column")
                .filter(|c| self.is_column(c));
            let key = match given {
                Some(column) => self.own(&column, "primary_key").unwrap_or(Value::Unknown),
                None => match self.own(&field.info, "primary_key") {
                    Some(Value::Bool(key)) => Value::Bool(key),
                    Some(value) if self.is_undefined(&value) => Value::Bool(false),
                    None => Value::Bool(false),
                    _ => Value::Unknown,
                },
            };
            self.store(&column, "primary_key", key);
            self.store(&this, &field.name, column);
        }
        for (name, _) in relationships {
            let object =
                self.library_object("sqlalchemy.orm.relationships", "RelationshipProperty");
            let annotation = annotations
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, a)| a.clone());
            let target = annotation.and_then(|a| self.relationship_target(&a));
            self.store(
                &object,
                "argument",
                target.map_or(Value::Unknown, Value::str),
            );
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

    /// Name of the class that a relationship leads to.
    fn relationship_target(&mut self, annotation: &Value) -> Option<String> {
        match annotation {
            Value::Str(text) => {
                let mut text = text.text.trim().trim_matches(['"', '\'']).to_owned();
                for wrapper in ["Optional[", "List[", "list[", "Mapped["] {
                    if let Some(inner) = text.strip_prefix(wrapper) {
                        text = inner
                            .trim_end_matches(']')
                            .trim_matches(['"', '\''])
                            .to_owned();
                    }
                }
                Some(text)
            }
            Value::Obj(obj) => match self.heap.get(*obj).kind.clone() {
                Kind::Class(data) => Some(data.name.to_string()),
                Kind::Form { args, .. } => args
                    .iter()
                    .filter(|a| !matches!(a, Value::None))
                    .find_map(|a| self.relationship_target(a)),
                _ => None,
            },
            _ => None,
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
                    _ if ways.iter().any(|w| matches!(w, Shape::Any)) => Ok(()),
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
