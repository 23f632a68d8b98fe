//! `collections.namedtuple`, `typing.NamedTuple`, `typing.TypedDict`.

use super::generated::Generated;
use crate::python::call::Args;
use crate::python::class::NewClass;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Namespace, Obj, Payload, Slot, Table, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("collections", "namedtuple", namedtuple),
    ("typing", "NamedTupleMeta.__new__", named_tuple_class),
    (
        "typing_extensions",
        "_NamedTupleMeta.__new__",
        named_tuple_class,
    ),
    ("typing", "_TypedDictMeta.__new__", typed_dict_class),
    (
        "typing_extensions",
        "_TypedDictMeta.__new__",
        typed_dict_class,
    ),
    ("typing", "NamedTuple", named_tuple_function),
    ("typing", "TypedDict", typed_dict_function),
    ("_collections", "defaultdict.__new__", defaultdict_new),
    ("_collections", "defaultdict.__init__", super::sys::none),
    (
        "_collections",
        "defaultdict.__missing__",
        defaultdict_missing,
    ),
    ("_collections", "OrderedDict.move_to_end", super::sys::none),
];

/// Words that cannot be field names.
fn is_keyword(name: &str) -> bool {
    ruff_python_stdlib::keyword::is_keyword(name)
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn namedtuple(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let keys = ["typename", "field_names", "defaults", "rename", "module"].map(|n| interp.sym(n));
    let typename = args
        .get(0, keys[0])
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let fields = args.get(1, keys[1]).cloned().unwrap_or(Value::Unknown);
    let fields = match &fields {
        Value::Str(text) => Some(
            text.text
                .replace(',', " ")
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
        ),
        other => interp.items_of(other)?.and_then(|items| {
            items
                .iter()
                .map(|v| v.as_str().map(ToOwned::to_owned))
                .collect::<Option<Vec<String>>>()
        }),
    };
    let renames = args.keyword(keys[3]).is_some();
    let (Some(typename), Some(fields)) = (typename, fields) else {
        return Ok(interp.unknown());
    };
    if renames {
        return Ok(interp.unknown());
    }
    check_names(interp, &typename, &fields)?;
    let defaults = match args.keyword(keys[2]).cloned() {
        None | Some(Value::None) => Vec::new(),
        Some(value) => match interp.items_of(&value)? {
            Some(items) => items,
            None => return Ok(interp.unknown()),
        },
    };
    if defaults.len() > fields.len() {
        return Err(interp.error("TypeError", "Got more default values than field names"));
    }
    Ok(interp.tuple_class(
        &typename,
        &fields,
        defaults,
        Vec::new(),
        Namespace::default(),
    ))
}

fn check_names(interp: &mut Interp<'_>, typename: &str, fields: &[String]) -> R<()> {
    for name in std::iter::once(typename).chain(fields.iter().map(String::as_str)) {
        let shown = crate::python::text::str_repr(name);
        if !is_identifier(name) {
            let message = format!("Type names and field names must be valid identifiers: {shown}");
            return Err(interp.error("ValueError", &message));
        }
        if is_keyword(name) {
            let message = format!("Type names and field names cannot be a keyword: {shown}");
            return Err(interp.error("ValueError", &message));
        }
    }
    for (at, name) in fields.iter().enumerate() {
        let shown = crate::python::text::str_repr(name);
        if name.starts_with('_') {
            let message = format!("Field names cannot start with an underscore: {shown}");
            return Err(interp.error("ValueError", &message));
        }
        if fields[..at].contains(name) {
            return Err(interp.error(
                "ValueError",
                &format!("Encountered duplicate field name: {shown}"),
            ));
        }
    }
    Ok(())
}

impl<'a> Interp<'a> {
    /// A subclass of `tuple` with named items.
    fn tuple_class(
        &mut self,
        name: &str,
        fields: &[String],
        defaults: Vec<Value>,
        more_bases: Vec<Value>,
        mut namespace: Namespace,
    ) -> Value {
        let module = self.frame().module;
        let module_name = self.module_name(module);
        let key = self.names.module;
        namespace
            .entry(key)
            .or_insert_with(|| Slot::sure(Value::str(&*module_name)));
        let make = self.native_value("__make", make);
        let text = format!(
            "def __new__(_cls{}): return __make(_cls, ({}))",
            tail(fields),
            list(fields)
        );
        let qualname = format!("{name}.__new__");
        let new = self.generate(Generated {
            text: &text,
            module,
            qualname: &qualname,
            defaults,
            kw_defaults: Vec::new(),
            names: vec![("__make", make)],
            hook: None,
        });
        let new = new.map_or(Value::Unknown, |new| {
            Value::Obj(self.heap.alloc(Kind::StaticMethod(new)))
        });
        namespace.insert(self.names.new, Slot::sure(new));
        for field in fields {
            let field = self.sym(field);
            namespace.insert(field, Slot::sure(Value::Unknown));
        }
        let shown = Value::tuple(fields.iter().map(|f| Value::str(f.as_str())).collect());
        let replace = self.native_value("_replace", replace);
        let asdict = self.native_value("_asdict", asdict);
        let unmodelled = self.builtins.unmodelled.clone();
        let made = self.heap.alloc(Kind::ClassMethod(unmodelled));
        let defaults = self.open_object(Kind::Dict(Table::default()));
        let extra = [
            ("_fields", shown.clone()),
            ("__match_args__", shown),
            ("_replace", replace),
            ("_asdict", asdict),
            ("_make", Value::Obj(made)),
            ("_field_defaults", defaults),
            ("__slots__", Value::tuple(Vec::new())),
        ];
        for (name, value) in extra {
            let name = self.sym(name);
            namespace.entry(name).or_insert_with(|| Slot::sure(value));
        }
        let mut bases = vec![Value::Obj(self.builtins.class("tuple"))];
        bases.extend(more_bases);
        let cell = self.heap.alloc(Kind::List(Vec::new()));
        let new = NewClass {
            name,
            orig_bases: bases.clone(),
            bases,
            meta: None,
            keywords: Vec::new(),
            namespace,
            cell,
        };
        Value::Obj(self.type_new_plain(&new))
    }
}

fn tail(fields: &[String]) -> String {
    fields.iter().map(|f| format!(", {f}")).collect()
}

fn list(fields: &[String]) -> String {
    fields.iter().map(|f| format!("{f}, ")).collect()
}

/// `__make(cls, items)`: the instance, with its items as attributes too.
fn make(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Obj(class)), Some(Value::Tuple(items))) = (args.pos.first(), args.pos.get(1))
    else {
        return Ok(interp.unknown());
    };
    let (class, items) = (*class, items.clone());
    let object = interp.heap.alloc(Kind::Instance {
        class,
        payload: Payload::Value(Value::Tuple(items.clone())),
    });
    for (name, value) in fields_of(interp, class).into_iter().zip(items.iter()) {
        interp.put(object, &name, value.clone());
    }
    Ok(Value::Obj(object))
}

