//! Path templates of Starlette: what they accept, and when one takes all that another would.
//!
//! Source: `starlette/routing.py` `compile_path`, `starlette/convertors.py`.

/// One part of a template between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment<'p> {
    Text(&'p str),
    /// `{name}` or `{name:kind}` alone.
    Whole(&'p str),
    /// Text and parameters mixed.
    Mixed(&'p str),
}

fn segments(template: &str) -> Vec<Segment<'_>> {
    template
        .split('/')
        .map(|part| match part.find('{') {
            None => Segment::Text(part),
            Some(0) if part.find('}') == Some(part.len() - 1) => {
                let inner = &part[1..part.len() - 1];
                let kind = inner.split_once(':').map_or("str", |(_, kind)| kind);
                Segment::Whole(kind)
            }
            Some(_) => Segment::Mixed(part),
        })
        .collect()
}

/// Does a convertor accept a word without a slash? `None` when the convertor is not known.
fn takes(kind: &str, word: &str) -> Option<bool> {
    let digits = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit());
    Some(match kind {
        "str" => !word.is_empty(),
        "path" => true,
        "int" => digits(word),
        "float" => match word.split_once('.') {
            Some((whole, part)) => digits(whole) && digits(part),
            None => digits(word),
        },
        "uuid" => {
            let hex: String = word.chars().filter(|c| *c != '-').collect();
            hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        }
        _ => return None,
    })
}

/// Does every word that `narrow` accepts fit `wide` as well?
fn wider(wide: &str, narrow: &str) -> bool {
    match wide {
        "path" => true,
        "str" => matches!(narrow, "str" | "int" | "float" | "uuid"),
        "float" => matches!(narrow, "float" | "int"),
        _ => wide == narrow,
    }
}

/// Does a template accept a path without parameters? `None` when that is not known.
pub fn accepts(template: &str, path: &str) -> Option<bool> {
    let words: Vec<&str> = path.split('/').collect();
    let mut at = 0;
    let segments = segments(template);
    for (number, segment) in segments.iter().enumerate() {
        let last = number + 1 == segments.len();
        match segment {
            Segment::Whole("path") if last => return Some(at < words.len()),
            Segment::Whole("path") | Segment::Mixed(_) => return None,
            Segment::Text(text) => {
                if words.get(at) != Some(text) {
                    return Some(false);
                }
            }
            Segment::Whole(kind) => match words.get(at) {
                None => return Some(false),
                Some(word) => match takes(kind, word) {
                    Some(true) => {}
                    other => return other,
                },
            },
        }
        at += 1;
    }
    Some(at == words.len())
}

/// Does every request for `later` match `earlier`, which is not the same template?
pub fn covers(earlier: &str, later: &str) -> bool {
    if shape(earlier) == shape(later) {
        return false;
    }
    let (general, special) = (segments(earlier), segments(later));
    for (number, segment) in general.iter().enumerate() {
        let last = number + 1 == general.len();
        let Some(other) = special.get(number) else {
            return false;
        };
        let covered = match (segment, other) {
            (Segment::Whole("path"), _) => return last,
            (Segment::Text(a), Segment::Text(b)) => a == b,
            (Segment::Whole(kind), Segment::Text(word)) => takes(kind, word) == Some(true),
            (Segment::Whole(wide), Segment::Whole(narrow)) => wider(wide, narrow),
            (Segment::Whole("str"), Segment::Mixed(part)) => !part.contains(":path}"),
            (Segment::Mixed(a), Segment::Mixed(b)) => shape(a) == shape(b),
            _ => false,
        };
        if !covered {
            return false;
        }
    }
    general.len() == special.len()
}

/// Does a path lie below the path of a mount?
pub fn below(mount: &str, path: &str) -> bool {
    let mount = mount.trim_end_matches('/');
    let deeper = path.matches('/').count() > mount.matches('/').count();
    if mount.is_empty() {
        return path.starts_with('/');
    }
    deeper && covers(&format!("{mount}/{{rest:path}}"), path)
}

/// Template with the names of its parameters left out: `/a/{str}`.
pub fn shape(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        let inner = &rest[open + 1..open + close];
        out.push('{');
        out.push_str(inner.split_once(':').map_or("str", |(_, kind)| kind));
        out.push('}');
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_general_path_covers_a_special_one() {
        for (earlier, later, expected) in [
            ("/items/{id}", "/items/me", true),
            ("/items/{id:int}", "/items/me", false),
            ("/items/{id:int}", "/items/12", true),
            ("/items/me", "/items/{id}", false),
            ("/items/{id}", "/items/{name}", false),
            ("/items/{id}", "/items/{name:int}", true),
            ("/items/{id:int}", "/items/{name}", false),
            ("/items/{id}", "/items/me/x", false),
            ("/items/{id}", "/items/", false),
            ("/items/{id}", "/items/{a}-{b}", true),
            ("/{a}/x", "/b/x", true),
            ("/{p:path}", "/b/x", true),
            ("/{p:path}", "/", true),
            ("/files/{p:path}", "/files/a/{b}", true),
            ("/files/{p:path}", "/files", false),
            ("/files/{p:path}/x", "/files/a/x", false),
            ("/a/{k:custom}", "/a/b", false),
        ] {
            assert_eq!(covers(earlier, later), expected, "{earlier} {later}");
        }
        assert_eq!(shape("/a/{id}/{p:path}"), "/a/{str}/{path}");
    }

    #[test]
    fn a_template_accepts_paths() {
        for (template, path, expected) in [
            ("/health", "/health", Some(true)),
            ("/health", "/healthz", Some(false)),
            ("/{a}", "/healthz", Some(true)),
            ("/{a:int}", "/healthz", Some(false)),
            ("/{a:custom}", "/healthz", None),
            ("/x/{a:path}", "/x/y/z", Some(true)),
            ("/v{a}/x", "/v1/x", None),
        ] {
            assert_eq!(accepts(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn a_mount_takes_what_lies_below() {
        for (mount, path, expected) in [
            ("/static", "/static/a", true),
            ("/static", "/static", false),
            ("/static", "/statically/a", false),
            ("", "/a", true),
            ("/", "/a", true),
            ("/{tenant}", "/a/b", true),
        ] {
            assert_eq!(below(mount, path), expected, "{mount} {path}");
        }
    }
}
