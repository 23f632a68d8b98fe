//! `select(...)`: a statement that remembers which classes it asks for, so that running it
//! configures their mappers.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

const ENTITIES: &str = "<entities>";

/// Methods that give a statement of the same classes.
const CHAIN: &[&str] = &[
    "where",
    "filter",
    "filter_by",
    "options",
    "order_by",
    "group_by",
    "having",
    "limit",
    "offset",
    "distinct",
    "select_from",
    "with_for_update",
    "execution_options",
    "correlate",
    "join",
    "outerjoin",
    "join_from",
];

static SAME: NativeDef = NativeDef {
    name: "where",
    run: same,
};

fn same(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(this) => Ok(this.clone()),
        None => Ok(interp.unknown()),
    }
}

/// `select(*entities)`
pub fn select(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    if interp.dist_release("sqlalchemy") >= (2, 0, 0)
        && let Some(first @ Value::Obj(obj)) = args.pos.first()
        && let Kind::List(items) = &interp.heap.get(*obj).kind
    {
        let items = items.clone();
        let shown = interp.repr_of(first);
        let inner: Option<Vec<String>> = items.iter().map(|i| interp.repr_of(i)).collect();
        let message = match (shown, inner) {
            (Some(shown), Some(inner)) => format!(
                "Column expression, FROM clause, or other columns clause element expected, got {shown}. Did you mean to say select({})?",
                inner.join(", ")
            ),
            _ => "Column expression, FROM clause, or other columns clause element expected, got a list".to_owned(),
        };
        return Err(interp.sqlalchemy_fault("ArgumentError", &message, "raised", &[]));
    }
    let classes: Vec<Value> = args
        .pos
        .iter()
        .filter(|v| v.as_obj().is_some_and(|o| interp.is_class(o)))
        .cloned()
        .collect();
    if classes.is_empty() {
        return Ok(interp.unknown());
    }
    interp.blur();
    let statement = interp.library_object("sqlalchemy.sql.selectable", "Select");
    interp.store(&statement, ENTITIES, Value::tuple(classes));
    for name in CHAIN {
        let func = Value::Obj(interp.heap.alloc(Kind::Native(&SAME)));
        let method = interp.method(func, statement.clone());
        interp.store(&statement, name, method);
    }
    Ok(statement)
}

/// A statement is run: the mappers of its classes are configured.
pub fn run(interp: &mut Interp<'_>, statement: &Value) -> R<()> {
    if let Some(Value::Tuple(classes)) = interp.own(statement, ENTITIES) {
        for class in classes.iter() {
            if let Value::Obj(class) = class {
                interp.configure_for(*class)?;
            }
        }
    }
    Ok(())
}
