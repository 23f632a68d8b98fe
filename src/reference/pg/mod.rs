//! The PostgreSQL half: accepts connections and takes each through its steps.
//!
//! The library (pgwire) speaks the protocol; what it does otherwise than PostgreSQL is put right
//! here: no ReadyForQuery after a FATAL error, PostgreSQL's texts for failed authentication,
//! authentication before the database is looked up, and limits on what a client may send.

mod auth;
mod converse;
mod encode;
mod frame;
mod negotiate;
mod query;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Shared;
use super::fault::{Active, Disturbance, Effect, Step};
use super::listen::{self, Bounds, Held, Listening};

pub use auth::Accounts;

/// Accepts for ever; ends with its task.
pub async fn serve(mut port: Listening, bounds: Bounds, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let mut running = JoinSet::new();
    loop {
        let down = || shared.faults.peek(false).has(Effect::PgDown);
        let (stream, peer) = port.accept(down).await;
        while let Some(ended) = running.try_join_next() {
            if ended.is_err_and(|error| error.is_panic()) {
                shared.defects.fetch_add(1, Ordering::Relaxed);
            }
        }
        let faults = shared.faults.next(false);
        let (shared, places) = (Arc::clone(&shared), Arc::clone(&places));
        running.spawn(async move {
            let stop = shared.stop.clone();
            if let Some(held) = Held::new(stream, &places, bounds.life, stop).await {
                connection(held, peer, shared, faults).await;
            }
        });
    }
}

async fn connection(mut tcp: Held, peer: SocketAddr, shared: Arc<Shared>, faults: Active) {
    pause(&faults).await;
    if let Some(what) = faults.at(Step::Accept) {
        return disturb(&mut tcp, what, Step::Accept).await;
    }
    let Some(ready) = negotiate::negotiate(tcp, &shared, &faults).await else {
        return;
    };
    converse::converse(ready, peer, shared, Arc::new(faults)).await;
}

/// The delay of a slow server.
async fn pause(faults: &Active) {
    if let Some(time) = faults.delay() {
        tokio::time::sleep(time).await;
    }
}

/// Does what a fault says, to the end of the connection.
async fn disturb<S>(stream: &mut S, what: Disturbance, step: Step)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    use tokio::io::AsyncWriteExt;
    /// As long as a connection that hangs is kept: longer than any probe waits.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);
    match what {
        Disturbance::Hang => listen::drain(stream, PATIENCE).await,
        Disturbance::Close => listen::close(stream).await,
        Disturbance::Garbage => {
            let _ = stream.write_all(garbage(step)).await;
            listen::close(stream).await;
        }
        Disturbance::Huge => {
            huge(stream, step).await;
            listen::drain(stream, PATIENCE).await;
        }
    }
}

/// Bytes of another protocol. In answer to SSLRequest one byte, as the client reads one.
fn garbage(step: Step) -> &'static [u8] {
    match step {
        Step::SslRequest => b"H",
        _ => b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    }
}

/// The head of a message of 1 GiB less one byte, and the first 16 MiB of it.
async fn huge<S: tokio::io::AsyncWrite + Unpin>(stream: &mut S, step: Step) {
    use tokio::io::AsyncWriteExt;
    let tag = if step == Step::Query { b'D' } else { b'S' };
    let head = [tag, 0x3f, 0xff, 0xff, 0xff];
    let block = vec![0u8; 64 * 1024];
    if stream.write_all(&head).await.is_err() {
        return;
    }
    for _ in 0..256 {
        if stream.write_all(&block).await.is_err() {
            return;
        }
    }
    let _ = stream.flush().await;
}
