//! `logging.config.dictConfig`: formatters, filters, handlers and loggers of a configuration.
//!
//! Follows `Lib/logging/config.py` (3.9 to 3.14): classes are imported and called, names are
//! looked up; what fails is wrapped in a `ValueError` that names the part.

use super::logging::{check_level, root_is_configured};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Table, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[("logging.config", "dictConfig", dict_config)];

/// How the configuration of one part ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fine,
    Fails,
    Unknown,
}

/// The parts of a configuration that refer to each other.
struct Config {
    formatters: Option<Table>,
    filters: Option<Table>,
    handlers: Option<Table>,
}

fn entry(interp: &Interp<'_>, mapping: &Value, name: &str) -> Option<Value> {
    let (table, _) = interp.table_of(mapping)?;
    table.get(&Key::Str(name.into())).map(|(_, v)| v.clone())
}

/// A section: `None` when it is not known in full.
fn section(interp: &Interp<'_>, config: &Value, name: &str) -> Option<Table> {
    match entry(interp, config, name) {
        None => Some(Table::default()),
        Some(value) => match interp.table_of(&value) {
            Some((table, false)) => Some(table),
            _ => None,
        },
    }
}

fn dict_config(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("config");
    let config = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    let Some((table, false)) = interp.table_of(&config) else {
        root_is_configured(interp);
        return Ok(interp.unknown());
    };
    let loggers = section(interp, &config, "loggers");
    let of_root = loggers.is_none_or(|l| l.contains_key(&Key::Str("".into())));
    if of_root || table.contains_key(&Key::Str("root".into())) {
        root_is_configured(interp);
    }
    match table
        .get(&Key::Str("version".into()))
        .map(|(_, v)| v.clone())
    {
        None => {
            let message = "dictionary doesn't specify a version";
            return Err(interp.error("ValueError", message));
        }
        Some(version) => {
            if interp.equal(&version, &Value::Int(1)) == Some(false)
                && let Some(shown) = interp.text_of(&version)
            {
                let message = format!("Unsupported version: {shown}");
                return Err(interp.error("ValueError", &message));
            }
        }
    }
    if let Some(incremental) = entry(interp, &config, "incremental")
        && interp.truth(&incremental)? != Some(false)
    {
        return Ok(interp.unknown());
    }
    let parts = Config {
        formatters: section(interp, &config, "formatters"),
        filters: section(interp, &config, "filters"),
        handlers: section(interp, &config, "handlers"),
    };
    let clear = configure(interp, &config, &parts)?;
    Ok(if clear { Value::None } else { interp.unknown() })
}

/// Configures part after part; true when all of it is known.
fn configure(interp: &mut Interp<'_>, config: &Value, parts: &Config) -> R<bool> {
    let mut clear = parts.formatters.is_some() && parts.filters.is_some();
    for (kind, table) in [("formatter", &parts.formatters), ("filter", &parts.filters)] {
        for (name, part) in table.clone().unwrap_or_default().values() {
            let outcome = protect(interp, |i| plain_part(i, kind, part))?;
            clear &= done(interp, outcome, kind, name)?;
        }
    }
    let handlers = parts.handlers.clone();
    clear &= handlers.is_some();
    let mut named: Vec<(Value, Value)> = handlers.unwrap_or_default().into_values().collect();
    named.sort_by(|a, b| a.0.as_str().cmp(&b.0.as_str()));
    for (name, part) in &named {
        let outcome = protect(interp, |i| handler(i, part, parts))?;
        clear &= done(interp, outcome, "handler", name)?;
    }
    match section(interp, config, "loggers") {
        Some(loggers) => {
            for (name, part) in loggers.values() {
                let outcome = protect(interp, |i| logger(i, part, parts))?;
                clear &= done(interp, outcome, "logger", name)?;
            }
        }
        None => clear = false,
    }
    if let Some(root) = entry(interp, config, "root")
        && interp.truth(&root)? != Some(false)
    {
        match protect(interp, |i| logger(i, &root, parts))? {
            Outcome::Fails => {
                return Err(interp.error("ValueError", "Unable to configure root logger"));
            }
            outcome => clear &= outcome == Outcome::Fine,
        }
    }
    Ok(clear)
}

