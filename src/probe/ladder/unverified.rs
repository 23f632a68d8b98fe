//! TLS with a certificate that nobody verifies, by OpenSSL itself: native-tls loads the
//! authorities of the machine before every first handshake (twice, in 0.2.18), which here takes
//! three times as long as the rest of the climb and serves nothing. Must not know who is trusted:
//! whoever verifies goes through native-tls.

use std::net::IpAddr;
use std::pin::Pin;

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslMode, SslVerifyMode, SslVersion};
use tokio_openssl::SslStream;

use super::plan::TlsPlan;
use super::tls::Shaken;
use super::transport::{Secure, Tap};

/// The name of PostgreSQL's protocol in ALPN, after its length (RFC 7301, section 3.1).
const ALPN: &[u8] = b"\x0apostgresql";

/// Shakes hands with whoever answers.
#[derive(Clone)]
pub struct Connector(SslContext);

impl Connector {
    /// The same protocols as with native-tls: TLS 1.2 and later.
    ///
    /// # Errors
    /// Those of OpenSSL's configuration on this machine.
    pub fn new(plan: &TlsPlan) -> Result<Self, ErrorStack> {
        let mut context = SslContext::builder(SslMethod::tls_client())?;
        context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        context.set_verify(SslVerifyMode::NONE);
        context.set_mode(SslMode::AUTO_RETRY | SslMode::RELEASE_BUFFERS);
        if plan.direct {
            context.set_alpn_protos(ALPN)?;
        }
        Ok(Self(context.build()))
    }

    /// The handshake on a socket to `host`.
    pub async fn connect(self, host: &str, tap: Tap) -> Shaken {
        let mut stream = self.stream(host, tap).map_err(|error| error.to_string())?;
        let connected = Pin::new(&mut stream).connect().await;
        connected.map_err(|error| error.to_string())?;
        let certificate = stream.ssl().peer_certificate();
        let der = certificate.and_then(|certificate| certificate.to_der().ok());
        Ok((Box::new(stream), der))
    }

    fn stream(&self, host: &str, tap: Tap) -> Result<SslStream<Tap>, ErrorStack> {
        let mut ssl = Ssl::new(&self.0)?;
        // Addresses are no server names (RFC 6066, section 3).
        if host.parse::<IpAddr>().is_err() {
            ssl.set_hostname(host)?;
        }
        SslStream::new(ssl, tap)
    }
}

impl Secure for SslStream<Tap> {
    fn server_end_point(&self) -> Option<Vec<u8>> {
        let certificate = self.ssl().peer_certificate()?;
        let algorithm = certificate.signature_algorithm().object().nid();
        let digest = match algorithm.signature_algorithms()?.digest {
            Nid::MD5 | Nid::SHA1 => MessageDigest::sha256(),
            digest => MessageDigest::from_nid(digest)?,
        };
        Some(certificate.digest(digest).ok()?.to_vec())
    }
}
