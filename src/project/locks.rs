//! Lock files: uv.lock, poetry.lock, pdm.lock, pylock.toml (PEP 751), Pipfile.lock.

use std::collections::BTreeMap;

use super::files::Files;
use super::toml_tree::{self, Node, Value};
use super::{paths, poetry_version};
use crate::knowledge::requirement::normalize;
use crate::model::Distribution;

/// Reads every lock file of the directories; the nearest one that names a distribution wins.
pub(super) fn read(files: &mut Files, dirs: &[String]) -> BTreeMap<String, Distribution> {
    let mut out = BTreeMap::new();
    for dir in dirs {
        for name in ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"] {
            let path = paths::join(dir, name);
            if files.is_file(&path)
                && let Some(tree) = toml_tree::read(files, &path)
            {
                toml_lock(&path, &tree, &mut out);
            }
        }
        pipfile_lock(files, &paths::join(dir, "Pipfile.lock"), &mut out);
    }
    out
}

fn toml_lock(path: &str, tree: &Node, out: &mut BTreeMap<String, Distribution>) {
    let packages = tree.at(&["package"]).or_else(|| tree.at(&["packages"]));
    for package in packages.map(Node::items).unwrap_or_default() {
        let Some(name) = package.text_at(&["name"]) else {
            continue;
        };
        let Some(version) = package.text_at(&["version"]) else {
            continue;
        };
        let python = ["requires-python", "requires_python", "python-versions"]
            .iter()
            .find_map(|key| package.text_at(&[key]))
            .filter(|p| *p != "*");
        let distribution = Distribution {
            name: normalize(name),
            version: version.to_owned(),
            modules: Vec::new(),
            requires: requires(package),
            requires_python: python.map(str::to_owned),
            source: path.to_owned(),
        };
        out.entry(distribution.name.clone()).or_insert(distribution);
    }
}

/// Dependencies of a locked package as PEP 508 lines.
fn requires(package: &Node) -> Vec<String> {
    let mut out = Vec::new();
    let Some(node) = package.at(&["dependencies"]) else {
        return out;
    };
    match &node.value {
        Value::Array(items) => out.extend(items.iter().filter_map(|item| {
            match item.text() {
                Some(text) => Some(text.to_owned()),
                None => item
                    .text_at(&["name"])
                    .map(|name| line(name, "", item, None)),
            }
        })),
        Value::Table(entries) => {
            for (name, _, value) in entries {
                let variants: Vec<&Node> = match &value.value {
                    Value::Array(items) => items.iter().collect(),
                    _ => vec![value],
                };
                out.extend(variants.into_iter().map(|v| {
                    let version = v.text().or_else(|| v.text_at(&["version"]));
                    let optional = v.at(&["optional"]).is_some_and(Node::is_true);
                    let specifier = poetry_version::translate(version.unwrap_or("*"));
                    line(name, &specifier, v, optional.then_some(name.as_str()))
                }));
            }
        }
        _ => {}
    }
    // Extras of uv: `[package.optional-dependencies] standard = [...]`.
    for (extra, _, list) in package
        .at(&["optional-dependencies"])
        .map(Node::entries)
        .unwrap_or_default()
    {
        out.extend(
            list.items()
                .iter()
                .filter_map(|item| Some(line(item.text_at(&["name"])?, "", item, Some(extra)))),
        );
    }
    out
}

/// `name[extra]spec ; marker and extra == 'x'`
fn line(name: &str, specifier: &str, node: &Node, extra: Option<&str>) -> String {
    let extras = ["extra", "extras"]
        .iter()
        .find_map(|key| node.at(&[key]))
        .map(Node::items)
        .unwrap_or_default();
    let extras: Vec<&str> = extras.iter().filter_map(Node::text).collect();
    let extras = if extras.is_empty() {
        String::new()
    } else {
        format!("[{}]", extras.join(","))
    };
    let own = node
        .text_at(&["marker"])
        .or_else(|| node.text_at(&["markers"]));
    let marker = match (own, extra) {
        (Some(marker), Some(extra)) => format!(" ; ({marker}) and extra == '{extra}'"),
        (Some(marker), None) => format!(" ; {marker}"),
        (None, Some(extra)) => format!(" ; extra == '{extra}'"),
        (None, None) => String::new(),
    };
    format!("{name}{extras}{specifier}{marker}")
}

fn pipfile_lock(files: &mut Files, path: &str, out: &mut BTreeMap<String, Distribution>) {
    if !files.is_file(path) {
        return;
    }
    let Some(text) = files.text(path) else { return };
    let tree: serde_json::Value = match serde_json::from_str(&text) {
        Ok(tree) => tree,
        Err(error) => {
            let line = u32::try_from(error.line()).ok();
            files.problem(path, line, &format!("malformed JSON: {error}"));
            return;
        }
    };
    for section in ["default", "develop"] {
        let packages = tree.get(section).and_then(|s| s.as_object());
        for (name, package) in packages.into_iter().flatten() {
            let Some(version) = package.get("version").and_then(|v| v.as_str()) else {
                continue;
            };
            let distribution = Distribution {
                name: normalize(name),
                version: version.trim_start_matches('=').to_owned(),
                modules: Vec::new(),
                requires: Vec::new(),
                requires_python: None,
                source: path.to_owned(),
            };
            out.entry(distribution.name.clone()).or_insert(distribution);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;

    #[test]
    fn lock_files_are_read() {
        let host = MemoryHost::new()
            .file("/p/uv.lock", "version = 1\n[[package]]\nname = \"FastAPI\"\nversion = \"0.115.0\"\ndependencies = [\n  { name = \"starlette\" },\n  { name = \"x\", extra = [\"a\"], marker = \"os_name == 'nt'\" },\n]\n[package.optional-dependencies]\nall = [{ name = \"y\" }]\n")
            .file("/p/poetry.lock", "[[package]]\nname = \"b\"\nversion = \"1\"\npython-versions = \">=3.8\"\n[package.dependencies]\nc = \"^2.0\"\nd = {version = \">=1\", optional = true, markers = \"extra == 'd'\"}\n")
            .file("/p/pdm.lock", "[[package]]\nname = \"e\"\nversion = \"3\"\ndependencies = [\"f>=1; os_name == 'nt'\"]\n")
            .file("/p/Pipfile.lock", "{\"default\": {\"g\": {\"version\": \"==4\"}}, \"develop\": {\"h\": {\"version\": \"==5\"}}}");
        let mut files = Files::new(&host, "/p".into());
        let read = read(&mut files, &[String::new()]);
        let shown: Vec<_> = read
            .values()
            .map(|d| format!("{} {} {:?}", d.name, d.version, d.requires))
            .collect();
        assert_eq!(
            shown,
            [
                "b 1 [\"c>=2.0,<3\", \"d>=1 ; (extra == 'd') and extra == 'd'\"]",
                "e 3 [\"f>=1; os_name == 'nt'\"]",
                "fastapi 0.115.0 [\"starlette\", \"x[a] ; os_name == 'nt'\", \"y ; extra == 'all'\"]",
                "g 4 []",
                "h 5 []",
            ]
        );
        assert!(files.problems.is_empty(), "{:?}", files.problems);
    }
}