/// Runs code whose exceptions `dictConfig` catches.
fn protect<'a>(
    interp: &mut Interp<'a>,
    run: impl FnOnce(&mut Interp<'a>) -> R<Outcome>,
) -> R<Outcome> {
    let frames = interp.frames.len();
    match interp.catching(&["Exception"], run) {
        Err(Stop::Raise(raised)) => {
            interp.frames.truncate(frames);
            let exception = Value::Obj(interp.builtins.exception("Exception"));
            match interp.exception_matches(&raised.exc, &exception) {
                Some(true) => Ok(Outcome::Fails),
                Some(false) => Err(Stop::Raise(raised)),
                None => Ok(Outcome::Unknown),
            }
        }
        other => other,
    }
}

fn done(interp: &mut Interp<'_>, outcome: Outcome, kind: &str, name: &Value) -> R<bool> {
    match (outcome, interp.repr_of(name)) {
        (Outcome::Fails, Some(shown)) => {
            let message = format!("Unable to configure {kind} {shown}");
            Err(interp.error("ValueError", &message))
        }
        (outcome, _) => Ok(outcome == Outcome::Fine),
    }
}

/// `BaseConfigurator.resolve`: a dotted name, imported.
fn resolve(interp: &mut Interp<'_>, name: &str) -> R<Value> {
    let mut parts = name.split('.');
    let mut used = parts.next().unwrap_or_default().to_owned();
    let mut found = interp.import_name(&used)?;
    for part in parts {
        if found.is_unknown() {
            return Ok(found);
        }
        used.push('.');
        used.push_str(part);
        let attribute = interp.sym(part);
        found = match interp.find_attribute(&found, attribute)? {
            Some(value) => value,
            None => {
                interp.import_name(&used)?;
                interp.attribute(&found, attribute)?
            }
        };
    }
    Ok(found)
}

