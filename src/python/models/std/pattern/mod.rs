//! `re`: patterns are read as CPython reads them, and matched against known text.

mod emit;
mod engine;
mod groups;
mod matching;
mod parse;
mod tokens;

pub use engine::Compiled;

use std::rc::Rc;

use engine::{Anchor, Span};
use parse::Refusal;

use super::{Over, Overlay};
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::native::Native;
use crate::python::raise::{R, Stop};
use crate::python::value::{Key, Kind, Obj, Payload, Value};

/// Models of this file.
pub const ENTRIES: &[Entry] = &[("re", "_compile", compile), ("re", "escape", escape)];

/// What stands for names of `re`.
pub const OVERLAYS: &[Overlay] = &[
    ("re", "Pattern", Over::Value(pattern_class)),
    ("re", "Match", Over::Value(matching::match_class)),
];

/// Patterns that were read, by text and flags. `None`: what they are is not known.
pub type Patterns = rustc_hash::FxHashMap<(Box<str>, u32), Option<Rc<Compiled>>>;

/// Where a match ends, and its named groups.
pub(super) type Groups = (usize, Vec<(String, String)>);

const METHODS: &[(&str, Native)] = &[
    ("match", match_start),
    ("fullmatch", match_whole),
    ("search", search),
    ("findall", find_all),
    ("finditer", find_iter),
    ("split", split),
    ("sub", sub),
    ("subn", subn),
    ("scanner", super::unknown),
];

/// A class with these methods, made once.
pub(super) fn class_with(
    interp: &mut Interp<'_>,
    name: &'static str,
    methods: &[(&'static str, Native)],
) -> Value {
    let memo = format!("class re.{name}");
    if let Some(class) = interp.memo.get(&memo) {
        return class.clone();
    }
    let object = Value::Obj(interp.builtins.object_class);
    let class = interp.make_class(name, "re", vec![object]);
    for (method, run) in methods {
        let native = interp.native_value(method, *run);
        interp.put(class, method, native);
    }
    let accept = interp.native_value("__class_getitem__", super::sys::first);
    let accept = Value::Obj(interp.heap.alloc(Kind::ClassMethod(accept)));
    interp.put(class, "__class_getitem__", accept);
    if let Kind::Class(data) = &mut interp.heap.get_mut(class).kind {
        data.builtin = true;
        data.owner = crate::python::value::Owner::Stdlib;
    }
    interp.memo.insert(memo, Value::Obj(class));
    Value::Obj(class)
}

fn pattern_class(interp: &mut Interp<'_>) -> Value {
    class_with(interp, "Pattern", METHODS)
}

/// The number behind flags: a number, or a member of `RegexFlag`.
fn flags_of(interp: &mut Interp<'_>, value: &Value) -> Option<u32> {
    let number = match value {
        Value::Int(i) => *i,
        Value::Bool(b) => i64::from(*b),
        Value::Obj(obj) => match interp.payload(*obj) {
            Payload::Value(Value::Int(i)) => i,
            _ => match interp.own(value, "_value_")? {
                Value::Int(i) => i,
                _ => return None,
            },
        },
        _ => return None,
    };
    u32::try_from(number).ok()
}

/// `re._compile(pattern, flags)`
fn compile(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let (pattern, flags) = (interp.sym("pattern"), interp.sym("flags"));
    let pattern = args.get(0, pattern).cloned().unwrap_or(Value::Unknown);
    let flags = args.get(1, flags).cloned().unwrap_or(Value::Int(0));
    if interp.is_a(&pattern, "re.Pattern") {
        return match flags_of(interp, &flags) {
            Some(0) => Ok(pattern),
            Some(_) => {
                let message = "cannot process flags argument with a compiled pattern";
                Err(interp.error("ValueError", message))
            }
            None => Ok(interp.unknown()),
        };
    }
    if matches!(
        pattern,
        Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_)
    ) {
        let message = "first argument must be string or compiled pattern";
        return Err(interp.error("TypeError", message));
    }
    let (Some(text), Some(number)) = (interp.plain_text(&pattern), flags_of(interp, &flags)) else {
        let Value::Obj(class) = pattern_class(interp) else {
            return Ok(interp.unknown());
        };
        // Bytes, or text that is not known: some pattern.
        let object = interp.instance(class);
        interp.heap.get_mut(object).open = true;
        interp.blur();
        return Ok(Value::Obj(object));
    };
    let compiled = interp.read_pattern(&text, number)?;
    let Value::Obj(class) = pattern_class(interp) else {
        return Ok(interp.unknown());
    };
    let object = interp.instance(class);
    let (flags, groups, names) = match &compiled {
        Some(compiled) => {
            let parsed = &compiled.parsed;
            let groups = i64::try_from(parsed.groups).unwrap_or(0);
            let names = parsed
                .names
                .iter()
                .map(|(name, at)| (name.clone(), Value::Int(i64::try_from(*at).unwrap_or(0))))
                .collect();
            let names = interp.dict_of(names);
            (
                Value::Int(i64::from(parsed.flags)),
                Value::Int(groups),
                names,
            )
        }
        None => {
            interp.blur();
            (Value::Unknown, Value::Unknown, Value::Unknown)
        }
    };
    for (name, value) in [
        ("pattern", pattern),
        ("flags", flags),
        ("groups", groups),
        ("groupindex", names),
        ("<flags>", Value::Int(i64::from(number))),
    ] {
        interp.put(object, name, value);
    }
    Ok(Value::Obj(object))
}

/// `re.escape(pattern)`
fn escape(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(text) = args.pos.first().and_then(|v| interp.plain_text(v)) else {
        return Ok(interp.unknown());
    };
    let mut out = String::new();
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::str(out))
}

