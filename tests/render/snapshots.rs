//! What each format looks like, byte for byte.

use serde_json::{Value, json};

use super::{Options, clean, fixed, format, options, rendered, rich};

#[test]
fn text_of_a_broken_backend() {
    insta::assert_snapshot!(rendered("text", &rich()), @r#"
backend  src.main:app  Python 3.11.7 (.venv)  SQLAlchemy 2.0.58, psycopg2 2.9.13

  deps      ok   34 packages, 0 conflicts
  config    x    1 critical
  import    x    2 critical
  wiring    !    1 error, 1 warning
  startup   -    not reached

asyncpg  db.example.invalid:5432  database appdb  user app  (.env:2)

  url         ok    fits asyncpg 0.31.0                                   0.1 ms
  dns         ok    2 addresses: 192.0.2.10, 2001:db8::10                  11 ms
  tls         -     not asked for
  auth        x     28P01 password authentication failed for user "app"    24 ms
  database    -     after auth
  note (auth): the password travels in clear text: ask for TLS with ssl=require

http://127.0.0.1:8000

  listen      ok    HTTP/1.1                                              1.2 ms
  health      ok    GET /health 200                                       1.2 ms
  openapi     -     the source publishes no document
  routes      x     1 of 3 routes answer                                  1.2 ms

  x     GET     /api/reports                            404  src/api/tasks.py:12
  ?     POST    /api/tasks/{id}                              src/api/tasks.py:12

CRITICAL-001  IMP101  src/core/database.py:3:56             you would see it 1st
  | from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine
  |                                                        ^^^^^^^^^^^
  `AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel
  0.0.22)
  CPython: ImportError: cannot import name 'AsyncEngine' from
           'sqlmodel.ext.asyncio.session'
           (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/
           session.py)
  start:   src.main:5 > src.api.auth:5 > src.core.database:3
  fix:     Import `AsyncEngine` from `sqlalchemy.ext.asyncio`             [safe]

CRITICAL-002  URL301  .env:2:71                               2nd, hidden by 001
  | DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'
  |                                                             ^^^^^^^
  asyncpg does not know `sslmode`
  CPython: TypeError: connect() got an unexpected keyword argument 'sslmode'
  when:    lifespan and start-up handlers
  fix:     Rename `sslmode` to `ssl`                                    [review]
  then:    pip install -r requirements.txt

CRITICAL-003  IMP110  app/b.py:1                              3rd, hidden by 002
  `A` of `app.a` is needed by `app.b` before line 4 binds it
  cycle:   +-> app.a  imports at app/a.py:1
           |   v
           +-- app.b  imports at app/b.py:1
  start:   app.a:1 > app.b:1

ERROR-001     WEB501  src/api/reports.py:4
  no application includes this router

WARNING-001   DB201  src/core/database.py:24:1
  `sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant

UNDECIDED  1 question could not be answered
  CFG401 src/core/config.py:3
    the settings class comes from a plug-in

x: 3 critical, 1 error, 1 warning: src.main:app will not start
                                                               58 checks, 0.15 s
   not counted: 1 accepted by the baseline (-v shows them)
   audit fix backend          show and apply 2 fixes (1 safe, 1 review)
   audit explain IMP101       background of one finding
"#);
}

#[test]
fn text_with_reasons_in_unicode() {
    let verbose = Options {
        unicode: true,
        verbose: 1,
        ..options()
    };
    let text = (format("text").unwrap().render)(&rich(), &verbose);
    insta::assert_snapshot!(text, @r#"
backend  src.main:app  Python 3.11.7 (.venv)  SQLAlchemy 2.0.58, psycopg2 2.9.13

  deps      ✓    34 packages, 0 conflicts
  config    ✗    1 critical
  import    ✗    2 critical
  wiring    !    1 error, 1 warning
  startup   –    not reached

asyncpg  db.example.invalid:5432  database appdb  user app  (.env:2)

  url         ✓     fits asyncpg 0.31.0                                   0.1 ms
  dns         ✓     2 addresses: 192.0.2.10, 2001:db8::10                  11 ms
  tls         –     not asked for
  auth        ✗     28P01 password authentication failed for user "app"    24 ms
  database    –     after auth
  note (auth): the password travels in clear text: ask for TLS with ssl=require
  server_version   16.4

http://127.0.0.1:8000

  listen      ✓     HTTP/1.1                                              1.2 ms
  health      ✓     GET /health 200                                       1.2 ms
  openapi     –     the source publishes no document
  routes      ✗     1 of 3 routes answer                                  1.2 ms

  ✓     GET     /health                                 200  src/api/tasks.py:12
  ✗     GET     /api/reports                            404  src/api/tasks.py:12
  ?     POST    /api/tasks/{id}                              src/api/tasks.py:12

Server Startup Test
  $ uvicorn src.main:app
  | ImportError: cannot import name 'AsyncEngine'

CRITICAL-001  IMP101  src/core/database.py:3:56             you would see it 1st
  │ from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine
  │                                                        ^^^^^^^^^^^
  `AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel
  0.0.22)
  CPython: ImportError: cannot import name 'AsyncEngine' from
           'sqlmodel.ext.asyncio.session'
           (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/
           session.py)
  start:   src.main:5 > src.api.auth:5 > src.core.database:3
  cause:   The module binds 31 names; `AsyncEngine` is none of them.
  advice:  Import `AsyncEngine` from `sqlalchemy.ext.asyncio`.
  seen:    sqlmodel 0.0.22 is installed (requirements.txt:7)
  read:    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html
  fix:     Import `AsyncEngine` from `sqlalchemy.ext.asyncio`             [safe]
           - from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine
           + from sqlmodel.ext.asyncio.session import AsyncSession
           + from sqlalchemy.ext.asyncio import AsyncEngine

CRITICAL-002  URL301  .env:2:71                               2nd, hidden by 001
  │ DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'
  │                                                             ^^^^^^^
  asyncpg does not know `sslmode`
  CPython: TypeError: connect() got an unexpected keyword argument 'sslmode'
  when:    lifespan and start-up handlers
  cause:   asyncpg.connect() has no parameter `sslmode`.
  advice:  asyncpg calls it `ssl`.
  fix:     Rename `sslmode` to `ssl`                                    [review]
           - …L='postgresql://app:***@db.example.invalid/appdb?sslmode=require'
           + …E_URL='postgresql://app:***@db.example.invalid/appdb?ssl=require'
  then:    pip install -r requirements.txt

CRITICAL-003  IMP110  app/b.py:1                              3rd, hidden by 002
  `A` of `app.a` is needed by `app.b` before line 4 binds it
  cycle:   ┌─▶ app.a  imports at app/a.py:1
           │   ↓
           └── app.b  imports at app/b.py:1
  start:   app.a:1 > app.b:1

ERROR-001     WEB501  src/api/reports.py:4
  no application includes this router

WARNING-001   DB201  src/core/database.py:24:1
  `sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant

WARNING       CFG402  -                                 accepted by the baseline
  accepted long ago

UNDECIDED  1 question could not be answered
  CFG401 src/core/config.py:3
    the settings class comes from a plug-in

5 checks without a verdict
  CFG401    undecided: the settings class comes from a plug-in
  LIVE603   skipped: --live was not given
  WEB502    blocked by WEB501
  DEP010    does not apply: no route has a form
  BAD999    BROKEN: index out of range

✗: 3 critical, 1 error, 1 warning: src.main:app will not start
                                                               58 checks, 0.15 s
   audit fix backend          show and apply 2 fixes (1 safe, 1 review)
   audit explain IMP101       background of one finding
"#);
}

#[test]
fn text_of_a_clean_run() {
    insta::assert_snapshot!(rendered("text", &clean()), @r#"
backend  src.main:app  Python 3.11.7 (.venv)  SQLAlchemy 2.0.58, psycopg2 2.9.13

  deps      ok   34 packages, 0 conflicts
  live-db   -    not run (add --live)

ok: no reason found why src.main:app would not start           58 checks, 0.15 s
"#);
}

#[test]
fn plain() {
    insta::assert_snapshot!(rendered("plain", &rich()), @r#"
critical	IMP101	src/core/database.py	3	56	`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)
critical	URL301	.env	2	71	asyncpg does not know `sslmode`
critical	IMP110	app/b.py	1	1	`A` of `app.a` is needed by `app.b` before line 4 binds it
error	WEB501	src/api/reports.py	4	1	no application includes this router
warning	DB201	src/core/database.py	24	1	`sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant
"#);
}

#[test]
fn github() {
    insta::assert_snapshot!(rendered("github", &rich()), @r#"
::error file=backend/src/core/database.py,line=3,endLine=3,col=56,endColumn=67,title=IMP101 name-not-in-module::`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)%0AImportError: cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/session.py)
::error file=backend/src/core/config.py,line=7,endLine=7,col=5,endColumn=17,title=URL301 url-param-rejected-by-driver::asyncpg does not know `sslmode`%0ATypeError: connect() got an unexpected keyword argument 'sslmode'%0A(at .env:2:71)
::error file=backend/app/b.py,line=1,endLine=1,title=IMP110 fatal-import-cycle::`A` of `app.a` is needed by `app.b` before line 4 binds it
::error file=backend/src/api/reports.py,line=4,endLine=4,title=WEB501 name-of-web501::no application includes this router
::warning file=backend/src/core/database.py,line=24,endLine=30,title=DB201 name-of-db201::`sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant
::warning title=audit is incomplete::1 question could not be answered; the first: CFG401: the settings class comes from a plug-in
"#);
}

#[test]
fn tap() {
    insta::assert_snapshot!(rendered("tap", &rich()), @r#"
TAP version 13
1..8
not ok 1 - IMP101
  ---
  id: "CRITICAL-001"
  severity: critical
  at: "src/core/database.py:3:56"
  message: "`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)"
  ...
ok 2 - DB201
  ---
  id: "WARNING-001"
  severity: warning
  at: "src/core/database.py:24:1"
  message: "`sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant"
  ...
ok 3 - DEP001
not ok 4 - CFG401 # TODO undecided: the settings class comes from a plug-in
ok 5 - LIVE603 # SKIP --live was not given
ok 6 - WEB502 # SKIP blocked by WEB501
ok 7 - DEP010 # SKIP no route has a form
not ok 8 - BAD999
# broken: index out of range
"#);
}

#[test]
fn junit() {
    insta::assert_snapshot!(rendered("junit", &rich()), @r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="audit" tests="12" skipped="4" failures="4" errors="2">
    <testsuite name="audit check" tests="12" skipped="4" errors="2" failures="4">
        <testcase name="name-not-in-module backend/src/core/database.py" classname="audit.IMP101" file="backend/src/core/database.py">
            <failure message="`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)" type="IMP101">src/core/database.py:3:56: `AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)
CPython would raise ImportError: cannot import name &apos;AsyncEngine&apos; from &apos;sqlmodel.ext.asyncio.session&apos; (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/session.py)
cause: The module binds 31 names; `AsyncEngine` is none of them.
fix: Import `AsyncEngine` from `sqlalchemy.ext.asyncio` [safe]</failure>
        </testcase>
        <testcase name="url-param-rejected-by-driver backend/src/core/config.py" classname="audit.URL301" file="backend/src/core/config.py">
            <failure message="asyncpg does not know `sslmode`" type="URL301">.env:2:71: asyncpg does not know `sslmode`
CPython would raise TypeError: connect() got an unexpected keyword argument &apos;sslmode&apos;
cause: asyncpg.connect() has no parameter `sslmode`.
fix: Rename `sslmode` to `ssl` [review]</failure>
        </testcase>
        <testcase name="fatal-import-cycle backend/app/b.py" classname="audit.IMP110" file="backend/app/b.py">
            <failure message="`A` of `app.a` is needed by `app.b` before line 4 binds it" type="IMP110">app/b.py:1: `A` of `app.a` is needed by `app.b` before line 4 binds it</failure>
        </testcase>
        <testcase name="name-of-web501 backend/src/api/reports.py" classname="audit.WEB501" file="backend/src/api/reports.py">
            <failure message="no application includes this router" type="WEB501">src/api/reports.py:4: no application includes this router</failure>
        </testcase>
        <testcase name="name-of-db201 backend/src/core/database.py" classname="audit.DB201" file="backend/src/core/database.py">
            <system-out>warning: src/core/database.py:24:1: `sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant</system-out>
        </testcase>
        <testcase name="name-of-cfg402" classname="audit.CFG402">
            <skipped message="accepted: accepted by the baseline"/>
        </testcase>
        <testcase name="DEP001" classname="audit.DEP001"/>
        <testcase name="CFG401" classname="audit.CFG401">
            <error message="the settings class comes from a plug-in" type="undecided"/>
        </testcase>
        <testcase name="LIVE603" classname="audit.LIVE603">
            <skipped message="--live was not given"/>
        </testcase>
        <testcase name="WEB502" classname="audit.WEB502">
            <skipped message="blocked by WEB501"/>
        </testcase>
        <testcase name="DEP010" classname="audit.DEP010">
            <skipped message="no route has a form"/>
        </testcase>
        <testcase name="BAD999" classname="audit.BAD999">
            <error message="index out of range" type="broken"/>
        </testcase>
    </testsuite>
</testsuites>
"#);
}

#[test]
fn markdown() {
    insta::assert_snapshot!(rendered("markdown", &rich()), @r#"
# Backend Stability Audit - Findings

**Date**: 2026-02-06
**Feature**: start-up of `src.main:app` in `backend`, Python 3.11.7 (.venv)
**Status**: ❌ ACTION REQUIRED

## Summary

`src.main:app` will not start. The next start would end with `ImportError: cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session'`. 1 question stayed open, so the audit is incomplete.

| Severity | Findings |
| --- | ---: |
| critical | 3 |
| error | 1 |
| warning | 1 |
| note | 0 |

**Predicted start-up**: fails while importing the application with `ImportError: cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session'`, raised at `src/core/database.py:3`

## Findings

### 1. A from-import names something that the installed module does not define (CRITICAL-001)

**File**: `src/core/database.py`
**Line**: 3, column 56
**Check**: `IMP101` (name-not-in-module), critical, proven by simulating the start
**Issue**: `AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)
**CPython shows**: `ImportError: cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/srv/.venv/lib/python3.11/site-packages/sqlmodel/ext/asyncio/session.py)` (Python 3.11)
**Order**: 1st error that a start shows
**Root Cause**: The module binds 31 names; `AsyncEngine` is none of them.

**Old Code**:
```python
from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine
```

**New Code**:
```python
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlalchemy.ext.asyncio import AsyncEngine
```

**Fix**: Import `AsyncEngine` from `sqlalchemy.ext.asyncio` (safe)

**Explanation**: Import `AsyncEngine` from `sqlalchemy.ext.asyncio`.

**Evidence**:
- import chain `src.main:5 > src.api.auth:5 > src.core.database:3`
- sqlmodel 0.0.22 is installed (`requirements.txt:7`)
- [SQLAlchemy: asyncio extension](<https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html>)

---

### 2. The database URL carries a parameter that the driver rejects (CRITICAL-002)

**File**: `.env`
**Line**: 2, column 71
**Check**: `URL301` (url-param-rejected-by-driver), critical, proven by simulating the start
**Issue**: asyncpg does not know `sslmode`
**CPython shows**: `TypeError: connect() got an unexpected keyword argument 'sslmode'` (Python 3.11)
**Order**: 2nd error that a start shows, hidden until `IMP101` is repaired (lifespan and start-up handlers)
**Root Cause**: asyncpg.connect() has no parameter `sslmode`.

**Old Code**:
```dotenv
DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'
```

**New Code**:
```dotenv
DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?ssl=require'
```

**Fix**: Rename `sslmode` to `ssl` (review)
- `verify-full` would also check the host name.

```sh
pip install -r requirements.txt
```

**Explanation**: asyncpg calls it `ssl`.

---

### 3. Modules import each other before the needed name is bound (CRITICAL-003)

**File**: `app/b.py`
**Line**: 1
**Check**: `IMP110` (fatal-import-cycle), critical, proven by simulating the start
**Issue**: `A` of `app.a` is needed by `app.b` before line 4 binds it
**Order**: 3rd error that a start shows, hidden until `IMP101`, `URL301` is repaired

**Import cycle**:
```mermaid
flowchart LR
    m0["app.a"]
    m1["app.b"]
    m0 -->|"app/a.py:1"| m1
    m1 -->|"app/b.py:1"| m0
```

**Evidence**:
- import chain `app.a:1 > app.b:1`

---

### 4. Title of WEB501 (ERROR-001)

**File**: `src/api/reports.py`
**Line**: 4
**Check**: `WEB501` (name-of-web501), error, proven by resolving names and values
**Issue**: no application includes this router

---

### 5. Title of DB201 (WARNING-001)

**File**: `src/core/database.py`
**Lines**: 24-30
**Check**: `DB201` (name-of-db201), warning, proven by resolving names and values
**Issue**: `sessionmaker(class_=AsyncSession)` works, but `async_sessionmaker` is meant

---

## Validation Results

### Success Criteria Verification

❌ **SC-001**: starts without ImportError - not met
- predicted: ImportError at src/core/database.py:3
- repeat: `audit check backend`

⬜ **SC-005**: the database connection initialises - not examined
- neither --live nor --launch was given
- examine: `audit check backend`

✅ **SC-007**: no circular import fails
- 41 modules in start order
- repeat: `audit check backend`

### Test Results

**Server Startup Test**:
```console
$ uvicorn src.main:app
ImportError: cannot import name 'AsyncEngine'
```

**Database** `db.example.invalid:5432`, driver `asyncpg`:

| Rung | State | Detail | ms |
| --- | --- | --- | ---: |
| url | ok | fits asyncpg 0.31.0 | 0.1 |
| dns | ok | 2 addresses: 192.0.2.10, 2001:db8::10 | 11.0 |
| tls | skipped | not asked for | 0.0 |
| auth | failed | 28P01 password authentication failed for user "app" | 24.0 |
| database | blocked | after auth | 0.0 |

- auth: the password travels in clear text: ask for TLS with ssl=require

**Routes**:

| Method | Path | State | Status | Source | OpenAPI |
| --- | --- | --- | ---: | --- | --- |
| GET | `/health` | reachable | 200 | src/api/tasks.py:12 | listed |
| GET | `/api/reports` | unreachable | 404 | src/api/tasks.py:12 | listed |
| POST | `/api/tasks/{id}` | unproven |  | src/api/tasks.py:12 | listed |

---

## Conclusion

`src.main:app` will not start. Left: 3 critical, 1 error, 1 warning.

Still to be run:

```sh
pip install -r requirements.txt
```

`audit fix` shows the proposed changes as a diff and applies them as one transaction.

Not decided:

- CFG401 at `src/core/config.py:3`: the settings class comes from a plug-in
"#);
}

#[test]
fn markdown_after_a_fix() {
    insta::assert_snapshot!(rendered("markdown", &fixed()), @r#"
# Backend Stability Audit - Fixes Applied

**Date**: 2026-02-06
**Feature**: start-up of `src.main:app` in `backend`, Python 3.11.7 (.venv)
**Status**: ❌ ACTION REQUIRED

## Summary

1 finding was repaired in 1 file. No reason found why `src.main:app` would not start.

| Severity | Repaired | Left |
| --- | ---: | ---: |
| critical | 1 | 0 |
| error | 0 | 0 |
| warning | 0 | 0 |
| note | 0 | 0 |

**Predicted start-up**: starts

## Fixes Applied

### 1. The database URL carries a parameter that the driver rejects (CRITICAL-002)

**File**: `.env`
**Line**: 2, column 71
**Check**: `URL301` (url-param-rejected-by-driver), critical, proven by simulating the start
**Issue**: asyncpg does not know `sslmode`
**CPython shows**: `TypeError: connect() got an unexpected keyword argument 'sslmode'` (Python 3.11)
**Order**: 2nd error that a start shows, hidden until `IMP101` is repaired (lifespan and start-up handlers)
**Root Cause**: asyncpg.connect() has no parameter `sslmode`.

**Old Code**:
```dotenv
DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'
```

**New Code**:
```dotenv
DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?ssl=require'
```

**Fix**: Rename `sslmode` to `ssl` (review)
- `verify-full` would also check the host name.

```sh
pip install -r requirements.txt
```

**Explanation**: asyncpg calls it `ssl`.

---

## Validation Results

### Success Criteria Verification

✅ **SC-003**: every finding has a fix
- 1 of 1 applied
- repeat: `audit check backend`

### Test Results

**Routes in the source** of `src.main:app`, no server was asked; there may be more, not all of the start could be followed:

| Methods | Path | Source |
| --- | --- | --- |
| GET, POST | `/api/tasks` | src/api/tasks.py:12 |

Nothing was started and nothing was asked over the network: this report rests on the simulation of the start alone.

---

## Files Modified

1. `.env` - Rename `sslmode` to `ssl`

## Backup Files Created

1. `.env.backup` - original `.env`, holds secrets (mode 0600), **not ignored by Git**: remove or ignore it before the next commit

Everything can be put back: `audit undo 7f3a`

---

## Conclusion

No reason found why `src.main:app` would not start. No finding is left.

Still to be run:

```sh
pip install -r requirements.txt
```
"#);
}

/// One element of a JSON format; the rest is held by its schema.
fn part(name: &str, pointer: &str) -> String {
    let value: Value = serde_json::from_str(&rendered(name, &rich())).unwrap();
    let part = value.pointer(pointer).cloned().unwrap_or(json!("missing"));
    serde_json::to_string_pretty(&part).unwrap()
}

#[test]
fn json_finding() {
    insta::assert_snapshot!(part("json", "/findings/1"), @r#"
{
  "schema": 1,
  "rule": "URL301",
  "name": "url-param-rejected-by-driver",
  "title": "The database URL carries a parameter that the driver rejects",
  "report_id": "CRITICAL-002",
  "severity": "critical",
  "proof": "simulated",
  "phase": "config",
  "surfaces_at": "startup",
  "reveal_order": 2,
  "hidden_by": [
    "IMP101"
  ],
  "location": {
    "path": ".env",
    "line": 2,
    "column": 71,
    "end_line": 2,
    "end_column": 78,
    "tracked": false
  },
  "anchor": {
    "path": "src/core/config.py",
    "line": 7,
    "column": 5,
    "end_line": 7,
    "end_column": 17
  },
  "excerpt": {
    "first_line": 2,
    "lines": [
      "DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'"
    ]
  },
  "message": "asyncpg does not know `sslmode`",
  "root_cause": "asyncpg.connect() has no parameter `sslmode`.",
  "explanation": "asyncpg calls it `ssl`.",
  "predicted": {
    "type": "TypeError",
    "message": "connect() got an unexpected keyword argument 'sslmode'",
    "python": "3.11"
  },
  "chain": [],
  "cycle": [],
  "evidence": [],
  "fixes": [
    {
      "title": "Rename `sslmode` to `ssl`",
      "applicability": "review",
      "edits": [],
      "show": [
        "pip install -r requirements.txt"
      ],
      "preview": [
        {
          "path": ".env",
          "old": {
            "first_line": 2,
            "lines": [
              "DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?sslmode=require'"
            ]
          },
          "new": {
            "first_line": 2,
            "lines": [
              "DATABASE_URL='postgresql://app:***@db.example.invalid/appdb?ssl=require'"
            ]
          }
        }
      ],
      "notes": [
        "`verify-full` would also check the host name."
      ]
    }
  ],
  "fingerprint": "v1:url301",
  "state": "new",
  "references": [],
  "slots": {
    "name": "URL301"
  }
}
"#);
}

#[test]
fn json_startup() {
    insta::assert_snapshot!(part("json", "/startup"), @r#"
{
  "outcome": "error",
  "phase": "import",
  "exception": {
    "type": "ImportError",
    "message": "cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session'"
  },
  "file": "src/core/database.py",
  "line": 3,
  "frames": [
    {
      "file": "src/core/database.py",
      "line": 3,
      "function": "<module>"
    }
  ],
  "why": null
}
"#);
}

#[test]
fn sarif_result() {
    insta::assert_snapshot!(part("sarif", "/runs/0/results/1"), @r#"
{
  "ruleId": "URL301",
  "ruleIndex": 1,
  "level": "error",
  "message": {
    "text": "asyncpg does not know `sslmode`. CPython: TypeError: connect() got an unexpected keyword argument 'sslmode' The place is [.env:2:71](1)."
  },
  "locations": [
    {
      "physicalLocation": {
        "artifactLocation": {
          "uri": "backend/src/core/config.py"
        },
        "region": {
          "startLine": 7,
          "startColumn": 5,
          "endLine": 7,
          "endColumn": 17
        }
      }
    }
  ],
  "relatedLocations": [
    {
      "id": 1,
      "physicalLocation": {
        "artifactLocation": {
          "uri": "backend/.env"
        },
        "region": {
          "startLine": 2,
          "startColumn": 71,
          "endLine": 2,
          "endColumn": 78
        }
      },
      "message": {
        "text": "the place"
      }
    }
  ],
  "partialFingerprints": {
    "auditFinding/v1": "v1:url301"
  },
  "properties": {
    "reportId": "CRITICAL-002",
    "severity": "critical",
    "revealOrder": 2
  }
}
"#);
}

#[test]
fn gitlab_issue() {
    insta::assert_snapshot!(part("gitlab", "/1"), @r#"
{
  "description": "asyncpg does not know `sslmode`",
  "check_name": "URL301",
  "fingerprint": "v1:url301",
  "severity": "blocker",
  "location": {
    "path": "backend/src/core/config.py",
    "lines": {
      "begin": 7
    }
  }
}
"#);
}

#[test]
fn rdjson_diagnostic() {
    insta::assert_snapshot!(part("rdjson", "/diagnostics/0"), @r#"
{
  "message": "`AsyncEngine` is not defined by `sqlmodel.ext.asyncio.session` (sqlmodel 0.0.22)",
  "location": {
    "path": "backend/src/core/database.py",
    "range": {
      "start": {
        "line": 3,
        "column": 56
      },
      "end": {
        "line": 3,
        "column": 67
      }
    }
  },
  "severity": "ERROR",
  "code": {
    "value": "IMP101",
    "url": "https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html"
  }
}
"#);
}
