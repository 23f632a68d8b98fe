# --- a manager that yields
from contextlib import contextmanager

@contextmanager
def tx(value):
    yield value

with tx(5) as five:
    assert five == 5
{}[five]

# --- a manager without yield
from contextlib import contextmanager

@contextmanager
def tx():
    return None

with tx():
    pass

# --- a manager whose generator does not yield
from contextlib import contextmanager

@contextmanager
def tx(go=False):
    if go:
        yield

with tx():
    pass

# --- an asynchronous manager without yield
import asyncio
from contextlib import asynccontextmanager

@asynccontextmanager
async def life(app):
    pass

async def main():
    async with life(None):
        pass

asyncio.run(main())

# --- a synchronous manager in async with
import asyncio
from contextlib import contextmanager

@contextmanager
def life(app):
    yield

async def main():
    async with life(None):
        pass

asyncio.run(main())

# --- an asynchronous manager in with
from contextlib import asynccontextmanager

@asynccontextmanager
async def life(app):
    yield

with life(None):
    pass

# --- a coroutine in async with
import asyncio

async def life(app):
    pass

async def main():
    async with life(None):
        pass

asyncio.run(main())

# --- a manager that takes no argument
from contextlib import contextmanager

@contextmanager
def tx():
    yield

with tx(1):
    pass

# --- a manager as decorator
from contextlib import contextmanager

@contextmanager
def tx(name):
    yield

@tx("a")
def seven():
    return 7

{}[seven()]

# --- a manager that swallows
from contextlib import contextmanager

@contextmanager
def swallow():
    try:
        yield
    except KeyError:
        pass

with swallow():
    {}["x"]

# --- an exit stack with suppress
from contextlib import ExitStack, suppress

with ExitStack() as stack:
    stack.enter_context(suppress(KeyError))
    {}["x"]

# --- an empty exit stack
from contextlib import ExitStack

with ExitStack() as stack:
    {}["x"]

# --- origins and arguments of annotations
from typing import Annotated, Dict, List, Literal, Mapping, Optional, Union, get_args, get_origin

assert get_origin(int) is None
assert get_origin(List[int]) is list and get_origin(list[int]) is list
assert get_origin(Annotated[int, 1]) is Annotated and get_args(Annotated[int, 1]) == (int, 1)
assert get_origin(Optional[int]) is Union and get_args(Optional[int]) == (int, type(None))
assert get_args(Literal["a", "b"]) == ("a", "b") and get_args(Dict[str, int]) == (str, int)
assert issubclass(dict, Mapping) and not issubclass(list, Mapping) and not issubclass(int, (List, Mapping))
raise ValueError(f"{Optional[int]} {Union[int, str]} {int | None} {List[int]} {list[int]} {Annotated[int, 1]}")

# --- abstract classes know their registered classes # may miss
from collections.abc import Mapping, MutableMapping, Sequence

class Own(Mapping):
    def __getitem__(self, key): raise KeyError(key)
    def __iter__(self): return iter(())
    def __len__(self): return 0

class Listed:
    pass

Sequence.register(Listed)
assert isinstance({}, Mapping) and isinstance([], Sequence) and not isinstance(1, Sequence)
assert isinstance(Own(), Mapping) and not issubclass(Own, MutableMapping) and not issubclass(int, Own)
if not issubclass(Listed, Sequence):
    raise TypeError

# --- a level that is no level
import logging

logging.basicConfig(level="debug")

# --- a level of a logger in small letters
import logging

logging.getLogger("app").setLevel("info")

# --- a level that is nothing
import logging

logging.getLogger("app").setLevel(None)

# --- a level of its own
import logging

logging.addLevelName(5, "TRACE")
logging.getLogger("app").setLevel("TRACE")

# --- a log file in a directory that is not there
import logging

try:
    logging.basicConfig(filename="nowhere/app.log")
except FileNotFoundError as error:
    raise RuntimeError(error.errno)

# --- logging is configured once
import logging

logging.basicConfig(level=logging.INFO)
logging.basicConfig(filename="nowhere/app.log", level="nothing")

# --- a logging configuration that is not there
import logging.config

logging.config.fileConfig("logging.ini")
