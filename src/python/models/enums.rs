//! Enumerations (`enum`), as far as their members are plain.

use crate::python::interp::Interp;
use crate::python::value::{Obj, Value};

impl<'a> Interp<'a> {
    /// Members of an enumeration in order; `None` when the class is none or they are not known.
    pub(in crate::python) fn enum_members(&mut self, _class: Obj) -> Option<Vec<Value>> {
        None
    }

    /// `Color["RED"]`
    pub(in crate::python) fn enum_member(&mut self, _class: Obj, _index: &Value) -> Option<Value> {
        None
    }
}
