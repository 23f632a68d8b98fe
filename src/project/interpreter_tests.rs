//! Environments of every kind, in memory.

use super::*;
use crate::host::MemoryHost;

fn installed(host: MemoryHost, prefix: &str, version: &str) -> MemoryHost {
    host.file(format!("{prefix}/lib/python{version}/os.py"), "")
        .file(format!("{prefix}/bin/python{version}"), "")
        .file(format!("{prefix}/bin/python3"), "")
}

fn venv(host: MemoryHost, prefix: &str, home: &str, version: &str) -> MemoryHost {
    let minor = &version[..4];
    host.file(
        format!("{prefix}/pyvenv.cfg"),
        format!("home = {home}\nversion = {version}\n"),
    )
    .file(format!("{prefix}/bin/python"), "")
    .file(format!("{prefix}/lib/python{minor}/site-packages/x.py"), "")
}

fn found(host: &MemoryHost, options: &Options, hints: &Hints) -> (PythonEnv, Vec<String>) {
    let mut files = Files::new(host, "/w/p".into());
    let env = find(&mut files, options, &[String::new()], hints).unwrap();
    let problems = files.problems.into_iter().map(|p| p.why).collect();
    (env, problems)
}

fn shown(env: &PythonEnv) -> String {
    format!(
        "{}.{}.{} {} {} [{}] {}",
        env.version.0,
        env.version.1,
        env.micro.map_or("?".into(), |m| m.to_string()),
        env.prefix.as_deref().unwrap_or("-"),
        env.stdlib.as_deref().unwrap_or("-"),
        env.site_dirs.join(" "),
        env.origin.as_ref().map_or("-", |o| &o.source)
    )
}

fn base() -> MemoryHost {
    installed(MemoryHost::new(), "/usr", "3.11")
        .file("/w/p/main.py", "")
        .var("HOME", "/home/u")
        .var("PATH", "/usr/bin")
}

#[test]
fn environments_are_found_in_order() {
    let mine = Options {
        process_env: true,
        ..Options::default()
    };
    let in_project = || venv(base(), "/w/p/.venv", "/usr/bin", "3.11.7");
    for (what, host, expected) in [
        (
            ".venv",
            in_project(),
            "3.11.7 /w/p/.venv /usr/lib/python3.11 [/w/p/.venv/lib/python3.11/site-packages] .venv",
        ),
        (
            ".venv before VIRTUAL_ENV",
            venv(in_project(), "/other", "/usr/bin", "3.11.2").var("VIRTUAL_ENV", "/other"),
            "3.11.7 /w/p/.venv /usr/lib/python3.11 [/w/p/.venv/lib/python3.11/site-packages] .venv",
        ),
        (
            "VIRTUAL_ENV",
            venv(base(), "/other", "/usr/bin", "3.11.2").var("VIRTUAL_ENV", "/other"),
            "3.11.2 /other /usr/lib/python3.11 [/other/lib/python3.11/site-packages] environment (VIRTUAL_ENV)",
        ),
        (
            "a directory of any name",
            venv(base(), "/w/p/myenv", "/usr/bin", "3.11.7"),
            "3.11.7 /w/p/myenv /usr/lib/python3.11 [/w/p/myenv/lib/python3.11/site-packages] myenv",
        ),
        (
            "the repository above",
            venv(
                base().file("/w/.git/HEAD", ""),
                "/w/.venv",
                "/usr/bin",
                "3.11.7",
            ),
            "3.11.7 /w/.venv /usr/lib/python3.11 [/w/.venv/lib/python3.11/site-packages] /w/.venv",
        ),
        (
            "pdm",
            venv(base(), "/e", "/usr/bin", "3.11.7").file("/w/p/.pdm-python", "/e/bin/python"),
            "3.11.7 /e /usr/lib/python3.11 [/e/lib/python3.11/site-packages] .pdm-python",
        ),
        (
            "poetry's cache",
            venv(
                base(),
                "/home/u/.cache/pypoetry/virtualenvs/p-AbCdEf12-py3.11",
                "/usr/bin",
                "3.11.7",
            ),
            "3.11.7 /home/u/.cache/pypoetry/virtualenvs/p-AbCdEf12-py3.11 /usr/lib/python3.11 [/home/u/.cache/pypoetry/virtualenvs/p-AbCdEf12-py3.11/lib/python3.11/site-packages] /home/u/.cache/pypoetry/virtualenvs/p-AbCdEf12-py3.11",
        ),
        (
            "conda",
            installed(base(), "/c", "3.12")
                .file("/c/conda-meta/history", "")
                .file("/c/lib/python3.12/site-packages/x.py", "")
                .file(
                    "/c/include/python3.12/patchlevel.h",
                    "#define PY_MICRO_VERSION        4\n",
                )
                .var("CONDA_PREFIX", "/c"),
            "3.12.4 /c /c/lib/python3.12 [/c/lib/python3.12/site-packages] environment (CONDA_PREFIX)",
        ),
    ] {
        let (env, problems) = found(&host, &mine, &Hints::default());
        assert_eq!(shown(&env), expected, "{what}");
        assert!(problems.is_empty(), "{what}: {problems:?}");
    }
}

