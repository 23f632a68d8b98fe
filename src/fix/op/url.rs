//! Database URLs where they are written: scheme and query parameters, never the password.

use std::ops::Range;

use crate::fix::FixError;
use crate::fix::doc::Doc;
use crate::fix::splice::Splice;
use crate::model::{Span, url_password_spans};

/// The parts of a URL in a text.
struct Url {
    /// Scheme without `://`.
    scheme: Range<usize>,
    /// After `?`; `None` when there is no query.
    query: Option<Range<usize>>,
    /// One `name=value` each, as written.
    params: Vec<Range<usize>>,
}

/// Replaces the scheme.
pub fn set_scheme(doc: &Doc<'_>, url: Span, to: &str) -> Result<Vec<Splice>, FixError> {
    let url = read(doc, url)?;
    if !is_scheme(to) {
        return Err(FixError::refused(format!("`{to}` is no URL scheme")));
    }
    Ok(match &doc.text[url.scheme.clone()] == to {
        true => Vec::new(),
        false => vec![Splice::replace(url.scheme, to)],
    })
}

/// Renames a query parameter, and replaces its value when one is given.
pub fn rename_param(
    doc: &Doc<'_>,
    url: Span,
    from: &str,
    to: &str,
    value: Option<&str>,
) -> Result<Vec<Splice>, FixError> {
    let url = read(doc, url)?;
    let Some(param) = url.params.iter().find(|p| key(doc.text, p) == from) else {
        return Ok(Vec::new());
    };
    if url.params.iter().any(|p| key(doc.text, p) == to) {
        // Both at once: the one that the driver knows stays.
        return Ok(vec![drop_of(&url, param)]);
    }
    let written = &doc.text[param.clone()];
    let name_end = param.start + written.find('=').unwrap_or(written.len());
    let mut splices = vec![Splice::replace(param.start..name_end, to)];
    if let Some(value) = value {
        let at = (name_end + 1).min(param.end)..param.end;
        let text = match name_end == param.end {
            true => format!("={value}"),
            false => value.to_owned(),
        };
        if doc.text[at.clone()] != text {
            splices.push(Splice::replace(at, text));
        }
    }
    Ok(splices)
}

/// Removes a query parameter, every time it is given.
pub fn drop_param(doc: &Doc<'_>, url: Span, name: &str) -> Result<Vec<Splice>, FixError> {
    let url = read(doc, url)?;
    let gone: Vec<&Range<usize>> = url
        .params
        .iter()
        .filter(|p| key(doc.text, p) == name)
        .collect();
    if gone.len() > 1 {
        return Err(FixError::refused(format!(
            "the URL gives `{name}` more than once; change it by hand"
        )));
    }
    Ok(gone.into_iter().map(|p| drop_of(&url, p)).collect())
}

fn drop_of(url: &Url, param: &Range<usize>) -> Splice {
    let query = url.query.clone().unwrap_or_else(|| param.clone());
    if url.params.len() == 1 {
        return Splice::cut(query.start - 1..query.end);
    }
    // With the `&` after it, or for the last one with the `&` before it.
    if param.end < query.end {
        Splice::cut(param.start..param.end + 1)
    } else {
        Splice::cut(param.start - 1..param.end)
    }
}

fn key(text: &str, param: &Range<usize>) -> String {
    let written = &text[param.clone()];
    let name = written.split('=').next().unwrap_or(written);
    url::form_urlencoded::parse(name.as_bytes())
        .next()
        .map_or_else(String::new, |(key, _)| key.into_owned())
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_'))
}

fn read(doc: &Doc<'_>, span: Span) -> Result<Url, FixError> {
    let at = doc.current(span)?;
    let written = &doc.text[at.clone()];
    let stop = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '\\');
    let len = written.find(stop).unwrap_or(written.len());
    let written = &written[..len];
    let end = at.start + len;
    let scheme_len = written
        .find("://")
        .filter(|n| is_scheme(&written[..*n]))
        .ok_or_else(|| FixError::refused("no URL is written at that place"))?;
    let after_password = url_password_spans(written)
        .last()
        .map_or(scheme_len + 3, |p| p.end);
    let after_user = after_user(&written[scheme_len + 3..]) + scheme_len + 3;
    let from = after_password.max(after_user);
    let query = written[from..]
        .find('?')
        .map(|n| at.start + from + n + 1..end);
    let params = query.as_ref().map_or_else(Vec::new, |q| {
        let mut start = q.start;
        let mut params = Vec::new();
        for piece in doc.text[q.clone()].split('&') {
            params.push(start..start + piece.len());
            start += piece.len() + 1;
        }
        params.retain(|p| !p.is_empty());
        params
    });
    Ok(Url {
        scheme: at.start..at.start + scheme_len,
        query,
        params,
    })
}

/// Offset after `user:password@` as SQLAlchemy's grammar splits it: the password is everything
/// between the first `:` and the next `@`.
fn after_user(authority: &str) -> usize {
    match authority.find('@') {
        Some(at)
            if !authority[..at]
                .split(':')
                .next()
                .unwrap_or("")
                .contains('/') =>
        {
            at + 1
        }
        _ => 0,
    }
}
