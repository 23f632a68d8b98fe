//! `int(...)` and `float(...)`: numbers from text, and the errors of what is none.
//!
//! Source: `Objects/longobject.c` `PyLong_FromUnicodeObject`, `Objects/floatobject.c`.

use super::classes::{plain, split};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::text::str_repr;
use crate::python::value::{Payload, Value};

/// How a text reads as a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// A number that fits.
    Number(i64),
    /// A larger one.
    Large,
    /// None at all.
    Invalid,
    /// Digits that are not ASCII may be one.
    Unknown,
}

/// Reads a whole number as `int(text, base)` does; `base` 0 looks at the prefix.
pub fn whole(text: &str, base: u32) -> Whole {
    let is_space = |c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c);
    let text = text.trim_matches(is_space);
    if !text.is_ascii() {
        let digits = text.chars().any(|c| !c.is_ascii() && c.is_numeric());
        return if digits {
            Whole::Unknown
        } else {
            Whole::Invalid
        };
    }
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find(|(prefix, of)| lower.starts_with(prefix) && (base == 0 || base == *of));
    let (radix, digits) = match prefixed {
        // An underscore may stand between the prefix and the digits.
        Some((_, of)) => (of, digits[2..].strip_prefix('_').unwrap_or(&digits[2..])),
        None if base == 0 => {
            let zeros = digits.chars().all(|c| c == '0' || c == '_');
            if digits.starts_with('0') && !zeros {
                return Whole::Invalid;
            }
            (10, digits)
        }
        None => (base, digits),
    };
    let well_formed = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|c| c == '_' || c.is_digit(radix));
    if !well_formed {
        return Whole::Invalid;
    }
    let sign = if negative { "-" } else { "" };
    let plain = format!("{sign}{}", digits.replace('_', ""));
    i64::from_str_radix(&plain, radix).map_or(Whole::Large, Whole::Number)
}

/// Reads a float as `float(text)` does: `None` when it is none.
pub fn real(text: &str) -> Option<f64> {
    let is_space = |c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c);
    let text = text.trim_matches(is_space);
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned.len() + 1 < text.len() {
        return None;
    }
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word))
    {
        return text.parse().ok();
    }
    // Underscores stand between digits only.
    let bytes = unsigned.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    for (at, byte) in bytes.iter().enumerate() {
        let fits = match byte {
            b'_' => digit(at.checked_sub(1)) && digit(at.checked_add(1)),
            b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' => true,
            _ => return None,
        };
        if !fits {
            return None;
        }
    }
    text.replace('_', "").parse().ok()
}

fn invalid_literal(interp: &mut Interp<'_>, shown: &str, base: u32) -> crate::python::raise::Stop {
    let message = format!("invalid literal for int() with base {base}: {shown}");
    interp.error("ValueError", &message)
}

/// `int(text, base)`
fn from_text(interp: &mut Interp<'_>, text: &str, shown: &str, base: u32) -> R<Value> {
    match whole(text, base) {
        Whole::Number(i) => Ok(Value::Int(i)),
        Whole::Large | Whole::Unknown => Ok(Value::Unknown),
        Whole::Invalid => Err(invalid_literal(interp, shown, base)),
    }
}

/// The base of `int(text, base)`; `None` when it is not known.
fn base_of(interp: &mut Interp<'_>, value: &Value) -> R<Option<u32>> {
    match value {
        Value::Int(base @ (0 | 2..=36)) => Ok(u32::try_from(*base).ok()),
        Value::Int(_) => {
            let message = "int() base must be >= 2 and <= 36, or 0";
            Err(interp.error("ValueError", message))
        }
        _ => Ok(None),
    }
}

