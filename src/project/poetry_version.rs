//! Version constraints of poetry and Pipfile as PEP 440 specifiers.
//!
//! Source: poetry's documentation, "Dependency specification".

/// Translates a constraint; what has no PEP 440 form (`||`) stays as written.
pub(super) fn translate(constraint: &str) -> String {
    let constraint = constraint.trim();
    if constraint.contains('|') {
        return constraint.to_owned();
    }
    let clauses: Vec<String> = joined(constraint)
        .split([',', ' '])
        .map(str::trim)
        .filter(|c| !c.is_empty() && *c != "*")
        .map(clause)
        .collect();
    clauses.join(",")
}

/// `>= 1.0 < 2` without the blanks that belong to an operator.
fn joined(constraint: &str) -> String {
    let mut out = constraint.to_owned();
    for operator in ["=", ">", "<", "^", "~"] {
        while out.contains(&format!("{operator} ")) {
            out = out.replace(&format!("{operator} "), operator);
        }
    }
    out
}

fn clause(text: &str) -> String {
    if let Some(version) = text.strip_prefix('^') {
        return range(version, caret_end(version));
    }
    if let Some(version) = text.strip_prefix('~').filter(|v| !v.starts_with('=')) {
        return range(version, tilde_end(version));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("=={text}");
    }
    if let Some(version) = text.strip_prefix('=').filter(|v| !v.starts_with('=')) {
        return format!("=={version}");
    }
    text.to_owned()
}

fn range(version: &str, end: Option<String>) -> String {
    match end {
        Some(end) => format!(">={version},<{end}"),
        None => format!(">={version}"),
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version
        .split('.')
        .map(|part| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse().ok()
        })
        .collect()
}

/// `^`: the first number that is not zero may not change.
fn caret_end(version: &str) -> Option<String> {
    let numbers = numbers(version)?;
    let fixed = numbers
        .iter()
        .position(|n| *n != 0)
        .unwrap_or(numbers.len() - 1);
    bump(&numbers, fixed)
}

/// `~`: the minor version may not change; `~1` fixes the major one.
fn tilde_end(version: &str) -> Option<String> {
    let numbers = numbers(version)?;
    bump(&numbers, usize::from(numbers.len() > 1))
}

fn bump(numbers: &[u64], at: usize) -> Option<String> {
    let mut end = numbers.get(..=at)?.to_vec();
    *end.last_mut()? += 1;
    let end: Vec<String> = end.iter().map(u64::to_string).collect();
    Some(end.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_translated() {
        for (poetry, pep440) in [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1.2", ">=1.2,<1.3"),
            ("~1", ">=1,<2"),
            ("~=1.2", "~=1.2"),
            ("*", ""),
            ("1.2.3", "==1.2.3"),
            ("1.*", "==1.*"),
            (">=1.0,<2.0", ">=1.0,<2.0"),
            (">= 1.0 < 2", ">=1.0,<2"),
            ("^3.10 || ^4", "^3.10 || ^4"),
            ("^2.0b1", ">=2.0b1,<3"),
        ] {
            assert_eq!(translate(poetry), pep440, "{poetry}");
        }
    }
}
