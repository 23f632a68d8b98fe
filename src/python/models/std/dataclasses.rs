//! `dataclasses`: fields, and the `__init__` that they give. Source: `Lib/dataclasses.py`.

use super::generated::Generated;
use crate::python::call::Args;
use crate::python::interp::{HandlerScope, Interp};
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Slot, Sym, Table, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("dataclasses", "dataclass", dataclass),
    ("dataclasses", "field", field),
    ("dataclasses", "fields", super::sys::unknown_number),
    ("dataclasses", "asdict", super::sys::unknown_number),
    ("dataclasses", "is_dataclass", is_dataclass),
];

/// One field.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    default: Option<Value>,
    factory: Option<Value>,
    init: bool,
    kw_only: bool,
    init_var: bool,
}

impl Field {
    fn has_default(&self) -> bool {
        self.default.is_some() || self.factory.is_some()
    }
}

/// Parameters of the decorator, with the minor version that brought them.
const PARAMETERS: &[(&str, u8)] = &[
    ("init", 0),
    ("repr", 0),
    ("eq", 0),
    ("order", 0),
    ("unsafe_hash", 0),
    ("frozen", 0),
    ("match_args", 10),
    ("kw_only", 10),
    ("slots", 10),
    ("weakref_slot", 11),
];

/// `@dataclass` and `@dataclass(...)`
fn dataclass(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    for (name, _) in &args.kw {
        let name = interp.interner.name(*name);
        let known = PARAMETERS
            .iter()
            .any(|(p, minor)| *p == &*name && interp.version.1 >= *minor)
            || &*name == "cls";
        if !known {
            let message = format!("dataclass() got an unexpected keyword argument '{name}'");
            let slots = [("callee", "dataclass"), ("parameter", &*name)];
            return Err(interp.fault("TypeError", &message, "call-signature", &slots));
        }
    }
    match args.pos.first() {
        None | Some(Value::None) => {
            let func = interp.native_value("wrap", decorate);
            Ok(Value::Obj(interp.heap.alloc(Kind::Partial {
                func,
                args: Vec::new(),
                kwargs: args.kw,
            })))
        }
        Some(_) => decorate(interp, args),
    }
}

fn flag(interp: &mut Interp<'_>, args: &Args, name: &str, default: bool) -> R<Option<bool>> {
    let name = interp.sym(name);
    match args.keyword(name).cloned() {
        None => Ok(Some(default)),
        Some(value) => interp.truth(&value),
    }
}

fn decorate(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(args.pos.first().cloned().unwrap_or(Value::Unknown));
    };
    if !interp.is_class(class) {
        return Ok(Value::Obj(class));
    }
    let init = flag(interp, &args, "init", true)?;
    let kw_only = flag(interp, &args, "kw_only", false)?;
    let frozen = flag(interp, &args, "frozen", false)?;
    let eq = flag(interp, &args, "eq", true)?;
    let fields = match (args.open, kw_only) {
        (false, Some(kw_only)) => interp.collect_fields(class, kw_only)?,
        _ => None,
    };
    interp.check_frozen_bases(class, frozen)?;
    let frozen_text = frozen.map_or(Value::Unknown, Value::Bool);
    interp.memo.insert(frozen_key(class), frozen_text);
    let Some(fields) = fields else {
        interp.heap.get_mut(class).open = true;
        if init != Some(false) {
            let unmodelled = interp.builtins.unmodelled.clone();
            let name = interp.names.init;
            interp
                .heap
                .get_mut(class)
                .attrs
                .insert(name, Slot::sure(unmodelled));
        }
        return Ok(Value::Obj(class));
    };
    if flag(interp, &args, "order", false)? != Some(false) {
        let unmodelled = interp.builtins.unmodelled.clone();
        for name in ["__lt__", "__le__", "__gt__", "__ge__"] {
            let class = Value::Obj(class);
            interp.store(&class, name, unmodelled.clone());
        }
    }
    interp.remember_fields(class, &fields, frozen);
    if init == Some(true) {
        interp.add_init(class, &fields)?;
    }
    if eq != Some(false) {
        let unmodelled = interp.builtins.unmodelled.clone();
        let name = interp.names.eq;
        let attrs = &mut interp.heap.get_mut(class).attrs;
        attrs.entry(name).or_insert(Slot::sure(unmodelled));
    }
    let hash = interp.names.hash;
    if eq == Some(true)
        && frozen == Some(false)
        && !interp.heap.get(class).attrs.contains_key(&hash)
    {
        interp
            .heap
            .get_mut(class)
            .attrs
            .insert(hash, Slot::sure(Value::None));
    }
    Ok(Value::Obj(class))
}

