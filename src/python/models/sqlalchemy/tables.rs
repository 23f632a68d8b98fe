//! Tables: their columns, constraints and foreign keys, and the metadata that holds them.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Obj, Table, Value};

/// Keywords of `Table` that name no dialect (2.0).
const OWN_KEYWORDS: &[&str] = &[
    "schema",
    "quote",
    "quote_schema",
    "autoload_with",
    "autoload_replace",
    "keep_existing",
    "extend_existing",
    "resolve_fks",
    "include_columns",
    "implicit_returning",
    "comment",
    "info",
    "listeners",
    "prefixes",
    "must_exist",
    "mustexist",
];

/// `Table(name, metadata, *args, **kw)`
pub fn table_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(name), Some(metadata)) = (args.pos.get(1).cloned(), args.pos.get(2).cloned()) else {
        if args.open || args.pos.len() < 2 {
            return Ok(interp.library_object("sqlalchemy.sql.schema", "Table"));
        }
        if interp.dist_release("sqlalchemy") >= (2, 0, 0) {
            let message =
                "Table() takes at least two positional-only arguments 'name' and 'metadata'";
            return Err(interp.fault("TypeError", message, "call-signature", &[]));
        }
        return Ok(interp.library_object("sqlalchemy.sql.schema", "Table"));
    };
    let keywords: Vec<(String, Value)> = args
        .kw
        .iter()
        .map(|(n, v)| (interp.interner.name(*n).to_string(), v.clone()))
        .collect();
    interp.create_table(&name, &metadata, &args.pos[3..], &keywords, args.open)
}

/// One foreign key of a table: the column that has it, and the `ForeignKey`.
pub type KeyPair = (Value, Value);

/// Where a foreign key leads.
pub enum Target {
    /// A column of a table.
    Column(Value, Value),
    /// A table that the metadata does not have: its key and the column.
    NoTable(String, String),
    /// A table without such a column.
    NoColumn(Value, String),
    /// Not known.
    Vague,
}

impl<'a> Interp<'a> {
    /// Makes a table, as `Table.__new__` and `__init__` do.
    ///
    /// # Errors
    /// What SQLAlchemy raises.
    pub fn create_table(
        &mut self,
        name: &Value,
        metadata: &Value,
        items: &[Value],
        keywords: &[(String, Value)],
        open: bool,
    ) -> R<Value> {
        let get = |word: &str| {
            keywords
                .iter()
                .find(|(k, _)| k == word)
                .map(|(_, v)| v.clone())
        };
        let flag = |word: &str| get(word).is_some_and(|v| !matches!(v, Value::Bool(false)));
        let tolerant = flag("extend_existing") || flag("keep_existing") || open;
        let schema = match get("schema") {
            None | Some(Value::None) => self.own(metadata, "schema"),
            given => given,
        };
        let table = self.library_object("sqlalchemy.sql.schema", "Table");
        let key = match (name.as_str(), &schema) {
            (Some(name), None | Some(Value::None)) => Some(name.to_owned()),
            (Some(name), Some(schema)) => schema.as_str().map(|s| format!("{s}.{name}")),
            _ => None,
        };
        let vague = open || key.is_none() || flag("autoload_with") || flag("autoload");
        self.store(&table, "name", name.clone());
        self.store(&table, "metadata", metadata.clone());
        self.store(&table, "schema", schema.unwrap_or(Value::None));
        self.store(&table, "<vague>", Value::Bool(vague));
        let Some(key) = key else { return Ok(table) };
        let (known, _) = self.tables_in(metadata);
        if let Some((_, existing)) = known.into_iter().find(|(k, _)| *k == key) {
            if !tolerant && !items.is_empty() {
                return Err(self.table_twice(&key, ""));
            }
            self.store(&existing, "<vague>", Value::Bool(true));
            return Ok(existing);
        }
        self.store(&table, "key", Value::str(key.as_str()));
        let extra: Vec<(String, Value)> = keywords
            .iter()
            .filter(|(k, _)| !OWN_KEYWORDS.contains(&k.as_str()))
            .cloned()
            .collect();
        self.refuse_keywords("Table", &extra)?;
        self.note_named(metadata, "<tables>", &key, table.clone());
        match self.fill_table(&table, items) {
            Ok(()) => Ok(table),
            Err(stop) => {
                self.forget_table(metadata, &key);
                Err(stop)
            }
        }
    }

