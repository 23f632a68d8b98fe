# --- 0
# env PORT=80a
import os
PORT = int(os.environ["PORT"])

# --- 1
# env PORT=8000
import os
PORT = int(os.environ["PORT"])
assert PORT == 8000
raise ValueError(PORT)

# --- 2
# env PORT=
import os
PORT = int(os.getenv("PORT", "8000"))

# --- 3
# env TIMEOUT=1.5
import os
TIMEOUT = int(os.environ.get("TIMEOUT", 30))

# --- 4
# env TIMEOUT=30s
import os
TIMEOUT = float(os.environ.get("TIMEOUT", 30))

# --- 5
# env TIMEOUT=1_000
import os
assert int(os.environ["TIMEOUT"]) == 1000
assert float(os.environ["TIMEOUT"]) == 1000.0
raise KeyError("done")

# --- 6
# env N=1__0
import os
int(os.environ["N"])

# --- 7
# env N=_1
import os
float(os.environ["N"])

# --- 8
# env ORIGINS=http://a,http://b
import os, json
ORIGINS = json.loads(os.environ["ORIGINS"])

# --- 9
# env ORIGINS=["http://a", "http://b"]
import os, json
ORIGINS = json.loads(os.environ["ORIGINS"])
assert ORIGINS == ["http://a", "http://b"]
raise ValueError(ORIGINS[0])

# --- 10
# env ORIGINS=['http://a']
import os, json
ORIGINS = json.loads(os.environ["ORIGINS"])

# --- 11
# env CONFIG={"a": 1,}
import os, json
json.loads(os.environ["CONFIG"])

# --- 12
# env CONFIG={"a": 1
import os, json
json.loads(os.environ["CONFIG"])

# --- 13
# env CONFIG={"a" 1}
import os, json
json.loads(os.environ["CONFIG"])

# --- 14
# env CONFIG={"a": tru}
import os, json
json.loads(os.environ["CONFIG"])

# --- 15
# env CONFIG=True
import os, json
json.loads(os.environ["CONFIG"])

# --- 16
# env CONFIG=true
import os, json
assert json.loads(os.environ["CONFIG"]) is True
raise ValueError

# --- 17
# env CONFIG=-5.5e3
import os, json
assert json.loads(os.environ["CONFIG"]) == -5500.0
raise ValueError

# --- 18
# env CONFIG=01
import os, json
json.loads(os.environ["CONFIG"])

# --- 19
# env CONFIG={"a": "x\q"}
import os, json
json.loads(os.environ["CONFIG"])

# --- 20
# env CONFIG={"a": "\u12"}
import os, json
json.loads(os.environ["CONFIG"])

# --- 21
import json
json.loads('"abc')

# --- 22
import json
json.loads('{"a": "line\nbreak"}')

# --- 23
import json
json.loads('{\n  "a": 1,\n  "b": \n}')

# --- 24
import json
assert json.loads('{"\\u00e9": "\\ud83d\\ude00", "n": null}') == {"é": "😀", "n": None}
raise ValueError

# --- 25
import json
json.loads(b'{"a": 1}')["b"]

# --- 26
import json
json.loads("[1, 2")

# --- 27
import json
json.loads("[1 2]")

# --- 28
import json
json.loads("   ")

# --- 29
import json
json.loads("nul")

# --- 30
import json
json.loads("[")

# --- 31
import json
json.loads("{\"a\":")

# --- 32
import json
json.loads("\ufeff{}")

# --- 33
import json
try:
    json.loads("x")
except json.JSONDecodeError as e:
    raise RuntimeError(f"bad config: {e.msg} at {e.pos}") from e

# --- 34
import json
try:
    json.loads("x")
except ValueError as e:
    raise RuntimeError(f"bad config: {e}")

# --- 35
import json
try:
    json.loads("x")
except TypeError as e:
    pass

# --- 36
import json
json.dumps({"a": {1, 2}})

# --- 37
import json
from datetime import datetime
json.dumps({"a": datetime.now()})

# --- 38
import json
from datetime import datetime
json.dumps({"a": datetime.now()}, default=str)

# --- 39
import json
from decimal import Decimal
json.dumps([Decimal("1.1")])

# --- 41
import json
from enum import Enum
class E(str, Enum):
    a = "x"
json.dumps({"e": E.a, 1: 2, None: 3})
raise ValueError

# --- 42
import json
class A: pass
json.dumps([A()])

# --- 43
import json
json.dumps(b"x")

# --- 44
import json
with open("conf.json") as f:
    conf = json.load(f)
assert conf["a"] == 1
raise ValueError(conf["b"])
# +++ conf.json
{"a": 1, "b": "two"}

# --- 45
import json
conf = json.load(open("conf.json"))
# +++ conf.json
{"a": 1, "b": "two",}

# --- 46
import json
from pathlib import Path
conf = json.loads((Path(__file__).parent / "conf.json").read_text())
conf["c"]
# +++ conf.json
{"a": 1, "b": "two"}

# --- 47
import json
from pathlib import Path
conf = json.loads(Path("conf.json").read_text())
# +++ conf.json

# --- 48
import json
conf = json.loads("{}")
conf["db"]["url"]

# --- 49
from datetime import datetime
datetime.strptime("2024-13-01", "%Y-%m-%d")

# --- 50
from datetime import datetime
datetime.strptime("2024-02-30", "%Y-%m-%d")

