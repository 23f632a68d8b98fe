# --- 0 = main.py:6 KeyError: 'SECRET_KEY'
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    app.state.key = os.environ["SECRET_KEY"]
    yield
app = FastAPI(lifespan=lifespan)

# --- 1 = main.py:6 KeyError: 'SECRET_KEY'
import os
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
async def startup():
    app.state.key = os.environ["SECRET_KEY"]

# --- 2 = main.py:6 KeyError: 'PORT_X'
import os
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
def startup():
    int(os.environ["PORT_X"])

# --- 3 = main.py:6 ValueError: invalid literal for int() with base 10: 'abc'
# env PORT_X=abc
import os
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
def startup():
    int(os.environ["PORT_X"])

# --- 4 = starts
# env PORT_X=12
import os
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
def startup():
    int(os.environ["PORT_X"])

# --- 5 = main.py:5 FileNotFoundError: [Errno 2] No such file or directory: 'model.bin'
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    with open("model.bin", "rb") as f:
        app.state.model = f.read()
    yield
app = FastAPI(lifespan=lifespan)

# --- 6 = main.py:6 json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 9 (char 8)
from contextlib import asynccontextmanager
from fastapi import FastAPI
import json
def load():
    with open("conf.json") as f:
        return json.load(f)
@asynccontextmanager
async def lifespan(app):
    app.state.conf = load()
    yield
app = FastAPI(lifespan=lifespan)
# +++ conf.json
{"a": 1,}

# --- 7 = main.py:6 ZeroDivisionError: division by zero
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    try:
        app.state.x = 1 / 0
        yield
    finally:
        print("bye")
app = FastAPI(lifespan=lifespan)

# --- 8 = main.py:9 UnboundLocalError: cannot access local variable 'client' where it is not associated with a value
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    try:
        client = make_client()
        yield
    finally:
        await client.close()
app = FastAPI(lifespan=lifespan)

# --- 9 = main.py:11 SystemExit: cannot start: no client
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def make_client():
    raise RuntimeError("no client")
@asynccontextmanager
async def lifespan(app):
    try:
        client = await make_client()
        yield
    except Exception as e:
        raise SystemExit(f"cannot start: {e}")
app = FastAPI(lifespan=lifespan)

# --- 10 = main.py:8 RuntimeError: startup failed
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    try:
        raise ValueError("bad")
    except ValueError as e:
        raise RuntimeError("startup failed") from e
    yield
app = FastAPI(lifespan=lifespan)

# --- 11 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    try:
        raise ValueError("bad")
    except ValueError:
        pass
    yield
app = FastAPI(lifespan=lifespan)

# --- 12 = - RuntimeError: generator didn't yield
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    return
    yield
app = FastAPI(lifespan=lifespan)

# --- 13 = - RuntimeError: generator didn't yield
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    if False:
        yield
app = FastAPI(lifespan=lifespan)

# --- 14 = main.py:3 ValueError: plain generator
from fastapi import FastAPI
async def lifespan(app):
    raise ValueError("plain generator")
    yield
app = FastAPI(lifespan=lifespan)

# --- 15 = starts
from fastapi import FastAPI
async def lifespan(app):
    yield
app = FastAPI(lifespan=lifespan)

# --- 16 = starts
from fastapi import FastAPI
def lifespan(app):
    yield
app = FastAPI(lifespan=lifespan)

# --- 17 = - TypeError: 'coroutine' object does not support the asynchronous context manager protocol
from fastapi import FastAPI
async def lifespan(app):
    return None
app = FastAPI(lifespan=lifespan)

# --- 18 = - TypeError: 'NoneType' object does not support the asynchronous context manager protocol
from fastapi import FastAPI
def lifespan(app):
    return None
app = FastAPI(lifespan=lifespan)

# --- 19 = - TypeError: '_GeneratorContextManager' object does not support the asynchronous context manager protocol
from contextlib import contextmanager
from fastapi import FastAPI
@contextmanager
def lifespan(app):
    yield
app = FastAPI(lifespan=lifespan)

# --- 20 = - TypeError: lifespan() takes 0 positional arguments but 1 was given
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan():
    yield
app = FastAPI(lifespan=lifespan)

# --- 21 = - TypeError: lifespan() missing 1 required positional argument: 'settings'
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app, settings):
    yield
