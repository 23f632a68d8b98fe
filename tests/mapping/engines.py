# Engines, sessions and first connections, up to the socket.
# --- eng_ssl_true | asyncpg.exceptions._base.ClientConfigurationError 5
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
e = create_async_engine("postgresql+asyncpg://u:p@127.0.0.1:1/d?ssl=true")
async def m():
    async with e.connect() as c: pass
asyncio.run(m())
# --- eng_ssl_connect_args | asyncpg.exceptions._base.ClientConfigurationError 5
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
e = create_async_engine("postgresql+asyncpg://u:p@127.0.0.1:1/d", connect_args={"ssl": "on"})
async def m():
    async with e.begin() as c: pass
asyncio.run(m())
# --- eng_sync_asyncpg | sqlalchemy.exc.MissingGreenlet 3
from sqlalchemy import create_engine
e = create_engine("postgresql+asyncpg://u:p@127.0.0.1:1/d")
e.connect()
# --- eng_sync_aiosqlite_create | sqlalchemy.exc.MissingGreenlet 4
from sqlalchemy import create_engine, MetaData, Table, Column, Integer
m = MetaData()
Table("t", m, Column("id", Integer))
m.create_all(create_engine("sqlite+aiosqlite:///x.db"))
# --- eng_sync_aiosqlite_wrapped | starts
import asyncio
from sqlalchemy import create_engine, MetaData, Table, Column, Integer
from sqlalchemy.ext.asyncio import AsyncEngine
m = MetaData()
Table("t", m, Column("id", Integer))
e = AsyncEngine(create_engine("sqlite+aiosqlite:///x.db"))
async def go():
    async with e.begin() as c:
        await c.run_sync(m.create_all)
asyncio.run(go())
# --- eng_async_create_all | sqlalchemy.exc.NoReferencedTableError 9
import asyncio
from sqlalchemy import MetaData, Table, Column, Integer, ForeignKey
from sqlalchemy.ext.asyncio import create_async_engine
m = MetaData()
Table("t", m, Column("id", Integer, ForeignKey("u.id")))
e = create_async_engine("sqlite+aiosqlite://")
async def go():
    async with e.begin() as c:
        await c.run_sync(m.create_all)
asyncio.run(go())
# --- eng_sqlite_pool | TypeError 2
from sqlalchemy import create_engine
create_engine("sqlite://", pool_size=5, max_overflow=10)
# --- eng_sqlite_file_pool | starts
from sqlalchemy import create_engine
create_engine("sqlite:///x.db", pool_size=5, max_overflow=10)
# --- eng_aiosqlite_pool | TypeError 2
from sqlalchemy.ext.asyncio import create_async_engine
create_async_engine("sqlite+aiosqlite:///:memory:", pool_size=5, max_overflow=10)
# --- eng_aiosqlite_file_pool | starts
from sqlalchemy.ext.asyncio import create_async_engine
create_async_engine("sqlite+aiosqlite:///x.db", pool_size=5, max_overflow=10)
# --- eng_nullpool_size | ModuleNotFoundError 2
from sqlalchemy import create_engine, NullPool
create_engine("postgresql+psycopg2://u:p@h/d", poolclass=NullPool, pool_size=5)
# --- eng_bad_kw | TypeError 2
from sqlalchemy import create_engine
create_engine("sqlite://", pool_timeouts=5)
# --- eng_bad_kw_pg | ModuleNotFoundError 2
from sqlalchemy import create_engine
create_engine("postgresql+psycopg2://u:p@h/d", autocommit=False)
# --- eng_session_kw | ModuleNotFoundError 2
from sqlalchemy import create_engine
create_engine("postgresql+psycopg2://u:p@h/d", expire_on_commit=False)
# --- eng_check_same_thread | TypeError 2
from sqlalchemy import create_engine
create_engine("sqlite:///x.db", check_same_thread=False)
# --- eng_check_same_thread_pg | ModuleNotFoundError 2
from sqlalchemy import create_engine
create_engine("postgresql+psycopg2://u:p@127.0.0.1:1/d", connect_args={"check_same_thread": False}).connect()
# --- eng_encoding | TypeError 2
from sqlalchemy import create_engine
create_engine("sqlite://", encoding="utf8", convert_unicode=True)
# --- eng_ok_kw | ModuleNotFoundError 2
from sqlalchemy import create_engine
create_engine("postgresql+psycopg2://u:p@h/d", pool_size=5, max_overflow=1, pool_timeout=3, pool_recycle=3, pool_pre_ping=True, echo=True, echo_pool=True, isolation_level="AUTOCOMMIT", json_serializer=str, future=True, execution_options={}, connect_args={}, hide_parameters=True, pool_use_lifo=True, query_cache_size=5, client_encoding="utf8", executemany_mode="values_only")
# --- eng_execute | AttributeError 3
from sqlalchemy import create_engine
e = create_engine("sqlite://")
e.execute("select 1")
# --- eng_table_names | AttributeError 2
from sqlalchemy import create_engine
create_engine("sqlite://").table_names()
# --- eng_attributes | starts
from sqlalchemy import create_engine, event, text, inspect
e = create_engine("sqlite://")
e.url, e.dialect.name, e.name, e.driver, e.pool, e.echo, e.logging_name
e.url.database
@event.listens_for(e, "connect")
def f(a, b): pass
e.execution_options(isolation_level="AUTOCOMMIT")
e.dispose()
e.get_execution_options()
e.update_execution_options()
e.clear_compiled_cache()
inspect(e)
e.foo = 1
e.foo
with e.connect() as c:
    c.execute(text("select 1"))
    c.commit()
