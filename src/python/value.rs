//! Values of the simulated Python and the heap that owns its objects.
//!
//! A value is either known exactly or [`Value::Unknown`]; nothing in between is guessed. Objects
//! live in a [`Heap`] and are named by [`Obj`]; every change goes through [`Heap::get_mut`], so
//! that a branch that may not be taken can be undone (see [`super::branch`]).

use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::function::FunctionData;
use super::native::NativeDef;
use super::scope::ScopeInfo;

/// An interned identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(pub u32);

/// Names by number.
#[derive(Debug, Default)]
pub struct Interner {
    by_name: FxHashMap<Rc<str>, Sym>,
    names: Vec<Rc<str>>,
}

impl Interner {
    /// The number of a name.
    pub fn intern(&mut self, name: &str) -> Sym {
        if let Some(sym) = self.by_name.get(name) {
            return *sym;
        }
        let sym = Sym(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Rc<str> = name.into();
        self.names.push(name.clone());
        self.by_name.insert(name, sym);
        sym
    }

    /// The number of a name that was met before.
    pub fn known(&self, name: &str) -> Option<Sym> {
        self.by_name.get(name).copied()
    }

    /// The name of a number.
    pub fn name(&self, sym: Sym) -> Rc<str> {
        self.names
            .get(sym.0 as usize)
            .cloned()
            .unwrap_or_else(|| "".into())
    }
}

/// An object on the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Obj(pub u32);

/// Where a text was written: a literal in a Python file, or the value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextOrigin {
    /// Bytes of a literal, quotes included.
    Literal {
        /// Which file.
        file: FileId,
        /// First byte.
        start: u32,
        /// Byte after the last.
        end: u32,
    },
    /// The value of an environment variable, from the process or a dotenv file.
    Variable(Rc<crate::model::ValueOrigin>),
}

/// A source file known to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A Python `str` with its origin.
#[derive(Debug)]
pub struct PyStr {
    /// The text.
    pub text: Box<str>,
    /// Where it was written, when it still is what was written there (or a plain rewrite of it).
    pub origin: Option<TextOrigin>,
}

/// A Python value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing is known.
    Unknown,
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An integer that fits; larger ones are unknown.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    Str(Rc<PyStr>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// `...`
    Ellipsis,
    /// `NotImplemented`
    NotImplemented,
    /// A tuple.
    Tuple(Rc<[Value]>),
    /// Anything with identity.
    Obj(Obj),
}

impl Value {
    /// Text without origin.
    pub fn str(text: impl Into<Box<str>>) -> Self {
        Self::Str(Rc::new(PyStr {
            text: text.into(),
            origin: None,
        }))
    }

    /// Text with the origin of another.
    pub fn str_from(text: impl Into<Box<str>>, origin: Option<TextOrigin>) -> Self {
        Self::Str(Rc::new(PyStr {
            text: text.into(),
            origin,
        }))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        Self::Tuple(items.into())
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(s) => Some(&s.text),
            _ => None,
        }
    }

    /// The heap object.
    pub fn as_obj(&self) -> Option<Obj> {
        match self {
            Self::Obj(o) => Some(*o),
            _ => None,
        }
    }

    /// Is nothing known of it?
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Same value for the purpose of merging two branches: identity for objects, equality for
    /// plain values.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::None, Self::None)
            | (Self::Ellipsis, Self::Ellipsis)
            | (Self::NotImplemented, Self::NotImplemented) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b)) => a.text == b.text,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) if Rc::ptr_eq(a, b) => true,
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(x, y)| x.same(y))
            }
            (Self::Obj(a), Self::Obj(b)) => a == b,
            _ => false,
        }
    }
}

/// One name of a namespace.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its value.
    pub value: Value,
    /// False when the name may also be unbound.
    pub sure: bool,
}

impl Slot {
    /// A name that is certainly bound.
    pub fn sure(value: Value) -> Self {
        Self { value, sure: true }
    }
}

/// Names in the order of their first binding.
pub type Namespace = IndexMap<Sym, Slot, FxBuildHasher>;

/// A hashable value as key of a dict or member of a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// `None`
    None,
    /// Integers and booleans (`1 == True`).
    Int(i64),
    /// Bits of a float that is no integer.
    Float(u64),
    /// Text.
    Str(Box<str>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// `...`
    Ellipsis,
    /// A tuple.
    Tuple(Vec<Key>),
    /// An object by identity.
    Obj(Obj),
}

impl Key {
    /// The key of a value; `None` when the value is unknown, not hashable or too large a tuple.
    pub fn of(value: &Value) -> Option<Key> {
        Self::bounded(value, &mut 10_000)
    }

