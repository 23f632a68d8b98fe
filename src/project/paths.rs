//! Relative paths as text: forward slashes, no `.`, `..` only at the front; the empty text is the
//! directory itself.

/// `name` as seen from `dir`, cleaned.
pub(super) fn join(dir: &str, name: &str) -> String {
    if name.starts_with('/') {
        return clean(name);
    }
    clean(&format!("{dir}/{name}"))
        .trim_start_matches('/')
        .to_owned()
}

/// Without `.`, doubled slashes and `a/..`; a leading slash stays.
pub(super) fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    // `join` puts a slash in front of relative names when the directory is empty.
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if absolute && !path.starts_with("/..") => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute {
        format!("/{joined}")
    } else {
        joined
    }
}

/// Directory of a path; empty at the top.
pub(super) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => &path[..at],
        None => "",
    }
}

/// Last component.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// File name without its last extension.
pub(super) fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// `path` relative to `dir`, when it lies below (or is) it.
pub(super) fn below<'a>(path: &'a str, dir: &str) -> Option<&'a str> {
    if dir.is_empty() {
        return (!path.starts_with("..")).then_some(path);
    }
    let rest = path.strip_prefix(dir)?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest),
        None if rest.is_empty() || dir.ends_with('/') => Some(rest),
        None => None,
    }
}

/// `path` as seen from `dir`, both relative to the same place.
pub(super) fn relative(path: &str, dir: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut up = String::new();
    let mut dir = dir;
    loop {
        if let Some(rest) = below(path, dir) {
            return clean(&format!("./{up}{rest}"));
        }
        if dir.is_empty() {
            return clean(&format!("./{up}{path}"));
        }
        up.push_str("../");
        dir = parent(dir);
    }
}

/// How deep a path lies: 0 for a file at the top.
pub(super) fn depth(path: &str) -> usize {
    path.matches('/').count()
}

/// `.` for the directory itself, as the model writes it.
pub(super) fn shown(dir: &str) -> String {
    if dir.is_empty() {
        ".".to_owned()
    } else {
        dir.to_owned()
    }
}

/// Is it a file that a test runner reads?
pub fn is_test(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(part, "tests" | "test" | "conftest.py")
            || part.starts_with("test_")
            || part.ends_with("_test.py")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cleaned() {
        for (dir, name, expected) in [
            ("", "a", "a"),
            ("a", "./b", "a/b"),
            ("a/b", "../c", "a/c"),
            ("a", "../..", ".."),
            ("", "../x", "../x"),
            ("a", "/abs/./x", "/abs/x"),
            ("", ".", ""),
            ("/app", "src/", "/app/src"),
        ] {
            let joined = if dir.starts_with('/') {
                clean(&format!("{dir}/{name}"))
            } else {
                join(dir, name)
            };
            assert_eq!(joined, expected, "{dir} + {name}");
        }
    }

    #[test]
    fn paths_are_seen_from_a_directory() {
        assert_eq!(relative("backend/app/x.py", "backend"), "app/x.py");
        assert_eq!(relative("compose.yml", "backend"), "../compose.yml");
        assert_eq!(relative("backend", "backend"), "");
        assert_eq!(relative("backend2/x", "backend"), "../backend2/x");
        assert_eq!(relative("a", ""), "a");
    }
}
