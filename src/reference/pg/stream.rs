//! The stream of one connection, plain or encrypted, with limits on what the client sends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use pgwire::tokio::tokio_rustls::server::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::listen::Held;
use super::frame;

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
        Self::Plain(Box::new(Limited::new(inner, false)))
    }

    /// A connection after the handshake; the first message, which has no tag, is to come.
    pub fn tls(inner: TlsStream<Held>) -> Self {
        Self::Tls(Box::new(Limited::new(inner, true)))
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

/// Hands on whole messages only, and only such as have the form of the protocol.
pub struct Limited<S> {
    inner: S,
    /// Bytes that do not make up a message yet.
    pending: Vec<u8>,
    /// Checked messages, and how much of them has been handed on.
    ready: Vec<u8>,
    handed: usize,
    first: bool,
    total: u64,
    ended: bool,
}

impl<S> Limited<S> {
    fn new(inner: S, first: bool) -> Self {
        Self {
            inner,
            pending: Vec::new(),
            ready: Vec::new(),
            handed: 0,
            first,
            total: 0,
            ended: false,
        }
    }

    /// Takes bytes of the client and moves what is complete to `ready`.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.total += bytes.len() as u64;
        if self.total > MOST {
            return Err(invalid("the connection sent more than 16 MiB"));
        }
        self.pending.extend_from_slice(bytes);
        let mut done = 0;
        while let Some(length) = self.whole(done)? {
            done += length;
            self.first = false;
        }
        self.ready.extend_from_slice(&self.pending[..done]);
        self.pending.drain(..done);
        Ok(())
    }

    /// Length of the message at `from`, when all of it is there.
    fn whole(&self, from: usize) -> io::Result<Option<usize>> {
        let tag = usize::from(!self.first);
        let rest = &self.pending[from..];
        let Some(head) = rest.get(tag..tag + 4) else {
            return Ok(None);
        };
        let length = head.iter().fold(0, |n, byte| (n << 8) | usize::from(*byte));
        if !(4..=LONGEST).contains(&length) {
            return Err(invalid("invalid message length"));
        }
        let Some(body) = rest.get(tag + 4..tag + length) else {
            return Ok(None);
        };
        let checked = match self.first {
            true => frame::first(body),
            false => frame::tagged(rest[0], body),
        };
        checked.map_err(invalid)?;
        Ok(Some(tag + length))
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
        let this = &mut *self;
        while this.handed == this.ready.len() && !this.ended {
            this.ready.clear();
            this.handed = 0;
            let mut block = [0u8; 8192];
            let mut block = ReadBuf::new(&mut block);
            match Pin::new(&mut this.inner).poll_read(cx, &mut block) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
            this.ended = block.filled().is_empty();
            this.take(block.filled())?;
        }
        let rest = &this.ready[this.handed..];
        let length = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..length]);
        this.handed += length;
        Poll::Ready(Ok(()))
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

    fn take(first: bool, chunks: &[&[u8]]) -> io::Result<Vec<u8>> {
        let mut limited = Limited::new((), first);
        for chunk in chunks {
            limited.take(chunk)?;
        }
        Ok(limited.ready)
    }

    #[test]
    fn whole_messages_are_handed_on() {
        let start = b"\0\0\0\x09\0\x03\0\0\0";
        let query = b"Q\0\0\0\x06a\0";
        let all = [&start[..], query].concat();
        for cut in 0..all.len() {
            let (one, two) = all.split_at(cut);
            assert_eq!(take(true, &[one, two]).unwrap(), all, "cut at {cut}");
        }
        assert_eq!(take(true, &[&all[..all.len() - 1]]).unwrap(), start);
    }

    #[test]
    fn impossible_lengths_forms_and_floods_are_refused() {
        for wrong in [&b"Q\0\0\0\x03"[..], b"Q\x7f\xff\xff\xff", b"Q\0\0\0\x06ab"] {
            assert!(take(false, &[wrong]).is_err(), "{wrong:?}");
        }
        let block = [&b"d\0\x03\xff\xff"[..], &[0; 0x3fffb]].concat();
        assert!(take(false, &vec![&block[..]; 63]).is_ok());
        assert!(take(false, &vec![&block[..]; 65]).is_err());
    }
}
