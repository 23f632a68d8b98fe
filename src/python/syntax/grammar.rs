//! The grammar file, read into tables for one version of Python.
//!
//! Knows the notation of `grammar.txt`; knows nothing of what the rules mean.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::lexer::{Kind, word};

/// What a place in a rule wants.
#[derive(Debug, Clone)]
pub enum Item {
    Token(Kind),
    /// A name with this text.
    Soft(&'static str),
    /// Any soft keyword.
    AnySoft,
    Rule(usize),
    Group(Vec<Alternative>),
    Optional(Box<Item>),
    /// Repeated: at least so many times.
    Repeat(Box<Item>, usize),
    /// At least one, with a separator between.
    Gather(Box<Item>, Box<Item>),
    Ahead(Box<Item>),
    NotAhead(Box<Item>),
    Forced(&'static str),
    Cut,
}

/// One way to match a rule.
#[derive(Debug, Clone)]
pub struct Alternative {
    /// Items, with the name that the action calls them by.
    pub items: Vec<(Option<char>, Item)>,
    pub action: Action,
    /// Nothing but an `invalid_` rule.
    pub second_pass: bool,
}

/// What a match means.
#[derive(Debug, Clone)]
pub enum Action {
    None,
    /// The expression has a name in messages.
    Kind(ExprKind),
    /// It is what this name stands for.
    Same(char),
    Error(&'static str),
    At(char, &'static str),
    Next(&'static str),
    Indent(&'static str),
    /// A judgement of `verdict.rs`, with its arguments.
    Judge(&'static str, Vec<&'static str>),
}

/// Expressions as messages call them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExprKind {
    /// A token or rule without a name of its own.
    Other,
    /// A sequence that only holds what it holds.
    Parts,
    Tuple,
    List,
    Dict,
    Set,
    ListComp,
    SetComp,
    DictComp,
    GeneratorExp,
    Lambda,
    Call,
    Operation,
    Compare,
    IfExp,
    NamedExpr,
    Attribute,
    Subscript,
    Starred,
    Name,
    Yield,
    Await,
    JoinedStr,
    TemplateStr,
    Literal,
    Bytes,
    True,
    False,
    None,
    Ellipsis,
    Args,
    Keyword,
    KeywordStarred,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    pub memo: bool,
    /// Begins with itself.
    pub left_recursive: bool,
    /// Second-pass rules rest below it.
    pub without_invalid: bool,
    pub ways: Vec<Alternative>,
}

/// All rules; the first is where a file begins.
#[derive(Debug)]
pub struct Grammar {
    pub rules: Vec<Rule>,
}

/// Rules that begin with themselves.
const LEFT_RECURSIVE: &[&str] = &[
    "dotted_name",
    "attr",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_and",
    "shift_expr",
    "sum",
    "term",
    "primary",
    "t_primary",
];

const FIRST: u8 = 9;
const LAST: u8 = 14;

/// The grammar of a minor version of Python 3; versions beyond the known ones get the nearest.
pub fn grammar(minor: u8) -> &'static Grammar {
    static ALL: [OnceLock<Grammar>; (LAST - FIRST + 1) as usize] = [const { OnceLock::new() }; 6];
    let minor = minor.clamp(FIRST, LAST);
    ALL[usize::from(minor - FIRST)].get_or_init(|| read(minor))
}

fn read(minor: u8) -> Grammar {
    let lines = include_str!("grammar.txt")
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let mut heads: Vec<(&'static str, bool, Vec<&'static str>)> = Vec::new();
    for line in lines {
        if let Some(way) = line.strip_prefix('|') {
            let (versions, way) = way.split_once(' ').unwrap_or((way, ""));
            if let Some((_, _, ways)) = heads.last_mut()
                && applies(versions, minor)
            {
                ways.push(way);
            }
        } else if let Some(head) = line.strip_suffix(':') {
            let (name, memo) = head
                .split_once(' ')
                .map_or((head, false), |(n, _)| (n, true));
            heads.push((name, memo, Vec::new()));
        }
    }
    let numbers: HashMap<&str, usize> = heads.iter().enumerate().map(|(n, h)| (h.0, n)).collect();
    let rules = heads
        .iter()
        .map(|(name, memo, ways)| Rule {
            memo: *memo,
            left_recursive: LEFT_RECURSIVE.contains(name),
            without_invalid: name.ends_with("without_invalid"),
            ways: ways
                .iter()
                .map(|w| {
                    Reader {
                        rest: w,
                        numbers: &numbers,
                    }
                    .alternative()
                })
                .collect(),
        })
        .collect();
    Grammar { rules }
}

/// `11+`, `-9`, `10`, `10-11`, or nothing for all versions.
fn applies(versions: &str, minor: u8) -> bool {
    let number = |text: &str, default: u8| text.parse().unwrap_or(default);
    if let Some(from) = versions.strip_suffix('+') {
        return minor >= number(from, 0);
    }
    match versions.split_once('-') {
        Some((from, to)) => (number(from, 0)..=number(to, u8::MAX)).contains(&minor),
        None => versions.is_empty() || number(versions, 0) == minor,
    }
}

struct Reader<'g> {
    rest: &'static str,
    numbers: &'g HashMap<&'g str, usize>,
}

impl Reader<'_> {
    fn alternative(mut self) -> Alternative {
        let (items, action) = self.rest.split_once(" => ").unwrap_or((self.rest, ""));
        self.rest = items;
        let mut way = self.items();
        way.action = read_action(action);
        way
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Items up to the end, a bar or a closing bracket.
    fn items(&mut self) -> Alternative {
        let mut items = Vec::new();
        let mut only_invalid = false;
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() || self.rest.starts_with([')', ']', '|']) {
                break;
            }
            only_invalid = self.rest.starts_with("invalid_");
            let bytes = self.rest.as_bytes();
            let mut name = None;
            if bytes.get(1) == Some(&b'=') && bytes[0].is_ascii_lowercase() {
                name = Some(char::from(bytes[0]));
                self.rest = &self.rest[2..];
            }
            items.push((name, self.repeated()));
        }
        Alternative {
            second_pass: only_invalid && items.len() == 1,
            items,
            action: Action::None,
        }
    }

    /// An item with what follows it: `*`, `+`, or `.` and what it separates.
    fn repeated(&mut self) -> Item {
        let item = self.item();
        if let Some(rest) = self.rest.strip_prefix('*') {
            self.rest = rest;
            return Item::Repeat(Box::new(item), 0);
        }
        if let Some(rest) = self.rest.strip_prefix('+') {
            self.rest = rest;
            return Item::Repeat(Box::new(item), 1);
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            let element = self.item();
            self.rest = self.rest.strip_prefix('+').unwrap_or(self.rest);
            return Item::Gather(Box::new(item), Box::new(element));
        }
        item
    }

    fn item(&mut self) -> Item {
        if self.eat("&&") {
            return match self.item() {
                Item::Token(Kind::Word(word)) => Item::Forced(word),
                other => other,
            };
        }
        if self.eat("&") {
            return Item::Ahead(Box::new(self.item()));
        }
        if self.eat("!") {
            return Item::NotAhead(Box::new(self.item()));
        }
        if self.eat("~") {
            return Item::Cut;
        }
        if self.eat("(") {
            return self.group(")");
        }
        if self.eat("[") {
            return Item::Optional(Box::new(self.group("]")));
        }
        if self.eat("'") {
            let text = self.until('\'');
            return Item::Token(Kind::Word(word(text).unwrap_or("")));
        }
        if self.eat("\"") {
            return Item::Soft(self.until('"'));
        }
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match terminal(name) {
            Some(item) => item,
            // A rule that a version does not have never matches.
            None => self
                .numbers
                .get(name)
                .map_or(Item::Group(Vec::new()), |n| Item::Rule(*n)),
        }
    }

    fn until(&mut self, end: char) -> &'static str {
        let (text, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        text
    }

    fn group(&mut self, close: &str) -> Item {
        let mut ways = vec![self.items()];
        while self.eat("|") {
            ways.push(self.items());
        }
        self.eat(close);
        Item::Group(ways)
    }
}

fn terminal(name: &str) -> Option<Item> {
    Some(Item::Token(match name {
        "NAME" => Kind::Name,
        "NUMBER" => Kind::Number,
        "STRING" => Kind::String,
        "FSTRING_START" => Kind::FstringStart,
        "FSTRING_MIDDLE" => Kind::FstringMiddle,
        "FSTRING_END" => Kind::FstringEnd,
        "TSTRING_START" => Kind::TstringStart,
        "NEWLINE" => Kind::Newline,
        "INDENT" => Kind::Indent,
        "DEDENT" => Kind::Dedent,
        "ENDMARKER" => Kind::EndMarker,
        "SOFT_KEYWORD" => return Some(Item::AnySoft),
        _ => return None,
    }))
}

fn read_action(text: &'static str) -> Action {
    let quoted = || {
        text.split_once('"')
            .map_or("", |(_, t)| t.strip_suffix('"').unwrap_or(t))
    };
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    match verb {
        "" => Action::None,
        "error" => Action::Error(quoted()),
        "next" => Action::Next(quoted()),
        "indent" => Action::Indent(quoted()),
        "at" => Action::At(rest.chars().next().unwrap_or('a'), quoted()),
        _ => {
            if let Some(name) = text.strip_prefix('$') {
                return Action::Same(name.chars().next().unwrap_or('a'));
            }
            match text.split_once('(') {
                Some((name, arguments)) => {
                    Action::Judge(name, arguments.trim_end_matches(')').split(' ').collect())
                }
                None => Action::Kind(expr_kind(text)),
            }
        }
    }
}

fn expr_kind(name: &str) -> ExprKind {
    use ExprKind as K;
    match name {
        "Tuple" => K::Tuple,
        "List" => K::List,
        "Dict" => K::Dict,
        "Set" => K::Set,
        "ListComp" => K::ListComp,
        "SetComp" => K::SetComp,
        "DictComp" => K::DictComp,
        "GeneratorExp" => K::GeneratorExp,
        "Lambda" => K::Lambda,
        "Call" => K::Call,
        "Operation" => K::Operation,
        "Compare" => K::Compare,
        "IfExp" => K::IfExp,
        "NamedExpr" => K::NamedExpr,
        "Attribute" => K::Attribute,
        "Subscript" => K::Subscript,
        "Starred" => K::Starred,
        "Yield" => K::Yield,
        "Await" => K::Await,
        "JoinedStr" => K::JoinedStr,
        "TemplateStr" => K::TemplateStr,
        "Literal" => K::Literal,
        "True" => K::True,
        "False" => K::False,
        "None" => K::None,
        "Ellipsis" => K::Ellipsis,
        "Args" => K::Args,
        "Keyword" => K::Keyword,
        "KeywordStarred" => K::KeywordStarred,
        _ => K::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that is neither a rule nor a token would never match, silently.
    #[test]
    fn every_name_in_the_grammar_is_known() {
        let text = include_str!("grammar.txt");
        let rules: Vec<&str> = text
            .lines()
            .filter_map(|l| l.strip_suffix(':'))
            .map(|l| l.split(' ').next().unwrap_or_default())
            .collect();
        let mut unknown = Vec::new();
        for line in text.lines().filter(|l| l.starts_with('|')) {
            let items = line.split(" => ").next().unwrap_or_default();
            let items = items.split_once(' ').map_or("", |(_, i)| i);
            let mut quoted = false;
            for part in items.split_inclusive(['\'', '"']) {
                if !quoted {
                    for name in part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                        if name.len() > 1 && !rules.contains(&name) && terminal(name).is_none() {
                            unknown.push(name);
                        }
                    }
                } else if let Some(op) = part.strip_suffix('\'')
                    && word(op).is_none()
                {
                    unknown.push(op);
                }
                quoted ^= part.ends_with(['\'', '"']);
            }
        }
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
