//! A packrat parser that runs the grammar over the tokens, as `pegen` does.
//!
//! Knows how CPython searches for an error: a first pass without the `invalid_` rules, a second
//! with them, and then the tokens that were never read. Positions matter to the line only.

mod verdict;

use std::collections::HashMap;

use super::SyntaxProblem;
use super::grammar::{Action, Alternative, ExprKind, Grammar, Item, grammar};
use super::lexer::{Kind, Stop, Token, Tokens, tokens};

/// A part of the parse: what it is and which tokens it spans.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: ExprKind,
    /// Number of its first token, and of the one after its last.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) children: Vec<NodeId>,
}

pub(super) type NodeId = u32;

/// Why a match ended other than by not matching.
enum Abort {
    /// CPython raises this.
    Error(Raise),
    /// Deeper than CPython's parser goes.
    TooDeep,
}

/// An error of the parser.
struct Raise {
    problem: SyntaxProblem,
    /// From the tokenizer: what comes later is not looked at.
    tokenizer: bool,
}

/// Matched node; `None` when it did not match.
type Match = Result<Option<NodeId>, Abort>;

struct Parser<'t> {
    grammar: &'static Grammar,
    text: &'t str,
    minor: u8,
    tokens: &'t Tokens,
    at: usize,
    /// Number of tokens that were read so far.
    fill: usize,
    invalid: bool,
    depth: usize,
    nodes: Vec<Node>,
    memo: HashMap<(usize, usize), (Option<NodeId>, usize)>,
    /// Inside a replacement field of an f-string before 3.12.
    within_fstring: bool,
    steps: u64,
}

/// CPython's `MAXSTACK`.
const MAX_DEPTH: usize = 6000;
/// A bound on work, far above what real files need.
const MAX_STEPS: u64 = 200_000_000;

/// What CPython says of a text; `None` when it parses, or when nothing can be said.
pub fn judge(text: &str, minor: u8) -> Option<SyntaxProblem> {
    let tokens = tokens(text, minor);
    judge_tokens(text, minor, &tokens, false)
}

/// The same for the code of a replacement field, in brackets, before 3.12.
pub fn judge_replacement(code: &str, minor: u8) -> Option<SyntaxProblem> {
    let tokens = tokens(code, minor);
    judge_tokens(code, minor, &tokens, true)
}

fn judge_tokens(
    text: &str,
    minor: u8,
    tokens: &Tokens,
    within_fstring: bool,
) -> Option<SyntaxProblem> {
    let mut parser = Parser {
        grammar: grammar(minor),
        text,
        minor,
        tokens,
        at: 0,
        fill: 0,
        invalid: false,
        depth: 0,
        nodes: Vec::new(),
        memo: HashMap::new(),
        within_fstring,
        steps: 0,
    };
    parser.run()
}

