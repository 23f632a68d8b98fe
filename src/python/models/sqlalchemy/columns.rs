//! Columns, foreign keys, tables and relationships as objects that mapped classes are made of.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Obj, Value};

/// `Column.__init__(self, name, type, *args, primary_key=False, ...)`
pub fn column_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let primary = interp.parameter(&bound, "primary_key");
    interp.store(&this, "primary_key", primary);
    let name = args.pos.get(1).filter(|v| v.as_str().is_some()).cloned();
    let name = name
        .or_else(|| args.keyword(interp.sym("name")).cloned())
        .unwrap_or(Value::None);
    interp.store(&this, "name", name);
    interp.open_instance(&this);
    if interp.dist_release("sqlalchemy") >= (2, 0, 0) {
        let (extra, _) = interp.keywords(&bound, "dialect_kwargs");
        if let Some((name, _)) = extra.iter().find(|(name, _)| !dialect_keyword(name)) {
            let message = format!(
                "Additional arguments should be named <dialectname>_<argument>, got '{name}'"
            );
            let slots = [("callee", "Column"), ("parameter", name.as_str())];
            return Err(interp.fault("TypeError", &message, "call-signature", &slots));
        }
    }
    Ok(Value::None)
}

/// `^(.+?)_(.+)$`
fn dialect_keyword(name: &str) -> bool {
    name.char_indices()
        .any(|(at, c)| c == '_' && at > 0 && at + 1 < name.len())
}

/// `ForeignKey.__init__(self, column, ...)`
pub fn foreign_key_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.bound(&args)?;
    if let Some(this) = args.pos.first() {
        interp.open_instance(this);
    }
    Ok(Value::None)
}

/// `mapped_column(...)`
pub fn mapped_column(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let primary = interp.parameter(&bound, "primary_key");
    let object = interp.library_object("sqlalchemy.orm.properties", "MappedColumn");
    // `primary_key=_NoArg.NO_ARG` is "not a key" for a plain column.
    let given = args
        .kw
        .iter()
        .any(|(n, _)| &*interp.interner.name(*n) == "primary_key");
    let primary = if given || args.open {
        primary
    } else {
        Value::Bool(false)
    };
    interp.store(&object, "primary_key", primary);
    let inside = args.pos.iter().any(Value::is_unknown);
    interp.store(&object, "<unknown>", Value::Bool(inside));
    Ok(object)
}

/// `relationship(argument=None, ...)`
pub fn relationship(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let argument = interp.parameter(&bound, "argument");
    let object = interp.library_object("sqlalchemy.orm.relationships", "RelationshipProperty");
    interp.store(&object, "argument", argument);
    Ok(object)
}

/// `RelationshipProperty.__init__(self, argument, ...)`
pub fn relationship_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let argument = interp.parameter(&bound, "argument");
    interp.store(&this, "argument", argument);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `Table(name, metadata, *args, **kw)`
pub fn table_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let table = interp.library_object("sqlalchemy.sql.schema", "Table");
    let (Some(name), Some(metadata)) = (args.pos.get(1).cloned(), args.pos.get(2).cloned()) else {
        return Ok(table);
    };
    let Some(name) = name.as_str().map(ToOwned::to_owned) else {
        return Ok(table);
    };
    let flag = |i: &mut Interp<'_>, word: &str| {
        let word = i.sym(word);
        args.keyword(word)
            .is_some_and(|v| !matches!(v, Value::Bool(false)))
    };
    let tolerant = flag(interp, "extend_existing") || flag(interp, "keep_existing") || args.open;
    let schema = args.keyword(interp.sym("schema")).cloned();
    let has_columns = args.pos.len() > 3;
    let key = match schema.as_ref().map(Value::as_str) {
        None => Some(name.clone()),
        Some(Some(schema)) => Some(format!("{schema}.{name}")),
        Some(None) => None,
    };
    if let Some(key) = key {
        let known = interp.tables_of(&metadata);
        if has_columns && !tolerant && known.contains(&key) {
            return Err(interp.table_twice(&key, ""));
        }
        interp.note_table(&metadata, &key);
    }
    Ok(table)
}

impl<'a> Interp<'a> {
    /// Tables that a metadata object certainly has.
    pub fn tables_of(&mut self, metadata: &Value) -> Vec<String> {
        match self
            .own(metadata, "<tables>")
            .and_then(|t| self.table_of(&t))
        {
            Some((table, _)) => table
                .values()
                .filter_map(|(k, _)| k.as_str().map(ToOwned::to_owned))
                .collect(),
            None => Vec::new(),
        }
    }

    /// Remembers a table of a metadata object.
    pub fn note_table(&mut self, metadata: &Value, key: &str) {
        self.note_named(metadata, "<tables>", key, Value::None);
    }

    /// Puts a name into a hidden dict of an object.
    pub fn note_named(&mut self, owner: &Value, attribute: &str, key: &str, value: Value) {
        if owner.as_obj().is_none() {
            return;
        }
        let table: Obj = match self.own(owner, attribute).and_then(|t| t.as_obj()) {
            Some(table) => table,
            None => {
                let table = self
                    .heap
                    .alloc(Kind::Dict(crate::python::value::Table::default()));
                self.store(owner, attribute, Value::Obj(table));
                table
            }
        };
        let key = Value::str(key);
        if let (Some(k), Kind::Dict(entries)) = (Key::of(&key), &mut self.heap.get_mut(table).kind)
        {
            entries.insert(k, (key, value));
        }
    }

    /// The error of a table that the metadata has already.
    pub fn table_twice(&mut self, key: &str, class: &str) -> crate::python::raise::Stop {
        let message = format!(
            "Table '{key}' is already defined for this MetaData instance.  Specify 'extend_existing=True' to redefine options and columns on an existing Table object."
        );
        let slots = [("table", key), ("class", class)];
        self.library_fault(
            "sqlalchemy.exc",
            "InvalidRequestError",
            "Exception",
            &message,
            "table-redefined",
            &slots,
        )
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
}
