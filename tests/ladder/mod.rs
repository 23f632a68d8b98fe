//! The ladder against real servers, with the real drivers as the judges of every text.

mod drivers;
mod fake;
mod interrupts;
mod lab;
mod pooler;
mod session;

use std::time::Duration;

use fake::{Does, Fake};
use lab::{Certificates, Lab, Target, server};

/// Every case, every driver: the rung, the name of the cause, and the driver's exact words.
#[test]
fn what_the_probe_foretells_is_what_the_drivers_say() {
    let mut lab = Lab::new();
    let certificates = Certificates::make();
    let postgres = server(&[]);
    let at = || Target::new(postgres.port);

    authentication(&mut lab, &at);
    databases(&mut lab, &at);
    tls(&mut lab, &postgres, &certificates);
    no_postgres(&mut lab);
    states(&mut lab, &postgres);
    lab.finish();
}

fn authentication(lab: &mut Lab, at: &dyn Fn() -> Target) {
    lab.row("scram", &at(), &[("", "ok")]);
    lab.row("md5", &at().user("md5user"), &[("", "ok")]);
    lab.row("clear text", &at().user("clearuser"), &[("", "ok")]);
    lab.row("trust", &at().user("trusted").password(None), &[("", "ok")]);
    let wrong = at().password(Some("wrong-password"));
    lab.row("wrong password", &wrong, &[("", "auth 28P01")]);
    lab.row(
        "wrong password, require",
        &wrong.clone().mode("require"),
        &[("", "auth 28P01")],
    );
    lab.row(
        "wrong password, disable",
        &wrong.clone().mode("disable"),
        &[("", "auth 28P01")],
    );
    lab.row(
        "wrong password, allow",
        &wrong.mode("allow"),
        &[("", "auth 28P01")],
    );
    lab.row(
        "no password",
        &at().password(None),
        &[("asyncpg", "auth 28P01"), ("", "auth no-password")],
    );
    lab.row(
        "unknown role",
        &at().user("nobody_here"),
        &[("", "auth 28P01")],
    );
    lab.row("expired role", &at().user("expired"), &[("", "auth 28P01")]);
    lab.row(
        "role without password",
        &at().user("nopassword"),
        &[("", "auth 28P01")],
    );
    lab.row(
        "role may not log in",
        &at().user("nologin"),
        &[("", "auth 28000")],
    );
    lab.row(
        "no such role, trust",
        &at().user("ghost").password(None),
        &[("", "auth 28000")],
    );
    lab.row(
        "wrong md5",
        &at().user("md5user").password(Some("wrong-password")),
        &[("", "auth 28P01")],
    );
    lab.row(
        "pg_hba rejects",
        &at().database("refused"),
        &[("", "auth 28000")],
    );
    lab.row(
        "pg_hba has no line",
        &at().user("stranger"),
        &[("", "auth 28000")],
    );
    lab.row(
        "pg_hba wants TLS, disable",
        &at().database("tlsonly").mode("disable"),
        &[("", "auth 28000")],
    );
    lab.row(
        "pg_hba wants TLS, prefer",
        &at().database("tlsonly"),
        &[("", "ok")],
    );
    lab.row(
        "pg_hba wants TLS, allow",
        &at().database("tlsonly").mode("allow"),
        &[("", "ok")],
    );
    lab.row(
        "pg_hba refuses TLS, require",
        &at().database("plainonly").mode("require"),
        &[("", "auth 28000")],
    );
    lab.row(
        "pg_hba refuses TLS, prefer",
        &at().database("plainonly"),
        &[("pg8000", "auth 28000"), ("", "ok")],
    );
    let wrong = at().database("tlsonly").password(Some("wrong-password"));
    lab.row("wrong password, TLS only", &wrong, &[("", "auth 28P01")]);
    lab.row("ident", &at().user("identuser"), &[("", "auth 28000")]);
    lab.row(
        "client certificate wanted",
        &at().user("certuser"),
        &[("", "auth 28000")],
    );
    lab.row_for(
        "channel binding demanded",
        &at()
            .mode("require")
            .extra("psycopg", "channel_binding=require"),
        &[("", "ok")],
        |c| c.name.starts_with("psycopg"),
    );
    lab.row_for(
        "channel binding demanded without TLS",
        &at()
            .mode("disable")
            .extra("psycopg", "channel_binding=require"),
        &[("", "auth channel-binding")],
        |c| c.name.starts_with("psycopg"),
    );
}

