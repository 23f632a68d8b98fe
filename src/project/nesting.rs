//! Would parsing this text need a deep stack? Asked before a recursive parser sees a hostile file.
//!
//! A tree gets deep by brackets, by prefix and binary operators, by attributes and calls in a row,
//! and by indentation. CPython gives up beyond 200 brackets and 100 indentations; the bound on
//! operators is far above what people write.

/// Open brackets, as in CPython's tokenizer (`MAXLEVEL`).
const MAX_BRACKETS: usize = 200;
/// Indentations, as in CPython's tokenizer (`MAXINDENT`).
const MAX_INDENTS: usize = 100;
/// Operators and the like on the way from a statement to its innermost expression.
const MAX_OPERATORS: u32 = 1_500;

/// Words that nest what follows them.
const NESTING_WORDS: &[&str] = &[
    "not", "await", "lambda", "if", "else", "elif", "yield", "class", "def", "with", "for",
    "while", "try", "match", "case", "async", "from", "in",
];

struct Scan {
    /// Operators seen on each open level since its last comma.
    levels: Vec<u32>,
    total: u32,
    indents: Vec<usize>,
}

impl Scan {
    fn count(&mut self) {
        if let Some(top) = self.levels.last_mut() {
            *top += 1;
            self.total += 1;
        }
    }

    fn reset_top(&mut self) {
        if let Some(top) = self.levels.last_mut() {
            self.total -= *top;
            *top = 0;
        }
    }

    fn too_deep(&self) -> bool {
        self.levels.len() > MAX_BRACKETS
            || self.indents.len() > MAX_INDENTS
            || self.total > MAX_OPERATORS
    }
}

/// Is the text nested deeper than a sane program?
pub(super) fn too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut scan = Scan {
        levels: vec![0],
        total: 0,
        indents: Vec::new(),
    };
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += line_rest(bytes, at),
            b'"' | b'\'' => {
                at = super::secrets::python::string_end(bytes, at);
                continue;
            }
            b'(' | b'[' | b'{' => {
                scan.count();
                scan.levels.push(0);
            }
            b')' | b']' | b'}' if scan.levels.len() > 1 => {
                scan.reset_top();
                scan.levels.pop();
            }
            b',' => scan.reset_top(),
            b'\n' if scan.levels.len() == 1 => {
                scan.reset_top();
                indentation(bytes, at + 1, &mut scan.indents);
            }
            b'-' | b'+' | b'~' | b'*' | b'/' | b'.' | b'%' | b'@' | b'<' | b'>' | b'&' | b'|'
            | b'^' => scan.count(),
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let end = word_end(bytes, at);
                if NESTING_WORDS.contains(&&text[at..end]) {
                    scan.count();
                }
                at = end;
                if scan.too_deep() {
                    return true;
                }
                continue;
            }
            _ => {}
        }
        if scan.too_deep() {
            return true;
        }
        at += 1;
    }
    false
}

/// Bytes up to the line end.
fn line_rest(bytes: &[u8], at: usize) -> usize {
    let rest = bytes[at..].iter().position(|b| *b == b'\n');
    rest.unwrap_or(bytes.len() - at).saturating_sub(1)
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let length = bytes[at..].iter().position(|b| !word(b));
    length.map_or(bytes.len(), |n| at + n)
}

/// Keeps the stack of indentations as a tokenizer does; blank lines do not count.
fn indentation(bytes: &[u8], at: usize, indents: &mut Vec<usize>) {
    let rest = &bytes[at..];
    let width = rest
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t'))
        .unwrap_or(rest.len());
    if matches!(rest.get(width), None | Some(b'\n' | b'\r' | b'#')) {
        return;
    }
    while indents.last().is_some_and(|top| *top >= width) {
        indents.pop();
    }
    if width > 0 {
        indents.push(width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_are_deep() {
        let indented: String = (0..300)
            .map(|n| format!("{}if 1:\n", " ".repeat(n)))
            .collect();
        for (name, text) in [
            ("brackets", "[".repeat(1_000)),
            ("minus", "-".repeat(5_000)),
            ("not", "not ".repeat(5_000)),
            ("lambda", "lambda: ".repeat(5_000)),
            ("conditional", "1 if 1 else ".repeat(5_000)),
            ("attributes", format!("a{}", ".b".repeat(5_000))),
            ("calls", format!("a{}", "()".repeat(5_000))),
            ("powers", format!("1{}", "**1".repeat(5_000))),
            ("indentation", indented),
        ] {
            assert!(too_deep(&text), "{name}");
        }
    }

    #[test]
    fn ordinary_texts_are_not() {
        let table: String = (0..5_000)
            .map(|n| format!("    ({n}, -1.5, 'a.b.c'),\n"))
            .collect();
        let lines: String = (0..5_000).map(|n| format!("x.y({n}).z = -{n}\n")).collect();
        let text = format!("'''{}'''\n", "- . ( ".repeat(5_000));
        for text in [format!("X = [\n{table}]\n"), lines, text] {
            assert!(!too_deep(&text), "{}", &text[..40]);
        }
    }
}
