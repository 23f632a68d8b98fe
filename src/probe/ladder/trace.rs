//! How far one attempt came and why it ended. Plain data: the words of the drivers are made of it.

use std::net::SocketAddr;

use super::certificate::Facts;
use super::plan::Address;
use crate::model::Rung;
use crate::wire::pg::ServerError;

/// One attempt at one address over one kind of transport.
#[derive(Debug, Clone)]
pub struct Trace {
    /// What was connected to.
    pub address: Address,
    /// The socket that was open, when one was.
    pub peer: Option<SocketAddr>,
    /// TLS was in use when it ended.
    pub encrypted: bool,
    /// The server had confirmed the authentication.
    pub authenticated: bool,
    /// Rung on which it ended.
    pub rung: Rung,
    /// Why.
    pub cause: Cause,
}

/// A system error of a socket, as far as words need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketError {
    /// Number of the system; `None` for a time limit.
    pub errno: Option<i32>,
    /// Text of the system, as `strerror` has it.
    pub text: String,
}

/// Why an attempt ended.
#[derive(Debug, Clone)]
pub enum Cause {
    /// The name did not resolve: number (`EAI_*`) and text of the resolver.
    Dns(i32, String),
    /// No address of the name could be connected to.
    Tcp(Vec<(SocketAddr, SocketError)>),
    /// The socket file could not be connected to.
    Unix(SocketError),
    /// Nothing came within the limit.
    Timeout,
    /// The server closed the connection; `true`: with a reset.
    Closed(bool),
    /// The answer to SSLRequest was this byte.
    Answer(u8),
    /// A root certificate file is needed and cannot be read.
    MissingRoot(String),
    /// The certificate was refused.
    Certificate(Refusal),
    /// No common protocol version.
    Protocol,
    /// The handshake failed otherwise: text of the TLS library.
    Handshake(String),
    /// ErrorResponse.
    Server(ServerError),
    /// A method of authentication that the driver does not know, by number.
    Method(u32),
    /// None of these mechanisms will do.
    Mechanisms(Vec<String>),
    /// A password is wanted and there is none.
    NoPassword,
    /// Channel binding is demanded and there is no TLS.
    BindingWithoutTls,
    /// Channel binding is demanded and not offered.
    BindingNotOffered,
    /// The server could not prove that it knows the password.
    Signature,
    /// The bytes are no PostgreSQL: what is wrong with them.
    Garbage(String),
    /// `target_session_attrs` does not fit: standby, read-only.
    Target {
        /// The server is a standby.
        standby: bool,
        /// New transactions are read-only.
        read_only: bool,
    },
    /// The probe was cancelled.
    Cancelled,
}

/// What was wrong with a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Stable name: `tls-expired`, ...
    pub outcome: &'static str,
    /// What the TLS library says.
    pub reason: String,
    /// The certificate, when it could be read.
    pub certificate: Option<Facts>,
}
