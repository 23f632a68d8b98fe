# --- 0
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"json": {"()": "pythonjsonlogger.jsonlogger.JsonFormatter"}}})

# --- 1
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"json": {"class": "missing.Formatter"}}})

# --- 2
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"d": {"format": "%(asctime)s %(message)s"}}, "handlers": {"c": {"class": "logging.StreamHandler", "formatter": "d", "level": "INFO", "stream": "ext://sys.stdout"}}, "loggers": {"app": {"handlers": ["c"], "level": "DEBUG", "propagate": False}}, "root": {"handlers": ["c"], "level": "INFO"}})
raise ValueError("done")

# --- 3
import logging.config
logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "formatters": {"d": {"format": "hello"}}})

# --- 4
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"d": {"format": "{message}", "style": "{"}}})
raise ValueError("done")

# --- 5
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"d": {"format": "{message}", "style": "x"}}})

# --- 6
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.FileHandler", "filename": "logs/app.log"}}})

# --- 7
import logging.config, os
os.makedirs("logs", exist_ok=True)
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.FileHandler", "filename": "logs/app.log"}}})
raise ValueError("done")

# --- 8
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.handlers.RotatingFileHandler", "filename": "logs/app.log", "maxBytes": 10, "backupCount": 1}}})

# --- 10
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.StreamHandler", "level": "VERBOSE"}}})

# --- 11
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.StreamHandler", "filters": ["x"]}}})

# --- 12
import logging.config
logging.config.dictConfig({"version": 1, "filters": {"x": {"name": "a"}}, "handlers": {"f": {"class": "logging.StreamHandler", "filters": ["x"]}}})
raise ValueError

# --- 13
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"level": "INFO"}}})

# --- 14
import logging.config
logging.config.dictConfig({"version": 1, "loggers": {"app": {"handlers": ["console"]}}})

# --- 15
import logging.config
logging.config.dictConfig({"version": 1, "loggers": {"app": {"level": "TRACE"}}})

# --- 16
import logging.config
logging.config.dictConfig({"version": "1"})

# --- 17
import logging.config
class F(logging.Filter):
    def __init__(self, x): super().__init__(); self.x = x
logging.config.dictConfig({"version": 1, "filters": {"f": {"()": F}}})

# --- 18
import logging.config
class F(logging.Filter):
    def __init__(self, x): super().__init__(); self.x = x
logging.config.dictConfig({"version": 1, "filters": {"f": {"()": F, "x": 1}}})
raise ValueError

# --- 19
import logging.config
logging.config.dictConfig({"version": 1, "filters": {"f": {"()": "own.F", "x": 1}}})
raise ValueError
# +++ own.py
import logging
class F(logging.Filter):
    def __init__(self, x): super().__init__(); self.x = x

# --- 20
import logging.config
logging.config.dictConfig({"version": 1, "filters": {"f": {"()": "own.G", "x": 1}}})
# +++ own.py
import logging

# --- 21
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "own.H"}}})
# +++ own.py
import logging
class H(logging.Handler):
    def __init__(self):
        super().__init__()
        self.x = missing

# --- 22
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"f": {"class": "logging.NullHandler", "formatter": "x"}}})

# --- 23
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"d": {"()": "logging.Formatter", "format": "%(message)s"}}})
raise ValueError

# --- 24
import logging.config
logging.config.dictConfig({"version": 1, "formatters": {"d": {"()": "logging.Formatter", "fmtt": "%(message)s"}}})

# --- 25
import logging.config
logging.config.dictConfig({"version": 1, "incremental": True, "root": {"level": "DEBUG"}})
raise ValueError

# --- 26
import logging.config, sys
logging.config.dictConfig({"version": 1, "handlers": {"h": {"class": "logging.StreamHandler", "stream": sys.stderr}}, "root": {"handlers": ("h",)}})
raise ValueError

# --- 27
import logging.config
logging.config.dictConfig({"version": 1, "handlers": {"h": {"class": "logging.handlers.SysLogHandler", "address": ["localhost", 514]}, "n": {"class": "logging.NullHandler"}}})
raise ValueError

# --- 28
import logging
logging.basicConfig(level="debug")

# --- 29
import logging
logging.basicConfig(level=logging.INFO, format="%(message)s", datefmt="%H")
logging.basicConfig(level="NOPE")
raise ValueError

# --- 30
import logging
logging.basicConfig(format="nothing")

# --- 31
import logging
logging.basicConfig(format="{message}", style="{", force=True)
raise ValueError

# --- 32
import logging
logging.basicConfig(style="x")

