//! Modules without Python source: built into the interpreter, or compiled extensions of the
//! standard library.
//!
//! Which names they have is data (`compiled.txt`, read off CPython and typeshed); what a name does
//! is told by models. Of a class the attributes are known, of a function only that it exists.

use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::python::interp::Interp;
use crate::python::native::{Native, NativeDef};
use crate::python::value::{Kind, ModuleInfo, ModuleKind, Obj, Owner, Slot, Value};

const TABLE: &str = include_str!("compiled.txt");

/// Minor versions in which something exists.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: u8,
    last: u8,
}

impl Range {
    const ALWAYS: Self = Self {
        first: 0,
        last: u8::MAX,
    };

    fn read(text: &str) -> Self {
        match text.split_once('-') {
            None => Self {
                first: text.parse().unwrap_or(0),
                last: u8::MAX,
            },
            Some((first, last)) => Self {
                first: first.parse().unwrap_or(0),
                last: last.parse().unwrap_or(u8::MAX),
            },
        }
    }

    fn has(self, minor: u8) -> bool {
        (self.first..=self.last).contains(&minor)
    }
}

/// Splits `name@9-12` into the name and the versions that have it.
fn marked(word: &str) -> (&str, Range) {
    match word.split_once('@') {
        Some((name, range)) => (name, Range::read(range)),
        None => (word, Range::ALWAYS),
    }
}

/// The name when a word of a table holds in a minor version.
pub fn in_version(word: &str, minor: u8) -> Option<&str> {
    let (name, range) = marked(word);
    range.has(minor).then_some(name)
}

/// A module's part of the table.
struct Section {
    range: Range,
    text: &'static str,
}

fn sections() -> &'static FxHashMap<&'static str, Section> {
    static SECTIONS: OnceLock<FxHashMap<&'static str, Section>> = OnceLock::new();
    SECTIONS.get_or_init(|| {
        TABLE
            .split("\n[")
            .skip(1)
            .filter_map(|part| {
                let (head, text) = part.split_once('\n').unwrap_or((part, ""));
                let (name, marks) = head.split_once(']')?;
                let (_, range) = marked(marks);
                Some((name, Section { range, text }))
            })
            .collect()
    })
}

/// Is there a compiled module of this name in a minor version?
pub fn is_compiled(full: &str, minor: u8) -> bool {
    sections().get(full).is_some_and(|s| s.range.has(minor))
}

/// Modules that a build may lack because the library behind them was missing.
const OPTIONAL: &[&str] = &[
    "_bz2",
    "_lzma",
    "_sqlite3",
    "_tkinter",
    "_ctypes",
    "_curses",
    "_curses_panel",
    "readline",
    "_dbm",
    "_gdbm",
];

/// May a build lack the module?
pub fn is_optional(full: &str) -> bool {
    OPTIONAL.contains(&full)
}

/// Methods with a model that get the class instead of an instance.
const CLASS_METHODS: &[&str] = &[
    "fromisoformat",
    "strptime",
    "from_iterable",
    "now",
    "utcnow",
    "today",
];

/// One line of a class: `%name:module(bases)* attributes`.
struct ClassLine<'t> {
    module: Option<&'t str>,
    bases: &'t str,
    /// Its metaclass is `type`.
    plain: bool,
    attrs: &'t str,
}

fn class_line(line: &'static str) -> Option<(&'static str, Range, ClassLine<'static>)> {
    let (head, rest) = line.strip_prefix('%')?.split_once('(')?;
    let (bases, attrs) = rest.split_once(')')?;
    let (name, module) = match head.split_once(':') {
        Some((name, module)) => (name, Some(module)),
        None => (head, None),
    };
    let (name, range) = marked(name);
    let plain = !attrs.starts_with('*');
    let attrs = attrs.trim_start_matches('*');
    Some((
        name,
        range,
        ClassLine {
            module,
            bases,
            plain,
            attrs,
        },
    ))
}

