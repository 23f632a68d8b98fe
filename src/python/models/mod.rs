//! Models: what functions of the standard library and of third-party libraries do when their
//! bodies are not followed.
//!
//! A model is registered by module and qualified name and runs in place of the body. Methods are
//! named like `Class.method`; a metaclass's `__new__` or a class's `__init__` are methods like
//! any other. A model must raise only what the library certainly raises.

pub mod compiled;
mod decouple;
mod enums;
mod environment;
mod fastapi;
pub mod kit;
mod parameters;
mod passlib;
mod protobuf;
mod pydantic;
mod records;
mod servers;
mod sqlalchemy;
mod starlette;
mod std;
mod stdlib;
mod yaml;

use rustc_hash::FxHashMap;

use super::native::Native;

/// Models by module, then by qualified name.
pub type Hooks = FxHashMap<&'static str, FxHashMap<&'static str, Native>>;

/// One line of a model table: module, qualified name, what it does.
pub type Entry = (&'static str, &'static str, Native);

/// Modules of the standard library whose functions are followed like any other code.
pub const FOLLOWED_STDLIB: &[&str] = &[
    "posixpath",
    "genericpath",
    "_collections_abc",
    "collections",
    "functools",
    "_weakrefset",
    "mimetypes",
    "opcode",
];

/// Modules whose functions are followed for what they say themselves by `raise`, and for values
/// that cannot be read: any other error in them is taken for a gap of the simulator.
pub const FOLLOWED_WITH_CARE: &[&str] = &[
    "configparser",
    "ipaddress",
    "urllib.parse",
    "string",
    "fractions",
    "statistics",
    "argparse",
    "queue",
    "secrets",
    "random",
];

/// Single functions that are followed, by module.
pub const FOLLOWED_FUNCTIONS: &[(&str, &[&str])] = &[
    ("unittest", &["__getattr__"]),
    (
        "re",
        &[
            "match",
            "fullmatch",
            "search",
            "sub",
            "subn",
            "split",
            "findall",
            "finditer",
            "compile",
        ],
    ),
    (
        "contextlib",
        &[
            "contextmanager",
            "contextmanager.<locals>.helper",
            "asynccontextmanager",
            "asynccontextmanager.<locals>.helper",
            "_GeneratorContextManagerBase.__init__",
            "_GeneratorContextManagerBase._recreate_cm",
            "_GeneratorContextManager.__init__",
            "ContextDecorator.__call__",
            "AsyncContextDecorator.__call__",
            "__call__.<locals>.inner",
        ],
    ),
];

/// Where a task of `asyncio` keeps its coroutine until it is awaited.
pub const TASK_COROUTINE: &str = self::std::tasks::CORO;

pub use self::std::open_file;
pub use self::std::pattern::Patterns;

/// Models of third-party libraries, and of the start itself.
const LIBRARIES: &[&[Entry]] = &[
    environment::ENTRIES,
    fastapi::ENTRIES,
    decouple::ENTRIES,
    passlib::ENTRIES,
    protobuf::ENTRIES,
    pydantic::ENTRIES,
    servers::ENTRIES,
    sqlalchemy::ENTRIES,
    starlette::ENTRIES,
    yaml::ENTRIES,
    super::start::lifespan::ENTRIES,
];

/// All models.
pub fn hooks() -> Hooks {
    let mut hooks = Hooks::default();
    for table in [stdlib::ENTRIES, enums::ENTRIES]
        .iter()
        .chain(std::ENTRIES)
        .chain(LIBRARIES)
    {
        for (module, name, native) in *table {
            hooks.entry(module).or_default().insert(name, *native);
        }
    }
    hooks
}
