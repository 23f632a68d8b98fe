//! `operations.toml` holds cases; each is run as it stands, with `\r\n`, with a byte order mark,
//! without a final line end and with comments that are not ASCII.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fix::Workspace;
use crate::model::{Applicability, EditOp, Fix, Source, Span};

const CASES: &str = include_str!("operations.toml");

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Relative path; decides the language.
    path: String,
    /// Operations without `path` and spans; `«` and `»` in `before` mark the span of them all.
    ops: Vec<toml::Table>,
    before: String,
    /// Absent: refused, with this text in the reason.
    after: Option<String>,
    refused: Option<String>,
}

/// A way in which a text may be written.
type Habit = fn(&str) -> String;

fn fix(ops: Vec<EditOp>) -> Fix {
    Fix {
        title: "Test".into(),
        applicability: Applicability::Safe,
        ops,
        edits: Vec::new(),
        show: Vec::new(),
        preview: Vec::new(),
        notes: Vec::new(),
    }
}

/// Takes the marks out; returns the span that they held.
fn marked(text: &str) -> (String, Option<Span>) {
    let Some(start) = text.find('«') else {
        return (text.to_owned(), None);
    };
    let text = text.replacen('«', "", 1);
    let end = text.find('»').expect("a mark is closed");
    (text.replacen('»', "", 1), Some(Span::new(start, end)))
}

fn op(table: &toml::Table, path: &str, span: Option<Span>) -> EditOp {
    let mut table = table.clone();
    table.insert("path".into(), path.into());
    if let Some(span) = span {
        for name in ["callee", "call", "url", "at"] {
            let span = toml::Value::try_from(span).unwrap();
            table.entry(name).or_insert(span);
        }
    }
    // A call that is asked for by a part of it is found by what covers it.
    toml::Value::Table(table).try_into().unwrap()
}

#[test]
fn operations_keep_everything_else() {
    let cases: Cases = toml::from_str(CASES).unwrap();
    let habits: [(&str, Habit); 5] = [
        ("as it stands", str::to_owned),
        ("CRLF", |t| t.replace('\n', "\r\n")),
        ("BOM", |t| format!("\u{feff}{t}")),
        ("no final line end", |t| {
            t.strip_suffix('\n').unwrap_or(t).to_owned()
        }),
        ("not ASCII", |t| t.replace("# note", "# nöte ✓ 日本")),
    ];
    let mut wrong = Vec::new();
    let mut run = 0;
    for case in &cases.case {
        for (habit, change) in &habits {
            run += 1;
            if let Err(why) = check(case, change) {
                wrong.push(format!("{} ({habit}): {why}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(run > 250, "only {run} runs");
}

fn check(case: &Case, habit: &Habit) -> Result<(), String> {
    let (before, span) = marked(&habit(&case.before));
    let ops = case.ops.iter().map(|t| op(t, &case.path, span)).collect();
    let sources = BTreeMap::from([(case.path.clone(), Source::new(&*case.path, &*before))]);
    let mut workspace = Workspace::new(&sources);
    let result = workspace.apply(&fix(ops));
    let changes = workspace.changes();
    let got = changes.first().map_or(before.as_str(), |c| c.after.text());
    match (&case.after, &case.refused, result) {
        (Some(after), None, Ok(_)) => {
            let after = habit(after);
            if got != after {
                return Err(format!("expected\n{after:?}\ngot\n{got:?}"));
            }
            edits_give_the_text(&before, got, &changes)
        }
        (None, Some(text), Err(error)) if error.to_string().contains(text) => {
            match changes.is_empty() {
                true => Ok(()),
                false => Err("refused, yet something changed".into()),
            }
        }
        (_, _, result) => Err(format!("unexpected: {result:?}\n{got:?}")),
    }
}

fn edits_give_the_text(
    before: &str,
    after: &str,
    changes: &[crate::fix::Change],
) -> Result<(), String> {
    let mut text = before.to_owned();
    for edit in changes.iter().flat_map(|c| &c.edits).rev() {
        text.replace_range(edit.at.range(), &edit.insert);
    }
    match text == after {
        true => Ok(()),
        false => Err(format!("the edits give {text:?}")),
    }
}