    /// Tuples that share their parts may be far larger than what they take.
    fn bounded(value: &Value, left: &mut u32) -> Option<Key> {
        *left = left.checked_sub(1)?;
        Some(match value {
            Value::None => Key::None,
            Value::Bool(b) => Key::Int(i64::from(*b)),
            Value::Int(i) => Key::Int(*i),
            #[allow(clippy::cast_possible_truncation)]
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 9.0e15 => Key::Int(*f as i64),
            Value::Float(f) => Key::Float(f.to_bits()),
            Value::Str(s) => Key::Str(s.text.clone()),
            Value::Bytes(b) => Key::Bytes(b.clone()),
            Value::Ellipsis => Key::Ellipsis,
            Value::Tuple(items) => {
                let keys = items.iter().map(|item| Self::bounded(item, left));
                Key::Tuple(keys.collect::<Option<_>>()?)
            }
            Value::Obj(o) => Key::Obj(*o),
            Value::Unknown | Value::NotImplemented => return None,
        })
    }
}

/// Content of a dict or set: key → (key as written, value).
pub type Table = IndexMap<Key, (Value, Value), FxBuildHasher>;

/// What kind of module an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleKind {
    /// Python source.
    Source,
    /// A compiled extension or byte code without source: its names are not known.
    Extension,
    /// Built into the interpreter, or an extension of the standard library.
    Builtin,
    /// A namespace package.
    Namespace,
}

/// How far a module has been executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleState {
    /// Its body is running.
    Running,
    /// Its body is done.
    Done,
}

/// Whose code a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Inside the audited project.
    Project,
    /// Installed distributions.
    ThirdParty,
    /// The standard library.
    Stdlib,
}

/// Constant facts of a module.
#[derive(Debug)]
pub struct ModuleInfo {
    /// Dotted name as in `sys.modules`.
    pub name: Rc<str>,
    /// File, for source modules.
    pub file: Option<FileId>,
    /// Path shown in messages (`__file__`), when there is one.
    pub path: Option<String>,
    /// `__path__`, for packages.
    pub dirs: Option<Vec<std::path::PathBuf>>,
    /// Kind.
    pub kind: ModuleKind,
    /// Owner.
    pub owner: Owner,
}

/// A class.
#[derive(Debug, Clone)]
pub struct ClassData {
    /// `__name__`
    pub name: Rc<str>,
    /// `__qualname__`
    pub qualname: Rc<str>,
    /// `__module__`
    pub module: Rc<str>,
    /// Bases as given (after `__mro_entries__`).
    pub bases: Rc<[Value]>,
    /// Method resolution order, itself first.
    pub mro: Rc<[Obj]>,
    /// Something in the ancestry is unknown: attributes that are not found are unknown.
    pub blurred: bool,
    /// The namespace it was made from is not known: it may define anything, also what an
    /// ancestor defines.
    pub unknown_names: bool,
    /// Metaclass.
    pub meta: Option<Obj>,
    /// Built into the interpreter.
    pub builtin: bool,
    /// Whose class.
    pub owner: Owner,
}

/// Hidden content of an instance.
#[derive(Debug, Clone)]
pub enum Payload {
    /// None.
    None,
    /// The plain value of a subclass of a built-in type (`class E(str, Enum)`).
    Value(Value),
    /// A list, dict or set object that an instance of a subclass of these carries.
    Base(Obj),
}

/// A suspended function body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspendedKind {
    /// Generator.
    Generator,
    /// Coroutine of an `async def`.
    Coroutine,
    /// Asynchronous generator.
    AsyncGenerator,
}

