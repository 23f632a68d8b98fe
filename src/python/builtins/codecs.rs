//! Text and bytes: `str.encode`, `bytes.decode` and what cannot be encoded or decoded.
//!
//! Knows UTF-8, ASCII and Latin-1. Source: `Objects/unicodeobject.c`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::Value;

/// Methods with a model.
pub static METHODS: &[(&str, &[NativeDef])] = &[
    (
        "str",
        &[NativeDef {
            name: "encode",
            run: encode,
        }],
    ),
    (
        "bytes",
        &[
            NativeDef {
                name: "decode",
                run: decode,
            },
            NativeDef {
                name: "hex",
                run: hex,
            },
        ],
    ),
];

/// An encoding that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// UTF-8
    Utf8,
    /// ASCII
    Ascii,
    /// Latin-1
    Latin1,
}

/// Encodings by the names that `encodings.normalize_encoding` makes of theirs.
fn codec(name: &str) -> Option<Codec> {
    match name.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
        "utf_8" | "utf8" | "u8" | "utf" | "cp65001" => Some(Codec::Utf8),
        "ascii" | "us_ascii" | "646" => Some(Codec::Ascii),
        "latin_1" | "latin1" | "latin" | "iso_8859_1" | "iso8859_1" | "l1" | "8859" => {
            Some(Codec::Latin1)
        }
        _ => None,
    }
}

/// Names of codecs begin with one of these.
const FAMILIES: &[&str] = &[
    "utf",
    "ascii",
    "latin",
    "iso",
    "cp",
    "mac",
    "koi",
    "big5",
    "gb",
    "euc",
    "shift",
    "johab",
    "hz",
    "idna",
    "puny",
    "base",
    "bz2",
    "hex",
    "quo",
    "rot",
    "uu",
    "zip",
    "zlib",
    "unicode",
    "raw",
    "mbcs",
    "oem",
    "undefined",
    "charmap",
    "palmos",
    "ptcp",
    "tis",
    "hp",
    "kz",
    "us",
    "windows",
    "8859",
    "646",
    "ms",
    "ibm",
    "csi",
    "csh",
    "arabic",
    "greek",
    "hebrew",
    "cyrillic",
    "thai",
    "korean",
    "chinese",
    "ebcdic",
    "ansi",
    "ecma",
    "elot",
    "dbcs",
    "ks",
    "jis",
    "s_jis",
    "sjis",
    "x_mac",
];

/// The codec of a call; `None` when it is not followed.
///
/// # Errors
/// `LookupError` for a name that no codec can have.
fn codec_of(interp: &mut Interp<'_>, args: &Args) -> R<Option<Codec>> {
    let (encoding, errors) = (interp.sym("encoding"), interp.sym("errors"));
    let strict = match args.get(2, errors) {
        None => true,
        Some(value) => value.as_str() == Some("strict"),
    };
    if !strict || args.open {
        return Ok(None);
    }
    let name = match args.get(1, encoding) {
        None => return Ok(Some(Codec::Utf8)),
        Some(Value::Str(name)) => name.text.to_string(),
        Some(_) => return Ok(None),
    };
    let lower = name.to_ascii_lowercase();
    let digits = lower.starts_with(|c: char| c.is_ascii_digit());
    let possible = digits || lower.len() < 4 || FAMILIES.iter().any(|f| lower.starts_with(f));
    match codec(&name) {
        Some(codec) => Ok(Some(codec)),
        None if possible => Ok(None),
        None => Err(interp.error("LookupError", &format!("unknown encoding: {name}"))),
    }
}

fn shown(codec: Codec) -> &'static str {
    match codec {
        Codec::Utf8 => "utf-8",
        Codec::Ascii => "ascii",
        Codec::Latin1 => "latin-1",
    }
}

fn encode(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let text = args.pos.first().and_then(|v| interp.plain_text(v));
    let (Some(text), Some(codec)) = (text, codec_of(interp, &args)?) else {
        return Ok(interp.unknown());
    };
    let most = match codec {
        Codec::Utf8 => return Ok(Value::Bytes(text.as_bytes().into())),
        Codec::Ascii => 0x7f,
        Codec::Latin1 => 0xff,
    };
    let outside = |c: char| u32::from(c) > most;
    let Some(at) = text.chars().position(outside) else {
        let bytes: Vec<u8> = text.chars().filter_map(|c| u8::try_from(c).ok()).collect();
        return Ok(Value::Bytes(bytes.into()));
    };
    let run: Vec<char> = text.chars().skip(at).take_while(|c| outside(*c)).collect();
    let (name, limit) = (shown(codec), most + 1);
    let place = match run.as_slice() {
        [one] => {
            let number = u32::from(*one);
            let escape = match number {
                0..=0xff => format!("\\x{number:02x}"),
                0x100..=0xffff => format!("\\u{number:04x}"),
                _ => format!("\\U{number:08x}"),
            };
            format!("character '{escape}' in position {at}")
        }
        many => format!("characters in position {at}-{}", at + many.len() - 1),
    };
    let message = format!("'{name}' codec can't encode {place}: ordinal not in range({limit})");
    Err(interp.error("UnicodeEncodeError", &message))
}

/// The error of bytes that are no text.
fn undecodable(
    interp: &mut Interp<'_>,
    codec: Codec,
    bytes: &[u8],
    range: (usize, usize),
    reason: &str,
) -> Stop {
    let (start, end) = range;
    let place = match bytes.get(start) {
        Some(byte) if end == start + 1 => format!("byte 0x{byte:02x} in position {start}"),
        _ => format!("bytes in position {start}-{}", end.saturating_sub(1)),
    };
    let name = shown(codec);
    let message = format!("'{name}' codec can't decode {place}: {reason}");
    interp.error("UnicodeDecodeError", &message)
}

impl<'a> Interp<'a> {
    /// Text out of bytes, read strictly.
    ///
    /// # Errors
    /// `UnicodeDecodeError`
    pub(in crate::python) fn decoded(&mut self, bytes: &[u8], codec: Codec) -> R<String> {
        match codec {
            Codec::Latin1 => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
            Codec::Ascii => match bytes.iter().position(|b| !b.is_ascii()) {
                None => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
                Some(at) => {
                    let reason = "ordinal not in range(128)";
                    Err(undecodable(self, codec, bytes, (at, at + 1), reason))
                }
            },
            Codec::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(error) => {
                    let start = error.valid_up_to();
                    let (end, reason) = match error.error_len() {
                        None => (bytes.len(), "unexpected end of data"),
                        Some(length) => {
                            let first = bytes.get(start).copied().unwrap_or_default();
                            let lead = (0xc2..=0xf4).contains(&first);
                            let reason = if lead {
                                "invalid continuation byte"
                            } else {
                                "invalid start byte"
                            };
                            (start + length, reason)
                        }
                    };
                    Err(undecodable(self, codec, bytes, (start, end), reason))
                }
            },
        }
    }
}

fn decode(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bytes = match args.pos.first() {
        Some(Value::Bytes(bytes)) => Some(bytes.clone()),
        _ => None,
    };
    let codec = codec_of(interp, &args)?;
    match (bytes, codec) {
        (Some(bytes), Some(codec)) => interp.decoded(&bytes, codec).map(Value::str),
        _ => Ok(interp.unknown()),
    }
}

fn hex(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.as_slice() {
        [Value::Bytes(bytes)] if args.kw.is_empty() => {
            let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            Ok(Value::str(digits))
        }
        _ => Ok(interp.unknown()),
    }
}
