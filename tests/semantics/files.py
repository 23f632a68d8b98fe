# --- open missing
open("missing.txt")
# --- open missing absolute
open("/nothing/here.txt")
# --- read text
raise Exception(open("data.txt").read())
# +++ data.txt
hello
# --- with open
with open("data.txt") as f:
    data = f.read()
raise Exception(data.strip())
# +++ data.txt
hello
# --- json load
import json
with open("data.json") as f:
    data = json.load(f)
raise Exception(data["a"], data["b"][1])
# +++ data.json
{"a": 1, "b": [1, 2.5, null]}
# --- json load missing key
import json
config = json.loads('{"a": {"b": 1}}')
config["a"]["c"]
# --- toml load
import tomllib
with open("c.toml", "rb") as f:
    data = tomllib.load(f)
raise Exception(data["a"]["b"])
# +++ c.toml
[a]
b = "x"
# --- path read text missing
from pathlib import Path
Path("missing.txt").read_text()
# --- path of the module
from pathlib import Path
here = Path(__file__).resolve().parent
raise Exception((here / "data.txt").read_text())
# +++ data.txt
hello
# --- write into missing directory
open("logs/app.log", "w")
# --- mkdir then write
import os
os.makedirs("/tmp/audit-semantics-none/logs", exist_ok=True)
# --- listdir missing
import os
os.listdir("nothing")
# --- file handler into missing directory
import logging
logging.FileHandler("/nothing/logs/app.log")
# --- rotating file handler into missing directory
from logging.handlers import RotatingFileHandler
RotatingFileHandler("/nothing/logs/app.log", maxBytes=10)
# --- dict config with a missing directory
import logging.config
logging.config.dictConfig({
    "version": 1,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": "/nothing/app.log"}},
    "root": {"handlers": ["file"]},
})
# --- exists
import os
from pathlib import Path
raise Exception(os.path.exists("data.txt"), os.path.isfile("nope"), Path("data.txt").exists(), Path("d").is_dir())
# +++ data.txt
x
# +++ d/e.txt
x
# --- open a directory
open("d")
# +++ d/e.txt
x
# --- missing is handled
try:
    key = open("key.pem").read()
except FileNotFoundError as e:
    raise RuntimeError(f"no key: {e}")
# --- oserror attributes
import errno
try:
    open("key.pem")
except OSError as e:
    raise Exception(e.errno == errno.ENOENT, e.strerror, e.filename)
# --- paths as text
import os.path
raise Exception(os.path.join("a", "b", "/c", "d"), os.path.join("a/", "b"), os.path.dirname("/a/b/c"), os.path.basename("a/b"), os.path.splitext("x.tar.gz"), os.path.split("/a/b"), os.path.normpath("a/../b/./c"), os.path.isabs("/a"))
# --- join with none
import os
os.path.join(os.path.dirname(__file__), None)
# --- join none first
import os
os.path.join(None, "x")
# --- path objects
from pathlib import Path, PurePosixPath
p = Path("/a/b/c.tar.gz")
raise Exception(str(p), p.name, p.stem, p.suffix, str(p.parent), [str(x) for x in p.parents], p.parts, p.is_absolute(), str(p.with_suffix(".x")), str(p / "d" / ".." / "e"), repr(Path("a//b/./c")), str(p.with_name("q")))
# --- path dot
from pathlib import Path
raise Exception(str(Path()), str(Path(".")), str(Path("a", "b")), str(Path("a").joinpath("b", "c")), f"{Path('x') / 'y'}", str("a" / Path("b")))
# --- path times
from pathlib import Path
Path("a") / 1
# --- path of none
from pathlib import Path
Path(None)
# --- path parent attribute
from pathlib import Path
Path("a").parnet
# --- os getcwd
import os
raise Exception(os.getcwd() == os.path.abspath("."), os.sep, os.name, os.linesep, os.pathsep)
# --- parents index
from pathlib import Path
base = Path(__file__).parents[0]
raise Exception(str(base.relative_to(base.parent)) != "")
