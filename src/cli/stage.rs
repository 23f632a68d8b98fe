//! The embedded reference server as the stage of live examples.

use crate::check::Stage;
use crate::host::write;
use crate::reference::{Authority, Background, DATABASE, ROLE, Schedule, ServeOptions};

/// Starts servers for examples; they share one authority, whose keys take their time to make.
pub struct Stages {
    authority: Authority,
}

impl Stages {
    /// Makes the authority.
    ///
    /// # Errors
    /// When the throw-away certificates cannot be made.
    pub fn new() -> Result<Self, String> {
        let authority = Authority::generate().map_err(|e| e.to_string())?;
        Ok(Self { authority })
    }

    /// A server as the table says: `fault` is a schedule of faults, `alembic` the revision that
    /// its database is at, `host` a name to be used in place of its address.
    ///
    /// # Errors
    /// What is wrong with the table, or why the server does not start.
    pub fn serve(&self, table: &toml::Table) -> Result<Stage, String> {
        let text = |key: &str| match table.get(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("`server.{key}` must be a text")),
        };
        let fault = text("fault")?.map(Schedule::parse).transpose();
        let server = Background::start(ServeOptions {
            faults: fault.map_err(|e| e.to_string())?.into_iter().collect(),
            alembic: text("alembic")?.map(str::to_owned),
            authority: Some(self.authority.clone()),
            ..ServeOptions::default()
        })
        .map_err(|e| e.to_string())?;
        let folder = tempfile::Builder::new()
            .prefix("audit-stage-")
            .tempdir()
            .map_err(|e| format!("no scratch folder: {e}"))?;
        let ca = folder.path().join("ca.crt");
        write::replace(&ca, self.authority.root().as_bytes(), Some(0o644))
            .map_err(|e| format!("{}: {e}", ca.display()))?;
        let host = text("host")?.unwrap_or("127.0.0.1");
        let names = [
            ("server", format!("{host}:{}", server.pg_port())),
            ("http", server.http_url()),
            ("user", ROLE.to_owned()),
            ("password", server.password().to_owned()),
            ("database", DATABASE.to_owned()),
            ("ca", ca.display().to_string()),
        ];
        Ok(Stage {
            names: names.map(|(name, value)| (name.to_owned(), value)).into(),
            guard: Box::new((server, folder)),
        })
    }
}
