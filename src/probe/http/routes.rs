//! Which routes answer: one question per path that no handler hears, and what its answer proves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};

use super::ask::{Answer, Asker, Trouble};
use super::openapi::Document;
use super::{HttpOptions, SourceRoute, milliseconds, part_of};
use crate::model::{HttpPart, RouteProbe, RouteState};

/// Methods that applications hardly ever register, all known to HTTP parsers.
pub const FOREIGN: [&str; 4] = ["TRACE", "PROPFIND", "LOCK", "MKCOL"];

/// A path that nobody registers; its answers are what an unknown path gets.
const NOWHERE: &str = "/audit-asks-for-a-path-that-is-not-there";

/// Redirects followed before it counts as a loop.
const HOPS: usize = 5;

/// What is to be proven about one path.
#[derive(Debug, Default)]
struct Path {
    /// Method, place in the source, in the document.
    methods: BTreeMap<String, (Option<String>, bool)>,
    refuses_empty: BTreeSet<String>,
}

/// What the answers say about one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The path is known, and `Allow` names methods.
    Known,
    /// 404.
    Unknown,
    /// It redirects to a path that is known.
    Redirected,
    /// It redirects in a circle.
    Loop,
    /// Anything else.
    Unclear,
}

struct Heard {
    word: Word,
    allow: Vec<String>,
    status: Option<u16>,
    took: Duration,
}

/// Asks for every path of source and document.
pub async fn prove(
    asker: &Asker,
    source: &[SourceRoute],
    document: &Document,
    options: &HttpOptions,
) -> (HttpPart, Vec<RouteProbe>) {
    let begun = Instant::now();
    let paths = joined(source, document);
    if paths.is_empty() {
        let why = "neither source nor document names a route".to_owned();
        return (
            part_of("routes", "skipped", why, Duration::ZERO),
            Vec::new(),
        );
    }
    let control = asker.ask(FOREIGN[0], NOWHERE, None).await;
    let distinct = matches!(&control, Ok(answer) if answer.status == 404);
    let work = paths
        .iter()
        .map(|(path, plan)| one(asker, path, plan, distinct, options.active));
    let answers: Vec<(Word, Vec<RouteProbe>)> = stream::iter(work)
        .buffered(options.concurrency.max(1))
        .collect()
        .await;
    let words: Vec<Word> = answers.iter().map(|(word, _)| *word).collect();
    let rows: Vec<RouteProbe> = answers.into_iter().flat_map(|(_, rows)| rows).collect();
    (
        judged(&words, &rows, distinct, &control, begun.elapsed()),
        rows,
    )
}

/// Paths in order, each with its methods.
fn joined(source: &[SourceRoute], document: &Document) -> BTreeMap<String, Path> {
    let mut paths: BTreeMap<String, Path> = BTreeMap::new();
    for route in source {
        let path = paths.entry(route.path.clone()).or_default();
        for method in &route.methods {
            let known = path.methods.entry(method.clone()).or_default();
            known.0 = known.0.take().or_else(|| route.source.clone());
        }
    }
    for operation in &document.operations {
        let path = paths.entry(operation.path.clone()).or_default();
        path.methods.entry(operation.method.clone()).or_default().1 = true;
        if operation.refuses_empty {
            path.refuses_empty.insert(operation.method.clone());
        }
    }
    paths
}

/// Asks for one path and gives a row per method.
async fn one(
    asker: &Asker,
    path: &str,
    plan: &Path,
    distinct: bool,
    active: bool,
) -> (Word, Vec<RouteProbe>) {
    let concrete = filled(path);
    let method = FOREIGN.iter().find(|m| !plan.methods.contains_key(**m));
    let heard = hear(asker, method.unwrap_or(&FOREIGN[0]), &concrete).await;
    let mut rows = Vec::new();
    for (method, (place, listed)) in &plan.methods {
        let mut row = RouteProbe {
            method: method.clone(),
            path: path.to_owned(),
            source: place.clone(),
            openapi: *listed,
            state: state(&heard, method, *listed, distinct),
            status: heard.status,
            redirected: matches!(heard.word, Word::Redirected | Word::Loop),
            ms: milliseconds(heard.took),
        };
        // `Allow` names the first route of the path only; a second one is asked itself, where
        // it cannot but turn the question away.
        if row.state == RouteState::Unproven && plan.refuses_empty.contains(method) {
            let asked = Instant::now();
            if let Ok(answer) = asker.ask(method, &concrete, Some("{}")).await {
                row.status = Some(answer.status);
                row.ms = milliseconds(asked.elapsed());
                let turned_away = [400, 401, 403, 415, 422].contains(&answer.status);
                if turned_away && distinct {
                    row.state = RouteState::Reachable;
                }
            }
        }
        if active && method == "GET" && !path.contains('{') {
            call(asker, path, &mut row, distinct).await;
        }
        rows.push(row);
    }
    (heard.word, rows)
}

