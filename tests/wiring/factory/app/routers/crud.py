from fastapi import APIRouter


def make_crud(name):
    router = APIRouter()

    @router.get("/", name=f"list_{name}")
    def list_all():
        return []

    @router.get("/{item_id}", name=f"get_{name}")
    def get_one(item_id: int):
        return item_id

    for method in ("put", "delete"):
        decorator = getattr(router, method)
        decorator("/{item_id}", name=f"{method}_{name}")(get_one)
    return router
