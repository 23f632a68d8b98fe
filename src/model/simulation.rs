//! What the start-up simulation observed. Filled by `python`, read by `detect` and `render`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Place, Span};

/// Where in the start the simulation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StartPhase {
    /// The server cannot find the entry module.
    Locate,
    /// A module is being executed.
    Import,
    /// The entry attribute or factory.
    Attr,
    /// Lifespan and start-up handlers.
    Lifespan,
    /// Port and host.
    Bind,
}

/// An exception as CPython prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// Qualified outside builtins: `sqlalchemy.exc.InvalidRequestError`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Text of the exception.
    pub message: String,
}

/// One traceback frame inside the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Relative to the root.
    pub file: String,
    /// Line from 1.
    pub line: u32,
    /// Function name, `<module>` at top level.
    pub function: String,
}

/// One step of an import chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLink {
    /// Dotted module name.
    pub module: String,
    /// File, relative to the root.
    pub path: String,
    /// Line of the import statement that leads on (or of the fault, for the last link).
    pub line: u32,
}

/// The verdict: would it start?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StartOutcome {
    /// No reason found why it would not.
    Ok,
    /// The exception below ends the start.
    Error,
    /// Cannot be told; `why` says why.
    Unknown,
}

/// The answer of the simulator; the `startup` object of the JSON output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Startup {
    /// Ok, error or unknown.
    pub outcome: StartOutcome,
    /// Phase of the error.
    pub phase: Option<StartPhase>,
    /// What CPython would print.
    pub exception: Option<Exception>,
    /// Last frame inside the project.
    pub file: Option<String>,
    /// Its line.
    pub line: Option<u32>,
    /// Frames inside the project, outermost first.
    pub frames: Vec<Frame>,
    /// Reason of an unknown.
    pub why: Option<String>,
}

impl Startup {
    /// A verdict without error.
    pub fn ok() -> Self {
        Self {
            outcome: StartOutcome::Ok,
            phase: None,
            exception: None,
            file: None,
            line: None,
            frames: Vec::new(),
            why: None,
        }
    }

    /// A verdict that cannot be given.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            outcome: StartOutcome::Unknown,
            why: Some(why.into()),
            ..Self::ok()
        }
    }
}

/// One error that the start would meet, now or after earlier ones are repaired.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// Phase in which it shows.
    pub phase: StartPhase,
    /// What CPython would print.
    pub exception: Exception,
    /// Qualified names of the exception's base classes, nearest first.
    pub bases: Vec<String>,
    /// What kind of fault the simulator recognised, with the slots that it gives:
    ///
    /// | kind | slots |
    /// | --- | --- |
    /// | `module-not-found` | `name`, `importer` |
    /// | `import-name` | `name`, `module`, `module.file` |
    /// | `circular-import` | `name`, `module`, `module.file`, `bound_line`, `reached_line` |
    /// | `circular-attribute`, `star-import` | `name`, `module` |
    /// | `name-error` | `name` |
    /// | `attribute-error` | `name`, `object` |
    /// | `call-signature` | `callee`, `parameter` |
    /// | `syntax-error` | `text` (the marker of a merge conflict that the line begins with, else the message) |
    /// | `engine-sync-driver` | `driver`, `dialect`, `scheme` |
    /// | `engine-driver-missing` | `module`, `dist`, `driver`, `scheme` |
    /// | `dialect-unknown` | `dialect` |
    /// | `url-invalid`, `event-loop`, `lifespan`, `raised` | |
    /// | `url-object` (no text and no URL object) | `value` |
    /// | `uvicorn-object` (workers or reload with an object in place of an import string) | |
    /// | `url-parameter` | `param`, `driver`; one fault per parameter, in order |
    /// | `pool-class` | `pool` |
    /// | `setting-missing` | `class`, `field`, `env_names` (comma-separated), `sources`, `field.file`, `field.line` |
    /// | `setting-invalid` | as above, and `reason` |
    /// | `settings-json` | as above, and `variable` |
    /// | `environ-missing` (KeyError of `os.environ`) | `variable` |
    /// | `pydantic-import` | `name`, `use` (module that has it now) |
    /// | `pydantic-class` | `class`, `field` |
    /// | `response-model` | `route`, `annotation` |
    /// | `multipart-missing` | `route` |
    /// | `email-validator-missing` | `class`, `field` |
    /// | `table-redefined` | `table`, `class` |
    /// | `orm-class` | `class` |
    /// | `stdlib-shadowed` | `stem`, `file` |
    /// | `relative-import` | `name` |
    /// | `version-guard` | `dist`, `found`, `required` |
    /// | `entry-module` | `module` |
    /// | `entry-attribute`, `entry-object` | `attr`, `module` |
    ///
    /// A kind that no check knows still becomes a finding, of the check of last resort.
    pub kind: String,
    /// The place to blame: last frame inside the project.
    pub place: Option<Place>,
    /// Byte span of `place` in its file.
    pub span: Option<Span>,
    /// Project frames, outermost first.
    pub frames: Vec<Frame>,
    /// Import chain from the entry.
    pub chain: Vec<ChainLink>,
    /// Modules of a fatal import cycle, first = last; empty otherwise.
    pub cycle: Vec<String>,
    /// Values that texts and fixes may use: `name`, `module`, `module.file`, ...
    pub slots: BTreeMap<String, String>,
    /// False when the error sits behind an undecided condition: never a prediction.
    pub certain: bool,
}

