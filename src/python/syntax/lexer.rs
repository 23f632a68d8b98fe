//! Tokens as CPython's tokenizer makes them, up to the first that it cannot make.
//!
//! Knows `Parser/tokenizer.c` and `Parser/lexer/lexer.c` of Python 3.9 to 3.14: indentation,
//! numbers, strings, brackets, and what each says when it stops. Knows no grammar. The f-strings
//! of 3.12 and later are in `fstring.rs`.

use super::fstring::Mode;

/// What a token is to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier that is no keyword.
    Name,
    /// A number.
    Number,
    /// A string or bytes literal, prefix and quotes included.
    String,
    /// Beginning, text and end of an f-string (3.12), beginning of a t-string (3.14).
    FstringStart,
    FstringMiddle,
    FstringEnd,
    TstringStart,
    /// Ends of lines and blocks.
    Newline,
    Indent,
    Dedent,
    EndMarker,
    /// A keyword or an operator.
    Word(&'static str),
}

/// A token: what, where (bytes), on which line, and how many brackets are open after it.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// 1-based line of its first character.
    pub line: u32,
    pub level: usize,
}

/// Why there is no further token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// `SyntaxError`, `IndentationError` or `TabError`.
    pub kind: &'static str,
    pub message: String,
    pub line: u32,
    /// Raised by the tokenizer itself; otherwise only a state that the parser turns into an error.
    pub raised: bool,
    /// The text ended.
    pub end_of_file: bool,
}

/// An open bracket and its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    pub(super) open: u8,
    pub(super) line: u32,
}

/// All tokens of a text, and why they end.
#[derive(Debug)]
pub struct Tokens {
    pub list: Vec<Token>,
    /// `None` when the last token is `EndMarker`.
    pub stop: Option<Stop>,
    /// Innermost bracket that is open where the tokens stop: character and line.
    pub unclosed: Option<(char, u32)>,
    /// The tokens stop inside of an f-string (3.12).
    pub in_fstring: bool,
}

/// CPython's `MAXLEVEL` and `MAXINDENT`.
const MAX_BRACKETS: usize = 200;
const MAX_INDENT: usize = 100;

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) minor: u8,
    pub(super) at: usize,
    pub(super) line_starts: Vec<usize>,
    indents: Vec<(usize, usize)>,
    pending: isize,
    at_line_start: bool,
    blank_line: bool,
    pub(super) brackets: Vec<Bracket>,
    pub(super) modes: Vec<Mode>,
    pub(super) list: Vec<Token>,
}

/// Reads all tokens. `text` has `\n` line ends only, and ends with one.
pub fn tokens(text: &str, minor: u8) -> Tokens {
    let mut line_starts = vec![0];
    line_starts.extend(
        text.bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(n, _)| n + 1),
    );
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        minor,
        at: 0,
        line_starts,
        indents: vec![(0, 0)],
        pending: 0,
        at_line_start: true,
        blank_line: false,
        brackets: Vec::new(),
        modes: Vec::new(),
        list: Vec::new(),
    };
    let stop = loop {
        match lexer.next() {
            Ok(token) => {
                lexer.list.push(token);
                if token.kind == Kind::EndMarker {
                    break None;
                }
            }
            Err(stop) => break Some(stop),
        }
    };
    Tokens {
        unclosed: lexer.brackets.last().map(|b| (char::from(b.open), b.line)),
        in_fstring: !lexer.modes.is_empty(),
        list: lexer.list,
        stop,
    }
}

type Next<T> = Result<T, Stop>;

