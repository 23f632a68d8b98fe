//! The `builtins` module: classes, exceptions and functions.
//!
//! Which attributes a built-in class has is data (`attributes.txt`, read off CPython); what the
//! modelled ones do is told in the files beside this one. An attribute without a model exists and
//! answers `Unknown`.

pub mod arity;
mod classes;
mod codecs;
mod containers;
mod exceptions;
mod formatting;
mod functions;

pub use functions::text_key;
mod methods;
pub mod numbers;
mod protocol;
mod refusals;
mod strings;

use rustc_hash::{FxHashMap, FxHashSet};

use super::models::compiled::in_version;
use super::native::NativeDef;
use super::raise::R;
use super::value::{
    ClassData, Heap, Interner, Kind, ModuleInfo, ModuleKind, ModuleState, Namespace, Obj, Owner,
    Slot, SuspendedKind, Value,
};

const ATTRIBUTES: &str = include_str!("attributes.txt");

/// An attribute that exists and whose behaviour is not modelled.
pub static UNMODELLED: NativeDef = NativeDef {
    name: "function",
    run: unmodelled,
};

fn unmodelled(interp: &mut super::interp::Interp<'_>, args: super::call::Args) -> R<Value> {
    interp.escape(&args);
    Ok(interp.unknown())
}

/// Built-in objects.
#[derive(Debug)]
pub struct Builtins {
    /// The module.
    pub module: Obj,
    /// `object`
    pub object_class: Obj,
    /// `type`
    pub type_class: Obj,
    /// `function`
    pub function_class: Obj,
    /// `module`
    pub module_class: Obj,
    /// Stands for every function without a model.
    pub unmodelled: Value,
    classes: FxHashMap<String, Obj>,
    modelled: FxHashSet<Obj>,
    /// Set by the model of `contextlib`.
    pub suppress: Option<Obj>,
}

impl Builtins {
    /// Builds them all.
    pub fn new(heap: &mut Heap<'_>, interner: &mut Interner, minor: u8) -> Self {
        let info = ModuleInfo {
            name: "builtins".into(),
            file: None,
            path: None,
            dirs: None,
            kind: ModuleKind::Builtin,
            owner: Owner::Stdlib,
        };
        let module = heap.alloc(Kind::Module {
            info: info.into(),
            state: ModuleState::Done,
        });
        let mut classes: FxHashMap<String, Obj> = FxHashMap::default();
        let unmodelled = Value::Obj(heap.alloc(Kind::Native(&UNMODELLED)));
        for line in ATTRIBUTES.lines().filter(|l| !l.starts_with('#')) {
            let Some((head, names)) = line.split_once(':') else {
                continue;
            };
            let Some((name, bases)) = head.trim_end_matches(')').split_once('(') else {
                for name in names
                    .split_whitespace()
                    .filter_map(|n| in_version(n, minor))
                {
                    let sym = interner.intern(name);
                    heap.get_mut(module)
                        .attrs
                        .insert(sym, Slot::sure(unmodelled.clone()));
                }
                continue;
            };
            let Some(name) = in_version(name, minor) else {
                continue;
            };
            let class = new_class(
                heap,
                interner,
                &classes,
                name,
                bases,
                names,
                &unmodelled,
                minor,
            );
            classes.insert(name.to_owned(), class);
            if !HIDDEN.contains(&name) {
                let sym = interner.intern(name);
                heap.get_mut(module)
                    .attrs
                    .insert(sym, Slot::sure(Value::Obj(class)));
            }
        }
        for (alias, class) in [("IOError", "OSError"), ("EnvironmentError", "OSError")] {
            if let Some(class) = classes.get(class) {
                let sym = interner.intern(alias);
                heap.get_mut(module)
                    .attrs
                    .insert(sym, Slot::sure(Value::Obj(*class)));
            }
        }
        let get = |name: &str| classes.get(name).copied().unwrap_or(module);
        let mut builtins = Self {
            module,
            object_class: get("object"),
            type_class: get("type"),
            function_class: get("function"),
            module_class: get("module"),
            unmodelled,
            classes,
            modelled: FxHashSet::default(),
            suppress: None,
        };
        builtins.constants(heap, interner);
        builtins.install(heap, interner);
        builtins.share_methods(heap, interner);
        builtins
    }

