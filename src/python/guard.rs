//! Bounds for walks through values: objects may hold themselves, and tuples may share their parts
//! so that what is small in memory is endless to read.

use super::value::Obj;

/// How deep and how far a walk is.
#[derive(Debug, Default)]
pub struct Guard {
    depth: u32,
    work: u32,
    shown: Vec<Obj>,
}

/// CPython's own limit is 1,000 frames of C code; nobody nests data this deep.
const MAX_DEPTH: u32 = 200;
/// Parts that one walk may visit.
const MAX_WORK: u32 = 200_000;

impl Guard {
    /// Goes one level deeper; false when that is too deep or too far. [`Guard::leave`] must follow.
    pub fn enter(&mut self) -> bool {
        if self.depth == 0 {
            self.work = 0;
        }
        self.depth += 1;
        self.work = self.work.saturating_add(1);
        self.depth <= MAX_DEPTH && self.work <= MAX_WORK
    }

    /// Comes back from a level.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Begins to show an object; false when it is being shown already (`[...]`).
    pub fn show(&mut self, obj: Obj) -> bool {
        let new = !self.shown.contains(&obj);
        if new {
            self.shown.push(obj);
        }
        new
    }

    /// Ends what [`Guard::show`] began.
    pub fn shown(&mut self) {
        self.shown.pop();
    }
}
