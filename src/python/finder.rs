//! Where a module comes from: what `importlib.machinery.PathFinder` and `FileFinder` answer.
//!
//! Knows directories and suffixes; knows nothing of what modules do. Order of candidates within
//! one directory, as in `FileFinder.find_spec`: package with `__init__`, extension module, `.py`,
//! `.pyc`, then namespace portion, which counts only when no later directory has anything better.
//! One exception: an extension module with a `.py` of the same name beside it was compiled from
//! that file (Cython, mypyc), so the file tells what the module does.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::host::{EntryKind, Host};

/// Names in one directory.
type Listing = FxHashMap<String, EntryKind>;

/// Answer of one look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A regular package; `file` is `None` when its `__init__` is compiled.
    Package {
        /// `__init__.py`
        file: Option<PathBuf>,
        /// The package directory.
        dir: PathBuf,
    },
    /// A source file.
    Source(PathBuf),
    /// A compiled module.
    Extension(PathBuf),
    /// A namespace package.
    Namespace {
        /// All its portions.
        dirs: Vec<PathBuf>,
    },
}

/// Looks modules up in directories; remembers what directories contain.
pub struct Finder<'h> {
    host: &'h dyn Host,
    base: Vec<PathBuf>,
    suffixes: Vec<String>,
    /// Modules that are not there although the site directories hold them.
    hidden: Vec<String>,
    sites: Vec<PathBuf>,
    listings: Mutex<FxHashMap<PathBuf, Option<Arc<Listing>>>>,
}

impl<'h> Finder<'h> {
    /// A finder for one Python version; `base` is the initial `sys.path`.
    pub fn new(host: &'h dyn Host, version: (u8, u8), base: Vec<PathBuf>) -> Self {
        Self {
            host,
            base,
            suffixes: extension_suffixes(version),
            hidden: Vec::new(),
            sites: Vec::new(),
            listings: Mutex::default(),
        }
    }

    /// The same for packages that stand for those of a deployed environment: modules of `hidden`
    /// are not in it, and what was compiled for the Python of a site directory counts as compiled
    /// for this one.
    #[must_use]
    pub fn with_sites(mut self, sites: &[String], hidden: &[String]) -> Self {
        for version in sites.iter().filter_map(|site| version_of(site)) {
            for suffix in extension_suffixes(version) {
                if !self.suffixes.contains(&suffix) {
                    self.suffixes.push(suffix);
                }
            }
        }
        self.sites = sites.iter().map(PathBuf::from).collect();
        self.hidden = hidden.to_vec();
        self
    }

    /// The initial `sys.path`.
    pub fn base(&self) -> &[PathBuf] {
        &self.base
    }

    /// The first match for a simple name along directories.
    pub fn find_in(&self, dirs: &[PathBuf], name: &str) -> Option<Found> {
        let mut portions = Vec::new();
        let hidden = self.hidden.iter().any(|hidden| hidden == name);
        for dir in dirs {
            if hidden && self.sites.contains(dir) {
                continue;
            }
            let Some(listing) = self.listing(dir) else {
                continue;
            };
            let package = dir.join(name);
            let is_dir = listing.get(name) == Some(&EntryKind::Dir);
            if is_dir && let Some(found) = self.package(&package) {
                return Some(found);
            }
            if let Some(found) = self.file(dir, &listing, name) {
                return Some(found);
            }
            if is_dir {
                portions.push(package);
            }
        }
        (!portions.is_empty()).then_some(Found::Namespace { dirs: portions })
    }

    fn package(&self, dir: &Path) -> Option<Found> {
        let listing = self.listing(dir)?;
        let source = listing.get("__init__.py") == Some(&EntryKind::File);
        if self.extension(&listing, "__init__").is_some() && !source {
            return Some(Found::Package {
                file: None,
                dir: dir.to_path_buf(),
            });
        }
        if source {
            return Some(Found::Package {
                file: Some(dir.join("__init__.py")),
                dir: dir.to_path_buf(),
            });
        }
        (listing.get("__init__.pyc") == Some(&EntryKind::File)).then(|| Found::Package {
            file: None,
            dir: dir.to_path_buf(),
        })
    }

    fn file(&self, dir: &Path, listing: &Listing, name: &str) -> Option<Found> {
        let source = format!("{name}.py");
        if listing.get(&source) == Some(&EntryKind::File) {
            return Some(Found::Source(dir.join(source)));
        }
        if let Some(file) = self.extension(listing, name) {
            return Some(Found::Extension(dir.join(file)));
        }
        let compiled = format!("{name}.pyc");
        (listing.get(&compiled) == Some(&EntryKind::File))
            .then(|| Found::Extension(dir.join(compiled)))
    }

    /// Does an extension module stand beside a source file? CPython then loads the extension
    /// (`FileFinder` tries its suffixes first), and the source only tells what it was made of.
    pub fn is_compiled(&self, source: &Path) -> bool {
        let (Some(dir), Some(stem)) = (source.parent(), source.file_stem()) else {
            return false;
        };
        self.listing(dir)
            .is_some_and(|listing| self.extension(&listing, &stem.to_string_lossy()).is_some())
    }

    fn extension(&self, listing: &Listing, name: &str) -> Option<String> {
        self.suffixes
            .iter()
            .map(|suffix| format!("{name}{suffix}"))
            .find(|file| listing.get(file) == Some(&EntryKind::File))
    }

    /// Names in a directory; `None` when it is none.
    pub fn listing(&self, dir: &Path) -> Option<Arc<Listing>> {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listings.get(dir) {
            return known.clone();
        }
        let read = self.host.list(dir).ok().map(|entries| {
            Arc::new(
                entries
                    .into_iter()
                    .map(|e| (e.name, e.kind))
                    .collect::<Listing>(),
            )
        });
        listings.insert(dir.to_path_buf(), read.clone());
        read
    }
}

/// `.../lib/python3.11/site-packages`
fn version_of(site: &str) -> Option<(u8, u8)> {
    let part = site
        .rsplit(['/', '\\'])
        .find_map(|part| part.strip_prefix("python"))?;
    let (major, minor) = part.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Suffixes of extension modules on Linux, macOS and Windows for a CPython version. Those of all
/// platforms are taken: a file for a foreign platform does not occur beside the right one.
fn extension_suffixes((major, minor): (u8, u8)) -> Vec<String> {
    let tag = format!("{major}{minor}");
    let arch = if cfg!(target_arch = "aarch64") {
        "aarch64"
    } else {
        "x86_64"
    };
    let mut suffixes = Vec::new();
    if cfg!(target_os = "macos") {
        suffixes.push(format!(".cpython-{tag}-darwin.so"));
    } else if cfg!(windows) {
        suffixes.push(format!(".cp{tag}-win_amd64.pyd"));
        suffixes.push(".pyd".to_owned());
    } else {
        suffixes.push(format!(".cpython-{tag}-{arch}-linux-gnu.so"));
        suffixes.push(format!(".cpython-{tag}-{arch}-linux-musl.so"));
    }
    suffixes.push(".abi3.so".to_owned());
    suffixes.push(".so".to_owned());
    suffixes
}
