use super::*;
use crate::host::MemoryHost;

fn declared(host: &MemoryHost) -> (Declared, Vec<String>) {
    let mut files = Files::new(host, "/p".into());
    let mut read = read(&mut files, &[String::new()], &[]);
    let target = Target {
        python: (3, 11),
        micro: Some(4),
    };
    evaluate_markers(&mut read.requirements, &target);
    // Every span names the bytes of its requirement.
    for requirement in &read.requirements {
        let text = files.sources[&requirement.path].text();
        let bytes = &text[requirement.span.range()];
        assert!(
            requirement.span.end == 0
                || bytes.contains(&requirement.written)
                || requirement.url.is_some(),
            "{bytes:?} is not {requirement:?}"
        );
    }
    let problems = files
        .problems
        .iter()
        .map(|p| {
            let place = p.place.as_ref();
            format!(
                "{}:{} {}",
                place.map_or("", |p| &p.path),
                place.map_or(0, |p| p.line),
                p.why
            )
        })
        .collect();
    (read, problems)
}

fn shown(declared: &Declared) -> Vec<String> {
    declared
        .requirements
        .iter()
        .map(|r| {
            let extras = if r.extras.is_empty() {
                String::new()
            } else {
                format!("[{}]", r.extras.join(","))
            };
            let marker = if r.marker.is_empty() {
                String::new()
            } else {
                format!(" ; {} = {:?}", r.marker, r.applies)
            };
            let url = r
                .url
                .as_ref()
                .map(|u| format!(" @ {u}"))
                .unwrap_or_default();
            let constraint = if r.constraint { " (constraint)" } else { "" };
            format!(
                "{}:{} {} {}{extras}{}{url}{marker}{constraint}",
                r.path, r.line, r.group, r.name, r.specifier
            )
        })
        .collect()
}

#[test]
fn requirements_files_are_read_as_pip_reads_them() {
    let text = "\u{feff}# head\r\nFastAPI[all]>=0.100 # why\r\n\r\n-r more.txt\r\n-c constraints.txt\r\n\
                uvicorn \\\r\n  >=0.30 \\\r\n  --hash=sha256:abc \\\r\n  --hash=sha256:def\r\n\
                pywin32>=1; sys_platform == 'win32'\r\n-e git+https://h/o/my_lib.git@v1#egg=my-lib\r\n\
                https://canary-token@h/x/thing-1.0-py3-none-any.whl\r\n-i https://u:canary@h/simple\r\n\
                x @ https://h/x.tar.gz\r\n-r requirements.txt\r\nbroken==\r\n";
    let host = MemoryHost::new()
        .file("/p/requirements.txt", text)
        .file("/p/more.txt", "sqlalchemy\n-r requirements.txt\n")
        .file("/p/constraints.txt", "idna<4\n")
        .file("/p/requirements-dev.txt", "pytest\n");
    let (read, problems) = declared(&host);
    assert_eq!(
        shown(&read),
        [
            "requirements.txt:2 main fastapi[all]>=0.100",
            "more.txt:1 main sqlalchemy",
            "constraints.txt:1 main idna<4 (constraint)",
            "requirements.txt:6 main uvicorn>=0.30",
            "requirements.txt:10 main pywin32>=1 ; sys_platform == 'win32' = Some(false)",
            "requirements.txt:11 main my-lib @ git+https://h/o/my_lib.git@v1#egg=my-lib",
            "requirements.txt:12 main thing @ https://***@h/x/thing-1.0-py3-none-any.whl",
            "requirements.txt:14 main x @ https://h/x.tar.gz",
            "requirements-dev.txt:1 dev pytest",
        ]
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("requirements.txt:15 the file includes itself"));
    assert!(problems[1].starts_with("requirements.txt:16 the requirement `broken==`"));
    assert_eq!(
        read.files,
        ["requirements.txt", "more.txt", "requirements-dev.txt"]
    );
}

