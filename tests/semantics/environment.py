# --- missing variable
import os
os.environ["DATABASE_URL"]
# --- variable that is set
# env DATABASE_URL=postgresql://x
import os
raise Exception(os.environ["DATABASE_URL"])
# --- get with default
import os
raise Exception(os.environ.get("NOPE"), os.environ.get("NOPE", "x"), os.getenv("NOPE", "y"), os.getenv("NOPE"))
# --- in environ
# env A=1
import os
raise Exception("A" in os.environ, "B" in os.environ, "B" not in os.environ)
# --- set then get
import os
os.environ["X"] = "1"
os.environ.setdefault("X", "2")
os.environ.setdefault("Y", "3")
raise Exception(os.environ["X"], os.environ["Y"])
# --- int of missing variable
import os
PORT = int(os.getenv("PORT"))
# --- int of bad variable
# env PORT=http
import os
PORT = int(os.getenv("PORT", "8000"))
# --- not text
import os
os.environ["X"] = 1
# --- pop
# env A=1
import os
a = os.environ.pop("A")
raise Exception(a, os.environ.pop("A", None), "A" in os.environ)
# --- update
import os
os.environ.update({"A": "1"})
raise Exception(os.environ["A"])
# --- delete missing
import os
os.environ.pop("A")
# --- split of a variable
# env HOSTS=a,b
import os
raise Exception(os.environ["HOSTS"].split(","))
# --- truth
# env DEBUG=
import os
if not os.environ.get("DEBUG"):
    raise Exception("not debug")
# --- missing in a function
import os
def need(name):
    value = os.getenv(name)
    if value is None:
        raise RuntimeError(f"{name} is not set")
    return value
URL = need("DATABASE_URL")
# --- subscript in a function
import os
class Settings:
    def __init__(self):
        self.url = os.environ["DATABASE_URL"]
settings = Settings()
# --- from os import environ
from os import environ, getenv
environ["Q"]
# --- handled
import os
try:
    url = os.environ["DATABASE_URL"]
except KeyError as error:
    raise RuntimeError("no url") from error
# --- lower of none
import os
os.environ.get("MODE").lower()
# --- concatenation with none
import os
url = "postgresql://" + os.environ.get("HOST")
# --- f-string with none
import os
raise Exception(f"postgresql://{os.environ.get('HOST')}")
