//! `asyncio` at import time: which calls need a running event loop, and which forbid one.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::sys::none;
use crate::python::models::std::unknown;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, SuspendedKind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("asyncio.runners", "run", run),
    ("_asyncio", "get_running_loop", get_running_loop),
    ("_asyncio", "_get_running_loop", unknown),
    ("_asyncio", "get_event_loop", get_event_loop),
    ("asyncio.events", "get_event_loop", get_event_loop),
    ("asyncio.events", "get_running_loop", get_running_loop),
    ("asyncio.events", "new_event_loop", new_event_loop),
    ("asyncio.events", "set_event_loop", set_event_loop),
    ("asyncio.events", "set_event_loop_policy", none),
    (
        "asyncio.base_events",
        "BaseEventLoop.run_until_complete",
        run_until_complete,
    ),
    (
        "asyncio.base_events",
        "BaseEventLoop.run_forever",
        run_forever,
    ),
    (
        "asyncio.coroutines",
        "iscoroutinefunction",
        iscoroutinefunction,
    ),
    ("asyncio.coroutines", "iscoroutine", iscoroutine),
    (
        "asyncio.timeouts",
        "Timeout.__aenter__",
        crate::python::models::std::sys::first,
    ),
    ("asyncio.timeouts", "Timeout.__aexit__", none),
    ("asyncio.timeouts", "timeout", timeout),
    ("asyncio.timeouts", "timeout_at", timeout),
    ("inspect", "iscoroutinefunction", iscoroutinefunction),
    ("inspect", "isasyncgenfunction", isasyncgenfunction),
    ("inspect", "isgeneratorfunction", isgeneratorfunction),
    ("inspect", "iscoroutine", iscoroutine),
    ("inspect", "isclass", isclass),
    ("inspect", "isfunction", isfunction),
    ("inspect", "ismodule", ismodule),
    ("inspect", "ismethod", ismethod),
    ("inspect", "isawaitable", unknown),
];

fn is_coroutine(interp: &Interp<'_>, value: &Value) -> Option<bool> {
    match value {
        Value::Unknown => None,
        Value::Obj(obj) => match &interp.heap.get(*obj).kind {
            Kind::Suspended {
                kind: SuspendedKind::Coroutine,
                ..
            } => Some(true),
            Kind::Suspended { .. }
            | Kind::Function(_)
            | Kind::Class(_)
            | Kind::Module { .. }
            | Kind::List(_) => Some(false),
            _ => None,
        },
        _ => Some(false),
    }
}

/// `asyncio.timeout(delay)`: a manager that may raise when what it holds takes too long.
fn timeout(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    interp.blur();
    Ok(interp.library_object("asyncio.timeouts", "Timeout"))
}

/// `asyncio.run(coroutine)`
fn run(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let main = interp.sym("main");
    let main = args.get(0, main).cloned().unwrap_or(Value::Unknown);
    if interp.loop_running {
        return Err(run_inside_loop(interp));
    }
    if is_coroutine(interp, &main) == Some(false) && interp.version < (3, 14) {
        return match interp.repr_of(&main) {
            Some(text) => Err(interp.error(
                "ValueError",
                &format!("a coroutine was expected, got {text}"),
            )),
            None => Ok(interp.unknown()),
        };
    }
    inside_loop(interp, main)
}

/// `asyncio.run` where a loop runs; `uvicorn.run` ends in it too.
pub fn run_inside_loop(interp: &mut Interp<'_>) -> Stop {
    let message = "asyncio.run() cannot be called from a running event loop";
    interp.fault("RuntimeError", message, "event-loop", &[])
}

fn inside_loop(interp: &mut Interp<'_>, coroutine: Value) -> R<Value> {
    interp.loop_running = true;
    let result = interp.await_value(coroutine);
    interp.loop_running = false;
    result
}

fn no_running_loop(interp: &mut Interp<'_>) -> Stop {
    interp.fault("RuntimeError", "no running event loop", "event-loop", &[])
}

fn a_loop(interp: &mut Interp<'_>) -> Value {
    let class = interp.loaded_or_current("asyncio.base_events", "BaseEventLoop");
    match class {
        Some(class) => {
            let object = interp.instance(class);
            interp.heap.get_mut(object).open = true;
            Value::Obj(object)
        }
        None => interp.unknown(),
    }
}

fn get_running_loop(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    if !interp.loop_running {
        return Err(no_running_loop(interp));
    }
    Ok(a_loop(interp))
}

const LOOP_SET: &str = "event loop set";

