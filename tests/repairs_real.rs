//! Operations on real Python files, judged by CPython: the tree before and after may differ in
//! nothing but what was asked for.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use audit::fix::Workspace;
use audit::model::{Applicability, EditOp, Fix, Source, Span};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;
use serde_json::{Value, json};

use super::support::envs::Venv;
use super::support::repository;

/// Operations per kind, and of one kind in one file; the files offer far more.
const EACH: usize = 300;
const EACH_IN_FILE: usize = 3;
/// Larger files take CPython's side too long.
const MAX_BYTES: usize = 40_000;

#[test]
fn operations_change_nothing_but_what_they_mean() {
    let venv = Venv::from_pins(&repository("fixtures/backend/packages/seed.txt"));
    let mut files = Vec::new();
    for dir in ["fastapi", "starlette", "sqlmodel", "sqlalchemy", "pydantic"] {
        python_files(&venv.site_packages().join(dir), &mut files);
    }
    python_files(&venv.stdlib(), &mut files);
    files.sort();
    let mut records = Vec::new();
    let mut counts: HashMap<&'static str, usize> = HashMap::new();
    for path in &files {
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        if text.len() > MAX_BYTES {
            continue;
        }
        let mut here: HashMap<&'static str, usize> = HashMap::new();
        for (kind, op, detail) in operations(&text) {
            let count = counts.entry(kind).or_default();
            let in_file = here.entry(kind).or_default();
            if *count >= EACH || *in_file >= EACH_IN_FILE {
                continue;
            }
            *in_file += 1;
            let Some(after) = applied(&text, op) else {
                continue;
            };
            *count += 1;
            records.push(json!({
                "path": path, "kind": kind, "before": text, "after": after, "detail": detail,
            }));
        }
    }
    // The judge itself: something else that changed is seen, whatever the kind.
    let spoiled: Vec<Value> = ["remove", "add", "join", "arg.remove", "arg.set"]
        .into_iter()
        .map(|kind| {
            let mut record = records
                .iter()
                .find(|r| r["kind"] == kind)
                .unwrap_or_else(|| panic!("no {kind}"))
                .clone();
            record["after"] = format!("{}\nextra = 1\n", record["after"].as_str().unwrap()).into();
            record
        })
        .collect();
    assert_eq!(judged(&venv, &spoiled).len(), 5, "the judge is blind");
    let wrong = judged(&venv, &records);
    println!(
        "repairs on {} real files: {counts:?}, wrong: {}",
        files.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in ["remove", "add", "join", "arg.remove", "arg.set"] {
        assert!(
            counts.get(kind).is_some_and(|n| *n >= 100),
            "{kind}: {counts:?}"
        );
    }
}

fn python_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let skip = [
        "test",
        "tests",
        "site-packages",
        "lib2to3",
        "idlelib",
        "__pycache__",
    ];
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && !skip.iter().any(|s| name == *s) {
            python_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}

fn applied(text: &str, op: EditOp) -> Option<String> {
    let path = op.path().to_owned();
    let sources = BTreeMap::from([(path.clone(), Source::new(path, text))]);
    let mut workspace = Workspace::new(&sources);
    let fix = Fix {
        title: String::new(),
        applicability: Applicability::Safe,
        ops: vec![op],
        edits: Vec::new(),
        show: Vec::new(),
        preview: Vec::new(),
        notes: Vec::new(),
    };
    workspace.apply(&fix).ok()?;
    let changes = workspace.changes();
    Some(changes.first()?.after.text().to_owned())
}

/// What can be asked of a file: kind, operation, and what CPython has to know.
fn operations(text: &str) -> Vec<(&'static str, EditOp, Value)> {
    let path = || "m.py".to_owned();
    let Ok(parsed) = ruff_python_parser::parse_module(text) else {
        return Vec::new();
    };
    let mut seen = Seen::default();
    seen.visit_body(parsed.suite());
    let mut out = vec![(
        "add",
        EditOp::ImportAdd {
            path: path(),
            module: "zz_mod".into(),
            name: "ZzName".into(),
            alias: None,
        },
        json!({"module": "zz_mod"}),
    )];
    for (module, names) in &seen.imports {
        for (index, name) in names.iter().enumerate() {
            // CPython's side looks for the one place where it is.
            let twice = names.iter().filter(|n| *n == name).count() > 1;
            if name == "*" || twice || index > 6 {
                continue;
            }
            out.push((
                "remove",
                EditOp::ImportRemove {
                    path: path(),
                    module: module.clone(),
                    name: name.clone(),
                },
                json!({"module": module, "name": name}),
            ));
        }
        out.push((
            "join",
            EditOp::ImportAdd {
                path: path(),
                module: module.clone(),
                name: "ZzName".into(),
                alias: Some("zz".into()),
            },
            json!({"module": module}),
        ));
    }
    for (number, (call, keyword)) in seen.calls.iter().enumerate().take(40) {
        let detail = json!({"number": number, "name": keyword});
        out.push((
            "arg.remove",
            EditOp::ArgRemove {
                path: path(),
                call: *call,
                name: keyword.clone(),
            },
            detail.clone(),
        ));
        out.push((
            "arg.set",
            EditOp::ArgSet {
                path: path(),
                call: *call,
                name: "zz".into(),
                value: "(1, 'z')".into(),
            },
            detail,
        ));
    }
    out
}

/// From-imports by module as written, and calls with a keyword argument, in source order.
#[derive(Default)]
struct Seen {
    imports: BTreeMap<String, Vec<String>>,
    calls: Vec<(Span, String)>,
}

impl<'t> Visitor<'t> for Seen {
    fn visit_stmt(&mut self, stmt: &'t Stmt) {
        if let Stmt::ImportFrom(import) = stmt {
            let dots = ".".repeat(import.level as usize);
            let module = import.module.as_ref().map_or("", |m| m.as_str());
            let names = self.imports.entry(format!("{dots}{module}")).or_default();
            names.extend(import.names.iter().map(|a| a.name.to_string()));
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        if let Expr::Call(call) = expr
            && let Some(name) = call.arguments.keywords.iter().find_map(|k| k.arg.as_ref())
        {
            let at = call.range();
            let span = Span::new(at.start().to_usize(), at.end().to_usize());
            self.calls.push((span, name.to_string()));
        }
        visitor::walk_expr(self, expr);
    }
}

const JUDGE: &str = r#"
import ast, json, sys

def calls(tree):
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return found

def blocks(tree):
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield node, block

def written(node):
    return "." * node.level + (node.module or "")

def drop(tree, module, name):
    done = 0
    for owner, block in list(blocks(tree)):
        for node in list(block):
            if isinstance(node, ast.ImportFrom) and written(node) == module:
                keep = [a for a in node.names if a.name != name]
                if len(keep) == len(node.names):
                    continue
                done += 1
                node.names = keep
                if not keep:
                    block.remove(node)
                    if not block and not isinstance(owner, ast.Module):
                        block.append(ast.Pass())
    return done

def text(tree):
    return ast.dump(tree)

def check(r):
    before, after = ast.parse(r["before"]), ast.parse(r["after"])
    kind, detail = r["kind"], r["detail"]
    if kind == "remove":
        if drop(before, detail["module"], detail["name"]) != 1:
            return None
        return text(before) == text(after)
    if kind in ("add", "join"):
        names = drop(after, detail["module"], "ZzName")
        return names == 1 and text(before) == text(after)
    def sites(tree):
        return [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    old, new = sites(before), sites(after)
    if len(old) != len(new) and kind == "arg.set":
        return False
    want = "zz" if kind == "arg.set" else detail["name"]
    if kind == "arg.set":
        hits = [n for n in new if any(k.arg == "zz" for k in n.keywords)]
        if len(hits) != 1:
            return False
        hits[0].keywords = [k for k in hits[0].keywords if k.arg != "zz"]
        return text(before) == text(after)
    # One keyword argument of that name is gone; everything else is the same.
    wanted = text(after)
    for node in old:
        for k in node.keywords:
            if k.arg == want:
                i = node.keywords.index(k)
                node.keywords.remove(k)
                same = text(before) == wanted
                node.keywords.insert(i, k)
                if same:
                    return True
    return False

for line in sys.stdin:
    r = json.loads(line)
    try:
        ok = check(r)
    except SyntaxError as error:
        ok = False
        r["detail"]["error"] = str(error)
    if ok is False:
        print(json.dumps({k: r[k] for k in ("path", "kind", "detail")}))
"#;

fn judged(venv: &Venv, records: &[Value]) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let input = scratch.path().join("records");
    let mut file = std::io::BufWriter::new(fs::File::create(&input).unwrap());
    for record in records {
        writeln!(file, "{record}").unwrap();
    }
    file.flush().unwrap();
    let mut command = Command::new(venv.bin("python"));
    command
        .args(["-W", "ignore", "-c", JUDGE])
        .stdin(fs::File::open(&input).unwrap())
        .stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success(), "the judge failed");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}