with e.begin() as c: pass
e.raw_connection()
# --- eng_conn_execute_str | sqlalchemy.exc.ObjectNotExecutableError 3
from sqlalchemy import create_engine
with create_engine("sqlite://").connect() as c:
    c.execute("select 1")
# --- eng_async_execute_str | sqlalchemy.exc.ObjectNotExecutableError 5
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
async def go():
    async with create_async_engine("sqlite+aiosqlite://").connect() as c:
        await c.execute("select 1")
asyncio.run(go())
# --- eng_session_noclass | TypeError 7
import asyncio
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine
S = sessionmaker(bind=create_async_engine("sqlite+aiosqlite://"))
async def go():
    async with S() as s: await s.execute(text("select 1"))
asyncio.run(go())
# --- eng_session_noclass_sync | sqlalchemy.ext.asyncio.exc.AsyncContextNotStarted 5
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine
S = sessionmaker(bind=create_async_engine("sqlite+aiosqlite://"))
with S() as s: s.execute(text("select 1"))
# --- eng_session_ok | starts
import asyncio
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine, AsyncSession, async_sessionmaker
e = create_async_engine("sqlite+aiosqlite://")
S = sessionmaker(bind=e, class_=AsyncSession, expire_on_commit=False)
T = async_sessionmaker(e, expire_on_commit=False, autoflush=False)
async def go():
    async with S() as s: await s.execute(text("select 1"))
    async with T() as s: await s.execute(text("select 1"))
    async with T.begin() as s: await s.execute(text("select 1"))
    async with AsyncSession(e) as s:
        async with s.begin(): await s.scalar(text("select 1"))
asyncio.run(go())
# --- eng_async_session_with | TypeError 3
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker
T = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))
with T() as s: pass
# --- eng_async_engine_with | TypeError 2 | may miss
from sqlalchemy.ext.asyncio import create_async_engine
with create_async_engine("sqlite+aiosqlite://").connect() as c: pass
# --- eng_async_engine_sync_begin | TypeError 2
from sqlalchemy.ext.asyncio import create_async_engine
with create_async_engine("sqlite+aiosqlite://").begin() as c: pass
# --- eng_sync_engine_async_with | TypeError 4
import asyncio
from sqlalchemy import create_engine
async def go():
    async with create_engine("sqlite://").begin() as c: pass
