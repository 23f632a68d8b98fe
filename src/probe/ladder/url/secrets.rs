//! Everything of a URL that must not appear in any text.

use super::super::options::LadderOptions;
use crate::model::{Redacted, Redactor, url_password_spans};

/// Hides the password of a URL in all its spellings, and what stands in arguments and
/// environment.
pub fn redactor(url: &Redacted<String>, options: &LadderOptions) -> Redactor {
    let mut redactor = Redactor::default();
    let text = url.expose();
    for span in url_password_spans(text) {
        add_spellings(&mut redactor, &text[span]);
    }
    for (name, value) in query_pairs(text) {
        if name.to_ascii_lowercase().contains("password") {
            add_spellings(&mut redactor, value);
        }
    }
    for (name, value) in &options.connect_args {
        if name.to_ascii_lowercase().contains("password") {
            add_spellings(&mut redactor, value);
        }
    }
    for (name, value) in &options.env {
        if name.to_ascii_uppercase().contains("PASSWORD") {
            add_spellings(&mut redactor, value.expose());
        }
    }
    redactor
}

/// The value as written, decoded, and the pieces into which a wrong reading may cut it: an error
/// text about "the port `rest-of-the-password`" must not show them either.
fn add_spellings(redactor: &mut Redactor, raw: &str) {
    redactor.add(raw);
    let decoded = super::unquote(raw);
    redactor.add(&decoded);
    let encoded: String = url::form_urlencoded::byte_serialize(decoded.as_bytes()).collect();
    redactor.add(&encoded);
    for spelling in [raw, decoded.as_str()] {
        for (at, _) in spelling.match_indices(['@', '/', ':', '#', '?', '%', '[', ']', ' ']) {
            redactor.add(&spelling[at + 1..]);
            redactor.add(&spelling[..at]);
        }
        for piece in spelling.split(['@', '/', ':', '#', '?', '%', '[', ']', ' ']) {
            redactor.add(piece);
        }
    }
}

fn query_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split_once('?')
        .map_or("", |(_, query)| query)
        .split('&')
        .filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_piece_of_a_password_survives() {
        let url = Redacted::new("postgresql://u:hunt%40er2/rest-of-it@h/d?password=other99".into());
        let redactor = redactor(&url, &LadderOptions::default());
        for text in [
            "hunt@er2/rest-of-it",
            "hunt%40er2/rest-of-it",
            "rest-of-it",
            "invalid literal for int() with base 10: 'hunt@er2'",
            "other99",
        ] {
            let shown = redactor.apply(text);
            for secret in ["hunt", "rest-of", "other99"] {
                assert!(!shown.contains(secret), "{text} -> {shown}");
            }
        }
    }
}