fn fields_of(interp: &mut Interp<'_>, class: Obj) -> Vec<String> {
    let name = interp.sym("_fields");
    match interp.class_lookup(class, name) {
        Some((_, Value::Tuple(names), _)) => names
            .iter()
            .filter_map(Value::as_str)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn parts(interp: &mut Interp<'_>, args: &Args) -> Option<(Obj, Vec<String>, Vec<Value>)> {
    let object = args.pos.first()?.as_obj()?;
    let Kind::Instance {
        class,
        payload: Payload::Value(Value::Tuple(items)),
    } = interp.heap.get(object).kind.clone()
    else {
        return None;
    };
    let fields = fields_of(interp, class);
    Some((class, fields, items.to_vec()))
}

fn replace(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some((class, fields, mut items)) = parts(interp, &args) else {
        return Ok(interp.unknown());
    };
    for (name, value) in &args.kw {
        let text = interp.interner.name(*name);
        match fields.iter().position(|f| **f == *text) {
            Some(at) if at < items.len() => items[at] = value.clone(),
            _ => return Ok(interp.unknown()),
        }
    }
    make(
        interp,
        Args::positional(vec![Value::Obj(class), Value::tuple(items)]),
    )
}

fn asdict(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some((_, fields, items)) = parts(interp, &args) else {
        return Ok(interp.unknown());
    };
    let table: Table = fields
        .iter()
        .zip(items)
        .map(|(name, value)| {
            let (key, text) = crate::python::builtins::text_key(name);
            (key, (text, value))
        })
        .collect();
    Ok(Value::Obj(interp.heap.alloc(Kind::Dict(table))))
}

/// Names and values of a class body handed to a metaclass.
fn body(interp: &mut Interp<'_>, value: Option<&Value>) -> Option<Namespace> {
    let (table, open) = interp.table_of(value?)?;
    if open {
        return None;
    }
    let mut names = Namespace::default();
    for (key, value) in table.values() {
        let name = interp.interner.intern(key.as_str()?);
        names.insert(name, Slot::sure(value.clone()));
    }
    Some(names)
}

fn annotated(interp: &Interp<'_>, names: &Namespace) -> Option<Vec<String>> {
    match names.get(&interp.names.annotations).map(|s| &s.value) {
        None => Some(Vec::new()),
        Some(value) => {
            let (table, open) = interp.table_of(value)?;
            (!open).then(|| {
                table
                    .values()
                    .filter_map(|(k, _)| k.as_str().map(ToOwned::to_owned))
                    .collect()
            })
        }
    }
}

/// `class Point(NamedTuple)`: the metaclass makes a named tuple of the annotations.
fn named_tuple_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [_, name, bases, namespace, ..] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Some(name) = name.as_str().map(ToOwned::to_owned) else {
        return Ok(interp.unknown());
    };
    let generic: Vec<Value> = match bases {
        Value::Tuple(bases) => bases
            .iter()
            .filter(|b| matches!(b, Value::Obj(o) if interp.class_short_name(*o) == "Generic"))
            .cloned()
            .collect(),
        _ => Vec::new(),
    };
    let Some(mut names) = body(interp, Some(namespace)) else {
        return Ok(interp.unknown());
    };
    let Some(fields) = annotated(interp, &names) else {
        return Ok(interp.unknown());
    };
    let mut defaults = Vec::new();
    let mut first_default: Option<&str> = None;
    let mut defaulted: Vec<&str> = Vec::new();
    for field in &fields {
        let key = interp.sym(field);
        match names.shift_remove(&key) {
            Some(slot) => {
                defaults.push(slot.value);
                first_default.get_or_insert(field);
                defaulted.push(field);
            }
            None if first_default.is_some() => {
                let plural = if defaulted.len() > 1 { "s" } else { "" };
                let message = format!(
                    "Non-default namedtuple field {field} cannot follow default field{plural} {}",
                    defaulted.join(", ")
                );
                return Err(interp.error("TypeError", &message));
            }
            None => {}
        }
    }
    check_names(interp, &name, &fields)?;
    Ok(interp.tuple_class(&name, &fields, defaults, generic, names))
}

/// `NamedTuple("Point", [("x", int)])`
fn named_tuple_function(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let keys = ["typename", "fields"].map(|n| interp.sym(n));
    let name = args
        .get(0, keys[0])
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let fields = args.get(1, keys[1]).cloned().unwrap_or(Value::Unknown);
    let (Some(name), Some(pairs)) = (name, interp.items_of(&fields)?) else {
        return Ok(interp.unknown());
    };
    let mut names = Vec::new();
    for pair in pairs {
        match interp.items_of(&pair)?.as_deref() {
            Some([first, _]) if first.as_str().is_some() => {
                names.push(first.as_str().unwrap_or_default().to_owned())
            }
            _ => return Ok(interp.unknown()),
        }
    }
    check_names(interp, &name, &names)?;
    Ok(interp.tuple_class(&name, &names, Vec::new(), Vec::new(), Namespace::default()))
}

/// `class Movie(TypedDict)`: a `dict` with annotations.
fn typed_dict_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [_, name, _, namespace, ..] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Some(name) = name.as_str().map(ToOwned::to_owned) else {
        return Ok(interp.unknown());
    };
    let Some(mut names) = body(interp, Some(namespace)) else {
        return Ok(interp.unknown());
    };
    let total = interp.sym("__total__");
    names.insert(total, Slot::sure(Value::Unknown));
    Ok(interp.dict_class(&name, names))
}

