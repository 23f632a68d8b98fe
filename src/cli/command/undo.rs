//! `audit undo`: puts back the files of a fix run.

use crate::cli::Context;
use crate::cli::args::UndoArgs;
use crate::cli::{exit, output};
use crate::session::{self, AuditRequest};

/// Puts the files back and says which.
pub fn run(context: &Context, args: &UndoArgs) -> anyhow::Result<u8> {
    let request = AuditRequest::default();
    let undone = session::undo(&context.host, &request, args.run.as_deref())?;
    let mut text = String::new();
    for path in &undone.restored {
        text.push_str(&format!(
            "  restored {}\n",
            crate::render::escape::terminal(path)
        ));
    }
    for path in &undone.removed {
        text.push_str(&format!(
            "  removed  {}\n",
            crate::render::escape::terminal(path)
        ));
    }
    text.push_str(&format!("ok: run {} is undone\n", undone.id));
    output::stdout(&text)?;
    Ok(exit::OK)
}