impl<'a> Interp<'a> {
    /// A pattern by its text; `None` when it cannot be followed.
    ///
    /// # Errors
    /// What `re.compile` raises.
    fn read_pattern(&mut self, text: &str, flags: u32) -> R<Option<Rc<Compiled>>> {
        let key = (Box::from(text), flags);
        if let Some(known) = self.patterns.get(&key) {
            return Ok(known.clone());
        }
        let compiled = match Compiled::new(text, flags, self.version) {
            Ok(compiled) => Some(Rc::new(compiled)),
            Err(Refusal::Unknown) => None,
            Err(Refusal::Other(class, message)) => return Err(self.error(class, &message)),
            Err(Refusal::Error(message)) => return Err(self.pattern_error(text, &message)),
        };
        self.patterns.insert(key, compiled.clone());
        Ok(compiled)
    }

    /// Does a pattern match anywhere in a text, case ignored? `None` when that is not known.
    pub(super) fn pattern_finds(&mut self, pattern: &str, text: &str) -> Option<bool> {
        let compiled = self.read_pattern(pattern, parse::flag::IGNORECASE).ok()??;
        let found = compiled.find(text, 0, Anchor::None)?;
        Some(found.is_some())
    }

    /// Named groups of the match at the beginning of a text, case ignored, and where it ends.
    /// `None` when that is not known, `Some(None)` when there is no match.
    pub(super) fn first_groups(&mut self, pattern: &str, text: &str) -> Option<Option<Groups>> {
        let compiled = self.read_pattern(pattern, parse::flag::IGNORECASE).ok()??;
        let Some(spans) = compiled.find(text, 0, Anchor::Start)? else {
            return Some(None);
        };
        let (_, end) = spans.first().copied().flatten()?;
        let named = compiled.parsed.names.iter().filter_map(|(name, at)| {
            let (start, end) = spans.get(*at).copied().flatten()?;
            Some((name.clone(), text.get(start..end)?.to_owned()))
        });
        Some(Some((end, named.collect())))
    }

