//! Number tokens (`tok_get`, `tok_decimal_tail`, `verify_end_of_number`).

use super::lexer::{Kind, Lexer, Stop, Token};

type Next<T> = Result<T, Stop>;

impl Lexer<'_> {
    fn digit(&self) -> bool {
        self.peek(0).is_some_and(|b| b.is_ascii_digit())
    }

    /// A number that begins with a digit, or with a dot before a digit.
    pub(super) fn number(&mut self, start: usize) -> Next<Token> {
        match (self.peek(0), self.peek(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => self.radix(16, "hexadecimal")?,
            (Some(b'0'), Some(b'o' | b'O')) => self.radix(8, "octal")?,
            (Some(b'0'), Some(b'b' | b'B')) => self.radix(2, "binary")?,
            (Some(b'0'), _) => self.zeros()?,
            (Some(b'.'), _) => self.fraction()?,
            _ => {
                self.decimal_tail()?;
                self.after_integer()?;
            }
        }
        Ok(self.token(Kind::Number, start))
    }

    fn radix(&mut self, radix: u32, name: &str) -> Next<()> {
        let fits = |b: Option<u8>| b.is_some_and(|b| char::from(b).is_digit(radix));
        self.at += 2;
        loop {
            if self.peek(0) == Some(b'_') {
                self.at += 1;
            }
            if !fits(self.peek(0)) {
                return self.wrong_digit(name);
            }
            while fits(self.peek(0)) {
                self.at += 1;
            }
            if self.peek(0) != Some(b'_') {
                break;
            }
        }
        if radix < 10 && self.digit() {
            return self.wrong_digit(name);
        }
        self.end_of_number(name)
    }

    fn wrong_digit(&mut self, name: &str) -> Next<()> {
        match self.peek(0) {
            Some(b) if b.is_ascii_digit() => self.raise(format!(
                "invalid digit '{}' in {name} literal",
                char::from(b)
            )),
            _ => self.raise(format!("invalid {name} literal")),
        }
    }

    /// A literal that begins with zero: all of it is zeros, or it is no integer.
    fn zeros(&mut self) -> Next<()> {
        loop {
            if self.peek(0) == Some(b'_') {
                self.at += 1;
                if !self.digit() {
                    return self.raise("invalid decimal literal");
                }
            }
            if self.peek(0) != Some(b'0') {
                break;
            }
            self.at += 1;
        }
        let nonzero = self.digit();
        if nonzero {
            self.decimal_tail()?;
        }
        match self.peek(0) {
            Some(b'.') => {
                self.at += 1;
                self.fraction_digits()
            }
            Some(b'e' | b'E') => self.exponent(),
            Some(b'j' | b'J') => self.imaginary(),
            _ if nonzero => self.raise(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            ),
            _ => self.end_of_number("decimal"),
        }
    }

    /// Digits with single underscores between them.
    fn decimal_tail(&mut self) -> Next<()> {
        loop {
            while self.digit() {
                self.at += 1;
            }
            if self.peek(0) != Some(b'_') {
                return Ok(());
            }
            self.at += 1;
            if !self.digit() {
                return self.raise("invalid decimal literal");
            }
        }
    }

    fn after_integer(&mut self) -> Next<()> {
        match self.peek(0) {
            Some(b'.') => self.fraction(),
            _ => self.after_fraction(),
        }
    }

    fn fraction(&mut self) -> Next<()> {
        self.at += 1;
        self.fraction_digits()
    }

    fn fraction_digits(&mut self) -> Next<()> {
        if self.digit() {
            self.decimal_tail()?;
        }
        self.after_fraction()
    }

    fn after_fraction(&mut self) -> Next<()> {
        match self.peek(0) {
            Some(b'e' | b'E') => self.exponent(),
            Some(b'j' | b'J') => self.imaginary(),
            _ => self.end_of_number("decimal"),
        }
    }

    fn exponent(&mut self) -> Next<()> {
        match self.peek(1) {
            Some(b'+' | b'-') => {
                self.at += 2;
                if !self.digit() {
                    return self.raise("invalid decimal literal");
                }
            }
            Some(b) if b.is_ascii_digit() => self.at += 1,
            // `1else`: the letter begins the next token.
            _ => return self.end_of_number("decimal"),
        }
        self.decimal_tail()?;
        match self.peek(0) {
            Some(b'j' | b'J') => self.imaginary(),
            _ => self.end_of_number("decimal"),
        }
    }

    fn imaginary(&mut self) -> Next<()> {
        self.at += 1;
        self.end_of_number("imaginary")
    }

    /// What follows a number must not look like a part of it; keywords may follow.
    fn end_of_number(&mut self, name: &str) -> Next<()> {
        const MAY_FOLLOW: &[&str] = &["and", "else", "for", "if", "in", "is", "or", "not"];
        if self.minor <= 9 {
            return Ok(());
        }
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let keyword = MAY_FOLLOW.iter().any(|w| rest.starts_with(w.as_bytes()));
        let wrong = rest.first().is_some_and(|b| {
            b.is_ascii_alphanumeric() || *b == b'_' || (*b >= 128 && self.minor <= 10)
        });
        if wrong && !keyword {
            return self.raise(format!("invalid {name} literal"));
        }
        Ok(())
    }
}
