//! Protocol buffers: generated code that is older than the runtime.
//!
//! Up to protoc 3.18 a `_pb2.py` builds its descriptors in Python. The runtime in C (`upb`, since
//! protobuf 4.21) refuses that, whoever asks (`PyUpb_Message__CheckCalledFromGeneratedFile`); the one
//! in Python, chosen by a variable, does not define these methods.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::raise::R;
use crate::python::value::Value;

const MODULE: &str = "google.protobuf.descriptor";

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    (MODULE, "Descriptor.__new__", created_directly),
    (MODULE, "FieldDescriptor.__new__", created_directly),
    (MODULE, "EnumDescriptor.__new__", created_directly),
    (MODULE, "EnumValueDescriptor.__new__", created_directly),
    (MODULE, "OneofDescriptor.__new__", created_directly),
    (MODULE, "ServiceDescriptor.__new__", created_directly),
    (MODULE, "MethodDescriptor.__new__", created_directly),
];

const REFUSAL: &str = "Descriptors cannot be created directly.\n\
If this call came from a _pb2.py file, your generated code is out of date and must be regenerated with protoc >= 3.19.0.\n\
If you cannot immediately regenerate your protos, some other possible workarounds are:\n\
\x201. Downgrade the protobuf package to 3.20.x or lower.\n\
\x202. Set PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python (but this will use pure-Python parsing and will be much slower).\n\
\n\
More information: https://developers.google.com/protocol-buffers/docs/news/2022-05-06#python-updates";

fn created_directly(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    let api = "google.protobuf.internal.api_implementation";
    let kind = interp.loaded_attribute(api, "_implementation_type");
    match kind.as_ref().and_then(Value::as_str) {
        Some("upb") => Err(interp.error("TypeError", REFUSAL)),
        _ => Ok(interp.unknown()),
    }
}
