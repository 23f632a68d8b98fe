"""Asks real drivers what they say: one JSON case per line in, one JSON answer per line out.

A case: client ("asyncpg", "psycopg", "psycopg2", "pg8000"), via ("native", "sqlalchemy"), url, env, args.
An answer: {"type": ..., "text": ...}; type is "ok" when a query was answered.
"""

import asyncio
import json
import os
import signal
import sys
import warnings

warnings.simplefilter("ignore")
BASE = dict(os.environ)


async def asyncpg_native(case):
    import asyncpg

    connection = await asyncpg.connect(case["url"], **case["args"])
    try:
        await connection.fetchval("select 1")
    finally:
        await connection.close()


async def asyncpg_sqlalchemy(case):
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(case["url"], poolclass=NullPool, connect_args=case["args"])
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))


def native(case):
    module = __import__(case["client"])
    connection = module.connect(case["url"], **case["args"])
    try:
        cursor = connection.cursor()
        cursor.execute("select 1")
    finally:
        connection.close()


def sqlalchemy(case):
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(case["url"], poolclass=NullPool, connect_args=case["args"])
    with engine.connect() as connection:
        connection.execute(text("select 1"))


def run(case):
    os.environ.clear()
    os.environ.update(BASE)
    os.environ.update(case["env"])
    if case["client"] == "asyncpg":
        answer = asyncpg_native if case["via"] == "native" else asyncpg_sqlalchemy
        asyncio.run(asyncio.wait_for(answer(case), 20))
    elif case["via"] == "native":
        native(case)
    else:
        sqlalchemy(case)


def name(kind):
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


for line in sys.stdin:
    case = json.loads(line)
    # A driver that waits for ever ends the process: better a failed test than a hanging one.
    signal.alarm(30)
    try:
        run(case)
        answer = {"type": "ok", "text": ""}
    except BaseException as error:  # noqa: BLE001: whatever it is, it is the answer
        answer = {"type": name(type(error)), "text": str(error)}
    signal.alarm(0)
    print(json.dumps(answer), flush=True)
