//! Constructors of built-in classes.

use super::exceptions::exception_new;
use super::numbers::{float_new, int_new};
use crate::python::call::Args;
use crate::python::class::NewClass;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::ops::Special;
use crate::python::raise::R;
use crate::python::value::{
    Key, Kind, ModuleInfo, ModuleKind, Namespace, Obj, Owner, Payload, Slot, Table, Value,
};

macro_rules! constructors {
    ($($class:literal => $run:ident),* $(,)?) => {
        /// `__new__` of built-in classes.
        pub static CONSTRUCTORS: &[(&str, &[NativeDef])] = &[
            $(($class, &[NativeDef { name: "__new__", run: $run }])),*
        ];
    };
}

constructors! {
    "object" => object_new,
    "type" => type_new,
    "str" => str_new,
    "int" => int_new,
    "float" => float_new,
    "bool" => bool_new,
    "list" => list_new,
    "tuple" => tuple_new,
    "dict" => dict_new,
    "set" => set_new,
    "frozenset" => frozenset_new,
    "property" => property_new,
    "staticmethod" => staticmethod_new,
    "classmethod" => classmethod_new,
    "super" => super_new,
    "range" => range_new,
    "enumerate" => enumerate_new,
    "zip" => zip_new,
    "map" => map_new,
    "filter" => filter_new,
    "reversed" => reversed_new,
    "slice" => slice_new,
    "BaseException" => exception_new,
    "module" => module_new,
    "mappingproxy" => proxy_new,
}

/// Takes the class that is constructed off the arguments.
pub(super) fn split(args: &mut Args) -> Option<Obj> {
    if args.pos.is_empty() {
        None
    } else {
        args.pos.remove(0).as_obj()
    }
}

/// A plain value as such, or wrapped when a subclass is constructed.
pub(super) fn plain<'a>(
    interp: &mut Interp<'a>,
    class: Option<Obj>,
    base: &str,
    value: Value,
) -> Value {
    match class {
        Some(class) if class != interp.builtins.class(base) => {
            let payload = match &value {
                Value::Obj(inner) => Payload::Base(*inner),
                Value::Unknown => Payload::None,
                other => Payload::Value(other.clone()),
            };
            let open = value.is_unknown();
            let obj = interp.heap.alloc(Kind::Instance { class, payload });
            interp.heap.get_mut(obj).open = open;
            Value::Obj(obj)
        }
        _ => value,
    }
}

/// `types.MappingProxyType(mapping)`: a view, which shows what the mapping holds at any time.
fn proxy_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let (Some(class), [Value::Obj(mapping)]) = (class, args.pos.as_slice()) else {
        return Ok(interp.unknown());
    };
    let inner = match (&interp.heap.get(*mapping).kind, interp.payload(*mapping)) {
        (Kind::Dict(_), _) => Some(*mapping),
        (_, Payload::Base(inner)) => Some(inner),
        _ => None,
    };
    let payload = inner.map_or(Payload::None, Payload::Base);
    let view = interp.heap.alloc(Kind::Instance { class, payload });
    interp.heap.get_mut(view).open = inner.is_none();
    Ok(Value::Obj(view))
}

fn type_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let meta = split(&mut args);
    if args.pos.len() == 1 && args.kw.is_empty() {
        return Ok(interp.type_of(&args.pos[0]));
    }
    let [name, bases, namespace] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let (Some(name), Value::Tuple(bases), Some((table, open))) =
        (name.as_str(), bases, interp.table_of(namespace))
    else {
        return Ok(interp.unknown());
    };
    let mut names = Namespace::default();
    for (key, value) in table.values() {
        if let Some(text) = key.as_str() {
            let sym = interp.interner.intern(text);
            names.insert(sym, Slot::sure(value.clone()));
        }
    }
    let (bases, name) = (bases.clone(), name.to_owned());
    if let Some(stop) = interp.bad_bases(&bases) {
        return Err(stop);
    }
    let dict = namespace.as_obj();
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
    let type_class = interp.builtins.type_class;
    let new = NewClass {
        name: &name,
        orig_bases: bases.to_vec(),
        bases: bases.to_vec(),
        meta: meta.filter(|m| *m != type_class).map(Value::Obj),
        keywords: Vec::new(),
        namespace: names,
        cell,
    };
    let class = interp.type_new_plain(&new);
    interp.heap.get_mut(class).open = open;
    if let Kind::Class(data) = &mut interp.heap.get_mut(class).kind {
        data.unknown_names = open;
    }
    interp.after_type_new(class, args.kw)?;
    Ok(Value::Obj(class))
}

fn str_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let value = match args.pos.first() {
        None => Value::str(""),
        Some(value @ Value::Str(_)) => value.clone(),
        Some(value) => {
            let value = value.clone();
            match interp.text_of(&value) {
                Some(text) => Value::str(text),
                None => interp.unknown(),
            }
        }
    };
    Ok(plain(interp, class, "str", value))
}

fn bool_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    match args.pos.first() {
        None => Ok(Value::Bool(false)),
        Some(value) => {
            let value = value.clone();
            Ok(interp.truth(&value)?.map_or(Value::Unknown, Value::Bool))
        }
    }
}

