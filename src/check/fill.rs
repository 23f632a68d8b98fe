//! `{placeholders}` in texts.
//!
//! `{name}` stands for a slot; `{name|text}` for the slot or, where it is absent, the text;
//! `{{` and `}}` for the braces themselves.

use crate::detect::Slots;

/// One piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Literal text.
    Text(&'a str),
    /// A placeholder with its fallback.
    Slot(&'a str, Option<&'a str>),
}

/// Cuts a text into pieces. A brace without partner is literal.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, here) = rest.split_at(at);
        if !before.is_empty() {
            out.push(Piece::Text(before));
        }
        if here.starts_with("{{") || here.starts_with("}}") {
            out.push(Piece::Text(&here[..1]));
            rest = &here[2..];
        } else if here.starts_with('{')
            && let Some(end) = here.find('}')
        {
            let inner = &here[1..end];
            out.push(match inner.split_once('|') {
                Some((name, fallback)) => Piece::Slot(name, Some(fallback)),
                None => Piece::Slot(inner, None),
            });
            rest = &here[end + 1..];
        } else {
            out.push(Piece::Text(&here[..1]));
            rest = &here[1..];
        }
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    out
}

/// Names of all placeholders of a text.
pub(super) fn names(text: &str) -> Vec<&str> {
    pieces(text)
        .into_iter()
        .filter_map(|p| match p {
            Piece::Slot(name, _) => Some(name),
            Piece::Text(_) => None,
        })
        .collect()
}

/// Names of the placeholders that have no fallback.
pub(super) fn needed(text: &str) -> Vec<&str> {
    pieces(text)
        .into_iter()
        .filter_map(|p| match p {
            Piece::Slot(name, None) => Some(name),
            _ => None,
        })
        .collect()
}

/// The text with all slots; `Err` names the first one that has neither value nor fallback.
pub(super) fn strict(text: &str, slots: &Slots) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Slot(name, fallback) => match (slots.get(name), fallback) {
                (Some(value), _) => out.push_str(value),
                (None, Some(fallback)) => out.push_str(fallback),
                (None, None) => return Err(name.to_owned()),
            },
        }
    }
    Ok(out)
}

/// As [`strict`], for people: a missing value reads `?`.
pub(super) fn lenient(text: &str, slots: &Slots) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Slot(name, fallback) => slots
                .get(name)
                .map(String::as_str)
                .or(fallback)
                .unwrap_or("?"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        let slots = Slots::from([("a".to_owned(), "1".to_owned())]);
        let cases = [
            ("x{a}y", "x1y"),
            ("{b|none}", "none"),
            ("{b}", "?"),
            ("{{a}}", "{a}"),
            ("a { b", "a { b"),
            ("é{a}", "é1"),
        ];
        for (text, expected) in cases {
            assert_eq!(lenient(text, &slots), expected, "{text}");
        }
        assert_eq!(strict("{a}{b}", &slots), Err("b".to_owned()));
        assert_eq!(names("{a} {b|c}"), ["a", "b"]);
    }
}