    fn forget_table(&mut self, metadata: &Value, key: &str) {
        if let Some(Value::Obj(dict)) = self.own(metadata, "<tables>")
            && let Kind::Dict(entries) = &mut self.heap.get_mut(dict).kind
        {
            entries.shift_remove(&Key::Str(key.into()));
        }
    }

    /// `Table._init_items`
    fn fill_table(&mut self, table: &Value, items: &[Value]) -> R<()> {
        let mut constraints = Vec::new();
        for item in items {
            match item {
                Value::None => {}
                Value::Unknown => self.store(table, "<vague>", Value::Bool(true)),
                column if self.is_column(column) => self.attach_column(table, column)?,
                other if self.is_constraint(other) => constraints.push(other.clone()),
                other => self.check_item(other)?,
            }
        }
        for constraint in constraints {
            self.attach_constraint(table, &constraint)?;
        }
        Ok(())
    }

    fn is_constraint(&self, value: &Value) -> bool {
        self.is_a(value, "sqlalchemy.sql.schema.Constraint")
            || self.is_a(value, "sqlalchemy.sql.schema.Index")
    }

    fn attach_column(&mut self, table: &Value, column: &Value) -> R<()> {
        let name = self.own(column, "name").unwrap_or(Value::Unknown);
        if matches!(&name, Value::None) {
            let message = "Column must be constructed with a non-blank name or assign a non-blank .name before adding to a Table.";
            return Err(self.sqlalchemy_fault("ArgumentError", message, "orm-class", &[]));
        }
        if let Some(other) = self.own(column, "<table>")
            && !other.same(table)
            && let (Some(name), Some(other)) = (name.as_str(), self.own(&other, "key"))
            && let Some(other) = other.as_str()
        {
            let message = format!("Column object '{name}' already assigned to Table '{other}'");
            return Err(self.sqlalchemy_fault(
                "ArgumentError",
                &message,
                "orm-class",
                &[("name", name), ("table", other)],
            ));
        }
        self.store(column, "<table>", table.clone());
        let key = match self.own(column, "key") {
            Some(Value::Str(key)) => key.text.to_string(),
            _ => match name.as_str() {
                Some(name) => name.to_owned(),
                None => {
                    self.store(table, "<vague>", Value::Bool(true));
                    return Ok(());
                }
            },
        };
        if !matches!(self.own(column, "<vague>"), Some(Value::Bool(false))) {
            self.store(table, "<vague>", Value::Bool(true));
        }
        self.note_named(table, "<columns>", &key, column.clone());
        if let Some(Value::Tuple(keys)) = self.own(column, "<fks>") {
            for key in keys.iter() {
                let pair = Value::tuple(vec![column.clone(), key.clone()]);
                self.add_constraint(table, vec![pair]);
            }
        }
        Ok(())
    }

    fn add_constraint(&mut self, table: &Value, pairs: Vec<Value>) {
        let mut all = match self.own(table, "<constraints>") {
            Some(Value::Tuple(items)) => items.to_vec(),
            _ => Vec::new(),
        };
        all.push(Value::tuple(pairs));
        self.store(table, "<constraints>", Value::tuple(all));
    }

