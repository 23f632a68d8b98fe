//! Python environments with pinned packages, built once and kept.
//!
//! A pin file names every distribution with `==` and is installed without dependency
//! resolution, so that a deliberately broken pair stays broken. The directory carries the hash
//! of the pin file: another file, another environment. `AUDIT_ENVS_DIR` moves the cache,
//! `AUDIT_TEST_PYTHON` names the interpreter (CPython 3.11, on which the recorded truths rest).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A virtual environment.
#[derive(Debug, Clone)]
pub struct Venv {
    /// Its prefix.
    pub prefix: PathBuf,
}

impl Venv {
    /// The environment with exactly the distributions of `pins`; built when it is not there yet.
    pub fn from_pins(pins: &Path) -> Self {
        let text = fs::read(pins).unwrap_or_else(|e| panic!("{}: {e}", pins.display()));
        let digest: String = openssl::sha::sha256(&text)[..6]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let name = format!("{}-{digest}", pins.file_stem().unwrap().to_str().unwrap());
        let base = base();
        fs::create_dir_all(&base).unwrap();
        let venv = Self {
            prefix: base.join(&name),
        };
        if !venv.is_ready() {
            // Other test processes may want the same environment at the same time.
            let lock = File::create(base.join(format!("{name}.lock"))).unwrap();
            lock.lock().unwrap();
            if !venv.is_ready() {
                venv.build(pins);
            }
        }
        venv
    }

    /// A program of the environment.
    pub fn bin(&self, program: &str) -> PathBuf {
        self.prefix.join("bin").join(program)
    }

    /// Where its distributions are.
    pub fn site_packages(&self) -> PathBuf {
        self.prefix.join("lib/python3.11/site-packages")
    }

    /// The standard library of the interpreter it was made with.
    pub fn stdlib(&self) -> PathBuf {
        let config = fs::read_to_string(self.prefix.join("pyvenv.cfg")).unwrap();
        let home = config
            .lines()
            .find_map(|l| l.strip_prefix("home = "))
            .expect("pyvenv.cfg names its home");
        Path::new(home).parent().unwrap().join("lib/python3.11")
    }

    fn is_ready(&self) -> bool {
        self.prefix.join(".ready").exists()
    }

    fn build(&self, pins: &Path) {
        eprintln!("building {} (once)", self.prefix.display());
        if self.prefix.exists() {
            fs::remove_dir_all(&self.prefix).unwrap();
        }
        run(Command::new(python())
            .args(["-m", "venv"])
            .arg(&self.prefix));
        run(Command::new(self.bin("python"))
            .args(["-m", "pip", "install", "--quiet", "--no-input"])
            .args(["--disable-pip-version-check", "--no-deps", "-r"])
            .arg(pins));
        File::create(self.prefix.join(".ready")).unwrap();
    }
}

/// The interpreter that environments are made with.
pub fn python() -> String {
    std::env::var("AUDIT_TEST_PYTHON").unwrap_or_else(|_| "python3.11".to_owned())
}

fn base() -> PathBuf {
    match std::env::var_os("AUDIT_ENVS_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .unwrap()
            .join("audit-test-envs"),
    }
}

/// Runs a command to its end; shows what it said when it fails.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| {
        panic!("cannot start {command:?}: {e}\nrun tests/run, which installs what the tests need")
    });
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