fn databases(lab: &mut Lab, at: &dyn Fn() -> Target) {
    lab.row(
        "no such database",
        &at().database("nowhere"),
        &[("", "database 3D000")],
    );
    lab.row(
        "no CONNECT right",
        &at().database("noconnect"),
        &[("", "database 42501")],
    );
    lab.row(
        "role at its limit",
        &at().user("limited"),
        &[("", "database 53300")],
    );
    lab.row_for(
        "unknown server setting",
        &at().extra("asyncpg", "nosuch=1"),
        &[("", "database 42704")],
        |c| c.name == "asyncpg" && c.sqlalchemy.is_empty(),
    );
    lab.row_for(
        "read-only demanded of a primary",
        &at().extra("", "target_session_attrs=read-only"),
        &[("", "session target-session-attrs")],
        |c| c.name != "pg8000",
    );
    lab.row_for(
        "standby demanded of a primary",
        &at().extra("", "target_session_attrs=standby"),
        &[("", "session target-session-attrs")],
        |c| c.name != "pg8000",
    );
}

fn tls(lab: &mut Lab, postgres: &crate::support::postgres::Postgres, certificates: &Certificates) {
    let at = || Target::new(postgres.port).host("localhost");
    let roots = lab.file("authority.pem", &certificates.authority);
    let strangers = lab.file("stranger.pem", &certificates.stranger);
    let verified = |mode| at().mode(mode).roots(&roots);

    postgres.present(&certificates.good.certificate, &certificates.good.key);
    lab.row("verify-full, good", &verified("verify-full"), &[("", "ok")]);
    lab.row("verify-ca, good", &verified("verify-ca"), &[("", "ok")]);
    lab.row(
        "verify-full, by address",
        &verified("verify-full").host("127.0.0.1"),
        &[("", "ok")],
    );
    let unknown = at().roots(&strangers);
    lab.row(
        "unknown authority, verify-full",
        &unknown.clone().mode("verify-full"),
        &[("", "tls tls-unknown-ca")],
    );
    lab.row(
        "unknown authority, require with root",
        &unknown.clone().mode("require"),
        &[("", "tls tls-unknown-ca")],
    );
    lab.row(
        "unknown authority, prefer",
        &unknown.mode("prefer"),
        &[("", "ok")],
    );
    lab.row(
        "no root file, verify-full",
        &at().mode("verify-full"),
        &[
            ("asyncpg", "url tls-missing-root"),
            ("", "tls tls-missing-root"),
        ],
    );

    postgres.present(&certificates.expired.certificate, &certificates.expired.key);
    lab.row(
        "expired, verify-full",
        &verified("verify-full"),
        &[("", "tls tls-expired")],
    );
    lab.row(
        "expired, verify-ca",
        &verified("verify-ca"),
        &[("", "tls tls-expired")],
    );
    lab.row("expired, require", &at().mode("require"), &[("", "ok")]);

    postgres.present(&certificates.not_yet.certificate, &certificates.not_yet.key);
    lab.row(
        "not yet valid, verify-full",
        &verified("verify-full"),
        &[("", "tls tls-not-yet-valid")],
    );

    postgres.present(
        &certificates.self_signed.certificate,
        &certificates.self_signed.key,
    );
    lab.row(
        "self-signed, verify-full",
        &verified("verify-full"),
        &[("", "tls tls-self-signed")],
    );

    postgres.present(
        &certificates.wrong_host.certificate,
        &certificates.wrong_host.key,
    );
    lab.row(
        "wrong host, verify-full",
        &verified("verify-full"),
        &[("", "tls tls-wrong-host")],
    );
    lab.row(
        "wrong address, verify-full",
        &verified("verify-full").host("127.0.0.1"),
        &[("", "tls tls-wrong-host")],
    );
    lab.row(
        "wrong host, verify-ca",
        &verified("verify-ca"),
        &[("", "ok")],
    );

    postgres.present(
        &certificates.common_name.certificate,
        &certificates.common_name.key,
    );
    lab.row(
        "name only in the subject, verify-full",
        &verified("verify-full"),
        &[("", "ok")],
    );

    postgres.present(&certificates.foreign.certificate, &certificates.foreign.key);
    lab.row(
        "foreign authority, verify-full",
        &verified("verify-full"),
        &[("", "tls tls-unknown-ca")],
    );
    postgres.present(&certificates.good.certificate, &certificates.good.key);

    let plain = postgres;
    plain.set("ssl", "off");
    lab.row(
        "no TLS, require",
        &at().mode("require"),
        &[("", "ssl-request N")],
    );
    lab.row(
        "no TLS, verify-full",
        &verified("verify-full"),
        &[("", "ssl-request N")],
    );
    lab.row("no TLS, prefer", &at(), &[("", "ok")]);
    lab.row(
        "no TLS, wrong password",
        &at().password(Some("wrong-password")),
        &[("", "auth 28P01")],
    );
    plain.set("ssl", "on");
}

