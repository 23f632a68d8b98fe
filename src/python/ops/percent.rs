//! `text % values`. Source: `PyUnicode_Format` (`Objects/unicodeobject.c`).

use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Payload, Value};

/// The values that a format takes, in order.
struct Values {
    items: Vec<Value>,
    next: usize,
    /// What `%(name)s` looks names up in.
    mapping: Option<Value>,
    /// Values that are left over are no error.
    lenient: bool,
}

/// One conversion specifier behind its percent sign.
#[derive(Default)]
struct Specifier {
    name: Option<String>,
    left: bool,
    zero: bool,
    other_flags: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// Width or precision were taken from a value that is not known.
    unsure: bool,
}

impl<'a> Interp<'a> {
    /// `text % value`
    ///
    /// # Errors
    /// `TypeError`, `ValueError` and `KeyError` of a format that does not fit its values.
    pub(super) fn percent_format(&mut self, text: &Value, value: &Value) -> R<Value> {
        let Some(text) = text.as_str().map(str::to_owned) else {
            return Ok(self.unknown());
        };
        if value.is_unknown() {
            return Ok(self.unknown());
        }
        let mut values = self.format_values(value);
        let mut out = Some(String::new());
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(c) = chars.get(at).copied() {
            at += 1;
            let piece = if c == '%' {
                self.conversion(&chars, &mut at, &mut values)?
            } else {
                Some(c.to_string())
            };
            out = match (out, piece) {
                (Some(out), Some(piece)) => Some(out + &piece),
                _ => None,
            };
        }
        if values.next < values.items.len() && !values.lenient {
            let message = "not all arguments converted during string formatting";
            return Err(self.error("TypeError", message));
        }
        Ok(match out {
            Some(out) => Value::str(out),
            None => self.unknown(),
        })
    }

