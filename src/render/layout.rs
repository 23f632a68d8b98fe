//! Widths and line breaks of human output.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Breaks a text at blanks so that no line is wider than `columns`; a word that is wider is cut.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let needed = if line.is_empty() { 0 } else { width(&line) + 1 };
        if needed + width(word) <= columns {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while width(rest) > columns {
            let (head, tail) = split_at_width(rest, columns);
            lines.push(head.to_owned());
            rest = tail;
        }
        line.push_str(rest);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Longest head that fits, at least one character; a path is cut behind a slash.
fn split_at_width(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    let mut slash = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns && at > 0 {
            return text.split_at(if slash > 0 { slash } else { at });
        }
        if c == '/' && at > 0 {
            slash = at + 1;
        }
    }
    (text, "")
}

/// Left and right on one line; the right text goes to a line of its own when both do not fit.
pub fn spread(left: &str, right: &str, columns: usize) -> String {
    if right.is_empty() {
        return left.to_owned();
    }
    let (l, r) = (width(left), width(right));
    if l + 2 + r <= columns {
        format!("{left}{}{right}", " ".repeat(columns - l - r))
    } else {
        format!("{left}\n{}{right}", " ".repeat(columns.saturating_sub(r)))
    }
}

/// A text filled up with blanks.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The part of a long line around `from..to` (columns from 1), with the caret columns moved
/// along; `…` or `...` stands for what is left out.
pub fn window(
    line: &str,
    from: usize,
    to: usize,
    columns: usize,
    dots: &str,
) -> (String, usize, usize) {
    let chars: Vec<char> = line.chars().collect();
    if width(line) <= columns {
        return (line.to_owned(), from, to);
    }
    let gap = dots.chars().count();
    let room = columns.saturating_sub(2 * gap).max(8);
    let wanted = to.saturating_sub(from).min(room);
    let start = (from.saturating_sub(1) + wanted / 2)
        .saturating_sub(room / 2)
        .min(chars.len().saturating_sub(room));
    let mut end = (start + room).min(chars.len());
    // Wide characters take two columns: shorten until the piece fits.
    while end > start + 1 && width(&chars[start..end].iter().collect::<String>()) > room {
        end -= 1;
    }
    let head = if start > 0 { dots } else { "" };
    let tail = if end < chars.len() { dots } else { "" };
    let middle: String = chars[start..end].iter().collect();
    let shift = |c: usize| c.saturating_sub(start) + head.chars().count();
    (
        format!("{head}{middle}{tail}"),
        shift(from),
        shift(to).min(end - start + gap + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_never_exceed_the_width() {
        let text = "one two three-quarters-of-a-very-long-word-without-end four";
        for columns in [8, 10, 20, 79] {
            for line in wrap(text, columns) {
                assert!(width(&line) <= columns, "{line:?} in {columns}");
            }
        }
        assert_eq!(wrap("a b c", 80), ["a b c"]);
    }

    #[test]
    fn a_window_keeps_the_marked_part() {
        let line = format!("{}needle{}", "x".repeat(100), "y".repeat(100));
        let (shown, from, to) = window(&line, 101, 107, 40, "…");
        assert!(width(&shown) <= 40);
        let marked: String = shown.chars().skip(from - 1).take(to - from).collect();
        assert_eq!(marked, "needle");
    }
}
