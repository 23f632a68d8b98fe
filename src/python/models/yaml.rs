//! PyYAML: documents of plain values, as `safe_load` and the loaders around it read them.
//!
//! Scalars follow YAML 1.1 (`yaml/resolver.py`, `yaml/constructor.py` of PyYAML 5 and 6): `yes`
//! and `off` are flags, `010` is octal. Dates, tags and sexagesimal numbers are not known here.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::Entry;
use super::std::file_text;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Key, Kind, Table, Value};

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    ("yaml", "safe_load", plain_load),
    ("yaml", "full_load", plain_load),
    ("yaml", "load", load),
];

/// A document of more events than these is not read.
const MAX_EVENTS: usize = 50_000;

fn plain_load(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("stream");
    let text = match args.get(0, name) {
        Some(Value::Str(text)) => Some(text.text.to_string()),
        Some(stream) => {
            let stream = Args::positional(vec![stream.clone()]);
            file_text(interp, &stream)
        }
        None => None,
    };
    let value = text.and_then(|text| document(interp, &text));
    Ok(value.unwrap_or_else(|| interp.unknown()))
}

/// `load(stream, Loader)`: with one of the library's own loaders.
fn load(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("Loader");
    let Some(loader) = args.get(1, name).cloned() else {
        // Required from release 6 on.
        interp.bound(&args)?;
        return Ok(interp.unknown());
    };
    let own = loader
        .as_obj()
        .is_some_and(|class| OWN_LOADERS.contains(&interp.class_name(class).as_str()));
    if own {
        plain_load(interp, args)
    } else {
        Ok(interp.unknown())
    }
}

const OWN_LOADERS: &[&str] = &[
    "yaml.loader.SafeLoader",
    "yaml.loader.FullLoader",
    "yaml.loader.Loader",
    "yaml.loader.UnsafeLoader",
    "yaml.cyaml.CSafeLoader",
    "yaml.cyaml.CFullLoader",
    "yaml.cyaml.CLoader",
];

/// A collection that is not closed yet.
enum Open {
    List(Vec<Value>, usize),
    Map(Table, Option<Value>, usize),
}

/// The first document; `None` when it is not understood, or no YAML.
fn document(interp: &mut Interp<'_>, text: &str) -> Option<Value> {
    let (mut open, mut anchors, mut root) = (Vec::new(), Vec::new(), None);
    for (count, event) in Parser::new_from_str(text.trim_start_matches('\u{feff}')).enumerate() {
        if count > MAX_EVENTS {
            return None;
        }
        let (finished, anchor) = match event.ok()?.0 {
            Event::Scalar(text, style, anchor, None) => {
                let value = if style == ScalarStyle::Plain {
                    scalar(&text)
                } else {
                    Value::str(text.into_owned())
                };
                (value, anchor)
            }
            Event::SequenceStart(anchor, None) => {
                open.push(Open::List(Vec::new(), anchor));
                continue;
            }
            Event::MappingStart(anchor, None) => {
                open.push(Open::Map(Table::default(), None, anchor));
                continue;
            }
            Event::Alias(anchor) => {
                let found = anchors.iter().rev().find(|(a, _)| *a == anchor);
                (found.map(|(_, value): &(usize, Value)| value.clone())?, 0)
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(items, anchor) => (interp.list(items), anchor),
                Open::Map(table, _, anchor) => {
                    (Value::Obj(interp.heap.alloc(Kind::Dict(table))), anchor)
                }
            },
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => return None,
            Event::DocumentEnd => break,
            _ => continue,
        };
        if anchor > 0 {
            anchors.push((anchor, finished.clone()));
        }
        match open.last_mut() {
            None => root = Some(finished),
            Some(Open::List(items, _)) => items.push(finished),
            Some(Open::Map(_, key @ None, _)) => *key = Some(finished),
            Some(Open::Map(table, key, _)) => {
                let key = key.take()?;
                if key.as_str() == Some("<<") {
                    merge(interp, table, &finished)?;
                } else {
                    table.insert(Key::of(&key)?, (key, finished));
                }
            }
        }
    }
    Some(root.unwrap_or(Value::None))
}

/// `<<: *base`: what the map says itself wins.
fn merge(interp: &Interp<'_>, table: &mut Table, base: &Value) -> Option<()> {
    let (more, false) = interp.table_of(base)? else {
        return None;
    };
    for (key, entry) in more {
        table.entry(key).or_insert(entry);
    }
    Some(())
}

fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::None,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        "=" => return Value::Unknown,
        _ => {}
    }
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Value::str(text);
    }
    if digits == "0" || !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit()) {
        return text.parse().map_or(Value::Unknown, Value::Int);
    }
    let plain_float = digits.contains('.')
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() == 1
        && digits != ".";
    if plain_float {
        return text.parse().map_or(Value::Unknown, Value::Float);
    }
    // Texts with anything that no number or date has.
    let numeric = |c: char| c.is_ascii_hexdigit() || "+-._:xobeETZz ".contains(c);
    if text.chars().all(numeric) || digits.contains("inf") || digits.contains("nan") {
        // Two dots and no colon: a release or an address, not a number.
        let release = digits.matches('.').count() > 1
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        return if release {
            Value::str(text)
        } else {
            Value::Unknown
        };
    }
    Value::str(text)
}
