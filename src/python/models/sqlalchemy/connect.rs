//! The first connection of an engine, up to the socket: parameters that the driver refuses.

use crate::knowledge::drivers;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Slot, Value};

/// A call without effect on what is simulated.
pub fn quiet(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

/// `async with engine.begin()`
pub fn async_begin(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args, "_AsyncGeneratorContextManager"))
}

/// `engine.connect()`: connects when it is entered or awaited.
pub fn async_connect(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args, "AsyncConnection"))
}

/// `await engine.raw_connection()`
pub fn async_raw(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    Ok(interp.unknown())
}

/// `with engine.begin()`
pub fn sync_begin(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args, "_GeneratorContextManager"))
}

/// `engine.connect()`
pub fn sync_connect(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    interp.blur();
    Ok(connection_of(interp, engine))
}

/// `metadata.create_all(bind, ...)`
pub fn create_all(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.bound(&args)?;
    let bind = args
        .get(1, interp.sym("bind"))
        .cloned()
        .unwrap_or(Value::Unknown);
    let metadata = args.pos.first().cloned().unwrap_or(Value::Unknown);
    if interp.is_a(&bind, "sqlalchemy.ext.asyncio.engine.AsyncEngine") {
        let message = "'AsyncEngine' object has no attribute '_run_ddl_visitor'";
        let slots = [("object", "AsyncEngine"), ("name", "_run_ddl_visitor")];
        return Err(interp.fault("AttributeError", message, "attribute-error", &slots));
    }
    if let Some(class) = interp.class_of_instance(&bind)
        && interp.class_short_name(class) == "AsyncConnection"
    {
        let message = "'AsyncConnection' object has no attribute '_run_ddl_visitor'";
        let slots = [("object", "AsyncConnection"), ("name", "_run_ddl_visitor")];
        return Err(interp.fault("AttributeError", message, "attribute-error", &slots));
    }
    interp.first_connect(&bind)?;
    let some = interp.sym("tables");
    if args.get(2, some).is_none() {
        let fresh = interp.is_fresh(&bind);
        match interp.check_references(&metadata) {
            Err(stop) if fresh => return Err(stop),
            // Tables that the database has already are not created again.
            Err(Stop::Raise(raised)) => interp.possible(&raised),
            other => other?,
        }
    }
    Ok(interp.unknown())
}

/// `metadata.reflect(bind, ...)`
pub fn reflect(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bind = args
        .get(1, interp.sym("bind"))
        .cloned()
        .unwrap_or(Value::Unknown);
    if let Some(metadata) = args.pos.first().cloned() {
        interp.store(&metadata, "<reflected>", Value::Bool(true));
    }
    interp.first_connect(&bind)?;
    Ok(interp.unknown())
}

/// `connection.execute(statement, ...)`: plain text is no statement (2.0).
pub fn execute(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Str(text)) = args.pos.get(1)
        && interp.dist_release("sqlalchemy") >= (2, 0, 0)
    {
        let shown = crate::python::text::str_repr(&text.text);
        let message = format!("Not an executable object: {shown}");
        return Err(interp.sqlalchemy_fault("ObjectNotExecutableError", &message, "raised", &[]));
    }
    Ok(interp.unknown())
}

/// `await connection.run_sync(function, *args, **kw)`
fn run_sync(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let [this, function, rest @ ..] = args.pos.as_slice() else {
        return Ok(interp.unknown());
    };
    let engine = interp.own(this, "<engine>").unwrap_or(Value::Unknown);
    let connection = connection_of(interp, engine);
    let mut pos = vec![connection];
    pos.extend(rest.iter().cloned());
    let call = Args {
        pos,
        kw: args.kw.clone(),
        open: args.open,
        ..Args::default()
    };
    let result = interp.call(function, call)?;
    Ok(interp.ready(result))
}

fn connection_of(interp: &mut Interp<'_>, engine: Value) -> Value {
    let connection = interp.library_object("sqlalchemy.engine.base", "Connection");
    interp.store(&connection, "<engine>", engine);
    connection
}

