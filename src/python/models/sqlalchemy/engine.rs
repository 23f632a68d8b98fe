//! Engines: dialect, driver, pool, keywords, in the order in which `create_engine` looks at them.

use std::rc::Rc;

use super::url::EngineUrl;
use crate::knowledge::drivers::{self, Driver};
use crate::model::{Redacted, UrlFact};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Value};

/// Keywords that `create_engine` itself takes.
const OWN_KEYWORDS: &[&str] = &[
    "connect_args",
    "creator",
    "enable_from_linting",
    "future",
    "module",
    "pool",
    "poolclass",
    "plugins",
    "strategy",
    "empty_in_strategy",
    "async_creator",
    "_is_async",
    "_coerce_config",
    "_initialize",
    "pool_events",
];

/// Keywords of 1.x that later versions refuse.
const OLD_KEYWORDS: &[&str] = &[
    "convert_unicode",
    "case_sensitive",
    "implicit_returning",
    "server_side_cursors",
    "encoding",
    "pool_threadlocal",
    "_future_engine_class",
    "_wrap_do_on_connect",
];

/// Attributes that an engine has besides those of its class.
const ATTRIBUTES: &[&str] = &[
    "pool",
    "url",
    "dialect",
    "logging_name",
    "echo",
    "_echo",
    "hide_parameters",
    "dispatch",
    "logger",
    "engine",
    "name",
    "driver",
    "_execution_options",
    "_compiled_cache",
    "_has_events",
];

/// Keywords of pools under the names that `create_engine` gives them.
const POOL_NAMES: &[(&str, &str)] = &[
    ("logging_name", "pool_logging_name"),
    ("echo", "echo_pool"),
    ("timeout", "pool_timeout"),
    ("recycle", "pool_recycle"),
    ("reset_on_return", "pool_reset_on_return"),
    ("pre_ping", "pool_pre_ping"),
    ("use_lifo", "pool_use_lifo"),
];

/// `create_engine(url, **kwargs)`
pub fn create_engine(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.make_engine(&args, false)
}

/// `create_async_engine(url, **kw)`
pub fn create_async_engine(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    interp.make_engine(&args, true)
}

/// `AsyncEngine(sync_engine)`
pub fn async_engine_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let engine = interp.parameter(&bound, "sync_engine");
    interp.store(&engine, "<wrapped>", Value::Bool(true));
    if let Some(Value::Str(name)) = interp.own(&engine, "<driver>")
        && let Some(driver) = drivers::driver(&name.text)
        && !driver.is_async
        && interp.own(&engine, "<async>").is_none()
    {
        return Err(interp.not_async(driver, ""));
    }
    interp.store(&this, "sync_engine", engine);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `engine_from_config(configuration, prefix="sqlalchemy.", **kwargs)`
pub fn engine_from_config(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    from_config(interp, &args, false)
}

/// `async_engine_from_config(...)`
pub fn async_engine_from_config(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    from_config(interp, &args, true)
}

fn from_config(interp: &mut Interp<'_>, args: &Args, is_async: bool) -> R<Value> {
    let bound = interp.bound(args)?;
    let configuration = interp.parameter(&bound, "configuration");
    let prefix = interp.parameter(&bound, "prefix");
    let Some(prefix) = prefix.as_str().map(ToOwned::to_owned) else {
        return Ok(interp.unknown());
    };
    let Some((table, open)) = interp.table_of(&configuration) else {
        return Ok(interp.unknown());
    };
    let found = table
        .values()
        .find(|(k, _)| k.as_str() == Some(&format!("{prefix}url")))
        .map(|(_, v)| v.clone());
    match found {
        // Options of the file are texts that the dialect converts: only the URL is followed.
        Some(url) => interp.make_engine(
            &Args {
                pos: vec![url],
                open: true,
                site: args.site,
                ..Args::default()
            },
            is_async,
        ),
        None if open => Ok(interp.unknown()),
        None => {
            let stop = interp.error("KeyError", "url");
            Err(stop)
        }
    }
}

