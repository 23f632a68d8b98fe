//! Values read from text: `Decimal`, `UUID`, `base64`, time zones, certificates.
//!
//! Source: `Modules/_decimal/libmpdec/io.c`, `Lib/uuid.py`, `Modules/binascii.c`,
//! `Lib/zoneinfo/_common.py`, `Modules/_ssl.c` (3.9 to 3.13).

use crate::python::builtins::numbers::{Whole, whole};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::{R, Stop};
use crate::python::text::str_repr;
use crate::python::value::{Kind, Slot, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[
    ("_decimal", "Decimal.__new__", decimal_new),
    ("uuid", "UUID.__init__", uuid_init),
    ("base64", "b64decode", b64decode),
    ("base64", "standard_b64decode", b64decode),
    ("base64", "urlsafe_b64decode", urlsafe_b64decode),
    ("base64", "b64encode", b64encode),
    ("binascii", "a2b_base64", b64decode),
    ("binascii", "unhexlify", unhexlify),
    ("binascii", "a2b_hex", unhexlify),
    ("_zoneinfo", "ZoneInfo.__new__", zone_new),
    ("ssl", "create_default_context", ssl_context),
    ("_ssl", "_SSLContext.load_cert_chain", load_cert_chain),
    (
        "_ssl",
        "_SSLContext.load_verify_locations",
        load_verify_locations,
    ),
];

/// An object of the class that is the first argument; its attributes are not all known.
fn object_of(interp: &mut Interp<'_>, args: &Args) -> Value {
    let Some(Value::Obj(class)) = args.pos.first() else {
        return interp.unknown();
    };
    let object = interp.instance(*class);
    interp.heap.get_mut(object).open = true;
    Value::Obj(object)
}

/// Does a text say a number, as `Decimal` reads it?
fn is_decimal(text: &str) -> bool {
    let text = text.trim().replace('_', "").to_ascii_lowercase();
    let text = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if matches!(text, "inf" | "infinity") {
        return true;
    }
    if let Some(payload) = text
        .strip_prefix("snan")
        .or_else(|| text.strip_prefix("nan"))
    {
        return digits(payload);
    }
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    exponent && digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
}

/// `Decimal(value='0', context=None)`
fn decimal_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("value");
    match args.get(1, name).cloned() {
        Some(Value::Str(text)) if text.text.is_ascii() && !is_decimal(&text.text) => {
            let message = "[<class 'decimal.ConversionSyntax'>]";
            Err(interp.library_fault(
                "decimal",
                "InvalidOperation",
                "ArithmeticError",
                message,
                "raised",
                &[],
            ))
        }
        Some(value @ Value::None) => {
            let kind = interp.type_name(&value);
            let message = format!("conversion from {kind} to Decimal is not supported");
            Err(interp.error("TypeError", &message))
        }
        Some(Value::Unknown) => {
            interp.blur();
            Ok(object_of(interp, &args))
        }
        _ => Ok(object_of(interp, &args)),
    }
}

/// `UUID(hex=None, bytes=None, ...)`
fn uuid_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let names = ["hex", "bytes", "bytes_le", "fields", "int"];
    let values = names.map(|name| interp.parameter(&bound, name));
    let given = values.iter().filter(|v| !matches!(v, Value::None)).count();
    if let Some(Value::Obj(this)) = args.pos.first() {
        let this = *this;
        interp.put(this, "int", Value::Unknown);
        interp.put(this, "is_safe", Value::Unknown);
        interp.heap.get_mut(this).open = true;
    }
    if given != 1 && !values.iter().any(Value::is_unknown) {
        let message = "one of the hex, bytes, bytes_le, fields, or int arguments must be given";
        return Err(interp.error("TypeError", message));
    }
    match &values[0] {
        Value::Str(text) => {
            let digits = text.text.replace("urn:", "").replace("uuid:", "");
            let digits = digits.trim_matches(['{', '}']).replace('-', "");
            if digits.chars().count() != 32 {
                let message = "badly formed hexadecimal UUID string";
                return Err(interp.error("ValueError", message));
            }
            if whole(&digits, 16) == Whole::Invalid {
                let shown = str_repr(&digits);
                let message = format!("invalid literal for int() with base 16: {shown}");
                return Err(interp.error("ValueError", &message));
            }
            Ok(Value::None)
        }
        Value::Int(_) | Value::Float(_) => {
            let kind = interp.type_name(&values[0]);
            let message = format!("'{kind}' object has no attribute 'replace'");
            Err(interp.error("AttributeError", &message))
        }
        Value::None => Ok(Value::None),
        other => {
            if interp.plain_text(other).is_none() {
                interp.blur();
            }
            Ok(Value::None)
        }
    }
}