impl Parser<'_> {
    fn run(&mut self) -> Option<SyntaxProblem> {
        let beginning = usize::from(self.within_fstring);
        match self.rule(beginning) {
            Ok(Some(_)) => return None,
            Ok(None) => {}
            Err(abort) => return self.finish(abort),
        }
        let mut last = self.fill.saturating_sub(1);
        self.at = 0;
        self.invalid = true;
        self.memo.clear();
        self.nodes.clear();
        if let Err(abort) = self.rule(beginning) {
            return self.finish(abort);
        }
        if self.minor <= 9 {
            last = self.fill.saturating_sub(1);
            let token = self.tokens.list.get(last);
            if let Some(token) =
                token.filter(|t| t.start >= self.text.len() && !self.within_fstring)
            {
                return Some(self.problem("unexpected EOF while parsing", token.line));
            }
        }
        let problem = self.generic(last);
        if problem.kind == "IndentationError" || self.minor <= 9 {
            return Some(problem);
        }
        Some(self.look_further(problem))
    }

    fn finish(&mut self, abort: Abort) -> Option<SyntaxProblem> {
        match abort {
            Abort::TooDeep => None,
            Abort::Error(raise) if raise.tokenizer || raise.problem.kind == "TabError" => {
                Some(raise.problem)
            }
            Abort::Error(raise) if self.minor <= 9 => Some(raise.problem),
            Abort::Error(raise) => Some(self.look_further(raise.problem)),
        }
    }

    /// `_PyPegen_set_syntax_error`.
    fn generic(&self, last: usize) -> SyntaxProblem {
        let Some(token) = self.tokens.list.get(last) else {
            return self
                .tokenizer_problem()
                .unwrap_or_else(|| self.problem("invalid syntax", 1));
        };
        let mut problem = self.problem("invalid syntax", token.line);
        if self.minor <= 9
            && let Some(message) = self.legacy_statement(token.line)
        {
            problem.message = message;
        }
        if self.within_fstring {
            problem.message = "f-string: invalid syntax".to_owned();
            return problem;
        }
        match token.kind {
            Kind::Indent => {
                problem.kind = "IndentationError";
                problem.message = "unexpected indent".to_owned();
            }
            Kind::Dedent => {
                problem.kind = "IndentationError";
                problem.message = "unexpected unindent".to_owned();
            }
            _ => {}
        }
        problem
    }

    /// What `SyntaxError` itself makes of a line with `print` or `exec` as a statement, up to 3.9.
    fn legacy_statement(&self, line: u32) -> Option<String> {
        let line = self
            .text
            .lines()
            .nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
        if line.contains('(') {
            return None;
        }
        let after_colon = line.split_once(':').map(|(_, rest)| rest);
        [Some(line), after_colon]
            .into_iter()
            .flatten()
            .find_map(|part| {
                let part = part.trim_start();
                if part.starts_with("exec ") {
                    return Some("Missing parentheses in call to 'exec'".to_owned());
                }
                let data = part
                    .strip_prefix("print ")?
                    .trim_matches([' ', '\t', '\r', '\n']);
                let end = if data.ends_with(',') {
                    " end=\" \""
                } else {
                    ""
                };
                Some(format!(
                    "Missing parentheses in call to 'print'. Did you mean print({data}{end})?"
                ))
            })
    }

    /// `_PyPegen_tokenize_full_source_to_check_for_errors`: what the tokenizer says of the rest
    /// wins over what the parser said, and so does a bracket that was opened on an earlier line
    /// and never closed.
    fn look_further(&self, problem: SyntaxProblem) -> SyntaxProblem {
        let Some(stop) = &self.tokens.stop else {
            return problem;
        };
        if stop.raised {
            // What is wrong in a replacement field is not hidden by what follows it.
            if self.tokens.in_fstring {
                return problem;
            }
            return self.tokenizer_problem().unwrap_or(problem);
        }
        let read = self
            .tokens
            .list
            .get(self.fill.saturating_sub(1))
            .map_or(0, |t| t.line);
        match self.tokens.unclosed {
            Some((open, line)) if read > line && self.minor >= 10 => {
                self.problem(&format!("'{open}' was never closed"), line)
            }
            _ => problem,
        }
    }

    fn tokenizer_problem(&self) -> Option<SyntaxProblem> {
        let stop: &Stop = self.tokens.stop.as_ref()?;
        if stop.end_of_file
            && self.minor >= 10
            && let Some((open, line)) = self.tokens.unclosed
        {
            return Some(self.problem(&format!("'{open}' was never closed"), line));
        }
        Some(SyntaxProblem {
            kind: stop.kind,
            message: stop.message.clone(),
            line: Some(stop.line),
        })
    }

    fn problem(&self, message: &str, line: u32) -> SyntaxProblem {
        SyntaxProblem {
            kind: "SyntaxError",
            message: message.to_owned(),
            line: Some(line),
        }
    }

    /// The token at the current position, read if it was not yet.
    fn peek(&mut self) -> Result<Token, Abort> {
        if let Some(token) = self.tokens.list.get(self.at) {
            self.fill = self.fill.max(self.at + 1);
            return Ok(*token);
        }
        self.fill = self.fill.max(self.at);
        match self.tokenizer_problem() {
            Some(problem) => Err(Abort::Error(Raise {
                problem,
                tokenizer: true,
            })),
            // Past the end marker: nothing matches there.
            None => Ok(self.tokens.list[self.tokens.list.len() - 1]),
        }
    }

    fn node(&mut self, kind: ExprKind, start: usize, children: Vec<NodeId>) -> NodeId {
        self.nodes.push(Node {
            kind,
            start,
            end: self.at,
            children,
        });
        u32::try_from(self.nodes.len() - 1).unwrap_or(0)
    }

    fn rule(&mut self, number: usize) -> Match {
        let grammar = self.grammar;
        let Some(rule) = grammar.rules.get(number) else {
            return Ok(None);
        };
        let start = self.at;
        if (rule.memo || rule.left_recursive)
            && let Some((result, end)) = self.memo.get(&(number, start))
        {
            self.at = if result.is_some() { *end } else { start };
            return Ok(*result);
        }
        self.depth += 1;
        self.steps += 1;
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Err(Abort::TooDeep);
        }
        let invalid = self.invalid;
        if rule.without_invalid {
            self.invalid = false;
        }
        let result = if rule.left_recursive {
            self.grow(number, &rule.ways)
        } else {
            self.ways(&rule.ways)
        };
        self.invalid = invalid;
        self.depth -= 1;
        let result = result?;
        if rule.memo && !rule.left_recursive {
            self.memo.insert((number, start), (result, self.at));
        }
        Ok(result)
    }

    /// A rule that begins with itself: matched again and again while it gets longer.
    fn grow(&mut self, number: usize, ways: &'static [Alternative]) -> Match {
        let start = self.at;
        let (mut best, mut best_end) = (None, start);
        loop {
            self.memo.insert((number, start), (best, best_end));
            self.at = start;
            let result = self.ways(ways)?;
            if result.is_none() || self.at <= best_end {
                break;
            }
            (best, best_end) = (result, self.at);
        }
        self.at = best_end;
        Ok(best)
    }

    fn ways(&mut self, ways: &'static [Alternative]) -> Match {
        let start = self.at;
        for way in ways {
            if way.second_pass && !self.invalid {
                continue;
            }
            self.at = start;
            match self.way(way)? {
                Way::Matched(node) => return Ok(Some(node)),
                Way::Refused => break,
                Way::Failed => {}
                Way::Cut => break,
            }
        }
        self.at = start;
        Ok(None)
    }

    fn way(&mut self, way: &'static Alternative) -> Result<Way, Abort> {
        let start = self.at;
        let mut children = Vec::new();
        let mut named: Vec<(char, NodeId)> = Vec::new();
        let mut cut = false;
        for (name, item) in &way.items {
            if matches!(item, Item::Cut) {
                cut = true;
                continue;
            }
            match self.item(item)? {
                Some(_) if matches!(item, Item::Ahead(_) | Item::NotAhead(_)) => {}
                Some(node) => {
                    if let Some(name) = name {
                        named.push((*name, node));
                    }
                    children.push(node);
                }
                None => return Ok(if cut { Way::Cut } else { Way::Failed }),
            }
        }
        let get = |name: char| named.iter().find(|n| n.0 == name).map_or(0, |n| n.1);
        Ok(match &way.action {
            Action::None => match children.as_slice() {
                [only] => Way::Matched(*only),
                _ => Way::Matched(self.node(ExprKind::Parts, start, children)),
            },
            Action::Kind(kind) => Way::Matched(self.node(*kind, start, children)),
            Action::Same(name) => Way::Matched(get(*name)),
            Action::Error(text) => return Err(self.error_here("SyntaxError", text, &named)),
            Action::Indent(text) => return Err(self.error_here("IndentationError", text, &named)),
            Action::At(name, text) => return Err(self.error_at(get(*name), text, &named)),
            Action::Next(text) => {
                let line = self.peek()?.line;
                return Err(self.error("SyntaxError", text, line, &named));
            }
            Action::Judge(name, arguments) => {
                match self.verdict(name, arguments, &named, start, children)? {
                    Some(node) => Way::Matched(node),
                    None => Way::Refused,
                }
            }
        })
    }

    fn item(&mut self, item: &'static Item) -> Match {
        let start = self.at;
        match item {
            Item::Token(kind) => {
                let token = self.peek()?;
                Ok((token.kind == *kind).then(|| self.take(&token)))
            }
            Item::Soft(text) => {
                let token = self.peek()?;
                let same =
                    token.kind == Kind::Name && self.text.get(token.start..token.end) == Some(text);
                Ok(same.then(|| self.take(&token)))
            }
            Item::AnySoft => {
                let token = self.peek()?;
                // CPython compares as many characters as the name has: `m` passes for `match`.
                let soft = token.kind == Kind::Name
                    && self.text.get(token.start..token.end).is_some_and(|t| {
                        ["_", "case", "match"].iter().any(|k| k.starts_with(t))
                            || (self.minor >= 12 && "type".starts_with(t))
                    });
                Ok(soft.then(|| self.take(&token)))
            }
            Item::Rule(number) => self.rule(*number),
            Item::Group(ways) => self.ways(ways),
            Item::Optional(item) => match self.item(item)? {
                Some(node) => Ok(Some(node)),
                None => {
                    self.at = start;
                    Ok(Some(self.node(ExprKind::Parts, start, Vec::new())))
                }
            },
            Item::Repeat(item, least) => self.repeat(item, None, *least),
            Item::Gather(separator, item) => self.repeat(item, Some(separator), 1),
            Item::Ahead(item) => {
                let found = self.item(item)?.is_some();
                self.at = start;
                Ok(found.then(|| self.node(ExprKind::Parts, start, Vec::new())))
            }
            Item::NotAhead(item) => {
                let found = self.item(item)?.is_some();
                self.at = start;
                Ok((!found).then(|| self.node(ExprKind::Parts, start, Vec::new())))
            }
            Item::Forced(word) => {
                let token = self.peek()?;
                if token.kind == Kind::Word(word) {
                    return Ok(Some(self.take(&token)));
                }
                Err(self.error(
                    "SyntaxError",
                    &format!("expected '{word}'"),
                    token.line,
                    &[],
                ))
            }
            Item::Cut => Ok(None),
        }
    }

    fn take(&mut self, token: &Token) -> NodeId {
        let start = self.at;
        self.at += 1;
        let kind = match token.kind {
            Kind::Name => ExprKind::Name,
            Kind::Number => ExprKind::Literal,
            _ => ExprKind::Other,
        };
        self.node(kind, start, Vec::new())
    }

    fn repeat(
        &mut self,
        item: &'static Item,
        separator: Option<&'static Item>,
        least: usize,
    ) -> Match {
        let start = self.at;
        let mut children = Vec::new();
        loop {
            let before = self.at;
            if let Some(separator) = separator
                && !children.is_empty()
                && self.item(separator)?.is_none()
            {
                self.at = before;
                break;
            }
            match self.item(item)? {
                Some(node) if self.at > before => children.push(node),
                _ => {
                    self.at = before;
                    break;
                }
            }
        }
        if children.len() < least {
            self.at = start;
            return Ok(None);
        }
        Ok(Some(self.node(ExprKind::Parts, start, children)))
    }
}

/// How one way of a rule ended.
enum Way {
    Matched(NodeId),
    Failed,
    /// Failed after `~`: no other way is tried.
    Cut,
    /// Matched, but the action found nothing to say: the rule fails, no other way is tried.
    Refused,
}
