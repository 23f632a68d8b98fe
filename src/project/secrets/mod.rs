//! Which values of the target are secret: by name, by their place in a URL, by their shape.
//!
//! Over-masking costs a reader a word; under-masking costs the operator a secret. Where a name
//! looks secret and the value is a literal, it is hidden.

use std::collections::BTreeSet;
use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::paths;
use crate::model::{Redactor, Source, Span, url_password_spans};
use names::{KNOWN_DEFAULTS, is_secret_name, is_secret_value};
use urls::{query_secrets, userinfo_tokens};
pub(super) use values::named_values;
use values::{dotenv_secrets, private_keys};

mod names;
pub(super) mod python;
mod urls;
mod values;

/// Collects secrets for the redactor, and knows which words are no secret because they name files
/// of the target.
#[derive(Debug, Default)]
pub(super) struct Registry {
    redactor: Redactor,
    public: BTreeSet<String>,
}

impl Registry {
    /// Names of files and directories: a password that equals one (`POSTGRES_PASSWORD=blog` of a
    /// project `blog`) is masked where it stands, but must not make every path unreadable.
    pub fn publish(&mut self, names: impl IntoIterator<Item = String>) {
        self.public.extend(names);
    }

    /// Remembers a secret value.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        let lower = value.to_ascii_lowercase();
        if !KNOWN_DEFAULTS.contains(&lower.as_str()) && !self.public.contains(value) {
            self.redactor.add(value);
        }
    }

    /// `text` with every secret replaced.
    pub fn apply(&self, text: &str) -> String {
        self.redactor.apply(text)
    }

    /// All secrets met.
    pub fn into_redactor(self) -> Redactor {
        self.redactor
    }
}

/// Registers one variable whose value is known, and its URL password.
pub(super) fn register(registry: &mut Registry, name: &str, value: &str) {
    if is_secret_name(name) && is_secret_value(value) {
        registry.add(value);
    }
    register_urls(registry, value);
}

/// Registers every password and token inside the URLs of a text, raw and percent-decoded.
pub(super) fn register_urls(registry: &mut Registry, text: &str) {
    for span in url_password_spans(text)
        .into_iter()
        .chain(userinfo_tokens(text))
    {
        let raw = &text[span];
        registry.add(raw);
        let decoded = percent_decode_str(raw).decode_utf8_lossy();
        if decoded != raw {
            registry.add(&decoded);
        }
    }
    for span in query_secrets(text) {
        registry.add(&text[span]);
    }
}

/// Hides every secret of a file and remembers its value. The kind of file is told by its name.
pub(super) fn mask(source: &mut Source, registry: &mut Registry) {
    let text = source.text().to_owned();
    let name = paths::file_name(&source.path).to_ascii_lowercase();
    let mut spans: Vec<Range<usize>> = private_keys(&text);
    spans.extend(userinfo_tokens(&text));
    spans.extend(query_secrets(&text));
    if super::dotenv::is_dotenv_name(&name) {
        spans.extend(dotenv_secrets(&text));
    } else if matches!(name.rsplit('.').next(), Some("py" | "pyi" | "pyw")) {
        spans.extend(python::secrets(&text));
    } else if !is_list_of_packages(&name) {
        spans.extend(named_values(&text));
    }
    spans.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    for span in spans {
        registry.add(&text[span.clone()]);
        let span = Span::new(span.start, span.end);
        let covered = |m: &Span| m.start <= span.start && span.end <= m.end;
        if !source.masks().iter().any(covered) {
            source.mask(span);
        }
    }
    register_urls(registry, &text);
}

/// Files in which `name = value` is a package and its version.
fn is_list_of_packages(name: &str) -> bool {
    let lock = std::path::Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("lock"));
    lock || name == "pylock.toml" || (name.contains("requirements") && !name.contains("py"))
}

#[cfg(test)]
mod tests;
