//! Byte replacements in one text, and where its bytes are after several of them.
//!
//! Operations are worked out one after the other, each on the text that the one before left.
//! [`Pieces`] remembers which bytes are still the old ones, so that a span taken from the file as
//! it was read can be found again, and so that the sum of all operations is a list of edits of
//! that file.

use std::ops::Range;

use crate::model::Span;

/// Replaces a byte range by text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Bytes that go.
    pub at: Range<usize>,
    /// Text that comes.
    pub insert: String,
}

impl Splice {
    /// Puts text at an offset.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self {
            at: at..at,
            insert: text.into(),
        }
    }

    /// Takes a range out.
    pub fn cut(at: Range<usize>) -> Self {
        Self {
            at,
            insert: String::new(),
        }
    }

    /// Puts text in the place of a range.
    pub fn replace(at: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            at,
            insert: text.into(),
        }
    }
}

/// Sorts splices by place and applies them.
///
/// Two insertions at one offset keep their order. `None` when two splices overlap, or one is
/// outside of the text or cuts a character in two.
pub fn apply(text: &str, splices: &mut [Splice]) -> Option<String> {
    splices.sort_by_key(|s| (s.at.start, s.at.end));
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for splice in splices.iter() {
        out.push_str(text.get(done..splice.at.start)?);
        text.get(splice.at.clone())?;
        out.push_str(&splice.insert);
        done = splice.at.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// A text made of pieces of an old text and of new text.
#[derive(Debug, Clone)]
pub struct Pieces {
    pieces: Vec<Piece>,
    old_len: usize,
}

#[derive(Debug, Clone)]
enum Piece {
    Old(Range<usize>),
    New(String),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Old(range) => range.len(),
            Self::New(text) => text.len(),
        }
    }

    /// Splits at an offset inside of the piece.
    fn split(self, at: usize) -> (Self, Self) {
        match self {
            Self::Old(range) => {
                let middle = range.start + at;
                (Self::Old(range.start..middle), Self::Old(middle..range.end))
            }
            Self::New(mut text) => {
                let rest = text.split_off(at);
                (Self::New(text), Self::New(rest))
            }
        }
    }
}

impl Pieces {
    /// An unchanged text of so many bytes.
    pub fn new(old_len: usize) -> Self {
        Self {
            pieces: vec![Piece::Old(0..old_len)],
            old_len,
        }
    }

    /// Applies a splice given in offsets of the current text, which must be valid for it.
    pub fn splice(&mut self, splice: &Splice) {
        let mut out = Vec::with_capacity(self.pieces.len() + 2);
        let mut at = 0;
        let mut inserted = false;
        for piece in std::mem::take(&mut self.pieces) {
            let (start, end) = (at, at + piece.len());
            at = end;
            let keep_before = splice.at.start.clamp(start, end) - start;
            let keep_after = splice.at.end.clamp(start, end) - start;
            let (before, rest) = piece.split(keep_before);
            let (_, after) = rest.split(keep_after - keep_before);
            push(&mut out, before);
            if !inserted && splice.at.start <= end {
                push(&mut out, Piece::New(splice.insert.clone()));
                inserted = true;
            }
            push(&mut out, after);
        }
        if !inserted {
            push(&mut out, Piece::New(splice.insert.clone()));
        }
        self.pieces = out;
    }

    /// Where a span of the old text is now.
    ///
    /// What was put in before its first byte is outside of it; what replaced bytes at its border
    /// is inside. `None` when its border was cut away together with bytes outside of it.
    pub fn current(&self, old: Span) -> Option<Range<usize>> {
        let old = old.range();
        if old.end > self.old_len {
            return None;
        }
        if old.is_empty() {
            let at = self.point(old.start)?;
            return Some(at..at);
        }
        let start = self.start_of(old.start, old.end)?;
        let end = self.end_of(old.start, old.end)?;
        (start <= end).then_some(start..end)
    }

    fn point(&self, offset: usize) -> Option<usize> {
        let mut at = 0;
        for piece in &self.pieces {
            if let Piece::Old(range) = piece
                && (range.contains(&offset) || range.end == offset)
            {
                return Some(at + offset - range.start);
            }
            at += piece.len();
        }
        (self.old_len == 0).then_some(at)
    }

