//! python-decouple: where `config` starts to look for `.env` and `settings.ini`.
//!
//! The package asks the interpreter's frames for the file of the caller; the rest of its code is
//! run as it stands. Source: python-decouple 3.8, `AutoConfig._caller_path`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::{FileId, Value};

/// Models of this library.
pub const ENTRIES: &[Entry] = &[("decouple", "AutoConfig._caller_path", caller_path)];

/// Directory of the file that calls `config(...)`: the frame below `AutoConfig.__call__`.
fn caller_path(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    let caller = interp.frames.iter().rev().nth(1).map(|f| f.file);
    let directory = caller
        .filter(|file| *file != FileId(u32::MAX))
        .and_then(|file| interp.source(file).path.parent())
        .map(|dir| dir.to_string_lossy().into_owned());
    Ok(directory.map_or(Value::Unknown, Value::str))
}
