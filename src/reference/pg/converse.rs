//! The conversation of one connection, message by message.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use pgwire::api::{ClientInfo, DefaultClient, NoopHandler, PgWireConnectionState};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{PgWireMessageServerCodec, process_error, process_message};
use tokio::time::timeout;
use tokio_util::codec::{Framed, FramedParts};

use super::super::Shared;
use super::super::fault::{Active, Step, When};
use super::super::listen;
use super::auth::{Login, fatal, filled};
use super::negotiate::{PATIENCE, Ready};
use super::query::{Queries, Statement};
use super::stream::Stream;
use super::{disturb, pause};

type Socket = Framed<Stream, PgWireMessageServerCodec<Statement>>;

/// Serves one connection to its end.
pub async fn converse(ready: Ready, peer: SocketAddr, shared: Arc<Shared>, faults: Arc<Active>) {
    let encryption = ready.stream.encryption();
    let client = DefaultClient::new(peer, encryption.is_some());
    let mut parts: FramedParts<_, _> = FramedParts::new::<PgWireBackendMessage>(
        ready.stream,
        PgWireMessageServerCodec::new(client),
    );
    parts.read_buf.extend_from_slice(&ready.read);
    let mut socket: Socket = Framed::from_parts(parts);
    socket.set_state(PgWireConnectionState::AwaitingStartup);
    let login = Arc::new(Login::new(Arc::clone(&shared), Arc::clone(&faults)));
    let queries = Arc::new(Queries::new(shared, Arc::clone(&faults), encryption));
    while let Some(message) = next(&mut socket).await {
        if matches!(message, PgWireFrontendMessage::Terminate(_)) {
            break;
        }
        if let Some(step) = step(&message) {
            pause(&faults).await;
            if let Some(what) = faults.at(step) {
                let _ = socket.flush().await;
                return disturb(socket.get_mut(), what, step).await;
            }
            if step == Step::Query
                && let Some(refusal) = faults.refusal(When::Query)
            {
                let error = filled(refusal, &socket);
                return refuse(&mut socket, error).await;
            }
        }
        if !answered(&mut socket, message, &login, &queries).await {
            return;
        }
    }
    listen::close(socket.get_mut()).await;
}

/// The next message; `None` at the end of the connection, or of patience before the session.
async fn next(socket: &mut Socket) -> Option<PgWireFrontendMessage> {
    let message = match socket.state() {
        PgWireConnectionState::AwaitingStartup
        | PgWireConnectionState::AuthenticationInProgress => {
            timeout(PATIENCE, socket.next()).await.ok()?
        }
        _ => socket.next().await,
    };
    match message? {
        Ok(message) => Some(message),
        // Not the protocol, or too long: say so where a client may be listening, and end.
        Err(PgWireError::IoError(error)) if error.kind() == ErrorKind::InvalidData => {
            refuse(socket, fatal("08P01", &error.to_string(), "")).await;
            None
        }
        Err(PgWireError::IoError(_)) => None,
        Err(error) => {
            refuse(socket, error).await;
            None
        }
    }
}

/// The step at which a message arrives, when faults can be told to disturb it.
fn step(message: &PgWireFrontendMessage) -> Option<Step> {
    match message {
        PgWireFrontendMessage::Startup(_) => Some(Step::Startup),
        PgWireFrontendMessage::PasswordMessageFamily(_) => Some(Step::Auth),
        PgWireFrontendMessage::Query(_) | PgWireFrontendMessage::Parse(_) => Some(Step::Query),
        _ => None,
    }
}

/// Lets the library answer. `false`: the connection is over.
async fn answered(
    socket: &mut Socket,
    message: PgWireFrontendMessage,
    login: &Arc<Login>,
    queries: &Arc<Queries>,
) -> bool {
    let cancel = matches!(message, PgWireFrontendMessage::CancelRequest(_));
    let extended = message.is_extended_query();
    let none = Arc::new(NoopHandler);
    let done = process_message(
        message,
        socket,
        Arc::clone(login),
        Arc::clone(queries),
        Arc::clone(queries),
        Arc::clone(&none),
        none,
    )
    .await;
    match done {
        Ok(()) => !cancel,
        Err(error) if error.is_fatal() => {
            refuse(socket, error).await;
            false
        }
        Err(error) => process_error(socket, error, extended).await.is_ok(),
    }
}

/// Sends a FATAL error and hangs up, without the ReadyForQuery that the library would add: no
/// PostgreSQL sends it, and asyncpg complains about it.
async fn refuse(socket: &mut Socket, error: PgWireError) {
    let info: ErrorInfo = error.into();
    let message = PgWireBackendMessage::ErrorResponse(info.into());
    let _ = socket.send(message).await;
    listen::close(socket.get_mut()).await;
}