    fn constants(&self, heap: &mut Heap<'_>, interner: &mut Interner) {
        let constants = [
            ("__debug__", Value::Bool(true)),
            ("Ellipsis", Value::Ellipsis),
            ("NotImplemented", Value::NotImplemented),
            ("None", Value::None),
            ("True", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("__name__", Value::str("builtins")),
            ("__loader__", Value::Unknown),
            ("__spec__", Value::Unknown),
            ("__package__", Value::str("")),
        ];
        for (name, value) in constants {
            let sym = interner.intern(name);
            heap.get_mut(self.module)
                .attrs
                .insert(sym, Slot::sure(value));
        }
    }

    /// Replaces unmodelled attributes by the models.
    fn install(&mut self, heap: &mut Heap<'_>, interner: &mut Interner) {
        for native in functions::FUNCTIONS.iter().chain(protocol::FUNCTIONS) {
            let sym = interner.intern(native.name);
            let value = Value::Obj(heap.alloc(Kind::Native(native)));
            heap.get_mut(self.module)
                .attrs
                .insert(sym, Slot::sure(value));
        }
        let tables = [
            methods::METHODS,
            strings::METHODS,
            containers::METHODS,
            codecs::METHODS,
        ];
        for (class, natives) in classes::CONSTRUCTORS
            .iter()
            .chain(tables.into_iter().flatten())
        {
            let Some(class) = self.classes.get(*class).copied() else {
                continue;
            };
            for native in *natives {
                let sym = interner.intern(native.name);
                let function = Value::Obj(heap.alloc(Kind::Native(native)));
                let value = match native.name {
                    "__new__" => {
                        self.modelled.insert(class);
                        Value::Obj(heap.alloc(Kind::StaticMethod(function)))
                    }
                    "fromkeys" | "from_bytes" | "__init_subclass__" => {
                        Value::Obj(heap.alloc(Kind::ClassMethod(function)))
                    }
                    _ => function,
                };
                heap.get_mut(class).attrs.insert(sym, Slot::sure(value));
            }
        }
    }

    /// A view of a dict answers as the dict does.
    fn share_methods(&self, heap: &mut Heap<'_>, interner: &mut Interner) {
        let (dict, view) = (self.class("dict"), self.class("mappingproxy"));
        for name in ["get", "items", "keys", "values", "copy", "__contains__"] {
            let name = interner.intern(name);
            if let Some(slot) = heap.get(dict).attrs.get(&name).cloned() {
                heap.get_mut(view).attrs.insert(name, slot);
            }
        }
    }

    /// A built-in class by name.
    pub fn class(&self, name: &str) -> Obj {
        self.classes.get(name).copied().unwrap_or(self.object_class)
    }

    /// A built-in exception class by name; unknown names give `Exception`.
    pub fn exception(&self, name: &str) -> Obj {
        self.classes
            .get(name)
            .or_else(|| self.classes.get("Exception"))
            .copied()
            .unwrap_or(self.object_class)
    }

    /// Is a class built in without a modelled constructor?
    pub fn is_opaque(&self, class: Obj) -> bool {
        class != self.object_class && !self.modelled.contains(&class)
    }

    /// The class of `contextlib.suppress`.
    pub fn suppress_class(&self) -> Option<Obj> {
        self.suppress
    }

    /// The class of a plain value.
    pub fn class_of(&self, value: &Value) -> Obj {
        self.class(match value {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::Ellipsis => "ellipsis",
            Value::NotImplemented => "NotImplementedType",
            Value::Tuple(_) => "tuple",
            Value::Unknown | Value::Obj(_) => "object",
        })
    }

    /// The class of an object by its kind.
    pub fn class_of_kind(&self, kind: &Kind<'_>) -> Obj {
        self.class(match kind {
            Kind::Module { .. } => "module",
            Kind::Function(_) => "function",
            Kind::Class(_) => "type",
            Kind::Instance { class, .. } => return *class,
            Kind::List(_) => "list",
            Kind::Dict(_) => "dict",
            Kind::Set(_) => "set",
            Kind::FrozenSet(_) => "frozenset",
            Kind::Native(_) => "builtin_function_or_method",
            Kind::Method { .. } => "method",
            Kind::Property { .. } => "property",
            Kind::StaticMethod(_) => "staticmethod",
            Kind::ClassMethod(_) => "classmethod",
            Kind::Super { .. } => "super",
            Kind::Suspended {
                kind: SuspendedKind::Generator,
                ..
            } => "generator",
            Kind::Suspended {
                kind: SuspendedKind::Coroutine,
                ..
            } => "coroutine",
            Kind::Suspended {
                kind: SuspendedKind::AsyncGenerator,
                ..
            } => "async_generator",
            Kind::Iter { .. } => "list_iterator",
            Kind::Slice(..) => "slice",
            Kind::Range(..) => "range",
            Kind::Form { name: "Union", .. } => "UnionType",
            Kind::Form { .. } => "GenericAlias",
            Kind::Env { .. } | Kind::Partial { .. } => "object",
        })
    }
}

/// Classes that are not names of the module.
const HIDDEN: &[&str] = &[
    "NoneType",
    "function",
    "method",
    "module",
    "builtin_function_or_method",
    "generator",
    "coroutine",
    "async_generator",
    "ellipsis",
    "NotImplementedType",
    "GenericAlias",
    "UnionType",
    "code",
    "traceback",
    "dict_keys",
    "dict_values",
    "dict_items",
    "mappingproxy",
    "cell",
    "list_iterator",
    "BuiltinImporter",
];

#[allow(clippy::too_many_arguments)]
fn new_class(
    heap: &mut Heap<'_>,
    interner: &mut Interner,
    classes: &FxHashMap<String, Obj>,
    name: &str,
    bases: &str,
    names: &str,
    unmodelled: &Value,
    minor: u8,
) -> Obj {
    let bases: Vec<Obj> = bases
        .split(',')
        .filter_map(|b| classes.get(b).copied())
        .collect();
    let mut attrs = Namespace::default();
    for attr in names
        .split_whitespace()
        .filter_map(|n| in_version(n, minor))
    {
        let (attr, is_data) = match attr.strip_prefix('=') {
            Some(attr) => (attr, true),
            None => (attr, false),
        };
        let sym = interner.intern(attr);
        let value = match attr {
            "__doc__" => Value::None,
            "__module__" => Value::str("builtins"),
            "__dict__" | "__weakref__" => continue,
            _ if is_data => Value::Unknown,
            _ => unmodelled.clone(),
        };
        attrs.insert(sym, Slot::sure(value));
    }
    let class = heap.alloc(Kind::Class(Box::new(ClassData {
        name: name.into(),
        qualname: name.into(),
        module: "builtins".into(),
        bases: bases.iter().map(|b| Value::Obj(*b)).collect(),
        mro: std::rc::Rc::from([]),
        blurred: false,
        unknown_names: false,
        meta: None,
        builtin: true,
        owner: Owner::Stdlib,
    })));
    let mut mro = vec![class];
    for base in &bases {
        if let Kind::Class(data) = &heap.get(*base).kind {
            for ancestor in data.mro.iter() {
                mro.retain(|c| c != ancestor);
                mro.push(*ancestor);
            }
        }
    }
    let cell = heap.get_mut(class);
    cell.attrs = attrs;
    if let Kind::Class(data) = &mut cell.kind {
        data.mro = mro.into();
    }
    class
}