const FIELDS: &str = "__dataclass_fields__";

impl<'a> Interp<'a> {
    /// Fields of a class and its bases in order; `None` when they are not known.
    fn collect_fields(&mut self, class: Obj, kw_only: bool) -> R<Option<Vec<Field>>> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Ok(None);
        };
        if data.blurred || self.heap.get(class).open {
            return Ok(None);
        }
        let mro = data.mro.clone();
        let mut fields: Vec<Field> = Vec::new();
        for base in mro.iter().skip(1).rev() {
            match self.memo.get(&fields_key(*base)).cloned() {
                Some(Value::Tuple(items)) => {
                    for item in items.iter() {
                        if let Some(field) = unpack(item) {
                            add(&mut fields, field);
                        }
                    }
                }
                _ => {
                    let name = self.sym(FIELDS);
                    if self.heap.get(*base).attrs.contains_key(&name) {
                        return Ok(None);
                    }
                }
            }
        }
        let Some(own) = self.own_annotations(class) else {
            return Ok(None);
        };
        let mut kw_only = kw_only;
        for (name, annotation) in own {
            if self.is_marker(&annotation, "KW_ONLY") {
                kw_only = true;
                continue;
            }
            if self.is_marker(&annotation, "ClassVar") {
                continue;
            }
            let init_var = self.is_marker(&annotation, "InitVar");
            match self.own_field(class, &name, kw_only, init_var)? {
                Some(field) => add(&mut fields, field),
                None => return Ok(None),
            }
        }
        self.unannotated_field(class)?;
        Ok(Some(fields))
    }

    fn own_annotations(&mut self, class: Obj) -> Option<Vec<(String, Value)>> {
        let key = self.names.annotations;
        let Some(slot) = self.heap.get(class).attrs.get(&key).cloned() else {
            return Some(Vec::new());
        };
        let (table, open) = self.table_of(&slot.value)?;
        if open || !slot.sure {
            return None;
        }
        Some(
            table
                .values()
                .filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone())))
                .collect(),
        )
    }

    /// Is an annotation `ClassVar[...]`, `InitVar[...]` or `KW_ONLY`, evaluated or as text?
    fn is_marker(&mut self, annotation: &Value, name: &'static str) -> bool {
        match annotation {
            Value::Str(text) => {
                let head = text.text.split('[').next().unwrap_or_default();
                head.rsplit('.').next() == Some(name)
            }
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Form {
                    name: form, origin, ..
                } => {
                    *form == name
                        || matches!(origin, Value::Obj(o) if self.is_class(*o) && self.class_short_name(*o) == name)
                }
                Kind::Class(data) => &*data.name == name,
                Kind::Instance { class, .. } => {
                    let class = self.class_short_name(*class);
                    class == name || class == format!("_{name}_TYPE")
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn own_field(
        &mut self,
        class: Obj,
        name: &str,
        kw_only: bool,
        init_var: bool,
    ) -> R<Option<Field>> {
        let key = self.sym(name);
        let slot = self.heap.get(class).attrs.get(&key).cloned();
        let mut field = Field {
            name: name.to_owned(),
            default: None,
            factory: None,
            init: true,
            kw_only,
            init_var,
        };
        let Some(slot) = slot else {
            return Ok(Some(field));
        };
        if !slot.sure {
            return Ok(None);
        }
        let given = match &slot.value {
            Value::Obj(obj) => self.memo.get(&field_key(*obj)).cloned(),
            _ => None,
        };
        match given {
            Some(Value::Tuple(parts)) => {
                let [default, factory, init, own_kw_only] = parts.as_ref() else {
                    return Ok(None);
                };
                field.default = (!matches!(default, Value::Ellipsis)).then(|| default.clone());
                field.factory = (!matches!(factory, Value::Ellipsis)).then(|| factory.clone());
                match (init, own_kw_only) {
                    (Value::Bool(init), Value::Bool(own)) => {
                        field.init = *init;
                        field.kw_only = *own;
                    }
                    (Value::Bool(init), Value::Ellipsis) => field.init = *init,
                    _ => return Ok(None),
                }
                let cell = self.heap.get_mut(class);
                match &field.default {
                    Some(default) => {
                        cell.attrs.insert(key, Slot::sure(default.clone()));
                    }
                    None => {
                        cell.attrs.shift_remove(&key);
                    }
                }
            }
            Some(_) => return Ok(None),
            None => field.default = self.class_default(class, &slot.value)?,
        }
        if let Some(default) = field.default.clone() {
            self.refuse_mutable(name, &default)?;
        }
        Ok(Some(field))
    }

    /// The default that stands in the class body, as `getattr(cls, name)` gives it: a descriptor
    /// is asked, and one that raises `AttributeError` means that there is none.
    fn class_default(&mut self, class: Obj, stored: &Value) -> R<Option<Value>> {
        let asked = matches!(stored, Value::Obj(o) if matches!(self.heap.get(*o).kind, Kind::Instance { .. }));
        if !asked {
            return Ok(Some(stored.clone()));
        }
        let bound = self.catching(&["AttributeError"], |i| {
            i.bind_descriptor(stored, None, class)
        });
        let error = Value::Obj(self.builtins.exception("AttributeError"));
        match bound {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Raise(raised)) => match self.exception_matches(&raised.exc, &error) {
                Some(true) => Ok(None),
                Some(false) => Err(Stop::Raise(raised)),
                None => Ok(Some(self.unknown())),
            },
            Err(stop) => Err(stop),
        }
    }

    /// A default that all instances would share and could change.
    fn refuse_mutable(&mut self, name: &str, default: &Value) -> R<()> {
        let Value::Obj(obj) = default else {
            return Ok(());
        };
        let hash = self.names.hash;
        let mutable = match &self.heap.get(*obj).kind {
            Kind::List(_) | Kind::Dict(_) | Kind::Set(_) => true,
            Kind::Instance { class, .. } if self.version >= (3, 11) => {
                matches!(
                    self.class_lookup(*class, hash),
                    Some((_, Value::None, true))
                )
            }
            _ => false,
        };
        if !mutable {
            return Ok(());
        }
        let class = self.qualified_type_name(default);
        let message = format!(
            "mutable default <class '{class}'> for field {name} is not allowed: use default_factory"
        );
        Err(self.error("ValueError", &message))
    }

    /// `x = field(...)` without an annotation.
    fn unannotated_field(&mut self, class: Obj) -> R<()> {
        let annotated: Vec<String> = self
            .own_annotations(class)
            .unwrap_or_default()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let members: Vec<(Sym, Value)> = self
            .heap
            .get(class)
            .attrs
            .iter()
            .map(|(n, s)| (*n, s.value.clone()))
            .collect();
        for (name, value) in members {
            let text = self.interner.name(name);
            if let Value::Obj(obj) = value
                && self.memo.contains_key(&field_key(obj))
                && !annotated.iter().any(|a| **a == *text)
            {
                return Err(self.error(
                    "TypeError",
                    &format!("'{text}' is a field but has no type annotation"),
                ));
            }
        }
        Ok(())
    }

    /// Frozen and other dataclasses do not derive from each other (`_process_class`).
    fn check_frozen_bases(&mut self, class: Obj, frozen: Option<bool>) -> R<()> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return Ok(());
        };
        if data.blurred {
            return Ok(());
        }
        let bases: Vec<Value> = data
            .mro
            .iter()
            .skip(1)
            .filter_map(|base| self.memo.get(&frozen_key(*base)).cloned())
            .collect();
        let Some(frozen) = frozen.filter(|_| !bases.is_empty()) else {
            return Ok(());
        };
        if bases.iter().any(Value::is_unknown) {
            return Ok(());
        }
        let of_bases = |b: &Value| matches!(b, Value::Bool(true));
        let fits = if !frozen {
            !bases.iter().any(of_bases)
        } else if self.version >= (3, 13) {
            bases.iter().all(of_bases)
        } else {
            bases.iter().any(of_bases)
        };
        if fits {
            return Ok(());
        }
        let (message, code) = if frozen {
            (
                "cannot inherit frozen dataclass from a non-frozen one",
                "raise TypeError('cannot inherit frozen",
            )
        } else {
            (
                "cannot inherit non-frozen dataclass from a frozen one",
                "raise TypeError('cannot inherit non-frozen",
            )
        };
        let stop = self.error("TypeError", message);
        Err(self.seen_in(stop, "dataclasses", "_process_class", code))
    }

    fn remember_fields(&mut self, class: Obj, fields: &[Field], frozen: Option<bool>) {
        let items = fields.iter().map(pack).collect();
        self.memo.insert(fields_key(class), Value::tuple(items));
        let table = self.open_object(Kind::Dict(Table::default()));
        self.put(class, FIELDS, table);
        let params = self.builtins.unmodelled.clone();
        self.put(class, "__dataclass_params__", params);
        let names = fields
            .iter()
            .filter(|f| f.init && !f.kw_only)
            .map(|f| Value::str(f.name.as_str()))
            .collect();
        self.put(class, "__match_args__", Value::tuple(names));
        if frozen == Some(true) {
            let refuse = self.native_value("__setattr__", frozen_setattr);
            self.put(class, "__setattr__", refuse);
        }
    }

    /// Generates `__init__` as the library does.
    fn add_init(&mut self, class: Obj, fields: &[Field]) -> R<()> {
        let (kw_only, standard): (Vec<&Field>, Vec<&Field>) =
            fields.iter().filter(|f| f.init).partition(|f| f.kw_only);
        let mut seen: Option<&str> = None;
        for field in &standard {
            match (field.has_default(), seen) {
                (true, _) => seen = Some(&field.name),
                (false, Some(before)) => {
                    let message = if self.version >= (3, 12) {
                        format!(
                            "non-default argument '{}' follows default argument '{before}'",
                            field.name
                        )
                    } else {
                        format!(
                            "non-default argument '{}' follows default argument",
                            field.name
                        )
                    };
                    return Err(self.error("TypeError", &message));
                }
                (false, None) => {}
            }
        }
        let missing = self.instance(self.builtins.object_class);
        let missing = Value::Obj(missing);
        let default = |f: &Field| f.default.clone().unwrap_or_else(|| missing.clone());
        let defaults = standard
            .iter()
            .filter(|f| f.has_default())
            .map(|f| default(f))
            .collect();
        let kw_defaults = kw_only
            .iter()
            .filter(|f| f.has_default())
            .map(|f| (self.sym(&f.name), default(f)))
            .collect();
        let this = if fields.iter().any(|f| f.name == "self") {
            "__dataclass_self__"
        } else {
            "self"
        };
        let text = init_text(this, fields, &standard, &kw_only, self.has_post_init(class));
        let set = self.native_value("__set", set_plain);
        let mut names = vec![("__missing", missing.clone()), ("__set", set)];
        let factories: Vec<(String, Value)> = fields
            .iter()
            .filter_map(|f| Some((format!("__factory_{}", f.name), f.factory.clone()?)))
            .collect();
        names.extend(factories.iter().map(|(n, v)| (n.as_str(), v.clone())));
        let qualname = match &self.heap.get(class).kind {
            Kind::Class(data) => format!("{}.__init__", data.qualname),
            _ => "__init__".to_owned(),
        };
        let module = self.frame().module;
        let made = self.generate(Generated {
            text: &text,
            module,
            qualname: &qualname,
            defaults,
            kw_defaults,
            names,
            hook: None,
        });
        let value = match made {
            Some(value) => value,
            None => self.builtins.unmodelled.clone(),
        };
        // `_set_new_attribute` leaves what the class itself defines.
        let name = self.names.init;
        self.heap
            .get_mut(class)
            .attrs
            .entry(name)
            .or_insert_with(|| Slot::sure(value));
        Ok(())
    }

    fn has_post_init(&mut self, class: Obj) -> bool {
        let name = self.sym("__post_init__");
        self.class_lookup(class, name).is_some()
    }
}