# --- 51
from datetime import datetime
datetime.strptime("2024-02-28", "%Y-%m-%d")
datetime.strptime("28/02/2024 10:11:12", "%d/%m/%Y %H:%M:%S")
datetime.strptime("Feb 3 2024 4PM", "%b %d %Y %I%p")
datetime.strptime("2024-02-28T10:11:12.123456+0100", "%Y-%m-%dT%H:%M:%S.%f%z")
datetime.strptime("10:11", "%H:%M")
raise ValueError("done")

# --- 52
from datetime import datetime
datetime.strptime("2024-02-28 10:00", "%Y-%m-%d")

# --- 53
from datetime import datetime
datetime.strptime("2024/02/28", "%Y-%m-%d")

# --- 54
from datetime import datetime
datetime.strptime("2024", "%Q")

# --- 55
from datetime import datetime
datetime.strptime("2024", "%Y%")

# --- 56
from datetime import datetime
datetime.strptime(None, "%Y")

# --- 57
from datetime import datetime
datetime.strptime("", "%Y")

# --- 58
from datetime import datetime, date, time
datetime.fromisoformat("2024-02-30")

# --- 59
from datetime import datetime, date, time
datetime.fromisoformat("2024-02-03T10:11:12")
datetime.fromisoformat("2024-02-03 10:11:12+00:00")
datetime.fromisoformat("2024-02-03")
date.fromisoformat("2024-02-03")
assert datetime.fromisoformat("2024-02-03").year == 2024
raise ValueError("done")

# --- 60
from datetime import datetime
datetime.fromisoformat("2024-02-03T10:11:12Z")

# --- 61
from datetime import datetime
datetime.fromisoformat("now")

# --- 62
from datetime import date
date.fromisoformat("03.02.2024")

# --- 63
from datetime import date
date.fromisoformat(None)

# --- 64
from datetime import date
date("2024", 1, 1)

# --- 65
from datetime import date
date(2024)

# --- 66
from datetime import date
date(2024, 1)

# --- 67
from datetime import datetime
datetime(2024, 1, 1, 25)

# --- 68
from datetime import datetime
datetime(2024, 1, 1, 23, 60)

# --- 69
from datetime import datetime
datetime(2024, 1, 1, tzinfo="UTC")

# --- 70
from datetime import datetime
datetime(0, 1, 1)

# --- 71
from datetime import time
time(24)

# --- 72
from datetime import time
assert time(23, 59).hour == 23
raise ValueError

# --- 73
from datetime import timedelta
timedelta(hours="1")

# --- 74
from datetime import timedelta
timedelta(None)

# --- 75
from datetime import timedelta
timedelta(days=1.5, hours=2)
x = timedelta(minutes=30) * 2
y = timedelta(days=1) > timedelta(hours=1)
raise ValueError

# --- 76
from datetime import timedelta
timedelta(hour=1)

# --- 77
import os
from datetime import timedelta
timedelta(minutes=os.getenv("ACCESS_MINUTES"))

# --- 78
# env ACCESS_MINUTES=30
import os
from datetime import timedelta
timedelta(minutes=os.getenv("ACCESS_MINUTES", 30))

# --- 79
# env ACCESS_MINUTES=30
import os
from datetime import timedelta
timedelta(minutes=int(os.getenv("ACCESS_MINUTES", 30)))
raise ValueError

# --- 80
from decimal import Decimal
Decimal("1,5")

# --- 81
from decimal import Decimal
Decimal("")

# --- 82
from decimal import Decimal
Decimal("1.5"), Decimal(" 1_000.5e-3 "), Decimal("-Infinity"), Decimal("NaN"), Decimal(5), Decimal(1.5), Decimal(".5"), Decimal("5.")
raise ValueError

# --- 83
from decimal import Decimal
Decimal(None)

# --- 84
from decimal import Decimal
Decimal(".")

# --- 85
from uuid import UUID, uuid4
UUID("12345678-1234-5678-1234-567812345678")
UUID("{12345678123456781234567812345678}")
UUID(int=5)
uuid4().hex
str(uuid4()).split("-")
raise ValueError

# --- 86
from uuid import UUID
UUID("12345678-1234-5678-1234")

# --- 87
from uuid import UUID
UUID("zz345678123456781234567812345678")

# --- 88
from uuid import UUID
UUID(None)

# --- 89
from uuid import UUID
UUID()

# --- 90
import base64
base64.b64decode("abc")

# --- 91
import base64
assert base64.b64decode("aGVsbG8=") == b"hello"
assert base64.b64decode(b"aGVsbG8=").decode() == "hello"
assert base64.urlsafe_b64decode("aGVsbG8=") == b"hello"
raise ValueError

# --- 92
import base64
base64.b64decode("aGVsbG8")

# --- 93
import base64
base64.b64decode("é")

# --- 94
import base64
base64.b64decode(None)

# --- 95
import base64
base64.b64encode("abc")

# --- 96
import base64
base64.urlsafe_b64decode("_-a")

# --- 97
import binascii
binascii.unhexlify("abc")

# --- 98
import binascii
binascii.unhexlify("zz")

# --- 99
from zoneinfo import ZoneInfo
ZoneInfo("Europe/Berlinn")

# --- 100
from zoneinfo import ZoneInfo
ZoneInfo("Europe/Berlin")
ZoneInfo("UTC")
raise ValueError

# --- 101
# env TZ_NAME=Mars/Base
import os
from zoneinfo import ZoneInfo
TZ = ZoneInfo(os.environ.get("TZ_NAME", "UTC"))

# --- 102
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError
try:
    ZoneInfo("Nope")
except ZoneInfoNotFoundError:
    x = 1
assert x == 1
raise ValueError

