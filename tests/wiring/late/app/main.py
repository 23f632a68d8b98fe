from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from starlette.routing import Route

early = APIRouter(prefix="/early")


@early.get("/one")
def one():
    return 1


app = FastAPI(redoc_url=None)
app.include_router(early)


@early.get("/two")
def two():
    return 2


sub = FastAPI(openapi_url=None)


@sub.get("/inside")
def inside():
    return 3


early.mount("/sub", sub)
late = APIRouter(prefix="/late")
late.mount("/sub", sub)
late.add_route("/plain", lambda request: PlainTextResponse("x"))
late.add_websocket_route("/ws", two)
app.include_router(late)
app.routes.append(Route("/appended", lambda request: PlainTextResponse("x"), name="appended"))
app.router.routes.insert(0, Route("/first", one))
del app.router.routes[1]
