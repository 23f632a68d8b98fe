//! A real PostgreSQL on a loopback port: TLS only, SCRAM-SHA-256 only, gone after the test.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustix::process::Signal;

use super::envs::run;
use super::process::Process;

/// Role that owns every database, as in the fixtures.
pub const ROLE: &str = "app_owner";
/// Its password, as in the fixtures.
pub const PASSWORD: &str = "not-a-real-password";

/// A running server. Dropping the last handle stops it and removes its files.
pub struct Postgres {
    /// Loopback port.
    pub port: u16,
    /// Certificate of the authority that signed the server's certificate.
    pub ca: PathBuf,
    server: Option<Process>,
    directory: PathBuf,
}

static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

impl Postgres {
    /// The server that all tests share while at least one of them uses it.
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(running) = shared.upgrade() {
            return running;
        }
        let started = Arc::new(Self::start());
        *shared = Arc::downgrade(&started);
        started
    }

    /// A server of one's own.
    pub fn start() -> Self {
        Self::start_with(
            "local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
            &[],
        )
    }

    /// A server of one's own with this `pg_hba.conf` and these settings over the usual ones.
    pub fn start_with(hba: &str, settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("audit-pg-")
            .tempdir()
            .unwrap()
            .keep();
        let mut this = Self {
            port: 0,
            ca: directory.join("ca.crt"),
            server: None,
            directory,
        };
        this.lay_out(hba, settings);
        // Another process may take the port between the two steps: try again then.
        for _ in 0..5 {
            this.port = free_port();
            if this.launch() {
                this.prepare();
                return this;
            }
        }
        panic!("PostgreSQL found no free port");
    }

    /// Creates an empty database and returns its name.
    pub fn database(&self, name: &str) -> String {
        self.psql(
            "postgres",
            &format!("CREATE DATABASE \"{name}\" OWNER {ROLE}"),
        );
        name.to_owned()
    }

    /// Runs SQL as the superuser over the server's private socket.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let output = as_server_user(&self.directory, "psql")
            .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"])
            .arg("-h")
            .arg(&self.directory)
            .args(["-p", &self.port.to_string(), "-d", database, "-c", sql])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "psql: {sql}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A second server on the files of this one, as its standby at this moment (it follows
    /// nobody). `settings` go over the usual ones; `ready` is the text in the log to wait for.
    pub fn standby(&self, settings: &[(&str, &str)], ready: &str) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("audit-pg-")
            .tempdir()
            .unwrap()
            .keep();
        for name in ["ca.crt", "server.crt", "server.key"] {
            fs::copy(self.directory.join(name), directory.join(name)).unwrap();
        }
        give_to_server_user(&directory);
        let mut this = Self {
            port: free_port(),
            ca: directory.join("ca.crt"),
            server: None,
            directory,
        };
        run(as_server_user(&this.directory, "pg_basebackup")
            .arg("-h")
            .arg(&self.directory)
            .args(["-p", &self.port.to_string(), "-U", "postgres"])
            .args([
                "--checkpoint=fast",
                "--wal-method=stream",
                "--no-sync",
                "-D",
            ])
            .arg(this.directory.join("data")));
        fs::write(this.directory.join("data/standby.signal"), "").unwrap();
        this.configure(settings);
        assert!(this.launch_until(ready), "the standby found no free port");
        this
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Replaces certificate and key, and waits until the server shows the new one.
    pub fn present(&self, certificate: &str, key: &str) {
        let der = openssl::x509::X509::from_pem(certificate.as_bytes())
            .unwrap()
            .to_der()
            .unwrap();
        let private = self.directory.join("server.key");
        fs::write(self.directory.join("server.crt"), certificate).unwrap();
        fs::write(&private, key).unwrap();
        give_to_server_user(&self.directory);
        self.psql("postgres", "SELECT pg_reload_conf()");
        for _ in 0..200 {
            if presented(self.port).as_deref() == Some(&der[..]) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not show the new certificate");
    }

    /// Changes a setting of the running server and waits until it holds.
    pub fn set(&self, name: &str, value: &str) {
        self.psql("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.psql("postgres", "SELECT pg_reload_conf()");
        for _ in 0..200 {
            if self.psql("postgres", &format!("SHOW {name}")) == value {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{name} does not become {value}");
    }

    fn configure(&self, settings: &[(&str, &str)]) {
        let file = self.directory.join("data/postgresql.conf");
        let mut text = fs::read_to_string(&file).unwrap();
        for (name, value) in settings {
            writeln!(text, "{name} = {value}").unwrap();
        }
        fs::write(&file, text).unwrap();
    }

    fn lay_out(&self, hba: &str, more: &[(&str, &str)]) {
        certificates(&self.directory);
        give_to_server_user(&self.directory);
        let data = self.directory.join("data");
        run(as_server_user(&self.directory, "initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--no-locale", "--no-sync", "-D"])
            .arg(&data));
        fs::write(data.join("pg_hba.conf"), hba).unwrap();
        self.configure(&[
            ("listen_addresses", "'127.0.0.1'"),
            ("unix_socket_directories", "'..'"),
            ("ssl", "on"),
            ("ssl_cert_file", "'../server.crt'"),
            ("ssl_key_file", "'../server.key'"),
            ("ssl_ca_file", "'../ca.crt'"),
            ("password_encryption", "'scram-sha-256'"),
            ("fsync", "off"),
            ("shared_buffers", "'16MB'"),
            ("max_connections", "60"),
        ]);
        self.configure(more);
    }

    fn launch(&mut self) -> bool {
        self.launch_until("ready to accept connections")
    }

    fn launch_until(&mut self, word: &str) -> bool {
        let mut server = Process::start(
            as_server_user(&self.directory, "postgres")
                .arg("-D")
                .arg(self.directory.join("data"))
                .args(["-p", &self.port.to_string()]),
            &self.directory.join("server.log"),
        )
        .stopped_by(Signal::QUIT); // immediate shutdown: the data is thrown away anyway
        let ready = server.wait_for(Duration::from_secs(30), |log| {
            log.contains(word).then_some(())
        });
        if ready.is_err() {
            let log = server.log();
            assert!(log.contains("Address already in use"), "PostgreSQL: {log}");
            return false;
        }
        self.server = Some(server);
        true
    }

    fn prepare(&self) {
        self.psql(
            "postgres",
            &format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"),
        );
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.server = None; // stops it
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A port of the loopback interface that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Files of a server belong to the user that runs it; the key is nobody else's.
pub fn give_to_server_user(directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    let key = directory.join("server.key");
    if key.exists() {
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    }
    if rustix::process::geteuid().is_root() {
        run(Command::new("chown")
            .args(["-R", "postgres"])
            .arg(directory));
    }
}

/// The certificate that a server shows after SSLRequest, DER.
fn presented(port: u16) -> Option<Vec<u8>> {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.write_all(&audit::wire::pg::SSL_REQUEST).ok()?;
    socket.read_exact(&mut [0]).ok()?;
    let mut builder = openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls()).ok()?;
    builder.set_verify(openssl::ssl::SslVerifyMode::NONE);
    let stream = builder
        .build()
        .configure()
        .ok()?
        .verify_hostname(false)
        .connect("localhost", socket)
        .ok()?;
    stream.ssl().peer_certificate()?.to_der().ok()
}

/// A PostgreSQL program, run as a user that PostgreSQL accepts: it refuses root.
pub fn as_server_user(directory: &Path, program: &str) -> Command {
    let program = binaries().join(program);
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(directory).env("LC_ALL", "C");
    command
}

/// Directory of the server programs: newest Debian layout, else that of `pg_config`.
fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| {
        let output = Command::new("pg_config")
            .arg("--bindir")
            .output()
            .expect("PostgreSQL is installed; run tests/run, which installs what the tests need");
        PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
    })
}

/// An authority and a certificate for the loopback address signed by it.
fn certificates(directory: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "audit test authority");
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    fs::write(directory.join("ca.crt"), root.pem()).unwrap();
    fs::write(directory.join("server.crt"), certificate.pem()).unwrap();
    let private = directory.join("server.key");
    fs::write(&private, key.serialize_pem()).unwrap();
    fs::set_permissions(&private, Permissions::from_mode(0o600)).unwrap();
}
