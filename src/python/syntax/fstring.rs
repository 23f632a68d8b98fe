//! The tokens of f-strings since 3.12 (PEP 701) and t-strings since 3.14 (PEP 750).

use super::lexer::{Kind, Lexer, Stop, Token};

type Next<T> = Result<T, Stop>;

/// An f-string that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// `f` or `t`.
    name: u8,
    pub(super) quote: u8,
    /// 1 or 3.
    pub(super) quotes: usize,
    raw: bool,
    start: usize,
    /// Brackets that are open inside of it.
    pub(super) depth: usize,
    /// `depth` at which the innermost replacement field began; -1 outside of one.
    pub(super) expression: isize,
    /// Text is next, not code.
    pub(super) in_text: bool,
}

impl Mode {
    pub(super) fn in_expression(&self) -> bool {
        self.expression >= 0
    }
}

/// CPython's `MAXFSTRINGLEVEL` and `MAX_EXPR_NESTING`.
const MAX_NESTED: usize = 150;
const MAX_FORMATS: isize = 3;

impl Lexer<'_> {
    /// `f-string` or `t-string`, whichever is being read.
    pub(super) fn own_name(&self) -> &'static str {
        match self.modes.last() {
            Some(mode) if mode.name == b't' => "t-string",
            _ => "f-string",
        }
    }

    pub(super) fn fstring_start(&mut self, start: usize, name: u8, prefix: &[u8]) -> Next<Token> {
        let quote = self.peek(0).unwrap_or(b'"');
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let quotes = if triple { 3 } else { 1 };
        self.at += quotes;
        if self.modes.len() + 1 >= MAX_NESTED {
            return self.raise("too many nested f-strings");
        }
        let kind = if name == b't' {
            Kind::TstringStart
        } else {
            Kind::FstringStart
        };
        let token = self.token(kind, start);
        self.modes.push(Mode {
            name,
            quote,
            quotes,
            raw: prefix.contains(&b'r'),
            start,
            depth: 0,
            expression: -1,
            in_text: true,
        });
        Ok(token)
    }

    fn mode(&mut self) -> Option<&mut Mode> {
        self.modes.last_mut()
    }

    /// Text of an f-string up to a replacement field or its end (`tok_get_fstring_mode`).
    pub(super) fn fstring_text(&mut self) -> Next<Token> {
        let start = self.at;
        let Some(mode) = self.modes.last().copied() else {
            return self.raise("invalid syntax");
        };
        if self.peek(0) == Some(b'{') && self.peek(1) != Some(b'{') {
            self.begin_expression()?;
            return self.normal();
        }
        let closes = |lexer: &Self, at: usize| {
            (0..mode.quotes).all(|n| lexer.bytes.get(at + n) == Some(&mode.quote))
        };
        if closes(self, self.at) {
            self.at += mode.quotes;
            self.modes.pop();
            return Ok(self.token(Kind::FstringEnd, start));
        }
        let mut named_escape = false;
        // Text inside of a replacement field is its format.
        let in_format = mode.in_expression();
        loop {
            let Some(byte) = self.peek(0) else {
                return self.unterminated_fstring(&mode);
            };
            if byte == b'\n' && mode.quotes == 1 {
                if in_format {
                    if let Some(mode) = self.mode() {
                        mode.in_text = false;
                    }
                    return Ok(self.token(Kind::FstringMiddle, start));
                }
                return self.unterminated_fstring(&mode);
            }
            if byte == mode.quote && closes(self, self.at) {
                return Ok(self.token(Kind::FstringMiddle, start));
            }
            match byte {
                b'{' if self.peek(1) == Some(b'{') && !in_format => {
                    self.at += 1;
                    let token = self.token(Kind::FstringMiddle, start);
                    self.at += 1;
                    return Ok(token);
                }
                b'{' if named_escape => self.at += 1,
                b'{' => {
                    let token = self.token(Kind::FstringMiddle, start);
                    self.begin_expression()?;
                    return Ok(token);
                }
                b'}' if named_escape => {
                    named_escape = false;
                    self.at += 1;
                }
                b'}' => {
                    if self.peek(1) == Some(b'}') && !in_format && mode.depth == 0 {
                        self.at += 1;
                        let token = self.token(Kind::FstringMiddle, start);
                        self.at += 1;
                        return Ok(token);
                    }
                    if let Some(mode) = self.mode() {
                        mode.in_text = false;
                    }
                    return Ok(self.token(Kind::FstringMiddle, start));
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek(0) {
                        Some(b'{' | b'}') => {}
                        Some(b'N') if !mode.raw => {
                            self.at += 1;
                            named_escape = self.peek(0) == Some(b'{');
                            if named_escape {
                                self.at += 1;
                            }
                        }
                        Some(_) => self.at += 1,
                        None => {}
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn begin_expression(&mut self) -> Next<()> {
        let name = self.own_name();
        let too_deep = self.mode().is_some_and(|mode| {
            mode.expression += 1;
            mode.in_text = false;
            mode.expression >= MAX_FORMATS
        });
        if too_deep {
            return self.raise(format!("{name}: expressions nested too deeply"));
        }
        Ok(())
    }

    fn unterminated_fstring(&self, mode: &Mode) -> Next<Token> {
        let (first, last) = (self.line_of(mode.start), self.line());
        let name = self.own_name();
        let kind = if mode.quotes == 3 {
            "triple-quoted "
        } else {
            ""
        };
        self.raise_at(
            first,
            format!("unterminated {kind}{name} literal (detected at line {last})"),
        )
    }

    /// `:` and `!` at the top of a replacement field end its expression.
    pub(super) fn replacement_punctuation(
        &mut self,
        start: usize,
        byte: u8,
    ) -> Next<Option<Token>> {
        let Some(mode) = self.modes.last().copied().filter(Mode::in_expression) else {
            return Ok(None);
        };
        let depth = isize::try_from(mode.depth).unwrap_or(isize::MAX);
        if byte == b':' && depth - 1 == mode.expression {
            self.at += 1;
            if let Some(mode) = self.mode() {
                mode.in_text = true;
            }
            return Ok(Some(self.token(Kind::Word(":"), start)));
        }
        Ok(None)
    }
}