impl<'a> Interp<'a> {
    /// Fills a compiled module with the names that it has in the simulated version.
    pub(in crate::python) fn fill_compiled(&mut self, full: &str, module: Obj) {
        let minor = self.version.1;
        let section = sections().get(full).filter(|s| s.range.has(minor));
        let Some(section) = section else {
            self.heap.get_mut(module).open = true;
            return;
        };
        let foreign = cfg!(not(target_os = "linux"));
        // 3.14 is known from stubs alone, which leave private modules out.
        let guessed = minor >= 14 && full.starts_with('_');
        self.heap.get_mut(module).open = foreign || guessed || full == "_ctypes";
        let text = section.text;
        let unmodelled = self.builtins.unmodelled.clone();
        let mut aliases = Vec::new();
        for line in text.lines() {
            if line.starts_with('%') {
                if let Some((name, range, class)) = class_line(line)
                    && range.has(minor)
                {
                    self.compiled_class(full, module, name, &class, text);
                }
                continue;
            }
            for word in line.split_whitespace() {
                let (word, alias) = match word.split_once('=') {
                    Some(("", _)) => (word, None),
                    Some((name, alias)) => (name, Some(alias)),
                    None => (word, None),
                };
                let Some(word) = in_version(word, minor) else {
                    continue;
                };
                let kind = word.chars().next().unwrap_or(' ');
                let name = self.sym(word.trim_start_matches(['=', '?']));
                if let Some(alias) = alias {
                    aliases.push((name, alias));
                    continue;
                }
                let slot = match kind {
                    '=' => Slot::sure(Value::Unknown),
                    '?' => Slot {
                        value: Value::Unknown,
                        sure: false,
                    },
                    _ => Slot::sure(
                        self.native_of(full, word)
                            .unwrap_or_else(|| unmodelled.clone()),
                    ),
                };
                self.heap.get_mut(module).attrs.insert(name, slot);
            }
        }
        for (name, alias) in aliases {
            let value = self.class_named(full, module, alias, text);
            let value = value.map_or(Value::Unknown, Value::Obj);
            self.heap
                .get_mut(module)
                .attrs
                .insert(name, Slot::sure(value));
        }
        self.compiled_values(full, module);
        self.overlay(full, module);
    }

    /// The native that stands for a compiled function or method.
    fn native_of(&mut self, module: &str, qualname: &str) -> Option<Value> {
        let native = *self.hooks.get(module)?.get(qualname)?;
        let def = native_def(qualname, native);
        Some(Value::Obj(self.heap.alloc(Kind::Native(def))))
    }

    /// A class of a compiled module by the name that the table uses for it.
    fn class_named(
        &mut self,
        full: &str,
        module: Obj,
        name: &str,
        text: &'static str,
    ) -> Option<Obj> {
        if let Some((other, name)) = name.rsplit_once('.') {
            let module = self.hidden_module(other);
            return self.class_in(module, name);
        }
        if let Some(class) = self.class_in(module, name) {
            return Some(class);
        }
        let line = text.lines().filter_map(class_line).find(|l| l.0 == name);
        if let Some((name, _, class)) = line {
            return self.compiled_class(full, module, name, &class, text);
        }
        self.class_in(self.builtins.module, name)
    }

    fn class_in(&mut self, module: Obj, name: &str) -> Option<Obj> {
        let name = self.sym(name);
        let class = self.heap.get(module).attrs.get(&name)?.value.as_obj()?;
        self.is_class(class).then_some(class)
    }