impl<'a> Interp<'a> {
    /// What `TypedDict` puts in its own place as a base, where its own code could not be followed.
    pub(in crate::python) fn typed_dict_base(&mut self) -> Value {
        const MEMO: &str = "class typing.TypedDict";
        if let Some(class) = self.memo.get(MEMO) {
            return class.clone();
        }
        let class = self.dict_class("TypedDict", Namespace::default());
        self.memo.insert(MEMO.to_owned(), class.clone());
        class
    }

    fn dict_class(&mut self, name: &str, namespace: Namespace) -> Value {
        let bases = vec![Value::Obj(self.builtins.class("dict"))];
        let mut namespace = namespace;
        // Subclasses may say `total=False`.
        let accept = self.native_value("__init_subclass__", super::sys::none);
        let accept = Value::Obj(self.heap.alloc(Kind::ClassMethod(accept)));
        namespace.insert(self.names.init_subclass, Slot::sure(accept));
        let cell = self.heap.alloc(Kind::List(Vec::new()));
        let new = NewClass {
            name,
            orig_bases: bases.clone(),
            bases,
            meta: None,
            keywords: Vec::new(),
            namespace,
            cell,
        };
        let class = self.type_new_plain(&new);
        // `__required_keys__` and the like.
        self.heap.get_mut(class).open = true;
        Value::Obj(class)
    }
}