    fn pattern_error(&mut self, text: &str, message: &str) -> Stop {
        let class = if self.version >= (3, 13) {
            "PatternError"
        } else {
            "error"
        };
        let stop = self.library_fault("re", class, "Exception", message, "raised", &[]);
        if let Stop::Raise(raised) = &stop
            && let Some(exception) = raised.exc.as_obj()
        {
            let (plain, _) = message.split_once(" at position ").unwrap_or((message, ""));
            for (name, value) in [
                ("msg", Value::str(plain)),
                ("pattern", Value::str(text)),
                ("pos", Value::Unknown),
                ("lineno", Value::Unknown),
                ("colno", Value::Unknown),
            ] {
                self.put(exception, name, value);
            }
        }
        stop
    }

    /// The pattern behind a `re.Pattern` object.
    fn compiled(&mut self, value: &Value) -> Option<Rc<Compiled>> {
        let text = self.own(value, "pattern")?;
        let text = self.plain_text(&text)?;
        let Value::Int(flags) = self.own(value, "<flags>")? else {
            return None;
        };
        self.read_pattern(&text, u32::try_from(flags).ok()?).ok()?
    }
}

/// What a method of a pattern works on.
struct Call {
    pattern: Value,
    compiled: Rc<Compiled>,
    text: Rc<str>,
}

/// The pattern and the text that follows it; `None` when either is not known.
///
/// # Errors
/// The `TypeError` of what is no text.
fn on_text(interp: &mut Interp<'_>, args: &Args, at: usize) -> R<Option<Call>> {
    let pattern = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let name = interp.sym("string");
    let text = args.get(at, name).cloned().unwrap_or(Value::Unknown);
    if args.open {
        return Ok(None);
    }
    let is_text = interp
        .own(&pattern, "pattern")
        .is_some_and(|p| matches!(p, Value::Str(_)));
    let plain = matches!(
        text,
        Value::None | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Tuple(_)
    ) || matches!(
        interp.built_in_kind(&text),
        Some("list" | "dict" | "set" | "function")
    );
    if plain {
        let message = if interp.version >= (3, 11) {
            let kind = interp.type_name(&text);
            format!("expected string or bytes-like object, got '{kind}'")
        } else {
            "expected string or bytes-like object".to_owned()
        };
        return Err(interp.error("TypeError", &message));
    }
    if is_text && matches!(text, Value::Bytes(_)) {
        let message = "cannot use a string pattern on a bytes-like object";
        return Err(interp.error("TypeError", message));
    }
    let (Some(compiled), Some(text)) = (interp.compiled(&pattern), interp.plain_text(&text)) else {
        return Ok(None);
    };
    Ok(Some(Call {
        pattern,
        compiled,
        text: text.into(),
    }))
}

fn matched(interp: &mut Interp<'_>, args: &Args, anchor: Anchor) -> R<Value> {
    let Some(call) = on_text(interp, args, 1)? else {
        return Ok(interp.unknown());
    };
    // `pos` and `endpos`.
    if args.pos.len() > 2 || args.kw.len() + args.pos.len() > 2 {
        return Ok(interp.unknown());
    }
    Ok(match call.compiled.find(&call.text, 0, anchor) {
        None => interp.unknown(),
        Some(None) => Value::None,
        Some(Some(groups)) => interp.match_object(&call, &groups),
    })
}

fn match_start(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    matched(interp, &args, Anchor::Start)
}

fn match_whole(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    matched(interp, &args, Anchor::Both)
}

fn search(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    matched(interp, &args, Anchor::None)
}

fn part(text: &str, span: Span) -> Value {
    match span.and_then(|(start, end)| text.get(start..end)) {
        Some(part) => Value::str(part),
        None => Value::None,
    }
}

fn find_all(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(call) = on_text(interp, &args, 1)? else {
        return Ok(interp.unknown());
    };
    let all = call.compiled.find_all(&call.text, usize::MAX);
    let (Some(all), true) = (all, args.pos.len() <= 2) else {
        return Ok(interp.unknown());
    };
    let text = |span: Span| match part(&call.text, span) {
        Value::None => Value::str(""),
        other => other,
    };
    let items = all
        .iter()
        .map(|groups| match groups.as_slice() {
            [whole] => text(*whole),
            [_, one] => text(*one),
            [_, many @ ..] => Value::tuple(many.iter().map(|s| text(*s)).collect()),
            [] => Value::Unknown,
        })
        .collect();
    Ok(interp.list(items))
}