static ENTER: NativeDef = NativeDef {
    name: "__enter__",
    run: enter,
};
static AENTER: NativeDef = NativeDef {
    name: "__aenter__",
    run: aenter,
};
static AWAIT: NativeDef = NativeDef {
    name: "__await__",
    run: aenter,
};
static LEAVE: NativeDef = NativeDef {
    name: "__exit__",
    run: quiet,
};
static ALEAVE: NativeDef = NativeDef {
    name: "__aexit__",
    run: aleave,
};

/// An object of a class of that name that connects when it is entered.
fn manager(interp: &mut Interp<'_>, args: &Args, name: &'static str) -> Value {
    let engine = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let class = manager_class(interp, name);
    let object = Value::Obj(interp.instance(class));
    interp.store(&object, "<engine>", engine);
    if name == "AsyncConnection" {
        interp.open_instance(&object);
    }
    object
}

fn manager_class(interp: &mut Interp<'_>, shown: &'static str) -> Obj {
    let memo = format!("class engine {shown}");
    if let Some(Value::Obj(class)) = interp.memo.get(&memo) {
        return *class;
    }
    let object = Value::Obj(interp.builtins.object_class);
    let class = interp.make_class(shown, "<sqlalchemy>", vec![object]);
    let methods: &[(&str, &'static NativeDef)] = match shown {
        "_GeneratorContextManager" => &[("__enter__", &ENTER), ("__exit__", &LEAVE)],
        "AsyncConnection" => &[
            ("__aenter__", &AENTER),
            ("__aexit__", &ALEAVE),
            ("__await__", &AWAIT),
        ],
        _ => &[("__aenter__", &AENTER), ("__aexit__", &ALEAVE)],
    };
    for (name, native) in methods {
        let value = Value::Obj(interp.heap.alloc(Kind::Native(native)));
        let name = interp.sym(name);
        interp
            .heap
            .get_mut(class)
            .attrs
            .insert(name, Slot::sure(value));
    }
    interp.memo.insert(memo, Value::Obj(class));
    class
}

/// The engine of a connection object that is opened now.
fn opened(interp: &mut Interp<'_>, args: &Args) -> R<Option<Value>> {
    let engine = args
        .pos
        .first()
        .and_then(|this| interp.own(this, "<engine>"));
    if let Some(engine) = &engine {
        interp.first_connect(engine)?;
    }
    interp.blur();
    Ok(engine)
}

fn enter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match opened(interp, &args)? {
        Some(engine) => connection_of(interp, engine),
        None => Value::Unknown,
    })
}

/// `__aenter__` and `await`: both give the opened connection.
fn aenter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match opened(interp, &args)? {
        Some(engine) => {
            let connection = async_connection(interp, engine);
            interp.ready(connection)
        }
        None => Value::Unknown,
    })
}

static RUN_SYNC: NativeDef = NativeDef {
    name: "run_sync",
    run: run_sync,
};
static EXECUTE: NativeDef = NativeDef {
    name: "execute",
    run: execute,
};

fn async_connection(interp: &mut Interp<'_>, engine: Value) -> Value {
    let object = interp.library_object("<sqlalchemy>", "AsyncConnection");
    interp.store(&object, "<engine>", engine);
    for (name, native) in [
        ("run_sync", &RUN_SYNC),
        ("execute", &EXECUTE),
        ("scalar", &EXECUTE),
    ] {
        let func = Value::Obj(interp.heap.alloc(Kind::Native(native)));
        let method = interp.method(func, object.clone());
        interp.store(&object, name, method);
    }
    object
}

fn aleave(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(interp.ready(Value::None))
}

