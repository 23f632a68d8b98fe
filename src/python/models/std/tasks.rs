//! Tasks of `asyncio`: coroutines that run beside each other, functions that run in threads.
//!
//! What is awaited at once runs at once. What runs later is kept in its task until somebody
//! awaits it: an exception that nobody fetches ends no start.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, SuspendedKind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("asyncio.tasks", "create_task", create_task),
    ("asyncio.tasks", "ensure_future", ensure_future),
    ("asyncio.tasks", "gather", gather),
    ("asyncio.tasks", "wait_for", wait_for),
    ("asyncio.tasks", "shield", shield),
    ("asyncio.threads", "to_thread", to_thread),
    (
        "asyncio.base_events",
        "BaseEventLoop.run_in_executor",
        run_in_executor,
    ),
    (
        "asyncio.base_events",
        "BaseEventLoop.create_task",
        loop_create_task,
    ),
    (
        "asyncio.taskgroups",
        "TaskGroup.create_task",
        group_create_task,
    ),
    (
        "asyncio.taskgroups",
        "TaskGroup.__aenter__",
        super::sys::first,
    ),
    ("asyncio.taskgroups", "TaskGroup.__aexit__", group_exit),
    ("starlette.concurrency", "run_in_threadpool", to_thread),
    ("anyio.to_thread", "run_sync", run_sync),
];

/// Where a task keeps its coroutine.
pub const CORO: &str = "<coro>";

/// What a value is to a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaitable {
    Coroutine,
    Nothing,
    Unknown,
}

fn awaitable(interp: &mut Interp<'_>, value: &Value) -> Awaitable {
    let obj = match value {
        Value::Unknown => return Awaitable::Unknown,
        Value::Obj(obj) => *obj,
        _ => return Awaitable::Nothing,
    };
    if interp.ready_value(obj).is_some() {
        return Awaitable::Coroutine;
    }
    match &interp.heap.get(obj).kind {
        Kind::Suspended {
            kind: SuspendedKind::Coroutine,
            ..
        } => Awaitable::Coroutine,
        Kind::Suspended { .. }
        | Kind::Function(_)
        | Kind::Method { .. }
        | Kind::Class(_)
        | Kind::Module { .. }
        | Kind::List(_)
        | Kind::Dict(_)
        | Kind::Set(_) => Awaitable::Nothing,
        _ => Awaitable::Unknown,
    }
}

fn no_coroutine(interp: &mut Interp<'_>, value: &Value) -> Stop {
    // Objects are shown with their place in memory.
    let shown = interp.repr_of(value).unwrap_or_else(|| "…".to_owned());
    interp.error(
        "TypeError",
        &format!("a coroutine was expected, got {shown}"),
    )
}

/// A task that has not run yet.
fn task(interp: &mut Interp<'_>, coroutine: Value) -> R<Value> {
    match awaitable(interp, &coroutine) {
        Awaitable::Nothing => return Err(no_coroutine(interp, &coroutine)),
        Awaitable::Unknown => return Ok(interp.unknown()),
        Awaitable::Coroutine => {}
    }
    let Some(class) = interp.loaded_or_current("_asyncio", "Task") else {
        return Ok(interp.unknown());
    };
    let task = interp.instance(class);
    interp.heap.get_mut(task).open = true;
    interp.put(task, CORO, coroutine);
    // It runs beside what follows: what it changes there is not known.
    interp.blur();
    Ok(Value::Obj(task))
}

fn create_task(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if !interp.loop_running {
        let message = "no running event loop";
        return Err(interp.fault("RuntimeError", message, "event-loop", &[]));
    }
    let name = interp.sym("coro");
    let coroutine = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    task(interp, coroutine)
}

fn loop_create_task(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("coro");
    let coroutine = args.get(1, name).cloned().unwrap_or(Value::Unknown);
    task(interp, coroutine)
}

fn ensure_future(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    match awaitable(interp, &value) {
        Awaitable::Coroutine if interp.loop_running => task(interp, value),
        Awaitable::Nothing => Err(no_future(interp)),
        _ => Ok(interp.unknown()),
    }
}

fn no_future(interp: &mut Interp<'_>) -> Stop {
    let message = "An asyncio.Future, a coroutine or an awaitable is required";
    interp.error("TypeError", message)
}

