# --- enum members
import enum
class Color(enum.Enum):
    RED = 1
    GREEN = "g"
    @property
    def shade(self):
        return self.name.lower()
raise Exception([c.name for c in Color], Color.RED.value, Color["GREEN"].name, Color(1).name, Color.RED.shade, len(Color), str(Color.RED), repr(Color.RED), Color.RED is Color(1))
# --- enum missing member
from enum import Enum
class Color(Enum):
    RED = 1
Color.BLUE
# --- enum missing value
from enum import Enum
class Color(Enum):
    RED = 1
Color("x")
# --- enum missing key
from enum import Enum
class Color(Enum):
    RED = 1
Color["BLUE"]
# --- enum duplicate
from enum import Enum
class Color(Enum):
    RED = 1
    RED = 2
# --- enum alias is fine
from enum import Enum, unique
class Color(Enum):
    RED = 1
    ROT = 1
raise Exception(Color.ROT.name)
# --- enum unique
from enum import Enum, unique
@unique
class Color(Enum):
    RED = 1
    ROT = 1
# --- enum auto
from enum import Enum, IntEnum, Flag, auto
class A(Enum):
    X = auto()
    Y = auto()
class B(IntEnum):
    X = 5
    Y = auto()
class F(Flag):
    P = auto()
    Q = auto()
    R = auto()
raise Exception(A.X.value, A.Y.value, B.Y.value, B.X == 5, F.R.value)
# --- str enum
import enum
class S(str, enum.Enum):
    A = "a"
class T(enum.StrEnum):
    FIRST = enum.auto()
raise Exception(S.A == "a", S("a").value, T.FIRST.value, str(T.FIRST))
# --- enum cannot be extended
from enum import Enum
class A(Enum):
    X = 1
class B(A):
    Y = 2
# --- enum functional
from enum import Enum
Color = Enum("Color", "RED GREEN")
Sizes = Enum("Sizes", [("S", "s"), ("M", "m")])
raise Exception(Color.GREEN.value, Sizes.M.value, Color.RED.name)
# --- enum functional missing
from enum import Enum
Color = Enum("Color", ["RED", "GREEN"])
Color.BLUE
# --- enum with init
from enum import Enum
class Planet(Enum):
    EARTH = (5.9, 6.3)
    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius
raise Exception(Planet.EARTH.mass, Planet.EARTH.value)
# --- enum with wrong init
from enum import Enum
class Planet(Enum):
    EARTH = (5.9, 6.3)
    def __init__(self, mass):
        self.mass = mass
# --- enum base class with methods
from enum import Enum
class Base(Enum):
    @classmethod
    def values(cls):
        return [m.value for m in cls]
class Role(Base):
    ADMIN = "admin"
    USER = "user"
raise Exception(Role.values())
# --- enum in a comparison
from enum import Enum
class Mode(str, Enum):
    DEV = "dev"
    PROD = "prod"
raise Exception(Mode("dev") is Mode.DEV, Mode.DEV == Mode.PROD, Mode.DEV in (Mode.DEV, Mode.PROD))
# --- dataclass
from dataclasses import dataclass, field
@dataclass
class P:
    x: int
    y: int = 2
    tags: list = field(default_factory=list)
p = P(1)
raise Exception(p.x, p.y, p.tags, P(1, tags=[3]).tags)
# --- dataclass wrong keyword
from dataclasses import dataclass
@dataclass
class P:
    x: int
P(y=1)
# --- dataclass missing
from dataclasses import dataclass
@dataclass
class P:
    x: int
    y: int
P(1)
# --- dataclass too many
from dataclasses import dataclass
@dataclass
class P:
    x: int
P(1, 2)
# --- dataclass mutable default
from dataclasses import dataclass
@dataclass
class P:
    x: list = []
# --- dataclass mutable dict default
import dataclasses
@dataclasses.dataclass(frozen=True)
class P:
    x: dict = {}
# --- dataclass mutable instance default
from dataclasses import dataclass
@dataclass
class A:
    x: int = 0
