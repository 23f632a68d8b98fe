//! The stream of one connection, plain or encrypted, with limits on what the client sends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use pgwire::tokio::tokio_rustls::server::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::listen::Held;

/// The longest message a client may send; queries of drivers have a few hundred bytes.
const LONGEST: usize = 256 * 1024;
/// The most that one connection may send in its life: what is prepared is kept in memory.
const MOST: u64 = 16 * 1024 * 1024;

/// Plain or encrypted.
pub enum Stream {
    /// As it comes.
    Plain(Box<Limited<Held>>),
    /// Under TLS; the limits count what was encrypted.
    Tls(Box<Limited<TlsStream<Held>>>),
}

impl Stream {
    /// A connection without TLS whose first message has been read already.
    pub fn plain(inner: Held) -> Self {
        Self::Plain(Box::new(Limited::new(inner, 5)))
    }

    /// A connection after the handshake; the first message, which has no tag, is to come.
    pub fn tls(inner: TlsStream<Held>) -> Self {
        Self::Tls(Box::new(Limited::new(inner, 4)))
    }

    /// Protocol and cipher, as PostgreSQL shows them in `pg_stat_ssl`.
    pub fn encryption(&self) -> Option<(String, String)> {
        let Self::Tls(stream) = self else {
            return None;
        };
        let session = stream.inner.get_ref().1;
        let version = session.protocol_version().map(|v| format!("{v:?}"));
        let cipher = session.negotiated_cipher_suite();
        let cipher = cipher.map(|suite| format!("{:?}", suite.suite()));
        Some((
            version.unwrap_or_default().replace('_', "."),
            cipher.unwrap_or_default().replace("TLS13_", "TLS_"),
        ))
    }
}

/// Follows the frames of the client's messages and refuses what is too long.
pub struct Limited<S> {
    inner: S,
    head: Vec<u8>,
    head_length: usize,
    body: usize,
    total: u64,
}

impl<S> Limited<S> {
    fn new(inner: S, head_length: usize) -> Self {
        Self {
            inner,
            head: Vec::with_capacity(5),
            head_length,
            body: 0,
            total: 0,
        }
    }

    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.total += bytes.len() as u64;
        if self.total > MOST {
            return Err(invalid("the connection sent more than 16 MiB"));
        }
        while !bytes.is_empty() {
            if self.body > 0 {
                let taken = self.body.min(bytes.len());
                self.body -= taken;
                bytes = &bytes[taken..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if self.head.len() < self.head_length {
                continue;
            }
            let length = self.head[self.head_length - 4..]
                .iter()
                .fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
            if !(4..=LONGEST).contains(&length) {
                return Err(invalid("a message with an impossible length"));
            }
            self.body = length - 4;
            self.head.clear();
            self.head_length = 5;
        }
        Ok(())
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(self.follow(&buf.filled()[before..])),
            other => other,
        }
    }
}

macro_rules! forward {
    ($self:ident, $method:ident $(, $argument:expr)*) => {
        match $self.get_mut() {
            Stream::Plain(s) => Pin::new(&mut s.inner).$method($($argument),*),
            Stream::Tls(s) => Pin::new(&mut s.inner).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
            Self::Tls(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        forward!(self, poll_write, cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_flush, cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        forward!(self, poll_shutdown, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(head: usize, chunks: &[&[u8]]) -> io::Result<()> {
        let mut limited = Limited::new((), head);
        chunks.iter().try_for_each(|chunk| limited.follow(chunk))
    }

    #[test]
    fn frames_are_followed_across_chunks() {
        follow(4, &[&[0, 0], &[0, 8, 0, 3, 0], &[0, b'Q', 0, 0, 0, 4]]).unwrap();
        follow(5, &[b"Q\0\0\0\x06ab", b"S\0\0\0\x04"]).unwrap();
    }

    #[test]
    fn impossible_lengths_and_floods_are_refused() {
        assert!(follow(5, &[b"Q\0\0\0\x03"]).is_err());
        assert!(follow(5, &[b"Q\x7f\xff\xff\xff"]).is_err());
        let block = [&b"d\0\x03\xff\xff"[..], &[0; 0x3fffb]].concat();
        assert!(follow(5, &vec![&block[..]; 64]).is_ok());
        assert!(follow(5, &vec![&block[..]; 65]).is_err());
    }
}