    fn format_values(&self, value: &Value) -> Values {
        let tuple = match value {
            Value::Tuple(items) => Some(items.to_vec()),
            Value::Obj(obj) => match self.payload(*obj) {
                Payload::Value(Value::Tuple(items)) => Some(items.to_vec()),
                _ => None,
            },
            _ => None,
        };
        if let Some(items) = tuple {
            return Values {
                items,
                next: 0,
                mapping: None,
                lenient: false,
            };
        }
        let plain = matches!(
            value,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)
        );
        Values {
            items: vec![value.clone()],
            next: 0,
            mapping: (!plain).then(|| value.clone()),
            lenient: !plain,
        }
    }

    fn next_value(&mut self, values: &mut Values) -> R<Value> {
        match values.items.get(values.next) {
            Some(value) => {
                values.next += 1;
                Ok(value.clone())
            }
            None => {
                let message = "not enough arguments for format string";
                Err(self.error("TypeError", message))
            }
        }
    }

    /// What stands behind a percent sign; `None` when its text is not known.
    fn conversion(
        &mut self,
        chars: &[char],
        at: &mut usize,
        values: &mut Values,
    ) -> R<Option<String>> {
        let spec = self.specifier(chars, at, values)?;
        let Some(kind) = chars.get(*at).copied() else {
            return Err(self.error("ValueError", "incomplete format"));
        };
        *at += 1;
        if kind == '%' {
            return Ok(Some("%".to_owned()));
        }
        let value = match &spec.name {
            None => self.next_value(values)?,
            Some(name) => {
                let Some(mapping) = values.mapping.clone() else {
                    return Err(self.error("TypeError", "format requires a mapping"));
                };
                // A mapping is used up by its first name.
                values.next = values.items.len();
                self.subscript(&mapping, &Value::str(name.as_str()))?
            }
        };
        if !"diouxXeEfFgGcrsa".contains(kind) {
            let (code, index) = (u32::from(kind), *at - 1);
            let shown = if (' '..='~').contains(&kind) {
                kind
            } else {
                '?'
            };
            let message =
                format!("unsupported format character '{shown}' (0x{code:x}) at index {index}");
            return Err(self.error("ValueError", &message));
        }
        if let Some(stop) = self.unfit(kind, &value) {
            return Err(stop);
        }
        Ok(self.converted(kind, &spec, &value))
    }

    fn specifier(&mut self, chars: &[char], at: &mut usize, values: &mut Values) -> R<Specifier> {
        let mut spec = Specifier::default();
        if chars.get(*at) == Some(&'(') {
            let (mut depth, start) = (1, *at + 1);
            let mut end = start;
            while depth > 0 {
                match chars.get(end) {
                    Some('(') => depth += 1,
                    Some(')') => depth -= 1,
                    Some(_) => {}
                    None => return Err(self.error("ValueError", "incomplete format key")),
                }
                end += 1;
            }
            spec.name = Some(chars[start..end - 1].iter().collect());
            *at = end;
        }
        while let Some(flag) = chars.get(*at).filter(|c| "-+ #0".contains(**c)) {
            match flag {
                '-' => spec.left = true,
                '0' => spec.zero = true,
                _ => spec.other_flags = true,
            }
            *at += 1;
        }
        spec.width = self.measure(chars, at, values, &mut spec.unsure)?;
        if chars.get(*at) == Some(&'.') {
            *at += 1;
            spec.precision = Some(
                self.measure(chars, at, values, &mut spec.unsure)?
                    .unwrap_or(0),
            );
        }
        if chars.get(*at).is_some_and(|c| "hlL".contains(*c)) {
            *at += 1;
        }
        Ok(spec)
    }

    /// A number, or a star that takes the next value.
    fn measure(
        &mut self,
        chars: &[char],
        at: &mut usize,
        values: &mut Values,
        unsure: &mut bool,
    ) -> R<Option<usize>> {
        if chars.get(*at) == Some(&'*') {
            *at += 1;
            return match self.next_value(values)? {
                Value::Int(n) => Ok(usize::try_from(n).ok()),
                Value::Str(_) | Value::None | Value::Float(_) => {
                    Err(self.error("TypeError", "* wants int"))
                }
                _ => {
                    *unsure = true;
                    Ok(None)
                }
            };
        }
        let digits: String = chars[(*at).min(chars.len())..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        *at += digits.len();
        Ok(digits.parse().ok())
    }

    /// The error of a value that a conversion certainly does not take.
    fn unfit(&mut self, kind: char, value: &Value) -> Option<Stop> {
        let no_number = matches!(
            value,
            Value::Str(_) | Value::None | Value::Tuple(_) | Value::Bytes(_)
        ) || matches!(
            self.built_in_kind(value),
            Some("list" | "dict" | "set" | "frozenset" | "function" | "module")
        );
        let name = self.type_name(value);
        let message = match kind {
            'd' | 'i' | 'u' if no_number => {
                let wanted = if self.version >= (3, 10) {
                    "a real number"
                } else {
                    "a number"
                };
                format!("%{kind} format: {wanted} is required, not {name}")
            }
            'o' | 'x' | 'X' if no_number || matches!(value, Value::Float(_)) => {
                format!("%{kind} format: an integer is required, not {name}")
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' if no_number => {
                format!("must be real number, not {name}")
            }
            _ => return None,
        };
        Some(self.error("TypeError", &message))
    }

    fn converted(&mut self, kind: char, spec: &Specifier, value: &Value) -> Option<String> {
        if spec.unsure || spec.other_flags {
            return None;
        }
        let (text, number) = match (kind, value) {
            ('s', _) => (self.text_of(value)?, false),
            ('r', _) => (self.repr_of(value)?, false),
            ('d' | 'i' | 'u', Value::Int(_) | Value::Bool(_)) => {
                let plain = match value {
                    Value::Bool(b) => i64::from(*b).to_string(),
                    other => self.text_of(other)?,
                };
                (plain, true)
            }
            ('x', Value::Int(i)) if *i >= 0 => (format!("{i:x}"), true),
            ('f', Value::Float(f)) if f.is_finite() && spec.precision.unwrap_or(6) < 18 => {
                (format!("{f:.*}", spec.precision.unwrap_or(6)), true)
            }
            _ => return None,
        };
        let text = match (spec.precision, number) {
            (Some(most), false) => text.chars().take(most).collect(),
            (Some(_), true) if kind != 'f' => return None,
            _ => text,
        };
        let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
        if missing > 10_000 {
            return None;
        }
        Some(if missing == 0 {
            text
        } else if spec.left {
            text + &" ".repeat(missing)
        } else if spec.zero && number {
            let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
            format!("{sign}{}{digits}", "0".repeat(missing))
        } else {
            " ".repeat(missing) + &text
        })
    }
}