/// `int(x=0)` and `int(x, base)`
pub fn int_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    let base_name = interp.sym("base");
    let base = args.get(1, base_name).cloned();
    let odd = args.open || args.kw.iter().any(|(name, _)| *name != base_name);
    let value = match (args.pos.first().cloned(), base) {
        _ if odd => interp.unknown(),
        (None, _) => Value::Int(0),
        (Some(value), Some(base)) => {
            let base = base_of(interp, &base)?;
            let text = interp.plain_text(&value);
            match (base, text) {
                (Some(base), Some(text)) => from_text(interp, &text, &str_repr(&text), base)?,
                (Some(_), None) if is_number(&value) => {
                    let message = "int() can't convert non-string with explicit base";
                    return Err(interp.error("TypeError", message));
                }
                _ => interp.unknown(),
            }
        }
        (Some(value), None) => from_value(interp, &value)?,
    };
    Ok(plain(interp, class, "int", value))
}

fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_)
    )
}

fn from_value(interp: &mut Interp<'_>, value: &Value) -> R<Value> {
    Ok(match value {
        Value::Int(i) => Value::Int(*i),
        Value::Bool(b) => Value::Int(i64::from(*b)),
        #[allow(clippy::cast_possible_truncation)]
        Value::Float(f) if f.abs() < 9.0e15 => Value::Int(*f as i64),
        Value::Float(f) if f.is_nan() => {
            let message = "cannot convert float NaN to integer";
            return Err(interp.error("ValueError", message));
        }
        Value::Float(f) if f.is_infinite() => {
            let message = "cannot convert float infinity to integer";
            return Err(interp.error("OverflowError", message));
        }
        Value::Float(_) => Value::Unknown,
        Value::Str(s) => return from_text(interp, &s.text, &str_repr(&s.text), 10),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => {
                let shown = format!("b{}", str_repr(text));
                return from_text(interp, text, &shown, 10);
            }
            _ => interp.unknown(),
        },
        other => {
            if let Some(number) = payload_number(interp, other) {
                return Ok(number);
            }
            number(
                interp,
                other,
                "__int__",
                "int() argument must be a string, a bytes-like object or",
            )?
        }
    })
}

/// The number inside an instance of a subclass of `int`.
fn payload_number(interp: &Interp<'_>, value: &Value) -> Option<Value> {
    match interp.payload(value.as_obj()?) {
        Payload::Value(number @ Value::Int(_)) => Some(number),
        _ => None,
    }
}

/// A number from `__int__` or `__float__`, or from `__index__`.
fn number(interp: &mut Interp<'_>, value: &Value, method: &str, refusal: &str) -> R<Value> {
    for name in [method, "__index__"] {
        if let Some(answer) = interp.ask(value, name)? {
            return Ok(answer);
        }
    }
    let plain = matches!(value, Value::None | Value::Tuple(_))
        || matches!(
            interp.built_in_kind(value),
            Some("list" | "dict" | "set" | "frozenset" | "function" | "module")
        );
    if plain {
        let kind = interp.type_name(value);
        let wanted = if interp.version >= (3, 10) {
            "a real number"
        } else {
            "a number"
        };
        let message = format!("{refusal} {wanted}, not '{kind}'");
        return Err(interp.error("TypeError", &message));
    }
    Ok(interp.unknown())
}

/// `float(x=0.0)`
pub fn float_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    let class = split(&mut args);
    #[allow(clippy::cast_precision_loss)]
    let value = match args.pos.as_slice() {
        [] => Value::Float(0.0),
        [Value::Float(f)] => Value::Float(*f),
        [Value::Int(i)] => Value::Float(*i as f64),
        [Value::Str(s)] => match real(&s.text) {
            Some(f) => Value::Float(f),
            None if !s.text.is_ascii() && s.text.chars().any(char::is_numeric) => interp.unknown(),
            None => {
                let text = str_repr(&s.text);
                let message = format!("could not convert string to float: {text}");
                return Err(interp.error("ValueError", &message));
            }
        },
        [Value::Bool(b)] => Value::Float(f64::from(u8::from(*b))),
        [other] => number(
            interp,
            other,
            "__float__",
            "float() argument must be a string or",
        )?,
        _ => interp.unknown(),
    };
    Ok(plain(interp, class, "float", value))
}
