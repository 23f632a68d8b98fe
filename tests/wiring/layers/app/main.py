from fastapi import APIRouter, FastAPI
from starlette.routing import Route, Mount
from starlette.responses import PlainTextResponse
from starlette.endpoints import HTTPEndpoint
from app import auth

api = APIRouter(prefix="/api")
api.include_router(auth.router, prefix="/v1")
app = FastAPI(title="x")
app.include_router(api)
sub = FastAPI()
@sub.get("/hello/{name}")
def hello(name: str): return name
app.mount("/sub", sub)
for n in ("a", "b"):
    app.add_api_route(f"/loop/{n}", hello, methods=["GET", "POST"], name=f"loop_{n}")
def plain(request): return PlainTextResponse("x")
app.add_route("/plain", plain)
class Ep(HTTPEndpoint):
    async def get(self, request): ...
    async def post(self, request): ...
app.add_route("/ep", Ep)
@app.get("/health", include_in_schema=False)
def health(): return {}
@app.api_route("/many", methods=["get", "DELETE"])
def many(): ...


deep = APIRouter(prefix="/deep", dependencies=[])
deeper = APIRouter(prefix="/deeper")
deepest = APIRouter()


@deepest.get("/{item_id:int}", name="leaf")
@deepest.head("/{item_id:int}")
async def leaf(item_id: int):
    return item_id


@deeper.patch("")
def change():
    return {}


deeper.include_router(deepest, prefix="/deepest")
deep.include_router(deeper)
app.include_router(deep)
# Once more, for an older prefix.
app.include_router(deep, prefix="/old", include_in_schema=False)
app.router.add_api_route("/direct", change, methods={"OPTIONS"})
app.add_api_websocket_route("/socket", leaf, name="sock")
