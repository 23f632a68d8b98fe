//! Enumerations. Source: `Lib/enum.py`, the part that the members' names and values rest on.

use std::rc::Rc;

use super::Entry;
use crate::python::call::Args;
use crate::python::class::NewClass;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Namespace, Obj, Owner, Payload, Slot, Sym, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("enum", "EnumType.__new__", enum_new),
    ("enum", "EnumMeta.__new__", enum_new),
    ("enum", "EnumType.__call__", enum_call),
    ("enum", "EnumMeta.__call__", enum_call),
    ("enum", "EnumType.__getitem__", enum_getitem),
    ("enum", "EnumMeta.__getitem__", enum_getitem),
    ("enum", "EnumType.__len__", enum_len),
    ("enum", "EnumMeta.__len__", enum_len),
    ("enum", "EnumType.__iter__", enum_iter),
    ("enum", "EnumMeta.__iter__", enum_iter),
    ("enum", "EnumType.__contains__", super::std::unknown),
    ("enum", "EnumMeta.__contains__", super::std::unknown),
    ("enum", "EnumType.__setattr__", enum_setattr),
    ("enum", "EnumMeta.__setattr__", enum_setattr),
    ("enum", "EnumMeta.__getattr__", enum_getattr),
    ("enum", "EnumType.__getattr__", enum_getattr),
    ("enum", "auto.__init__", auto_init),
    ("enum", "EnumType._convert_", convert),
    ("enum", "EnumMeta._convert_", convert),
    ("enum", "EnumMeta._convert", convert),
    ("enum", "global_enum", global_enum),
    ("enum", "_simple_enum", simple_enum),
    ("enum", "unique", unique),
    ("enum", "Enum.__str__", member_str),
    ("enum", "Enum.__repr__", member_repr),
    ("enum", "StrEnum.__str__", plain_str),
    ("enum", "Enum.__hash__", super::std::unknown),
];

/// Members carry their name and value themselves.
pub const OVERLAYS: &[super::std::Overlay] = &[
    (
        "enum",
        "Enum.name",
        super::std::Over::Value(|_| Value::Unknown),
    ),
    (
        "enum",
        "Enum.value",
        super::std::Over::Value(|_| Value::Unknown),
    ),
];

fn members_key(class: Obj) -> String {
    format!("enum members {}", class.0)
}

impl<'a> Interp<'a> {
    /// Members of an enumeration in order; `None` when the class is none or they are not known.
    pub(in crate::python) fn enum_members(&mut self, class: Obj) -> Option<Vec<Value>> {
        match self.memo.get(&members_key(class)) {
            Some(Value::Tuple(items)) => Some(items.to_vec()),
            _ => None,
        }
    }

    /// `Color["RED"]`
    pub(in crate::python) fn enum_member(&mut self, class: Obj, index: &Value) -> Option<Value> {
        let wanted = index.as_str()?.to_owned();
        let members = self.enum_members(class)?;
        if let Some(found) = members
            .into_iter()
            .find(|m| self.member_name(m).as_deref() == Some(&*wanted))
        {
            return Some(found);
        }
        let name = self.sym(&wanted);
        let slot = self.heap.get(class).attrs.get(&name)?;
        self.is_member(&slot.value.clone(), class).then(|| {
            self.heap
                .get(class)
                .attrs
                .get(&name)
                .map(|s| s.value.clone())
        })?
    }

    fn is_member(&self, value: &Value, class: Obj) -> bool {
        matches!(value, Value::Obj(o) if matches!(&self.heap.get(*o).kind, Kind::Instance { class: c, .. } if *c == class))
    }

