//! The migrations of the source: revisions and heads, out of the literals of `versions/*.py`.

use std::collections::BTreeMap;

use crate::knowledge::alembic;
use crate::model::Source;

/// What the source knows of revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrations {
    /// Every revision.
    pub revisions: Vec<String>,
    /// Revisions that no other one follows; empty when the graph is not fully literal.
    pub heads: Vec<String>,
}

/// Reads the revision files among `sources`. Several folders of migrations belong to several
/// databases; which one is meant cannot be told then, and nothing is claimed.
pub fn migrations(sources: &BTreeMap<String, Source>) -> Migrations {
    let mut folders: BTreeMap<&str, Vec<alembic::Revision>> = BTreeMap::new();
    for (path, source) in sources {
        if let Some((folder, name)) = path.rsplit_once('/')
            && (folder == "versions" || folder.ends_with("/versions"))
            && name.ends_with(".py")
            && let Some(revision) = alembic::read(source.text())
        {
            folders.entry(folder).or_default().push(revision);
        }
    }
    let mut found = folders.into_values();
    let (Some(revisions), None) = (found.next(), found.next()) else {
        return Migrations::default();
    };
    if revisions.iter().any(|r| r.open) {
        return Migrations::default();
    }
    let all: Vec<&alembic::Revision> = revisions.iter().collect();
    Migrations {
        heads: alembic::heads(&all).iter().map(|r| r.id.clone()).collect(),
        revisions: revisions.iter().map(|r| r.id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> BTreeMap<String, Source> {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Source::new(*path, *text)))
            .collect()
    }

    #[test]
    fn heads_are_found_in_one_folder() {
        let found = migrations(&sources(&[
            (
                "alembic/versions/1_a.py",
                "revision = 'a'\ndown_revision = None\n",
            ),
            (
                "alembic/versions/2_b.py",
                "revision = 'b'\ndown_revision = 'a'\n",
            ),
            ("alembic/env.py", "revision = 'no'\n"),
        ]));
        assert_eq!(found.heads, ["b"]);
        assert_eq!(found.revisions, ["a", "b"]);
        let two = migrations(&sources(&[
            ("x/versions/a.py", "revision = 'a'\ndown_revision = None\n"),
            ("y/versions/b.py", "revision = 'b'\ndown_revision = None\n"),
        ]));
        assert_eq!(two, Migrations::default());
        let open = migrations(&sources(&[(
            "versions/a.py",
            "revision = 'a'\ndown_revision = find()\n",
        )]));
        assert_eq!(open, Migrations::default());
    }
}
