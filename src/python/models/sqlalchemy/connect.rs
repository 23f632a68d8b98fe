//! The first connection of an engine, up to the socket: parameters that the driver refuses.

use crate::knowledge::drivers;
use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Obj, Slot, Value};

/// A call without effect on what is simulated.
pub fn quiet(_: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(Value::None)
}

/// `async with engine.begin()`
pub fn async_begin(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args))
}

/// `engine.connect()`: connects when it is entered or awaited.
pub fn async_connect(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args))
}

/// `await engine.raw_connection()`
pub fn async_raw(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    Ok(interp.unknown())
}

/// `with engine.begin()`
pub fn sync_begin(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    Ok(manager(interp, &args))
}

/// `engine.connect()`
pub fn sync_connect(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args.pos.first().cloned() else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    interp.blur();
    Ok(interp.library_object("sqlalchemy.engine.base", "Connection"))
}

/// `metadata.create_all(bind, ...)`
pub fn create_all(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let bind = args
        .get(1, interp.sym("bind"))
        .cloned()
        .unwrap_or(Value::Unknown);
    interp.configure_for_use()?;
    if interp.is_a(&bind, "sqlalchemy.ext.asyncio.engine.AsyncEngine") {
        let message = "'AsyncEngine' object has no attribute '_run_ddl_visitor'";
        let slots = [("object", "AsyncEngine"), ("name", "_run_ddl_visitor")];
        return Err(interp.fault("AttributeError", message, "attribute-error", &slots));
    }
    interp.first_connect(&bind)?;
    Ok(interp.unknown())
}

static ENTER: NativeDef = NativeDef {
    name: "__enter__",
    run: enter,
};
static AENTER: NativeDef = NativeDef {
    name: "__aenter__",
    run: aenter,
};
static AWAIT: NativeDef = NativeDef {
    name: "__await__",
    run: await_connection,
};
static LEAVE: NativeDef = NativeDef {
    name: "__exit__",
    run: quiet,
};
static ALEAVE: NativeDef = NativeDef {
    name: "__aexit__",
    run: aleave,
};

/// An object that connects when it is entered.
fn manager(interp: &mut Interp<'_>, args: &Args) -> Value {
    let engine = args.pos.first().cloned().unwrap_or(Value::Unknown);
    let class = manager_class(interp);
    let object = Value::Obj(interp.instance(class));
    interp.store(&object, "<engine>", engine);
    interp.open_instance(&object);
    object
}

fn manager_class(interp: &mut Interp<'_>) -> Obj {
    if let Some(Value::Obj(class)) = interp.memo.get("class engine manager") {
        return *class;
    }
    let object = Value::Obj(interp.builtins.object_class);
    let class = interp.make_class(
        "AsyncConnection",
        "sqlalchemy.ext.asyncio.engine",
        vec![object],
    );
    for (name, native) in [
        ("__enter__", &ENTER),
        ("__exit__", &LEAVE),
        ("__aenter__", &AENTER),
        ("__aexit__", &ALEAVE),
        ("__await__", &AWAIT),
    ] {
        let value = Value::Obj(interp.heap.alloc(Kind::Native(native)));
        let name = interp.sym(name);
        interp
            .heap
            .get_mut(class)
            .attrs
            .insert(name, Slot::sure(value));
    }
    interp
        .memo
        .insert("class engine manager".to_owned(), Value::Obj(class));
    class
}

fn enter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args
        .pos
        .first()
        .and_then(|this| interp.own(this, "<engine>"))
    else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    interp.blur();
    Ok(interp.library_object("sqlalchemy.engine.base", "Connection"))
}

fn aenter(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args
        .pos
        .first()
        .and_then(|this| interp.own(this, "<engine>"))
    else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    interp.blur();
    let connection = interp.library_object("<sqlalchemy>", "AsyncConnection");
    Ok(interp.ready(connection))
}

fn await_connection(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    let Some(engine) = args
        .pos
        .first()
        .and_then(|this| interp.own(this, "<engine>"))
    else {
        return Ok(interp.unknown());
    };
    interp.first_connect(&engine)?;
    Ok(interp.unknown())
}

fn aleave(interp: &mut Interp<'_>, _: Args) -> R<Value> {
    Ok(interp.ready(Value::None))
}

impl<'a> Interp<'a> {
    /// The start uses a connection of this engine (or of what a session is bound to).
    ///
    /// # Errors
    /// What the driver says to parameters that it does not know.
    pub fn first_connect(&mut self, bind: &Value) -> R<()> {
        let engine = match self.own(bind, "sync_engine") {
            Some(inner) => inner,
            None => bind.clone(),
        };
        if !self.is_a(&engine, "sqlalchemy.engine.base.Engine") {
            return Ok(());
        }
        let certain = self.doubt == 0;
        if certain
            && let Some(Value::Int(at)) = self.own(&engine, "<fact>")
            && let Ok(at) = usize::try_from(at)
        {
            let frame = self
                .trace()
                .into_iter()
                .rev()
                .find(|f| self.source(f.file).owner == crate::python::value::Owner::Project);
            let place = frame.map(|f| self.place_of(f.file, f.offset, f.offset));
            if let Some(fact) = self.seen.urls.get_mut(at)
                && fact.connects.is_none()
            {
                fact.connects = place;
            }
        }
        self.check_parameters(&engine)
    }

    fn check_parameters(&mut self, engine: &Value) -> R<()> {
        let Some(Value::Tuple(params)) = self.own(engine, "<params>") else {
            return Ok(());
        };
        let Some(driver) = self
            .own(engine, "<driver>")
            .and_then(|d| d.as_str().and_then(drivers::driver))
        else {
            return Ok(());
        };
        let version = driver.dists.iter().find_map(|d| self.dist_version(d));
        let sqlalchemy = self.dist_version("sqlalchemy");
        let refused: Vec<&str> = params
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| driver.accepts(name, version, sqlalchemy) == Some(false))
            .collect();
        let mut stops = Vec::new();
        for name in refused {
            let Some((kind, mut message)) = driver.rejection(name) else {
                continue;
            };
            let slots = [("param", name), ("driver", driver.name.as_str())];
            let stop = match kind.rsplit_once('.') {
                Some((module, class)) => {
                    if module == "sqlalchemy.exc" {
                        let link = self.sqlalchemy_link("f405");
                        message = format!("{message}\n{link}");
                    }
                    self.library_fault(
                        module,
                        class,
                        "Exception",
                        &message,
                        "url-parameter",
                        &slots,
                    )
                }
                None => self.fault(&kind, &message, "url-parameter", &slots),
            };
            stops.push(stop);
        }
        if stops.is_empty() {
            return Ok(());
        }
        let first = stops.remove(0);
        // The others wait behind the first one: the user meets them one start after the other.
        if let Stop::Raise(raised) = &first
            && self.doubt == 0
            && !self.is_handled(&raised.exc)
        {
            self.report(raised);
            for stop in &stops {
                if let Stop::Raise(raised) = stop {
                    self.report(raised);
                }
            }
        }
        Err(first)
    }
}
