//! Which distribution supplies which import name.
//!
//! The table holds popular distributions; those on it were compared with their installed metadata
//! where that was at hand. What is not on it is not known: no guess is made from similar names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::requirement::normalize;

const TABLE: &str = include_str!("distributions.txt");

struct Index {
    modules: BTreeMap<&'static str, Vec<&'static str>>,
    distributions: BTreeMap<&'static str, Vec<&'static str>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        modules: BTreeMap::new(),
        distributions: BTreeMap::new(),
    };
    for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let Some((distribution, modules)) = line.split_once(": ") else {
            continue;
        };
        for module in modules.split(' ') {
            index
                .distributions
                .entry(module)
                .or_default()
                .push(distribution);
            index.modules.entry(distribution).or_default().push(module);
        }
    }
    index
});

/// The usual distribution behind an import, `google.cloud.storage.blob` and `yaml` alike. The
/// longest known part of a dotted name decides.
pub fn dist_for_module(module: &str) -> Option<&'static str> {
    dists_for_module(module).first().copied()
}

/// All known distributions behind an import, the usual one first; empty when none is known.
pub fn dists_for_module(module: &str) -> &'static [&'static str] {
    let mut name = module;
    loop {
        if let Some(found) = INDEX.distributions.get(name) {
            return found;
        }
        match name.rsplit_once('.') {
            Some((parent, _)) => name = parent,
            None => return &[],
        }
    }
}

/// Import names of a distribution (any spelling), the usual one first; `None` when not known.
pub fn modules_of_dist(distribution: &str) -> Option<&'static [&'static str]> {
    let name = normalize(distribution);
    INDEX.modules.get(name.as_str()).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_both_ways() {
        for (module, distribution) in [
            ("yaml", Some("pyyaml")),
            ("jwt.exceptions", Some("pyjwt")),
            ("google.cloud.storage.blob", Some("google-cloud-storage")),
            ("google.cloud", None),
            ("psycopg2", Some("psycopg2-binary")),
            ("jose", Some("python-jose")),
            ("nonsense", None),
        ] {
            assert_eq!(dist_for_module(module), distribution, "{module}");
        }
        assert_eq!(dists_for_module("jose"), ["python-jose", "jose"]);
        assert_eq!(
            modules_of_dist("Python_Multipart"),
            Some(&["python_multipart", "multipart"][..])
        );
        assert_eq!(modules_of_dist("nonsense"), None);
    }

    #[test]
    fn the_table_is_in_order() {
        let mut seen = std::collections::BTreeSet::new();
        for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
            let (name, modules) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
            assert_eq!(name, normalize(name), "{line}");
            assert!(seen.insert(name), "{name} is listed twice");
            assert!(!modules.trim().is_empty(), "{line}");
        }
        assert!(seen.len() > 300, "{}", seen.len());
    }
}
