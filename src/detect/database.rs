//! One engine that the start builds: its URL, the driver that the URL selects, and the driver
//! that it should select.

use crate::knowledge::dburl::{self, DbUrl};
use crate::knowledge::drivers::{self, Driver};
use crate::model::{Facts, Place, Source, Span, UrlFact};

use super::lookup;

/// An engine with everything that is known of its URL.
#[derive(Debug)]
pub struct Engine<'a> {
    /// The observation.
    pub fact: &'a UrlFact,
    /// The URL in pieces; `None` where SQLAlchemy refuses it.
    pub url: Option<DbUrl>,
    /// Built by the asyncio extension.
    pub is_async: bool,
    /// Driver that the URL selects with the SQLAlchemy of the target.
    pub chosen: Option<&'static Driver>,
    /// Index of the fault that building it raised.
    pub fault: Option<usize>,
}

/// Faults that building an engine raises.
const ENGINE_FAULTS: [&str; 5] = [
    "engine-sync-driver",
    "engine-driver-missing",
    "dialect-unknown",
    "url-invalid",
    "url-object",
];

/// Every engine of SQLAlchemy that the start builds, in order.
pub fn engines(facts: &Facts) -> Vec<Engine<'_>> {
    let sqlalchemy = lookup::version_of(facts, "sqlalchemy");
    facts
        .simulation
        .urls
        .iter()
        .filter(|fact| fact.consumer.contains("engine"))
        .map(|fact| {
            let url = dburl::parse(fact.url.expose());
            let chosen = url.as_ref().and_then(|url| selected(url, sqlalchemy));
            Engine {
                is_async: fact.consumer.contains("async"),
                chosen,
                fault: fault_at(facts, &fact.call, &ENGINE_FAULTS),
                url,
                fact,
            }
        })
        .collect()
}

fn selected(url: &DbUrl, sqlalchemy: Option<&str>) -> Option<&'static Driver> {
    match &url.driver {
        Some(name) => drivers::driver(name).filter(|d| d.dialects.contains(&url.dialect)),
        None => drivers::default_driver(&url.dialect, sqlalchemy?),
    }
}

/// The first fault of one of these kinds that the call at a place raised.
pub fn fault_at(facts: &Facts, call: &Place, kinds: &[&str]) -> Option<usize> {
    facts.simulation.faults.iter().position(|fault| {
        kinds.contains(&fault.kind.as_str())
            && fault.place.as_ref().is_some_and(|place| {
                place.path == call.path
                    && place.line <= call.end_line
                    && call.line <= place.end_line
            })
    })
}

/// Does a call that builds an engine stand there? It imports the driver in the project's name.
pub fn is_engine_call(facts: &Facts, path: &str, line: u32) -> bool {
    facts
        .simulation
        .urls
        .iter()
        .any(|url| url.call.path == path && (url.call.line..=url.call.end_line).contains(&line))
}

/// Can the interpreter import the driver's module?
pub fn installed(facts: &Facts, driver: &Driver) -> bool {
    lookup::module_installed(facts, &driver.module)
        || driver
            .dists
            .iter()
            .any(|d| facts.project.distributions.contains_key(d))
}

/// Do the dependency files ask for one of the driver's distributions?
pub fn declared(facts: &Facts, driver: &Driver) -> bool {
    driver
        .dists
        .iter()
        .any(|d| lookup::requirement_of(facts, d).is_some())
}

