//! "Did you mean": CPython's suggestion for a misspelt name (Python/suggestions.c).

const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;
const MAX_STRING_SIZE: usize = 40;
const MAX_CANDIDATES: usize = 750;

/// The candidate that CPython would suggest for a name.
pub fn closest<'n>(name: &str, candidates: &[&'n str]) -> Option<&'n str> {
    if candidates.len() >= MAX_CANDIDATES {
        return None;
    }
    let mut best: Option<(&'n str, usize)> = None;
    for candidate in candidates {
        if *candidate == name {
            continue;
        }
        // No more than a third of the characters involved may differ.
        let mut limit = (name.len() + candidate.len() + 3) * MOVE_COST / 6;
        if let Some((_, distance)) = best {
            limit = limit.min(distance.saturating_sub(1));
        }
        let distance = distance(name, candidate, limit);
        if distance > limit {
            continue;
        }
        if best.is_none_or(|(_, d)| distance < d) {
            best = Some((candidate, distance));
        }
    }
    best.map(|(c, _)| c)
}

fn substitution(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE_COST;
    }
    if a.len() > MAX_STRING_SIZE || b.len() > MAX_STRING_SIZE {
        return limit + 1;
    }
    if b.len() < a.len() {
        (a, b) = (b, a);
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|n| n * MOVE_COST).collect();
    let mut result = 0;
    for (at, y) in b.iter().enumerate() {
        let mut diagonal = at * MOVE_COST;
        result = diagonal;
        let mut minimum = usize::MAX;
        for (x, cell) in a.iter().zip(row.iter_mut()) {
            let substituted = diagonal + substitution(*y, *x);
            diagonal = *cell;
            let moved = result.min(*cell) + MOVE_COST;
            result = substituted.min(moved);
            *cell = result;
            minimum = minimum.min(result);
        }
        if minimum > limit {
            return limit + 1;
        }
    }
    result
}
