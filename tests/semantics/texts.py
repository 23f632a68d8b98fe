# --- 0
import os
os.getenv("DATABASE_URL").replace("postgres://", "postgresql://")

# --- 1
# env DATABASE_URL=postgres://a
import os
assert os.getenv("DATABASE_URL").replace("postgres://", "postgresql://") == "postgresql://a"
"a".replace("a", os.getenv("NOPE"))

# --- 2
"a".replace(None, "b")

# --- 3
"a".startswith(None)

# --- 4
"a".startswith(("b", "a")) or 1 / 0
"a".endswith(5)

# --- 5
"a,b".split(",")[5]

# --- 6
"a".split(1)

# --- 7
"a".split("")

# --- 8
"a".strip(1)

# --- 9
"a".removeprefix(None)

# --- 10
",".join(["a", None])

# --- 11
",".join(str(x) for x in [1, 2]) == "1,2" or 1 / 0
",".join(x for x in [1, 2])

# --- 12
"x".join(None)

# --- 13
a, b = None

# --- 14
user, password = "only".split(":")

# --- 15
user, _, password = "a:b".partition(":")
raise ValueError(user, password)

# --- 16
(a, b), c = 1, 2

# --- 17
for k, v in {"a": 1}: pass

# --- 18
for k, v in [1, 2]: pass

# --- 19
"postgresql://%s:%s@%s" % ("a", "b")

# --- 20
"postgresql://%s" % ("a", "b")

# --- 21
assert "%s:%d %5.2f|%-5s|%05d|%x|%%" % ("a", 5, 1.5, "x", 42, 255) == "a:5  1.50|x    |00042|ff|%"
raise ValueError("%(a)s" % {"a": 1, "b": 2})

# --- 22
"%(host)s:%(port)d" % {"host": "x"}

# --- 23
"%d" % "5"

# --- 24
"%d" % None

# --- 25
"%f" % "a"

# --- 26
"%x" % 1.5

# --- 27
"%s" % (1, 2)

# --- 28
"100%" % ()

# --- 29
"%q" % 1

# --- 30
"%(a)s" % ("x",)

# --- 31
"abc" % 1

# --- 32
"abc" % {"a": 1}
raise ValueError

# --- 33
"{:d}".format("a")

# --- 34
"{:>10}".format(None)

# --- 35
f"{None:>10}"

# --- 36
x = "a"
f"{x:d}"

# --- 37
assert f"{5:03d}|{'a':>3}|{'a':<3}|{'a':^3}|{1.5:.2f}|{1234567:,}|{255:x}|{0.5:.0%}|{'abc':.2}" == "005|  a|a  | a |1.50|1,234,567|ff|50%|ab"
raise ValueError

# --- 38
w = 5
assert f"{'a':>{w}}" == "    a" and f"{3!r:>3}" == "  3"
raise ValueError

# --- 39
"{} {}".format("a")

# --- 40
"{name}".format(nme=1)

# --- 41
"{".format(1)

# --- 42
"}".format(1)

# --- 43
"{0} {}".format(1, 2)

# --- 44
assert "{:>5}|{a:02d}|{{}}".format("x", a=5) == "    x|05|{}"
raise ValueError

# --- 45
b"\xff\xfe".decode()

# --- 46
assert "é".encode() == b"\xc3\xa9" and b"\xc3\xa9".decode("utf-8") == "é" and "é".encode("latin-1") == b"\xe9"
"é".encode("ascii")

# --- 47
b"abc\xe9".decode("utf-8")

# --- 48
b"\xc3".decode("utf8")

# --- 50
b"\x80abc".decode("ascii")

# --- 51
assert b"\xe9".decode("latin1") == "é" and b"ab".hex() == "6162"
raise ValueError

# --- 52
"ééx".encode("ascii")

# --- 53
from typing import Optional
x: Optional[int, str] = None

# --- 54
from typing import List, Dict
class A:
    x: Dict[str] = {}

# --- 55
from typing import List
def f(x: List[int, str]): pass

