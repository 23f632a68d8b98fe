//! Pipfile (pipenv).

use super::{Declared, MAIN, Site};
use crate::model::Origin;
use crate::project::files::Files;
use crate::project::layout::version_triple;
use crate::project::poetry_version;
use crate::project::toml_tree::{self, Node};

/// Reads one file.
pub(super) fn read(files: &mut Files, path: &str, declared: &mut Declared) {
    if !files.is_file(path) || !declared.visit(path) {
        return;
    }
    let Some(tree) = toml_tree::read(files, path) else {
        return;
    };
    declared.push_file(path);
    for (table, group) in [("packages", MAIN), ("dev-packages", "dev")] {
        let entries = tree.at(&[table]).map(Node::entries).unwrap_or_default();
        for (name, key, node) in entries {
            let version = node.text().or_else(|| node.text_at(&["version"]));
            let specifier = poetry_version::translate(version.unwrap_or("*"));
            let site = Site {
                path,
                line: files.line(path, key.start),
                group,
                constraint: false,
            };
            declared.push_named(name, &specifier, key.start..node.span.end, site);
            if let Some(requirement) = declared.requirements.last_mut() {
                let extras = node.at(&["extras"]).map(Node::items).unwrap_or_default();
                requirement.extras = extras
                    .iter()
                    .filter_map(Node::text)
                    .map(str::to_owned)
                    .collect();
                requirement.marker = node.text_at(&["markers"]).unwrap_or_default().to_owned();
                let url = ["git", "path", "file"]
                    .iter()
                    .find_map(|k| node.text_at(&[k]));
                requirement.url = url.map(|u| files.redactor.apply(u));
            }
        }
    }
    for key in ["python_full_version", "python_version"] {
        if let Some(node) = tree.at(&["requires", key])
            && let Some((major, minor, micro)) = node.text().and_then(version_triple)
        {
            let origin = Origin::line(path, files.line(path, node.span.start));
            declared.hints.exact.push(((major, minor), micro, origin));
        }
    }
}
