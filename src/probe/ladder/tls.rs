//! The tls rung: the handshake under the driver's rules, and the reason of a refusal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use native_tls::{Certificate, Identity, Protocol, TlsConnector};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::certificate::Facts;
use super::plan::{Roots, TlsMode, TlsPlan};
use super::trace::{Cause, Refusal};
use super::transport::{Secure, Tap};
#[cfg(unix)]
use super::unverified;
use crate::wire::tls::{ALERT_PROTOCOL_VERSION, ServerHello, alert};

/// A finished handshake.
pub struct Secured {
    /// The stream.
    pub stream: Box<dyn Secure>,
    /// `TLS 1.3, TLS_AES_256_GCM_SHA384`
    pub protocol: String,
    /// The server's certificate.
    pub certificate: Option<Facts>,
}

/// What shakes hands.
#[derive(Clone)]
pub enum Connector {
    /// native-tls, which knows the authorities of the machine.
    Native(TlsConnector),
    /// OpenSSL itself, for a certificate that nobody verifies.
    #[cfg(unix)]
    Unverified(unverified::Connector),
}

/// A connector that is being built. Loading the system's authorities takes tens of milliseconds,
/// so it happens beside DNS and TCP, on a thread of its own.
pub struct Building(oneshot::Receiver<Result<Connector, String>>);

impl Building {
    /// Starts to build.
    pub fn start(plan: &TlsPlan) -> Self {
        let (send, receive) = oneshot::channel();
        let plan = plan.clone();
        std::thread::spawn(move || {
            let _ = send.send(kept(&plan));
        });
        Self(receive)
    }

    /// The connector, as soon as it is there.
    ///
    /// # Errors
    /// What the TLS library did not accept: a file that holds no certificate, a key that it
    /// cannot read.
    pub async fn ready(self) -> Result<Connector, String> {
        self.0
            .await
            .unwrap_or_else(|_| Err("the TLS library did not start".to_owned()))
    }
}

/// Connectors made by this process, by what they were made of: a probe that waits makes many
/// tries with the same rules.
static KEPT: Mutex<Vec<(TlsPlan, Connector)>> = Mutex::new(Vec::new());
const KEEP: usize = 8;

fn kept(plan: &TlsPlan) -> Result<Connector, String> {
    let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, connector)) = lock().iter().find(|(made_of, _)| made_of == plan) {
        return Ok(connector.clone());
    }
    let connector = connector(plan)?;
    let mut kept = lock();
    if kept.len() == KEEP {
        kept.remove(0);
    }
    kept.push((plan.clone(), connector.clone()));
    Ok(connector)
}

fn connector(plan: &TlsPlan) -> Result<Connector, String> {
    #[cfg(unix)]
    if !plan.verifies() && plan.identity.is_none() {
        let connector = unverified::Connector::new(plan).map_err(|error| error.to_string())?;
        return Ok(Connector::Unverified(connector));
    }
    native(plan).map(Connector::Native)
}

fn native(plan: &TlsPlan) -> Result<TlsConnector, String> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    match &plan.roots {
        Roots::Nobody => {
            builder.danger_accept_invalid_certs(true);
            builder.disable_built_in_roots(true);
        }
        Roots::System => {}
        Roots::File(path, pem) => {
            builder.disable_built_in_roots(true);
            let certificates = Certificate::stack_from_pem(pem).map_err(|error| {
                format!("{path} holds no certificate that can be read: {error}")
            })?;
            if certificates.is_empty() {
                return Err(format!("{path} holds no certificate"));
            }
            for certificate in certificates {
                builder.add_root_certificate(certificate);
            }
        }
    }
    if plan.mode < TlsMode::VerifyFull {
        builder.danger_accept_invalid_hostnames(true);
    }
    if plan.direct {
        postgres_native_tls::set_postgresql_alpn(&mut builder);
    }
    if let Some((certificate, key)) = &plan.identity {
        let identity = Identity::from_pkcs8(certificate, key.expose()).map_err(|error| {
            format!("the client certificate or its key cannot be read: {error}")
        })?;
        builder.identity(identity);
    }
    builder.build().map_err(|error| error.to_string())
}

/// What examines a refused certificate once more.
#[derive(Debug, Clone)]
pub struct Again {
    /// The same socket address.
    pub peer: std::net::SocketAddr,
    /// Limit of the second look.
    pub limit: Duration,
}

