"""Connects as a backend would and tells what came of it: one JSON object per line, in and out."""

import asyncio
import json
import os
import sys

import sqlalchemy as sa

META = sa.MetaData()
sa.Table(
    "notes",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String, unique=True, index=True),
)


def session(connection, case):
    rows = []
    for sql in case["sql"]:
        rows.append([list(row) for row in connection.execute(sa.text(sql)).all()])
    if case["create"]:
        META.create_all(connection)
        rows.append(sa.inspect(connection).has_table("notes"))
        META.drop_all(connection)
    return rows


def sync(case):
    engine = sa.create_engine(case["url"], pool_pre_ping=True, connect_args=case["connect_args"])
    try:
        with engine.begin() as connection:
            return session(connection, case)
    finally:
        engine.dispose()


async def on_asyncio(case):
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        case["url"], pool_pre_ping=True, connect_args=case["connect_args"]
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(session, case)
    finally:
        await engine.dispose()


def one(case):
    os.environ["PGSSLROOTCERT"] = case["ca"]
    try:
        if "+asyncpg" in case["url"]:
            rows = asyncio.run(on_asyncio(case))
        else:
            rows = sync(case)
        return {"rows": rows}
    except Exception as error:
        origin = getattr(error, "orig", None) or error
        # asyncpg behind SQLAlchemy hides the driver's own error one deeper.
        origin = origin.__cause__ if "asyncpg" in type(origin).__module__ and origin.__cause__ else origin
        kind = type(origin)
        return {"type": f"{kind.__module__}.{kind.__qualname__}", "text": str(origin)}


for line in sys.stdin:
    print(json.dumps(one(json.loads(line)), default=str), flush=True)
