//! The lifespan protocol of ASGI: what runs between "application loaded" and "startup complete".
//!
//! The application is simply called with a `lifespan` scope. `receive` and `send` are the
//! server's; "startup complete" ends the simulation. What is raised before the application
//! answers is "lifespan unsupported" for a server in mode `auto`.
//!
//! Sources: ASGI specification "Lifespan Protocol" 2.0, `uvicorn/lifespan/on.py`,
//! `starlette/routing.py` `Router.lifespan`.

use ruff_text_size::Ranged;

use crate::python::call::Args;
use crate::python::function::Def;
use crate::python::interp::{HandlerScope, Interp};
use crate::python::models::Entry;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, SuspendedKind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("starlette.routing", "Router.lifespan", router_lifespan),
    ("starlette._utils", "is_async_callable", is_async_callable),
    ("starlette.routing", "is_async_callable", is_async_callable),
    ("fastapi.routing", "_is_async_callable", is_async_callable),
];

/// Slot of a fault that the server takes for "lifespan is not supported".
pub(super) const TOLERATED: &str = "lifespan";

static RECEIVE: NativeDef = NativeDef {
    name: "receive",
    run: receive,
};
static SEND: NativeDef = NativeDef {
    name: "send",
    run: send,
};

/// The application has taken part in the protocol: errors are its own from here on.
const ANSWERED: &str = "lifespan answered";

