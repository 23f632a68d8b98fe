//! `datetime`: dates, times and durations that cannot be.
//!
//! Source: `Modules/_datetimemodule.c`, `Lib/_strptime.py` (3.9 to 3.13).

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{Obj, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("_datetime", "date.__new__", date_new),
    ("_datetime", "datetime.__new__", datetime_new),
    ("_datetime", "time.__new__", time_new),
    ("_datetime", "timedelta.__new__", timedelta_new),
    ("_datetime", "date.fromisoformat", date_from_text),
    ("_datetime", "datetime.fromisoformat", datetime_from_text),
    ("_datetime", "datetime.strptime", strptime),
    ("_datetime", "datetime.now", now),
    ("_datetime", "datetime.utcnow", now),
    ("_datetime", "datetime.today", now),
    ("_datetime", "date.today", today),
];

const DATE: &[&str] = &["year", "month", "day"];
const TIME: &[&str] = &["hour", "minute", "second", "microsecond", "tzinfo"];

fn made(interp: &mut Interp<'_>, class: Option<Obj>, fields: &[(&str, Value)]) -> Value {
    let Some(class) = class else {
        return interp.unknown();
    };
    let object = interp.instance(class);
    for (name, value) in fields {
        interp.put(object, name, value.clone());
    }
    Value::Obj(object)
}

/// An argument by position or name.
fn argument(interp: &mut Interp<'_>, args: &Args, at: usize, name: &str) -> Option<Value> {
    let name = interp.sym(name);
    args.get(at, name).cloned()
}

/// A whole number; `None` when it is not known.
fn integer(interp: &mut Interp<'_>, value: &Value) -> R<Option<i64>> {
    match value {
        Value::Int(i) => Ok(Some(*i)),
        Value::Bool(b) => Ok(Some(i64::from(*b))),
        Value::Str(_) | Value::None | Value::Float(_) | Value::Tuple(_) => {
            let kind = interp.type_name(value);
            let message = format!("'{kind}' object cannot be interpreted as an integer");
            Err(interp.error("TypeError", &message))
        }
        _ => Ok(None),
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Why a date cannot be.
fn date_refusal(year: i64, month: i64, day: i64) -> Option<String> {
    if !(1..=9999).contains(&year) {
        return Some(format!("year {year} is out of range"));
    }
    if !(1..=12).contains(&month) {
        return Some("month must be in 1..12".to_owned());
    }
    if day < 1 || day > days_in(year, month) {
        return Some("day is out of range for month".to_owned());
    }
    None
}

/// Bounds of the parts of a time.
const BOUNDS: &[(&str, i64)] = &[
    ("hour", 23),
    ("minute", 59),
    ("second", 59),
    ("microsecond", 999_999),
];

fn time_refusal(parts: &[Option<i64>]) -> Option<String> {
    let outside = BOUNDS
        .iter()
        .zip(parts)
        .find(|((_, most), value)| value.is_some_and(|v| v < 0 || v > *most));
    outside.map(|((name, most), _)| format!("{name} must be in 0..{most}"))
}

/// Reads numbers out of arguments, in order. `None` where one is not known.
fn numbers(
    interp: &mut Interp<'_>,
    args: &Args,
    first: usize,
    names: &[&str],
) -> R<Vec<Option<i64>>> {
    let mut found = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let value = argument(interp, args, first + at, name);
        found.push(match value {
            Some(value) => integer(interp, &value)?,
            None => Some(0),
        });
    }
    Ok(found)
}

/// Names that a constructor does not have end it before anything else is looked at; which
/// words CPython uses is left open.
fn has_other_names(interp: &mut Interp<'_>, args: &Args, known: &[&[&str]]) -> bool {
    args.kw.iter().any(|(name, _)| {
        let name = interp.interner.name(*name);
        !known.iter().any(|names| names.contains(&&*name)) && &*name != "fold"
    })
}

fn missing(interp: &mut Interp<'_>, args: &Args) -> Option<Stop> {
    for (at, name) in DATE.iter().enumerate() {
        if argument(interp, args, at, name).is_none() {
            let number = at + 1;
            let message = format!("function missing required argument '{name}' (pos {number})");
            return Some(interp.error("TypeError", &message));
        }
    }
    None
}

/// 3.14 words its refusals its own way.
fn refusal(interp: &mut Interp<'_>, message: String) -> R<Value> {
    if interp.version >= (3, 14) {
        return Ok(interp.unknown());
    }
    Err(interp.error("ValueError", &message))
}

fn class_of(args: &mut Args) -> Option<Obj> {
    if args.pos.is_empty() {
        None
    } else {
        args.pos.remove(0).as_obj()
    }
}

fn fields(names: &[&str], values: &[Option<i64>]) -> Vec<(String, Value)> {
    names
        .iter()
        .zip(values)
        .map(|(name, value)| ((*name).to_owned(), value.map_or(Value::Unknown, Value::Int)))
        .collect()
}

fn with_fields(interp: &mut Interp<'_>, class: Option<Obj>, all: &[(String, Value)]) -> Value {
    let all: Vec<(&str, Value)> = all.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
    made(interp, class, &all)
}

fn date_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = class_of(&mut args);
    let pickled = matches!(args.pos.first(), Some(Value::Bytes(_) | Value::Str(_)));
    if args.open || pickled && args.pos.len() == 1 || has_other_names(interp, &args, &[DATE]) {
        return Ok(interp.unknown());
    }
    if let Some(stop) = missing(interp, &args) {
        return Err(stop);
    }
    let date = numbers(interp, &args, 0, DATE)?;
    if let [Some(year), Some(month), Some(day)] = date[..]
        && let Some(message) = date_refusal(year, month, day)
    {
        return refusal(interp, message);
    }
    let all = fields(DATE, &date);
    Ok(with_fields(interp, class, &all))
}

