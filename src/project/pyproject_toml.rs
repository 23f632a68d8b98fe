//! What `pyproject.toml` says about starting: entry point, console scripts, tasks.
//! (Dependencies are read by `declared`.)

use super::files::Files;
use super::paths;
use super::toml_tree::{self, Node};

/// `[tool.fastapi] entrypoint`, with its line.
pub(super) fn fastapi_entrypoint(files: &mut Files, dir: &str) -> Option<(String, u32)> {
    let path = paths::join(dir, "pyproject.toml");
    let tree = toml_tree::read(files, &path)?;
    let node = tree.at(&["tool", "fastapi", "entrypoint"])?;
    let line = files.line(&path, node.span.start);
    Some((node.text()?.to_owned(), line))
}

/// `module:function` behind a console script of this name.
pub(super) fn console_script(files: &mut Files, dir: &str, name: &str) -> Option<String> {
    let tree = toml_tree::read(files, &paths::join(dir, "pyproject.toml"))?;
    [["project", "scripts"], ["tool", "poetry"]]
        .iter()
        .find_map(|path| {
            let table = tree.at(path)?;
            let table = if path[0] == "tool" {
                table.at(&["scripts"])?
            } else {
                table
            };
            let node = table.at(&[name])?;
            node.text()
                .or_else(|| node.text_at(&["callable"]))
                .map(str::to_owned)
        })
}

/// Commands of task runners (pdm, poe, taskipy, hatch, pixi): name, text, line.
pub(super) fn tasks(files: &mut Files, dir: &str) -> Vec<(String, String, u32)> {
    let path = paths::join(dir, "pyproject.toml");
    let Some(tree) = toml_tree::read(files, &path) else {
        return Vec::new();
    };
    let tables: &[&[&str]] = &[
        &["tool", "pdm", "scripts"],
        &["tool", "poe", "tasks"],
        &["tool", "taskipy", "tasks"],
        &["tool", "hatch", "envs", "default", "scripts"],
        &["tool", "pixi", "tasks"],
        &["tool", "rye", "scripts"],
    ];
    let mut found = Vec::new();
    for table in tables.iter().filter_map(|t| tree.at(t)) {
        for (name, span, node) in table.entries() {
            if let Some(text) = task_text(node) {
                found.push((name.clone(), text, files.line(&path, span.start)));
            }
        }
    }
    found
}

fn task_text(node: &Node) -> Option<String> {
    node.text()
        .or_else(|| node.text_at(&["cmd"]))
        .or_else(|| node.text_at(&["shell"]))
        .map(str::to_owned)
}
