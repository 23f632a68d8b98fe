# --- value 0
import decimal
assert decimal.Decimal("1.1") + decimal.Decimal("2.2") == decimal.Decimal("3.3")
raise ValueError

# --- value 1
import fractions
assert fractions.Fraction(1, 2) + fractions.Fraction(1, 2) == 1
raise ValueError

# --- value 2
import fractions
assert fractions.Fraction(1, 2) == fractions.Fraction(2, 4)
raise ValueError

# --- value 3
from pathlib import Path
d = {Path("a"): 1}
assert Path("a") in d
raise ValueError

# --- value 4
from pathlib import Path
d = {Path("a"): 1}
d[Path("a")]
raise ValueError

# --- value 5
class K:
    def __init__(self, x): self.x = x
    def __eq__(self, o): return self.x == o.x
    def __hash__(self): return hash(self.x)
d = {K(1): 1}
d[K(1)]
assert K(1) in d and K(1) in [K(1)] and len({K(1), K(1)}) == 1
d.pop(K(1))
raise ValueError

# --- value 6
from dataclasses import dataclass
@dataclass(frozen=True)
class K:
    x: int
d = {K(1): 1}
d[K(1)]
assert K(1) in d and len({K(1), K(1)}) == 1 and [K(1)].index(K(1)) == 0
[K(1)].remove(K(1))
{K(1)}.remove(K(1))
raise ValueError

# --- value 7
from datetime import date
d = {date(2020, 1, 1): 1}
d[date(2020, 1, 1)]
raise ValueError

# --- value 8
import uuid
d = {uuid.UUID(int=1): 1}
d[uuid.UUID(int=1)]
raise ValueError

# --- value 9
from typing import List, Optional
d = {List[int]: 1, Optional[str]: 2, list[int]: 3}
d[List[int]]
d[Optional[str]]
d[list[int]]
raise ValueError

# --- value 10
from collections import namedtuple
P = namedtuple("P", "x y")
d = {P(1, 2): 1, (3, 4): 2}
assert d[(1, 2)] == 1 and d[P(3, 4)] == 2
raise ValueError

# --- value 11
from enum import Enum
class E(str, Enum):
    a = "x"
d = {"x": 1, E.a: 2}
assert d["x"] == 2 and len(d) == 1
raise ValueError

# --- value 12
d = {frozenset({1}): 1}
assert d[frozenset({1})] == 1
d2 = {1: "a", True: "b", 1.0: "c"}
assert d2 == {1: "c"}
raise ValueError

# --- value 13
from decimal import Decimal
d = {Decimal("1"): 1}
d[Decimal("1.0")]
d[1]
raise ValueError

# --- value 14
d = {len: 1, int: 2, None: 3}
class A:
    def f(self): pass
a = A()
d[a.f] = 1
d[a.f]
raise ValueError

# --- value 15
from functools import partial
class S(str): pass
d = {S("a"): 1}
assert d["a"] == 1
d[S("a")]
raise ValueError

# --- value 16
from enum import Enum
class E(str, Enum):
    a = "x"
raise ValueError(f"{E.a}")

# --- value 17
from enum import Enum
class E(str, Enum):
    a = "x"
raise ValueError("%s" % E.a)

# --- value 18
from enum import Enum
class E(str, Enum):
    a = "x"
raise ValueError("{}".format(E.a))

# --- value 19
from enum import Enum
class E(str, Enum):
    a = "x"
raise ValueError(str(E.a))

# --- value 20
from enum import Enum
class E(Enum):
    a = "x"
raise ValueError(str(E.a))

# --- value 21
from enum import IntEnum, StrEnum
class E(IntEnum):
    a = 1
class F(StrEnum):
    b = "y"
raise ValueError(f"{E.a} {F.b} {str(E.a)} {str(F.b)}")

# --- value 22
from enum import Enum
class E(str, Enum):
    a = "x"
    def __str__(self): return self.value
raise ValueError(str(E.a), f"{E.a}")

# --- value 23
from collections import Counter
c = Counter("aab")
assert c["a"] == 2
raise ValueError

# --- value 24
from collections import Counter
c = Counter(["a"])
c["b"] += 1
assert c["b"] == 1
raise ValueError

