//! `logging`: loggers, and handlers that open their files when they are made.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::models::std::sys::none;
use crate::python::raise::R;
use crate::python::value::{Key, Owner, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("logging", "getLogger", get_logger),
    ("logging", "setLoggerClass", set_logger_class),
    ("logging", "FileHandler.__init__", file_handler),
    (
        "logging.handlers",
        "RotatingFileHandler.__init__",
        file_handler,
    ),
    (
        "logging.handlers",
        "TimedRotatingFileHandler.__init__",
        timed_handler,
    ),
    (
        "logging.handlers",
        "WatchedFileHandler.__init__",
        file_handler,
    ),
    ("logging", "basicConfig", basic_config),
    ("logging", "Formatter.__init__", formatter_init),
    ("logging.config", "fileConfig", file_config),
    ("logging", "addLevelName", add_level_name),
    ("logging", "Logger.addHandler", add_handler),
    ("logging", "Logger.setLevel", set_level),
    ("logging", "Handler.setLevel", set_level),
    ("logging", "debug", log_to_root),
    ("logging", "info", log_to_root),
    ("logging", "warning", log_to_root),
    ("logging", "error", log_to_root),
    ("logging", "exception", log_to_root),
    ("logging", "critical", log_to_root),
    ("logging", "log", log_to_root),
    ("logging", "captureWarnings", none),
];

const OTHER_CLASS: &str = "logger class changed";

fn set_logger_class(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    interp.memo.insert(OTHER_CLASS.to_owned(), Value::None);
    Ok(Value::None)
}

/// One logger per name.
fn get_logger(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.names.name_attr;
    let name = match args.get(0, name) {
        None | Some(Value::None) => Some("root".to_owned()),
        Some(Value::Str(text)) => Some(text.text.to_string()),
        Some(value @ (Value::Int(_) | Value::Float(_) | Value::Tuple(_))) => {
            let _ = interp.type_name(value);
            return Err(interp.error("TypeError", "A logger name must be a string"));
        }
        Some(_) => None,
    };
    let key = name.as_ref().map(|n| format!("logger {n}"));
    if let Some(known) = key.as_ref().and_then(|k| interp.memo.get(k)) {
        return Ok(known.clone());
    }
    let class = if name.as_deref() == Some("root") {
        "RootLogger"
    } else {
        "Logger"
    };
    let Some(class) = interp.loaded_or_current("logging", class) else {
        return Ok(interp.unknown());
    };
    let logger = interp.instance(class);
    let handlers = interp.open_object(crate::python::value::Kind::List(Vec::new()));
    let filters = interp.open_object(crate::python::value::Kind::List(Vec::new()));
    let attributes = [
        ("name", name.map_or(Value::Unknown, Value::str)),
        ("level", Value::Unknown),
        ("parent", Value::Unknown),
        ("propagate", Value::Unknown),
        ("handlers", handlers),
        ("filters", filters),
        ("disabled", Value::Unknown),
        ("_cache", Value::Unknown),
    ];
    for (name, value) in attributes {
        interp.put(logger, name, value);
    }
    // A framework may have installed a class of its own, which is not simulated.
    interp.heap.get_mut(logger).open = interp.memo.contains_key(OTHER_CLASS);
    if let Some(key) = key {
        interp.memo.insert(key, Value::Obj(logger));
    }
    Ok(Value::Obj(logger))
}

fn opens(interp: &mut Interp<'_>, args: &Args, delay_at: usize) -> R<()> {
    let (filename, delay) = (interp.sym("filename"), interp.sym("delay"));
    let filename = args.get(1, filename).cloned().unwrap_or(Value::Unknown);
    let delayed = match args.get(delay_at, delay).cloned() {
        None => Some(false),
        Some(value) => interp.truth(&value)?,
    };
    match interp.path_text(&filename) {
        Some(path) if delayed == Some(false) => {
            let path = interp.absolute(&path);
            interp.open_file(&path, "a")?;
        }
        Some(_) => {}
        None => {
            interp.no_path(&filename)?;
        }
    }
    Ok(())
}

