//! Starlette and FastAPI applications as the run meets them: which object is served.

use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::value::Value;

/// Models of this file.
pub const ENTRIES: &[Entry] = &[];

impl<'a> Interp<'a> {
    /// Remembers which application object the server serves.
    pub fn note_application(&mut self, app: &Value) {
        let _ = app;
    }
}
