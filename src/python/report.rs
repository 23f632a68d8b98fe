//! From exceptions of the simulated process to faults and errors of the report.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{ChainLink, Exception, Fault, Frame as ModelFrame, Place, Span, Undecided};
use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::interp::Interp;
use super::raise::{R, Raised, Stop, TraceFrame};
use super::value::{FileId, Kind, Obj, Owner, Slot, Value};

/// Attribute of an exception whose text a model knows, whatever its class would make of it.
pub const TEXT: &str = "<text>";

impl<'a> Interp<'a> {
    /// An exception of a built-in class, with its text.
    pub fn error(&mut self, class: &str, message: &str) -> Stop {
        self.fault(class, message, "raised", &[])
    }

    /// As if the body of a function that a model stands for had raised: the traceback then ends
    /// in that body, at the first `code` in it.
    pub(super) fn seen_in(&mut self, stop: Stop, module: &str, function: &str, code: &str) -> Stop {
        let Stop::Raise(mut raised) = stop else {
            return stop;
        };
        if let Some((file, offset, name)) = self.place_in_body(module, function, code) {
            let depth = self.trace().len().min(raised.frames.len());
            let frame = TraceFrame {
                file,
                offset,
                name,
                line: None,
            };
            raised.frames.insert(depth, frame);
        }
        Stop::Raise(raised)
    }

    /// Where `code` stands in a function, or a method `Class.name`, of a loaded module.
    fn place_in_body(
        &mut self,
        module: &str,
        function: &str,
        code: &str,
    ) -> Option<(FileId, u32, Rc<str>)> {
        let mut owner = self.loaded(module)?.as_obj()?;
        let mut found = Value::Unknown;
        for part in function.split('.') {
            let name = self.sym(part);
            found = self.heap.get(owner).attrs.get(&name)?.value.clone();
            found = match &self.heap.get(found.as_obj()?).kind {
                Kind::StaticMethod(inner) | Kind::ClassMethod(inner) => inner.clone(),
                _ => found,
            };
            owner = found.as_obj()?;
        }
        let Kind::Function(data) = &self.heap.get(found.as_obj()?).kind else {
            return None;
        };
        let data = data.clone();
        let super::function::Def::Function(def) = data.def else {
            return None;
        };
        let text = &self.source(data.file).text;
        let body = text.get(def.start().to_usize()..def.end().to_usize())?;
        let at = def.start().to_u32() + u32::try_from(body.find(code)?).ok()?;
        Some((data.file, at, data.name.clone()))
    }

