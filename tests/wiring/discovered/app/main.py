import importlib
import os
import pkgutil

from fastapi import FastAPI

from app import routers

app = FastAPI(openapi_url=None)
for info in pkgutil.iter_modules(routers.__path__):
    module = importlib.import_module(f"{routers.__name__}.{info.name}")
    app.include_router(module.router, prefix=f"/auto/{info.name}")
for name in ["alpha", "beta"]:
    router = importlib.import_module("." + name, "app.routers").router
    app.include_router(router, prefix="/" + name)
if os.getenv("WITH_EXTRA", "no") == "yes":

    @app.get("/extra")
    def extra():
        return {}

else:

    @app.get("/plain")
    def plain():
        return {}