    fn compiled_class(
        &mut self,
        full: &str,
        module: Obj,
        name: &'static str,
        line: &ClassLine<'static>,
        text: &'static str,
    ) -> Option<Obj> {
        if let Some(class) = self.class_in(module, name) {
            return Some(class);
        }
        let minor = self.version.1;
        let mut bases = Vec::new();
        for base in line.bases.split(',').filter(|b| !b.is_empty()) {
            let class = if base == name {
                None
            } else {
                self.class_named(full, module, base, text)
            };
            bases.push(class.map_or(Value::Unknown, Value::Obj));
        }
        if bases.is_empty() {
            bases.push(Value::Obj(self.builtins.object_class));
        }
        let class = self.make_class(name, line.module.unwrap_or(full), bases);
        let unmodelled = self.builtins.unmodelled.clone();
        for word in line.attrs.split_whitespace() {
            let Some(attr) = in_version(word, minor) else {
                continue;
            };
            let value = match attr.strip_prefix('=') {
                Some(_) => Value::Unknown,
                // Constants such as `date.max` are listed like methods.
                None if matches!(attr, "max" | "min" | "resolution" | "utc") => Value::Unknown,
                None if self.inherits_model(full, class, name, attr) => continue,
                None => match self.native_of(full, &format!("{name}.{attr}")) {
                    Some(native) if CLASS_METHODS.contains(&attr) => {
                        Value::Obj(self.heap.alloc(Kind::ClassMethod(native)))
                    }
                    Some(native) => native,
                    None => unmodelled.clone(),
                },
            };
            let attr = attr.trim_start_matches('=');
            let attr = self.sym(attr);
            self.heap
                .get_mut(class)
                .attrs
                .insert(attr, Slot::sure(value));
        }
        if let Some(new) = self.native_of(full, &format!("{name}.__new__")) {
            let value = Value::Obj(self.heap.alloc(Kind::StaticMethod(new)));
            let attr = self.names.new;
            self.heap
                .get_mut(class)
                .attrs
                .insert(attr, Slot::sure(value));
        }
        let cell = self.heap.get_mut(class);
        cell.open = !line.plain;
        if let Kind::Class(data) = &mut cell.kind {
            data.builtin = true;
        }
        let name = self.sym(name);
        self.heap
            .get_mut(module)
            .attrs
            .insert(name, Slot::sure(Value::Obj(class)));
        Some(class)
    }

    /// Is a method better told by the model that a base class has for it?
    fn inherits_model(&mut self, full: &str, class: Obj, name: &str, attr: &str) -> bool {
        if self
            .hooks
            .get(full)
            .is_some_and(|h| h.contains_key(&*format!("{name}.{attr}")))
        {
            return false;
        }
        let attr = self.sym(attr);
        match self.class_lookup(class, attr) {
            Some((owner, Value::Obj(method), _)) => {
                owner != self.builtins.object_class && owner != class && self.is_modelled(method)
            }
            _ => false,
        }
    }

    /// A compiled module whose classes another one needs before it is imported.
    fn hidden_module(&mut self, full: &str) -> Obj {
        if let Some(Value::Obj(module)) = self.loaded(full) {
            return module;
        }
        let key = format!("compiled {full}");
        if let Some(Value::Obj(module)) = self.memo.get(&key) {
            return *module;
        }
        let module = self.new_module(ModuleInfo {
            name: full.into(),
            file: None,
            path: None,
            dirs: None,
            kind: ModuleKind::Builtin,
            owner: Owner::Stdlib,
        });
        self.memo.insert(key, Value::Obj(module));
        self.fill_compiled(full, module);
        module
    }

    /// Takes over the classes of a module that was made for another one's sake.
    pub(in crate::python) fn fill_compiled_once(&mut self, full: &str, module: Obj) {
        if let Some(Value::Obj(hidden)) = self.memo.get(&format!("compiled {full}")).cloned() {
            let (attrs, open) = {
                let cell = self.heap.get(hidden);
                (cell.attrs.clone(), cell.open)
            };
            let cell = self.heap.get_mut(module);
            cell.open = open;
            for (name, slot) in attrs {
                cell.attrs.entry(name).or_insert(slot);
            }
            return;
        }
        self.fill_compiled(full, module);
    }
}

/// A definition for a native that is registered by name; each lives as long as the process.
pub fn native_def(qualname: &str, run: Native) -> &'static NativeDef {
    static DEFS: Mutex<Vec<&'static NativeDef>> = Mutex::new(Vec::new());
    let short = qualname.rsplit('.').next().unwrap_or(qualname);
    let mut defs = DEFS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = defs
        .iter()
        .find(|d| d.name == short && std::ptr::fn_addr_eq(d.run, run));
    if let Some(known) = known {
        return known;
    }
    let name: &'static str = Box::leak(short.to_owned().into_boxed_str());
    let def: &'static NativeDef = Box::leak(Box::new(NativeDef { name, run }));
    defs.push(def);
    def
}
