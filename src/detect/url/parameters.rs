//! Query parameters that the driver does not take.

use crate::detect::Verdict;
use crate::detect::database::Engine;
use crate::detect::hit::{Hit, Order, Slots};
use crate::detect::lookup;
use crate::knowledge::drivers::{self, Driver, Translation};
use crate::model::{Exception, Facts, Severity, StartPhase, SurfacesAt};

use super::{base, from_fault, scheme_is_wrong};

/// The driver whose parameters count: what the URL selects, or will select once repaired.
fn final_driver(facts: &Facts, engine: &Engine<'_>) -> Option<&'static Driver> {
    if engine.is_async && scheme_is_wrong(facts, engine).is_some() {
        return engine.wanted(facts);
    }
    engine.chosen
}

struct Rejected<'a> {
    name: String,
    span: crate::model::Span,
    how: Option<&'a Translation>,
}

fn rejected<'a>(facts: &Facts, engine: &Engine<'_>, driver: &'a Driver) -> Vec<Rejected<'a>> {
    let Some(url) = &engine.url else {
        return Vec::new();
    };
    let version = driver
        .dists
        .iter()
        .find_map(|d| lookup::version_of(facts, d));
    let sqlalchemy = lookup::version_of(facts, "sqlalchemy");
    url.query
        .iter()
        .filter(|p| driver.accepts(&p.name, version, sqlalchemy) == Some(false))
        .map(|p| Rejected {
            name: p.name.clone(),
            span: p.span,
            how: drivers::translation(&driver.name, &p.name),
        })
        .collect()
}

pub(super) fn parameters(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
    let driver = final_driver(facts, engine)?;
    let rejected = rejected(facts, engine, driver);
    let first = rejected.first()?;
    let mut hit = base(facts, engine);
    hit.place = Some(engine.place_of(facts, first.span));
    hit.anchor = Some(engine.fact.call.clone());
    hit.set("driver", &driver.name);
    if let Some((kind, message)) = driver.rejection(&first.name) {
        hit.set("error.type", &kind).set("error.message", &message);
        hit.predicted = Some(Exception { kind, message });
    }
    surfacing(&mut hit, facts, engine);
    describe_rejected(&mut hit, &rejected);
    Some(hit)
}

/// When the rejected parameter shows: at the first connection, which may be part of the start.
fn surfacing(hit: &mut Hit, facts: &Facts, engine: &Engine<'_>) {
    let simulated = facts
        .simulation
        .faults
        .iter()
        .position(|f| f.kind == "url-parameter");
    if let Some(index) = simulated {
        from_fault(hit, facts, index);
    } else if let Some(place) = &engine.fact.connects {
        hit.order = Some(Order {
            phase: StartPhase::Lifespan,
            fault: usize::MAX,
            step: 2,
        });
        hit.because("the start connects here", Some(place.clone()));
    } else {
        hit.surfaces = Some(SurfacesAt::FirstQuery);
        hit.severity = Some(Severity::Critical);
    }
    if let Some(place) = &engine.fact.connects {
        hit.set("connects", format!("{}:{}", place.path, place.line));
    }
}

fn describe_rejected(hit: &mut Hit, rejected: &[Rejected<'_>]) {
    let names: Vec<String> = rejected.iter().map(|r| format!("`{}`", r.name)).collect();
    hit.set("params", names.join(", "));
    hit.set("params.count", rejected.len().to_string());
    hit.set("param.first", &rejected[0].name);
    let (mut rename, mut drop, mut code, mut notes, mut repairs) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut open = false;
    for parameter in rejected {
        let mut item = Slots::from([("name".to_owned(), parameter.name.clone())]);
        if let Some(note) = parameter.how.and_then(|t| t.note.as_ref()) {
            notes.push(format!("{}: {note}", parameter.name));
        }
        match parameter.how {
            Some(Translation { to: Some(to), .. }) => {
                item.insert("to".to_owned(), to.clone());
                repairs.push(format!("`{}` becomes `{to}`", parameter.name));
                rename.push(item);
            }
            Some(Translation {
                code: Some(text), ..
            }) => {
                code.push(format!("`{}`: {text}", parameter.name));
                drop.push(item);
                open = true;
            }
            Some(_) => {
                repairs.push(format!("`{}` goes", parameter.name));
                drop.push(item);
            }
            None => {
                drop.push(item);
                open = true;
            }
        }
    }
    hit.set(if open { "some_open" } else { "all_translated" }, "true");
    if !repairs.is_empty() {
        hit.set("repairs", repairs.join(", "));
    }
    if !notes.is_empty() {
        hit.set("notes", notes.join("; "));
    }
    if !code.is_empty() {
        hit.set("code", code.join("; "));
    }
    hit.lists.insert("rename".to_owned(), rename);
    hit.lists.insert("drop".to_owned(), drop);
}

/// Some parameter depends on a version that is not known.
pub(super) fn undecided_parameters(facts: &Facts, engines: &[Engine<'_>]) -> Option<Verdict> {
    for engine in engines {
        let driver = final_driver(facts, engine)?;
        let version = driver
            .dists
            .iter()
            .find_map(|d| lookup::version_of(facts, d));
        let sqlalchemy = lookup::version_of(facts, "sqlalchemy");
        let open = engine.url.as_ref()?.query.iter().find(|p| {
            drivers::translation(&driver.name, &p.name).is_none()
                && driver.accepts(&p.name, version, sqlalchemy).is_none()
                && version.is_none()
        });
        if let Some(parameter) = open {
            return Some(Verdict::Unknown {
                why: format!(
                    "whether {} takes `{}` depends on its version, which is not known",
                    driver.name, parameter.name
                ),
            });
        }
    }
    None
}
