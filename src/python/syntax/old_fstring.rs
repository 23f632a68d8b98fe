//! F-strings as Python up to 3.11 reads them: text first, then the code of each replacement field.
//!
//! Knows `fstring_find_literal` and `fstring_find_expr` of `Parser/string_parser.c`.

use super::SyntaxProblem;
use super::literals;
use super::peg;

/// What is wrong, and where it is said to be.
pub enum Fault {
    /// Where the parser has read to.
    Here(String),
    /// In the code of a replacement field.
    Inside(SyntaxProblem),
}

struct Reader<'t> {
    content: &'t str,
    bytes: &'t [u8],
    at: usize,
    raw: bool,
    /// Line on which `content` begins.
    line: u32,
    minor: u8,
}

fn here<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Here(message.into()))
}

/// Reads an f-string literal that begins on `line`.
pub fn check(literal: &str, line: u32, minor: u8) -> Result<(), Fault> {
    let (prefix, content) = literals::split(literal);
    let mut reader = Reader {
        content,
        bytes: content.as_bytes(),
        at: 0,
        raw: prefix.contains('r'),
        line,
        minor,
    };
    reader.parts(0)?;
    Ok(())
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn expected_end<T>(&self) -> Result<T, Fault> {
        here("f-string: expecting '}'")
    }

    /// Text and replacement fields up to the end, or, in a format, up to its `}`.
    fn parts(&mut self, nesting: usize) -> Result<(), Fault> {
        loop {
            self.literal(nesting)?;
            match self.peek(0) {
                None => return Ok(()),
                Some(b'}') => return Ok(()),
                _ => self.field(nesting)?,
            }
        }
    }

    fn literal(&mut self, nesting: usize) -> Result<(), Fault> {
        let mut start = self.at;
        loop {
            match self.peek(0) {
                None => break,
                Some(b'\\') if !self.raw => {
                    self.at += 1;
                    if self.peek(0) == Some(b'N') {
                        self.at += 1;
                        if self.peek(0) == Some(b'{') {
                            while self.peek(0).is_some_and(|b| b != b'}') {
                                self.at += 1;
                            }
                            if self.peek(0).is_some() {
                                self.at += 1;
                            }
                        }
                    } else if !matches!(self.peek(0), Some(b'{' | b'}') | None) {
                        self.at += 1;
                    }
                }
                Some(brace @ (b'{' | b'}')) => {
                    if nesting == 0 {
                        if self.peek(1) == Some(brace) {
                            self.decode(start, self.at + 1)?;
                            self.at += 2;
                            start = self.at;
                            continue;
                        }
                        if brace == b'}' {
                            return here("f-string: single '}' is not allowed");
                        }
                    }
                    break;
                }
                Some(_) => self.at += 1,
            }
        }
        self.decode(start, self.at)
    }

    fn decode(&self, start: usize, end: usize) -> Result<(), Fault> {
        if self.raw {
            return Ok(());
        }
        match self.content.get(start..end).and_then(literals::escapes) {
            Some(message) => here(message),
            None => Ok(()),
        }
    }

    fn field(&mut self, nesting: usize) -> Result<(), Fault> {
        if nesting >= 2 {
            return here("f-string: expressions nested too deeply");
        }
        self.at += 1;
        let start = self.at;
        self.expression()?;
        let end = self.at;
        if self.at >= self.bytes.len() {
            return self.expected_end();
        }
        self.code(start, end)?;
        if self.peek(0) == Some(b'=') {
            self.at += 1;
            while self.peek(0).is_some_and(|b| b.is_ascii_whitespace()) {
                self.at += 1;
            }
            if self.at >= self.bytes.len() {
                return self.expected_end();
            }
        }
        if self.peek(0) == Some(b'!') {
            self.at += 1;
            let Some(conversion) = self.peek(0) else {
                return self.expected_end();
            };
            self.at += 1;
            if !matches!(conversion, b's' | b'r' | b'a') {
                return here("f-string: invalid conversion character: expected 's', 'r', or 'a'");
            }
        }
        match self.peek(0) {
            None => return self.expected_end(),
            Some(b':') => {
                self.at += 1;
                if self.at >= self.bytes.len() {
                    return self.expected_end();
                }
                self.parts(nesting + 1)?;
            }
            _ => {}
        }
        if self.peek(0) != Some(b'}') {
            return self.expected_end();
        }
        self.at += 1;
        Ok(())
    }

    /// Finds the end of a field's code.
    fn expression(&mut self) -> Result<(), Fault> {
        let mut quote: Option<(u8, usize)> = None;
        let mut open: Vec<u8> = Vec::new();
        while let Some(byte) = self.peek(0) {
            if byte == b'\\' {
                return here("f-string expression part cannot include a backslash");
            }
            if let Some((mark, size)) = quote {
                if byte == mark
                    && (size == 1 || (self.peek(1) == Some(mark) && self.peek(2) == Some(mark)))
                {
                    self.at += size;
                    quote = None;
                } else {
                    self.at += 1;
                }
                continue;
            }
            match byte {
                b'"' | b'\'' => {
                    let triple = self.peek(1) == Some(byte) && self.peek(2) == Some(byte);
                    let size = if triple { 3 } else { 1 };
                    quote = Some((byte, size));
                    self.at += size;
                    continue;
                }
                b'[' | b'{' | b'(' => {
                    if open.len() >= 200 {
                        return here("f-string: too many nested parenthesis");
                    }
                    open.push(byte);
                }
                b'#' => return here("f-string expression part cannot include '#'"),
                b'!' | b':' | b'}' | b'=' | b'<' | b'>' if open.is_empty() => {
                    if matches!(byte, b'!' | b'=' | b'<' | b'>') && self.peek(1) == Some(b'=') {
                        self.at += 2;
                        continue;
                    }
                    if !matches!(byte, b'<' | b'>') {
                        break;
                    }
                }
                b']' | b'}' | b')' => {
                    let close = char::from(byte);
                    let Some(opening) = open.pop() else {
                        return here(format!("f-string: unmatched '{close}'"));
                    };
                    if !matches!((opening, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
                        return here(format!(
                            "f-string: closing parenthesis '{close}' does not match opening parenthesis '{}'",
                            char::from(opening)
                        ));
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        if quote.is_some() {
            return here("f-string: unterminated string");
        }
        if let Some(opening) = open.last() {
            return here(format!("f-string: unmatched '{}'", char::from(*opening)));
        }
        Ok(())
    }

    fn code(&self, start: usize, end: usize) -> Result<(), Fault> {
        let code = self.content.get(start..end).unwrap_or_default();
        if code
            .chars()
            .all(|c| matches!(c, ' ' | '\t' | '\n' | '\u{c}' | '\r'))
        {
            return match self.peek(0) {
                Some(mark @ (b'!' | b':' | b'=')) if self.minor >= 11 => here(format!(
                    "f-string: expression required before '{}'",
                    char::from(mark)
                )),
                _ => here("f-string: empty expression not allowed"),
            };
        }
        let Some(mut problem) = peg::judge_replacement(&format!("({code})\n"), self.minor) else {
            return Ok(());
        };
        let before = self.content[..start].matches('\n').count();
        let shift = self.line + u32::try_from(before).unwrap_or(0);
        problem.line = problem.line.map(|l| l + shift - 1);
        Err(Fault::Inside(problem))
    }
}