    fn start_of(&self, offset: usize, end: usize) -> Option<usize> {
        let mut at = 0;
        let mut gap_at = 0;
        let mut covered = 0;
        for piece in &self.pieces {
            if let Piece::Old(range) = piece {
                if range.contains(&offset) {
                    return Some(at + offset - range.start);
                }
                if range.start > offset {
                    let whole = covered == offset && range.start <= end;
                    return whole.then_some(gap_at);
                }
                covered = range.end;
                gap_at = at + piece.len();
            }
            at += piece.len();
        }
        (covered == offset && self.old_len <= end).then_some(gap_at)
    }

    fn end_of(&self, start: usize, offset: usize) -> Option<usize> {
        let mut at = 0;
        let mut covered = 0;
        for piece in &self.pieces {
            if let Piece::Old(range) = piece {
                if range.start < offset && offset <= range.end {
                    return Some(at + offset - range.start);
                }
                if range.start >= offset {
                    let whole = range.start == offset && covered >= start;
                    return whole.then_some(at);
                }
                covered = range.end;
            }
            at += piece.len();
        }
        (offset == self.old_len && covered >= start).then_some(at)
    }

    /// The sum of all splices as edits of the old text, in order.
    pub fn edits(&self) -> Vec<Splice> {
        let mut out: Vec<Splice> = Vec::new();
        let mut covered = 0;
        let mut pending = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::New(text) => pending.push_str(text),
                Piece::Old(range) => {
                    if covered < range.start || !pending.is_empty() {
                        out.push(Splice::replace(
                            covered..range.start,
                            std::mem::take(&mut pending),
                        ));
                    }
                    covered = range.end;
                }
            }
        }
        if covered < self.old_len || !pending.is_empty() {
            out.push(Splice::replace(covered..self.old_len, pending));
        }
        out
    }
}

/// Appends a piece; empty ones are dropped.
fn push(out: &mut Vec<Piece>, piece: Piece) {
    if piece.len() > 0 {
        out.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_survive_edits_around_and_inside() {
        // old: 0123456789
        let mut pieces = Pieces::new(10);
        pieces.splice(&Splice::replace(2..4, "XYZ")); // 01XYZ456789
        pieces.splice(&Splice::insert(0, "ab")); // ab01XYZ456789
        assert_eq!(pieces.current(Span::new(4, 6)), Some(7..9));
        assert_eq!(pieces.current(Span::new(0, 10)), Some(2..13));
        assert_eq!(
            pieces.current(Span::new(2, 5)),
            Some(4..8),
            "start replaced"
        );
        assert_eq!(pieces.current(Span::new(1, 4)), Some(3..7), "end replaced");
        assert_eq!(pieces.current(Span::new(3, 6)), None, "start cut in two");
        assert_eq!(pieces.current(Span::new(0, 3)), None, "end cut in two");
        assert_eq!(pieces.current(Span::new(2, 4)), Some(4..7));
        assert_eq!(pieces.current(Span::new(9, 12)), None, "outside");
    }

    #[test]
    fn overlaps_are_refused() {
        let mut splices = [Splice::cut(0..3), Splice::cut(2..4)];
        assert_eq!(apply("abcdef", &mut splices), None);
        let mut cuts_character = [Splice::cut(0..1)];
        assert_eq!(apply("é", &mut cuts_character), None);
        let mut twice = [Splice::insert(1, "1"), Splice::insert(1, "2")];
        assert_eq!(apply("ab", &mut twice).as_deref(), Some("a12b"));
    }

    proptest! {
        /// Applying the sum of random splices to the old text gives the current text.
        #[test]
        fn the_sum_of_splices_is_the_same_text(
            steps in proptest::collection::vec((0usize..40, 0usize..8, "[a-c]{0,4}"), 0..12)
        ) {
            let old = "0123456789ABCDEFGHIJ";
            let mut text = old.to_owned();
            let mut pieces = Pieces::new(old.len());
            for (start, len, insert) in steps {
                let start = start.min(text.len());
                let end = (start + len).min(text.len());
                let splice = Splice::replace(start..end, insert);
                text = apply(&text, &mut [splice.clone()]).unwrap();
                pieces.splice(&splice);
                let sum = apply(old, &mut pieces.edits()).unwrap();
                prop_assert_eq!(&sum, &text);
            }
        }
    }
}
