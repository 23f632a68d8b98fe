//! CPython as the judge of examples: only the code of the check files is ever executed.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::schema::{Example, Oracle};
use crate::host::process::{Finished, Program};

/// A Python to hold the examples against.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OracleEnv {
    /// Interpreter.
    pub python: PathBuf,
    /// Directory that goes onto `PYTHONPATH`.
    pub extra_site: Option<PathBuf>,
}

impl OracleEnv {
    /// Reads `PYTHON` or `PYTHON:SITE_DIR`.
    pub fn parse(text: &str) -> Self {
        match text.rsplit_once(':') {
            Some((python, site)) if !python.is_empty() && !site.is_empty() => Self {
                python: PathBuf::from(python),
                extra_site: Some(PathBuf::from(site)),
            },
            _ => Self {
                python: PathBuf::from(text),
                extra_site: None,
            },
        }
    }
}

/// What one interpreter has to offer.
#[derive(Debug, Clone)]
struct Stock {
    /// `3.11`
    version: String,
    /// Normalised names and versions.
    dists: BTreeMap<String, String>,
}

/// Asks interpreters, each of them once.
#[derive(Debug, Default)]
pub(super) struct Judges {
    stock: Mutex<HashMap<OracleEnv, Result<Stock, String>>>,
}

const LIST: &str = "import importlib.metadata as m, json, re, sys\n\
    print(json.dumps({'python': '%d.%d' % sys.version_info[:2], 'dists': {\n\
    re.sub(r'[-_.]+', '-', d.metadata['Name']).lower(): d.version\n\
    for d in m.distributions() if d.metadata['Name']}}))";

/// Longer than any example takes on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

impl Judges {
    fn stock(&self, env: &OracleEnv) -> Result<Stock, String> {
        let mut known = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(env.clone())
            .or_insert_with(|| ask_stock(env))
            .clone()
    }

    /// The first environment that has what an example needs; `Err` says why none does.
    pub fn choose<'e>(
        &self,
        envs: &'e [OracleEnv],
        example: &Example,
    ) -> Result<&'e OracleEnv, String> {
        let mut broken = None;
        for env in envs {
            match self.stock(env) {
                Ok(stock) if fits(&stock, example) => return Ok(env),
                Ok(_) => {}
                Err(error) => broken = Some(error),
            }
        }
        Err(broken.unwrap_or_else(|| format!("no given Python fits {}", wishes(example))))
    }

    /// `3.11` of an environment.
    pub fn version(&self, env: &OracleEnv) -> Option<String> {
        self.stock(env).ok().map(|s| s.version)
    }
}

fn wishes(example: &Example) -> String {
    let mut words = example.needs.clone();
    words.extend(example.python.iter().map(|v| format!("Python {v}")));
    words.join(", ")
}

fn ask_stock(env: &OracleEnv) -> Result<Stock, String> {
    let finished = python(env)
        .args(["-c", LIST])
        .run()
        .map_err(|error| format!("{}: {error}", env.python.display()))?;
    let value: serde_json::Value = serde_json::from_slice(&finished.stdout)
        .map_err(|_| format!("{}: is no Python", env.python.display()))?;
    let dists = value["dists"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned())))
        .collect();
    Ok(Stock {
        version: value["python"].as_str().unwrap_or_default().to_owned(),
        dists,
    })
}

fn python(env: &OracleEnv) -> Program {
    let mut program = Program::new(env.python.as_os_str())
        .clear_env()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .time_limit(TIME_LIMIT);
    if let Some(site) = &env.extra_site {
        program = program.env("PYTHONPATH", site.as_os_str());
    }
    program
}

fn fits(stock: &Stock, example: &Example) -> bool {
    // Where CPython is not asked, the version of the target is only told to the readers.
    (example.oracle.is_none() || example.python.as_ref().is_none_or(|v| *v == stock.version))
        && example.needs.iter().all(|need| need_holds(need, stock))
}

/// `name`, `!name`, `name<2.1`, `name>=2,<3`, `python>=3.11`.
fn need_holds(need: &str, stock: &Stock) -> bool {
    if let Some(absent) = need.strip_prefix('!') {
        return !stock.dists.contains_key(absent);
    }
    let end = need.find(['<', '>', '=', '!', '~']).unwrap_or(need.len());
    let (name, specifier) = need.split_at(end);
    let version = match name {
        "python" => Some(&stock.version),
        name => stock.dists.get(name),
    };
    version.is_some_and(|v| {
        specifier.is_empty() || crate::detect::version_satisfies(v, specifier) == Some(true)
    })
}

