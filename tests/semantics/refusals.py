# --- too many arguments of a built-in class
ratio = float(None, "inf")
# --- too few arguments of a method
text = ", ".join()
# --- a method of str without its text
text = "abc".replace(None, "b")
# --- joining what is no text
text = ", ".join(["a", 1])
# --- encoding None
data = "abc".encode(None)
# --- the name of an attribute is text
value = getattr(object, 5)
# --- isinstance of no class
answer = isinstance(1, "int")
# --- pairs of other lengths
table = dict(["abc"])
# --- a list in a set
members = set([[1], [2]])
# --- versions of unlike parts
import sys

NEW = sys.version_info >= (3, "11")
# --- a base that is None
class Handler(None):
    pass
# --- None beside a class
class Handler(dict, None):
    pass
# --- one generic base twice
from typing import Generic, TypeVar

T = TypeVar("T")


class Box(Generic[T]):
    pass


class Pair(Box[int], Box[int]):
    pass
# --- a keyword of a generic class
from typing import Generic, TypeVar

T = TypeVar("T")


class Box(Generic[T], kind=1):
    pass
# --- plain Generic
from typing import Generic


class Box(Generic):
    pass
# --- one constraint
from typing import TypeVar

T = TypeVar("T", int)
# --- constraints and a bound
from typing import TypeVar

T = TypeVar("T", int, str, bound=object)
# --- an instance of Any
from typing import Any

nothing = Any()
# --- an instance of Optional
from typing import Optional

nothing = Optional[int]()
# --- an instance of List
from typing import List

items = List()
# --- a keyword of a typed dict
from typing import TypedDict


class Movie(TypedDict, kind=1):
    name: str
# --- thawed dataclass
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    x: int


@dataclass
class Moving(Point):
    y: int
# --- frozen dataclass
from dataclasses import dataclass


@dataclass
class Point:
    x: int


@dataclass(frozen=True)
class Fixed(Point):
    y: int
# --- private fields and static methods
from dataclasses import dataclass, field


@dataclass
class Node:
    __forced: list = field(default_factory=list)


class Tools:
    @staticmethod
    def run():
        pass

    NAME = run.__name__


assert Tools.NAME == "run"
node = Node()

# --- class_or_text
class User: pass
User | "Post"

# --- text_or_class
class User: pass
"Post" | User

# --- class_or_text_by_metaclass
class Meta(type):
    def __or__(cls, other): return 5
class User(metaclass=Meta): pass
raise ValueError(User | "Post")

# --- typing_alias_or_text
from typing import List, Optional
List[int] | "Post"
Optional[int] | "Post"
raise ValueError("both are fine")
