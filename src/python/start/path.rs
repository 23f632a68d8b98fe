//! `sys.path` of the launched interpreter.

use std::path::{Component, Path, PathBuf};

use crate::host::Host;
use crate::model::Project;

use crate::python::interp::Interp;
use crate::python::raise::R;
use crate::python::value::{Kind, Value};

/// A path without `.` and `..` pieces.
pub fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// `sys.path` before the launcher adds to it: PYTHONPATH, the standard library, site directories
/// with the directories that their `.pth` files name.
pub fn initial_path(project: &Project, host: &dyn Host) -> Vec<PathBuf> {
    let root = PathBuf::from(&project.root);
    let cwd = match &project.start {
        Some(start) => normalised(&root.join(&start.workdir)),
        None => root,
    };
    let mut path = Vec::new();
    if let Some(variable) = project.env.get("PYTHONPATH") {
        for dir in variable.value.expose().split(':').filter(|d| !d.is_empty()) {
            path.push(normalised(&cwd.join(dir)));
        }
    }
    if let Some(stdlib) = &project.python.stdlib {
        let stdlib = PathBuf::from(stdlib);
        path.push(stdlib.clone());
        path.push(stdlib.join("lib-dynload"));
    }
    for site in &project.python.site_dirs {
        let site = PathBuf::from(site);
        let lines = pth_lines(host, &site);
        if !path.contains(&site) {
            path.push(site.clone());
        }
        for (_, line) in lines.iter().filter(|(_, l)| !is_code(l)) {
            let dir = normalised(&site.join(line.trim_end()));
            if host.is_dir(&dir) && !path.contains(&dir) {
                path.push(dir);
            }
        }
    }
    path
}

fn is_code(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("import\t")
}

/// Lines of the `.pth` files of a site directory, in the order of `site.addsitedir`.
fn pth_lines(host: &dyn Host, site: &Path) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for entry in host.list(site).unwrap_or_default() {
        if !entry.name.ends_with(".pth") || entry.name.starts_with('.') {
            continue;
        }
        let Ok(text) = host.read_text(&site.join(&entry.name)) else {
            continue;
        };
        for line in text.lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            lines.push((entry.name.clone(), line.to_owned()));
        }
    }
    lines
}

impl<'a> Interp<'a> {
    /// Runs the `import` lines of `.pth` files, as far as they are understood: plain imports are
    /// executed, setuptools' editable finders are read, anything else makes the search open.
    pub(super) fn run_pth_files(&mut self) -> R<()> {
        let sites: Vec<PathBuf> = self
            .project
            .python
            .site_dirs
            .iter()
            .map(PathBuf::from)
            .collect();
        for site in sites {
            for (_, line) in pth_lines(self.store.host(), &site) {
                if is_code(&line) {
                    self.run_pth_line(&line)?;
                }
            }
        }
        Ok(())
    }

    fn run_pth_line(&mut self, line: &str) -> R<()> {
        // A namespace package as setuptools once declared it (`*-nspkg.pth`): it has no
        // `__init__.py`, so the search finds it all the same.
        if line.contains("f_locals['sitedir']") && line.contains("module_from_spec") {
            return Ok(());
        }
        let statements: Vec<&str> = line
            .split(';')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .collect();
        for (at, statement) in statements.iter().enumerate() {
            let Some(names) = statement.strip_prefix("import ") else {
                // Known hooks that only patch or enable things: they find no modules.
                let harmless = statements[at..]
                    .iter()
                    .all(|s| HARMLESS.iter().any(|h| s.contains(h)));
                if !harmless {
                    self.open_path = true;
                }
                return Ok(());
            };
            for name in names.split(',').map(str::trim) {
                if let Some(finder) = name.strip_prefix("__editable___").map(|_| name) {
                    self.editable_finder(finder)?;
                    return Ok(());
                }
                self.tolerate(name)?;
            }
        }
        Ok(())
    }

    /// `MAPPING` of setuptools' editable finder: import name → path.
    fn editable_finder(&mut self, module: &str) -> R<()> {
        self.tolerate(module)?;
        let Some(mapping) = self.loaded_attribute(module, "MAPPING") else {
            self.open_path = true;
            return Ok(());
        };
        let Some((table, false)) = self.table_of(&mapping) else {
            self.open_path = true;
            return Ok(());
        };
        for (name, target) in table.values() {
            if let (Some(name), Some(target)) = (name.as_str(), target.as_str()) {
                self.mapped.insert(name.to_owned(), PathBuf::from(target));
            }
        }
        Ok(())
    }

    /// A module that an editable finder supplies.
    pub(in crate::python) fn mapped_module(
        &mut self,
        full: &str,
    ) -> R<Option<crate::python::value::Obj>> {
        let Some(target) = self.mapped.get(full).cloned() else {
            return Ok(None);
        };
        let host = self.store.host();
        let init = target.join("__init__.py");
        if host.is_file(&init) {
            return self.execute_file(full, init, Some(vec![target])).map(Some);
        }
        let file = target.with_extension("py");
        if host.is_file(&file) {
            return self.execute_file(full, file, None).map(Some);
        }
        Ok(None)
    }

    /// `sys.path` as text, for models.
    pub fn path_entries(&self) -> Vec<String> {
        match &self.heap.get(self.sys_path).kind {
            Kind::List(items) => items
                .iter()
                .filter_map(Value::as_str)
                .map(ToOwned::to_owned)
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Pieces of `.pth` lines that add no modules: setuptools' distutils shim, coverage, virtualenv.
const HARMLESS: &[&str] = &[
    "_distutils_hack",
    "_virtualenv",
    "coverage",
    "coloredlogs",
    "SETUPTOOLS_USE_DISTUTILS",
    "os.environ.get(var",
    "enabled = ",
    "enabled and",
    "var = ",
];
