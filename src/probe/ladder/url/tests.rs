//! URLs of every grammar against what Python said about them.

use super::super::plan::{Address, Attrs, Binding, Plan, Roots, TlsMode, UrlFailure};
use super::*;
use crate::host::MemoryHost;
use crate::model::MASK;

fn options(driver: &str, version: &str, via: Via) -> LadderOptions {
    LadderOptions {
        driver: driver.to_owned(),
        driver_version: version.to_owned(),
        via,
        env: [("USER", "os_user"), ("HOME", "/home/app")]
            .map(|(k, v)| (k.to_owned(), Redacted::new(v.to_owned())))
            .into(),
        ..LadderOptions::default()
    }
}

fn through(version: &str) -> Via {
    Via::SqlAlchemy(version.to_owned())
}

fn plan(url: &str, options: &LadderOptions, host: &MemoryHost) -> Result<Plan, UrlFailure> {
    resolve(&Redacted::new(url.to_owned()), options, host)
}

fn ok(url: &str, options: &LadderOptions) -> Plan {
    plan(url, options, &MemoryHost::new()).unwrap_or_else(|f| panic!("{url}: {}", f.detail))
}

fn tcp(host: &str, port: u16) -> Address {
    Address::Tcp(host.to_owned(), port)
}

/// `(URL, host, port, user, password, database)` as SQLAlchemy and the drivers resolve them.
type Parsed = (
    &'static str,
    &'static str,
    u16,
    &'static str,
    &'static str,
    &'static str,
);

fn check(cases: &[Parsed], options: &LadderOptions) {
    for (url, host, port, user, password, database) in cases {
        let plan = ok(url, options);
        assert_eq!(plan.addresses[0], tcp(host, *port), "{url}");
        assert_eq!(plan.user, *user, "{url}");
        let found = plan.password.map(|p| p.expose().clone());
        assert_eq!(found.unwrap_or_default(), *password, "{url}");
        assert_eq!(plan.database, *database, "{url}");
    }
}

#[test]
fn sqlalchemy_reads_its_own_grammar() {
    let cases: [Parsed; 8] = [
        (
            "postgresql+asyncpg://u:p@h:5433/d",
            "h",
            5433,
            "u",
            "p",
            "d",
        ),
        (
            "postgresql+asyncpg://u:a/b#c?d[e%f+g@h/d",
            "h",
            5432,
            "u",
            "a/b#c?d[e%f+g",
            "d",
        ),
        (
            "postgresql+asyncpg://u:p%40s%2Fx@h/d",
            "h",
            5432,
            "u",
            "p@s/x",
            "d",
        ),
        (
            "postgresql+asyncpg://u:p@ss@h/d",
            "ss@h",
            5432,
            "u",
            "p",
            "d",
        ),
        (
            "postgresql+asyncpg://h/d#x",
            "h",
            5432,
            "os_user",
            "",
            "d#x",
        ),
        ("postgresql+asyncpg://u@h", "h", 5432, "u", "", "u"),
        (
            "postgresql+asyncpg://u:p@[::1]:5/my%2Ddb",
            "::1",
            5,
            "u",
            "p",
            "my%2Ddb",
        ),
        (
            "postgresql+asyncpg://u:p@/d?host=a:1&host=b:2",
            "a",
            1,
            "u",
            "p",
            "d",
        ),
    ];
    check(&cases, &options("", "0.30.0", through("2.0.41")));
    let decoded = ok(
        "postgresql+asyncpg://u@h/my%2Ddb",
        &options("", "", through("2.1.9")),
    );
    assert_eq!(decoded.database, "my-db");
}

#[test]
fn native_grammars_differ() {
    let cases: [Parsed; 4] = [
        ("postgresql://u:p@h:5433/d", "h", 5433, "u", "p", "d"),
        ("postgres://u:a%b@h/d", "h", 5432, "u", "a%b", "d"),
        ("postgresql://u@h1,h2:7/d", "h1", 5432, "u", "", "d"),
        ("postgresql://u:p@h/d?host=x", "h", 5432, "u", "p", "d"),
    ];
    check(&cases, &options("asyncpg", "0.30.0", Via::Native));
    let cases: [Parsed; 4] = [
        ("postgresql://u:p@h:5433/d", "h", 5433, "u", "p", "d"),
        (
            "postgresql://u:a%23b@h/d?ssl=true",
            "h",
            5432,
            "u",
            "a#b",
            "d",
        ),
        ("postgresql://u@h/d?host=x&port=9", "x", 9, "u", "", "d"),
        (
            r"host=h port=7 user=u password='it\'s' dbname=d",
            "h",
            7,
            "u",
            "it's",
            "d",
        ),
    ];
    check(&cases, &options("psycopg", "3.2.9", Via::Native));
}