    /// In the body of an enumeration a member's name can be bound only once.
    ///
    /// # Errors
    /// `TypeError` when it is bound already.
    pub(in crate::python) fn refuse_second_member(&mut self, scope: Obj, name: Sym) -> R<()> {
        let text = self.interner.name(name);
        let old = self.heap.get(scope).attrs.get(&name).cloned();
        let Some(Slot {
            value: old,
            sure: true,
        }) = old
        else {
            return Ok(());
        };
        if is_reserved(&text, "") || is_descriptor(self, &old) || old.is_unknown() {
            return Ok(());
        }
        if self.version < (3, 11) {
            return Err(self.error("TypeError", &format!("Attempted to reuse key: '{text}'")));
        }
        match self.repr_of(&old) {
            Some(shown) => {
                let message = format!("'{text}' already defined as {shown}");
                Err(self.error("TypeError", &message))
            }
            None => Ok(()),
        }
    }

    /// What `enum._EnumDict` knows besides the names: metaclasses of libraries read it.
    pub(in crate::python) fn fill_enum_dict(&mut self, dict: Obj, namespace: &Namespace) {
        let mut members = crate::python::value::Table::default();
        for (name, slot) in namespace {
            let text = self.interner.name(*name);
            if !is_reserved(&text, "") && !is_descriptor(self, &slot.value) {
                let (key, name) = crate::python::builtins::text_key(&text);
                members.insert(key, (name, Value::None));
            }
        }
        let members = Value::Obj(self.heap.alloc(Kind::Dict(members)));
        self.put(dict, "_member_names", members);
        self.put(dict, "_last_values", Value::Unknown);
        self.put(dict, "_cls_name", Value::Unknown);
    }

    fn member_name(&mut self, member: &Value) -> Option<String> {
        let name = self.sym("_name_");
        match &self.heap.get(member.as_obj()?).attrs.get(&name)?.value {
            Value::Str(s) => Some(s.text.to_string()),
            _ => None,
        }
    }

    /// `str(member)`: `Color.RED`, or its value where the enumeration mixes like `IntEnum` and
    /// `StrEnum` do since 3.11.
    pub(in crate::python) fn enum_text(&mut self, class: Obj, member: &Value) -> Option<String> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        let names: Vec<String> = data
            .mro
            .clone()
            .iter()
            .map(|c| self.class_name(*c))
            .collect();
        let has = |name: &str| names.iter().any(|n| n == name);
        if has("enum.Flag") {
            return None;
        }
        if has("enum.StrEnum") || (has("enum.IntEnum") && self.version >= (3, 11)) {
            let value = self.member_value(member)?;
            return self.text_of(&value);
        }
        let name = self.member_name(member)?;
        Some(format!("{}.{name}", self.class_short_name(class)))
    }

    fn member_value(&mut self, member: &Value) -> Option<Value> {
        let name = self.sym("_value_");
        Some(
            self.heap
                .get(member.as_obj()?)
                .attrs
                .get(&name)?
                .value
                .clone(),
        )
    }

    /// Is a class an enumeration (or the metaclass of one)?
    pub(in crate::python) fn is_enum_meta(&self, meta: Obj) -> bool {
        let Kind::Class(data) = &self.heap.get(meta).kind else {
            return false;
        };
        data.mro.iter().any(|c| match &self.heap.get(*c).kind {
            Kind::Class(d) => &*d.module == "enum" && matches!(&*d.name, "EnumType" | "EnumMeta"),
            _ => false,
        })
    }
}

/// Names that are no members: `__x__`, `_x_`, and private ones.
fn is_reserved(name: &str, class: &str) -> bool {
    let dunder = name.len() > 4 && name.starts_with("__") && name.ends_with("__");
    let sunder =
        name.len() > 2 && name.starts_with('_') && name.ends_with('_') && !name.starts_with("__");
    let private = name.starts_with(&format!("_{}__", class.trim_start_matches('_')));
    dunder || sunder || private || name.starts_with("__")
}