fn init_text(
    this: &str,
    fields: &[Field],
    standard: &[&Field],
    kw_only: &[&Field],
    post_init: bool,
) -> String {
    let mut text = format!("def __init__({this}");
    for field in standard {
        text.push_str(&format!(", {}", field.name));
    }
    if !kw_only.is_empty() {
        text.push_str(", *");
        for field in kw_only {
            text.push_str(&format!(", {}", field.name));
        }
    }
    text.push_str("):\n");
    for field in fields {
        let name = &field.name;
        if field.init_var {
            continue;
        }
        let line = match (&field.factory, field.init, &field.default) {
            (Some(_), true, _) => {
                format!(
                    " __set({this}, '{name}', __factory_{name}() if {name} is __missing else {name})\n"
                )
            }
            (Some(_), false, _) => format!(" __set({this}, '{name}', __factory_{name}())\n"),
            (None, true, _) => format!(" __set({this}, '{name}', {name})\n"),
            (None, false, _) => continue,
        };
        text.push_str(&line);
    }
    if post_init {
        let given: Vec<&str> = fields
            .iter()
            .filter(|f| f.init_var)
            .map(|f| f.name.as_str())
            .collect();
        text.push_str(&format!(" {this}.__post_init__({})\n", given.join(", ")));
    }
    text.push_str(" pass\n");
    text
}

