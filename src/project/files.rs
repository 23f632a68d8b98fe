//! Bounded reading of the target's text files: decodes, masks, remembers, and turns every failure
//! into a problem instead of an error.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{paths, secrets};
use crate::host::Host;
use crate::model::{Place, Source, Undecided};

/// What problems of reading are filed under.
const SUBJECT: &str = "project";

/// The files below the given path, and everything noticed while reading them. Paths are relative
/// to `base`.
pub(super) struct Files<'a> {
    pub host: &'a dyn Host,
    /// The path given by the user, absolute.
    pub base: PathBuf,
    pub problems: Vec<Undecided>,
    pub redactor: secrets::Registry,
    pub sources: BTreeMap<String, Source>,
    failed: BTreeSet<String>,
}

impl<'a> Files<'a> {
    pub fn new(host: &'a dyn Host, base: PathBuf) -> Self {
        Self {
            host,
            base,
            problems: Vec::new(),
            redactor: secrets::Registry::default(),
            sources: BTreeMap::new(),
            failed: BTreeSet::new(),
        }
    }

    /// Absolute path.
    pub fn path(&self, relative: &str) -> PathBuf {
        if relative.is_empty() {
            self.base.clone()
        } else {
            self.base.join(relative)
        }
    }

    pub fn is_file(&self, relative: &str) -> bool {
        self.host.is_file(&self.path(relative))
    }

    pub fn is_dir(&self, relative: &str) -> bool {
        self.host.is_dir(&self.path(relative))
    }

    /// Names in a directory; empty when it cannot be listed.
    pub fn names(&self, dir: &str) -> Vec<String> {
        let entries = self.host.list(&self.path(dir)).unwrap_or_default();
        entries.into_iter().map(|e| e.name).collect()
    }

    /// The text of a file that exists. What cannot be read becomes a problem, once.
    pub fn text(&mut self, relative: &str) -> Option<String> {
        if let Some(source) = self.sources.get(relative) {
            return Some(source.text().to_owned());
        }
        if self.failed.contains(relative) || !self.is_file(relative) {
            return None;
        }
        match load(self.host, &self.path(relative)) {
            Ok(Text::Utf8(text)) => {
                let mut source = Source::new(relative, text.clone());
                secrets::mask(&mut source, &mut self.redactor);
                self.sources.insert(relative.to_owned(), source);
                Some(text)
            }
            Ok(Text::Other(text, why)) => {
                self.failed.insert(relative.to_owned());
                let mut source = Source::new(relative, text.clone());
                secrets::mask(&mut source, &mut self.redactor);
                if let Some(why) = why {
                    self.problem(relative, None, why);
                }
                Some(text)
            }
            Err(why) => {
                self.failed.insert(relative.to_owned());
                self.problem(relative, None, &why);
                None
            }
        }
    }

    /// Files something that was not understood.
    pub fn problem(&mut self, path: &str, line: Option<u32>, why: &str) {
        let problem = Undecided {
            subject: SUBJECT.to_owned(),
            place: Some(Place::line(path, line.unwrap_or(1))),
            why: why.to_owned(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Files something that has no place in a file.
    pub fn remark(&mut self, why: impl Into<String>) {
        let problem = Undecided {
            subject: SUBJECT.to_owned(),
            place: None,
            why: why.into(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// 1-based line of a byte offset in a file that was read.
    pub fn line(&self, path: &str, offset: usize) -> u32 {
        self.sources.get(path).map_or(1, |s| s.line_of(offset))
    }

    /// The first of several names that is a file in `dir`.
    pub fn first_file(&self, dir: &str, names: &[&str]) -> Option<String> {
        names
            .iter()
            .map(|name| paths::join(dir, name))
            .find(|path| self.is_file(path))
    }
}

/// Text of a file, and whether its bytes are those of the text.
enum Text {
    Utf8(String),
    /// Decoded from something else: byte offsets do not hold. With a complaint, when there is one.
    Other(String, Option<&'static str>),
}

fn load(host: &dyn Host, path: &Path) -> Result<Text, String> {
    let bytes = host
        .read(path)
        .map_err(|error| format!("the file cannot be read: {error}"))?;
    if let Some(text) = utf16(&bytes) {
        return Ok(Text::Other(text, None));
    }
    if bytes.contains(&0) {
        return Err("the file holds NUL bytes: it is no text file, so it was not read".into());
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Text::Utf8(text),
        Err(error) => Text::Other(
            String::from_utf8_lossy(error.as_bytes()).into_owned(),
            Some("the file is not UTF-8; undecodable bytes were replaced"),
        ),
    })
}

/// Files that Windows shells write: UTF-16 with a byte order mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes[2..]
        .chunks_exact(2)
        .map(|pair| read([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).ok()
}