fn no_postgres(lab: &mut Lab) {
    let closed = crate::support::postgres::free_port();
    lab.row(
        "nothing listens",
        &Target::new(closed),
        &[("", "tcp refused")],
    );
    lab.row(
        "nothing listens, by name",
        &Target::new(closed).host("localhost"),
        &[("", "tcp refused")],
    );
    lab.row(
        "no such host",
        &Target::new(closed).host("no-such-host.invalid"),
        &[("", "dns nxdomain")],
    );
    for (name, does, mode, expected) in [
        (
            "closed at the request for TLS",
            Does::CloseAtAccept,
            "prefer",
            "ssl-request closed",
        ),
        (
            "closed at the start-up packet",
            Does::CloseAtAccept,
            "disable",
            "auth closed",
        ),
        (
            "an HTTP server",
            Does::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "prefer",
            "ssl-request garbage",
        ),
        (
            "an HTTP server, require",
            Does::Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "require",
            "ssl-request garbage",
        ),
        (
            "closed after the start-up packet",
            Does::CloseAfterStartup,
            "prefer",
            "auth closed",
        ),
        (
            "only SCRAM-SHA-256-PLUS, no TLS",
            Does::Plain(b"R\0\0\0\x1c\0\0\0\x0aSCRAM-SHA-256-PLUS\0\0"),
            "prefer",
            "auth auth-unsupported",
        ),
        (
            "unknown authentication method",
            Does::Plain(b"R\0\0\0\x08\0\0\0\x63"),
            "prefer",
            "auth auth-unsupported",
        ),
    ] {
        let fake = Fake::start(does);
        let target = Target::new(fake.port).mode(mode);
        lab.row(name, &target, &[("", expected)]);
    }
    let hang = Fake::start(Does::HangAtAccept);
    let target = Target::new(hang.port).mode("prefer").timeout(2);
    lab.row_for("silent", &target, &[("", "ssl-request timeout")], |c| {
        // Only these four end in time without help: a native asyncpg has no parameter for it.
        !c.sqlalchemy.is_empty() && ["2.0.41", "2.0.58"].contains(&c.sqlalchemy)
    });
}

fn states(lab: &mut Lab, postgres: &crate::support::postgres::Postgres) {
    let standby = postgres.standby(&[], "ready to accept read-only connections");
    let at = || Target::new(standby.port);
    lab.row("standby", &at(), &[("", "ok")]);
    lab.row_for(
        "read-write demanded of a standby",
        &at().extra("", "target_session_attrs=read-write"),
        &[("", "session target-session-attrs")],
        |c| c.name != "pg8000",
    );
    lab.row_for(
        "primary demanded of a standby",
        &at().extra("", "target_session_attrs=primary"),
        &[("", "session target-session-attrs")],
        |c| c.name != "pg8000",
    );
    drop(standby);
    let cold = postgres.standby(
        &[("hot_standby", "off")],
        "consistent recovery state reached",
    );
    lab.row(
        "standby that serves nobody",
        &Target::new(cold.port),
        &[("", "database 57P03")],
    );
    drop(cold);

    let small = server(&[
        ("max_connections", "4"),
        ("superuser_reserved_connections", "3"),
        ("max_wal_senders", "0"),
        ("autovacuum", "off"),
    ]);
    let url = format!(
        "postgresql://app_owner:not-a-real-password@127.0.0.1:{}/app?sslmode=disable",
        small.port
    );
    let runtime = drivers::runtime();
    let held = runtime.block_on(take_last_connection(&url));
    lab.row(
        "all connections taken",
        &Target::new(small.port),
        &[("", "database 53300")],
    );
    drop(held);
}

