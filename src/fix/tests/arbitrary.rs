//! Whatever a file holds and an operation asks: an answer, never a panic, and what it changes is
//! what its edits say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::fix::{Workspace, before_after, unified};
use crate::model::{Applicability, EditOp, Fix, Source, Span};

const PATHS: [&str; 6] = [
    "app/m.py",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    ".env",
    "Dockerfile",
];

/// Pieces that real files are made of, so that random texts get past the first line.
const WORDS: [&str; 44] = [
    "from m import a, b",
    "from m import (\n    a,\n    b as c,  # é\n)",
    "import m",
    "from .m import *",
    "a(1, b=2, c=(3))",
    "x = a(\n    b=1,\n)",
    "def f(a=b):\n    return a",
    "class A(b):\n    def g(self): return a",
    "if TYPE_CHECKING:\n    from m import a",
    "'''doc'''",
    "\"unterminated",
    "a==1 ; os_name == 'x' # c",
    "a[b]>=2 \\\n  --hash=sha256:0",
    "-r other.txt",
    "[project]\ndependencies = [\"a>=1\", 'b']",
    "[project]\ndependencies = []",
    "[tool.poetry.dependencies]\na = \"^1\"",
    "[packages]\na = \"*\"",
    "A=1",
    "export B = 'x y' # z",
    "C=\"a\nb\"",
    "'K'=v",
    "D",
    "U=postgresql://u:s3cretpw@h/d?a=1&b=2",
    "postgres://h?a",
    "x://",
    "é",
    "日本",
    "\u{feff}",
    "\r\n",
    "\n",
    "\n\n",
    "\r",
    "\t",
    "  ",
    "#",
    ";",
    "\\",
    "'",
    "\"",
    "(",
    ")",
    "=",
    "\0",
];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a", "b", "c", "m", "A", "B", "", "é", "x y", "a.b", "***",
    ])
    .prop_map(str::to_owned)
}

#[allow(clippy::too_many_lines)] // one arm per operation
fn operation() -> impl Strategy<Value = EditOp> {
    let path = prop::sample::select(PATHS.to_vec()).prop_map(str::to_owned);
    (
        path,
        0u8..18,
        name(),
        name(),
        0usize..220,
        0usize..60,
        0u32..12,
    )
        .prop_map(|(path, kind, one, two, start, len, line)| {
            let span = Span::new(start, start + len);
            let value = Some(two.clone()).filter(|v| !v.is_empty());
            match kind {
                0 => EditOp::RequirementAdd { path, spec: one },
                1 => EditOp::RequirementReplace {
                    path,
                    line,
                    from: one,
                    spec: two,
                },
                2 => EditOp::RequirementRemove {
                    path,
                    line,
                    name: one,
                },
                3 => EditOp::ImportAdd {
                    path,
                    module: one,
                    name: two,
                    alias: None,
                },
                4 => EditOp::ImportRemove {
                    path,
                    module: one,
                    name: two,
                },
                5 => EditOp::ImportRemoveIfUnused {
                    path,
                    module: one,
                    name: two,
                },
                6 => EditOp::ImportMoveIntoFunction {
                    path,
                    module: one,
                    name: two,
                },
                7 => EditOp::CallRename {
                    path,
                    callee: span,
                    to_module: one,
                    to_name: two,
                },
                8 => EditOp::ArgSet {
                    path,
                    call: span,
                    name: one,
                    value: two,
                },
                9 => EditOp::ArgRemove {
                    path,
                    call: span,
                    name: one,
                },
                10 => EditOp::UrlSetScheme {
                    path,
                    url: span,
                    to: one,
                },
                11 => EditOp::UrlRenameParam {
                    path,
                    url: span,
                    from: one,
                    to: two,
                    value,
                },
                12 => EditOp::UrlDropParam {
                    path,
                    url: span,
                    name: one,
                },
                13 => EditOp::EnvAdd {
                    path,
                    name: one,
                    value: two,
                    comment: "c\nd".into(),
                },
                14 => EditOp::EnvSet {
                    path,
                    name: one,
                    value: two,
                },
                15 => EditOp::TextReplace {
                    path,
                    at: span,
                    expect: one,
                    insert: two,
                },
                16 => EditOp::TextInsertAfter {
                    path,
                    line,
                    text: one,
                },
                _ => EditOp::FileRename { path, to: one },
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_panics_and_edits_tell_the_truth(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..10),
        joint in prop::sample::select(vec!["\n", "", " ", "\r\n"]),
        ops in prop::collection::vec(operation(), 1..4),
    ) {
        let text = words.join(joint);
        let sources: BTreeMap<String, Source> = PATHS
            .iter()
            .map(|path| ((*path).to_owned(), Source::new(*path, text.clone())))
            .collect();
        let mut workspace = Workspace::new(&sources);
        for op in ops {
            let fix = Fix {
                title: String::new(),
                applicability: Applicability::Safe,
                ops: vec![op],
                edits: Vec::new(),
                show: Vec::new(),
                preview: Vec::new(),
                notes: Vec::new(),
            };
            // Refusing is an answer too.
            let _ = workspace.apply(&fix);
        }
        let changes = workspace.changes();
        let diff = unified(&changes);
        prop_assert!(!diff.contains("s3cretpw"), "{}", diff);
        for change in &changes {
            prop_assert!(change.is_sum_of_edits(), "{:?}", change.edits);
            let secrets = |t: &str| t.matches("s3cretpw").count();
            prop_assert!(secrets(change.after.text()) <= secrets(&text));
            before_after(change);
        }
    }
}