impl Lexer<'_> {
    /// The line that a position is on; the end of the text is on the last line.
    pub(super) fn line_of(&self, at: usize) -> u32 {
        let at = at.min(self.bytes.len().saturating_sub(1));
        u32::try_from(self.line_starts.partition_point(|s| *s <= at)).unwrap_or(u32::MAX)
    }

    pub(super) fn line(&self) -> u32 {
        self.line_of(self.at)
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// An error that the tokenizer raises, on the current line.
    pub(super) fn raise<T>(&self, message: impl Into<String>) -> Next<T> {
        self.raise_at(self.line(), message)
    }

    #[expect(clippy::unused_self, reason = "reads like `raise`")]
    pub(super) fn raise_at<T>(&self, line: u32, message: impl Into<String>) -> Next<T> {
        Err(Stop {
            kind: "SyntaxError",
            message: message.into(),
            line,
            raised: true,
            end_of_file: false,
        })
    }

    fn state<T>(&self, kind: &'static str, message: &str) -> Next<T> {
        Err(Stop {
            kind,
            message: message.to_owned(),
            line: self.line(),
            raised: false,
            end_of_file: false,
        })
    }

    fn end_of_file<T>(&self) -> Next<T> {
        Err(Stop {
            kind: "SyntaxError",
            message: "unexpected EOF while parsing".to_owned(),
            line: self.line_of(self.bytes.len()),
            raised: false,
            end_of_file: true,
        })
    }

    pub(super) fn token(&self, kind: Kind, start: usize) -> Token {
        Token {
            kind,
            start,
            end: self.at,
            line: self.line_of(start),
            level: self.brackets.len(),
        }
    }

    fn next(&mut self) -> Next<Token> {
        if self.modes.last().is_some_and(|m| m.in_text) {
            return self.fstring_text();
        }
        self.normal()
    }

    pub(super) fn normal(&mut self) -> Next<Token> {
        loop {
            self.blank_line = false;
            if self.at_line_start {
                self.at_line_start = false;
                self.indentation()?;
            }
            if self.pending != 0 {
                let start = self.at;
                let (kind, step) = if self.pending < 0 {
                    (Kind::Dedent, 1)
                } else {
                    (Kind::Indent, -1)
                };
                self.pending += step;
                return Ok(self.token(kind, start));
            }
            if let Some(token) = self.in_line()? {
                return Ok(token);
            }
        }
    }

    /// Measures the indentation of a line (`tok_get_indent`).
    fn indentation(&mut self) -> Next<()> {
        let (mut wide, mut narrow) = (0, 0);
        let mut continued: Option<(usize, usize)> = None;
        loop {
            match self.peek(0) {
                Some(b' ') => (wide, narrow) = (wide + 1, narrow + 1),
                Some(b'\t') => (wide, narrow) = ((wide / 8 + 1) * 8, narrow + 1),
                Some(b'\x0c') => (wide, narrow) = (0, 0),
                Some(b'\\') if self.minor >= 10 => {
                    continued = continued.filter(|c| c.0 > 0).or(Some((wide, narrow)));
                    self.at += 1;
                    self.continuation()?;
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        let skipped = self.minor <= 9 && self.peek(0) == Some(b'\\');
        if skipped || matches!(self.peek(0), Some(b'#' | b'\n')) {
            self.blank_line = true;
            return Ok(());
        }
        if !self.brackets.is_empty() {
            return Ok(());
        }
        if let Some(first) = continued.filter(|c| c.0 > 0) {
            (wide, narrow) = first;
        }
        if self.peek(0).is_none() {
            (wide, narrow) = (0, 0);
        }
        self.change_indentation(wide, narrow)
    }

    fn change_indentation(&mut self, wide: usize, narrow: usize) -> Next<()> {
        const TABS: &str = "inconsistent use of tabs and spaces in indentation";
        let top = self.indents.last().copied().unwrap_or_default();
        if wide == top.0 {
            if narrow != top.1 {
                return self.state("TabError", TABS);
            }
        } else if wide > top.0 {
            if self.indents.len() >= MAX_INDENT {
                return self.state("IndentationError", "too many levels of indentation");
            }
            if narrow <= top.1 {
                return self.state("TabError", TABS);
            }
            self.pending += 1;
            self.indents.push((wide, narrow));
        } else {
            while self.indents.len() > 1 && self.indents.last().is_some_and(|i| wide < i.0) {
                self.pending -= 1;
                self.indents.pop();
            }
            let top = self.indents.last().copied().unwrap_or_default();
            if wide != top.0 {
                return self.state(
                    "IndentationError",
                    "unindent does not match any outer indentation level",
                );
            }
            if narrow != top.1 {
                return self.state("TabError", TABS);
            }
        }
        Ok(())
    }

    /// After a backslash: the line must end here, and the text must go on.
    fn continuation(&mut self) -> Next<()> {
        if self.peek(0) != Some(b'\n') {
            return self.state(
                "SyntaxError",
                "unexpected character after line continuation character",
            );
        }
        self.at += 1;
        if self.peek(0).is_none() {
            return self.end_of_file();
        }
        Ok(())
    }

    /// A token of the current line; `None` when the line ended without one.
    fn in_line(&mut self) -> Next<Option<Token>> {
        loop {
            while matches!(self.peek(0), Some(b' ' | b'\t' | b'\x0c')) {
                self.at += 1;
            }
            if self.peek(0) == Some(b'#') {
                while self.peek(0).is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
            }
            let start = self.at;
            let Some(first) = self.peek(0) else {
                return if self.brackets.is_empty() || self.minor <= 9 {
                    Ok(Some(self.token(Kind::EndMarker, start)))
                } else {
                    self.end_of_file()
                };
            };
            return match first {
                b'\n' => {
                    self.at += 1;
                    self.at_line_start = true;
                    if self.blank_line || !self.brackets.is_empty() {
                        return Ok(None);
                    }
                    Ok(Some(self.token(Kind::Newline, start)))
                }
                b'\\' => {
                    self.at += 1;
                    self.continuation()?;
                    continue;
                }
                b'"' | b'\'' => self.string(start).map(Some),
                b'0'..=b'9' => self.number(start).map(Some),
                b'.' if self.peek(1).is_some_and(|b| b.is_ascii_digit()) => {
                    self.number(start).map(Some)
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 128.. => self.name(start).map(Some),
                _ => self.operator(start).map(Some),
            };
        }
    }

    fn name(&mut self, start: usize) -> Next<Token> {
        let mut prefix: Vec<u8> = Vec::new();
        while let Some(byte) = self.peek(0) {
            if matches!(byte, b'"' | b'\'') && self.at > start {
                return match prefix.iter().find(|p| matches!(p, b'f' | b't')) {
                    Some(kind) if self.minor >= 12 => self.fstring_start(start, *kind, &prefix),
                    _ => self.string(start),
                };
            }
            let lower = byte.to_ascii_lowercase();
            let has = |b: u8| prefix.contains(&b);
            let fits = match lower {
                b'b' => !(has(b'b') || has(b'u') || has(b'f') || has(b't')),
                b'u' => prefix.is_empty(),
                b'r' => !(has(b'r') || has(b'u')),
                b'f' => !(has(b'f') || has(b'b') || has(b'u') || has(b't')),
                b't' => self.minor >= 14 && !(has(b'f') || has(b'b') || has(b'u') || has(b't')),
                _ => false,
            };
            if !fits {
                break;
            }
            prefix.push(lower);
            self.at += 1;
        }
        while self
            .peek(0)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 128)
        {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        if !word.is_ascii() {
            self.verify_identifier(start, word)?;
        }
        let kind = keyword(word).map_or(Kind::Name, Kind::Word);
        Ok(self.token(kind, start))
    }

    /// A name with characters that no name may have (PEP 3131).
    fn verify_identifier(&self, start: usize, word: &str) -> Next<()> {
        let wrong = word.char_indices().find(|(at, c)| {
            *c != '_'
                && !if *at == 0 {
                    unicode_ident::is_xid_start(*c)
                } else {
                    unicode_ident::is_xid_continue(*c)
                }
        });
        let Some((_, character)) = wrong else {
            return Ok(());
        };
        let code = format!("U+{:04X}", u32::from(character));
        self.raise_at(
            self.line_of(start),
            if is_printable(character) {
                format!("invalid character '{character}' ({code})")
            } else {
                format!("invalid non-printable character {code}")
            },
        )
    }

    /// A string up to its closing quotes.
    fn string(&mut self, start: usize) -> Next<Token> {
        let quote = self.peek(0).unwrap_or(b'"');
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        if !triple && self.peek(1) == Some(quote) {
            self.at += 2;
            return Ok(self.token(Kind::String, start));
        }
        let size = if triple { 3 } else { 1 };
        self.at += size;
        let (mut closing, mut escaped_quote) = (0, false);
        while closing != size {
            match self.peek(0) {
                None => return self.unterminated(start, quote, size, escaped_quote),
                Some(b'\n') if size == 1 => {
                    return self.unterminated(start, quote, size, escaped_quote);
                }
                Some(b) if b == quote => closing += 1,
                Some(b) => {
                    closing = 0;
                    if b == b'\\' {
                        self.at += 1;
                        escaped_quote |= self.peek(0) == Some(quote);
                    }
                }
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
        Ok(self.token(Kind::String, start))
    }

    fn unterminated(
        &self,
        start: usize,
        quote: u8,
        size: usize,
        escaped_quote: bool,
    ) -> Next<Token> {
        let (first, last) = (self.line_of(start), self.line());
        if self.minor <= 9 {
            return if size == 3 {
                self.raise_end(
                    last,
                    first,
                    "EOF while scanning triple-quoted string literal",
                )
            } else {
                self.raise_end(last, first, "EOL while scanning string literal")
            };
        }
        let own = self.modes.last().filter(|m| m.in_expression());
        if own.is_some_and(|m| m.quote == quote && m.quotes == size) {
            return self.raise_at(first, format!("{}: expecting '}}'", self.own_name()));
        }
        if size == 3 {
            return self.raise_at(
                first,
                format!("unterminated triple-quoted string literal (detected at line {last})"),
            );
        }
        let hint = if escaped_quote && self.minor >= 13 {
            "; perhaps you escaped the end quote?"
        } else {
            ""
        };
        self.raise_at(
            first,
            format!("unterminated string literal (detected at line {last}){hint}"),
        )
    }

    /// As Python 3.9 has it: the state of the tokenizer, on the line where the text ends.
    fn raise_end<T>(&self, last: u32, _first: u32, message: &str) -> Next<T> {
        self.raise_at(last, message).map_err(|mut stop: Stop| {
            stop.raised = false;
            stop
        })
    }

    fn operator(&mut self, start: usize) -> Next<Token> {
        let byte = self.peek(0).unwrap_or_default();
        if let Some(token) = self.replacement_punctuation(start, byte)? {
            return Ok(token);
        }
        let rest = &self.bytes[self.at..];
        let long = OPERATORS.iter().find(|o| rest.starts_with(o.as_bytes()));
        if let Some(word) = long {
            self.at += word.len();
            return Ok(self.token(Kind::Word(word), start));
        }
        self.at += 1;
        match byte {
            b'(' | b'[' | b'{' => {
                if self.brackets.len() >= MAX_BRACKETS {
                    return self.raise_at(self.line_of(start), "too many nested parentheses");
                }
                let line = self.line_of(start);
                self.brackets.push(Bracket { open: byte, line });
                if let Some(mode) = self.modes.last_mut() {
                    mode.depth += 1;
                }
            }
            b')' | b']' | b'}' => self.close(start, byte)?,
            _ => {}
        }
        if byte.is_ascii_control() && self.minor >= 11 {
            return self.raise_at(
                self.line_of(start),
                format!("invalid non-printable character U+{byte:04X}"),
            );
        }
        let word = SINGLE
            .iter()
            .find(|s| s.as_bytes().first() == Some(&byte))
            .copied()
            .unwrap_or("");
        Ok(self.token(Kind::Word(word), start))
    }

    fn close(&mut self, start: usize, byte: u8) -> Next<()> {
        let (line, close) = (self.line_of(start), char::from(byte));
        let name = self.own_name();
        if byte == b'}' && self.modes.last().is_some_and(|m| m.depth == 0) {
            return self.raise_at(line, format!("{name}: single '}}' is not allowed"));
        }
        let Some(opening) = self.brackets.pop() else {
            return self.raise_at(line, format!("unmatched '{close}'"));
        };
        let fits = matches!(
            (opening.open, byte),
            (b'(', b')') | (b'[', b']') | (b'{', b'}')
        );
        if !fits {
            let own = |m: &Mode| isize::try_from(m.depth).unwrap_or(isize::MAX) - 1 == m.expression;
            if opening.open == b'{' && self.modes.last().is_some_and(own) {
                return self.raise_at(line, format!("{name}: unmatched '{close}'"));
            }
            let text = format!(
                "closing parenthesis '{close}' does not match opening parenthesis '{}'",
                char::from(opening.open)
            );
            return if opening.line == line {
                self.raise_at(line, text)
            } else {
                self.raise_at(line, format!("{text} on line {}", opening.line))
            };
        }
        if let Some(mode) = self.modes.last_mut() {
            mode.depth = mode.depth.saturating_sub(1);
            if byte == b'}' && isize::try_from(mode.depth).unwrap_or(isize::MAX) == mode.expression
            {
                mode.expression -= 1;
                mode.in_text = true;
            }
        }
        Ok(())
    }
}

/// May CPython print it (`str.isprintable`)?
pub fn is_printable(c: char) -> bool {
    use unicode_general_category::{GeneralCategory as G, get_general_category};
    c == ' '
        || !matches!(
            get_general_category(c),
            G::Control
                | G::Format
                | G::Surrogate
                | G::PrivateUse
                | G::Unassigned
                | G::LineSeparator
                | G::ParagraphSeparator
                | G::SpaceSeparator
        )
}

/// Operators of two and three characters, longest first.
const OPERATORS: &[&str] = &[
    "...", "**=", "//=", "<<=", ">>=", "!=", "%=", "&=", "**", "*=", "+=", "-=", "->", "//", "/=",
    ":=", "<<", "<=", "<>", "==", ">=", ">>", "@=", "^=", "|=",
];

const SINGLE: &[&str] = &[
    "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "+", "-", "*", "/", "%", "&", "|", "^",
    "~", "<", ">", "@", "!",
];

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.binary_search(&word).ok().map(|n| KEYWORDS[n])
}

/// The static form of a keyword or operator, for the grammar.
pub fn word(text: &str) -> Option<&'static str> {
    KEYWORDS
        .iter()
        .chain(OPERATORS)
        .chain(SINGLE)
        .find(|w| **w == text)
        .copied()
}
