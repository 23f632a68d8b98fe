//! More methods of `str`.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::R;
use crate::python::value::{Payload, Value};

/// Methods with a model.
pub static METHODS: &[(&str, &[NativeDef])] = &[(
    "str",
    &[
        NativeDef {
            name: "format",
            run: format,
        },
        NativeDef {
            name: "capitalize",
            run: capitalize,
        },
        NativeDef {
            name: "casefold",
            run: casefold,
        },
        NativeDef {
            name: "count",
            run: count,
        },
        NativeDef {
            name: "find",
            run: find,
        },
        NativeDef {
            name: "rsplit",
            run: rsplit,
        },
        NativeDef {
            name: "splitlines",
            run: splitlines,
        },
        NativeDef {
            name: "isidentifier",
            run: isidentifier,
        },
        NativeDef {
            name: "isupper",
            run: isupper,
        },
        NativeDef {
            name: "islower",
            run: islower,
        },
        NativeDef {
            name: "isalpha",
            run: isalpha,
        },
        NativeDef {
            name: "isspace",
            run: isspace,
        },
        NativeDef {
            name: "zfill",
            run: zfill,
        },
        NativeDef {
            name: "isascii",
            run: isascii,
        },
        NativeDef {
            name: "isalnum",
            run: isalnum,
        },
        NativeDef {
            name: "isdecimal",
            run: isdecimal,
        },
        NativeDef {
            name: "rfind",
            run: rfind,
        },
        NativeDef {
            name: "index",
            run: index,
        },
        NativeDef {
            name: "rindex",
            run: rindex,
        },
    ],
)];

/// The receiver's text, also of subclasses of `str`.
fn text(interp: &Interp<'_>, args: &Args) -> Option<String> {
    match args.pos.first()? {
        Value::Str(s) => Some(s.text.to_string()),
        Value::Obj(o) => match interp.payload(*o) {
            Payload::Value(Value::Str(s)) => Some(s.text.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn on(interp: &mut Interp<'_>, args: &Args, with: impl FnOnce(&str) -> Option<Value>) -> R<Value> {
    Ok(match text(interp, args).and_then(|s| with(&s)) {
        Some(value) => value,
        None => interp.unknown(),
    })
}

fn given(args: &Args, at: usize) -> Option<String> {
    args.pos
        .get(at)
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
}

/// `"{} {name}".format(...)`: no attributes and items of fields, no fields in specifications.
fn format(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(template) = text(interp, &args).filter(|_| !args.open) else {
        return Ok(interp.unknown());
    };
    let (mut out, mut known) = (String::new(), true);
    let mut numbering = Numbering::default();
    let mut rest = template.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) {
            out.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        if brace == "}" {
            let message = "Single '}' encountered in format string";
            return Err(interp.error("ValueError", message));
        }
        if rest.is_empty() {
            let message = "Single '{' encountered in format string";
            return Err(interp.error("ValueError", message));
        }
        let Some(end) = rest.find('}') else {
            return match rest.contains(['{', '[']) {
                true => Ok(interp.unknown()),
                false => Err(interp.error("ValueError", "expected '}' before end of string")),
            };
        };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        if field.contains(['{', '.', '[']) && !is_plain_field(field) {
            return Ok(interp.unknown());
        }
        match filled(interp, field, &args, &mut numbering)? {
            Some(piece) => out.push_str(&piece),
            None => known = false,
        }
    }
    out.push_str(rest);
    Ok(if known {
        Value::str(out)
    } else {
        interp.unknown()
    })
}

/// A dot behind the colon belongs to the specification.
fn is_plain_field(field: &str) -> bool {
    let (name, spec) = field.split_once(':').unwrap_or((field, ""));
    !name.contains(['{', '.', '[']) && !spec.contains('{')
}

/// How the fields of a template are numbered.
#[derive(Default)]
struct Numbering {
    next: usize,
    manual: bool,
}

/// The text of one field; `None` when it is not known.
fn filled(
    interp: &mut Interp<'_>,
    field: &str,
    args: &Args,
    numbering: &mut Numbering,
) -> R<Option<String>> {
    let (head, spec) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = match head.split_once('!') {
        Some((name, conversion)) => (name, Some(conversion)),
        None => (head, None),
    };
    let index = match (name, name.parse::<usize>()) {
        ("", _) if numbering.manual => {
            let message =
                "cannot switch from manual field specification to automatic field numbering";
            return Err(interp.error("ValueError", message));
        }
        ("", _) => {
            numbering.next += 1;
            Some(numbering.next - 1)
        }
        (_, Ok(_)) if numbering.next > 0 => {
            let message =
                "cannot switch from automatic field numbering to manual field specification";
            return Err(interp.error("ValueError", message));
        }
        (_, Ok(index)) => {
            numbering.manual = true;
            Some(index)
        }
        _ => None,
    };
    let value = match index {
        Some(index) => args.pos.get(index + 1).cloned().ok_or_else(|| {
            let message =
                format!("Replacement index {index} out of range for positional args tuple");
            interp.error("IndexError", &message)
        })?,
        None => {
            let key = interp.sym(name);
            match args.keyword(key).cloned() {
                Some(value) => value,
                None => {
                    let stop = interp.fault("KeyError", "", "key-error", &[("key", name)]);
                    return Err(interp.with_argument(stop, Value::str(name)));
                }
            }
        }
    };
    match conversion {
        None => interp.formatted(&value, spec),
        Some("r") if spec.is_empty() => Ok(interp.repr_of(&value)),
        Some("s") if spec.is_empty() => Ok(interp.text_of(&value)),
        Some(_) => Ok(None),
    }
}

fn capitalize(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        let mut chars = s.chars();
        let first = chars
            .next()
            .map(|c| c.to_uppercase().to_string())
            .unwrap_or_default();
        Some(Value::str(first + &chars.as_str().to_lowercase()))
    })
}

fn casefold(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        s.is_ascii().then(|| Value::str(s.to_ascii_lowercase()))
    })
}