fn find_iter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(call) = on_text(interp, &args, 1)? else {
        return Ok(interp.unknown());
    };
    let all = call.compiled.find_all(&call.text, usize::MAX);
    let (Some(all), true) = (all, args.pos.len() <= 2) else {
        return Ok(interp.unknown());
    };
    let items: Vec<Value> = all
        .iter()
        .map(|groups| interp.match_object(&call, groups))
        .collect();
    Ok(Value::Obj(interp.heap.alloc(Kind::Iter {
        items: items.into(),
        next: 0,
    })))
}

/// A number among the arguments, with its default.
fn count(interp: &mut Interp<'_>, args: &Args, at: usize, name: &str) -> Option<usize> {
    let name = interp.sym(name);
    match args.get(at, name) {
        None | Some(Value::Int(0)) => Some(usize::MAX),
        Some(Value::Int(n)) => usize::try_from(*n).ok(),
        _ => None,
    }
}

fn split(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let call = on_text(interp, &args, 1)?;
    let most = count(interp, &args, 2, "maxsplit");
    let found = call
        .zip(most)
        .and_then(|(call, most)| Some((call.compiled.find_all(&call.text, most)?, call)));
    let Some((all, call)) = found else {
        return Ok(interp.unknown());
    };
    let (mut items, mut from) = (Vec::new(), 0);
    for groups in &all {
        let Some(Some((start, end))) = groups.first().copied() else {
            return Ok(interp.unknown());
        };
        items.push(part(&call.text, Some((from, start))));
        items.extend(groups[1..].iter().map(|span| part(&call.text, *span)));
        from = end;
    }
    items.push(part(&call.text, Some((from, call.text.len()))));
    Ok(interp.list(items))
}

/// The new text and the number of replacements; `None` when they are not known.
fn replaced(interp: &mut Interp<'_>, args: &Args) -> R<Option<(Value, i64)>> {
    let call = on_text(interp, args, 2)?;
    let most = count(interp, args, 3, "count");
    let name = interp.sym("repl");
    let replacement = args.get(1, name).cloned().unwrap_or(Value::Unknown);
    let found = call
        .zip(most)
        .and_then(|(call, most)| Some((call.compiled.find_all(&call.text, most)?, call)));
    let Some((all, call)) = found else {
        return Ok(None);
    };
    let (mut text, mut from) = (String::new(), 0);
    for groups in &all {
        let Some(Some((start, end))) = groups.first().copied() else {
            return Ok(None);
        };
        let new = match interp.plain_text(&replacement) {
            Some(template) => matching::expand(&template, &call, groups),
            None if replacement.is_unknown() => None,
            None => {
                let object = interp.match_object(&call, groups);
                let made = interp.call(&replacement, Args::positional(vec![object]))?;
                interp.plain_text(&made)
            }
        };
        let (Some(new), Some(between)) = (new, call.text.get(from..start)) else {
            return Ok(None);
        };
        text.push_str(between);
        text.push_str(&new);
        from = end;
    }
    text.push_str(call.text.get(from..).unwrap_or_default());
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    Ok(Some((Value::str(text), count)))
}

fn sub(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match replaced(interp, &args)? {
        Some((text, _)) => Ok(text),
        None => Ok(interp.unknown()),
    }
}

fn subn(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match replaced(interp, &args)? {
        Some((text, count)) => Ok(Value::tuple(vec![text, Value::Int(count)])),
        None => Ok(interp.unknown()),
    }
}

/// An attribute of an object of this module, as a key of a dict.
pub(super) fn named_group(interp: &mut Interp<'_>, names: &Value, name: &str) -> Option<usize> {
    let (table, _) = interp.table_of(names)?;
    match table.get(&Key::Str(name.into())) {
        Some((_, Value::Int(at))) => usize::try_from(*at).ok(),
        _ => None,
    }
}

/// The object behind the first argument.
pub(super) fn receiver(args: &Args) -> Option<Obj> {
    args.pos.first().and_then(Value::as_obj)
}