/// The metaclass: takes the members out of the body and puts instances in their place.
fn enum_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [meta, name, bases, namespace, ..] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let (Some(meta), Some(name), Value::Tuple(bases)) = (meta.as_obj(), name.as_str(), bases)
    else {
        return Ok(interp.unknown());
    };
    let (name, bases) = (name.to_owned(), bases.clone());
    let Some((table, open)) = interp.table_of(namespace) else {
        return Ok(interp.unknown());
    };
    let dict = namespace.as_obj();
    for base in bases.iter() {
        if let Value::Obj(base) = base
            && interp.enum_members(*base).is_some_and(|m| !m.is_empty())
        {
            let parent = interp.class_short_name(*base);
            let message = if interp.version >= (3, 11) {
                format!("<enum '{name}'> cannot extend <enum '{parent}'>")
            } else {
                format!("{name}: cannot extend enumeration '{parent}'")
            };
            return Err(interp.error("TypeError", &message));
        }
    }
    let mut names = Namespace::default();
    for (key, value) in table.values() {
        if let Some(text) = key.as_str() {
            let sym = interp.interner.intern(text);
            names.insert(sym, Slot::sure(value.clone()));
        }
    }
    let ignored = ignored_names(interp, &names);
    let candidates: Vec<(Sym, Value)> = names
        .iter()
        .map(|(n, s)| (*n, s.value.clone()))
        .filter(|(n, v)| {
            let text = interp.interner.name(*n);
            !is_reserved(&text, &name)
                && !ignored.iter().any(|i| **i == *text)
                && !is_descriptor(interp, v)
        })
        .collect();
    for (member, _) in &candidates {
        names.shift_remove(member);
    }
    let cell = interp
        .class_cells
        .iter()
        .rev()
        .find(|(d, _)| Some(*d) == dict)
        .map(|(_, c)| *c);
    let cell = match cell {
        Some(cell) => cell,
        None => interp.heap.alloc(Kind::List(Vec::new())),
    };
    let new = NewClass {
        name: &name,
        orig_bases: bases.to_vec(),
        bases: bases.to_vec(),
        meta: Some(Value::Obj(meta)),
        keywords: Vec::new(),
        namespace: names,
        cell,
    };
    let class = interp.type_new_plain(&new);
    interp.heap.get_mut(class).open |= open;
    let known = add_members(interp, class, candidates)?;
    if !known || open {
        interp.memo.remove(&members_key(class));
        interp.heap.get_mut(class).open = true;
    }
    let own = [interp.sym("boundary"), interp.sym("_simple")];
    let keywords = args
        .kw
        .into_iter()
        .filter(|(n, _)| !own.contains(n))
        .collect();
    interp.after_type_new(class, keywords)?;
    Ok(Value::Obj(class))
}

fn ignored_names(interp: &mut Interp<'_>, names: &Namespace) -> Vec<String> {
    let ignore = interp.sym("_ignore_");
    let value = names.get(&ignore).map(|s| s.value.clone());
    let mut ignored = vec!["_ignore_".to_owned()];
    match value {
        Some(Value::Str(text)) => {
            ignored.extend(
                text.text
                    .replace(',', " ")
                    .split_whitespace()
                    .map(ToOwned::to_owned),
            );
        }
        Some(other) => {
            if let Ok(Some(items)) = interp.items_of(&other) {
                ignored.extend(
                    items
                        .iter()
                        .filter_map(Value::as_str)
                        .map(ToOwned::to_owned),
                );
            }
        }
        None => {}
    }
    ignored
}

/// Functions, properties and other descriptors are no members.
fn is_descriptor(interp: &Interp<'_>, value: &Value) -> bool {
    let Value::Obj(obj) = value else { return false };
    match &interp.heap.get(*obj).kind {
        Kind::Function(_)
        | Kind::Native(_)
        | Kind::Property { .. }
        | Kind::StaticMethod(_)
        | Kind::ClassMethod(_)
        | Kind::Method { .. } => true,
        // A nested class is a member up to 3.12 by the letter, and never meant as one.
        Kind::Class(_) => true,
        Kind::Partial { .. } => interp.version >= (3, 14),
        Kind::Instance { class, .. } => {
            let class = *class;
            [interp.names.get, interp.names.set, interp.names.delete]
                .iter()
                .any(|n| interp.class_lookup(class, *n).is_some())
                || interp.class_short_name(class) == "nonmember"
        }
        _ => false,
    }
}