/// `FileHandler(filename, mode, encoding, delay)` and the like.
fn file_handler(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let class = args
        .pos
        .first()
        .map(|v| interp.type_name(v))
        .unwrap_or_default();
    opens(
        interp,
        &args,
        if class == "RotatingFileHandler" { 6 } else { 4 },
    )?;
    Ok(Value::None)
}

fn timed_handler(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    opens(interp, &args, 6)?;
    Ok(Value::None)
}

/// The root logger has handlers, or may have some.
const ROOT_CONFIGURED: &str = "root logger configured";

/// Levels with names of the project's own may exist.
const OWN_LEVELS: &str = "log levels added";

pub(super) fn root_is_configured(interp: &mut Interp<'_>) {
    // An installed standard library does not meet the errors that its modules would log.
    if interp.doubt > 0 && interp.frame().owner == Owner::Stdlib {
        return;
    }
    interp
        .memo
        .insert(ROOT_CONFIGURED.to_owned(), Value::Bool(true));
}

/// `logging.info(...)` gives the root logger a handler when it has none.
fn log_to_root(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    root_is_configured(interp);
    Ok(Value::None)
}

fn add_handler(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let own = args.pos.first().and_then(|logger| {
        let class = interp.class_of_instance(logger)?;
        Some(interp.class_name(class) == "logging.Logger")
    });
    if own != Some(true) {
        root_is_configured(interp);
    }
    Ok(Value::None)
}

fn add_level_name(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("levelName");
    let added = args.get(1, name).and_then(Value::as_str);
    let key = match added {
        Some(added) => format!("{OWN_LEVELS} {added}"),
        None => OWN_LEVELS.to_owned(),
    };
    interp.memo.insert(key, Value::None);
    Ok(Value::None)
}

fn set_level(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("level");
    let level = args.get(1, name).cloned().unwrap_or(Value::Unknown);
    check_level(interp, &level)?;
    Ok(Value::None)
}

