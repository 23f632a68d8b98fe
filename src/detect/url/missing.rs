//! The driver that a URL selects, or will select once it is repaired, is not there.

use crate::detect::database::{self, Engine, installed};
use crate::detect::hit::{Hit, Order};
use crate::detect::lookup;
use crate::knowledge::drivers::{self, Driver};
use crate::model::{Exception, Facts};

use super::{base, from_fault, scheme_is_wrong};

pub(super) fn driver_missing(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
    let hidden_by = scheme_is_wrong(facts, engine).filter(|_| engine.is_async);
    let wanted = engine.wanted(facts)?;
    let mut hit = base(facts, engine);
    if let Some(index) = hidden_by {
        if installed(facts, wanted) || !lookup::environment_known(facts) {
            return None;
        }
        let fault = &facts.simulation.faults[index];
        hit.uncertain = !fault.certain;
        hit.order = fault.certain.then_some(Order {
            phase: fault.phase,
            fault: index,
            step: 1,
        });
        hit.predicted = Some(Exception {
            kind: "ModuleNotFoundError".to_owned(),
            message: format!("No module named '{}'", wanted.module),
        });
        hit.because(
            "shows once the URL names this driver: the engine imports it when it is built",
            Some(engine.fact.call.clone()),
        );
    } else {
        let index = engine.fault?;
        if facts.simulation.faults[index].kind != "engine-driver-missing" {
            return None;
        }
        from_fault(&mut hit, facts, index);
        hit.because(
            "the engine imports its driver here",
            Some(engine.fact.call.clone()),
        );
    }
    missing_place(&mut hit, facts, engine, wanted);
    hit.anchor.get_or_insert_with(|| engine.fact.call.clone());
    Some(hit)
}

/// The requirement that should name the driver: its own, that of a sibling, or the first file.
fn missing_place(hit: &mut Hit, facts: &Facts, engine: &Engine<'_>, wanted: &Driver) {
    if let Some(own) = wanted
        .dists
        .iter()
        .find_map(|d| lookup::requirement_of(facts, d))
    {
        hit.place = Some(lookup::requirement_place(facts, own));
        hit.set(
            "reason",
            format!(
                "{}:{} declares it, but it is not installed",
                own.path, own.line
            ),
        );
        return;
    }
    let dialect = engine.dialect().unwrap_or_default();
    let sibling = drivers::all()
        .iter()
        .filter(|d| d.name != wanted.name && d.dialects.iter().any(|x| x == dialect))
        .flat_map(|d| d.dists.iter().map(move |dist| (d, dist)))
        .find_map(|(d, dist)| lookup::requirement_of(facts, dist).map(|r| (d, r)));
    let Some((driver, requirement)) = sibling else {
        hit.set("reason", "it is neither installed nor declared");
        match facts.project.requirement_files.first() {
            Some(file) => hit.set("keep", file),
            None => hit,
        };
        hit.place = Some(engine.fact.call.clone());
        return;
    };
    hit.set("reason", "it is neither installed nor declared");
    hit.set("other.dist", &requirement.name);
    hit.place = Some(lookup::requirement_place(facts, requirement));
    let users: Vec<String> = facts
        .simulation
        .imports
        .iter()
        .filter(|i| i.module == driver.module)
        .filter_map(|i| i.importer.as_ref())
        .filter(|link| facts.sources.contains_key(&link.path))
        // The engine itself imports its driver: that is what the repair changes.
        .filter(|link| !database::is_engine_call(facts, &link.path, link.line))
        .map(|link| format!("{}:{}", link.path, link.line))
        .collect();
    if users.is_empty() {
        hit.set("replace", &requirement.name);
    } else {
        hit.set("other.users", users.join(", "));
        hit.set("keep", &requirement.path);
    }
}