asyncio.run(go())
# --- eng_sessionmaker_autocommit | starts
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
S = sessionmaker(autocommit=False, autoflush=False, bind=create_engine("sqlite://"))
S()
# --- eng_sessionmaker_bad_kw | TypeError 4
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
S = sessionmaker(autocomit=False, bind=create_engine("sqlite://"))
S()
# --- eng_async_sessionmaker_engine_none | starts
from sqlalchemy.ext.asyncio import async_sessionmaker
async_sessionmaker(None)()
# --- eng_session_exec_str | sqlalchemy.exc.ArgumentError 3
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
Session(create_engine("sqlite://")).execute("select 1")
# --- eng_sqlite_dir | sqlalchemy.exc.OperationalError 2
from sqlalchemy import create_engine
create_engine("sqlite:///data/app.db").connect()
# --- eng_sqlite_dir_made | starts
import os
from sqlalchemy import create_engine, text
os.makedirs("data", exist_ok=True)
create_engine("sqlite:///data/app.db").connect()
create_engine("sqlite:///./app.db").connect()
# --- eng_sqlite_dir_lazy | starts
from sqlalchemy import create_engine
create_engine("sqlite:///data/app.db")
# --- eng_sqlite_dir_begin | sqlalchemy.exc.OperationalError 2
from sqlalchemy import create_engine, MetaData
MetaData().create_all(create_engine("sqlite:////no/such/dir/app.db"))
# --- eng_aiosqlite_dir | sqlalchemy.exc.OperationalError 4
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
async def go():
    async with create_async_engine("sqlite+aiosqlite:///data/app.db").begin() as c: pass
asyncio.run(go())
# --- eng_sqlite_relative | sqlalchemy.exc.ArgumentError 2
from sqlalchemy import create_engine
create_engine("sqlite://data/app.db").connect()
# --- eng_select_list | sqlalchemy.exc.ArgumentError 3
from sqlalchemy import select, Table, MetaData, Column, Integer
t = Table("t", MetaData(), Column("id", Integer))
select([t])
# --- eng_select_chain | starts
from sqlalchemy import select, func, Table, MetaData, Column, Integer, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, Session
class B(DeclarativeBase): pass
class U(B):
    __tablename__ = "u"
    id: Mapped[int] = mapped_column(primary_key=True)
e = create_engine("sqlite://")
B.metadata.create_all(e)
q = select(U).where(U.id == 1).order_by(U.id.desc()).limit(5)
q2 = select(func.count()).select_from(q.subquery())
q.compile(); str(q); q.exists(); q.cte(); q.add_columns(U.id); q.scalar_subquery
if q is not None: pass
with Session(e) as s:
    s.scalars(q).all(); s.execute(q2).scalar()
    for u in s.scalars(select(U)): u.id
    s.add(U(id=1)); s.commit(); s.get(U, 1).id
# --- eng_base_engine_bind | TypeError 2
from sqlalchemy import create_engine, MetaData
MetaData(bind=create_engine("sqlite://"))
# --- eng_create_all_no_bind | TypeError 2
from sqlalchemy import MetaData
MetaData().create_all()
# --- eng_table_ok | starts
from sqlalchemy import Table, Column, Integer, MetaData, String, ForeignKey, Index, UniqueConstraint
m = MetaData(naming_convention={"ix": "ix_%(column_0_label)s"}, schema=None)
t = Table("t", m, Column("id", Integer, primary_key=True), Column("a", String(5), index=True), UniqueConstraint("a"), Index("x", "a"), schema="s", comment="c", mysql_engine="InnoDB")
t.c.id, t.columns.a, t.primary_key, t.name, t.select(), t.insert().values(id=1), m.tables["s.t"], m.sorted_tables
Table("t", m, schema="s")
# --- eng_table_twice | sqlalchemy.exc.InvalidRequestError 4
from sqlalchemy import Table, Column, Integer, MetaData
m = MetaData()
Table("t", m, Column("id", Integer))
Table("t", m, Column("id", Integer))
# --- eng_autoload | TypeError 2
from sqlalchemy import MetaData, create_engine, Table
Table("t", MetaData(), autoload=True, autoload_with=create_engine("sqlite://"))
# --- eng_ext_declarative | starts
from sqlalchemy.ext.declarative import declarative_base
B = declarative_base()
# --- eng_url_create | sqlalchemy.exc.OperationalError 2
from sqlalchemy import URL, create_engine
create_engine(URL.create("sqlite", database="data/x.db")).connect()
# --- eng_url_create_ok | starts
from sqlalchemy import URL, create_engine
create_engine(URL.create("sqlite", database=":memory:"), pool_size=3)
