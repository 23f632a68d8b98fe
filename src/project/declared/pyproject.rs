//! Dependencies of `pyproject.toml`: PEP 621, PEP 735, uv, pdm, hatch, poetry.

use super::{Declared, MAIN, Site};
use crate::project::files::Files;
use crate::project::toml_tree::{self, Node, Value};
use crate::project::{paths, poetry_version};

/// Reads one file.
pub(super) fn read(files: &mut Files, path: &str, declared: &mut Declared) {
    if !files.is_file(path) || !declared.visit(path) {
        return;
    }
    let Some(tree) = toml_tree::read(files, path) else {
        return;
    };
    let before = declared.requirements.len();
    let name = tree
        .text_at(&["project", "name"])
        .or_else(|| tree.text_at(&["tool", "poetry", "name"]));
    declared.hints.project_name = declared
        .hints
        .project_name
        .take()
        .or(name.map(str::to_owned));
    if let Some(node) = tree.at(&["project", "requires-python"]) {
        let line = files.line(path, node.span.start);
        declared.requires_python(files, node.text().unwrap_or_default(), path, line);
    }
    project_table(files, path, &tree, declared);
    groups(files, path, &tree, declared);
    poetry(files, path, &tree, declared);
    dynamic(files, path, &tree, declared);
    let has_project = tree.at(&["project"]).is_some() || tree.at(&["tool", "poetry"]).is_some();
    if declared.requirements.len() > before || has_project {
        declared.push_file(path);
    }
}

fn project_table(files: &mut Files, path: &str, tree: &Node, declared: &mut Declared) {
    if let Some(list) = tree.at(&["project", "dependencies"]) {
        strings(files, path, list, MAIN, declared);
    }
    if let Some(extras) = tree.at(&["project", "optional-dependencies"]) {
        for (extra, _, list) in extras.entries() {
            strings(files, path, list, extra, declared);
        }
    }
    if let Some(list) = tree.at(&["tool", "uv", "dev-dependencies"]) {
        strings(files, path, list, "dev", declared);
    }
    if let Some(list) = tree.at(&["tool", "uv", "constraint-dependencies"]) {
        let before = declared.requirements.len();
        strings(files, path, list, MAIN, declared);
        for requirement in &mut declared.requirements[before..] {
            requirement.constraint = true;
        }
    }
    if let Some(groups) = tree.at(&["tool", "pdm", "dev-dependencies"]) {
        for (group, _, list) in groups.entries() {
            strings(files, path, list, group, declared);
        }
    }
    // uv installs `dev` unless `default-groups` says otherwise.
    let defaults = tree.at(&["tool", "uv", "default-groups"]);
    match defaults {
        Some(list) => {
            let names = list.items().iter().filter_map(Node::text);
            declared.default_groups.extend(names.map(str::to_owned));
        }
        None => declared.default_groups.push("dev".to_owned()),
    }
}

/// PEP 508 strings of an array; anything else in it is a problem.
fn strings(files: &mut Files, path: &str, list: &Node, group: &str, declared: &mut Declared) {
    for item in list.items() {
        string(files, path, item, group, declared);
    }
}

fn string(files: &mut Files, path: &str, item: &Node, group: &str, declared: &mut Declared) {
    let line = files.line(path, item.span.start);
    let Some(text) = item.text() else {
        files.problem(path, Some(line), "a dependency has to be a string");
        return;
    };
    let inner = item.inner();
    // With escapes in the literal, bytes do not correspond one to one.
    let exact = inner.range().len() == text.len();
    let at = move |byte: usize| {
        if exact {
            inner.start as usize + byte
        } else {
            (inner.end as usize)
                .saturating_sub(1)
                .min(inner.start as usize + byte)
        }
    };
    let site = Site {
        path,
        line,
        group,
        constraint: false,
    };
    declared.push(files, text, &at, site);
}

/// `[dependency-groups]`: strings and `{include-group = "x"}`.
fn groups(files: &mut Files, path: &str, tree: &Node, declared: &mut Declared) {
    let Some(groups) = tree.at(&["dependency-groups"]) else {
        return;
    };
    for (group, _, list) in groups.entries() {
        let mut visited = vec![group.clone()];
        group_items(files, path, groups, list, group, &mut visited, declared);
    }
}