fn is_auto(interp: &Interp<'_>, value: &Value) -> bool {
    matches!(value, Value::Obj(o) if matches!(&interp.heap.get(*o).kind, Kind::Instance { class, .. } if interp.class_short_name(*class) == "auto"))
}

/// What kind of value `auto()` makes.
#[derive(Clone, Copy, PartialEq)]
enum AutoKind {
    Count,
    Flag,
    Lower,
    Custom,
}

fn auto_kind(interp: &mut Interp<'_>, class: Obj) -> AutoKind {
    let generate = interp.sym("_generate_next_value_");
    let owner = interp
        .class_lookup(class, generate)
        .map(|(owner, _, _)| owner);
    let Some(owner) = owner else {
        return AutoKind::Count;
    };
    let (module, name) = match &interp.heap.get(owner).kind {
        Kind::Class(d) => (d.module.clone(), d.name.clone()),
        _ => (Rc::from(""), Rc::from("")),
    };
    match (&*module, &*name) {
        ("enum", "Enum") => AutoKind::Count,
        ("enum", "Flag") => AutoKind::Flag,
        ("enum", "StrEnum") => AutoKind::Lower,
        _ => AutoKind::Custom,
    }
}

/// Makes the members; answers false when their values are not all known.
fn add_members(interp: &mut Interp<'_>, class: Obj, candidates: Vec<(Sym, Value)>) -> R<bool> {
    let mut members: Vec<Value> = Vec::new();
    let mut known = true;
    let auto = auto_kind(interp, class);
    let mut last: Option<i64> = None;
    for (name, value) in candidates {
        let text = interp.interner.name(name);
        let value = match value {
            value if is_auto(interp, &value) => next_value(auto, last, &text),
            Value::Tuple(items) if items.iter().any(|v| is_auto(interp, v)) => Value::Unknown,
            value => value,
        };
        if let Value::Int(i) = value {
            last = Some(last.map_or(i, |l| l.max(i)));
        }
        known &= !value.is_unknown();
        let twin = members.iter().find(|m| {
            let old = interp
                .heap
                .get(m.as_obj().unwrap_or(class))
                .attrs
                .get(&interp.names.value)
                .map(|s| s.value.clone());
            old.is_some_and(|old| !old.is_unknown() && interp.equal(&old, &value) == Some(true))
        });
        let member = match twin {
            Some(twin) => twin.clone(),
            None => {
                let member = make_member(interp, class, &text, value)?;
                members.push(member.clone());
                member
            }
        };
        interp
            .heap
            .get_mut(class)
            .attrs
            .insert(name, Slot::sure(member));
    }
    interp
        .memo
        .insert(members_key(class), Value::tuple(members));
    Ok(known)
}

/// `auto()` says nothing of its value until the class is made.
fn auto_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(this)) = args.pos.first() {
        interp.heap.get_mut(*this).open = true;
    }
    Ok(Value::None)
}

fn next_value(kind: AutoKind, last: Option<i64>, name: &str) -> Value {
    match kind {
        AutoKind::Count => Value::Int(last.map_or(1, |l| l + 1)),
        AutoKind::Flag => Value::Int(last.map_or(1, |l| {
            let bits = 64 - u64::try_from(l).unwrap_or(0).leading_zeros();
            1_i64.checked_shl(bits).unwrap_or(0)
        })),
        AutoKind::Lower => Value::str(name.to_lowercase()),
        AutoKind::Custom => Value::Unknown,
    }
}

/// The built-in type that an enumeration mixes in, when it is a plain one.
fn mixed_in(interp: &Interp<'_>, class: Obj) -> Option<Obj> {
    let Kind::Class(data) = &interp.heap.get(class).kind else {
        return None;
    };
    let plain = ["str", "int", "float", "bytes", "tuple"];
    data.mro
        .iter()
        .copied()
        .find(|c| plain.iter().any(|p| interp.builtins.class(p) == *c))
}

