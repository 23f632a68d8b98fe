//! Lines of a table that get in each other's way.

use std::collections::BTreeMap;

use crate::detect::Verdict;
use crate::detect::hit::Hit;
use crate::model::{Facts, RouterFact};

use super::path::{below, covers, shape};
use super::{Line, in_project, lines};

/// What to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Find {
    /// Method and path twice.
    Duplicate,
    /// A more general path before a special one.
    Shadowed,
    /// A mount before a path below it.
    BehindMount,
    /// With and without a final slash.
    SlashSplit,
    /// One identifier twice.
    OperationId,
}

/// Methods that a handler is written for.
const WRITTEN: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Every application is looked at: what stands earlier in a list is earlier, even where the
/// list may be longer than is known.
pub fn verdict(facts: &Facts, app: &RouterFact, find: Find) -> Verdict {
    let all = lines(facts, app);
    let hits = match find {
        Find::Duplicate => first_of(facts, &all, duplicates),
        Find::Shadowed => first_of(facts, &all, shadows),
        Find::BehindMount => first_of(facts, &all, mounted_over),
        Find::SlashSplit => split_by_slash(facts, app, &all),
        Find::OperationId => operation_ids(facts, &all),
    };
    Verdict::of(hits)
}

/// Later lines of the project, each with the first earlier line that gets in its way.
fn first_of(
    facts: &Facts,
    all: &[Line<'_>],
    clash: fn(&Line<'_>, &Line<'_>) -> Option<String>,
) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for (number, later) in all.iter().enumerate() {
        let place = later.route.place.as_ref();
        let Some(place) = place.filter(|p| in_project(facts, p)) else {
            continue;
        };
        let found = all[..number].iter().find_map(|earlier| {
            // The same registration met twice: its router is served twice.
            let same = std::ptr::eq(earlier.route, later.route)
                || earlier.route.place == later.route.place;
            let apart =
                !earlier.served.mount.is_empty() && earlier.served.mount != later.served.mount;
            if same || apart {
                return None;
            }
            Some((earlier, clash(earlier, later)?))
        });
        let Some((earlier, method)) = found else {
            continue;
        };
        let path = &later.served.path;
        let told = hits.iter().any(|h| {
            h.place.as_ref() == Some(place)
                && h.slots.get("method") == Some(&method)
                && h.slots.get("path") == Some(path)
        });
        if told {
            continue;
        }
        let mut hit = Hit::at(place.clone());
        hit.set("method", &method)
            .set("path", path)
            .set("endpoint", &later.route.endpoint);
        about_other(
            &mut hit,
            earlier,
            "this route is tried first and always matches",
        );
        hits.push(hit);
    }
    hits
}

fn about_other(hit: &mut Hit, other: &Line<'_>, claim: &str) {
    let methods = other.route.methods.join(",");
    hit.set("other", format!("{methods} {}", other.served.path))
        .set("other.method", methods)
        .set("other.path", &other.served.path);
    if let Some(place) = &other.route.place {
        hit.set("other.place", format!("{}:{}", place.path, place.line));
        hit.because(claim, Some(place.clone()));
    }
}

/// The first method that a later line has in common with an earlier one, when that one takes
/// all of its methods that somebody would write a handler for.
fn common(earlier: &Line<'_>, later: &Line<'_>) -> Option<String> {
    let any = earlier.route.methods.iter().any(|m| m == "ANY");
    let takes = |m: &String| any || earlier.route.methods.contains(m);
    later
        .route
        .methods
        .iter()
        .find(|m| WRITTEN.contains(&m.as_str()) && takes(m))
        .cloned()
        .or_else(|| {
            let both = |l: &Line<'_>| l.route.methods.iter().any(|m| m == "WEBSOCKET");
            (both(earlier) && both(later)).then(|| "WEBSOCKET".to_owned())
        })
}

fn duplicates(earlier: &Line<'_>, later: &Line<'_>) -> Option<String> {
    let same = shape(&earlier.served.path) == shape(&later.served.path);
    same.then(|| common(earlier, later)).flatten()
}

