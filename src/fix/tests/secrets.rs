//! A secret value must not be changed, copied or shown by any fix.

use std::collections::BTreeMap;

use crate::fix::{FixError, Workspace, before_after, complete, unified};
use crate::model::{Applicability, EditOp, Fix, Source, Span};

const CANARY: &str = "c4nary-Zq9";

fn fix(ops: Vec<EditOp>) -> Fix {
    Fix {
        title: "Test".into(),
        applicability: Applicability::Safe,
        ops,
        edits: Vec::new(),
        show: Vec::new(),
        preview: Vec::new(),
        notes: Vec::new(),
    }
}

fn env() -> (BTreeMap<String, Source>, Span, Span) {
    let text = format!(
        "SECRET_KEY={CANARY}\nDATABASE_URL='postgresql://app:{CANARY}@h/d?sslmode=require&password={CANARY}'\n"
    );
    let start = text.find("postgresql").unwrap();
    let url = Span::new(start, text.rfind('\'').unwrap());
    let key = text.find(CANARY).unwrap();
    let parameter = text.rfind(CANARY).unwrap();
    let mut source = Source::new(".env", text);
    let key = Span::new(key, key + CANARY.len());
    source.mask(key);
    source.mask(Span::new(parameter, parameter + CANARY.len()));
    (BTreeMap::from([(".env".to_owned(), source)]), url, key)
}

#[test]
fn edits_beside_a_secret_show_none_of_it() {
    let (sources, url, _) = env();
    let mut fix = fix(vec![
        EditOp::UrlSetScheme {
            path: ".env".into(),
            url,
            to: "postgresql+asyncpg".into(),
        },
        EditOp::UrlDropParam {
            path: ".env".into(),
            url,
            name: "sslmode".into(),
        },
        EditOp::EnvAdd {
            path: ".env".into(),
            name: "A".into(),
            value: "1".into(),
            comment: "c".into(),
        },
    ]);
    complete(&mut fix, &sources).unwrap();
    let shown = format!("{fix:?} {}", serde_json::to_string(&fix).unwrap());
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(
        shown.contains("postgresql+asyncpg://app:***@h/d?password=***"),
        "{shown}"
    );
    let mut workspace = Workspace::new(&sources);
    workspace.apply(&fix).unwrap();
    let changes = workspace.changes();
    assert!(
        changes[0].after.text().contains(CANARY),
        "the file keeps its secret"
    );
    let diff = unified(&changes);
    assert!(!diff.contains(CANARY), "{diff}");
    assert!(diff.contains(" SECRET_KEY=***\n"), "{diff}");
    for pair in before_after(&changes[0]) {
        assert!(!format!("{pair:?}").contains(CANARY), "{pair:?}");
    }
}

#[test]
fn a_parameter_goes_with_its_secret() {
    let (sources, url, _) = env();
    let mut workspace = Workspace::new(&sources);
    let drop = fix(vec![EditOp::UrlDropParam {
        path: ".env".into(),
        url,
        name: "password".into(),
    }]);
    assert_eq!(workspace.apply(&drop), Ok(true));
    let changes = workspace.changes();
    assert!(changes[0].after.text().ends_with("@h/d?sslmode=require'\n"));
    assert!(!unified(&changes).contains(CANARY));
}

#[test]
fn secrets_are_neither_replaced_nor_written() {
    let (sources, url, key) = env();
    let path = || ".env".to_owned();
    let refused = [
        EditOp::EnvSet {
            path: path(),
            name: "SECRET_KEY".into(),
            value: "x".into(),
        },
        EditOp::UrlRenameParam {
            path: path(),
            url,
            from: "password".into(),
            to: "passwd".into(),
            value: Some("x".into()),
        },
        EditOp::TextReplace {
            path: path(),
            at: Span::new(key.start as usize - 2, key.start as usize + 1),
            expect: format!("Y={}", &CANARY[..1]),
            insert: "Z=".into(),
        },
        EditOp::TextInsertAfter {
            path: path(),
            line: 1,
            text: "A=***".into(),
        },
        EditOp::TextInsertAfter {
            path: path(),
            line: 1,
            text: format!("A=postgresql://a:{CANARY}@h/d"),
        },
    ];
    for op in refused {
        let mut workspace = Workspace::new(&sources);
        let result = workspace.apply(&fix(vec![op.clone()]));
        assert_eq!(result, Err(FixError::Masked), "{op:?}");
        assert!(workspace.changes().is_empty(), "{op:?}");
    }
}

#[test]
fn paths_stay_inside_of_the_project() {
    let (sources, _, _) = env();
    for path in ["../x/.env", "/etc/.env", "a/../../.env", "", "C:\\x"] {
        let mut workspace = Workspace::new(&sources);
        let op = EditOp::EnvAdd {
            path: path.into(),
            name: "A".into(),
            value: "1".into(),
            comment: String::new(),
        };
        assert!(workspace.apply(&fix(vec![op])).is_err(), "{path}");
    }
}

#[test]
fn previews_show_the_changed_lines_and_their_neighbour() {
    let text = "from m import (\n    a,\n    b,\n)\nx = 1\ny = 2\nz = 3\nw = 4\nv = 5\nu = 6\n";
    let sources = BTreeMap::from([("a.py".to_owned(), Source::new("a.py", text))]);
    let mut fix = fix(vec![
        EditOp::ImportRemove {
            path: "a.py".into(),
            module: "m".into(),
            name: "b".into(),
        },
        EditOp::TextInsertAfter {
            path: "a.py".into(),
            line: 10,
            text: "t = 7".into(),
        },
    ]);
    complete(&mut fix, &sources).unwrap();
    let shown: Vec<(u32, &[String], u32, &[String])> = fix
        .preview
        .iter()
        .map(|p| {
            (
                p.old.first_line,
                &p.old.lines[..],
                p.new.first_line,
                &p.new.lines[..],
            )
        })
        .collect();
    let line = |s: &str| vec![s.to_owned()];
    assert_eq!(
        shown,
        [
            (
                2,
                &["    a,".to_owned(), "    b,".to_owned()][..],
                2,
                &line("    a,")[..]
            ),
            (
                10,
                &line("u = 6")[..],
                9,
                &["u = 6".to_owned(), "t = 7".to_owned()][..]
            ),
        ]
    );
    let mut workspace = Workspace::new(&sources);
    workspace.apply(&fix).unwrap();
    assert_eq!(
        unified(&workspace.changes()),
        "--- a.py\n+++ a.py\n@@ -1,6 +1,5 @@\n from m import (\n     a,\n-    b,\n )\n x = 1\n y = 2\n@@ -8,3 +7,4 @@\n w = 4\n v = 5\n u = 6\n+t = 7\n"
    );
}
