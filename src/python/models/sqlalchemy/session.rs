//! Sessions: what their constructors refuse, and statements that need a connection.

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::text::str_repr;
use crate::python::value::Value;

/// `Session.__init__(self, bind=None, *, ...)`
pub fn session_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    if interp.dist_release("sqlalchemy") >= (2, 0, 0) {
        let autocommit = interp.parameter(&bound, "autocommit");
        if matches!(autocommit, Value::Bool(true)) {
            let message = "autocommit=True is no longer supported";
            return Err(interp.sqlalchemy_fault("ArgumentError", message, "raised", &[]));
        }
        if matches!(interp.parameter(&bound, "future"), Value::Bool(false)) {
            let message = "The 'future' parameter passed to Session() may only be set to True.";
            return Err(interp.sqlalchemy_fault("ArgumentError", message, "raised", &[]));
        }
    }
    let bind = interp.parameter(&bound, "bind");
    interp.store(&this, "bind", bind);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `AsyncSession.__init__(self, bind=None, *, binds=None, sync_session_class=None, **kw)`
pub fn async_session_init(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bound = interp.bound(&args)?;
    let Some(this) = args.pos.first().cloned() else {
        return Ok(Value::None);
    };
    let bind = interp.parameter(&bound, "bind");
    let (keywords, open) = interp.keywords(&bound, "kw");
    let mut given = interp.parameter(&bound, "sync_session_class");
    if matches!(given, Value::None | Value::Unknown) {
        given = interp
            .get(&this, "sync_session_class")
            .unwrap_or(Value::Unknown);
    }
    let kw = keywords
        .into_iter()
        .map(|(name, value)| (interp.sym(&name), value))
        .collect();
    let inner = interp.call(
        &given,
        Args {
            kw,
            open,
            ..Args::default()
        },
    )?;
    interp.store(&inner, "bind", bind.clone());
    interp.store(&inner, "<async>", Value::Bool(true));
    interp.store(&this, "sync_session", inner);
    interp.store(&this, "bind", bind);
    interp.open_instance(&this);
    Ok(Value::None)
}

/// `with session:`
pub fn enter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(this) => Ok(this.clone()),
        None => Ok(interp.unknown()),
    }
}

/// A statement: mappers are configured, plain text is refused, then a connection is needed.
pub fn statement(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let statement = args.pos.get(1).cloned().unwrap_or(Value::Unknown);
    if let Value::Str(text) = &statement
        && interp.dist_release("sqlalchemy") >= (2, 0, 0)
    {
        let shown = str_repr(&text.text);
        let message = format!(
            "Textual SQL expression {shown} should be explicitly declared as text({shown})"
        );
        return Err(interp.sqlalchemy_fault("ArgumentError", &message, "raised", &[]));
    }
    super::select::run(interp, &statement)?;
    touches(interp, args)
}

/// Whatever needs a connection.
pub fn touches(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(this) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    for value in &args.pos[1..] {
        if let Value::Obj(obj) = value
            && interp.is_class(*obj)
        {
            interp.configure_for(*obj)?;
        }
    }
    let bind = interp.own(&this, "bind").unwrap_or(Value::Unknown);
    if interp.is_a(&this, "sqlalchemy.orm.session.Session")
        && interp.is_a(&bind, "sqlalchemy.ext.asyncio.engine.AsyncEngine")
        && interp.own(&this, "<async>").is_none()
    {
        let message =
            "AsyncConnection context has not been started and object has not been awaited.";
        return Err(interp.library_fault(
            "sqlalchemy.ext.asyncio.exc",
            "AsyncContextNotStarted",
            "Exception",
            message,
            "raised",
            &[("object", "Session")],
        ));
    }
    interp.first_connect(&bind)?;
    Ok(interp.unknown())
}

/// `session.query(...)`: configures mappers, connects later.
pub fn query(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    super::configure::touch_class(interp, args)
}