/// `http.HTTPStatus` and `HTTPMethod` carry texts beside the value.
fn split_status(
    interp: &Interp<'_>,
    class: Obj,
    value: Value,
) -> (Value, Vec<(&'static str, Value)>) {
    let names: &[&'static str] = match &*interp.class_short_name(class) {
        "HTTPStatus" => &["phrase", "description"],
        "HTTPMethod" => &["description"],
        _ => return (value, Vec::new()),
    };
    let Value::Tuple(items) = &value else {
        return (value, Vec::new());
    };
    let Some(first) = items.first().cloned() else {
        return (value, Vec::new());
    };
    let texts = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            (
                *name,
                items.get(at + 1).cloned().unwrap_or_else(|| Value::str("")),
            )
        })
        .collect();
    (first, texts)
}

fn make_member(interp: &mut Interp<'_>, class: Obj, name: &str, value: Value) -> R<Value> {
    let new_name = interp.names.new;
    let custom_new = interp.class_lookup(class, new_name).is_some_and(|(owner, _, _)| {
        matches!(&interp.heap.get(owner).kind, Kind::Class(d) if d.owner != Owner::Stdlib && !d.builtin)
    });
    let payload = if mixed_in(interp, class).is_some()
        && !value.is_unknown()
        && !matches!(value, Value::Tuple(_))
    {
        Payload::Value(value.clone())
    } else {
        Payload::None
    };
    let value = if custom_new { Value::Unknown } else { value };
    let (value, details) = split_status(interp, class, value);
    let payload = match (payload, &value) {
        (Payload::None, Value::Int(_)) if !details.is_empty() => Payload::Value(value.clone()),
        (payload, _) => payload,
    };
    let member = interp.heap.alloc(Kind::Instance { class, payload });
    for (attr, value) in [
        ("_name_", Value::str(name)),
        ("name", Value::str(name)),
        ("_value_", value.clone()),
        ("value", value.clone()),
        ("_sort_order_", Value::Unknown),
        ("__objclass__", Value::Obj(class)),
    ] {
        interp.put(member, attr, value);
    }
    for (attr, value) in details {
        interp.put(member, attr, value);
    }
    if custom_new || mixed_in(interp, class).is_some() && matches!(value, Value::Tuple(_)) {
        interp.heap.get_mut(member).open = true;
        return Ok(Value::Obj(member));
    }
    let init = interp.names.init;
    let own_init = interp.class_lookup(class, init).filter(|(owner, _, _)| {
        matches!(&interp.heap.get(*owner).kind, Kind::Class(d) if d.owner != Owner::Stdlib && !d.builtin)
    });
    if let Some((_, method, true)) = own_init {
        let mut pos = vec![Value::Obj(member)];
        match &value {
            Value::Tuple(items) => pos.extend(items.iter().cloned()),
            other => pos.push(other.clone()),
        }
        interp.call(&method, Args::positional(pos))?;
    }
    Ok(Value::Obj(member))
}