/// `self.name = value`, also for frozen classes.
fn set_plain(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [this, name, value] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let Some(name) = name.as_str() else {
        return Ok(interp.unknown());
    };
    let name = interp.interner.intern(name);
    let setattr = interp.names.setattr;
    if let Value::Obj(obj) = this {
        let frozen = match &interp.heap.get(*obj).kind {
            Kind::Instance { class, .. } => {
                let class = *class;
                matches!(interp.class_lookup(class, setattr), Some((_, Value::Obj(o), _))
                    if matches!(interp.heap.get(o).kind, Kind::Native(d) if std::ptr::fn_addr_eq(d.run, frozen_setattr as crate::python::native::Native)))
            }
            _ => false,
        };
        if frozen {
            interp
                .heap
                .get_mut(*obj)
                .attrs
                .insert(name, Slot::sure(value.clone()));
            return Ok(Value::None);
        }
    }
    interp.set_attribute(this, name, value.clone())?;
    Ok(Value::None)
}

fn frozen_setattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = args
        .pos
        .get(1)
        .and_then(Value::as_str)
        .unwrap_or("?")
        .to_owned();
    let shown = crate::python::text::str_repr(&name);
    let message = format!("cannot assign to field {shown}");
    Err(interp.library_fault(
        "dataclasses",
        "FrozenInstanceError",
        "AttributeError",
        &message,
        "attribute-error",
        &[("name", &name)],
    ))
}

