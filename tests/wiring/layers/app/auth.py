from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordBearer
oauth2 = OAuth2PasswordBearer(tokenUrl="token")
def current_user(token: str = Depends(oauth2)):
    return token
router = APIRouter(prefix="/auth", tags=["auth"])
@router.post("/signup", status_code=201)
async def signup():
    return {}
@router.get("/me", operation_id="me")
async def me(user=Depends(current_user)):
    return {}
@router.websocket("/ws")
async def ws(sock): ...
lost = APIRouter()
@lost.get("/lost")
def lost_route(): ...
