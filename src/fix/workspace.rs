//! The files of a target while fixes are worked out on them, in memory.

use std::collections::BTreeMap;

use crate::model::{Edit, EditOp, Fix, MASK, Source, Span, url_password_spans};

use super::FixError;
use super::doc::Doc;
use super::op;
use super::splice::{Pieces, Splice, apply};

/// Files as read, and as the fixes so far leave them.
#[derive(Debug, Clone)]
pub struct Workspace<'s> {
    sources: &'s BTreeMap<String, Source>,
    files: BTreeMap<String, File>,
}

#[derive(Debug, Clone)]
struct File {
    /// As read; empty for a file that does not exist yet.
    old: Source,
    exists: bool,
    text: String,
    pieces: Pieces,
    old_lines: Vec<usize>,
}

/// One file that the fixes change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Relative to the root.
    pub path: String,
    /// As read; `None` for a file that comes into being.
    pub before: Option<Source>,
    /// As it becomes, with the same secrets masked.
    pub after: Source,
    /// The difference as edits of the file as read.
    pub edits: Vec<Edit>,
}

impl Change {
    /// The change from one text to another, its edits as small as whole lines trimmed at both
    /// ends can be.
    pub fn between(before: Option<Source>, after: Source) -> Self {
        let old = before.as_ref().map_or("", Source::text);
        let edits = differences(old, after.text())
            .into_iter()
            .map(|splice| Edit {
                path: after.path.clone(),
                at: Span::new(splice.at.start, splice.at.end),
                insert: splice.insert,
            })
            .collect();
        Self {
            path: after.path.clone(),
            before,
            edits,
            after,
        }
    }

    /// Applies the edits to the text as read: is the result the text as it becomes? Then every
    /// byte outside of the edits is the same.
    pub fn is_sum_of_edits(&self) -> bool {
        let old = self.before.as_ref().map_or("", Source::text);
        let mut splices: Vec<Splice> = self
            .edits
            .iter()
            .map(|e| Splice::replace(e.at.range(), e.insert.clone()))
            .collect();
        apply(old, &mut splices).as_deref() == Some(self.after.text())
    }
}

/// Differing runs of lines, without their equal beginnings and ends.
fn differences(old: &str, new: &str) -> Vec<Splice> {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = similar::TextDiff::from_slices(&old_lines, &new_lines);
    let (old_starts, new_starts) = (starts(&old_lines), starts(&new_lines));
    let changed = diff
        .ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal);
    let pairs = changed.filter_map(|op| {
        let (was, becomes) = (op.old_range(), op.new_range());
        let was = *old_starts.get(was.start)?..*old_starts.get(was.end)?;
        let becomes = *new_starts.get(becomes.start)?..*new_starts.get(becomes.end)?;
        Some(trimmed(old, was, &new[becomes]))
    });
    pairs.collect()
}

/// Offset of each line, and of the end.
fn starts(lines: &[&str]) -> Vec<usize> {
    let mut at = 0;
    let mut out = vec![0];
    for line in lines {
        at += line.len();
        out.push(at);
    }
    out
}

/// A replacement without the characters that both sides begin and end with.
fn trimmed(old: &str, at: std::ops::Range<usize>, new: &str) -> Splice {
    let was = &old[at.clone()];
    let same = |a: &mut dyn Iterator<Item = (char, char)>| -> usize {
        a.take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum()
    };
    let head = same(&mut was.chars().zip(new.chars()));
    let (was_rest, new_rest) = (&was[head..], &new[head..]);
    let tail = same(&mut was_rest.chars().rev().zip(new_rest.chars().rev()));
    Splice::replace(
        at.start + head..at.end - tail,
        &new_rest[..new_rest.len() - tail],
    )
}

impl<'s> Workspace<'s> {
    /// Nothing changed yet. Only files among `sources` can be changed; a dotenv file that is not
    /// among them can be created.
    pub fn new(sources: &'s BTreeMap<String, Source>) -> Self {
        Self {
            sources,
            files: BTreeMap::new(),
        }
    }

