//! The drivers of Python backends, through SQLAlchemy, against the reference server and a real
//! PostgreSQL brought into the same trouble: both must look the same from the client's side.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use super::Running;
use crate::support::fixture::variant;
use crate::support::postgres::{PASSWORD, Postgres, ROLE};

/// A Python process with one driver.
struct Driver {
    name: &'static str,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Driver {
    fn start(name: &'static str, environment: &str) -> Self {
        let venv = variant(environment).venv();
        let mut child = Command::new(venv.bin("python"))
            .args(["-W", "ignore", "-c", include_str!("driver.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self {
            name,
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn all() -> Vec<Self> {
        vec![
            Self::start("asyncpg", "fixed"),
            Self::start("asyncpg", "fixed_latest"),
            Self::start("psycopg", "d5_psycopg3"),
            Self::start("psycopg2", "broken"),
        ]
    }

    /// What came of connecting and running `sql`, with ports made equal.
    fn ask(&mut self, url: &str, ca: &str, sql: &[&str], create: bool) -> Value {
        let limit = match self.name {
            "asyncpg" => "timeout",
            _ => "connect_timeout",
        };
        let case = json!({
            "url": url, "ca": ca, "sql": sql, "create": create, "connect_args": { limit: 20 },
        });
        writeln!(self.to, "{case}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|e| {
            panic!("{}: {e}: {line:?}", self.name);
        });
        let mut text = answer.to_string();
        if let Some(port) = url.rsplit_once(':').map(|(_, rest)| rest) {
            let port: String = port.chars().take_while(char::is_ascii_digit).collect();
            text = text.replace(&port, "PORT");
        }
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A real server that can be brought into trouble.
struct Real {
    postgres: Postgres,
    authority: Issuer<'static, KeyPair>,
    stranger: Issuer<'static, KeyPair>,
    crowd: Mutex<Option<Crowd>>,
    directory: tempfile::TempDir,
}

const DATABASE: &str = "appdb";

/// Sessions that take all places of a server.
type Crowd = (tokio::runtime::Runtime, Vec<tokio_postgres::Client>);

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let root = params.self_signed(&key).unwrap().pem();
    (root, Issuer::new(params, key))
}

impl Real {
    fn start() -> Self {
        let postgres = Postgres::start();
        let (root, issuer) = authority("test authority");
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.crt"), root).unwrap();
        let real = Self {
            postgres,
            authority: issuer,
            stranger: authority("unknown authority").1,
            crowd: Mutex::new(None),
            directory,
        };
        real.sql(&format!("CREATE DATABASE {DATABASE}"));
        real.in_database(&format!("GRANT CREATE ON SCHEMA public TO {ROLE}"));
        real.certificate(|_| {}, Some(&real.authority));
        real
    }

    fn sql(&self, sql: &str) {
        self.postgres.psql("postgres", sql);
    }

    fn in_database(&self, sql: &str) {
        self.postgres.psql(DATABASE, sql);
    }

    fn url(&self, driver: &str) -> String {
        let port = self.postgres.port;
        let query = match driver {
            "asyncpg" => "?ssl=verify-full".to_owned(),
            _ => format!("?sslmode=verify-full&sslrootcert={}", self.ca()),
        };
        format!("postgresql+{driver}://{ROLE}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}{query}")
    }

    fn ca(&self) -> String {
        self.directory.path().join("ca.crt").display().to_string()
    }

    /// Rewrites a file of the server, named by a setting, and lets the server read it again.
    fn write(&self, setting: &str, text: &str) {
        let shown = self.postgres.psql("postgres", &format!("SHOW {setting}"));
        let data = self.postgres.psql("postgres", "SHOW data_directory");
        let path = std::path::Path::new(&data).join(shown);
        let lines: Vec<String> = text.lines().map(|line| format!("('{line}')")).collect();
        let values = lines.join(",");
        self.sql(&format!("COPY (VALUES {values}) TO '{}'", path.display()));
    }

    /// Takes all places, those of superusers too.
    fn crowd(&self) {
        let data = self.postgres.psql("postgres", "SHOW data_directory");
        let most = self.postgres.psql("postgres", "SHOW max_connections");
        let socket = std::path::Path::new(&data).parent().unwrap();
        let mut config = tokio_postgres::Config::new();
        config.host_path(socket).port(self.postgres.port);
        config.user("postgres").dbname("postgres");
        let runtime = super::runtime();
        let clients = runtime.block_on(async {
            let mut clients = Vec::new();
            for _ in 0..most.parse::<usize>().unwrap() {
                match config.connect(tokio_postgres::NoTls).await {
                    Ok((client, connection)) => {
                        tokio::spawn(connection);
                        clients.push(client);
                    }
                    Err(_) => break, // the last psql had not left yet
                }
            }
            clients
        });
        *self.crowd.lock().unwrap() = Some((runtime, clients));
    }

    /// Gives the places back and waits until the server has noticed.
    fn disperse(&self) {
        let Some((runtime, mut clients)) = self.crowd.lock().unwrap().take() else {
            return;
        };
        let last = clients.pop().unwrap();
        drop(clients);
        let count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
        runtime.block_on(async {
            while last.query_one(count, &[]).await.unwrap().get::<_, i64>(0) > 1 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
    }

    fn reload(&self) {
        // A new connection sees the new settings once the postmaster has read them.
        self.sql("SELECT pg_reload_conf(), pg_sleep(0.3)");
    }

    fn hba(&self, lines: &str) {
        self.write("hba_file", &format!("local all postgres trust\n{lines}"));
        self.reload();
    }

    /// Shows a certificate that `change` has made wrong.
    fn certificate(
        &self,
        change: impl Fn(&mut CertificateParams),
        issuer: Option<&Issuer<'static, KeyPair>>,
    ) {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        change(&mut params);
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&key, issuer),
            None => params.self_signed(&key),
        };
        self.write("ssl_cert_file", &certificate.unwrap().pem());
        self.write("ssl_key_file", &key.serialize_pem());
        self.reload();
    }
}

const HOSTSSL: &str = "hostssl all all 127.0.0.1/32 scram-sha-256";

/// A fault, how the real server gets it, and how it is healed.
struct Trouble {
    fault: &'static str,
    make: fn(&Real),
    heal: fn(&Real),
}

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        fault: "ssl-refused",
        make: |real| {
            real.sql("ALTER SYSTEM SET ssl = off");
            real.reload();
        },
        heal: |real| {
            real.sql("ALTER SYSTEM SET ssl = on");
            real.reload();
        },
    },
    Trouble {
        fault: "wrong-password",
        make: |real| real.sql(&format!("ALTER ROLE {ROLE} PASSWORD 'something else'")),
        heal: |real| real.sql(&format!("ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")),
    },
    Trouble {
        fault: "unknown-role",
        make: |real| {
            real.sql(&format!("ALTER ROLE {ROLE} RENAME TO someone"));
            real.hba("hostssl all all 127.0.0.1/32 trust");
        },
        heal: |real| {
            real.sql(&format!("ALTER ROLE someone RENAME TO {ROLE}"));
            real.hba(HOSTSSL);
        },
    },
    Trouble {
        fault: "no-pg-hba",
        make: |real| real.hba("hostssl other all 127.0.0.1/32 trust"),
        heal: |real| real.hba(HOSTSSL),
    },
    Trouble {
        fault: "missing-database",
        make: |real| real.sql(&format!("ALTER DATABASE {DATABASE} RENAME TO elsewhere")),
        heal: |real| real.sql(&format!("ALTER DATABASE elsewhere RENAME TO {DATABASE}")),
    },
    Trouble {
        fault: "database-closed",
        make: |real| {
            real.sql(&format!(
                "ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false"
            ))
        },
        heal: |real| real.sql(&format!("ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")),
    },
    Trouble {
        fault: "no-login-right",
        make: |real| real.sql(&format!("ALTER ROLE {ROLE} NOLOGIN")),
        heal: |real| real.sql(&format!("ALTER ROLE {ROLE} LOGIN")),
    },
    Trouble {
        fault: "too-many-for-role",
        make: |real| real.sql(&format!("ALTER ROLE {ROLE} CONNECTION LIMIT 0")),
        heal: |real| real.sql(&format!("ALTER ROLE {ROLE} CONNECTION LIMIT -1")),
    },
    Trouble {
        fault: "too-many-for-database",
        make: |real| real.sql(&format!("ALTER DATABASE {DATABASE} CONNECTION LIMIT 0")),
        heal: |real| real.sql(&format!("ALTER DATABASE {DATABASE} CONNECTION LIMIT -1")),
    },
    Trouble {
        fault: "client-certificate",
        make: |real| {
            real.sql("ALTER SYSTEM SET ssl_ca_file = '../ca.crt'");
            real.hba("hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca");
        },
        heal: |real| {
            real.hba(HOSTSSL);
            real.sql("ALTER SYSTEM RESET ssl_ca_file");
            real.reload();
        },
    },
    Trouble {
        fault: "no-connect-right",
        make: |real| {
            real.sql(&format!(
                "REVOKE CONNECT ON DATABASE {DATABASE} FROM PUBLIC"
            ))
        },
        heal: |real| real.sql(&format!("GRANT CONNECT ON DATABASE {DATABASE} TO PUBLIC")),
    },
    Trouble {
        fault: "read-only",
        make: |real| {
            real.sql(&format!(
                "ALTER ROLE {ROLE} SET default_transaction_read_only = on"
            ));
        },
        heal: |real| {
            real.sql(&format!(
                "ALTER ROLE {ROLE} RESET default_transaction_read_only"
            ));
        },
    },
    Trouble {
        fault: "no-create-right",
        make: |real| real.in_database(&format!("REVOKE CREATE ON SCHEMA public FROM {ROLE}")),
        heal: |real| real.in_database(&format!("GRANT CREATE ON SCHEMA public TO {ROLE}")),
    },
    Trouble {
        fault: "too-many-connections",
        make: Real::crowd,
        heal: Real::disperse,
    },
    Trouble {
        fault: "tls-expired",
        make: |real| {
            real.certificate(
                |c| c.not_after = (now() - DAY).into(),
                Some(&real.authority),
            )
        },
        heal: |_| {},
    },
    Trouble {
        fault: "tls-not-yet-valid",
        make: |real| {
            real.certificate(
                |c| c.not_before = (now() + DAY).into(),
                Some(&real.authority),
            )
        },
        heal: |_| {},
    },
    Trouble {
        fault: "tls-self-signed",
        make: |real| real.certificate(|_| {}, None),
        heal: |_| {},
    },
    Trouble {
        fault: "tls-unknown-ca",
        make: |real| real.certificate(|_| {}, Some(&real.stranger)),
        heal: |_| {},
    },
    Trouble {
        fault: "tls-wrong-host",
        make: |real| {
            let names = CertificateParams::new(vec!["db.example.invalid".to_owned()]).unwrap();
            real.certificate(
                |c| {
                    c.subject_alt_names.clone_from(&names.subject_alt_names);
                    c.distinguished_name
                        .push(DnType::CommonName, "db.example.invalid");
                },
                Some(&real.authority),
            );
        },
        heal: |real| real.certificate(|_| {}, Some(&real.authority)),
    },
];

#[test]
fn drivers_meet_the_same_errors_as_at_a_real_server() {
    let real = Real::start();
    let mut drivers = Driver::all();
    let mut wrong = Vec::new();
    for trouble in TROUBLES {
        let begun = std::time::Instant::now();
        let running = Running::start(&[trouble.fault]);
        (trouble.make)(&real);
        for driver in &mut drivers {
            let name = driver.name;
            let ours = driver.ask(&running.verified_url(name), &running.ca(), &[], true);
            let theirs = driver.ask(&real.url(name), &real.ca(), &[], true);
            let failed = theirs.get("type").is_some();
            println!("{:18} {name:9} {theirs}", trouble.fault);
            if ours != theirs || !failed {
                wrong.push(format!(
                    "{} {name}:\n  reference  {ours}\n  PostgreSQL {theirs}",
                    trouble.fault
                ));
            }
        }
        (trouble.heal)(&real);
        println!("{:18} {:?}", trouble.fault, begun.elapsed());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drivers_hold_the_same_session_as_with_a_real_server() {
    const SQL: &[&str] = &[
        "select 1",
        "select 2 as two, 'x' as x, true as t, null as n",
        "select current_user, current_schema()",
        "show transaction isolation level",
        "select count(*) from pg_class where relname = 'nothing_of_that_name'",
        "select pg_is_in_recovery(), to_regclass('nothing') is null",
        "select 7 - 3, -5, 3000000000, 'a' || 'b'",
        "select current_setting('server_encoding'), has_schema_privilege('public', 'CREATE')",
        "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
    ];
    let real = Real::start();
    let running = Running::start(&[]);
    for driver in &mut Driver::all() {
        let name = driver.name;
        let ours = driver.ask(&running.verified_url(name), &running.ca(), SQL, true);
        let theirs = driver.ask(&real.url(name), &real.ca(), SQL, true);
        assert!(theirs.get("rows").is_some(), "{name}: {theirs}");
        assert_eq!(ours, theirs, "{name}");
    }
}
