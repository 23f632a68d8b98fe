from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router, WebSocketRoute


async def homepage(request):
    return JSONResponse({})


class User(HTTPEndpoint):
    async def get(self, request):
        return JSONResponse({})

    async def delete(self, request):
        return JSONResponse({})


class Echo(WebSocketEndpoint):
    encoding = "text"


async def raw(scope, receive, send):
    pass


class Raw:
    async def __call__(self, scope, receive, send):
        pass


@asynccontextmanager
async def lifespan(app):
    yield


inner = Router([Route("/leaf", homepage, methods=["POST", "put"])])
routes = [
    Route("/", homepage),
    Route("/users/{user_id:int}", User, name="user"),
    WebSocketRoute("/echo", Echo),
    Mount(
        "/v1",
        routes=[
            Route("/a", homepage, name="a"),
            Mount("/nested/{tenant}", app=inner, name="nested"),
        ],
    ),
    Mount("/raw", app=Raw(), name="raw"),
    Route("/asgi", Raw()),
]
app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)], lifespan=lifespan)
app.add_route("/added", homepage, methods=["DELETE"])
app.mount("/mounted", Starlette(routes=[Route("/x", homepage)]))
