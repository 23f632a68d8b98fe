//! `sys`, and constants of other compiled modules.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{Kind, Obj, Payload, Slot, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("sys", "exit", exit),
    ("sys", "intern", first),
    ("sys", "getdefaultencoding", utf8),
    ("sys", "getfilesystemencoding", utf8),
    ("sys", "gettrace", none),
    ("sys", "getprofile", none),
    ("sys", "setrecursionlimit", none),
    ("sys", "getrecursionlimit", recursion_limit),
    ("sys", "setswitchinterval", none),
    ("sys", "settrace", none),
    ("sys", "setprofile", none),
    ("sys", "getrefcount", unknown_number),
    ("sys", "getsizeof", unknown_number),
    ("atexit", "register", first),
    ("gc", "collect", unknown_number),
    ("gc", "disable", none),
    ("gc", "enable", none),
    ("gc", "freeze", none),
    ("faulthandler", "enable", none),
    ("time", "sleep", none),
    ("time", "time", unknown_number),
    ("time", "monotonic", unknown_number),
    ("time", "perf_counter", unknown_number),
];

/// The argument itself.
pub fn first(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match args.pos.first() {
        Some(value) => value.clone(),
        None => interp.unknown(),
    })
}

/// Returns `None`.
pub fn none(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

/// A number (or another value) that nobody knows, from a function that does not raise.
pub fn unknown_number(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::Unknown)
}

fn utf8(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::str("utf-8"))
}

fn recursion_limit(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::Int(1000))
}

/// `sys.exit(status)`
fn exit(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let class = Value::Obj(interp.builtins.exception("SystemExit"));
    let status = args.pos.first().cloned();
    let exception = interp.call(
        &class,
        Args::positional(
            status
                .into_iter()
                .filter(|s| !matches!(s, Value::None))
                .collect(),
        ),
    )?;
    Err(interp.raise_value(exception)?)
}

impl<'a> Interp<'a> {
    /// Values of a compiled module that are known without running anything.
    pub(in crate::python) fn compiled_values(&mut self, full: &str, module: Obj) {
        match full {
            "sys" => self.sys_values(module),
            "posix" => {
                let environ = Value::Unknown;
                self.put(module, "environ", environ);
            }
            "math" | "cmath" => {
                self.put(module, "pi", Value::Float(std::f64::consts::PI));
                self.put(module, "e", Value::Float(std::f64::consts::E));
                self.put(module, "inf", Value::Float(f64::INFINITY));
            }
            "errno" => {
                for (name, number) in ERRNO {
                    self.put(module, name, Value::Int(*number));
                }
            }
            _ => {}
        }
    }

    /// Binds an attribute.
    pub(in crate::python) fn put(&mut self, owner: Obj, name: &str, value: Value) {
        let name = self.sym(name);
        self.heap
            .get_mut(owner)
            .attrs
            .insert(name, Slot::sure(value));
    }

    fn sys_values(&mut self, module: Obj) {
        let (major, minor) = self.version;
        let python = &self.project.python;
        let version = [
            ("major", Value::Int(i64::from(major))),
            ("minor", Value::Int(i64::from(minor))),
            (
                "micro",
                python
                    .micro
                    .map_or(Value::Unknown, |m| Value::Int(i64::from(m))),
            ),
            ("releaselevel", Value::str("final")),
            ("serial", Value::Int(0)),
        ];
        let prefix = python.prefix.clone();
        let version = self.named_tuple("sys", "version_info", &version);
        let path = Value::Obj(self.sys_path);
        let modules = Value::Obj(self.modules);
        let meta_path = Value::Obj(self.meta_path());
        let argv = self.open_object(Kind::List(Vec::new()));
        let platform = if cfg!(target_os = "macos") {
            "darwin"
        } else {
            "linux"
        };
        let implementation = self.implementation(&version);
        let values = [
            ("version_info", version),
            ("implementation", implementation),
            ("platform", Value::str(platform)),
            ("byteorder", Value::str("little")),
            ("maxsize", Value::Int(i64::MAX)),
            ("maxunicode", Value::Int(0x0010_ffff)),
            ("path", path),
            ("meta_path", meta_path),
            ("modules", modules),
            ("argv", argv),
            ("platlibdir", Value::str("lib")),
            (
                "builtin_module_names",
                Value::tuple(CORE_MODULES.iter().map(|m| Value::str(*m)).collect()),
            ),
            ("pycache_prefix", Value::None),
        ];
        for (name, value) in values {
            self.put(module, name, value);
        }
        if let Some(prefix) = prefix {
            self.put(module, "prefix", Value::str(prefix.as_str()));
            self.put(module, "exec_prefix", Value::str(prefix));
        }
        // Set only while an exception is shown or in an interactive session.
        for name in [
            "last_exc",
            "last_type",
            "last_value",
            "last_traceback",
            "ps1",
            "ps2",
            "tracebacklimit",
            "gettotalrefcount",
        ] {
            let name = self.sym(name);
            self.heap.get_mut(module).attrs.shift_remove(&name);
        }
    }