    fn attach_constraint(&mut self, table: &Value, constraint: &Value) -> R<()> {
        let foreign = self.is_a(constraint, "sqlalchemy.sql.schema.ForeignKeyConstraint");
        if foreign {
            // Its pairs are not followed: what it joins is not known.
            self.store(table, "<joins>", Value::Bool(true));
        }
        let kinds: &[(&str, &str)] = &[
            ("sqlalchemy.sql.schema.UniqueConstraint", "UniqueConstraint"),
            (
                "sqlalchemy.sql.schema.PrimaryKeyConstraint",
                "PrimaryKeyConstraint",
            ),
            ("sqlalchemy.sql.schema.Index", "Index"),
            (
                "sqlalchemy.sql.schema.ForeignKeyConstraint",
                "ForeignKeyConstraint",
            ),
        ];
        let Some((_, kind)) = kinds.iter().find(|(name, _)| self.is_a(constraint, name)) else {
            return Ok(());
        };
        let columns = match self.own(constraint, "<columns>") {
            Some(Value::Tuple(columns)) => columns,
            _ => return Ok(()),
        };
        if self.is_vague(table) {
            return Ok(());
        }
        let known = self.columns_in(table);
        for column in columns.iter() {
            let Value::Str(name) = column else { continue };
            let name = name.text.to_string();
            if known.iter().any(|(k, _)| *k == name) {
                continue;
            }
            let shown = self
                .own(table, "key")
                .and_then(|k| k.as_str().map(ToOwned::to_owned))
                .unwrap_or_default();
            let message = format!(
                "Can't create {kind} on table '{shown}': no column named '{name}' is present."
            );
            return Err(self.sqlalchemy_fault(
                "ConstraintColumnNotFoundError",
                &message,
                "orm-class",
                &[("table", &shown), ("name", &name)],
            ));
        }
        Ok(())
    }

    /// May an object have more than what is known of it?
    pub fn is_vague(&mut self, object: &Value) -> bool {
        !matches!(self.own(object, "<vague>"), Some(Value::Bool(false)))
    }

    /// Columns of a table by key.
    pub fn columns_in(&mut self, table: &Value) -> Vec<(String, Value)> {
        self.named(table, "<columns>").0
    }

    /// Tables of a metadata object by key, and whether there may be more.
    pub fn tables_in(&mut self, metadata: &Value) -> (Vec<(String, Value)>, bool) {
        self.named(metadata, "<tables>")
    }

    /// Entries of a hidden dict of an object, and whether there may be more.
    pub fn named(&mut self, owner: &Value, attribute: &str) -> (Vec<(String, Value)>, bool) {
        let Some(found) = self.own(owner, attribute) else {
            return (Vec::new(), owner.is_unknown());
        };
        match self.table_of(&found) {
            Some((table, open)) => (
                table
                    .values()
                    .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                    .collect(),
                open,
            ),
            None => (Vec::new(), true),
        }
    }

    /// Constraints of a table, each with its pairs of column and key; `None` when not known.
    pub fn foreign_keys_of(&mut self, table: &Value) -> Option<Vec<Vec<KeyPair>>> {
        if self.is_vague(table) || self.own(table, "<joins>").is_some() {
            return None;
        }
        let Some(all) = self.own(table, "<constraints>") else {
            return Some(Vec::new());
        };
        let Value::Tuple(all) = all else { return None };
        all.iter()
            .map(|constraint| match constraint {
                Value::Tuple(pairs) => pairs
                    .iter()
                    .map(|pair| match pair {
                        Value::Tuple(both) => Some((both.first()?.clone(), both.get(1)?.clone())),
                        _ => None,
                    })
                    .collect(),
                _ => None,
            })
            .collect()
    }

    /// `ForeignKey.column`
    pub fn target_of(&mut self, table: &Value, key: &Value) -> Target {
        match self.own(key, "<target>") {
            Some(Value::Str(spec)) => {
                let spec = spec.text.to_string();
                self.target_named(table, &spec)
            }
            Some(column) if self.is_column(&column) => match self.own(&column, "<table>") {
                Some(table) => Target::Column(table, column),
                None => Target::Vague,
            },
            _ => Target::Vague,
        }
    }