fn add(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|f| f.name == field.name) {
        Some(old) => *old = field,
        None => fields.push(field),
    }
}

/// Where it is remembered whether a dataclass is frozen.
fn frozen_key(class: Obj) -> String {
    format!("dataclass frozen {}", class.0)
}

fn fields_key(class: Obj) -> String {
    format!("dataclass fields {}", class.0)
}

fn field_key(object: Obj) -> String {
    format!("dataclass field {}", object.0)
}

fn pack(field: &Field) -> Value {
    Value::tuple(vec![
        Value::str(field.name.as_str()),
        field.default.clone().unwrap_or(Value::Ellipsis),
        field.factory.clone().unwrap_or(Value::Ellipsis),
        Value::Bool(field.init),
        Value::Bool(field.kw_only),
        Value::Bool(field.init_var),
    ])
}

fn unpack(value: &Value) -> Option<Field> {
    let Value::Tuple(parts) = value else {
        return None;
    };
    let [
        Value::Str(name),
        default,
        factory,
        Value::Bool(init),
        Value::Bool(kw_only),
        Value::Bool(init_var),
    ] = parts.as_ref()
    else {
        return None;
    };
    Some(Field {
        name: name.text.to_string(),
        default: (!matches!(default, Value::Ellipsis)).then(|| default.clone()),
        factory: (!matches!(factory, Value::Ellipsis)).then(|| factory.clone()),
        init: *init,
        kw_only: *kw_only,
        init_var: *init_var,
    })
}

