//! Which database the backend would talk to, and the climb to it.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::model::{Facts, Ladder, ProbeEvent, Project, Redacted, Span, ValueOrigin};
use crate::probe::{self, LadderOptions, Via};
use crate::project;

/// A database URL with the rules under which it is used.
#[derive(Debug, Clone)]
pub struct Database {
    /// The URL.
    pub url: Redacted<String>,
    /// Where it is written.
    pub origin: Option<ValueOrigin>,
    /// Rules; limits are the caller's.
    pub options: LadderOptions,
}

/// The database that the start hands to an engine or driver, the first one of several.
pub fn database(facts: &Facts) -> Option<Database> {
    let url = facts
        .simulation
        .urls
        .iter()
        .find(|u| u.connects.is_some())
        .or_else(|| facts.simulation.urls.first())?;
    Some(Database {
        url: url.url.clone(),
        origin: url.origin.clone(),
        options: rules(facts, &url.consumer, &url.connect_args),
    })
}

/// The first URL of a PostgreSQL in a dotenv file, for a target without code that uses it.
pub fn written_database(facts: &Facts) -> Option<Database> {
    let files = facts.project.dotenv.iter();
    let mut entries = files.flat_map(|file| file.entries.iter().map(move |entry| (file, entry)));
    let (file, entry, value) = entries.find_map(|(file, entry)| {
        let value = entry.value.as_ref()?;
        let scheme = value.expose().split("://").next().unwrap_or_default();
        let postgres = ["postgresql", "postgres"].contains(&scheme.split('+').next()?);
        postgres.then_some((file, entry, value))
    })?;
    Some(Database {
        url: value.clone(),
        origin: Some(ValueOrigin {
            path: file.path.clone(),
            span: entry.value_span,
            line: entry.line,
            variable: Some(entry.name.clone()),
        }),
        options: rules(facts, "sqlalchemy.create_engine", &[]),
    })
}

/// A database that the user names, used as the start uses its own.
pub fn given_database(facts: &Facts, url: &Redacted<String>, origin: &str) -> Database {
    // Without a start that connects, SQLAlchemy's reading of the scheme names the driver.
    let used = facts.simulation.urls.first();
    let consumer = used.map_or("sqlalchemy.create_engine", |u| u.consumer.as_str());
    let arguments = used.map_or(&[][..], |u| u.connect_args.as_slice());
    Database {
        url: url.clone(),
        origin: Some(ValueOrigin {
            path: origin.to_owned(),
            span: Span::new(0, 0),
            line: 1,
            variable: None,
        }),
        options: rules(facts, consumer, arguments),
    }
}

fn rules(facts: &Facts, consumer: &str, arguments: &[String]) -> LadderOptions {
    let target = &facts.project;
    let version = |name: &str| {
        let found = target.distributions.get(name).or(target.locked.get(name));
        found.map_or_else(String::new, |d| d.version.clone())
    };
    let library = consumer.split('.').next().unwrap_or_default();
    let via = match library {
        "sqlalchemy" | "sqlmodel" => Via::SqlAlchemy(version("sqlalchemy")),
        _ => Via::Native,
    };
    let driver = match via {
        Via::Native => library.to_owned(),
        // The scheme of the URL decides.
        Via::SqlAlchemy(_) => String::new(),
    };
    let variables = target.env.iter().filter(|(_, v)| !v.assumed);
    let migrations = project::alembic::migrations(&facts.sources);
    LadderOptions {
        alembic_heads: migrations.heads,
        alembic_revisions: migrations.revisions,
        driver_versions: versions(target),
        driver_version: version(&driver),
        // The simulation knows their names, not their values.
        connect_args: arguments
            .iter()
            .map(|name| (name.clone(), String::new()))
            .collect(),
        driver,
        via,
        env: variables
            .map(|(name, variable)| (name.clone(), variable.value.clone()))
            .collect(),
        ..LadderOptions::default()
    }
}

/// Versions of everything installed, or locked where nothing is.
fn versions(target: &Project) -> BTreeMap<String, String> {
    let both = target.locked.iter().chain(&target.distributions);
    both.map(|(name, found)| (name.clone(), found.version.clone()))
        .collect()
}

/// Climbs the ladder.
pub async fn climb(
    host: &dyn Host,
    database: &Database,
    observer: &(dyn Fn(ProbeEvent) + Send + Sync),
    cancel: CancellationToken,
) -> Ladder {
    probe::climb(
        &database.url,
        database.origin.clone(),
        &database.options,
        host,
        observer,
        cancel,
    )
    .await
}
