//! One text that operations work on, with its habits: line ends, indentation, encoding mark.

use std::ops::Range;

use crate::model::Span;

use super::FixError;
use super::splice::Pieces;

/// A text as the operations before left it.
#[derive(Debug, Clone)]
pub struct Doc<'a> {
    /// Path relative to the root, for messages and for resolving relative imports.
    pub path: &'a str,
    /// Current text, with its byte order mark if it has one.
    pub text: &'a str,
    /// Where the bytes of the file as read are now.
    pub pieces: &'a Pieces,
    /// Byte offsets at which the lines of the file as read start.
    pub old_lines: &'a [usize],
}

impl Doc<'_> {
    /// Where a span of the file as read is now.
    pub fn current(&self, span: Span) -> Result<Range<usize>, FixError> {
        let range = self.pieces.current(span).ok_or(FixError::Overlap)?;
        match self.text.get(range.clone()) {
            Some(_) => Ok(range),
            None => Err(FixError::refused("the place is not in the file any more")),
        }
    }

    /// Where a 1-based line of the file as read starts now; `None` when it is gone.
    pub fn line_start(&self, line: u32) -> Option<usize> {
        let old = *self.old_lines.get((line as usize).checked_sub(1)?)?;
        Some(self.pieces.current(Span::new(old, old))?.start)
    }

    /// Line end that the file uses: that of its first line, `\n` where there is none.
    pub fn newline(&self) -> &'static str {
        newline(self.text)
    }
}

/// Line end of the first line, `\n` where there is none.
pub fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Start of the line that holds an offset.
pub fn line_begin(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |n| n + 1)
}

/// Offset of the line end (before `\r\n` or `\n`) of the line that holds an offset.
pub fn line_end(text: &str, offset: usize) -> usize {
    match text[offset..].find('\n') {
        Some(n) => {
            let end = offset + n;
            match text[..end].ends_with('\r') && end > offset {
                true => end - 1,
                false => end,
            }
        }
        None => text.len(),
    }
}

/// Start of the line after the one that holds an offset; the end of the text for the last line.
pub fn next_line(text: &str, offset: usize) -> usize {
    text[offset..]
        .find('\n')
        .map_or(text.len(), |n| offset + n + 1)
}

/// Blanks and tabs at the start of the line that holds an offset.
pub fn indent(text: &str, offset: usize) -> &str {
    let begin = line_begin(text, offset);
    let rest = text[begin..].trim_start_matches('\u{feff}');
    let begin = text.len() - rest.len();
    let len = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    &text[begin..begin + len]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_with_both_line_ends() {
        let text = "ab\r\n  cd\n";
        assert_eq!(newline(text), "\r\n");
        assert_eq!(line_end(text, 0), 2);
        assert_eq!(line_begin(text, 6), 4);
        assert_eq!(line_end(text, 4), 8);
        assert_eq!(next_line(text, 1), 4);
        assert_eq!(indent(text, 7), "  ");
        assert_eq!(indent("\u{feff}x", 4), "");
        assert_eq!(line_end("\r\n", 0), 0);
    }
}
