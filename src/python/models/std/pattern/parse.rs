//! Reads a pattern as `re` does, with its errors. Source: `Lib/re/_parser.py` (3.9 to 3.13).
//!
//! Knows nothing of matching: what it gives is written for another engine in `emit`.

use super::tokens::Tokens;

/// Flags of `re`, as numbers.
pub mod flag {
    /// `re.IGNORECASE`
    pub const IGNORECASE: u32 = 2;
    /// `re.LOCALE`
    pub const LOCALE: u32 = 4;
    /// `re.MULTILINE`
    pub const MULTILINE: u32 = 8;
    /// `re.DOTALL`
    pub const DOTALL: u32 = 16;
    /// `re.UNICODE`
    pub const UNICODE: u32 = 32;
    /// `re.VERBOSE`
    pub const VERBOSE: u32 = 64;
    /// `re.ASCII`
    pub const ASCII: u32 = 256;
}

/// Why a pattern is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// `re.error` with its text.
    Error(String),
    /// Another exception: class and text.
    Other(&'static str, String),
    /// What CPython would say is not known here.
    Unknown,
}

/// One part of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// One character.
    Literal(char),
    /// `.`
    Any,
    /// `[...]`
    Set {
        /// `[^...]`
        negate: bool,
        /// Members.
        items: Vec<Member>,
    },
    /// `^`, `$`, `\b` and the like.
    At(At),
    /// `a|b`
    Branch(Vec<Vec<Node>>),
    /// `a*`
    Repeat {
        /// How it tries.
        manner: Manner,
        /// At least so often.
        min: u32,
        /// At most so often.
        max: Option<u32>,
        /// What.
        item: Box<Node>,
    },
    /// `(...)` and `(?flags:...)`
    Group {
        /// Number, when it captures.
        number: Option<usize>,
        /// Flags switched on.
        on: u32,
        /// Flags switched off.
        off: u32,
        /// Content.
        body: Vec<Node>,
    },
    /// `(?>...)`
    Atomic(Vec<Node>),
    /// `(?=...)`, `(?!...)`, `(?<=...)`, `(?<!...)`
    Look {
        /// Backwards.
        behind: bool,
        /// Must not match.
        negate: bool,
        /// Content.
        body: Vec<Node>,
    },
    /// `\1`
    Reference(usize),
    /// `(?(1)yes|no)`
    Conditional {
        /// Group asked for.
        group: usize,
        /// When it matched.
        yes: Vec<Node>,
        /// When not.
        no: Vec<Node>,
    },
}

/// A member of a set.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// From one character to another.
    Range(char, char),
    /// `\d`, `\D`, `\s`, `\S`, `\w`, `\W`
    Class(char),
}

/// Positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// `^`
    Beginning,
    /// `$`
    End,
    /// `\A`
    TextBeginning,
    /// `\Z`
    TextEnd,
    /// `\b`
    Boundary,
    /// `\B`
    NoBoundary,
}

/// How a repetition tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// `*`
    Greedy,
    /// `*?`
    Lazy,
    /// `*+`
    Possessive,
}

/// A pattern that was read.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Its parts.
    pub nodes: Vec<Node>,
    /// All flags, those inside the pattern included.
    pub flags: u32,
    /// Number of groups.
    pub groups: usize,
    /// Names of groups with their numbers, in the order of their definition.
    pub names: Vec<(String, usize)>,
}

/// Nesting that is followed.
const DEEPEST: u32 = 60;

/// `re._parser.parse(pattern, flags)` for text.
pub fn parse(pattern: &str, flags: u32, version: (u8, u8)) -> Result<Parsed, Refusal> {
    if flags & flag::LOCALE != 0 {
        let text = "cannot use LOCALE flag with a str pattern";
        return Err(Refusal::Other("ValueError", text.to_owned()));
    }
    let mut parser = Parser {
        source: Tokens::new(pattern),
        flags,
        widths: vec![None],
        names: Vec::new(),
        behind: None,
        awaited: Vec::new(),
        version,
    };
    let read = parser.whole();
    if let Some(broken) = parser.source.broken.take() {
        return Err(broken);
    }
    Ok(Parsed {
        nodes: read?,
        flags: parser.flags,
        groups: parser.widths.len() - 1,
        names: parser.names,
    })
}

/// Smallest and largest number of characters that something matches.
type Width = (u64, u64);

