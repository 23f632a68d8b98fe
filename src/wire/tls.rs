//! The part of a TLS handshake that travels in clear: ServerHello and alerts.
//!
//! Source: RFC 8446 (TLS 1.3), sections 4.1.3, 4.2.1, 5.1 and 6. Works with every TLS library,
//! which matters because none of the portable ones tells version and cipher.

/// What a ServerHello says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerHello {
    /// Protocol version: 0x0303 TLS 1.2, 0x0304 TLS 1.3.
    pub version: u16,
    /// Cipher suite number.
    pub cipher: u16,
}

impl ServerHello {
    /// Reads the first record of a server; `None` when it is no ServerHello.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let u16_at = |i: usize| Some(u16::from_be_bytes([*bytes.get(i)?, *bytes.get(i + 1)?]));
        if *bytes.first()? != 0x16 || *bytes.get(5)? != 2 {
            return None;
        }
        let mut version = u16_at(9)?;
        let session = usize::from(*bytes.get(43)?);
        let cipher = u16_at(44 + session)?;
        // cipher (2), compression (1), length of the extensions (2)
        let mut at = 44 + session + 5;
        let Some(length) = u16_at(at - 2) else {
            return Some(Self { version, cipher });
        };
        let end = at + usize::from(length);
        while at + 4 <= end {
            let (kind, length) = (u16_at(at)?, usize::from(u16_at(at + 2)?));
            // TLS 1.3 names itself in the extension supported_versions only.
            if kind == 43 {
                version = u16_at(at + 4)?;
            }
            at += 4 + length;
        }
        Some(Self { version, cipher })
    }

    /// `TLS 1.3`, or the number.
    pub fn version_name(self) -> String {
        match self.version {
            0x0301 => "TLS 1.0".to_owned(),
            0x0302 => "TLS 1.1".to_owned(),
            0x0303 => "TLS 1.2".to_owned(),
            0x0304 => "TLS 1.3".to_owned(),
            other => format!("TLS version {other:#06x}"),
        }
    }

    /// IANA name of the cipher suites that modern servers choose, or the number.
    pub fn cipher_name(self) -> String {
        let name = match self.cipher {
            0x1301 => "TLS_AES_128_GCM_SHA256",
            0x1302 => "TLS_AES_256_GCM_SHA384",
            0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
            0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            0xcca8 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            other => return format!("cipher {other:#06x}"),
        };
        name.to_owned()
    }
}

/// The alert with which a server refuses a handshake: `(level, description)`.
pub fn alert(bytes: &[u8]) -> Option<(u8, u8)> {
    match bytes {
        [0x15, _, _, 0, 2, level, description, ..] => Some((*level, *description)),
        _ => None,
    }
}

/// Alert description of "no common protocol version".
pub const ALERT_PROTOCOL_VERSION: u8 = 70;

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: [u8; 2], extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0x13, 0x02, 0]);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        body[0..2].copy_from_slice(&version);
        let mut out = vec![0x16, 3, 3, 0, 0, 2, 0, 0, 0];
        out.extend(body);
        out
    }

    #[test]
    fn the_extension_names_tls_1_3() {
        let bytes = hello([3, 3], &[0, 43, 0, 2, 3, 4]);
        let read = ServerHello::read(&bytes).unwrap();
        assert_eq!(read.version_name(), "TLS 1.3");
        assert_eq!(read.cipher_name(), "TLS_AES_256_GCM_SHA384");
        assert_eq!(
            ServerHello::read(&hello([3, 3], &[]))
                .unwrap()
                .version_name(),
            "TLS 1.2"
        );
        assert_eq!(ServerHello::read(b"HTTP/1.1 400 Bad Request"), None);
        for cut in 0..bytes.len() {
            let _ = ServerHello::read(&bytes[..cut]);
        }
    }

    #[test]
    fn alerts_are_read() {
        assert_eq!(alert(&[0x15, 3, 3, 0, 2, 2, 70]), Some((2, 70)));
        assert_eq!(alert(&[0x16, 3, 3, 0, 2, 2, 70]), None);
    }
}
