"""Records what each CPython says of the sources in `sources.jsonl`.

    python3 tests/syntax/record.py python3.9 python3.10 ...

Each line is a source and, per minor version, the answer from there on: type, text and line of the
exception that `compile` raises, or null. New sources are lines with nothing but `"source"`
(or `"bytes"`, whose characters stand for bytes).
"""

import json
import pathlib
import subprocess
import sys

ASK = r"""
import json, sys, warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    case = json.loads(line)
    raw = case["bytes"].encode("latin-1") if "bytes" in case else case["source"].encode()
    try:
        compile(raw, "source.py", "exec", dont_inherit=True)
        answer = None
    except SyntaxError as error:
        answer = [type(error).__name__, error.msg, error.lineno]
    except (ValueError, MemoryError, RecursionError) as error:
        answer = [type(error).__name__, str(error), None]
    print(json.dumps(answer))
"""

file = pathlib.Path(__file__).with_name("sources.jsonl")
cases = [json.loads(line) for line in file.read_text().splitlines()]
for case in cases:
    for key in [k for k in case if k.startswith("3.")]:
        del case[key]
text = "".join(json.dumps(case) + "\n" for case in cases)
for python in sys.argv[1:]:
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()
    run = subprocess.run([python, "-c", ASK], input=text, capture_output=True, text=True, check=True)
    for case, line in zip(cases, run.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        known = [v for k, v in case.items() if k.startswith("3.")]
        if not known or known[-1] != answer:
            case[version] = answer
file.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases))
print(len(cases), "sources")
