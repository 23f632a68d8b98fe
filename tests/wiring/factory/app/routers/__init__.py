from .base import BaseRouter
from .crud import make_crud

ROUTERS = {name: make_crud(name) for name in ("users", "orders")}
special = BaseRouter(prefix="/special")


@special.get("/")
async def root():
    return {}


ROUTERS["more"] = special
