//! Construction of exceptions: their arguments and the fields that some classes make of them.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Obj, Slot, Value};

/// `OSError(number, ...)` makes an instance of the subclass for the number (PEP 3151, Linux).
const BY_NUMBER: &[(i64, &str)] = &[
    (1, "PermissionError"),
    (2, "FileNotFoundError"),
    (3, "ProcessLookupError"),
    (4, "InterruptedError"),
    (11, "BlockingIOError"),
    (13, "PermissionError"),
    (17, "FileExistsError"),
    (20, "NotADirectoryError"),
    (21, "IsADirectoryError"),
    (32, "BrokenPipeError"),
    (103, "ConnectionAbortedError"),
    (104, "ConnectionResetError"),
    (110, "TimeoutError"),
    (111, "ConnectionRefusedError"),
];

/// `BaseException.__new__`
pub fn exception_new(interp: &mut Interp<'_>, mut args: Args) -> R<Value> {
    if args.pos.is_empty() {
        return Ok(interp.unknown());
    }
    let Value::Obj(mut class) = args.pos.remove(0) else {
        return Ok(interp.unknown());
    };
    if class == interp.builtins.exception("OSError")
        && let (Some(Value::Int(number)), true) = (args.pos.first(), args.pos.len() > 1)
        && let Some((_, name)) = BY_NUMBER.iter().find(|(n, _)| n == number)
    {
        class = interp.builtins.exception(name);
    }
    let object = interp.instance(class);
    interp.exception_fields(object, &args.pos, &args);
    Ok(Value::Obj(object))
}

/// `BaseException.__init__`
pub fn exception_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if let Some(Value::Obj(object)) = args.pos.first() {
        interp.exception_fields(*object, &args.pos[1..], &args);
    }
    Ok(Value::None)
}

impl<'a> Interp<'a> {
    fn exception_fields(&mut self, object: Obj, given: &[Value], args: &Args) {
        let name = self.names.args;
        let value = if args.open {
            Value::Unknown
        } else {
            Value::tuple(given.to_vec())
        };
        self.heap
            .get_mut(object)
            .attrs
            .insert(name, Slot::sure(value));
        let Some(class) = self.class_of_exception(&Value::Obj(object)) else {
            return;
        };
        let is =
            |i: &Self, name: &str| i.is_subclass(class, i.builtins.exception(name)) == Some(true);
        let part = |at: usize| {
            if args.open {
                Value::Unknown
            } else {
                given.get(at).cloned().unwrap_or(Value::None)
            }
        };
        let fields: Vec<(&str, Value)> = if is(self, "SystemExit") {
            let code = match given {
                [] | [_] => part(0),
                many => Value::tuple(many.to_vec()),
            };
            vec![("code", code)]
        } else if is(self, "StopIteration") {
            vec![("value", part(0))]
        } else if is(self, "ImportError") {
            let msg = if given.len() == 1 {
                part(0)
            } else {
                Value::None
            };
            vec![("msg", msg), ("name", Value::None), ("path", Value::None)]
        } else if is(self, "OSError") {
            let two = given.len() > 1;
            let field = |at: usize| {
                if two || args.open {
                    part(at)
                } else {
                    Value::None
                }
            };
            vec![
                ("errno", field(0)),
                ("strerror", field(1)),
                ("filename", field(2)),
            ]
        } else if is(self, "AttributeError") || is(self, "NameError") {
            vec![("name", Value::None)]
        } else {
            Vec::new()
        };
        for (name, value) in fields {
            self.put(object, name, value);
        }
        for (name, value) in &args.kw {
            self.heap
                .get_mut(object)
                .attrs
                .insert(*name, Slot::sure(value.clone()));
        }
    }

    /// `str()` of an `OSError` with number and text.
    pub(in crate::python) fn os_error_text(&mut self, exc: &Value) -> Option<String> {
        let class = self.class_of_exception(exc)?;
        if self.is_subclass(class, self.builtins.exception("OSError")) != Some(true) {
            return None;
        }
        let object = exc.as_obj()?;
        let mut field = |name: &str| {
            let name = self.sym(name);
            self.heap
                .get(object)
                .attrs
                .get(&name)
                .map(|s| s.value.clone())
        };
        let (number, text, file) = (field("errno")?, field("strerror")?, field("filename"));
        if matches!(number, Value::None) || matches!(text, Value::None) {
            return None;
        }
        let (number, text) = (self.text_of(&number)?, self.text_of(&text)?);
        match file {
            Some(file) if !matches!(file, Value::None) => {
                Some(format!("[Errno {number}] {text}: {}", self.repr_of(&file)?))
            }
            _ => Some(format!("[Errno {number}] {text}")),
        }
    }
}
