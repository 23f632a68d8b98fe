//! `alembic`: the graph of migration revisions, read from the literals of the revision files.
//!
//! ```text
//! find = "heads"      more than one revision that no other one follows
//!      | "dangling"   a revision that follows one that does not exist
//! ```

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use crate::model::{Facts, Place, Span};

use super::hit::Hit;
use super::params::Params;
use super::{Context, Detector, Verdict};

/// See the module head.
#[derive(Debug)]
pub struct Alembic;

impl Detector for Alembic {
    fn kind(&self) -> &'static str {
        "alembic"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        ["heads", "count", "id", "other"]
            .map(str::to_owned)
            .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        match params.text("find") {
            Some("heads" | "dangling") => Vec::new(),
            _ => vec!["`find` must be `heads` or `dangling`".to_owned()],
        }
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let mut folders: BTreeMap<&str, Vec<Revision>> = BTreeMap::new();
        for (path, source) in &context.facts.sources {
            let Some((folder, name)) = path.rsplit_once('/') else {
                continue;
            };
            if !folder.ends_with("versions") || !name.ends_with(".py") {
                continue;
            }
            if let Some(revision) = read(path, source.text(), context.facts) {
                folders.entry(folder).or_default().push(revision);
            }
        }
        if folders.is_empty() {
            return Verdict::NotApplicable {
                because: "no revision files of Alembic".to_owned(),
            };
        }
        let hits = folders
            .values()
            .flat_map(|revisions| match params.text("find") {
                Some("heads") => heads(revisions),
                _ => dangling(revisions),
            })
            .collect();
        Verdict::of(hits)
    }
}

struct Revision {
    id: String,
    down: Vec<String>,
    /// Something about it is not literal, or it carries labels: the graph is not fully known.
    open: bool,
    place: Place,
}

fn read(path: &str, text: &str, facts: &Facts) -> Option<Revision> {
    let parsed = ruff_python_parser::parse_module(text).ok()?;
    let mut revision = None;
    let mut down = None;
    let mut open = false;
    for statement in parsed.suite() {
        let (name, value) = match statement {
            Stmt::Assign(assign) => (assign.targets.first()?, Some(&*assign.value)),
            Stmt::AnnAssign(assign) => (&*assign.target, assign.value.as_deref()),
            _ => continue,
        };
        let (Expr::Name(name), Some(value)) = (name, value) else {
            continue;
        };
        match name.id.as_str() {
            "revision" => match strings(value).as_deref() {
                Some([id]) => revision = Some((id.clone(), value.range())),
                _ => open = true,
            },
            "down_revision" => match strings(value) {
                Some(ids) => down = Some(ids),
                None => open = true,
            },
            "branch_labels" if !value.is_none_literal_expr() => open = true,
            _ => {}
        }
    }
    let (id, range) = revision?;
    let source = facts.sources.get(path)?;
    Some(Revision {
        id,
        down: down.unwrap_or_default(),
        open,
        place: source.place(Span::new(range.start().to_usize(), range.end().to_usize())),
    })
}

/// `"a"`, `None`, `("a", "b")` or `["a", "b"]`.
fn strings(value: &Expr) -> Option<Vec<String>> {
    match value {
        Expr::NoneLiteral(_) => Some(Vec::new()),
        Expr::StringLiteral(text) => Some(vec![text.value.to_str().to_owned()]),
        Expr::Tuple(tuple) => tuple.elts.iter().map(one).collect(),
        Expr::List(list) => list.elts.iter().map(one).collect(),
        _ => None,
    }
}

fn one(value: &Expr) -> Option<String> {
    match value {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    }
}

fn heads(revisions: &[Revision]) -> Vec<Hit> {
    // Branch labels mean that several heads are intended.
    if revisions.iter().any(|r| r.open) {
        return Vec::new();
    }
    let followed: BTreeSet<&str> = revisions
        .iter()
        .flat_map(|r| r.down.iter().map(String::as_str))
        .collect();
    let mut heads: Vec<&Revision> = revisions
        .iter()
        .filter(|r| !followed.contains(r.id.as_str()))
        .collect();
    if heads.len() < 2 {
        return Vec::new();
    }
    heads.sort_by(|a, b| a.place.cmp(&b.place));
    let names: Vec<String> = heads.iter().map(|r| format!("`{}`", r.id)).collect();
    let mut hit = Hit::at(heads[heads.len() - 1].place.clone());
    hit.set("heads", names.join(", "))
        .set("count", heads.len().to_string());
    for head in &heads[..heads.len() - 1] {
        hit.because(
            format!("`{}` is a head as well", head.id),
            Some(head.place.clone()),
        );
    }
    vec![hit]
}

fn dangling(revisions: &[Revision]) -> Vec<Hit> {
    if revisions.iter().any(|r| r.open) {
        return Vec::new();
    }
    let known: BTreeSet<&str> = revisions.iter().map(|r| r.id.as_str()).collect();
    revisions
        .iter()
        .flat_map(|r| {
            r.down
                .iter()
                .filter(|d| !known.contains(d.as_str()))
                .map(|d| {
                    let mut hit = Hit::at(r.place.clone());
                    hit.set("id", &r.id).set("other", d);
                    hit
                })
        })
        .collect()
}