fn datetime_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = class_of(&mut args);
    let pickled = matches!(args.pos.first(), Some(Value::Bytes(_) | Value::Str(_)));
    if args.open || pickled || has_other_names(interp, &args, &[DATE, TIME]) {
        return Ok(interp.unknown());
    }
    if let Some(stop) = missing(interp, &args) {
        return Err(stop);
    }
    let date = numbers(interp, &args, 0, DATE)?;
    let time = numbers(interp, &args, 3, &TIME[..4])?;
    let zone = argument(interp, &args, 7, "tzinfo").unwrap_or(Value::None);
    if let Some(stop) = zone_refusal(interp, &zone) {
        return Err(stop);
    }
    if let [Some(year), Some(month), Some(day)] = date[..] {
        let message = date_refusal(year, month, day).or_else(|| time_refusal(&time));
        if let Some(message) = message {
            return refusal(interp, message);
        }
    }
    let mut all = fields(DATE, &date);
    all.extend(fields(TIME, &time));
    all.push(("tzinfo".to_owned(), zone));
    Ok(with_fields(interp, class, &all))
}

fn zone_refusal(interp: &mut Interp<'_>, zone: &Value) -> Option<Stop> {
    if matches!(zone, Value::Str(_) | Value::Int(_) | Value::Float(_)) {
        let kind = interp.type_name(zone);
        let message =
            format!("tzinfo argument must be None or of a tzinfo subclass, not type '{kind}'");
        return Some(interp.error("TypeError", &message));
    }
    None
}

fn time_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = class_of(&mut args);
    let pickled = matches!(args.pos.first(), Some(Value::Bytes(_) | Value::Str(_)));
    if args.open || pickled || has_other_names(interp, &args, &[TIME]) {
        return Ok(interp.unknown());
    }
    let time = numbers(interp, &args, 0, &TIME[..4])?;
    let zone = argument(interp, &args, 4, "tzinfo").unwrap_or(Value::None);
    if let Some(stop) = zone_refusal(interp, &zone) {
        return Err(stop);
    }
    if let Some(message) = time_refusal(&time) {
        return refusal(interp, message);
    }
    let mut all = fields(TIME, &time);
    all.push(("tzinfo".to_owned(), zone));
    Ok(with_fields(interp, class, &all))
}

/// Parts of a duration, in the order of their positions.
const PARTS: &[&str] = &[
    "days",
    "seconds",
    "microseconds",
    "milliseconds",
    "minutes",
    "hours",
    "weeks",
];

/// The order in which CPython adds them up.
const ADDED: &[usize] = &[2, 3, 1, 4, 5, 0, 6];

fn timedelta_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = class_of(&mut args);
    if args.open {
        return Ok(interp.unknown());
    }
    for (name, _) in &args.kw {
        let name = interp.interner.name(*name);
        if !PARTS.contains(&&*name) {
            let message = if interp.version >= (3, 13) {
                format!("__new__() got an unexpected keyword argument '{name}'")
            } else {
                format!("'{name}' is an invalid keyword argument for __new__()")
            };
            return Err(interp.error("TypeError", &message));
        }
    }
    for at in ADDED {
        let name = PARTS[*at];
        let value = argument(interp, &args, *at, name);
        let wrong = matches!(
            value,
            Some(Value::Str(_) | Value::None | Value::Tuple(_) | Value::Bytes(_))
        );
        if let (Some(value), true) = (value, wrong) {
            let kind = interp.type_name(&value);
            let message = format!("unsupported type for timedelta {name} component: {kind}");
            return Err(interp.error("TypeError", &message));
        }
    }
    Ok(made(interp, class, &[]))
}