const ENDLESS: u64 = u64::MAX;

pub(super) struct Parser {
    pub(super) source: Tokens,
    pub(super) flags: u32,
    /// Widths of groups that are closed, by number; the first is no group.
    pub(super) widths: Vec<Option<Width>>,
    pub(super) names: Vec<(String, usize)>,
    /// Number of groups when the outermost look-behind began.
    pub(super) behind: Option<usize>,
    /// Groups that conditions ask for, with the place of the question.
    pub(super) awaited: Vec<(usize, usize)>,
    pub(super) version: (u8, u8),
}

impl Parser {
    fn whole(&mut self) -> Result<Vec<Node>, Refusal> {
        let nodes = self.alternatives(self.flags & flag::VERBOSE != 0, 0)?;
        if self.flags & flag::ASCII != 0 && self.flags & flag::UNICODE != 0 {
            let text = "ASCII and UNICODE flags are incompatible";
            return Err(Refusal::Other("ValueError", text.to_owned()));
        }
        if self.flags & flag::ASCII == 0 {
            self.flags |= flag::UNICODE;
        }
        if self.source.next.is_some() {
            return Err(self.source.error("unbalanced parenthesis", 0));
        }
        for (group, at) in &self.awaited {
            if *group >= self.widths.len() {
                let text = format!("invalid group reference {group}");
                return Err(self.source.error_at(&text, *at));
            }
        }
        self.check_widths(&nodes)?;
        Ok(nodes)
    }