/// `Color(1)` looks a member up; `Enum("Color", "RED GREEN")` makes an enumeration.
fn enum_call(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let names_key = interp.sym("names");
    let names = args.get(2, names_key).cloned();
    let members = interp.enum_members(class).unwrap_or_default();
    if names.is_some() || members.is_empty() && args.pos.len() > 1 && args.kw.is_empty() {
        return functional(interp, class, &args, names);
    }
    let value_key = interp.names.value;
    let wanted = args.get(1, value_key).cloned().unwrap_or(Value::Unknown);
    if interp.is_member(&wanted, class) {
        return Ok(wanted);
    }
    let mut unsure = wanted.is_unknown() || interp.heap.get(class).open || members.is_empty();
    for member in &members {
        let Some(value) = interp.member_value(member) else {
            continue;
        };
        match interp.equal(&value, &wanted) {
            Some(true) => return Ok(member.clone()),
            Some(false) => {}
            None => unsure = true,
        }
    }
    let missing = interp.sym("_missing_");
    let custom = interp.class_lookup(class, missing).is_some_and(|(owner, _, _)| {
        matches!(&interp.heap.get(owner).kind, Kind::Class(d) if &*d.module != "enum")
    });
    let is_flag = auto_kind(interp, class) == AutoKind::Flag;
    if unsure || custom || is_flag {
        return Ok(interp.unknown());
    }
    match interp.repr_of(&wanted) {
        Some(text) => {
            let qualname = match &interp.heap.get(class).kind {
                Kind::Class(d) => d.qualname.to_string(),
                _ => String::new(),
            };
            Err(interp.error("ValueError", &format!("{text} is not a valid {qualname}")))
        }
        None => Ok(interp.unknown()),
    }
}

fn functional(interp: &mut Interp<'_>, base: Obj, args: &Args, names: Option<Value>) -> R<Value> {
    let (Some(name), Some(names)) = (
        args.pos
            .get(1)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned),
        names,
    ) else {
        return Ok(interp.unknown());
    };
    let Some(pairs) = functional_members(interp, &names)? else {
        return Ok(interp.unknown());
    };
    let meta = interp.meta_of(base);
    let (start_key, type_key) = (interp.sym("start"), interp.sym("type"));
    let start = match args.keyword(start_key) {
        None => 1,
        Some(Value::Int(i)) => *i,
        Some(_) => return Ok(interp.unknown()),
    };
    let auto = auto_kind(interp, base);
    let mut bases = Vec::new();
    bases.extend(args.keyword(type_key).cloned());
    bases.push(Value::Obj(base));
    let module = interp.frame().module;
    let module = interp.module_name(module);
    let mut namespace = Namespace::default();
    namespace.insert(interp.names.module, Slot::sure(Value::str(&*module)));
    let cell = interp.heap.alloc(Kind::List(Vec::new()));
    let new = NewClass {
        name: &name,
        orig_bases: bases.clone(),
        bases,
        meta: Some(Value::Obj(meta)),
        keywords: Vec::new(),
        namespace,
        cell,
    };
    let class = interp.type_new_plain(&new);
    let mut next = start;
    let mut candidates = Vec::new();
    for (member, value) in pairs {
        let value = match value {
            Some(value) => value,
            None => {
                let value = match auto {
                    AutoKind::Count => Value::Int(next),
                    AutoKind::Lower => Value::str(member.to_lowercase()),
                    _ => Value::Unknown,
                };
                next += 1;
                value
            }
        };
        candidates.push((interp.sym(&member), value));
    }
    if !add_members(interp, class, candidates)? {
        interp.memo.remove(&members_key(class));
        interp.heap.get_mut(class).open = true;
    }
    Ok(Value::Obj(class))
}

/// Names with the values that were given for them.
type Members = Vec<(String, Option<Value>)>;

/// Names and values given to the functional form; `None` when they are not known.
fn functional_members(interp: &mut Interp<'_>, names: &Value) -> R<Option<Members>> {
    if let Value::Str(text) = names {
        let names = text.text.replace(',', " ");
        return Ok(Some(
            names
                .split_whitespace()
                .map(|n| (n.to_owned(), None))
                .collect(),
        ));
    }
    if let Some((table, open)) = interp.table_of(names) {
        if open {
            return Ok(None);
        }
        let pairs: Option<Vec<_>> = table
            .values()
            .map(|(k, v)| Some((k.as_str()?.to_owned(), Some(v.clone()))))
            .collect();
        return Ok(pairs);
    }
    let Some(items) = interp.items_of(names)? else {
        return Ok(None);
    };
    let mut pairs = Vec::new();
    for item in items {
        match item.as_str() {
            Some(name) => pairs.push((name.to_owned(), None)),
            None => match interp.items_of(&item)?.as_deref() {
                Some([name, value]) if name.as_str().is_some() => {
                    pairs.push((
                        name.as_str().unwrap_or_default().to_owned(),
                        Some(value.clone()),
                    ));
                }
                _ => return Ok(None),
            },
        }
    }
    Ok(Some(pairs))
}

