//! The byte streams of a climb: the socket, the tap before TLS, and the watch above it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use crate::wire::pg::{AuthRequest, Message, Reader, ServerError, StreamError};

/// Bytes kept of what the server sends before TLS is up: a ServerHello or an alert.
const TAPPED: usize = 4096;

/// Keeps a copy of the first bytes that the server sends.
pub struct Tap {
    inner: TcpStream,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Wraps a socket; the copy is read through the second value.
    pub fn new(inner: TcpStream) -> (Self, Arc<Mutex<Vec<u8>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        (
            Self {
                inner,
                seen: Arc::clone(&seen),
            },
            seen,
        )
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < TAPPED {
            seen.extend_from_slice(&buf.filled()[before..]);
        }
        drop(seen);
        result
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What the PostgreSQL protocol runs over.
pub enum Transport {
    /// A socket.
    Tcp(TcpStream),
    /// A socket file.
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    /// TLS.
    Tls(Box<dyn Secure>),
}

impl Transport {
    /// Are the bytes hidden from others on the network?
    pub fn encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Self::Tcp(stream) => Pin::new(stream),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream),
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

/// A finished TLS handshake.
pub trait Secure: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Binding data of the type `tls-server-end-point` (RFC 5929, section 4), where the
    /// certificate's signature has a digest.
    fn server_end_point(&self) -> Option<Vec<u8>>;
}

impl Secure for tokio_native_tls::TlsStream<Tap> {
    fn server_end_point(&self) -> Option<Vec<u8>> {
        self.get_ref().tls_server_end_point().ok().flatten()
    }
}

/// What the server has said so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Requests for authentication, in order.
    pub auth: Vec<AuthRequest>,
    /// Last error.
    pub error: Option<ServerError>,
    /// When AuthenticationOk came.
    pub authenticated: Option<Instant>,
    /// Process id of the cancellation key.
    pub key: Option<i32>,
    /// Parameters of the server.
    pub parameters: Vec<(String, String)>,
    /// The first ReadyForQuery came.
    pub ready: bool,
    /// The stream was cut off for what it carried.
    pub refused: Option<StreamError>,
}

/// Requests for authentication at which the driver gives up.
pub type Stops = Box<dyn Fn(&AuthRequest) -> bool + Send + Sync>;

/// Follows the protocol and keeps it within limits: a message that no ladder needs (too long, no
/// PostgreSQL) ends the connection.
pub struct Watch {
    inner: Transport,
    stops: Stops,
    reader: Reader,
    seen: Arc<Mutex<Seen>>,
}

impl Watch {
    /// Watches a transport; what was seen is read through the second value. `stops` tells which
    /// requests for authentication the driver would not answer: the connection ends there, and
    /// no credentials are sent.
    pub fn new(inner: Transport, stops: Stops) -> (Self, Arc<Mutex<Seen>>) {
        let seen = Arc::new(Mutex::new(Seen::default()));
        (
            Self {
                inner,
                stops,
                reader: Reader::default(),
                seen: Arc::clone(&seen),
            },
            seen,
        )
    }

    fn follow(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stopped = false;
        let followed = self.reader.feed(bytes, |message| match message {
            Message::Authentication(request) => {
                if request == AuthRequest::Ok {
                    seen.authenticated = Some(Instant::now());
                }
                stopped |= (self.stops)(&request);
                // A server may ask for ever; a dozen requests tell everything.
                if seen.auth.len() < 12 {
                    seen.auth.push(request);
                }
            }
            Message::Error(error) => seen.error = Some(error),
            Message::Parameter(name, value) if seen.parameters.len() < 64 => {
                seen.parameters.push((name, value));
            }
            Message::Key(pid) => seen.key = Some(pid),
            Message::Ready => seen.ready = true,
            Message::Parameter(..) | Message::Other(_) => {}
        });
        followed.map_err(|error| {
            seen.refused = Some(error.clone());
            io::Error::new(io::ErrorKind::InvalidData, error)
        })?;
        if stopped {
            return Err(io::Error::other("the driver does not answer this request"));
        }
        Ok(())
    }
}

impl AsyncRead for Watch {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match self.inner.stream().poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                let bytes = buf.filled()[before..].to_vec();
                Poll::Ready(self.follow(&bytes))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Watch {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner.stream().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.stream().poll_shutdown(cx)
    }
}

impl TlsStream for Watch {
    fn channel_binding(&self) -> ChannelBinding {
        let hash = match &self.inner {
            Transport::Tls(stream) => stream.server_end_point(),
            _ => None,
        };
        hash.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// Hands back the stream whose handshake is done already: with `SslNegotiation::Direct`
/// tokio-postgres sends no SSLRequest of its own, and channel binding still works.
pub struct Already;

impl TlsConnect<Watch> for Already {
    type Stream = Watch;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Watch>>;

    fn connect(self, stream: Watch) -> Self::Future {
        std::future::ready(Ok(stream))
    }
}