    fn target_named(&mut self, table: &Value, spec: &str) -> Target {
        let Some((rest, column)) = spec.rsplit_once('.') else {
            return Target::Vague;
        };
        let metadata = self.own(table, "metadata").unwrap_or(Value::Unknown);
        let key = match (rest.contains('.'), self.own(&metadata, "schema")) {
            (true, _) | (false, None | Some(Value::None)) => rest.to_owned(),
            (false, Some(Value::Str(schema))) => format!("{}.{rest}", schema.text),
            _ => return Target::Vague,
        };
        let (tables, open) = self.tables_in(&metadata);
        match tables.into_iter().find(|(k, _)| *k == key) {
            Some((_, target)) => {
                if let Some((_, found)) = self
                    .columns_in(&target)
                    .into_iter()
                    .find(|(k, _)| k == column)
                {
                    return Target::Column(target, found);
                }
                if self.is_vague(&target) {
                    return Target::Vague;
                }
                Target::NoColumn(target, column.to_owned())
            }
            None if open || self.own(&metadata, "<reflected>").is_some() || self.blind() => {
                Target::Vague
            }
            None => Target::NoTable(key, column.to_owned()),
        }
    }

    /// The error of a foreign key that leads nowhere.
    pub fn no_reference(
        &mut self,
        table: &Value,
        column: &Value,
        key: &Value,
        target: &Target,
    ) -> Option<crate::python::raise::Stop> {
        let text = |i: &mut Self, object: &Value, name: &str| {
            i.own(object, name)
                .and_then(|v| v.as_str().map(ToOwned::to_owned))
                .unwrap_or_default()
        };
        let owner = text(self, table, "key");
        let own = text(self, column, "name");
        match target {
            Target::NoTable(missing, wanted) => {
                let message = format!(
                    "Foreign key associated with column '{owner}.{own}' could not find table '{missing}' with which to generate a foreign key to target column '{wanted}'"
                );
                let slots = [("table", owner.as_str()), ("name", missing.as_str())];
                Some(self.sqlalchemy_fault("NoReferencedTableError", &message, "orm-class", &slots))
            }
            Target::NoColumn(found, wanted) => {
                let spec = text(self, key, "<target>");
                let (name, other) = (text(self, table, "name"), text(self, found, "name"));
                let message = format!(
                    "Could not initialize target column for ForeignKey '{spec}' on table '{name}': table '{other}' has no column named '{wanted}'"
                );
                let slots = [("table", owner.as_str()), ("name", wanted.as_str())];
                Some(self.sqlalchemy_fault(
                    "NoReferencedColumnError",
                    &message,
                    "orm-class",
                    &slots,
                ))
            }
            _ => None,
        }
    }

    /// `sort_tables_and_constraints`: every foreign key of the metadata is resolved.
    ///
    /// # Errors
    /// The error of the first one that leads nowhere.
    pub fn check_references(&mut self, metadata: &Value) -> R<()> {
        let (mut tables, _) = self.tables_in(metadata);
        tables.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, table) in tables {
            let Some(constraints) = self.foreign_keys_of(&table) else {
                continue;
            };
            for (column, key) in constraints.into_iter().flatten() {
                let target = self.target_of(&table, &key);
                if let Some(stop) = self.no_reference(&table, &column, &key, &target) {
                    return Err(stop);
                }
            }
        }
        Ok(())
    }

    /// Puts a name into a hidden dict of an object.
    pub fn note_named(&mut self, owner: &Value, attribute: &str, key: &str, value: Value) {
        if owner.as_obj().is_none() {
            return;
        }
        let table: Obj = match self.own(owner, attribute).and_then(|t| t.as_obj()) {
            Some(table) => table,
            None => {
                let table = self.heap.alloc(Kind::Dict(Table::default()));
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
        self.sqlalchemy_fault("InvalidRequestError", &message, "table-redefined", &slots)
    }
}
