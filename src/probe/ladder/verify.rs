//! A second look at a refused certificate: OpenSSL reports every check that fails, with its
//! number and depth. On systems without OpenSSL there is no second look.

#[cfg(unix)]
pub use unix::examine;

#[cfg(not(unix))]
pub fn examine(
    _plan: &super::plan::TlsPlan,
    _host: &str,
    _again: &super::tls::Again,
) -> Option<super::trace::Refusal> {
    None
}

#[cfg(unix)]
mod unix {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::{Arc, Mutex, PoisonError};

    use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
    use openssl::x509::X509;
    use openssl::x509::store::X509StoreBuilder;

    use super::super::certificate::Facts;
    use super::super::plan::{Roots, TlsMode, TlsPlan};
    use super::super::tls::Again;
    use super::super::trace::Refusal;
    use crate::wire::pg::SSL_REQUEST;

    /// Numbers of OpenSSL's `X509_V_ERR_*`.
    const EXPIRED: i32 = 10;
    const NOT_YET_VALID: i32 = 9;
    const SELF_SIGNED: i32 = 18;
    const HOSTNAME: i32 = 62;
    const IP_ADDRESS: i32 = 64;

    /// Connects once more, lets the handshake pass, and tells what was wrong. Blocking, within
    /// the limit for every read and write.
    pub fn examine(plan: &TlsPlan, host: &str, again: &Again) -> Option<Refusal> {
        let mut builder = SslConnector::builder(SslMethod::tls()).ok()?;
        if let Roots::File(_, pem) = &plan.roots {
            let mut store = X509StoreBuilder::new().ok()?;
            for certificate in X509::stack_from_pem(pem).ok()? {
                store.add_cert(certificate).ok()?;
            }
            builder.set_cert_store(store.build());
        }
        let log: Arc<Mutex<Vec<(i32, String)>>> = Arc::default();
        let heard = Arc::clone(&log);
        builder.set_verify_callback(SslVerifyMode::PEER, move |ok, context| {
            if !ok {
                let error = context.error();
                heard
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((error.as_raw(), error.error_string().to_owned()));
            }
            true
        });
        let mut socket = TcpStream::connect_timeout(&again.peer, again.limit).ok()?;
        socket.set_read_timeout(Some(again.limit)).ok()?;
        socket.set_write_timeout(Some(again.limit)).ok()?;
        if !plan.direct {
            socket.write_all(&SSL_REQUEST).ok()?;
            let mut answer = [0u8];
            socket.read_exact(&mut answer).ok()?;
            if answer != *b"S" {
                return None;
            }
        }
        let mut configuration = builder.build().configure().ok()?;
        configuration.set_verify_hostname(plan.mode == TlsMode::VerifyFull);
        let stream = configuration.connect(host, socket).ok()?;
        let facts = stream
            .ssl()
            .peer_certificate()
            .and_then(|c| c.to_der().ok())
            .and_then(|der| Facts::read(&der));
        let log = log.lock().unwrap_or_else(PoisonError::into_inner);
        choose(&log, plan, facts)
    }

    /// The failing check that the driver meets first. OpenSSL checks the chain, then the name,
    /// then the dates; libpq lets OpenSSL look at chain and dates and checks the name itself.
    fn choose(
        log: &[(i32, String)],
        plan: &TlsPlan,
        certificate: Option<Facts>,
    ) -> Option<Refusal> {
        let names = |code: i32| [HOSTNAME, IP_ADDRESS].contains(&code);
        let first = if plan.names_apart {
            log.iter().find(|(code, _)| !names(*code)).or(log.first())
        } else {
            log.first()
        }?;
        let outcome = match first.0 {
            EXPIRED => "tls-expired",
            NOT_YET_VALID => "tls-not-yet-valid",
            SELF_SIGNED => "tls-self-signed",
            code if names(code) => "tls-wrong-host",
            _ => "tls-unknown-ca",
        };
        Some(Refusal {
            outcome,
            reason: first.1.clone(),
            certificate,
        })
    }
}