@dataclass
class P:
    a: A = A()
# --- dataclass order of defaults
from dataclasses import dataclass
@dataclass
class P:
    x: int = 1
    y: int
# --- dataclass inherited order of defaults
from dataclasses import dataclass
@dataclass
class A:
    x: int = 1
@dataclass
class B(A):
    y: int
# --- dataclass kw_only
from dataclasses import dataclass, KW_ONLY
@dataclass
class A:
    x: int = 1
@dataclass(kw_only=True)
class B(A):
    y: int
@dataclass
class C:
    a: int
    _: KW_ONLY
    b: int = 2
raise Exception(B(y=2).x, C(1, b=3).b)
# --- dataclass kw_only positional
from dataclasses import dataclass
@dataclass(kw_only=True)
class B:
    y: int
B(1)
# --- dataclass post init
from dataclasses import dataclass, field, InitVar
from typing import ClassVar
@dataclass
class B:
    y: int
    scale: InitVar[int] = 2
    total: ClassVar[int] = 7
    z: int = field(init=False)
    def __post_init__(self, scale):
        self.z = self.y * scale
raise Exception(B(2).z, B(2, 5).z, B.total)
# --- dataclass frozen
from dataclasses import dataclass
@dataclass(frozen=True)
class B:
    y: int
b = B(1)
b.y = 2
# --- dataclass field without annotation
from dataclasses import dataclass, field
@dataclass
class B:
    y = field(default=1)
# --- dataclass both defaults
from dataclasses import dataclass, field
@dataclass
class B:
    y: int = field(default=1, default_factory=int)
# --- dataclass unknown parameter
from dataclasses import dataclass
@dataclass(frozn=True)
class B:
    y: int
# --- dataclass postponed annotations
from __future__ import annotations
from dataclasses import dataclass
import typing
@dataclass
class B:
    y: int
    n: typing.ClassVar[int] = 3
    z: NotDefined = None
raise Exception(B(1).y)
# --- dataclass attribute error
from dataclasses import dataclass
@dataclass
class B:
    y: int
B(1).z
# --- namedtuple
from collections import namedtuple
P = namedtuple("P", "x y")
p = P(1, y=2)
x, y = p
raise Exception(p.x, p[1], x, y, p._fields, p._replace(x=5).x, p._asdict(), isinstance(p, tuple), len(p))
# --- namedtuple missing
from collections import namedtuple
P = namedtuple("P", ["x", "y"])
P(1)
# --- namedtuple too many
from collections import namedtuple
P = namedtuple("P", ["x", "y"])
P(1, 2, 3)
# --- namedtuple keyword
from collections import namedtuple
P = namedtuple("P", ["x", "class"])
# --- namedtuple underscore
from collections import namedtuple
P = namedtuple("P", ["x", "_y"])
# --- namedtuple duplicate
from collections import namedtuple
P = namedtuple("P", ["x", "x"])
# --- namedtuple defaults
from collections import namedtuple
P = namedtuple("P", ["x", "y"], defaults=[7])
raise Exception(P(1).y)
# --- namedtuple attribute
from collections import namedtuple
P = namedtuple("P", ["x"])
P(1).z
# --- typing named tuple
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: str = "d"
    def both(self):
        return f"{self.x}{self.y}"
raise Exception(P(1).both(), P(1, "z").y, P(x=4).x)
# --- typing named tuple missing
from typing import NamedTuple
class P(NamedTuple):
    x: int
    y: str
P(1)
# --- typing named tuple order
from typing import NamedTuple
class P(NamedTuple):
    x: int = 1
    y: str
# --- typing named tuple functional
from typing import NamedTuple
P = NamedTuple("P", [("x", int), ("y", int)])
raise Exception(P(1, 2).y)
# --- typed dict
from typing import TypedDict
class M(TypedDict, total=False):
    name: str
class N(M, total=True):
    year: int
m = M(name="x")
n: N = {"name": "a", "year": 1}
raise Exception(m["name"], n["year"])
# --- abstract class
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def run(self): ...
A()
# --- abstract class with two methods
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def run(self): ...
    @property
    @abstractmethod
    def name(self): ...