/// `gather(*awaitables, return_exceptions=False)`
fn gather(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let quiet = interp.sym("return_exceptions");
    let quiet = match args.keyword(quiet).cloned() {
        None => Some(false),
        Some(value) => interp.truth(&value)?,
    };
    if args.open || quiet != Some(false) {
        return Ok(interp.unknown());
    }
    for part in &args.pos {
        if awaitable(interp, part) == Awaitable::Nothing {
            return Err(no_future(interp));
        }
    }
    let mut results = Vec::new();
    for part in &args.pos {
        results.push(interp.await_value(part.clone())?);
    }
    let results = interp.list(results);
    Ok(interp.ready(results))
}

/// `wait_for(awaitable, timeout)`: what waits may take too long.
fn wait_for(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("fut");
    let part = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    match awaitable(interp, &part) {
        Awaitable::Nothing => Err(no_future(interp)),
        Awaitable::Coroutine => {
            let result = interp.await_value(part)?;
            interp.blur();
            Ok(result)
        }
        Awaitable::Unknown => Ok(interp.unknown()),
    }
}

fn shield(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let part = args.pos.first().cloned().unwrap_or(Value::Unknown);
    match awaitable(interp, &part) {
        Awaitable::Coroutine => {
            let result = interp.await_value(part)?;
            Ok(interp.ready(result))
        }
        _ => Ok(interp.unknown()),
    }
}

/// Runs a function in a thread, where no loop runs.
fn in_thread(interp: &mut Interp<'_>, func: &Value, args: Args) -> R<Value> {
    if func.is_unknown() {
        interp.escape(&args);
        return Ok(interp.unknown());
    }
    let running = std::mem::replace(&mut interp.loop_running, false);
    let result = interp.call(func, args);
    interp.loop_running = running;
    result
}

/// `to_thread(func, *args, **kwargs)`
fn to_thread(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    if args.pos.is_empty() || args.open {
        return Ok(interp.unknown());
    }
    let func = args.pos.remove(0);
    args.site = None;
    in_thread(interp, &func, args)
}

/// `anyio.to_thread.run_sync(func, *args, abandon_on_cancel=False, ...)`
fn run_sync(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    args.kw.clear();
    to_thread(interp, args)
}

/// `loop.run_in_executor(executor, func, *args)`
fn run_in_executor(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let executor = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    let Some(func) = args.pos.get(2).cloned() else {
        return Ok(interp.unknown());
    };
    // A pool of processes runs a copy of what it is given.
    if args.open || !matches!(executor, Value::None) {
        interp.escape(&args);
        return Ok(interp.unknown());
    }
    let given = Args::positional(args.pos[3..].to_vec());
    let result = in_thread(interp, &func, given)?;
    Ok(interp.ready(result))
}

/// Tasks of a group that failed.
const FAILED: &str = "<failed>";

/// `TaskGroup.create_task(coroutine)`: the group reports what fails when it is left.
fn group_create_task(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("coro");
    let coroutine = args.get(1, name).cloned().unwrap_or(Value::Unknown);
    match awaitable(interp, &coroutine) {
        Awaitable::Nothing => return Err(no_coroutine(interp, &coroutine)),
        Awaitable::Unknown => return Ok(interp.unknown()),
        Awaitable::Coroutine => {}
    }
    let frames = interp.frames.len();
    match interp.catching(&["BaseException"], |i| i.await_value(coroutine)) {
        Ok(value) => Ok(interp.ready(value)),
        Err(Stop::Raise(raised)) => {
            interp.frames.truncate(frames);
            let group = args.pos.first().cloned().unwrap_or(Value::Unknown);
            let mut failed = match interp.own(&group, FAILED) {
                Some(Value::Tuple(items)) => items.to_vec(),
                _ => Vec::new(),
            };
            failed.push(raised.exc.clone());
            interp.store(&group, FAILED, Value::tuple(failed));
            Ok(interp.unknown())
        }
        Err(stop) => Err(stop),
    }
}

/// `TaskGroup.__aexit__`
fn group_exit(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let group = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let clean = matches!(args.pos.get(2), Some(Value::None));
    match interp.own(&group, FAILED) {
        // Others are cancelled once one has failed: only a single failure is certain.
        Some(Value::Tuple(failed)) if failed.len() == 1 && clean => {
            let message = "unhandled errors in a TaskGroup (1 sub-exception)";
            Err(interp.error("ExceptionGroup", message))
        }
        Some(_) => Ok(interp.unknown()),
        None if clean => Ok(Value::None),
        None => Ok(interp.unknown()),
    }
}
