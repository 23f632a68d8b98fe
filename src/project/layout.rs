//! How an installed Python lies on disk: version, standard library, site directories.
//!
//! Read, never run. Sources: `site.py` and `getpath.py` of CPython 3.9 to 3.14, PEP 405 for
//! `pyvenv.cfg`, Debian's `dist-packages`, pyenv, uv, conda.

use std::path::{Path, PathBuf};

use crate::host::Host;

/// An environment or installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub prefix: PathBuf,
    pub version: (u8, u8),
    pub micro: Option<u8>,
    /// `lib/python3.11` of the base installation, when it is there.
    pub stdlib: Option<PathBuf>,
    pub site_dirs: Vec<PathBuf>,
    /// Has a `pyvenv.cfg`.
    pub is_venv: bool,
}

/// What `pyvenv.cfg` says.
#[derive(Debug, Default)]
struct Config {
    home: Option<PathBuf>,
    version: Option<(u8, u8, Option<u8>)>,
    system_site: bool,
}

/// Reads the environment or installation at `prefix`; `None` when there is no Python.
pub(super) fn read(host: &dyn Host, prefix: &Path) -> Option<Layout> {
    let text = host.read_text(&prefix.join("pyvenv.cfg")).ok();
    match text {
        Some(text) => venv(host, prefix, &config(&text)),
        None => installation(host, prefix, None),
    }
}

fn config(text: &str) -> Config {
    let mut config = Config::default();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "home" => config.home = Some(PathBuf::from(value)),
            "include-system-site-packages" => {
                config.system_site = value.eq_ignore_ascii_case("true");
            }
            "version" | "version_info" => {
                config.version = config.version.or_else(|| version_triple(value));
            }
            _ => {}
        }
    }
    config
}

/// `3.11.7`, `3.11`, `3.12.1.final.0`
pub(super) fn version_triple(text: &str) -> Option<(u8, u8, Option<u8>)> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = digits(parts.next()?)?;
    Some((major, minor, parts.next().and_then(digits)))
}

fn digits(text: &str) -> Option<u8> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

fn venv(host: &dyn Host, prefix: &Path, config: &Config) -> Option<Layout> {
    let found = lib_dirs(host, prefix).into_iter().next();
    let version = match (&found, config.version) {
        (Some((version, _)), _) => *version,
        (None, Some((major, minor, _))) => (major, minor),
        (None, None) => return None,
    };
    let base = base_prefix(host, prefix, config, version);
    let from_base = base
        .as_deref()
        .and_then(|b| installation(host, b, Some(version)));
    let mut site_dirs = Vec::new();
    for lib in ["lib", "lib64"] {
        let python = format!("python{}.{}", version.0, version.1);
        push_dir(
            host,
            &mut site_dirs,
            prefix.join(lib).join(python).join("site-packages"),
        );
    }
    push_dir(
        host,
        &mut site_dirs,
        prefix.join("Lib").join("site-packages"),
    );
    if config.system_site {
        if let Some(dir) = user_site(host, version) {
            push_dir(host, &mut site_dirs, dir);
        }
        for dir in from_base.iter().flat_map(|b| b.site_dirs.clone()) {
            push_dir(host, &mut site_dirs, dir);
        }
    }
    let configured = config
        .version
        .filter(|(major, minor, _)| (*major, *minor) == version)
        .and_then(|(_, _, micro)| micro);
    Some(Layout {
        prefix: prefix.to_owned(),
        version,
        micro: configured.or_else(|| from_base.as_ref().and_then(|b| b.micro)),
        stdlib: from_base
            .and_then(|b| b.stdlib)
            .or_else(|| find_stdlib(host, version).map(|(dir, _)| dir)),
        site_dirs,
        is_venv: true,
    })
}

