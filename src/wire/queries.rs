//! The texts that the session rung sends, so that a reference server can answer the same ones.
//!
//! All are sent as simple queries: they pass every pooler and prepare nothing.

/// One row of facts, columns as in [`FACT_COLUMNS`]. Needs no privilege beyond a login.
pub const FACTS: &str = "SELECT \
current_setting('server_version') AS server_version, \
pg_is_in_recovery() AS standby, \
current_setting('transaction_read_only') AS read_only, \
current_setting('server_encoding') AS encoding, \
extract(epoch FROM clock_timestamp())::text AS epoch, \
current_user AS role, \
current_schema() AS schema, \
has_schema_privilege(current_schema(), 'CREATE') AS can_create, \
current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS allowed, \
(SELECT sum(numbackends) FROM pg_stat_database) AS used, \
pg_backend_pid() AS pid, \
to_regclass('alembic_version') IS NOT NULL AS has_alembic";

/// Columns of [`FACTS`] in order. `standby`, `can_create` and `has_alembic` are `t` or `f`
/// (`can_create` is NULL where no schema of the search path exists), `epoch` is in seconds.
pub const FACT_COLUMNS: [&str; 12] = [
    "server_version",
    "standby",
    "read_only",
    "encoding",
    "epoch",
    "role",
    "schema",
    "can_create",
    "allowed",
    "used",
    "pid",
    "has_alembic",
];

/// Asked when [`FACTS`] is refused: does anything run at all?
pub const ONE: &str = "SELECT 1";

/// Revisions in the database: any number of rows with the one column `version_num`.
pub const ALEMBIC: &str = "SELECT version_num FROM alembic_version";

/// Which server process answers; compared between two connections to tell how a pooler works.
pub const PID: &str = "SELECT pg_backend_pid() AS pid";

/// Names of the prepared statements that the server process holds.
pub const PREPARED: &str = "SELECT name FROM pg_prepared_statements";