impl<'a> Interp<'a> {
    /// The start uses a connection of this engine (or of what a session is bound to).
    ///
    /// # Errors
    /// What the driver says to parameters that it does not know.
    pub fn first_connect(&mut self, bind: &Value) -> R<()> {
        if self.own(bind, "<engine>").is_some() {
            // A connection: it was made before.
            return Ok(());
        }
        let engine = self.engine_behind(bind);
        if !self.is_a(&engine, "sqlalchemy.engine.base.Engine") {
            return Ok(());
        }
        let certain = self.doubt == 0;
        if certain
            && let Some(Value::Int(at)) = self.own(&engine, "<fact>")
            && let Ok(at) = usize::try_from(at)
        {
            let frame = self
                .trace()
                .into_iter()
                .rev()
                .find(|f| self.source(f.file).owner == crate::python::value::Owner::Project);
            let place = frame.map(|f| self.place_of(f.file, f.offset, f.offset));
            if let Some(fact) = self.seen.urls.get_mut(at)
                && fact.connects.is_none()
            {
                fact.connects = place;
            }
        }
        self.check_event_loop(&engine)?;
        self.check_parameters(&engine)?;
        self.check_ssl(&engine)?;
        self.check_database_file(&engine)
    }

    /// The engine of a connection, of an asynchronous engine, or itself.
    fn engine_behind(&mut self, bind: &Value) -> Value {
        let bind = self.own(bind, "<engine>").unwrap_or_else(|| bind.clone());
        self.own(&bind, "sync_engine").unwrap_or(bind)
    }

    /// Is the database of an engine certainly empty?
    fn is_fresh(&mut self, bind: &Value) -> bool {
        let engine = self.engine_behind(bind);
        let Some(driver) = self.driver_behind(&engine) else {
            return false;
        };
        if !driver.dialects.iter().any(|d| d == "sqlite") {
            return false;
        }
        match self.own(&engine, "<database>") {
            Some(Value::None) => true,
            Some(Value::Str(path)) => {
                let path = path.text.to_string();
                path.is_empty()
                    || path == ":memory:"
                    || !path.starts_with("file:") && self.path_exists(&path) == Some(false)
            }
            _ => false,
        }
    }