app = FastAPI(lifespan=lifespan)

# --- 22 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    yield {"db": 1}
app = FastAPI(lifespan=lifespan)

# --- 23 = - TypeError: 'int' object is not iterable
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    yield 5
app = FastAPI(lifespan=lifespan)

# --- 24 = main.py:7 RuntimeError: asyncio.run() cannot be called from a running event loop
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def warm(): pass
@asynccontextmanager
async def lifespan(app):
    asyncio.run(warm())
    yield
app = FastAPI(lifespan=lifespan)

# --- 25 = main.py:7 RuntimeError: This event loop is already running
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def warm(): pass
@asynccontextmanager
async def lifespan(app):
    asyncio.get_event_loop().run_until_complete(warm())
    yield
app = FastAPI(lifespan=lifespan)

# --- 26 = starts
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def warm(): pass
@asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(warm())
    await asyncio.sleep(0)
    yield
    task.cancel()
app = FastAPI(lifespan=lifespan)

# --- 27 = main.py:7 TypeError: a coroutine was expected, got None
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
def warm(): pass
@asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(warm())
    yield
app = FastAPI(lifespan=lifespan)

# --- 29 = main.py:5 ValueError: b failed
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def a(): return 1
async def b(): raise ValueError("b failed")
@asynccontextmanager
async def lifespan(app):
    await asyncio.gather(a(), b())
    yield
app = FastAPI(lifespan=lifespan)

# --- 30 = starts
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def a(): return 1
async def b(): return 2
@asynccontextmanager
async def lifespan(app):
    x, y = await asyncio.gather(a(), b())
    assert x + y == 3
    yield
app = FastAPI(lifespan=lifespan)

# --- 31 = main.py:4 ValueError: b failed
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def b(): raise ValueError("b failed")
@asynccontextmanager
async def lifespan(app):
    await asyncio.wait_for(b(), timeout=5)
    yield
app = FastAPI(lifespan=lifespan)

# --- 32 = main.py:7 TimeoutError
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def b(): await asyncio.sleep(10)
@asynccontextmanager
async def lifespan(app):
    await asyncio.wait_for(b(), timeout=0.1)
    yield
app = FastAPI(lifespan=lifespan)

# --- 34 = main.py:4 ValueError: in thread
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
def load(): raise ValueError("in thread")
@asynccontextmanager
async def lifespan(app):
    await asyncio.to_thread(load)
    yield
app = FastAPI(lifespan=lifespan)

# --- 35 = main.py:4 ValueError: in executor
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
def load(): raise ValueError("in executor")
@asynccontextmanager
async def lifespan(app):
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, load)
    yield
app = FastAPI(lifespan=lifespan)

# --- 36 = main.py:7 TypeError: 'coroutine' object is not subscriptable
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def get_settings(): return {"a": 1}
@asynccontextmanager
async def lifespan(app):
    settings = get_settings()
    app.state.a = settings["a"]
    yield
app = FastAPI(lifespan=lifespan)

# --- 37 = main.py:7 AttributeError: 'coroutine' object has no attribute 'execute'
from contextlib import asynccontextmanager
from fastapi import FastAPI
async def get_pool(): return object()
@asynccontextmanager
async def lifespan(app):
    pool = get_pool()
    await pool.execute("select 1")
    yield
app = FastAPI(lifespan=lifespan)

# --- 38 = main.py:6 TypeError: object dict can't be used in 'await' expression
from contextlib import asynccontextmanager
from fastapi import FastAPI
def get_pool(): return {"a": 1}
@asynccontextmanager
async def lifespan(app):
    pool = await get_pool()
    yield
app = FastAPI(lifespan=lifespan)

# --- 39 = main.py:6 TypeError: object NoneType can't be used in 'await' expression
from contextlib import asynccontextmanager
from fastapi import FastAPI
def nothing(): pass
@asynccontextmanager
async def lifespan(app):
    await nothing()
    yield
app = FastAPI(lifespan=lifespan)

# --- 40 = main.py:8 TypeError: 'Res' object does not support the asynchronous context manager protocol
from contextlib import asynccontextmanager
from fastapi import FastAPI
class Res:
    def __enter__(self): return self
    def __exit__(self, *a): pass
@asynccontextmanager
async def lifespan(app):
    async with Res() as r:
        yield
app = FastAPI(lifespan=lifespan)

