//! A Python text with its tree and tokens, and the import statements in it.

use std::ops::Range;

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::{Alias, Expr, ModModule, Stmt, StmtIf};
use ruff_python_parser::{Parsed, parse_module};
use ruff_text_size::{Ranged, TextRange};

use crate::fix::FixError;
use crate::fix::doc::{Doc, line_begin, line_end, next_line};
use crate::fix::splice::Splice;

use super::list::List;

/// A parsed text.
pub struct Python<'a> {
    /// The text and its history.
    pub doc: &'a Doc<'a>,
    parsed: Parsed<ModModule>,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Executed when the module is imported.
    Import,
    /// Under `if TYPE_CHECKING`.
    Typing,
    /// In a function body.
    Function,
}

/// One `import` or `from ... import` statement.
#[derive(Debug, Clone, Copy)]
pub struct Site<'t> {
    /// The statement.
    pub stmt: &'t Stmt,
    /// Where it stands.
    pub context: Context,
    /// Stands in the module body itself, not in a block.
    pub top: bool,
    /// The only statement of its block.
    pub alone: bool,
}

impl Site<'_> {
    /// Imported names; empty for a star import too.
    pub fn names(&self) -> &[Alias] {
        match self.stmt {
            Stmt::Import(import) => &import.names,
            Stmt::ImportFrom(import) => &import.names,
            _ => &[],
        }
    }

    /// Is it `from ... import`?
    pub fn is_from(&self) -> bool {
        matches!(self.stmt, Stmt::ImportFrom(_))
    }

    /// `from` part as written: dots and module.
    pub fn written_module(&self) -> String {
        match self.stmt {
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map_or("", |m| m.as_str());
                format!("{dots}{module}")
            }
            _ => String::new(),
        }
    }
}

/// The name that an alias binds.
pub fn bound(alias: &Alias) -> &str {
    match &alias.asname {
        Some(name) => name.as_str(),
        None => alias.name.as_str().split('.').next().unwrap_or_default(),
    }
}

/// A range of the tree as offsets.
pub fn range(at: TextRange) -> Range<usize> {
    at.start().to_usize()..at.end().to_usize()
}

impl<'a> Python<'a> {
    /// Parses the text of `doc`.
    pub fn parse(doc: &'a Doc<'a>) -> Result<Self, FixError> {
        match parse_module(doc.text) {
            Ok(parsed) => Ok(Self { doc, parsed }),
            Err(error) => {
                let offset = error.location.start().to_usize().min(doc.text.len());
                let line = doc.text.as_bytes()[..offset]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count()
                    + 1;
                Err(FixError::refused(format!(
                    "`{}` has a syntax error in line {line}; repair that first",
                    doc.path
                )))
            }
        }
    }

    /// Statements of the module.
    pub fn body(&self) -> &[Stmt] {
        &self.parsed.syntax().body
    }

    /// Tokens inside of a range, comments included.
    pub fn tokens(&self, at: TextRange) -> &[Token] {
        self.parsed.tokens().in_range(at)
    }