/// A call that start-up reaches.
#[derive(Debug, Clone, Serialize)]
pub struct CallFact {
    /// Resolved name: `sqlalchemy.orm.sessionmaker`.
    pub callee: String,
    /// The whole call.
    pub place: Place,
    /// Byte span of the whole call.
    pub span: Span,
    /// Byte span of the callee expression.
    pub callee_span: Span,
    /// Arguments by parameter name where the signature is known; `0`, `1`, ... otherwise.
    pub args: BTreeMap<String, ArgFact>,
    /// Module in which the call stands.
    pub module: String,
    /// Import chain.
    pub chain: Vec<ChainLink>,
    /// Certainly reached by the start (not behind an undecided condition).
    pub certain: bool,
    /// Function the call stands in, `<module>` at top level.
    pub function: String,
}

/// What is known of one argument.
#[derive(Debug, Clone, Serialize)]
pub struct ArgFact {
    /// Literal value as text (masked where secret), when known.
    pub value: Option<String>,
    /// Qualified name of the class or function, when it is one.
    pub object: Option<String>,
    /// Qualified names of all its base classes, when it is a class.
    pub bases: Vec<String>,
    /// Span of the argument.
    pub span: Span,
    /// Where the value comes from, when it was read from a file.
    pub origin: Option<ValueOrigin>,
}

/// Where a string value was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueOrigin {
    /// File relative to the root, or `process` for the process environment.
    pub path: String,
    /// Bytes of the value inside the quotes.
    pub span: Span,
    /// 1-based line.
    pub line: u32,
    /// Environment variable, when it came through one.
    pub variable: Option<String>,
}

/// A database URL that start-up hands to an engine or driver.
#[derive(Debug, Clone)]
pub struct UrlFact {
    /// The value (secret).
    pub url: super::Redacted<String>,
    /// Consumer: `sqlalchemy.create_async_engine`, `asyncpg.connect`, ...
    pub consumer: String,
    /// Where the value is written.
    pub origin: Option<ValueOrigin>,
    /// The call that consumes it.
    pub call: Place,
    /// Names of `connect_args` keys given in source.
    pub connect_args: Vec<String>,
    /// Start-up certainly connects with it (lifespan runs a query).
    pub connects: Option<Place>,
    /// Import chain to the call.
    pub chain: Vec<ChainLink>,
}

/// One module that the start enters, in order.
#[derive(Debug, Clone, Serialize)]
pub struct ImportFact {
    /// Dotted name.
    pub module: String,
    /// File relative to the root, or absolute outside of it; empty for built-in modules.
    pub file: String,
    /// Module and line that imported it first.
    pub importer: Option<ChainLink>,
    /// Nesting depth below the entry.
    pub depth: u32,
    /// How many import statements asked for it.
    pub times: u32,
    /// Inside the project?
    pub project: bool,
}

/// A setting or environment variable that the start reads.
#[derive(Debug, Clone, Serialize)]
pub struct EnvRead {
    /// Name of the variable.
    pub name: String,
    /// Where it is read.
    pub place: Place,
    /// Does the start need a value?
    pub required: bool,
    /// Was there one, and where from?
    pub found: Option<ValueOrigin>,
}