# --- 56
from typing import Annotated
def f(x: Annotated[int]): pass

# --- 57
from typing import List, Dict, Tuple, Set, Optional, Union, Callable, Mapping, Sequence, Iterable, Annotated, Literal, Type
A = Dict[str, List[Tuple[int, ...]]]
B = Optional[Union[int, str]]
C = Callable[[int], str]
D = Mapping[str, Sequence[int]]
E = Annotated[int, "x", 1]
F = Literal["a", "b"]
G = Type[int]
raise ValueError

# --- 58
open("x.txt", "rw")

# --- 59
open("x.txt", "rbt")

# --- 60
open("x.txt", "q")

# --- 61
open("x.txt").read().foo
# +++ x.txt
hello

# --- 62
with open("x.txt") as f:
    a = f.read()
    b = f.read()
assert a == "hello\n" and b == ""
with open("x.txt") as f:
    for line in f:
        int(line)
# +++ x.txt
hello

# --- 63
with open("x.txt") as f:
    nums = [int(x) for x in f.read().split(",")]
assert nums == [1, 2]
with open("x.txt") as f:
    lines = f.readlines()
lines[3]
# +++ x.txt
1,2

# --- 64
raise ValueError from 1

# --- 65
try:
    1 / 0
except ValueError or ZeroDivisionError:
    pass

# --- 66
try:
    1 / 0
except "ZeroDivisionError":
    pass

# --- 67
try:
    int("a")
except (ValueError, 5):
    pass

# --- 68
try:
    1 / 0
finally:
    missing

# --- 69
def f():
    try:
        1 / 0
    finally:
        return 5
assert f() == 5
raise KeyError("ok")

# --- 70
def f():
    for i in range(3):
        try:
            1 / 0
        finally:
            continue
    return i
assert f() == 2
raise KeyError("ok")

# --- 71
def f():
    try:
        conn = connect()
    finally:
        conn.close()
f()

# --- 72
conn = None
try:
    conn = connect()
finally:
    conn.close()

# --- 73
conn = None
try:
    conn = connect()
finally:
    if conn:
        conn.close()

# --- 74
try:
    try:
        raise ValueError("inner")
    finally:
        x = 1
except ValueError as e:
    raise RuntimeError(f"outer {e} {x}") from e

# --- 75
class C:
    def __enter__(self): return self
    def __exit__(self, t, v, tb): return True
with C():
    1 / 0
with C() as c:
    raise SystemExit(1)
class D(C):
    def __exit__(self, t, v, tb): raise KeyError("in exit")
with D():
    x = 1

# --- 76
class C:
    def __enter__(self): return self
    def __exit__(self, t, v, tb): return t is ValueError
with C():
    raise ValueError
with C():
    raise KeyError("kept")

# --- 77
import sys
sys.exit("bad configuration")

# --- 78
import sys
sys.exit(3)

# --- 79
import sys
sys.exit()

# --- 80
raise SystemExit

# --- 81
raise ExceptionGroup("g", [ValueError(1), KeyError("a")])

# --- 85
import ipaddress
ipaddress.ip_address("10.0.0.300")

# --- 87
import ipaddress
ipaddress.ip_network("10.0.0.0/33")

# --- 88
import ipaddress
assert str(ipaddress.ip_address("10.0.0.1")) == "10.0.0.1"
ipaddress.ip_network("10.0.0.0/24")
ipaddress.ip_network("10.0.0.1/24", strict=False)
ipaddress.ip_address("::1")
assert ipaddress.ip_address("10.0.0.1").is_private
raise ValueError("done")

# --- 92
from urllib.parse import quote_plus
import os
quote_plus(os.getenv("DB_PASSWORD"))

# --- 99
import argparse
p = argparse.ArgumentParser()
p.add_argument("--port", type=int, default=8000)
p.add_argument("--host", default="x", choices=["x", "y"])
g = p.add_mutually_exclusive_group()
g.add_argument("--a", action="store_true")
args, rest = p.parse_known_args([])
assert args.port == 8000
raise ValueError

