//! `[[fix]]` tables become edit operations.

use toml::{Table, Value};

use super::fill;
use super::schema::FixSpec;
use crate::detect::{Hit, Slots, requirement_of};
use crate::model::{EditOp, Facts, Fix, Redactor, Span};

/// Every operation with the keys that it needs and those that it may have.
pub(super) const OPERATIONS: &[(&str, &[&str], &[&str])] = &[
    ("requirement.add", &["spec"], &["file"]),
    ("requirement.replace", &["from", "to"], &[]),
    ("requirement.remove", &["name"], &[]),
    ("import.add", &["module", "name"], &["file", "as"]),
    ("import.remove", &["module", "name"], &["file"]),
    ("import.remove_if_unused", &["module", "name"], &["file"]),
    ("import.move_into_function", &["module", "name"], &["file"]),
    ("call.rename", &["to"], &["at"]),
    ("arg.set", &["name", "value"], &["at"]),
    ("arg.remove", &["name"], &["at"]),
    ("url.set_scheme", &["to"], &[]),
    ("url.rename_param", &["from", "to"], &["value"]),
    ("url.drop_param", &["name"], &[]),
    ("env.add", &["file", "name", "value"], &["comment"]),
    ("env.set", &["file", "name", "value"], &[]),
    ("text.replace", &["at", "expect", "insert"], &[]),
    ("text.insert_after", &["line", "text"], &["file"]),
    ("file.rename", &["from", "to"], &[]),
];

/// The fix for one hit; `None` when a value that it needs is not known.
pub(super) fn fix(spec: &FixSpec, hit: &Hit, facts: &Facts, redactor: &Redactor) -> Option<Fix> {
    if !spec.needs.iter().all(|name| hit.slots.contains_key(name)) {
        return None;
    }
    let mut ops = Vec::new();
    for edit in &spec.edits {
        match edit.get("each").and_then(Value::as_str) {
            Some(list) => {
                for item in hit.lists.get(list).into_iter().flatten() {
                    let mut slots = hit.slots.clone();
                    slots.extend(item.iter().map(|(k, v)| (format!("item.{k}"), v.clone())));
                    ops.push(operation(edit, hit, &slots, facts)?);
                }
            }
            None => ops.push(operation(edit, hit, &hit.slots, facts)?),
        }
    }
    if ops.is_empty() && !spec.edits.is_empty() {
        return None;
    }
    let text = |t: &String| fill::strict(t, &hit.slots).ok().map(|t| redactor.apply(&t));
    Some(Fix {
        title: text(&spec.title)?,
        applicability: spec.applicability,
        ops,
        edits: Vec::new(),
        show: spec.show.iter().filter_map(text).collect(),
        preview: Vec::new(),
        notes: spec.notes.iter().filter_map(text).collect(),
    })
}

struct Row<'a> {
    table: &'a Table,
    slots: &'a Slots,
    hit: &'a Hit,
}

impl Row<'_> {
    fn text(&self, key: &str) -> Option<String> {
        fill::strict(self.table.get(key)?.as_str()?, self.slots).ok()
    }

    /// The file of the operation: as given, else where the hit is.
    fn path(&self) -> Option<String> {
        match self.table.get("file") {
            Some(_) => self.text("file"),
            None => self.hit.anchor_path(),
        }
    }

    fn span(&self, default: &str) -> Option<(String, Span)> {
        let name = match self.table.get("at") {
            Some(_) => self.text("at")?,
            None => default.to_owned(),
        };
        self.hit.spans.get(&name).cloned()
    }
}

fn operation(table: &Table, hit: &Hit, slots: &Slots, facts: &Facts) -> Option<EditOp> {
    let row = Row { table, slots, hit };
    let op = table.get("op")?.as_str()?;
    match op.split_once('.')? {
        ("requirement", verb) => requirement(verb, &row, facts),
        ("import", verb) => import(verb, &row),
        ("call" | "arg", _) => call(op, &row),
        ("url", verb) => url(verb, &row),
        ("env", verb) => env(verb, &row),
        _ => text(op, &row),
    }
}