/// What an object is.
#[derive(Debug, Clone)]
pub enum Kind<'a> {
    /// A module; its names are the attributes.
    Module {
        /// Constant facts.
        info: Rc<ModuleInfo>,
        /// How far it has run.
        state: ModuleState,
    },
    /// Local variables of a function call, class body or comprehension.
    Env {
        /// Symbol table.
        info: Rc<ScopeInfo>,
        /// Enclosing function scope.
        parent: Option<Obj>,
    },
    /// A Python function.
    Function(Rc<FunctionData<'a>>),
    /// A class.
    Class(Box<ClassData>),
    /// An instance of a class.
    Instance {
        /// Its class.
        class: Obj,
        /// Hidden content.
        payload: Payload,
    },
    /// `list`
    List(Vec<Value>),
    /// `dict`
    Dict(Table),
    /// `set`
    Set(Table),
    /// `frozenset`
    FrozenSet(Table),
    /// A function of the simulator.
    Native(&'static NativeDef),
    /// A bound method.
    Method {
        /// Function or native.
        func: Value,
        /// Receiver.
        this: Value,
    },
    /// `property`
    Property {
        /// Getter.
        get: Value,
        /// Has a setter? (`None` = unknown)
        set: Value,
    },
    /// `staticmethod`
    StaticMethod(Value),
    /// `classmethod`
    ClassMethod(Value),
    /// `super()`
    Super {
        /// The class after which the search starts.
        class: Obj,
        /// Instance or class that it is bound to.
        this: Value,
    },
    /// Generator, coroutine or asynchronous generator.
    Suspended {
        /// The function.
        func: Rc<FunctionData<'a>>,
        /// Its bound arguments.
        env: Obj,
        /// Which of the three.
        kind: SuspendedKind,
        /// Has it been started?
        started: bool,
    },
    /// An iterator over known items.
    Iter {
        /// Items.
        items: Rc<[Value]>,
        /// Next one.
        next: usize,
    },
    /// `slice`
    Slice(Value, Value, Value),
    /// `range`
    Range(i64, i64, i64),
    /// `functools.partial`
    Partial {
        /// Function.
        func: Value,
        /// Positional arguments.
        args: Vec<Value>,
        /// Keyword arguments.
        kwargs: Vec<(Sym, Value)>,
    },
    /// A form of `typing`: `Optional[int]`, `list[str]`, `int | None`, `Annotated[int, x]`.
    Form {
        /// Name of the form (`Union`, `Annotated`, `Literal`, ...) or `alias` for `C[...]`.
        name: &'static str,
        /// The subscripted class for an alias, else `None`.
        origin: Value,
        /// Arguments.
        args: Rc<[Value]>,
    },
}

/// An object.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Its attributes (`__dict__`).
    pub attrs: Namespace,
    /// Something undecidable may have added attributes or items.
    pub open: bool,
}

/// What a branch changed: objects as they were before.
#[derive(Debug, Default)]
pub struct Saved<'a> {
    first_new: u32,
    seen: FxHashSet<Obj>,
    /// Objects as they were, in the order of their first change.
    pub cells: Vec<(Obj, Cell<'a>)>,
}

/// All objects of a run. Nothing is ever freed: a start is short.
#[derive(Debug, Default)]
pub struct Heap<'a> {
    cells: Vec<Cell<'a>>,
    levels: Vec<Saved<'a>>,
    /// Elements of the containers that were ever made.
    elements: usize,
}

/// Objects and container elements after which a run is given up: each a few dozen bytes.
const MAX_CELLS: usize = 4_000_000;
const MAX_ELEMENTS: usize = 30_000_000;

impl<'a> Heap<'a> {
    /// Puts an object on the heap.
    pub fn alloc(&mut self, kind: Kind<'a>) -> Obj {
        self.alloc_cell(Cell {
            kind,
            attrs: Namespace::default(),
            open: false,
        })
    }

    /// Puts a finished cell on the heap.
    pub fn alloc_cell(&mut self, cell: Cell<'a>) -> Obj {
        let obj = Obj(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
        self.elements += match &cell.kind {
            Kind::List(items) => items.len(),
            Kind::Dict(table) | Kind::Set(table) | Kind::FrozenSet(table) => table.len(),
            _ => 0,
        };
        self.cells.push(cell);
        obj
    }

    /// Has a run made more than fits into memory?
    pub fn is_full(&self) -> bool {
        self.cells.len() > MAX_CELLS || self.elements > MAX_ELEMENTS
    }

    /// Reads an object.
    pub fn get(&self, obj: Obj) -> &Cell<'a> {
        &self.cells[obj.0 as usize]
    }

    /// Opens an object for change; the innermost branch remembers how it was.
    pub fn get_mut(&mut self, obj: Obj) -> &mut Cell<'a> {
        if let Some(level) = self.levels.last_mut()
            && obj.0 < level.first_new
            && level.seen.insert(obj)
        {
            level.cells.push((obj, self.cells[obj.0 as usize].clone()));
        }
        &mut self.cells[obj.0 as usize]
    }

    /// Starts to remember changes.
    pub fn begin(&mut self) {
        self.levels.push(Saved {
            first_new: u32::try_from(self.cells.len()).unwrap_or(u32::MAX),
            ..Saved::default()
        });
    }

    /// Takes all changes since [`Heap::begin`] back; returns the objects as the branch left them.
    pub fn rollback(&mut self) -> Vec<(Obj, Cell<'a>)> {
        let Some(level) = self.levels.pop() else {
            return Vec::new();
        };
        level
            .cells
            .into_iter()
            .map(|(obj, old)| (obj, std::mem::replace(&mut self.cells[obj.0 as usize], old)))
            .collect()
    }
}
