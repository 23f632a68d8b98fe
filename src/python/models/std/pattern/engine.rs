//! A pattern that can be matched against text.

use std::cell::OnceCell;

use fancy_regex::{Regex, RegexBuilder};

use super::emit::emit;
use super::parse::{Parsed, Refusal, parse};

/// Steps after which a match is given up.
const MOST_STEPS: usize = 200_000;

/// Texts longer than this are not matched.
const LONGEST: usize = 1 << 16;

/// Bytes of a group in the text; `None` when it did not take part.
pub type Span = Option<(usize, usize)>;

/// How a match stands to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// `match`
    Start,
    /// `fullmatch`
    Both,
    /// `search`
    None,
}

/// A pattern in both forms.
#[derive(Debug)]
pub struct Compiled {
    /// As it was read.
    pub parsed: Parsed,
    text: Option<String>,
    start: OnceCell<Option<Regex>>,
    both: OnceCell<Option<Regex>>,
    free: OnceCell<Option<Regex>>,
}

impl Compiled {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What `re.compile` raises, or that it is not known.
    pub fn new(pattern: &str, flags: u32, version: (u8, u8)) -> Result<Self, Refusal> {
        let parsed = parse(pattern, flags, version)?;
        Ok(Self {
            text: emit(&parsed),
            parsed,
            start: OnceCell::new(),
            both: OnceCell::new(),
            free: OnceCell::new(),
        })
    }

    fn regex(&self, anchor: Anchor) -> Option<&Regex> {
        let (cell, before, after) = match anchor {
            Anchor::Start => (&self.start, "\\A(?:", ")"),
            Anchor::Both => (&self.both, "\\A(?:", ")\\z"),
            Anchor::None => (&self.free, "(?:", ")"),
        };
        cell.get_or_init(|| {
            let text = self.text.as_ref()?;
            RegexBuilder::new(&format!("{before}{text}{after}"))
                .backtrack_limit(MOST_STEPS)
                .build()
                .ok()
        })
        .as_ref()
    }

    /// Groups of the first match from a place on: `None` when it is not known,
    /// `Some(None)` when there is no match.
    pub fn find(&self, text: &str, from: usize, anchor: Anchor) -> Option<Option<Vec<Span>>> {
        if text.len() > LONGEST {
            return None;
        }
        let found = self.regex(anchor)?.captures_from_pos(text, from).ok()?;
        Some(found.map(|groups| {
            (0..=self.parsed.groups)
                .map(|n| groups.get(n).map(|m| (m.start(), m.end())))
                .collect()
        }))
    }

    /// All matches one after the other, at most so many. `None` when they are not known: after an
    /// empty match `re` goes on by rules that the engine does not have.
    pub fn find_all(&self, text: &str, most: usize) -> Option<Vec<Vec<Span>>> {
        let mut all: Vec<Vec<Span>> = Vec::new();
        let mut from = 0;
        while all.len() < most {
            let Some(groups) = self.find(text, from, Anchor::None)? else {
                break;
            };
            let (start, end) = groups.first().copied().flatten()?;
            all.push(groups);
            if start == end {
                if end == text.len() {
                    break;
                }
                return None;
            }
            from = end;
        }
        Some(all)
    }
}