/// Up to 3.13 the main thread gets a loop when it has none; 3.14 refuses.
fn get_event_loop(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    if !interp.loop_running && interp.version >= (3, 14) && !interp.memo.contains_key(LOOP_SET) {
        let message = "There is no current event loop in thread 'MainThread'.";
        return Err(interp.fault("RuntimeError", message, "event-loop", &[]));
    }
    Ok(a_loop(interp))
}

fn new_event_loop(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    let value = a_loop(interp);
    if let Value::Obj(obj) = &value {
        let obj = *obj;
        interp.put(obj, "_made_here", Value::Bool(true));
    }
    Ok(value)
}

fn set_event_loop(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    interp.memo.insert(LOOP_SET.to_owned(), Value::None);
    Ok(Value::None)
}

/// The error of driving a loop while one runs. uvloop words it its own way.
fn loop_is_running(interp: &mut Interp<'_>, args: &Args) -> Stop {
    let made = interp.sym("_made_here");
    let other = args
        .pos
        .first()
        .and_then(Value::as_obj)
        .is_some_and(|o| interp.heap.get(o).attrs.contains_key(&made));
    let uvloop = interp.project.distributions.contains_key("uvloop");
    let message = match (other, uvloop) {
        (true, _) => "Cannot run the event loop while another loop is running",
        (false, true) => "this event loop is already running.",
        (false, false) => "This event loop is already running",
    };
    interp.fault("RuntimeError", message, "event-loop", &[])
}

fn run_until_complete(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if interp.loop_running {
        return Err(loop_is_running(interp, &args));
    }
    let future = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    if is_coroutine(interp, &future) == Some(true) {
        inside_loop(interp, future)
    } else {
        Ok(interp.unknown())
    }
}

fn run_forever(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if interp.loop_running {
        return Err(loop_is_running(interp, &args));
    }
    Ok(interp.unknown())
}

/// The function behind a value: bound methods and partials looked through.
fn function_flags(interp: &mut Interp<'_>, value: &Value) -> Option<(bool, bool)> {
    let mut value = value.clone();
    for _ in 0..8 {
        let Value::Obj(obj) = &value else {
            return if value.is_unknown() {
                None
            } else {
                Some((false, false))
            };
        };
        value = match &interp.heap.get(*obj).kind {
            Kind::Function(data) => {
                let data = data.clone();
                let yields = interp.function_scope(data.file, data.def).yields;
                return Some((data.is_async, yields));
            }
            Kind::Method { func, .. } | Kind::Partial { func, .. } => func.clone(),
            Kind::Class(_)
            | Kind::Module { .. }
            | Kind::List(_)
            | Kind::Dict(_)
            | Kind::Native(_)
            | Kind::Suspended { .. } => {
                return Some((false, false));
            }
            Kind::Instance { .. } if !interp.is_blurred(&value) => return Some((false, false)),
            _ => return None,
        };
    }
    None
}

fn ask(interp: &mut Interp<'_>, args: &Args, question: impl FnOnce(bool, bool) -> bool) -> Value {
    let value = args
        .pos
        .first()
        .or_else(|| args.kw.first().map(|(_, v)| v))
        .cloned()
        .unwrap_or(Value::Unknown);
    match function_flags(interp, &value) {
        Some((is_async, is_generator)) => Value::Bool(question(is_async, is_generator)),
        None => Value::Unknown,
    }
}

fn iscoroutinefunction(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(ask(interp, &args, |is_async, is_generator| {
        is_async && !is_generator
    }))
}

fn isasyncgenfunction(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(ask(interp, &args, |is_async, is_generator| {
        is_async && is_generator
    }))
}

fn isgeneratorfunction(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(ask(interp, &args, |is_async, is_generator| {
        !is_async && is_generator
    }))
}

fn iscoroutine(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    Ok(is_coroutine(interp, &value).map_or(Value::Unknown, Value::Bool))
}

fn kind_is(interp: &Interp<'_>, args: &Args, is: impl FnOnce(&Kind<'_>) -> bool) -> Value {
    match args.pos.first() {
        None | Some(Value::Unknown) => Value::Unknown,
        Some(Value::Obj(obj)) => Value::Bool(is(&interp.heap.get(*obj).kind)),
        Some(_) => Value::Bool(false),
    }
}

fn isclass(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(kind_is(interp, &args, |k| matches!(k, Kind::Class(_))))
}

fn isfunction(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(kind_is(interp, &args, |k| matches!(k, Kind::Function(_))))
}

fn ismethod(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(kind_is(interp, &args, |k| {
        // Methods of built-in types are none.
        matches!(k, Kind::Method { .. })
    }))
}

fn ismodule(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(kind_is(interp, &args, |k| matches!(k, Kind::Module { .. })))
}