    /// A refusal that rests on nothing but what is written at its place: no gap of the simulator
    /// stands behind it.
    pub(super) fn refusal(&mut self, class: &str, message: &str) -> Stop {
        match self.error(class, message) {
            Stop::Raise(mut raised) => {
                raised.explicit = true;
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// An exception of a built-in class with the kind of fault and values for texts.
    pub fn fault(
        &mut self,
        class: &str,
        message: &str,
        kind: &'static str,
        slots: &[(&str, &str)],
    ) -> Stop {
        let class = self.builtins.exception(class);
        self.fault_of(class, message, kind, slots)
    }

    /// An exception of any class.
    pub fn fault_of(
        &mut self,
        class: Obj,
        message: &str,
        kind: &'static str,
        slots: &[(&str, &str)],
    ) -> Stop {
        let exc = self.instance(class);
        let args = Value::tuple(vec![Value::str(message)]);
        let name = self.names.args;
        self.heap.get_mut(exc).attrs.insert(name, Slot::sure(args));
        Stop::Raise(Box::new(Raised {
            exc: Value::Obj(exc),
            frames: self.trace(),
            kind,
            slots: slots
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            span: None,
            cycle: Vec::new(),
            explicit: false,
        }))
    }

    /// An exception of a class that a library defines, looked up by qualified name among loaded
    /// modules; a class of that name is made up when the module is not there.
    pub fn library_fault(
        &mut self,
        module: &str,
        class: &str,
        base: &str,
        message: &str,
        kind: &'static str,
        slots: &[(&str, &str)],
    ) -> Stop {
        let found = self.loaded_attribute(module, class);
        let class = match found {
            Some(Value::Obj(obj)) if self.is_class(obj) => obj,
            _ => {
                let base = self.builtins.exception(base);
                self.synthetic_class(module, class, base)
            }
        };
        match self.fault_of(class, message, kind, slots) {
            Stop::Raise(mut raised) => {
                raised.explicit = true;
                // A `__str__` of its own reads what `__init__` would have kept.
                let exc = raised.exc.clone();
                let name = self.names.str;
                if self.runnable(&exc, name).is_some() {
                    self.store(&exc, TEXT, Value::str(message));
                }
                Stop::Raise(raised)
            }
            other => other,
        }
    }

    /// `raise value`
    ///
    /// # Errors
    /// The exception that raising something else gives.
    pub fn raise_value(&mut self, value: Value) -> R<Stop> {
        let exc = match &value {
            Value::Obj(obj) if self.is_class(*obj) => {
                self.call(&value, super::call::Args::none())?
            }
            _ => value,
        };
        if exc.is_unknown() || self.class_of_exception(&exc).is_none() && !self.is_plain(&exc) {
            self.blur();
            let class = self.builtins.exception("Exception");
            let Stop::Raise(mut raised) = self.fault_of(class, "", "raised", &[]) else {
                return Ok(Stop::Budget("raise"));
            };
            raised.exc = Value::Unknown;
            return Ok(Stop::Raise(raised));
        }
        if self.class_of_exception(&exc).is_none() {
            return Err(self.error("TypeError", "exceptions must derive from BaseException"));
        }
        let mut frames = self.trace();
        if let Some(below) = exc.as_obj().and_then(|obj| self.caught.get(&obj)) {
            frames.extend(below.iter().cloned());
        }
        Ok(Stop::Raise(Box::new(Raised {
            exc,
            frames,
            kind: "raised",
            slots: BTreeMap::new(),
            span: None,
            cycle: Vec::new(),
            explicit: true,
        })))
    }

    fn is_plain(&self, value: &Value) -> bool {
        match value {
            Value::Obj(obj) => matches!(self.heap.get(*obj).kind, Kind::List(_) | Kind::Dict(_)),
            Value::Unknown => false,
            _ => true,
        }
    }

    /// The class of an exception instance, when it is one.
    pub fn class_of_exception(&self, exc: &Value) -> Option<Obj> {
        let class = match &self.heap.get(exc.as_obj()?).kind {
            Kind::Instance { class, .. } => *class,
            _ => return None,
        };
        let base = self.builtins.exception("BaseException");
        (self.is_subclass(class, base) != Some(false)).then_some(class)
    }

    /// Text of an exception as `str()` gives it, when it is known.
    pub fn exception_text(&mut self, exc: &Value) -> Option<String> {
        let obj = exc.as_obj()?;
        if let Some(Value::Str(text)) = self.own(exc, TEXT) {
            return Some(text.text.to_string());
        }
        if let Some(text) = self.custom_text(exc) {
            return text;
        }
        if let Some(text) = self.group_text(exc) {
            return Some(text);
        }
        if let Some(text) = self.os_error_text(exc) {
            return Some(text);
        }
        let args = self
            .heap
            .get(obj)
            .attrs
            .get(&self.names.args)
            .map(|s| s.value.clone());
        match args {
            Some(Value::Tuple(items)) => match items.as_ref() {
                [] => Some(String::new()),
                [one] if self.is_key_error(exc) => self.repr_of(one),
                [one] => self.text_of(one),
                _ => self.repr_of(&Value::Tuple(items.clone())),
            },
            Some(_) => None,
            None => Some(String::new()),
        }
    }

    fn is_key_error(&self, exc: &Value) -> bool {
        let key_error = self.builtins.exception("KeyError");
        self.class_of_exception(exc)
            .is_some_and(|c| self.is_subclass(c, key_error) == Some(true))
    }

    /// What a `__str__` written in Python gives: `Some(None)` when that is not known.
    fn custom_text(&mut self, exc: &Value) -> Option<Option<String>> {
        let name = self.names.str;
        let method = self.runnable(exc, name)?;
        Some(match self.call(&method, super::call::Args::none()) {
            Ok(Value::Str(s)) => Some(s.text.to_string()),
            _ => None,
        })
    }

    /// Records a fault that would end the start.
    pub fn report(&mut self, raised: &Raised) {
        self.record(raised, true);
    }

    /// Records a fault that may happen.
    pub fn possible(&mut self, raised: &Raised) {
        // Doubt inside library code is the simulator's own: only the project's own words count.
        let own_words = raised
            .frames
            .last()
            .is_some_and(|f| self.source(f.file).owner == Owner::Project);
        if !own_words || raised.exc.is_unknown() || self.is_handled(&raised.exc) {
            return;
        }
        self.record(raised, false);
    }

    fn record(&mut self, raised: &Raised, certain: bool) {
        let Some(mut fault) = self.fault_from(raised) else {
            if certain && self.unclear.is_none() && self.seen.faults.iter().all(|f| !f.certain) {
                self.unclear = Some("an exception of unknown type ends the start".to_owned());
            }
            return;
        };
        fault.certain = certain;
        let place = fault.place.as_ref().map(|p| (p.path.clone(), p.line));
        let inside_library = raised
            .frames
            .last()
            .is_some_and(|f| self.source(f.file).owner != Owner::Project);
        let innermost = fault.slots.get("innermost").cloned();
        let twin = self.seen.faults.iter().any(|f| {
            let same_place = f.place.as_ref().map(|p| (p.path.clone(), p.line)) == place;
            // One fault of a library is met again at every import of it.
            let same_cause = inside_library && f.slots.get("innermost") == innermost.as_ref();
            f.exception == fault.exception && f.certain >= certain && (same_place || same_cause)
        });
        if !twin {
            self.seen.faults.push(fault);
        }
    }

    /// A fault from an exception; `None` when its class is unknown.
    pub fn fault_from(&mut self, raised: &Raised) -> Option<Fault> {
        let class = self.class_of_exception(&raised.exc)?;
        let message = self.exception_text(&raised.exc).unwrap_or_default();
        let kind = self.class_name(class);
        let bases = self.base_names(class);
        let frames: Vec<ModelFrame> = raised
            .frames
            .iter()
            .filter(|f| self.source(f.file).owner == Owner::Project)
            .map(|f| self.model_frame(f))
            .collect();
        let blamed = raised
            .frames
            .iter()
            .rev()
            .find(|f| self.source(f.file).owner == Owner::Project);
        let innermost = raised.frames.last() == blamed;
        let (place, span) = match blamed {
            None => (None, None),
            Some(frame) => {
                let span = match raised.span {
                    Some(span) if innermost => span,
                    _ => (frame.offset, frame.offset),
                };
                (
                    Some(self.place(frame, span)),
                    Some(Span {
                        start: span.0,
                        end: span.1,
                    }),
                )
            }
        };
        let mut slots = raised.slots.clone();
        if let Some(frame) = raised.frames.last() {
            slots.insert(
                "innermost".to_owned(),
                format!("{}:{}", self.shown(frame.file), self.line_of(frame)),
            );
        }
        self.complete_slots(&mut slots);
        let kind_of_fault = match self.shadowed_module(raised.kind, &slots) {
            Some((stem, file)) => {
                slots.insert("stem".to_owned(), stem);
                slots.insert("file".to_owned(), file);
                "stdlib-shadowed"
            }
            None => raised.kind,
        };
        Some(Fault {
            phase: self.phase,
            exception: Exception { kind, message },
            bases,
            kind: kind_of_fault.to_owned(),
            place,
            span,
            chain: self.chain(&raised.frames),
            frames,
            cycle: raised.cycle.clone(),
            slots,
            certain: true,
        })
    }

    /// A name that is missing from a file of the project that stands in the place of a module of
    /// the standard library: name and file of that module.
    fn shadowed_module(
        &self,
        kind: &str,
        slots: &BTreeMap<String, String>,
    ) -> Option<(String, String)> {
        let named = match kind {
            "attribute-error" | "import-name" | "star-import" => slots.get("module")?,
            "module-not-found" => slots.get("name").filter(|name| name.contains('.'))?,
            _ => return None,
        };
        let stem = named.split('.').next()?;
        if !self.is_stdlib_name(stem) {
            return None;
        }
        let module = self.loaded(stem)?.as_obj()?;
        match &self.heap.get(module).kind {
            Kind::Module { info, .. } if info.owner == Owner::Project => {
                Some((stem.to_owned(), self.shown(info.file?)))
            }
            _ => None,
        }
    }

    fn model_frame(&self, frame: &TraceFrame) -> ModelFrame {
        ModelFrame {
            file: self.shown(frame.file),
            line: self.line_of(frame),
            function: frame.name.to_string(),
        }
    }

    fn line_of(&self, frame: &TraceFrame) -> u32 {
        frame
            .line
            .unwrap_or_else(|| self.source(frame.file).line(frame.offset))
    }

    fn place(&self, frame: &TraceFrame, span: (u32, u32)) -> Place {
        let file = self.source(frame.file);
        let path = self.shown(frame.file);
        if let Some(line) = frame.line {
            return Place::line(path, line);
        }
        let (line, column) = file.position(span.0);
        let (end_line, end_column) = file.position(span.1.max(span.0));
        Place {
            path,
            line,
            column,
            end_line,
            end_column,
        }
    }

    /// The place of a span in a file.
    pub fn place_of(&self, file: super::value::FileId, start: u32, end: u32) -> Place {
        let frame = TraceFrame {
            file,
            offset: start,
            name: "".into(),
            line: None,
        };
        self.place(&frame, (start, end))
    }

    /// Import chain from the entry: module frames inside the project.
    pub fn chain(&self, frames: &[TraceFrame]) -> Vec<ChainLink> {
        frames
            .iter()
            .filter(|f| self.source(f.file).owner == Owner::Project && &*f.name == "<module>")
            .map(|f| ChainLink {
                module: self.module_of_file(f.file),
                path: self.shown(f.file),
                line: self.line_of(f),
            })
            .collect()
    }

    /// Qualified name of a class, as a traceback prints it.
    pub fn class_name(&self, class: Obj) -> String {
        match &self.heap.get(class).kind {
            Kind::Class(data) if &*data.module == "builtins" => data.qualname.to_string(),
            Kind::Class(data) => format!("{}.{}", data.module, data.qualname),
            _ => "?".to_owned(),
        }
    }

    fn base_names(&self, class: Obj) -> Vec<String> {
        match &self.heap.get(class).kind {
            Kind::Class(data) => data
                .mro
                .iter()
                .skip(1)
                .map(|c| self.class_name(*c))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A condition of the project that could not be decided.
    pub(super) fn undecided(&mut self, test: &'a Expr) {
        let frame = self.frame();
        if frame.owner != Owner::Project {
            return;
        }
        let place = self.place_of(frame.file, test.start().to_u32(), test.end().to_u32());
        let entry = Undecided {
            subject: "startup".to_owned(),
            place: Some(place),
            why: "the condition depends on a value that is not known before the start".to_owned(),
        };
        if !self.seen.undecided.contains(&entry) {
            self.seen.undecided.push(entry);
        }
    }

    /// A class that stands for one whose module could not be executed.
    pub fn synthetic_class(&mut self, module: &str, name: &str, base: Obj) -> Obj {
        let memo = format!("class {module}.{name}");
        if let Some(Value::Obj(obj)) = self.memo.get(&memo) {
            return *obj;
        }
        let class = self.make_class(name, module, vec![Value::Obj(base)]);
        self.memo.insert(memo, Value::Obj(class));
        class
    }
}
