"""Prints the route table of an application as CPython and the libraries built it.

    python oracle.py app.main:app

One JSON list: methods, full path and name of each route in the order in which it is tried,
inclusions and mounts followed. Run in the project's directory.
"""

import importlib
import inspect
import json
import sys

sys.path.insert(0, ".")

from starlette.endpoints import HTTPEndpoint
from starlette.routing import Host, Mount, Route, WebSocketRoute

try:
    from fastapi.routing import _IncludedRouter
except ImportError:
    _IncludedRouter = None

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
rows = []


def methods_of(route):
    if route.methods is not None:
        return sorted(route.methods)
    endpoint = route.endpoint
    if inspect.isclass(endpoint) and issubclass(endpoint, HTTPEndpoint):
        return sorted(m for m in METHODS if hasattr(endpoint, m.lower()))
    return ["ANY"]


def one(route, path, name, before):
    if isinstance(route, Mount):
        rows.append([["MOUNT"], before + path, name])
        for inner in route.routes or []:
            walk(inner, (before + path).rstrip("/"))
    elif isinstance(route, Host):
        rows.append([["HOST"], route.host, name])
    elif isinstance(route, WebSocketRoute):
        rows.append([["WEBSOCKET"], before + path, name])
    elif isinstance(route, Route):
        rows.append([methods_of(route), before + path, name])


def walk(route, before):
    if _IncludedRouter is None or not isinstance(route, _IncludedRouter):
        return one(route, getattr(route, "path", ""), getattr(route, "name", None), before)
    for context in route.effective_route_contexts():
        made = context.starlette_route
        if made is not None:
            one(made, made.path, made.name, before)
        else:
            one(context.original_route, context.path, context.name, before)


module, attr = sys.argv[1].split(":")
app = getattr(importlib.import_module(module), attr)
for route in app.routes:
    walk(route, "")
print(json.dumps(rows))