fn typed_dict_function(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    else {
        return Ok(interp.unknown());
    };
    Ok(interp.dict_class(&name, Namespace::default()))
}

/// `defaultdict(factory, ...)`
fn defaultdict_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    if args.pos.is_empty() {
        return Ok(interp.unknown());
    }
    let Value::Obj(class) = args.pos.remove(0) else {
        return Ok(interp.unknown());
    };
    // A subclass with an `__init__` of its own tells the factory and the items there.
    let init = interp.names.init;
    let inherited = interp
        .class_lookup(class, init)
        .is_none_or(|(owner, _, _)| interp.class_short_name(owner).ends_with("defaultdict"));
    if !inherited {
        interp.escape(&args);
        args.pos = vec![Value::Unknown];
        args.kw.clear();
    }
    let factory = if args.pos.is_empty() {
        Value::None
    } else {
        args.pos.remove(0)
    };
    if matches!(
        factory,
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Tuple(_)
    ) {
        return Err(interp.error("TypeError", "first argument must be callable or None"));
    }
    let dict_class = Value::Obj(interp.builtins.class("dict"));
    let Value::Obj(inner) = interp.call(&dict_class, args)? else {
        return Ok(interp.unknown());
    };
    interp.heap.get_mut(inner).open |= !inherited;
    let object = interp.heap.alloc(Kind::Instance {
        class,
        payload: Payload::Base(inner),
    });
    interp.put(object, "default_factory", factory);
    Ok(Value::Obj(object))
}

fn defaultdict_missing(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(this @ Value::Obj(object)), Some(index)) = (args.pos.first(), args.pos.get(1)) else {
        return Ok(interp.unknown());
    };
    let name = interp.sym("default_factory");
    let factory = interp
        .heap
        .get(*object)
        .attrs
        .get(&name)
        .map(|s| s.value.clone());
    match factory {
        Some(Value::None) => {
            let text = interp.repr_of(index).unwrap_or_default();
            let stop = interp.fault("KeyError", "", "key-error", &[("key", &text)]);
            Err(interp.with_argument(stop, index.clone()))
        }
        Some(factory) => {
            let value = interp.call(&factory, Args::none())?;
            if Key::of(index).is_some() {
                interp.set_item(this, index, value.clone())?;
            }
            Ok(value)
        }
        None => Ok(interp.unknown()),
    }
}
