//! The session rung against real servers: standby, rights, revisions, poolers, sockets, hosts.

use std::collections::BTreeMap;

use audit::model::{Ladder, LadderNote, Redacted};
use audit::probe::{LadderOptions, Via};

use super::drivers::probe;
use super::lab::{Target, server};
use super::pooler::PgBouncer;
use crate::support::postgres::{PASSWORD, ROLE};

fn options(driver: &str) -> LadderOptions {
    LadderOptions {
        driver: driver.to_owned(),
        via: Via::SqlAlchemy("2.0.41".to_owned()),
        ..LadderOptions::default()
    }
}

fn climbed(url: &str, options: &LadderOptions) -> Ladder {
    let ladder = probe(url, options);
    assert!(ladder.climbed(), "{url}: {ladder:#?}");
    ladder
}

fn note<'a>(ladder: &'a Ladder, outcome: &str) -> Option<&'a LadderNote> {
    ladder.notes.iter().find(|n| n.outcome == outcome)
}

fn notes(ladder: &Ladder) -> Vec<&str> {
    ladder.notes.iter().map(|n| n.outcome.as_str()).collect()
}

#[test]
fn the_session_tells_what_will_go_wrong() {
    let postgres = server(&[]);
    let url = |database: &str| {
        format!(
            "postgresql+asyncpg://{ROLE}:{PASSWORD}@127.0.0.1:{}/{database}?ssl=require",
            postgres.port
        )
    };
    // All well: every rung is timed, nothing is noted.
    let ladder = climbed(&url("app"), &options("asyncpg"));
    assert_eq!(notes(&ladder), Vec::<&str>::new());
    assert!(
        ladder
            .rungs
            .iter()
            .all(|r| r.ms < 5_000.0 && !r.detail.is_empty()),
        "{ladder:#?}"
    );
    for (fact, value) in [
        ("standby", "f"),
        ("encoding", "UTF8"),
        ("role", ROLE),
        ("can_create", "t"),
    ] {
        assert_eq!(
            ladder.session.get(fact).map(String::as_str),
            Some(value),
            "{ladder:#?}"
        );
    }
    assert!(ladder.session["server_version"].starts_with(|c: char| c.is_ascii_digit()));
    assert!(
        ladder.session["tls"].starts_with("TLS 1.3"),
        "{:?}",
        ladder.session
    );
    assert_eq!(ladder.endpoint, format!("127.0.0.1:{}", postgres.port));

    // No CREATE right, read-only, another encoding.
    postgres.psql(
        "app",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER SCHEMA public OWNER TO postgres",
    );
    let ladder = climbed(&url("app"), &options("asyncpg"));
    assert_eq!(notes(&ladder), ["no-create-right"]);
    postgres.psql("app", &format!("GRANT CREATE ON SCHEMA public TO {ROLE}; ALTER DATABASE app SET default_transaction_read_only = on"));
    assert_eq!(
        notes(&climbed(&url("app"), &options("asyncpg"))),
        ["read-only"]
    );
    postgres.psql(
        "postgres",
        "ALTER DATABASE app RESET default_transaction_read_only",
    );
    postgres.psql(
        "postgres",
        &format!("CREATE DATABASE latin OWNER {ROLE} ENCODING 'LATIN1' TEMPLATE template0"),
    );
    let latin = climbed(&url("latin"), &options("asyncpg"));
    assert!(note(&latin, "encoding").is_some(), "{latin:#?}");

    // Revisions.
    let mut migrated = options("asyncpg");
    migrated.alembic_heads = vec!["c3".to_owned()];
    migrated.alembic_revisions = ["a1", "b2", "c3"].map(str::to_owned).to_vec();
    assert_eq!(notes(&climbed(&url("app"), &migrated)), ["alembic-none"]);
    postgres.psql("app", &format!("CREATE TABLE alembic_version (version_num text); GRANT SELECT ON alembic_version TO {ROLE}"));
    for (revision, outcome) in [
        ("b2", "alembic-behind"),
        ("zz", "alembic-unknown"),
        ("c3", "alembic-current"),
    ] {
        postgres.psql(
            "app",
            &format!(
                "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{revision}')"
            ),
        );
        assert_eq!(notes(&climbed(&url("app"), &migrated)), [outcome]);
    }

    // A standby.
    let standby = postgres.standby(&[], "ready to accept read-only connections");
    let at_standby = Target::new(standby.port);
    let ladder = climbed(
        &format!(
            "postgresql+asyncpg://{ROLE}:{PASSWORD}@127.0.0.1:{}/app",
            at_standby.port
        ),
        &options("asyncpg"),
    );
    assert_eq!(notes(&ladder), ["standby"]);

    // Several hosts: a dead one, the standby, the primary.
    let dead = crate::support::postgres::free_port();
    for (driver, hosts) in [
        (
            "asyncpg",
            format!(
                "host=127.0.0.1:{dead}&host=127.0.0.1:{}&host=127.0.0.1:{}",
                standby.port, postgres.port
            ),
        ),
        (
            "psycopg",
            format!(
                "host=127.0.0.1,127.0.0.1,127.0.0.1&port={dead},{},{}",
                standby.port, postgres.port
            ),
        ),
    ] {
        let url = format!(
            "postgresql+{driver}://{ROLE}:{PASSWORD}@/app?{hosts}&target_session_attrs=read-write"
        );
        let ladder = climbed(&url, &options(driver));
        assert_eq!(
            ladder.endpoint,
            format!("127.0.0.1:{}", postgres.port),
            "{driver}"
        );
    }

    // The socket file, with the password out of a file that libpq reads.
    let home = tempfile::tempdir().unwrap();
    let passfile = home.path().join(".pgpass");
    std::fs::write(&passfile, format!("*:*:*:{ROLE}:{PASSWORD}\n")).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&passfile, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut native = options("psycopg");
    native.via = Via::Native;
    native.env = BTreeMap::from([(
        "HOME".to_owned(),
        Redacted::new(home.path().to_str().unwrap().to_owned()),
    )]);
    let socket = format!(
        "postgresql://{ROLE}@/app?host={}&port={}",
        postgres.directory().display(),
        postgres.port
    );
    let ladder = climbed(&socket, &native);
    assert!(
        ladder
            .endpoint
            .ends_with(&format!(".s.PGSQL.{}", postgres.port)),
        "{}",
        ladder.endpoint
    );
    // A file that others may read is not used, as with libpq.
    std::fs::set_permissions(&passfile, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = probe(&socket, &native);
    assert_eq!(
        refused.failed().map(|r| r.outcome.as_str()),
        Some("no-password"),
        "{refused:#?}"
    );
}

#[test]
fn a_pooler_is_seen_and_its_mode_told() {
    let postgres = server(&[]);
    let url = |driver: &str, port: u16| {
        format!("postgresql+{driver}://{ROLE}:{PASSWORD}@127.0.0.1:{port}/app")
    };
    assert!(
        !climbed(&url("asyncpg", postgres.port), &options("asyncpg"))
            .session
            .contains_key("pooler")
    );

    let transaction = PgBouncer::start(&postgres, "transaction", 3);
    let ladder = climbed(&url("asyncpg", transaction.port), &options("asyncpg"));
    assert_eq!(ladder.session["pooler"], "transaction", "{ladder:#?}");
    // 1.21 and later carry prepared statements when told to; the verdict follows what was seen.
    let carries = ladder.session["pooler_prepared"] == "true";
    assert_eq!(
        note(&ladder, "pooler-transaction").is_some(),
        !carries,
        "{ladder:#?}"
    );
    let mut cured = options("asyncpg");
    cured.connect_args = vec![("statement_cache_size".to_owned(), "0".to_owned())];
    assert_eq!(
        notes(&climbed(&url("asyncpg", transaction.port), &cured)),
        ["pooler"]
    );
    assert_eq!(
        notes(&climbed(
            &url("psycopg2", transaction.port),
            &options("psycopg2")
        )),
        ["pooler"]
    );
    drop(transaction);

    let session = PgBouncer::start(&postgres, "session", 3);
    let ladder = climbed(&url("asyncpg", session.port), &options("asyncpg"));
    assert_eq!(notes(&ladder), ["pooler-session"], "{ladder:#?}");
    let wrong = probe(
        &format!(
            "postgresql+asyncpg://{ROLE}:wrong-password@127.0.0.1:{}/app",
            session.port
        ),
        &options("asyncpg"),
    );
    assert_eq!(
        wrong.failed().map(|r| r.rung.name()),
        Some("auth"),
        "{wrong:#?}"
    );
    drop(session);

    let statement = PgBouncer::start(&postgres, "statement", 3);
    let ladder = climbed(&url("asyncpg", statement.port), &options("asyncpg"));
    assert_eq!(notes(&ladder), ["pooler-statement"], "{ladder:#?}");
}
