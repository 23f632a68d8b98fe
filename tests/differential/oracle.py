"""Imports each module named on standard input in a process of its own.

Prints one JSON line a module: {"module", "type", "message", "file", "line"}; type is null when
the import succeeds, "timeout" or "exit" when it never gets that far.
"""

import json
import os
import select
import signal
import sys

LIMIT = 20


def qualified(kind):
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def child(module, out):
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    answer = {"module": module, "type": None, "message": None, "file": None, "line": None}
    try:
        __import__(module)
    except BaseException as error:  # noqa: BLE001
        trace, last = error.__traceback__, None
        while trace is not None:
            if "importlib" not in trace.tb_frame.f_code.co_filename:
                last = trace
            trace = trace.tb_next
        try:
            message = str(error)
        except Exception:  # noqa: BLE001
            message = "?"
        answer.update(type=qualified(type(error)), message=message[:2000])
        if last is not None:
            answer.update(file=last.tb_frame.f_code.co_filename, line=last.tb_lineno)
        if isinstance(error, SyntaxError) and error.filename:
            answer.update(file=error.filename, line=error.lineno)
    os.write(out, (json.dumps(answer) + "\n").encode())


def main():
    del sys.path[0]
    sys.path.insert(0, "")
    for module in sys.stdin.read().split():
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            try:
                child(module, write)
            finally:
                os._exit(0)
        os.close(write)
        data = b""
        while True:
            ready, _, _ = select.select([read], [], [], LIMIT)
            if not ready:
                os.kill(pid, signal.SIGKILL)
                data = (json.dumps({"module": module, "type": "timeout", "message": "", "file": None, "line": None}) + "\n").encode()
                break
            chunk = os.read(read, 65536)
            if not chunk:
                break
            data += chunk
        os.close(read)
        os.waitpid(pid, 0)
        if not data:
            data = (json.dumps({"module": module, "type": "exit", "message": "", "file": None, "line": None}) + "\n").encode()
        sys.stdout.write(data.decode())
        sys.stdout.flush()


main()
