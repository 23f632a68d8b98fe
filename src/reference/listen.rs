//! Sockets: binding to the loopback, closing and opening the port, bounds per connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::StartError;

/// Limits of one half.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// The longest life of one connection.
    pub life: Duration,
}

impl Bounds {
    /// HTTP.
    pub const HTTP: Self = Self {
        connections: 128,
        life: Duration::from_secs(600),
    };
    /// PostgreSQL: a pool keeps its connections.
    pub const PG: Self = Self {
        connections: 64,
        life: Duration::from_secs(3600),
    };
}

/// A port of 127.0.0.1 that can be closed and opened again.
pub struct Listening {
    half: &'static str,
    port: u16,
    listener: Option<TcpListener>,
}

impl Listening {
    /// Binds the port, or a free one.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn bind(half: &'static str, port: Option<u16>) -> Result<Self, StartError> {
        let asked = port.unwrap_or(0);
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, asked)).await;
        let found = bound.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, listener) = found.map_err(|source| StartError::Port {
            half,
            port: asked,
            source,
        })?;
        Ok(Self {
            half,
            port,
            listener: Some(listener),
        })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes the port until [`Self::accept`] finds it should be open.
    pub fn close(&mut self) {
        self.listener = None;
    }

    /// The next connection. While `closed()` the port is closed.
    pub async fn accept(&mut self, closed: impl Fn() -> bool) -> (TcpStream, SocketAddr) {
        const LOOK: Duration = Duration::from_millis(25);
        loop {
            if closed() {
                self.listener = None;
                tokio::time::sleep(LOOK).await;
                continue;
            }
            let Some(listener) = &self.listener else {
                // Someone else may have taken the port meanwhile: try until it is free again.
                match Self::bind(self.half, Some(self.port)).await {
                    Ok(again) => *self = again,
                    Err(_) => tokio::time::sleep(LOOK).await,
                }
                continue;
            };
            match tokio::time::timeout(LOOK, listener.accept()).await {
                Ok(Ok(accepted)) => {
                    // A connection that was waiting when the port should have been closed.
                    if !closed() {
                        return accepted;
                    }
                }
                // Out of descriptors, or reset before it was accepted.
                Ok(Err(_)) => tokio::time::sleep(LOOK).await,
                Err(_) => {}
            }
        }
    }
}

/// A TCP stream that counts among the connections of its half and ends in time.
pub struct Held {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: OwnedSemaphorePermit,
}

impl Held {
    /// Takes a place; waits while all are taken. The stream ends when `stop` is cancelled.
    pub async fn new(
        stream: TcpStream,
        places: &Arc<Semaphore>,
        life: Duration,
        stop: CancellationToken,
    ) -> Option<Self> {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        let _ = stream.set_nodelay(true);
        Some(Self {
            stream,
            end: Box::pin(tokio::time::sleep(life)),
            stop: Box::pin(stop.cancelled_owned()),
            _place: place,
        })
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Reads and forgets until the other side closes or `limit` is over.
pub async fn drain<S: AsyncRead + Unpin>(stream: &mut S, limit: Duration) {
    let mut sink = [0u8; 4096];
    let all = async { while matches!(stream.read(&mut sink).await, Ok(n) if n > 0) {} };
    let _ = tokio::time::timeout(limit, all).await;
}

/// Closes so that what was sent arrives: a socket closed with unread bytes in it is reset, and a
/// reset may overtake the last message.
pub async fn close<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let _ = stream.flush().await;
    let _ = tokio::time::timeout(Duration::from_millis(200), stream.shutdown()).await;
    drain(stream, Duration::from_millis(200)).await;
}
