//! The characters of a pattern, a backslash with what follows it taken as one.

use super::parse::Refusal;

/// `re._parser.Tokenizer`
pub struct Tokens {
    chars: Vec<char>,
    index: usize,
    /// The token that is read next.
    pub next: Option<String>,
    /// The pattern ends in the middle of an escape: CPython says so before anything that is
    /// found later.
    pub broken: Option<Refusal>,
}

impl Tokens {
    /// At the first token.
    pub fn new(pattern: &str) -> Self {
        let mut tokens = Self {
            chars: pattern.chars().collect(),
            index: 0,
            next: None,
            broken: None,
        };
        tokens.advance();
        tokens
    }

    fn advance(&mut self) {
        self.next = None;
        let Some(first) = self.chars.get(self.index).copied() else {
            return;
        };
        let mut token = first.to_string();
        if first == '\\' {
            self.index += 1;
            match self.chars.get(self.index) {
                Some(second) => token.push(*second),
                None => {
                    let at = self.chars.len() - 1;
                    let error = self.error_at("bad escape (end of pattern)", at);
                    self.broken.get_or_insert(error);
                    return;
                }
            }
        }
        self.index += 1;
        self.next = Some(token);
    }

    /// Takes the next token when it is this character.
    pub fn matches(&mut self, wanted: char) -> bool {
        let is = self
            .next
            .as_deref()
            .is_some_and(|next| next.chars().eq(std::iter::once(wanted)));
        if is {
            self.advance();
        }
        is
    }

    /// Takes the next token.
    pub fn get(&mut self) -> Option<String> {
        let this = self.next.take();
        if this.is_some() {
            self.advance();
        }
        this
    }

    /// Takes up to `most` single characters that `fits`.
    pub fn take_while(&mut self, most: usize, fits: fn(char) -> bool) -> String {
        let mut taken = String::new();
        for _ in 0..most {
            match self.single() {
                Some(c) if fits(c) => taken.push(c),
                _ => break,
            }
            self.get();
        }
        taken
    }

    /// All decimal digits that follow.
    pub fn digits(&mut self) -> String {
        self.take_while(usize::MAX, |c| c.is_ascii_digit())
    }

    /// The next token when it is a single character.
    pub fn single(&self) -> Option<char> {
        let next = self.next.as_deref()?;
        let mut chars = next.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Some(c),
            _ => None,
        }
    }

    /// Everything before a character, which is taken too.
    pub fn until(&mut self, end: char, name: &str) -> Result<String, Refusal> {
        let mut text = String::new();
        loop {
            let this = self.get();
            match this {
                None if text.is_empty() => return Err(self.error(&format!("missing {name}"), 0)),
                None => {
                    let message = format!("missing {end}, unterminated name");
                    let offset = text.chars().count();
                    return Err(self.error(&message, offset));
                }
                Some(this) if this.chars().eq(std::iter::once(end)) => {
                    if text.is_empty() {
                        return Err(self.error(&format!("missing {name}"), 1));
                    }
                    return Ok(text);
                }
                Some(this) => text.push_str(&this),
            }
        }
    }

    /// Where the next token begins, in characters.
    pub fn tell(&self) -> usize {
        let next = self.next.as_deref().map_or(0, |n| n.chars().count());
        self.index.saturating_sub(next)
    }

    /// Goes back to a place.
    pub fn seek(&mut self, at: usize) {
        self.index = at;
        self.advance();
    }

    /// An error, so many characters before the next token.
    pub fn error(&self, message: &str, offset: usize) -> Refusal {
        self.error_at(message, self.tell().saturating_sub(offset))
    }

    /// An error at a place.
    pub fn error_at(&self, message: &str, at: usize) -> Refusal {
        let before = self.chars.get(..at).unwrap_or(&self.chars);
        if !self.chars.contains(&'\n') {
            return Refusal::Error(format!("{message} at position {at}"));
        }
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = match before.iter().rposition(|c| *c == '\n') {
            Some(newline) => at - newline,
            None => at + 1,
        };
        Refusal::Error(format!(
            "{message} at position {at} (line {line}, column {column})"
        ))
    }
}