/// Where the interpreter behind a virtual environment is installed.
fn base_prefix(
    host: &dyn Host,
    prefix: &Path,
    config: &Config,
    version: (u8, u8),
) -> Option<PathBuf> {
    let mut candidates = Vec::new();
    if let Some(home) = &config.home {
        // The program in `home` may be a link to the real installation (pyenv, Homebrew).
        for name in [
            format!("python{}.{}", version.0, version.1),
            "python3".into(),
            "python".into(),
        ] {
            candidates.extend(host.canonical(&home.join(name)));
        }
        candidates.push(home.join("python"));
    }
    candidates.extend(host.canonical(&prefix.join("bin").join("python")));
    candidates
        .iter()
        .filter_map(|program| prefix_of_program(program))
        .find(|base| stdlib_below(host, base, version).is_some())
}

/// `/usr` for `/usr/bin/python3`; the directory itself on Windows.
pub(super) fn prefix_of_program(program: &Path) -> Option<PathBuf> {
    let dir = program.parent()?;
    let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if matches!(name, "bin" | "Scripts" | "sbin") {
        dir.parent().map(Path::to_path_buf)
    } else {
        Some(dir.to_path_buf())
    }
}

fn installation(host: &dyn Host, prefix: &Path, wanted: Option<(u8, u8)>) -> Option<Layout> {
    let known = lib_dirs(host, prefix);
    let version = match wanted {
        Some(version) => version,
        None => default_version(host, prefix, &known)?,
    };
    let stdlib = stdlib_below(host, prefix, version)?;
    Some(Layout {
        prefix: prefix.to_owned(),
        version,
        micro: micro(host, prefix, version),
        stdlib: Some(stdlib),
        site_dirs: base_sites(host, prefix, version),
        is_venv: false,
    })
}

/// The version that `bin/python3` is, else the newest with a standard library.
fn default_version(
    host: &dyn Host,
    prefix: &Path,
    known: &[((u8, u8), PathBuf)],
) -> Option<(u8, u8)> {
    let program = ["python3", "python"]
        .iter()
        .find_map(|name| host.canonical(&prefix.join("bin").join(name)));
    let named = program
        .as_deref()
        .and_then(Path::file_name)
        .and_then(|n| n.to_str())
        .and_then(|n| n.strip_prefix("python"))
        .and_then(version_triple)
        .map(|(major, minor, _)| (major, minor));
    let has_library = |v: &(u8, u8)| stdlib_below(host, prefix, *v).is_some();
    named.filter(has_library).or_else(|| {
        known
            .iter()
            .map(|(version, _)| *version)
            .filter(has_library)
            .max()
    })
}

/// `lib/pythonX.Y` directories of a prefix.
fn lib_dirs(host: &dyn Host, prefix: &Path) -> Vec<((u8, u8), PathBuf)> {
    let mut out = Vec::new();
    for lib in ["lib", "lib64"] {
        let dir = prefix.join(lib);
        for entry in host.list(&dir).unwrap_or_default() {
            let version = entry.name.strip_prefix("python").and_then(version_triple);
            if let Some((major, minor, None)) = version {
                out.push(((major, minor), dir.join(entry.name)));
            }
        }
    }
    out.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    out
}

fn stdlib_below(host: &dyn Host, prefix: &Path, version: (u8, u8)) -> Option<PathBuf> {
    let name = format!("python{}.{}", version.0, version.1);
    [
        prefix.join("lib").join(&name),
        prefix.join("lib64").join(&name),
        prefix.join("Lib"),
    ]
    .into_iter()
    .find(|dir| host.is_file(&dir.join("os.py")))
}

/// `#define PY_MICRO_VERSION 7`, else a directory named after the full version.
fn micro(host: &dyn Host, prefix: &Path, version: (u8, u8)) -> Option<u8> {
    let name = format!("python{}.{}", version.0, version.1);
    let header = prefix.join("include").join(name).join("patchlevel.h");
    if let Ok(text) = host.read_text(&header) {
        let line = text.lines().find(|l| l.contains("PY_MICRO_VERSION"))?;
        return line.split_whitespace().last()?.parse().ok();
    }
    let directory = prefix.file_name()?.to_str()?;
    let text = directory
        .trim_start_matches("cpython-")
        .trim_start_matches("python-");
    let (major, minor, micro) = version_triple(text)?;
    micro.filter(|_| (major, minor) == version)
}

