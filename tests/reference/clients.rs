//! psql and tokio-postgres: whole sessions with the healthy server.

use std::process::{Command, Output};

use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::error::SqlState;

use super::{Running, runtime};

const FACTS: &str = "SELECT \
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

fn psql(url: &str, sql: &str) -> Output {
    Command::new("psql")
        .args(["-X", "-A", "-t", url, "-c", sql])
        .env("PGCONNECT_TIMEOUT", "20")
        .output()
        .expect("psql is installed; run tests/run")
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn psql_holds_a_session_with_full_verification_and_channel_binding() {
    let running = Running::start(&[]);
    let url = running.verified_url("") + "&channel_binding=require";
    let cases = [
        ("select 1", "1"),
        ("select 2 as two, 'x' as x, true as t", "2|x|t"),
        ("show server_version", "16.4 (audit reference server)"),
        ("select current_user, current_database()", "app_owner|appdb"),
        ("select count(*) from pg_stat_activity", "7"),
        (
            "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
            "t|TLSv1.3",
        ),
        ("begin; select 1; commit", "BEGIN\n1\nCOMMIT"),
        (
            "create table t (id int); drop table t",
            "CREATE TABLE\nDROP TABLE",
        ),
    ];
    for (sql, expected) in cases.into_iter() {
        let (out, err) = said(&psql(&url, sql));
        assert_eq!(out, expected, "{sql}: {err}");
    }
    let (_, err) = said(&psql(&url, "select * from nowhere"));
    assert_eq!(err, "ERROR:  relation \"nowhere\" does not exist");
    let (_, err) = said(&psql(&url, "insert into t values (1)"));
    assert!(
        err.contains("the reference server does not execute"),
        "{err}"
    );
}

#[test]
fn the_session_rung_gets_its_facts() {
    let running = Running::with(audit::reference::ServeOptions {
        alembic: Some("1975ea83b712".to_owned()),
        ..Default::default()
    });
    let url = running.verified_url("");
    let (out, err) = said(&psql(&url, FACTS));
    let facts: Vec<&str> = out.split('|').collect();
    assert_eq!(facts.len(), 12, "{out} {err}");
    assert_eq!(
        facts[..4],
        ["16.4 (audit reference server)", "f", "off", "UTF8"]
    );
    assert_eq!(facts[5..10], ["app_owner", "public", "t", "97", "7"]);
    assert_eq!(facts[11], "t");
    assert_eq!(
        said(&psql(&url, "SELECT version_num FROM alembic_version")).0,
        "1975ea83b712"
    );
}

#[test]
fn tokio_postgres_prepares_binds_and_recovers_from_errors() {
    let running = Running::start(&[]);
    runtime().block_on(async {
        let client = connect(&running).await.unwrap();
        let row = client
            .query_one(
                "SELECT pg_is_in_recovery(), current_user, 7, 3000000000, now()",
                &[],
            )
            .await
            .unwrap();
        assert!(!row.get::<_, bool>(0));
        assert_eq!(row.get::<_, String>(1), "app_owner");
        assert_eq!(row.get::<_, i32>(2), 7);
        assert_eq!(row.get::<_, i64>(3), 3_000_000_000);
        let now: std::time::SystemTime = row.get(4);
        let off = now.duration_since(std::time::SystemTime::now());
        let off = off.unwrap_or_else(|e| e.duration());
        assert!(off < std::time::Duration::from_secs(60), "{off:?}");
        let error = client.query_one("SELECT nonsense", &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::UNDEFINED_COLUMN));
        let echo = client.query_one("SELECT $1::text", &[&"x"]).await.unwrap();
        assert_eq!(echo.get::<_, String>(0), "x");
        client.batch_execute("BEGIN").await.unwrap();
        assert!(client.query("SELECT nonsense", &[]).await.is_err());
        let aborted = client.query("SELECT 1", &[]).await.unwrap_err();
        assert_eq!(aborted.code(), Some(&SqlState::IN_FAILED_SQL_TRANSACTION));
        client.batch_execute("ROLLBACK").await.unwrap();
        client.query_one("SELECT 1", &[]).await.unwrap();
    });
}

async fn connect(running: &Running) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let root = native_tls::Certificate::from_pem(running.server.ca_pem().as_bytes()).unwrap();
    let tls = native_tls::TlsConnector::builder()
        .disable_built_in_roots(true)
        .add_root_certificate(root)
        .build()
        .unwrap();
    let url = running.server.shown_url("", "");
    let mut config: tokio_postgres::Config = url.parse().unwrap();
    config
        .ssl_mode(SslMode::Require)
        .channel_binding(ChannelBinding::Require);
    let tls = postgres_native_tls::MakeTlsConnector::new(tls);
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[test]
fn variants_of_authentication_and_tls_let_psql_in() {
    let cases = [
        ("auth-md5", "", "1"),
        ("auth-cleartext", "", "1"),
        ("auth-trust", "", "1"),
        ("no-channel-binding", "", "1"),
        ("tls-1.2", "&channel_binding=require", "1"),
        ("slow", "&channel_binding=require", "1"),
    ];
    for (fault, more, expected) in cases {
        let running = Running::start(&[fault]);
        let (out, err) = said(&psql(&(running.verified_url("") + more), "select 1"));
        assert_eq!(out, expected, "{fault}: {err}");
    }
    let running = Running::start(&["no-channel-binding"]);
    let url = running.verified_url("") + "&channel_binding=require";
    let (_, err) = said(&psql(&url, "select 1"));
    assert!(err.contains("channel binding"), "{err}");
}

#[test]
fn schedules_heal() {
    let running = Running::start(&[
        "tls-expired for 1 connection, then starting-up for 1 connection, then ok",
    ]);
    let url = running.verified_url("");
    let ask = || said(&psql(&url, "select 1"));
    for part in [
        "certificate verify failed",
        "the database system is starting up",
    ] {
        let (_, err) = ask();
        assert!(err.contains(part), "{err}");
    }
    assert_eq!(ask().0, "1");
}

#[test]
fn a_port_that_is_down_comes_back() {
    let running = Running::start(&["down"]);
    let url = running.verified_url("");
    let (_, err) = said(&psql(&url, "select 1"));
    assert!(err.contains("Connection refused"), "{err}");
    running.server.set_faults(Vec::new());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let (out, err) = said(&psql(&url, "select 1"));
        if out == "1" {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{err}");
    }
}
