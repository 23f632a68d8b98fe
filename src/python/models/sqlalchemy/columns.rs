//! Columns, foreign keys and relationships as the objects that tables and mapped classes are made
//! of: what their constructors keep, and what they refuse.
//!
//! Kept on the objects under names that no Python code can write: `<type>` (`None` when a column
//! has none yet), `<fks>`, `<vague>` (arguments that are not known), `<dataclass>`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Sym, Value};

/// `Column.__init__(self, name, type, *args, primary_key=False, ...)`
pub fn column_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let (extra, _) = interp.keywords(&bound, "dialect_kwargs");
    interp.read_column(&this, &args.pos[1..], &args.kw, args.open)?;
    interp.open_instance(&this);
    interp.refuse_keywords("Column", &extra)?;
    Ok(Value::None)
}

/// `mapped_column(...)`
pub fn mapped_column(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let object = interp.library_object("sqlalchemy.orm.properties", "MappedColumn");
    let (extra, _) = interp.keywords(&bound, "kw");
    interp.read_column(&object, &args.pos, &args.kw, args.open)?;
    let given = interp.dataclass_arguments(&args);
    interp.store(&object, "<dataclass>", given);
    interp.refuse_keywords("mapped_column", &extra)?;
    Ok(object)
}

/// `^(.+?)_(.+)$`
fn dialect_keyword(name: &str) -> bool {
    name.char_indices()
        .any(|(at, c)| c == '_' && at > 0 && at + 1 < name.len())
}

/// `ForeignKey.__init__(self, column, ...)`
pub fn foreign_key_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let column = interp.parameter(&bound, "column");
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let refused = match &column {
        Value::Obj(obj) if interp.is_class(*obj) && !interp.is_blurred_class(*obj) => {
            let word = interp.sym("__clause_element__");
            match interp.class_lookup(*obj, word) {
                None => Some(format!("<class '{}'>", interp.class_name(*obj))),
                Some(_) => None,
            }
        }
        Value::None | Value::Int(_) | Value::Bool(_) => interp.repr_of(&column),
        _ => None,
    };
    if let Some(shown) = refused {
        let message = format!(
            "String column name or Column object for DDL foreign key constraint expected, got {shown}."
        );
        return Err(interp.sqlalchemy_fault("ArgumentError", &message, "orm-class", &[]));
    }
    interp.store(&this, "<target>", column);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `relationship(argument=None, secondary=None, ...)` (2.0)
pub fn relationship(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let (extra, _) = interp.keywords(&bound, "kw");
    if let Some((name, _)) = extra.first() {
        let message =
            format!("RelationshipProperty.__init__() got an unexpected keyword argument '{name}'");
        let slots = [("callee", "relationship"), ("parameter", name.as_str())];
        return Err(interp.fault("TypeError", &message, "call-signature", &slots));
    }
    let object = interp.library_object("sqlalchemy.orm.relationships", "RelationshipProperty");
    interp.read_relationship(&object, &args, 0)?;
    let given = interp.dataclass_arguments(&args);
    interp.store(&object, "<dataclass>", given);
    Ok(object)
}

/// `RelationshipProperty.__init__(self, argument, ...)`
pub fn relationship_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    interp.read_relationship(&this, &args, 1)?;
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `ColumnCollectionConstraint.__init__(self, *columns, ...)`: unique and primary key constraints.
pub fn constraint_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    keep_columns(interp, &args, 1)
}

/// `Index.__init__(self, name, *expressions, ...)`
pub fn index_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    keep_columns(interp, &args, 2)
}

fn keep_columns(interp: &mut Interp<'_>, args: &Args, skip: usize) -> R<Value> {
    if let Some(this) = args.pos.first().cloned() {
        let columns: Vec<Value> = args.pos.iter().skip(skip).cloned().collect();
        interp.store(&this, "<columns>", Value::tuple(columns));
        interp.open_instance(&this);
    }
    Ok(Value::None)
}

/// Arguments of `relationship()` that are kept, by name.
const KEPT: &[&str] = &[
    "argument",
    "secondary",
    "primaryjoin",
    "secondaryjoin",
    "back_populates",
    "backref",
    "cascade",
    "viewonly",
    "lazy",
    "foreign_keys",
    "remote_side",
    "single_parent",
    "order_by",
    "_local_remote_pairs",
];

const CASCADES: &[&str] = &[
    "save-update",
    "merge",
    "delete",
    "expunge",
    "refresh-expire",
    "all",
    "none",
    "delete-orphan",
];