fn shadows(earlier: &Line<'_>, later: &Line<'_>) -> Option<String> {
    let takes = covers(&earlier.served.path, &later.served.path);
    takes.then(|| common(earlier, later)).flatten()
}

fn mounted_over(earlier: &Line<'_>, later: &Line<'_>) -> Option<String> {
    let is = |line: &Line<'_>, kind: &str| line.route.methods.iter().any(|m| m == kind);
    if !is(earlier, "MOUNT") || is(later, "HOST") || earlier.route.builtin {
        return None;
    }
    let mount = earlier.served.path.trim_end_matches('/');
    // What lies behind a mount stands behind it in the table, and is meant to.
    let inside = later.served.mount.trim_end_matches('/');
    let behind = !later.served.mount.is_empty()
        && (inside == mount || mount.is_empty() || inside.starts_with(&format!("{mount}/")));
    let taken = match is(later, "MOUNT") {
        true => {
            shape(mount) == shape(later.served.path.trim_end_matches('/'))
                || below(mount, &later.served.path)
        }
        false => below(mount, &later.served.path),
    };
    (taken && !behind).then(|| later.route.methods.join(","))
}

/// A method that only one of the two spellings has is answered 405 under the other.
fn split_by_slash(facts: &Facts, app: &RouterFact, all: &[Line<'_>]) -> Vec<Hit> {
    if app.redirect_slashes != Some(true) || !app.complete {
        return Vec::new();
    }
    let plain: Vec<&Line<'_>> = all
        .iter()
        .filter(|l| l.served.mount.is_empty() && !l.route.builtin)
        .collect();
    let mut hits = Vec::new();
    for line in &plain {
        let path = line.served.path.as_str();
        let Some(short) = path.strip_suffix('/').filter(|s| !s.is_empty()) else {
            continue;
        };
        let place = line.route.place.as_ref();
        let Some(place) = place.filter(|p| in_project(facts, p)) else {
            continue;
        };
        let twins: Vec<&&Line<'_>> = plain
            .iter()
            .filter(|l| shape(&l.served.path) == shape(short))
            .collect();
        let written = |m: &&String| WRITTEN.contains(&m.as_str());
        let only_here = line.route.methods.iter().filter(written).find(|m| {
            twins.iter().all(|t| {
                !t.route.methods.contains(m) && !t.route.methods.iter().any(|x| x == "ANY")
            })
        });
        let (Some(method), Some(twin)) = (only_here, twins.first()) else {
            continue;
        };
        if !twin.route.methods.iter().any(|m| written(&m)) {
            continue;
        }
        let mut hit = Hit::at(place.clone());
        hit.set("method", method)
            .set("path", path)
            .set("endpoint", &line.route.endpoint);
        about_other(&mut hit, twin, "this one is registered without the slash");
        hits.push(hit);
    }
    hits
}

fn operation_ids(facts: &Facts, all: &[Line<'_>]) -> Vec<Hit> {
    let mut seen: BTreeMap<&str, Line<'_>> = BTreeMap::new();
    let mut hits: Vec<Hit> = Vec::new();
    for line in all {
        let listed = line.route.in_schema == Some(true) && line.served.mount.is_empty();
        let Some(id) = line.served.operation_id.as_deref().filter(|_| listed) else {
            continue;
        };
        let Some(first) = seen.get(id).copied() else {
            seen.insert(id, *line);
            continue;
        };
        let same_operation = shape(&first.served.path) == shape(&line.served.path)
            && first.route.methods == line.route.methods;
        let place = line.route.place.as_ref();
        let Some(place) = place.filter(|p| in_project(facts, p) && !same_operation) else {
            continue;
        };
        let mut hit = Hit::at(place.clone());
        hit.set("operation_id", id)
            .set("method", line.route.methods.join(","))
            .set("path", &line.served.path)
            .set("endpoint", &line.route.endpoint);
        about_other(&mut hit, &first, "this operation has the same identifier");
        if !hits.iter().any(|h| h.place == hit.place) {
            hits.push(hit);
        }
    }
    hits
}