# --- 41 = main.py:4 ConnectionError: down
from contextlib import asynccontextmanager
from fastapi import FastAPI
class Res:
    async def __aenter__(self): raise ConnectionError("down")
    async def __aexit__(self, *a): pass
@asynccontextmanager
async def lifespan(app):
    async with Res() as r:
        yield
app = FastAPI(lifespan=lifespan)

# --- 42 = main.py:5 ConnectionError: down
from contextlib import asynccontextmanager, AsyncExitStack
from fastapi import FastAPI
@asynccontextmanager
async def db():
    raise ConnectionError("down")
    yield
@asynccontextmanager
async def lifespan(app):
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(db())
        yield
app = FastAPI(lifespan=lifespan)

# --- 43 = main.py:5 AttributeError: 'State' object has no attribute 'missing'
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    app.state.cache = app.state.missing
    yield
app = FastAPI(lifespan=lifespan)

# --- 44 = main.py:6 FileExistsError: [Errno 17] File exists: 'uploads'
from contextlib import asynccontextmanager
from fastapi import FastAPI
from pathlib import Path
@asynccontextmanager
async def lifespan(app):
    Path("uploads").mkdir()
    yield
app = FastAPI(lifespan=lifespan)
# +++ uploads/.keep

# --- 45 = main.py:6 RuntimeError: Directory 'static' does not exist
from contextlib import asynccontextmanager
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
@asynccontextmanager
async def lifespan(app):
    app.mount("/static", StaticFiles(directory="static"), name="static")
    yield
app = FastAPI(lifespan=lifespan)

# --- 46 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
import os
@asynccontextmanager
async def lifespan(app):
    os.makedirs("static", exist_ok=True)
    app.mount("/static", StaticFiles(directory="static"), name="static")
    yield
app = FastAPI(lifespan=lifespan)

# --- 47 = main.py:6 SystemExit: 1
from contextlib import asynccontextmanager
from fastapi import FastAPI
import sys
@asynccontextmanager
async def lifespan(app):
    sys.exit(1)
    yield
app = FastAPI(lifespan=lifespan)

# --- 48 = main.py:6 ValueError: Unable to configure handler 'f'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import logging.config
@asynccontextmanager
async def lifespan(app):
    logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.FileHandler", "filename": "logs/x.log"}}})
    yield
app = FastAPI(lifespan=lifespan)

# --- 49 = - TypeError: startup() missing 1 required positional argument: 'app'
from fastapi import FastAPI
app = FastAPI()
@app.on_event("startup")
async def startup(app):
    pass

# --- 50 = main.py:3 AssertionError
from fastapi import FastAPI
app = FastAPI()
@app.on_event("start")
async def startup():
    pass

# --- 51 = main.py:2 LookupError: in list
from fastapi import FastAPI
async def init(): raise LookupError("in list")
app = FastAPI(on_startup=[init])

# --- 52 = - TypeError: 'coroutine' object is not callable
from fastapi import FastAPI
async def init(): pass
app = FastAPI(on_startup=[init()])

# --- 53 = main.py:4 AttributeError: 'FastAPI' object has no attribute 'add_event_handler'
from fastapi import FastAPI
app = FastAPI()
async def init(): raise LookupError("added")
app.add_event_handler("startup", init)

# --- 54 = main.py:4 LookupError: router
from fastapi import FastAPI, APIRouter
router = APIRouter()
@router.on_event("startup")
async def init(): raise LookupError("router")
app = FastAPI()
app.include_router(router)

# --- 55 = main.py:5 LookupError: router lifespan
from contextlib import asynccontextmanager
from fastapi import FastAPI, APIRouter
@asynccontextmanager
async def sub(app):
    raise LookupError("router lifespan")
    yield
router = APIRouter(lifespan=sub)
app = FastAPI()
app.include_router(router)

# --- 56 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    yield
app = FastAPI(lifespan=lifespan)
@app.on_event("startup")
async def startup():
    raise ValueError("never called")

# --- 57 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def sub(app):
    raise ValueError("sub app")
    yield
inner = FastAPI(lifespan=sub)
app = FastAPI()
app.mount("/inner", inner)

# --- 58 = main.py:5 KeyError: 'x'
from starlette.applications import Starlette
from contextlib import asynccontextmanager
@asynccontextmanager
async def lifespan(app):
    {}["x"]
    yield
