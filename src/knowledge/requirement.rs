//! Requirement lines (PEP 508): pieces with byte spans, names (PEP 503) and markers.
//!
//! The one place that uses `pep508_rs`. The pieces are cut by hand, because the crate keeps no
//! spans; markers are evaluated by the crate.

use std::ops::Range;
use std::str::FromStr;

use pep508_rs::{ExtraName, MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};

/// The pieces of a requirement, as byte ranges of the text that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    /// Distribution name as written.
    pub name: Range<usize>,
    /// Extras as written.
    pub extras: Vec<String>,
    /// Version specifier without parentheses; may be empty.
    pub specifier: Range<usize>,
    /// Direct reference after `@`.
    pub url: Option<Range<usize>>,
    /// Marker after `;`; may be empty.
    pub marker: Range<usize>,
    /// Everything from the name to the last piece.
    pub all: Range<usize>,
}

/// The target for which markers are evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Major and minor version of Python.
    pub python: (u8, u8),
    /// Micro version, where it is known.
    pub micro: Option<u8>,
}

/// PEP 503: lower case, runs of `-`, `_` and `.` become one `-`.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' => {
                if !out.ends_with('-') {
                    out.push('-');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Cuts a requirement into its pieces.
///
/// # Errors
/// What is wrong, in words; spans of the text stay valid for the caller.
pub fn cut(text: &str) -> Result<Pieces, String> {
    let start = text.len() - text.trim_start().len();
    let name = start..start + name_length(&text[start..]);
    if name.is_empty() {
        return Err("a requirement starts with the name of a distribution".into());
    }
    if !text[name.clone()].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(format!("`{}` is not a valid name", &text[name]));
    }
    let mut pieces = Pieces {
        name: name.clone(),
        ..Pieces::default()
    };
    let mut at = skip_blanks(text, name.end);
    if text[at..].starts_with('[') {
        let close = text[at..]
            .find(']')
            .map(|n| at + n)
            .ok_or("the list of extras is not closed")?;
        pieces.extras = text[at + 1..close]
            .split(',')
            .map(|e| e.trim().to_owned())
            .filter(|e| !e.is_empty())
            .collect();
        at = skip_blanks(text, close + 1);
    }
    if text[at..].starts_with('@') {
        return with_url(text, at + 1, pieces);
    }
    let end = text[at..].find(';').map_or(text.len(), |n| at + n);
    let mut specifier = trimmed(text, at..end);
    if text[specifier.clone()].starts_with('(') && text[specifier.clone()].ends_with(')') {
        specifier = trimmed(text, specifier.start + 1..specifier.end - 1);
    }
    if let Err(why) = super::versions::Specifiers::parse(&text[specifier.clone()]) {
        return Err(format!("the version specifier cannot be read: {why}"));
    }
    pieces.specifier = specifier;
    finish(text, end, pieces)
}

fn with_url(text: &str, from: usize, mut pieces: Pieces) -> Result<Pieces, String> {
    // In a direct reference `;` belongs to the URL unless a blank stands before it.
    let end = text[from..]
        .match_indices(';')
        .map(|(n, _)| from + n)
        .find(|n| text[..*n].ends_with(char::is_whitespace))
        .unwrap_or(text.len());
    let url = trimmed(text, from..end);
    if url.is_empty() {
        return Err("a URL is missing after `@`".into());
    }
    pieces.specifier = url.start..url.start;
    pieces.url = Some(url);
    finish(text, end, pieces)
}

fn finish(text: &str, semicolon: usize, mut pieces: Pieces) -> Result<Pieces, String> {
    let start = (semicolon + 1).min(text.len());
    pieces.marker = trimmed(text, start..text.len());
    if !pieces.marker.is_empty()
        && let Err(error) = MarkerTree::from_str(&text[pieces.marker.clone()])
    {
        let why = error.message.to_string();
        return Err(format!("the marker cannot be read: {why}"));
    }
    let before = trimmed(text, pieces.name.start..semicolon).end;
    let end = if pieces.marker.is_empty() {
        before
    } else {
        pieces.marker.end
    };
    pieces.all = pieces.name.start..end;
    Ok(pieces)
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len())
}

fn skip_blanks(text: &str, at: usize) -> usize {
    at + (text[at..].len() - text[at..].trim_start().len())
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start.max(range.start + piece.trim_end().len())
}