    /// An instance of a tuple class with named items, as `sys.version_info` is one.
    pub(in crate::python) fn named_tuple(
        &mut self,
        module: &str,
        name: &str,
        items: &[(&str, Value)],
    ) -> Value {
        let tuple = Value::Obj(self.builtins.class("tuple"));
        let class = self.make_class(name, module, vec![tuple]);
        let payload = Payload::Value(Value::tuple(items.iter().map(|(_, v)| v.clone()).collect()));
        let object = self.heap.alloc(Kind::Instance { class, payload });
        for (name, value) in items {
            self.put(object, name, value.clone());
        }
        Value::Obj(object)
    }

    /// `sys.implementation`, whose class is `types.SimpleNamespace`.
    fn implementation(&mut self, version: &Value) -> Value {
        let (major, minor) = self.version;
        let object = Value::Obj(self.builtins.object_class);
        let class = self.make_class("SimpleNamespace", "types", vec![object]);
        let init = self.native_value("__init__", namespace_init);
        self.put(class, "__init__", init);
        if let Kind::Class(data) = &mut self.heap.get_mut(class).kind {
            data.builtin = true;
        }
        let object = self.instance(class);
        let items = [
            ("name", Value::str("cpython")),
            ("cache_tag", Value::str(format!("cpython-{major}{minor}"))),
            ("version", version.clone()),
        ];
        for (name, value) in items {
            self.put(object, name, value);
        }
        self.heap.get_mut(object).open = true;
        Value::Obj(object)
    }
}

/// `SimpleNamespace(**names)`
fn namespace_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(this)) = args.pos.first() {
        let this = *this;
        for (name, value) in args.kw {
            interp
                .heap
                .get_mut(this)
                .attrs
                .insert(name, Slot::sure(value));
        }
        interp.heap.get_mut(this).open |= args.open || args.pos.len() > 1;
    }
    Ok(Value::None)
}

/// Modules that every build on a POSIX system compiles in.
const CORE_MODULES: &[&str] = &[
    "_abc",
    "_ast",
    "_codecs",
    "_collections",
    "_functools",
    "_imp",
    "_io",
    "_locale",
    "_operator",
    "_signal",
    "_sre",
    "_stat",
    "_string",
    "_symtable",
    "_thread",
    "_tracemalloc",
    "_warnings",
    "_weakref",
    "atexit",
    "builtins",
    "errno",
    "faulthandler",
    "gc",
    "itertools",
    "marshal",
    "posix",
    "pwd",
    "sys",
    "time",
];

/// Numbers that Linux and macOS share.
const ERRNO: &[(&str, i64)] = &[
    ("EPERM", 1),
    ("ENOENT", 2),
    ("EINTR", 4),
    ("EIO", 5),
    ("EBADF", 9),
    ("EACCES", 13),
    ("EEXIST", 17),
    ("ENOTDIR", 20),
    ("EISDIR", 21),
    ("EINVAL", 22),
    ("EPIPE", 32),
];
