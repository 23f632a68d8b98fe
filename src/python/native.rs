//! Functions of the simulator that stand for functions of Python or of a library.

use super::call::Args;
use super::interp::Interp;
use super::raise::R;
use super::value::Value;

/// Code of a native function.
pub type Native = for<'a, 'b> fn(&'b mut Interp<'a>, Args) -> R<Value>;

/// A native function with its name.
pub struct NativeDef {
    /// Name, as shown in messages.
    pub name: &'static str,
    /// What it does.
    pub run: Native,
}

impl std::fmt::Debug for NativeDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