impl<'a> Interp<'a> {
    fn make_engine(&mut self, args: &Args, is_async: bool) -> R<Value> {
        let bound = self.bound(args)?;
        let given = self.parameter(&bound, "url");
        let name = if is_async { "kw" } else { "kwargs" };
        let (keywords, open) = self.keywords(&bound, name);
        let get = |wanted: &str| {
            keywords
                .iter()
                .find(|(k, _)| k == wanted)
                .map(|(_, v)| v.clone())
        };
        let url = self.engine_url(&given)?;
        let Some(url) = url else {
            return Ok(self.engine_object(None, None, is_async, Value::None));
        };
        if get("plugins").is_some() || url.query.iter().any(|(n, _)| n == "plugin") {
            return Ok(self.engine_object(None, None, is_async, Value::None));
        }
        let connect_args = get("connect_args").unwrap_or(Value::None);
        let fact = self.note_url(&url, args, is_async, &connect_args);
        let built = self.build_engine(&url, &keywords, open, is_async);
        let driver = match built {
            Ok(driver) => driver,
            Err(stop) => {
                // The walk behind the fault sees an engine, so that it finds the first connection.
                let engine = self.engine_object(Some(fact), None, is_async, Value::None);
                self.pending_result = args.site.map(|site| (site, engine));
                return Err(stop);
            }
        };
        let own_creator =
            get("creator").or_else(|| get("async_creator")).is_some() || get("pool").is_some();
        let params = if own_creator {
            Value::None
        } else {
            self.parameters_of(&url, &connect_args)
        };
        let ssl = url
            .query
            .iter()
            .find(|(n, _)| n == "ssl")
            .map(|(_, v)| Value::str(v.as_str()));
        let ssl = self
            .table_of(&connect_args)
            .and_then(|(table, _)| {
                table
                    .values()
                    .find(|(k, _)| k.as_str() == Some("ssl"))
                    .map(|(_, v)| v.clone())
            })
            .or(ssl);
        let known = !matches!(params, Value::None);
        let outer = self.engine_object(Some(fact), driver, is_async, params);
        let engine = self.own(&outer, "sync_engine").unwrap_or(outer.clone());
        if known {
            let database = url.database.clone().map_or(Value::None, Value::str);
            self.store(&engine, "<database>", database);
            if driver.is_some_and(|d| d.name == "asyncpg") {
                self.store(&engine, "<ssl>", ssl.unwrap_or(Value::None));
            }
        }
        Ok(outer)
    }

