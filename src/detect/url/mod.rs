//! `url`: a database URL against the engine that consumes it.
//!
//! ```text
//! find = "sync-driver"      an async engine whose URL selects a driver that is not async,
//!                           is not there while another one is, or has no dialect at all
//!      | "driver-missing"   the driver that the URL selects, or selects once repaired, is not
//!                           installed
//!      | "parameter"        query parameters that this driver does not take
//!      | "dialect"          a sync engine whose URL names no dialect
//!      | "invalid"          a text that SQLAlchemy does not read as a URL
//! ```
//!
//! What only a repair uncovers is worked out from the tables: the simulated start cannot meet
//! it yet. Such a hit comes after the fault that hides it.

mod missing;
mod parameters;

use crate::model::{Facts, Place};

use super::database::{self, Engine};
use super::hit::Hit;
use super::lookup;
use super::params::Params;
use super::{Context, Detector, Verdict};
use missing::driver_missing;
use parameters::{parameters, undecided_parameters};

/// See the module head.
#[derive(Debug)]
pub struct Url;

const FINDS: [&str; 5] = [
    "sync-driver",
    "driver-missing",
    "parameter",
    "dialect",
    "invalid",
];

impl Detector for Url {
    fn kind(&self) -> &'static str {
        "url"
    }

    fn params(&self) -> &'static [&'static str] {
        &["find"]
    }

    fn slots(&self, _params: &Params<'_>) -> Vec<String> {
        [
            "setting",
            "scheme",
            "scheme.dialect",
            "driver",
            "driver.dist",
            "driver.module",
            "driver.spec",
            "wanted.driver",
            "wanted.dist",
            "wanted.module",
            "wanted.spec",
            "wanted.scheme",
            "other.dist",
            "other.users",
            "engine",
            "params",
            "params.count",
            "param.first",
            "repairs",
            "notes",
            "code",
            "all_translated",
            "some_open",
            "connects",
            "error.type",
            "error.message",
            "reason",
            "replace",
            "keep",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn complaints(&self, params: &Params<'_>) -> Vec<String> {
        params.one_of("find", &FINDS)
    }

    fn detect(&self, params: &Params<'_>, context: &Context<'_>) -> Verdict {
        let facts = context.facts;
        let engines = database::engines(facts);
        let find = params.text("find").unwrap_or_default();
        if find == "invalid" {
            return unreadable(facts);
        }
        let hits: Vec<Hit> = engines
            .iter()
            .filter_map(|engine| match find {
                "sync-driver" => sync_driver(facts, engine),
                "driver-missing" => driver_missing(facts, engine),
                "parameter" => parameters(facts, engine),
                "dialect" => unknown_dialect(facts, engine),
                _ => None,
            })
            .collect();
        if hits.is_empty() && engines.is_empty() {
            return Verdict::NotApplicable {
                because: "no database URL reaches an engine".to_owned(),
            };
        }
        if hits.is_empty() && find == "parameter" {
            return undecided_parameters(facts, &engines).unwrap_or(Verdict::Clear);
        }
        Verdict::of(hits)
    }

    fn claims(&self, params: &Params<'_>, facts: &Facts) -> Vec<usize> {
        if params.text("find") != Some("parameter") {
            return Vec::new();
        }
        // Every rejected parameter is a fault of its own; one finding tells of all of them.
        (0..facts.simulation.faults.len())
            .filter(|i| facts.simulation.faults[*i].kind == "url-parameter")
            .filter(|_| {
                database::engines(facts)
                    .iter()
                    .any(|e| parameters(facts, e).is_some())
            })
            .collect()
    }
}

/// Is the fault of this engine one that another scheme repairs?
fn scheme_is_wrong(facts: &Facts, engine: &Engine<'_>) -> Option<usize> {
    let index = engine.fault?;
    let wrong = match facts.simulation.faults[index].kind.as_str() {
        "engine-sync-driver" | "dialect-unknown" => true,
        "engine-driver-missing" => {
            let chosen = engine.chosen?;
            let wanted = engine.wanted(facts)?;
            // An async driver that is only missing has to be installed, unless the scheme left
            // the choice open and another one is at hand.
            !chosen.is_async || (!engine.named() && wanted.name != chosen.name)
        }
        _ => false,
    };
    wrong.then_some(index)
}

fn sync_driver(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
    if !engine.is_async {
        return None;
    }
    let index = scheme_is_wrong(facts, engine)?;
    Some(scheme_hit(facts, engine, index))
}

fn unknown_dialect(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
    let index = engine.fault?;
    (!engine.is_async && facts.simulation.faults[index].kind == "dialect-unknown")
        .then(|| scheme_hit(facts, engine, index))
}

/// Texts that SQLAlchemy refuses as a URL, whether or not an engine was seen to take them.
fn unreadable(facts: &Facts) -> Verdict {
    let engines = database::engines(facts);
    let hits = facts.simulation.faults.iter().enumerate();
    let hits = hits
        .filter(|(_, fault)| fault.kind == "url-invalid")
        .map(|(index, fault)| {
            let engine = engines.iter().find(|e| e.fault == Some(index));
            let mut hit = engine.map_or_else(Hit::default, |engine| base(facts, engine));
            from_fault(&mut hit, facts, index);
            hit.place.clone_from(&fault.place);
            hit.anchor.clone_from(&fault.place);
            if let Some(origin) = engine.and_then(|e| e.fact.origin.as_ref())
                && facts.sources.contains_key(&origin.path)
            {
                hit.place = Some(Place::line(origin.path.clone(), origin.line));
            }
            hit
        })
        .collect();
    Verdict::of(hits)
}

fn scheme_hit(facts: &Facts, engine: &Engine<'_>, index: usize) -> Hit {
    let mut hit = base(facts, engine);
    from_fault(&mut hit, facts, index);
    if let Some(url) = &engine.url {
        hit.place = Some(engine.place_of(facts, url.scheme_span));
        let reason = match engine.chosen {
            None => format!("SQLAlchemy has no dialect named `{}`", url.scheme),
            Some(driver) if url.driver.is_some() => {
                format!("the driver `{}` is not async", driver.name)
            }
            Some(driver) => format!(
                "`{}://` without a driver part means {} in SQLAlchemy {}",
                url.scheme,
                driver.name,
                lookup::version_of(facts, "sqlalchemy").unwrap_or("of this version")
            ),
        };
        hit.set("reason", reason);
    }
    hit.anchor = Some(engine.fact.call.clone());
    hit.because("the engine is built here", Some(engine.fact.call.clone()));
    hit
}

/// Takes prediction, order and certainty of a simulated fault.
fn from_fault(hit: &mut Hit, facts: &Facts, index: usize) {
    let simulated = Hit::of_fault(index, &facts.simulation.faults[index]);
    hit.predicted = simulated.predicted;
    hit.order = simulated.order;
    hit.fault = simulated.fault;
    hit.uncertain = simulated.uncertain;
    hit.chain = simulated.chain;
    for name in ["error.type", "error.message"] {
        if let Some(value) = simulated.slots.get(name) {
            hit.set(name, value);
        }
    }
}

/// What every hit about an engine carries.
fn base(facts: &Facts, engine: &Engine<'_>) -> Hit {
    let mut hit = Hit {
        chain: engine.fact.chain.clone(),
        ..Hit::default()
    };
    hit.set("setting", engine.label());
    let engine_name = if engine.is_async {
        "create_async_engine"
    } else {
        "create_engine"
    };
    hit.set("engine", engine_name);
    if let Some(url) = &engine.url {
        hit.set("scheme", &url.scheme);
        hit.set("scheme.dialect", engine.dialect().unwrap_or(&url.dialect));
        hit.set("driver", url.driver.as_deref().unwrap_or(&url.scheme));
    }
    if let Some(driver) = engine.chosen {
        hit.set("driver", &driver.name);
        hit.set("driver.module", &driver.module);
        hit.set("driver.spec", &driver.spec);
        if let Some(dist) = driver.dists.first() {
            hit.set("driver.dist", dist);
        }
    }
    if let Some(wanted) = engine.wanted(facts) {
        hit.set("wanted.driver", &wanted.name);
        hit.set("wanted.module", &wanted.module);
        hit.set("wanted.spec", &wanted.spec);
        if let Some(dist) = wanted.dists.first() {
            hit.set("wanted.dist", dist);
        }
        if let Some(dialect) = engine.dialect() {
            hit.set("wanted.scheme", format!("{dialect}+{}", wanted.name));
        }
    }
    if let Some((source, span)) = engine.written(facts) {
        hit.spans
            .insert("url".to_owned(), (source.path.clone(), span));
    }
    hit
}

#[cfg(test)]
mod tests;
