//! `importlib`, `importlib.metadata`, `pkgutil`.

use crate::host::EntryKind;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::{Over, Overlay, unknown};
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("importlib", "reload", super::sys::first),
    ("importlib.util", "find_spec", find_spec),
    ("importlib.util", "spec_from_loader", spec_from_loader),
    ("importlib._bootstrap", "spec_from_loader", spec_from_loader),
    ("importlib.metadata", "version", version),
    ("importlib.metadata", "distribution", distribution),
    ("importlib.metadata", "metadata", distribution),
    ("importlib.metadata", "requires", distribution),
    ("importlib.metadata", "files", distribution),
    ("importlib.metadata", "entry_points", unknown),
    ("importlib.resources", "files", resource_files),
    ("importlib.resources._common", "files", resource_files),
    ("pkgutil", "iter_modules", iter_modules),
    ("pkgutil", "walk_packages", walk_packages),
    ("pkgutil", "extend_path", extend_path),
];

/// What stands for names that come from the frozen `importlib._bootstrap`.
pub const OVERLAYS: &[Overlay] = &[(
    "importlib.util",
    "spec_from_loader",
    Over::Function(spec_from_loader),
)];

fn named(interp: &mut Interp<'_>, args: &Args, at: usize, name: &str) -> Option<Value> {
    let name = interp.sym(name);
    args.get(at, name).cloned()
}

/// `find_spec(name)`: parents are imported, the module itself is not.
fn find_spec(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(name) =
        named(interp, &args, 0, "name").and_then(|v| v.as_str().map(ToOwned::to_owned))
    else {
        return Ok(interp.unknown());
    };
    if name.starts_with('.') {
        return Ok(interp.unknown());
    }
    if let Some((parent, _)) = name.rsplit_once('.') {
        interp.import_name(parent)?;
    }
    Ok(match interp.can_find(&name) {
        Some(false) => Value::None,
        Some(true) => {
            let object = interp.builtins.object_class;
            let spec = interp.instance(object);
            interp.heap.get_mut(spec).open = true;
            Value::Obj(spec)
        }
        None => interp.unknown(),
    })
}

/// `spec_from_loader(name, loader, *, origin=None, is_package=None)`
fn spec_from_loader(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = named(interp, &args, 0, "name");
    let loader = named(interp, &args, 1, "loader");
    let (Some(name), Some(loader)) = (name, loader) else {
        return Ok(interp.unknown());
    };
    let object = interp.builtins.object_class;
    let class = interp.synthetic_class("_frozen_importlib", "ModuleSpec", object);
    let spec = Value::Obj(interp.instance(class));
    interp.store(&spec, "name", name);
    interp.store(&spec, "loader", loader);
    interp.open_instance(&spec);
    Ok(spec)
}

/// A distribution name as PEP 503 normalises it.
fn normalised(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if matches!(c, '_' | '.' | '-') {
            '-'
        } else {
            c.to_ascii_lowercase()
        };
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out
}

/// The version of an installed distribution; `Err` when there is certainly none.
fn installed(interp: &mut Interp<'_>, args: &Args) -> R<Option<String>> {
    let name =
        named(interp, args, 0, "distribution_name").and_then(|v| v.as_str().map(ToOwned::to_owned));
    let Some(name) = name else { return Ok(None) };
    let found = interp
        .project
        .distributions
        .get(&normalised(&name))
        .map(|d| d.version.clone());
    if found.is_some() {
        return Ok(found);
    }
    let doubtful = &interp.project.doubtful_distributions;
    let known = !interp.project.distributions.is_empty()
        && !interp.open_path
        && !doubtful.contains(&normalised(&name));
    if !known || name.is_empty() {
        return Ok(None);
    }
    Err(no_distribution(interp, &name))
}

fn no_distribution(interp: &mut Interp<'_>, name: &str) -> Stop {
    let message = format!("No package metadata was found for {name}");
    interp.library_fault(
        "importlib.metadata",
        "PackageNotFoundError",
        "ModuleNotFoundError",
        &message,
        "raised",
        &[("dist", name)],
    )
}

fn version(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match installed(interp, &args)? {
        Some(version) => Value::str(version),
        None => interp.unknown(),
    })
}

fn distribution(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    installed(interp, &args)?;
    Ok(interp.unknown())
}

fn resource_files(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(name) = args
        .pos
        .first()
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
    {
        interp.import_name(&name)?;
    }
    Ok(interp.unknown())
}