fn enum_getitem(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Obj(class)), Some(index)) = (args.pos.first().cloned(), args.pos.get(1))
    else {
        return Ok(interp.unknown());
    };
    if let Some(member) = interp.enum_member(class, index) {
        return Ok(member);
    }
    if index.as_str().is_none()
        || interp.heap.get(class).open
        || interp.enum_members(class).is_none()
    {
        return Ok(interp.unknown());
    }
    let text = interp.repr_of(index).unwrap_or_default();
    let stop = interp.fault("KeyError", "", "key-error", &[("key", &text)]);
    Err(interp.with_argument(stop, index.clone()))
}

fn enum_len(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let members = args
        .pos
        .first()
        .and_then(Value::as_obj)
        .and_then(|c| interp.enum_members(c));
    Ok(match members {
        Some(members) => Value::Int(i64::try_from(members.len()).unwrap_or(0)),
        None => interp.unknown(),
    })
}

fn enum_iter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let members = args
        .pos
        .first()
        .and_then(Value::as_obj)
        .and_then(|c| interp.enum_members(c));
    Ok(match members {
        Some(members) => Value::Obj(interp.heap.alloc(Kind::Iter {
            items: members.into(),
            next: 0,
        })),
        None => interp.unknown(),
    })
}

fn enum_setattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let [Value::Obj(class), name, value] = args.pos.as_slice()
        && let Some(name) = name.as_str()
    {
        let name = interp.interner.intern(name);
        interp
            .heap
            .get_mut(*class)
            .attrs
            .insert(name, Slot::sure(value.clone()));
    }
    Ok(Value::None)
}

/// Up to 3.11 members are found by the metaclass; here they are attributes of the class.
fn enum_getattr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (Some(Value::Obj(class)), Some(name)) =
        (args.pos.first(), args.pos.get(1).and_then(Value::as_str))
    else {
        return Ok(interp.unknown());
    };
    if interp.heap.get(*class).open || interp.is_blurred_class(*class) {
        return Ok(interp.unknown());
    }
    if name.starts_with('_') && name.ends_with("_map_") {
        return Ok(interp.unknown());
    }
    let (class, name) = (interp.class_short_name(*class), name.to_owned());
    if name.starts_with("__") {
        let message = format!("type object '{class}' has no attribute '{name}'");
        return Err(interp.fault(
            "AttributeError",
            &message,
            "attribute-error",
            &[("object", &class), ("name", &name)],
        ));
    }
    let message = if interp.version >= (3, 12) {
        format!("type object '{class}' has no attribute '{name}'")
    } else {
        name.clone()
    };
    Err(interp.fault(
        "AttributeError",
        &message,
        "attribute-error",
        &[("object", &class), ("name", &name)],
    ))
}

/// `IntEnum._convert_("Signals", __name__, ...)` binds a new enumeration in the calling module.
fn convert(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let module = interp.frame().module;
    if let Some(name) = args
        .pos
        .get(1)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    {
        interp.put(module, &name, Value::Unknown);
    }
    // Its members, taken from another module, become names too. Which ones a filter tells.
    let source = interp.sym("source");
    if let Some(Value::Obj(source)) = args.get(4, source) {
        let names: Vec<Sym> = interp.heap.get(*source).attrs.keys().copied().collect();
        for name in names {
            let constant = interp
                .interner
                .name(name)
                .starts_with(|c: char| c.is_ascii_uppercase());
            if constant {
                let attrs = &mut interp.heap.get_mut(module).attrs;
                attrs.entry(name).or_insert(Slot::sure(Value::Unknown));
            }
        }
    }
    Ok(interp.unknown())
}

