//! `format(value, spec)`, `"{:spec}".format(value)` and `f"{value:spec}"`.
//!
//! Source: `Python/formatter_unicode.c`; what is not followed has no known text.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Payload, Value};

/// `[[fill]align][sign][#][0][width][grouping][.precision][type]`
#[derive(Debug, Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Reads a specification; `None` for one that is malformed.
fn read(text: &str) -> Option<Spec> {
    let chars: Vec<char> = text.chars().collect();
    let mut spec = Spec::default();
    let mut at = 0;
    let is_align = |c: Option<&char>| c.is_some_and(|c| "<>=^".contains(*c));
    if is_align(chars.get(1)) {
        spec.fill = chars.first().copied();
        spec.align = chars.get(1).copied();
        at = 2;
    } else if is_align(chars.first()) {
        spec.align = chars.first().copied();
        at = 1;
    }
    if let Some(sign) = chars.get(at).filter(|c| "+- ".contains(**c)) {
        spec.sign = Some(*sign);
        at += 1;
    }
    if chars.get(at) == Some(&'#') {
        spec.alternate = true;
        at += 1;
    }
    if chars.get(at) == Some(&'0') {
        spec.zero = true;
        at += 1;
    }
    let number = |at: &mut usize| -> Option<usize> {
        let digits: String = chars[*at..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        *at += digits.len();
        digits.parse().ok()
    };
    spec.width = number(&mut at).unwrap_or(0);
    if let Some(grouping) = chars.get(at).filter(|c| ",_".contains(**c)) {
        spec.grouping = Some(*grouping);
        at += 1;
    }
    if chars.get(at) == Some(&'.') {
        at += 1;
        spec.precision = Some(number(&mut at)?);
    }
    spec.kind = chars.get(at).copied();
    (at + usize::from(spec.kind.is_some()) == chars.len()).then_some(spec)
}

fn padded(text: &str, spec: &Spec, usual: char) -> Option<String> {
    let missing = spec.width.saturating_sub(text.chars().count());
    if missing > 10_000 {
        return None;
    }
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    let pad = |n: usize| fill.to_string().repeat(n);
    let align = spec.align.unwrap_or(if spec.zero && usual == '>' {
        '='
    } else {
        usual
    });
    Some(match align {
        '<' => format!("{text}{}", pad(missing)),
        '>' => format!("{}{text}", pad(missing)),
        '^' => format!("{}{text}{}", pad(missing / 2), pad(missing - missing / 2)),
        _ => {
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
            format!("{sign}{}{digits}", pad(missing))
        }
    })
}

fn grouped(digits: &str, mark: char) -> String {
    let (sign, digits) = digits.split_at(usize::from(digits.starts_with('-')));
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(c);
    }
    format!("{sign}{out}")
}

impl<'a> Interp<'a> {
    /// `format(value, spec)`: `None` when the text is not known.
    ///
    /// # Errors
    /// The error of a specification that the value certainly does not take.
    pub(in crate::python) fn formatted(&mut self, value: &Value, spec: &str) -> R<Option<String>> {
        if spec.is_empty() {
            return Ok(self.text_of(value));
        }
        match value {
            Value::Str(text) => {
                let text = text.text.to_string();
                self.formatted_text(&text, spec)
            }
            Value::Int(i) => self.formatted_number(*i, spec),
            Value::Float(f) => self.formatted_float(*f, spec),
            Value::None | Value::Tuple(_) | Value::Bytes(_) => Err(self.unsupported(value)),
            Value::Obj(obj) => {
                let plain = matches!(
                    self.heap.get(*obj).kind,
                    Kind::List(_)
                        | Kind::Dict(_)
                        | Kind::Set(_)
                        | Kind::FrozenSet(_)
                        | Kind::Function(_)
                        | Kind::Module { .. }
                );
                if plain {
                    return Err(self.unsupported(value));
                }
                self.formatted_object(value, spec)
            }
            _ => Ok(None),
        }
    }