/// Modules in directories: name and whether it is a package; `None` when the path is not known.
fn modules_in(interp: &mut Interp<'_>, path: Option<Value>) -> R<Option<Vec<(String, bool)>>> {
    let dirs = match path {
        None | Some(Value::None) => return Ok(None),
        Some(path) => interp.items_of(&path)?,
    };
    let Some(dirs) = dirs else { return Ok(None) };
    let mut modules: Vec<(String, bool)> = Vec::new();
    for dir in dirs {
        let Some(dir) = interp.path_text(&dir) else {
            return Ok(None);
        };
        let dir = std::path::PathBuf::from(interp.absolute(&dir));
        let host = interp.store.host();
        for entry in host.list(&dir).unwrap_or_default() {
            let found = match entry.kind {
                EntryKind::Dir if host.is_file(&dir.join(&entry.name).join("__init__.py")) => {
                    Some((entry.name, true))
                }
                EntryKind::File => entry
                    .name
                    .strip_suffix(".py")
                    .map(|stem| (stem.to_owned(), false)),
                _ => None,
            };
            match found {
                Some((name, _)) if name == "__init__" || name.contains('.') => {}
                Some(found) if !modules.iter().any(|m| m.0 == found.0) => modules.push(found),
                _ => {}
            }
        }
    }
    Ok(Some(modules))
}

impl<'a> Interp<'a> {
    /// An item of `pkgutil.iter_modules`.
    fn module_info(&mut self, name: &str, is_package: bool) -> Value {
        let items = [
            ("module_finder", Value::Unknown),
            ("name", Value::str(name)),
            ("ispkg", Value::Bool(is_package)),
        ];
        self.named_tuple("pkgutil", "ModuleInfo", &items)
    }

    /// An iterator over known items.
    pub(in crate::python) fn iterator(&mut self, items: Vec<Value>) -> Value {
        Value::Obj(self.heap.alloc(Kind::Iter {
            items: items.into(),
            next: 0,
        }))
    }
}

fn prefix(interp: &mut Interp<'_>, args: &Args) -> Option<String> {
    match named(interp, args, 1, "prefix") {
        None => Some(String::new()),
        Some(value) => value.as_str().map(ToOwned::to_owned),
    }
}

fn iter_modules(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = named(interp, &args, 0, "path");
    let (modules, prefix) = (modules_in(interp, path)?, prefix(interp, &args));
    let (Some(modules), Some(prefix)) = (modules, prefix) else {
        return Ok(interp.unknown());
    };
    let items = modules
        .into_iter()
        .map(|(name, package)| interp.module_info(&format!("{prefix}{name}"), package))
        .collect();
    Ok(interp.iterator(items))
}

/// Packages on the way are imported; an `ImportError` of theirs is swallowed.
fn walk_packages(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let path = named(interp, &args, 0, "path");
    let (Some(first), Some(prefix)) = (modules_in(interp, path)?, prefix(interp, &args)) else {
        return Ok(interp.unknown());
    };
    let mut items = Vec::new();
    walk(interp, &prefix, first, &mut items, 0)?;
    Ok(interp.iterator(items))
}

fn walk(
    interp: &mut Interp<'_>,
    prefix: &str,
    modules: Vec<(String, bool)>,
    items: &mut Vec<Value>,
    depth: u32,
) -> R<()> {
    for (name, package) in modules {
        let full = format!("{prefix}{name}");
        items.push(interp.module_info(&full, package));
        if !package || depth > 20 {
            continue;
        }
        match interp.import_name(&full) {
            Ok(module) => {
                let key = interp.names.path;
                let path = interp.find_attribute(&module, key)?;
                if let Some(inner) = modules_in(interp, path)? {
                    walk(interp, &format!("{full}."), inner, items, depth + 1)?;
                }
            }
            Err(Stop::Raise(raised)) => {
                let class = Value::Obj(interp.builtins.exception("ImportError"));
                if interp.exception_matches(&raised.exc, &class) == Some(false) {
                    return Err(Stop::Raise(raised));
                }
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

/// `__path__ = extend_path(__path__, __name__)`: portions of the package elsewhere on `sys.path`.
fn extend_path(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (path, name) = (
        named(interp, &args, 0, "path"),
        named(interp, &args, 1, "name"),
    );
    let items = match &path {
        Some(path) => interp.items_of(path)?,
        None => None,
    };
    let (Some(mut items), Some(name)) =
        (items, name.and_then(|n| n.as_str().map(ToOwned::to_owned)))
    else {
        return Ok(interp.unknown());
    };
    if name.contains('.') {
        return Ok(path.unwrap_or(Value::Unknown));
    }
    for entry in interp.path_entries() {
        let dir = interp.cwd.join(&entry).join(&name);
        let text = dir.to_string_lossy().into_owned();
        let known = items.iter().any(|v| v.as_str() == Some(&text));
        if !known && interp.store.host().is_dir(&dir) {
            items.push(Value::str(text));
        }
    }
    Ok(interp.list(items))
}