/// Site directories of an installation, in the order of `site.py`.
fn base_sites(host: &dyn Host, prefix: &Path, version: (u8, u8)) -> Vec<PathBuf> {
    let name = format!("python{}.{}", version.0, version.1);
    let mut dirs = Vec::new();
    if let Some(dir) = user_site(host, version) {
        push_dir(host, &mut dirs, dir);
    }
    if prefix == Path::new("/usr") {
        push_dir(
            host,
            &mut dirs,
            Path::new("/usr/local/lib")
                .join(&name)
                .join("dist-packages"),
        );
        push_dir(
            host,
            &mut dirs,
            PathBuf::from("/usr/lib/python3/dist-packages"),
        );
        push_dir(
            host,
            &mut dirs,
            Path::new("/usr/lib").join(&name).join("dist-packages"),
        );
    }
    for lib in ["lib", "lib64"] {
        push_dir(
            host,
            &mut dirs,
            prefix.join(lib).join(&name).join("site-packages"),
        );
    }
    push_dir(host, &mut dirs, prefix.join("Lib").join("site-packages"));
    dirs
}

fn user_site(host: &dyn Host, version: (u8, u8)) -> Option<PathBuf> {
    if host.env("PYTHONNOUSERSITE").is_some_and(|v| !v.is_empty()) {
        return None;
    }
    let base = match host.env("PYTHONUSERBASE") {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(host.env("HOME")?).join(".local"),
    };
    let name = format!("python{}.{}", version.0, version.1);
    Some(base.join("lib").join(name).join("site-packages"))
}

/// Adds an existing directory once, links followed.
fn push_dir(host: &dyn Host, dirs: &mut Vec<PathBuf>, dir: PathBuf) {
    let real = host.canonical(&dir);
    let known = dirs.iter().any(|d| *d == dir || host.canonical(d) == real);
    if host.is_dir(&dir) && !known {
        dirs.push(dir);
    }
}

/// Looks for an installed standard library of a version: PATH, pyenv, uv, system.
pub(super) fn find_stdlib(host: &dyn Host, version: (u8, u8)) -> Option<(PathBuf, Option<u8>)> {
    let name = format!("python{}.{}", version.0, version.1);
    let mut prefixes: Vec<PathBuf> = on_path(host, &name)
        .into_iter()
        .filter_map(|program| prefix_of_program(&host.canonical(&program)?))
        .collect();
    prefixes.extend([PathBuf::from("/usr"), PathBuf::from("/usr/local")]);
    if let Some(home) = host.env("HOME").map(PathBuf::from) {
        let wanted = format!("{}.{}.", version.0, version.1);
        for (dir, start) in [
            (home.join(".pyenv/versions"), ""),
            (home.join(".local/share/uv/python"), "cpython-"),
        ] {
            for entry in host.list(&dir).unwrap_or_default().into_iter().rev() {
                let number = entry.name.strip_prefix(start);
                if number.is_some_and(|n| n.starts_with(&wanted)) {
                    prefixes.push(dir.join(entry.name));
                }
            }
        }
    }
    prefixes.iter().find_map(|prefix| {
        let stdlib = stdlib_below(host, prefix, version)?;
        Some((stdlib, micro(host, prefix, version)))
    })
}

/// All programs of a name on PATH.
pub(super) fn on_path(host: &dyn Host, name: &str) -> Vec<PathBuf> {
    let path = host.env("PATH").unwrap_or_default();
    let separator = if cfg!(windows) { ';' } else { ':' };
    path.split(separator)
        .filter(|dir| !dir.is_empty())
        .map(|dir| Path::new(dir).join(name))
        .filter(|program| host.is_file(program))
        .collect()
}