/// Runs the oracle's code in the folder of an example.
pub(super) fn ask(
    env: &OracleEnv,
    root: &Path,
    example: &Example,
    oracle: &Oracle,
) -> Result<Answer, String> {
    let mut program = python(env).directory(root).env("HOME", root.as_os_str());
    for (name, value) in &example.env {
        program = program.env(name, value);
    }
    // `-c` puts the working directory first on the path, as the launchers under test do.
    let finished = program
        .args(["-c", oracle.run.as_str()])
        .run()
        .map_err(|error| format!("{}: {error}", env.python.display()))?;
    Ok(Answer::of(&finished))
}

/// What CPython said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// It ended without an exception.
    pub success: bool,
    /// Type on the last line of the traceback.
    pub exception: Option<String>,
    /// Everything it wrote to standard error.
    pub text: String,
}

impl Answer {
    fn of(finished: &Finished) -> Self {
        let text = String::from_utf8_lossy(&finished.stderr).into_owned();
        let exception = text
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .filter_map(|line| {
                let name = line.split(':').next().unwrap_or(line).trim();
                let plain = name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
                let kind = [
                    "Error",
                    "Exception",
                    "Exit",
                    "Greenlet",
                    "gaierror",
                    "Interrupt",
                    "Warning",
                    "Configured",
                    "Annotation",
                ];
                (plain && kind.iter().any(|k| name.ends_with(k))).then(|| name.to_owned())
            })
            .next_back();
        Self {
            success: finished.success(),
            exception,
            text,
        }
    }

    /// The last line, for messages.
    pub fn last_line(&self) -> &str {
        self.text.lines().next_back().unwrap_or("(no output)")
    }
}

/// Does the answer agree with the oracle table? `Err` says how it differs.
pub(super) fn compare(oracle: &Oracle, answer: &Answer, version: &str) -> Result<(), String> {
    let Some(raises) = &oracle.raises else {
        return if answer.success {
            Ok(())
        } else {
            Err(format!(
                "CPython must succeed, but says: {}",
                answer.last_line()
            ))
        };
    };
    if answer.success {
        return Err(format!("CPython must raise {raises}, but succeeds"));
    }
    let kind = answer.exception.as_deref().unwrap_or_default();
    if !(kind == raises || kind.ends_with(&format!(".{raises}"))) {
        return Err(format!(
            "CPython must raise {raises}, but says: {}",
            answer.last_line()
        ));
    }
    match wanted_text(oracle, version) {
        Some(text) if !answer.text.contains(text) => Err(format!(
            "CPython must say `{text}`, but says: {}",
            answer.last_line()
        )),
        _ => Ok(()),
    }
}

/// The text of the highest version that is not above the interpreter's.
pub(super) fn wanted_text<'o>(oracle: &'o Oracle, version: &str) -> Option<&'o str> {
    let number = |v: &str| -> (u32, u32) {
        let mut parts = v.split('.').map(|p| p.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    };
    oracle
        .matches
        .iter()
        .filter(|(v, _)| v.is_empty() || number(v) <= number(version))
        .max_by_key(|(v, _)| number(v))
        .map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stderr: &str) -> Answer {
        Answer::of(&Finished {
            code: Some(1),
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
            timed_out: false,
        })
    }

    #[test]
    fn the_last_exception_of_a_traceback_counts() {
        let text = "Traceback (most recent call last):\n  File \"a\", line 1\nKeyError: 1\n\n\
            During handling of the above exception, another exception occurred:\n\n\
            sqlalchemy.exc.InvalidRequestError: The asyncio\nmore\n";
        assert_eq!(
            answer(text).exception.as_deref(),
            Some("sqlalchemy.exc.InvalidRequestError")
        );
    }

    #[test]
    fn needs_are_read() {
        let stock = Stock {
            version: "3.11".into(),
            dists: BTreeMap::from([("sqlalchemy".into(), "2.0.46".into())]),
        };
        for (need, expected) in [
            ("sqlalchemy", true),
            ("sqlalchemy<2.1", true),
            ("sqlalchemy>=2.1", false),
            ("!asyncpg", true),
            ("!sqlalchemy", false),
            ("asyncpg", false),
            ("python>=3.11", true),
        ] {
            assert_eq!(need_holds(need, &stock), expected, "{need}");
        }
    }

    #[test]
    fn texts_are_chosen_by_version() {
        let oracle = Oracle {
            run: String::new(),
            lifespan: None,
            raises: None,
            matches: BTreeMap::from([("3.8".into(), "old".into()), ("3.13".into(), "new".into())]),
            after: None,
        };
        assert_eq!(wanted_text(&oracle, "3.11"), Some("old"));
        assert_eq!(wanted_text(&oracle, "3.14"), Some("new"));
    }
}