fn items(interp: &mut Interp<'_>, args: &Args) -> R<Option<Vec<Value>>> {
    match args.pos.first() {
        None => Ok(Some(Vec::new())),
        Some(value) => {
            let value = value.clone();
            interp.items_of(&value)
        }
    }
}

fn list_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    if class.is_some_and(|c| c != interp.builtins.class("list")) {
        // A subclass gets its content in `__init__`.
        args = Args::none();
    }
    let value = match items(interp, &args)? {
        Some(items) => interp.list(items),
        None => interp.open_object(Kind::List(Vec::new())),
    };
    Ok(plain(interp, class, "list", value))
}

fn tuple_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let value = items(interp, &args)?.map_or(Value::Unknown, Value::tuple);
    Ok(plain(interp, class, "tuple", value))
}

fn dict_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    if class.is_some_and(|c| c != interp.builtins.class("dict")) {
        // A subclass gets its content in `__init__`.
        args = Args::none();
    }
    let mut table = Table::default();
    let mut open = args.open;
    if let Some(first) = args.pos.first().cloned() {
        match interp.table_of(&first) {
            Some((more, more_open)) => {
                table.extend(more);
                open |= more_open;
            }
            None => match interp.items_of(&first)? {
                Some(pairs) => {
                    for pair in pairs {
                        let pair = interp.items_of(&pair)?;
                        match pair.as_deref() {
                            Some([key, value]) if Key::of(key).is_some() => {
                                open |= interp.hashes_by_value(key);
                                if let Some(k) = interp.hash_key(key) {
                                    table.insert(k, (key.clone(), value.clone()));
                                }
                            }
                            _ => open = true,
                        }
                    }
                }
                None => open = true,
            },
        }
    }
    for (name, value) in args.kw {
        let key = Value::str(&*interp.interner.name(name));
        if let Some(k) = Key::of(&key) {
            table.insert(k, (key, value));
        }
    }
    let obj = interp.heap.alloc(Kind::Dict(table));
    interp.heap.get_mut(obj).open = open;
    Ok(plain(interp, class, "dict", Value::Obj(obj)))
}

fn set_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    if class.is_some_and(|c| c != interp.builtins.class("set")) {
        // A subclass gets its content in `__init__`.
        args = Args::none();
    }
    let items = items(interp, &args)?;
    let value = interp.set_of(items);
    Ok(plain(interp, class, "set", value))
}

fn frozenset_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let items = items(interp, &args)?;
    let value = interp.set_of(items);
    if let Value::Obj(obj) = &value
        && let Kind::Set(table) = interp.heap.get(*obj).kind.clone()
    {
        interp.heap.get_mut(*obj).kind = Kind::FrozenSet(table);
    }
    Ok(plain(interp, class, "frozenset", value))
}

fn property_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let (fget, fset) = (interp.sym("fget"), interp.sym("fset"));
    let get = args.get(0, fget).cloned().unwrap_or(Value::None);
    let set = args.get(1, fset).cloned().unwrap_or(Value::None);
    if class.is_some_and(|c| c != interp.builtins.class("property")) {
        return Ok(interp.unknown());
    }
    Ok(Value::Obj(interp.heap.alloc(Kind::Property { get, set })))
}

fn staticmethod_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let inner = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    Ok(Value::Obj(interp.heap.alloc(Kind::StaticMethod(inner))))
}

fn classmethod_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let inner = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    Ok(Value::Obj(interp.heap.alloc(Kind::ClassMethod(inner))))
}

fn super_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    let (class, this) = match args.pos.as_slice() {
        [Value::Obj(class), this] if interp.is_class(*class) => (Some(*class), this.clone()),
        [] => {
            let frame = interp
                .frames
                .iter()
                .rev()
                .find(|f| f.kind == crate::python::interp::FrameKind::Function);
            match frame {
                Some(frame) => (
                    frame.class_cell,
                    frame.first_arg.clone().unwrap_or(Value::Unknown),
                ),
                None => (None, Value::Unknown),
            }
        }
        _ => (None, Value::Unknown),
    };
    Ok(match class {
        Some(class) if !this.is_unknown() => {
            Value::Obj(interp.heap.alloc(Kind::Super { class, this }))
        }
        _ => interp.unknown(),
    })
}

fn range_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let mut bounds = Vec::new();
    for bound in args.pos.get(1..).unwrap_or_default() {
        match interp.index_of(bound)? {
            Value::Unknown => return Ok(interp.unknown()),
            bound @ Value::Int(_) => bounds.push(bound),
            other => {
                let kind = interp.type_name(&other);
                let message = format!("'{kind}' object cannot be interpreted as an integer");
                return Err(interp.error("TypeError", &message));
            }
        }
    }
    let kind = match bounds.as_slice() {
        [_, _, Value::Int(0)] => {
            return Err(interp.error("ValueError", "range() arg 3 must not be zero"));
        }
        [Value::Int(stop)] => Kind::Range(0, *stop, 1),
        [Value::Int(start), Value::Int(stop)] => Kind::Range(*start, *stop, 1),
        [Value::Int(start), Value::Int(stop), Value::Int(step)] if *step != 0 => {
            Kind::Range(*start, *stop, *step)
        }
        _ => return Ok(interp.unknown()),
    };
    Ok(Value::Obj(interp.heap.alloc(kind)))
}