#[test]
fn refusals_are_those_of_python() {
    let sa = |driver: &str, version| options("", driver, through(version));
    let cases = [
        (
            "postgresql+asyncpg://u:p@h/d?sslmode=require&channel_binding=require",
            sa("0.30.0", "2.0.41"),
            "url-param",
            "TypeError: connect() got an unexpected keyword argument 'sslmode'",
        ),
        (
            "postgresql+asyncpg://u:p@h/d?ssl=true",
            sa("0.30.0", "2.0.41"),
            "url-value",
            "asyncpg.exceptions._base.ClientConfigurationError: `sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (
            "postgresql+asyncpg://u:p@h/d?ssl=true",
            sa("0.32.0", "2.1.9"),
            "url-value",
            "sqlalchemy.exc.InterfaceError: (sqlalchemy.dialects.postgresql.asyncpg.InterfaceError) `sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, verify-full\n(Background on this error at: https://sqlalche.me/e/21/rvf5)",
        ),
        (
            "postgresql+asyncpg://u:p@h:x/d",
            sa("", "2.0.41"),
            "url-port",
            "ValueError: invalid literal for int() with base 10: 'x'",
        ),
        (
            "postgresql+asyncpg://u:p@h:/d",
            sa("", "2.0.41"),
            "url-port",
            "ValueError: invalid literal for int() with base 10: ''",
        ),
        (
            "postgresql+asyncpg://u:p@h:99999/d",
            sa("", "2.0.41"),
            "url-port",
            "OverflowError: connect(): port must be 0-65535.",
        ),
        (
            "postgres://u:p@h/d",
            sa("", "2.0.41"),
            "url-scheme",
            "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        ),
        (
            "",
            sa("", "2.0.41"),
            "url-syntax",
            "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL from given URL string",
        ),
        (
            "postgresql+psycopg://u:p@h/d?ssl=require",
            sa("3.2.9", "2.0.41"),
            "url-param",
            "sqlalchemy.exc.ProgrammingError: (psycopg.ProgrammingError) invalid connection option \"ssl\"\n(Background on this error at: https://sqlalche.me/e/20/f405)",
        ),
        (
            "postgresql+asyncpg://u:p@h/d",
            options("asyncpg", "0.30.0", Via::Native),
            "url-scheme",
            "asyncpg.exceptions._base.ClientConfigurationError: invalid DSN: scheme is expected to be either \"postgresql\" or \"postgres\", got 'postgresql+asyncpg'",
        ),
        (
            "postgresql://u:p%@h/d",
            options("psycopg", "3.2.9", Via::Native),
            "url-syntax",
            "psycopg.ProgrammingError: invalid percent-encoded token: \"p%\"",
        ),
    ];
    for (url, options, outcome, raised) in cases {
        let failure = plan(url, &options, &MemoryHost::new())
            .err()
            .unwrap_or_else(|| panic!("{url} was accepted"));
        assert_eq!(failure.outcome, outcome, "{url}: {}", failure.detail);
        let error = failure.error.unwrap();
        assert_eq!(
            format!("{}: {}", error.kind, error.message),
            raised,
            "{url}"
        );
    }
}

#[test]
fn tls_rules_belong_to_the_driver() {
    let asyncpg = options("", "0.30.0", through("2.0.41"));
    let plain = ok("postgresql+asyncpg://u@h/d", &asyncpg);
    assert_eq!(
        (plain.tls.mode, plain.tls.roots),
        (TlsMode::Prefer, Roots::Nobody)
    );
    let missing = plan(
        "postgresql+asyncpg://u@h/d?ssl=verify-full",
        &asyncpg,
        &MemoryHost::new(),
    );
    assert_eq!(missing.err().unwrap().outcome, "tls-missing-root");

    let host = MemoryHost::new().file("/home/app/.postgresql/root.crt", "pem");
    let file = Roots::File("/home/app/.postgresql/root.crt".into(), b"pem".to_vec());
    for (url, driver) in [
        ("postgresql+asyncpg://u@h/d?ssl=require", "0.30.0"),
        ("postgresql+psycopg://u@h/d?sslmode=require", "3.2.9"),
    ] {
        // A root file that is there makes `require` verify the chain.
        let plan = plan(url, &options("", driver, through("2.0.41")), &host).unwrap();
        assert_eq!(
            (plan.tls.mode, plan.tls.roots),
            (TlsMode::Require, file.clone()),
            "{url}"
        );
    }
    let mut context = options("", "0.30.0", through("2.0.41"));
    context.connect_args = vec![("ssl".into(), "True".into())];
    let system = ok("postgresql+asyncpg://u@h/d", &context);
    assert_eq!(
        (system.tls.mode, system.tls.roots),
        (TlsMode::VerifyFull, Roots::System)
    );
    let binding = ok(
        "postgresql+psycopg://u@h/d?channel_binding=require&target_session_attrs=read-write",
        &options("", "3.2.9", through("2.0.41")),
    );
    assert_eq!(
        (binding.binding, binding.attrs),
        (Binding::Require, Attrs::ReadWrite)
    );
}

#[test]
fn gaps_are_filled_from_environment_and_files() {
    let host = MemoryHost::new()
        .file("/home/app/.pgpass", "db:*:*:u:from-file\n")
        .file(
            "/home/app/.pg_service.conf",
            "[prod]\nhost=svc\nport=6000\nuser=su\n",
        );
    let mut libpq = options("psycopg", "3.2.9", Via::Native);
    let found = plan("postgresql://u@db/d", &libpq, &host).unwrap();
    assert_eq!(found.password.unwrap().expose(), "from-file");
    assert_eq!(found.password_from.as_deref(), Some("/home/app/.pgpass"));
    let service = plan("postgresql:///d?service=prod", &libpq, &host).unwrap();
    assert_eq!(
        (service.addresses[0].clone(), service.user.as_str()),
        (tcp("svc", 6000), "su")
    );
    let unknown = plan("postgresql:///d?service=none", &libpq, &host)
        .err()
        .unwrap();
    assert_eq!(unknown.outcome, "service");
    libpq
        .env
        .insert("PGHOST".into(), Redacted::new("envhost".into()));
    assert_eq!(
        ok("postgresql:///d", &libpq).addresses[0],
        tcp("envhost", 5432)
    );
    let socket = ok("postgresql:///d?host=/run/x", &libpq);
    assert_eq!(
        socket.addresses[0],
        Address::Unix("/run/x/.s.PGSQL.5432".into())
    );
}

#[test]
fn ten_thousand_parameters_are_read_in_no_time() {
    let mut url = "postgresql+asyncpg://u:p@h/d?".to_owned();
    for i in 0..10_000 {
        url.push_str(&format!("a{i}=1&"));
    }
    let failure = plan(
        &url,
        &options("", "0.30.0", through("2.0.41")),
        &MemoryHost::new(),
    )
    .err()
    .unwrap();
    assert_eq!(failure.outcome, "url-param");
}

#[test]
fn a_piece_of_the_password_is_taken_for_no_host() {
    for url in [
        "postgresql+asyncpg://u:can@ry/w#rd@h:5432/d",
        "postgresql+psycopg2://u:can@ry/w@h.example/d",
    ] {
        let failure = plan(url, &options("", "", through("2.0.41")), &MemoryHost::new()).err();
        let failure = failure.unwrap();
        assert_eq!(failure.outcome, "url-password", "{url}");
        assert!(!failure.detail.contains("ry"), "{}", failure.detail);
    }
    ok(
        "postgresql+asyncpg://u:p@h/my@db",
        &options("", "", through("2.0.41")),
    );
}

#[test]
fn a_leaked_piece_of_the_password_is_hidden_in_the_host() {
    let plan = ok(
        "postgresql+asyncpg://u:hun@ter22@h/d",
        &options("", "", through("2.0.41")),
    );
    assert_eq!(plan.addresses[0].shown(), format!("{MASK}@h:5432"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_grammar_panic(text in "\\PC{0,60}", tail in "[:/@?#%&=,\\[\\]a1]{0,30}") {
        for url in [text.clone(), format!("postgresql://{tail}"), format!("postgresql+asyncpg://{tail}"), format!("postgresql+psycopg://u:{text}@{tail}")] {
            for via in [Via::Native, through("2.0.41")] {
                for driver in ["asyncpg", "psycopg", "psycopg2", "pg8000"] {
                    let _ = plan(&url, &options(driver, "", via.clone()), &MemoryHost::new());
                }
            }
        }
    }
}

#[test]
fn arguments_of_unknown_value_are_not_guessed() {
    let mut options = options("", "0.30.0", through("2.0.41"));
    options.connect_args = vec![
        ("ssl".into(), String::new()),
        ("statement_cache_size".into(), String::new()),
    ];
    let found = ok("postgresql+asyncpg://u@h/d", &options);
    assert_eq!(found.unknown_args, ["ssl"]);
    assert_eq!(found.tls.mode, TlsMode::Prefer);
    assert!(found.unprepared);
    options.connect_args = vec![("sslmode".into(), String::new())];
    let refused = plan("postgresql+asyncpg://u@h/d", &options, &MemoryHost::new());
    assert_eq!(refused.err().unwrap().outcome, "url-param");
}