    /// Applies a fix, all of its operations or none. `false`: everything it wants is there
    /// already.
    ///
    /// # Errors
    /// The first operation that cannot be made.
    pub fn apply(&mut self, fix: &Fix) -> Result<bool, FixError> {
        let mut trial = self.files.clone();
        let mut changed = false;
        for op in &fix.ops {
            let file = open(self.sources, &mut trial, op)?;
            changed |= file.apply(op)?;
        }
        self.files = trial;
        Ok(changed)
    }

    /// Everything that is different now, in path order.
    pub fn changes(&self) -> Vec<Change> {
        self.files
            .values()
            .filter(|f| !f.exists || f.text != f.old.text())
            .map(File::change)
            .collect()
    }
}

fn open<'f>(
    sources: &BTreeMap<String, Source>,
    files: &'f mut BTreeMap<String, File>,
    op: &EditOp,
) -> Result<&'f mut File, FixError> {
    let path = op.path();
    if !safe_path(path) {
        return Err(FixError::refused(format!(
            "`{path}` is outside of the project"
        )));
    }
    if !files.contains_key(path) {
        let file = match (sources.get(path), op) {
            (Some(source), _) => File::new(source.clone(), true),
            (None, EditOp::EnvAdd { .. }) => File::new(Source::new(path, ""), false),
            (None, _) => return Err(FixError::Unread(path.to_owned())),
        };
        files.insert(path.to_owned(), file);
    }
    files
        .get_mut(path)
        .ok_or_else(|| FixError::Unread(path.to_owned()))
}

/// Relative, and never upward.
fn safe_path(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains(['\\', ':', '\0'])
        && path.split('/').all(|p| !matches!(p, ".." | "." | ""))
}

impl File {
    fn new(old: Source, exists: bool) -> Self {
        let text = old.text().to_owned();
        let mut old_lines = vec![0];
        old_lines.extend(text.match_indices('\n').map(|(n, _)| n + 1));
        Self {
            pieces: Pieces::new(text.len()),
            text,
            old,
            exists,
            old_lines,
        }
    }

    fn apply(&mut self, op: &EditOp) -> Result<bool, FixError> {
        let doc = Doc {
            path: &self.old.path,
            text: &self.text,
            pieces: &self.pieces,
            old_lines: &self.old_lines,
        };
        let mut splices = op::splices(&doc, op)?;
        for splice in &splices {
            self.refuse_secret(splice)?;
        }
        let Some(text) = apply(&self.text, &mut splices) else {
            return Err(FixError::Overlap);
        };
        // Backwards, so that the offsets of earlier ones stay true.
        for splice in splices.iter().rev() {
            self.pieces.splice(splice);
        }
        let changed = text != self.text;
        self.text = text;
        Ok(changed)
    }

    /// A secret may go as a whole together with what it belongs to. It is never replaced by other
    /// text, cut in two or copied.
    fn refuse_secret(&self, splice: &Splice) -> Result<(), FixError> {
        if splice.insert.contains(MASK) || !url_password_spans(&splice.insert).is_empty() {
            return Err(FixError::Masked);
        }
        for mask in self.old.masks() {
            let Some(mask) = self.pieces.current(*mask) else {
                continue;
            };
            let apart = splice.at.end <= mask.start || mask.end <= splice.at.start;
            let whole = splice.at.start <= mask.start && mask.end <= splice.at.end;
            let gone = whole && splice.insert.is_empty();
            if !apart && !gone {
                return Err(FixError::Masked);
            }
        }
        Ok(())
    }

    fn change(&self) -> Change {
        let mut after = Source::new(self.old.path.clone(), self.text.clone());
        for mask in self.old.masks() {
            if let Some(now) = self.pieces.current(*mask) {
                after.mask(Span::new(now.start, now.end));
            }
        }
        let edits = self.pieces.edits().into_iter().map(|splice| Edit {
            path: self.old.path.clone(),
            at: Span::new(splice.at.start, splice.at.end),
            insert: splice.insert,
        });
        Change {
            path: self.old.path.clone(),
            before: self.exists.then(|| self.old.clone()),
            after,
            edits: edits.collect(),
        }
    }
}
