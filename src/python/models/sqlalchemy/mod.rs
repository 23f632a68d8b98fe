//! SQLAlchemy 1.4 to 2.1 and SQLModel: engines, first connections, sessions, mapped classes.
//!
//! What needs a database is neither success nor failure here; everything that is decided before
//! the first socket is opened is told exactly, in SQLAlchemy's own order.
//!
//! Sources: `sqlalchemy/engine/create.py`, `engine/url.py`, `orm/decl_base.py`, `orm/mapper.py`,
//! `orm/clsregistry.py`, `ext/asyncio/engine.py`; measured texts: `knowledge/drivers.toml`.

mod annotations;
mod columns;
mod configure;
mod connect;
mod declarative;
mod engine;
mod expression;
mod join;
mod scan;
mod select;
mod session;
mod sqlmodel;
mod tables;
mod url;

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::models::Entry;
use crate::python::native::NativeDef;
use crate::python::raise::{R, Stop};
use crate::python::value::{Kind, Value};

/// Models of this library.
pub const ENTRIES: &[Entry] = &[
    ("sqlalchemy.util.langhelpers", "decorator", decorator),
    (
        "sqlalchemy.engine.create",
        "create_engine",
        engine::create_engine,
    ),
    (
        "sqlalchemy.engine.create",
        "engine_from_config",
        engine::engine_from_config,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "create_async_engine",
        engine::create_async_engine,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "async_engine_from_config",
        engine::async_engine_from_config,
    ),
    ("sqlalchemy.engine.url", "make_url", url::make_url),
    ("sqlalchemy.engine.url", "URL.create", url::url_create),
    ("sqlalchemy.engine.url", "URL.set", url::url_set),
    (
        "sqlalchemy.engine.url",
        "URL.render_as_string",
        url::url_text,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "AsyncEngine.__init__",
        engine::async_engine_init,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "AsyncEngine.begin",
        connect::async_begin,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "AsyncEngine.connect",
        connect::async_connect,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "AsyncEngine.raw_connection",
        connect::async_raw,
    ),
    (
        "sqlalchemy.ext.asyncio.engine",
        "AsyncEngine.dispose",
        connect::quiet,
    ),
    (
        "sqlalchemy.engine.base",
        "Engine.begin",
        connect::sync_begin,
    ),
    (
        "sqlalchemy.engine.base",
        "Engine.connect",
        connect::sync_connect,
    ),
    (
        "sqlalchemy.engine.base",
        "Engine.raw_connection",
        connect::sync_connect,
    ),
    ("sqlalchemy.engine.base", "Engine.dispose", connect::quiet),
    (
        "sqlalchemy.engine.base",
        "Connection.execute",
        connect::execute,
    ),
    (
        "sqlalchemy.sql.schema",
        "MetaData.create_all",
        connect::create_all,
    ),
    (
        "sqlalchemy.sql.schema",
        "MetaData.drop_all",
        connect::create_all,
    ),
    (
        "sqlalchemy.sql.schema",
        "MetaData.reflect",
        connect::reflect,
    ),
    (
        "sqlalchemy.orm.session",
        "Session.__init__",
        session::session_init,
    ),
    (
        "sqlalchemy.orm.session",
        "Session.execute",
        session::statement,
    ),
    (
        "sqlalchemy.orm.session",
        "Session.scalar",
        session::statement,
    ),
    (
        "sqlalchemy.orm.session",
        "Session.scalars",
        session::statement,
    ),
    (
        "sqlalchemy.orm.session",
        "Session.connection",
        session::touches,
    ),
    ("sqlalchemy.orm.session", "Session.get", session::touches),
    ("sqlalchemy.orm.session", "Session.query", session::query),
    ("sqlalchemy.orm.session", "Session.add", connect::quiet),
    ("sqlalchemy.orm.session", "Session.add_all", connect::quiet),
    ("sqlalchemy.orm.session", "Session.commit", connect::quiet),
    ("sqlalchemy.orm.session", "Session.rollback", connect::quiet),
    ("sqlalchemy.orm.session", "Session.flush", connect::quiet),
    ("sqlalchemy.orm.session", "Session.refresh", connect::quiet),
    ("sqlalchemy.orm.session", "Session.close", connect::quiet),
    (
        "sqlalchemy.orm.session",
        "Session.__enter__",
        session::enter,
    ),
    ("sqlalchemy.orm.session", "Session.__exit__", connect::quiet),
    ("sqlmodel.orm.session", "Session.exec", session::statement),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.__init__",
        session::async_session_init,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.execute",
        session::statement,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.scalar",
        session::statement,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.scalars",
        session::statement,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.stream",
        session::statement,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.connection",
        session::touches,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.get",
        session::touches,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.commit",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.rollback",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.flush",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.refresh",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.close",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.add",
        connect::quiet,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.__aenter__",
        session::enter,
    ),
    (
        "sqlalchemy.ext.asyncio.session",
        "AsyncSession.__aexit__",
        connect::quiet,
    ),
    (
        "sqlmodel.ext.asyncio.session",
        "AsyncSession.exec",
        session::statement,
    ),
    (
        "sqlalchemy.sql.schema",
        "Column.__init__",
        columns::column_init,
    ),
    (
        "sqlalchemy.sql.schema",
        "ForeignKey.__init__",
        columns::foreign_key_init,
    ),
    ("sqlalchemy.sql.schema", "Table.__new__", tables::table_new),
    ("sqlalchemy.sql.schema", "Table.__init__", connect::quiet),
    (
        "sqlalchemy.sql.schema",
        "ColumnCollectionConstraint.__init__",
        columns::constraint_init,
    ),
    (
        "sqlalchemy.sql.schema",
        "Index.__init__",
        columns::index_init,
    ),
    (
        "sqlalchemy.orm.base",
        "class_mapper",
        configure::touch_class,
    ),
    (
        "sqlalchemy.sql._selectable_constructors",
        "select",
        select::select,
    ),
    (
        "sqlmodel.sql._expression_select_gen",
        "select",
        select::select,
    ),
    ("sqlmodel.sql.expression", "select", select::select),
    (
        "sqlalchemy.sql.schema",
        "ColumnCollectionMixin.__init__",
        columns::constraint_init,
    ),
    (
        "sqlalchemy.orm._orm_constructors",
        "mapped_column",
        columns::mapped_column,
    ),
    (
        "sqlalchemy.orm._orm_constructors",
        "relationship",
        columns::relationship,
    ),
    (
        "sqlalchemy.orm.relationships",
        "RelationshipProperty.__init__",
        columns::relationship_init,
    ),
    (
        "sqlalchemy.orm.decl_base",
        "_as_declarative",
        declarative::as_declarative,
    ),
    (
        "sqlalchemy.orm.decl_base",
        "_ORMClassConfigurator._as_declarative",
        declarative::as_declarative_method,
    ),
    (
        "sqlalchemy.orm.decl_api",
        "_setup_declarative_base",
        declarative::setup_base,
    ),
    (
        "sqlalchemy.orm.decl_api",
        "DeclarativeMeta.__init__",
        declarative::meta_init,
    ),
    (
        "sqlalchemy.orm.decl_api",
        "registry.configure",
        configure::configure,
    ),
    (
        "sqlalchemy.orm.mapper",
        "configure_mappers",
        configure::configure,
    ),
    (
        "sqlalchemy.orm.decl_base",
        "_declarative_constructor",
        declarative::constructor,
    ),
    (
        "sqlmodel.main",
        "SQLModelMetaclass.__new__",
        sqlmodel::class_new,
    ),
    (
        "sqlmodel.main",
        "SQLModelMetaclass.__init__",
        connect::quiet,
    ),
    (
        "sqlalchemy.sql.roles",
        "ExpressionElementRole.label",
        sqlmodel::not_known,
    ),
    (
        "sqlalchemy.sql.selectable",
        "Select._create_raw_select",
        sqlmodel::not_known,
    ),
    ("sqlmodel._compat", "sqlmodel_validate", sqlmodel::validate),
    ("sqlmodel.main", "SQLModel.__init__", sqlmodel::init),
    ("sqlmodel.main", "SQLModel.__new__", sqlmodel::new),
    ("sqlmodel.main", "SQLModel.__setattr__", sqlmodel::setattr),
];