app = Starlette(lifespan=lifespan)

# --- 59 = main.py:6 ModuleNotFoundError: No module named 'plugins.missing'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import importlib
@asynccontextmanager
async def lifespan(app):
    importlib.import_module("plugins.missing")
    yield
app = FastAPI(lifespan=lifespan)
# +++ plugins/__init__.py

# --- 60 = plugins/broken.py:1 NameError: name 'undefined_name' is not defined
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    from plugins import broken
    yield
app = FastAPI(lifespan=lifespan)
# +++ plugins/__init__.py
# +++ plugins/broken.py
x = undefined_name

# --- 61 = main.py:8 NameError: name 'create_tables' is not defined
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    await init_db()
    yield
async def init_db():
    await create_tables()
app = FastAPI(lifespan=lifespan)

# --- 62 = main.py:6 FileNotFoundError: [Errno 2] No such file or directory: 'alembicx'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import subprocess
@asynccontextmanager
async def lifespan(app):
    subprocess.run(["alembicx", "upgrade", "head"], check=True)
    yield
app = FastAPI(lifespan=lifespan)

# --- 63 = main.py:6 KeyError: 'b'
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    for name in ["a", "b"]:
        setattr(app.state, name, CONFIG[name])
    yield
CONFIG = {"a": 1}
app = FastAPI(lifespan=lifespan)

# --- 64 = main.py:7 AttributeError: 'NoneType' object has no attribute 'put'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import asyncio
queue = None
@asynccontextmanager
async def lifespan(app):
    await queue.put(1)
    yield
app = FastAPI(lifespan=lifespan)

# --- 65 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
import asyncio
@asynccontextmanager
async def lifespan(app):
    queue = asyncio.Queue()
    await queue.put(1)
    lock = asyncio.Lock()
    async with lock:
        pass
    ev = asyncio.Event(); ev.set(); await ev.wait()
    yield
app = FastAPI(lifespan=lifespan)

# --- 66 = main.py:7 TypeError: 'Lock' object does not support the context manager protocol
from contextlib import asynccontextmanager
from fastapi import FastAPI
import asyncio
@asynccontextmanager
async def lifespan(app):
    lock = asyncio.Lock()
    with lock:
        yield
app = FastAPI(lifespan=lifespan)

# --- 67 = main.py:5 TypeError: Service.connect() takes 2 positional arguments but 3 were given
from contextlib import asynccontextmanager
from fastapi import FastAPI
class Service:
    def __init__(self, url): self.url = url
    async def start(self): self.conn = self.connect(self.url, 1)
    def connect(self, url): return url
@asynccontextmanager
async def lifespan(app):
    s = Service("x")
    await s.start()
    yield
app = FastAPI(lifespan=lifespan)

# --- 68 = main.py:7 AttributeError: 'Service' object has no attribute 'start'
from contextlib import asynccontextmanager
from fastapi import FastAPI
class Service:
    pass
@asynccontextmanager
async def lifespan(app):
    await Service().start()
    yield
app = FastAPI(lifespan=lifespan)

# --- 69 = main.py:5 ExceptionGroup: many (2 sub-exceptions)
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    raise ExceptionGroup("many", [ValueError(1), TypeError(2)])
    yield
app = FastAPI(lifespan=lifespan)

# --- 70 = starts
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    try:
        yield
    finally:
        missing_name
app = FastAPI(lifespan=lifespan)

# --- 71 = main.py:6 TypeError: 'Depends' object is not subscriptable
from contextlib import asynccontextmanager
from fastapi import FastAPI, Depends
def get_conf(): return {"a": 1}
@asynccontextmanager
async def lifespan(app, conf=Depends(get_conf)):
    app.state.a = conf["a"]
    yield
app = FastAPI(lifespan=lifespan)

# --- 72 = main.py:3 ModuleNotFoundError: No module named 'httpx'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import httpx
@asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient(base_urll="http://x") as client:
        yield
app = FastAPI(lifespan=lifespan)

# --- 73 = main.py:3 ModuleNotFoundError: No module named 'httpx'
from contextlib import asynccontextmanager
from fastapi import FastAPI
import httpx
@asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient(base_url="http://x", timeout=5) as client:
        app.state.client = client
        yield
app = FastAPI(lifespan=lifespan)

