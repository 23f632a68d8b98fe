//! From the accepted socket to the start-up message: SSLRequest, TLS.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::super::Shared;
use super::super::fault::{Active, Effect, Step};
use super::super::listen::{self, Held};
use super::stream::Stream;
use super::{disturb, frame, pause};

/// Manual section 55.7: request codes that stand where a protocol version would.
const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSSENC: u32 = 80_877_104;

/// A client has this long to say who it is, as in PostgreSQL (`authentication_timeout`).
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A connection whose start-up message is the next thing to read.
pub struct Ready {
    /// The stream.
    pub stream: Stream,
    /// Bytes of the start-up message that have been read already.
    pub read: Vec<u8>,
}

/// Answers SSLRequest and GSSENCRequest and does the handshake. `None`: the connection is over.
pub async fn negotiate(mut tcp: Held, shared: &Shared, faults: &Active) -> Option<Ready> {
    // GSSENCRequest and SSLRequest may each be sent once.
    for _ in 0..3 {
        let packet = timeout(PATIENCE, packet(&mut tcp)).await.ok()??;
        let code = packet.get(4..8)?.iter();
        let code = code.fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        match code {
            CANCEL => return None,
            GSSENC => tcp.write_all(b"N").await.ok()?,
            SSL => {
                pause(faults).await;
                if let Some(what) = faults.at(Step::SslRequest) {
                    disturb(&mut tcp, what, Step::SslRequest).await;
                    return None;
                }
                if !faults.has(Effect::NoTls) {
                    return encrypted(tcp, shared, faults).await;
                }
                tcp.write_all(b"N").await.ok()?;
            }
            _ => {
                frame::first(&packet[4..]).ok()?;
                return Some(Ready {
                    stream: Stream::plain(tcp),
                    read: packet,
                });
            }
        }
    }
    None
}

/// A message without a tag: its length (4 bytes, counting themselves) and content.
async fn packet(tcp: &mut Held) -> Option<Vec<u8>> {
    let mut packet = vec![0u8; 4];
    tcp.read_exact(&mut packet).await.ok()?;
    let length = packet
        .iter()
        .fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    // PostgreSQL's own bounds (MAX_STARTUP_PACKET_LENGTH).
    if !(8..=10_000).contains(&length) {
        return None;
    }
    packet.resize(length, 0);
    tcp.read_exact(&mut packet[4..]).await.ok()?;
    Some(packet)
}

async fn encrypted(mut tcp: Held, shared: &Shared, faults: &Active) -> Option<Ready> {
    tcp.write_all(b"S").await.ok()?;
    pause(faults).await;
    if let Some(what) = faults.at(Step::Tls) {
        // Wait for the ClientHello, so that the disturbance answers it.
        let mut first = [0u8; 1];
        timeout(PATIENCE, tcp.read_exact(&mut first))
            .await
            .ok()?
            .ok()?;
        disturb(&mut tcp, what, Step::Tls).await;
        return None;
    }
    if faults.has(Effect::OldTls) {
        old_tls(&mut tcp).await;
        return None;
    }
    let identity = shared.authority.identity(faults.certificate())?;
    let acceptor = match faults.has(Effect::Tls12) {
        true => &identity.tls12,
        false => &identity.modern,
    };
    let stream = timeout(PATIENCE, acceptor.accept(tcp)).await.ok()?.ok()?;
    Some(Ready {
        stream: Stream::tls(stream),
        read: Vec::new(),
    })
}

/// Answers as a server that knows TLS 1.1 and nothing newer (RFC 4346): it chooses its version,
/// and it is the client that gives up. No TLS library of today would say this for us.
async fn old_tls(tcp: &mut Held) {
    const VERSION: [u8; 2] = [3, 2];
    let mut hello = vec![0u8; 5];
    let read = timeout(PATIENCE, tcp.read_exact(&mut hello)).await;
    if !matches!(read, Ok(Ok(_))) {
        return;
    }
    let length = usize::from(hello[3]) << 8 | usize::from(hello[4]);
    let mut body = vec![0u8; length];
    let read = timeout(PATIENCE, tcp.read_exact(&mut body)).await;
    if !matches!(read, Ok(Ok(_))) {
        return;
    }
    let mut answer = vec![0x16, VERSION[0], VERSION[1], 0, 42, 2, 0, 0, 38];
    answer.extend(VERSION);
    answer.extend([0x5a; 32]); // random; nothing is encrypted with it
    answer.extend([0, 0xc0, 0x14, 0]); // no session, ECDHE-RSA-AES256-SHA, no compression
    let _ = tcp.write_all(&answer).await;
    listen::close(tcp).await;
}