static IDENTITY: NativeDef = NativeDef {
    name: "decorate",
    run: identity,
};

fn identity(interp: &mut Interp<'_>, args: Args) -> R<Value> {
    match args.pos.first() {
        Some(func) => Ok(func.clone()),
        None => Ok(interp.unknown()),
    }
}

/// `util.decorator(target)`: its decorators (deprecation warnings, generative methods) leave what
/// a function does unchanged; the wrapper itself is made with `exec`.
fn decorator(interp: &mut Interp<'_>, _args: Args) -> R<Value> {
    Ok(Value::Obj(interp.heap.alloc(Kind::Native(&IDENTITY))))
}

impl<'a> Interp<'a> {
    /// `20`, as in the links of SQLAlchemy's messages.
    fn sqlalchemy_link(&self, code: &str) -> String {
        let (major, minor, _) = self.dist_release("sqlalchemy");
        format!("(Background on this error at: https://sqlalche.me/e/{major}{minor}/{code})")
    }

    /// An exception of `sqlalchemy.exc`.
    fn sqlalchemy_fault(
        &mut self,
        class: &str,
        message: &str,
        kind: &'static str,
        slots: &[(&str, &str)],
    ) -> Stop {
        self.library_fault("sqlalchemy.exc", class, "Exception", message, kind, slots)
    }
}
