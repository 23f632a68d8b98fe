from fastapi import APIRouter

router = APIRouter(tags=["alpha"])


@router.get("/alpha")
def alpha():
    return "alpha"
