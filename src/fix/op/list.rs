//! Items separated by commas, in Python and TOML alike: adding and removing one while layout and
//! comments stay.

use std::ops::Range;

use crate::fix::doc::{indent, line_begin, line_end, next_line};
use crate::fix::splice::Splice;

/// Items between brackets, or without brackets (a bare `from m import a, b`).
pub struct List<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Byte ranges of the items, in order.
    pub items: Vec<Range<usize>>,
    /// Range between the brackets; `None` when there are none.
    pub inside: Option<Range<usize>>,
}

impl List<'_> {
    /// Adds an item at the end, in the layout of the last one.
    pub fn add(&self, item: &str, newline: &str) -> Vec<Splice> {
        let Some(last) = self.items.last() else {
            let at = self.inside.as_ref().map_or(0, |i| i.start);
            return vec![Splice::insert(at, item)];
        };
        let Some(inside) = self.inside.as_ref().filter(|_| self.starts_line(last)) else {
            return vec![Splice::insert(last.end, format!(", {item}"))];
        };
        let indent = indent(self.text, last.start);
        match self.comma_after(last.end) {
            Some(comma) => {
                let end = line_end(self.text, comma);
                let at = if inside.end > end { end } else { comma + 1 };
                vec![Splice::insert(at, format!("{newline}{indent}{item},"))]
            }
            None => {
                let end = line_end(self.text, last.end);
                let at = if inside.end > end { end } else { last.end };
                vec![
                    Splice::insert(last.end, ","),
                    Splice::insert(at, format!("{newline}{indent}{item}")),
                ]
            }
        }
    }

    /// Removes one item. The list may become empty; what surrounds it is the caller's business.
    pub fn remove(&self, index: usize) -> Option<Splice> {
        let item = self.items.get(index)?;
        if self.inside.is_some() && self.is_alone_on_its_lines(item) {
            let begin = line_begin(self.text, item.start);
            return Some(Splice::cut(begin..next_line(self.text, item.end)));
        }
        if let Some(next) = self.items.get(index + 1) {
            return Some(Splice::cut(item.start..next.start));
        }
        let Some(previous) = index.checked_sub(1).and_then(|i| self.items.get(i)) else {
            let end = self.comma_after(item.end).map_or(item.end, |c| c + 1);
            return Some(Splice::cut(item.start..end));
        };
        // A comment after the previous item stays with it.
        let start = match self.text[previous.end..item.start].contains('#') {
            true => item.start - indent(self.text, item.start).len(),
            false => previous.end,
        };
        Some(Splice::cut(start..item.end))
    }

    fn starts_line(&self, item: &Range<usize>) -> bool {
        let begin = line_begin(self.text, item.start);
        self.text[begin..item.start].trim().is_empty()
    }

    fn is_alone_on_its_lines(&self, item: &Range<usize>) -> bool {
        if !self.starts_line(item) {
            return false;
        }
        let rest = self.text[item.end..line_end(self.text, item.end)].trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        rest.is_empty() || rest.starts_with('#')
    }

    /// The comma that follows an item, comments skipped.
    fn comma_after(&self, offset: usize) -> Option<usize> {
        let end = self.inside.as_ref()?.end;
        let mut at = offset;
        while at < end {
            match self.text.as_bytes()[at] {
                b',' => return Some(at),
                b'#' => at = next_line(self.text, at),
                _ => at += 1,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::splice::apply;

    fn list(text: &str) -> List<'_> {
        let inside = text
            .find('(')
            .map(|open| open + 1..text.rfind(')').unwrap());
        let from = inside.as_ref().map_or(0, |i| i.start);
        let items = text[from..]
            .char_indices()
            .filter(|(n, c)| {
                c.is_ascii_lowercase()
                    && !text[..from + n].rsplit('\n').next().unwrap().contains('#')
            })
            .map(|(n, _)| from + n..from + n + 1)
            .collect();
        List {
            text,
            items,
            inside,
        }
    }

    #[test]
    fn items_are_added_in_the_layout_of_the_last() {
        let cases = [
            ("a, b", "a, b, X"),
            ("(a, b)", "(a, b, X)"),
            ("(a, b,)", "(a, b, X,)"),
            ("()", "(X)"),
            ("(\n  a,\n  b,\n)", "(\n  a,\n  b,\n  X,\n)"),
            ("(\n  a,\n  b\n)", "(\n  a,\n  b,\n  X\n)"),
            (
                "(\n  a,  # a, A\n  b  # B\n)",
                "(\n  a,  # a, A\n  b,  # B\n  X\n)",
            ),
            ("(\n  a,\n  b,  # B\n)", "(\n  a,\n  b,  # B\n  X,\n)"),
            ("(\n  a,\n  b)", "(\n  a,\n  b,\n  X)"),
            ("(\n  a,\n  b,)", "(\n  a,\n  b,\n  X,)"),
            ("a, \\\n  b", "a, \\\n  b, X"),
        ];
        for (before, after) in cases {
            let mut splices = list(before).add("X", "\n");
            assert_eq!(
                apply(before, &mut splices).as_deref(),
                Some(after),
                "{before:?}"
            );
        }
    }

    #[test]
    fn items_are_removed_with_their_comma_and_comment() {
        let cases = [
            ("a, b", 0, "b"),
            ("a, b", 1, "a"),
            ("(a, b, c)", 1, "(a, c)"),
            ("(a, b,)", 1, "(a,)"),
            ("(\n  a,\n  b,\n)", 0, "(\n  b,\n)"),
            ("(\n  a,  # A\n  b  # B\n)", 1, "(\n  a,  # A\n)"),
            ("(a,  # A\n  b)", 1, "(a,  # A\n)"),
            ("(a)", 0, "()"),
            ("(a,)", 0, "()"),
            ("a, \\\n  b", 1, "a"),
            ("a, \\\n  b", 0, "b"),
            ("(\r\n  a,\r\n  b,\r\n)", 1, "(\r\n  a,\r\n)"),
        ];
        for (before, index, after) in cases {
            let splice = list(before).remove(index).unwrap();
            assert_eq!(
                apply(before, &mut [splice]).as_deref(),
                Some(after),
                "{before:?} {index}"
            );
        }
    }
}