class B(A):
    pass
B()
# --- concrete class
from abc import ABC, abstractmethod
class A(ABC):
    @abstractmethod
    def run(self): ...
class B(A):
    def run(self): return 5
raise Exception(B().run(), isinstance(B(), A))
# --- abstract attribute
from abc import ABC
class A(ABC):
    pass
A().nothing
# --- abc meta keyword
import abc
class A(metaclass=abc.ABCMeta):
    x = 1
raise Exception(A().x)
# --- generic class
from typing import Generic, TypeVar, Protocol
T = TypeVar("T")
class Repo(Generic[T]):
    def __init__(self, item: T): self.item = item
class IntRepo(Repo[int]):
    pass
class Proto(Protocol):
    def f(self) -> int: ...
raise Exception(IntRepo(3).item, Repo[str]("x").item)
# --- generic class wrong call
from typing import Generic, TypeVar
T = TypeVar("T")
class Repo(Generic[T]):
    def __init__(self, item): self.item = item
Repo[int]()
# --- dict subclass
class D(dict):
    def __init__(self, label, **kw):
        super().__init__(**kw)
        self.label = label
d = D("l", a=1)
raise Exception(d["a"], d.label, len(d), "a" in d, d.get("z"))
# --- dict subclass missing key
class D(dict):
    pass
D(a=1)["b"]
# --- dict subclass with missing
class D(dict):
    def __missing__(self, key): return key * 2
raise Exception(D()["ab"])
# --- list subclass
class L(list):
    def __init__(self, n):
        super().__init__(range(n))
l = L(3)
l.append(7)
raise Exception(l[0], l[-1], len(l), [x for x in l])
# --- user dict
from collections import UserDict
class U(UserDict):
    pass
raise Exception(U({"a": 1})["a"])
# --- defaultdict
from collections import defaultdict
d = defaultdict(list)
d["a"].append(1)
raise Exception(d["a"], len(d), d.get("zz"), "b" in d)
# --- defaultdict of int
from collections import defaultdict
d = defaultdict(int)
d["a"] += 5
raise Exception(d["a"], d["b"])
# --- ordered dict
from collections import OrderedDict
d = OrderedDict([("a", 1)])
d["b"] = 2
raise Exception(list(d.keys()), d["b"])
# --- exception subclass
class E(Exception):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code
raise E(5)
# --- exception subclass without super
class E(Exception):
    def __init__(self, code):
        self.code = code
raise E(5)
# --- exception with str
class E(ValueError):
    def __str__(self): return "shown"
raise E("x")
# --- raise from
try:
    1 / 0
except ZeroDivisionError as e:
    raise ValueError("wrapped") from e
# --- cached property
from functools import cached_property
class A:
    @cached_property
    def x(self): return 41 + 1
a = A()
raise Exception(a.x, a.x)
# --- singledispatch
from functools import singledispatch
@singledispatch
def f(x): return "any"
@f.register
def _(x: int): return "int"
@f.register(str)
def _(x): return "str"
f.nothing
# --- lru cache
from functools import lru_cache, cache
@lru_cache
def f(): return 1
@lru_cache(maxsize=None)
def g(x): return x + 1
@cache
def h(): return 3
f.cache_clear()
raise Exception(f(), g(2), h(), f.__name__)
# --- lru cache wrong call
from functools import lru_cache
@lru_cache
def f(x): return 1
f()
# --- lru cache method
from functools import lru_cache
class A:
    @lru_cache(maxsize=1)
    def m(self, x): return x * 2
raise Exception(A().m(4))
# --- wraps
from functools import wraps
def deco(f):
    @wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs) + 1
    return inner
@deco
def g(x):
    "doc"
    return x