/// A router or application object and its routes, as the simulation left them.
#[derive(Debug, Clone, Serialize, Default)]
pub struct RouterFact {
    /// `module:name` of the first binding at module level; empty when there is none.
    pub object: String,
    /// Its class: `fastapi.applications.FastAPI`, `starlette.routing.Router`, ...
    pub class: String,
    /// Constructed by the project's own code, not inside of a library.
    pub own: bool,
    /// Where it is constructed.
    pub place: Option<Place>,
    /// Byte span of the construction.
    pub span: Option<Span>,
    /// An application (FastAPI, Starlette) rather than a router.
    pub is_app: bool,
    /// Prefix given at construction.
    pub prefix: String,
    /// `root_path` given at construction.
    pub root_path: String,
    /// Does a request with a slash too much or too few get a redirect? `None` = not known.
    pub redirect_slashes: Option<bool>,
    /// Own routes, in order of registration.
    pub routes: Vec<RouteFact>,
    /// What was included, in order.
    pub includes: Vec<IncludeFact>,
    /// Something was registered that could not be decided, or code that was not followed may
    /// have registered something.
    pub open: bool,
    /// What an application answers, in the order in which it tries; empty for routers.
    pub served: Vec<ServedRoute>,
    /// Is `served` the whole table? False as soon as anything on the way is open.
    pub complete: bool,
    /// Its routes describe what others do (webhooks, callbacks): nobody asks for them.
    pub described: bool,
    /// A file that this start does not execute and that includes a router of this name.
    pub elsewhere: Option<String>,
}

/// A router with routes in a module that no import of the project leads to; read from syntax,
/// for the start never executes it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct IdleRouter {
    /// Dotted path of its file below the root.
    pub module: String,
    /// The name that it is bound to.
    pub attr: String,
    /// Where it is constructed.
    pub place: Place,
    /// Prefix given at construction, when it is a plain text.
    pub prefix: String,
    /// Number of routes that the module puts on it.
    pub route_count: usize,
    /// Method and path of the first one; empty when the path is no plain text.
    pub first: String,
    /// An import whose module is only known when it runs, which may be this one: `file:line`.
    pub dynamic: Option<String>,
}

/// One inclusion of a router into another.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct IncludeFact {
    /// Index of the included router.
    pub router: usize,
    /// Prefix given at inclusion; `None` = not known.
    pub prefix: Option<String>,
    /// The inclusion.
    pub place: Option<Place>,
    /// It took nothing over: the router had no route yet, or only mounts.
    pub empty: bool,
}

/// One route.
#[derive(Debug, Clone, Serialize, Default)]
pub struct RouteFact {
    /// Upper-case methods in alphabetical order; `ANY` for an ASGI application in place of a
    /// handler, `WEBSOCKET` for a WebSocket route, `MOUNT` for a mount, `HOST` for a host.
    pub methods: Vec<String>,
    /// Path relative to its router, whose prefix is left out.
    pub path: String,
    /// Where it is registered: the decorator, or the call.
    pub place: Option<Place>,
    /// Qualified name of the handler, without its module.
    pub endpoint: String,
    /// `module` of the handler.
    pub module: String,
    /// Name of the route, for `url_path_for`.
    pub name: Option<String>,
    /// Listed in the OpenAPI document? `None` = not known.
    pub in_schema: Option<bool>,
    /// Names of its dependencies and of theirs, in order.
    pub dependencies: Vec<String>,
    /// A dependency reads credentials (`fastapi.security`).
    pub auth: bool,
    /// Some application serves it.
    pub served: bool,
    /// The framework's own: `/docs`, `/openapi.json`, ...
    pub builtin: bool,
}

/// One line of an application's route table.
#[derive(Debug, Clone, Serialize, Default)]
pub struct ServedRoute {
    /// Full path template, all prefixes and mounts included.
    pub path: String,
    /// Index of the router that it is registered on.
    pub router: usize,
    /// Index among the router's own routes.
    pub route: usize,
    /// Path of the mount it lies behind; empty when it lies behind none.
    pub mount: String,
    /// Identifier of its OpenAPI operation, when it is known and no default of FastAPI.
    pub operation_id: Option<String>,
}

/// Everything that the simulation observed.
#[derive(Debug, Clone, Default)]
pub struct Simulation {
    /// The verdict; `None` when nothing could be simulated.
    pub startup: Option<Startup>,
    /// Faults in the order in which a person would meet them.
    pub faults: Vec<Fault>,
    /// Calls of watched callables.
    pub calls: Vec<CallFact>,
    /// Database URLs.
    pub urls: Vec<UrlFact>,
    /// Modules in import order.
    pub imports: Vec<ImportFact>,
    /// Settings and environment variables.
    pub env_reads: Vec<EnvRead>,
    /// Routers and applications.
    pub routers: Vec<RouterFact>,
    /// The entry application is `routers[app]`.
    pub app: Option<usize>,
    /// Type of the object that uvicorn serves although it cannot call it as ASGI wants it: every
    /// request fails.
    pub not_callable: Option<String>,
    /// What could not be followed, and where.
    pub undecided: Vec<super::Undecided>,
    /// Exceptions in installed code that were taken for gaps of the simulation: type, text, place.
    /// For those who work on the simulator; no answer to an operator.
    pub gaps: Vec<String>,
    /// Steps spent.
    pub steps: u64,
}
