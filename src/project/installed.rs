//! Installed distributions: `*.dist-info` and `*.egg-info` in site directories.
//!
//! Sources: the core metadata specification, the recorded-projects specification (RECORD).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::host::Host;
use crate::knowledge::requirement::normalize;
use crate::model::Distribution;

/// Reads all distributions; the first site directory that holds one wins.
pub(super) fn read(host: &dyn Host, site_dirs: &[String]) -> BTreeMap<String, Distribution> {
    let places: Vec<PathBuf> = site_dirs
        .iter()
        .flat_map(|dir| {
            let dir = PathBuf::from(dir);
            let entries = host.list(&dir).unwrap_or_default();
            let wanted = entries
                .into_iter()
                .filter(|e| e.name.ends_with(".dist-info") || e.name.ends_with(".egg-info"));
            wanted.map(|e| dir.join(e.name)).collect::<Vec<_>>()
        })
        .collect();
    let read: Vec<Distribution> = places
        .par_iter()
        .filter_map(|place| one(host, place))
        .collect();
    let mut out = BTreeMap::new();
    for distribution in read {
        out.entry(distribution.name.clone()).or_insert(distribution);
    }
    out
}

fn one(host: &dyn Host, place: &Path) -> Option<Distribution> {
    let text = ["METADATA", "PKG-INFO"]
        .iter()
        .find_map(|name| host.read_text(&place.join(name)).ok())
        .or_else(|| host.read_text(place).ok())?;
    let headers = headers(&text);
    let first = |name: &str| {
        let found = headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    let requires = headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("Requires-Dist"))
        .map(|(_, value)| value.clone())
        .collect();
    Some(Distribution {
        name: normalize(&first("Name")?),
        version: first("Version")?,
        modules: modules(host, place),
        requires,
        requires_python: first("Requires-Python"),
        source: place.to_string_lossy().into_owned(),
    })
}

/// RFC 822 headers up to the first blank line; folded lines joined.
fn headers(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            out.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    out
}

/// Importable top-level names: `top_level.txt`, else the recorded files.
fn modules(host: &dyn Host, place: &Path) -> Vec<String> {
    if let Ok(text) = host.read_text(&place.join("top_level.txt")) {
        let names: BTreeSet<String> = text
            .lines()
            .map(|l| l.trim().replace('\\', "/"))
            .filter_map(|l| l.split('/').next().map(str::to_owned))
            .filter(|l| !l.is_empty())
            .collect();
        if !names.is_empty() {
            return names.into_iter().collect();
        }
    }
    let record = ["RECORD", "installed-files.txt", "SOURCES.txt"]
        .iter()
        .find_map(|name| host.read_text(&place.join(name)).ok());
    let names: BTreeSet<String> = record
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(top_level)
        .collect();
    names.into_iter().collect()
}

/// The top-level name behind one recorded file.
fn top_level(line: &str) -> Option<String> {
    let path = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => line.split(',').next()?,
    };
    let path = path.trim_start_matches("../").trim_start_matches("./");
    let suffix = path.rsplit('.').next()?;
    if !matches!(suffix, "py" | "so" | "pyd" | "pyc") || path.contains("__pycache__") {
        return None;
    }
    let first = path.split('/').next()?;
    let name = if path.contains('/') {
        first
    } else {
        first.split('.').next()?
    };
    let identifier = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (identifier && name != "bin").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn metadata_is_read() {
        let host = MemoryHost::new()
            .file("/s/Foo_Bar-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nRequires-Python: >=3.9\nRequires-Dist: a (>=1)\nRequires-Dist: b; extra == 'x'\n\nRequires-Dist: not-a-header\n")
            .file("/s/Foo_Bar-1.0.dist-info/RECORD", "foo/__init__.py,sha256=x,1\nfoo/a.py,,\n_foo.cpython-311-x86_64-linux-gnu.so,,\nsingle.py,,\nFoo_Bar-1.0.dist-info/METADATA,,\n../../../bin/foo,,\nns/sub/x.py,,\n__pycache__/single.cpython-311.pyc,,\n")
            .file("/s/old.egg-info/PKG-INFO", "Name: old\nVersion: 2\n")
            .file("/s/old.egg-info/top_level.txt", "old_module\n");
        let read = read(&host, &["/s".to_owned()]);
        let foo = &read["foo-bar"];
        assert_eq!(foo.version, "1.0");
        assert_eq!(foo.modules, ["_foo", "foo", "ns", "single"]);
        assert_eq!(foo.requires, ["a (>=1)", "b; extra == 'x'"]);
        assert_eq!(foo.requires_python.as_deref(), Some(">=3.9"));
        assert_eq!(read["old"].modules, ["old_module"]);
    }
}