raise Exception(g(1), g.__name__, g.__doc__, g.__wrapped__(5))
# --- partial
from functools import partial
def f(a, b, *, c=0): return a + b + c
raise Exception(partial(f, 1)(2), partial(f, c=5)(1, 1), partial(f, 1).func is f)
# --- partial wrong call
from functools import partial
def f(a, b): return a + b
partial(f, 1)(2, 3)
# --- partial of nothing
from functools import partial
partial("x")
# --- total ordering
from functools import total_ordering
@total_ordering
class A:
    def __init__(self, n): self.n = n
    def __lt__(self, other): return self.n < other.n
    def __eq__(self, other): return self.n == other.n
A(1)
# --- simple namespace
from types import SimpleNamespace
s = SimpleNamespace(a=1)
s.b = 2
raise Exception(s.a, s.b)
# --- simple namespace missing
from types import SimpleNamespace
SimpleNamespace(a=1).c
# --- slots
class A:
    __slots__ = ("x",)
a = A()
a.x = 1
a.y = 2
# --- property without setter
class A:
    @property
    def x(self): return 1
A().x = 2
# --- metaclass conflict
class M(type): pass
class N(type): pass
class A(metaclass=M): pass
class B(A, metaclass=N): pass
# --- inconsistent order
class A: pass
class B(A): pass
class C(A, B): pass
# --- unhashable in set
{[]}
# --- unhashable key
{[]: 1}
# --- not callable
x = 3
x()
# --- module is not callable
import json
json()
# --- constructor made a class method by hand
class Local:
    def __init__(self, value=0):
        self.value = value


def __new__(cls, *args):
    return super(Local, cls).__new__(cls)


Local.__new__ = classmethod(__new__)


class Narrow(Local):
    pass


assert Narrow().value == 0
assert Narrow.wrong
# --- private name deleted in a class body
class Slotted:
    __parts = ("a", "b")
    __slots__ = ("c", *__parts)
    del __parts


Slotted().d = 1
# --- every name of an instance can be read
class Converter:
    def __init__(self):
        self.seen = [getattr(self, name, "missing") for name in dir(self)]
        for name in dir(self):
            getattr(self, name)


assert Converter().__weakref__ is None
Converter().__weakrefs__
# --- view of a dict that grows
from types import MappingProxyType

_all = {}
everything = MappingProxyType(_all)
_all["one"] = 1
assert "one" in everything
assert everything["one"] == 1
assert [*everything.items()] == [("one", 1)]
assert isinstance(everything, MappingProxyType)
assert not isinstance(everything, dict)
assert len(everything) == 1
assert everything.get("two") is None
everything["two"]
# --- view of a dict takes nothing
from types import MappingProxyType

MappingProxyType({"a": 1})["b"] = 2
# --- view of a dict loses nothing
from types import MappingProxyType

view = MappingProxyType({"a": 1})
del view["a"]
# --- constants that a metaclass names in their order
from functools import partial
from itertools import count

order = partial(next, count())


class Flag:
    def __init__(self):
        self.index = order()

    def realize(self, name):
        self.names = {name}


class Container(type):
    def __new__(cls, name, bases, attributes):
        made = super().__new__(cls, name, bases, attributes)
        found = [(v.index, k, v) for k, v in attributes.items() if isinstance(v, Flag)]
        for _, name, flag in sorted(found):
            flag.realize(name)
        return made


class Flags(metaclass=Container):
    READ = Flag()
    WRITE = Flag()


Flags.READ.names | Flags.WRITE.names
assert len(Flags.READ.names) == 1
raise ValueError("end")
# --- instance loses no item by its index
class Bare:
    pass


del Bare()[1]
# --- instance loses no item by a text
class Bare:
    pass


del Bare()["a"]
# --- keyword of a nested class
class Outer:
    class Base:
        pass

    class Inner(Base, colour=1):
        pass
# --- descriptor as default of a dataclass field
from dataclasses import dataclass


class Option:
    def __init__(self, default):
        self.default = default

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner):
        return self.default if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value):
        if not isinstance(value, int):
            raise TypeError(f"not a number: {value}")
        setattr(instance, self.name, value)


@dataclass
class Settings:
    depth: Option = Option(3)


assert Settings().depth == 3
Settings("deep")