# --- value 25
from dataclasses import dataclass
@dataclass(order=True)
class A:
    x: int
assert A(1) < A(2)
raise ValueError

# --- value 26
from functools import total_ordering
@total_ordering
class A:
    def __init__(self, x): self.x = x
    def __lt__(self, o): return self.x < o.x
    def __eq__(self, o): return self.x == o.x
assert A(1) < A(2)
assert A(1) <= A(2) and A(2) > A(1) and A(2) >= A(1)
raise ValueError

# --- value 27
from pathlib import Path
assert Path("a") != "a"
assert not Path("a") == "a"
assert Path("a") == Path("a")
assert Path("a") in [Path("a")]
assert "a" not in [Path("a")]
assert {Path("a"): 1}[Path("a")] == 1
raise ValueError

# --- value 28
x = {}
x[1.0] = 2
assert x[1] == 2
assert 1e22 == 10**22
raise ValueError(1e22, 1e16, 1.5e-7, 123456789.123, 0.0001, 1e15, -0.0)

# --- value 29
from collections import OrderedDict, UserDict, UserList
d = OrderedDict([("a", 1)])
d.move_to_end("a")
assert d["a"] == 1 and list(d) == ["a"]
u = UserDict({"a": 1})
assert u["a"] == 1
l = UserList([1])
l.append(2)
assert l == [1, 2] and len(l) == 2
raise ValueError

# --- value 30
from collections import deque
d = deque([1, 2], maxlen=2)
d.append(3)
assert list(d) == [2, 3] and d[0] == 2 and len(d) == 2
d.appendleft(9)
assert d[0] == 9
raise ValueError

# --- value 31
import string
assert string.ascii_lowercase[:3] == "abc"
assert "a-b c".title() == "A-B C" and "abc".capitalize() == "Abc" and "aB".swapcase() == "Ab"
assert "a,b,,c".split(",") == ["a", "b", "", "c"] and " a  b ".split() == ["a", "b"]
assert "abc".partition("b") == ("a", "b", "c") and "a.b.c".rpartition(".") == ("a.b", ".", "c")
assert "a\nb\r\nc".splitlines() == ["a", "b", "c"] and "abcabc".replace("b", "x", 1) == "axcabc"
assert "x".join(["a", "b"]) == "axb" and "abc".find("z") == -1 and "abc"[::-1] == "cba"
assert "abc".removeprefix("a") == "bc" and "abc".removesuffix("c") == "ab"
assert "12".isdigit() and "ab".isalpha() and "a1".isalnum() and " ".isspace() and "a_b".isidentifier()
assert "7".zfill(3) == "007" and "-7".zfill(4) == "-007" and "a".ljust(3, ".") == "a.." and "a".center(4, "*") == "*a**"
assert "%05.2f|%-5s|%x|%+d|%e" % (3.14159, "a", 255, 5, 12345.678) == "03.14|a    |ff|+5|1.234568e+04"
assert f"{3.14159:.2f} {1234567:,} {255:#x} {5:>4}|{'a':^5}|{0.25:.0%} {1e10:g} {42:08b}" == "3.14 1,234,567 0xff    5|  a  |25% 1e+10 00101010"
assert "{:>{w}}".format("a", w=3) == "  a" and "{0}{1}{0}".format("a", "b") == "aba" and "{x[a]} {y.real}".format(x={"a": 1}, y=2) == "1 2"
raise ValueError

