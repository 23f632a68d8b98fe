//! `SELECT`: a list of expressions over at most one relation.

use super::Context;
use super::answer::Failure;
use super::expression::{AGGREGATES, Scope, Typed, expression};
use super::scan::{Token, canonical, split};
use super::system::{self, Relation};
use super::value::{Cell, Column};

type Rows = (Vec<Column>, Vec<Vec<Cell>>);

/// Answers the tokens after `SELECT`.
pub(super) fn select(tokens: &[Token], context: &Context<'_>) -> Result<Rows, Failure> {
    nested(tokens, context, 0)
}

pub(super) fn nested(
    tokens: &[Token],
    context: &Context<'_>,
    depth: usize,
) -> Result<Rows, Failure> {
    let (list, rest) = clause(tokens, "from");
    let (from, condition) = clause(rest, "where");
    let condition = ["order", "limit", "group"]
        .iter()
        .fold(condition, |kept, word| clause(kept, word).0);
    let from = ["order", "limit"]
        .iter()
        .fold(from, |kept, word| clause(kept, word).0);
    let relation = match from.is_empty() {
        true => None,
        false => Some(system::relation(from, condition, context)?),
    };
    let items = items(list, relation.as_ref());
    let evaluate = |row: Option<&[Cell]>| -> Result<Vec<Typed>, Failure> {
        let scope = Scope {
            context,
            relation: relation.as_ref(),
            row,
        };
        items
            .iter()
            .map(|item| named(item, &scope, depth))
            .collect()
    };
    let heads = evaluate(None)?;
    let columns = heads.iter().map(|head| Column {
        name: head.name.clone(),
        kind: head.kind,
    });
    let columns: Vec<Column> = columns.collect();
    let Some(relation) = &relation else {
        return Ok((columns, vec![cells(heads)]));
    };
    let mut rows = Vec::new();
    for row in &relation.rows {
        let scope = Scope {
            context,
            relation: Some(relation),
            row: Some(row),
        };
        let kept = condition.is_empty()
            || relation.filtered
            || expression(condition, &scope, depth)?.cell == Cell::Bool(true);
        if kept {
            rows.push(row);
        }
    }
    let aggregated = items.iter().any(|item| aggregate(item).is_some());
    if aggregated {
        let row = items
            .iter()
            .map(|item| fold(item, &rows, relation, context, depth))
            .collect::<Result<_, _>>()?;
        return Ok((columns, vec![row]));
    }
    let rows = rows
        .into_iter()
        .map(|row| Ok(cells(evaluate(Some(row))?)))
        .collect::<Result<_, Failure>>()?;
    Ok((columns, rows))
}

/// The expressions of the list; `*` stands for the columns of the relation.
fn items(list: &[Token], relation: Option<&Relation>) -> Vec<Vec<Token>> {
    let written = split(list, &Token::Sign(",")).into_iter();
    let expanded = written.flat_map(|item| match (item.as_slice(), relation) {
        ([Token::Sign("*")], Some(relation)) => {
            let columns = relation.columns.iter();
            columns
                .map(|(name, _)| vec![Token::Word((*name).to_owned())])
                .collect()
        }
        _ => vec![item],
    });
    expanded.collect()
}

fn cells(row: Vec<Typed>) -> Vec<Cell> {
    row.into_iter().map(|typed| typed.cell).collect()
}

/// The tokens before and after a key word outside brackets.
pub(super) fn clause<'t>(tokens: &'t [Token], word: &str) -> (&'t [Token], &'t [Token]) {
    let mut depth = 0i32;
    for (n, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign("(" | "[") => depth += 1,
            Token::Sign(")" | "]") => depth -= 1,
            Token::Word(w) if depth == 0 && w == word => return (&tokens[..n], &tokens[n + 1..]),
            _ => {}
        }
    }
    (tokens, &[])
}

/// `expression [AS name]`
fn named(item: &[Token], scope: &Scope<'_>, depth: usize) -> Result<Typed, Failure> {
    if let [expr @ .., Token::Word(keyword), Token::Word(name)] = item
        && keyword == "as"
    {
        let mut typed = expression(expr, scope, depth)?;
        typed.name.clone_from(name);
        return Ok(typed);
    }
    expression(item, scope, depth)
}

/// Name and argument of an aggregate call that makes up a whole item.
fn aggregate(item: &[Token]) -> Option<(&str, &[Token])> {
    let end = item
        .iter()
        .position(|t| matches!(t, Token::Sign(")")))
        .unwrap_or(0);
    match item {
        [Token::Word(name), Token::Sign("("), ..] if AGGREGATES.contains(&name.as_str()) => {
            Some((name, item.get(2..end)?))
        }
        _ => None,
    }
}

fn fold(
    item: &[Token],
    rows: &[&Vec<Cell>],
    relation: &Relation,
    context: &Context<'_>,
    depth: usize,
) -> Result<Cell, Failure> {
    let Some((name, argument)) = aggregate(item) else {
        return Err(Failure::unsupported(&canonical(item)));
    };
    if name == "count" {
        return Ok(Cell::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX)));
    }
    let mut numbers = Vec::new();
    for row in rows {
        let scope = Scope {
            context,
            relation: Some(relation),
            row: Some(row),
        };
        if let Cell::Int(n) = expression(argument, &scope, depth)?.cell {
            numbers.push(n);
        }
    }
    let found = match name {
        "sum" => numbers.into_iter().reduce(i64::saturating_add),
        "max" => numbers.into_iter().max(),
        _ => numbers.into_iter().min(),
    };
    Ok(found.map_or(Cell::Null, Cell::Int))
}
