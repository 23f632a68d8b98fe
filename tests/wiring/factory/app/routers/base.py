from fastapi import APIRouter


class BaseRouter(APIRouter):
    """Registers every path with and without its final slash."""

    def add_api_route(self, path, endpoint, **options):
        super().add_api_route(path, endpoint, **options)
        if path.endswith("/") and path != "/":
            super().add_api_route(path[:-1], endpoint, **{**options, "include_in_schema": False})


class Controller:
    def __init__(self):
        self.router = APIRouter(prefix="/" + type(self).__name__.lower())
        self.router.add_api_route("/", self.list, methods=["GET"])
        self.router.add_api_route("/", self.add, methods=["POST"], status_code=201)