fn group_items(
    files: &mut Files,
    path: &str,
    groups: &Node,
    list: &Node,
    group: &str,
    visited: &mut Vec<String>,
    declared: &mut Declared,
) {
    for item in list.items() {
        let Some(included) = item.text_at(&["include-group"]) else {
            string(files, path, item, group, declared);
            continue;
        };
        let line = files.line(path, item.span.start);
        if visited.iter().any(|v| v == included) {
            let why = format!("the dependency group `{included}` includes itself");
            files.problem(path, Some(line), &why);
            continue;
        }
        visited.push(included.to_owned());
        match groups.at(&[included]) {
            Some(list) => group_items(files, path, groups, list, group, visited, declared),
            None => {
                let why = format!("the dependency group `{included}` does not exist");
                files.problem(path, Some(line), &why);
            }
        }
        visited.pop();
    }
}

fn poetry(files: &mut Files, path: &str, tree: &Node, declared: &mut Declared) {
    let Some(poetry) = tree.at(&["tool", "poetry"]) else {
        return;
    };
    if let Some(table) = poetry.at(&["dependencies"]) {
        poetry_table(files, path, table, MAIN, declared);
    }
    if let Some(table) = poetry.at(&["dev-dependencies"]) {
        poetry_table(files, path, table, "dev", declared);
    }
    if let Some(groups) = poetry.at(&["group"]) {
        for (group, _, node) in groups.entries() {
            if let Some(table) = node.at(&["dependencies"]) {
                poetry_table(files, path, table, group, declared);
            }
            let optional = node.at(&["optional"]).is_some_and(Node::is_true);
            if !optional {
                declared.default_groups.push(group.clone());
            }
        }
    }
}

fn poetry_table(files: &mut Files, path: &str, table: &Node, group: &str, declared: &mut Declared) {
    for (name, key, node) in table.entries() {
        let line = files.line(path, key.start);
        if name == "python" {
            let text = poetry_version::translate(node.text().unwrap_or_default());
            declared.requires_python(files, &text, path, line);
            continue;
        }
        let variants: Vec<&Node> = match &node.value {
            Value::Array(items) => items.iter().collect(),
            _ => vec![node],
        };
        for variant in variants {
            let optional = variant.at(&["optional"]).is_some_and(Node::is_true);
            let group = if optional { "optional" } else { group };
            let site = Site {
                path,
                line,
                group,
                constraint: false,
            };
            let version = variant.text().or_else(|| variant.text_at(&["version"]));
            let specifier = poetry_version::translate(version.unwrap_or("*"));
            declared.push_named(name, &specifier, key.start..node.span.end, site);
            if let Some(requirement) = declared.requirements.last_mut() {
                details(files, requirement, variant);
            }
        }
    }
}

/// Extras, markers and sources of a table-form dependency.
fn details(files: &Files, requirement: &mut crate::model::Requirement, node: &Node) {
    let extras = node.at(&["extras"]).map(Node::items).unwrap_or_default();
    requirement.extras = extras
        .iter()
        .filter_map(Node::text)
        .map(str::to_owned)
        .collect();
    let mut markers: Vec<String> = Vec::new();
    if let Some(python) = node.text_at(&["python"]) {
        let clauses = poetry_version::translate(python);
        let clauses = clauses.split(',').filter_map(|clause| {
            let at = clause.find(|c: char| c.is_ascii_digit())?;
            Some(format!(
                "python_version {} '{}'",
                clause[..at].trim(),
                &clause[at..]
            ))
        });
        markers.extend(clauses);
    }
    markers.extend(node.text_at(&["markers"]).map(str::to_owned));
    requirement.marker = markers.join(" and ");
    let url = ["url", "git", "path"]
        .iter()
        .find_map(|key| node.text_at(&[key]));
    requirement.url = url.map(|u| files.redactor.apply(u));
}

/// setuptools: `dynamic = ["dependencies"]` with `file = ["requirements.txt"]`.
fn dynamic(files: &mut Files, path: &str, tree: &Node, declared: &mut Declared) {
    let Some(node) = tree.at(&["tool", "setuptools", "dynamic", "dependencies", "file"]) else {
        return;
    };
    let names: Vec<String> = match node.text() {
        Some(text) => vec![text.to_owned()],
        None => node
            .items()
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
    };
    for name in names {
        let target = paths::join(paths::parent(path), &name);
        super::requirements::read(files, &target, MAIN, false, declared);
    }
}
