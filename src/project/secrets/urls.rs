//! Tokens inside URLs: user information and query parameters.

use std::ops::Range;

use super::names::is_secret_value;

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
