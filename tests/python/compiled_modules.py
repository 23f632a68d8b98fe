#!/usr/bin/env python3
"""Writes `src/python/models/compiled.txt`: what modules without Python source contain.

    compiled_modules.py PYTHON3.9 PYTHON3.10 ... PYTHON3.13 --stubs TYPESHED/stdlib > compiled.txt

Each interpreter is asked for its own names. The stubs of typeshed add two things: names that a
public module has on Linux but not in this build (they may exist elsewhere), and what changes in
3.14. One line a name; see the head of the output for the format. With `--builtins` as the first
argument and `src/python/builtins/attributes.txt` as the second, that table is brought up to date.
"""
import ast
import json
import pathlib
import subprocess
import sys

PROBE = r"""
import importlib, json, sys, types, warnings, builtins, sysconfig, os, re
warnings.simplefilter("ignore")
skip = re.compile(r"^(_test|xx|_xx|_ctypes_test|__main__|builtins|_testcapi|nis$|ossaudiodev$)")
names = set(sys.builtin_module_names)
folder = os.path.join(sysconfig.get_path("stdlib"), "lib-dynload")
names |= {f.split(".")[0] for f in os.listdir(folder) if f.endswith(".so")}
inherited = set(vars(object)) - {"__init__", "__new__"}
module_names = {"__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__builtins__", "__path__", "__cached__"}
found, home = {}, {}
for name in sorted(n for n in names if not skip.match(n)):
    try:
        module = importlib.import_module(name)
    except Exception:
        continue
    found[name] = dict(vars(module))
for module in sorted(found, key=lambda m: (not m.startswith("_"), m)):
    for name, value in found[module].items():
        if isinstance(value, type) and id(value) not in home and value.__name__ == name:
            home[id(value)] = (module, name)
for module in sorted(found):
    for name, value in found[module].items():
        if isinstance(value, type) and id(value) not in home:
            home[id(value)] = (module, name)
def shown(cls, module):
    if vars(builtins).get(cls.__name__) is cls:
        return cls.__name__
    if id(cls) in home:
        where, name = home[id(cls)]
        return name if where == module else where + "." + name
    return "?"
out = {}
for module, values in found.items():
    entry = out[module] = {}
    for name, value in values.items():
        if name in module_names:
            continue
        if isinstance(value, type):
            if home[id(value)] != (module, name) or vars(builtins).get(name) is value:
                entry[name] = {"kind": "alias", "of": shown(value, module)}
                continue
            attrs = {a for a in vars(value) if a not in inherited and a not in ("__module__", "__doc__", "__weakref__", "__dict__", "__slots__")}
            if issubclass(value, BaseException):
                attrs -= {"__new__", "__init__"}
            elif "__new__" in attrs:
                attrs = attrs - {"__new__"} | {"__init__"}
            attrs = {a for a in attrs if not isinstance(vars(value).get(a), (types.FunctionType, property))}
            kinds = (types.GetSetDescriptorType, types.MemberDescriptorType)
            methods = (classmethod, staticmethod, types.ClassMethodDescriptorType)
            def is_data(item):
                return isinstance(item, kinds) or not (callable(item) or isinstance(item, methods) or item is None)
            attrs = {("=" if is_data(vars(value).get(a)) else "") + a for a in attrs}
            entry[name] = {
                "kind": "class", "bases": [shown(b, module) for b in value.__bases__],
                "attrs": sorted(attrs), "module": value.__module__, "plain": type(value) is type,
            }
        elif callable(value):
            entry[name] = {"kind": "function"}
        else:
            entry[name] = {"kind": "value", "of": type(value).__name__}
json.dump(out, sys.stdout)
"""

HEAD = """\
# What modules without Python source contain, CPython 3.9 to 3.14 on Linux.
# Written by tests/python/compiled_modules.py; do not edit.
#
#   [module]            from here on, names of this module
#   name                a function or method  =name     a value or data descriptor
#   name=other          the same as other     %name(bases) attributes   a class, its own attributes
#   %name:module(...)   the class calls itself module.name
#   name@10  name@-11  name@10-12    exists from, up to, between these minor versions
#   ?name               exists in some builds
"""
VERSIONS = range(9, 15)