fn requirement(verb: &str, row: &Row<'_>, facts: &Facts) -> Option<EditOp> {
    match verb {
        "add" => {
            let path = match row.table.get("file") {
                Some(_) => row.text("file"),
                None => facts.project.requirement_files.first().cloned(),
            }?;
            Some(EditOp::RequirementAdd {
                path,
                spec: row.text("spec")?,
            })
        }
        "replace" => {
            let requirement = requirement_of(facts, &row.text("from")?)?;
            Some(EditOp::RequirementReplace {
                path: requirement.path.clone(),
                line: requirement.line,
                from: requirement.name.clone(),
                spec: row.text("to")?,
            })
        }
        "remove" => {
            let requirement = requirement_of(facts, &row.text("name")?)?;
            Some(EditOp::RequirementRemove {
                path: requirement.path.clone(),
                line: requirement.line,
                name: requirement.name.clone(),
            })
        }
        _ => None,
    }
}

fn import(verb: &str, row: &Row<'_>) -> Option<EditOp> {
    let (path, module, name) = (row.path()?, row.text("module")?, row.text("name")?);
    Some(match verb {
        "add" => EditOp::ImportAdd {
            path,
            module,
            name,
            alias: row.text("as"),
        },
        "remove" => EditOp::ImportRemove { path, module, name },
        "remove_if_unused" => EditOp::ImportRemoveIfUnused { path, module, name },
        "move_into_function" => EditOp::ImportMoveIntoFunction { path, module, name },
        _ => return None,
    })
}

fn call(op: &str, row: &Row<'_>) -> Option<EditOp> {
    match op {
        "call.rename" => {
            let (path, callee) = row.span("callee")?;
            let to = row.text("to")?;
            let (module, name) = to.rsplit_once('.')?;
            Some(EditOp::CallRename {
                path,
                callee,
                to_module: module.to_owned(),
                to_name: name.to_owned(),
            })
        }
        "arg.set" => {
            let (path, call) = row.span("call")?;
            Some(EditOp::ArgSet {
                path,
                call,
                name: row.text("name")?,
                value: row.text("value")?,
            })
        }
        "arg.remove" => {
            let (path, call) = row.span("call")?;
            Some(EditOp::ArgRemove {
                path,
                call,
                name: row.text("name")?,
            })
        }
        _ => None,
    }
}

fn url(verb: &str, row: &Row<'_>) -> Option<EditOp> {
    let (path, url) = row.hit.spans.get("url").cloned()?;
    Some(match verb {
        "set_scheme" => EditOp::UrlSetScheme {
            path,
            url,
            to: row.text("to")?,
        },
        "rename_param" => EditOp::UrlRenameParam {
            path,
            url,
            from: row.text("from")?,
            to: row.text("to")?,
            value: row.text("value"),
        },
        "drop_param" => EditOp::UrlDropParam {
            path,
            url,
            name: row.text("name")?,
        },
        _ => return None,
    })
}

fn env(verb: &str, row: &Row<'_>) -> Option<EditOp> {
    let (path, name, value) = (row.text("file")?, row.text("name")?, row.text("value")?);
    Some(match verb {
        "add" => EditOp::EnvAdd {
            path,
            name,
            value,
            comment: row.text("comment").unwrap_or_default(),
        },
        "set" => EditOp::EnvSet { path, name, value },
        _ => return None,
    })
}

fn text(op: &str, row: &Row<'_>) -> Option<EditOp> {
    Some(match op {
        "text.replace" => {
            let (path, at) = row.span("fault")?;
            EditOp::TextReplace {
                path,
                at,
                expect: row.text("expect")?,
                insert: row.text("insert")?,
            }
        }
        "text.insert_after" => EditOp::TextInsertAfter {
            path: row.path()?,
            line: row.text("line")?.parse().ok()?,
            text: row.text("text")?,
        },
        "file.rename" => EditOp::FileRename {
            path: row.text("from")?,
            to: row.text("to")?,
        },
        _ => return None,
    })
}
