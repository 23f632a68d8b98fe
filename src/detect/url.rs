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

use crate::knowledge::drivers::{self, Driver, Translation};
use crate::model::{Exception, Facts, Place, Severity, StartPhase, SurfacesAt};

use super::database::{self, Engine, installed};
use super::hit::{Hit, Order, Slots};
use super::lookup;
use super::params::Params;
use super::{Context, Detector, Verdict};

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
        match params.text("find") {
            Some(find) if FINDS.contains(&find) => Vec::new(),
            _ => vec![format!("`find` must be one of {}", FINDS.join(", "))],
        }
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

fn driver_missing(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
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

fn parameters(facts: &Facts, engine: &Engine<'_>) -> Option<Hit> {
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
fn undecided_parameters(facts: &Facts, engines: &[Engine<'_>]) -> Option<Verdict> {
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
mod tests {
    use super::super::database::tests::facts;
    use super::*;

    const LIBPQ: &str = "?sslmode=require&channel_binding=require";

    fn find(what: &str, facts: &Facts) -> Vec<Hit> {
        let table: toml::Table = toml::from_str(&format!("find = '{what}'")).unwrap();
        let claimed = std::collections::BTreeSet::new();
        let context = Context {
            facts,
            claimed: &claimed,
        };
        match Url.detect(&Params::new(&table), &context) {
            Verdict::Hits(hits) => hits,
            _ => Vec::new(),
        }
    }

    /// The variants of the sample backend: which of the three finds fire.
    #[test]
    fn variants_of_the_sample_backend() {
        let seed = "sqlalchemy==2.0.46";
        let latest = "sqlalchemy==2.1.9";
        let plain = format!("postgresql://u:p@h/d{LIBPQ}");
        let named = format!("postgresql+asyncpg://u:p@h/d{LIBPQ}");
        let good = "postgresql+asyncpg://u:p@h/d?ssl=require".to_owned();
        type Case<'a> = (
            &'a str,
            &'a str,
            Vec<&'a str>,
            Vec<&'a str>,
            Option<&'a str>,
            [bool; 3],
        );
        let cases: Vec<Case<'_>> = vec![
            (
                "broken",
                &plain,
                vec![seed, "psycopg2-binary==2.9.11"],
                vec!["psycopg2-binary>=2.9.9"],
                Some("engine-sync-driver"),
                [true, true, true],
            ),
            (
                "a_driver",
                &good,
                vec![seed, "psycopg2-binary==2.9.11"],
                vec!["psycopg2-binary>=2.9.9"],
                Some("engine-driver-missing"),
                [false, true, false],
            ),
            (
                "d_url",
                &plain,
                vec![seed, "asyncpg==0.31.0"],
                vec!["asyncpg"],
                Some("engine-driver-missing"),
                [true, false, true],
            ),
            (
                "d_url_latest",
                &plain,
                vec![latest, "asyncpg==0.32.0"],
                vec!["asyncpg"],
                Some("engine-driver-missing"),
                [true, false, true],
            ),
            (
                "d2",
                &named,
                vec![seed, "asyncpg==0.31.0"],
                vec!["asyncpg"],
                Some("url-parameter"),
                [false, false, true],
            ),
            (
                "d3",
                &plain,
                vec![seed, "asyncpg==0.31.0", "psycopg2-binary==2.9.11"],
                vec!["asyncpg"],
                Some("engine-sync-driver"),
                [true, false, true],
            ),
            (
                "d4",
                &plain,
                vec![latest, "psycopg==3.3.9"],
                vec!["psycopg[binary]"],
                None,
                [false, false, false],
            ),
            (
                "d5",
                &plain,
                vec![seed, "psycopg==3.3.9"],
                vec!["psycopg[binary]"],
                Some("engine-driver-missing"),
                [true, false, false],
            ),
            (
                "fixed",
                &good,
                vec![seed, "asyncpg==0.31.0"],
                vec!["asyncpg"],
                None,
                [false, false, false],
            ),
        ];
        for (name, url, dists, requirements, fault, expected) in cases {
            let facts = facts(url, &dists, &requirements, fault);
            let fired =
                ["sync-driver", "driver-missing", "parameter"].map(|w| !find(w, &facts).is_empty());
            assert_eq!(fired, expected, "{name}: URL300, DEP001, URL301");
        }
    }

    #[test]
    fn one_hit_tells_of_all_parameters_and_how_to_say_them() {
        let facts = facts(
            &format!("postgresql+asyncpg://u:p@h/d{LIBPQ}"),
            &["sqlalchemy==2.0.46", "asyncpg==0.31.0"],
            &["asyncpg"],
            None,
        );
        let hit = find("parameter", &facts).remove(0);
        assert_eq!(hit.slots["params"], "`sslmode`, `channel_binding`");
        assert_eq!(hit.lists["rename"][0]["to"], "ssl");
        assert_eq!(hit.lists["drop"][0]["name"], "channel_binding");
        assert_eq!(hit.slots["all_translated"], "true");
        let place = hit.place.unwrap();
        assert_eq!(
            (place.path.as_str(), place.line, place.column),
            (".env", 1, 43)
        );
        assert_eq!(
            hit.predicted.unwrap().message,
            "connect() got an unexpected keyword argument 'sslmode'"
        );
    }
}