def probe(python):
    text = subprocess.run([python, "-I", "-c", PROBE], check=True, capture_output=True, text=True).stdout
    minor = subprocess.run([python, "-c", "import sys; print(sys.version_info[1])"], check=True, capture_output=True, text=True)
    return int(minor.stdout), json.loads(text)


def holds(test, minor):
    """Value of a condition on version and platform, `None` when it is something else."""
    if isinstance(test, ast.BoolOp):
        parts = [holds(v, minor) for v in test.values]
        if None in parts:
            return None
        return all(parts) if isinstance(test.op, ast.And) else any(parts)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = holds(test.operand, minor)
        return None if inner is None else not inner
    if not isinstance(test, ast.Compare):
        return None
    left, op, right = ast.unparse(test.left), test.ops[0], test.comparators[0]
    try:
        right = ast.literal_eval(right)
    except ValueError:
        return None
    value = {"sys.version_info": (3, minor), "sys.platform": "linux"}.get(left)
    if value is None:
        return None
    if isinstance(value, tuple):
        right = tuple(right)[:2]
    return {ast.GtE: value >= right, ast.Lt: value < right, ast.Eq: value == right, ast.NotEq: value != right}.get(type(op))


def stub_names(body, minor):
    """Names that a stub binds, classes with their own attributes."""
    names = {}
    for node in body:
        if isinstance(node, ast.If):
            decided = holds(node.test, minor)
            if decided is not False:
                names.update(stub_names(node.body, minor))
            if decided is not True:
                names.update(stub_names(node.orelse, minor))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names[node.name] = None
        elif isinstance(node, ast.ClassDef):
            names[node.name] = set(stub_names(node.body, minor))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update({t.id: None for t in targets if isinstance(t, ast.Name)})
        elif isinstance(node, ast.ImportFrom):
            names.update({a.asname: None for a in node.names if a.asname and a.asname == a.name})
    return names


def stub(folder, module, minor):
    for name in (module + ".pyi", module + "/__init__.pyi"):
        path = folder / name
        if path.exists():
            return stub_names(ast.parse(path.read_text()).body, minor)
    return None


def marked(text, minors):
    """A name with the versions that have it."""
    known = [m for m in VERSIONS if m in minors]
    first, last = known[0], known[-1]
    if first == VERSIONS[0] and last == VERSIONS[-1]:
        return text
    if last == VERSIONS[-1]:
        return f"{text}@{first}"
    if first == VERSIONS[0]:
        return f"{text}@-{last}"
    return f"{text}@{first}-{last}"


def add_newest(data, folder):
    """3.14 is 3.13 with the differences between the stubs of the two."""
    newest = json.loads(json.dumps(data[13]))
    for module, names in newest.items():
        public = module.lstrip("_")
        for stem in {module, public}:
            old, new = stub(folder, stem, 13), stub(folder, stem, 14)
            if old is None or new is None:
                continue
            if stem == module:
                for name in set(new) - set(old):
                    names.setdefault(name, {"kind": "function"})
                for name in set(old) - set(new):
                    names.pop(name, None)
            for name, attrs in new.items():
                entry = names.get(name)
                if attrs and entry and entry["kind"] == "class" and old.get(name):
                    entry["attrs"] = sorted(set(entry["attrs"]) | (attrs - old[name]))
    data[14] = newest


BUILTINS = r"""
import json, sys, builtins, types
classes = {}
def known(cls):
    return classes.get(cls.__name__)
wanted = json.load(sys.stdin)
hidden = {
    "NoneType": type(None), "function": types.FunctionType, "method": types.MethodType, "module": types.ModuleType,
    "builtin_function_or_method": len.__class__, "generator": types.GeneratorType, "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType, "ellipsis": type(...), "NotImplementedType": type(NotImplemented),
    "GenericAlias": types.GenericAlias, "UnionType": getattr(types, "UnionType", None), "code": types.CodeType,
    "traceback": types.TracebackType, "mappingproxy": types.MappingProxyType, "cell": types.CellType,
    "list_iterator": type(iter([])), "BuiltinImporter": type(sys.__spec__.loader) if False else sys.meta_path[0],
}
out = {"": sorted(n for n, v in vars(builtins).items() if not isinstance(v, type))}
for name in wanted:
    cls = hidden.get(name) if name in hidden else vars(builtins).get(name)
    if isinstance(cls, type):
        kinds = (types.GetSetDescriptorType, types.MemberDescriptorType)
        skip = {"__new__", "__init__"} if issubclass(cls, BaseException) and cls is not BaseException else set()
        out[name] = sorted(("=" if isinstance(v, kinds) else "") + n for n, v in vars(cls).items() if n not in skip)
out["+"] = sorted(n for n, v in vars(builtins).items() if isinstance(v, type) and n not in wanted)
json.dump(out, sys.stdout)
"""