/// Calls a route for real.
async fn call(asker: &Asker, path: &str, row: &mut RouteProbe, distinct: bool) {
    let asked = Instant::now();
    let Ok(answer) = asker.ask("GET", path, None).await else {
        return;
    };
    row.status = Some(answer.status);
    row.ms = milliseconds(asked.elapsed());
    // A handler may say 404 itself: that takes back nothing.
    if distinct && answer.status != 404 {
        row.state = RouteState::Reachable;
    }
}

/// `listed`: the server's own document has the method under this path.
fn state(heard: &Heard, method: &str, listed: bool, distinct: bool) -> RouteState {
    if !distinct {
        // Whatever it says, it says it to everybody.
        return RouteState::Unproven;
    }
    match heard.word {
        Word::Unknown | Word::Loop => RouteState::Unreachable,
        // `Allow` names the first route of the path only; the document of the same server names
        // the others.
        Word::Known | Word::Redirected if listed || heard.allow.iter().any(|m| m == method) => {
            RouteState::Reachable
        }
        // A wall before this path and none before an unknown one: the path is known.
        Word::Unclear if matches!(heard.status, Some(401 | 403)) => RouteState::Reachable,
        _ => RouteState::Unproven,
    }
}

/// Asks and follows redirects.
async fn hear(asker: &Asker, method: &str, path: &str) -> Heard {
    let asked = Instant::now();
    let mut path = path.to_owned();
    let mut seen = BTreeSet::new();
    let mut redirected = false;
    for _ in 0..=HOPS {
        let answer = asker.ask(method, &path, None).await;
        let took = asked.elapsed();
        let Ok(answer) = answer else {
            return Heard {
                word: Word::Unclear,
                allow: Vec::new(),
                status: None,
                took,
            };
        };
        let told = |word| Heard {
            word,
            allow: answer.allow.clone(),
            status: Some(answer.status),
            took,
        };
        match next(asker, &answer) {
            Some(to) => {
                redirected = true;
                if !seen.insert(to.clone()) {
                    return told(Word::Loop);
                }
                path = to;
            }
            None => {
                return told(match answer.status {
                    404 => Word::Unknown,
                    405 if answer.allow.iter().any(|m| !m.is_empty()) => match redirected {
                        true => Word::Redirected,
                        false => Word::Known,
                    },
                    _ => Word::Unclear,
                });
            }
        }
    }
    Heard {
        word: Word::Loop,
        allow: Vec::new(),
        status: None,
        took: asked.elapsed(),
    }
}

/// The path of a redirect, as it is asked for. Other servers are not asked: nobody named them.
fn next(asker: &Asker, answer: &Answer) -> Option<String> {
    if !(300..400).contains(&answer.status) {
        return None;
    }
    asker.path_of(answer.location.as_deref()?)
}

/// A path with something in the place of its parameters that the path converters of Starlette
/// accept (`int`, `float`, `uuid`, `path`).
fn filled(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((parameter, after)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        out.push_str(match parameter.split_once(':').map(|(_, kind)| kind) {
            Some("uuid") => "00000000-0000-0000-0000-000000000000",
            _ => "0",
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn judged(
    words: &[Word],
    rows: &[RouteProbe],
    distinct: bool,
    control: &Result<Answer, Trouble>,
    took: Duration,
) -> HttpPart {
    let count = |state: RouteState| rows.iter().filter(|row| row.state == state).count();
    let (reached, lost) = (count(RouteState::Reachable), count(RouteState::Unreachable));
    let mut detail = format!("{reached} of {} routes answer", rows.len());
    let first = |state: RouteState| rows.iter().find(|row| row.state == state);
    let outcome = if words.contains(&Word::Loop) {
        "redirect-loop"
    } else if lost > 0 {
        "unreachable"
    } else if !distinct {
        let status = control.as_ref().map_or(0, |answer| answer.status);
        detail = format!("an unknown path is answered with {status}, so nothing can be told apart");
        "indistinct"
    } else if words.contains(&Word::Redirected) {
        "redirect"
    } else {
        "ok"
    };
    if let Some(row) = rows.iter().find(|row| row.redirected) {
        let state = if row.state == RouteState::Unreachable {
            "redirects in a circle"
        } else {
            "redirects"
        };
        detail.push_str(&format!("; {} {} {state}", row.method, row.path));
    } else if let Some(row) = first(RouteState::Unreachable) {
        let status = row
            .status
            .map_or_else(String::new, |status| format!(" {status}"));
        detail.push_str(&format!("; {} {}{status}", row.method, row.path));
    }
    part_of("routes", outcome, detail, took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_filled_so_that_converters_accept_them() {
        for (template, path) in [
            ("/a/{id}/b", "/a/0/b"),
            (
                "/a/{id:int}/{x:uuid}",
                "/a/0/00000000-0000-0000-0000-000000000000",
            ),
            ("/files/{name:path}", "/files/0"),
            ("/a", "/a"),
            ("/{open", "/{open"),
        ] {
            assert_eq!(filled(template), path);
        }
    }
}