/// `logging._checkLevel(level)`
pub(super) fn check_level(interp: &mut Interp<'_>, level: &Value) -> R<()> {
    let shown = match level {
        Value::Str(text) => {
            let known = interp
                .loaded_attribute("logging", "_nameToLevel")
                .and_then(|names| interp.table_of(&names));
            let Some((table, false)) = known else {
                return Ok(());
            };
            let there = table.contains_key(&Key::Str(text.text.clone()));
            let own = [OWN_LEVELS.to_owned(), format!("{OWN_LEVELS} {}", text.text)];
            if there || own.iter().any(|key| interp.memo.contains_key(key)) {
                return Ok(());
            }
            let shown = crate::python::text::str_repr(&text.text);
            return Err(interp.error("ValueError", &format!("Unknown level: {shown}")));
        }
        Value::None => "None".to_owned(),
        Value::Float(_) => match interp.repr_of(level) {
            Some(shown) => shown,
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let message = format!("Level not an integer or a valid string: {shown}");
    Err(interp.error("TypeError", &message))
}

/// What `basicConfig` takes.
const BASIC: &[&str] = &[
    "filename", "filemode", "format", "datefmt", "style", "level", "stream", "handlers", "force",
    "encoding", "errors",
];

/// Without `force` nothing happens when somebody has configured the root logger before.
fn basic_config(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let force = interp.sym("force");
    let forced = matches!(args.keyword(force), Some(Value::Bool(true)));
    let applies = forced || !interp.memo.contains_key(ROOT_CONFIGURED);
    root_is_configured(interp);
    if !applies {
        return Ok(Value::None);
    }
    let given = |i: &mut Interp<'_>, name: &str| {
        let name = i.sym(name);
        args.keyword(name).cloned()
    };
    let handlers = given(interp, "handlers");
    let file = given(interp, "filename").filter(|v| !matches!(v, Value::None));
    if handlers.is_none() {
        if file.is_some() && given(interp, "stream").is_some() {
            let message = "'stream' and 'filename' should not be specified together";
            return Err(interp.error("ValueError", message));
        }
        if let Some(path) = file.and_then(|file| interp.path_text(&file)) {
            let path = interp.absolute(&path);
            interp.open_file(&path, "a")?;
        }
    }
    let style = given(interp, "style").unwrap_or_else(|| Value::str("%"));
    if let Some(style) = style.as_str().filter(|s| !STYLES.contains(s)) {
        let _ = style;
        return Err(interp.error("ValueError", "Style must be one of: %,{,$"));
    }
    let format = given(interp, "format").unwrap_or(Value::None);
    check_format(interp, &format, &style)?;
    if let Some(level) = given(interp, "level").filter(|v| !matches!(v, Value::None)) {
        check_level(interp, &level)?;
    }
    let names: Vec<_> = args
        .kw
        .iter()
        .map(|(n, _)| interp.interner.name(*n))
        .collect();
    let unknown: Vec<_> = names.iter().filter(|n| !BASIC.contains(&&***n)).collect();
    if !unknown.is_empty() {
        let listed: Vec<&str> = unknown.iter().map(|n| &***n).collect();
        let message = format!("Unrecognised argument(s): {}", listed.join(", "));
        return Err(interp.error("ValueError", &message));
    }
    Ok(Value::None)
}

const STYLES: &[&str] = &["%", "{", "$"];

/// `PercentStyle.validation_pattern`
const PERCENT: &str = r"%\(\w+\)[#0+ -]*(\*|\d+)?(\.(\*|\d+))?[diouxefgcrsa%]";

/// `PercentStyle.validate`: a format names at least one field.
fn check_format(interp: &mut Interp<'_>, format: &Value, style: &Value) -> R<()> {
    let (Some(format), Some("%")) = (format.as_str(), style.as_str()) else {
        return Ok(());
    };
    if format.is_empty() || interp.pattern_finds(PERCENT, format) != Some(false) {
        return Ok(());
    }
    let message = format!("Invalid format '{format}' for '%' style");
    Err(interp.error("ValueError", &message))
}

/// `Formatter(fmt=None, datefmt=None, style='%', validate=True)`
fn formatter_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let [format, style, validate] =
        ["fmt", "style", "validate"].map(|name| interp.parameter(&bound, name));
    if style.as_str().is_some_and(|s| !STYLES.contains(&s)) {
        return Err(interp.error("ValueError", "Style must be one of: %,{,$"));
    }
    if matches!(validate, Value::Bool(true)) {
        check_format(interp, &format, &style)?;
    }
    if let Some(Value::Obj(this)) = args.pos.first() {
        let this = *this;
        let date = interp.parameter(&bound, "datefmt");
        interp.put(this, "datefmt", date);
        interp.put(
            this,
            "_fmt",
            if matches!(format, Value::None) {
                Value::Unknown
            } else {
                format
            },
        );
        interp.put(this, "_style", Value::Unknown);
    }
    Ok(Value::None)
}

/// `fileConfig(fname)`: a file that is not there. Releases from 3.11 on say so themselves.
fn file_config(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    root_is_configured(interp);
    let name = interp.sym("fname");
    let Some(Value::Str(file)) = args.get(0, name).cloned() else {
        return Ok(interp.unknown());
    };
    let path = interp.absolute(&file.text);
    if interp.path_exists(&path) != Some(false) {
        return Ok(interp.unknown());
    }
    let says_so = interp.hooked.last().cloned().is_some_and(|func| {
        let crate::python::function::Def::Function(def) = func.def else {
            return false;
        };
        let text = &interp.source(func.file).text;
        text.get(def.range.to_std_range())
            .is_some_and(|body| body.contains("doesn't exist"))
    });
    if says_so {
        let message = format!("{} doesn't exist", file.text);
        return Err(interp.error("FileNotFoundError", &message));
    }
    let stop = interp.fault("KeyError", "", "key-error", &[("key", "'formatters'")]);
    Err(interp.with_argument(stop, Value::str("formatters")))
}
