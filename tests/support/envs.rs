//! Python environments with pinned packages, built once and kept.
//!
//! A pin file names every distribution with `==` and is installed without dependency
//! resolution, so that a deliberately broken pair stays broken. The directory carries the hash
//! of the pin file: another file, another environment. `AUDIT_ENVS_DIR` moves the cache,
//! `AUDIT_TEST_PYTHON` names the interpreter (CPython 3.11, on which the recorded truths rest).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree;

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
        let stem = pins.file_stem().unwrap().to_str().unwrap();
        Self::ready(&format!("{stem}-{}", digest(&text)), |prefix| {
            run(Command::new(python()).args(["-m", "venv"]).arg(prefix));
            run(pip(prefix, "install").args(["--no-deps", "-r"]).arg(pins));
        })
    }

    /// A copy of this environment with distributions taken out and put in.
    pub fn changed(&self, without: &[String], with: &[String]) -> Self {
        let base = self.prefix.file_name().unwrap().to_str().unwrap();
        let change = format!("{base} -{without:?} +{with:?}");
        Self::ready(&format!("{base}-{}", digest(change.as_bytes())), |prefix| {
            tree::link(&self.prefix, prefix);
            fs::remove_file(prefix.join(READY)).unwrap();
            if !without.is_empty() {
                run(pip(prefix, "uninstall").arg("--yes").args(without));
            }
            if !with.is_empty() {
                run(pip(prefix, "install").arg("--no-deps").args(with));
            }
        })
    }

    /// The environment called `name`, built by `build` unless it is there.
    fn ready(name: &str, build: impl FnOnce(&Path)) -> Self {
        let base = base();
        fs::create_dir_all(&base).unwrap();
        let prefix = base.join(name);
        if !prefix.join(READY).exists() {
            // Other tests may want the same environment at the same time.
            let lock = File::create(base.join(format!("{name}.lock"))).unwrap();
            lock.lock().unwrap();
            if !prefix.join(READY).exists() {
                eprintln!("building environment {name} (once)");
                if prefix.exists() {
                    fs::remove_dir_all(&prefix).unwrap();
                }
                build(&prefix);
                File::create(prefix.join(READY)).unwrap();
            }
        }
        Self { prefix }
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
}

/// Marks a finished environment.
const READY: &str = ".ready";

fn digest(bytes: &[u8]) -> String {
    openssl::sha::sha256(bytes)[..6]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

fn pip(prefix: &Path, verb: &str) -> Command {
    let mut command = Command::new(prefix.join("bin/python"));
    command
        .args(["-m", "pip", verb, "--quiet", "--no-input"])
        .arg("--disable-pip-version-check");
    command
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
