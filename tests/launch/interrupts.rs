//! The program is interrupted while a launch runs, at random moments and in every way that a
//! terminal, a service manager or a pipe can do it: no process of the backend is left, whatever
//! the backend does with its own signals and children.

use std::io::Read;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};

use super::super::support::bench::Bench;
use super::super::support::envs::Venv;
use super::super::support::repository;
use super::{left_in, working_in};

/// Served without a framework, so that the launch is soon reached.
const QUICK: &str = r#"
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"#;

/// Children in the same group, in a group and a session of their own, and orphaned ones.
const CHILDREN: &str = r#"
import subprocess
import sys

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(SLEEP)
subprocess.Popen(SLEEP, start_new_session=True)
subprocess.Popen(["sh", "-c", "setsid sleep 600 & sleep 600 & exit 0"])
"#;

/// It does not care for being asked to stop.
const DEAF: &str = r#"
import signal
import subprocess
import sys

subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"])


def deaf():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
"#;

/// The lifespan never ends, neither at the start nor at the end.
const SLOW: &str = r#"
import asyncio


async def app(scope, receive, send):
    await asyncio.sleep(600)
"#;

/// Start lines, as many as there are ways to interrupt; each is used about twice.
const STARTS: [&str; 6] = [
    "gunicorn quick:app -w 3 -k uvicorn_worker.UvicornWorker",
    "uvicorn children:app --reload",
    "uvicorn quick:app --workers 3",
    "uvicorn deaf:app",
    "uvicorn slow:app",
    "python children.py",
];

/// How the program is interrupted, and what it may end with then.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// One signal.
    One(Signal, i32),
    /// Two, at once: it leaves without waiting.
    Two(Signal, i32),
    /// Its output goes nowhere, and it is asked to stop.
    Pipe(Signal, i32),
}

const WAYS: [Way; 10] = [
    Way::One(Signal::INT, 130),
    Way::One(Signal::TERM, 143),
    Way::One(Signal::HUP, 129),
    Way::Two(Signal::INT, 130),
    Way::Pipe(Signal::INT, 130),
    Way::One(Signal::QUIT, 131),
    Way::Two(Signal::TERM, 143),
    Way::Pipe(Signal::HUP, 129),
    Way::One(Signal::INT, 130),
    Way::One(Signal::TERM, 143),
];

fn backend() -> Bench {
    let serving =
        format!("{QUICK}\nif __name__ == \"__main__\":\n    import time\n    time.sleep(600)\n");
    Bench::new()
        .file("quick.py", QUICK)
        .file("children.py", format!("{CHILDREN}{serving}"))
        .file(
            "deaf.py",
            format!("{DEAF}{QUICK}").replace("async def app", "deaf()\n\n\nasync def app"),
        )
        .file("slow.py", SLOW)
}

fn start(bench: &Bench, venv: &Venv, line: &str) -> Child {
    let prefix = venv.prefix.to_str().unwrap();
    let arguments = [
        "check",
        ".",
        "--start",
        line,
        "--python",
        prefix,
        "--launch",
        "--no-process-env",
    ];
    let mut command = bench.audit(&arguments).into_command();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn tell(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let _ = kill_process(pid, signal);
}

/// Waits until the backend runs or the program has ended.
fn until_launched(child: &mut Child, root: &Path, own: u32) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let others = working_in(root).len() > 1;
        if others || child.try_wait().unwrap().is_some() {
            return;
        }
        assert!(Instant::now() < end, "process {own} launches nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn end_of(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("it does not end when it is interrupted");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A different moment in every run; the message of a failure tells it.
fn random(below: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (u64::from(now.subsec_nanos()) / 7) % below
}

#[test]
fn the_program_leaves_no_process_behind_whenever_it_is_interrupted() {
    let venv = Venv::from_pins(&repository("tests/launch/servers.txt"));
    let bench = backend();
    for (number, way) in WAYS.into_iter().enumerate() {
        let line = STARTS[number % STARTS.len()];
        let mut child = start(&bench, &venv, line);
        let own = child.id();
        until_launched(&mut child, bench.root(), own);
        let moment = Duration::from_millis(random(3_000));
        std::thread::sleep(moment);
        let story = format!("run {number}: `{line}`, {way:?} after {moment:?}");
        let code = match way {
            Way::One(signal, code) => {
                tell(&child, signal);
                code
            }
            Way::Two(signal, code) => {
                tell(&child, signal);
                std::thread::sleep(Duration::from_millis(60));
                tell(&child, signal);
                code
            }
            Way::Pipe(signal, code) => {
                child.stdout = None;
                child.stderr = None;
                std::thread::sleep(Duration::from_millis(20));
                tell(&child, signal);
                code
            }
        };
        let ended = end_of(&mut child);
        let left = left_in(bench.root());
        assert!(left.is_empty(), "{story}: still there: {left:#?}");
        // A run that was over before the signal has a code of its own.
        let fine = [Some(code), Some(0), Some(1), Some(3)].contains(&ended.code());
        let mut said = String::new();
        if let Some(mut pipe) = child.stderr.take() {
            let _ = pipe.read_to_string(&mut said);
        }
        assert!(fine, "{story}: {ended}\n{said}");
    }
}
