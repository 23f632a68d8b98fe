//! Functions of the standard library.

use super::Entry;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::Value;

/// Models of this file.
pub const ENTRIES: &[Entry] = &[("importlib", "import_module", import_module)];

/// `importlib.import_module(name, package=None)`
fn import_module(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name_key = interp.names.name_attr;
    let Some(name) = args
        .get(0, name_key)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    else {
        interp.note_blind_import();
        return Ok(interp.unknown());
    };
    if name.starts_with('.') {
        let package_key = interp.sym("package");
        let Some(package) = args
            .get(1, package_key)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
        else {
            interp.note_blind_import();
            return Ok(interp.unknown());
        };
        let level = name.chars().take_while(|c| *c == '.').count();
        let parts: Vec<&str> = package.split('.').collect();
        if level > parts.len() {
            return Err(interp.error(
                "ImportError",
                "attempted relative import beyond top-level package",
            ));
        }
        let base = parts[..=parts.len() - level].join(".");
        let rest = &name[level..];
        let full = if rest.is_empty() {
            base
        } else {
            format!("{base}.{rest}")
        };
        return interp.import_name(&full);
    }
    interp.import_name(&name)
}