# --- 100
import argparse
p = argparse.ArgumentParser()
p.parse_args(["--nope"])

# --- 102
import random
random.choice([])

# --- 103
import subprocess
subprocess.run(["missing-command-x"], check=True)

# --- 104
import subprocess
subprocess.check_output("missing-command-x")

# --- 105
import subprocess
subprocess.Popen(["./missing"])

# --- 106
import subprocess
subprocess.run(["true"], check=True)
subprocess.run("exit 0", shell=True)
raise ValueError

# --- 107
import ssl
ssl.create_default_context(cafile="ca.pem")

# --- 108
import ssl
ctx = ssl.create_default_context()
ctx.load_cert_chain("cert.pem", "key.pem")

# --- 109
import ssl
ctx = ssl.create_default_context()
ctx.check_hostname = False
ctx.verify_mode = ssl.CERT_NONE
raise ValueError

# --- 111
import importlib
importlib.import_module(".x")

# --- 112
import importlib
importlib.import_module("")

# --- 113
import importlib
for m in ["a", "b"]:
    importlib.import_module(f"mods.{m}")
# +++ mods/__init__.py
# +++ mods/a.py

# --- 114
from itertools import chain
assert list(chain([1], (2,), {"a": 1})) == [1, 2, "a"] and list(chain.from_iterable([[1], [2]])) == [1, 2]
raise ValueError

# --- 115
import re
assert re.match(r"^(\w+)://", "http://x").group(1) == "http"
assert re.sub(r"\d+", "N", "a1b22") == "aNbN" and re.findall(r"\w+", "a b") == ["a", "b"]
assert re.split(r"[,;]\s*", "a, b;c") == ["a", "b", "c"]
assert re.compile("(?P<y>\\d{4})-(?P<m>\\d\\d)").match("2024-05").groupdict() == {"y": "2024", "m": "05"}
assert re.search("b", "abc").span() == (1, 2) and not re.fullmatch("a", "ab")
assert re.sub(r"(\w)(\w)", r"\2\1", "abcd") == "badc" and re.sub("a", lambda m: m.group().upper(), "aba") == "AbA"
assert re.match("a$", "a\n") and not re.match(r"a\Z", "a\n") and re.match("(?i)ABC", "abc") and re.match("a.c", "a\nc", re.DOTALL)
assert re.compile("x", re.I | re.M).search("aX") and [m.start() for m in re.finditer("a", "aba")] == [0, 2]
assert re.match(r"\bfoo\b", "foo bar") and re.match("(a)|b", "b").group(1) is None
assert re.match(r"""
  (\d+)  # number
  \s* x
""", "12 x", re.VERBOSE)
re.match("x", "y").group()

# --- 116
import re
re.compile("[a-")

# --- 117
import re
re.compile("(?P<n>a)(?P<n>b)")

# --- 118
import re
re.compile("(?P<n")

# --- 119
import re
re.compile(r"(?<=a+)b")

# --- 120
import re
re.compile("x{3,1}")

# --- 121
import re
re.compile(r"\d+)")

# --- 122
import re
re.compile("a(?i)b")

# --- 123
import re
re.compile("(?z)")

# --- 124
import re
re.compile("[z-a]")

# --- 125
import re
re.compile(r"(\1)")

# --- 126
import re
re.compile(r"\2(a)")

# --- 127
import re
re.compile("(?P=x)")

# --- 128
import re
re.compile("(?(1)a|b|c)")

# --- 129
import re
re.compile("a\n(")

# --- 130
import re
re.compile("abc\\")

# --- 131
import re
re.compile("+")

# --- 132
import re
re.compile(None)

# --- 134
import re
re.match("a", 5)

# --- 135
import re
re.compile("a").match(b"a")

# --- 136
import re
re.sub("a", "b", None)

# --- 137
import re
m = re.match("(?P<x>a)", "a")
m.group("y")

# --- 138
import re
m = re.match("a", "a")
m[1]

# --- 139
import re
try:
    re.compile("(")
except re.error as e:
    raise RuntimeError(f"bad pattern: {e}")

