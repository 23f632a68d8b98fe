//! Names that the interpreter itself looks for.

use super::value::{Interner, Sym};

macro_rules! names {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Well-known names by number.
        #[derive(Debug, Clone, Copy)]
        #[allow(missing_docs)]
        pub struct Names { $(pub $field: Sym),* }

        impl Names {
            /// Interns them all.
            pub fn new(interner: &mut Interner) -> Self {
                Self { $($field: interner.intern($text)),* }
            }
        }
    };
}

names! {
    all = "__all__", annotations = "__annotations__", args = "args", bases = "__bases__",
    builtins = "__builtins__", call = "__call__", class = "__class__",
    class_getitem = "__class_getitem__", delete = "__delete__", dict = "__dict__",
    dir = "__dir__", doc = "__doc__", enter = "__enter__", aenter = "__aenter__", exit = "__exit__",
    file = "__file__", get = "__get__", getattr = "__getattr__",
    getattribute = "__getattribute__", getitem = "__getitem__", eq = "__eq__",
    init = "__init__", init_subclass = "__init_subclass__", instancecheck = "__instancecheck__",
    iter = "__iter__", len = "__len__", bool = "__bool__",
    loader = "__loader__", missing = "__missing__", module = "__module__",
    mro_entries = "__mro_entries__", mro = "__mro__", name = "__name__", new = "__new__",
    package = "__package__", path = "__path__", qualname = "__qualname__",
    set = "__set__", set_name = "__set_name__", setattr = "__setattr__", slots = "__slots__",
    spec = "__spec__", str = "__str__", repr = "__repr__", subclasses = "__subclasses__", wrapped = "__wrapped__",
    metaclass = "metaclass", value = "value", code = "__code__",
    defaults = "__defaults__", kwdefaults = "__kwdefaults__", f_globals = "f_globals", globals = "__globals__", func = "func",
    fget = "fget", return_ = "return",
    abstract_ = "__isabstractmethod__",
    name_attr = "name", orig_bases = "__orig_bases__", hash = "__hash__", fspath = "__fspath__",
}