/// Performs the handshake.
///
/// # Errors
/// The cause of the refusal; a refused certificate is fetched once more to name the reason.
pub async fn handshake(
    connector: Connector,
    plan: &TlsPlan,
    host: &str,
    socket: TcpStream,
    again: &Again,
) -> Result<Secured, Cause> {
    let (tap, seen) = Tap::new(socket);
    let connected = match connector {
        Connector::Native(connector) => shaken(connector, host, tap).await,
        #[cfg(unix)]
        Connector::Unverified(connector) => connector.connect(host, tap).await,
    };
    let first = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (stream, certificate) = match connected {
        Ok(connected) => connected,
        Err(text) => return Err(refused(&text, &first, plan, host, again).await),
    };
    let protocol = ServerHello::read(&first).map_or_else(String::new, |hello| {
        format!("{}, {}", hello.version_name(), hello.cipher_name())
    });
    Ok(Secured {
        stream,
        protocol,
        certificate: certificate.and_then(|der| Facts::read(&der)),
    })
}

/// A stream and the server's certificate (DER), or why not, in the words of the TLS library.
pub type Shaken = Result<(Box<dyn Secure>, Option<Vec<u8>>), String>;

async fn shaken(connector: TlsConnector, host: &str, tap: Tap) -> Shaken {
    let stream = tokio_native_tls::TlsConnector::from(connector)
        .connect(host, tap)
        .await
        .map_err(|error| error.to_string())?;
    let certificate = stream.get_ref().peer_certificate().ok().flatten();
    let der = certificate.and_then(|certificate| certificate.to_der().ok());
    Ok((Box::new(stream), der))
}

async fn refused(text: &str, first: &[u8], plan: &TlsPlan, host: &str, again: &Again) -> Cause {
    if alert(first).is_some_and(|(_, what)| what == ALERT_PROTOCOL_VERSION)
        || text.contains("unsupported protocol")
    {
        return Cause::Protocol;
    }
    if text.contains("certificate verify failed") || text.contains("ertificate") && plan.verifies()
    {
        let (plan, host, again) = (plan.clone(), host.to_owned(), again.clone());
        let (send, receive) = oneshot::channel();
        std::thread::spawn(move || {
            let _ = send.send(super::verify::examine(&plan, &host, &again));
        });
        let examined = receive.await.ok().flatten();
        return Cause::Certificate(examined.unwrap_or_else(|| by_text(text)));
    }
    // Every TLS record of a handshake begins with its type: alert or handshake.
    if first
        .first()
        .is_some_and(|kind| ![0x15, 0x16].contains(kind))
    {
        return Cause::Garbage(
            "the TLS handshake was answered with bytes that are no TLS".to_owned(),
        );
    }
    let lower = text.to_ascii_lowercase();
    if first.is_empty() && (lower.contains("eof") || lower.contains("closed")) {
        return Cause::Closed(false);
    }
    if lower.contains("connection reset") {
        return Cause::Closed(true);
    }
    Cause::Handshake(text.to_owned())
}

/// The reason as the TLS library words it, where no second look was possible.
fn by_text(text: &str) -> Refusal {
    const WORDS: [(&str, &str); 6] = [
        ("certificate has expired", "tls-expired"),
        ("certificate is not yet valid", "tls-not-yet-valid"),
        ("self-signed certificate", "tls-self-signed"),
        ("self signed certificate", "tls-self-signed"),
        ("hostname mismatch", "tls-wrong-host"),
        ("IP address mismatch", "tls-wrong-host"),
    ];
    let outcome = WORDS
        .iter()
        .find(|(words, _)| text.contains(words))
        .map_or("tls-unknown-ca", |(_, outcome)| outcome);
    let reason = text
        .rsplit_once('(')
        .and_then(|(_, tail)| tail.strip_suffix(')'))
        .unwrap_or(text);
    Refusal {
        outcome,
        reason: reason.to_owned(),
        certificate: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_out_of_texts() {
        for (text, outcome, reason) in [
            (
                "error:0A000086:SSL routines:f:certificate verify failed:x.c:1: (certificate has expired)",
                "tls-expired",
                "certificate has expired",
            ),
            (
                "certificate verify failed (unable to get local issuer certificate)",
                "tls-unknown-ca",
                "unable to get local issuer certificate",
            ),
            (
                "The certificate was not trusted.",
                "tls-unknown-ca",
                "The certificate was not trusted.",
            ),
        ] {
            let refusal = by_text(text);
            assert_eq!(
                (refusal.outcome, refusal.reason.as_str()),
                (outcome, reason),
                "{text}"
            );
        }
    }

    #[test]
    fn a_file_without_certificates_is_an_error() {
        let plan = TlsPlan {
            mode: TlsMode::VerifyFull,
            roots: Roots::File("ca.pem".to_owned(), b"nothing".to_vec()),
            ..TlsPlan::off()
        };
        let refused = connector(&plan).err().unwrap_or_default();
        assert!(refused.contains("ca.pem"), "{refused}");
    }
}