fn binascii_error(interp: &mut Interp<'_>, message: &str) -> Stop {
    interp.library_fault("binascii", "Error", "ValueError", message, "raised", &[])
}

/// What base64 says, or why it cannot be read (`binascii.a2b_base64`, not strict).
fn base64_bytes(text: &[u8]) -> Result<Vec<u8>, String> {
    let (mut out, mut digits, mut left, mut pads) = (Vec::new(), 0_usize, 0_u8, 0_u32);
    for byte in text {
        if *byte == b'=' {
            pads += 1;
            // A full group ends the data.
            if digits % 4 >= 2 && digits % 4 + usize::try_from(pads).unwrap_or(4) >= 4 {
                return Ok(out);
            }
            continue;
        }
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        pads = 0;
        match digits % 4 {
            0 => left = value,
            1 => {
                out.push((left << 2) | (value >> 4));
                left = value & 0x0f;
            }
            2 => {
                out.push((left << 4) | (value >> 2));
                left = value & 0x03;
            }
            _ => out.push((left << 6) | value),
        }
        digits += 1;
    }
    match digits % 4 {
        0 => Ok(out),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({digits}) cannot be 1 more than a multiple of 4"
        )),
        _ => Err("Incorrect padding".to_owned()),
    }
}

/// The bytes of an argument that is `bytes` or ASCII text.
///
/// # Errors
/// For what is neither.
fn ascii_bytes(interp: &mut Interp<'_>, value: &Value) -> R<Option<Vec<u8>>> {
    match value {
        Value::Bytes(bytes) => Ok(Some(bytes.to_vec())),
        Value::Str(text) if text.text.is_ascii() => Ok(Some(text.text.as_bytes().to_vec())),
        Value::Str(_) => {
            let message = "string argument should contain only ASCII characters";
            Err(interp.error("ValueError", message))
        }
        Value::None | Value::Int(_) | Value::Float(_) => {
            let kind = interp.type_name(value);
            let message =
                format!("argument should be a bytes-like object or ASCII string, not '{kind}'");
            Err(interp.error("TypeError", &message))
        }
        _ => Ok(None),
    }
}

fn decode(interp: &mut Interp<'_>, bytes: &[u8]) -> R<Value> {
    match base64_bytes(bytes) {
        Ok(bytes) => Ok(Value::Bytes(bytes.into())),
        Err(message) => Err(binascii_error(interp, &message)),
    }
}

fn b64decode(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("s");
    let value = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    // Another alphabet, or strict reading.
    if args.pos.len() + args.kw.len() > 1 || args.open {
        return Ok(interp.unknown());
    }
    match ascii_bytes(interp, &value)? {
        Some(bytes) => decode(interp, &bytes),
        None => Ok(interp.unknown()),
    }
}

fn urlsafe_b64decode(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("s");
    let value = args.get(0, name).cloned().unwrap_or(Value::Unknown);
    let Some(mut bytes) = ascii_bytes(interp, &value)? else {
        return Ok(interp.unknown());
    };
    for byte in &mut bytes {
        match byte {
            b'-' => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        }
    }
    decode(interp, &bytes)
}

fn b64encode(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(value @ (Value::Str(_) | Value::None | Value::Int(_))) => {
            let kind = interp.type_name(value);
            let message = format!("a bytes-like object is required, not '{kind}'");
            Err(interp.error("TypeError", &message))
        }
        _ => Ok(interp.unknown()),
    }
}