#[test]
fn pyproject_is_read_in_all_its_dialects() {
    let text = r#"[project]
name = "thing"
requires-python = ">=3.10,<4"
dependencies = [
  "fastapi>=0.100",
  'uvicorn[standard]; python_version >= "3.9"',
]
[project.optional-dependencies]
pg = ["asyncpg"]
[dependency-groups]
test = ["pytest"]
dev = [{include-group = "test"}, "ruff"]
loop = [{include-group = "loop"}]
[tool.uv]
dev-dependencies = ["mypy"]
[tool.poetry.dependencies]
python = "^3.11"
sqlalchemy = {version = "^2.0", extras = ["asyncio"], python = ">=3.9"}
redis = "*"
[tool.poetry.group.lint.dependencies]
black = "24.1"
"#;
    let host = MemoryHost::new().file("/p/pyproject.toml", text);
    let (read, problems) = declared(&host);
    assert_eq!(
        shown(&read),
        [
            "pyproject.toml:5 main fastapi>=0.100",
            "pyproject.toml:6 main uvicorn[standard] ; python_version >= \"3.9\" = Some(true)",
            "pyproject.toml:9 pg asyncpg",
            "pyproject.toml:15 dev mypy",
            "pyproject.toml:11 test pytest",
            "pyproject.toml:11 dev pytest",
            "pyproject.toml:12 dev ruff",
            "pyproject.toml:18 main sqlalchemy[asyncio]>=2.0,<3 ; python_version >= '3.9' = Some(true)",
            "pyproject.toml:19 main redis",
            "pyproject.toml:21 lint black==24.1",
        ]
    );
    assert_eq!(
        problems,
        ["pyproject.toml:13 the dependency group `loop` includes itself"]
    );
    let (specifiers, _) = read.hints.requires.unwrap();
    assert_eq!(specifiers.lowest_minor(), Some((3, 10)));
}

#[test]
fn files_that_tools_write_come_last() {
    let host = MemoryHost::new()
        .file("/p/requirements.txt", "# This file was autogenerated by uv via the following command:\n#    uv export\na==1\n")
        .file("/p/pyproject.toml", "[project]\nname = 'x'\ndependencies = ['a']\n");
    let (read, _) = declared(&host);
    assert_eq!(read.files, ["pyproject.toml", "requirements.txt"]);
}

#[test]
fn older_formats_are_read() {
    let host = MemoryHost::new()
        .file("/p/setup.cfg", "[metadata]\nname = x\n[options]\npython_requires = >=3.9\ninstall_requires =\n    a>=1\n    b ; os_name == 'nt'\n[options.extras_require]\ndev = pytest\n")
        .file("/p/setup.py", "R = ['c', \"d==1\"]\nsetup(install_requires=R, extras_require={'t': ['e']})\n")
        .file("/p/Pipfile", "[packages]\nf = \"*\"\ng = {version = \">=1\", extras = [\"x\"]}\n[dev-packages]\nh = \"==2\"\n[requires]\npython_version = \"3.11\"\n")
        .file("/p/environment.yml", "dependencies:\n  - python=3.12\n  - numpy=1.26\n  - pip:\n    - i==3\n");
    let (read, problems) = declared(&host);
    assert_eq!(
        shown(&read),
        [
            "setup.cfg:6 main a>=1",
            if cfg!(windows) {
                "setup.cfg:7 main b ; os_name == 'nt' = Some(true)"
            } else {
                "setup.cfg:7 main b ; os_name == 'nt' = Some(false)"
            },
            "setup.cfg:9 dev pytest",
            "setup.py:1 main c",
            "setup.py:1 main d==1",
            "setup.py:2 t e",
            "Pipfile:2 main f",
            "Pipfile:3 main g[x]>=1",
            "Pipfile:5 dev h==2",
            "environment.yml:3 main numpy==1.26.*",
            "environment.yml:5 main i==3",
        ]
    );
    assert!(problems.is_empty(), "{problems:?}");
    let versions: Vec<_> = read.hints.exact.iter().map(|(v, _, _)| *v).collect();
    assert_eq!(versions, [(3, 11), (3, 12)]);
}