impl Engine<'_> {
    /// Dialect of the URL, the one that was meant where the written one does not exist.
    pub fn dialect(&self) -> Option<&str> {
        let url = self.url.as_ref()?;
        if drivers::dialect_known(&url.dialect) {
            return Some(&url.dialect);
        }
        let meant = drivers::meant(&url.scheme).or_else(|| drivers::meant(&url.dialect))?;
        Some(meant.split('+').next().unwrap_or(meant))
    }

    /// The driver that the engine should use: what is chosen when it fits, else an installed
    /// one, else a declared one, else the usual one of the dialect.
    pub fn wanted(&self, facts: &Facts) -> Option<&'static Driver> {
        let dialect = self.dialect()?;
        let sqlalchemy = lookup::version_of(facts, "sqlalchemy");
        let fits = |d: &&'static Driver| {
            (if self.is_async { d.is_async } else { d.is_sync })
                && d.dialects.iter().any(|known| known == dialect)
                && sqlalchemy.is_none_or(|v| d.exists_in(v) != Some(false))
                && !d.name.ends_with("_async")
        };
        if let Some(chosen) = self.chosen.filter(|c| fits(c))
            && (self.named() || installed(facts, chosen) || declared(facts, chosen))
        {
            return Some(chosen);
        }
        let all = || drivers::all().iter().filter(fits);
        all()
            .find(|d| installed(facts, d) && declared(facts, d))
            .or_else(|| all().find(|d| installed(facts, d)))
            .or_else(|| all().find(|d| declared(facts, d)))
            .or_else(|| self.chosen.filter(|c| fits(c)))
            .or_else(|| {
                let usual = match (dialect, self.is_async) {
                    ("postgresql", true) => "asyncpg",
                    ("sqlite", true) => "aiosqlite",
                    ("mysql" | "mariadb", true) => "aiomysql",
                    _ => return sqlalchemy.and_then(|v| drivers::default_driver(dialect, v)),
                };
                drivers::driver(usual)
            })
    }

    /// The scheme names its driver.
    pub fn named(&self) -> bool {
        self.url.as_ref().is_some_and(|u| u.driver.is_some())
    }

    /// File and bytes of the URL as written, when the file holds exactly this URL there.
    pub fn written<'f>(&self, facts: &'f Facts) -> Option<(&'f Source, Span)> {
        let origin = self.fact.origin.as_ref()?;
        let source = facts.sources.get(&origin.path)?;
        let text = source.text().get(origin.span.range())?;
        (text == self.fact.url.expose()).then_some((source, origin.span))
    }

    /// The place of some bytes of the URL, else of the value, else of the call.
    pub fn place_of(&self, facts: &Facts, part: Span) -> Place {
        if let Some((source, span)) = self.written(facts) {
            return source.place(Span {
                start: span.start + part.start,
                end: span.start + part.end,
            });
        }
        match &self.fact.origin {
            Some(origin) if facts.sources.contains_key(&origin.path) => {
                Place::line(origin.path.clone(), origin.line)
            }
            _ => self.fact.call.clone(),
        }
    }

    /// How a person would call the URL: the variable, else the file.
    pub fn label(&self) -> String {
        match &self.fact.origin {
            Some(origin) => origin.variable.as_ref().map_or_else(
                || format!("the database URL in {}", origin.path),
                |variable| format!("`{variable}`"),
            ),
            None => "the database URL".to_owned(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{
        Distribution, Exception, Fault, Redacted, Requirement, StartPhase, Startup, ValueOrigin,
    };

    /// Facts of a backend with one engine; `dists` is `name==version`.
    pub fn facts(url: &str, dists: &[&str], requirements: &[&str], fault: Option<&str>) -> Facts {
        let mut facts = Facts::default();
        let env = format!("DATABASE_URL={url}\n");
        facts
            .sources
            .insert(".env".into(), Source::new(".env", env));
        let mut text = String::new();
        for line in requirements {
            let start = text.len();
            text.push_str(line);
            let name = crate::knowledge::requirement::normalize(
                line.split(['>', '=', '<', '[']).next().unwrap(),
            );
            facts.project.requirements.push(Requirement {
                name,
                written: (*line).into(),
                extras: vec![],
                specifier: String::new(),
                marker: String::new(),
                applies: Some(true),
                url: None,
                path: "requirements.txt".into(),
                line: u32::try_from(facts.project.requirements.len()).unwrap() + 1,
                span: Span::new(start, text.len()),
                group: "main".into(),
                constraint: false,
            });
            text.push('\n');
        }
        facts.project.requirement_files = vec!["requirements.txt".into()];
        facts.sources.insert(
            "requirements.txt".into(),
            Source::new("requirements.txt", text),
        );
        for dist in dists {
            let (name, version) = dist.split_once("==").unwrap();
            let module = name.strip_suffix("-binary").unwrap_or(name);
            facts.project.distributions.insert(
                name.into(),
                Distribution {
                    name: name.into(),
                    version: version.into(),
                    modules: vec![module.into()],
                    requires: vec![],
                    requires_python: None,
                    source: String::new(),
                },
            );
        }
        let call = Place::line("app/db.py", 3);
        facts.simulation.startup = Some(Startup::ok());
        facts.simulation.urls.push(UrlFact {
            url: Redacted::new(url.to_owned()),
            consumer: "sqlalchemy.ext.asyncio.create_async_engine".into(),
            origin: Some(ValueOrigin {
                path: ".env".into(),
                span: Span::new(13, 13 + url.len()),
                line: 1,
                variable: Some("DATABASE_URL".into()),
            }),
            call: call.clone(),
            connect_args: vec![],
            connects: Some(Place::line("app/db.py", 9)),
            chain: vec![],
        });
        if let Some(kind) = fault {
            facts.simulation.faults.push(Fault {
                phase: StartPhase::Import,
                exception: Exception {
                    kind: "E".into(),
                    message: "m".into(),
                },
                bases: vec![],
                kind: kind.into(),
                place: Some(call),
                span: None,
                frames: vec![],
                chain: vec![],
                cycle: vec![],
                slots: BTreeMap::new(),
                certain: true,
            });
        }
        facts
    }

    #[test]
    fn the_wanted_driver_is_what_is_at_hand() {
        // (url, installed, declared, wanted), as the recorded starts of the fixtures say.
        let plain = "postgresql://u:p@h/d";
        let cases: [(&str, &[&str], &[&str], &str); 6] = [
            (
                plain,
                &["sqlalchemy==2.0.46", "psycopg2-binary==2.9.11"],
                &["psycopg2-binary"],
                "asyncpg",
            ),
            (
                plain,
                &["sqlalchemy==2.0.46", "asyncpg==0.31.0"],
                &["asyncpg"],
                "asyncpg",
            ),
            (
                plain,
                &["sqlalchemy==2.0.46", "psycopg==3.3.9"],
                &["psycopg[binary]"],
                "psycopg",
            ),
            (
                plain,
                &["sqlalchemy==2.1.9", "asyncpg==0.32.0"],
                &["asyncpg"],
                "asyncpg",
            ),
            (
                plain,
                &["sqlalchemy==2.1.9", "psycopg==3.3.9"],
                &[],
                "psycopg",
            ),
            (
                "postgres://u:p@h/d",
                &["sqlalchemy==2.0.46"],
                &[],
                "asyncpg",
            ),
        ];
        for (url, dists, requirements, wanted) in cases {
            let facts = facts(url, dists, requirements, None);
            let engines = engines(&facts);
            assert_eq!(
                engines[0].wanted(&facts).map(|d| d.name.as_str()),
                Some(wanted),
                "{url} with {dists:?}, declared {requirements:?}"
            );
        }
    }
}
