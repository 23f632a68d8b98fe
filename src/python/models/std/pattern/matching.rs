//! `re.Match`: the groups of a match.

use super::engine::Span;
use super::{Call, class_with, named_group, part, receiver};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::Native;
use crate::python::raise::{R, Stop};
use crate::python::value::Value;

const METHODS: &[(&str, Native)] = &[
    ("group", group),
    ("__getitem__", group),
    ("groups", groups),
    ("groupdict", groupdict),
    ("start", start),
    ("end", end),
    ("span", span),
    ("expand", super::super::unknown),
];

/// `re.Match`
pub fn match_class(interp: &mut Interp<'_>) -> Value {
    class_with(interp, "Match", METHODS)
}

impl<'a> Interp<'a> {
    /// A match: its groups, by text and by place.
    pub(super) fn match_object(&mut self, call: &Call, groups: &[Span]) -> Value {
        let Value::Obj(class) = match_class(self) else {
            return Value::Unknown;
        };
        let characters =
            |at: usize| i64::try_from(call.text.get(..at).map_or(0, |t| t.chars().count()));
        let texts = groups.iter().map(|s| part(&call.text, *s)).collect();
        let places = groups
            .iter()
            .map(|span| {
                let (start, end) = match span {
                    Some((start, end)) => (
                        characters(*start).unwrap_or(-1),
                        characters(*end).unwrap_or(-1),
                    ),
                    None => (-1, -1),
                };
                Value::tuple(vec![Value::Int(start), Value::Int(end)])
            })
            .collect();
        let object = self.instance(class);
        for (name, value) in [
            ("string", Value::str(&*call.text)),
            ("re", call.pattern.clone()),
            ("pos", Value::Int(0)),
            ("endpos", Value::Unknown),
            ("lastindex", Value::Unknown),
            ("lastgroup", Value::Unknown),
            ("regs", Value::Unknown),
            ("<texts>", Value::tuple(texts)),
            ("<places>", Value::tuple(places)),
        ] {
            self.put(object, name, value);
        }
        Value::Obj(object)
    }
}

fn stored(interp: &mut Interp<'_>, args: &Args, name: &str) -> Option<std::rc::Rc<[Value]>> {
    match interp.own(&Value::Obj(receiver(args)?), name)? {
        Value::Tuple(items) => Some(items),
        _ => None,
    }
}

fn no_such_group(interp: &mut Interp<'_>) -> Stop {
    interp.error("IndexError", "no such group")
}

/// The number of a group; `None` when it is not known.
fn index(interp: &mut Interp<'_>, args: &Args, which: &Value, many: usize) -> R<Option<usize>> {
    let at = match which {
        Value::Int(i) => usize::try_from(*i).ok(),
        Value::Str(name) => {
            let this = args.pos.first().cloned().unwrap_or(Value::Unknown);
            let names = interp
                .own(&this, "re")
                .and_then(|re| interp.own(&re, "groupindex"))
                .unwrap_or(Value::Unknown);
            named_group(interp, &names, &name.text)
        }
        _ => return Ok(None),
    };
    match at.filter(|at| *at < many) {
        Some(at) => Ok(Some(at)),
        None => Err(no_such_group(interp)),
    }
}

fn group(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(texts) = stored(interp, &args, "<texts>") else {
        return Ok(interp.unknown());
    };
    let mut found = Vec::new();
    for which in args.pos.get(1..).unwrap_or_default() {
        match index(interp, &args, which, texts.len())? {
            Some(at) => found.push(texts[at].clone()),
            None => return Ok(interp.unknown()),
        }
    }
    Ok(match found.len() {
        0 => texts.first().cloned().unwrap_or(Value::Unknown),
        1 => found.swap_remove(0),
        _ => Value::tuple(found),
    })
}

fn with_default(texts: &[Value], args: &Args) -> Vec<Value> {
    let default = args.pos.get(1).or_else(|| args.kw.first().map(|(_, v)| v));
    let default = default.cloned().unwrap_or(Value::None);
    let given = |v: &Value| match v {
        Value::None => default.clone(),
        other => other.clone(),
    };
    texts.iter().map(given).collect()
}

fn groups(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(texts) = stored(interp, &args, "<texts>") else {
        return Ok(interp.unknown());
    };
    let texts = texts.get(1..).unwrap_or_default();
    Ok(Value::tuple(with_default(texts, &args)))
}

fn groupdict(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let this = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let names = interp
        .own(&this, "re")
        .and_then(|re| interp.own(&re, "groupindex"))
        .and_then(|names| interp.table_of(&names));
    let (Some(texts), Some((names, _))) = (stored(interp, &args, "<texts>"), names) else {
        return Ok(interp.unknown());
    };
    let texts = with_default(&texts, &args);
    let items = names
        .values()
        .filter_map(|(name, at)| match at {
            Value::Int(at) => {
                let text = texts.get(usize::try_from(*at).ok()?)?;
                Some((name.as_str()?.to_owned(), text.clone()))
            }
            _ => None,
        })
        .collect();
    Ok(interp.dict_of(items))
}

fn place(interp: &mut Interp<'_>, args: &Args) -> R<Option<Value>> {
    let Some(places) = stored(interp, args, "<places>") else {
        return Ok(None);
    };
    let which = args.pos.get(1).cloned().unwrap_or(Value::Int(0));
    let at = index(interp, args, &which, places.len())?;
    Ok(at.map(|at| places[at].clone()))
}

fn bound(interp: &mut Interp<'_>, args: &Args, side: usize) -> R<Value> {
    Ok(match place(interp, args)? {
        Some(Value::Tuple(pair)) => pair.get(side).cloned().unwrap_or(Value::Unknown),
        _ => interp.unknown(),
    })
}

fn start(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    bound(interp, &args, 0)
}

fn end(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    bound(interp, &args, 1)
}

fn span(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(match place(interp, &args)? {
        Some(pair) => pair,
        None => interp.unknown(),
    })
}

/// A replacement with its groups filled in; `None` when it is not plain enough.
pub fn expand(template: &str, call: &Call, groups: &[Span]) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.chars().next()?;
        if let Some(named) = rest.strip_prefix("g<") {
            let (name, after) = named.split_once('>')?;
            let known = call.compiled.parsed.names.iter().find(|(n, _)| n == name);
            let group = match known {
                Some((_, at)) => *at,
                None => name.parse().ok()?,
            };
            put_group(&mut out, call, groups, group)?;
            rest = after;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        match next {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            // Two digits name a group of two digits, three may be a character.
            '1'..='9' if !rest.starts_with(|c: char| c.is_ascii_digit()) => {
                put_group(&mut out, call, groups, usize::from(next as u8 - b'0'))?;
            }
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}

fn put_group(out: &mut String, call: &Call, groups: &[Span], group: usize) -> Option<()> {
    if let Some((start, end)) = groups.get(group)? {
        out.push_str(call.text.get(*start..*end)?);
    }
    Some(())
}