/// `datetime.now(tz=None)`
fn now(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let class = args.pos.first().and_then(Value::as_obj);
    let zone = argument(interp, &args, 1, "tz").unwrap_or(Value::None);
    if let Some(stop) = zone_refusal(interp, &zone) {
        return Err(stop);
    }
    let mut all: Vec<(String, Value)> = DATE
        .iter()
        .chain(&TIME[..4])
        .map(|name| ((*name).to_owned(), Value::Unknown))
        .collect();
    all.push(("tzinfo".to_owned(), zone));
    Ok(with_fields(interp, class, &all))
}

fn today(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let class = args.pos.first().and_then(Value::as_obj);
    let all: Vec<(String, Value)> = DATE
        .iter()
        .map(|name| ((*name).to_owned(), Value::Unknown))
        .collect();
    Ok(with_fields(interp, class, &all))
}

/// The class and the text of `fromisoformat`; `None` when they are not known.
fn iso_text(interp: &mut Interp<'_>, args: &Args) -> R<Option<String>> {
    match args.pos.get(1) {
        Some(Value::Str(text)) => Ok(Some(text.text.to_string())),
        Some(Value::None | Value::Int(_) | Value::Float(_)) => {
            Err(interp.error("TypeError", "fromisoformat: argument must be str"))
        }
        _ => Ok(None),
    }
}

fn invalid(interp: &mut Interp<'_>, text: &str) -> R<Value> {
    let message = format!("Invalid isoformat string: {}", str_repr(text));
    Err(interp.error("ValueError", &message))
}

/// `YYYY-MM-DD` at the beginning of a text.
fn iso_date(text: &str) -> Option<[i64; 3]> {
    let head = text.get(..10)?;
    let mut parts = head.split('-');
    let mut next = |digits: usize| {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| fits)
    };
    Some([next(4)?, next(2)?, next(2)?])
}

/// Can no release read this as a date or time? The first four digits are the year.
fn is_hopeless(text: &str) -> bool {
    text.len() < 7 || !text.is_ascii() || !text.bytes().take(4).all(|b| b.is_ascii_digit())
}

fn date_from_text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(text) = iso_text(interp, &args)? else {
        return Ok(interp.unknown());
    };
    let class = args.pos.first().and_then(Value::as_obj);
    match iso_date(&text).filter(|_| text.len() == 10) {
        Some([year, month, day]) => match date_refusal(year, month, day) {
            Some(message) => refusal(interp, message),
            None => {
                let all = fields(DATE, &[Some(year), Some(month), Some(day)]);
                Ok(with_fields(interp, class, &all))
            }
        },
        None if is_hopeless(&text) || interp.version < (3, 11) => invalid(interp, &text),
        None => Ok(interp.unknown()),
    }
}

fn datetime_from_text(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(text) = iso_text(interp, &args)? else {
        return Ok(interp.unknown());
    };
    let class = args.pos.first().and_then(Value::as_obj);
    if is_hopeless(&text) {
        return invalid(interp, &text);
    }
    let Some([year, month, day]) = iso_date(&text) else {
        return if interp.version < (3, 11) {
            invalid(interp, &text)
        } else {
            Ok(interp.unknown())
        };
    };
    // Before 3.11 no `Z` was read, and nothing but digits and separators.
    let rest = text.get(11..).unwrap_or_default();
    if interp.version < (3, 11) && rest.contains(|c: char| c.is_ascii_alphabetic()) {
        return invalid(interp, &text);
    }
    if !rest.is_empty() && !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return invalid(interp, &text);
    }
    if let Some(message) = date_refusal(year, month, day)
        && rest.is_empty()
    {
        return refusal(interp, message);
    }
    if !rest.is_empty() {
        interp.blur();
    }
    let mut all = fields(DATE, &[Some(year), Some(month), Some(day)]);
    all.extend(TIME.iter().map(|name| ((*name).to_owned(), Value::Unknown)));
    Ok(with_fields(interp, class, &all))
}

