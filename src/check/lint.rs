//! Faults of check files beyond their syntax.

use super::catalog::Catalog;
use super::schema::{Check, Expect, FixSpec};
use super::{edits, fill, log, parse, stage};
use crate::detect::{self, Params};
use crate::model::{Proof, Severity};

/// A fault of a check file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LintProblem {
    /// Path of the check file.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
    /// What is wrong and what is expected.
    pub message: String,
}

/// All faults of all checks, in order of file and line.
pub fn lint(catalog: &Catalog) -> Vec<LintProblem> {
    let mut problems = Vec::new();
    for check in catalog.checks() {
        let mut desk = Desk {
            check,
            problems: &mut problems,
        };
        desk.head(catalog);
        desk.applies();
        desk.detector();
        desk.placeholders();
        desk.fixes();
        desk.examples();
        desk.signs();
    }
    problems.sort();
    problems.dedup();
    problems
}

struct Desk<'a> {
    check: &'a Check,
    problems: &'a mut Vec<LintProblem>,
}

impl Desk<'_> {
    /// Complains at the first place where `needle` stands.
    fn at(&mut self, needle: &str, message: impl Into<String>) {
        let offset = self.check.source.find(needle).unwrap_or(0);
        let (line, column) = parse::position(&self.check.source, offset);
        self.problems.push(LintProblem {
            path: self.check.path.clone(),
            line,
            column,
            message: message.into(),
        });
    }

    fn head(&mut self, catalog: &Catalog) {
        let check = self.check;
        let stem = check.path.rsplit('/').next().unwrap_or(&check.path);
        if !stem.starts_with(&check.id) {
            self.at(
                "id",
                format!("the file name must begin with the id `{}`", check.id),
            );
        }
        if check.proof == Proof::Heuristic && check.severity > Severity::Warning {
            self.at(
                "severity",
                "a heuristic check may be a warning or a note: nothing proves its findings",
            );
        }
        if check.kind() == "match" && check.severity > Severity::Warning {
            self.at("severity", "a `match` check may be a warning or a note");
        }
        for required in &check.requires {
            if catalog.get(required).is_none() {
                self.at(
                    required,
                    format!("`requires` names `{required}`, which is no check"),
                );
            }
        }
        if check.references.is_empty() {
            self.at("[check]", "a check needs at least one [[reference]]");
        }
    }

    fn applies(&mut self) {
        let table = &self.check.applies;
        for key in table.keys() {
            if !["all", "any", "none"].contains(&key.as_str()) {
                self.at(
                    key,
                    format!("`{key}` is unknown here; use all, any or none"),
                );
            }
        }
        let rows = Params::new(table);
        for key in ["all", "any", "none"] {
            for row in rows.tables(key) {
                let fact = row.text("fact").unwrap_or_default();
                if !detect::known_fact(fact) {
                    self.at(fact, format!("no fact is called `{fact}`"));
                }
                for word in row.keys() {
                    if !detect::condition_keys().any(|k| k == word) {
                        self.at(word, format!("a condition knows no `{word}`"));
                    }
                }
            }
        }
    }

    fn detector(&mut self) {
        let params = Params::new(&self.check.detect);
        let Some(detector) = detect::detector(self.check.kind()) else {
            self.at(
                "kind",
                format!("there is no detector `{}`", self.check.kind()),
            );
            return;
        };
        for key in params.keys().filter(|k| *k != "kind") {
            if !detector.params().contains(&key) {
                let known = detector.params().join(", ");
                self.at(
                    key,
                    format!(
                        "detector `{}` has no parameter `{key}`; it has {known}",
                        detector.kind()
                    ),
                );
            }
        }
        for complaint in detector.complaints(&params) {
            self.at("[detect]", complaint);
        }
    }

    fn known_slot(&self, name: &str) -> bool {
        let Some(detector) = detect::detector(self.check.kind()) else {
            return true;
        };
        let own = detector.slots(&Params::new(&self.check.detect));
        own.iter()
            .map(String::as_str)
            .chain(detect::COMMON.iter().copied())
            .any(|known| match known.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => known == name,
            })
    }

    fn placeholders(&mut self) {
        let text = &self.check.text;
        for template in [&text.message, &text.root_cause, &text.explanation] {
            self.template(template, &[]);
        }
        for fix in &self.check.fixes {
            for template in fix.show.iter().chain(&fix.notes).chain([&fix.title]) {
                self.template(template, &[]);
            }
            for need in &fix.needs {
                if !self.known_slot(need) {
                    self.at(
                        need,
                        format!("`needs` names `{need}`, which no hit carries"),
                    );
                }
            }
        }
    }

    fn template(&mut self, template: &str, also: &[&str]) {
        for name in fill::names(template) {
            if !self.known_slot(name) && !also.iter().any(|p| name.starts_with(p)) {
                self.at(
                    &format!("{{{name}"),
                    format!(
                        "`{{{name}}}` is unknown to detector `{}`",
                        self.check.kind()
                    ),
                );
            }
        }
    }

    fn fixes(&mut self) {
        for fix in &self.check.fixes {
            self.edits(fix);
        }
    }

    fn edits(&mut self, fix: &FixSpec) {
        for edit in &fix.edits {
            let op = edit
                .get("op")
                .and_then(toml::Value::as_str)
                .unwrap_or_default();
            let Some((_, needed, optional)) = edits::OPERATIONS.iter().find(|(o, ..)| *o == op)
            else {
                let known: Vec<&str> = edits::OPERATIONS.iter().map(|(o, ..)| *o).collect();
                self.at(
                    op,
                    format!("no edit is called `{op}`; known are {}", known.join(", ")),
                );
                continue;
            };
            for key in *needed {
                if !edit.contains_key(*key) {
                    self.at(op, format!("`{op}` needs `{key}`"));
                }
            }
            for (key, value) in edit {
                let key = key.as_str();
                if !["op", "each"].contains(&key)
                    && !needed.contains(&key)
                    && !optional.contains(&key)
                {
                    self.at(key, format!("`{op}` has no `{key}`"));
                }
                if let Some(text) = value.as_str() {
                    self.template(
                        text,
                        if edit.contains_key("each") {
                            &["item."]
                        } else {
                            &[]
                        },
                    );
                }
            }
        }
    }

    fn signs(&mut self) {
        let check = self.check;
        if check.kind() == "log" && check.logs.is_empty() {
            self.at("[detect]", "a `log` check needs at least one [[log]] table");
        }
        for sign in &check.logs {
            if sign.raises.is_empty() && !sign.text.iter().all(|t| log::says_something(t)) {
                self.at("[[log]]", "`text` must hold words that tell it from others");
            }
            let Some(first) = sign.text.first() else {
                self.at("[[log]]", "`text` is missing");
                continue;
            };
            if check.kind() == "exception" || sign.fault.is_some() {
                continue;
            }
            let given = log::given(sign);
            let text = &check.text;
            for template in [&text.message, &text.root_cause, &text.explanation] {
                for name in fill::needed(template) {
                    let known = ["error.type", "error.message", "detail"].contains(&name);
                    if !known && !given.contains(&name) && !detect::COMMON.contains(&name) {
                        self.at(
                            first,
                            format!("the texts need `{{{name}}}`, which this sign does not give"),
                        );
                    }
                }
            }
        }
    }

    fn examples(&mut self) {
        let check = self.check;
        for (expect, word) in [(Expect::Fire, "fire"), (Expect::Quiet, "quiet")] {
            if !check.examples.iter().any(|e| e.expect == expect) {
                self.at(
                    "[check]",
                    format!("a check needs at least one example with expect = \"{word}\""),
                );
            }
        }
        let mut names: Vec<&str> = check.examples.iter().map(|e| e.name.as_str()).collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.at(pair[0], format!("two examples are called `{}`", pair[0]));
        }
        for example in &check.examples {
            if example.expect == Expect::Fire && example.finding.is_none() && example.log.is_none()
            {
                self.at(
                    &example.name,
                    "an example that fires must say where ([example.finding])",
                );
            }
            if example.expect != Expect::Fire && example.finding.is_some() {
                self.at(&example.name, "only an example that fires has a finding");
            }
            if !example.after.is_empty() && check.fixes.is_empty() {
                self.at(
                    &example.name,
                    "`after` shows the result of a fix, but there is none",
                );
            }
            for key in example.server.iter().flat_map(toml::Table::keys) {
                if !stage::KEYS.contains(&key.as_str()) {
                    let known = stage::KEYS.join(", ");
                    self.at(key, format!("`server` knows no `{key}`; it knows {known}"));
                }
            }
            for path in example.files.keys().chain(example.after.keys()) {
                if path.starts_with('/') || path.split('/').any(|part| part == "..") {
                    self.at(path, "a file of an example must stay inside its folder");
                }
            }
        }
    }
}