impl<'a> Interp<'a> {
    /// Sends the application its lifespan scope.
    ///
    /// # Errors
    /// What ends the start; `Stop::Complete` when the application has started.
    pub(in crate::python) fn run_lifespan(&mut self, mode: &str, app: &Value) -> R<()> {
        if self.speaks_asgi3(app) != Some(true) {
            // The older protocols and what is no application at all raise before they answer.
            return Ok(());
        }
        let asgi = self.dict_of(vec![
            ("version".to_owned(), Value::str("3.0")),
            ("spec_version".to_owned(), Value::str("2.0")),
        ]);
        let state = self.dict_of(Vec::new());
        let scope = self.dict_of(vec![
            ("type".to_owned(), Value::str("lifespan")),
            ("asgi".to_owned(), asgi),
            ("state".to_owned(), state),
        ]);
        let receive = Value::Obj(self.heap.alloc(Kind::Native(&RECEIVE)));
        let send = Value::Obj(self.heap.alloc(Kind::Native(&SEND)));
        self.births.starting = true;
        let depth = self.handlers.len();
        if mode != "on" {
            self.handlers.push(HandlerScope { classes: None });
        }
        let called = self.call(app, Args::positional(vec![scope, receive, send]));
        let ended = match called {
            Ok(coroutine) => self.await_value(coroutine),
            Err(stop) => Err(stop),
        };
        self.handlers.truncate(depth);
        match ended {
            Err(Stop::Raise(raised)) if mode != "on" && !self.memo.contains_key(ANSWERED) => {
                let known = self.seen.faults.len();
                self.possible(&raised);
                for fault in self.seen.faults.iter_mut().skip(known) {
                    fault.slots.insert(TOLERATED.to_owned(), mode.to_owned());
                }
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// Starlette up to 0.15 walks the lifespan as a generator (`async for item in ...`); later
    /// versions enter it as a context manager.
    fn lifespan_generator(&self, lifespan: &Value) -> Option<Obj> {
        let obj = lifespan.as_obj()?;
        let is_generator = matches!(
            self.heap.get(obj).kind,
            Kind::Suspended {
                kind: SuspendedKind::AsyncGenerator | SuspendedKind::Generator,
                ..
            }
        );
        let walks = self.hooked.last().is_some_and(|func| {
            let Def::Function(def) = func.def else {
                return false;
            };
            let source = self.source(func.file);
            source
                .text
                .get(def.range().to_std_range())
                .is_some_and(|text| text.contains("async for"))
        });
        (is_generator && walks).then_some(obj)
    }

    /// Is the application a coroutine function, or an object whose `__call__` is one?
    fn speaks_asgi3(&mut self, app: &Value) -> Option<bool> {
        let func = match &self.heap.get(app.as_obj()?).kind {
            Kind::Instance { .. } => {
                let call = self.names.call;
                self.type_attribute(app, call).ok().flatten()?
            }
            _ => app.clone(),
        };
        self.is_coroutine_function(&func)
    }

    /// `inspect.iscoroutinefunction`; `None` when it is not known.
    pub(in crate::python) fn is_coroutine_function(&mut self, func: &Value) -> Option<bool> {
        let obj = func.as_obj()?;
        match &self.heap.get(obj).kind {
            Kind::Function(data) => {
                let data = data.clone();
                Some(data.is_async && !self.function_scope(data.file, data.def).yields)
            }
            Kind::Method { func, .. } => self.is_coroutine_function(&func.clone()),
            Kind::Partial { func, .. } => self.is_coroutine_function(&func.clone()),
            Kind::StaticMethod(func) => self.is_coroutine_function(&func.clone()),
            Kind::Class(_) | Kind::Module { .. } | Kind::List(_) | Kind::Dict(_) => Some(false),
            _ => None,
        }
    }
}

fn receive(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    let message = interp.dict_of(vec![("type".to_owned(), Value::str("lifespan.startup"))]);
    Ok(interp.ready(message))
}

fn send(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let kind = args
        .pos
        .first()
        .and_then(|message| interp.table_of(message))
        .and_then(|(table, _)| {
            table
                .values()
                .find(|(key, _)| key.as_str() == Some("type"))
                .map(|(_, value)| value.clone())
        });
    match kind.as_ref().and_then(Value::as_str) {
        Some("lifespan.startup.complete") => Err(Stop::Complete),
        Some("lifespan.startup.failed") => {
            interp.memo.insert(ANSWERED.to_owned(), Value::Bool(true));
            Ok(interp.ready(Value::None))
        }
        _ => {
            interp.blur();
            Ok(interp.ready(Value::None))
        }
    }
}

/// `Router.lifespan`: enters the lifespan context and answers. Whatever is raised in it is
/// reported to the server as a failed start, no matter what the middlewares around it catch.
fn router_lifespan(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(router) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    let scope = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let app = interp.table_of(&scope).and_then(|(table, _)| {
        table
            .values()
            .find(|(key, _)| key.as_str() == Some("app"))
            .map(|(_, value)| value.clone())
    });
    interp.memo.insert(ANSWERED.to_owned(), Value::Bool(true));
    let handlers = std::mem::take(&mut interp.handlers);
    let result = enter_lifespan(interp, &router, app.unwrap_or(Value::None));
    interp.handlers = handlers;
    result.map(|()| Value::None)
}

fn enter_lifespan<'a>(interp: &mut Interp<'a>, router: &Value, app: Value) -> R<()> {
    let name = interp.sym("lifespan_context");
    let Some(context) = interp.find_attribute(router, name)? else {
        return Ok(());
    };
    if context.is_unknown() {
        return Err(Stop::Complete);
    }
    let manager = interp.call(&context, Args::positional(vec![app]))?;
    if let Some(generator) = interp.lifespan_generator(&manager) {
        interp.run_generator(generator, Box::new(|_, _| Err(Stop::Complete)))?;
        return Ok(());
    }
    let entered = |i: &mut Interp<'a>, state: Value| {
        // `scope["state"].update(state)`
        if !matches!(state, Value::None | Value::Unknown) {
            let keys = i.sym("keys");
            if i.find_attribute(&state, keys)?.is_none() {
                i.items_of(&state)?;
            }
            let fresh = i.dict_of(Vec::new());
            let update = i.sym("update");
            if let Some(update) = i.find_attribute(&fresh, update)? {
                i.call(&update, Args::positional(vec![state]))?;
            }
        }
        Err(Stop::Complete)
    };
    interp.with_manager(&manager, true, Box::new(entered))
}

/// `is_async_callable(obj)`
fn is_async_callable(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(mut func) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    if let Value::Obj(obj) = &func
        && matches!(interp.heap.get(*obj).kind, Kind::Instance { .. })
    {
        let call = interp.names.call;
        match interp.type_attribute(&func, call)? {
            Some(method) => func = method,
            None => return Ok(interp.unknown()),
        }
    }
    Ok(match interp.is_coroutine_function(&func) {
        Some(answer) => Value::Bool(answer),
        None => interp.unknown(),
    })
}
