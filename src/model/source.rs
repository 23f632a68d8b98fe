//! Text of one file of the target, with the spans that must never leave it in clear.

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// Masked lines without line ends.
    pub lines: Vec<String>,
    /// Per line: where shown text departs from the file's, see [`Excerpt::shown_column`]. Never
    /// written out: the distance tells how long a mask is.
    #[serde(skip)]
    shifts: Vec<Vec<Shift>>,
}

/// From this column of the file on, text is shown at that column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    file: u32,
    shown: u32,
    /// Nothing behind `file` is shown before the next entry (inside a mask).
    hidden: bool,
}

impl Excerpt {
    /// The column at which a column of the file is shown (both from 1, in characters), so that a
    /// caret stands under the right character although masks and tabs change widths. Inside a
    /// mask: where the mask starts. `None` for a line that is not in the excerpt.
    pub fn shown_column(&self, line: u32, column: u32) -> Option<u32> {
        let index = line.checked_sub(self.first_line)? as usize;
        self.lines.get(index)?;
        let shift = self
            .shifts
            .get(index)
            .and_then(|s| s.iter().rev().find(|s| s.file <= column));
        Some(match shift {
            None => column,
            Some(s) if s.hidden => s.shown,
            Some(s) => s.shown + (column - s.file),
        })
    }
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
        let (lines, shifts) = (first..=last).filter_map(|n| self.safe_line(n)).unzip();
        Excerpt {
            first_line: first,
            lines,
            shifts,
        }
    }

    fn safe_line(&self, line: u32) -> Option<(String, Vec<Shift>)> {
        let start = self.line_start(line)?;
        let end = self.line_start(line + 1).unwrap_or(self.text.len());
        let mut out = String::new();
        let mut shifts = Vec::new();
        let mut masked_until = 0;
        // Columns of the character at hand, in the file and as shown.
        let (mut file, mut shown) = (1, 1);
        for (offset, c) in self.text[start..end].char_indices() {
            let at = start + offset;
            if at < masked_until {
                file += 1;
                continue;
            }
            if masked_until > 0 && shifts.last().is_some_and(|s: &Shift| s.hidden) {
                shifts.push(Shift {
                    file,
                    shown,
                    hidden: false,
                });
            }
            if let Some(mask) = self.masks.iter().find(|m| m.range().contains(&at)) {
                shifts.push(Shift {
                    file,
                    shown,
                    hidden: true,
                });
                out.push_str(MASK);
                masked_until = mask.end as usize;
                file += 1;
                shown += 3;
                continue;
            }
            let before = out.len();
            match c {
                '\n' | '\r' => {}
                // A byte order mark has no column (see `place`).
                '\u{feff}' => continue,
                '\t' => out.push_str("    "),
                c if c.is_control() => out.extend(c.escape_default()),
                c => out.push(c),
            }
            let width = u32::try_from(out[before..].chars().count()).unwrap_or(1);
            file += 1;
            shown += width;
            if width > 1 {
                shifts.push(Shift {
                    file,
                    shown,
                    hidden: false,
                });
            }
        }
        Some((out, shifts))
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
    fn carets_stand_under_the_right_character() {
        let text = "\tURL = 'postgresql://u:secret@h/d?sslmode=x'\n";
        let source = Source::new("a", text);
        let excerpt = source.excerpt(1, 1);
        for (word, shown) in [
            ("URL", "URL"),
            ("sslmode", "sslmode"),
            ("secret", "***"),
            ("@h", "@h"),
        ] {
            let at = text.find(word).unwrap();
            let place = source.place(Span::new(at, at + word.len()));
            let column = excerpt.shown_column(1, place.column).unwrap() as usize;
            assert_eq!(Some(column - 1), excerpt.lines[0].find(shown), "{word}");
        }
        assert_eq!(excerpt.shown_column(2, 1), None);
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