fn number(n: usize) -> Value {
    i64::try_from(n).map_or(Value::Unknown, Value::Int)
}

fn count(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let part = given(&args, 1).filter(|p| !p.is_empty() && args.pos.len() == 2);
    on(interp, &args, |s| {
        Some(number(s.matches(part?.as_str()).count()))
    })
}

/// Where a search in a text begins, in bytes; `None` when that is not known.
fn search_start(args: &Args, s: &str) -> Option<usize> {
    match args.pos.get(2) {
        None | Some(Value::None) => Some(0),
        Some(Value::Int(n)) if args.pos.len() == 3 => {
            let characters = usize::try_from(*n).ok()?;
            if characters > s.chars().count() {
                return None;
            }
            Some(s.char_indices().nth(characters).map_or(s.len(), |c| c.0))
        }
        _ => None,
    }
}

fn find(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let part = given(&args, 1);
    on(interp, &args, |s| {
        let start = search_start(&args, s)?;
        Some(match s[start..].find(part?.as_str()) {
            Some(at) => number(s[..start + at].chars().count()),
            None => Value::Int(-1),
        })
    })
}

fn rsplit(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let max = interp.sym("maxsplit");
    let limit = match args.get(2, max) {
        None => None,
        Some(Value::Int(n)) => usize::try_from(*n).ok(),
        Some(_) => return Ok(interp.unknown()),
    };
    let (Some(s), Some(sep)) = (
        text(interp, &args),
        given(&args, 1).filter(|s| !s.is_empty()),
    ) else {
        return Ok(interp.unknown());
    };
    let mut parts: Vec<Value> = match limit {
        None => s.rsplit(sep.as_str()).map(Value::str).collect(),
        Some(limit) => s.rsplitn(limit + 1, sep.as_str()).map(Value::str).collect(),
    };
    parts.reverse();
    Ok(interp.list(parts))
}

fn splitlines(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(s) =
        text(interp, &args).filter(|s| args.pos.len() == 1 && args.kw.is_empty() && s.is_ascii())
    else {
        return Ok(interp.unknown());
    };
    let lines = s.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines
        .strip_suffix('\n')
        .map_or(lines.clone(), ToOwned::to_owned);
    let items = if lines.is_empty() && s.is_empty() {
        Vec::new()
    } else {
        lines.split('\n').map(Value::str).collect()
    };
    Ok(interp.list(items))
}

fn isidentifier(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        let mut chars = s.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        Some(Value::Bool(
            first && chars.all(|c| c.is_alphanumeric() || c == '_'),
        ))
    })
}

fn isupper(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        Some(Value::Bool(
            s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase),
        ))
    })
}

fn islower(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        Some(Value::Bool(
            s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase),
        ))
    })
}

fn isalpha(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        Some(Value::Bool(
            !s.is_empty() && s.chars().all(char::is_alphabetic),
        ))
    })
}

fn isspace(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        Some(Value::Bool(
            !s.is_empty() && s.chars().all(char::is_whitespace),
        ))
    })
}

fn isascii(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| Some(Value::Bool(s.is_ascii())))
}

fn isalnum(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        Some(Value::Bool(
            !s.is_empty() && s.chars().all(char::is_alphanumeric),
        ))
    })
}

/// Digits of other scripts are left open.
fn isdecimal(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    on(interp, &args, |s| {
        let digits = !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
        (digits || s.is_ascii()).then_some(Value::Bool(digits))
    })
}

fn rfind(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let part = given(&args, 1).filter(|_| args.pos.len() == 2);
    on(interp, &args, |s| {
        Some(match s.rfind(part?.as_str()) {
            Some(at) => number(s[..at].chars().count()),
            None => Value::Int(-1),
        })
    })
}

/// The place of a part that must be there.
fn place(
    interp: &mut Interp<'_>,
    args: &Args,
    find: impl FnOnce(&str, &str) -> Option<usize>,
) -> R<Value> {
    let (Some(s), Some(part), 2) = (text(interp, args), given(args, 1), args.pos.len()) else {
        return Ok(interp.unknown());
    };
    match find(&s, &part) {
        Some(at) => Ok(number(s[..at].chars().count())),
        None => Err(interp.error("ValueError", "substring not found")),
    }
}

fn index(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    place(interp, &args, |s, part| s.find(part))
}

fn rindex(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    place(interp, &args, |s, part| s.rfind(part))
}

fn zfill(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let width = match args.pos.get(1) {
        Some(Value::Int(n)) => usize::try_from(*n).ok().filter(|n| *n < 10_000),
        _ => None,
    };
    on(interp, &args, |s| {
        let missing = width?.saturating_sub(s.chars().count());
        let (sign, digits) = s.split_at(usize::from(s.starts_with(['+', '-'])));
        Some(Value::str(format!("{sign}{}{digits}", "0".repeat(missing))))
    })
}
