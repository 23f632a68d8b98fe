//! Ctrl-C and its like while the program stands on a rung: it ends soon, says on which rung it
//! was, and closes its socket.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::fake::{Does, Fake};
use crate::support::bench::Bench;

/// Longer than any rung takes on a busy machine, shorter than the limit of a rung below.
const PATIENCE: Duration = Duration::from_secs(100);

/// Authentication is done, then silence.
const AUTHENTICATED: &[u8] = b"R\0\0\0\x08\0\0\0\0";
/// The session is open, and no query is ever answered.
const READY: &[u8] = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\x0015.4\0Z\0\0\0\x05I";

/// Its limit of a rung is above any patience.
const PROBE: [&str; 7] = [
    "probe",
    "--url-file",
    "url",
    "--timeout",
    "110s",
    "--format",
    "json",
];

fn until(what: &str, counter: &AtomicUsize, at_least: usize) {
    let end = Instant::now() + PATIENCE;
    while counter.load(Ordering::SeqCst) < at_least {
        assert!(Instant::now() < end, "{what}: it never came so far");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn start(bench: &Bench, arguments: &[&str]) -> Child {
    spawned(bench.audit(arguments).into_command())
}

fn spawned(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Sends the signal and demands a soon end.
fn interrupted(child: Child, signal: Signal) -> Output {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let begun = Instant::now();
    kill_process(pid, signal).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30), "it goes on");
    output
}

/// The rung or part that a report names as the one where it ended.
fn ended_at(output: &Output) -> (String, String) {
    let text = String::from_utf8_lossy(&output.stdout);
    let report: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}\n{text}\n{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["complete"], false);
    let rungs = report["ladder"].as_array().cloned().unwrap_or_default();
    let failed = rungs.iter().find(|rung| rung["state"] == "failed");
    let field = |name: &str| {
        let value = failed.and_then(|rung| rung[name].as_str());
        value.unwrap_or("none").to_owned()
    };
    (field("rung"), field("detail"))
}

#[test]
fn an_interrupt_on_each_rung_is_told_and_closes_the_socket() {
    for (does, mode, rung, signal, code) in [
        (
            Does::HangAtAccept,
            "require",
            "ssl-request",
            Signal::INT,
            130,
        ),
        (Does::HangInTls, "require", "tls", Signal::TERM, 143),
        (Does::HangAtAccept, "disable", "auth", Signal::INT, 130),
        (
            Does::Plain(AUTHENTICATED),
            "disable",
            "database",
            Signal::HUP,
            129,
        ),
        (Does::Plain(READY), "disable", "session", Signal::INT, 130),
    ] {
        let fake = Fake::start(does);
        let url = format!(
            "postgresql+asyncpg://u:canary-77aa@127.0.0.1:{}/d?ssl={mode}\n",
            fake.port
        );
        let bench = Bench::new().file("url", url);
        let child = start(&bench, &PROBE);
        until(rung, &fake.waiting, 1);
        let output = interrupted(child, signal);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{rung}: {stderr}");
        let (at, detail) = ended_at(&output);
        assert_eq!(at, rung, "{detail}");
        assert!(detail.contains("interrupted"), "{rung}: {detail}");
        assert!(stderr.contains("interrupted"), "{rung}: {stderr}");
        assert!(!stderr.contains("canary-77aa"), "{stderr}");
        until(rung, &fake.left, 1);
    }
}

#[test]
fn an_interrupt_while_a_connection_is_not_taken() {
    // A queue that is full: further connections are neither taken nor refused.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queue.push(stream);
        assert!(queue.len() < 10_000, "the queue never fills");
    }
    let url = format!("postgresql+asyncpg://u:p@{address}/d\n");
    let bench = Bench::new().file("url", url);
    let child = start(&bench, &PROBE);
    // Its own connection is one that waits to be taken, in the state SYN_SENT.
    let end = Instant::now() + PATIENCE;
    while !connects(&child) {
        assert!(Instant::now() < end, "it never connects");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = interrupted(child, Signal::INT);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(ended_at(&output).0, "tcp");
}

/// A resolver that says that it was asked, and nothing else.
const SILENT: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
int getaddrinfo(const char *host, const char *port, const void *hints, void **found) {
    close(open(getenv("RESOLVER_ASKED"), O_CREAT | O_WRONLY, 0600));
    for (;;) pause();
}
"#;

#[test]
fn an_interrupt_while_the_resolver_is_silent() {
    let url = "postgresql+asyncpg://u:canary-77aa@db.example.com:5432/d\n";
    let bench = Bench::new().file("url", url).file("silent.c", SILENT);
    let (library, asked) = (bench.path("silent.so"), bench.path("asked"));
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(bench.path("silent.c"))
        .status()
        .unwrap();
    assert!(built.success(), "cc: {built}");
    let mut command = bench.audit(&PROBE).into_command();
    command
        .env("LD_PRELOAD", &library)
        .env("RESOLVER_ASKED", &asked);
    let child = spawned(command);
    let end = Instant::now() + PATIENCE;
    while !asked.exists() {
        assert!(Instant::now() < end, "it never asks for the name");
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = interrupted(child, Signal::INT);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    let (at, detail) = ended_at(&output);
    assert_eq!(at, "dns", "{detail}");
    assert!(stderr.contains("interrupted"), "{stderr}");
    assert!(!stderr.contains("canary-77aa"), "{stderr}");
}

/// Has the process a TCP socket in the state SYN_SENT?
fn connects(child: &Child) -> bool {
    let own = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
    let sockets: Vec<String> = own
        .flatten()
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .filter_map(|to| {
            let to = to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(to.to_owned())
        })
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(3) == Some(&"02")
            && fields
                .get(9)
                .is_some_and(|inode| sockets.iter().any(|s| s == inode))
    })
}

#[test]
fn an_interrupt_while_an_http_server_is_silent() {
    for arguments in [
        ["probe", "."].as_slice(),
        ["check", ".", "--live"].as_slice(),
    ] {
        let fake = Fake::start(Does::HangAtAccept);
        let bench = Bench::new().file(
            "main.py",
            "async def app(scope, receive, send):\n    pass\n",
        );
        let base = format!("http://127.0.0.1:{}", fake.port);
        let more = ["--base-url", &base, "--timeout", "110s", "--format", "json"];
        let arguments = [arguments, more.as_slice()].concat();
        let child = start(&bench, &arguments);
        until("http", &fake.waiting, 1);
        let output = interrupted(child, Signal::INT);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(
            stderr.contains("interrupted while asking the HTTP server"),
            "{stderr}"
        );
        ended_at(&output);
        until("http", &fake.left, 1);
    }
}
