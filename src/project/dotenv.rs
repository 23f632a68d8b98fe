//! The dotenv files of a project.

use crate::knowledge::dotenv::{interpolate, parse};
use crate::model::{DotenvEntry, DotenvFile, Redacted};

use super::files::Files;
use super::secrets;

/// Is this the name of a dotenv file? Templates count: findings compare them.
pub(super) fn is_dotenv_name(name: &str) -> bool {
    name == ".env"
        || name.starts_with(".env.")
        || name.starts_with("env.") && !has_code_extension(name)
        || name.ends_with(".env")
}

fn has_code_extension(name: &str) -> bool {
    matches!(
        name.rsplit('.').next(),
        Some("py" | "ts" | "js" | "mjs" | "cjs" | "tsx" | "sh" | "md" | "rs" | "go" | "d")
    )
}

/// A template that nothing loads: its values are examples.
pub(super) fn is_template(path: &str) -> bool {
    ["example", "sample", "template", "dist", "tmpl", "default"]
        .iter()
        .any(|word| path.rsplit('/').next().unwrap_or(path).contains(word))
}

/// A copy that a person or `audit fix` set aside: nothing loads it, but its secrets are real.
fn is_backup(path: &str) -> bool {
    path.split('.')
        .skip(1)
        .any(|part| matches!(part, "backup" | "bak" | "old" | "orig" | "save"))
}

/// Reads one dotenv file; malformed lines become problems.
pub(super) fn read(
    files: &mut Files,
    path: &str,
    process: &dyn Fn(&str) -> Option<String>,
) -> Option<DotenvFile> {
    let text = files.text(path)?;
    let parsed = parse(&text);
    for line in &parsed.malformed {
        files.problem(
            path,
            Some(*line),
            "the line is not `NAME=value`; python-dotenv skips it with a warning",
        );
    }
    let values = interpolate(&parsed.bindings, process);
    let template = is_template(path);
    let entries = parsed
        .bindings
        .into_iter()
        .zip(values)
        .map(|(binding, value)| {
            if let Some(value) = value.as_deref().filter(|_| !template) {
                secrets::register(&mut files.redactor, &binding.name, value);
            }
            DotenvEntry {
                name: binding.name,
                value: value.map(Redacted::new),
                line: binding.line,
                value_span: binding.value_span,
            }
        })
        .collect();
    Some(DotenvFile {
        path: path.to_owned(),
        entries,
        idle: template || is_backup(path.rsplit('/').next().unwrap_or(path)),
    })
}