/// `@global_enum` makes the members names of the module.
fn global_enum(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let module = interp.frame().module;
    let names: Vec<(Sym, Value)> = members_and_aliases(interp, class);
    if names.is_empty() {
        interp.heap.get_mut(module).open = true;
    }
    for (name, value) in names {
        interp
            .heap
            .get_mut(module)
            .attrs
            .insert(name, Slot::sure(value));
    }
    Ok(Value::Obj(class))
}

fn members_and_aliases(interp: &Interp<'_>, class: Obj) -> Vec<(Sym, Value)> {
    let attrs = &interp.heap.get(class).attrs;
    let all = attrs.iter().map(|(n, s)| (*n, s.value.clone()));
    all.filter(|(_, v)| interp.is_member(v, class)).collect()
}

/// `@_simple_enum(IntEnum)`: an enumeration from a plain class body.
fn simple_enum(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let etype = interp.sym("etype");
    let base = args.get(0, etype).cloned().unwrap_or(Value::Unknown);
    Ok(interp.native_with("convert_class", convert_class, vec![("etype", base)]))
}

fn convert_class(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let etype = interp.sym("etype");
    let (Some(Value::Obj(class)), Some(Value::Obj(base))) =
        (args.pos.first().cloned(), args.keyword(etype).cloned())
    else {
        return Ok(interp.unknown());
    };
    let (name, cell) = (
        interp.class_short_name(class),
        interp.heap.get(class).attrs.clone(),
    );
    let meta = interp.meta_of(base);
    let table = cell
        .iter()
        .map(|(n, s)| {
            let (key, text) = crate::python::builtins::text_key(&interp.interner.name(*n));
            (key, (text, s.value.clone()))
        })
        .collect();
    let dict = interp.heap.alloc(Kind::Dict(table));
    let bases = Value::tuple(vec![Value::Obj(base)]);
    enum_new(
        interp,
        Args::positional(vec![
            Value::Obj(meta),
            Value::str(name),
            bases,
            Value::Obj(dict),
        ]),
    )
}

/// `@unique`: two names for one value are an error.
fn unique(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(Value::Obj(class)) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let names: Vec<(Sym, Value)> = interp
        .heap
        .get(class)
        .attrs
        .iter()
        .map(|(n, s)| (*n, s.value.clone()))
        .collect();
    let mut aliases = Vec::new();
    for (name, value) in names {
        if interp.is_member(&value, class) {
            let text = interp.interner.name(name);
            let own = interp.member_name(&value);
            if own.as_deref() != Some(&*text) {
                aliases.push(format!("{text} -> {}", own.unwrap_or_default()));
            }
        }
    }
    if !aliases.is_empty() {
        let name = interp.class_short_name(class);
        let message = format!(
            "duplicate values found in <enum '{name}'>: {}",
            aliases.join(", ")
        );
        return Err(interp.error("ValueError", &message));
    }
    Ok(Value::Obj(class))
}

fn member_parts(interp: &mut Interp<'_>, args: &Args) -> Option<(String, String, Value)> {
    let member = args.pos.first()?.clone();
    let class = match &interp.heap.get(member.as_obj()?).kind {
        Kind::Instance { class, .. } => *class,
        _ => return None,
    };
    let class = interp.class_short_name(class);
    let name = interp.member_name(&member)?;
    let value = interp.member_value(&member)?;
    Some((class, name, value))
}

fn member_str(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match member_parts(interp, &args) {
        Some((class, name, _)) => Value::str(format!("{class}.{name}")),
        None => interp.unknown(),
    })
}

fn member_repr(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some((class, name, value)) = member_parts(interp, &args) else {
        return Ok(interp.unknown());
    };
    Ok(match interp.repr_of(&value) {
        Some(text) => Value::str(format!("<{class}.{name}: {text}>")),
        None => interp.unknown(),
    })
}

fn plain_str(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match member_parts(interp, &args) {
        Some((_, _, value @ Value::Str(_))) => value,
        _ => interp.unknown(),
    })
}
