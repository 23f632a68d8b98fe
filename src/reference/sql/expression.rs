//! Expressions: constants, columns, calls, casts, sub-selects and a few operators.

use super::Context;
use super::answer::Failure;
use super::scan::{Token, canonical, split};
use super::select::{clause, nested};
use super::system::{self, Relation};
use super::value::{Cell, Kind};

/// Value, type and name of an expression.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub cell: Cell,
    pub kind: Kind,
    pub name: String,
}

impl Typed {
    pub(super) fn new(cell: Cell, kind: Kind, name: &str) -> Self {
        Self {
            cell,
            kind,
            name: name.to_owned(),
        }
    }
}

/// Where names are looked up.
pub(super) struct Scope<'a> {
    pub context: &'a Context<'a>,
    pub relation: Option<&'a Relation>,
    /// Row of the relation; `None` while only types are wanted.
    pub row: Option<&'a [Cell]>,
}

pub(super) const AGGREGATES: [&str; 4] = ["count", "sum", "max", "min"];

/// Deepest nesting of brackets: a client must not be able to exhaust the stack.
const DEEPEST: usize = 24;

/// An expression, all tokens of it.
pub(super) fn expression(
    tokens: &[Token],
    scope: &Scope<'_>,
    depth: usize,
) -> Result<Typed, Failure> {
    if depth > DEEPEST {
        return Err(Failure::new("54001", "stack depth limit exceeded"));
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        scope,
        depth,
    };
    let typed = parser.alternative()?;
    match parser.tokens.get(parser.at) {
        None => Ok(typed),
        Some(_) => Err(Failure::unsupported(&canonical(tokens))),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    scope: &'a Scope<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, signs: &[&str]) -> Option<&'static str> {
        let Some(Token::Sign(found)) = self.tokens.get(self.at) else {
            return None;
        };
        if !signs.contains(found) {
            return None;
        }
        self.at += 1;
        Some(found)
    }

    fn alternative(&mut self) -> Result<Typed, Failure> {
        let mut left = self.conjunction()?;
        while self.word("or") {
            let right = self.conjunction()?;
            let either = left.cell == Cell::Bool(true) || right.cell == Cell::Bool(true);
            left = Typed::new(Cell::Bool(either), Kind::Bool, "?column?");
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Typed, Failure> {
        let mut left = self.negation()?;
        while self.word("and") {
            let right = self.negation()?;
            let both = left.cell == Cell::Bool(true) && right.cell == Cell::Bool(true);
            left = Typed::new(Cell::Bool(both), Kind::Bool, "?column?");
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Typed, Failure> {
        let mut negated = false;
        while self.word("not") {
            negated = !negated;
        }
        let typed = self.comparison()?;
        Ok(match (negated, &typed.cell) {
            (true, Cell::Bool(b)) => Typed::new(Cell::Bool(!b), Kind::Bool, "?column?"),
            _ => typed,
        })
    }

    fn comparison(&mut self) -> Result<Typed, Failure> {
        let left = self.sum()?;
        if self.word("is") {
            let not = self.word("not");
            if !self.word("null") {
                return Err(Failure::unsupported(&canonical(self.tokens)));
            }
            let null = left.cell == Cell::Null;
            return Ok(Typed::new(Cell::Bool(null != not), Kind::Bool, "?column?"));
        }
        if let Some(sign) = self.sign(&["=", "<>", "!="]) {
            let right = self.sum()?;
            let cell = match (&left.cell, &right.cell) {
                (Cell::Null, _) | (_, Cell::Null) => Cell::Null,
                (a, b) => Cell::Bool((a.text() == b.text()) == (sign == "=")),
            };
            return Ok(Typed::new(cell, Kind::Bool, "?column?"));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Typed, Failure> {
        let mut left = self.cast()?;
        while let Some(sign) = self.sign(&["+", "-", "||"]) {
            let right = self.cast()?;
            let (cell, kind) = combine(sign, &left, &right)
                .ok_or_else(|| Failure::unsupported(&canonical(self.tokens)))?;
            left = Typed::new(cell, kind, "?column?");
        }
        Ok(left)
    }

    fn cast(&mut self) -> Result<Typed, Failure> {
        let mut typed = self.primary()?;
        while self.sign(&["::"]).is_some() {
            let Some(Token::Word(name)) = self.tokens.get(self.at) else {
                return Err(Failure::new("42601", "syntax error at or near \"::\""));
            };
            let (name, kind) = (name.clone(), Kind::named(name));
            self.at += 1;
            typed = cast(typed, &name, kind)?;
        }
        Ok(typed)
    }

    fn primary(&mut self) -> Result<Typed, Failure> {
        let Some(token) = self.tokens.get(self.at) else {
            return Err(Failure::new("42601", "syntax error at end of input"));
        };
        self.at += 1;
        match token {
            Token::Text(text) => Ok(Typed::new(Cell::Text(text.clone()), Kind::Text, "?column?")),
            Token::Number(text) => number(text),
            Token::Parameter(n) => {
                let bound = self.scope.context.parameters.get(n.wrapping_sub(1));
                let cell = bound.cloned().flatten().map_or(Cell::Null, Cell::Text);
                Ok(Typed::new(cell, Kind::Text, "?column?"))
            }
            Token::Sign("(") => self.bracket(),
            Token::Sign("-") => match self.tokens.get(self.at) {
                Some(Token::Number(text)) => {
                    self.at += 1;
                    number(&format!("-{text}"))
                }
                _ => Err(Failure::unsupported(&canonical(self.tokens))),
            },
            Token::Word(word) => self.name(word),
            Token::Sign(sign) => {
                let message = format!("syntax error at or near \"{sign}\"");
                Err(Failure::new("42601", message))
            }
        }
    }

    /// After `(`: an expression or a sub-select.
    fn bracket(&mut self) -> Result<Typed, Failure> {
        let inner = self.until_closed()?;
        let [Token::Word(first), rest @ ..] = inner else {
            return expression(inner, self.scope, self.depth + 1);
        };
        if first != "select" {
            return expression(inner, self.scope, self.depth + 1);
        }
        if self.depth > DEEPEST {
            return Err(Failure::new("54001", "stack depth limit exceeded"));
        }
        let (columns, rows) = nested(rest, self.scope.context, self.depth + 1)?;
        let [column] = columns.as_slice() else {
            let message = "subquery must return only one column";
            return Err(Failure::new("42601", message));
        };
        let cell = rows.into_iter().flatten().next().unwrap_or(Cell::Null);
        Ok(Typed::new(cell, column.kind, &column.name))
    }

    /// A column, a value function, or a call.
    fn name(&mut self, first: &str) -> Result<Typed, Failure> {
        let mut name = first.to_owned();
        while self.sign(&["."]).is_some() {
            let Some(Token::Word(next)) = self.tokens.get(self.at) else {
                return Err(Failure::new("42601", "syntax error at or near \".\""));
            };
            name = match name.as_str() {
                "pg_catalog" => next.clone(),
                _ => format!("{name}.{next}"),
            };
            self.at += 1;
        }
        if self.sign(&["("]).is_none() {
            return system::value(&name, self.scope);
        }
        let inner = self.until_closed()?;
        if name == "cast" {
            let (value, kind) = clause(inner, "as");
            let typed = expression(value, self.scope, self.depth + 1)?;
            let kind_name = canonical(kind);
            return cast(typed, &kind_name, Kind::named(&kind_name));
        }
        if AGGREGATES.contains(&name.as_str()) {
            return Ok(Typed::new(Cell::Null, Kind::Int8, &name));
        }
        let arguments = match inner.is_empty() {
            true => Vec::new(),
            false => split(inner, &Token::Sign(",")),
        };
        system::call(&name, &arguments, self.scope, self.depth + 1)
    }

    /// The tokens up to the bracket that closes the one just read.
    fn until_closed(&mut self) -> Result<&'a [Token], Failure> {
        let from = self.at;
        let mut open = 1;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(&self.tokens[from..self.at - 1]);
            }
        }
        Err(Failure::new("42601", "syntax error at end of input"))
    }
}

fn number(text: &str) -> Result<Typed, Failure> {
    let unreadable = || Failure::new("42601", format!("syntax error at or near \"{text}\""));
    if text.contains('.') {
        let value = text.parse().map_err(|_| unreadable())?;
        return Ok(Typed::new(Cell::Float(value), Kind::Numeric, "?column?"));
    }
    let value: i64 = text.parse().map_err(|_| unreadable())?;
    let kind = match i32::try_from(value) {
        Ok(_) => Kind::Int4,
        Err(_) => Kind::Int8,
    };
    Ok(Typed::new(Cell::Int(value), kind, "?column?"))
}

fn cast(typed: Typed, name: &str, kind: Option<Kind>) -> Result<Typed, Failure> {
    let Some(kind) = kind else {
        let message = format!("type \"{name}\" does not exist");
        return Err(Failure::new("42704", message));
    };
    let shown = typed.cell.text().unwrap_or_default();
    let Some(cell) = typed.cell.cast(kind) else {
        let message = format!("invalid input syntax for type {name}: \"{shown}\"");
        return Err(Failure::new("22P02", message));
    };
    // PostgreSQL keeps the name of what is cast and names a bare constant after the type.
    let name = match typed.name.as_str() {
        "?column?" => name,
        known => known,
    };
    Ok(Typed::new(cell, kind, name))
}

fn combine(sign: &str, left: &Typed, right: &Typed) -> Option<(Cell, Kind)> {
    if left.cell == Cell::Null || right.cell == Cell::Null {
        return Some((Cell::Null, left.kind));
    }
    match (sign, &left.cell, &right.cell) {
        ("+", Cell::Int(a), Cell::Int(b)) => Some((Cell::Int(a.checked_add(*b)?), left.kind)),
        ("-", Cell::Int(a), Cell::Int(b)) => Some((Cell::Int(a.checked_sub(*b)?), left.kind)),
        ("||", a, b) => Some((Cell::Text(a.text()? + &b.text()?), Kind::Text)),
        _ => None,
    }
}
