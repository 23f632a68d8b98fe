# --- missing module
import nothing_like_this
# --- missing submodule
import os.nothing
# --- batched is too new
from itertools import batched
# --- missing name of a compiled module
from math import sqroot
# --- missing attribute of a compiled module
import time
time.tiem()
# --- missing attribute of a compiled class
import datetime
datetime.datetime.utcnowx()
# --- missing name of os
from os import getcwdx
# --- os has posix names
import os
raise Exception(os.getpid is not None, hasattr(os, "startfile"), hasattr(os, "fork"))
# --- missing name of sys
import sys
sys.versoin_info
# --- version info
import sys
raise Exception(sys.version_info >= (3, 8), sys.version_info[:2], sys.version_info.major, sys.version_info[0], sys.version_info < (3, 11))
# --- version info indexed
import sys
if sys.version_info[0] == 3 and sys.version_info >= (3, 9):
    raise Exception(sys.version_info[1])
# --- platform
import sys
raise Exception(sys.platform == "win32", sys.platform.startswith("linux"), sys.byteorder, sys.maxsize > 2**32)
# --- winreg
import winreg
# --- msvcrt is optional
try:
    import msvcrt
except ImportError as e:
    raise Exception(str(e), e.name)
# --- sys exit
import sys
sys.exit(3)
# --- sys exit text
import sys
try:
    sys.exit("no")
except SystemExit as e:
    raise Exception(e.code)
# --- sys modules
import sys
raise Exception("sys" in sys.modules, "nothing" in sys.modules, sys.modules[__name__].__name__)
# --- sys modules replaced
import sys
class Lazy:
    value = 7
sys.modules[__name__] = Lazy()
# --- sys modules replaced elsewhere
import other
raise Exception(other.value)
# +++ other.py
import sys
class Lazy:
    value = 7
sys.modules[__name__] = Lazy()
# --- sys modules fake
import sys, types
sys.modules["fake"] = types.ModuleType("fake")
import fake
fake.nothing
# --- sys modules none
import sys
sys.modules["json"] = None
import json
# --- sys path insert
import sys
sys.path.insert(0, "lib")
import deep
raise Exception(deep.x)
# +++ lib/deep.py
x = 1
# --- sys path append file
import sys, os
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import deep
raise Exception(deep.x)
# +++ lib/deep.py
x = 2
# --- tomllib
import tomllib
tomllib.load_file
# --- select epoll
import select
select.epoll, select.poll
select.kqueue
# --- socket names
import socket
socket.AF_INET, socket.SOCK_STREAM, socket.create_connection, socket.gethostname
socket.nothing
# --- signal names
import signal
signal.SIGTERM, signal.signal, signal.SIGHUP
signal.SIGNOTHING
# --- ssl names
import ssl
ssl.create_default_context, ssl.CERT_REQUIRED, ssl.PROTOCOL_TLS_CLIENT
ssl.match_hostnam
# --- removed modules are still there
import imp, asynchat, distutils.version
# --- builtin names
aiter, anext, ExceptionGroup
PythonFinalizationError
# --- zlib error
import zlib
try:
    raise zlib.error("x")
except zlib.error as e:
    pass
raise zlib.error("broken")
# --- operator
import operator
raise Exception(operator.itemgettr)
# --- datetime aliases
from datetime import UTC, timezone, timedelta
timezone.utc, timezone.utcx
# --- decimal
from decimal import Decimal, InvalidOperation
Decimal.from_text
# --- collections
from collections import OrderedDict, defaultdict, deque, Counter, ChainMap, UserDict, abc
from collections import Mapping
# --- class constants of compiled modules
import datetime
datetime.date.min.toordinal(), datetime.datetime.max.timestamp, datetime.timedelta.max.days, datetime.time.min.hour
# --- aliases_of_loaded_modules
import json
import sys
for name in list(sys.modules):
    if name == "json" or name.startswith("json."):
        sys.modules[f"snippet.{name}"] = sys.modules[name]
import snippet.json.decoder
assert snippet.json.decoder.JSONDecoder
# --- name that the regular expressions lack
import re

re.compile_all
# --- name that unittest lacks
import unittest

unittest.TestCases
