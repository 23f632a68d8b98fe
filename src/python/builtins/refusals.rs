//! Arguments that built-in functions and methods certainly refuse, and CPython's words for it.
//!
//! Judges only values of built-in types; what a function does with arguments that it takes is
//! told elsewhere. Every text was held against CPython 3.9, 3.11 and 3.13.

use crate::python::interp::Interp;
use crate::python::value::{Kind, Value};

/// An exception class and its text.
pub type Refusal = (&'static str, String);

/// One call by position: the arguments, and which built-in type each is of, where that is known.
struct Call<'v> {
    args: &'v [Value],
    kinds: Vec<Option<&'static str>>,
    version: (u8, u8),
}

impl Call<'_> {
    /// The type of an argument that certainly is none of these.
    fn other(&self, at: usize, than: &[&str]) -> Option<&'static str> {
        let kind = self.kinds.get(at).copied().flatten()?;
        (!than.contains(&kind)).then_some(kind)
    }

    /// As [`Call::other`], named as converters of arguments name it: `None`, else the type.
    fn unfit(&self, at: usize, than: &[&str]) -> Option<&'static str> {
        let kind = self.other(at, than)?;
        Some(if kind == "NoneType" { "None" } else { kind })
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.args.get(at).and_then(Value::as_str) == Some(text)
    }
}

fn type_error(text: String) -> Option<Refusal> {
    Some(("TypeError", text))
}

