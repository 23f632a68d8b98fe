//! The embedded reference server: an HTTP backend and a PostgreSQL, both healthy until told
//! otherwise.
//!
//! Knows the two protocols from the server's side and how to break them by name. Knows nothing
//! of the probes that are pointed at it: it must not become their only truth, so the tests hold
//! it against a real PostgreSQL, a real uvicorn and real drivers.
//!
//! It listens on 127.0.0.1 only. Connections, memory and time per connection are bounded, and
//! whatever a client sends ends that client's connection at worst.

mod authority;
mod background;
pub mod fault;
mod http;
mod listen;
mod pg;
mod schedule;
mod sql;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::model::Redacted;
use fault::Effect;
use listen::{Bounds, Listening};

pub use authority::Authority;
pub use background::Background;
pub use http::application as application_routes;
pub use schedule::{Faults, Schedule, ScheduleError};

/// Role that the PostgreSQL half knows.
pub const ROLE: &str = "app_owner";
/// Database that the PostgreSQL half has.
pub const DATABASE: &str = "appdb";

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct ServeOptions {
    /// HTTP port; `None` takes a free one.
    pub http_port: Option<u16>,
    /// PostgreSQL port; `None` takes a free one.
    pub pg_port: Option<u16>,
    /// What is wrong, and when. Several run at the same time.
    pub faults: Vec<Schedule>,
    /// Revision in the table `alembic_version`; `None`: there is no such table.
    pub alembic: Option<String>,
    /// The authority that signs; `None` makes a new one. Several servers may share one.
    pub authority: Option<Authority>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is taken or may not be used.
    #[error("cannot listen on 127.0.0.1:{port} for {half}: {source}")]
    Port {
        /// `HTTP` or `PostgreSQL`.
        half: &'static str,
        /// The port asked for; 0 means any.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// There is no thread or no runtime for it.
    #[error("no thread for the reference server: {0}")]
    Thread(io::Error),
    /// The throw-away certificates could not be made.
    #[error("cannot make the throw-away certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up with them.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] pgwire::tokio::tokio_rustls::rustls::Error),
}

/// A running reference server. Dropping it stops it.
pub struct ReferenceServer {
    shared: Arc<Shared>,
    http_port: u16,
    pg_port: u16,
    tasks: Vec<JoinHandle<()>>,
}

/// What the connections of both halves share.
pub(crate) struct Shared {
    faults: Faults,
    authority: Authority,
    /// Password of [`ROLE`], made for this run.
    password: String,
    accounts: pg::Accounts,
    alembic: Option<String>,
    tables: sql::Tables,
    state: http::State,
    /// Connections that ended by a defect of this server.
    defects: AtomicU64,
    /// Cancelled when the server stops.
    stop: CancellationToken,
}

impl ReferenceServer {
    /// Binds both ports and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    /// When a port cannot be had or the throw-away certificates cannot be made.
    pub async fn start(options: ServeOptions) -> Result<Self, StartError> {
        let password = throw_away_password();
        let faults = Faults::default();
        faults.set(options.faults);
        let shared = Arc::new(Shared {
            faults,
            authority: match options.authority {
                Some(authority) => authority,
                None => Authority::generate()?,
            },
            accounts: pg::Accounts::new(ROLE, &password),
            password,
            alembic: options.alembic,
            tables: sql::Tables::default(),
            state: http::State::default(),
            defects: AtomicU64::new(0),
            stop: CancellationToken::new(),
        });
        let mut http = Listening::bind("HTTP", options.http_port).await?;
        let mut pg = Listening::bind("PostgreSQL", options.pg_port).await?;
        if shared.faults.peek(true).has(Effect::HttpDown) {
            http.close();
        }
        if shared.faults.peek(false).has(Effect::PgDown) {
            pg.close();
        }
        let (http_port, pg_port) = (http.port(), pg.port());
        let tasks = vec![
            tokio::spawn(http::serve(http, Bounds::HTTP, Arc::clone(&shared))),
            tokio::spawn(pg::serve(pg, Bounds::PG, Arc::clone(&shared))),
        ];
        Ok(Self {
            shared,
            http_port,
            pg_port,
            tasks,
        })
    }

    /// `postgresql+DRIVER://...` with TLS required; an empty driver gives `postgresql://`.
    ///
    /// The way to require TLS is that driver's: `ssl=require` for asyncpg, `sslmode=require` for
    /// those on libpq; pg8000 knows none in a URL. Add the certificate of [`Self::ca_pem`] and
    /// use `verify-full` to have the certificate checked.
    pub fn database_url(&self, driver: &str) -> Redacted<String> {
        let query = match driver {
            "asyncpg" => "?ssl=require",
            "pg8000" => "",
            _ => "?sslmode=require",
        };
        Redacted::new(self.url_with(driver, query))
    }

    /// As [`Self::database_url`], with a query of one's own (`?sslmode=verify-full`).
    pub fn database_url_with(&self, driver: &str, query: &str) -> Redacted<String> {
        Redacted::new(self.url_with(driver, query))
    }

    /// The URL of [`Self::database_url`] to be shown to the person who started the server: the
    /// password in it was made for this run and opens nothing else.
    pub fn shown_url(&self, driver: &str, query: &str) -> String {
        self.url_with(driver, query)
    }

    fn url_with(&self, driver: &str, query: &str) -> String {
        let plus = if driver.is_empty() { "" } else { "+" };
        let Self {
            pg_port, shared, ..
        } = self;
        let password = &shared.password;
        format!(
            "postgresql{plus}{driver}://{ROLE}:{password}@127.0.0.1:{pg_port}/{DATABASE}{query}"
        )
    }

    /// `http://127.0.0.1:PORT`
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    /// Password of [`ROLE`]: made for this run, it opens nothing else.
    pub fn password(&self) -> &str {
        &self.shared.password
    }

    /// Port of the PostgreSQL half.
    pub fn pg_port(&self) -> u16 {
        self.pg_port
    }

    /// Certificate of the authority that signed the server's certificate, PEM.
    pub fn ca_pem(&self) -> &str {
        self.shared.authority.root()
    }

    /// Replaces what is wrong; schedules begin anew.
    pub fn set_faults(&self, faults: Vec<Schedule>) {
        self.shared.faults.set(faults);
    }

    /// Requests that ran a handler of the HTTP half, `METHOD path`, oldest first, at most 1,000.
    ///
    /// A probe that claims not to run handlers is held against this.
    pub fn handled(&self) -> Vec<String> {
        self.shared.state.handled()
    }

    /// PostgreSQL connections that ended by a defect of this server; known once another
    /// connection has come.
    pub fn defects(&self) -> u64 {
        self.shared.defects.load(Ordering::Relaxed)
    }

    /// Stops both halves and waits until their sockets are closed.
    pub async fn stop(mut self) {
        self.shared.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for ReferenceServer {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// 128 bits from the seeds of the standard library's hash maps, which the system provides. Enough
/// for a password that guards nothing but a loopback port for the time of one run.
fn throw_away_password() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
