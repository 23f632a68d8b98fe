//! Functions of the standard library.

use super::Entry;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::Value;

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("importlib", "import_module", import_module),
    ("platform", "system", platform_system),
];

/// `platform.system()`: the target runs where the program does, as with `sys.platform`.
fn platform_system(_: &mut Interp<'_>, _: Args) -> R<Value> {
    let name = if cfg!(target_os = "macos") {
        "Darwin"
    } else {
        "Linux"
    };
    Ok(Value::str(name))
}

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
            let given = args.get(1, package_key);
            if given.is_none_or(|p| matches!(p, Value::None)) {
                let shown = crate::python::text::str_repr(&name);
                let message = format!(
                    "the 'package' argument is required to perform a relative import for {shown}"
                );
                return Err(interp.error("TypeError", &message));
            }
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
    if name.is_empty() {
        return Err(interp.error("ValueError", "Empty module name"));
    }
    interp.import_name(&name)
}
