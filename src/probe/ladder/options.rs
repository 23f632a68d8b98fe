//! What a caller may ask of the ladder.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Redacted, Rung};

/// How the URL reaches the driver: it decides grammar, parameters and error texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// Through SQLAlchemy of this version (`2.0.36`; empty when unknown).
    SqlAlchemy(String),
    /// Handed to the driver as it stands.
    Native,
}

/// Everything but the URL.
#[derive(Debug, Clone)]
pub struct LadderOptions {
    /// Import name of the driver: `asyncpg`, `psycopg`, `psycopg2`, `pg8000`. Empty: from the
    /// scheme of the URL, with the default driver of the SQLAlchemy version.
    pub driver: String,
    /// Version of the driver, empty when unknown.
    pub driver_version: String,
    /// Versions of distributions by normalised name: they answer when `driver_version` is empty
    /// and the URL names the driver.
    pub driver_versions: BTreeMap<String, String>,
    /// Path of the URL to the driver.
    pub via: Via,
    /// `connect_args` given in the source, as text; an empty text is a value that is not known.
    pub connect_args: Vec<(String, String)>,
    /// Limit of each rung.
    pub timeout: Duration,
    /// `--wait`: transient failures are retried until this much time has passed.
    pub deadline: Option<Duration>,
    /// First pause between two tries; doubles up to ten times itself.
    pub interval: Duration,
    /// Climb no higher than this.
    pub stop_after: Option<Rung>,
    /// Alembic heads in the source; empty when the project has none.
    pub alembic_heads: Vec<String>,
    /// Every Alembic revision in the source, to tell "behind" from "unknown".
    pub alembic_revisions: Vec<String>,
    /// Environment of the backend: `PGSSLROOTCERT`, `PGPASSFILE`, `PGSERVICE`, `HOME`, ...
    pub env: BTreeMap<String, Redacted<String>>,
}

impl Default for LadderOptions {
    fn default() -> Self {
        Self {
            driver: String::new(),
            driver_version: String::new(),
            driver_versions: BTreeMap::new(),
            via: Via::SqlAlchemy(String::new()),
            connect_args: Vec::new(),
            timeout: Duration::from_secs(5),
            deadline: None,
            interval: Duration::from_millis(500),
            stop_after: None,
            alembic_heads: Vec::new(),
            alembic_revisions: Vec::new(),
            env: BTreeMap::new(),
        }
    }
}
