//! What is worth saying about a connection that works.

use std::net::{IpAddr, SocketAddr};

use super::attempt::Ended;
use super::certificate::SOON;
use super::plan::{Address, Plan, TlsMode, TlsPlan};
use super::tcp::Connected;
use super::tls::Secured;
use crate::model::{LadderNote, Rung};

fn note(rung: Rung, outcome: &str, detail: String, cure: &str) -> LadderNote {
    LadderNote {
        rung,
        outcome: outcome.to_owned(),
        detail,
        cure: cure.to_owned(),
    }
}

/// Traffic that never leaves the machine needs no TLS.
fn leaves_the_machine(peer: Option<SocketAddr>) -> bool {
    match peer.map(|p| p.ip()) {
        None => false,
        Some(IpAddr::V4(ip)) => !ip.is_loopback(),
        Some(IpAddr::V6(ip)) => {
            !ip.is_loopback() && !ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
    }
}

/// Arguments in code that the probe cannot follow: the verdict is that of the URL alone.
pub fn unknown_args(plan: &Plan) -> Option<LadderNote> {
    if plan.unknown_args.is_empty() {
        return None;
    }
    Some(note(
        Rung::Url,
        "arguments-unknown",
        format!(
            "the code gives {} in connect_args with a value that is not known here; the probe followed the URL alone, the backend may connect otherwise",
            plan.unknown_args.join(", ")
        ),
        "",
    ))
}

/// A URL that lets password and data travel in clear.
pub fn clear_text(plan: &Plan, peer: Option<SocketAddr>, encrypted: bool) -> Option<LadderNote> {
    if !leaves_the_machine(peer) || plan.tls.mode >= TlsMode::Require {
        return None;
    }
    let detail = if encrypted {
        format!(
            "TLS is in use, but `{}` also connects without it: whoever sits between can switch it off",
            plan.tls.mode.word()
        )
    } else {
        "the connection has no TLS: everything on it, and a password sent as clear text, can be read on the way".to_owned()
    };
    Some(note(
        Rung::SslRequest,
        "clear-text",
        detail,
        "demand TLS in the URL: ssl=require (asyncpg through SQLAlchemy) or sslmode=require, better verify-full with a root certificate",
    ))
}

/// Addresses that the driver tries first and that do not answer.
pub fn slow_addresses(connected: &Connected, _addresses: &[Address]) -> Option<LadderNote> {
    let slow: Vec<String> = connected
        .open
        .iter()
        .filter(|a| a.is_ipv6() != connected.peer.is_ipv6() && a.is_ipv6())
        .map(|a| a.ip().to_string())
        .collect();
    // Only addresses that had a head start and are still silent.
    if slow.is_empty() || connected.tried.is_empty() && connected.peer.is_ipv6() {
        return None;
    }
    Some(note(
        Rung::Tcp,
        "address-silent",
        format!(
            "{} had not answered when {} did; Python's drivers try addresses one after the other and wait for each",
            slow.join(", "),
            connected.peer.ip()
        ),
        "remove the address from DNS, or give the other one's name or address",
    ))
}

/// `TLS 1.3, TLS_AES_256_GCM_SHA384; CN=..., 61 days left; verified`
pub fn tls_detail(secured: &Secured, plan: &TlsPlan) -> String {
    let mut parts = Vec::new();
    if !secured.protocol.is_empty() {
        parts.push(secured.protocol.clone());
    }
    if let Some(certificate) = &secured.certificate {
        parts.push(certificate.describe());
    }
    parts.push(
        match (plan.verifies(), plan.mode) {
            (false, _) => "certificate not verified",
            (true, TlsMode::VerifyFull) => "chain and name verified",
            (true, _) => "chain verified",
        }
        .to_owned(),
    );
    parts.join("; ")
}

/// Facts and notes of a finished handshake.
pub fn tls(secured: &Secured, plan: &Plan, peer: SocketAddr, ended: &mut Ended) {
    let facts = &mut ended.session.facts;
    facts.insert("tls".to_owned(), secured.protocol.clone());
    let Some(certificate) = &secured.certificate else {
        return;
    };
    facts.insert("certificate".to_owned(), certificate.describe());
    facts.insert(
        "certificate_days_left".to_owned(),
        certificate.days_left.to_string(),
    );
    if plan.tls.verifies() && certificate.days_left < SOON {
        ended.notes.push(note(
            Rung::Tls,
            "tls-expires-soon",
            format!(
                "the certificate of {} ends in {} days; the backend will then refuse to connect",
                certificate.name(),
                certificate.days_left
            ),
            "renew it now",
        ));
    }
    if !plan.tls.verifies() && leaves_the_machine(Some(peer)) {
        let state = match certificate.out_of_date() {
            Some("tls-expired") => "; it has expired, which nobody notices",
            Some(_) => "; it is not valid yet, which nobody notices",
            None => "",
        };
        ended.notes.push(note(
            Rung::Tls,
            "tls-unverified",
            format!(
                "`{}` encrypts without looking at the certificate: anybody in between can pretend to be the server{state}",
                plan.tls.mode.word()
            ),
            "verify-full with the provider's root certificate",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_network_can_be_overheard() {
        for (peer, leaves) in [
            ("127.0.0.1:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("192.0.2.1:1", true),
            ("[2001:db8::1]:1", true),
        ] {
            assert_eq!(
                leaves_the_machine(Some(peer.parse().unwrap())),
                leaves,
                "{peer}"
            );
        }
        assert!(!leaves_the_machine(None));
    }
}
