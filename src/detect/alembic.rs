//! `alembic`: the graph of migration revisions, read from the literals of the revision files.
//!
//! ```text
//! find = "heads"      more than one revision that no other one follows
//!      | "dangling"   a revision that follows one that does not exist
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::knowledge::alembic;
use crate::model::Place;

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
            if let Some(read) = alembic::read(source.text()) {
                let place = source.place(read.span);
                folders
                    .entry(folder)
                    .or_default()
                    .push(Revision { read, place });
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
    read: alembic::Revision,
    place: Place,
}

fn heads(revisions: &[Revision]) -> Vec<Hit> {
    // Branch labels mean that several heads are intended.
    if revisions.iter().any(|r| r.read.open) {
        return Vec::new();
    }
    let read: Vec<&alembic::Revision> = revisions.iter().map(|r| &r.read).collect();
    let open: BTreeSet<&str> = alembic::heads(&read)
        .into_iter()
        .map(|r| r.id.as_str())
        .collect();
    let mut heads: Vec<&Revision> = revisions
        .iter()
        .filter(|r| open.contains(r.read.id.as_str()))
        .collect();
    if heads.len() < 2 {
        return Vec::new();
    }
    heads.sort_by(|a, b| a.place.cmp(&b.place));
    let names: Vec<String> = heads.iter().map(|r| format!("`{}`", r.read.id)).collect();
    let mut hit = Hit::at(heads[heads.len() - 1].place.clone());
    hit.set("heads", names.join(", "))
        .set("count", heads.len().to_string());
    for head in &heads[..heads.len() - 1] {
        hit.because(
            format!("`{}` is a head as well", head.read.id),
            Some(head.place.clone()),
        );
    }
    vec![hit]
}

fn dangling(revisions: &[Revision]) -> Vec<Hit> {
    if revisions.iter().any(|r| r.read.open) {
        return Vec::new();
    }
    let known: BTreeSet<&str> = revisions.iter().map(|r| r.read.id.as_str()).collect();
    revisions
        .iter()
        .flat_map(|r| {
            r.read
                .down
                .iter()
                .filter(|d| !known.contains(d.as_str()))
                .map(|d| {
                    let mut hit = Hit::at(r.place.clone());
                    hit.set("id", &r.read.id).set("other", d);
                    hit
                })
        })
        .collect()
}
