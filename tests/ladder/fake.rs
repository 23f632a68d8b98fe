//! Servers that are no PostgreSQL, or a broken one: a few bytes and a close.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a fake does with each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Closes at once.
    CloseAtAccept,
    /// Accepts and says nothing.
    HangAtAccept,
    /// Answers the request for TLS with these bytes and closes.
    Answer(&'static [u8]),
    /// `N`, then these messages after the start-up packet, then waits for the client to go.
    Plain(&'static [u8]),
    /// `N`, and a close after the start-up packet.
    CloseAfterStartup,
    /// `S`, then silence.
    HangInTls,
    /// `N`, authentication done at once, then a message that announces a gigabyte and never ends.
    Gigabyte,
}

/// A listening fake. Dropping it stops it.
pub struct Fake {
    /// Loopback port.
    pub port: u16,
    /// Connections accepted so far.
    pub accepted: Arc<AtomicUsize>,
    /// Connections that have got all they get, and wait for the client to go.
    pub waiting: Arc<AtomicUsize>,
    /// Connections that the client has closed since.
    pub left: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// Starts to listen.
    pub fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&accepted));
        let (waiting, left) = (Arc::default(), Arc::default());
        let seen = Seen {
            waiting: Arc::clone(&waiting),
            left: Arc::clone(&left),
        };
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                count.fetch_add(1, Ordering::SeqCst);
                let stream = stream.unwrap();
                open.push(stream.try_clone().unwrap());
                let seen = seen.clone();
                std::thread::spawn(move || {
                    let _ = serve(does, stream, &seen);
                });
            }
            for stream in open {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Self {
            port,
            accepted,
            waiting,
            left,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Counters of a fake.
#[derive(Clone)]
struct Seen {
    waiting: Arc<AtomicUsize>,
    left: Arc<AtomicUsize>,
}

fn serve(does: Does, mut stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    match does {
        Does::CloseAtAccept => {
            // Reading first avoids a reset, which would be another case.
            let _ = packet(&mut stream)?;
            return stream.shutdown(Shutdown::Both);
        }
        Does::HangAtAccept => {
            // It waits when the client has begun to speak.
            stream.read_exact(&mut [0])?;
            return drain(&mut stream, seen);
        }
        Does::Answer(bytes) => {
            packet(&mut stream)?;
            stream.write_all(bytes)?;
            return drain(&mut stream, seen);
        }
        Does::HangInTls => {
            packet(&mut stream)?;
            stream.write_all(b"S")?;
            return drain(&mut stream, seen);
        }
        Does::Plain(_) | Does::CloseAfterStartup | Does::Gigabyte => {}
    }
    let mut startup = packet(&mut stream)?;
    if startup.len() == 4 {
        stream.write_all(b"N")?;
        startup = packet(&mut stream)?;
    }
    assert!(startup.len() > 4);
    match does {
        Does::Plain(messages) => {
            stream.write_all(messages)?;
            drain(&mut stream, seen)
        }
        Does::Gigabyte => {
            stream.write_all(b"R\0\0\0\x08\0\0\0\0S\x40\0\0\0")?;
            let chunk = vec![b'x'; 64 * 1024];
            for _ in 0..16_384 {
                stream.write_all(&chunk)?;
            }
            Ok(())
        }
        _ => stream.shutdown(Shutdown::Both),
    }
}

/// One packet of the start-up phase: its body behind the length.
fn packet(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; (u32::from_be_bytes(length) as usize).clamp(4, 10_000) - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn drain(stream: &mut TcpStream, seen: &Seen) -> std::io::Result<()> {
    seen.waiting.fetch_add(1, Ordering::SeqCst);
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
    seen.left.fetch_add(1, Ordering::SeqCst);
    Ok(())
}