/// A value of the configuration: `ext://` and `cfg://` stand for something else.
fn converted(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.starts_with("ext://") || text.starts_with("cfg://") => Value::Unknown,
        _ => value.clone(),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The entries of a part as keyword arguments, without those that mean something else.
fn keywords(interp: &mut Interp<'_>, table: &Table, without: &[&str]) -> Args {
    let mut args = Args::none();
    for (key, value) in table.values() {
        let Some(name) = key.as_str() else { continue };
        if is_identifier(name) && !without.contains(&name) {
            let name = interp.sym(name);
            args.kw.push((name, converted(value)));
        }
    }
    args
}

/// The callable behind a name or value; `None` when it is not known.
fn callable(interp: &mut Interp<'_>, value: &Value) -> R<Option<Value>> {
    let found = match value {
        Value::Str(name) => resolve(interp, &name.text)?,
        other => other.clone(),
    };
    Ok((!found.is_unknown()).then_some(found))
}

/// Calls a factory; `TypeError`s that name an old parameter are met by a second call.
fn make(interp: &mut Interp<'_>, factory: &Value, args: Args, old: (&str, &str)) -> R<Outcome> {
    let mut again = args.clone();
    let made = match interp.call(factory, args) {
        Err(Stop::Raise(raised)) => {
            let text = interp.exception_text(&raised.exc);
            let quoted = format!("'{}'", old.0);
            if !text.as_ref().is_some_and(|t| t.contains(&quoted)) {
                return match text {
                    Some(_) => Err(Stop::Raise(raised)),
                    None => Ok(Outcome::Unknown),
                };
            }
            let (wrong, right) = (interp.sym(old.0), interp.sym(old.1));
            for (name, _) in &mut again.kw {
                if *name == wrong {
                    *name = right;
                }
            }
            interp.call(factory, again)?
        }
        other => other?,
    };
    Ok(if made.is_unknown() {
        Outcome::Unknown
    } else {
        Outcome::Fine
    })
}

/// A formatter or a filter.
fn plain_part(interp: &mut Interp<'_>, kind: &str, part: &Value) -> R<Outcome> {
    let Some((table, false)) = interp.table_of(part) else {
        return Ok(Outcome::Unknown);
    };
    if let Some(factory) = entry(interp, part, "()") {
        let Some(factory) = callable(interp, &factory)? else {
            return Ok(Outcome::Unknown);
        };
        let args = keywords(interp, &table, &[]);
        return make(interp, &factory, args, ("format", "fmt"));
    }
    if kind == "filter" {
        return Ok(Outcome::Fine);
    }
    let class = entry(interp, part, "class").filter(|c| !matches!(c, Value::None));
    let class = class.unwrap_or_else(|| Value::str("logging.Formatter"));
    let Some(class) = callable(interp, &class)? else {
        return Ok(Outcome::Unknown);
    };
    let mut args = Args::none();
    for (name, default) in [
        ("format", Value::None),
        ("datefmt", Value::None),
        ("style", Value::str("%")),
    ] {
        let value = entry(interp, part, name).unwrap_or(default);
        args.pos.push(converted(&value));
    }
    if let Some(validate) = entry(interp, part, "validate") {
        args.pos.push(validate);
    }
    make(interp, &class, args, ("", ""))
}

/// Handlers that refer to others, or make what they need themselves.
const SPECIAL: &[&str] = &[
    "logging.handlers.MemoryHandler",
    "logging.handlers.QueueHandler",
];

fn handler(interp: &mut Interp<'_>, part: &Value, parts: &Config) -> R<Outcome> {
    let Some((table, false)) = interp.table_of(part) else {
        return Ok(Outcome::Unknown);
    };
    if let Some(formatter) = entry(interp, part, "formatter")
        && interp.truth(&formatter)? == Some(true)
        && lacks(parts.formatters.as_ref(), &formatter)
    {
        return Ok(Outcome::Fails);
    }
    let factory = match entry(interp, part, "()").or_else(|| entry(interp, part, "class")) {
        Some(factory) => factory,
        None => return Ok(Outcome::Fails),
    };
    let Some(factory) = callable(interp, &factory)? else {
        return Ok(Outcome::Unknown);
    };
    let special = factory
        .as_obj()
        .is_some_and(|class| SPECIAL.iter().any(|name| interp.descends_from(class, name)));
    if special {
        return Ok(Outcome::Unknown);
    }
    let own = ["formatter", "level", "filters", "class"];
    let args = keywords(interp, &table, &own);
    let made = make(interp, &factory, args, ("stream", "strm"))?;
    if let Some(level) = entry(interp, part, "level")
        && !matches!(level, Value::None)
    {
        check_level(interp, &level)?;
    }
    if refers_to_nothing(interp, part, "filters", parts.filters.as_ref())? {
        return Ok(Outcome::Fails);
    }
    Ok(made)
}

/// Is a name certainly not in a section?
fn lacks(section: Option<&Table>, name: &Value) -> bool {
    match (section, name.as_str()) {
        (Some(table), Some(name)) => !table.contains_key(&Key::Str(name.into())),
        _ => false,
    }
}

/// Does a list of names hold one that a section certainly does not have?
fn refers_to_nothing(
    interp: &mut Interp<'_>,
    part: &Value,
    list: &str,
    section: Option<&Table>,
) -> R<bool> {
    let Some(names) = entry(interp, part, list) else {
        return Ok(false);
    };
    if interp.truth(&names)? != Some(true) {
        return Ok(false);
    }
    let Some(names) = interp.items_of(&names)? else {
        return Ok(false);
    };
    Ok(names.iter().any(|name| lacks(section, name)))
}

/// `common_logger_config`
fn logger(interp: &mut Interp<'_>, part: &Value, parts: &Config) -> R<Outcome> {
    let Some((_, false)) = interp.table_of(part) else {
        return Ok(Outcome::Unknown);
    };
    if let Some(level) = entry(interp, part, "level")
        && !matches!(level, Value::None)
    {
        check_level(interp, &level)?;
    }
    let nothing = refers_to_nothing(interp, part, "handlers", parts.handlers.as_ref())?
        || refers_to_nothing(interp, part, "filters", parts.filters.as_ref())?;
    Ok(if nothing {
        Outcome::Fails
    } else {
        Outcome::Fine
    })
}
