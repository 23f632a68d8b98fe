# --- special len bool
class A:
    def __len__(self): return 0
    def __bool__(self): return True
raise Exception(bool(A()), len(A()))
# --- special len
class A:
    def __len__(self): return 0
raise Exception(bool(A()), not A())
# --- special getitem
class A:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * 2
raise Exception(list(A()), 4 in A(), A()[1], [x for x in A()])
# --- special iter
class A:
    def __iter__(self): return iter([1, 2])
raise Exception(list(A()), 2 in A(), sum(A()), *A())
# --- special iter 2
class A:
    def __iter__(self):
        yield 1
        yield 2
a, b = A()
raise Exception(a, b, tuple(A()))
# --- special init eq hash lt
class A:
    def __init__(self, n): self.n = n
    def __eq__(self, o): return self.n == o.n
    def __hash__(self): return hash(self.n)
    def __lt__(self, o): return self.n < o.n
raise Exception(A(1) == A(1), A(1) != A(2), A(1) < A(2), A(3) in [A(3)], sorted([A(2), A(1)])[0].n, max([A(1), A(5)]).n)
# --- special add radd mul or
class A:
    def __add__(self, o): return "add"
    def __radd__(self, o): return "radd"
    def __mul__(self, o): return "mul"
    def __or__(self, o): return "or"
    def __neg__(self): return "neg"
    def __invert__(self): return "inv"
    def __matmul__(self, o): return "mat"
    def __getattr__(self, n): return n
raise Exception(A() + 1, 1 + A(), A() * 2, A() | 1, -A(), ~A(), A() @ 1, A().foo)
# --- special iadd
class A:
    def __iadd__(self, o): return "iadd"
a = A()
a += 1
raise Exception(a)
# --- special call
class A:
    def __call__(self, x): return x + 1
raise Exception(A()(2), callable(A()))
# --- special enter exit
class A:
    def __enter__(self): return 5
    def __exit__(self, *a): return True
with A() as x:
    raise ValueError(1)
raise Exception(x)
# --- special setitem delitem
class A:
    def __setitem__(self, k, v): self.k = (k, v)
    def __delitem__(self, k): self.d = k
a = A()
a["x"] = 1
del a["y"]
raise Exception(a.k, a.d)
# --- special setattr delattr
class A:
    def __setattr__(self, n, v): object.__setattr__(self, n, v * 2)
    def __delattr__(self, n): pass
a = A()
a.x = 2
del a.q
raise Exception(a.x)
# --- special get name set
class D:
    def __get__(self, o, t): return (o is None, t.__name__)
    def __set__(self, o, v): raise ValueError(v)
class A:
    d = D()
try:
    A().d = 3
except ValueError as e:
    raise Exception(A.d, A().d, e.args)
# --- special class_getitem
class A:
    def __class_getitem__(cls, k): return k
raise Exception(A[int])
# --- special index
class A:
    def __index__(self): return 2
raise Exception([1,2,3][A()], range(A())[1], "abc"[A():])
# --- special reversed
class A:
    def __reversed__(self): return iter([3,2])
raise Exception(list(reversed(A())))
# --- special missing
class A:
    def __missing__(self, k): return k
class B(dict):
    def __missing__(self, k): return k * 2
raise Exception(B()["x"], B(a=1)["a"], "x" in B())
# --- special next iter
class A:
    def __next__(self): raise StopIteration
    def __iter__(self): return self
raise Exception(list(A()), next(iter(A()), 5))
# --- special new
class A:
    def __new__(cls, x):
        o = super().__new__(cls)
        o.x = x
        return o
raise Exception(A(3).x)
# --- special slots
class A:
    __slots__ = ("a",)
A().b = 1
# --- special init_subclass
class A:
    def __init_subclass__(cls, /, tag=None, **kw):
        super().__init_subclass__(**kw)
        cls.tag = tag
class B(A, tag=5): pass
raise Exception(B.tag)
# --- A().x = 3
class A:
    @property
    def x(self): return 1
A().x = 3
# --- len(A())
class A: pass
len(A())
# --- for x in A(): pass
class A: pass
for x in A(): pass
# --- A()[0]
class A: pass
A()[0]
# --- A() + 1
class A: pass
A() + 1
# --- A() < A()
class A: pass
A() < A()
# --- with A(): pass
class A: pass
with A(): pass
# --- A()()
class A: pass
A()()
# --- 1 in "abc"
1 in "abc"
# --- "a" in 5
"a" in 5
# --- raise Exception(min([["a"],["a","b"]]), max("b","c
raise Exception(min([["a"],["a","b"]]), max("b","c"), min(3,2), max([1,2],key=lambda x:-x), max([], default=4), sorted({"b":1,"a":2}), sum([[1],[2]], []))
# --- min([])
min([])
# --- max(1, "a")
max(1, "a")
# --- sorted([1, "a"])
sorted([1, "a"])
# --- special contains len iter getitem
class M(type):
    def __contains__(cls, x): return x == 1
    def __len__(cls): return 7
    def __iter__(cls): return iter("ab")
    def __getitem__(cls, k): return k
class A(metaclass=M): pass
raise Exception(1 in A, len(A), list(A), A["z"])
# --- special divmod round abs pow
class A:
    def __divmod__(self, o): return (1, 2)
    def __round__(self, n=None): return 9
    def __abs__(self): return 8
    def __pow__(self, o): return 7
raise Exception(divmod(A(), 1), round(A()), abs(A()), A() ** 2)
# --- special ror rsub
class A:
    def __ror__(self, o): return "ror"
    def __rsub__(self, o): return "rsub"
raise Exception(1 | A(), 5 - A(), [] | A())
# --- UserDict()["x"]
from collections import UserDict
UserDict()["x"]
# --- views of a dict
d = {"a": 1, "b": 2}
raise Exception(d.keys() & {"a"}, {"a", "c"} - d.keys(), len(d.items()), "a" in d.keys(), sorted(d.values()), isinstance(d.keys(), list), list(d.items())[0])
# --- a view has no positions
{"a": 1}.keys()[0]
# --- forms of typing as keys
from typing import List, Sequence, Tuple
kinds = {List: 1, list: 2, Tuple: 3, Sequence: 4}
raise Exception(len(kinds), issubclass(dict, tuple(kinds.keys())), kinds[List])
# --- vars_of_an_instance_is_its_dict
class A:
    def __init__(self, **given):
        vars(self).update(given)
assert A(x=1).x == 1
A(x=1).y
# --- dict_of_an_instance_replaced
class A: pass
a = A()
a.__dict__ = {"x": 1}
assert a.x == 1
# --- instance_equals_no_text
class A: pass
assert A() != "a"
assert A() not in ("a", None)
{True: 1}[A() == "a"]
# --- defaultdict_subclass_with_its_own_signature
from collections import defaultdict
class Limited(defaultdict):
    def __init__(self, limit, *args, **kwargs):
        self.limit = limit
        super().__init__(*args, **kwargs)
made = Limited(100, set)
made["a"].add(1)
# --- defaultdict_wants_a_callable
from collections import defaultdict
defaultdict(100)