impl Interp<'_> {
    /// What is wrong with the arguments of `str.join`, `len` and the like; receivers do not count.
    pub(in crate::python) fn refused_arguments(
        &self,
        name: &str,
        args: &[Value],
    ) -> Option<Refusal> {
        let call = Call {
            args,
            kinds: args.iter().map(|a| self.built_in_kind(a)).collect(),
            version: self.version,
        };
        match name.split_once('.') {
            Some(("str", "join")) => self.refused_join(&call),
            Some(("str", method)) => text_method(&call, method),
            Some(("bytes", "decode")) => codec(&call, "decode"),
            Some(("dict", "update")) => self.refused_pairs(&call),
            Some(_) => None,
            None => match name {
                "getattr" | "hasattr" | "setattr" | "delattr" => attribute_name(&call, name),
                "isinstance" | "issubclass" => class_argument(&call, name),
                "set" | "frozenset" => self.refused_members(&call),
                "dict" => self.refused_pairs(&call),
                "ord" => ordinal(&call),
                _ => plain_function(&call, name),
            },
        }
    }

    /// Known items of a list or tuple.
    fn listed(&self, value: &Value) -> Option<Vec<Value>> {
        match value {
            Value::Tuple(items) => Some(items.to_vec()),
            Value::Obj(obj) => {
                let cell = self.heap.get(*obj);
                match &cell.kind {
                    Kind::List(items) if !cell.open => Some(items.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn refused_join(&self, call: &Call<'_>) -> Option<Refusal> {
        let iterable = ["str", "bytes", "list", "tuple", "dict", "set", "frozenset"];
        if call.other(0, &iterable).is_some() {
            return type_error("can only join an iterable".to_owned());
        }
        let items = self.listed(call.args.first()?)?;
        for (at, item) in items.iter().enumerate() {
            match self.built_in_kind(item) {
                Some("str") => {}
                Some(kind) => {
                    return type_error(format!(
                        "sequence item {at}: expected str instance, {kind} found"
                    ));
                }
                None => return None,
            }
        }
        None
    }

    fn refused_members(&self, call: &Call<'_>) -> Option<Refusal> {
        let items = self.listed(call.args.first()?)?;
        let kind = items
            .iter()
            .find_map(|item| match self.built_in_kind(item) {
                Some(kind @ ("list" | "dict" | "set")) => Some(kind),
                _ => None,
            })?;
        let mut text = format!("unhashable type: '{kind}'");
        if self.version >= (3, 14) {
            text = format!("cannot use '{kind}' as a set element ({text})");
        }
        type_error(text)
    }

    /// The argument of `dict()` and `dict.update()`: a mapping, or pairs.
    fn refused_pairs(&self, call: &Call<'_>) -> Option<Refusal> {
        if let Some(kind) = call.other(
            0,
            &["str", "bytes", "list", "tuple", "dict", "set", "frozenset"],
        ) {
            return type_error(format!("'{kind}' object is not iterable"));
        }
        for (at, pair) in self.listed(call.args.first()?)?.iter().enumerate() {
            let len = match pair {
                Value::Str(text) => text.text.chars().count(),
                other => match (self.listed(other), self.built_in_kind(other)) {
                    (Some(items), _) => items.len(),
                    (None, Some("int" | "float" | "bool" | "NoneType")) => {
                        return type_error(format!(
                            "cannot convert dictionary update sequence element #{at} to a sequence"
                        ));
                    }
                    _ => return None,
                },
            };
            if len != 2 {
                return Some((
                    "ValueError",
                    format!(
                        "dictionary update sequence element #{at} has length {len}; 2 is required"
                    ),
                ));
            }
        }
        None
    }
}

/// Methods of `str` but `join`.
fn text_method(call: &Call<'_>, method: &str) -> Option<Refusal> {
    match method {
        "replace" => [0, 1].into_iter().find_map(|at| {
            let kind = call.unfit(at, &["str"])?;
            type_error(format!(
                "replace() argument {} must be str, not {kind}",
                at + 1
            ))
        }),
        "encode" => codec(call, method),
        "removeprefix" | "removesuffix" => {
            let kind = call.unfit(0, &["str"])?;
            type_error(format!("{method}() argument must be str, not {kind}"))
        }
        "startswith" | "endswith" => {
            let kind = call.other(0, &["str", "tuple"])?;
            type_error(format!(
                "{method} first arg must be str or a tuple of str, not {kind}"
            ))
        }
        "split" | "rsplit" => match call.other(0, &["str", "NoneType"]) {
            Some(kind) => type_error(format!("must be str or None, not {kind}")),
            None => empty_separator(call),
        },
        "strip" | "lstrip" | "rstrip" => {
            call.other(0, &["str", "NoneType"])?;
            type_error(format!("{method} arg must be None or str"))
        }
        "partition" | "rpartition" => match call.other(0, &["str"]) {
            Some(kind) => type_error(format!("must be str, not {kind}")),
            None => empty_separator(call),
        },
        "find" | "index" | "count" | "rfind" | "rindex" => {
            if call.version >= (3, 13) {
                let kind = call.unfit(0, &["str"])?;
                return type_error(format!("{method}() argument 1 must be str, not {kind}"));
            }
            let kind = call.other(0, &["str"])?;
            type_error(format!("must be str, not {kind}"))
        }
        "zfill" | "ljust" | "rjust" | "center" => {
            let kind = call.other(0, &["int", "bool"])?;
            type_error(format!(
                "'{kind}' object cannot be interpreted as an integer"
            ))
        }
        _ => None,
    }
}

fn empty_separator(call: &Call<'_>) -> Option<Refusal> {
    call.is(0, "")
        .then(|| ("ValueError", "empty separator".to_owned()))
}

/// `str.encode` and `bytes.decode`.
fn codec(call: &Call<'_>, method: &str) -> Option<Refusal> {
    ["encoding", "errors"]
        .into_iter()
        .enumerate()
        .find_map(|(at, parameter)| {
            let kind = call.unfit(at, &["str"])?;
            type_error(format!(
                "{method}() argument '{parameter}' must be str, not {kind}"
            ))
        })
}

fn attribute_name(call: &Call<'_>, name: &str) -> Option<Refusal> {
    let kind = call.other(1, &["str"])?;
    let asks = matches!(name, "getattr" | "hasattr");
    type_error(if asks && call.version < (3, 11) {
        if call.version >= (3, 10) {
            return None;
        }
        format!("{name}(): attribute name must be string")
    } else {
        format!("attribute name must be string, not '{kind}'")
    })
}

fn class_argument(call: &Call<'_>, name: &str) -> Option<Refusal> {
    call.other(1, &["tuple"])?;
    let union = call.version >= (3, 10);
    type_error(match (name, union) {
        ("isinstance", true) => {
            "isinstance() arg 2 must be a type, a tuple of types, or a union".to_owned()
        }
        ("isinstance", false) => "isinstance() arg 2 must be a type or tuple of types".to_owned(),
        _ if call.other(0, &[]).is_some() => "issubclass() arg 1 must be a class".to_owned(),
        (_, true) => {
            "issubclass() arg 2 must be a class, a tuple of classes, or a union".to_owned()
        }
        (_, false) => "issubclass() arg 2 must be a class or tuple of classes".to_owned(),
    })
}

fn ordinal(call: &Call<'_>) -> Option<Refusal> {
    if let Some(Value::Str(text)) = call.args.first() {
        let len = text.text.chars().count();
        return (len != 1).then(|| {
            (
                "TypeError",
                format!("ord() expected a character, but string of length {len} found"),
            )
        });
    }
    let kind = call.other(0, &["str", "bytes"])?;
    type_error(format!(
        "ord() expected string of length 1, but {kind} found"
    ))
}

fn plain_function(call: &Call<'_>, name: &str) -> Option<Refusal> {
    match name {
        "chr" => {
            let kind = call.other(0, &["int", "bool"])?;
            type_error(if call.version >= (3, 10) {
                format!("'{kind}' object cannot be interpreted as an integer")
            } else {
                return None;
            })
        }
        "next" => {
            let kind = call.other(0, &[])?;
            type_error(format!("'{kind}' object is not an iterator"))
        }
        "abs" => {
            let kind = call.other(0, &["int", "float", "bool"])?;
            type_error(format!("bad operand type for abs(): '{kind}'"))
        }
        "round" => {
            let kind = call.other(0, &["int", "float", "bool"])?;
            type_error(format!("type {kind} doesn't define __round__ method"))
        }
        "reversed" => {
            let kind = call.other(0, &["str", "bytes", "list", "tuple", "dict"])?;
            type_error(format!("'{kind}' object is not reversible"))
        }
        "bytes" if call.args.len() == 1 && call.other(0, &[]) == Some("str") => {
            type_error("string argument without an encoding".to_owned())
        }
        "int" if call.args.len() == 2 => {
            call.other(0, &["str", "bytes"])?;
            type_error("int() can't convert non-string with explicit base".to_owned())
        }
        "type" => match call.args.len() {
            1 => None,
            3 => ["str", "tuple", "dict"]
                .into_iter()
                .enumerate()
                .find_map(|(at, wanted)| {
                    let kind = call.unfit(at, &[wanted])?;
                    let at = at + 1;
                    type_error(format!(
                        "type.__new__() argument {at} must be {wanted}, not {kind}"
                    ))
                }),
            _ => type_error("type() takes 1 or 3 arguments".to_owned()),
        },
        "vars" => {
            call.other(0, &["function", "module"])?;
            type_error("vars() argument must have __dict__ attribute".to_owned())
        }
        "open" => {
            let kind = call.other(0, &["str", "bytes", "int", "bool", "float"])?;
            type_error(format!(
                "expected str, bytes or os.PathLike object, not {kind}"
            ))
        }
        _ => None,
    }
}
