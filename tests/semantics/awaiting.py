# --- exit stack enters what is asynchronous
from contextlib import AsyncExitStack, asynccontextmanager
import asyncio
@asynccontextmanager
async def db():
    raise ConnectionError("down")
    yield
async def main():
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(db())
asyncio.run(main())

# --- exit stack enters a generator
from contextlib import ExitStack, contextmanager
@contextmanager
def db():
    raise ConnectionError("down")
    yield
with ExitStack() as stack:
    stack.enter_context(db())

# --- a coroutine is awaited once
import asyncio
async def b(): return 5
async def main():
    t = asyncio.create_task(b())
    assert await t == 5
    c = b()
    assert await c == 5
    await c
asyncio.run(main())

# --- a timeout lets exceptions through
import asyncio
async def main():
    async with asyncio.timeout(5):
        raise KeyError("x")
asyncio.run(main())

# --- gather runs what it is given
import asyncio
async def a(): return 1
async def b(): raise ValueError("b")
async def main():
    assert await asyncio.gather(a(), a()) == [1, 1]
    await asyncio.gather(a(), b())
asyncio.run(main())

# --- gather keeps exceptions when asked to
import asyncio
async def b(): raise ValueError("b")
async def main():
    await asyncio.gather(b(), return_exceptions=True)
asyncio.run(main())
raise KeyError("done")

# --- a task that nobody awaits ends nothing
import asyncio
async def b(): raise ValueError("b")
async def main():
    task = asyncio.create_task(b())
    await asyncio.sleep(0)
asyncio.run(main())
raise KeyError("done")

# --- a task's exception is fetched by awaiting it
import asyncio
async def b(): raise ValueError("b")
async def main():
    task = asyncio.create_task(b())
    try:
        await task
    except ValueError:
        pass
    else:
        raise AssertionError
    raise KeyError("done")
asyncio.run(main())

# --- threads have no loop
import asyncio
def work():
    asyncio.get_running_loop()
async def main():
    await asyncio.to_thread(work)
asyncio.run(main())

# --- a project's own awaitable
import asyncio
class A:
    def __await__(self):
        return self.x().__await__()
    async def x(self):
        return 7
class B:
    pass
async def main():
    assert await A() == 7
    await B()
asyncio.run(main())

# --- except star takes its part
try:
    raise ExceptionGroup("g", [ValueError(1), KeyError("a")])
except* ValueError:
    x = 1
except* KeyError:
    y = 2
assert x == 1 and y == 2
try:
    raise ExceptionGroup("g", [ValueError(1), KeyError("a")])
except* ValueError:
    x = 3

# --- an argument that is awaited in a branch may be awaited again
import asyncio, os
async def a(): return 1
async def main():
    c = a()
    if os.environ.get("NEVER_SET_HERE"):
        await c
    else:
        await c
    raise KeyError("done")
asyncio.run(main())