    pub(super) fn alternatives(&mut self, verbose: bool, depth: u32) -> Result<Vec<Node>, Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::Unknown);
        }
        let mut verbose = verbose;
        let mut items = Vec::new();
        loop {
            let first = depth == 0 && items.is_empty();
            items.push(self.sequence(verbose, depth + 1, first)?);
            if !self.source.matches('|') {
                break;
            }
            if depth == 0 && self.version >= (3, 11) {
                verbose = self.flags & flag::VERBOSE != 0;
            }
        }
        Ok(match items.len() {
            1 => items.swap_remove(0),
            _ => vec![Node::Branch(items)],
        })
    }

    pub(super) fn sequence(
        &mut self,
        verbose: bool,
        depth: u32,
        first: bool,
    ) -> Result<Vec<Node>, Refusal> {
        let mut verbose = verbose;
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(this) = self.source.next.clone() {
            if this == "|" || this == ")" {
                break;
            }
            self.source.get();
            if verbose {
                if matches!(this.as_str(), " " | "\t" | "\n" | "\r" | "\x0b" | "\x0c") {
                    continue;
                }
                if this == "#" {
                    while self.source.get().is_some_and(|c| c != "\n") {}
                    continue;
                }
            }
            let mut chars = this.chars();
            match chars.next().unwrap_or('\\') {
                '\\' => {
                    let node = self.escape(&this)?;
                    nodes.push(node);
                }
                '[' => nodes.push(self.set()?),
                '*' | '+' | '?' | '{' => self.repetition(&this, &mut nodes)?,
                '.' => nodes.push(Node::Any),
                '(' => {
                    let empty = first && nodes.is_empty();
                    if let Some(node) = self.group(&mut verbose, depth, empty)? {
                        nodes.push(node);
                    }
                }
                '^' => nodes.push(Node::At(At::Beginning)),
                '$' => nodes.push(Node::At(At::End)),
                other => nodes.push(Node::Literal(other)),
            }
        }
        Ok(nodes)
    }

    fn repetition(&mut self, this: &str, nodes: &mut Vec<Node>) -> Result<(), Refusal> {
        let here = self.source.tell();
        let (min, max) = match this {
            "?" => (0, Some(1)),
            "*" => (0, None),
            "+" => (1, None),
            _ => match self.bounds(here)? {
                Some(bounds) => bounds,
                None => {
                    nodes.push(Node::Literal('{'));
                    return Ok(());
                }
            },
        };
        let offset = self.source.tell() - here + 1;
        match nodes.last() {
            None | Some(Node::At(_)) => return Err(self.source.error("nothing to repeat", offset)),
            Some(Node::Repeat { .. }) => return Err(self.source.error("multiple repeat", offset)),
            Some(_) => {}
        }
        let Some(item) = nodes.pop() else {
            return Err(Refusal::Unknown);
        };
        let manner = if self.source.matches('?') {
            Manner::Lazy
        } else if self.version >= (3, 11) && self.source.matches('+') {
            Manner::Possessive
        } else {
            Manner::Greedy
        };
        nodes.push(Node::Repeat {
            manner,
            min,
            max,
            item: Box::new(item),
        });
        Ok(())
    }

    /// `{m,n}`; `None` when it is no repetition but text.
    fn bounds(&mut self, here: usize) -> Result<Option<(u32, Option<u32>)>, Refusal> {
        if self.source.next.as_deref() == Some("}") {
            return Ok(None);
        }
        let low = self.source.digits();
        let high = if self.source.matches(',') {
            self.source.digits()
        } else {
            low.clone()
        };
        if !self.source.matches('}') {
            self.source.seek(here);
            return Ok(None);
        }
        let number = |digits: &str| -> Result<u32, Refusal> {
            digits
                .parse()
                .ok()
                .filter(|n| *n < u32::MAX)
                .ok_or_else(|| {
                    let text = "the repetition number is too large";
                    Refusal::Other("OverflowError", text.to_owned())
                })
        };
        let min = if low.is_empty() { 0 } else { number(&low)? };
        if high.is_empty() {
            return Ok(Some((min, None)));
        }
        let max = number(&high)?;
        if max < min {
            let offset = self.source.tell() - here;
            return Err(self
                .source
                .error("min repeat greater than max repeat", offset));
        }
        Ok(Some((min, Some(max))))
    }

    /// Is a group closed?
    pub(super) fn is_closed(&self, group: usize) -> bool {
        self.widths.get(group).is_some_and(Option::is_some)
    }

    pub(super) fn check_behind(&self, group: usize) -> Result<(), Refusal> {
        let Some(behind) = self.behind else {
            return Ok(());
        };
        if !self.is_closed(group) {
            return Err(self.source.error("cannot refer to an open group", 0));
        }
        if group >= behind {
            let text = "cannot refer to group defined in the same lookbehind subpattern";
            return Err(self.source.error(text, 0));
        }
        Ok(())
    }

    /// Widths as `SubPattern.getwidth` counts them.
    pub(super) fn width(&self, nodes: &[Node]) -> Width {
        let mut total: Width = (0, 0);
        for node in nodes {
            let (low, high) = match node {
                Node::Literal(_) | Node::Any | Node::Set { .. } => (1, 1),
                Node::At(_) | Node::Look { .. } => (0, 0),
                Node::Branch(ways) => {
                    let widths: Vec<Width> = ways.iter().map(|w| self.width(w)).collect();
                    let low = widths.iter().map(|w| w.0).min().unwrap_or(0);
                    (low, widths.iter().map(|w| w.1).max().unwrap_or(0))
                }
                Node::Repeat { min, max, item, .. } => {
                    let (low, high) = self.width(std::slice::from_ref(item));
                    let most = match max {
                        None if high > 0 => ENDLESS,
                        None => 0,
                        Some(max) => high.saturating_mul(u64::from(*max)),
                    };
                    (low.saturating_mul(u64::from(*min)), most)
                }
                Node::Group { body, .. } | Node::Atomic(body) => self.width(body),
                Node::Reference(group) => {
                    self.widths.get(*group).copied().flatten().unwrap_or((0, 0))
                }
                Node::Conditional { yes, no, .. } => {
                    let (yes, no) = (self.width(yes), self.width(no));
                    (yes.0.min(no.0), yes.1.max(no.1))
                }
            };
            total = (total.0.saturating_add(low), total.1.saturating_add(high));
        }
        total
    }

    /// What looks back must know how far (`re._compiler`).
    fn check_widths(&self, nodes: &[Node]) -> Result<(), Refusal> {
        for node in nodes {
            match node {
                Node::Look { behind, body, .. } => {
                    let (low, high) = self.width(body);
                    if *behind && low != high {
                        let text = "look-behind requires fixed-width pattern";
                        return Err(Refusal::Error(text.to_owned()));
                    }
                    self.check_widths(body)?;
                }
                Node::Branch(ways) => {
                    for way in ways {
                        self.check_widths(way)?;
                    }
                }
                Node::Repeat { item, .. } => self.check_widths(std::slice::from_ref(item))?,
                Node::Group { body, .. } | Node::Atomic(body) => self.check_widths(body)?,
                Node::Conditional { yes, no, .. } => {
                    self.check_widths(yes)?;
                    self.check_widths(no)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