# --- value 32
assert [1, 2, 3][-2:] == [2, 3] and [1, 2, 3][::-1] == [3, 2, 1] and (1, 2, 3)[1:] == (2, 3)
x = [3, 1, 2]
x.sort(reverse=True)
assert x == [3, 2, 1] and sorted(x, key=lambda v: -v) == [3, 2, 1] and sorted("bca") == ["a", "b", "c"]
x[1:2] = [7, 8]
assert x == [3, 7, 8, 1]
del x[::2]
assert x == [7, 1]
assert sum([1, 2], 3) == 6 and max(1, 5, 2) == 5 and min([3, 1]) == 1 and max("a", "b", key=len) == "a" and max([], default=0) == 0
assert list(zip([1, 2], "ab")) == [(1, "a"), (2, "b")] and list(enumerate("ab", 1)) == [(1, "a"), (2, "b")]
assert list(map(str, [1])) == ["1"] and list(filter(None, [0, 1])) == [1] and list(reversed([1, 2])) == [2, 1]
assert any([0, 1]) and not all([0, 1]) and divmod(7, -2) == (-4, -1) and -7 // 2 == -4 and -7 % 3 == 2 and round(2.5) == 2 and round(3.14159, 2) == 3.14
assert int("0x1f", 16) == 31 and int("-5") == -5 and int(" 7 ") == 7 and int("1_000") == 1000 and float("1e3") == 1000.0 and int(3.9) == 3
assert bin(5) == "0b101" and hex(255) == "0xff" and oct(8) == "0o10" and chr(97) == "a" and ord("a") == 97
assert {1, 2} | {3} == {1, 2, 3} and {1, 2} & {2} == {2} and {1, 2} - {1} == {2} and {1} ^ {2} == {1, 2} and {1} <= {1, 2}
assert {**{"a": 1}, "b": 2} == {"a": 1, "b": 2} and {"a": 1} | {"a": 2} == {"a": 2} and dict(a=1) == {"a": 1} and dict([("a", 1)]) == {"a": 1}
assert 1 < 2 < 3 and not 1 < 3 < 2 and (1, 2) < (1, 3) and [1] < [1, 0] and "a" < "b" and None is None
assert isinstance(True, int) and True + True == 2 and (1 if [] else 2) == 2 and ("" or "x") == "x" and (0 and 1) == 0
assert b"abc"[0] == 97 and b"a" + b"b" == b"ab" and "é".encode() == b"\xc3\xa9" and b"\xc3\xa9".decode() == "é" and bytes([65]) == b"A"
assert 2 ** 100 == 1267650600228229401496703205376 and 10 ** 20 > 10 ** 19 and 7 // 2.0 == 3.0 and 1 / 2 == 0.5 and 2 ** -1 == 0.5
assert type(1) is int and type("") == str and type(type) is type and type(None).__name__ == "NoneType"
raise ValueError

# --- value 33
from datetime import datetime, timedelta, date, timezone, time
assert datetime(2020, 1, 1) + timedelta(days=1) == datetime(2020, 1, 2)
assert timedelta(hours=1).total_seconds() == 3600 and timedelta(days=1) > timedelta(hours=1)
assert date(2020, 1, 31).isoformat() == "2020-01-31" and datetime(2020, 1, 2, 3).strftime("%Y-%m-%d %H") == "2020-01-02 03"
assert datetime.strptime("2020-01-02", "%Y-%m-%d") == datetime(2020, 1, 2) and datetime.fromisoformat("2020-01-02").day == 2
assert datetime(2020, 1, 1, tzinfo=timezone.utc).utcoffset() == timedelta(0) and (date(2020, 3, 1) - date(2020, 2, 1)).days == 29
assert datetime.now() >= datetime(2020, 1, 1) and datetime.now(timezone.utc).tzinfo is timezone.utc
raise ValueError

# --- value 34
import re
assert re.match(r"(\d+)-(\w+)", "12-ab").groups() == ("12", "ab") and re.sub("a", "b", "aa") == "bb"
assert re.findall(r"\d", "1a2") == ["1", "2"] and re.split(",", "a,b") == ["a", "b"] and re.fullmatch("a", "ab") is None
assert re.compile("x", re.I).search("aXb") and re.escape("a.b") == r"a\.b" and re.match("(?P<n>a)", "a")["n"] == "a"
raise ValueError

