//! A container image as its build file describes it: environment, working directory, commands,
//! and which part of the source tree lies where in it.

use super::paths;
use crate::model::Origin;

/// One variable that a file sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EnvSet {
    pub name: String,
    pub value: String,
    pub origin: Origin,
}

/// `COPY from to`, or a bind mount: host path relative to the base, absolute path in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub from: String,
    pub to: String,
    /// `to` is the file `from` itself, not a directory of its content.
    pub is_file: bool,
}

/// A command that installs dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Install {
    /// The shell text.
    pub text: String,
    /// Working directory in the image.
    pub workdir: String,
    pub line: u32,
}

/// `CMD` or `ENTRYPOINT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Words (exec form) or one shell text.
    pub words: Vec<String>,
    pub shell: bool,
    pub line: u32,
}

/// The last stage of a build file.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    /// Build file, relative to the base.
    pub file: String,
    /// Build context, relative to the base.
    pub context: String,
    /// Python of the base image.
    pub python: Option<((u8, u8), Option<u8>)>,
    /// Line of the `FROM` that names it.
    pub python_line: u32,
    /// Absolute path in the image.
    pub workdir: String,
    pub env: Vec<EnvSet>,
    pub copies: Vec<Copy>,
    pub installs: Vec<Install>,
    pub entrypoint: Option<Run>,
    pub command: Option<Run>,
    /// The base image could not be followed: files and environment of it are unknown.
    pub open: bool,
}

impl Image {
    /// Where a path of the image lies in the source tree. The flag says whether this is certain.
    pub fn host_path(&self, path: &str) -> Option<(String, bool)> {
        let path = paths::clean(path);
        let mut best: Option<(usize, String)> = None;
        for copy in &self.copies {
            let Some(rest) = paths::below(&path, &copy.to) else {
                continue;
            };
            if copy.is_file && !rest.is_empty() {
                continue;
            }
            // The longest destination wins; a later copy over the same place wins.
            if best
                .as_ref()
                .is_none_or(|(length, _)| copy.to.len() >= *length)
            {
                best = Some((copy.to.len(), paths::join(&copy.from, rest)));
            }
        }
        if let Some((_, found)) = best {
            return Some((found, true));
        }
        self.parent_of_copies(&path)
    }

    /// `PYTHONPATH` of the image as directories of the source tree. Entries that have no
    /// counterpart (and references to an earlier value) are left out.
    pub fn search_path(&self, base: &std::path::Path, value: &str) -> String {
        let entries: Vec<String> = value
            .split(':')
            .filter(|e| !e.contains('$'))
            .filter_map(|entry| {
                if !entry.starts_with('/') {
                    return Some(entry.to_owned()).filter(|e| !e.is_empty());
                }
                let (host, _) = self.host_path(entry)?;
                Some(base.join(host).to_string_lossy().into_owned())
            })
            .collect();
        entries.join(":")
    }

    /// A directory that holds copied ones: `/code` when `app` was copied to `/code/app`.
    fn parent_of_copies(&self, path: &str) -> Option<(String, bool)> {
        let mut found: Vec<(String, bool)> = Vec::new();
        for copy in &self.copies {
            let Some(rest) = paths::below(&copy.to, path).filter(|r| !r.is_empty()) else {
                continue;
            };
            let parent = match copy.from.strip_suffix(rest) {
                Some("") => Some(String::new()),
                Some(parent) => parent.strip_suffix('/').map(str::to_owned),
                None => None,
            };
            // A directory that got another name in the image has no counterpart.
            let Some(parent) = parent else { continue };
            let certain = !copy.is_file;
            match found.iter_mut().find(|(p, _)| *p == parent) {
                Some(known) => known.1 |= certain,
                None => found.push((parent, certain)),
            }
        }
        found.sort_by_key(|(_, certain)| !certain);
        let (parent, certain) = found.first()?.clone();
        let rivals = found.iter().filter(|(_, c)| *c).count();
        Some((parent, certain && rivals == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(copies: &[(&str, &str, bool)]) -> Image {
        Image {
            copies: copies
                .iter()
                .map(|(from, to, is_file)| Copy {
                    from: (*from).to_owned(),
                    to: (*to).to_owned(),
                    is_file: *is_file,
                })
                .collect(),
            ..Image::default()
        }
    }

    #[test]
    fn image_paths_are_mapped_back() {
        for (copies, path, expected) in [
            (vec![("", "/srv", false)], "/srv", Some(("", true))),
            (
                vec![("backend", "/app", false)],
                "/app/src",
                Some(("backend/src", true)),
            ),
            (vec![("app", "/code/app", false)], "/code", Some(("", true))),
            (
                vec![
                    ("requirements.txt", "/code/requirements.txt", true),
                    ("app", "/code/app", false),
                ],
                "/code",
                Some(("", true)),
            ),
            (
                vec![("src/app", "/code/app", false)],
                "/code",
                Some(("src", true)),
            ),
            (vec![("src", "/code/app", false)], "/code", None),
            (
                vec![("src", "/code/app", false)],
                "/code/app",
                Some(("src", true)),
            ),
            (vec![("", "/a", false)], "/b", None),
            (
                vec![("", "/app", false), ("x", "/app/y", false)],
                "/app/y/z",
                Some(("x/z", true)),
            ),
        ] {
            let found = image(&copies).host_path(path);
            let expected = expected.map(|(p, c)| (p.to_owned(), c));
            assert_eq!(found, expected, "{copies:?} {path}");
        }
    }
}
