//! Judgements that need more than a pattern: which part of a target cannot be assigned to, which
//! argument is out of place; and how messages call expressions.

use super::super::grammar::ExprKind;
use super::super::lexer::Token;
use super::super::literals;
use super::super::old_fstring::{self, Fault};
use super::{Abort, NodeId, Parser, Raise};
use crate::python::syntax::SyntaxProblem;

type Named<'n> = &'n [(char, NodeId)];

impl Parser<'_> {
    fn text_of(&self, node: NodeId) -> &str {
        let node = &self.nodes[node as usize];
        let first = self.tokens.list.get(node.start);
        let last = self.tokens.list.get(node.end.saturating_sub(1));
        match (first, last) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        }
    }

    fn line_of(&self, node: NodeId) -> u32 {
        let start = self.nodes.get(node as usize).map_or(0, |n| n.start);
        self.tokens.list.get(start).map_or(1, |t| t.line)
    }

    pub(super) fn error(
        &self,
        kind: &'static str,
        text: &str,
        line: u32,
        named: Named<'_>,
    ) -> Abort {
        let mut message = self.fill_in(text, named);
        if self.within_fstring {
            message = format!("f-string: {message}");
        }
        Abort::Error(Raise {
            problem: SyntaxProblem {
                kind,
                message,
                line: Some(line),
            },
            tokenizer: false,
        })
    }

    pub(super) fn error_at(&self, node: NodeId, text: &str, named: Named<'_>) -> Abort {
        self.error("SyntaxError", text, self.line_of(node), named)
    }

    /// Where reading stopped: the last token that was read.
    pub(super) fn error_here(&self, kind: &'static str, text: &str, named: Named<'_>) -> Abort {
        let line = self
            .tokens
            .list
            .get(self.fill.saturating_sub(1))
            .map_or(1, |t| t.line);
        self.error(kind, text, line, named)
    }

    /// `{a}`, `{text a}`, `{line a}`, `{bound a X}`, `{argument}`.
    fn fill_in(&self, text: &str, named: Named<'_>) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inner, after)) = after.split_once('}') else {
                break;
            };
            // A brace of the message itself: `'{'`.
            if rest[before.len() + 1..].starts_with('\'') {
                out.push_str(before);
                out.push('{');
                rest = &rest[before.len() + 1..];
                continue;
            }
            out.push_str(before);
            let mut words = inner.split(' ');
            let verb = words.next().unwrap_or_default();
            let get = |name: &str| {
                named
                    .iter()
                    .find(|n| name.starts_with(n.0))
                    .map_or(0, |n| n.1)
            };
            match verb {
                "text" => out.push_str(self.text_of(get(words.next().unwrap_or("a")))),
                "line" => out.push_str(&self.line_of(get(words.next().unwrap_or("a"))).to_string()),
                "argument" => out.push_str(if self.minor >= 14 {
                    "parameter"
                } else {
                    "argument"
                }),
                "bound" => {
                    let tuple = self.kind(get(words.next().unwrap_or("b"))) == ExprKind::Tuple;
                    let what = if tuple { "constraints" } else { "bound" };
                    out.push_str(&format!(
                        "cannot use {what} with {}",
                        words.next().unwrap_or_default()
                    ));
                }
                name => out.push_str(self.name(get(name))),
            }
            rest = after;
        }
        out.push_str(&rest.replace("\\\"", "\""));
        out.replace("\\\"", "\"")
    }

    pub(super) fn kind(&self, node: NodeId) -> ExprKind {
        self.nodes
            .get(node as usize)
            .map_or(ExprKind::Other, |n| n.kind)
    }

    /// `_PyPegen_get_expr_name`.
    fn name(&self, node: NodeId) -> &'static str {
        use ExprKind as K;
        match self.kind(node) {
            K::Attribute => "attribute",
            K::Subscript => "subscript",
            K::Starred => "starred",
            K::Name => "name",
            K::List => "list",
            K::Tuple => "tuple",
            K::Lambda => "lambda",
            K::Call => "function call",
            K::Operation => {
                if self.minor <= 9 {
                    "operator"
                } else {
                    "expression"
                }
            }
            K::GeneratorExp => "generator expression",
            K::Yield => "yield expression",
            K::Await => "await expression",
            K::ListComp => "list comprehension",
            K::SetComp => "set comprehension",
            K::DictComp => "dict comprehension",
            K::Dict => {
                if self.minor <= 9 {
                    "dict display"
                } else {
                    "dict literal"
                }
            }
            K::Set => "set display",
            K::JoinedStr => "f-string expression",
            K::TemplateStr => "t-string expression",
            K::True => "True",
            K::False => "False",
            K::None => "None",
            K::Ellipsis => {
                if self.minor <= 9 {
                    "Ellipsis"
                } else {
                    "ellipsis"
                }
            }
            K::Compare => "comparison",
            K::IfExp => "conditional expression",
            K::NamedExpr => "named expression",
            _ => "literal",
        }
    }

    pub(super) fn verdict(
        &mut self,
        judge: &str,
        arguments: &[&str],
        named: Named<'_>,
        start: usize,
        children: Vec<NodeId>,
    ) -> Result<Option<NodeId>, Abort> {
        let get = |name: &str| {
            named
                .iter()
                .find(|n| name.starts_with(n.0))
                .map_or(0, |n| n.1)
        };
        let first = get(arguments.last().copied().unwrap_or("a"));
        let fail = match judge {
            "target" => self.target(arguments.first().copied().unwrap_or("star"), first),
            "comma" => self.forgotten_comma(first),
            "legacy" => self.legacy(first),
            "genexp" => self.bare_generator(first),
            "arguments" => Some(self.argument_order(first)),
            "default" => Some(self.default_order(first)),
            "real" => self.number(first, false),
            "imaginary" => self.number(first, true),
            "conversion" => self.conversion(get("a"), get("b")),
            "strings" => return self.strings(start).map(Some),
            "string" => self.literal(start, literals::string),
            "fstring" => self.literal(start, literals::fstring),
            _ => None,
        };
        match fail {
            Some(abort) => Err(abort),
            None if matches!(judge, "string" | "fstring") => {
                let kind = literals::kind_of(self.text, &self.tokens.list[start]);
                Ok(Some(self.node(kind, start, children)))
            }
            None if matches!(judge, "real" | "imaginary" | "conversion") => {
                Ok(Some(self.node(ExprKind::Parts, start, children)))
            }
            None => Ok(None),
        }
    }

    /// `RAISE_SYNTAX_ERROR_INVALID_TARGET`.
    fn target(&self, purpose: &str, node: NodeId) -> Option<Abort> {
        let Some(wrong) = self.invalid_target(node, purpose) else {
            return (self.minor <= 9)
                .then(|| self.error_here("SyntaxError", "invalid syntax", &[]));
        };
        let verb = if purpose == "del" {
            "delete"
        } else {
            "assign to"
        };
        Some(self.error_at(wrong, &format!("cannot {verb} {}", self.name(wrong)), &[]))
    }

    /// The first part of a target that cannot be one.
    fn invalid_target(&self, id: NodeId, purpose: &str) -> Option<NodeId> {
        use ExprKind as K;
        let node = &self.nodes[id as usize];
        match node.kind {
            K::List | K::Tuple | K::Parts => node
                .children
                .iter()
                .filter(|c| self.kind(**c) != K::Other)
                .find_map(|c| self.invalid_target(*c, purpose)),
            K::Starred if purpose == "del" => Some(id),
            K::Starred => {
                let inner = node
                    .children
                    .iter()
                    .rev()
                    .find(|c| self.kind(**c) != K::Other);
                inner.and_then(|c| self.invalid_target(*c, purpose))
            }
            // `for x in y` read as a comparison: its left side is the target.
            K::Compare if purpose == "for" => {
                let pair = self.nodes[*node.children.get(1)? as usize]
                    .children
                    .first()?;
                let operator = self.nodes[*pair as usize]
                    .children
                    .first()
                    .copied()
                    .unwrap_or(*pair);
                if self.text_of(operator) == "in" {
                    return self.invalid_target(*node.children.first()?, purpose);
                }
                None
            }
            K::Name | K::Subscript | K::Attribute => None,
            K::Compare => Some(id),
            _ => Some(id),
        }
    }

    fn is_legacy(&self, node: NodeId) -> bool {
        self.kind(node) == ExprKind::Name && matches!(self.text_of(node), "print" | "exec")
    }

    fn legacy(&self, name: NodeId) -> Option<Abort> {
        (self.minor >= 10 && self.is_legacy(name)).then(|| {
            let text = "Missing parentheses in call to '{text a}'. Did you mean {text a}(...)?";
            self.error_at(name, text, &[('a', name)])
        })
    }

    fn forgotten_comma(&self, left: NodeId) -> Option<Abort> {
        let inside = self.tokens.list.get(self.at.checked_sub(1)?)?.level > 0;
        (inside && !self.is_legacy(left))
            .then(|| self.error_at(left, "invalid syntax. Perhaps you forgot a comma?", &[]))
    }

    /// Arguments of a call, flattened.
    fn arguments(&self, node: NodeId, out: &mut Vec<NodeId>) {
        let inner = &self.nodes[node as usize];
        match inner.kind {
            ExprKind::Args | ExprKind::Parts => {
                for child in &inner.children {
                    self.arguments(*child, out);
                }
            }
            ExprKind::Other => {}
            _ => out.push(node),
        }
    }

    fn bare_generator(&self, arguments: NodeId) -> Option<Abort> {
        let mut all = Vec::new();
        self.arguments(arguments, &mut all);
        let positional: Vec<NodeId> = all
            .into_iter()
            .filter(|a| !matches!(self.kind(*a), ExprKind::Keyword | ExprKind::KeywordStarred))
            .collect();
        let last = positional.last().filter(|_| positional.len() > 1)?;
        Some(self.error_at(*last, "Generator expression must be parenthesized", &[]))
    }

    fn argument_order(&self, arguments: NodeId) -> Abort {
        let mut all = Vec::new();
        self.arguments(arguments, &mut all);
        let unpacking = all
            .iter()
            .any(|a| self.kind(*a) == ExprKind::KeywordStarred);
        let text = if unpacking {
            "positional argument follows keyword argument unpacking"
        } else {
            "positional argument follows keyword argument"
        };
        self.error_here("SyntaxError", text, &[])
    }

    fn default_order(&self, parameter: NodeId) -> Abort {
        match self.minor {
            ..=10 => self.error_here(
                "SyntaxError",
                "non-default argument follows default argument",
                &[],
            ),
            11 => self.error_at(
                parameter,
                "non-default argument follows default argument",
                &[],
            ),
            _ => self.error_at(
                parameter,
                "parameter without a default follows parameter with a default",
                &[],
            ),
        }
    }

    fn number(&self, node: NodeId, imaginary: bool) -> Option<Abort> {
        let complex = self.text_of(node).ends_with(['j', 'J']);
        if complex == imaginary {
            return None;
        }
        let text = if imaginary {
            "imaginary number required in complex literal"
        } else {
            "real number required in complex literal"
        };
        Some(self.error_at(node, text, &[]))
    }

    /// What follows `!` in a replacement field (3.12).
    fn conversion(&self, mark: NodeId, name: NodeId) -> Option<Abort> {
        let (mark_end, token) = (
            self.tokens.list.get(self.nodes[mark as usize].start)?.end,
            self.tokens.list.get(self.nodes[name as usize].start)?,
        );
        if token.start != mark_end {
            let text = "f-string: conversion type must come right after the exclamanation mark";
            return Some(self.error_at(name, text, &[]));
        }
        let conversion = self.text_of(name);
        if matches!(conversion, "s" | "r" | "a") {
            return None;
        }
        let text = format!(
            "f-string: invalid conversion character '{conversion}': expected 's', 'r', or 'a'"
        );
        Some(self.error_at(name, &text, &[]))
    }

    /// A literal that was just read: does it decode?
    fn literal(&self, start: usize, check: literals::Check) -> Option<Abort> {
        let message = check(self.text, &self.tokens.list[start..self.at])?;
        Some(self.error_here("SyntaxError", &message, &[]))
    }

    /// Literals that stand side by side: before 3.12 their contents are read only now.
    fn strings(&mut self, start: usize) -> Result<NodeId, Abort> {
        let list = &self.tokens.list[start..self.at];
        if self.minor <= 11 {
            self.old_strings(list)?;
        }
        let is_bytes = |t: &Token| literals::kind_of(self.text, t) == ExprKind::Bytes;
        let mut own = literals::outer(list);
        let bytes = own.clone().filter(|t| is_bytes(t)).count();
        if bytes > 0 && bytes < own.clone().count() {
            return Err(self.error_here(
                "SyntaxError",
                "cannot mix bytes and nonbytes literals",
                &[],
            ));
        }
        let formatted = own.any(|t| literals::kind_of(self.text, t) == ExprKind::JoinedStr);
        let kind = if formatted {
            ExprKind::JoinedStr
        } else {
            ExprKind::Literal
        };
        Ok(self.node(kind, start, Vec::new()))
    }

    fn old_strings(&self, list: &[Token]) -> Result<(), Abort> {
        let mut bytes = None;
        for token in list {
            let kind = literals::kind_of(self.text, token);
            if let Some(message) = literals::string(self.text, std::slice::from_ref(token)) {
                let dot = if self.minor <= 9 && message.ends_with("characters") {
                    "."
                } else {
                    ""
                };
                return Err(self.error_here("SyntaxError", &format!("{message}{dot}"), &[]));
            }
            let is_bytes = kind == ExprKind::Bytes;
            if *bytes.get_or_insert(is_bytes) != is_bytes {
                let text = "cannot mix bytes and nonbytes literals";
                return Err(self.error_here("SyntaxError", text, &[]));
            }
            if kind == ExprKind::JoinedStr {
                self.old_fstring(token)?;
            }
        }
        Ok(())
    }

    fn old_fstring(&self, token: &Token) -> Result<(), Abort> {
        let Some(literal) = self.text.get(token.start..token.end) else {
            return Ok(());
        };
        match old_fstring::check(literal, token.line, self.minor) {
            Ok(()) => Ok(()),
            Err(Fault::Here(message)) => Err(self.error_here("SyntaxError", &message, &[])),
            Err(Fault::Inside(problem)) => Err(Abort::Error(Raise {
                problem,
                tokenizer: false,
            })),
        }
    }
}