# --- value 35
import os.path, json, itertools, operator, functools, uuid, decimal, fractions, textwrap, urllib.parse, base64, hashlib, shlex
assert os.path.join("a", "b") == "a/b" and os.path.basename("a/b") == "b" and os.path.splitext("a.b")[1] == ".b" and os.path.dirname("a/b") == "a"
assert json.loads(json.dumps({"a": [1, None, True, 1.5]})) == {"a": [1, None, True, 1.5]} and json.dumps({"b": 1, "a": "x"}, sort_keys=True) == '{"a": "x", "b": 1}'
assert list(itertools.chain([1], [2])) == [1, 2] and list(itertools.islice(itertools.count(), 3)) == [0, 1, 2] and list(itertools.product("a", [1])) == [("a", 1)]
assert operator.itemgetter(1)([1, 2]) == 2 and operator.attrgetter("real")(5) == 5 and functools.reduce(operator.add, [1, 2]) == 3 and functools.partial(int, base=2)("10") == 2
assert decimal.Decimal("1.1") + decimal.Decimal("2.2") == decimal.Decimal("3.3") and fractions.Fraction(1, 2) + fractions.Fraction(1, 2) == 1
assert textwrap.dedent("  a\n  b") == "a\nb" and urllib.parse.quote("a b") == "a%20b" and urllib.parse.urlparse("http://h/p?q=1").netloc == "h"
assert base64.b64encode(b"a") == b"YQ==" and hashlib.md5(b"").hexdigest() == "d41d8cd98f00b204e9800998ecf8427e" and shlex.split("a 'b c'") == ["a", "b c"]
assert str(uuid.UUID(int=0)) == "00000000-0000-0000-0000-000000000000" and len(str(uuid.uuid4())) == 36 and uuid.uuid4() != uuid.uuid4()
raise ValueError

# --- error 0
from dataclasses import dataclass, field
@dataclass
class A:
    x: int = 0
    y: int

# --- error 1
from dataclasses import dataclass, field
@dataclass
class A:
    x: list = []

# --- error 2
from dataclasses import dataclass, field
@dataclass
class A:
    x: dict = {}

# --- error 3
from dataclasses import dataclass, field
@dataclass
class A:
    x: list = field(default_factory=list, default=1)

# --- error 4
from dataclasses import dataclass
@dataclass(frozen=True)
class A:
    x: int
A(1).x = 2

# --- error 5
from dataclasses import dataclass
@dataclass
class A:
    x: int
A()

# --- error 6
from dataclasses import dataclass
@dataclass
class A:
    x: int
A(1, 2)

# --- error 7
from dataclasses import dataclass
@dataclass
class A:
    x: int
A(y=2)

# --- error 8
from dataclasses import dataclass
@dataclass(kw_only=True)
class A:
    x: int
A(1)

# --- error 9
from dataclasses import dataclass, KW_ONLY
@dataclass
class A:
    x: int
    _: KW_ONLY
    y: int = 1
A(1, 2)

# --- error 11
from dataclasses import dataclass
@dataclass
class A:
    x: int
A(1) < A(2)

# --- error 16
from dataclasses import dataclass, field
@dataclass
class A:
    x: int = field(init=False)
    def __post_init__(self):
        self.x = self.y
A()

# --- error 17
from dataclasses import dataclass, InitVar
@dataclass
class A:
    x: InitVar[int]
    y: int = 0
    def __post_init__(self, x):
        self.y = x / 0
A(1)

# --- error 21
from enum import Enum
class E(Enum):
    a = 1
E(2)

# --- error 22
from enum import Enum
class E(Enum):
    a = 1
E["b"]

# --- error 23
from enum import Enum
class E(Enum):
    a = 1
E.b

# --- error 24
from enum import Enum
class E(Enum):
    a = 1
    a = 2

# --- error 25
from enum import Enum
class E(Enum):
    a = 1
class F(E):
    b = 2

# --- error 28
from enum import Enum, unique
@unique
class E(Enum):
    a = 1
    b = 1

# --- error 29
from enum import IntEnum
class E(IntEnum):
    a = 1
assert E.a == 1 and E.a + 1 == 2
E("x")

# --- error 30
from enum import Enum
class E(str, Enum):
    a = "x"
assert E.a == "x" and f"{E.a}" == "E.a" and str(E.a) == "E.a" and "%s" % E.a == "E.a"
assert "{}".format(E.a) == "E.a"
raise ValueError(E.a)

# --- error 31
from enum import StrEnum, auto
class E(StrEnum):
    FOO = auto()
assert E.FOO == "foo" and f"{E.FOO}" == "foo"
raise ValueError(E.FOO)

