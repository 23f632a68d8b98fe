//! Versions and version specifiers (PEP 440), answered as `packaging` 26 answers.
//!
//! The one place that uses `pep440_rs`, because two of its answers differ from `packaging`:
//! `===` followed by something that is no version, and `>` a pre-release.

use std::str::FromStr;

pub use pep440_rs::Version;
use pep440_rs::{Operator, VersionSpecifier};

/// A parsed specifier set, `>=1.0,<2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specifiers(Vec<Clause>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Clause {
    Version(VersionSpecifier),
    /// `===text`: compared as text, whatever the text is.
    Exactly(String),
}

impl Specifiers {
    /// Reads a specifier set; the empty text allows everything.
    ///
    /// # Errors
    /// The clause that cannot be read, with the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut clauses = Vec::new();
        for clause in text.split(',').map(str::trim).filter(|c| !c.is_empty()) {
            if let Some(exact) = clause.strip_prefix("===") {
                clauses.push(Clause::Exactly(exact.trim().to_ascii_lowercase()));
                continue;
            }
            let parsed = VersionSpecifier::from_str(clause)
                .map_err(|error| format!("`{clause}`: {error}"))?;
            clauses.push(Clause::Version(parsed));
        }
        Ok(Self(clauses))
    }

    /// Does the version satisfy every clause? Pre-releases count like any other version.
    pub fn contains(&self, version: &Version) -> bool {
        self.0.iter().all(|clause| match clause {
            Clause::Exactly(text) => *text == version.to_string(),
            Clause::Version(specifier) => holds(specifier, version),
        })
    }

    /// The lowest `major.minor` that a lower bound, `==` or `~=` of the set allows.
    pub fn lowest_minor(&self) -> Option<(u8, u8)> {
        self.0
            .iter()
            .filter_map(|clause| match clause {
                Clause::Version(s)
                    if matches!(
                        s.operator(),
                        Operator::GreaterThanEqual
                            | Operator::GreaterThan
                            | Operator::Equal
                            | Operator::EqualStar
                            | Operator::TildeEqual
                    ) =>
                {
                    minor_of(s.version())
                }
                _ => None,
            })
            .max()
    }
}

fn holds(specifier: &VersionSpecifier, version: &Version) -> bool {
    let bound = specifier.version();
    // A post-release of 1.0 is no post-release of 1.0a1: it is simply greater.
    if *specifier.operator() == Operator::GreaterThan && bound.any_prerelease() && version.is_post()
    {
        return version > bound;
    }
    specifier.contains(version)
}

/// `major.minor` of a version.
pub fn minor_of(version: &Version) -> Option<(u8, u8)> {
    let release = version.release();
    let major = u8::try_from(*release.first()?).ok()?;
    let minor = u8::try_from(release.get(1).copied().unwrap_or(0)).ok()?;
    Some((major, minor))
}

/// Reads a version.
pub fn version(text: &str) -> Option<Version> {
    Version::from_str(text.trim()).ok()
}

/// Does `version` satisfy `specifier`? `None` when one of them cannot be read.
pub fn satisfies(version_text: &str, specifier: &str) -> Option<bool> {
    Some(
        Specifiers::parse(specifier)
            .ok()?
            .contains(&version(version_text)?),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answered by `packaging` 26.3 with `prereleases=True`.
    #[test]
    fn answers_are_those_of_packaging() {
        for (version, specifier, expected) in [
            ("1.0.post1", ">1.0a1", true),
            ("1.0.post1", ">1.0", false),
            ("1.0", ">1.0a1", true),
            ("2.0a1", ">=1.0", true),
            ("2.1.9", ">=2.0,<2.1", false),
            ("2.0.46", "~=2.0.36", true),
            ("1.4.5", "==1.4.*", true),
            ("1.0", "===1.0", true),
            ("1.0", "===1.0-weird", false),
            ("1.0", "", true),
        ] {
            assert_eq!(
                satisfies(version, specifier),
                Some(expected),
                "{version} in {specifier}"
            );
        }
        assert_eq!(satisfies("1.0", "=1"), None);
    }

    #[test]
    fn the_lowest_python_is_found() {
        for (specifier, expected) in [
            (">=3.10,<4", Some((3, 10))),
            ("^3.11", None),
            ("~=3.12.1", Some((3, 12))),
            ("==3.11.*", Some((3, 11))),
            ("<4", None),
        ] {
            let lowest = Specifiers::parse(specifier)
                .ok()
                .and_then(|s| s.lowest_minor());
            assert_eq!(lowest, expected, "{specifier}");
        }
    }
}