/// Does a marker hold for the target, with the given extras switched on? An empty marker holds.
/// `None` when it cannot be read or asks for something that is not known.
pub fn marker_holds(marker: &str, target: &Target, extras: &[String]) -> Option<bool> {
    if marker.trim().is_empty() {
        return Some(true);
    }
    let unknown = ["platform_release", "platform_version"];
    if unknown.iter().any(|name| marker.contains(name)) {
        return None;
    }
    let full = ["python_full_version", "implementation_version"];
    if target.micro.is_none() && full.iter().any(|name| marker.contains(name)) {
        return None;
    }
    let tree = MarkerTree::from_str(marker).ok()?;
    let extras: Vec<ExtraName> = extras
        .iter()
        .filter_map(|e| ExtraName::new(e.clone()).ok())
        .collect();
    Some(tree.evaluate(&environment(target)?, &extras))
}

/// The marker variables of CPython on the platform this program was built for: the target is
/// started where the auditor runs.
fn environment(target: &Target) -> Option<MarkerEnvironment> {
    let (os_name, system, platform) = if cfg!(windows) {
        ("nt", "Windows", "win32")
    } else if cfg!(target_os = "macos") {
        ("posix", "Darwin", "darwin")
    } else {
        ("posix", "Linux", "linux")
    };
    let machine = match (cfg!(target_arch = "aarch64"), cfg!(target_os = "macos")) {
        (true, true) => "arm64",
        (true, false) => "aarch64",
        (false, _) if cfg!(windows) => "AMD64",
        (false, _) => "x86_64",
    };
    let (major, minor) = target.python;
    let short = format!("{major}.{minor}");
    let full = format!("{short}.{}", target.micro.unwrap_or(0));
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name,
        platform_machine: machine,
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: system,
        platform_version: "",
        python_full_version: &full,
        python_version: &short,
        sys_platform: platform,
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_cut_at_the_right_bytes() {
        for (text, name, extras, specifier, url, marker) in [
            ("fastapi", "fastapi", "", "", "", ""),
            (
                "uvicorn[standard] >=0.30 , <1",
                "uvicorn",
                "standard",
                ">=0.30 , <1",
                "",
                "",
            ),
            (
                " a.b_c (==1.0) ; python_version<'3.9'",
                "a.b_c",
                "",
                "==1.0",
                "",
                "python_version<'3.9'",
            ),
            (
                "x[a, b]@ https://h/x.whl",
                "x",
                "a,b",
                "",
                "https://h/x.whl",
                "",
            ),
            (
                "x @ https://h/a;b ; os_name=='nt'",
                "x",
                "",
                "",
                "https://h/a;b",
                "os_name=='nt'",
            ),
        ] {
            let pieces = cut(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(&text[pieces.name.clone()], name, "{text}");
            assert_eq!(pieces.extras.join(","), extras, "{text}");
            assert_eq!(&text[pieces.specifier.clone()], specifier, "{text}");
            assert_eq!(pieces.url.map_or("", |r| &text[r]), url, "{text}");
            assert_eq!(&text[pieces.marker.clone()], marker, "{text}");
            assert_eq!(&text[pieces.all], text.trim(), "{text}");
        }
    }

    #[test]
    fn broken_requirements_are_refused_with_a_reason() {
        for text in ["", "==1", "a b", "a=1", "a[x", "a; nonsense", "a @ ", "é"] {
            assert!(cut(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn markers_are_evaluated_for_the_target() {
        let target = Target {
            python: (3, 11),
            micro: None,
        };
        for (marker, extras, expected) in [
            ("", vec![], Some(true)),
            ("python_version < '3.9'", vec![], Some(false)),
            (
                "python_version >= '3.10' and os_name == 'nt'",
                vec![],
                Some(cfg!(windows)),
            ),
            ("extra == 'standard'", vec![], Some(false)),
            (
                "extra == 'standard'",
                vec!["standard".to_owned()],
                Some(true),
            ),
            ("python_full_version < '3.11.3'", vec![], None),
            ("platform_release > '5'", vec![], None),
            ("nonsense", vec![], None),
        ] {
            assert_eq!(marker_holds(marker, &target, &extras), expected, "{marker}");
        }
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(normalize("Flask_SQLAlchemy"), "flask-sqlalchemy");
        assert_eq!(normalize("a.-_b"), "a-b");
    }
}