# --- error 33
from enum import Enum
class E(Enum):
    a = 1
    def f(self):
        return self.value
assert E.a.f() == 1
assert list(E) == [E.a] and len(E) == 1 and E.a in E
raise ValueError(E.a.name, E.a.value)

# --- error 36
from enum import Enum
class E(Enum):
    @classmethod
    def _missing_(cls, v):
        return cls.a
    a = 1
assert E(5) is E.a
raise ValueError(repr(E.a))

# --- error 55
from typing import NamedTuple
class A(NamedTuple):
    x: int
    y: int = 1
a = A(1)
assert a.y == 1 and a == (1, 1) and a._asdict() == {"x": 1, "y": 1}
A()

# --- error 56
from typing import NamedTuple
class A(NamedTuple):
    x: int = 1
    y: int

# --- error 61
from typing import Protocol, runtime_checkable
@runtime_checkable
class P(Protocol):
    def f(self): ...
class A:
    def f(self): pass
assert isinstance(A(), P) and not isinstance(1, P)
raise ValueError

# --- error 66
int[str]

# --- error 68
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): ...
A()

# --- error 69
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def f(self): ...
    @abstractmethod
    def g(self): ...
class B(A):
    def f(self): pass
B()

# --- error 70
from abc import ABC, abstractmethod
class A(ABC):
    @property
    @abstractmethod
    def x(self): ...
class B(A):
    x = 1
B()
A()

# --- error 71
from abc import ABCMeta
class A(metaclass=ABCMeta): pass
A.register(int)
assert isinstance(1, A)
class M(type): pass
class B(A, metaclass=M): pass

# --- error 73
from functools import partial
def f(a, b): return a
p = partial(f, 1)
assert p(2) == 1
p()

# --- error 74
from functools import wraps
def d(f):
    @wraps(f)
    def w(*a, **k): return f(*a, **k)
    return w
@d
def g(x): "doc"
assert g.__name__ == "g" and g.__doc__ == "doc"
g()

# --- error 75
from functools import lru_cache
@lru_cache(maxsize=None)
def f(x): return 1 / x
f(0)

# --- error 77
from functools import cached_property
class A:
    @cached_property
    def x(self): return self.missing
A().x

# --- error 78
from functools import total_ordering
@total_ordering
class A: pass

# --- error 80
from functools import cmp_to_key
assert sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)) == [3, 2, 1]
raise ValueError

# --- error 81
from collections import OrderedDict, defaultdict, Counter, deque, namedtuple, ChainMap
d = defaultdict(list)
d["a"].append(1)
assert d == {"a": [1]}
defaultdict(1)

# --- error 83
from collections import namedtuple
P = namedtuple("P", "x y")
p = P(1, 2)
assert p.x == 1 and p._replace(x=3) == (3, 2)
P(1)

# --- error 84
from collections import namedtuple
namedtuple("P", "x x")

# --- error 85
from collections import namedtuple
namedtuple("P", "class")

# --- error 88
from collections import ChainMap
ChainMap({"a": 1})["b"]

# --- error 91
from contextlib import contextmanager
@contextmanager
def c():
    if 0: yield
with c(): pass

# --- error 92
from contextlib import contextmanager
@contextmanager
def c():
    try:
        yield
    except ValueError:
        raise KeyError("k")
with c():
    raise ValueError

# --- error 93
from contextlib import suppress
with suppress(ValueError):
    raise ValueError
with suppress(KeyError):
    raise ValueError("x")

# --- error 95
with open("missing.txt") as f:
    pass

# --- error 96
with 1: pass

# --- error 99
class D:
    def __get__(self, o, t=None): return 1 / 0
class A:
    x = D()
A.x

# --- error 100
class D:
    def __set__(self, o, v): raise AttributeError("no")
class A:
    x = D()
A().x = 1

# --- error 101
class A:
    @property
    def x(self): return 1
A().x = 2

# --- error 103
class A:
    __slots__ = ("x",)
A().y = 1

# --- error 104
class A:
    __slots__ = ("x",)
A().x

# --- error 106
class M(type):
    def __call__(cls, *a): raise TypeError("no")
class A(metaclass=M): pass
A()

