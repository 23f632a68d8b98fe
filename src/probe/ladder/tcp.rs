//! The tcp rung: happy eyeballs (RFC 8305) with the result of every address that was tried.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::limits::{Stop, within};
use super::trace::SocketError;

/// Pause before the next address is tried beside the first (RFC 8305, section 8).
const STAGGER: Duration = Duration::from_millis(250);

/// What became of one address.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The address.
    pub address: SocketAddr,
    /// Time until the answer.
    pub after: Duration,
    /// `None`: connected.
    pub error: Option<SocketError>,
}

/// Result of the rung.
pub struct Connected {
    /// The socket that was first.
    pub stream: TcpStream,
    /// Its address.
    pub peer: SocketAddr,
    /// Failures that came before.
    pub tried: Vec<Tried>,
    /// Addresses without an answer when the first one connected, or never tried.
    pub open: Vec<SocketAddr>,
}

type Attempt = BoxFuture<'static, (SocketAddr, Instant, io::Result<TcpStream>)>;

/// Connects to the first address that answers.
///
/// # Errors
/// The result of every address, or that the probe was cancelled.
pub async fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Connected, Result<Vec<Tried>, Stop>> {
    let mut tried = Vec::new();
    let raced = within(limit, cancel, race(addresses, &mut tried)).await;
    match raced {
        Ok(Some((stream, peer))) => {
            // The rungs above send small packets and wait for each answer.
            let _ = stream.set_nodelay(true);
            let open = addresses
                .iter()
                .filter(|a| **a != peer && !tried.iter().any(|t: &Tried| t.address == **a))
                .copied()
                .collect();
            Ok(Connected {
                stream,
                peer,
                tried,
                open,
            })
        }
        Ok(None) => Err(Ok(in_order(addresses, tried, limit))),
        Err(Stop::Timeout) => Err(Ok(in_order(addresses, tried, limit))),
        Err(stop) => Err(Err(stop)),
    }
}

async fn race(addresses: &[SocketAddr], tried: &mut Vec<Tried>) -> Option<(TcpStream, SocketAddr)> {
    let mut waiting: VecDeque<SocketAddr> = addresses.iter().copied().collect();
    let mut running: FuturesUnordered<Attempt> = FuturesUnordered::new();
    loop {
        if let Some(next) = waiting.pop_front() {
            running.push(Box::pin(attempt(next)));
        } else if running.is_empty() {
            return None;
        }
        let pause = if waiting.is_empty() {
            Duration::MAX
        } else {
            STAGGER
        };
        // Nothing within the pause: the next address starts beside those that still run.
        if let Ok(Some((address, started, result))) =
            tokio::time::timeout(pause, running.next()).await
        {
            match result {
                Ok(stream) => return Some((stream, address)),
                Err(error) => tried.push(Tried {
                    address,
                    after: started.elapsed(),
                    error: Some(socket_error(&error)),
                }),
            }
        }
    }
}

async fn attempt(address: SocketAddr) -> (SocketAddr, Instant, io::Result<TcpStream>) {
    let started = Instant::now();
    (address, started, TcpStream::connect(address).await)
}

/// One result per address in the resolver's order; those without an answer timed out.
fn in_order(addresses: &[SocketAddr], tried: Vec<Tried>, limit: Duration) -> Vec<Tried> {
    addresses
        .iter()
        .map(|address| {
            tried
                .iter()
                .find(|t| t.address == *address)
                .cloned()
                .unwrap_or(Tried {
                    address: *address,
                    after: limit,
                    error: Some(SocketError {
                        errno: None,
                        text: "no answer".to_owned(),
                    }),
                })
        })
        .collect()
}

/// Number and text of a system error, without what Rust adds to it.
pub fn socket_error(error: &io::Error) -> SocketError {
    let text = error.to_string();
    SocketError {
        errno: error.raw_os_error(),
        text: text
            .split_once(" (os error")
            .map_or(text.as_str(), |(text, _)| text)
            .to_owned(),
    }
}

/// Stable name of a socket error.
pub fn outcome_of(error: &SocketError) -> &'static str {
    match error.errno {
        None => "filtered",
        Some(libc_errno::ECONNREFUSED) => "refused",
        Some(libc_errno::EACCES | libc_errno::EPERM) => "denied",
        Some(libc_errno::ETIMEDOUT) => "filtered",
        Some(_) => "unreachable",
    }
}

/// The cause that tells most about a name whose addresses all failed.
pub fn outcome(tried: &[Tried]) -> &'static str {
    let all: Vec<&str> = tried
        .iter()
        .filter_map(|t| t.error.as_ref())
        .map(outcome_of)
        .collect();
    ["refused", "filtered", "denied"]
        .into_iter()
        .find(|name| all.contains(name))
        .unwrap_or("unreachable")
}

/// Numbers of Linux, macOS and Windows where they are the same idea; the ladder compares only
/// these four.
mod libc_errno {
    pub const EPERM: i32 = 1;
    pub const EACCES: i32 = 13;
    #[cfg(target_os = "linux")]
    pub const ECONNREFUSED: i32 = 111;
    #[cfg(target_os = "linux")]
    pub const ETIMEDOUT: i32 = 110;
    #[cfg(all(unix, not(target_os = "linux")))]
    pub const ECONNREFUSED: i32 = 61;
    #[cfg(all(unix, not(target_os = "linux")))]
    pub const ETIMEDOUT: i32 = 60;
    #[cfg(windows)]
    pub const ECONNREFUSED: i32 = 10061;
    #[cfg(windows)]
    pub const ETIMEDOUT: i32 = 10060;
}

/// `192.0.2.10: refused, 3 ms; ...`
pub fn describe(tried: &[Tried]) -> String {
    tried
        .iter()
        .map(|t| {
            let what = match &t.error {
                Some(error) => error.text.as_str(),
                None => "connected",
            };
            format!("{}: {what}, {} ms", t.address, t.after.as_millis())
        })
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_address_has_its_own_result() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed: SocketAddr = {
            let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            gone.local_addr().unwrap()
        };
        let cancel = CancellationToken::new();
        let second = Duration::from_secs(1);
        let connected = connect(&[closed, open], second, &cancel)
            .await
            .ok()
            .unwrap();
        assert_eq!(connected.peer, open);
        assert_eq!(outcome(&connected.tried), "refused");

        let Err(Ok(tried)) = connect(&[closed, closed], second, &cancel).await else {
            panic!("connected to a closed port")
        };
        assert_eq!(tried.len(), 2, "{}", describe(&tried));
        assert_eq!(tried[0].error.as_ref().unwrap().text, "Connection refused");

        cancel.cancel();
        let stopped = connect(&[open], second, &cancel).await;
        assert!(matches!(stopped, Err(Err(Stop::Cancelled))));
    }
}