/// Takes the only connection that is left for an ordinary role. The backend of the `psql` that
/// laid out the server may not have gone yet: it is waited for, as its place is the one wanted.
async fn take_last_connection(url: &str) -> tokio_postgres::Client {
    let until = std::time::Instant::now() + Duration::from_secs(60);
    loop {
        match tokio_postgres::connect(url, tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                client.simple_query("SELECT 1").await.unwrap();
                return client;
            }
            Err(error) => assert!(
                std::time::Instant::now() < until,
                "the last connection is never free: {error}"
            ),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Climbs with asyncpg's rules through SQLAlchemy.
fn asyncpg(url: &str) -> audit::model::Ladder {
    drivers::probe(url, &quick())
}

fn quick() -> audit::probe::LadderOptions {
    audit::probe::LadderOptions {
        driver: "asyncpg".to_owned(),
        driver_version: "0.30.0".to_owned(),
        via: audit::probe::Via::SqlAlchemy("2.0.41".to_owned()),
        timeout: std::time::Duration::from_secs(1),
        ..audit::probe::LadderOptions::default()
    }
}

fn end(ladder: &audit::model::Ladder) -> (&'static str, String) {
    ladder.failed().map_or(("", "ok".to_owned()), |r| {
        (r.rung.name(), r.outcome.clone())
    })
}

/// A server that is silent, endless or mad costs bounded time and memory.
#[test]
fn hostile_servers_are_left_in_time() {
    for (does, mode, rung, outcome) in [
        (Does::HangAtAccept, "require", "ssl-request", "timeout"),
        (Does::HangAtAccept, "disable", "auth", "timeout"),
        (Does::HangInTls, "require", "tls", "timeout"),
        (Does::Gigabyte, "disable", "database", "garbage"),
        (Does::Plain(b"\0\xff\0\xff"), "disable", "auth", "garbage"),
        (Does::Plain(b"Rabcdefgh"), "disable", "auth", "garbage"),
        (
            Does::Plain(
                b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0R\0\0\0\x1a\0\0\0\x0br=x,s=YQ==,i=99999999",
            ),
            "disable",
            "auth",
            "garbage",
        ),
    ] {
        let fake = Fake::start(does);
        let url = format!(
            "postgresql+asyncpg://u:pw12345@127.0.0.1:{}/d?ssl={mode}",
            fake.port
        );
        let started = std::time::Instant::now();
        let ladder = asyncpg(&url);
        assert_eq!(
            end(&ladder),
            (rung, outcome.to_owned()),
            "{does:?}: {ladder:#?}"
        );
        let took = started.elapsed();
        assert!(
            took < std::time::Duration::from_secs(6),
            "{does:?} took {took:?}"
        );
    }
}

/// A server that sends a gigabyte must not make the probe hold it: the program is measured in a
/// process of its own, whatever else the tests do meanwhile.
#[test]
fn a_gigabyte_is_not_kept() {
    let fake = Fake::start(Does::Gigabyte);
    let url = format!(
        "postgresql+asyncpg://u:pw12345@127.0.0.1:{}/d?ssl=disable",
        fake.port
    );
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_audit"))
        .args(["probe", "--url-env", "PROBED_URL", "--config", "none"])
        .env("PROBED_URL", url)
        .current_dir(std::env::temp_dir())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let code = loop {
        peak = peak.max(memory(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert_eq!(code, Some(1), "the garbage is a finding");
    assert!((1..200).contains(&peak), "{peak} MB");
}

/// The most memory that a process had resident so far, in MB; 0 when it is gone.
fn memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.trim().split(' ').next())
        .and_then(|kb| kb.parse::<usize>().ok())
        .map_or(0, |kb| kb.div_ceil(1024))
}

/// Ctrl-C on every rung ends the climb at once and says where it was.
#[test]
fn a_cancelled_climb_ends_at_once() {
    use audit::model::{ProbeEvent, Redacted};
    for (does, mode, rung) in [
        (Does::HangAtAccept, "require", "ssl-request"),
        (Does::HangInTls, "require", "tls"),
        (Does::HangAtAccept, "disable", "auth"),
    ] {
        let fake = Fake::start(does);
        let url = format!(
            "postgresql+asyncpg://u:pw12345@127.0.0.1:{}/d?ssl={mode}",
            fake.port
        );
        let options = audit::probe::LadderOptions {
            timeout: std::time::Duration::from_secs(30),
            deadline: Some(std::time::Duration::from_secs(60)),
            ..quick()
        };
        let cancel = tokio_util::sync::CancellationToken::new();
        let (token, at) = (cancel.clone(), rung);
        let observer = move |event: ProbeEvent| {
            if let ProbeEvent::Started { rung, .. } = event
                && rung.name() == at
            {
                let token = token.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    token.cancel();
                });
            }
        };
        let started = std::time::Instant::now();
        let ladder = drivers::runtime().block_on(audit::probe::climb(
            &Redacted::new(url),
            None,
            &options,
            &audit::host::RealHost,
            &observer,
            cancel,
        ));
        assert_eq!(end(&ladder), (rung, "cancelled".to_owned()), "{ladder:#?}");
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
        assert_eq!(ladder.tries, 1);
    }
}

/// A transient failure is tried again until it passes; a definitive one ends the wait.
#[test]
fn waiting_ends_when_the_answer_is_final() {
    use audit::model::{ProbeEvent, Redacted};
    use std::sync::atomic::{AtomicUsize, Ordering};
    let port = crate::support::postgres::free_port();
    let url = format!("postgresql+asyncpg://u:pw12345@127.0.0.1:{port}/d?ssl=require");
    let waits = AtomicUsize::new(0);
    let late = std::sync::Mutex::new(None);
    let options = audit::probe::LadderOptions {
        deadline: Some(std::time::Duration::from_secs(20)),
        interval: std::time::Duration::from_millis(50),
        ..quick()
    };
    let ladder = drivers::runtime().block_on(audit::probe::climb(
        &Redacted::new(url),
        None,
        &options,
        &audit::host::RealHost,
        &|event| {
            if let ProbeEvent::Waiting { rung, tries, .. } = event {
                assert_eq!(rung.name(), "tcp");
                waits.store(tries as usize, Ordering::SeqCst);
                // The "server" appears after the third try and refuses TLS for good.
                if tries == 3 {
                    let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
                    *late.lock().unwrap() = Some(std::thread::spawn(move || {
                        use std::io::{Read, Write};
                        let (mut stream, _) = listener.accept().unwrap();
                        stream.read_exact(&mut [0; 8]).unwrap();
                        stream.write_all(b"N").unwrap();
                    }));
                }
            }
        },
        tokio_util::sync::CancellationToken::new(),
    ));
    assert_eq!(end(&ladder), ("ssl-request", "N".to_owned()), "{ladder:#?}");
    assert_eq!((waits.load(Ordering::SeqCst), ladder.tries), (3, 4));
    late.lock().unwrap().take().unwrap().join().unwrap();
}

/// Credentials go nowhere before TLS when the URL demands TLS, and never into any text.
#[test]
fn secrets_stay_secret() {
    let canary = "canary-9f8e7d6c";
    let leaking = Fake::start(Does::Plain(
        b"E\0\0\0\x50SFATAL\0C28P01\0Mpassword \"canary-9f8e7d6c\" of user \"u\" is wrong, says a log\0\0",
    ));
    let fake = Fake::start(Does::Answer(b"N"));
    for url in [
        format!(
            "postgresql+asyncpg://u:{canary}@127.0.0.1:{}/d?ssl=disable",
            leaking.port
        ),
        format!(
            "postgresql+asyncpg://u:{canary}@127.0.0.1:{}/d?ssl=require",
            fake.port
        ),
        format!("postgresql+asyncpg://u:p@{canary}@127.0.0.1:1/d"),
        format!("postgresql+asyncpg://u:x/{canary}:y@127.0.0.1:{canary}/d"),
        format!("postgresql+asyncpg://127.0.0.1:1/d?password={canary}&nonsense={canary}"),
    ] {
        let ladder = asyncpg(&url);
        let json = serde_json::to_string(&ladder).unwrap();
        assert!(ladder.failed().is_some(), "{json}");
        assert!(!json.contains(canary), "{json}");
        assert!(!format!("{ladder:?}").contains(canary));
    }
    let leaked = asyncpg(&format!(
        "postgresql+asyncpg://u:{canary}@127.0.0.1:{}/d?ssl=disable",
        leaking.port
    ));
    assert_eq!(end(&leaked), ("auth", "28P01".to_owned()));
    // The fake answered N to ssl=require: nothing followed the request for TLS.
    assert_eq!(fake.accepted.load(std::sync::atomic::Ordering::SeqCst), 1);
}
