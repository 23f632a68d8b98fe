//! Exceptions on their way up, and the other ways in which a body can end early.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::value::{FileId, Value};

/// Result of a step.
pub type R<T> = Result<T, Stop>;

/// Why evaluation stops.
#[derive(Debug)]
pub enum Stop {
    /// A Python exception.
    Raise(Box<Raised>),
    /// A budget is spent.
    Budget(&'static str),
    /// The start is complete: nothing after this point matters.
    Complete,
}

/// One frame of a traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceFrame {
    /// File.
    pub file: FileId,
    /// Byte offset of the instruction.
    pub offset: u32,
    /// `<module>`, a function or class name.
    pub name: Rc<str>,
    /// Full line when the offset does not tell it.
    pub line: Option<u32>,
}

/// A raised exception with what is known about its cause.
#[derive(Debug, Clone)]
pub struct Raised {
    /// The exception instance.
    pub exc: Value,
    /// The stack when it was raised, outermost first.
    pub frames: Vec<TraceFrame>,
    /// What kind of fault it is (see `model::Fault::kind`).
    pub kind: &'static str,
    /// Values for texts and fixes.
    pub slots: BTreeMap<String, String>,
    /// Bytes to blame in the innermost frame's file.
    pub span: Option<(u32, u32)>,
    /// Modules of an import cycle, first = last.
    pub cycle: Vec<String>,
    /// A `raise` statement or a model said so; not an operation of the interpreter.
    pub explicit: bool,
}

/// How a statement ends.
#[derive(Debug, Clone)]
pub enum Flow {
    /// The next statement runs.
    Next,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return(Value),
    /// It may have returned this; or the next statement runs.
    MaybeReturn(Value),
    /// It may have left the loop or the iteration; or the next statement runs.
    MaybeLeave,
}