# --- error 107
class M(type):
    def __new__(m, n, b, d, **k):
        if k: raise TypeError(k)
        return super().__new__(m, n, b, d)
class A(metaclass=M, x=1): pass

# --- error 108
class A(x=1): pass

# --- error 109
class A:
    def __init_subclass__(cls, x, **k): super().__init_subclass__(**k)
class B(A, x=1): pass
class C(A): pass

# --- error 110
class A:
    def __class_getitem__(cls, i): return i
assert A[1] == 1
A()[1]

# --- error 111
class A: pass
class B(A): pass
class C(A, B): pass

# --- error 116
def f(): pass
class A(f): pass

# --- error 117
class A:
    def f(): pass
A().f()

# --- error 118
class A:
    def f(self): pass
A.f()

# --- error 119
class A:
    @staticmethod
    def f(x): pass
A.f()

# --- error 120
class A:
    @classmethod
    def f(cls): return cls.x
A.f()

# --- error 121
class A:
    x = 1
    y = [x for _ in range(2)]

# --- error 122
class A:
    x = 1
    y = [i for i in [x]]
    z = missing

# --- error 124
class A:
    def f(self): return super().g()
A().f()

# --- error 134
if (n := 10) > 5: pass
assert n == 10
print(missing := 1, absent)

# --- error 135
a, *b = [1, 2, 3]
assert b == [2, 3]
a, b = [1]

# --- error 136
a, b = [1, 2, 3]

# --- error 137
a, *b, c = [1]

# --- error 152
"{} {}".format(1)

# --- error 153
"{x}".format(y=1)

# --- error 166
int("a")

# --- error 167
int("1.5")

# --- error 168
int("")

# --- error 170
int(None)

# --- error 171
int([])

# --- error 174
float("x")

# --- error 175
float("")

# --- error 176
float(None)

# --- error 195
"a" + 1

# --- error 196
1 + "a"

# --- error 197
"a" * "b"

# --- error 198
"a" - "b"

# --- error 199
[1] + (2,)

# --- error 200
None + 1

# --- error 201
{} + {}

# --- error 202
{} | []

# --- error 203
-"a"

# --- error 204
~1.5

# --- error 205
1 < "a"

# --- error 206
None < 1

# --- error 207
[] < ()

# --- error 208
"a"[5]

# --- error 209
"a"["b"]

# --- error 210
[1][5]

# --- error 211
[1]["a"]

# --- error 212
[1][1.5]

# --- error 213
(1,)[3]

# --- error 214
{}["a"]

# --- error 215
{1: 2}[3]

# --- error 217
{[]: 1}

# --- error 218
{[1]}

# --- error 219
{{}: 1}

# --- error 220
hash([])

# --- error 221
hash({})

# --- error 222
x = [1, 2]
del x[5]

# --- error 223
x = (1, 2)
x[0] = 1

# --- error 224
x = "ab"
x[0] = "c"

# --- error 228
[1, 2][::0]

# --- error 229
[3, "a"].sort()

# --- error 230
sorted([3, "a"])

# --- error 231
sorted([None, 1])

# --- error 232
sorted([1], key=1)

# --- error 234
[].pop()

# --- error 236
{}.pop("a")

# --- error 238
{1}.remove(2)

# --- error 239
[1].remove(2)

# --- error 240
[1].index(2)

# --- error 245
dict(1)

# --- error 248
[].extend(1)

# --- error 250
list(1)

# --- error 251
tuple(1)

# --- error 252
set(1)

# --- error 254
frozenset(1)

# --- error 255
len(1)

# --- error 256
len(None)

# --- error 257
iter(1)

# --- error 259
next(iter([]))

# --- error 260
for x in 1: pass

# --- error 261
for x in None: pass

# --- error 262
max([])

# --- error 264
max(1)

# --- error 265
max(1, "a")

# --- error 266
sum(["a"])

# --- error 267
sum("a")

# --- error 271
divmod(1, 0)

# --- error 274
range("a")

# --- error 275
range(1, 2, 0)

# --- error 276
range(1.5)

# --- error 277
enumerate(1)

# --- error 278
zip(1)

# --- error 281
list(map(1, [1]))

# --- error 282
list(filter(1, [1]))

