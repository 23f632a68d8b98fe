//! Text of one file of the target, with the spans that must never leave it in clear.

use serde::Serialize;

use super::{MASK, Place, Span};

/// One file. The text can be read by the readers; it is shown only through [`Source::excerpt`].
#[derive(Debug, Clone)]
pub struct Source {
    /// Path relative to the root, forward slashes.
    pub path: String,
    text: String,
    line_starts: Vec<u32>,
    masks: Vec<Span>,
}

/// Safe to print: masked, tabs and control characters replaced. The only constructor is
/// [`Source::excerpt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// Masked lines without line ends.
    pub lines: Vec<String>,
}

impl Source {
    /// A file with its text. Passwords inside URLs are masked from the start.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX)),
        );
        let masks = super::url_password_spans(&text)
            .into_iter()
            .map(|r| Span::new(r.start, r.end))
            .collect();
        Self {
            path: path.into(),
            text,
            line_starts,
            masks,
        }
    }

    /// The raw text, for readers and fixers only.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Hides a span from every later excerpt.
    pub fn mask(&mut self, span: Span) {
        if span.start < span.end && !self.masks.contains(&span) {
            self.masks.push(span);
        }
    }

    /// Spans that must not be shown.
    pub fn masks(&self) -> &[Span] {
        &self.masks
    }

    /// 1-based line of a byte offset.
    pub fn line_of(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        u32::try_from(self.line_starts.partition_point(|s| *s <= offset)).unwrap_or(u32::MAX)
    }

    /// Byte offset at which a 1-based line starts.
    pub fn line_start(&self, line: u32) -> Option<usize> {
        self.line_starts
            .get(line.checked_sub(1)? as usize)
            .map(|s| *s as usize)
    }

    /// Number of lines; a text without a final line end counts its last piece.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.line_starts.len()).unwrap_or(u32::MAX)
    }

    /// The place of a byte span.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_column(span.start as usize);
        let (end_line, end_column) = self.line_column(span.end as usize);
        Place {
            path: self.path.clone(),
            line,
            column,
            end_line,
            end_column,
        }
    }

    fn line_column(&self, offset: usize) -> (u32, u32) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset);
        let start = self.line_start(line).unwrap_or(0);
        let column = self.text[start..offset]
            .chars()
            .filter(|c| *c != '\u{feff}')
            .count()
            + 1;
        (line, u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Lines `first..=last`, masked and made safe for a terminal.
    pub fn excerpt(&self, first: u32, last: u32) -> Excerpt {
        let first = first.max(1);
        let last = last.min(self.line_count()).max(first);
        let lines = (first..=last).filter_map(|n| self.safe_line(n)).collect();
        Excerpt {
            first_line: first,
            lines,
        }
    }

    fn safe_line(&self, line: u32) -> Option<String> {
        let start = self.line_start(line)?;
        let end = self.line_start(line + 1).unwrap_or(self.text.len());
        let mut out = String::new();
        let mut masked_until = 0;
        for (offset, c) in self.text[start..end].char_indices() {
            let at = start + offset;
            if at < masked_until {
                continue;
            }
            if let Some(mask) = self.masks.iter().find(|m| m.range().contains(&at)) {
                out.push_str(MASK);
                masked_until = mask.end as usize;
                continue;
            }
            match c {
                '\n' | '\r' | '\u{feff}' => {}
                '\t' => out.push_str("    "),
                c if c.is_control() => out.extend(c.escape_default()),
                c => out.push(c),
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_masked_and_safe() {
        let mut source = Source::new(
            "a",
            "x = 'postgresql://u:secret@h/d'\r\nkey = canary\x1b[31m\n",
        );
        source.mask(Span::new(39, 45));
        let excerpt = source.excerpt(1, 2);
        assert_eq!(
            excerpt.lines,
            ["x = 'postgresql://u:***@h/d'", "key = ***\\u{1b}[31m"]
        );
    }

    #[test]
    fn places_count_characters() {
        let source = Source::new("a", "é = 1\nb = 2\n");
        assert_eq!(source.place(Span::new(3, 4)).column, 3);
        assert_eq!(
            source.place(Span::new(7, 8)),
            Place {
                path: "a".into(),
                line: 2,
                column: 1,
                end_line: 2,
                end_column: 2
            }
        );
    }
}
