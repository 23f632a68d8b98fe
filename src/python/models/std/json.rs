//! `json`: texts are read as CPython's scanner reads them, with its errors.
//!
//! Source: `Modules/_json.c`, `Lib/json/decoder.py` and `encoder.py` (3.9 to 3.14).

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, Payload, Table, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("json", "load", load),
    ("json", "loads", loads),
    ("json", "dumps", dumps),
    ("json", "dump", dumps),
];

/// Nesting that is followed; CPython goes on until its own stack ends.
const DEEPEST: u32 = 200;

/// What is wrong with a text, and at which character.
struct Refusal {
    message: &'static str,
    at: usize,
}

/// Why reading ends early.
enum End {
    Refused(Refusal),
    Unknown,
}

type Scanned<T> = Result<T, End>;

fn refused<T>(message: &'static str, at: usize) -> Scanned<T> {
    Err(End::Refused(Refusal { message, at }))
}

struct Scanner<'s, 'i, 'a> {
    chars: &'s [char],
    at: usize,
    interp: &'i mut Interp<'a>,
}

impl Scanner<'_, '_, '_> {
    fn here(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.here(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let is = self
            .chars
            .get(self.at..end)
            .is_some_and(|c| c.iter().copied().eq(word.chars()));
        if is {
            self.at = end;
        }
        is
    }

    fn value(&mut self, depth: u32) -> Scanned<Value> {
        if depth > DEEPEST {
            return Err(End::Unknown);
        }
        let start = self.at;
        match self.here() {
            Some('"') => self.text().map(Value::str),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('n') if self.word("null") => Ok(Value::None),
            Some('t') if self.word("true") => Ok(Value::Bool(true)),
            Some('f') if self.word("false") => Ok(Value::Bool(false)),
            Some('N') if self.word("NaN") => Ok(Value::Float(f64::NAN)),
            Some('I') if self.word("Infinity") => Ok(Value::Float(f64::INFINITY)),
            Some('-') if self.word("-Infinity") => Ok(Value::Float(f64::NEG_INFINITY)),
            Some('-' | '0'..='9') => self.number(start),
            _ => refused("Expecting value", start),
        }
    }

    fn digits(&mut self) {
        while self.here().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self, start: usize) -> Scanned<Value> {
        if self.here() == Some('-') {
            self.at += 1;
        }
        match self.here() {
            Some('0') => self.at += 1,
            Some('1'..='9') => self.digits(),
            _ => return refused("Expecting value", start),
        }
        let mut whole = true;
        let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        if self.here() == Some('.') && digit(self.chars.get(self.at + 1)) {
            self.at += 1;
            self.digits();
            whole = false;
        }
        if matches!(self.here(), Some('e' | 'E')) {
            let signed = matches!(self.chars.get(self.at + 1), Some('+' | '-'));
            let first = self.at + 1 + usize::from(signed);
            if digit(self.chars.get(first)) {
                self.at = first;
                self.digits();
                whole = false;
            }
        }
        let text: String = self.chars[start..self.at].iter().collect();
        Ok(if whole {
            text.parse().map_or(Value::Unknown, Value::Int)
        } else {
            text.parse().map_or(Value::Unknown, Value::Float)
        })
    }

    /// A text, from its opening quote on.
    fn text(&mut self) -> Scanned<String> {
        let begin = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            match self.here() {
                None => return refused("Unterminated string starting at", begin),
                Some('"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some('\\') => self.escape(begin, &mut out)?,
                Some(c) if c <= '\x1f' => return refused("Invalid control character at", self.at),
                Some(c) => {
                    out.push(c);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, begin: usize, out: &mut String) -> Scanned<()> {
        let backslash = self.at;
        self.at += 1;
        let Some(c) = self.here() else {
            return refused("Unterminated string starting at", begin);
        };
        self.at += 1;
        out.push(match c {
            '"' | '\\' | '/' => c,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.hexadecimal()?;
                if !(0xd800..0xdc00).contains(&high) {
                    char::from_u32(high).ok_or(End::Unknown)?
                } else if self.word("\\u") {
                    let low = self.hexadecimal()?;
                    let joined = 0x10000
                        + ((high - 0xd800) << 10)
                        + low.checked_sub(0xdc00).ok_or(End::Unknown)?;
                    char::from_u32(joined).ok_or(End::Unknown)?
                } else {
                    return Err(End::Unknown);
                }
            }
            _ => return refused("Invalid \\escape", backslash),
        });
        Ok(())
    }

    /// Four digits after `\u`.
    fn hexadecimal(&mut self) -> Scanned<u32> {
        const REFUSAL: &str = "Invalid \\uXXXX escape";
        let first = self.at;
        let digits = match self.chars.get(first..first + 4) {
            Some(digits) if first + 4 < self.chars.len() => digits,
            _ => return refused(REFUSAL, first - 1),
        };
        let text: String = digits.iter().collect();
        if !text.chars().all(|c| c.is_ascii_hexdigit()) {
            return refused(REFUSAL, first - 1);
        }
        self.at += 4;
        u32::from_str_radix(&text, 16).map_err(|_| End::Unknown)
    }

    fn object(&mut self, depth: u32) -> Scanned<Value> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        self.space();
        let mut table = Table::default();
        if self.here() == Some('}') {
            self.at += 1;
            return Ok(self.dict(table));
        }
        loop {
            if self.here() != Some('"') {
                return refused(NAME, self.at);
            }
            let name = self.text()?;
            self.space();
            if self.here() != Some(':') {
                return refused("Expecting ':' delimiter", self.at);
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            let key = Value::str(name);
            if let Some(k) = Key::of(&key) {
                table.insert(k, (key, value));
            }
            self.space();
            match self.here() {
                Some('}') => {
                    self.at += 1;
                    return Ok(self.dict(table));
                }
                Some(',') => {}
                _ => return refused("Expecting ',' delimiter", self.at),
            }
            let comma = self.at;
            self.at += 1;
            self.space();
            if self.here() == Some('}') && self.interp.version >= (3, 13) {
                return refused("Illegal trailing comma before end of object", comma);
            }
        }
    }

    fn dict(&mut self, table: Table) -> Value {
        Value::Obj(self.interp.heap.alloc(Kind::Dict(table)))
    }

    fn array(&mut self, depth: u32) -> Scanned<Value> {
        self.at += 1;
        self.space();
        let mut items = Vec::new();
        if self.here() == Some(']') {
            self.at += 1;
            return Ok(self.interp.list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.here() {
                Some(']') => {
                    self.at += 1;
                    return Ok(self.interp.list(items));
                }
                Some(',') => {}
                _ => return refused("Expecting ',' delimiter", self.at),
            }
            let comma = self.at;
            self.at += 1;
            self.space();
            if self.here() == Some(']') && self.interp.version >= (3, 13) {
                return refused("Illegal trailing comma before end of array", comma);
            }
        }
    }
}

impl<'a> Interp<'a> {
    /// `json.loads(text)`
    ///
    /// # Errors
    /// `JSONDecodeError`
    pub(in crate::python) fn json_value(&mut self, text: &str) -> R<Value> {
        if text.starts_with('\u{feff}') {
            let message = "Unexpected UTF-8 BOM (decode using utf-8-sig)";
            return Err(self.json_error(text, &Refusal { message, at: 0 }));
        }
        let chars: Vec<char> = text.chars().collect();
        let mut scanner = Scanner {
            chars: &chars,
            at: 0,
            interp: self,
        };
        scanner.space();
        let read = scanner.value(0);
        scanner.space();
        let end = scanner.at;
        match read {
            Ok(value) if end == chars.len() => Ok(value),
            Ok(_) => {
                let message = "Extra data";
                Err(self.json_error(text, &Refusal { message, at: end }))
            }
            Err(End::Refused(refusal)) => Err(self.json_error(text, &refusal)),
            Err(End::Unknown) => Ok(self.unknown()),
        }
    }

    fn json_error(&mut self, text: &str, refusal: &Refusal) -> Stop {
        let before: Vec<char> = text.chars().take(refusal.at).collect();
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = match before.iter().rposition(|c| *c == '\n') {
            Some(newline) => refusal.at - newline,
            None => refusal.at + 1,
        };
        let (text, at) = (refusal.message, refusal.at);
        let message = format!("{text}: line {line} column {column} (char {at})");
        let stop = self.library_fault(
            "json.decoder",
            "JSONDecodeError",
            "ValueError",
            &message,
            "raised",
            &[],
        );
        if let Stop::Raise(raised) = &stop
            && let Some(exception) = raised.exc.as_obj()
        {
            let number = |n: usize| Value::Int(i64::try_from(n).unwrap_or(0));
            for (name, value) in [
                ("msg", Value::str(text)),
                ("doc", Value::Unknown),
                ("pos", number(at)),
                ("lineno", number(line)),
                ("colno", number(column)),
            ] {
                self.put(exception, name, value);
            }
        }
        stop
    }
}

/// `json.load(file)`: the content of a file that is known.
fn load(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let plain = args.pos.len() == 1 && args.kw.is_empty() && !args.open;
    match super::files::file_text(interp, &args).filter(|_| plain) {
        Some(text) => interp.json_value(&text),
        None => Ok(interp.unknown()),
    }
}

fn loads(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("s");
    let value = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    let refused = matches!(
        value,
        Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Tuple(_)
    ) || matches!(interp.built_in_kind(&value), Some("list" | "dict" | "set"));
    if refused {
        let kind = interp.type_name(&value);
        let message = format!("the JSON object must be str, bytes or bytearray, not {kind}");
        return Err(interp.error("TypeError", &message));
    }
    // Hooks and other decoders may accept what is refused here.
    let plain = args.pos.len() + args.kw.len() == 1 && !args.open;
    let text = match &value {
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        other => interp.plain_text(other),
    };
    match text.filter(|_| plain) {
        Some(text) => interp.json_value(&text),
        None => Ok(interp.unknown()),
    }
}

/// What `json` cannot write.
enum Unwritten {
    /// Nothing: it is written.
    Nothing,
    /// The class of an object, or of a key.
    Value(String),
    Key(String),
    Unknown,
}

/// `json.dumps(value)`: what cannot be written ends it.
fn dumps(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("obj");
    let value = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    let (default, cls, skip) = (
        interp.sym("default"),
        interp.sym("cls"),
        interp.sym("skipkeys"),
    );
    let plain = !args.open
        && args.pos.len() <= 2
        && [default, cls, skip]
            .iter()
            .all(|n| args.keyword(*n).is_none());
    if !plain {
        return Ok(interp.unknown());
    }
    match unwritten(interp, &value, 0) {
        Unwritten::Value(kind) => {
            let kind = kind.rsplit('.').next().unwrap_or(&kind);
            let message = format!("Object of type {kind} is not JSON serializable");
            Err(interp.error("TypeError", &message))
        }
        Unwritten::Key(kind) => {
            let message = format!("keys must be str, int, float, bool or None, not {kind}");
            Err(interp.error("TypeError", &message))
        }
        Unwritten::Nothing | Unwritten::Unknown => Ok(interp.unknown()),
    }
}

fn unwritten(interp: &mut Interp<'_>, value: &Value, depth: u32) -> Unwritten {
    if depth > DEEPEST {
        return Unwritten::Unknown;
    }
    let obj = match value {
        Value::Unknown => return Unwritten::Unknown,
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            return Unwritten::Nothing;
        }
        Value::Tuple(items) => return unwritten_items(interp, items, depth),
        Value::Bytes(_) | Value::Ellipsis | Value::NotImplemented => {
            return Unwritten::Value(interp.type_name(value));
        }
        Value::Obj(obj) => *obj,
    };
    let cell = interp.heap.get(obj);
    let open = cell.open;
    match cell.kind.clone() {
        Kind::List(items) if !open => unwritten_items(interp, &items, depth),
        Kind::Dict(table) if !open => {
            for (key, item) in table.values() {
                let bad_key = matches!(key, Value::Tuple(_) | Value::Bytes(_))
                    || matches!(interp.built_in_kind(key), Some("frozenset" | "function"));
                if bad_key {
                    return Unwritten::Key(interp.type_name(key));
                }
                match unwritten(interp, item, depth + 1) {
                    Unwritten::Nothing => {}
                    other => return other,
                }
            }
            Unwritten::Nothing
        }
        Kind::Set(_)
        | Kind::FrozenSet(_)
        | Kind::Function(_)
        | Kind::Module { .. }
        | Kind::Range(..) => Unwritten::Value(interp.type_name(value)),
        Kind::Instance {
            class,
            payload: Payload::None,
        } if !interp.is_blurred_class(class) && !interp.chain_is_open(class) => {
            let builtin = ["int", "str", "float", "dict", "list", "tuple"];
            let base = builtin
                .iter()
                .any(|b| interp.is_subclass(class, interp.builtins.class(b)) != Some(false));
            if base || interp.enum_members(class).is_some() {
                Unwritten::Unknown
            } else {
                Unwritten::Value(interp.class_short_name(class))
            }
        }
        _ => Unwritten::Unknown,
    }
}

fn unwritten_items(interp: &mut Interp<'_>, items: &[Value], depth: u32) -> Unwritten {
    for item in items {
        match unwritten(interp, item, depth + 1) {
            Unwritten::Nothing => {}
            other => return other,
        }
    }
    Unwritten::Nothing
}
