//! Tokens inside URLs: user information and query parameters.

use std::ops::Range;

use super::names::is_secret_value;

pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `https://TOKEN@host`: a user without a password, on a scheme that fetches code.
pub(super) fn userinfo_tokens(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme_ok = text[..at].ends_with("http") || text[..at].ends_with("https");
        let start = at + 3;
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>'))
            .map_or(text.len(), |n| start + n);
        let Some(user) = text[start..end].rfind('@').map(|n| start..start + n) else {
            continue;
        };
        let value = &text[user.clone()];
        if scheme_ok && value.len() >= 8 && !value.contains([':', '$', '{']) {
            spans.push(user);
        }
    }
    spans
}

/// `?password=...` and the like inside URLs.
pub(super) fn query_secrets(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for name in [
        "password=",
        "passwd=",
        "token=",
        "api_key=",
        "apikey=",
        "secret=",
        "sslpassword=",
    ] {
        for (at, _) in text.match_indices(name) {
            if !text[..at].ends_with(['?', '&']) {
                continue;
            }
            let start = at + name.len();
            let end = text[start..]
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '&' | '#' | '"' | '\'' | '`' | '<' | '>')
                })
                .map_or(text.len(), |n| start + n);
            if is_secret_value(&text[start..end]) {
                spans.push(start..end);
            }
        }
    }
    spans
}
