//! Parameters of a detector, as a check file gives them.

use toml::{Table, Value};

/// The `[detect]` table of a check file.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a>(&'a Table);

impl<'a> Params<'a> {
    /// Wraps a table.
    pub fn new(table: &'a Table) -> Self {
        Self(table)
    }

    /// The names that are given.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str)
    }

    /// A text.
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(Value::as_str)
    }

    /// A text or a list of texts.
    pub fn texts(self, key: &str) -> Vec<&'a str> {
        match self.0.get(key) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// A list of tables, or one table.
    pub fn tables(self, key: &str) -> Vec<Params<'a>> {
        match self.0.get(key) {
            Some(Value::Table(one)) => vec![Params(one)],
            Some(Value::Array(many)) => many
                .iter()
                .filter_map(Value::as_table)
                .map(Params)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A truth value.
    pub fn flag(self, key: &str) -> Option<bool> {
        self.0.get(key).and_then(Value::as_bool)
    }

    /// What is wrong with a parameter that must be one of some words.
    pub fn one_of(self, key: &str, words: &[&str]) -> Vec<String> {
        match self.text(key) {
            Some(given) if words.contains(&given) => Vec::new(),
            _ => vec![format!("`{key}` must be one of {}", words.join(", "))],
        }
    }

    /// Is the name given?
    pub fn has(self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

/// Does a value satisfy a condition table: `is`, `in`, `not`, `starts`, `ends`, `contains`?
/// All that are given must hold. An absent value satisfies only `present = false` and `not`.
pub fn satisfies(condition: Params<'_>, value: Option<&str>) -> bool {
    let Some(value) = value else {
        return condition.flag("present") == Some(false)
            || (condition.has("not") && !condition.has("is") && !condition.has("in"));
    };
    condition.flag("present") != Some(false)
        && condition.text("is").is_none_or(|v| v == value)
        && condition
            .flag("is")
            .is_none_or(|v| value.eq_ignore_ascii_case(if v { "true" } else { "false" }))
        && (!condition.has("in") || condition.texts("in").contains(&value))
        && !condition.texts("not").contains(&value)
        && (!condition.has("starts")
            || condition
                .texts("starts")
                .iter()
                .any(|p| value.starts_with(p)))
        && (!condition.has("ends") || condition.texts("ends").iter().any(|p| value.ends_with(p)))
        && (!condition.has("contains")
            || condition
                .texts("contains")
                .iter()
                .any(|p| value.contains(p)))
}

/// Names that a condition table may use besides the subject.
pub const CONDITION_WORDS: &[&str] = &["is", "in", "not", "starts", "ends", "contains", "present"];