    /// What `create_engine` looks at, in its order; the driver when nothing is refused.
    fn build_engine(
        &mut self,
        url: &EngineUrl,
        keywords: &[(String, Value)],
        open: bool,
        is_async: bool,
    ) -> R<Option<&'static Driver>> {
        let dialect = self.find_dialect(url)?;
        let driver = self.driver_of(url, is_async);
        if !keywords.iter().any(|(k, _)| k == "module") {
            self.import_driver(url, driver)?;
        }
        self.convert_values(url, driver)?;
        self.check_pool(keywords, open, dialect, driver, url)?;
        if is_async
            && let Some(driver) = driver
            && !driver.is_async
        {
            return Err(self.not_async(driver, &url.scheme));
        }
        if driver.is_some_and(|d| d.is_async) {
            self.need_lock()?;
        }
        Ok(driver)
    }

    /// The first-connect event of a pool of an asynchronous dialect takes a lock. Without greenlet
    /// a function stands in the place of its class, and refuses.
    fn need_lock(&mut self) -> R<()> {
        let lock = self.loaded_attribute("sqlalchemy.util.concurrency", "AsyncAdaptedLock");
        if self.dist_release("sqlalchemy") >= (2, 0, 0)
            && let Some(lock) = lock
            && let Some(obj) = lock.as_obj()
            && matches!(self.heap.get(obj).kind, Kind::Function(_))
        {
            self.call(&lock, Args::none())?;
        }
        Ok(())
    }

    fn engine_object(
        &mut self,
        fact: Option<usize>,
        driver: Option<&Driver>,
        is_async: bool,
        params: Value,
    ) -> Value {
        let engine = self.library_object("sqlalchemy.engine.base", "Engine");
        if let Some(driver) = driver {
            self.store(&engine, "<driver>", Value::str(driver.name.as_str()));
        }
        if let Some(fact) = fact.and_then(|f| i64::try_from(f).ok()) {
            self.store(&engine, "<fact>", Value::Int(fact));
        }
        self.store(&engine, "<params>", params);
        self.close_engine(&engine);
        if !is_async {
            return engine;
        }
        self.store(&engine, "<async>", Value::Bool(true));
        let outer = self.library_object("sqlalchemy.ext.asyncio.engine", "AsyncEngine");
        self.store(&outer, "sync_engine", engine);
        outer
    }

    /// From 2.0 on an engine has no attributes but those of its class and a few of its own.
    fn close_engine(&mut self, engine: &Value) {
        let real = self
            .class_of_instance(engine)
            .is_some_and(|class| self.is_real_class(class));
        if self.dist_release("sqlalchemy") < (2, 0, 0) || !real {
            return;
        }
        for name in ATTRIBUTES {
            self.store(engine, name, Value::Unknown);
        }
        if let Value::Obj(obj) = engine {
            self.heap.get_mut(*obj).open = false;
        }
    }

    /// Was a class made by Python code that was followed, and is all of it known?
    fn is_real_class(&self, class: Obj) -> bool {
        match &self.heap.get(class).kind {
            Kind::Class(data) => {
                !data.blurred
                    && data.owner == crate::python::value::Owner::ThirdParty
                    && data.mro.iter().all(|c| !self.heap.get(*c).open)
            }
            _ => false,
        }
    }

    fn note_url(
        &mut self,
        url: &EngineUrl,
        args: &Args,
        is_async: bool,
        connect_args: &Value,
    ) -> usize {
        let frames = self.trace();
        let call = match args.site {
            Some(site) => self.place_of(site.file, site.start, site.end),
            None => match frames.last() {
                Some(frame) => self.place_of(frame.file, frame.offset, frame.offset),
                None => crate::model::Place::line("", 0),
            },
        };
        let value = match &url.text {
            Some(text) => Value::str_from(text.as_str(), url.origin.clone()),
            None => Value::None,
        };
        let names = match self.table_of(connect_args) {
            Some((table, _)) => table
                .values()
                .filter_map(|(k, _)| k.as_str().map(ToOwned::to_owned))
                .collect(),
            None => Vec::new(),
        };
        let consumer = if is_async {
            "sqlalchemy.create_async_engine"
        } else {
            "sqlalchemy.create_engine"
        };
        self.seen.urls.push(UrlFact {
            url: Redacted::new(
                url.text
                    .clone()
                    .unwrap_or_else(|| format!("{}://", url.scheme)),
            ),
            consumer: consumer.to_owned(),
            origin: self.origin_of(&value),
            call,
            connect_args: names,
            connects: None,
            chain: self.chain(&frames),
        });
        self.seen.urls.len() - 1
    }

    /// `URL._get_entrypoint`: the dialect module and the driver in it.
    fn find_dialect(&mut self, url: &EngineUrl) -> R<Option<Obj>> {
        let name = url.scheme.replace('+', ".");
        let mut parts = name.split('.');
        let dialect = parts.next().unwrap_or_default().to_owned();
        let driver = parts.next().map(ToOwned::to_owned);
        if parts.next().is_some() {
            return Err(self.fault(
                "ValueError",
                "too many values to unpack (expected 2)",
                "url-invalid",
                &[],
            ));
        }
        if self.registered_dialect(&name, &dialect) {
            return Ok(None);
        }
        if dialect == "mariadb" {
            return Ok(None);
        }
        let module = match self.import_name(&format!("sqlalchemy.dialects.{dialect}")) {
            Ok(module) => module,
            Err(Stop::Raise(raised)) => {
                let class = self.builtins.exception("ImportError");
                return match self.exception_matches(&raised.exc, &Value::Obj(class)) {
                    Some(false) => Err(Stop::Raise(raised)),
                    _ => Err(self.no_dialect(&name, &dialect)),
                };
            }
            Err(stop) => return Err(stop),
        };
        let default =
            drivers::default_driver(&dialect, self.dist_version("sqlalchemy").unwrap_or("0"));
        let driver = match driver {
            Some(driver) => driver,
            None => match default {
                Some(default) => default.name.clone(),
                None => return Ok(None),
            },
        };
        let sym = self.sym(&driver);
        match self.find_attribute(&module, sym)? {
            None => Err(self.no_dialect(&name, &dialect)),
            Some(found) => Ok(self.get(&found, "dialect").and_then(|d| d.as_obj())),
        }
    }

    fn no_dialect(&mut self, name: &str, dialect: &str) -> Stop {
        let message = format!("Can't load plugin: sqlalchemy.dialects:{name}");
        self.sqlalchemy_fault(
            "NoSuchModuleError",
            &message,
            "dialect-unknown",
            &[("dialect", dialect), ("scheme", name)],
        )
    }

    /// Dialects that other distributions register as entry points.
    fn registered_dialect(&self, name: &str, dialect: &str) -> bool {
        let host = self.store.host();
        self.project.distributions.values().any(|d| {
            let path = std::path::Path::new(&d.source).join("entry_points.txt");
            let Ok(text) = host.read_text(&path) else {
                return false;
            };
            let mut inside = false;
            text.lines().any(|line| {
                let line = line.trim();
                if line.starts_with('[') {
                    inside = line == "[sqlalchemy.dialects]";
                }
                let key = line.split('=').next().unwrap_or_default().trim();
                inside && (key == name || key == dialect)
            })
        })
    }

    /// The driver that a URL selects; under asyncio `psycopg` is its asynchronous twin.
    fn driver_of(&self, url: &EngineUrl, _is_async: bool) -> Option<&'static Driver> {
        match url.scheme.split_once('+') {
            Some((_, driver)) => drivers::driver(driver),
            None => drivers::default_driver(&url.scheme, self.dist_version("sqlalchemy")?),
        }
    }

    /// `dialect.import_dbapi()`
    fn import_driver(&mut self, url: &EngineUrl, driver: Option<&'static Driver>) -> R<()> {
        let Some(driver) = driver else { return Ok(()) };
        let span = self.alias_span.take();
        let imported = self.import_name(&driver.module);
        self.alias_span = span;
        match imported {
            Ok(_) => Ok(()),
            Err(Stop::Raise(raised))
                if raised.slots.get("name").map(String::as_str) == Some(&driver.module) =>
            {
                let dist = driver.dists.first().map_or("", String::as_str);
                let slots = [
                    ("module", driver.module.as_str()),
                    ("dist", dist),
                    ("driver", driver.name.as_str()),
                    ("scheme", url.scheme.as_str()),
                ];
                Err(Self::rekind(
                    Stop::Raise(raised),
                    "engine-driver-missing",
                    &slots,
                ))
            }
            Err(Stop::Raise(raised)) => {
                // A driver that is there and broken says so with an ImportError; anything else
                // in its modules is not followed closely enough to be believed.
                let class = self.builtins.exception("ImportError");
                match self.exception_matches(&raised.exc, &Value::Obj(class)) {
                    Some(true) => Err(Stop::Raise(raised)),
                    _ => Ok(()),
                }
            }
            Err(stop) => Err(stop),
        }
    }

    /// Query values that the dialect converts at once.
    fn convert_values(&mut self, url: &EngineUrl, driver: Option<&Driver>) -> R<()> {
        if url.located
            && driver.is_some_and(|d| d.name == "pysqlite")
            && let Some(text) = &url.text
        {
            let mut shown = text.clone();
            for span in crate::model::url_password_spans(text).into_iter().rev() {
                shown.replace_range(span, "***");
            }
            let message = format!(
                "Invalid SQLite URL: {shown}\nValid SQLite URL forms are:\n sqlite:///:memory: (or, sqlite://)\n sqlite:///relative/path/to/file.db\n sqlite:////absolute/path/to/file.db"
            );
            return Err(self.sqlalchemy_fault("ArgumentError", &message, "url-invalid", &[]));
        }
        if driver.is_none_or(|d| d.name != "asyncpg") {
            return Ok(());
        }
        for (name, value) in &url.query {
            if name == "prepared_statement_cache_size" && value.trim().parse::<i64>().is_err() {
                let shown = crate::python::text::str_repr(value);
                let message = format!("invalid literal for int() with base 10: {shown}");
                return Err(self.fault("ValueError", &message, "url-invalid", &[("param", name)]));
            }
        }
        Ok(())
    }

    /// A class attribute as it lies in a class: `Pool` itself answers through a property, which
    /// takes the word of the dialect and so never disagrees with it.
    fn own_flag(&mut self, class: Obj, name: &str) -> Option<Value> {
        let name = self.sym(name);
        self.class_lookup(class, name).map(|(_, value, _)| value)
    }

    /// Pool class, `future`, and keywords that nobody takes.
    fn check_pool(
        &mut self,
        keywords: &[(String, Value)],
        open: bool,
        dialect: Option<Obj>,
        driver: Option<&Driver>,
        url: &EngineUrl,
    ) -> R<()> {
        let get = |wanted: &str| {
            keywords
                .iter()
                .find(|(k, _)| k == wanted)
                .map(|(_, v)| v.clone())
        };
        let pool = get("poolclass").filter(|v| !matches!(v, Value::None));
        let release = self.dist_release("sqlalchemy");
        if let (Some(Value::Obj(class)), Some(driver)) = (&pool, driver)
            && self.is_class(*class)
            && release >= (2, 0, 28)
            && get("pool").is_none()
            && let Some(Value::Bool(asyncio)) = self.own_flag(*class, "_is_asyncio")
            && asyncio != driver.is_async
            && driver.is_async != driver.is_sync
        {
            let name = self.class_short_name(*class);
            let non = if driver.is_async { "" } else { "non-" };
            let link = self.sqlalchemy_link("pcls");
            let message =
                format!("Pool class {name} cannot be used with {non}asyncio engine {link}");
            return Err(self.sqlalchemy_fault(
                "ArgumentError",
                &message,
                "pool-class",
                &[("pool", &name)],
            ));
        }
        if release >= (2, 0, 0) && matches!(get("future"), Some(Value::Bool(false))) {
            let message =
                "The 'future' parameter passed to create_engine() may only be set to True.";
            return Err(self.sqlalchemy_fault("ArgumentError", message, "raised", &[]));
        }
        if open || get("pool").is_some() {
            return Ok(());
        }
        self.check_keywords(keywords, pool, dialect, driver, url)
    }

    fn check_keywords(
        &mut self,
        keywords: &[(String, Value)],
        pool: Option<Value>,
        dialect: Option<Obj>,
        driver: Option<&Driver>,
        url: &EngineUrl,
    ) -> R<()> {
        let Some(dialect) = dialect.filter(|d| self.is_class(*d)) else {
            return Ok(());
        };
        let pool = match &pool {
            Some(Value::Obj(class)) if self.is_class(*class) => Some(*class),
            Some(_) => None,
            None => self.default_pool(dialect, driver, url),
        };
        let engine = self
            .loaded_attribute("sqlalchemy.engine.base", "Engine")
            .and_then(|v| v.as_obj());
        let (Some(pool), Some(engine)) = (pool, engine) else {
            return Ok(());
        };
        let (Some(of_dialect), Some(of_pool), Some(of_engine)) = (
            self.init_names(dialect),
            self.init_names(pool),
            self.init_names(engine),
        ) else {
            return Ok(());
        };
        let old = self.dist_release("sqlalchemy") < (2, 0, 0);
        let taken = |name: &str| {
            OWN_KEYWORDS.contains(&name)
                || old && OLD_KEYWORDS.contains(&name)
                || of_dialect.iter().any(|n| &**n == name)
                || of_engine.iter().any(|n| &**n == name)
                || of_pool.iter().any(|n| {
                    POOL_NAMES
                        .iter()
                        .find(|(own, _)| **own == **n)
                        .map_or(&**n, |(_, shown)| shown)
                        == name
                })
        };
        let unknown: Vec<String> = keywords
            .iter()
            .filter(|(k, _)| !taken(k))
            .map(|(k, _)| format!("'{k}'"))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!(
            "Invalid argument(s) {} sent to create_engine(), using configuration {}/{}/Engine.  Please check that the keyword arguments are appropriate for this combination of components.",
            unknown.join(","),
            self.class_short_name(dialect),
            self.class_short_name(pool)
        );
        let first = unknown[0].trim_matches('\'').to_owned();
        Err(self.fault(
            "TypeError",
            &message,
            "call-signature",
            &[("callee", "create_engine"), ("parameter", &first)],
        ))
    }

    /// The pool that a dialect chooses: SQLite's is asked for the URL.
    fn default_pool(
        &mut self,
        dialect: Obj,
        driver: Option<&Driver>,
        url: &EngineUrl,
    ) -> Option<Obj> {
        let driver = driver?;
        let name = if driver.dialects.iter().any(|n| n == "sqlite") {
            let choose = self.get(&Value::Obj(dialect), "get_pool_class")?;
            let given = self.url_object(&Value::Unknown, url);
            let chosen = self.call(&choose, Args::positional(vec![given])).ok()?;
            return chosen.as_obj().filter(|c| self.is_class(*c));
        } else if driver.is_async && !driver.is_sync {
            "AsyncAdaptedQueuePool"
        } else if !driver.is_async {
            "QueuePool"
        } else {
            return None;
        };
        self.loaded_attribute("sqlalchemy.pool.impl", name)
            .and_then(|v| v.as_obj())
    }

    /// Names of all parameters of the constructors along the resolution order; `None` when one
    /// of them is not known.
    fn init_names(&self, class: Obj) -> Option<Vec<Rc<str>>> {
        let Kind::Class(data) = &self.heap.get(class).kind else {
            return None;
        };
        if data.blurred {
            return None;
        }
        let mut names = Vec::new();
        for ancestor in data.mro.iter() {
            let Some(slot) = self.heap.get(*ancestor).attrs.get(&self.names.init) else {
                continue;
            };
            match &self.heap.get(slot.value.as_obj()?).kind {
                Kind::Function(f) => {
                    let parameters = f.def.parameters()?;
                    let all = parameters
                        .posonlyargs
                        .iter()
                        .chain(&parameters.args)
                        .chain(&parameters.kwonlyargs);
                    names.extend(all.map(|p| Rc::<str>::from(p.parameter.name.as_str())));
                    if parameters.kwarg.is_none() {
                        break;
                    }
                }
                _ if matches!(&self.heap.get(*ancestor).kind, Kind::Class(d) if d.builtin) => {}
                _ => return None,
            }
        }
        Some(names)
    }

    fn not_async(&mut self, driver: &Driver, scheme: &str) -> Stop {
        let message = format!(
            "The asyncio extension requires an async driver to be used. The loaded '{}' is not async.",
            driver.name
        );
        let dialect = driver.dialects.first().map_or("", String::as_str);
        let slots = [
            ("driver", driver.name.as_str()),
            ("dialect", dialect),
            ("scheme", scheme),
        ];
        self.sqlalchemy_fault(
            "InvalidRequestError",
            &message,
            "engine-sync-driver",
            &slots,
        )
    }

    /// Names that the driver's `connect()` will get, URL first, as a tuple of texts.
    fn parameters_of(&mut self, url: &EngineUrl, connect_args: &Value) -> Value {
        let mut names: Vec<Value> = url
            .query
            .iter()
            .map(|(n, _)| Value::str(n.as_str()))
            .collect();
        if let Some((table, _)) = self.table_of(connect_args) {
            for (key, _) in table.values() {
                if key.as_str().is_some() && !names.iter().any(|n| n.same(key)) {
                    names.push(key.clone());
                }
            }
        }
        Value::tuple(names)
    }
}
