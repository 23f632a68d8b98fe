//! What a reader sees of a change: old and new lines, a unified diff. Always masked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use similar::{DiffOp, TextDiff};

use crate::model::{BeforeAfter, Excerpt, Fix, Source};

use super::FixError;
use super::workspace::{Change, Workspace};

/// Changes closer than this many lines are shown as one.
const JOINED: usize = 2;
/// Unchanged lines around a change in a diff.
const CONTEXT: usize = 3;

/// Works out the byte edits and the preview of one fix on the files as read.
///
/// # Errors
/// When the fix cannot be made; its edits and preview are then empty.
pub fn complete(fix: &mut Fix, sources: &BTreeMap<String, Source>) -> Result<(), FixError> {
    fix.edits.clear();
    fix.preview.clear();
    let mut workspace = Workspace::new(sources);
    if !workspace.apply(fix)? {
        return Err(FixError::refused("nothing is left to change"));
    }
    for change in workspace.changes() {
        fix.preview.extend(before_after(&change));
        fix.edits.extend(change.edits);
    }
    Ok(())
}

/// The changed regions of a file.
pub fn before_after(change: &Change) -> Vec<BeforeAfter> {
    let empty = Source::new(change.path.clone(), "");
    let old = change.before.as_ref().unwrap_or(&empty);
    let (old_lines, new_lines) = (lines(old), lines(&change.after));
    let diff = TextDiff::from_slices(&old_lines, &new_lines);
    diff.grouped_ops(JOINED)
        .iter()
        .filter_map(|group| region(group))
        .map(|(mut was, mut becomes)| {
            if was.is_empty() || becomes.is_empty() {
                widen(&mut was, &mut becomes, old_lines.len());
            }
            BeforeAfter {
                path: change.path.clone(),
                old: excerpt(old, &was),
                new: excerpt(&change.after, &becomes),
            }
        })
        .collect()
}

/// A unified diff of all changes.
pub fn unified(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let empty = Source::new(change.path.clone(), "");
        let old = change.before.as_ref().unwrap_or(&empty);
        let (old_lines, new_lines) = (lines(old), lines(&change.after));
        let diff = TextDiff::from_slices(&old_lines, &new_lines);
        let from = match change.before {
            Some(_) => change.path.as_str(),
            None => "/dev/null",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "--- {from}\n+++ {}", change.path);
        for group in diff.grouped_ops(CONTEXT) {
            hunk(&mut out, &group, old, &change.after);
        }
    }
    out
}

fn lines(source: &Source) -> Vec<&str> {
    source.text().split_inclusive('\n').collect()
}

fn hunk(out: &mut String, group: &[DiffOp], old: &Source, new: &Source) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else {
        return;
    };
    let was = first.old_range().start..last.old_range().end;
    let becomes = first.new_range().start..last.new_range().end;
    let _ = writeln!(out, "@@ -{} +{} @@", position(&was), position(&becomes));
    for op in group {
        match op {
            DiffOp::Equal { .. } => show(out, ' ', old, op.old_range()),
            _ => {
                show(out, '-', old, op.old_range());
                show(out, '+', new, op.new_range());
            }
        }
    }
}

/// `12,3` as in unified diffs: an empty range names the line before it.
fn position(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        len => format!("{},{len}", lines.start + 1),
    }
}

fn show(out: &mut String, sign: char, source: &Source, lines: Range<usize>) {
    let count = source.text().split_inclusive('\n').count();
    let open_end = !source.text().ends_with('\n');
    let end = lines.end;
    for line in excerpt(source, &lines).lines {
        let _ = writeln!(out, "{sign}{line}");
    }
    if open_end && end == count && !lines.is_empty() {
        out.push_str("\\ No newline at end of file\n");
    }
}

/// First to last changed line on both sides.
fn region(group: &[DiffOp]) -> Option<(Range<usize>, Range<usize>)> {
    let changed = |op: &&DiffOp| !matches!(op, DiffOp::Equal { .. });
    let first = group.iter().find(changed)?;
    let last = group.iter().rfind(changed)?;
    Some((
        first.old_range().start..last.old_range().end,
        first.new_range().start..last.new_range().end,
    ))
}

/// A pure insertion or deletion is shown with the line before it, at the start with that after.
fn widen(was: &mut Range<usize>, becomes: &mut Range<usize>, old_len: usize) {
    if was.start > 0 && becomes.start > 0 {
        was.start -= 1;
        becomes.start -= 1;
    } else if was.end < old_len {
        was.end += 1;
        becomes.end += 1;
    }
}

fn excerpt(source: &Source, lines: &Range<usize>) -> Excerpt {
    let first = u32::try_from(lines.start + 1).unwrap_or(u32::MAX);
    let last = u32::try_from(lines.end).unwrap_or(u32::MAX);
    let mut excerpt = source.excerpt(first, last);
    // An excerpt holds at least one line; an empty range has none.
    excerpt.lines.truncate(lines.len());
    excerpt
}
