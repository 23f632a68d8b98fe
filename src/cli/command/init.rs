//! `audit init`: a commented audit.toml.

use anyhow::bail;

use crate::cli::args::InitArgs;
use crate::cli::{Context, config, exit, output};
use crate::host::Host as _;
use crate::session::{self, AuditRequest, TargetOptions};

/// The file, with what was discovered filled in as comments.
const TEMPLATE: &str = include_str!("audit.toml");

/// Writes the file.
pub fn run(context: &Context, args: &InitArgs) -> anyhow::Result<u8> {
    let path = args.path.join(config::FILE);
    if !context.host.is_dir(&args.path) {
        bail!("{} is no directory", args.path.display());
    }
    if context.host.kind(&path).is_some() && !args.force {
        bail!("{} exists; --force replaces it", path.display());
    }
    let request = AuditRequest {
        target: TargetOptions {
            root: args.path.clone(),
            ..TargetOptions::default()
        },
        ..AuditRequest::default()
    };
    // A start command that was found is offered; without one the example stays.
    let app = session::facts(&context.host, &request)
        .ok()
        .and_then(|facts| facts.project.start)
        .and_then(|start| Some(format!("{}:{}", start.module, start.attr?)));
    let text = match app {
        Some(app) => TEMPLATE.replace("\"src.main:app\"", &toml::Value::from(app).to_string()),
        None => TEMPLATE.to_owned(),
    };
    output::write_file(&path, &text)?;
    output::stdout(&format!("written {}\n", path.display()))?;
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::MemoryHost;
    use std::path::Path;

    #[test]
    fn the_template_is_a_valid_configuration_with_and_without_its_comments() {
        let bare: String = TEMPLATE
            .lines()
            .map(|l| match l.strip_prefix("# ") {
                Some(rest) if rest.contains(" = ") || rest.starts_with("[[") => format!("{rest}\n"),
                _ => format!("{l}\n"),
            })
            .collect();
        for text in [TEMPLATE, &bare] {
            let host = MemoryHost::new()
                .file("/p/audit.toml", text)
                .file("/p/main.py", "");
            let config = config::load(&host, Path::new("/p"), None);
            assert!(config.is_ok(), "{config:?}\n{text}");
        }
    }
}