# --- error 283
any(1)

# --- error 285
getattr(1, "x")

# --- error 287
setattr(1, "x", 1)

# --- error 289
(1).x

# --- error 290
None.x

# --- error 291
"a".foo()

# --- error 292
[].foo

# --- error 293
{}.foo

# --- error 294
(lambda: 0).foo

# --- error 295
def f(): pass
f.x.y

# --- error 296
import os
os.foo

# --- error 297
import sys
sys.foo()

# --- error 298
import os.missing

# --- error 299
from os import missing

# --- error 300
from os.path import missing

# --- error 305
import json
json.loads(None)

# --- error 347
import logging
logging.getLogger(1)

# --- error 353
import os
os.environ["MISSING_NAME"]

# --- error 354
import os
os.environ["X"] = 1

# --- error 355
import os
os.getenv("MISSING").upper()

# --- error 356
import os
int(os.getenv("MISSING"))

# --- error 357
import os
int(os.getenv("MISSING", "x"))

# --- error 359
import os
os.listdir("/missing")

# --- error 361
import os
os.chdir("/missing")

# --- error 362
from pathlib import Path
Path("missing").read_text()

# --- error 363
from pathlib import Path
Path("a") / 1

# --- error 364
from pathlib import Path
Path(1)

# --- error 365
from pathlib import Path
Path(__file__).parent.missing

# --- error 366
from pathlib import Path
assert Path("a/b.txt").suffix == ".txt" and Path("a/b.txt").stem == "b" and Path("a/b").name == "b"
assert Path("a") != "a"
assert str(Path("a") / "b") == "a/b"
raise ValueError(Path("a") == "a")

# --- error 369
from pathlib import Path
Path("missing").iterdir()
list(Path("missing").iterdir())

# --- error 370
open("missing", "r")

# --- error 372
open("/missing/x", "w")

# --- error 373
import importlib
importlib.import_module("missing_module")

# --- error 376
import importlib
m = importlib.import_module("json")
m.missing

# --- error 377
__import__("missing")

# --- error 379
import importlib.resources
importlib.resources.files("missing")

# --- error 390
import asyncio
async def f(): raise ValueError("x")
asyncio.run(f())

# --- error 391
import asyncio
async def f(): return 1
assert asyncio.run(f()) == 1
asyncio.run(1)

# --- error 392
import asyncio
def f(): return 1
asyncio.run(f())

# --- error 393
import asyncio
asyncio.get_running_loop()

# --- error 394
import asyncio
asyncio.create_task(1)

# --- error 395
if __name__ == "__main__":
    raise ValueError
x = __name__
assert x == "snippet"
raise ValueError(__name__)

# --- error 402
assert 1 == 2

# --- error 403
assert 1 == 2, "text"

# --- error 404
assert False, 1 / 0

# --- error 405
raise 1

# --- error 406
raise "a"

# --- error 408
raise ValueError from KeyError("a")

# --- error 409
raise NotImplemented

# --- error 410
raise NotImplementedError

# --- error 411
raise SystemExit(3)

# --- error 412
import sys
sys.exit("bye")

# --- error 414
raise KeyboardInterrupt

# --- error 415
class E(Exception):
    def __str__(self): return "shown"
raise E("x")

# --- error 416
class E(Exception):
    def __init__(self, a, b): super().__init__(f"{a}-{b}")
raise E(1, 2)

# --- error 417
class E(Exception): pass
raise E

# --- error 418
raise ValueError("a", 1)

# --- error 419
raise KeyError("a")

# --- error 420
raise KeyError(1, 2)

# --- error 421
raise OSError(2, "No such", "f")

# --- error 422
raise OSError(2, "No such")

# --- error 424
raise StopIteration

# --- error 425
raise ImportError("x", name="y")

# --- error 427
try:
    1 / 0
except ZeroDivisionError as e:
    pass
e

# --- error 428
try:
    1 / 0
except missing:
    pass

# --- error 430
try:
    int("x")
except (TypeError, ValueError) as e:
    raise RuntimeError("wrapped") from e

# --- error 431
try:
    {}["a"]
except KeyError as e:
    raise ValueError(str(e))

