from fastapi import APIRouter

router = APIRouter(tags=["beta"])


@router.get("/beta")
def beta():
    return "beta"
