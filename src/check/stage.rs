//! The server that a live example plays against.
//!
//! Knows what an example may say of it and how its address gets into the example. Knows nothing
//! of the server itself: who runs the examples starts it.

use std::any::Any;
use std::collections::BTreeMap;

use super::schema::Example;

/// A running server; dropping it stops it.
pub struct Stage {
    /// What the placeholders in the files and variables of the example stand for:
    /// `server` (`HOST:PORT` of the database), `http` (base URL), `user`, `password`, `database`
    /// and `ca` (path of the certificate of the authority that it trusts).
    pub names: BTreeMap<String, String>,
    /// Keeps the server alive.
    pub guard: Box<dyn Any>,
}

/// Keys of an example's `server` table.
pub(super) const KEYS: &[&str] = &["fault", "host", "alembic"];

impl Stage {
    /// The example with its placeholders filled in.
    pub(super) fn play(&self, example: &Example) -> Example {
        let mut example = example.clone();
        for text in example
            .files
            .values_mut()
            .chain(example.after.values_mut())
            .chain(example.env.values_mut())
        {
            *text = self.filled(text);
        }
        example
    }

    /// Only the known names are placeholders: files are full of other braces.
    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, to)| {
            text.replace(&format!("{{{name}}}"), to)
        })
    }
}