# --- error 432
def g():
    yield 1
    return 2
assert list(g()) == [1]
next(g()).x

# --- error 433
def g():
    yield 1
    raise ValueError("in g")
list(g())

# --- error 434
def g():
    raise ValueError("never")
    yield
g()
x = g()
next(x)

# --- error 435
def f(a, b=1, *, c): return a
f(1)

# --- error 436
def f(a, b): pass
f(1)

# --- error 437
def f(a): pass
f(1, 2)

# --- error 438
def f(a): pass
f(b=1)

# --- error 439
def f(a): pass
f(1, a=1)

# --- error 440
def f(a, /): pass
f(a=1)

# --- error 441
def f(*, a, b): pass
f()

# --- error 442
def f(a, b, c): pass
f()

# --- error 443
def f(x=missing): pass

# --- error 444
def f(x: missing): pass

# --- error 445
def f() -> missing: pass

# --- error 446
x: missing = 1

# --- error 447
x: missing

# --- error 448
@missing
def f(): pass

# --- error 449
@1
def f(): pass

# --- error 450
del missing

# --- error 451
missing += 1

# --- error 452
x = x

# --- error 453
global_x = 1
def f():
    print(global_x)
    global_x = 2
f()

# --- error 454
def f():
    del y
    y = 1
f()

# --- error 455
def f():
    if False: z = 1
    return z
f()

# --- error 456
def f():
    x = 1
    def g():
        nonlocal x
        x += 1
        return x
    return g
assert f()() == 2
raise ValueError(f()())

# --- error 479
import email.utils, http, http.client
http.HTTPStatus(999)

# --- error 480
import http
assert http.HTTPStatus.OK == 200 and http.HTTPStatus(404).phrase == "Not Found"
raise ValueError(http.HTTPStatus.OK.value)

# --- error 486
import types
x = types.SimpleNamespace(a=1)
assert x.a == 1
x.b

# --- error 487
import types
m = types.ModuleType("m")
m.x

# --- error 499
import platform
assert platform.system()
platform.nope()

# --- error 501
import sys
if sys.version_info < (3, 12):
    raise RuntimeError("too old")

# --- error 502
import __future__
__future__.nope

# --- error 503
from . import x

# --- error 504
from .x import y

# --- error 505
from .. import x

# --- error 506
x = 5
x()

# --- error 507
"a"()

# --- error 508
[]()

# --- error 509
None()

# --- error 510
class A: pass
A()()

# --- error 511
class A: pass
A().f()

# --- error 512
class A:
    def __init__(self, x): self.x = x
A()

# --- error 514
class A:
    def __new__(cls): return 1
assert A() == 1
A(1)

# --- error 521
class A:
    def __getitem__(self, k): raise KeyError(k)
A()["x"]

# --- error 522
class A:
    def __getattr__(self, n): raise AttributeError(f"no {n}")
A().foo

# --- error 523
class A:
    def __call__(self, x): return x
A()()

# --- error 524
class A:
    def __add__(self, o): return NotImplemented
A() + 1

# --- error 525
class A:
    def __lt__(self, o): return NotImplemented
A() < A()

# --- error 526
class A:
    def __contains__(self, x): return 1 / 0
1 in A()

# --- error 527
1 in 1

# --- error 528
"a" in 1

# --- error 529
1 in "a"

# --- error 532
class A:
    def __index__(self): return 1
assert [1, 2][A()] == 2
[1][A()]

# --- error 537
issubclass(1, int)

# --- error 543
1.5 // 0

# --- error 544
1 % 0

# --- error 547
2 ** "a"

# --- error 562
b"a" + "b"

# --- error 569
int.foo

# --- error 572
dict.fromkeys(1)

# --- error 575
{1, 2} & [1]

# --- error 576
{1}.union(1)

# --- error 579
slice(1, 2, 3).foo

# --- error 583
classmethod(1).foo

# --- error 584
property(1).foo

# --- error 586
object(1)

# --- error 587
NotImplemented.foo

# --- error 588
Ellipsis()

# --- error 589
__file__.missing

# --- error 590
__spec__.name == "snippet" or 1 / 0
__package__.missing

# --- error 592
__doc__.foo
