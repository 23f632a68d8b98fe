//! Programs that the start runs: one that is not there ends it.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::Value;

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("subprocess", "run", run),
    ("subprocess", "call", run),
    ("subprocess", "check_call", run),
    ("subprocess", "check_output", run),
    ("subprocess", "Popen.__init__", popen_init),
];

/// The name of the program that is run without a shell; `None` when it is not known.
fn program(interp: &mut Interp<'_>, args: &Args, first: usize) -> R<Option<String>> {
    for name in ["shell", "cwd", "env", "executable", "preexec_fn"] {
        let name = interp.sym(name);
        if args
            .keyword(name)
            .is_some_and(|v| !matches!(v, Value::None | Value::Bool(false)))
        {
            return Ok(None);
        }
    }
    let name = interp.sym("args");
    if args.open || args.pos.len() > first + 1 {
        return Ok(None);
    }
    let command = match args.get(first, name).cloned() {
        Some(text @ Value::Str(_)) => text,
        Some(list) => match interp.items_of(&list)?.as_deref() {
            Some([first, ..]) => first.clone(),
            _ => return Ok(None),
        },
        None => return Ok(None),
    };
    Ok(interp.path_text(&command))
}

/// Is there certainly no such program on the search path?
fn is_missing(interp: &mut Interp<'_>, program: &str) -> bool {
    if program.contains('/') {
        return interp.path_exists(program) == Some(false);
    }
    let path = interp.peek_variable("PATH");
    let Some(path) = path.as_ref().and_then(Value::as_str).map(str::to_owned) else {
        return false;
    };
    !program.is_empty()
        && path
            .split(':')
            .all(|dir| interp.path_exists(&format!("{dir}/{program}")) == Some(false))
}

fn start(interp: &mut Interp<'_>, args: &Args, first: usize) -> R<()> {
    if let Some(program) = program(interp, args, first)?
        && is_missing(interp, &program)
    {
        return Err(interp.missing_file(&program));
    }
    interp.files_changed();
    interp.escape(args);
    Ok(())
}

fn run(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    start(interp, &args, 0)?;
    Ok(interp.unknown())
}

fn popen_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    start(interp, &args, 1)?;
    Ok(interp.unknown())
}
