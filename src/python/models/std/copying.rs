//! `copy.copy` of what has no say in it.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{Kind, Payload, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[("copy", "copy", copy)];

fn copy(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("x");
    let Some(value) = args.get(0, name).cloned() else {
        return Ok(interp.unknown());
    };
    let Value::Obj(obj) = &value else {
        return Ok(if value.is_unknown() {
            interp.unknown()
        } else {
            value
        });
    };
    let own = interp.sym("__copy__");
    if let Some(method) = interp.runnable(&value, own) {
        return interp.call(&method, Args::none());
    }
    let plain = match &interp.heap.get(*obj).kind {
        Kind::List(_) | Kind::Dict(_) | Kind::Set(_) => true,
        Kind::Instance {
            class,
            payload: Payload::None,
        } => !interp.is_blurred_class(*class),
        Kind::Function(_) | Kind::Class(_) | Kind::Native(_) | Kind::Form { .. } => {
            return Ok(value);
        }
        _ => false,
    };
    for name in [
        "__reduce_ex__",
        "__reduce__",
        "__getstate__",
        "__setstate__",
    ] {
        let name = interp.sym(name);
        if !plain || interp.runnable(&value, name).is_some() {
            return Ok(interp.unknown());
        }
    }
    Ok(interp.copy_object(&value))
}