# --- 33
import logging
logging.basicConfig(filename="logs/x.log")

# --- 34
import logging
logging.basicConfig(levels=1)

# --- 35
import logging
logging.Formatter("nothing")

# --- 37
import logging
f = logging.Formatter("%(message)s")
h = logging.StreamHandler()
h.setFormatter(f)
h.setLevel("INFO")
logging.getLogger("a").addHandler(h)
raise ValueError

# --- 38
import logging
class J(logging.Formatter):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.extra = kw
J(fmt="%(message)s")
J(format="x")

# --- 39
import logging
logging.FileHandler("missing/x.log")

# --- 40
import logging.handlers
logging.handlers.TimedRotatingFileHandler("missing/x.log", when="midnight")

# --- 42
import logging
logging.getLogger("a").setLevel("INFO")
logging.getLogger("a").info("x %s", 1)
logging.getLogger("a").setLevel("info")

# --- 43
import logging
logging.getLogger("a").setLevel(None)

# --- 44
# env LOG_LEVEL=info
import logging, os
logging.getLogger().setLevel(os.environ["LOG_LEVEL"])

# --- 45
# env LOG_LEVEL=info
import logging, os
logging.getLogger().setLevel(os.environ["LOG_LEVEL"].upper())
raise ValueError

# --- 46
# env LOG_LEVEL=verbose
import logging, os
logging.basicConfig(level=getattr(logging, os.environ["LOG_LEVEL"].upper()))

# --- 47
# env LOG_LEVEL=verbose
import logging, os
logging.basicConfig(level=getattr(logging, os.environ["LOG_LEVEL"].upper(), logging.INFO))
raise ValueError

# --- 49
import logging.config
logging.config.fileConfig("logging.ini")

# --- 50
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c["database"]["host"]

# --- 51
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
assert c["database"]["host"] == "localhost"
assert c.getint("database", "port") == 5432
assert c.getboolean("database", "echo") is True
assert c.sections() == ["database"]
assert c.get("database", "nope", fallback="x") == "x"
assert c.has_section("database") and not c.has_option("database", "q")
raise ValueError(c["database"]["host"])
# +++ config.ini
[database]
host = localhost
port: 5432
echo = yes

# --- 52
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c["database"]["user"]
# +++ config.ini
[database]
host = localhost

# --- 53
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c["redis"]
# +++ config.ini
[database]
host = localhost

# --- 54
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c.get("redis", "x")
# +++ config.ini
[database]
host = localhost

# --- 55
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c.getint("database", "host")
# +++ config.ini
[database]
host = localhost

# --- 56
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c.getboolean("database", "host")
# +++ config.ini
[database]
host = localhost

# --- 57
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
# +++ config.ini
host = localhost

# --- 58
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
# +++ config.ini
[a]
x = 1
x = 2

# --- 59
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
# +++ config.ini
[a]
x = 1
[a]

# --- 60
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c.get("a", "x")
# +++ config.ini
[a]
x = %(nope)s

# --- 61
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
c.get("a", "x")
# +++ config.ini
[a]
x = 100%

# --- 62
import configparser
c = configparser.RawConfigParser()
c.read("config.ini")
assert c.get("a", "x") == "100%"
raise ValueError
# +++ config.ini
[a]
# comment
; other
x = 100%

# --- 63
import configparser
c = configparser.ConfigParser()
c.read("config.ini")
assert c.get("a", "y") == "1/2"
assert c["a"].get("z") is None
assert c["a"].getint("x") == 1
assert dict(c["a"]) == {"x": "1", "y": "1/2"}
raise ValueError
# +++ config.ini
[a]
x = 1
y = %(x)s/2

# --- 64
import configparser
c = configparser.ConfigParser()
c.read_file(open("config.ini"))

# --- 65
import configparser
c = configparser.ConfigParser()
c.read_dict({"a": {"x": 1}})
assert c["a"]["x"] == "1"
c["b"] = {"y": "2"}
assert c["b"]["y"] == "2"
c.set("c", "x", "1")

# --- 66
import configparser
c = configparser.ConfigParser()
c.add_section("a")
c.set("a", "x", 1)

# --- 67
import configparser
c = configparser.ConfigParser()
c.add_section("a")
c.add_section("a")

# --- 68
import configparser
c = configparser.ConfigParser(interpolation=None)
c.read_string("""
[DEFAULT]
a = 1
[s]
b = 2
""")
assert c["s"]["a"] == "1" and c["s"]["b"] == "2"
c["s"]["c"]

# --- 69
import os, configparser
c = configparser.ConfigParser(os.environ)
c.read("config.ini")
raise ValueError

