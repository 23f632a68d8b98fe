//! The readers of the target against the programs whose formats they read: Python for
//! environments, python-dotenv for dotenv files, pip for requirements files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use audit::host::RealHost;
use audit::knowledge::dotenv;
use audit::model::Project;
use audit::project::{self, Options};
use serde_json::Value;

use crate::support::envs::{self, Venv};

fn latest() -> Venv {
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/backend/packages/latest.txt");
    Venv::from_pins(&pins)
}

/// What a program prints as JSON.
fn ask(program: &Path, code: &str, input: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("input.json");
    fs::write(&file, input).unwrap();
    let output = Command::new(program)
        .env_remove("PYTHONPATH")
        .args(["-c", code])
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(root: &Path, python: &Path) -> Project {
    let options = Options {
        root: root.to_path_buf(),
        python: Some(python.to_path_buf()),
        process_env: false,
        ..Options::default()
    };
    project::read(&RealHost, &options).unwrap().project
}

/// Prints what `PythonEnv` and `Distribution` claim.
const DESCRIBE: &str = r"
import importlib.metadata, json, os, re, sys
normal = lambda n: re.sub('[-_.]+', '-', n).lower()
sites = [p for p in sys.path if p.endswith('-packages') and os.path.isdir(p)]
print(json.dumps({
    'version': list(sys.version_info[:3]),
    'stdlib': os.path.realpath(os.path.dirname(os.__file__)),
    'sites': sites,
    'distributions': {normal(d.metadata['Name']): d.version
                      for d in reversed(list(importlib.metadata.distributions()))},
}))
";

fn compare(program: &Path, given: &Path) {
    let truth = ask(program, DESCRIBE, "");
    let root = tempfile::tempdir().unwrap();
    let project = read(root.path(), given);
    let python = &project.python;
    let version = serde_json::json!([python.version.0, python.version.1, python.micro]);
    assert_eq!(version, truth["version"], "{given:?}");
    let stdlib = fs::canonicalize(python.stdlib.as_ref().unwrap()).unwrap();
    assert_eq!(stdlib.to_str(), truth["stdlib"].as_str(), "{given:?}");
    assert_eq!(
        serde_json::json!(python.site_dirs),
        truth["sites"],
        "{given:?}"
    );
    let read: BTreeMap<&String, &String> = project
        .distributions
        .values()
        .map(|d| (&d.name, &d.version))
        .collect();
    assert_eq!(serde_json::json!(read), truth["distributions"], "{given:?}");
}

#[test]
fn environments_are_what_python_says() {
    let venv = latest();
    compare(&venv.bin("python"), &venv.prefix);
    compare(&venv.bin("python"), &venv.bin("python"));
    let base = envs::python();
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    envs::run(
        Command::new(&base)
            .args(["-m", "venv", "--without-pip", "--system-site-packages"])
            .arg(&open),
    );
    compare(&open.join("bin/python"), &open);
}

#[test]
fn modules_of_distributions_can_be_imported() {
    let venv = latest();
    let root = tempfile::tempdir().unwrap();
    let project = read(root.path(), &venv.prefix);
    let modules: BTreeMap<&String, &Vec<String>> = project
        .distributions
        .values()
        .map(|d| (&d.name, &d.modules))
        .collect();
    let code = "
import importlib.util, json, sys
claimed = json.load(open(sys.argv[1]))
print(json.dumps([[d, m] for d, ms in claimed.items() for m in ms if importlib.util.find_spec(m) is None]))
";
    let missing = ask(
        &venv.bin("python"),
        code,
        &serde_json::to_string(&modules).unwrap(),
    );
    assert_eq!(missing, serde_json::json!([]));
    let without: Vec<_> = modules.iter().filter(|(_, m)| m.is_empty()).collect();
    assert!(without.is_empty(), "no modules: {without:?}");
}

/// Texts made of the pieces that decide in dotenv files; the same ones in every run.
fn dotenv_texts(count: usize) -> Vec<String> {
    const PIECES: &[&str] = &[
        "A", "B", "=", "=", "'", "\"", "\\", "\\n", "#", " ", " #", "\n", "\n", "\r\n", "\r", "\t",
        "export ", "${A}", "${B:-d}", "${C}", "$A", "${", "}", ":", "é", "\u{a0}", "x y", "-", ".",
    ];
    let mut state: u64 = 7;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    (0..count)
        .map(|_| (0..next(14)).map(|_| PIECES[next(PIECES.len())]).collect())
        .collect()
}

#[test]
fn dotenv_files_are_what_python_dotenv_says() {
    let venv = latest();
    let texts = dotenv_texts(6_000);
    let code = "
import io, json, logging, os, sys
logging.disable(logging.CRITICAL)
from dotenv import dotenv_values
os.environ.clear()
print(json.dumps([dotenv_values(stream=io.StringIO(t, newline=None)) for t in json.load(open(sys.argv[1]))]))
";
    let truth = ask(
        &venv.bin("python"),
        code,
        &serde_json::to_string(&texts).unwrap(),
    );
    for (text, truth) in texts.iter().zip(truth.as_array().unwrap()) {
        let read = dotenv::parse(text);
        let values = dotenv::interpolate(&read.bindings, |_| None);
        let own: BTreeMap<&String, Option<String>> =
            read.bindings.iter().map(|b| &b.name).zip(values).collect();
        assert_eq!(&serde_json::json!(own), truth, "input: {text:?}");
    }
}

#[test]
fn requirements_files_are_what_pip_says() {
    let venv = latest();
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "requirements.txt",
        "# comment\nFastAPI[all,standard] >=0.100 , <1 # why\n-r requirements/base.txt\n\
         --extra-index-url https://h/simple\nuvicorn \\\n  == 0.30.1 \\\n    --hash=sha256:abc\n\
         a#b\nzope.interface\nPy_JWT ~= 2.8 ; python_version < '3.8'\n\
         thing @ https://h/thing.zip#sha256=1\n  indented\n-c constraints.txt\nlast==1.*",
    );
    write(
        "requirements/base.txt",
        "sqlalchemy!=2.0.1,>=2\n-r ../more.txt\n",
    );
    write("more.txt", "idna\r\n\r\n\\\nattrs\r\n");
    write("constraints.txt", "h11<1\n");
    let code = "
import json, logging, re, sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
from pip._vendor.packaging.requirements import Requirement, InvalidRequirement
out = []
for p in parse_requirements(json.load(open(sys.argv[1])), session=PipSession()):
    try:
        r = Requirement(p.requirement)
    except InvalidRequirement:
        continue
    line = int(re.search(r'\\(line (\\d+)\\)', p.comes_from).group(1))
    out.append([re.sub('[-_.]+', '-', r.name).lower(), sorted(r.extras),
                sorted(str(s) for s in r.specifier), bool(r.marker), r.url or '', p.constraint, line])
print(json.dumps(out))
";
    let path = serde_json::to_string(&root.path().join("requirements.txt")).unwrap();
    let truth = ask(&venv.bin("python"), code, &path);
    let project = read(root.path(), &venv.prefix);
    let own: Vec<Value> = project
        .requirements
        .iter()
        .map(|r| {
            let mut extras = r.extras.clone();
            extras.sort();
            let clauses = r.specifier.split(',').map(|c| c.replace(' ', ""));
            let mut clauses: Vec<String> = clauses.filter(|c| !c.is_empty()).collect();
            clauses.sort();
            let url = r.url.clone().unwrap_or_default();
            serde_json::json!([
                r.name,
                extras,
                clauses,
                !r.marker.is_empty(),
                url,
                r.constraint,
                r.line
            ])
        })
        .collect();
    assert_eq!(Value::Array(own), truth);
}
