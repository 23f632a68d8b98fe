//! A server's certificate in words: subject, names, dates.

use std::time::{SystemTime, UNIX_EPOCH};

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Days before the end at which a person should act.
pub const SOON: i64 = 30;

/// What is read of a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Common name of the subject.
    pub common_name: String,
    /// DNS names and addresses.
    pub names: Vec<String>,
    /// Whole days until the end; negative when it is over.
    pub days_left: i64,
    /// Seconds since 1970 at which it ends, and begins.
    pub not_after: i64,
    /// See `not_after`.
    pub not_before: i64,
    /// Subject and issuer are the same.
    pub self_issued: bool,
}

impl Facts {
    /// Reads DER; `None` when it is no certificate.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let common_name = certificate
            .subject()
            .iter_common_name()
            .next()
            .and_then(|cn| cn.as_str().ok())
            .unwrap_or_default()
            .to_owned();
        let validity = certificate.validity();
        let not_after = validity.not_after.timestamp();
        Some(Self {
            subject: printable(&certificate.subject().to_string()),
            issuer: printable(&certificate.issuer().to_string()),
            common_name: printable(&common_name),
            names: names
                .map(|ext| ext.value.general_names.iter().filter_map(name).collect())
                .unwrap_or_default(),
            days_left: (not_after - now()).div_euclid(86_400),
            not_after,
            not_before: validity.not_before.timestamp(),
            self_issued: certificate.subject() == certificate.issuer(),
        })
    }

    /// The name that a person knows it by.
    pub fn name(&self) -> &str {
        match self.names.first() {
            Some(name) => name,
            None => &self.common_name,
        }
    }

    /// Seconds over (positive) or still to wait before it begins (negative).
    pub fn out_of_date(&self) -> Option<&'static str> {
        let now = now();
        if now > self.not_after {
            Some("tls-expired")
        } else if now < self.not_before {
            Some("tls-not-yet-valid")
        } else {
            None
        }
    }

    /// `CN db.example.net, names db.example.net, 61 days left`
    pub fn describe(&self) -> String {
        let mut parts = vec![self.subject.clone()];
        if !self.names.is_empty() {
            parts.push(format!("names {}", self.names.join(" ")));
        }
        parts.push(format!("issued by {}", self.issuer));
        parts.push(match self.days_left {
            days if days < 0 => format!("expired {} days ago", -days),
            days => format!("{days} days left"),
        });
        parts.join(", ")
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(printable(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// A certificate is written by a stranger: no control characters, and not without end.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_days_are_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["db.example.test".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::CertificateParams::new(names)
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let facts = Facts::read(made.der()).unwrap();
        assert_eq!(facts.names, ["db.example.test", "127.0.0.1"]);
        assert_eq!(facts.name(), "db.example.test");
        assert!(facts.self_issued && facts.days_left > 365, "{facts:?}");
        assert_eq!(facts.out_of_date(), None);
        assert_eq!(Facts::read(b"no certificate"), None);
    }
}