impl<'a> Interp<'a> {
    /// Keyword arguments that only dataclasses understand, as a tuple of names.
    fn dataclass_arguments(&mut self, args: &Args) -> Value {
        let given: Vec<Value> = args
            .kw
            .iter()
            .map(|(name, _)| self.interner.name(*name))
            .filter(|name| matches!(&**name, "init" | "repr" | "default_factory"))
            .map(|name| Value::str(&*name))
            .collect();
        Value::tuple(given)
    }

    /// Keywords that are no `dialect_option` (2.0).
    pub fn refuse_keywords(&mut self, callee: &str, extra: &[(String, Value)]) -> R<()> {
        if self.dist_release("sqlalchemy") < (2, 0, 0) {
            return Ok(());
        }
        let Some((name, _)) = extra.iter().find(|(name, _)| !dialect_keyword(name)) else {
            return Ok(());
        };
        let message =
            format!("Additional arguments should be named <dialectname>_<argument>, got '{name}'");
        let slots = [("callee", callee), ("parameter", name.as_str())];
        Err(self.fault("TypeError", &message, "call-signature", &slots))
    }

    /// Understands the arguments of a column as `Column.__init__` does.
    fn read_column(
        &mut self,
        this: &Value,
        pos: &[Value],
        kw: &[(Sym, Value)],
        open: bool,
    ) -> R<()> {
        let keyword = |i: &mut Self, word: &str| {
            let word = i.sym(word);
            kw.iter().find(|(n, _)| *n == word).map(|(_, v)| v.clone())
        };
        let two = self.dist_release("sqlalchemy") >= (2, 0, 0);
        let mut vague = open;
        let mut rest = pos;
        let mut name = keyword(self, "name").unwrap_or(Value::None);
        match rest.first() {
            Some(given @ Value::Str(_)) => {
                name = given.clone();
                rest = &rest[1..];
            }
            Some(Value::None) if two => rest = &rest[1..],
            _ => {}
        }
        let mut kind = keyword(self, "type_").unwrap_or(Value::None);
        if let Some(first) = rest.first() {
            let word = self.sym("_sqla_type");
            let item = self.is_a(first, "sqlalchemy.sql.schema.SchemaItem")
                || self.is_a(first, "sqlalchemy.sql.schema.ForeignKey");
            let found = if item {
                Ok(None)
            } else {
                self.find_attribute(first, word)
            };
            match (first, found) {
                (Value::Unknown, _) | (_, Ok(Some(Value::Unknown)) | Err(_)) => vague = true,
                (Value::None, _) if two => rest = &rest[1..],
                (_, Ok(Some(_))) => {
                    kind = first.clone();
                    rest = &rest[1..];
                }
                (_, Ok(None)) => {}
            }
        }
        let mut keys = Vec::new();
        for item in rest {
            match item {
                Value::None => {}
                Value::Unknown => vague = true,
                item if self.is_a(item, "sqlalchemy.sql.schema.ForeignKey") => {
                    keys.push(item.clone());
                }
                item => self.check_item(item)?,
            }
        }
        if let Some(value) = keyword(self, "default") {
            self.check_default(&value)?;
        }
        for word in ["server_default", "server_onupdate"] {
            if let Some(value) = keyword(self, word) {
                self.check_server_default(&value)?;
            }
        }
        let primary = match keyword(self, "primary_key") {
            Some(value) => value,
            None if open => Value::Unknown,
            None => Value::Bool(false),
        };
        let key = keyword(self, "key").unwrap_or_else(|| name.clone());
        if name.is_unknown() || key.is_unknown() {
            vague = true;
        }
        self.store(this, "primary_key", primary);
        self.store(this, "name", name);
        self.store(this, "key", key);
        self.store(this, "<type>", kind);
        self.store(this, "<fks>", Value::tuple(keys));
        self.store(this, "<vague>", Value::Bool(vague));
        Ok(())
    }

    /// An argument of a column or table that must be part of a schema.
    pub fn check_item(&mut self, item: &Value) -> R<()> {
        let word = self.sym("_set_parent_with_dispatch");
        if !matches!(self.find_attribute(item, word), Ok(None)) {
            return Ok(());
        }
        let shown = match item {
            Value::Obj(obj) if self.is_class(*obj) => {
                Some(format!("<class '{}'>", self.class_name(*obj)))
            }
            other => self.repr_of(other),
        };
        let shown = shown.unwrap_or_else(|| self.type_name(item));
        let message = format!(
            "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, got {shown}"
        );
        Err(self.sqlalchemy_fault("ArgumentError", &message, "orm-class", &[]))
    }