    fn driver_behind(&mut self, engine: &Value) -> Option<&'static drivers::Driver> {
        self.own(engine, "<driver>")
            .and_then(|d| d.as_str().and_then(drivers::driver))
    }

    /// An asynchronous driver under a plain engine: nobody runs its coroutines.
    fn check_event_loop(&mut self, engine: &Value) -> R<()> {
        let Some(driver) = self.driver_behind(engine) else {
            return Ok(());
        };
        if driver.is_sync
            || !driver.is_async
            || self.own(engine, "<async>").is_some()
            || self.own(engine, "<wrapped>").is_some()
            || matches!(self.own(engine, "<params>"), None | Some(Value::None))
        {
            return Ok(());
        }
        if let Some(Value::Tuple(params)) = self.own(engine, "<params>")
            && params.iter().any(|p| p.as_str() == Some("async_fallback"))
        {
            return Ok(());
        }
        let release = self.dist_release("sqlalchemy");
        let slots = [("driver", driver.name.as_str())];
        if self.can_find("greenlet") == Some(false) {
            if release >= (2, 1, 0) {
                let message = "The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed.  In order to ensure this dependency is available, use the 'sqlalchemy[asyncio]' install target:  'pip install sqlalchemy[asyncio]'";
                return Err(self.fault("ImportError", message, "raised", &slots));
            }
            let message =
                "the greenlet library is required to use this function. No module named 'greenlet'";
            return Err(self.fault("ValueError", message, "raised", &slots));
        }
        let waits = if release >= (2, 1, 0) {
            "await_()"
        } else {
            "await_only()"
        };
        let link = self.sqlalchemy_link("xd2s");
        let message = format!(
            "greenlet_spawn has not been called; can't call {waits} here. Was IO attempted in an unexpected place? {link}"
        );
        Err(self.sqlalchemy_fault("MissingGreenlet", &message, "raised", &slots))
    }

    /// `ssl=` as text: asyncpg takes the words of `sslmode` (`asyncpg/connect_utils.py`).
    fn check_ssl(&mut self, engine: &Value) -> R<()> {
        let Some(Value::Str(word)) = self.own(engine, "<ssl>") else {
            return Ok(());
        };
        let known = [
            "disable",
            "allow",
            "prefer",
            "require",
            "verify-ca",
            "verify-full",
        ];
        if known.contains(&&*word.text) {
            return Ok(());
        }
        let message = "`sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, verify-full";
        let slots = [("param", "ssl"), ("driver", "asyncpg")];
        let version = self.dist_version("asyncpg").map(super::super::kit::release);
        if version.is_some_and(|v| v < (0, 28, 0)) {
            return Err(self.fault("ValueError", message, "url-parameter", &slots));
        }
        if self.dist_release("sqlalchemy") >= (2, 1, 0) {
            let link = self.sqlalchemy_link("rvf5");
            let message = format!(
                "(sqlalchemy.dialects.postgresql.asyncpg.InterfaceError) <class 'asyncpg.exceptions._base.ClientConfigurationError'>: {message}\n{link}"
            );
            return Err(self.sqlalchemy_fault("InterfaceError", &message, "url-parameter", &slots));
        }
        Err(self.library_fault(
            "asyncpg.exceptions._base",
            "ClientConfigurationError",
            "ValueError",
            message,
            "url-parameter",
            &slots,
        ))
    }

    /// The directory of a SQLite file must exist.
    fn check_database_file(&mut self, engine: &Value) -> R<()> {
        let sqlite = self
            .driver_behind(engine)
            .is_some_and(|d| d.dialects.iter().any(|d| d == "sqlite"));
        let Some(Value::Str(path)) = self.own(engine, "<database>") else {
            return Ok(());
        };
        let path = path.text.to_string();
        if !sqlite || path.is_empty() || path == ":memory:" || path.starts_with("file:") {
            return Ok(());
        }
        let parent = match path.rfind('/') {
            Some(0) | None => return Ok(()),
            Some(at) => path[..at].to_owned(),
        };
        if self.path_exists(&parent) != Some(false) {
            return Ok(());
        }
        let link = self.sqlalchemy_link("e3q8");
        let message = format!("(sqlite3.OperationalError) unable to open database file\n{link}");
        Err(self.sqlalchemy_fault("OperationalError", &message, "raised", &[("path", &parent)]))
    }

    fn check_parameters(&mut self, engine: &Value) -> R<()> {
        let Some(Value::Tuple(params)) = self.own(engine, "<params>") else {
            return Ok(());
        };
        let Some(driver) = self
            .own(engine, "<driver>")
            .and_then(|d| d.as_str().and_then(drivers::driver))
        else {
            return Ok(());
        };
        let version = driver.dists.iter().find_map(|d| self.dist_version(d));
        let sqlalchemy = self.dist_version("sqlalchemy");
        let refused: Vec<&str> = params
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| driver.accepts(name, version, sqlalchemy) == Some(false))
            .collect();
        let mut stops = Vec::new();
        for name in refused {
            let Some((kind, mut message)) = driver.rejection(name) else {
                continue;
            };
            let slots = [("param", name), ("driver", driver.name.as_str())];
            let stop = match kind.rsplit_once('.') {
                Some((module, class)) => {
                    if module == "sqlalchemy.exc" {
                        let link = self.sqlalchemy_link("f405");
                        // libpq ends its messages with a line break.
                        let libpq = driver.name.starts_with("psycopg");
                        let gap = if libpq { "\n\n" } else { "\n" };
                        message = format!("{message}{gap}{link}");
                    }
                    self.library_fault(
                        module,
                        class,
                        "Exception",
                        &message,
                        "url-parameter",
                        &slots,
                    )
                }
                None => self.fault(&kind, &message, "url-parameter", &slots),
            };
            stops.push(stop);
        }
        if stops.is_empty() {
            return Ok(());
        }
        let first = stops.remove(0);
        // The others wait behind the first one: the user meets them one start after the other.
        if let Stop::Raise(raised) = &first
            && self.doubt == 0
            && !self.is_handled(&raised.exc)
        {
            self.report(raised);
            for stop in &stops {
                if let Stop::Raise(raised) = stop {
                    self.report(raised);
                }
            }
        }
        Err(first)
    }
}
