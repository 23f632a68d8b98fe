//! Which checks run.

use super::schema::Check;

/// A selector that fits no check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no check, phase or tag `{word}`{}", .suggestion.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default())]
pub struct SelectError {
    /// What was asked for.
    pub word: String,
    /// The nearest known word.
    pub suggestion: Option<String>,
}

/// Ids of the selected checks; the others are reported as skipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    ids: Vec<String>,
}

impl Selection {
    /// Is the check selected?
    pub fn contains(&self, id: &str) -> bool {
        self.ids.iter().any(|i| i == id)
    }

    /// Number of selected checks.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Is nothing selected?
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

pub(super) fn select(
    checks: &[Check],
    only: &[String],
    skip: &[String],
) -> Result<Selection, SelectError> {
    for word in only.iter().chain(skip) {
        if !checks.iter().any(|c| fits(c, word)) {
            return Err(SelectError {
                word: word.clone(),
                suggestion: nearest(checks, word),
            });
        }
    }
    let ids = checks
        .iter()
        .filter(|c| only.is_empty() || only.iter().any(|w| fits(c, w)))
        .filter(|c| !skip.iter().any(|w| fits(c, w)))
        .map(|c| c.id.clone())
        .collect();
    Ok(Selection { ids })
}

fn fits(check: &Check, word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    let lower = word.to_ascii_lowercase();
    !word.is_empty()
        && (check.id.starts_with(&upper)
            || check.name == lower
            || check.phase.name() == lower
            || check.tags.iter().any(|t| t.eq_ignore_ascii_case(word)))
}

/// The known word with the smallest edit distance, when it is near enough to be meant.
fn nearest(checks: &[Check], word: &str) -> Option<String> {
    let wanted = word.to_ascii_lowercase();
    checks
        .iter()
        .flat_map(|c| {
            [c.id.clone(), c.name.clone(), c.phase.name().to_owned()]
                .into_iter()
                .chain(c.tags.iter().cloned())
        })
        .map(|known| (distance(&known.to_ascii_lowercase(), &wanted), known))
        .min()
        .filter(|(d, _)| *d <= wanted.chars().count().div_ceil(3).max(1))
        .map(|(_, known)| known)
}

/// Levenshtein distance in characters.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
