//! The dns rung: every address of a name, in the order in which the system hands them out.
//!
//! `getaddrinfo` is asked, as the drivers do: hosts file, search domains and all.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;

use crate::host::Host;

/// Why a name has no address: number (`EAI_*`) and text of the resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// `EAI_NONAME` = -2, `EAI_AGAIN` = -3, `EAI_NODATA` = -5 on glibc.
    pub code: i32,
    /// Text of the resolver.
    pub text: String,
}

impl Unresolved {
    /// Stable name of the cause.
    pub fn outcome(&self) -> &'static str {
        match self.code {
            -2 => "nxdomain",
            -3 => "dns-timeout",
            -5 => "no-address",
            _ => "dns-failed",
        }
    }
}

/// Is it an address already, so that nothing is to be resolved?
pub fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    host.parse::<IpAddr>()
        .ok()
        .map(|ip| SocketAddr::new(ip, port))
}

/// Asks the system's resolver. The call cannot be interrupted, so it runs on a thread of its own
/// that nobody waits for when the probe is cancelled.
pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unresolved> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let name = host.to_owned();
    std::thread::spawn(move || {
        let _ = send.send(ask(&name, port));
    });
    receive.await.unwrap_or_else(|_| {
        Err(Unresolved {
            code: 0,
            text: "the resolver gave no answer".to_owned(),
        })
    })
}

fn ask(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = (host, port).to_socket_addrs().map_err(|error| {
        let text = error.to_string();
        let text = text
            .strip_prefix("failed to lookup address information: ")
            .unwrap_or(&text)
            .to_owned();
        Unresolved {
            code: code(&text),
            text,
        }
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// The standard library keeps the text of `gai_strerror` only.
fn code(text: &str) -> i32 {
    const TEXTS: [(&str, i32); 5] = [
        ("Name or service not known", -2),
        ("nodename nor servname provided", -2),
        ("Temporary failure in name resolution", -3),
        ("Non-recoverable failure", -4),
        ("No address associated with hostname", -5),
    ];
    TEXTS
        .iter()
        .find(|(known, _)| text.contains(known))
        .map_or(0, |(_, code)| *code)
}

/// What a person should know about a name that does not resolve: resolvers, search domains and
/// the usual reason for a name without a dot.
pub fn hint(host: &str, machine: &dyn Host) -> String {
    let mut parts = Vec::new();
    if let Ok(text) = machine.read_text(Path::new("/etc/resolv.conf")) {
        let words = |key: &str| -> Vec<String> {
            text.lines()
                .filter_map(|line| line.trim().strip_prefix(key))
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect()
        };
        let servers = words("nameserver ");
        if !servers.is_empty() {
            parts.push(format!("resolver {}", servers.join(", ")));
        }
        let search = words("search ");
        if !search.is_empty() && !host.ends_with('.') {
            parts.push(format!("search domains {}", search.join(", ")));
        }
    }
    if !host.contains('.') {
        parts.push(
            "a name without a dot is usually a compose or cluster service: it resolves only inside that network"
                .to_owned(),
        );
    }
    if host.contains('@') {
        parts
            .push("the host contains an @: a raw @ in the password must be written %40".to_owned());
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn reasons_are_told_apart() {
        for (text, outcome) in [
            ("Name or service not known", "nxdomain"),
            ("Temporary failure in name resolution", "dns-timeout"),
            ("No address associated with hostname", "no-address"),
            ("something else", "dns-failed"),
        ] {
            let unresolved = Unresolved {
                code: code(text),
                text: text.to_owned(),
            };
            assert_eq!(unresolved.outcome(), outcome, "{text}");
        }
    }

    #[test]
    fn hints_name_the_traps() {
        let host = MemoryHost::new().file(
            "/etc/resolv.conf",
            "nameserver 127.0.0.53\nsearch corp.example\n",
        );
        let said = hint("db", &host);
        assert!(
            said.contains("127.0.0.53") && said.contains("corp.example"),
            "{said}"
        );
        assert!(said.contains("compose"), "{said}");
        assert!(hint("ss@h.example", &MemoryHost::new()).contains("%40"));
    }
}