#[test]
fn system_sites_follow_the_environment() {
    let host = base()
        .file(
            "/e/pyvenv.cfg",
            "home = /usr/bin\ninclude-system-site-packages = true\nversion_info = 3.11.2.final.0\n",
        )
        .file("/e/lib/python3.11/site-packages/x.py", "")
        .file("/usr/lib/python3/dist-packages/y.py", "")
        .file("/usr/local/lib/python3.11/dist-packages/z.py", "")
        .file("/home/u/.local/lib/python3.11/site-packages/u.py", "");
    let options = Options {
        python: Some("/e".into()),
        ..Options::default()
    };
    let (env, _) = found(&host, &options, &Hints::default());
    assert_eq!(
        env.site_dirs,
        [
            "/e/lib/python3.11/site-packages",
            "/home/u/.local/lib/python3.11/site-packages",
            "/usr/local/lib/python3.11/dist-packages",
            "/usr/lib/python3/dist-packages",
        ]
    );
    assert_eq!(env.micro, Some(2));
}

#[test]
fn a_python_on_path_counts_only_with_the_backends_packages() {
    let hints = Hints {
        needed: vec!["fastapi".into(), "sqlmodel".into()],
        ..Hints::default()
    };
    let bare = base().file("/usr/lib/python3/dist-packages/fastapi/__init__.py", "");
    let (env, problems) = found(&bare, &Options::default(), &hints);
    assert_eq!(shown(&env), "3.11.? - /usr/lib/python3.11 [] PATH");
    assert_eq!(problems.len(), 1);
    let full = bare
        .file(
            "/usr/lib/python3/dist-packages/fastapi-0.1.dist-info/METADATA",
            "",
        )
        .file(
            "/usr/lib/python3/dist-packages/sqlmodel-0.1.dist-info/METADATA",
            "",
        );
    let (env, problems) = found(&full, &Options::default(), &hints);
    assert_eq!(
        shown(&env),
        "3.11.? /usr /usr/lib/python3.11 [/usr/lib/python3/dist-packages] PATH"
    );
    assert!(problems.is_empty());
}

#[test]
fn the_version_comes_from_files_when_nothing_is_installed() {
    let requires = |text: &str| {
        Specifiers::parse(text)
            .ok()
            .map(|s| (s, Origin::named("pyproject.toml")))
    };
    let exact = vec![((3, 13), Some(1), Origin::named(".python-version"))];
    for (hints, expected) in [
        (
            Hints {
                exact,
                ..Hints::default()
            },
            "3.13.1 - - [] .python-version",
        ),
        (
            Hints {
                requires: requires(">=3.10"),
                ..Hints::default()
            },
            "3.11.? - /usr/lib/python3.11 [] PATH",
        ),
        (
            Hints {
                requires: requires(">=3.12,<4"),
                ..Hints::default()
            },
            "3.12.? - - [] pyproject.toml",
        ),
        (Hints::default(), "3.11.? - /usr/lib/python3.11 [] PATH"),
    ] {
        let (env, _) = found(&base(), &Options::default(), &hints);
        assert_eq!(shown(&env), expected);
    }
    let nothing = MemoryHost::new().file("/w/p/main.py", "");
    let (env, _) = found(&nothing, &Options::default(), &Hints::default());
    assert_eq!(shown(&env), "3.12.? - - [] default");
}

#[test]
fn pyenv_shims_are_followed() {
    let host = installed(MemoryHost::new(), "/home/u/.pyenv/versions/3.12.4", "3.12")
        .file("/home/u/.pyenv/shims/python3", "#!/bin/sh\n")
        .file("/home/u/.pyenv/version", "3.12\n")
        .file("/w/p/main.py", "")
        .var("HOME", "/home/u")
        .var("PATH", "/home/u/.pyenv/shims");
    let (env, _) = found(&host, &Options::default(), &Hints::default());
    assert_eq!(
        shown(&env),
        "3.12.4 - /home/u/.pyenv/versions/3.12.4/lib/python3.12 [] PATH"
    );
}

#[test]
fn options_win() {
    let host = venv(base(), "/w/p/.venv", "/usr/bin", "3.11.7").file("/extra/x.py", "");
    let options = Options {
        python_version: Some((3, 13)),
        site_dirs: vec!["/extra".into()],
        ..Options::default()
    };
    let (env, problems) = found(&host, &options, &Hints::default());
    assert_eq!(
        shown(&env),
        "3.13.? /w/p/.venv - [/extra /w/p/.venv/lib/python3.11/site-packages] command line"
    );
    assert!(problems[0].contains("3.13"), "{problems:?}");
}