/// An iterator over known items.
fn iterator(interp: &mut Interp<'_>, items: Option<Vec<Value>>) -> Value {
    match items {
        Some(items) => Value::Obj(interp.heap.alloc(Kind::Iter {
            items: items.into(),
            next: 0,
        })),
        None => interp.unknown(),
    }
}

fn enumerate_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    let start = interp.sym("start");
    let first = match args.get(1, start) {
        None => 0,
        Some(Value::Int(i)) => *i,
        Some(_) => return Ok(interp.unknown()),
    };
    let items = items(interp, &args)?;
    let items = items.map(|items| {
        (first..)
            .zip(items)
            .map(|(n, v)| Value::tuple(vec![Value::Int(n), v]))
            .collect()
    });
    Ok(iterator(interp, items))
}

fn zip_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    let mut columns = Vec::new();
    for value in &args.pos {
        match interp.items_of(value)? {
            Some(items) => columns.push(items),
            None => return Ok(interp.unknown()),
        }
    }
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let items = (0..rows)
        .map(|n| Value::tuple(columns.iter().map(|c| c[n].clone()).collect()))
        .collect();
    Ok(iterator(interp, Some(items)))
}

fn map_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    let [func, iterable] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let (func, iterable) = (func.clone(), iterable.clone());
    let Some(items) = interp.items_of(&iterable)? else {
        return Ok(interp.unknown());
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        out.push(interp.call(&func, Args::positional(vec![item]))?);
    }
    Ok(iterator(interp, Some(out)))
}

fn filter_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    let [func, iterable] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let (func, iterable) = (func.clone(), iterable.clone());
    let Some(items) = interp.items_of(&iterable)? else {
        return Ok(interp.unknown());
    };
    let mut out = Vec::new();
    for item in items {
        let answer = match func {
            Value::None => item.clone(),
            _ => interp.call(&func, Args::positional(vec![item.clone()]))?,
        };
        match interp.truth(&answer)? {
            Some(true) => out.push(item),
            Some(false) => {}
            None => return Ok(interp.unknown()),
        }
    }
    Ok(iterator(interp, Some(out)))
}

fn reversed_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    split(&mut args);
    if let Some(value) = args.pos.first().cloned() {
        match interp.special(&value, "__reversed__") {
            Special::Method(method) => return interp.call(&method, Args::none()),
            Special::Unknown
                if value.as_obj().is_some_and(|o| {
                    matches!(
                        interp.heap.get(o).kind,
                        Kind::Instance {
                            payload: Payload::None,
                            ..
                        }
                    )
                }) =>
            {
                return Ok(interp.unknown());
            }
            _ => {}
        }
    }
    let items = items(interp, &args)?.map(|mut items| {
        items.reverse();
        items
    });
    Ok(iterator(interp, items))
}

fn slice_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let kind = match args.pos.get(1..).unwrap_or_default() {
        [stop] => Kind::Slice(Value::None, stop.clone(), Value::None),
        [start, stop] => Kind::Slice(start.clone(), stop.clone(), Value::None),
        [start, stop, step] => Kind::Slice(start.clone(), stop.clone(), step.clone()),
        _ => return Ok(interp.unknown()),
    };
    Ok(Value::Obj(interp.heap.alloc(kind)))
}

fn object_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let Some(class) = split(&mut args) else {
        return Ok(interp.unknown());
    };
    if !interp.is_class(class) {
        return Ok(interp.unknown());
    }
    Ok(Value::Obj(interp.instance(class)))
}

/// `types.ModuleType(name, doc=None)`
/// Attributes that instances of subclasses of `types.ModuleType` have from the start.
pub fn fill_module(interp: &mut Interp<'_>, object: Obj, name: Option<&str>) {
    let names = interp.names;
    let name = name.map_or(Value::Unknown, Value::str);
    for (key, value) in [
        (names.name, name),
        (names.doc, Value::None),
        (names.package, Value::None),
        (names.loader, Value::None),
        (names.spec, Value::None),
    ] {
        let attrs = &mut interp.heap.get_mut(object).attrs;
        attrs.insert(key, Slot::sure(value));
    }
}

fn module_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let name = interp.names.name_attr;
    let name = args
        .get(0, name)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned);
    let (Some(name), true) = (&name, class == Some(interp.builtins.module_class)) else {
        if let Some(class) = class {
            let object = interp.instance(class);
            fill_module(interp, object, name.as_deref());
            return Ok(Value::Obj(object));
        }
        return Ok(interp.unknown());
    };
    let owner = interp.frame().owner;
    let module = interp.new_module(ModuleInfo {
        name: name.as_str().into(),
        file: None,
        path: None,
        dirs: None,
        kind: if owner == Owner::Stdlib {
            ModuleKind::Builtin
        } else {
            ModuleKind::Namespace
        },
        owner,
    });
    Ok(Value::Obj(module))
}