fn unhexlify(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let value = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let Some(digits) = ascii_bytes(interp, &value)? else {
        return Ok(interp.unknown());
    };
    if digits.len() % 2 == 1 {
        return Err(binascii_error(interp, "Odd-length string"));
    }
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(binascii_error(interp, "Non-hexadecimal digit found"));
    }
    Ok(interp.unknown())
}

/// Where CPython looks for time zones unless it was built otherwise.
const ZONE_DIRS: &[&str] = &[
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/etc/zoneinfo",
];

/// `ZoneInfo(key)`
fn zone_new(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("key");
    let key = match args.get(1, name) {
        Some(Value::Str(text)) => text.text.to_string(),
        _ => {
            interp.blur();
            return Ok(object_of(interp, &args));
        }
    };
    let plain = !key.is_empty()
        && key
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    let moved = interp.peek_variable("PYTHONTZPATH");
    if !plain || moved.is_some() {
        interp.blur();
        return Ok(object_of(interp, &args));
    }
    for dir in ZONE_DIRS {
        if interp.path_exists(&format!("{dir}/{key}")) != Some(false) {
            return Ok(object_of(interp, &args));
        }
    }
    match packaged_zone(interp, &key)? {
        Some(false) => {
            let message = format!("No time zone found with key {key}");
            let stop = interp.library_fault(
                "zoneinfo._common",
                "ZoneInfoNotFoundError",
                "KeyError",
                &message,
                "raised",
                &[],
            );
            Err(stop)
        }
        Some(true) => Ok(object_of(interp, &args)),
        None => {
            interp.blur();
            Ok(object_of(interp, &args))
        }
    }
}

/// Does the `tzdata` distribution hold a zone?
fn packaged_zone(interp: &mut Interp<'_>, key: &str) -> R<Option<bool>> {
    let found = interp.catching(&["ImportError"], |i| i.import_name("tzdata.zoneinfo"));
    let module = match found {
        Ok(module) => module,
        Err(Stop::Raise(_)) => return Ok(Some(false)),
        Err(stop) => return Err(stop),
    };
    let dirs = match module.as_obj().map(|obj| &interp.heap.get(obj).kind) {
        Some(Kind::Module { info, .. }) => info.dirs.clone().unwrap_or_default(),
        _ => return Ok(None),
    };
    let mut known = Some(false);
    for dir in dirs {
        let path = dir.join(key).to_string_lossy().into_owned();
        match interp.path_exists(&path) {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => known = None,
        }
    }
    Ok(known)
}

/// The error of a file for OpenSSL that is not there: it names no file.
fn needs_file(interp: &mut Interp<'_>, value: Option<Value>) -> R<()> {
    let Some(path) = value.and_then(|value| interp.path_text(&value)) else {
        return Ok(());
    };
    if interp.path_exists(&path) != Some(false) {
        return Ok(());
    }
    let message = "[Errno 2] No such file or directory";
    let stop = interp.fault("FileNotFoundError", message, "raised", &[("path", &path)]);
    if let Stop::Raise(raised) = &stop
        && let Some(exception) = raised.exc.as_obj()
    {
        let text = Value::str("No such file or directory");
        let fields = [
            ("args", Value::tuple(vec![Value::Int(2), text.clone()])),
            ("errno", Value::Int(2)),
            ("strerror", text),
            ("filename", Value::None),
        ];
        for (name, value) in fields {
            let name = interp.sym(name);
            let attrs = &mut interp.heap.get_mut(exception).attrs;
            attrs.insert(name, Slot::sure(value));
        }
    }
    Err(stop)
}

fn ssl_context(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("cafile");
    needs_file(interp, args.keyword(name).cloned())?;
    Ok(interp.library_object("ssl", "SSLContext"))
}

fn load_cert_chain(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (certificate, key) = (interp.sym("certfile"), interp.sym("keyfile"));
    needs_file(interp, args.get(1, certificate).cloned())?;
    needs_file(interp, args.get(2, key).cloned())?;
    Ok(interp.unknown())
}

fn load_verify_locations(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let name = interp.sym("cafile");
    needs_file(interp, args.get(1, name).cloned())?;
    Ok(interp.unknown())
}