/// What a directive of `strptime` matches in the C locale (`_strptime.TimeRE`).
fn directive(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => r"(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])",
        'f' => r"(?P<f>[0-9]{1,6})",
        'H' => r"(?P<H>2[0-3]|[0-1]\d|\d)",
        'I' => r"(?P<I>1[0-2]|0[1-9]|[1-9])",
        'j' => r"(?P<j>36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9])",
        'm' => r"(?P<m>1[0-2]|0[1-9]|[1-9])",
        'M' => r"(?P<M>[0-5]\d|\d)",
        'S' => r"(?P<S>6[0-1]|[0-5]\d|\d)",
        'y' => r"(?P<y>\d\d)",
        'Y' => r"(?P<Y>\d\d\d\d)",
        'z' => r"(?P<z>[+-]\d\d:?[0-5]\d(:?[0-5]\d(\.\d{1,6})?)?|(?-i:Z))",
        'A' => "(?P<A>wednesday|thursday|saturday|tuesday|monday|friday|sunday)",
        'a' => "(?P<a>mon|tue|wed|thu|fri|sat|sun)",
        'B' => {
            "(?P<B>september|february|november|december|january|october|august|march|april|june|july|may)"
        }
        'b' => "(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
        'p' => "(?P<p>am|pm)",
        '%' => "%",
        _ => return None,
    })
}

/// Directives that are read, but not here.
const OTHERS: &str = "GUuwVWcxXZ:";

/// The pattern of a format; `Err` with a text for a format that is refused.
fn format_pattern(format: &str) -> Option<Result<String, String>> {
    let (mut pattern, mut chars) = (String::new(), format.chars().peekable());
    while let Some(c) = chars.next() {
        if c == '%' {
            let Some(kind) = chars.next() else {
                return Some(Err(format!("stray % in format {}", str_repr(format))));
            };
            match directive(kind) {
                Some(part) => pattern.push_str(part),
                None if OTHERS.contains(kind) || !kind.is_ascii_alphanumeric() => return None,
                None => {
                    let shown = str_repr(format);
                    let message = format!("'{kind}' is a bad directive in format {shown}");
                    return Some(Err(message));
                }
            }
        } else if c.is_whitespace() {
            while chars.peek().is_some_and(|c| c.is_whitespace()) {
                chars.next();
            }
            pattern.push_str(r"\s+");
        } else {
            if r"\.^$*+?(){}[]|".contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
    }
    Some(Ok(pattern))
}

/// `datetime.strptime(text, format)`
fn strptime(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let class = args.pos.first().and_then(Value::as_obj);
    for at in [1, 2] {
        if let Some(value @ (Value::None | Value::Int(_) | Value::Float(_))) = args.pos.get(at) {
            let kind = match value {
                Value::None => "None".to_owned(),
                other => interp.type_name(other),
            };
            let message = format!("strptime() argument {at} must be str, not {kind}");
            return Err(interp.error("TypeError", &message));
        }
    }
    let (Some(text), Some(format)) = (
        args.pos.get(1).and_then(Value::as_str).map(str::to_owned),
        args.pos.get(2).and_then(Value::as_str).map(str::to_owned),
    ) else {
        return Ok(interp.unknown());
    };
    let pattern = match format_pattern(&format) {
        None => return Ok(interp.unknown()),
        Some(Err(message)) => return Err(interp.error("ValueError", &message)),
        Some(Ok(pattern)) => pattern,
    };
    let Some(found) = interp.first_groups(&pattern, &text) else {
        return Ok(interp.unknown());
    };
    let Some((length, groups)) = found else {
        let (text, format) = (str_repr(&text), str_repr(&format));
        let message = format!("time data {text} does not match format {format}");
        return Err(interp.error("ValueError", &message));
    };
    if let Some(rest) = text.get(length..).filter(|rest| !rest.is_empty()) {
        let message = format!("unconverted data remains: {rest}");
        return Err(interp.error("ValueError", &message));
    }
    let number = |name: &str| {
        let (_, text) = groups.iter().find(|(n, _)| n == name)?;
        text.trim().parse::<i64>().ok()
    };
    let all: Vec<(String, Value)> = DATE
        .iter()
        .chain(TIME)
        .map(|name| ((*name).to_owned(), Value::Unknown))
        .collect();
    if let (Some(year), Some(month), Some(day)) = (number("Y"), number("m"), number("d"))
        && let Some(message) = date_refusal(year, month, day)
    {
        return refusal(interp, message);
    }
    Ok(with_fields(interp, class, &all))
}