    /// `ColumnDefault(callable)`: it is called with the context, or with nothing.
    fn check_default(&mut self, value: &Value) -> R<()> {
        let Value::Obj(obj) = value else {
            return Ok(());
        };
        let Kind::Function(function) = &self.heap.get(*obj).kind else {
            return Ok(());
        };
        let required = function.def.parameters().map_or(0, |p| {
            p.posonlyargs
                .iter()
                .chain(&p.args)
                .filter(|a| a.default.is_none())
                .count()
        });
        if required <= 1 {
            return Ok(());
        }
        let message = "ColumnDefault Python function takes zero or one positional arguments";
        Err(self.sqlalchemy_fault("ArgumentError", message, "orm-class", &[]))
    }

    /// `DefaultClause(arg)`
    fn check_server_default(&mut self, value: &Value) -> R<()> {
        let kind = match value {
            Value::Int(_) => "int",
            Value::Bool(_) => "bool",
            Value::Float(_) => "float",
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::List(_) => "list",
                Kind::Dict(_) => "dict",
                Kind::Function(_) => "function",
                _ => return Ok(()),
            },
            _ => return Ok(()),
        };
        let message = format!(
            "Argument 'arg' is expected to be one of type '<class 'str'>' or '<class 'sqlalchemy.sql.elements.ClauseElement'>' or '<class 'sqlalchemy.sql.elements.TextClause'>', got '<class '{kind}'>'"
        );
        Err(self.sqlalchemy_fault("ArgumentError", &message, "orm-class", &[]))
    }

    /// Keeps the arguments of `relationship()`; `skip` is the receiver.
    fn read_relationship(&mut self, this: &Value, args: &Args, skip: usize) -> R<()> {
        for (at, word) in KEPT.iter().enumerate() {
            let name = self.sym(word);
            let by_position = if at < 2 {
                args.pos.get(at + skip)
            } else {
                None
            };
            let given = by_position.or_else(|| args.keyword(name)).cloned();
            let value = match given {
                Some(value) => value,
                None if args.open => Value::Unknown,
                None => continue,
            };
            self.store(this, &slot(word), value);
        }
        if let Some(Value::Str(text)) = self.own(this, &slot("cascade")) {
            let mut unknown: Vec<&str> = text
                .text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty() && !CASCADES.contains(word))
                .collect();
            unknown.sort_unstable();
            unknown.dedup();
            if !unknown.is_empty() {
                let shown: Vec<String> = unknown
                    .iter()
                    .map(|w| crate::python::text::str_repr(w))
                    .collect();
                let message = format!("Invalid cascade option(s): {}", shown.join(", "));
                return Err(self.sqlalchemy_fault("ArgumentError", &message, "orm-class", &[]));
            }
        }
        let given = |i: &mut Self, word: &str| {
            i.own(this, &slot(word)).is_some_and(|v| {
                matches!(&v, Value::Str(s) if !s.text.is_empty()) || matches!(v, Value::Tuple(_))
            })
        };
        if given(self, "back_populates") && given(self, "backref") {
            let message = "backref and back_populates keyword arguments are mutually exclusive";
            return Err(self.sqlalchemy_fault("ArgumentError", message, "orm-class", &[]));
        }
        Ok(())
    }

    /// An argument of a relationship: `None` when it was not given.
    pub fn relationship_argument(&mut self, relationship: &Value, name: &str) -> Value {
        self.own(relationship, &slot(name)).unwrap_or(Value::None)
    }

    /// Gives a relationship an argument.
    pub fn set_relationship_argument(&mut self, relationship: &Value, name: &str, value: Value) {
        self.store(relationship, &slot(name), value);
    }

    /// Is a value a column of a mapped class?
    pub fn is_column(&self, value: &Value) -> bool {
        self.is_a(value, "sqlalchemy.sql.schema.Column")
            || self.is_a(value, "sqlalchemy.orm.properties.MappedColumn")
    }

    /// Is a value a relationship of a mapped class?
    pub fn is_relationship(&self, value: &Value) -> bool {
        self.is_a(value, "sqlalchemy.orm.relationships.RelationshipProperty")
    }

    /// An exception about a mapped class or its table.
    pub fn orm_fault(&mut self, exception: &str, message: &str, class: &str) -> Stop {
        self.sqlalchemy_fault(exception, message, "orm-class", &[("class", class)])
    }
}

fn slot(word: &str) -> String {
    format!("<{word}>")
}