    /// All import statements in source order.
    pub fn imports(&self) -> Vec<Site<'_>> {
        let mut out = Vec::new();
        collect(self.body(), Context::Import, true, &mut out);
        out
    }

    /// Is `module` what the statement imports from? `module` is dotted and absolute; a relative
    /// import is resolved by the path of the file, whatever directory is first on the path.
    pub fn imports_from(&self, site: &Site<'_>, module: &str) -> bool {
        let Stmt::ImportFrom(import) = site.stmt else {
            return false;
        };
        let written = import.module.as_ref().map_or("", |m| m.as_str());
        if site.written_module() == module {
            return true;
        }
        if import.level == 0 {
            return false;
        }
        let mut parts: Vec<&str> = self.doc.path.split('/').collect();
        for _ in 0..import.level {
            if parts.pop().is_none() {
                return false;
            }
        }
        if !written.is_empty() {
            parts.push(written);
        }
        let absolute = parts.join(".");
        absolute == module || absolute.ends_with(&format!(".{module}"))
    }

    /// The names of an import as a list.
    pub fn list(&self, site: &Site<'_>) -> List<'a> {
        let tokens = self.tokens(site.stmt.range());
        let open = tokens
            .windows(2)
            .find(|w| w[0].kind() == TokenKind::Import && w[1].kind() == TokenKind::Lpar)
            .map(|w| w[1].end().to_usize());
        let close = tokens
            .last()
            .filter(|t| t.kind() == TokenKind::Rpar)
            .map(|t| t.start().to_usize());
        List {
            text: self.doc.text,
            items: site.names().iter().map(|a| range(a.range())).collect(),
            inside: open.zip(close).map(|(open, close)| open..close),
        }
    }

    /// Takes a whole statement out, with its line where it has one of its own.
    pub fn remove_statement(&self, stmt: &Stmt, alone: bool, top: bool) -> Splice {
        let at = range(stmt.range());
        if alone && !top {
            return Splice::replace(at, "pass");
        }
        let text = self.doc.text;
        let meaningful =
            |t: &&Token| !matches!(t.kind(), TokenKind::Comment | TokenKind::NonLogicalNewline);
        let before = self
            .parsed
            .tokens()
            .before(stmt.start())
            .iter()
            .rfind(meaningful);
        let mut after = self
            .parsed
            .tokens()
            .after(stmt.end())
            .iter()
            .filter(meaningful);
        let next = after.next();
        let next_is_semi = next.is_some_and(|t| t.kind() == TokenKind::Semi);
        let following = after.next().filter(|t| t.kind() != TokenKind::Newline);
        if let (true, Some(following)) = (next_is_semi, following) {
            return Splice::cut(at.start..following.start().to_usize());
        }
        if let Some(semi) = before.filter(|t| t.kind() == TokenKind::Semi) {
            return Splice::cut(semi.start().to_usize()..at.end);
        }
        let mut cut = cut_lines(text, at);
        // A file does not begin with blank lines because its first statement is gone.
        if text[..cut.at.start]
            .trim_start_matches('\u{feff}')
            .is_empty()
        {
            while cut.at.end < text.len() && line_end(text, cut.at.end) == cut.at.end {
                cut.at.end = next_line(text, cut.at.end);
            }
        }
        cut
    }
}

/// Cuts the whole lines that a range touches; byte order mark and missing final line end stay.
pub fn cut_lines(text: &str, at: Range<usize>) -> Splice {
    let begin = line_begin(text, at.start);
    let end = next_line(text, at.end);
    if begin == 0 && text.starts_with('\u{feff}') {
        return Splice::cut('\u{feff}'.len_utf8()..end);
    }
    if end == text.len() && !text.ends_with('\n') && begin > 0 {
        // The line before becomes the last one, without a line end either.
        let line_end = if text[..begin].ends_with("\r\n") {
            2
        } else {
            1
        };
        return Splice::cut(begin - line_end..end);
    }
    Splice::cut(begin..end)
}

fn collect<'t>(body: &'t [Stmt], context: Context, top: bool, out: &mut Vec<Site<'t>>) {
    for stmt in body {
        match stmt {
            Stmt::Import(_) | Stmt::ImportFrom(_) => out.push(Site {
                stmt,
                context,
                top,
                alone: body.len() == 1,
            }),
            Stmt::FunctionDef(function) => collect(&function.body, Context::Function, false, out),
            Stmt::If(branch) => collect_if(branch, context, out),
            _ => {
                for block in blocks(stmt) {
                    collect(block, context, false, out);
                }
            }
        }
    }
}

fn collect_if<'t>(branch: &'t StmtIf, context: Context, out: &mut Vec<Site<'t>>) {
    let inner = match is_type_checking(&branch.test) {
        true => Context::Typing,
        false => context,
    };
    collect(&branch.body, inner, false, out);
    for clause in &branch.elif_else_clauses {
        collect(&clause.body, context, false, out);
    }
}

/// Blocks of a compound statement other than `if` and functions.
pub fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::ClassDef(s) => vec![&s.body],
        Stmt::For(s) => vec![&s.body, &s.orelse],
        Stmt::While(s) => vec![&s.body, &s.orelse],
        Stmt::With(s) => vec![&s.body],
        Stmt::Match(s) => s.cases.iter().map(|c| &*c.body).collect(),
        Stmt::Try(s) => {
            let mut out: Vec<&[Stmt]> = vec![&s.body];
            for handler in &s.handlers {
                let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                out.push(&handler.body);
            }
            out.push(&s.orelse);
            out.push(&s.finalbody);
            out
        }
        _ => Vec::new(),
    }
}

fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}