def builtins(path, pythons, folder):
    """Puts versions into the table of built-in classes, whose first column is kept."""
    lines = pathlib.Path(path).read_text().splitlines()
    heads = [line.split(":")[0] for line in lines if not line.startswith("#")]
    names = [h.split("(")[0].split("@")[0] for h in heads if h != "builtins"]
    data = {}
    for python in pythons:
        minor = subprocess.run([python, "-c", "import sys; print(sys.version_info[1])"], check=True, capture_output=True, text=True)
        text = subprocess.run([python, "-I", "-c", BUILTINS], input=json.dumps(names), check=True, capture_output=True, text=True).stdout
        data[int(minor.stdout)] = json.loads(text)
        if data[int(minor.stdout)]["+"]:
            print("no line for", data[int(minor.stdout)]["+"], file=sys.stderr)
    old, new = stub(folder, "builtins", 13), stub(folder, "builtins", 14)
    data[14] = {n: sorted(set(a) | ((new.get(n) or set()) - (old.get(n) or set()))) for n, a in data[13].items()}
    print("# Attributes of built-in classes, CPython 3.9 to 3.14, one class a line: name(base): attributes of its own; = before data.")
    print("# Written by tests/python/compiled_modules.py; name@11, name@-10, name@10-12 exist in these minor versions only.")
    for head in heads:
        name = head.split("(")[0].split("@")[0]
        key = "" if head == "builtins" else name
        having = {m for m, d in data.items() if key in d}
        words = sorted({a for m in having for a in data[m][key]})
        attrs = [marked(a, {m for m in VERSIONS if m not in having or a in data[m][key]}) for a in words]
        first = head if head == "builtins" else marked(name, having) + "(" + head.split("(")[1]
        print(first + ": " + " ".join(attrs))


def main():
    if sys.argv[1] == "--builtins":
        builtins(sys.argv[2], sys.argv[3:-2], pathlib.Path(sys.argv[-1]))
        return
    pythons, folder = sys.argv[1:-2], pathlib.Path(sys.argv[-1])
    data = dict(probe(p) for p in pythons)
    for minor, modules in data.items():
        for module, names in modules.items():
            for name in stub(folder, module, minor) or {}:
                if not name.startswith("_"):
                    names.setdefault(name, {"kind": "maybe"})
    add_newest(data, folder)
    print(HEAD, end="")
    for module in sorted({m for modules in data.values() for m in modules}):
        having = {minor: modules[module] for minor, modules in data.items() if module in modules}
        print(marked(f"[{module}]", having))
        plain, classes = [], []
        for name in sorted({n for names in having.values() for n in names}):
            entries = {minor: names[name] for minor, names in having.items() if name in names}
            last = entries[max(entries)]
            sure = {m for m, e in entries.items() if e["kind"] != "maybe"}
            if not sure:
                plain.append(marked("?" + name, entries))
                continue
            last = entries[max(sure)]
            if last["kind"] == "class":
                attrs = []
                for attr in sorted({a for e in entries.values() for a in e.get("attrs", [])}):
                    attrs.append(marked(attr, {m for m, e in entries.items() if attr in e.get("attrs", [])} | (set(VERSIONS) - set(entries))))
                calls_itself = "" if last["module"] == module else ":" + last["module"]
                bases = ",".join(b for b in last["bases"] if b != "object")
                star = "" if last["plain"] else "*"
                classes.append(marked(f"%{name}", entries) + f"{calls_itself}({bases}){star} " + " ".join(attrs))
            elif last["kind"] == "alias":
                plain.append(marked(name, entries) + "=" + last["of"])
            else:
                lead = "=" if last["kind"] == "value" else ""
                plain.append(marked(lead + name, entries))
        line = ""
        for word in plain:
            if line and len(line) + len(word) > 110:
                print(line)
                line = ""
            line += (" " if line else "") + word
        if line:
            print(line)
        for text in classes:
            print(text.rstrip())


main()
