//! A certificate authority made for one run, and every certificate a server can show.
//!
//! Keys exist in memory only and are forgotten with the process.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pgwire::tokio::TlsAcceptor;
use pgwire::tokio::tokio_rustls::rustls::crypto::ring;
use pgwire::tokio::tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use pgwire::tokio::tokio_rustls::rustls::version::{TLS12, TLS13};
use pgwire::tokio::tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use super::StartError;
use super::fault::Certificate;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The authority, and one identity per [`Certificate`].
#[derive(Clone)]
pub struct Authority {
    root: String,
    identities: Vec<(Certificate, Identity)>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

/// A certificate ready to be shown.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, for channel binding.
    pub pem: String,
    /// TLS 1.2 and 1.3.
    pub modern: TlsAcceptor,
    /// TLS 1.2 only.
    pub tls12: TlsAcceptor,
}

impl Authority {
    /// Makes keys and certificates: a few milliseconds.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate() -> Result<Self, StartError> {
        let (root, issuer) = authority("audit reference authority")?;
        let (_, stranger) = authority("audit authority nobody knows")?;
        let now = SystemTime::now();
        let (past, future) = (now - 30 * DAY, now + 90 * DAY);
        let here = ["localhost", "127.0.0.1", "::1"];
        let elsewhere = ["db.example.invalid"];
        let good = Plan {
            issuer: Some(&issuer),
            names: &here,
            from: past,
            to: future,
        };
        let plans = [
            (Certificate::Good, good),
            (
                Certificate::Expired,
                Plan {
                    to: now - DAY,
                    ..good
                },
            ),
            (
                Certificate::EndsSoon,
                Plan {
                    // Half a day more, so that ten full days are left for a while.
                    to: now + 10 * DAY + DAY / 2,
                    ..good
                },
            ),
            (
                Certificate::NotYetValid,
                Plan {
                    from: now + DAY,
                    ..good
                },
            ),
            (
                Certificate::SelfSigned,
                Plan {
                    issuer: None,
                    ..good
                },
            ),
            (
                Certificate::UnknownCa,
                Plan {
                    issuer: Some(&stranger),
                    ..good
                },
            ),
            (
                Certificate::WrongHost,
                Plan {
                    names: &elsewhere,
                    ..good
                },
            ),
        ];
        let identities = plans
            .into_iter()
            .map(|(which, plan)| Ok((which, identity(plan)?)))
            .collect::<Result<_, StartError>>()?;
        Ok(Self { root, identities })
    }

    /// Certificate of the authority that clients have to trust, PEM.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The identity of that kind.
    pub fn identity(&self, which: Certificate) -> Option<&Identity> {
        let mut all = self.identities.iter();
        all.find(|(kind, _)| *kind == which).map(|(_, id)| id)
    }
}

fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>), StartError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    let root = params.self_signed(&key)?.pem();
    Ok((root, Issuer::new(params, key)))
}

/// What a certificate says.
#[derive(Clone, Copy)]
struct Plan<'a> {
    /// Who signs it; `None`: it signs itself.
    issuer: Option<&'a Issuer<'static, KeyPair>>,
    names: &'a [&'a str],
    from: SystemTime,
    to: SystemTime,
}

fn identity(plan: Plan<'_>) -> Result<Identity, StartError> {
    let key = KeyPair::generate()?;
    let names: Vec<String> = plan.names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone())?;
    let common = names.into_iter().next().unwrap_or_default();
    params.distinguished_name.push(DnType::CommonName, common);
    params.not_before = plan.from.into();
    params.not_after = plan.to.into();
    // Strict clients (Python 3.13 and later) ask for the link to the issuer's key.
    params.use_authority_key_identifier_extension = plan.issuer.is_some();
    let certificate = match plan.issuer {
        Some(issuer) => params.signed_by(&key, issuer)?,
        None => params.self_signed(&key)?,
    };
    let der = certificate.der().clone();
    let private = key.serialize_der();
    Ok(Identity {
        pem: certificate.pem(),
        modern: acceptor(&der, &private, &[&TLS13, &TLS12])?,
        tls12: acceptor(&der, &private, &[&TLS12])?,
    })
}

fn acceptor(
    certificate: &CertificateDer<'static>,
    key: &[u8],
    versions: &[&'static SupportedProtocolVersion],
) -> Result<TlsAcceptor, StartError> {
    let key = PrivateKeyDer::Pkcs8(key.to_vec().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_identity_of_its_own() {
        let authority = Authority::generate().unwrap();
        let kinds = [
            Certificate::Good,
            Certificate::Expired,
            Certificate::EndsSoon,
            Certificate::NotYetValid,
            Certificate::SelfSigned,
            Certificate::UnknownCa,
            Certificate::WrongHost,
        ];
        let mut seen = Vec::new();
        for kind in kinds {
            let pem = &authority.identity(kind).unwrap().pem;
            assert!(!seen.contains(pem), "{kind:?}");
            seen.push(pem.clone());
        }
    }
}