/// `field(default=..., default_factory=..., init=..., kw_only=...)`
fn field(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let allowed = [
        "default",
        "default_factory",
        "init",
        "repr",
        "hash",
        "compare",
        "metadata",
        "kw_only",
        "doc",
    ];
    for (name, _) in &args.kw {
        let name = interp.interner.name(*name);
        let since = match &*name {
            "kw_only" => 10,
            "doc" => 14,
            _ => 0,
        };
        if !allowed.contains(&&*name) || interp.version.1 < since {
            let message = format!("field() got an unexpected keyword argument '{name}'");
            return Err(interp.fault(
                "TypeError",
                &message,
                "call-signature",
                &[("callee", "field"), ("parameter", &name)],
            ));
        }
    }
    if !args.pos.is_empty() {
        let plural = if args.pos.len() == 1 { "was" } else { "were" };
        let message = format!(
            "field() takes 0 positional arguments but {} {plural} given",
            args.pos.len()
        );
        return Err(interp.fault(
            "TypeError",
            &message,
            "call-signature",
            &[("callee", "field"), ("parameter", "")],
        ));
    }
    let mut part = |name: &str| {
        let name = interp.sym(name);
        args.keyword(name).cloned()
    };
    let (default, factory, init, kw_only) = (
        part("default"),
        part("default_factory"),
        part("init"),
        part("kw_only"),
    );
    if default.is_some() && factory.is_some() {
        return Err(interp.error(
            "ValueError",
            "cannot specify both default and default_factory",
        ));
    }
    let init = match init {
        None => Value::Bool(true),
        Some(value) => interp.truth(&value)?.map_or(Value::Unknown, Value::Bool),
    };
    let kw_only = match kw_only {
        None => Value::Ellipsis,
        Some(value) => interp.truth(&value)?.map_or(Value::Unknown, Value::Bool),
    };
    let class = interp
        .loaded_or_current("dataclasses", "Field")
        .unwrap_or(interp.builtins.object_class);
    let object = interp.instance(class);
    interp.heap.get_mut(object).open = true;
    let parts = if args.open {
        Value::Unknown
    } else {
        Value::tuple(vec![
            default.unwrap_or(Value::Ellipsis),
            factory.unwrap_or(Value::Ellipsis),
            init,
            kw_only,
        ])
    };
    interp.memo.insert(field_key(object), parts);
    Ok(Value::Obj(object))
}

fn is_dataclass(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym(FIELDS);
    Ok(match args.pos.first() {
        Some(Value::Obj(obj)) if matches!(interp.heap.get(*obj).kind, Kind::Form { .. }) => {
            // Up to 3.10 `C[int]` looked like a class with the attributes of `C`.
            if interp.version >= (3, 11) {
                Value::Bool(false)
            } else {
                Value::Unknown
            }
        }
        Some(value) => {
            let value = value.clone();
            let depth = interp.handlers.len();
            let class = interp.builtins.exception("AttributeError");
            interp.handlers.push(HandlerScope {
                classes: Some(vec![class]),
            });
            let found = interp.find_attribute(&value, name);
            interp.handlers.truncate(depth);
            match found {
                Ok(Some(Value::Unknown)) => Value::Unknown,
                Ok(found) => Value::Bool(found.is_some()),
                // Enumerations answer every name themselves.
                Err(Stop::Raise(raised))
                    if interp.exception_matches(&raised.exc, &Value::Obj(class)) == Some(true) =>
                {
                    Value::Bool(false)
                }
                Err(stop) => return Err(stop),
            }
        }
        None => interp.unknown(),
    })
}
