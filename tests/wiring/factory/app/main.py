from functools import partial, wraps

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

from app.routers import ROUTERS
from app.routers.base import BaseRouter, Controller


class TimedRoute(APIRoute):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.timed = True


class Items(Controller):
    def list(self):
        return []

    def add(self):
        return {}


def traced(handler):
    @wraps(handler)
    def inner(*args, **kwargs):
        return handler(*args, **kwargs)

    return inner


def greet(word: str, name: str):
    return word + name


def unique(route: APIRoute) -> str:
    return f"{route.tags[0] if route.tags else 'none'}-{route.name}"


def create_app(debug: bool = False) -> FastAPI:
    app = FastAPI(
        title="factory",
        docs_url="/internal/docs",
        redoc_url=None,
        openapi_url="/internal/openapi.json",
        generate_unique_id_function=unique,
        root_path="/behind",
    )
    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    for prefix, router in ROUTERS.items():
        app.include_router(router, prefix=f"/api/{prefix}", tags=[prefix])
    timed = APIRouter(route_class=TimedRoute, prefix="/timed", redirect_slashes=False)

    @timed.get("/now")
    @traced
    def now():
        return "now"

    app.include_router(timed)
    controller = Items()
    app.include_router(controller.router)
    app.get("/hello", name="hello")(partial(greet, "hello"))
    if debug:

        @app.get("/debug")
        def debug_info():
            return {}

    @app.exception_handler(ValueError)
    async def on_error(request, exc):
        return None

    return app


app = create_app()
