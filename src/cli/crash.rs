//! What remains of a bug in the auditor: a note without anything of the target.
//!
//! Texts of panics may quote the sliced string, so quoted parts are cut out before the note is
//! kept; arguments are not written down at all.

use std::sync::{Mutex, PoisonError};

use crate::host::write;

static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Remembers panics instead of printing them. A check that panics is caught and reported as
/// broken; only a panic that ends the run is shown, by [`report`].
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|l| format!("{}:{}:{}", l.file(), l.line(), l.column()))
            .unwrap_or_default();
        let text = info
            .payload()
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| info.payload().downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let note = format!("{place}: {}", unquoted(&text));
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
    }));
}

/// Writes the note into a file of its own and says where.
pub fn report(command: &str) -> String {
    let panic = LAST
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap_or_else(|| "no details".to_owned());
    let note = format!(
        "audit {} crashed in `audit {command}`\n{panic}\n",
        env!("CARGO_PKG_VERSION")
    );
    let file = write::temporary_dir("audit-crash-").and_then(|dir| {
        let path = dir.join("note.txt");
        write::replace(&path, note.as_bytes(), Some(0o600))?;
        Ok(path)
    });
    let place = match file {
        Ok(path) => format!(
            "the note is {}; it quotes nothing of your project",
            path.display()
        ),
        Err(_) => "the note could not be written".to_owned(),
    };
    format!("error: this is a bug in audit, not in your project: {panic}\n{place}")
}

/// A text without its quoted parts and at most 300 characters long.
fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut open: Option<char> = None;
    for c in text.chars().take(300) {
        match (open, c) {
            (None, '`' | '"' | '\'') => {
                open = Some(c);
                out.push_str("[...]");
            }
            (Some(q), c) if c == q => open = None,
            (None, '\n' | '\r') => out.push(' '),
            (None, c) if !c.is_control() => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_quote_nothing() {
        let text =
            "byte index 5 is not a char boundary; it is inside 'é' (bytes 4..6) of `KEY=canary`";
        let note = unquoted(text);
        assert!(!note.contains("canary"), "{note}");
        assert!(note.starts_with("byte index 5"), "{note}");
    }
}
