//! `environment.yml` of conda: names, and the pip part.

use super::{Declared, MAIN, Site};
use crate::model::Origin;
use crate::project::files::Files;
use crate::project::layout::version_triple;
use crate::project::yaml;

/// Reads one file.
pub(super) fn read(files: &mut Files, path: &str, declared: &mut Declared) {
    if !files.is_file(path) || !declared.visit(path) {
        return;
    }
    let Some(text) = files.text(path) else { return };
    let tree = match yaml::parse(&text) {
        Ok(Some(tree)) => tree,
        Ok(None) => return,
        Err((line, why)) => {
            files.problem(path, Some(line), &format!("malformed YAML: {why}"));
            return;
        }
    };
    let Some(list) = tree.get("dependencies") else {
        return;
    };
    declared.push_file(path);
    for item in list.items() {
        if let Some(pip) = item.get("pip") {
            for requirement in pip.items() {
                if let Some(text) = requirement.text() {
                    push(files, path, text, requirement.line, declared);
                }
            }
        } else if let Some(text) = item.text() {
            conda_name(path, text, item.line, declared);
        }
    }
}

/// Finds the text on its line, so that spans are exact.
fn push(files: &mut Files, path: &str, text: &str, line: u32, declared: &mut Declared) {
    let start = files.sources.get(path).and_then(|source| {
        let from = source.line_start(line)?;
        source.text()[from..].find(text).map(|n| from + n)
    });
    let start = start.unwrap_or(0);
    let site = Site {
        path,
        line,
        group: MAIN,
        constraint: false,
    };
    if !text.starts_with('-') {
        declared.push(files, text, &|byte| start + byte, site);
    }
}

/// `channel::name=1.2=build`
fn conda_name(path: &str, text: &str, line: u32, declared: &mut Declared) {
    let text = text.rsplit("::").next().unwrap_or(text);
    let end = text
        .find(['=', '<', '>', '!', ' ', '['])
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let version = rest
        .trim()
        .trim_start_matches('=')
        .split('=')
        .next()
        .unwrap_or_default();
    if name == "python" {
        if let Some((major, minor, micro)) = version_triple(version) {
            declared
                .hints
                .exact
                .push(((major, minor), micro, Origin::line(path, line)));
        }
        return;
    }
    let specifier = match rest.trim() {
        "" => String::new(),
        rest if rest.starts_with(['<', '>', '!']) => rest.replace(' ', ""),
        _ => format!("=={version}.*"),
    };
    let site = Site {
        path,
        line,
        group: MAIN,
        constraint: false,
    };
    declared.push_named(name, &specifier, 0..0, site);
}
