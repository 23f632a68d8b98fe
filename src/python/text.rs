//! How values are shown: `str()`, `repr()`, type names.

use super::interp::Interp;
use super::value::{Kind, Payload, Value};

impl<'a> Interp<'a> {
    /// `type(value).__name__`
    pub fn type_name(&self, value: &Value) -> String {
        match value {
            Value::Unknown => "?".to_owned(),
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => self.class_short_name(*class),
                Kind::Class(_) => {
                    let meta = self.meta_of(*obj);
                    self.class_short_name(meta)
                }
                Kind::Super { .. } => "super".to_owned(),
                other => {
                    let class = self.builtins.class_of_kind(other);
                    self.class_short_name(class)
                }
            },
            other => {
                let class = self.builtins.class_of(other);
                self.class_short_name(class)
            }
        }
    }

    /// Type name with its module, as some messages show it.
    pub fn qualified_type_name(&self, value: &Value) -> String {
        match value {
            Value::Obj(obj) => match &self.heap.get(*obj).kind {
                Kind::Instance { class, .. } => self.class_name(*class),
                _ => self.type_name(value),
            },
            _ => self.type_name(value),
        }
    }

    /// `str(value)`; `None` when it is not known.
    pub fn text_of(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Str(s) => Some(s.text.to_string()),
            Value::Obj(obj) => {
                let name = self.names.str;
                if let Kind::Instance { class, .. } = self.heap.get(*obj).kind
                    && self.enum_members(class).is_some()
                    && self.class_lookup(class, name).is_none_or(|(owner, _, _)| {
                        matches!(&self.heap.get(owner).kind, Kind::Class(d)
                            if d.builtin || d.owner == super::value::Owner::Stdlib)
                    })
                {
                    return self.enum_text(class, value);
                }
                if let Some(method) = self.runnable(value, name) {
                    return match self.call(&method, super::call::Args::none()) {
                        Ok(Value::Str(s)) => Some(s.text.to_string()),
                        _ => None,
                    };
                }
                if let (Payload::Value(Value::Str(text)), Kind::Instance { class, .. }) =
                    (self.payload(*obj), &self.heap.get(*obj).kind)
                {
                    // `str.__str__` itself, which a subclass may name in its own body.
                    let own = self.class_lookup(*class, name).map(|(_, found, _)| found);
                    if own.is_some_and(|f| f.same(&self.builtins.unmodelled)) {
                        return Some(text.text.to_string());
                    }
                }
                if self.class_of_exception(value).is_some() {
                    return self.exception_text(value);
                }
                match self.payload(*obj) {
                    Payload::Value(inner) if self.is_path(*obj) => self.text_of(&inner),
                    _ => self.repr_of(value),
                }
            }
            other => self.repr_of(other),
        }
    }

    /// `repr(value)`; `None` when it is not known.
    pub fn repr_of(&mut self, value: &Value) -> Option<String> {
        let text = if self.guard.enter() {
            self.repr_within(value)
        } else {
            None
        };
        self.guard.leave();
        text
    }

    fn repr_within(&mut self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Unknown => return None,
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(i) => i.to_string(),
            Value::Float(f) => float_repr(*f)?,
            Value::Str(s) => str_repr(&s.text),
            Value::Bytes(_) => return None,
            Value::Ellipsis => "Ellipsis".to_owned(),
            Value::NotImplemented => "NotImplemented".to_owned(),
            Value::Tuple(items) => {
                let parts = self.reprs(items)?;
                match parts.as_slice() {
                    [one] => format!("({one},)"),
                    _ => format!("({})", parts.join(", ")),
                }
            }
            Value::Obj(obj) => {
                let cell = self.heap.get(*obj);
                if cell.open {
                    return None;
                }
                match cell.kind.clone() {
                    Kind::List(_) if !self.guard.show(*obj) => "[...]".to_owned(),
                    Kind::Dict(_) if !self.guard.show(*obj) => "{...}".to_owned(),
                    Kind::List(items) => {
                        let parts = self.reprs(&items);
                        self.guard.shown();
                        format!("[{}]", parts?.join(", "))
                    }
                    Kind::Dict(table) => {
                        let parts: Option<Vec<String>> = table
                            .values()
                            .map(|(key, item)| {
                                Some(format!("{}: {}", self.repr_of(key)?, self.repr_of(item)?))
                            })
                            .collect();
                        self.guard.shown();
                        format!("{{{}}}", parts?.join(", "))
                    }
                    // The order of more than one item is the hash's.
                    Kind::Set(table) if table.len() < 2 => match table.values().next() {
                        Some((item, _)) => format!("{{{}}}", self.repr_of(item)?),
                        None => "set()".to_owned(),
                    },
                    Kind::Class(_) if self.shows_plainly(*obj) => {
                        format!("<class '{}'>", self.class_name(*obj))
                    }
                    Kind::Module { info, .. } => match &info.path {
                        Some(path) => format!("<module '{}' from '{path}'>", info.name),
                        None => return None,
                    },
                    Kind::Form { name, origin, args } => {
                        let typing = self.own(value, "_name");
                        let typing = typing.as_ref().and_then(Value::as_str);
                        if let (Some(written), "alias") = (typing, name) {
                            let parts = self.type_reprs(&args)?;
                            return Some(if parts.is_empty() {
                                format!("typing.{written}")
                            } else {
                                format!("typing.{written}[{}]", parts.join(", "))
                            });
                        }
                        return self.form_repr(name, &origin, &args);
                    }
                    Kind::Instance { .. } => {
                        let name = self.names.repr;
                        let method = self.runnable(value, name)?;
                        return match self.call(&method, super::call::Args::none()) {
                            Ok(Value::Str(s)) => Some(s.text.to_string()),
                            _ => None,
                        };
                    }
                    _ => return None,
                }
            }
        })
    }

    /// Has the metaclass of a class nothing to say about how it is shown?
    fn shows_plainly(&self, class: super::value::Obj) -> bool {
        let meta = self.meta_of(class);
        !self.is_blurred_class(meta)
            && self
                .class_lookup(meta, self.names.repr)
                .is_none_or(|(owner, _, _)| owner == self.builtins.type_class)
    }

    /// `repr` of a form of `typing`.
    fn form_repr(&mut self, name: &str, origin: &Value, args: &[Value]) -> Option<String> {
        let args = self.form_arguments(name, args);
        if name == "alias" {
            let head = self.type_repr(origin)?;
            let parts = self.type_reprs(&args)?;
            return (!parts.is_empty()).then(|| format!("{head}[{}]", parts.join(", ")));
        }
        if args.is_empty() {
            return Some(format!("typing.{name}"));
        }
        if name == "Union" {
            let nothing = Value::Obj(self.builtins.class("NoneType"));
            let pipes = matches!(origin, Value::Ellipsis) || self.version >= (3, 14);
            if !pipes && args.len() == 2 && args.iter().any(|a| a.same(&nothing)) {
                let other = args.iter().find(|a| !a.same(&nothing))?.clone();
                return Some(format!("typing.Optional[{}]", self.type_repr(&other)?));
            }
            let mut parts = Vec::new();
            for arg in &args {
                parts.push(if pipes && arg.same(&nothing) {
                    "None".to_owned()
                } else {
                    self.type_repr(arg)?
                });
            }
            return Some(if pipes {
                parts.join(" | ")
            } else {
                format!("typing.Union[{}]", parts.join(", "))
            });
        }
        let parts = match name {
            "Annotated" => {
                let (first, rest) = args.split_first()?;
                let mut parts = vec![self.type_repr(first)?];
                parts.extend(self.reprs(rest)?);
                parts
            }
            "Literal" => self.reprs(&args)?,
            "Callable" | "Concatenate" => return None,
            _ => self.type_reprs(&args)?,
        };
        Some(format!("typing.{name}[{}]", parts.join(", ")))
    }

    /// How `typing` shows a type inside another: classes by their name.
    fn type_repr(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::Obj(obj) if self.is_class(*obj) => Some(match self.class_name(*obj).as_str() {
                "typing.Any" => "typing.Any".to_owned(),
                name => name.to_owned(),
            }),
            Value::Ellipsis => Some("...".to_owned()),
            other => self.repr_of(other),
        }
    }

    fn type_reprs(&mut self, items: &[Value]) -> Option<Vec<String>> {
        items.iter().map(|item| self.type_repr(item)).collect()
    }

    fn reprs(&mut self, items: &[Value]) -> Option<Vec<String>> {
        items.iter().map(|item| self.repr_of(item)).collect()
    }
}

fn float_repr(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    // The shortest digits that read back, with an exponent where the number is long.
    if f != 0.0 && !(1e-4..1e16).contains(&f.abs()) {
        let (digits, exponent) = format!("{f:e}")
            .split_once('e')
            .map(|(d, e)| (d.to_owned(), e.to_owned()))?;
        let exponent: i32 = exponent.parse().ok()?;
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{digits}e{sign}{:02}", exponent.abs()));
    }
    let plain = format!("{f}");
    Some(if plain.contains('.') {
        plain
    } else {
        format!("{plain}.0")
    })
}

/// `repr` of a `str`.
pub fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                out.push_str(&format!("\\x{:02x}", c as u32))
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}