    fn formatted_object(&mut self, value: &Value, spec: &str) -> R<Option<String>> {
        let name = self.sym("__format__");
        if let Some(method) = self.runnable(value, name) {
            let text = self.call(&method, Args::positional(vec![Value::str(spec)]))?;
            return Ok(self.plain_text(&text));
        }
        let plain = value
            .as_obj()
            .is_some_and(|o| matches!(self.payload(o), Payload::None));
        if plain && self.is_plain_instance(value) {
            return Err(self.unsupported(value));
        }
        Ok(None)
    }

    fn unsupported(&mut self, value: &Value) -> Stop {
        let kind = self.type_name(value);
        let short = kind.rsplit('.').next().unwrap_or(&kind);
        let message = format!("unsupported format string passed to {short}.__format__");
        self.error("TypeError", &message)
    }

    fn unknown_code(&mut self, code: char, kind: &str) -> Stop {
        let message = format!("Unknown format code '{code}' for object of type '{kind}'");
        self.error("ValueError", &message)
    }

    fn formatted_text(&mut self, text: &str, spec: &str) -> R<Option<String>> {
        let Some(spec) = read(spec) else {
            return Ok(None);
        };
        if let Some(code) = spec.kind.filter(|c| *c != 's') {
            return Err(self.unknown_code(code, "str"));
        }
        if spec.sign.is_some() {
            let message = "Sign not allowed in string format specifier";
            return Err(self.error("ValueError", message));
        }
        if spec.alternate || spec.grouping.is_some() {
            return Ok(None);
        }
        if spec.align == Some('=') {
            let message = "'=' alignment not allowed in string format specifier";
            return Err(self.error("ValueError", message));
        }
        let most = spec.precision.unwrap_or(usize::MAX);
        let text: String = text.chars().take(most).collect();
        Ok(padded(&text, &spec, '<'))
    }

    fn formatted_number(&mut self, number: i64, spec: &str) -> R<Option<String>> {
        let Some(spec) = read(spec) else {
            return Ok(None);
        };
        let digits = match spec.kind {
            None | Some('d') => number.to_string(),
            Some('x') if number >= 0 && !spec.alternate => format!("{number:x}"),
            Some('X') if number >= 0 && !spec.alternate => format!("{number:X}"),
            Some('b') if number >= 0 && !spec.alternate => format!("{number:b}"),
            Some('o') if number >= 0 && !spec.alternate => format!("{number:o}"),
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                #[allow(clippy::cast_precision_loss)]
                return self.float_text(number as f64, &spec);
            }
            Some('x' | 'X' | 'b' | 'o' | 'n' | 'c' | 'z') => return Ok(None),
            Some(code) => return Err(self.unknown_code(code, "int")),
        };
        if spec.precision.is_some() {
            let message = "Precision not allowed in integer format specifier";
            return Err(self.error("ValueError", message));
        }
        let digits = match spec.grouping {
            None => digits,
            Some(_) if spec.zero || !matches!(spec.kind, None | Some('d')) => return Ok(None),
            Some(mark) => grouped(&digits, mark),
        };
        let digits = match spec.sign {
            Some(sign @ ('+' | ' ')) if number >= 0 => format!("{sign}{digits}"),
            _ => digits,
        };
        Ok(padded(&digits, &spec, '>'))
    }

    fn formatted_float(&mut self, number: f64, spec: &str) -> R<Option<String>> {
        match read(spec) {
            Some(spec) => match spec.kind {
                Some(code @ ('d' | 's' | 'x' | 'X' | 'o' | 'b' | 'c')) => {
                    Err(self.unknown_code(code, "float"))
                }
                _ => self.float_text(number, &spec),
            },
            None => Ok(None),
        }
    }

    fn float_text(&mut self, number: f64, spec: &Spec) -> R<Option<String>> {
        let precision = spec.precision.unwrap_or(6);
        if !number.is_finite() || precision > 17 || spec.alternate || spec.grouping.is_some() {
            return Ok(None);
        }
        let digits = match spec.kind {
            Some('f' | 'F') => format!("{number:.precision$}"),
            Some('%') => format!("{:.precision$}%", number * 100.0),
            _ => return Ok(None),
        };
        let digits = match spec.sign {
            Some(sign @ ('+' | ' ')) if number >= 0.0 => format!("{sign}{digits}"),
            _ => digits,
        };
        Ok(padded(&digits, spec, '>'))
    }
}
